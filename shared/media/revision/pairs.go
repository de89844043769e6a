package revision

import (
	"slices"

	"znkr.io/diff"

	"github.com/madang-council/madang/shared/text"
)

// Pair are the places of two texts that stand for each other in two lists; -1 where there is none.
type Pair struct{ Old, New int }

// alike is how alike two texts must be to stand beside each other: of fewer common pairs of
// letters than this part nobody sees that one became the other.
const alike = 0.3

// mostWeighed bounds how many pairs of a change are weighed; of more, the first stands beside the first.
const mostWeighed = 2500

// Pairs says which texts of a became which of b, both in their order: equal ones stand beside each
// other, and between those the ones that are most alike. Each place of a and of b is in one pair.
func (c *Comparison) Pairs(a, b []string) []Pair {
	pairs := []Pair{}
	var gone, fresh []int
	settle := func() {
		pairs = append(pairs, weigh(a, b, gone, fresh)...)
		gone, fresh = nil, nil
	}
	for _, e := range diff.Edits(a, b, c.effort(a, b)...) {
		switch e.Op {
		case diff.Delete:
			gone = append(gone, e.PosX)
		case diff.Insert:
			fresh = append(fresh, e.PosY)
		case diff.Match:
			settle()
			pairs = append(pairs, Pair{e.PosX, e.PosY})
		}
	}
	settle()
	return pairs
}

// weigh pairs what is gone with what is new so that the sum of how alike they are is the greatest.
func weigh(a, b []string, gone, fresh []int) []Pair {
	n, m := len(gone), len(fresh)
	if n*m > mostWeighed || n == 0 || m == 0 {
		return inTurn(gone, fresh)
	}
	left, right := make([]Letters, n), make([]Letters, m)
	for i, at := range gone {
		left[i] = LettersOf(a[at])
	}
	for j, at := range fresh {
		right[j] = LettersOf(b[at])
	}
	best := make([][]float64, n+1)
	for i := range best {
		best[i] = make([]float64, m+1)
	}
	found := make([]float64, n*m)
	for i := n - 1; i >= 0; i-- {
		for j := m - 1; j >= 0; j-- {
			best[i][j] = max(best[i+1][j], best[i][j+1])
			if l := left[i].Alike(right[j]); l >= alike {
				found[i*m+j] = l
				best[i][j] = max(best[i][j], l+best[i+1][j+1])
			}
		}
	}
	pairs := []Pair{}
	i, j := 0, 0
	for i < n || j < m {
		switch {
		case i < n && j < m && found[i*m+j] > 0 && best[i][j] == found[i*m+j]+best[i+1][j+1]:
			pairs = append(pairs, Pair{gone[i], fresh[j]})
			i, j = i+1, j+1
		case i < n && (j == m || best[i+1][j] == best[i][j]):
			pairs = append(pairs, Pair{gone[i], -1})
			i++
		default:
			pairs = append(pairs, Pair{-1, fresh[j]})
			j++
		}
	}
	return pairs
}

// inTurn pairs the first with the first.
func inTurn(gone, fresh []int) []Pair {
	pairs := []Pair{}
	for i := range max(len(gone), len(fresh)) {
		p := Pair{-1, -1}
		if i < len(gone) {
			p.Old = gone[i]
		}
		if i < len(fresh) {
			p.New = fresh[i]
		}
		pairs = append(pairs, p)
	}
	return pairs
}

// Letters are the pairs of letters of a text, by which texts are compared however they are spaced: each
// once, as its two characters in one number, in their order.
type Letters []uint64

// LettersOf are those of a text.
func LettersOf(s string) Letters {
	var l Letters
	for _, pair := range text.Bigrams(s) {
		packed := uint64(0)
		for _, r := range pair {
			packed = packed<<32 | uint64(r)
		}
		l = append(l, packed)
	}
	slices.Sort(l)
	return l
}

// Alike is how much two texts have in common: 0 for nothing, 1 for all pairs of letters.
func (l Letters) Alike(other Letters) float64 {
	if len(l)+len(other) == 0 {
		return 1
	}
	common := 0
	for i, j := 0, 0; i < len(l) && j < len(other); {
		switch {
		case l[i] < other[j]:
			i++
		case l[i] > other[j]:
			j++
		default:
			common, i, j = common+1, i+1, j+1
		}
	}
	return 2 * float64(common) / float64(len(l)+len(other))
}
