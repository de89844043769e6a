package rule_test

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

type bus struct{}

func (bus) Publish(context.Context, event.Event) error { return nil }

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

// model is what is known of a rulebook beside its store: each promulgated text by its articles, and
// from when on what changed.
type model struct {
	rt     *rapid.T
	db     *database.DB
	store  rule.Writer
	now    time.Time
	text   map[string]string // the last promulgated text: numbers to what they say; none after a repeal
	lives  map[string]int    // how often an article of a number was begun anew
	number int               // of the last version begun
	steps  []step            // in the order of promulgation
	ids    []thing.Ref
	stays  map[string]string // what each address of an article that was ever shown said
}

// step is what one version did: articles, by number and life, to what they say, or "" where they end, by their days.
type step struct {
	day  map[string]string
	said map[string]string
	kind rule.Act
	on   string // the day of what has none of its own

	early bool // an article begins before the rest
}

func (m *model) ctx(who auth.Principal) context.Context {
	return auth.With(clock.With(context.Background(), m.now), who)
}

var admin = auth.Principal{MemberID: "a", Grants: []auth.Grant{{Role: auth.Admin}}}

// source writes a text of articles by their numbers.
func source(text map[string]string) string {
	var b strings.Builder
	for i, n := range slices.Sorted(maps.Keys(text)) {
		if i%2 == 0 {
			fmt.Fprintf(&b, "제%d장 %d번째\n", i/2+1, i)
		}
		fmt.Fprintf(&b, "제%s조(이름) ① %s\n② 그대로 둔다.\n", n, text[n])
	}
	return b.String()
}

// amend draws a new text, writes it, and sometimes promulgates it.
func (m *model) amend() {
	next := maps.Clone(m.text)
	if next == nil {
		next = map[string]string{}
	}
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		switch rapid.IntRange(0, 5).Draw(m.rt, "becomes") {
		case 0:
			delete(next, n)
		case 1, 2:
			next[n] = rapid.SampledFrom([]string{"공개한다.", "공개하지 아니한다.", "30일 안에 올린다.", "7일 안에 올린다."}).Draw(m.rt, "said")
		}
	}
	if len(next) == 0 {
		next["1"] = "남는다."
	}
	kind := rule.Enactment
	if len(m.text) > 0 {
		kind = rapid.SampledFrom([]rule.Act{rule.Amendment, rule.Amendment, rule.Amendment, rule.Revision, rule.Repeal}).Draw(m.rt, "kind")
	}
	if kind == rule.Repeal {
		next = map[string]string{}
	}
	day := func(name string) string {
		return clock.Day(m.now.AddDate(0, 0, rapid.IntRange(0, 5).Draw(m.rt, name)))
	}
	d := rule.Draft{Kind: string(kind), Amendment: 1, Source: source(next), EffectiveOn: day("effective")}
	if rapid.Bool().Draw(m.rt, "announced") {
		at := m.now.Add(time.Duration(rapid.IntRange(0, 50).Draw(m.rt, "hours")) * time.Hour)
		d.AnnouncedAt = &at
	}
	numbers := slices.Sorted(maps.Keys(next))
	if len(numbers) > 0 && rapid.Bool().Draw(m.rt, "override") {
		d.Overrides = []rule.Override{{Article: rapid.SampledFrom(numbers).Draw(m.rt, "article"), EffectiveOn: day("own")}}
	}
	s := step{day: map[string]string{}, said: map[string]string{}, kind: kind, on: d.EffectiveOn}
	for _, n := range []string{"1", "2", "3", "4", "5"} {
		if is, was := next[n], m.text[n]; is != was || kind == rule.Revision && is != "" {
			key := fmt.Sprint(n, "#", m.lives[n])
			if was == "" {
				key = fmt.Sprint(n, "#", m.lives[n]+1)
			}
			s.said[key], s.day[key] = is, d.EffectiveOn
			if len(d.Overrides) == 1 && d.Overrides[0].Article == n {
				s.day[key] = d.Overrides[0].EffectiveOn
				s.early = s.early || s.day[key] < d.EffectiveOn
			}
		}
	}
	ctx := m.ctx(admin)
	if kind == rule.Revision || kind == rule.Repeal { // also of what another one ends later
		for key, said := range m.in(d.EffectiveOn) {
			if _, there := s.day[key]; !there && said != "" {
				s.day[key], s.said[key] = d.EffectiveOn, ""
			}
		}
	}
	var v rule.Version
	err := m.db.Atomic(ctx, func(ctx context.Context) (err error) {
		v, err = m.store.Begin(ctx, "a", 0, d)
		return err
	})
	if err != nil {
		m.rt.Fatal(err)
	}
	m.number++
	m.ids = append(m.ids, rule.AmendmentRef(v.ID))
	if rapid.IntRange(0, 3).Draw(m.rt, "stays a draft") == 0 {
		return
	}
	err = m.db.Atomic(ctx, func(ctx context.Context) error {
		_, err := m.store.Promulgate(ctx, "a", v.Number, v.Version, clock.Day(m.now))
		return err
	})
	overlaps := false
	for _, before := range m.steps {
		for n, day := range s.day {
			overlaps = overlaps || before.day[n] == day
		}
	}
	early := false
	if last := len(m.steps) - 1; last >= 0 && m.steps[last].kind == rule.Repeal && kind == rule.Enactment {
		for _, day := range append(slices.Collect(maps.Values(s.day)), d.EffectiveOn) {
			early = early || day < m.steps[last].on
		}
	}
	switch p := problem.Find(err); {
	case early && (p == nil || !slices.ContainsFunc(p.Fields, func(f problem.Field) bool { return f.Code == "effective-before-repealed" })):
		m.rt.Fatalf("%v, want it to begin when what was repealed ended", err)
	case early:
		return
	case overlaps && (p == nil || p.Code != "overlap"):
		m.rt.Fatalf("%v, want an overlap", err)
	case overlaps:
		return
	case err != nil && p != nil && p.Code == "overlap":
		return // two articles of one number on a day, as where one ends later than another begins
	case err != nil:
		m.rt.Fatal(err)
	}
	for n := range next {
		if m.text[n] == "" {
			m.lives[n]++
		}
	}
	for _, before := range m.steps { // what this one was written as a change of never comes back
		for n, day := range s.day {
			if before.day[n] > day {
				delete(before.day, n)
			}
		}
		for n, day := range before.day {
			if _, said := s.day[n]; !said && (kind == rule.Revision || kind == rule.Repeal) && day > s.on {
				delete(before.day, n)
			}
		}
	}
	m.text, m.steps = next, append(m.steps, s)
}

// in is what articles say on a day by brute force, by their numbers and lives: each day's changes, one after the other.
func (m *model) in(day string) map[string]string {
	newest := map[string]string{} // days by articles
	text := map[string]string{}
	for _, s := range m.steps {
		for n, d := range s.day {
			if d <= day && d >= newest[n] {
				newest[n] = d
				text[n] = s.said[n]
			}
		}
	}
	return text
}

// at is the text of a day by its numbers.
func (m *model) at(day string) map[string]string {
	numbers := map[string]string{}
	for key, said := range m.in(day) {
		if n, _, _ := strings.Cut(key, "#"); said != "" {
			numbers[n] = said
		}
	}
	return numbers
}

// reads fails unless the store's text of a day is the model's.
func (m *model) reads(day string) {
	ctx := m.ctx(auth.Principal{})
	shelf, _, err := m.store.Shelf(ctx, "a")
	want := m.at(day)
	if p := problem.Find(err); p != nil && len(want) == 0 {
		return
	}
	if err != nil {
		m.rt.Fatal(err)
	}
	r, err := m.store.At(ctx, shelf, day)
	if p := problem.Find(err); p != nil && p.Code == "not-in-force" && len(want) == 0 {
		return
	}
	if err != nil {
		m.rt.Fatalf("%s: %v, want %v", day, err, want)
	}
	got, order := map[string]string{}, []string{}
	for _, a := range r.Articles() {
		got[a.Number] = a.Items[0].Text
		order = append(order, a.Number)
		if began := r.Began(a.Key); began > day || began == "" {
			m.rt.Fatalf("제%s조 began on %q, after %s", a.Number, began, day)
		}
		if began := r.Began(a.Key); began <= clock.Day(m.now) { // before, another version may overtake it
			m.addressed(ctx, shelf, a, began)
		}
	}
	if !maps.Equal(got, want) || len(order) != len(want) || !slices.IsSorted(order) {
		m.rt.Fatalf("on %s it says %v in the order %v, want %v", day, got, order, want)
	}
}

// addressed fails unless the address of an article, its number and the day it began on, leads to what the article says, and
// to nothing else than ever before.
func (m *model) addressed(ctx context.Context, shelf rule.Shelved, a rule.Article, began string) {
	address, said := rule.ArticlePath("a", a.Number, began), strings.Join(a.Lines(), "\n")
	before, known := m.stays[address]
	if known && before != said {
		m.rt.Fatalf("%s says %q, and said %q", address, said, before)
	}
	if m.stays[address] = said; known {
		return
	}
	r, err := m.store.At(ctx, shelf, began)
	if err != nil {
		m.rt.Fatal(err)
	}
	if there, found := r.Article(a.Number); !found || strings.Join(there.Lines(), "\n") != said {
		m.rt.Fatalf("%s leads to %q, want %q", address, there.Lines(), said)
	}
}

// Whatever is written, announced and promulgated when, with days of their own and in whatever
// order the days come: the text of each day is that of brute force, for ever; the address of an article that has begun, too; everybody reads the
// same things as articles and versions; and the chores find nothing to mend.
func TestHistories(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		things := thing.Store{DB: db}
		rapid.Check(t, func(rt *rapid.T) {
			for _, table := range []string{"rulebooks", "rule_versions", "rule_articles", "rule_acts", "rule_days", "things", "thing_letters", "thing_links", "thing_pages", "thing_dates", "thing_walks", "outbox", "touches"} {
				if _, err := db.Exec(t.Context(), `DELETE FROM `+table); err != nil {
					rt.Fatal(err)
				}
			}
			m := &model{rt: rt, db: db, store: rule.NewWriter(db, &event.Outbox{DB: db, Bus: bus{}, Log: slog.New(slog.DiscardHandler)}, "https://council.example"), now: noon, lives: map[string]int{}, stays: map[string]string{}}
			if err := db.Atomic(m.ctx(admin), func(ctx context.Context) error {
				_, err := m.store.Add(ctx, "a", rule.Content{Unit: "총학", Title: "회칙"}, []string{"총학"})
				return err
			}); err != nil {
				rt.Fatal(err)
			}
			for range rapid.IntRange(1, 5).Draw(rt, "steps") {
				if rapid.IntRange(0, 2).Draw(rt, "waits") == 0 {
					m.now = m.now.AddDate(0, 0, rapid.IntRange(1, 3).Draw(rt, "days"))
				}
				m.amend()
				for i := -2; i < 12; i++ {
					m.reads(clock.Day(m.now.AddDate(0, 0, i)))
				}
			}
			m.things(things)
			m.repealed()
		})
	})
}

// repealed holds that a rulebook is called repealed as long as nothing is in force after a repeal, and that what was overtaken is
// neither told nor in a calendar.
func (m *model) repealed() {
	now := m.now
	defer func() { m.now = now }()
	for i := range 12 {
		m.now = now.AddDate(0, 0, i)
		ctx := m.ctx(admin)
		shelf, _, err := m.store.Shelf(ctx, "a")
		if err != nil {
			m.rt.Fatal(err)
		}
		text := m.at(clock.Day(m.now))
		// A version is what a rulebook is called by from its own day on, whichever of its articles began before.
		if shelf.Repealed() && len(text) > 0 && !slices.ContainsFunc(m.steps, func(s step) bool { return s.early }) {
			m.rt.Fatalf("on %s it is called repealed and says %v: %+v", clock.Day(m.now), text, m.steps)
		}
		if last := len(m.steps) - 1; last >= 0 && m.steps[last].kind == rule.Repeal && m.steps[last].on <= clock.Day(m.now) && (len(text) > 0 || !shelf.Repealed()) {
			m.rt.Fatalf("on %s, repealed on %s, it says %v: %+v", clock.Day(m.now), m.steps[last].on, text, m.steps)
		}
	}
	untold, err := database.All(m.ctx(admin), m.db, database.Value[int64], `SELECT COUNT(*) FROM rule_days d WHERE EXISTS (SELECT 1 FROM rule_acts a WHERE a.version_id = d.version_id AND a.effective_on = d.effective_on)
		AND NOT EXISTS (SELECT 1 FROM rule_acts a WHERE a.version_id = d.version_id AND a.effective_on = d.effective_on AND a.rank >= 0)`)
	if err != nil || untold[0] != 0 {
		m.rt.Fatalf("%v days on which nothing begins, %v", untold, err)
	}
}

// things holds that the index says the same as the rules, now and at midnights to come, and that
// NextChange knows when that changes.
func (m *model) things(things thing.Store) {
	rt := m.rt
	for _, source := range m.store.Things() {
		if n, err := things.Chores(source)[0].Run(m.ctx(auth.Principal{})); n != 0 || err != nil {
			rt.Fatalf("%d things of %s were mended, %v", n, source.Kind, err)
		}
	}
	acts, err := database.All(m.ctx(admin), m.db, database.Value[string], `SELECT id FROM rule_acts WHERE ends = 0`)
	if err != nil {
		rt.Fatal(err)
	}
	refs := slices.Clone(m.ids)
	for _, id := range acts {
		refs = append(refs, rule.Ref(id))
	}
	now := m.now
	defer func() { m.now = now }()
	for i := range 8 {
		for _, at := range []time.Time{now.AddDate(0, 0, i), clock.Midnight(now).AddDate(0, 0, i+1).Add(-time.Millisecond), clock.Midnight(now).AddDate(0, 0, i+1)} {
			m.now = at
			for name, who := range map[string]auth.Principal{
				"guest": {}, "member": {MemberID: "m"}, "student": {MemberID: "m", Verified: true}, "other editor": {MemberID: "m", Grants: []auth.Grant{{Role: auth.Editor, Unit: "동연"}}},
				"editor": {MemberID: "m", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}}, "admin": admin,
			} {
				ctx := m.ctx(who)
				found, err := things.Readable(ctx, refs...)
				if err != nil {
					rt.Fatal(err)
				}
				versions, said := 0, []string{}
				for ref, t := range found {
					if ref.Kind == rule.AmendmentKind {
						versions++
					} else if t.Visible(at) {
						said = append(said, strings.TrimPrefix(t.Title, "회칙 제")+"|"+t.Line)
					}
				}
				want := []string{}
				for n, text := range m.at(clock.Day(at)) {
					want = append(want, n+"조(이름)|① "+text+" ② 그대로 둔다.")
				}
				slices.Sort(said)
				slices.Sort(want)
				if !slices.Equal(said, want) {
					rt.Fatalf("%s at %s reads the things %q, and the rules say %q", name, at, said, want)
				}
				shelf, _, err := m.store.Shelf(ctx, "a")
				if problem.Find(err) == nil && err != nil || err == nil && len(shelf.Versions) != versions || err != nil && versions != 0 {
					rt.Fatalf("%s at %s reads %d things of versions, and %d versions, %v", name, at, versions, len(shelf.Versions), err)
				}
			}
		}
	}
}

// A comparison without ends shows another version once one is announced: readers who do not see that one yet are told when.
func TestComparisonChanges(t *testing.T) {
	db := databasetest.SQLite(t)
	w := rule.NewWriter(db, &event.Outbox{DB: db, Bus: bus{}, Log: slog.New(slog.DiscardHandler)}, "https://council.example")
	ctx := auth.With(clock.With(context.Background(), noon), admin)
	in := func(do func(ctx context.Context) error) {
		t.Helper()
		if err := db.Atomic(ctx, do); err != nil {
			t.Fatal(err)
		}
	}
	in(func(ctx context.Context) error {
		_, err := w.Add(ctx, "a", rule.Content{Unit: "총학", Title: "회칙"}, []string{"총학"})
		return err
	})
	draft := rule.Draft{Kind: string(rule.Enactment), Source: "제1조(목적) 글", EffectiveOn: clock.Day(noon)}
	in(func(ctx context.Context) error {
		_, err := w.Begin(ctx, "a", 0, draft)
		return err
	})
	in(func(ctx context.Context) error {
		_, err := w.Promulgate(ctx, "a", 1, 1, clock.Day(noon))
		return err
	})
	at := noon.Add(time.Hour)
	draft.Kind, draft.Amendment, draft.AnnouncedAt, draft.Source = string(rule.Amendment), 1, &at, "제1조(목적) 다른 글"
	in(func(ctx context.Context) error {
		_, err := w.Begin(ctx, "a", 0, draft)
		return err
	})
	guest := auth.With(ctx, auth.Principal{})
	c, err := w.Sides(guest, "a", "", "")
	if err != nil || c.To.Name != "1" || !slices.ContainsFunc(c.Times, func(t *time.Time) bool { return t.Equal(at) }) {
		t.Errorf("%+v %v", c, err)
	}
	if c, err = w.Sides(clock.With(guest, at), "a", "", ""); err != nil || c.To.Name != "2" || c.From.Name != "1" {
		t.Errorf("%+v %v", c, err)
	}
}

// There are so many rulebooks and no more, however many are begun at once.
func TestMostBooks(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		store := rule.NewWriter(db, &event.Outbox{DB: db, Bus: bus{}, Log: slog.New(slog.DiscardHandler)}, "https://council.example.ac.kr")
		ctx := auth.With(clock.With(context.Background(), noon), admin)
		for i := range rule.MostBooks {
			if _, err := db.Exec(ctx, `INSERT INTO rulebooks (id, slug, unit, title, body, parent, begun, changes, version, created_at, updated_at) VALUES ($1, $2, '총학', '회칙', '', '', 0, 1, 1, 0, 0)`, fmt.Sprintf("%03d", i), fmt.Sprintf("book-%03d", i)); err != nil {
				t.Fatal(err)
			}
		}
		free := func() {
			if _, err := db.Exec(ctx, `DELETE FROM rulebooks WHERE id = (SELECT MIN(id) FROM rulebooks)`); err != nil {
				t.Fatal(err)
			}
		}
		free()
		databasetest.LastPlace(t, func(n int) (bool, error) {
			err := db.Atomic(ctx, func(ctx context.Context) error {
				_, err := store.Add(ctx, fmt.Sprintf("last-%d", n), rule.Content{Unit: "총학", Title: "마지막 회칙", Body: "중앙운영위원회"}, []string{"총학"})
				return err
			})
			if p := problem.Find(err); p != nil && p.Kind == problem.Conflict {
				return false, nil
			}
			return err == nil, err
		}, free)
	})
}
