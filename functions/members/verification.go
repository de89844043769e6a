package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
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
	Code          string `json:"code"`
	StudentNumber string `json:"studentNumber,omitempty" description:"Where a roster is installed that does not list the address."`
	Name          string `json:"name,omitempty" description:"As the roster has it, with the number."`
}

func (h handlers) confirmCode(ctx context.Context, r *confirmCodeRequest) (*function.None, error) {
	return &function.None{}, h.accounts.ConfirmCode(ctx, auth.From(ctx).MemberID, r.Code, member.Student{Number: r.StudentNumber, Name: r.Name})
}

type rosterVerificationRequest struct {
	StudentNumber string `json:"studentNumber"`
	Name          string `json:"name"`
}

func (h handlers) verifyByRoster(ctx context.Context, r *rosterVerificationRequest) (*function.None, error) {
	return &function.None{}, h.accounts.VerifyByRoster(ctx, auth.From(ctx).MemberID, member.Student{Number: r.StudentNumber, Name: r.Name})
}

type adminVerificationRequest struct {
	ID            string `path:"id"`
	StudentNumber string `json:"studentNumber" description:"Keeps the student from verifying another account; only its hash is kept."`
}

func (h handlers) verifyByAdmin(ctx context.Context, r *adminVerificationRequest) (*function.None, error) {
	var f check.Fields
	number := f.Line("studentNumber", r.StudentNumber, 20)
	if err := f.Err(); err != nil {
		return nil, err
	}
	return &function.None{}, h.members.VerifyByAdmin(ctx, r.ID, number)
}

type rosterRequest struct {
	State string        `query:"state" description:"That of the comparison which was looked at: the roster is replaced only while it is still that one."`
	Body  function.Body `body:"text/csv"`
}

type rosterResponse struct {
	Students int    `json:"students"`
	Encoding string `json:"encoding" description:"In which the file was read: UTF-8, CP949, UTF-16LE or UTF-16BE."`
	Known    int    `json:"known" description:"Accounts that were known by their mailbox and are by their number now."`
	Ended    int    `json:"ended" description:"Accounts that turned out to be a student's second, and are verified no more."`
}

type comparisonRequest struct {
	Body function.Body `body:"text/csv"`
}

type comparisonResponse struct {
	Students     int    `json:"students"`
	Encoding     string `json:"encoding" description:"In which the file was read: UTF-8, CP949, UTF-16LE or UTF-16BE."`
	New          int    `json:"new" description:"Students who are not listed yet."`
	Changed      int    `json:"changed" description:"Students who are listed with another name or mail address."`
	Same         int    `json:"same"`
	Gone         int    `json:"gone" description:"Students who would be listed no more."`
	Verified     int    `json:"verified" description:"How many of those who would be gone have a verified account, which they keep."`
	NewLines     []int  `json:"newLines" description:"Lines of the file, from 1, of the first 20 who are new."`
	ChangedLines []int  `json:"changedLines" description:"The same of those who changed."`
	State        string `json:"state" description:"Names the roster that was compared with."`
}

// compareRoster says what replaceRoster would do with the same file.
func (h handlers) compareRoster(ctx context.Context, r *comparisonRequest) (*comparisonResponse, error) {
	roster, err := h.members.ReadRoster(r.Body.Reader)
	if err != nil {
		return nil, err
	}
	c, err := h.members.CompareRoster(ctx, roster)
	if err != nil {
		return nil, err
	}
	return &comparisonResponse{
		Students: len(roster.Students), Encoding: roster.Encoding, New: c.New, Changed: c.Changed, Same: c.Same, Gone: c.Gone, Verified: c.Verified,
		NewLines: c.NewLines, ChangedLines: c.ChangedLines, State: c.State,
	}, nil
}

// replaceRoster takes CSV: number, name, optionally school mail address.
func (h handlers) replaceRoster(ctx context.Context, r *rosterRequest) (*rosterResponse, error) {
	roster, err := h.members.ReadRoster(r.Body.Reader)
	if err != nil {
		return nil, err
	}
	did, err := h.members.ReplaceRoster(ctx, roster.Students, r.State)
	if err != nil {
		return nil, err
	}
	function.Detail(ctx, "students", len(roster.Students))
	function.Detail(ctx, "ended", did.Ended)
	return &rosterResponse{Students: len(roster.Students), Encoding: roster.Encoding, Known: did.Known, Ended: did.Ended}, nil
}
