package site_test

import (
	"html"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	signing "github.com/madang-council/madang/functions/auth"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/identity/oidc/oidctest"
	"github.com/madang-council/madang/shared/identity/totp"
)

const secretWord = "푸른 나무 아래 일곱 마리"

// council is the site's frame with the main page, where a sign-in leads.
type council struct{ *functiontest.App }

func open(t *testing.T, options ...functiontest.Option) *council {
	t.Helper()
	return &council{functiontest.New(t, site.Function, append([]functiontest.Option{functiontest.Beside(site.Function, home.Function)}, options...)...)}
}

func (c *council) get(path string) functiontest.Response {
	return c.Do(functiontest.Request{Method: "GET", Path: path})
}

func TestFiles(t *testing.T) {
	c := open(t)
	r := c.get("/robots.txt").Want(200)
	if want := "User-agent: *\nDisallow: /v1/\nDisallow: /my\nDisallow: /en/my\nDisallow: /sign-\nDisallow: /en/sign-\nDisallow: /console\n\nSitemap: https://council.madang.ac.kr/sitemap.xml\n"; string(r.Body) != want {
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
	if _, err := (face.Store{DB: c.DB}).Set(c.Context(), face.First, face.Face{Name: "솔뫼대학교 총학생회", NameEN: "Solmoe Students", Short: "솔뫼", Pattern: "mul"}); err != nil {
		t.Fatal(err)
	}
	f, _, err := face.Store{DB: c.DB}.Read(c.Context())
	if err != nil {
		t.Fatal(err)
	}
	for path, keeps := range map[string]string{"/brand/" + f.Hash() + "/brand.css": "public, max-age=31536000, immutable", "/brand/old/wall.svg": "private, no-store"} {
		if r := c.get(path).Want(200); r.Header.Get("Cache-Control") != keeps {
			t.Errorf("%s: %s", path, r.Header.Get("Cache-Control"))
		}
	}
	c.get("/brand/" + f.Hash() + "/other.css").Want(404)
	c.get("/manifest.webmanifest").Want(200).Says(`"name":"솔뫼대학교 총학생회"`, `"short_name":"솔뫼"`)
	c.get("/en/manifest.webmanifest").Want(200).Says(`"name":"Solmoe Students"`)
	c.get("/en/privacy").Want(200).Says("How Solmoe Students handles personal data", "The president of Solmoe Students")
	c.get("/privacy").Want(200).Says("개인정보 처리방침", "2026년 3월 1일부터 시행", "7일 뒤 지움", ">누구에게</th>", "<td>주지 않음</td>", "<td>이메일 주소만, 이메일이 거쳐 가는 메일 서버</td>", "개인정보 처리를 다른 곳에 맡기지 않습니다.", "365일", "24시간 뒤", "솔뫼대학교 총학생회 회장", "모든 방문자의 요청 기록", "처리하지 못한 요청의 접속 주소", "길어도 14일").SaysNot("주소도 남기지 않습니다", "처리 위탁)", "{mail}")
	c.get("/en/privacy").Want(200).Says("7 days after leaving", "The email address alone, to the mail servers that it passes through", "Nobody else handles personal data", "deleted automatically when its period ends").SaysNot("processor that")
	sent := open(t, functiontest.WithSettings(func(s *function.Settings) {
		s.Privacy.Processors = []function.Processor{{Name: "솔뫼메일", Work: "이메일 발송"}}
	}))
	sent.get("/privacy").Want(200).Says("<td>이메일 주소만, 이메일을 대신 보내는 곳(처리 위탁)</td>", "<li>솔뫼메일: 이메일 발송</li>").SaysNot("맡기지 않습니다")
	sent.get("/en/privacy").Want(200).Says("to the processor that sends our email").SaysNot("Nobody else handles")
	if _, err := (face.Store{DB: c.DB}).Set(c.Context(), face.First+1, face.Face{Name: "솔뫼대학교 총학생회", Pattern: "mul", Brand: face.Default("").Brand, Mark: `<path d="M3 34 14 7z"></path>`, Foot: face.Foot{Phone: "031-555-0138"}, Officer: face.Officer{Name: "김마당 사무국장", NameEN: "Kim Madang, secretary"}}); err != nil {
		t.Fatal(err)
	}
	c.get("/privacy").Want(200).Says("<p>김마당 사무국장 · 031-555-0138</p>")
	c.get("/en/privacy").Want(200).Says("<p>Kim Madang, secretary · 031-555-0138</p>")
	if f, _, err = (face.Store{DB: c.DB}).Read(c.Context()); err != nil {
		t.Fatal(err)
	}
	own := "/brand/" + f.IconHash() + "/"
	c.get("/manifest.webmanifest").Want(200).Says(own+"icon.svg", own+"icon-180.png", own+"icon-512.png")
	c.get("/privacy").Want(200).Says(`<link rel="icon" href="`+own+`icon.svg" type="image/svg+xml">`, `<link rel="apple-touch-icon" href="`+own+`icon-180.png">`, `content="https://council.madang.ac.kr`+own+`icon-512.png"`)
	c.get(own + "icon.svg").Want(200).Says(f.Mark)
	for path, keeps := range map[string]string{own + "icon.svg": "public, max-age=31536000, immutable", own + "icon-512.png": "public, max-age=31536000, immutable", "/brand/old/icon-180.png": "private, no-store"} {
		if r := c.get(path).Want(200); r.Header.Get("Cache-Control") != keeps || !strings.HasPrefix(r.Header.Get("Content-Type"), "image/") {
			t.Errorf("%s: %v", path, r.Header)
		}
	}
	c.get(own + "icon-9000.png").Want(404)
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
	p.send("/sign-up", application("sori@example.com"), "/notices")
	p.send("/sign-in", url.Values{"email": {" Sori@Example.com "}, "password": {secretWord}, "next": {"/my"}}, "/my")
	if p.cookies[auth.AccessCookie] == "" || p.cookies[auth.RefreshCookie] == "" || p.cookies["__Host-madang-browser"] == "" {
		t.Fatalf("%v", p.cookies)
	}
	if r := p.get("/sign-in?next=/notices"); r.Status != 303 || r.Header.Get("Location") != "/notices" {
		t.Errorf("signing in twice: %d", r.Status)
	}
	p.get("/my").Says(`href="/my/verification"`, "아직 하지 않았습니다.", "sori@example.com (아직 확인하지 않음)")
	p.send("/my", url.Values{"name": {"이 소리"}, "unit": {"사학과"}, "version": {"1"}}, "/my?done=profile").Says("프로필을 바꿨습니다.", `value="사학과"`)
	if r := p.do("POST", "/my", url.Values{"name": {"또"}, "version": {"1"}}).Problem(412, "version-stale"); !strings.Contains(string(r.Body), `value="또"`) {
		t.Error("what was typed is lost")
	}

	own := codeInMail.FindString(c.Mail.Take()[0].Text)
	p.get("/my/verification").Says("이메일 주소를 확인한 뒤에 인증번호를 받을 수 있습니다.", `href="/my/address?next=%2Fmy%2Fverification"`)
	p.do("POST", "/my/verification", url.Values{"email": {"20261234@madang.ac.kr"}}).Problem(403, "address-unconfirmed")
	p.send("/my/address/code", url.Values{"code": {own}}, "/my?done=address")
	p.get("/my/verification").SaysNot("이메일 주소를 확인한 뒤에")
	p.send("/my/verification", url.Values{"email": {"20261234@madang.ac.kr"}}, "/my/verification?sent=true").Says("번호를 보냈습니다.")
	code := codeInMail.FindString(c.Mail.Take()[0].Text)
	p.do("POST", "/my/verification/code", url.Values{"code": {"x"}}).Problem(422, "invalid-input")
	p.send("/my/verification/code", url.Values{"code": {code}}, "/my?done=verified").
		Says("재학생 인증을 마쳤습니다.", "2026. 3. 2. 인증했습니다.", "sori@example.com", "꺼져 있습니다.", "이 기기에서만 로그인했습니다.", "2026. 3. 2. 개인정보 수집과 이용에 동의했습니다.").SaysNot(`href="/my/verification"`)
	if r := p.get("/my/verification"); r.Status != 303 || r.Header.Get("Location") != "/my?done=verified" {
		t.Errorf("verifying twice: %d %s", r.Status, r.Header.Get("Location"))
	}

	other := c.person(t)
	other.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}}, "/")
	p.get("/my").Says("기기 2대에서 로그인했습니다.")
	if n := strings.Count(string(p.get("/my/sessions").Want(200).Body), `class="device"`); n != 2 {
		t.Errorf("%d sessions", n)
	}
	id := regexp.MustCompile(`action="(/my/sessions/[^"]+)"`).FindStringSubmatch(string(p.get("/my/sessions").Body))[1]
	p.send(id, nil, "/my/sessions?done=signed-out-there")
	if r := other.get("/my"); r.Status != 303 || len(other.cookies) != 1 { // the browser's name stays
		t.Errorf("signed out there: %d %v", r.Status, other.cookies)
	}

	p.send("/my/consents", url.Values{"privacy": {"on"}, "policyVersion": {"2026-03-01"}}, "/my/consents?done=consents").Says("2026년 3월 2일 (월)에 개인정보 수집과 이용에 동의했습니다(2026-03-01 버전).")
	p.do("POST", "/my/consents", url.Values{"policyVersion": {"2026-03-01"}}).Problem(422, "invalid-input")

	c.Mail.Take()
	c.Wait(auth.ProofLife)
	if r := p.get("/my/password").Want(303); r.Header.Get("Location") != "/my/proof?next=%2Fmy%2Fpassword" {
		t.Errorf("a stale proof: %v", r.Header)
	}
	if r := p.do("POST", "/my/password", url.Values{"new": {"노란 별 아래 여덟 마리"}}).Want(303); r.Header.Get("Location") != "/my/proof" {
		t.Errorf("a stale proof: %v", r.Header)
	}
	p.get("/my/proof?next=/my/password").Want(200).Says(`name="password"`, `value="/my/password"`)
	p.do("POST", "/my/proof", url.Values{"password": {"틀림"}, "next": {"/my/password"}}).Problem(403, "password-wrong").Says(`value="/my/password"`)
	p.send("/my/proof", url.Values{"password": {secretWord}, "next": {"//evil.example"}}, "/my")
	p.send("/my/proof", url.Values{"password": {secretWord}, "next": {"/my/password"}}, "/my/password").Says(`autocomplete="new-password"`)
	p.send("/my/password", url.Values{"new": {"노란 별 아래 여덟 마리"}}, "/my?done=password")
	if mail := c.Mail.Take(); len(mail) != 1 || mail[0].To != "sori@example.com" || !strings.Contains(mail[0].Text, "비밀번호를 바꿨습니다") {
		t.Errorf("%+v", mail)
	}
	if r := p.get("/my/export").Want(303); r.Header.Get("Location") != "/v1/members/me/export/file" {
		t.Error(r.Header)
	}

	r := p.do("POST", "/my/leave", url.Values{}).Want(200)
	r.Says("탈퇴했습니다", "2026년 3월 9일 (월) 12:10까지 되돌릴 수 있습니다.")
	if r := p.get("/my"); r.Status != 303 {
		t.Errorf("after leaving: %d", r.Status)
	}
	r = p.do("POST", "/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}).Problem(409, "member-leaving")
	r.Says(`href="/return"`, `value="sori@example.com"`)
	r.SaysNot("여덟 마리")
	p.send("/return", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/sign-in?done=came-back")
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/")
	p.send("/my/sessions", nil, "/sign-in?done=signed-out-everywhere")
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/")
	p.get("/my").Want(200).Says(`action="/sign-out"`)
	p.send("/sign-out", nil, "/sign-in?done=signed-out").Says("로그아웃했습니다.")
	if p.cookies[auth.AccessCookie] != "" || p.cookies[auth.RefreshCookie] != "" {
		t.Errorf("%v", p.cookies)
	}
}

// Who signs up is signed in at the end, also who did before and knows the password. Who does not is told to look
// into the mail, which alone says that there is an account, and signs nobody in.
func TestSigningUpSignsIn(t *testing.T) {
	c := open(t)
	signedIn := func(p *person) bool { return p.cookies[auth.AccessCookie] != "" && p.get("/my").Status == 200 }
	form := func(change url.Values) url.Values {
		f := application("sori@example.com")
		f.Del("next")
		maps.Copy(f, change)
		return f
	}
	first := c.person(t)
	first.send("/sign-up", form(nil), "/my?done=joined").Want(200).Says("가입했습니다.", "이소리")
	if !signedIn(first) || first.cookies["__Host-madang-browser"] == "" {
		t.Error("not signed in at the end")
	}
	english := c.person(t)
	english.send("/en/sign-up", form(url.Values{"email": {"two@example.com"}, "next": {"/en/my"}}), "/en/my?done=joined").Want(200).Says("Welcome.")
	c.Mail.Take()

	again := c.person(t)
	again.send("/sign-up", form(nil), "/my?done=joined")
	if !signedIn(again) {
		t.Error("the owner, who knows the password, is not signed in")
	}
	other := c.person(t)
	other.send("/sign-up", form(url.Values{"password": {"노란 별 아래 여덟 마리"}, "name": {"남"}, "next": {"/my"}}), "/sign-in?done=check-mail").Says("이메일을 확인하세요.").SaysNot("이소리")
	if signedIn(other) || len(other.cookies) != 0 {
		t.Errorf("signed in with another's address: %v", other.cookies)
	}
	if mail := c.Mail.Take(); len(mail) != 2 || mail[1].To != "sori@example.com" {
		t.Errorf("the owner is not told: %+v", mail)
	}
	first.get("/my").Says("이소리").SaysNot("value=\"남\"")
	other.do("POST", "/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"틀림"}}).Problem(401, "sign-in-failed").Says("이메일이나 비밀번호가 맞지 않습니다.").SaysNot("인증번호")
}

// An address is the member's own when they have read a message that it got: the one of signing
// up, or one to change to, of which both addresses are told. Nobody learns whether another
// account has an address but who reads its mail.
func TestAddress(t *testing.T) {
	c := open(t)
	p, taken := c.person(t), c.person(t)
	taken.send("/sign-up", application("taken@example.com"), "/notices")
	c.Mail.Take()
	p.send("/sign-up", application("sori@example.com"), "/notices")
	code := func() (to, code string) {
		t.Helper()
		mail := c.Mail.Take()
		if len(mail) != 1 {
			t.Fatalf("%+v", mail)
		}
		return mail[0].To, codeInMail.FindString(mail[0].Text)
	}
	_, first := code()
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}}, "/")
	p.get("/my").Want(200).Says("아직 이메일 주소를 확인하지 않았습니다.", `href="/my/address"`)
	p.do("POST", "/my/address/code", url.Values{"code": {"000000x"}}).Problem(422, "invalid-input")
	cookies := maps.Clone(p.cookies)
	p.send("/my/address/code", url.Values{"code": {first}}, "/my?done=address").SaysNot("확인하지 않았습니다")
	if !maps.Equal(cookies, p.cookies) || len(c.Mail.Take()) != 0 {
		t.Error("confirming the same address changes how one signs in")
	}
	// Who was led here from elsewhere goes on there, by either form and after a refusal.
	next := url.Values{"next": {"/my/follows/minute/1"}}
	p.get("/my/address?" + next.Encode()).Want(200).Says(`name="next" value="/my/follows/minute/1"`)
	p.do("POST", "/my/address/code", url.Values{"code": {"000000"}, "next": next["next"]}).Problem(410, "code-ended").Says(`name="next" value="/my/follows/minute/1"`)

	p.do("POST", "/my/address", url.Values{"email": {"x"}}).Problem(422, "invalid-input")
	for _, to := range []string{"taken@example.com", "new@example.com"} { // the same answer for both
		p.send("/my/address", url.Values{"email": {to}, "next": {"/my/sessions"}}, "/my/address?next=%2Fmy%2Fsessions&sent=true").Says("이메일로 인증번호를 보냈습니다.", `name="next" value="/my/sessions"`)
		got, number := code()
		if got != to {
			t.Errorf("the code went to %s", got)
		}
		if to == "taken@example.com" {
			p.do("POST", "/my/address/code", url.Values{"code": {number}}).Problem(409, "address-taken")
			continue
		}
		p.send("/password/forgotten", url.Values{"email": {"sori@example.com"}}, "/password/forgotten?done=sent")
		_, token, _ := strings.Cut(c.Mail.Take()[0].Text, "/password#")
		p.send("/my/address/code", url.Values{"code": {number}, "others": {"on"}}, "/my?done=address-changed").Says("new@example.com")
		mail := c.Mail.Take()
		if len(mail) != 2 || mail[0].To != "sori@example.com" || mail[1].To != "new@example.com" {
			t.Errorf("told of the change: %+v", mail)
		}
		if p.cookies[auth.AccessCookie] == cookies[auth.AccessCookie] {
			t.Error("the session has its old token")
		}
		p.do("POST", "/password", url.Values{"token": {strings.Fields(token)[0]}, "password": {"노란 별 아래 여덟 마리"}}).Problem(410, "reset-ended")
	}
	p.send("/sign-out", nil, "/sign-in?done=signed-out")
	p.do("POST", "/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}}).Problem(401, "sign-in-failed")
	p.send("/sign-in", url.Values{"email": {"new@example.com"}, "password": {secretWord}}, "/")
	c.Wait(auth.ProofLife)
	if r := p.get("/my/address").Want(303); r.Header.Get("Location") != "/my/proof?next=%2Fmy%2Faddress" {
		t.Error(r.Header)
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
		p.send("/sign-up", application("sori@example.com"), "/notices")
		r := c.Do(functiontest.Request{Method: "POST", Path: "/sign-in", Body: url.Values{"email": {"sori@example.com"}, "password": {secretWord}}, Header: map[string]string{"User-Agent": agent}}).Want(303)
		for _, cookie := range (&http.Response{Header: r.Header}).Cookies() {
			p.cookies[cookie.Name] = cookie.Value
		}
		p.get("/my/sessions").Want(200).Says(`<p class="device">` + want + ` <span class="st open">지금 이 기기</span>`)
		p.get("/en/my/sessions").Want(200).SaysNot("삼성", "네이버")
	}
}

func TestForgottenPassword(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/en/sign-up", application("sori@example.com"), "/notices")
	c.Mail.Take()
	p.do("POST", "/password/forgotten", url.Values{"email": {"x"}}).Problem(422, "invalid-input")
	p.send("/password/forgotten", url.Values{"email": {"sori@example.com"}}, "/password/forgotten?done=sent").Says("이메일을 보냈습니다.")
	_, token, _ := strings.Cut(c.Mail.Take()[0].Text, "/password#")
	token = strings.Fields(token)[0]
	if r := p.get("/password").Want(200); !strings.Contains(r.Header.Get("Content-Security-Policy"), "script-src 'self'") {
		t.Error(r.Header)
	}
	p.do("POST", "/password", url.Values{"token": {token}, "password": {"12345678"}}).Problem(422, "invalid-input")
	p.send("/password", url.Values{"token": {token}, "password": {"노란 별 아래 여덟 마리"}}, "/sign-in?done=reset")
	r := p.do("POST", "/password", url.Values{"token": {token}, "password": {"노란 별 아래 여덟 마리"}}).Problem(410, "reset-ended")
	r.Says(`href="/password/forgotten"`)
	p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {"노란 별 아래 여덟 마리"}}, "/")
}

// Every box for a password hides it, tells password managers which one it is, and takes as long a
// one as the policy does.
func TestPasswordBoxes(t *testing.T) {
	c := open(t)
	p := c.person(t)
	boxes := regexp.MustCompile(`<input[^>]* name="(password|new)"[^>]*>`)
	look := func(path, complete string) {
		t.Helper()
		body := string(p.get(path).Want(200).Body)
		found := boxes.FindAllString(body, -1)
		if len(found) != 1 {
			t.Errorf("%s: %d boxes", path, len(found))
		}
		if !strings.Contains(body, `/reveal.js"`) || !strings.Contains(body, `hidden data-reveal="field-`) {
			t.Errorf("%s: what is typed cannot be looked at", path)
		}
		for _, box := range found {
			if !strings.Contains(box, ` type="password"`) || !strings.Contains(box, ` autocomplete="`+complete+`"`) || strings.Contains(box, "maxlength") || strings.Contains(box, "pattern") || strings.Contains(box, " on") {
				t.Errorf("%s: %s", path, box)
			}
		}
	}
	look("/sign-in", "current-password")
	look("/sign-up", "new-password")
	look("/password", "new-password")
	look("/return", "current-password")
	p.send("/sign-up", application("sori@example.com"), "/notices")
	look("/my/password", "new-password")
	look("/my/proof", "current-password")
}

func TestSecondFactor(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/sign-up", application("sori@example.com"), "/notices")
	p.get("/my/second-factor").Want(200).Says("이메일 주소를 확인한 뒤에", `href="/my/address?next=%2Fmy%2Fsecond-factor"`).SaysNot("켜기</button>")
	p.do("POST", "/my/second-factor", url.Values{}).Problem(403, "address-unconfirmed")
	p.send("/my/address/code", url.Values{"code": {codeInMail.FindString(c.Mail.Take()[0].Text)}, "next": {"/my/second-factor"}}, "/my/second-factor").Says("켜기</button>")
	r := p.do("POST", "/my/second-factor", url.Values{}).Want(200)
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
	p.send("/sign-in/second-factor", url.Values{"code": {code()}}, "/my/second-factor").Says("켜져 있습니다.")
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
	p.get("/my/second-factor").Want(200).Says("새로 만들기")
	if again := regexp.MustCompile(`<li><code>([^<]+)</code>`).FindAllStringSubmatch(string(p.do("POST", "/my/second-factor/recovery-codes", url.Values{"others": {"on"}}).Want(200).Body), -1); len(again) != 10 || again[0][1] == recovery[0][1] {
		t.Errorf("new recovery codes: %v", again)
	}
	c.Wait(auth.ProofLife)
	p.get("/my/proof").Want(200).Says(`name="password"`, `name="code"`)
	p.do("POST", "/my/proof", url.Values{"password": {secretWord}, "code": {"000000"}}).Problem(403, "code-wrong")
	p.send("/my/proof", url.Values{"password": {secretWord}, "code": {code()}, "next": {"/my/second-factor"}}, "/my/second-factor")
	p.send("/my/second-factor/remove", url.Values{}, "/my/second-factor?done=factor-removed").Says("2단계 인증을 껐습니다.")
	p.do("POST", "/my/second-factor/verify", url.Values{"code": {"1"}}).Problem(409, "second-factor-off")
}

// Nobody is led away from the site by a link to its sign-in page, and messages are the
// site's own.
func TestOpenRedirects(t *testing.T) {
	c := open(t)
	p := c.person(t)
	p.send("/sign-up", application("sori@example.com"), "/notices")
	for _, next := range []string{"//evil.example", "/\\evil.example", "https://evil.example", "javascript:alert(1)", "/\t/evil.example", "/\n/evil.example", "evil", strings.Repeat("/a", 300)} {
		p := c.person(t)
		p.send("/sign-in", url.Values{"email": {"sori@example.com"}, "password": {secretWord}, "next": {next}}, "/")
		if r := p.get("/sign-in?next=" + url.QueryEscape(next)); r.Header.Get("Location") != "/" {
			t.Errorf("%q leads to %q", next, r.Header.Get("Location"))
		}
		c.person(t).get("/sign-up?next=" + url.QueryEscape(next)).SaysNot(`href="` + next)
	}
	p.get("/sign-in?done=evil&error=evil").SaysNot("evil")
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

// An account of another issuer is linked and unlinked on one's own page, with the other sessions ended where that is wanted.
func TestLinksAnIssuer(t *testing.T) {
	var c *council
	issuer := oidctest.New(t, func() time.Time { return c.Now() })
	issuer.Claims["sub"] = "1"
	c = open(t, functiontest.Beside(signing.Function), functiontest.WithSettings(func(s *function.Settings) {
		s.Issuers = []function.Issuer{{Name: "kakao", URL: issuer.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret}}
	}))
	p, there := c.person(t), c.person(t)
	p.send("/sign-up", application("sori@example.com"), "/notices")
	code := codeInMail.FindString(c.Mail.Take()[0].Text)
	signIn := url.Values{"email": {"sori@example.com"}, "password": {secretWord}}
	p.send("/sign-in", signIn, "/")
	p.get("/my").Want(200).Says("카카오 계정", `href="/my/issuers/kakao"`, "연결하면 이 계정으로도 로그인합니다.")
	p.do("POST", "/my/issuers/kakao", url.Values{}).Problem(403, "address-unconfirmed")
	p.send("/my/address/code", url.Values{"code": {code}}, "/my?done=address")
	p.get("/my/issuers/none").Want(404)
	there.send("/sign-in", signIn, "/")

	p.get("/my/issuers/kakao").Want(200).Says("연결하기", "다른 기기에서는 로그아웃").SaysNot("연결 끊기")
	r := p.do("POST", "/my/issuers/kakao", url.Values{"others": {"on"}}).Want(200).Says("카카오 계정으로 계속")
	_, rest, _ := strings.Cut(string(r.Body), `href="`+issuer.URL)
	address, _, _ := strings.Cut(rest, `"`)
	back := issuer.Agree(t, issuer.URL+html.UnescapeString(address))
	if got := p.get("/v1/auth/oidc/kakao/callback?" + back.Encode()).Want(303).Header.Get("Location"); got != "/my/issuers/kakao?done=issuer-linked" {
		t.Fatal(got)
	}
	p.get("/my/issuers/kakao?done=issuer-linked").Want(200).Says("계정을 연결했습니다.", "연결 끊기").SaysNot("연결하기")
	p.get("/my").Want(200).Says("연결되어 있습니다.")
	if got := there.get("/my").Want(303).Header.Get("Location"); !strings.HasPrefix(got, "/sign-in") {
		t.Errorf("the other session goes on: %s", got)
	}
	p.get("/my/issuers/kakao?error=issuer-linked").Want(200).Says("이미 연결된 계정입니다.")
	p.send("/my/issuers/kakao/remove", url.Values{}, "/my/issuers/kakao?done=issuer-unlinked").Says("연결을 끊었습니다.", "연결하기")
	if mail := c.Mail.Take(); len(mail) != 2 || !strings.Contains(mail[0].Text, "연결했습니다") || !strings.Contains(mail[1].Text, "끊었습니다") {
		t.Errorf("the member is not told: %+v", mail)
	}
	open(t).get("/my/issuers/kakao").Want(303)
}

// What another issuer's callback brings back: signed in, a second factor still to come, or
// why not.
func TestIssuers(t *testing.T) {
	c := open(t, functiontest.WithSettings(func(s *function.Settings) { s.Issuers = []function.Issuer{{Name: "kakao"}} }))
	r := c.get("/sign-in?next=/my").Want(200)
	r.Says("카카오 계정으로 로그인", `href="/v1/auth/oidc/kakao?return=%2Fsign-in%3Fnext%3D%252Fmy"`)
	for code, want := range map[string]string{
		"consent-required": "동의하고 가입하기", "oidc-refused": "로그인을 취소했습니다.", "member-leaving": "탈퇴 취소하기", "made-up": "다른 계정으로 로그인하지 못했습니다.",
	} {
		c.get("/sign-in?error=" + code).Want(200).Says(want)
	}
	if r := c.get("/sign-in?error=second-factor-code-required&next=/my").Want(303); r.Header.Get("Location") != "/sign-in/second-factor?next=%2Fmy" {
		t.Error(r.Header)
	}
}

// Who comes by another issuer and is new agrees on the site, by its own form and without a script, and is then a
// member; so does who comes back that was leaving. Where the policy changes meanwhile, the new one is agreed to. None
// of it is taken from another site, from another browser, or twice.
func TestWhatAnIssuerLeavesOpen(t *testing.T) {
	c := open(t, functiontest.WithSettings(func(s *function.Settings) { s.Issuers = []function.Issuer{{Name: "kakao"}} }))
	identified := func(purpose string) *person { // as functions/auth leaves it
		t.Helper()
		p := c.person(t)
		value, err := oidc.New(nil, c.Deps.Key, "", nil).Remember(c.Context(), oidc.Flow{Purpose: purpose, Return: "/sign-in?next=%2Fmy", Who: oidc.Identity{Issuer: "https://kauth.kakao.com", Subject: "1", Name: "이소리"}})
		if err != nil {
			t.Fatal(err)
		}
		p.cookies[cookie.Flow] = value
		return p
	}
	form := c.get("/sign-in?error=consent-required&next=%2Fmy").Want(200)
	form.Says(`action="/sign-in/agree"`, "동의하고 가입하기", `href="/privacy"`)
	version := url.Values{"policyVersion": {regexp.MustCompile(`name="policyVersion" value="([^"]+)"`).FindStringSubmatch(string(form.Body))[1]}}
	c.get("/sign-in?error=member-leaving").Want(200).Says(`action="/sign-in/return"`, "탈퇴 취소하기")

	c.person(t).send("/sign-in/agree", version, "/sign-in?error=oidc-flow-ended")
	p := identified(oidc.Joining)
	p.send("/sign-in/return", nil, "/sign-in?error=oidc-flow-ended")
	p.send("/sign-in/agree", url.Values{"policyVersion": {"2025-01-01"}}, "/sign-in?error=consent-required&next=%2Fmy")
	for _, path := range []string{"/sign-in/agree", "/sign-in/return"} {
		c.Do(functiontest.Request{Method: "POST", Path: path, Body: version, Cookies: p.cookies, Header: map[string]string{"Sec-Fetch-Site": "cross-site"}}).Problem(403, "cross-origin")
	}
	p.send("/sign-in/agree", version, "/sign-in?next=%2Fmy")
	p.get("/my").Want(200).Says("이소리")
	p.send("/sign-in/agree", version, "/sign-in?error=oidc-flow-ended")

	p.do("POST", "/my/leave", url.Values{}).Want(200)
	identified(oidc.Joining).send("/sign-in/agree", version, "/sign-in?error=member-leaving&next=%2Fmy")
	back := identified(oidc.Leaving)
	back.send("/sign-in/return", nil, "/sign-in?next=%2Fmy")
	back.get("/my").Want(200).Says("이소리")
}

// The menu is a page too, for telephones: account, language and every group.
func TestMenu(t *testing.T) {
	c := open(t, functiontest.Beside(site.Function, home.Function, notices.Function))
	c.get("/menu").Want(200).Says("<h1>메뉴</h1>", `href="/sign-in?next=%2Fmenu"`, `href="/en/menu" lang="en"`, `<h2>소식</h2>`, `<li><a href="/notices">공지<span>`).SaysNot("<h2>참여</h2>")
	c.get("/en/menu").Want(200).Says("<h1>Menu</h1>", `href="/menu" lang="ko"`, `<li><a href="/en/notices">Notices<span>`)
	account := c.Member(functiontest.Member{Name: "이소리"})
	c.Do(functiontest.Request{Method: "GET", Path: "/menu", As: account.Token}).Want(200).Says("내 정보").SaysNot("로그인")
}
