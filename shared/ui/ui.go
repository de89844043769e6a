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
	"slices"
	"strconv"
	"sync"
	"time"

	g "maragu.dev/gomponents"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Frame is what all pages of one function share.
type Frame struct {
	Council string // the name of the council where Face says none, COUNCIL_NAME
	SiteURL string // without a slash at the end
	Storage string // where scripts upload to, the storage's public endpoint; "" where none does
	Assets  *Assets
	Groups  []Group // the site's menu, in header and foot
	Rail    []Group // the console's menu, beside the page; with it there is no foot
	Search  string  // the page where the search fields lead, in Korean; "" for none
	Footer  []Link
	Styles  []string // names of assets of every page, behind ui.css
	Home    string   // where the council's name leads in the rail, in Korean
	// Face is what makes the pages the council's own; nil for the face of one that chose none.
	Face func(context.Context) (face.Face, error)
	// Urgent is what stands above every page; nil for nothing.
	Urgent func(context.Context) (function.Urgent, error)
	// Flags are what the council has switched for the whole site; nil for nothing. Entries are
	// the menus' whose functions may be switched off, with what is below them.
	Flags   func(context.Context) (function.Flags, error)
	Entries []function.Entry
	// Unread is how many notifications the reader has not read; nil for no bell.
	Unread func(context.Context) (int, error)
	// Korean says that the pages have no English addresses.
	Korean bool

	feeds []function.Entry // those whose pages have a feed of their own, where there are feeds
	all   bool             // there is a feed of everything
	bell  bool             // there are notifications
}

// Link is a link of the frame. Path is the Korean address.
type Link struct {
	Label problem.Text
	Path  string
	Hint  problem.Text // half a line about what one can do there, or empty
}

// Group is a part of a menu; without a label its entries stand above the others.
type Group struct {
	Label   problem.Text
	Entries []Link
}

// View is one page.
type View struct {
	Status      int      // 0 means 200
	Title       string   // before the council's name; "" for a page that stands for the council
	Description string   // one sentence for previews and search engines
	InKorean    bool     // title and description are in Korean, whatever the page is in
	Picture     string   // path of a picture for previews
	Path        string   // the page's address in Korean; "" for what has none, as a refusal
	Hidden      bool     // search engines leave it out, as they do without a Path
	App         bool     // telephones add the site to their home screen from here, though the page is Hidden
	Section     string   // the Path of the entry of the menu that the page belongs to
	Styles      []string // names of assets, behind ui.css
	Scripts     []string // names of assets, loaded as modules
	Class       string   // of main
	Walled      bool     // the page draws its own wall below the header, and its own search field
	Main        []g.Node // the content; its first heading is h1

	// Tags and Changes are what the page shows and when it changes by itself (function.Page).
	Tags    []string
	Changes []*time.Time
	Partial bool // something that could not be had now is missing
	Passing bool // of addresses as this one there is no end: it is made for each who asks, and not kept
	Empty   bool // a list that has nothing in it
	Lost    bool // it stands at every address of nothing: nobody is led back to it
	Dated   bool // it says how far away days are (NearDay, Clock): it changes at midnight in Seoul
}

// assets are those of the site. Each process reads them once, however many functions it builds.
var assets = sync.OnceValue(func() *Assets { return NewAssets("/assets") })

// Site is the frame of the site's pages, whichever function they belong to.
func Site(d function.Deps) Frame {
	return Frame{
		Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL, Assets: assets(), Urgent: d.Urgent, Face: Faces(d), Flags: d.Flags, Entries: d.Catalogue.Menu, Unread: d.Unread,
		Footer: []Link{{Label: problem.Text{KO: "개인정보 처리방침", EN: "Privacy"}, Path: PrivacyPath}},
	}.with(d.Catalogue.Menu)
}

// with is f with a menu of the site.
func (f Frame) with(menu []function.Entry) Frame {
	f.Groups, f.Search, f.feeds = nil, "", nil
	f.all = slices.ContainsFunc(menu, func(e function.Entry) bool { return e.Path == FeedsPath })
	f.bell = f.Unread != nil && slices.ContainsFunc(menu, func(e function.Entry) bool { return e.Path == NotificationsPath })
	for _, name := range function.Groups() {
		group := Group{Label: name.Label()}
		for _, e := range menu {
			if e.Group == name {
				group.Entries = append(group.Entries, Link{Label: e.Label, Path: e.Path, Hint: e.Hint})
			}
		}
		if len(group.Entries) > 0 {
			f.Groups = append(f.Groups, group)
		}
	}
	for _, e := range menu {
		if e.Search && f.Search == "" {
			f.Search = e.Path
		}
		if e.Feed != "" && f.all {
			f.feeds = append(f.feeds, e)
		}
	}
	return f
}

// at is f as the council has switched it at the time of ctx: without what is switched off. Where
// that is not known nothing is.
func (f Frame) at(ctx context.Context) (Frame, function.Flags, error) {
	if f.Flags == nil {
		return f, function.Flags{}, nil
	}
	flags, err := f.Flags(ctx)
	if len(flags.Off) == 0 {
		return f, flags, err
	}
	rail := []Group{}
	for _, group := range f.Rail {
		group.Entries = slices.DeleteFunc(slices.Clone(group.Entries), func(l Link) bool { return flags.Closes(f.Entries, l.Path) })
		if len(group.Entries) > 0 {
			rail = append(rail, group)
		}
	}
	if f.Rail = rail; len(f.Groups) > 0 {
		f = f.with(flags.Running(f.Entries))
	}
	return f, flags, err
}

// Faces read what makes pages the council's own; nil for a function without a database.
func Faces(d function.Deps) func(context.Context) (face.Face, error) {
	if d.DB == nil {
		return nil
	}
	store := face.Store{DB: d.DB, Name: d.Settings.CouncilName}
	return func(ctx context.Context) (face.Face, error) {
		f, _, err := store.Read(ctx)
		return f, err //nolint:wrapcheck // it says where it failed
	}
}

// Pages marks routes as pages of the frame, which show the council's face and what is urgent.
func (f Frame) Pages(routes ...function.Route) []function.Route {
	for i, r := range routes {
		routes[i].HTML, routes[i].Refuse = true, f.Refuse
		if r.Page != nil && !r.Page.ForAll {
			page := *r.Page // the API's may be the same
			page.Tags = append(slices.Clone(page.Tags), function.UrgentTag, face.Tag)
			routes[i].Page = &page
		}
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
	a := &Answer{status: v.Status, header: f.headers(v), tags: v.Tags, changes: v.Changes, partial: v.Partial || v.Passing, empty: v.Empty}
	if v.Dated {
		a.changes = append(slices.Clone(a.changes), new(clock.Tomorrow(ctx)))
	}
	var flags function.Flags
	if v.Status < http.StatusInternalServerError { // else the database may be away
		var err error
		f, flags, err = f.at(ctx)
		a.partial, a.changes = a.partial || err != nil, append(slices.Clone(a.changes), flags.Changes)
	}
	a.render(f.document(ctx, v, f.own(ctx, a), g.Group{f.urgent(ctx, a, flags), bannerLine(ctx, flags)}))
	return a
}

// own is the council's own part of a page, which changes with it. A page that lacks it is not kept.
func (f Frame) own(ctx context.Context, a *Answer) face.Face {
	if f.Face == nil || a.status >= http.StatusInternalServerError { // then the database may be away
		return face.Default(f.Council)
	}
	own, err := f.Face(ctx)
	if err != nil {
		a.partial = true
		return face.Default(f.Council)
	}
	a.tags = append(slices.Clone(a.tags), face.Tag)
	return own
}

// urgent is the bar above a page, which changes with it. A page that lacks it is not kept.
func (f Frame) urgent(ctx context.Context, a *Answer, flags function.Flags) g.Node {
	if f.Urgent == nil || a.status >= http.StatusInternalServerError { // then the database may be away
		return nil
	}
	u, err := f.Urgent(ctx)
	if err != nil {
		a.partial = true
		return nil
	}
	a.tags, a.changes = append(slices.Clone(a.tags), function.UrgentTag), append(slices.Clone(a.changes), u.Changes)
	return urgentBar(ctx, slices.DeleteFunc(slices.Clone(u.Notes), func(n function.Note) bool { return flags.Closes(f.Entries, n.Path) }))
}

// Answer is a page that is ready to be written.
type Answer struct {
	status int
	header map[string]string
	body   []byte

	tags    []string
	changes []*time.Time
	partial bool
	empty   bool
}

// PageTags are the tags of what the page shows.
func (a *Answer) PageTags() []string { return a.tags }

// PageChanges are the times at which the page changes by itself.
func (a *Answer) PageChanges() []*time.Time { return a.changes }

// PageUnkept says whether something is missing.
func (a *Answer) PageUnkept() bool { return a.partial }

// PageEmpty says that it is a list that has nothing in it.
func (a *Answer) PageEmpty() bool { return a.empty }

func (a *Answer) render(n g.Node) {
	var b bytes.Buffer
	_ = n.Render(&b) // a buffer takes everything
	a.body = []byte(text.Straight(b.String()))
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
