package operations_test

import (
	"errors"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/operations"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/bill"
)

// The page of operations says how everything is in a sentence, what to do, what the month cost beside the one before, and
// more to who unfolds it, with what people call functions.
func TestDesk(t *testing.T) {
	app := functiontest.New(t, operations.Function, functiontest.Beside(functions.All()...))
	admin := app.Admin()
	see := func(path string) functiontest.Response {
		t.Helper()
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: admin}).Want(200)
	}
	store := bill.Store{DB: app.DB}
	see("/console/operations").Says("아직 아무도 살펴보지 않았습니다", "지금 손볼 일이 없습니다", "2026년 3월 요금", "살펴본 시간이 없습니다", "month=2026-02").Says("아직 모름", "기록 없음", "견줄 만큼 살펴보지 못했습니다").SaysNot("month=2026-04", "<dl", "모두 정상", `id="bill" class="fold" open`)
	saved, ends := app.Now().Add(-26*time.Hour), app.Now().Add(720*time.Hour)
	h := bill.Health{
		At: app.Now(), Site: bill.SiteHealth{Reachable: true, Milliseconds: 12.4, CertificateEnds: &ends},
		Functions: []bill.FunctionHealth{{Name: "main", Ready: true}, {Name: "notices", Ready: true, Pods: 2, Restarts: 1}, {Name: "media", Reason: "RevisionMissing"}},
		Database:  bill.DatabaseHealth{Reachable: true, Bytes: 4_500_000_000, LimitBytes: 5_000_000_000, Connections: 7, MaxConnections: 100},
		Pages:     bill.PagesHealth{Bytes: 1_200_000, Keys: 1234},
		Storage:   bill.StorageHealth{Files: 12_345, Bytes: 820_000, Unfinished: 2}, Events: bill.EventsHealth{Dead: 3},
		Backup: bill.BackupHealth{At: &saved}, WarmUp: bill.WarmUpHealth{Functions: []string{"main"}, UsedSeconds: 90, BudgetSeconds: 3600},
		Alerts: []bill.Alert{{Name: "RedisDown", Severity: "page", Since: app.Now(), Summary: "Redis가 <답하지> 않습니다.", Runbook: "https://docs.example/operating#redis"}, {Name: "BackupOld", Severity: "ticket", Since: saved, Summary: "백업이 오래되었습니다.", Runbook: "docs/operating.md#backup"}},
	}
	if err := store.SetHealth(app.Context(), h); err != nil {
		t.Fatal(err)
	}
	hour := int64(3_600_000)
	if err := store.Add(app.Context(), []bill.Usage{
		{Day: clock.Day(app.Now()), Function: "notices", Watched: 10 * hour, Awake: hour, Pods: hour, Cost: 3_487_500, Starts: 2, Wakes: 2, Readied: 2, ReadyTime: 1600, WarmSaves: 1, WarmTime: 60_000},
		{Day: clock.Day(app.Now()), Function: "main", Watched: 10 * hour},
	}); err != nil {
		t.Fatal(err)
	}
	if err := store.SetPrice(app.Context(), bill.Price{Node: "m2.c2m4", WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, Servers: 2, ServerType: "m2.c2m4", ServerWon: 93, Source: "a test's", SourceKO: "시험 값"}); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("Redis가 &lt;답하지&gt; 않습니다.", `href="https://docs.example/operating#redis"`, "<code>docs/operating.md#backup</code>", "이번 주에", "지금 손보아야 할 일이 있습니다.", "준비되지 않은 기능이 있습니다: 사진 다듬기", "전하지 못한 일이 3건 있습니다.", "공지 <code>notices</code>",
		"12 ms", "4.5 GB / 5.0 GB (90.0%)", "연결 7 / 100", "답이 없음", "키 1,234개", "12,345개, 820 KB", "전하지 못함 3건", "1.5분 / 60.0분",
		"잠듦", "깨어 있음", "<code>RevisionMissing</code>",
		"기능들은 3.49원 들었습니다", "2대였다면 1,860원", "한 달이면 255원 대 135,873원", "60.0분", "90.0%", "0.80초", "값의 출처: 시험 값", "1번을 덜 기다립니다").SaysNot("멈추어", "손볼 일이 없습니다")
	see("/en/console/operations?month=2026-02").Says("The bill of February 2026", "Nothing was measured in this month", "month=2026-03", "This week", "Asleep", `id="bill" class="fold" open`, "Pictures <code>media</code>")
	app.Wait(3 * time.Minute)
	see("/console/operations").Says("살피는 프로그램(watch)이 멈추어")

	// All is well, and cheaper than the month before.
	h.At, h.Alerts, h.Pages.Reachable, h.Events.Dead, h.Functions = app.Now(), nil, true, 0, h.Functions[:2]
	err := store.SetHealth(app.Context(), h)
	if err := errors.Join(err, store.Add(app.Context(), []bill.Usage{{Day: "2026-02-03", Function: "notices", Watched: 10 * hour, Cost: 2 * 3_487_500}})); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("모두 정상", "홈페이지는 모두 잘 돌아가고 있습니다.", "손볼 일이 없습니다", "<b>255원</b>", "<b>6.97원</b>", "지난달보다 50% 덜 듭니다")
	see("/en/console/operations").Says("All is well", "50% less than the month before")
}
