package console

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

// mostOwed is how many of a kind are looked at.
const mostOwed = 50

// duty is something that waits for the caller, and the page of the console that it belongs to.
type duty struct {
	desk.Task
	path string
	due  time.Time // zero for none
	late bool
}

// waits is what waits for the caller.
type waits struct {
	due     []duty // what has a deadline, the nearest first: what is late by a year waits no less than a day longer
	reviews []duty // the notices that wait for the caller's review, the longest waiting first
	asked   []duty // the notices whose review the caller asked for
	changes int    // of asked, those that the caller has to change
}

// count is how much of it there is to do.
func (w waits) count() int { return len(w.due) + len(w.reviews) + w.changes }

// waits asks every function that is on.
func (h handlers) waits(ctx context.Context, flags function.Flags) (waits, error) {
	var w waits
	if flags.Runs("notices") {
		mine, err := h.notices.ReviewsFor(ctx, mostOwed)
		if err != nil {
			return w, err
		}
		asked, err := h.notices.ReviewsBy(ctx, mostOwed)
		if err != nil {
			return w, err
		}
		for _, v := range mine {
			w.reviews = append(w.reviews, h.review(ctx, v, ui.T(ctx, "검토하기", "Review")))
		}
		for _, v := range asked {
			verb := ui.T(ctx, "보기", "See")
			if v.Review.Standing() == notice.StandsChanges {
				verb = ui.T(ctx, "고치기", "Change")
				w.changes++
			}
			w.asked = append(w.asked, h.review(ctx, v, verb))
		}
	}
	if flags.Runs("minutes") {
		list, err := h.minutes.Managed(ctx, minute.Filter{Owed: true, Until: clock.Now(ctx)}, cursor.Moment{}, mostOwed)
		if err != nil {
			return w, err
		}
		for _, m := range list {
			w.due = append(w.due, owedMinute(ctx, m))
		}
	}
	if flags.Runs("archives") {
		list, err := h.archives.Owed(ctx, h.units)
		if err != nil {
			return w, err
		}
		for _, o := range list {
			w.due = append(w.due, h.owedArchive(ctx, o))
		}
	}
	now := clock.Now(ctx)
	slices.SortStableFunc(w.due, func(a, b duty) int { return cmp.Compare(a.due.Sub(now).Abs(), b.due.Sub(now).Abs()) })
	return w, nil
}

func (h handlers) review(ctx context.Context, v notice.Reviewed, verb string) duty {
	label := v.Review.Standing().Label()
	return duty{path: notice.DeskPath, Task: desk.Task{
		When: ui.Time(v.Review.AskedAt, ui.NearDay(ctx, v.Review.AskedAt)), Title: v.Notice.Title, Href: desk.At(ctx, notice.DeskPath+"/"+v.Notice.ID+"/review"), Verb: verb,
		About: []g.Node{el.B(g.Text(ui.T(ctx, label.KO, label.EN))), el.Span(g.Text(h.desk.Unit(ctx, v.Notice.Unit)))},
	}}
}

// owedMinute is a meeting that was held and whose minutes are to be published in full.
func owedMinute(ctx context.Context, m minute.Minute) duty {
	days := m.Due.Days(clock.Now(ctx), m.FullAt)
	return duty{path: minute.DeskPath, due: m.Due.At, late: days < 0, Task: desk.Task{
		When: ui.Days(m.Due.At, days, ui.Name(ctx, m.Due.Word(clock.Now(ctx), m.FullAt, minute.InTime()))), Title: ui.Name(ctx, m.Title()), Href: desk.At(ctx, minute.DeskPath+"/"+m.ID), Verb: ui.T(ctx, "이어 쓰기", "Go on writing"),
		About: []g.Node{el.Span(g.Text(ui.T(ctx, "회의록 전문 공개", "Minutes to publish in full"))), el.Span(g.Text(ui.T(ctx, "회의 ", "Held ")), ui.Time(m.HeldAt, ui.NearDay(ctx, m.HeldAt)))},
	}}
}

// owedArchive is what a unit has not submitted and whose day has passed.
func (h handlers) owedArchive(ctx context.Context, o archive.Owing) duty {
	due := clock.Midnight(clock.Now(ctx)).AddDate(0, 0, 1-o.Cell.Days)
	return duty{path: archive.DeskPath, due: due, late: true, Task: desk.Task{
		When:  ui.Days(due, -o.Cell.Days, ui.T(ctx, "지연 "+strconv.Itoa(o.Cell.Days)+"일", text.Many(o.Cell.Days, "day")+" late")),
		Title: h.desk.Unit(ctx, o.Unit) + " " + ui.Name(ctx, o.Cell.Period.Name()) + " " + ui.Name(ctx, o.Category.Label()),
		Href:  desk.At(ctx, archive.DeskPath+"/new", "category", o.Category.ID, "unit", o.Unit, "period", string(o.Cell.Period)), Verb: ui.T(ctx, "올리기", "Submit"),
		About: []g.Node{el.Span(g.Text(ui.T(ctx, "자료집에 미제출", "Missing in the archives")))},
	}}
}

// waiting are the counts of the rail, for its script: of each entry whose page has something that waits.
func (h handlers) waiting(ctx context.Context, _ *struct{}) (*desk.Fragment, error) {
	flags, err := h.flags(ctx)
	if err != nil {
		return nil, err
	}
	w, err := h.waits(ctx, flags)
	if err != nil {
		return nil, err
	}
	counts := g.Group{}
	if n := w.count(); n > 0 {
		counts = append(counts, desk.Count(ctx, desk.Root, n, slices.ContainsFunc(w.due, func(d duty) bool { return d.late })))
	}
	for _, path := range []string{notice.DeskPath, minute.DeskPath, archive.DeskPath} {
		n, late := 0, false
		for _, d := range slices.Concat(w.due, w.reviews) {
			if d.path == path {
				n, late = n+1, late || d.late
			}
		}
		if path == notice.DeskPath {
			n += w.changes
		}
		if n > 0 {
			counts = append(counts, desk.Count(ctx, path, n, late))
		}
	}
	return &desk.Fragment{Node: counts}, nil
}
