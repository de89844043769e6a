// Package old reads notices of old boards from files: CSV, Markdown with front matter, and ZIP
// archives of both. It knows no database: what it reads is weighed by package notice.
package old

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"path"
	"slices"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/problem"
)

// The limits of one import.
const (
	MostNotices  = 500
	MostBytes    = 4 << 20 // as they are sent: 500 notices of 8 KiB
	MostUnpacked = 8 << 20 // of an archive's files together, as long as they are read
	MostFiles    = 2000    // in an archive, those that are passed over too
	MostPassed   = 50      // files and columns that are named as passed over
	MostWrong    = 100     // mistakes that are told: more than anybody mends at once
	mostColumns  = 100     // of a table
)

// File is one that was sent.
type File struct {
	Name    string
	Content []byte
}

// Found is a notice with where it was found.
type Found struct {
	notice.Old
	Place

	lines map[string]int // of its fields, where they have lines of their own
}

// Place is where something stands.
type Place struct {
	File string // its name; in an archive behind the archive's, as "old.zip/1.md"
	Line int    // the first is 1; 0 for the whole file
}

// Of is the place of a field.
func (f Found) Of(field string) Place {
	name, _, _ := strings.Cut(field, "[")
	if line := f.lines[name]; line > 0 {
		return Place{File: f.File, Line: line}
	}
	return f.Place
}

// Wrong is something that cannot be brought along.
type Wrong struct {
	Place
	problem.Field
}

// Reading is what files hold.
type Reading struct {
	Notices []Found
	Wrong   []Wrong  // what was found until there was too much of it: at most MostWrong
	Passed  []string // files and columns that were passed over, the first MostPassed: nothing is read of them
}

// Read reads files, those of archives in the order of their names. Notices without a unit are of
// the given one, which may be "". It fails with a problem where there is too much.
func Read(files []File, unit string) (Reading, error) {
	r := reader{unit: unit, room: MostUnpacked}
	for _, f := range files {
		if err := r.file(f, true); err != nil {
			return Reading{}, err
		}
	}
	return r.Reading, nil
}

// reader is a Reading that grows.
type reader struct {
	Reading
	unit string
	room int // bytes that archives may still unpack to
}

// over says that enough is wrong: the rest is not read.
func (r *reader) over() bool { return len(r.Wrong) >= MostWrong }

func (r *reader) wrong(at Place, field, code, ko, en string) {
	if r.over() {
		return
	}
	r.Wrong = append(r.Wrong, Wrong{at, problem.Field{Name: field, Code: code, Message: problem.Text{KO: ko, EN: en}}})
}

func (r *reader) pass(what string) {
	if len(r.Passed) < MostPassed && !slices.Contains(r.Passed, what) {
		r.Passed = append(r.Passed, what)
	}
}

// add takes a notice, which needs a place in the import.
func (r *reader) add(f Found) error {
	if f.Unit == "" {
		f.Unit = r.unit
	}
	if len(r.Notices) == MostNotices {
		return problem.New(problem.Invalid, "too-many-notices", fmt.Sprintf("한 번에 %d개까지 옮겨 올 수 있습니다. 파일을 나누세요.", MostNotices), fmt.Sprintf("At most %d notices at once: split the file.", MostNotices))
	}
	r.Notices = append(r.Notices, f)
	return nil
}

// file reads one file, by the end of its name.
func (r *reader) file(f File, archives bool) error {
	if r.over() {
		return nil
	}
	switch ending := strings.ToLower(path.Ext(f.Name)); {
	case ending == ".zip" && archives:
		return r.archive(f)
	case ending != ".csv" && ending != ".md" && ending != ".markdown":
		if archives {
			r.wrong(Place{File: f.Name}, "file", "unknown-type", "CSV, Markdown(.md), ZIP 파일만 읽을 수 있습니다.", "Only CSV, Markdown (.md) and ZIP files can be read.")
		} else {
			r.pass(f.Name)
		}
		return nil
	default:
		text, ok := decode(f.Content)
		if !ok {
			r.wrong(Place{File: f.Name}, "file", "unknown-encoding", "글자를 읽을 수 없습니다. UTF-8이나 CP949로 저장하세요.", "The characters cannot be read: save it as UTF-8 or CP949.")
			return nil
		}
		if ending == ".csv" {
			return r.table(f.Name, text)
		}
		return r.markdown(f.Name, text)
	}
}

// decode is a text as UTF-8: of UTF-8, of UTF-16 with a byte order mark, or of CP949, in which Korean
// editions of Windows save. Lines end with \n.
func decode(content []byte) (string, bool) {
	switch {
	case bytes.HasPrefix(content, []byte("\xff\xfe")), bytes.HasPrefix(content, []byte("\xfe\xff")):
		wide, _, err := transform.Bytes(unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewDecoder(), content)
		if err != nil {
			return "", false
		}
		content = wide
	case !utf8.Valid(content):
		wide, _, err := transform.Bytes(korean.EUCKR.NewDecoder(), content) // CP949 in whole: the Encoding Standard's euc-kr
		if err != nil || bytes.ContainsRune(wide, utf8.RuneError) {
			return "", false
		}
		content = wide
	}
	text := strings.TrimPrefix(string(content), "\ufeff")
	return strings.ReplaceAll(text, "\r\n", "\n"), true
}

// archive reads the files of a ZIP archive. Archives in it are passed over.
func (r *reader) archive(f File) error {
	z, err := zip.NewReader(bytes.NewReader(f.Content), int64(len(f.Content)))
	if err != nil {
		r.wrong(Place{File: f.Name}, "file", "unreadable-archive", "ZIP 파일이 깨졌습니다.", "The ZIP archive is damaged.")
		return nil //nolint:nilerr // it is told with the other mistakes
	}
	if len(z.File) > MostFiles {
		return tooLarge()
	}
	members := map[string]*zip.File{}
	names := []string{}
	for _, m := range z.File {
		name := m.Name
		if m.NonUTF8 {
			if said, ok := decode([]byte(name)); ok {
				name = said
			}
		}
		base := path.Base(name)
		if m.FileInfo().IsDir() || strings.HasPrefix(base, ".") || strings.HasPrefix(name, "__MACOSX/") {
			continue
		}
		if members[name] != nil {
			r.wrong(Place{File: f.Name + "/" + name}, "file", "repeated", "같은 이름의 파일이 두 번 있습니다.", "There are two files of this name.")
			continue
		}
		members[name], names = m, append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		content, err := r.unpack(members[name])
		var p *problem.Error
		if errors.As(err, &p) {
			return err
		}
		if err != nil {
			r.wrong(Place{File: f.Name + "/" + name}, "file", "unreadable-archive", "ZIP 파일이 깨졌습니다.", "The ZIP archive is damaged.")
			continue
		}
		if err := r.file(File{Name: f.Name + "/" + name, Content: content}, false); err != nil {
			return err
		}
	}
	return nil
}

// unpack reads a file of an archive whose size nobody vouches for.
func (r *reader) unpack(m *zip.File) ([]byte, error) {
	in, err := m.Open()
	if err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	content, err := io.ReadAll(io.LimitReader(in, int64(r.room)+1))
	if err = errors.Join(err, in.Close()); err != nil {
		return nil, fmt.Errorf("unpack: %w", err)
	}
	if r.room -= len(content); r.room < 0 {
		return nil, tooLarge()
	}
	return content, nil
}

func tooLarge() *problem.Error {
	return problem.New(problem.TooLarge, "archive-too-large", fmt.Sprintf("압축을 풀면 %d MiB나 파일 %d개보다 많습니다. 나누어 보내세요.", MostUnpacked>>20, MostFiles),
		fmt.Sprintf("Unpacked it has more than %d MiB or %d files: send it in parts.", MostUnpacked>>20, MostFiles))
}

// column is a field of a notice by the names that boards give it; "" is none.
func column(name string) string {
	switch strings.ToLower(strings.NewReplacer(" ", "", "_", "", "-", "").Replace(strings.TrimSpace(name))) {
	case "title", "제목", "글제목":
		return "title"
	case "body", "content", "내용", "본문", "글내용":
		return "body"
	case "date", "publishat", "날짜", "작성일", "작성일시", "등록일", "등록일시", "게시일", "게시일시":
		return "date"
	case "tags", "tag", "태그", "분류", "말머리":
		return "tags"
	case "unit", "단위", "기구":
		return "unit"
	case "titleen", "englishtitle", "영어제목", "영문제목":
		return "titleEn"
	case "bodyen", "englishbody", "영어내용", "영어본문", "영문내용", "영문본문":
		return "bodyEn"
	case "source", "url", "link", "주소", "출처", "원문":
		return "source"
	default:
		return ""
	}
}

// fill is a notice of texts by field.
func (r *reader) fill(at Place, lines map[string]int, said map[string]string, tags []string) (Found, bool) {
	f := Found{Place: at, lines: lines, Old: notice.Old{
		Content: notice.Content{
			Unit: strings.TrimSpace(said["unit"]), Title: said["title"], Body: said["body"], TitleEn: said["titleEn"], BodyEn: said["bodyEn"], Tags: tags,
		},
		Source: said["source"],
	}}
	for tag := range strings.FieldsFuncSeq(said["tags"], func(c rune) bool { return c == ',' || c == ';' || c == '|' }) {
		if tag = strings.TrimPrefix(strings.TrimSpace(tag), "#"); tag != "" {
			f.Tags = append(f.Tags, tag)
		}
	}
	date := strings.TrimSpace(said["date"])
	if date == "" {
		return f, true // package notice asks for it
	}
	t, ok := Date(date)
	if !ok {
		r.wrong(f.Of("date"), "date", "not-a-date", "날짜를 읽을 수 없습니다. 2024-03-02 13:00처럼 쓰세요.", "The date cannot be read: write it as 2024-03-02 13:00.")
		return f, false
	}
	var c check.Fields
	f.PublishAt = c.Time("date", &t)
	if f.PublishAt == nil {
		r.wrong(f.Of("date"), "date", "out-of-range", "입력할 수 없는 시각입니다.", "The time is out of range.")
		return f, false
	}
	return f, true
}
