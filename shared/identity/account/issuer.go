package account

import (
	"context"
	"errors"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Somebody whom another issuer has identified comes back by a link, which anybody could have had
// them follow: it signs in who has an account, and does nothing else. What they consent to, and
// that they come back who were leaving, they say on the site, which remembers meanwhile in their
// browser who they are.

// Known is who somebody is, as another issuer says.
type Known struct {
	Issuer, Subject string
	Email           string // "" unless the issuer has verified it
	Name            string // may be empty
}

// ErrConsentRequired is the answer to who comes by an issuer and has no account.
func ErrConsentRequired() *problem.Error {
	return problem.New(problem.Conflict, "consent-required", "처음 오셨네요. 가입하려면 개인정보 수집과 이용에 동의해 주세요.", "You are new here. To become a member, agree to the collection and use of personal data.")
}

// SignInBy signs in whom another issuer has identified. It fails as credential.Store.SignInAs does, and with
// ErrConsentRequired where they have no account.
func (w Ways) SignInBy(ctx context.Context, who Known, t credential.Try, comeBack bool) (session.Tokens, error) {
	id, err := w.Members.Linked(ctx, who.Issuer, who.Subject)
	if errors.Is(err, problem.Absent()) {
		return session.Tokens{}, ErrConsentRequired()
	}
	if err != nil {
		return session.Tokens{}, err
	}
	return w.Credentials.SignInAs(ctx, id, t, comeBack)
}

// SignUpBy makes an account for whom another issuer has identified and signs them in; who has one
// already, as where two tabs ask at once, is signed in to it. It fails with problem.Invalid by the
// consent, with member.ErrEmailTaken, and as SignInBy.
func (w Ways) SignUpBy(ctx context.Context, who Known, c member.Consent, t credential.Try) (session.Tokens, error) {
	var f check.Fields
	n := member.New{Profile: member.Profile{Name: shownName(who.Name)}, Consent: w.ReadConsent(&f, "", c)}
	if err := f.Err(); err != nil {
		return session.Tokens{}, err
	}
	var address check.Fields
	if email := address.Email("email", who.Email); address.Err() == nil {
		n.Email = email
	}
	_, err := w.Members.SignUpBy(ctx, n, who.Issuer, who.Subject)
	if errors.Is(err, member.ErrLinkTaken()) || errors.Is(err, member.ErrEmailTaken()) {
		if _, linked := w.Members.Linked(ctx, who.Issuer, who.Subject); linked == nil {
			err = nil
		}
	}
	if err != nil {
		return session.Tokens{}, err
	}
	return w.SignInBy(ctx, who, t, false)
}

// shownName is the issuer's name for somebody, as far as it can be shown.
func shownName(name string) string {
	clean, err := text.Clean(name, false)
	if err != nil || text.Blank(clean) {
		return "새 회원"
	}
	return text.Truncate(clean, member.NameLimit)
}
