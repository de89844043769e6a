package members

import (
	"github.com/madang-council/madang/shared/council/account"
	"github.com/madang-council/madang/shared/council/attempt"
	"github.com/madang-council/madang/shared/council/audit"
	"github.com/madang-council/madang/shared/council/credential"
	"github.com/madang-council/madang/shared/council/member"
	"github.com/madang-council/madang/shared/council/session"
	"github.com/madang-council/madang/shared/council/upload"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
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
