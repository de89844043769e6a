package rule

import (
	"regexp"
	"strings"

	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/problem"
)

// Note is what stands in a cell for a text that is not shown.
type Note string

// The notes of a 신구조문대비표, as lawyers write them.
const (
	Omitted Note = "omitted" // (생략): of what stays, on the left
	AsIs    Note = "as-is"   // (현행과 같음): of what stays, on the right
	New     Note = "new"     // 〈신설〉
	Gone    Note = "gone"    // 〈삭제〉
)

// Label is how a note is written.
func (n Note) Label() problem.Text {
	return map[Note]problem.Text{
		Omitted: {KO: "(생략)", EN: "(omitted)"}, AsIs: {KO: "(현행과 같음)", EN: "(as before)"}, New: {KO: "〈신설〉", EN: "<new>"}, Gone: {KO: "〈삭제〉", EN: "<deleted>"},
	}[n]
}

// Cell is a cell of a comparison: a text, a note behind the marks of what it stands for, or
// nothing.
type Cell struct {
	Segments []revision.Segment
	Marks    string // of a note, as ① ~ ③; or ""
	Note     Note
}

// Text is what a cell says, with its note in a language.
func (c Cell) Text(language string) string {
	if c.Note != "" {
		return strings.TrimSpace(c.Marks + " " + c.Note.Label().In(language))
	}
	return Line{c.Segments}.Text()
}

// Pair are the two cells beside each other.
type Pair struct{ Old, New Cell }

// Table is a change as a comparison shows it: its title, then its lines; those in a row that stay are
// one line of notes.
func (c Change) Table() []Pair {
	pairs := []Pair{}
	for i := 0; i < len(c.Rows); i++ {
		r := c.Rows[i]
		switch {
		case i > 0 && r.Same:
			from := i
			for i+1 < len(c.Rows) && c.Rows[i+1].Same {
				i++
			}
			marks := marksOf(c.Rows[from].Old.Text(), c.Rows[i].Old.Text(), i > from)
			pairs = append(pairs, Pair{Cell{Marks: marks, Note: Omitted}, Cell{Marks: marksOf(c.Rows[from].New.Text(), c.Rows[i].New.Text(), i > from), Note: AsIs}})
		case r.Old == nil && (i == 0 || c.Became != Added):
			pairs = append(pairs, Pair{Cell{Note: New}, Cell{Segments: r.New.Segments}})
		case r.New == nil && (i == 0 || c.Became != Removed):
			pairs = append(pairs, Pair{Cell{Segments: r.Old.Segments}, Cell{Note: Gone}})
		case r.Old == nil:
			pairs = append(pairs, Pair{New: Cell{Segments: r.New.Segments}})
		case r.New == nil:
			pairs = append(pairs, Pair{Old: Cell{Segments: r.Old.Segments}})
		default:
			pairs = append(pairs, Pair{Cell{Segments: r.Old.Segments}, Cell{Segments: r.New.Segments}})
		}
	}
	return pairs
}

// marked begins a line with the mark of an item.
var markedLine = regexp.MustCompile(`^(제[0-9]+조(의[0-9]+)?(\([^)]*\))?|[①-⑳㉑-㉟㊱-㊿]|[0-9]+(의[0-9]+)?\.|[가-힣]\.)( |$)`)

// marksOf are the marks of the first and the last of some lines, as far as they have some.
func marksOf(first, last string, several bool) string {
	a, b := strings.TrimSpace(markedLine.FindString(first)), strings.TrimSpace(markedLine.FindString(last))
	if !several || b == "" || a == "" || a == b {
		return a
	}
	return a + " ~ " + b
}

// Counts are how many articles and headings became what.
func Counts(changes []Change) map[Became]int {
	n := map[Became]int{}
	for _, c := range changes {
		n[c.Became]++
	}
	return n
}

// Label is what became of an article, for people.
func (b Became) Label() problem.Text {
	return map[Became]problem.Text{
		Changed: {KO: "고침", EN: "Changed"}, Added: {KO: "신설", EN: "New"}, Removed: {KO: "없앰", EN: "Removed"}, Moved: {KO: "옮김", EN: "Moved"},
	}[b]
}

// Label is what a state is called.
func (s State) Label() problem.Text {
	return map[State]problem.Text{
		Drafted: {KO: "초안", EN: "Draft"}, Announced: {KO: "공고", EN: "Announced"}, Promulgated: {KO: "공포, 시행 전", EN: "Promulgated"}, InForce: {KO: "시행", EN: "In force"}, Past: {KO: "지난 회칙", EN: "Past"}, Overtaken: {KO: "시행되지 않음", EN: "Never in force"},
	}[s]
}

// Title is what a change is of; of an article with another number both numbers.
func (c Change) Title() string {
	switch {
	case c.New == nil:
		return c.Old.Title
	case c.Old != nil && c.Old.Number != c.New.Number:
		return Called(c.Old.Number) + " → " + c.New.Title
	default:
		return c.New.Title
	}
}
