package home

import (
	"context"
	"log/slog"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

type handlers struct {
	frame    ui.Frame
	names    function.Names
	sections []section
	flags    func(context.Context) (function.Flags, error)
	unread   func(context.Context) (int, error)
	log      *slog.Logger
}

type readRequest struct{}

// PageTags are those of the pictures.
func (c *content) PageTags() []string { return c.tags }

// PageChanges are when one of the sections changes by itself, and midnight: days are counted until what is due.
func (c *content) PageChanges() []*time.Time { return c.changes }

// PageUnkept says whether a section failed.
func (c *content) PageUnkept() bool { return len(c.Degraded) > 0 }

// read is every section, and how much a member has not read, which the page's frame asks by
// itself.
func (h handlers) read(ctx context.Context, _ *readRequest) (*content, error) {
	c, err := h.all(ctx)
	if err != nil || c.You == nil {
		return c, err
	}
	if n, err := h.unread(ctx); err != nil {
		h.failed(ctx, c, "you", err)
	} else {
		c.You.Unread = &n
	}
	return c, nil
}

func (h handlers) failed(ctx context.Context, c *content, section string, err error) {
	h.log.ErrorContext(ctx, "a section of the main page failed", "section", section, "error", err)
	c.Degraded = append(c.Degraded, section)
}

// all reads every section. One that fails is nil and named in degraded; the others are
// there.
func (h handlers) all(ctx context.Context) (*content, error) {
	c := &content{Degraded: []string{}, changes: []*time.Time{new(clock.Tomorrow(ctx))}}
	var err error
	if c.flags, err = h.flags(ctx); err != nil {
		h.log.WarnContext(ctx, "the council's switches are not known", "error", err) // the host keeps no page then
	}
	for _, s := range h.sections {
		if !c.flags.Runs(s.of) {
			s.none(c)
			continue
		}
		if err := s.read(ctx, c); err != nil {
			h.failed(ctx, c, s.name, err)
		}
		if s.next == nil {
			continue
		}
		at, err := s.next(ctx)
		if err != nil {
			return nil, err
		}
		c.changes = append(c.changes, at)
	}
	return c, nil
}

func (h handlers) page(ctx context.Context, _ *readRequest) (*ui.Answer, error) {
	c, err := h.all(ctx)
	if err != nil {
		return nil, err
	}
	name := h.frame.Named(ctx)
	view := ui.View{
		Path: "/", Description: ui.T(ctx, name+"의 공지와 소식", "Notices and news of "+name), Styles: []string{"site.css"}, Class: "whole", Walled: true,
		Tags: c.tags, Changes: c.changes, Partial: c.PageUnkept(),
		Main: []g.Node{h.court(ctx, *c), el.Div(el.Class("in below"), beside(board(ctx, *c, h.names), agenda(ctx, *c)), decided(ctx, *c), promised(ctx, *c))},
	}
	if banners := withPicture(*c); len(banners) > 0 {
		view.Picture, view.Scripts = banners[0].Image.Preview(), scripts(banners)
	}
	return h.frame.Page(ctx, view), nil
}

// beside are the notices, with what is to come at their side where there is something.
func beside(board, agenda g.Node) g.Node {
	if agenda == nil {
		return board
	}
	return el.Div(el.Class("pair"), board, agenda)
}

// you is the caller's own part; guests have none.
type you struct {
	Name     string      `json:"name"`
	Unit     string      `json:"unit"`
	Verified bool        `json:"verified"`
	Roles    []auth.Role `json:"roles"`
	Unread   *int        `json:"unread" description:"How many notifications are not read, 100 for more than 99; null where that is not known."`
}

func readYou(ctx context.Context, c *content) error {
	p := auth.From(ctx)
	if !p.SignedIn() {
		return nil
	}
	c.You = &you{Name: p.Name, Unit: p.Unit, Verified: p.Verified, Roles: []auth.Role{}}
	for _, grant := range p.Grants {
		c.You.Roles = append(c.You.Roles, grant.Role)
	}
	return nil
}

func welcome(ctx context.Context, c content) g.Node {
	if c.You == nil || c.You.Verified {
		return nil
	}
	return el.P(el.Class("often"), el.Span(g.Text(ui.T(ctx, c.You.Name+" 님, 아직 재학생 인증을 하지 않았어요.", c.You.Name+", you have not been verified as a student."))),
		el.A(el.Href(ui.Local(ctx, ui.VerifyPath)), g.Text(ui.T(ctx, "학교 이메일로 인증하기", "Verify with your school email"))))
}
