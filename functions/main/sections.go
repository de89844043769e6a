package home

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

// content is what the sections have read. A section that failed is nil.
type content struct {
	Urgent   *[]notice.Summary `json:"urgent"`
	Banners  *[]banner.Banner  `json:"banners"`
	Now      *[]deed           `json:"now"`
	Pinned   *[]notice.Summary `json:"pinned"`
	Newest   *[]notice.Summary `json:"newest"`
	Calendar *[]dated          `json:"calendar"`
	Minutes  *minutes          `json:"minutes"`
	Pledges  *pledges          `json:"pledges"`
	You      *you              `json:"you,omitempty"`
	Degraded []string          `json:"degraded"`

	tags    []string
	changes []*time.Time
	flags   function.Flags
}

// section is one part of what the main page reads. What follows from the list is nowhere else: which pages a
// change makes anew, on which events, what is shown of a function that is switched off, what failed. Where each
// stands on the page is the page's (handlers.page), since they stand beside each other.
type section struct {
	name string           // in degraded
	of   string           // whose things it shows: none while that function is switched off; "" for nobody's
	tags []string         // of what it shows (function.Page)
	on   []string         // types of events that say of a change at once
	none func(c *content) // shows nothing
	read func(ctx context.Context, c *content) error
	// next is when it changes by itself, nil where another section says it.
	next func(ctx context.Context) (*time.Time, error)
}

// tagsOf and eventsOf are those of all sections, each once.
func tagsOf(list []section) []string {
	return unique(list, func(s section) []string { return s.tags })
}

func eventsOf(list []section) []string {
	return unique(list, func(s section) []string { return s.on })
}

func unique(list []section, of func(section) []string) []string {
	all := []string{}
	for _, s := range list {
		all = append(all, of(s)...)
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// How many of each the main page has. The page shows fewer of the newest than its JSON.
const (
	pinnedRead  = 5
	newestRead  = 10
	newestShown = 8
)

// sections are all parts of the main page, in its order.
func sections(db *database.DB, names function.Names) []section {
	notices, banners, meetings, things := notice.NewReader(db), banner.NewReader(db), minute.NewReader(db), thing.Store{DB: db}
	listed := func(ctx context.Context, c *content, part **[]notice.Summary, read func(context.Context) ([]notice.Summary, error)) error {
		return listed(ctx, c, names, part, read)
	}
	ofNotices := []string{notice.Kind}
	return []section{
		{
			name: "urgent", of: "notices", tags: ofNotices, on: []string{notice.Changed}, next: notices.NextChange,
			none: func(c *content) { c.Urgent = &[]notice.Summary{} },
			read: func(ctx context.Context, c *content) error { return listed(ctx, c, &c.Urgent, notices.Urgent) },
		},
		{name: "you", read: readYou},
		{
			name: "banners", of: "banners", tags: []string{banner.Kind}, on: []string{banner.Changed}, next: banners.NextChange,
			none: func(c *content) { c.Banners = &[]banner.Banner{} },
			read: func(ctx context.Context, c *content) error {
				list, err := banners.Current(ctx)
				if err == nil {
					c.Banners, c.tags = &list, append(c.tags, banner.PageTags(list)...)
				}
				return err
			},
		},
		{
			name: "pinned", of: "notices", tags: ofNotices, none: func(c *content) { c.Pinned = &[]notice.Summary{} },
			read: func(ctx context.Context, c *content) error {
				return listed(ctx, c, &c.Pinned, func(ctx context.Context) ([]notice.Summary, error) { return notices.Pinned(ctx, pinnedRead) })
			},
		},
		{
			name: "newest", of: "notices", tags: ofNotices, none: func(c *content) { c.Newest = &[]notice.Summary{} },
			read: func(ctx context.Context, c *content) error {
				return listed(ctx, c, &c.Newest, func(ctx context.Context) ([]notice.Summary, error) { return notices.Newest(ctx, newestRead) })
			},
		},
		{
			name: "calendar", tags: shown(), read: func(ctx context.Context, c *content) error { return readAgenda(ctx, things, c) },
			next: func(ctx context.Context) (*time.Time, error) { return things.NextChange(ctx, shown()...) },
		},
		{name: "now", tags: shown(), read: func(ctx context.Context, c *content) error { return readNow(ctx, things, c) }},
		{
			name: "minutes", of: "minutes", tags: []string{minute.Kind}, on: []string{minute.Published},
			none: func(c *content) { c.Minutes = &minutes{Items: []meeting{}} },
			read: func(ctx context.Context, c *content) error { return readMinutes(ctx, meetings, c) },
		},
		{
			name: "pledges", of: "about", tags: []string{about.Kind}, none: func(c *content) { c.Pledges = &pledges{Items: []about.Pledge{}} },
			read: func(ctx context.Context, c *content) error { return readPledges(ctx, about.NewReader(db), c) },
		},
	}
}

// shown are the kinds of things that the agenda, the deeds and the minutes are of.
func shown() []string { return append([]string{archived}, thing.DatedKinds()...) }

// listed reads notices into a part of c.
func listed(ctx context.Context, c *content, names function.Names, part **[]notice.Summary, read func(context.Context) ([]notice.Summary, error)) error {
	list, err := read(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		list[i] = list[i].Named(names, function.RequestFrom(ctx).Language)
	}
	*part, c.tags = &list, append(c.tags, notice.PageTags(list)...)
	return nil
}

// rowOf is a notice in a list.
func rowOf(names function.Names) func(notice.Summary) ui.Row {
	return func(n notice.Summary) ui.Row { return ui.Row(n.Row(names)) }
}

// court is the field below the header: the day, what the council says of itself, the search, the
// wall, and the banners.
func (h handlers) court(ctx context.Context, c content) g.Node {
	own := h.frame.Own(ctx)
	lines := []g.Node{}
	for i, line := range strings.Split(own.Motto(function.RequestFrom(ctx).Language), "\n") {
		if i > 0 {
			lines = append(lines, el.Br())
		}
		lines = append(lines, g.Text(line))
	}
	return el.Div(el.Class("court"),
		el.Div(el.Class("ghost"), el.Aria("hidden", "true"), ui.Mark(own)),
		el.Div(el.Class("fore"),
			el.P(el.Class("today"), el.B(g.Text(ui.Today(ctx)))),
			el.H1(lines...),
			h.frame.Seek(ctx, ui.T(ctx, "무엇을 찾으세요?", "What are you looking for?")),
			welcome(ctx, c),
		),
		el.Div(el.Class("wall deep"), el.Aria("hidden", "true")),
		now(ctx, c),
		reel(ctx, withPicture(c), own),
	)
}

// The shape in which banners are shown (site.css).
const (
	reelWidth  = 16
	reelHeight = 9
)

// reel is the banners: each leads somewhere, and one looks at the next beside it. Dots and arrows
// are links to the banners, so that they need no script, and each banner has its own arrows: they are right
// wherever the row was moved to. What is cropped can be seen whole.
func reel(ctx context.Context, banners []banner.Banner, own face.Face) g.Node {
	if len(banners) == 0 { // the wall grows into the place
		return el.Div(el.Class("reel bare"), el.Aria("hidden", "true"), el.Div(el.Class("wall"), el.Span(el.Class("seal"), ui.Mark(own))))
	}
	id := func(i int) string { return "banner-" + strconv.Itoa(i+1) }
	list, dots := []g.Node{}, []g.Node{}
	for i, b := range banners {
		list = append(list, el.Li(el.ID(id(i)),
			el.A(el.Href(b.Href), ui.Picture(b.Image.Variants, b.Alt, "(min-width: 60rem) 34rem, 100vw", i == 0, el.Class(ui.Focus(b.Focus.X, b.Focus.Y)))),
			el.P(el.Class("with"),
				g.Iff(cropped(b), func() g.Node {
					return el.A(el.Class("enlarge"), el.Href(b.Image.Variants[len(b.Image.Variants)-1].URL), el.Data("alt", b.Alt),
						g.Text(ui.T(ctx, "이미지 전체 보기", "Whole picture")), el.Span(el.Class("hidden"), ui.Korean(ctx), g.Text(": "+b.Alt)))
				}),
				g.If(len(banners) > 1, g.Group{
					turn(i > 0, "#"+id(i-1), "before", ui.T(ctx, "이전 배너", "Previous banner")),
					turn(i < len(banners)-1, "#"+id(i+1), "after", ui.T(ctx, "다음 배너", "Next banner")),
				}),
			),
		))
		dots = append(dots, el.A(el.Href("#"+id(i)), el.I(), el.Span(el.Class("hidden"), g.Text(ui.T(ctx, "배너 "+strconv.Itoa(i+1), "Banner "+strconv.Itoa(i+1))))))
	}
	return el.Section(el.Class("reel"), el.Aria("label", ui.T(ctx, "배너", "Banners")),
		el.Ul(g.If(len(banners) > 1, g.Group{el.TabIndex("0"), el.Aria("label", ui.T(ctx, "배너 "+strconv.Itoa(len(banners))+"개, 옆으로 넘기기", strconv.Itoa(len(banners))+" banners, side by side"))}), g.Group(list)),
		g.If(len(banners) > 1, el.Nav(el.Aria("label", ui.T(ctx, "배너 고르기", "Choose a banner")), g.Group(dots))),
	)
}

// turn is an arrow to a banner's neighbour; where there is none its place stays empty, so that the other
// arrow does not move under the finger.
func turn(leads bool, href, icon, label string) g.Node {
	if !leads {
		return el.Span(el.Class("turn-none"))
	}
	return el.A(el.Class("turn-one"), el.Href(href), ui.Icon(icon), el.Span(el.Class("hidden"), g.Text(label)))
}

// cropped says whether the page shows less of a banner than there is.
func cropped(b banner.Banner) bool {
	v := b.Image.Variants[len(b.Image.Variants)-1]
	return ui.Cropped(v.Width, v.Height, reelWidth, reelHeight)
}

// scripts are what the page needs besides: nothing, without a banner.
func scripts(banners []banner.Banner) []string {
	list := []string{}
	if len(banners) > 1 {
		list = append(list, "reel.js")
	}
	if slices.ContainsFunc(banners, cropped) {
		list = append(list, "enlarge.js")
	}
	return list
}

// withPicture are the banners that can be shown: a banner is its picture.
func withPicture(c content) []banner.Banner {
	list := []banner.Banner{}
	if c.Banners == nil {
		return list
	}
	for _, b := range *c.Banners {
		if len(b.Image.Variants) > 0 {
			list = append(list, b)
		}
	}
	return list
}

// board is the notices: the pinned ones, then the newest.
func board(ctx context.Context, c content, names function.Names) g.Node {
	if !c.flags.Runs("notices") {
		return nil
	}
	list := []notice.Summary{}
	if c.Pinned != nil {
		list = append(list, *c.Pinned...)
	}
	if c.Newest != nil {
		list = append(list, (*c.Newest)[:min(newestShown, len(*c.Newest))]...)
	}
	return el.Section(el.Aria("labelledby", "notices"),
		ui.Gate("notices", ui.T(ctx, "공지", "Notices"), ui.Local(ctx, notice.ListPath), ui.T(ctx, "모두 보기", "All notices"), ui.T(ctx, "공지", "")),
		g.Iff(len(list) > 0, func() g.Node { return ui.Rows(ctx, list, rowOf(names), ui.H3, true) }),
		g.If(c.Pinned == nil || c.Newest == nil, ui.Empty(ui.T(ctx, "공지를 다 불러오지 못했어요", "Not all notices could be shown"), ui.T(ctx, "잠시 뒤에 새로 고쳐 주세요.", "Please reload in a moment."))),
		g.If(len(list) == 0 && c.Pinned != nil && c.Newest != nil, ui.Empty(ui.T(ctx, "아직 공지가 없어요", "There are no notices yet"), ui.T(ctx, "새 공지는 여기에 가장 먼저 올라와요.", "New ones come here first."))),
	)
}
