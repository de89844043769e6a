package page

import (
	"context"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type readRequest struct {
	ID string `path:"id"`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*ui.Answer, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	n, err := h.notices.Read(ctx, r.ID)
	if err != nil {
		return nil, h.notices.Gone(ctx, r.ID, err)
	}
	round, err := h.round(ctx, n)
	if err != nil {
		return nil, err
	}
	var told g.Node
	public := n.Public(clock.Now(ctx))
	if !public {
		told = el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 공개되지 않은 글입니다. 총학생회에만 보입니다.", "This is not public. Only the council sees it.")))
	}
	view := h.view(ctx, n, told, &round)
	if !public {
		view.Path = ""
	}
	return h.frame.Page(ctx, view), nil
}

// view is a notice as a page, with what is told above its text, and what stands around it; a preview has nothing around.
func (h handlers) view(ctx context.Context, n notice.Notice, told g.Node, round *round) ui.View {
	now, title := clock.Now(ctx), problem.Text{KO: n.Title, EN: n.TitleEn}
	english := function.RequestFrom(ctx).Language == "en"
	written, description := n.HTML, n.Excerpt
	if english && n.HTMLEn != "" {
		written = n.HTMLEn
	}
	if english && n.TitleEn != "" {
		description = n.ExcerptEn
	}
	body := levelled(written)
	pictures, files := apart(n.Attachments, n.InText)
	article := el.Article(
		el.Header(el.Class("head"),
			el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, notice.ListPath)), g.Text(ui.T(ctx, "공지", "Notices")))),
			h.states(ctx, n),
			el.H1(ui.Said(ctx, title)),
			h.meta(ctx, n),
		),
		g.If(english, onlyKorean(n)),
		told,
		g.If(body != "", el.Div(el.Class("prose"), g.If(n.HTMLEn == "", ui.Korean(ctx)), g.Raw(body))),
		gallery(ctx, pictures),
		ui.Documents(ctx, ui.T(ctx, "첨부 파일", "Attachments"), files),
		g.Iff(round != nil, func() g.Node { return g.Group{share(ctx), turn(ctx, *round)} }),
	)
	view := ui.View{
		Tags: n.PageTags(), Changes: n.Changes(now), Dated: true,
		Title: ui.Name(ctx, title), Description: description, InKorean: title.EN == "", Path: notice.Path(n.ID), Section: notice.ListPath, Styles: []string{"site.css"}, Scripts: []string{"share.js", "enlarge.js"},
		Picture: firstPicture(n.Attachments),
		Main:    []g.Node{article},
	}
	if round != nil {
		view.Changes = append(view.Changes, round.changes)
		view.Main = []g.Node{el.Div(el.Class("beside"), article, h.side(ctx, n, *round))}
	}
	return view
}

// onlyKorean tells readers of English why they see Korean.
func onlyKorean(n notice.Notice) g.Node {
	switch {
	case n.TitleEn == "":
		return el.P(el.Class("notice-box"), g.Text("This notice is only in Korean."))
	case n.HTML != "" && n.HTMLEn == "":
		return el.P(el.Class("notice-box"), g.Text("The text of this notice is only in Korean."))
	default:
		return nil
	}
}

// states are the chips above a title; nil for none.
func (h handlers) states(ctx context.Context, n notice.Notice) g.Node {
	now, chips := clock.Now(ctx), []g.Node{}
	if n.Urgent(now) {
		chips = append(chips, ui.UrgentState(ctx))
	}
	if n.Pinned(now) {
		chips = append(chips, ui.PinnedState(ctx))
	}
	if n.ImportedAt != nil {
		chips = append(chips, ui.ImportedState(ctx))
	}
	if len(chips) == 0 {
		return nil
	}
	return el.P(el.Class("bar"), g.Group(chips))
}

// round is what stands around a notice.
type round struct {
	older, newer *notice.Summary
	unit         []notice.Summary // of the same unit
	changes      *time.Time       // when one of them comes or goes
}

// mostBeside is how many notices of the same unit stand beside one.
const mostBeside = 5

func (h handlers) round(ctx context.Context, n notice.Notice) (round, error) {
	var r round
	var err error
	if r.older, r.newer, err = h.notices.Beside(ctx, n); err != nil {
		return round{}, err
	}
	list, err := h.notices.List(ctx, notice.Filter{Unit: n.Unit}, notice.Position{}, mostBeside+1)
	if err != nil {
		return round{}, err
	}
	list = slices.DeleteFunc(list, func(s notice.Summary) bool { return s.ID == n.ID })
	r.unit = list[:min(mostBeside, len(list))]
	r.changes, err = h.notices.NextChange(ctx)
	return r, err
}

// share are buttons that a script shows where the browser can do it.
func share(ctx context.Context) g.Node {
	button := func(does, label string, more ...g.Node) g.Node {
		return el.Button(el.Type("button"), el.Class("button quiet small"), el.Data("share", does), g.Attr("hidden"), g.Group(more), g.Text(label))
	}
	return el.Div(el.Class("share"),
		button("share", ui.T(ctx, "공유하기", "Share")),
		button("copy", ui.T(ctx, "주소 복사", "Copy the link"), el.Data("done", ui.T(ctx, "주소를 복사했어요", "Copied"))),
		button("print", ui.T(ctx, "인쇄하기", "Print")),
		el.Span(el.Class("sm soft"), el.Role("status"), el.Data("shared", "")),
	)
}

// turn leads to the notices before and after.
func turn(ctx context.Context, r round) g.Node {
	link := func(s *notice.Summary, label string) g.Node {
		return g.Iff(s != nil, func() g.Node {
			return el.A(el.Href(ui.Local(ctx, notice.Path(s.ID))), el.Span(g.Text(label)), el.B(ui.Said(ctx, problem.Text{KO: s.Title, EN: s.TitleEn})))
		})
	}
	if r.older == nil && r.newer == nil {
		return nil
	}
	return el.Nav(el.Class("turn"), el.Aria("label", ui.T(ctx, "다른 공지", "Other notices")), link(r.newer, ui.T(ctx, "다음", "Newer")), link(r.older, ui.T(ctx, "이전", "Older")))
}

// side is what the same unit announced.
func (h handlers) side(ctx context.Context, n notice.Notice, r round) g.Node {
	if len(r.unit) == 0 {
		return nil
	}
	unit := ui.Name(ctx, h.names.Unit(n.Unit))
	return el.Aside(el.Class("side"), el.Aria("labelledby", "side"),
		ui.Gate("side", ui.T(ctx, unit+"의 다른 공지", "More from "+unit), ui.Query(ui.Local(ctx, notice.ListPath), "unit", n.Unit), ui.T(ctx, "모두 보기", "All notices"), ui.T(ctx, unit+" 공지", "")),
		el.Ul(el.Class("toc"), g.Map(r.unit, func(s notice.Summary) g.Node {
			return el.Li(el.A(el.Href(ui.Local(ctx, notice.Path(s.ID))), el.Span(ui.Said(ctx, problem.Text{KO: s.Title, EN: s.TitleEn})), el.Small(g.Text(ui.NearDay(ctx, s.PublishAt)))))
		})),
	)
}

func (h handlers) meta(ctx context.Context, n notice.Notice) g.Node {
	return el.P(el.Class("meta"),
		g.Iff(n.PublishAt != nil, func() g.Node { return ui.Time(*n.PublishAt, ui.Moment(ctx, *n.PublishAt)) }),
		el.Span(ui.Said(ctx, h.names.Unit(n.Unit))),
		g.Iff(edited(n), func() g.Node {
			return el.Span(ui.Time(n.UpdatedAt, ui.T(ctx, ui.NearDay(ctx, n.UpdatedAt)+" 고침", "edited "+ui.NearDay(ctx, n.UpdatedAt))))
		}),
		g.Map(n.Tags, func(t string) g.Node { return ui.TagLink(ctx, notice.ListPath, h.names.Tag(t)) }),
	)
}

// edited says whether a notice was changed after its readers could have read it.
func edited(n notice.Notice) bool {
	return n.PublishAt != nil && n.ImportedAt == nil && n.UpdatedAt.Sub(*n.PublishAt) > time.Minute
}

// apart are the pictures that are not in the text, and the files.
func apart(list []upload.File, inText []string) (pictures, files []upload.File) {
	for _, f := range list {
		switch {
		case !strings.HasPrefix(f.Type, "image/"):
			files = append(files, f)
		case !slices.Contains(inText, f.ID):
			pictures = append(pictures, f)
		}
	}
	return pictures, files
}

func firstPicture(list []upload.File) string {
	for _, f := range list {
		if len(f.Variants) > 0 {
			return f.Preview()
		}
	}
	return ""
}

// heading is the beginning or end of a heading in a notice's text.
var heading = regexp.MustCompile(`<(/?)h([2-6])`)

// levelled closes gaps between the levels of headings: who writes ## without # above it
// means the first level below the title, and screen readers go by levels.
func levelled(body string) string {
	above := []int{} // the levels, as written, of the headings that the last one stands under, and its own
	return heading.ReplaceAllStringFunc(body, func(tag string) string {
		m := heading.FindStringSubmatch(tag)
		level := int(m[2][0] - '0')
		if m[1] == "" {
			for len(above) > 0 && above[len(above)-1] >= level {
				above = above[:len(above)-1]
			}
			above = append(above, level)
		}
		return "<" + m[1] + "h" + strconv.Itoa(1+len(above))
	})
}

func gallery(ctx context.Context, list []upload.File) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("gallery"), el.Aria("label", ui.T(ctx, "사진", "Pictures")), g.Map(list, func(f upload.File) g.Node {
		if len(f.Variants) == 0 {
			return el.P(el.Class("soft"), g.Text(ui.T(ctx, f.Name+": 사진을 준비하고 있습니다.", f.Name+": the picture is being prepared.")))
		}
		return el.Figure(g.Raw(f.Enlarging(f.Says())))
	}))
}
