package archive_test

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

var (
	noon  = time.Date(2026, 5, 2, 12, 0, 0, 0, clock.Seoul)
	units = []string{"총학", "동연"}
)

const settlement = "항목,예산,집행,잔액\n축제,100,60,40\n간식,50,50,0\n합계,150,110,40\n"

type fixture struct {
	t      testing.TB
	db     *database.DB
	store  archive.Writer
	outbox *event.Outbox
	bus    *functiontest.Bus
	member string
}

func each(t *testing.T, test func(t *testing.T, f fixture)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) { test(t, newFixture(t, db)) })
}

func newFixture(t testing.TB, db *database.DB) fixture {
	f := fixture{t: t, db: db, bus: &functiontest.Bus{}, member: newID(t)}
	f.outbox = &event.Outbox{DB: db, Bus: f.bus, Log: slog.New(slog.NewTextHandler(io.Discard, nil))}
	f.store = archive.NewWriter(db, f.outbox)
	f.exec(`INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at) VALUES ($1, $1, '김마당', '', '', '', '', 0, 1, 0, 0)`, f.member)
	f.plan(archive.Category{ID: "settlement", Name: "결산", Audience: archive.Public}, archive.Category{ID: "evidence", Name: "증빙", Audience: archive.Council})
	return f
}

func newID(t testing.TB) string {
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

// askers are everybody who may ask, by who they are.
func (f fixture) askers() map[string]auth.Principal {
	of := func(verified bool, grants ...auth.Grant) auth.Principal {
		return auth.Principal{MemberID: f.member, Verified: verified, Grants: grants}
	}
	return map[string]auth.Principal{
		"guest": {}, "member": of(false), "student": of(true),
		"other editor": of(false, auth.Grant{Role: auth.Editor, Unit: "동연"}), "editor": of(true, auth.Grant{Role: auth.Editor, Unit: "총학"}),
		"moderator": of(true, auth.Grant{Role: auth.Moderator}), "admin": of(false, auth.Grant{Role: auth.Admin}),
	}
}

func (f fixture) as(who string, now time.Time) context.Context {
	return auth.With(clock.With(context.Background(), now), f.askers()[who])
}

// plan replaces the categories.
func (f fixture) plan(list ...archive.Category) {
	f.t.Helper()
	ctx := f.as("admin", noon)
	was, err := f.store.Plan(ctx, 0)
	if err != nil {
		f.t.Fatal(err)
	}
	if err := f.db.Atomic(ctx, func(ctx context.Context) error {
		_, err := f.store.Arrange(ctx, was.Version, archive.Plan{Categories: list}, units)
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
}

// file is a completed upload of so many bytes.
func (f fixture) file(name string, size int64, sum string) string {
	f.t.Helper()
	id := newID(f.t)
	f.exec(`INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, processed_at, refused_code)
		VALUES ($1, $2, 'record', $3, 'pdf', $4, $5, $6, '', 0, 0, 0, 0, 1, 1, 1, 1, 1, '')`, id, f.member, name, size, sum, "test/record/2026/05/"+id)
	return id
}

func (f fixture) add(now time.Time, c archive.Content) archive.Archive {
	f.t.Helper()
	var v archive.Archive
	if err := f.db.Atomic(f.as("admin", now), func(ctx context.Context) (err error) {
		v, err = f.store.Add(ctx, c, archive.Assent{Masked: true}, units)
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
	return v
}

func (f fixture) clear() {
	for _, table := range []string{"archive_leavings", "archive_bundles", "archive_files", "archive_corrections", "archives", "things", "thing_letters", "thing_links", "thing_walks", "upload_uses", "outbox"} {
		f.exec(`DELETE FROM ` + table)
	}
}

// history is what happened to archives so far.
type history struct {
	fixture
	rt       *rapid.T
	now      time.Time
	versions map[string]int64
	files    []string
}

func (h *history) do(step func(context.Context) error) {
	h.rt.Helper()
	if err := h.db.Atomic(h.as("admin", h.now), step); err != nil {
		h.rt.Fatal(err)
	}
}

func (h *history) content() archive.Content {
	c := archive.Content{
		Unit: rapid.SampledFrom(units).Draw(h.rt, "unit"), Category: rapid.SampledFrom([]string{"settlement", "evidence"}).Draw(h.rt, "category"),
		Period: archive.Period(rapid.SampledFrom([]string{"2026-Q1", "2026-Q2", "2026-Q3", "2025-Q4", "2026"}).Draw(h.rt, "period")),
		Title:  rapid.SampledFrom([]string{"결산서", "A <b>", "결산서."}).Draw(h.rt, "title"), Summary: rapid.SampledFrom([]string{"", "글"}).Draw(h.rt, "summary"),
		Audience: rapid.SampledFrom(archive.Audiences()).Draw(h.rt, "audience"), Table: rapid.SampledFrom([]string{"", settlement}).Draw(h.rt, "table"),
		Files: []string{}, Publish: rapid.Bool().Draw(h.rt, "publish"),
	}
	may := h.readable("admin")
	known := slices.DeleteFunc(slices.Clone(h.files), func(file string) bool { return !may[file] }) // without those of deleted archives alone
	if len(known) == 0 {
		c.Table = settlement
	} else if rapid.Bool().Draw(h.rt, "file") || c.Table == "" {
		c.Files = append(c.Files, rapid.SampledFrom(known).Draw(h.rt, "which"))
	}
	return c
}

// readable are the files that somebody reads by the address that every upload has.
func (h *history) readable(who string) map[string]bool {
	h.rt.Helper()
	store, ctx := upload.Store{DB: h.db}, h.as(who, h.now)
	list := []upload.Upload{}
	for _, id := range h.files {
		u, err := store.Read(ctx, id)
		if err != nil {
			h.rt.Fatal(err)
		}
		list = append(list, u)
	}
	may, err := store.Readable(ctx, list...)
	if err != nil {
		h.rt.Fatal(err)
	}
	return may
}

// follows looks whether somebody reads the files of what they read, and no others but their own that nothing uses.
func (h *history) follows(who string, archives []string) {
	h.rt.Helper()
	ctx, may := h.as(who, h.now), h.readable(who)
	for _, file := range h.files {
		want := h.askers()[who].SignedIn() && h.count(`SELECT COUNT(*) FROM upload_uses WHERE upload_id = $1`, file) == 0
		for _, id := range archives {
			_, _, err := h.store.Downloadable(ctx, id, file)
			want = want || err == nil
		}
		if may[file] != want {
			h.rt.Fatalf("%s reads a file by its address: %v, by its archives: %v", who, may[file], want)
		}
	}
}

var all = archive.Assent{Masked: true, Widen: true, Force: true, Reason: "잘못 더했습니다."}

func (h *history) step() {
	ids, step := slices.Sorted(maps.Keys(h.versions)), rapid.IntRange(0, 7).Draw(h.rt, "step")
	if len(ids) == 0 || step < 2 {
		h.do(func(ctx context.Context) error {
			v, err := h.store.Add(ctx, h.content(), all, units)
			h.versions[v.ID] = v.Version
			return err
		})
		return
	}
	id := rapid.SampledFrom(ids).Draw(h.rt, "archive")
	deleted := h.count(`SELECT COUNT(*) FROM archives WHERE id = $1 AND deleted_at IS NOT NULL`, id) == 1
	switch {
	case h.count(`SELECT COUNT(*) FROM archives WHERE id = $1`, id) == 0:
		delete(h.versions, id)
	case step == 2:
		h.now = h.now.AddDate(0, 0, rapid.IntRange(1, 31).Draw(h.rt, "days"))
		if _, err := archive.NewKeeper(h.db).Purge(h.as("guest", h.now), 100); err != nil {
			h.rt.Fatal(err)
		}
	case deleted:
		if h.count(`SELECT COUNT(*) FROM archives WHERE id = $1 AND deleted_at > $2`, id, clock.Millis(h.now.Add(-archive.Kept))) == 1 {
			h.do(func(ctx context.Context) error {
				v, err := h.store.Restore(ctx, id, h.versions[id])
				h.versions[id] = v.Version
				return err
			})
		}
	case step == 3:
		h.do(func(ctx context.Context) error {
			h.versions[id]++
			return h.store.Delete(ctx, id, h.versions[id]-1)
		})
	default:
		h.do(func(ctx context.Context) error {
			v, err := h.store.Edit(ctx, id, h.versions[id], h.content(), all, units)
			h.versions[id] = v.Version
			return err
		})
	}
}

func (f fixture) count(query string, args ...any) int {
	f.t.Helper()
	n, err := database.One(context.Background(), f.db, database.Value[int], query, args...)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

// ids are the archives of the lists that the caller has: what is published, and the desk's.
func (f fixture) ids(ctx context.Context) []string {
	f.t.Helper()
	codec := cursor.New(make([]byte, 32))
	published, err := f.store.Page(ctx, archive.Filter{}, codec, "", 100)
	if err != nil {
		f.t.Fatal(err)
	}
	managed, err := f.store.Managed(ctx, archive.Filter{}, "", codec, "", 100)
	if err != nil {
		f.t.Fatal(err)
	}
	list := []string{}
	for _, v := range append(published.Items, managed.Items...) {
		list = append(list, v.ID)
	}
	slices.Sort(list)
	return slices.Compact(list)
}

// Whatever is written, published, withdrawn, corrected, deleted, restored and purged when: everybody reads the
// same archives by their things as by the lists, by their address and by search; coverage is what
// is expected less what they may read of what is published; a file is read by who reads an archive
// that has or had it; no earlier file is lost; and the chore
// finds nothing to mend.
func TestThingsAreArchives(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		slots := []archive.Slot{}
		for _, unit := range units {
			for i, due := range []string{"2026-04-30", "2026-07-31", "2026-10-31", "2027-01-31"} {
				slots = append(slots, archive.Slot{Unit: unit, Period: archive.Period(fmt.Sprintf("2026-Q%d", i+1)), DueOn: due})
			}
		}
		f.plan(archive.Category{ID: "settlement", Name: "결산", Audience: archive.Public, Expected: slots}, archive.Category{ID: "evidence", Name: "증빙", Audience: archive.Council, Expected: slots[:3]})
		files := []string{f.file("결산서.pdf", 3, "a"), f.file("결산서 고침.pdf", 4, "b")}
		rapid.Check(t, func(rt *rapid.T) {
			f.clear()
			h := &history{fixture: f, rt: rt, now: noon, versions: map[string]int64{}, files: files}
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				h.step()
				h.everybody()
			}
			h.now = h.now.AddDate(0, rapid.IntRange(0, 12).Draw(rt, "months"), 0) // time passes, nobody writes
			h.everybody()
			things := thing.Store{DB: f.db}
			if n, err := things.Chores(f.store.Things())[0].Run(h.as("guest", h.now)); n != 0 || err != nil {
				rt.Errorf("the index differs from the store in %d, %v", n, err)
			}
			h.corrections()
		})
	})
}

// everybody compares what each reads by each way.
func (h *history) everybody() {
	refs := []thing.Ref{}
	for id := range h.versions {
		refs = append(refs, archive.Ref(id))
	}
	for who := range h.askers() {
		ctx := h.as(who, h.now)
		found, err := thing.Store{DB: h.db}.Readable(ctx, refs...)
		if err != nil {
			h.rt.Fatal(err)
		}
		byThing, byAddress := []string{}, []string{}
		for ref := range found {
			byThing = append(byThing, ref.ID)
		}
		for id := range h.versions {
			switch _, err := h.store.Read(ctx, id); {
			case err == nil:
				byAddress = append(byAddress, id)
			case problem.Find(err) == nil || problem.Find(err).Kind != problem.NotFound:
				h.rt.Fatal(err)
			}
		}
		slices.Sort(byThing)
		slices.Sort(byAddress)
		if list := h.ids(ctx); !slices.Equal(byThing, list) || !slices.Equal(byAddress, list) {
			h.rt.Fatalf("%s reads by things %v, by address %v, by lists %v", who, byThing, byAddress, list)
		}
		h.coverage(ctx, who)
		h.follows(who, byAddress)
	}
}

// coverage compares it with what a loop over everything says.
func (h *history) coverage(ctx context.Context, who string) {
	covers, err := h.store.Coverage(ctx, 2026, units)
	if err != nil {
		h.rt.Fatal(err)
	}
	page, err := h.store.Page(ctx, archive.Filter{Period: "2026"}, cursor.New(make([]byte, 32)), "", 100)
	if err != nil {
		h.rt.Fatal(err)
	}
	plan, err := h.store.Plan(ctx, 2026)
	if err != nil {
		h.rt.Fatal(err)
	}
	counts := map[string]archive.Cover{}
	for _, c := range covers {
		counts[c.Category.ID] = c
	}
	council := h.askers()[who].MaySomewhere(auth.Consult)
	for _, c := range plan.Categories {
		expected, published, missing := 0, 0, 0
		for _, slot := range c.Expected {
			if c.Audience == archive.Council && !council {
				continue
			}
			expected++
			switch {
			case slices.ContainsFunc(page.Items, func(v archive.Archive) bool {
				return v.Category == c.ID && v.Unit == slot.Unit && v.Period == slot.Period
			}):
				published++
			case clock.Day(h.now) > slot.DueOn:
				missing++
			}
		}
		got := counts[c.ID]
		if got.Expected != expected || got.Published != published || got.Missing != missing || got.Waiting != expected-published-missing {
			h.rt.Fatalf("%s in %s: %d expected, %d published, %d missing, %d waiting; want %d, %d, %d", who, c.ID, got.Expected, got.Published, got.Missing, got.Waiting, expected, published, missing)
		}
		for _, u := range got.Units {
			for _, cell := range u.Cells {
				if cell.Archive != nil && !slices.ContainsFunc(page.Items, func(v archive.Archive) bool { return v.ID == cell.Archive.ID }) {
					h.rt.Fatalf("%s sees %s in the coverage, and not in the list", who, cell.Archive.Title)
				}
			}
		}
	}
}

// corrections looks whether all files that were ever published are still there, in their archive or
// one of its corrections.
func (h *history) corrections() {
	for id := range h.versions {
		list, err := h.store.Corrections(h.as("admin", h.now), id)
		if err != nil {
			h.rt.Fatal(err)
		}
		for i, c := range list {
			if c.Reason == "" || c.N != int64(len(list)-i) || len(c.Files)+len(c.Table) == 0 {
				h.rt.Errorf("correction %d of %d: %+v", i, len(list), c)
			}
		}
	}
	if n := h.count(`SELECT COUNT(*) FROM upload_uses x WHERE x.kind = 'archive' AND NOT EXISTS (SELECT 1 FROM uploads u WHERE u.id = x.upload_id AND u.uses > 0 AND u.deleted_at IS NULL)`); n != 0 {
		h.rt.Errorf("%d files of archives are let go", n)
	}
}

// What was published and is replaced needs a reason and stays, whatever was done between.
func TestCorrections(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		first, second := f.file("결산서.pdf", 3, "a"), f.file("결산서 고침.pdf", 4, "b")
		c := archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: "결산서", Audience: archive.Public, Files: []string{first}, Table: settlement, Publish: true}
		v := f.add(noon, c)
		edit := func(c archive.Content, a archive.Assent) error {
			return f.db.Atomic(f.as("admin", noon), func(ctx context.Context) error {
				is, err := f.store.Edit(ctx, v.ID, v.Version, c, a, units)
				if err == nil {
					v = is
				}
				return err
			})
		}
		withdrawn := c
		withdrawn.Publish = false
		if err := edit(withdrawn, archive.Assent{}); err != nil {
			t.Fatal(err)
		}
		changed := withdrawn
		changed.Files = []string{second}
		if p := problem.Find(edit(changed, archive.Assent{Masked: true})); p == nil || len(p.Fields) != 1 || p.Fields[0].Name != "reason" {
			t.Errorf("withdrawn, another file, no reason: %v", p)
		}
		if err := edit(changed, all); err != nil {
			t.Fatal(err)
		}
		changed.Publish, changed.Table = true, "항목,예산,집행,잔액\n축제,100,50,50\n"
		if err := edit(changed, all); err != nil {
			t.Fatal(err)
		}
		list, err := f.store.Corrections(f.as("guest", noon), v.ID)
		if err != nil || len(list) != 2 || list[1].Files[0].ID != first || list[0].Files[0].ID != second || len(list[1].Table) != 3 || list[0].Table.Sum().Spent != 110 {
			t.Fatalf("%+v, %v", list, err)
		}
		for _, file := range []string{first, second} {
			if _, _, err := f.store.Downloadable(f.as("guest", noon), v.ID, file); err != nil {
				t.Errorf("%s: %v", file, err)
			}
		}
		if _, err := (upload.Store{DB: f.db}).Delete(f.as("admin", noon), first); err != nil {
			t.Fatal(err)
		}
		if u, err := (upload.Store{DB: f.db}).Read(f.as("admin", noon), first); err != nil || u.DeletedAt != nil {
			t.Errorf("the earlier file can be deleted: %v", err)
		}
	})
}

// A category is deleted unless it has archives, deleted ones included; of two plans the first wins.
func TestArrange(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.add(noon, archive.Content{Unit: "총학", Category: "evidence", Period: "2026", Title: "영수증", Table: settlement})
		ctx := f.as("admin", noon)
		plan, err := f.store.Plan(ctx, 0)
		if err != nil {
			t.Fatal(err)
		}
		arrange := func(ctx context.Context, version int64, list ...archive.Category) string {
			err := f.db.Atomic(ctx, func(ctx context.Context) error {
				_, err := f.store.Arrange(ctx, version, archive.Plan{Categories: list}, units)
				return err
			})
			if err != nil && problem.Find(err) == nil {
				t.Fatal(err)
			}
			if err == nil {
				return ""
			}
			return problem.Find(err).Code
		}
		evidence := plan.Categories[1]
		if got := arrange(ctx, plan.Version); got != "category-in-use" {
			t.Errorf("with archives: %q", got)
		}
		if got := arrange(f.as("editor", noon), plan.Version, evidence); got != "not-allowed" {
			t.Errorf("an editor: %q", got)
		}
		if got := arrange(ctx, plan.Version, evidence); got != "" {
			t.Errorf("the empty one: %q", got)
		}
		if got := arrange(ctx, plan.Version, evidence); got != "version-stale" {
			t.Errorf("the second: %q", got)
		}
		deep := []archive.Category{evidence}
		for i := range 3 {
			deep = append(deep, archive.Category{ID: fmt.Sprintf("d%d", i), Parent: deep[i].ID, Name: "가", Audience: archive.Public})
		}
		if got := arrange(ctx, plan.Version+1, deep...); got != "invalid-input" {
			t.Errorf("four levels: %q", got)
		}
		if got := arrange(ctx, plan.Version+1, deep[:3]...); got != "" {
			t.Errorf("three levels: %q", got)
		}
	})
}
