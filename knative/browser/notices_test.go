package browser

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// An editor begins with a template, sees in a sentence what publishing will do, publishes by one button, and unpins it
// among several of the list, by keyboard; the log has it.
func TestNoticesFromTemplateToPin(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/notices/new")
	p.signsIn()
	p.press("모집")
	p.until("the template", `document.querySelector('#field-body').value.includes('누구를 찾나요')`)
	p.shot("console-template")
	p.fill("제목", "[모집] 축제 기획단")
	p.do(chromedp.SetValue(chromedp.CSS("#field-pinnedUntil"), "2099-12-03T18:00"))
	p.until("the sentence", `(document.querySelector('#field-pinnedUntil').dispatchEvent(new Event('input', { bubbles: true })), document.querySelector('#will').textContent) === '저장하면 초안으로 남음 · 게시하면 맨 위 고정 2099. 12. 3. 18:00까지'`)
	p.shot("console-publish")
	p.does("지금 게시")
	p.sees("게시했습니다.")
	p.until("nothing more to publish", `document.querySelector('#publish').hidden && document.querySelector('#state-now').textContent === '게시 중'`)

	p.open("/console/notices")
	p.until("the boxes", `document.querySelectorAll('.choose:not([hidden])').length > 2`)
	p.do(chromedp.Focus(chromedp.CSS(".choose")))
	p.keys(" ")
	p.sees("1건을 골랐습니다.")
	p.shot("console-notices-chosen")
	p.does("고정 해제")
	p.until("what will happen", `document.querySelector('dialog[open] .dialog-body li')?.textContent === '1건의 맨 위 고정을 해제합니다. 게시는 그대로입니다.'`)
	p.shot("console-notices-unpin")
	p.leave(chromedp.Click(p.find("yes", "dialog button", `words(e.innerText) === '고정 해제'`)))
	p.sees("1건을 바꾸었습니다.")
	p.open("/console/audit")
	p.sees("공지 ‘[모집] 축제 기획단’\u2060을 고쳤습니다")
	p.holds(phone)
	p.open("/console/notices")
	p.shot("console-notices-chosen-phone")
	p.open("/console/notices/templates")
	p.until("the entries in their form", `((list, form) => list.height > 0 && list.right <= innerWidth && list.top > form.top && list.bottom < form.bottom)(document.querySelector('.entry-list').getBoundingClientRect(), document.querySelector('fieldset').getBoundingClientRect())`)
	p.shot("console-templates-phone")
	p.fits()
}

// An editor is told of a picture that says nothing and led to it, publishes, and takes the notice down by one button and its question;
// what is typed and not saved stays.
func TestTakingDown(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/notices/new")
	p.signsIn()
	p.fill("제목", "간식 나눔")
	p.until("nothing to describe", `document.querySelector('#describe').hidden && document.querySelector('#take-down').hidden`)
	p.chooses(photo(t, "천막.jpg", 40))
	p.until("the warning", `document.querySelector('#will').textContent === '저장하면 초안으로 남음 · 설명이 없는 사진 1장'`)
	p.does("첫 사진에 설명 쓰기")
	p.until("its box", `document.activeElement.getAttribute('aria-label') === '천막.jpg 대체 텍스트'`)
	p.shot("console-undescribed")
	p.do(chromedp.SendKeys(chromedp.CSS("#attachments input"), "천막 세 채\t"))
	p.until("no warning", `document.querySelector('#describe').hidden && document.querySelector('#will').textContent === '저장하면 초안으로 남음'`)
	p.do(chromedp.SendKeys(chromedp.CSS("#field-body"), "앞 ![](upload:1) 뒤"))
	p.does("첫 사진에 설명 쓰기")
	p.until("the place in the text", `document.activeElement.id === 'field-body' && document.activeElement.selectionStart === 4`)
	p.do(chromedp.SetValue(chromedp.CSS("#field-body"), "본관 앞에서"))
	p.does("지금 게시")
	p.sees("게시했습니다.")
	id := strings.TrimPrefix(p.address(), "/console/notices/")
	p.do(chromedp.SendKeys(chromedp.CSS("#field-body"), " 나눕니다"))
	p.sees("이 기기에는")
	p.holds(phone)
	p.shot("console-published")
	p.holds(desk)
	p.does("내리기")
	p.until("what will happen", `((words) => words.includes('지금부터 독자는') && words.includes('저장하지 않은 변경은 그대로 남습니다.'))(document.querySelector('dialog[open]')?.innerText ?? '')`)
	p.shot("console-take-down")
	p.answers("취소")
	p.until("it is open", `document.querySelector('#state-now').textContent === '게시 중'`)
	p.does("내리기")
	p.answers("내리기")
	p.sees("공지를 내렸습니다.")
	p.until("that it has ended", `document.querySelector('#state-now').textContent === '게시 끝남' && document.querySelector('#take-down').hidden`)
	p.sees("게시가 끝난 그대로 · 다시 게시하려면 ‘게시를 끝낼 때’를 비우세요")
	if got := p.value("#field-body"); got != "본관 앞에서 나눕니다" {
		t.Errorf("what was typed is %q", got)
	}
	reader := newPerson(t, h, phone)
	reader.open("/notices/" + id)
	reader.sees("게시 기간이 끝났거나 총학생회가 내린 글입니다.")
	p.sets("게시를 끝낼 때", "")
	p.sees("저장하면 다시 게시")
	p.does("저장")
	p.sees("게시했습니다.")
	reader.comesToSee("본관 앞에서 나눕니다")
}
