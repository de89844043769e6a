package about_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/about"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

func at(t time.Time) context.Context {
	return auth.With(clock.With(context.Background(), t), auth.Principal{MemberID: "m", Grants: []auth.Grant{{Role: auth.Editor}}})
}

// drawn is something that the council may say of itself.
func drawn(rt *rapid.T, was about.Content) about.Content {
	line := func(label string) string {
		return rapid.SampledFrom([]string{"", "복지", "기획국", "도서관"}).Draw(rt, label)
	}
	c := about.Content{Body: line("body")}
	depth := -1
	for range rapid.IntRange(0, 5).Draw(rt, "offices") {
		depth = rapid.IntRange(0, min(depth+1, about.Deepest)).Draw(rt, "depth")
		c.Offices = append(c.Offices, about.Office{Depth: depth, Name: "자리", Holder: line("holder")})
	}
	for _, p := range was.Pledges {
		if rapid.Bool().Draw(rt, "stays") {
			c.Pledges = append(c.Pledges, p)
		}
	}
	for range rapid.IntRange(0, 2).Draw(rt, "new") {
		c.Pledges = append(c.Pledges, about.Pledge{Area: line("area"), Title: "약속"})
	}
	for i := range c.Pledges {
		c.Pledges[i].State, c.Pledges[i].Percent, c.Pledges[i].Note = rapid.SampledFrom(about.States()).Draw(rt, "state"), rapid.IntRange(1, 99).Draw(rt, "percent"), "사유"
	}
	return c
}

// Whatever is said when: the index has one thing that says it, guests read it while it says something, the
// chore mends nothing, and a pledge is of one area, changed at no time ahead.
func TestThingIsWhatIsSaid(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		store, things := about.NewWriter(db), thing.Store{DB: db}
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"abouts", "things", "thing_letters", "thing_walks"} {
				if _, err := db.Exec(t.Context(), `DELETE FROM `+table); err != nil {
					rt.Fatal(err)
				}
			}
			now := noon
			for range rapid.IntRange(1, 5).Draw(rt, "steps") {
				now = now.Add(time.Duration(rapid.IntRange(1, 5000).Draw(rt, "wait")) * time.Millisecond)
				was, err := store.Read(at(now))
				if err != nil {
					rt.Fatal(err)
				}
				if _, err = store.Set(at(now), was.Version, drawn(rt, was.Content)); err != nil {
					rt.Fatal(err)
				}
				is, err := store.Read(at(now))
				if err != nil || is.Version != was.Version+1 {
					rt.Fatal(is.Version, err)
				}
				all := 0
				for _, area := range is.Areas() {
					for _, p := range area {
						if all++; p.Area != area[0].Area || p.ChangedAt.After(now) || p.ID == "" {
							rt.Fatalf("%+v in %s at %v", p, area[0].Area, now)
						}
					}
				}
				if all != len(is.Pledges) {
					rt.Fatalf("areas have %d of %d pledges", all, len(is.Pledges))
				}
				found, err := things.Readable(clock.With(context.Background(), now), about.Ref())
				if err != nil {
					rt.Fatal(err)
				}
				if _, seen := found[about.Ref()]; seen == is.Empty() {
					rt.Fatalf("empty %v, and guests read it: %v", is.Empty(), seen)
				}
			}
			if n, err := things.Chores(store.Things())[0].Run(at(now)); n != 0 || err != nil {
				rt.Fatalf("mended %d, %v", n, err)
			}
		})
	})
}

// Nothing that is accepted is changed by being checked again.
func TestCheckSettles(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		once, err := drawn(rt, about.Content{}).Check(noon, about.Content{})
		if err != nil {
			rt.Fatal(err)
		}
		again, err := once.Check(noon.Add(time.Hour), once)
		if err != nil || fmt.Sprint(again) != fmt.Sprint(once) {
			rt.Fatalf("%v\n%v %v", once, again, err)
		}
		if strings.Contains(fmt.Sprint(again.Offices), "-1") {
			rt.Fatal(again.Offices)
		}
	})
}
