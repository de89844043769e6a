package archives

import (
	"context"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	Unit     string   `json:"unit"`
	Category string   `json:"category"`
	Period   string   `json:"period" description:"2026, 2026-H1 or 2026-Q3."`
	Title    string   `json:"title" description:"1 to 100 characters."`
	Summary  string   `json:"summary,omitempty" description:"Plain, at most 2,000 characters."`
	Audience string   `json:"audience,omitempty" enum:"public,students,council" description:"That of the category unless given."`
	Files    []string `json:"files,omitempty" description:"Ids of completed uploads for the purpose record, at most 10."`
	Table    string   `json:"table,omitempty" description:"A settlement as CSV with the columns 항목, 예산, 집행, 잔액."`
	Note     string   `json:"note,omitempty" description:"With force: why its totals do not add up, for readers."`
	Publish  bool     `json:"publish,omitempty" description:"Whether its audience reads it; false for a draft, or to withdraw it."`
	Masked   bool     `json:"masked,omitempty" description:"Personal data in the files is covered. It is kept who said so."`
	Widen    bool     `json:"widen,omitempty" description:"More people may read it than before."`
	Force    bool     `json:"force,omitempty" description:"Totals that do not add up are kept."`
	Reason   string   `json:"reason,omitempty" description:"Of a correction, for readers."`
}

func (r writeRequest) content() (archive.Content, archive.Assent) {
	files := append([]string{}, r.Files...)
	return archive.Content{
		Unit: r.Unit, Category: r.Category, Period: archive.Period(r.Period), Title: r.Title, Summary: r.Summary, Audience: archive.Audience(r.Audience), Files: files, Table: r.Table, Note: r.Note, Publish: r.Publish,
	}, archive.Assent{Masked: r.Masked, Widen: r.Widen, Force: r.Force, Reason: r.Reason}
}

// written is a new archive with its address.
type written struct{ whole }

// Location is the address of the archive.
func (w written) Location() string { return "/v1/archives/" + w.ID }

func (h handlers) write(ctx context.Context, r *writeRequest) (*written, error) {
	c, a := r.content()
	v, err := h.archives.Add(ctx, c, a, h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, v.ID)
	w, err := h.show(ctx, v)
	if err != nil {
		return nil, err
	}
	return &written{*w}, nil
}

type weighRequest struct {
	Table string `json:"table" description:"CSV."`
}

// weighed is a settlement that is not saved.
type weighed struct {
	settlement
	Wrong []flaw `json:"wrong"`
}

type flaw struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func (h handlers) weigh(ctx context.Context, r *weighRequest) (*weighed, error) {
	t, unfit, err := archive.ReadTable(r.Table)
	if err != nil {
		return nil, err
	}
	w := weighed{settlement: *settled(t, ""), Wrong: []flaw{}}
	for _, u := range unfit {
		w.Wrong = append(w.Wrong, flaw{Field: u.Name, Code: u.Code, Message: u.Message.In(function.RequestFrom(ctx).Language)})
	}
	return &w, nil
}
