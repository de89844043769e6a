package account

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/problem"
)

// signUpMail welcomes a new member, with the code that proves the address to be theirs, or
// without one tells an old member that somebody tried to sign up.
func (a Accounts) signUpMail(ctx context.Context, email, code string) mail.Message {
	m := mail.Message{To: email, Subject: "[" + a.Council(ctx) + "] 회원 가입"}
	if code != "" {
		m.Text = a.Council(ctx) + " 홈페이지에 가입했습니다. 이 주소가 본인의 것인지 확인해 주세요.\n\n인증번호: " + code + "\n" + a.SiteURL + "/my/address 에서 30분 안에 입력해 주세요. 총학생회는 이 번호나 학교 포털 비밀번호를 묻지 않습니다.\n\n" +
			"가입한 적이 없다면 '비밀번호를 잊었어요'로 비밀번호를 바꾼 뒤 탈퇴할 수 있습니다.\n\n" +
			"Welcome. Your code: " + code + ". Enter it within 30 minutes at " + a.SiteURL + "/en/my/address. If you did not sign up, reset the password and delete the account.\n"
		return m
	}
	m.Text = "누군가 이 주소로 " + a.Council(ctx) + " 홈페이지에 가입하려 했지만, 이미 가입한 계정이 있어서 아무것도 바뀌지 않았습니다.\n" +
		"본인이라면 로그인하거나 '비밀번호를 잊었어요'를 쓰세요. 아니라면 이 이메일을 무시하세요.\n" + a.SiteURL + "\n\n" +
		"Somebody tried to sign up with this address, which has an account already; nothing changed. If it was you, sign in or reset the password.\n"
	return m
}

// codeMail carries the code that proves a school address.
func (a Accounts) codeMail(ctx context.Context, email, code string) mail.Message {
	return mail.Message{
		To: email, Subject: "[" + a.Council(ctx) + "] 재학생 인증번호 " + code,
		Text: "재학생 인증번호: " + code + "\n10분 안에 홈페이지에 입력해 주세요. 총학생회는 이 번호나 학교 포털 비밀번호를 묻지 않습니다.\n\n" +
			"Your code: " + code + ". Enter it within 10 minutes. The council never asks for it, nor for your university password.\n",
	}
}

// addressMail carries the code that proves an address to be a member's own.
func (a Accounts) addressMail(ctx context.Context, email, code string) mail.Message {
	return mail.Message{
		To: email, Subject: "[" + a.Council(ctx) + "] 이메일 인증번호 " + code,
		Text: "이메일 인증번호: " + code + "\n30분 안에 홈페이지에 입력해 주세요. 요청한 적이 없다면 이 이메일을 무시하세요. 총학생회는 이 번호를 묻지 않습니다.\n\n" +
			"Your code: " + code + ". Enter it within 30 minutes. If you did not ask for it, ignore this message. The council never asks for it.\n",
	}
}

// changedMail tells how an account is signed in to from now on; mails go to address.
func (a Accounts) changedMail(ctx context.Context, to string, what problem.Text, address string, at time.Time) mail.Message {
	when := at.In(clock.Seoul).Format("2006-01-02 15:04")
	m := mail.Message{
		To: to, Subject: "[" + a.Council(ctx) + "] 로그인 방법이 바뀌었습니다",
		Text: when + " " + what.KO + "\n\n본인이 아니라면 곧바로 '비밀번호를 잊었어요'로 비밀번호를 바꾸고 총학생회에 알려 주세요.\n" + a.SiteURL + "/password/forgotten\n\n" +
			when + " (Seoul): " + what.EN + " If it was not you, reset the password at once and tell the council.\n",
	}
	if to != address {
		m.Text = when + " " + what.KO + " 이제 이 주소로는 이메일을 보내지 않으며, 비밀번호 재설정에도 쓸 수 없습니다.\n\n본인이 아니라면 곧바로 총학생회에 알려 주세요.\n" + a.SiteURL + "\n\n" +
			when + " (Seoul): " + what.EN + " We no longer send mail to this address, and it cannot be used to reset the password. If it was not you, tell the council at once.\n"
	}
	return m
}

// roleMail tells a member that a role was given to them, with the end of its term or none, or taken from them.
func (a Accounts) roleMail(ctx context.Context, to string, g auth.Grant, given bool) mail.Message {
	role, unit := member.RoleLabel(g.Role), problem.Text{KO: "모든 단위", EN: "every unit"}
	if g.Unit != "" {
		unit = problem.Text{KO: g.Unit, EN: g.Unit}
	}
	if !given {
		return mail.Message{
			To: to, Subject: "[" + a.Council(ctx) + "] 역할이 끝났습니다",
			Text: a.Council(ctx) + " 홈페이지에서 맡았던 역할(" + role.KO + ", " + unit.KO + ")이 끝났습니다. 그동안 고맙습니다.\n" + a.SiteURL + "/my\n\n" +
				"Your role (" + role.EN + ", " + unit.EN + ") has ended. Thank you.\n",
		}
	}
	term := problem.Text{KO: "끝나는 날은 정해지지 않았습니다.", EN: "It has no end."}
	if !g.Until.IsZero() {
		until := g.Until.In(clock.Seoul).Format("2006-01-02 15:04")
		term = problem.Text{KO: until + "에 자동으로 끝납니다.", EN: "It ends by itself at " + until + " (Seoul)."}
	}
	return mail.Message{
		To: to, Subject: "[" + a.Council(ctx) + "] 역할을 맡았습니다: " + role.KO,
		Text: a.Council(ctx) + " 홈페이지의 역할을 맡았습니다: " + role.KO + " (" + unit.KO + "). " + term.KO + "\n콘솔: " + a.SiteURL + "/console\n\n예상하지 못한 일이라면 총학생회에 알려 주세요.\n\n" +
			"You were given a role: " + role.EN + " (" + unit.EN + "). " + term.EN + " Work begins at " + a.SiteURL + "/en/console. If you did not expect it, tell the council.\n",
	}
}

// leavingMail says until when leaving can be undone.
func (a Accounts) leavingMail(ctx context.Context, email string, until time.Time) mail.Message {
	at := until.Format("2006-01-02 15:04")
	return mail.Message{
		To: email, Subject: "[" + a.Council(ctx) + "] 탈퇴",
		Text: "탈퇴를 시작했습니다. " + at + "까지 홈페이지에서 되돌릴 수 있고, 그 뒤에는 개인정보가 지워집니다.\n" + a.SiteURL + "\n\n" +
			"Your account is being deleted. You can undo it until " + at + " (Seoul).\n",
	}
}

// resetMail has the link that sets a new password, or says that there is no account. The
// token is behind a #, which browsers send to nobody: no log of a server has it.
func (a Accounts) resetMail(ctx context.Context, email, token string) mail.Message {
	m := mail.Message{To: email, Subject: "[" + a.Council(ctx) + "] 비밀번호 재설정"}
	if token == "" {
		m.Text = a.Council(ctx) + " 홈페이지에서 이 주소로 비밀번호를 다시 정하려는 요청이 있었지만, 이 주소로 가입한 계정이 없습니다.\n" +
			"다른 주소로 가입했는지 확인해 주세요. 요청한 적이 없다면 이 이메일을 무시하세요.\n\n" +
			"Somebody asked to reset the password of this address, but it has no account. If it was not you, ignore this message.\n"
		return m
	}
	link := a.SiteURL + "/password#" + token
	m.Text = "아래 링크에서 30분 안에 새 비밀번호를 정하세요. 한 번만 쓸 수 있습니다.\n" + link + "\n\n" +
		"요청한 적이 없다면 이 이메일을 무시하세요. 비밀번호는 바뀌지 않습니다.\n\n" +
		"Set a new password within 30 minutes with the link above; it works once. If it was not you, ignore this message: nothing changes.\n"
	return m
}
