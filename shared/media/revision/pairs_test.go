package revision_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/media/revision"
)

func TestPairs(t *testing.T) {
	was := []string{"① 회의는 공개한다.", "② 회의록은 30일 안에 공개한다.", "③ 위원은 호선한다."}
	is := []string{"① 회의는 공개한다.", "② 의결한 사항을 먼저 알린다.", "③ 회의록은 7일 안에 공개한다."}
	if got, want := new(revision.Comparison).Pairs(was, is), []revision.Pair{{0, 0}, {-1, 1}, {1, 2}, {2, -1}}; !reflect.DeepEqual(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got := new(revision.Comparison).Pairs(nil, nil); len(got) != 0 {
		t.Error(got)
	}
}

// Each place of both lists is in one pair, in order, and what is the same in both stands beside itself.
func TestPairsAreWhole(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		text := rapid.SampledFrom([]string{"", "가", "가나다라", "가나다라마", "회의를 연다", "회의를 열지 않는다", "x"})
		a, b := rapid.SliceOfN(text, 0, 9).Draw(rt, "a"), rapid.SliceOfN(text, 0, 9).Draw(rt, "b")
		if rapid.Bool().Draw(rt, "many") {
			for range 6 {
				a, b = append(a, a...), append(b, b...)
			}
		}
		old, fresh := 0, 0
		for _, p := range new(revision.Comparison).Pairs(a, b) {
			if p.Old >= 0 && p.Old != old || p.New >= 0 && p.New != fresh || p.Old < 0 && p.New < 0 {
				rt.Fatalf("%v at %d, %d", p, old, fresh)
			}
			if p.Old >= 0 {
				old++
			}
			if p.New >= 0 {
				fresh++
			}
		}
		if old != len(a) || fresh != len(b) {
			rt.Fatalf("%d of %d, %d of %d", old, len(a), fresh, len(b))
		}
		for _, p := range new(revision.Comparison).Pairs(a, a) {
			if p.Old != p.New {
				rt.Fatalf("%v of a list and itself", p)
			}
		}
	})
}
