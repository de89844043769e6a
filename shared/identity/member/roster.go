package member

import (
	"bytes"
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"
	"unicode"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text/charset"
)

// The largest roster: 4 MiB hold 100 000 lines, more than Korea's largest university has
// students. Who reads it from outside limits the bytes.
const (
	RosterBytes = 4 << 20
	RosterLines = 100_000
)

// Listed is one student of a roster, already hashed.
type Listed struct {
	numberKey, nameKey string
	mailKey            *string
}

// Roster is what a file of students says.
type Roster struct {
	Students []Listed
	Encoding string // in which the file was read: UTF-8, CP949, UTF-16LE or UTF-16BE
	Lines    []int  // where in the file each student stands, from 1
}

// ReadRoster reads lines of number, name and optionally school mail address, separated by
// commas, semicolons or tabs, as spreadsheets save them, and hashes them at once: nothing of
// them is kept as it is. A first line without a digit is a heading. Each wrong line is a field
// of the problem, at most 20. One without a student is refused: it would be a file that was
// saved or sent wrong.
func (s Store) ReadRoster(r io.Reader) (Roster, error) {
	whole, err := io.ReadAll(r)
	if err != nil {
		return Roster{}, fmt.Errorf("read the roster: %w", err)
	}
	content, encoding, ok := charset.Table(whole)
	if !ok {
		return Roster{}, problem.Wrong(wrongLine(badLine(whole), "not-utf8"))
	}
	lines := csv.NewReader(strings.NewReader(forcing.ReplaceAllString(content, `$1"$2"`)))
	lines.FieldsPerRecord, lines.TrimLeadingSpace, lines.Comma = -1, true, separator(content)
	list, at, seen, mails := []Listed{}, []int{}, map[string]bool{}, map[string]bool{}
	wrong := []problem.Field{}
	for first := true; ; first = false {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		if len(list) > RosterLines {
			return Roster{}, problem.New(problem.TooLarge, "roster-too-large", "명부는 10만 줄까지입니다.", "A roster has at most 100 000 lines.")
		}
		code, l := s.listed(record, err)
		number := lineOf(lines, err)
		switch {
		case first && code == "" && !strings.ContainsFunc(record[0], unicode.IsDigit):
			continue
		case code == "" && seen[l.numberKey]:
			code = "repeated"
		case code == "" && l.mailKey != nil && mails[*l.mailKey]:
			code = "repeated"
		}
		if code != "" {
			if wrong = append(wrong, wrongLine(number, code)); len(wrong) == 20 || code == "malformed" {
				break
			}
			continue
		}
		seen[l.numberKey] = true
		if l.mailKey != nil {
			mails[*l.mailKey] = true
		}
		list, at = append(list, l), append(at, number)
	}
	if len(wrong) > 0 {
		return Roster{}, problem.Wrong(wrong...)
	}
	if len(list) == 0 {
		return Roster{}, problem.New(problem.Invalid, "roster-empty", "명부에 학생이 한 명도 없습니다. 빈 명부로 바꾸면 아무도 재학생 인증을 할 수 없으므로 이전 명부를 그대로 둡니다.",
			"The roster lists no student. Nobody could verify by an empty one, so the one before stays.")
	}
	return Roster{Students: list, Encoding: encoding, Lines: at}, nil
}

// separator is what stands between the fields of the first line: a comma, unless it has none and a tab or a semicolon, as
// Excel saves "Unicode text", and CSV on computers where the comma is for decimals.
func separator(content string) rune {
	line, _, _ := strings.Cut(content, "\n")
	for _, sign := range ",\t;" {
		if strings.ContainsRune(line, sign) {
			return sign
		}
	}
	return ','
}

// badLine is the first line that is no UTF-8, from 1.
func badLine(whole []byte) int {
	for i, line := range bytes.Split(whole, []byte("\n")) {
		if _, ok := charset.Korean(string(line)); !ok {
			return i + 1
		}
	}
	return 1
}

// lineOf is where in the file the last record begins, from 1, as an editor counts: also after empty lines, and fields of
// several lines.
func lineOf(lines *csv.Reader, err error) int {
	var syntax *csv.ParseError
	if errors.As(err, &syntax) {
		return syntax.StartLine
	}
	line, _ := lines.FieldPos(0)
	return line
}

// listed hashes a line, or says what is wrong with it.
func (s Store) listed(record []string, err error) (code string, l Listed) {
	if err != nil {
		return "malformed", l
	}
	if len(record) < 2 || len(record) > 3 {
		return "fields", l
	}
	written, ok := unspoiled(record[0])
	if !ok {
		return "spoiled-number", l
	}
	number, name := studentNumber(written), studentName(record[1])
	if number == "" || name == "" || len(number) > 64 || len(name) > 400 {
		return "blank", l
	}
	l = Listed{numberKey: s.hash("number", number), nameKey: s.hash("name", number, name)}
	if len(record) == 3 && strings.TrimSpace(record[2]) != "" {
		key := s.hash("mail", Mailbox(record[2]))
		l.mailKey = &key
	}
	return "", l
}

// What spreadsheets make of a student number: text by force (="2026001234", '2026001234), a number with a fraction
// (2026001234.0), with groups (2,026,001,234), or in powers of ten (2.026001234E+09), of which as many digits are left as
// the column was wide.
var (
	forcing  = regexp.MustCompile(`(?m)(^|[,;\t])="([^"\r\n]*)"`) // as programs write it that are no spreadsheets: no CSV
	forced   = regexp.MustCompile(`^=\s*"(.*)"$`)
	fraction = regexp.MustCompile(`^([0-9]+)\.(0*)$`)
	groups   = regexp.MustCompile(`^[0-9]{1,3}(,[0-9]{3})+$`)
	power    = regexp.MustCompile(`^([0-9])(?:[.,]([0-9]+))?[eE]\+?([0-9]{1,2})$`)
	decimal  = regexp.MustCompile(`^[+-]?[0-9]*[.,][0-9]+$`)
)

// unspoiled is a student number as it was before a spreadsheet wrote it, and whether that can be known: digits that are
// not written are lost.
func unspoiled(s string) (string, bool) {
	s = strings.TrimSpace(strings.TrimPrefix(s, "\ufeff"))
	if m := forced.FindStringSubmatch(s); m != nil {
		s = strings.TrimSpace(m[1])
	}
	for _, mark := range []string{"'", "’", "‘"} {
		s = strings.TrimPrefix(s, mark)
	}
	if m := fraction.FindStringSubmatch(s); m != nil {
		s = m[1]
	}
	if groups.MatchString(s) {
		s = strings.ReplaceAll(s, ",", "")
	}
	if m := power.FindStringSubmatch(s); m != nil && (m[2] != "" || strings.Contains(s, "+")) {
		tens, err := strconv.Atoi(m[3])
		return m[1] + m[2], err == nil && len(m[2]) == tens
	}
	return s, !decimal.MatchString(s) && !strings.HasPrefix(s, "#") && !strings.HasPrefix(s, "=")
}

func wrongLine(number int, code string) problem.Field {
	t := problem.Text{KO: "학번, 이름, 학교 이메일(없어도 됨) 순서여야 합니다.", EN: "Number, name and optionally school mail address."}
	switch code {
	case "not-utf8":
		t = problem.Text{KO: "UTF-8도 CP949도 아닙니다. 엑셀에서 'CSV UTF-8'로 저장하세요.", EN: "Neither UTF-8 nor CP949. Save it as CSV UTF-8."}
	case "spoiled-number":
		t = problem.Text{KO: "엑셀 같은 프로그램이 학번을 다른 수로 바꾸어 자릿수를 알 수 없습니다. 학번 열의 서식을 '텍스트'로 바꾸고 원래 학번을 넣어 다시 저장하세요.",
			EN: "A spreadsheet made another number of it, and digits are lost. Format the column as text, enter the numbers as they were and save it again."}
	case "repeated":
		t = problem.Text{KO: "위의 다른 줄에 같은 학번이나 이메일이 있습니다. 한 줄만 남기세요.", EN: "A line above has the same number or address. Keep one of them."}
	case "malformed":
		t = problem.Text{KO: "CSV로 읽을 수 없습니다.", EN: "Not CSV."}
	}
	return problem.Field{Name: fmt.Sprintf("line %d", number), Code: code, Message: t}
}

// rosterBatch is how many rows one statement inserts: four parameters each stay far below
// the 32 766 that SQLite allows.
const rosterBatch = 500

// Compared says what a roster would change of the one in force.
type Compared struct {
	New     int // students who are not listed yet
	Changed int // students who are listed with another name or mail address
	Same    int
	Gone    int // students who would be listed no more
	// Verified is how many of those who would be gone have a verified account, which they keep.
	Verified int
	// NewLines and ChangedLines are where in the file the first of them stand, from 1, at most LinesShown.
	NewLines, ChangedLines []int
	// State names the roster in force: ReplaceRoster is given it to replace no other one.
	State string
}

// LinesShown is how many lines of a kind a comparison names: as many as somebody looks at.
const LinesShown = 20

// CompareRoster says what a roster would change; nothing is written.
func (s Store) CompareRoster(ctx context.Context, with Roster) (c Compared, err error) {
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		c = Compared{NewLines: []int{}, ChangedLines: []int{}}
		if c.State, err = s.rosterState(ctx); err != nil {
			return err
		}
		var was []Listed
		if was, err = database.All(ctx, s.DB, func(r database.Row) (Listed, error) {
			var l Listed
			err := r.Scan(&l.numberKey, &l.nameKey, &l.mailKey)
			return l, err
		}, `SELECT number_key, name_key, mail_key FROM roster`); err != nil {
			return err
		}
		listed := make(map[string]Listed, len(was))
		for _, l := range was {
			listed[l.numberKey] = l
		}
		for i, l := range with.Students {
			before, there := listed[l.numberKey]
			delete(listed, l.numberKey)
			switch {
			case !there:
				c.New++
				c.NewLines = shownLine(c.NewLines, with.Lines[i])
			case before.nameKey != l.nameKey || !sameKey(before.mailKey, l.mailKey):
				c.Changed++
				c.ChangedLines = shownLine(c.ChangedLines, with.Lines[i])
			default:
				c.Same++
			}
		}
		c.Gone = len(listed)
		verified, err := database.All(ctx, s.DB, database.Value[string], `SELECT m.student_key FROM members m JOIN roster r ON r.number_key = m.student_key WHERE m.verified_at IS NOT NULL`)
		for _, key := range verified {
			if _, gone := listed[key]; gone {
				c.Verified++
			}
		}
		return err
	})
	return c, err
}

func shownLine(lines []int, line int) []int {
	if len(lines) < LinesShown {
		lines = append(lines, line)
	}
	return lines
}

func sameKey(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// rosterState names the roster in force. Its rows were all listed at once.
func (s Store) rosterState(ctx context.Context) (string, error) {
	return database.One(ctx, s.DB, func(r database.Row) (string, error) {
		var at, rows int64
		err := r.Scan(&at, &rows)
		return strconv.FormatInt(at, 36) + "-" + strconv.FormatInt(rows, 36), err
	}, `SELECT COALESCE(MAX(listed_at), 0), COUNT(*) FROM roster WHERE number_key <> ''`)
}

// Replaced says what a new roster changed.
type Replaced struct {
	Known int // accounts that were known by their mailbox and are by their number now
	Ended int // accounts that turned out to be a student's second, and are verified no more
}

// ReplaceRoster puts a roster in the place of the old one. Who was verified stays so, but is
// known by the number from now on where the roster says whose the mailbox is; of two accounts
// which are thereby found to be one student's, the one that was verified first stays. State is
// that of the roster which the caller has compared with, "" for any: another one stays, with roster-changed.
func (s Store) ReplaceRoster(ctx context.Context, list []Listed, state string) (did Replaced, err error) {
	whole := list
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Millis(clock.Now(ctx))
		// A number that nobody has: who replaces the roster at the same time waits here for
		// this unit of work, and then sees, and deletes, all of its rows.
		if _, err := s.DB.Exec(ctx, `INSERT INTO roster (number_key, name_key, listed_at) VALUES ('', '', $1)`, now); err != nil {
			return err
		}
		if is, err := s.rosterState(ctx); err != nil || state != "" && is != state {
			return cmp.Or(err, error(problem.New(problem.Conflict, "roster-changed", "그사이 명부가 바뀌었습니다. 무엇이 달라지는지 다시 확인하세요.", "The roster was replaced meanwhile. Compare again.")))
		}
		if _, err := s.DB.Exec(ctx, `DELETE FROM roster`); err != nil {
			return err
		}
		list := whole // a unit of work may be tried again
		for len(list) > 0 {
			batch := list[:min(rosterBatch, len(list))]
			list = list[len(batch):]
			rows, args := []string{}, []any{}
			for i, l := range batch {
				rows = append(rows, fmt.Sprintf("($%d, $%d, $%d, $%d)", 4*i+1, 4*i+2, 4*i+3, 4*i+4))
				args = append(args, l.numberKey, l.nameKey, l.mailKey, now)
			}
			if _, err := s.DB.Exec(ctx, `INSERT INTO roster (number_key, name_key, mail_key, listed_at) VALUES `+strings.Join(rows, ", "), args...); err != nil {
				return err
			}
		}
		did, err = s.rekey(ctx)
		return err
	})
	return did, err
}

// rekey makes the roster's numbers the keys of those whose mailboxes it lists.
func (s Store) rekey(ctx context.Context) (did Replaced, err error) {
	now := clock.Millis(clock.Now(ctx))
	seconds, err := database.All(ctx, s.DB, func(r database.Row) (string, error) {
		var mail, number string
		var since, other int64
		err := r.Scan(&mail, &since, &number, &other)
		if since > other {
			return mail, err
		}
		return number, err
	}, `SELECT m.id, m.verified_at, n.id, n.verified_at FROM roster r JOIN members m ON m.student_mail = r.mail_key JOIN members n ON n.student_key = r.number_key
		WHERE m.id <> n.id AND m.verified_at IS NOT NULL AND n.verified_at IS NOT NULL`)
	if err != nil {
		return did, err
	}
	for _, id := range seconds {
		if _, err := s.DB.Exec(ctx, `UPDATE members SET verified_at = NULL, verified_by = '', student_key = NULL, student_mail = NULL, version = version + 1, updated_at = $1 WHERE id = $2`, now, id); err != nil {
			return did, err
		}
	}
	known, err := s.DB.Exec(ctx, `UPDATE members SET student_key = (SELECT r.number_key FROM roster r WHERE r.mail_key = members.student_mail)
		WHERE student_mail IN (SELECT mail_key FROM roster WHERE mail_key IS NOT NULL) AND verified_at IS NOT NULL
		AND student_key <> (SELECT r.number_key FROM roster r WHERE r.mail_key = members.student_mail)`)
	return Replaced{Known: int(known), Ended: len(seconds)}, err
}
