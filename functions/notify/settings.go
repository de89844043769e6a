package notify

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/function"
)

type none struct{}

type setting struct {
	Topic string `json:"topic" description:"notices, minutes, rules, events, archives, or followed for the things that one follows."`
	How   string `json:"how" description:"now, digest (once a day) or off."`
}

type paused struct {
	At     time.Time `json:"at"`
	Status int       `json:"status" description:"Of the mail server's answer."`
	Answer string    `json:"answer"`
}

type settingsResponse struct {
	Settings  []setting `json:"settings"`
	Confirmed bool      `json:"confirmed" description:"Whether the caller has a confirmed mail address: without one nothing is mailed."`
	Paused    *paused   `json:"paused,omitempty" description:"Why nothing is mailed to the address any more; absent where it is."`
}

func (h handlers) settings(ctx context.Context, _ *none) (*settingsResponse, error) {
	m, err := h.members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	list, err := h.topics.Settings(ctx, m.ID)
	if err != nil {
		return nil, err
	}
	r := &settingsResponse{Settings: []setting{}, Confirmed: m.Email != "" && m.ConfirmedAt != nil}
	for _, s := range list {
		r.Settings = append(r.Settings, setting{s.Topic, string(s.How)})
	}
	why, err := h.queue.Paused(ctx, m.ID, m.Email)
	if why != nil {
		r.Paused = &paused{why.At, why.Status, why.Answer}
	}
	return r, err
}

type setRequest struct {
	Settings []setting `json:"settings"`
}

func (h handlers) set(ctx context.Context, r *setRequest) (*settingsResponse, error) {
	var f check.Fields
	if most := len(topic.All()) + 1; len(r.Settings) > most {
		f.Add("settings", "too-many", "항목이 너무 많습니다.", "There are not so many.")
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	list := []topic.Setting{}
	for _, s := range r.Settings {
		list = append(list, topic.Setting{Topic: s.Topic, How: topic.How(s.How)})
	}
	if err := h.topics.Set(ctx, auth.From(ctx).MemberID, list...); err != nil {
		return nil, err
	}
	return h.settings(ctx, &none{})
}

func (h handlers) resume(ctx context.Context, _ *none) (*function.None, error) {
	return &function.None{}, h.queue.Resume(ctx, auth.From(ctx).MemberID)
}
