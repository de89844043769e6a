package browser

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/madang-council/madang/shared/clock"
)

// A secretary writes down a meeting on a telephone while it runs: it is saved by itself, the
// decisions are public first, then all of it; and the same works without scripts.
func TestMinutes(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, phone)
	p.open("/console/minutes/new")
	p.signsIn()
	p.at("/console/minutes/new")
	p.shot("minutes-new")
	eval[bool](p, `(document.querySelector('#field-meets').value = 'steering') === 'steering'`)
	p.fill("회차", "77")
	p.sets("회의 시각(한국 시각)", time.Now().Add(-time.Hour).In(clock.Seoul).Format("2006-01-02T15:04"))
	p.press("만들고 안건 쓰기")
	path := p.address()
	id := strings.TrimPrefix(path, "/console/minutes/")
	if len(id) != 36 {
		t.Fatalf("began at %s:\n%s", path, p.text())
	}
	p.fill("재적(명)", "18")
	p.fill("출석(명)", "15")
	p.fill("안건 이름", "셔틀버스 증편")
	p.fill("찬성", "14")
	p.do(chromedp.SendKeys(chromedp.CSS("#field-item-0-text"), "배차를 줄이자는 말이 많았다."))
	eval[bool](p, `(document.querySelector('#field-item-0-decision').value = 'passed') === 'passed'`)
	p.do(chromedp.Focus(p.find("another item", "button", `words(e.innerText) === '안건 추가'`))) // by keyboard: a pointer misses what still scrolls
	p.keys(" ")
	p.until("the item", `document.activeElement.id === 'field-item-1-title'`)
	p.do(chromedp.SendKeys(chromedp.CSS("#field-item-1-title"), "예비비"))
	p.shot("minutes-form")
	p.until("it is saved by itself", `document.querySelector('#saved').innerText.includes('에 저장했습니다')`) // every 20 s
	p.open(path)
	if got := p.value("#field-item-1-title"); got != "예비비" {
		t.Fatalf("saved by itself: %q", got)
	}
	reader := newPerson(t, h, phone)
	if _, response := h.read("/minutes/"+id, ""); response.StatusCode != http.StatusNotFound {
		t.Fatalf("a draft answers %d", response.StatusCode)
	}
	p.press("의결사항 먼저 공개")
	p.sees("의결사항 공개")
	reader.open("/minutes/" + id)
	reader.sees("가결")
	reader.sees("찬성 14")
	if strings.Contains(reader.text(), "배차") {
		t.Error("the text is public with the decisions")
	}
	reader.shot("minutes-decisions")

	p.withoutScripts()
	p.open(path)
	p.fill("정정 사유", "찬성 수를 바로잡습니다")
	p.fill("찬성", "15")
	p.press("저장")
	p.press("전문 공개")
	p.sees("기한 안에 공개")
	p.shot("minutes-published")
	for range 50 { // the edge keeps a copy of a page for a second
		if body, _ := h.read("/minutes/"+id, ""); strings.Contains(body, "배차") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	reader.open("/minutes/" + id)
	reader.sees("배차를 줄이자는 말이 많았다.")
	reader.sees("찬성 수를 바로잡습니다")
	reader.sees("기한 안에 공개")
	reader.shot("minutes-full")
	for _, d := range []device{narrow, desk} {
		other := newPerson(t, h, d)
		other.open("/minutes")
		other.press("달력으로 보기")
		other.sees("이번 달")
		other.sees("의결")
		other.shot("minutes-month-" + d.name)
	}
	reader.open("/minutes")
	reader.sees("기한 안에 공개")
	reader.shot("minutes-list")
	wide := newPerson(t, h, desk)
	wide.open("/minutes")
	wide.shot("minutes-list")
	wide.press("2026년 제12차 중앙운영위원회")
	wide.shot("minutes-page")
}

// A meeting is announced by one button, which asks first: whoever thinks better of it has announced nothing.
func TestAnnouncing(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/minutes/new")
	p.signsIn()
	p.at("/console/minutes/new")
	p.fill("회차", "77")
	p.sets("회의 시각(한국 시각)", time.Now().Add(48*time.Hour).In(clock.Seoul).Format("2006-01-02T15:04"))
	p.press("만들고 안건 쓰기")
	id := strings.TrimPrefix(p.address(), "/console/minutes/")
	p.fill("안건 이름", "셔틀버스 증편")
	p.does("회의 예고하기")
	p.answers("취소")
	if _, response := h.read("/minutes/"+id, ""); response.StatusCode != http.StatusNotFound {
		t.Fatalf("what was not announced answers %d", response.StatusCode)
	}
	p.does("회의 예고하기")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '회의 예고하기'`)))
	p.sees("회의를 예고했습니다. 누구나 볼 수 있습니다.")
	p.shot("minutes-announced")
	if body, response := h.read("/minutes/"+id, ""); response.StatusCode != http.StatusOK || !strings.Contains(body, "셔틀버스 증편") {
		t.Errorf("what was announced answers %d", response.StatusCode)
	}
}
