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
// PageUnkept (Tagger, Changer, Unkept), or PageEmpty (Empty) is asked by the host.
type Page struct {
	// Tags are invalidated together with the page. "{id}" in one stands for the parameter of
	// the path, as in "notice:{id}".
	Tags []string
	// Query are the parameters that belong to the address; others are ignored. A value that is
	// not written as it was understood, as 020 for 20, makes no page of its own.
	Query []string
	// Bypass are query parameters with which the answer is no page, since hardly anybody
	// else asks for the same: what is searched for. It is made for each who asks, and kept
	// by nobody.
	Bypass []string
	// Eager has the page rendered anew as soon as a tag is touched, even if nobody read it.
	// Where the path has a parameter, a tag that ends with it says which one.
	Eager bool
	// ForAll says that members get the same, as of styles and scripts: who asks is not even
	// looked at.
	ForAll bool
	// Lost says that edges show the page, as 404, to browsers at every address that no function has.
	Lost bool
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

// Unkept is a response that is given but must not be kept as a page: it lacks something that
// could not be had now, so that the last good page stays; or it is about nothing that exists,
// so that nobody can make pages without end.
type Unkept interface{ PageUnkept() bool }

// Empty is a list: one that shows nothing is no page where its address narrows it, since of
// such addresses there is no end.
type Empty interface{ PageEmpty() bool }

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
