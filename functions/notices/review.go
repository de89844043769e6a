package notices

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

// reviewResponse is how the review of a notice stands, and what was said in it.
type reviewResponse struct {
	Standing  notice.Standing `json:"standing" enum:"asked,changes,changed,approved,outdated,withdrawn"`
	AskedBy   editor          `json:"askedBy"`
	AskedAt   time.Time       `json:"askedAt"`
	For       *editor         `json:"for,omitempty" description:"Whom it was asked of; absent: whoever writes for the unit."`
	DecidedBy *editor         `json:"decidedBy,omitempty"`
	DecidedAt *time.Time      `json:"decidedAt,omitempty"`
	Decided   int64           `json:"decided,omitempty" description:"The number of the revision that was decided on."`
	Required  bool            `json:"required" description:"Nothing comes out without approval: the council's policy."`
	Version   int64           `json:"version" description:"Of the notice."`
	Remarks   []remark        `json:"remarks" description:"In their order."`
}

// remark is something that was said.
type remark struct {
	Number int64       `json:"number"`
	By     editor      `json:"by"`
	Said   notice.Said `json:"said" enum:"asked,comment,changes,approved,withdrawn"`
	At     time.Time   `json:"at"`
	Seen   int64       `json:"seen" description:"The number of the revision that was seen."`
	Text   string      `json:"text,omitempty"`
}

// ETag is the notice's version, for If-Match.
func (r reviewResponse) ETag() int64 { return r.Version }

type reviewRequest struct {
	ID string `path:"id"`
}

func (h handlers) review(ctx context.Context, r *reviewRequest) (*reviewResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	return h.reviewOf(ctx, r.ID)
}

func (h handlers) reviewOf(ctx context.Context, id string) (*reviewResponse, error) {
	n, err := h.notices.Writable(ctx, id)
	if err != nil {
		return nil, err
	}
	is, remarks, err := h.notices.Review(ctx, n)
	if err == nil && is == nil {
		err = problem.Absent()
	}
	if err != nil {
		return nil, err
	}
	required, err := h.notices.ReviewRequired(ctx)
	if err != nil {
		return nil, err
	}
	ids := []string{is.AskedBy, is.For, is.DecidedBy}
	for _, v := range remarks {
		ids = append(ids, v.Author)
	}
	names, err := h.members.Names(ctx, ids...)
	if err != nil {
		return nil, err
	}
	who := func(id string) *editor {
		if id == "" {
			return nil
		}
		return &editor{ID: id, Name: names[id]}
	}
	answer := &reviewResponse{
		Standing: is.Standing(), AskedBy: *who(is.AskedBy), AskedAt: is.AskedAt, For: who(is.For), DecidedBy: who(is.DecidedBy), DecidedAt: is.DecidedAt, Decided: is.DecidedSeen,
		Required: required, Version: n.Version, Remarks: []remark{},
	}
	for _, v := range remarks {
		answer.Remarks = append(answer.Remarks, remark{Number: v.Number, By: *who(v.Author), Said: v.Said, At: v.At, Seen: v.Seen, Text: v.Text})
	}
	return answer, nil
}

type askRequest struct {
	edition
	For  string `json:"for,omitempty" description:"The id of a colleague who may write for the notice's unit; absent: all who may."`
	Text string `json:"text,omitempty" description:"Plain, at most 2,000 characters."`
}

func (h handlers) ask(ctx context.Context, r *askRequest) (*reviewResponse, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	colleagues, err := h.colleagues(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if err := h.notices.Ask(ctx, r.ID, version, notice.Request{For: r.For, Text: r.Text, Colleagues: colleagues}); err != nil {
		return nil, err
	}
	return h.reviewOf(ctx, r.ID)
}

// colleagues are the ids of who writes for the unit of a notice that the caller writes for.
func (h handlers) colleagues(ctx context.Context, id string) ([]string, error) {
	n, err := h.notices.Writable(ctx, id)
	if err != nil {
		return nil, err
	}
	list, err := h.members.Able(ctx, auth.Write, n.Unit)
	return member.IDs(list), err
}

func (h handlers) unask(ctx context.Context, r *edition) (*function.None, error) {
	version, err := h.version(ctx, *r)
	if err != nil {
		return nil, err
	}
	return &function.None{}, h.notices.Withdraw(ctx, r.ID, version)
}

type commentRequest struct {
	ID      string `path:"id"`
	Version int64  `json:"version,omitempty" description:"The notice's that was seen; absent: the newest."`
	Text    string `json:"text" description:"Plain, 1 to 2,000 characters."`
}

func (h handlers) comment(ctx context.Context, r *commentRequest) (*reviewResponse, error) {
	if !check.ID(r.ID) {
		return nil, problem.Absent()
	}
	colleagues, err := h.colleagues(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if err := h.notices.Comment(ctx, r.ID, r.Version, r.Text, colleagues); err != nil {
		return nil, err
	}
	return h.reviewOf(ctx, r.ID)
}

type decideRequest struct {
	edition
	Decision string `json:"decision" enum:"approved,changes"`
	Text     string `json:"text,omitempty" description:"Plain, at most 2,000 characters; what is to be changed has to be said."`
}

func (h handlers) decide(ctx context.Context, r *decideRequest) (*reviewResponse, error) {
	version, err := h.version(ctx, r.edition)
	if err != nil {
		return nil, err
	}
	colleagues, err := h.colleagues(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	if err := h.notices.Decide(ctx, r.ID, version, notice.Said(r.Decision), r.Text, colleagues); err != nil {
		return nil, err
	}
	function.Detail(ctx, "decision", r.Decision)
	return h.reviewOf(ctx, r.ID)
}

// waived is the action of the log where a notice came out without the approval that the council asks for.
const waived = "publish without approval"

// out says in the log that n came out without the approval that the council asks for, where it did.
func (h handlers) out(ctx context.Context, n notice.Notice) error {
	if !n.Waived {
		return nil
	}
	q := function.RequestFrom(ctx)
	return h.log.Add(ctx, audit.Record{Actor: auth.From(ctx).MemberID, Action: waived, Subject: n.ID, SubjectName: n.Title, Origin: q.Origin, RequestID: q.ID, Detail: "{}"})
}
