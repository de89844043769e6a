package notices_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/functiontest"
	kept "github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/ui"
)

// item is what these tests read of a notice.
type item struct {
	ID          string
	Title       string
	Body        *string
	HTML        string
	Excerpt     string
	Unit        string
	Tags        []string
	State       string
	PublishAt   *time.Time
	UnpublishAt *time.Time
	Pinned      bool
	Urgent      bool
	Attachments []any
	Version     int64
	DeletedAt   *time.Time
}

type page struct {
	Items []struct {
		ID, Title, State string
		Pinned, Urgent   bool
		PublishAt        *time.Time
	}
	NextCursor string
}

func (p page) titles() string {
	list := []string{}
	for _, i := range p.Items {
		list = append(list, i.Title)
	}
	return strings.Join(list, " ")
}

func parse(t testing.TB, body []byte) page {
	t.Helper()
	var p page
	if err := json.Unmarshal(body, &p); err != nil {
		t.Fatal(err)
	}
	return p
}

// desk is the function with somebody who writes.
type desk struct {
	*functiontest.App
	t      testing.TB
	editor string
}

func open(t testing.TB, options ...functiontest.Option) desk {
	t.Helper()
	app := functiontest.New(t, notices.Function, options...)
	return desk{App: app, t: t, editor: app.Editor()}
}

func (d desk) call(as, method, path string, body any, header ...string) functiontest.Response {
	d.t.Helper()
	h := map[string]string{}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return d.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: h})
}

// write writes a notice; fields are added to a valid one.
func (d desk) write(title string, fields map[string]any) item {
	d.t.Helper()
	return functiontest.JSON[item](d.call(d.editor, "POST", "/v1/notices", content(title, fields)).Want(201))
}

func (d desk) edit(n item, fields map[string]any) item {
	d.t.Helper()
	return functiontest.JSON[item](d.call(d.editor, "PUT", "/v1/notices/"+n.ID, content(n.Title, fields), "If-Match", match(n.Version)).Want(200))
}

func (d desk) list(as, query string) page {
	d.t.Helper()
	return functiontest.JSON[page](d.call(as, "GET", "/v1/notices"+query, nil).Want(200))
}

func content(title string, fields map[string]any) map[string]any {
	body := map[string]any{"unit": "총학", "title": title}
	for k, v := range fields {
		body[k] = v
	}
	return body
}

func match(version int64) string { return fmt.Sprintf(`"v%d"`, version) }

func TestWriteAndRead(t *testing.T) {
	d := open(t)
	r := d.call(d.editor, "POST", "/v1/notices", content(" 개강총회 ", map[string]any{
		"body": "# 안내\n\n**오늘** <script>alert(1)</script>", "tags": []string{"행사", "\u1112\u1161\u11ab"}, "publishAt": d.Now(), "pinnedUntil": d.Now().Add(time.Hour),
	})).Want(201)
	n := functiontest.JSON[item](r)
	if r.Header.Get("Location") != "/v1/notices/"+n.ID || r.Header.Get("ETag") != `"v1"` {
		t.Errorf("headers: %v", r.Header)
	}
	if got := d.Events.Types(); !slices.Equal(got, []string{notice.Changed, notice.Announced}) {
		t.Errorf("events: %v", got)
	}
	if got := d.Audited(); !slices.Equal(got, []string{"POST /v1/notices"}) {
		t.Errorf("audit: %v", got)
	}
	guest := d.call("", "GET", "/v1/notices/"+n.ID, nil).Want(200)
	want := fmt.Sprintf(`{"id":%q,"title":"개강총회","html":%q,"excerpt":"안내 · 오늘 \u003cscript\u003ealert(1)\u003c/script\u003e","unit":"총학","unitName":"총학","tags":["행사","한"],"tagNames":["행사","한"],"state":"published",`+
		`"publishAt":"2026-03-02T12:00:00+09:00","pinnedUntil":"2026-03-02T13:00:00+09:00","pinned":true,"urgent":false,"attachments":[],"version":1,`+
		`"createdAt":"2026-03-02T12:00:00+09:00","updatedAt":"2026-03-02T12:00:00+09:00"}`, n.ID, n.HTML)
	want = strings.NewReplacer("<", `\u003c`, ">", `\u003e`, "&", `\u0026`).Replace(want)
	if got := strings.TrimSpace(string(guest.Body)); got != want {
		t.Errorf("guest reads\n%s\nwant\n%s", got, want)
	}
	if strings.Contains(n.HTML, "<script") || !strings.Contains(n.HTML, "<strong>오늘</strong>") {
		t.Errorf("html: %s", n.HTML)
	}
	if n.Body == nil || !strings.HasPrefix(*n.Body, "# 안내") {
		t.Errorf("the editor does not get the source: %+v", n)
	}
	student := d.Member(functiontest.Member{Verified: true}).Token
	if got := functiontest.JSON[item](d.call(student, "GET", "/v1/notices/"+n.ID, nil).Want(200)); got.Body != nil {
		t.Error("a student gets the source")
	}
}

func TestRefusals(t *testing.T) {
	d := open(t)
	past := d.Now().Add(-10*time.Minute - time.Millisecond)
	many := make([]string, notice.MostAttachments+1)
	for i := range many {
		many[i] = fmt.Sprint("t", i)
	}
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no unit":            {map[string]any{"unit": ""}, "unit:not-one-of"},
		"unknown unit":       {map[string]any{"unit": "없음"}, "unit:not-one-of"},
		"blank title":        {map[string]any{"title": "\u3164"}, "title:required"},
		"long title":         {map[string]any{"title": strings.Repeat("가", 201)}, "title:too-long"},
		"title of two lines": {map[string]any{"title": "가\n나"}, "title:newline"},
		"long body":          {map[string]any{"body": strings.Repeat("a", 100_001)}, "body:too-long"},
		"control character":  {map[string]any{"body": "\u0007"}, "body:control-character"},
		"too many tags":      {map[string]any{"tags": many}, "tags:too-many"},
		"long tag":           {map[string]any{"tags": []string{strings.Repeat("가", 21)}}, "tags[0]:too-long"},
		"blank tag":          {map[string]any{"tags": []string{"가", " "}}, "tags[1]:required"},
		"repeated tag":       {map[string]any{"tags": []string{"MT", "mt"}}, "tags[1]:repeated"},
		"past publishAt":     {map[string]any{"publishAt": past}, "publishAt:publish-at-in-the-past"},
		"past unpublishAt":   {map[string]any{"unpublishAt": past}, "unpublishAt:unpublish-at-in-the-past"},
		"past pin":           {map[string]any{"pinnedUntil": past}, "pinnedUntil:pinned-until-in-the-past"},
		"past urgency":       {map[string]any{"urgentUntil": past}, "urgentUntil:urgent-until-in-the-past"},
		"ends before":        {map[string]any{"publishAt": d.Now().Add(2 * time.Hour), "unpublishAt": d.Now().Add(2 * time.Hour)}, "unpublishAt:not-after-publish-at"},
		"year 10000":         {map[string]any{"publishAt": "+10000-01-01T00:00:00Z"}, "publishAt:wrong-type"},
		"year 9999":          {map[string]any{"publishAt": "9999-12-31T00:00:00Z"}, "publishAt:out-of-range"},
		"not a time":         {map[string]any{"publishAt": "내일"}, "publishAt:wrong-type"},
		"too many files":     {map[string]any{"attachments": many}, "attachments:too-many"},
		"unknown file":       {map[string]any{"attachments": []string{"00000000-0000-7000-8000-000000000000"}}, "attachments:upload-unknown"},
		"malformed file":     {map[string]any{"attachments": []string{"x"}}, "attachments:upload-unknown"},
		"unknown field":      {map[string]any{"author": "나"}, "author:unknown-field"},
		"id in the body":     {map[string]any{"id": "x"}, "id:unknown-field"},
		"number for a title": {map[string]any{"title": 1}, "title:wrong-type"},
		"text for tags":      {map[string]any{"tags": "행사"}, "tags:wrong-type"},
		"lone surrogate":     {map[string]any{"title": "\ufffd"}, "title:damaged-character"},
	} {
		r := d.call(d.editor, "POST", "/v1/notices", content("제목", c.change))
		if r.Status != 422 || !slices.Contains(r.Fields(), c.want) {
			t.Errorf("%s: %d %v, want %s", name, r.Status, r.Fields(), c.want)
		}
	}
	d.call(d.editor, "POST", "/v1/notices", strings.Repeat("a", 1<<20+1)).Problem(413, "body-too-large")
	d.call(d.editor, "POST", "/v1/notices", "{").Problem(400, "malformed-json")
	d.call("", "POST", "/v1/notices", content("가", nil)).Problem(401, "sign-in-required")
	d.call(d.Member(functiontest.Member{Verified: true}).Token, "POST", "/v1/notices", content("가", nil)).Problem(403, "not-allowed")
	d.call(d.Holder(auth.Moderator, ""), "POST", "/v1/notices", content("가", nil)).Problem(403, "not-allowed")
	d.call(d.Holder(auth.Editor, "동연"), "POST", "/v1/notices", content("가", nil)).Problem(403, "not-allowed")
	for query, field := range map[string]string{
		"?size=0": "size:out-of-range", "?size=101": "size:out-of-range", "?size=x": "size:wrong-type", "?size=99999999999999999999": "size:wrong-type",
		"?cursor=x": "cursor:forged", "?tag=" + strings.Repeat("a", 21): "tag:too-long", "?q=" + strings.Repeat("a", 101): "q:too-long", "?q=%00": "q:control-character",
		"?q=%FF": "q:wrong-type",
	} {
		if r := d.call("", "GET", "/v1/notices"+query, nil); r.Status != 422 || !slices.Contains(r.Fields(), field) {
			t.Errorf("%s: %d %s", query, r.Status, r.Body)
		}
		if r := d.call(d.editor, "GET", "/v1/admin/notices"+query, nil); r.Status != 422 || !slices.Contains(r.Fields(), field) {
			t.Errorf("admin %s: %d %s", query, r.Status, r.Body)
		}
	}
	d.call(d.editor, "GET", "/v1/admin/notices?state=gone", nil).Problem(422, "invalid-input")
	d.call("", "GET", "/v1/admin/notices", nil).Problem(401, "sign-in-required")
	if types := d.Events.Types(); len(types) != 0 {
		t.Errorf("a refusal left events: %v", types)
	}
}

// Whoever may not see a notice cannot tell it from one that never was; the codes for
// what may be seen but not changed differ.
func TestVisibility(t *testing.T) {
	d := open(t)
	n := d.write("예약", map[string]any{"publishAt": d.Now().Add(time.Hour), "unpublishAt": d.Now().Add(2 * time.Hour)})
	path := "/v1/notices/" + n.ID
	ours, theirs := d.Holder(auth.Editor, "총학"), d.Holder(auth.Editor, "동연")
	member := d.Member(functiontest.Member{}).Token
	see := func(want map[string]int) {
		t.Helper()
		for as, status := range want {
			if got := d.call(as, "GET", path, nil).Status; got != status {
				t.Errorf("at %v: %d, want %d", d.Now(), got, status)
			}
		}
	}
	hidden := map[string]int{"": 404, member: 404, theirs: 404, ours: 200, d.editor: 200}
	shown := map[string]int{"": 200, member: 200, theirs: 200, ours: 200, d.editor: 200}
	see(hidden)
	d.call(theirs, "PUT", path, content("가", nil), "If-Match", match(1)).Problem(404, "not-found")
	d.call(theirs, "DELETE", path, nil, "If-Match", match(1)).Problem(404, "not-found")
	d.At(n.PublishAt.Add(-time.Millisecond))
	see(hidden)
	d.At(*n.PublishAt)
	see(shown)
	d.call(theirs, "PUT", path, content("가", nil), "If-Match", match(1)).Problem(403, "not-allowed")
	d.call(ours, "PUT", path, content("가", map[string]any{"unit": "동연"}), "If-Match", match(1)).Problem(403, "not-allowed")
	d.At(n.UnpublishAt.Add(-time.Millisecond))
	see(shown)
	d.At(*n.UnpublishAt)
	see(hidden)
	// The version is the same as an hour ago, the answer is not.
	if r := d.call(ours, "GET", path, nil, "If-None-Match", match(1)).Want(200); functiontest.JSON[item](r).State != "archived" {
		t.Errorf("the editor reads %s", r.Body)
	}
	for _, id := range []string{"x", strings.ToUpper(n.ID), n.ID + "0", "00000000-0000-7000-8000-000000000000", "previews"} {
		d.call(d.editor, "GET", "/v1/notices/"+id, nil).Problem(404, "not-found")
		d.call(d.editor, "PUT", "/v1/notices/"+id, content("가", nil), "If-Match", match(1)).Problem(404, "not-found")
		d.call(d.editor, "DELETE", "/v1/notices/"+id, nil, "If-Match", match(1)).Problem(404, "not-found")
	}
}

// If-Match may name several versions, or whichever there is.
func TestEditOfSeveralVersions(t *testing.T) {
	d := open(t)
	path := "/v1/notices/" + d.write("가", map[string]any{"publishAt": d.Now()}).ID
	d.call(d.editor, "PUT", path, content("나", nil), "If-Match", match(1)+", "+match(2)).Want(200)
	d.call(d.editor, "PUT", path, content("다", nil), "If-Match", match(1)+", "+match(3)).Problem(412, "version-stale")
	d.call(d.editor, "DELETE", path, nil, "If-Match", "*").Want(204)
	d.call(d.Admin(), "POST", "/v1/admin"+strings.TrimPrefix(path, "/v1")+"/restore", nil, "If-Match", "*").Want(200)
	d.call(d.editor, "DELETE", "/v1/notices/00000000-0000-4000-8000-000000000000", nil, "If-Match", "*").Problem(404, "not-found")
}

func TestEdit(t *testing.T) {
	d := open(t)
	n := d.write("가", map[string]any{"publishAt": d.Now(), "tags": []string{"하나"}})
	path := "/v1/notices/" + n.ID
	d.call(d.editor, "PUT", path, content("나", nil)).Problem(428, "if-match-required")
	for _, tag := range []string{`W/"v1"`, `"v2"`, `"x"`, "v1x", `"v99999999999999999999"`} {
		d.call(d.editor, "PUT", path, content("나", nil), "If-Match", tag).Problem(412, "version-stale")
		d.call(d.editor, "DELETE", path, nil, "If-Match", tag).Problem(412, "version-stale")
	}
	d.Wait(time.Hour)
	// The publishAt that it has may be given again although it is past; another may not.
	d.call(d.editor, "PUT", path, content("나", map[string]any{"publishAt": n.PublishAt.Add(time.Millisecond)}), "If-Match", match(1)).Problem(422, "invalid-input")
	d.Events.Take()
	edited := d.edit(item{ID: n.ID, Title: "나", Version: 1}, map[string]any{"publishAt": n.PublishAt})
	if edited.Version != 2 || !edited.PublishAt.Equal(*n.PublishAt) || len(edited.Tags) != 0 {
		t.Errorf("edited: %+v", edited)
	}
	if got := d.Events.Types(); !slices.Equal(got, []string{notice.Changed}) {
		t.Errorf("events: %v", got)
	}
	d.call(d.editor, "PUT", path, content("다", nil), "If-Match", match(1)).Problem(412, "version-stale")
	if got := d.edit(edited, nil); got.State != "draft" {
		t.Errorf("without publishAt: %+v", got)
	}
	if got := d.list("", "").titles(); got != "" {
		t.Errorf("a draft is listed: %s", got)
	}
	again := d.edit(item{ID: n.ID, Title: "라", Version: 3}, map[string]any{"publishAt": d.Now().Add(-time.Minute)})
	if again.State != "published" || !again.PublishAt.Equal(d.Now()) {
		t.Errorf("a minute ago is not now: %+v", again)
	}
	if got := d.Events.Types(); !slices.Equal(got, []string{notice.Changed, notice.Changed, notice.Announced}) {
		t.Errorf("events: %v", got)
	}
}

func TestDeleteAndRestore(t *testing.T) {
	d := open(t)
	n := d.write("가", map[string]any{"publishAt": d.Now()})
	path := "/v1/notices/" + n.ID
	d.call("", "GET", path, nil).Want(200)
	d.call(d.editor, "DELETE", path, nil).Problem(428, "if-match-required")
	d.call(d.editor, "DELETE", path, nil, "If-Match", match(1)).Want(204)
	admin := d.Admin()
	for _, as := range []string{"", d.editor, admin} {
		d.call(as, "GET", path, nil).Problem(404, "not-found")
	}
	d.call(d.editor, "PUT", path, content("나", nil), "If-Match", match(2)).Problem(404, "not-found")
	d.call(d.editor, "DELETE", path, nil, "If-Match", match(2)).Problem(404, "not-found")
	d.call(d.editor, "GET", "/v1/admin/notices?state=deleted", nil).Problem(403, "not-allowed")
	list := functiontest.JSON[page](d.call(admin, "GET", "/v1/admin/notices?state=deleted", nil).Want(200))
	if len(list.Items) != 1 || list.Items[0].State != "deleted" {
		t.Fatalf("deleted: %+v", list)
	}
	restore := "/v1/admin/notices/" + n.ID + "/restore"
	d.call(d.editor, "POST", restore, nil, "If-Match", match(2)).Problem(403, "not-allowed")
	d.call(d.Holder(auth.Admin, "동연"), "POST", restore, nil, "If-Match", match(2)).Problem(404, "not-found")
	d.call(admin, "POST", restore, nil, "If-Match", match(1)).Problem(412, "version-stale")
	d.call(admin, "POST", restore, nil).Problem(428, "if-match-required")
	d.call(admin, "POST", "/v1/admin/notices/x/restore", nil, "If-Match", match(1)).Problem(404, "not-found")
	d.call(admin, "POST", restore, nil, "If-Match", match(2)).Want(200)
	d.call(admin, "POST", restore, nil, "If-Match", match(3)).Problem(404, "not-found")
	d.call("", "GET", path, nil).Want(200)
	d.call(admin, "DELETE", path, nil, "If-Match", match(3)).Want(204)
	d.Wait(notice.Kept)
	d.call(admin, "POST", restore, nil, "If-Match", match(4)).Problem(404, "not-found")
	if got := functiontest.JSON[page](d.call(admin, "GET", "/v1/admin/notices?state=deleted", nil)); len(got.Items) != 0 {
		t.Errorf("after 30 days: %+v", got)
	}
}

// However many a search finds, it counts as far as the site's page does.
func TestCountOfASearch(t *testing.T) {
	d := open(t)
	if _, err := d.DB.Exec(d.Context(), `WITH RECURSIVE counted (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counted WHERE n < 501)
		INSERT INTO notices (id, unit, title, folded, excerpt, tags, publish_at, version, created_at, updated_at, rendering, html, body) SELECT 'n' || n, '총학', '많음', '', '', '[]', 1, 1, 1, 1, 1, '', '' FROM counted`); err != nil {
		t.Fatal(err)
	}
	if _, err := d.DB.Exec(d.Context(), `INSERT INTO things (number, kind, id, unit, path, title, line, text, tags, folded, initials, at, visible_from, readers, allows, closed_because, version, checksum)
		SELECT CAST(substr(id, 2) AS BIGINT), 'notice', id, unit, '/x', title, '', '', '[]', title, '', 1, 1, 'guests', '', '', 1, '' FROM notices WHERE title = '많음'`); err != nil {
		t.Fatal(err)
	}
	if got := strings.TrimSpace(string(d.call("", "GET", "/v1/notices?size=1&q=%EB%A7%8E%EC%9D%8C", nil).Want(200).Body)); !strings.HasSuffix(got, `"count":500}`) {
		t.Errorf("a search counts on without end: %s", got)
	}
}

func TestList(t *testing.T) {
	d := open(t)
	d.write("초안", nil)
	d.write("예약", map[string]any{"publishAt": d.Now().Add(time.Hour)})
	for i := range 5 {
		d.write(fmt.Sprint("공지", i), map[string]any{"publishAt": d.Now(), "tags": []string{"MT"}})
		d.Wait(time.Second)
	}
	d.write("고정", map[string]any{"publishAt": d.Now(), "pinnedUntil": d.Now().Add(10 * time.Minute), "unit": "동연"})
	d.write("100% 할인_행사 ＦＲＥＥ", map[string]any{"publishAt": d.Now(), "unit": "동연"})
	d.Wait(time.Second)
	for query, want := range map[string]string{
		"":                   "고정 100% 할인_행사 ＦＲＥＥ 공지4 공지3 공지2 공지1 공지0",
		"?tag=mt":            "공지4 공지3 공지2 공지1 공지0",
		"?tag=m":             "",
		"?unit=" + "동연":      "고정 100% 할인_행사 ＦＲＥＥ",
		"?q=%EA%B3%B5":       "공지4 공지3 공지2 공지1 공지0", // 공
		"?q=%25":             "100% 할인_행사 ＦＲＥＥ",
		"?q=_":               "100% 할인_행사 ＦＲＥＥ",
		"?q=free":            "100% 할인_행사 ＦＲＥＥ",
		"?q=%5C":             "",
		"?q=4&tag=MT":        "공지4",
		"?size=2":            "고정 100% 할인_행사 ＦＲＥＥ",
		"?unit=%20&tag=%20&": "고정 100% 할인_행사 ＦＲＥＥ 공지4 공지3 공지2 공지1 공지0",
	} {
		if got := d.list("", query).titles(); got != want {
			t.Errorf("%s: %q, want %q", query, got, want)
		}
	}
	if got := strings.TrimSpace(string(d.call("", "GET", "/v1/notices?size=1&q=%EA%B3%B5", nil).Want(200).Body)); !strings.HasSuffix(got, `"count":5}`) {
		t.Errorf("a search does not say how many it found: %s", got)
	}
	if got := string(d.call("", "GET", "/v1/notices", nil).Want(200).Body); strings.Contains(got, `"count"`) {
		t.Errorf("a list counts: %s", got)
	}
	walk := func(as, path string) string {
		titles, cursor := []string{}, ""
		for range 20 {
			p := functiontest.JSON[page](d.call(as, "GET", path+"&cursor="+cursor, nil).Want(200))
			if s := p.titles(); s != "" {
				titles = append(titles, s)
			}
			if cursor = p.NextCursor; cursor == "" {
				return strings.Join(titles, " ")
			}
		}
		return "endless"
	}
	for size := 1; size < 9; size++ {
		if got, want := walk("", fmt.Sprint("/v1/notices?size=", size)), "고정 100% 할인_행사 ＦＲＥＥ 공지4 공지3 공지2 공지1 공지0"; got != want {
			t.Errorf("in pages of %d: %s", size, got)
		}
		if got, want := walk(d.editor, fmt.Sprint("/v1/admin/notices?size=", size)), "100% 할인_행사 ＦＲＥＥ 고정 공지4 공지3 공지2 공지1 공지0 예약 초안"; got != want {
			t.Errorf("managed in pages of %d: %s", size, got)
		}
	}
	cursor := d.list("", "?size=2").NextCursor
	d.call("", "GET", "/v1/notices?tag=MT&cursor="+cursor, nil).Problem(422, "invalid-input")
	d.call(d.editor, "GET", "/v1/admin/notices?cursor="+cursor, nil).Problem(422, "invalid-input")
	theirs := d.Holder(auth.Editor, "동연")
	for state, want := range map[string]string{"draft": "초안", "scheduled": "예약", "published": "100% 할인_행사 ＦＲＥＥ 고정 공지4 공지3 공지2 공지1 공지0", "archived": ""} {
		if got := functiontest.JSON[page](d.call(d.editor, "GET", "/v1/admin/notices?state="+state, nil).Want(200)).titles(); got != want {
			t.Errorf("%s: %q", state, got)
		}
	}
	if got := functiontest.JSON[page](d.call(theirs, "GET", "/v1/admin/notices", nil).Want(200)).titles(); got != "100% 할인_행사 ＦＲＥＥ 고정" {
		t.Errorf("another unit's editor manages %q", got)
	}
}

// At midnight in Seoul the list changes by the millisecond, whether the page was
// rendered before or is asked for then.
func TestMidnight(t *testing.T) {
	d := open(t)
	midnight := clock.Midnight(d.Now()).AddDate(0, 0, 1)
	d.At(midnight.Add(-time.Hour))
	d.write("내일", map[string]any{"publishAt": midnight})
	d.write("오늘까지", map[string]any{"publishAt": d.Now(), "unpublishAt": midnight})
	d.write("오늘까지 고정", map[string]any{"publishAt": d.Now(), "pinnedUntil": midnight, "urgentUntil": midnight})
	for _, moment := range []struct {
		at   time.Time
		want string
	}{
		{midnight.Add(-time.Millisecond), "오늘까지 고정 오늘까지"},
		{midnight, "내일 오늘까지 고정"},
	} {
		at, want := moment.at, moment.want
		d.At(at)
		p, ok, err := d.Pages.Load(d.Context(), "ko:/v1/notices")
		if err != nil || !ok {
			t.Fatalf("no page: %v", err)
		}
		s, state := p.At(at)
		shown := parse(t, s.Body).titles()
		if state != kept.Fresh || shown != want {
			t.Errorf("kept for %v: %q (state %v), want %q", at, shown, state, want)
		}
		if got := d.list(d.editor, "").titles(); got != want {
			t.Errorf("read at %v: %q, want %q", at, got, want)
		}
	}
	if p := d.list("", ""); p.Items[1].Urgent || p.Items[1].Pinned {
		t.Errorf("pin and urgency outlive midnight: %+v", p)
	}
}

// A write touches what it changes and nothing else; what is eager is rendered again.
func TestTouch(t *testing.T) {
	d := open(t)
	a := d.write("가", map[string]any{"publishAt": d.Now()})
	b := d.write("나", map[string]any{"publishAt": d.Now()})
	narrowed := ui.Query("/v1/notices", "unit", a.Unit)
	for _, path := range []string{"/v1/notices/" + a.ID, "/v1/notices/" + b.ID, narrowed} {
		d.call("", "GET", path, nil).Want(200)
	}
	state := func(key string) string {
		p, ok, err := d.Pages.Load(d.Context(), "ko:"+key)
		switch {
		case err != nil || !ok:
			return "none"
		case p.Since != 0:
			return "touched"
		case p.Rendered == clock.Millis(d.Now()):
			return "rendered again"
		default:
			return "as it was"
		}
	}
	d.Wait(time.Minute)
	d.write("초안", nil)
	for _, key := range []string{"/v1/notices", narrowed, "/v1/notices/" + a.ID} {
		if got := state(key); got != "as it was" {
			t.Errorf("%s: with a draft it is %s", key, got)
		}
	}
	d.edit(a, map[string]any{"title": "가가", "publishAt": a.PublishAt})
	for key, want := range map[string]string{"/v1/notices": "rendered again", narrowed: "touched", "/v1/notices/" + a.ID: "rendered again", "/v1/notices/" + b.ID: "as it was"} {
		if got := state(key); got != want {
			t.Errorf("%s is %s, want %s", key, got, want)
		}
	}
	d.call(d.editor, "DELETE", "/v1/notices/"+b.ID, nil, "If-Match", match(1)).Want(204)
	if got := state("/v1/notices/" + b.ID); got != "none" {
		t.Errorf("the page of a deleted notice is %s", got)
	}
	d.call("", "GET", "/v1/notices/"+b.ID, nil).Problem(404, "not-found")
}

func TestIdempotentWrite(t *testing.T) {
	d := open(t)
	body := content("한 번", map[string]any{"publishAt": d.Now()})
	first := d.call(d.editor, "POST", "/v1/notices", body, "Idempotency-Key", "k").Want(201)
	again := d.call(d.editor, "POST", "/v1/notices", body, "Idempotency-Key", "k").Want(201)
	if string(first.Body) != string(again.Body) || first.Header.Get("Location") != again.Header.Get("Location") {
		t.Errorf("not the same answer:\n%s\n%s", first.Body, again.Body)
	}
	if got := d.list("", "").titles(); got != "한 번" {
		t.Errorf("written: %q", got)
	}
	if id := functiontest.JSON[item](first).ID; !check.ID(id) || http.StatusCreated != first.Status {
		t.Errorf("id: %q", id)
	}
}
