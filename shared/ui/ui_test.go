package ui_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	g "maragu.dev/gomponents"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

func in(language string) context.Context {
	return function.WithRequest(context.Background(), &function.Request{Language: language, ID: "a-request"})
}

func TestDates(t *testing.T) {
	at := time.Date(2026, 3, 1, 15, 4, 0, 0, time.UTC) // past midnight in Seoul
	for _, row := range []struct{ got, want string }{
		{ui.Day(in("ko"), at), "2026년 3월 2일 (월)"},
		{ui.Day(in("en"), at), "2 March 2026"},
		{ui.ShortDay(in("ko"), at), "2026. 3. 2."},
		{ui.ShortDay(in("en"), at), "2 Mar 2026"},
		{ui.Moment(in("ko"), at), "2026년 3월 2일 (월) 오전 12:04"},
		{ui.Moment(in("ko"), at.Add(12*time.Hour)), "2026년 3월 2일 (월) 오후 12:04"},
		{ui.Moment(in("ko"), at.Add(21*time.Hour)), "2026년 3월 2일 (월) 오후 9:04"},
		{ui.Moment(in("en"), at), "2 March 2026, 00:04"},
		{ui.Size(999), "999 B"}, {ui.Size(820_499), "820 KB"}, {ui.Size(3_400_000), "3.4 MB"}, {ui.Size(1_050_000_000), "1.1 GB"},
	} {
		if row.got != row.want {
			t.Errorf("got %q, want %q", row.got, row.want)
		}
	}
	for i, day := range []string{"월", "화", "수", "목", "금", "토", "일"} {
		if got := ui.Day(in("ko"), time.Date(2026, 3, 2+i, 12, 0, 0, 0, clock.Seoul)); !strings.HasSuffix(got, "("+day+")") {
			t.Errorf("%s: %s", day, got)
		}
	}
}

func TestAddresses(t *testing.T) {
	for korean, english := range map[string]string{"/": "/en", "/notices": "/en/notices", "/?a=b": "/en?a=b", "/notices?tag=x": "/en/notices?tag=x"} {
		if got := function.English(korean); got != english || function.LanguageOf(strings.Split(got, "?")[0]) != "en" {
			t.Errorf("%s: %s", korean, got)
		}
	}
	for path, own := range map[string]bool{
		"/": true, "/my?a=b#c": true, "/한글": true, "": false, "my": false, "//evil.example": false, `/\evil.example`: false, "/\t/evil.example": false, "/\r\nSet-Cookie: a": false, "https://evil.example": false, "/" + strings.Repeat("a", 500): false,
	} {
		if ui.OwnPath(path) != own {
			t.Errorf("%q: %v", path, !own)
		}
	}
}

// What a page may load follows from what it declares.
func TestPolicy(t *testing.T) {
	f := ui.Frame{Council: "마당", SiteURL: "https://council.madang.ac.kr", Storage: "https://kr1-api-object-storage.example/v1", Assets: ui.NewAssets("/assets")}
	policy := func(v ui.View) string {
		w := httptest.NewRecorder()
		if err := f.Page(in("ko"), v).WriteResponse(w, httptest.NewRequest(http.MethodGet, "/", nil)); err != nil {
			t.Fatal(err)
		}
		if w.Header().Get("Strict-Transport-Security") == "" {
			t.Error("no HSTS behind TLS")
		}
		return w.Header().Get("Content-Security-Policy")
	}
	without, with := policy(ui.View{}), policy(ui.View{Scripts: []string{"upload.js"}})
	if strings.Contains(without, "script-src") || strings.Contains(without, "connect-src") || strings.Contains(without, "blob:") || !strings.Contains(without, "default-src 'none'") {
		t.Errorf("without scripts: %s", without)
	}
	if !strings.Contains(with, "script-src 'self'") || !strings.Contains(with, "connect-src 'self' https://kr1-api-object-storage.example;") {
		t.Errorf("with a script: %s", with)
	}
	for _, p := range []string{without, with} {
		if strings.Contains(p, "unsafe") || strings.Contains(p, "*") || !strings.Contains(p, "frame-ancestors 'none'") || !strings.Contains(p, "base-uri 'none'") || !strings.Contains(p, "form-action 'self'") {
			t.Error(p)
		}
	}
}

func html(n g.Node) string {
	var b strings.Builder
	_ = n.Render(&b)
	return b.String()
}

// A form says what is wrong above, with links, and at each box; what somebody typed stays,
// but for passwords.
func TestForm(t *testing.T) {
	ctx := in("ko")
	err := problem.WrongField("email", "not-an-email", "전자우편 주소가 아닙니다.", "Not a mail address.")
	form, status, ok := ui.Refused(ctx, err)
	if !ok || status != 422 {
		t.Fatal(status, ok)
	}
	if got := html(form.Summary()); !strings.Contains(got, `role="alert"`) || !strings.Contains(got, `<a href="#field-email">전자우편 주소가 아닙니다.</a>`) {
		t.Error(got)
	}
	got := html(form.Input(ui.Field{Name: "email", Label: "전자우편", Hint: "도움말", Value: `"><b>`, Limit: 254}))
	want := `<div class="field"><label for="field-email">전자우편</label><input id="field-email" name="email" type="text" autocomplete="off" value="&#34;&gt;&lt;b&gt;" required maxlength="254" aria-invalid="true" aria-describedby="field-email-wrong"><p class="wrong" id="field-email-wrong">전자우편 주소가 아닙니다.</p></div>`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := html(form.Input(ui.Field{Name: "password", Label: "비밀번호", Type: "password", Value: "secret"})); strings.Contains(got, "secret") {
		t.Errorf("a password is sent back: %s", got)
	}
	if _, _, ok := ui.Refused(ctx, problem.Away(context.DeadlineExceeded)); ok {
		t.Error("nobody can put that right in a form")
	}
}

// Every page has one h1, a way past the header, and who is signed in; a page that the edge
// answers alone loads nothing.
func TestLayout(t *testing.T) {
	f := ui.Frame{Council: `<마당> & "대학"`, SiteURL: "http://localhost", Assets: ui.NewAssets("/assets"), Nav: []ui.Link{{Label: problem.Text{KO: "공지", EN: "Notices"}, Path: "/notices"}}}
	page := func(ctx context.Context, v ui.View) string {
		w := httptest.NewRecorder()
		_ = f.Page(ctx, v).WriteResponse(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Body.String()
	}
	guest := page(in("en"), ui.View{Path: "/notices", Section: "/notices"})
	for _, want := range []string{`<html lang="en">`, `&lt;마당&gt; &amp; &#34;대학&#34;`, `<a class="skip" href="#main">`, `<a href="/en/notices" aria-current="page">Notices</a>`, `href="/en/sign-in?next=%2Fen%2Fnotices"`, `<a href="/notices" lang="ko" hreflang="ko" rel="alternate">한국어</a>`} {
		if !strings.Contains(guest, want) {
			t.Errorf("no %s in %s", want, guest)
		}
	}
	member := page(auth.With(in("ko"), auth.Principal{MemberID: "1", Grants: []auth.Grant{{Role: auth.Editor}}}), ui.View{Path: "/"})
	for _, want := range []string{`<a href="/my">내 정보</a>`, `<a href="/console">콘솔</a>`} {
		if !strings.Contains(member, want) {
			t.Errorf("no %s in %s", want, member)
		}
	}
	for _, status := range []int{400, 404, 429, 503} {
		body, header := ui.Alone(status, "ko", problem.Absent().Text)
		if strings.Contains(body, "src=") || strings.Contains(body, "<link") || strings.Count(body, "<h1>") != 1 || !strings.Contains(header["Content-Security-Policy"], "style-src 'sha256-") {
			t.Errorf("%d: %v %s", status, header, body)
		}
	}
}
