package uploads_test

import (
	"testing"

	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
)

// Archives of an admin of the whole council may be as large as the operator says; those of others as large as the purpose.
func TestLimitOfArchives(t *testing.T) {
	app := functiontest.New(t, uploads.Function, functiontest.WithSettings(func(s *function.Settings) { s.Uploads.ArchiveMiB = 200 }))
	w := world{App: app, t: t}
	for _, row := range []struct {
		who, as, purpose string
		mib, status      int
	}{
		{"an editor", app.Editor(), "archive", 100, 201},
		{"an editor", app.Editor(), "archive", 101, 413},
		{"an admin", app.Admin(), "archive", 200, 201},
		{"an admin", app.Admin(), "archive", 201, 413},
		{"an admin", app.Admin(), "post", 11, 413},
		{"an admin of a department", app.Holder(auth.Admin, "학과"), "archive", 101, 413},
	} {
		r := w.call("POST", "/v1/uploads", row.as, map[string]any{"purpose": row.purpose, "name": "자료.zip", "size": row.mib * upload.MiB, "sha256": sum(nil)})
		if r.Status != row.status {
			t.Errorf("%s, %d MiB for %s: %d %s", row.who, row.mib, row.purpose, r.Status, r.Body)
		}
	}
}
