package banner_test

import (
	"context"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/thing"
)

// Whatever is added, edited, put in order and deleted when: readers see the banners in force
// by their things, and an editor those of the unit besides.
func TestThingsAreBanners(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		things, image := thing.Store{DB: f.db}, f.upload()
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"banners", "upload_uses", "things", "thing_letters", "thing_walks", "outbox"} {
				f.exec(`DELETE FROM ` + table)
			}
			now, seen := noon, map[string]bool{}
			do := func(change func(context.Context) error) {
				if err := f.db.Atomic(f.at(now), change); err != nil {
					rt.Fatal(err)
				}
			}
			for range rapid.IntRange(1, 8).Draw(rt, "steps") {
				all, err := f.store.All(f.at(now))
				if err != nil {
					rt.Fatal(err)
				}
				c := banner.Content{Unit: rapid.SampledFrom([]string{"총학", "동연"}).Draw(rt, "unit"), Image: image, Alt: "대동제", Link: "/"}
				if n := rapid.IntRange(-2, 4).Draw(rt, "from"); n >= 0 {
					from := now.Add(time.Duration(n) * time.Minute)
					c.From = &from
				}
				if n := rapid.IntRange(-2, 9).Draw(rt, "until"); n > 4 {
					until := now.Add(time.Duration(n) * time.Minute)
					c.Until = &until
				}
				units := []string{"총학", "동연"}
				switch step := rapid.IntRange(0, 5).Draw(rt, "step"); {
				case step < 2 || len(all) == 0:
					do(func(ctx context.Context) error { b, err := f.store.Add(ctx, c, units); seen[b.ID] = true; return err })
				case step == 2:
					do(func(ctx context.Context) error {
						_, _, err := f.store.Edit(ctx, all[0].ID, all[0].Version, c, units)
						return err
					})
				case step == 3:
					do(func(ctx context.Context) error { _, err := f.store.Delete(ctx, all[0].ID, all[0].Version); return err })
				case step == 4:
					order := []string{}
					for _, b := range all {
						order = append([]string{b.ID}, order...)
					}
					do(func(ctx context.Context) error { return f.store.Arrange(ctx, order) })
				default:
					now = now.Add(time.Duration(rapid.IntRange(1, 5).Draw(rt, "wait")) * time.Minute)
				}
				refs := []thing.Ref{}
				for id := range seen {
					refs = append(refs, banner.Ref(id))
				}
				for _, grants := range [][]auth.Grant{nil, {{Role: auth.Editor, Unit: "총학"}}, {{Role: auth.Admin}}} {
					ctx := auth.With(clock.With(context.Background(), now), auth.Principal{MemberID: f.member, Grants: grants})
					want, got := []string{}, []string{}
					current, err := f.store.Current(ctx)
					if err != nil {
						rt.Fatal(err)
					}
					for _, b := range current {
						want = append(want, b.ID)
					}
					stored, err := f.store.All(ctx)
					if err != nil {
						rt.Fatal(err)
					}
					for _, b := range stored {
						if auth.From(ctx).May(auth.Write, b.Unit) {
							want = append(want, b.ID)
						}
					}
					found, err := things.Readable(ctx, refs...)
					if err != nil {
						rt.Fatal(err)
					}
					for ref := range found {
						got = append(got, ref.ID)
					}
					slices.Sort(want)
					slices.Sort(got)
					if want = slices.Compact(want); !slices.Equal(got, want) {
						rt.Fatalf("%v reads the things %v, and the banners %v", grants, got, want)
					}
				}
			}
			if n, err := things.Chores(f.store.Things())[0].Run(f.at(now)); n != 0 || err != nil {
				rt.Fatalf("mended %d, %v", n, err)
			}
		})
	})
}
