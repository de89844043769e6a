package calendar_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/functions/search"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

func countOf(app *functiontest.App, query string) int64 {
	n, err := database.One(app.Context(), app.DB, database.Value[int64], query)
	if err != nil {
		panic(err)
	}
	return n
}

// drawn is a content as anybody may write it.
func drawn(rt *rapid.T, n int) calendar.Content {
	text := rapid.StringOfN(rapid.RuneFrom([]rune("가힣ㅎ漢🎉 \t  é\u0301a;,:\\\"^<>&'")), 1, 90, -1)
	c := calendar.Content{
		Unit: "총학", Category: rapid.SampledFrom([]string{"총학생회", "학사", "동아리"}).Draw(rt, "category"),
		Title: fmt.Sprint(n, " ", text.Draw(rt, "title")), Cancelled: rapid.Bool().Draw(rt, "cancelled"),
	}
	if rapid.Bool().Draw(rt, "more") {
		c.TitleEn, c.Place, c.MapURL, c.URL = "E "+text.Draw(rt, "english"), text.Draw(rt, "place"), "https://map.example/가 나", "/notices/"+fmt.Sprint(n)
		c.Text = text.Draw(rt, "line") + "\n\n" + text.Draw(rt, "another")
	}
	start := time.Date(2026, 2, 25, 0, 0, 0, 0, clock.Seoul)
	if c.Span.AllDay = rapid.Bool().Draw(rt, "all day"); c.Span.AllDay {
		c.Span.Starts = start.AddDate(0, 0, rapid.IntRange(0, 12).Draw(rt, "day"))
		c.Span.Ends = c.Span.Starts.AddDate(0, 0, rapid.IntRange(1, 4).Draw(rt, "days"))
		return c
	}
	// At midnights too, where days begin and end.
	c.Span.Starts = start.Add(time.Duration(rapid.IntRange(0, 24*12).Draw(rt, "hour")) * time.Hour)
	c.Span.Ends = c.Span.Starts.Add(time.Duration(rapid.SampledFrom([]int{0, 1, 24, 30, 72}).Draw(rt, "hours")) * time.Hour)
	return c
}

// Whatever is written, edited, deleted and restored: what is between two days is what brute force finds, with overlaps at
// both ends; guests read the things that the calendar has; the file has lines as they must be, says the same as long as
// nothing changes, and is read back to the same events.
func TestTheCalendarIsWhatWasWritten(t *testing.T) {
	each(t, func(t *testing.T, r room) {
		things := thing.Store{DB: r.DB}
		w := calendar.NewWriter(r.DB, r.Deps.Outbox, "https://madang.example.org")
		other := functiontest.New(t, search.Function)
		there := calendar.NewWriter(other.DB, other.Deps.Outbox, "https://elsewhere.example.org")
		rapid.Check(t, func(rt *rapid.T) {
			for _, app := range []*functiontest.App{r.App, other} {
				for _, table := range []string{"calendar_events", "things", "thing_letters", "thing_dates", "thing_walks", "outbox"} {
					if _, err := app.DB.Exec(app.Context(), `DELETE FROM `+table); err != nil {
						rt.Fatal(err)
					}
				}
			}
			ctx := auth.With(r.Context(), auth.Principal{MemberID: "m", Grants: []auth.Grant{{Role: auth.Admin}}})
			live, gone := map[string]calendar.Event{}, map[string]calendar.Event{}
			pick := func(from map[string]calendar.Event) calendar.Event {
				ids := []string{}
				for id := range from {
					ids = append(ids, id)
				}
				slices.Sort(ids)
				return from[rapid.SampledFrom(ids).Draw(rt, "which")]
			}
			for n := range rapid.IntRange(1, 12).Draw(rt, "deeds") {
				switch deed := rapid.IntRange(0, 5).Draw(rt, "deed"); {
				case deed == 3 && len(live) > 0:
					was := pick(live)
					is, err := w.Edit(ctx, was.ID, was.Version, drawn(rt, n), calendar.One, []string{"총학"})
					if err != nil || is.UID != was.UID || is.Version != was.Version+1 {
						rt.Fatal(is, err)
					}
					live[is.ID] = is
				case deed == 4 && len(live) > 0:
					was := pick(live)
					if _, err := w.Delete(ctx, was.ID, was.Version, calendar.One); err != nil {
						rt.Fatal(err)
					}
					delete(live, was.ID)
					gone[was.ID] = was
				case deed == 5 && len(gone) > 0:
					was := pick(gone)
					is, err := w.Restore(ctx, was.ID, was.Version+1)
					if err != nil {
						rt.Fatal(err)
					}
					delete(gone, was.ID)
					live[is.ID] = is
				default:
					e, _, err := w.Add(ctx, drawn(rt, n), nil, []string{"총학"})
					if err != nil {
						rt.Fatal(err)
					}
					live[e.ID] = e
				}
			}
			from := time.Date(2026, 2, 24, 0, 0, 0, 0, clock.Seoul).AddDate(0, 0, rapid.IntRange(0, 14).Draw(rt, "from"))
			until := from.AddDate(0, 0, rapid.IntRange(1, 6).Draw(rt, "to"))
			got, err := w.Between(ctx, from, until, calendar.Filter{})
			if err != nil {
				rt.Fatal(err)
			}
			want := []string{}
			for id, e := range live {
				for second := e.Span.Starts; ; second = second.Add(time.Hour) { // everything begins and ends at full hours
					if !second.Before(from) && second.Before(until) {
						want = append(want, id)
						break
					}
					if !second.Add(time.Hour).Before(e.Span.Ends) {
						break
					}
				}
			}
			ids := []string{}
			for _, e := range got {
				ids = append(ids, e.ID)
			}
			slices.Sort(want)
			slices.Sort(ids)
			if !slices.Equal(ids, want) {
				rt.Fatalf("between %s and %s: %v, want %v", from, until, ids, want)
			}
			refs := []thing.Ref{}
			for id := range live {
				refs = append(refs, calendar.Ref(id))
			}
			for id := range gone {
				refs = append(refs, calendar.Ref(id))
			}
			for _, who := range []auth.Principal{{}, {MemberID: "x"}, {MemberID: "x", Verified: true}, {MemberID: "x", Grants: []auth.Grant{{Role: auth.Editor, Unit: "동연"}}}, {MemberID: "m", Grants: []auth.Grant{{Role: auth.Admin}}}} {
				readable, err := things.Readable(auth.With(r.Context(), who), refs...)
				if err != nil || len(readable) != len(live) {
					rt.Fatalf("%d things of %d events, %v", len(readable), len(live), err)
				}
				for id, e := range live {
					if t, is := readable[calendar.Ref(id)]; !is || t.Title != e.Title {
						rt.Fatalf("%q is read by %+v as %q", e.Title, who, t.Title)
					}
				}
			}
			if n, err := things.Chores(w.Things())[0].Run(ctx); n != 0 || err != nil {
				rt.Fatalf("the index differs in %d, %v", n, err)
			}
			r.file(auth.With(other.Context(), auth.Principal{MemberID: "m", Grants: []auth.Grant{{Role: auth.Admin}}}), rt, w, there, live)
		})
	})
}

// file holds the file against the events, and reads it where nothing is yet and where everything is.
func (r room) file(elsewhere context.Context, rt *rapid.T, here, there calendar.Writer, live map[string]calendar.Event) {
	r.Refill() // a fast machine asks more often than anybody may
	for _, path := range []string{"/calendar.ics", "/en/calendar.ics"} {
		answer := r.Do(functiontest.Request{Method: "GET", Path: path})
		if answer.Status != 200 {
			rt.Fatal(string(answer.Body))
		}
		file := string(answer.Body)
		for line := range strings.SplitSeq(strings.TrimSuffix(file, "\r\n"), "\r\n") {
			if len(line) > 75 || !utf8.ValidString(line) || strings.ContainsAny(line, "\r\n") {
				rt.Fatalf("the line %q", line)
			}
		}
		if again := string(r.Do(functiontest.Request{Method: "GET", Path: path}).Body); again != file {
			rt.Fatalf("other bytes:\n%s\n%s", file, again)
		}
		ctx := auth.With(r.Context(), auth.Principal{MemberID: "m", Grants: []auth.Grant{{Role: auth.Admin}}})
		reading := calendar.ReadICS([]byte(file), r.Now(), r.Deps.Settings.SiteURL)
		if len(live) == 0 {
			continue
		}
		if len(reading.Wrong) != 0 || len(reading.Events) != len(live) {
			rt.Fatalf("read back: %+v, %d events of %d", reading.Wrong, len(reading.Events), len(live))
		}
		for name, w := range map[string]calendar.Writer{"here": here, "there": there} {
			to := ctx
			if name == "there" {
				to = elsewhere
			}
			weighed, err := w.Weigh(to, reading.Events, calendar.Target{Unit: "총학", Category: "학사"}, []string{"총학"})
			if err != nil {
				rt.Fatal(err)
			}
			for _, e := range weighed {
				if len(e.Wrong) > 0 || name == "here" && e.Deed != calendar.Same || name == "there" && path == "/en/calendar.ics" && e.Deed != calendar.Same {
					rt.Fatalf("%s %s: %s %+v", path, name, e.Deed, e)
				}
			}
			if _, err := w.Import(to, weighed); err != nil {
				rt.Fatal(err)
			}
		}
		for _, e := range live {
			found, err := there.Between(elsewhere, e.Span.Starts, e.Span.Starts.Add(time.Second), calendar.Filter{})
			if err != nil {
				rt.Fatal(err)
			}
			i := slices.IndexFunc(found, func(f calendar.Event) bool { return f.UID == e.UID })
			if i < 0 {
				rt.Fatalf("%s did not arrive", e.Title)
			}
			if diff := cmp.Diff(e.Content, found[i].Content); diff != "" {
				rt.Fatal(diff)
			}
		}
	}
}
