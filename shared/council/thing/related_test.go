package thing_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
)

func TestPageOf(t *testing.T) {
	for address, want := range map[string]string{
		"/minutes/a": "/minutes/a", "/en/minutes/a#item-2": "/minutes/a", "/minutes/a/": "/minutes/a", "/minutes/a?utm_source=x&to=2": "/minutes/a",
		"/rules/a/compare?from=1&to=2": "/rules/a/compare?to=2", "/en/rules/a/compare?to=2&x=y&from=1#c1": "/rules/a/compare?to=2", "/rules/a/compare": "/rules/a/compare", "/rules/a/compare?to=": "/rules/a/compare",
		"/rules/a/제12조?at=2025-03-01": "/rules/a/%EC%A0%9C12%EC%A1%B0", "/rules/a/%EC%A0%9C12%EC%A1%B0": "/rules/a/%EC%A0%9C12%EC%A1%B0", "/rules/a/%ec%a0%9c12%ec%a1%b0": "/rules/a/%EC%A0%9C12%EC%A1%B0",
		"/rules/a/" + norm.NFD.String("제12조"): "/rules/a/%EC%A0%9C12%EC%A1%B0", "/a%zz": "", "/?=x": "",
		"/english": "/english", "/en": "", "https://example.com/minutes/a": "", "//example.com/a": "", "": "", "/": "", "minutes/a": "",
	} {
		if got := thing.PageOf(address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
}

func TestInside(t *testing.T) {
	for address, want := range map[string]string{
		"https://council.example/rules/a/compare?from=1&to=2#c1": "/rules/a/compare?from=1&to=2#c1", "http://COUNCIL.example/a": "/a", "https://council.example": "/", "https://council.example:443/en/a": "/en/a",
		"https://council.example//other.example/a": "https://council.example//other.example/a", "https://council.example.other/a": "https://council.example.other/a", "https://council.example@other/a": "https://council.example@other/a",
		"https://x@council.example/a": "https://x@council.example/a", "ftp://council.example/a": "ftp://council.example/a", "https://council.example:8443/a": "https://council.example:8443/a", "/a": "/a", "": "", "%": "%",
	} {
		if got := thing.Inside("https://council.example", address); got != want {
			t.Errorf("%q: %q, want %q", address, got, want)
		}
	}
	if got := thing.Inside("", "https://council.example/a"); got != "https://council.example/a" {
		t.Error(got)
	}
}

// Whatever is written, scheduled, hidden and dropped: each of two things leads to the other while readers see it, if one of
// them names the other's page; and whatever changes that touches the page of the other, or is told as a time.
func TestRelated(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"things", "thing_letters", "thing_links", "thing_pages", "thing_dates", "touches"} {
				if _, err := db.Exec(t.Context(), `DELETE FROM `+table); err != nil {
					rt.Fatal(err)
				}
			}
			s, now, version := thing.Store{DB: db}, noon, int64(0)
			model, hidden := map[thing.Ref]thing.Thing{}, map[thing.Ref]bool{}
			refs := []thing.Ref{{Kind: "minute", ID: "a"}, {Kind: "minute", ID: "b"}, {Kind: "amendment", ID: "a"}, {Kind: "amendment", ID: "b"}}
			path := func(r thing.Ref) string { return "/" + r.Kind + "/" + r.ID }
			names := func(t thing.Thing, r thing.Ref) bool {
				return slices.ContainsFunc(t.Links, func(l string) bool {
					page := thing.PageOf(l)
					return page == path(r) || slices.Contains(model[r].Also, page)
				})
			}
			expected := func(of thing.Ref, kind string, now time.Time) []string {
				ids := []string{}
				for _, r := range refs {
					other, there := model[r]
					me, here := model[of]
					if r.Kind == kind && r != of && here && there && !hidden[r] && other.Visible(now) && (names(me, r) || names(other, of)) {
						ids = append(ids, r.ID)
					}
				}
				return ids
			}
			asked := func(of thing.Ref, kind string, now time.Time) ([]string, *time.Time) {
				list, next, err := s.Related(at(now, auth.Principal{}), of, kind)
				if err != nil {
					rt.Fatal(err)
				}
				ids := []string{}
				for _, found := range list {
					ids = append(ids, found.ID)
				}
				slices.Sort(ids)
				return ids, next
			}
			for range rapid.IntRange(1, 12).Draw(rt, "steps") {
				r := rapid.SampledFrom(refs).Draw(rt, "thing")
				before, other := map[thing.Ref][]string{}, map[string]string{"minute": "amendment", "amendment": "minute"}
				for _, x := range refs {
					before[x] = expected(x, other[x.Kind], now)
				}
				if _, err := db.Exec(t.Context(), `DELETE FROM touches`); err != nil {
					rt.Fatal(err)
				}
				var err error
				switch rapid.IntRange(0, 4).Draw(rt, "does") {
				case 0:
					err = s.Drop(at(now, auth.Principal{}), r)
					delete(model, r)
					delete(hidden, r)
				case 1:
					if _, there := model[r]; there {
						hidden[r] = !hidden[r]
						err = s.Hide(at(now, auth.Principal{}), r, hidden[r])
					}
				default:
					version++
					v := thing.Thing{Ref: r, Unit: "총학", Path: path(r), Title: fmt.Sprint("제목 ", version), Tags: []string{}, At: now, Readers: thing.Guests, Version: version}
					if rapid.Bool().Draw(rt, "published") {
						from := now.Add(time.Duration(rapid.IntRange(-1, 2).Draw(rt, "from")) * time.Hour)
						v.From = &from
					}
					for _, to := range refs {
						if rapid.Bool().Draw(rt, "names") && to != r {
							v.Links = append(v.Links, rapid.SampledFrom([]string{path(to), "/en" + path(to) + "/text?x=y", path(to) + "/other#z"}).Draw(rt, "as"))
						}
					}
					for _, also := range []string{"/text", "/other"} {
						if rapid.Bool().Draw(rt, also) {
							v.Also = append(v.Also, path(r)+also)
						}
					}
					err = s.Put(at(now, auth.Principal{}), v)
					model[r] = v
				}
				if err != nil {
					rt.Fatal(err)
				}
				tags, err := database.All(t.Context(), db, database.Value[string], `SELECT tag FROM touches`)
				if err != nil {
					rt.Fatal(err)
				}
				for _, x := range refs {
					is := expected(x, other[x.Kind], now)
					got, next := asked(x, other[x.Kind], now)
					if !slices.Equal(got, is) {
						rt.Fatalf("%s leads to %q, want %q", x.Tag(), got, is)
					}
					if me := model[x]; me.Visible(now) && !hidden[x] && !slices.Equal(before[x], is) && !slices.Contains(tags, x.Tag()) && x != r {
						rt.Fatalf("%s led to %q and leads to %q, and nothing touched it: %q", x.Tag(), before[x], is, tags)
					}
					for hour := range 3 {
						later := now.Add(time.Duration(hour) * time.Hour)
						if !slices.Equal(expected(x, other[x.Kind], later), is) && (next == nil || next.After(later)) {
							rt.Fatalf("%s changes until %s, told %v", x.Tag(), later, next)
						}
					}
				}
			}
		})
	})
}
