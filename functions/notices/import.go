package notices

import (
	"cmp"
	"context"
	"io"
	"mime"
	"mime/multipart"
	"slices"
	"strconv"
	"time"

	"github.com/madang-council/madang/functions/notices/old"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/problem"
)

// importRequest is a form with files of old notices.
type importRequest struct {
	Body function.Body `body:"multipart/form-data"`
}

// Form is what the form has.
func (importRequest) Form() any {
	return struct {
		Unit string        `json:"unit,omitempty" description:"Of notices that name none."`
		File function.File `json:"file" description:"CSV, Markdown with front matter or ZIP, as often as there are files; 4 MiB together."`
	}{}
}

// bounds of a form of files.
const (
	importParts = old.MostNotices + 1 // a Markdown file for each notice, and the unit
	unitBytes   = 256
	formBytes   = old.MostBytes + importParts*512 // with what stands between the files
)

// foundNotice is a notice as it would be brought along.
type foundNotice struct {
	File      string     `json:"file"`
	Line      int        `json:"line"`
	Unit      string     `json:"unit"`
	Title     string     `json:"title"`
	TitleEn   string     `json:"titleEn,omitempty"`
	Excerpt   string     `json:"excerpt"`
	Tags      []string   `json:"tags"`
	PublishAt *time.Time `json:"publishAt,omitempty"`
	There     bool       `json:"there" description:"It was brought along before, and stays as it is."`
	Wrong     bool       `json:"wrong"`
}

// wrongPlace is something that keeps all from being brought along.
type wrongPlace struct {
	File    string `json:"file"`
	Line    int    `json:"line,omitempty"` // absent: the whole file
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message" description:"In the language of the request."`
}

type weighResponse struct {
	Notices []foundNotice `json:"notices"`
	Wrong   []wrongPlace  `json:"wrong"`
	Passed  []string      `json:"passed"` // files and columns that nothing is read of
	New     int           `json:"new"`    // how many an import would make
	There   int           `json:"there"`
}

type importResponse struct {
	Made  []madeNotice `json:"made"`
	There int          `json:"there" description:"How many were brought along before, and stay as they are."`
}

type madeNotice struct {
	ID        string     `json:"id"`
	Title     string     `json:"title"`
	Unit      string     `json:"unit"`
	PublishAt *time.Time `json:"publishAt"`
}

// weighed is what files hold, and what package notice says of it.
type weighed struct {
	old.Reading
	notices []notice.Weighed
}

// readOld reads a form and weighs what its files hold.
func (h handlers) readOld(ctx context.Context, b function.Body) (weighed, error) {
	files, unit, err := oldFiles(b)
	if err != nil {
		return weighed{}, err
	}
	reading, err := old.Read(files, unit)
	if err != nil {
		return weighed{}, err
	}
	list := []notice.Old{}
	for _, f := range reading.Notices {
		list = append(list, f.Old)
	}
	w := weighed{Reading: reading}
	if w.notices, err = h.notices.Weigh(ctx, list, h.units); err != nil {
		return weighed{}, err
	}
	for i, n := range w.notices {
		for _, field := range n.Wrong {
			w.Wrong = append(w.Wrong, old.Wrong{Place: reading.Notices[i].Of(field.Name), Field: field})
		}
	}
	// As they stand in the files, whoever found them.
	slices.SortStableFunc(w.Wrong, func(a, b old.Wrong) int { return cmp.Or(cmp.Compare(a.File, b.File), cmp.Compare(a.Line, b.Line)) })
	if len(list) == 0 && len(w.Wrong) == 0 {
		w.Wrong = append(w.Wrong, old.Wrong{Place: old.Place{File: files[0].Name}, Field: problem.Field{Name: "file", Code: "empty", Message: problem.Text{KO: "옮겨 올 공지가 없습니다.", EN: "There is no notice in it."}}})
	}
	return w, nil
}

// weigh says what importing the same form would do.
func (h handlers) weigh(ctx context.Context, r *importRequest) (*weighResponse, error) {
	w, err := h.readOld(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	answer := &weighResponse{Notices: []foundNotice{}, Wrong: []wrongPlace{}, Passed: append([]string{}, w.Passed...)}
	for i, n := range w.notices {
		found := w.Notices[i]
		answer.Notices = append(answer.Notices, foundNotice{
			File: found.File, Line: found.Line, Unit: n.Unit, Title: n.Title, TitleEn: n.TitleEn, Excerpt: markdown.Excerpt(n.Body, notice.ExcerptLength),
			Tags: append([]string{}, n.Tags...), PublishAt: n.PublishAt, There: n.There, Wrong: len(n.Wrong) > 0,
		})
		switch {
		case len(n.Wrong) > 0:
		case n.There:
			answer.There++
		default:
			answer.New++
		}
	}
	language := function.RequestFrom(ctx).Language
	for _, v := range w.Wrong {
		answer.Wrong = append(answer.Wrong, wrongPlace{File: v.File, Line: v.Line, Field: v.Name, Code: v.Code, Message: v.Message.In(language)})
	}
	return answer, nil
}

// mostWrong is how many places an import that is refused names: more than anybody mends at once.
const mostWrong = 100

// bring imports all that a form holds, or nothing.
func (h handlers) bring(ctx context.Context, r *importRequest) (*importResponse, error) {
	w, err := h.readOld(ctx, r.Body)
	if err != nil {
		return nil, err
	}
	if len(w.Wrong) > 0 {
		fields := []problem.Field{}
		for _, v := range w.Wrong[:min(mostWrong, len(w.Wrong))] {
			place := v.File
			if v.Line > 0 {
				place += ":" + strconv.Itoa(v.Line)
			}
			v.Name = place + ":" + v.Name
			fields = append(fields, v.Field)
		}
		return nil, problem.Wrong(fields...)
	}
	made, err := h.notices.Import(ctx, w.notices)
	if err != nil {
		return nil, err
	}
	answer := &importResponse{Made: []madeNotice{}, There: len(w.notices) - len(made)}
	for _, n := range made {
		answer.Made = append(answer.Made, madeNotice{ID: n.ID, Title: n.Title, Unit: n.Unit, PublishAt: n.PublishAt})
	}
	function.Detail(ctx, "made", len(made))
	function.Detail(ctx, "there", answer.There)
	return answer, nil
}

// oldFiles reads a form: its files, and the unit of notices that name none.
func oldFiles(b function.Body) ([]old.File, string, error) {
	media, params, err := mime.ParseMediaType(b.ContentType)
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, "", problem.New(problem.UnsupportedMedia, "unsupported-media-type", "본문은 multipart/form-data이어야 합니다.", "The body must be multipart/form-data.")
	}
	unreadable := problem.Unreadable("malformed-form", "양식을 읽을 수 없습니다.", "The form cannot be read.")
	form := multipart.NewReader(io.LimitReader(b.Reader, formBytes), params["boundary"])
	files, unit, room := []old.File{}, "", int64(old.MostBytes)
	for range importParts {
		p, err := form.NextPart()
		if err == io.EOF { //nolint:errorlint // a form that is cut off is told by an error that wraps it
			if len(files) == 0 {
				return nil, "", problem.WrongField("file", "required", "파일이 필요합니다.", "A file is required.")
			}
			return files, unit, nil
		}
		if err != nil {
			return nil, "", unreadable.Because(err)
		}
		content, err := io.ReadAll(io.LimitReader(p, room+1))
		room -= int64(len(content))
		var f check.Fields
		switch name := p.FormName(); {
		case room < 0:
			return nil, "", problem.New(problem.TooLarge, "body-too-large", "본문이 4 MiB보다 큽니다.", "The body is larger than 4 MiB.")
		case err != nil:
			return nil, "", unreadable.Because(err)
		case name == "file":
			files = append(files, old.File{Name: f.Line("file", p.FileName(), 200), Content: content})
		case name == "unit" && len(content) <= unitBytes:
			unit = f.OptionalLine("unit", string(content), 50)
		default:
			f.Add("form", "unknown-field", "unit과 file만 보낼 수 있습니다.", "Only unit and file are taken.")
		}
		if err := f.Err(); err != nil {
			return nil, "", err
		}
	}
	return nil, "", problem.New(problem.Invalid, "too-many-notices", "한 번에 500개까지 옮겨 올 수 있습니다. 파일을 나누세요.", "At most 500 notices at once: split the file.")
}
