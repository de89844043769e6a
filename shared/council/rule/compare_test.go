package rule_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/council/rule"
)

// drawn is a text of a few articles with headings, and its words.
func drawn(rt *rapid.T, name string) rule.Text {
	var b strings.Builder
	chapter := 0
	for n := 1; n <= 6; n++ {
		if rapid.IntRange(0, 3).Draw(rt, name+" heading") == 0 {
			chapter++
			fmt.Fprintf(&b, "제%d장 %s\n", chapter, rapid.SampledFrom([]string{"총칙", "회원", "재정"}).Draw(rt, name+" heading"))
		}
		if n > 1 && rapid.IntRange(0, 3).Draw(rt, name+" without") == 0 {
			continue
		}
		fmt.Fprintf(&b, "제%d조(%s)", n, rapid.SampledFrom([]string{"목적", "회의의 공개"}).Draw(rt, name+" name"))
		for i := range rapid.IntRange(0, 4).Draw(rt, name+" items") {
			fmt.Fprintf(&b, "\n%c %s", '①'+rune(i), strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"회의는", "공개한다.", "위원의", "30일", "7일", "안에", "3분의 2", "<b>"}), 1, 6).Draw(rt, name+" words"), " "))
		}
		b.WriteString("\n")
	}
	text, _, wrong := rule.Parse(b.String())
	if wrong != nil {
		rt.Fatalf("%s\n%+v", b.String(), wrong)
	}
	return text
}

// lines are all lines of a text, by article or heading.
func lines(t rule.Text) []string {
	list := []string{}
	for _, n := range t.Nodes {
		if n.Heading != nil {
			list = append(list, n.Heading.String())
		} else {
			list = append(list, n.Article.Lines()...)
		}
	}
	slices.Sort(list)
	return list
}

// The left column of a comparison with what is left out is the old text, the right one the new
// text; what is marked is in one of them alone; a text and itself do not differ.
func TestComparisonsAreWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		a, b := drawn(rt, "a"), drawn(rt, "b")
		if got := rule.Compare(a, a); len(got) != 0 {
			rt.Fatalf("%+v of a text and itself", got)
		}
		for _, sides := range [][2]rule.Text{{a, b}, {b, a}} {
			changes := rule.Compare(sides[0], sides[1])
			old, fresh, changed := []string{}, []string{}, map[string]bool{}
			for _, c := range changes {
				changed[c.Key] = true
				for _, r := range c.Rows {
					if r.Old != nil {
						old = append(old, r.Old.Text())
					}
					if r.New != nil {
						fresh = append(fresh, r.New.Text())
					}
					if r.Same != (r.Old != nil && r.New != nil && r.Old.Text() == r.New.Text()) {
						rt.Fatalf("%+v says that it is the same: %v", r, r.Same)
					}
					if r.Old != nil && r.New != nil && unchanged(*r.Old) != unchanged(*r.New) {
						rt.Fatalf("%q and %q have more in common than is left unmarked", r.Old.Text(), r.New.Text())
					}
				}
			}
			for i, column := range [][]string{old, fresh} {
				rest := rule.Text{}
				path := []rule.Heading{}
				for _, n := range sides[i].Nodes {
					var key string
					if n.Heading != nil {
						path = append(slices.DeleteFunc(slices.Clone(path), func(above rule.Heading) bool { return above.Level >= n.Heading.Level }), *n.Heading)
						key = "#" + n.Heading.Called()
					} else {
						key = n.Article.Number
					}
					if !changed[key] {
						rest.Nodes = append(rest.Nodes, n)
					}
				}
				whole := append(slices.Clone(column), lines(rest)...)
				slices.Sort(whole)
				if want := lines(sides[i]); !slices.Equal(whole, want) {
					rt.Fatalf("column %d is with the rest\n%q\nand the text\n%q", i, whole, want)
				}
			}
		}
	})
}

// unchanged is what is not marked in a line, without spaces: those between words that changed may
// be marked with them.
func unchanged(l rule.Line) string {
	s := ""
	for _, p := range l.Segments {
		if !p.Changed {
			s += p.Text
		}
	}
	return strings.ReplaceAll(s, " ", "")
}

// Moves are proposed where a text has another number, and never for what stayed.
func TestProposals(t *testing.T) {
	was, _, _ := rule.Parse("제1조(목적) 이 회칙은 회원의 권리를 지킨다.\n제2조(회의) 회의는 학기마다 한 번 연다.\n제3조(재정) 재정은 회비로 한다.")
	is, _, _ := rule.Parse("제1조(목적) 이 회칙은 회원의 권리를 지킨다.\n제2조(이름) 이름을 마당이라고 부르기로 한다.\n제3조(회의) 회의는 학기마다 두 번 연다.\n제4조(재정) 재정은 회비로 한다.")
	if got := fmt.Sprint(rule.Proposals(was, is, nil)); got != "[{2 3} {3 4}]" {
		t.Error(got)
	}
	if got := fmt.Sprint(rule.Proposals(was, is, []rule.Move{{From: "2", To: "3"}})); got != "[{3 4}]" {
		t.Error(got)
	}
	if got := rule.Proposals(was, was, nil); len(got) != 0 {
		t.Error(got)
	}
}
