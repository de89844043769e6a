package notices_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
)

// council is the function with an editor of 총학 alone and an admin, at their desks.
type council struct {
	desk
	editor, admin functiontest.Account
}

func meet(t testing.TB) council {
	t.Helper()
	c := council{desk: open(t)}
	c.editor = c.Member(functiontest.Member{Name: "이편집", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	c.admin = c.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	return c
}

// draft writes a notice of a unit as the admin; fields change that it is a draft.
func (c council) draft(unit, title string, fields map[string]any) string {
	c.t.Helper()
	body := map[string]any{"unit": unit, "title": title, "body": "하나\n둘\n셋", "publishAt": nil}
	for name, value := range fields {
		body[name] = value
	}
	return c.Notice(c.admin.Token, body)
}

func TestDesk(t *testing.T) {
	c := meet(t)
	editor, admin := c.editor.Token, c.admin.Token
	later, now := c.Now().Add(time.Hour), c.Now()
	draft := c.draft("총학", "초안 <글>", map[string]any{"tags": []string{"공약"}})
	c.draft("총학", "예약한 글", map[string]any{"publishAt": later})
	c.draft("총학", "게시한 글", map[string]any{"publishAt": now, "pinnedUntil": later, "urgentUntil": later})
	other := c.draft("감사", "감사의 글", nil)
	c.see(editor, "/console/notices").Want(200).Says("초안 &lt;글&gt;", "예약됨", "고정", "긴급", "#공약").SaysNot("감사의 글", "지움")
	c.see(admin, "/console/notices?unit="+url.QueryEscape("감사")).Want(200).Says("감사의 글").SaysNot("초안 &lt;글&gt;")
	c.see(editor, "/console/notices?state=scheduled").Want(200).Says("예약한 글")
	if got := c.see(editor, "/console/notices?state=scheduled").Main(); strings.Contains(got, "게시한 글") {
		t.Error(got)
	}
	c.see(editor, "/console/notices?q=없는").Want(200).Says("조건에 맞는 공지가 없습니다.")
	c.see(editor, "/console/notices/"+other).Problem(404, "not-found")

	c.see(editor, "/console/notices/"+draft).Want(200).Says(`value="초안 &lt;글&gt;"`, "하나\n둘\n셋", `&#34;version&#34;:1`, `href="/console/notices/`+draft+`/revisions"`)
	c.see(editor, "/console/notices/new").Want(200).Says("저장 안 됨", `<option value="총학" selected>총학</option>`).SaysNot(`<option value="감사"`)
	pinned := c.draft("총학", "해마다 하는 축제", map[string]any{"tags": []string{"축제"}, "publishAt": now, "pinnedUntil": later})
	c.see(editor, "/console/notices/"+pinned).Want(200).Says(`href="/console/notices/new?from=` + pinned)
	c.see(editor, "/console/notices/new?from="+pinned).Want(200).Says("새 공지", "저장 안 됨", `value="해마다 하는 축제"`, "하나\n둘\n셋", `value="축제"`, `&#34;notice&#34;:null`).SaysNot("data-was")
	c.see(editor, "/console/notices/new?from="+other).Problem(404, "not-found")
	c.see(editor, "/console/notices/new?from=x").Problem(404, "not-found")
	c.call(admin, "DELETE", "/v1/notices/"+draft, nil, "If-Match", match(1)).Want(204)
	c.see(admin, "/console/notices?state=deleted").Want(200).Says("초안 &lt;글&gt;", `data-action="/v1/admin/notices/`+draft+`/restore"`, `data-version="2"`)
	c.see(admin, "/console/notices/"+draft).Problem(404, "not-found")
}

func TestDeskOfMany(t *testing.T) {
	c := meet(t)
	for i := range 31 {
		c.draft("학과", "학과 "+string(rune('가'+i)), nil)
	}
	page := string(c.see(c.admin.Token, "/console/notices?unit="+url.QueryEscape("학과")).Want(200).Body)
	_, rest, found := strings.Cut(page, `class="pager"><a href="`)
	if !found || strings.Contains(page, "학과 가<") {
		t.Fatal("31 notices are on one page")
	}
	next, _, _ := strings.Cut(rest, `"`)
	c.see(c.admin.Token, strings.ReplaceAll(next, "&amp;", "&")).Want(200).Says("학과 가<").SaysNot("pager")
}

func TestDeskOfRevisions(t *testing.T) {
	c := meet(t)
	id := c.draft("총학", "처음", nil)
	editor, path := c.editor.Token, "/console/notices/"+id
	c.see(editor, path+"/revisions").Want(200).Says("아직 고친 적이 없습니다.", "박관리")
	edit := func(version int64, title, body string, tags ...string) {
		t.Helper()
		c.call(editor, "PUT", "/v1/notices/"+id, map[string]any{"unit": "총학", "title": title, "body": body, "tags": tags}, "If-Match", match(version)).Want(200)
	}
	edit(1, "처음", "하나\n두울\n셋")
	edit(2, "다음", "하나\n두울\n셋", "새")
	c.see(editor, path+"/revisions").Want(200).Says("2번째 버전과 3번째 버전", "<del>처음</del>", "<ins>다음</ins>", "<ins>#새 </ins>", "이편집", `/revisions/1/restore" data-version="3"`).SaysNot("<del>둘</del>")
	c.see(editor, path+"/revisions?from=1&to=2").Want(200).Says("1번째 버전과 2번째 버전", "<del>둘</del>", "<ins>두울</ins>", "빠짐: ")
	c.see(editor, path+"/revisions?from=7&to=9").Problem(404, "not-found")
	if got := c.Audited(); !slices.Contains(got, "GET /console/notices/{id}/revisions") {
		t.Errorf("reading who wrote leaves no record: %v", got)
	}
	before := len(c.Audited())
	differ := func(title, body string, tags ...string) functiontest.Response {
		t.Helper()
		return c.call(editor, "POST", path+"/differences", map[string]any{"title": title, "body": body, "tags": append([]string{}, tags...), "version": 2})
	}
	differ("내 제목 <b>", "하나\n두울\n넷", "새").Want(200).Says("저장된 글", "내 글", "<del>셋</del>", "<ins>넷</ins>", "&lt;b&gt;").SaysNot("data-same", "<html")
	differ("다음", "하나\n두울\n셋", "새").Want(200).Says("data-same", `data-changed="그사이 내가 다른 창이나 기기에서 이 공지를 고쳤습니다"`)
	asked := map[string]any{"title": "", "body": "", "tags": []string{}}
	c.call(c.Holder(auth.Admin, ""), "POST", path+"/differences", asked).Want(200).Says(`data-changed="그사이 다른 사람이 이 공지를 고쳤습니다"`)
	asked["version"] = 3
	c.call(editor, "POST", path+"/differences", asked).Want(200).Says(`data-changed="그사이 저장된 내용이 바뀌었습니다"`)
	differ(strings.Repeat("가", 201), "").Problem(422, "invalid-input")
	c.call(c.Holder(auth.Editor, "감사"), "POST", "/en"+path+"/differences", map[string]any{"title": "", "body": "", "tags": []string{}}).Problem(404, "not-found")
	if len(c.Audited()) != before {
		t.Error("comparing leaves a record")
	}
}
