package ui

import (
	"context"
	"strconv"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

// Day is a date in Seoul: 2026년 3월 2일 (월), or 2 March 2026.
func Day(ctx context.Context, t time.Time) string {
	t = t.In(clock.Seoul)
	if function.RequestFrom(ctx).Language == "en" {
		return t.Format("2 January 2006")
	}
	return t.Format("2006년 1월 2일 (") + weekday(t) + ")"
}

// ShortDay is a date in Seoul for lists: 2026. 3. 2., or 2 Mar 2026.
func ShortDay(ctx context.Context, t time.Time) string {
	t = t.In(clock.Seoul)
	if function.RequestFrom(ctx).Language == "en" {
		return t.Format("2 Jan 2006")
	}
	return t.Format("2006. 1. 2.")
}

// Today is the day of a page in Seoul: 11월 30일 월요일. The page changes at midnight (View.Dated).
func Today(ctx context.Context) string {
	now := clock.Now(ctx).In(clock.Seoul)
	if function.RequestFrom(ctx).Language == "en" {
		return now.Format("Monday, 2 January")
	}
	return now.Format("1월 2일 ") + weekday(now) + "요일"
}

// NearDay is a date in Seoul for rows: 오늘, 어제, 11. 27., and with the year where that is another
// one. What shows it changes at midnight (View.Dated).
func NearDay(ctx context.Context, t time.Time) string {
	now, t := clock.Now(ctx).In(clock.Seoul), t.In(clock.Seoul)
	switch day := clock.Midnight(t); {
	case day.Equal(clock.Midnight(now)):
		return T(ctx, "오늘", "Today")
	case day.AddDate(0, 0, 1).Equal(clock.Midnight(now)):
		return T(ctx, "어제", "Yesterday")
	case t.Year() != now.Year():
		return ShortDay(ctx, t)
	case function.RequestFrom(ctx).Language == "en":
		return t.Format("2 Jan")
	default:
		return t.Format("1. 2.")
	}
}

// Month is a month in Seoul: 2026년 11월, or November 2026.
func Month(ctx context.Context, t time.Time) string {
	if function.RequestFrom(ctx).Language == "en" {
		return t.In(clock.Seoul).Format("January 2006")
	}
	return t.In(clock.Seoul).Format("2006년 1월")
}

// Moment is Day with the time of day: 2026년 3월 2일 (월) 15:04.
func Moment(ctx context.Context, t time.Time) string {
	t = t.In(clock.Seoul)
	if function.RequestFrom(ctx).Language == "en" {
		return t.Format("2 January 2006, 15:04")
	}
	return Day(ctx, t) + t.Format(" 15:04")
}

// Weekday is that of a day in Seoul, in one letter or three.
func Weekday(ctx context.Context, t time.Time) string {
	return T(ctx, weekday(t.In(clock.Seoul)), t.In(clock.Seoul).Format("Mon"))
}

func weekday(t time.Time) string { return string([]rune("일월화수목금토")[t.Weekday()]) }

// Time is a date that programs can read too.
func Time(t time.Time, text string) g.Node {
	return el.Time(el.DateTime(t.In(clock.Seoul).Format(time.RFC3339)), g.Text(text))
}

// Size is a number of bytes as people say it: 820 KB, 3.4 MB.
func Size(bytes int64) string {
	switch {
	case bytes < 1000:
		return strconv.FormatInt(bytes, 10) + " B"
	case bytes < 1_000_000:
		return strconv.FormatInt((bytes+500)/1000, 10) + " KB"
	case bytes < 1_000_000_000:
		return strconv.FormatFloat(float64(bytes)/1e6, 'f', 1, 64) + " MB"
	default:
		return strconv.FormatFloat(float64(bytes)/1e9, 'f', 1, 64) + " GB"
	}
}
