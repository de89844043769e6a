package archive

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// The limits of a settlement.
const (
	MostTable  = 100_000 // characters of its CSV
	MostRows   = 500
	mostName   = 100
	mostAmount = 1_000_000_000_000 // won: a thousand billion, of which 500 rows fit an int64 many times over
)

// Line is a line of a settlement, in won.
type Line struct {
	Name   string
	Budget int64
	Spent  int64
	Left   int64
	Total  bool // the sum of the lines above it, or of those since the last part's sum
}

// Percent is how much of the budget was spent, in tenths of a percent; ok is false where there was
// no budget.
func (l Line) Percent() (tenths int64, ok bool) {
	if l.Budget <= 0 {
		return 0, false
	}
	half := l.Budget / 2
	if l.Spent < 0 {
		half = -half
	}
	return (l.Spent*1000 + half) / l.Budget, true
}

// Table is a settlement: 항목, 예산, 집행, 잔액.
type Table []Line

// columnsOf are what the columns are called, each with its other names.
var columnsOf = [4][]string{
	{"항목", "과목", "item"},
	{"예산", "예산액", "budget"},
	{"집행", "집행액", "결산", "결산액", "지출", "지출액", "spent"},
	{"잔액", "차액", "left", "balance"},
}

// The names of lines that are sums.
var (
	totals    = []string{"합계", "총계", "계", "total"}
	subtotals = []string{"소계", "subtotal"}
)

// ReadTable reads a settlement as CSV, with a line that names the columns in any order and others
// between them. What cannot be read is an error; lines whose sums do not fit are said beside the
// table, each by its number as people count the lines of the file.
func ReadTable(s string) (t Table, unfit []problem.Field, err error) {
	var f check.Fields
	if text.Count(s) > MostTable {
		f.Add("table", "too-long", fmt.Sprintf("%d자까지 쓸 수 있습니다.", MostTable), fmt.Sprintf("At most %d characters.", MostTable))
		return nil, nil, f.Err()
	}
	r := csv.NewReader(strings.NewReader(strings.TrimPrefix(text.NFC(s), "\ufeff")))
	r.FieldsPerRecord, r.TrimLeadingSpace = -1, true
	var places [4]int
	named := false
	lines := []int{} // of the table's lines in the file
	for {
		record, err := r.Read()
		if errors.Is(err, io.EOF) {
			break
		}
		var wrong *csv.ParseError
		if errors.As(err, &wrong) {
			f.Add("table", "malformed-csv", fmt.Sprintf("%d번째 줄을 CSV로 읽을 수 없습니다.", wrong.Line), fmt.Sprintf("Line %d is no CSV.", wrong.Line))
			return nil, nil, f.Err()
		}
		if err != nil {
			return nil, nil, fmt.Errorf("settlement: %w", err)
		}
		number, _ := r.FieldPos(0)
		switch {
		case !slices.ContainsFunc(record, func(s string) bool { return !text.Blank(s) }):
		case !named:
			if places, named = placesIn(record); !named {
				f.Add("table", "columns-missing", "첫 줄에 항목, 예산, 집행, 잔액이 있어야 합니다.", "The first line must name 항목, 예산, 집행 and 잔액.")
				return nil, nil, f.Err()
			}
		case len(t) == MostRows:
			f.Add("table", "too-many-rows", fmt.Sprintf("%d줄까지 쓸 수 있습니다.", MostRows), fmt.Sprintf("At most %d lines.", MostRows))
			return nil, nil, f.Err()
		default:
			t, lines = append(t, readLine(&f, record, places, number)), append(lines, number)
		}
	}
	if err := f.Err(); err != nil {
		return nil, nil, err
	}
	if len(t) == 0 {
		f.Add("table", "no-rows", "표에 항목이 없습니다.", "The table has no lines.")
		return nil, nil, f.Err()
	}
	return t, t.unfit(lines), nil
}

func placesIn(record []string) (places [4]int, ok bool) {
	for column, names := range columnsOf {
		places[column] = slices.IndexFunc(record, func(s string) bool { return slices.Contains(names, text.Squeeze(s)) })
		if places[column] < 0 {
			return places, false
		}
	}
	return places, true
}

func readLine(f *check.Fields, record []string, places [4]int, number int) Line {
	cell := func(column int) string {
		if places[column] >= len(record) {
			return ""
		}
		is := strings.TrimSpace(record[places[column]])
		if rest, guarded := strings.CutPrefix(is, "'"); guarded && computed(rest) { // what WriteTable put before a sign
			return rest
		}
		return is
	}
	field := fmt.Sprintf("table[%d]", number)
	name, err := text.Clean(cell(0), false)
	if err != nil || text.Blank(name) || text.Count(name) > mostName {
		f.Add(field, "item-missing", fmt.Sprintf("%d번째 줄: 항목은 1자에서 %d자까지입니다.", number, mostName), fmt.Sprintf("Line %d: an item has 1 to %d characters.", number, mostName))
	}
	l := Line{Name: name, Total: slices.Contains(totals, text.Squeeze(name)) || slices.Contains(subtotals, text.Squeeze(name))}
	for column, to := range map[int]*int64{1: &l.Budget, 2: &l.Spent, 3: &l.Left} {
		amount, ok := amountOf(cell(column))
		if !ok {
			f.Add(field, "not-an-amount", fmt.Sprintf("%d번째 줄: %s은 원 단위의 정수여야 합니다.", number, columnsOf[column][0]), fmt.Sprintf("Line %d: %s must be a whole number of won.", number, columnsOf[column][0]))
		}
		*to = amount
	}
	return l
}

// amountOf reads an amount as councils write them: 1,200,000원, △500, (500), - for nothing.
func amountOf(s string) (int64, bool) {
	s = strings.Join(strings.FieldsFunc(text.Fold(s), func(r rune) bool { return r == ' ' || r == ',' || r == '₩' || r == '\u00a0' }), "")
	s = strings.TrimSuffix(s, "원")
	negative := false
	for _, sign := range []string{"-", "−", "△", "▲"} {
		if rest, found := strings.CutPrefix(s, sign); found {
			negative, s = true, rest
			break
		}
	}
	if inner, found := strings.CutPrefix(s, "("); found && !negative {
		if inner, found = strings.CutSuffix(inner, ")"); found {
			negative, s = true, inner
		}
	}
	if s == "" && negative {
		return 0, true
	}
	if s == "" || strings.ContainsFunc(s, func(r rune) bool { return r < '0' || r > '9' }) {
		return 0, false
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil || n > mostAmount {
		return 0, false
	}
	if negative {
		n = -n
	}
	return n, true
}

// unfit says of which lines the sums do not fit; lines are their numbers.
func (t Table) unfit(lines []int) []problem.Field {
	var wrong []problem.Field
	say := func(i int, code, ko, en string) {
		wrong = append(wrong, problem.Field{Name: fmt.Sprintf("table[%d]", lines[i]), Code: code, Message: problem.Text{
			KO: fmt.Sprintf("%d번째 줄 ‘%s’: %s", lines[i], t[i].Name, ko), EN: fmt.Sprintf("Line %d, %s: %s", lines[i], t[i].Name, en),
		}})
	}
	var whole, part Line
	for i, l := range t {
		if l.Budget-l.Spent != l.Left {
			say(i, "balance-mismatch", fmt.Sprintf("예산에서 집행을 빼면 %s원인데 잔액이 %s원입니다.", Won(l.Budget-l.Spent), Won(l.Left)),
				fmt.Sprintf("budget less spending is %s, and the balance says %s.", Won(l.Budget-l.Spent), Won(l.Left)))
		}
		if !l.Total {
			whole, part = whole.plus(l), part.plus(l)
			continue
		}
		sum := whole
		if slices.Contains(subtotals, text.Squeeze(l.Name)) {
			sum, part = part, Line{}
		}
		for _, c := range []struct {
			name    string
			is, say int64
		}{{"예산", sum.Budget, l.Budget}, {"집행", sum.Spent, l.Spent}, {"잔액", sum.Left, l.Left}} {
			if c.is != c.say {
				say(i, "sum-mismatch", fmt.Sprintf("%s을 더하면 %s원인데 %s원이라고 되어 있습니다.", c.name, Won(c.is), Won(c.say)), fmt.Sprintf("%s adds up to %s, and it says %s.", c.name, Won(c.is), Won(c.say)))
			}
		}
	}
	return wrong
}

func (l Line) plus(m Line) Line {
	return Line{Budget: l.Budget + m.Budget, Spent: l.Spent + m.Spent, Left: l.Left + m.Left}
}

// Sum is the sum of all lines that are no sums themselves.
func (t Table) Sum() Line {
	var sum Line
	for _, l := range t {
		if !l.Total {
			sum = sum.plus(l)
		}
	}
	return sum
}

// Won is an amount as people read it: 1,200,000.
func Won(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if n < 0 {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// computed says whether spreadsheets take a cell for a formula.
func computed(cell string) bool { return cell != "" && strings.ContainsAny(cell[:1], "=+-@\t\r") }

// WriteTable is t as CSV, as spreadsheets read it.
func WriteTable(t Table) string {
	if len(t) == 0 {
		return ""
	}
	rows := [][]string{{"항목", "예산", "집행", "잔액"}}
	for _, l := range t {
		rows = append(rows, []string{l.Name, strconv.FormatInt(l.Budget, 10), strconv.FormatInt(l.Spent, 10), strconv.FormatInt(l.Left, 10)})
	}
	return sheet(rows)
}

// number is what no spreadsheet computes, whatever its sign.
var number = regexp.MustCompile(`^-?[0-9]+$`)

// sheet are rows as CSV, as spreadsheets read it: with a mark of its encoding, and without cells
// that begin as a formula.
func sheet(rows [][]string) string {
	var b strings.Builder
	b.WriteString("\ufeff")
	w := csv.NewWriter(&b)
	w.UseCRLF = true
	for _, row := range rows {
		cells := slices.Clone(row)
		for i, cell := range cells {
			if computed(cell) && !number.MatchString(cell) {
				cells[i] = "'" + cell
			}
		}
		_ = w.Write(cells) // a Builder takes everything
	}
	w.Flush()
	return b.String()
}
