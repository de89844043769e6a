package due_test

import (
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/problem"
)

func at(s string) time.Time {
	t, err := time.ParseInLocation("2006-01-02 15:04:05", s, clock.Seoul)
	if err != nil {
		panic(err)
	}
	return t
}

var kept = problem.Text{KO: "기한 안에 공개", EN: "in time"}

func TestWords(t *testing.T) {
	term := due.From(at("2026-03-02 18:00:00"), 7)
	if want := at("2026-03-10 00:00:00"); !term.At.Equal(want) || !term.First.Equal(want) {
		t.Fatalf("%s, want %s", term.At, want)
	}
	done := func(s string) *time.Time { d := at(s); return &d }
	for _, c := range []struct {
		now  string
		done *time.Time
		word string
		is   due.Standing
	}{
		{"2026-03-02 18:00:00", nil, "D-7", due.Open},
		{"2026-03-06 23:59:59", nil, "D-3", due.Open},
		{"2026-03-07 00:00:00", nil, "D-2", due.Open},
		{"2026-03-09 00:00:00", nil, "오늘까지", due.Open},
		{"2026-03-09 23:59:59", nil, "오늘까지", due.Open},
		{"2026-03-10 00:00:00", nil, "지연 1일", due.Overdue},
		{"2026-03-11 12:00:00", nil, "지연 2일", due.Overdue},
		{"2026-03-09 23:59:59", done("2026-03-09 23:59:59"), "기한 안에 공개", due.InTime},
		{"2027-03-09 12:00:00", done("2026-03-08 12:00:00"), "기한 안에 공개", due.InTime},
		{"2027-03-09 12:00:00", done("2026-03-10 00:00:00"), "지연 1일", due.DoneLate},
		{"2027-03-09 12:00:00", done("2026-03-11 12:00:00"), "지연 2일", due.DoneLate},
		{"2026-03-08 12:00:00", done("2026-03-09 12:00:00"), "D-1", due.Open}, // not done yet then
	} {
		if got, is := term.Word(at(c.now), c.done, kept).KO, term.Standing(at(c.now), c.done); got != c.word || is != c.is {
			t.Errorf("%s: %s %s, want %s %s", c.now, got, is, c.word, c.is)
		}
	}
}

func TestExtend(t *testing.T) {
	term := due.From(at("2026-03-02 18:00:00"), 7)
	longer, err := term.Extend(at("2026-03-09 23:59:59"), nil, 3, 7, " 속기록 검토 ")
	if err != nil || !longer.At.Equal(at("2026-03-13 00:00:00")) || !longer.First.Equal(term.At) || longer.Reason != "속기록 검토" {
		t.Fatalf("%+v, %v", longer, err)
	}
	done := at("2026-03-05 00:00:00")
	for _, c := range []struct {
		term   due.Term
		now    string
		done   *time.Time
		days   int64
		reason string
		code   string
	}{
		{longer, "2026-03-10 00:00:00", nil, 1, "또", "already-extended"},
		{term, "2026-03-10 00:00:00", nil, 1, "늦음", "deadline-passed"},
		{term, "2026-03-06 00:00:00", &done, 1, "마침", "already-done"},
		{term, "2026-03-06 00:00:00", nil, 8, "길게", "invalid-input"},
		{term, "2026-03-06 00:00:00", nil, 0, "짧게", "invalid-input"},
		{term, "2026-03-06 00:00:00", nil, 1, " ", "invalid-input"},
	} {
		if got, err := c.term.Extend(at(c.now), c.done, c.days, 7, c.reason); !errors.Is(err, &problem.Error{Code: c.code}) || got != c.term {
			t.Errorf("%s: %v", c.code, err)
		}
	}
}

// Whenever it began, was extended, done and is looked at: what is said changes at the time that
// Changes names and at no other, days go down one by one, and late stays late.
func TestChanges(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		began := at("2026-03-02 00:00:00").Add(time.Duration(rapid.Int64Range(0, int64(3*24*time.Hour/time.Millisecond)).Draw(rt, "began")) * time.Millisecond)
		term := due.From(began, rapid.IntRange(0, 4).Draw(rt, "days"))
		if longer, err := term.Extend(began, nil, int64(rapid.IntRange(1, 3).Draw(rt, "more")), 7, "사유"); err == nil && rapid.Bool().Draw(rt, "extended") {
			term = longer
		}
		var done *time.Time
		if rapid.Bool().Draw(rt, "is done") {
			d := began.Add(time.Duration(rapid.Int64Range(0, int64(10*24*time.Hour/time.Millisecond)).Draw(rt, "done")) * time.Millisecond)
			done = &d
		}
		now, late := began, false
		for range 14 {
			said := term.Word(now, done, kept)
			if s := term.Standing(now, done); late && !s.Late() {
				rt.Fatalf("it was late, and is %s at %s", s, now)
			} else if s.Late() {
				late = true
			}
			next := term.Changes(now, done)
			if done != nil && done.After(now) && (next == nil || done.Before(*next)) {
				next = done
			}
			if next == nil {
				if far := term.Word(now.Add(1000*24*time.Hour), done, kept); far != said {
					rt.Fatalf("%v becomes %v by itself", said, far)
				}
				return
			}
			if before := term.Word(next.Add(-time.Millisecond), done, kept); before != said {
				rt.Fatalf("%v becomes %v before %s", said, before, next)
			}
			now = *next
		}
	})
}
