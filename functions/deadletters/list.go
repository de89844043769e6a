package deadletters

import (
	"context"
	"encoding/json"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/operation/deadletter"
)

type listRequest struct {
	Type   string `query:"type" description:"As kr.madang.notice.changed.v1."`
	Cursor string `query:"cursor"`
	Size   *int64 `query:"size" description:"1 to 100; 20 without it."`
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

type listResponse struct {
	Items      []entry `json:"items"`
	NextCursor string  `json:"nextCursor,omitempty"`
}

func (h handlers) list(ctx context.Context, r *listRequest) (*listResponse, error) {
	var f check.Fields
	q := deadletter.Query{Type: f.OptionalLine("type", r.Type, 200), Size: 20}
	if r.Size != nil {
		q.Size = int(f.Number("size", *r.Size, 1, 100))
	}
	kind := "dead-letters?" + q.Type
	if r.Cursor != "" && h.cursors.Decode(kind, r.Cursor, &q.BeforeAt, &q.BeforeID) != nil {
		f.Add("cursor", "forged", "이 목록의 커서가 아닙니다.", "Not a cursor of this list.")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	letters, err := h.letters.List(ctx, q)
	if err != nil {
		return nil, err
	}
	response := &listResponse{Items: []entry{}}
	for _, l := range letters[:min(q.Size, len(letters))] {
		response.Items = append(response.Items, entryOf(l))
	}
	if len(letters) > q.Size {
		last := letters[q.Size-1]
		response.NextCursor = h.cursors.Encode(kind, clock.Millis(last.LastAt), last.ID)
	}
	return response, nil
}
