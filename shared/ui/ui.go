// Package ui is what the pages of functions look like and how they are answered: the
// layout, the style, forms, refusals, assets, and the headers that keep others out.
//
// A function makes one Frame; a handler returns frame.Page(ctx, View{…}), which is a
// function.Writer. Pages are made of maragu.dev/gomponents, so that a page is a Go
// expression and `go build` needs nothing else.
package ui

import (
	"bytes"
	"context"
	"net/http"
	"strconv"
	"time"

	g "maragu.dev/gomponents"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// Frame is what all pages of one function share.
type Frame struct {
	Council string // the name of the council, COUNCIL_NAME
	SiteURL string // without a slash at the end
	Storage string // where scripts upload to, the storage's public endpoint; "" where none does
	Assets  *Assets
	Nav     []Link // in the header, in this order
	Footer  []Link
	Home    string // where the council's name leads, in Korean; "/" if empty
	// Korean says that the pages have no English addresses.
	Korean bool
}

// Link is a link of the frame. Path is the Korean address.
type Link struct {
	Label problem.Text
	Path  string
}

// View is one page.
type View struct {
	Status      int      // 0 means 200
	Title       string   // before the council's name; "" for a page that stands for the council
	Description string   // one sentence for previews and search engines
	Picture     string   // path of a picture for previews
	Path        string   // the page's address in Korean; "" for what has none, as a refusal
	Hidden      bool     // search engines leave it out, as they do without a Path
	Section     string   // the Path of the entry of Nav that the page belongs to
	Styles      []string // names of assets, behind ui.css
	Scripts     []string // names of assets, loaded as modules
	Class       string   // of main
	Main        []g.Node // the content; its first heading is h1

	// Tags and Changes are what the page shows and when it changes by itself (function.Page).
	Tags    []string
	Changes []*time.Time
	Partial bool // something that could not be had now is missing
}

// Site is the frame of the site's pages, whichever function they belong to.
func Site(d function.Deps) Frame {
	f := Frame{
		Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL, Assets: NewAssets("/assets"),
		Footer: []Link{{Label: problem.Text{KO: "개인정보 처리", EN: "Privacy"}, Path: PrivacyPath}},
	}
	for _, e := range d.Catalogue.Menu {
		f.Nav = append(f.Nav, Link{Label: e.Label, Path: e.Path})
	}
	return f
}

// Pages marks routes as pages of the frame.
func (f Frame) Pages(routes ...function.Route) []function.Route {
	for i := range routes {
		routes[i].HTML, routes[i].Refuse = true, f.Refuse
	}
	return routes
}

// T is a text in the language of the request.
func T(ctx context.Context, ko, en string) string {
	return problem.Text{KO: ko, EN: en}.In(function.RequestFrom(ctx).Language)
}

// Local is the address of a Korean path in the language of the request.
func Local(ctx context.Context, path string) string {
	if function.RequestFrom(ctx).Language == "en" {
		return function.English(path)
	}
	return path
}

// Page is a page as an answer.
func (f Frame) Page(ctx context.Context, v View) *Answer {
	a := &Answer{status: v.Status, header: f.headers(v), tags: v.Tags, changes: v.Changes, partial: v.Partial}
	a.render(f.document(ctx, v))
	return a
}

// Answer is a page that is ready to be written.
type Answer struct {
	status int
	header map[string]string
	body   []byte

	tags    []string
	changes []*time.Time
	partial bool
}

// PageTags are the tags of what the page shows.
func (a *Answer) PageTags() []string { return a.tags }

// PageChanges are the times at which the page changes by itself.
func (a *Answer) PageChanges() []*time.Time { return a.changes }

// PageIncomplete says whether something is missing.
func (a *Answer) PageIncomplete() bool { return a.partial }

func (a *Answer) render(n g.Node) {
	var b bytes.Buffer
	_ = n.Render(&b) // a buffer takes everything
	a.body = b.Bytes()
}

// WriteResponse writes the page.
func (a *Answer) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	for name, value := range a.header {
		h.Set(name, value)
	}
	h.Set("Content-Length", strconv.Itoa(len(a.body)))
	if a.status != 0 {
		w.WriteHeader(a.status)
	}
	_, err := w.Write(a.body)
	return err //nolint:wrapcheck // the host says where it failed
}
