package channel_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/operation/channel"
	"github.com/madang-council/madang/shared/operation/channel/channeltest"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

var (
	noon   = time.Date(2026, 12, 3, 12, 0, 0, 0, clock.Seoul)
	topics = []channel.Topic{{Name: "archives"}, {Name: "minutes"}, {Name: "notices"}, {Name: "rules"}}
)

type world struct {
	db     *database.DB
	store  channel.Store
	sender channel.Sender
	stand  *channeltest.Stand
}

func begin(t *testing.T, db *database.DB) world {
	t.Helper()
	stand := channeltest.Open(t)
	store := channel.NewStore(db, secret.Key([]byte(strings.Repeat("k", 32))), outside.New(stand.Options()), topics)
	return world{db: db, store: store, sender: channel.NewSender(store, "https://council.madang.ac.kr", "마당대학교 총학생회"), stand: stand}
}

func at(t time.Time) context.Context {
	return auth.With(clock.With(context.Background(), t), auth.Principal{MemberID: "m", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
}

func (w world) add(t testing.TB, address string) (channel.Channel, string) {
	t.Helper()
	c, made, err := w.store.Add(at(noon), channel.Content{Name: "새 소식", Address: address, Topics: []string{"notices", "minutes"}})
	if err != nil {
		t.Fatal(err)
	}
	return c, made
}

var news = channel.Message{ID: "0123abcd", Topic: "notices", Kind: "공지", Title: "도서관 <단수> & 안내", Line: "내일 **오전** 9시부터 @everyone", URL: "/notices/1?a=1&b=2", At: noon}

func code(err error) string {
	p := problem.Find(err)
	switch {
	case p == nil:
		return fmt.Sprint(err)
	case len(p.Fields) > 0:
		return p.Fields[0].Name + ":" + p.Fields[0].Code
	}
	return p.Code
}

// An address says of which kind it is, once; nothing of it but its host is told again, and no row
// holds it in clear.
func TestAdd(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := begin(t, db)
		for address, kind := range map[string]string{channeltest.Discord: channel.Discord, channeltest.Slack: channel.Slack, channeltest.Webhook: channel.Webhook} {
			c, made := w.add(t, " "+address+"\n")
			if c.Kind != kind || strings.HasPrefix(made, "whsec_") != (kind == channel.Webhook) || strings.Count(c.Origin, "/") != 2 || !strings.HasPrefix(address, c.Origin) || c.Version != 1 || c.Paused() {
				t.Errorf("%s: %+v %q", address, c, made)
			}
			if _, _, err := w.store.Add(at(noon), channel.Content{Name: "또", Address: address, Topics: []string{"rules"}}); code(err) != "channel-exists" {
				t.Errorf("%s twice: %v", address, err)
			}
			var whole string
			for _, column := range []string{"sealed_address", "address_hash", "sealed_secrets", "topics", "last_answer"} {
				v, err := database.One(at(noon), db, database.Value[string], `SELECT `+column+` FROM channels WHERE id = $1`, c.ID)
				if err != nil {
					t.Fatal(err)
				}
				whole += v
			}
			if strings.Contains(whole, "abcdefghij") || made != "" && strings.Contains(whole, made[6:20]) || strings.Contains(whole, "council") {
				t.Errorf("%s is stored in clear: %s", kind, whole)
			}
		}
		list, err := w.store.List(at(noon))
		if err != nil || len(list) != 3 {
			t.Errorf("%v %v", list, err)
		}
	})
}

func TestRefused(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	w.stand.Names(func(host string) ([]netip.Addr, error) {
		return map[string][]netip.Addr{"hooks.madang.ac.kr": {netip.MustParseAddr("93.184.215.14")}, "inside.madang.ac.kr": {netip.MustParseAddr("93.184.215.14"), netip.MustParseAddr("10.0.0.1")}}[host], nil
	})
	for address, want := range map[string]string{
		"": "address:required", "https://inside.madang.ac.kr/": "address:address-not-public", "https://127.0.0.1/": "address:address-not-public", "https://2130706433/": "address:address-not-public",
		"http://hooks.madang.ac.kr/": "address:address-not-public", "https://localhost/": "address:address-not-public", "https://hooks.madang.ac.kr:8443/": "address:port-not-allowed", "https://nobody.madang.ac.kr/": "address:no-such-name",
		"hooks.madang.ac.kr": "address:not-an-address", "https://a@hooks.madang.ac.kr/": "address:not-an-address",
		"https://discord.com/": "address:not-a-webhook", "https://discord.com/channels/1/2": "address:not-a-webhook", channeltest.Discord + "/slack": "address:not-a-webhook", channeltest.Discord + "?wait=false": "address:not-a-webhook",
		channeltest.Discord + "?thread_id=123456789012345678&thread_name=x": "address:not-a-webhook", "https://discord.com:443" + strings.TrimPrefix(channeltest.Discord, "https://discord.com"): "",
		channeltest.Discord + "?thread_id=123456789012345678": "", strings.Replace(channeltest.Discord, "/api/", "/api/v10/", 1): "", strings.Replace(channeltest.Discord, "discord.com", "canary.discord.com", 1): "",
		"https://hooks.slack.com/workflows/T0/A0/1/abc": "address:not-a-webhook", "https://hooks.slack.com/services/T0/B0": "address:not-a-webhook", strings.Replace(channeltest.Slack, "https", "http", 1): "address:not-a-webhook",
	} {
		_, _, err := w.store.Add(at(noon), channel.Content{Name: "이름", Address: address, Topics: []string{"notices"}})
		if got := code(err); got != want && (want != "" || err != nil) {
			t.Errorf("%s: %s, want %s", address, got, want)
		}
	}
	for want, c := range map[string]channel.Content{
		"name:required": {Topics: []string{"notices"}}, "topics[1]:unknown": {Name: "가", Topics: []string{"notices", "moon"}}, "topics:required": {Name: "가"}, "name:too-long": {Name: strings.Repeat("가", channel.MostName+1), Topics: []string{"rules"}},
	} {
		c.Address = channeltest.Webhook
		if _, _, err := w.store.Add(at(noon), c); code(err) != want {
			t.Errorf("%s, want %s", code(err), want)
		}
	}
	if got := w.stand.Take(); len(got) != 0 {
		t.Errorf("saving called %v", got)
	}
}

// Only admins of the whole council change channels.
func TestWhoMay(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	c, _ := w.add(t, channeltest.Webhook)
	for _, p := range []auth.Principal{{}, {MemberID: "m", Verified: true}, {MemberID: "m", Verified: true, Grants: []auth.Grant{{Role: auth.Admin, Unit: "총학"}}}, {MemberID: "m", Verified: true, Grants: []auth.Grant{{Role: auth.Moderator}}}} {
		ctx := auth.With(at(noon), p)
		_, _, added := w.store.Add(ctx, channel.Content{Name: "가", Address: channeltest.Slack, Topics: []string{"rules"}})
		_, edited := w.store.Edit(ctx, c.ID, 1, channel.Content{Name: "가", Topics: []string{"rules"}})
		_, deleted := w.store.Delete(ctx, c.ID, 1)
		_, paused := w.store.Pause(ctx, c.ID)
		_, resumed := w.store.Resume(ctx, c.ID)
		_, _, rotated := w.store.Rotate(ctx, c.ID)
		_, _, tried := w.sender.Try(ctx, c.ID)
		for i, err := range []error{added, edited, deleted, paused, resumed, rotated, tried} {
			if code(err) != "not-allowed" {
				t.Errorf("%+v %d: %v", p, i, err)
			}
		}
	}
}

// Of two changes of one version the first wins; another address begins anew, of the same kind
// alone; a topic that is gone may stay.
func TestEdit(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := begin(t, db)
		c, _ := w.add(t, channeltest.Discord)
		other, _ := w.add(t, channeltest.Webhook)
		if _, err := db.Exec(at(noon), `UPDATE channels SET topics = '["minutes","tickets"]', failures = 7, failed_at = 5, paused_at = 5, last_status = 500, last_answer = 'x' WHERE id = $1`, c.ID); err != nil {
			t.Fatal(err)
		}
		is, err := w.store.Edit(at(noon), c.ID, 1, channel.Content{Name: "다른 이름", Topics: []string{"tickets", "rules", "rules"}})
		if err != nil || is.Name != "다른 이름" || !slices.Equal(is.Topics, []string{"rules", "tickets"}) || is.Version != 2 || !is.Paused() || is.Failures != 7 {
			t.Errorf("%+v %v", is, err)
		}
		for want, err := range map[string]error{
			"version-stale":            second(w.store.Edit(at(noon), c.ID, 1, channel.Content{Name: "가", Topics: []string{"rules"}})),
			"address:other-kind":       second(w.store.Edit(at(noon), c.ID, 2, channel.Content{Name: "가", Topics: []string{"rules"}, Address: channeltest.Slack})),
			"not-found":                second(w.store.Edit(at(noon), "0197b0d0-0000-7000-8000-000000000000", 2, channel.Content{Name: "가", Topics: []string{"rules"}})),
			"channel-exists":           second(w.store.Edit(at(noon), other.ID, 1, channel.Content{Name: "가", Topics: []string{"rules"}, Address: twin(t, w)})),
			"topics[0]:unknown":        second(w.store.Edit(at(noon), other.ID, 1, channel.Content{Name: "가", Topics: []string{"tickets"}})),
			"address:port-not-allowed": second(w.store.Edit(at(noon), other.ID, 1, channel.Content{Name: "가", Topics: []string{"rules"}, Address: "https://hooks.madang.ac.kr:22/"})),
		} {
			if code(err) != want {
				t.Errorf("%s, want %s", code(err), want)
			}
		}
		moved := strings.Replace(channeltest.Discord, "1234", "9876", 1)
		is, err = w.store.Edit(at(noon), c.ID, 2, channel.Content{Name: "가", Topics: []string{"rules"}, Address: moved})
		if err != nil || is.Paused() || is.Failures != 0 || is.Status != 0 || is.Answer != "" || is.Version != 3 {
			t.Errorf("%+v %v", is, err)
		}
		if _, err := w.sender.Send(at(noon), c.ID, news); err != nil {
			t.Fatal(err)
		}
		if got := w.stand.Take(); len(got) != 1 || !strings.Contains(got[0].URI, "9876") {
			t.Errorf("%v", got)
		}
		if _, err := w.store.Delete(at(noon), c.ID, 2); code(err) != "version-stale" {
			t.Errorf("%v", err)
		}
		if was, err := w.store.Delete(at(noon), c.ID, 3); err != nil || was.Name != "가" {
			t.Errorf("%v %v", was, err)
		}
		if _, err := w.sender.Send(at(noon), c.ID, news); code(err) != "not-found" {
			t.Errorf("%v", err)
		}
	})
}

func second[T any](_ T, err error) error { return err }

// twin is the address of another webhook that there is.
func twin(t *testing.T, w world) string {
	t.Helper()
	const address = "https://hooks.madang.ac.kr/twin"
	w.add(t, address)
	return address
}

func TestMost(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := begin(t, db)
		for i := range channel.Most {
			w.add(t, fmt.Sprintf("https://hooks.madang.ac.kr/%d", i))
		}
		if _, _, err := w.store.Add(at(noon), channel.Content{Name: "또", Address: channeltest.Slack, Topics: []string{"rules"}}); code(err) != "too-many-channels" {
			t.Errorf("%v", err)
		}
		free := func() {
			if _, err := db.Exec(at(noon), `DELETE FROM channels WHERE id = (SELECT MIN(id) FROM channels)`); err != nil {
				t.Fatal(err)
			}
		}
		free()
		databasetest.LastPlace(t, func(n int) (bool, error) {
			_, _, err := w.store.Add(at(noon), channel.Content{Name: "또", Address: fmt.Sprintf("https://hooks.madang.ac.kr/last/%d", n), Topics: []string{"rules"}})
			if code(err) == "too-many-channels" {
				return false, nil
			}
			return err == nil, err
		}, free)
	})
}

// Each kind is sent what it can read, within its limits (the stand looks), and nothing in it
// means anything but what it says.
func TestMessages(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	want := map[string]string{
		channeltest.Discord: `{"embeds":[{"author":{"name":"공지"},"title":"도서관 \\<단수\\> \\& 안내","description":"내일 \\*\\*오전\\*\\* 9시부터 \\@everyone","url":"https://council.madang.ac.kr/notices/1?a=1&b=2","timestamp":"2026-12-03T03:00:00Z","footer":{"text":"마당대학교 총학생회"}}],"allowed_mentions":{"parse":[]}}`,
		channeltest.Slack: `{"text":"공지: 도서관 &lt;단수&gt; &amp; 안내","blocks":[{"type":"header","text":{"type":"plain_text","text":"도서관 &lt;단수&gt; &amp; 안내","emoji":false}},{"type":"section","text":{"type":"plain_text","text":"내일 **오전** 9시부터 @everyone","emoji":false}},` +
			`{"type":"context","elements":[{"type":"mrkdwn","text":"<https://council.madang.ac.kr/notices/1?a=1&amp;b=2|홈페이지에서 보기>"},{"type":"plain_text","text":"공지 · 마당대학교 총학생회","emoji":false}]}]}`,
		channeltest.Webhook: `{"type":"notices","timestamp":"2026-12-03T03:00:00Z","data":{"kind":"공지","title":"도서관 <단수> & 안내","line":"내일 **오전** 9시부터 @everyone","url":"https://council.madang.ac.kr/notices/1?a=1&b=2"}}`,
	}
	for address, want := range want {
		c, _ := w.add(t, address)
		if o, err := w.sender.Send(at(noon), c.ID, news); err != nil || !o.Taken() || o.Again || o.Answer != "" {
			t.Errorf("%s: %+v %v", c.Kind, o, err)
		}
		got := w.stand.Take()
		var a, b any
		if err := errors.Join(json.Unmarshal(got[0].Body, &a), json.Unmarshal([]byte(want), &b)); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(b, a); len(got) != 1 || diff != "" {
			t.Errorf("%s: %s", c.Kind, diff)
		}
		if is, err := w.store.Read(at(noon), c.ID); err != nil || is.SentAt == nil || is.Status != 200 && is.Status != 204 || is.Version != 1 {
			t.Errorf("%+v %v", is, err)
		}
	}
}

// Whatever is written in a notice, the message is within the limits, and says no more than that.
func TestMessagesFit(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	ids := []string{}
	for _, address := range []string{channeltest.Discord, channeltest.Slack, channeltest.Webhook} {
		c, _ := w.add(t, address)
		ids = append(ids, c.ID)
	}
	parts := rapid.SampledFrom([]string{"가", "a", " ", "\n# ", "**", "<@1>", "<!channel>", "&amp;", "&", "||", "```", "[a](https://b)", "@everyone", "👩‍👩‍👧‍👦", "😀", "e\u0301\u0301", "1. ", "> ", "\\", "<https://a|b>", "\u202e", "\u0000", "\u2028", "ㅤ", strings.Repeat("긴 글 ", 300), strings.Repeat("&<>", 200)})
	line := rapid.Map(rapid.SliceOfN(parts, 0, 12), func(list []string) string { return strings.Join(list, "") })
	rapid.Check(t, func(r *rapid.T) {
		m := channel.Message{ID: "id", Topic: "notices", Kind: line.Draw(r, "kind"), Title: line.Draw(r, "title"), Line: line.Draw(r, "line"), URL: rapid.SampledFrom([]string{"/", "/notices/1", "https://council.madang.ac.kr/a?b=c&d=|<>"}).Draw(r, "url"), At: noon}
		for _, id := range ids {
			if o, err := w.sender.Send(at(noon), id, m); err != nil || !o.Taken() {
				r.Fatalf("%+v %v", o, err)
			}
		}
		for _, got := range w.stand.Take() {
			switch {
			case strings.HasPrefix(got.Host, "discord"):
				if wrong := channeltest.DiscordWrong(got.Body); len(wrong) > 0 {
					r.Fatalf("%q", wrong)
				}
			case strings.HasSuffix(got.Host, "slack.com"):
				if wrong := channeltest.SlackWrong(got.Body); len(wrong) > 0 {
					r.Fatalf("%q", wrong)
				}
			}
		}
	})
}

// What receivers answer decides whether and when the same message is sent again.
func TestOutcomes(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	discord, _ := w.add(t, channeltest.Discord)
	hook, _ := w.add(t, channeltest.Webhook)
	long := strings.Repeat("가", 200)
	for _, c := range []struct {
		id     string
		answer channeltest.Answer
		want   channel.Outcome
	}{
		{discord.ID, channeltest.Answer{Status: 429, Header: map[string]string{"Retry-After": "2"}, Body: `{"message":"You are being rate limited.","retry_after":64.57,"global":false}`}, channel.Outcome{Status: 429, Answer: `{"message":"You are being rate limited.","retry_after":64.57,"global":false}`, Again: true, After: 64570 * time.Millisecond}},
		{discord.ID, channeltest.Answer{Status: 429, Header: map[string]string{"Retry-After": "65"}, Body: `<html>`}, channel.Outcome{Status: 429, Answer: "<html>", Again: true, After: 65 * time.Second}},
		{hook.ID, channeltest.Answer{Status: 503, Header: map[string]string{"Retry-After": "Thu, 03 Dec 2026 03:10:00 GMT"}}, channel.Outcome{Status: 503, Again: true, After: 10 * time.Minute}},
		{hook.ID, channeltest.Answer{Status: 503, Header: map[string]string{"Retry-After": "Thu, 03 Dec 2020 03:10:00 GMT"}}, channel.Outcome{Status: 503, Again: true}},
		{hook.ID, channeltest.Answer{Status: 503, Header: map[string]string{"Retry-After": "99999999999999999999"}}, channel.Outcome{Status: 503, Again: true, After: outside.MostAfter}},
		{hook.ID, channeltest.Answer{Status: 500, Header: map[string]string{"Retry-After": "-5"}, Body: `{"retry_after": -1e300}`}, channel.Outcome{Status: 500, Answer: `{"retry_after": -1e300}`, Again: true}},
		{hook.ID, channeltest.Answer{Status: 500, Header: map[string]string{"Retry-After": "NaN"}}, channel.Outcome{Status: 500, Again: true}},
		{hook.ID, channeltest.Answer{Status: 500, Header: map[string]string{"Retry-After": "Inf"}}, channel.Outcome{Status: 500, Again: true, After: outside.MostAfter}},
		{hook.ID, channeltest.Answer{Status: 408}, channel.Outcome{Status: 408, Again: true}},
		{hook.ID, channeltest.Answer{Status: 400, Header: map[string]string{"Retry-After": "5"}, Body: " no\r\n\x1b[31mgood\u202e\xff "}, channel.Outcome{Status: 400, Answer: "no [31mgood"}},
		{hook.ID, channeltest.Answer{Status: 422, Body: long}, channel.Outcome{Status: 422, Answer: long[:255]}},
		{hook.ID, channeltest.Answer{Status: 302, Header: map[string]string{"Location": "http://127.0.0.1/"}}, channel.Outcome{Status: 302}},
		{hook.ID, channeltest.Answer{Status: 404}, channel.Outcome{Status: 404}},
		{hook.ID, channeltest.Answer{Status: 202, Body: "secret"}, channel.Outcome{Status: 202}},
	} {
		w.stand.Script(func(channeltest.Request) channeltest.Answer { return c.answer })
		got, err := w.sender.Send(at(noon), c.id, news)
		if diff := cmp.Diff(c.want, got); diff != "" || err != nil {
			t.Errorf("%d: %v %s", c.answer.Status, err, diff)
		}
		if words := got.Words(); words.KO == "" || words.EN == "" {
			t.Errorf("%+v says nothing", got)
		}
	}
	w.stand.Names(func(string) ([]netip.Addr, error) { return []netip.Addr{netip.MustParseAddr("169.254.169.254")}, nil })
	if got, err := w.sender.Send(at(noon), hook.ID, news); err != nil || got != (channel.Outcome{Answer: "address-not-public", Uncalled: true}) {
		t.Errorf("rebound: %+v %v", got, err)
	}
	w.stand.Names(func(string) ([]netip.Addr, error) { return nil, errors.New("no server of names") })
	if got, err := w.sender.Send(at(noon), hook.ID, news); err != nil || got != (channel.Outcome{Answer: "no-such-name", Again: true}) {
		t.Errorf("no name: %+v %v", got, err)
	}
	if _, err := w.sender.Send(at(noon), hook.ID, channel.Message{ID: "a.b", Topic: "x", At: noon}); err == nil {
		t.Error("an id with a dot is signed")
	}
}

// An outage of an hour, however many wait, pauses nothing; one of two hours does, once, and the
// log says so. What is gone for good is paused at once, and what limits the rate never.
func TestPaused(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := begin(t, db)
		log := audit.Store{DB: db}
		said := func() int {
			list, err := log.List(at(noon), audit.Query{Actions: []string{channel.PausedItself}}, 10)
			if err != nil {
				t.Fatal(err)
			}
			for _, r := range list {
				if r.SubjectName != "새 소식" || r.Actor != "" || !strings.Contains(r.Detail, "status") {
					t.Errorf("%+v", r)
				}
			}
			return len(list)
		}
		answer := func(status int) {
			w.stand.Script(func(channeltest.Request) channeltest.Answer { return channeltest.Answer{Status: status} })
		}
		c, _ := w.add(t, channeltest.Webhook)
		answer(503)
		for m := range 60 {
			for range 2 {
				if _, err := w.sender.Send(at(noon.Add(time.Duration(m)*time.Minute)), c.ID, news); err != nil {
					t.Fatal(err)
				}
			}
		}
		if is, err := w.store.Read(at(noon), c.ID); err != nil || is.Paused() || is.Failures != 120 || said() != 0 {
			t.Errorf("after an hour: %+v %v", is, err)
		}
		var paused time.Time
		for m := 60; m < 180; m++ {
			now := noon.Add(time.Duration(m) * time.Minute)
			o, err := w.sender.Send(at(now), c.ID, news)
			if err != nil {
				t.Fatal(err)
			}
			if o.Answer == channel.Held {
				break
			}
			paused = now
		}
		is, err := w.store.Read(at(noon), c.ID)
		if err != nil || !is.Paused() || is.Failures != 121+60 || !is.PausedAt.Equal(paused) || paused.Sub(noon) != channel.Outage || said() != 1 {
			t.Errorf("after two hours: %+v %v, %d", is, err, said())
		}
		if list, err := w.store.For(at(noon), "notices"); err != nil || len(list) != 0 {
			t.Errorf("%v %v", list, err)
		}
		w.stand.Take()
		if o, err := w.sender.Send(at(noon), c.ID, news); err != nil || !o.Again || !o.Uncalled || o.Answer != channel.Held || len(w.stand.Take()) != 0 {
			t.Errorf("%+v %v", o, err)
		}
		answer(204)
		if _, o, err := w.sender.Try(at(noon), c.ID); err != nil || !o.Taken() {
			t.Errorf("%+v %v", o, err)
		}
		if is, err = w.store.Resume(at(noon), c.ID); err != nil || is.Paused() || is.Failures != 0 {
			t.Errorf("%+v %v", is, err)
		}
		if list, err := w.store.For(at(noon), "notices"); err != nil || len(list) != 1 {
			t.Errorf("%v %v", list, err)
		}

		d, _ := w.add(t, channeltest.Discord)
		answer(429)
		for m := range 200 {
			if _, err := w.sender.Send(at(noon.Add(time.Duration(m)*time.Hour)), d.ID, news); err != nil {
				t.Fatal(err)
			}
		}
		if is, err := w.store.Read(at(noon), d.ID); err != nil || is.Paused() || is.Failures != 0 || is.Status != 429 {
			t.Errorf("%+v %v", is, err)
		}
		answer(404)
		var group sync.WaitGroup
		for range 8 {
			group.Go(func() {
				if _, err := w.sender.Send(at(noon), d.ID, news); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		if is, err := w.store.Read(at(noon), d.ID); err != nil || !is.Paused() || said() != 2 {
			t.Errorf("%+v %v, said %d times", is, err, said())
		}
		answer(410)
		if _, err := w.sender.Send(at(noon), c.ID, news); err != nil {
			t.Fatal(err)
		}
		if is, err := w.store.Read(at(noon), c.ID); err != nil || !is.Paused() || said() != 3 {
			t.Errorf("%+v %v", is, err)
		}
	})
}

// verified says which of some secrets an independent implementation of Standard Webhooks takes
// for a message.
func verified(t interface{ Fatal(args ...any) }, r channeltest.Request, secrets []string) []string {
	good := []string{}
	for _, s := range secrets {
		wh, err := standardwebhooks.NewWebhook(s)
		if err != nil {
			t.Fatal(err)
		}
		if wh.VerifyIgnoringTimestamp(r.Body, r.Header) == nil {
			good = append(good, s)
		}
	}
	return good
}

// Messages verify with the newest secret, for a day with the one before, and with no other; what
// is changed of one does not.
func TestSignatures(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	c, first := w.add(t, channeltest.Webhook)
	send := func(now time.Time) channeltest.Request {
		t.Helper()
		if _, err := w.sender.Send(at(now), c.ID, news); err != nil {
			t.Fatal(err)
		}
		return w.stand.Take()[0]
	}
	one := send(noon)
	if one.Header.Get("webhook-id") != news.ID || one.Header.Get("webhook-timestamp") != "1796266800" || len(strings.Fields(one.Header.Get("webhook-signature"))) != 1 {
		t.Errorf("%v", one.Header)
	}
	is, made, err := w.store.Rotate(at(noon), c.ID)
	if err != nil || made == first || is.Changing == nil || !is.Changing.Equal(noon.Add(channel.Overlap)) {
		t.Fatalf("%+v %v", is, err)
	}
	if got := verified(t, one, []string{first, made}); !slices.Equal(got, []string{first}) {
		t.Errorf("%v", got)
	}
	if got := verified(t, send(noon.Add(channel.Overlap-time.Second)), []string{first, made}); len(got) != 2 {
		t.Errorf("while both are good: %v", got)
	}
	if got := verified(t, send(noon.Add(channel.Overlap)), []string{first, made}); !slices.Equal(got, []string{made}) {
		t.Errorf("afterwards: %v", got)
	}
	again := send(noon.Add(time.Hour))
	if string(again.Body) != string(one.Body) || again.Header.Get("webhook-id") != one.Header.Get("webhook-id") {
		t.Error("the same message is another when it is sent again")
	}
	for name, change := range map[string]func(*channeltest.Request){
		"id":        func(r *channeltest.Request) { r.Header.Set("webhook-id", "other") },
		"timestamp": func(r *channeltest.Request) { r.Header.Set("webhook-timestamp", "1796266801") },
		"body":      func(r *channeltest.Request) { r.Body = append(r.Body, ' ') },
	} {
		r := channeltest.Request{Header: one.Header.Clone(), Body: slices.Clone(one.Body)}
		if change(&r); len(verified(t, r, []string{first})) != 0 {
			t.Errorf("%s was changed", name)
		}
	}
	d, _ := w.add(t, channeltest.Discord)
	if _, _, err := w.store.Rotate(at(noon), d.ID); code(err) != "channel-has-no-secret" {
		t.Errorf("%v", err)
	}
}

// What is sealed for one channel opens in no other.
func TestSealedForItsRow(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	a, _ := w.add(t, channeltest.Webhook)
	b, _ := w.add(t, "https://hooks.madang.ac.kr/other")
	if _, err := w.db.Exec(at(noon), `UPDATE channels SET sealed_secrets = (SELECT sealed_secrets FROM channels WHERE id = $1) WHERE id = $2`, a.ID, b.ID); err != nil {
		t.Fatal(err)
	}
	is, err := w.store.Read(at(noon), b.ID)
	if err != nil || !is.Lost() || is.Origin != "" || is.Changing != nil {
		t.Errorf("%+v %v", is, err)
	}
	if list, err := w.store.For(at(noon), "notices"); err != nil || len(list) != 1 || list[0].ID != a.ID {
		t.Errorf("one that is lost keeps others from being told: %v %v", list, err)
	}
	_, _, rotated := w.store.Rotate(at(noon), b.ID)
	for _, err := range []error{second(w.store.Edit(at(noon), b.ID, 1, channel.Content{Name: "가", Address: channeltest.Webhook + "2", Topics: []string{"rules"}})), rotated} {
		if code(err) != "address:cannot-be-opened" {
			t.Errorf("%v", err)
		}
	}
	if o, err := w.sender.Send(at(noon), b.ID, news); err != nil || o != (channel.Outcome{Answer: channel.Lost, Uncalled: true}) || len(w.stand.Take()) != 0 {
		t.Errorf("%+v %v", o, err)
	}
	if _, err := w.store.Delete(at(noon), b.ID, 1); err != nil {
		t.Error(err)
	}
}

// Whatever admins do in whatever order while receivers answer as they like: a channel that is told
// is one that wants it and is not paused, 20 counted failures in a row pause it and none fewer,
// and what arrives verifies with the secrets in force alone.
func TestHistories(t *testing.T) {
	w := begin(t, databasetest.SQLite(t))
	n := 0
	rapid.Check(t, func(r *rapid.T) {
		now := noon
		n++
		c, made, err := w.store.Add(at(now), channel.Content{Name: "가", Address: fmt.Sprintf("https://hooks.madang.ac.kr/h%d", n), Topics: []string{"notices"}})
		if err != nil {
			r.Fatal(err)
		}
		type known struct {
			secret string
			until  time.Time
		}
		secrets := []known{{made, now.AddDate(10, 0, 0)}}
		failures, began, paused, wants, version := 0, time.Time{}, false, true, int64(1)
		answers := map[string]int{"taken": 204, "broken": 500, "refused": 400, "limited": 429, "gone": 410}
		for range rapid.IntRange(1, 60).Draw(r, "steps") {
			now = now.Add(rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 5 * time.Minute, time.Hour, 13 * time.Hour}).Draw(r, "later"))
			switch deed := rapid.SampledFrom([]string{"taken", "broken", "broken", "broken", "broken", "refused", "limited", "gone", "pause", "resume", "rotate", "edit", "for"}).Draw(r, "deed"); deed {
			case "pause":
				_, err = w.store.Pause(at(now), c.ID)
				if !paused {
					version++
				}
				paused = true
			case "resume":
				_, err = w.store.Resume(at(now), c.ID)
				if paused {
					failures, version = 0, version+1
				}
				paused = false
			case "rotate":
				secrets[0].until = now.Add(channel.Overlap)
				secrets = append([]known{{"", now.AddDate(10, 0, 0)}}, secrets[0])
				_, secrets[0].secret, err = w.store.Rotate(at(now), c.ID)
				version++
			case "edit":
				wants = !wants
				topic := map[bool]string{true: "notices", false: "rules"}[wants]
				_, err = w.store.Edit(at(now), c.ID, version, channel.Content{Name: "가", Topics: []string{topic}})
				version++
			case "for":
				var list []channel.Channel
				list, err = w.store.For(at(now), "notices")
				if is := len(list) == 1; is != (wants && !paused) {
					r.Fatalf("told %v, wants %v, paused %v", is, wants, paused)
				}
			default:
				status := answers[deed]
				w.stand.Script(func(channeltest.Request) channeltest.Answer { return channeltest.Answer{Status: status} })
				var o channel.Outcome
				o, err = w.sender.Send(at(now), c.ID, news)
				got := w.stand.Take()
				if (len(got) == 0) != paused || paused && o.Answer != channel.Held || !paused && o.Status != status {
					r.Fatalf("paused %v, called %d times: %+v", paused, len(got), o)
				}
				if paused {
					break
				}
				want := []string{}
				for _, s := range secrets {
					if now.Before(s.until) {
						want = append(want, s.secret)
					}
				}
				all := []string{made}
				for _, s := range secrets {
					all = append(all, s.secret)
				}
				slices.Sort(all)
				good := verified(r, got[0], slices.Compact(all))
				if slices.Sort(want); !slices.Equal(good, want) {
					r.Fatalf("verifies with %v, want %v", good, want)
				}
				switch {
				case status == 204:
					failures = 0
				case status != 429:
					if failures++; failures == 1 {
						began = now
					}
					if failures >= channel.Tries && now.Sub(began) >= channel.Outage || status == 410 {
						paused, version = true, version+1
					}
				}
			}
			if err != nil {
				r.Fatal(err)
			}
			is, err := w.store.Read(at(now), c.ID)
			if err != nil || is.Paused() != paused || is.Failures != failures || is.Version != version {
				r.Fatalf("%+v %v, want paused %v, %d failures, version %d", is, err, paused, failures, version)
			}
		}
		if _, err := w.store.Delete(at(now), c.ID, version); err != nil {
			r.Fatal(err)
		}
	})
}

// The words of every reason are there in both languages, and say no code.
func TestWords(t *testing.T) {
	for _, o := range []channel.Outcome{{Answer: channel.Held}, {Answer: channel.Lost}, {Answer: string(outside.Malformed)}, {Answer: string(outside.NotPublic)}, {Answer: string(outside.NoPort)}, {Answer: string(outside.NoName)}, {Answer: string(outside.TooSlow)}, {Answer: string(outside.Certificate)}, {Answer: string(outside.NoAnswer)}} {
		if w := o.Words(); w.KO == o.Answer || w.EN == o.Answer || w.KO == w.EN {
			t.Errorf("%+v: %+v", o, w)
		}
	}
	seen := map[string]bool{}
	for _, status := range []int{204, 302, 400, 401, 404, 429, 500} {
		seen[channel.Outcome{Status: status}.Words().EN] = true
	}
	if len(seen) != 7 {
		t.Errorf("%v", slices.Collect(maps.Keys(seen)))
	}
}
