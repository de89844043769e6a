// Package site is where students sign up, sign in and look after their account, and what all
// pages of the site share: styles, privacy, what crawlers and telephones read. What belongs to
// a resource is in its folder page. Pages need no script, and have an address for each language.
package site

import (
	"log/slog"
	"slices"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/identity/password"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/mail/smtp"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// hashes is how many passwords one pod hashes at once, 19 MiB each.
const hashes = 2

type none struct{}

// handlers are the pages and what they need.
type handlers struct {
	frame    ui.Frame
	accounts account.Ways
	oidc     *oidc.Client
	settings function.Settings
	keeps    []person.Notice
	faces    face.Store
	log      *slog.Logger
}

// Function is the site's frame and accounts.
var Function = function.Spec{
	Name:  "site",
	Label: problem.Text{KO: "홈페이지 틀과 계정", EN: "Site and accounts"},
	Core:  true,
	Doc:   "The homepage's frame: sign-up, sign-in and one's own account, privacy, styles and what programs read.",
	Needs: []function.Need{function.Database},
	Scale: function.Scale{MemoryMiB: 128}, // the default, and what hashes take beside it
	Mail:  smtp.Open,
	New: func(d function.Deps) function.Parts {
		h := wire(d)
		return function.Parts{Routes: slices.Concat(
			h.frame.Pages(slices.Concat(h.reading(), h.signingIn(), h.own(), h.files())...),
			[]function.Route{h.frame.AssetsRoute()},
		)}
	},
}

func wire(d function.Deps) handlers {
	s, faces := d.Settings, face.Store{DB: d.DB, Name: d.Settings.CouncilName}
	h := handlers{
		oidc:     oidc.New(d.Client, d.Key, s.SiteURL, issuers(s.Issuers)),
		settings: s,
		keeps:    d.Catalogue.Keeps,
		faces:    faces,
		log:      d.Log,
		accounts: account.Ways{Sessions: session.Store{DB: d.DB, Key: d.Key}, Accounts: account.Accounts{
			Members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: s.LeaveGrace},
			Credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: password.NewHasher(hashes).Trial(d.Trial), LeaveGrace: s.LeaveGrace},
			Attempts:    attempt.Store{DB: d.DB, Key: d.Key},
			Mail:        d.Mail, Log: d.Log, Council: faces.Council, SiteURL: s.SiteURL, PolicyVersion: s.PolicyVersion,
			School: member.School{Domains: s.SchoolDomains, Mailbox: s.StudentMailbox}, Departments: s.DepartmentNames,
		}},
	}
	h.frame = ui.Site(d)
	return h
}

func issuers(list []function.Issuer) []oidc.Issuer {
	converted := []oidc.Issuer{}
	for _, i := range list {
		converted = append(converted, oidc.Issuer(i))
	}
	return converted
}

// The addresses of pages, in Korean.
const (
	homePath      = "/"
	privacyPath   = ui.PrivacyPath
	menuPath      = ui.MenuPath
	signInPath    = ui.SignInPath
	secondPath    = "/sign-in/second-factor"
	signUpPath    = "/sign-up"
	agreePath     = "/sign-in/agree"
	cameBackPath  = "/sign-in/return"
	signOutPath   = "/sign-out"
	forgottenPath = "/password/forgotten"
	resetPath     = "/password"
	returnPath    = "/return"
	myPath        = ui.MyPath
	verifyPath    = ui.VerifyPath
	changePath    = "/my/password"
	consentsPath  = "/my/consents"
	sessionsPath  = "/my/sessions"
	factorPath    = "/my/second-factor"
	proofPath     = ui.ProofPath
	addressPath   = ui.AddressPath
	issuerPath    = "/my/issuers/{issuer}"
	leavePath     = "/my/leave"
	exportPath    = "/my/export"
	lostPath      = "/not-found"
)

// reading is what everybody may read. Guests get it from the edge.
func (h handlers) reading() []function.Route {
	return []function.Route{
		{Method: "GET", Path: menuPath, Access: function.Anyone, Page: &function.Page{}, Do: function.Do(h.menu), Doc: "The menu as a page: account, language and every group."},
		{Method: "GET", Path: lostPath, Access: function.Anyone, Page: &function.Page{Lost: true}, Do: function.Do(h.lost), Doc: "What browsers see where there is nothing."},
		{Method: "GET", Path: privacyPath, Access: function.Anyone, Page: &function.Page{}, Do: function.Do(h.privacy), Doc: "What is kept of whom, why, and until when."},
	}
}

// signingIn is how one becomes and proves to be a member. What guesses at a secret runs
// alone, so that its failures stay counted. The forms are pages: whoever opens one gets it from
// the edge, and this function starts while that one types.
func (h handlers) signingIn() []function.Route {
	form := func(bypass ...string) *function.Page { return &function.Page{Bypass: bypass} }
	wakes := []string{"site"}
	return []function.Route{
		{Method: "GET", Path: signInPath, Access: function.Anyone, Page: form("next", "error", "done"), Wakes: wakes, Do: function.Do(h.signInForm), Doc: "The sign-in form."},
		{Method: "POST", Path: signInPath, Words: problem.Text{KO: "로그인함", EN: "Signed in"}, Access: function.Anyone, Always: true, Do: function.Do(h.signIn), Limit: function.SigningIn, Alone: true, Doc: "Signs in."},
		{Method: "GET", Path: secondPath, Access: function.Anyone, Do: function.Do(h.secondForm), Doc: "The form for a code, after the password or another issuer."},
		{Method: "POST", Path: secondPath, Words: problem.Text{KO: "2단계 인증을 마침", EN: "Passed two-step verification"}, Access: function.Anyone, Always: true, Do: function.Do(h.second), Limit: function.SigningIn, Alone: true, Doc: "Signs in with the second factor."},
		{Method: "POST", Path: agreePath, Words: problem.Text{KO: "가입함", EN: "Signed up"}, Access: function.Anyone, Do: function.Do(h.agree), Limit: function.SigningIn, Alone: true, Doc: "Signs up whom another issuer identified, and who agrees to the privacy policy."},
		{Method: "POST", Path: cameBackPath, Words: problem.Text{KO: "탈퇴를 취소함", EN: "Undid leaving"}, Access: function.Anyone, Always: true, Do: function.Do(h.comeBackBy), Limit: function.SigningIn, Alone: true, Doc: "Undoes leaving for whom another issuer identified."},
		{Method: "POST", Path: signOutPath, Words: problem.Text{KO: "로그아웃함", EN: "Signed out"}, Access: function.Anyone, Always: true, Do: function.Do(h.signOut), Doc: "Signs out here."},
		{Method: "GET", Path: signUpPath, Access: function.Anyone, Page: form("next"), Wakes: wakes, Do: function.Do(h.signUpForm), Doc: "The sign-up form."},
		{Method: "POST", Path: signUpPath, Words: problem.Text{KO: "가입함", EN: "Signed up"}, Access: function.Anyone, Do: function.Do(h.signUp), Limit: function.Outward, Alone: true, Doc: "Signs up."},
		{Method: "GET", Path: forgottenPath, Access: function.Anyone, Page: form("next", "error", "done"), Wakes: wakes, Do: function.Do(h.forgottenForm), Doc: "Asks where to send a link that sets a new password."},
		{Method: "POST", Path: forgottenPath, Words: problem.Text{KO: "비밀번호 재설정을 요청함", EN: "Asked to reset the password"}, Access: function.Anyone, Do: function.Do(h.forgotten), Limit: function.Outward, Alone: true, Doc: "Sends the link; the answer is the same for every address."},
		{Method: "GET", Path: resetPath, Access: function.Anyone, Do: function.Do(h.resetForm), Doc: "Where that link leads."},
		{Method: "POST", Path: resetPath, Words: problem.Text{KO: "비밀번호를 다시 정함", EN: "Reset the password"}, Access: function.Anyone, Do: function.Do(h.reset), Limit: function.SigningIn, Alone: true, Doc: "Sets a new password."},
		{Method: "GET", Path: returnPath, Access: function.Anyone, Do: function.Do(h.returnForm), Doc: "The form that undoes leaving."},
		{Method: "POST", Path: returnPath, Words: problem.Text{KO: "탈퇴를 취소함", EN: "Undid leaving"}, Access: function.Anyone, Always: true, Do: function.Do(h.comeBack), Limit: function.SigningIn, Alone: true, Doc: "Undoes leaving, by the same proof as signing in."},
	}
}

// own is a member's own account.
func (h handlers) own() []function.Route {
	member := function.SignedIn
	return []function.Route{
		{Method: "GET", Path: myPath, Access: member, Do: function.Do(h.my), Doc: "My page."},
		{Method: "POST", Path: myPath, Words: problem.Text{KO: "자기 정보를 바꿈", EN: "Changed their profile"}, Access: member, Do: function.Do(h.editProfile), Doc: "Changes name and department."},
		{Method: "GET", Path: verifyPath, Access: member, Do: function.Do(h.verifyForm), Doc: "Proving to be a student."},
		{Method: "POST", Path: verifyPath, Words: problem.Text{KO: "재학생 인증번호를 받음", EN: "Asked for a verification code"}, Access: member, Do: function.Do(h.sendCode), Limit: function.Outward, Alone: true, Doc: "Sends a code to a school address."},
		{Method: "POST", Path: verifyPath + "/code", Words: problem.Text{KO: "재학생 인증을 마침", EN: "Verified as a student"}, Access: member, Do: function.Do(h.confirmCode), Limit: function.SigningIn, Alone: true, Doc: "Takes the code."},
		{Method: "GET", Path: proofPath, Access: member, Do: function.Do(h.proofForm), Doc: "Asks who it is, before something that a borrowed session must not do."},
		{Method: "POST", Path: proofPath, Words: problem.Text{KO: "본인임을 확인함", EN: "Proved who they are"}, Access: member, Always: true, Do: function.Do(h.prove), Limit: function.SigningIn, Alone: true, Doc: "Takes password and code, and goes on."},
		{Method: "GET", Path: addressPath, Access: member, Do: function.Do(h.addressForm), Proof: true, Doc: "One's mail address: confirming and changing it."},
		{Method: "POST", Path: addressPath, Words: problem.Text{KO: "이메일 주소를 바꾸려고 함", EN: "Asked to change the mail address"}, Access: member, Do: function.Do(h.sendAddressCode), Limit: function.Outward, Alone: true, Proof: true, Doc: "Sends a code to an address."},
		{Method: "POST", Path: addressPath + "/code", Words: problem.Text{KO: "이메일 주소를 확인함", EN: "Confirmed the mail address"}, Access: member, Do: function.Do(h.confirmAddress), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Takes the code: the address is the account's."},
		{Method: "GET", Path: changePath, Access: member, Do: function.Do(h.changeForm), Proof: true, Doc: "The form for another password."},
		{Method: "POST", Path: changePath, Words: problem.Text{KO: "비밀번호를 바꿈", EN: "Changed the password"}, Access: member, Do: function.Do(h.change), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Changes the password and ends the other sessions."},
		{Method: "GET", Path: factorPath, Access: member, Do: function.Do(h.factorPage), Doc: "The second factor."},
		{Method: "POST", Path: factorPath, Words: problem.Text{KO: "2단계 인증을 켜기 시작함", EN: "Began to turn on the second factor"}, Access: member, Do: function.Do(h.enrol), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Makes a secret for an authenticator app."},
		{Method: "POST", Path: factorPath + "/confirm", Words: problem.Text{KO: "2단계 인증을 켬", EN: "Turned on the second factor"}, Access: member, Do: function.Do(h.confirmFactor), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Turns the second factor on and shows the recovery codes."},
		{Method: "POST", Path: factorPath + "/verify", Words: problem.Text{KO: "2단계 인증을 마침", EN: "Passed two-step verification"}, Access: member, Always: true, Do: function.Do(h.giveFactor), Limit: function.SigningIn, Alone: true, Doc: "Gives the second factor in a session that began without one."},
		{Method: "POST", Path: factorPath + "/remove", Words: problem.Text{KO: "2단계 인증을 끔", EN: "Turned off the second factor"}, Access: member, Do: function.Do(h.removeFactor), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Turns the second factor off."},
		{Method: "POST", Path: factorPath + "/recovery-codes", Words: problem.Text{KO: "복구 코드를 새로 만듦", EN: "Made new recovery codes"}, Access: member, Do: function.Do(h.newRecoveryCodes), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Gives new recovery codes in place of the old ones."},
		{Method: "GET", Path: issuerPath, Access: member, Do: function.Do(h.issuerForm), Proof: true, Doc: "Linking an account of another issuer, or unlinking it."},
		{Method: "POST", Path: issuerPath, Words: problem.Text{KO: "다른 계정을 연결하려고 함", EN: "Began to link another account"}, Access: member, Do: function.Do(h.linkIssuer), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Begins to link an account of another issuer, and leads there."},
		{Method: "POST", Path: issuerPath + "/remove", Words: problem.Text{KO: "다른 계정의 연결을 끊음", EN: "Unlinked another account"}, Access: member, Do: function.Do(h.unlinkIssuer), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Takes an issuer from one's account."},
		{Method: "GET", Path: consentsPath, Access: member, Do: function.Do(h.consentsForm), Doc: "What one agreed to."},
		{Method: "POST", Path: consentsPath, Words: problem.Text{KO: "동의한 내용을 바꿈", EN: "Changed their consents"}, Access: member, Do: function.Do(h.setConsents), Doc: "Agrees to today's policy."},
		{Method: "GET", Path: sessionsPath, Access: member, Do: function.Do(h.sessionsPage), Proof: true, Doc: "Where one is signed in."},
		{Method: "POST", Path: sessionsPath, Words: problem.Text{KO: "모든 기기에서 로그아웃함", EN: "Signed out everywhere"}, Access: member, Always: true, Do: function.Do(h.signOutEverywhere), Proof: true, Doc: "Signs out everywhere."},
		{Method: "POST", Path: sessionsPath + "/{id}", Words: problem.Text{KO: "다른 기기에서 로그아웃함", EN: "Signed out elsewhere"}, Access: member, Always: true, Do: function.Do(h.signOutThere), Proof: true, Doc: "Signs out in one place."},
		{Method: "GET", Path: exportPath, Access: member, Do: function.Do(h.export), Doc: "Leads to everything that is kept about oneself."},
		{Method: "GET", Path: leavePath, Access: member, Do: function.Do(h.leaveForm), Proof: true, Doc: "What leaving means."},
		{Method: "POST", Path: leavePath, Words: problem.Text{KO: "탈퇴함", EN: "Left"}, Access: member, Always: true, Do: function.Do(h.leave), Limit: function.SigningIn, Alone: true, Proof: true, Doc: "Leaves; it can be undone for some days."},
	}
}
