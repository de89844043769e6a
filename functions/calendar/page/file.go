package page

import (
	"cmp"
	"context"
	"net/http"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/icalendar"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// document is a calendar for programs, with what it shows as a page.
type document struct {
	body    []byte
	changes []*time.Time
	empty   bool
}

// PageChanges is when something comes to it or goes by itself.
func (d *document) PageChanges() []*time.Time { return d.changes }

// PageEmpty says that there is nothing in it.
func (d *document) PageEmpty() bool { return d.empty }

// WriteResponse writes the file; what is in it loads nothing.
func (d *document) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", icalendar.MediaType)
	h.Set("Content-Length", strconv.Itoa(len(d.body)))
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err := w.Write(d.body)
	return err //nolint:wrapcheck // the host says where it failed
}

type fileRequest struct {
	Category string `query:"category"`
	Unit     string `query:"unit"`
}

func (h handlers) file(ctx context.Context, r *fileRequest) (*document, error) {
	var c check.Fields
	f := calendar.Filter{Category: c.OptionalLine("category", r.Category, 40), Unit: c.OptionalLine("unit", r.Unit, 50)}
	p, changes, err := h.book.Policy(ctx)
	if err != nil {
		return nil, err
	}
	if c.Err() != nil {
		return nil, problem.Absent()
	}
	if err := h.known(ctx, p, f.Category, f.Unit); err != nil {
		return nil, err
	}
	r.Category, r.Unit = f.Category, f.Unit
	list, next, err := h.book.Subscribed(ctx, f)
	if err != nil {
		return nil, err
	}
	names := []string{}
	if f.Category != "" {
		names = append(names, h.called(ctx, f.Category))
	}
	if f.Unit != "" {
		names = append(names, ui.Name(ctx, h.names.Unit(f.Unit)))
	}
	d, err := h.written(ctx, list, names...)
	if err != nil {
		return nil, err
	}
	d.changes, d.empty = []*time.Time{next, changes, new(clock.Tomorrow(ctx))}, len(list) == 0
	return d, nil
}

func (h handlers) one(ctx context.Context, r *readRequest) (*document, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	e, err := h.book.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.written(ctx, []calendar.Entry{e.Entry()})
}

// called is what a filter is called.
func (h handlers) called(ctx context.Context, category string) string {
	if k, known := thing.KindOf(category); known {
		return ui.Name(ctx, k.Label)
	}
	return ui.Name(ctx, h.names.Tag(category))
}

// written is a file of some entries.
func (h handlers) written(ctx context.Context, list []calendar.Entry, narrowed ...string) (*document, error) {
	own, _, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	language := function.RequestFrom(ctx).Language
	name := face.In(language, own.Name, own.NameEN)
	for _, n := range append([]string{ui.T(ctx, "일정", "Calendar")}, narrowed...) {
		name += " · " + n
	}
	f := calendar.File{Name: name, Language: cmp.Or(language, "ko"), Link: func(path string) string { return h.frame.SiteURL + ui.Local(ctx, path) }}
	return &document{body: f.Write(list)}, nil
}
