package desk

import (
	"cmp"
	"context"
	"math"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type operationsRequest struct {
	Month string `query:"month"` // in Seoul, as 2026-03; this month without it
}

func (h handlers) operations(ctx context.Context, r *operationsRequest) (*ui.Answer, error) {
	month, err := bill.Month(ctx, r.Month)
	if err != nil {
		return nil, err
	}
	health, err := h.running.Health(ctx)
	if err != nil {
		return nil, err
	}
	monthly, err := h.running.Bill(ctx, month)
	if err != nil {
		return nil, err
	}
	now, this := clock.Now(ctx), monthly
	if r.Month != "" {
		if this, err = h.running.Bill(ctx, now); err != nil {
			return nil, err
		}
	}
	before, err := h.running.Bill(ctx, bill.Before(now))
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "운영", "Operations"), Section: bill.DeskPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "운영", "Operations")),
		desk.Answers(verdict(ctx, health), todo(ctx, health), price(ctx, this)),
		h.tasks(ctx, health),
		costs(ctx, this, before),
		g.Iff(!health.At.IsZero(), func() g.Node {
			return folded("state", ui.T(ctx, "상태 자세히", "State in detail"), false, everything(ctx, health), h.functionsTable(ctx, health))
		}),
		folded("bill", ui.T(ctx, "기능마다 자세히", "Function by function"), r.Month != "", h.billOf(ctx, monthly, now)),
	}}), nil
}

// folded are details for who asks for them.
func folded(id, title string, open bool, nodes ...g.Node) g.Node {
	return el.Details(el.ID(id), el.Class("fold"), g.If(open, g.Attr("open")), el.Summary(g.Text(title)), el.Div(el.Class("stack"), g.Group(nodes)))
}

// everything is what there is beside functions.
func everything(ctx context.Context, h bill.Health) g.Node {
	state := func(fine bool, more string) g.Node {
		kind, word := ui.Done, ui.T(ctx, "정상", "Fine")
		if !fine {
			kind, word = ui.Late, ui.T(ctx, "답이 없음", "No answer")
		}
		return el.Span(el.Class("meta"), ui.State(kind, word), g.If(more != "", el.Span(g.Text(more))))
	}
	of := func(used, limit int64) string {
		if limit <= 0 {
			return ui.Size(used)
		}
		return ui.Size(used) + " / " + ui.Size(limit) + " (" + percent(float64(used)/float64(limit)) + ")"
	}
	count := func(n int64, ko, en string) string {
		return strings.Replace(ui.T(ctx, ko, en), "N", grouped(float64(n), 0), 1)
	}
	when := func(t *time.Time, none string) g.Node {
		if t == nil {
			return g.Text(none)
		}
		return desk.Short(ctx, *t)
	}
	site := ""
	if h.Site.Reachable {
		site = grouped(h.Site.Milliseconds, 0) + " ms"
	}
	database := of(h.Database.Bytes, h.Database.LimitBytes)
	if h.Database.MaxConnections > 0 {
		database += ui.T(ctx, ", 연결 ", ", connections ") + strconv.Itoa(h.Database.Connections) + " / " + strconv.Itoa(h.Database.MaxConnections)
	}
	unsaved := ui.T(ctx, "여기에서는 하지 않음", "Not made here")
	if h.Backup.Expected {
		unsaved = ui.T(ctx, "아직 없음", "None yet")
	}
	minutes := func(seconds float64) string { return grouped(seconds/60, 1) + ui.T(ctx, "분", " min") }
	return el.Dl(el.Class("facts"),
		desk.Fact(ui.T(ctx, "홈페이지", "Site"), state(h.Site.Reachable, site)),
		g.Iff(h.Site.CertificateEnds != nil, func() g.Node {
			return desk.Fact(ui.T(ctx, "인증서 끝", "Certificate ends"), desk.Short(ctx, *h.Site.CertificateEnds))
		}),
		desk.Fact(ui.T(ctx, "데이터베이스", "Database"), state(h.Database.Reachable, database)),
		desk.Fact(ui.T(ctx, "방문자 페이지", "Visitors' pages"), state(h.Pages.Reachable, of(h.Pages.Bytes, h.Pages.MaxBytes)+", "+count(h.Pages.Keys, "복사본 N개", "N copies"))),
		desk.Fact(ui.T(ctx, "파일", "Files"), g.Text(count(h.Storage.Files, "N개", "N files")+", "+of(h.Storage.Bytes, h.Storage.LimitBytes)+", "+count(h.Storage.Unfinished, "올리는 중 N개", "N unfinished"))),
		desk.Fact(ui.T(ctx, "전할 일", "Events"), el.Span(el.Class("meta"), el.Span(g.Text(count(h.Events.Unsent, "기다리는 중 N건", "N waiting"))),
			desk.Link(desk.At(ctx, deadletter.DeskPath), count(h.Events.Dead, "전하지 못함 N건", "N undelivered"), ""))),
		desk.Fact(ui.T(ctx, "백업", "Backup"), when(h.Backup.At, unsaved)),
		desk.Fact(ui.T(ctx, "다음 게시", "Next publication"), when(h.WarmUp.Next, ui.T(ctx, "없음", "None"))),
		desk.Fact(ui.T(ctx, "미리 깨우기", "Warm-up"), g.Text(ui.T(ctx, "오늘 ", "Today ")+minutes(h.WarmUp.UsedSeconds)+" / "+minutes(h.WarmUp.BudgetSeconds))),
	)
}

// functionsTable is each function's release and its pods.
func (h handlers) functionsTable(ctx context.Context, health bill.Health) g.Node {
	if len(health.Functions) == 0 {
		return nil
	}
	return desk.Table(ui.T(ctx, "기능의 상태", "The functions' state"),
		[]g.Node{desk.Column(ctx, "기능", "Function"), desk.Column(ctx, "상태", "State"), desk.Numbers(ctx, "실행 중", "Pods"), desk.Numbers(ctx, "다시 시작", "Restarts")},
		g.Map(health.Functions, func(f bill.FunctionHealth) g.Node {
			kind, word := ui.Open, ui.T(ctx, "깨어 있음", "Awake")
			switch {
			case !f.Ready:
				kind, word = ui.Late, ui.T(ctx, "준비 안 됨", "Not ready")
			case f.Pods == 0:
				kind, word = ui.Wait, ui.T(ctx, "잠듦", "Asleep")
			}
			return el.Tr(el.Th(g.Attr("scope", "row"), h.name(ctx, f.Name)),
				el.Td(ui.State(kind, word), g.If(f.Reason != "", g.Group{g.Text(" "), el.Code(g.Text(f.Reason))})),
				desk.Number(strconv.Itoa(f.Pods)), desk.Number(strconv.Itoa(f.Restarts)))
		}))
}

// name is what people call a function, and the name of its Service for who looks it up elsewhere.
func (h handlers) name(ctx context.Context, name string) g.Node {
	if called := h.called(ctx, name); called != name {
		return g.Group{g.Text(called + " "), el.Code(g.Text(name))}
	}
	return g.Text(name)
}

// billOf is what functions took in a month of what was paid, and what would make them faster.
func (h handlers) billOf(ctx context.Context, b bill.Bill, now time.Time) g.Node {
	before, after := b.From.AddDate(0, -1, 0), b.From.AddDate(0, 1, 0)
	month := func(t time.Time) string { return ui.T(ctx, t.Format("2006년 1월"), t.Format("January 2006")) }
	to := func(t time.Time, rel string) g.Node {
		return desk.Link(desk.At(ctx, bill.DeskPath, "month", t.Format("2006-01"))+"#bill", month(t), "button small quiet", el.Rel(rel))
	}
	nodes := g.Group{
		el.Div(el.Class("heading"), el.H2(g.Text(ui.T(ctx, month(b.From)+" 요금", "The bill of "+month(b.From)))),
			el.Nav(el.Class("actions"), el.Aria("label", ui.T(ctx, "다른 달", "Other months")), to(before, "prev"), g.Iff(!after.After(now), func() g.Node { return to(after, "next") }))),
	}
	if b.WatchedHours == 0 {
		return el.Section(el.Class("stack"), nodes, el.P(el.Class("hint"), g.Text(ui.T(ctx, "이 달에는 살펴본 시간이 없습니다.", "Nothing was measured in this month."))))
	}
	lines := append(append([]bill.Line{}, b.Functions...), b.Total)
	return el.Section(el.Class("stack"), nodes,
		el.P(g.Text(taken(ctx, b))),
		g.Iff(b.Sleep.Always > 0, func() g.Node { return el.P(g.Text(slept(ctx, b.Sleep))) }),
		el.P(el.Class("hint"), g.Text(ui.T(ctx, "표의 요금은 서버 값 가운데의 몫이고, 따로 내는 돈이 아닙니다. 살펴본 시간 "+grouped(b.WatchedHours, 1)+"시간. 살피지 못한 시간은 들어 있지 않습니다.", "What the table says is part of what is paid for nodes, and nothing beside it. Watched for "+grouped(b.WatchedHours, 1)+" hours; what was not watched is not in it.")),
			g.Text(" "), g.Text(ui.T(ctx, "값의 출처: "+cmp.Or(b.Price.SourceKO, b.Price.Source), "Prices: "+b.Price.Source))),
		desk.Table(ui.T(ctx, "기능의 요금", "The functions' bill"), []g.Node{
			desk.Column(ctx, "기능", "Function"), desk.Numbers(ctx, "요금", "Cost"), desk.Numbers(ctx, "한 달이면", "In a month"), desk.Numbers(ctx, "떠 있던 시간", "Pods' time"), desk.Numbers(ctx, "잠든 비율", "Asleep"), desk.Numbers(ctx, "깨어남", "Woken"), desk.Numbers(ctx, "폼을 열 때 미리 깨움", "By forms"), desk.Numbers(ctx, "준비까지", "Ready in"), desk.Column(ctx, "권고", "Advice"),
		}, g.Map(lines, func(l bill.Line) g.Node {
			name := h.called(ctx, l.Function)
			if l.Function == "" {
				name = ui.T(ctx, "모두", "All")
			}
			ready, monthly := "–", "–"
			if l.ReadySeconds > 0 {
				ready = grouped(l.ReadySeconds, 2) + ui.T(ctx, "초", " s")
			}
			if l.WonPerMonth > 0 {
				monthly = won(ctx, l.WonPerMonth)
			}
			return el.Tr(el.Th(g.Attr("scope", "row"), g.Text(name)), desk.Number(won(ctx, l.Won)), desk.Number(monthly), desk.Number(grouped(l.PodSeconds/60, 1)+ui.T(ctx, "분", " min")), desk.Number(percent(l.AsleepShare)),
				desk.Number(grouped(float64(l.Wakes), 0)), desk.Number(grouped(float64(l.FormWakes), 0)), desk.Number(ready), el.Td(el.Class("said"), g.Text(advice(ctx, l))))
		})),
	)
}

// taken is what functions took of what was paid for nodes.
func taken(ctx context.Context, b bill.Bill) string {
	if b.Paid.Nodes == 0 {
		return ui.T(ctx, b.Price.Node+" 서버에서라면 기능들의 몫은 "+won(ctx, b.Total.Won)+"입니다.", "On nodes "+b.Price.Node+" functions would have taken "+won(ctx, b.Total.Won)+".")
	}
	said := ui.T(ctx, "살펴본 동안 서버 값은 "+won(ctx, b.Paid.Nodes)+"이고, 그 가운데 기능들이 쓴 몫은 "+won(ctx, b.Total.Won)+"("+percent(b.Paid.Functions)+")입니다.",
		"The nodes cost "+won(ctx, b.Paid.Nodes)+" while they were watched; functions took "+won(ctx, b.Total.Won)+" of it ("+percent(b.Paid.Functions)+").")
	if b.Total.WonPerMonth > 0 {
		said += ui.T(ctx, " 이대로 한 달이면 "+won(ctx, b.Paid.NodesMonth)+" 가운데 "+won(ctx, b.Total.WonPerMonth)+"입니다.", " At this rate that is "+won(ctx, b.Total.WonPerMonth)+" of "+won(ctx, b.Paid.NodesMonth)+" a month.")
	}
	return said
}

// slept is what functions left free by sleeping.
func slept(ctx context.Context, s bill.Sleep) string {
	there, always, spared := grouped(s.Pods, 1), grouped(s.Always, 1), percent(s.Spared)
	return ui.T(ctx, "기능은 평균 "+there+"개가 떠 있었습니다. 잠들지 않았다면 평균 "+always+"개였을 테니, 그 자리의 "+spared+"를 비워 두었습니다. 비운 자리는 사람이 몰릴 때와 다른 일에 쓰고, 서버를 줄여야 비용이 줄어듭니다.",
		there+" pods of functions were there on average. Had none slept, there would have been "+always+": "+spared+" of that room was free. It serves rushes and whatever else runs there, and saves money only where there are fewer nodes for it.")
}

// advice is whether keeping the last pod for some minutes after its last request is worth
// its price.
func advice(ctx context.Context, l bill.Line) string {
	w := l.Warm
	minutes, spared := grouped(w.Minutes, 0), grouped(float64(w.SparedWakes), 0)
	switch {
	case l.Function == "" || w.SparedWakes == 0:
		return "–"
	case w.Worth:
		return ui.T(ctx, minutes+"분 더 깨워 두면 "+won(ctx, w.Won)+"으로 "+spared+"번을 덜 기다립니다. 그럴 만합니다.", "Kept for "+minutes+" minutes, "+won(ctx, w.Won)+" would spare "+spared+" cold starts: worth it.")
	default:
		return ui.T(ctx, minutes+"분 더 깨워 두면 "+won(ctx, w.Won)+"으로 "+spared+"번을 덜 기다립니다. 그대로 두세요.", "Kept for "+minutes+" minutes, "+won(ctx, w.Won)+" would spare "+spared+" cold starts: leave it.")
	}
}

func percent(share float64) string { return grouped(share*100, 1) + "%" }

// won is an amount; below a hundred with what is behind the point.
func won(ctx context.Context, v float64) string {
	digits := 0
	if math.Abs(v) < 100 {
		digits = 2
	}
	return grouped(v, digits) + ui.T(ctx, "원", " won")
}

// grouped is a number with a comma at each thousand.
func grouped(v float64, digits int) string {
	text := strconv.FormatFloat(v, 'f', digits, 64)
	whole, rest, _ := strings.Cut(strings.TrimPrefix(text, "-"), ".")
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + "," + whole[i:]
	}
	if rest != "" {
		whole += "." + rest
	}
	if strings.HasPrefix(text, "-") {
		return "-" + whole
	}
	return whole
}
