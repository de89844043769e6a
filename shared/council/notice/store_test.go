package notice_test

import (
	"bytes"
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

type fixture struct {
	t      *testing.T
	db     *database.DB
	store  notice.Writer
	bus    *functiontest.Bus
	member string
}

func each(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := fixture{t: t, db: db, bus: &functiontest.Bus{}, member: newID(t)}
		outbox := &event.Outbox{DB: db, Bus: f.bus, Log: slog.New(slog.NewTextHandler(&bytes.Buffer{}, nil))}
		f.store = notice.NewWriter(db, outbox, notice.Markup{HTML: markdown.Render, Excerpt: markdown.Excerpt, Pictures: markdown.Pictures})
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

// at is a context of a time in which somebody with grants asks; an editor of every unit
// without any.
func (f fixture) at(t time.Time, grants ...auth.Grant) context.Context {
	if len(grants) == 0 {
		grants = []auth.Grant{{Role: auth.Editor}}
	}
	return auth.With(clock.With(context.Background(), t), auth.Principal{MemberID: f.member, Grants: grants})
}

// nobody is a context of a time in which a guest asks, as pages are rendered and sweep runs.
func nobody(t time.Time) context.Context { return clock.With(context.Background(), t) }

func (f fixture) add(ctx context.Context, c notice.Content) notice.Notice {
	f.t.Helper()
	if c.Unit == "" {
		c.Unit = "총학"
	}
	var n notice.Notice
	err := f.db.Atomic(ctx, func(ctx context.Context) (err error) {
		n, err = f.store.Add(ctx, c, []string{"총학", "동연"})
		return err
	})
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// upload is a completed upload of the member.
func (f fixture) upload(kind string) string {
	f.t.Helper()
	id, now := newID(f.t), clock.Millis(noon)
	f.exec(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
		VALUES ($1, $2, 'post', '파일', $3, 3, '', $4, '', 0, 10, 10, 0, $5, $5, $5, $5, '')`, id, f.member, kind, upload.Folder("test", "post", id, noon), now)
	return id
}

func (f fixture) count(query string, args ...any) int64 {
	f.t.Helper()
	n, err := database.One(context.Background(), f.db, database.Value[int64], query, args...)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func pointer(t time.Time) *time.Time { return &t }

func titles(list []notice.Summary) string {
	names := []string{}
	for _, s := range list {
		names = append(names, s.Title)
	}
	return strings.Join(names, " ")
}

func TestMainPage(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		hour := noon.Add(time.Hour)
		image := f.upload("png")
		f.add(f.at(noon), notice.Content{Title: "초안"})
		f.add(f.at(noon), notice.Content{Title: "예약", Times: notice.Times{PublishAt: &hour, UrgentUntil: pointer(hour.Add(time.Hour))}})
		f.add(f.at(noon), notice.Content{Title: "고정", Times: notice.Times{PublishAt: &noon, PinnedUntil: &hour}, Attachments: []string{image}})
		f.add(f.at(noon), notice.Content{Title: "긴급", Times: notice.Times{PublishAt: &noon, UrgentUntil: &hour}, Body: "**본문**"})
		for _, c := range []struct {
			at                     time.Time
			pinned, newest, urgent string
			next                   *time.Time
		}{
			{noon.Add(-time.Millisecond), "", "", "", &noon},
			{noon, "고정", "긴급", "긴급", &hour},
			{hour.Add(-time.Millisecond), "고정", "긴급", "긴급", &hour},
			{hour, "", "예약 긴급 고정", "예약", pointer(hour.Add(time.Hour))},
			{hour.Add(time.Hour), "", "예약 긴급 고정", "", nil},
		} {
			ctx := nobody(c.at)
			pinned, err := f.store.Pinned(ctx, 5)
			if err != nil || titles(pinned) != c.pinned {
				t.Errorf("%v: pinned %q %v", c.at, titles(pinned), err)
			}
			newest, err := f.store.Newest(ctx, 5)
			if err != nil || titles(newest) != c.newest {
				t.Errorf("%v: newest %q %v", c.at, titles(newest), err)
			}
			urgent, err := f.store.Urgent(ctx)
			if err != nil || titles(urgent) != c.urgent {
				t.Errorf("%v: urgent %q %v", c.at, titles(urgent), err)
			}
			next, err := f.store.NextChange(ctx)
			if err != nil || (next == nil) != (c.next == nil) || next != nil && !next.Equal(*c.next) {
				t.Errorf("%v: next change %v %v, want %v", c.at, next, err, c.next)
			}
		}
		if n, err := f.store.Newest(nobody(hour), 1); err != nil || titles(n) != "예약" {
			t.Errorf("newest one: %v %v", n, err)
		}
		pinned, err := f.store.Pinned(nobody(noon), 1)
		if err != nil || pinned[0].Image != image || pinned[0].Thumbnail != nil {
			t.Errorf("an image without variants: %+v %v", pinned, err)
		}
		f.exec(`INSERT INTO upload_variants (upload_id, name, width, height, size) VALUES ($1, '960', 960, 540, 2), ($1, '320', 320, 180, 1)`, image)
		pinned, err = f.store.Pinned(nobody(noon), 1)
		if err != nil || pinned[0].Thumbnail == nil || pinned[0].Thumbnail.Width != 320 || !strings.HasSuffix(pinned[0].Thumbnail.URL, "/320.jpg") {
			t.Errorf("thumbnail: %+v %v", pinned, err)
		}
	})
}

// Each publication is announced once, by whoever sees it first, however many look.
func TestPublishDue(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		for i := range 10 {
			f.add(f.at(noon), notice.Content{Title: fmt.Sprint("예약", i), Times: notice.Times{PublishAt: pointer(noon.Add(time.Duration(i+1) * time.Minute))}})
		}
		ended := f.add(f.at(noon), notice.Content{Title: "잠깐", Times: notice.Times{PublishAt: pointer(noon.Add(time.Minute)), UnpublishAt: pointer(noon.Add(2 * time.Minute))}})
		edited := f.add(f.at(noon), notice.Content{Title: "고침", Times: notice.Times{PublishAt: pointer(noon.Add(time.Minute))}})
		f.bus.Take()
		if n, err := f.store.PublishDue(nobody(noon), 100); n != 0 || err != nil {
			t.Errorf("before their time: %d %v", n, err)
		}
		if n, err := f.store.PublishDue(nobody(noon.Add(time.Minute)), 1); n != 1 || err != nil {
			t.Errorf("with a limit of 1: %d %v", n, err)
		}
		day := noon.AddDate(0, 0, 1) // nobody looked for a day; then somebody edits, and five look at once
		var group sync.WaitGroup
		for range 5 {
			group.Go(func() {
				if _, err := f.store.PublishDue(nobody(day), 100); err != nil {
					t.Error(err)
				}
			})
		}
		group.Go(func() {
			err := f.db.Atomic(f.at(day), func(ctx context.Context) error {
				_, _, err := f.store.Edit(ctx, edited.ID, 1, notice.Content{Unit: "총학", Title: "고침2", Times: notice.Times{PublishAt: edited.PublishAt}}, nil)
				return err
			})
			if err != nil {
				t.Error(err)
			}
		})
		group.Wait()
		if _, err := f.store.PublishDue(nobody(day), 100); err != nil {
			t.Error(err)
		}
		published := map[string]int{}
		for _, e := range f.bus.Take() {
			if e.Type == notice.Announced {
				published[e.Subject]++
			}
		}
		if len(published) != 11 || published[ended.ID] != 0 {
			t.Errorf("published: %v", published)
		}
		for id, n := range published {
			if n != 1 {
				t.Errorf("%s was announced %d times", id, n)
			}
		}
		if n := f.count(`SELECT COUNT(*) FROM outbox WHERE type = $1`, notice.Announced); n != 11 {
			t.Errorf("recorded: %d", n)
		}
	})
}

func TestAttachments(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		first, second := f.upload("pdf"), f.upload("png")
		n := f.add(f.at(noon), notice.Content{Title: "첨부", Attachments: []string{second, first}})
		if len(n.Attachments) != 2 || n.Attachments[0].ID != second {
			t.Errorf("attached: %+v", n.Attachments)
		}
		f.add(f.at(noon), notice.Content{Title: "같은 파일", Attachments: []string{first}})
		if uses := f.count(`SELECT uses FROM uploads WHERE id = $1`, first); uses != 2 {
			t.Errorf("uses: %d", uses)
		}
		remove := func(version int64, at time.Time) {
			if err := f.db.Atomic(f.at(at), func(ctx context.Context) error {
				_, err := f.store.Delete(ctx, n.ID, version)
				return err
			}); err != nil {
				t.Fatal(err)
			}
		}
		remove(1, noon)
		if uses := f.count(`SELECT uses FROM uploads WHERE id = $1`, second); uses != 1 {
			t.Errorf("a deleted notice that can be restored lost its file: %d", uses)
		}
		end := noon.Add(notice.Kept)
		if count, err := f.store.Purge(nobody(end.Add(-time.Millisecond)), 10); count != 0 || err != nil {
			t.Errorf("purged early: %d %v", count, err)
		}
		if count, err := f.store.Purge(nobody(end), 10); count != 1 || err != nil {
			t.Errorf("purged: %d %v", count, err)
		}
		if count, err := f.store.Purge(nobody(end), 10); count != 0 || err != nil {
			t.Errorf("purged twice: %d %v", count, err)
		}
		for table, want := range map[string]int64{"notices": 1, "notice_revisions": 1, "upload_uses": 1} {
			if got := f.count(`SELECT COUNT(*) FROM ` + table); got != want {
				t.Errorf("%s: %d rows, want %d", table, got, want)
			}
		}
		if uses := f.count(`SELECT uses FROM uploads WHERE id = $1`, second); uses != 0 {
			t.Errorf("a purged notice keeps its file: %d", uses)
		}
	})
}

func TestUnits(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.add(f.at(noon), notice.Content{Title: "총학 초안"})
		f.add(f.at(noon), notice.Content{Title: "동연 초안", Unit: "동연"})
		for _, c := range []struct {
			grants []auth.Grant
			want   int
		}{
			{[]auth.Grant{{Role: auth.Editor}}, 2},
			{[]auth.Grant{{Role: auth.Admin}}, 2},
			{[]auth.Grant{{Role: auth.Editor, Unit: "동연"}}, 1},
			{[]auth.Grant{{Role: auth.Editor, Unit: "동연"}, {Role: auth.Admin, Unit: "총학"}}, 2},
			{[]auth.Grant{{Role: auth.Moderator}}, 0},
			{[]auth.Grant{{Role: auth.Moderator}, {Role: auth.Editor, Unit: "감사"}}, 0},
		} {
			list, err := f.store.Managed(f.at(noon, c.grants...), notice.Filter{}, "", "", 10)
			if err != nil || len(list) != c.want {
				t.Errorf("%v: %d %v, want %d", c.grants, len(list), err, c.want)
			}
		}
	})
}

// HTML that older rules made is made again when it is read.
func TestRendering(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		n := f.add(f.at(noon), notice.Content{Title: "글", Body: "**굵게**", Times: notice.Times{PublishAt: &noon}})
		f.exec(`UPDATE notices SET html = '<script>', rendering = 0 WHERE id = $1`, n.ID)
		got, err := f.store.Read(nobody(noon), n.ID)
		if err != nil || got.HTML != n.HTML || !strings.Contains(got.HTML, "<strong>") {
			t.Errorf("html: %q %v", got.HTML, err)
		}
	})
}

func TestAbsent(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		id := newID(t)
		_, err := f.store.Read(f.at(noon), id)
		if p := problem.Find(err); p == nil || p.Kind != problem.NotFound {
			t.Errorf("read: %v", err)
		}
		_, err = f.store.Undelete(f.at(noon, auth.Grant{Role: auth.Admin}), id, 1)
		if p := problem.Find(err); p == nil || p.Kind != problem.NotFound {
			t.Errorf("undelete: %v", err)
		}
	})
}
