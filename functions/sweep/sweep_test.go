package sweep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

type world struct {
	*functiontest.App
	t      *testing.T
	admin  string
	member string
}

func newWorld(t *testing.T, options ...functiontest.Option) world {
	app := functiontest.New(t, sweep.Function, options...)
	app.At(time.Now()) // objects have the machine's clock
	return world{app, t, app.Admin(), app.Member(functiontest.Member{}).ID}
}

// each runs a test on both engines and on Swift.
func each(t *testing.T, test func(world)) {
	for name, option := range map[string]functiontest.Option{"sqlite": func(*functiontest.App) {}, "postgres": functiontest.OnPostgres, "swift": functiontest.OnSwift} {
		t.Run(name, func(t *testing.T) { test(newWorld(t, option)) })
	}
}

func (w world) exec(query string, args ...any) {
	w.t.Helper()
	if _, err := w.DB.Exec(w.Context(), query, args...); err != nil {
		w.t.Fatal(err)
	}
}

func (w world) count(query string, args ...any) int {
	w.t.Helper()
	n, err := database.One(w.Context(), w.DB, database.Value[int], query, args...)
	if err != nil {
		w.t.Fatal(err)
	}
	return n
}

// row makes an upload and says in SQL what is special about it.
func (w world) row(kind, special string) (id, folder string) {
	w.t.Helper()
	id, err := check.NewID()
	if err != nil {
		w.t.Fatal(err)
	}
	now := clock.Millis(w.Now())
	folder = upload.Folder("test", "post", id, w.Now())
	w.exec(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, refused_code)
		VALUES ($1, $2, 'post', '파일', $3, 3, '', $4, '', 1, 0, 0, 0, $5, $5, $6, '')`, id, w.member, kind, folder, now, now+24*3600*1000)
	if special != "" {
		w.exec(`UPDATE uploads SET `+special+` WHERE id = $1`, id)
	}
	return id, folder
}

func (w world) put(key string) {
	w.t.Helper()
	if err := w.Objects().Put(w.Context(), key, strings.NewReader("abc"), 3, objects.Meta{}); err != nil {
		w.t.Fatal(err)
	}
}

func (w world) begin(key string) string {
	w.t.Helper()
	id, err := w.Objects().StartMultipart(w.Context(), key, objects.Meta{})
	if err != nil {
		w.t.Fatal(err)
	}
	return id
}

// stored is everything in the storage, without the folders.
func (w world) stored() []string {
	w.t.Helper()
	list := []string{}
	for o, err := range w.Objects().List(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, o.Key[strings.LastIndexByte(o.Key, '/')+1:])
	}
	for m, err := range w.Objects().ListMultiparts(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, "parts of "+m.Key[strings.LastIndexByte(m.Key, '/')+1:])
	}
	slices.Sort(list)
	return list
}

type done struct {
	Tasks []struct {
		Name   string
		Done   int
		Failed bool
	}
}

// sweep sweeps and returns what was done, as "task n", failed ones as "task failed".
func (w world) sweep(query string) map[string]int {
	w.t.Helper()
	r := functiontest.JSON[done](w.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/sweep" + query, As: w.Admin()}).Want(200))
	did := map[string]int{}
	for _, task := range r.Tasks {
		if task.Failed {
			did[task.Name] = -1
		} else if task.Done > 0 {
			did[task.Name] = task.Done
		}
	}
	return did
}

func (w world) wants(query string, want map[string]int) {
	w.t.Helper()
	got := w.sweep(query)
	delete(got, "sessions-forgotten")
	if len(got) != len(want) {
		w.t.Errorf("swept %v, want %v", got, want)
	}
	for name, n := range want {
		if got[name] != n {
			w.t.Errorf("swept %v, want %v", got, want)
		}
	}
}

func TestNeverCompleted(t *testing.T) {
	each(t, func(w world) {
		_, folder := w.row("pdf", "")
		multipart := w.begin(folder + "/incoming")
		w.exec(`UPDATE uploads SET multipart = $1`, multipart)
		w.begin(folder + "/incoming") // one whose id was never saved
		w.put(folder + "/original.pdf")
		w.Wait(24*time.Hour - time.Millisecond)
		w.wants("", nil)
		w.Wait(time.Millisecond)
		w.wants("", map[string]int{"uploads-expired": 1}) // a completion may be under way
		if len(w.stored()) == 0 {
			w.t.Error("removed while a completion may be under way")
		}
		w.Wait(upload.Settle)
		w.wants("", map[string]int{"uploads-cleaned": 1})
		if got := w.stored(); len(got) != 0 {
			w.t.Errorf("stored: %v", got)
		}
		w.wants("", nil)
		w.Wait(24 * time.Hour)
		w.wants("", map[string]int{"uploads-forgotten": 1})
		if got := w.count(`SELECT count(*) FROM uploads`); got != 0 {
			w.t.Errorf("%d rows", got)
		}
	})
}

func TestNeverUsed(t *testing.T) {
	each(t, func(w world) {
		now := clock.Millis(w.Now())
		used, usedFolder := w.row("pdf", "")
		unused, unusedFolder := w.row("pdf", "")
		w.exec(`UPDATE uploads SET completed_at = $1, processed_at = $1, staged = 0`, now)
		w.put(usedFolder + "/original.pdf")
		w.put(unusedFolder + "/original.pdf")
		store := upload.Store{DB: w.DB}
		ctx := asMember(w)
		if err := store.Use(ctx, "notice", "n", []string{used}, "a"); err != nil {
			w.t.Fatal(err)
		}
		w.Wait(24 * time.Hour)
		w.wants("?everything=true", map[string]int{"uploads-expired": 1})
		w.Wait(upload.Settle)
		w.wants("?everything=true", map[string]int{"uploads-cleaned": 1})
		if got := w.stored(); !slices.Equal(got, []string{"original.pdf"}) {
			w.t.Errorf("stored: %v", got)
		}
		if _, err := store.Read(w.Context(), unused); err != nil {
			w.t.Error(err)
		}
		// Let go now: its day begins now, not at its completion.
		if err := store.Use(asMember(w), "notice", "n", nil, "a"); err != nil {
			w.t.Fatal(err)
		}
		w.Wait(23 * time.Hour)
		w.wants("", nil)
	})
}

// A proof is there when somebody of the council looks at it days later, and not for ever.
func TestProofsWaitForADecision(t *testing.T) {
	w := newWorld(t)
	now := clock.Millis(w.Now())
	_, folder := w.row("pdf", "purpose = 'proof', staged = 0")
	w.exec(`UPDATE uploads SET completed_at = $1, processed_at = $1`, now)
	w.put(folder + "/original.pdf")
	w.Wait(upload.ProofDays*24*time.Hour - time.Millisecond)
	w.wants("?everything=true", nil)
	w.Wait(time.Millisecond)
	w.wants("?everything=true", map[string]int{"uploads-expired": 1})
	w.Wait(upload.Settle)
	w.wants("?everything=true", map[string]int{"uploads-cleaned": 1})
	if got := w.stored(); len(got) != 0 {
		w.t.Errorf("stored: %v", got)
	}
}

func TestStrays(t *testing.T) {
	each(t, func(w world) {
		kept, keptFolder := w.row("jpg", "")
		w.exec(`UPDATE uploads SET completed_at = $1, processed_at = $1, staged = 0 WHERE id = $2`, clock.Millis(w.Now()), kept)
		if err := (upload.Store{DB: w.DB}).Use(asMember(w), "notice", "n", []string{kept}, "a"); err != nil {
			w.t.Fatal(err)
		}
		for _, name := range []string{"original.jpg", "1600.jpg", "320.jpg", "incoming", "other"} {
			w.put(keptFolder + "/" + name)
		}
		w.begin(keptFolder + "/incoming") // of a completion that came too late
		nobody, _ := check.NewID()
		w.put(upload.Folder("test", "post", nobody, w.Now()) + "/original.pdf")
		w.begin(upload.Folder("test", "post", nobody, w.Now()) + "/incoming")
		w.put("test/whatever")
		w.put("other/post/2026/03/x/original.pdf") // another environment in the same bucket
		w.wants("?everything=true", nil)
		w.Wait(25 * time.Hour)
		w.wants("?everything=true", map[string]int{"strays-removed": 6})
		if got := w.stored(); !slices.Equal(got, []string{"1600.jpg", "320.jpg", "original.jpg", "original.pdf"}) {
			w.t.Errorf("stored: %v", got)
		}
	})
}

// In 5 hours every purpose and month has had its turn.
func TestStraysInTurns(t *testing.T) {
	w := newWorld(t)
	// Within a month that begins when objects of now are old; its first minutes are another day in Greenwich.
	now := w.Now().In(clock.Seoul)
	first := time.Date(now.Year(), now.Month()+2, 1, 0, 0, 0, 0, clock.Seoul)
	for _, purpose := range upload.PurposeNames() {
		for months := range 12 {
			nobody, _ := check.NewID()
			w.put(upload.Folder("test", purpose, nobody, first.AddDate(0, -months, 0)) + "/original.pdf")
		}
	}
	w.At(first.UTC())
	for range 12 * len(upload.PurposeNames()) {
		w.sweep("")
		w.Wait(5 * time.Minute)
	}
	if got := w.stored(); len(got) != 0 {
		t.Errorf("%d left: %v", len(got), got)
	}
}

func TestLostEvents(t *testing.T) {
	w := newWorld(t)
	id, _ := w.row("jpg", "")
	w.exec(`UPDATE uploads SET completed_at = $1, staged = 0, uses = 1`, clock.Millis(w.Now()))
	w.Wait(2*time.Minute - time.Millisecond)
	w.wants("", nil)
	w.Wait(time.Millisecond)
	w.wants("", map[string]int{"uploads-unprocessed": 1})
	w.sweep("")
	list := w.Events.Take()
	if len(list) != 1 || list[0].Type != upload.CompletedType || list[0].Subject != id {
		t.Errorf("events: %+v", list)
	}
	w.Wait(5 * time.Minute)
	w.sweep("")
	if got := w.Events.Types(); len(got) != 1 {
		t.Errorf("events: %v", got)
	}
	w.Wait(8 * 24 * time.Hour)
	w.sweep("")
	if got := w.Events.Types(); len(got) != 0 {
		t.Errorf("after a week: %v", got)
	}
	w.Events.Down = true
	outbox := event.Outbox{DB: w.DB, Bus: w.Events, Log: w.Deps.Log}
	if err := outbox.Record(w.Context(), event.Event{ID: "x/1", Type: "kr.madang.x.done.v1", Subject: "x", Time: w.Now(), Data: json.RawMessage(`{}`)}); err != nil {
		t.Fatal(err)
	}
	w.Wait(time.Minute)
	w.wants("", map[string]int{"events-published": -1})
	w.Events.Down = false
	w.Wait(time.Minute)
	w.wants("", map[string]int{"events-published": 1})
	if got := w.Events.Types(); !slices.Equal(got, []string{"kr.madang.x.done.v1"}) {
		t.Errorf("events: %v", got)
	}
	w.Wait(7*24*time.Hour + time.Millisecond)
	if got := w.sweep("")["events-forgotten"]; got == 0 {
		t.Error("events are kept for ever")
	}
}

func TestForgets(t *testing.T) {
	each(t, func(w world) {
		now := clock.Millis(w.Now())
		w.exec(`INSERT INTO idempotency (id, request, status, header, body, created_at) VALUES ('a', '', 200, '{}', '', $1)`, now)
		w.exec(`INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail) VALUES ('a', $1, '', 'old', '', '', '', '{}')`, now)
		w.exec(`INSERT INTO mail_codes (member_id, student_key, code_hash, tries, until_at) VALUES ($1, '', '', 0, $2)`, w.member, now+1000)
		w.exec(`INSERT INTO banners (id, unit, alt, link, place, version, created_at, updated_at) VALUES ('b', '총학', 'a', '/', 1, 1, 0, 0)`)
		w.exec(`INSERT INTO banner_clicks (banner_id, day, visitor) VALUES ('b', $1, 'v')`, clock.Day(w.Now()))
		w.Wait(24*time.Hour - time.Millisecond)
		w.wants("", map[string]int{"codes-forgotten": 1, "things-reindexed": 1}) // no store wrote the banner
		w.Wait(time.Millisecond)
		w.wants("", map[string]int{"answers-forgotten": 1})
		w.Wait(24 * time.Hour)
		w.wants("", map[string]int{"banner-visitors-forgotten": 1})
		w.Wait(363 * 24 * time.Hour)
		w.sweep("")
		if got := w.count(`SELECT count(*) FROM audit WHERE action = 'old'`); got != 1 {
			w.t.Error("an audit record is forgotten before its time")
		}
		w.Wait(time.Millisecond)
		w.wants("", map[string]int{"audit-forgotten": 1})
	})
}

func TestLeft(t *testing.T) {
	w := newWorld(t)
	now := clock.Millis(w.Now())
	w.exec(`UPDATE members SET leaving_at = $1 WHERE id = $2`, now, w.member)
	proof, _ := w.row("pdf", "purpose = 'proof', staged = 0")
	w.exec(`UPDATE uploads SET completed_at = $1, processed_at = $1`, now)
	w.Wait(7*24*time.Hour - time.Millisecond)
	w.wants("", nil)
	w.Wait(time.Millisecond)
	w.wants("", map[string]int{"members-anonymised": 1})
	if w.count(`SELECT count(*) FROM uploads WHERE id = $1 AND deleted_at IS NOT NULL`, proof) != 1 {
		w.t.Error("the proof of who has left is kept")
	}
	w.Wait(upload.Settle)
	w.wants("", map[string]int{"uploads-cleaned": 1})
	w.wants("", nil)
}

// A task that fails does not keep the others from their turn.
func TestStorageAway(t *testing.T) {
	w := newWorld(t)
	_, folder := w.row("pdf", "")
	w.put(folder + "/incoming")
	w.exec(`INSERT INTO idempotency (id, request, status, header, body, created_at) VALUES ('a', '', 200, '{}', '', 0)`)
	w.Wait(25 * time.Hour)
	there := w.Deps.Storage
	w.Deps.Storage.Endpoint = "http://127.0.0.1:1"
	w.wants("", map[string]int{"uploads-expired": 1, "uploads-cleaned": -1, "strays-removed": -1, "bundles-strays": -1, "answers-forgotten": 1})
	w.Deps.Storage = there
	w.wants("", map[string]int{"uploads-cleaned": 1})
	if got := w.stored(); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestAtOnce(t *testing.T) {
	for name, option := range map[string]functiontest.Option{"sqlite": func(*functiontest.App) {}, "postgres": functiontest.OnPostgres} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, option)
			for range 10 {
				_, folder := w.row("pdf", "")
				w.put(folder + "/incoming")
				w.begin(folder + "/incoming")
			}
			for _, pause := range []time.Duration{25 * time.Hour, upload.Settle, 25 * time.Hour} {
				w.Wait(pause)
				var wg sync.WaitGroup
				for range 5 {
					wg.Go(func() {
						e := event.Event{ID: "ping", Type: function.Scheduled, Subject: "x", Time: w.Now(), Data: json.RawMessage(`{}`)}
						if got := w.Deliver(e); got != 204 {
							t.Errorf("scheduled: %d", got)
						}
					})
				}
				wg.Wait()
			}
			if got := w.stored(); len(got) != 0 {
				t.Errorf("stored: %v", got)
			}
			if got := w.count(`SELECT count(*) FROM uploads`); got != 0 {
				t.Errorf("%d rows", got)
			}
			if log := w.Log.Bytes(); bytes.Contains(log, []byte("a task of sweep failed")) {
				t.Errorf("%s", log)
			}
		})
	}
}

// A chore whose budget does not fit into a run would never have its turn; what takes half of
// one would make the others wait.
func TestBudgets(t *testing.T) {
	names, limit := map[string]bool{}, (sweep.Function.Scale.Timeout-chore.Margin)/2
	for _, c := range sweep.Chores(function.Deps{}, upload.Depot{}, upload.Depot{}.Turn) {
		if c.Name == "" || c.Do == nil || names[c.Name] {
			t.Errorf("%q has no name of its own, or nothing to do", c.Name)
		}
		names[c.Name] = true
		if c.Longest() > limit {
			t.Errorf("%s may take %s, more than half of what a run has, %s: give it a smaller Budget", c.Name, c.Longest(), limit)
		}
	}
}

// final says why nobody takes back what makes a chore remove something.
var final = map[string]string{
	"names-renewed":             "what a name is found by is made again from the name",
	"notices-published":         "removes nothing",
	"events-published":          "removes nothing",
	"uploads-unprocessed":       "removes nothing",
	"uploads-unstaged":          "a completion is for good",
	"uploads-cleaned":           "a deletion and a refusal are for good",
	"uploads-forgotten":         "a deletion and a refusal are for good",
	"strays-removed":            "no row begins to need what none has needed for a day",
	"audit-forgotten":           "no line changes",
	"resets-forgotten":          "no link lives longer than it was made for",
	"refresh-tokens-forgotten":  "no token lives longer than it was made for",
	"banner-visitors-forgotten": "a day that is over is over",
	"search-misses-forgotten":   "a week that is over is over",
	"rules-in-force":            "removes nothing: it tells that a day has come",
	"deliveries-asked":          "removes nothing",
	"deliveries-woken":          "removes nothing",
	"tomorrow-told":             "removes nothing",
	"deliveries-forgotten":      "when something happened never changes",
	"delivery-events-forgotten": "when an event was taken never changes",
	"inbox-forgotten":           "when something happened never changes",
	"bundles-gone-on":           "removes nothing",
	"bundles-removed":           "an object's key is used once: no bundle takes it back",
	"bundles-strays":            "no bundle begins to need what none has needed for a day",
	"thing-letters-forgotten":   "it asks in the same statement whether the thing is there (shared/council/thing)",
	"things-reindexed":          "it writes what its owner keeps, of the version that it compared (shared/council/thing)",
}

// taken are things that a chore is about to remove, by its name; kept is what must be there
// if somebody takes back, at that moment, what made them be removed.
var taken = map[string]struct{ row, back, kept string }{
	"notices-purged": {
		`INSERT INTO notices (id, unit, title, folded, excerpt, tags, deleted_at, version, created_at, updated_at, rendering, html, body) VALUES ('x', '총학', '가', '가', '', '[]', 1, 1, 0, 0, 1, '', '')`,
		`UPDATE notices SET deleted_at = NULL WHERE id = 'x'`,
		`SELECT count(*) FROM notices WHERE id = 'x'`,
	},
	"archives-purged": {
		`INSERT INTO archive_categories (id, level, name, name_en, audience, ord) VALUES ('c', 1, '가', '', 'public', 0);
		INSERT INTO archives (id, category_id, unit, period, year, title, summary, audience, table_csv, note, deleted_at, version, created_at, updated_at) VALUES ('x', 'c', '총학', '2026', 2026, '가', '', 'public', '', '', 1, 1, 0, 0)`,
		`UPDATE archives SET deleted_at = NULL WHERE id = 'x'`,
		`SELECT count(*) FROM archives WHERE id = 'x'`,
	},
	"events-purged": {
		`INSERT INTO calendar_events (id, unit, category, title, title_en, text, place, map_url, url, all_day, starts, ends, uid, missing, deleted_at, version, created_at, updated_at) VALUES ('x', '총학', '학사', '가', '', '', '', '', '', 0, 1, 1, 'u', 0, 1, 1, 0, 0)`,
		`UPDATE calendar_events SET deleted_at = NULL WHERE id = 'x'`,
		`SELECT count(*) FROM calendar_events WHERE id = 'x'`,
	},
	"bundles-ended": {
		`INSERT INTO archive_bundles (hash, year, audiences, state, object, multipart, parts, done, size, turn, asked_at, updated_at, expires_at) VALUES ('x', 2026, 'public', 'ready', 'x', '', '[]', 1, 1, 1, 1, 1, 1)`,
		`UPDATE archive_bundles SET expires_at = 9000000000000 WHERE hash = 'x'`,
		`SELECT count(*) FROM archive_bundles WHERE state = 'ready'`,
	},
	"members-anonymised": {
		`UPDATE members SET leaving_at = 1 WHERE id = '{member}'`,
		`UPDATE members SET leaving_at = NULL WHERE id = '{member}'`,
		`SELECT count(*) FROM members WHERE id = '{member}' AND anonymised_at IS NULL AND name <> ''`,
	},
	"minutes-purged": {
		`INSERT INTO minutes (id, body, unit, year, kind, held_at, place, chair, attendees, text, items, publish_days, due_at, first_due_at, extend_reason, deleted_at, shown_version, version, created_at, updated_at)
			VALUES ('x', 'x', '총학', 0, 'regular', 1, '', '', '', '', '[]', 7, 1, 1, '', 1, 1, 1, 1, 1)`,
		`UPDATE minutes SET deleted_at = NULL`,
		`SELECT count(*) FROM minutes`,
	},
	"codes-forgotten": {
		`INSERT INTO mail_codes (member_id, student_key, code_hash, tries, until_at) VALUES ('{member}', '', '', 0, 1)`,
		`UPDATE mail_codes SET until_at = 9000000000000`,
		`SELECT count(*) FROM mail_codes`,
	},
	"address-codes-forgotten": {
		`INSERT INTO address_codes (member_id, email, code_hash, tries, until_at) VALUES ('{member}', '', '', 0, 1)`,
		`UPDATE address_codes SET until_at = 9000000000000`,
		`SELECT count(*) FROM address_codes`,
	},
	"events-forgotten": {
		`INSERT INTO outbox (id, type, subject, data, trace, created_at, sent_at) VALUES ('x', 'x', '', '{}', '', 1, 1)`,
		`UPDATE outbox SET sent_at = NULL WHERE id = 'x'`,
		`SELECT count(*) FROM outbox WHERE id = 'x'`,
	},
	"uploads-expired": {
		`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, processed_at, refused_code)
			VALUES ('x', '{member}', 'post', '파일', 'pdf', 3, '', 'test/x', '', 0, 0, 0, 0, 1, 1, 1, 1, 1, '')`,
		`UPDATE uploads SET uses = 1`,
		`SELECT count(*) FROM uploads WHERE deleted_at IS NULL`,
	},
	"dead-letters-forgotten": {
		`INSERT INTO dead_letters (id, event_id, type, subject, data, trace, happened_at, sink, status, answer, times, first_at, last_at) VALUES ('x', 'x', 'x', '', '{}', '', 1, '', 0, '', 1, 1, 1)`,
		`UPDATE dead_letters SET last_at = 9000000000000`,
		`SELECT count(*) FROM dead_letters`,
	},
	"answers-forgotten": {
		`INSERT INTO idempotency (id, request, status, header, body, created_at) VALUES ('x', '', 200, '{}', '', 1)`,
		`UPDATE idempotency SET created_at = 9000000000000`,
		`SELECT count(*) FROM idempotency`,
	},
	"devices-forgotten": {
		`INSERT INTO sessions (id, member_id, access_hash, access_until, until_at, created_at, refreshed_at, device) VALUES ('x', '{member}', 'x', 1, 1, 1, 1, ''), ('y', '{member}', 'y', 1, 9000000000000, 1, 1, '');
		INSERT INTO devices (id, member_id, session_id, place, endpoint_hash, keys_hash, sealed, name, language, seen_at, created_at) VALUES ('x', '{member}', 'x', 0, '', '', '', '', 'ko', 1, 1)`,
		`UPDATE devices SET session_id = CASE WHEN 9000000000000 > 1 THEN 'y' ELSE 'x' END WHERE id = 'x'`, // its browser says in another session that it wants this
		`SELECT count(*) FROM devices WHERE id = 'x'`,
	},
	"sessions-forgotten": {
		`INSERT INTO sessions (id, member_id, access_hash, access_until, until_at, created_at, refreshed_at, device) VALUES ('x', '{member}', 'x', 1, 1, 1, 1, '')`,
		`UPDATE sessions SET until_at = 9000000000000 WHERE id = 'x'`,
		`SELECT count(*) FROM sessions WHERE id = 'x'`,
	},
	"things-gone-forgotten": {
		`INSERT INTO thing_gone (number, gone_at) VALUES (1, 1)`,
		`UPDATE thing_gone SET gone_at = 9000000000000`,
		`SELECT count(*) FROM thing_gone`,
	},
	"attempts-forgotten": {
		`INSERT INTO attempts (id, tries, last_at, until_at) VALUES ('x', 1, 1, 1)`,
		`UPDATE attempts SET last_at = 9000000000000`,
		`SELECT count(*) FROM attempts`,
	},
}

// What is taken back between a chore's look and its deed is not removed: the condition is
// part of the statement that removes.
func TestTakenBack(t *testing.T) {
	chores := map[string]chore.Chore{}
	for _, c := range sweep.Chores(function.Deps{}, upload.Depot{}, upload.Depot{}.Turn) {
		_, removes := taken[c.Name]
		if _, reason := final[c.Name]; removes == reason {
			t.Errorf("%s: say in this test what it removes and how that is taken back (taken), or why nobody can (final)", c.Name)
		}
		chores[c.Name] = c
	}
	for name, row := range taken {
		if chores[name].Do == nil {
			t.Errorf("%s is no chore", name)
			continue
		}
		for engine, option := range map[string]functiontest.Option{"sqlite": func(*functiontest.App) {}, "postgres": functiontest.OnPostgres} {
			t.Run(name+"/"+engine, func(t *testing.T) {
				t.Parallel()
				w := newWorld(t, option)
				sql := func(statement string) string { return strings.ReplaceAll(statement, "{member}", w.member) }
				for part := range strings.SplitSeq(row.row, ";") {
					w.exec(sql(part))
				}
				files := upload.NewDepot(w.DB, w.Deps.Outbox, objects.Config{}, upload.Rules{Environment: "test", OrphanAge: time.Hour})
				all := sweep.Chores(w.Deps, files, files.Turn)
				c := all[slices.IndexFunc(all, func(c chore.Chore) bool { return c.Name == name })]
				ctx, unit := w.DB.Begin(w.Context())
				if _, err := w.DB.Exec(ctx, sql(row.back)); err != nil {
					t.Fatal(err)
				}
				ran := make(chan error)
				go func() { _, err := c.Run(w.Context()); ran <- err }()
				select {
				case err := <-ran:
					t.Errorf("it did not wait for who takes it back: %v", err)
					unit.Rollback()
				case <-time.After(200 * time.Millisecond): // it has looked, and waits for the row
					if err := unit.Commit(ctx); err != nil {
						t.Fatal(err)
					}
					if err := <-ran; err != nil {
						t.Error(err)
					}
				}
				if w.count(sql(row.kept)) != 1 {
					t.Error("it was removed although it had been taken back")
				}
				if _, err := c.Run(w.Context()); err != nil {
					t.Error(err)
				}
				w.exec(sql(strings.NewReplacer("NULL", "1", "9000000000000", "1", "uses = 1", "uses = 0", "leaving_at = NULL", "leaving_at = 1").Replace(row.back)))
				if n, err := c.Run(w.Context()); n == 0 || err != nil {
					t.Errorf("what is not taken back: %d %v", n, err)
				}
			})
		}
	}
}

func TestAccess(t *testing.T) {
	w := newWorld(t)
	for as, code := range map[string]string{"": "sign-in-required", w.Editor(): "not-allowed"} {
		if got := w.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/sweep", As: as}).Code(); got != code {
			t.Errorf("%s, want %s", got, code)
		}
	}
	w.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/sweep?everything=x", As: w.admin}).Problem(422, "invalid-input")
	w.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/sweep", As: w.admin}).Want(200)
	if got := w.Audited(); !slices.Contains(got, "POST /v1/admin/sweep") {
		t.Errorf("audit: %v", got)
	}
}

// asMember is a context in which the member of the tests asks.
func asMember(w world) context.Context {
	return auth.With(w.Context(), auth.Principal{MemberID: w.member})
}

// However long the texts are, what the index is compared with is held by the page: a run of the longest notices that there may
// be fits into the memory that sweep has.
func TestReindexedInItsMemory(t *testing.T) {
	for engine, option := range map[string]functiontest.Option{"sqlite": func(*functiontest.App) {}, "postgres": functiontest.OnPostgres} {
		t.Run(engine, func(t *testing.T) {
			w := newWorld(t, option)
			const notices = 12
			long := strings.Repeat("총학생회에서 알립니다 ", notice.MostBody/12)
			for i := range notices {
				w.exec(`INSERT INTO notices (id, unit, title, folded, excerpt, tags, version, created_at, updated_at, rendering, html, body, title_en, html_en, body_en) VALUES ($1, '총학', '가', '가', '', '[]', 1, 0, 0, 1, $2, $3, 'a', $2, $3)`,
					fmt.Sprintf("n%02d", i), "<p>"+long+"</p>", long)
			}
			memory := uint64(sweep.Function.Scale.Filled().MemoryMiB) << 20
			var m runtime.MemStats
			live := func() uint64 {
				runtime.GC()
				runtime.ReadMemStats(&m)
				return m.HeapAlloc
			}
			before, given := live(), 0
			sources := sweep.Sources(w.DB)
			for i, source := range sources {
				sources[i].Next = func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
					if held := live(); held > before+memory/8 {
						t.Errorf("%d MiB are held of what was compared before", (held-before)>>20)
					}
					allocated := m.TotalAlloc
					list, err := source.Next(ctx, behind, limit)
					runtime.ReadMemStats(&m)
					if page := m.TotalAlloc - allocated; page > memory/2 {
						t.Errorf("%d MiB are read at once, for %d of %s", page>>20, len(list), source.Kind)
					}
					if given += len(list); limit > 1 && len(list) > limit {
						t.Errorf("%d of %s, asked for %d", len(list), source.Kind, limit)
					}
					return list, err
				}
			}
			for round, want := range []int{notices, 0} {
				given = 0
				n, err := thing.Store{DB: w.DB}.Chores(sources...)[0].Run(w.Context())
				if err != nil || n != want || given < notices {
					t.Errorf("round %d: %d mended of %d: %v", round, n, given, err)
				}
			}
		})
	}
}
