package functions_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// What is urgent stands above every page of every function, also one that is kept: it comes and
// goes with a write, and by itself at its times; the console has it, and refusals have it.
func TestUrgentIsOnEveryPage(t *testing.T) {
	if thing.UrgentTag != function.UrgentTag {
		t.Fatalf("what is urgent touches %q, and pages have %q", thing.UrgentTag, function.UrgentTag)
	}
	app := functiontest.New(t, site.Function, functiontest.Beside(site.Function, home.Function, notices.Function))
	editor := app.Holder(auth.Editor, "")
	bar := func(path, as string) string {
		t.Helper()
		body := string(app.Do(functiontest.Request{Method: "GET", Path: path, As: as, Header: map[string]string{"Accept": "text/html"}}).Body)
		_, rest, found := strings.Cut(body, `<section class="urgent"`)
		if !found {
			return ""
		}
		said, _, _ := strings.Cut(rest, "</section>")
		return said
	}
	pages := []string{"/", "/en", "/notices", "/en/notices", "/privacy", "/menu", "/sign-in"}
	every := func(what, title string) {
		t.Helper()
		for _, path := range pages {
			if got := bar(path, ""); title == "" && got != "" || !strings.Contains(got, title) {
				t.Errorf("%s: %s: %q, want %q", what, path, got, title)
			}
		}
		for _, path := range []string{"/console/notices", "/notices/none"} {
			if got := bar(path, editor); title == "" && got != "" || !strings.Contains(got, title) {
				t.Errorf("%s: %s: %q, want %q", what, path, got, title)
			}
		}
	}
	every("before", "")
	until := app.Now().Add(3 * time.Hour)
	later := app.Notice(editor, map[string]any{"title": "나중의 단수", "publishAt": app.Now().Add(time.Hour), "urgentUntil": until})
	every("scheduled", "")
	app.At(app.Now().Add(time.Hour))
	every("at its time", "나중의 단수")
	if tags := app.PageTags("ko:/privacy"); !slices.Contains(tags, function.UrgentTag) {
		t.Errorf("the tags of a page: %v", tags)
	}
	app.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notices/" + later, As: editor, Header: map[string]string{"If-Match": `"v1"`}}).Want(204)
	every("deleted", "")
	now := app.Notice(editor, map[string]any{"title": "지금의 <단수>", "urgentUntil": until})
	every("at once", "지금의 &lt;단수&gt;")
	if got := bar("/privacy", ""); !strings.Contains(got, `href="/notices/`+now+`"`) || !strings.Contains(got, "까지</time>") {
		t.Error(got)
	}
	app.At(until)
	every("over", "")
}
