package member_test

import (
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text/charset"
)

// What spreadsheets make of a roster is read, or refused with its line: never taken for another number.
func TestRostersOfSpreadsheets(t *testing.T) {
	s := member.Store{}
	want, err := s.ReadRoster(strings.NewReader("20260001,김가람\n2026001234,이나루\n"))
	if err != nil {
		t.Fatal(err)
	}
	for name, row := range map[string]struct{ encoding, content string }{
		"plain":                          {charset.UTF8, "학번,이름\n20260001,김가람\n2026001234,이나루\n"},
		"Windows' ends of lines":         {charset.UTF8, "학번,이름\r\n20260001,김가람\r\n2026001234,이나루\r\n"},
		"Excel's CSV UTF-8":              {charset.UTF8, "\ufeff학번,이름\r\n20260001,김가람\r\n2026001234,이나루\r\n"},
		"a mark before a quote":          {charset.UTF8, "\ufeff\"20260001\",\"김가람\"\r\n2026001234,이나루\r\n"},
		"Excel's CSV":                    {charset.CP949, "\xc7\xd0\xb9\xf8,\xc0\xcc\xb8\xa7\r\n20260001,\xb1\xe8\xb0\xa1\xb6\xf7\r\n2026001234,\xc0\xcc\xb3\xaa\xb7\xe7\r\n"},
		"Excel's Unicode text":           {charset.UTF16LE, utf16("학번\t이름\r\n20260001\t김가람\r\n2026001234\t이나루\r\n")},
		"semicolons":                     {charset.UTF8, "학번;이름\n20260001;김가람\n2026001234;이나루\n"},
		"numbers with a fraction":        {charset.UTF8, "20260001.0,김가람\n2026001234.00,이나루\n"},
		"numbers in groups":              {charset.UTF8, "\"20,260,001\",김가람\n\"2,026,001,234\",이나루\n"},
		"powers of ten, all digits left": {charset.UTF8, "2.0260001E+07,김가람\n2.026001234e+9,이나루\n"},
		"text by an apostrophe":          {charset.UTF8, "'20260001,김가람\n’2026001234,이나루\n"},
		"text by a formula":              {charset.UTF8, "=\"20260001\",김가람\n=\"2026001234\",이나루\n"},
		"text by a formula, quoted":      {charset.UTF8, "\"=\"\"20260001\"\"\",김가람\n\"=\"\"2026001234\"\"\",이나루\n"},
		"spaces":                         {charset.UTF8, " 20260001 , 김가람\n2026001234\u00a0,이나루\n"},
		"signs between":                  {charset.UTF8, "2026-0001,김가람\n2026-001234,이나루\n"},
	} {
		got, err := s.ReadRoster(strings.NewReader(row.content))
		if err != nil || got.Encoding != row.encoding || len(got.Students) != 2 || got.Students[0] != want.Students[0] || got.Students[1] != want.Students[1] {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
	if got, err := s.ReadRoster(strings.NewReader("20E0001,김가람\nA2026001,이나루\n2E10,박다온\n")); err != nil || len(got.Students) != 3 {
		t.Errorf("numbers with letters: %+v, %v", got, err)
	}
	for _, spoiled := range []string{"2.026E+07", "2.0E+07", "2E+07", "2.02600123E+09", "2.026001234E+10", "1.23457E+11", "2,026E+07", "2.026e+07", "20260001.5", "########", "#N/A", "#VALUE!", "=A2", "=A2&B2", ".5", "=\"2.026E+07\"", "'2.026E+07"} {
		_, err := s.ReadRoster(strings.NewReader("학번;이름\n20260001;김가람\n" + spoiled + ";이나루\n"))
		p := problem.Find(err)
		if p == nil || len(p.Fields) != 1 || p.Fields[0].Name != "line 3" || p.Fields[0].Code != "spoiled-number" {
			t.Errorf("%s: %v", spoiled, err)
		}
	}
	// A line is where an editor shows it.
	_, err = s.ReadRoster(strings.NewReader("학번,이름\n\n\n20260001,\"김\n가람\"\n2.026E+07,이나루\n"))
	if p := problem.Find(err); p == nil || p.Fields[0].Name != "line 6" {
		t.Errorf("lines: %v", err)
	}
}

func utf16(s string) string {
	b := []byte("\xff\xfe")
	for _, r := range s {
		b = append(b, byte(r), byte(r>>8))
	}
	return string(b)
}
