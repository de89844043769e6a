package banners_test

import (
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/functiontest"
)

func TestDesk(t *testing.T) {
	d := open(t)
	editor := d.Member(functiontest.Member{Name: "이편집", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	admin := d.Admin()
	see := func(as, path string) functiontest.Response {
		t.Helper()
		return d.call(as, "GET", path, nil)
	}
	see(editor.Token, "/console/banners").Want(200).Says("아직 배너가 없습니다.")
	later := d.Now().Add(time.Hour)
	ids := []string{}
	for _, fields := range []map[string]any{
		{"unit": "총학", "alt": "대동제", "link": "/notices?tag=%EC%B6%95%EC%A0%9C", "image": d.Upload(functiontest.Upload{Owner: editor.ID, Name: "축제.jpg", Type: "jpg"})},
		{"unit": "감사", "alt": "감사 공고", "link": "https://example.com/", "image": d.Upload(functiontest.Upload{Owner: editor.ID, Name: "공고.png", Type: "png"}), "from": later},
	} {
		ids = append(ids, functiontest.JSON[item](d.call(admin, "POST", "/v1/banners", fields).Want(201)).ID)
	}
	see(admin, "/console/banners").Want(200).Says("대동제", "/notices?tag=축제", "보이는 중", "예정", "data-handle", "banners.js", "대동제 아래로")
	see(editor.Token, "/console/banners").Want(200).Says("대동제").SaysNot("감사 공고", "data-handle", "banners.js") // the order is everybody's
	see(editor.Token, "/console/banners/"+ids[0]).Want(200).Says("배너 고치기", `value="대동제"`, "아직 없습니다.", "왼쪽에서 (%)", `value="50"`)
	see(editor.Token, "/console/banners/"+ids[1]).Problem(404, "not-found") // not in force yet
	if err := banner.NewReader(d.DB).Count(d.Context(), ids[0], "v"); err != nil {
		t.Fatal(err)
	}
	see(admin, "/console/banners/"+ids[0]).Want(200).Says("<td>2026-03-02</td>")
	see(editor.Token, "/en/console/banners/new").Want(200).Says("New banner", "Where it leads").SaysNot(`id="delete"`)
}
