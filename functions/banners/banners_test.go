package banners_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/banners"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/page"
)

type item struct {
	ID, Alt, Link, Href, Unit string
	Image                     struct{ ID string }
	From, Until               *time.Time
	Order                     int
	Version                   int64
}

type list struct{ Items []item }

func (l list) alts() string {
	names := []string{}
	for _, i := range l.Items {
		names = append(names, i.Alt)
	}
	return strings.Join(names, " ")
}

// desk is the function with somebody who writes.
type desk struct {
	*functiontest.App
	t      testing.TB
	member functiontest.Account
	editor string
}

func open(t testing.TB, options ...functiontest.Option) desk {
	t.Helper()
	app := functiontest.New(t, banners.Function, options...)
	member := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}})
	return desk{App: app, t: t, member: member, editor: member.Token}
}

// upload makes the row of a completed upload.
func (d desk) upload(purpose, kind string) string {
	d.t.Helper()
	return d.Upload(functiontest.Upload{Owner: d.member.ID, Purpose: purpose, Name: "배너", Type: kind, Size: 3, Width: 1600, Height: 400})
}

func (d desk) call(as, method, path string, body any, header ...string) functiontest.Response {
	d.t.Helper()
	h := map[string]string{}
	for i := 0; i+1 < len(header); i += 2 {
		h[header[i]] = header[i+1]
	}
	return d.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: h})
}

func (d desk) content(alt string, fields map[string]any) map[string]any {
	body := map[string]any{"unit": "총학", "alt": alt, "link": "/notices"}
	for k, v := range fields {
		body[k] = v
	}
	if body["image"] == nil {
		body["image"] = d.upload("post", "png")
	}
	return body
}

func (d desk) write(alt string, fields map[string]any) item {
	d.t.Helper()
	return functiontest.JSON[item](d.call(d.editor, "POST", "/v1/banners", d.content(alt, fields)).Want(201))
}

func (d desk) list() list {
	d.t.Helper()
	return functiontest.JSON[list](d.call("", "GET", "/v1/banners", nil).Want(200))
}

func match(version int64) string { return fmt.Sprintf(`"v%d"`, version) }

func TestWriteAndShow(t *testing.T) {
	d := open(t)
	image := d.upload("post", "webp")
	r := d.call(d.editor, "POST", "/v1/banners", d.content(" 축제 ", map[string]any{"image": image, "link": "https://example.com/?a=1&b=2#c"})).Want(201)
	b := functiontest.JSON[item](r)
	if r.Header.Get("ETag") != match(1) || b.Alt != "축제" || b.Order != 0 {
		t.Errorf("written: %v %s", r.Header, r.Body)
	}
	url := upload.FilesPath + upload.Folder("test", "post", image, d.Now()) + "/1600.jpg"
	want := fmt.Sprintf(`{"items":[{"id":%q,"alt":"축제","href":"/v1/banners/%s/click","link":"https://example.com/?a=1\u0026b=2#c","unit":"총학","focus":{"x":50,"y":50},`+
		`"image":{"id":%q,"name":"배너","type":"image/webp","size":3,"url":%q,"width":1600,"height":400,"variants":[]}}]}`, b.ID, b.ID, image, url)
	if got := strings.TrimSpace(string(d.call("", "GET", "/v1/banners", nil).Want(200).Body)); got != want {
		t.Errorf("list\n%s\nwant\n%s", got, want)
	}
	if tags := d.PageTags("ko:/v1/banners"); !slices.Contains(tags, upload.Tag(image)) {
		t.Errorf("tags of the page: %v", tags)
	}
	if got := d.Events.Types(); !slices.Equal(got, []string{banner.Changed}) {
		t.Errorf("events: %v", got)
	}
	if got := d.Audited(); !slices.Equal(got, []string{"POST /v1/banners"}) {
		t.Errorf("audit: %v", got)
	}
}

func TestRefusals(t *testing.T) {
	d := open(t)
	for name, c := range map[string]struct {
		change map[string]any
		want   string
	}{
		"no alt":          {map[string]any{"alt": " "}, "alt:required"},
		"long alt":        {map[string]any{"alt": strings.Repeat("가", 201)}, "alt:too-long"},
		"no image":        {map[string]any{"image": ""}, "image:required"},
		"unknown image":   {map[string]any{"image": "00000000-0000-7000-8000-000000000000"}, "image:upload-unknown"},
		"long image":      {map[string]any{"image": strings.Repeat("0", 37)}, "image:too-long"},
		"a document":      {map[string]any{"image": d.upload("post", "pdf")}, "image:not-an-image"},
		"private image":   {map[string]any{"image": d.upload("proof", "png")}, "image:upload-private"},
		"unknown unit":    {map[string]any{"unit": "없음"}, "unit:not-one-of"},
		"no link":         {map[string]any{"link": ""}, "link:required"},
		"past until":      {map[string]any{"until": d.Now().Add(-2 * time.Minute)}, "until:until-in-the-past"},
		"until at from":   {map[string]any{"from": d.Now().Add(time.Hour), "until": d.Now().Add(time.Hour)}, "until:not-after-from"},
		"until now":       {map[string]any{"from": d.Now(), "until": d.Now()}, "until:not-after-from"},
		"focus outside":   {map[string]any{"focus": map[string]int{"x": 101, "y": 50}}, "focus.x:out-of-range"},
		"focus below 0":   {map[string]any{"focus": map[string]int{"x": 0, "y": -1}}, "focus.y:out-of-range"},
		"not a time":      {map[string]any{"from": 1}, "from:wrong-type"},
		"unknown field":   {map[string]any{"order": 1}, "order:unknown-field"},
		"number for text": {map[string]any{"alt": 1}, "alt:wrong-type"},
	} {
		r := d.call(d.editor, "POST", "/v1/banners", d.content("배너", c.change))
		if r.Status != 422 || !slices.Contains(r.Fields(), c.want) {
			t.Errorf("%s: %d %v, want %s", name, r.Status, r.Fields(), c.want)
		}
	}
	for _, link := range []string{
		"javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)", "data:text/html,<script>alert(1)</script>",
		"vbscript:x", "http://example.com", "//example.com", `/\example.com`, `\\example.com`, "/\texample.com", "https://", "https:example.com",
		"https://user:secret@example.com/", "file:///etc/passwd", "mailto:a@example.com", "notices", "?a", "#a", "https://example.com/\r\nSet-Cookie: a=b", "blob:https://example.com/1",
	} {
		r := d.call(d.editor, "POST", "/v1/banners", d.content("배너", map[string]any{"link": link}))
		if r.Status != 422 || len(r.Fields()) != 1 || !strings.HasPrefix(r.Fields()[0], "link:") {
			t.Errorf("%q: %d %v", link, r.Status, r.Fields())
		}
	}
	d.call(d.editor, "POST", "/v1/banners", strings.Repeat("a", 1<<20+1)).Problem(413, "body-too-large")
	d.call(d.editor, "POST", "/v1/banners", "[]").Problem(400, "malformed-json")
	if got := d.list().alts(); got != "" || len(d.Events.Types()) != 0 {
		t.Errorf("a refusal left something: %s", got)
	}
}

func TestAccess(t *testing.T) {
	d := open(t)
	b := d.write("배너", nil)
	path := "/v1/banners/" + b.ID
	student, theirs := d.Member(functiontest.Member{Verified: true}).Token, d.Holder(auth.Editor, "동연")
	body := d.content("가", nil)
	for _, c := range []struct {
		as     string
		status int
		code   string
	}{{"", 401, "sign-in-required"}, {student, 403, "not-allowed"}, {d.Holder(auth.Moderator, ""), 403, "not-allowed"}, {theirs, 403, "not-allowed"}} {
		d.call(c.as, "POST", "/v1/banners", body).Problem(c.status, c.code)
		d.call(c.as, "PUT", path, body, "If-Match", match(1)).Problem(c.status, c.code)
		d.call(c.as, "DELETE", path, nil, "If-Match", match(1)).Problem(c.status, c.code)
		d.call(c.as, "PUT", "/v1/banners/order", map[string]any{"ids": []string{b.ID}}).Problem(c.status, c.code)
		if c.as != theirs {
			d.call(c.as, "GET", "/v1/admin/banners", nil).Problem(c.status, c.code)
			d.call(c.as, "GET", "/v1/admin/banners/"+b.ID+"/clicks", nil).Problem(c.status, c.code)
		}
	}
	for _, id := range []string{"x", strings.ToUpper(b.ID), "00000000-0000-7000-8000-000000000000"} {
		d.call(d.editor, "PUT", "/v1/banners/"+id, body, "If-Match", match(1)).Problem(404, "not-found")
		d.call(d.editor, "DELETE", "/v1/banners/"+id, nil, "If-Match", match(1)).Problem(404, "not-found")
		d.call("", "GET", "/v1/banners/"+id+"/click", nil).Problem(404, "not-found")
		d.call(d.editor, "GET", "/v1/admin/banners/"+id+"/clicks", nil).Problem(404, "not-found")
	}
	d.call(d.editor, "PUT", path, body).Problem(428, "if-match-required")
	d.call(d.editor, "PUT", path, body, "If-Match", match(2)).Problem(412, "version-stale")
	d.call(d.editor, "DELETE", path, nil).Problem(428, "if-match-required")
	d.call(d.editor, "DELETE", path, nil, "If-Match", match(2)).Problem(412, "version-stale")
	d.call(d.Holder(auth.Editor, "총학"), "PUT", path, d.content("가", map[string]any{"unit": "동연"}), "If-Match", match(1)).Problem(403, "not-allowed")
}

func TestEditAndDelete(t *testing.T) {
	d := open(t)
	b := d.write("배너", map[string]any{"until": d.Now().Add(time.Hour)})
	path := "/v1/banners/" + b.ID
	d.Wait(2 * time.Hour)
	// An until that is past may stay, and an image that is in use may be used on.
	r := d.call(d.editor, "PUT", path, d.content("고침", map[string]any{"image": b.Image.ID, "until": b.Until}), "If-Match", match(1)).Want(200)
	if r.Header.Get("ETag") != match(2) {
		t.Errorf("headers: %v", r.Header)
	}
	d.call(d.editor, "PUT", path, d.content("또", map[string]any{"image": b.Image.ID}), "If-Match", match(1)).Problem(412, "version-stale")
	focused := d.call(d.editor, "PUT", path, d.content("다시", map[string]any{"image": b.Image.ID, "focus": map[string]int{"x": 0, "y": 100}}), "If-Match", match(2)).Want(200)
	focused.Says(`"focus":{"x":0,"y":100}`)
	d.call("", "GET", "/v1/banners", nil).Want(200).Says(`"focus":{"x":0,"y":100}`)
	if got := d.list().alts(); got != "다시" {
		t.Errorf("list: %s", got)
	}
	d.call("", "GET", path+"/click", nil).Want(302)
	d.call(d.editor, "DELETE", path, nil, "If-Match", match(3)).Want(204)
	d.call(d.editor, "DELETE", path, nil, "If-Match", match(4)).Problem(404, "not-found")
	d.call("", "GET", path+"/click", nil).Problem(404, "not-found")
	if got := d.list().alts(); got != "" {
		t.Errorf("after deleting: %s", got)
	}
	if got := d.Events.Types(); len(got) != 4 {
		t.Errorf("events: %v", got)
	}
}

// From midnight to midnight in Seoul, also on the page that was rendered the day before.
func TestMidnight(t *testing.T) {
	d := open(t)
	begin := clock.Midnight(d.Now()).AddDate(0, 0, 1)
	end := begin.AddDate(0, 0, 1)
	d.At(begin.Add(-time.Hour))
	d.write("늘", nil)
	b := d.write("하루", map[string]any{"from": begin, "until": end})
	for _, moment := range []struct {
		at    time.Time
		want  string
		click int
	}{
		{begin.Add(-time.Millisecond), "늘", 404}, {begin, "늘 하루", 302},
		{end.Add(-time.Millisecond), "늘 하루", 302}, {end, "늘", 302},
	} {
		d.At(moment.at)
		p, ok, err := d.Pages.Load(d.Context(), "ko:/v1/banners")
		if err != nil || !ok {
			t.Fatalf("no page: %v", err)
		}
		var kept list
		s, state := p.At(moment.at)
		if err := json.Unmarshal(s.Body, &kept); err != nil {
			t.Fatal(err)
		}
		if state == page.Fresh && kept.alts() != moment.want {
			t.Errorf("kept for %v: %s, want %s", moment.at, kept.alts(), moment.want)
		}
		if got := d.list().alts(); got != moment.want {
			t.Errorf("at %v: %s, want %s", moment.at, got, moment.want)
		}
		d.call("", "GET", "/v1/banners/"+b.ID+"/click", nil).Want(moment.click)
	}
}

func TestOrder(t *testing.T) {
	d := open(t)
	a, b, c := d.write("가", nil), d.write("나", nil), d.write("다", map[string]any{"from": d.Now().Add(time.Hour)})
	put := func(ids ...string) functiontest.Response {
		return d.call(d.editor, "PUT", "/v1/banners/order", map[string]any{"ids": ids})
	}
	d.Events.Take()
	r := put(c.ID, b.ID, a.ID).Want(200)
	if got := functiontest.JSON[list](r).alts(); got != "다 나 가" {
		t.Errorf("ordered: %s", got)
	}
	if got := d.list().alts(); got != "나 가" {
		t.Errorf("shown: %s", got)
	}
	if got := d.Events.Types(); !slices.Equal(got, []string{banner.Changed}) {
		t.Errorf("events: %v", got)
	}
	put(c.ID, b.ID, a.ID).Want(200)
	if got := d.Events.Types(); len(got) != 0 {
		t.Errorf("nothing moved, yet: %v", got)
	}
	for _, ids := range [][]string{{}, {a.ID}, {a.ID, b.ID, b.ID}, {a.ID, b.ID, c.ID, c.ID}, {a.ID, b.ID, "x"}} {
		put(ids...).Problem(409, "banners-changed")
	}
	d.call(d.editor, "PUT", "/v1/banners/order", map[string]any{"ids": "x"}).Problem(422, "invalid-input")
	d.call(d.editor, "PUT", "/v1/banners/order", nil).Problem(400, "body-missing")
	if got := functiontest.JSON[list](d.call(d.editor, "GET", "/v1/admin/banners", nil).Want(200)); got.alts() != "다 나 가" || got.Items[2].Version != 2 || got.Items[1].Version != 1 {
		t.Errorf("managed: %+v", got)
	}
}

func TestMost(t *testing.T) {
	d := open(t)
	if _, err := d.DB.Exec(context.Background(), `WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 100)
		INSERT INTO banners (id, unit, alt, link, place, version, created_at, updated_at) SELECT 'b' || i, '총학', 'a', '/', i, 1, 0, 0 FROM n`); err != nil {
		t.Fatal(err)
	}
	d.call(d.editor, "POST", "/v1/banners", d.content("배너", nil)).Problem(409, "too-many-banners")
}

func TestClick(t *testing.T) {
	d := open(t)
	b := d.write("배너", map[string]any{"link": "https://example.com/축제"})
	d.At(clock.Midnight(d.Now()).Add(24*time.Hour - time.Minute))
	click := func(from, query string) {
		t.Helper()
		r := d.Do(functiontest.Request{Method: "GET", Path: "/v1/banners/" + b.ID + "/click" + query, From: from})
		if r.Status != 302 || r.Header.Get("Location") != "https://example.com/%EC%B6%95%EC%A0%9C" || !strings.Contains(r.Header.Get("Cache-Control"), "no-store") {
			t.Errorf("%d %v", r.Status, r.Header)
		}
	}
	click("203.0.113.1", "")
	click("203.0.113.1", "?to=https://evil.example&url=//evil.example")
	click("203.0.113.2", "")
	if r := d.Do(functiontest.Request{Method: "HEAD", Path: "/v1/banners/" + b.ID + "/click", From: "203.0.113.4"}); r.Status != 302 || r.Header.Get("Location") != "https://example.com/%EC%B6%95%EC%A0%9C" {
		t.Errorf("HEAD: %d %v", r.Status, r.Header) // counts nothing
	}
	d.Wait(2 * time.Minute) // another day in Seoul
	click("203.0.113.1", "")
	r := d.call(d.editor, "GET", "/v1/admin/banners/"+b.ID+"/clicks", nil).Want(200)
	if got := strings.TrimSpace(string(r.Body)); got != `{"items":[{"day":"2026-03-03","clicks":1},{"day":"2026-03-02","clicks":2}]}` {
		t.Errorf("clicks: %s", got)
	}
	if _, err := d.DB.Exec(context.Background(), `DROP TABLE banner_clicks`); err != nil {
		t.Fatal(err)
	}
	click("203.0.113.3", "")
	if log := d.Log.String(); !strings.Contains(log, "a click is not counted") || strings.Contains(log, "203.0.113.3") {
		t.Errorf("log: %s", log)
	}
}
