package desk

import (
	"context"
	"net/url"
	"strconv"
	"time"
	"unicode/utf8"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type listRequest struct{}

func (h handlers) list(ctx context.Context, _ *listRequest) (*ui.Answer, error) {
	list, err := h.banners.Managed(ctx)
	if err != nil {
		return nil, err
	}
	orders := auth.From(ctx).May(auth.Arrange, "") && len(list) > 1
	v := ui.View{Title: ui.T(ctx, "배너", "Banners"), Section: banner.DeskPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "배너", "Banners"), desk.Link(desk.At(ctx, banner.DeskPath+"/new"), ui.T(ctx, "새 배너", "New banner"), "button")),
		g.Iff(len(list) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "아직 배너가 없습니다. 메인 페이지 맨 위에 보일 이미지를 올려 보세요.", "There are no banners yet. Put a picture at the top of the main page."))
		}),
		g.Iff(orders, func() g.Node {
			return el.P(el.Class("hint"), g.Text(ui.T(ctx, "손잡이를 끌거나, 손잡이에서 화살표 키를 눌러 순서를 바꿉니다. 바꾸면 바로 저장됩니다. ", "Drag the handle, or press the arrow keys on it, to put them in order. It is saved at once. ")),
				el.Span(el.ID("order-state"), el.Role("status")))
		}),
		g.Iff(len(list) > 0, func() g.Node {
			return el.Ol(el.ID("banners"), el.Class("rows ordered"), g.Map(list, func(b banner.Stored) g.Node { return h.row(ctx, b, orders) }))
		}),
	}}
	if orders {
		v.Scripts = []string{"banners.js"}
	}
	return h.desk.Page(ctx, v), nil
}

func (h handlers) row(ctx context.Context, b banner.Stored, orders bool) g.Node {
	return el.Li(el.Class("row"), el.Data("id", b.ID),
		g.Iff(orders, func() g.Node { return handle(ctx, b.Alt) }),
		desk.Thumbnail(b.Image.Name, b.Image.Variants, "thumb banner-thumb "+ui.Focus(b.Focus.X, b.Focus.Y)),
		el.Div(el.Class("row-main"),
			desk.Link(desk.At(ctx, banner.DeskPath+"/"+b.ID), b.Alt, "row-title"),
			el.P(el.Class("meta"), desk.Badge(stateOf(ctx, b), stateText(ctx, b)), el.Span(g.Text(h.desk.Unit(ctx, b.Unit))), period(ctx, b)),
			el.P(el.Class("meta"), g.Text(readable(b.Link))),
		),
		g.Iff(orders, func() g.Node { return movers(ctx, b.Alt) }),
	)
}

// handle is what is dragged, and what the arrow keys move.
func handle(ctx context.Context, name string) g.Node {
	return el.Button(el.Type("button"), el.Class("button icon handle"), el.Data("handle", ""), el.Aria("label", ui.T(ctx, name+" 옮기기: 끌거나 화살표 키", "Move "+name+": drag, or arrow keys")), g.Text("⠿"))
}

func movers(ctx context.Context, name string) g.Node {
	mover := func(way, mark, label string) g.Node {
		return el.Button(el.Type("button"), el.Class("button icon"), el.Data("move", way), el.Aria("label", label), g.Text(mark))
	}
	return el.Div(el.Class("actions"),
		mover("up", "↑", ui.T(ctx, name+" 위로", name+": up")),
		mover("down", "↓", ui.T(ctx, name+" 아래로", name+": down")))
}

func stateOf(ctx context.Context, b banner.Stored) string {
	now := clock.Now(ctx)
	switch {
	case b.Ended(now):
		return "archived"
	case !b.Begun(now):
		return "scheduled"
	default:
		return "published"
	}
}

func stateText(ctx context.Context, b banner.Stored) string {
	switch stateOf(ctx, b) {
	case "archived":
		return ui.T(ctx, "끝남", "Ended")
	case "scheduled":
		return ui.T(ctx, "예정", "To come")
	default:
		return ui.T(ctx, "보이는 중", "Shown")
	}
}

func period(ctx context.Context, b banner.Stored) g.Node {
	if b.From == nil && b.Until == nil {
		return el.Span(g.Text(ui.T(ctx, "기한 없음", "No period")))
	}
	side := func(t *time.Time) g.Node {
		if t == nil {
			return nil
		}
		return desk.Short(ctx, *t)
	}
	return el.Span(side(b.From), g.Text(" – "), side(b.Until))
}

// readable is an address as people read it, with its Korean.
func readable(link string) string {
	if plain, err := url.PathUnescape(link); err == nil && utf8.ValidString(plain) {
		return plain
	}
	return link
}

type composeRequest struct{}

func (h handlers) compose(ctx context.Context, _ *composeRequest) (*ui.Answer, error) {
	return h.form(ctx, banner.Stored{}, nil), nil
}

type editRequest struct {
	ID string `path:"id"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	b, err := h.banners.Writable(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	days, err := h.banners.Clicks(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.form(ctx, b, days), nil
}

type told struct {
	Member   string         `json:"member"`
	Purposes []upload.Offer `json:"purposes"`
	ID       string         `json:"id"`
	Version  int64          `json:"version"`
	Next     string         `json:"next"` // the page after a save
}

func (h handlers) form(ctx context.Context, b banner.Stored, days []banner.Day) *ui.Answer {
	f := ui.NewForm(ctx)
	title := ui.T(ctx, "새 배너", "New banner")
	units := h.desk.Units(ctx, auth.Write, b.Unit)
	if b.ID != "" {
		title = ui.T(ctx, "배너 고치기", "Edit banner")
	} else {
		b.Focus = banner.Middle()
		if len(units) > 0 {
			b.Unit = units[0].Value
		}
	}
	return h.desk.Page(ctx, ui.View{Title: title, Section: banner.DeskPath, Class: "reading", Scripts: []string{"banner.js"}, Main: []g.Node{
		desk.Heading(title, g.Iff(b.ID != "", func() g.Node { return desk.Button("delete", ui.T(ctx, "지우기", "Delete"), "small danger") })),
		el.Form(el.ID("banner"), el.Class("form"), el.Method("post"), g.Attr("novalidate"),
			desk.Told(told{Member: auth.From(ctx).MemberID, Purposes: upload.Offers(auth.From(ctx), h.limits, true, "post", "event"), ID: b.ID, Version: b.Version, Next: desk.At(ctx, banner.DeskPath)}),
			el.FieldSet(el.Class("group"),
				el.Legend(g.Text(ui.T(ctx, "이미지", "Picture"))),
				el.Input(el.Type("hidden"), el.ID("field-image"), el.Name("image"), el.Value(b.Image.ID)),
				el.Div(el.ID("picture"), el.Class("picture"), g.Iff(len(b.Image.Variants) > 0, func() g.Node {
					v := b.Image.Variants[len(b.Image.Variants)-1]
					return el.Img(el.Src(v.URL), el.Width(strconv.Itoa(v.Width)), el.Height(strconv.Itoa(v.Height)), el.Alt(b.Alt))
				})),
				el.Ul(el.ID("transfers"), el.Class("transfers")),
				desk.DropBox(ctx, false),
				el.P(desk.Button("pick", ui.T(ctx, "올린 이미지에서 고르기", "Choose an uploaded picture"), "small quiet")),
				crop(ctx, b.Focus),
			),
			f.Input(ui.Field{Name: "alt", Label: ui.T(ctx, "대체 텍스트", "Alternative text"), Value: b.Alt, Limit: banner.MostAlt, Hint: ui.T(ctx, "이미지에 담긴 내용을 글로 씁니다. 이미지를 보지 못하는 사람에게는 이 글이 배너입니다.", "What the picture says, in words: to those who do not see it, this is the banner.")}),
			f.Input(ui.Field{Name: "link", Label: ui.T(ctx, "누르면 갈 곳", "Where it leads"), Value: b.Link, Hint: ui.T(ctx, "https://로 시작하는 주소나 /notices 같은 홈페이지 안의 경로", "An https:// address, or a path of the site as /notices")}),
			f.Select(ui.Field{Name: "unit", Label: ui.T(ctx, "단위", "Unit"), Value: b.Unit}, units...),
			el.Div(el.Class("two"),
				f.Input(desk.Moment(ctx, "from", problem.Text{KO: "표시 시작", EN: "From"}, problem.Text{KO: "비우면 바로", EN: "Empty: at once"}, b.From)),
				f.Input(desk.Moment(ctx, "until", problem.Text{KO: "표시 종료", EN: "Until"}, problem.Text{KO: "비우면 계속", EN: "Empty: for good"}, b.Until)),
			),
			el.Div(el.Class("save-bar"), el.Button(el.ID("save"), el.Type("submit"), el.Class("button"), g.Text(ui.T(ctx, "저장", "Save")))),
		),
		g.Iff(b.ID != "", func() g.Node { return clicks(ctx, days) }),
	}})
}

// crop shows what the main page shows of the picture, and asks around which point it is cropped: by a click on the
// picture or by two numbers.
func crop(ctx context.Context, focus banner.Focus) g.Node {
	f := ui.NewForm(ctx)
	percent := func(name, label string, value int) g.Node {
		return f.Input(ui.Field{Name: name, Label: label, Value: strconv.Itoa(value), Type: "number", More: []g.Node{el.Min("0"), el.Max("100"), el.Data("type", "number")}})
	}
	return el.Div(el.ID("crop"), el.Class("crop"), g.Attr("hidden"),
		el.Div(el.Class("stack"),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "메인 페이지는 이미지를 16:9로 잘라 보여 줍니다. 꼭 보여야 할 곳을 이미지에서 누르거나 숫자로 적으세요.", "The main page crops the picture to 16:9. Press what must be seen, or give it in numbers."))),
			el.Div(el.Class("two"),
				percent("focus.x", ui.T(ctx, "왼쪽에서 (%)", "From the left (%)"), focus.X),
				percent("focus.y", ui.T(ctx, "위에서 (%)", "From the top (%)"), focus.Y),
			),
		),
		el.Figure(el.FigCaption(el.Class("hint"), el.Span(el.ID("crop-says"), el.Role("status"))), el.Div(el.ID("crop-shown"), el.Class("crop-shown"))),
	)
}

// daysShown is how many days of clicks a banner's page shows.
const daysShown = 14

func clicks(ctx context.Context, days []banner.Day) g.Node {
	if len(days) == 0 {
		return el.Section(el.H2(g.Text(ui.T(ctx, "누른 사람", "Visitors who followed it"))), el.P(el.Class("hint"), g.Text(ui.T(ctx, "아직 없습니다.", "None yet."))))
	}
	return el.Section(
		el.H2(g.Text(ui.T(ctx, "누른 사람", "Visitors who followed it"))),
		el.Table(el.Class("table"), el.THead(el.Tr(el.Th(g.Attr("scope", "col"), g.Text(ui.T(ctx, "날", "Day"))), el.Th(g.Attr("scope", "col"), g.Text(ui.T(ctx, "사람", "Visitors"))))),
			el.TBody(g.Map(days[:min(daysShown, len(days))], func(d banner.Day) g.Node {
				return el.Tr(el.Td(g.Text(d.Day)), el.Td(el.Class("num"), g.Text(strconv.FormatInt(d.Clicks, 10))))
			}))),
	)
}
