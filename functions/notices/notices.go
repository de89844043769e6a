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
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

// Function lists, reads, writes, edits and deletes notices.
var Function = function.Spec{
	Name:  "notices",
	Doc:   "공지: list, read, write, edit, delete; scheduled publication, pins, tags, attachments, revisions, previews, reviews by colleagues.",
	Needs: []function.Need{function.Database},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	Acts:  []function.Act{{Action: waived, Words: problem.Text{KO: "공지를 승인 없이 게시함(긴급)", EN: "Published a notice without approval (urgent)"}}},
	Details: []function.Named{
		{Name: "decision", Label: problem.Text{KO: "결정", EN: "Decision"}},
		{Name: "made", Label: problem.Text{KO: "새로 만든 것", EN: "Made"}},
		{Name: "there", Label: problem.Text{KO: "이미 있던 것", EN: "There already"}},
	},
	New: func(d function.Deps) function.Parts {
		notices := notice.NewWriter(d.DB, d.Outbox, notice.Markup{HTML: markdown.Render, Excerpt: markdown.Excerpt, Pictures: markdown.Pictures})
		h := handlers{
			notices: notices, log: audit.Store{DB: d.DB}, members: member.Store{DB: d.DB, LeaveGrace: d.Settings.LeaveGrace}, cursors: cursor.New(d.Key.Derive("cursor")),
			previews: notice.NewPreviews(notices.Reader, d.Key), uploads: upload.Store{DB: d.DB}, site: d.Settings.SiteURL, units: d.Settings.Units, names: d.Settings.Names,
		}
		write, restore, bring := function.May(auth.Write), function.May(auth.Restore), function.May(auth.Import)
		const review = "/v1/notices/{id}/review"
		comesOut := function.Refusals{problem.Conflict: {"review-required"}}
		list := &function.Page{Tags: []string{notice.Kind}, Query: []string{"cursor", "tag", "unit"}, Bypass: []string{"q", "size"}, Eager: true}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/notices", Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "Published notices: pinned first, then the newest."},
			{Method: "POST", Path: "/v1/notices", Words: problem.Text{KO: "공지를 씀", EN: "Wrote a notice"}, Access: write, Do: function.Do(h.write), Status: 201, Doc: "Writes a notice; without publishAt it is a draft.", Refuses: comesOut},
			{Method: "GET", Path: "/v1/notices/{id}", Access: function.Anyone, Page: &function.Page{Tags: []string{notice.Tag("{id}")}, Eager: true}, Do: function.Do(h.read), Doc: "A published notice; for editors of its unit, of any state and with its source."},
			{Method: "PUT", Path: "/v1/notices/{id}", Words: problem.Text{KO: "공지를 고침", EN: "Edited a notice"}, Access: write, Do: function.Do(h.edit), Refuses: comesOut, Doc: "Replaces a notice whole: what is left out is emptied. Where the council publishes nothing without approval, another text of a scheduled notice makes it a draft."},
			{Method: "DELETE", Path: "/v1/notices/{id}", Words: problem.Text{KO: "공지를 지움", EN: "Deleted a notice"}, Access: write, Do: function.Do(h.remove), Doc: "Hides a notice from everybody; an admin can restore it for 30 days."},
			{Method: "GET", Path: "/v1/notices/{id}/revisions", Words: problem.Text{KO: "공지를 고친 사람을 봄", EN: "Saw who edited a notice"}, Access: write, Personal: true, Do: function.Do(h.revisions), Doc: "What a notice said before, and who wrote it; the latest first."},
			{Method: "GET", Path: "/v1/notices/{id}/revisions/{number}", Words: problem.Text{KO: "공지의 한 버전을 봄", EN: "Read a version of a notice"}, Access: write, Personal: true, Do: function.Do(h.revision), Doc: "One revision with its text."},
			{Method: "GET", Path: "/v1/notices/{id}/revisions/{number}/diff/{to}", Access: write, Do: function.Do(h.compare), Doc: "What changed from one revision to another, by lines and words."},
			{Method: "POST", Path: "/v1/notices/{id}/revisions/{number}/restore", Words: problem.Text{KO: "공지를 이전 버전으로 되돌림", EN: "Went back to a version of a notice"}, Access: write, Do: function.Do(h.revert), Doc: "Makes titles, texts and tags of a revision the newest version.", Refuses: comesOut},
			{Method: "GET", Path: review, Words: problem.Text{KO: "공지의 검토를 봄", EN: "Read the review of a notice"}, Access: write, Personal: true, Do: function.Do(h.review), Doc: "How the review of a notice stands, and what colleagues said; absent where none was ever asked for."},
			{Method: "POST", Path: review, Words: problem.Text{KO: "공지의 검토를 요청함", EN: "Asked for a review of a notice"}, Access: write, Do: function.Do(h.ask), Doc: "Asks a colleague, or all who write for the unit, to review a draft or a scheduled notice; also once more.",
				Refuses: function.Refusals{problem.Conflict: {"not-reviewable", "review-open"}}},
			{Method: "DELETE", Path: review, Words: problem.Text{KO: "공지의 검토 요청을 취소함", EN: "Withdrew a request for review"}, Access: write, Do: function.Do(h.unask), Doc: "Withdraws the request; whoever asked may, and an admin of the unit.",
				Refuses: function.Refusals{problem.Conflict: {"no-review", "not-reviewable"}}},
			{Method: "POST", Path: review + "/comments", Words: problem.Text{KO: "공지의 검토에 의견을 씀", EN: "Commented on a notice in review"}, Access: write, Do: function.Do(h.comment), Doc: "Says something about a version.",
				Refuses: function.Refusals{problem.Conflict: {"no-review", "not-reviewable", "too-many-comments"}}},
			{Method: "POST", Path: review + "/decision", Words: problem.Text{KO: "공지의 검토를 결정함", EN: "Decided on the review of a notice"}, Access: write, Do: function.Do(h.decide), Doc: "Approves the version of If-Match, or asks for changes of it; nobody decides on their own request, nor approves what they wrote or edited themselves, texts or files, since a colleague last approved it or readers saw it.",
				Refuses: function.Refusals{problem.Conflict: {"no-review", "not-reviewable", "own-request", "own-text", "changes-asked"}}},
			{Method: "POST", Path: "/v1/notices/{id}/preview", Words: problem.Text{KO: "미리보기 링크를 만듦", EN: "Made a preview link"}, Access: write, Do: function.Do(h.share), Doc: "A link by which anybody can read the notice for an hour."},
			{Method: "GET", Path: "/v1/notices/previews/{token}", Access: function.Anyone, Do: function.Do(h.preview), Doc: "The notice of a preview link in its newest version.",
				Refuses: function.Refusals{problem.Gone: {"preview-expired"}}},
			{Method: "GET", Path: "/v1/admin/notices", Access: write, Do: function.Do(h.manage), Doc: "Notices of every state of the units that the caller writes for."},
			{Method: "GET", Path: "/v1/admin/notices/templates", Access: write, Do: function.Do(h.templates), Doc: "The texts that notices can begin with, with their version."},
			{Method: "PUT", Path: "/v1/admin/notices/templates", Words: problem.Text{KO: "공지의 틀을 바꿈", EN: "Changed the templates of notices"}, Access: function.May(auth.Arrange), Do: function.Do(h.setTemplates), Doc: "Replaces them all, in their order."},
			{Method: "POST", Path: "/v1/admin/notices/render", Access: write, ReadOnly: true, Do: function.Do(h.render), Doc: "What readers would see of a Markdown text that is not saved."},
			{Method: "POST", Path: "/v1/admin/notices/{id}/restore", Words: problem.Text{KO: "지운 공지를 되살림", EN: "Restored a notice"}, Access: restore, Do: function.Do(h.undelete), Doc: "Restores a deleted notice as it was; as a draft where it would come out without the approval that the council asks for."},
			{Method: "POST", Path: "/v1/admin/notices/imports", Words: problem.Text{KO: "다른 곳의 공지를 옮겨 옴", EN: "Imported notices from elsewhere"}, Access: bring, Do: function.Do(h.bring), Largest: formBytes, Doc: "Brings notices along from elsewhere with their dates, all or none; what was brought along before stays as it is.",
				Refuses: function.Refusals{problem.Malformed: {"malformed-form"}, problem.TooLarge: {"archive-too-large"}, problem.UnsupportedMedia: {"unsupported-media-type"}, problem.Invalid: {"too-many-notices"}, problem.Conflict: {"review-required"}}},
			{Method: "POST", Path: "/v1/admin/notices/imports/preview", Access: bring, ReadOnly: true, Do: function.Do(h.weigh), Doc: "What importing the same form would do, and what is wrong in which line.",
				Refuses: function.Refusals{problem.Malformed: {"body-incomplete", "malformed-form"}, problem.TooLarge: {"body-too-large", "archive-too-large"}, problem.UnsupportedMedia: {"unsupported-media-type"}, problem.Invalid: {"too-many-notices"}, problem.Conflict: {"review-required"}}},
		}, page.Routes(d), desk.Routes(d, notices))}
	},
}
