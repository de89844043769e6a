// Package console is the first page of where the council works in a browser, the log, and
// the styles and scripts of all its pages. What belongs to a resource is in its folder desk.
package console

import (
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk      desk.Desk
	notices   notice.Reader
	members   member.Store
	log       audit.Store
	cursors   *cursor.Codec
	catalogue function.Catalogue
}

// Function is the council's console.
var Function = function.Spec{
	Name:  "console",
	Doc:   "The council's console: its first page and the log of what the council did.",
	Needs: []function.Need{function.Database},
	Desk:  []function.Entry{{Label: problem.Text{KO: "기록", EN: "Log"}, Path: audit.DeskPath, Order: 60, Role: auth.Admin, Whole: true}},
	New: func(d function.Deps) function.Parts {
		h := handlers{
			desk: desk.New(d), notices: notice.NewReader(d.DB), members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			log: audit.Store{DB: d.DB}, cursors: cursor.New(d.Key.Derive("cursor")), catalogue: d.Catalogue,
		}
		editor, admin := function.Holder(auth.Editor), function.Holder(auth.Admin)
		return function.Parts{Routes: append(h.desk.Pages(
			function.Route{Method: "GET", Path: desk.Root, Access: editor, Do: function.Do(h.home), Doc: "What waits: drafts, what is scheduled, what was published last."},
			function.Route{Method: "GET", Path: audit.DeskPath, Words: problem.Text{KO: "기록을 봄", EN: "Read the log"}, Access: admin, Personal: true, Do: function.Do(h.audit), Doc: "The log of what the council did and whose data it read."},
		), h.desk.AssetsRoute())}
	},
}
