package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/member"
)

type sendCodeRequest struct {
	Email string `json:"email" description:"An address of the school."`
}

type sendCodeResponse struct {
	ExpiresAt time.Time `json:"expiresAt"`
}

func (h handlers) sendCode(ctx context.Context, r *sendCodeRequest) (*sendCodeResponse, error) {
	until, err := h.accounts.SendCode(ctx, auth.From(ctx).MemberID, r.Email)
	if err != nil {
		return nil, err
	}
	return &sendCodeResponse{ExpiresAt: until}, nil
}

type confirmCodeRequest struct {
	Code string `json:"code"`
}

func (h handlers) confirmCode(ctx context.Context, r *confirmCodeRequest) (*function.None, error) {
	return &function.None{}, h.members.ConfirmCode(ctx, auth.From(ctx).MemberID, r.Code)
}

type rosterVerificationRequest struct {
	StudentNumber string `json:"studentNumber"`
	Name          string `json:"name"`
}

func (h handlers) verifyByRoster(ctx context.Context, r *rosterVerificationRequest) (*function.None, error) {
	var f check.Fields
	number, name := f.Line("studentNumber", r.StudentNumber, 20), f.Line("name", r.Name, member.NameLimit)
	if err := f.Err(); err != nil {
		return nil, err
	}
	me := auth.From(ctx).MemberID
	if err := h.attempts.Take(ctx, attempt.Roster, me); err != nil {
		return nil, err
	}
	return &function.None{}, h.members.VerifyByRoster(ctx, me, number, name)
}

type adminVerificationRequest struct {
	ID            string `path:"id"`
	StudentNumber string `json:"studentNumber,omitempty" description:"Keeps the student from verifying another account; only its hash is kept."`
}

func (h handlers) verifyByAdmin(ctx context.Context, r *adminVerificationRequest) (*function.None, error) {
	var f check.Fields
	number := f.OptionalLine("studentNumber", r.StudentNumber, 20)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := member.WholeCouncil(ctx); err != nil {
		return nil, err
	}
	return &function.None{}, h.members.VerifyByAdmin(ctx, r.ID, number)
}

type rosterRequest struct {
	Body function.Body `body:"text/csv"`
}

type rosterResponse struct {
	Students int `json:"students"`
}

// replaceRoster takes CSV: number, name, optionally school mail address.
func (h handlers) replaceRoster(ctx context.Context, r *rosterRequest) (*rosterResponse, error) {
	if err := member.WholeCouncil(ctx); err != nil {
		return nil, err
	}
	list, err := h.members.ReadRoster(r.Body.Reader)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, "students", len(list))
	return &rosterResponse{Students: len(list)}, h.members.ReplaceRoster(ctx, list)
}
