package home_test

import (
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
)

func TestEmptyHome(t *testing.T) {
	c := open(t)
	for path, want := range map[string]string{
		"/":   "마 3월 2일 월요일 마당대학교 총학생회 무엇을 찾으세요? 찾기 마 공지 공지 모두 보기 아직 공지가 없어요 새 공지는 여기에 가장 먼저 올라와요.",
		"/en": "마 Monday, 2 March 마당대학교 총학생회 What are you looking for? Search 마 Notices All notices There are no notices yet New ones come here first.",
	} {
		if got := c.get(path).Want(200).Main(); got != want {
			t.Errorf("%s:\n%s\nwant\n%s", path, got, want)
		}
	}
}

func TestHome(t *testing.T) {
	c := open(t)
	c.Notice(c.editor, map[string]any{"title": "보통 <b>공지", "body": "글", "tags": []string{"행사"}})
	c.Notice(c.editor, map[string]any{"title": "고정", "pinnedUntil": c.Now().Add(time.Hour)})
	c.Notice(c.editor, map[string]any{"title": "급함", "urgentUntil": c.Now().Add(time.Hour)})
	c.Notice(c.editor, map[string]any{"title": "초안 아님", "publishAt": c.Now().Add(time.Minute)})
	picture := c.Upload(functiontest.Upload{Name: "축제.png", Type: "png", Width: 1600, Height: 900, Variants: []int{320, 960, 1600}, Share: 40_000})
	c.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: c.editor, Body: map[string]any{"unit": "총학", "image": picture, "alt": "봄 \"축제\"", "link": "/notices"}}).Want(201)
	r := c.get("/").Want(200)
	want := "마 3월 2일 월요일 마당대학교 총학생회 무엇을 찾으세요? 찾기 공지 공지 모두 보기 오늘 고정 고정 총학 오늘 긴급 급함 총학 오늘 보통 <b>공지 글 총학"
	if got := r.Main(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r.Says(`alt="봄 &#34;축제&#34;"`, `width="1600" height="900"`, `/320.jpg 320w, `, `보통 &lt;b&gt;공지`, `<link rel="canonical" href="https://council.madang.ac.kr/">`, `hreflang="en" href="https://council.madang.ac.kr/en"`, `property="og:image" content="https://council.madang.ac.kr/files/`, `/share.jpg">`)
	c.At(c.Now().Add(time.Minute)) // rendered ahead
	c.get("/").Says("초안 아님")
	c.get("/en").Want(200).Says(`<html lang="en">`, `lang="ko">보통`, "Today", `href="/en/notices/`)
	account := c.Member(functiontest.Member{Name: "이소리"})
	if got := c.Do(functiontest.Request{Method: "GET", Path: "/", As: account.Token}).Want(200).Main(); !strings.Contains(got, "이소리 님, 아직 재학생 인증을 하지 않았어요. 학교 이메일로 인증하기") {
		t.Error(got)
	}
	c.get("/").SaysNot("이소리")
}

// The main page in English has the English of what is there in English.
func TestEnglishHome(t *testing.T) {
	c := open(t)
	c.Notice(c.editor, map[string]any{"title": "축제", "titleEn": "Festival", "body": "봄", "bodyEn": "Spring", "tags": []string{"행사"}, "pinnedUntil": c.Now().Add(time.Hour)})
	c.Notice(c.editor, map[string]any{"title": "단수", "titleEn": "Water outage", "urgentUntil": c.Now().Add(time.Hour)})
	c.Notice(c.editor, map[string]any{"title": "감사 결과", "body": "적합", "unit": "감사"})
	want := "마 Monday, 2 March 마당대학교 총학생회 What are you looking for? Search 마 Notices All notices Today Pinned Festival Spring Student Council Today 감사 결과 적합 감사 Today Urgent Water outage Student Council"
	if got := c.get("/en").Want(200).Says(`lang="ko">감사 결과</a>`, `<p lang="ko">적합</p>`, `<span class="unit" lang="ko">감사</span>`).SaysNot(`lang="ko">Festival`).Main(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	c.get("/").Want(200).SaysNot("Festival", "Student Council", "Events")
	english := c.Do(functiontest.Request{Method: "GET", Path: "/v1/main", Header: map[string]string{"Accept-Language": "en"}}).Want(200)
	english.Says(`"titleEn":"Festival"`, `"unitName":"Student Council"`, `"tagNames":["Events"]`, `"unitName":"감사"`)
}

// A section that fails is left out and said, and what is kept stays the last whole page.
func TestDegradedHome(t *testing.T) {
	c := open(t)
	if _, err := c.DB.Exec(c.Context(), `ALTER TABLE notices RENAME COLUMN excerpt TO lost`); err != nil {
		t.Fatal(err)
	}
	r := c.get("/").Want(200)
	if got, want := r.Main(), "마 3월 2일 월요일 마당대학교 총학생회 무엇을 찾으세요? 찾기 마 공지 공지 모두 보기 공지를 다 불러오지 못했어요 잠시 뒤에 새로 고쳐 주세요."; got != want {
		t.Errorf("got %s", got)
	}
	if _, kept, _ := c.Pages.Load(c.Context(), "ko:/"); kept {
		t.Error("the page is kept")
	}
}

// A write touches the page, and its event renders it in both languages, whatever the event
// says and whoever has read it.
func TestHomeFollowsEvents(t *testing.T) {
	c := open(t)
	id := c.Notice(c.editor, map[string]any{"title": "처음"})
	c.get("/").Want(200).Says("처음")
	r := c.Do(functiontest.Request{Method: "PUT", Path: "/v1/notices/" + id, As: c.editor, Header: map[string]string{"If-Match": `"v1"`}, Body: map[string]any{"unit": "총학", "title": "다음", "publishAt": c.Now()}})
	r.Want(http.StatusOK)
	if p, kept, err := c.Pages.Load(c.Context(), "ko:/"); err != nil || !kept || p.Since == 0 {
		t.Errorf("a write leaves the page as it was: %v %v", kept, err)
	}
	if _, err := c.DB.Exec(c.Context(), `UPDATE notices SET title = '나중'`); err != nil {
		t.Fatal(err)
	}
	if status := c.Deliver(event.Event{ID: "1", Type: notice.Changed, Subject: id, Time: c.Now(), Data: []byte(`{}`)}); status != http.StatusNoContent {
		t.Fatal(status)
	}
	for _, key := range []string{"ko:/", "en:/en"} {
		p, kept, err := c.Pages.Load(c.Context(), key)
		if err != nil || !kept || p.Since != 0 || !strings.Contains(string(p.Segments[0].Body), "나중") {
			t.Errorf("%s: %v %v", key, kept, err)
		}
	}
	if status := c.Deliver(event.Event{ID: "2", Type: banner.Changed, Subject: id, Time: c.Now(), Data: []byte(`{}`)}); status != http.StatusNoContent {
		t.Fatal(status)
	}
}

// The page holds to the second what the stored times say, also at midnight in Seoul.
func TestHomeAtMidnight(t *testing.T) {
	c := open(t)
	midnight := clock.Midnight(functiontest.Start).AddDate(0, 0, 1)
	c.Notice(c.editor, map[string]any{"title": "오늘까지", "unpublishAt": midnight})
	c.At(midnight.Add(-time.Millisecond))
	c.get("/").Says("오늘까지")
	c.At(midnight)
	c.get("/").SaysNot("오늘까지")
}

// Days are said as today and yesterday, and at midnight the stored page says so already. Banners
// lead on by links; none is a wall.
func TestHomeTellsDays(t *testing.T) {
	c := open(t)
	c.Notice(c.editor, map[string]any{"title": "어제의 일"})
	c.get("/").Says(`<b>3월 2일 월요일</b>`, `>오늘</time>`, `<div class="reel bare" aria-hidden="true">`)
	c.At(clock.Midnight(functiontest.Start).AddDate(0, 0, 1))
	c.get("/").Says(`<b>3월 3일 화요일</b>`, `>어제</time>`)
	for range 2 {
		picture := c.Upload(functiontest.Upload{Name: "축제.png", Type: "png", Width: 1600, Height: 900, Variants: []int{320}})
		c.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: c.editor, Body: map[string]any{"unit": "총학", "image": picture, "alt": "축제", "link": "/notices"}}).Want(201)
	}
	c.get("/").Says(`<ul tabindex="0" aria-label="배너 2개, 옆으로 넘기기"><li id="banner-1">`, `<a href="#banner-2">`, "reel.js").SaysNot("reel bare", "style=", "data:", "enlarge")
}

// A banner that is cropped keeps its focus in sight, and can be seen whole; one of the place's own shape needs neither. Each
// has arrows to its neighbours, which are links.
func TestHomeCropsBanners(t *testing.T) {
	c := open(t)
	for i, height := range []int{900, 1600, 905} {
		picture := c.Upload(functiontest.Upload{Name: "축제.png", Type: "png", Width: 1600, Height: height, Variants: []int{320, 1600}})
		c.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: c.editor, Body: map[string]any{"unit": "총학", "image": picture, "alt": "축제 " + strconv.Itoa(i+1), "link": "/notices", "focus": map[string]int{"x": 100, "y": 12 + i}}}).Want(201)
	}
	page := string(c.get("/").Says(`class="focus fx-100 fy-10"`, `class="focus fx-100 fy-15"`, "enlarge.js", `이미지 전체 보기<span class="hidden">: 축제 2</span>`).Body)
	if n := strings.Count(page, "이미지 전체 보기"); n != 1 {
		t.Errorf("%d banners are said to be cropped", n)
	}
	for _, link := range []string{"이전 배너", "다음 배너"} {
		if n := strings.Count(page, link); n != 2 {
			t.Errorf("%d arrows say %s", n, link)
		}
	}
	c.get("/en").Says(`Whole picture<span class="hidden" lang="ko">: 축제 2</span>`, "Next banner", "Banner 3")
}
