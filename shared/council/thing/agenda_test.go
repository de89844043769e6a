package thing_test

import (
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
)

// Dates are found by what of them is between two times, and know when they became what they are.
func TestBetween(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ends := thing.Store{DB: db}, noon.Add(2*time.Hour)
		put := func(when time.Time, version int64, title string, dates ...thing.Date) {
			t.Helper()
			if err := s.Put(at(when, auth.Principal{}), thing.Thing{Ref: thing.Ref{Kind: "minute", ID: "a"}, Unit: "총학", Path: "/x", Title: title, At: noon, From: &noon, Readers: thing.Guests, Version: version, Dates: dates}); err != nil {
				t.Fatal(err)
			}
		}
		long, short := thing.Date{Label: "long", Starts: noon, Ends: &ends}, thing.Date{Label: "short", Starts: noon}
		put(noon, 1, "하나", long, short, thing.Date{Label: "short", Starts: noon.Add(9 * time.Hour)})
		read := func(from, until time.Duration) string {
			t.Helper()
			found, err := s.Between(at(noon, auth.Principal{}), noon.Add(from), noon.Add(until), "event", 10)
			if err != nil {
				t.Fatal(err)
			}
			said := []string{}
			for _, d := range found {
				word := d.Date.Label
				if d.Nth > 0 {
					word += " again"
				}
				if d.Date.Changed != nil {
					word += " " + d.Date.Changed.Format("15:04")
				}
				said = append(said, word)
			}
			return strings.Join(said, ", ")
		}
		for _, c := range []struct {
			from, until time.Duration
			want        string
		}{
			{0, time.Hour, "long, short"}, {-time.Hour, 0, ""}, {-time.Hour, time.Millisecond, "long, short"}, {time.Millisecond, time.Hour, "long"}, {2*time.Hour - time.Millisecond, 3 * time.Hour, "long"}, {2 * time.Hour, 3 * time.Hour, ""},
			{0, 10 * time.Hour, "long, short, short again"},
		} {
			if got := read(c.from, c.until); got != c.want {
				t.Errorf("%s to %s: %q, want %q", c.from, c.until, got, c.want)
			}
		}
		put(noon.Add(time.Hour), 2, "둘", long, short)
		if got := read(0, time.Hour); got != "long, short" {
			t.Errorf("another title: %q", got)
		}
		short.Starts = noon.Add(time.Minute)
		put(noon.Add(2*time.Hour), 3, "둘", long, short)
		if got := read(0, time.Hour); got != "long, short 14:00" {
			t.Errorf("moved: %q", got)
		}
		put(noon.Add(3*time.Hour), 4, "셋", long, short)
		if got := read(0, time.Hour); got != "long, short 14:00" {
			t.Errorf("and another title: %q", got)
		}
		put(noon.Add(4*time.Hour), 5, "셋", thing.Date{Label: "longest", Starts: noon.Add(-thing.MostDate), Ends: &noon})
		if got := read(-time.Millisecond, 0); got != "longest 16:00" || read(0, time.Hour) != "" {
			t.Errorf("the longest: %q", got)
		}
		if err := s.Put(at(noon, auth.Principal{}), thing.Thing{Ref: thing.Ref{Kind: "minute", ID: "b"}, Dates: []thing.Date{{Starts: noon.Add(-thing.MostDate - time.Millisecond), Ends: &noon}}}); err == nil {
			t.Error("a date is longer than Between looks back")
		}
		if err := s.Put(at(noon, auth.Principal{}), thing.Thing{Ref: thing.Ref{Kind: "notice", ID: "a"}, Dates: []thing.Date{long}}); err == nil {
			t.Error("a kind without dates has one")
		}
	})
}

// Dates are found by an index that is bounded on both sides, however many there were before.
func TestBetweenHasAnIndex(t *testing.T) {
	db, w := databasetest.SQLite(t), thing.Overlapping(noon, noon.Add(time.Hour))
	plan, err := database.All(t.Context(), db, func(r database.Row) (string, error) {
		var a, b, c int
		var what string
		err := r.Scan(&a, &b, &c, &what)
		return what, err
	}, `EXPLAIN QUERY PLAN SELECT d.label FROM thing_dates d`+w.String(), w.Args...)
	if err != nil || !strings.Contains(strings.Join(plan, " "), "thing_dates_starts (starts>? AND starts<?)") {
		t.Errorf("%v %v", plan, err)
	}
}
