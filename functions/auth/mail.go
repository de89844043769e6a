package auth

import (
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/mail"
)

// resetMail has the link that sets a new password, or says that there is no account. The
// token is behind a #, which browsers send to nobody: no log of a server has it.
func resetMail(s function.Settings, email, token string) mail.Message {
	m := mail.Message{To: email, Subject: "[" + s.CouncilName + "] 비밀번호 재설정"}
	if token == "" {
		m.Text = s.CouncilName + " 누리집에서 이 주소로 비밀번호를 다시 정하려는 요청이 있었지만, 이 주소로 가입한 계정이 없습니다.\n" +
			"다른 주소로 가입했는지 확인해 주세요. 요청한 적이 없다면 이 메일을 무시하세요.\n\n" +
			"Somebody asked to reset the password of this address, but it has no account. If it was not you, ignore this message.\n"
		return m
	}
	link := s.SiteURL + "/password#" + token
	m.Text = "아래 링크에서 30분 안에 새 비밀번호를 정하세요. 한 번만 쓸 수 있습니다.\n" + link + "\n\n" +
		"요청한 적이 없다면 이 메일을 무시하세요. 비밀번호는 바뀌지 않습니다.\n\n" +
		"Set a new password within 30 minutes with the link above; it works once. If it was not you, ignore this message: nothing changes.\n"
	return m
}
