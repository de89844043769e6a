package members_test

import (
	"archive/zip"
	"bytes"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"maps"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/madang-council/madang/functions/members"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/openapi"
)

const secretWord = "수박을 좋아하는 고양이 7마리"

type page struct {
	Items []struct {
		ID, Name, Email string
		Action, Subject string
	} `json:"items"`
	NextCursor string `json:"nextCursor"`
}

func caller(app *functiontest.App, as string) func(method, path string, body any, header ...string) functiontest.Response {
	return func(method, path string, body any, header ...string) functiontest.Response {
		h := map[string]string{}
		for i := 0; i+1 < len(header); i += 2 {
			h[header[i]] = header[i+1]
		}
		return app.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: h})
	}
}

func signUp(email string) map[string]any {
	return map[string]any{
		"email": email, "password": secretWord, "name": "김마당", "unit": "컴퓨터공학과",
		"consent": map[string]any{"policyVersion": "2026-03-01", "privacy": true, "age": true},
	}
}

func each(t *testing.T, test func(t *testing.T, app *functiontest.App)) {
	t.Run("sqlite", func(t *testing.T) { test(t, functiontest.New(t, members.Function)) })
	t.Run("postgres", func(t *testing.T) { test(t, functiontest.New(t, members.Function, functiontest.OnPostgres)) })
}

func TestSignUp(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		guest := caller(app, "")
		first := guest("POST", "/v1/members", signUp("Kim@example.com")).Want(201)
		if want := `{"email":"kim@example.com","next":"/v1/auth/sessions"}` + "\n"; string(first.Body) != want {
			t.Errorf("body: %s", first.Body)
		}
		second := guest("POST", "/v1/members", signUp("kim@example.com")).Want(201)
		if string(first.Body) != string(second.Body) {
			t.Errorf("a taken address has another answer: %s", second.Body)
		}
		mail := app.Mail.Take()
		if len(mail) != 2 || mail[0].To != mail[1].To || mail[0].Text == mail[1].Text || !strings.Contains(mail[1].Text, "이미 가입") {
			t.Errorf("mail: %+v", mail)
		}
		for range 3 {
			guest("POST", "/v1/members", signUp("kim@example.com")).Want(201)
		}
		if n := len(app.Mail.Take()); n != 1 {
			t.Errorf("%d more messages to one address, want 1 and then a delay", n)
		}
	})
}

func TestRefusedInput(t *testing.T) {
	app := functiontest.New(t, members.Function, functiontest.WithSettings(func(s *function.Settings) { s.DepartmentNames = []string{"철학과"} }))
	me := app.Member(functiontest.Member{}).Token
	admin := app.Admin()
	local := app.Holder(auth.Admin, "학과")
	editor := app.Editor()
	nobody := "/v1/admin/members/0197b0d0-0000-7000-8000-000000000000"
	for _, row := range []struct {
		method, path, as, body, match string
		status                        int
		code, fields                  string
	}{
		{"POST", "/v1/members", "", `{"email":"x","password":"12345678","name":" ","consent":{"policyVersion":"1","privacy":false,"age":false}}`, "", 422, "invalid-input", "email:not-an-email name:required password:password-common consent.policyVersion:not-current consent.privacy:required consent.age:under-age"},
		{"POST", "/v1/members", "", `{"email":"a@b.kr","password":"x","name":"a"}`, "", 422, "invalid-input", "password:password-too-short consent.policyVersion:not-current consent.privacy:required"},
		{"POST", "/v1/members", "", `{"email":"a@b.kr","verified":true}`, "", 422, "invalid-input", "verified:unknown-field"},
		{"POST", "/v1/members", "", `[]`, "", 400, "malformed-json", ""},
		{"GET", "/v1/members/me", "", ``, "", 401, "sign-in-required", ""},
		{"PATCH", "/v1/members/me", me, `{"name":"가"}`, "", 428, "if-match-required", ""},
		{"PATCH", "/v1/members/me", me, `{"name":"가"}`, `"v9"`, 412, "version-stale", ""},
		{"PATCH", "/v1/members/me", me, `{"name":"` + strings.Repeat("가", 41) + `"}`, `"v1"`, 422, "invalid-input", "name:too-long"},
		{"PATCH", "/v1/members/me", me, `{"unit":"없는과"}`, `"v1"`, 422, "invalid-input", "unit:not-one-of"},
		{"PATCH", "/v1/members/me", me, `{"email":"a@b.kr"}`, `"v1"`, 422, "invalid-input", "email:unknown-field"},
		{"PUT", "/v1/members/me/consents", me, `{"policyVersion":"2026-03-01","privacy":false}`, "", 422, "invalid-input", "privacy:required"},
		{"POST", "/v1/members/me/verification/mail", me, `{"email":"a@gmail.com"}`, "", 422, "invalid-input", "email:not-a-school-address"},
		{"POST", "/v1/members/me/verification/mail", me, `{"email":"a@evil.madang.ac.kr"}`, "", 422, "invalid-input", "email:not-a-school-address"},
		{"POST", "/v1/members/me/verification/mail/confirm", me, `{"code":"000000"}`, "", 410, "code-ended", ""},
		{"POST", "/v1/members/me/verification/roster", me, `{"studentNumber":"1","name":"가"}`, "", 422, "invalid-input", "studentNumber:not-listed"},
		{"POST", "/v1/members/me/return", "", `{"email":"a@b.kr","password":"x"}`, "", 401, "sign-in-failed", ""},
		{"GET", "/v1/admin/members", me, ``, "", 403, "not-allowed", ""},
		{"GET", "/v1/admin/members", editor, ``, "", 403, "not-allowed", ""},
		{"GET", "/v1/admin/members", local, ``, "", 403, "not-allowed", ""},
		{"GET", "/v1/admin/members?size=0", admin, ``, "", 422, "invalid-input", "size:out-of-range"},
		{"GET", "/v1/admin/members?size=101&cursor=x", admin, ``, "", 422, "invalid-input", "size:out-of-range"},
		{"GET", "/v1/admin/members?cursor=x", admin, ``, "", 422, "invalid-input", "cursor:forged"},
		{"GET", "/v1/admin/members/x", admin, ``, "", 404, "not-found", ""},
		{"GET", nobody, admin, ``, "", 404, "not-found", ""},
		{"PUT", nobody + "/roles/king", admin, `{"unit":""}`, "", 404, "not-found", ""},
		{"PUT", nobody + "/roles/editor", admin, `{"unit":""}`, "", 404, "not-found", ""},
		{"PUT", nobody + "/roles/editor", admin, `{"unit":"없음"}`, "", 422, "invalid-input", "unit:not-one-of"},
		{"PUT", nobody + "/roles/editor", admin, `{"unit":"","until":"2020-01-01T00:00:00Z"}`, "", 422, "invalid-input", "until:in-the-past"},
		{"PUT", nobody + "/roles/editor", local, `{"unit":""}`, "", 403, "not-allowed", ""},
		{"PUT", nobody + "/roles/editor", local, `{"unit":"총학"}`, "", 403, "not-allowed", ""},
		{"DELETE", nobody + "/roles/editor", local, ``, "", 403, "not-allowed", ""},
		{"DELETE", nobody + "/roles/editor", admin, ``, "", 404, "not-found", ""},
		{"POST", nobody + "/suspend", local, ``, "", 403, "not-allowed", ""},
		{"POST", nobody + "/suspend", admin, ``, "", 404, "not-found", ""},
		{"POST", nobody + "/restore", admin, ``, "", 404, "not-found", ""},
		{"POST", nobody + "/verification", admin, `{"studentNumber":"20260001"}`, "", 404, "not-found", ""},
		{"DELETE", nobody + "/second-factor", admin, ``, "", 404, "not-found", ""},
		{"PUT", "/v1/admin/roster", local, "1,가", "", 403, "not-allowed", ""},
		{"PUT", "/v1/admin/roster", admin, "1,가\n1,나\n3\n,라\n\"", "", 422, "invalid-input", "line 2:repeated line 3:fields line 4:blank line 5:malformed"},
		{"PUT", "/v1/admin/roster", admin, "1,가\n2,\xff\xb1", "", 422, "invalid-input", "line 2:not-utf8"},
		{"PUT", "/v1/admin/roster", admin, "학번,이름\n2.026E+07,김가람\n\n2.0260001E+7,나\n3,다", "", 422, "invalid-input", "line 2:spoiled-number"},
		{"PUT", "/v1/admin/roster", admin, "", "", 422, "roster-empty", ""},
		{"PUT", "/v1/admin/roster", admin, "\ufeff학번,이름\n", "", 422, "roster-empty", ""},
		{"PUT", "/v1/admin/roster", admin, "1," + strings.Repeat("가", member.RosterBytes), "", 413, "body-too-large", ""},
		{"GET", "/v1/admin/audit", local, ``, "", 403, "not-allowed", ""},
		{"GET", "/v1/admin/audit?from=yesterday&cursor=x", admin, ``, "", 422, "invalid-input", "from:not-a-time"},
		{"GET", "/v1/admin/audit?cursor=x", admin, ``, "", 422, "invalid-input", "cursor:forged"},
		{"GET", "/v1/admin/audit?cursor=x", local, ``, "", 403, "not-allowed", ""},
	} {
		r := app.Do(functiontest.Request{Method: row.method, Path: row.path, As: row.as, Body: bodyOf(row.body), Header: map[string]string{"If-Match": row.match}})
		if r.Status != row.status || r.Code() != row.code || strings.Join(r.Fields(), " ") != row.fields {
			t.Errorf("%s %s %.60q: %d %s %v", row.method, row.path, row.body, r.Status, r.Code(), r.Fields())
		}
	}
}

func bodyOf(s string) any {
	if s == "" {
		return nil
	}
	return s
}

func TestProfile(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		a := app.Member(functiontest.Member{Name: "이강산", Email: "lee@example.com", Unit: "철학과"})
		me := caller(app, a.Token)
		r := me("GET", "/v1/members/me", nil).Want(200)
		want := `{"id":"` + a.ID + `","email":"lee@example.com","name":"이강산","unit":"철학과","verified":false,"verifiedBy":"","hasPassword":false,"secondFactor":false,"suspended":false,"roles":[],"createdAt":"2026-03-02T12:00:00+09:00","updatedAt":"2026-03-02T12:00:00+09:00"}` + "\n"
		if string(r.Body) != want {
			t.Errorf("profile:\n%s\nwant\n%s", r.Body, want)
		}
		tag := r.Header.Get("ETag")
		me("PATCH", "/v1/members/me", `{"unit":"사학과"}`, "If-Match", tag).Want(200)
		me("PATCH", "/v1/members/me", `{"unit":"화학과"}`, "If-Match", tag).Problem(412, "version-stale")

		app.Wait(time.Second)
		if _, err := app.DB.Exec(app.Context(), `INSERT INTO consents (member_id, kind, version, given, at) VALUES ($1, 'marketing', '2025-03-01', 1, 1)`, a.ID); err != nil { // is asked for no longer
			t.Fatal(err)
		}
		r = me("PUT", "/v1/members/me/consents", `{"policyVersion":"2026-03-01","privacy":true,"marketing":true}`).Want(200)
		want = `{"policyVersion":"2026-03-01","current":true,"items":[{"kind":"privacy","version":"2026-03-01","given":true,"at":"2026-03-02T12:00:01+09:00"}]}` + "\n"
		if string(r.Body) != want {
			t.Errorf("consents:\n%s\nwant\n%s", r.Body, want)
		}
		caller(app, app.Admin())("GET", "/v1/admin/members/"+a.ID, nil).Want(200)
		for i := range 501 { // more than are read at once, and somebody else's
			owner := a.ID
			if i == 500 {
				owner = app.Member(functiontest.Member{}).ID
			}
			if _, err := app.DB.Exec(app.Context(), `INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, created_at, expires_at, completed_at, refused_code, unused_at)
				VALUES ($1, $2, 'proof', $3, 'pdf', $4, '', 'f', '', 0, 0, 0, 0, 1, 1, 1, '', 1)`, fmt.Sprintf("01890000-0000-7000-8000-%012d", i), owner, fmt.Sprintf("증빙 %d.pdf", i), i); err != nil {
				t.Fatal(err)
			}
		}
		files := functiontest.JSON[struct{ Uploads []struct{ Name string } }](me("GET", "/v1/members/me/export", nil).Want(200)).Uploads
		if len(files) != 500 || files[0].Name != "증빙 499.pdf" || files[499].Name != "증빙 0.pdf" {
			t.Errorf("%d uploads in the export: %v", len(files), files[:min(3, len(files))])
		}
		body := string(me("GET", "/v1/members/me/export", nil).Want(200).Body)
		for _, part := range []string{"lee@example.com", `{"kind":"marketing","version":"2025-03-01","given":true,"at":"1970-01-01T09:00:00.001+09:00"}`, `"device":"test"`, `"action":"GET /v1/admin/members/{id}"`,
			`{"name":"증빙 7.pdf","purpose":"proof","size":7,"createdAt":"1970-01-01T09:00:00.001+09:00","completedAt":"1970-01-01T09:00:00.001+09:00"}`} {
			if !strings.Contains(body, part) {
				t.Errorf("the export lacks %s: %s", part, body)
			}
		}
	})
}

// Whoever is shown somebody's data, by itself or in a list, by the API or the console, is in their
// export, and in what the log has about them: each route that reads members, of which a new one is
// added here.
func TestWhoReadMeIsInMyExport(t *testing.T) {
	reads := map[string]string{
		"GET /v1/admin/members":      "/v1/admin/members",
		"GET /v1/admin/members/{id}": "/v1/admin/members/{me}",
		"GET /v1/admin/roles":        "/v1/admin/roles",
		"GET /console/members":       "/console/members?q=%EC%9D%B4%EA%B0%95",
		"GET /console/members/roles": "/console/members/roles",
		"GET /console/members/{id}":  "/console/members/{me}",
		"GET /v1/admin/audit":        "", // what the council did: whoever is in it reads it by their own export
	}
	for _, r := range members.Function.Build(function.Deps{}).Routes {
		if _, there := reads[r.Action()]; r.Personal && !there {
			t.Errorf("%s reads members: add it to this test", r.Action())
		}
	}
	each(t, func(t *testing.T, app *functiontest.App) {
		me := app.Member(functiontest.Member{Name: "이강산", Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}})
		another := app.Member(functiontest.Member{Name: "박바다"})
		admin := caller(app, app.Admin())
		want := []string{}
		for _, action := range slices.Sorted(maps.Keys(reads)) {
			if path := reads[action]; path != "" {
				app.Wait(time.Second)
				admin("GET", strings.ReplaceAll(path, "{me}", me.ID), nil).Want(200)
				want = append(want, action)
			}
		}
		app.Wait(time.Second)
		admin("GET", "/v1/admin/members?name=%EB%B0%94%EB%8B%A4", nil).Want(200) // another alone
		export := functiontest.JSON[struct {
			Accesses []struct{ Action string }
		}](caller(app, me.Token)("GET", "/v1/members/me/export", nil).Want(200))
		got := []string{}
		for _, a := range export.Accesses {
			got = append(got, a.Action)
		}
		if !slices.Equal(got, want) {
			t.Errorf("in the export: %v, want %v", got, want)
		}
		// The log of a subject is the same, page by page and the newest first.
		got = []string{}
		for next := ""; ; {
			p := functiontest.JSON[page](admin("GET", "/v1/admin/audit?size=2&subject="+me.ID+"&cursor="+url.QueryEscape(next), nil).Want(200))
			for _, i := range p.Items {
				got = append(got, i.Action)
			}
			if next = p.NextCursor; next == "" {
				break
			}
		}
		slices.Reverse(got)
		if !slices.Equal(got, want) {
			t.Errorf("in the log: %v, want %v", got, want)
		}
		if n := len(functiontest.JSON[page](admin("GET", "/v1/admin/audit?subject="+another.ID, nil).Want(200)).Items); n != 2 {
			t.Errorf("%d lines about another", n)
		}
	})
}

// Who appoints in a unit sees whole who has a role in it, and of everybody else what they need to
// give them one: the name, and whether they are verified; who answers for all members sees all. So
// for each route by which who appoints reads a member, of which a new one is added here.
func TestWhatAUnitsAdminSees(t *testing.T) {
	reads := map[string]string{
		"GET /v1/admin/members":      "/v1/admin/members?email={email}",
		"GET /v1/admin/members/{id}": "/v1/admin/members/{id}",
		"GET /console/members":       "/console/members?q={email}",
		"GET /console/members/{id}":  "/console/members/{id}",
		"GET /v1/admin/roles":        "", // holders of roles in the units of the caller alone (TestHolders)
		"GET /console/members/roles": "",
	}
	for _, r := range members.Function.Build(function.Deps{}).Routes {
		appoints := r.Access.Allows(auth.Principal{MemberID: "m", Grants: []auth.Grant{{Role: auth.Admin, Unit: "감사"}}}) && !r.Access.Allows(auth.Principal{MemberID: "m"})
		if _, there := reads[r.Action()]; appoints && r.Method == http.MethodGet && !there {
			t.Errorf("%s reads members: add it to this test", r.Action())
		}
	}
	each(t, func(t *testing.T, app *functiontest.App) {
		callers := map[string]string{"all": app.Admin(), "감사": app.Holder(auth.Admin, "감사"), "학과": app.Holder(auth.Admin, "학과")}
		over := functiontest.Start.Add(30 * time.Minute)
		for _, target := range []struct {
			grants []auth.Grant
			whole  []string // for whom
		}{
			{nil, []string{"all"}},
			{[]auth.Grant{{Role: auth.Editor, Unit: "감사"}}, []string{"all", "감사"}},
			{[]auth.Grant{{Role: auth.Editor, Unit: "감사"}, {Role: auth.Moderator, Unit: "학과", Until: over.AddDate(0, 1, 0)}}, []string{"all", "감사", "학과"}},
			{[]auth.Grant{{Role: auth.Editor, Unit: "학과", Until: over}}, []string{"all"}}, // a term that is over
			{[]auth.Grant{{Role: auth.Editor}}, []string{"all"}},                          // of every unit
		} {
			m := app.Member(functiontest.Member{Name: "김학생", Unit: "컴퓨터공학과", Verified: true, Grants: target.grants})
			if _, err := app.DB.Exec(app.Context(), `UPDATE members SET totp_at = 1 WHERE id = $1`, m.ID); err != nil {
				t.Fatal(err)
			}
			app.At(functiontest.Start.Add(time.Hour))
			for who, token := range callers {
				for action, path := range reads {
					if path == "" {
						continue
					}
					r := caller(app, token)("GET", strings.NewReplacer("{email}", url.QueryEscape(m.Email), "{id}", m.ID).Replace(path), nil).Want(200)
					r.Says("김학생")
					kept := []string{"컴퓨터공학과"}
					if strings.Contains(path, "{id}") {
						kept = append(kept, m.Email)
					}
					if strings.HasPrefix(action, "GET /console") {
						kept = append(kept, "2단계 인증</span>")
						r.Says("재학생 인증")
					} else {
						kept = append(kept, `"createdAt"`, `"secondFactor"`, `"verifiedBy"`)
						r.Says(`"verified":true`)
					}
					for _, g := range target.grants {
						if g.Until != over && strings.HasPrefix(path, "/v1/") {
							kept = append(kept, `"role":"`+string(g.Role)+`"`)
						}
					}
					if slices.Contains(target.whole, who) {
						r.Says(kept...)
					} else {
						r.SaysNot(kept...)
					}
					if action == "GET /console/members/{id}" { // whom anybody who appoints may give a first role
						r.Says(`data-action="/v1/admin/members/` + m.ID + `/roles/{role}"`).SaysNot("이메일 확인 안 됨")
					}
				}
			}
		}
	})
}

func TestVerifyByMail(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		a := app.Member(functiontest.Member{})
		me := caller(app, a.Token)
		code := func(me func(string, string, any, ...string) functiontest.Response, address string) string {
			t.Helper()
			me("POST", "/v1/members/me/verification/mail", map[string]string{"email": address}).Want(202)
			subject := strings.Fields(app.Mail.Take()[0].Subject)
			return subject[len(subject)-1]
		}
		confirm := func(me func(string, string, any, ...string) functiontest.Response, code string) functiontest.Response {
			return me("POST", "/v1/members/me/verification/mail/confirm", map[string]string{"code": code})
		}
		right := code(me, "kim@madang.ac.kr")
		wrong := "000000"
		if right == wrong {
			wrong = "000001"
		}
		for range member.CodeTries {
			confirm(me, wrong).Problem(422, "invalid-input")
		}
		confirm(me, right).Problem(410, "code-ended")
		right = code(me, "kim@madang.ac.kr")
		app.Wait(member.CodeLife)
		confirm(me, right).Problem(410, "code-ended")
		confirm(me, code(me, "Kim@madang.ac.kr")).Want(204)
		confirm(me, right).Problem(410, "code-ended")
		me("POST", "/v1/members/me/verification/mail", `{"email":"kim@madang.ac.kr"}`).Problem(429, "too-many-failures")
		app.Wait(24 * time.Hour)
		me("POST", "/v1/members/me/verification/mail", `{"email":"kim@madang.ac.kr"}`).Problem(409, "already-verified")
		other := caller(app, app.Member(functiontest.Member{}).Token)
		confirm(other, code(other, "kim@madang.ac.kr")).Problem(409, "student-already-verified")
	})
}

// Of two rosters that are sent at once one stays, whole: the loser's unit of work is tried
// again with the file that was sent.
func TestRostersAtOnce(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		admin := app.Admin()
		students := func(first int) string {
			var b strings.Builder
			for n := range 3000 {
				fmt.Fprintf(&b, "%d,김마당\n", first+n)
			}
			return b.String()
		}
		for range 5 {
			var group sync.WaitGroup
			for i := range 2 {
				group.Go(func() {
					r := app.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/roster", As: admin, Body: students(10_000_000 * (i + 1)), Header: map[string]string{"Content-Type": "text/csv"}})
					if r.Status != http.StatusOK || string(r.Body) != `{"students":3000,"encoding":"UTF-8","known":0,"ended":0}`+"\n" {
						t.Errorf("%d %s", r.Status, r.Body)
					}
				})
			}
			group.Wait()
			if n, err := database.One(app.Context(), app.DB, database.Value[int], `SELECT count(*) FROM roster`); err != nil || n != 3000 {
				t.Fatalf("%d students are listed: %v", n, err)
			}
		}
	})
}

// What a roster would change is said before it does, and nothing is kept for that; what was compared with one roster
// replaces no other.
func TestRosterIsCompared(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		type comparison struct {
			Students, New, Changed, Same, Gone, Verified int
			NewLines, ChangedLines                       []int
			State, Encoding                              string
		}
		admin, me := caller(app, app.Admin()), caller(app, app.Member(functiontest.Member{}).Token)
		compare := func(file string) comparison {
			t.Helper()
			return functiontest.JSON[comparison](admin("POST", "/v1/admin/roster/comparison", file, "Content-Type", "text/csv").Want(200))
		}
		first := "학번,이름,메일\n20260001,김마당,kim@madang.ac.kr\n20260002,이강산\n20260003,박바다\n"
		if c := compare(first); c.New != 3 || c.Gone+c.Changed+c.Same != 0 || !slices.Equal(c.NewLines, []int{2, 3, 4}) {
			t.Errorf("before there is one: %+v", c)
		}
		if n, err := database.One(app.Context(), app.DB, database.Value[int], `SELECT count(*) FROM roster`); err != nil || n != 0 {
			t.Fatalf("comparing listed %d: %v", n, err)
		}
		admin("PUT", "/v1/admin/roster?state="+compare(first).State, first, "Content-Type", "text/csv").Want(200)
		me("POST", "/v1/members/me/verification/roster", `{"studentNumber":"20260003","name":"박바다"}`).Want(204)
		second := "\n2026-0001,김 마당\n20260002,이강산\n20260004,최여울\n"
		c := compare(second) // an address less is a change, another way of writing is none
		if c.Students != 3 || c.New != 1 || c.Changed != 1 || c.Same != 1 || c.Gone != 1 || c.Verified != 1 || !slices.Equal(c.NewLines, []int{4}) || !slices.Equal(c.ChangedLines, []int{2}) || c.Encoding != "UTF-8" {
			t.Errorf("compared: %+v", c)
		}
		app.Wait(time.Second)
		admin("PUT", "/v1/admin/roster", "20260009,다른\n", "Content-Type", "text/csv").Want(200)
		admin("PUT", "/v1/admin/roster?state="+c.State, second, "Content-Type", "text/csv").Problem(409, "roster-changed")
		if c := compare("20260009,다른\n"); c.Same != 1 || c.New+c.Gone+c.Changed != 0 {
			t.Errorf("a refused roster changed something: %+v", c)
		}
		admin("PUT", "/v1/admin/roster?state="+compare(second).State, second, "Content-Type", "text/csv").Want(200)
		if c := compare(second); c.Same != 3 || c.New+c.Gone+c.Changed != 0 {
			t.Errorf("replaced: %+v", c)
		}
		admin("POST", "/v1/admin/roster/comparison", "학번,이름\n", "Content-Type", "text/csv").Problem(422, "roster-empty")
		many := ""
		for n := range 30 {
			many += fmt.Sprintf("%d,가\n", n)
		}
		if c := compare(many); c.New != 30 || len(c.NewLines) != member.LinesShown {
			t.Errorf("%d lines of %d are shown", len(c.NewLines), c.New)
		}
		me("POST", "/v1/admin/roster/comparison", first, "Content-Type", "text/csv").Problem(403, "not-allowed")
	})
}

func TestVerifyByRoster(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		admin := caller(app, app.Admin())
		r := admin("PUT", "/v1/admin/roster", "\ufeff학번,이름,메일\n2026-0001,김 마당,kim@madang.ac.kr\n20260002,이강산\n", "Content-Type", "text/csv").Want(200)
		if string(r.Body) != `{"students":2,"encoding":"UTF-8","known":0,"ended":0}`+"\n" {
			t.Errorf("%s", r.Body)
		}
		verify := func(number, name string) functiontest.Response {
			return caller(app, app.Member(functiontest.Member{}).Token)("POST", "/v1/members/me/verification/roster", map[string]string{"studentNumber": number, "name": name})
		}
		verify("20260001", "이강산").Problem(422, "invalid-input")
		verify("20260001", "김마당").Want(204)
		verify("２０２６0001", "김 마당").Problem(409, "student-already-verified")
		// The roster knows the address: it is the same student.
		by := app.Member(functiontest.Member{})
		me := caller(app, by.Token)
		me("POST", "/v1/members/me/verification/mail", `{"email":"kim@madang.ac.kr"}`).Want(202)
		subject := strings.Fields(app.Mail.Take()[0].Subject)
		me("POST", "/v1/members/me/verification/mail/confirm", map[string]string{"code": subject[len(subject)-1]}).Problem(409, "student-already-verified")
		guesser := caller(app, app.Member(functiontest.Member{}).Token)
		for i := range 5 {
			guesser("POST", "/v1/members/me/verification/roster", fmt.Sprintf(`{"studentNumber":"%d","name":"이강산"}`, 20260003+i)).Problem(422, "invalid-input")
		}
		guesser("POST", "/v1/members/me/verification/roster", `{"studentNumber":"20260002","name":"이강산"}`).Problem(429, "too-many-failures")
		admin("POST", "/v1/admin/members/"+by.ID+"/verification", `{}`).Problem(422, "invalid-input") // the number decides
		admin("POST", "/v1/admin/members/"+by.ID+"/verification", `{"studentNumber":"-"}`).Problem(422, "invalid-input")
		admin("POST", "/v1/admin/members/"+by.ID+"/verification", `{"studentNumber":"20260002"}`).Want(204)
		admin("POST", "/v1/admin/members/"+by.ID+"/verification", `{"studentNumber":"20260002"}`).Problem(409, "already-verified")
		var found int
		for _, column := range []string{"number_key", "name_key"} {
			rows, err := app.DB.Exec(app.Context(), `UPDATE roster SET listed_at = 0 WHERE `+column+` LIKE '%20260001%' OR `+column+` LIKE '%김%'`)
			if err != nil {
				t.Fatal(err)
			}
			found += int(rows)
		}
		if found != 0 {
			t.Error("the roster holds numbers or names")
		}
	})
}

// One student has one verified account, by whichever ways and in whichever order, with a roster
// before, between or after: addresses of one mailbox are one, and a roster's number decides.
func TestOneStudentOneAccount(t *testing.T) {
	type way struct{ mail, number, name string } // by mail, with a number where it is given; by roster; by an admin who saw the number
	const with, without = "20260001,김마당,kim@madang.ac.kr\n20260002,이강산\n", "20260001,김마당\n20260002,이강산\n"
	for _, h := range []struct {
		name  string
		steps []any // a roster as text, or a way
		want  []int // the status of each way
	}{
		{"sub-addresses", []any{way{mail: "kim@madang.ac.kr"}, way{mail: "kim+1@madang.ac.kr"}, way{mail: "Kim+2+3@MADANG.ac.kr"}}, []int{204, 409, 409}},
		{"a roster with addresses", []any{with, way{mail: "kim+1@madang.ac.kr"}, way{number: "2026-0001", name: "김 마당"}, way{number: "20260001"}}, []int{204, 409, 409}},
		{"the roster first", []any{with, way{number: "20260001", name: "김마당"}, way{mail: "kim@madang.ac.kr"}}, []int{204, 409}},
		{"a roster without addresses", []any{without, way{mail: "kim@madang.ac.kr"}, way{mail: "kim@madang.ac.kr", number: "20260001", name: "김마당"}, way{number: "20260001", name: "김마당"}}, []int{422, 204, 409}},
		{"somebody else's number by one's own mailbox", []any{without, way{mail: "kim@madang.ac.kr", number: "20260001", name: "김마당"}, way{mail: "kim+x@madang.ac.kr", number: "20260002", name: "이강산"}}, []int{204, 409}},
		{"a wrong name", []any{without, way{mail: "kim@madang.ac.kr", number: "20260001", name: "이강산"}}, []int{422}},
		{"a roster between", []any{way{mail: "kim@madang.ac.kr"}, with, way{number: "20260001", name: "김마당"}, way{number: "20260001"}}, []int{204, 409, 409}},
		{"a card for two", []any{way{number: "20260001"}, way{number: "2026-0001"}}, []int{204, 409}},
		{"a card that nobody read", []any{way{mail: "kim@madang.ac.kr"}, way{}}, []int{204, 422}},
		{"a card that nobody read, with a roster", []any{with, way{}, way{number: "20260001"}}, []int{422, 204}},
		{"a roster after", []any{way{mail: "kim@madang.ac.kr"}, way{number: "20260001"}, with}, []int{204, 204}},
		{"an address that a later roster drops", []any{with, way{number: "20260001", name: "김마당"}, "20260009,박바다\n", way{mail: "kim@madang.ac.kr", number: "20260009", name: "박바다"}}, []int{204, 409}},
	} {
		t.Run(h.name, func(t *testing.T) {
			each(t, func(t *testing.T, app *functiontest.App) {
				admin := caller(app, app.Admin())
				i := 0
				for _, step := range h.steps {
					if roster, ok := step.(string); ok {
						admin("PUT", "/v1/admin/roster", roster, "Content-Type", "text/csv").Want(200)
						continue
					}
					app.Wait(time.Hour) // who comes first, and no delay
					w, account := step.(way), app.Member(functiontest.Member{})
					me := caller(app, account.Token)
					var r functiontest.Response
					switch {
					case w.mail != "":
						me("POST", "/v1/members/me/verification/mail", map[string]string{"email": w.mail}).Want(202)
						subject := strings.Fields(app.Mail.Take()[0].Subject)
						body := map[string]string{"code": subject[len(subject)-1]}
						if w.number != "" {
							body["studentNumber"], body["name"] = w.number, w.name
						}
						r = me("POST", "/v1/members/me/verification/mail/confirm", body)
					case w.name != "":
						r = me("POST", "/v1/members/me/verification/roster", map[string]string{"studentNumber": w.number, "name": w.name})
					default:
						r = admin("POST", "/v1/admin/members/"+account.ID+"/verification", map[string]string{"studentNumber": w.number})
					}
					if r.Status != h.want[i] {
						t.Errorf("way %d: %d %s, want %d", i+1, r.Status, r.Body, h.want[i])
					}
					i++
				}
				if n, err := database.One(app.Context(), app.DB, database.Value[int], `SELECT count(*) FROM members WHERE verified_at IS NOT NULL AND id NOT IN (SELECT member_id FROM member_roles)`); err != nil || n > 1 {
					t.Errorf("%d accounts of one student are verified: %v", n, err)
				}
			})
		})
	}
}

// However many accounts have codes sent to a student's address, its owner gets one: by the first that their account asks
// for, and always where they have confirmed that very address. Whoever has confirmed none gets nobody a message.
func TestACodeReachesItsOwner(t *testing.T) {
	app := functiontest.New(t, members.Function)
	ask := func(a functiontest.Account) functiontest.Response {
		return caller(app, a.Token)("POST", "/v1/members/me/verification/mail", map[string]string{"email": "kim@madang.ac.kr"})
	}
	ask(app.Member(functiontest.Member{Unconfirmed: true})).Problem(403, "address-unconfirmed")
	for range 15 {
		stranger := app.Member(functiontest.Member{})
		for range 4 {
			ask(stranger)
		}
	}
	if n := len(app.Mail.Take()); n != 20+15 {
		t.Errorf("%d messages of 15 accounts, want 35: the first of each, and 20", n)
	}
	kim := app.Member(functiontest.Member{})
	ask(kim).Want(202)
	ask(kim).Problem(429, "too-many-failures")
	for range 100 {
		ask(app.Member(functiontest.Member{}))
	}
	if n := len(app.Mail.Take()); n != 50-15 {
		t.Errorf("%d messages of the next 100 accounts and the owner, want 35", n)
	}
	ask(app.Member(functiontest.Member{})).Problem(429, "too-many-failures")
	ask(app.Member(functiontest.Member{Email: "kim@madang.ac.kr", Unconfirmed: true})).Problem(403, "address-unconfirmed")
	own := app.Member(functiontest.Member{Email: "Kim+1@madang.ac.kr"})
	ask(own).Want(202)
	if mail := app.Mail.Take(); len(mail) != 1 || mail[0].To != "kim@madang.ac.kr" {
		t.Errorf("%+v", mail)
	}
}

// The address of a student is what the operator says it is.
func TestStudentMailbox(t *testing.T) {
	app := functiontest.New(t, members.Function, functiontest.WithSettings(func(s *function.Settings) { s.StudentMailbox = regexp.MustCompile(`^(?:[0-9]{8})$`) }))
	me := caller(app, app.Member(functiontest.Member{}).Token)
	for address, status := range map[string]int{"20260001@madang.ac.kr": 202, "20260001+kim@madang.ac.kr": 202, "professor@madang.ac.kr": 422, "202600011@madang.ac.kr": 422, "20260001@gmail.com": 422} {
		if r := me("POST", "/v1/members/me/verification/mail", map[string]string{"email": address}); r.Status != status {
			t.Errorf("%s: %d %s", address, r.Status, r.Body)
		}
	}
	if mail := app.Mail.Take(); len(mail) != 2 || mail[0].To != mail[1].To {
		t.Errorf("a message goes to the mailbox itself: %+v", mail)
	}
}

// What a member is given as a file can be read without a program that knows JSON: the page in
// it shows every value of the document.
func TestExportCanBeRead(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		guest := caller(app, "")
		guest("POST", "/v1/members", signUp("kim@example.com")).Want(201)
		a := app.Member(functiontest.Member{Name: "이 <소리>", Email: "sori@example.com", Unit: "국어국문학과", Verified: true, Grants: []auth.Grant{{Role: auth.Editor, Unit: "학과", Until: app.Now().AddDate(0, 3, 0)}}})
		me := caller(app, a.Token)
		me("PUT", "/v1/members/me/consents", map[string]any{"policyVersion": "2026-03-01", "privacy": true}).Want(200)
		caller(app, app.Admin())("GET", "/v1/admin/members/"+a.ID, nil).Want(200)
		fillExport(t, app, a.ID)
		r := me("GET", "/v1/members/me/export/file", nil, "Accept-Language", "ko").Want(200)
		if r.Header.Get("Content-Type") != "application/zip" || !strings.HasPrefix(r.Header.Get("Content-Disposition"), "attachment;") || r.Header.Get("Cache-Control") != "private, no-store" {
			t.Errorf("%v", r.Header)
		}
		archive, err := zip.NewReader(bytes.NewReader(r.Body), int64(len(r.Body)))
		if err != nil {
			t.Fatal(err)
		}
		read := func(name string) []byte {
			f, err := archive.Open(name)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = f.Close() }()
			content, err := io.ReadAll(f)
			if err != nil {
				t.Fatal(err)
			}
			return content
		}
		var document any
		if err := json.Unmarshal(read("madang.json"), &document); err != nil {
			t.Fatal(err)
		}
		page, values := html.UnescapeString(string(read("madang.html"))), 0
		if strings.Contains(string(read("madang.html")), "<소리>") {
			t.Error("a name is markup")
		}
		var see func(path string, v any)
		see = func(path string, v any) {
			switch v := v.(type) {
			case map[string]any:
				for name, v := range v {
					see(path+"."+name, v)
				}
			case []any:
				for _, v := range v {
					see(path, v)
				}
			case string:
				values++
				if at, err := time.Parse(time.RFC3339, v); err == nil {
					v = at.In(clock.Seoul).Format("2006-01-02 15:04:05")
				}
				if code.MatchString(v) || path == ".profile.roles.unit" { // in words there, as the cells below
					return
				}
				if !strings.Contains(page, v) {
					t.Errorf("the page lacks %s: %s", path, v)
				}
			case float64:
				values++
				if want := strconv.FormatFloat(v, 'f', -1, 64); !strings.Contains(page, want) {
					t.Errorf("the page lacks %s: %s", path, want)
				}
			}
		}
		see("", document)
		if values < 55 {
			t.Errorf("%d values are tested: %v", values, document)
		}
		filled(t, document)
		if cells := cell.FindAllStringSubmatch(page, -1); len(cells) < 100 {
			t.Errorf("%d cells of the page are tested", len(cells))
		}
		for _, language := range []string{"ko", "en"} {
			for _, m := range cell.FindAllStringSubmatch(readable(t, me, language), -1) {
				if code.MatchString(m[1]) {
					t.Errorf("in %s the page says %q: give it the words that the product has for it", language, m[1])
				}
			}
		}
		for _, says := range []string{"편집자", "학교 이메일로", "개인정보 수집과 이용", "카카오", "재학생 증빙", "회원 정보를 봄", "모아서", "바로", "회의록", "검토 승인", "기기", "이메일", "그만 받기로 해서 보내지 않음", "한국어", "수정을 요청함", "요청을 취소함", "자료집", "켜짐", "공지 검토"} {
			if !strings.Contains(page, says) {
				t.Errorf("the page lacks %q", says)
			}
		}
	})
}

// code is what no cell of the page may say: a name that programs know something by, which is no language's word.
var code = regexp.MustCompile(`^(?:[a-z]+(?:[-_./]?[A-Za-z]+)*|(?:GET|POST|PUT|PATCH|DELETE) /.*|sign in|true|false|\{.*\}|\[.*\])$`)

// cell is one of a table of the page.
var cell = regexp.MustCompile(`<td>([^<]+)</td>`)

// readable is the page that a member is given in a language.
func readable(t *testing.T, me func(string, string, any, ...string) functiontest.Response, language string) string {
	t.Helper()
	r := me("GET", "/v1/members/me/export/file", nil, "Accept-Language", language).Want(200)
	archive, err := zip.NewReader(bytes.NewReader(r.Body), int64(len(r.Body)))
	if err != nil {
		t.Fatal(err)
	}
	f, err := archive.Open("madang.html")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	content, err := io.ReadAll(f)
	if err != nil {
		t.Fatal(err)
	}
	return html.UnescapeString(string(content))
}

// fillExport has each store keep something of a member, in which no two texts and no two times are the same.
func fillExport(t *testing.T, app *functiontest.App, id string) {
	t.Helper()
	session, err := database.One(app.Context(), app.DB, database.Value[string], `SELECT id FROM sessions WHERE member_id = $1`, id)
	if err != nil {
		t.Fatal(err)
	}
	for i, row := range []struct {
		into string
		args []any
	}{
		{`oidc_links (linked_at, member_id, issuer, subject)`, []any{id, "kakao", "s"}},
		{`uploads (created_at, completed_at, member_id, id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, expires_at, refused_code)`,
			[]any{int64(1e12), id, "01890000-0000-7000-8000-000000000009", "profile", "나의 얼굴.jpg", "jpg", 4321, "", "", "", 0, 0, 0, 0, 1, 1, ""}},
		{`devices (seen_at, created_at, member_id, id, session_id, place, endpoint_hash, keys_hash, sealed, name, language)`, []any{int64(2e12), id, "d", session, 0, "e", "k", "s", "도서관의 파이어폭스", "ko"}},
		{`delivery_pauses (at, member_id, address, status, answer)`, []any{id, "h", 550, "550 그런 사람 없음"}},
		{`deliveries (event_at, member_id, id, topic, kind, thing_id, channel, recipient, digest, batch, state, attempts, due_at, next_at, status, answer, made_at)`,
			[]any{id, "x", "answers/approved", "notice", "01890000-0000-7000-8000-000000000001", "push", "", 0, "", "unreachable", 0, 1, 1, 0, "", 1}},
		{`inbox_entries (at, read_at, member_id, id, topic, kind, thing_id)`, []any{int64(3e12), id, "y", "minutes", "minute", "01890000-0000-7000-8000-000000000002"}},
		{`topic_follows (since, member_id, kind, thing_id)`, []any{id, "rule", "01890000-0000-7000-8000-000000000003"}},
		{`policies (set_at, from_at, set_by, domain, name, value)`, []any{int64(4e12), id, "site", "readOnly", `true`}},
		{`notices (created_at, id, unit, title, folded, excerpt, tags, version, updated_at, rendering, html, body)`, []any{"01890000-0000-7000-8000-000000000004", "학과", "", "", "", "[]", 1, 0, 1, "", ""}},
		{`notice_review_entries (at, author, notice_id, number, kind, version, text)`, []any{id, "01890000-0000-7000-8000-000000000004", 1, "changes", 1, "날짜가 틀렸어요"}},
	} {
		args := append([]any{clock.Millis(app.Now()) + int64(i)*86_400_000}, row.args...)
		if _, err := app.DB.Exec(app.Context(), `INSERT INTO `+row.into+` VALUES (`+database.Marks(1, len(args))+`)`, args...); err != nil {
			t.Fatalf("%s: %v", row.into, err)
		}
	}
	set := func(statement string, args ...any) {
		t.Helper()
		if _, err := app.DB.Exec(app.Context(), statement, args...); err != nil {
			t.Fatal(err)
		}
	}
	set(`INSERT INTO topic_settings (member_id, topic, how) VALUES ($1, 'archives', 'digest')`, id)
	set(`UPDATE members SET verified_by = $1 WHERE id = $2`, member.ByMail, id)
	set(`UPDATE sessions SET device = '내 노트북' WHERE member_id = $1`, id)
	// Everything that has a name for programs, with every name.
	for i, name := range []string{"notices", "minutes", "rules", "events", "reviews", "answers", topic.Followed} {
		set(`INSERT INTO topic_settings (member_id, topic, how) VALUES ($1, $2, $3)`, id, name, string(topic.Ways()[i%3]))
	}
	for i, name := range upload.PurposeNames() {
		set(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, completed_at, expires_at, refused_code) VALUES ($1, $2, $3, '파일.jpg', 'jpg', 1, '', '', '', 0, 0, 0, 0, 1, 1, 1, 1, '')`,
			fmt.Sprintf("01890000-0000-7000-8000-00000000010%d", i), id, name)
	}
	for i, state := range []delivery.State{delivery.Waiting, delivery.Sent, delivery.Failed, delivery.Late, delivery.Withheld, delivery.Unwanted} {
		set(`INSERT INTO deliveries (id, member_id, topic, kind, thing_id, channel, recipient, digest, batch, state, attempts, due_at, next_at, status, answer, made_at, event_at) VALUES ($1, $2, 'minutes', $3, $1, 'mail', '', 0, '', $4, 0, 1, 1, 0, '', 1, 1)`,
			fmt.Sprintf("sent-%d", i), id, thing.Kinds()[i].Name, string(state))
	}
	for i, said := range []notice.Said{notice.Asked, notice.Commented, notice.Approved, notice.Withdrawn} {
		set(`INSERT INTO notice_review_entries (at, author, notice_id, number, kind, version, text) VALUES (1, $1, '01890000-0000-7000-8000-000000000004', $2, $3, 1, '말')`, id, i+2, string(said))
	}
	for _, kind := range []string{member.Privacy, member.Age} {
		set(`INSERT INTO consents (member_id, kind, version, given, at) VALUES ($1, $2, '2025-01-01', $3, 2)`, id, kind, 1)
	}
	for _, one := range [][2]string{{"site", "off"}, {"site", "banner"}, {"notices", "review"}, {"archives", "zipMax"}} {
		value := map[string]string{"off": `["members"]`, "banner": `"한 줄"`, "review": "true", "zipMax": "4"}[one[1]]
		set(`INSERT INTO policies (set_by, domain, name, value, from_at, set_at) VALUES ($1, $2, $3, $4, 7, 7)`, id, one[0], one[1], value)
	}
}

// filled demands that a document of the export has whatever the API's document says of it, so that nothing is left out
// of the page because no test had it.
func filled(t *testing.T, document any) {
	t.Helper()
	raw, err := openapi.Document(members.Function)
	if err != nil {
		t.Fatal(err)
	}
	api, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	never := []string{".profile.leavingAt", ".notificationMails.sent.readAt", ".notifications.by", ".notifications.state"} // who leaves is another; one shape of two parts
	var see func(path string, schema *openapi3.Schema, v any)
	see = func(path string, schema *openapi3.Schema, v any) {
		if list, is := v.([]any); is {
			if len(list) == 0 {
				t.Errorf("nothing fills %s: add it to fillExport", path)
			}
			for name := range schema.Items.Value.Properties {
				if !slices.ContainsFunc(list, func(v any) bool { return v.(map[string]any)[name] != nil }) && !slices.Contains(never, path+"."+name) {
					t.Errorf("nothing fills %s.%s: add it to fillExport", path, name)
				}
			}
			return
		}
		for name, property := range schema.Properties {
			switch value := v.(map[string]any)[name]; {
			case value != nil:
				see(path+"."+name, property.Value, value)
			case !slices.Contains(never, path+"."+name):
				t.Errorf("nothing fills %s.%s: add it to fillExport", path, name)
			}
		}
	}
	see("", api.Paths.Value("/v1/members/me/export").Get.Responses.Status(200).Value.Content["application/json"].Schema.Value, document)
}

// The log says who did what to whom as they were called then, and until when a role was given;
// a list that was opened without looking for anybody is in no log.
func TestLogKeepsNames(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		giver := app.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
		a := app.Member(functiontest.Member{Name: "이소리", Verified: true})
		admin := caller(app, giver.Token)
		admin("GET", "/console/members", nil).Want(200)
		if got := app.Audited(); len(got) != 0 {
			t.Errorf("opening the list: %v", got)
		}
		admin("PUT", "/v1/admin/members/"+a.ID+"/roles/editor", map[string]any{"unit": "학과", "until": "2026-12-31T23:59:59+09:00"}).Want(200)
		admin("DELETE", "/v1/admin/members/"+a.ID+"/roles/editor?unit="+url.QueryEscape("학과"), nil).Want(204)
		if _, err := app.DB.Exec(app.Context(), `UPDATE members SET name = '다른 이름'`); err != nil {
			t.Fatal(err)
		}
		admin("GET", "/v1/admin/members/"+a.ID, nil).Want(200)
		list := functiontest.JSON[struct {
			Items []struct{ ActorName, SubjectName, Action, Detail string }
		}](admin("GET", "/v1/admin/audit", nil).Want(200)).Items
		if len(list) != 3 {
			t.Fatalf("%+v", list)
		}
		for i, want := range [][2]string{{"다른 이름", "다른 이름"}, {"박관리", "이소리"}, {"박관리", "이소리"}} {
			if list[i].ActorName != want[0] || list[i].SubjectName != want[1] {
				t.Errorf("%+v, want %v", list[i], want)
			}
		}
		for _, v := range list[1:] {
			if !strings.Contains(v.Detail, `"until":"2026-12-31T23:59:59+09:00"`) {
				t.Errorf("the term is not in the log: %+v", v)
			}
		}
	})
}

func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		hash, err := password.NewHasher(1).Trial(true).Hash(t.Context(), secretWord)
		if err != nil {
			t.Fatal(err)
		}
		a := app.Member(functiontest.Member{Email: "kim@example.com", Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}})
		if _, err := app.DB.Exec(app.Context(), `UPDATE members SET password = $1 WHERE id = $2`, hash, a.ID); err != nil {
			t.Fatal(err)
		}
		me, guest := caller(app, a.Token), caller(app, "")
		back := map[string]string{"email": "kim@example.com", "password": secretWord}
		stale := func(by time.Duration) {
			t.Helper()
			if _, err := app.DB.Exec(app.Context(), `UPDATE sessions SET proved_at = proved_at - $1 WHERE member_id = $2`, by.Milliseconds(), a.ID); err != nil {
				t.Fatal(err)
			}
		}
		stale(auth.ProofLife)
		me("DELETE", "/v1/members/me", `{}`).Problem(403, "proof-required")
		stale(-auth.ProofLife)
		r := me("DELETE", "/v1/members/me", `{}`).Want(200)
		if want := `{"returnUntil":"2026-03-09T12:00:00+09:00"}` + "\n"; string(r.Body) != want {
			t.Errorf("%s", r.Body)
		}
		me("GET", "/v1/members/me", nil).Problem(401, "session-ended")
		store := member.Store{DB: app.DB, Key: app.Deps.Key, LeaveGrace: app.Deps.Settings.LeaveGrace}
		sweep := func(want int) {
			t.Helper()
			if n, err := store.Anonymise(app.Context(), persons.All(app.DB), 10); err != nil || n != want {
				t.Fatalf("anonymised %d, %v; want %d", n, err, want)
			}
		}
		app.Wait(7*24*time.Hour - time.Millisecond)
		sweep(0)
		guest("POST", "/v1/members/me/return", `{"email":"kim@example.com","password":"wrong"}`).Problem(401, "sign-in-failed")
		guest("POST", "/v1/members/me/return", back).Want(204)
		guest("POST", "/v1/members/me/return", back).Want(204)
		if _, err := store.Leave(app.Context(), a.ID); err != nil {
			t.Fatal(err)
		}
		app.Wait(7 * 24 * time.Hour) // nothing has swept, and the account has gone all the same
		guest("POST", "/v1/members/me/return", back).Problem(401, "sign-in-failed")
		caller(app, app.Admin())("GET", "/v1/admin/members/"+a.ID, nil).Problem(404, "not-found")
		app.Mail.Take()
		guest("POST", "/v1/members", signUp("kim@example.com")).Want(201)
		if m := app.Mail.Take(); len(m) != 1 || strings.Contains(m[0].Text, "이미 가입") {
			t.Errorf("the address of who has gone is not free: %+v", m)
		}
		sweep(1)
		type row struct{ email, name string }
		var got row
		if err := app.DB.Pool().QueryRow(`SELECT email, name FROM members WHERE id = '`+a.ID+`'`).Scan(&got.email, &got.name); err != nil || got.name != member.Gone || strings.Contains(got.email, "kim") {
			t.Errorf("%+v %v", got, err)
		}
	})
}

// Who gets a role, another term, or loses one is told by mail; and all who hold one stand on one page, of the units of
// who asks.
func TestHolders(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		admin := caller(app, app.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}}).Token)
		local := app.Member(functiontest.Member{Name: "최학과", Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "학과"}}})
		a := app.Member(functiontest.Member{Name: "김편집", Email: "edit@example.com", Verified: true})
		path := "/v1/admin/members/" + a.ID + "/roles/"
		app.Mail.Take()
		told := func(subject string, says ...string) {
			t.Helper()
			mail := app.Mail.Take()
			if len(mail) != 1 || mail[0].To != "edit@example.com" || !strings.Contains(mail[0].Subject, subject) {
				t.Fatalf("%+v", mail)
			}
			for _, s := range says {
				if !strings.Contains(mail[0].Text, s) {
					t.Errorf("no %q in %s", s, mail[0].Text)
				}
			}
		}
		admin("PUT", path+"editor", `{"unit":"학과","until":"2026-03-20T00:00:00+09:00"}`).Want(200)
		told("역할을 맡았습니다: 편집자", "편집자 (학과)", "2026-03-20 00:00에 자동으로 끝납니다.", "Editor (학과)")
		admin("PUT", path+"moderator", `{"unit":""}`).Want(200)
		told("조정자", "모든 단위", "끝나는 날은 정해지지 않았습니다.")
		admin("PUT", path+"editor", `{"unit":"없음"}`).Problem(422, "invalid-input")
		if len(app.Mail.Take()) != 0 {
			t.Error("told of a role that was not given")
		}
		type holder struct {
			Name, Role, Unit string
			Until            *time.Time
			Suspended        bool
		}
		said := func(call func(string, string, any, ...string) functiontest.Response) string {
			list := []string{}
			for _, v := range functiontest.JSON[struct{ Items []holder }](call("GET", "/v1/admin/roles", nil).Want(200)).Items {
				list = append(list, fmt.Sprint(v.Unit, " ", v.Role, " ", v.Name, " ", v.Until != nil, v.Suspended))
			}
			return strings.Join(list, ", ")
		}
		if got, want := said(admin), " admin 박관리 false false,  moderator 김편집 false false, 학과 admin 최학과 false false, 학과 editor 김편집 true false"; got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		if got, want := said(caller(app, local.Token)), "학과 admin 최학과 false false, 학과 editor 김편집 true false"; got != want {
			t.Errorf("%s\nwant\n%s", got, want)
		}
		page := app.Do(functiontest.Request{Method: "GET", Path: "/console/members/roles", As: local.Token}).Want(200)
		page.Says("<h2>학과</h2>", "김편집", "곧 끝남", "2026년 3월 20일").SaysNot("박관리</a>", "조정자")
		admin("POST", "/v1/admin/members/"+a.ID+"/suspend", nil).Want(204)
		if got := said(admin); !strings.Contains(got, "moderator 김편집 false true") {
			t.Errorf("suspended: %s", got)
		}
		admin("DELETE", path+"moderator", nil).Want(204)
		told("역할이 끝났습니다", "조정자, 모든 단위")
		app.At(time.Date(2026, 3, 20, 0, 0, 0, 0, clock.Seoul))
		if got := said(caller(app, local.Token)); strings.Contains(got, "김편집") {
			t.Errorf("a term that is over: %s", got)
		}
	})
}

// Whoever takes an admin's powers by suspending them, or by taking their second factor, could take the role itself.
func TestDisablingIsTaking(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		june := app.Now().AddDate(0, 3, 0)
		admin := func(unit string, until time.Time) functiontest.Account {
			return app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: unit, Until: until}}})
		}
		endless, short := admin("", time.Time{}), admin("", june)
		for _, target := range []struct {
			name    string
			account functiontest.Account
			short   string // what who stays until June is refused with, "" for nothing
			endless string
		}{
			{"who stays until July", admin("", june.AddDate(0, 1, 0)), "not-allowed", ""},
			{"who stays", admin("", time.Time{}), "not-allowed", ""},
			{"who stays in a unit", admin("학과", time.Time{}), "not-allowed", ""},
			{"who goes together", admin("", june), "", ""},
			{"who goes before", admin("학과", june.AddDate(0, -1, 0)), "", ""},
			{"an editor who stays", app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}}), "", ""},
			{"a member", app.Member(functiontest.Member{}), "", ""},
			{"oneself, until June", short, "own-role", ""},
			{"oneself", endless, "not-allowed", "own-role"},
		} {
			path := "/v1/admin/members/" + target.account.ID
			for who, want := range map[string]string{short.Token: target.short, endless.Token: target.endless} {
				for _, operation := range [][2]string{{"DELETE", "/second-factor"}, {"POST", "/suspend"}, {"POST", "/restore"}} {
					if operation[1] == "/restore" && want != "" || target.account.ID == short.ID && want == "" {
						continue
					}
					if r := caller(app, who)(operation[0], path+operation[1], nil); want == "" && r.Status != 204 || want != "" && (r.Status != 403 || r.Code() != want) {
						t.Errorf("%s %s of %s, until June %v: %d %s, want %q", operation[0], operation[1], target.name, who == short.Token, r.Status, r.Body, want)
					}
				}
				page := caller(app, who)("GET", "/console/members/"+target.account.ID, nil).Want(200)
				if want == "" && target.account.ID != short.ID {
					page.Says("정지하기")
				} else if want != "" {
					page.SaysNot("정지하기")
				}
			}
		}
	})
}

func TestRoles(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		first := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
		local := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "학과"}}})
		a := app.Member(functiontest.Member{Name: "김_편집", Email: "edit@example.com", Verified: true})
		stranger := app.Member(functiontest.Member{})
		admin, sub, me := caller(app, first.Token), caller(app, local.Token), caller(app, a.Token)
		path := "/v1/admin/members/" + a.ID
		me("GET", "/v1/admin/audit", nil).Problem(403, "not-allowed")
		sub("PUT", path+"/roles/editor", `{"unit":"학과"}`).Want(200)
		admin("PUT", path+"/roles/admin", `{"unit":"","until":"2026-03-03T00:00:00+09:00"}`).Want(200)
		me("GET", "/v1/admin/audit", nil).Want(200)
		admin("POST", "/v1/admin/members/"+first.ID+"/suspend", nil).Problem(409, "last-admin")
		admin("DELETE", "/v1/admin/members/"+first.ID+"/roles/admin", nil).Problem(403, "own-role")
		admin("PUT", "/v1/admin/members/"+first.ID+"/roles/admin", `{"unit":"","until":"2027-01-01T00:00:00Z"}`).Problem(403, "own-role")
		me("PUT", "/v1/admin/members/"+first.ID+"/roles/admin", `{"unit":"","until":"2026-03-02T13:00:00+09:00"}`).Problem(403, "not-allowed")
		me("DELETE", "/v1/admin/members/"+first.ID+"/roles/admin", nil).Problem(403, "not-allowed")
		if got := me("PUT", "/v1/admin/members/"+local.ID+"/roles/editor", `{"unit":"학과"}`).Problem(422, "invalid-input").Fields(); !slices.Equal(got, []string{"until:beyond-own-term"}) {
			t.Errorf("%v", got)
		}
		sub("PUT", "/v1/admin/members/"+stranger.ID+"/roles/editor", `{"unit":"학과"}`).Problem(409, "member-not-verified")
		app.At(time.Date(2026, 3, 3, 0, 0, 0, 0, functiontest.Start.Location()).Add(-time.Millisecond))
		me("GET", "/v1/admin/audit", nil).Want(200)
		app.Wait(time.Millisecond) // midnight in Seoul
		me("GET", "/v1/admin/audit", nil).Problem(403, "not-allowed")
		sub("DELETE", path+"/roles/editor?unit="+"%ED%95%99%EA%B3%BC", nil).Problem(403, "proof-required")
		again := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "학과"}}})
		caller(app, again.Token)("DELETE", path+"/roles/editor?unit="+"%ED%95%99%EA%B3%BC", nil).Want(204)
		admin("POST", path+"/suspend", nil).Problem(403, "proof-required")
		if _, err := app.DB.Exec(app.Context(), `UPDATE sessions SET proved_at = $1 WHERE id = $2`, clock.Millis(app.Now()), first.Session); err != nil {
			t.Fatal(err)
		}
		admin("POST", path+"/suspend", nil).Want(204)
		me("GET", "/v1/members/me", nil).Problem(401, "session-ended")
		admin("POST", path+"/restore", nil).Want(204)

		got := functiontest.JSON[page](sub("GET", "/v1/admin/members?email=Edit@example.com", nil).Want(200))
		if len(got.Items) != 1 || got.Items[0].ID != a.ID {
			t.Errorf("%+v", got)
		}
		if got = functiontest.JSON[page](admin("GET", "/v1/admin/members?name=%EA%B9%80_", nil).Want(200)); len(got.Items) != 1 {
			t.Errorf("an underscore in a name means anything: %+v", got)
		}
		seen := 0
		for cursor := ""; ; {
			got = functiontest.JSON[page](admin("GET", "/v1/admin/members?size=2&cursor="+cursor, nil).Want(200))
			seen += len(got.Items)
			if cursor = got.NextCursor; cursor == "" {
				break
			}
			admin("GET", "/v1/admin/members?size=2&name=x&cursor="+cursor, nil).Problem(422, "invalid-input")
		}
		if seen != 5 {
			t.Errorf("%d members on all pages, want 5", seen)
		}
		got = functiontest.JSON[page](admin("GET", "/v1/admin/audit?subject="+a.ID+"&actor="+first.ID, nil).Want(200))
		actions := []string{}
		for _, item := range got.Items {
			actions = append(actions, item.Action)
		}
		want := "GET /v1/admin/members GET /v1/admin/members POST /v1/admin/members/{id}/restore POST /v1/admin/members/{id}/suspend PUT /v1/admin/members/{id}/roles/{role}"
		if strings.Join(actions, " ") != want {
			t.Errorf("audit: %v", actions)
		}
		if got = functiontest.JSON[page](admin("GET", "/v1/admin/audit?size=1&to=2026-03-02T12:00:00%2B09:00", nil).Want(200)); len(got.Items) != 0 {
			t.Errorf("audit before the start: %+v", got)
		}
	})
}
