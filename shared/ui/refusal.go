package ui

import (
	"context"
	_ "embed" // the style of pages that stand alone
	"net/http"
	"slices"
	"strconv"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// heading is what a page of a refusal is called.
func heading(status int) problem.Text {
	switch status {
	case http.StatusUnauthorized:
		return problem.Text{KO: "로그인이 필요합니다", EN: "Sign in first"}
	case http.StatusForbidden:
		return problem.Text{KO: "볼 수 없는 쪽입니다", EN: "This page is not for you"}
	case http.StatusNotFound:
		return problem.Text{KO: "찾는 쪽이 없습니다", EN: "There is no such page"}
	case http.StatusGone:
		return problem.Text{KO: "이제 없는 쪽입니다", EN: "This page is gone"}
	case http.StatusTooManyRequests:
		return problem.Text{KO: "잠시 쉬었다 오세요", EN: "Please slow down"}
	case http.StatusInternalServerError:
		return problem.Text{KO: "문제가 생겼습니다", EN: "Something went wrong"}
	case http.StatusServiceUnavailable:
		return problem.Text{KO: "잠시 닫혀 있습니다", EN: "We will be right back"}
	default:
		return problem.Text{KO: "처리하지 못했습니다", EN: "This did not work"}
	}
}

// advice is what one can do about it; what the problem itself says comes before.
func advice(status int) problem.Text {
	switch status {
	case http.StatusNotFound:
		return problem.Text{KO: "주소가 바뀌었거나 글이 내려갔을 수 있습니다. 처음 화면이나 공지 목록에서 찾아보세요.", EN: "The address may have changed or the post may have been taken down. Look for it from the first page or among the notices."}
	case http.StatusForbidden:
		return problem.Text{KO: "다른 계정으로 로그인했는지 확인하세요.", EN: "Check whether you are signed in with another account."}
	case http.StatusTooManyRequests, http.StatusServiceUnavailable:
		return problem.Text{KO: "몇 초 뒤에 새로 고치면 다시 열립니다.", EN: "Reload the page in a few seconds."}
	default:
		return problem.Text{KO: "뒤로 돌아가 다시 해 보고, 그래도 안 되면 아래 요청 번호를 총학생회에 알려 주세요.", EN: "Go back and try again. If it does not help, tell the council the request number below."}
	}
}

// Refuse shows a refusal (function.Route.Refuse). Who is not signed in is led to the
// sign-in page, and from there back.
func (f Frame) Refuse(ctx context.Context, p *problem.Error, status int) function.Writer {
	if p.Kind == problem.Unauthenticated {
		return toSignIn{ctx}
	}
	main := append(refused(ctx, p.Text, status, function.RequestFrom(ctx).ID), f.wayOn(ctx, p))
	a := f.Page(ctx, View{Status: status, Title: heading(status).In(function.RequestFrom(ctx).Language), Class: "refusal", Main: []g.Node{
		el.Div(g.Attr("data-problem", p.Code), g.Group(main)),
	}})
	return a
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

// secondFactorPath is where a second factor is turned on and given.
const secondFactorPath = MyPath + "/second-factor"

// wayOn is where one can go from here.
func (f Frame) wayOn(ctx context.Context, p *problem.Error) g.Node {
	if p.Code == "second-factor-required" {
		return el.P(el.A(el.Class("button"), el.Href(Local(ctx, secondFactorPath)), g.Text(T(ctx, "2단계 인증으로 가기", "Go to the second factor"))))
	}
	return el.P(el.A(el.Class("button quiet"), el.Href(Local(ctx, "/")), g.Text(T(ctx, "처음 화면으로", "To the first page"))))
}

func refused(ctx context.Context, text problem.Text, status int, requestID string) []g.Node {
	language := function.RequestFrom(ctx).Language
	return []g.Node{
		el.P(el.Class("status"), g.Text(strconv.Itoa(status))),
		el.H1(g.Text(heading(status).In(language))),
		el.P(g.Text(text.In(language))),
		el.P(g.Text(advice(status).In(language))),
		g.If(requestID != "", el.P(el.Class("request"), g.Text(T(ctx, "요청 번호 ", "Request number ")), el.Code(g.Text(requestID)))),
	}
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
		el.Body(el.Main(append(refused(ctx, text, status, RequestID), el.P(el.A(el.Href(Local(ctx, "/")), g.Text(T(ctx, "처음 화면으로", "To the first page")))))...)),
	)).Render(&b)
	header = fixed("style-src " + hashOf(aloneStyle))
	header["Cache-Control"] = "no-store"
	header["Content-Language"] = language
	return b.String(), header
}

// OwnPath says whether a path leads to this site and nowhere else: a second slash, a
// backslash or a control character would lead a browser to another host.
func OwnPath(path string) bool {
	return len(path) <= 500 && strings.HasPrefix(path, "/") && !strings.HasPrefix(path, "//") && !strings.Contains(path, `\`) &&
		!slices.ContainsFunc([]rune(path), func(r rune) bool { return r < ' ' || r == 0x7f })
}
