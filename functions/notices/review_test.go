package notices_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

// reviewers are an editor of 총학, a colleague and an admin of the whole council.
type reviewers struct {
	council
	colleague functiontest.Account
}

func reviewing(t testing.TB, required bool) reviewers {
	t.Helper()
	c := reviewers{council: meet(t)}
	c.colleague = c.Member(functiontest.Member{Name: "최동료", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	c.require(required)
	return c
}

// require sets the council's policy.
func (c reviewers) require(required bool) {
	c.t.Helper()
	for _, query := range []string{`DELETE FROM policies WHERE domain = 'notices'`, `INSERT INTO policies (domain, name, from_at, value, set_at) SELECT 'notices', 'review', 0, 'true', 0`} {
		if _, err := c.DB.Exec(c.Context(), query); err != nil {
			c.t.Fatal(err)
		}
		if !required {
			return
		}
	}
}

type review struct {
	Standing string
	AskedBy  struct{ ID, Name string }
	For      *struct{ ID, Name string }
	Decided  int64
	Required bool
	Version  int64
	Remarks  []struct {
		By   struct{ Name string }
		Said string
		Text string
		Seen int64
	}
}

func (c reviewers) post(who functiontest.Account, id, path string, version int64, body map[string]any) functiontest.Response {
	c.t.Helper()
	return c.call(who.Token, "POST", "/v1/notices/"+id+"/review"+path, body, "If-Match", match(version))
}

func (c reviewers) put(who functiontest.Account, id string, version int64, fields map[string]any) functiontest.Response {
	c.t.Helper()
	return c.call(who.Token, "PUT", "/v1/notices/"+id, content("글", fields), "If-Match", match(version))
}

func TestReviews(t *testing.T) {
	c := reviewing(t, true)
	id := functiontest.JSON[item](c.call(c.editor.Token, "POST", "/v1/notices", content("글", nil)).Want(201)).ID
	later := c.Now().Add(time.Hour)

	c.call(c.editor.Token, "GET", "/v1/notices/"+id+"/review", nil).Problem(404, "not-found")
	c.put(c.editor, id, 1, map[string]any{"publishNow": true}).Problem(409, "review-required")
	c.put(c.editor, id, 1, map[string]any{"publishAt": later}).Problem(409, "review-required")
	c.call(c.editor.Token, "POST", "/v1/notices", content("바로", map[string]any{"publishNow": true})).Problem(409, "review-required")
	c.call(c.editor.Token, "POST", "/v1/notices/"+id+"/review", map[string]any{}).Problem(428, "if-match-required")
	c.post(c.editor, id, "", 1, map[string]any{"for": c.admin.ID + "x"}).Problem(422, "invalid-input")
	asked := functiontest.JSON[review](c.post(c.editor, id, "", 1, map[string]any{"for": c.colleague.ID, "text": "<b>봐 주세요"}).Want(200))
	if asked.Standing != "asked" || asked.AskedBy.Name != "이편집" || asked.For.Name != "최동료" || !asked.Required || asked.Remarks[0].Text != "<b>봐 주세요" {
		t.Errorf("%+v", asked)
	}
	c.post(c.editor, id, "/decision", 1, map[string]any{"decision": "approved"}).Problem(409, "own-request")
	c.post(c.colleague, id, "/decision", 1, map[string]any{"decision": "maybe"}).Problem(422, "invalid-input")
	c.post(c.colleague, id, "/comments", 1, map[string]any{"text": "시각은요?", "version": 1}).Want(200)
	c.post(c.colleague, id, "/comments", 1, map[string]any{"text": "시각은요?", "version": 9}).Problem(422, "invalid-input")
	c.post(c.colleague, id, "/decision", 1, map[string]any{"decision": "changes", "text": "시각을 적어 주세요"}).Want(200)
	c.put(c.editor, id, 1, map[string]any{"body": "18시에 만나요"}).Want(200)
	c.post(c.colleague, id, "/decision", 1, map[string]any{"decision": "approved"}).Problem(412, "version-stale")
	approved := functiontest.JSON[review](c.post(c.colleague, id, "/decision", 2, map[string]any{"decision": "approved"}).Want(200))
	if approved.Standing != "approved" || approved.Decided != 2 || len(approved.Remarks) != 4 || approved.Remarks[1].Seen != 1 {
		t.Errorf("%+v", approved)
	}
	if got := c.call(c.editor.Token, "GET", "/v1/notices/"+id+"/review", nil).Want(200).Header.Get("ETag"); got != match(2) {
		t.Error(got)
	}

	// What is scheduled was approved; another text is a draft again, another time needs no other approval.
	text := map[string]any{"body": "18시에 만나요", "publishAt": later}
	c.put(c.editor, id, 2, text).Want(200)
	text["publishAt"], text["pinnedUntil"] = later.Add(time.Minute), later.Add(time.Hour)
	if n := functiontest.JSON[item](c.put(c.editor, id, 3, text).Want(200)); n.State != "scheduled" {
		t.Error(n)
	}
	text["body"] = "19시에 만나요"
	if n := functiontest.JSON[item](c.put(c.editor, id, 4, text).Want(200)); n.State != "draft" || n.PublishAt != nil {
		t.Error(n)
	}
	c.put(c.editor, id, 5, text).Problem(409, "review-required")
	c.call(c.editor.Token, "POST", "/v1/notices/"+id+"/revisions/2/restore", nil, "If-Match", match(5)).Want(200)
	c.put(c.colleague, id, 6, map[string]any{"body": "18시에 만나요", "publishNow": true}).Want(200)

	// What readers see is not edited without approval, but what is no text of it.
	c.put(c.editor, id, 7, map[string]any{"body": "20시에 만나요", "publishAt": c.Now()}).Problem(409, "review-required")
	c.call(c.editor.Token, "POST", "/v1/notices/"+id+"/revisions/5/restore", nil, "If-Match", match(7)).Problem(409, "review-required")
	c.put(c.editor, id, 7, map[string]any{"body": "18시에 만나요", "publishAt": c.Now(), "pinnedUntil": later}).Want(200)
	c.post(c.colleague, id, "/comments", 8, map[string]any{"text": "늦은 말"}).Problem(409, "not-reviewable")
	c.call(c.editor.Token, "DELETE", "/v1/notices/"+id+"/review", nil, "If-Match", match(8)).Problem(409, "not-reviewable")
	for _, action := range []string{"POST /v1/notices/{id}/review", "POST /v1/notices/{id}/review/comments", "POST /v1/notices/{id}/review/decision", "GET /v1/notices/{id}/review"} {
		if !slices.Contains(c.Audited(), action) {
			t.Errorf("%s is not in the log: %v", action, c.Audited())
		}
	}
}

// An admin of the whole council publishes what is urgent without approval, and the log says so.
func TestUrgentWithoutReview(t *testing.T) {
	c := reviewing(t, true)
	urgent := map[string]any{"publishNow": true, "urgentUntil": c.Now().Add(time.Hour)}
	c.call(c.editor.Token, "POST", "/v1/notices", content("단수", urgent)).Problem(409, "review-required")
	c.call(c.admin.Token, "POST", "/v1/notices", content("안 급함", map[string]any{"publishNow": true})).Problem(409, "review-required")
	if slices.Contains(c.Audited(), "publish without approval") {
		t.Error("it is in the log, and did not happen")
	}
	n := functiontest.JSON[item](c.call(c.admin.Token, "POST", "/v1/notices", content("단수", urgent)).Want(201))
	if n.State != "published" || !slices.Contains(c.Audited(), "publish without approval") {
		t.Errorf("%s %v", n.State, c.Audited())
	}

	// Deleted and restored by an admin of its unit it is a draft: nobody approved it.
	c.call(c.editor.Token, "DELETE", "/v1/notices/"+n.ID, nil, "If-Match", match(1)).Want(204)
	boss := c.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "총학"}}})
	if is := functiontest.JSON[item](c.call(boss.Token, "POST", "/v1/admin/notices/"+n.ID+"/restore", nil, "If-Match", match(2)).Want(200)); is.State != "draft" {
		t.Error(is.State)
	}
}

// Who left is not told what is said in a review that they took part in, by the API as by the page; who stays is.
func TestLeaversHearOfNoReview(t *testing.T) {
	c := reviewing(t, false)
	leaver := c.Member(functiontest.Member{Name: "떠날이", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	id := c.draft("총학", "글", nil)
	c.post(c.editor, id, "", 1, map[string]any{}).Want(200)
	c.post(leaver, id, "/comments", 1, map[string]any{"text": "먼저 볼게요"}).Want(200)
	path := "/console/notices/" + id + "/review"
	for _, say := range []func(){
		func() { c.post(c.colleague, id, "/comments", 1, map[string]any{"text": "의견"}).Want(200) },
		func() {
			c.post(c.colleague, id, "/decision", 1, map[string]any{"decision": "changes", "text": "고쳐 주세요"}).Want(200)
		},
		func() {
			c.Do(functiontest.Request{Method: "POST", Path: path + "/comments", As: c.colleague.Token, Body: url.Values{"version": {"1"}, "text": {"의견"}}}).Want(303)
		},
		func() {
			c.Do(functiontest.Request{Method: "POST", Path: path + "/decision", As: c.colleague.Token, Body: url.Values{"version": {"1"}, "decision": {"approved"}}}).Want(303)
		},
	} {
		for _, left := range []bool{false, true} {
			for _, query := range []string{`DELETE FROM outbox`, `UPDATE members SET leaving_at = ` + map[bool]string{false: "NULL", true: "1"}[left] + ` WHERE id = '` + leaver.ID + `'`} {
				if _, err := c.DB.Exec(c.Context(), query); err != nil {
					t.Fatal(err)
				}
			}
			say()
			data, err := database.All(c.Context(), c.DB, database.Value[string], `SELECT data FROM outbox WHERE type = $1`, notice.ReviewAnswered)
			if err != nil || len(data) != 1 || strings.Contains(data[0], leaver.ID) == left || !strings.Contains(data[0], c.editor.ID) {
				t.Errorf("left=%v: %v %v", left, data, err)
			}
		}
	}
}

// The page works by its forms alone.
func TestDeskOfReview(t *testing.T) {
	c := reviewing(t, false)
	id := c.draft("총학", "봄 <축제>", map[string]any{"body": "**사흘** 동안", "tags": []string{"축제"}})
	path := "/console/notices/" + id
	editor, colleague := c.editor.Token, c.colleague.Token
	send := func(as, to string, values url.Values) functiontest.Response {
		t.Helper()
		return c.Do(functiontest.Request{Method: "POST", Path: path + "/review" + to, As: as, Body: values})
	}
	c.see(editor, path+"/review").Want(200).Says("봄 &lt;축제&gt;", "<strong>사흘</strong>", "#축제", "아직 검토를 요청하지 않았습니다.", ">최동료</option>", "모든 동료").SaysNot("자바스크립트", ">이편집</option>")
	c.see(editor, path).Want(200).Says(`href="/console/notices/`+id+`/review"`, "검토 요청하기")
	if slices.Contains(c.Audited(), "GET /console/notices/{id}") {
		t.Error("the editor of a notice without a review is in the log")
	}
	send(editor, "", url.Values{"version": {"1"}, "for": {"x"}, "text": {"내 글"}}).Want(422).Says("내 글", "동료를 고르세요")
	if at := send(editor, "", url.Values{"version": {"1"}, "for": {c.colleague.ID}, "text": {"부탁 <드려요>"}}).Want(303).Header.Get("Location"); at != path+"/review?done=asked#said" {
		t.Error(at)
	}
	c.see(editor, path+"/review?done=asked").Want(200).Says("검토를 요청했습니다.", "이편집 님이 최동료 님에게 요청", "부탁 &lt;드려요&gt;", "요청 취소").SaysNot(`value="approved"`)
	c.see(colleague, path).Want(200).Says("검토 대기", "부탁 &lt;드려요&gt;", "검토로 가기")
	if !slices.Contains(c.Audited(), "GET /console/notices/{id}") {
		t.Error("who reads what colleagues said is not in the log")
	}
	c.see(colleague, "/console/notices").Want(200).Says("검토 대기")
	c.see(colleague, path+"/review").Want(200).Says(`value="approved"`, `value="changes"`).SaysNot("요청 취소")
	send(colleague, "/decision", url.Values{"version": {"1"}, "decision": {"changes"}}).Want(422).Says(`id="field-text-wrong"`)
	send(colleague, "/comments", url.Values{"version": {"1"}, "text": {"한 줄\n두 줄"}}).Want(303)
	send(colleague, "/decision", url.Values{"version": {"1"}, "decision": {"changes"}, "text": {"고쳐 주세요"}}).Want(303)
	c.see(editor, path).Want(200).Says("수정 요청", "고쳐 주세요", "한 줄<br>두 줄")
	c.put(c.editor, id, 1, map[string]any{"body": "나흘 동안"}).Want(200)
	send(colleague, "/decision", url.Values{"version": {"1"}, "decision": {"approved"}, "text": {"좋아요"}}).Want(412).Says("나흘 동안", "좋아요", "그 뒤 고친 것 보기")
	send(colleague, "/decision", url.Values{"version": {"2"}, "decision": {"approved"}}).Want(303)
	c.see(editor, path+"/review").Want(200).Says("최동료 님이 2번째 버전을 승인").SaysNot("그사이", "다시 요청")
	c.put(c.colleague, id, 2, map[string]any{"body": "닷새 동안"}).Want(200)
	c.see(editor, "/en"+path+"/review").Want(200).Says("Edited after approval", `/en/console/notices/`+id+`/revisions?from=2"`)
	c.see(editor, path+"/revisions?from=2").Want(200).Says("<del>나흘</del>", "<ins>닷새</ins>")
	send(colleague, "/decision", url.Values{"version": {"3"}, "decision": {"approved"}}).Want(409).Says("내가 쓰거나 고친 글은")
	send(editor, "/withdraw", url.Values{"version": {"3"}}).Want(303)
	c.see(editor, path+"/review").Want(200).Says("검토 요청을 취소함", "요청을 취소함")
	send(editor, "", url.Values{"version": {"x"}}).Problem(404, "not-found")
	c.put(c.editor, id, 3, map[string]any{"publishNow": true}).Want(200)
	c.see(editor, path+"/review").Want(200).Says("더 검토하지 않습니다").SaysNot("<textarea")
}

// Nothing is promised that would not work: whoever opens the page of imports reads that it cannot.
func TestImportsSayThatReviewIsRequired(t *testing.T) {
	c := reviewing(t, true)
	c.see(c.admin.Token, "/console/notices/import").Want(200).Says("운영 기준에서 잠시 끄고")
	c.see(c.editor.Token, "/console/notices/new").Want(200).Says("&#34;required&#34;:true", "&#34;waives&#34;:false")
	c.require(false)
	c.see(c.admin.Token, "/console/notices/import").Want(200).SaysNot("운영 기준에서 잠시 끄고")
}

// Where nobody else may write for a unit, the page says whom to ask instead of a form that leads nowhere.
func TestReviewWithoutColleagues(t *testing.T) {
	c := meet(t)
	alone := c.Member(functiontest.Member{Name: "홀로", Grants: []auth.Grant{{Role: auth.Editor, Unit: "감사"}}})
	if _, err := c.DB.Exec(c.Context(), `DELETE FROM member_roles WHERE unit = ''`); err != nil {
		t.Fatal(err)
	}
	id := c.Notice(alone.Token, map[string]any{"unit": "감사", "title": "감사 결과", "publishAt": nil})
	c.see(alone.Token, notice.DeskPath+"/"+id+"/review").Want(200).Says("동료가 없습니다").SaysNot("<textarea")
}
