package page

import (
	"bytes"
	"context"
	"encoding/csv"
	"fmt"
	"mime"
	"net/http"
	"strconv"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

// Sheet is a table as CSV, as spreadsheets take it: with a byte order mark, without which they
// garble Korean, with CRLF, and without cells that they would compute.
type Sheet struct {
	name string
	rows [][]string
}

// harmless is a cell that no spreadsheet computes.
func harmless(s string) string {
	if s != "" && bytes.IndexByte([]byte("=+-@\t\r"), s[0]) >= 0 {
		return "'" + s
	}
	return s
}

// WriteResponse writes the table.
func (s *Sheet) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	var b bytes.Buffer
	b.WriteString("\ufeff")
	out := csv.NewWriter(&b)
	out.UseCRLF = true
	for _, row := range s.rows {
		cells := make([]string, len(row))
		for i, c := range row {
			cells[i] = harmless(c)
		}
		_ = out.Write(cells) // a buffer takes everything
	}
	out.Flush()
	h := w.Header()
	h.Set("Content-Type", "text/csv; charset=utf-8")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": s.name}))
	h.Set("Content-Length", strconv.Itoa(b.Len()))
	h.Set("Cache-Control", "no-store")
	h.Set("X-Content-Type-Options", "nosniff")
	_, err := w.Write(b.Bytes())
	return err //nolint:wrapcheck // the host says where it failed
}

// table is the comparison as rows: what became of which article, and its lines side by side.
func (h handlers) table(ctx context.Context, r *compareRequest) (*Sheet, error) {
	c, err := h.sides(ctx, r)
	if err != nil {
		return nil, err
	}
	language := function.RequestFrom(ctx).Language
	left, right := name(ctx, c.From), name(ctx, c.To)
	sheet := &Sheet{name: fmt.Sprintf("%s-%s-%s.csv", c.Shelf.Slug, c.From.Name, c.To.Name), rows: [][]string{
		{ui.T(ctx, "구분", "Change"), ui.T(ctx, "조문", "Article"), left, right},
	}}
	for _, change := range c.Changes {
		for _, p := range change.Table() {
			sheet.rows = append(sheet.rows, []string{ui.Name(ctx, change.Became.Label()), change.Title(), p.Old.Text(language), p.New.Text(language)})
		}
	}
	return sheet, nil
}
