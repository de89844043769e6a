package member

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/person"
)

// Chores are what is to be done about accounts by itself: those that have gone are
// anonymised in whatever people says, codes that work no longer are deleted.
func (s Store) Chores(people []person.Data) []chore.Chore {
	return []chore.Chore{
		{Name: "members-anonymised", Budget: 30 * time.Second, Do: func(ctx context.Context, limit int) (int, error) { return s.Anonymise(ctx, people, limit) }},
		{Name: "codes-forgotten", Do: s.forgetCodes},
	}
}

func (s Store) forgetCodes(ctx context.Context, _ int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM mail_codes WHERE until_at <= $1`, clock.Millis(clock.Now(ctx)))
	return int(n), err
}
