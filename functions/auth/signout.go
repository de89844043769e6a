package auth

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

type signOutRequest struct{}

// signOut ends the session of the access token or, where that has expired, of the refresh
// cookie. Who is not signed in is signed out already.
func (h handlers) signOut(ctx context.Context, _ *signOutRequest) (*function.None, error) {
	p := auth.From(ctx)
	switch refresh := function.RequestFrom(ctx).Cookies[auth.RefreshCookie]; {
	case p.SignedIn():
		if _, err := h.end(ctx, p.SessionID); err != nil && problem.Find(err) == nil {
			return nil, err
		}
	case refresh != "":
		if err := ownPage(ctx); err != nil {
			return nil, err
		}
		if err := h.sessions.RevokeRefresh(ctx, refresh); err != nil {
			return nil, err
		}
	}
	cookie.SignOut(ctx)
	return &function.None{}, nil
}

type signOutThereRequest struct {
	ID string `path:"id"`
}

func (h handlers) signOutThere(ctx context.Context, r *signOutThereRequest) (*function.None, error) {
	if r.ID == auth.From(ctx).SessionID {
		cookie.SignOut(ctx)
	}
	return h.end(ctx, r.ID)
}

func (h handlers) end(ctx context.Context, id string) (*function.None, error) {
	if !check.ID(id) {
		return nil, problem.Absent()
	}
	return &function.None{}, h.sessions.Revoke(ctx, auth.From(ctx).MemberID, id)
}

type signOutEverywhereRequest struct{}

func (h handlers) signOutEverywhere(ctx context.Context, _ *signOutEverywhereRequest) (*function.None, error) {
	if _, err := h.sessions.RevokeAll(ctx, auth.From(ctx).MemberID, ""); err != nil {
		return nil, err
	}
	cookie.SignOut(ctx)
	return &function.None{}, nil
}
