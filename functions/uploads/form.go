package uploads

import (
	"context"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/url"
	"regexp"
	"strings"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text/charset"
)

type formRequest struct {
	Body function.Body `body:"multipart/form-data"`
}

// Form is what the form has.
func (formRequest) Form() any {
	return struct {
		Purpose string        `json:"purpose"`
		SHA256  string        `json:"sha256,omitempty" description:"In hexadecimal digits; refused where the file has another."`
		File    function.File `json:"file" description:"Last."`
	}{}
}

// Bounds of a form beside its file.
const (
	formFields = 8   // parts before the file
	fieldBytes = 256 // of a field's value
)

func (h handlers) form(ctx context.Context, r *formRequest) (*madeResponse, error) {
	media, params, err := mime.ParseMediaType(r.Body.ContentType)
	if err != nil || media != "multipart/form-data" || params["boundary"] == "" {
		return nil, problem.New(problem.UnsupportedMedia, "unsupported-media-type", "본문은 multipart/form-data이어야 합니다.", "The body must be multipart/form-data.")
	}
	form := multipart.NewReader(r.Body.Reader, params["boundary"])
	draft, content, err := fields(form)
	if err != nil {
		return nil, err
	}
	u, err := h.files.Receive(ctx, draft, content)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, u.ID)
	a, err := h.respond(ctx, u)
	if err != nil {
		return nil, err
	}
	return &madeResponse{*a}, nil
}

// fields reads a form up to its file, which must come last, since it is not kept in
// memory while the rest is read.
func fields(form *multipart.Reader) (upload.Draft, io.Reader, error) {
	draft, seen := upload.Draft{}, map[string]bool{}
	for range formFields {
		p, err := form.NextRawPart()
		if ended(err) {
			return draft, nil, problem.WrongField("file", "required", "파일이 필요합니다.", "A file is required.")
		}
		if err != nil {
			return draft, nil, unreadableForm(err)
		}
		name := p.FormName()
		if seen[name] {
			return draft, nil, problem.WrongField(name, "repeated-field", "두 번 쓰였습니다.", "It is given twice.")
		}
		seen[name] = true
		if name == "file" {
			draft.Name, draft.Declared = fileName(p), p.Header.Get("Content-Type")
			return draft, &last{part: p, form: form}, nil
		}
		value, err := io.ReadAll(io.LimitReader(p, fieldBytes+1))
		switch {
		case err != nil:
			return draft, nil, unreadableForm(err)
		case len(value) > fieldBytes:
			return draft, nil, problem.WrongField(known(name), "too-long", "너무 깁니다.", "It is too long.")
		case name == "purpose":
			draft.Purpose = string(value)
		case name == "sha256":
			draft.SHA256 = string(value)
		default:
			return draft, nil, problem.WrongField("form", "unknown-field", "purpose, sha256, file만 보낼 수 있습니다.", "Only purpose, sha256 and file are taken.")
		}
	}
	return draft, nil, unreadableForm(errors.New("too many parts"))
}

// known keeps a name that the caller made up out of the answer.
func known(name string) string {
	if name == "purpose" || name == "sha256" {
		return name
	}
	return "form"
}

// extended is a file's name as RFC 8187 has it; programs for Korean computers say euc-kr or cp949 there.
var extended = regexp.MustCompile(`(?i);\s*filename\*\s*=\s*(?:euc-kr|cp949|ks_c_5601-1987|x-windows-949|utf-8)'[^']*'([^;"\s]*)`)

// quoted is a value in quotes, in which nothing else is said.
var quoted = regexp.MustCompile(`"(?:[^"\\]|\\.)*"`)

// fileName is the file's name as it was sent, in UTF-8, whether it was sent so, in CP949, or as a header of mail
// (RFC 2047): Part.FileName would cut it at what is a separator on this machine only.
func fileName(p *multipart.Part) string {
	header := p.Header.Get("Content-Disposition")
	_, params, err := mime.ParseMediaType(header)
	if err != nil {
		return ""
	}
	name := params["filename"]
	if m := extended.FindStringSubmatch(quoted.ReplaceAllString(header, "")); m != nil {
		if raw, err := url.PathUnescape(m[1]); err == nil {
			name = raw
		}
	}
	words := mime.WordDecoder{CharsetReader: func(_ string, r io.Reader) (io.Reader, error) { return r, nil }} // judged below
	if decoded, err := words.DecodeHeader(name); err == nil && strings.HasPrefix(name, "=?") && strings.HasSuffix(name, "?=") {
		name = decoded
	}
	return charset.Shown(name)
}

func unreadableForm(err error) error {
	return problem.Unreadable("malformed-form", "양식을 읽을 수 없습니다.", "The form cannot be read.").Because(err)
}

// last reads the file of a form and sees to it that the form ends behind it: a form that
// is cut off, or goes on, is not taken.
type last struct {
	part *multipart.Part
	form *multipart.Reader
}

func (l *last) Read(p []byte) (int, error) {
	n, err := l.part.Read(p)
	if !ended(err) {
		return n, err
	}
	if _, next := l.form.NextRawPart(); next == nil {
		return n, unreadableForm(errors.New("the file is not the last part"))
	} else if !ended(next) {
		return n, unreadableForm(next)
	}
	return n, io.EOF
}

// ended says whether a form came to its end. One that is cut off is told by an error
// that wraps io.EOF.
func ended(err error) bool { return err == io.EOF } //nolint:errorlint // see above
