package members_test

import (
	"strings"
	"testing"

	"github.com/madang-council/madang/functions/members"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

func TestDesk(t *testing.T) {
	app := functiontest.New(t, members.Function)
	admin, unit := app.Admin(), app.Holder(auth.Admin, "감사")
	see := func(as, path string) functiontest.Response {
		t.Helper()
		return caller(app, as)("GET", path, nil).Want(200)
	}
	until := app.Now().AddDate(0, 6, 0)
	kim := app.Member(functiontest.Member{Name: "김학생", Email: "kim@example.com", Unit: "컴퓨터공학과", Verified: true, Grants: []auth.Grant{{Role: auth.Editor, Unit: "학과", Until: until}}})
	see(admin, "/console/members").Says("기록에 남습니다").SaysNot("김학생")
	see(admin, "/console/members?q=%EA%B9%80").Says("김학생", "kim@example.com", "재학생 인증")
	see(admin, "/console/members?q=KIM@example.com").Says("김학생")
	see(admin, "/console/members?q=none@example.com").Says("조건에 맞는 회원이 없습니다.")
	see(admin, "/console/members/"+kim.ID).Says("편집자 · 학과", "2026. 9. 2. 12:00", "역할 주기", "끝나는 날 없음</label>", "조정자는 글을 쓰지 않고, 회의록의 공개 기한을 늘립니다.", "정지하기", `data-action="/v1/admin/members/`+kim.ID+`/roles/editor"`).SaysNot("신고", "청원", "정지 해제", "재학생으로 인증<")
	see(unit, "/console/members/"+kim.ID).Says("김학생").SaysNot("정지하기", "해제<", "모든 단위")
	log, err := database.All(app.Context(), app.DB, func(r database.Row) (string, error) {
		var action, subject, detail string
		err := r.Scan(&action, &subject, &detail)
		return action + " " + strings.TrimSpace(subject+" "+detail) + "\n", err
	}, `SELECT action, subject, detail FROM audit ORDER BY at, id`)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"GET /console/members {\"members\":[\"" + kim.ID, "GET /console/members/{id} " + kim.ID} {
		if detail := strings.Join(log, ""); !strings.Contains(detail, want) {
			t.Errorf("no record %s in %s", want, detail)
		}
	}
}
