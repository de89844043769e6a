package account

import (
	"context"
	"errors"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
)

// Ways are the changes of how a member signs in. Whatever adds or removes one asks for a fresh
// proof (problem.ProveFirst), gives the session other tokens, ends the member's other sessions
// where that is wanted, and is told by mail to the address before and after.
type Ways struct {
	Accounts
	Sessions session.Store
}

// fresh fails with problem.ProveFirst where the member has not freshly proved who they are.
func fresh(ctx context.Context, p auth.Principal) error {
	if p.Proved(clock.Now(ctx)) {
		return nil
	}
	return problem.ProveFirst()
}

// change does one of them: do runs a store's change with what belongs to the same unit of work.
func (w Ways) change(ctx context.Context, p auth.Principal, endOthers bool, what problem.Text, do func(then credential.Then) error) (session.Tokens, error) {
	if err := fresh(ctx, p); err != nil {
		return session.Tokens{}, err
	}
	before, err := w.Members.Member(ctx, p.MemberID)
	if err != nil {
		return session.Tokens{}, err
	}
	var tokens session.Tokens
	err = do(func(ctx context.Context) (err error) {
		if endOthers {
			if _, err := w.Sessions.RevokeAll(ctx, p.MemberID, p.SessionID); err != nil {
				return err
			}
		}
		tokens, err = w.Sessions.Renew(ctx, p.SessionID)
		return err
	})
	if err != nil {
		return session.Tokens{}, err
	}
	after, err := w.Members.Member(ctx, p.MemberID)
	if err != nil {
		return session.Tokens{}, err
	}
	for i, to := range []string{before.Email, after.Email} {
		if to != "" && (i == 0 || to != before.Email) {
			w.send(ctx, w.changedMail(ctx, to, what, after.Email, clock.Now(ctx)))
		}
	}
	return tokens, nil
}

// Prove takes what the member proves who they are by, and gives the session other tokens. Fails
// as credential.Store.Prove does.
func (w Ways) Prove(ctx context.Context, p auth.Principal, password, code string) (t session.Tokens, err error) {
	err = w.Credentials.Prove(ctx, p, password, code, func(ctx context.Context) (err error) {
		t, err = w.Sessions.Renew(ctx, p.SessionID)
		return err
	})
	return t, err
}

// GiveSecond takes a code in a session that began without one, and gives the session other
// tokens. Fails as credential.Store.GiveSecond does.
func (w Ways) GiveSecond(ctx context.Context, p auth.Principal, code string) (t session.Tokens, err error) {
	err = w.Credentials.GiveSecond(ctx, p, code, func(ctx context.Context) (err error) {
		t, err = w.Sessions.Renew(ctx, p.SessionID)
		return err
	})
	return t, err
}

// EndBefore ends the session that a browser had, by its refresh cookie, when it has signed in
// anew: who sits there now has another one. Without a cookie there was none.
func (w Ways) EndBefore(ctx context.Context, refresh string) error {
	if refresh == "" {
		return nil
	}
	return w.Sessions.RevokeRefresh(ctx, refresh)
}

// SetPassword changes the password, or gives a first one. The other sessions always end.
// Fails as change does, and with problem.Invalid by the policy.
func (w Ways) SetPassword(ctx context.Context, p auth.Principal, chosen string) (session.Tokens, error) {
	return w.change(ctx, p, true, problem.Text{KO: "비밀번호를 바꿨습니다.", EN: "The password was changed."}, func(then credential.Then) error {
		return w.Credentials.Change(ctx, p, chosen, then)
	})
}

// Enrol makes the secret of a second factor, which waits for its first code and changes
// nothing until then. Fails as MayAdd does, and with credential.ErrSecondOn.
func (w Ways) Enrol(ctx context.Context, p auth.Principal) (credential.Enrolment, error) {
	if err := w.MayAdd(ctx, p); err != nil {
		return credential.Enrolment{}, err
	}
	return w.Credentials.Enrol(ctx, p)
}

// TurnSecondOn takes the first code of a second factor, and returns the recovery codes. Fails
// as MayAdd and change do, and as credential.Store.ConfirmEnrolment.
func (w Ways) TurnSecondOn(ctx context.Context, p auth.Principal, code string, endOthers bool) (codes []string, t session.Tokens, err error) {
	if err := w.MayAdd(ctx, p); err != nil {
		return nil, session.Tokens{}, err
	}
	t, err = w.change(ctx, p, endOthers, problem.Text{KO: "2단계 인증을 켰습니다.", EN: "The second factor was turned on."}, func(then credential.Then) (err error) {
		codes, err = w.Credentials.ConfirmEnrolment(ctx, p, code, then)
		return err
	})
	return codes, t, err
}

// NewRecoveryCodes replaces the recovery codes. Fails as change does, and with
// credential.ErrSecondOff.
func (w Ways) NewRecoveryCodes(ctx context.Context, p auth.Principal, endOthers bool) (codes []string, t session.Tokens, err error) {
	t, err = w.change(ctx, p, endOthers, problem.Text{KO: "복구 코드를 새로 만들었습니다. 앞의 코드는 쓸 수 없습니다.", EN: "New recovery codes were made. The old ones no longer work."}, func(then credential.Then) (err error) {
		codes, err = w.Credentials.NewRecoveryCodes(ctx, p, then)
		return err
	})
	return codes, t, err
}

// TurnSecondOff removes the second factor. Fails as change does, and with
// credential.ErrSecondOff.
func (w Ways) TurnSecondOff(ctx context.Context, p auth.Principal, endOthers bool) (session.Tokens, error) {
	return w.change(ctx, p, endOthers, problem.Text{KO: "2단계 인증을 껐습니다.", EN: "The second factor was turned off."}, func(then credential.Then) error {
		return w.Credentials.RemoveSecond(ctx, p, then)
	})
}

// Link lets the member sign in with an account of another issuer. Fails as MayAdd and change do,
// and with member.ErrLinkTaken.
func (w Ways) Link(ctx context.Context, p auth.Principal, issuer, subject string, endOthers bool) (session.Tokens, error) {
	if err := w.MayAdd(ctx, p); err != nil {
		return session.Tokens{}, err
	}
	what := problem.Text{KO: "다른 계정을 연결했습니다: " + issuer, EN: "Another account was linked: " + issuer}
	return w.change(ctx, p, endOthers, what, func(then credential.Then) error {
		return w.Members.DB.Atomic(ctx, func(ctx context.Context) error {
			if err := w.Members.Link(ctx, p.MemberID, issuer, subject); err != nil {
				return err
			}
			return then(ctx)
		})
	})
}

// Unlink takes an issuer from the member. Fails as change does, and as member.Store.Unlink.
func (w Ways) Unlink(ctx context.Context, p auth.Principal, issuer string, endOthers bool) (session.Tokens, error) {
	what := problem.Text{KO: "다른 계정의 연결을 끊었습니다: " + issuer, EN: "Another account was unlinked: " + issuer}
	return w.change(ctx, p, endOthers, what, func(then credential.Then) error {
		return w.Members.DB.Atomic(ctx, func(ctx context.Context) error {
			if err := w.Members.Unlink(ctx, p.MemberID, issuer); err != nil {
				return err
			}
			return then(ctx)
		})
	})
}

// SendAddressCode sends a code to an address: the member's own, or one to change to. Whether
// another account has it is told to its owner alone, by the message. Fails with
// problem.ProveFirst, problem.Invalid and attempt.ErrTooMany.
func (w Ways) SendAddressCode(ctx context.Context, p auth.Principal, to string) error {
	if err := fresh(ctx, p); err != nil {
		return err
	}
	var f check.Fields
	email := f.Email("email", to)
	if err := f.Err(); err != nil {
		return err
	}
	if err := w.Attempts.TakeAll(ctx, attempt.Try{Kind: attempt.Addressing, Subject: p.MemberID}, attempt.Try{Kind: attempt.Addresses, Subject: email}); err != nil {
		return err
	}
	code, err := w.Members.SendAddressCode(ctx, p.MemberID, email)
	if err != nil {
		return err
	}
	return w.Mail.Send(ctx, w.addressMail(ctx, email, code))
}

// errSame says that the address which was confirmed is the one that the member had.
var errSame = errors.New("account: the same address")

// ConfirmAddress takes that code, and says whether the address is another one than before; only
// then are there new tokens. Fails as change does, and as member.Store.ConfirmAddress.
func (w Ways) ConfirmAddress(ctx context.Context, p auth.Principal, code string, endOthers bool) (changed bool, t session.Tokens, err error) {
	what := problem.Text{KO: "이메일 주소를 바꿨습니다.", EN: "The mail address was changed."}
	t, err = w.change(ctx, p, endOthers, what, func(then credential.Then) error {
		err := w.Members.ConfirmAddress(ctx, p.MemberID, code, func(ctx context.Context) error {
			changed = true
			if err := w.Credentials.EndLinks(ctx, p.MemberID); err != nil { // they were sent to the old address
				return err
			}
			return then(ctx)
		})
		if err == nil && !changed {
			return errSame
		}
		return err
	})
	if errors.Is(err, errSame) {
		return false, session.Tokens{}, nil
	}
	return changed, t, err
}

// ForgetSecond removes the second factor of a member whose device and recovery codes are lost,
// for an admin who knows it. Their sessions end, and they are told by mail. Fails with
// problem.Absent and as member.MayDisable.
func (w Ways) ForgetSecond(ctx context.Context, memberID string) error {
	m, err := w.Members.Member(ctx, memberID)
	if err != nil {
		return err
	}
	err = w.Members.DB.Atomic(ctx, func(ctx context.Context) error {
		if err := w.Members.MayDisable(ctx, memberID); err != nil {
			return err
		}
		if err := w.Credentials.ForgetSecond(ctx, memberID); err != nil {
			return err
		}
		_, err := w.Sessions.RevokeAll(ctx, memberID, "")
		return err
	})
	if err == nil && m.Email != "" {
		w.send(ctx, w.changedMail(ctx, m.Email, problem.Text{KO: "총학생회 관리자가 2단계 인증을 해제했습니다. 모든 기기에서 로그아웃되었습니다.", EN: "An admin of the council removed your second factor. Every device is signed out."}, m.Email, clock.Now(ctx)))
	}
	return err
}

// Reset sets a password by the token of a link, and tells the member by mail; it ends every
// session, and where the address was not confirmed whatever else may be its maker's. It returns
// whose it is. Fails as credential.Store.Reset does.
func (w Ways) Reset(ctx context.Context, token, chosen string) (memberID string, err error) {
	memberID, email, err := w.Credentials.Reset(ctx, token, chosen, w.disown)
	if err == nil && !member.NoAddress(email) {
		w.send(ctx, w.changedMail(ctx, email, problem.Text{KO: "이메일로 받은 링크로 비밀번호를 다시 정했습니다. 모든 기기에서 로그아웃되었습니다.", EN: "Your password was reset by a link. Every device is signed out."}, email, clock.Now(ctx)))
	}
	return memberID, err
}
