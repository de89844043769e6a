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

// Moment is Day with the time of day: 2026년 3월 2일 (월) 오후 3:04.
func Moment(ctx context.Context, t time.Time) string {
	t = t.In(clock.Seoul)
	if function.RequestFrom(ctx).Language == "en" {
		return t.Format("2 January 2006, 15:04")
	}
	half := "오전"
	if t.Hour() >= 12 {
		half = "오후"
	}
	return Day(ctx, t) + " " + half + t.Format(" 3:04")
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
