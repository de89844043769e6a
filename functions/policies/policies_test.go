package policies_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/functiontest"
)

type app struct {
	*functiontest.App
	admin functiontest.Account
}

func open(t *testing.T, options ...functiontest.Option) app {
	a := functiontest.New(t, policies.Function, append(options, functiontest.Beside(policies.Function, notices.Function))...)
	return app{a, a.Member(functiontest.Member{Name: "박관리", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})}
}

func each(t *testing.T, test func(t *testing.T, a app)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, functiontest.OnPostgres)) })
}

func (a app) send(method, path, match string, body any) functiontest.Response {
	r := functiontest.Request{Method: method, Path: path, As: a.admin.Token, Body: body, Header: map[string]string{}}
	if match != "" {
		r.Header["If-Match"] = match
	}
	return a.Do(r)
}

func (a app) set(match string, from *time.Time, values map[string]any) functiontest.Response {
	body := map[string]any{"values": values}
	if from != nil {
		body["from"] = from
	}
	return a.send("PUT", "/v1/admin/policies/site", match, body)
}

type state struct {
	ID, Label, Help string
	Items           []struct {
		Name, Kind     string
		Default, Value any
		From           *time.Time
		Unfit          bool
		Options        []struct{ Name, Label string }
		Ahead          []struct {
			From  time.Time
			Value any
		}
	}
	Version int64
}

func (s state) String() string {
	list := []string{}
	for _, i := range s.Items {
		list = append(list, fmt.Sprintf("%s=%v%v", i.Name, i.Value, i.Ahead))
	}
	return strings.Join(list, " ")
}

func TestPolicies(t *testing.T) {
	each(t, func(t *testing.T, a app) {
		a.send("GET", "/v1/admin/policies", "", nil).Want(200).Says(`"id":"site"`, `"label":"홈페이지 전체"`)
		r := a.send("GET", "/v1/admin/policies/site", "", nil).Want(200)
		first := functiontest.JSON[state](r)
		if got, want := first.String(), "readOnly=false[] off=[][] banner=[] bannerEn=[]"; got != want || first.Version != 1 || r.Header.Get("ETag") != `"v1"` {
			t.Errorf("%s, want %s; %s", got, want, r.Body)
		}
		if o := first.Items[1].Options; len(o) != 1 || o[0].Name != "notices" || o[0].Label != "공지" {
			t.Errorf("what can be switched off: %v", o)
		}

		a.set("", nil, map[string]any{"banner": "점검"}).Problem(428, "if-match-required")
		is := functiontest.JSON[state](a.set(`"v1"`, nil, map[string]any{"banner": " 오늘 밤 점검 ", "off": []string{"notices"}}).Want(200))
		if got, want := is.String(), "readOnly=false[] off=[notices][] banner=오늘 밤 점검[] bannerEn=[]"; got != want || is.Version != 2 || is.Items[2].From == nil {
			t.Errorf("%s, want %s", got, want)
		}
		a.set(`"v1"`, nil, map[string]any{"banner": "다른 것"}).Problem(412, "version-stale")

		later := a.Now().Add(36 * time.Hour)
		is = functiontest.JSON[state](a.set(`"v2"`, &later, map[string]any{"off": []string{}}).Want(200))
		if len(is.Items[1].Ahead) != 1 || !is.Items[1].Ahead[0].From.Equal(later) {
			t.Errorf("%s", is)
		}
		at := strings.ReplaceAll(later.Format(time.RFC3339Nano), "+", "%2B")
		a.send("DELETE", "/v1/admin/policies/site/off?from="+at, "", nil).Problem(428, "if-match-required")
		a.send("DELETE", "/v1/admin/policies/site/off?from="+at, `"v2"`, nil).Problem(412, "version-stale")
		a.send("DELETE", "/v1/admin/policies/site/banner?from="+at, `"v3"`, nil).Problem(404, "not-found")
		a.send("DELETE", "/v1/admin/policies/site/off?from=tomorrow", `"v3"`, nil).Problem(422, "invalid-input")
		a.send("DELETE", "/v1/admin/policies/site/off?from="+at, `"v3"`, nil).Want(204)
		is = functiontest.JSON[state](a.send("GET", "/v1/admin/policies/site", "", nil).Want(200))
		if got, want := is.String(), "readOnly=false[] off=[notices][] banner=오늘 밤 점검[] bannerEn=[]"; got != want || is.Version != 4 {
			t.Errorf("%s, want %s", got, want)
		}

		a.Wait(time.Hour)
		a.set("*", nil, map[string]any{"banner": ""}).Want(200)
		page := a.send("GET", "/v1/admin/policies/site/history?size=2", "", nil).Want(200).Says(`"name":"박관리"`)
		list := functiontest.JSON[struct {
			Items []struct {
				Name  string
				Value any
			}
			NextCursor string
		}](page)
		if len(list.Items) != 2 || list.Items[0].Name != "banner" || list.Items[0].Value != "" || list.Items[1].Value != "오늘 밤 점검" || list.NextCursor == "" {
			t.Errorf("%s", page.Body)
		}
		rest := a.send("GET", "/v1/admin/policies/site/history?size=2&cursor="+list.NextCursor, "", nil).Want(200)
		if !strings.Contains(string(rest.Body), `"name":"off"`) || strings.Contains(string(rest.Body), "nextCursor") {
			t.Errorf("%s", rest.Body)
		}
		for _, path := range []string{"/v1/admin/policies/moon", "/v1/admin/policies/moon/history"} {
			a.send("GET", path, "", nil).Problem(404, "not-found")
		}
		a.send("PUT", "/v1/admin/policies/moon", "*", map[string]any{"values": map[string]any{"x": 1}}).Problem(404, "not-found")
	})
}

func TestRefused(t *testing.T) {
	a := open(t)
	for body, want := range map[string]string{
		`{}`: "values:required", `{"values": {}}`: "values:required", `{"values": {"moon": 1}}`: "values.moon:unknown", `{"values": {"readOnly": "yes"}}`: "values.readOnly:malformed",
		`{"values": {"readOnly": null}}`: "values.readOnly:malformed", `{"values": {"off": ["policies"]}}`: "values.off[0]:unknown", `{"values": {"off": ["notices", "console"]}}`: "values.off[1]:unknown",
		`{"values": {"off": "notices"}}`: "values.off:malformed", `{"values": {"banner": "` + strings.Repeat("가", policy.BannerLimit+1) + `"}}`: "values.banner:too-long",
		`{"from": "2020-01-01T00:00:00Z", "values": {"readOnly": true}}`: "from:too-early",
		`{"from": "2999-01-01T00:00:00Z", "values": {"readOnly": true}}`: "from:too-late",
	} {
		r := a.send("PUT", "/v1/admin/policies/site", `"v1"`, body).Problem(422, "invalid-input")
		if !slices.ContainsFunc(r.Fields(), func(f string) bool { return strings.HasPrefix(f, want) }) {
			t.Errorf("%s: %v, want %s", body, r.Fields(), want)
		}
	}
	unit := a.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "총학"}}}).Token
	for _, as := range []string{"", a.Member(functiontest.Member{Verified: true}).Token, unit} {
		if r := a.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/site", As: as, Body: `{"values": {"readOnly": true}}`, Header: map[string]string{"If-Match": `"v1"`}}); r.Status != 401 && r.Status != 403 {
			t.Errorf("%d", r.Status)
		}
	}
}

// A value of another type is refused by its name, whatever it is, and nothing is written.
func TestTypes(t *testing.T) {
	a := open(t)
	for domain, names := range map[string]map[string][]string{
		"site": {
			"readOnly": {`0`, `1`, `"true"`, `[true]`, `{}`, `null`}, "off": {`"notices"`, `[["notices"]]`, `[1]`, `[null]`, `{"0":"notices"}`, `[""]`, `["Notices"]`, `null`},
			"banner": {`1`, `true`, `["a"]`, `{"ko":"a"}`, `null`, `"a\nb"`, `"a\u0000"`, `"\ud800"`}, "": {`1`}, "ReadOnly": {`true`}, "readOnly ": {`true`}, "__proto__": {`{}`},
		},
		"minutes": {"extendDays": {`7.5`, `"7"`, `[7]`, `{}`, `true`, `null`, `0`, `31`, `-1`, `1e300`, `9223372036854775808`, `7.0000001`}},
	} {
		for name, values := range names {
			for _, value := range values {
				key, err := json.Marshal(name)
				if err != nil {
					t.Fatal(err)
				}
				r := a.send("PUT", "/v1/admin/policies/"+domain, `"v1"`, `{"values": {`+string(key)+`: `+value+`}}`)
				if r.Status != 422 && r.Status != 400 || r.Code() != "invalid-input" && r.Code() != "malformed-json" {
					t.Errorf("%s %s: %s: %d %s", domain, name, value, r.Status, r.Body)
				}
			}
		}
	}
	a.send("PUT", "/v1/admin/policies/minutes", `"v1"`, `{"values": {"extendDays": 1.2e1}}`).Want(200).Says(`"value":12`) // a whole number however it is written
}

// No more changes are ahead than anybody looks at; what is replaced or taken back makes room.
func TestFiftyAhead(t *testing.T) {
	each(t, func(t *testing.T, a app) {
		at := func(n int) *time.Time {
			from := a.Now().Add(time.Duration(n) * time.Hour).Truncate(time.Second)
			return &from
		}
		for n := 1; n <= policy.Scheduled; n++ {
			a.set("*", at(n), map[string]any{"banner": fmt.Sprint("줄 ", n)}).Want(200)
		}
		a.set("*", at(policy.Scheduled+1), map[string]any{"banner": "너무 많은 줄"}).Problem(409, "too-many-changes")
		a.set("*", at(policy.Scheduled), map[string]any{"banner": "다른 줄"}).Want(200)
		a.set("*", nil, map[string]any{"banner": "지금"}).Want(200)
		a.send("DELETE", "/v1/admin/policies/site/banner?from="+at(3).UTC().Format(time.RFC3339Nano), "*", nil).Want(204)
		a.set("*", at(policy.Scheduled+1), map[string]any{"banner": "한 줄 더"}).Want(200)
		a.At(*at(2))
		if is := functiontest.JSON[state](a.send("GET", "/v1/admin/policies/site", "", nil).Want(200)); is.Items[2].Value != "줄 2" || len(is.Items[2].Ahead) != policy.Scheduled-2 {
			t.Errorf("%v, %d ahead", is.Items[2].Value, len(is.Items[2].Ahead))
		}
	})
}

// Of several admins who change one version the first wins, whatever they change.
func TestAtOnce(t *testing.T) {
	each(t, func(t *testing.T, a app) {
		statuses := make([]int, 8)
		var group sync.WaitGroup
		for i := range statuses {
			group.Go(func() {
				values := map[string]any{"banner": fmt.Sprint(i)}
				if i%2 == 0 {
					values = map[string]any{"readOnly": true}
				}
				statuses[i] = a.set(`"v1"`, nil, values).Status
			})
		}
		group.Wait()
		won := 0
		for _, status := range statuses {
			if status == 200 {
				won++
			} else if status != 412 {
				t.Errorf("%d", status)
			}
		}
		if won != 1 {
			t.Errorf("%d have won: %v", won, statuses)
		}
	})
}

// The console says what is in force, what it comes as, who set it, what begins later, and what no
// longer fits.
func TestDesk(t *testing.T) {
	a := open(t)
	page := func(path string) functiontest.Response {
		t.Helper()
		return a.send("GET", path, "", nil).Want(200)
	}
	page("/console/policies").Says(`href="/console/policies/site"`, "운영 기준")
	page("/console/policies/site").Says("아직 바꾼 것이 없습니다", "읽기만 하기: ", "꺼짐")
	page("/console/policies/site?change=readOnly").Says(`name="values.readOnly"`, `data-version="1"`, `data-action="/v1/admin/policies/site"`, "기본값은 꺼짐")
	page("/console/policies/site?change=off").Says(`value="notices"`, `data-type="choice"`)
	page("/en/console/policies/site?change=banner").Says(`maxlength="80"`)
	for _, path := range []string{"/console/policies/moon", "/console/policies/moon?change=off", "/console/policies/site?change=moon", "/console/policies/site?cursor=forged"} {
		a.send("GET", path, "", nil).Want(404)
	}

	later := time.Date(2026, 12, 3, 0, 0, 0, 0, a.Now().Location())
	a.set("*", nil, map[string]any{"banner": "<b>점검</b>"}).Want(200)
	a.set("*", &later, map[string]any{"readOnly": true}).Want(200)
	r := page("/console/policies/site").Says("&lt;b&gt;점검&lt;/b&gt;", "박관리 님이 정함", "2026. 12. 3.부터: 켜짐", `data-query="from"`).SaysNot("<b>점검")
	if got := r.Main(); !strings.Contains(got, "바뀐 기록") {
		t.Error(got)
	}

	// Another release has written what does not fit, and has a function that there no longer is.
	for name, value := range map[string]string{"readOnly": `"soon"`, "off": `["umbrellas", "notices"]`} {
		if _, err := a.DB.Exec(a.Context(), `INSERT INTO policies (domain, name, from_at, value, set_by, set_at) VALUES ('site', $1, 5, $2, NULL, 5)`, name, value); err != nil {
			t.Fatal(err)
		}
	}
	page("/console/policies/site").Says("지금 버전에는 맞지 않아 기본값을 씁니다", "umbrellas", "탈퇴한 회원이 정함")
	var is state
	if err := json.Unmarshal(a.send("GET", "/v1/admin/policies/site", "", nil).Want(200).Body, &is); err != nil || !is.Items[0].Unfit || is.Items[1].Unfit || fmt.Sprint(is.Items[1].Value) != "[notices]" {
		t.Errorf("%s %v", is, err)
	}
	a.Do(functiontest.Request{Method: "GET", Path: "/notices"}).Want(404) // and what is still there stays off
}
