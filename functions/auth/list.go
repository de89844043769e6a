package auth

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
)

type listRequest struct{}

type sessionItem struct {
	ID             string     `json:"id"`
	Device         string     `json:"device"`
	Current        bool       `json:"current"`
	CreatedAt      time.Time  `json:"createdAt"`
	RefreshedAt    time.Time  `json:"refreshedAt"`
	ExpiresAt      time.Time  `json:"expiresAt"`
	SecondFactorAt *time.Time `json:"secondFactorAt,omitempty"`
}

type listResponse struct {
	Items []sessionItem `json:"items"`
}

func (h handlers) list(ctx context.Context, _ *listRequest) (*listResponse, error) {
	p := auth.From(ctx)
	sessions, err := h.sessions.List(ctx, p.MemberID)
	if err != nil {
		return nil, err
	}
	items := []sessionItem{}
	for _, s := range sessions {
		items = append(items, sessionItem{
			ID: s.ID, Device: s.Device, Current: s.ID == p.SessionID,
			CreatedAt: s.CreatedAt, RefreshedAt: s.RefreshedAt, ExpiresAt: s.UntilAt, SecondFactorAt: s.SecondAt,
		})
	}
	return &listResponse{Items: items}, nil
}
