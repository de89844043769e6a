package members

import (
	"context"
	"log/slog"

	"github.com/madang-council/madang/shared/council/attempt"
	"github.com/madang-council/madang/shared/council/audit"
	"github.com/madang-council/madang/shared/council/credential"
	"github.com/madang-council/madang/shared/council/member"
	"github.com/madang-council/madang/shared/council/password"
	"github.com/madang-council/madang/shared/council/session"
	"github.com/madang-council/madang/shared/council/upload"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/mail"
)

type handlers struct {
	members     member.Store
	credentials credential.Store
	attempts    attempt.Store
	hasher      *password.Hasher
	sessions    session.Store
	log         audit.Store
	uploads     upload.Store
	cursors     *cursor.Codec
	mail        mail.Sender
	settings    function.Settings
	logger      *slog.Logger
}

// send sends a message that nothing depends on: who did not get it can ask for another.
func (h handlers) send(ctx context.Context, m mail.Message) {
	if err := h.mail.Send(ctx, m); err != nil {
		h.logger.WarnContext(ctx, "a message was not sent", "subject", m.Subject, "error", err)
	}
}
