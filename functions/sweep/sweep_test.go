package sweep_test

import (
	"bytes"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
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
	for _, purpose := range upload.PurposeNames() {
		for months := range 12 {
			nobody, _ := check.NewID()
			w.put(upload.Folder("test", purpose, nobody, w.Now().AddDate(0, -months, 0)) + "/original.pdf")
		}
	}
	if w.Now().In(clock.Seoul).Day() > 28 {
		t.Skip("AddDate in this test skips months on the last days of a month")
	}
	w.Wait(25 * time.Hour)
	for range 60 {
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
	w.exec(`UPDATE members SET leaving_at = $1 WHERE id = $2`, clock.Millis(w.Now()), w.member)
	w.Wait(7*24*time.Hour - time.Millisecond)
	w.wants("", nil)
	w.Wait(time.Millisecond)
	w.wants("", map[string]int{"members-anonymised": 1})
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
	w.wants("", map[string]int{"uploads-expired": 1, "uploads-cleaned": -1, "strays-removed": -1, "answers-forgotten": 1})
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

// Knative ends a request at Timeout whatever it does, so all chores together have less.
func TestBudgets(t *testing.T) {
	sum, names := time.Duration(0), map[string]bool{}
	for _, c := range sweep.Chores(function.Deps{}, upload.Depot{}, upload.Depot{}.Turn) {
		if c.Name == "" || c.Do == nil || names[c.Name] {
			t.Errorf("%q has no name of its own, or nothing to do", c.Name)
		}
		names[c.Name] = true
		sum += c.Longest()
	}
	const margin = 30 * time.Second // for what a chore does after its time, and for the answer
	if limit := sweep.Function.Scale.Timeout - margin; sum > limit {
		t.Errorf("the chores may take %s, and a run has %s: give some a smaller Budget", sum, limit)
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
