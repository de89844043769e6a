package rules

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/rule"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// head is a version in a list.
type head struct {
	Number        int64      `json:"number" description:"In the order in which versions were begun, for good."`
	Base          int64      `json:"base" description:"The number of the version that it changes; 0 for none."`
	Kind          string     `json:"kind" description:"enactment, amendment, revision, repeal or correction."`
	Amendment     int64      `json:"amendment,omitempty" description:"Of an amendment or a revision which one it is."`
	Called        string     `json:"called" description:"As 제14차 개정, in the language of the request."`
	State         rule.State `json:"state"`
	DecidedOn     string     `json:"decidedOn,omitempty" description:"A day in Seoul, as all days here: 2026-03-01."`
	AnnouncedAt   *time.Time `json:"announcedAt,omitempty"`
	PromulgatedOn string     `json:"promulgatedOn,omitempty"`
	EffectiveOn   string     `json:"effectiveOn,omitempty" description:"From when on it is in force; of a draft the day that is meant."`
	Version       int64      `json:"version"`
	CreatedAt     time.Time  `json:"createdAt"`
	UpdatedAt     time.Time  `json:"updatedAt"`
}

func headOf(ctx context.Context, v rule.Version) head {
	return head{
		Number: v.Number, Base: v.Base, Kind: v.Kind, Amendment: v.Amendment, Called: said(ctx, v.Called()), State: v.State(clock.Now(ctx)), DecidedOn: v.DecidedOn, AnnouncedAt: v.AnnouncedAt,
		PromulgatedOn: v.PromulgatedOn, EffectiveOn: v.EffectiveOn, Version: v.Version, CreatedAt: v.CreatedAt, UpdatedAt: v.UpdatedAt,
	}
}

func said(ctx context.Context, t problem.Text) string {
	return t.Name(function.RequestFrom(ctx).Language)
}

// entry is a rulebook in a list.
type entry struct {
	ID        string    `json:"id"`
	Slug      string    `json:"slug" description:"Its name in addresses."`
	Unit      string    `json:"unit"`
	UnitName  string    `json:"unitName" description:"In the language of the request."`
	Title     string    `json:"title"`
	Body      string    `json:"body,omitempty" description:"Who decides on it."`
	Parent    string    `json:"parent,omitempty" description:"The slug of the rulebook that it stands under."`
	Repealed  bool      `json:"repealed"`
	Current   *head     `json:"current,omitempty" description:"The version in force that began last."`
	Waiting   []head    `json:"waiting" description:"Announced and promulgated versions that have not begun."`
	Version   int64     `json:"version"`
	CreatedAt time.Time `json:"createdAt"`
	UpdatedAt time.Time `json:"updatedAt"`
}

func (h handlers) show(ctx context.Context, s rule.Shelved) entry {
	e := entry{
		ID: s.ID, Slug: s.Slug, Unit: s.Unit, UnitName: said(ctx, h.names.Unit(s.Unit)), Title: s.Title, Body: s.Body, Parent: s.Parent, Repealed: s.Repealed(), Waiting: []head{},
		Version: s.Book.Version, CreatedAt: s.CreatedAt, UpdatedAt: s.UpdatedAt,
	}
	if v, there := s.Current(); there {
		current := headOf(ctx, v)
		e.Current = &current
	}
	for _, v := range s.Waiting(clock.Now(ctx)) {
		e.Waiting = append(e.Waiting, headOf(ctx, v))
	}
	return e
}

type listRequest struct{}

type listResponse struct {
	Items []entry `json:"items"`

	changes []*time.Time
}

// PageChanges are when versions are announced and begin.
func (r *listResponse) PageChanges() []*time.Time { return r.changes }

func (h handlers) list(ctx context.Context, _ *listRequest) (*listResponse, error) {
	books, changes, err := h.rules.Books(ctx)
	if err != nil {
		return nil, err
	}
	answer := &listResponse{Items: []entry{}, changes: changes}
	for _, b := range books {
		answer.Items = append(answer.Items, h.show(ctx, b))
	}
	return answer, nil
}
