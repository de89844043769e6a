package members

import (
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/credential"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/audit"
)

type handlers struct {
	accounts    account.Accounts
	members     member.Store
	credentials credential.Store
	attempts    attempt.Store
	sessions    session.Store
	log         audit.Store
	uploads     upload.Store
	cursors     *cursor.Codec
	settings    function.Settings
}
