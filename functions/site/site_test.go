package site_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/totp"
)

const secretWord = "푸른 나무 아래 일곱 마리"

// council is the homepage with the functions that fill it, on one database.
type council struct {
	*functiontest.App
	editor string
}

func open(t *testing.T, options ...functiontest.Option) *council {
	t.Helper()
	c := &council{App: functiontest.New(t, site.Function, append(options, functiontest.Beside(functions.All()...))...)}
	c.editor = c.Holder(auth.Editor, "")
	return c
}

func (c *council) write(body map[string]any) string {
	if body["publishAt"] == nil {
		body["publishAt"] = c.Now()
	}
	body["unit"] = "총학"
	r := c.Do(functiontest.Request{Method: "POST", Path: "/v1/notices", As: c.editor, Body: body}).Want(http.StatusCreated)
	return functiontest.JSON[struct{ ID string }](r).ID
}

// upload is a stored file, for a picture with its variants.
func (c *council) upload(t *testing.T, id, name, kind string, widths ...int) string {
	t.Helper()
	id = "01890000-0000-7000-8000-00000000000" + id
	run := func(query string, args ...any) {
		if _, err := c.DB.Exec(c.Context(), query, args...); err != nil {
			t.Fatal(err)
		}
	}
	owner := c.Member(functiontest.Member{}).ID
	run(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
		VALUES ($1, $2, 'post', $3, $4, 3400000, '', $5, '', 0, 1600, 900, 0, 1, 1, 1, 1, '')`, id, owner, name, kind, "test/post/2026/03/"+id)
	for _, w := range widths {
		run(`INSERT INTO upload_variants (upload_id, name, width, height, size) VALUES ($1, $2, $3, $4, 1)`, id, itoa(w), w, w*9/16)
	}
	return id
}

func itoa(n int) string { return map[int]string{320: "320", 960: "960", 1600: "1600"}[n] }

func (c *council) get(path string, as ...string) functiontest.Response {
	r := functiontest.Request{Method: "GET", Path: path}
	if len(as) > 0 {
		r.As = as[0]
	}
	return c.Do(r)
}

// main is the text of a page's main part, a space between its pieces.
func main(t testing.TB, r functiontest.Response) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(string(r.Body)))
	if err != nil {
		t.Fatal(err)
	}
	parts := []string{}
	var walk func(n *html.Node, inside bool)
	walk = func(n *html.Node, inside bool) {
		inside = inside || n.Type == html.ElementNode && n.Data == "main"
		if inside && n.Type == html.TextNode {
			parts = append(parts, strings.Fields(n.Data)...)
		}
		for child := n.FirstChild; child != nil; child = child.NextSibling {
			walk(child, inside)
		}
	}
	walk(doc, false)
	return strings.Join(parts, " ")
}

func has(t testing.TB, r functiontest.Response, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(string(r.Body), text) {
			t.Errorf("no %q in %s", text, r.Body)
		}
	}
}

func hasNot(t testing.TB, r functiontest.Response, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(string(r.Body), text) {
			t.Errorf("%q in %s", text, r.Body)
		}
	}
}

func TestEmpty(t *testing.T) {
	c := open(t)
	for path, want := range map[string]string{
		"/":                 "마당대학교 총학생회 새 공지 공지 모두 보기 아직 올라온 공지가 없습니다.",
		"/en":               "마당대학교 총학생회 Latest notices All notices There are no notices yet.",
		"/notices":          "공지사항 제목에서 찾기 찾기 전체 총학 단과대 학과 동연 감사 아직 올라온 공지가 없습니다.",
		"/notices?q=%25":    "공지사항 제목에서 찾기 찾기 전체 총학 단과대 학과 동연 감사 제목에 ‘%’이(가) 들어간 공지입니다. 모두 보기 맞는 공지가 없습니다.",
		"/en/notices?tag=x": "Notices #x Search titles Search All 총학 단과대 학과 동연 감사 Notices tagged “x”. Show all No notice matches.",
	} {
		if got := main(t, c.get(path).Want(200)); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
}

func TestHome(t *testing.T) {
	c := open(t)
	c.write(map[string]any{"title": "보통 <b>공지", "body": "글", "tags": []string{"행사"}})
	c.write(map[string]any{"title": "고정", "pinnedUntil": c.Now().Add(time.Hour)})
	c.write(map[string]any{"title": "급함", "urgentUntil": c.Now().Add(time.Hour)})
	c.write(map[string]any{"title": "초안 아님", "publishAt": c.Now().Add(time.Minute)})
	picture := c.upload(t, "1", "축제.png", "png", 320, 960, 1600)
	c.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: c.editor, Body: map[string]any{"unit": "총학", "image": picture, "alt": "봄 \"축제\"", "link": "/notices"}}).Want(201)
	r := c.get("/").Want(200)
	want := "마당대학교 총학생회 긴급 급함 고정된 공지 고정 2026. 3. 2. 총학 새 공지 공지 모두 보기 긴급 급함 2026. 3. 2. 총학 보통 <b>공지 글 2026. 3. 2. 총학 #행사"
	if got := main(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	has(t, r, `alt="봄 &#34;축제&#34;"`, `width="1600" height="900"`, `/320.jpg 320w, `, `보통 &lt;b&gt;공지`, `<link rel="canonical" href="https://council.madang.ac.kr/">`, `hreflang="en" href="https://council.madang.ac.kr/en"`, `property="og:image" content="https://council.madang.ac.kr/files/`)
	c.At(c.Now().Add(time.Minute)) // rendered ahead
	has(t, c.get("/"), "초안 아님")
	english := c.get("/en").Want(200)
	has(t, english, `<html lang="en">`, `lang="ko">보통`, "2 Mar 2026", `href="/en/notices/`)
	account := c.Member(functiontest.Member{Name: "이소리"})
	if got := main(t, c.get("/", account.Token).Want(200)); !strings.Contains(got, "이소리 님, 안녕하세요. 아직 학생 확인을 하지 않았습니다. 학교 메일로 확인하기") {
		t.Error(got)
	}
	hasNot(t, c.get("/"), "이소리")
}

// A section that fails is left out and said, and what is kept stays the last whole page.
func TestDegraded(t *testing.T) {
	c := open(t)
	if _, err := c.DB.Exec(c.Context(), `ALTER TABLE notices RENAME COLUMN excerpt TO lost`); err != nil {
		t.Fatal(err)
	}
	r := c.get("/").Want(200)
	if got, want := main(t, r), "마당대학교 총학생회 새 공지 공지 모두 보기 지금은 공지를 불러오지 못했습니다. 잠시 뒤에 새로 고쳐 주세요."; got != want {
		t.Errorf("got %s", got)
	}
	if _, kept, _ := c.Pages.Load(c.Context(), "ko:/"); kept {
		t.Error("the page is kept")
	}
}

func TestList(t *testing.T) {
	c := open(t)
	for i := range 25 {
		c.At(functiontest.Start.Add(time.Duration(i) * time.Minute))
		tag := []string{"홀"}
		if i%2 == 0 {
			tag = []string{"짝"}
		}
		c.write(map[string]any{"title": "공지 " + string(rune('가'+i)), "tags": tag})
	}
	r := c.get("/notices").Want(200)
	if n := strings.Count(string(r.Body), "<h2>"); n != 20 {
		t.Errorf("%d notices", n)
	}
	older := regexp.MustCompile(`rel="next" href="([^"]+)"`).FindSubmatch(r.Body)
	if older == nil {
		t.Fatalf("no link to older ones: %s", r.Body)
	}
	r = c.get(html.UnescapeString(string(older[1]))).Want(200)
	if n := strings.Count(string(r.Body), "<h2>"); n != 5 || strings.Contains(string(r.Body), `rel="next"`) {
		t.Errorf("%d notices", n)
	}
	has(t, r, `<meta name="robots" content="noindex">`, "처음으로")
	if n := strings.Count(string(c.get("/notices?tag="+url.QueryEscape("짝")).Want(200).Body), "<h2>"); n != 13 {
		t.Errorf("%d with the tag", n)
	}
	if got := main(t, c.get("/notices?q="+url.QueryEscape("공지 각"))); !strings.Contains(got, "제목에 ‘공지 각’이(가) 들어간 공지입니다. 모두 보기 공지 각 2026. 3. 2.") {
		t.Error(got)
	}
	c.get("/notices?cursor=forged").Problem(422, "invalid-input")
	c.get("/notices?tag="+strings.Repeat("가", 21)).Problem(422, "invalid-input")
}

func TestNotice(t *testing.T) {
	c := open(t)
	first, second := c.upload(t, "1", "본문.png", "png", 320, 960, 1600), c.upload(t, "2", "모임 사진.png", "png", 320, 1600)
	file, waiting := c.upload(t, "3", "신청서.hwp", "hwp"), c.upload(t, "4", "방금.png", "png")
	body := "**굵게**\n\n![봄](/files/test/post/2026/03/" + first + "/1600.jpg)\n\n<script>alert(1)</script>"
	id := c.write(map[string]any{"title": "봄 & 축제", "body": body, "tags": []string{"행사"}, "attachments": []string{first, second, file, waiting}})
	r := c.get("/notices/" + id).Want(200)
	want := "공지사항 봄 & 축제 2026년 3월 2일 (월) 오후 12:00 총학 #행사 굵게 <script>alert(1)</script> 방금.png: 사진을 준비하고 있습니다. 첨부 파일 신청서.hwp HWP · 3.4 MB"
	if got := main(t, r); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	has(t, r, `<strong>굵게</strong>`, `alt="봄" loading="lazy"`, `/320.jpg 320w, /files/test/post/2026/03/`+second, `alt="모임 사진"`, `download="신청서.hwp"`, `<meta property="og:title" content="봄 &amp; 축제">`)
	if n := strings.Count(string(r.Body), `src="/files/test/post/2026/03/`+first); n != 1 {
		t.Errorf("the picture in the text is shown %d times", n)
	}
	has(t, c.get("/en/notices/"+id).Want(200), "2 March 2026, 12:00", `<h1 lang="ko">봄 &amp; 축제</h1>`)
	later := c.write(map[string]any{"title": "나중", "publishAt": c.Now().Add(time.Hour)})
	c.get("/notices/"+later).Problem(404, "not-found")
	r = c.get("/notices/"+later, c.editor).Want(200)
	has(t, r, "아직 공개되지 않은 글입니다.", `content="noindex"`)
	for _, path := range []string{"/notices/x", "/notices/01890000-0000-7000-8000-0000000000ff", "/en/notices/x"} {
		c.get(path).Problem(404, "not-found")
	}
}

// Screen readers find the parts of a text in their order, whatever marks its writer took.
func TestHeadings(t *testing.T) {
	c := open(t)
	id := c.write(map[string]any{"title": "제목", "body": "### 가\n\n##### 나\n\n#### 다\n\n# 라\n\n## 마"})
	levels := regexp.MustCompile(`<h([1-6])[^>]*>([^<]+)</h([1-6])>`).FindAllStringSubmatch(string(c.get("/notices/"+id).Want(200).Body), -1)
	got := ""
	for _, l := range levels {
		got += l[1] + l[2] + l[3] + " "
	}
	if want := "1제목1 2가2 3나3 3다3 2라2 3마3 "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// Events render what shows the thing, whatever they say.
func TestEvents(t *testing.T) {
	c := open(t)
	id := c.write(map[string]any{"title": "처음"})
	for _, path := range []string{"/", "/notices", "/notices/" + id, "/en/notices/" + id} {
		has(t, c.get(path).Want(200), "처음")
	}
	if _, err := c.DB.Exec(c.Context(), `UPDATE notices SET title = '나중'`); err != nil {
		t.Fatal(err)
	}
	if status := c.Deliver(event.Event{ID: "1", Type: notice.Changed, Subject: id, Time: c.Now(), Data: []byte(`{}`)}); status != http.StatusNoContent {
		t.Fatal(status)
	}
	for _, key := range []string{"ko:/", "ko:/notices", "ko:/notices/" + id, "en:/en/notices/" + id, "en:/en"} {
		p, kept, err := c.Pages.Load(c.Context(), key)
		if err != nil || !kept || p.Touched || !strings.Contains(string(p.Segments[0].Body), "나중") {
			t.Errorf("%s: %v %v", key, kept, err)
		}
	}
	if status := c.Deliver(event.Event{ID: "2", Type: banner.Changed, Subject: id, Time: c.Now(), Data: []byte(`{}`)}); status != http.StatusNoContent {
		t.Fatal(status)
	}
}

func TestFiles(t *testing.T) {
	c := open(t)
	r := c.get("/robots.txt").Want(200)
	if want := "User-agent: *\nDisallow: /v1/\nDisallow: /my\nDisallow: /en/my\nDisallow: /sign-\nDisallow: /en/sign-\nDisallow: /console\n"; string(r.Body) != want {
		t.Errorf("%s", r.Body)
	}
	manifest := functiontest.JSON[struct {
		Name, Lang, StartURL string `json:"-"`
		Start                string `json:"start_url"`
		Icons                []struct{ Src string }
	}](c.get("/en/manifest.webmanifest").Want(200))
	if manifest.Start != "/en" || len(manifest.Icons) != 3 {
		t.Errorf("%+v", manifest)
	}
	for _, icon := range manifest.Icons {
		c.get(icon.Src).Want(200)
	}
	has(t, c.get("/privacy").Want(200), "2026-03-01판", "7일 뒤 지움", "365일")
	has(t, c.get("/en/privacy").Want(200), "7 days after leaving")
}

// person is somebody with a browser.
type person struct {
	t       *testing.T
	app     *functiontest.App
	cookies map[string]string
}

func (c *council) person(t *testing.T) *person { return &person{t, c.App, map[string]string{}} }

func (p *person) do(method, path string, form url.Values) functiontest.Response {
	p.t.Helper()
	r := functiontest.Request{Method: method, Path: path, Cookies: p.cookies, Header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	if form != nil {
		r.Body = form
	}
	answer := p.app.Do(r)
	for _, cookie := range (&http.Response{Header: answer.Header}).Cookies() {
		if cookie.MaxAge < 0 {
			delete(p.cookies, cookie.Name)
		} else {
			p.cookies[cookie.Name] = cookie.Value
		}
	}
	return answer
}

func (p *person) get(path string) functiontest.Response { p.t.Helper(); return p.do("GET", path, nil) }

// send sends a form that is taken, and goes where it leads.
func (p *person) send(path string, form url.Values, want string) functiontest.Response {
	p.t.Helper()
	if form == nil {
		form = url.Values{}
	}
	r := p.do("POST", path, form).Want(303)
	if got := r.Header.Get("Location"); got != want {
		p.t.Fatalf("POST %s leads to %s, want %s", path, got, want)
	}
	return p.get(want)
}

func application(email string) url.Values {
	return url.Values{"email": {email}, "password": {secretWord}, "name": {"이소리"}, "unit": {"국어국문학과"}, "privacy": {"on"}, "age": {"on"}, "policyVersion": {"2026-03-01"}, "next": {"/notices"}}
}

var codeInMail = regexp.MustCompile(`\b[0-9]{6}\b`)

// A student's account from the first visit to leaving and coming back.
func TestStudent(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/sign-up", application("sori@example.com"), "/sign-in?next=%2Fnotices&done=signed-up")
	c.Mail.Take()
	p.send("/sign-in", url.Values{"email": {" Sori@Example.com "}, "password": {secretWord}, "next": {"/my"}}, "/my")
	if p.cookies[auth.AccessCookie] == "" || p.cookies[auth.RefreshCookie] == "" || p.cookies["__Host-madang-browser"] == "" {
		t.Fatalf("%v", p.cookies)
	}
	if r := p.get("/sign-in?next=/notices"); r.Status != 303 || r.Header.Get("Location") != "/notices" {
		t.Errorf("signing in twice: %d", r.Status)
	}
	has(t, p.send("/my", url.Values{"name": {"이 소리"}, "unit": {"사학과"}, "version": {"1"}}, "/my?done=profile"), "프로필을 바꿨습니다.", `value="사학과"`)
	if r := p.do("POST", "/my", url.Values{"name": {"또"}, "version": {"1"}}).Problem(412, "version-stale"); !strings.Contains(string(r.Body), `value="또"`) {
		t.Error("what was typed is lost")
	}

	c.Mail.Take()
	has(t, p.send("/my/verification", url.Values{"email": {"20261234@madang.ac.kr"}}, "/my/verification?sent=true"), "번호를 보냈습니다.")
	code := codeInMail.FindString(c.Mail.Take()[0].Text)
	p.do("POST", "/my/verification/code", url.Values{"code": {"x"}}).Problem(422, "invalid-input")
	has(t, p.send("/my/verification/code", url.Values{"code": {code}}, "/my?done=verified"), "학생 확인을 마쳤습니다.", "2026. 3. 2. 확인")
	if r := p.get("/my/verification"); r.Status != 303 {
		t.Errorf("verifying twice: %d", r.Status)
	}

	other := c.person(t)
	other.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}}, "/")
	if n := strings.Count(string(p.get("/my/sessions").Want(200).Body), `class="device"`); n != 2 {
		t.Errorf("%d sessions", n)
	}
	id := regexp.MustCompile(`action="(/my/sessions/[^"]+)"`).FindStringSubmatch(string(p.get("/my/sessions").Body))[1]
	p.send(id, nil, "/my/sessions?done=signed-out-there")
	if r := other.get("/my"); r.Status != 303 || len(other.cookies) != 1 { // the browser's name stays
		t.Errorf("signed out there: %d %v", r.Status, other.cookies)
	}

	has(t, p.send("/my/consents", url.Values{"privacy": {"on"}, "marketing": {"on"}, "policyVersion": {"2026-03-01"}}, "/my/consents?done=consents"), `name="marketing" type="checkbox" checked`)
	p.do("POST", "/my/consents", url.Values{"policyVersion": {"2026-03-01"}}).Problem(422, "invalid-input")

	p.do("POST", "/my/password", url.Values{"old": {"틀림"}, "new": {"노란 별 아래 여덟 마리"}}).Problem(403, "password-wrong")
	p.send("/my/password", url.Values{"old": {secretWord}, "new": {"노란 별 아래 여덟 마리"}}, "/my?done=password")
	if r := p.get("/my/export").Want(303); r.Header.Get("Location") != "/v1/members/me/export" {
		t.Error(r.Header)
	}

	p.do("POST", "/my/leave", url.Values{"password": {"틀림"}}).Problem(403, "password-wrong")
	r := p.do("POST", "/my/leave", url.Values{"password": {"노란 별 아래 여덟 마리"}}).Want(200)
	has(t, r, "탈퇴했습니다", "2026년 3월 9일 (월) 오후 12:00까지 되돌릴 수 있습니다.")
	if r := p.get("/my"); r.Status != 303 {
		t.Errorf("after leaving: %d", r.Status)
	}
	r = p.do("POST", "/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}).Problem(409, "member-leaving")
	has(t, r, `href="/return"`, `value="sori@example.com"`)
	hasNot(t, r, "여덟 마리")
	p.send("/return", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/sign-in?done=came-back")
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/")
	p.send("/my/sessions", nil, "/sign-in?done=signed-out-everywhere")
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/")
	has(t, p.send("/sign-out", nil, "/sign-in?done=signed-out"), "로그아웃했습니다.")
	if p.cookies[auth.AccessCookie] != "" || p.cookies[auth.RefreshCookie] != "" {
		t.Errorf("%v", p.cookies)
	}
}

func TestDevices(t *testing.T) {
	for agent, want := range map[string]string{
		"Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.0 Mobile/15E148 Safari/604.1":    "Safari · iPhone",
		"Mozilla/5.0 (Linux; Android 16; SM-S936N) AppleWebKit/537.36 (KHTML, like Gecko) SamsungBrowser/29.0 Chrome/136.0.0.0 Mobile Safari/537.36": "삼성 인터넷 · Android",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/150.0.0.0 Whale/5.0 Safari/537.36":                  "네이버 웨일 · Windows",
		"Mozilla/5.0 (compatible)": "알 수 없는 브라우저",
		"도서관 <컴퓨터>":                "도서관 &lt;컴퓨터&gt;",
	} {
		c := open(t)
		p := c.person(t)
		p.send("/sign-up", application("sori@example.com"), "/sign-in?next=%2Fnotices&done=signed-up")
		r := c.Do(functiontest.Request{Method: "POST", Path: "/sign-in", Body: url.Values{"email": {"sori@example.com"}, "password": {secretWord}}, Header: map[string]string{"User-Agent": agent}}).Want(303)
		for _, cookie := range (&http.Response{Header: r.Header}).Cookies() {
			p.cookies[cookie.Name] = cookie.Value
		}
		has(t, p.get("/my/sessions").Want(200), `<p class="device">`+want+` <span class="badge">지금 이 기기</span>`)
	}
}

func TestForgottenPassword(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/en/sign-up", application("sori@example.com"), "/en/sign-in?next=%2Fnotices&done=signed-up")
	c.Mail.Take()
	p.do("POST", "/password/forgotten", url.Values{"email": {"x"}}).Problem(422, "invalid-input")
	has(t, p.send("/password/forgotten", url.Values{"email": {"sori@example.com"}}, "/password/forgotten?done=sent"), "메일을 보냈습니다.")
	_, token, _ := strings.Cut(c.Mail.Take()[0].Text, "/password#")
	token = strings.Fields(token)[0]
	if r := p.get("/password").Want(200); !strings.Contains(r.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Error(r.Header)
	}
	p.do("POST", "/password", url.Values{"token": {token}, "password": {"12345678"}}).Problem(422, "invalid-input")
	p.send("/password", url.Values{"token": {token}, "password": {"노란 별 아래 여덟 마리"}}, "/sign-in?done=reset")
	r := p.do("POST", "/password", url.Values{"token": {token}, "password": {"노란 별 아래 여덟 마리"}}).Problem(410, "reset-ended")
	has(t, r, `href="/password/forgotten"`)
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/")
}

func TestSecondFactor(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/sign-up", application("sori@example.com"), "/sign-in?next=%2Fnotices&done=signed-up")
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}}, "/")
	p.do("POST", "/my/second-factor", url.Values{"password": {"틀림"}}).Problem(403, "password-wrong")
	r := p.do("POST", "/my/second-factor", url.Values{"password": {secretWord}}).Want(200)
	secret := strings.ReplaceAll(regexp.MustCompile(`<code>([A-Z2-7 ]+)</code>`).FindStringSubmatch(string(r.Body))[1], " ", "")
	code := func() string {
		c.Wait(30 * time.Second)
		got, err := totp.Code(secret, c.Now())
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	p.do("POST", "/my/second-factor/confirm", url.Values{"code": {"000000"}}).Problem(403, "code-wrong")
	r = p.do("POST", "/my/second-factor/confirm", url.Values{"code": {code()}}).Want(200)
	recovery := regexp.MustCompile(`<li><code>([^<]+)</code>`).FindAllStringSubmatch(string(r.Body), -1)
	if len(recovery) == 0 {
		t.Fatalf("no recovery codes: %s", r.Body)
	}
	p.send("/sign-out", nil, "/sign-in?done=signed-out")
	p.do("POST", "/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"틀림"}}).Problem(401, "sign-in-failed")
	form := url.Values{"email": {"sori@example.com"}, "password": {secretWord}, "next": {"/my/second-factor"}}
	p.send("/sign-in", form, "/sign-in/second-factor?next=%2Fmy%2Fsecond-factor")
	if p.cookies[auth.AccessCookie] != "" {
		t.Fatal("signed in without the code")
	}
	p.do("POST", "/sign-in/second-factor", url.Values{"code": {""}}).Problem(422, "invalid-input")
	p.do("POST", "/sign-in/second-factor", url.Values{"code": {"000000"}}).Problem(403, "code-wrong")
	has(t, p.send("/sign-in/second-factor", url.Values{"code": {code()}}, "/my/second-factor"), "켜져 있습니다.")
	stranger := c.person(t)
	if r := stranger.get("/sign-in/second-factor"); r.Status != 303 || r.Header.Get("Location") != "/sign-in" {
		t.Errorf("without a password: %d", r.Status)
	}
	if r := stranger.do("POST", "/sign-in/second-factor", url.Values{"code": {code()}}); r.Status != 303 || r.Header.Get("Location") != "/sign-in" || len(stranger.cookies) != 0 {
		t.Errorf("without a password: %d", r.Status)
	}
	p.send("/sign-out", nil, "/sign-in?done=signed-out")
	p.send("/sign-in", form, "/sign-in/second-factor?next=%2Fmy%2Fsecond-factor")
	p.send("/sign-in/second-factor", url.Values{"code": {recovery[0][1]}}, "/my/second-factor")
	p.do("POST", "/my/second-factor/remove", url.Values{"password": {secretWord}, "code": {"000000"}}).Problem(403, "code-wrong")
	has(t, p.send("/my/second-factor/remove", url.Values{"password": {secretWord}, "code": {code()}}, "/my/second-factor?done=factor-removed"), "2단계 인증을 껐습니다.")
	p.do("POST", "/my/second-factor/verify", url.Values{"code": {"1"}}).Problem(409, "second-factor-off")
}

// Nobody is led away from the site by a link to its sign-in page, and messages are the
// site's own.
func TestOpenRedirects(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/sign-up", application("sori@example.com"), "/sign-in?next=%2Fnotices&done=signed-up")
	for _, next := range []string{"//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "evil", strings.Repeat("/a", 300)} {
		p := c.person(t)
		p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}, "next": {next}}, "/")
		if r := p.get("/sign-in?next=" + url.QueryEscape(next)); r.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", next, r.Header.Get("Location"))
		}
		hasNot(t, c.person(t).get("/sign-up?next="+url.QueryEscape(next)), `href="`+next)
	}
	hasNot(t, p.get("/sign-in?done=evil&error=evil"), "evil")
}

func TestRefusedForms(t *testing.T) {
	c := open(t)
	me := c.Member(functiontest.Member{}).Token
	for _, row := range []struct {
		path, as     string
		form         url.Values
		status       int
		code, fields string
	}{
		{"/sign-in", "", url.Values{}, 422, "invalid-input", "email:required password:required"},
		{"/sign-in", "", url.Values{"email": {"a@b.kr"}, "password": {"x"}}, 401, "sign-in-failed", ""},
		{"/sign-in", "", url.Values{"email": {"a@b.kr"}, "role": {"admin"}}, 422, "invalid-input", ""},
		{"/en/sign-in", "", url.Values{"email": {"a@b.kr"}, "password": {"x"}}, 401, "sign-in-failed", ""},
		{"/sign-up", "", url.Values{"email": {"x"}, "password": {"12345678"}}, 422, "invalid-input", "email:not-an-email name:required password:password-common policyVersion:not-current privacy:required age:under-age"},
		{"/password", "", url.Values{}, 422, "invalid-input", "token:required"},
		{"/password", "", url.Values{"token": {"x"}, "password": {"x"}}, 410, "reset-ended", ""},
		{"/return", "", url.Values{}, 422, "invalid-input", "email:required password:required"},
		{"/return", "", url.Values{"email": {"a@b.kr"}, "password": {"x"}}, 401, "sign-in-failed", ""},
		{"/my", me, url.Values{"name": {" "}, "version": {"1"}}, 422, "invalid-input", "name:required"},
		{"/my/verification", me, url.Values{"email": {"a@gmail.com"}}, 422, "invalid-input", "email:not-a-school-address"},
		{"/my/verification/code", me, url.Values{"code": {"000000"}}, 410, "code-ended", ""},
		{"/my/password", me, url.Values{"new": {"x"}}, 422, "invalid-input", "new:password-too-short"},
		{"/my/second-factor/confirm", me, url.Values{"code": {"1"}}, 409, "second-factor-off", ""},
		{"/my/second-factor/remove", me, url.Values{"code": {"1"}}, 409, "second-factor-off", ""},
		{"/my/sessions/x", me, url.Values{}, 404, "not-found", ""},
		{"/my/sessions/0197b0d0-0000-7000-8000-000000000000", me, url.Values{}, 404, "not-found", ""},
	} {
		r := c.Do(functiontest.Request{Method: "POST", Path: row.path, As: row.as, Body: row.form})
		if r.Status != row.status || r.Code() != row.code || strings.Join(r.Fields(), " ") != row.fields {
			t.Errorf("%s %v: %d %s %v", row.path, row.form, r.Status, r.Code(), r.Fields())
		}
	}
	for _, path := range []string{"/my", "/my/verification", "/my/password", "/my/second-factor", "/my/consents", "/my/sessions", "/my/leave", "/my/export"} {
		if r := c.get(path); r.Status != 303 || r.Header.Get("Location") != "/sign-in?next="+url.QueryEscape(path) {
			t.Errorf("%s as a guest: %d %s", path, r.Status, r.Header.Get("Location"))
		}
		if r := c.Do(functiontest.Request{Method: "POST", Path: path, Body: url.Values{}}); path != "/my/export" && (r.Status != 303 || r.Header.Get("Location") != "/sign-in") {
			t.Errorf("POST %s as a guest: %d %s", path, r.Status, r.Header.Get("Location"))
		}
	}
}

// What another issuer's callback brings back: signed in, a second factor still to come, or
// why not.
func TestIssuers(t *testing.T) {
	c := open(t, functiontest.WithSettings(func(s *function.Settings) { s.Issuers = []function.Issuer{{Name: "kakao"}} }))
	r := c.get("/sign-in?next=/my").Want(200)
	has(t, r, "카카오 계정으로 로그인", `href="/v1/auth/oidc/kakao?return=%2Fsign-in%3Fnext%3D%252Fmy"`)
	for code, want := range map[string]string{
		"consent-required": "동의하고 카카오 계정으로 가입", "oidc-refused": "로그인을 취소했습니다.", "member-leaving": "탈퇴 취소하기", "made-up": "다른 계정으로 로그인하지 못했습니다.",
	} {
		has(t, c.get("/sign-in?error="+code).Want(200), want)
	}
	if r := c.get("/sign-in?error=second-factor-code-required&next=/my").Want(303); r.Header.Get("Location") != "/sign-in/second-factor?next=%2Fmy" {
		t.Error(r.Header)
	}
}

// A page holds to the second what the stored times say, also at midnight in Seoul.
func TestMidnight(t *testing.T) {
	c := open(t)
	midnight := clock.Midnight(functiontest.Start).AddDate(0, 0, 1)
	id := c.write(map[string]any{"title": "오늘까지", "unpublishAt": midnight})
	c.At(midnight.Add(-time.Millisecond))
	has(t, c.get("/"), "오늘까지")
	c.get("/notices/" + id).Want(200)
	c.At(midnight)
	hasNot(t, c.get("/"), "오늘까지")
	c.get("/notices/"+id).Problem(404, "not-found")
}
