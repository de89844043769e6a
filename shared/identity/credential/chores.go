package credential

import (
	"context"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
)

// Chores are what is to be done about credentials by itself: links for a new password that
// work no longer are deleted.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "resets-forgotten", Do: func(ctx context.Context, _ int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM password_resets WHERE until_at <= $1`, clock.Millis(clock.Now(ctx)))
		return int(n), err
	}}}
}
