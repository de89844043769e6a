// Package members is the accounts: signing up, proving to be a student, consents, one's
// own data, leaving; and for admins members, roles and the audit log.
package members

import (
	"github.com/madang-council/madang/shared/council/attempt"
	"github.com/madang-council/madang/shared/council/credential"
	"github.com/madang-council/madang/shared/council/member"
	"github.com/madang-council/madang/shared/council/password"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/mail/smtp"
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
	New: func(d function.Deps) function.Parts {
		hasher := password.NewHasher(hashes)
		h := handlers{
			members:     member.Store{DB: d.DB, Key: d.Key, LeaveGrace: d.Settings.LeaveGrace},
			credentials: credential.Store{DB: d.DB, Key: d.Key, Hasher: hasher, LeaveGrace: d.Settings.LeaveGrace},
			attempts:    attempt.Store{DB: d.DB, Key: d.Key},
			hasher:      hasher,
			cursors:     cursor.New(d.Key.Derive("cursor")),
			mail:        d.Mail,
			settings:    d.Settings,
			log:         d.Log,
		}
		return function.Parts{Routes: []function.Route{
			{Method: "POST", Path: "/v1/members", Access: function.Anyone, Doc: "Signs up. The account can be used at once; it is not verified as a student's.", Do: function.Do(h.signUp), Status: 201, Limit: function.SigningIn, Alone: true},
		}}
	},
}
