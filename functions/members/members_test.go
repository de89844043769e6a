package members_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/members"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
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
		{"POST", nobody + "/verification", admin, `{}`, "", 404, "not-found", ""},
		{"DELETE", nobody + "/second-factor", admin, ``, "", 404, "not-found", ""},
		{"PUT", "/v1/admin/roster", local, "1,가", "", 403, "not-allowed", ""},
		{"PUT", "/v1/admin/roster", admin, "1,가\n1,나\n3\n,라\n\"", "", 422, "invalid-input", "line 2:repeated line 3:fields line 4:blank line 5:malformed"},
		{"PUT", "/v1/admin/roster", admin, "1,\xb1\xe8", "", 422, "invalid-input", "line 1:not-utf8"},
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
		me("PUT", "/v1/members/me/consents", `{"policyVersion":"2026-03-01","privacy":true,"marketing":true}`).Want(200)
		app.Wait(time.Second)
		r = me("PUT", "/v1/members/me/consents", `{"policyVersion":"2026-03-01","privacy":true,"marketing":false}`).Want(200)
		want = `{"policyVersion":"2026-03-01","current":true,"items":[{"kind":"marketing","version":"2026-03-01","given":false,"at":"2026-03-02T12:00:02+09:00"},{"kind":"privacy","version":"2026-03-01","given":true,"at":"2026-03-02T12:00:01+09:00"}]}` + "\n"
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
		for _, part := range []string{"lee@example.com", `"kind":"marketing"`, `"device":"test"`, `"action":"GET /v1/admin/members/{id}"`,
			`{"name":"증빙 7.pdf","purpose":"proof","size":7,"createdAt":"1970-01-01T09:00:00.001+09:00","completedAt":"1970-01-01T09:00:00.001+09:00"}`} {
			if !strings.Contains(body, part) {
				t.Errorf("the export lacks %s: %s", part, body)
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

func TestVerifyByRoster(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		admin := caller(app, app.Admin())
		r := admin("PUT", "/v1/admin/roster", "\ufeff학번,이름,메일\n2026-0001,김 마당,kim@madang.ac.kr\n20260002,이강산\n", "Content-Type", "text/csv").Want(200)
		if string(r.Body) != `{"students":2}`+"\n" {
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
		admin("POST", "/v1/admin/members/"+by.ID+"/verification", `{"studentNumber":"20260002"}`).Want(204)
		admin("POST", "/v1/admin/members/"+by.ID+"/verification", `{}`).Problem(409, "already-verified")
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

func TestLeaving(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		hash, err := password.NewHasher(1).Hash(t.Context(), secretWord)
		if err != nil {
			t.Fatal(err)
		}
		a := app.Member(functiontest.Member{Email: "kim@example.com", Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}})
		if _, err := app.DB.Exec(app.Context(), `UPDATE members SET password = $1 WHERE id = $2`, hash, a.ID); err != nil {
			t.Fatal(err)
		}
		me, guest := caller(app, a.Token), caller(app, "")
		back := map[string]string{"email": "kim@example.com", "password": secretWord}
		me("DELETE", "/v1/members/me", `{"password":"wrong"}`).Problem(403, "password-wrong")
		r := me("DELETE", "/v1/members/me", map[string]string{"password": secretWord}).Want(200)
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

func TestRoles(t *testing.T) {
	each(t, func(t *testing.T, app *functiontest.App) {
		first := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
		local := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "학과"}}})
		a := app.Member(functiontest.Member{Name: "김_편집", Email: "edit@example.com"})
		admin, sub, me := caller(app, first.Token), caller(app, local.Token), caller(app, a.Token)
		path := "/v1/admin/members/" + a.ID
		me("GET", "/v1/admin/audit", nil).Problem(403, "not-allowed")
		sub("PUT", path+"/roles/editor", `{"unit":"학과"}`).Want(200)
		admin("PUT", path+"/roles/admin", `{"unit":"","until":"2026-03-03T00:00:00+09:00"}`).Want(200)
		me("GET", "/v1/admin/audit", nil).Want(200)
		for method, p := range map[string]string{"DELETE": "/roles/admin", "POST": "/suspend"} {
			admin(method, "/v1/admin/members/"+first.ID+p, nil).Problem(409, "last-admin")
		}
		admin("PUT", "/v1/admin/members/"+first.ID+"/roles/admin", `{"unit":"","until":"2027-01-01T00:00:00Z"}`).Problem(409, "last-admin")
		app.At(time.Date(2026, 3, 3, 0, 0, 0, 0, functiontest.Start.Location()).Add(-time.Millisecond))
		me("GET", "/v1/admin/audit", nil).Want(200)
		app.Wait(time.Millisecond) // midnight in Seoul
		me("GET", "/v1/admin/audit", nil).Problem(403, "not-allowed")
		sub("DELETE", path+"/roles/editor?unit="+"%ED%95%99%EA%B3%BC", nil).Want(204)
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
		if seen != 3 {
			t.Errorf("%d members on all pages, want 3", seen)
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
