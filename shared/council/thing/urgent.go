package thing

import (
	"context"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// UrgentTag is the tag of what shows all that is urgent: every page of the site and the console.
const UrgentTag = "urgent"

// mostUrgent bounds the bar: with more, nothing is urgent.
const mostUrgent = 3

// urgent says whether a thing is urgent at a time or may become so by itself.
func urgent(t Thing, now time.Time) bool { return t.UrgentUntil != nil && t.UrgentUntil.After(now) }

// Urgent are the things that are urgent now and that everybody may read, the newest first, at
// most 3 of them and without their texts; and when that changes next by itself, nil for never.
func (s Store) Urgent(ctx context.Context) (shown []Thing, changes *time.Time, err error) {
	now := clock.Now(ctx)
	list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM things WHERE urgent_until > $1 AND readers = $2 AND hidden_at IS NULL ORDER BY urgent_until DESC, id DESC`, clock.Millis(now), string(Guests))
	if err != nil {
		return nil, nil, err
	}
	slices.SortStableFunc(list, func(a, b row) int { return b.At.Compare(a.At) })
	for _, r := range list {
		if r.Visible(now) && len(shown) < mostUrgent {
			shown = append(shown, r.Thing)
		}
		for _, at := range []*time.Time{r.From, r.Until, r.UrgentUntil} {
			if at != nil && at.After(now) && (changes == nil || at.Before(*changes)) {
				changes = at
			}
		}
	}
	return shown, changes, nil
}
