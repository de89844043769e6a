package deadletters_test

import (
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/deadletters"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/deadletter"
)

// What was not delivered can be delivered again, or dismissed, by the API's own operations.
func TestDesk(t *testing.T) {
	app := functiontest.New(t, deadletters.Function, functiontest.Beside(functions.All()...))
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
	first.Says("공지 변경 → 사진 다듬기", "<code>kr.madang.notice.changed.v1 → media</code>", "답 500", "답이 없었음", "&lt;broken&gt;", "1번 포기함", `data-action="/v1/admin/dead-letters/replay"`, `/replay" data-said=`, `data-method="DELETE"`, "event-30").SaysNot("event-00")
	next := regexp.MustCompile(`href="(/console/dead-letters\?cursor=[^"]+)"`).FindStringSubmatch(string(first.Body))
	if next == nil {
		t.Fatal("there is no next page")
	}
	see(next[1]).Says("event-00").SaysNot("event-30", `rel="next"`)
}

// Every type of event that something writes has words on the page.
func TestEventsHaveWords(t *testing.T) {
	app := functiontest.New(t, deadletters.Function)
	letters, kinds := deadletter.Store{DB: app.DB}, map[string]bool{}
	all := os.DirFS("../..")
	for _, top := range []string{"functions", "shared"} {
		err := fs.WalkDir(all, top, func(name string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") || strings.HasPrefix(name, "functions/deadletters/") {
				return err
			}
			source, err := fs.ReadFile(all, name)
			for _, found := range regexp.MustCompile(`"(kr\.madang\.[a-z]+\.[a-z]+\.v1)"`).FindAllSubmatch(source, -1) {
				kinds[string(found[1])] = true
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if len(kinds) < 15 {
		t.Fatalf("only %d types of events were found", len(kinds))
	}
	for kind := range kinds {
		e := event.Event{ID: kind, Type: kind, Time: app.Now(), Data: []byte(`{}`), Failure: &event.Failure{Sink: "http://media.madang.svc.cluster.local/events"}}
		if err := letters.Keep(app.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	app.Do(functiontest.Request{Method: "GET", Path: "/console/dead-letters", As: app.Admin()}).Want(200).Says("공지 게시 → ").SaysNot(`row-title">kr.madang`)
}
