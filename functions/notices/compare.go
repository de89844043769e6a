package notices

import (
	"context"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/media/revision"
	"github.com/madang-council/madang/shared/problem"
)

type compareRequest struct {
	ID   string `path:"id"`
	From string `path:"number"`
	To   string `path:"to"`
}

type compareResponse struct {
	From    int64    `json:"from"`
	To      int64    `json:"to"`
	Title   []hunk   `json:"title"` // none where it is the same
	Tags    tagsDiff `json:"tags"`
	Body    []hunk   `json:"body"` // of the Markdown; none where it is the same
	TitleEn []hunk   `json:"titleEn"`
	BodyEn  []hunk   `json:"bodyEn"`
}

type tagsDiff struct {
	Added   []string `json:"added"`
	Removed []string `json:"removed"`
}

// hunk is a place where the texts differ, with up to three equal lines around it.
type hunk struct {
	Lines []line `json:"lines"`
}

type line struct {
	Kind     revision.Kind `json:"kind"` // equal, delete or insert
	Old      int           `json:"old,omitempty"`
	New      int           `json:"new,omitempty"`
	Text     string        `json:"text"`
	Segments []segment     `json:"segments"` // of a deleted or inserted line, together its text
}

type segment struct {
	Changed bool   `json:"changed"`
	Text    string `json:"text"`
}

func (h handlers) compare(ctx context.Context, r *compareRequest) (*compareResponse, error) {
	from, ok := numberOf(r.From)
	to, also := numberOf(r.To)
	if !check.ID(r.ID) || !ok || !also {
		return nil, problem.Absent()
	}
	d, err := h.notices.Compare(ctx, r.ID, from, to)
	if err != nil {
		return nil, err
	}
	return &compareResponse{From: from, To: to, Title: hunksOf(d.Title), Tags: tagsDiff(d.Tags), Body: hunksOf(d.Body), TitleEn: hunksOf(d.TitleEn), BodyEn: hunksOf(d.BodyEn)}, nil
}

func hunksOf(found []revision.Hunk) []hunk {
	hunks := []hunk{}
	for _, f := range found {
		h := hunk{Lines: []line{}}
		for _, l := range f.Lines {
			shown := line{Kind: l.Kind, Old: l.Old, New: l.New, Text: l.Text, Segments: []segment{}}
			for _, s := range l.Segments {
				shown.Segments = append(shown.Segments, segment(s))
			}
			h.Lines = append(h.Lines, shown)
		}
		hunks = append(hunks, h)
	}
	return hunks
}
