package old_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/encoding/unicode"

	"github.com/madang-council/madang/functions/notices/old"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

func TestDate(t *testing.T) {
	noon := time.Date(2024, 3, 2, 13, 0, 0, 0, clock.Seoul)
	day := time.Date(2024, 3, 2, 0, 0, 0, 0, clock.Seoul)
	for s, want := range map[string]time.Time{
		"2024-03-02": day, "2024.03.02": day, "2024/3/2": day, "2024. 3. 2.": day, "2024. 3. 2": day, " 2024년 3월 2일 ": day, "2024년 3월 2일 (토)": day, "2024.03.02(토)": day, "2024-03-02 토요일": day,
		"2024-03-02 13:00": noon, "2024.03.02 13:00:00": noon, "2024-03-02T13:00": noon, "2024. 3. 2. 오후 1:00": noon, "2024년 3월 2일 (토) 오후 1:00": noon, "2024-03-02 1:00 PM": noon,
		"2024-03-02T13:00:00+09:00": noon, "2024-03-02T04:00:00Z": noon, "2024-03-02 13:00:00.0": noon, "2024-03-02 오전 12:00": day, "2024-03-02 오후 12:30": noon.Add(-30 * time.Minute),
		"2024-02-29": time.Date(2024, 2, 29, 0, 0, 0, 0, clock.Seoul),
	} {
		if got, ok := old.Date(s); !ok || !got.Equal(want) {
			t.Errorf("%q: %v %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "어제", "2024", "2024-13-01", "2024-02-30", "2023-02-29", "24.03.02", "2024-03-02 25:00", "2024-03-02 13:60", "2024-03-02 오후 13:00", "2024-03-02 오후 0:10", "2024-03-02 오전 1:00 PM", "02.03.2024", "2024-03-02 13:00 KST", "20240302"} {
		if got, ok := old.Date(s); ok {
			t.Errorf("%q is %v", s, got)
		}
	}
}

// said is what a notice says, on one line.
func said(f old.Found) string {
	at := "-"
	if f.PublishAt != nil {
		at = f.PublishAt.In(clock.Seoul).Format("2006-01-02T15:04")
	}
	return fmt.Sprintf("%s:%d %s|%s|%s|%s|%s|%s|%s|%s", f.File, f.Line, f.Unit, at, f.Title, f.Body, strings.Join(f.Tags, ","), f.TitleEn, f.BodyEn, f.Source)
}

func told(list []old.Wrong) []string {
	all := []string{}
	for _, w := range list {
		all = append(all, fmt.Sprintf("%s:%d %s:%s", w.File, w.Line, w.Name, w.Code))
	}
	return all
}

func read(t *testing.T, unit string, files ...old.File) old.Reading {
	t.Helper()
	r, err := old.Read(files, unit)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func text(name, content string) old.File { return old.File{Name: name, Content: []byte(content)} }

const table = "제목,작성일,분류,조회수,내용,영어 제목,영어 내용,주소\r\n개강총회,2024.03.02 13:00,\"행사, #총회\",7,\"첫 줄\r\n둘째 줄\",Meeting,Text,https://old/1\r\n휴무,2024. 3. 3.,,1,,,,\r\n,,,,,,,\r\n"

// Every encoding in which Korean computers save gives the same notices.
func TestEncodings(t *testing.T) {
	cp949, err := korean.EUCKR.NewEncoder().String(table + "똠방각하,2024-03-04\r\n") // 똠 is in CP949 and not in EUC-KR
	if err != nil {
		t.Fatal(err)
	}
	utf16, err := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(table)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"공지.csv:2 총학|2024-03-02T13:00|개강총회|첫 줄\n둘째 줄|행사,총회|Meeting|Text|https://old/1", "공지.csv:4 총학|2024-03-03T00:00|휴무|||||"}
	for name, content := range map[string]string{"UTF-8": table, "with a mark": "\ufeff" + table, "CP949": cp949, "UTF-16": utf16} {
		r := read(t, "총학", text("공지.csv", content))
		got := []string{}
		for _, f := range r.Notices {
			got = append(got, said(f))
		}
		if name == "CP949" {
			if last := got[len(got)-1]; last != "공지.csv:6 총학|2024-03-04T00:00|똠방각하|||||" {
				t.Errorf("%s: %s", name, last)
			}
			got = got[:len(got)-1]
		}
		if !slices.Equal(got, want) || len(r.Wrong) > 0 || !slices.Equal(r.Passed, []string{"공지.csv: 조회수"}) {
			t.Errorf("%s: %q %v %v", name, got, told(r.Wrong), r.Passed)
		}
	}
	if got := told(read(t, "", text("a.csv", "title,date\n\xff\xff\xff,x\n")).Wrong); !slices.Equal(got, []string{"a.csv:0 file:unknown-encoding"}) {
		t.Errorf("neither: %v", got)
	}
}

func TestMarkdown(t *testing.T) {
	r := read(t, "총학",
		text("a.md", "---\r\ntitle: 개강총회\r\ndate: 2024-03-02 13:00\r\ntags: [행사, '#총회']\r\nunit: 동연\r\nlayout: post\r\nurl: https://old/1\r\n---\r\n\r\n# 안내\r\n\r\n---\r\n끝\r\n"),
		text("b.MD", "---\n제목: \"휴무: 월요일\"\n날짜: 2024-03-03\n태그: 휴무, 안내\ntitleEn: Closed\nbodyEn: |\n  One\n\n  Two\n---\n"),
		text("c.markdown", "---\ntitle: 2024\ndate: 2024-03-04T00:00:00Z\nbody: 앞에 쓴 글\n...\n버린 글"),
	)
	got := []string{}
	for _, f := range r.Notices {
		got = append(got, said(f))
	}
	want := []string{
		"a.md:1 동연|2024-03-02T13:00|개강총회|# 안내\n\n---\n끝\n|행사,총회|||https://old/1",
		"b.MD:1 총학|2024-03-03T00:00|휴무: 월요일||휴무,안내|Closed|One\n\nTwo\n|",
		"c.markdown:1 총학|2024-03-04T09:00|2024|앞에 쓴 글||||",
	}
	if !slices.Equal(got, want) || len(r.Wrong) > 0 || !slices.Equal(r.Passed, []string{"a.md: layout"}) {
		t.Errorf("%q\n%v %v", got, told(r.Wrong), r.Passed)
	}
	if at := r.Notices[0].Of("tags[1]"); at.Line != 4 {
		t.Errorf("tags are in line %d", at.Line)
	}
	if at := r.Notices[0].Of("body"); at.Line != 9 {
		t.Errorf("the body is in line %d", at.Line)
	}
}

// What cannot be read is told with its line, and the rest is read.
func TestWrong(t *testing.T) {
	for name, c := range map[string]struct {
		file old.File
		want string
	}{
		"no heading":         {text("a.csv", "개강총회,2024-03-02\n"), "a.csv:1 file:no-heading"},
		"an empty file":      {text("a.csv", ""), "a.csv:0 file:empty"},
		"two of a column":    {text("a.csv", "제목,날짜,작성일\n가,2024-03-02,\n"), "a.csv:1 date:repeated-field"},
		"too many columns":   {text("a.csv", "제목,날짜\n가,2024-03-02,다\n"), "a.csv:2 file:malformed"},
		"an open quote":      {text("a.csv", "제목,날짜\n가,2024-03-02\n\"나,2024-03-02\n"), "a.csv:3 file:malformed"},
		"no date":            {text("a.csv", "제목,날짜\n가,어제\n"), "a.csv:2 date:not-a-date"},
		"a date of lines":    {text("a.csv", "제목,내용,날짜\n가,\"하나\n둘\",어제\n"), "a.csv:3 date:not-a-date"},
		"before 1945":        {text("a.csv", "제목,날짜\n가,1910-08-29\n"), "a.csv:2 date:out-of-range"},
		"no front matter":    {text("a.md", "# 제목\n"), "a.md:1 file:no-front-matter"},
		"not ended":          {text("a.md", "---\ntitle: 가\n"), "a.md:1 file:no-front-matter"},
		"not YAML":           {text("a.md", "---\ntitle: 가\ndate: [\n---\n"), "a.md:3 file:malformed-front-matter"},
		"a list":             {text("a.md", "---\n- title\n---\n"), "a.md:2 file:malformed-front-matter"},
		"a map for a title":  {text("a.md", "---\ndate: 2024-03-02\ntitle: {a: b}\n---\n"), "a.md:3 file:malformed-front-matter"},
		"twice":              {text("a.md", "---\ntitle: 가\n제목: 나\n---\n"), "a.md:3 title:repeated-field"},
		"a date of Markdown": {text("a.md", "---\ntitle: 가\ndate: 어제\n---\n"), "a.md:3 date:not-a-date"},
		"another file":       {text("a.hwp", "x"), "a.hwp:0 file:unknown-type"},
		"no archive":         {text("a.zip", "PK"), "a.zip:0 file:unreadable-archive"},
	} {
		r := read(t, "", c.file, text("z.csv", "title,date\n나,2024-03-02\n"))
		if got := told(r.Wrong); !slices.Equal(got, []string{c.want}) {
			t.Errorf("%s: %v, want %s", name, got, c.want)
		}
		if last := r.Notices[len(r.Notices)-1]; last.File != "z.csv" {
			t.Errorf("%s: the next file is not read", name)
		}
	}
}

// packed is an archive of files, with names as they are.
func packed(t *testing.T, files ...old.File) old.File {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, f := range files {
		w, err := z.CreateHeader(&zip.FileHeader{Name: f.Name, Method: zip.Deflate, NonUTF8: true})
		if err == nil {
			_, err = w.Write(f.Content)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return old.File{Name: "old.zip", Content: b.Bytes()}
}

func TestArchive(t *testing.T) {
	name, err := korean.EUCKR.NewEncoder().String("공지.md")
	if err != nil {
		t.Fatal(err)
	}
	one := func(title string) string { return "---\ntitle: " + title + "\ndate: 2024-03-02\n---\n" }
	r := read(t, "총학", packed(t, text("b/2.md", one("둘")), text("a/1.md", one("하나")), text("b/", ""), text(name, one("한글 이름")), text("__MACOSX/a/._1.md", "x"), text(".DS_Store", "x"), text("a/그림.png", "x"), text("c.csv", table), text("in.zip", "x"), text("bad.md", "x")))
	got := []string{}
	for _, f := range r.Notices {
		got = append(got, f.File+" "+f.Title)
	}
	if want := []string{"old.zip/a/1.md 하나", "old.zip/b/2.md 둘", "old.zip/c.csv 개강총회", "old.zip/c.csv 휴무", "old.zip/공지.md 한글 이름"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	if got := told(r.Wrong); !slices.Equal(got, []string{"old.zip/bad.md:1 file:no-front-matter"}) {
		t.Errorf("%q", got)
	}
	if want := []string{"old.zip/a/그림.png", "old.zip/c.csv: 조회수", "old.zip/in.zip"}; !slices.Equal(r.Passed, want) {
		t.Errorf("%q", r.Passed)
	}
}

// An archive that unpacks to more than it seems, and a file of more notices than are taken, are
// refused whole.
func TestBounds(t *testing.T) {
	many := strings.Repeat("가,2024-03-02\n", old.MostNotices)
	if r := read(t, "총학", text("a.csv", "제목,날짜\n"+many)); len(r.Notices) != old.MostNotices {
		t.Errorf("%d notices", len(r.Notices))
	}
	members := []old.File{}
	for i := range old.MostFiles + 1 {
		members = append(members, text(fmt.Sprint(i, ".txt"), ""))
	}
	for code, file := range map[string]old.File{
		"too-many-notices":  text("a.csv", "제목,날짜\n"+many+"가,2024-03-02\n"),
		"archive-too-large": packed(t, text("a.csv", strings.Repeat(" ", old.MostUnpacked/2)), text("b.csv", strings.Repeat(" ", old.MostUnpacked/2+1))),
	} {
		if _, err := old.Read([]old.File{file}, "총학"); problem.Find(err) == nil || problem.Find(err).Code != code {
			t.Errorf("%v, want %s", err, code)
		}
	}
	if _, err := old.Read([]old.File{packed(t, members...)}, ""); problem.Find(err) == nil || problem.Find(err).Code != "archive-too-large" {
		t.Errorf("many files: %v", err)
	}
}

// Whatever is sent is read or refused, and what is found has its place.
func FuzzRead(f *testing.F) {
	f.Add("a.csv", []byte(table))
	f.Add("a.md", []byte("---\ntitle: &a 가\ndate: *a\ntags: [*a, *a]\n---\n"))
	f.Add("a.zip", []byte("PK\x05\x06"+strings.Repeat("\x00", 18)))
	f.Fuzz(func(t *testing.T, name string, content []byte) {
		r, err := old.Read([]old.File{{Name: name, Content: content}}, "총학")
		if err != nil && problem.Find(err) == nil {
			t.Fatal(err)
		}
		for _, n := range r.Notices {
			if n.Line < 1 || n.Unit == "" {
				t.Fatalf("%+v", n)
			}
		}
	})
}
