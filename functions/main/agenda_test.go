package home_test

import (
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/calendar"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/minutes"
	"github.com/madang-council/madang/functions/rules"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
)

// The main page shows what is coming up, what begins within days and what was decided, and follows them at the second
// and at midnight, with nobody awake.
func TestWhatIsComingUp(t *testing.T) {
	c := &council{App: functiontest.New(t, home.Function, functiontest.Beside(home.Function, calendar.Function, minutes.Function, rules.Function))}
	admin := c.Admin()
	send := func(method, path string, body any) functiontest.Response {
		t.Helper()
		r := c.Do(functiontest.Request{Method: method, Path: path, As: admin, Body: body, Header: map[string]string{"If-Match": "*"}})
		if r.Status >= 300 {
			t.Fatalf("%s %s: %d %s", method, path, r.Status, r.Body)
		}
		return r
	}
	said := func() string { t.Helper(); return c.get("/").Want(200).Main() }
	shows := func(when string, want bool, texts ...string) {
		t.Helper()
		got := said()
		for _, text := range texts {
			if strings.Contains(got, text) != want {
				t.Errorf("%s: %q is there: %v, want %v, in\n%s", when, text, !want, want, got)
			}
		}
	}
	shows("at first", false, "다가오는 일정", "회의록")

	send("POST", "/v1/admin/minutes/bodies", map[string]any{"slug": "steering", "name": "중앙운영위원회", "nameEn": "Steering Committee", "unit": "총학", "publishDays": 7, "numbered": true})
	held := c.Now().Add(48 * time.Hour)
	id := functiontest.JSON[struct{ ID string }](send("POST", "/v1/minutes", map[string]any{
		"body": "steering", "round": 3, "kind": "regular", "heldAt": held, "enrolled": 10,
		"items": []map[string]any{{"title": "예산안", "kind": "motion"}},
	})).ID
	shows("a draft", false, "다가오는 일정", "제3차", "예산안")
	send("POST", "/v1/minutes/"+id+"/publish", map[string]any{"step": "announced"})
	shows("announced", true, "다가오는 일정 일정 달력 보기 4 수 제3차 중앙운영위원회 12:00", "안건 1건")
	shows("announced", false, "가결")
	if english := c.get("/en").Want(200).Main(); !strings.Contains(english, "Coming up Calendar 4 Wed") {
		t.Error(english)
	}

	send("POST", "/v1/rules", map[string]any{"slug": "hoechik", "unit": "총학", "title": "총학생회칙"})
	send("POST", "/v1/rules/hoechik/versions", map[string]any{"kind": "enactment", "effectiveOn": "2026-03-12", "source": "제1조(목적) 글"})
	send("POST", "/v1/rules/hoechik/versions/1/promulgate", map[string]any{"promulgatedOn": "2026-03-02"})
	shows("ten days before", true, "12 목 총학생회칙", "시행")
	shows("ten days before", false, "대비표 보기")
	midnight := func(day int) time.Time { return time.Date(2026, 3, day, 0, 0, 0, 0, clock.Seoul) }
	c.At(midnight(5).Add(-time.Millisecond))
	shows("the last moment of the eighth day before", false, "대비표 보기")
	c.At(midnight(5))
	shows("the seventh day before", true, "회칙 개정 D-6 총학생회칙", "2026. 3. 12. 시행", "대비표 보기")
	shows("the day after the meeting", false, "제3차 중앙운영위원회 12:00")
	for hour := range 40 { // a week full of the council's own dates hides no deed
		send("POST", "/v1/calendar", map[string]any{"unit": "총학", "category": "총학생회", "title": "상담", "starts": midnight(6).Add(time.Duration(hour) * time.Hour), "ends": midnight(6).Add(time.Duration(hour+1) * time.Hour)})
	}
	shows("a full week", true, "회칙 개정 D-6 총학생회칙", "대비표 보기")

	send("PUT", "/v1/minutes/"+id, map[string]any{
		"body": "steering", "round": 3, "kind": "regular", "heldAt": held, "enrolled": 10, "present": 8, "items": []map[string]any{{"title": "예산안", "kind": "motion", "decision": "passed", "yes": 8}},
	})
	send("POST", "/v1/minutes/"+id+"/publish", map[string]any{"step": "decisions"})
	shows("decisions", true, "회의록 회의록 모두 보기 어제 제3차 중앙운영위원회 가결 1건 공개 기한 D-6")
	c.At(midnight(12))
	shows("past the deadline", true, "지연 1일", "기한이 지난 회의록 1건", "올해 기한 안에 공개 1건 중 0건", "오늘 · 목 총학생회칙")
	shows("in force", false, "대비표 보기")
	send("POST", "/v1/minutes/"+id+"/publish", map[string]any{"step": "full"})
	shows("late for ever", true, "지연 1일", "올해 기한 안에 공개 1건 중 0건")
	shows("late for ever", false, "기한이 지난")
	c.At(midnight(13))
	shows("the day after", false, "총학생회칙")
	send("DELETE", "/v1/minutes/"+id, nil)
	shows("deleted", false, "제3차", "기한")
}
