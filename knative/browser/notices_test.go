package browser

import (
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
