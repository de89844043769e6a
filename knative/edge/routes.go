// Package edge is what every edge goes by: which function a path belongs to, which answers
// to guests are pages, and its own words, headers and limits. The local host reads it as Go.
// Nginx reads it as routes.json, edge.json and files-headers.conf, which knative/generate
// writes beside its configuration and its Lua: knative/chart/files/edge, because Helm reads
// only its own folder. The tests here start Nginx with the files of that folder.
package edge

import (
	"net/http"
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
	Lost     bool     `json:"lost,omitempty"`   // what browsers are shown, as 404, at addresses of nothing
	HTML     bool     `json:"html,omitempty"`   // the site's: its language is the path's
	Wakes    []string `json:"wakes,omitempty"`  // functions that start once a GET is answered
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
			if r.Method == http.MethodGet {
				list[i].Wakes = r.Wakes
			}
			if r.Page != nil {
				list[i].Page, list[i].Query, list[i].Bypass, list[i].ForAll, list[i].Lost = true, r.Page.Query, r.Page.Bypass, r.Page.ForAll, r.Page.Lost
			}
		}
	}
	slices.SortFunc(list, func(a, b Route) int { return strings.Compare(order(a.Path), order(b.Path)) })
	return list
}

// order puts parameters behind every literal.
func order(path string) string { return strings.ReplaceAll(path, "{", "\U0010FFFD{") }

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
