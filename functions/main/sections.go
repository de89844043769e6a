package home

import (
	"context"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/ui"
)

// content is what the sections have read. A section that failed is nil.
type content struct {
	Urgent   *[]notice.Summary `json:"urgent"`
	Banners  *[]banner.Banner  `json:"banners"`
	Pinned   *[]notice.Summary `json:"pinned"`
	Newest   *[]notice.Summary `json:"newest"`
	You      *you              `json:"you,omitempty"`
	Degraded []string          `json:"degraded"`

	tags    []string
	changes []*time.Time
}

// section is one part of the main page, for its JSON and for its markup.
type section struct {
	name string // in degraded
	read func(ctx context.Context, c *content) error
	// next is when it changes by itself, nil where another section says it.
	next func(ctx context.Context) (*time.Time, error)
	// show is nil for what is shown by another section; it must take what was not read.
	show func(ctx context.Context, c content) g.Node
}

// How many of each the main page has. The page shows fewer of the newest than its JSON:
// two columns of them end about together.
const (
	pinnedRead  = 5
	newestRead  = 10
	newestShown = 8
)

// sections are all parts of the main page, in its order.
func sections(db *database.DB) []section {
	notices, banners := notice.NewReader(db), banner.NewReader(db)
	return []section{
		{
			name: "urgent", show: urgent, next: notices.NextChange,
			read: func(ctx context.Context, c *content) error { return listed(ctx, c, &c.Urgent, notices.Urgent) },
		},
		{name: "you", read: readYou, show: welcome},
		{
			name: "banners", show: strip, next: banners.NextChange,
			read: func(ctx context.Context, c *content) error {
				list, err := banners.Current(ctx)
				if err == nil {
					c.Banners, c.tags = &list, append(c.tags, banner.PageTags(list)...)
				}
				return err
			},
		},
		{
			name: "pinned", show: board,
			read: func(ctx context.Context, c *content) error {
				return listed(ctx, c, &c.Pinned, func(ctx context.Context) ([]notice.Summary, error) { return notices.Pinned(ctx, pinnedRead) })
			},
		},
		{
			name: "newest",
			read: func(ctx context.Context, c *content) error {
				return listed(ctx, c, &c.Newest, func(ctx context.Context) ([]notice.Summary, error) { return notices.Newest(ctx, newestRead) })
			},
		},
	}
}

// listed reads notices into a part of c.
func listed(ctx context.Context, c *content, part **[]notice.Summary, read func(context.Context) ([]notice.Summary, error)) error {
	list, err := read(ctx)
	if err != nil {
		return err
	}
	*part, c.tags = &list, append(c.tags, notice.PageTags(list)...)
	return nil
}

// row is a notice in a list.
func row(n notice.Summary) ui.Row { return ui.Row(n.Row()) }

func urgent(ctx context.Context, c content) g.Node {
	if c.Urgent == nil || len(*c.Urgent) == 0 {
		return nil
	}
	return el.Section(el.Class("urgent"), el.Aria("label", ui.T(ctx, "긴급 공지", "Urgent")), el.Ul(g.Map(*c.Urgent, func(n notice.Summary) g.Node {
		return el.Li(el.Strong(g.Text(ui.T(ctx, "긴급", "Urgent"))), el.A(el.Href(ui.Local(ctx, notice.Path(n.ID))), ui.Korean(ctx), g.Text(n.Title)))
	})))
}

func strip(ctx context.Context, c content) g.Node {
	shown := []g.Node{}
	for _, b := range withPicture(c) {
		shown = append(shown, el.Li(el.A(el.Href(b.Href), ui.Picture(b.Image.Variants, b.Alt, "(min-width: 68rem) 33rem, 92vw", len(shown) == 0))))
	}
	if len(shown) == 0 {
		return nil
	}
	return el.Section(el.Class("banners"), el.Aria("label", ui.T(ctx, "배너", "Banners")), el.Ul(g.Attr("tabindex", "0"), g.Group(shown)))
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

// board is the pinned notices beside the newest.
func board(ctx context.Context, c content) g.Node {
	pinned := c.Pinned != nil && len(*c.Pinned) > 0
	return el.Div(el.Class("board"),
		g.Iff(pinned, func() g.Node {
			return el.Section(el.Class("pinned"), el.Aria("labelledby", "pinned"),
				el.H2(el.ID("pinned"), g.Text(ui.T(ctx, "고정된 공지", "Pinned"))),
				ui.Rows(ctx, *c.Pinned, row, ui.H3, false),
			)
		}),
		el.Section(el.Class("newest"), el.Aria("labelledby", "newest"),
			el.Div(el.Class("title-row"),
				el.H2(el.ID("newest"), g.Text(ui.T(ctx, "새 공지", "Latest notices"))),
				el.A(el.Href(ui.Local(ctx, notice.ListPath)), g.Text(ui.T(ctx, "공지 모두 보기", "All notices"))),
			),
			newest(ctx, c.Newest, pinned),
		),
	)
}

func newest(ctx context.Context, list *[]notice.Summary, others bool) g.Node {
	switch {
	case list == nil:
		return ui.Empty(ui.T(ctx, "지금은 공지를 불러오지 못했습니다. 잠시 뒤에 새로 고쳐 주세요.", "The notices cannot be shown now. Please reload in a moment."))
	case len(*list) == 0 && others:
		return ui.Empty(ui.T(ctx, "고정된 공지 말고는 아직 없습니다.", "None but the pinned ones yet."))
	case len(*list) == 0:
		return ui.Empty(ui.T(ctx, "아직 올라온 공지가 없습니다.", "There are no notices yet."))
	default:
		return ui.Rows(ctx, (*list)[:min(newestShown, len(*list))], row, ui.H3, true)
	}
}
