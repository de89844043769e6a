package ui_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/face"
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
		{ui.Moment(in("ko"), at), "2026년 3월 2일 (월) 00:04"},
		{ui.Moment(in("ko"), at.Add(12*time.Hour)), "2026년 3월 2일 (월) 12:04"},
		{ui.Moment(in("ko"), at.Add(21*time.Hour)), "2026년 3월 2일 (월) 21:04"},
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
	if strings.Contains(without, "script-src") || strings.Contains(without, "https://kr1") || strings.Contains(without, "blob:") || !strings.Contains(without, "default-src 'none'") {
		t.Errorf("without scripts: %s", without)
	}
	if !strings.Contains(with, "script-src 'self'") || !strings.Contains(with, "connect-src 'self' https://kr1-api-object-storage.example;") {
		t.Errorf("with a script: %s", with)
	}
	f.Search = ui.SearchPath // its script is on every page
	searched := policy(ui.View{})
	if !strings.Contains(searched, "script-src 'self'") || strings.Contains(searched, "https://kr1") {
		t.Errorf("with a search: %s", searched)
	}
	for _, p := range []string{without, with, searched} {
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

// Every focus has its class in the style, and the nearest step.
func TestFocus(t *testing.T) {
	style, err := os.ReadFile("assets/ui.css")
	if err != nil {
		t.Fatal(err)
	}
	for percent := -1; percent <= 101; percent++ {
		for _, class := range strings.Fields(ui.Focus(percent, 100-percent))[1:] {
			axis, number, _ := strings.Cut(class, "-")
			n, err := strconv.Atoi(number)
			want := percent
			if axis == "fy" {
				want = 100 - percent
			}
			if err != nil || max(n-want, want-n) > 2 && want >= 0 && want <= 100 {
				t.Errorf("%d is shown as %s", want, class)
			}
			if rule := "." + class + " { --" + axis + ": " + number + "%; }"; !strings.Contains(string(style), rule) {
				t.Errorf("ui.css lacks %s", rule)
			}
		}
	}
	for _, c := range []struct {
		width, height int
		cropped       bool
	}{{1600, 900, false}, {1600, 905, false}, {1600, 400, true}, {900, 1600, true}, {16, 9, false}, {0, 9, false}} {
		if got := ui.Cropped(c.width, c.height, 16, 9); got != c.cropped {
			t.Errorf("%d × %d: cropped %v", c.width, c.height, got)
		}
	}
}

// A form says what is wrong above, with links, and at each box; what somebody typed stays,
// but for passwords.
func TestForm(t *testing.T) {
	ctx := in("ko")
	err := problem.WrongField("email", "not-an-email", "이메일 주소가 아닙니다.", "Not a mail address.")
	form, status, ok := ui.Refused(ctx, err)
	if !ok || status != 422 {
		t.Fatal(status, ok)
	}
	if got := html(form.Summary()); !strings.Contains(got, `role="alert"`) || !strings.Contains(got, `<a href="#field-email">이메일 주소가 아닙니다.</a>`) {
		t.Error(got)
	}
	got := html(form.Input(ui.Field{Name: "email", Label: "이메일", Hint: "도움말", Value: `"><b>`, Limit: 254}))
	want := `<div class="field"><label for="field-email">이메일</label><input id="field-email" name="email" type="text" autocomplete="off" value="&#34;&gt;&lt;b&gt;" required maxlength="254" aria-invalid="true" aria-describedby="field-email-wrong field-email-hint"><p class="wrong" id="field-email-wrong">이메일 주소가 아닙니다.</p><p class="hint" id="field-email-hint">도움말</p></div>`
	if got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	if got := html(form.Summary()); !strings.Contains(got, `<a href="#field-email">이메일: 이메일 주소가 아닙니다.</a>`) {
		t.Errorf("it does not say which box: %s", got)
	}
	form, _, _ = ui.Refused(ctx, problem.WrongField("age", "required", "꼭 입력해 주세요.", "It is required."))
	page := html(g.Group{form.Summary(), form.Check("age", false, true, g.Text("만 14세 이상 & 확인 (필수). "), el.A(el.Href("/"), g.Text("보기")))}) // the summary stands above its boxes
	if !strings.Contains(page, `<a href="#field-age">만 14세 이상 &amp; 확인 (필수): 꼭 입력해 주세요.</a>`) {
		t.Errorf("it does not say which box: %s", page)
	}
	if got := html(form.Input(ui.Field{Name: "password", Label: "비밀번호", Type: "password", Value: "나의 비밀"})); strings.Contains(got, "나의 비밀") {
		t.Errorf("a password is sent back: %s", got)
	}
	if _, _, ok := ui.Refused(ctx, problem.Away(context.DeadlineExceeded)); ok {
		t.Error("nobody can put that right in a form")
	}
}

// Every page has a way past the header, the menu in groups, a search field, who is signed in and
// the same in the other language; a page that the edge answers alone loads nothing.
func TestLayout(t *testing.T) {
	notices := ui.Link{Label: problem.Text{KO: "공지", EN: "Notices"}, Path: "/notices", Hint: problem.Text{KO: "알리는 일", EN: "What is announced"}}
	f := ui.Frame{Council: `<마당> & "대학"`, SiteURL: "http://localhost", Assets: ui.NewAssets("/assets"), Search: "/notices",
		Groups: []ui.Group{{Label: problem.Text{KO: "소식", EN: "News"}, Entries: []ui.Link{notices}}}}
	page := func(ctx context.Context, v ui.View) string {
		w := httptest.NewRecorder()
		_ = f.Page(ctx, v).WriteResponse(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Body.String()
	}
	guest := page(in("en"), ui.View{Path: "/notices", Section: "/notices"})
	for _, want := range []string{
		`<html lang="en">`, `&lt;마당&gt; &amp; &#34;대학&#34;`, `<a class="skip" href="#main">`, `<details name="menu"><summary class="here">News</summary>`,
		`<a href="/en/notices" aria-current="page">Notices<span>What is announced</span></a>`, `href="/en/sign-in?next=%2Fen%2Fnotices"`, `<a class="wide" href="/notices" lang="ko" hreflang="ko" rel="alternate">한국어</a>`, `<a class="menu" href="/en/menu">`, `<meta name="theme-color" content="#0b5f49" media="(prefers-color-scheme: light)">`,
	} {
		if !strings.Contains(guest, want) {
			t.Errorf("no %s in %s", want, guest)
		}
	}
	if got := page(in("en"), ui.View{Path: "/privacy"}); !strings.Contains(got, `<form class="find" role="search" aria-label="Search the site" action="/en/notices">`) {
		t.Error(got)
	}
	if strings.Contains(guest, `class="find"`) || strings.Contains(guest, "style=") || strings.Contains(guest, "data:") {
		t.Errorf("a style or an address of its own content: %s", guest)
	}
	member := page(auth.With(in("ko"), auth.Principal{MemberID: "1", Grants: []auth.Grant{{Role: auth.Editor}}}), ui.View{Path: "/"})
	for _, want := range []string{`<a class="wide" href="/my">`, `내 정보</a>`, `<a class="wide" href="/console">콘솔</a>`} {
		if !strings.Contains(member, want) {
			t.Errorf("no %s in %s", want, member)
		}
	}
	if strings.Contains(member, "로그인") {
		t.Errorf("who is signed in is offered to sign in: %s", member)
	}
	for _, status := range []int{400, 404, 429, 503} {
		body, header := ui.Alone(status, "ko", problem.Absent().Text)
		if strings.Contains(body, "src=") || strings.Contains(body, "<link") || strings.Count(body, "<h1>") != 1 || !strings.Contains(header["Content-Security-Policy"], "style-src 'sha256-") {
			t.Errorf("%d: %v %s", status, header, body)
		}
	}
}

// A council's own name, mark and contacts stand on every page; what it has not said does not.
func TestFace(t *testing.T) {
	own := face.Face{
		Name: "솔뫼대학교", NameEN: "Solmoe University", Line: "제38대 총학생회 〈나란히〉", Mark: `<path d="M3 34 14 7"/>`, Colour: "#1d4a9c", Brand: face.Brand{Light: face.Palette{Field: "#1d4a9c"}}, Pattern: "mul",
		Foot: face.Foot{Office: "학생회관 2층", Email: "council@solmoe.ac.kr", Instagram: "solmoe_nr", KakaoTalk: "https://pf.kakao.com/_a"},
	}
	f := ui.Frame{Council: "마당", Assets: ui.NewAssets("/assets"), Face: func(context.Context) (face.Face, error) { return own, nil }}
	page := func(language string) string {
		w := httptest.NewRecorder()
		_ = f.Page(in(language), ui.View{Title: "공지", Path: "/notices"}).WriteResponse(w, httptest.NewRequest(http.MethodGet, "/", nil))
		return w.Body.String()
	}
	for language, wants := range map[string][]string{
		"ko": {"<title>공지 · 솔뫼대학교</title>", `<svg class="mark" viewBox="0 0 40 40" aria-hidden="true"><path d="M3 34 14 7"/></svg><span><b>솔뫼대학교</b><span>제38대 총학생회 〈나란히〉</span></span>`,
			"<dt>사무실</dt><dd>학생회관 2층</dd>", `<a href="mailto:council@solmoe.ac.kr">`, `<a href="https://www.instagram.com/solmoe_nr">@solmoe_nr</a>`, `<a href="https://pf.kakao.com/_a">pf.kakao.com/_a</a>`, `content="#1d4a9c"`, `<link rel="stylesheet" href="/brand/` + own.Hash() + `/brand.css">`, `<link rel="icon" href="/brand/` + own.IconHash() + `/icon.svg" type="image/svg+xml">`, `<link rel="apple-touch-icon" href="/brand/` + own.IconHash() + `/icon-180.png">`},
		"en": {"<title>공지 · Solmoe University</title>", "<b>Solmoe University</b></span>", `<dd lang="ko">학생회관 2층</dd>`},
	} {
		got := page(language)
		for _, want := range wants {
			if !strings.Contains(got, want) {
				t.Errorf("%s: no %s in %s", language, want, got)
			}
		}
		if strings.Contains(got, "전화") || strings.Contains(got, "Phone") {
			t.Errorf("%s: a contact that was not given", language)
		}
	}
}

// The council's own officer is named before the environment's, whose contact then says nothing, and that before its president.
func TestOfficer(t *testing.T) {
	council := face.Face{Name: "솔뫼대학교 총학생회", NameEN: "Solmoe Students", Foot: face.Foot{Email: "hi@solmoe.ac.kr", Phone: "1"}}
	installed := function.Privacy{Officer: "김마당 사무국장", Contact: "02-1"}
	for i, row := range []struct {
		language string
		officer  face.Officer
		named    function.Privacy
		want     string
	}{
		{"ko", face.Officer{}, function.Privacy{}, "솔뫼대학교 총학생회 회장 · hi@solmoe.ac.kr"},
		{"en", face.Officer{}, function.Privacy{}, "The president of Solmoe Students · hi@solmoe.ac.kr"},
		{"ko", face.Officer{}, installed, "김마당 사무국장 · 02-1"},
		{"ko", face.Officer{Contact: "02-2"}, installed, "김마당 사무국장 · 02-2"},
		{"ko", face.Officer{Name: "이소리 회장"}, installed, "이소리 회장 · hi@solmoe.ac.kr"},
		{"en", face.Officer{Name: "이소리 회장", Contact: "02-3"}, installed, "이소리 회장 · 02-3"},
		{"en", face.Officer{Name: "이소리 회장", NameEN: "Lee Sori, president"}, installed, "Lee Sori, president · hi@solmoe.ac.kr"},
	} {
		council.Officer = row.officer
		if got := ui.Officer(in(row.language), council, row.named); got != row.want {
			t.Errorf("%d: %s, want %s", i, got, row.want)
		}
	}
}

// A refusal keeps header and foot, says the fact in words, leads on, and is there in the other
// language; who is signed in is not offered to sign in.
func TestRefusal(t *testing.T) {
	f := ui.Frame{Council: "마당", Assets: ui.NewAssets("/assets"), Search: "/notices", Groups: []ui.Group{{Label: problem.Text{KO: "소식"}, Entries: []ui.Link{{Label: problem.Text{KO: "공지"}, Path: "/notices"}}}}}
	page := func(signedIn bool, p *problem.Error, status int) string {
		ctx := function.WithRequest(context.Background(), &function.Request{Language: "ko", ID: "a-request", Address: "/notices/1?a=b"})
		if signedIn {
			ctx = auth.With(ctx, auth.Principal{MemberID: "1"})
		}
		w := httptest.NewRecorder()
		_ = f.Refuse(ctx, p, status).WriteResponse(w, httptest.NewRequest(http.MethodGet, "/notices/1", nil))
		if w.Code != status || strings.Count(w.Body.String(), "<h1>") != 1 {
			t.Errorf("%d: %d %s", status, w.Code, w.Body)
		}
		return w.Body.String()
	}
	for _, want := range []string{"<h1>페이지를 찾을 수 없습니다</h1>", `<div class="wall deep" aria-hidden="true"><span class="seal">`, `<header class="top">`, `<footer class="foot">`, `<form class="seek"`, `<li><a href="/notices">공지</a></li>`, "a-request", `href="/en/notices/1?a=b"`} {
		if got := page(false, problem.Absent(), 404); !strings.Contains(got, want) {
			t.Errorf("no %s in %s", want, got)
		}
	}
	if got := page(true, problem.New(problem.Forbidden, "no", "안 됩니다.", "No."), 403); strings.Contains(got, "로그인") || !strings.Contains(got, "안 됩니다.") || !strings.Contains(got, "내 정보") {
		t.Error(got)
	}
}

// Each part says in words what it shows by shape and colour.
func TestParts(t *testing.T) {
	ctx := clock.With(in("ko"), time.Date(2026, 11, 30, 10, 0, 0, 0, clock.Seoul))
	at := func(day, hour, minute int) string {
		return html(ui.Clock(ctx, time.Date(2026, 11, day, hour, minute, 0, 0, clock.Seoul)))
	}
	for _, row := range []struct{ got, want string }{
		{at(30, 18, 0), `class="d near" datetime="2026-11-30T18:00:00+09:00">오늘 18:00<`}, {at(31, 0, 0), `>오늘 24:00<`}, {at(31, 12, 0), `>내일 12:00<`}, {at(33, 12, 0), `class="d near" datetime="2026-12-03T12:00:00+09:00">D-3<`},
		{at(39, 0, 0), `class="d" datetime="2026-12-09T00:00:00+09:00">D-8<`}, {at(30, 9, 0), `class="d late" datetime="2026-11-30T09:00:00+09:00">오늘 끝남<`}, {at(28, 9, 0), `>지연 2일<`},
		{html(ui.Clock(clock.With(in("en"), time.Date(2026, 11, 30, 10, 0, 0, 0, clock.Seoul)), time.Date(2026, 12, 9, 0, 0, 0, 0, clock.Seoul))), `>8 days left<`},
		{at(30, 10, 0), `>오늘 끝남<`}, // the very moment
		{html(ui.Clock(clock.With(in("ko"), time.Date(2026, 11, 30, 0, 0, 0, 0, clock.Seoul)), time.Date(2026, 11, 30, 0, 0, 0, 0, clock.Seoul))), `>지연 1일<`},
		{html(ui.Days(time.Date(2026, 12, 4, 0, 0, 0, 0, clock.Seoul), 3, "D-3")), `<time class="d near" datetime="2026-12-04T00:00:00+09:00">D-3</time>`},
		{html(ui.Days(time.Date(2026, 11, 29, 0, 0, 0, 0, clock.Seoul), -2, "지연 2일")), `class="d late"`},
		{html(ui.State(ui.Half, "답변 대기")), `<span class="st half">답변 대기</span>`},
		{html(ui.Gate("n", "공지", "/notices", "모두 보기", "공지")), `<header class="gate"><h2 id="n">공지</h2><a href="/notices"><span class="hidden">공지 </span>모두 보기</a></header>`},
		{html(ui.Gate("n", "공지", "", "", "")), `<span class="gap" aria-hidden="true"></span>`},
		{html(ui.Meter(88, 100, "88명, 기준 100명")), `role="img" aria-label="88명, 기준 100명"><rect class="t" y="5" width="100%" height="10"></rect><rect class="f" y="5" width="70%" height="10"></rect><line class="m" x1="80%" x2="80%"`},
		{html(ui.Meter(142, 100, "")), `x1="66%"`},
		{html(ui.Now(ctx, ui.Deed{Kind: "투표", Until: time.Date(2026, 11, 30, 18, 0, 0, 0, clock.Seoul), Title: problem.Text{KO: "축제 시기"}, Href: "/polls/1", Verb: "투표하기"})), `<p class="kind">투표</p><time class="d near" datetime="2026-11-30T18:00:00+09:00">오늘 18:00</time><h3>축제 시기</h3>`},
		{html(ui.Trio(ctx, ui.Cell{Top: ui.State(ui.Open, "진행 중"), Title: "막차", Href: "/petitions/1"})), `<ul class="trio"><li><div class="spread"><span class="st open">진행 중</span></div><h3><a href="/petitions/1">막차</a></h3>`},
		{html(ui.Empty("아직 청원이 없어요", "첫 청원을 올려 보세요.")), `<div class="none"><p><b>아직 청원이 없어요</b></p><p>첫 청원을 올려 보세요.</p></div>`},
		{html(ui.Tabs(ctx, "기구", ui.Tab{Label: "전체", Href: "/a", Count: "3", Here: true})), `<nav class="tabs" aria-label="기구"><a href="/a" aria-current="page">전체<small> 3</small></a></nav>`},
		{html(ui.Chips(ctx, "태그", ui.Tab{Label: "행사", Href: "/a", Here: true})), `<a href="/a" aria-current="true">행사<small>빼기</small></a>`},
		{html(ui.Pager(ctx, "공지 20개", "", "/a?cursor=b", "이전 공지")), `<span>공지 20개</span><span class="bar"><a class="button quiet" rel="next" href="/a?cursor=b">이전 공지</a></span>`},
		{html(ui.Toast("지웠습니다.")), `<p class="toast" role="status"><span>지웠습니다.</span></p>`},
		{ui.Joined("단수 안내", "를"), "‘단수 안내’\u2060를"},
		{ui.NearDay(ctx, time.Date(2026, 11, 29, 23, 59, 0, 0, clock.Seoul)), "어제"}, {ui.NearDay(ctx, time.Date(2026, 11, 27, 0, 0, 0, 0, clock.Seoul)), "11. 27."}, {ui.NearDay(ctx, time.Date(2025, 11, 27, 0, 0, 0, 0, clock.Seoul)), "2025. 11. 27."},
	} {
		if !strings.Contains(row.got, row.want) {
			t.Errorf("got %s, want %s", row.got, row.want)
		}
	}
	if ui.Pager(ctx, "", "", "", "") != nil {
		t.Error("a list that is shown whole leads on")
	}
}

// What pages look like without a sheet of the council's own is what follows from the default colour.
func TestRolesOfTheDefault(t *testing.T) {
	sheet, err := os.ReadFile("assets/ui.css")
	if err != nil {
		t.Fatal(err)
	}
	said := strings.NewReplacer(" ", "", "\n", "").Replace(string(sheet))
	for _, mode := range strings.Split(face.Default("").Sheet(), "}") {
		if _, roles, has := strings.Cut(mode, ":root{"); has {
			roles, _, _ = strings.Cut(roles, ";--wall-tile")
			if !strings.Contains(said, roles) {
				t.Errorf("ui.css does not say %s", roles)
			}
		}
	}
	tile, err := os.ReadFile("assets/wall.svg")
	if err != nil || strings.TrimSpace(string(tile)) != face.Patterns()[face.Default("").Pattern] {
		t.Errorf("wall.svg is not the default pattern: %s %v", tile, err)
	}
}
