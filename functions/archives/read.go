package archives

import (
	"context"
	"net/http"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

type readRequest struct {
	ID string `path:"id"`
}

// line is one of a settlement, in won.
type line struct {
	Item   string `json:"item"`
	Budget int64  `json:"budget"`
	Spent  int64  `json:"spent"`
	Left   int64  `json:"left"`
	Total  bool   `json:"total"`              // it sums others up
	Tenths *int64 `json:"permille,omitempty"` // how much of the budget was spent, in tenths of a percent; absent without a budget
}

// settlement is one as its readers see it.
type settlement struct {
	Lines []line `json:"lines"`
	Sum   line   `json:"sum"` // of all lines that sum up no others
	Note  string `json:"note,omitempty" description:"Why its totals do not add up."`
}

// document is a file of an archive.
type document struct {
	ID        string `json:"id"`
	Name      string `json:"name"`
	Type      string `json:"type"` // media type
	Size      int64  `json:"size"` // bytes
	URL       string `json:"url"`
	Downloads *int64 `json:"downloads,omitempty" description:"How often, for editors of its unit."`
}

// correction is what an archive held before.
type correction struct {
	Number int64       `json:"number"`
	At     time.Time   `json:"at"`
	Reason string      `json:"reason"`
	Files  []document  `json:"files"`
	Table  *settlement `json:"table,omitempty"`
}

// whole is an archive as the caller sees it.
type whole struct {
	summary
	Summary     string       `json:"summary"`
	Documents   []document   `json:"documents"`
	Settlement  *settlement  `json:"settlement,omitempty"`
	CSV         string       `json:"csv,omitempty"` // the settlement, for editors of its unit
	Corrections []correction `json:"corrections" description:"The latest first."`
	MaskedAt    *time.Time   `json:"maskedAt,omitempty" description:"When an editor said that personal data in the files is covered."`
	CreatedAt   time.Time    `json:"createdAt"`
	UpdatedAt   time.Time    `json:"updatedAt"`
}

// ETag is the version, for If-Match.
func (w whole) ETag() int64 { return w.Version }

func (h handlers) read(ctx context.Context, r *readRequest) (*whole, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	v, err := h.archives.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.show(ctx, v)
}

func (h handlers) show(ctx context.Context, v archive.Archive) (*whole, error) {
	corrections, err := h.archives.Corrections(ctx, v.ID)
	if err != nil {
		return nil, err
	}
	counts, writes := map[string]int64(nil), auth.From(ctx).May(auth.Write, v.Unit)
	if writes {
		if counts, err = h.archives.Downloads(ctx, v.ID); err != nil {
			return nil, err
		}
	}
	w := whole{
		summary: h.summarised(ctx, v), Summary: v.Summary, Documents: documents(v.ID, v.Files, counts), Settlement: settled(v.Table, v.Note), Corrections: []correction{},
		MaskedAt: v.MaskedAt, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
	if writes {
		w.CSV = archive.WriteTable(v.Table)
	}
	for _, c := range corrections {
		w.Corrections = append(w.Corrections, correction{Number: c.N, At: c.At, Reason: c.Reason, Files: documents(v.ID, c.Files, counts), Table: settled(c.Table, c.Note)})
	}
	return &w, nil
}

func documents(id string, files []upload.File, counts map[string]int64) []document {
	list := []document{}
	for _, f := range files {
		d := document{ID: f.ID, Name: f.Name, Type: f.Type, Size: f.Size, URL: archive.FilePath(id, f.ID)}
		if counts != nil {
			n := counts[f.ID]
			d.Downloads = &n
		}
		list = append(list, d)
	}
	return list
}

func settled(t archive.Table, note string) *settlement {
	if len(t) == 0 {
		return nil
	}
	s := settlement{Lines: []line{}, Sum: lined(t.Sum()), Note: note}
	for _, l := range t {
		s.Lines = append(s.Lines, lined(l))
	}
	return &s
}

func lined(l archive.Line) line {
	is := line{Item: l.Name, Budget: l.Budget, Spent: l.Spent, Left: l.Left, Total: l.Total}
	if tenths, ok := l.Percent(); ok {
		is.Tenths = &tenths
	}
	return is
}

type fileRequest struct {
	ID   string `path:"id"`
	File string `path:"file"`
}

// counting is how long a reader waits for being counted.
const counting = time.Second

// file leads to a file. What the council alone reads leaves a record of who did.
func (h handlers) file(ctx context.Context, r *fileRequest) (*function.Redirect, error) {
	if !check.ID(r.ID) || !check.ID(r.File) {
		return nil, problem.Absent()
	}
	u, v, err := h.archives.Downloadable(ctx, r.ID, r.File)
	if err != nil {
		return nil, err
	}
	link, err := h.bundles.FileLink(ctx, u)
	if err != nil {
		return nil, err
	}
	answer := &function.Redirect{Status: http.StatusFound, URL: link}
	if v.Audience != archive.Council {
		function.ReadNobody(ctx)
	}
	if function.RequestFrom(ctx).Head {
		return answer, nil
	}
	waiting, cancel := context.WithTimeout(ctx, counting)
	defer cancel()
	if err := h.archives.CountDownload(waiting, v.ID, u.ID); err != nil {
		h.log.WarnContext(ctx, "a download is not counted", "archive", v.ID, "error", err)
	}
	return answer, nil
}
