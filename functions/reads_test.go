package functions_test

import (
	"maps"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// Whoever is shown a member's name, address, or what they have handed in, by whichever operation or page, is in that
// member's export: every GET of every function is asked by an admin of the whole council, about the member, their proof and
// their picture, and what shows them must have been recorded.
func TestWhoIsShownMeIsInMyExport(t *testing.T) {
	unrecorded := map[string]string{ // and why
		"GET /v1/admin/audit": "what the council did: whoever is in it reads it by their own export",
		"GET /console/audit":  "the same",
	}
	queries := map[string]string{"GET /v1/uploads": "?all=true", "GET /console/members": "?q=%EC%9D%B4%EA%B0%95%EC%82%B0", "GET /v1/admin/members": "?name=%EC%9D%B4%EA%B0%95%EC%82%B0"}
	app := functiontest.New(t, uploads.Function, functiontest.Beside(functions.All()...))
	me := app.Member(functiontest.Member{Name: "이강산", Email: "kangsan@example.com", Unit: "물리학과", Verified: true, Grants: []auth.Grant{{Role: auth.Moderator, Unit: unitA}}})
	proof := app.Upload(functiontest.Upload{Owner: me.ID, Purpose: "proof", Name: "강산의 학생증.pdf", Type: "pdf"})
	picture := app.Upload(functiontest.Upload{Owner: me.ID, Purpose: "profile", Name: "강산의 얼굴.jpg", Type: "jpg", Width: 40, Height: 30})
	admin := app.Admin()
	app.Do(functiontest.Request{Method: http.MethodGet, Path: "/v1/admin/members/" + me.ID, As: admin}).Want(http.StatusOK) // so that the log shows them, whatever is asked first
	asked, shown := 0, map[string]bool{}
	for _, spec := range functions.All() {
		for _, route := range spec.Build(function.Deps{}).Routes {
			before, rest, one := strings.Cut(route.Path, "{")
			_, after, _ := strings.Cut(rest, "}")
			if route.Method != http.MethodGet || strings.Contains(after, "{") {
				continue
			}
			paths := []string{route.Path}
			if one {
				paths = []string{before + me.ID + after, before + proof + after, before + picture + after}
			}
			for _, path := range paths {
				app.Refill()
				app.Wait(time.Second)
				asked++
				r := app.Do(functiontest.Request{Method: http.MethodGet, Path: path + queries[route.Action()], As: admin})
				body := string(r.Body) + r.Header.Get("Location")
				if r.Status >= 400 || !slices.ContainsFunc([]string{"이강산", "kangsan@example.com", "강산의"}, func(mark string) bool { return strings.Contains(body, mark) }) && !strings.Contains(strings.ReplaceAll(body, path, ""), me.ID) {
					continue
				}
				shown[route.Action()] = true
			}
		}
	}
	export := functiontest.JSON[struct {
		Accesses []struct{ Action string }
	}](app.Do(functiontest.Request{Method: http.MethodGet, Path: "/v1/members/me/export", As: me.Token}).Want(http.StatusOK))
	recorded := map[string]bool{}
	for _, a := range export.Accesses {
		recorded[a.Action] = true
	}
	for _, action := range slices.Sorted(maps.Keys(shown)) {
		if !recorded[action] && unrecorded[action] == "" {
			t.Errorf("%s showed a member, which is not in their export: make it Personal, and say whom by function.About", action)
		}
	}
	for action := range unrecorded {
		if !shown[action] {
			t.Errorf("%s shows nobody: take it from this test", action)
		}
	}
	if asked < 100 || len(shown) < 8 {
		t.Errorf("%d questions, shown by %v", asked, shown)
	}
}
