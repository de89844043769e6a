package notify_test

import (
	"net/netip"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/console"
	"github.com/madang-council/madang/functions/notify"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/channel"
	"github.com/madang-council/madang/shared/operation/channel/channeltest"
	"github.com/madang-council/madang/shared/outside"
)

type app struct {
	*functiontest.App
	stand *channeltest.Stand
	admin string
}

func openChannels(t *testing.T, options ...functiontest.Option) app {
	stand := channeltest.Open(t)
	a := functiontest.New(t, notify.Function, append(options, functiontest.Beside(notify.Function, console.Function), functiontest.WithSettings(func(s *function.Settings) { s.Outside = stand.Options() }))...)
	return app{App: a, stand: stand, admin: a.Admin()}
}

func eachChannel(t *testing.T, test func(t *testing.T, a app)) {
	t.Run("sqlite", func(t *testing.T) { test(t, openChannels(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, openChannels(t, functiontest.OnPostgres)) })
}

func (a app) ask(method, path, match string, body any) functiontest.Response {
	r := functiontest.Request{Method: method, Path: path, As: a.admin, Body: body, Header: map[string]string{}}
	if match != "" {
		r.Header["If-Match"] = match
	}
	if _, form := body.(url.Values); form {
		r.Header["Sec-Fetch-Site"] = "same-origin"
	}
	return a.Do(r)
}

type entry struct {
	ID, Kind, Name, Origin, Secret string
	Topics                         []string
	PausedAt, SentAt               *time.Time
	BothUntil                      *time.Time
	Failures                       int
	Version                        int64
	Last                           struct {
		Status int
		Answer string
	}
}

func (a app) add(t *testing.T, address string) entry {
	t.Helper()
	return functiontest.JSON[entry](a.ask("POST", "/v1/admin/channels", "", map[string]any{"name": "새 소식", "address": address, "topics": []string{"notices"}}).Want(201))
}

func TestChannels(t *testing.T) {
	eachChannel(t, func(t *testing.T, a app) {
		a.ask("GET", "/v1/admin/channels", "", nil).Want(200).Says(`"items":[]`, `"name":"notices"`, `"label":"공지"`)
		c := a.add(t, channeltest.Discord)
		if c.Kind != "discord" || c.Origin != "https://discord.com" || c.Secret != "" || c.Version != 1 {
			t.Errorf("%+v", c)
		}
		a.ask("POST", "/v1/admin/channels", "", map[string]any{"name": "또", "address": channeltest.Discord, "topics": []string{"rules"}}).Problem(409, "channel-exists")
		path := "/v1/admin/channels/" + c.ID
		a.ask("PUT", path, "", map[string]any{"name": "가", "topics": []string{"rules"}}).Problem(428, "if-match-required")
		a.ask("PUT", path, `"v7"`, map[string]any{"name": "가", "topics": []string{"rules"}}).Problem(412, "version-stale")
		is := functiontest.JSON[entry](a.ask("PUT", path, `"v1"`, map[string]any{"name": "가", "topics": []string{"rules", "minutes"}}).Want(200))
		if is.Name != "가" || !slices.Equal(is.Topics, []string{"minutes", "rules"}) || is.Version != 2 {
			t.Errorf("%+v", is)
		}
		if r := a.ask("GET", path, "", nil).Want(200); r.Header.Get("ETag") != `"v2"` {
			t.Errorf("%v", r.Header)
		}
		a.ask("POST", path+"/test", "", map[string]any{}).Want(200).Says(`"taken":true`, `"status":200`, "보냈습니다")
		if got := a.stand.Take(); len(got) != 1 || !strings.Contains(string(got[0].Body), "시험 메시지입니다") {
			t.Errorf("%v", got)
		}
		a.stand.Script(func(channeltest.Request) channeltest.Answer {
			return channeltest.Answer{Status: 401, Body: `{"message":"401: Unauthorized"}`}
		})
		a.ask("POST", path+"/test", "", map[string]any{}).Want(200).Says(`"taken":false`, `"status":401`, `401: Unauthorized`, "거절했습니다")
		a.stand.Script(func(channeltest.Request) channeltest.Answer {
			return channeltest.Answer{Status: 429, Body: `{"retry_after":1.2}`}
		})
		a.ask("POST", path+"/test", "", map[string]any{}).Want(200).Says(`"again":true`, `"afterSeconds":2`)
		a.ask("POST", path+"/rotate", "", map[string]any{}).Problem(409, "channel-has-no-secret")
		a.ask("POST", path+"/pause", "", map[string]any{}).Want(200).SaysNot(`"pausedAt":null`)
		a.ask("POST", path+"/pause", "", map[string]any{}).Want(200).Says(`"version":3`)
		a.ask("POST", path+"/resume", "", map[string]any{}).Want(200).Says(`"pausedAt":null`, `"version":4`)
		a.ask("DELETE", path, `"v4"`, nil).Want(204)
		for _, method := range []string{"GET", "DELETE"} {
			a.ask(method, path, "*", nil).Problem(404, "not-found")
		}
		a.ask("POST", path+"/test", "", map[string]any{}).Problem(404, "not-found")
		want := []string{"POST /v1/admin/channels", "PUT /v1/admin/channels/{id}", "POST /v1/admin/channels/{id}/test", "DELETE /v1/admin/channels/{id}"}
		for _, action := range want {
			if !slices.Contains(a.Audited(), action) {
				t.Errorf("%s is not in the log: %v", action, a.Audited())
			}
		}
	})
}

// An address that leads inside is refused when it is saved, by the API and on the page, which
// keeps what was typed.
func TestNotPublic(t *testing.T) {
	a := openChannels(t)
	a.stand.Names(func(string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil })
	for address, code := range map[string]string{"https://hooks.madang.ac.kr/": "address-not-public", "https://0x7f.1/": "address-not-public", "https://[::1]/": "address-not-public", "http://127.0.0.1/": "address-not-public", "ftp://a.kr": "not-an-address"} {
		r := a.ask("POST", "/v1/admin/channels", "", map[string]any{"name": "가", "address": address, "topics": []string{"rules"}}).Problem(422, "invalid-input")
		if !slices.ContainsFunc(r.Fields(), func(f string) bool { return strings.HasPrefix(f, "address:"+code) }) {
			t.Errorf("%s: %v", address, r.Fields())
		}
		a.ask("POST", "/console/channels/new", "", url.Values{"name": {"우리 이름"}, "address": {address}, "topics": {"rules"}}).Want(422).Says("우리 이름", address, `id="field-address-wrong"`)
	}
	if n := len(a.stand.Take()); n != 0 {
		t.Errorf("%d were called", n)
	}
}

// Addresses and secrets are in no answer but the one that makes a secret, in no log and no
// record, whatever is asked and whatever fails.
func TestSecretsAreShownOnce(t *testing.T) {
	a := openChannels(t)
	hook := a.add(t, channeltest.Webhook)
	discord := a.add(t, channeltest.Discord)
	rotated := functiontest.JSON[entry](a.ask("POST", "/v1/admin/channels/"+hook.ID+"/rotate", "", map[string]any{}).Want(200))
	if !strings.HasPrefix(hook.Secret, "whsec_") || !strings.HasPrefix(rotated.Secret, "whsec_") || hook.Secret == rotated.Secret || rotated.BothUntil == nil {
		t.Fatalf("%+v %+v", hook, rotated)
	}
	said := ""
	for _, answer := range []channeltest.Answer{{}, {Status: 500, Body: "broken"}, {Status: 302, Header: map[string]string{"Location": "https://other.kr/"}}} {
		a.stand.Script(func(channeltest.Request) channeltest.Answer { return answer })
		for _, id := range []string{hook.ID, discord.ID} {
			said += string(a.ask("POST", "/v1/admin/channels/"+id+"/test", "", map[string]any{}).Want(200).Body)
			said += string(a.ask("POST", "/console/channels/"+id+"/test", "", url.Values{}).Want(200).Body)
		}
	}
	a.stand.Names(func(string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("10.0.0.1")}, nil })
	said += string(a.ask("POST", "/v1/admin/channels/"+hook.ID+"/test", "", map[string]any{}).Want(200).Says("address-not-public").Body)
	for _, path := range []string{"/v1/admin/channels", "/v1/admin/channels/" + hook.ID, "/console/channels", "/console/channels/" + hook.ID, "/console/channels/" + discord.ID, "/console/audit"} {
		said += string(a.ask("GET", path, "", nil).Want(200).Body)
	}
	said += string(a.ask("PUT", "/v1/admin/channels/"+hook.ID, "*", map[string]any{"name": "가", "topics": []string{"rules"}}).Want(200).Body)
	said += a.Log.String()
	for _, secret := range []string{hook.Secret, rotated.Secret, hook.Secret[6:], "a%2Fb", "council?key", "/api/webhooks/", "abcdefghijklmnop"} {
		if strings.Contains(said, secret) {
			t.Errorf("%s is said", secret)
		}
	}
}

// On pages a channel is added by pasting its address, tried, edited, given another secret, paused
// by its failures, and resumed; each says in words what became of it.
func TestDesk(t *testing.T) {
	a := openChannels(t)
	page := func(path string) functiontest.Response {
		t.Helper()
		return a.ask("GET", path, "", nil).Want(200)
	}
	page("/console/channels").Says("아직 채널이 없습니다", `href="/console/channels/new"`)
	page("/console/channels/new").Says(`name="address"`, `value="notices" checked`, "웹후크 URL 복사")
	page("/en/console/channels/new").Says("Copy Webhook URL")
	made := a.ask("POST", "/console/channels/new", "", url.Values{"name": {"연구실 <봇>"}, "address": {channeltest.Webhook}, "topics": {"notices", "rules"}}).Want(200).Says("연구실 &lt;봇&gt;", "whsec_", "지금 한 번만").SaysNot("<봇>", "council?key")
	id := regexp.MustCompile(`/console/channels/([0-9a-f-]{36})/test`).FindStringSubmatch(string(made.Body))[1]
	page("/console/channels").Says("연구실 &lt;봇&gt;", "켜짐", "웹훅", "https://hooks.madang.ac.kr/…", "공지, 회칙", "아직 보낸 것이 없음", `data-action="/v1/admin/channels/`+id+`/pause"`)

	a.ask("POST", "/console/channels/"+id+"/test", "", url.Values{}).Want(200).Says("보냈습니다. 상대가 204", "시험 메시지입니다")
	a.stand.Script(func(channeltest.Request) channeltest.Answer {
		return channeltest.Answer{Status: 500, Body: "<b>우리 탓</b>"}
	})
	a.ask("POST", "/console/channels/"+id+"/test", "", url.Values{}).Want(200).Says("고장 난 듯합니다(500)", "&lt;b&gt;우리 탓").SaysNot("<b>우리")
	page("/console/channels").Says("1번 잇달아 실패", "마지막: 상대 서버가 고장 난 듯합니다(500)")

	page("/console/channels/"+id).Says(`name="version" value="1"`, "새 키 만들기", `data-method="DELETE"`, "바꿀 때만 새 주소를").SaysNot("council?key")
	a.ask("POST", "/console/channels/"+id, "", url.Values{"name": {""}, "topics": {"notices"}, "version": {"1"}}).Want(422).Says(`id="field-name-wrong"`)
	a.ask("POST", "/console/channels/"+id, "", url.Values{"name": {"이름"}, "version": {"1"}}).Want(422).Says("하나 이상")
	a.ask("POST", "/console/channels/"+id, "", url.Values{"name": {"다른 이름"}, "topics": {"minutes"}, "version": {"1"}}).Want(303)
	a.ask("POST", "/console/channels/"+id, "", url.Values{"name": {"늦은 이름"}, "topics": {"minutes"}, "version": {"1"}}).Want(412).Says("늦은 이름")
	a.ask("POST", "/console/channels/"+id+"/rotate", "", url.Values{}).Want(200).Says("whsec_", "앞의 키로도 함께 서명합니다")

	store := channel.NewStore(a.DB, a.Deps.Key, outside.New(a.stand.Options()), nil)
	sender := channel.NewSender(store, "https://council.madang.ac.kr", "총학")
	for range channel.Tries {
		a.Wait(channel.Outage / (channel.Tries - 1))
		if _, err := sender.Send(auth.With(clock.With(t.Context(), a.Now()), auth.Principal{}), id, channel.Message{ID: "a", Topic: "minutes", Title: "회의록", URL: "/minutes/1", At: a.Now()}); err != nil {
			t.Fatal(err)
		}
	}
	a.admin = a.Admin()
	page("/console/channels").Says("실패해서 멈춤", `/resume"`)
	page("/console/channels/" + id).Says("멈춘 동안의 새 소식은")
	page("/console/audit").Says("홈페이지가 스스로 잇달아 실패한 알림 채널을 멈췄습니다", "다른 이름")
	page("/en/console/audit").Says("The site paused a channel after it failed again and again")
	for _, path := range []string{"/console/channels/none", "/console/channels/0197b0d0-0000-7000-8000-000000000000"} {
		a.ask("GET", path, "", nil).Want(404)
	}
}
