package calendar

import (
	"bytes"
	"cmp"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"path"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// importRequest is a form with a file of events.
type importRequest struct {
	Body function.Body `body:"multipart/form-data"`
}

// Form is what the form has.
func (importRequest) Form() any {
	return struct {
		Unit     string        `json:"unit" description:"Of new events; those that are known stay in theirs."`
		Category string        `json:"category" description:"Of events that name none that there is."`
		File     function.File `json:"file" description:"iCalendar (.ics) or CSV, at most 1 MiB."`
	}{}
}

// formBytes bounds a form: a file, and what stands around it.
const (
	fieldBytes = 256
	formBytes  = calendar.MostBytes + 4096
)

// foundEvent is an event as it would be imported.
type foundEvent struct {
	Line      int    `json:"line,omitempty" description:"Absent for what the file has no more."`
	UID       string `json:"uid"`
	Deed      string `json:"deed" enum:"new,changed,same,deleted,removed,another" description:"deleted: somebody deleted it here, and it stays so, for ever. removed: the file has it no more. another: another unit has it, and it stays there as it is."`
	Title     string `json:"title"`
	Unit      string `json:"unit"`
	Category  string `json:"category"`
	Place     string `json:"place,omitempty"`
	AllDay    bool   `json:"allDay"`
	Starts    string `json:"starts"`
	Ends      string `json:"ends,omitempty"`
	Cancelled bool   `json:"cancelled,omitempty"`
	Wrong     bool   `json:"wrong,omitempty"`
}

// wrongPlace is something that keeps all from being imported.
type wrongPlace struct {
	Line    int    `json:"line"`
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message" description:"In the language of the request."`
}

// counts are how many events an import does what with.
type counts struct {
	New     int `json:"new"`
	Changed int `json:"changed"`
	Same    int `json:"same"`
	Deleted int `json:"deleted" description:"Somebody deleted them here, and they stay so."`
	Removed int `json:"removed" description:"The file has them no more."`
	Another int `json:"another" description:"Another unit has them, and they stay there as they are."`
}

func countsOf(done map[calendar.Deed]int) counts {
	return counts{New: done[calendar.New], Changed: done[calendar.Changes], Same: done[calendar.Same], Deleted: done[calendar.Stays], Removed: done[calendar.Goes], Another: done[calendar.Belongs]}
}

type weighResponse struct {
	counts
	Events []foundEvent `json:"events"`
	Wrong  []wrongPlace `json:"wrong"`
	Passed []string     `json:"passed" description:"What nothing is read of."`
}

// weighed is what a file holds, and what would become of it.
type weighed struct {
	calendar.Reading
	events []calendar.Weighed
}

// looked reads a form and weighs what its file holds.
func (h handlers) looked(ctx context.Context, b function.Body) (weighed, error) {
	name, file, to, err := form(b)
	if err != nil {
		return weighed{}, err
	}
	w := weighed{}
	if strings.EqualFold(path.Ext(name), ".csv") {
		w.Reading = calendar.ReadCSV(file, h.site)
	} else {
		w.Reading = calendar.ReadICS(file, clock.Now(ctx), h.site)
	}
	if w.events, err = h.events.Weigh(ctx, w.Events, to, h.units); err != nil {
		return weighed{}, err
	}
	for _, e := range w.events {
		w.Wrong = append(w.Wrong, e.Wrong...)
	}
	slices.SortStableFunc(w.Wrong, func(a, b calendar.Wrong) int { return cmp.Compare(a.Line, b.Line) })
	return w, nil
}

// weigh says what importing the same form would do.
func (h handlers) weigh(ctx context.Context, r *importRequest) (*weighResponse, error) {
	w, err := h.looked(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	answer, done := &weighResponse{Events: []foundEvent{}, Wrong: []wrongPlace{}, Passed: append([]string{}, w.Passed...)}, map[calendar.Deed]int{}
	for _, e := range w.events {
		f := foundEvent{Line: e.Line, UID: e.UID, Deed: string(e.Deed), Title: e.Title, Unit: e.Unit, Category: e.Category, Place: e.Place, AllDay: e.Span.AllDay, Cancelled: e.Cancelled, Wrong: len(e.Wrong) > 0}
		f.Starts, f.Ends = e.Span.Strings()
		answer.Events = append(answer.Events, f)
		if !f.Wrong {
			done[e.Deed]++
		}
	}
	answer.counts = countsOf(done)
	language := function.RequestFrom(ctx).Language
	for _, v := range w.Wrong[:min(mostWrong, len(w.Wrong))] {
		answer.Wrong = append(answer.Wrong, wrongPlace{Line: v.Line, Field: v.Name, Code: v.Code, Message: v.Message.In(language)})
	}
	return answer, nil
}

// mostWrong is how many lines an import that is refused names: more than anybody mends at once.
const mostWrong = 100

// bring imports all that a form holds, or nothing.
func (h handlers) bring(ctx context.Context, r *importRequest) (*counts, error) {
	w, err := h.looked(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	if len(w.Wrong) > 0 {
		fields := []problem.Field{}
		for _, v := range w.Wrong[:min(mostWrong, len(w.Wrong))] {
			v.Name = "file:" + strconv.Itoa(v.Line) + ":" + v.Name
			fields = append(fields, v.Field)
		}
		return nil, problem.Wrong(fields...)
	}
	done, err := h.events.Import(ctx, w.events)
	if err != nil {
		return nil, err
	}
	for deed, n := range done {
		function.Detail(ctx, string(deed), n)
	}
	answer := countsOf(done)
	return &answer, nil
}

// form reads a form: the file with its name, and where its events go.
func form(b function.Body) (name string, file []byte, to calendar.Target, err error) {
	media, params, err := mime.ParseMediaType(b.ContentType)
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return "", nil, to, problem.New(problem.UnsupportedMedia, "unsupported-media-type", "본문은 multipart/form-data이어야 합니다.", "The body must be multipart/form-data.")
	}
	unreadable := problem.Unreadable("malformed-form", "양식을 읽을 수 없습니다.", "The form cannot be read.")
	parts := multipart.NewReader(io.LimitReader(b.Reader, formBytes), params["boundary"])
	for seen := map[string]bool{}; ; {
		part, err := parts.NextPart()
		if err == io.EOF { //nolint:errorlint // a form that is cut off is told by an error that wraps it
			if file == nil {
				return "", nil, to, problem.WrongField("file", "required", "파일이 필요합니다.", "A file is required.")
			}
			return name, file, to, nil
		}
		if err != nil {
			return "", nil, to, unreadable.Because(err)
		}
		field, limit := part.FormName(), int64(fieldBytes)
		if field == "file" {
			limit = calendar.MostBytes
		}
		content, err := io.ReadAll(io.LimitReader(part, limit+1))
		var f check.Fields
		switch {
		case err != nil:
			return "", nil, to, unreadable.Because(err)
		case field != "file" && field != "unit" && field != "category":
			f.Add("form", "unknown-field", "unit, category와 file만 보낼 수 있습니다.", "Only unit, category and file are taken.")
		case seen[field]:
			f.Add("form", "repeated", "한 번만 보낼 수 있습니다: "+field, "It can be sent once: "+field)
		case int64(len(content)) > limit && field == "file":
			return "", nil, to, problem.New(problem.TooLarge, "body-too-large", "파일이 1 MiB보다 큽니다.", "The file is larger than 1 MiB.")
		case field == "file":
			name, file = f.Line("file", part.FileName(), 200), bytes.Clone(content)
			if len(content) == 0 {
				f.Required("file")
			}
		case field == "unit":
			to.Unit = f.Line("unit", string(content), 50)
		default:
			to.Category = f.Line("category", string(content), 50)
		}
		seen[field] = true
		if err := f.Err(); err != nil {
			return "", nil, to, err
		}
	}
}
