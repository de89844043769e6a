package notices_test

import (
	"html"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
)

// see gets a page; as is a token, "" for a guest.
func (d desk) see(as, path string) functiontest.Response {
	d.t.Helper()
	return d.Do(functiontest.Request{Method: http.MethodGet, Path: path, As: as})
}

func TestPageOfNone(t *testing.T) {
	d := open(t)
	for path, want := range map[string]string{
		"/notices":          "공지 공지 찾기 찾기 전체 총학 단과대 학과 동연 감사 아직 공지가 없어요 새 공지는 여기에 가장 먼저 올라와요.",
		"/notices?q=%25":    "공지 공지 찾기 찾기 전체 총학 단과대 학과 동연 감사 ‘%’ 검색 결과 0건 검색어 지우기 맞는 공지가 없어요 다른 말로 찾거나 조건을 빼 보세요. 공지 모두 보기",
		"/en/notices?tag=x": "Notices #x Search notices Search All Student Council 단과대 학과 Student Clubs 감사 #x remove No notice matches Try other words, or fewer filters. All notices",
	} {
		if got := d.see("", path).Want(200).Main(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
}

func TestPageOfList(t *testing.T) {
	d := open(t)
	for i := range 45 {
		d.At(functiontest.Start.Add(time.Duration(i) * time.Minute))
		tag := []string{"홀"}
		if i%2 == 0 {
			tag = []string{"짝"}
		}
		d.Notice(d.editor, map[string]any{"title": "공지 " + string(rune('가'+i)), "tags": tag})
	}
	r := d.see("", "/notices").Want(200)
	if n := strings.Count(string(r.Body), "<h3>"); n != 20 {
		t.Errorf("%d notices", n)
	}
	r.Says("<span>45개 가운데 1–20</span>").SaysNot("처음으로", `rel="prev"`)
	leads := func(r functiontest.Response, rel string) string {
		t.Helper()
		found := regexp.MustCompile(`rel="` + rel + `" href="([^"]+)"`).FindSubmatch(r.Body)
		if found == nil {
			t.Fatalf("nothing leads to %s: %s", rel, r.Body)
		}
		return html.UnescapeString(string(found[1]))
	}
	middle := leads(r, "next")
	second := d.see("", middle).Want(200).Says("<span>45개 가운데 21–40</span>", "처음으로", `<meta name="robots" content="noindex">`).SaysNot(`rel="prev"`) // the first page has one address
	third := d.see("", leads(second, "next")).Want(200).Says("<span>45개 가운데 41–45</span>", "처음으로").SaysNot(`rel="next"`)
	if n := strings.Count(string(third.Body), "<h3>"); n != 5 {
		t.Errorf("%d notices", n)
	}
	if back := leads(third, "prev"); back != middle {
		t.Errorf("the page before the third is at %s, not %s", back, middle)
	}
	tagged := d.see("", "/notices?unit="+url.QueryEscape("총학")+"&tag="+url.QueryEscape("짝")).Want(200)
	tagged.Says(`<h1>공지 · 총학 #짝<small> 23개</small></h1>`, `<h2 class="month-name">2026년 3월</h2>`, `<a href="/notices?tag=%EC%A7%9D">전체</a>`, `<a href="/notices?unit=%EC%B4%9D%ED%95%99" aria-current="true"><span>#짝</span><small>빼기</small></a>`,
		`<input type="hidden" name="unit" value="총학"><input type="hidden" name="tag" value="짝">`)
	if n := strings.Count(string(d.see("", "/notices?tag="+url.QueryEscape("짝")).Want(200).Body), "<h3>"); n != 20 {
		t.Errorf("%d with the tag", n)
	}
	d.Notice(d.editor, map[string]any{"title": "둘 다", "tags": []string{"짝", "홀"}})
	one, two := url.QueryEscape("짝"), url.QueryEscape("홀")
	d.see("", "/notices?tag="+two).Want(200).Says(`href="/notices?and=` + two + `&amp;tag=` + one + `"><span>#짝</span>`)
	for _, address := range []string{"/notices?tag=" + one + "&and=" + two, "/notices?tag=" + two + "&and=" + one} {
		both := d.see("", address).Want(200).Says("<h1>공지 #짝 #홀<small> 1개</small></h1>", "둘 다", `<a href="/notices?tag=`+two+`" aria-current="true"><span>#짝</span>`, `<a href="/notices?tag=`+one+`" aria-current="true"><span>#홀</span>`,
			`<input type="hidden" name="tag" value="짝"><input type="hidden" name="and" value="홀">`)
		if n := strings.Count(string(both.Body), "<h3>"); n != 1 {
			t.Errorf("%d notices have both tags at %s", n, address)
		}
	}
	d.see("", "/notices?tag="+one+"&and="+one).Want(200).Says("<h1>공지 #짝<small> 24개</small></h1>")
	d.see("", "/notices?and="+one).Want(200).Says("<h1>공지 #짝<small> 24개</small></h1>")
	if got := d.see("", "/notices?q="+url.QueryEscape("공지 각")).Main(); !strings.Contains(got, "‘공지 각’ 검색 결과 1건 검색어 지우기 2026년 3월 오늘 공지 각 총학") {
		t.Error(got)
	}
	d.see("", "/notices?cursor=forged").Problem(404, "not-found")
	d.see("", "/notices?tag="+strings.Repeat("가", 21)).Problem(422, "invalid-input")
}

func TestPageOfNotice(t *testing.T) {
	d := open(t)
	picture := functiontest.Upload{Type: "png", Width: 1600, Height: 900}
	first, second := picture, picture
	first.Name, first.Variants = "본문.png", []int{320, 960, 1600}
	second.Name, second.Variants = "모임 사진.png", []int{320, 1600}
	inText, below := d.Upload(first), d.Upload(second)
	file, waiting := d.Upload(functiontest.Upload{Name: "신청서.hwp", Type: "hwp"}), d.Upload(functiontest.Upload{Name: "방금.png", Type: "png", Width: 1600, Height: 900})
	body := "**굵게**\n\n![봄](/files/test/post/2026/03/" + inText + "/1600.jpg)\n\n<script>alert(1)</script>"
	id := d.Notice(d.editor, map[string]any{"title": "봄 & 축제", "body": body, "tags": []string{"행사"}, "attachments": []string{inText, below, file, waiting}})
	r := d.see("", "/notices/"+id).Want(200)
	want := "공지 봄 & 축제 2026년 3월 2일 (월) 12:00 총학 #행사 굵게 <script>alert(1)</script> 방금.png: 사진을 준비하고 있습니다. 첨부 파일 HWP 신청서.hwp HWP · 3.4 MB 공유하기 주소 복사 인쇄하기"
	if got := r.Main(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r.Says(`<strong>굵게</strong>`, `alt="봄" loading="lazy"`, `/320.jpg 320w, /files/test/post/2026/03/`+below, `alt="모임 사진"`, `download="신청서.hwp"`, `<meta property="og:title" content="봄 &amp; 축제">`)
	if n := strings.Count(string(r.Body), `src="/files/test/post/2026/03/`+inText); n != 1 {
		t.Errorf("the picture in the text is shown %d times", n)
	}
	d.see("", "/en/notices/"+id).Want(200).Says("2 March 2026, 12:00", `<h1 lang="ko">봄 &amp; 축제</h1>`)
	later := d.Notice(d.editor, map[string]any{"title": "나중", "publishAt": d.Now().Add(time.Hour)})
	d.see("", "/notices/"+later).Problem(404, "not-found")
	d.see(d.editor, "/notices/"+later).Want(200).Says("아직 공개되지 않은 글입니다.", `content="noindex"`)
	for _, path := range []string{"/notices/x", "/notices/01890000-0000-7000-8000-0000000000ff", "/en/notices/x"} {
		d.see("", path).Problem(404, "not-found")
	}
}

// Screen readers find the parts of a text in their order, whatever marks its writer took.
func TestHeadings(t *testing.T) {
	d := open(t)
	id := d.Notice(d.editor, map[string]any{"title": "제목", "body": "### 가\n\n##### 나\n\n#### 다\n\n# 라\n\n## 마"})
	main, _, _ := strings.Cut(string(d.see("", "/notices/"+id).Want(200).Body), "</main>")
	levels := regexp.MustCompile(`<h([1-6])[^>]*>([^<]+)</h([1-6])>`).FindAllStringSubmatch(main, -1)
	got := ""
	for _, l := range levels {
		got += l[1] + l[2] + l[3] + " "
	}
	if want := "1제목1 2가2 3나3 3다3 2라2 3마3 "; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

// A write renders anew the pages that show it, those of both languages, whoever has read
// them; no event is needed.
func TestPagesFollowWrites(t *testing.T) {
	d := open(t)
	n := d.write("처음", map[string]any{"publishAt": d.Now()})
	for _, path := range []string{"/notices", "/notices/" + n.ID, "/en/notices/" + n.ID} {
		d.see("", path).Want(200).Says("처음")
	}
	d.call(d.editor, "PUT", "/v1/notices/"+n.ID, content("나중", map[string]any{"publishAt": n.PublishAt}), "If-Match", match(n.Version)).Want(200)
	for _, key := range []string{"ko:/notices", "ko:/notices/" + n.ID, "en:/en/notices/" + n.ID, "en:/en/notices"} {
		p, kept, err := d.Pages.Load(d.Context(), key)
		if err != nil || !kept || p.Since != 0 || !strings.Contains(string(p.Segments[0].Body), "나중") {
			t.Errorf("%s: %v %v", key, kept, err)
		}
	}
}

// A page holds to the second what the stored times say, also at midnight in Seoul.
func TestPageAtMidnight(t *testing.T) {
	d := open(t)
	midnight := clock.Midnight(functiontest.Start).AddDate(0, 0, 1)
	id := d.Notice(d.editor, map[string]any{"title": "오늘까지", "unpublishAt": midnight})
	d.At(midnight.Add(-time.Millisecond))
	d.see("", "/notices/"+id).Want(200)
	d.At(midnight)
	d.see("", "/notices/"+id).Problem(410, "withdrawn")
}
