package feeds_test

import (
	"bytes"
	"encoding/json"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/functions/feeds"
	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/text"
)

const site = "https://council.madang.ac.kr"

// council is the feeds beside what they tell of.
type council struct {
	*functiontest.App
	editor string
	asked  *int
}

func open(t testing.TB, options ...functiontest.Option) council {
	t.Helper()
	c := council{App: functiontest.New(t, feeds.Function, append(options, functiontest.Beside(feeds.Function, notices.Function, policies.Function))...), asked: new(int)}
	c.editor = c.Holder(auth.Editor, "")
	return c
}

// each opens it on both databases.
func each(t *testing.T, test func(t *testing.T, c council)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, functiontest.OnPostgres)) })
}

// get is what a guest gets, another one each time: nobody may ask as often as these tests do.
func (c council) get(path string) functiontest.Response {
	*c.asked++
	return c.Do(functiontest.Request{Method: "GET", Path: path, From: fmt.Sprintf("10.%d.%d.7", *c.asked/250%250, *c.asked%250)})
}

// written are the files that say what is published.
var written = []string{"/feeds/all.rss", "/feeds/all.atom", "/feeds/all.json", "/feeds/notice.rss", "/feeds/notice.atom", "/feeds/notice.json", "/en/feeds/all.rss", "/en/feeds/notice.atom", "/en/feeds/all.json", "/sitemap.xml", "/sitemaps/notice-1.xml"}

func TestFormats(t *testing.T) {
	c := open(t)
	const id = "018e0000-0000-7000-8000-000000000001"
	at := time.Date(2026, 3, 2, 2, 4, 5, 678_000_000, time.UTC)
	c.put(t, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: id}, Unit: "총학", Path: "/notices/" + id, Title: "봄 <b>축제</b> & 밤", TitleEn: "Spring", Line: "모두 오세요", Tags: []string{"행사"}, From: &at})
	stamp, day := "2026-03-02T11:04:05+09:00", "Mon, 02 Mar 2026 11:04:05 +0900"
	feed := func(path string) string {
		m := regexp.MustCompile(`<id>(urn:uuid:[0-9a-f-]{36})</id>`).FindStringSubmatch(string(c.get(path).Want(200).Body))
		return m[1]
	}
	for path, want := range map[string]string{
		"/feeds/notice.rss":  `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>마당대학교 총학생회 공지</title><link>` + site + `/notices</link><description>마당대학교 총학생회가 새로 올린 글</description><language>ko</language><lastBuildDate>` + day + `</lastBuildDate><atom:link rel="self" type="application/rss+xml" href="` + site + `/feeds/notice.rss"></atom:link><item><title>봄 &lt;b&gt;축제&lt;/b&gt; &amp; 밤</title><link>` + site + `/notices/` + id + `</link><guid isPermaLink="false">urn:uuid:` + id + `</guid><pubDate>` + day + `</pubDate><atom:updated>` + stamp + `</atom:updated><dc:creator>총학</dc:creator><category>행사</category><description>모두 오세요</description></item></channel></rss>` + "\n",
		"/en/feeds/all.atom": `<?xml version="1.0" encoding="UTF-8"?>` + "\n" + `<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><id>` + feed("/en/feeds/all.atom") + `</id><title>마당대학교 총학생회 News</title><subtitle>What 마당대학교 총학생회 publishes</subtitle><updated>` + stamp + `</updated><author><name>마당대학교 총학생회</name></author><link rel="self" type="application/atom+xml" href="` + site + `/en/feeds/all.atom"></link><link rel="alternate" type="text/html" href="` + site + `/en"></link><entry><id>urn:uuid:` + id + `</id><title xml:lang="en">Spring</title><link rel="alternate" type="text/html" href="` + site + `/en/notices/` + id + `"></link><published>` + stamp + `</published><updated>` + stamp + `</updated><author><name>Student Council</name></author><category term="Events"></category><summary xml:lang="ko">모두 오세요</summary></entry></feed>` + "\n",
		"/feeds/all.json":    `{"version":"https://jsonfeed.org/version/1.1","title":"마당대학교 총학생회 새 소식","home_page_url":"` + site + `/","feed_url":"` + site + `/feeds/all.json","description":"마당대학교 총학생회가 새로 올린 글","authors":[{"name":"마당대학교 총학생회"}],"language":"ko","items":[{"id":"urn:uuid:` + id + `","url":"` + site + `/notices/` + id + `","title":"봄 \u003cb\u003e축제\u003c/b\u003e \u0026 밤","content_text":"모두 오세요","date_published":"` + stamp + `","date_modified":"` + stamp + `","authors":[{"name":"총학"}],"tags":["행사"],"language":"ko"}]}` + "\n",
	} {
		if got := string(c.get(path).Want(200).Body); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
	for path, kind := range map[string]string{"/feeds/all.rss": "application/rss+xml", "/feeds/all.atom": "application/atom+xml", "/feeds/all.json": "application/feed+json", "/sitemap.xml": "application/xml"} {
		if got := c.get(path).Header.Get("Content-Type"); got != kind+"; charset=utf-8" {
			t.Errorf("%s is %s", path, got)
		}
	}
	ids := []string{feed("/feeds/all.atom"), feed("/feeds/notice.atom"), feed("/en/feeds/notice.atom"), feed("/feeds/all.atom?unit=" + url.QueryEscape("총학")), feed("/feeds/all.atom?tag=" + url.QueryEscape("행사"))}
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 5 {
		t.Errorf("two feeds have one id: %v", ids)
	}
}

func (c council) put(t testing.TB, one thing.Thing) {
	t.Helper()
	if one.Readers == "" {
		one.Readers = thing.Guests
	}
	if one.At.IsZero() {
		one.At = c.Now()
	}
	if one.Version == 0 {
		one.Version = 1
	}
	if err := (thing.Store{DB: c.DB}).Put(c.Context(), one); err != nil {
		t.Fatal(err)
	}
}

// A scheduled notice is in every file at its minute, by what was rendered before: nobody is awake.
// It goes at its end alike.
func TestScheduledWithNobodyAwake(t *testing.T) {
	each(t, func(t *testing.T, c council) {
		c.Notice(c.editor, map[string]any{"title": "지금"})
		six := c.Now().Add(time.Hour).Truncate(time.Minute)
		end := six.Add(time.Hour)
		id := c.Notice(c.editor, map[string]any{"title": "여섯 시", "publishAt": six, "unpublishAt": end})
		for _, path := range written {
			c.get(path).Want(200).SaysNot(id)
		}
		for at, there := range map[time.Time]bool{six.Add(-time.Millisecond): false, six: true, end.Add(-time.Millisecond): true, end: false} {
			for _, path := range written {
				language := function.LanguageOf(path)
				p, kept, err := c.Pages.Load(c.Context(), page.Key(path, nil, nil, language))
				if err != nil || !kept {
					t.Fatalf("%s is not kept: %v", path, err)
				}
				if s, state := p.At(at); state != page.Fresh || strings.Contains(string(s.Body), id) != there {
					t.Errorf("%s at %s: state %v, there %t, want %t", path, at, state, !there, there)
				}
			}
		}
	})
}

// The bytes are the same until something changes, whenever they are made; then they are others.
func TestSameBytes(t *testing.T) {
	c := open(t)
	for _, path := range written[:len(written)-1] { // empty, too
		first := c.get(path).Want(200)
		c.Wait(26 * time.Hour)
		if again := c.get(path).Want(200); !bytes.Equal(again.Body, first.Body) {
			t.Errorf("%s: %s, then %s", path, first.Body, again.Body)
		}
	}
	id := c.Notice(c.editor, map[string]any{"title": "공지"})
	for _, path := range written {
		first := c.get(path).Want(200).Says(id)
		if _, err := c.DB.Exec(c.Context(), `UPDATE things SET version = version`); err != nil {
			t.Fatal(err)
		}
		c.Wait(26 * time.Hour) // rendered anew
		again := c.get(path).Want(200)
		if !bytes.Equal(again.Body, first.Body) || again.Header.Get("ETag") != first.Header.Get("ETag") || again.Header.Get("ETag") == "" {
			t.Errorf("%s: %s, then %s", path, first.Body, again.Body)
		}
		c.Do(functiontest.Request{Method: "GET", Path: path, Header: map[string]string{"If-None-Match": first.Header.Get("ETag")}}).Want(http.StatusNotModified)
	}
}

// items are what a reader of RSS keeps: by guid when it came out and when it was updated.
func (c council) items(t testing.TB) map[string][3]string {
	t.Helper()
	var v struct {
		Items []struct {
			GUID      string `xml:"guid"`
			Published string `xml:"pubDate"`
			Updated   string `xml:"http://www.w3.org/2005/Atom updated"`
			Title     string `xml:"title"`
		} `xml:"channel>item"`
	}
	if err := xml.Unmarshal(c.get("/feeds/notice.rss").Want(200).Body, &v); err != nil {
		t.Fatal(err)
	}
	items := map[string][3]string{}
	for _, i := range v.Items {
		items[i.GUID] = [3]string{i.Published, i.Updated, i.Title}
	}
	return items
}

// An edit makes nothing new: guid and publication stay, and a change of title or text is an update;
// a pin or other tags are none.
func TestEditIsNoNews(t *testing.T) {
	each(t, func(t *testing.T, c council) {
		published := c.Now()
		id := c.Notice(c.editor, map[string]any{"title": "공지", "body": "글", "publishAt": published})
		guid := "urn:uuid:" + id
		day, stamp := published.In(clock.Seoul).Format(time.RFC1123Z), func(t time.Time) string { return t.In(clock.Seoul).Format(time.RFC3339) }
		updated := published
		for i, edit := range []struct {
			fields map[string]any
			moves  bool
		}{
			{map[string]any{"title": "공지", "body": "글", "pinnedUntil": published.Add(9 * time.Hour)}, false},
			{map[string]any{"title": "공지", "body": "글", "tags": []string{"행사"}}, false},
			{map[string]any{"title": "고친 공지", "body": "글"}, true},
			{map[string]any{"title": "고친 공지", "body": "고친 글"}, true},
			{map[string]any{"title": "고친 공지", "body": "고친 글"}, false},
		} {
			c.Wait(time.Hour)
			if edit.moves {
				updated = c.Now()
			}
			edit.fields["unit"], edit.fields["publishAt"] = "총학", published
			c.Do(functiontest.Request{Method: "PUT", Path: "/v1/notices/" + id, As: c.editor, Header: map[string]string{"If-Match": fmt.Sprintf(`"v%d"`, i+1)}, Body: edit.fields}).Want(200)
			want := [3]string{day, stamp(updated), fmt.Sprint(edit.fields["title"])}
			if got := c.items(t); len(got) != 1 || got[guid] != want {
				t.Errorf("edit %d: %v, want %v", i, got, want)
			}
		}
	})
}

// keyOf is the key of a page at an address.
func keyOf(address string) string {
	path, query, _ := strings.Cut(address, "?")
	values, err := url.ParseQuery(query)
	if err != nil {
		return ""
	}
	return page.Key(path, values, []string{"tag", "unit"}, function.LanguageOf(path))
}

// Whatever else there is that not everybody may read now, no byte is another: drafts, what is
// scheduled or past, what is for members, hidden, deleted or without a page.
func TestOthersChangeNoByte(t *testing.T) {
	each(t, func(t *testing.T, c council) {
		store := thing.Store{DB: c.DB}
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"things", "thing_letters", "thing_dates"} {
				if _, err := c.DB.Exec(c.Context(), `DELETE FROM `+table); err != nil {
					rt.Fatal(err)
				}
			}
			put := func(one thing.Thing) {
				rt.Helper()
				if err := store.Put(c.Context(), one); err != nil {
					rt.Fatal(err)
				}
			}
			read := func() string {
				rt.Helper()
				all := ""
				for _, path := range []string{"/feeds/all.rss", "/feeds/notice.atom", "/en/feeds/all.json", "/feeds/all.rss?unit=" + url.QueryEscape("총학"), "/feeds/all.atom?tag=" + url.QueryEscape("행사"), "/feeds", "/sitemap.xml", "/sitemaps/notice-1.xml"} {
					if err := c.Pages.Drop(c.Context(), keyOf(path)); err != nil {
						rt.Fatal(err)
					}
					r := c.get(path)
					if r.Status == 404 {
						r.Body = nil // the page of refusals has the number of the request
					}
					all += path + fmt.Sprint(r.Status) + string(r.Body)
				}
				return all
			}
			now := c.Now()
			draw := func(name string, i int) thing.Thing {
				from := now.Add(-time.Duration(rapid.IntRange(0, 100).Draw(rt, "age")) * time.Minute)
				return thing.Thing{
					Ref: thing.Ref{Kind: "notice", ID: fmt.Sprintf("018e0000-0000-7000-8000-%s%011d", name, i)}, Path: fmt.Sprintf("/notices/%s%d", name, i), Unit: rapid.SampledFrom([]string{"총학", "동연"}).Draw(rt, "unit"),
					Title: rapid.SampledFrom([]string{"축제", "총회"}).Draw(rt, "title"), Line: "글", Tags: rapid.SampledFrom([][]string{nil, {"행사"}}).Draw(rt, "tags"), At: from, From: &from, Readers: thing.Guests, Version: 1,
				}
			}
			for i := range rapid.IntRange(0, 4).Draw(rt, "public") {
				put(draw("a", i))
			}
			before := read()
			for i := range rapid.IntRange(1, 6).Draw(rt, "others") {
				one := draw("b", i)
				after := func() {}
				switch rapid.SampledFrom([]string{"draft", "scheduled", "past", "members", "students", "council", "own", "hidden", "deleted", "pageless"}).Draw(rt, "why") {
				case "draft":
					one.From = nil
				case "scheduled":
					later := now.Add(time.Duration(rapid.IntRange(1, 1e6).Draw(rt, "ms")) * time.Millisecond)
					one.From = &later
				case "past":
					one.Until = &now
				case "hidden":
					after = func() {
						if err := store.Hide(c.Context(), one.Ref, true); err != nil {
							rt.Fatal(err)
						}
					}
				case "deleted":
					after = func() {
						if err := store.Drop(c.Context(), one.Ref); err != nil {
							rt.Fatal(err)
						}
					}
				case "pageless":
					one.Path = ""
				default:
					one.Readers = rapid.SampledFrom([]thing.Readers{thing.Members, thing.Students, thing.Council, thing.Own}).Draw(rt, "readers")
				}
				put(one)
				after()
			}
			if got := read(); got != before {
				rt.Fatalf("before\n%s\nand now\n%s", before, got)
			}
		})
	})
}

// What somebody may have written.
var texts = rapid.OneOf(
	rapid.SampledFrom([]string{"봄 축제 🎉👩‍👩‍👧", "]]>", "<![CDATA[x]]>", "a & b &amp; <br/>", "\x00\x01\x0b\x1f", "gpj\u202eexe", "\ufffe\uffff", "  끝\n줄\t", "\U0010ffff", "가\u0301", "&#x0;", `"'`, "<?xml?>", "<!-- -- -->"}),
	rapid.String(),
)

// visible is a text as a document can hold it.
func visible(s string) string {
	return text.Straight(strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r <= 0xd7ff || r >= 0xe000 && r <= 0xfffd || r >= 0x10000 {
			return r
		}
		return '\ufffd'
	}, s))
}

var urn = regexp.MustCompile(`^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$`)

// Whatever is written, each file is well-formed and says it; what RSS, RFC 4287 and JSON Feed
// demand is there.
func TestWellFormed(t *testing.T) {
	c := open(t)
	store := thing.Store{DB: c.DB}
	rapid.Check(t, func(rt *rapid.T) {
		if _, err := c.DB.Exec(c.Context(), `DELETE FROM things`); err != nil {
			rt.Fatal(err)
		}
		want, now := []string{}, c.Now()
		for i := range rapid.IntRange(1, 4).Draw(rt, "things") {
			title := texts.Draw(rt, "title")
			from := now.Add(-time.Duration(i) * time.Minute)
			one := thing.Thing{
				Ref: thing.Ref{Kind: "notice", ID: fmt.Sprint("x", i)}, Path: rapid.SampledFrom([]string{"/notices/1", "/rules/회칙 1#제3조", "/notices/a%20b?x=<&>"}).Draw(rt, "path"), Unit: texts.Draw(rt, "unit"),
				Title: title, Line: texts.Draw(rt, "line"), Tags: rapid.SliceOfN(texts, 0, 3).Draw(rt, "tags"), At: from, From: &from, Readers: thing.Guests, Version: 1,
			}
			if err := store.Put(c.Context(), one); err != nil {
				rt.Fatal(err)
			}
			want = append(want, visible(title))
		}
		read := func(path string) []byte {
			rt.Helper()
			if err := c.Pages.Drop(c.Context(), page.Key(path, nil, nil, "ko")); err != nil {
				rt.Fatal(err)
			}
			r := c.get(path)
			if r.Status != 200 {
				rt.Fatalf("%s: %d", path, r.Status)
			}
			if strings.HasSuffix(path, ".json") {
				return r.Body
			}
			for d := xml.NewDecoder(bytes.NewReader(r.Body)); ; {
				if _, err := d.Token(); errors.Is(err, io.EOF) {
					return r.Body
				} else if err != nil {
					rt.Fatalf("%s: %v\n%s", path, err, r.Body)
				}
			}
		}
		parse(rt, read("/feeds/all.rss"), read("/feeds/all.atom"), read("/feeds/all.json"), want)
		var m struct {
			URLs []struct {
				Address  string `xml:"loc"`
				Modified string `xml:"lastmod"`
			} `xml:"url"`
		}
		if err := xml.Unmarshal(read("/sitemap.xml"), &m); err != nil || len(m.URLs) < 6 {
			rt.Fatalf("%v, %d addresses", err, len(m.URLs))
		}
		for _, u := range m.URLs {
			address(rt, u.Address)
			if strings.Contains(u.Address, "#") {
				rt.Errorf("%s names a part of a page", u.Address)
			}
		}
	})
}

func address(rt *rapid.T, s string) {
	rt.Helper()
	u, err := url.Parse(s)
	if err != nil || !strings.HasPrefix(s, site+"/") || u.Host != "council.madang.ac.kr" || strings.ContainsFunc(s, func(r rune) bool { return r <= ' ' || r > '~' || strings.ContainsRune(`<>"{}|\^`, r) }) {
		rt.Errorf("%q is no address of the site: %v", s, err)
	}
}

func parse(rt *rapid.T, inRSS, inAtom, inJSON []byte, want []string) {
	var r struct {
		Channel struct {
			Title       string   `xml:"title"`
			Links       []string `xml:"link"` // that of Atom, too, which says nothing
			Description string   `xml:"description"`
			Items       []struct {
				Title     string `xml:"title"`
				Link      string `xml:"link"`
				GUID      string `xml:"guid"`
				Published string `xml:"pubDate"`
			} `xml:"item"`
		} `xml:"channel"`
	}
	var a struct {
		ID      string `xml:"id"`
		Title   string `xml:"title"`
		Updated string `xml:"updated"`
		Entries []struct {
			ID        string `xml:"id"`
			Title     string `xml:"title"`
			Published string `xml:"published"`
			Updated   string `xml:"updated"`
			Link      struct {
				Address string `xml:"href,attr"`
			} `xml:"link"`
		} `xml:"entry"`
	}
	var j struct {
		Items []struct {
			ID, URL, Title string
			Published      string  `json:"date_published"`
			Modified       string  `json:"date_modified"`
			Text           *string `json:"content_text"`
		}
	}
	for _, err := range []error{xml.Unmarshal(inRSS, &r), xml.Unmarshal(inAtom, &a), json.Unmarshal(inJSON, &j)} {
		if err != nil {
			rt.Fatal(err)
		}
	}
	if len(r.Channel.Items) != len(want) || len(a.Entries) != len(want) || len(j.Items) != len(want) || r.Channel.Title == "" || r.Channel.Description == "" || a.Title == "" || !urn.MatchString(a.ID) {
		rt.Fatalf("%+v\n%+v\n%+v", r, a, j)
	}
	ids := map[string]bool{}
	lines := strings.NewReplacer("\r\n", "\n", "\r", "\n") // as XML and JSON have them alike
	for i, title := range want {
		x, e, o := r.Channel.Items[i], a.Entries[i], j.Items[i]
		if lines.Replace(x.Title) != lines.Replace(title) || x.Title != e.Title || lines.Replace(visible(o.Title)) != lines.Replace(title) {
			rt.Errorf("the titles are %q, %q and %q, want %q", x.Title, e.Title, o.Title, title)
		}
		if ids[x.GUID] || x.GUID != e.ID || x.GUID != o.ID || !urn.MatchString(x.GUID) || o.Text == nil {
			rt.Errorf("the ids are %q, %q and %q", x.GUID, e.ID, o.ID)
		}
		ids[x.GUID] = true
		for _, s := range []string{x.Link, e.Link.Address, o.URL, r.Channel.Links[0]} {
			address(rt, s)
		}
		published, err := time.Parse(time.RFC1123Z, x.Published)
		if err != nil || !strings.HasSuffix(x.Published, " +0900") {
			rt.Errorf("%s %v", x.Published, err)
		}
		for _, s := range []string{e.Published, e.Updated, o.Published, o.Modified, a.Updated} {
			when, err := time.Parse(time.RFC3339, s)
			if err != nil || !strings.HasSuffix(s, "+09:00") || when.Before(published) {
				rt.Errorf("%s %v", s, err)
			}
		}
	}
}

// Another address of the site changes no id.
func TestIDsStay(t *testing.T) {
	c := open(t)
	id := c.Notice(c.editor, map[string]any{"title": "공지"})
	moved := open(t, functiontest.WithDB(c.DB), functiontest.WithSettings(func(s *function.Settings) { s.SiteURL = "https://new.example.org" }))
	ids := regexp.MustCompile(`urn:[0-9a-z:-]+`)
	for _, path := range []string{"/feeds/all.rss", "/feeds/notice.atom", "/feeds/all.json"} {
		before, after := c.get(path).Want(200).Body, moved.get(path).Want(200).Body
		if was, is := ids.FindAllString(string(before), -1), ids.FindAllString(string(after), -1); !slices.Equal(was, is) || !slices.Contains(is, "urn:uuid:"+id) {
			t.Errorf("%s: %v, then %v", path, was, is)
		}
		if strings.Contains(string(after), site) || !strings.Contains(string(after), "https://new.example.org/notices/"+id) {
			t.Errorf("%s: %s", path, after)
		}
	}
}

// An address that names nothing is none, and no page; so nobody can make pages without end.
func TestAddresses(t *testing.T) {
	each(t, func(t *testing.T, c council) {
		c.Notice(c.editor, map[string]any{"title": "행사", "unit": "총학", "tags": []string{"행사"}})
		c.Notice(c.editor, map[string]any{"title": "MT", "unit": "총학", "tags": []string{"MT"}})
		q := url.QueryEscape
		for _, path := range []string{
			"/feeds/x.rss", "/feeds/banner.rss", "/feeds/all", "/feeds/all.xml", "/feeds/all.rss.rss", "/feeds/.rss", "/feeds/ALL.rss", "/feeds/all.rss?unit=x", "/feeds/all.rss?unit=" + q("동연"), "/feeds/all.rss?tag=" + q("행"), "/feeds/all.rss?tag=mt",
			"/feeds/all.rss?tag=%25", "/feeds/all.rss?tag=" + q(" 행사"), "/feeds/all.rss?tag=a%00b", "/feeds/all.rss?tag=" + strings.Repeat("a", 500), "/feeds/all.rss?unit=" + q("총학") + "&tag=x",
			"/sitemaps/x-1.xml", "/sitemaps/notice-2.xml", "/sitemaps/notice-01.xml", "/sitemaps/notice-0.xml", "/sitemaps/notice--1.xml", "/sitemaps/notice-99999999999999999999.xml", "/sitemaps/notice-40000.xml", "/sitemaps/banner-1.xml", "/sitemaps/pages", "/sitemaps/notice-1",
		} {
			c.get(path).Problem(404, "not-found")
			if _, kept, _ := c.Pages.Load(c.Context(), keyOf(path)); kept {
				t.Errorf("%s is kept", path)
			}
		}
		c.get("/feeds/all.rss?unit="+q("총학")).Want(200).Says("행사", "MT", "총학생회 새 소식 · 총학<")
		c.get("/feeds/notice.rss?tag="+q("행사")).Want(200).Says("<title>행사</title>", "총학생회 공지 · #행사<", `/feeds/notice.rss?tag=%ED%96%89%EC%82%AC"`).SaysNot("<title>MT</title>")
		c.get("/feeds/all.rss?unit="+q("총학")+"&tag=MT&utm_source=x").Want(200).Says("<title>MT</title>", "/feeds/all.rss?tag=MT&amp;unit=%EC%B4%9D%ED%95%99\"").SaysNot("<title>행사</title>", "utm")
	})
}

// At most 30, those that came out last.
func TestNewest(t *testing.T) {
	c := open(t)
	for i := range 33 {
		from := c.Now().Add(-time.Duration(i) * time.Hour)
		c.put(t, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: fmt.Sprintf("%02d", i)}, Unit: "총학", Path: "/notices/1", Title: fmt.Sprintf("공지 %02d.", i), From: &from, At: c.Now().Add(time.Duration(i) * time.Hour)})
	}
	body := string(c.get("/feeds/all.rss").Want(200).Body)
	if strings.Count(body, "<item>") != 30 || strings.Index(body, "공지 00.") > strings.Index(body, "공지 01.") || strings.Contains(body, "공지 30.") {
		t.Error(body)
	}
}

// A function that is switched off has no feed, and is in no other; nor in the sitemap.
func TestOff(t *testing.T) {
	c := open(t)
	id := c.Notice(c.editor, map[string]any{"title": "공지"})
	c.get("/feeds/notice.rss").Want(200).Says(id)
	c.get("/sitemap.xml").Want(200).Says("/notices/"+id, site+"/notices<")
	admin := c.Admin()
	etag := c.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/policies/site", As: admin}).Want(200).Header.Get("ETag")
	c.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/site", As: admin, Header: map[string]string{"If-Match": etag}, Body: map[string]any{"values": map[string]any{"off": []string{"notices"}}}}).Want(200)
	c.get("/feeds/notice.rss").Problem(404, "not-found")
	for _, path := range []string{"/feeds/all.rss", "/feeds/all.json", "/sitemap.xml", "/sitemaps/notice-1.xml", "/feeds"} {
		c.get(path).Want(200).SaysNot(id, "/notices<", "notice.rss")
	}
}

// Every page is in the sitemap in both languages, with what it is in the other one.
func TestSitemap(t *testing.T) {
	c := open(t)
	id := c.Notice(c.editor, map[string]any{"title": "공지"})
	from := c.Now()
	for i := range 3 {
		c.put(t, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: fmt.Sprint(i)}, Unit: "총학", Path: "/rules/회칙#" + fmt.Sprint(i), Title: "제1조", From: &from})
	}
	korean, english := site+"/notices/"+id, site+"/en/notices/"+id
	in := `<xhtml:link rel="alternate" hreflang="ko" href="` + korean + `"></xhtml:link><xhtml:link rel="alternate" hreflang="en" href="` + english + `"></xhtml:link><xhtml:link rel="alternate" hreflang="x-default" href="` + korean + `"></xhtml:link></url>`
	modified := `</loc><lastmod>` + c.Now().In(clock.Seoul).Format(time.RFC3339) + `</lastmod>`
	r := c.get("/sitemap.xml").Want(200).Says(
		`<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml">`, "<url><loc>"+korean+modified+in, "<url><loc>"+english+modified+in,
		"<loc>"+site+"/</loc>", "<loc>"+site+"/en</loc>", "<loc>"+site+"/notices</loc>", "<loc>"+site+"/feeds</loc>", "<loc>"+site+"/privacy</loc>",
	)
	if n := strings.Count(string(r.Body), "<loc>"+site+"/rules/%ED%9A%8C%EC%B9%99</loc>"); n != 1 {
		t.Errorf("a page with three things is there %d times", n)
	}
}

// A large site has an index, whose parts have each page once.
func TestSitemapIndex(t *testing.T) {
	c := open(t)
	values := []string{}
	for i := range 2005 {
		values = append(values, fmt.Sprintf(`(%d, 'notice', 'n%04d', '총학', '/notices/n%04d', 't', '', '', '[]', '', '', 0, 1, 'guests', '', '', 1, '4:')`, i, i, i))
	}
	if _, err := c.DB.Exec(c.Context(), `INSERT INTO things (number, kind, id, unit, path, title, line, text, tags, folded, initials, at, visible_from, readers, allows, closed_because, version, checksum) VALUES `+strings.Join(values, ", ")); err != nil {
		t.Fatal(err)
	}
	r := c.get("/sitemap.xml").Want(200).Says("<sitemapindex")
	seen := map[string]int{}
	for _, m := range regexp.MustCompile(`<loc>`+site+`([^<]+)</loc>`).FindAllStringSubmatch(string(r.Body), -1) {
		part := c.get(m[1]).Want(200)
		if len(part.Body) > 2_000_000 {
			t.Errorf("%s has %d bytes", m[1], len(part.Body))
		}
		for _, u := range regexp.MustCompile(`<loc>([^<]+)</loc>`).FindAllStringSubmatch(string(part.Body), -1) {
			seen[u[1]]++
		}
	}
	if len(seen) != 2*(2005+4) {
		t.Errorf("%d addresses", len(seen))
	}
	for address, n := range seen {
		if n != 1 {
			t.Errorf("%s is there %d times", address, n)
		}
	}
	c.get("/sitemaps/notice-3.xml").Want(200)
	c.get("/sitemaps/notice-4.xml").Problem(404, "not-found")
}

// The page has the addresses of all feeds in both languages.
func TestPage(t *testing.T) {
	c := open(t)
	if got, want := c.get("/feeds").Want(200).Main(), "구독 가입하지 않아도 새 글을 받아 볼 수 있어요. 아래 주소를 복사해 RSS 리더에 넣어 주세요. 누가 받아 보는지는 저희도 알 수 없어요. 게시판별 주소 전체"; !strings.HasPrefix(got, want) {
		t.Errorf("%s", got)
	}
	c.Notice(c.editor, map[string]any{"title": "하나", "unit": "총학"})
	c.get("/feeds").Want(200).SaysNot("단위별 주소")
	c.Notice(c.editor, map[string]any{"title": "둘", "unit": "동연"})
	page := c.get("/feeds").Want(200).Says("단위별 주소", site+"/feeds/all.atom", site+"/feeds/notice.json")
	english := c.get("/en/feeds").Want(200).Says("By unit", "Student Clubs", site+"/en/feeds/notice.rss")
	for _, r := range []functiontest.Response{page, english} {
		for _, m := range regexp.MustCompile(`data-address="`+site+`([^"]+)"`).FindAllStringSubmatch(string(r.Body), -1) {
			c.get(strings.ReplaceAll(m[1], "&amp;", "&")).Want(200)
		}
	}
}

// Pages name the feed of everything and that of the board that they belong to.
func TestAlternates(t *testing.T) {
	c := open(t)
	id := c.Notice(c.editor, map[string]any{"title": "공지"})
	link := func(title, path string) string {
		return `<link rel="alternate" type="application/rss+xml" title="` + title + `" href="` + path + `">`
	}
	all, board := link("마당대학교 총학생회 새 소식", "/feeds/all.rss"), link("마당대학교 총학생회 공지", "/feeds/notice.rss")
	c.get("/notices").Want(200).Says(all, board)
	c.get("/notices/"+id).Want(200).Says(all, board)
	c.get("/feeds").Want(200).Says(all).SaysNot(board)
	c.get("/en/notices").Want(200).Says(link("마당대학교 총학생회 Notices", "/en/feeds/notice.rss"))
	alone := functiontest.New(t, notices.Function, functiontest.WithDB(c.DB))
	alone.Do(functiontest.Request{Method: "GET", Path: "/notices"}).Want(200).SaysNot("application/rss+xml")
}

// Another name of the council is another name of its feeds.
func TestNameOfFeeds(t *testing.T) {
	c := open(t)
	c.get("/feeds/all.rss").Want(200).Says("마당대학교")
	if _, err := (face.Store{DB: c.DB}).Set(c.Context(), face.First, face.Face{Name: "솔뫼", NameEN: "Solmoe", Pattern: "mul"}); err != nil {
		t.Fatal(err)
	}
	if p, kept, err := c.Pages.Load(c.Context(), "ko:/feeds/all.rss"); err != nil || !kept {
		t.Errorf("%v %v %v", p, kept, err)
	}
	c.Wait(time.Minute)
	c.get("/feeds/all.rss").Want(200).Says("<title>솔뫼 새 소식</title>", "솔뫼가 새로")
	c.get("/en/feeds/all.rss").Want(200).Says("<title>Solmoe News</title>")
}
