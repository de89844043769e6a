package uploads_test

import (
	"net/url"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
)

func TestDesk(t *testing.T) {
	app := functiontest.New(t, uploads.Function, functiontest.Beside(uploads.Function, notices.Function))
	editor := app.Member(functiontest.Member{Name: "이편집", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}})
	admin := app.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	see := func(who functiontest.Account, path string) functiontest.Response {
		t.Helper()
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: who.Token}).Want(200)
	}
	see(editor, "/console/uploads").Says("공지와 배너 (10 MB까지)", "자료 (100 MB까지)", "&#34;hwp&#34;").SaysNot("proof")
	own := app.Upload(functiontest.Upload{Owner: editor.ID, Name: "봄 사진.jpg", Type: "jpg"})
	used := app.Upload(functiontest.Upload{Owner: admin.ID, Name: "안내.hwp", Type: "hwp"})
	secret := app.Notice(admin.Token, map[string]any{"unit": "감사", "title": "감사의 비밀", "publishAt": nil, "attachments": []string{used}})
	mine := app.Notice(admin.Token, map[string]any{"title": "총학의 글", "publishAt": nil, "attachments": []string{used}})
	see(editor, "/console/media").Says("봄 사진.jpg", "아직 쓰지 않음", `data-action="/v1/uploads/`+own+`"`, "안내.hwp", "총학의 글", mine, "다른 곳에서 쓰는 중").SaysNot("감사의 비밀", secret)
	see(admin, "/console/media?kind=document").Says("감사의 비밀").SaysNot("봄 사진.jpg")
	see(editor, "/console/media?q="+url.QueryEscape("사진")).Says("봄 사진.jpg").SaysNot("안내.hwp")
	see(editor, "/console/media?unused=true").Says("봄 사진.jpg").SaysNot("안내.hwp")
	see(editor, "/console/media").SaysNot("첫 장면만")
	app.Upload(functiontest.Upload{Owner: editor.ID, Name: "행진.gif", Type: "gif", Film: upload.Still})
	see(editor, "/console/media").Says("첫 장면만 보입니다. 5 MB")
	for _, want := range []upload.Film{upload.Still, upload.Moving} {
		id := app.Upload(functiontest.Upload{Owner: editor.ID, Name: "행진.gif", Type: "gif", Film: want})
		got := functiontest.JSON[struct {
			Film   upload.Film
			Moving string
		}](app.Do(functiontest.Request{Method: "GET", Path: "/v1/uploads/" + id, As: editor.Token}).Want(200))
		if got.Film != want || (want == upload.Moving) != strings.HasSuffix(got.Moving, id+"/moving.gif") {
			t.Errorf("%s: %+v", want, got)
		}
	}
	see(editor, "/en/console/media?q=nothing").Says("No files were found.")
}
