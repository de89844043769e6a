package browser

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/serviceworker"
	"github.com/chromedp/chromedp"
)

// subscribing stands in for Google's push service, which a browser without the internet does not reach: what it gives out is a number's
// address, so that no name server is asked either. Everything else is the browser's own.
const subscribing = `{
	const kept = () => JSON.parse(localStorage.getItem('subscription') ?? 'null');
	const made = (said) => said && ({ endpoint: said.endpoint, toJSON: () => said, unsubscribe: async () => { localStorage.removeItem('subscription'); return true; } });
	PushManager.prototype.getSubscription = async () => made(kept());
	PushManager.prototype.subscribe = async (options) => {
		if (!options.userVisibleOnly || options.applicationServerKey.length !== 65 || options.applicationServerKey[0] !== 4) { throw new Error('a wrong key'); }
		localStorage.setItem('subscription', JSON.stringify({ endpoint: 'https://93.184.215.14/push/' + Date.now(), keys: {
			p256dh: 'BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4', auth: 'BTBZMqHH6r4Tts7J_aSIgg' } }));
		return made(kept());
	};
}`

// before runs a script in every page before its own.
func (p *person) before(source string) {
	p.t.Helper()
	if _, err := chromedp.Call(p.ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: source}); err != nil {
		p.t.Fatal(err)
	}
}

// lets has the browser answer the question whether a site may show notifications: granted, denied or prompt.
func (p *person) lets(answer browser.PermissionSetting) {
	p.t.Helper()
	if _, err := chromedp.CallBrowser(p.ctx, browser.SetPermission, browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: "notifications"}, Setting: answer, Origin: p.host.address}); err != nil {
		p.t.Fatal(err)
	}
}

// devices are those that the API has of the admin.
func (h *localHost) devices(cookies string) int {
	h.t.Helper()
	body, response := h.read("/v1/notifications/devices", cookies)
	var list struct{ Items []any }
	if err := json.Unmarshal([]byte(body), &list); err != nil || response.StatusCode != http.StatusOK {
		h.t.Fatalf("%s %s", response.Status, body)
	}
	return len(list.Items)
}

// A member turns notifications on in this browser and off again; only then there is a worker, which is between nobody and a page, and
// shows whatever its push service brings. Each state of a browser says what it can do. Subscribing itself is scripted.
func TestDevices(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, phone)
	p.before(subscribing)
	p.lets(browser.PermissionSettingPrompt)
	p.open("/my/notifications")
	p.signsIn()
	p.at("/my/notifications")
	p.sees("이메일과 함께 이 기기에도 알려 드려요")
	p.shot("devices-off")
	if eval[int](p, `navigator.serviceWorker.getRegistrations().then(r => r.length)`, awaited) != 0 {
		t.Error("a worker is there before anybody turned notifications on")
	}
	p.lets(browser.PermissionSettingGranted)
	p.open("/my/notifications")
	cookies := h.signIn()
	p.press("이 기기에서 알림 받기")
	p.sees("이 기기에서 알림을 받습니다.")
	p.sees("이 기기에서 받는 중")
	p.sees("지금 이 기기")
	p.shot("devices-on")
	if h.devices(cookies) != 1 {
		t.Errorf("%d devices", h.devices(cookies))
	}
	if got := eval[string](p, `navigator.serviceWorker.getRegistrations().then(r => r.map(one => one.scope + ' ' + one.active.scriptURL).join())`, awaited); got != h.address+"/push/ "+h.address+"/push/worker.js" {
		t.Errorf("registered: %s", got)
	}
	if eval[bool](p, `navigator.serviceWorker.controller !== null`) {
		t.Error("the worker stands between the page and the site")
	}

	p.shows()
	p.answersPresses()

	p.open("/my/notifications")
	p.press("이 기기에서 끄기")
	p.sees("그 기기에서 알림을 껐습니다.")
	p.sees("이메일과 함께 이 기기에도 알려 드려요")
	if h.devices(cookies) != 0 || eval[bool](p, `localStorage.getItem('subscription') !== null`) {
		t.Errorf("%d devices", h.devices(cookies))
	}

	// What the browser has and the site does not know is given back: somebody else had it here.
	p.press("이 기기에서 알림 받기")
	p.sees("이 기기에서 받는 중")
	p.press("끄기 : Chrome · Linux")
	p.sees("이메일과 함께 이 기기에도 알려 드려요")
	p.until("it is given back", `localStorage.getItem('subscription') === null`)

	p.lets(browser.PermissionSettingDenied)
	p.open("/my/notifications")
	p.sees("브라우저가 이 홈페이지의 알림을 막고 있어요.")
	p.shot("devices-blocked")
	p.before(`delete window.PushManager`)
	p.open("/en/my/notifications")
	p.sees("This browser cannot show notifications.")
	p.before(`Object.defineProperty(Navigator.prototype, 'standalone', { get: () => false })`)
	p.open("/my/notifications")
	p.sees("홈 화면에 추가한 뒤에 알림을 받을 수 있어요")
	p.shot("devices-iphone")
	p.withoutScripts()
	p.open("/my/notifications")
	p.sees("이 브라우저는 스크립트가 꺼져 있어")
	p.shot("devices-without-scripts")
}

// shows has the push service bring messages, and looks at what the browser shows.
func (p *person) shows() {
	p.t.Helper()
	found := make(chan serviceworker.RegistrationID, 16)
	if err := chromedp.Listen(p.ctx, func(event any) {
		if e, is := event.(*serviceworker.EventWorkerRegistrationUpdated); is {
			for _, one := range e.Registrations {
				found <- one.RegistrationID
			}
		}
	}); err != nil {
		p.t.Fatal(err)
	}
	p.do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, serviceworker.Enable, cdp.Empty{})
		return err
	}))
	id := <-found
	for _, c := range []struct{ data, title, path, language string }{
		{`{"title":"새 공지: 간식 행사","path":"/notices/1","lang":"ko"}`, "새 공지: 간식 행사", "/notices/1", "ko"},
		{`{"title":"New notice: Snacks","path":"/en/notices/2","lang":"en"}`, "New notice: Snacks", "/en/notices/2", "en"},
		{`not json`, "새 알림이 있습니다", "/my/notifications", "ko"},
		{``, "새 알림이 있습니다", "/my/notifications", "ko"},
	} {
		const shown = `navigator.serviceWorker.getRegistration('/push/').then(r => r.getNotifications()).then(list => list.map(n => { n.close(); return [n.title, n.data.path, n.lang, n.tag === n.data.path].join('|'); }).join())`
		want, got := strings.Join([]string{c.title, c.path, c.language, "true"}, "|"), ""
		for patience := 500 * time.Millisecond; got == "" && patience < time.Minute; patience *= 2 { // Chromium forgets one that is asked for while it is about to be shown
			if _, err := chromedp.Call(p.ctx, serviceworker.DeliverPushMessage, serviceworker.DeliverPushMessageParams{Origin: p.host.address, RegistrationID: id, Data: c.data}); err != nil {
				p.t.Fatal(err)
			}
			time.Sleep(patience)
			got = eval[string](p, shown, awaited)
		}
		if got != want {
			p.t.Errorf("%q shows %q, want %q", c.data, got, want)
		}
	}
}

func quoted(text string) string {
	raw, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(raw)
}

// answersPresses gives the worker's own code what no test can press or a push service do: the tabs that are open, a notification that is
// pressed, and another address.
func (p *person) answersPresses() {
	p.t.Helper()
	code, _ := p.host.read("/push/worker.js", "")
	run := `(async () => {
		const did = [];
		const handlers = {};
		const tab = (url) => ({ url, focus: async () => did.push('focus ' + url) });
		let answer = '';
		const self = {
			location,
			addEventListener: (name, handler) => { handlers[name] = handler; },
			clients: { matchAll: async () => [tab('https://elsewhere.kr/notices/1'), tab(location.origin + '/notices/1?x=1'), tab(location.origin + '/')], openWindow: async (url) => did.push('open ' + url) },
			registration: { pushManager: { subscribe: async () => subscription('c') } },
		};
		const subscription = (name) => ({ endpoint: 'https://93.184.215.14/' + name, options: {}, toJSON: () => ({ endpoint: 'https://93.184.215.14/' + name, keys: { p256dh: 'p', auth: 'a' } }), unsubscribe: async () => did.push('unsubscribe ' + name) });
		const ask = async (path, init) => { did.push(init.method + ' ' + path + ' ' + init.body); return { ok: true, url: location.origin + answer }; };
		new Function('self', 'fetch', ` + quoted(code) + `)(self, ask);
		const happen = async (name, event) => { let ends; handlers[name]({ ...event, waitUntil: (promise) => { ends = promise; } }); await ends; };
		for (const path of ['/notices/1', '/notices/2', '//evil.kr/x', 'https://evil.kr/', 'javascript:alert(1)', undefined]) {
			await happen('notificationclick', { notification: { data: path && { path }, close: () => {} } });
		}
		answer = '/my/notifications?done=device-on';
		await happen('pushsubscriptionchange', { oldSubscription: subscription('a'), newSubscription: subscription('b') });
		answer = '/sign-in';
		await happen('pushsubscriptionchange', { oldSubscription: subscription('a') });
		await happen('pushsubscriptionchange', {});
		return [Object.keys(handlers).sort().join(), ...did].join('\n').replaceAll(location.origin, '');
	})()`
	want := strings.Join([]string{
		"notificationclick,push,pushsubscriptionchange",
		"focus /notices/1?x=1", "open /notices/2", "open /my/notifications", "open /my/notifications", "open /my/notifications", "focus /",
		"POST /my/notifications/devices endpoint=https%3A%2F%2F93.184.215.14%2Fb&p256dh=p&auth=a&replaces=https%3A%2F%2F93.184.215.14%2Fa",
		"POST /my/notifications/devices endpoint=https%3A%2F%2F93.184.215.14%2Fc&p256dh=p&auth=a&replaces=https%3A%2F%2F93.184.215.14%2Fa",
		"unsubscribe c",
	}, "\n")
	if got := eval[string](p, run, awaited); got != want {
		p.t.Errorf("the worker did\n%s\nwant\n%s", got, want)
	}
}
