package site

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// lost is the page of addresses that no function has. Members, whom the edge gives no pages, are told the same.
func (h handlers) lost(ctx context.Context, _ *none) (*ui.Answer, error) {
	if auth.From(ctx).SignedIn() {
		return nil, problem.Absent()
	}
	return h.frame.Lost(ctx), nil
}

// menu is the site's menu as a page, for telephones and for who looks at everything.
func (h handlers) menu(ctx context.Context, _ *none) (*ui.Answer, error) {
	title := ui.T(ctx, "메뉴", "Menu")
	return h.frame.Page(ctx, ui.View{
		Title: title, Path: menuPath, Class: "reading", Styles: []string{"site.css"},
		Description: ui.T(ctx, h.settings.CouncilName+" 홈페이지의 모든 메뉴", "All pages of "+h.settings.CouncilName),
		Main:        h.frame.Menu(ctx, title),
	}), nil
}
