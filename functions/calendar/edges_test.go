package calendar_test

import (
	"fmt"
	"regexp"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/functiontest"
)

// What an editor deleted of an imported file does not come back, however often and however late the file is imported again: also
// when the event itself is long gone. Others, and what the file itself did without, may bring it.
func TestDeletedStaysDeleted(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		table := "제목,시작\n봄 축제,2026-05-20\n개강총회,2026-03-06 18:00\n"
		for name, content := range map[string]string{"학사.ics": school, "일정.csv": table} {
			first := functiontest.JSON[counts](r.imports(r.editor, "", name, content).Want(200)).New
			list := r.between("2026-03-01", "2026-05-31")
			if len(list) != first {
				t.Fatalf("%s: %s", name, titles(list))
			}
			r.call("GET", "/console/calendar/"+list[0].ID, r.editor, nil).Want(200).Says("가져온 일정입니다")
			r.call("DELETE", "/v1/calendar/"+list[0].ID, r.editor, nil).Want(204)
			for range 3 {
				if got := functiontest.JSON[counts](r.imports(r.editor, "", name, content).Want(200)); got != (counts{Same: first - 1, Deleted: 1}) {
					t.Errorf("%s: %+v", name, got)
				}
				r.Wait(calendar.Kept + 1)
				if _, err := calendar.NewKeeper(r.DB).Purge(r.Context(), 100); err != nil {
					t.Fatal(err)
				}
			}
			if n := r.count(`SELECT COUNT(*) FROM calendar_events WHERE deleted_at IS NOT NULL`); n != 0 {
				t.Errorf("%s: %d deleted ones are kept", name, n)
			}
			if n := r.count(`SELECT COUNT(*) FROM calendar_unwanted WHERE length(uid_hash) <> 64`); n != 0 {
				t.Error("more than a hash is kept")
			}
			for _, e := range r.between("2026-03-01", "2026-05-31") {
				r.call("DELETE", "/v1/calendar/"+e.ID, r.editor, nil).Want(204)
			}
		}
		own := r.add(map[string]any{"title": "우리가 쓴 일정"})
		r.call("DELETE", "/v1/calendar/"+own.ID, r.editor, nil).Want(204)
		r.Wait(calendar.Kept + 1)
		if _, err := calendar.NewKeeper(r.DB).Purge(r.Context(), 100); err != nil {
			t.Fatal(err)
		}
		back := strings.NewReplacer("term@school.ac.kr", own.UID).Replace(school)
		r.imports(r.editor, "/preview", "a.ics", back).Want(200).Says(`"new":1`)
	})
}

// turns are the links of a page to other months of the calendar.
var turns = regexp.MustCompile(`href="((?:/console)?/calendar(?:\?[^"]*)?)"`)

// Whatever month is shown, and whatever day an event is on: no link of the calendar leads to a month that there is not.
func TestMonthsLeadToMonths(t *testing.T) {
	r := enter(t)
	follow := func(path string) {
		t.Helper()
		for _, m := range turns.FindAllStringSubmatch(string(r.call("GET", path, r.editor, nil).Want(200).Body), -1) {
			if to := strings.ReplaceAll(m[1], "&amp;", "&"); r.call("GET", to, r.editor, nil).Status != 200 {
				t.Errorf("%s leads to %s", path, to)
			}
		}
	}
	for _, list := range []string{"/calendar", "/console/calendar"} {
		for _, month := range []string{"", "1945-01", "1945-02", "1950-01", "1999-12", "2000-01", "2026-03", "2099-12", "2100-01", "2199-11", "2199-12"} {
			follow(list + "?month=" + month)
		}
		for _, month := range []string{"1944-12", "2200-01", "9999-01", "0000-01", "2026-3", "2026-13", "x"} {
			r.call("GET", list+"?month="+month, r.editor, nil).Want(404)
		}
	}
	for _, year := range []int{1945, 1947, 1999, 2000, 2099, 2100, 2199, 2200, 9998} {
		e := r.add(map[string]any{"starts": fmt.Sprintf("%d-05-20T18:00:00+09:00", year), "ends": nil})
		follow("/calendar/" + e.ID)
		follow("/console/calendar/" + e.ID)
	}
}
