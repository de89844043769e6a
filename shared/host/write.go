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

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/operation/idempotency"
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
		h.eager(ctx)
		return h.answer(k.echo, a)
	}
	key, err := h.idempotencyKey(ctx, k)
	if err != nil {
		return err
	}
	body, err := buffer(k)
	if err != nil {
		return err
	}
	var a answer
	err = h.deps.DB.Atomic(ctx, func(ctx context.Context) error {
		k.echo.Request().Body = io.NopCloser(bytes.NewReader(body))
		stored, err := h.replay(ctx, key, body)
		if err != nil || stored != nil {
			if stored != nil {
				a = *stored
			}
			return err
		}
		if a, err = h.handle(ctx, k); err != nil || key == "" {
			return err
		}
		if a, err = written(a, k.echo.Request()); err != nil {
			return err
		}
		return h.keep(ctx, key, a)
	})
	if err != nil {
		return err
	}
	h.eager(ctx)
	return h.answer(k.echo, a)
}

// handle binds, calls, audits and encodes.
func (h *Host) handle(ctx context.Context, k *call) (answer, error) {
	recorded, before := auth.From(ctx).Council() && !k.route.Private, ""
	if id := pathSubject(k.echo); recorded && id != "" && k.route.Method == http.MethodDelete {
		var err error
		if before, err = (audit.Store{DB: h.deps.DB}).NameOf(ctx, id, h.deps.Catalogue.Kinds); err != nil {
			return answer{}, err
		}
	}
	response, err := k.route.Do.Call(ctx, h.binder(k.echo, k.route.Do))
	if err != nil {
		return answer{}, err
	}
	if recorded {
		if err := h.audit(ctx, k, before); err != nil {
			return answer{}, err
		}
	}
	return encode(k.route, response)
}

// buffer reads the body whole, so that it can be hashed, and each try of the unit of work
// gets the same.
func buffer(k *call) ([]byte, error) {
	most := int64(bodyLimit)
	if k.route.Do.Takes(function.Stream) && k.route.Largest > 0 {
		most = k.route.Largest
	}
	return readBody(k.echo.Request(), most)
}

// keyLimit is how long a key may be, in bytes: as at Stripe, whose clients made the header
// usual (docs.stripe.com/api/idempotent_requests).
const keyLimit = 255

// idempotencyKey is the row's id for the request's Idempotency-Key, or "" without one.
// Keys belong to a member, or to a visitor of that day, and to one route and address.
func (h *Host) idempotencyKey(ctx context.Context, k *call) (string, error) {
	key := k.echo.Request().Header.Get("Idempotency-Key")
	if key == "" || !Idempotent(k.route) {
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

// replay claims a key, or returns the answer that was given under it before.
func (h *Host) replay(ctx context.Context, key string, body []byte) (*answer, error) {
	if key == "" {
		return nil, nil
	}
	stored, err := h.answers().Claim(ctx, key, digest(string(body)))
	if err != nil || stored == nil {
		return nil, err
	}
	a := &answer{status: stored.Status, body: []byte(stored.Body)}
	if err := json.Unmarshal([]byte(stored.Header), &a.header); err != nil {
		return nil, fmt.Errorf("stored answer: %w", err)
	}
	a.header.Set("Idempotent-Replayed", "true")
	return a, nil
}

func (h *Host) answers() idempotency.Store { return idempotency.Store{DB: h.deps.DB} }

// keep saves the answer under its key, without cookies: whoever knows the key is not given
// a session by it.
func (h *Host) keep(ctx context.Context, key string, a answer) error {
	kept := a.header.Clone()
	kept.Del("Set-Cookie")
	header, err := json.Marshal(kept)
	if err != nil {
		return fmt.Errorf("keep the answer: %w", err)
	}
	return h.answers().Keep(ctx, key, idempotency.Answer{Status: a.status, Header: string(header), Body: string(a.body)})
}

// audit leaves a record of what a member of the council did, or whose data was read.
// Before is what its subject was called before the handler ran, which may have deleted it.
func (h *Host) audit(ctx context.Context, k *call, before string) error {
	subject, log := k.request.Subject(), audit.Store{DB: h.deps.DB}
	if subject == "" {
		subject = pathSubject(k.echo)
	}
	name, err := log.NameOf(ctx, subject, h.deps.Catalogue.Kinds)
	if err != nil {
		return err
	}
	if name == "" {
		name = before
	}
	return log.Add(ctx, audit.Record{
		Actor: auth.From(ctx).MemberID, Action: k.route.Action(), Subject: subject, SubjectName: name, Origin: k.request.Origin, RequestID: k.request.ID, Detail: k.request.Detail(),
	}, k.request.About()...)
}

// pathSubject is the first path parameter: the id of what the route is about.
func pathSubject(c echo.Context) string {
	if values := c.ParamValues(); len(values) > 0 {
		return shorten(values[0])
	}
	return ""
}
