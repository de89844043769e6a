package deadletters

import (
	"context"
	"encoding/json"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/operation/deadletter"
)

type listRequest struct {
	cursor.Asked
	Type string `query:"type" description:"As kr.madang.notice.changed.v1."`
}

// entry is a letter; Data and Answer are in one that is read alone.
type entry struct {
	ID         string          `json:"id"`
	EventID    string          `json:"eventId"`
	Type       string          `json:"type"`
	Subject    string          `json:"subject" description:"Id of the thing that it is about."`
	Consumer   string          `json:"consumer" description:"Who did not take it."`
	Status     int             `json:"status" description:"Of the consumer's last answer; 0 where there was none."`
	Times      int             `json:"times" description:"How often the broker gave it up."`
	HappenedAt time.Time       `json:"happenedAt"`
	FirstAt    time.Time       `json:"firstAt"`
	LastAt     time.Time       `json:"lastAt"`
	Data       json.RawMessage `json:"data,omitempty"`
	Answer     string          `json:"answer,omitempty" description:"The beginning of the consumer's last answer."`
	Trace      string          `json:"trace,omitempty" description:"W3C traceparent of the request that made it."`
}

func entryOf(l deadletter.Letter) entry {
	return entry{
		ID: l.ID, EventID: l.Event.ID, Type: l.Event.Type, Subject: l.Event.Subject, Consumer: deadletter.Consumer(l.Event.Failure.Sink), Status: l.Event.Failure.Status,
		Times: l.Times, HappenedAt: l.Event.Time, FirstAt: l.FirstAt, LastAt: l.LastAt,
	}
}

func (h handlers) list(ctx context.Context, r *listRequest) (*cursor.Page[entry], error) {
	var f check.Fields
	q, size := deadletter.Query{Type: f.OptionalLine("type", r.Type, 200)}, cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	page, err := cursor.Read(h.cursors, "dead-letters?"+q.Type, r.Cursor, size, func(before cursor.Moment, limit int) ([]deadletter.Letter, error) {
		q.Before = before
		return h.letters.List(ctx, q, limit)
	}, deadletter.Letter.Place)
	if err != nil {
		return nil, err
	}
	entries := cursor.Map(page, entryOf)
	return &entries, nil
}
