package notices_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
)

// A council begins with three templates, changes them as a whole, and begins notices with them.
func TestTemplates(t *testing.T) {
	app := functiontest.New(t, notices.Function)
	editor, ofUnit := app.Editor(), app.Holder(auth.Editor, "학과")
	get := func(as, path string) functiontest.Response {
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: as})
	}
	put := func(as, version string, list ...map[string]any) functiontest.Response {
		return app.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/notices/templates", As: as, Header: map[string]string{"If-Match": version}, Body: map[string]any{"templates": list}})
	}
	get(ofUnit, "/v1/admin/notices/templates").Want(200).Says("모집", "행사 안내", "결과 공고", `"version":1`)
	began := get(editor, "/console/notices/new").Want(200).Says("무엇으로 시작할까요", "/console/notices/new?template="+url.QueryEscape("행사 안내"), "틀 고치기")
	began.SaysNot("언제, 어디서")
	get(ofUnit, "/console/notices/new").Want(200).Says("모집").SaysNot("틀 고치기")
	get(editor, "/console/notices/new?template="+url.QueryEscape("행사 안내")).Want(200).Says("## 언제, 어디서", `value="[행사]`, `value="행사"`, `aria-current="true"`)
	get(editor, "/en/console/notices/new").Want(200).Says("What to begin with", "Edit templates", `lang="ko">모집`)
	get(editor, "/console/notices/new?template=none").Problem(404, "not-found")

	put(ofUnit, `"v1"`).Problem(403, "not-allowed")
	one := map[string]any{"name": "공모 <전>", "title": "[공모] ", "body": "## 주제", "titleEn": "[Contest]", "tags": []string{"공모"}}
	put(editor, `"v1"`, one).Want(200).Says(`"version":2`)
	put(editor, `"v1"`, one).Problem(412, "version-stale")
	get(editor, "/console/notices/new").Want(200).Says("공모 &lt;전&gt;").SaysNot("결과 공고")
	get(editor, "/console/notices/new?template="+url.QueryEscape("공모 <전>")).Want(200).Says("## 주제", "[Contest]")
	get(editor, "/console/notices/templates").Want(200).Says(`value="공모 &lt;전&gt;"`, "## 주제", "틀 추가")
	get(editor, "/en/console/notices/templates").Want(200).Says("Templates of notices", "Add a template")
	for _, wrong := range []struct {
		field string
		list  []map[string]any
	}{
		{"templates[0].name", []map[string]any{{"name": " "}}},
		{"templates[0].name", []map[string]any{{"name": strings.Repeat("가", 21)}}},
		{"templates[1].name", []map[string]any{{"name": "모집"}, {"name": "모 집"}}},
		{"templates[0].titleEn", []map[string]any{{"name": "모집", "bodyEn": "text"}}},
		{"templates[0].tags", []map[string]any{{"name": "모집", "tags": []string{"행사", "행사"}}}},
		{"templates[0].title", []map[string]any{{"name": "모집", "title": strings.Repeat("가", 201)}}},
	} {
		put(editor, `"v2"`, wrong.list...).Problem(422, "invalid-input")
		if r := put(editor, `"v2"`, wrong.list...); !strings.Contains(string(r.Body), `"field":"`+wrong.field+`"`) {
			t.Errorf("%s is not named: %s", wrong.field, r.Body)
		}
	}
	put(editor, `"v2"`).Want(200)
	get(editor, "/v1/admin/notices/templates").Want(200).Says(`"templates":[]`, `"version":3`)
	get(editor, "/console/notices/new").Want(200)
}

// The list offers what can be done with several notices, where there is one that is not deleted.
func TestListOffersSeveral(t *testing.T) {
	app := functiontest.New(t, notices.Function)
	admin := app.Admin()
	get := func(path string) functiontest.Response {
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: admin}).Want(200)
	}
	get("/console/notices").SaysNot(`id="bulk"`)
	id := app.Notice(admin, map[string]any{"title": "공지 <하나>"})
	get("/console/notices").Says(`id="bulk"`, `aria-label="고르기: 공지 &lt;하나&gt;"`, "내리기", "태그 추가", "고정 해제")
	get("/en/console/notices").Says("Take down", "Add a tag", "Unpin")
	app.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notices/" + id, As: admin, Header: map[string]string{"If-Match": `"v1"`}}).Want(204)
	get("/console/notices?state=deleted").SaysNot(`id="bulk"`, "고르기")
}
