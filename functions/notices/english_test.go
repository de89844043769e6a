package notices_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

// bilingual is what an answer says of a notice in both languages.
type bilingual struct {
	ID, Title, HTML, Excerpt, TitleEn, HTMLEn, ExcerptEn, UnitName string
	Body, BodyEn                                                   *string
	TagNames                                                       []string
	Version                                                        int64
}

// both is what a notice in both languages is written with.
func both(now time.Time) map[string]any {
	return map[string]any{"body": "**한국어**", "titleEn": " Spring Festival ", "bodyEn": "# Programme\n\n**Lanterns** <script>", "tags": []string{"행사", "축제"}, "publishAt": now}
}

// What the council wrote is answered in both languages; what its unit and tags are called follows
// the language of the request. A refusal names the field.
func TestEnglishInTheAPI(t *testing.T) {
	d := open(t)
	n := functiontest.JSON[bilingual](d.call(d.editor, "POST", "/v1/notices", content("봄 대동제", both(d.Now()))).Want(201))
	if n.TitleEn != "Spring Festival" || n.BodyEn == nil || !strings.HasPrefix(*n.BodyEn, "# Programme") || strings.Contains(n.HTMLEn, "<script") || !strings.Contains(n.HTMLEn, "<strong>Lanterns</strong>") {
		t.Errorf("%+v", n)
	}
	english := []string{"Accept-Language", "en"}
	for _, c := range []struct {
		header     []string
		unit, tags string
	}{{nil, "총학", "행사 축제"}, {english, "Student Council", "Events 축제"}} {
		one := functiontest.JSON[bilingual](d.call("", "GET", "/v1/notices/"+n.ID, nil, c.header...).Want(200))
		list := functiontest.JSON[struct{ Items []bilingual }](d.call("", "GET", "/v1/notices", nil, c.header...).Want(200)).Items[0]
		for _, got := range []bilingual{one, list} {
			if got.Title != "봄 대동제" || got.TitleEn != "Spring Festival" || got.ExcerptEn != "Programme · Lanterns <script>" || got.UnitName != c.unit || strings.Join(got.TagNames, " ") != c.tags || got.Body != nil || got.BodyEn != nil {
				t.Errorf("%v: %+v", c.header, got)
			}
		}
	}
	for want, change := range map[string]map[string]any{
		"titleEn:required": {"bodyEn": "Text"},
		"titleEn:too-long": {"titleEn": strings.Repeat("a", 201)},
		"titleEn:newline":  {"titleEn": "a\nb"},
		"bodyEn:too-long":  {"titleEn": "a", "bodyEn": strings.Repeat("a", 100_001)},
	} {
		if got := d.call(d.editor, "POST", "/v1/notices", content("가", change)).Problem(422, "invalid-input").Fields(); !slices.Contains(got, want) {
			t.Errorf("%v, want %s", got, want)
		}
	}
	if got := d.list("", "?q=FESTIVAL").titles(); got != "봄 대동제" {
		t.Errorf("by its English title: %q", got)
	}
	found, err := thing.Store{DB: d.DB}.Readable(d.Context(), thing.Ref{Kind: "notice", ID: n.ID})
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	pairs, err := database.All(d.Context(), d.DB, database.Value[string], `SELECT letter || nexts FROM thing_letters WHERE letter IN ('한', 'l') AND (nexts LIKE '%국%' OR nexts LIKE '%a%')`)
	if err != nil || len(pairs) != 2 {
		t.Errorf("the index: %v %v", pairs, err)
	}
}

// Revisions, their differences and going back know both languages; what is left out is emptied.
func TestEnglishInRevisions(t *testing.T) {
	d := open(t)
	n := functiontest.JSON[bilingual](d.call(d.editor, "POST", "/v1/notices", content("봄", both(d.Now()))).Want(201))
	path := "/v1/notices/" + n.ID
	d.call(d.editor, "PUT", path, content("봄", map[string]any{"body": "**한국어**", "titleEn": "Spring", "bodyEn": "Other", "publishAt": d.Now()}), "If-Match", match(1)).Want(200)
	d.call(d.editor, "PUT", path, content("봄", map[string]any{"publishAt": d.Now()}), "If-Match", match(2)).Want(200)
	if got := functiontest.JSON[bilingual](d.call("", "GET", path, nil).Want(200)); got.TitleEn+got.HTMLEn+got.ExcerptEn != "" {
		t.Errorf("left out: %+v", got)
	}
	if got := functiontest.JSON[bilingual](d.call(d.editor, "GET", path+"/revisions/2", nil).Want(200)); got.TitleEn != "Spring" || *got.BodyEn != "Other" || !strings.Contains(got.HTMLEn, "<p>Other") {
		t.Errorf("revision: %+v", got)
	}
	diff := functiontest.JSON[struct{ Title, TitleEn, BodyEn []any }](d.call(d.editor, "GET", path+"/revisions/1/diff/2", nil).Want(200))
	if len(diff.Title) != 0 || len(diff.TitleEn) != 1 || len(diff.BodyEn) != 1 {
		t.Errorf("%+v", diff)
	}
	d.see(d.editor, "/console/notices/"+n.ID+"/revisions?from=1&to=2").Want(200).Says("영어 제목", "영어 내용", "<ins>Other</ins>")
	back := functiontest.JSON[bilingual](d.call(d.editor, "POST", path+"/revisions/1/restore", map[string]any{}, "If-Match", match(3)).Want(200))
	if back.TitleEn != "Spring Festival" || !strings.HasPrefix(*back.BodyEn, "# Programme") {
		t.Errorf("back: %+v", back)
	}
	differ := func(titleEn, bodyEn string) functiontest.Response {
		return d.call(d.editor, "POST", "/console/notices/"+n.ID+"/differences", map[string]any{"title": "봄", "body": *back.Body, "tags": []string{"행사", "축제"}, "titleEn": titleEn, "bodyEn": bodyEn}).Want(200)
	}
	differ(back.TitleEn, *back.BodyEn).Says("data-same")
	differ("Spring Fair", *back.BodyEn).Says("영어 제목").SaysNot("data-same")
	differ(back.TitleEn, "Else").Says("영어 내용").SaysNot("data-same")
}

// onlyKorean is what readers of English are told of a notice that is not in English.
const onlyKorean = "This notice is only in Korean."

// Readers of English see English where there is some, without a mark of language, and Korean where
// there is none, marked as that and said once. Readers of Korean see Korean.
func TestEnglishPages(t *testing.T) {
	d := open(t)
	in := d.Notice(d.editor, with(both(d.Now()), "title", "봄 대동제"))
	korean := d.Notice(d.editor, map[string]any{"title": "감사 결과", "body": "**적합**", "tags": []string{"감사", "행사"}, "unit": "감사"})
	half := d.Notice(d.editor, map[string]any{"title": "단수 안내", "body": "물이 끊깁니다.", "titleEn": "Water outage"})
	bare := d.Notice(d.editor, map[string]any{"title": "휴무", "titleEn": "Closed"})

	d.see("", "/en/notices/"+in).Want(200).
		Says("<title>Spring Festival · ", `<h1>Spring Festival</h1>`, `<div class="prose">`, "<strong>Lanterns</strong>", "Student Council", "#Events", `<a href="/en/notices?tag=%EC%B6%95%EC%A0%9C" lang="ko">#축제</a>`,
			`<meta name="description" content="Programme · Lanterns`, `<meta property="og:title" content="Spring Festival">`).
		SaysNot(onlyKorean, "한국어</strong>", "봄 대동제", `<div class="prose" lang="ko">`)
	d.see("", "/notices/"+in).Want(200).Says("<title>봄 대동제 · ", "<h1>봄 대동제</h1>", "<strong>한국어</strong>", "#행사").SaysNot("Spring", "Lanterns", onlyKorean, ` lang="ko">봄`)
	d.see("", "/en/notices/"+korean).Want(200).
		Says(`<title lang="ko">감사 결과 · `, `<h1 lang="ko">감사 결과</h1>`, `<div class="prose" lang="ko">`, onlyKorean, `<span lang="ko">감사</span>`, "#Events", `<meta name="description" lang="ko" content="적합">`)
	d.see("", "/en/notices/"+half).Want(200).Says(`<h1>Water outage</h1>`, `<div class="prose" lang="ko">`, "The text of this notice is only in Korean.").SaysNot(onlyKorean)
	d.see("", "/en/notices/"+bare).Want(200).Says(`<h1>Closed</h1>`).SaysNot("only in Korean")

	d.see("", "/en/notices").Want(200).Says(">Spring Festival</a>", "Programme · Lanterns", `lang="ko">감사 결과</a>`, `<p lang="ko">적합</p>`, ">Student Council<", `<span class="unit" lang="ko">감사</span>`).SaysNot("봄 대동제")
	d.see("", "/notices").Want(200).Says(">봄 대동제</a>", ">총학<").SaysNot("Spring", "Student Council", `lang="ko">봄`)
	d.see("", "/en/notices?tag=%ED%96%89%EC%82%AC").Want(200).Says("Notices #Events", `aria-current="true">#Events<small>remove</small>`)
	d.see("", "/en/notices?unit=%EB%8F%99%EC%97%B0").Want(200).Says("Notices · Student Clubs")

	d.see(d.editor, "/console/notices/"+in).Want(200).Says(`<details id="english" class="fold" open>`, `value="Spring Festival"`, "# Programme", "preview-body-en")
	d.see(d.editor, "/console/notices/"+korean).Want(200).Says(`<details id="english" class="fold">`)
	d.see(d.editor, "/en/console/notices").Want(200).Says("Student Council", "In English, too")
}

// with is a map with one more entry.
func with(fields map[string]any, name string, value any) map[string]any {
	fields[name] = value
	return fields
}

// A notice is published by the server's clock, whatever the clock of who writes says. One that
// says a time that has just passed means now.
func TestPublishNow(t *testing.T) {
	d := open(t)
	n := d.write("지금", map[string]any{"publishNow": true})
	if n.State != "published" || !n.PublishAt.Equal(d.Now()) {
		t.Errorf("%+v", n)
	}
	draft := d.write("초안", nil)
	d.Wait(time.Hour)
	if got := d.edit(draft, map[string]any{"publishNow": true}); got.State != "published" || !got.PublishAt.Equal(d.Now()) {
		t.Errorf("%+v", got)
	}
	for _, behind := range []time.Duration{time.Second, 5 * time.Minute, 10 * time.Minute} {
		if got := d.write("늦은 시계", map[string]any{"publishAt": d.Now().Add(-behind)}); got.State != "published" || !got.PublishAt.Equal(d.Now()) {
			t.Errorf("%s behind: %+v", behind, got)
		}
	}
	r := d.call(d.editor, http.MethodPost, "/v1/notices", content("둘 다", map[string]any{"publishNow": true, "publishAt": d.Now()})).Problem(422, "invalid-input")
	if got := r.Fields(); !slices.Equal(got, []string{"publishNow:now-or-at"}) {
		t.Error(got)
	}
	d.see(d.editor, "/console/notices/new").Want(200).Says(`&#34;now&#34;:&#34;`+d.Now().Format("2006-01-02T15:04"), `id="skew"`)
}
