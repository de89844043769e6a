package calendar_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/calendar"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/minutes"
	"github.com/madang-council/madang/functions/search"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
)

// room is a council with its calendar, and what shows it beside.
type room struct {
	*functiontest.App
	admin, editor, other string
}

func enter(t *testing.T, options ...functiontest.Option) room {
	app := functiontest.New(t, calendar.Function, append(options, functiontest.Beside(calendar.Function, home.Function, minutes.Function, search.Function))...)
	return room{App: app, admin: app.Admin(), editor: app.Holder(auth.Editor, "총학"), other: app.Holder(auth.Editor, "동연")}
}

func each(t *testing.T, f func(t *testing.T, r room)) {
	for engine, options := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) { f(t, enter(t, options...)) })
	}
}

func (r room) call(method, path, as string, body any) functiontest.Response {
	return r.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: map[string]string{"If-Match": "*"}})
}

func event(more map[string]any) map[string]any {
	body := map[string]any{"unit": "총학", "category": "총학생회", "title": "개강총회", "starts": "2026-03-05T18:00:00+09:00", "ends": "2026-03-05T20:00:00+09:00"}
	for name, value := range more {
		if body[name] = value; value == nil {
			delete(body, name)
		}
	}
	return body
}

type made struct {
	ID, Series, UID, Title, Starts, Ends, Path, Said, Kind string
	Version                                                int64
	Count                                                  int
	Cancelled, AllDay                                      bool
}

func (r room) add(more map[string]any) made {
	return functiontest.JSON[made](r.call("POST", "/v1/calendar", r.editor, event(more)).Want(201))
}

func (r room) between(from, to string) []made {
	return functiontest.JSON[struct{ Items []made }](r.call("GET", "/v1/calendar?from="+from+"&to="+to, "", nil).Want(200)).Items
}

func titles(list []made) string {
	names := []string{}
	for _, e := range list {
		names = append(names, strings.TrimSpace(e.Title+" "+e.Said))
	}
	return strings.Join(names, ", ")
}

// imports sends a file.
func (r room) imports(as, to, name, content string) functiontest.Response {
	return r.importsInto("총학", as, to, name, content)
}

func (r room) importsInto(unit, as, to, name, content string) functiontest.Response {
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	_ = form.WriteField("unit", unit) // a buffer takes everything
	_ = form.WriteField("category", "학사")
	w, _ := form.CreateFormFile("file", name)
	_, _ = w.Write([]byte(content))
	_ = form.Close()
	return r.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/calendar/imports" + to, As: as, Body: b.String(), Header: map[string]string{"Content-Type": form.FormDataContentType()}})
}

type counts struct{ New, Changed, Same, Deleted, Removed, Another int }

// What is refused is refused by its code.
func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		for name, c := range map[string]struct {
			body  map[string]any
			field string
		}{
			"no title":               {map[string]any{"title": " "}, "title:required"},
			"no such category":       {map[string]any{"category": "x"}, "category:not-one-of"},
			"no such unit":           {map[string]any{"unit": "x"}, "unit:not-one-of"},
			"no start":               {map[string]any{"starts": ""}, "starts:required"},
			"ends before":            {map[string]any{"ends": "2026-03-05T17:59:59+09:00"}, "ends:before-start"},
			"all day with times":     {map[string]any{"allDay": true, "ends": nil}, "starts:not-a-day"},
			"a day without all day":  {map[string]any{"starts": "2026-03-05", "ends": nil}, "starts:not-a-time"},
			"last day before first":  {map[string]any{"allDay": true, "starts": "2026-03-05", "ends": "2026-03-04"}, "ends:before-start"},
			"no such day":            {map[string]any{"allDay": true, "starts": "2026-02-30", "ends": nil}, "starts:not-a-day"},
			"longer than a year":     {map[string]any{"allDay": true, "starts": "2026-03-05", "ends": "2027-03-06"}, "ends:too-long"},
			"a link that is none":    {map[string]any{"url": "javascript:alert(1)"}, "url:not-a-link"},
			"a map that is none":     {map[string]any{"mapUrl": "data:text/html,x"}, "mapUrl:not-a-link"},
			"repeated without end":   {map[string]any{"repeat": map[string]any{"every": "week", "until": ""}}, "repeat.until:not-a-day"},
			"repeated every day":     {map[string]any{"repeat": map[string]any{"every": "day", "until": "2026-04-01"}}, "repeat.every:not-one-of"},
			"repeated 61 times":      {map[string]any{"repeat": map[string]any{"every": "week", "until": "2027-04-29"}}, "repeat.until:too-many"},
			"repeated up to before":  {map[string]any{"repeat": map[string]any{"every": "week", "until": "2026-03-04"}}, "repeat.until:before-start"},
			"a time that is no time": {map[string]any{"starts": "2026-03-05 18:00", "ends": nil}, "starts:not-a-time"},
		} {
			if got := r.call("POST", "/v1/calendar", r.editor, event(c.body)).Problem(422, "invalid-input").Fields(); !slices.Equal(got, []string{c.field}) {
				t.Errorf("%s: %v, want %s", name, got, c.field)
			}
		}
		for query, field := range map[string]string{
			"?from=2026-03-01": "to:not-a-day", "?to=2026-03-01": "from:not-a-day", "?from=2026-03-02&to=2026-03-01": "to:before-start", "?from=2026-01-01&to=2027-01-02": "to:too-long", "?from=2026-1-1&to=2026-02-30": "from:not-a-day to:not-a-day",
		} {
			if got := r.call("GET", "/v1/calendar"+query, "", nil).Problem(422, "invalid-input").Fields(); strings.Join(got, " ") != field {
				t.Errorf("%q: %v", query, got)
			}
		}
		r.call("GET", "/v1/calendar?from=2026-01-01&to=2027-01-01", "", nil).Want(200)
		r.call("GET", "/v1/calendar", "", nil).Want(200)
		r.call("POST", "/v1/calendar", r.other, event(nil)).Problem(403, "not-allowed")
		e := r.add(nil)
		r.call("PUT", "/v1/calendar/"+e.ID, r.other, event(nil)).Problem(403, "not-allowed")
		r.Do(functiontest.Request{Method: "PUT", Path: "/v1/calendar/" + e.ID, As: r.editor, Body: event(nil)}).Problem(428, "if-match-required")
		for i, status := range []int{200, 412} { // of two who read the same, the first wins
			if got := r.Do(functiontest.Request{Method: "PUT", Path: "/v1/calendar/" + e.ID, As: r.editor, Body: event(nil), Header: map[string]string{"If-Match": `"v1"`}}).Status; got != status {
				t.Errorf("edit %d: %d", i, got)
			}
		}
		for _, path := range []string{"/calendar?month=2026-13", "/calendar?month=202603", "/calendar?month=1944-12", "/calendar?month=2200-01", "/calendar?category=x", "/calendar?unit=x", "/calendar.ics?unit=x", "/calendar.ics?category=x", "/calendar/x", "/calendar/x/event.ics"} {
			if got := r.call("GET", path, "", nil).Status; got != 404 {
				t.Errorf("%s: %d", path, got)
			}
		}
	})
}

// An event is on its days, in the calendar, on the main page, found, and told to calendars; moved, cancelled and deleted it
// keeps its UID, and says what became of it.
func TestAnEvent(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		said := func(path string) string { t.Helper(); return string(r.call("GET", path, "", nil).Want(200).Body) }
		shows := func(path string, want bool, texts ...string) {
			t.Helper()
			got := said(path)
			for _, text := range texts {
				if strings.Contains(got, text) != want {
					t.Errorf("%s: %q is there: %v, want %v, in\n%s", path, text, !want, want, got)
				}
			}
		}
		shows("/calendar", true, "이번 달에는 일정이 없습니다.", "구글은 하루까지 늦을 수 있습니다", "webcal://")
		if got := said("/calendar.ics"); !strings.Contains(got, "BEGIN:VTIMEZONE") || strings.Contains(got, "VEVENT") {
			t.Error(got)
		}
		festival := r.add(map[string]any{"title": "대동제", "titleEn": "Festival", "allDay": true, "starts": "2026-03-11", "ends": "2026-03-13", "place": "잔디광장", "text": "첫째 줄\n둘째, 줄; 끝\\", "mapUrl": "https://map.example/1", "url": "/notices"})
		if festival.Starts != "2026-03-11" || festival.Ends != "2026-03-13" || festival.UID != festival.ID+"@madang.example.org" && !strings.HasPrefix(festival.UID, festival.ID+"@") {
			t.Errorf("%+v", festival)
		}
		for day, there := range map[string]bool{"2026-03-10": false, "2026-03-11": true, "2026-03-12": true, "2026-03-13": true, "2026-03-14": false} {
			if got := len(r.between(day, day)) == 1; got != there {
				t.Errorf("%s: %v", day, got)
			}
		}
		shows("/calendar", true, "대동제", "~13일", "마지막 날")
		shows("/en/calendar", true, "Festival", "last day", "March 2026")
		shows("/calendar/"+festival.ID, true, "2026년 3월 11일 (수)", "2026년 3월 13일 (금)", "잔디광장", "https://map.example/1", "둘째, 줄; 끝")
		shows("/", true, "다가오는 일정", "대동제", `href="/calendar"`)
		shows("/search?q=%EC%9E%94%EB%94%94%EA%B4%91%EC%9E%A5", true, "대동제")
		file := said("/calendar.ics")
		for _, line := range []string{"DTSTART;VALUE=DATE:20260311", "DTEND;VALUE=DATE:20260314", "SEQUENCE:0", "SUMMARY:대동제", "UID:" + festival.UID, `DESCRIPTION:첫째 줄\n둘째\, 줄\; 끝\\`, "STATUS:CONFIRMED", "REFRESH-INTERVAL;VALUE=DURATION:PT1H", "X-PUBLISHED-TTL:PT1H", "X-WR-TIMEZONE:Asia/Seoul", "CATEGORIES:총학생회"} {
			if !strings.Contains(unfold(file), line+"\r\n") {
				t.Errorf("no %s in\n%s", line, file)
			}
		}
		r.Wait(time.Hour)
		if again := said("/calendar.ics"); again != file {
			t.Errorf("nothing changed, and the bytes did:\n%s\n%s", file, again)
		}
		body := event(map[string]any{"title": "대동제", "starts": "2026-03-20T09:00:00+09:00", "ends": "2026-03-20T10:30:00+09:00"})
		r.call("PUT", "/v1/calendar/"+festival.ID, r.editor, body).Want(200)
		file = unfold(said("/calendar.ics"))
		for _, line := range []string{"DTSTART:20260320T000000Z", "DTEND:20260320T013000Z", "SEQUENCE:1", "UID:" + festival.UID, "LAST-MODIFIED:20260302T040000Z", "DTSTAMP:20260302T040000Z"} {
			if !strings.Contains(file, line+"\r\n") {
				t.Errorf("moved: no %s in\n%s", line, file)
			}
		}
		body["cancelled"] = true
		r.call("PUT", "/v1/calendar/"+festival.ID, r.editor, body).Want(200)
		shows("/calendar.ics", true, "STATUS:CANCELLED", "SEQUENCE:2", "SUMMARY:대동제")
		shows("/calendar", true, "취소", "대동제")
		shows("/", false, "대동제")
		r.call("DELETE", "/v1/calendar/"+festival.ID, r.editor, nil).Want(204)
		shows("/calendar", false, "대동제")
		shows("/search?q=%EB%8C%80%EB%8F%99%EC%A0%9C", false, "/calendar/"+festival.ID)
		shows("/calendar.ics", true, "STATUS:CANCELLED", "SEQUENCE:3", "UID:"+festival.UID[:20])
		shows("/calendar.ics", false, "대동제", "잔디광장") // it may have been deleted for what it said
		for path, want := range map[string]int{"/calendar/" + festival.ID: 410, "/v1/calendar/" + festival.ID: 404, "/calendar/" + festival.ID + "/event.ics": 404} {
			if got := r.call("GET", path, "", nil).Status; got != want {
				t.Errorf("%s: %d", path, got)
			}
		}
		r.call("POST", "/v1/admin/calendar/"+festival.ID+"/restore", r.editor, nil).Problem(403, "not-allowed")
		r.call("POST", "/v1/admin/calendar/"+festival.ID+"/restore", r.admin, nil).Want(200)
		shows("/calendar.ics", true, "SEQUENCE:4", "SUMMARY:대동제")
		r.call("DELETE", "/v1/calendar/"+festival.ID, r.editor, nil).Want(204)
		r.Wait(30*24*time.Hour + time.Minute)
		shows("/calendar.ics", false, festival.UID[:20])
	})
}

// unfold is a file with whole lines.
func unfold(file string) string { return strings.ReplaceAll(file, "\r\n ", "") }

// What others have a date for stands in the calendar, and is kept nowhere else.
func TestOthersDates(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		r.call("POST", "/v1/admin/minutes/bodies", r.admin, map[string]any{"slug": "steering", "name": "중앙운영위원회", "nameEn": "Steering Committee", "unit": "총학", "publishDays": 7, "numbered": true}).Want(201)
		held := time.Date(2026, 3, 10, 19, 0, 0, 0, clock.Seoul)
		meeting := map[string]any{"body": "steering", "round": 3, "kind": "regular", "heldAt": held, "items": []map[string]any{{"title": "예산안", "kind": "motion"}}}
		id := functiontest.JSON[made](r.call("POST", "/v1/minutes", r.admin, meeting).Want(201)).ID
		if got := r.between("2026-03-01", "2026-03-31"); len(got) != 0 {
			t.Errorf("a draft: %v", titles(got))
		}
		r.call("POST", "/v1/minutes/"+id+"/publish", r.admin, map[string]any{"step": "announced"}).Want(200)
		r.add(nil)
		if got := titles(r.between("2026-03-01", "2026-03-31")); got != "개강총회, 제3차 중앙운영위원회" {
			t.Error(got)
		}
		file := func(query string) string {
			return unfold(string(r.call("GET", "/calendar.ics"+query, "", nil).Want(200).Body))
		}
		before := file("")
		if uid := "UID:minute-" + id + "-meeting-1@"; !strings.Contains(before, uid) || !strings.Contains(before, "DTSTART:20260310T100000Z") || strings.Contains(file("?category=%ED%95%99%EC%82%AC"), uid) || !strings.Contains(file("?category=minute"), uid) || strings.Contains(file("?category=minute"), "개강총회") {
			t.Error(before)
		}
		r.Wait(time.Hour)
		meeting["heldAt"], meeting["reason"] = held.Add(24*time.Hour), "장소"
		r.call("PUT", "/v1/minutes/"+id, r.admin, meeting).Want(200)
		after := file("")
		if !strings.Contains(after, "UID:minute-"+id+"-meeting-1@") || !strings.Contains(after, "DTSTART:20260311T100000Z") || !strings.Contains(after, "LAST-MODIFIED:20260302T040000Z") {
			t.Errorf("moved:\n%s", after)
		}
		page := string(r.call("GET", "/calendar?category=minute", "", nil).Want(200).Body)
		if !strings.Contains(page, "제3차 중앙운영위원회") || strings.Contains(page, "개강총회") {
			t.Error(page)
		}
		r.call("DELETE", "/v1/minutes/"+id, r.admin, nil).Want(204)
		if got := titles(r.between("2026-03-01", "2026-03-31")); got != "개강총회" {
			t.Error(got)
		}
	})
}

// A series is as many events; a change is of one of them, or of it and what is later.
func TestSeries(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		weekly := r.add(map[string]any{"title": "상담", "repeat": map[string]any{"every": "week", "until": "2026-04-02"}})
		if weekly.Count != 5 || weekly.Series == "" {
			t.Fatalf("%+v", weekly)
		}
		list := r.between("2026-03-01", "2026-04-30")
		days := func() string {
			said := []string{}
			for _, e := range r.between("2026-03-01", "2026-04-30") {
				said = append(said, e.Title+" "+e.Starts[5:16])
			}
			return strings.Join(said, ", ")
		}
		if got := days(); got != "상담 03-05T18:00, 상담 03-12T18:00, 상담 03-19T18:00, 상담 03-26T18:00, 상담 04-02T18:00" {
			t.Error(got)
		}
		r.call("PUT", "/v1/calendar/"+list[1].ID, r.editor, event(map[string]any{"title": "특강", "starts": "2026-03-12T18:00:00+09:00", "ends": nil, "reach": "one"})).Want(200)
		r.call("PUT", "/v1/calendar/"+list[2].ID, r.editor, event(map[string]any{"title": "면담", "starts": "2026-03-20T17:30:00+09:00", "ends": "2026-03-20T18:00:00+09:00", "reach": "later"})).Want(200)
		if got := days(); got != "상담 03-05T18:00, 특강 03-12T18:00, 면담 03-20T17:30, 면담 03-27T17:30, 면담 04-03T17:30" {
			t.Error(got)
		}
		r.call("PUT", "/v1/calendar/"+list[2].ID, r.editor, event(map[string]any{"starts": "9999-12-20T17:30:00+09:00", "ends": nil, "reach": "later"})).Problem(422, "invalid-input")
		r.call("DELETE", "/v1/calendar/"+list[3].ID+"?reach=later", r.editor, nil).Want(204)
		if got := days(); got != "상담 03-05T18:00, 특강 03-12T18:00, 면담 03-20T17:30" {
			t.Error(got)
		}
		monthly := r.add(map[string]any{"title": "월말", "allDay": true, "starts": "2026-01-31", "ends": nil, "repeat": map[string]any{"every": "month", "until": "2026-06-30"}})
		if monthly.Count != 3 { // January, March, May
			t.Errorf("%+v", monthly)
		}
	})
}

const school = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//School//KO\r\nX-WR-CALNAME:학사일정\r\n" +
	"BEGIN:VEVENT\r\nUID:term@school.ac.kr\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260302\r\nSUMMARY:개강\r\nORGANIZER;CN=\"김비밀\":mailto:secret@school.ac.kr\r\nATTENDEE:mailto:secret@school.ac.kr\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:exam@school.ac.kr\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;VALUE=DATE:20260420\r\nDTEND;VALUE=DATE:20260425\r\nSUMMARY:중간고사\r\nCATEGORIES:공휴일\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:talk@school.ac.kr\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Asia/Seoul:20260303T160000\r\nDURATION:PT1H30M\r\nRRULE:FREQ=WEEKLY;COUNT=4\r\nEXDATE;TZID=Asia/Seoul:20260310T160000\r\nSUMMARY:특강\r\nLOCATION:대강당\r\nEND:VEVENT\r\n" +
	"BEGIN:VEVENT\r\nUID:talk@school.ac.kr\r\nRECURRENCE-ID;TZID=Asia/Seoul:20260317T160000\r\nDTSTAMP:20260101T000000Z\r\nDTSTART;TZID=Asia/Seoul:20260318T160000\r\nDURATION:PT1H\r\nSUMMARY:특강(옮김)\r\nEND:VEVENT\r\n" +
	"END:VCALENDAR\r\n"

// No unit keeps another from importing: what two take of one calendar is there once, of the first, and is skipped by the second; the same
// line of two tables, as two assemblies at one hour, is an event of each.
func TestTwoUnitsImport(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		table := "제목,시작\n개강총회,2026-03-06 18:00\n"
		for n, row := range []struct {
			unit, as, name, content string
			want                    counts
		}{
			{"동연", r.other, "학사.ics", school, counts{New: 5}},
			{"총학", r.editor, "학사.ics", school, counts{Another: 5}},
			{"총학", r.editor, "더.ics", strings.Replace(school, "term@", "other@", 1), counts{New: 1, Another: 4}},
			{"동연", r.other, "학사.ics", school, counts{Same: 5}},
			{"동연", r.other, "표.csv", table, counts{New: 1}},
			{"총학", r.editor, "표.csv", table, counts{New: 1}},
			{"동연", r.other, "표.csv", table, counts{Same: 1}},
			{"총학", r.editor, "표.csv", table + "축제,2026-05-20\n", counts{New: 1, Same: 1}},
		} {
			preview := functiontest.JSON[counts](r.importsInto(row.unit, row.as, "/preview", row.name, row.content).Want(200))
			if got := functiontest.JSON[counts](r.importsInto(row.unit, row.as, "", row.name, row.content).Want(200)); got != row.want || preview != row.want {
				t.Errorf("%d: %+v, looked at %+v, want %+v", n, got, preview, row.want)
			}
		}
		if n := r.count(`SELECT COUNT(*) FROM calendar_events WHERE title = '개강총회'`); n != 2 {
			t.Errorf("%d assemblies", n)
		}
		r.importsInto("총학", r.editor, "/preview", "학사.ics", school).Want(200).Says(`"deed":"another"`, `"unit":"동연"`)
	})
}

// A school's file is imported twice without doubles; what it moves moves, what it has no more goes, and what somebody
// deleted stays deleted.
func TestImport(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		preview := r.imports(r.editor, "/preview", "학사.ics", school).Want(200)
		preview.Says(`"new":5`, `"wrong":[]`)
		if got := r.between("2026-03-01", "2026-04-30"); len(got) != 0 || slices.Contains(r.Audited(), "POST /v1/admin/calendar/imports/preview") {
			t.Errorf("looking made %s", titles(got))
		}
		want := func(content string, n counts) {
			t.Helper()
			if got := functiontest.JSON[counts](r.imports(r.editor, "", "학사.ics", content).Want(200)); got != n {
				t.Errorf("%+v, want %+v", got, n)
			}
		}
		all := func() string {
			said := []string{}
			for _, e := range r.between("2026-03-01", "2026-04-30") {
				said = append(said, e.Title+" "+e.Starts[5:min(16, len(e.Starts))])
			}
			return strings.Join(said, ", ")
		}
		want(school, counts{New: 5})
		first := all()
		if first != "개강 03-02, 특강 03-03T16:00, 특강(옮김) 03-18T16:00, 특강 03-24T16:00, 중간고사 04-20" {
			t.Error(first)
		}
		ids := r.between("2026-03-01", "2026-04-30")
		want(school, counts{Same: 5})
		if got := r.between("2026-03-01", "2026-04-30"); all() != first || got[0].Version != 1 || got[0].ID != ids[0].ID {
			t.Errorf("again: %s", all())
		}
		if n := r.count(`SELECT COUNT(*) FROM calendar_events WHERE title || text || place || uid || url LIKE '%비밀%' OR title || text || place || uid || url LIKE '%secret%'`); n != 0 {
			t.Error("who takes part is kept")
		}
		moved := strings.Replace(strings.Replace(school, "20260302", "20260303", 1), "COUNT=4", "COUNT=2;BYDAY=WE", 1)
		moved = strings.Replace(moved, "EXDATE;TZID=Asia/Seoul:20260310T160000\r\n", "", 1)
		want(moved, counts{New: 2, Changed: 1, Same: 2, Removed: 2}) // two of the series stand on Wednesdays now
		if got := all(); got != "개강 03-03, 특강 03-04T16:00, 특강 03-11T16:00, 특강(옮김) 03-18T16:00, 중간고사 04-20" {
			t.Error(got)
		}
		if got := r.between("2026-03-01", "2026-04-30")[0]; got.ID != ids[0].ID || got.Version != 2 {
			t.Errorf("%+v", got)
		}
		want(school, counts{Changed: 3, Same: 2, Removed: 2}) // what the file had no more comes back with it
		r.call("DELETE", "/v1/calendar/"+ids[0].ID, r.editor, nil).Want(204)
		want(school, counts{Same: 4, Deleted: 1})
		r.imports(r.other, "", "학사.ics", school).Problem(403, "not-allowed")
		mine := strings.Replace(school, "term@school.ac.kr", r.add(map[string]any{"unit": "총학"}).UID, 1)
		foreign := functiontest.JSON[made](r.call("POST", "/v1/calendar", r.other, event(map[string]any{"unit": "동연"})).Want(201))
		before := string(r.call("GET", "/v1/calendar/"+foreign.ID, r.other, nil).Want(200).Body)
		want(strings.Replace(school, "term@school.ac.kr", foreign.UID, 1), counts{Same: 4, Another: 1}) // one that another unit has keeps nothing else out
		if after := string(r.call("GET", "/v1/calendar/"+foreign.ID, r.other, nil).Want(200).Body); after != before {
			t.Errorf("%s became %s", before, after)
		}
		want(mine, counts{Changed: 1, Same: 4})

		table := "제목,시작,끝,장소,분류,비고\n봄 축제,2026-05-20,2026-05-22,잔디광장,총학생회,x\n개강총회,2026. 3. 6. 18:00,2026-03-06 20:00,301호,,\n"
		if got := functiontest.JSON[counts](r.imports(r.editor, "", "일정.csv", "\ufeff"+table).Want(200)); got != (counts{New: 2}) {
			t.Errorf("%+v", got)
		}
		if got := functiontest.JSON[counts](r.imports(r.editor, "", "일정.csv", strings.Replace(table, "301호", "302호", 1)).Want(200)); got != (counts{Changed: 1, Same: 1}) {
			t.Errorf("%+v", got)
		}
	})
}

// A broken file is refused whole, with its lines.
func TestImportIsWhole(t *testing.T) {
	r := enter(t)
	bad := strings.NewReplacer(
		"DTSTART;VALUE=DATE:20260302", "DTSTART;VALUE=DATE:20260230",
		"DTEND;VALUE=DATE:20260425", "DTEND;VALUE=DATE:20260401",
		"RRULE:FREQ=WEEKLY;COUNT=4", "RRULE:FREQ=OFTEN",
		"DTSTART;TZID=Asia/Seoul:20260318T160000", "DTSTART;TZID=Mars/Olympus:20260318T160000",
	).Replace(school)
	for name, c := range map[string]struct {
		file, content string
		want          []string
	}{
		"four of four": {"a.ics", bad, []string{"file:8:dtstart:malformed", "file:17:dtend:before-start", "file:26:rrule:malformed", "file:35:dtstart:unknown-zone"}},
		"cut off":      {"a.ics", school[:len(school)-40], []string{"file:31:file:unfinished"}},
		"no calendar":  {"a.ics", "<!doctype html><title>로그인</title>", []string{"file:1:file:no-calendar"}},
		"a picture":    {"a.ics", "\x89PNG\r\n\x1a\n\xff\xfe\x00\x80", []string{"file:1:file:not-a-text"}},
		"nothing":      {"a.ics", "BEGIN:VCALENDAR\nEND:VCALENDAR\n", []string{"file:1:file:empty"}},
		"twice":        {"a.ics", strings.Replace(school, "exam@", "term@", 1), []string{"file:14:uid:repeated"}},
		"no uid":       {"a.ics", strings.Replace(school, "UID:term@school.ac.kr\r\n", "", 1), []string{"file:5:uid:required"}},
		"hourly":       {"a.ics", strings.Replace(school, "FREQ=WEEKLY", "FREQ=HOURLY", 1), []string{"file:26:rrule:unsupported"}},
		"without end":  {"a.ics", strings.Replace(school, "FREQ=WEEKLY;COUNT=4", "FREQ=DAILY", 1), []string{"file:21:file:too-many"}},
		"no title":     {"a.ics", strings.Replace(school, "SUMMARY:개강", "SUMMARY:", 1), []string{"file:9:title:required"}},
		"table":        {"a.csv", "제목,시작\n가,2026-02-30\n,2026-03-01\n다,2026-03-01\n", []string{"file:2:starts:not-a-time", "file:3:title:required"}},
		"no columns":   {"a.csv", "가,나\n1,2\n", []string{"file:1:file:columns-missing"}},
	} {
		if got := r.imports(r.editor, "", c.file, c.content).Problem(422, "invalid-input").Fields(); !slices.Equal(got, c.want) {
			t.Errorf("%s: %q, want %q", name, got, c.want)
		}
	}
	if n := r.count(`SELECT COUNT(*) FROM calendar_events`); n != 0 || len(r.Events.Types()) != 0 {
		t.Errorf("%d events are kept, %v", n, r.Events.Types())
	}
	r.imports(r.editor, "", "a.ics", strings.Repeat("x", 1<<20+1)).Problem(413, "body-too-large")
	many := "BEGIN:VCALENDAR\n"
	for i := range 501 {
		many += fmt.Sprintf("BEGIN:VEVENT\nUID:%d\nDTSTART:20260302T000000Z\nSUMMARY:a\nEND:VEVENT\n", i)
	}
	if got := r.imports(r.editor, "", "a.ics", many+"END:VCALENDAR\n").Problem(422, "invalid-input").Fields(); len(got) != 1 || !strings.HasSuffix(got[0], "file:too-many") {
		t.Error(got)
	}
}

func (r room) count(query string) int64 {
	return countOf(r.App, query)
}
