package console

import (
	"context"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/media/filetype"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// handlers are the pages and what they are made of.
type handlers struct {
	notices   notice.Reader
	banners   banner.Reader
	uploads   upload.Store
	members   member.Store
	log       audit.Store
	running   bill.Store
	letters   deadletter.Store
	cursors   *cursor.Codec
	settings  function.Settings
	catalogue function.Catalogue
	frame     ui.Frame
}

// Sections of the console, as its menu names them.
const (
	noticesPath = root + "/notices"
	bannersPath = root + "/banners"
	uploadsPath = root + "/uploads"
	mediaPath   = root + "/media"
	membersPath = root + "/members"
	auditPath   = root + "/audit"

	operationsPath  = root + "/operations"
	deadLettersPath = root + "/dead-letters"
)

// framed is the frame with the menu of who asks: what one may not open is not offered.
func (h handlers) framed(ctx context.Context) ui.Frame {
	f := h.frame
	who := auth.From(ctx)
	if who.Has(auth.Editor) {
		f.Nav = []ui.Link{
			{Label: problem.Text{KO: "공지", EN: "Notices"}, Path: noticesPath},
			{Label: problem.Text{KO: "배너", EN: "Banners"}, Path: bannersPath},
			{Label: problem.Text{KO: "올리기", EN: "Upload"}, Path: uploadsPath},
			{Label: problem.Text{KO: "파일", EN: "Files"}, Path: mediaPath},
		}
	}
	if who.Has(auth.Admin) {
		f.Nav = append(f.Nav, ui.Link{Label: problem.Text{KO: "회원", EN: "Members"}, Path: membersPath})
	}
	if who.May(auth.Admin, "") {
		f.Nav = append(f.Nav, ui.Link{Label: problem.Text{KO: "기록", EN: "Log"}, Path: auditPath})
	}
	if who.Has(auth.Admin) {
		f.Nav = append(f.Nav, ui.Link{Label: problem.Text{KO: "운영", EN: "Operations"}, Path: operationsPath})
	}
	f.Footer = []ui.Link{{Label: problem.Text{KO: "누리집 보기", EN: "Visit the site"}, Path: "/"}}
	return f
}

// page is a page of the console: with its style, its scripts, and the place where they say
// what happened.
func (h handlers) page(ctx context.Context, v ui.View) *ui.Answer {
	v.Styles = append(v.Styles, "console.css")
	v.Scripts = append(v.Scripts, "actions.js")
	v.Class = strings.TrimSpace("console " + v.Class)
	v.Main = append([]g.Node{
		el.NoScript(el.P(el.Class("notice-box wrong"), g.Text(ui.T(ctx, "콘솔에서 무엇을 바꾸려면 자바스크립트가 필요합니다.", "To change anything here, the console needs JavaScript.")))),
		el.Div(el.ID("status"), el.Class("status-line"), el.Role("status"), el.Aria("live", "polite")),
	}, v.Main...)
	return h.framed(ctx).Page(ctx, v)
}

func (h handlers) refuse(ctx context.Context, p *problem.Error, status int) function.Writer {
	return h.framed(ctx).Refuse(ctx, p, status)
}

// fragment is a part of a page, for a script that puts it there.
type fragment struct{ node g.Node }

// WriteResponse writes the markup.
func (f fragment) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'")
	h.Set("X-Content-Type-Options", "nosniff")
	return f.node.Render(w) //nolint:wrapcheck // the host says where it failed
}

// at is an address of the console in the language of the request.
func at(ctx context.Context, path string, query ...string) string {
	if len(query) == 0 {
		return ui.Local(ctx, path)
	}
	values := url.Values{}
	for i := 0; i+1 < len(query); i += 2 {
		if query[i+1] != "" {
			values.Set(query[i], query[i+1])
		}
	}
	if len(values) == 0 {
		return ui.Local(ctx, path)
	}
	return ui.Local(ctx, path) + "?" + values.Encode()
}

// told gives a page's scripts what they need to know.
func told(v any) g.Node {
	b, err := json.Marshal(v)
	if err != nil { // only what cannot be JSON at all, as a channel
		return nil
	}
	return g.Attr("data-told", string(b))
}

// purpose is what the scripts know about what may be uploaded.
type purpose struct {
	Name   string              `json:"name"`
	Limit  int64               `json:"limit"` // bytes
	Images bool                `json:"images"`
	Types  map[string][]string `json:"types"`
}

// purposes are those of a name, in this order. The first that a file fits is taken.
func (h handlers) purposes(imagesOnly bool, names ...string) []purpose {
	list := []purpose{}
	for _, name := range names {
		if p, known := upload.PurposeOf(name); known {
			p = p.Raised(h.settings.UploadLimitMiB)
			images := imagesOnly || p.Images
			list = append(list, purpose{Name: p.Name, Limit: p.Limit, Images: images, Types: filetype.Names(images)})
		}
	}
	return list
}

// heading is the first line of a page, with what can be done from there.
func heading(title string, actions ...g.Node) g.Node {
	return el.Div(el.Class("heading"), el.H1(el.ID("heading"), g.Text(title)), g.If(len(actions) > 0, el.Div(el.Class("actions"), g.Group(actions))))
}

func link(href, label, class string, more ...g.Node) g.Node {
	return el.A(el.Href(href), g.If(class != "", el.Class(class)), g.Group(more), g.Text(label))
}

// pager leads on where a list goes on.
func pager(ctx context.Context, next string) g.Node {
	if next == "" {
		return nil
	}
	return el.P(el.Class("pager"), link(next, ui.T(ctx, "다음", "Next"), "button quiet", el.Rel("next")))
}

// empty is what a list says that has nothing in it.
func empty(text string, more ...g.Node) g.Node {
	return el.Div(el.Class("empty"), el.P(g.Text(text)), g.Group(more))
}

// short is a time in a list: in this year without it.
func short(ctx context.Context, t time.Time) g.Node {
	t = t.In(clock.Seoul)
	return ui.Time(t, ui.ShortDay(ctx, t)+t.Format(" 15:04"))
}

// unitChoices are the units that the caller has a role for, and one that is kept.
func (h handlers) unitChoices(ctx context.Context, r auth.Role, kept string) []ui.Choice {
	list := []ui.Choice{}
	seen := false
	for _, u := range h.settings.Units {
		if auth.From(ctx).May(r, u) {
			list = append(list, ui.Choice{Value: u, Label: u})
			seen = seen || u == kept
		}
	}
	if kept != "" && !seen {
		list = append(list, ui.Choice{Value: kept, Label: kept})
	}
	return list
}

// moment is a time as an input of type datetime-local takes it.
func moment(t *time.Time) string {
	if t == nil {
		return ""
	}
	return t.In(clock.Seoul).Format("2006-01-02T15:04")
}

// timeField is a box for a time in Seoul, which may be empty.
func timeField(ctx context.Context, name string, label, hint problem.Text, t *time.Time) ui.Field {
	language := function.RequestFrom(ctx).Language
	more := []g.Node{el.Data("type", "time")}
	if t != nil {
		more = append(more, el.Data("was", t.UTC().Format(time.RFC3339Nano)))
	}
	return ui.Field{Name: name, Label: label.In(language), Hint: hint.In(language), Value: moment(t), Type: "datetime-local", Optional: true, More: more}
}
