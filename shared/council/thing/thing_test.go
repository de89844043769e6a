package thing_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

var noon = time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul)

func at(t time.Time, who auth.Principal) context.Context {
	return auth.With(clock.With(context.Background(), t), who)
}

func TestKinds(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range thing.Kinds() {
		if k.Name == "" || k.Label.KO == "" || k.Label.EN == "" || k.Icon == "" || !strings.HasPrefix(k.Desk, "/console/") || !strings.HasSuffix(k.Desk, "/") || seen[k.Name] {
			t.Errorf("%+v", k)
		}
		seen[k.Name] = true
	}
}

// Each sort of readers, for each who may ask, at each time.
func TestReadable(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, until := thing.Store{DB: db}, noon.Add(time.Hour)
		refs := []thing.Ref{}
		for _, readers := range []thing.Readers{thing.Guests, thing.Members, thing.Students, thing.Council, thing.Own} {
			ref := thing.Ref{Kind: "minute", ID: string(readers)}
			refs = append(refs, ref)
			want := thing.Thing{
				Ref: ref, Unit: "총학", Path: "/x", Title: "제목", Line: "한 줄", Text: "본문", Tags: []string{"축제"}, At: noon, From: &noon, Until: &until, Readers: readers, Author: "me",
				Allows: []thing.Allow{thing.Comments, thing.Likes}, ClosedBecause: "ended", Version: 3, Dates: []thing.Date{{Label: "deadline", Starts: noon, AllDay: true}},
			}
			if err := s.Put(at(noon, auth.Principal{}), want); err != nil {
				t.Fatal(err)
			}
			got, err := s.Readable(at(noon.Add(-time.Hour), auth.Principal{MemberID: "x", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}}), ref)
			if err != nil {
				t.Fatal(err)
			}
			want.Text, want.Dates = "", nil
			if diff := cmp.Diff(want, got[ref]); diff != "" {
				t.Error(diff)
			}
		}
		reads := func(when time.Time, who auth.Principal) string {
			t.Helper()
			found, err := s.Readable(at(when, who), append(refs, thing.Ref{Kind: "minute", ID: "nothing"}, thing.Ref{Kind: "x", ID: "guests"})...)
			if err != nil {
				t.Fatal(err)
			}
			names := []string{}
			for _, ref := range refs {
				if _, is := found[ref]; is {
					names = append(names, ref.ID)
				}
			}
			return strings.Join(names, " ")
		}
		whole := "guests members students council own"
		editor := auth.Principal{MemberID: "x", Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}}
		for _, c := range []struct {
			who             auth.Principal
			seen, otherwise string
		}{
			{auth.Principal{}, "guests", ""},
			{auth.Principal{MemberID: "x"}, "guests members", ""},
			{auth.Principal{MemberID: "me"}, "guests members own", ""},
			{auth.Principal{MemberID: "x", Verified: true}, "guests members students", ""},
			{auth.Principal{MemberID: "x", Grants: []auth.Grant{{Role: auth.Editor, Unit: "동연"}}}, "guests members council", ""},
			{editor, whole, whole},
		} {
			for when, want := range map[time.Time]string{noon.Add(-time.Millisecond): c.otherwise, noon: c.seen, until.Add(-time.Millisecond): c.seen, until: c.otherwise} {
				if got := reads(when, c.who); got != want {
					t.Errorf("%+v at %s reads %q, want %q", c.who, when, got, want)
				}
			}
		}
		next, err := s.NextChange(at(noon, auth.Principal{}), "minute", "banner")
		if err != nil || next == nil || !next.Equal(until) {
			t.Errorf("next change: %v %v", next, err)
		}
		hiding := touch.With(at(noon, auth.Principal{}), &touch.Set{})
		if err := s.Hide(hiding, refs[0], true); err != nil || len(touch.From(hiding)) != 2 {
			t.Errorf("hiding: %v, touches %v", err, touch.From(hiding))
		}
		if got := reads(noon, editor); got != strings.TrimPrefix(whole, "guests ") {
			t.Errorf("an editor reads %q of what is hidden", got)
		}
		if got := reads(noon, auth.Principal{MemberID: "x", Grants: []auth.Grant{{Role: auth.Moderator}}}); !strings.Contains(got, "guests") {
			t.Errorf("a moderator reads %q", got)
		}
		if err := s.Hide(at(noon, auth.Principal{}), refs[0], false); err != nil || reads(noon, auth.Principal{}) != "guests" {
			t.Error("what was hidden does not come back", err)
		}
		if err := s.Hide(at(noon, auth.Principal{}), thing.Ref{Kind: "minute", ID: "nothing"}, true); problem.Find(err) == nil {
			t.Errorf("hiding nothing: %v", err)
		}
		if err := s.Put(at(noon, auth.Principal{}), thing.Thing{Ref: thing.Ref{Kind: "unknown", ID: "1"}}); err == nil {
			t.Error("a thing of no kind is kept")
		}
	})
}

// An edit leaves exactly the letters that a new thing would have, an older version none.
func TestLetters(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
		put := func(id string, version int64, title, text string, tags ...string) {
			t.Helper()
			if err := s.Put(ctx, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: id}, Path: "/x", Title: title, Text: text, Tags: tags, Version: version, At: noon}); err != nil {
				t.Fatal(err)
			}
		}
		letters := func(id string) map[string]string {
			t.Helper()
			all := map[string]string{}
			if _, err := database.All(ctx, db, func(r database.Row) (string, error) {
				var letter, nexts string
				err := r.Scan(&letter, &nexts)
				all[letter] = nexts
				return letter, err
			}, `SELECT letter, nexts FROM thing_letters g JOIN things t ON t.number = g.number WHERE t.id = $1`, id); err != nil {
				t.Fatal(err)
			}
			return all
		}
		put("a", 1, "총회 공지", "총회는 모\u200b두\u3000오세요. \uff21\uff22", "축제")
		want := map[string]string{
			"총": "\n회", "회": "\n공는", "공": "\n지", "지": "\n", "축": "\n제", "제": "\n", "ㅊ": "\nㅈㅎ", "ㅎ": "\nㄱ", "ㄱ": "\nㅈ", "ㅈ": "\n",
			"는": "\n모", "모": "\n두", "두": "\n오", "오": "\n세", "세": "\n요", "요": "\n.", ".": "\na", "a": "\nb", "b": "\n",
		}
		if diff := cmp.Diff(want, letters("a")); diff != "" {
			t.Error(diff)
		}
		words := strings.Fields("총회 공지 축제 안내 예산 감사 학생 투표 결과 마당 ABC 2026")
		random := rand.New(rand.NewPCG(1, 2))
		for version := int64(2); version < 30; version++ {
			text := ""
			for range random.IntN(40) {
				text += words[random.IntN(len(words))] + " "
			}
			title, tag := words[random.IntN(len(words))], words[random.IntN(len(words))]
			put("a", version, title, text, tag)
			fresh := fmt.Sprint("fresh", version)
			put(fresh, 1, title, text, tag)
			if diff := cmp.Diff(letters(fresh), letters("a")); diff != "" {
				t.Fatalf("version %d: %s", version, diff)
			}
		}
		before := letters("a")
		put("a", 3, "옛것", "")
		if diff := cmp.Diff(before, letters("a")); diff != "" {
			t.Errorf("an older version is indexed: %s", diff)
		}
		if err := s.Drop(ctx, thing.Ref{Kind: "notice", ID: "a"}); err != nil || len(letters("a")) != 0 {
			t.Errorf("dropped: %v", err)
		}
		left, err := database.One(ctx, db, database.Value[int], `SELECT COUNT(*) FROM thing_letters WHERE number NOT IN (SELECT number FROM things)`)
		if err != nil || left != 0 {
			t.Errorf("%d letters of nothing, %v", left, err)
		}
	})
}
