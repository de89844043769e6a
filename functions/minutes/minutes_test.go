package minutes_test

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/minutes"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

// room is the function with two bodies and somebody of each role.
type room struct {
	*functiontest.App
	t                        *testing.T
	editor, moderator, admin string // of 총학
	other                    string // an editor of 감사
	boss                     string // an admin of the whole council
}

func enter(t *testing.T, options ...functiontest.Option) room {
	t.Helper()
	app := functiontest.New(t, minutes.Function, options...)
	r := room{
		App: app, t: t, editor: app.Holder(auth.Editor, "총학"), moderator: app.Holder(auth.Moderator, "총학"), admin: app.Holder(auth.Admin, "총학"), other: app.Holder(auth.Editor, "감사"), boss: app.Admin(),
	}
	r.do("POST", "/v1/admin/minutes/bodies", r.boss, map[string]any{"slug": "steering", "name": "중앙운영위원회", "nameEn": "Steering Committee", "unit": "총학", "numbered": true, "perYear": true}, "").Want(201)
	r.do("POST", "/v1/admin/minutes/bodies", r.boss, map[string]any{"slug": "bureau", "name": "중앙집행위원회", "unit": "총학", "publishDays": 3, "names": true}, "").Want(201)
	return r
}

func (r room) do(method, path, as string, body any, version string) functiontest.Response {
	r.t.Helper()
	q := functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: map[string]string{}}
	if version != "" {
		q.Header["If-Match"] = version
	}
	return r.Do(q)
}

// got is what the API says of minutes.
type got struct {
	ID, State, Title, TitleEn, Text string
	Version                         int64
	Round, Year                     int64
	Items                           []struct {
		Title, Decision, Text string
		Parts                 []struct {
			HTML, Withheld string
			Lines          int
		}
	}
	Due struct {
		At, FirstAt    time.Time
		Standing, Word string
		Days           int
	}
	Corrections []struct{ Reason string }
	Attachments []struct{ ID string }
	Errors      []struct{ Field, Code, Message string }
}

// meeting is what a secretary writes of one that was held some time after now; of one to come, its agenda.
func (r room) meeting(round int, after time.Duration) map[string]any {
	if after > 0 {
		return map[string]any{
			"body": "steering", "round": round, "kind": "regular", "heldAt": r.Now().Add(after), "place": "학생회관 301호", "chair": "의장", "enrolled": 18,
			"items": []any{map[string]any{"title": "셔틀버스 증편 요구안", "kind": "motion", "text": "속기 **하나**"}, map[string]any{"title": "축제 예비비", "kind": "motion", "text": "속기 둘"}}, "text": "그 밖의 속기",
		}
	}
	return map[string]any{
		"body": "steering", "round": round, "kind": "regular", "heldAt": r.Now().Add(after), "place": "학생회관 301호", "chair": "의장", "enrolled": 18, "present": 15,
		"items": []any{
			map[string]any{"title": "셔틀버스 증편 요구안", "kind": "motion", "decision": "passed", "yes": 12, "no": 2, "abstain": 1, "text": "속기 **하나**"},
			map[string]any{"title": "축제 예비비", "kind": "motion", "decision": "rejected", "yes": 3, "no": 12, "text": "속기 둘"},
		},
		"text": "그 밖의 속기",
	}
}

func (r room) begin(m map[string]any) got {
	r.t.Helper()
	return functiontest.JSON[got](r.do("POST", "/v1/minutes", r.editor, m, "").Want(201))
}

func (r room) publish(id, step string) got {
	r.t.Helper()
	return functiontest.JSON[got](r.do("POST", "/v1/minutes/"+id+"/publish", r.editor, map[string]any{"step": step}, "*").Want(200))
}

func (r room) read(id, as string) got {
	r.t.Helper()
	return functiontest.JSON[got](r.do("GET", "/v1/minutes/"+id, as, nil, "").Want(200))
}

func (r room) page(path, as string) string {
	r.t.Helper()
	return string(r.do("GET", path, as, nil, "").Want(200).Body)
}

func (r room) says(path, text string, want bool) {
	r.t.Helper()
	if got := strings.Contains(r.page(path, ""), text); got != want {
		r.t.Errorf("%s says %q: %v, want %v", path, text, got, want)
	}
}

const day = 24 * time.Hour

// The decisions are out the same night and the text on the sixth day: in time. Another comes on the
// ninth: late, for ever.
func TestPunctuality(t *testing.T) {
	r := enter(t)
	a, b := r.begin(r.meeting(1, -time.Hour)), r.begin(r.meeting(2, -time.Hour))
	for _, m := range []got{a, b} {
		r.do("GET", "/minutes/"+m.ID, "", nil, "").Want(404)
		if m = r.publish(m.ID, "decisions"); m.State != "decisions" {
			t.Errorf("%+v", m)
		}
		page := "/minutes/" + m.ID
		r.says(page, "가결", true)
		r.says(page, "찬성 12", true)
		r.says(page, "속기", false)
		r.says(page, "올라옵니다", true)
	}
	r.says("/minutes", "올해", false) // nothing was due
	r.Wait(6 * day)
	r.publish(a.ID, "full")
	r.says("/minutes/"+a.ID, "기한 안에 공개", true)
	r.says("/minutes/"+a.ID, "속기 <strong>하나</strong>", true)
	r.says("/minutes/"+b.ID, "D-1", true)
	r.says("/minutes", "올해 1건 중 1건을 기한 안에 공개", true)
	r.Wait(day)
	r.says("/minutes/"+b.ID, "오늘까지", true)
	r.Wait(2 * day)
	r.says("/minutes/"+b.ID, "지연 2일", true)
	r.says("/minutes", "올해 2건 중 1건을 기한 안에 공개", true)
	r.publish(b.ID, "full")
	r.Wait(20 * day)
	r.says("/minutes/"+b.ID, "지연 2일", true)
	r.says("/en/minutes/"+b.ID, "2 days late", true)
	r.says("/minutes/"+a.ID, "기한 안에 공개", true)
	r.says("/minutes", "올해 2건 중 1건을 기한 안에 공개", true)
	r.says("/en/minutes", "1 of 2 this year published in time", true)
}

// What is refused, with its code.
func TestRefused(t *testing.T) {
	r := enter(t)
	with := func(change map[string]any) map[string]any {
		m := r.meeting(7, -time.Hour)
		for k, v := range change {
			if v == nil {
				delete(m, k)
				continue
			}
			m[k] = v
		}
		return m
	}
	motion := func(change map[string]any) []any {
		i := map[string]any{"title": "안건", "kind": "motion"}
		for k, v := range change {
			i[k] = v
		}
		return []any{i}
	}
	for name, c := range map[string]struct {
		body        map[string]any
		field, code string
	}{
		"no such day":           {with(map[string]any{"heldAt": "2023-02-31T18:00:00+09:00"}), "heldAt", "wrong-type"},
		"no day":                {with(map[string]any{"heldAt": nil}), "heldAt", "required"},
		"too many votes":        {with(map[string]any{"items": motion(map[string]any{"yes": 10, "no": 5, "abstain": 1})}), "items[0].yes", "more-votes-than-present"},
		"huge votes":            {with(map[string]any{"items": motion(map[string]any{"yes": int64(1) << 62, "no": int64(1) << 62})}), "items[0].yes", "out-of-range"},
		"more than there are":   {with(map[string]any{"present": 19}), "present", "more-present-than-enrolled"},
		"unanimous and counted": {with(map[string]any{"items": motion(map[string]any{"yes": 10, "unanimous": true})}), "items[0].unanimous", "unanimous-with-votes"},
		"no round":              {with(map[string]any{"round": nil}), "round", "required"},
		"no such body":          {with(map[string]any{"body": "none"}), "body", "unknown"},
		"no such kind":          {with(map[string]any{"kind": "secret"}), "kind", "not-one-of"},
		"no such decision":      {with(map[string]any{"items": motion(map[string]any{"decision": "maybe"})}), "items[0].decision", "not-one-of"},
		"names":                 {with(map[string]any{"attendees": "김마당"}), "attendees", "names-not-allowed"},
		"a link":                {with(map[string]any{"items": motion(map[string]any{"refs": []string{"javascript:1"}})}), "items[0].refs[0]", "not-a-link"},
		"no reason":             {with(map[string]any{"text": "[비공개: ]\n글"}), "text", "withheld-reason"},
		"a slip":                {with(map[string]any{"text": "[비공개] 글"}), "text", "withheld-malformed"},
		"a wide slip":           {with(map[string]any{"text": "글 ［비 공개 글"}), "text", "withheld-malformed"},
		"an end alone":          {with(map[string]any{"text": "글\n[비공개 끝]"}), "text", "withheld-malformed"},
		"in itself":             {with(map[string]any{"text": "[비공개: 하나]\n글\n[비공개: 둘]\n글"}), "text", "withheld-malformed"},
		"nothing":               {with(map[string]any{"text": "[비공개: 하나]\n\n[비공개 끝]"}), "text", "withheld-empty"},
		"in a title":            {with(map[string]any{"items": motion(map[string]any{"title": "［비공개: 징계］ 김마당 징계안"})}), "items[0].title", "withheld-elsewhere"},
		"in a place":            {with(map[string]any{"place": "[비 공개: 안전] 학생회관"}), "place", "withheld-elsewhere"},
		"in a chair":            {with(map[string]any{"chair": "[비공개] 이솔"}), "chair", "withheld-elsewhere"},
		"of another":            {with(map[string]any{"text": "[비공개 봉인 1: 하나 (4줄)]"}), "text", "withheld-unknown"},
		"an attachment":         {with(map[string]any{"attachments": []string{"01890000-0000-7000-8000-000000000001"}}), "attachments", "upload-unknown"},
	} {
		answer := r.do("POST", "/v1/minutes", r.editor, c.body, "")
		answer.Problem(422, "invalid-input")
		found := false
		for _, e := range functiontest.JSON[got](answer).Errors {
			found = found || e.Field == c.field && e.Code == c.code
		}
		if !found {
			t.Errorf("%s: want %s %s: %s", name, c.field, c.code, answer.Body)
		}
	}
	r.do("POST", "/v1/minutes", r.other, with(nil), "").Problem(403, "not-allowed")

	first := r.begin(with(nil))
	again := r.do("POST", "/v1/minutes", r.editor, with(nil), "")
	again.Problem(409, "round-taken")
	if !strings.Contains(string(again.Body), first.ID) {
		t.Errorf("it does not say whose the round is: %s", again.Body)
	}
	second := r.begin(with(map[string]any{"round": 8}))
	r.do("PUT", "/v1/minutes/"+second.ID, r.editor, with(nil), `"v1"`).Problem(409, "round-taken")
	r.do("PUT", "/v1/minutes/"+second.ID, r.editor, with(map[string]any{"body": "bureau", "round": 8}), `"v1"`).Problem(422, "invalid-input")
	r.do("PUT", "/v1/minutes/"+second.ID, r.editor, with(map[string]any{"round": 8}), "").Problem(428, "if-match-required")

	ahead := r.begin(r.meeting(9, time.Hour))
	for _, step := range []string{"decisions", "full"} {
		r.do("POST", "/v1/minutes/"+ahead.ID+"/publish", r.editor, map[string]any{"step": step}, "*").Problem(409, "not-held-yet")
	}
	r.do("POST", "/v1/minutes/"+ahead.ID+"/publish", r.editor, map[string]any{"step": "draft"}, "*").Problem(422, "invalid-input")
	r.publish(ahead.ID, "announced")
	r.Wait(2 * time.Hour)
	r.publish(ahead.ID, "full")
	for _, step := range []string{"announced", "decisions", "full"} {
		r.do("POST", "/v1/minutes/"+ahead.ID+"/publish", r.editor, map[string]any{"step": step}, "*").Problem(409, "step-backwards")
	}
	r.do("DELETE", "/v1/minutes/"+ahead.ID, r.editor, nil, "*").Problem(409, "published-stays")
	r.do("DELETE", "/v1/minutes/"+ahead.ID, r.admin, nil, "*").Want(204)
	r.do("GET", "/minutes/"+ahead.ID, "", nil, "").Want(410)
	r.do("POST", "/v1/admin/minutes/"+ahead.ID+"/restore", r.admin, nil, "*").Want(200)
	r.says("/minutes/"+ahead.ID, "속기", true)
	r.do("GET", "/v1/minutes?state=secret", "", nil, "").Problem(422, "invalid-input")
	r.do("POST", "/v1/admin/minutes/bodies", r.admin, map[string]any{"slug": "x", "name": "엑스", "unit": "총학"}, "").Problem(403, "not-allowed")
	r.do("POST", "/v1/admin/minutes/bodies", r.boss, map[string]any{"slug": "steering", "name": "둘", "unit": "총학"}, "").Problem(409, "slug-taken")
	r.do("POST", "/v1/admin/minutes/bodies", r.boss, map[string]any{"slug": "X y", "name": "둘", "unit": "총학", "publishDays": 61}, "").Problem(422, "invalid-input")
}

// A count is corrected with a reason, which stands under 정정; what is saved by itself never changes
// what readers see.
func TestCorrection(t *testing.T) {
	r := enter(t)
	m := r.begin(r.meeting(1, -time.Hour))
	path := "/v1/minutes/" + m.ID
	edited := func(change map[string]any) map[string]any {
		c := r.meeting(1, 0)
		c["heldAt"] = r.Now().Add(-time.Hour)
		for k, v := range change {
			c[k] = v
		}
		return c
	}
	r.do("PUT", path, r.editor, edited(map[string]any{"present": 16, "draft": true}), `"v1"`).Want(200)
	r.publish(m.ID, "decisions")
	r.do("PUT", path, r.editor, edited(map[string]any{"present": 16, "text": "이어 쓴다", "draft": true}), "*").Want(200)
	r.do("PUT", path, r.editor, edited(map[string]any{"present": 17, "draft": true}), "*").Problem(409, "readers-would-see")
	r.do("PUT", path, r.editor, edited(map[string]any{"present": 17}), "*").Problem(422, "invalid-input")
	before := r.read(m.ID, "")
	r.do("PUT", path, r.editor, edited(map[string]any{"present": 17, "reason": "출석 인원을 잘못 셌습니다"}), "*").Want(200)
	if after := r.read(m.ID, ""); len(after.Corrections) != 1 || after.Corrections[0].Reason != "출석 인원을 잘못 셌습니다" || after.Version == before.Version {
		t.Errorf("%+v", after)
	}
	r.says("/minutes/"+m.ID, "정정", true)
	r.says("/minutes/"+m.ID, "출석 인원을 잘못 셌습니다", true)
	old := r.do("PUT", path, r.editor, edited(nil), `"v1"`)
	old.Problem(412, "version-stale")

	list := functiontest.JSON[struct{ Items []struct{ Number int64 } }](r.do("GET", path+"/revisions", r.editor, nil, "").Want(200))
	if len(list.Items) != 4 {
		t.Errorf("%+v", list)
	}
	diff := string(r.do("GET", path+"/revisions/1/diff/"+itoa(list.Items[0].Number), r.editor, nil, "").Want(200).Body)
	if !strings.Contains(diff, "출석: 15") || !strings.Contains(diff, "출석: 17") {
		t.Error(diff)
	}
	r.do("POST", path+"/revisions/1/restore", r.editor, map[string]any{}, "*").Problem(422, "invalid-input")
	r.do("POST", path+"/revisions/1/restore", r.editor, map[string]any{"reason": "처음이 맞습니다"}, "*").Want(200)
	if page := r.page("/console/minutes/"+m.ID+"/revisions?from=1&to="+itoa(list.Items[0].Number), r.editor); !strings.Contains(page, "<del>") {
		t.Error("the console shows no difference")
	}
}

// A personal matter is withheld: readers see four lines and why, its admin reads it, and nothing
// else has it anywhere.
func TestWithheld(t *testing.T) {
	r := enter(t)
	m := r.meeting(1, -time.Hour)
	m["text"] = "앞선 말\n비밀스러운 이야기 반쪽"
	made := r.begin(m)
	path := "/v1/minutes/" + made.ID
	m["text"] = "앞선 말\n\n[비공개 ： 개인 신상]\n비밀스러운 이야기 하나\n둘\n\n셋\n넷\n[비공개끝]\n\n뒤의 말"
	saved := functiontest.JSON[got](r.do("PUT", path, r.editor, m, "*").Want(200))
	if want := "앞선 말\n\n[비공개 봉인 1: 개인 신상 (4줄)]\n\n뒤의 말"; saved.Text != want {
		t.Fatalf("%q, want %q", saved.Text, want)
	}
	m["text"] = saved.Text + "\n덧붙임"
	r.do("PUT", path, r.editor, m, "*").Want(200)
	r.publish(made.ID, "full")
	r.says("/minutes/"+made.ID, "4줄", true)
	r.says("/en/minutes/"+made.ID, "4 lines", true)
	r.says("/minutes/"+made.ID, "개인 신상", true)
	r.says("/minutes/"+made.ID, "덧붙임", true)
	r.do("GET", path+"/withheld", r.editor, nil, "").Problem(403, "not-allowed")
	r.do("GET", "/console/minutes/"+made.ID+"/withheld", r.editor, nil, "").Want(403)
	if open := string(r.do("GET", path+"/withheld", r.admin, nil, "").Want(200).Body); !strings.Contains(open, "비밀스러운 이야기 하나") {
		t.Error(open)
	}
	if page := r.page("/console/minutes/"+made.ID+"/withheld", r.admin); !strings.Contains(page, "비밀스러운 이야기 하나") {
		t.Error("an admin does not see what is withheld")
	}
	r.nowhere("비밀스러운")
	for _, path := range []string{"/v1/minutes/" + made.ID, path + "/revisions/1", path + "/revisions/2", path + "/revisions/1/diff/2", "/console/minutes/" + made.ID, "/console/minutes/" + made.ID + "/revisions?from=1&to=2", "/minutes/" + made.ID} {
		if page := r.page(path, r.editor); strings.Contains(page, "비밀스러운") {
			t.Errorf("%s has what is withheld", path)
		}
	}
	r.do("POST", path+"/revisions/1/restore", r.editor, map[string]any{"reason": "x"}, "*").Problem(409, "revision-stripped")
}

// nowhere fails where a table has a text, but for what was sealed.
func (r room) nowhere(text string) {
	r.t.Helper()
	ctx := r.Context()
	tables, err := database.All(ctx, r.DB, database.Value[string], `SELECT name FROM sqlite_master WHERE type = 'table'`)
	if err != nil || len(tables) < 20 {
		r.t.Fatal(tables, err)
	}
	for _, table := range tables {
		columns, err := database.All(ctx, r.DB, database.Value[string], `SELECT name FROM pragma_table_info($1)`, table)
		if err != nil {
			r.t.Fatal(err)
		}
		for _, column := range columns {
			n, err := database.One(ctx, r.DB, database.Value[int64], `SELECT COUNT(*) FROM "`+table+`" WHERE CAST("`+column+`" AS TEXT) LIKE $1`, "%"+text+"%")
			if err != nil {
				r.t.Fatal(err)
			}
			if n > 0 {
				r.t.Errorf("%s.%s has %q", table, column, text)
			}
		}
	}
	letters, err := database.One(ctx, r.DB, database.Value[int64], `SELECT COUNT(*) FROM thing_letters WHERE letter = $1 AND nexts LIKE $2`, text[:3], "%"+text[3:6]+"%")
	if err != nil || letters > 0 {
		r.t.Errorf("search has letters of %q: %d, %v", text, letters, err)
	}
}

// A moderator extends a deadline once, with a reason; the first one stays in sight.
func TestExtension(t *testing.T) {
	r := enter(t)
	m := r.begin(r.meeting(1, -time.Hour))
	path := "/v1/minutes/" + m.ID + "/extend"
	more := map[string]any{"days": 3, "reason": "속기록 검토"}
	r.do("POST", path, r.editor, more, "*").Problem(403, "not-allowed")
	r.do("POST", path, r.moderator, more, "*").Want(200)
	r.publish(m.ID, "decisions")
	r.do("POST", path, r.moderator, more, "*").Problem(409, "already-extended")
	r.says("/minutes/"+m.ID, "속기록 검토", true)
	r.says("/minutes/"+m.ID, "처음 기한", true)
	if is := r.read(m.ID, ""); !is.Due.At.Equal(is.Due.FirstAt.Add(3*day)) || is.Due.Days != 10 {
		t.Errorf("%+v", is.Due)
	}
	other := r.begin(r.meeting(2, -time.Hour))
	r.publish(other.ID, "decisions")
	r.do("POST", path[:len("/v1/minutes/")]+other.ID+"/extend", r.moderator, map[string]any{"days": 8, "reason": "길게"}, "*").Problem(422, "invalid-input")
	r.Wait(8 * day)
	r.do("POST", path[:len("/v1/minutes/")]+other.ID+"/extend", r.moderator, more, "*").Problem(409, "deadline-passed")
}

// Who came to a meeting and what it decided is written once it has begun: until then the API refuses it, and the desk has no boxes for it.
func TestResultsComeWithTheMeeting(t *testing.T) {
	r := enter(t)
	item := func(more map[string]any) map[string]any {
		m := r.meeting(1, time.Hour)
		one := map[string]any{"title": "셔틀버스 증편 요구안", "kind": "motion"}
		maps.Copy(one, more)
		m["items"] = []any{one}
		return m
	}
	with := func(name string, value any) map[string]any {
		m := r.meeting(1, time.Hour)
		m[name] = value
		return m
	}
	ahead := r.begin(r.meeting(1, time.Hour))
	path := "/console/minutes/" + ahead.ID
	early := map[string]map[string]any{
		"present": with("present", 15), "items[0].decision": item(map[string]any{"decision": "passed"}), "items[0].yes": item(map[string]any{"yes": 1}),
		"items[0].no": item(map[string]any{"no": 1}), "items[0].abstain": item(map[string]any{"abstain": 1}), "items[0].unanimous": item(map[string]any{"unanimous": true}),
	}
	for field, m := range early {
		for _, write := range []struct{ method, path string }{{"PUT", "/v1/minutes/" + ahead.ID}, {"POST", "/v1/minutes"}} {
			refused := r.do(write.method, write.path, r.editor, m, "*")
			refused.Problem(422, "invalid-input")
			if said := functiontest.JSON[got](refused).Errors; len(said) != 1 || said[0].Field != field || said[0].Code != "not-held-yet" {
				t.Errorf("%s %s: %+v", write.method, field, said)
			}
		}
	}
	if page := r.page(path, r.editor); !strings.Contains(page, `class="editor ahead" data-begins="`) || !strings.Contains(page, "회의가 시작하면 쓸 수 있습니다.") {
		t.Error("the desk has boxes for what there is not yet")
	}
	r.Wait(time.Hour)
	if page := r.page(path, r.editor); strings.Contains(page, "editor ahead") {
		t.Error("the desk has no boxes for what a meeting decides")
	}
	for _, m := range early {
		m["heldAt"] = r.Now()
		r.do("PUT", "/v1/minutes/"+ahead.ID, r.editor, m, "*").Want(200)
	}
	m := r.meeting(1, 0)
	m["heldAt"] = r.Now().Add(time.Hour) // put off
	r.do("PUT", "/v1/minutes/"+ahead.ID, r.editor, m, "*").Problem(422, "invalid-input")
}

// The day of a meeting that has begun and that readers know moves no deadline: what is late stays so.
func TestDeadlineStands(t *testing.T) {
	r := enter(t)
	ahead := r.begin(r.meeting(1, 48*time.Hour))
	m := r.meeting(1, 72*time.Hour)
	moved := functiontest.JSON[got](r.do("PUT", "/v1/minutes/"+ahead.ID, r.editor, m, "*").Want(200))
	if !moved.Due.At.Equal(ahead.Due.At.Add(day)) {
		t.Error("a draft's deadline follows its day")
	}
	r.publish(ahead.ID, "announced")
	m["heldAt"] = r.Now().Add(96 * time.Hour)
	if moved = functiontest.JSON[got](r.do("PUT", "/v1/minutes/"+ahead.ID, r.editor, m, "*").Want(200)); !moved.Due.At.Equal(ahead.Due.At.Add(2 * day)) {
		t.Error("a meeting that is put off has its days from then on")
	}
	r.Wait(20 * day)
	m["heldAt"], m["reason"] = r.Now().Add(-time.Hour), "날짜를 고침"
	if late := functiontest.JSON[got](r.do("PUT", "/v1/minutes/"+ahead.ID, r.editor, m, "*").Want(200)); late.Due.Standing != "overdue" || !late.Due.At.Equal(moved.Due.At) {
		t.Errorf("%+v", late.Due)
	}
}

// Who pastes minutes sees the items before anything is saved.
func TestPaste(t *testing.T) {
	r := enter(t)
	m := r.begin(r.meeting(1, -time.Hour))
	text := "개회\r\n안건 1. 예산안\r\n논의했다\r\n\r\n\u00a0안건\u00a0２．\u3000회칙 개정\r\n안건이 많다"
	found := functiontest.JSON[got](r.do("POST", "/v1/admin/minutes/paste", r.editor, map[string]any{"text": text}, "").Want(200))
	if len(found.Items) != 2 || found.Items[0].Title != "예산안" || found.Items[0].Text != "논의했다" || found.Items[1].Title != "회칙 개정" || found.Items[1].Text != "안건이 많다" {
		t.Errorf("%+v", found.Items)
	}
	form := url.Values{"version": {"1"}, "body": {"steering"}, "round": {"1"}, "kind": {"regular"}, "copied": {text}, "itemTitle": {"먼저 쓴 것", ""}, "itemKind": {"motion", "motion"}, "itemText": {"", ""}}
	page := string(r.send("/console/minutes/"+m.ID+"/paste", form).Want(200).Body)
	for _, want := range []string{"안건 2건을 찾았습니다", `value="먼저 쓴 것"`, `value="예산안"`, `value="회칙 개정"`, ">논의했다<", "개회"} {
		if !strings.Contains(page, want) {
			t.Errorf("the preview lacks %q", want)
		}
	}
	if r.read(m.ID, r.editor).Version != 1 {
		t.Error("a preview was saved")
	}
}

// Items change places without scripts, wherever one between them was emptied, and nothing is saved by it.
func TestItemsMove(t *testing.T) {
	r := enter(t)
	m := r.begin(r.meeting(1, -time.Hour))
	for move, want := range map[string][]string{
		"up-2": {"셋", "하나"}, "down-0": {"셋", "하나"}, "up-0": {"하나", "셋"}, "down-2": {"하나", "셋"}, "down-3": {"하나", "셋"}, "up-9": {"하나", "셋"}, "up--1": {"하나", "셋"}, "away-1": {"하나", "셋"}, "": {"하나", "셋"},
	} {
		form := url.Values{"version": {"1"}, "body": {"steering"}, "round": {"1"}, "kind": {"regular"}, "move": {move}, "itemTitle": {"하나", "", "셋", ""}, "itemKind": {"report", "motion", "motion", "motion"}, "itemText": {"글 하나", "", "글 셋", ""}}
		page := string(r.send("/console/minutes/"+m.ID+"/paste", form).Want(200).Body)
		for _, box := range []string{`value="%s"`, ">글 %s<"} {
			first, second := strings.Index(page, fmt.Sprintf(box, want[0])), strings.Index(page, fmt.Sprintf(box, want[1]))
			if first < 0 || second < first || strings.Count(page, fmt.Sprintf(box, want[0])) != 1 {
				t.Errorf("%q: %s is at %d, %s at %d", move, want[0], first, want[1], second)
			}
		}
	}
	if r.read(m.ID, r.editor).Version != 1 {
		t.Error("an item that moves is saved")
	}
}

// A meeting keeps its number, or has none, however its body counts meetings later.
func TestNumbersStay(t *testing.T) {
	r := enter(t)
	numbered := r.begin(r.meeting(1, -time.Hour))
	free := r.begin(map[string]any{"body": "bureau", "kind": "regular", "heldAt": r.Now().Add(-time.Hour)})
	for slug, rule := range map[string]map[string]any{"steering": {"numbered": false, "perYear": false}, "bureau": {"numbered": true, "perYear": true}} {
		rule["name"], rule["unit"], rule["names"] = slug, "총학", true
		r.do("PUT", "/v1/admin/minutes/bodies/"+slug, r.boss, rule, "*").Want(200)
	}
	again := r.meeting(1, -time.Hour)
	again["place"] = "다른 곳"
	r.do("PUT", "/v1/minutes/"+numbered.ID, r.editor, again, "*").Want(200)
	r.do("PUT", "/v1/minutes/"+free.ID, r.editor, map[string]any{"body": "bureau", "kind": "regular", "heldAt": r.Now().Add(-time.Hour), "place": "다른 곳"}, "*").Want(200)
	for _, was := range []got{numbered, free} {
		if is := r.read(was.ID, r.editor); is.Round != was.Round {
			t.Errorf("round %d became %d: %s", was.Round, is.Round, is.Title)
		}
	}
}

// send sends a form of the console as the editor.
func (r room) send(path string, form url.Values) functiontest.Response {
	r.t.Helper()
	return r.Do(functiontest.Request{Method: "POST", Path: path, As: r.editor, Body: form.Encode(), Header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}})
}

// The form works without scripts: begun, filled in, saved, published; of two who save at once the
// second sees both texts, and what was refused stays in the boxes.
func TestForm(t *testing.T) {
	r := enter(t)
	day := r.Now().In(clock.Seoul).Add(-time.Hour)
	r.send("/console/minutes/new", url.Values{"body": {"steering"}, "kind": {"regular"}, "heldAt": {day.Format("2006-01-02T15:04")}}).Want(422)
	made := r.send("/console/minutes/new", url.Values{"body": {"steering"}, "round": {"3"}, "kind": {"regular"}, "heldAt": {day.Format("2006-01-02T15:04")}}).Want(303)
	path := made.Header.Get("Location")
	if taken := r.send("/console/minutes/new", url.Values{"body": {"steering"}, "round": {"3"}, "kind": {"regular"}, "heldAt": {day.Format("2006-01-02T15:04")}}); taken.Status != 409 || !strings.Contains(string(taken.Body), "이미 있습니다") {
		t.Errorf("%d %s", taken.Status, taken.Body)
	}
	id := strings.TrimPrefix(path, "/console/minutes/")
	form := func(version string, change url.Values) url.Values {
		f := url.Values{
			"version": {version}, "body": {"steering"}, "round": {"3"}, "kind": {"regular"}, "heldAt": {day.Format("2006-01-02T15:04")}, "enrolled": {"18"}, "present": {"15"},
			"itemTitle": {"셔틀버스", "", "예비비"}, "itemKind": {"motion", "motion", "motion"}, "itemDecision": {"passed", "", "rejected"}, "itemYes": {"15", "", "2"}, "itemNo": {"0", "", "13"},
			"itemAbstain": {"", "", ""}, "itemVote": {"", "", ""}, "itemText": {"속기", "", ""}, "itemRefs": {"/rules/council\r\nhttps://example.com/", "", ""},
		}
		for k, v := range change {
			f[k] = v
		}
		return f
	}
	r.send(path, form("1", nil)).Want(303)
	is := r.read(id, r.editor)
	if is.Version != 2 || len(is.Items) != 2 || is.Items[1].Title != "예비비" || is.Items[1].Decision != "rejected" {
		t.Fatalf("%+v", is)
	}
	second := r.send(path, form("1", url.Values{"place": {"다른 곳"}, "text": {"[비공개: 사유]\n숨긴 말"}}))
	if page := string(second.Want(412).Body); !strings.Contains(page, `id="compared"`) || !strings.Contains(page, "다른 곳") || !strings.Contains(page, `name="version" value="2"`) || !strings.Contains(page, "그사이 내가 다른 창이나 기기에서 이 회의록을 고쳤습니다. 왼쪽이") ||
		strings.Contains(page[strings.Index(page, `id="compared"`):strings.Index(page, `id="recover"`)], "숨긴 말") {
		t.Error("the second does not see both texts")
	}
	wrong := string(r.send(path, form("2", url.Values{"itemYes": {"15", "", "열"}, "place": {"그대로"}})).Want(422).Body)
	if !strings.Contains(wrong, `value="그대로"`) || !strings.Contains(wrong, `href="#field-item-1-yes"`) || !strings.Contains(wrong, `value="열"`) {
		t.Error("what was refused is not in the boxes, or the box is not named")
	}
	drafted := string(r.send(path+"/draft", form("2", url.Values{"place": {"301호"}})).Want(200).Body)
	if !strings.Contains(drafted, `data-version="3"`) {
		t.Error(drafted)
	}
	if to := r.send(path+"/publish", form("3", url.Values{"step": {"decisions"}})).Want(303).Header.Get("Location"); !strings.Contains(r.page(to, r.editor), "의결사항을 공개했습니다.") {
		t.Errorf("%s does not say that it is published", to)
	}
	r.says("/minutes/"+id, "부결", true)
	r.says("/minutes/"+id, "속기", false)
	r.send(path+"/draft", form("5", url.Values{"itemTitle": {"셔틀버스 증편", "", "예비비"}})).Want(409)
	r.send(path+"/draft", form("5", url.Values{"itemText": {"속기 이어 씀", "", ""}})).Want(200)
	r.send(path+"/publish", form("6", url.Values{"step": {"full"}, "itemText": {"속기 끝", "", ""}})).Want(303)
	page := r.page("/minutes/"+id, "")
	for n, title := range []string{"셔틀버스", "예비비"} {
		if strings.Count(page, `id="item-`+itoa(int64(n+1))+`"`) != 1 || !strings.Contains(page, title) {
			t.Errorf("%s is not on the page exactly once", title)
		}
	}
	if !strings.Contains(page, "속기 끝") || !strings.Contains(page, `href="/rules/council"`) {
		t.Error("the full page lacks its text or a link")
	}
	for _, path := range []string{"/console/minutes", "/console/minutes?state=full&body=steering", "/console/minutes/new", "/console/minutes/" + id, "/en/console/minutes/" + id} {
		r.page(path, r.editor)
	}
	r.page("/console/minutes/bodies", r.boss)
	r.page("/console/minutes?state=deleted", r.admin)
}

func itoa(n int64) string { return strconv.FormatInt(n, 10) }

// Of many who begin or move minutes to one round at once, one wins, on either engine.
func TestOneRound(t *testing.T) {
	for engine, option := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) {
			r := enter(t, option...)
			race := func(name string, want int, do func(n int) int) {
				t.Helper()
				statuses := make([]int, 8)
				var group sync.WaitGroup
				for i := range statuses {
					group.Go(func() { statuses[i] = do(i) })
				}
				group.Wait()
				won := 0
				for _, s := range statuses {
					if s == want {
						won++
					} else if s != 409 {
						t.Errorf("%s: %d", name, s)
					}
				}
				if won != 1 {
					t.Errorf("%s: %d have won: %v", name, won, statuses)
				}
			}
			m := r.meeting(1, -time.Hour)
			race("begin", 201, func(int) int {
				return r.Do(functiontest.Request{Method: "POST", Path: "/v1/minutes", As: r.editor, Body: m}).Status
			})
			others := []got{}
			for n := range 8 {
				others = append(others, r.begin(r.meeting(10+n, -time.Hour)))
			}
			m = r.meeting(2, -time.Hour)
			race("move", 200, func(n int) int {
				return r.Do(functiontest.Request{Method: "PUT", Path: "/v1/minutes/" + others[n].ID, As: r.editor, Body: m, Header: map[string]string{"If-Match": `"v1"`}}).Status
			})
		})
	}
}

// A body's name is that of its minutes everywhere; what meetings began with stays.
func TestBodies(t *testing.T) {
	r := enter(t)
	m := r.begin(r.meeting(1, -time.Hour))
	r.publish(m.ID, "decisions")
	r.says("/en/minutes/"+m.ID, "Steering Committee, meeting 1", true)
	r.do("PUT", "/v1/admin/minutes/bodies/steering", r.boss, map[string]any{"name": "운영위원회", "unit": "총학", "numbered": true, "perYear": true, "publishDays": 14}, `"v1"`).Want(200)
	r.do("PUT", "/v1/admin/minutes/bodies/steering", r.boss, map[string]any{"name": "운영위원회", "unit": "총학"}, `"v1"`).Problem(412, "version-stale")
	r.do("PUT", "/v1/admin/minutes/bodies/none", r.boss, map[string]any{"name": "운영위원회", "unit": "총학"}, "*").Problem(404, "not-found")
	r.says("/minutes/"+m.ID, "제1차 운영위원회", true)
	if is := r.read(m.ID, ""); !is.Due.At.Equal(m.Due.At) || is.TitleEn != "" {
		t.Errorf("%+v", is)
	}
	if b := string(r.do("GET", "/v1/minutes/bodies", "", nil, "").Want(200).Body); !strings.Contains(b, "운영위원회") || !strings.Contains(b, `"publishDays":14`) {
		t.Error(b)
	}
	bureau := r.begin(map[string]any{"body": "bureau", "kind": "extraordinary", "heldAt": r.Now().Add(-time.Hour), "attendees": "김마당, 이소리"})
	other := r.begin(map[string]any{"body": "bureau", "kind": "regular", "heldAt": r.Now().Add(-time.Hour), "round": 5})
	if bureau.Round != 0 || other.Round != 0 || !strings.Contains(bureau.Title, "임시회의") {
		t.Errorf("%+v %+v", bureau, other)
	}
}

// Secretaries who save what they read at once: one wins, the others are told what they did not see, and lose nothing that
// was kept. A step that several publish at once is published once.
func TestSecretariesAtOnce(t *testing.T) {
	for engine, option := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) {
			r := enter(t, option...)
			secretaries := []string{r.editor, r.Holder(auth.Editor, "총학"), r.Holder(auth.Editor, "총학"), r.admin}
			id := r.begin(r.meeting(1, -time.Hour)).ID
			at := func(do func(n int) functiontest.Response, refused ...string) (won int) {
				t.Helper()
				answers := make([]functiontest.Response, len(secretaries))
				var group sync.WaitGroup
				for i := range answers {
					group.Go(func() { answers[i] = do(i) })
				}
				group.Wait()
				won = -1
				for i, a := range answers {
					switch {
					case a.Status == 200 && won < 0:
						won = i
					case a.Status == 200:
						t.Errorf("%d and %d have won", won, i)
					case !slices.Contains(refused, functiontest.JSON[struct{ Code string }](a).Code):
						t.Errorf("%d %s", a.Status, a.Body)
					}
				}
				if won < 0 {
					t.Fatal("nobody has won")
				}
				return won
			}
			for version, draft := range []bool{true, false, true} {
				won := at(func(n int) functiontest.Response {
					m := r.meeting(1, -time.Hour)
					m["text"], m["draft"] = fmt.Sprintf("%d번째 서기가 %d번째로 적음", n, version), draft
					return r.Do(functiontest.Request{Method: "PUT", Path: "/v1/minutes/" + id, As: secretaries[n], Body: m, Header: map[string]string{"If-Match": fmt.Sprintf(`"v%d"`, version+1)}})
				}, "version-stale")
				if is := r.read(id, r.editor); is.Version != int64(version+2) || is.Text != fmt.Sprintf("%d번째 서기가 %d번째로 적음", won, version) {
					t.Errorf("%d has won: %+v", won, is)
				}
			}
			at(func(n int) functiontest.Response {
				return r.Do(functiontest.Request{Method: "POST", Path: "/v1/minutes/" + id + "/publish", As: secretaries[n], Body: map[string]any{"step": "full"}, Header: map[string]string{"If-Match": "*"}})
			}, "step-backwards", "version-stale")
			r.says("/minutes/"+id, "2번째로 적음", true)
		})
	}
}

// A month shows the meetings of its weeks that readers see, as the list is narrowed, and what they decided.
func TestMonth(t *testing.T) {
	r := enter(t)
	r.publish(r.begin(r.meeting(1, -time.Hour)).ID, "decisions")
	r.publish(r.begin(r.meeting(2, 70*day)).ID, "announced")
	r.begin(r.meeting(3, -2*time.Hour)) // a draft
	present, later := r.Now().In(clock.Seoul).Format("2006-01"), r.Now().Add(70*day).In(clock.Seoul).Format("2006-01")
	for _, c := range []struct {
		query, text string
		want        bool
	}{
		{"month=" + present, "제1차", true}, {"month=" + present, "의결 2건", true}, {"month=" + present, "제2차", false}, {"month=" + present, "제3차", false},
		{"month=" + present + "&body=bureau", "제1차", false}, {"month=" + present + "&body=bureau", "이 달에는 회의가 없어요", true}, {"month=" + present + "&state=full", "제1차", false},
		{"month=" + later, "제2차", true}, {"month=" + later, "제1차", false}, {"month=2001-02", "이 달에는 회의가 없어요", true},
	} {
		r.says("/minutes?"+c.query, c.text, c.want)
	}
	r.says("/minutes", "달력으로 보기", true)
	for text, want := range map[string]bool{"제1차": true, "제3차": true, "제2차": false} {
		if got := strings.Contains(r.page("/console/minutes?month="+present, r.editor), text); got != want {
			t.Errorf("the editor's month says %q: %v", text, got)
		}
	}
	if got := r.page("/console/minutes?month="+later, r.editor); !strings.Contains(got, "D-70") || strings.Contains(r.page("/console/minutes?month="+later, r.other), "제2차") {
		t.Error("the month of the console")
	}
	for _, wrong := range []string{"2026-13", "2026", "1944-12", "2200-01", "2026-1", "x"} {
		r.do("GET", "/minutes?month="+wrong, "", nil, "").Want(404)
	}
}

// An address of the site that is pasted whole is kept as a path of it, and leads back from there.
func TestOwnAddresses(t *testing.T) {
	r := enter(t)
	from := r.Now()
	amendment := thing.Thing{
		Ref: thing.Ref{Kind: "amendment", ID: "a"}, Unit: "총학", Path: "/rules/hoechik/compare?from=1&to=2", Title: "회칙 제1차 개정", Tags: []string{}, At: from, From: &from, Readers: thing.Guests, Version: 1,
		Also: []string{"/rules/hoechik/versions/2", "/rules/hoechik/compare?to=2"},
	}
	if err := (thing.Store{DB: r.DB}).Put(r.Context(), amendment); err != nil {
		t.Fatal(err)
	}
	for n, address := range []string{"/rules/hoechik/versions/2", "https://council.madang.ac.kr/rules/hoechik/versions/2?utm_source=x", "https://council.madang.ac.kr/en/rules/hoechik/compare?from=0&to=2#c1"} {
		m := r.meeting(n+1, -time.Hour)
		m["items"] = []any{map[string]any{"title": "회칙 개정", "kind": "motion", "decision": "passed", "refs": []string{address}}}
		m["publish"] = "full"
		id := r.begin(m).ID
		r.says("/minutes/"+id, "회칙 제1차 개정", true)
		r.says("/v1/minutes/"+id, "https://council.madang.ac.kr", false)
	}
}
