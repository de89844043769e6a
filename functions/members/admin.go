package members

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/text"
)

type findRequest struct {
	cursor.Asked
	Email string `query:"email" description:"The whole address."`
	Name  string `query:"name" description:"A part of the name, however it is spaced."`
}

func (h handlers) find(ctx context.Context, r *findRequest) (*cursor.Page[seenResponse], error) {
	var f check.Fields
	q := member.Search{Email: credential.Address(f.OptionalLine("email", r.Email, 254)), Name: f.OptionalLine("name", r.Name, member.NameLimit)}
	size := cursor.Size(&f, r.Size)
	if err := f.Err(); err != nil {
		return nil, err
	}
	if err := q.Allowed(ctx); err != nil {
		return nil, err
	}
	found, err := cursor.Read(h.cursors, "members?email="+q.Email+"&name="+q.Name, r.Cursor, size, func(after string, limit int) ([]member.Member, error) {
		q.After = after
		return h.members.Find(ctx, q, limit)
	}, func(m member.Member) string { return m.ID })
	if err != nil {
		return nil, err
	}
	response := &cursor.Page[seenResponse]{Items: []seenResponse{}, NextCursor: found.NextCursor}
	shown := []string{}
	for _, m := range found.Items {
		v, err := h.members.Seen(ctx, m)
		if err != nil {
			return nil, err
		}
		item := seen(v)
		item.Email = m.Email // the caller sees it, or found them by it
		response.Items = append(response.Items, *item)
		shown = append(shown, m.ID)
	}
	if len(shown) == 1 {
		function.Subject(ctx, shown[0])
	}
	function.About(ctx, shown...)
	return response, nil
}

type readRequest struct {
	ID string `path:"id"`
}

// seenResponse is a member as far as the caller sees them.
type seenResponse struct {
	ID           string     `json:"id"`
	Name         string     `json:"name"`
	Verified     bool       `json:"verified"`
	Whole        bool       `json:"whole" description:"Whether what follows is shown: to who supervises or verifies members, and of who has a role in a unit for which the caller appoints."`
	Email        string     `json:"email,omitempty" description:"Also where the member was found by it."`
	Unit         string     `json:"unit,omitempty"`
	VerifiedBy   string     `json:"verifiedBy,omitempty"`
	HasPassword  bool       `json:"hasPassword,omitempty"`
	SecondFactor bool       `json:"secondFactor,omitempty"`
	Suspended    bool       `json:"suspended,omitempty"`
	LeavingAt    *time.Time `json:"leavingAt,omitempty"`
	Roles        []grant    `json:"roles"`
	CreatedAt    *time.Time `json:"createdAt,omitempty"`
	UpdatedAt    *time.Time `json:"updatedAt,omitempty"`
}

func seen(v member.Seen) *seenResponse {
	r := &seenResponse{
		ID: v.ID, Name: v.Name, Verified: v.VerifiedAt != nil, Whole: v.Whole, Email: v.Email, Unit: v.Unit, VerifiedBy: v.VerifiedBy,
		HasPassword: v.HasPassword, SecondFactor: v.SecondAt != nil, Suspended: v.SuspendedAt != nil, LeavingAt: v.LeavingAt, Roles: shownGrants(v.Roles),
	}
	if v.Whole {
		r.CreatedAt, r.UpdatedAt = &v.CreatedAt, &v.UpdatedAt
	}
	return r
}

func (h handlers) read(ctx context.Context, r *readRequest) (*seenResponse, error) {
	v, err := h.members.Shown(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	return seen(v), nil
}

type grantRequest struct {
	ID    string     `path:"id"`
	Role  string     `path:"role"`
	Unit  string     `json:"unit,omitempty" description:"For which unit; empty for all."`
	Until *time.Time `json:"until,omitempty" description:"End of the term; none without it."`
}

func (h handlers) grant(ctx context.Context, r *grantRequest) (*seenResponse, error) {
	var f check.Fields
	g := auth.Grant{Role: auth.Role(r.Role), Unit: r.Unit}
	if until := f.Time("until", r.Until); until != nil {
		g.Until = *until
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	g, err := member.ReadGrant(ctx, g, h.settings.Units)
	if err != nil {
		return nil, err
	}
	if err := h.accounts.GiveRole(ctx, r.ID, g); err != nil {
		return nil, err
	}
	detailGrant(ctx, g)
	return h.read(ctx, &readRequest{ID: r.ID})
}

// detailGrant puts a role into the log as it was given or taken.
func detailGrant(ctx context.Context, g auth.Grant) {
	function.Detail(ctx, "role", string(g.Role))
	function.Detail(ctx, "unit", g.Unit)
	if !g.Until.IsZero() {
		function.Detail(ctx, "until", g.Until.In(clock.Seoul).Format(time.RFC3339))
	}
}

type withdrawRequest struct {
	ID   string `path:"id"`
	Role string `path:"role"`
	Unit string `query:"unit"`
}

func (h handlers) withdraw(ctx context.Context, r *withdrawRequest) (*function.None, error) {
	held, err := h.members.Grants(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	taken := auth.Grant{Role: auth.Role(r.Role), Unit: r.Unit}
	for _, g := range held {
		if string(g.Role) == r.Role && text.Squeeze(g.Unit) == text.Squeeze(r.Unit) {
			taken = g.Grant
			detailGrant(ctx, g.Grant)
		}
	}
	return &function.None{}, h.accounts.TakeRole(ctx, r.ID, taken)
}

func (h handlers) suspend(ctx context.Context, r *readRequest) (*function.None, error) {
	return &function.None{}, h.members.Suspend(ctx, r.ID)
}

func (h handlers) restore(ctx context.Context, r *readRequest) (*function.None, error) {
	return &function.None{}, h.members.Restore(ctx, r.ID)
}

// forgetSecond helps a member whose device and recovery codes are lost.
func (h handlers) forgetSecond(ctx context.Context, r *readRequest) (*function.None, error) {
	return &function.None{}, h.accounts.ForgetSecond(ctx, r.ID)
}

type holderItem struct {
	MemberID  string     `json:"memberId"`
	Name      string     `json:"name"`
	Role      auth.Role  `json:"role"`
	Unit      string     `json:"unit,omitempty" description:"Absent: of every unit."`
	Until     *time.Time `json:"until,omitempty" description:"End of the term; absent: none."`
	GivenAt   time.Time  `json:"givenAt"`
	Suspended bool       `json:"suspended,omitempty" description:"The role rests."`
}

type holdersResponse struct {
	Items []holderItem `json:"items"`
}

func (h handlers) holders(ctx context.Context, _ *struct{}) (*holdersResponse, error) {
	list, err := h.members.Holders(ctx)
	if err != nil {
		return nil, err
	}
	a := &holdersResponse{Items: []holderItem{}}
	shown := []string{}
	for _, v := range list {
		item := holderItem{MemberID: v.MemberID, Name: v.Name, Role: v.Role, Unit: v.Unit, GivenAt: v.At, Suspended: v.Suspended}
		if !v.Until.IsZero() {
			item.Until = &v.Until
		}
		a.Items = append(a.Items, item)
		shown = append(shown, v.MemberID)
	}
	function.About(ctx, shown...)
	return a, nil
}
