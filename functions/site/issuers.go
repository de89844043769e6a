package site

import (
	"context"
	"net/url"
	"slices"
	"strings"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/ui"
)

// pathOf is the page of an issuer.
func pathOf(name string) string {
	return strings.Replace(issuerPath, "{issuer}", url.PathEscape(name), 1)
}

// linkedIssuers are rows of my page, one for each issuer that one can sign in with.
func (h handlers) linkedIssuers(ctx context.Context, memberID string) (g.Node, error) {
	rows, names := g.Group{}, h.oidc.Names()
	if len(names) == 0 {
		return rows, nil
	}
	links, err := h.accounts.Members.Issuers(ctx, memberID)
	if err != nil {
		return nil, err
	}
	for _, name := range names {
		linked, err := h.among(links, name)
		if err != nil {
			return nil, err
		}
		text := ui.T(ctx, "연결하면 이 계정으로도 로그인합니다.", "Link it to sign in with it, too.")
		if linked {
			text = ui.T(ctx, "연결되어 있습니다.", "It is linked.")
		}
		rows = append(rows, setting(ctx, pathOf(name), accountWith(ctx, name), text))
	}
	return rows, nil
}

// among says whether an issuer is one of those that a member signs in by.
func (h handlers) among(links []string, name string) (bool, error) {
	issuer, err := h.oidc.Issuer(name)
	return err == nil && slices.Contains(links, issuer.URL), err
}

type issuerFormRequest struct {
	Issuer string `path:"issuer"`
	Done   string `query:"done"`
	Error  string `query:"error"`
}

// issuerForm is also where the issuer sends the browser back to: linked, or with the code of a problem.
func (h handlers) issuerForm(ctx context.Context, r *issuerFormRequest) (*ui.Answer, error) {
	form, _, _ := ui.Refused(ctx, issuerProblem(r.Error))
	if form.Problem() == nil {
		form = ui.NewForm(ctx)
	}
	message := ""
	if r.Error == "" {
		message = done(ctx, r.Done)
	}
	return h.issuerPage(ctx, form, 0, r.Issuer, message)
}

func (h handlers) issuerPage(ctx context.Context, form ui.Form, status int, name, message string) (*ui.Answer, error) {
	links, err := h.accounts.Members.Issuers(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	linked, err := h.among(links, name)
	if err != nil {
		return nil, err
	}
	label, title, action := ui.Name(ctx, oidc.Label(name)), accountWith(ctx, name), pathOf(name)
	lead, button := ui.T(ctx, label+" 계정으로도 로그인할 수 있게 합니다. 연결하면 이메일로 알립니다.", "Lets you sign in with your "+label+" account, too. We tell you by mail when it is linked."), ui.Button(ui.T(ctx, "연결하기", "Link"))
	if linked {
		action += "/remove"
		lead, button = ui.T(ctx, "연결되어 있습니다. 끊으면 이 계정으로는 로그인할 수 없고, 이메일로 알립니다.", "It is linked. Once it is unlinked it signs you in no more, and we tell you by mail."), el.Button(el.Type("submit"), el.Class("button danger"), g.Text(ui.T(ctx, "연결 끊기", "Unlink")))
	}
	return h.page(ctx, status, pathOf(name), title,
		ui.Announce(message),
		el.P(el.Class("lead"), g.Text(lead)),
		form.Summary(),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, action)), others(ctx, form), button),
	), nil
}

// accountWith is what a member has at an issuer.
func accountWith(ctx context.Context, name string) string {
	label := oidc.Label(name)
	return ui.T(ctx, label.KO+" 계정", label.EN+" account")
}

type changeIssuerRequest struct {
	Issuer string `path:"issuer"`
	Others bool   `form:"others"`
}

// linkIssuer leads to the issuer by a link: a form of the site sends to the site alone (form-action), wherever it is sent on to.
func (h handlers) linkIssuer(ctx context.Context, r *changeIssuerRequest) (*ui.Answer, error) {
	p := auth.From(ctx)
	if _, err := h.oidc.Issuer(r.Issuer); err != nil {
		return nil, err
	}
	if err := h.accounts.MayAdd(ctx, p); err != nil {
		return nil, h.issuerAgain(ctx, err, r.Issuer)
	}
	address, value, err := h.oidc.Begin(ctx, r.Issuer, oidc.Flow{Purpose: oidc.Link, MemberID: p.MemberID, EndOthers: r.Others, Return: withDone(ctx, pathOf(r.Issuer), "issuer-linked")})
	if err != nil {
		return nil, err
	}
	function.SetCookie(ctx, cookie.New(ctx, cookie.Flow, value, clock.Now(ctx).Add(oidc.Life)))
	label, title := ui.Name(ctx, oidc.Label(r.Issuer)), accountWith(ctx, r.Issuer)
	return h.page(ctx, 0, pathOf(r.Issuer), title,
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "거기에서 로그인하면 연결됩니다. 10분 안에 마쳐 주세요.", "Sign in there, and it is linked. Please finish within 10 minutes."))),
		el.P(el.A(el.Class("button"), el.Rel("nofollow"), el.Href(address), g.Text(ui.T(ctx, label+" 계정으로 계속", "Continue with "+label)))),
	), nil
}

func (h handlers) unlinkIssuer(ctx context.Context, r *changeIssuerRequest) (*function.Redirect, error) {
	issuer, err := h.oidc.Issuer(r.Issuer)
	if err != nil {
		return nil, err
	}
	tokens, err := h.accounts.Unlink(ctx, auth.From(ctx), issuer.URL, r.Others)
	if err != nil {
		return nil, h.issuerAgain(ctx, err, r.Issuer)
	}
	cookie.SignIn(ctx, tokens)
	return seeOther(withDone(ctx, pathOf(r.Issuer), "issuer-unlinked")), nil
}

// issuerAgain shows the page of an issuer with what was wrong.
func (h handlers) issuerAgain(ctx context.Context, err error, name string) error {
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return err
	}
	page, reading := h.issuerPage(ctx, form, status, name, "")
	if reading != nil {
		return reading
	}
	return ui.Again(err, page)
}
