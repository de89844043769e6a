// Package console is where the council works in a browser: notices, banners, files,
// members, the log and how the product runs. Its pages show what is stored; everything that changes goes from
// the browser through the API, by the same rules as for everybody.
package console

import (
	"embed"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

//go:embed assets/*.js assets/*.css
var modules embed.FS

// root is where the console is; in English under /en.
const root = ui.ConsolePath

// Function is the council's console.
var Function = function.Spec{
	Name:  "console",
	Doc:   "The council's console: pages to write notices, order banners, upload files, give roles, read the log and see how everything runs.",
	Needs: []function.Need{function.Database},
	New: func(d function.Deps) function.Parts {
		h := handlers{
			notices: notice.NewReader(d.DB), banners: banner.NewReader(d.DB), uploads: upload.Store{DB: d.DB},
			members: member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace}, log: audit.Store{DB: d.DB},
			running: bill.Store{DB: d.DB}, letters: deadletter.Store{DB: d.DB},
			cursors: cursor.New(d.Key.Derive("cursor")), settings: d.Settings, catalogue: d.Catalogue,
			frame: ui.Frame{
				Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL, Storage: d.Storage.PublicEndpoint, Home: root,
				Assets: ui.NewAssets(root+"/assets", modules),
			},
		}
		editor, admin := function.Holder(auth.Editor), function.Holder(auth.Admin)
		korean := []function.Route{
			{Method: "GET", Path: root, Access: editor, Do: function.Do(h.home), Doc: "What waits: drafts, what is scheduled, what was published last."},
			{Method: "GET", Path: root + "/notices", Access: editor, Do: function.Do(h.list), Doc: "Notices of every state, searched and filtered."},
			{Method: "GET", Path: root + "/notices/new", Access: editor, Do: function.Do(h.compose), Doc: "An empty editor."},
			{Method: "GET", Path: root + "/notices/{id}", Access: editor, Do: function.Do(h.edit), Doc: "A notice in the editor."},
			{Method: "POST", Path: root + "/notices/{id}/differences", Access: editor, ReadOnly: true, Do: function.Do(h.differences), Doc: "How a text that is not saved differs from the stored notice, as a part of a page."},
			{Method: "GET", Path: root + "/notices/{id}/revisions", Words: problem.Text{KO: "공지를 고친 사람을 봄", EN: "Saw who edited a notice"}, Access: editor, Personal: true, Do: function.Do(h.revisions), Doc: "What a notice said before, side by side with what it says."},
			{Method: "GET", Path: root + "/banners", Access: editor, Do: function.Do(h.listBanners), Doc: "All banners, to be put in order."},
			{Method: "GET", Path: root + "/banners/new", Access: editor, Do: function.Do(h.newBanner), Doc: "An empty form for a banner."},
			{Method: "GET", Path: root + "/banners/{id}", Access: editor, Do: function.Do(h.editBanner), Doc: "A banner in its form, and how often it was followed."},
			{Method: "GET", Path: root + "/uploads", Access: editor, Do: function.Do(h.upload), Doc: "Sends files, also interrupted ones."},
			{Method: "GET", Path: root + "/media", Access: editor, Do: function.Do(h.media), Doc: "The files, what they show and where they are used."},
			{Method: "GET", Path: root + "/members", Words: problem.Text{KO: "회원을 찾음", EN: "Looked for members"}, Access: admin, Personal: true, Do: function.Do(h.find), Doc: "Finds members by address or by how the name begins."},
			{Method: "GET", Path: root + "/members/{id}", Words: problem.Text{KO: "회원 정보를 봄", EN: "Read a member"}, Access: admin, Personal: true, Do: function.Do(h.member), Doc: "A member with their roles."},
			{Method: "GET", Path: root + "/operations", Access: admin, Do: function.Do(h.operations), Doc: "How everything is, what needs somebody, and what each function costs a month."},
			{Method: "GET", Path: root + "/dead-letters", Access: admin, Do: function.Do(h.deadLetters), Doc: "Events that a consumer never took, to be delivered again."},
			{Method: "GET", Path: root + "/audit", Words: problem.Text{KO: "기록을 봄", EN: "Read the log"}, Access: admin, Personal: true, Do: function.Do(h.audit), Doc: "The log of what the council did and whose data it read."},
		}
		routes := []function.Route{h.frame.Assets.Route()}
		for _, r := range korean {
			r.HTML = true
			routes = append(routes, r)
		}
		return function.Parts{Routes: routes, Refuse: h.refuse}
	},
}
