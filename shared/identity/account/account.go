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
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/mail"
)

// Accounts is the counter at which people are served.
type Accounts struct {
	Members     member.Store
	Credentials credential.Store // its Hasher hashes new passwords
	Attempts    attempt.Store
	Mail        mail.Sender
	Log         *slog.Logger

	Council       string   // name of the council, in mail
	SiteURL       string   // in mail
	PolicyVersion string   // of today's privacy policy
	SchoolDomains []string // mail domains that prove a student
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
// learns it after all, at the price of an account, a message and a counted failure for each
// address: the alternative, a code by mail before there is an account, would shut out who
// mistypes it and helps nobody but those who look for addresses that they know.
func (a Accounts) SignUp(ctx context.Context, r Application) (email string, err error) {
	var f check.Fields
	n := member.New{Email: f.Email("email", r.Email), Profile: member.ReadProfile(&f, r.Name, r.Unit, a.Departments)}
	credential.ReadNewPassword(&f, "password", r.Password, r.Name, r.Email)
	n.Consent = a.ReadConsent(&f, r.ConsentPrefix, r.Consent)
	if err := f.Err(); err != nil {
		return "", err
	}
	sending := a.Attempts.Take(ctx, attempt.Sending, n.Email)
	if sending != nil && !errors.Is(sending, attempt.ErrTooMany()) {
		return "", sending
	}
	if n.Password, err = a.Credentials.Hasher.Hash(ctx, r.Password); err != nil {
		return "", err
	}
	_, made, err := a.Members.SignUp(ctx, n)
	if err != nil {
		return "", err
	}
	if sending == nil {
		a.send(ctx, a.signUpMail(n.Email, made))
	}
	return n.Email, nil
}

// ReadConsent reads a consent to today's policy.
func (a Accounts) ReadConsent(f *check.Fields, prefix string, c member.Consent) member.Consent {
	if c.Version != a.PolicyVersion {
		f.Add(prefix+"policyVersion", "not-current", "지금의 개인정보 처리방침은 "+a.PolicyVersion+"판입니다.", "The current privacy policy is version "+a.PolicyVersion+".")
	}
	if !c.Privacy {
		f.Add(prefix+"privacy", "required", "개인정보 수집과 이용에 동의해야 합니다.", "There is no account without this consent.")
	}
	if c.Age != nil && !*c.Age {
		f.Add(prefix+"age", "under-age", "14세 이상만 가입할 수 있습니다.", "Members are 14 or older.")
	}
	return c
}

// SendCode sends a code to a school address, and says until when it is good. What limits
// it counts by address and by member, so that nobody's mailbox is filled by many accounts.
func (a Accounts) SendCode(ctx context.Context, memberID, to string) (until time.Time, err error) {
	var f check.Fields
	address := member.ReadSchoolAddress(&f, "email", to, a.SchoolDomains)
	if err := f.Err(); err != nil {
		return time.Time{}, err
	}
	for _, counted := range []string{memberID, address} {
		if err := a.Attempts.Take(ctx, attempt.Sending, counted); err != nil {
			return time.Time{}, err
		}
	}
	code, err := a.Members.SendCode(ctx, memberID, address)
	if err != nil {
		return time.Time{}, err
	}
	return clock.Now(ctx).Add(member.CodeLife), a.Mail.Send(ctx, a.codeMail(address, code))
}

// Forgotten sends a message either way, so that neither the answer nor the time it takes
// tells who is a member; the owner of the address learns it, and nobody else.
func (a Accounts) Forgotten(ctx context.Context, to string) error {
	var f check.Fields
	email := f.Email("email", to)
	if err := f.Err(); err != nil {
		return err
	}
	token, err := a.Credentials.Forgotten(ctx, email)
	switch {
	case errors.Is(err, attempt.ErrTooMany()):
		return nil
	case err != nil:
		return err
	}
	a.send(ctx, a.resetMail(email, token))
	return nil
}

// Leave begins that a member leaves, and says until when it can be undone.
func (a Accounts) Leave(ctx context.Context, me auth.Principal, password string) (until time.Time, err error) {
	m, err := a.Members.Member(ctx, me.MemberID)
	if err != nil {
		return time.Time{}, err
	}
	if err := a.Credentials.Confirm(ctx, me, password); err != nil {
		return time.Time{}, err
	}
	if until, err = a.Members.Leave(ctx, me.MemberID); err != nil {
		return time.Time{}, err
	}
	if m.Email != "" {
		a.send(ctx, a.leavingMail(m.Email, until))
	}
	return until, nil
}

// send sends a message that nothing depends on: who did not get it can ask for another.
func (a Accounts) send(ctx context.Context, m mail.Message) {
	if err := a.Mail.Send(ctx, m); err != nil {
		a.Log.WarnContext(ctx, "a message was not sent", "subject", m.Subject, "error", err)
	}
}
