// Package auth signs members in and out: with a password, with a second factor, and with
// an account of another issuer.
package auth

import (
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
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
	Doc:   "Signing in with password, second factor or another issuer; refresh with rotation; signing out here and everywhere.",
	Needs: []function.Need{function.Database, function.OIDC},
	Scale: function.Scale{MemoryMiB: 128},
	Mail:  smtp.Open,
	New: func(d function.Deps) function.Parts {
		h := handlers{
			credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: password.NewHasher(hashes), LeaveGrace: d.Settings.LeaveGrace},
			sessions:    session.Store{DB: d.DB, Key: d.Key},
			members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			oidc:        oidc.New(d.Client, d.Key, d.Settings.SiteURL, issuers(d.Settings.Issuers)),
			settings:    d.Settings,
		}
		h.accounts = account.Accounts{Members: h.members, Credentials: h.credentials, Mail: d.Mail, Log: d.Log, Council: d.Settings.CouncilName, SiteURL: d.Settings.SiteURL}
		return function.Parts{Routes: []function.Route{
			{Method: "POST", Path: "/v1/auth/sessions", Access: function.Anyone, Doc: "Signs in with address, password and, where the member has one, a second factor.", Do: function.Do(h.signIn), Status: 201, Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Unauthenticated: {"second-factor-code-required", "sign-in-failed"}, problem.Forbidden: {"member-suspended"}, problem.Conflict: {"member-leaving"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/sessions/refresh", Access: function.Anyone, Doc: "Exchanges a refresh token for new tokens; a used one ends the session.", Do: function.Do(h.refresh), Limit: function.SigningIn, Alone: true},
			{Method: "GET", Path: "/v1/auth/sessions", Access: function.SignedIn, Doc: "Lists where the member is signed in.", Do: function.Do(h.list)},
			{Method: "DELETE", Path: "/v1/auth/sessions/current", Access: function.Anyone, Doc: "Signs out here.", Do: function.Do(h.signOut)},
			{Method: "DELETE", Path: "/v1/auth/sessions/{id}", Access: function.SignedIn, Doc: "Signs out in one place.", Do: function.Do(h.signOutThere)},
			{Method: "DELETE", Path: "/v1/auth/sessions", Access: function.SignedIn, Doc: "Signs out everywhere.", Do: function.Do(h.signOutEverywhere)},
			{Method: "POST", Path: "/v1/auth/password", Access: function.SignedIn, Doc: "Changes the password and ends the other sessions.", Do: function.Do(h.changePassword), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"password-wrong", "sign-in-again"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/password/forgotten", Access: function.Anyone, Doc: "Sends a link to set a new password; the answer is the same for every address.", Do: function.Do(h.forgotten), Status: 202, Limit: function.SigningIn, Alone: true},
			{Method: "POST", Path: "/v1/auth/password/reset", Access: function.Anyone, Doc: "Sets a new password by the token of that link and ends every session.", Do: function.Do(h.reset), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Gone: {"reset-ended"}}},
			{Method: "GET", Path: "/v1/auth/second-factor", Access: function.SignedIn, Doc: "Says whether the member has a second factor, and how many recovery codes are left.", Do: function.Do(h.secondFactor)},
			{Method: "POST", Path: "/v1/auth/second-factor", Access: function.SignedIn, Doc: "Makes a secret for an authenticator app, which waits for its first code.", Do: function.Do(h.enrol), Status: 201, Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"password-wrong", "sign-in-again"}, problem.Conflict: {"second-factor-on"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/second-factor/confirm", Access: function.SignedIn, Doc: "Turns the second factor on with a first code and gives the recovery codes.", Do: function.Do(h.confirm), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"code-wrong"}, problem.Conflict: {"second-factor-off", "second-factor-on"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/second-factor/verify", Access: function.SignedIn, Doc: "Gives a second factor in a session that began without one.", Do: function.Do(h.verify), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"code-wrong"}, problem.Conflict: {"second-factor-off"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "POST", Path: "/v1/auth/second-factor/recovery-codes", Access: function.SignedIn, Doc: "Gives new recovery codes in place of the old ones, by password and code.", Do: function.Do(h.recoveryCodes), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"code-wrong", "password-wrong", "sign-in-again"}, problem.Conflict: {"second-factor-off"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "DELETE", Path: "/v1/auth/second-factor", Access: function.SignedIn, Doc: "Turns the second factor off, by password and code.", Do: function.Do(h.removeSecond), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Forbidden: {"code-wrong", "password-wrong", "sign-in-again"}, problem.Conflict: {"second-factor-off"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "GET", Path: "/v1/auth/oidc", Access: function.Anyone, Doc: "Lists the other issuers that one can sign in with.", Do: function.Do(h.issuers)},
			{Method: "GET", Path: "/v1/auth/oidc/{issuer}", Access: function.Anyone, Doc: "Sends the browser to an issuer, to sign in, to link an account or to undo leaving.", Do: function.Do(h.begin), Status: 302, Limit: function.SigningIn,
				Refuses: function.Refusals{problem.Unauthenticated: {"sign-in-required"}}},
			{Method: "GET", Path: "/v1/auth/oidc/{issuer}/callback", Access: function.Anyone, Doc: "Where the issuer sends the browser back to.", Do: function.Do(h.callback), Status: 303, Limit: function.SigningIn,
				Refuses: function.Refusals{problem.Malformed: {"oidc-flow-ended"}}},
			{Method: "POST", Path: "/v1/auth/oidc/second-factor", Access: function.Anyone, Doc: "Takes the second factor of a member whom an issuer identified; sets cookies.", Do: function.Do(h.finish), Limit: function.SigningIn, Alone: true,
				Refuses: function.Refusals{problem.Malformed: {"oidc-flow-ended"}, problem.Unauthenticated: {"second-factor-code-required", "sign-in-failed"}, problem.Forbidden: {"code-wrong", "member-suspended"}, problem.NotFound: {"not-found"}, problem.Conflict: {"member-leaving"}, problem.TooMany: {"too-many-failures"}}},
			{Method: "DELETE", Path: "/v1/auth/oidc/{issuer}", Access: function.SignedIn, Doc: "Takes an issuer from one's account.", Do: function.Do(h.unlink),
				Refuses: function.Refusals{problem.Conflict: {"last-way-in"}}},
		}}
	},
}
