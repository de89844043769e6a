package home

import (
	"context"
	"log/slog"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/ui"
)

type handlers struct {
	frame    ui.Frame
	council  string
	sections []section
	log      *slog.Logger
}

type readRequest struct{}

// PageTags are those of the pictures.
func (c *content) PageTags() []string { return c.tags }

// PageChanges are when one of the sections changes by itself.
func (c *content) PageChanges() []*time.Time { return c.changes }

// PageIncomplete says whether a section failed.
func (c *content) PageIncomplete() bool { return len(c.Degraded) > 0 }

// read reads every section. One that fails is nil and named in degraded; the others are
// there.
func (h handlers) read(ctx context.Context, _ *readRequest) (*content, error) {
	c := &content{Degraded: []string{}}
	for _, s := range h.sections {
		if err := s.read(ctx, c); err != nil {
			h.log.ErrorContext(ctx, "a section of the main page failed", "section", s.name, "error", err)
			c.Degraded = append(c.Degraded, s.name)
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

func (h handlers) page(ctx context.Context, r *readRequest) (*ui.Answer, error) {
	c, err := h.read(ctx, r)
	if err != nil {
		return nil, err
	}
	view := ui.View{
		Path: "/", Description: ui.T(ctx, h.council+"의 공지와 소식", "Notices and news of "+h.council), Styles: []string{"site.css"},
		Tags: c.tags, Changes: c.changes, Partial: c.PageIncomplete(),
		Main: []g.Node{el.H1(el.Class("hidden"), g.Text(h.council))},
	}
	if banners := withPicture(*c); len(banners) > 0 {
		view.Picture = banners[0].Image.URL
	}
	for _, s := range h.sections {
		if s.show != nil {
			view.Main = append(view.Main, s.show(ctx, *c))
		}
	}
	return h.frame.Page(ctx, view), nil
}

// you is the caller's own part; guests have none.
type you struct {
	Name     string      `json:"name"`
	Unit     string      `json:"unit"`
	Verified bool        `json:"verified"`
	Roles    []auth.Role `json:"roles"`
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
	if c.You == nil {
		return nil
	}
	return el.Section(el.Class("welcome"), el.Aria("label", ui.T(ctx, "나", "You")),
		el.P(el.Strong(g.Text(c.You.Name)), g.Text(ui.T(ctx, "님, 안녕하세요.", ", welcome."))),
		g.If(!c.You.Verified, el.P(g.Text(ui.T(ctx, "아직 학생 확인을 하지 않았습니다. ", "You have not been verified as a student. ")),
			el.A(el.Href(ui.Local(ctx, ui.VerifyPath)), g.Text(ui.T(ctx, "학교 메일로 확인하기", "Verify by school mail"))))),
	)
}
