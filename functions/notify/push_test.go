package notify_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/notify"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/webpush/webpushtest"
)

// pushed is the function with push services.
type pushed struct {
	world
	service *webpushtest.Service
}

func openPush(t *testing.T, options ...functiontest.Option) pushed {
	service, paused := webpushtest.Serve(t), []time.Duration{}
	spec := notify.Wired(&paused)
	w := world{t: t, paused: &paused, room: &room{}}
	w.App = functiontest.New(t, spec, append(options, functiontest.Beside(notices.Function, policies.Function, spec), functiontest.WithSettings(func(s *function.Settings) { s.Outside = service.Options() }))...)
	return pushed{w, service}
}

func eachPush(t *testing.T, test func(t *testing.T, w pushed)) {
	eachEngine(t, func(t *testing.T, options ...functiontest.Option) { test(t, openPush(t, options...)) })
}

// phone is a browser in which somebody turned notifications on.
type phone struct {
	webpushtest.Browser
	endpoint string
	id       string
}

const (
	google  = "https://fcm.googleapis.com/fcm/send/"
	mozilla = "https://updates.push.services.mozilla.com/wpush/v2/"
	apple   = "https://web.push.apple.com/"
)

func subscription(b webpushtest.Browser, endpoint string) map[string]any {
	p256dh, secret := b.Keys()
	return map[string]any{"endpoint": endpoint, "keys": map[string]string{"p256dh": p256dh, "auth": secret}}
}

func (w pushed) turnOn(as, endpoint, language string) phone {
	w.t.Helper()
	p := phone{Browser: webpushtest.Open(w.t), endpoint: endpoint}
	r := functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: as, Body: subscription(p.Browser, endpoint), Header: map[string]string{"Accept-Language": language, "User-Agent": "Mozilla/5.0 (Linux; Android 16) Chrome/150 Mobile"}}
	p.id = functiontest.JSON[struct{ ID string }](w.Do(r).Want(201)).ID
	return p
}

// note is what a message says.
type note struct{ Title, Path, Lang string }

// shown are the messages that a browser got.
func (p phone) shown(t *testing.T, got []webpushtest.Message) []note {
	t.Helper()
	list := []note{}
	for _, m := range got {
		if m.Endpoint != p.endpoint {
			continue
		}
		plain, err := p.Read(m.Body)
		if err != nil {
			t.Fatalf("%s cannot read it: %v", p.endpoint, err)
		}
		var n note
		d := json.NewDecoder(strings.NewReader(string(plain)))
		if d.DisallowUnknownFields(); d.Decode(&n) != nil {
			t.Fatalf("%s says more than it may", plain)
		}
		list = append(list, n)
	}
	return list
}

// A notice comes to each device of who wants it at once, once though the broker delivers twice, in the language of the page where
// it was turned on; to who wants it daily with the others of the day, and to nobody else. A message says title and path alone.
func TestPush(t *testing.T) {
	eachPush(t, func(t *testing.T, w pushed) {
		now, daily, off, editor := w.Member(functiontest.Member{}), w.Member(functiontest.Member{}), w.Member(functiontest.Member{}), w.Editor()
		w.choose(now.Token, "notices", "now")
		w.choose(daily.Token, "notices", "digest")
		android, firefox, iphone, other := w.turnOn(now.Token, google+"a", "ko"), w.turnOn(now.Token, mozilla+"b", "en"), w.turnOn(daily.Token, apple+"c", "en"), w.turnOn(off.Token, google+"d", "ko")
		key := functiontest.JSON[struct{ Key string }](w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/devices", As: now.Token}).Want(200)).Key
		id := w.write(editor, map[string]any{"publishAt": w.Now(), "titleEn": "Snacks", "bodyEn": "In front of the library."})
		w.deliver(2)
		w.sweep()
		got := w.service.Take()
		if len(got) != 2 || len(other.shown(t, got)) != 0 {
			t.Fatalf("%d messages", len(got))
		}
		if n := android.shown(t, got); len(n) != 1 || n[0] != (note{"새 공지: 간식 행사", "/notices/" + id, "ko"}) {
			t.Errorf("%+v", n)
		}
		if n := firefox.shown(t, got); len(n) != 1 || n[0] != (note{"New notice: Snacks", "/en/notices/" + id, "en"}) {
			t.Errorf("%+v", n)
		}
		for _, m := range got {
			if m.Sender.Public != key || m.Sender.Subject != "https://council.madang.ac.kr" || !m.Sender.Expires.Equal(w.Now().Add(12*time.Hour)) || m.TTL < 47*3600 || m.TTL > 48*3600 || m.Header.Get("Urgency") != "normal" {
				t.Errorf("%+v %v", m.Sender, m.Header)
			}
			if len(m.Body) != 615 {
				t.Errorf("%d bytes", len(m.Body))
			}
		}
		if got[0].Header.Get("Topic") == got[1].Header.Get("Topic") {
			t.Error("a push service sees that two devices are told the same")
		}
		if mails := w.Mail.Take(); len(mails) != 1 || mails[0].To != now.Email {
			t.Errorf("%+v", mails)
		}
		w.Wait(time.Minute)
		second := w.write(editor, map[string]any{"publishAt": w.Now(), "title": "둘째"})
		w.deliver(1)
		w.service.Take()
		w.At(time.Date(2026, 3, 2, 18, 0, 0, 0, clock.Seoul))
		w.sweep()
		w.sweep()
		got = w.service.Take()
		if n := iphone.shown(t, got); len(got) != 1 || len(n) != 1 || n[0] != (note{"Snacks and 1 more", "/en/my/notifications", "en"}) || got[0].Header.Get("Urgency") != "low" {
			t.Errorf("daily: %+v %s", n, second)
		}
	})
}

// In quiet hours nothing comes; what a member may not read any more when it is sent never does.
func TestPushWaitsAndAsks(t *testing.T) {
	eachPush(t, func(t *testing.T, w pushed) {
		m := w.Member(functiontest.Member{})
		w.choose(m.Token, "notices", "now")
		p := w.turnOn(m.Token, google+"a", "ko")
		w.At(time.Date(2026, 3, 2, 23, 0, 0, 0, clock.Seoul))
		editor := w.Editor()
		gone, kept := w.write(editor, map[string]any{"publishAt": w.Now(), "title": "비밀"}), w.write(editor, map[string]any{"publishAt": w.Now(), "title": "남은 것"})
		w.deliver(1)
		w.sweep()
		w.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notices/" + gone, As: editor, Header: map[string]string{"If-Match": `"v1"`}}).Want(204)
		if got := w.service.Take(); len(got) != 0 {
			t.Errorf("at night: %d", len(got))
		}
		w.At(time.Date(2026, 3, 3, 8, 0, 0, 0, clock.Seoul))
		w.sweep()
		w.sweep()
		if n := p.shown(t, w.service.Take()); len(n) != 1 || n[0].Path != "/notices/"+kept {
			t.Errorf("in the morning: %+v", n)
		}
	})
}

// What push services answer: asked for time they get it, what is refused for good is not tried again, a device that
// is gone is forgotten, and nothing leads elsewhere.
func TestPushAnswers(t *testing.T) {
	eachPush(t, func(t *testing.T, w pushed) {
		m, editor := w.Member(functiontest.Member{}), w.Editor()
		w.choose(m.Token, "notices", "now")
		there := func() int {
			return len(functiontest.JSON[struct{ Items []any }](w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/devices", As: m.Token}).Want(200)).Items)
		}
		states := func() string {
			w.t.Helper()
			list := []string{}
			rows, err := w.DB.Pool().QueryContext(w.Context(), `SELECT state, status, attempts FROM deliveries WHERE channel = 'push' ORDER BY event_at DESC, id`)
			if err != nil {
				t.Fatal(err)
			}
			defer func() { _ = rows.Close() }()
			for rows.Next() {
				var state string
				var status, attempts int
				if err := rows.Scan(&state, &status, &attempts); err != nil {
					t.Fatal(err)
				}
				list = append(list, fmt.Sprint(state, " ", status, " ", attempts))
			}
			if rows.Err() != nil || len(list) == 0 {
				t.Fatal(rows.Err(), list)
			}
			return list[0]
		}
		try := func(p phone, answer webpushtest.Answer) (sent int) {
			w.Wait(time.Minute)
			w.service.Script(func(webpushtest.Message) webpushtest.Answer { return answer })
			w.write(editor, map[string]any{"publishAt": w.Now()})
			w.deliver(1)
			w.sweep()
			w.service.Script(nil)
			return len(p.shown(t, w.service.Take()))
		}
		p := w.turnOn(m.Token, google+"a", "ko")
		for _, c := range []struct {
			answer webpushtest.Answer
			state  string
		}{
			{webpushtest.Answer{Status: 201}, "sent 201 1"},
			{webpushtest.Answer{Status: 202}, "sent 202 1"},
			{webpushtest.Answer{Status: 400, Body: "BadJwtToken"}, "failed 400 1"},
			{webpushtest.Answer{Status: 403}, "failed 403 1"},
			{webpushtest.Answer{Status: 413}, "failed 413 1"},
			{webpushtest.Answer{Status: 302, Header: map[string]string{"Location": "http://169.254.169.254/"}}, "failed 302 1"},
		} {
			if sent := try(p, c.answer); sent != 1 || states() != c.state || there() != 1 {
				t.Errorf("%d: sent %d times, %s", c.answer.Status, sent, states())
			}
		}
		for _, status := range []int{429, 500, 503} {
			if sent := try(p, webpushtest.Answer{Status: status, Header: map[string]string{"Retry-After": "3600"}}); sent != 1 || states() != fmt.Sprint("waiting ", status, " 1") {
				t.Errorf("%d: sent %d times, %s", status, sent, states())
			}
			w.Wait(58 * time.Minute)
			w.sweep()
			if got := w.service.Take(); len(got) != 0 {
				t.Errorf("%d: %d too early", status, len(got))
			}
			w.Wait(3 * time.Minute)
			w.sweep()
			if got := p.shown(t, w.service.Take()); len(got) != 1 || states() != "sent 201 2" {
				t.Errorf("%d: %d, %s", status, len(got), states())
			}
		}
		w.service.Names(func(string) []netip.Addr { return []netip.Addr{netip.MustParseAddr("169.254.169.254")} })
		if sent := try(p, webpushtest.Answer{}); sent != 0 || states() != "failed 0 1" && !strings.HasPrefix(states(), "failed") {
			t.Errorf("a name that leads elsewhere now: sent %d times, %s", sent, states())
		}
		w.service.Names(nil)
		for _, status := range []int{404, 410} {
			p := w.turnOn(m.Token, fmt.Sprint(mozilla, status), "ko")
			if sent := try(p, webpushtest.Answer{Status: status}); sent != 1 || there() != 0 {
				t.Errorf("%d: sent %d times, %d devices", status, sent, there())
			}
			if sent := try(p, webpushtest.Answer{}); sent != 0 {
				t.Errorf("after %d: sent %d times", status, sent)
			}
		}
		if strings.Contains(w.Log.String(), google) || strings.Contains(w.Log.String(), mozilla) {
			t.Error("an address is in the log")
		}
		if !strings.Contains(w.Log.String(), "a push service does not take a message") || !strings.Contains(w.Log.String(), "BadJwtToken") {
			t.Error("no operator is told")
		}
	})
}

// A service that hangs gets the message late and once; others are not kept waiting for long.
func TestPushHangs(t *testing.T) {
	w := openPush(t)
	m, editor := w.Member(functiontest.Member{}), w.Editor()
	w.choose(m.Token, "notices", "now")
	slow, quick := w.turnOn(m.Token, google+"slow", "ko"), w.turnOn(m.Token, mozilla+"quick", "ko")
	given := make(chan struct{}) // closed when nobody waits for the answer any more
	w.service.Script(func(m webpushtest.Message) webpushtest.Answer {
		if m.Endpoint == slow.endpoint {
			<-given
		}
		return webpushtest.Answer{}
	})
	w.write(editor, map[string]any{"publishAt": w.Now()})
	w.deliver(1)
	w.sweep()
	close(given)
	first := w.service.Take()
	w.Wait(6 * time.Minute)
	w.sweep()
	got := append(first, w.service.Take()...)
	if len(quick.shown(t, got)) != 1 || len(slow.shown(t, got)) != 2 { // what it had and did not answer, and the same again, under the same topic
		t.Fatalf("%d and %d", len(quick.shown(t, got)), len(slow.shown(t, got)))
	}
	topics := []string{}
	for _, one := range got {
		if one.Endpoint == slow.endpoint {
			topics = append(topics, one.Header.Get("Topic"))
		}
	}
	if topics[0] != topics[1] {
		t.Errorf("%v: the second does not take the place of the first", topics)
	}
}

// A device whose server answers nobody for a day is forgotten, one that answers on the way is not.
func TestPushForgetsTheSilent(t *testing.T) {
	eachPush(t, func(t *testing.T, w pushed) {
		m, editor := w.Member(functiontest.Member{}), w.Editor()
		w.choose(m.Token, "notices", "now")
		w.turnOn(m.Token, google+"a", "ko")
		w.turnOn(m.Token, mozilla+"b", "ko")
		mozillas := strings.Split(mozilla, "/")[2]
		w.service.Names(func(host string) []netip.Addr {
			if host == mozillas {
				return nil
			}
			return []netip.Addr{netip.MustParseAddr("93.184.215.14")}
		})
		for range 2 {
			w.write(editor, map[string]any{"publishAt": w.Now()})
			w.deliver(1)
			for range 40 {
				w.sweep()
				w.Wait(time.Hour)
			}
		}
		list := w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/devices", As: m.Token}).Want(200)
		if n := len(functiontest.JSON[struct{ Items []struct{ ID string } }](list).Items); n != 1 {
			t.Errorf("%d devices are left", n)
		}
		if got := w.service.Take(); len(got) != 2 {
			t.Errorf("%d messages came to who answers", len(got))
		}
	})
}

// Who signs out, here or from elsewhere, is told nothing more there, also of what waits already; nor who was there before another
// turned it on. Who leaves is told nothing anywhere.
func TestPushEnds(t *testing.T) {
	eachPush(t, func(t *testing.T, w pushed) {
		editor, sessions := w.Editor(), session.Store{DB: w.DB}
		publish := func() []webpushtest.Message {
			w.Wait(time.Minute)
			w.write(editor, map[string]any{"publishAt": w.Now()})
			w.deliver(1)
			w.sweep()
			return w.service.Take()
		}
		m := w.Member(functiontest.Member{})
		w.choose(m.Token, "notices", "now")
		w.turnOn(m.Token, google+"a", "ko")
		if got := publish(); len(got) != 1 {
			t.Fatalf("%d", len(got))
		}
		w.service.Script(func(webpushtest.Message) webpushtest.Answer { return webpushtest.Answer{Status: 503} })
		publish()
		w.service.Script(nil)
		if err := sessions.Revoke(w.Context(), m.ID, m.Session); err != nil {
			t.Fatal(err)
		}
		w.Wait(6 * time.Minute)
		w.sweep()
		if got := append(w.service.Take(), publish()...); len(got) != 0 {
			t.Errorf("after signing out: %d", len(got))
		}

		a, b := w.Member(functiontest.Member{}), w.Member(functiontest.Member{})
		w.choose(a.Token, "notices", "now")
		p := w.turnOn(a.Token, google+"b", "ko")
		w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: b.Token, Body: subscription(webpushtest.Open(t), p.endpoint)}).Problem(409, "device-of-another")
		w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: b.Token, Body: subscription(p.Browser, p.endpoint)}).Want(201)
		if got := publish(); len(got) != 0 {
			t.Errorf("%d come where another has signed in, who wants none", len(got))
		}
		w.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notifications/devices/" + p.id, As: a.Token}).Problem(404, "not-found")
		w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: a.Token, Body: subscription(p.Browser, p.endpoint)}).Want(201)
		if got := publish(); len(got) != 1 {
			t.Errorf("turned on again: %d", len(got))
		}
		if _, err := w.DB.Exec(w.Context(), `UPDATE members SET leaving_at = $1 WHERE id = $2`, clock.Millis(w.Now()), a.ID); err != nil {
			t.Fatal(err)
		}
		if got := publish(); len(got) != 0 {
			t.Errorf("after leaving: %d", len(got))
		}
	})
}

// The API and the page refuse the same; the 21st device is refused, and what one does with one's devices is in no log.
func TestDevices(t *testing.T) {
	w := openPush(t)
	admin := w.Member(functiontest.Member{Verified: true})
	good := webpushtest.Open(t)
	p256dh, secret := good.Keys()
	form := url.Values{"endpoint": {google + "page"}, "p256dh": {p256dh}, "auth": {secret}}
	page := functiontest.Request{Method: "POST", Path: "/my/notifications/devices", As: admin.Token, Body: form, Header: map[string]string{"Sec-Fetch-Site": "same-origin", "User-Agent": "Mozilla/5.0 (iPhone) Safari/604"}}
	if r := w.Do(page).Want(303); r.Header.Get("Location") != "/my/notifications?done=device-on" {
		t.Error(r.Header)
	}
	shown := w.Do(functiontest.Request{Method: "GET", Path: "/my/notifications?done=device-on", As: admin.Token}).Want(200)
	shown.Says("이 기기에서 알림을 받습니다.", "Safari · iPhone", `data-device="`+device.Mark(google+"page")+`"`, `rel="manifest"`, `data-push="`+functiontest.JSON[struct{ Key string }](w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/devices", As: admin.Token}).Want(200)).Key+`"`, "<noscript>", "홈 화면에 추가").SaysNot("data-elsewhere", p256dh, secret, "fcm.googleapis")
	if policy := shown.Header.Get("Content-Security-Policy"); !strings.Contains(policy, "worker-src 'self'") {
		t.Error(policy)
	}
	w.Do(functiontest.Request{Method: "GET", Path: "/en/my/notifications", As: admin.Token}).Want(200).Says("Turn on here", "Add to Home Screen", "Turn off")

	w.service.Names(func(host string) []netip.Addr {
		return map[string][]netip.Addr{"fcm.googleapis.com": {netip.MustParseAddr("93.184.215.14")}, "inside.kr": {netip.MustParseAddr("10.0.0.1")}}[host]
	})
	for endpoint, code := range map[string]string{"https://inside.kr/": "address-not-public", "http://fcm.googleapis.com/": "not-an-address", "https://127.0.0.1/": "address-not-public", "https://none.kr/": "no-such-name", "": "required"} {
		r := w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: admin.Token, Body: subscription(good, endpoint)}).Problem(422, "invalid-input")
		if f := r.Fields(); len(f) != 1 || !strings.HasPrefix(f[0], "endpoint:"+code) {
			t.Errorf("%s: %v", endpoint, f)
		}
		form.Set("endpoint", endpoint)
		w.Do(page).Want(422).Says(`data-problem="invalid-input"`)
	}
	unconfirmed := w.Member(functiontest.Member{Unconfirmed: true})
	w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: unconfirmed.Token, Body: subscription(good, google+"u")}).Problem(403, "address-unconfirmed")
	form.Set("endpoint", google+"u")
	theirs := page
	theirs.As = unconfirmed.Token
	w.Do(theirs).Want(403).Says(`data-problem="address-unconfirmed"`, "이메일 주소를 확인한 뒤에")
	wrong := subscription(good, google+"x")
	wrong["keys"] = map[string]string{"p256dh": secret, "auth": p256dh}
	w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: admin.Token, Body: wrong}).Problem(422, "invalid-input")
	for n := range device.Most - 1 {
		w.Refill()
		w.turnOn(admin.Token, fmt.Sprint(google, n), "ko")
	}
	w.Refill()
	w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/devices", As: admin.Token, Body: subscription(good, google+"21")}).Problem(409, "too-many-devices")
	form.Set("endpoint", google+"21")
	w.Do(page).Want(409).Says("기기는 20대까지입니다")
	list := functiontest.JSON[struct{ Items []struct{ ID string } }](w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/devices", As: admin.Token}).Want(200)).Items
	w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/devices/" + list[0].ID, As: admin.Token, Body: url.Values{}}).Want(303)
	w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/devices/" + list[0].ID, As: admin.Token, Body: url.Values{}}).Want(303)
	w.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notifications/devices/" + list[1].ID, As: admin.Token}).Want(204)
	w.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notifications/devices/" + list[1].ID, As: admin.Token}).Problem(404, "not-found")
	if records, err := (audit.Store{DB: w.DB}).List(w.Context(), audit.Query{}, 50); err != nil || slices.ContainsFunc(records, func(r audit.Record) bool { return strings.Contains(r.Action, "devices") }) {
		t.Errorf("%+v %v", records, err)
	}
	if len(w.service.Take()) != 0 {
		t.Error("turning on sends something")
	}
}

// The worker has no page below it, asks the site alone, and handles no request of pages.
func TestWorker(t *testing.T) {
	w := openPush(t)
	r := w.Do(functiontest.Request{Method: "GET", Path: "/push/worker.js"}).Want(http.StatusOK).Says("showNotification", "notificationclick", "pushsubscriptionchange", `const icon = "/assets/`).SaysNot("'fetch'", "caches", "respondWith", "importScripts")
	if r.Header.Get("Content-Type") != "text/javascript; charset=utf-8" || r.Header.Get("Content-Security-Policy") != "default-src 'none'; connect-src 'self'" || r.Header.Get("Service-Worker-Allowed") != "" || len(r.Body) > 4096 {
		t.Errorf("%v, %d bytes", r.Header, len(r.Body))
	}
	own := face.Default("솔뫼대학교 총학생회")
	own.Mark = `<path d="M3 34 14 7z"></path>`
	if _, err := (face.Store{DB: w.DB}).Set(w.Context(), face.First, own); err != nil {
		t.Fatal(err)
	}
	w.Do(functiontest.Request{Method: "GET", Path: "/push/worker.js"}).Want(http.StatusOK).Says(`const icon = "/brand/` + own.IconHash() + `/icon-180.png"`)
}
