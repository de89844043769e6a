// Package due is the answer clock of the council: until when it has promised something, as
// 회의록을 7일 안에 공개, and what is said of it before and after. A deadline is a stored time;
// everything else follows from it and from the time of reading, so that what is said changes
// at midnight in Seoul without anybody being awake.
package due

import (
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// day is a day in Seoul, which keeps one time all year.
const day = 24 * time.Hour

// MostReason is how long the reason of an extension may be, in characters.
const MostReason = 200

// End is the deadline of something that began at a time: the midnight that ends the day which
// is so many calendar days later in Seoul.
func End(began time.Time, days int) time.Time {
	return clock.Midnight(began).Add(time.Duration(days+1) * day)
}

// Term is a deadline as it is stored. The zero Term is none.
type Term struct {
	At       time.Time  // what is done before it is in time
	First    time.Time  // as it was before it was extended; stays visible
	Extended *time.Time // when it was; nil for never
	Reason   string     // why
}

// From is the term of something that began at a time.
func From(began time.Time, days int) Term {
	end := End(began, days)
	return Term{At: end, First: end}
}

// Standing is how something stands to its deadline.
type Standing string

// The standings. What was late stays late when it is done.
const (
	Open     Standing = "open"      // there is time
	Overdue  Standing = "overdue"   // it is late and not done
	InTime   Standing = "in-time"   // it was done in time
	DoneLate Standing = "done-late" // it was done too late
)

// Late says whether it is or was late.
func (s Standing) Late() bool { return s == Overdue || s == DoneLate }

// Standing is how t stands at now, where it was done at a time or, nil, is not yet.
func (t Term) Standing(now time.Time, done *time.Time) Standing {
	until, met := t.until(now, done)
	switch late := !until.Before(t.At); {
	case met && late:
		return DoneLate
	case met:
		return InTime
	case late:
		return Overdue
	default:
		return Open
	}
}

// until is the time at which t is looked at: now, or when it was done.
func (t Term) until(now time.Time, done *time.Time) (until time.Time, met bool) {
	if done != nil && !done.After(now) {
		return *done, true
	}
	return now, false
}

// Days are how many whole days of Seoul lie between the day of now, or of when it was done, and
// the last day: 0 on the last day itself, below 0 after it.
func (t Term) Days(now time.Time, done *time.Time) int {
	until, _ := t.until(now, done)
	return int(t.At.Sub(clock.Midnight(until))/day) - 1
}

// Word is what is said: D-3, 오늘까지, 지연 2일. Kept is what is said of what was done in time.
func (t Term) Word(now time.Time, done *time.Time, kept problem.Text) problem.Text {
	days := t.Days(now, done)
	switch s := t.Standing(now, done); {
	case s == InTime:
		return kept
	case s.Late():
		return problem.Text{KO: "지연 " + strconv.Itoa(-days) + "일", EN: text.Many(-days, "day") + " late"}
	case days == 0:
		return problem.Text{KO: "오늘까지", EN: "due today"}
	case days == 1:
		return problem.Text{KO: "D-1", EN: "due tomorrow"}
	default:
		n := strconv.Itoa(days)
		return problem.Text{KO: "D-" + n, EN: "due in " + n + " days"}
	}
}

// Changes is when what is said changes next by itself; nil for never.
func (t Term) Changes(now time.Time, done *time.Time) *time.Time {
	if _, met := t.until(now, done); met || t.At.IsZero() {
		return nil
	}
	next := clock.Midnight(now).Add(day)
	return &next
}

// Extend is t with so many more days, at most most of them, once and only while there is time:
// what is late stays late. It fails with already-done, deadline-passed, already-extended, or with
// what is wrong in the fields days and reason.
func (t Term) Extend(now time.Time, done *time.Time, days int64, most int, reason string) (Term, error) {
	switch s := t.Standing(now, done); {
	case s == InTime || s == DoneLate:
		return t, problem.New(problem.Conflict, "already-done", "이미 마친 일이라 기한을 늘릴 수 없습니다.", "It is done; there is nothing to extend.")
	case s == Overdue:
		return t, problem.New(problem.Conflict, "deadline-passed", "이미 지난 기한은 늘릴 수 없습니다.", "A deadline that has passed cannot be extended.")
	case t.Extended != nil:
		return t, problem.New(problem.Conflict, "already-extended", "기한은 한 번만 늘릴 수 있습니다.", "A deadline can be extended once.")
	}
	var f check.Fields
	days = f.Number("days", days, 1, int64(most))
	reason = f.Line("reason", reason, MostReason)
	if err := f.Err(); err != nil {
		return t, err
	}
	t.At, t.Extended, t.Reason = t.At.Add(time.Duration(days)*day), &now, reason
	return t, nil
}
