package rule

import (
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/media/revision"
)

// Became is what became of an article or a heading from one text to another.
type Became string

// What can become of one.
const (
	Changed Became = "changed"
	Added   Became = "added"
	Removed Became = "removed"
	Moved   Became = "moved" // it has another number, and says the same
)

// Side is an article or a heading in one of the texts.
type Side struct {
	Number string // of an article; "" of a heading
	Title  string
	Path   string // the headings that it stands under, by their numbers
}

// Line is a line of an article in one of the texts. Its segments are together its text.
type Line struct{ Segments []revision.Segment }

// Text is what a line says.
func (l Line) Text() string {
	var b strings.Builder
	for _, s := range l.Segments {
		b.WriteString(s.Text)
	}
	return b.String()
}

// Row is a line of an article beside the line that it became; one of them may be nil. Same says
// that both say the same: they may be left out.
type Row struct {
	Old, New *Line
	Same     bool
}

// Change is an article or a heading that differs.
type Change struct {
	Key      string // of an article; of a heading its path
	Became   Became
	Old, New *Side // nil where it is not in that text
	Rows     []Row // the title is the first
}

// entry is an article or a heading with the lines that it has.
type entry struct {
	key   string
	side  Side
	lines []string
}

// entries are those of a text in their order.
func (t Text) entries() []entry {
	list, path := []entry{}, []Heading{}
	for _, n := range t.Nodes {
		if h := n.Heading; h != nil {
			path = append(slices.DeleteFunc(slices.Clone(path), func(above Heading) bool { return above.Level >= h.Level }), *h)
			at := Article{Path: path}.path()
			list = append(list, entry{"#" + at, Side{Title: h.String(), Path: at}, []string{h.String()}})
			continue
		}
		a := *n.Article
		key := a.Key
		if key == "" {
			key = a.Number
		}
		list = append(list, entry{key, Side{a.Number, a.Title(), a.path()}, a.Lines()})
	}
	return list
}

// Compare says what changed from one text to another, in the order of the new one; what is there
// no longer stands behind what it stood behind. The result is computed where it is shown, never
// stored (package revision).
func Compare(a, b Text) []Change {
	was, is := a.entries(), b.entries()
	old := map[string]entry{}
	for _, e := range was {
		old[e.key] = e
	}
	fresh := map[string]bool{}
	for _, e := range is {
		fresh[e.key] = true
	}
	behind := map[string][]entry{} // what is gone, by the key of what it stood behind that is there
	last := ""
	for _, e := range was {
		if fresh[e.key] {
			last = e.key
		} else {
			behind[last] = append(behind[last], e)
		}
	}
	changes, words := []Change{}, new(revision.Comparison)
	gone := func(key string) {
		for _, e := range behind[key] {
			changes = append(changes, Change{Key: e.key, Became: Removed, Old: &e.side, Rows: alone(e.lines, true)})
		}
	}
	gone("")
	for _, e := range is {
		before, there := old[e.key]
		switch {
		case !there:
			changes = append(changes, Change{Key: e.key, Became: Added, New: &e.side, Rows: alone(e.lines, false)})
		default:
			if c, differs := changeOf(words, before, e); differs {
				changes = append(changes, c)
			}
		}
		gone(e.key)
	}
	return changes
}

// changeOf is how an entry differs from what it was.
func changeOf(words *revision.Comparison, before, after entry) (Change, bool) {
	if before.side.Number == after.side.Number && slices.Equal(before.lines, after.lines) {
		return Change{}, false
	}
	c := Change{Key: after.key, Became: Changed, Old: &before.side, New: &after.side}
	if before.side.Number != after.side.Number && slices.Equal(before.lines[1:], after.lines[1:]) {
		c.Became = Moved
	}
	c.Rows = append([]Row{beside(words, before.lines[0], after.lines[0])}, rows(words, before.lines[1:], after.lines[1:])...)
	return c, true
}

// rows are the lines of an article beside each other.
func rows(words *revision.Comparison, was, is []string) []Row {
	list := []Row{}
	for _, p := range words.Pairs(was, is) {
		switch {
		case p.Old < 0:
			list = append(list, Row{New: whole(is[p.New], true)})
		case p.New < 0:
			list = append(list, Row{Old: whole(was[p.Old], true)})
		default:
			list = append(list, beside(words, was[p.Old], is[p.New]))
		}
	}
	return list
}

func beside(words *revision.Comparison, was, is string) Row {
	if was == is {
		return Row{Old: whole(was, false), New: whole(is, false), Same: true}
	}
	left, right := words.Words(was, is)
	return Row{Old: &Line{left}, New: &Line{right}}
}

func whole(said string, changed bool) *Line {
	return &Line{[]revision.Segment{{Changed: changed, Text: said}}}
}

func alone(lines []string, old bool) []Row {
	list := []Row{}
	for _, l := range lines {
		if old {
			list = append(list, Row{Old: whole(l, true)})
		} else {
			list = append(list, Row{New: whole(l, true)})
		}
	}
	return list
}

// Proposals are moves that are likely: articles whose number now has another text, and whose text
// has another number. An editor says whether they are meant. Moves that are given already and
// articles beyond the 100th that is open on either side are passed over.
func Proposals(a, b Text, given []Move) []Move {
	const open, likely = 100, 0.6
	from, to := map[string]bool{}, map[string]bool{}
	for _, m := range given {
		from[m.From], to[m.To] = true, true
	}
	type candidate struct {
		number  string
		letters revision.Letters
	}
	all := func(t Text) ([]candidate, map[string]revision.Letters) {
		list, letters := []candidate{}, map[string]revision.Letters{}
		for _, a := range t.Articles() {
			letters[a.Number] = revision.LettersOf(a.Name + " " + a.Plain())
			if a.Main() && !a.Deleted() {
				list = append(list, candidate{a.Number, letters[a.Number]})
			}
		}
		return list, letters
	}
	old, before := all(a)
	fresh, after := all(b)
	left := func(list []candidate, taken map[string]bool) []candidate {
		list = slices.DeleteFunc(list, func(c candidate) bool {
			was, there := before[c.number]
			is, still := after[c.number]
			return taken[c.number] || there && still && was.Alike(is) >= likely // its text is much the same
		})
		return list[:min(len(list), open)]
	}
	was, is := left(old, from), left(fresh, to)
	type pair struct {
		from, to string
		alike    float64
	}
	pairs := []pair{}
	for _, w := range was {
		for _, i := range is {
			if l := w.letters.Alike(i.letters); l >= likely && w.number != i.number {
				pairs = append(pairs, pair{w.number, i.number, l})
			}
		}
	}
	slices.SortStableFunc(pairs, func(a, b pair) int {
		switch {
		case a.alike > b.alike:
			return -1
		case a.alike < b.alike:
			return 1
		default:
			return 0
		}
	})
	moves := []Move{}
	for _, p := range pairs {
		if !from[p.from] && !to[p.to] {
			from[p.from], to[p.to] = true, true
			moves = append(moves, Move{p.from, p.to})
		}
	}
	slices.SortFunc(moves, func(a, b Move) int {
		if placeOf(a.From).before(placeOf(b.From)) {
			return -1
		}
		return 1
	})
	return moves
}
