// Package auth signs members in and out: with a password, with a second factor, and with
// an account of another issuer.
package auth

import (
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
	"github.com/madang-council/madang/shared/problem"
)

// hashes is how many passwords one pod hashes at once, 19 MiB each.
const hashes = 2

// Function signs members in and out. What guesses at a secret runs alone: its failures
// must stay counted although the request is refused, and no answer with a token is kept
// for an Idempotency-Key.
var Function = function.Spec{
	Name:  "auth",
	Label: problem.Text{KO: "로그인", EN: "Sign-in"},
	Core:  true,
	Doc:   "Signing in with password, second factor or another issuer; refresh with rotation; signing out here and everywhere.",
	Needs: []function.Need{function.Database, function.OIDC},
	Scale: function.Scale{MemoryMiB: 128}, // the default, and what hashes take beside it
	Mail:  smtp.Open,
	New: func(d function.Deps) function.Parts {
		h := handlers{
			credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: password.NewHasher(hashes).Trial(d.Trial), LeaveGrace: d.Settings.LeaveGrace},
			sessions:    session.Store{DB: d.DB, Key: d.Key},
			members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			oidc:        oidc.New(d.Client, d.Key, d.Settings.SiteURL, issuers(d.Settings.Issuers)),
			settings:    d.Settings,
			writable:    d.Writable,
		}
		h.ways = account.Ways{Sessions: h.sessions, Accounts: account.Accounts{
			Members: h.members, Credentials: h.credentials, Attempts: attempt.Store{DB: d.DB, Key: d.Key}, Mail: d.Mail, Log: d.Log, Council: face.Store{DB: d.DB, Name: d.Settings.CouncilName}.Council, SiteURL: d.Settings.SiteURL, PolicyVersion: d.Settings.PolicyVersion,
		}}
		return function.Parts{Routes: []function.Route{
			{Method: "POST", Path: "/v1/auth/sessions", Words: problem.Text{KO: "로그인함", EN: "Signed in"}, Access: function.Anyone, Always: true, Doc: "Signs in with address, password and, where the member has one, a second factor.", Do: function.Do(h.signIn), Status: 201, Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Unauthenticated: {"second-factor-code-required", "sign-in-failed"}, problem.Forbidden: {"member-suspended"}, problem.Conflict: {"member-leaving"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/sessions/refresh", Words: problem.Text{KO: "로그인을 이어 감", EN: "Stayed signed in"}, Access: function.Anyone, Always: true, Doc: "Exchanges a refresh token for new tokens; a used one ends the session.", Do: function.Do(h.refresh), Limit: function.SigningIn, Alone: true},
			{Method: "GET", Path: "/v1/auth/sessions", Access: function.SignedIn, Doc: "Lists where the member is signed in.", Do: function.Do(h.list)},
			{Method: "DELETE", Path: "/v1/auth/sessions/current", Words: problem.Text{KO: "로그아웃함", EN: "Signed out"}, Access: function.Anyone, Always: true, Doc: "Signs out here.", Do: function.Do(h.signOut)},
			{Method: "DELETE", Path: "/v1/auth/sessions/{id}", Words: problem.Text{KO: "다른 기기에서 로그아웃함", EN: "Signed out elsewhere"}, Access: function.SignedIn, Always: true, Doc: "Signs out in one place.", Do: function.Do(h.signOutThere), Proof: true},
			{Method: "DELETE", Path: "/v1/auth/sessions", Words: problem.Text{KO: "모든 기기에서 로그아웃함", EN: "Signed out everywhere"}, Access: function.SignedIn, Always: true, Doc: "Signs out everywhere.", Do: function.Do(h.signOutEverywhere), Proof: true},
			{Method: "POST", Path: "/v1/auth/proof", Words: problem.Text{KO: "본인임을 확인함", EN: "Proved who they are"}, Access: function.SignedIn, Always: true, Doc: "Proves in a session who one is, by password and, where one has it, a code of the second factor: what changes how one signs in asks for it.", Do: function.Do(h.prove), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"code-wrong", "password-wrong", "sign-in-again"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/email", Words: problem.Text{KO: "이메일 주소를 바꾸려고 함", EN: "Asked to change the mail address"}, Access: function.SignedIn, Doc: "Sends a code to one's mail address, or to one to change to.", Do: function.Do(h.sendAddressCode), Status: 202, Limit: function.Outward, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/email/confirm", Words: problem.Text{KO: "이메일 주소를 확인함", EN: "Confirmed the mail address"}, Access: function.SignedIn, Doc: "Takes that code: the address is known to be one's own, and is the account's from now on.", Do: function.Do(h.confirmAddress), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Conflict: {"address-taken"}, problem.Gone: {"code-ended"}}},
			{Method: "POST", Path: "/v1/auth/password", Words: problem.Text{KO: "비밀번호를 바꿈", EN: "Changed the password"}, Access: function.SignedIn, Doc: "Changes the password and ends the other sessions.", Do: function.Do(h.changePassword), Limit: function.SigningIn, Alone: true, Proof: true},
			{Method: "POST", Path: "/v1/auth/password/forgotten", Words: problem.Text{KO: "비밀번호 재설정을 요청함", EN: "Asked to reset the password"}, Access: function.Anyone, Doc: "Sends a link to set a new password; the answer is the same for every address.", Do: function.Do(h.forgotten), Status: 202, Limit: function.Outward, Alone: true},
			{Method: "POST", Path: "/v1/auth/password/reset", Words: problem.Text{KO: "비밀번호를 다시 정함", EN: "Reset the password"}, Access: function.Anyone, Doc: "Sets a new password by the token of that link and ends every session.", Do: function.Do(h.reset), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Gone: {"reset-ended"}}},
			{Method: "GET", Path: "/v1/auth/second-factor", Access: function.SignedIn, Doc: "Says whether the member has a second factor, and how many recovery codes are left.", Do: function.Do(h.secondFactor)},
			{Method: "POST", Path: "/v1/auth/second-factor", Words: problem.Text{KO: "2단계 인증을 켜기 시작함", EN: "Began to turn on the second factor"}, Access: function.SignedIn, Doc: "Makes a secret for an authenticator app, which waits for its first code.", Do: function.Do(h.enrol), Status: 201, Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"address-unconfirmed"}, problem.Conflict: {"second-factor-on"}}},
			{Method: "POST", Path: "/v1/auth/second-factor/confirm", Words: problem.Text{KO: "2단계 인증을 켬", EN: "Turned on the second factor"}, Access: function.SignedIn, Doc: "Turns the second factor on with a first code and gives the recovery codes.", Do: function.Do(h.confirm), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"address-unconfirmed", "code-wrong"}, problem.Conflict: {"second-factor-off", "second-factor-on"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/second-factor/verify", Words: problem.Text{KO: "2단계 인증을 마침", EN: "Passed two-step verification"}, Access: function.SignedIn, Always: true, Doc: "Gives a second factor in a session that began without one.", Do: function.Do(h.verify), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"code-wrong"}, problem.Conflict: {"second-factor-off"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/second-factor/recovery-codes", Words: problem.Text{KO: "복구 코드를 새로 만듦", EN: "Made new recovery codes"}, Access: function.SignedIn, Doc: "Gives new recovery codes in place of the old ones.", Do: function.Do(h.recoveryCodes), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Conflict: {"second-factor-off"}}},
			{Method: "DELETE", Path: "/v1/auth/second-factor", Words: problem.Text{KO: "2단계 인증을 끔", EN: "Turned off the second factor"}, Access: function.SignedIn, Doc: "Turns the second factor off.", Do: function.Do(h.removeSecond), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Conflict: {"second-factor-off"}}},
			{Method: "GET", Path: "/v1/auth/oidc", Access: function.Anyone, Doc: "Lists the other issuers that one can sign in with.", Do: function.Do(h.issuers)},
			{Method: "GET", Path: "/v1/auth/oidc/{issuer}", Access: function.Anyone, Doc: "Sends the browser to an issuer, to sign in.", Do: function.Do(h.begin), Status: 302, Limit: function.Outward},
			{Method: "POST", Path: "/v1/auth/oidc/{issuer}/link", Words: problem.Text{KO: "다른 계정을 연결함", EN: "Linked another account"}, Access: function.SignedIn, Doc: "Begins to link an account of an issuer, and answers where the browser goes on.", Do: function.Do(h.link), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"address-unconfirmed"}}},
			{Method: "GET", Path: "/v1/auth/oidc/{issuer}/callback", Access: function.Anyone, Doc: "Where the issuer sends the browser back to.", Do: function.Do(h.callback), Status: 303, Limit: function.Outward,
				Refuses: function.Refusals{problem.Malformed: {"oidc-flow-ended"}}},
			{Method: "POST", Path: "/v1/auth/oidc/second-factor", Words: problem.Text{KO: "2단계 인증을 마침", EN: "Passed two-step verification"}, Access: function.Anyone, Always: true, Doc: "Takes the second factor of a member whom an issuer identified; sets cookies.", Do: function.Do(h.finish), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Malformed: {"oidc-flow-ended"}, problem.Unauthenticated: {"second-factor-code-required", "sign-in-failed"}, problem.Forbidden: {"code-wrong", "member-suspended"}, problem.NotFound: {"not-found"}, problem.Conflict: {"member-leaving"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/oidc/sign-up", Words: problem.Text{KO: "가입함", EN: "Signed up"}, Access: function.Anyone, Doc: "Makes an account for whom an issuer identified, and who agrees to the privacy policy; sets cookies.", Do: function.Do(h.signUpBy), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Malformed: {"oidc-flow-ended"}, problem.Forbidden: {"member-suspended"}, problem.Conflict: {"email-taken", "member-leaving"}}},
			{Method: "POST", Path: "/v1/auth/oidc/return", Words: problem.Text{KO: "탈퇴를 취소함", EN: "Undid leaving"}, Access: function.Anyone, Always: true, Doc: "Undoes leaving for whom an issuer identified; sets cookies.", Do: function.Do(h.comeBackBy), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Malformed: {"oidc-flow-ended"}, problem.Unauthenticated: {"second-factor-code-required"}, problem.Forbidden: {"code-wrong", "member-suspended"}, problem.Conflict: {"consent-required"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "DELETE", Path: "/v1/auth/oidc/{issuer}", Words: problem.Text{KO: "다른 계정의 연결을 끊음", EN: "Unlinked another account"}, Access: function.SignedIn, Doc: "Takes an issuer from one's account.", Do: function.Do(h.unlink), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Conflict: {"last-way-in"}}},
		}}
	},
}
