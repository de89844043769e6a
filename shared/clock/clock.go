// Package clock is the product's idea of now: one instant for a whole request, taken from
// the context, so that nothing in the domain reads the machine's clock and everything can
// be asked "as of" another time. What takes minutes asks for the present in between (Current).
package clock

import (
	"context"
	"time"
)

// Seoul is Korea's time zone. It has had no daylight saving since 1988, so a fixed offset
// is exact and needs no time zone data in the image.
var Seoul = time.FixedZone("KST", 9*60*60)

type key struct{}

// moment is what a context knows of the time.
type moment struct {
	at      time.Time
	present func() time.Time // nil where it is always at
}

// With is a context in which the time is t, and stays so.
func With(ctx context.Context, t time.Time) context.Context {
	return context.WithValue(ctx, key{}, moment{at: t})
}

// Running is a context in which the time is what now says at first, until Current asks again. What passes in between
// is what a clock that nobody sets would say, if now is time.Now.
func Running(ctx context.Context, now func() time.Time) context.Context {
	began := now()
	return context.WithValue(ctx, key{}, moment{at: began, present: func() time.Time { return began.Add(now().Sub(began)) }})
}

// Current is ctx with the present as its time: for what takes minutes, and must not take its beginning for now at its end. In
// a context of With no time passes.
func Current(ctx context.Context) context.Context {
	m, _ := ctx.Value(key{}).(moment)
	if m.present == nil {
		return ctx
	}
	m.at = m.present()
	return context.WithValue(ctx, key{}, m)
}

// Now is the time of the request, in Seoul and in whole milliseconds, as the database
// keeps it. A context without a time is a programming error and panics.
func Now(ctx context.Context) time.Time {
	m, ok := ctx.Value(key{}).(moment)
	if !ok {
		panic("clock: the context has no time")
	}
	return m.at.In(Seoul).Truncate(time.Millisecond)
}

// Millis is a time as the database stores it: milliseconds since 1970 in UTC.
func Millis(t time.Time) int64 { return t.UnixMilli() }

// FromMillis is a stored time, shown in Seoul.
func FromMillis(ms int64) time.Time { return time.UnixMilli(ms).In(Seoul) }

// MillisOf is Millis for a time that may be absent.
func MillisOf(t *time.Time) *int64 {
	if t == nil {
		return nil
	}
	ms := t.UnixMilli()
	return &ms
}

// FromMillisOf is FromMillis for a time that may be absent.
func FromMillisOf(ms *int64) *time.Time {
	if ms == nil {
		return nil
	}
	t := FromMillis(*ms)
	return &t
}

// Day is the calendar day in Seoul, as "2026-03-01".
func Day(t time.Time) string { return t.In(Seoul).Format(time.DateOnly) }

// Days is how many midnights of Seoul lie between two times; fewer than none where until is on an earlier day.
func Days(from, until time.Time) int {
	return int(Midnight(until).Sub(Midnight(from)) / (24 * time.Hour)) // Seoul keeps one time all year
}

// Midnight is the start of t's day in Seoul.
func Midnight(t time.Time) time.Time {
	y, m, d := t.In(Seoul).Date()
	return time.Date(y, m, d, 0, 0, 0, 0, Seoul)
}

// Tomorrow is the next midnight in Seoul, at which everything that counts days changes by itself.
func Tomorrow(ctx context.Context) time.Time { return Midnight(Now(ctx)).AddDate(0, 0, 1) }
