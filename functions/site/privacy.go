package site

import (
	"context"
	"slices"
	"strings"
	"time"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
)

// privacy is the council's 개인정보 처리방침, in the order of 개인정보 보호법 30조: what is kept as
// the stores say it (person.Notice), who answers for it as the council does, and who else handles it as the
// settings do, with this environment's times.
func (h handlers) privacy(ctx context.Context, _ *none) (*ui.Answer, error) {
	s := h.settings
	f, _, err := h.faces.Read(ctx)
	if err != nil {
		return nil, err
	}
	council := face.In("en", f.Name, f.NameEN)
	t := func(ko, en string) string { return ui.T(ctx, ko, en) }
	say := func(ko, en string) g.Node { return el.P(g.Text(t(ko, en))) }
	number := 0
	heading := func(ko, en string) g.Node {
		number++
		return el.H2(g.Textf("%d. %s", number, t(ko, en)))
	}
	title := t("개인정보 처리방침", "Privacy policy")
	return h.frame.Page(ctx, ui.View{Title: title, Path: privacyPath, Class: "reading", Styles: []string{"site.css"}, Description: t(f.Name+"의 개인정보 처리방침", "How "+council+" handles personal data"), Main: []g.Node{
		el.H1(g.Text(title)),
		el.P(el.Class("meta"), g.Text(inForce(ctx, s.PolicyVersion))),
		el.Div(el.Class("prose"),
			say(f.Name+text.Particle(f.Name, "는")+" 개인정보 보호법 제30조에 따라, 홈페이지가 모으는 개인정보를 어떻게 다루는지 이 방침으로 알립니다. 로그인하지 않고 읽는 사람의 이름은 남기지 않고, 접속 주소는 날마다 다른 값으로 바꾸어 남깁니다.", "This is how "+council+" handles the personal data that this site keeps (Personal Information Protection Act, article 30). Whoever reads without signing in leaves no name, and the network address only as a hash that changes daily."),
			heading("모으는 항목, 목적, 보유 기간", "What is kept, why, and until when"),
			h.kept(ctx),
			say("주민등록번호와 학교 포털 비밀번호는 묻지 않습니다. 필수 항목은 이메일, 이름, 비밀번호이고, 나머지는 넣거나 쓰는 사람에게서만 모읍니다.", "No resident registration number and no university password is asked for. Email address, name and password are required; everything else is kept only if you give or use it."),
			heading("만 14세 미만", "Children"),
			say("만 14세 이상만 가입할 수 있습니다.", "Members are 14 or older."),
			heading("제3자 제공", "Third parties"),
			say("개인정보를 제3자에게 제공하지 않습니다. 법률에 특별한 규정이 있을 때만 예외입니다.", "Personal data is given to nobody, unless a law demands it."),
			heading("처리 위탁", "Processors"),
			h.processors(ctx),
			heading("파기", "Deletion"),
			say("기간이 지나거나 목적을 이루면 사람이 손대지 않아도 프로그램이 지웁니다. 데이터베이스의 행과 저장소의 파일을 되살릴 수 없게 지우고, 백업에 남은 것은 백업의 기간이 끝날 때 없어집니다.", "Data is deleted automatically when its period ends: rows of the database and files of the storage, for good. What is in backups goes when they expire."),
			heading("회원의 권리와 행사 방법", "Your rights"),
			el.P(g.Text(t("로그인한 뒤 ", "When you are signed in, ")), el.A(el.Href(ui.Local(ctx, myPath)), g.Text(t("내 정보", "My page"))), g.Text(t("에서 자료를 모두 받아 보고, 고치고, 동의를 철회하고, 탈퇴할 수 있습니다. 홈페이지에서 할 수 없는 열람, 정정, 삭제, 처리 정지는 아래 보호책임자에게 말하면 10일 안에 답합니다. 대리인도 위임장을 보이고 할 수 있습니다.", " lets you export everything, correct it, withdraw consents and leave. Whatever cannot be done there, ask the officer below: there is an answer within 10 days. Others may ask for you with your written authority."))),
			heading("안전성 확보 조치", "Protection"),
			el.Ul(
				el.Li(g.Text(t("비밀번호는 되돌릴 수 없게, 2단계 인증 키는 암호화해서 저장합니다. 오가는 것은 모두 암호화합니다(TLS).", "Passwords are stored so that they cannot be recovered, and second factors are encrypted. All traffic is encrypted (TLS)."))),
				el.Li(g.Text(t("개인정보를 보는 사람은 역할을 맡은 총학생회 구성원뿐이고, 관리자는 2단계 인증을 씁니다.", "Only council members who hold a role can see it, and admins must use a second factor."))),
				el.Li(g.Text(t("누가 언제 누구의 정보를 보았는지 기록하고, 기록은 고칠 수 없습니다.", "We log who viewed whose data and when, and the log cannot be altered."))),
			),
			heading("쿠키", "Cookies"),
			say("로그인한 사람에게만 씁니다. 로그인을 이어 주고 그 브라우저를 알아보는 데에만 쓰며, 스크립트는 읽을 수 없습니다. 브라우저에서 막을 수 있고, 막으면 로그인할 수 없습니다. 방문자를 따라다니는 도구, 다른 회사의 글꼴, 광고, 통계는 쓰지 않습니다.", "Only for those who sign in: to keep them signed in and to know the browser again. No script can read them. A browser can refuse them, and then nobody can sign in there. There are no trackers, and no fonts, advertisements or statistics of others."),
			heading("개인정보 보호책임자", "Privacy officer"),
			el.P(g.Text(ui.Officer(ctx, f, s.Privacy))),
			heading("권익 침해를 구제받는 방법", "Remedies"),
			el.Ul(
				el.Li(g.Text(t("개인정보분쟁조정위원회: 1833-6972, kopico.go.kr", "Personal Information Dispute Mediation Committee: 1833-6972, kopico.go.kr"))),
				el.Li(g.Text(t("개인정보침해신고센터: 118, privacy.kisa.or.kr", "Personal Information Infringement Report Center: 118, privacy.kisa.or.kr"))),
				el.Li(g.Text(t("대검찰청: 1301, spo.go.kr", "Supreme Prosecutors' Office: 1301, spo.go.kr"))),
				el.Li(g.Text(t("경찰청: 182, ecrm.police.go.kr", "National Police Agency: 182, ecrm.police.go.kr"))),
			),
			heading("방침의 변경", "Changes"),
			say("이 방침이 바뀌면 시행하기 7일 전부터 공지로 알리고, 모으는 항목이나 목적이 바뀌면 다시 동의를 받습니다.", "We announce changes in a notice 7 days ahead. If what we keep or why we keep it changes, we ask for your consent again."),
		),
	}}), nil
}

// requests is what the logs of processes keep of whoever asks, where somebody keeps these.
var requests = person.Notice{
	What:  problem.Text{KO: "모든 방문자의 요청 기록: 무엇을 요청했는지, 날마다 다른 값으로 바꾼 접속 주소, 로그인했으면 회원 번호", EN: "Requests of everybody, signed in or not: what was requested, your network address as a hash that changes daily, and your account number if you are signed in"},
	Why:   problem.Text{KO: "오류의 원인과 침입 확인", EN: "Finding the cause of errors, and intrusions"},
	Until: problem.Text{KO: "{requests}", EN: "{requests}"},
}

// failures is what the web server itself says of requests that fail, which is kept without the address (knative/logs).
var failures = person.Notice{
	What:  problem.Text{KO: "처리하지 못한 요청의 접속 주소(웹 서버의 오류 기록)", EN: "Your network address, where a request could not be handled (error log of the web server)"},
	Why:   requests.Why,
	Until: problem.Text{KO: "웹 서버가 다시 시작할 때까지. 따로 보관할 때는 주소를 뺌", EN: "Until the web server restarts; what is kept longer is kept without the address"},
}

// whole is a time in days, or in hours where it is not of whole days.
func whole(ctx context.Context, d time.Duration) string {
	if d%(24*time.Hour) != 0 {
		return hours(ctx, d)
	}
	return days(ctx, d)
}

// kept is what the stores say that they keep, and the logs.
func (h handlers) kept(ctx context.Context) g.Node {
	label := ui.T(ctx, "모으는 항목", "What is kept")
	column := func(ko, en string) g.Node { return el.Th(el.Scope("col"), g.Text(ui.T(ctx, ko, en))) }
	keeps := slices.Clone(h.keeps)
	if h.settings.LogRetention > 0 {
		keeps = append(keeps, requests)
	}
	keeps = append(keeps, failures)
	times := strings.NewReplacer("{leave}", days(ctx, h.settings.LeaveGrace), "{unused}", hours(ctx, h.settings.OrphanAge), "{log}", days(ctx, h.settings.AuditRetention), "{requests}", whole(ctx, h.settings.LogRetention), "{mail}", h.carrier(ctx))
	language := function.RequestFrom(ctx).Language
	cell := func(text problem.Text) g.Node { return g.Text(times.Replace(text.In(language))) }
	whom := func(n person.Notice) g.Node {
		if n.Whom == (problem.Text{}) {
			return g.Text(ui.T(ctx, "주지 않음", "Nobody"))
		}
		return cell(n.Whom)
	}
	return el.Div(el.Class("table"), el.Role("region"), el.Aria("label", label), el.TabIndex("0"), el.Table(
		el.THead(el.Tr(column("무엇을", "What"), column("왜", "Why"), column("언제까지", "Until"), column("누구에게", "Given to"))),
		el.TBody(g.Map(keeps, func(n person.Notice) g.Node {
			return el.Tr(el.Th(el.Scope("row"), cell(n.What)), el.Td(cell(n.Why)), el.Td(cell(n.Until)), el.Td(whom(n)))
		})),
	))
}

// carrier is who gets what is sent by email: a processor only where the council has named any, as processors says.
func (h handlers) carrier(ctx context.Context) string {
	if len(h.settings.Privacy.Processors) == 0 {
		return ui.T(ctx, "이메일이 거쳐 가는 메일 서버", "the mail servers that it passes through")
	}
	return ui.T(ctx, "이메일을 대신 보내는 곳(처리 위탁)", "the processor that sends our email")
}

func (h handlers) processors(ctx context.Context) g.Node {
	if len(h.settings.Privacy.Processors) == 0 {
		return el.P(g.Text(ui.T(ctx, "개인정보 처리를 다른 곳에 맡기지 않습니다.", "Nobody else handles personal data for the council.")))
	}
	return el.Ul(g.Map(h.settings.Privacy.Processors, func(p function.Processor) g.Node { return el.Li(g.Text(p.Name + ": " + p.Work)) }))
}

// inForce says since when a version of the policy is in force: versions are called by that day.
func inForce(ctx context.Context, version string) string {
	day, err := time.ParseInLocation(time.DateOnly, version, clock.Seoul)
	if err != nil {
		return ui.T(ctx, "버전 "+version, "Version "+version)
	}
	return ui.T(ctx, day.Format("2006년 1월 2일")+"부터 시행", "In force since "+day.Format("2 January 2006"))
}
