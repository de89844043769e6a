package rules

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/rule"
)

type compareRequest struct {
	Slug string `path:"slug"`
	From string `query:"from" description:"A version's number, or a day as 2026-03-01; 0 for no text. Without it what the other one changes."`
	To   string `query:"to" description:"Without it the newest version."`
}

// end is one of the two texts.
type end struct {
	Version *head  `json:"version,omitempty"`
	Day     string `json:"day,omitempty" description:"Where the text of a day was asked for."`
}

type side struct {
	Number string `json:"number,omitempty" description:"Of an article."`
	Title  string `json:"title"`
	Path   string `json:"path,omitempty" description:"The headings that it stands under, by their numbers."`
}

type segment struct {
	Changed bool   `json:"changed"`
	Text    string `json:"text"`
}

type line struct {
	Text     string    `json:"text"`
	Segments []segment `json:"segments" description:"Together the text."`
}

type row struct {
	Same bool  `json:"same" description:"Both say the same: a comparison leaves them out."`
	Old  *line `json:"old,omitempty"`
	New  *line `json:"new,omitempty"`
}

type change struct {
	Became rule.Became `json:"became" description:"changed, added, removed or moved."`
	Old    *side       `json:"old,omitempty"`
	New    *side       `json:"new,omitempty"`
	Rows   []row       `json:"rows" description:"The title first, then every line."`
}

type compareResponse struct {
	From    end      `json:"from"`
	To      end      `json:"to"`
	Changes []change `json:"changes" description:"Articles and headings that differ, in the order of the new text."`

	changes []*time.Time
	passing bool
}

// PageChanges are when a version is announced or begins.
func (r *compareResponse) PageChanges() []*time.Time { return r.changes }

// PageUnkept says that the address is one of very many.
func (r *compareResponse) PageUnkept() bool { return r.passing }

func (h handlers) compare(ctx context.Context, r *compareRequest) (*compareResponse, error) {
	c, err := h.rules.Sides(ctx, r.Slug, r.From, r.To)
	if err != nil {
		return nil, err
	}
	answer := &compareResponse{From: endOf(ctx, c.From), To: endOf(ctx, c.To), Changes: []change{}, changes: c.Times}
	answer.passing = !c.Usual()
	for _, found := range c.Changes {
		shown := change{Became: found.Became, Old: sideOf(found.Old), New: sideOf(found.New), Rows: []row{}}
		for _, r := range found.Rows {
			shown.Rows = append(shown.Rows, row{r.Same, lineOf(r.Old), lineOf(r.New)})
		}
		answer.Changes = append(answer.Changes, shown)
	}
	return answer, nil
}

func endOf(ctx context.Context, e rule.End) end {
	shown := end{Day: e.Day}
	if e.Version != nil {
		v := headOf(ctx, *e.Version)
		shown.Version = &v
	}
	return shown
}

func sideOf(s *rule.Side) *side {
	if s == nil {
		return nil
	}
	shown := side(*s)
	return &shown
}

func lineOf(l *rule.Line) *line {
	if l == nil {
		return nil
	}
	shown := &line{Text: l.Text(), Segments: []segment{}}
	for _, s := range l.Segments {
		shown.Segments = append(shown.Segments, segment(s))
	}
	return shown
}
