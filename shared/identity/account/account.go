// Package account is what people do with their own account where more than one store, or
// mail, takes part: the API and the site's pages offer the same.
package account

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/problem"
)

// Accounts is the counter at which people are served.
type Accounts struct {
	Members     member.Store
	Credentials credential.Store // its Hasher hashes new passwords
	Attempts    attempt.Store
	Mail        mail.Sender
	Log         *slog.Logger

	Council       func(context.Context) string // the council's name, in mail
	SiteURL       string                       // in mail
	PolicyVersion string                       // of today's privacy policy
	School        member.School
	Departments   []string // that a member may name; none: any
}

// Application is what somebody signs up with.
type Application struct {
	Email, Password, Name, Unit string
	Consent                     member.Consent
	ConsentPrefix               string // before the consent's fields in a refusal, as "consent."
}

// SignUp makes an account that can be used at once, and returns its address. Who has an
// account is told to nobody but the owner of the address, by mail; the new member gets one
// too, so that the time that it takes tells nothing either. Whoever then tries to sign in
// (the site does it at once, with the password that was chosen) learns it after all, at the
// price of an account, a message and a counted failure for each address: the alternative, a code by mail before there is an account, would shut out who
// mistypes it and helps nobody but those who look for addresses that they know.
func (a Accounts) SignUp(ctx context.Context, r Application) (email string, err error) {
	var f check.Fields
	n := member.New{Email: f.Email("email", r.Email), Profile: member.ReadProfile(&f, r.Name, r.Unit, a.Departments)}
	credential.ReadNewPassword(&f, "password", r.Password, r.Name, r.Email)
	n.Consent = a.ReadConsent(&f, r.ConsentPrefix, r.Consent)
	if err := f.Err(); err != nil {
		return "", err
	}
	tooMany := false // messages to this address
	if err := a.Attempts.Take(ctx, attempt.SigningUp, n.Email); err != nil {
		if tooMany = errors.Is(err, attempt.ErrTooMany()); !tooMany {
			return "", err
		}
	}
	if n.Password, err = a.Credentials.Hasher.Hash(ctx, r.Password); err != nil {
		return "", err
	}
	id, made, err := a.Members.SignUp(ctx, n)
	if err != nil {
		return "", err
	}
	if tooMany {
		return n.Email, nil
	}
	code := ""
	if made {
		if code, err = a.Members.SendAddressCode(ctx, id, n.Email); err != nil {
			return "", err
		}
	}
	a.send(ctx, a.signUpMail(ctx, n.Email, code))
	return n.Email, nil
}

// ReadConsent reads a consent to today's policy.
func (a Accounts) ReadConsent(f *check.Fields, prefix string, c member.Consent) member.Consent {
	if c.Version != a.PolicyVersion {
		f.Add(prefix+"policyVersion", "not-current", "지금의 개인정보 처리방침은 "+a.PolicyVersion+" 버전입니다.", "The current privacy policy is version "+a.PolicyVersion+".")
	}
	if !c.Privacy {
		f.Add(prefix+"privacy", "required", "개인정보 수집과 이용에 동의해 주세요.", "There is no account without this consent.")
	}
	if c.Age != nil && !*c.Age {
		f.Add(prefix+"age", "under-age", "14세 이상만 가입할 수 있습니다.", "Members are 14 or older.")
	}
	return c
}

// SendCode sends a code to a school address, and says until when it is good. What one member
// asks for an address is counted apart from what others do, and that apart from what keeps the
// mailbox from being filled by many accounts. So that these do not keep its owner from a code,
// who asks has confirmed an address of their own, their first code to an address is counted with
// other firsts alone, and one to the address that they have confirmed with nobody's. It fails
// with problem.ConfirmFirst, problem.Invalid and attempt.ErrTooMany.
func (a Accounts) SendCode(ctx context.Context, memberID, to string) (until time.Time, err error) {
	var f check.Fields
	address := a.School.ReadAddress(&f, "email", to)
	if err := f.Err(); err != nil {
		return time.Time{}, err
	}
	m, err := a.Members.Member(ctx, memberID)
	if err != nil {
		return time.Time{}, err
	}
	if !auth.From(ctx).Confirmed {
		return time.Time{}, problem.ConfirmFirst("먼저 이메일 주소를 확인해 주세요.")
	}
	theirs := attempt.Try{Kind: attempt.Verifying, Subject: attempt.Both(memberID, address)}
	tries := []attempt.Try{theirs, {Kind: attempt.MemberCodes, Subject: memberID}}
	if m.ConfirmedAt == nil || member.Mailbox(m.Email) != address {
		first, err := a.Attempts.None(ctx, theirs.Kind, theirs.Subject)
		if err != nil {
			return time.Time{}, err
		}
		all := attempt.Try{Kind: attempt.Codes, Subject: address}
		if first {
			all.Kind = attempt.FirstCodes
		}
		tries = append(tries, all)
	}
	if err := a.Attempts.TakeAll(ctx, tries...); err != nil {
		return time.Time{}, err
	}
	code, err := a.Members.SendCode(ctx, memberID, address)
	if err != nil {
		return time.Time{}, err
	}
	return clock.Now(ctx).Add(member.CodeLife), a.Mail.Send(ctx, a.codeMail(ctx, address, code))
}

// readStudent reads what somebody says who they are.
func readStudent(f *check.Fields, who member.Student) member.Student {
	return member.Student{Number: f.Line("studentNumber", who.Number, 20), Name: f.Line("name", who.Name, member.NameLimit)}
}

// ConfirmCode verifies a member by the code that SendCode sent. Fails as
// member.Store.ConfirmCode does, and with attempt.ErrTooMany where numbers are guessed at.
func (a Accounts) ConfirmCode(ctx context.Context, memberID, code string, who member.Student) error {
	if who.Number != "" {
		var f check.Fields
		who = readStudent(&f, who)
		if err := f.Err(); err != nil {
			return err
		}
		if err := a.Attempts.Take(ctx, attempt.Roster, memberID); err != nil {
			return err
		}
	}
	return a.Members.ConfirmCode(ctx, memberID, code, who)
}

// VerifyByRoster verifies a member by number and name. Fails as member.Store.VerifyByRoster
// does, and with attempt.ErrTooMany.
func (a Accounts) VerifyByRoster(ctx context.Context, memberID string, who member.Student) error {
	var f check.Fields
	who = readStudent(&f, who)
	if err := f.Err(); err != nil {
		return err
	}
	if err := a.Attempts.Take(ctx, attempt.Roster, memberID); err != nil {
		return err
	}
	return a.Members.VerifyByRoster(ctx, memberID, who)
}

// Forgotten sends a message either way, so that neither the answer nor the time it takes
// tells who is a member; the owner of the address learns it, and nobody else. Visitor is the
// hash of the address from which it was asked. Whoever asks too often, or for an address that
// many ask for, gets the same answer without a message; no delay is longer than a link works,
// so that the owner of the address has one that does, unless the message of it was lost.
func (a Accounts) Forgotten(ctx context.Context, to, visitor string) error {
	var f check.Fields
	email := f.Email("email", to)
	if err := f.Err(); err != nil {
		return err
	}
	switch err := a.Attempts.TakeAll(ctx, attempt.Try{Kind: attempt.Resetting, Subject: attempt.Both(visitor, email)}, attempt.Try{Kind: attempt.Resets, Subject: email}); {
	case errors.Is(err, attempt.ErrTooMany()):
		return nil
	case err != nil:
		return err
	}
	token, err := a.Credentials.Forgotten(ctx, email)
	if err != nil {
		return err
	}
	a.send(ctx, a.resetMail(ctx, email, token))
	return nil
}

// Leave begins that a member leaves who has freshly proved who they are, and says until when
// it can be undone. It fails with problem.ProveFirst.
func (a Accounts) Leave(ctx context.Context, me auth.Principal) (until time.Time, err error) {
	m, err := a.Members.Member(ctx, me.MemberID)
	if err != nil {
		return time.Time{}, err
	}
	if err := fresh(ctx, me); err != nil {
		return time.Time{}, err
	}
	if until, err = a.Members.Leave(ctx, me.MemberID); err != nil {
		return time.Time{}, err
	}
	if m.Email != "" {
		a.send(ctx, a.leavingMail(ctx, m.Email, until))
	}
	return until, nil
}

// GiveRole gives a member a role, or another term, and tells them. It fails as member.Store.Grant does.
func (a Accounts) GiveRole(ctx context.Context, memberID string, g auth.Grant) error {
	if err := a.Members.Grant(ctx, memberID, g); err != nil {
		return err
	}
	return a.tellRole(ctx, memberID, g, true)
}

// TakeRole takes a role from a member, and tells them. It fails as member.Store.Withdraw does.
func (a Accounts) TakeRole(ctx context.Context, memberID string, g auth.Grant) error {
	if err := a.Members.Withdraw(ctx, memberID, g.Role, g.Unit); err != nil {
		return err
	}
	return a.tellRole(ctx, memberID, g, false)
}

// tellRole tells of a role once the unit of work is saved. Who has no address is not told.
func (a Accounts) tellRole(ctx context.Context, memberID string, g auth.Grant, given bool) error {
	m, err := a.Members.Member(ctx, memberID)
	if err != nil || m.Email == "" {
		return err
	}
	database.AfterCommit(ctx, func(ctx context.Context) { a.send(ctx, a.roleMail(ctx, m.Email, g, given)) })
	return nil
}

// send sends a message that nothing depends on: who did not get it can ask for another.
func (a Accounts) send(ctx context.Context, m mail.Message) {
	if err := a.Mail.Send(ctx, m); err != nil {
		a.Log.WarnContext(ctx, "a message was not sent", "subject", m.Subject, "error", err)
	}
}
