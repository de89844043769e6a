package site

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/ui"
)

// privacy says what the product keeps of whom, why and until when: the same facts as
// docs/security.md, with the times of this environment's settings.
func (h handlers) privacy(ctx context.Context, _ *none) (*ui.Answer, error) {
	s := h.settings
	row := func(what, why, until string) g.Node {
		return el.Tr(el.Th(el.Scope("row"), g.Text(what)), el.Td(g.Text(why)), el.Td(g.Text(until)))
	}
	t := func(ko, en string) string { return ui.T(ctx, ko, en) }
	title := t("개인정보 처리", "Privacy")
	return h.frame.Page(ctx, ui.View{Title: title, Path: privacyPath, Class: "reading", Styles: []string{"site.css"}, Description: t(s.CouncilName+" 누리집이 모으는 개인정보", "Personal data that "+s.CouncilName+" keeps"), Main: []g.Node{
		el.H1(g.Text(title)),
		el.P(el.Class("meta"), g.Text(t(s.PolicyVersion+"판", "Version "+s.PolicyVersion))),
		el.Div(el.Class("prose"),
			el.P(g.Text(t("로그인하지 않고 읽는 동안에는 이름도 주소도 남기지 않습니다. 접속 주소는 하루마다 바뀌는 지문으로만 쓰고, 방문자를 따라다니는 도구나 다른 회사의 글꼴, 광고, 통계는 쓰지 않습니다.", "Whoever reads without signing in leaves neither name nor address. Network addresses are used only as a fingerprint that changes every day. There are no trackers, and no fonts, advertisements or statistics of others."))),
			el.H2(g.Text(t("회원에게서 모으는 것", "What is kept of members"))),
			el.Div(el.Class("table"), el.Role("region"), el.Aria("label", t("회원에게서 모으는 것", "What is kept of members")), el.TabIndex("0"), el.Table(
				el.THead(el.Tr(el.Th(el.Scope("col"), g.Text(t("무엇을", "What"))), el.Th(el.Scope("col"), g.Text(t("왜", "Why"))), el.Th(el.Scope("col"), g.Text(t("언제까지", "Until"))))),
				el.TBody(
					row(t("전자우편, 이름, 학과", "Mail address, name, department"), t("계정", "The account"), t("탈퇴하고 "+days(ctx, s.LeaveGrace)+" 뒤 지움", "Deleted "+days(ctx, s.LeaveGrace)+" after leaving")),
					row(t("학생이라는 확인", "Proof of being a student"), t("한 사람이 한 계정만 확인", "One account each"), t("같음. 학교 주소와 학번은 지문으로만 남음", "The same; only a fingerprint of the address or number is kept")),
					row(t("로그인한 기기, 틀린 시도", "Sessions, failed tries"), t("로그인과 추측 막기", "Signing in, and against guessing"), t("로그인이 끝날 때, 24시간", "Their end; 24 hours")),
					row(t("동의한 내용과 판", "Consents with their version"), t("동의의 증거", "Proof of agreement"), t("계정과 함께", "With the account")),
					row(t("총학생회가 회원 자료를 보거나 바꾼 기록", "Records of the council reading or changing members' data"), t("개인정보의 안전성 확보조치", "Required by law"), t(days(ctx, s.AuditRetention), days(ctx, s.AuditRetention))),
					row(t("올린 파일", "Uploaded files"), t("회원이 낸 자료", "What members hand in"), t("쓰이지 않으면 "+hours(ctx, s.OrphanAge)+" 뒤 지움", "Deleted after "+hours(ctx, s.OrphanAge)+" unless used")),
				),
			)),
			el.P(g.Text(t("주민등록번호와 학교 포털 비밀번호는 묻지 않습니다.", "No resident registration number and no university password is asked for."))),
			el.H2(g.Text(t("쿠키", "Cookies"))),
			el.P(g.Text(t("로그인한 사람에게만 씁니다. 로그인을 이어 주고 그 브라우저를 알아보는 데에만 쓰며, 스크립트는 읽을 수 없습니다.", "Only for those who sign in: to keep them signed in and to know the browser again. No script can read them."))),
			el.H2(g.Text(t("회원의 권리", "Your rights"))),
			el.P(g.Text(t("내 정보에서 자료를 모두 받고, 고치고, 동의를 거두고, 탈퇴할 수 있습니다.", "On your page you can export everything, correct it, withdraw consents and leave."))),
		),
	}}), nil
}
