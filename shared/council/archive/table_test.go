package archive_test

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/problem"
)

func TestReadTable(t *testing.T) {
	const head = "항목,예산,집행,잔액\n"
	for name, c := range map[string]struct {
		csv   string
		wrong string   // code of what cannot be read
		unfit []string // line and code
		want  archive.Table
	}{
		"as people write": {csv: "\ufeff항목,비고,예산액,집행액,잔액\r\n\"축제, 행사\",,\"1,200,000원\",\"1,300,000\",\"△100,000\"\r\n계,,1200000,1300000,(100000)\r\n", want: archive.Table{
			{Name: "축제, 행사", Budget: 1200000, Spent: 1300000, Left: -100000}, {Name: "계", Budget: 1200000, Spent: 1300000, Left: -100000, Total: true}}},
		"parts": {csv: head + "가,1,1,0\n소계,1,1,0\n나,2,0,2\n소계,2,0,2\n합계,3,1,2\n", want: archive.Table{
			{Name: "가", Budget: 1, Spent: 1}, {Name: "소계", Budget: 1, Spent: 1, Total: true}, {Name: "나", Budget: 2, Left: 2}, {Name: "소계", Budget: 2, Left: 2, Total: true}, {Name: "합계", Budget: 3, Spent: 1, Left: 2, Total: true}}},
		"balance":    {csv: head + "가,10,3,8\n", unfit: []string{"table[2] balance-mismatch"}, want: archive.Table{{Name: "가", Budget: 10, Spent: 3, Left: 8}}},
		"sum":        {csv: head + "가,10,3,7\n\n합계,11,3,8\n", unfit: []string{"table[4] sum-mismatch", "table[4] sum-mismatch"}, want: archive.Table{{Name: "가", Budget: 10, Spent: 3, Left: 7}, {Name: "합계", Budget: 11, Spent: 3, Left: 8, Total: true}}},
		"no columns": {csv: "이름,금액\n가,1\n", wrong: "columns-missing"},
		"no rows":    {csv: head, wrong: "no-rows"},
		"no amount":  {csv: head + "가,약 10,3,7\n", wrong: "not-an-amount"},
		"too much":   {csv: head + "가,1000000000001,0,1000000000001\n", wrong: "not-an-amount"},
		"fractions":  {csv: head + "가,1.5,0,1.5\n", wrong: "not-an-amount"},
		"no item":    {csv: head + ",1,0,1\n", wrong: "item-missing"},
		"a quote":    {csv: head + "\"가,1,0,1\n", wrong: "malformed-csv"},
		"too long":   {csv: head + strings.Repeat("가", archive.MostTable), wrong: "too-long"},
		"many rows":  {csv: head + strings.Repeat("가,1,0,1\n", archive.MostRows+1), wrong: "too-many-rows"},
	} {
		got, unfit, err := archive.ReadTable(c.csv)
		if p := problem.Find(err); p != nil {
			if p.Fields[0].Code != c.wrong {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		said := []string{}
		for _, u := range unfit {
			said = append(said, u.Name+" "+u.Code)
		}
		if err != nil || c.wrong != "" || !reflect.DeepEqual(got, c.want) || !slices.Equal(said, append([]string{}, c.unfit...)) {
			t.Errorf("%s: %+v, %v, %v", name, got, said, err)
		}
	}
}

// What is read is written as it is read again, and no cell of text begins a formula.
func FuzzReadTable(f *testing.F) {
	for _, s := range []string{settlement, "항목,예산,집행,잔액\n=1+1,1,1,0\n'@가,1,2,△1\n", "\ufeffitem,budget,spent,left\r\na,-5,0,-5", "항목,예산,집행,잔액\n\"\n\",1,1,0", "\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		table, _, err := archive.ReadTable(s)
		if err != nil {
			if problem.Find(err) == nil {
				t.Errorf("%q: %v", s, err)
			}
			return
		}
		written := archive.WriteTable(table)
		again, _, err := archive.ReadTable(written)
		if err != nil || archive.WriteTable(again) != written {
			t.Errorf("%q is written as %q, and that as %q, %v", s, written, archive.WriteTable(again), err)
		}
		for line := range strings.Lines(strings.TrimPrefix(written, "\ufeff")) {
			if strings.ContainsAny(line[:1], "=+-@") {
				t.Errorf("a line begins with %q", line[:1])
			}
		}
		for _, l := range table {
			if tenths, ok := l.Percent(); ok != (l.Budget > 0) || ok && l.Spent == l.Budget && tenths != 1000 {
				t.Errorf("%+v: %d %v", l, tenths, ok)
			}
		}
	})
}

func TestPeriods(t *testing.T) {
	for p, end := range map[archive.Period]string{"2026": "2027-01-01", "2026-H1": "2026-07-01", "2026-H2": "2027-01-01", "2026-Q1": "2026-04-01", "2026-Q4": "2027-01-01"} {
		if !p.Valid() || p.End().Format("2006-01-02") != end || p.Year() != 2026 {
			t.Errorf("%s ends %v", p, p.End())
		}
	}
	for _, p := range []archive.Period{"", "26", "2026-Q5", "2026-H3", "2026-Q", "2026-1", "1944", "3000", "2026-Q1 "} {
		if p.Valid() {
			t.Errorf("%q", p)
		}
	}
}
