package thing

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// GoneFor is how long the page of what everybody could read says that it was taken down: readers of feeds and search engines
// come back within a month.
const GoneFor = 30 * 24 * time.Hour

// Gone is err, but where err says that a thing is absent which everybody could read within the last GoneFor: then it is
// problem.Gone. Nothing is told of what was never public by its own times: what is written when its end is over, as an old
// notice that is brought along, counts as public until then.
func (s Store) Gone(ctx context.Context, ref Ref, err error) error {
	if p := problem.Find(err); p == nil || p.Kind != problem.NotFound {
		return err
	}
	now := clock.Now(ctx)
	ends, failed := database.All(ctx, s.DB, database.Value[int64], `SELECT gone_at FROM thing_gone WHERE number = $1`, ref.number())
	if failed != nil {
		return failed
	}
	was, failed := s.stored(ctx, ref)
	if failed != nil {
		return failed
	}
	if end := was.ended(now); end != nil {
		ends = append(ends, clock.Millis(*end))
	}
	for _, end := range ends {
		if now.Sub(clock.FromMillis(end)) < GoneFor {
			return problem.New(problem.Gone, "withdrawn", "게시 기간이 끝났거나 총학생회가 내린 글입니다.", "Its time is over, or the council took it down.")
		}
	}
	return err
}

// public says whether everybody may read r, which may be nil, on a page of its own at a time.
func (r *row) public(now time.Time) bool {
	return r != nil && r.Readers == Guests && r.Path != "" && r.Visible(now)
}

// ended is when r stopped being public, a time itself where it is so still; nil where it was not public by then.
func (r *row) ended(now time.Time) *time.Time {
	switch {
	case r == nil || r.Readers != Guests || r.Path == "" || r.HiddenAt != nil || r.From == nil || r.From.After(now):
		return nil
	case r.Until != nil && !r.Until.After(*r.From):
		return nil
	case r.Until != nil && r.Until.Before(now):
		return r.Until
	default:
		return &now
	}
}

// saveGone keeps when a thing was public last, where it is not so any more, in the unit of work that makes is of was; either
// is nil for none.
func (s Store) saveGone(ctx context.Context, ref Ref, was, is *row, now time.Time) error {
	if is.public(now) {
		_, err := s.DB.Exec(ctx, `DELETE FROM thing_gone WHERE number = $1`, ref.number())
		return err
	}
	end := was.ended(now)
	if end == nil {
		return nil
	}
	_, err := s.DB.Exec(ctx, `INSERT INTO thing_gone (number, gone_at) VALUES ($1, $2) ON CONFLICT (number) DO UPDATE SET gone_at = excluded.gone_at WHERE excluded.gone_at > thing_gone.gone_at`, ref.number(), clock.Millis(*end))
	return err
}

// forgetGone deletes what pages no longer tell.
func (s Store) forgetGone(ctx context.Context, limit int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM thing_gone WHERE number IN (SELECT number FROM thing_gone WHERE gone_at <= $1 ORDER BY gone_at`+database.Limit(limit)+`) AND gone_at <= $1`, clock.Millis(clock.Now(ctx).Add(-GoneFor)))
	return int(n), err
}
