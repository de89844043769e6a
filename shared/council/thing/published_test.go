package thing_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/text"
)

// known is a thing with what a reader of feeds is told of it.
type known struct {
	thing.Thing
	hidden bool
	edited time.Time
}

func (k known) public(now time.Time) bool {
	return !k.hidden && k.Readers == thing.Guests && k.Path != "" && k.From != nil && !k.From.After(now) && (k.Until == nil || k.Until.After(now))
}

// Whatever is written, edited, hidden and taken out when: the newest things, those of the map and
// the counts are those that everybody may read at that moment, and between two changes that
// NextPublic tells of nothing changes. An update is told where title, line or text changed for who
// could read them, and by nothing else.
func TestPublished(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := thing.Store{DB: db}
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"things", "thing_letters", "thing_dates", "thing_walks"} {
				if _, err := db.Exec(context.Background(), `DELETE FROM `+table); err != nil {
					rt.Fatal(err)
				}
			}
			now, all := noon, map[thing.Ref]*known{}
			for range rapid.IntRange(1, 15).Draw(rt, "steps") {
				now = now.Add(time.Duration(rapid.IntRange(0, 90).Draw(rt, "seconds")) * time.Second)
				change(at(now, auth.Principal{}), rt, s, now, all)
				later := now.Add(time.Duration(rapid.IntRange(0, 300).Draw(rt, "later")) * time.Second)
				published(rt, s, now, all)
				published(rt, s, later, all)
				next, err := s.NextPublic(at(now, auth.Principal{}), "notice", "banner")
				if err != nil {
					rt.Fatal(err)
				}
				until := now.Add(time.Hour)
				if next != nil {
					until = next.Add(-time.Millisecond)
					if listed(all, until) == listed(all, *next) {
						rt.Fatalf("nothing changes at %s", next)
					}
				}
				if listed(all, now) != listed(all, until) {
					rt.Fatalf("what is public changes between %s and %s", now, until)
				}
			}
		})
	})
}

func listed(all map[thing.Ref]*known, now time.Time) string {
	ids := []string{}
	for ref, k := range all {
		if k.public(now) {
			ids = append(ids, ref.Tag())
		}
	}
	slices.Sort(ids)
	return strings.Join(ids, " ")
}

func change(ctx context.Context, rt *rapid.T, s thing.Store, now time.Time, all map[thing.Ref]*known) {
	ref := thing.Ref{Kind: rapid.SampledFrom([]string{"notice", "banner"}).Draw(rt, "kind"), ID: rapid.SampledFrom([]string{"a", "b", "c", "d"}).Draw(rt, "id")}
	was := all[ref]
	switch action := rapid.IntRange(0, 5).Draw(rt, "action"); {
	case was != nil && action == 0:
		if err := s.Drop(ctx, ref); err != nil {
			rt.Fatal(err)
		}
		delete(all, ref)
	case was != nil && action == 1:
		was.hidden = !was.hidden
		if err := s.Hide(ctx, ref, was.hidden); err != nil {
			rt.Fatal(err)
		}
	case was != nil && action == 2: // the chore puts the index right; nobody edited anything
		if _, err := s.Renew(ctx); err != nil {
			rt.Fatal(err)
		}
		if _, err := s.Chores(source(all, "notice"), source(all, "banner"))[0].Do(ctx, 100); err != nil {
			rt.Fatal(err)
		}
	default:
		k := &known{Thing: drawn(rt, ref, now)}
		k.Version = 1
		if was != nil {
			k.Version, k.hidden, k.edited = was.Version+1, was.hidden, was.edited
			said := k.Title != was.Title || k.TitleEn != was.TitleEn || k.Line != was.Line || k.Text != was.Text
			if said && was.From != nil && !was.From.After(now) {
				k.edited = now
			}
		}
		if err := s.Put(ctx, k.Thing); err != nil {
			rt.Fatal(err)
		}
		all[ref] = k
	}
}

func source(all map[thing.Ref]*known, kind string) thing.Source {
	return thing.Source{Kind: kind, Next: func(_ context.Context, behind string, _ int) ([]thing.Thing, error) {
		list := []thing.Thing{}
		for ref, k := range all {
			if ref.Kind == kind && ref.ID > behind {
				list = append(list, k.Thing)
			}
		}
		slices.SortFunc(list, func(a, b thing.Thing) int { return cmp.Compare(a.ID, b.ID) })
		return list, nil
	}}
}

func drawn(rt *rapid.T, ref thing.Ref, now time.Time) thing.Thing {
	one := thing.Thing{
		Ref: ref, Unit: rapid.SampledFrom([]string{"총학", "동연"}).Draw(rt, "unit"), Path: rapid.SampledFrom([]string{"/x", "/x", ""}).Draw(rt, "path"),
		Title: rapid.SampledFrom([]string{"축제", "총회"}).Draw(rt, "title"), TitleEn: rapid.SampledFrom([]string{"", "Festival"}).Draw(rt, "english"),
		Line: rapid.SampledFrom([]string{"가", "나"}).Draw(rt, "line"), Text: rapid.SampledFrom([]string{"글", "다른 글"}).Draw(rt, "text"),
		Tags: rapid.SampledFrom([][]string{{}, {"행사"}, {"M T"}, {"mt", "행사 안내"}, {"50%_"}}).Draw(rt, "tags"), At: now,
		Readers: rapid.SampledFrom([]thing.Readers{thing.Guests, thing.Guests, thing.Members, thing.Council}).Draw(rt, "readers"),
	}
	if from := rapid.IntRange(-120, 120).Draw(rt, "from"); from%7 != 0 {
		one.From = pointer(now.Add(time.Duration(from) * time.Second))
		if until := rapid.IntRange(-60, 240).Draw(rt, "until"); until > 0 {
			one.Until = pointer(one.From.Add(time.Duration(until) * time.Second))
		}
	}
	return one
}

func pointer(t time.Time) *time.Time { return &t }

func published(rt *rapid.T, s thing.Store, now time.Time, all map[thing.Ref]*known) {
	rt.Helper()
	ctx, counts := at(now, auth.Principal{}), map[string]int{}
	for _, of := range []thing.Published{
		{Kinds: []string{"notice", "banner"}}, {Kinds: []string{"notice"}}, {Kinds: []string{"notice", "banner"}, Unit: "동연"}, {Kinds: []string{"banner", "notice"}, Tag: "MT"}, {Kinds: []string{"notice"}, Tag: "행사"}, {Kinds: []string{"notice"}, Tag: "50%_"}, {Kinds: []string{"notice"}, Tag: "%"}, {},
	} {
		want := []known{}
		for ref, k := range all {
			tagged := of.Tag == "" || slices.ContainsFunc(k.Tags, func(tag string) bool { return text.Squeeze(tag) == text.Squeeze(of.Tag) })
			if k.public(now) && slices.Contains(of.Kinds, ref.Kind) && (of.Unit == "" || k.Unit == of.Unit) && tagged {
				want = append(want, *k)
			}
		}
		slices.SortFunc(want, func(a, b known) int {
			return cmp.Or(b.From.Compare(*a.From), cmp.Compare(b.ID, a.ID), cmp.Compare(a.Kind, b.Kind))
		})
		want = want[:min(3, len(want))]
		got, err := s.Latest(ctx, of, 3)
		if err != nil {
			rt.Fatal(err)
		}
		for i := range max(len(want), len(got)) {
			if len(got) != len(want) || got[i].Ref != want[i].Ref {
				rt.Fatalf("%+v at %s: %v, want %v", of, now, tags(got), want)
			}
			updated := *want[i].From
			if want[i].edited.After(updated) {
				updated = want[i].edited
			}
			if !got[i].Updated().Equal(updated) {
				rt.Fatalf("%s was updated at %s, want %s", got[i].Tag(), got[i].Updated(), updated)
			}
		}
	}
	units := map[string]bool{}
	for ref, k := range all {
		if k.public(now) {
			counts[ref.Kind]++
			units[k.Unit] = true
		}
	}
	counted, err := s.CountPublic(ctx)
	if err != nil || fmt.Sprint(counted) != fmt.Sprint(counts) {
		rt.Fatalf("%v %v, want %v", counted, err, counts)
	}
	listed, err := s.PublicUnits(ctx, "notice", "banner")
	if err != nil || len(listed) != len(units) {
		rt.Fatalf("%v %v, want %v", listed, err, units)
	}
	for kind, n := range counts {
		found := 0
		for skip := 0; ; skip += 2 {
			part, err := s.Public(ctx, kind, skip, 2)
			if err != nil {
				rt.Fatal(err)
			}
			if found += len(part); len(part) == 0 {
				break
			}
		}
		if found != n {
			rt.Fatalf("%d of kind %s, want %d", found, kind, n)
		}
	}
}

func tags(list []thing.Thing) []string {
	names := []string{}
	for _, one := range list {
		names = append(names, one.Tag())
	}
	return names
}
