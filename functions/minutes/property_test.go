package minutes_test

import (
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// model is what should be true of minutes: the words that readers of each step see, each a word that
// stands nowhere else.
type model struct {
	step    minute.Step
	held    time.Time
	deleted bool
	words   map[minute.Step][]string
	secret  []string // now and before, whatever became of them
}

// writer makes contents of words that were never used before.
type writer struct {
	rt    *rapid.T
	count int
}

func (w *writer) word(kind string) string {
	w.count++
	return fmt.Sprintf("%s%04d끝", kind, w.count)
}

// content is what a secretary writes of a meeting, what readers of each step see of it, and what nobody does.
func (w *writer) content(m map[string]any, held bool) (words map[minute.Step][]string, secret []string) {
	place, chair, text := w.word("곳"), w.word("의장"), w.word("글")
	words = map[minute.Step][]string{minute.Announced: {place}, minute.Decisions: {chair}, minute.Full: {text}}
	items := []any{}
	for range rapid.IntRange(0, 3).Draw(w.rt, "items") {
		title, said := w.word("안건"), w.word("말")
		words[minute.Announced], words[minute.Full] = append(words[minute.Announced], title), append(words[minute.Full], said)
		item := map[string]any{"title": title, "kind": "motion", "text": "**" + said + "**"}
		if held {
			item["decision"] = rapid.SampledFrom([]string{"", "passed", "rejected"}).Draw(w.rt, "decision")
		}
		items = append(items, item)
	}
	if rapid.Bool().Draw(w.rt, "withheld") {
		hidden := w.word("비밀")
		secret = append(secret, hidden)
		text += "\n[비공개: 사유]\n" + hidden + "\n" + rapid.SampledFrom([]string{"[비공개 끝]", "[비공개끝]\n", ""}).Draw(w.rt, "end")
	}
	m["place"], m["chair"], m["items"], m["text"] = place, chair, items, text
	if !held {
		delete(m, "present")
	}
	return words, secret
}

// Whatever is written, edited, saved by itself, published, deleted, restored and when: what guests get
// of pages, the API and the index of things is what the steps say, word by word, and what is withheld
// is nowhere.
func TestGuestsSeeTheSteps(t *testing.T) {
	for engine, option := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) {
			guestsSeeTheSteps(t, enter(t, append(option, functiontest.WithSettings(func(s *function.Settings) {
				s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("0.0.0.0/0")} // how often somebody asks is another test's
			}))...))
		})
	}
}

func guestsSeeTheSteps(t *testing.T, r room) {
	round := 1
	rapid.Check(t, func(rt *rapid.T) {
		for _, table := range []string{"minute_revisions", "minute_withheld", "minutes", "things", "thing_letters", "thing_links", "thing_dates", "thing_walks", "outbox"} {
			if _, err := r.DB.Exec(r.Context(), `DELETE FROM `+table); err != nil {
				rt.Fatal(err)
			}
		}
		r.editor, r.admin = r.Holder(auth.Editor, "총학"), r.Holder(auth.Admin, "총학")
		w, all := &writer{rt: rt, count: round * 1000}, map[string]*model{}
		do := func(method, path, as string, body any) functiontest.Response {
			return r.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: map[string]string{"If-Match": "*"}})
		}
		rounds := map[string]int{}
		begin := func() {
			round++
			m := r.meeting(round, time.Duration(rapid.IntRange(-2, 1).Draw(rt, "held"))*day)
			words, secret := w.content(m, !m["heldAt"].(time.Time).After(r.Now())) //nolint:forcetypeassert // made above
			made := do("POST", "/v1/minutes", r.editor, m)
			if made.Status != 201 {
				rt.Fatal(string(made.Body))
			}
			id := functiontest.JSON[got](made).ID
			all[id] = &model{step: minute.Draft, held: m["heldAt"].(time.Time), words: words, secret: secret} //nolint:forcetypeassert // made above
			rounds[id] = round
		}
		begin()
		for range rapid.IntRange(1, 8).Draw(rt, "steps") {
			r.Wait(time.Minute) // nobody writes as fast as this test
			ids := slices.Sorted(maps.Keys(all))
			id := rapid.SampledFrom(ids).Draw(rt, "minutes")
			m := all[id]
			path := "/v1/minutes/" + id
			switch rapid.IntRange(0, 6).Draw(rt, "deed") {
			case 0:
				begin()
			case 1, 2: // an edit, by hand or by itself
				c := r.meeting(rounds[id], 0)
				c["heldAt"], c["draft"], c["reason"] = m.held, rapid.Bool().Draw(rt, "draft"), "정정"
				words, secret := w.content(c, !m.held.After(r.Now()))
				answer := do("PUT", path, r.editor, c)
				m.secret = append(m.secret, secret...)
				want := 200
				switch {
				case m.deleted:
					want = 404
				case c["draft"] == true && m.step != minute.Draft:
					want = 409
				}
				if answer.Status != want {
					rt.Fatalf("%d, want %d: %s", answer.Status, want, answer.Body)
				}
				if want == 200 {
					m.words = words
				}
			case 3, 4:
				step := rapid.SampledFrom(minute.Steps()).Draw(rt, "step")
				answer := do("POST", path+"/publish", r.editor, map[string]any{"step": step})
				want := 200
				switch {
				case m.deleted:
					want = 404
				case m.step.Reached(step), step.Reached(minute.Decisions) && m.held.After(r.Now()):
					want = 409
				}
				if answer.Status != want {
					rt.Fatalf("%d, want %d: %s", answer.Status, want, answer.Body)
				}
				if want == 200 {
					m.step = step
				}
			case 5:
				if m.deleted {
					if answer := do("POST", "/v1/admin/minutes/"+id+"/restore", r.admin, nil); answer.Status == 200 {
						m.deleted = false
					}
				} else if do("DELETE", path, r.admin, nil).Status == 204 {
					m.deleted = true
				}
			case 6:
				r.Wait(time.Duration(rapid.IntRange(1, 40).Draw(rt, "hours")) * time.Hour)
			}
			r.compare(rt, all)
		}
	})
}

// compare holds what guests get against the model.
func (r room) compare(rt *rapid.T, all map[string]*model) {
	things := thing.Store{DB: r.DB}
	rate := minute.Rate{}
	for id, m := range all {
		whole := strings.Builder{}
		for _, path := range []string{"/minutes/" + id, "/en/minutes/" + id, "/v1/minutes/" + id} {
			answer := r.Do(functiontest.Request{Method: "GET", Path: path})
			if seen := answer.Status == 200; seen != (!m.deleted && m.step != minute.Draft) {
				rt.Fatalf("%s answers %d at step %s, deleted %v", path, answer.Status, m.step, m.deleted)
			}
			r.words(rt, path, string(answer.Body), m, minute.Full)
			whole.Write(answer.Body)
		}
		rows, err := database.All(r.Context(), r.DB, database.Value[string], `SELECT title || ' ' || line || ' ' || text || ' ' || folded FROM things WHERE id = $1 AND visible_from IS NOT NULL`, id)
		if err != nil {
			rt.Fatal(err)
		}
		index := strings.Join(rows, " ")
		for step, words := range m.words {
			for _, word := range words {
				if seen := strings.Contains(index, word); seen && (m.deleted || !m.step.Reached(step)) {
					rt.Fatalf("the index has %s at step %s", word, m.step)
				} else if !seen && !m.deleted && m.step.Reached(step) && !strings.HasPrefix(word, "의장") {
					rt.Fatalf("search does not find %s at step %s: %s", word, m.step, index)
				}
			}
		}
		readable, err := things.Readable(r.Context(), minute.Ref(id))
		if err != nil || (len(readable) == 1) != (!m.deleted && m.step != minute.Draft) {
			rt.Fatalf("the thing of %s: %v, %v", id, readable, err)
		}
		for _, word := range m.secret {
			if strings.Contains(whole.String()+index, word) {
				rt.Fatalf("%s is withheld, and seen", word)
			}
			for _, query := range []string{`SELECT COUNT(*) FROM minutes WHERE items || text LIKE $1`, `SELECT COUNT(*) FROM minute_revisions WHERE content LIKE $1`, `SELECT COUNT(*) FROM things WHERE text || folded LIKE $1`} {
				if n, err := database.One(r.Context(), r.DB, database.Value[int64], query, "%"+word+"%"); n != 0 || err != nil {
					rt.Fatalf("%s is withheld, and %s: %d, %v", word, query, n, err)
				}
			}
		}
		if is := r.public(id); !m.deleted && m.step != minute.Draft && (is.Due.Standing != "open") {
			rate.Of++
			if is.Due.Standing == "in-time" {
				rate.InTime++
			}
		}
	}
	list := functiontest.JSON[struct{ Rate minute.Rate }](r.Do(functiontest.Request{Method: "GET", Path: "/v1/minutes"}))
	if list.Rate != rate {
		rt.Fatalf("the rate is %+v, want %+v", list.Rate, rate)
	}
	r.same(rt, slices.Sorted(maps.Keys(all)))
	if n, err := things.Chores(minute.NewReader(r.DB).Things())[0].Run(r.Context()); n != 0 || err != nil {
		rt.Fatalf("the index differs in %d, %v", n, err)
	}
	for _, path := range []string{"/minutes", "/v1/minutes?size=100"} {
		answer := r.Do(functiontest.Request{Method: "GET", Path: path})
		for id, m := range all {
			if seen := strings.Contains(string(answer.Body), id); seen && (m.deleted || m.step == minute.Draft) {
				rt.Fatalf("%s lists %s", path, id)
			}
			r.words(rt, path, string(answer.Body), m, minute.Draft)
		}
	}
}

// same holds the things that each may read against the lists that each gets.
func (r room) same(rt *rapid.T, ids []string) {
	reader, refs := minute.NewReader(r.DB), []thing.Ref{}
	for _, id := range ids {
		refs = append(refs, minute.Ref(id))
	}
	for name, who := range map[string]auth.Principal{
		"guest": {}, "member": {MemberID: "m"}, "student": {MemberID: "m", Verified: true}, "other": {MemberID: "m", Grants: []auth.Grant{{Role: auth.Editor, Unit: "감사"}}},
		"editor": {MemberID: "m", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}}, "moderator": {MemberID: "m", Grants: []auth.Grant{{Role: auth.Moderator}}}, "admin": {MemberID: "m", Grants: []auth.Grant{{Role: auth.Admin}}},
	} {
		ctx := auth.With(r.Context(), who)
		public, err := reader.List(ctx, minute.Filter{}, cursor.Moment{}, 100)
		if err != nil {
			rt.Fatal(err)
		}
		managed, err := reader.Managed(ctx, minute.Filter{}, cursor.Moment{}, 100)
		if err != nil {
			rt.Fatal(err)
		}
		want, got := []string{}, []string{}
		for _, m := range append(public, managed...) {
			want = append(want, m.ID)
		}
		found, err := thing.Store{DB: r.DB}.Readable(ctx, refs...)
		if err != nil {
			rt.Fatal(err)
		}
		for ref := range found {
			got = append(got, ref.ID)
		}
		slices.Sort(want)
		slices.Sort(got)
		if want = slices.Compact(want); !slices.Equal(got, want) {
			rt.Fatalf("%s reads the things %v, and the minutes %v", name, got, want)
		}
	}
}

func (r room) public(id string) got {
	answer := r.Do(functiontest.Request{Method: "GET", Path: "/v1/minutes/" + id})
	if answer.Status != 200 {
		return got{}
	}
	return functiontest.JSON[got](answer)
}

// words holds one answer against the model: nothing that is not published is in it, and up to a step all that is.
func (r room) words(rt *rapid.T, path, body string, m *model, whole minute.Step) {
	for step, words := range m.words {
		for _, word := range words {
			seen, may := strings.Contains(body, word), !m.deleted && m.step.Reached(step)
			if seen && !may {
				rt.Fatalf("%s has %s at step %s", path, word, m.step)
			}
			if !seen && may && whole == minute.Full {
				rt.Fatalf("%s lacks %s at step %s", path, word, m.step)
			}
		}
	}
	for _, word := range m.secret {
		if strings.Contains(body, word) {
			rt.Fatalf("%s has %s, which is withheld", path, word)
		}
	}
}
