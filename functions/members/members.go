// Package members is the accounts: signing up, proving to be a student, consents, one's
// own data, leaving; and for admins members, roles and the audit log.
package members

import (
	"slices"

	"github.com/madang-council/madang/functions/members/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/cursor"
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
	Scale: function.Scale{MemoryMiB: 128},
	Mail:  smtp.Open,
	Desk:  desk.Entries(),
	New: func(d function.Deps) function.Parts {
		h := handlers{
			members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: password.NewHasher(hashes), LeaveGrace: d.Settings.LeaveGrace},
			attempts:    attempt.Store{DB: d.DB, Key: d.Key},
			cursors:     cursor.New(d.Key.Derive("cursor")),
			settings:    d.Settings,
			log:         audit.Store{DB: d.DB},
			sessions:    session.Store{DB: d.DB, Key: d.Key},
			people:      persons.All(d.DB),
		}
		h.accounts = account.Accounts{
			Members: h.members, Credentials: h.credentials, Attempts: h.attempts, Mail: d.Mail, Log: d.Log, Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL,
			PolicyVersion: d.Settings.PolicyVersion, SchoolDomains: d.Settings.SchoolDomains, Departments: d.Settings.DepartmentNames,
		}
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "POST", Path: "/v1/members", Access: function.Anyone, Doc: "Signs up. The account can be used at once; it is not verified as a student's.", Do: function.Do(h.signUp), Status: 201, Limit: function.SigningIn, Alone: true},
			{Method: "GET", Path: "/v1/members/me", Access: function.SignedIn, Doc: "Reads one's own profile.", Do: function.Do(h.me)},
			{Method: "PATCH", Path: "/v1/members/me", Access: function.SignedIn, Doc: "Changes name and department.", Do: function.Do(h.edit)},
			{Method: "DELETE", Path: "/v1/members/me", Access: function.SignedIn, Doc: "Leaves. It can be undone for some days; then everything personal is gone.", Do: function.Do(h.leave), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"password-wrong", "sign-in-again"}, problem.Conflict: {"last-admin"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/members/me/return", Access: function.Anyone, Doc: "Undoes leaving, by the same proof as signing in.", Do: function.Do(h.comeBack), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Unauthenticated: {"second-factor-code-required", "sign-in-failed"}, problem.Forbidden: {"member-suspended"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "GET", Path: "/v1/members/me/consents", Access: function.SignedIn, Doc: "Reads one's consents.", Do: function.Do(h.consents)},
			{Method: "PUT", Path: "/v1/members/me/consents", Access: function.SignedIn, Doc: "Agrees to today's policy; agrees to or withdraws what is optional.", Do: function.Do(h.setConsents)},
			{Method: "GET", Path: "/v1/members/me/export", Access: function.SignedIn, Doc: "Everything that is kept about oneself.", Do: function.Do(h.export)},
			{Method: "POST", Path: "/v1/members/me/verification/mail", Access: function.SignedIn, Doc: "Sends a code to a school mail address.", Do: function.Do(h.sendCode), Status: 202, Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Conflict: {"already-verified"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/members/me/verification/mail/confirm", Access: function.SignedIn, Doc: "Verifies as a student by that code.", Do: function.Do(h.confirmCode), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Conflict: {"already-verified", "student-already-verified"}, problem.Gone: {"code-ended"}}},
			{Method: "POST", Path: "/v1/members/me/verification/roster", Access: function.SignedIn, Doc: "Verifies as a student by number and name.", Do: function.Do(h.verifyByRoster), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Conflict: {"already-verified", "student-already-verified"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "PUT", Path: "/v1/admin/roster", Words: problem.Text{KO: "명부를 바꿈", EN: "Replaced the roster"}, Access: function.Holder(auth.Admin), Doc: "Replaces the roster: CSV of number, name and optionally school mail address, hashed at once.", Do: function.Do(h.replaceRoster),
				Refuses: function.Refusals{problem.Malformed: {"body-incomplete"}, problem.TooLarge: {"roster-too-large"}}},
			{Method: "GET", Path: "/v1/admin/members", Words: problem.Text{KO: "회원을 찾음(API)", EN: "Looked for members (API)"}, Access: function.Holder(auth.Admin), Doc: "Finds members by address or by how the name begins.", Do: function.Do(h.find), Personal: true},
			{Method: "GET", Path: "/v1/admin/members/{id}", Words: problem.Text{KO: "회원 정보를 봄(API)", EN: "Read a member (API)"}, Access: function.Holder(auth.Admin), Doc: "Reads a member.", Do: function.Do(h.read), Personal: true},
			{Method: "POST", Path: "/v1/admin/members/{id}/verification", Words: problem.Text{KO: "학생으로 확인함", EN: "Verified a member"}, Access: function.Holder(auth.Admin), Doc: "Verifies a member whose proof an admin has seen.", Do: function.Do(h.verifyByAdmin),
				Refuses: function.Refusals{problem.Conflict: {"already-verified", "student-already-verified"}}},
			{Method: "PUT", Path: "/v1/admin/members/{id}/roles/{role}", Words: problem.Text{KO: "역할을 줌", EN: "Gave a role"}, Access: function.Holder(auth.Admin), Doc: "Gives a role for a unit until an end date.", Do: function.Do(h.grant),
				Refuses: function.Refusals{problem.Conflict: {"last-admin"}}},
			{Method: "DELETE", Path: "/v1/admin/members/{id}/roles/{role}", Words: problem.Text{KO: "역할을 거둠", EN: "Took a role away"}, Access: function.Holder(auth.Admin), Doc: "Takes a role away.", Do: function.Do(h.withdraw),
				Refuses: function.Refusals{problem.Conflict: {"last-admin"}}},
			{Method: "POST", Path: "/v1/admin/members/{id}/suspend", Words: problem.Text{KO: "회원을 정지함", EN: "Suspended a member"}, Access: function.Holder(auth.Admin), Doc: "Suspends a member and ends their sessions.", Do: function.Do(h.suspend),
				Refuses: function.Refusals{problem.Conflict: {"last-admin"}}},
			{Method: "POST", Path: "/v1/admin/members/{id}/restore", Words: problem.Text{KO: "정지를 풂", EN: "Lifted a suspension"}, Access: function.Holder(auth.Admin), Doc: "Undoes a suspension.", Do: function.Do(h.restore)},
			{Method: "DELETE", Path: "/v1/admin/members/{id}/second-factor", Words: problem.Text{KO: "2단계 인증을 풂", EN: "Removed a second factor"}, Access: function.Holder(auth.Admin), Doc: "Removes a second factor whose device and recovery codes are lost.", Do: function.Do(h.forgetSecond)},
			{Method: "GET", Path: "/v1/admin/audit", Words: problem.Text{KO: "기록을 봄(API)", EN: "Read the log (API)"}, Access: function.Holder(auth.Admin), Doc: "Reads the log of what the council did and whose data it read.", Do: function.Do(h.audit), Personal: true},
		}, desk.Routes(d))}
	},
}
