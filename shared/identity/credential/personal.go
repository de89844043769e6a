package credential

import (
	"context"

	"github.com/madang-council/madang/shared/person"
)

// Personal is what credentials keep of members: hashes, which say nothing to them. Password
// and second factor are columns of the account, which forgets them.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		Columns: []person.Column{
			{Name: "recovery_codes.member_id", Fate: person.Forgotten},
			{Name: "recovery_codes.hash", Fate: person.Forgotten},
			{Name: "password_resets.member_id", Fate: person.Forgotten},
			{Name: "password_resets.hash", Fate: person.Forgotten},
		},
		Forget: func(ctx context.Context, memberID string) error {
			if _, err := s.DB.Exec(ctx, `DELETE FROM recovery_codes WHERE member_id = $1`, memberID); err != nil {
				return err
			}
			_, err := s.DB.Exec(ctx, `DELETE FROM password_resets WHERE member_id = $1`, memberID)
			return err
		},
	}}
}
