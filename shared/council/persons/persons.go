// Package persons is the one list of what is kept about members. Exporting one's own data
// and anonymising who has left walk it.
package persons

import (
	"slices"

	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/person"
)

// All is what every store says.
func All(db *database.DB) []person.Data {
	return slices.Concat(
		member.Store{DB: db}.Personal(),
		session.Store{DB: db}.Personal(),
		credential.Store{DB: db}.Personal(),
		upload.Store{DB: db}.Personal(),
		notice.NewReader(db).Personal(),
		thing.Store{DB: db}.Personal(),
		audit.Store{DB: db}.Personal(),
	)
}
