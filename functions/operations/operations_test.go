package operations_test

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/functions/operations"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/bill"
)

func TestCost(t *testing.T) {
	app := functiontest.New(t, operations.Function)
	store := bill.Store{DB: app.DB}
	hour := int64(3_600_000)
	if err := store.Add(app.Context(), []bill.Usage{{Day: clock.Day(app.Now()), Function: "notices", Watched: 10 * hour, Awake: hour, Pods: hour, Cost: 3_487_500, Starts: 2, Wakes: 2, FormWakes: 1, Readied: 2, ReadyTime: 1600}}); err != nil {
		t.Fatal(err)
	}
	if err := store.SetPrice(app.Context(), bill.Price{Node: "m2.c2m4", Nodes: 2, WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, Source: "a test"}); err != nil {
		t.Fatal(err)
	}
	admin := app.Admin()
	var want any
	if err := json.Unmarshal([]byte(`{
		"month": "2026-03", "from": "2026-03-01T00:00:00+09:00", "until": "2026-03-02T12:00:00+09:00", "watchedHours": 10,
		"functions": [{"function": "notices", "podSeconds": 3600, "asleepShare": 0.9, "starts": 2, "wakes": 2, "formWakes": 1, "readySeconds": 0.8, "won": 3.4875, "wonPerMonth": 254.76,
			"warm": {"minutes": 5, "sparedWakes": 0, "won": 0, "wonPerSpared": 0, "worth": false}}],
		"total": {"function": "", "podSeconds": 3600, "asleepShare": 0.9, "starts": 2, "wakes": 2, "formWakes": 1, "readySeconds": 0.8, "won": 3.4875, "wonPerMonth": 254.76,
			"warm": {"minutes": 5, "sparedWakes": 0, "won": 0, "wonPerSpared": 0, "worth": false}},
		"paid": {"nodesWon": 1860, "nodesWonPerMonth": 135873, "wonPerMonth": 135873, "functionsShare": 0.0019, "alwaysOnShare": 0},
		"sleep": {"pods": 0.1, "alwaysOnPods": 1, "sparedShare": 0.9},
		"price": {"node": "m2.c2m4", "nodes": 2, "wonPerHour": 93, "cpus": 2, "memoryMiB": 4096, "alwaysOnWonPerHour": 0, "source": "a test"}}`), &want); err != nil {
		t.Fatal(err)
	}
	got := functiontest.JSON[any](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/cost", As: admin}).Want(200))
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/cost?month=2026-02", As: admin}).Want(200)
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/cost?month=March", As: admin}).Want(422)
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/cost"}).Want(401)
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/cost", As: app.Member(functiontest.Member{Verified: true}).Token}).Want(403)
}

func TestHealth(t *testing.T) {
	app := functiontest.New(t, operations.Function)
	admin := app.Admin()
	nobody := functiontest.JSON[bill.Health](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/health", As: admin}).Want(200))
	if !nobody.Stale {
		t.Error("nobody has ever looked, and it is not said")
	}
	h := bill.Health{At: app.Now(), Functions: []bill.FunctionHealth{{Name: "main", Pods: 1, Reason: "RevisionMissing"}}, Alerts: []bill.Alert{{Name: "SiteDown", Severity: "page", Since: app.Now(), Summary: "홈페이지가 답하지 않습니다."}}, WarmUp: bill.WarmUpHealth{Functions: []string{"main"}}}
	if err := (bill.Store{DB: app.DB}).SetHealth(app.Context(), h); err != nil {
		t.Fatal(err)
	}
	got := functiontest.JSON[bill.Health](app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/health", As: admin}).Want(200))
	if got.Stale || len(got.Alerts) != 1 || got.Alerts[0].Summary != "홈페이지가 답하지 않습니다." || len(got.Functions) != 1 || got.Functions[0].Pods != 1 {
		t.Errorf("%+v", got)
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/health"}).Want(401)
}
