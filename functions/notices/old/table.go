package old

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strings"
)

// table reads CSV, whose first line names the columns.
func (r *reader) table(name, text string) error {
	lines := csv.NewReader(strings.NewReader(text))
	lines.FieldsPerRecord = -1
	fields := []string{}
	for !r.over() {
		record, err := lines.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var syntax *csv.ParseError
		if errors.As(err, &syntax) {
			r.wrong(Place{File: name, Line: syntax.StartLine}, "file", "malformed", "따옴표가 맞지 않습니다. 따옴표 안의 따옴표는 두 번 씁니다.", "The quotes do not match: a quote within quotes is written twice.")
			return nil
		}
		if err != nil {
			return err //nolint:wrapcheck // a reader of a text has no other errors
		}
		if len(record) > mostColumns {
			line, _ := lines.FieldPos(0)
			r.wrong(Place{File: name, Line: line}, "file", "too-many-columns", fmt.Sprintf("한 줄에 열이 %d개까지입니다.", mostColumns), fmt.Sprintf("A line has at most %d columns.", mostColumns))
			return nil
		}
		if len(fields) == 0 {
			if fields = r.columns(name, record); len(fields) == 0 {
				return nil
			}
			continue
		}
		if err := r.line(name, lines, fields, record); err != nil {
			return err
		}
	}
	if len(fields) == 0 {
		r.wrong(Place{File: name}, "file", "empty", "빈 파일입니다.", "The file is empty.")
	}
	return nil
}

// columns are the fields that the first line names, "" for columns that are passed over; none
// where it cannot be right.
func (r *reader) columns(name string, record []string) []string {
	fields, seen := []string{}, map[string]bool{}
	for _, said := range record {
		field := column(said)
		if field == "" && strings.TrimSpace(said) != "" {
			r.pass(name + ": " + strings.TrimSpace(said))
		}
		if seen[field] && field != "" {
			r.wrong(Place{File: name, Line: 1}, field, "repeated-field", "같은 열이 두 번 있습니다.", "There are two columns of this.")
			return nil
		}
		seen[field] = true
		fields = append(fields, field)
	}
	if !seen["title"] || !seen["date"] {
		r.wrong(Place{File: name, Line: 1}, "file", "no-heading", "첫 줄에 열 이름이 있어야 합니다. 제목과 날짜는 꼭 필요합니다.", "The first line must name the columns: title and date are needed.")
		return nil
	}
	return fields
}

// line reads one notice.
func (r *reader) line(name string, lines *csv.Reader, fields, record []string) error {
	first, _ := lines.FieldPos(0)
	at := Place{File: name, Line: first}
	if strings.TrimSpace(strings.Join(record, "")) == "" {
		return nil // spreadsheets leave such lines at the end
	}
	if len(record) > len(fields) {
		r.wrong(at, "file", "malformed", "첫 줄보다 열이 많습니다.", "There are more columns than in the first line.")
		return nil
	}
	said, places := map[string]string{}, map[string]int{}
	for i, value := range record {
		if fields[i] != "" {
			said[fields[i]] = value
			places[fields[i]], _ = lines.FieldPos(i)
		}
	}
	f, ok := r.fill(at, places, said, nil)
	if !ok {
		return nil
	}
	return r.add(f)
}
