package revision_test

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/media/revision"
)

// show writes hunks as a reader sees them: " " for equal, "-" and "+" for changed lines, changed words in brackets.
func show(hunks []revision.Hunk) string {
	signs := map[revision.Kind]string{revision.Equal: " ", revision.Delete: "-", revision.Insert: "+"}
	var out strings.Builder
	for i, hunk := range hunks {
		if i > 0 {
			out.WriteString("...\n")
		}
		for _, line := range hunk.Lines {
			fmt.Fprintf(&out, "%s%d,%d ", signs[line.Kind], line.Old, line.New)
			if line.Segments == nil {
				out.WriteString(line.Text)
			}
			out.WriteString(brackets(line.Segments))
			out.WriteByte('\n')
		}
	}
	return out.String()
}

func brackets(segments []revision.Segment) string {
	var out strings.Builder
	for _, s := range segments {
		if s.Changed {
			out.WriteString("[" + s.Text + "]")
		} else {
			out.WriteString(s.Text)
		}
	}
	return out.String()
}

func TestLines(t *testing.T) {
	for _, c := range []struct{ name, a, b, want string }{
		{"both empty", "", "", ""},
		{"the same", "가\n나", "가\n나", ""},
		{"the last line end", "가\n", "가", ""},
		{"from nothing", "", "가", "+0,1 [가]\n"},
		{"to nothing", "가", "", "-1,0 [가]\n"},
		{"an empty line", "가\n나", "가\n\n나", " 1,1 가\n+0,2 \n 2,3 나\n"},
		{
			"a word", "제1조 회장은 1명으로 한다.", "제1조 회장은 2명으로 한다.",
			"-1,0 제1조 회장은 [1명으로] 한다.\n+0,1 제1조 회장은 [2명으로] 한다.\n",
		},
		{
			"words beside each other are one change", "총회는 3월 1일에 연다", "총회는 4월 2일에 연다",
			"-1,0 총회는 [3월 1일에] 연다\n+0,1 총회는 [4월 2일에] 연다\n",
		},
		{"nothing in common", "가나다 라마", "바사아 자차", "-1,0 [가나다 라마]\n+0,1 [바사아 자차]\n"},
		{
			"three lines around", "1\n2\n3\n4\n5\n6\n7\n8\n9", "1\n2\n3\n4\n오\n6\n7\n8\n9",
			" 2,2 2\n 3,3 3\n 4,4 4\n-5,0 [5]\n+0,5 [오]\n 6,6 6\n 7,7 7\n 8,8 8\n",
		},
		{
			"two places", "가\n1\n2\n3\n4\n5\n6\n7\n나", "다\n1\n2\n3\n4\n5\n6\n7\n라",
			"-1,0 [가]\n+0,1 [다]\n 2,2 1\n 3,3 2\n 4,4 3\n...\n 6,6 5\n 7,7 6\n 8,8 7\n-9,0 [나]\n+0,9 [라]\n",
		},
		{
			"more lines than before", "회장 한 명을 둔다.", "회장 두 명을 둔다.\n부회장은 없다.",
			"-1,0 회장 [한] 명을 둔다.\n+0,1 회장 [두] 명을 둔다.\n+0,2 [부회장은 없다.]\n",
		},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(revision.Lines(c.a, c.b)); got != c.want {
				t.Errorf("got\n%swant\n%s", got, c.want)
			}
			check(t, c.a, c.b)
		})
	}
}

func TestRows(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want []string
	}{
		{"가\n나\n다", "가\n라\n다", []string{"가|가", "나|라", "다|다"}},
		{"가\n나\n다", "가\n다", []string{"가|가", "나|", "다|다"}},
		{"가\n다", "가\n나\n다", []string{"가|가", "|나", "다|다"}},
		{"1\n2\n3\n가", "4\n가\n5", []string{"1|4", "2|", "3|", "가|가", "|5"}},
		{"1\n가\n2", "3\n4\n가\n5\n6", []string{"1|3", "|4", "가|가", "2|5", "|6"}},
	} {
		var got []string
		for _, hunk := range revision.Lines(c.a, c.b) {
			for _, row := range hunk.Rows() {
				got = append(got, cell(row.Old)+"|"+cell(row.New))
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q to %q: %q, want %q", c.a, c.b, got, c.want)
		}
	}
}

func cell(line *revision.Line) string {
	if line == nil {
		return ""
	}
	return line.Text
}

func TestWords(t *testing.T) {
	for _, c := range []struct{ a, b, before, after string }{
		{"", "", "", ""},
		{"", "가", "", "[가]"},
		{"회장이 연다", "회장이 닫는다", "회장이 [연다]", "회장이 [닫는다]"},
		{"회장, 총무", "회장, 부회장, 총무", "회장, 총무", "회장, [부회장, ]총무"},
		{"가 나", "가 나", "가 나", "가 나"},
		{"100원", "1,000원", "[100원]", "[1,000원]"},
	} {
		before, after := new(revision.Comparison).Words(c.a, c.b)
		if brackets(before) != c.before || brackets(after) != c.after {
			t.Errorf("%q to %q: %s and %s, want %s and %s", c.a, c.b, brackets(before), brackets(after), c.before, c.after)
		}
	}
}

// TestHostileTexts compares 100 KB with 100 KB where Myers' algorithm alone would take minutes.
func TestHostileTexts(t *testing.T) {
	const size = 100_000
	random := rand.New(rand.NewPCG(1, 2))
	letters := func(alphabet, between string) string {
		var out strings.Builder
		runes := []rune(alphabet)
		for out.Len() < size {
			out.WriteRune(runes[random.IntN(len(runes))])
			out.WriteString(between)
		}
		return out.String()[:size]
	}
	paragraphs := func() string { // each just short of what is compared with less effort
		var out strings.Builder
		for out.Len() < size {
			out.WriteString(letters("!?", "")[:3990] + "\n")
		}
		return out.String()
	}
	for name, pair := range map[string][2]string{
		"long paragraphs":         {paragraphs(), paragraphs()},
		"lines of two letters":    {letters("ab", "\n"), letters("ab", "\n")},
		"lines with few common":   {letters("abcdefghijklmnop", "\n"), letters("mnopqrstuvwxyz", "\n")},
		"words of two letters":    {letters("ab", " "), letters("ab", " ")},
		"signs":                   {letters("!?", ""), letters("!?", "")},
		"one word":                {strings.Repeat("a", size), strings.Repeat("b", size)},
		"empty lines and nothing": {strings.Repeat("\n", size), ""},
		"alternating":             {strings.Repeat("a\nb\n", size/4), strings.Repeat("b\na\n", size/4)},
		"reversed": {
			strings.Repeat("a\n", size/4) + strings.Repeat("b\n", size/4),
			strings.Repeat("b\n", size/4) + strings.Repeat("a\n", size/4),
		},
	} {
		start := time.Now()
		check(t, pair[0], pair[1])
		if took := time.Since(start); took > 30*time.Second {
			t.Errorf("%s: %v", name, took)
		}
	}
}

// check fails unless the hunks turn a into b and every line and segment is what it says.
func check(t *testing.T, a, b string) {
	t.Helper()
	from, to := lines(a), lines(b)
	var built []string
	at := 0 // lines of from that were dealt with
	for _, hunk := range revision.Lines(a, b) {
		first := true
		for _, line := range hunk.Lines {
			if line.Old > 0 {
				if first {
					built = append(built, from[at:line.Old-1]...)
				} else if line.Old != at+1 {
					t.Fatalf("line %d of the old version after %d", line.Old, at)
				}
				at = line.Old
				first = false
				if line.Text != from[line.Old-1] {
					t.Fatalf("line %d of the old version is %.100q", line.Old, line.Text)
				}
			} else if first && line.New > len(built)+1 { // an insertion at the head of a hunk: the lines before are equal
				ahead := line.New - 1 - len(built)
				built = append(built, from[at:at+ahead]...)
				at += ahead
			}
			if line.New > 0 {
				built = append(built, line.Text)
				if line.New != len(built) {
					t.Fatalf("line %d of the new version is numbered %d", len(built), line.New)
				}
			}
			checkLine(t, line)
		}
		checkRows(t, hunk)
	}
	built = append(built, from[at:]...)
	if strings.Join(built, "\n") != strings.Join(to, "\n") || len(built) != len(to) {
		t.Fatalf("%.200q became %.200q, want %.200q", a, strings.Join(built, "\n"), b)
	}
}

func lines(s string) []string {
	if s == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(s, "\n"), "\n")
}

func checkLine(t *testing.T, line revision.Line) {
	t.Helper()
	if (line.Old > 0) != (line.Kind != revision.Insert) || (line.New > 0) != (line.Kind != revision.Delete) {
		t.Fatalf("%s line numbered %d, %d", line.Kind, line.Old, line.New)
	}
	var joined strings.Builder
	for _, s := range line.Segments {
		if s.Text == "" {
			t.Fatal("an empty segment")
		}
		joined.WriteString(s.Text)
	}
	want := line.Text
	if line.Kind == revision.Equal {
		want = ""
	}
	if joined.String() != want {
		t.Fatalf("segments of %.100q are %.100q", line.Text, joined.String())
	}
}

func checkRows(t *testing.T, hunk revision.Hunk) {
	t.Helper()
	var before, after int // the last line numbers
	for _, row := range hunk.Rows() {
		for _, line := range []*revision.Line{row.Old, row.New} {
			if line == nil {
				continue
			}
			if line == row.Old && line.Old <= before || line == row.New && line.New <= after {
				t.Fatal("rows out of order")
			}
		}
		if row.Old != nil {
			before = row.Old.Old
		}
		if row.New != nil {
			after = row.New.New
		}
	}
}

func FuzzLines(f *testing.F) {
	f.Add("가\n나\n다", "가\n라\n다\n")
	f.Add("", "\n\n")
	f.Add("a b c\xff", "a  c\u0301 d")
	f.Fuzz(check)
}
