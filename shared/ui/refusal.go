package ui

import (
	"context"
	_ "embed" // the style of pages that stand alone
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// heading is what a page of a refusal is called.
func heading(status int) problem.Text {
	switch status {
	case http.StatusUnauthorized:
		return problem.Text{KO: "로그인이 필요합니다", EN: "Sign in first"}
	case http.StatusForbidden:
		return problem.Text{KO: "접근 권한이 없습니다", EN: "You don't have access to this page"}
	case http.StatusNotFound:
		return problem.Text{KO: "페이지를 찾을 수 없습니다", EN: "Page not found"}
	case http.StatusGone:
		return problem.Text{KO: "지금은 없는 페이지입니다", EN: "This page is no longer here"}
	case http.StatusTooManyRequests:
		return problem.Text{KO: "잠시 뒤에 다시 열 수 있습니다", EN: "Please wait a moment"}
	case http.StatusInternalServerError:
		return problem.Text{KO: "페이지를 열지 못했습니다", EN: "Something went wrong"}
	case http.StatusServiceUnavailable:
		return problem.Text{KO: "잠시 닫혀 있습니다", EN: "We will be right back"}
	default:
		return problem.Text{KO: "처리하지 못했습니다", EN: "This did not work"}
	}
}

// advice is why, and what one can do about it.
func advice(status int) problem.Text {
	switch status {
	case http.StatusNotFound:
		return problem.Text{KO: "주소가 바뀌었거나, 게시 기간이 끝난 글일 수 있어요.", EN: "The address may have changed, or the post may have been taken down."}
	case http.StatusForbidden:
		return problem.Text{KO: "이 페이지를 보려면 역할이나 재학생 인증이 필요해요. 다른 페이지는 그대로 쓸 수 있어요.", EN: "You need a role or a student verification to see this page. You can still use everything else."}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return problem.Text{KO: "몇 초 뒤에 새로 고치면 다시 열려요.", EN: "Reload the page in a few seconds."}
	case http.StatusInternalServerError:
		return problem.Text{KO: "저희 쪽의 문제예요. 다시 해 봐도 안 되면 아래 요청 번호를 총학생회에 알려 주세요.", EN: "The fault is ours. If trying again does not help, tell the council the request number below."}
	default:
		return problem.Text{KO: "뒤로 돌아가 다시 해 보세요. 그래도 안 되면 아래 요청 번호를 총학생회에 알려 주세요.", EN: "Go back and try again. If it does not help, tell the council the request number below."}
	}
}

// Refuse shows a refusal (function.Route.Refuse). Who is not signed in is led to the
// sign-in page, who must prove who they are to that page, and from there back.
func (f Frame) Refuse(ctx context.Context, p *problem.Error, status int) function.Writer {
	switch {
	case p.Kind == problem.Unauthenticated:
		return toSignIn{ctx}
	case p.Code == problem.ProveFirst().Code:
		return toProof{ctx}
	}
	// The request's own time may be over, and the frame reads a little.
	ctx, done := context.WithTimeout(context.WithoutCancel(ctx), frameTime)
	defer done()
	return f.Page(ctx, f.refusal(ctx, p, status))
}

// refusal is a refusal as a page.
func (f Frame) refusal(ctx context.Context, p *problem.Error, status int) View {
	language, sealed := function.RequestFrom(ctx).Language, face.Default(f.Council)
	if status < http.StatusInternalServerError { // else the database may be away
		sealed = f.Own(ctx)
		f, _, _ = f.at(ctx) // Page finds what is not known
	} else {
		f.Flags = nil
	}
	return View{Status: status, Title: heading(status).In(language), Class: "whole", Walled: true, Main: []g.Node{
		wall("deep", Mark(sealed)),
		el.Div(el.Class("in"), el.Div(el.Class("lost"), g.Attr("data-problem", p.Code),
			g.Group(refused(ctx, p.Text, status)),
			f.Seek(ctx, T(ctx, "찾는 것을 적어 주세요", "What are you looking for?")),
			f.waysOn(ctx, p),
			requested(ctx, function.RequestFrom(ctx).ID),
		)),
	}}
}

// Lost is what edges show at addresses that no function has. It is kept as other pages, and so has no request's number.
func (f Frame) Lost(ctx context.Context) *Answer {
	r := *function.RequestFrom(ctx)
	r.ID = ""
	view := f.refusal(function.WithRequest(ctx, &r), problem.Absent(), http.StatusNotFound)
	view.Status, view.Hidden, view.Lost = 0, true, true
	return f.Page(ctx, view)
}

// toSignIn leads to the sign-in page.
type toSignIn struct{ ctx context.Context }

// WriteResponse writes the redirect. Only what can be opened again is gone back to.
func (s toSignIn) WriteResponse(w http.ResponseWriter, r *http.Request) error {
	next := ""
	if r.Method == http.MethodGet || r.Method == http.MethodHead {
		next = r.URL.RequestURI()
	}
	return function.Redirect{Status: http.StatusSeeOther, URL: SignInFor(s.ctx, next)}.WriteResponse(w, r)
}

// toProof leads to the page that asks who it is.
type toProof struct{ ctx context.Context }

// WriteResponse writes the redirect. What was sent is gone; its page is gone back to.
func (s toProof) WriteResponse(w http.ResponseWriter, r *http.Request) error {
	next := r.URL.RequestURI()
	if from, err := url.Parse(r.Referer()); r.Method != http.MethodGet && r.Method != http.MethodHead {
		next = ""
		if err == nil && from.Host == r.Host {
			next = from.RequestURI()
		}
	}
	address := Local(s.ctx, ProofPath)
	if OwnPath(next) {
		address += "?next=" + url.QueryEscape(next)
	}
	return function.Redirect{Status: http.StatusSeeOther, URL: address}.WriteResponse(w, r)
}

// secondFactorPath is where a second factor is turned on and given.
const secondFactorPath = MyPath + "/second-factor"

// frameTime is how long a refusal waits for what stands around it.
const frameTime = time.Second

// waysOn is where one can go from here: what is asked for first, or the first page and what the
// menu has.
func (f Frame) waysOn(ctx context.Context, p *problem.Error) g.Node {
	if p.Code == "second-factor-required" {
		return el.P(el.A(el.Class("button"), el.Href(Local(ctx, secondFactorPath)), g.Text(T(ctx, "2단계 인증으로 가기", "Go to the second factor"))))
	}
	links := []Link{{Label: problem.Text{KO: "메인 페이지", EN: "Main page"}, Path: "/"}}
	for _, group := range append(slices.Clone(f.Rail), f.Groups...) {
		links = append(links, group.Entries...)
	}
	return el.Ul(el.Class("ways"), g.Map(links[:min(4, len(links))], func(l Link) g.Node {
		return el.Li(el.A(el.Href(f.local(ctx, l.Path)), g.Text(T(ctx, l.Label.KO, l.Label.EN))))
	}))
}

// refused says what happened and why.
func refused(ctx context.Context, text problem.Text, status int) []g.Node {
	language := function.RequestFrom(ctx).Language
	nodes := []g.Node{el.H1(g.Text(heading(status).In(language)))}
	switch status {
	case http.StatusGone: // what is gone says why, and what to do instead
		return append(nodes, el.P(g.Text(text.In(language))))
	case http.StatusNotFound, http.StatusInternalServerError, http.StatusServiceUnavailable: // the heading says it
	default:
		if text == problem.NotAllowed().Text { // the heading says it, too
			break
		}
		nodes = append(nodes, el.P(g.Text(text.In(language))))
	}
	return append(nodes, el.P(g.Text(advice(status).In(language))))
}

// requested is the number of the request, by which its lines in the log are found.
func requested(ctx context.Context, id string) g.Node {
	return g.If(id != "", el.P(el.Class("request"), g.Text(T(ctx, "요청 번호 ", "Request number ")), el.Code(g.Text(id))))
}

//go:embed alone.css
var aloneStyle string

// RequestID stands in a page of Alone where the edge puts the request's id.
const RequestID = "REQUEST-ID"

// Alone is a page by which an edge answers without a function, and perhaps while nothing
// else answers: it loads nothing.
func Alone(status int, language string, text problem.Text) (body string, header map[string]string) {
	ctx := function.WithRequest(context.Background(), &function.Request{Language: language})
	var b strings.Builder
	_ = el.Doctype(el.HTML(el.Lang(language),
		el.Head(
			el.Meta(el.Charset("utf-8")),
			el.Meta(el.Name("viewport"), el.Content("width=device-width, initial-scale=1")),
			el.TitleEl(g.Text(heading(status).In(language))),
			el.Meta(el.Name("robots"), el.Content("noindex")),
			el.StyleEl(g.Raw(aloneStyle)),
		),
		el.Body(
			el.Header(el.Nav(el.Aria("label", T(ctx, "주 메뉴", "Main")), aloneLink(ctx, "/", "메인 페이지", "Main page"), aloneLink(ctx, MenuPath, "메뉴", "Menu"))),
			el.Main(g.Group(refused(ctx, text, status)), requested(ctx, RequestID)),
		),
	)).Render(&b)
	header = fixed("style-src " + hashOf(aloneStyle))
	header["Cache-Control"] = "no-store"
	header["Content-Language"] = language
	return b.String(), header
}

func aloneLink(ctx context.Context, path, ko, en string) g.Node {
	return el.A(el.Href(Local(ctx, path)), g.Text(T(ctx, ko, en)))
}

// OwnPath says whether a path leads to this site and nowhere else: a second slash, a
// backslash or a control character would lead a browser to another host.
func OwnPath(path string) bool {
	return len(path) <= 500 && strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.Contains(path, `\`) &&
		!slices.ContainsFunc([]rune(path), func(r rune) bool { return r < ' ' || r == 0x7f })
}
