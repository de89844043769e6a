package device_test

import (
	"context"
	"fmt"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/webpush/webpushtest"
)

var (
	noon = time.Date(2026, 12, 4, 12, 0, 0, 0, clock.Seoul)
	key  = secret.Key([]byte(strings.Repeat("k", 32)))
)

// world are members, each with a session, and browsers.
type world struct {
	t        testing.TB
	db       *database.DB
	store    device.Store
	sessions session.Store
	now      time.Time
}

func open(t testing.TB, db *database.DB) *world {
	names := func(_ context.Context, host string) ([]netip.Addr, error) {
		switch {
		case strings.HasSuffix(host, ".inside.kr"):
			return []netip.Addr{netip.MustParseAddr("93.184.215.14"), netip.MustParseAddr("10.0.0.1")}, nil
		case strings.HasSuffix(host, ".nobody.kr"):
			return nil, nil
		}
		return []netip.Addr{netip.MustParseAddr("93.184.215.14")}, nil
	}
	return &world{t: t, db: db, store: device.NewStore(db, key, outside.New(outside.Options{Names: names})), sessions: session.Store{DB: db, Key: key}, now: noon}
}

func (w *world) ctx(p auth.Principal) context.Context {
	return auth.With(clock.With(context.Background(), w.now), p)
}

// member is somebody who is signed in.
func (w *world) member(id string) auth.Principal {
	w.t.Helper()
	if _, err := w.db.Exec(w.ctx(auth.Principal{}), `INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at, email_confirmed_at) VALUES ($1, $1, '김마당', '', '', '', '', 0, 1, 0, 0, 0)
		ON CONFLICT (id) DO NOTHING`, id); err != nil {
		w.t.Fatal(err)
	}
	tokens, err := w.sessions.Create(w.ctx(auth.Principal{}), id, "", session.Given{})
	if err != nil {
		w.t.Fatal(err)
	}
	return auth.Principal{MemberID: id, SessionID: tokens.SessionID, Confirmed: true}
}

func (w *world) signOut(p auth.Principal) {
	w.t.Helper()
	if err := w.sessions.Revoke(w.ctx(p), p.MemberID, p.SessionID); err != nil {
		w.t.Fatal(err)
	}
}

func browser(t testing.TB, endpoint string) device.Content {
	p256dh, secret := webpushtest.Open(t).Keys()
	return device.Content{Endpoint: endpoint, P256dh: p256dh, Auth: secret, Agent: "Mozilla/5.0 (Android) Chrome/150", Language: "ko"}
}

const google = "https://fcm.googleapis.com/fcm/send/abc:APA91b_-"

func (w *world) add(p auth.Principal, c device.Content) device.Device {
	w.t.Helper()
	d, err := w.store.Add(w.ctx(p), c)
	if err != nil {
		w.t.Fatal(err)
	}
	return d
}

func (w *world) count(query string, args ...any) int {
	w.t.Helper()
	n, err := database.One(w.ctx(auth.Principal{}), w.db, database.Value[int], query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

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

// A browser is one row, however often it says so; nothing of what it gave out is kept in clear, and what is
// sealed opens in no other row.
func TestAdd(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := open(t, db)
		m, c := w.member("m"), browser(t, google)
		first := w.add(m, c)
		w.now = w.now.Add(time.Hour)
		c.Name, c.Language = "내 전화", "en"
		again := w.add(m, c)
		if again.ID != first.ID || again.Name != "내 전화" || !again.Here || !again.SeenAt.Equal(w.now) || !again.CreatedAt.Equal(noon) || again.Mark != device.Mark(google) || first.Name != c.Agent {
			t.Errorf("%+v, then %+v", first, again)
		}
		if to, err := w.store.Target(w.ctx(m), first.ID, "m"); err != nil || to.Address.String() != google || to.Language != "en" {
			t.Errorf("%+v %v", to, err)
		}
		whole, err := database.One(w.ctx(m), db, database.Value[string], `SELECT sealed || endpoint_hash || keys_hash FROM devices`)
		if err != nil || strings.Contains(whole, "APA91b") || strings.Contains(whole, c.P256dh) || strings.Contains(whole, c.Auth) {
			t.Errorf("%v %s", err, whole)
		}
		other := w.add(m, browser(t, google+"2"))
		if _, err := db.Exec(w.ctx(m), `UPDATE devices SET sealed = (SELECT sealed FROM devices WHERE id = $1) WHERE id = $2`, first.ID, other.ID); err != nil {
			t.Fatal(err)
		}
		if list, err := w.store.List(w.ctx(m)); err != nil || len(list) != 2 || list[0].Mark != "" && list[1].Mark != "" {
			t.Errorf("%+v %v", list, err)
		}
		if _, err := w.store.Target(w.ctx(m), other.ID, "m"); code(err) != "not-found" || w.count(`SELECT COUNT(*) FROM devices`) != 1 {
			t.Errorf("one that cannot be opened is gone: %v", err)
		}
		if err := w.store.Delete(w.ctx(w.member("n")), first.ID); code(err) != "not-found" {
			t.Errorf("somebody else turned it off: %v", err)
		}
		if err := w.store.Delete(w.ctx(m), first.ID); err != nil {
			t.Error(err)
		}
		if err := w.store.Delete(w.ctx(m), "none"); code(err) != "not-found" {
			t.Error(err)
		}
	})
}

func TestRefused(t *testing.T) {
	w := open(t, databasetest.SQLite(t))
	m := w.member("m")
	for endpoint, want := range map[string]string{
		"": "endpoint:required", " ": "endpoint:required", "fcm.googleapis.com/x": "endpoint:not-an-address", "http://fcm.googleapis.com/x": "endpoint:not-an-address", "ftp://a.kr/": "endpoint:not-an-address",
		"https://127.0.0.1/": "endpoint:address-not-public", "https://2130706433/": "endpoint:address-not-public", "https://[::1]/": "endpoint:address-not-public", "https://localhost/": "endpoint:address-not-public",
		"https://a@fcm.googleapis.com/": "endpoint:not-an-address", "https://fcm.googleapis.com:8443/": "endpoint:port-not-allowed", "https://a.inside.kr/": "endpoint:address-not-public", "https://a.nobody.kr/": "endpoint:no-such-name",
		google + "#": "endpoint:not-an-address", "https://fcm.googleapis.com/" + strings.Repeat("a", outside.AddressLimit): "endpoint:not-an-address",
	} {
		if _, err := w.store.Add(w.ctx(m), browser(t, endpoint)); code(err) != want {
			t.Errorf("%.60s: %s, want %s", endpoint, code(err), want)
		}
	}
	c := browser(t, google)
	for want, change := range map[string]func(*device.Content){
		"keys.p256dh:malformed": func(c *device.Content) { c.P256dh = strings.Replace(c.P256dh, c.P256dh[80:], "AAAAAAA", 1) },
		"keys.auth:malformed":   func(c *device.Content) { c.Auth += "A" },
		"name:too-long":         func(c *device.Content) { c.Name = strings.Repeat("가", device.MostName+1) },
		"not-found":             func(c *device.Content) { c.Replaces = google + "3" },
	} {
		wrong := c
		if change(&wrong); code(second(w.store.Add(w.ctx(m), wrong))) != want {
			t.Errorf("%s, want %s", code(second(w.store.Add(w.ctx(m), wrong))), want)
		}
	}
	if n := w.count(`SELECT COUNT(*) FROM devices`); n != 0 {
		t.Errorf("%d are kept", n)
	}
}

func second[A any](_ A, err error) error { return err }

// Of many at once 20 are taken, on both databases; those that the member signed out of take no place.
func TestTwenty(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := open(t, db)
		m, old := w.member("m"), w.member("m")
		w.add(old, browser(t, google+"old"))
		w.signOut(old)
		var wait sync.WaitGroup
		refused := make(chan error, 30)
		for n := range 30 {
			c := browser(t, fmt.Sprint(google, n))
			wait.Go(func() {
				if _, err := w.store.Add(w.ctx(m), c); err != nil {
					refused <- err
				}
			})
		}
		wait.Wait()
		close(refused)
		for err := range refused {
			if code(err) != "too-many-devices" {
				t.Error(err)
			}
		}
		list, err := w.store.List(w.ctx(m))
		if err != nil || len(list) != device.Most || w.count(`SELECT COUNT(*) FROM devices`) != device.Most {
			t.Fatalf("%d devices, %v", len(list), err)
		}
		if _, err := w.store.Add(w.ctx(m), browser(t, google+"x")); code(err) != "too-many-devices" {
			t.Error(err)
		}
		if err := w.store.Delete(w.ctx(m), list[7].ID); err != nil {
			t.Fatal(err)
		}
		w.add(m, browser(t, google+"x"))
	})
}

// One browser at once is one device, whoever of two says so last.
func TestAtOnce(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := open(t, db)
		c, people := browser(t, google), []auth.Principal{w.member("m"), w.member("n")}
		var wait sync.WaitGroup
		for n := range 12 {
			wait.Go(func() {
				if _, err := w.store.Add(w.ctx(people[n%2]), c); err != nil {
					t.Error(err)
				}
			})
		}
		wait.Wait()
		if n := w.count(`SELECT COUNT(*) FROM devices`); n != 1 {
			t.Errorf("%d devices", n)
		}
	})
}

// In a browser that two share the second who turns it on gets theirs, and the first nothing more. Who knows the
// address alone, and not its keys, takes nothing over.
func TestAnotherAccount(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := open(t, db)
		a, b, c := w.member("a"), w.member("b"), browser(t, google)
		of := func(id string) int {
			found, err := w.store.Of(w.ctx(auth.Principal{}), "a", "b")
			if err != nil {
				t.Fatal(err)
			}
			return len(found[id])
		}
		first := w.add(a, c)
		if _, err := w.store.Add(w.ctx(b), browser(t, google)); code(err) != "device-of-another" || of("a") != 1 {
			t.Errorf("by the address alone: %v", err)
		}
		replacing := browser(t, google+"new")
		replacing.Replaces = google
		if _, err := w.store.Add(w.ctx(b), replacing); code(err) != "not-found" || of("a") != 1 {
			t.Errorf("by replacing it: %v", err)
		}
		second := w.add(b, c)
		if of("a") != 0 || of("b") != 1 || w.count(`SELECT COUNT(*) FROM devices`) != 1 {
			t.Errorf("%d of a, %d of b", of("a"), of("b"))
		}
		for _, id := range []string{first.ID, second.ID} {
			if _, err := w.store.Target(w.ctx(a), id, "a"); code(err) != "not-found" {
				t.Errorf("a is told where b sits: %v", err)
			}
		}
		w.add(a, c)
		if of("a") != 1 || of("b") != 0 {
			t.Error("and back")
		}
	})
}

// Who has not confirmed their address turns nothing on, and is told nothing on what was on before: accounts cost nothing, and
// whoever is told something names a server that is called.
func TestUnconfirmed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := open(t, db)
		m := w.member("m")
		w.add(m, browser(t, google))
		if _, err := db.Exec(w.ctx(m), `UPDATE members SET email_confirmed_at = NULL WHERE id = 'm'`); err != nil {
			t.Fatal(err)
		}
		if found, err := w.store.Of(w.ctx(auth.Principal{}), "m"); err != nil || len(found["m"]) != 0 {
			t.Errorf("%v %v", found, err)
		}
		m.Confirmed = false
		if _, err := w.store.Add(w.ctx(m), browser(t, google+"2")); code(err) != "address-unconfirmed" || w.count(`SELECT COUNT(*) FROM devices`) != 1 {
			t.Error(err)
		}
	})
}

// A device is forgotten when nobody answered for it MostSilent times in a row, over a day, and not before; an answer begins anew.
func TestSilent(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			rounds++
			w := open(t, db)
			d := w.add(w.member(fmt.Sprint("m", rounds)), browser(t, fmt.Sprint(google, rounds)))
			silent, since := 0, time.Time{}
			for range rapid.IntRange(1, 20).Draw(r, "calls") {
				w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Minute, 5 * time.Hour, 20 * time.Hour}).Draw(r, "later"))
				do := w.store.Silent
				if rapid.IntRange(0, 7).Draw(r, "answers") == 0 {
					do, silent = w.store.Answered, 0
				} else if silent++; silent == 1 {
					since = w.now
				}
				if err := do(w.ctx(auth.Principal{}), d.ID); err != nil {
					r.Fatal(err)
				}
				gone := silent >= device.MostSilent && w.now.Sub(since) >= device.SilentFor
				if n := w.count(`SELECT COUNT(*) FROM devices WHERE id = $1`, d.ID); (n == 0) != gone {
					r.Fatalf("%d silent since %s, at %s: %d devices", silent, since, w.now, n)
				}
				if gone {
					return
				}
			}
		})
	})
}

// What a push service gave in the place of another keeps name and language, and is the same member's.
func TestReplaced(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := open(t, db)
		m, c := w.member("m"), browser(t, google)
		c.Name, c.Language = "내 전화", "en"
		w.add(m, c)
		next := browser(t, google+"2")
		next.Replaces = google
		if d := w.add(m, next); d.Name != "내 전화" || d.Mark != device.Mark(google+"2") || w.count(`SELECT COUNT(*) FROM devices`) != 1 {
			t.Errorf("%+v", d)
		}
		w.signOut(m)
		last := browser(t, google+"3")
		last.Replaces = google + "2"
		if _, err := w.store.Add(w.ctx(w.member("m")), last); code(err) != "not-found" {
			t.Errorf("after signing out: %v", err)
		}
	})
}

// Whatever happens in whatever order: a device is told something exactly while its member has it on, nobody signed them
// out there, and its session is not over for longer than Kept.
func TestHistories(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		rounds := 0
		rapid.Check(t, func(r *rapid.T) {
			rounds++
			w := open(t, db)
			type on struct{ member, session string }
			contents, now := []device.Content{}, map[int]on{} // browsers, and whose they are
			for n := range 3 {
				contents = append(contents, browser(t, fmt.Sprintf("%s%d.%d", google, rounds, n)))
			}
			people, live := []string{}, map[string]auth.Principal{}
			ends := map[string]time.Time{}
			for n := range 2 {
				people = append(people, fmt.Sprintf("m%d.%d", rounds, n))
			}
			for range rapid.IntRange(1, 30).Draw(r, "steps") {
				who := rapid.SampledFrom(people).Draw(r, "who")
				at := rapid.IntRange(0, 2).Draw(r, "browser")
				p, signedIn := live[who]
				if signedIn && !w.now.Before(ends[p.SessionID]) {
					signedIn = false
				}
				switch rapid.SampledFrom([]string{"in", "on", "on", "off", "out", "everywhere", "wait", "sweep"}).Draw(r, "deed") {
				case "in":
					live[who] = w.member(who)
					ends[live[who].SessionID] = w.now.Add(session.RefreshLife)
				case "on":
					if signedIn {
						w.add(p, contents[at])
						now[at] = on{who, p.SessionID}
					}
				case "off":
					if d, is := now[at]; is && signedIn && d.member == who {
						list, err := w.store.List(w.ctx(p))
						if err != nil {
							r.Fatal(err)
						}
						for _, one := range list {
							if one.Mark == device.Mark(contents[at].Endpoint) {
								if err := w.store.Delete(w.ctx(p), one.ID); err != nil {
									r.Fatal(err)
								}
							}
						}
						delete(now, at)
					}
				case "out":
					if signedIn {
						w.signOut(p)
						delete(live, who)
						for n, d := range now {
							if d.session == p.SessionID {
								delete(now, n)
							}
						}
					}
				case "everywhere":
					if _, err := w.sessions.RevokeAll(w.ctx(p), who, ""); err != nil {
						r.Fatal(err)
					}
					delete(live, who)
					for n, d := range now {
						if d.member == who {
							delete(now, n)
						}
					}
				case "wait":
					w.now = w.now.Add(rapid.SampledFrom([]time.Duration{time.Hour, 10 * 24 * time.Hour, 40 * 24 * time.Hour}).Draw(r, "how long"))
				case "sweep":
					for _, c := range append(w.sessions.Chores(), w.store.Chores()...) {
						if _, err := c.Run(w.ctx(auth.Principal{})); err != nil {
							r.Fatal(err)
						}
					}
					for n, d := range now {
						if w.now.Add(-device.Kept).After(ends[d.session]) {
							delete(now, n)
						}
					}
				}
				found, err := w.store.Of(w.ctx(auth.Principal{}), people...)
				if err != nil {
					r.Fatal(err)
				}
				for _, id := range people {
					want := 0
					for _, d := range now {
						if d.member == id {
							want++
						}
					}
					if len(found[id]) != want {
						r.Fatalf("%s is told in %d browsers, want %d", id, len(found[id]), want)
					}
				}
			}
		})
	})
}
