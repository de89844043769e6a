// Package archives is the council's archives (자료집).
package archives

import (
	"log/slog"
	"slices"
	"time"

	"github.com/madang-council/madang/functions/archives/desk"
	"github.com/madang-council/madang/functions/archives/page"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Function keeps archives, says what is missing, and gives a year as one file.
var Function = function.Spec{
	Name:  "archives",
	Doc:   "자료집: budgets, settlements, audits and reports of every unit, what is missing, corrections, a year as one ZIP.",
	Needs: []function.Need{function.Database, function.Storage},
	// A turn of a bundle reads and writes 256 MiB of a busy storage, a part of 8 MiB at a time; one
	// bundle at a time.
	Scale: function.Scale{Timeout: 10 * time.Minute, MemoryMiB: 96},
	Menu:  page.Entries(),
	Desk:  desk.Entries(),
	Seed:  seed,
	New: func(d function.Deps) function.Parts {
		h := handlers{
			archives: archive.NewWriter(d.DB, d.Outbox), bundles: archive.NewBundles(d.DB, d.Outbox, archive.Storage(objects.Config(d.Storage)), d.Settings.Environment),
			cursors: cursor.New(d.Key.Derive("cursor")), units: d.Settings.Units, names: d.Settings.Names, log: d.Log, making: make(chan struct{}, 1),
		}
		write := function.May(auth.Write)
		const one = "/v1/archives/{id}"
		list := &function.Page{Tags: []string{archive.Kind}, Query: []string{"category", "cursor", "period", "unit"}, Bypass: []string{"q", "size"}}
		covered := &function.Page{Tags: []string{archive.Kind}, Query: []string{"year"}}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/archives", Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "What is published and the caller may read, the latest first."},
			{Method: "GET", Path: "/v1/archives/categories", Access: function.Anyone, Page: &function.Page{Tags: []string{archive.Kind}}, Do: function.Do(h.categories), Doc: "The categories in their order."},
			{Method: "GET", Path: "/v1/archives/coverage", Access: function.Anyone, Page: covered, Do: function.Do(h.coverage), Doc: "What was to be submitted for a year and what was, by category, unit and period; what the caller may not read counts as not there."},
			{Method: "GET", Path: one, Access: function.Anyone, Page: &function.Page{Tags: []string{archive.Ref("{id}").Tag(), archive.Kind}}, Do: function.Do(h.read), Doc: "An archive with its files, its settlement and what it held before it was corrected."},
			{Method: "GET", Path: one + "/files/{file}", Words: problem.Text{KO: "총학생회만 보는 자료를 내려받음", EN: "Downloaded what only the council reads"}, Access: function.Anyone, Personal: true, Do: function.Do(h.file), Doc: "Leads to a file, by a link of 5 minutes; it counts that somebody did."},
			{Method: "POST", Path: "/v1/archives", Words: problem.Text{KO: "자료를 올림", EN: "Added an archive"}, Access: write, Status: 201, Do: function.Do(h.write), Doc: "Adds an archive; without publish it is a draft."},
			{Method: "PUT", Path: one, Words: problem.Text{KO: "자료를 고침", EN: "Edited an archive"}, Access: write, Do: function.Do(h.edit), Doc: "Replaces an archive whole; other files or another settlement of what was published is a correction, with a reason."},
			{Method: "DELETE", Path: one, Words: problem.Text{KO: "자료를 지움", EN: "Deleted an archive"}, Access: write, Do: function.Do(h.remove), Doc: "Hides an archive from everybody; an admin can restore it for 30 days."},
			{Method: "POST", Path: "/v1/admin/archives/{id}/restore", Words: problem.Text{KO: "지운 자료를 되살림", EN: "Restored an archive"}, Access: function.May(auth.Restore), Do: function.Do(h.restore), Doc: "Restores a deleted archive as it was."},
			{Method: "GET", Path: "/v1/admin/archives", Access: write, Do: function.Do(h.manage), Doc: "Archives of every state of the units that the caller writes for."},
			{Method: "POST", Path: "/v1/admin/archives/table", Access: write, ReadOnly: true, Do: function.Do(h.weigh), Doc: "A settlement as readers would see it, and where its totals do not add up."},
			{Method: "GET", Path: "/v1/admin/archives/categories", Access: function.May(auth.Operate), Do: function.Do(h.plan), Doc: "The categories with everything that should be in them."},
			{Method: "PUT", Path: "/v1/admin/archives/categories", Words: problem.Text{KO: "자료 분류와 낼 자료를 바꿈", EN: "Changed the categories of archives"}, Access: function.May(auth.Operate), Do: function.Do(h.arrange), Doc: "Replaces the categories and what should be in them; one that has archives stays.",
				Refuses: function.Refusals{problem.Conflict: {"category-in-use"}}},
			{Method: "PUT", Path: "/v1/admin/archives/categories/{id}", Words: problem.Text{KO: "자료 분류 하나를 바꿈", EN: "Changed a category of archives"}, Access: function.May(auth.Operate), Do: function.Do(h.arrangeOne), Doc: "Adds a category or replaces one, and asks units for a year of it in a rhythm."},
			{Method: "DELETE", Path: "/v1/admin/archives/categories/{id}", Words: problem.Text{KO: "자료 분류를 지움", EN: "Removed a category of archives"}, Access: function.May(auth.Operate), Do: function.Do(h.dropOne), Doc: "Removes a category that has no archives.",
				Refuses: function.Refusals{problem.Conflict: {"category-in-use"}}},
			{Method: "POST", Path: "/v1/archives/bundles", Words: problem.Text{KO: "한 해 자료를 묶음", EN: "Had a year of archives bundled"}, Access: function.Anyone, Status: 202, Do: function.Do(h.bundle), Doc: "Has what the caller may read of a year made one ZIP; who may read the same gets the same.",
				Refuses: function.Refusals{problem.TooLarge: {"bundle-too-large"}}},
			{Method: "GET", Path: "/v1/archives/bundles/{id}", Access: function.Anyone, Do: function.Do(h.bundled), Doc: "How far a bundle is, and where it is read for 15 minutes once it is ready.",
				Refuses: function.Refusals{problem.Gone: {"bundle-outdated"}}},
		}, page.Routes(d, h.bundles), desk.Routes(d)), Consumes: cloudevent.Consume(
			function.Subscription{Type: archive.BundleRequested, Doc: "Goes on with a bundle.", Do: h.makeBundle},
		)}
	},
}

// handlers are the operations and what they need.
type handlers struct {
	archives archive.Writer
	bundles  archive.Bundles
	cursors  *cursor.Codec
	units    []string
	names    function.Names
	log      *slog.Logger
	making   chan struct{} // has room for one bundle: each holds a part in memory
}
