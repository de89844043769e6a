package bill

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
)

// Month is the beginning of a month in Seoul that was asked for, as 2026-03; for "" a time
// of this one.
func Month(ctx context.Context, text string) (time.Time, error) {
	if text == "" {
		return clock.Now(ctx).In(clock.Seoul), nil
	}
	month, err := time.ParseInLocation("2006-01", text, clock.Seoul)
	if err != nil {
		var f check.Fields
		f.Add("month", "malformed", "2026-03과 같은 달이어야 합니다.", "Must be a month, as 2026-03.")
		return time.Time{}, f.Err()
	}
	return month, nil
}
