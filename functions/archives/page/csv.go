package page

import (
	"context"
	"io"
	"net/http"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// tablePath is where the settlement of an archive is downloaded.
func tablePath(ctx context.Context, id string) string {
	return ui.Local(ctx, archive.Path(id)) + "/table.csv"
}

// Sheet is a settlement as a file for spreadsheets.
type Sheet struct{ name, csv string }

// WriteResponse writes the file.
func (s *Sheet) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", objects.Attachment(s.name))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err := io.WriteString(w, s.csv)
	return err //nolint:wrapcheck // the host says where it failed
}

func (h handlers) table(ctx context.Context, r *readRequest) (*Sheet, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	v, err := h.archives.Read(ctx, r.ID)
	if err == nil && len(v.Table) == 0 {
		err = problem.Absent()
	}
	if err != nil {
		return nil, err
	}
	return &Sheet{name: v.Title + ".csv", csv: archive.WriteTable(v.Table)}, nil
}
