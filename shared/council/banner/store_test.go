package banner_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

type fixture struct {
	t      *testing.T
	db     *database.DB
	store  banner.Writer
	bus    *functiontest.Bus
	member string
}

func each(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := fixture{t: t, db: db, bus: &functiontest.Bus{}, member: newID(t)}
		f.store = banner.NewWriter(db, &event.Outbox{DB: db, Bus: f.bus, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))})
		f.exec(`INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at) VALUES ($1, $1, '김마당', '', '', '', '', 0, 1, 0, 0)`, f.member)
		test(t, f)
	})
}

func newID(t *testing.T) string {
	t.Helper()
	id, err := check.NewID()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func (f fixture) exec(query string, args ...any) {
	f.t.Helper()
	if _, err := f.db.Exec(context.Background(), query, args...); err != nil {
		f.t.Fatal(err)
	}
}

// at is a context of a time in which an editor of every unit asks.
func (f fixture) at(t time.Time) context.Context {
	return auth.With(clock.With(context.Background(), t), auth.Principal{MemberID: f.member, Grants: []auth.Grant{{Role: auth.Editor}}})
}

// upload is a completed picture of the member.
func (f fixture) upload() string {
	f.t.Helper()
	id, now := newID(f.t), clock.Millis(noon)
	f.exec(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
		VALUES ($1, $2, 'post', '파일', 'png', 3, '', $3, '', 0, 10, 10, 0, $4, $4, $4, $4, '')`, id, f.member, upload.Folder("test", "post", id, noon), now)
	return id
}

func (f fixture) add(c banner.Content) banner.Stored {
	f.t.Helper()
	c.Image, c.Unit, c.Link = f.upload(), "총학", "/"
	var b banner.Stored
	if err := f.db.Atomic(f.at(noon), func(ctx context.Context) (err error) {
		b, err = f.store.Add(ctx, c, []string{"총학"})
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
	return b
}

func TestInForce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		midnight := clock.Midnight(noon).AddDate(0, 0, 1)
		f.add(banner.Content{Alt: "늘"})
		f.add(banner.Content{Alt: "오늘", Until: &midnight})
		f.add(banner.Content{Alt: "내일", From: &midnight})
		for _, c := range []struct {
			at   time.Time
			want string
			next *time.Time
		}{{midnight.Add(-time.Millisecond), "늘 오늘", &midnight}, {midnight, "늘 내일", nil}} {
			ctx := clock.With(context.Background(), c.at)
			list, err := f.store.Current(ctx)
			if err != nil {
				t.Fatal(err)
			}
			alts := []string{}
			for _, b := range list {
				alts = append(alts, b.Alt)
			}
			if got := strings.Join(alts, " "); got != c.want {
				t.Errorf("%v: %s, want %s", c.at, got, c.want)
			}
			next, err := f.store.NextChange(ctx)
			if err != nil || (next == nil) != (c.next == nil) || next != nil && !next.Equal(*c.next) {
				t.Errorf("%v: next change %v %v, want %v", c.at, next, err, c.next)
			}
		}
	})
}

// Of orders at the same time one holds whole.
func TestParallelOrders(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ids := []string{}
		for i := range 8 {
			ids = append(ids, f.add(banner.Content{Alt: fmt.Sprint(i)}).ID)
		}
		orders := [][]string{}
		for range 50 {
			order := slices.Clone(ids)
			rand.Shuffle(len(order), func(i, j int) { order[i], order[j] = order[j], order[i] })
			orders = append(orders, order)
		}
		var group sync.WaitGroup
		for _, order := range orders {
			group.Go(func() {
				if err := f.db.Atomic(f.at(noon), func(ctx context.Context) error { return f.store.Arrange(ctx, order) }); err != nil {
					t.Error(err)
				}
			})
		}
		group.Wait()
		list, err := f.store.All(f.at(noon))
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for i, b := range list {
			got = append(got, b.ID)
			if b.Place != i {
				t.Errorf("place %d of %d", b.Place, i)
			}
		}
		if !slices.ContainsFunc(orders, func(o []string) bool { return slices.Equal(o, got) }) {
			t.Errorf("nobody asked for %v", got)
		}
	})
}

func TestParallelEdits(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		b := f.add(banner.Content{Alt: "처음"})
		f.bus.Take()
		outcomes := make(chan error, 50)
		for i := range 50 {
			go func() {
				outcomes <- f.db.Atomic(f.at(noon), func(ctx context.Context) error {
					if i%2 == 0 {
						_, err := f.store.Delete(ctx, b.ID, 1)
						return err
					}
					_, _, err := f.store.Edit(ctx, b.ID, 1, banner.Content{Unit: "총학", Image: b.Image.ID, Alt: fmt.Sprint(i), Link: "/"}, nil)
					return err
				})
			}()
		}
		won := 0
		for range 50 {
			err := <-outcomes
			switch {
			case err == nil:
				won++
			case !errors.Is(err, problem.Stale()) && !errors.Is(err, problem.Absent()):
				t.Error(err)
			}
		}
		if events := f.bus.Take(); won != 1 || len(events) != 1 {
			t.Errorf("%d won, events %v", won, events)
		}
	})
}

// A visitor counts once a day, however often and however parallel the clicks are, and a
// banner can be deleted meanwhile.
func TestParallelClicks(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		b := f.add(banner.Content{Alt: "배너"})
		click := func(visitors int, deleting bool) {
			var group sync.WaitGroup
			for i := range 50 {
				group.Go(func() {
					if err := f.store.Count(f.at(noon), b.ID, fmt.Sprint("visitor", i%visitors)); err != nil && !deleting {
						t.Error(err)
					}
				})
			}
			if deleting {
				if err := f.db.Atomic(f.at(noon), func(ctx context.Context) error {
					_, err := f.store.Delete(ctx, b.ID, 1)
					return err
				}); err != nil {
					t.Error(err)
				}
			}
			group.Wait()
		}
		click(7, false)
		days, err := f.store.Clicks(f.at(noon), b.ID)
		if err != nil || len(days) != 1 || days[0] != (banner.Day{Day: "2026-03-02", Clicks: 7}) {
			t.Errorf("clicks: %v %v", days, err)
		}
		for _, night := range []struct {
			after time.Duration
			gone  int
		}{{24 * time.Hour, 0}, {48*time.Hour - time.Millisecond, 0}, {48 * time.Hour, 7}, {72 * time.Hour, 0}} {
			if gone, err := banner.NewKeeper(f.db).Chores()[0].Run(clock.With(t.Context(), clock.Midnight(noon).Add(night.after))); err != nil || gone != night.gone {
				t.Errorf("%v after the day began: %d visitors forgotten, %v", night.after, gone, err)
			}
		}
		if again, err := f.store.Clicks(f.at(noon), b.ID); err != nil || !slices.Equal(again, days) {
			t.Errorf("clicks without their visitors: %v %v", again, err)
		}
		click(50, true)
		left, err := database.One(f.at(noon), f.db, database.Value[int64], `SELECT COUNT(*) FROM banner_clicks`)
		if err != nil || left != 0 {
			t.Errorf("left of a deleted banner: %d %v", left, err)
		}
	})
}

// There are so many banners and no more, however many are put up at once.
func TestMost(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		for i := range banner.Most {
			f.exec(`INSERT INTO banners (id, unit, alt, link, place, version, created_at, updated_at, focus_x, focus_y) VALUES ($1, '총학', '', '/', $2, 1, 0, 0, 50, 50)`, newID(t), i)
		}
		picture := f.upload()
		free := func() { f.exec(`DELETE FROM banners WHERE id = (SELECT MIN(id) FROM banners)`) }
		free()
		databasetest.LastPlace(t, func(n int) (bool, error) {
			err := f.db.Atomic(f.at(noon), func(ctx context.Context) error {
				_, err := f.store.Add(ctx, banner.Content{Alt: fmt.Sprint(n), Image: picture, Unit: "총학", Link: "/"}, []string{"총학"})
				return err
			})
			if p := problem.Find(err); p != nil && p.Code == "too-many-banners" {
				return false, nil
			}
			return err == nil, err
		}, free)
	})
}
