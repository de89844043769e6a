package notify

import (
	"context"
	"time"

	"github.com/madang-council/madang/functions/notify/desk"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
)

// deliveryEntry is a message to a channel.
type deliveryEntry struct {
	ID       string     `json:"id"`
	Topic    string     `json:"topic"`
	Kind     string     `json:"kind" description:"Of the thing."`
	ThingID  string     `json:"thingId"`
	State    string     `json:"state" enum:"waiting,sent,failed,late,withheld,unwanted,unreachable"`
	Attempts int        `json:"attempts"`
	Status   int        `json:"status" description:"Of the last answer; 0 for none."`
	Answer   string     `json:"answer" description:"At most 256 bytes of it."`
	Said     string     `json:"said" description:"What became of it, in words."`
	At       time.Time  `json:"at" description:"When it happened that is told."`
	NextAt   *time.Time `json:"nextAt" description:"When it is tried again."`
}

type deliveriesRequest struct {
	cursor.Asked

	ID string `path:"id"`
}

type deliveriesResponse struct {
	cursor.Page[deliveryEntry]
}

func (h channels) deliveries(ctx context.Context, r *deliveriesRequest) (*deliveriesResponse, error) {
	var f check.Fields
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if _, err := h.channels.Read(ctx, r.ID); err != nil {
		return nil, err
	}
	found, err := cursor.Read(h.cursors, "channel-deliveries?"+r.ID, r.Cursor, size, func(behind cursor.Moment, limit int) ([]delivery.Delivery, error) {
		return h.keeper.Log(ctx, r.ID, behind, limit)
	}, delivery.Delivery.Moment)
	if err != nil {
		return nil, err
	}
	language := function.RequestFrom(ctx).Language
	return &deliveriesResponse{cursor.Map(found, func(d delivery.Delivery) deliveryEntry {
		return deliveryEntry{d.ID, d.Topic, d.Ref.Kind, d.Ref.ID, string(d.State), d.Attempts, d.Status, d.Answer, d.Reason().In(language), d.At, d.NextAt}
	})}, nil
}

type retryRequest struct {
	ID       string `path:"id"`
	Delivery string `path:"delivery"`
}

func (h channels) retry(ctx context.Context, r *retryRequest) (*function.None, error) {
	c, err := h.channels.Read(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	desk.Recorded(ctx, c)
	return &function.None{}, h.keeper.Retry(ctx, r.ID, r.Delivery)
}
