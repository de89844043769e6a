package member

import (
	"context"
	"errors"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// ErrEmailTaken is the answer to a first sign-in by an issuer where another account has
// the address. The two are not joined by it: whoever signed up with somebody else's
// address, which nobody has verified, would wait in that account for its owner. Who has
// both signs in with the password first and links the issuer then.
func ErrEmailTaken() *problem.Error {
	return problem.New(problem.Conflict, "email-taken", "같은 주소로 가입한 계정이 있습니다. 비밀번호로 로그인한 뒤 내 정보에서 계정을 연결하세요.", "An account has this address. Sign in with its password, then link the other account on your page.")
}

// ErrLinkTaken is the answer to linking what is linked already.
func ErrLinkTaken() *problem.Error {
	return problem.New(problem.Conflict, "issuer-linked", "이미 연결된 계정입니다.", "It is linked already.")
}

// ErrLastWayIn is the answer to removing the only way to sign in: a password is one only where there is an address
// to sign in with.
func ErrLastWayIn() *problem.Error {
	return problem.New(problem.Conflict, "last-way-in", "로그인할 방법이 없어집니다. 먼저 이메일 주소를 확인하고 비밀번호를 정하세요.", "There would be no way to sign in: confirm a mail address and set a password first.")
}

// Linked is the id of the member who is linked to an issuer's subject and has not gone.
// It fails with problem.Absent.
func (s Store) Linked(ctx context.Context, issuer, subject string) (string, error) {
	id, err := database.One(ctx, s.DB, database.Value[string], `SELECT m.id FROM oidc_links l JOIN members m ON m.id = l.member_id
		WHERE l.issuer = $1 AND l.subject = $2 AND m.anonymised_at IS NULL AND (m.leaving_at IS NULL OR m.leaving_at > $3)`,
		issuer, subject, s.goneBefore(ctx))
	if errors.Is(err, database.ErrNoRow) {
		return "", problem.Absent()
	}
	return id, err
}

// SignUpBy makes an account that is linked from the start. It fails with ErrEmailTaken,
// and with ErrLinkTaken where another request was faster: then Linked finds it.
func (s Store) SignUpBy(ctx context.Context, n New, issuer, subject string) (id string, err error) {
	err = s.DB.Atomic(ctx, func(ctx context.Context) error {
		gone, err := database.All(ctx, s.DB, database.Value[string], `SELECT member_id FROM oidc_links WHERE issuer = $1 AND subject = $2`, issuer, subject)
		if err != nil {
			return err
		}
		for _, member := range gone {
			if err := s.release(ctx, member); err != nil {
				return err
			}
		}
		n.Confirmed = true // the issuer vouches for whoever it is, and for the address if it gives one
		made, ok, err := s.SignUp(ctx, n)
		if err != nil {
			return err
		}
		if !ok {
			return ErrEmailTaken()
		}
		id = made
		return s.Link(ctx, id, issuer, subject)
	})
	return id, err
}

// Link lets a member sign in by an issuer. It fails with ErrLinkTaken where the subject is
// linked to any account, or the member to another subject of the issuer.
func (s Store) Link(ctx context.Context, id, issuer, subject string) error {
	n, err := s.DB.Exec(ctx, `INSERT INTO oidc_links (issuer, subject, member_id, linked_at) VALUES ($1, $2, $3, $4) ON CONFLICT DO NOTHING`,
		issuer, subject, id, clock.Millis(clock.Now(ctx)))
	if err == nil && n == 0 {
		return ErrLinkTaken()
	}
	return err
}

// Disown ends, in the caller's unit of work, what members keep by which who made an account gets
// in or changes whose it is: links to issuers, and codes that were sent to addresses.
func (s Store) Disown(ctx context.Context, id string) error {
	if err := s.unlinkAll(ctx, id); err != nil {
		return err
	}
	return s.endCodes(ctx, id)
}

// endCodes ends the codes that were sent for a member.
func (s Store) endCodes(ctx context.Context, id string) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM mail_codes WHERE member_id = $1`, id); err != nil {
		return err
	}
	_, err := s.DB.Exec(ctx, `DELETE FROM address_codes WHERE member_id = $1`, id)
	return err
}

// Unlink takes an issuer from a member. It fails with problem.Absent and ErrLastWayIn.
func (s Store) Unlink(ctx context.Context, id, issuer string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		// The update takes the member's lock, so that the last two links cannot be removed
		// at the same moment.
		if _, err := s.DB.Exec(ctx, `UPDATE members SET version = version + 1 WHERE id = $1`, id); err != nil {
			return err
		}
		n, err := s.DB.Exec(ctx, `DELETE FROM oidc_links WHERE member_id = $1 AND issuer = $2`, id, issuer)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Absent()
		}
		ways, err := database.One(ctx, s.DB, database.Value[int64], `SELECT COUNT(*) FROM members m LEFT JOIN oidc_links l ON l.member_id = m.id
			WHERE m.id = $1 AND (m.password <> '' AND m.email NOT LIKE $2 OR l.issuer IS NOT NULL)`, id, "%"+noAddress)
		if err == nil && ways == 0 {
			return ErrLastWayIn()
		}
		return err
	})
}
