package rule_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/council/rule"
)

// words are single letters with spaces, some characters in all: as many words as there can be.
func words(r *rand.Rand, length int) string {
	var b strings.Builder
	for range length / 2 {
		b.WriteByte('a' + byte(r.IntN(26)))
		b.WriteByte(' ')
	}
	return strings.TrimSpace(b.String())
}

// syllables are one word.
func syllables(r *rand.Rand, length int) string {
	list := make([]rune, length)
	for i := range list {
		list[i] = '가' + rune(r.IntN(11172))
	}
	return string(list)
}

// worst are texts at the limits, of which two have nothing in common but their form.
func worst(r *rand.Rand) map[string]string {
	shapes := map[string]string{}
	for _, of := range []struct {
		name string
		said func(r *rand.Rand, length int) string
	}{{"words", words}, {"syllables", syllables}} {
		for _, shape := range []struct{ articles, pieces int }{{1000, 1}, {100, 1}, {50, 1}, {10, 1}, {100, 50}, {10, 50}, {10, 900}} {
			room := rule.MostSource/shape.articles - 30
			room = min(room, rule.MostArticle-30)/shape.pieces - 6
			for _, opens := range []string{"", "%d. "} { // paragraphs, 호
				var b strings.Builder
				for i := range shape.articles {
					fmt.Fprintf(&b, "제%d조(이름)\n", i+1)
					for n := range shape.pieces {
						if opens == "" {
							b.WriteString("\n힣" + of.said(r, room) + "\n")
						} else {
							fmt.Fprintf(&b, opens+"%s\n", n+1, of.said(r, room))
						}
					}
				}
				shapes[fmt.Sprintf("%d articles of %d pieces of %s, %q", shape.articles, shape.pieces, of.name, opens)] = b.String()
			}
		}
	}
	return shapes
}

// Reading is linear: of twice the lines in an article it takes twice the memory.
func TestParseIsLinear(t *testing.T) {
	cost := func(lines int) int64 {
		source := "제1조(목적)\n" + strings.Repeat("\n가나\n", lines)
		return testing.Benchmark(func(b *testing.B) {
			for b.Loop() {
				if _, _, wrong := rule.Parse(source); wrong != nil {
					b.Fatal(wrong)
				}
			}
		}).AllocedBytesPerOp()
	}
	if few, many := cost(500), cost(5000); many > 20*few {
		t.Errorf("%d bytes for 500 lines, %d for 5000", few, many)
	}
}

// BenchmarkWorst is what the limits of a text let through: two texts of which every word differs are read, compared,
// and looked through for moves.
func BenchmarkWorst(b *testing.B) {
	was, is := worst(rand.New(rand.NewPCG(1, 1))), worst(rand.New(rand.NewPCG(2, 2)))
	for name := range was {
		old, _, wrong := rule.Parse(was[name])
		fresh, _, wrongToo := rule.Parse(is[name])
		if wrong != nil || wrongToo != nil {
			b.Fatal(name, wrong, wrongToo)
		}
		b.Run("parse/"+name, func(b *testing.B) {
			for b.Loop() {
				rule.Parse(was[name])
			}
		})
		b.Run("compare/"+name, func(b *testing.B) {
			for b.Loop() {
				rule.Compare(old, fresh)
			}
		})
		b.Run("moves/"+name, func(b *testing.B) {
			for b.Loop() {
				rule.Proposals(old, fresh, nil)
			}
		})
	}
}
