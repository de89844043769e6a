package console_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/console"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/bill"
	"github.com/madang-council/madang/shared/operation/deadletter"
	"github.com/madang-council/madang/shared/sourcetest"
)

// desk is the console with what the council has stored.
type desk struct {
	*functiontest.App
	t       *testing.T
	notices notice.Writer
	editor  functiontest.Account // of 총학 alone
	admin   functiontest.Account
}

func open(t *testing.T) desk {
	t.Helper()
	d := desk{App: functiontest.New(t, console.Function, functiontest.Beside(functions.All()...)), t: t}
	d.notices = notice.NewWriter(d.DB, &event.Outbox{DB: d.DB, Bus: d.Events, Log: d.Deps.Log}, notice.Markup{HTML: markdown.Render, Excerpt: markdown.Excerpt})
	d.editor = d.Member(functiontest.Member{Name: "이편집", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	d.admin = d.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	return d
}

// as is the context of somebody who writes.
func (d desk) as(who functiontest.Account, grants ...auth.Grant) context.Context {
	return auth.With(d.Context(), auth.Principal{MemberID: who.ID, Grants: grants})
}

func (d desk) whole() context.Context { return d.as(d.admin, auth.Grant{Role: auth.Admin}) }

// notice writes one of a unit.
func (d desk) notice(unit, title string, change func(*notice.Content)) notice.Notice {
	d.t.Helper()
	c := notice.Content{Unit: unit, Title: title, Body: "하나\n둘\n셋"}
	if change != nil {
		change(&c)
	}
	var n notice.Notice
	err := d.DB.Atomic(d.whole(), func(ctx context.Context) (err error) {
		n, err = d.notices.Add(ctx, c, d.Deps.Settings.Units)
		return err
	})
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// file is a completed upload of somebody.
func (d desk) file(owner functiontest.Account, name, kind string) string {
	d.t.Helper()
	id := d.notice("총학", "번호", nil).ID // any fresh id
	now := clock.Millis(d.Now())
	if _, err := d.DB.Exec(d.Context(), `INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
		VALUES ($1, $2, 'post', $3, $4, 3, '', $5, '', 0, 0, 0, 0, $6, $6, $6, $6, '')`, id, owner.ID, name, kind, upload.Folder("test", "post", id, d.Now()), now); err != nil {
		d.t.Fatal(err)
	}
	return id
}

func (d desk) get(who functiontest.Account, path string) functiontest.Response {
	d.t.Helper()
	return d.Do(functiontest.Request{Method: "GET", Path: path, As: who.Token})
}

// has fails unless a page says all of these, and none of those behind "NOT".
func (d desk) has(r functiontest.Response, texts ...string) {
	d.t.Helper()
	body, absent := string(r.Want(200).Body), false
	for _, text := range texts {
		if text == "NOT" {
			absent = true
			continue
		}
		if strings.Contains(body, text) == absent {
			d.t.Errorf("%q: there %v, in\n%s", text, !absent, body)
		}
	}
}

// TestWhoMayOpen asks for every page as everybody: nobody sees more than the API gives.
func TestWhoMayOpen(t *testing.T) {
	d := open(t)
	n := d.notice("총학", "봄", nil)
	student := d.Member(functiontest.Member{Verified: true})
	moderator := functiontest.Account{Token: d.Holder(auth.Moderator, "")}
	unitAdmin := functiontest.Account{Token: d.Holder(auth.Admin, "학과")}
	for path, may := range map[string]string{
		"/console": "editor unit-admin admin", "/console/notices": "editor unit-admin admin", "/console/notices/new": "editor unit-admin admin",
		"/console/notices/" + n.ID: "editor admin", "/console/notices/" + n.ID + "/revisions": "editor admin",
		"/console/banners": "editor unit-admin admin", "/console/banners/new": "editor unit-admin admin", "/console/uploads": "editor unit-admin admin", "/console/media": "editor unit-admin admin",
		"/console/members": "unit-admin admin", "/console/members/" + student.ID: "unit-admin admin", "/console/members?q=" + url.QueryEscape(student.Email): "unit-admin admin",
		"/console/members?q=%EA%B9%80": "admin", "/console/audit": "admin",
		"/console/operations": "unit-admin admin", "/console/operations?month=2026-02": "unit-admin admin", "/console/dead-letters": "unit-admin admin",
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

// TestSecondFactor leads an admin who signed in without one to where it is turned on.
func TestSecondFactor(t *testing.T) {
	d := open(t)
	d.Deps.Settings.AdminNeedsTOTP = true
	r := d.get(d.admin, "/console/members").Problem(403, "second-factor-required")
	if !strings.Contains(string(r.Body), `href="/my/second-factor"`) {
		t.Errorf("no way on: %s", r.Body)
	}
	both := d.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Admin}, {Role: auth.Editor}}})
	d.has(d.get(both, "/console"), "2단계 인증으로 가기", "/console/notices", "NOT", "/console/members")
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

func TestNotices(t *testing.T) {
	d := open(t)
	later := d.Now().Add(time.Hour)
	now := d.Now()
	draft := d.notice("총학", "초안 <글>", func(c *notice.Content) { c.Tags = []string{"공약"} })
	d.notice("총학", "예약한 글", func(c *notice.Content) { c.PublishAt = &later })
	d.notice("총학", "게시한 글", func(c *notice.Content) { c.PublishAt, c.PinnedUntil, c.UrgentUntil = &now, &later, &later })
	other := d.notice("감사", "감사의 글", nil)
	d.has(d.get(d.editor, "/console"), "이편집 님, 안녕하세요", "초안 &lt;글&gt;", "예약한 글", "게시한 글", "새 공지 쓰기", "NOT", "감사의 글", "/console/members")
	d.has(d.get(d.editor, "/en/console"), "Hello, 이편집", "Write a notice", `href="/en/console/notices/new"`)
	d.has(d.get(d.editor, "/console/notices"), "초안 &lt;글&gt;", "예약됨", "고정", "긴급", "#공약", "NOT", "감사의 글", "지움")
	d.has(d.get(d.admin, "/console/notices?unit="+url.QueryEscape("감사")), "감사의 글", "NOT", "초안 &lt;글&gt;")
	d.has(d.get(d.editor, "/console/notices?state=scheduled"), "예약한 글", "NOT", "게시한 글")
	d.has(d.get(d.editor, "/console/notices?q=없는"), "찾은 공지가 없습니다.")
	d.get(d.editor, "/console/notices/"+other.ID).Problem(404, "not-found")
	for i := range 31 {
		d.notice("학과", "학과 "+string(rune('가'+i)), nil)
	}
	page := string(d.get(d.admin, "/console/notices?unit="+url.QueryEscape("학과")).Want(200).Body)
	_, rest, found := strings.Cut(page, `class="pager"><a href="`)
	if !found || strings.Contains(page, "학과 가<") {
		t.Fatal("31 notices are on one page")
	}
	next, _, _ := strings.Cut(rest, `"`)
	d.has(d.get(d.admin, strings.ReplaceAll(next, "&amp;", "&")), "학과 가<", "NOT", "pager")

	d.has(d.get(d.editor, "/console/notices/"+draft.ID), `value="초안 &lt;글&gt;"`, "하나\n둘\n셋", `&#34;version&#34;:1`, `href="/console/notices/`+draft.ID+`/revisions"`)
	d.has(d.get(d.editor, "/console/notices/new"), "저장 안 됨", `<option value="총학" selected>총학</option>`, "NOT", `<option value="감사"`)
	if _, err := d.notices.Delete(d.whole(), draft.ID, draft.Version); err != nil {
		t.Fatal(err)
	}
	d.has(d.get(d.admin, "/console/notices?state=deleted"), "초안 &lt;글&gt;", `data-action="/v1/admin/notices/`+draft.ID+`/restore"`, `data-version="2"`)
	d.get(d.admin, "/console/notices/"+draft.ID).Problem(404, "not-found")
}

func TestRevisions(t *testing.T) {
	d := open(t)
	n := d.notice("총학", "처음", nil)
	path := "/console/notices/" + n.ID
	d.has(d.get(d.editor, path+"/revisions"), "아직 고친 적이 없습니다.", "박관리")
	edit := func(version int64, title, body string, tags ...string) {
		t.Helper()
		if _, _, err := d.notices.Edit(d.as(d.editor, auth.Grant{Role: auth.Editor, Unit: "총학"}), n.ID, version, notice.Content{Unit: "총학", Title: title, Body: body, Tags: tags}, d.Deps.Settings.Units); err != nil {
			t.Fatal(err)
		}
	}
	edit(1, "처음", "하나\n두울\n셋")
	edit(2, "다음", "하나\n두울\n셋", "새")
	d.has(d.get(d.editor, path+"/revisions"), "2판과 3판", "<del>처음</del>", "<ins>다음</ins>", "<ins>#새 </ins>", "이편집", `/revisions/1/restore" data-version="3"`, "NOT", "<del>둘</del>")
	d.has(d.get(d.editor, path+"/revisions?from=1&to=2"), "1판과 2판", "<del>둘</del>", "<ins>두울</ins>", "빠짐: ")
	d.get(d.editor, path+"/revisions?from=7&to=9").Problem(404, "not-found")
	if got := d.Audited(); !slices.Contains(got, "GET /console/notices/{id}/revisions") {
		t.Errorf("reading who wrote leaves no record: %v", got)
	}
	before := len(d.Audited())
	differ := func(title, body string, tags ...string) functiontest.Response {
		t.Helper()
		return d.Do(functiontest.Request{Method: "POST", Path: path + "/differences", As: d.editor.Token, Body: map[string]any{"title": title, "body": body, "tags": append([]string{}, tags...)}})
	}
	d.has(differ("내 제목 <b>", "하나\n두울\n넷", "새"), "저장된 글", "내 글", "<del>셋</del>", "<ins>넷</ins>", "&lt;b&gt;", "NOT", "data-same", "<html")
	d.has(differ("다음", "하나\n두울\n셋", "새"), "data-same")
	differ(strings.Repeat("가", 201), "").Problem(422, "invalid-input")
	d.Do(functiontest.Request{Method: "POST", Path: "/en" + path + "/differences", As: d.Holder(auth.Editor, "감사"), Body: map[string]any{"title": "", "body": "", "tags": []string{}}}).Problem(404, "not-found")
	if len(d.Audited()) != before {
		t.Error("comparing leaves a record")
	}
}

func TestBanners(t *testing.T) {
	d := open(t)
	d.has(d.get(d.editor, "/console/banners"), "아직 배너가 없습니다.")
	store := banner.NewWriter(d.DB, &event.Outbox{DB: d.DB, Bus: d.Events, Log: d.Deps.Log})
	later := d.Now().Add(time.Hour)
	ids := []string{}
	for _, c := range []banner.Content{
		{Unit: "총학", Alt: "대동제", Link: "/notices?tag=%EC%B6%95%EC%A0%9C", Image: d.file(d.editor, "축제.jpg", "jpg")},
		{Unit: "감사", Alt: "감사 공고", Link: "https://example.com/", Image: d.file(d.editor, "공고.png", "png"), From: &later},
	} {
		b, err := store.Add(d.whole(), c, d.Deps.Settings.Units)
		if err != nil {
			t.Fatal(err)
		}
		ids = append(ids, b.ID)
	}
	d.has(d.get(d.admin, "/console/banners"), "대동제", "/notices?tag=축제", "보이는 중", "예정", "data-handle", "banners.js", "대동제 아래로")
	d.has(d.get(d.editor, "/console/banners"), "대동제", "NOT", "data-handle", "banners.js") // the order is everybody's
	d.has(d.get(d.editor, "/console/banners/"+ids[0]), "배너 고치기", `value="대동제"`, "아직 없습니다.")
	d.get(d.editor, "/console/banners/"+ids[1]).Problem(403, "not-allowed")
	if err := store.Count(d.Context(), ids[0], "v"); err != nil {
		t.Fatal(err)
	}
	d.has(d.get(d.admin, "/console/banners/"+ids[0]), "<td>2026-03-02</td>")
	d.has(d.get(d.editor, "/en/console/banners/new"), "New banner", "Where it leads", "NOT", `id="delete"`)
}

func TestFiles(t *testing.T) {
	d := open(t)
	d.has(d.get(d.editor, "/console/uploads"), "공지와 배너 (10 MB까지)", "자료 (100 MB까지)", "&#34;hwp&#34;", "NOT", "proof")
	own, used := d.file(d.editor, "봄 사진.jpg", "jpg"), d.file(d.admin, "안내.hwp", "hwp")
	secret := d.notice("감사", "감사의 비밀", func(c *notice.Content) { c.Attachments = []string{used} })
	mine := d.notice("총학", "총학의 글", func(c *notice.Content) { c.Attachments = []string{used} })
	d.has(d.get(d.editor, "/console/media"), "봄 사진.jpg", "아직 쓰지 않음", `data-action="/v1/uploads/`+own+`"`, "안내.hwp", "총학의 글", mine.ID, "다른 곳에서 쓰는 중", "NOT", "감사의 비밀", secret.ID)
	d.has(d.get(d.admin, "/console/media?kind=document"), "감사의 비밀", "NOT", "봄 사진.jpg")
	d.has(d.get(d.editor, "/console/media?q="+url.QueryEscape("사진")), "봄 사진.jpg", "NOT", "안내.hwp")
	d.has(d.get(d.editor, "/console/media?unused=true"), "봄 사진.jpg", "NOT", "안내.hwp")
	d.has(d.get(d.editor, "/en/console/media?q=nothing"), "No files were found.")
}

func TestMembers(t *testing.T) {
	d := open(t)
	until := d.Now().AddDate(0, 6, 0)
	kim := d.Member(functiontest.Member{Name: "김학생", Email: "kim@example.com", Unit: "컴퓨터공학과", Verified: true, Grants: []auth.Grant{{Role: auth.Editor, Unit: "학과", Until: until}}})
	d.has(d.get(d.admin, "/console/members"), "기록에 남습니다", "NOT", "김학생")
	d.has(d.get(d.admin, "/console/members?q=%EA%B9%80"), "김학생", "kim@example.com", "학생 확인")
	d.has(d.get(d.admin, "/console/members?q=KIM@example.com"), "김학생")
	d.has(d.get(d.admin, "/console/members?q=none@example.com"), "찾은 회원이 없습니다.")
	d.has(d.get(d.admin, "/console/members/"+kim.ID), "편집자 · 학과", "2026. 9. 2. 12:00", "역할 주기", "정지하기", `data-action="/v1/admin/members/`+kim.ID+`/roles/editor"`, "NOT", "정지 풀기", "학생으로 확인<")
	unit := functiontest.Account{Token: d.Holder(auth.Admin, "감사")}
	d.has(d.get(unit, "/console/members/"+kim.ID), "김학생", "NOT", "정지하기", "거두기<", "모든 단위")
	detail := ""
	for _, row := range d.log() {
		detail += row
	}
	for _, want := range []string{"GET /console/members {\"members\":[\"" + kim.ID, "GET /console/members/{id} " + kim.ID} {
		if !strings.Contains(detail, want) {
			t.Errorf("no record %s in %s", want, detail)
		}
	}
}

// log is the log as text.
func (d desk) log() []string {
	d.t.Helper()
	list, err := database.All(d.Context(), d.DB, func(r database.Row) (string, error) {
		var action, subject, detail string
		err := r.Scan(&action, &subject, &detail)
		return action + " " + strings.TrimSpace(subject+" "+detail) + "\n", err
	}, `SELECT action, subject, detail FROM audit ORDER BY at, id`)
	if err != nil {
		d.t.Fatal(err)
	}
	return list
}

func TestAudit(t *testing.T) {
	d := open(t)
	kim := d.Member(functiontest.Member{Name: "김학생"})
	d.get(d.admin, "/en/console/members/"+kim.ID).Want(200)
	d.get(d.admin, "/console/members/"+kim.ID).Want(200)
	d.Wait(24 * time.Hour)
	d.has(d.get(d.admin, "/console/audit?action="+url.QueryEscape("GET /console/members/{id}")), "박관리", "<td>회원 정보를 봄</td>", kim.ID[:8])
	d.has(d.get(d.admin, "/console/audit?to=2026-03-02"), "<td>회원 정보를 봄</td>", "NOT", "<td>기록을 봄</td>")
	d.has(d.get(d.admin, "/console/audit?from=2026-03-03"), "<td>기록을 봄</td>", "NOT", "<td>회원 정보를 봄</td>")
	d.has(d.get(d.admin, "/console/audit?actor="+url.QueryEscape(d.admin.Email)), "박관리")
	d.has(d.get(d.admin, "/console/audit?actor=none@example.com"), "찾은 기록이 없습니다.")
	d.has(d.get(d.admin, "/en/console/audit?subject="+kim.ID), "Read a member", kim.ID)
}

func TestModulesAreServed(t *testing.T) {
	d := open(t)
	body := string(d.get(d.editor, "/console/notices/new").Want(200).Body)
	_, rest, _ := strings.Cut(body, `<script type="module" src="`)
	address, _, _ := strings.Cut(rest, `"`)
	folder := strings.TrimSuffix(address, "editor.js")
	names, err := filepath.Glob("assets/*.js")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	for _, name := range append(names, "assets/console.css") {
		r := d.Do(functiontest.Request{Method: "GET", Path: folder + filepath.Base(name)}).Want(200)
		if !strings.Contains(r.Header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %v", name, r.Header)
		}
	}
}

// tool is a program that checks modules; without it the test is skipped with the reason, or
// fails where CI=true.
func tool(t *testing.T, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must check the console's modules: %v", err)
		}
		t.Skipf("the console's modules are not checked (Debian: nodejs npm; task checkers): %v", err)
	}
	return path
}

func TestModules(t *testing.T) {
	node := tool(t, "node")
	files, err := filepath.Glob("assets_test/*.test.js")
	if err != nil || len(files) == 0 {
		t.Fatal(files, err)
	}
	if out, err := exec.CommandContext(t.Context(), node, append([]string{"--test"}, files...)...).CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// packages makes sure that npm/node_modules is there, and looks at what its programs read.
func packages(t *testing.T) {
	t.Helper()
	tool(t, "node")
	tool(t, "npm/node_modules/.bin/tsc")
	if err := sourcetest.Look("."); err != nil {
		t.Fatal(err)
	}
}

func TestTypes(t *testing.T) {
	packages(t)
	if out, err := exec.CommandContext(t.Context(), "npm/node_modules/.bin/tsc", "-p", "npm").CombinedOutput(); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
}

// TestVendored makes the vendored module again and compares.
func TestVendored(t *testing.T) {
	packages(t)
	banner, err := os.ReadFile("npm/sha256-banner.txt")
	if err != nil {
		t.Fatal(err)
	}
	made := filepath.Join(t.TempDir(), "made.js")
	command := exec.CommandContext(t.Context(), "node_modules/.bin/esbuild", "sha256.js", "--bundle", "--format=esm", "--target=es2022", "--legal-comments=none", "--banner:js="+strings.TrimRight(string(banner), "\n"), "--outfile="+made)
	command.Dir = "npm"
	if out, err := command.CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	got, err := os.ReadFile(made)
	if err != nil {
		t.Fatal(err)
	}
	want, err := os.ReadFile("assets/noble-sha256.js")
	if err != nil {
		t.Fatal(err)
	}
	if string(got) != string(want) {
		t.Error("assets/noble-sha256.js is not what npm/package.json makes: npm run vendor")
	}
}

// The page of operations says what needs somebody, how everything is, and the bill.
func TestOperations(t *testing.T) {
	d := open(t)
	store := bill.Store{DB: d.DB}
	d.has(d.get(d.admin, "/console/operations"), "아직 아무도 살펴보지 않았습니다", "지금 손볼 일이 없습니다", "2026년 3월 요금", "살펴본 시간이 없습니다", "month=2026-02", "NOT", "month=2026-04", "<dl")
	saved, ends := d.Now().Add(-26*time.Hour), d.Now().Add(720*time.Hour)
	h := bill.Health{
		At: d.Now(), Site: bill.SiteHealth{Reachable: true, Milliseconds: 12.4, CertificateEnds: &ends},
		Functions: []bill.FunctionHealth{{Name: "main", Ready: true}, {Name: "notices", Ready: true, Pods: 2, Restarts: 1}, {Name: "media", Reason: "RevisionMissing"}},
		Database:  bill.DatabaseHealth{Reachable: true, Bytes: 4_500_000_000, LimitBytes: 5_000_000_000, Connections: 7, MaxConnections: 100},
		Pages:     bill.PagesHealth{Bytes: 1_200_000, Keys: 1234},
		Storage:   bill.StorageHealth{Files: 12_345, Bytes: 820_000, Unfinished: 2}, Events: bill.EventsHealth{Dead: 3},
		Backup: bill.BackupHealth{At: &saved}, WarmUp: bill.WarmUpHealth{Functions: []string{"main"}, UsedSeconds: 90, BudgetSeconds: 3600},
		Alerts: []bill.Alert{{Name: "RedisDown", Severity: "page", Since: d.Now(), Summary: "Redis가 <답하지> 않습니다.", Runbook: "https://docs.example/operating#redis"}, {Name: "BackupOld", Severity: "ticket", Since: saved, Summary: "백업이 오래되었습니다.", Runbook: "docs/operating.md#backup"}},
	}
	if err := store.SetHealth(d.Context(), h); err != nil {
		t.Fatal(err)
	}
	hour := int64(3_600_000)
	if err := store.Add(d.Context(), []bill.Usage{
		{Day: clock.Day(d.Now()), Function: "notices", Watched: 10 * hour, Awake: hour, Pods: hour, Cost: 3_487_500, Starts: 2, Wakes: 2, Readied: 2, ReadyTime: 1600, WarmSaves: 1, WarmTime: 60_000},
		{Day: clock.Day(d.Now()), Function: "main", Watched: 10 * hour},
	}); err != nil {
		t.Fatal(err)
	}
	if err := store.SetPrice(d.Context(), bill.Price{Node: "m2.c2m4", WonPerHour: 93, CPUs: 2, MemoryMiB: 4096, Servers: 2, ServerType: "m2.c2m4", ServerWon: 93, Source: "a test's"}); err != nil {
		t.Fatal(err)
	}
	d.has(d.get(d.admin, "/console/operations"),
		"Redis가 &lt;답하지&gt; 않습니다.", `href="https://docs.example/operating#redis"`, "<code>docs/operating.md#backup</code>", "이번 주에",
		"12 ms", "4.5 GB / 5.0 GB (90.0 %)", "연결 7 / 100", "답이 없음", "키 1,234개", "12,345개, 820 KB", "전하지 못함 3건", "1.5분 / 60.0분",
		"잠듦", "깨어 있음", "<code>RevisionMissing</code>",
		"함수는 3.49원 들었습니다", "2대였다면 1,860원", "한 달이면 255원 대 135,873원", "60.0분", "90.0 %", "0.80초", "값: a test&#39;s", "1번을 덜 기다립니다",
		"NOT", "멈추었습니다", "손볼 일이 없습니다")
	d.has(d.get(d.admin, "/en/console/operations?month=2026-02"), "The bill of February 2026", "Nobody looked in this month", "month=2026-03", "This week", "Asleep")
	d.Wait(3 * time.Minute)
	d.has(d.get(d.admin, "/console/operations"), "살피는 프로그램(watch)이 멈추었습니다")
}

// What was not delivered can be delivered again, or dismissed, by the API's own operations.
func TestDeadLetters(t *testing.T) {
	d := open(t)
	d.has(d.get(d.admin, "/console/dead-letters"), "전하지 못한 일이 없습니다", "NOT", "모두 다시 전하기")
	letters := deadletter.Store{DB: d.DB}
	for i := range 31 {
		e := event.Event{ID: fmt.Sprintf("event-%02d", i), Type: "kr.madang.notice.changed.v1", Subject: "subject", Time: d.Now(), Data: []byte(`{}`),
			Failure: &event.Failure{Sink: "http://media.madang.svc.cluster.local/events", Status: 500 * (i % 2), Answer: "<broken>"}}
		if err := letters.Keep(d.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	first := d.get(d.admin, "/console/dead-letters")
	d.has(first, "kr.madang.notice.changed.v1 → media", "답 500", "답이 없었음", "&lt;broken&gt;", "1번 포기함", `data-action="/v1/admin/dead-letters/replay"`, `/replay" data-said=`, `data-method="DELETE"`, "event-30", "NOT", "event-00")
	next := regexp.MustCompile(`href="(/console/dead-letters\?cursor=[^"]+)"`).FindStringSubmatch(string(first.Body))
	if next == nil {
		t.Fatal("there is no next page")
	}
	d.has(d.get(d.admin, next[1]), "event-00", "NOT", "event-30", "cursor=")
}
