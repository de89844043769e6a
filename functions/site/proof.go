package site

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/ui"
)

type proofFormRequest struct {
	Next string `query:"next"`
}

func (h handlers) proofForm(ctx context.Context, r *proofFormRequest) (*ui.Answer, error) {
	m, err := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	return h.proofPage(ctx, ui.NewForm(ctx), 0, m, r.Next), nil
}

type proofRequest struct {
	Password string `form:"password"`
	Code     string `form:"code"`
	Next     string `form:"next"`
}

func (h handlers) prove(ctx context.Context, r *proofRequest) (*function.Redirect, error) {
	var f check.Fields
	code := f.OptionalLine("code", r.Code, 64)
	err := f.Err()
	var tokens session.Tokens
	if err == nil {
		tokens, err = h.accounts.Prove(ctx, auth.From(ctx), r.Password, code)
	}
	if err == nil {
		cookie.SignIn(ctx, tokens)
		return seeOther(nextOf(ctx, r.Next, myPath)), nil
	}
	m, reading := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if reading != nil {
		return nil, reading
	}
	return nil, again(ctx, err, func(form ui.Form, status int) *ui.Answer { return h.proofPage(ctx, form, status, m, r.Next) })
}

// proofPage asks for what the member has: the password, a code of the second factor, or both.
// Who has neither signs in again with the issuer.
func (h handlers) proofPage(ctx context.Context, form ui.Form, status int, m member.Member, next string) *ui.Answer {
	main := []g.Node{
		el.P(el.Class("lead"), g.Text(ui.T(ctx, "계정을 지키기 위해 한 번 더 묻습니다. 10분 동안 다시 묻지 않습니다.", "We ask once more to protect the account, and not again for 10 minutes."))),
		form.Summary(),
	}
	if !m.HasPassword && m.SecondAt == nil {
		main = append(main, el.P(g.Text(ui.T(ctx, "비밀번호가 없는 계정입니다. 가입한 계정으로 다시 로그인해 주세요.", "The account has no password. Sign in again with the account that you signed up with."))),
			h.issuerLinks(ctx, next))
	} else {
		main = append(main, el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, proofPath)),
			username(ctx, m),
			g.If(m.HasPassword, form.Input(ui.Field{Name: "password", Label: ui.T(ctx, "비밀번호", "Password"), Type: "password", Complete: "current-password"})),
			g.If(m.SecondAt != nil, codeField(ctx, form, ui.T(ctx, "인증 앱의 여섯 자리 번호나 복구 코드", "Six digits of the authenticator app, or a recovery code"))),
			hiddenNext(next),
			ui.Button(ui.T(ctx, "계속", "Continue")),
		))
	}
	return h.page(ctx, status, proofPath, ui.T(ctx, "본인 확인", "Confirm it's you"), main...)
}
