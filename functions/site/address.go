package site

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

type addressFormRequest struct {
	Sent bool   `query:"sent"`
	Next string `query:"next"`
}

func (h handlers) addressForm(ctx context.Context, r *addressFormRequest) (*ui.Answer, error) {
	return h.addressPage(ctx, ui.NewForm(ctx), 0, addressRequest{Next: r.Next}, r.Sent)
}

type addressRequest struct {
	Email string `form:"email"`
	Next  string `form:"next"` // where to go on once it is confirmed
}

func (h handlers) sendAddressCode(ctx context.Context, r *addressRequest) (*function.Redirect, error) {
	if err := h.accounts.SendAddressCode(ctx, auth.From(ctx), r.Email); err != nil {
		return nil, h.addressAgain(ctx, err, *r, false)
	}
	return seeOther(ui.Query(ui.Local(ctx, addressPath), "next", r.Next, "sent", "true")), nil
}

type addressCodeRequest struct {
	Code   string `form:"code"`
	Others bool   `form:"others"`
	Next   string `form:"next"`
}

func (h handlers) confirmAddress(ctx context.Context, r *addressCodeRequest) (*function.Redirect, error) {
	changed, tokens, err := h.accounts.ConfirmAddress(ctx, auth.From(ctx), r.Code, r.Others)
	switch {
	case err != nil:
		return nil, h.addressAgain(ctx, err, addressRequest{Next: r.Next}, true)
	case changed:
		cookie.SignIn(ctx, tokens)
	}
	switch {
	case ui.OwnPath(r.Next):
		return seeOther(r.Next), nil
	case changed:
		return seeOther(withDone(ctx, myPath, "address-changed")), nil
	default:
		return seeOther(withDone(ctx, myPath, "address")), nil
	}
}

func (h handlers) addressAgain(ctx context.Context, err error, r addressRequest, sent bool) error {
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return err
	}
	page, reading := h.addressPage(ctx, form, status, r, sent)
	if reading != nil {
		return reading
	}
	return ui.Again(err, page)
}

// sendCode sends a code: quietly, where one is waited for already.
func sendCode(ctx context.Context, waiting bool) g.Node {
	label := ui.T(ctx, "인증번호 받기", "Send the code")
	if waiting {
		return el.P(el.Button(el.Type("submit"), el.Class("button quiet"), g.Text(label)))
	}
	return ui.Button(label)
}

// addressPage asks for the code that was sent, with the message of signing up too, and offers to
// send one to the address, or to another one.
func (h handlers) addressPage(ctx context.Context, form ui.Form, status int, r addressRequest, sent bool) (*ui.Answer, error) {
	m, err := h.accounts.Members.Member(ctx, auth.From(ctx).MemberID)
	if err != nil {
		return nil, err
	}
	unconfirmed := m.Email != "" && m.ConfirmedAt == nil
	if r.Email == "" && unconfirmed {
		r.Email = m.Email
	}
	main := []g.Node{form.Summary()}
	if sent && form.Problem() == nil {
		main = append(main, ui.Announce(ui.T(ctx, "이메일로 인증번호를 보냈습니다. 30분 안에 입력해 주세요.", "We sent a code by mail. Enter it within 30 minutes.")))
	}
	if sent || unconfirmed {
		main = append(main, el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, addressPath+"/code")),
			codeField(ctx, form, ui.T(ctx, "이메일로 받은 여섯 자리", "Six digits from the message")),
			g.Iff(!unconfirmed, func() g.Node { return others(ctx, form) }),
			hiddenNext(r.Next),
			ui.Button(ui.T(ctx, "확인", "Confirm")),
		))
	}
	hint := ui.T(ctx, "바꾸면 이전 주소에도 알립니다.", "When it changes, we tell the old address, too.")
	if unconfirmed {
		hint = ui.T(ctx, "확인하면 알림을 이메일로 받을 수 있습니다.", "Once it is confirmed, you can get notifications by mail.")
	}
	main = append(main,
		el.H2(g.Text(ui.T(ctx, "인증번호 받기", "Get a code"))),
		el.Form(el.Class("form"), el.Method("post"), el.Action(ui.Local(ctx, addressPath)),
			form.Input(ui.Field{Name: "email", Label: ui.T(ctx, "이메일 주소", "Email address"), Hint: hint, Type: "email", Complete: "email", Value: r.Email, Limit: 254}),
			hiddenNext(r.Next),
			sendCode(ctx, sent || unconfirmed),
		))
	return h.page(ctx, status, addressPath, ui.T(ctx, "이메일 주소", "Email address"), main...), nil
}
