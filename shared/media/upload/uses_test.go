package upload_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

type fixture struct {
	t     *testing.T
	db    *database.DB
	store upload.Store
}

func newFixture(t *testing.T, db *database.DB) fixture {
	return fixture{t, db, upload.Store{DB: db}}
}

func as(id string, grants ...auth.Grant) context.Context {
	return auth.With(clock.With(context.Background(), noon), auth.Principal{MemberID: id, Grants: grants})
}

func (f fixture) exec(query string, args ...any) {
	f.t.Helper()
	if _, err := f.db.Exec(context.Background(), query, args...); err != nil {
		f.t.Fatal(err)
	}
}

func (f fixture) member() string {
	f.t.Helper()
	id := f.id()
	f.exec(`INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at) VALUES ($1, $2, '김마당', '', '', '', '', 0, 1, 0, 0)`, id, id+"@example.com")
	return id
}

func (f fixture) id() string {
	f.t.Helper()
	id, err := check.NewID()
	if err != nil {
		f.t.Fatal(err)
	}
	return id
}

// row makes an upload and lets change say what is special about it.
func (f fixture) row(member, purpose, kind, change string) string {
	f.t.Helper()
	id, now := f.id(), clock.Millis(noon)
	f.exec(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
		VALUES ($1, $2, $3, $4, $5, 3, '', $6, '', 0, 0, 0, 0, $7, $7, $8, $7, '')`,
		id, member, purpose, "회의록."+kind, kind, upload.Folder("test", purpose, id, noon), now, now+1000)
	if change != "" {
		f.exec(`UPDATE uploads SET `+change+` WHERE id = $1`, id)
	}
	return id
}

func fieldCode(err error) string {
	p := problem.Find(err)
	if p == nil || len(p.Fields) == 0 {
		return fmt.Sprint(err)
	}
	return p.Fields[0].Name + ":" + p.Fields[0].Code
}

func TestUse(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db)
		me, other := f.member(), f.member()
		mine, theirs := f.row(me, "post", "pdf", ""), f.row(other, "post", "jpg", "")
		many := []string{}
		for range 21 {
			many = append(many, f.row(me, "post", "pdf", ""))
		}
		for _, c := range []struct {
			ids  []string
			want string
		}{
			{[]string{f.id()}, "upload-unknown"},
			{[]string{"../x"}, "upload-unknown"},
			{[]string{theirs}, "upload-unknown"},
			{[]string{mine, mine}, "upload-repeated"},
			{[]string{f.row(me, "post", "pdf", "completed_at = NULL, expires_at = expires_at + 1")}, "upload-incomplete"},
			{[]string{f.row(me, "post", "pdf", "completed_at = NULL, expires_at = created_at")}, "upload-expired"},
			{[]string{f.row(me, "post", "pdf", "completed_at = NULL, refused_at = 1")}, "upload-refused"},
			{[]string{f.row(me, "post", "pdf", "deleted_at = 1")}, "upload-unknown"},
			{[]string{f.row(me, "proof", "pdf", "")}, "upload-private"},
			{[]string{f.row(me, "event", "jpg", ""), f.row(me, "event", "jpg", "")}, "too-many-uploads"},
			{many, "too-many-uploads"},
			{strings.Split(strings.Repeat("x,", 5000), ","), "too-many-uploads"},
		} {
			if got := fieldCode(f.store.Use(as(me), "notice", "n1", c.ids, "attachments")); got != "attachments:"+c.want {
				t.Errorf("%d ids: %s, want %s", len(c.ids), got, c.want)
			}
		}
		editor := as(f.member(), auth.Grant{Role: auth.Editor})
		must := func(err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		must(f.store.Use(editor, "notice", "n1", []string{theirs, mine}, "attachments"))
		must(f.store.Use(as(me), "notice", "n1", []string{mine, theirs}, "attachments")) // used already
		must(f.store.Use(as(me), "notice", "n2", []string{mine}, "attachments"))
		got, err := f.store.Used(as(me), "notice", "n1", "n2", "n3")
		must(err)
		if len(got) != 2 || len(got["n1"]) != 2 || got["n1"][0].ID != mine || got["n1"][1].ID != theirs || len(got["n2"]) != 1 {
			t.Errorf("used: %+v", got)
		}
		if u := got["n1"][0].URL; !upload.IsPublic(u) || !strings.HasSuffix(u, "/original.pdf") {
			t.Errorf("address of a document: %s", u)
		}
		if u := got["n1"][1].URL; !upload.IsPublic(u) || !strings.HasSuffix(u, "/1600.jpg") {
			t.Errorf("address of an image: %s", u)
		}
		if done, err := f.store.Delete(as(me), mine); done || err != nil {
			t.Errorf("deleted while used: %v", err)
		}
		must(f.store.Use(as(me), "notice", "n1", nil, "attachments"))
		must(f.store.Use(as(me), "notice", "n2", nil, "attachments"))
		if done, err := f.store.Delete(as(me), mine); !done || err != nil {
			t.Errorf("not deleted though unused: %v", err)
		}
	})
}

func TestReleasedProofIsDeleted(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db)
		me := f.member()
		proof := f.row(me, "proof", "pdf", "")
		if err := f.store.UsePrivate(as(me), "verification", "v1", []string{proof}, "proofs"); err != nil {
			t.Fatal(err)
		}
		if got := fieldCode(f.store.UsePrivate(as(me), "verification", "v1", []string{f.row(me, "post", "pdf", "")}, "proofs")); got != "proofs:upload-public" {
			t.Error(got)
		}
		if err := f.store.Release(as(me), "verification", "v1"); err != nil {
			t.Fatal(err)
		}
		if u, err := f.store.Read(as(me), proof); err != nil || u.DeletedAt == nil || u.Uses != 0 {
			t.Errorf("%+v %v", u, err)
		}
	})
}

// Of a use and a deletion at the same time exactly one wins.
func TestUseAgainstDelete(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db)
		me := f.member()
		for round := range 25 {
			id := f.row(me, "post", "pdf", "")
			var used error
			var deleted bool
			var wg sync.WaitGroup
			wg.Go(func() { used = f.store.Use(as(me), "notice", fmt.Sprint(round), []string{id}, "a") })
			wg.Go(func() {
				err := db.Atomic(as(me), func(ctx context.Context) (err error) {
					deleted, err = f.store.Delete(ctx, id)
					return err
				})
				if err != nil {
					t.Error(err)
				}
			})
			wg.Wait()
			u, err := f.store.Read(as(me), id)
			if err != nil {
				t.Fatal(err)
			}
			if deleted == (used == nil) || deleted != (u.DeletedAt != nil) || (u.Uses == 1) == deleted {
				t.Fatalf("round %d: used %v, deleted %v, row %+v", round, used, deleted, u)
			}
		}
	})
}

// 50 things take and let go of one upload at the same time: the count stays exact, and
// the upload can be deleted when the last has let go of it.
func TestUsesAreCountedExactly(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db)
		me := f.member()
		id, other := f.row(me, "post", "pdf", ""), f.row(me, "post", "jpg", "")
		all := func(ids []string, things int) {
			t.Helper()
			var wg sync.WaitGroup
			for i := range 50 {
				wg.Go(func() {
					if err := f.store.Use(as(me), "notice", fmt.Sprint(i%things), ids, "a"); err != nil {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			want := 0
			if len(ids) > 0 {
				want = things
			}
			for _, one := range []string{id, other} {
				if u, err := f.store.Read(as(me), one); err != nil || u.Uses != want {
					t.Errorf("%d uses, want %d: %v", u.Uses, want, err)
				}
			}
		}
		all([]string{id, other}, 50)
		all([]string{other, id}, 50)
		all(nil, 50)
		all([]string{id, other}, 5)
		all(nil, 5)
		if done, err := f.store.Delete(as(me), id); !done || err != nil {
			t.Errorf("not deleted: %v", err)
		}
	})
}

func TestUsesOf(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db)
		me := f.member()
		one, two := f.row(me, "post", "jpg", ""), f.row(me, "post", "jpg", "")
		for _, thing := range []upload.Use{{Kind: "notice", ID: "n2"}, {Kind: "banner", ID: "b1"}, {Kind: "notice", ID: "n1"}} {
			if err := f.store.Use(as(me), thing.Kind, thing.ID, []string{one}, "x"); err != nil {
				t.Fatal(err)
			}
		}
		got, err := f.store.UsesOf(as(me), one, two)
		if want := "[{banner b1} {notice n1} {notice n2}]"; err != nil || fmt.Sprint(got[one]) != want || len(got) != 1 {
			t.Errorf("%v %v, want %s", got, err, want)
		}
	})
}

// Who describes a picture: its owner, while the owner uploads the like; and who writes for
// each unit that shows it.
func TestWhoDescribes(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		f := newFixture(t, db)
		things, d := thing.Store{DB: db}, upload.Depot{Store: f.store}
		me, other := f.member(), f.member()
		boss := as(me, auth.Grant{Role: auth.Editor})
		use := func(id string, units ...string) {
			t.Helper()
			for _, unit := range units {
				ref := thing.Ref{Kind: "notice", ID: f.id()}
				err := f.store.Use(boss, ref.Kind, ref.ID, []string{id}, "attachments")
				if err == nil && unit != "deleted" {
					err = things.Put(boss, thing.Thing{Ref: ref, Unit: unit, Title: "글", Readers: thing.Guests, Version: 1})
				}
				if err != nil {
					t.Fatal(err)
				}
			}
		}
		for _, c := range []struct {
			units []string // that show it
			who   context.Context
			want  string
		}{
			{nil, as(me), "not-allowed"}, // no more of the council
			{nil, as(me, auth.Grant{Role: auth.Moderator, Unit: "동연"}), ""},
			{[]string{"총학"}, as(me, auth.Grant{Role: auth.Editor, Unit: "동연"}), ""},
			{nil, as(other), "not-found"},
			{nil, as(other, auth.Grant{Role: auth.Editor, Unit: "총학"}), "not-allowed"},
			{nil, as(other, auth.Grant{Role: auth.Editor}), ""},
			{[]string{"총학"}, as(other, auth.Grant{Role: auth.Editor, Unit: "총학"}), ""},
			{[]string{"총학"}, as(other, auth.Grant{Role: auth.Moderator, Unit: "총학"}), "not-allowed"},
			{[]string{"총학"}, as(other, auth.Grant{Role: auth.Editor, Unit: "동연"}), "not-allowed"},
			{[]string{"총학", "동연"}, as(other, auth.Grant{Role: auth.Editor, Unit: "총학"}), "not-allowed"},
			{[]string{"총학", "동연"}, as(other, auth.Grant{Role: auth.Editor, Unit: "총학"}, auth.Grant{Role: auth.Admin, Unit: "동연"}), ""},
			{[]string{"총학", "deleted"}, as(other, auth.Grant{Role: auth.Editor, Unit: "총학"}), "not-allowed"},
			{[]string{"총학", "deleted"}, as(other, auth.Grant{Role: auth.Editor}), ""},
		} {
			id := f.row(me, "post", "jpg", "")
			use(id, c.units...)
			got := ""
			if _, err := d.Describe(c.who, id, "봄"); err != nil {
				got = err.Error()
				if p := problem.Find(err); p != nil {
					got = p.Code
				}
			}
			if got != c.want {
				t.Errorf("%v for %v: %q, want %q", auth.From(c.who).Grants, c.units, got, c.want)
			}
		}
	})
}
