package thing_test

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/text"
)

var codec = cursor.New(make([]byte, 16))

// typed draws texts of few syllables as people type them: in both normal forms, full width, with what nobody sees, with signs.
func typed(t *rapid.T, name string, least, most int) string {
	out := ""
	for range rapid.IntRange(least, most).Draw(t, name+" length") {
		part := rapid.SampledFrom([]string{"정기", "총회", "회의록", "간식", "행", "ㅋㅋ", "2026", "Ａb", "%", "_", `"'`, `\`, "é", "ﾊﾟ", "가", "회의", "🙂"}).Draw(t, name)
		if rapid.IntRange(0, 3).Draw(t, name+" form") == 0 {
			part = norm.NFD.String(part)
		}
		out += part + rapid.SampledFrom([]string{"", "", "", " ", "\u00a0", "\u200b", "\u3000", "\u3164", "\n", "\u0301"}).Draw(t, name+" behind")
	}
	return out
}

// world is what there is, as somebody knows it who reads everything.
type world struct {
	things map[thing.Ref]thing.Thing
	hidden map[thing.Ref]bool
}

// found are those that who may read and that have every word, computed from the texts alone.
func (w world) found(q string, who auth.Principal, now time.Time) []string {
	ids := []string{}
	for ref, t := range w.things {
		visible := t.Path != "" && !w.hidden[ref] && t.From != nil && !t.From.After(now) && (t.Until == nil || t.Until.After(now))
		reads := who.May(auth.Write, t.Unit)
		switch t.Readers {
		case thing.Guests:
			reads = true
		case thing.Members:
			reads = reads || who.MemberID != ""
		case thing.Students:
			reads = reads || who.Verified
		case thing.Council:
			reads = reads || len(who.Grants) > 0
		case thing.Own:
			reads = reads || who.MemberID != "" && who.MemberID == t.Author
		}
		has := func(word string) bool {
			initials := !strings.ContainsFunc(word, func(r rune) bool { return r < 'ㄱ' || r > 'ㅎ' })
			for _, part := range append([]string{t.Title, t.TitleEn}, t.Tags...) {
				part = text.Squeeze(part)
				if initials && strings.Contains(text.Choseong(part), word) || !initials && strings.Contains(part, word) {
					return true
				}
			}
			return !initials && strings.Contains(text.Squeeze(t.Text), word)
		}
		all := true
		for _, word := range strings.FieldsFunc(q, unicode.IsSpace) {
			if word = text.Squeeze(word); word != "" {
				all = all && has(word)
			}
		}
		if visible && reads && all {
			ids = append(ids, ref.ID)
		}
	}
	slices.Sort(ids)
	return ids
}

var askers = map[string]auth.Principal{
	"guest": {}, "member": {MemberID: "m"}, "author": {MemberID: "me"}, "student": {MemberID: "s", Verified: true},
	"editor": {MemberID: "e", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}}, "moderator": {MemberID: "o", Grants: []auth.Grant{{Role: auth.Moderator}}},
	"admin": {MemberID: "a", Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}},
}

func draw(rt *rapid.T, id string, version int64) thing.Thing {
	minute := func(name string) *time.Time {
		n := rapid.IntRange(-2, 6).Draw(rt, name)
		if n == -2 {
			return nil
		}
		at := noon.Add(time.Duration(n) * time.Minute)
		return &at
	}
	t := thing.Thing{
		Ref: thing.Ref{Kind: rapid.SampledFrom([]string{"notice", "banner"}).Draw(rt, "kind"), ID: id}, Unit: rapid.SampledFrom([]string{"총학", "동연"}).Draw(rt, "unit"),
		Path: rapid.SampledFrom([]string{"/x/" + id, "/x/" + id, "/x/" + id, ""}).Draw(rt, "path"), Title: typed(rt, "title", 1, 3), Text: typed(rt, "text", 0, 6), Version: version,
		At: noon.Add(-time.Duration(rapid.IntRange(0, 400).Draw(rt, "age")) * 24 * time.Hour), From: minute("from"), Until: minute("until"), Author: rapid.SampledFrom([]string{"", "me"}).Draw(rt, "author"),
		TitleEn: rapid.SampledFrom([]string{"", "", "General Ａb meeting", "2026 ab"}).Draw(rt, "english title"),
		Readers: rapid.SampledFrom([]thing.Readers{thing.Guests, thing.Guests, thing.Members, thing.Students, thing.Council, thing.Own}).Draw(rt, "readers"),
	}
	if tag := typed(rt, "tag", 0, 2); !text.Blank(tag) {
		t.Tags = []string{tag}
	}
	return t
}

// searched is every page of a search, as one answer.
func searched(ctx context.Context, rt *rapid.T, s thing.Store, q thing.Query, size int) (ids []string, said string, counts map[string]int) {
	token := ""
	for {
		found, err := s.Search(ctx, q, thing.Narrow{}, codec, token, size)
		if err != nil {
			rt.Fatal(err)
		}
		for _, h := range found.Page.Items {
			ids = append(ids, h.ID)
		}
		body, err := json.Marshal(found)
		if err != nil {
			rt.Fatal(err)
		}
		said, counts = said+string(body), found.Counts
		if token = found.Page.NextCursor; token == "" {
			return ids, said, counts
		}
	}
}

// Whatever is made, edited, hidden, dropped and indexed anew when: a search finds what somebody finds who reads everything, for
// everybody who may ask, at any time and at the very millisecond of a change; counts are the items; both databases say the
// same; and what may not be read changes no byte of the answer.
func TestSearchIsReading(t *testing.T) {
	stores := map[string]thing.Store{"sqlite": {DB: databasetest.SQLite(t)}, "postgres": {DB: databasetest.Postgres(t)}}
	rapid.Check(t, func(rt *rapid.T) {
		w := world{map[thing.Ref]thing.Thing{}, map[thing.Ref]bool{}}
		ctx := at(noon, auth.Principal{})
		each := func(do func(s thing.Store) error) {
			for name, s := range stores {
				if err := do(s); err != nil {
					rt.Fatal(name, err)
				}
			}
		}
		each(func(s thing.Store) error {
			for _, table := range []string{"things", "thing_letters", "thing_walks"} {
				if _, err := s.DB.Exec(ctx, `DELETE FROM `+table); err != nil {
					return err
				}
			}
			return nil
		})
		for step := range rapid.IntRange(4, 14).Draw(rt, "steps") {
			id := fmt.Sprint("t", rapid.IntRange(0, 5).Draw(rt, "which"))
			one := draw(rt, id, int64(step+1))
			was, there := w.things[one.Ref]
			switch rapid.IntRange(0, 9).Draw(rt, "step") {
			case 0:
				each(func(s thing.Store) error { return s.Drop(ctx, one.Ref) })
				delete(w.things, one.Ref)
				delete(w.hidden, one.Ref)
			case 1:
				if there {
					w.hidden[one.Ref] = !w.hidden[one.Ref]
					each(func(s thing.Store) error { return s.Hide(ctx, one.Ref, w.hidden[one.Ref]) })
				}
			case 2:
				each(func(s thing.Store) error { _, err := s.Renew(ctx); return err })
			case 3: // an older release wrote it: the index knows nothing of what changed
				if there {
					each(func(s thing.Store) error {
						_, err := s.DB.Exec(ctx, `UPDATE things SET checksum = '2:old' WHERE id = $1`, was.ID)
						return err
					})
				}
			default:
				w.things[one.Ref] = one
				each(func(s thing.Store) error { return s.Put(ctx, one) })
			}
		}
		for range 6 {
			var f check.Fields
			asked := typed(rt, "query", 1, 3)
			switch rapid.IntRange(0, 5).Draw(rt, "query of") {
			case 0:
				asked = text.Choseong(asked)
			case 1: // the longest, of nothing but signs
				signs := rapid.SampledFrom([]string{"%", "_", `"`, "'", `\`, `%_"'`, "_%"}).Draw(rt, "signs")
				asked = strings.Repeat(signs, thing.MostQuery/len(signs))
			case 2:
				asked = rapid.SampledFrom([]string{"meeting", "ab", "eral"}).Draw(rt, "english")
			}
			q := thing.Ask(&f, "q", asked)
			if f.Err() != nil {
				continue
			}
			now := noon.Add(time.Duration(rapid.IntRange(-1, 8).Draw(rt, "minute"))*time.Minute - time.Duration(rapid.IntRange(0, 1).Draw(rt, "before"))*time.Millisecond)
			size := rapid.IntRange(1, 4).Draw(rt, "size")
			for who, principal := range askers {
				want, answers := w.found(asked, principal, now), map[string]string{}
				for engine, s := range stores {
					ids, said, counts := searched(at(now, principal), rt, s, q, size)
					sum := 0
					for _, n := range counts {
						sum += n
					}
					sorted := slices.Clone(ids)
					if slices.Sort(sorted); !slices.Equal(sorted, want) || sum != len(want) {
						rt.Fatalf("%s: %s at %s finds %v for %q, counts %v, want %v in %+v", engine, who, now, sorted, asked, counts, want, w.things)
					}
					answers[engine] = said
				}
				if answers["sqlite"] != answers["postgres"] {
					rt.Fatalf("%q is answered\n%s\nand\n%s", asked, answers["sqlite"], answers["postgres"])
				}
				unread(at(now, principal), rt, stores["sqlite"], w, want, q, size, answers["sqlite"])
			}
		}
	})
}

// unread takes out what is not found: the answer stays the same, byte for byte.
func unread(ctx context.Context, rt *rapid.T, s thing.Store, w world, found []string, q thing.Query, size int, want string) {
	inner, unit := s.DB.Begin(ctx)
	defer unit.Rollback()
	for ref := range w.things {
		if slices.Contains(found, ref.ID) {
			continue
		}
		if err := s.Drop(inner, ref); err != nil {
			rt.Fatal(err)
		}
	}
	if _, said, _ := searched(inner, rt, s, q, size); said != want {
		rt.Fatalf("what may not be read shows:\n%s\nand without it\n%s", want, said)
	}
}

// Marks stand at the words in the text as it was written, and nowhere else, and every word of a piece that has it is marked.
func TestMarksStandAtWords(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var f check.Fields
		asked := typed(rt, "query", 1, 2)
		q := thing.Ask(&f, "q", asked)
		if f.Err() != nil {
			return
		}
		one := thing.Thing{Title: typed(rt, "title", 0, 5), Text: strings.Repeat(typed(rt, "text", 0, 8), rapid.IntRange(1, 12).Draw(rt, "times")), Tags: []string{typed(rt, "tag", 0, 3)}}
		words := []string{}
		for _, word := range strings.FieldsFunc(asked, unicode.IsSpace) {
			if word = text.Squeeze(word); word != "" {
				words = append(words, word)
			}
		}
		marked := map[string]bool{}
		for _, p := range q.Pieces(one) {
			last := 0
			for _, m := range p.Marks {
				if m[0] < last || m[1] <= m[0] || m[1] > len(p.Text) {
					rt.Fatalf("%+v", p)
				}
				last = m[1]
				inside := text.Squeeze(p.Text[m[0]:m[1]])
				for _, word := range words {
					marked[p.In] = marked[p.In] || strings.Contains(inside, word) || strings.Contains(text.Choseong(inside), text.Choseong(word))
				}
				if !slices.ContainsFunc(words, func(word string) bool {
					return strings.HasPrefix(inside, word) || strings.HasPrefix(text.Choseong(inside), text.Choseong(word))
				}) {
					rt.Fatalf("%q marks %q of %q", asked, inside, p.Text)
				}
			}
			if !marked[p.In] {
				rt.Fatalf("%q marks nothing of %+v", asked, p)
			}
		}
		for in, s := range map[string]string{thing.InTitle: one.Title, thing.InText: one.Text} {
			for _, word := range words {
				if strings.Contains(text.Squeeze(s), word) && strings.ContainsFunc(word, func(r rune) bool { return r < 'ㄱ' || r > 'ㅎ' }) && !marked[in] {
					rt.Fatalf("%q is not marked in %q", word, s)
				}
			}
		}
	})
}

// Shorter queries are parts of the longer one.
func TestShorter(t *testing.T) {
	for asked, want := range map[string]string{
		"정기총회결과": "정기총회결, 기총회결과, 정기총회, 총회결과, 정기총, 회결과, 정기, 결과", "가나 다라": "다라, 가나", "가나 다라 마바": "다라 마바, 가나 마바, 가나 다라, 가나, 다라, 마바", "가나": "",
	} {
		var f check.Fields
		list := []string{}
		for _, q := range thing.Ask(&f, "q", asked).Shorter() {
			list = append(list, q.String())
		}
		if got := strings.Join(list, ", "); got != want {
			t.Errorf("%s: %s", asked, got)
		}
	}
}

// What is offered instead is what somebody finds who types it.
func TestShorterIsAsked(t *testing.T) {
	key := func(q thing.Query) string { return fmt.Sprintf("%+v", q) }
	rapid.Check(t, func(rt *rapid.T) {
		var f check.Fields
		asked := typed(rt, "query", 1, 3) + rapid.SampledFrom([]string{"", "ㅎㅇㄹ", " ㅎㅇㄹ", "회ㅎㅇ"}).Draw(rt, "initials")
		q := thing.Ask(&f, "q", asked)
		if f.Err() != nil {
			return
		}
		for _, shorter := range q.Shorter() {
			if again := thing.Ask(&f, "q", shorter.String()); f.Err() != nil || key(again) != key(shorter) {
				rt.Fatalf("%q: %q is %s and asks %s, %v", asked, shorter, key(shorter), key(again), f.Err())
			}
		}
	})
}

// A cursor is of one search, whatever signs there are in what was asked for.
func TestCursorIsOfOneSearch(t *testing.T) {
	db := databasetest.SQLite(t)
	s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
	for _, id := range []string{"a", "b"} {
		if err := s.Put(ctx, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: id}, Unit: "&", Path: "/x", Title: "ab& 안내", At: noon, From: &noon, Readers: thing.Guests, Version: 1}); err != nil {
			t.Fatal(err)
		}
	}
	var f check.Fields
	found, err := s.Search(ctx, thing.Ask(&f, "q", "ab"), thing.Narrow{Unit: "&"}, codec, "", 1)
	if err != nil || found.Page.NextCursor == "" {
		t.Fatal(err, found)
	}
	if _, err := s.Search(ctx, thing.Ask(&f, "q", "ab&"), thing.Narrow{}, codec, found.Page.NextCursor, 1); err == nil {
		t.Error("the cursor of one search is taken by another")
	}
}

// What is edited, dropped and written by an older release while everything is indexed anew is found as it is at the end.
func TestEditsWhileReindexed(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
		const things, edits = 6, 12
		one := func(i, version int) thing.Thing {
			return thing.Thing{
				Ref: thing.Ref{Kind: "notice", ID: fmt.Sprint("t", i)}, Unit: "총학", Path: "/x", Title: fmt.Sprintf("공지 판%02d", version), Text: strings.Repeat(fmt.Sprint("가나다", version), 50), At: noon,
				From: &noon, Readers: thing.Guests, Version: int64(version),
			}
		}
		var mu sync.Mutex
		owned := map[int]int{} // version
		write := func(i, version int) error {
			mu.Lock()
			defer mu.Unlock()
			if version == 0 {
				delete(owned, i)
				return s.Drop(ctx, one(i, 1).Ref)
			}
			owned[i] = version
			return s.Put(ctx, one(i, version))
		}
		source := thing.Source{Kind: "notice", Next: func(_ context.Context, behind string, limit int) ([]thing.Thing, error) {
			mu.Lock()
			defer mu.Unlock()
			list := []thing.Thing{}
			for i := range things {
				if v := owned[i]; v > 0 && one(i, v).ID > behind && len(list) < limit {
					list = append(list, one(i, v))
				}
			}
			return list, nil
		}}
		var group sync.WaitGroup
		failed := make(chan error, 100)
		do := func(f func() error) {
			if err := f(); err != nil {
				failed <- err
			}
		}
		for i := range things {
			group.Go(func() {
				for v := 1; v <= edits; v++ {
					do(func() error { return write(i, v) })
				}
				if i%3 == 0 {
					do(func() error { return write(i, 0) })
				}
			})
		}
		for range 2 {
			group.Go(func() {
				for range 6 {
					do(func() error { _, err := s.Renew(ctx); return err })
					do(func() error { _, err := s.Chores(source)[0].Run(ctx); return err })
				}
			})
		}
		group.Wait()
		close(failed)
		for err := range failed {
			t.Error(err)
		}
		found := func(q string) string {
			var f check.Fields
			got, err := s.Search(ctx, thing.Ask(&f, "q", q), thing.Narrow{}, codec, "", 20)
			if err != nil || f.Err() != nil {
				t.Fatal(err, f.Err())
			}
			ids := []string{}
			for _, h := range got.Page.Items {
				ids = append(ids, h.ID)
			}
			slices.Sort(ids)
			return strings.Join(ids, " ")
		}
		for range 2 { // as it is, and after what is left was renewed
			if got, old := found(fmt.Sprintf("판%02d", edits)), found(fmt.Sprintf("판%02d", edits-1)); got != "t1 t2 t4 t5" || old != "" {
				t.Errorf("found %q, and of an older version %q", got, old)
			}
			if _, err := s.Chores(source)[0].Run(ctx); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What its owner drops while the chore is under way stays dropped: it is not put back from what the chore read before.
func TestDroppedStaysDropped(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
		for _, indexed := range []bool{true, false} {
			one := thing.Thing{Ref: thing.Ref{Kind: "notice", ID: fmt.Sprint(indexed)}, Unit: "총학", Path: "/x", Title: "지운 공지", At: noon, From: &noon, Readers: thing.Guests, Version: 1}
			if indexed {
				if err := s.Put(ctx, one); err != nil {
					t.Fatal(err)
				}
				if _, err := s.Renew(ctx); err != nil {
					t.Fatal(err)
				}
			}
			reads := 0
			source := thing.Source{Kind: "notice", Next: func(context.Context, string, int) ([]thing.Thing, error) {
				if reads++; reads > 1 {
					return nil, nil
				}
				return []thing.Thing{one}, s.Drop(ctx, one.Ref) // somebody drops it when it was read
			}}
			if _, err := s.Chores(source)[0].Run(ctx); err != nil {
				t.Fatal(err)
			}
			if units, err := s.Units(ctx, one.Ref); err != nil || len(units) > 0 {
				t.Errorf("it is back: %v %v", units, err)
			}
		}
	})
}

// The letters of what an older release dropped are forgotten, those of what there is are not, and what takes the place of
// what was dropped has its own.
func TestLettersOfNothing(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
		put := func(id string, version int64, title string) {
			t.Helper()
			if err := s.Put(ctx, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: id}, Unit: "총학", Path: "/x", Title: title, At: noon, From: &noon, Readers: thing.Guests, Version: version}); err != nil {
				t.Fatal(err)
			}
		}
		letters := func() string {
			t.Helper()
			list, err := database.All(ctx, db, database.Value[string], `SELECT letter FROM thing_letters ORDER BY letter`)
			if err != nil {
				t.Fatal(err)
			}
			return strings.Join(list, "")
		}
		for i, id := range []string{"a", "b", "c"} {
			put(id, 1, strings.Repeat(string(rune('x'+i)), 2))
		}
		for _, id := range []string{"a", "b"} {
			if _, err := db.Exec(ctx, `DELETE FROM things WHERE id = $1`, id); err != nil {
				t.Fatal(err)
			}
		}
		put("b", 2, "ww")
		if got := letters(); got != "wxz" {
			t.Errorf("before: %s", got)
		}
		forget := s.Chores()[1].Do
		done := 0
		for range 4 { // one after the other, over the end and from the beginning
			n, err := forget(ctx, 1)
			if err != nil {
				t.Fatal(err)
			}
			done += n
		}
		if got := letters(); got != "wz" || done != 1 {
			t.Errorf("%s, %d forgotten", got, done)
		}
	})
}

// Rules are worth as much when they are old, notices less.
func TestAgeless(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
		for kind, age := range map[string]int{"rule": 3000, "notice": 1} {
			if err := s.Put(ctx, thing.Thing{Ref: thing.Ref{Kind: kind, ID: kind}, Unit: "총학", Path: "/x", Title: "회칙", At: noon.AddDate(0, 0, -age), From: &noon, Readers: thing.Guests, Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		var f check.Fields
		found, err := s.Search(ctx, thing.Ask(&f, "q", "회칙"), thing.Narrow{}, codec, "", 5)
		if err != nil || len(found.Page.Items) != 2 || found.Page.Items[0].Kind != "rule" {
			t.Errorf("%+v %v", found.Page.Items, err)
		}
	})
}

// Of what says the same the nearest comes first, to come or gone by.
func TestNearIsFirst(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
		for id, days := range map[string]int{"6": 37, "4": -3, "5": 30, "2": 1, "1": 0, "3": 2} {
			if err := s.Put(ctx, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: id}, Unit: "총학", Path: "/x", Title: "총학생회 상담", At: noon.AddDate(0, 0, days), From: &noon, Readers: thing.Guests, Version: 1}); err != nil {
				t.Fatal(err)
			}
		}
		for _, query := range []string{"총학생회", "ㅊㅎㅅㅎ"} {
			var f check.Fields
			found, err := s.Search(ctx, thing.Ask(&f, "q", query), thing.Narrow{}, codec, "", 10)
			order := ""
			for _, h := range found.Page.Items {
				order += h.ID
			}
			if err != nil || order != "123456" {
				t.Errorf("%s: %s %v", query, order, err)
			}
		}
	})
}

// Whatever somebody looks for in a list, words of one character and signs alone too, the index names the things that
// may have it: neither all things nor the whole index are walked through.
func TestSearchOfAListIsByTheIndex(t *testing.T) {
	db := databasetest.SQLite(t)
	rapid.Check(t, func(rt *rapid.T) {
		asked := typed(rt, "query", 1, 4)
		if rapid.Bool().Draw(rt, "of one character each") {
			asked = strings.Join(strings.Split(asked, ""), " ")
		}
		search := thing.Find(asked)
		if len(search.Words()) == 0 {
			return
		}
		var w database.Where
		search.Where(&w, "notices.id", "notice")
		plan, err := database.All(t.Context(), db, func(r database.Row) (string, error) {
			var a, b, c int
			var what string
			err := r.Scan(&a, &b, &c, &what)
			return what, err
		}, `EXPLAIN QUERY PLAN SELECT id FROM notices`+w.String(), w.Args...)
		if err != nil {
			rt.Fatal(err)
		}
		for _, step := range plan {
			if strings.HasPrefix(step, "SCAN things") && !strings.Contains(step, "things_stale") || strings.HasPrefix(step, "SCAN g") || strings.HasPrefix(step, "SCAN thing_letters") {
				rt.Fatalf("%q: %s", asked, strings.Join(plan, "\n"))
			}
		}
	})
}

// The index of stale rows is that of the rules of this release.
func TestStaleHasAnIndex(t *testing.T) {
	db := databasetest.SQLite(t)
	plan, err := database.All(t.Context(), db, func(r database.Row) (string, error) {
		var a, b, c int
		var what string
		err := r.Scan(&a, &b, &c, &what)
		return what, err
	}, `EXPLAIN QUERY PLAN SELECT number FROM things WHERE `+thing.StaleCondition)
	if err != nil || !strings.Contains(strings.Join(plan, " "), "things_stale") {
		t.Errorf("%v %v: make an index in a new migration", plan, err)
	}
}
