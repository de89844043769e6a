package notify_test

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/notify"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/problem"
)

// world is the function with the events of others and a channel of the council.
type world struct {
	*functiontest.App
	t      *testing.T
	room   *room
	paused *[]time.Duration
}

// room is a channel that takes everything.
type room struct{ got []delivery.Message }

func (r *room) For(_ context.Context, name string) ([]delivery.Channel, error) {
	if name != "notices" {
		return nil, nil
	}
	return []delivery.Channel{{ID: "room", Kind: delivery.Discord}}, nil
}

func (r *room) Send(_ context.Context, _ string, m delivery.Message) (delivery.Outcome, error) {
	r.got = append(r.got, m)
	return delivery.Outcome{Status: 204}, nil
}

func open(t *testing.T, options ...functiontest.Option) world {
	w := world{t: t, room: &room{}, paused: &[]time.Duration{}}
	spec := notify.With(w.room, func(_ context.Context, d time.Duration) error {
		*w.paused = append(*w.paused, d)
		return nil
	})
	w.App = functiontest.New(t, spec, append([]functiontest.Option{functiontest.Beside(notices.Function, policies.Function, spec)}, options...)...)
	return w
}

// each opens it on both databases.
func each(t *testing.T, test func(t *testing.T, w world)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, functiontest.OnPostgres)) })
}

// sweep does what sweep does for notices and deliveries.
func (w world) sweep() {
	w.t.Helper()
	w.chores()
	w.deliver(1)
}

// event writes one of the calendar that begins at a time.
func (w world) event(starts time.Time) {
	w.t.Helper()
	now := w.Now()
	if err := (thing.Store{DB: w.DB}).Put(w.Context(), thing.Thing{
		Ref: thing.Ref{Kind: "event", ID: "01890000-0000-7000-8000-0000000000ee"}, Unit: "총학", Path: "/calendar/x", Title: "개강총회", At: starts, From: &now, Readers: thing.Guests, Version: starts.Unix(),
		Dates: []thing.Date{{Label: "event", Starts: starts}},
	}); err != nil {
		w.t.Fatal(err)
	}
}

// chores are what sweep does for notices and deliveries.
func (w world) chores() {
	w.t.Helper()
	outbox := &event.Outbox{DB: w.DB, Bus: w.Events, Log: w.Deps.Log}
	for _, chores := range [][]chore.Chore{notice.NewKeeper(w.DB, outbox).Chores(), delivery.NewKeeper(w.DB, outbox).Chores()} {
		for _, c := range chores {
			if _, err := c.Run(w.Context()); err != nil {
				w.t.Fatal(c.Name, err)
			}
		}
	}
}

// deliver gives the function what is published that it consumes, each some times, until nothing more is.
func (w world) deliver(times int) {
	w.t.Helper()
	for events := w.Events.Take(); len(events) > 0; events = w.Events.Take() {
		for _, e := range events {
			if _, told := topic.OfEvent(e.Type); !told && e.Type != delivery.More {
				continue
			}
			for range times {
				if status := w.Deliver(e); status/100 != 2 {
					w.t.Fatalf("%s: %d\n%s", e.ID, status, w.Log)
				}
			}
			if e.Type == delivery.More && len(*w.paused) > 0 {
				w.Wait((*w.paused)[len(*w.paused)-1])
			}
		}
	}
}

func (w world) choose(as string, pairs ...string) {
	w.t.Helper()
	list := []map[string]string{}
	for pair := range slices.Chunk(pairs, 2) {
		list = append(list, map[string]string{"topic": pair[0], "how": pair[1]})
	}
	w.Do(functiontest.Request{Method: "PUT", Path: "/v1/notifications/settings", As: as, Body: map[string]any{"settings": list}}).Want(200)
}

func (w world) write(as string, fields map[string]any) string {
	w.t.Helper()
	body := map[string]any{"unit": "총학", "title": "간식 행사", "body": "중앙도서관 앞에서 나눕니다."}
	for name, value := range fields {
		body[name] = value
	}
	return functiontest.JSON[struct{ ID string }](w.Do(functiontest.Request{Method: "POST", Path: "/v1/notices", As: as, Body: body}).Want(201)).ID
}

type listed struct {
	Items []struct {
		ID, Topic, Title, Path string
		ReadAt                 *time.Time
	}
	Unread int
}

func (w world) list(as string) listed {
	w.t.Helper()
	return functiontest.JSON[listed](w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications", As: as}).Want(200))
}

// A notice for five minutes ahead, and everybody asleep: at its minute who wants that gets one mail, the channel one message, who
// wants it daily one at 18:00, and everybody else nothing. One click in the mail program ends it.
func TestANoticeFiveMinutesAhead(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		now, daily, off, editor := w.Member(functiontest.Member{}), w.Member(functiontest.Member{}), w.Member(functiontest.Member{}), w.Editor()
		w.choose(now.Token, "notices", "now")
		w.choose(daily.Token, "notices", "digest")
		w.choose(off.Token, "minutes", "now")
		id := w.write(editor, map[string]any{"publishAt": w.Now().Add(5 * time.Minute), "titleEn": "Snacks", "bodyEn": "In front of the library."})
		w.deliver(2)
		w.Wait(4 * time.Minute)
		w.sweep()
		if got := w.Mail.Take(); len(got) != 0 || len(w.room.got) != 0 || len(w.list(now.Token).Items) != 0 {
			t.Fatalf("before its time: %v %v", got, w.room.got)
		}
		w.Wait(time.Minute)
		w.sweep()
		w.sweep()
		got := w.Mail.Take()
		if len(got) != 1 || got[0].To != now.Email || got[0].Subject != "[마당대학교 총학생회] 간식 행사" {
			t.Fatalf("%+v", got)
		}
		for _, part := range []string{"https://council.madang.ac.kr/notices/" + id, "https://council.madang.ac.kr/en/notices/" + id, "중앙도서관 앞에서", "Snacks", "그만 받기: https://council.madang.ac.kr/unsubscribe/"} {
			if !strings.Contains(got[0].Text, part) {
				t.Errorf("the mail lacks %q:\n%s", part, got[0].Text)
			}
		}
		if !strings.Contains(got[0].HTML, `href="https://council.madang.ac.kr/notices/`+id) || strings.Contains(got[0].HTML, "<img") || !strings.HasSuffix(got[0].ID, "@council.madang.ac.kr") {
			t.Errorf("%+v", got[0])
		}
		if len(w.room.got) != 1 || w.room.got[0].Title != "간식 행사" || w.room.got[0].URL != "https://council.madang.ac.kr/notices/"+id {
			t.Errorf("the channel got %+v", w.room.got)
		}
		if l := w.list(daily.Token); len(l.Items) != 1 || l.Unread != 1 || l.Items[0].Path != "/notices/"+id {
			t.Errorf("%+v", l)
		}
		w.At(time.Date(2026, 3, 2, 18, 0, 0, 0, w.Now().Location()))
		w.sweep()
		if got := w.Mail.Take(); len(got) != 1 || got[0].To != daily.Email {
			t.Fatalf("at 18:00: %+v", got)
		}

		link, err := url.Parse(got[0].Unsubscribe)
		if err != nil {
			t.Fatal(err)
		}
		w.Do(functiontest.Request{Method: "GET", Path: link.Path}).Want(200)
		if s := w.settings(now.Token); s["notices"] != "now" {
			t.Errorf("looking at the page ended it: %v", s)
		}
		const multipart = "--b\r\nContent-Disposition: form-data; name=\"List-Unsubscribe\"\r\n\r\nOne-Click\r\n--b--\r\n"
		w.Do(functiontest.Request{Method: "POST", Path: link.Path, Body: multipart, Header: map[string]string{"Content-Type": "multipart/form-data; boundary=b"}}).Want(200)
		w.Do(functiontest.Request{Method: "POST", Path: link.Path, Body: url.Values{"List-Unsubscribe": {"One-Click"}}}).Want(200)
		if s := w.settings(now.Token); s["notices"] != "off" {
			t.Errorf("after one click: %v", s)
		}
		w.At(time.Date(2026, 3, 3, 12, 0, 0, 0, w.Now().Location()))
		w.write(editor, map[string]any{"publishAt": w.Now()})
		w.deliver(1)
		if got := w.Mail.Take(); len(got) != 0 || len(w.list(off.Token).Items) != 0 {
			t.Errorf("after it was ended: %+v", got)
		}
	})
}

func (w world) settings(as string) map[string]string {
	w.t.Helper()
	found := map[string]string{}
	for _, s := range functiontest.JSON[struct{ Settings []struct{ Topic, How string } }](w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/settings", As: as}).Want(200)).Settings {
		found[s.Topic] = s.How
	}
	return found
}

// Defaults: of what one follows at once, of boards nothing. What is wrong is refused, and changes nothing.
func TestSettings(t *testing.T) {
	w := open(t)
	m := w.Member(functiontest.Member{})
	if got := w.settings(m.Token); fmt.Sprint(got) != "map[archives:off events:off followed:now minutes:off notices:off rules:off]" {
		t.Errorf("%v", got)
	}
	for _, wrong := range []struct {
		body any
		want string
	}{
		{map[string]any{"settings": []map[string]string{{"topic": "notices", "how": "now"}, {"topic": "weather", "how": "now"}}}, "settings[1].topic"},
		{map[string]any{"settings": []map[string]string{{"topic": "notices", "how": "hourly"}}}, "settings[0].how"},
		{map[string]any{"settings": make([]map[string]string, 99)}, "settings"},
	} {
		if got := w.Do(functiontest.Request{Method: "PUT", Path: "/v1/notifications/settings", As: m.Token, Body: wrong.body}).Want(422).Fields(); !strings.HasPrefix(got[0], wrong.want) {
			t.Errorf("%v: %v", wrong.body, got)
		}
	}
	if got := w.settings(m.Token)["notices"]; got != "off" {
		t.Errorf("a refused change was saved: %s", got)
	}
	w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications", As: m.Token, Body: url.Values{"how": {"notices now", "minutes digest", "followed off"}}}).Want(303)
	w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications", As: m.Token, Body: url.Values{"how": {"notices sometimes"}}}).Want(422)
	if got := w.settings(m.Token); fmt.Sprint(got) != "map[archives:off events:off followed:off minutes:digest notices:now rules:off]" {
		t.Errorf("%v", got)
	}
	w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications/settings"}).Problem(401, "sign-in-required")
}

// A forged token ends nothing, and tells nothing.
func TestForgedTokens(t *testing.T) {
	w := open(t)
	m := w.Member(functiontest.Member{})
	w.choose(m.Token, "notices", "now", "minutes", "digest")
	store := topic.Store{DB: w.DB, Key: w.Deps.Key}
	token := store.Token(m.ID, "notices")
	for _, forged := range []string{"x", token[:len(token)-1], token + "A", strings.Replace(token, "A", "B", 1), w.Deps.Key.Signer("preview").Sign(m.ID+" notices", time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC))} {
		for _, method := range []string{"GET", "POST"} {
			w.Do(functiontest.Request{Method: method, Path: "/unsubscribe/" + forged}).Want(404)
		}
	}
	if s := w.settings(m.Token); s["notices"] != "now" {
		t.Errorf("%v", s)
	}
	w.Do(functiontest.Request{Method: "POST", Path: "/en/unsubscribe/" + store.Token(m.ID, topic.Digest)}).Want(200)
	if s := w.settings(m.Token); s["notices"] != "now" || s["minutes"] != "off" {
		t.Errorf("after the digest was ended: %v", s)
	}
}

// 300 members hear of a notice, each once, over minutes, though the broker delivers each event twice.
func TestThreeHundred(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		editor := w.Editor()
		const members = 300
		for range members {
			m := w.Member(functiontest.Member{})
			if err := (topic.Store{DB: w.DB}).Set(w.Context(), m.ID, topic.Setting{Topic: "notices", How: topic.Now}); err != nil {
				t.Fatal(err)
			}
		}
		began := w.Now()
		w.write(editor, map[string]any{"publishAt": w.Now()})
		w.deliver(2)
		got := map[string]int{}
		for _, m := range w.Mail.Take() {
			got[m.To]++
		}
		for to, n := range got {
			if n != 1 {
				t.Errorf("%s got %d", to, n)
			}
		}
		if took := w.Now().Sub(began); len(got) != members || took < 4*time.Minute || took > 12*time.Minute {
			t.Errorf("%d of %d got a mail within %v", len(got), members, took)
		}
	})
}

// One click on the letter about what is tomorrow ends it, also for who chose to hear of it at once, and it says why it came.
func TestOneClickOnTheLetterOfTheEvening(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		for _, c := range []struct {
			chosen []string
			reason string
			left   string
		}{
			{[]string{"events", "now", "minutes", "digest"}, "‘일정’ 알림을 받기로 하셔서", "map[archives:off events:off followed:now minutes:digest notices:off rules:off]"},
			{[]string{"events", "digest", "minutes", "now"}, "하루 한 번 모아서 보내는 소식을 받기로 하셔서", "map[archives:off events:off followed:now minutes:now notices:off rules:off]"},
		} {
			m := w.Member(functiontest.Member{})
			w.choose(m.Token, c.chosen...)
			evening := clock.Midnight(w.Now()).AddDate(0, 0, 1).Add(18 * time.Hour)
			w.At(evening)
			w.event(evening.AddDate(0, 0, 1))
			w.sweep()
			w.Wait(5 * time.Minute)
			w.sweep()
			got := w.Mail.Take()
			if len(got) != 1 || got[0].To != m.Email || !strings.Contains(got[0].Text, c.reason) {
				t.Fatalf("%v: %+v", c.chosen, got)
			}
			link, err := url.Parse(got[0].Unsubscribe)
			if err != nil {
				t.Fatal(err)
			}
			w.Do(functiontest.Request{Method: "POST", Path: link.Path, Body: url.Values{"List-Unsubscribe": {"One-Click"}}}).Want(200)
			if s := fmt.Sprint(w.settings(m.Token)); s != c.left {
				t.Errorf("%v: after one click %s", c.chosen, s)
			}
		}
	})
}

// However long a digest took to go out, sweep wakes afterwards within a run of it what is due later.
func TestSweepWakesBehindALongDigest(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		const members, perMinute = 40, 2
		admin, editor, last := w.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}}), w.Editor(), w.Member(functiontest.Member{})
		w.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/notify", As: admin.Token, Header: map[string]string{"If-Match": "*"}, Body: map[string]any{"values": map[string]any{"perMinute": perMinute}}}).Want(200)
		for range members {
			if err := (topic.Store{DB: w.DB}).Set(w.Context(), w.Member(functiontest.Member{}).ID, topic.Setting{Topic: "notices", How: topic.Daily}); err != nil {
				t.Fatal(err)
			}
		}
		w.write(editor, map[string]any{"publishAt": w.Now()})
		w.deliver(1)
		began := time.Date(2026, 3, 2, 18, 0, 0, 0, w.Now().Location())
		w.At(began)
		w.sweep()
		if got, took := w.Mail.Take(), w.Now().Sub(began); len(got) != members || took < (members/perMinute-1)*time.Minute {
			t.Fatalf("%d got a mail within %v", len(got), took)
		}
		w.choose(last.Token, "notices", "now")
		w.Mail.Err = problem.Away(fmt.Errorf("mail: %w", &mail.Refused{Status: 452, Enhanced: "4.2.2", Answer: "452 full", Recipient: true}))
		w.write(editor, map[string]any{"publishAt": w.Now()})
		w.deliver(1)
		w.Mail.Err = nil
		for range 3 {
			w.Wait(5 * time.Minute)
			w.sweep()
		}
		if got := w.Mail.Take(); len(got) != 1 || got[0].To != last.Email {
			t.Errorf("a letter that is due 5 minutes after a long digest: %+v", got)
		}
	})
}

// Mail that comes back for good pauses the address and says so on the member's page, until they ask for it again or give another address.
func TestBounces(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		m, editor := w.Member(functiontest.Member{}), w.Editor()
		w.choose(m.Token, "notices", "now")
		publish := func() []mail.Message {
			w.write(editor, map[string]any{"publishAt": w.Now()})
			w.deliver(1)
			return w.Mail.Take()
		}
		w.Mail.Err = problem.Away(fmt.Errorf("mail: %w", &mail.Refused{Status: 550, Enhanced: "5.1.1", Answer: "550 5.1.1 <" + m.Email + ">: no such user", Recipient: true}))
		publish()
		w.Mail.Err = nil
		if got := publish(); len(got) != 0 {
			t.Errorf("after it came back: %+v", got)
		}
		shown := string(w.Do(functiontest.Request{Method: "GET", Path: "/my/notifications", As: m.Token}).Want(200).Body)
		if !strings.Contains(shown, "이메일이 반송되어") || !strings.Contains(shown, "no such user") {
			t.Errorf("the page does not say so:\n%s", shown)
		}
		if l := w.list(m.Token); len(l.Items) != 2 {
			t.Errorf("the list has %d", len(l.Items))
		}
		w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/mail", As: m.Token}).Want(303)
		if got := publish(); len(got) != 1 {
			t.Errorf("after they asked again: %+v", got)
		}
		w.Mail.Err = problem.Away(fmt.Errorf("mail: %w", &mail.Refused{Status: 452, Enhanced: "4.2.2", Answer: "452 full", Recipient: true}))
		publish()
		w.Mail.Err = nil
		w.Wait(6 * time.Minute)
		w.sweep()
		if got := w.Mail.Take(); len(got) != 1 {
			t.Errorf("a mailbox that was full for a while: %+v", got)
		}
	})
}

// Who follows a thing hears what happens to it; what nothing happens to cannot be followed.
func TestFollows(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		m := w.Member(functiontest.Member{})
		now := w.Now()
		ref := thing.Ref{Kind: "minute", ID: "01890000-0000-7000-8000-0000000000aa"}
		for _, one := range []thing.Thing{
			{Ref: ref, Unit: "총학", Path: "/minutes/x", Title: "제3차 중앙운영위원회", At: now, From: &now, Readers: thing.Guests, Allows: []thing.Allow{thing.Follows}, Version: 1},
			{Ref: thing.Ref{Kind: "notice", ID: "n"}, Unit: "총학", Path: "/notices/n", Title: "공지", At: now, From: &now, Readers: thing.Guests, Version: 1},
			{Ref: thing.Ref{Kind: "minute", ID: "draft"}, Unit: "총학", Path: "/minutes/draft", Title: "초안", At: now, Readers: thing.Guests, Allows: []thing.Allow{thing.Follows}, Version: 1},
		} {
			if err := (thing.Store{DB: w.DB}).Put(w.Context(), one); err != nil {
				t.Fatal(err)
			}
		}
		path := "/v1/follows/minute/" + ref.ID
		w.Do(functiontest.Request{Method: "PUT", Path: "/v1/follows/notice/n", As: m.Token}).Problem(409, "not-followable")
		w.Do(functiontest.Request{Method: "PUT", Path: "/v1/follows/minute/draft", As: m.Token}).Problem(404, "not-found")
		w.Do(functiontest.Request{Method: "PUT", Path: "/v1/follows/weather/n", As: m.Token}).Problem(404, "not-found")
		w.Do(functiontest.Request{Method: "GET", Path: "/my/follows/minute/" + ref.ID, As: m.Token}).Want(200)
		for range 2 {
			w.Do(functiontest.Request{Method: "PUT", Path: path, As: m.Token}).Want(204)
		}
		happen := func(version int64) []mail.Message {
			e, err := event.New(w.Context(), "kr.madang.minute.published.v1", ref.ID, version, map[string]any{"id": ref.ID})
			if err != nil {
				t.Fatal(err)
			}
			if status := w.Deliver(e); status != 204 {
				t.Fatal(status)
			}
			w.deliver(1)
			return w.Mail.Take()
		}
		if got := happen(2); len(got) != 1 || !strings.Contains(got[0].Text, "이 글의 알림을 받기로") {
			t.Errorf("%+v", got)
		}
		if got := functiontest.JSON[struct{ Items []struct{ Title string } }](w.Do(functiontest.Request{Method: "GET", Path: "/v1/follows", As: m.Token}).Want(200)).Items; len(got) != 1 || got[0].Title != "제3차 중앙운영위원회" {
			t.Errorf("%+v", got)
		}
		w.Do(functiontest.Request{Method: "DELETE", Path: path, As: m.Token}).Want(204)
		if got := happen(3); len(got) != 0 {
			t.Errorf("after it was ended: %+v", got)
		}
	})
}

// Who follows a thing is told so where they asked for it, with how they hear of it, the way back, and how it ends; a guest comes there by
// signing in, and who has to confirm an address comes back.
func TestFollowing(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		m, unconfirmed := w.Member(functiontest.Member{}), w.Member(functiontest.Member{Unconfirmed: true})
		now := w.Now()
		ref := thing.Ref{Kind: "minute", ID: "01890000-0000-7000-8000-0000000000aa"}
		awaited := thing.Thing{Ref: ref, Unit: "총학", Path: "/minutes/x", Title: "제3차 중앙운영위원회", At: now, From: &now, Readers: thing.Guests, Allows: []thing.Allow{thing.Follows}, Version: 1}
		put := func() {
			t.Helper()
			if err := (thing.Store{DB: w.DB}).Put(w.Context(), awaited); err != nil {
				t.Fatal(err)
			}
		}
		put()
		path := "/my/follows/minute/" + ref.ID
		see := func(as, address string) functiontest.Response {
			return w.Do(functiontest.Request{Method: "GET", Path: address, As: as})
		}
		send := func(as, address string, form url.Values, to string) {
			t.Helper()
			if r := w.Do(functiontest.Request{Method: "POST", Path: address, As: as, Body: form}).Want(303); r.Header.Get("Location") != to {
				t.Errorf("leads to %s, want %s", r.Header.Get("Location"), to)
			}
		}
		if r := see("", path).Want(303); r.Header.Get("Location") != "/sign-in?next="+url.QueryEscape(path) {
			t.Error(r.Header)
		}
		see(m.Token, path).Want(200).Says(">알림 받기</button>", `href="/minutes/x">보던 글로 돌아가기`).SaysNot("받는 중")
		send(m.Token, path, url.Values{}, path+"?done=followed")
		see(m.Token, path+"?done=followed").Want(200).Says("이 글의 알림을 받습니다.", "받는 중", "바로 이메일로", ">그만 받기</button>", `href="/my/notifications#choose"`, `href="/minutes/x">보던 글로 돌아가기`).SaysNot("이메일 인증하기")
		see(m.Token, "/en"+path).Want(200).Says("Following", "mail at once", ">Stop</button>", `href="/en/my/notifications#choose"`, `href="/en/minutes/x">Back to the page`)
		w.choose(m.Token, "followed", "digest")
		see(m.Token, path).Want(200).Says("받는 중", "하루 한 번")
		w.choose(m.Token, "followed", "off")
		see(m.Token, path).Want(200).Says("꺼 둠", "아무것도 가지 않습니다", `href="/my/notifications#choose"`).SaysNot("받는 중")
		send(m.Token, path, url.Values{"end": {"true"}}, path+"?done=ended")
		see(m.Token, path+"?done=ended").Want(200).Says("이 글의 알림을 그만 받습니다.", ">알림 받기</button>")
		see(m.Token, path+"?done=followed").Want(200).SaysNot("이 글의 알림을 받습니다.")

		send(unconfirmed.Token, "/en"+path, url.Values{}, "/en"+path+"?done=followed")
		see(unconfirmed.Token, "/en"+path).Want(200).Says(`href="/en/my/address?next=` + url.QueryEscape("/en"+path) + `"`)

		send(m.Token, path, url.Values{}, path+"?done=followed")
		see(m.Token, "/my/notifications").Want(200).Says(`name="list" value="true"`)
		send(m.Token, path, url.Values{"end": {"true"}, "list": {"true"}}, "/my/notifications?done=ended")
		send(m.Token, path, url.Values{}, path+"?done=followed")
		awaited.Allows = []thing.Allow{} // nothing more happens to it
		put()
		send(m.Token, path, url.Values{"end": {"true"}}, "/my/notifications?done=ended")
	})
}

// The bell counts what is not read and can be read; guests have none, and no page of theirs knows of it.
func TestBellAndList(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		m, editor, other := w.Member(functiontest.Member{}), w.Editor(), w.Member(functiontest.Member{})
		w.choose(m.Token, "notices", "now")
		first := w.write(editor, map[string]any{"publishAt": w.Now(), "title": "첫째"})
		w.Wait(time.Minute)
		w.write(editor, map[string]any{"publishAt": w.Now(), "title": "둘째"})
		w.deliver(1)
		bell := func(as string) string {
			page := string(w.Do(functiontest.Request{Method: "GET", Path: "/notices", As: as}).Want(200).Body)
			_, rest, there := strings.Cut(page, `class="bell"`)
			if !there {
				return "none"
			}
			_, rest, there = strings.Cut(rest[:strings.Index(rest, "</a>")], `class="unread"`)
			if !there {
				return "empty"
			}
			_, rest, _ = strings.Cut(rest, ">")
			return rest[:strings.Index(rest, "<")]
		}
		if got := bell(m.Token); got != "2" {
			t.Errorf("the bell says %s", got)
		}
		if bell("") != "none" || bell(other.Token) != "empty" {
			t.Errorf("guest %s, other %s", bell(""), bell(other.Token))
		}
		w.Do(functiontest.Request{Method: "DELETE", Path: "/v1/notices/" + first, As: editor, Header: map[string]string{"If-Match": `"v1"`}}).Want(204)
		if l := w.list(m.Token); bell(m.Token) != "1" || len(l.Items) != 1 || l.Items[0].Title != "둘째" || l.Unread != 1 {
			t.Errorf("after one was withdrawn: %s %+v", bell(m.Token), l)
		}
		w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/read", As: other.Token, Body: map[string]any{"ids": []string{w.list(m.Token).Items[0].ID}}}).Want(204)
		if bell(m.Token) != "1" {
			t.Error("somebody else has read it")
		}
		seen := func() url.Values {
			page := string(w.Do(functiontest.Request{Method: "GET", Path: "/my/notifications", As: m.Token}).Want(200).Body)
			_, rest, _ := strings.Cut(page, `name="ids" value="`)
			ids, _, _ := strings.Cut(rest, `"`)
			return url.Values{"ids": {ids}}
		}
		before := seen()
		third := w.write(editor, map[string]any{"publishAt": w.Now(), "title": "셋째"}) // published before the page was rendered, told after it
		w.deliver(1)
		w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/read", As: m.Token, Body: before}).Want(303)
		if l := w.list(m.Token); bell(m.Token) != "1" || len(l.Items) != 2 || l.Unread != 1 {
			t.Errorf("what came after the page was rendered: %s %+v, %s", bell(m.Token), l, third)
		}
		w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/read", As: m.Token, Body: url.Values{"ids": {""}}}).Want(303)
		w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/read", As: other.Token, Body: seen()}).Want(303)
		if bell(m.Token) != "1" {
			t.Error("nothing was sent, or by somebody else, and it is read")
		}
		w.Do(functiontest.Request{Method: "POST", Path: "/my/notifications/read", As: m.Token, Body: seen()}).Want(303)
		if bell(m.Token) != "empty" || w.list(m.Token).Items[0].ReadAt == nil {
			t.Errorf("after reading: %s", bell(m.Token))
		}
		w.Wait(inbox.Kept + time.Hour)
		if got := w.list(m.Token).Items; len(got) != 0 {
			t.Errorf("after 90 days: %+v", got)
		}
	})
}

// The bell counts what can be read however much there is that cannot: of a function that is switched off, or withdrawn.
func TestUnreadBehindWhatCannotBeRead(t *testing.T) {
	each(t, func(t *testing.T, w world) {
		const hidden, shown = inbox.MostCounted + 51, 5
		m := w.Member(functiontest.Member{})
		now := w.Now()
		put := func(kind string, n int, at time.Time) {
			t.Helper()
			ref := thing.Ref{Kind: kind, ID: fmt.Sprint(n)}
			one := thing.Thing{Ref: ref, Unit: "총학", Path: "/" + kind + "s/" + ref.ID, Title: ref.ID, At: now, From: &now, Readers: thing.Guests, Version: 1}
			if kind == "notice" && n%2 == 0 {
				one.From = nil // withdrawn
			}
			if err := (thing.Store{DB: w.DB}).Put(w.Context(), one); err != nil {
				t.Fatal(err)
			}
			if err := (inbox.Store{DB: w.DB}).Add(w.Context(), kind+ref.ID, kind+"s", ref, at, m.ID); err != nil {
				t.Fatal(err)
			}
		}
		for n := range shown {
			put("minute", n, now.Add(-time.Hour))
		}
		for n := range hidden {
			put("notice", n, now.Add(-time.Minute)) // of one moment
		}
		admin := w.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
		w.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/site", As: admin.Token, Header: map[string]string{"If-Match": "*"}, Body: map[string]any{"values": map[string]any{"off": []string{"notices"}}}}).Want(200)
		w.Wait(time.Minute)
		if l := w.list(m.Token); l.Unread != shown || len(l.Items) != shown {
			t.Errorf("%d unread of %d", l.Unread, len(l.Items))
		}
		w.Do(functiontest.Request{Method: "POST", Path: "/v1/notifications/read", As: m.Token, Body: map[string]any{"ids": []string{w.list(m.Token).Items[0].ID}}}).Want(204)
		if l := w.list(m.Token); l.Unread != shown-1 || len(l.Items) != shown {
			t.Errorf("after one was read: %d unread of %d", l.Unread, len(l.Items))
		}
	})
}

// While the function is switched off nothing is sent; what waits goes out afterwards. Ending a kind of mail works all the same.
func TestSwitchedOff(t *testing.T) {
	w := open(t)
	m, editor, admin := w.Member(functiontest.Member{}), w.Editor(), w.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	w.choose(m.Token, "notices", "now")
	put := func(off []string) {
		w.Do(functiontest.Request{Method: "PUT", Path: "/v1/admin/policies/site", As: admin.Token, Header: map[string]string{"If-Match": "*"}, Body: map[string]any{"values": map[string]any{"off": off}}}).Want(200)
	}
	put([]string{"notify"})
	w.Wait(time.Minute)
	w.write(editor, map[string]any{"publishAt": w.Now()})
	w.deliver(1)
	if got := w.Mail.Take(); len(got) != 0 {
		t.Errorf("while switched off: %+v", got)
	}
	w.Do(functiontest.Request{Method: "GET", Path: "/v1/notifications", As: m.Token}).Want(404)
	w.Do(functiontest.Request{Method: "GET", Path: "/unsubscribe/" + (topic.Store{Key: w.Deps.Key}).Token(m.ID, "minutes")}).Want(200)
	put([]string{})
	w.Wait(2 * time.Hour)
	w.sweep()
	if got := w.Mail.Take(); len(got) != 1 {
		t.Errorf("afterwards: %+v", got)
	}
}
