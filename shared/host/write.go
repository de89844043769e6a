package host

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// write runs a handler that changes something: handler, audit record, events and the
// answer kept for an Idempotency-Key are saved together or not at all.
func (h *Host) write(ctx context.Context, k *call) error {
	if k.route.Alone {
		a, err := h.handle(ctx, k)
		if err != nil {
			return err
		}
		h.settle(ctx)
		return h.answer(k.echo, a)
	}
	key, err := h.idempotencyKey(ctx, k)
	if err != nil {
		return err
	}
	body, err := h.buffer(k)
	if err != nil {
		return err
	}
	var a answer
	err = h.deps.DB.Atomic(ctx, func(ctx context.Context) error {
		if body != nil {
			k.echo.Request().Body = io.NopCloser(bytes.NewReader(body))
		}
		stored, err := h.replay(ctx, key, body)
		if err != nil || stored != nil {
			if stored != nil {
				a = *stored
			}
			return err
		}
		if a, err = h.handle(ctx, k); err != nil {
			return err
		}
		return h.keep(ctx, key, a)
	})
	if err != nil {
		return err
	}
	h.settle(ctx)
	return h.answer(k.echo, a)
}

// handle binds, calls, audits and encodes.
func (h *Host) handle(ctx context.Context, k *call) (answer, error) {
	response, err := k.route.Do.Call(ctx, h.binder(k.echo, k.route.Do))
	if err != nil {
		return answer{}, err
	}
	if auth.From(ctx).Council() {
		if err := h.audit(ctx, k); err != nil {
			return answer{}, err
		}
	}
	return encode(k.route, response)
}

// buffer reads a JSON body whole, so that it can be hashed and the handler tried again;
// nil for a route that reads its body as a stream.
func (h *Host) buffer(k *call) ([]byte, error) {
	if k.route.Do.Takes(function.Stream) {
		return nil, nil
	}
	return readBody(k.echo.Request())
}

// How long an answer is kept for its key, and how long a key may be in bytes: as at Stripe,
// whose clients made the header usual (docs.stripe.com/api/idempotent_requests).
const (
	idempotencyLife = 24 * time.Hour
	keyLimit        = 255
)

// idempotencyKey is the row's id for the request's Idempotency-Key, or "" without one.
// Keys belong to a member, or to a visitor of that day, and to one route and address.
func (h *Host) idempotencyKey(ctx context.Context, k *call) (string, error) {
	key := k.echo.Request().Header.Get("Idempotency-Key")
	if key == "" || k.route.Method != http.MethodPost {
		return "", nil
	}
	if len(key) > keyLimit {
		return "", problem.Unreadable("idempotency-key-too-long", "Idempotency-Key는 255바이트까지입니다.", "An Idempotency-Key has at most 255 bytes.")
	}
	who := auth.From(ctx).MemberID
	if who == "" {
		who = k.request.Origin
	}
	return digest(who, h.spec.Name, k.echo.Request().URL.Path, key), nil
}

func digest(parts ...string) string {
	sum := sha256.New()
	for _, p := range parts {
		_, _ = fmt.Fprintf(sum, "%d:%s", len(p), p)
	}
	return hex.EncodeToString(sum.Sum(nil))
}

// replay claims a key, or returns the answer that was given under it before. Of two
// requests at the same time the second waits for the first, by the primary key.
func (h *Host) replay(ctx context.Context, key string, body []byte) (*answer, error) {
	if key == "" {
		return nil, nil
	}
	now := clock.Now(ctx)
	request := digest(string(body))
	n, err := h.deps.DB.Exec(ctx, `INSERT INTO idempotency (id, request, status, header, body, created_at) VALUES ($1, $2, 0, '{}', '', $3)
		ON CONFLICT (id) DO UPDATE SET request = excluded.request, status = 0, header = '{}', body = '', created_at = excluded.created_at
		WHERE idempotency.created_at <= $4`, key, request, clock.Millis(now), clock.Millis(now.Add(-idempotencyLife)))
	if err != nil || n == 1 {
		return nil, err
	}
	type row struct {
		request, header, body string
		status                int
	}
	stored, err := database.One(ctx, h.deps.DB, func(r database.Row) (row, error) {
		var v row
		err := r.Scan(&v.request, &v.status, &v.header, &v.body)
		return v, err
	}, `SELECT request, status, header, body FROM idempotency WHERE id = $1`, key)
	if err != nil {
		return nil, err
	}
	if stored.request != request {
		return nil, problem.New(problem.Invalid, "idempotency-key-reused", "같은 Idempotency-Key로 다른 요청을 보냈습니다.", "The Idempotency-Key was used for another request.")
	}
	a := &answer{status: stored.status, body: []byte(stored.body)}
	if err := json.Unmarshal([]byte(stored.header), &a.header); err != nil {
		return nil, fmt.Errorf("stored answer: %w", err)
	}
	a.header.Set("Idempotent-Replayed", "true")
	return a, nil
}

// keep saves the answer under its key. Answers that write themselves are not kept: the
// routes that have one change nothing but counters.
func (h *Host) keep(ctx context.Context, key string, a answer) error {
	if key == "" || a.writer != nil {
		return nil
	}
	header, err := json.Marshal(a.header)
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	_, err = h.deps.DB.Exec(ctx, `UPDATE idempotency SET status = $1, header = $2, body = $3 WHERE id = $4`, a.status, string(header), string(a.body), key)
	return err
}

// audit leaves a record of what a member of the council did, or whose data was read.
func (h *Host) audit(ctx context.Context, k *call) error {
	id, err := check.NewID()
	if err != nil {
		return err
	}
	subject := k.request.Subject()
	if subject == "" {
		subject = pathSubject(k.echo)
	}
	_, err = h.deps.DB.Exec(ctx, `INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
		id, clock.Millis(clock.Now(ctx)), auth.From(ctx).MemberID, k.route.Action(), subject,
		k.request.Origin, k.request.ID, k.request.Detail())
	return err
}

// pathSubject is the first path parameter: the id of what the route is about.
func pathSubject(c echo.Context) string {
	if values := c.ParamValues(); len(values) > 0 {
		return shorten(values[0])
	}
	return ""
}
