package account

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/problem"
)

// An account can be made under any address and used at once, so that its maker and the owner of
// the address may be two people until the address is confirmed. Whoever owns the address gets the
// account, and has it alone: no way to sign in is added before, and the first reset of its
// password takes away what was there.

// MayAdd refuses to add a way to sign in, with problem.ProveFirst and problem.ConfirmFirst.
func (w Ways) MayAdd(ctx context.Context, p auth.Principal) error {
	if err := fresh(ctx, p); err != nil {
		return err
	}
	if !p.Confirmed {
		return problem.ConfirmFirst("먼저 이메일 주소를 확인해 주세요.")
	}
	return nil
}

// disown takes from an account, in the caller's unit of work, whatever lets in who made it under
// an address that was not known to be theirs, or keeps its owner out. A new way to sign in is
// ended here, too (functions/auth, TestWhoMadeAnAccountIsOut). What is not one stays: name,
// department and settings, which the owner sees and changes; what the council found out of the
// account, that it is a student's and which roles it has; devices, which are told nothing from the
// moment on in which their session ends.
func (a Accounts) disown(ctx context.Context, memberID string) error {
	if err := a.Credentials.Disown(ctx, memberID); err != nil {
		return err
	}
	return a.Members.Disown(ctx, memberID)
}

// EnsureAdmin makes the first admin, or makes one of the account that has the address. As
// member.Store.EnsureAdmin.
func (a Accounts) EnsureAdmin(ctx context.Context, email, passwordHash, name string) (created bool, err error) {
	return a.Members.EnsureAdmin(ctx, email, passwordHash, name, a.disown)
}
