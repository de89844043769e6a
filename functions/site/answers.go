package site

import (
	"context"
	"net/http"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/ui"
)

// formOrRedirect is a page, with all that it says of itself, or the address to go on at.
type formOrRedirect struct {
	ui.Answer

	to *function.Redirect // nil for the page
}

// WriteResponse writes what it is.
func (f *formOrRedirect) WriteResponse(w http.ResponseWriter, r *http.Request) error {
	if f.to != nil {
		return f.to.WriteResponse(w, r) //nolint:wrapcheck // it is the writer itself
	}
	return f.Answer.WriteResponse(w, r) //nolint:wrapcheck // it is the writer itself
}

func shown(page *ui.Answer) *formOrRedirect { return &formOrRedirect{Answer: *page} }

func redirected(url string) *formOrRedirect { return &formOrRedirect{to: seeOther(url)} }

// withDone is the page that says what was done. The address holds a code, so that nobody
// can make the site say something by a link.
func withDone(ctx context.Context, path, code string) string {
	return ui.Local(ctx, path) + "?done=" + code
}

// done is the message of a code, "" for what is none.
func done(ctx context.Context, code string) string {
	switch code {
	case "signed-out":
		return ui.T(ctx, "로그아웃했습니다.", "You are signed out.")
	case "signed-out-everywhere":
		return ui.T(ctx, "모든 기기에서 로그아웃했습니다.", "You are signed out everywhere.")
	case "signed-out-there":
		return ui.T(ctx, "그 기기에서 로그아웃했습니다.", "That device is signed out.")
	case "joined":
		return ui.T(ctx, "가입했습니다. 이메일로 보낸 번호로 이메일 주소를 확인하고 재학생 인증을 마치면 모두 쓸 수 있습니다.", "Welcome. Confirm your email address with the code that we sent and verify as a student, and you can use everything.")
	case "check-mail":
		return ui.T(ctx, "이메일을 확인하세요. 적은 주소로 이다음에 할 일을 보냈습니다.", "Check your mail. We sent what to do next to the address that you gave.")
	case "password":
		return ui.T(ctx, "비밀번호를 바꾸고 다른 기기에서는 로그아웃했습니다.", "Your password is changed, and your other devices are signed out.")
	case "reset":
		return ui.T(ctx, "새 비밀번호를 정했습니다. 그것으로 로그인하세요.", "The new password is set. Sign in with it.")
	case "came-back":
		return ui.T(ctx, "탈퇴를 취소했습니다. 다시 로그인하세요.", "Leaving is undone. Sign in again.")
	case "profile":
		return ui.T(ctx, "프로필을 바꿨습니다.", "Your profile is changed.")
	case "verified":
		return ui.T(ctx, "재학생 인증을 마쳤습니다.", "You are verified as a student.")
	case "consents":
		return ui.T(ctx, "동의한 내용을 저장했습니다.", "Your consents are saved.")
	case "address":
		return ui.T(ctx, "이메일 주소를 확인했습니다.", "Your mail address is confirmed.")
	case "address-changed":
		return ui.T(ctx, "이메일 주소를 바꿨습니다. 이전 주소로도 알렸습니다.", "Your mail address is changed. We told the old one, too.")
	case "issuer-linked":
		return ui.T(ctx, "계정을 연결했습니다. 이제 그 계정으로도 로그인할 수 있습니다.", "The account is linked. You can sign in with it, too.")
	case "issuer-unlinked":
		return ui.T(ctx, "연결을 끊었습니다. 이제 그 계정으로는 로그인할 수 없습니다.", "The account is unlinked. It signs you in no more.")
	case "factor-given":
		return ui.T(ctx, "2단계 인증을 마쳤습니다.", "You're verified with your second factor.")
	case "factor-removed":
		return ui.T(ctx, "2단계 인증을 껐습니다.", "The second factor is off.")
	default:
		return ""
	}
}

// again shows a form anew where somebody can put right what was wrong.
func again(ctx context.Context, err error, page func(ui.Form, int) *ui.Answer) error {
	form, status, ok := ui.Refused(ctx, err)
	if !ok {
		return err
	}
	return ui.Again(err, page(form, status))
}
