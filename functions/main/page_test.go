package home_test

import (
	"net/http"
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
		"/":   "마당대학교 총학생회 새 공지 공지 모두 보기 아직 올라온 공지가 없습니다.",
		"/en": "마당대학교 총학생회 Latest notices All notices There are no notices yet.",
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
	picture := c.Upload(functiontest.Upload{Name: "축제.png", Type: "png", Width: 1600, Height: 900, Variants: []int{320, 960, 1600}})
	c.Do(functiontest.Request{Method: "POST", Path: "/v1/banners", As: c.editor, Body: map[string]any{"unit": "총학", "image": picture, "alt": "봄 \"축제\"", "link": "/notices"}}).Want(201)
	r := c.get("/").Want(200)
	want := "마당대학교 총학생회 긴급 급함 고정된 공지 고정 2026. 3. 2. 총학 새 공지 공지 모두 보기 긴급 급함 2026. 3. 2. 총학 보통 <b>공지 글 2026. 3. 2. 총학 #행사"
	if got := r.Main(); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	r.Says(`alt="봄 &#34;축제&#34;"`, `width="1600" height="900"`, `/320.jpg 320w, `, `보통 &lt;b&gt;공지`, `<link rel="canonical" href="https://council.madang.ac.kr/">`, `hreflang="en" href="https://council.madang.ac.kr/en"`, `property="og:image" content="https://council.madang.ac.kr/files/`)
	c.At(c.Now().Add(time.Minute)) // rendered ahead
	c.get("/").Says("초안 아님")
	c.get("/en").Want(200).Says(`<html lang="en">`, `lang="ko">보통`, "2 Mar 2026", `href="/en/notices/`)
	account := c.Member(functiontest.Member{Name: "이소리"})
	if got := c.Do(functiontest.Request{Method: "GET", Path: "/", As: account.Token}).Want(200).Main(); !strings.Contains(got, "이소리 님, 안녕하세요. 아직 학생 확인을 하지 않았습니다. 학교 메일로 확인하기") {
		t.Error(got)
	}
	c.get("/").SaysNot("이소리")
}

// A section that fails is left out and said, and what is kept stays the last whole page.
func TestDegradedHome(t *testing.T) {
	c := open(t)
	if _, err := c.DB.Exec(c.Context(), `ALTER TABLE notices RENAME COLUMN excerpt TO lost`); err != nil {
		t.Fatal(err)
	}
	r := c.get("/").Want(200)
	if got, want := r.Main(), "마당대학교 총학생회 새 공지 공지 모두 보기 지금은 공지를 불러오지 못했습니다. 잠시 뒤에 새로 고쳐 주세요."; got != want {
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
	if p, kept, err := c.Pages.Load(c.Context(), "ko:/"); err != nil || !kept || !p.Touched {
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
		if err != nil || !kept || p.Touched || !strings.Contains(string(p.Segments[0].Body), "나중") {
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
