package notice_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/touch"
)

// askers are everybody who may ask, by who they are.
func askers(member string) map[string]auth.Principal {
	return map[string]auth.Principal{
		"guest":          {},
		"member":         {MemberID: member},
		"student":        {MemberID: member, Verified: true},
		"other editor":   {MemberID: member, Grants: []auth.Grant{{Role: auth.Editor, Unit: "동연"}}},
		"editor":         {MemberID: member, Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}},
		"moderator":      {MemberID: member, Grants: []auth.Grant{{Role: auth.Moderator}}},
		"admin of units": {MemberID: member, Grants: []auth.Grant{{Role: auth.Admin}}},
	}
}

// ids are the notices of the lists that the caller has: the public one and the desk's.
func (f fixture) ids(ctx context.Context) []string {
	f.t.Helper()
	public, err := f.store.List(ctx, notice.Filter{}, notice.Position{}, 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	managed, err := f.store.Managed(ctx, notice.Filter{}, "", "", 1000)
	if err != nil {
		f.t.Fatal(err)
	}
	ids := []string{}
	for _, n := range public {
		ids = append(ids, n.ID)
	}
	for _, n := range managed {
		ids = append(ids, n.ID)
	}
	slices.Sort(ids)
	return slices.Compact(ids)
}

// history is what happened to notices so far.
type history struct {
	fixture
	rt       *rapid.T
	now      time.Time
	versions map[string]int64
}

func (h *history) do(f func(context.Context) error) {
	h.rt.Helper()
	if err := h.db.Atomic(h.at(h.now, auth.Grant{Role: auth.Admin}), f); err != nil {
		h.rt.Fatal(err)
	}
}

// content draws what an editor writes at the time: times lie on a grid, so that many are equal.
func (h *history) content() notice.Content {
	c := notice.Content{
		Unit: rapid.SampledFrom([]string{"총학", "동연"}).Draw(h.rt, "unit"), Title: rapid.SampledFrom([]string{"정기총회", "축제 안내", "A <b>"}).Draw(h.rt, "title"),
		Body: rapid.SampledFrom([]string{"", "**본문**입니다.", "다른 글 <script> &amp;"}).Draw(h.rt, "body"),
	}
	if n := rapid.IntRange(-2, 4).Draw(h.rt, "publish"); n >= 0 {
		c.PublishAt = pointer(h.now.Add(time.Duration(n) * time.Minute))
		if m := rapid.IntRange(-2, 4).Draw(h.rt, "unpublish"); m > 0 {
			c.UnpublishAt = pointer(c.PublishAt.Add(time.Duration(m) * time.Minute))
		}
	}
	return c
}

func (h *history) step() {
	ids := slices.Sorted(maps.Keys(h.versions))
	step := rapid.IntRange(0, 7).Draw(h.rt, "step")
	if len(ids) == 0 || step == 0 {
		h.do(func(ctx context.Context) error {
			n, err := h.store.Add(ctx, h.content(), []string{"총학", "동연"})
			h.versions[n.ID] = n.Version
			return err
		})
		return
	}
	id := rapid.SampledFrom(ids).Draw(h.rt, "notice")
	deleted := h.count(`SELECT COUNT(*) FROM notices WHERE id = $1 AND deleted_at IS NOT NULL`, id) == 1
	gone := h.count(`SELECT COUNT(*) FROM notices WHERE id = $1`, id) == 0
	restorable := deleted && h.count(`SELECT COUNT(*) FROM notices WHERE id = $1 AND deleted_at > $2`, id, clock.Millis(h.now.Add(-notice.Kept))) == 1
	switch {
	case gone:
		delete(h.versions, id)
	case deleted && step < 4 && restorable:
		h.do(func(ctx context.Context) error {
			n, err := h.store.Undelete(ctx, id, h.versions[id])
			h.versions[id] = n.Version
			return err
		})
	case deleted && step == 7:
		h.now = h.now.Add(notice.Kept)
		if _, err := h.store.Purge(nobody(h.now), 100); err != nil {
			h.rt.Fatal(err)
		}
	case deleted, step == 7:
		h.now = h.now.Add(time.Duration(rapid.IntRange(1, 5).Draw(h.rt, "wait")) * time.Minute)
	case step < 4:
		h.do(func(ctx context.Context) error {
			_, n, err := h.store.Edit(ctx, id, h.versions[id], h.content(), []string{"총학", "동연"})
			h.versions[id] = n.Version
			return err
		})
	case step == 4:
		h.do(func(ctx context.Context) error {
			_, n, err := h.store.Revert(ctx, id, h.versions[id], 1)
			h.versions[id] = n.Version
			return err
		})
	default:
		h.do(func(ctx context.Context) error {
			_, err := h.store.Delete(ctx, id, h.versions[id])
			h.versions[id]++
			return err
		})
	}
}

// Whatever is written, edited, deleted, restored and purged when: everybody reads the same
// notices by their things as by the lists of notices, and the chore finds nothing to mend.
func TestThingsAreNotices(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		things := thing.Store{DB: f.db}
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"notices", "things", "thing_letters", "thing_walks", "outbox"} {
				f.exec(`DELETE FROM ` + table)
			}
			h := &history{fixture: f, rt: rt, now: noon, versions: map[string]int64{}}
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				h.step()
				refs := []thing.Ref{}
				for id := range h.versions {
					refs = append(refs, notice.Ref(id))
				}
				for _, at := range []time.Time{h.now, h.now.Add(time.Duration(rapid.IntRange(0, 9).Draw(rt, "later")) * time.Minute)} {
					for who, principal := range askers(f.member) {
						ctx := auth.With(clock.With(context.Background(), at), principal)
						found, err := things.Readable(ctx, refs...)
						if err != nil {
							rt.Fatal(err)
						}
						got := []string{}
						for ref := range found {
							got = append(got, ref.ID)
						}
						slices.Sort(got)
						if want := f.ids(ctx); !slices.Equal(got, want) {
							rt.Fatalf("%s at %s reads the things %v, and the notices %v", who, at, got, want)
						}
					}
					next, err := things.NextChange(nobody(at), notice.Kind)
					if err != nil {
						rt.Fatal(err)
					}
					if next != nil && slices.Equal(f.ids(nobody(*next)), f.ids(nobody(next.Add(-time.Millisecond)))) {
						rt.Fatalf("nothing changes at %s", next)
					}
					until := at.Add(20 * time.Minute)
					if next != nil {
						until = next.Add(-time.Millisecond)
					}
					if !slices.Equal(f.ids(nobody(until)), f.ids(nobody(at))) {
						rt.Fatalf("the list changes between %s and %s", at, until)
					}
				}
			}
			if n, err := things.Chores(f.store.Things())[0].Run(nobody(h.now)); n != 0 || err != nil {
				rt.Fatalf("mended %d, %v", n, err)
			}
		})
	})
}

// The chore indexes what is older than the index, and mends what was lost or changed.
func TestReindex(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var last notice.Notice
		for i := range 12 {
			last = f.add(f.at(noon), notice.Content{Title: fmt.Sprint("공지 ", i), Body: "모두 *오세요*", Tags: []string{"축제"}, Times: notice.Times{PublishAt: &noon}})
		}
		state := func() [3]int64 {
			return [3]int64{f.count(`SELECT COUNT(*) FROM things`), f.count(`SELECT COUNT(*) FROM thing_letters`), f.count(`SELECT SUM(LENGTH(nexts)) FROM thing_letters`)}
		}
		want, chore := state(), thing.Store{DB: f.db}.Chores(f.store.Things())[0]
		mend := func(limit, expected int) {
			t.Helper()
			n, err := chore.Do(nobody(noon), limit)
			if err != nil || n != expected {
				t.Errorf("mended %d, %v; want %d", n, err, expected)
			}
		}
		mend(5, 0)
		mend(5, 0)
		mend(5, 0)
		f.exec(`DELETE FROM things`)
		f.exec(`DELETE FROM thing_letters`)
		for _, n := range []int{5, 5, 2, 0} {
			mend(5, n)
		}
		if got := state(); got != want {
			t.Errorf("indexed %v, want %v", got, want)
		}
		f.exec(`DELETE FROM thing_walks`)
		f.exec(`UPDATE things SET checksum = '0:', title = 'x' WHERE id = $1`, last.ID) // older rules
		f.exec(`UPDATE notices SET deleted_at = 1 WHERE id <> $1`, last.ID)
		mend(500, 12)
		if n := f.count(`SELECT COUNT(*) FROM things WHERE id = $1 AND title = '공지 11' AND text = '모두 오세요'`, last.ID); n != 1 {
			t.Error("the row was not mended")
		}
		if n := f.count(`SELECT COUNT(DISTINCT number) FROM thing_letters`); n != 1 {
			t.Errorf("letters of %d things", n)
		}
	})
}

// The pages of a notice are touched by its thing: those that show it, before or after.
func TestTouches(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		var n notice.Notice
		touches := func(step string, want bool, do func(context.Context) error) {
			t.Helper()
			ctx := touch.With(f.at(noon, auth.Grant{Role: auth.Admin}), &touch.Set{})
			if err := f.db.Atomic(ctx, do); err != nil {
				t.Fatal(err)
			}
			if got := touch.From(ctx); (len(got) > 0) != want || want && !slices.Equal(got, []string{notice.Kind, notice.Tag(n.ID)}) {
				t.Errorf("%s touches %v", step, got)
			}
		}
		write := func(publish *time.Time) func(context.Context) error {
			return func(ctx context.Context) (err error) {
				c := notice.Content{Unit: "총학", Title: "공지", Times: notice.Times{PublishAt: publish}}
				if n.ID == "" {
					n, err = f.store.Add(ctx, c, []string{"총학"})
				} else {
					_, n, err = f.store.Edit(ctx, n.ID, n.Version, c, []string{"총학"})
				}
				return err
			}
		}
		touches("a draft", false, write(nil))
		touches("another draft", false, write(nil))
		touches("publishing", true, write(&noon))
		touches("taking back", true, write(nil))
		touches("a draft again", false, write(nil))
		touches("a schedule", true, write(pointer(noon.Add(time.Hour))))
		touches("deleting", true, func(ctx context.Context) error { _, err := f.store.Delete(ctx, n.ID, n.Version); return err })
		touches("restoring", true, func(ctx context.Context) error { _, err := f.store.Undelete(ctx, n.ID, n.Version+1); return err })
		f.exec(`DELETE FROM things`) // written before there was an index
		n.Version += 2
		touches("taking back what was not indexed", true, write(nil))
	})
}
