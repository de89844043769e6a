package console_test

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/console"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
)

// desk is the console with what the council has stored.
type desk struct {
	*functiontest.App
	editor functiontest.Account // of 총학 alone
	admin  functiontest.Account
}

func open(t *testing.T) desk {
	t.Helper()
	d := desk{App: functiontest.New(t, console.Function, functiontest.Beside(functions.All()...))}
	d.editor = d.Member(functiontest.Member{Name: "이편집", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	d.admin = d.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	return d
}

// draft writes a notice of a unit as the admin; fields change that it is a draft.
func (d desk) draft(unit, title string, fields map[string]any) string {
	body := map[string]any{"unit": unit, "title": title, "publishAt": nil}
	for name, value := range fields {
		body[name] = value
	}
	return d.Notice(d.admin.Token, body)
}

func (d desk) get(who functiontest.Account, path string) functiontest.Response {
	return d.Do(functiontest.Request{Method: "GET", Path: path, As: who.Token})
}

// The first page shows what waits for one's review, and how one's own requests stand.
func TestReviewsAtHome(t *testing.T) {
	d := open(t)
	id := d.draft("총학", "봄 축제", nil)
	review := func(who functiontest.Account, path string, body map[string]any) {
		t.Helper()
		d.Do(functiontest.Request{Method: "POST", Path: "/v1/notices/" + id + "/review" + path, As: who.Token, Body: body, Header: map[string]string{"If-Match": "*"}}).Want(200)
	}
	d.get(d.editor, "/console").Want(200).SaysNot("내 검토를 기다리는")
	review(d.admin, "", map[string]any{})
	d.get(d.editor, "/console").Want(200).Says("내 검토를 기다리는 공지", `href="/console/notices/`+id+`/review"`, "검토 대기").SaysNot("내가 검토를 요청한")
	d.get(d.admin, "/en/console").Want(200).Says("Reviews that I asked for", "Waiting for review").SaysNot("Waiting for my review")
	review(d.editor, "/decision", map[string]any{"decision": "changes", "text": "날짜"})
	d.get(d.editor, "/console").Want(200).SaysNot("내 검토를 기다리는")
	d.get(d.admin, "/console").Want(200).Says("내가 검토를 요청한 공지", "수정 요청")
}

// TestWhoMayOpen asks for every page as everybody: nobody sees more than the API gives.
func TestWhoMayOpen(t *testing.T) {
	d := open(t)
	id := d.draft("총학", "봄", nil)
	student := d.Member(functiontest.Member{Verified: true})
	moderator := functiontest.Account{Token: d.Holder(auth.Moderator, "")}
	unitAdmin := functiontest.Account{Token: d.Holder(auth.Admin, "학과")}
	for path, may := range map[string]string{
		"/console": "editor unit-admin admin", "/console/notices": "editor unit-admin admin", "/console/notices/new": "editor unit-admin admin",
		"/console/notices/" + id: "editor admin", "/console/notices/" + id + "/revisions": "editor admin",
		"/console/banners": "editor unit-admin admin", "/console/banners/new": "editor unit-admin admin", "/console/uploads": "editor unit-admin admin", "/console/media": "editor unit-admin admin",
		"/console/members": "unit-admin admin", "/console/members/" + student.ID: "unit-admin admin", "/console/members?q=" + url.QueryEscape(student.Email): "unit-admin admin",
		"/console/members?q=%EA%B9%80": "admin", "/console/audit": "admin",
		"/console/operations": "admin", "/console/operations?month=2026-02": "admin", "/console/dead-letters": "admin",
	} {
		for name, who := range map[string]functiontest.Account{"student": student, "moderator": moderator, "editor": d.editor, "unit-admin": unitAdmin, "admin": d.admin} {
			for _, language := range []string{"", "/en"} {
				r := d.get(who, language+path)
				if want := slices.Contains(strings.Fields(may), name); want != (r.Status == 200) || !want && r.Status != 403 && r.Status != 404 {
					t.Errorf("%s opens %s: %d", name, language+path, r.Status)
				}
				if r.Header.Get("Cache-Control") != "private, no-store" && r.Status == 200 {
					t.Errorf("%s may be kept: %q", path, r.Header.Get("Cache-Control"))
				}
			}
		}
		r := d.Do(functiontest.Request{Method: "GET", Path: path})
		if want := "/sign-in?next=" + url.QueryEscape(path); r.Status != http.StatusSeeOther || r.Header.Get("Location") != want {
			t.Errorf("a guest at %s: %d %s, want %s", path, r.Status, r.Header.Get("Location"), want)
		}
	}
	for _, path := range []string{"/console/notices/none", "/console/notices/none/revisions", "/console/banners/none", "/console/members/none", "/console/notices?cursor=x", "/console/media?cursor=x", "/console/audit?cursor=x", "/console/members?q=x&cursor=x", "/console/dead-letters?cursor=x"} {
		d.get(d.admin, path).Problem(404, "not-found")
	}
	for _, path := range []string{"/console/notices?state=x", "/console/audit?from=x", "/console/media?kind=x", "/console/operations?month=x"} {
		d.get(d.admin, path).Problem(422, "invalid-input")
	}
	d.get(d.editor, "/console/notices?state=deleted").Problem(403, "not-allowed")
}

// Who has nothing to do in the console is in the site: with its menu, and signed in.
func TestRefusedIsInTheSite(t *testing.T) {
	d := open(t)
	student := d.Member(functiontest.Member{Verified: true})
	for _, path := range []string{"/console", "/console/members", "/console/notices/new"} {
		d.get(student, path).Problem(403, "not-allowed").Says("접근 권한이 없습니다", `href="/my"`, `<nav class="groups"`).SaysNot("로그인", "권한이 없습니다.")
		d.get(student, "/en"+path).Problem(403, "not-allowed").Says("You don&#39;t have access to this page", `href="/en/my"`).SaysNot("Sign in")
	}
	d.get(d.editor, "/console/members").Problem(403, "not-allowed").Says(`href="/console/notices"`, `href="/my"`)
}

// TestSecondFactor leads an admin who signed in without one to where it is turned on.
func TestSecondFactor(t *testing.T) {
	d := open(t)
	d.Deps.Settings.AdminNeedsTOTP = true
	r := d.get(d.admin, "/console/members").Problem(403, "second-factor-required")
	if !strings.Contains(string(r.Body), `href="/my/second-factor"`) {
		t.Errorf("no way on: %s", r.Body)
	}
	both := d.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Admin}, {Role: auth.Editor}}})
	d.get(both, "/console").Want(200).Says("2단계 인증으로 가기", "/console/notices").SaysNot("/console/members")
}

func TestPolicy(t *testing.T) {
	d := open(t)
	policy := d.get(d.editor, "/console/notices/new").Want(200).Header.Get("Content-Security-Policy")
	for _, want := range []string{"default-src 'none'", "script-src 'self'", "worker-src 'self'", "frame-ancestors 'none'", "form-action 'self'"} {
		if !strings.Contains(policy, want) {
			t.Errorf("no %s in %s", want, policy)
		}
	}
	if strings.Contains(policy, "unsafe") {
		t.Errorf("unsafe: %s", policy)
	}
	for _, path := range []string{"/console", "/console/notices/new", "/console/banners/new", "/console/uploads", "/console/media", "/console/audit"} {
		if body := string(d.get(d.admin, path).Want(200).Body); strings.Contains(body, " style=") || strings.Contains(body, "<style") || strings.Contains(body, " onclick=") {
			t.Errorf("%s has what the policy forbids", path)
		}
	}
	foreign := d.Do(functiontest.Request{Method: "POST", Path: "/console/notices/x/differences", Cookies: map[string]string{auth.AccessCookie: d.editor.Token}, Body: map[string]any{"title": "", "body": "", "tags": []string{}}, Header: map[string]string{"Sec-Fetch-Site": "cross-site"}})
	foreign.Problem(403, "cross-origin")
}

func TestHome(t *testing.T) {
	d := open(t)
	later, now := d.Now().Add(time.Hour), d.Now()
	d.draft("총학", "초안 <글>", map[string]any{"tags": []string{"공약"}})
	d.draft("총학", "예약한 글", map[string]any{"publishAt": later})
	d.draft("총학", "게시한 글", map[string]any{"publishAt": now, "pinnedUntil": later, "urgentUntil": later})
	d.draft("감사", "감사의 글", nil)
	d.get(d.editor, "/console").Want(200).Says("이편집\u00a0님\u00a0· 총학 편집자", "할 일이 없습니다", "초안 &lt;글&gt;", "예약한 글", "게시한 글", "새 공지 쓰기").SaysNot("감사의 글", "/console/members")
	if body := string(d.get(d.editor, "/en/console").Want(200).Says("Nothing to do", "Student Council Editor", "Write a notice", `href="/en/console/notices/new"`).Body); strings.Count(body, ">한국어<") != 1 {
		t.Errorf("한국어 is offered %d times", strings.Count(body, ">한국어<"))
	}

	// What is due is above what is written: minutes of a meeting that was held, an archive whose day has passed.
	does := func(path string, body map[string]any) {
		t.Helper()
		method := "POST"
		if strings.Contains(path, "categories/") {
			method = "PUT"
		}
		if r := d.Do(functiontest.Request{Method: method, Path: path, As: d.admin.Token, Body: body, Header: map[string]string{"If-Match": "*"}}); r.Status >= 300 {
			t.Fatalf("%s: %d %s", path, r.Status, r.Body)
		}
	}
	d.get(d.editor, "/console").Want(200).SaysNot("회의록 전문 공개", "자료집에 미제출")
	does("/v1/admin/minutes/bodies", map[string]any{"slug": "steering", "name": "중앙운영위원회", "unit": "총학", "numbered": true, "publishDays": 7})
	for round, after := range map[int]time.Duration{1: -time.Hour, 2: time.Hour} {
		does("/v1/minutes", map[string]any{"body": "steering", "round": round, "kind": "regular", "heldAt": d.Now().Add(after)})
	}
	d.get(d.editor, "/console").Want(200).Says("할 일 1건", "회의록 전문 공개", "제1차 중앙운영위원회", "D-7").SaysNot("제2차 중앙운영위원회")
	does("/v1/admin/archives/categories/settlement", map[string]any{"name": "결산", "audience": "public", "year": "2025", "rhythm": "quarter", "days": "30"})
	d.get(d.editor, "/console").Want(200).Says("할 일 5건", "자료집에 미제출", "총학 2025년 4분기 결산", "지연 31일", "/console/archives/new?category=settlement&amp;").SaysNot("감사 2025년")
	if body := string(d.get(d.editor, "/console").Want(200).Body); strings.Index(body, "D-7") > strings.Index(body, "지연 31일") {
		t.Error("what is due in days stands below what is late by a month")
	}

	// The rail says how much of it waits where.
	d.get(d.editor, "/console/waiting").Want(200).Says(`<em data-of="/console" class="late">`, `<em data-of="/console/minutes"><span class="hidden">기다리는 일 </span>1</em>`, `<em data-of="/console/archives" class="late"><span class="hidden">늦은 일이 있음, 기다리는 일 </span>4</em>`).SaysNot("/console/notices")
	d.get(d.editor, "/en/console/waiting").Want(200).Says("some late, waiting: ")
	student := d.Member(functiontest.Member{Verified: true})
	d.get(student, "/console/waiting").Problem(403, "not-allowed")
}

// The menu stands in groups, says where one is, and has nothing that one may not open.
func TestRail(t *testing.T) {
	d := open(t)
	d.get(d.editor, "/console").Want(200).Says(`<a href="/console" data-entry="/console" aria-current="page">`, "<h2>소식</h2>", "<h2>학생회</h2>", "이편집 님", "홈페이지 보기").SaysNot("<h2>관리</h2>", "<footer")
	d.get(d.admin, "/en/console/audit").Want(200).Says("<h2>Manage</h2>", `<a href="/en/console/audit" data-entry="/console/audit" aria-current="page">`)
	d.get(d.editor, "/console/members").Problem(403, "not-allowed").Says(`<header class="rail">`, "console.css")
}

// The tabs of the log.
func TestAuditTabs(t *testing.T) {
	d := open(t)
	kim := d.Member(functiontest.Member{Name: "김학생"})
	d.get(d.admin, "/console/members/"+kim.ID).Want(200)
	d.draft("총학", "가을 축제", nil)
	d.get(d.admin, "/console/audit").Want(200).Says("<h2>오늘 <small>", "가을 축제", "회원 정보를 봤습니다", "개인정보 열람</span>", `<span class="initial" aria-hidden="true">박</span>`)
	d.get(d.admin, "/console/audit?only=personal").Want(200).Says("회원 정보를 봤습니다").SaysNot("가을 축제")
	d.get(d.admin, "/console/audit?only=sign-in").Want(200).SaysNot("가을 축제", "회원 정보를 봤습니다")
	d.get(d.admin, "/console/audit?only=x").Problem(422, "invalid-input")
}

func TestAudit(t *testing.T) {
	d := open(t)
	kim := d.Member(functiontest.Member{Name: "김학생"})
	d.get(d.admin, "/en/console/members/"+kim.ID).Want(200)
	d.get(d.admin, "/console/members/"+kim.ID).Want(200)
	d.Wait(24 * time.Hour)
	d.get(d.admin, "/console/audit?action="+url.QueryEscape("GET /console/members/{id}")).Want(200).Says("박관리", " 님이 회원 정보를 봤습니다: ", `href="/console/members/`+kim.ID+`">김학생</a>`)
	d.get(d.admin, "/console/audit?to=2026-03-02").Want(200).Says("회원 정보를 봤습니다").SaysNot("기록을 봤습니다")
	d.get(d.admin, "/console/audit?from=2026-03-03").Want(200).Says("기록을 봤습니다").SaysNot("회원 정보를 봤습니다")
	d.get(d.admin, "/console/audit?actor="+url.QueryEscape(d.admin.Email)).Want(200).Says("박관리")
	d.get(d.admin, "/console/audit?actor="+url.QueryEscape("관 리")).Want(200).Says("박관리", "회원 정보를 봤습니다")
	d.get(d.admin, "/console/audit?actor="+d.admin.ID).Want(200).Says("박관리")
	other := d.Member(functiontest.Member{Name: "최관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	d.get(other, "/console/audit").Want(200)
	d.get(d.admin, "/console/audit?actor="+url.QueryEscape("관리")).Want(200).Says("박관리</a> 님이 기록을 봤습니다", "최관리</a> 님이 기록을 봤습니다")
	for range 21 {
		d.Member(functiontest.Member{Name: "김하늘"})
	}
	d.get(d.admin, "/console/audit?actor="+url.QueryEscape("하늘")).Problem(422, "invalid-input")
	for _, nobody := range []string{"이편집", "아무개"} {
		d.get(d.admin, "/console/audit?actor="+url.QueryEscape(nobody)).Want(200).Says("조건에 맞는 기록이 없습니다.")
	}
	d.get(d.admin, "/console/audit?actor=none@example.com").Want(200).Says("조건에 맞는 기록이 없습니다.")
	d.get(d.admin, "/en/console/audit?subject="+kim.ID).Want(200).Says("</a> viewed a member&#39;s data: <a", kim.ID)
	id := d.draft("총학", "가을 축제", nil)
	d.draft("총학", "초안 100", nil)
	d.get(d.admin, "/console/audit?action="+url.QueryEscape("POST /v1/notices")).Want(200).Says(`박관리</a> 님이 공지 ‘<a href="/console/notices/`+id+`">가을 축제</a>’`+"\u2060를 썼습니다.", `초안 100</a>’`+"\u2060을 썼습니다.")
	d.get(d.admin, "/en/console/audit?action="+url.QueryEscape("POST /v1/notices")).Want(200).Says(`</a> wrote a notice: <a href="/en/console/notices/` + id + `">가을 축제</a>.`)
}

// An edit leads to what it changed, and what a record says beside its sentence is said in words.
func TestAuditDetails(t *testing.T) {
	d := open(t)
	do := func(method, path string, body map[string]any) {
		t.Helper()
		if r := d.Do(functiontest.Request{Method: method, Path: path, As: d.admin.Token, Body: body, Header: map[string]string{"If-Match": "*"}}); r.Status >= 300 {
			t.Fatalf("%s: %d %s", path, r.Status, r.Body)
		}
	}
	id := d.draft("총학", "가을 축제", nil)
	d.get(d.admin, "/console/audit").Want(200).SaysNot("바뀐 내용", "자세히")
	do("PUT", "/v1/notices/"+id, map[string]any{"unit": "총학", "title": "봄 축제"})
	d.get(d.admin, "/console/audit").Want(200).Says(`href="/console/notices/`+id+`/revisions?to=2"`, "바뀐 내용").SaysNot("자세히")
	d.get(d.admin, "/console/notices/"+id+"/revisions?to=2").Want(200).Says("1번째 버전과 2번째 버전")

	kim := d.Member(functiontest.Member{Name: "김학생", Verified: true})
	do("PUT", "/v1/admin/members/"+kim.ID+"/roles/editor", map[string]any{"unit": "", "until": "2026-12-31T23:00:00+09:00"})
	do("PUT", "/v1/admin/policies/site", map[string]any{"values": map[string]any{"off": []string{"feeds"}, "banner": "시험 기간"}, "from": "2026-12-31T23:00:00+09:00"})
	d.get(d.admin, "/console/audit").Want(200).Says("<dt>역할</dt><dd>편집자</dd>", "<dt>단위</dt><dd>모든 단위</dd>", "<dt>임기 끝</dt><dd>2026년 12월 31일", "<dt>닫아 둘 기능</dt><dd>구독</dd><dt>모든 페이지 위의 한 줄</dt><dd>시험 기간</dd><dt>적용 시작</dt><dd>2026년 12월 31일").SaysNot(`{&#34;`)
	d.get(d.admin, "/en/console/audit").Want(200).Says("<dt>Role</dt><dd>Editor</dd>", "What changed", `href="/en/console/notices/`+id+`/revisions?to=2"`)
}

// What a resource's page of the console names is served by this function.
func TestModulesOfOthers(t *testing.T) {
	d := open(t)
	body := string(d.get(d.editor, "/console/notices/new").Want(200).Body)
	_, rest, _ := strings.Cut(body, `<script type="module" src="`)
	address, _, _ := strings.Cut(rest, `"`)
	if r := d.Do(functiontest.Request{Method: "GET", Path: address}).Want(200); !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
		t.Errorf("%s: %v", address, r.Header)
	}
}
