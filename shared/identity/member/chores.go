package member

import (
	"context"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/person"
)

// Chores are what is to be done about accounts by itself: those that have gone are
// anonymised in whatever people says, codes that work no longer are deleted.
func (s Store) Chores(people []person.Data) []chore.Chore {
	return []chore.Chore{
		{Name: "members-anonymised", Budget: chore.Outward, Do: func(ctx context.Context, limit int) (int, error) { return s.Anonymise(ctx, people, limit) }},
		{Name: "names-renewed", Do: s.renew},
		{Name: "codes-forgotten", Do: s.forgetCodes},
		{Name: "address-codes-forgotten", Do: s.forgetAddressCodes},
	}
}

func (s Store) forgetCodes(ctx context.Context, limit int) (int, error) {
	return s.forgetEnded(ctx, "mail_codes", limit)
}

func (s Store) forgetAddressCodes(ctx context.Context, limit int) (int, error) {
	return s.forgetEnded(ctx, "address_codes", limit)
}

// forgetEnded deletes codes that work no longer from a table.
func (s Store) forgetEnded(ctx context.Context, table string, limit int) (int, error) {
	n, err := s.DB.Exec(ctx, `DELETE FROM `+table+` WHERE member_id IN (SELECT member_id FROM `+table+` WHERE until_at <= $1 ORDER BY until_at`+database.Limit(limit*10)+`) AND until_at + 0 <= $1`, clock.Millis(clock.Now(ctx)))
	return int(n), err
}
