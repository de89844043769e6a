// Package notices is the council's notices (공지).
package notices

import (
	"slices"

	"github.com/madang-council/madang/functions/notices/desk"
	"github.com/madang-council/madang/functions/notices/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// Function lists, reads, writes, edits and deletes notices.
var Function = function.Spec{
	Name:  "notices",
	Doc:   "공지: list, read, write, edit, delete; scheduled publication, pins, tags, attachments, revisions, previews.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	New: func(d function.Deps) function.Parts {
		notices := notice.NewWriter(d.DB, d.Outbox, notice.Markup{HTML: markdown.Render, Excerpt: markdown.Excerpt, Pictures: markdown.Pictures})
		h := handlers{
			notices: notices, members: member.Store{DB: d.DB, LeaveGrace: d.Settings.LeaveGrace}, cursors: cursor.New(d.Key.Derive("cursor")),
			previews: notice.NewPreviews(notices.Reader, d.Key), uploads: upload.Store{DB: d.DB}, site: d.Settings.SiteURL, units: d.Settings.Units, names: d.Settings.Names,
		}
		write, restore, bring := function.May(auth.Write), function.May(auth.Restore), function.May(auth.Import)
		list := &function.Page{Tags: []string{notice.Kind}, Query: []string{"cursor", "tag", "unit"}, Bypass: []string{"q", "size"}, Eager: true}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/notices", Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "Published notices: pinned first, then the newest."},
			{Method: "POST", Path: "/v1/notices", Words: problem.Text{KO: "공지를 씀", EN: "Wrote a notice"}, Access: write, Do: function.Do(h.write), Status: 201, Doc: "Writes a notice; without publishAt it is a draft."},
			{Method: "GET", Path: "/v1/notices/{id}", Access: function.Anyone, Page: &function.Page{Tags: []string{notice.Tag("{id}")}, Eager: true}, Do: function.Do(h.read), Doc: "A published notice; for editors of its unit, of any state and with its source."},
			{Method: "PUT", Path: "/v1/notices/{id}", Words: problem.Text{KO: "공지를 고침", EN: "Edited a notice"}, Access: write, Do: function.Do(h.edit), Doc: "Replaces a notice whole: what is left out is emptied."},
			{Method: "DELETE", Path: "/v1/notices/{id}", Words: problem.Text{KO: "공지를 지움", EN: "Deleted a notice"}, Access: write, Do: function.Do(h.remove), Doc: "Hides a notice from everybody; an admin can restore it for 30 days."},
			{Method: "GET", Path: "/v1/notices/{id}/revisions", Words: problem.Text{KO: "공지를 고친 사람을 봄", EN: "Saw who edited a notice"}, Access: write, Personal: true, Do: function.Do(h.revisions), Doc: "What a notice said before, and who wrote it; the latest first."},
			{Method: "GET", Path: "/v1/notices/{id}/revisions/{number}", Words: problem.Text{KO: "공지의 한 버전을 봄", EN: "Read a version of a notice"}, Access: write, Personal: true, Do: function.Do(h.revision), Doc: "One revision with its text."},
			{Method: "GET", Path: "/v1/notices/{id}/revisions/{number}/diff/{to}", Access: write, Do: function.Do(h.compare), Doc: "What changed from one revision to another, by lines and words."},
			{Method: "POST", Path: "/v1/notices/{id}/revisions/{number}/restore", Words: problem.Text{KO: "공지를 이전 버전으로 되돌림", EN: "Went back to a version of a notice"}, Access: write, Do: function.Do(h.revert), Doc: "Makes titles, texts and tags of a revision the newest version."},
			{Method: "POST", Path: "/v1/notices/{id}/preview", Words: problem.Text{KO: "미리보기 링크를 만듦", EN: "Made a preview link"}, Access: write, Do: function.Do(h.share), Doc: "A link by which anybody can read the notice for an hour."},
			{Method: "GET", Path: "/v1/notices/previews/{token}", Access: function.Anyone, Do: function.Do(h.preview), Doc: "The notice of a preview link in its newest version.",
				Refuses: function.Refusals{problem.Gone: {"preview-expired"}}},
			{Method: "GET", Path: "/v1/admin/notices", Access: write, Do: function.Do(h.manage), Doc: "Notices of every state of the units that the caller writes for."},
			{Method: "GET", Path: "/v1/admin/notices/templates", Access: write, Do: function.Do(h.templates), Doc: "The texts that notices can begin with, with their version."},
			{Method: "PUT", Path: "/v1/admin/notices/templates", Words: problem.Text{KO: "공지의 틀을 바꿈", EN: "Changed the templates of notices"}, Access: function.May(auth.Arrange), Do: function.Do(h.setTemplates), Doc: "Replaces them all, in their order."},
			{Method: "POST", Path: "/v1/admin/notices/render", Access: write, ReadOnly: true, Do: function.Do(h.render), Doc: "What readers would see of a Markdown text that is not saved."},
			{Method: "POST", Path: "/v1/admin/notices/{id}/restore", Words: problem.Text{KO: "지운 공지를 되살림", EN: "Restored a notice"}, Access: restore, Do: function.Do(h.undelete), Doc: "Restores a deleted notice as it was."},
			{Method: "POST", Path: "/v1/admin/notices/imports", Words: problem.Text{KO: "다른 곳의 공지를 옮겨 옴", EN: "Imported notices from elsewhere"}, Access: bring, Do: function.Do(h.bring), Largest: formBytes, Doc: "Brings notices along from elsewhere with their dates, all or none; what was brought along before stays as it is.",
				Refuses: function.Refusals{problem.Malformed: {"malformed-form"}, problem.TooLarge: {"archive-too-large"}, problem.UnsupportedMedia: {"unsupported-media-type"}, problem.Invalid: {"too-many-notices"}}},
			{Method: "POST", Path: "/v1/admin/notices/imports/preview", Access: bring, ReadOnly: true, Do: function.Do(h.weigh), Doc: "What importing the same form would do, and what is wrong in which line.",
				Refuses: function.Refusals{problem.Malformed: {"body-incomplete", "malformed-form"}, problem.TooLarge: {"body-too-large", "archive-too-large"}, problem.UnsupportedMedia: {"unsupported-media-type"}, problem.Invalid: {"too-many-notices"}}},
		}, page.Routes(d), desk.Routes(d))}
	},
}
