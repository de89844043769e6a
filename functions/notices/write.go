package notices

import (
	"context"

	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
)

type writeRequest struct {
	Unit        string   `json:"unit"`
	Title       string   `json:"title" description:"1 to 200 characters."`
	Body        string   `json:"body,omitempty" description:"Markdown, at most 100,000 characters."`
	TitleEn     string   `json:"titleEn,omitempty" description:"At most 200 characters; readers of English get the Korean one without."`
	BodyEn      string   `json:"bodyEn,omitempty" description:"As body; needs titleEn."`
	Tags        []string `json:"tags,omitempty" description:"At most 10 of at most 20 characters."`
	Attachments []string `json:"attachments,omitempty" description:"Ids of completed uploads, at most 10."`
	notice.Times
	PublishNow bool `json:"publishNow,omitempty" description:"Published by the server's clock, instead of publishAt."`
}

// written is a new notice with its address.
type written struct{ article }

// Location is the address of the notice.
func (w written) Location() string { return "/v1/notices/" + w.ID }

func (h handlers) write(ctx context.Context, r *writeRequest) (*written, error) {
	n, err := h.notices.Add(ctx, notice.Content(*r), h.units)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, n.ID)
	return &written{h.show(ctx, n)}, h.out(ctx, n)
}
