package function

import (
	"net/url"
	"slices"
	"strings"
	"time"
)

// Page declares that the answer to a guest depends on nothing but the address and the
// stored content. It is rendered without any trace of who asked, kept in Redis, and
// served by the edge until one of its tags is touched or its own time has come.
//
// What else a page shows is said by its answer: a response with PageTags, PageChanges or
// PageIncomplete (Tagger, Changer, Incomplete) is asked by the host.
type Page struct {
	// Tags are invalidated together with the page. "{id}" in one stands for the parameter of
	// the path, as in "notice:{id}".
	Tags  []string
	Query []string // query parameters that belong to the address; others are ignored
	// Bypass are query parameters with which the answer is no page, since hardly anybody
	// else asks for the same: what is searched for. It is made for each who asks, and kept
	// by nobody.
	Bypass []string
	Eager  bool // rendered again at once when a tag is touched, even if nobody read it
	// ForAll says that members get the same, as of styles and scripts: who asks is not even
	// looked at.
	ForAll bool
}

// Bypassed says whether an address asks for what is no page.
func (p *Page) Bypassed(query url.Values) bool {
	return slices.ContainsFunc(p.Bypass, func(name string) bool { return query.Get(name) != "" })
}

// TagsFor are the tags of the page at an address, by the parameters of its path.
func (p *Page) TagsFor(param func(name string) string) []string {
	tags := []string{}
	for _, t := range p.Tags {
		if before, rest, ok := strings.Cut(t, "{"); ok {
			name, after, _ := strings.Cut(rest, "}")
			t = before + param(name) + after
		}
		tags = append(tags, t)
	}
	return tags
}

// Tagger is a response that shows things whose change is a change of the page, as pictures
// in a list: a page with it is rendered anew when one of the tags is touched.
type Tagger interface{ PageTags() []string }

// Changer is a response that changes by itself: at the next publishAt, unpublishAt, end of
// a pin. The earliest time counts; nil does not.
type Changer interface{ PageChanges() []*time.Time }

// Incomplete is a response that may lack something that could not be had now. It is given,
// but never kept as a page, so that the last good page stays.
type Incomplete interface{ PageIncomplete() bool }

// Earliest is the earliest of some times, nil for none.
func Earliest(times ...*time.Time) *time.Time {
	var first *time.Time
	for _, t := range times {
		if t != nil && !t.IsZero() && (first == nil || t.Before(*first)) {
			first = t
		}
	}
	return first
}

// English is the English address of a Korean path: what is at /notices is at /en/notices.
func English(path string) string {
	if path == "/" {
		return "/en"
	}
	if rest, query, found := strings.Cut(path, "?"); found && rest == "/" {
		return "/en?" + query
	}
	return "/en" + path
}

// LanguageOf is the language of an HTML route: English has addresses of its own, so that
// no cache has to look at anything else.
func LanguageOf(path string) string {
	if path == "/en" || strings.HasPrefix(path, "/en/") {
		return "en"
	}
	return "ko"
}

// Korean is the Korean address of an HTML route in either language.
func Korean(path string) string {
	if path == "/en" {
		return "/"
	}
	if LanguageOf(path) == "en" {
		return strings.TrimPrefix(path, "/en")
	}
	return path
}

// inBothLanguages are the routes with an English one behind each page.
func inBothLanguages(routes []Route) []Route {
	list := make([]Route, 0, 2*len(routes))
	for _, r := range routes {
		list = append(list, r)
		if !r.HTML || r.Neutral {
			continue
		}
		r.Path, r.Doc = English(r.Path), strings.TrimSuffix(r.Doc, ".")+", in English."
		list = append(list, r)
	}
	return list
}

// Action is the name under which the log records what a route does: method and path, in
// Korean whatever the language of the page was.
func (r Route) Action() string {
	if r.HTML {
		return r.Method + " " + Korean(r.Path)
	}
	return r.Method + " " + r.Path
}
