// Package sweep repairs what was lost, and removes what is over.
package sweep

import (
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Function does what nobody waits for. It may run at any time, any number of times, in
// several processes at once and after any gap.
var Function = function.Spec{
	Name:  "sweep",
	Doc:   "Every 5 minutes: publishes what is due and events that were lost, removes uploads that nobody completed or uses, anonymises who left.",
	Needs: []function.Need{function.Database, function.Storage},
	Scale: function.Scale{Schedule: "*/5 * * * *", Concurrency: 1, Timeout: 10 * time.Minute},
	New: func(d function.Deps) function.Parts {
		h := handlers{db: d.DB, outbox: d.Outbox, log: d.Log, count: d.Count, auditAge: d.Settings.AuditRetention, files: upload.Depot{
			Store: upload.Store{DB: d.DB}, Outbox: d.Outbox, Environment: d.Settings.Environment, OrphanAge: d.Settings.OrphanAge,
		}.Open(objects.Config{
			Endpoint: d.Storage.Endpoint, PublicEndpoint: d.Storage.PublicEndpoint, Region: d.Storage.Region,
			AccessKey: d.Storage.AccessKey, SecretKey: d.Storage.SecretKey, Bucket: d.Storage.Bucket,
		})}
		h.notices = notice.NewStore(d.DB)
		h.notices.Outbox = d.Outbox
		h.banners = banner.NewStore(d.DB)
		h.members = member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace}
		return function.Parts{
			Routes: []function.Route{
				{Method: "POST", Path: "/v1/admin/sweep", Words: problem.Text{KO: "정리를 돌림", EN: "Ran the sweep"}, Access: function.Holder(auth.Admin), Alone: true, Do: function.Do(h.now), Doc: "Sweeps now and says what was done; with everything=true it looks through the whole storage."},
			},
			Consumes: cloudevent.Consume(
				function.Subscription{Type: function.Scheduled, Doc: "Sweeps.", Do: h.scheduled},
			),
		}
	},
}
