package member

import (
	"context"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// AddressLife is how long the code works that proves an address to be a member's own: whoever
// signs up has it in the message that welcomes them.
const AddressLife = 30 * time.Minute

// ErrAddressTaken is the answer to a right code for an address that another account has: only
// who reads the mail of that address learns it.
func ErrAddressTaken() *problem.Error {
	return problem.New(problem.Conflict, "address-taken", "이 주소로 가입한 다른 계정이 있습니다.", "Another account has this address.")
}

// SendAddressCode makes the code that proves an address, the member's own or one to change to;
// an earlier one of the member ends.
func (s Store) SendAddressCode(ctx context.Context, id, email string) (code string, err error) {
	code = newCode()
	_, err = s.DB.Exec(ctx, `INSERT INTO address_codes (member_id, email, code_hash, tries, until_at) VALUES ($1, $2, $3, 0, $4)
		ON CONFLICT (member_id) DO UPDATE SET email = excluded.email, code_hash = excluded.code_hash, tries = 0, until_at = excluded.until_at`,
		id, email, s.hash("address code", id, code), clock.Millis(clock.Now(ctx).Add(AddressLife)))
	return code, err
}

// ConfirmAddress takes that code. The address is the member's from then on; where it is another
// one than before, then runs in the same unit of work. The try is counted before it is compared,
// in a unit of its own, so the caller must not be in one. It fails with ErrCodeEnded,
// ErrCodeWrong and ErrAddressTaken.
func (s Store) ConfirmAddress(ctx context.Context, id, code string, then func(context.Context) error) error {
	if err := s.countTry(ctx, "address_codes", id); err != nil {
		return err
	}
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Millis(clock.Now(ctx))
		email, err := database.One(ctx, s.DB, database.Value[string], `DELETE FROM address_codes WHERE member_id = $1 AND code_hash = $2 RETURNING email`,
			id, s.hash("address code", id, text.Code(code)))
		if errors.Is(err, database.ErrNoRow) {
			return ErrCodeWrong()
		}
		if err != nil {
			return err
		}
		if n, err := s.DB.Exec(ctx, `UPDATE members SET email_confirmed_at = COALESCE(email_confirmed_at, $1) WHERE id = $2 AND email = $3`, now, id, email); err != nil || n == 1 {
			return err
		}
		if err := s.vacate(ctx, email); err != nil {
			return err
		}
		_, err = s.DB.Exec(ctx, `UPDATE members SET email = $1, email_confirmed_at = $2, version = version + 1, updated_at = $2 WHERE id = $3`, email, now, id)
		if database.IsUnique(err, "members", "email") {
			return ErrAddressTaken()
		}
		if err != nil {
			return err
		}
		return then(ctx)
	})
}
