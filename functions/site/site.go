// Package site is the homepage: what visitors read, and where students sign up, sign in and
// look after their account. It needs no script, and has an address for each language.
package site

import (
	"embed"
	"log/slog"
	"slices"

	"github.com/madang-council/madang/shared/cloudevent"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/cursor"
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
	"github.com/madang-council/madang/shared/ui"
)

//go:embed assets
var assets embed.FS

// hashes is how many passwords one pod hashes at once, 19 MiB each.
const hashes = 2

// handlers are the pages and what they need.
type handlers struct {
	frame    ui.Frame
	notices  notice.Reader
	banners  banner.Reader
	accounts account.Accounts
	sessions session.Store
	oidc     *oidc.Client
	cursors  *cursor.Codec
	settings function.Settings
	log      *slog.Logger
}

// Function is the homepage.
var Function = function.Spec{
	Name:  "site",
	Doc:   "The homepage: main page, notices, sign-up, sign-in and one's own account, in Korean and English.",
	Needs: []function.Need{function.Database},
	Scale: function.Scale{MemoryMiB: 128},
	Mail:  smtp.Open,
	New: func(d function.Deps) function.Parts {
		h := wire(d)
		return function.Parts{
			Refuse: h.frame.Refuse,
			Routes: append(slices.Concat(
				pages(h.reading()),
				pages(h.signingIn()),
				pages(h.own()),
			), append(h.files(), h.frame.Assets.Route())...),
			Consumes: cloudevent.Consume(
				function.Subscription{Type: notice.Changed, Doc: "Renders the pages that show notices again.", Do: noticeChanged},
				function.Subscription{Type: banner.Changed, Doc: "Renders the main page again.", Do: bannerChanged},
			),
		}
	},
}

func wire(d function.Deps) handlers {
	s := d.Settings
	h := handlers{
		notices:  notice.NewReader(d.DB),
		banners:  banner.NewReader(d.DB),
		sessions: session.Store{DB: d.DB, Key: d.Key},
		oidc:     oidc.New(d.Client, d.Key, s.SiteURL, issuers(s.Issuers)),
		cursors:  cursor.New(d.Key.Derive("cursor")),
		settings: s,
		log:      d.Log,
		accounts: account.Accounts{
			Members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: s.LeaveGrace},
			Credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: password.NewHasher(hashes), LeaveGrace: s.LeaveGrace},
			Attempts:    attempt.Store{DB: d.DB, Key: d.Key},
			Mail:        d.Mail, Log: d.Log, Council: s.CouncilName, SiteURL: s.SiteURL, PolicyVersion: s.PolicyVersion,
			SchoolDomains: s.SchoolDomains, Departments: s.DepartmentNames,
		},
	}
	h.frame = ui.Frame{
		Council: s.CouncilName, SiteURL: s.SiteURL, Assets: ui.NewAssets("/assets", assets),
		Nav:    []ui.Link{{Label: problem.Text{KO: "공지", EN: "Notices"}, Path: noticesPath}},
		Footer: []ui.Link{{Label: problem.Text{KO: "개인정보 처리", EN: "Privacy"}, Path: privacyPath}},
	}
	return h
}

func issuers(list []function.Issuer) []oidc.Issuer {
	converted := []oidc.Issuer{}
	for _, i := range list {
		converted = append(converted, oidc.Issuer(i))
	}
	return converted
}

// pages marks routes as pages.
func pages(routes []function.Route) []function.Route {
	for i := range routes {
		routes[i].HTML = true
	}
	return routes
}

// The addresses of pages, in Korean.
const (
	homePath      = "/"
	noticesPath   = "/notices"
	privacyPath   = "/privacy"
	signInPath    = ui.SignInPath
	secondPath    = "/sign-in/second-factor"
	signUpPath    = "/sign-up"
	signOutPath   = "/sign-out"
	forgottenPath = "/password/forgotten"
	resetPath     = "/password"
	returnPath    = "/return"
	myPath        = ui.MyPath
	verifyPath    = "/my/verification"
	changePath    = "/my/password"
	consentsPath  = "/my/consents"
	sessionsPath  = "/my/sessions"
	factorPath    = "/my/second-factor"
	leavePath     = "/my/leave"
	exportPath    = "/my/export"
)

// What pages are rendered again for.
const (
	eagerTag = "site:eager"
)

// reading is what everybody may read. Guests get it from the edge.
func (h handlers) reading() []function.Route {
	list := &function.Page{Tags: []string{notice.Kind, eagerTag}, Query: []string{"cursor", "tag", "unit"}, Bypass: []string{"q"}, Eager: true}
	return []function.Route{
		{Method: "GET", Path: homePath, Access: function.Anyone, Page: &function.Page{Tags: []string{notice.Kind, banner.Kind, eagerTag}, Eager: true}, Do: function.Do(h.home), Doc: "Main page: urgent, banners, pinned and newest notices; for members their own part."},
		{Method: "GET", Path: noticesPath, Access: function.Anyone, Page: list, Do: function.Do(h.list), Doc: "Published notices, by unit, tag or a part of the title."},
		{Method: "GET", Path: noticesPath + "/{id}", Access: function.Anyone, Page: &function.Page{Tags: []string{notice.Tag("{id}")}}, Do: function.Do(h.notice), Doc: "A notice with its pictures and files."},
		{Method: "GET", Path: privacyPath, Access: function.Anyone, Page: &function.Page{}, Do: function.Do(h.privacy), Doc: "What is kept of whom, why, and until when."},
	}
}

// signingIn is how one becomes and proves to be a member. What guesses at a secret runs
// alone, so that its failures stay counted.
func (h handlers) signingIn() []function.Route {
	return []function.Route{
		{Method: "GET", Path: signInPath, Access: function.Anyone, Do: function.Do(h.signInForm), Doc: "The sign-in form."},
		{Method: "POST", Path: signInPath, Access: function.Anyone, Do: function.Do(h.signIn), Limit: function.SigningIn, Alone: true, Doc: "Signs in."},
		{Method: "GET", Path: secondPath, Access: function.Anyone, Do: function.Do(h.secondForm), Doc: "The form for a code, after the password or another issuer."},
		{Method: "POST", Path: secondPath, Access: function.Anyone, Do: function.Do(h.second), Limit: function.SigningIn, Alone: true, Doc: "Signs in with the second factor."},
		{Method: "POST", Path: signOutPath, Access: function.Anyone, Do: function.Do(h.signOut), Doc: "Signs out here."},
		{Method: "GET", Path: signUpPath, Access: function.Anyone, Do: function.Do(h.signUpForm), Doc: "The sign-up form."},
		{Method: "POST", Path: signUpPath, Access: function.Anyone, Do: function.Do(h.signUp), Limit: function.SigningIn, Alone: true, Doc: "Signs up."},
		{Method: "GET", Path: forgottenPath, Access: function.Anyone, Do: function.Do(h.forgottenForm), Doc: "Asks where to send a link that sets a new password."},
		{Method: "POST", Path: forgottenPath, Access: function.Anyone, Do: function.Do(h.forgotten), Limit: function.SigningIn, Alone: true, Doc: "Sends the link; the answer is the same for every address."},
		{Method: "GET", Path: resetPath, Access: function.Anyone, Do: function.Do(h.resetForm), Doc: "Where that link leads."},
		{Method: "POST", Path: resetPath, Access: function.Anyone, Do: function.Do(h.reset), Limit: function.SigningIn, Alone: true, Doc: "Sets a new password."},
		{Method: "GET", Path: returnPath, Access: function.Anyone, Do: function.Do(h.returnForm), Doc: "The form that undoes leaving."},
		{Method: "POST", Path: returnPath, Access: function.Anyone, Do: function.Do(h.comeBack), Limit: function.SigningIn, Alone: true, Doc: "Undoes leaving, by the same proof as signing in."},
	}
}

// own is a member's own account.
func (h handlers) own() []function.Route {
	member := function.SignedIn
	return []function.Route{
		{Method: "GET", Path: myPath, Access: member, Do: function.Do(h.my), Doc: "My page."},
		{Method: "POST", Path: myPath, Access: member, Do: function.Do(h.editProfile), Doc: "Changes name and department."},
		{Method: "GET", Path: verifyPath, Access: member, Do: function.Do(h.verifyForm), Doc: "Proving to be a student."},
		{Method: "POST", Path: verifyPath, Access: member, Do: function.Do(h.sendCode), Limit: function.SigningIn, Alone: true, Doc: "Sends a code to a school address."},
		{Method: "POST", Path: verifyPath + "/code", Access: member, Do: function.Do(h.confirmCode), Limit: function.SigningIn, Alone: true, Doc: "Takes the code."},
		{Method: "GET", Path: changePath, Access: member, Do: function.Do(h.changeForm), Doc: "The form for another password."},
		{Method: "POST", Path: changePath, Access: member, Do: function.Do(h.change), Limit: function.SigningIn, Alone: true, Doc: "Changes the password and ends the other sessions."},
		{Method: "GET", Path: factorPath, Access: member, Do: function.Do(h.factorPage), Doc: "The second factor."},
		{Method: "POST", Path: factorPath, Access: member, Do: function.Do(h.enrol), Limit: function.SigningIn, Alone: true, Doc: "Makes a secret for an authenticator app."},
		{Method: "POST", Path: factorPath + "/confirm", Access: member, Do: function.Do(h.confirmFactor), Limit: function.SigningIn, Alone: true, Doc: "Turns the second factor on and shows the recovery codes."},
		{Method: "POST", Path: factorPath + "/verify", Access: member, Do: function.Do(h.giveFactor), Limit: function.SigningIn, Alone: true, Doc: "Gives the second factor in a session that began without one."},
		{Method: "POST", Path: factorPath + "/remove", Access: member, Do: function.Do(h.removeFactor), Limit: function.SigningIn, Alone: true, Doc: "Turns the second factor off."},
		{Method: "GET", Path: consentsPath, Access: member, Do: function.Do(h.consentsForm), Doc: "What one agreed to."},
		{Method: "POST", Path: consentsPath, Access: member, Do: function.Do(h.setConsents), Doc: "Agrees, or takes back what is optional."},
		{Method: "GET", Path: sessionsPath, Access: member, Do: function.Do(h.sessionsPage), Doc: "Where one is signed in."},
		{Method: "POST", Path: sessionsPath, Access: member, Do: function.Do(h.signOutEverywhere), Doc: "Signs out everywhere."},
		{Method: "POST", Path: sessionsPath + "/{id}", Access: member, Do: function.Do(h.signOutThere), Doc: "Signs out in one place."},
		{Method: "GET", Path: exportPath, Access: member, Do: function.Do(h.export), Doc: "Leads to everything that is kept about oneself."},
		{Method: "GET", Path: leavePath, Access: member, Do: function.Do(h.leaveForm), Doc: "What leaving means."},
		{Method: "POST", Path: leavePath, Access: member, Do: function.Do(h.leave), Limit: function.SigningIn, Alone: true, Doc: "Leaves; it can be undone for some days."},
	}
}
