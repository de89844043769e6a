package revision_test

import (
	"math/rand/v2"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/revision"
)

// One comparison of many texts searches for the shortest differences up to a bound, then it takes the fast way; whatever it
// says stays right.
func TestComparisonIsBounded(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 1))
	letters := func() string {
		var b strings.Builder
		for range 1500 {
			b.WriteString(string(rune('a'+r.IntN(2))) + " ") // none occurs once, so that the fast way finds nothing common
		}
		return b.String()
	}
	kept := func(segments []revision.Segment, text string) bool {
		all, same := "", false
		for _, s := range segments {
			all, same = all+s.Text, same || !s.Changed
		}
		if all != text {
			t.Fatalf("%q of %q", all, text)
		}
		return same
	}
	var c revision.Comparison
	thorough := 0
	for range 20 {
		a, b := "x"+letters()+"y", "z"+letters()+"w"
		before, after := c.Words(a, b)
		if left, right := kept(before, a), kept(after, b); left && right {
			thorough++
		}
	}
	if thorough == 0 || thorough > 10 {
		t.Errorf("of 20 pairs of 3000 words %d were searched through", thorough)
	}
	same := letters()
	if before, _ := c.Words(same+"가 있다", same+"가 없다"); !kept(before, same+"가 있다") {
		t.Error("what is equal around a change costs nothing, and is not seen")
	}
}
