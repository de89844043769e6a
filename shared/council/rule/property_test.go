package rule_test

import (
	"slices"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/council/rule"
)

func itoa(n int) string { return strconv.Itoa(n) }

func contains(list []string, s string) bool { return slices.Contains(list, s) }

// Every text of hostile lines is read as FuzzParse says.
func TestHostileLines(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		lines := rapid.SliceOfN(rapid.SampledFrom(hostile), 1, 12).Draw(rt, "lines")
		if rapid.Bool().Draw(rt, "begun") {
			lines = append([]string{"제1조(목적) 글"}, lines...)
		}
		holds(t, strings.Join(lines, "\n"))
	})
}

// What stands below the name of an annex is what the annex says, line by line: cells that are empty, what is set in, and
// lines between that show nothing.
func TestAnnexesKeepTheirLines(t *testing.T) {
	shown := rapid.StringMatching(`[ \t　]{0,3}[가나다a1.·□()]{1,4}([ \t]{1,3}[가나다:]{1,3})?[ \t]{0,3}`)
	rapid.Check(t, func(rt *rapid.T) {
		lines := []string{}
		for range rapid.IntRange(1, 6).Draw(rt, "lines") {
			lines = append(lines, shown.Draw(rt, "line"))
			lines = append(lines, rapid.SliceOfN(rapid.SampledFrom([]string{"", " ", "\t\t", "　"}), 0, 2).Draw(rt, "between")...)
		}
		said := strings.Join(lines, "\n")
		for len(lines) > 0 && strings.TrimSpace(lines[len(lines)-1]) == "" {
			lines = lines[:len(lines)-1]
		}
		want := strings.Join(lines, "\n")
		source := "제1조(목적) 글\n\n[별표 1] 표\n" + strings.Repeat("\n", rapid.IntRange(0, 2).Draw(rt, "above")) + said + "\n[별지 제1호서식] 신청서\n" + said
		for range 2 {
			text, _, wrong := rule.Parse(source)
			if wrong != nil {
				rt.Fatalf("%q: %+v", source, wrong)
			}
			for _, number := range []string{"별표1", "별지1"} {
				if a, _ := text.Article(number); a.Text != want {
					rt.Fatalf("%s of %q says\n%q, want\n%q", number, source, a.Text, want)
				}
			}
			source = text.String()
		}
	})
}
