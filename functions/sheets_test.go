package functions_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices/old"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// sheet is something that reads files of lines, by the file of its parser, and how much it says of a file at most: names of what it passes over and
// mistakes, each of which is compared with others, kept and sent back.
type sheet struct {
	bytes, says int
	read        func(file []byte) (said int)
}

// sheets are all parsers of files of lines that come from outside.
func sheets() map[string]sheet {
	fields := func(err error) int {
		if p := problem.Find(err); p != nil {
			return len(p.Fields) + 1
		}
		return 0
	}
	notices := func(name string) func([]byte) int {
		return func(file []byte) int {
			r, err := old.Read([]old.File{{Name: name, Content: file}}, "총학")
			return len(r.Passed) + len(r.Wrong) + fields(err)
		}
	}
	events := func(r calendar.Reading) int { return len(r.Passed) + len(r.Wrong) }
	return map[string]sheet{
		"functions/notices/old/table.go":    {old.MostBytes, old.MostPassed + old.MostWrong, notices("a.csv")},
		"functions/notices/old/markdown.go": {old.MostBytes, old.MostPassed + old.MostWrong, notices("a.md")},
		"shared/council/calendar/csv.go": {calendar.MostBytes, calendar.MostPassed + calendar.MostWrong, func(file []byte) int {
			return events(calendar.ReadCSV(file, "https://council.test"))
		}},
		"shared/council/calendar/read.go": {calendar.MostBytes, calendar.MostPassed + calendar.MostWrong, func(file []byte) int {
			return events(calendar.ReadICS(file, time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul), "https://council.test"))
		}},
		"shared/identity/member/roster.go": {member.RosterBytes, 21, func(file []byte) int {
			_, err := member.Store{Key: secret.Key{}}.ReadRoster(strings.NewReader(string(file)))
			return fields(err)
		}},
		"shared/council/archive/table.go": {archive.MostTable, 4*archive.MostRows + 1, func(file []byte) int {
			_, unfit, err := archive.ReadTable(string(file))
			return len(unfit) + fields(err)
		}},
	}
}

// Whatever fits into the largest file, in columns, in lines, in short lines, in parts: what a parser keeps to compare the next with
// is bounded, so that the work is as long as the file, and so is what it says. A parser that keeps more takes minutes here.
func TestLargestSheets(t *testing.T) {
	t.Parallel()
	repeated := func(size int, head string, part func(n int) string) []byte {
		var b strings.Builder
		b.WriteString(head)
		for n := 0; ; n++ {
			next := part(n)
			if b.Len()+len(next) > size {
				return []byte(b.String())
			}
			b.WriteString(next)
		}
	}
	name := func(n int) string { // of as few letters as there are names
		letters := []byte{}
		for n++; n > 0; n /= 26 {
			letters = append(letters, byte('a'+n%26))
		}
		return string(letters)
	}
	with := func(before, after string) func(int) string {
		return func(n int) string { return before + name(n) + after }
	}
	for what, of := range map[string]struct {
		head string
		part func(int) string
	}{
		"columns":              {"", with("", ",")},
		"columns behind known": {"제목,날짜,시작,항목,예산,집행,잔액,", with("", ",")},
		"columns of a line":    {"제목,날짜\n", with("", ",")},
		"blank columns":        {"", func(int) string { return "," }},
		"short lines":          {"제목,날짜,시작\n", with("", "\n")},
		"lines that are wrong": {"제목,시작,날짜\n", with("", ",x,x\n")},
		"settlements":          {"항목,예산,집행,잔액\n", with("", ",x,x,x\n")},
		"students":             {"", with("1", ",,\n")},
		"commas":               {"제목,날짜,시작\n", func(int) string { return ",\n" }},
		"blank lines":          {"제목,날짜,시작\n", func(int) string { return "\n" }},
		"front matter":         {"---\n", with("", ": a\n")},
		"front matter, ended":  {"---\n---\n", with("", ": a\n")},
		"components":           {"BEGIN:VCALENDAR\n", func(n int) string { return "BEGIN:" + name(n) + "\nEND:" + name(n) + "\n" }},
		"empty events":         {"BEGIN:VCALENDAR\n", func(int) string { return "BEGIN:VEVENT\nEND:VEVENT\n" }},
		"properties":           {"BEGIN:VCALENDAR\nBEGIN:VEVENT\n", with("", ":\n")},
		"dates":                {"BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:a\nDTSTART;VALUE=DATE:20260303\n", func(int) string { return "RDATE:x\n" }},
	} {
		for parser, s := range sheets() {
			size := s.bytes
			if strings.HasPrefix(what, "front matter") && strings.HasSuffix(parser, "markdown.go") {
				size = 500 << 10 // a larger one is none
			}
			file := repeated(size-100, of.head, of.part)
			switch what {
			case "front matter":
				file = append(file, "---\n"...)
			case "components", "empty events":
				file = append(file, "END:VCALENDAR\n"...)
			case "properties", "dates":
				file = append(file, "END:VEVENT\nEND:VCALENDAR\n"...)
			}
			if said := s.read(file); said > s.says {
				t.Errorf("%s: %d bytes of %s: %d names and mistakes are kept, more than %d", parser, len(file), what, said, s.says)
			}
		}
	}
}

// Every parser of a table is one of sheets.
func TestSheetsAreAll(t *testing.T) {
	sources := os.DirFS("..")
	for _, folder := range []string{"functions", "shared", "knative"} {
		err := fs.WalkDir(sources, folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
				return err
			}
			source, err := fs.ReadFile(sources, path)
			if _, known := sheets()[path]; err == nil && strings.Contains(string(source), "csv.NewReader(") && !known {
				t.Errorf("%s reads a table: add it to sheets", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	for path := range sheets() {
		if _, err := fs.Stat(sources, path); err != nil {
			t.Error(err)
		}
	}
}
