package page

import (
	"context"
	"html"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
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
		return nil, err
	}
	now := clock.Now(ctx)
	body, inText := fitted(levelled(n.HTML), n.Attachments)
	pictures, files := apart(n.Attachments, inText)
	view := ui.View{
		Tags: n.PageTags(), Changes: n.Changes(now),
		Title: n.Title, Description: n.Excerpt, Path: notice.Path(n.ID), Section: notice.ListPath, Class: "reading", Styles: []string{"site.css"},
		Picture: firstPicture(n.Attachments),
		Main: []g.Node{el.Article(el.Class("notice"),
			el.Header(
				el.P(el.Class("back"), el.A(el.Href(ui.Local(ctx, notice.ListPath)), g.Text(ui.T(ctx, "공지사항", "Notices")))),
				el.H1(ui.Korean(ctx), g.Text(n.Title)),
				meta(ctx, n),
			),
			g.If(!n.Public(now), el.P(el.Class("notice-box"), g.Text(ui.T(ctx, "아직 공개되지 않은 글입니다. 총학생회에만 보입니다.", "This is not public. Only the council sees it.")))),
			g.If(body != "", el.Div(el.Class("prose"), ui.Korean(ctx), g.Raw(body))),
			gallery(ctx, pictures),
			attachments(ctx, files),
		)},
	}
	if !n.Public(now) {
		view.Path = ""
	}
	return h.frame.Page(ctx, view), nil
}

func meta(ctx context.Context, n notice.Notice) g.Node {
	now := clock.Now(ctx)
	return el.P(el.Class("meta"),
		g.If(n.Urgent(now), ui.UrgentBadge(ctx)),
		g.If(n.Pinned(now), ui.PinnedBadge(ctx)),
		g.Iff(n.PublishAt != nil, func() g.Node { return ui.Time(*n.PublishAt, ui.Moment(ctx, *n.PublishAt)) }),
		el.Span(ui.Korean(ctx), g.Text(n.Unit)),
		g.Map(n.Tags, func(t string) g.Node { return ui.TagLink(ctx, notice.ListPath, t) }),
	)
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
			return f.URL
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

// bodyPicture is a picture in a notice's text, as shared/media/markdown writes it.
var bodyPicture = regexp.MustCompile(`<img src="([^"]+)"( alt="[^"]*")?[^>]*>`)

// textWidth says how wide a picture is in the column of text.
const textWidth = "(min-width: 46rem) 42rem, 100vw"

// fitted gives the pictures in a text their sizes, where they are among the attachments, so
// that nothing jumps when they come and telephones load small ones. It names those.
func fitted(body string, files []upload.File) (fit string, inText []string) {
	fit = bodyPicture.ReplaceAllStringFunc(body, func(img string) string {
		m := bodyPicture.FindStringSubmatch(img)
		src := html.UnescapeString(m[1])
		i := slices.IndexFunc(files, func(f upload.File) bool {
			return f.URL == src || slices.ContainsFunc(f.Variants, func(v upload.Variant) bool { return v.URL == src })
		})
		if i < 0 || len(files[i].Variants) == 0 {
			return img
		}
		inText = append(inText, files[i].ID)
		alt := strings.TrimSuffix(strings.TrimPrefix(m[2], ` alt="`), `"`)
		var b strings.Builder
		_ = ui.Picture(files[i].Variants, html.UnescapeString(alt), textWidth, false).Render(&b) // a builder takes everything
		return b.String()
	})
	return fit, inText
}

func gallery(ctx context.Context, list []upload.File) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("gallery"), el.Aria("label", ui.T(ctx, "사진", "Pictures")), g.Map(list, func(f upload.File) g.Node {
		if len(f.Variants) == 0 {
			return el.P(el.Class("empty"), g.Text(ui.T(ctx, f.Name+": 사진을 준비하고 있습니다.", f.Name+": the picture is being prepared.")))
		}
		alt := f.Alt
		if alt == "" {
			alt = strings.TrimSuffix(f.Name, path.Ext(f.Name))
		}
		return el.Figure(el.A(el.Href(f.URL), ui.Picture(f.Variants, alt, textWidth, false)))
	}))
}

func attachments(ctx context.Context, list []upload.File) g.Node {
	if len(list) == 0 {
		return nil
	}
	return el.Section(el.Class("files"), el.Aria("labelledby", "files"),
		el.H2(el.ID("files"), g.Text(ui.T(ctx, "첨부 파일", "Attachments"))),
		el.Ul(g.Map(list, func(f upload.File) g.Node {
			kind := strings.ToUpper(strings.TrimPrefix(path.Ext(f.URL), "."))
			return el.Li(el.A(el.Href(f.URL), el.Download(f.Name), el.Span(ui.Korean(ctx), g.Text(f.Name))), el.Span(el.Class("meta"), g.Text(kind+" · "+ui.Size(f.Size))))
		})),
	)
}
