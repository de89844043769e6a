// Package search finds everything that is published.
package search

import (
	"context"
	"log/slog"
	"slices"

	"github.com/madang-council/madang/functions/search/desk"
	"github.com/madang-council/madang/functions/search/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// handlers are the operations and what they need.
type handlers struct {
	search  search.Store
	cursors *cursor.Codec
	names   function.Names
	closed  func(context.Context) []string // kinds that nobody finds
	log     *slog.Logger
}

// Function finds things of all kinds.
var Function = function.Spec{
	Name:  "search",
	Doc:   "검색: finds everything that is published, in parts of words and by initial consonants.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	New: func(d function.Deps) function.Parts {
		h := handlers{search: search.Store{DB: d.DB, Key: d.Key}, cursors: cursor.New(d.Key.Derive("cursor")), names: d.Settings.Names, closed: thing.Closed(d.Off), log: d.Log}
		operate := function.May(auth.Operate)
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/search", Access: function.Anyone, Limit: function.Searching, Do: function.Do(h.find), Doc: "What the caller may read that has every word, with how much of each kind there is."},
			{Method: "GET", Path: "/v1/search/suggest", Access: function.Anyone, Limit: function.Searching, Do: function.Do(h.suggest), Doc: "Up to 8 titles that have every word, those that begin with it first."},
			{Method: "POST", Path: "/v1/admin/search/reindex", Words: problem.Text{KO: "검색 색인을 새로 만들게 함", EN: "Had the search index renewed"}, Access: operate, Do: function.Do(h.reindex), Doc: "Has everything indexed anew: sweep renews up to 500 things of a kind in each run, and until then they are searched by their texts."},
			{Method: "GET", Path: "/v1/admin/search/missing", Access: operate, Do: function.Do(h.missing), Doc: "What was looked for and not found at least 5 times in a week; of nobody."},
		}, page.Routes(d), desk.Routes(d))}
	},
}
