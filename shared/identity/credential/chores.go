package credential

import (
	"context"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
)

// Chores are what is to be done about credentials by itself: links for a new password that
// work no longer are deleted.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "resets-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM password_resets WHERE hash IN (SELECT hash FROM password_resets WHERE until_at <= $1 ORDER BY until_at`+database.Limit(limit*10)+`) AND until_at + 0 <= $1`, clock.Millis(clock.Now(ctx)))
		return int(n), err
	}}}
}
