package members

import (
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/person"
)

type handlers struct {
	accounts    account.Ways
	members     member.Store
	credentials credential.Store
	log         audit.Store
	people      []person.Data
	cursors     *cursor.Codec
	settings    function.Settings
	catalogue   function.Catalogue // what is done, and what can be switched off, in words
}
