package deadletters_test

import (
	"fmt"
	"regexp"
	"testing"

	"github.com/madang-council/madang/functions/deadletters"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/deadletter"
)

// What was not delivered can be delivered again, or dismissed, by the API's own operations.
func TestDesk(t *testing.T) {
	app := functiontest.New(t, deadletters.Function)
	admin := app.Admin()
	see := func(path string) functiontest.Response {
		t.Helper()
		return app.Do(functiontest.Request{Method: "GET", Path: path, As: admin}).Want(200)
	}
	see("/console/dead-letters").Says("전하지 못한 일이 없습니다").SaysNot("모두 다시 전하기")
	letters := deadletter.Store{DB: app.DB}
	for i := range 31 {
		e := event.Event{ID: fmt.Sprintf("event-%02d", i), Type: "kr.madang.notice.changed.v1", Subject: "subject", Time: app.Now(), Data: []byte(`{}`),
			Failure: &event.Failure{Sink: "http://media.madang.svc.cluster.local/events", Status: 500 * (i % 2), Answer: "<broken>"}}
		if err := letters.Keep(app.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	first := see("/console/dead-letters")
	first.Says("kr.madang.notice.changed.v1 → media", "답 500", "답이 없었음", "&lt;broken&gt;", "1번 포기함", `data-action="/v1/admin/dead-letters/replay"`, `/replay" data-said=`, `data-method="DELETE"`, "event-30").SaysNot("event-00")
	next := regexp.MustCompile(`href="(/console/dead-letters\?cursor=[^"]+)"`).FindStringSubmatch(string(first.Body))
	if next == nil {
		t.Fatal("there is no next page")
	}
	see(next[1]).Says("event-00").SaysNot("event-30", `rel="next"`)
}
