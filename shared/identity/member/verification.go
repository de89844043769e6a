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
	"regexp"
	"slices"
	"strings"
	"time"

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
	return problem.New(problem.Gone, "code-ended", "인증번호가 만료되었습니다. 다시 받으세요.", "The code has expired. Ask for a new one.")
}

// ErrCodeWrong is the answer to a wrong code that may be tried again.
func ErrCodeWrong() *problem.Error {
	return problem.WrongField("code", "code-wrong", "인증번호가 맞지 않습니다.", "The code is wrong.")
}

// ErrNotListed is the one answer to a student number that is not in the roster and to a
// name that does not belong to it.
func ErrNotListed() *problem.Error {
	return problem.WrongField("studentNumber", "not-listed", "학번과 이름이 명부에 없습니다.", "This number and name are not in the roster.")
}

// ErrNumberRequired is the answer to proving only a mailbox, or nothing that the council keeps,
// where a roster is installed that does not say whose it is: the number decides who somebody is.
func ErrNumberRequired() *problem.Error {
	return problem.WrongField("studentNumber", "number-required", "명부에서 이 주소를 찾지 못했습니다. 학번과 이름도 넣으세요.", "The roster does not list this address. Give the student number and the name, too.")
}

// ErrNoNumber is the answer to an admin who verifies somebody without saying which student it is.
func ErrNoNumber() *problem.Error {
	return problem.WrongField("studentNumber", "required", "학생증에 있는 학번을 넣으세요.", "Give the student number, as the card has it.")
}

// School says which addresses are those of students.
type School struct {
	Domains []string
	Mailbox *regexp.Regexp // what all of the part before the @ is, of a student; nil for anything
}

// ReadAddress reads a mail address of one of the school's domains, as Mailbox has it.
func (c School) ReadAddress(f *check.Fields, name, value string) string {
	email := f.Email(name, value)
	if email == "" {
		return ""
	}
	email = Mailbox(email)
	local, domain, _ := strings.Cut(email, "@")
	switch {
	case !slices.Contains(c.Domains, domain):
		list := strings.Join(c.Domains, ", ")
		f.Add(name, "not-a-school-address", "학교 주소만 쓸 수 있습니다: "+list, "Only an address of the school: "+list)
	case c.Mailbox != nil && !c.Mailbox.MatchString(local):
		f.Add(name, "not-a-student-address", "학생의 주소가 아닙니다.", "It is not the address of a student.")
	}
	return email
}

// Mailbox is the address of the mailbox to which an address leads: without what stands behind
// a + before the @ (RFC 5233), of which one mailbox has any number.
func Mailbox(email string) string {
	email = strings.ToLower(text.Visible(email))
	local, domain, ok := strings.Cut(email, "@")
	if base, _, sub := strings.Cut(local, "+"); ok && sub && base != "" {
		return base + "@" + domain
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

// Student is what somebody says who they are; both empty where nothing was asked.
type Student struct{ Number, Name string }

// ConfirmCode verifies a member by the code. Where a roster is installed, it says whose the
// mailbox is, or the member must. The try is counted before it is compared, in a unit of its
// own, so the caller must not be in one. It fails with ErrCodeEnded, ErrCodeWrong,
// ErrNumberRequired, ErrNotListed, ErrAlreadyVerified and ErrStudentTaken.
func (s Store) ConfirmCode(ctx context.Context, memberID, code string, who Student) error {
	if err := s.countTry(ctx, "mail_codes", memberID); err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		// Using the code up and comparing it is one statement: it works once.
		mailbox, err := database.One(ctx, s.DB, database.Value[string], `DELETE FROM mail_codes WHERE member_id = $1 AND code_hash = $2 RETURNING student_key`,
			memberID, s.hash("code", memberID, text.Code(code)))
		if errors.Is(err, database.ErrNoRow) {
			return ErrCodeWrong()
		}
		if err != nil {
			return err
		}
		key, err := s.studentOf(ctx, mailbox, who)
		if err != nil {
			return err
		}
		return s.verify(ctx, memberID, ByMail, &key, &mailbox)
	})
}

// countTry counts a try of a member's code in a table, before it is compared. It fails with
// ErrCodeEnded.
func (s Store) countTry(ctx context.Context, table, memberID string) error {
	n, err := s.DB.Exec(ctx, `UPDATE `+table+` SET tries = tries + 1 WHERE member_id = $1 AND tries < $2 AND until_at > $3`,
		memberID, CodeTries, clock.Millis(clock.Now(ctx)))
	if err == nil && n == 0 {
		return ErrCodeEnded()
	}
	return err
}

// studentOf is the key of the student whose mailbox was proved: the number where there is a
// roster, else the mailbox itself.
func (s Store) studentOf(ctx context.Context, mailbox string, who Student) (key string, err error) {
	key, err = database.One(ctx, s.DB, database.Value[string], `SELECT number_key FROM roster WHERE mail_key = $1`, mailbox)
	if !errors.Is(err, database.ErrNoRow) {
		return key, err
	}
	switch installed, err := s.rosterInstalled(ctx); {
	case err != nil:
		return "", err
	case !installed:
		return mailbox, nil
	case who.Number == "":
		return "", ErrNumberRequired()
	}
	l, err := s.listedAs(ctx, who)
	return l.number, err
}

func (s Store) rosterInstalled(ctx context.Context) (bool, error) {
	_, err := database.One(ctx, s.DB, database.Value[string], `SELECT number_key FROM roster LIMIT 1`)
	if errors.Is(err, database.ErrNoRow) {
		return false, nil
	}
	return err == nil, err
}

// enrolled is a student of the roster.
type enrolled struct {
	number string
	mail   *string
}

// listedAs is the student of the roster with a number and a name. It fails with ErrNotListed.
func (s Store) listedAs(ctx context.Context, who Student) (enrolled, error) {
	number, name := studentNumber(who.Number), studentName(who.Name)
	e, err := database.One(ctx, s.DB, func(r database.Row) (enrolled, error) {
		var e enrolled
		err := r.Scan(&e.number, &e.mail)
		return e, err
	}, `SELECT number_key, mail_key FROM roster WHERE number_key = $1 AND name_key = $2`, s.hash("number", number), s.hash("name", number, name))
	if errors.Is(err, database.ErrNoRow) {
		return enrolled{}, ErrNotListed()
	}
	return e, err
}

// VerifyByRoster verifies a member who knows number and name of a student in the roster.
// It fails with ErrNotListed, ErrAlreadyVerified and ErrStudentTaken.
func (s Store) VerifyByRoster(ctx context.Context, memberID string, who Student) error {
	e, err := s.listedAs(ctx, who)
	if err != nil {
		return err
	}
	return s.verify(ctx, memberID, ByRoster, &e.number, e.mail)
}

// VerifyByAdmin verifies a member whom an admin has seen a proof of. The student with the number
// counts as having an account, as by the other ways, so that a card is good for one. It fails with
// problem.Absent, ErrNoNumber, ErrAlreadyVerified and ErrStudentTaken.
func (s Store) VerifyByAdmin(ctx context.Context, memberID, number string) error {
	if _, err := s.Member(ctx, memberID); err != nil {
		return err
	}
	if number = studentNumber(number); number == "" {
		return ErrNoNumber()
	}
	key := s.hash("number", number)
	return s.verify(ctx, memberID, ByAdmin, &key, nil)
}

// verify lets the unique indexes decide who of several accounts is the student's: neither a
// number nor a mailbox has two. With it the proofs that the member has handed in are deleted,
// whichever way it was: nobody needs a picture of their card any more.
func (s Store) verify(ctx context.Context, memberID, by string, key, mailbox *string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Millis(clock.Now(ctx))
		n, err := s.DB.Exec(ctx, `UPDATE members SET verified_at = $1, verified_by = $2, student_key = $3, student_mail = $4, version = version + 1, updated_at = $1
			WHERE id = $5 AND verified_at IS NULL AND anonymised_at IS NULL`, now, by, key, mailbox, memberID)
		switch {
		case database.IsUnique(err, "members", "student_key"), database.IsUnique(err, "members", "student_mail"):
			return ErrStudentTaken()
		case err != nil:
			return err
		case n == 0:
			return ErrAlreadyVerified()
		}
		_, err = s.DB.Exec(ctx, `UPDATE uploads SET deleted_at = $1, request = NULL WHERE member_id = $2 AND purpose = 'proof' AND uses = 0 AND deleted_at IS NULL`, now, memberID)
		return err
	})
}

// studentNumber is a number as it is hashed: what people type around the digits and
// letters does not count.
func studentNumber(s string) string { return text.Code(s) }

// studentName is a name as it is hashed: spaces do not count.
func studentName(s string) string { return text.Squeeze(s) }
