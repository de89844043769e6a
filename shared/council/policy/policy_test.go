package policy_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/problem"
)

// rules are what a domain decides in these tests.
type rules struct {
	Days   int
	Open   bool
	Line   string
	Places []string
}

func (r *rules) Policies() policy.Domain {
	return policy.Domain{Name: "umbrellas", Items: []policy.Item{
		{Name: "days", Value: policy.Number{To: &r.Days, Default: 7, Min: 1, Max: 30, Unit: policy.Days()}},
		{Name: "open", Value: policy.Switch{To: &r.Open, Default: true}},
		{Name: "line", Value: policy.Line{To: &r.Line, Limit: 20}},
		{Name: "places", Value: policy.Names{To: &r.Places, Default: []string{"gate"}, Of: []policy.Option{{Name: "library"}, {Name: "gate"}}}},
	}}
}

// stricter is the same domain in another release.
type stricter struct {
	Days  string
	Open  int
	Other bool
}

func (s *stricter) Policies() policy.Domain {
	return policy.Domain{Name: "umbrellas", Items: []policy.Item{
		{Name: "days", Value: policy.Line{To: &s.Days, Default: "a week", Limit: 20}},
		{Name: "open", Value: policy.Number{To: &s.Open, Default: 3, Min: 0, Max: 5}},
		{Name: "other", Value: policy.Switch{To: &s.Other, Default: true}},
	}}
}

const somebody = "01890000-0000-7000-8000-000000000001"

var noon = time.Date(2026, 12, 1, 12, 0, 0, 0, clock.Seoul)

func at(t time.Time) context.Context {
	return auth.With(clock.With(context.Background(), t), auth.Principal{MemberID: somebody})
}

func later(d time.Duration) *time.Time {
	t := noon.Add(d)
	return &t
}

type fixture struct {
	*testing.T
	db *database.DB
}

func (f fixture) read(t time.Time) rules {
	f.Helper()
	v, err := policy.Read[rules](at(t), f.db)
	if err != nil {
		f.Fatal(err)
	}
	return v
}

func (f fixture) version(t time.Time) int64 {
	f.Helper()
	_, version, err := policy.Store{DB: f.db}.State(at(t), policy.Of[rules]())
	if err != nil {
		f.Fatal(err)
	}
	return version
}

func (f fixture) set(t time.Time, from *time.Time, values string) ([]policy.Row, error) {
	f.Helper()
	change := policy.Change{From: from}
	if err := json.Unmarshal([]byte(values), &change.Values); err != nil {
		f.Fatal(err)
	}
	return policy.Store{DB: f.db}.Set(at(t), policy.Of[rules](), f.version(t), change)
}

func (f fixture) must(t time.Time, from *time.Time, values string) {
	f.Helper()
	if _, err := f.set(t, from, values); err != nil {
		f.Fatal(err)
	}
}

func each(t *testing.T, test func(f fixture)) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) { test(fixture{t, db}) })
}

func TestInForce(t *testing.T) {
	each(t, func(f fixture) {
		if got := f.read(noon); got.Days != 7 || !got.Open || got.Line != "" || !slices.Equal(got.Places, []string{"gate"}) {
			f.Errorf("before anything is set: %+v", got)
		}
		f.must(noon, nil, `{"days": 10, "open": false, "line": " 비가 오면 ", "places": ["gate", "library", "gate"]}`)
		if got := f.read(noon); got.Days != 10 || got.Open || got.Line != "비가 오면" || !slices.Equal(got.Places, []string{"library", "gate"}) {
			f.Errorf("%+v", got)
		}
		if got := f.read(noon.Add(-time.Millisecond)); got.Days != 7 || !got.Open {
			f.Errorf("a moment before: %+v", got)
		}
		f.must(noon.Add(time.Hour), nil, `{"days": 7}`)
		if got := f.read(noon.Add(time.Hour)); got.Days != 7 || got.Open {
			f.Errorf("back to the default, and what is not named stays: %+v", got)
		}
	})
}

// A list of none is a list, in JSON too.
func TestNone(t *testing.T) {
	each(t, func(f fixture) {
		f.must(noon, nil, `{"places": []}`)
		state, _, err := policy.Store{DB: f.db}.State(at(noon), policy.Of[rules]())
		if err != nil || string(state[3].Value) != `[]` || string(state[3].Default) != `["gate"]` {
			f.Errorf("%s, %v", state[3].Value, err)
		}
		if site := policy.Of[policy.Site](); string(site.Items[1].Default()) != `[]` {
			f.Errorf("%s", site.Items[1].Default())
		}
	})
}

func TestAhead(t *testing.T) {
	each(t, func(f fixture) {
		f.must(noon, later(24*time.Hour), `{"open": false}`)
		f.must(noon, later(48*time.Hour), `{"days": 14, "open": false}`)
		value, changes, err := policy.ReadUntil[rules](at(noon), f.db)
		if err != nil || value.Days != 7 || changes == nil || !changes.Equal(noon.Add(24*time.Hour)) {
			f.Errorf("%+v until %v, %v", value, changes, err)
		}
		if got := f.read(noon.Add(48*time.Hour - time.Millisecond)); got.Days != 7 || got.Open {
			f.Errorf("a moment before: %+v", got)
		}
		value, changes, err = policy.ReadUntil[rules](at(noon.Add(48*time.Hour)), f.db)
		if err != nil || value.Days != 14 || changes != nil {
			f.Errorf("%+v until %v, %v", value, changes, err)
		}

		store, d := policy.Store{DB: f.db}, policy.Of[rules]()
		state, version, err := store.State(at(noon), d)
		if err != nil || len(state[0].Ahead) != 1 || len(state[1].Ahead) != 1 || string(state[0].Ahead[0].Value) != "14" || state[0].Set != nil || string(state[0].Value) != "7" {
			f.Errorf("%+v, %v; what would change nothing is not ahead", state, err)
		}
		if err := store.Cancel(at(noon), d, version-1, "days", noon.Add(48*time.Hour)); !errors.Is(err, problem.Stale()) {
			f.Errorf("taken back by who has read something else: %v", err)
		}
		if err := store.Cancel(at(noon), d, version, "days", noon.Add(48*time.Hour)); err != nil {
			f.Error(err)
		}
		if err := store.Cancel(at(noon), d, version+1, "days", noon.Add(48*time.Hour)); !errors.Is(err, problem.Absent()) {
			f.Errorf("taken back twice: %v", err)
		}
		if err := store.Cancel(at(noon.Add(25*time.Hour)), d, version+1, "open", noon.Add(24*time.Hour)); !errors.Is(err, problem.Absent()) {
			f.Errorf("taken back after it has begun: %v", err)
		}
		if got := f.read(noon.Add(72 * time.Hour)); got.Days != 7 || got.Open {
			f.Errorf("after one was taken back: %+v", got)
		}

		f.must(noon, later(24*time.Hour), `{"open": true}`) // as it would be anyway
		if _, changes, err = policy.ReadUntil[rules](at(noon), f.db); changes != nil || err != nil {
			f.Errorf("ahead is %v, %v", changes, err)
		}
		for i := range policy.Scheduled { // as many as may be
			f.must(noon, later(time.Duration(i+1)*time.Hour), fmt.Sprintf(`{"days": %d}`, i%2+1))
		}
		if _, err := f.set(noon, later(1000*time.Hour), `{"open": false}`); problem.Find(err) == nil || problem.Find(err).Code != "too-many-changes" {
			f.Errorf("one more ahead: %v", err)
		}
		f.must(noon, nil, `{"line": "still"}`)
	})
}

func TestRefused(t *testing.T) {
	f := fixture{t, databasetest.SQLite(t)}
	for values, want := range map[string]string{
		`{"days": 0}`: "values.days out-of-range", `{"days": 31}`: "values.days out-of-range", `{"days": 1.5}`: "values.days malformed", `{"days": "7"}`: "values.days malformed",
		`{"days": null}`: "values.days malformed", `{"days": 1e30}`: "values.days malformed", `{"open": 1}`: "values.open malformed", `{"open": null}`: "values.open malformed",
		`{"line": "스물한 글자까지는 한 줄에 적을 수 없습니다"}`: "values.line too-long", `{"line": "a\nb"}`: "values.line", `{"line": []}`: "values.line malformed",
		`{"places": ["gate", "moon"]}`: "values.places[1] unknown", `{"places": "gate"}`: "values.places malformed", `{"places": null}`: "values.places malformed",
		`{"colour": 1}`: "values.colour unknown", `{}`: "values required", `{"days": 9, "Days": 9}`: "values.Days unknown",
	} {
		_, err := f.set(noon, nil, values)
		p := problem.Find(err)
		if p == nil || p.Kind != problem.Invalid || !strings.Contains(strings.ReplaceAll(p.Error(), ": ", " "), "["+want) {
			t.Errorf("%s: %v, want %s", values, err, want)
		}
	}
	for _, c := range []struct {
		from time.Duration
		code string
	}{{0, "too-early"}, {-time.Hour, "too-early"}, {time.Microsecond, "too-early"}, {(policy.Ahead*24 + 1) * time.Hour, "too-late"}} {
		if _, err := f.set(noon, later(c.from), `{"days": 9}`); problem.Find(err) == nil || problem.Find(err).Fields[0].Code != c.code {
			t.Errorf("from %s: %v", c.from, err)
		}
	}
	if got, version := f.read(noon.AddDate(2, 0, 0)), f.version(noon); got.Days != 7 || version != policy.First {
		t.Errorf("what was refused is written: %+v, version %d", got, version)
	}
}

// Of several who change one version the first wins, though another change begins later than all
// of theirs.
func TestAtOnce(t *testing.T) {
	each(t, func(f fixture) {
		for _, prepare := range []func(){func() {}, func() { f.must(noon, later(24*time.Hour), `{"days": 3}`) }} {
			prepare()
			store, version, errs := policy.Store{DB: f.db}, f.version(noon), make([]error, 6)
			var group sync.WaitGroup
			for i := range errs {
				group.Go(func() {
					name, value := "days", fmt.Sprint(10+i)
					if i%2 == 1 {
						name, value = "open", "false"
					}
					_, errs[i] = store.Set(at(noon), policy.Of[rules](), version, policy.Change{Values: map[string]json.RawMessage{name: json.RawMessage(value)}})
				})
			}
			group.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, problem.Stale()) {
					f.Error(err)
				}
			}
			if won != 1 {
				f.Errorf("%d have won: %v", won, errs)
			}
		}
	})
}

// Another release has other types, bounds and names: what no longer fits counts as the default,
// and is said to be so until it is set anew.
func TestUnfit(t *testing.T) {
	each(t, func(f fixture) {
		f.must(noon, nil, `{"days": 10, "open": false, "line": "x"}`)
		value, err := policy.Read[stricter](at(noon), f.db)
		if err != nil || value != (stricter{"a week", 3, true}) {
			f.Errorf("%+v, %v", value, err)
		}
		store, d := policy.Store{DB: f.db}, policy.Of[stricter]()
		state, version, err := store.State(at(noon), d)
		if err != nil || !state[0].Unfit || !state[1].Unfit || state[2].Unfit || string(state[0].Value) != `"a week"` || state[0].Set == nil || string(state[0].Set.Value) != "10" {
			f.Errorf("%+v, %v", state, err)
		}
		// Setting the default is something, since the row that does not fit may fit another time.
		rows, err := store.Set(at(noon.Add(time.Hour)), d, version, policy.Change{Values: map[string]json.RawMessage{"days": json.RawMessage(`"a week"`)}})
		if err != nil || len(rows) != 1 {
			f.Errorf("%+v, %v", rows, err)
		}
		if state, _, err = store.State(at(noon.Add(time.Hour)), d); err != nil || state[0].Unfit {
			f.Errorf("%+v, %v", state, err)
		}
	})
}

// Machines' clocks differ by seconds: the decision that was made later is in force all the same.
func TestClocks(t *testing.T) {
	each(t, func(f fixture) {
		f.must(noon.Add(5*time.Second), nil, `{"days": 10, "open": false}`) // by a clock that is ahead
		f.must(noon, nil, `{"days": 12}`)
		for _, when := range []time.Duration{0, 5 * time.Second, time.Hour} {
			if got := f.read(noon.Add(when)); got.Days != 12 {
				f.Errorf("after %s: %+v", when, got)
			}
		}
		if got := f.read(noon.Add(5 * time.Second)); got.Open {
			f.Errorf("what was not set again is gone: %+v", got)
		}
	})
}

func TestPersonal(t *testing.T) {
	each(t, func(f fixture) {
		f.must(noon, nil, `{"days": 10}`)
		data := policy.Store{DB: f.db}.Personal()[0]
		shown, err := data.Export(at(noon), somebody)
		if body, _ := json.Marshal(shown); err != nil || !strings.Contains(string(body), `"name":"days","value":10`) {
			f.Errorf("%s, %v", body, err)
		}
		if err := data.Forget(at(noon), somebody); err != nil {
			f.Error(err)
		}
		state, _, err := policy.Store{DB: f.db}.State(at(noon), policy.Of[rules]())
		if err != nil || state[0].Set == nil || state[0].Set.By != "" || string(state[0].Value) != "10" {
			f.Errorf("%+v, %v", state[0], err)
		}
	})
}

// Whatever is set, scheduled and taken back, in force is what a plain list of decisions says.
func TestHistories(t *testing.T) {
	type decision struct {
		name string
		from int64
	}
	f := fixture{t, databasetest.SQLite(t)}
	rapid.Check(t, func(r *rapid.T) {
		for _, table := range []string{"policies", "policy_domains"} {
			if _, err := f.db.Exec(at(noon), `DELETE FROM `+table); err != nil {
				r.Fatal(err)
			}
		}
		now := noon
		set := map[decision]string{}
		is := func(name, otherwise string, at time.Time) string {
			newest := int64(-1)
			for d, value := range set {
				if d.name == name && d.from <= at.UnixMilli() && d.from > newest {
					newest, otherwise = d.from, value
				}
			}
			return otherwise
		}
		for range rapid.IntRange(1, 12).Draw(r, "decisions") {
			now = now.Add(time.Duration(rapid.IntRange(1, 3).Draw(r, "hours")) * time.Hour)
			name, otherwise, value := "days", "7", fmt.Sprint(rapid.IntRange(6, 9).Draw(r, "days"))
			if rapid.Bool().Draw(r, "open?") {
				name, otherwise, value = "open", "true", fmt.Sprint(rapid.Bool().Draw(r, "open"))
			}
			switch rapid.IntRange(0, 2).Draw(r, "what") {
			case 0:
				f.must(now, nil, fmt.Sprintf(`{%q: %s}`, name, value))
				set[decision{name, now.UnixMilli()}] = value
			case 1:
				from := now.Add(time.Duration(rapid.IntRange(1, 5).Draw(r, "ahead")) * time.Hour)
				f.must(now, &from, fmt.Sprintf(`{%q: %s}`, name, value))
				delete(set, decision{name, from.UnixMilli()})
				if is(name, otherwise, from) != value {
					set[decision{name, from.UnixMilli()}] = value
				}
			default:
				for _, d := range slices.SortedFunc(maps.Keys(set), func(a, b decision) int { return int(a.from - b.from) }) {
					if d.from > now.UnixMilli() {
						if err := (policy.Store{DB: f.db}).Cancel(at(now), policy.Of[rules](), f.version(now), d.name, clock.FromMillis(d.from)); err != nil {
							r.Fatal(err)
						}
						delete(set, d)
						break
					}
				}
			}
			for hours := range 8 {
				when := now.Add(time.Duration(hours) * time.Hour)
				got := f.read(when)
				if want := is("days", "7", when) + is("open", "true", when); fmt.Sprint(got.Days)+fmt.Sprint(got.Open) != want {
					r.Fatalf("at %s: %+v, want %s of %v", when, got, want, set)
				}
			}
		}
	})
}
