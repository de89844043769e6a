// Package edge has the edge's routes: which function a path belongs to and which answers
// to guests are pages. Nginx reads them as routes.json, the local host as Go.
package edge

import (
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/function"
)

// Route is a public path.
type Route struct {
	Path     string   `json:"path"` // as "/v1/notices/{id}"
	Function string   `json:"function"`
	Page     bool     `json:"page,omitempty"`   // a guest's GET is a page
	Query    []string `json:"query,omitempty"`  // parameters of the page's address
	Bypass   []string `json:"bypass,omitempty"` // parameters with which it is no page
	ForAll   bool     `json:"forAll,omitempty"` // members get the same page
	HTML     bool     `json:"html,omitempty"`   // the site's: its language is the path's
}

// Routes are the public paths of functions. A path with a literal segment comes before
// one with a parameter in its place, so that the first match is the right one.
func Routes(specs []function.Spec) []Route {
	list := []Route{}
	for _, s := range specs {
		for _, r := range s.Build(function.Deps{}).Routes {
			if r.Internal {
				continue
			}
			i := slices.IndexFunc(list, func(l Route) bool { return l.Path == r.Path })
			if i < 0 {
				list = append(list, Route{Path: r.Path, Function: s.Name, HTML: r.HTML})
				i = len(list) - 1
			}
			if r.Page != nil {
				list[i].Page, list[i].Query, list[i].Bypass, list[i].ForAll = true, r.Page.Query, r.Page.Bypass, r.Page.ForAll
			}
		}
	}
	slices.SortFunc(list, func(a, b Route) int { return strings.Compare(order(a.Path), order(b.Path)) })
	return list
}

// order puts parameters behind every literal.
func order(path string) string { return strings.ReplaceAll(path, "{", "\U0010FFFD{") }

// PageHeaders are the headers of a function's answer that belong to a page and are kept with
// it (page.Segment.Header), beside its type and its entity tag.
func PageHeaders() []string {
	return []string{
		"Cache-Control", "Content-Security-Policy", "Cross-Origin-Opener-Policy", "Cross-Origin-Resource-Policy", "Permissions-Policy",
		"Referrer-Policy", "Strict-Transport-Security", "X-Frame-Options",
	}
}

// Find is the route of a path, or false.
func Find(routes []Route, path string) (Route, bool) {
	parts := strings.Split(path, "/")
	i := slices.IndexFunc(routes, func(r Route) bool { return match(strings.Split(r.Path, "/"), parts) })
	if i < 0 {
		return Route{}, false
	}
	return routes[i], true
}

func match(template, parts []string) bool {
	if len(template) != len(parts) {
		return false
	}
	for i, t := range template {
		if strings.HasPrefix(t, "{") && parts[i] != "" || t == parts[i] {
			continue
		}
		return false
	}
	return true
}
