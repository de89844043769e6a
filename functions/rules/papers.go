package rules

import (
	"context"

	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
)

// related is a page that speaks of a version: the minutes of a meeting, or a notice.
type related struct {
	ID    string `json:"id"`
	Title string `json:"title" description:"In the language of the request, where it has one in it."`
	Path  string `json:"path"`
}

// papers are what belongs to a version beside its text.
type papers struct {
	Files   []upload.File `json:"files" description:"As its signed original."`
	Meeting string        `json:"meeting,omitempty" description:"The path of the minutes of the meeting that decided it."`
	Minutes []related     `json:"minutes" description:"Minutes that the caller may read of that meeting, and of others that speak of this version."`
	Notices []related     `json:"notices" description:"Notices that the caller may read and that lead to this version."`
}

type keepRequest struct {
	read

	Files   []string `json:"files" description:"Ids of completed uploads, at most 20, in their order."`
	Meeting string   `json:"meeting,omitempty" description:"The path of minutes, as /minutes/…; none without it."`
}

func (h handlers) keep(ctx context.Context, r *keepRequest) (*version, error) {
	number, was, err := h.matched(ctx, r.read)
	if err != nil {
		return nil, err
	}
	v, err := h.rules.Keep(ctx, r.Slug, number, was, rule.Papers{Files: r.Files, Meeting: r.Meeting})
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, v.ID)
	return h.whole(ctx, r.Slug, v)
}
