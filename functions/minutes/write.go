package minutes

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

type writeRequest struct {
	Body        string        `json:"body" description:"The slug of a body; it stays."`
	Year        int64         `json:"year,omitempty" description:"By which the body counts its rounds; the year of the meeting without it."`
	Round       int64         `json:"round,omitempty" description:"1 to 9,999, for a body whose meetings have numbers."`
	Kind        string        `json:"kind" description:"regular or extraordinary."`
	HeldAt      *time.Time    `json:"heldAt,omitempty" description:"When the meeting is or was; needed."`
	Place       string        `json:"place,omitempty" description:"At most 100 characters."`
	Chair       string        `json:"chair,omitempty" description:"At most 100 characters."`
	Enrolled    *int64        `json:"enrolled,omitempty" description:"How many there are."`
	Present     *int64        `json:"present,omitempty" description:"How many of them came; as attendees and what became of the items, once the meeting has begun."`
	Attendees   string        `json:"attendees,omitempty" description:"Their names, where the rule of the body has them named; at most 2,000 characters."`
	Items       []minute.Item `json:"items,omitempty" description:"In order, at most 60."`
	Text        string        `json:"text,omitempty" description:"What belongs to no item, as the text of one."`
	Attachments []string      `json:"attachments,omitempty" description:"Ids of completed uploads, at most 20; readers see them with the full text."`
}

// written is a meeting that was begun, with its address.
type written struct{ record }

// Location is the address of the minutes.
func (w written) Location() string { return "/v1/minutes/" + w.ID }

// beginRequest may publish a step at once.
type beginRequest struct {
	writeRequest
	Publish string `json:"publish,omitempty" description:"A step that is published at once; a draft without it."`
}

func (h handlers) write(ctx context.Context, r *beginRequest) (*written, error) {
	m, err := h.minutes.Add(ctx, minute.Content(r.writeRequest))
	if err == nil && r.Publish != "" {
		m, err = h.minutes.Publish(ctx, m.ID, m.Version, minute.Step(r.Publish))
	}
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, m.ID)
	return &written{show(ctx, m)}, nil
}

// edition is minutes as the caller read them.
type edition struct {
	ID      string `path:"id"`
	IfMatch string `header:"If-Match"`
}

// version is the one that was read.
func (h handlers) version(ctx context.Context, e edition) (int64, error) {
	if !check.ID(e.ID) {
		return 0, problem.Absent()
	}
	return function.Match(e.IfMatch, func() (int64, error) { return h.minutes.Version(ctx, e.ID) })
}

type editRequest struct {
	edition
	writeRequest
	Reason string `json:"reason,omitempty" description:"Of a correction, needed where it changes decisions or texts that readers have seen; at most 200 characters."`
	Draft  bool   `json:"draft,omitempty" description:"It is autosaved while it is written: refused where it changes what readers see."`
}

func (h handlers) edit(ctx context.Context, r *editRequest) (*record, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	_, is, err := h.minutes.Edit(ctx, r.ID, minute.Edition{Version: version, Reason: r.Reason, Draft: r.Draft}, minute.Content(r.writeRequest))
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, audit.Version, is.Version)
	a := show(ctx, is)
	return &a, nil
}

func (h handlers) remove(ctx context.Context, r *edition) (*function.None, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	return nil, h.minutes.Delete(ctx, r.ID, version)
}

func (h handlers) undelete(ctx context.Context, r *edition) (*record, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	m, err := h.minutes.Undelete(ctx, r.ID, version)
	if err != nil {
		return nil, err
	}
	a := show(ctx, m)
	return &a, nil
}

type publishRequest struct {
	edition
	Step string `json:"step" description:"announced, decisions or full."`
}

func (h handlers) publish(ctx context.Context, r *publishRequest) (*record, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	m, err := h.minutes.Publish(ctx, r.ID, version, minute.Step(r.Step))
	if err != nil {
		return nil, err
	}
	a := show(ctx, m)
	return &a, nil
}

type extendRequest struct {
	edition
	Days   int64  `json:"days" description:"At least 1; at most 7, unless the council has decided otherwise."`
	Reason string `json:"reason" description:"1 to 200 characters; readers see it."`
}

func (h handlers) extend(ctx context.Context, r *extendRequest) (*record, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	m, err := h.minutes.Extend(ctx, r.ID, version, r.Days, r.Reason)
	if err != nil {
		return nil, err
	}
	a := show(ctx, m)
	return &a, nil
}

type pasteRequest struct {
	Text string `json:"text" description:"At most 200,000 characters."`
}

type pasteResponse struct {
	Items  []minute.Item `json:"items"`
	Before string        `json:"before" description:"What stands before the first item."`
}

func (h handlers) paste(_ context.Context, r *pasteRequest) (*pasteResponse, error) {
	var f check.Fields
	text := f.Text("text", r.Text, minute.MostAll)
	if err := f.Err(); err != nil {
		return nil, err
	}
	items, before := minute.Paste(text)
	return &pasteResponse{Items: items, Before: before}, nil
}
