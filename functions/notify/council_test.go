package notify_test

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/notices"
	"github.com/madang-council/madang/functions/notify"
	"github.com/madang-council/madang/functions/policies"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/operation/channel"
	"github.com/madang-council/madang/shared/operation/channel/channeltest"
)

// withChannels is a world whose channels lead to a stand.
func withChannels(t *testing.T, options ...functiontest.Option) (world, app) {
	t.Helper()
	stand, paused := channeltest.Open(t), []time.Duration{}
	spec := notify.Wired(&paused)
	w := world{t: t, paused: &paused, room: &room{}}
	w.App = functiontest.New(t, spec, append(options, functiontest.Beside(notices.Function, policies.Function, spec), functiontest.WithSettings(func(s *function.Settings) { s.Outside = stand.Options() }))...)
	return w, app{App: w.App, stand: stand, admin: w.Admin()}
}

// A notice is one message in Discord, by the queue and the real sender; a room that is away for
// an hour gets it late and once; what was given up is in the log with its reason, and is sent again by hand.
func TestTheCouncilsChannels(t *testing.T) {
	eachEngine(t, func(t *testing.T, options ...functiontest.Option) {
		w, a := withChannels(t, options...)
		c := a.add(t, channeltest.Discord)
		log := "/v1/admin/channels/" + c.ID + "/deliveries"
		type told struct {
			Items []struct {
				ID, State, Said string
				Attempts        int
			}
		}
		read := func() told { return functiontest.JSON[told](a.ask("GET", log, "", nil).Want(200)) }

		a.stand.Script(func(channeltest.Request) channeltest.Answer { return channeltest.Answer{Status: http.StatusBadGateway} })
		id := w.write(a.admin, map[string]any{"publishAt": w.Now()})
		for range 12 { // an hour
			w.deliver(2)
			w.sweep()
			w.Wait(5 * time.Minute)
		}
		if got := read().Items; len(got) != 1 || got[0].State != "waiting" || got[0].Attempts < 2 || !strings.Contains(got[0].Said, "502") {
			t.Fatalf("while it is away: %+v", got)
		}
		a.stand.Take()
		a.stand.Script(nil)
		for range 24 {
			w.sweep()
			w.Wait(5 * time.Minute)
		}
		if got := a.stand.Take(); len(got) != 1 || !strings.Contains(string(got[0].Body), "/notices/"+id) || !strings.Contains(string(got[0].Body), `"author":{"name":"공지"`) {
			t.Fatalf("when it is back: %d messages", len(got))
		}
		if got := read().Items; len(got) != 1 || got[0].State != "sent" {
			t.Errorf("%+v", got)
		}

		a.stand.Script(func(channeltest.Request) channeltest.Answer { return channeltest.Answer{Status: http.StatusForbidden} })
		w.write(a.admin, map[string]any{"publishAt": w.Now()})
		w.deliver(1)
		w.sweep()
		failed := read().Items
		if len(failed) != 2 || failed[0].State != "failed" {
			t.Fatalf("refused for good: %+v", failed)
		}
		a.admin = w.Admin() // with a fresh proof
		a.ask("GET", "/console/channels/"+c.ID, "", nil).Want(200).Says("보낸 알림", "끝내 받지 않았습니다 (403)", "다시 보내기")
		a.stand.Take()
		a.stand.Script(nil)
		a.ask("POST", log+"/"+failed[0].ID+"/retry", "", map[string]any{}).Want(204)
		w.sweep()
		if got := a.stand.Take(); len(got) != 1 || read().Items[0].State != "sent" {
			t.Errorf("by hand: %d messages, %+v", len(got), read().Items[0])
		}
		a.ask("POST", log+"/"+failed[0].ID+"/retry", "", map[string]any{}).Problem(409, "not-failed")
		a.ask("POST", log+"/none/retry", "", map[string]any{}).Problem(404, "not-found")

		// A channel that goes while something waits for it: nothing is sent, and nothing waits for ever.
		a.stand.Script(func(channeltest.Request) channeltest.Answer { return channeltest.Answer{Status: http.StatusBadGateway} })
		w.write(a.admin, map[string]any{"publishAt": w.Now()})
		w.deliver(1)
		a.ask("DELETE", "/v1/admin/channels/"+c.ID, "*", nil).Want(204)
		a.stand.Take()
		a.stand.Script(nil)
		for range 12 {
			w.sweep()
			w.Wait(30 * time.Minute)
		}
		if got := a.stand.Take(); len(got) != 0 {
			t.Errorf("a deleted channel was told %d times", len(got))
		}
	})
}

// An outage of an hour pauses no channel, and one of two hours does: also where it has one message alone, of which few tries are made.
func TestAnOutagePausesAChannel(t *testing.T) {
	eachEngine(t, func(t *testing.T, options ...functiontest.Option) {
		w, a := withChannels(t, options...)
		c := a.add(t, channeltest.Webhook)
		a.stand.Script(func(channeltest.Request) channeltest.Answer {
			return channeltest.Answer{Status: http.StatusInternalServerError}
		})
		began := w.Now()
		w.write(a.admin, map[string]any{"publishAt": began})
		w.deliver(1)
		for w.Now().Sub(began) < 3*time.Hour {
			w.Wait(5 * time.Minute)
			w.sweep()
			a.admin = w.Admin()
			is := functiontest.JSON[struct{ PausedAt *time.Time }](a.ask("GET", "/v1/admin/channels/"+c.ID, "", nil).Want(200))
			if down := w.Now().Sub(began); (is.PausedAt != nil) != (down >= channel.Outage+5*time.Minute) && down != channel.Outage { // sweep has 5 minutes
				t.Fatalf("down for %v: *w.paused at %v", down, is.PausedAt)
			}
		}
	})
}

func eachEngine(t *testing.T, test func(t *testing.T, options ...functiontest.Option)) {
	t.Run("sqlite", func(t *testing.T) { test(t) })
	t.Run("postgres", func(t *testing.T) { test(t, functiontest.OnPostgres) })
}
