package member

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// The largest roster: 4 MiB hold 100 000 lines, more than Korea's largest university has
// students.
const (
	RosterBytes = 4 << 20
	RosterLines = 100_000
)

// Listed is one student of a roster, already hashed.
type Listed struct {
	numberKey, nameKey string
	mailKey            *string
}

// ReadRoster reads lines of number, name and optionally school mail address, separated by
// commas, and hashes them at once: nothing of them is kept as it is. A first line without
// a digit is a heading. Each wrong line is a field of the problem, at most 20.
func (s Store) ReadRoster(r io.Reader) ([]Listed, error) {
	lines := csv.NewReader(io.LimitReader(r, RosterBytes+1))
	lines.FieldsPerRecord, lines.TrimLeadingSpace = -1, true
	list, seen, mails := []Listed{}, map[string]bool{}, map[string]bool{}
	wrong := []problem.Field{}
	for number := 1; ; number++ {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *csv.ParseError
		if err != nil && !errors.As(err, &syntax) {
			return nil, problem.Unreadable("body-incomplete", "본문을 끝까지 읽지 못했습니다.", "The body could not be read to its end.").Because(err)
		}
		if lines.InputOffset() > RosterBytes || len(list) > RosterLines {
			return nil, problem.New(problem.TooLarge, "roster-too-large", "명부는 10만 줄, 4 MiB까지입니다.", "A roster has at most 100 000 lines and 4 MiB.")
		}
		code, l := s.listed(record, err)
		switch {
		case number == 1 && code == "" && !strings.ContainsFunc(record[0], unicode.IsDigit):
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
		list = append(list, l)
	}
	if len(wrong) > 0 {
		return nil, problem.Wrong(wrong...)
	}
	return list, nil
}

// listed hashes a line, or says what is wrong with it.
func (s Store) listed(record []string, err error) (code string, l Listed) {
	if err != nil {
		return "malformed", l
	}
	for _, field := range record {
		if !utf8.ValidString(field) {
			return "not-utf8", l
		}
	}
	if len(record) < 2 || len(record) > 3 {
		return "fields", l
	}
	record[0] = strings.TrimPrefix(record[0], "\ufeff") // Excel's mark of UTF-8
	number, name := studentNumber(record[0]), studentName(record[1])
	if number == "" || name == "" || len(number) > 64 || len(name) > 400 {
		return "blank", l
	}
	l = Listed{numberKey: s.hash("number", number), nameKey: s.hash("name", number, name)}
	if len(record) == 3 && strings.TrimSpace(record[2]) != "" {
		key := s.hash("mail", strings.ToLower(strings.TrimSpace(record[2])))
		l.mailKey = &key
	}
	return "", l
}

func wrongLine(number int, code string) problem.Field {
	t := problem.Text{KO: "학번, 이름, 학교 전자우편(없어도 됨) 순서여야 합니다.", EN: "Number, name and optionally school mail address."}
	switch code {
	case "not-utf8":
		t = problem.Text{KO: "UTF-8이 아닙니다. 엑셀에서 'CSV UTF-8'로 저장하세요.", EN: "Not UTF-8. Save it as CSV UTF-8."}
	case "repeated":
		t = problem.Text{KO: "앞에 나온 학번이나 주소입니다.", EN: "The number or address came before."}
	case "malformed":
		t = problem.Text{KO: "CSV로 읽을 수 없습니다.", EN: "Not CSV."}
	}
	return problem.Field{Name: fmt.Sprintf("line %d", number), Code: code, Message: t}
}

// rosterBatch is how many rows one statement inserts: four parameters each stay far below
// the 32 766 that SQLite allows.
const rosterBatch = 500

// ReplaceRoster puts a roster in the place of the old one. Who was verified by the old one
// stays verified.
func (s Store) ReplaceRoster(ctx context.Context, list []Listed) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		if _, err := s.DB.Exec(ctx, `DELETE FROM roster`); err != nil {
			return err
		}
		now := clock.Millis(clock.Now(ctx))
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
		return nil
	})
}
