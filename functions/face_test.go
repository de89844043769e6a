package functions_test

import (
	"fmt"
	"strings"
	"testing"

	home "github.com/madang-council/madang/functions/main"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/settings"
	"github.com/madang-council/madang/functions/site"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/functiontest"
)

// A council's face is on every page as it was set last, also on pages that were kept before, and
// whatever became of Redis: name, sheet and foot change together, and refusals and the console
// have them.
func TestFaceIsOnEveryPage(t *testing.T) {
	app := functiontest.New(t, site.Function, functiontest.Beside(site.Function, home.Function, notices.Function, settings.Function))
	admin := app.Admin()
	pages := []string{"/", "/en", "/notices", "/en/notices", "/privacy", "/menu", "/sign-in", "/manifest.webmanifest", "/notices/none", "/console/settings"}
	every := func(what, name, hash string) {
		t.Helper()
		for _, path := range pages {
			as := ""
			if strings.HasPrefix(path, "/console") {
				as = admin
			}
			body := string(app.Do(functiontest.Request{Method: "GET", Path: path, As: as, Header: map[string]string{"Accept": "text/html"}}).Body)
			if !strings.Contains(body, name) {
				t.Errorf("%s: %s does not have the name %s", what, path, name)
			}
			if sheet := "/brand/" + hash + "/brand.css"; !strings.HasSuffix(path, ".webmanifest") && strings.Contains(body, "/brand/") != (hash != "") || hash != "" && !strings.HasSuffix(path, ".webmanifest") && !strings.Contains(body, sheet) {
				t.Errorf("%s: %s does not have the sheet %q", what, path, hash)
			}
		}
	}
	every("before one is set", "마당대학교 총학생회", "")
	for i, chosen := range []struct{ name, colour, pattern string }{{"솔뫼대학교 총학생회", "#1d4a9c", "mul"}, {"한봄대학교 총학생회", "#ffc61a", "kkot"}, {"한봄대학교 총학생회", "#0b5f49", "dol"}} {
		app.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/face", As: admin, Header: map[string]string{"If-Match": fmt.Sprintf(`"v%d"`, i+1)},
			Body: map[string]string{"name": chosen.name, "colour": chosen.colour, "pattern": chosen.pattern}}).Want(200)
		for _, key := range []string{"ko:/", "en:/en", "ko:/notices", "ko:/privacy", "ko:/menu", "ko:/manifest.webmanifest"} {
			if p, kept, err := app.Pages.Load(app.Context(), key); err != nil || !kept || p.Since == 0 {
				t.Errorf("%s is kept (%t, %v) and counts as right, since it was touched at %d", key, kept, err, p.Since)
			}
		}
		is, _, err := face.Store{DB: app.DB}.Read(app.Context())
		if err != nil {
			t.Fatal(err)
		}
		every("set", chosen.name, is.Hash())
		app.Server.FlushAll()
		every("after Redis was flushed", chosen.name, is.Hash())
	}
	app.Server.SetError("away")
	every("while Redis is away", "한봄대학교 총학생회", "")
}
