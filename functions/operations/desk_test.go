package operations_test

import (
	"errors"
	"os"
	"regexp"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/operations"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/bill"
)

// The page of operations says how everything is in a sentence, what to do, what is paid and what functions took of it beside the month before, and
// more to who unfolds it, with what people call functions.
func TestDesk(t *testing.T) {
	app := functiontest.New(t, operations.Function, functiontest.Beside(functions.All()...))
	admin := app.Admin()
	see := func(path string) functiontest.Response {
		t.Helper()
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: admin}).Want(200)
	}
	store := bill.Store{DB: app.DB}
	see("/console/operations").Says("아직 아무도 살펴보지 않았습니다", "지금 조치할 일이 없습니다", "2026년 3월 요금", "살펴본 시간이 없습니다", "month=2026-02").Says("얼마가 드나요?", "서버에 내는 돈을 모릅니다").SaysNot("매달 내는 돈", "month=2026-04", `class="facts"`, "모두 정상</span>", `id="bill" class="fold" open`)
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
	price := bill.Price{Node: "m2.c2m4", Nodes: 2, WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, AlwaysOn: 20.925, Besides: []bill.Fixed{{Name: "load balancer", NameKO: "로드 밸런서", Won: 20_000}}, Source: "a test's", SourceKO: "시험 값"}
	if err := store.SetPrice(app.Context(), price); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("Redis가 &lt;답하지&gt; 않습니다.", `href="https://docs.example/operating#redis"`, "<code>docs/operating.md#backup</code>", "이번 주에", "지금 조치할 일이 있습니다.", "준비되지 않은 기능이 있습니다: 사진 다듬기", "전하지 못한 일이 3건 있습니다.", "공지 <code>notices</code>",
		"12 ms", "4.5 GB / 5.0 GB (90.0%)", "연결 7 / 100", "답이 없음", "복사본 1,234개", "12,345개, 820 KB", "전하지 못함 3건", "1.5분 / 60.0분",
		"잠듦", "깨어 있음", "<code>RevisionMissing</code>",
		"<b>155,873원</b>", "<b>11.2%</b>", "m2.c2m4 2대 135,873원, 로드 밸런서 20,000원", "서버 값은 1,860원이고, 그 가운데 기능들이 쓴 몫은 3.49원(0.2%)", "한 달이면 135,873원 가운데 255원",
		"평균 0.1개", "평균 2.0개였을 테니, 그 자리의 95.0%", "60.0분", "90.0%", "0.80초", "값의 출처: 시험 값", "1번을 덜 기다립니다").SaysNot("멈추어", "조치할 일이 없습니다")
	see("/en/console/operations").Says(`<span>Redis does not answer. Visitors see copies.</span>`, "<code>RedisDown</code> <span lang=\"ko\">Redis가 &lt;답하지&gt; 않습니다.</span>")
	see("/en/console/operations?month=2026-02").Says("The bill of February 2026", "Nothing was measured in this month", "month=2026-03", "This week", "Asleep", `id="bill" class="fold" open`, "Pictures <code>media</code>")
	// One computer has no nodes: nobody is told that they are paid for.
	if err := store.SetPrice(app.Context(), bill.Price{Node: "m2.c2m4", WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, Source: "a test's"}); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("서버에 내는 돈을 모릅니다", "m2.c2m4 서버에서라면 기능들의 몫은 3.49원입니다.").SaysNot("135,873", "이대로 한 달이면 0")
	if err := store.SetPrice(app.Context(), price); err != nil {
		t.Fatal(err)
	}
	app.Wait(3 * time.Minute)
	see("/console/operations").Says("살피는 프로그램이 멈추어")

	// That there was never a copy is something to do, but where none is made.
	h.At, h.Alerts, h.Pages.Reachable, h.Events.Dead, h.Functions, h.Backup = app.Now(), nil, true, 0, h.Functions[:2], bill.BackupHealth{Expected: true}
	if err := store.SetHealth(app.Context(), h); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("백업이 아직 한 번도 없습니다.", "이번 주 안에 조치할 일이 있습니다.", "아직 없음").SaysNot("모두 정상</span>")
	see("/en/console/operations").Says("There has never been a backup.", "None yet")
	h.Backup = bill.BackupHealth{}
	if err := store.SetHealth(app.Context(), h); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("모두 정상", "여기에서는 하지 않음").SaysNot("백업이 아직", "아직 없음")

	// All is well, and functions take less than the month before.
	h.At, h.Backup = app.Now(), bill.BackupHealth{At: &saved, Expected: true}
	err := store.SetHealth(app.Context(), h)
	if err := errors.Join(err, store.Add(app.Context(), []bill.Usage{{Day: "2026-02-03", Function: "notices", Watched: 10 * hour, Cost: 2 * 3_487_500}})); err != nil {
		t.Fatal(err)
	}
	see("/console/operations").Says("모두 정상", "홈페이지는 모두 잘 돌아가고 있습니다.", "조치할 일이 없습니다", "<b>0.2%</b>", "<b>0.4%</b>", "지난달보다 50% 덜 씁니다")
	see("/en/console/operations").Says("All is well", "50% less than the month before", "<b>155,873 won</b>", "2 × m2.c2m4 135,873 won, load balancer 20,000 won")
}

// Every alert of the chart has English words on the page.
func TestAlertsInEnglish(t *testing.T) {
	rules, err := os.ReadFile("../../knative/chart/files/rules/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	app := functiontest.New(t, operations.Function)
	h := bill.Health{At: app.Now(), Site: bill.SiteHealth{Reachable: true}, Database: bill.DatabaseHealth{Reachable: true}, Pages: bill.PagesHealth{Reachable: true}}
	for _, name := range regexp.MustCompile(`- alert: (\w+)`).FindAllStringSubmatch(string(rules), -1) {
		h.Alerts = append(h.Alerts, bill.Alert{Name: name[1], Severity: "ticket", Since: app.Now(), Summary: "경보"})
	}
	if len(h.Alerts) < 20 {
		t.Fatalf("the chart has %d alerts", len(h.Alerts))
	}
	if err := (bill.Store{DB: app.DB}).SetHealth(app.Context(), h); err != nil {
		t.Fatal(err)
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/en/console/operations", As: app.Admin()}).Want(200).Says(`</code> <span lang="ko">경보</span>`).SaysNot(`</span> <span lang="ko">경보</span>`)
}
