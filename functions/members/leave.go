package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
)

type leaveRequest struct{}

type leaveResponse struct {
	ReturnUntil time.Time `json:"returnUntil" description:"Until then leaving can be undone; personal data is gone afterwards."`
}

func (h handlers) leave(ctx context.Context, _ *leaveRequest) (*leaveResponse, error) {
	until, err := h.accounts.Leave(ctx, auth.From(ctx))
	if err != nil {
		return nil, err
	}
	return &leaveResponse{ReturnUntil: until}, nil
}

type comeBackRequest struct {
	Email    string `json:"email"`
	Password string `json:"password"`
	Code     string `json:"code,omitempty"`
}

// comeBack undoes leaving. There is no session to do it with: those ended.
func (h handlers) comeBack(ctx context.Context, r *comeBackRequest) (*function.None, error) {
	var f check.Fields
	email := f.Line("email", r.Email, 254)
	credential.ReadPassword(&f, "password", r.Password)
	if err := f.Err(); err != nil {
		return nil, err
	}
	request := function.RequestFrom(ctx)
	return &function.None{}, h.credentials.ComeBack(ctx, credential.Try{Email: email, Password: r.Password, Code: r.Code, Visitor: request.Origin, Campus: request.Campus})
}
