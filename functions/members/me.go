package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
)

type grant struct {
	Role  string     `json:"role"`
	Unit  string     `json:"unit"`
	Until *time.Time `json:"until,omitempty"`
}

type profileResponse struct {
	ID           string     `json:"id"`
	Email        string     `json:"email"`
	Name         string     `json:"name"`
	Unit         string     `json:"unit"`
	Verified     bool       `json:"verified"`
	VerifiedBy   string     `json:"verifiedBy"`
	HasPassword  bool       `json:"hasPassword"`
	SecondFactor bool       `json:"secondFactor"`
	Suspended    bool       `json:"suspended"`
	LeavingAt    *time.Time `json:"leavingAt,omitempty"`
	Roles        []grant    `json:"roles"`
	CreatedAt    time.Time  `json:"createdAt"`
	UpdatedAt    time.Time  `json:"updatedAt"`
	version      int64
}

// ETag is the version to edit.
func (r profileResponse) ETag() int64 { return r.version }

func (h handlers) profile(ctx context.Context, m member.Member) (*profileResponse, error) {
	grants, err := h.members.Grants(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	r := &profileResponse{
		ID: m.ID, Email: m.Email, Name: m.Name, Unit: m.Unit, Verified: m.VerifiedAt != nil, VerifiedBy: m.VerifiedBy,
		HasPassword: m.HasPassword, SecondFactor: m.SecondAt != nil, Suspended: m.SuspendedAt != nil, LeavingAt: m.LeavingAt,
		Roles: shownGrants(grants), CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt, version: m.Version,
	}
	return r, nil
}

func shownGrants(list []member.Grant) []grant {
	shown := []grant{}
	for _, g := range list {
		item := grant{Role: string(g.Role), Unit: g.Unit}
		if !g.Until.IsZero() {
			item.Until = &g.Until
		}
		shown = append(shown, item)
	}
	return shown
}

type meRequest struct{}

func (h handlers) me(ctx context.Context, _ *meRequest) (*profileResponse, error) {
	m, err := h.members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	return h.profile(ctx, m)
}

type editRequest struct {
	IfMatch string  `header:"If-Match"`
	Name    *string `json:"name,omitempty"`
	Unit    *string `json:"unit,omitempty"`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*profileResponse, error) {
	m, err := h.members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	version, err := function.Match(r.IfMatch, func() (int64, error) { return m.Version, nil })
	if err != nil {
		return nil, err
	}
	name, unit := m.Name, m.Unit
	if r.Name != nil {
		name = *r.Name
	}
	if r.Unit != nil {
		unit = *r.Unit
	}
	var f check.Fields
	p := member.ReadProfile(&f, name, unit, h.settings.DepartmentNames)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if m, err = h.members.Edit(ctx, m.ID, version, p); err != nil {
		return nil, err
	}
	return h.profile(ctx, m)
}
