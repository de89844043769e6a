// Package sweep repairs what was lost, and removes what is over.
package sweep

import (
	"context"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/operation/idempotency"
	"github.com/madang-council/madang/shared/problem"
)

// Function does what nobody waits for. It may run at any time, any number of times, in
// several processes at once and after any gap.
var Function = function.Spec{
	Name:  "sweep",
	Label: problem.Text{KO: "예약 게시와 정리", EN: "Sweep"},
	Doc:   "Every 5 minutes: publishes what is due and events that were lost, removes uploads that nobody completed or uses, anonymises who left.",
	Needs: []function.Need{function.Database, function.Storage},
	Scale: function.Scale{Schedule: "*/5 * * * *", Concurrency: 1, Timeout: 10 * time.Minute},
	New: func(d function.Deps) function.Parts {
		files := upload.NewDepot(d.DB, d.Outbox, objects.Config(d.Storage), upload.Rules{Environment: d.Settings.Environment, OrphanAge: d.Settings.OrphanAge})
		h := handlers{served: chore.Store{DB: d.DB}, log: d.Log, count: d.Count, chores: Chores(d, files, files.Turn), everything: Chores(d, files, files.Everything)}
		return function.Parts{
			Routes: []function.Route{
				{Method: "POST", Path: "/v1/admin/sweep", Words: problem.Text{KO: "정리를 돌림", EN: "Ran the sweep"}, Access: function.May(auth.Operate), Alone: true, Do: function.Do(h.now), Doc: "Sweeps now and says what was done; with everything=true it looks through the whole storage."},
			},
			Consumes: cloudevent.Consume(
				function.Subscription{Type: function.Scheduled, Doc: "Sweeps.", Do: h.scheduled},
			),
		}
	},
}

// Chores are those of every store, each of which owns its tables, in their order in a run
// that has time for all: what lets go of files or makes events comes before those who look
// after either. Each has a budget that fits into a run, and a test holds them to it.
func Chores(d function.Deps, files upload.Depot, turn func(context.Context) string) []chore.Chore {
	return slices.Concat(
		notice.NewKeeper(d.DB, d.Outbox).Chores(),
		minute.NewKeeper(d.DB).Chores(),
		member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace}.Chores(persons.All(d.DB)),
		d.Outbox.Chores(),
		files.Chores(turn),
		deadletter.Store{DB: d.DB}.Chores(),
		idempotency.Store{DB: d.DB}.Chores(),
		audit.Store{DB: d.DB}.Chores(d.Settings.AuditRetention),
		session.Store{DB: d.DB}.Chores(),
		credential.Store{DB: d.DB}.Chores(),
		attempt.Store{DB: d.DB}.Chores(),
		banner.NewKeeper(d.DB).Chores(),
		search.Store{DB: d.DB}.Chores(),
		archive.NewKeeper(d.DB).Chores(),
		archive.NewBundles(d.DB, d.Outbox, archive.Storage(objects.Config(d.Storage)), d.Settings.Environment).Chores(),
		rule.NewKeeper(d.DB, d.Outbox).Chores(),
		calendar.NewKeeper(d.DB).Chores(),
		delivery.NewKeeper(d.DB, d.Outbox).Chores(),
		device.NewKeeper(d.DB).Chores(),
		inbox.Store{DB: d.DB}.Chores(),
		thing.Store{DB: d.DB}.Chores(Sources(d.DB)...),
	)
}

// Sources are where things of each kind are kept.
func Sources(db *database.DB) []thing.Source {
	return append([]thing.Source{
		about.NewReader(db).Things(),
		archive.NewReader(db).Things(),
		banner.NewReader(db).Things(),
		calendar.NewReader(db).Things(),
		minute.NewReader(db).Things(),
		notice.NewReader(db).Things(),
	}, rule.NewReader(db).Things()...)
}
