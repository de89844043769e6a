// Package console is the first page of where the council works in a browser, the log, and
// the styles and scripts of all its pages. What belongs to a resource is in its folder desk.
package console

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/minute"
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
	minutes   minute.Reader
	archives  archive.Reader
	units     []string
	members   member.Store
	log       audit.Store
	cursors   *cursor.Codec
	catalogue function.Catalogue
	flags     func(context.Context) (function.Flags, error)
}

// Function is the council's console.
var Function = function.Spec{
	Name:  "console",
	Label: problem.Text{KO: "콘솔", EN: "Console"},
	Core:  true,
	Doc:   "The council's console: its first page and the log of what the council did.",
	Needs: []function.Need{function.Database},
	Desk: []function.Entry{
		{Label: problem.Text{KO: "할 일", EN: "To do"}, Path: desk.Root, Action: auth.Write},
		{Label: problem.Text{KO: "기록", EN: "Log"}, Path: audit.DeskPath, Order: 60, Action: auth.Audit, Group: function.Manage},
	},
	New: func(d function.Deps) function.Parts {
		h := handlers{
			desk: desk.New(d), notices: notice.NewReader(d.DB), minutes: minute.NewReader(d.DB), archives: archive.NewReader(d.DB), units: d.Settings.Units, members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			log: audit.Store{DB: d.DB}, cursors: cursor.New(d.Key.Derive("cursor")), catalogue: d.Catalogue, flags: d.FlagsOf,
		}
		write, audits := function.May(auth.Write), function.May(auth.Audit)
		return function.Parts{Routes: append(h.desk.Pages(
			function.Route{Method: "GET", Path: desk.Root, Access: write, Wakes: []string{"notices", "uploads"}, Do: function.Do(h.home), Doc: "What waits, by its deadline: minutes and archives to be published, reviews; then what is scheduled, drafts, what was published last."},
			function.Route{Method: "GET", Path: desk.Root + "/waiting", Access: write, Do: function.Do(h.waiting), Doc: "How much waits behind each entry of the console's menu, as parts of a page."},
			function.Route{Method: "GET", Path: audit.DeskPath, Words: problem.Text{KO: "기록을 봄", EN: "Read the log"}, Access: audits, Personal: true, Do: function.Do(h.audit), Doc: "The log of what the council did and whose data it read."},
		), h.desk.AssetsRoute())}
	},
}
