package member

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// How long a code works and how often it may be tried: with six digits and three codes an
// hour somebody who guesses needs years.
const (
	CodeLife  = 10 * time.Minute
	CodeTries = 5
)

// ErrCodeEnded is the answer to a code that is too late, was tried too often or was never
// sent.
func ErrCodeEnded() *problem.Error {
	return problem.New(problem.Gone, "code-ended", "인증 번호가 끝났습니다. 다시 받으세요.", "The code has ended. Ask for a new one.")
}

// ErrCodeWrong is the answer to a wrong code that may be tried again.
func ErrCodeWrong() *problem.Error {
	return problem.WrongField("code", "code-wrong", "인증 번호가 맞지 않습니다.", "The code is wrong.")
}

// ErrNotListed is the one answer to a student number that is not in the roster and to a
// name that does not belong to it.
func ErrNotListed() *problem.Error {
	return problem.WrongField("studentNumber", "not-listed", "학번과 이름이 명부에 없습니다.", "This number and name are not in the roster.")
}

// ReadSchoolAddress reads a mail address of one of the school's domains.
func ReadSchoolAddress(f *check.Fields, name, value string, domains []string) string {
	email := f.Email(name, value)
	if email == "" {
		return ""
	}
	if _, domain, _ := strings.Cut(email, "@"); !slices.Contains(domains, domain) {
		list := strings.Join(domains, ", ")
		f.Add(name, "not-a-school-address", "학교 주소만 쓸 수 있습니다: "+list, "Only an address of the school: "+list)
	}
	return email
}

// hash is what is kept instead of something that names a student: nobody without the key
// can try out the few million student numbers that there are.
func (s Store) hash(purpose string, parts ...string) string {
	mac := hmac.New(sha256.New, s.Key.Derive("student "+purpose))
	for _, p := range parts {
		_, _ = fmt.Fprintf(mac, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(mac.Sum(nil))
}

// SendCode makes the code that proves a school address; an earlier one of the member ends.
// It fails with ErrAlreadyVerified.
func (s Store) SendCode(ctx context.Context, memberID, address string) (code string, err error) {
	m, err := s.Member(ctx, memberID)
	if err != nil {
		return "", err
	}
	if m.VerifiedAt != nil {
		return "", ErrAlreadyVerified()
	}
	code = newCode()
	_, err = s.DB.Exec(ctx, `INSERT INTO mail_codes (member_id, student_key, code_hash, tries, until_at) VALUES ($1, $2, $3, 0, $4)
		ON CONFLICT (member_id) DO UPDATE SET student_key = excluded.student_key, code_hash = excluded.code_hash, tries = 0, until_at = excluded.until_at`,
		memberID, s.hash("mail", address), s.hash("code", memberID, code), clock.Millis(clock.Now(ctx).Add(CodeLife)))
	return code, err
}

// newCode is six random digits. The remainder of 64 bits favours no code by more than one
// part in 10^13.
func newCode() string {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails: the program ends instead
	return fmt.Sprintf("%06d", binary.BigEndian.Uint64(b[:])%1_000_000)
}

// ConfirmCode verifies a member by the code. The try is counted before it is compared, in
// a unit of its own, so the caller must not be in one. It fails with ErrCodeEnded,
// ErrCodeWrong, ErrAlreadyVerified and ErrStudentTaken.
func (s Store) ConfirmCode(ctx context.Context, memberID, code string) error {
	n, err := s.DB.Exec(ctx, `UPDATE mail_codes SET tries = tries + 1 WHERE member_id = $1 AND tries < $2 AND until_at > $3`,
		memberID, CodeTries, clock.Millis(clock.Now(ctx)))
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrCodeEnded()
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		// Using the code up and comparing it is one statement: it works once.
		key, err := database.One(ctx, s.DB, database.Value[string], `DELETE FROM mail_codes WHERE member_id = $1 AND code_hash = $2 RETURNING student_key`,
			memberID, s.hash("code", memberID, strings.TrimSpace(code)))
		if errors.Is(err, database.ErrNoRow) {
			return ErrCodeWrong()
		}
		if err != nil {
			return err
		}
		number, err := database.One(ctx, s.DB, database.Value[string], `SELECT number_key FROM roster WHERE mail_key = $1`, key)
		if err == nil {
			key = number // the roster says whose address it is: the same student either way
		} else if !errors.Is(err, database.ErrNoRow) {
			return err
		}
		return s.verify(ctx, memberID, ByMail, &key)
	})
}

// VerifyByRoster verifies a member who knows number and name of a student in the roster.
// It fails with ErrNotListed, ErrAlreadyVerified and ErrStudentTaken.
func (s Store) VerifyByRoster(ctx context.Context, memberID, number, name string) error {
	number, name = studentNumber(number), studentName(name)
	key := s.hash("number", number)
	listed, err := database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM roster WHERE number_key = $1 AND name_key = $2`, key, s.hash("name", number, name))
	if err != nil {
		return err
	}
	if listed == 0 {
		return ErrNotListed()
	}
	return s.verify(ctx, memberID, ByRoster, &key)
}

// VerifyByAdmin verifies a member whom an admin has seen a proof of. With a student number
// the student counts as having an account, as by the other ways. It fails with
// problem.Absent, ErrAlreadyVerified and ErrStudentTaken.
func (s Store) VerifyByAdmin(ctx context.Context, memberID, number string) error {
	if _, err := s.Member(ctx, memberID); err != nil {
		return err
	}
	var key *string
	if number != "" {
		h := s.hash("number", studentNumber(number))
		key = &h
	}
	return s.verify(ctx, memberID, ByAdmin, key)
}

// verify lets the unique index decide who of several accounts is the student's.
func (s Store) verify(ctx context.Context, memberID, by string, key *string) error {
	n, err := s.DB.Exec(ctx, `UPDATE members SET verified_at = $1, verified_by = $2, student_key = $3, version = version + 1, updated_at = $1
		WHERE id = $4 AND verified_at IS NULL AND anonymised_at IS NULL`, clock.Millis(clock.Now(ctx)), by, key, memberID)
	switch {
	case database.IsUnique(err, "members", "student_key"):
		return ErrStudentTaken()
	case err != nil:
		return err
	case n == 0:
		return ErrAlreadyVerified()
	}
	return nil
}

// studentNumber is a number as it is hashed: what people type around the digits and
// letters does not count.
func studentNumber(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsNumber(r) {
			return r
		}
		return -1
	}, text.Fold(s))
}

// studentName is a name as it is hashed: spaces do not count.
func studentName(s string) string { return strings.Join(strings.Fields(text.Fold(s)), "") }
