package banners

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/media/upload"
)

type manageRequest struct{}

type manageResponse struct {
	Items []entry `json:"items"`
}

// entry is a banner as those who write see it.
type entry struct {
	ID        string       `json:"id"`
	Unit      string       `json:"unit"`
	Alt       string       `json:"alt"`
	Link      string       `json:"link"`
	Focus     banner.Focus `json:"focus"`
	Image     upload.File  `json:"image"`
	From      *time.Time   `json:"from,omitempty"`
	Until     *time.Time   `json:"until,omitempty"`
	Order     int          `json:"order"` // smallest first
	Version   int64        `json:"version"`
	CreatedAt time.Time    `json:"createdAt"`
	UpdatedAt time.Time    `json:"updatedAt"`
}

// ETag is the version, for If-Match.
func (e entry) ETag() int64 { return e.Version }

func show(b banner.Stored) entry {
	return entry{
		ID: b.ID, Unit: b.Unit, Alt: b.Alt, Link: b.Link, Focus: b.Focus, Image: b.Image, From: b.From, Until: b.Until,
		Order: b.Place, Version: b.Version, CreatedAt: b.CreatedAt, UpdatedAt: b.UpdatedAt,
	}
}

func (h handlers) manage(ctx context.Context, _ *manageRequest) (*manageResponse, error) {
	list, err := h.banners.Managed(ctx)
	if err != nil {
		return nil, err
	}
	response := &manageResponse{Items: []entry{}}
	for _, b := range list {
		response.Items = append(response.Items, show(b))
	}
	return response, nil
}
