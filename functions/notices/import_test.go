package notices_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"mime/multipart"
	"net/textproto"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices/old"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
)

// parts is a form: pairs of names and contents; a name with a dot is a file's.
func parts(t testing.TB, pairs ...string) (body, media string) {
	t.Helper()
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	for i := 0; i+1 < len(pairs); i += 2 {
		disposition := fmt.Sprintf(`form-data; name=%q`, pairs[i])
		if strings.Contains(pairs[i], ".") {
			disposition = `form-data; name="file"; filename="` + pairs[i] + `"`
		}
		w, err := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {disposition}})
		if err == nil {
			_, err = w.Write([]byte(pairs[i+1]))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := form.Close(); err != nil {
		t.Fatal(err)
	}
	return b.String(), form.FormDataContentType()
}

// importing sends a form to the import, or to its preview.
func (d desk) importing(as, to string, pairs ...string) functiontest.Response {
	d.t.Helper()
	body, media := parts(d.t, pairs...)
	return d.call(as, "POST", "/v1/admin/notices/imports"+to, body, "Content-Type", media)
}

const oldTable = "제목,날짜,태그,내용,영어 제목,조회수,단위\n개강총회,2024.03.02 13:00,\"행사, 총회\",**3월 5일**,Opening assembly,7,총학\n휴무,2019. 12. 31.,,,,,동연\n"

const oldPost = "---\ntitle: 옛 축제\ndate: 2022-05-20T10:00:00+09:00\ntags: [축제]\nsource: https://old.example.ac.kr/7\n---\n봄이었습니다.\n"

// Old notices are looked at and then brought along with their dates, marked, announced to nobody,
// once however often they are sent.
func TestImport(t *testing.T) {
	d := open(t)
	admin := d.Admin()
	now := d.write("새 공지", map[string]any{"publishAt": d.Now()})
	d.Events.Take()
	pairs := []string{"옛.csv", "\ufeff" + oldTable, "unit", "감사", "축제.md", oldPost}

	type found struct {
		File             string
		Line             int
		Title, Unit      string
		Excerpt          string
		There, Wrong     bool
		PublishAt        time.Time
		Tags             []string
		TitleEn, Passing string
	}
	type looked struct {
		Notices    []found
		Wrong      []struct{ File, Field, Code, Message string }
		Passed     []string
		New, There int
	}
	before := functiontest.JSON[looked](d.importing(admin, "/preview", pairs...).Want(200))
	if before.New != 3 || before.There != 0 || len(before.Wrong) != 0 || !slices.Equal(before.Passed, []string{"옛.csv: 조회수"}) {
		t.Errorf("%+v", before)
	}
	if n := before.Notices[0]; n.File != "옛.csv" || n.Line != 2 || n.Excerpt != "3월 5일" || n.TitleEn != "Opening assembly" || !n.PublishAt.Equal(time.Date(2024, 3, 2, 13, 0, 0, 0, clock.Seoul)) || strings.Join(n.Tags, ",") != "행사,총회" {
		t.Errorf("%+v", n)
	}
	if got := d.list("", "").titles(); got != "새 공지" || len(d.Events.Types()) != 0 || slices.Contains(d.Audited(), "POST /v1/admin/notices/imports") {
		t.Errorf("looking made something: %s %v", got, d.Events.Types())
	}

	type imported struct {
		Made  []struct{ ID, Title, Unit string }
		There int
	}
	made := functiontest.JSON[imported](d.importing(admin, "", pairs...).Want(200))
	if len(made.Made) != 3 || made.There != 0 || made.Made[2].Unit != "감사" {
		t.Errorf("%+v", made)
	}
	if got := d.list("", "").titles(); got != "새 공지 개강총회 옛 축제 휴무" {
		t.Errorf("readers see %q", got)
	}
	if got := functiontest.JSON[page](d.call(admin, "GET", "/v1/admin/notices", nil).Want(200)).titles(); got != "새 공지 개강총회 옛 축제 휴무" {
		t.Errorf("the council sees %q", got)
	}
	if !slices.Contains(d.Audited(), "POST /v1/admin/notices/imports") {
		t.Errorf("audited: %v", d.Audited())
	}
	events := d.Events.Take()
	if len(events) != 3 {
		t.Errorf("events: %v", events)
	}
	for _, e := range events {
		if e.Type != notice.Changed || !strings.Contains(string(e.Data), `"imported":true`) {
			t.Errorf("%s", e.Data)
		}
	}
	if n, err := notice.NewKeeper(d.DB, &event.Outbox{DB: d.DB, Bus: d.Events, Log: d.Deps.Log}).PublishDue(d.Context(), 100); n != 0 || err != nil {
		t.Errorf("%d are announced later: %v", n, err)
	}
	id := made.Made[0].ID
	one := d.call("", "GET", "/v1/notices/"+id, nil).Want(200)
	one.Says(`"imported":true`, `"publishAt":"2024-03-02T13:00:00+09:00"`, `"createdAt":"2026-03-02T12:00:00+09:00"`, "3월 5일")
	d.see("", "/notices/"+id).Want(200).Says("옮겨 온 공지", "2024년 3월 2일")
	d.see("", "/en/notices/"+id).Want(200).Says("<h1>Opening assembly</h1>", "Imported")
	d.see("", "/notices").Want(200).Says("옮겨 온 공지")
	d.see(admin, "/console/notices").Want(200).Says("옮겨 온 공지", "/console/notices/import")
	d.see("", "/notices/"+now.ID).Want(200).SaysNot("옮겨 온 공지")

	again := functiontest.JSON[imported](d.importing(admin, "", pairs...).Want(200))
	if len(again.Made) != 0 || again.There != 3 {
		t.Errorf("again: %+v", again)
	}
	// One that has a name is known by it, whatever became of its text; one that has none by what it says.
	changed := functiontest.JSON[imported](d.importing(admin, "", "unit", "감사", "축제.md", strings.Replace(oldPost, "봄이", "여름이", 1), "옛.csv", strings.Replace(oldTable, "휴무", "쉬는 날", 1)).Want(200))
	if len(changed.Made) != 1 || changed.There != 2 || changed.Made[0].Title != "쉬는 날" {
		t.Errorf("changed: %+v", changed)
	}
	// A deleted one is not brought back as long as it can be restored.
	d.call(admin, "DELETE", "/v1/notices/"+id, nil, "If-Match", match(1)).Want(204)
	if after := functiontest.JSON[looked](d.importing(admin, "/preview", pairs...).Want(200)); after.New != 0 || after.There != 3 {
		t.Errorf("after a deletion: %+v", after)
	}
	// It is edited as any other, and keeps its date.
	d.Events.Take()
	edited := functiontest.JSON[item](d.call(admin, "PUT", "/v1/notices/"+made.Made[1].ID, map[string]any{"unit": "동연", "title": "휴무 안내", "publishAt": "2019-12-31T00:00:00+09:00"}, "If-Match", match(1)).Want(200))
	if edited.State != "published" || strings.Contains(string(d.Events.Take()[0].Data), "imported") {
		t.Errorf("%+v", edited)
	}
}

// One wrong line keeps all out, and is named with its file and line.
func TestImportIsWhole(t *testing.T) {
	d := open(t)
	admin := d.Admin()
	bad := "제목,날짜,단위,태그\n좋음,2024-03-02,총학,\n,2024-03-02,총학,\n단위 없음,2024-03-02,없음,\n내일,2026-03-03,총학,\n날짜 없음,,총학,\n어제,어제,총학,\n좋음,2024-03-02,총학,\n긴 태그,2024-03-02,총학,가나다라마바사아자차카타파하가나다라마바사\n"
	want := []string{"나쁨.csv:3:title:required", "나쁨.csv:4:unit:not-one-of", "나쁨.csv:5:date:in-the-future", "나쁨.csv:6:date:required", "나쁨.csv:7:date:not-a-date", "나쁨.csv:8:source:repeated", "나쁨.csv:9:tags[0]:too-long"}
	if got := d.importing(admin, "", "나쁨.csv", bad, "축제.md", oldPost, "unit", "총학").Problem(422, "invalid-input").Fields(); !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	d.importing(admin, "/preview", "나쁨.csv", bad).Want(200).Says(`"line":3`, `"code":"required"`, `"new":1`)
	if n := d.count(`SELECT COUNT(*) FROM notices`); n != 0 || len(d.Events.Types()) != 0 {
		t.Errorf("%d notices were made", n)
	}
	for code, c := range map[string]struct {
		status int
		pairs  []string
	}{
		"invalid-input":    {422, []string{"unit", "총학"}},
		"too-many-notices": {422, []string{"a.csv", "title,date\n" + strings.Repeat("a,2024-03-02\n", old.MostNotices+1)}},
		"body-too-large":   {413, []string{"a.csv", strings.Repeat("a", old.MostBytes+1)}},
	} {
		for _, to := range []string{"", "/preview"} {
			d.importing(admin, to, c.pairs...).Problem(c.status, code)
		}
	}
	var bomb bytes.Buffer
	z := zip.NewWriter(&bomb)
	w, err := z.Create("a.md")
	if err == nil {
		_, err = w.Write(make([]byte, old.MostUnpacked+1))
	}
	if err != nil || z.Close() != nil {
		t.Fatal(err)
	}
	d.importing(admin, "", "a.zip", bomb.String()).Problem(413, "archive-too-large")
	d.importing(admin, "", "a.csv", oldTable, "author", "나").Problem(422, "invalid-input")
	d.importing(admin, "", "a.csv", "제목,날짜\n").Problem(422, "invalid-input")
	d.call(admin, "POST", "/v1/admin/notices/imports", "{}").Problem(415, "unsupported-media-type")
	d.call(admin, "POST", "/v1/admin/notices/imports", "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.csv\"\r\n\r\ntitle", "Content-Type", "multipart/form-data; boundary=b").Problem(400, "malformed-form")
	d.importing(d.Holder(auth.Admin, "총학"), "", "a.csv", oldTable).Problem(403, "not-allowed")
	d.importing(d.Editor(), "/preview", "a.csv", oldTable).Problem(403, "not-allowed")
	d.see(d.Holder(auth.Admin, "총학"), "/console/notices").Want(200).SaysNot("/console/notices/import")
}

func (d desk) count(query string) int64 {
	d.t.Helper()
	n, err := database.One(d.Context(), d.DB, database.Value[int64], query)
	if err != nil {
		d.t.Fatal(err)
	}
	return n
}

// An import under one key is one, also where its answer was lost.
func TestImportUnderAKey(t *testing.T) {
	d := open(t)
	admin := d.Admin()
	body, media := parts(t, "옛.csv", oldTable)
	header := []string{"Content-Type", media, "Idempotency-Key", "가져오기"}
	first := d.call(admin, "POST", "/v1/admin/notices/imports", body, header...).Want(200)
	again := d.call(admin, "POST", "/v1/admin/notices/imports", body, header...).Want(200)
	if again.Header.Get("Idempotent-Replayed") != "true" || string(again.Body) != string(first.Body) {
		t.Errorf("%s\n%s", first.Body, again.Body)
	}
	d.call(admin, "POST", "/v1/admin/notices/imports", strings.Replace(body, "휴무", "쉼", 1), header...).Problem(422, "idempotency-key-reused")
}

// As many as are taken at once are brought along, on both databases.
func TestImportOfMany(t *testing.T) {
	for name, on := range map[string][]functiontest.Option{"SQLite": nil, "PostgreSQL": {functiontest.OnPostgres}} {
		t.Run(name, func(t *testing.T) { importMany(t, open(t, on...)) })
	}
}

func importMany(t *testing.T, d desk) {
	t.Helper()
	var b strings.Builder
	b.WriteString("제목,날짜,내용\n")
	for i := range old.MostNotices {
		fmt.Fprintf(&b, "공지 %d,2024-03-%02d 10:%02d,%s\n", i, i%28+1, i%60, strings.Repeat("옛글 ", 100))
	}
	r := functiontest.JSON[struct{ Made []any }](d.importing(d.Admin(), "", "옛.csv", b.String(), "unit", "총학").Want(200))
	if len(r.Made) != old.MostNotices {
		t.Errorf("%d", len(r.Made))
	}
}
