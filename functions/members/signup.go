package members

import (
	"context"
	"errors"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/attempt"
	"github.com/madang-council/madang/shared/council/credential"
	"github.com/madang-council/madang/shared/council/member"
)

type consentRequest struct {
	PolicyVersion string `json:"policyVersion" description:"Of the privacy policy that was shown."`
	Privacy       bool   `json:"privacy" description:"Collection and use of personal data; without it there is no account."`
	Age           *bool  `json:"age,omitempty" description:"Is 14 or older."`
	Marketing     *bool  `json:"marketing,omitempty" description:"Mail that is not about the member's own affairs."`
}

type signUpRequest struct {
	Email    string         `json:"email"`
	Password string         `json:"password"`
	Name     string         `json:"name"`
	Unit     string         `json:"unit,omitempty" description:"The member's own department."`
	Consent  consentRequest `json:"consent"`
}

type signUpResponse struct {
	Email string `json:"email"`
	Next  string `json:"next" description:"Where to go on: signing in. The answer is the same where the address is taken; its owner is told by mail."`
}

// signUp makes an account that can be used at once. Who has an account is told to nobody
// but the owner of the address, by mail; the new member gets one too, so that the time
// that it takes tells nothing either. Whoever then tries to sign in learns it after all,
// at the price of an account, a message and a counted failure for each address: the
// alternative, a code by mail before there is an account, would shut out who mistypes it
// and helps nobody but those who look for addresses that they know.
func (h handlers) signUp(ctx context.Context, r *signUpRequest) (*signUpResponse, error) {
	var f check.Fields
	n := member.New{Email: f.Email("email", r.Email), Profile: member.ReadProfile(&f, r.Name, r.Unit, h.settings.DepartmentNames)}
	credential.ReadNewPassword(&f, "password", r.Password, r.Name, r.Email)
	n.Consent = h.readConsent(&f, "consent.", r.Consent)
	if err := f.Err(); err != nil {
		return nil, err
	}
	sending := h.attempts.Take(ctx, attempt.Sending, n.Email)
	if sending != nil && !errors.Is(sending, attempt.ErrTooMany()) {
		return nil, sending
	}
	var err error
	if n.Password, err = h.hasher.Hash(ctx, r.Password); err != nil {
		return nil, err
	}
	_, made, err := h.members.SignUp(ctx, n)
	if err != nil {
		return nil, err
	}
	if sending == nil {
		h.send(ctx, signUpMail(h.settings, n.Email, made))
	}
	return &signUpResponse{Email: n.Email, Next: "/v1/auth/sessions"}, nil
}

// readConsent reads a consent to today's policy.
func (h handlers) readConsent(f *check.Fields, prefix string, r consentRequest) member.Consent {
	if r.PolicyVersion != h.settings.PolicyVersion {
		f.Add(prefix+"policyVersion", "not-current", "지금의 개인정보 처리방침은 "+h.settings.PolicyVersion+"판입니다.", "The current privacy policy is version "+h.settings.PolicyVersion+".")
	}
	if !r.Privacy {
		f.Add(prefix+"privacy", "required", "개인정보 수집과 이용에 동의해야 합니다.", "There is no account without this consent.")
	}
	if r.Age != nil && !*r.Age {
		f.Add(prefix+"age", "under-age", "14세 이상만 가입할 수 있습니다.", "Members are 14 or older.")
	}
	return member.Consent{Version: r.PolicyVersion, Privacy: r.Privacy, Age: r.Age, Marketing: r.Marketing}
}
