package account

import (
	"time"

	"github.com/madang-council/madang/shared/mail"
)

// signUpMail welcomes a new member, or tells an old one that somebody tried to sign up.
func (a Accounts) signUpMail(email string, made bool) mail.Message {
	m := mail.Message{To: email, Subject: "[" + a.Council + "] 회원 가입"}
	if made {
		m.Text = a.Council + " 누리집에 가입했습니다. 학생 확인을 마치면 청원에 동의하고 물품을 빌릴 수 있습니다.\n" + a.SiteURL + "\n\n" +
			"가입한 적이 없다면 '비밀번호를 잊었어요'로 비밀번호를 바꾼 뒤 탈퇴할 수 있습니다.\n\n" +
			"Welcome. If you did not sign up, reset the password and delete the account.\n"
		return m
	}
	m.Text = "누군가 이 주소로 " + a.Council + " 누리집에 가입하려 했지만, 이미 가입한 계정이 있어서 아무것도 바뀌지 않았습니다.\n" +
		"본인이라면 로그인하거나 '비밀번호를 잊었어요'를 쓰세요. 아니라면 이 메일을 무시하세요.\n" + a.SiteURL + "\n\n" +
		"Somebody tried to sign up with this address, which has an account already; nothing changed. If it was you, sign in or reset the password.\n"
	return m
}

// codeMail carries the code that proves a school address.
func (a Accounts) codeMail(email, code string) mail.Message {
	return mail.Message{
		To: email, Subject: "[" + a.Council + "] 학생 확인 번호 " + code,
		Text: "학생 확인 번호: " + code + "\n10분 안에 누리집에 넣어 주세요. 총학생회는 이 번호나 학교 포털 비밀번호를 묻지 않습니다.\n\n" +
			"Your code: " + code + ". Enter it within 10 minutes. The council never asks for it, nor for your university password.\n",
	}
}

// leavingMail says until when leaving can be undone.
func (a Accounts) leavingMail(email string, until time.Time) mail.Message {
	at := until.Format("2006-01-02 15:04")
	return mail.Message{
		To: email, Subject: "[" + a.Council + "] 탈퇴",
		Text: "탈퇴를 시작했습니다. " + at + "까지 누리집에서 되돌릴 수 있고, 그 뒤에는 개인정보가 지워집니다.\n" + a.SiteURL + "\n\n" +
			"Your account is being deleted. You can undo it until " + at + " (Seoul).\n",
	}
}

// resetMail has the link that sets a new password, or says that there is no account. The
// token is behind a #, which browsers send to nobody: no log of a server has it.
func (a Accounts) resetMail(email, token string) mail.Message {
	m := mail.Message{To: email, Subject: "[" + a.Council + "] 비밀번호 재설정"}
	if token == "" {
		m.Text = a.Council + " 누리집에서 이 주소로 비밀번호를 다시 정하려는 요청이 있었지만, 이 주소로 가입한 계정이 없습니다.\n" +
			"다른 주소로 가입했는지 확인해 주세요. 요청한 적이 없다면 이 메일을 무시하세요.\n\n" +
			"Somebody asked to reset the password of this address, but it has no account. If it was not you, ignore this message.\n"
		return m
	}
	link := a.SiteURL + "/password#" + token
	m.Text = "아래 링크에서 30분 안에 새 비밀번호를 정하세요. 한 번만 쓸 수 있습니다.\n" + link + "\n\n" +
		"요청한 적이 없다면 이 메일을 무시하세요. 비밀번호는 바뀌지 않습니다.\n\n" +
		"Set a new password within 30 minutes with the link above; it works once. If it was not you, ignore this message: nothing changes.\n"
	return m
}
