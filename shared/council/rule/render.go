package rule

import "strings"

// String is the text in its notation: Parse reads it as the same text.
func (t Text) String() string {
	w := writer{}
	for _, n := range t.Nodes {
		if n.Heading != nil {
			w.heading(*n.Heading)
			continue
		}
		w.article(*n.Article)
	}
	return strings.Join(w.lines, "\n") + "\n"
}

// writer writes lines. It knows as much of what stands before them as a parser does.
type writer struct {
	lines []string
	last  place // the last 조 of the text itself, or of the 부칙
}

func (w *writer) line(s string) { w.lines = append(w.lines, s) }

// said writes a text behind what opens it, or below where that would be read as something else.
func (w *writer) said(opens, said string, beside bool) {
	paragraphs := strings.Split(said, "\n")
	if beside || said == "" {
		w.line(strings.TrimSpace(opens + " " + paragraphs[0]))
		paragraphs = paragraphs[1:]
	} else {
		w.line(opens)
	}
	for i, p := range paragraphs {
		if i > 0 || beside {
			w.line("")
		}
		w.line(p)
	}
}

func (w *writer) heading(h Heading) {
	if len(w.lines) > 0 {
		w.line("")
	}
	w.said(h.Called(), h.Name, !joins(h.Name))
}

func (w *writer) article(a Article) {
	if len(w.lines) > 0 {
		w.line("")
	}
	switch n := placeOf(a.Number); {
	case a.Annex():
		w.line(a.Title())
		if a.Text != "" {
			w.lines = append(w.lines, strings.Split(a.Text, "\n")...)
		}
	case !a.Main():
		if strings.HasPrefix(a.Number, Supplement) {
			w.last = place{}
		}
		w.said(a.Title(), a.Text, a.Text == "")
	default:
		w.rule(n, a.Title(), a.Name, a.Text)
		if w.last.before(n) {
			w.last = n
		}
	}
	within := place{}
	for _, i := range a.Items {
		if i.Rank == Rule {
			n, name := opened(i.Mark)
			outer := w.last
			w.last = within
			w.rule(n, i.Mark, name, i.Text)
			w.last, within = outer, n
			continue
		}
		w.said(i.Mark, i.Text, i.Rank != Clause || !scan(i.Text).partOfDate())
	}
}

// rule writes the beginning of a 조.
func (w *writer) rule(n place, title, name, said string) {
	first, _, _ := strings.Cut(said, "\n")
	w.said(title, said, name != "" && !joins(first) || deleted.MatchString(first) || bare(n, w.last, said))
}

// opened is the number and name of a 조's mark as Title makes it.
func opened(mark string) (place, string) {
	s := scan(mark)
	n, _, _ := s.numbered("조")
	name, _, _ := s.bracket("()")
	return n, name
}
