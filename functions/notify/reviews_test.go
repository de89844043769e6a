package notify_test

import (
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
)

// Whom a colleague asks hears of it at once, of a draft that no reader sees; who asked hears what was said, and nobody else hears
// anything. What is called how is told to nobody by mail who needs a second factor to read it.
func TestReviewsAreTold(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		editor := func(name string, r auth.Role, unit string) functiontest.Account {
			return w.Member(functiontest.Member{Name: name, Verified: true, Grants: []auth.Grant{{Role: r, Unit: unit}}})
		}
		asker, named, other, elsewhere, admin := editor("이편집", auth.Editor, "총학"), editor("최동료", auth.Editor, "총학"), editor("김편집", auth.Editor, "총학"), editor("박동연", auth.Editor, "동연"), editor("정관리", auth.Admin, "총학")
		student := w.Member(functiontest.Member{Verified: true})
		w.choose(student.Token, "notices", "now")
		id := w.write(asker.Token, nil)
		review := func(as, path string, body map[string]any) {
			t.Helper()
			w.Do(functiontest.Request{Method: "POST", Path: "/v1/notices/" + id + "/review" + path, As: as, Body: body, Header: map[string]string{"If-Match": "*"}}).Want(200)
			w.deliver(2)
			w.sweep()
		}
		mailed := func() string {
			to := []string{}
			for _, m := range w.Mail.Take() {
				for _, a := range []functiontest.Account{asker, named, other, elsewhere, admin, student} {
					if m.To == a.Email {
						to = append(to, m.Subject)
					}
				}
				if _, said, _ := strings.Cut(m.Subject, "] "); !strings.HasPrefix(m.Text, "["+strings.Replace(said, ": ", "] ", 1)+"\n") {
					t.Errorf("%q begins otherwise:\n%s", m.Subject, m.Text)
				}
				if !strings.Contains(m.Text, "https://council.madang.ac.kr/console/notices/"+id+"/review") {
					t.Errorf("it leads elsewhere:\n%s", m.Text)
				}
			}
			return strings.Join(to, "; ")
		}
		of := func(who functiontest.Account) string {
			list := []string{}
			for _, e := range w.list(who.Token).Items {
				if e.Path != "/console/notices/"+id+"/review" || e.Title != "간식 행사" {
					t.Errorf("%+v", e)
				}
				list = append(list, e.Topic)
			}
			return strings.Join(list, " ")
		}

		review(asker.Token, "", map[string]any{"for": named.ID})
		if got := mailed(); got != "[마당대학교 총학생회] 검토 요청: 간식 행사" || of(named) != "reviews" || of(other)+of(asker)+of(admin) != "" {
			t.Fatalf("%q; %q %q", got, of(named), of(other))
		}
		w.choose(other.Token, "reviews", "off")
		review(asker.Token, "", map[string]any{"text": "누구든 봐 주세요"})
		got := mailed()
		if strings.Count(got, "간식 행사") != 1 || strings.Count(got, "제목은 로그인하면 보입니다") != 1 || of(named) != "reviews reviews" || of(other) != "" || len(w.room.got) != 0 {
			t.Fatalf("%q; %q %q %v", got, of(named), of(other), w.room.got)
		}
		review(named.Token, "/decision", map[string]any{"decision": "approved"})
		if got := mailed(); got != "[마당대학교 총학생회] 검토 승인: 간식 행사" || of(asker) != "answers" || of(named) != "reviews reviews" {
			t.Fatalf("%q; %q", got, of(asker))
		}
		review(named.Token, "/comments", map[string]any{"text": "표도 넣어 주세요", "version": 1})
		review(named.Token, "/decision", map[string]any{"decision": "changes", "text": "날짜가 다릅니다"})
		if got := mailed(); got != "[마당대학교 총학생회] 검토 의견: 간식 행사; [마당대학교 총학생회] 수정 요청: 간식 행사" {
			t.Fatalf("%q", got)
		}
		if of(elsewhere)+of(student) != "" {
			t.Errorf("others heard: %q %q", of(elsewhere), of(student))
		}
		if s := w.settings(student.Token); s["reviews"] != "" || w.settings(named.Token)["reviews"] != "now" {
			t.Error(s)
		}

		// Who lost the role meanwhile finds nothing more in the list.
		if _, err := w.DB.Exec(w.Context(), `DELETE FROM member_roles WHERE member_id = $1`, named.ID); err != nil {
			t.Fatal(err)
		}
		if of(named) != "" {
			t.Error(of(named))
		}
	})
}
