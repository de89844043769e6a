// Package members is the accounts: signing up, proving to be a student, consents, one's
// own data, leaving; and for admins members, roles and the audit log.
package members

import (
	"slices"

	"github.com/madang-council/madang/functions/members/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/password"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/mail/smtp"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/problem"
)

// hashes is how many passwords one pod hashes at once, 19 MiB each.
const hashes = 2

// Function is the accounts. What guesses at a secret runs alone, so that its failures stay
// counted although the request is refused.
var Function = function.Spec{
	Name:  "members",
	Doc:   "Accounts: sign-up, verification as a student, consents, export, leaving; roles and the audit log for admins.",
	Needs: []function.Need{function.Database},
	Scale: function.Scale{MemoryMiB: 128}, // the default, and what hashes take beside it
	Mail:  smtp.Open,
	Desk:  desk.Entries(),
	Details: []function.Named{
		{Name: "role", Label: problem.Text{KO: "역할", EN: "Role"}},
		{Name: "unit", Label: problem.Text{KO: "단위", EN: "Unit"}},
		{Name: "until", Label: problem.Text{KO: "임기 끝", EN: "End of term"}},
		{Name: "students", Label: problem.Text{KO: "명부의 학생", EN: "Students listed"}},
		{Name: "ended", Label: problem.Text{KO: "인증이 끝난 계정", EN: "Accounts no longer verified"}},
	},
	New: func(d function.Deps) function.Parts {
		h := handlers{
			members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: password.NewHasher(hashes).Trial(d.Trial), LeaveGrace: d.Settings.LeaveGrace},
			cursors:     cursor.New(d.Key.Derive("cursor")),
			settings:    d.Settings,
			catalogue:   d.Catalogue,
			log:         audit.Store{DB: d.DB},
			people:      persons.All(d.DB),
		}
		h.accounts = account.Ways{Sessions: session.Store{DB: d.DB, Key: d.Key}, Accounts: account.Accounts{
			Members: h.members, Credentials: h.credentials, Attempts: attempt.Store{DB: d.DB, Key: d.Key}, Mail: d.Mail, Log: d.Log, Council: face.Store{DB: d.DB, Name: d.Settings.CouncilName}.Council, SiteURL: d.Settings.SiteURL,
			PolicyVersion: d.Settings.PolicyVersion, School: member.School{Domains: d.Settings.SchoolDomains, Mailbox: d.Settings.StudentMailbox}, Departments: d.Settings.DepartmentNames,
		}}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "POST", Path: "/v1/members", Words: problem.Text{KO: "가입함", EN: "Signed up"}, Access: function.Anyone, Doc: "Signs up. The account can be used at once; it is not verified as a student's.", Do: function.Do(h.signUp), Status: 201, Limit: function.Outward, Alone: true},
			{Method: "GET", Path: "/v1/members/me", Access: function.SignedIn, Doc: "Reads one's own profile.", Do: function.Do(h.me)},
			{Method: "PATCH", Path: "/v1/members/me", Words: problem.Text{KO: "자기 정보를 바꿈", EN: "Changed their profile"}, Access: function.SignedIn, Doc: "Changes name and department.", Do: function.Do(h.edit)},
			{Method: "DELETE", Path: "/v1/members/me", Words: problem.Text{KO: "탈퇴함", EN: "Left"}, Access: function.SignedIn, Always: true, Doc: "Leaves. It can be undone for some days; then everything personal is gone.", Do: function.Do(h.leave), Limit: function.SigningIn, Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Conflict: {"last-admin"}}},
			{Method: "POST", Path: "/v1/members/me/return", Words: problem.Text{KO: "탈퇴를 취소함", EN: "Undid leaving"}, Access: function.Anyone, Always: true, Doc: "Undoes leaving, by the same proof as signing in.", Do: function.Do(h.comeBack), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Unauthenticated: {"second-factor-code-required", "sign-in-failed"}, problem.Forbidden: {"member-suspended"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "GET", Path: "/v1/members/me/consents", Access: function.SignedIn, Doc: "Reads one's consents.", Do: function.Do(h.consents)},
			{Method: "PUT", Path: "/v1/members/me/consents", Words: problem.Text{KO: "동의한 내용을 바꿈", EN: "Changed their consents"}, Access: function.SignedIn, Doc: "Agrees to today's policy.", Do: function.Do(h.setConsents)},
			{Method: "GET", Path: "/v1/members/me/export", Access: function.SignedIn, Always: true, Doc: "Everything that is kept about oneself.", Do: function.Do(h.export)},
			{Method: "GET", Path: "/v1/members/me/export/file", Access: function.SignedIn, Always: true, Doc: "The same as a ZIP: a page to read, and the document.", Do: function.Do(h.exportAsFile)},
			{Method: "POST", Path: "/v1/members/me/verification/mail", Words: problem.Text{KO: "재학생 인증번호를 받음", EN: "Asked for a verification code"}, Access: function.SignedIn, Doc: "Sends a code to a school mail address. The account's own address is confirmed.", Do: function.Do(h.sendCode), Status: 202, Limit: function.Outward, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"address-unconfirmed"}, problem.Conflict: {"already-verified"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/members/me/verification/mail/confirm", Words: problem.Text{KO: "재학생 인증을 마침", EN: "Verified as a student"}, Access: function.SignedIn, Doc: "Verifies as a student by that code.", Do: function.Do(h.confirmCode), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Conflict: {"already-verified", "student-already-verified"}, problem.Gone: {"code-ended"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/members/me/verification/roster", Words: problem.Text{KO: "재학생 인증을 마침", EN: "Verified as a student"}, Access: function.SignedIn, Doc: "Verifies as a student by number and name.", Do: function.Do(h.verifyByRoster), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Conflict: {"already-verified", "student-already-verified"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "PUT", Path: "/v1/admin/roster", Words: problem.Text{KO: "명부를 바꿈", EN: "Replaced the roster"}, Access: function.May(auth.Verify), Doc: "Replaces the roster: CSV of number, name and optionally school mail address, hashed at once.", Do: function.Do(h.replaceRoster), Largest: member.RosterBytes,
				Refuses: function.Refusals{problem.Invalid: {"roster-empty"}, problem.TooLarge: {"roster-too-large"}, problem.Conflict: {"roster-changed"}}},
			{Method: "POST", Path: "/v1/admin/roster/comparison", ReadOnly: true, Access: function.May(auth.Verify), Doc: "What replacing the roster by the same file would change, and what is wrong in which line; nothing is kept.", Do: function.Do(h.compareRoster), Largest: member.RosterBytes,
				Refuses: function.Refusals{problem.Invalid: {"roster-empty"}, problem.TooLarge: {"roster-too-large"}}},
			{Method: "GET", Path: "/v1/admin/members", Words: problem.Text{KO: "회원을 찾음", EN: "Looked for members"}, Access: function.May(auth.Appoint), Doc: "Finds a member by the whole address; for admins of the whole council also by a part of the name.", Do: function.Do(h.find), Personal: true},
			{Method: "GET", Path: "/v1/admin/members/{id}", Words: problem.Text{KO: "회원 정보를 봄", EN: "Viewed a member's data"}, Access: function.May(auth.Appoint), Doc: "Reads a member.", Do: function.Do(h.read), Personal: true},
			{Method: "POST", Path: "/v1/admin/members/{id}/verification", Words: problem.Text{KO: "재학생으로 인증함", EN: "Verified a member"}, Access: function.May(auth.Verify), Doc: "Verifies a member whose proof an admin has seen.", Do: function.Do(h.verifyByAdmin),
				Refuses: function.Refusals{problem.Conflict: {"already-verified", "student-already-verified"}}},
			{Method: "GET", Path: "/v1/admin/roles", Words: problem.Text{KO: "역할을 맡은 사람을 봄", EN: "Read who holds which role"}, Access: function.May(auth.Appoint), Doc: "Who holds which role until when, of the units that the caller appoints for.", Do: function.Do(h.holders), Personal: true},
			{Method: "PUT", Path: "/v1/admin/members/{id}/roles/{role}", Words: problem.Text{KO: "역할을 줌", EN: "Gave a role"}, Access: function.May(auth.Appoint), Doc: "Gives a role for a unit to a member who is verified and has confirmed their mail address, until an end date, which is not after the end of the giver's own.", Do: function.Do(h.grant), Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"own-role"}, problem.Conflict: {"last-admin", "member-not-verified", "member-not-confirmed"}}},
			{Method: "DELETE", Path: "/v1/admin/members/{id}/roles/{role}", Words: problem.Text{KO: "역할을 해제함", EN: "Took a role away"}, Access: function.May(auth.Appoint), Doc: "Takes a role away.", Do: function.Do(h.withdraw), Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"own-role"}, problem.Conflict: {"last-admin"}}},
			{Method: "POST", Path: "/v1/admin/members/{id}/suspend", Words: problem.Text{KO: "회원을 정지함", EN: "Suspended a member"}, Access: function.May(auth.Supervise), Doc: "Suspends a member and ends their sessions. An admin by who could take the role.", Do: function.Do(h.suspend), Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"own-role"}, problem.Conflict: {"last-admin"}}},
			{Method: "POST", Path: "/v1/admin/members/{id}/restore", Words: problem.Text{KO: "정지를 해제함", EN: "Lifted a suspension"}, Access: function.May(auth.Supervise), Doc: "Undoes a suspension.", Do: function.Do(h.restore)},
			{Method: "DELETE", Path: "/v1/admin/members/{id}/second-factor", Words: problem.Text{KO: "2단계 인증을 해제함", EN: "Removed a second factor"}, Access: function.May(auth.Supervise), Doc: "Removes a second factor whose device and recovery codes are lost. An admin's by who could take the role.", Do: function.Do(h.forgetSecond), Alone: true, Proof: true,
				Refuses: function.Refusals{problem.Forbidden: {"own-role"}}},
			{Method: "GET", Path: "/v1/admin/audit", Words: problem.Text{KO: "기록을 봄", EN: "Read the log"}, Access: function.May(auth.Audit), Doc: "Reads the log of what the council did and whose data it read.", Do: function.Do(h.audit), Personal: true},
		}, desk.Routes(d))}
	},
}
