// Package persons is the one list of what is kept about members. Exporting one's own data
// and anonymising who has left walk it.
package persons

import (
	"slices"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
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
		archive.NewReader(db).Personal(),
		notice.NewReader(db).Personal(),
		minute.NewReader(db).Personal(),
		thing.Store{DB: db}.Personal(),
		topic.Store{DB: db}.Personal(),
		inbox.Store{DB: db}.Personal(),
		delivery.NewKeeper(db, nil).Personal(),
		device.NewKeeper(db).Personal(),
		policy.Store{DB: db}.Personal(),
		audit.Store{DB: db}.Personal(),
	)
}

// Catalogue is the catalogue of functions with what is told of all that is kept of people, and
// the kinds of things.
func Catalogue(specs ...function.Spec) function.Catalogue {
	c := function.Catalogued(specs...)
	for _, d := range All(nil) {
		c.Keeps = append(c.Keeps, d.Notices...)
	}
	for _, k := range thing.Kinds() {
		c.Kinds = append(c.Kinds, k.Name)
	}
	return c
}
