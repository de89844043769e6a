package host

import (
	"context"
	"fmt"
	"net/http"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// guest is a context in which nobody asks and no unit of work is under way.
func guest(ctx context.Context) context.Context {
	return database.Outside(auth.With(ctx, auth.Principal{}))
}

// receive takes an event from the broker. The answer decides: 2xx, done or never
// possible; 5xx, to be delivered again. Whoever reaches the broker may publish, so whatever
// comes must be signed by the council; a schedule alone cannot sign, and says nothing but
// that it is time.
func (h *Host) receive(c echo.Context) error {
	ctx, cancel := context.WithTimeout(c.Request().Context(), h.timeout())
	defer cancel()
	c.Request().Body = http.MaxBytesReader(c.Response(), c.Request().Body, bodyLimit)
	e, err := h.parts.Consumes.Decode(c.Request())
	if err != nil {
		h.log.WarnContext(ctx, "dropped what is not an event", "error", err)
		return c.NoContent(http.StatusAccepted)
	}
	if e.Type != function.Scheduled && !event.Signed(h.deps.Key.Derive(event.KeyPurpose), e) {
		h.metrics.event(h.spec.Name, "unsigned", "dropped") // a name of whoever sent it would be a series of theirs
		h.log.WarnContext(ctx, "dropped an event that this council did not publish", "event", e.ID)
		return c.NoContent(http.StatusAccepted)
	}
	if e.Trace != "" {
		ctx = event.WithTrace(ctx, e.Trace)
		c.SetRequest(c.Request().WithContext(ctx))
	}
	if err := h.settle(ctx); err != nil {
		h.log.WarnContext(ctx, "pages were not told of what is left of touches", "error", err)
	}
	for _, s := range h.parts.Consumes.On {
		if s.Type != e.Type && s.Type != function.Undelivered {
			continue
		}
		if err := s.Do(guest(ctx), e); err != nil {
			if p := problem.Find(err); p == nil || p.Kind == problem.Unavailable {
				h.metrics.event(h.spec.Name, e.Type, "failed")
				return fmt.Errorf("event %s: %w", e.ID, err)
			}
			h.metrics.event(h.spec.Name, e.Type, "dropped")
			h.log.WarnContext(ctx, "dropped an event that can never succeed", "event", e.ID, "error", err)
			return c.NoContent(http.StatusAccepted)
		}
		if err := h.settle(ctx); err != nil { // what it touched is owed to readers
			h.metrics.event(h.spec.Name, e.Type, "failed")
			return fmt.Errorf("event %s: pages were not told: %w", e.ID, problem.Away(err))
		}
		h.metrics.event(h.spec.Name, e.Type, "handled")
		h.eager(ctx)
		return c.NoContent(http.StatusNoContent)
	}
	h.log.WarnContext(ctx, "dropped an event of a type that this function does not consume", "event", e.ID)
	return c.NoContent(http.StatusAccepted)
}
