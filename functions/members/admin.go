package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
)

type findRequest struct {
	cursor.Asked
	Email string `query:"email" description:"The whole address."`
	Name  string `query:"name" description:"How the name begins."`
}

func (h handlers) find(ctx context.Context, r *findRequest) (*cursor.Page[profileResponse], error) {
	var f check.Fields
	q := member.Search{Email: credential.Address(f.OptionalLine("email", r.Email, 254)), Prefix: f.OptionalLine("name", r.Name, member.NameLimit)}
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := q.Allowed(ctx); err != nil {
		return nil, err
	}
	found, err := cursor.Read(h.cursors, "members?email="+q.Email+"&name="+q.Prefix, r.Cursor, size, func(after string, limit int) ([]member.Member, error) {
		q.After = after
		return h.members.Find(ctx, q, limit)
	}, func(m member.Member) string { return m.ID })
	if err != nil {
		return nil, err
	}
	response := &cursor.Page[profileResponse]{Items: []profileResponse{}, NextCursor: found.NextCursor}
	shown := []string{}
	for _, m := range found.Items {
		p, err := h.profile(ctx, m)
		if err != nil {
			return nil, err
		}
		response.Items = append(response.Items, *p)
		shown = append(shown, m.ID)
	}
	if len(shown) == 1 {
		function.Subject(ctx, shown[0])
	}
	function.Detail(ctx, "members", shown) // the law asks whose data was read
	return response, nil
}

type readRequest struct {
	ID string `path:"id"`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*profileResponse, error) {
	m, err := h.members.Member(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return h.profile(ctx, m)
}

type grantRequest struct {
	ID    string     `path:"id"`
	Role  string     `path:"role"`
	Unit  string     `json:"unit,omitempty" description:"For which unit; empty for all."`
	Until *time.Time `json:"until,omitempty" description:"End of the term; none without it."`
}

// grant gives a role, inside the units of the admin who gives it.
func (h handlers) grant(ctx context.Context, r *grantRequest) (*profileResponse, error) {
	var f check.Fields
	g := auth.Grant{Role: auth.Role(r.Role), Unit: r.Unit}
	if until := f.Time("until", r.Until); until != nil {
		g.Until = *until
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := member.ReadGrant(ctx, g, h.settings.Units); err != nil {
		return nil, err
	}
	p := auth.From(ctx)
	if !p.May(auth.Admin, g.Unit) {
		return nil, problem.NotAllowed()
	}
	if err := h.members.Grant(ctx, r.ID, g, p.MemberID); err != nil {
		return nil, err
	}
	function.Detail(ctx, "role", r.Role)
	function.Detail(ctx, "unit", r.Unit)
	return h.read(ctx, &readRequest{ID: r.ID})
}

type withdrawRequest struct {
	ID   string `path:"id"`
	Role string `path:"role"`
	Unit string `query:"unit"`
}

func (h handlers) withdraw(ctx context.Context, r *withdrawRequest) (*function.None, error) {
	if !auth.From(ctx).May(auth.Admin, r.Unit) {
		return nil, problem.NotAllowed()
	}
	function.Detail(ctx, "role", r.Role)
	function.Detail(ctx, "unit", r.Unit)
	return &function.None{}, h.members.Withdraw(ctx, r.ID, auth.Role(r.Role), r.Unit)
}

func (h handlers) suspend(ctx context.Context, r *readRequest) (*function.None, error) {
	if err := member.WholeCouncil(ctx); err != nil {
		return nil, err
	}
	return &function.None{}, h.members.Suspend(ctx, r.ID)
}

func (h handlers) restore(ctx context.Context, r *readRequest) (*function.None, error) {
	if err := member.WholeCouncil(ctx); err != nil {
		return nil, err
	}
	return &function.None{}, h.members.Restore(ctx, r.ID)
}

// forgetSecond helps a member whose device and recovery codes are lost. Their sessions end.
func (h handlers) forgetSecond(ctx context.Context, r *readRequest) (*function.None, error) {
	if err := member.WholeCouncil(ctx); err != nil {
		return nil, err
	}
	if _, err := h.members.Member(ctx, r.ID); err != nil {
		return nil, err
	}
	if err := h.credentials.ForgetSecond(ctx, r.ID); err != nil {
		return nil, err
	}
	_, err := h.sessions.RevokeAll(ctx, r.ID, "")
	return &function.None{}, err
}
