package notice_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

var units = []string{"총학", "동연"}

// as is a context in which somebody asks, an editor of 총학 unless grants say otherwise.
func as(t time.Time, who string, grants ...auth.Grant) context.Context {
	if len(grants) == 0 {
		grants = []auth.Grant{{Role: auth.Editor, Unit: "총학"}}
	}
	return auth.With(clock.With(context.Background(), t), auth.Principal{MemberID: who, Grants: grants})
}

// require turns the council's policy on or off.
func (f fixture) require(required bool) {
	f.exec(`DELETE FROM policies WHERE domain = 'notices'`)
	if required {
		f.exec(`INSERT INTO policies (domain, name, from_at, value, set_at) VALUES ('notices', 'review', 0, 'true', 0)`)
	}
}

// do does something in a unit of work, as the host does.
func (f fixture) do(ctx context.Context, work func(context.Context) error) error {
	return f.db.Atomic(ctx, work)
}

func (f fixture) edit(ctx context.Context, id string, version int64, c notice.Content) (is notice.Notice, err error) {
	err = f.do(ctx, func(ctx context.Context) error {
		_, is, err = f.store.Edit(ctx, id, version, c, units)
		return err
	})
	return is, err
}

func (f fixture) current(id string) notice.Notice {
	f.t.Helper()
	n, err := f.store.Current(nobody(noon), id)
	if err != nil {
		f.t.Fatal(err)
	}
	return n
}

func code(err error) string {
	if p := problem.Find(err); p != nil {
		return p.Code
	}
	if err != nil {
		return err.Error()
	}
	return ""
}

func TestReview(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		want := func(err error, is string) {
			t.Helper()
			if code(err) != is {
				t.Fatalf("%v, want %q", err, is)
			}
		}
		a, b, c := as(noon, "a"), as(noon, "b"), as(noon, "c")
		n := f.add(a, notice.Content{Title: "초안", Body: "하나"})
		ask := func(ctx context.Context, version int64, q notice.Request) error {
			return f.do(ctx, func(ctx context.Context) error { return f.store.Ask(ctx, n.ID, version, q) })
		}
		decide := func(ctx context.Context, version int64, said notice.Said, text string) error {
			return f.do(ctx, func(ctx context.Context) error { return f.store.Decide(ctx, n.ID, version, said, text, nil) })
		}
		comment := func(ctx context.Context, text string) error {
			return f.do(ctx, func(ctx context.Context) error { return f.store.Comment(ctx, n.ID, 0, text, nil) })
		}
		withdraw := func(ctx context.Context) error {
			return f.do(ctx, func(ctx context.Context) error { return f.store.Withdraw(ctx, n.ID, 0) })
		}
		stands := func(is notice.Standing) {
			t.Helper()
			r, _, err := f.store.Review(a, f.current(n.ID))
			if err != nil || r.Standing() != is {
				t.Fatalf("%s, %v; want %s", r.Standing(), err, is)
			}
			listed, err := f.store.Reviews(a, n)
			if found := listed[n.ID]; err != nil || found.Standing() != is {
				t.Fatalf("in a list: %s, %v; want %s", found.Standing(), err, is)
			}
		}
		waits := func(ctx context.Context, is string) {
			t.Helper()
			waiting, err := f.store.ReviewsFor(ctx, 5)
			asked, also := f.store.ReviewsBy(ctx, 5)
			if got := fmt.Sprint(len(waiting), len(asked)); err != nil || also != nil || got != is {
				t.Fatalf("%s, want %s; %v %v", got, is, err, also)
			}
		}

		want(comment(b, "?"), "no-review")
		want(decide(b, 1, notice.Approved, ""), "no-review")
		want(withdraw(a), "no-review")
		want(ask(as(noon, "x", auth.Grant{Role: auth.Editor, Unit: "동연"}), 1, notice.Request{}), "not-found")
		want(ask(a, 7, notice.Request{}), "version-stale")
		want(ask(a, 1, notice.Request{For: "a", Colleagues: []string{"a", "b"}}), "invalid-input")
		want(ask(a, 1, notice.Request{For: "x", Colleagues: []string{"a", "b"}}), "invalid-input")
		want(ask(a, 1, notice.Request{For: "b", Text: "봐 주세요", Colleagues: []string{"a", "b"}}), "")
		stands(notice.StandsAsked)
		waits(a, "0 1")
		waits(b, "1 0")
		waits(c, "0 0")
		want(ask(c, 1, notice.Request{}), "review-open")
		want(decide(a, 1, notice.Approved, ""), "own-request")
		want(decide(b, 1, notice.ChangesAsked, " "), "invalid-input")
		want(decide(b, 1, notice.Commented, "x"), "invalid-input")
		want(comment(b, strings.Repeat("가", notice.MostComment+1)), "invalid-input")
		want(comment(b, "시각이 맞나요?"), "")
		want(decide(b, 1, notice.ChangesAsked, "시각을 고쳐 주세요"), "")
		stands(notice.StandsChanges)
		waits(b, "0 0")
		want(decide(c, 1, notice.Approved, ""), "changes-asked")
		want(decide(as(noon, "b", auth.Grant{Role: auth.Moderator}), 1, notice.Approved, ""), "not-found")

		if _, err := f.edit(a, n.ID, 1, notice.Content{Unit: "총학", Title: "초안", Body: "둘"}); err != nil {
			t.Fatal(err)
		}
		stands(notice.StandsChanged)
		waits(b, "1 0")
		want(decide(b, 1, notice.Approved, ""), "version-stale")
		want(decide(c, 2, notice.Approved, ""), "")
		stands(notice.StandsApproved)
		waits(a, "0 1")
		waits(b, "0 0")

		if _, err := f.edit(b, n.ID, 2, notice.Content{Unit: "총학", Title: "초안", Body: "셋"}); err != nil {
			t.Fatal(err)
		}
		stands(notice.StandsOutdated)
		want(decide(b, 3, notice.Approved, ""), "own-text")
		want(withdraw(c), "not-allowed")
		want(withdraw(a), "")
		stands(notice.StandsWithdrawn)
		waits(a, "0 0")
		want(decide(c, 3, notice.Approved, ""), "no-review")
		want(ask(c, 3, notice.Request{Colleagues: []string{"a", "b", "c"}}), "")
		waits(a, "1 0")
		want(withdraw(as(noon, "z", auth.Grant{Role: auth.Admin, Unit: "총학"})), "")

		_, said, err := f.store.Review(a, f.current(n.ID))
		words := []string{}
		for i, r := range said {
			if r.Number != int64(i+1) && i < 3 {
				t.Errorf("%d is the %d.", r.Number, i+1)
			}
			words = append(words, fmt.Sprintf("%s %s %d", r.Author, r.Said, r.Seen))
		}
		if got := strings.Join(words, ", "); err != nil || got != "a asked 1, b comment 1, b changes 1, c approved 2, a withdrawn 3, c asked 3, z withdrawn 3" {
			t.Error(got, err)
		}

		if _, err := f.edit(a, n.ID, 3, notice.Content{Unit: "총학", Title: "초안", PublishNow: true}); err != nil {
			t.Fatal(err)
		}
		want(ask(a, 4, notice.Request{}), "not-reviewable")
	})
}

// A request for changes is of a text, and stands as long as the notice says that: asking once more, withdrawing and asking anew,
// another text meanwhile and another colleague's request do not end it, an approval by who asked for the changes does.
func TestChangesStand(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		ctxs := map[string]context.Context{}
		for _, who := range []string{"a", "b", "c", "d"} {
			ctxs[who] = as(noon, who)
		}
		file := f.upload("png")
		for name, acts := range map[string]string{
			"asked again":              "b changes; a ask; c approved changes-asked; b approved; standing approved",
			"withdrawn and asked":      "b changes; a withdraw; a ask; c approved changes-asked; b approved; standing approved",
			"asked anew by another":    "b changes; a withdraw; d ask; c approved changes-asked; b approved; standing approved",
			"there and back":           "b changes; a edit other; c approved; a edit text; c approved changes-asked; b approved; standing approved",
			"two of them":              "b changes; c changes; d approved changes-asked; c approved; standing changes; c approved changes-asked; b approved; standing approved",
			"two of them, the first":   "b changes; c changes; b approved; standing changes; b approved changes-asked; c approved; standing approved",
			"two of them, asked again": "b changes; c changes; a ask; standing asked; b approved; standing changes; c approved; standing approved",
			"once more":                "b changes; b approved; b changes; c approved changes-asked; b approved; standing approved",
			"another text":             "b changes; a edit other; c approved; standing approved",
			"another file":             "b changes; a attach text; c approved; standing approved",
			"the file again":           "a attach text; b changes; a edit text; a attach text; c approved changes-asked; b approved; standing approved",
		} {
			n := f.add(ctxs["a"], notice.Content{Title: "text"})
			do := func(who string, work func(context.Context) error) error { return f.do(ctxs[who], work) }
			asked := do("a", func(ctx context.Context) error { return f.store.Ask(ctx, n.ID, 0, notice.Request{}) })
			if asked != nil {
				t.Fatal(asked)
			}
			for act := range strings.SplitSeq(acts, "; ") {
				words := strings.Fields(act + " . .")
				who, want := words[0], strings.Trim(words[2], ".")
				if who == "standing" {
					r, _, err := f.store.Review(ctxs["a"], f.current(n.ID))
					if err != nil || string(r.Standing()) != words[1] {
						t.Errorf("%s: at the end of %q it is %s, %v", name, acts, r.Standing(), err)
					}
					continue
				}
				var err error
				switch words[1] {
				case "ask":
					err = do(who, func(ctx context.Context) error { return f.store.Ask(ctx, n.ID, 0, notice.Request{}) })
				case "withdraw":
					err = do(who, func(ctx context.Context) error { return f.store.Withdraw(ctx, n.ID, 0) })
				case "edit", "attach":
					c := notice.Content{Unit: "총학", Title: words[2]}
					if words[1] == "attach" {
						c.Attachments = []string{file}
					}
					_, err = f.edit(ctxs[who], n.ID, f.current(n.ID).Version, c)
					want = ""
				case "changes", "approved":
					err = do(who, func(ctx context.Context) error {
						return f.store.Decide(ctx, n.ID, 0, notice.Said(words[1]), "말", nil)
					})
				}
				if code(err) != want {
					t.Errorf("%s: %q: %v", name, act, err)
				}
			}
		}
	})
}

// Nobody approves what they wrote themselves: any of it since a colleague approved it or readers saw it, texts, files and what was
// changed and changed back, and what says just what they once wrote.
func TestWhoWroteIt(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		file := f.upload("png")
		for name, history := range map[string]struct{ acts, editors string }{ // who does what; @ when it comes out, in minutes, - for how long; / when it is done
			"there and back":                 {"b text; a other; a text", "a b"},
			"a file and a word":              {"a text; b text+; a other+", "a b"},
			"a file away and back":           {"b text+; a text; a text+", "a b"},
			"since an approval":              {"b text; c approves; a other", "a"},
			"since several":                  {"b text; c approves; a other; b approves; c third; a third+", "a c"},
			"approved, scheduled by another": {"a text; b approves; b text@10; a other", "a"},
			"a file more than was approved":  {"a text; b approves; b text+; a other+", "a b"},
			"approved text again":            {"b text; c approves; a other; a text", ""},
			"a text before the approved one": {"b text; a other; c approves; a text", "a b"},
			"its files are others":           {"b text+; a other; c approves; a text", "a b"},
			"changes asked":                  {"b text; c changes; a other", "a b"},
			"since it was out":               {"b text@0; a other/1", "a"},
			"since it came out":              {"b text@10; a other/20", "a"},
			"since it is out":                {"b text@10; a text@10/20", "a b"},
			"since it was out for a while":   {"b text@10-5; a other/20", "a"},
			"just what was out":              {"b text@0; a text/1", "a b"},
			"it was to come out":             {"b text@10; a other/5", "a b"},
			"it was over before":             {"a text@10-5; b other@10-5/20; a third/30", "a b"},
			"deleted before its time":        {"b text@10; a deletes; a restores/20; a other/20", "a b"},
			"deleted after its time":         {"b text@0; a deletes/1; a restores/20; a other/20", "a"},
		} {
			var n notice.Notice
			var ctx context.Context
			asked := false
			for act := range strings.SplitSeq(history.acts, "; ") {
				act, after, _ := strings.Cut(act, "/")
				who, does, _ := strings.Cut(act, " ")
				now := noon.Add(minutes(after))
				ctx = as(now, who)
				var err error
				switch does {
				case "approves", "changes":
					said := map[string]notice.Said{"approves": notice.Approved, "changes": notice.ChangesAsked}[does]
					if !asked {
						asked = true
						err = f.do(as(now, "z"), func(ctx context.Context) error { return f.store.Ask(ctx, n.ID, 0, notice.Request{}) })
					}
					if err == nil {
						err = f.do(ctx, func(ctx context.Context) error { return f.store.Decide(ctx, n.ID, 0, said, "말", nil) })
					}
				case "deletes":
					err = f.do(ctx, func(ctx context.Context) error { _, err := f.store.Delete(ctx, n.ID, n.Version); return err })
				case "restores":
					err = f.do(as(now, who, auth.Grant{Role: auth.Admin}), func(ctx context.Context) error {
						_, err := f.store.Undelete(ctx, n.ID, n.Version+1)
						return err
					})
				default:
					says, when, timed := strings.Cut(does, "@")
					c := notice.Content{Unit: "총학", Title: title(says)}
					if says != c.Title {
						c.Attachments = []string{file}
					}
					if begins, lasts, ends := strings.Cut(when, "-"); timed {
						c.PublishAt = pointer(noon.Add(minutes(begins)))
						if ends {
							c.UnpublishAt = pointer(c.PublishAt.Add(minutes(lasts)))
						}
					}
					if n.ID == "" {
						n = f.add(ctx, c)
					} else {
						n, err = f.edit(ctx, n.ID, f.current(n.ID).Version, c)
					}
				}
				if err != nil {
					t.Fatalf("%s: %s: %v", name, act, err)
				}
			}
			editors, err := f.store.Editors(ctx, f.current(n.ID))
			if got := strings.Join(editors, " "); err != nil || got != history.editors {
				t.Errorf("%s (%s): %q, want %q; %v", name, history.acts, got, history.editors, err)
			}
		}
	})
}

// minutes are as many as text says, 0 for none.
func minutes(text string) time.Duration {
	n, _ := strconv.Atoi(text)
	return time.Duration(n) * time.Minute
}

// Who asked and who said something hear of what is said, as long as they write for the unit: who has left, or works elsewhere now,
// is not named to anybody who sends messages.
func TestWhoHearsOfAnswers(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		n := f.add(as(noon, "a"), notice.Content{Title: "초안"})
		told := func(who string, colleagues []string, work func(context.Context, []string) error) string {
			t.Helper()
			f.exec(`DELETE FROM outbox`)
			if err := f.do(as(noon, who), func(ctx context.Context) error { return work(ctx, colleagues) }); err != nil {
				t.Fatal(err)
			}
			data, err := database.All(t.Context(), f.db, database.Value[string], `SELECT data FROM outbox WHERE type IN ($1, $2)`, notice.ReviewAsked, notice.ReviewAnswered)
			if err != nil || len(data) != 1 {
				t.Fatal(data, err)
			}
			var e notice.ReviewEvent
			if err := json.Unmarshal([]byte(data[0]), &e); err != nil {
				t.Fatal(err)
			}
			return strings.Join(e.To, " ")
		}
		ask := func(ctx context.Context, colleagues []string) error {
			return f.store.Ask(ctx, n.ID, 0, notice.Request{Colleagues: colleagues})
		}
		comment := func(ctx context.Context, colleagues []string) error {
			return f.store.Comment(ctx, n.ID, 0, "의견", colleagues)
		}
		decide := func(said notice.Said) func(context.Context, []string) error {
			return func(ctx context.Context, colleagues []string) error {
				return f.store.Decide(ctx, n.ID, 0, said, "말", colleagues)
			}
		}
		everybody := []string{"a", "b", "c", "d"}
		for i, act := range []struct {
			who        string
			colleagues []string
			does       func(context.Context, []string) error
			want       string
		}{
			{"a", everybody, ask, "b c d"},
			{"b", everybody, comment, "a"},
			{"c", everybody, comment, "a b"},
			{"c", []string{"a", "c", "d"}, comment, "a"}, // b has left
			{"d", []string{"a", "c", "d"}, decide(notice.ChangesAsked), "a c"},
			{"c", []string{"c", "d"}, comment, "d"}, // and who asked
			{"d", []string{"c", "d"}, decide(notice.Approved), "c"},
			{"d", []string{"d"}, decide(notice.ChangesAsked), ""},
			{"d", everybody, comment, "a b c"},
		} {
			if got := told(act.who, act.colleagues, act.does); got != act.want {
				t.Errorf("%d: %q are told, want %q", i, got, act.want)
			}
		}
	})
}

// What is kept of a review goes with the notice, and what a member said with them.
func TestReviewIsForgotten(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		a, b := as(noon, "a"), as(noon, "b")
		n := f.add(a, notice.Content{Title: "초안"})
		for _, err := range []error{
			f.do(a, func(ctx context.Context) error {
				return f.store.Ask(ctx, n.ID, 1, notice.Request{For: "b", Colleagues: []string{"b"}, Text: "부탁"})
			}),
			f.do(b, func(ctx context.Context) error { return f.store.Comment(ctx, n.ID, 0, "내 의견", nil) }),
		} {
			if err != nil {
				t.Fatal(err)
			}
		}
		of := f.store.Personal()[1]
		exported, err := of.Export(b, "b")
		if got := fmt.Sprint(exported); err != nil || !strings.Contains(got, "내 의견") || strings.Contains(got, "부탁") {
			t.Error(got, err)
		}
		if err := of.Forget(b, "b"); err != nil {
			t.Fatal(err)
		}
		r, said, err := f.store.Review(a, f.current(n.ID))
		if err != nil || r.For != "" || said[0].Text != "부탁" || said[1].Text != "" {
			t.Error(r, said, err)
		}
		if err := f.do(a, func(ctx context.Context) error { _, err := f.store.Delete(ctx, n.ID, 1); return err }); err != nil {
			t.Fatal(err)
		}
		if _, err := f.store.Purge(nobody(noon.Add(notice.Kept+time.Minute)), 10); err != nil {
			t.Fatal(err)
		}
		if left := f.count(`SELECT (SELECT COUNT(*) FROM notice_reviews) + (SELECT COUNT(*) FROM notice_review_entries)`); left != 0 {
			t.Error(left, "rows are left")
		}
	})
}

// ghost is what a model knows of a notice and its review, by nothing but what was done.
type ghost struct {
	id       string
	version  int64
	text     string // its title, with a + where a file is attached
	publish  *time.Time
	urgent   *time.Time
	deleted  bool
	versions []wrote
	open     bool
	asker    string
	approved string                     // the text that the last decision approved; "" where it approved none
	ever     map[string]bool            // the texts that somebody approved
	against  map[string]map[string]bool // by texts, who asked for changes of one and did not approve it since
}

// wrote is a version of a ghost: who wrote it, what it says, and whether readers saw it.
type wrote struct {
	version   int64
	who, text string
	out       bool
}

func (g ghost) out() bool { return !g.deleted && g.publish != nil }

// wrote says whether somebody answers for what it says: they wrote something of it that neither a colleague approved nor readers saw
// since, or all of it, which nobody approved.
func (g ghost) wrote(who string) bool {
	since := false
	for _, v := range g.versions {
		since = (since || v.who == who) && !v.out && !g.ever[v.text]
		if v.who == who && title(v.text) == title(g.text) && !g.ever[v.text] {
			return true
		}
	}
	return since
}

// title is what a text of a ghost says without its file.
func title(text string) string { return strings.TrimSuffix(text, "+") }

// Whatever is written, asked, decided, withdrawn, deleted and restored by whom, and whenever the council turns its policy on: what
// comes out while it is on was approved as it is by somebody who neither asked nor wrote any of it since a colleague approved it or readers
// saw it, texts or files, with nobody's request for changes of
// it standing, was out before as it is, or is urgent and published by an admin of the whole council. And what may come out does.
func TestNothingUnapprovedComesOut(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		file := f.upload("png")
		rapid.Check(t, func(rt *rapid.T) {
			f.exec(`DELETE FROM notices`)
			now, required := noon, rapid.Bool().Draw(rt, "required")
			f.require(required)
			g := ghost{text: "글0", version: 1, versions: []wrote{{version: 1, who: "a", text: "글0"}}, ever: map[string]bool{}, against: map[string]map[string]bool{}}
			g.id = f.add(as(now, "a"), notice.Content{Title: g.text}).ID
			lost := map[string]bool{}
			for step := range rapid.IntRange(1, 25).Draw(rt, "steps") {
				who := rapid.SampledFrom([]string{"a", "b", "c", "boss"}).Draw(rt, "who")
				ctx := as(now, who)
				switch {
				case lost[who]:
					ctx = as(now, who, auth.Grant{Role: auth.Editor, Unit: "동연"})
				case who == "boss":
					ctx = as(now, who, auth.Grant{Role: auth.Admin})
				}
				may := !lost[who]
				reviewable := !g.deleted && (g.publish == nil || g.publish.After(now))
				check := func(what string, err error, want string) {
					rt.Helper()
					switch {
					case !may && err == nil:
						rt.Fatalf("%s did it, who lost the role: %s", who, what)
					case may && code(err) != want:
						rt.Fatalf("%s by %s at step %d: %v, want %q; %+v required=%v", what, who, step, err, want, g, required)
					}
				}
				switch rapid.IntRange(0, 9).Draw(rt, "does") {
				case 0, 1, 2: // edits, publishes, schedules, takes down
					if g.deleted {
						break
					}
					says := g.text
					if rapid.Bool().Draw(rt, "rewrites") {
						says = "글" + fmt.Sprint(rapid.IntRange(0, 3).Draw(rt, "text")) + rapid.SampledFrom([]string{"", "", "+"}).Draw(rt, "file")
					}
					c := notice.Content{Unit: "총학", Title: title(says)}
					if says != c.Title {
						c.Attachments = []string{file}
					}
					urgent := rapid.IntRange(0, 3).Draw(rt, "urgent") == 0
					switch rapid.IntRange(0, 4).Draw(rt, "publish") {
					case 0:
						c.PublishNow = true
					case 1:
						c.PublishAt = pointer(now.Add(time.Duration(rapid.IntRange(1, 3).Draw(rt, "minutes")) * time.Minute))
					case 2, 3:
						c.PublishAt = g.publish
					}
					if urgent {
						c.UrgentUntil = pointer(now.Add(time.Hour))
					}
					at := c.PublishAt
					if c.PublishNow {
						at = pointer(now)
					}
					same := g.out() && at != nil && at.Equal(*g.publish) && says == g.text
					free := at == nil || same || !required || g.open && g.approved == says || urgent && who == "boss"
					want := ""
					unscheduled := !free && g.out() && g.publish.After(now) && at.Equal(*g.publish)
					if !free && !unscheduled {
						want = "review-required"
					}
					_, err := f.edit(ctx, g.id, g.version, c)
					check("edit "+says, err, want)
					if err == nil {
						if unscheduled {
							at = nil
						}
						g.version, g.text, g.publish, g.urgent = g.version+1, says, at, c.UrgentUntil
						g.versions = append(g.versions, wrote{version: g.version, who: who, text: says})
					}
				case 3: // asks
					want := ""
					switch {
					case g.deleted:
						want = "not-found"
					case !reviewable:
						want = "not-reviewable"
					case g.open && g.asker != who:
						want = "review-open"
					}
					err := f.do(ctx, func(ctx context.Context) error { return f.store.Ask(ctx, g.id, g.version, notice.Request{}) })
					check("ask", err, want)
					if err == nil {
						g.open, g.asker, g.approved = true, who, ""
					}
				case 4, 5, 6: // decides
					said := notice.Approved
					if rapid.IntRange(0, 3).Draw(rt, "changes") == 0 {
						said = notice.ChangesAsked
					}
					want := ""
					switch {
					case g.deleted:
						want = "not-found"
					case !reviewable:
						want = "not-reviewable"
					case !g.open:
						want = "no-review"
					case g.asker == who:
						want = "own-request"
					case said == notice.Approved && g.wrote(who):
						want = "own-text"
					case said == notice.Approved && len(g.against[g.text]) > 0 && !g.against[g.text][who]:
						want = "changes-asked"
					}
					err := f.do(ctx, func(ctx context.Context) error { return f.store.Decide(ctx, g.id, g.version, said, "말", nil) })
					check(string(said), err, want)
					if err == nil {
						if g.against[g.text] == nil {
							g.against[g.text] = map[string]bool{}
						}
						if delete(g.against[g.text], who); said == notice.ChangesAsked {
							g.against[g.text][who] = true
						} else {
							g.ever[g.text] = true
						}
						if g.approved = ""; len(g.against[g.text]) == 0 {
							g.approved = g.text
						}
					}
				case 7: // withdraws, or somebody loses the role, or gets it back
					if rapid.Bool().Draw(rt, "role") {
						lost[who] = !lost[who]
						break
					}
					want := ""
					switch {
					case g.deleted:
						want = "not-found"
					case !reviewable:
						want = "not-reviewable"
					case !g.open:
						want = "no-review"
					case g.asker != who && who != "boss":
						want = "not-allowed"
					}
					err := f.do(ctx, func(ctx context.Context) error { return f.store.Withdraw(ctx, g.id, g.version) })
					check("withdraw", err, want)
					if err == nil {
						g.open, g.approved = false, ""
					}
				case 8: // deletes and restores
					if g.deleted {
						err := f.do(as(now, "boss", auth.Grant{Role: auth.Admin}), func(ctx context.Context) error {
							_, err := f.store.Undelete(ctx, g.id, g.version)
							return err
						})
						if err != nil {
							rt.Fatal(err)
						}
						g.deleted, g.version = false, g.version+1
						if urgent := g.urgent != nil && g.urgent.After(now); required && !(g.open && g.approved == g.text) && !urgent {
							g.publish = nil
						}
						break
					}
					err := f.do(ctx, func(ctx context.Context) error { _, err := f.store.Delete(ctx, g.id, g.version); return err })
					check("delete", err, "")
					if err == nil {
						g.deleted, g.version = true, g.version+1
					}
				default: // time passes, or the council decides
					if rapid.Bool().Draw(rt, "policy") {
						required = !required
						f.require(required)
					} else {
						now = now.Add(time.Duration(rapid.IntRange(1, 3).Draw(rt, "wait")) * time.Minute)
						if _, err := f.store.PublishDue(nobody(now), 10); err != nil {
							rt.Fatal(err)
						}
					}
				}
				if g.deleted {
					continue
				}
				if last := &g.versions[len(g.versions)-1]; last.version == g.version && g.publish != nil && !g.publish.After(now) {
					last.out = true
				}
				if n := f.current(g.id); n.Title != title(g.text) || (len(n.Attachments) > 0) != (n.Title != g.text) || n.Version != g.version || (n.PublishAt == nil) != (g.publish == nil) || n.PublishAt != nil && !n.PublishAt.Equal(*g.publish) {
					rt.Fatalf("it is %q %d %v, and should be %+v", n.Title, n.Version, n.PublishAt, g)
				}
			}
		})
	})
}

// Of a publication and a withdrawal, a request for changes or an edit at the same moment one is first, and the other knows: what
// came out is what was approved, and nobody takes back what is out.
func TestApprovedAndChangedAtOnce(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.require(true)
		for round := range 12 {
			a, b, c := as(noon, "a"), as(noon, "b"), as(noon, "c")
			n := f.add(a, notice.Content{Title: "승인된 글"})
			for _, err := range []error{
				f.do(a, func(ctx context.Context) error { return f.store.Ask(ctx, n.ID, 1, notice.Request{}) }),
				f.do(b, func(ctx context.Context) error { return f.store.Decide(ctx, n.ID, 1, notice.Approved, "", nil) }),
			} {
				if err != nil {
					t.Fatal(err)
				}
			}
			publish := func(ctx context.Context) error {
				_, err := f.edit(ctx, n.ID, 1, notice.Content{Unit: "총학", Title: "승인된 글", PublishNow: true})
				return err
			}
			against := []func() error{
				func() error {
					return f.do(a, func(ctx context.Context) error { return f.store.Withdraw(ctx, n.ID, 0) })
				},
				func() error {
					return f.do(c, func(ctx context.Context) error {
						return f.store.Decide(ctx, n.ID, 0, notice.ChangesAsked, "잠깐", nil)
					})
				},
				func() error {
					_, err := f.edit(c, n.ID, 1, notice.Content{Unit: "총학", Title: "고친 글"})
					return err
				},
			}[round%3]
			errs := make([]error, 3)
			var all sync.WaitGroup
			for i, do := range []func() error{func() error { return publish(a) }, func() error { return publish(b) }, against} {
				all.Go(func() { errs[i] = do() })
			}
			all.Wait()
			is := f.current(n.ID)
			published := is.PublishAt != nil
			first := slices.ContainsFunc(errs[:2], func(err error) bool { return err == nil })
			for _, err := range errs {
				if err != nil && !slices.Contains([]string{"review-required", "version-stale", "not-reviewable"}, code(err)) {
					t.Fatalf("%v: %s", err, code(err))
				}
			}
			if errs[0] == nil && errs[1] == nil || published != first || published == (errs[2] == nil) || published && is.Title != "승인된 글" {
				t.Fatalf("round %d: %v, published=%v %q", round, errs, published, is.Title)
			}
		}
	})
}

// Nothing comes along from elsewhere while everything needs approval, and a copy of what is approved is not approved.
func TestReviewOfImportsAndCopies(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		f.require(true)
		admin := as(noon, "boss", auth.Grant{Role: auth.Admin})
		if _, err := f.store.Weigh(admin, []notice.Old{{Content: notice.Content{Unit: "총학", Title: "옛 글", Times: notice.Times{PublishAt: pointer(noon.AddDate(-1, 0, 0))}}}}, units); code(err) != "review-required" {
			t.Error(err)
		}
		if _, err := f.store.Import(admin, nil); code(err) != "review-required" {
			t.Error(err)
		}
		copied := notice.Content{Unit: "총학", Title: "승인된 글의 사본", PublishNow: true}
		add := func(ctx context.Context, c notice.Content) (n notice.Notice, err error) {
			err = f.do(ctx, func(ctx context.Context) error { n, err = f.store.Add(ctx, c, units); return err })
			return n, err
		}
		if _, err := add(as(noon, "a"), copied); !errors.Is(err, notice.ErrReviewRequired()) {
			t.Error(err)
		}
		copied.UrgentUntil = pointer(noon.Add(time.Hour))
		for _, who := range []context.Context{as(noon, "a"), as(noon, "z", auth.Grant{Role: auth.Admin, Unit: "총학"})} {
			if _, err := add(who, copied); !errors.Is(err, notice.ErrReviewRequired()) {
				t.Error(err)
			}
		}
		if n, err := add(admin, copied); err != nil || !n.Waived || !n.Public(noon) {
			t.Error(n, err)
		}
	})
}

// The policy is what the council sets in its console, from its time on.
func TestReviewPolicy(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		from := noon.Add(time.Hour)
		if _, err := (policy.Store{DB: f.db}).Set(as(noon, f.member), policy.Of[notice.Policy](), policy.First, policy.Change{From: &from, Values: map[string]json.RawMessage{"review": json.RawMessage("true")}}); err != nil {
			t.Fatal(err)
		}
		for at, want := range map[time.Time]bool{noon: false, from: true} {
			if is, err := f.store.ReviewRequired(nobody(at)); err != nil || is != want {
				t.Error(at, is, err)
			}
		}
	})
}
