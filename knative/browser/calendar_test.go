package browser

import (
	"bytes"
	"encoding/json"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/clock"
)

// told is an event as a program reads it.
type told struct {
	UID, Summary, Place, Text, Category, Starts, Ends, Status, Modified string
	Sequence                                                            int
}

// libical compiles a reader of Debian's libical.
func libical(t *testing.T) string {
	t.Helper()
	compiler := needed(t, "cc", "Debian: gcc, libc6-dev")
	needed(t, "/usr/include/libical/ical.h", "Debian: libical-dev")
	reader := filepath.Join(t.TempDir(), "calendar")
	if out, err := exec.CommandContext(t.Context(), compiler, "-o", reader, "testdata/calendar.c", "-lical").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return reader
}

// byLibical is what libical reads of a file.
func byLibical(t *testing.T, reader, file string) []told {
	t.Helper()
	path := filepath.Join(t.TempDir(), "calendar.ics")
	if err := os.WriteFile(path, []byte(file), 0o600); err != nil {
		t.Fatal(err)
	}
	out, err := exec.CommandContext(t.Context(), reader, path).Output()
	if err != nil {
		t.Fatalf("libical does not read it: %v\n%s", err, file)
	}
	list := []told{}
	for block := range strings.SplitSeq(strings.TrimSuffix(string(out), "\n\n"), "\n\n") {
		fields := map[string]string{}
		for line := range strings.SplitSeq(block, "\n") {
			name, value, _ := strings.Cut(line, " ")
			fields[name] = strings.NewReplacer(`\n`, "\n", `\\`, `\`).Replace(value)
		}
		if fields["uid"] == "" {
			continue
		}
		sequence, err := strconv.Atoi(fields["sequence"])
		if err != nil {
			t.Fatalf("%v: %s", err, block)
		}
		list = append(list, told{fields["uid"], fields["summary"], fields["place"], fields["text"], fields["category"], fields["starts"], fields["ends"], fields["status"], fields["modified"], sequence})
	}
	return list
}

// write changes something by the API, as the admin.
func (h *localHost) write(method, path, session string, body any, status int) string {
	h.t.Helper()
	raw := []byte{}
	if body != nil {
		var err error
		if raw, err = json.Marshal(body); err != nil {
			h.t.Fatal(err)
		}
	}
	r, err := http.NewRequestWithContext(h.t.Context(), method, h.address+path, bytes.NewReader(raw))
	if err != nil {
		h.t.Fatal(err)
	}
	_, token, _ := strings.Cut(session, "=")
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("If-Match", "*")
	if body != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	response, err := client.Do(r)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, _ := io.ReadAll(response.Body)
	if response.StatusCode != status {
		h.t.Fatalf("%s %s: %s %s", method, path, response.Status, answer)
	}
	return string(answer)
}

// Two libraries that know nothing of us, Debian's libical and npm's ical.js, read the calendar to the same events: those
// that the API has; moved, cancelled and deleted ones are the same events with what became of them.
func TestCalendarsRead(t *testing.T) {
	t.Parallel()
	reader := libical(t)
	needed(t, "testdata/checkers/node_modules/ical.js/package.json", npmPackages)
	h := startHost(t)
	session := h.signIn()
	type asked struct {
		ICS string `json:"ics"`
	}
	type answered struct {
		Name, Refresh string
		Events        []told
	}
	read := func(path string) map[string]told {
		t.Helper()
		file, response := h.read(path, "")
		if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "text/calendar; charset=utf-8" {
			t.Fatalf("%s: %s %s", path, response.Status, response.Header.Get("Content-Type"))
		}
		script := answers[answered](t, nil, []asked{{file}}, "calendar.mjs")[0]
		if !strings.Contains(script.Name, map[bool]string{true: "Calendar", false: "일정"}[strings.HasPrefix(path, "/en/")]) || script.Refresh != "PT1H" {
			t.Errorf("%s: %q %q", path, script.Name, script.Refresh)
		}
		library := byLibical(t, reader, file)
		if diff := cmp.Diff(script.Events, library); diff != "" {
			t.Errorf("%s: ical.js (-) and libical (+) do not read the same: %s", path, diff)
		}
		events := map[string]told{}
		for _, e := range library {
			if _, twice := events[e.UID]; twice || e.UID == "" {
				t.Errorf("%s: %q is there twice", path, e.UID)
			}
			events[e.UID] = e
		}
		return events
	}
	// The edge gives what it has, and has it rendered behind that: the next one reads what is new.
	becomes := func(uid string, sequence int) told {
		t.Helper()
		for range 100 {
			if file, _ := h.read("/calendar.ics", ""); slices.ContainsFunc(byLibical(t, reader, file), func(e told) bool { return e.UID == uid && e.Sequence == sequence }) {
				return read("/calendar.ics")[uid]
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("%s does not become version %d", uid, sequence)
		return told{}
	}
	today := clock.Midnight(time.Now())
	day := func(n int) string { return today.AddDate(0, 0, n).Format(time.DateOnly) }
	event := map[string]any{
		"unit": "총학", "category": "총학생회", "title": "🎉 아주 긴 제목; 쉼표, 역슬래시\\와 \"따옴표\"까지 " + strings.Repeat("대동제 ", 10), "place": "잔디광장, 학생회관; 앞", "allDay": true, "starts": day(20), "ends": day(22),
		"text": "첫째 줄\n\n" + strings.Repeat("빈칸 없이긴글", 60) + "\\n은 줄이 아니다\n끝,", "mapUrl": "https://map.example.org/잔디", "url": "/notices",
	}
	var made struct{ ID, UID string }
	if err := json.Unmarshal([]byte(h.write("POST", "/v1/calendar", session, event, http.StatusCreated)), &made); err != nil {
		t.Fatal(err)
	}
	compact := func(s string) string { return strings.ReplaceAll(s, "-", "") }
	before := becomes(made.UID, 0)
	want := told{made.UID, strings.TrimSpace(event["title"].(string)), event["place"].(string), event["text"].(string), "총학생회", compact(day(20)), compact(day(23)), "CONFIRMED", before.Modified, 0} //nolint:forcetypeassert // made above
	if diff := cmp.Diff(want, before); diff != "" {
		t.Error(diff)
	}
	// What the API says, the files say: events, and the dates of others.
	body, _ := h.read("/v1/calendar?from="+day(-89)+"&to="+day(270), "")
	var list struct {
		Items []struct {
			ID, Kind, Title, Said, Starts string
			AllDay, Cancelled             bool
		}
	}
	if err := json.Unmarshal([]byte(body), &list); err != nil {
		t.Fatal(err)
	}
	kinds, all := map[string]int{}, read("/calendar.ics")
	for _, i := range list.Items {
		kinds[i.Kind]++
		starts := compact(i.Starts)
		if !i.AllDay {
			at, err := time.Parse(time.RFC3339, i.Starts)
			if err != nil {
				t.Fatal(err)
			}
			starts = at.UTC().Format("20060102T150405Z")
		}
		found := false
		for _, e := range all {
			found = found || e.Summary == strings.TrimSpace(i.Title+" "+i.Said) && e.Starts == starts && (e.Status == "CANCELLED") == i.Cancelled
		}
		if !found {
			t.Errorf("no program reads %+v", i)
		}
	}
	if kinds["event"] < 10 || kinds["minute"] == 0 || len(all) < len(list.Items) {
		t.Errorf("%v are in the calendar, %d in the file", kinds, len(all))
	}
	read("/en/calendar.ics")
	if empty := read("/calendar.ics?category=" + "%EB%8F%99%EC%95%84%EB%A6%AC&unit=" + "%EA%B0%90%EC%82%AC"); len(empty) != 0 {
		t.Errorf("%v", empty)
	}

	event["allDay"], event["starts"], event["ends"] = false, day(25)+"T18:30:00+09:00", day(26)+"T01:00:00+09:00"
	h.write("PUT", "/v1/calendar/"+made.ID, session, event, http.StatusOK)
	moved := becomes(made.UID, 1)
	if moved.Starts != compact(day(25))+"T093000Z" || moved.Ends != compact(day(25))+"T160000Z" || moved.Modified < before.Modified {
		t.Errorf("moved: %+v", moved)
	}
	if one := read("/calendar/" + made.ID + "/event.ics"); len(one) != 1 || cmp.Diff(one[made.UID], moved) != "" {
		t.Errorf("alone: %+v", one)
	}
	event["cancelled"] = true
	h.write("PUT", "/v1/calendar/"+made.ID, session, event, http.StatusOK)
	if is := becomes(made.UID, 2); is.Status != "CANCELLED" || is.Summary != before.Summary {
		t.Errorf("cancelled: %+v", is)
	}
	h.write("DELETE", "/v1/calendar/"+made.ID, session, nil, http.StatusNoContent)
	if is := becomes(made.UID, 3); is.Status != "CANCELLED" || is.Summary != "취소된 일정" || is.Text != "" || is.Place != "" {
		t.Errorf("deleted: %+v", is)
	}
}

// An editor clicks a day and writes a series, changes one of it, and imports the school's dates after looking at them; a
// visitor sees the month on a desk and on a telephone.
func TestCalendar(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/calendar")
	p.signsIn()
	p.at("/console/calendar")
	p.shot("console-calendar")
	month := time.Now().In(clock.Seoul).Format("2006-01")
	p.open("/console/calendar/new?day=" + month + "-28")
	p.shot("console-calendar-new")
	p.fill("제목", "새내기 상담")
	p.fill("장소", "학생회관 101호")
	p.do(chromedp.SetValue(chromedp.CSS("#field-every"), "week"))
	p.do(chromedp.SetValue(chromedp.CSS("#field-until"), "2000-01-01"))
	p.does("저장")
	p.until("what is wrong", `document.querySelector('#field-until, #calendar .form-wrong') && document.body.innerText.includes('첫 일정보다 먼저')`)
	p.do(chromedp.SetValue(chromedp.CSS("#field-until"), time.Now().In(clock.Seoul).AddDate(0, 2, 0).Format(time.DateOnly)))
	p.press("저장")
	p.sees("저장했습니다.")
	p.sees("새내기 상담")

	p.open("/console/calendar/import")
	school := filepath.Join(t.TempDir(), "학사일정.ics")
	lines := []string{"BEGIN:VCALENDAR", "BEGIN:VEVENT", "UID:exam@school.ac.kr", "DTSTART;VALUE=DATE:" + strings.ReplaceAll(month, "-", "") + "15", "SUMMARY:수강 정정", "END:VEVENT", "END:VCALENDAR", ""}
	broken := slices.Replace(slices.Clone(lines), 3, 4, "DTSTART;TZID=Mars/Olympus:20260101T000000")
	for _, content := range [][]string{broken, lines} {
		if err := os.WriteFile(school, []byte(strings.Join(content, "\r\n")), 0o600); err != nil {
			t.Fatal(err)
		}
		p.do(chromedp.SetUploadFiles(chromedp.CSS("#field-file"), []string{school}))
		p.does("미리보기")
		if content[3] == broken[3] {
			p.sees("4번째 줄")
			p.sees("모르는 시간대입니다: Mars/Olympus")
			p.shot("console-calendar-import-refused")
		}
	}
	p.sees("새로 1개")
	p.shot("console-calendar-import")
	p.press("모두 가져오기")
	p.sees("일정을 가져왔습니다")
	p.sees("수강 정정")

	for name, d := range map[string]device{"desk": desk, "phone": phone} {
		reader := newPerson(t, h, d)
		for range 100 { // the edge has the page rendered behind the first who asks
			if reader.open("/calendar"); strings.Contains(reader.text(), "수강 정정") {
				break
			}
		}
		reader.sees("수강 정정")
		reader.sees("내 캘린더에서 보기")
		reader.fits()
		reader.shot("calendar-" + name)
		reader.press("수강 정정")
		reader.sees("내 캘린더에 담기")
		reader.fits()
		reader.shot("calendar-event-" + name)
		reader.open("/")
		reader.sees("다가오는 일정")
		reader.shot("main-" + name)
	}
}
