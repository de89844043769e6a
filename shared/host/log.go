package host

import (
	"context"
	"io"
	"log/slog"

	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
)

// NewLog writes JSON lines with the ids of the request and trace under way. Handlers
// never log bodies, tokens, addresses or phone numbers; nothing here would remove them.
func NewLog(w io.Writer, level slog.Leveler) *slog.Logger {
	return LogTo(slog.NewJSONHandler(w, &slog.HandlerOptions{Level: level}))
}

// LogTo is a log like that of NewLog, written by another handler.
func LogTo(h slog.Handler) *slog.Logger { return slog.New(withIDs{h}) }

type withIDs struct{ slog.Handler }

func (h withIDs) Handle(ctx context.Context, r slog.Record) error {
	if id := function.RequestFrom(ctx).ID; id != "" {
		r.AddAttrs(slog.String("requestId", id))
	}
	if t := event.TraceFrom(ctx); len(t) == 55 {
		r.AddAttrs(slog.String("traceId", t[3:35]))
	}
	return h.Handler.Handle(ctx, r)
}

func (h withIDs) WithAttrs(attrs []slog.Attr) slog.Handler {
	return withIDs{h.Handler.WithAttrs(attrs)}
}

func (h withIDs) WithGroup(name string) slog.Handler { return withIDs{h.Handler.WithGroup(name)} }
