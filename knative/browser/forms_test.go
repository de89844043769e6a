package browser

import (
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// thrown are the exceptions of a page's scripts that nobody caught, from now on.
func (p *person) thrown() func() []string {
	p.t.Helper()
	var mu sync.Mutex
	list := []string{}
	if err := chromedp.Listen(p.ctx, func(event any) {
		e, is := event.(*runtime.EventExceptionThrown)
		if !is {
			return
		}
		said := e.ExceptionDetails.Text
		if e.ExceptionDetails.Exception != nil {
			said += " " + e.ExceptionDetails.Exception.Description
		}
		mu.Lock()
		defer mu.Unlock()
		list = append(list, said)
	}); err != nil {
		p.t.Fatal(err)
	}
	return func() []string {
		mu.Lock()
		defer mu.Unlock()
		found := list
		list = nil
		return found
	}
}

// oddForms says what is odd about the forms of a page of the console: boxes of one line that are as high as several, a button that
// is not beside the box it belongs to, a refusal that is not as wide as its form, and what is gone once the refusal is.
const oddForms = `(async () => {
	const odd = [], module = document.querySelector('script[type=module][src]');
	if (!module) return odd;
	const { showWrong, clearWrong } = await import(new URL('form.js', module.src));
	const named = e => (e.id || e.name || e.className || e.tagName) + ' of ' + (e.form?.id || e.form?.dataset.action || e.form?.className);
	for (const box of document.querySelectorAll('main :is(input:not([type=file], [type=checkbox], [type=radio], [type=hidden]), select)')) {
		if (box.checkVisibility() && box.offsetHeight > 64) odd.push(named(box) + ' is ' + box.offsetHeight + ' px high');
	}
	for (const form of document.querySelectorAll('main form')) {
		if (!form.checkVisibility()) continue;
		const button = form.querySelector(':scope > button');
		if (form.matches('.filters') && button) {
			const lines = [...form.querySelectorAll('.field > :is(input:not([type=checkbox]), select)')].map(e => e.getBoundingClientRect().bottom);
			const at = button.getBoundingClientRect().bottom;
			if (Math.max(...lines) < at + 200 && !lines.some(line => Math.abs(line - at) < 3) && at < Math.max(...lines) + button.offsetHeight) odd.push('the button of ' + form.className + ' is ' + (at - Math.max(...lines)) + ' px below its boxes');
		}
		const before = [...form.querySelectorAll('[id]')].map(e => e.id);
		showWrong(form, new Error('거절'));
		const said = form.querySelector('.form-wrong'), style = getComputedStyle(form);
		const room = form.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
		if (said.offsetWidth < room - 2) odd.push('the refusal of ' + (form.id || form.className || form.dataset.action) + ' is ' + said.offsetWidth + ' of ' + room + ' px wide');
		if (said.offsetHeight > 200) odd.push('the refusal of ' + (form.id || form.className || form.dataset.action) + ' is ' + said.offsetHeight + ' px high');
		clearWrong(form);
		for (const id of before) if (!document.getElementById(id)) odd.push('#' + id + ' is gone with the refusal');
	}
	return odd;
})()`

// No page of the console throws an exception, and its forms look as forms do, before and after a refusal.
func TestForms(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	list, cookies := views(t, h), h.signIn()
	p := newVisitor(newBrowser(t, desk), t, h, desk, cookies)
	thrown := p.thrown()
	for _, v := range list {
		if !v.member || !strings.HasPrefix(v.path, "/console") {
			continue
		}
		p.open(v.path)
		p.until("the scripts have run", `document.readyState === 'complete'`)
		for _, d := range []device{desk, phone} {
			p.holds(d)
			for _, odd := range eval[[]string](p, oddForms, awaited) {
				t.Errorf("%v at a %s: %s", v, d.name, odd)
			}
		}
		p.holds(desk)
		for _, exception := range thrown() {
			t.Errorf("%v: %s", v, exception)
		}
	}
}

// Whoever has to sign in, or to confirm who they are, is led to that page in the language of the form.
func TestRefusalLeadsOn(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newVisitor(newBrowser(t, desk), t, h, desk, h.signIn())
	for _, prefix := range []string{"", "/en"} {
		p.open(prefix + "/console/notices/new")
		got := eval[[]string](p, `(async () => {
			const from = document.querySelector('script[type=module][src]').src, form = document.querySelector('main form');
			const { showWrong } = await import(new URL('form.js', from)), { Problem } = await import(new URL('api.js', from));
			return [[401, 'session-ended'], [403, 'proof-required']].map(([status, code]) => {
				showWrong(form, new Problem(status, { code }));
				return form.querySelector('.form-wrong a').getAttribute('href');
			});
		})()`, awaited)
		if want := []string{prefix + "/sign-in", prefix + "/my/proof"}; !slices.Equal(got, want) {
			t.Errorf("%s/console: %v, want %v", prefix, got, want)
		}
	}
}

// An editor goes on typing after a save and after a refusal; when the preview cannot be made, the page says so.
func TestPreviewFails(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	thrown := p.thrown()
	p.open("/console/notices/new")
	p.signsIn()
	p.sets("내용", "제목 없는 글")
	p.does("저장") // refused: it has no title
	p.sees("꼭 입력해 주세요.")
	p.fill("제목", "미리보기")
	p.does("저장")
	p.sees("초안으로 저장했습니다.")
	eval[bool](p, `(fetching => { window.fetch = (to, ...more) => String(to).includes('/render') && window.broken ? Promise.resolve(new Response('{"code":"internal","title":"고장"}', { status: 422, headers: { 'Content-Type': 'application/problem+json' } })) : fetching(to, ...more); window.broken = true; return true; })(window.fetch)`)
	p.sets("내용", "고친 글")
	p.sees("미리보기를 새로 만들지 못했습니다.")
	eval[bool](p, `(window.broken = false) || true`)
	p.sets("내용", "다시 고친 글")
	p.until("the preview", `document.querySelector('#preview-body').innerText === '다시 고친 글' && document.querySelector('#preview-problem').textContent === ''`)
	for _, exception := range thrown() {
		t.Error(exception)
	}
}

// filled leaves what the n-th form of a page calls optional empty, fills in what else is empty with something ordinary, and sends it;
// false where there is no such form.
const filled = `(n => {
	const forms = [...document.querySelectorAll('main form')].filter(f => f.method === 'post' && f.querySelector('.optional'));
	const form = forms[n];
	if (!form) return false;
	for (const fold of document.querySelectorAll('details')) fold.open = true;
	for (const box of form.elements) {
		if (!box.labels?.length || !box.matches('input, textarea, select') || ['file', 'radio', 'checkbox', 'hidden'].includes(box.type)) continue;
		if (box.labels[0].querySelector('.optional')) { box.value = ''; }
		else if (box.value === '') {
			box.value = { 'datetime-local': '2026-11-02T18:00', date: '2026-11-02', number: '1', url: 'https://example.com/', email: 'sori@example.com' }[box.type] ?? '평범한 말';
		}
		box.dispatchEvent(new Event('input', { bubbles: true }));
	}
	window.sent = true;
	(form.querySelector('button[type=submit]') ?? form.elements[0]).click();
	return true;
})`

// A box that is labelled as optional may be left empty: of every form of the console.
func TestOptionalBoxes(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	list, cookies := views(t, h), h.signIn()
	p := newVisitor(newBrowser(t, desk), t, h, desk, cookies)
	forms := 0
	for _, v := range list {
		if !v.member || v.state != "" || !strings.HasPrefix(v.path, "/console") {
			continue
		}
		for n := 0; ; n++ {
			p.open(v.path)
			p.until("the scripts have run", `document.readyState === 'complete'`)
			if !eval[bool](p, filled+`(`+strconv.Itoa(n)+`)`) {
				break
			}
			forms++
			p.until("an answer to form "+strconv.Itoa(n), `(() => {
				document.querySelector('dialog[open] .button:not(.quiet)')?.click();
				return !window.sent || document.querySelector('.form-wrong, [data-problem], .toast') !== null;
			})()`)
			if wrong := eval[[]string](p, `[...document.querySelectorAll('[aria-invalid=true]')].filter(e => e.labels?.[0]?.querySelector('.optional')).map(e => e.labels[0].innerText + ': ' + (document.getElementById(e.id + '-wrong')?.innerText ?? ''))`); len(wrong) > 0 {
				t.Errorf("%s calls optional what it asks for: %s", v, strings.Join(wrong, ", "))
			}
		}
	}
	if forms < 15 {
		t.Errorf("only %d forms have boxes that are optional", forms)
	}
}

// The console's rail stands beside the page at a desk; elsewhere it is a bar whose menu opens above the page, also without scripts. On
// the site the account stands at the right, also where a long name takes the room.
func TestHeaders(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newVisitor(newBrowser(t, desk), t, h, desk, h.signIn())
	for _, width := range []int64{320, 390, 800, 1280, 1600} {
		d := desk
		d.name, d.width, d.mobile = strconv.FormatInt(width, 10), width, width < 640
		p.holds(d)
		for _, path := range []string{"/console", "/en/console", "/en"} {
			p.open(path)
			if path == "/en" {
				eval[bool](p, `(document.querySelector('.top .brand b').textContent = 'Student Council of the National University of Madang') !== ''`)
				if !eval[bool](p, `(() => {
					const room = document.querySelector('.top .in');
					return Math.abs(document.querySelector('.top .who').getBoundingClientRect().right - room.getBoundingClientRect().right + parseFloat(getComputedStyle(room).paddingRight)) < 2;
				})()`) {
					t.Errorf("%s at %d: the account is not at the right", path, width)
				}
			} else {
				p.until("the counts of the rail", `document.querySelector('.rail [data-entry="/console"] em') !== null`)
				beside := eval[bool](p, `document.querySelector('.rail').getBoundingClientRect().right <= document.querySelector('main').getBoundingClientRect().left`)
				shown := `document.querySelector('.rail-nav').checkVisibility()`
				if wide := width >= 1024; beside != wide || eval[bool](p, shown) != wide {
					t.Errorf("%s at %d: the rail beside the page: %v, its menu in sight: %v", path, width, beside, eval[bool](p, shown))
				} else if !wide {
					p.do(chromedp.Click(chromedp.CSS(".rail-open")))
					p.until("the menu", shown)
					p.shot("menu" + strings.ReplaceAll(path, "/", "-"))
					p.do(chromedp.Click(chromedp.CSS(".rail-close")))
					p.until("the page again", "!"+shown)
				}
			}
			p.shot("header" + strings.ReplaceAll(path, "/", "-"))
		}
	}
}
