package archives

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
)

// listRequest is also what the list of those who write is narrowed by.
type listRequest struct {
	cursor.Asked
	Category string `query:"category" description:"With those below it."`
	Unit     string `query:"unit"`
	Period   string `query:"period" description:"2026-Q3, 2026-H1, or a year with all that is in it."`
	Q        string `query:"q" description:"Words of the title, the summary or the settlement's items, in any order."`
}

// narrow reads the filter and the size.
func (r *listRequest) narrow() (archive.Filter, int, error) {
	var c check.Fields
	f, size := archive.Narrowed(&c, r.Category, r.Unit, r.Period, r.Q), cursor.Size(&c, r.Size)
	r.Category, r.Unit, r.Period = f.Category, f.Unit, f.Period
	return f, size, c.Err()
}

// summary is an archive in a list.
type summary struct {
	ID          string           `json:"id"`
	Category    string           `json:"category"`
	Unit        string           `json:"unit"`
	UnitName    string           `json:"unitName" description:"In the language of the request."`
	Period      archive.Period   `json:"period"`
	PeriodName  string           `json:"periodName" description:"In the language of the request."`
	Title       string           `json:"title"`
	Excerpt     string           `json:"excerpt"`
	Audience    archive.Audience `json:"audience" enum:"public,students,council"`
	Files       int              `json:"files"` // how many
	Table       bool             `json:"table"` // it has a settlement
	State       archive.State    `json:"state" enum:"draft,published,deleted"`
	PublishedAt *time.Time       `json:"publishedAt,omitempty"`
	Version     int64            `json:"version"`
}

func (h handlers) summarised(ctx context.Context, v archive.Archive) summary {
	language := function.RequestFrom(ctx).Language
	return summary{
		ID: v.ID, Category: v.Category, Unit: v.Unit, UnitName: h.names.Unit(v.Unit).Name(language), Period: v.Period, PeriodName: v.Period.Name().Name(language), Title: v.Title, Excerpt: v.Line(),
		Audience: v.Audience, Files: len(v.Files), Table: len(v.Table) > 0, State: v.State(), PublishedAt: v.PublishedAt, Version: v.Version,
	}
}

func (h handlers) list(ctx context.Context, r *listRequest) (*cursor.Page[summary], error) {
	f, size, err := r.narrow()
	if err != nil {
		return nil, err
	}
	found, err := h.archives.Page(ctx, f, h.cursors, r.Cursor, size)
	if err != nil {
		return nil, err
	}
	page := cursor.Map(found, func(v archive.Archive) summary { return h.summarised(ctx, v) })
	return &page, nil
}
