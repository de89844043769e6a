package browser

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"

	"github.com/madang-council/madang/shared/page"
)

// device is what somebody looks through.
type device struct {
	name          string
	width, height int64
	mobile, dark  bool
	language      string
	media         string // of the style, "" for a screen
	forced        bool   // in the colours of the system alone, as with a contrast theme
	text          int    // per cent of the usual size of letters on the page that is open, as browsers set it that enlarge nothing else; 0 for 100
}

var (
	desk     = device{name: "desk", width: 1280, height: 900, language: "ko-KR"}
	phone    = device{name: "phone", width: 390, height: 844, mobile: true, language: "ko-KR"}
	deskDark = device{name: "desk-dark", width: 1280, height: 900, dark: true, language: "ko-KR"}
	narrow   = device{name: "narrow", width: 320, height: 640, mobile: true, language: "ko-KR"}
	paper    = device{name: "paper", width: 680, height: 960, language: "ko-KR", media: "print"} // A4 without its margins
	bigText  = device{name: "big-text", width: 1280, height: 900, language: "ko-KR", text: 200}
	contrast = device{name: "contrast", width: 1280, height: 900, language: "ko-KR", forced: true}
	nightly  = device{name: "phone-dark", width: 390, height: 844, mobile: true, dark: true, language: "en-US"}
)

// person is somebody with a browser of their own. They find things by what is written on
// the page, and type.
type person struct {
	t    *testing.T
	ctx  context.Context
	host *localHost
	device
}

// patience is for a whole story: some wait for a minute to come.
const patience = 10 * time.Minute

// newBrowser opens a browser of the size and language of a device.
func newBrowser(t *testing.T, d device) context.Context {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(needed(t, "chromium", "Debian: chromium")), chromedp.NoSandbox, chromedp.UserDataDir(t.TempDir()), chromedp.WindowSize(int(d.width), int(d.height)),
		chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("accept-lang", d.language), chromedp.Flag("hide-scrollbars", true),
		chromedp.Env("LC_ALL=C.UTF-8"), // a file of a Korean name cannot be chosen where the machine has no locale
	)
	allocated, stop := chromedp.NewExecAllocator(t.Context(), options...)
	t.Cleanup(stop)
	ctx, closing := chromedp.NewContext(allocated)
	t.Cleanup(closing)
	if err := chromedp.Do(ctx); err != nil { // starts it
		t.Fatal(err)
	}
	return ctx
}

// newPerson opens a browser.
func newPerson(t *testing.T, h *localHost, d device) *person {
	t.Helper()
	ctx, cancel := context.WithTimeout(newBrowser(t, d), patience)
	t.Cleanup(cancel)
	p := &person{t: t, ctx: ctx, host: h}
	p.holds(d)
	return p
}

// newVisitor opens a window in a browser that others use too, with cookies of its own: those
// of a Cookie header.
func newVisitor(browser context.Context, t *testing.T, h *localHost, d device, cookies string) *person {
	t.Helper()
	ctx, closing := chromedp.NewContext(browser, chromedp.WithNewBrowserContext())
	t.Cleanup(closing)
	p := &person{t: t, ctx: ctx, host: h}
	p.holds(d)
	set, err := http.ParseCookie(cookies)
	if err != nil && cookies != "" {
		t.Fatal(err)
	}
	for _, c := range set {
		kept := true
		p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
			_, err := cdp.Call(ctx, target, network.SetCookie, network.SetCookieParams{Name: c.Name, Value: c.Value, URL: strings.Replace(h.address, "http:", "https:", 1), Path: "/", Secure: &kept, HTTPOnly: &kept})
			return err
		}))
	}
	return p
}

// holds has the page be seen through a device.
func (p *person) holds(d device) {
	p.t.Helper()
	p.device = d
	more := []chromedp.EmulateViewportOption{}
	if d.mobile {
		more = append(more, chromedp.EmulateMobile, chromedp.EmulateTouch, chromedp.EmulatePortrait, chromedp.EmulateScale(2))
	}
	scheme, colours := "light", "none"
	if d.dark {
		scheme = "dark"
	}
	if d.forced {
		colours = "active"
	}
	p.do(chromedp.EmulateViewport(d.width, d.height, more...))
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: d.media, Features: []*emulation.MediaFeature{
			{Name: "prefers-color-scheme", Value: scheme},
			{Name: "forced-colors", Value: colours},
			{Name: "prefers-reduced-motion", Value: "reduce"}, // a click goes to where its button was: nothing may glide away meanwhile
		}})
		return err
	}))
	eval[string](p, fmt.Sprintf(`document.documentElement.style.fontSize = %q`, d.letters()))
}

// letters is the size of letters from which all others follow, as a style has it.
func (d device) letters() string {
	if d.text == 0 {
		return ""
	}
	return strconv.Itoa(d.text) + "%"
}

func (p *person) do(a chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	if err := chromedp.Do(p.ctx, a); err != nil {
		p.t.Fatal(err)
	}
}

func (p *person) open(path string) {
	p.t.Helper()
	p.do(chromedp.Navigate(p.host.address + path))
}

// awaited has the value of an expression be what its promise becomes.
var awaited = chromedp.EvalAwaitPromise

// eval is the value of an expression on the page.
func eval[T any](p *person, expression string, options ...chromedp.EvaluateOption) T {
	p.t.Helper()
	v, err := chromedp.Run(p.ctx, chromedp.Evaluate[T](expression, options...))
	if err != nil {
		p.t.Fatalf("%v in %.200s", err, expression)
	}
	return v
}

// find marks the first visible element, those in the main part before the others, that a
// test on an element e holds for, and returns its selector.
func (p *person) find(what, elements, holds string) chromedp.CSS {
	p.t.Helper()
	expression := `(() => {
		document.querySelectorAll('[data-found]').forEach(e => e.removeAttribute('data-found'));
		const words = s => (s || '').replace(/\s+/g, ' ').trim();
		const all = [...document.querySelectorAll(` + strconv.Quote(elements) + `)];
		const main = document.querySelector('main');
		const e = [...all.filter(e => main && main.contains(e)), ...all].find(e => e.checkVisibility() && (` + holds + `));
		if (e) e.setAttribute('data-found', '');
		return Boolean(e);
	})()`
	for range 200 {
		if eval[bool](p, expression) {
			return "[data-found]"
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.t.Fatalf("no %s on %s:\n%s", what, p.address(), p.text())
	return ""
}

// press presses the link or button of a text, and waits for the page that it leads to.
func (p *person) press(label string) {
	p.t.Helper()
	selector := p.find("link or button "+label, "a, button", `words(e.innerText) === `+strconv.Quote(label))
	p.leave(chromedp.Click(selector))
}

// leave does what leads to another page, and waits for it.
func (p *person) leave(a chromedp.Action[chromedp.Void]) {
	p.t.Helper()
	eval[bool](p, `window.stillHere = true`)
	p.do(a)
	for range 400 {
		if here, err := chromedp.Run(p.ctx, chromedp.Evaluate[bool](`window.stillHere === true || document.readyState !== 'complete'`)); err == nil && !here {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.t.Fatalf("still at %s:\n%s", p.address(), p.text())
}

// fill types into the box of a label.
func (p *person) fill(label, text string) {
	p.t.Helper()
	selector := p.find("box "+label, "input, textarea, select", `[...(e.labels || [])].some(l => words(l.innerText).replace(/ ?(선택|optional)$/, '') === `+strconv.Quote(label)+`)`)
	p.do(chromedp.Clear(selector))
	p.do(chromedp.SendKeys(selector, text))
}

// tick ticks the box whose label begins so.
func (p *person) tick(label string) {
	p.t.Helper()
	p.do(chromedp.Click(p.find("box "+label, "input[type=checkbox]", `[...(e.labels || [])].some(l => words(l.innerText).startsWith(`+strconv.Quote(label)+`))`)))
}

// keys presses keys, as "\t" and "\r".
func (p *person) keys(keys string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(keys))
}

// ctrl presses letters together with Ctrl.
func (p *person) ctrl(letters string) {
	p.t.Helper()
	p.do(chromedp.KeyEvent(letters, chromedp.KeyModifiers(chromedp.ModifierCtrl)))
}

// sees waits until a text is on the page.
func (p *person) sees(text string) {
	p.t.Helper()
	for range 200 {
		if strings.Contains(p.text(), text) {
			return
		}
		time.Sleep(25 * time.Millisecond)
	}
	p.t.Fatalf("no %q on %s:\n%s", text, p.address(), p.text())
}

// comesToSee reads the page again until a text that somebody else has changed is on it: an old page is served for page.Grace
// after a change.
func (p *person) comesToSee(text string) {
	p.t.Helper()
	for until := time.Now().Add(page.Grace + 5*time.Second); !strings.Contains(p.text(), text) && time.Now().Before(until); {
		time.Sleep(250 * time.Millisecond)
		p.open(p.address())
	}
	p.sees(text)
}

func (p *person) text() string {
	p.t.Helper()
	return eval[string](p, `(document.body && document.body.innerText || '').replace(/\s+/g, ' ')`)
}

func (p *person) address() string {
	p.t.Helper()
	return eval[string](p, `location.pathname + location.search`)
}

// at fails unless this is the page.
func (p *person) at(path string) {
	p.t.Helper()
	if got := p.address(); got != path {
		p.t.Fatalf("at %s, want %s:\n%s", got, path, p.text())
	}
}

// fits fails where the page is wider than the window: somebody would have to scroll sideways.
func (p *person) fits() {
	p.t.Helper()
	if wide := eval[int](p, `document.documentElement.scrollWidth - document.documentElement.clientWidth`); wide > 0 {
		stands := eval[string](p, `(() => {
			const out = e => e.checkVisibility() && e.getBoundingClientRect().right > document.documentElement.clientWidth + 1;
			const cut = e => e && (getComputedStyle(e).overflowX !== 'visible' || cut(e.parentElement)); // what scrolls by itself, or is cut off
			const all = [...document.querySelectorAll('body *')].filter(e => out(e) && ![...e.children].some(out) && !cut(e.parentElement));
			return all.slice(0, 5).map(e => [e.parentElement, e].map(n => n.tagName.toLowerCase() + (n.className ? '.' + n.getAttribute('class') : '')).join(' > ')).join(', ');
		})()`)
		p.t.Errorf("%s is %d px too wide for a %s: %s", p.address(), wide, p.name, stands)
	}
}

// shot keeps a picture of the whole page where SCREENSHOTS names a folder.
func (p *person) shot(name string) {
	p.t.Helper()
	p.fits()
	folder := os.Getenv("SCREENSHOTS")
	if folder == "" {
		return
	}
	eval[bool](p, `document.querySelectorAll('img[loading=lazy]').forEach(i => i.loading = 'eager') || true`)
	for range 100 {
		if eval[bool](p, `[...document.images].every(i => i.complete)`) {
			break
		}
		time.Sleep(25 * time.Millisecond)
	}
	picture, err := chromedp.Run(p.ctx, chromedp.FullScreenshot(85))
	if err != nil {
		p.t.Fatal(err)
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, name+"-"+p.name+".jpg"), picture, 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// withoutScripts has the browser run none of a page's.
func (p *person) withoutScripts() {
	p.t.Helper()
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
		return err
	}))
}

// enter presses the enter key.
func enter() chromedp.Action[chromedp.Void] { return chromedp.KeyEvent("\r") }
