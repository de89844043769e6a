package home_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/about"
	"github.com/madang-council/madang/functions/banners"
	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/page"
)

// council is the main page with what it shows beside it.
type council struct {
	*functiontest.App
	editor string
}

func open(t *testing.T) *council {
	t.Helper()
	c := &council{App: functiontest.New(t, home.Function, functiontest.Beside(home.Function, notices.Function, banners.Function, about.Function))}
	c.editor = c.Holder(auth.Editor, "")
	return c
}

func (c *council) guest() functiontest.Response { return c.get("/v1/main") }

func (c *council) get(path string) functiontest.Response {
	return c.Do(functiontest.Request{Method: "GET", Path: path})
}

type titles struct {
	Urgent, Pinned, Newest []struct{ Title string }
	Degraded               []string
	You                    map[string]any
}

func show(body []byte) string {
	var v titles
	if err := json.Unmarshal(body, &v); err != nil {
		return err.Error()
	}
	list := func(name string, from []struct{ Title string }) string {
		s := name + ":"
		for _, n := range from {
			s += " " + n.Title
		}
		return s
	}
	return list("urgent", v.Urgent) + " | " + list("pinned", v.Pinned) + " | " + list("newest", v.Newest)
}

func TestEmpty(t *testing.T) {
	c := open(t)
	want := `{"urgent":[],"banners":[],"now":[],"pinned":[],"newest":[],"calendar":[],"minutes":{"items":[],"overdue":0,"rate":{"of":0,"inTime":0}},"pledges":{"of":0,"kept":0,"items":[]},"degraded":[]}` + "\n"
	if r := c.guest().Want(200); string(r.Body) != want {
		t.Errorf("got %s, want %s", r.Body, want)
	}
}

// The page says at every moment what the stored times say, and the copy in Redis has
// said so before anybody asked.
func TestTimes(t *testing.T) {
	c := open(t)
	start := functiontest.Start
	c.Notice(c.editor, map[string]any{"title": "지금", "publishAt": start, "urgentUntil": start.Add(time.Hour), "pinnedUntil": start.Add(2 * time.Hour)})
	c.Notice(c.editor, map[string]any{"title": "나중", "publishAt": start.Add(90 * time.Minute), "unpublishAt": start.Add(150 * time.Minute)})
	c.Notice(c.editor, map[string]any{"title": "초안", "publishAt": nil})
	c.Deliver(changed(t, c)) // as the broker does after a write
	for _, row := range []struct {
		at   time.Duration
		want string
	}{
		{0, "urgent: 지금 | pinned: 지금 | newest:"},
		{time.Hour - time.Millisecond, "urgent: 지금 | pinned: 지금 | newest:"},
		{time.Hour, "urgent: | pinned: 지금 | newest:"},
		{90 * time.Minute, "urgent: | pinned: 지금 | newest: 나중"},
		{2 * time.Hour, "urgent: | pinned: | newest: 나중 지금"},
		{150 * time.Minute, "urgent: | pinned: | newest: 지금"},
	} {
		c.At(start.Add(row.at))
		if row.at <= 90*time.Minute { // three segments are rendered ahead
			p, ok, err := c.Pages.Load(c.Context(), page.Key("/v1/main", nil, nil, "ko"))
			if err != nil || !ok {
				t.Fatalf("no page: %v", err)
			}
			if s, state := p.At(c.Now()); state != page.Fresh || show(s.Body) != row.want {
				t.Errorf("the stored page at %v: %v %s", row.at, state, s.Body)
			}
		}
		if got := show(c.guest().Want(200).Body); got != row.want {
			t.Errorf("at %v: %s, want %s", row.at, got, row.want)
		}
	}
}

func changed(t *testing.T, c *council) event.Event {
	t.Helper()
	for _, e := range c.Events.Take() {
		if e.Type == notice.Changed {
			return e
		}
	}
	t.Fatalf("no %s", notice.Changed)
	return event.Event{}
}

// Events render the page at once, also when they come twice, late and in any order.
func TestEvents(t *testing.T) {
	c := open(t)
	for _, kind := range []string{notice.Changed, banner.Changed, notice.Changed} {
		e := event.Event{ID: kind + "/x/1", Type: kind, Subject: "x", Time: c.Now(), Data: []byte(`{}`)}
		if status := c.Deliver(e); status != http.StatusNoContent {
			t.Errorf("%s: %d", kind, status)
		}
	}
	if _, ok, err := c.Pages.Load(c.Context(), page.Key("/v1/main", nil, nil, "ko")); !ok || err != nil {
		t.Errorf("the page was not rendered: %v", err)
	}
	if status := c.Deliver(event.Event{ID: "1", Type: "kr.madang.other.made.v1", Time: c.Now(), Data: []byte(`{}`)}); status != http.StatusAccepted {
		t.Errorf("an event of another type: %d", status)
	}
}

func TestSignedIn(t *testing.T) {
	c := open(t)
	account := c.Member(functiontest.Member{Name: "이소리", Unit: "국어국문학과", Verified: true, Grants: []auth.Grant{{Role: auth.Editor, Unit: "학과"}}})
	r := c.Do(functiontest.Request{Method: "GET", Path: "/v1/main", As: account.Token}).Want(200)
	want := `{"urgent":[],"banners":[],"now":[],"pinned":[],"newest":[],"calendar":[],"minutes":{"items":[],"overdue":0,"rate":{"of":0,"inTime":0}},"pledges":{"of":0,"kept":0,"items":[]},"you":{"name":"이소리","unit":"국어국문학과","verified":true,"roles":["editor"],"unread":0},"degraded":[]}` + "\n"
	if string(r.Body) != want || r.Header.Get("Cache-Control") != "private, no-store" {
		t.Errorf("%s %v", r.Body, r.Header)
	}
	if _, stored, _ := c.Pages.Load(c.Context(), page.Key("/v1/main", nil, nil, "ko")); stored {
		t.Error("a member's page was stored")
	}
	unread := func() any {
		var v titles
		if err := json.Unmarshal(c.Do(functiontest.Request{Method: "GET", Path: "/v1/main", As: account.Token}).Want(200).Body, &v); err != nil {
			t.Fatal(err)
		}
		return v.You["unread"]
	}
	made := functiontest.JSON[struct{ ID string }](c.Do(functiontest.Request{Method: "POST", Path: "/v1/notices", As: c.editor, Body: map[string]any{"unit": "총학", "title": "알림", "publishAt": c.Now()}}).Want(201))
	if err := (inbox.Store{DB: c.DB}).Add(c.Context(), "event", "notices", thing.Ref{Kind: "notice", ID: made.ID}, c.Now(), account.ID); err != nil {
		t.Fatal(err)
	}
	if n := unread(); n != 1.0 {
		t.Errorf("one notification is not read: %v", n)
	}
	if _, err := c.DB.Exec(c.Context(), `ALTER TABLE inbox_entries RENAME TO inbox_gone`); err != nil {
		t.Fatal(err)
	}
	if n := unread(); n != nil {
		t.Errorf("nobody knows what is not read: %v", n)
	}
}

// A section that fails is null and named; the others are there; what is stored stays the
// last whole page.
func TestDegraded(t *testing.T) {
	c := open(t)
	c.guest().Want(200)
	if _, err := c.DB.Exec(c.Context(), `ALTER TABLE banners RENAME COLUMN alt TO lost`); err != nil {
		t.Fatal(err)
	}
	c.At(c.Now().Add(time.Second))
	r := c.guest().Want(200)
	if !strings.Contains(string(r.Body), `"banners":null`) || !strings.Contains(string(r.Body), `"degraded":["banners"]`) || !strings.Contains(string(r.Body), `"newest":[]`) {
		t.Errorf("%s", r.Body)
	}
	if strings.Contains(string(r.Body), "SQL") || strings.Contains(string(r.Body), "column") {
		t.Errorf("internal text: %s", r.Body)
	}
	p, ok, err := c.Pages.Load(c.Context(), page.Key("/v1/main", nil, nil, "ko"))
	if err != nil || !ok || strings.Contains(string(p.Segments[0].Body), `"banners":null`) {
		t.Errorf("the stored page: %v %+v", err, p)
	}
}

// What changes at midnight in Seoul changes then, not at midnight in UTC.
func TestMidnight(t *testing.T) {
	c := open(t)
	midnight := clock.Midnight(functiontest.Start).AddDate(0, 0, 1)
	c.Notice(c.editor, map[string]any{"title": "오늘까지", "unpublishAt": midnight})
	c.At(midnight.Add(-time.Millisecond))
	if got := show(c.guest().Body); !strings.Contains(got, "오늘까지") {
		t.Error(got)
	}
	c.At(midnight)
	if got := show(c.guest().Body); strings.Contains(got, "오늘까지") {
		t.Error(got)
	}
}
