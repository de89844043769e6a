package desk

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// verdict is how everything is in one sentence, and how old that is.
func verdict(ctx context.Context, h bill.Health) desk.Answer {
	kind, word, said := ui.Done, "", ""
	switch h.Verdict() {
	case bill.Unseen:
		kind, word, said = ui.Wait, ui.T(ctx, "아직 알 수 없음", "Not known yet"), ui.T(ctx, "아직 아무도 살펴보지 않았습니다. 잠시 뒤에 다시 보세요.", "Nothing has been checked yet. Come back in a moment.")
	case bill.Blind:
		kind, word, said = ui.Late, ui.T(ctx, "알 수 없음", "Not known"), ui.T(ctx, "상태를 살피는 프로그램이 멈추어 지금 상태를 알 수 없습니다. 아래는 마지막으로 살펴본 모습입니다.", "The program that checks everything has stopped, so the current state is unknown. Below is what it last saw.")
	case bill.Urgent:
		kind, word, said = ui.Late, ui.T(ctx, "지금 조치 필요", "Now"), ui.T(ctx, "지금 조치할 일이 있습니다.", "Something needs your attention now.")
	case bill.Soon:
		kind, word, said = ui.Half, ui.T(ctx, "이번 주에 조치 필요", "This week"), ui.T(ctx, "홈페이지는 정상으로 작동합니다. 이번 주 안에 조치할 일이 있습니다.", "The site is running. Something needs your attention this week.")
	case bill.Fine:
		kind, word, said = ui.Done, ui.T(ctx, "모두 정상", "All is well"), ui.T(ctx, "홈페이지는 모두 잘 돌아가고 있습니다.", "Everything is running well.")
	}
	return desk.Answer{Question: ui.T(ctx, "모두 정상인가요?", "Is all well?"), Said: g.Group{ui.State(kind, word), g.Text(" "), g.Text(said)},
		More: g.Iff(!h.At.IsZero(), func() g.Node {
			return g.Group{g.Text(ui.T(ctx, "살펴본 때: ", "Checked: ")), desk.Short(ctx, h.At)}
		})}
}

// todo is whether there is anything to do.
func todo(ctx context.Context, h bill.Health) desk.Answer {
	a := desk.Answer{Question: ui.T(ctx, "무엇을 해야 하나요?", "What is there to do?"), Said: g.Text(ui.T(ctx, "지금 조치할 일이 없습니다.", "Nothing needs your attention now.")),
		More: g.Text(ui.T(ctx, "조치할 일이 생기면 여기에 나오고 알림 채널로도 갑니다.", "Anything that does is listed here and sent to your channels."))}
	if n := len(h.Tasks()); n > 0 {
		a.Said, a.More = el.A(el.Href("#tasks"), g.Text(ui.T(ctx, "조치할 일 "+strconv.Itoa(n)+"건", text.Many(n, "thing")+" to attend to"))), g.Text(ui.T(ctx, "급한 것부터 아래에 있습니다.", "They are listed below, the most urgent first."))
	}
	return a
}

// price is what is paid a month.
func price(ctx context.Context, month bill.Bill) desk.Answer {
	a := desk.Answer{Question: ui.T(ctx, "얼마가 드나요?", "What does it cost?"), Said: g.Text(ui.T(ctx, "아직 알 수 없습니다.", "Not known yet.")), More: g.Text(paid(ctx, month))}
	if month.Paid.WonPerMonth > 0 {
		sum := won(ctx, month.Paid.WonPerMonth)
		a.Said, a.More = g.Text(ui.T(ctx, "한 달에 "+sum, sum+" a month")), g.Text(ui.T(ctx, "방문이 늘어도 서버를 늘리지 않으면 그대로입니다.", "More visitors do not change it, more servers do."))
	}
	return a
}

// tasks are what somebody should do, the most urgent first.
func (h handlers) tasks(ctx context.Context, health bill.Health) g.Node {
	tasks := health.Tasks()
	if len(tasks) == 0 {
		return nil
	}
	return el.Section(el.Aria("labelledby", "tasks"), ui.Gate("tasks", ui.T(ctx, "조치할 일", "What to do"), "", "", ""),
		el.Ul(el.Class("rows"), g.Map(tasks, func(t bill.Task) g.Node { return h.task(ctx, t) })),
	)
}

func (h handlers) task(ctx context.Context, t bill.Task) g.Node {
	state := ui.State(ui.Half, ui.T(ctx, "이번 주에", "This week"))
	if t.Now {
		state = ui.State(ui.Late, ui.T(ctx, "지금", "Now"))
	}
	said, more, code := el.Span(g.Text(h.seen(ctx, t))), []g.Node{}, g.Node(nil)
	if a := t.Alert; a != nil {
		summary := el.Span(el.Lang("ko"), g.Text(a.Summary))
		said, code = summary, el.Code(g.Text(a.Name))
		if english := alertText(a.Name); english != "" && ui.T(ctx, "", "en") == "en" { // an operator's own alert has but the summary
			said, code = el.Span(g.Text(english)), g.Group{code, g.Text(" "), summary}
		}
		more = append(more, desk.Short(ctx, a.Since), g.Iff(a.Runbook != "", func() g.Node {
			if strings.HasPrefix(a.Runbook, "https://") {
				return desk.Link(a.Runbook, ui.T(ctx, "이렇게 하세요", "What to do"), "")
			}
			return el.Span(g.Text(ui.T(ctx, "이렇게 하세요: ", "What to do: ")), el.Code(g.Text(a.Runbook)))
		}))
	} else {
		more = append(more, el.Span(g.Text(ui.T(ctx, "이어지면 경보가 나갑니다.", "An alert follows if it lasts."))))
	}
	if t.Name == "DeadLetters" {
		more = append(more, desk.Link(desk.At(ctx, deadletter.DeskPath), ui.T(ctx, "전하지 못한 일 보기", "See what was not delivered"), ""))
	}
	return el.Li(el.Class("row"), el.Div(el.Class("row-main"), el.P(el.Class("row-title"), state, g.Text(" "), said), el.P(el.Class("meta"), g.Group(more)),
		g.If(code != nil, el.Details(el.Summary(g.Text(ui.T(ctx, "자세히", "Details"))), code))))
}

// alertText is what an alert says, in English: its summary (knative/chart/files/rules) is in Korean.
func alertText(name string) string {
	return map[string]string{
		"SiteDown":                "The site does not answer.",
		"WatchDown":               "The program that checks everything has stopped. Other alerts cannot be relied on.",
		"ReadsFail":               "Visitors are getting errors. At this rate, a month's allowance is used up within days.",
		"WritesFail":              "Publishing and editing are failing. At this rate, a month's allowance is used up within days.",
		"FailsSlowly":             "A few errors go on, and are over the month's objective.",
		"SlowAnswers":             "A function answers slowly.",
		"CertificateEnds":         "The site's certificate expires within 14 days.",
		"SlowStarts":              "Waking a sleeping function takes more than 5 seconds.",
		"NeverSleeps":             "A function never sleeps, and keeps costing money.",
		"ReleaseFailing":          "A function's new version does not become ready.",
		"KeepsRestarting":         "A container keeps restarting.",
		"WarmUpBudgetUsedUp":      "The day's budget for waking functions ahead is used up.",
		"DatabaseDown":            "The database does not answer. Nobody can sign in or write.",
		"RedisDown":               "Redis does not answer. Visitors see copies.",
		"DatabaseNearlyFull":      "Less than 15 % of the database's space is left.",
		"ConnectionsNearlyUsedUp": "Nearly all connections to the database are in use.",
		"StorageNearlyFull":       "Files take up more than 85 % of their space.",
		"BackupTooOld":            "The last backup of the database is too old.",
		"LogsNotKept":             "Logs are not being kept: past requests cannot be looked up later.",
		"EventsStuck":             "Events have been waiting to be sent for more than 15 minutes.",
		"DeadLetters":             "Some events were not taken by anybody.",
	}[name]
}

// seen is what was seen of a task of which there is no alert yet.
func (h handlers) seen(ctx context.Context, t bill.Task) string {
	names := []string{}
	for _, f := range t.Functions {
		names = append(names, h.called(ctx, f))
	}
	switch t.Name {
	case "SiteDown":
		return ui.T(ctx, "홈페이지가 답하지 않습니다.", alertText(t.Name))
	case "DatabaseDown":
		return ui.T(ctx, "데이터베이스가 답하지 않습니다. 로그인과 글쓰기가 되지 않습니다.", alertText(t.Name))
	case "RedisDown":
		return ui.T(ctx, "Redis가 답하지 않습니다. 방문자는 복사본을 보고 있습니다.", alertText(t.Name))
	case "ReleaseFailing":
		return ui.T(ctx, "준비되지 않은 기능이 있습니다: ", "Not ready: ") + strings.Join(names, ", ")
	case "BackupTooOld": // there was never one, of which the alert waits for an hour
		return ui.T(ctx, "백업이 아직 한 번도 없습니다.", "There has never been a backup.")
	case "DeadLetters":
		n := grouped(float64(t.Count), 0)
		return ui.T(ctx, "전하지 못한 일이 "+n+"건 있습니다.", "Not delivered: "+n+".")
	default:
		return t.Name
	}
}

// called is what people call a function.
func (h handlers) called(ctx context.Context, name string) string {
	return ui.Name(ctx, h.catalogue.Called(name))
}

// costs are what is paid anyway, and what functions take of it this month and took the month before; nil where none of it is known.
func costs(ctx context.Context, month, before bill.Bill) g.Node {
	if month.Paid.WonPerMonth == 0 && month.Paid.Nodes == 0 && before.Paid.Nodes == 0 {
		return nil
	}
	share := func(b bill.Bill, ko, en string) g.Node {
		return g.If(b.WatchedHours > 0 && b.Paid.Nodes > 0, el.P(g.Text(ui.T(ctx, ko, en)), el.B(g.Text(percent(b.Paid.Functions)))))
	}
	return el.Section(el.Class("stack"), el.Aria("labelledby", "costs"), ui.Gate("costs", ui.T(ctx, "매달 내는 돈", "What is paid every month"), "", "", ""),
		el.Div(el.Class("stats"),
			g.If(month.Paid.WonPerMonth > 0, el.P(g.Text(ui.T(ctx, "기본 비용", "Fixed cost")), el.B(g.Text(won(ctx, month.Paid.WonPerMonth))))),
			g.If(month.Paid.AlwaysOn > 0, el.P(g.Text(ui.T(ctx, "늘 켜 둔 것의 몫", "Always on, of the servers")), el.B(g.Text(percent(month.Paid.AlwaysOn))))),
			share(month, "이번 달 기능들의 몫", "Functions, this month"),
			share(before, "지난달 기능들의 몫", "Functions, the month before"),
		),
		el.P(g.Text(changed(ctx, month, before))),
		el.P(el.Class("hint"), g.Text(paid(ctx, month))),
	)
}

// paid is what the sum is made of.
func paid(ctx context.Context, b bill.Bill) string {
	parts := []string{}
	if b.Paid.NodesMonth > 0 {
		n := strconv.Itoa(b.Price.Nodes)
		parts = append(parts, ui.T(ctx, b.Price.Node+" "+n+"대 ", n+" × "+b.Price.Node+" ")+won(ctx, b.Paid.NodesMonth))
	}
	for _, f := range b.Price.Besides {
		parts = append(parts, ui.T(ctx, cmp.Or(f.NameKO, f.Name), f.Name)+" "+won(ctx, f.Won))
	}
	if len(parts) == 0 {
		return ui.T(ctx, "서버에 내는 돈을 모릅니다. 한 컴퓨터에서 돌린다면 그 값이 전부입니다.", "What is paid for servers is not known. On a single computer, its price is all there is.")
	}
	return ui.T(ctx, "여기에 든 것: "+strings.Join(parts, ", ")+". 설정에 값을 적지 않은 것은 들어 있지 않습니다. 늘 켜 둔 것은 엣지, 데이터베이스, Redis처럼 잠들지 않는 것입니다.",
		"In it: "+strings.Join(parts, ", ")+". What has no price in the settings is not in it. What is always on are the edge, the database, Redis and whatever else never sleeps.")
}

// changed says whether functions take more than before, which changes nothing that is paid.
func changed(ctx context.Context, month, before bill.Bill) string {
	share, known := bill.Change(month, before)
	part := strconv.Itoa(int(math.Round(math.Abs(share)*100))) + "%"
	switch {
	case !known:
		return ui.T(ctx, "기능들의 몫을 지난달과 비교할 만큼 살펴보지 못했습니다.", "Too little was seen to compare what functions take with the month before.")
	case math.Abs(share) < 0.05: // what a few visitors more or less make
		return ui.T(ctx, "기능들은 지난달과 비슷하게 씁니다.", "Functions take about as much as the month before.")
	case share > 0:
		return ui.T(ctx, "이대로면 기능들이 지난달보다 "+part+" 더 씁니다. 서버가 모자랄 때에만 더 내게 되고, 무엇이 많이 쓰는지는 아래 ‘기능마다 자세히’에서 볼 수 있습니다.", "At this rate functions take "+part+" more than the month before. It costs more only where the nodes do not suffice; what takes most stands below.")
	default:
		return ui.T(ctx, "이대로면 기능들이 지난달보다 "+part+" 덜 씁니다. 서버를 줄여야 비용이 줄어듭니다.", "At this rate functions take "+part+" less than the month before. Less is paid only with fewer nodes.")
	}
}
