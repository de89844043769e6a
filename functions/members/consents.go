package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/identity/member"
)

type consentsRequest struct{}

type consentItem struct {
	Kind    string    `json:"kind"`
	Version string    `json:"version"`
	Given   bool      `json:"given"`
	At      time.Time `json:"at"`
}

type consentsResponse struct {
	PolicyVersion string        `json:"policyVersion" description:"Of today's privacy policy."`
	Current       bool          `json:"current" description:"Whether the member agreed to today's version."`
	Items         []consentItem `json:"items" description:"The last word about each kind that is asked for."`
}

func (h handlers) consents(ctx context.Context, _ *consentsRequest) (*consentsResponse, error) {
	history, err := h.members.Consents(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	r := &consentsResponse{PolicyVersion: h.settings.PolicyVersion, Items: []consentItem{}}
	for _, c := range member.Current(history) {
		r.Current = r.Current || c.Kind == member.Privacy && c.Given && c.Version == r.PolicyVersion
		r.Items = append(r.Items, consentItem(c))
	}
	return r, nil
}

// setConsents agrees to today's policy. Who withdraws the consent to what an account needs leaves
// instead.
func (h handlers) setConsents(ctx context.Context, r *consentRequest) (*consentsResponse, error) {
	var f check.Fields
	c := h.accounts.ReadConsent(&f, "", r.consent())
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := h.members.Consent(ctx, auth.From(ctx).MemberID, c); err != nil {
		return nil, err
	}
	return h.consents(ctx, &consentsRequest{})
}
