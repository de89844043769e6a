package members

import (
	"context"

	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/member"
)

type consentRequest struct {
	PolicyVersion string `json:"policyVersion" description:"Of the privacy policy that was shown."`
	Privacy       bool   `json:"privacy" description:"Collection and use of personal data; without it there is no account."`
	Age           *bool  `json:"age,omitempty" description:"Is 14 or older."`
	Marketing     *bool  `json:"marketing,omitempty" description:"Taken and not kept: nothing is mailed by it. Members choose their mail in /v1/notifications/settings."`
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

func (h handlers) signUp(ctx context.Context, r *signUpRequest) (*signUpResponse, error) {
	email, err := h.accounts.SignUp(ctx, account.Application{Email: r.Email, Password: r.Password, Name: r.Name, Unit: r.Unit, Consent: r.Consent.consent(), ConsentPrefix: "consent."})
	if err != nil {
		return nil, err
	}
	return &signUpResponse{Email: email, Next: "/v1/auth/sessions"}, nil
}

func (r consentRequest) consent() member.Consent {
	return member.Consent{Version: r.PolicyVersion, Privacy: r.Privacy, Age: r.Age}
}
