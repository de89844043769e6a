package event

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// AnswerMost is how much of a consumer's answer Knative gives to a dead-letter sink: 1024
// characters of base64.
const AnswerMost = 1024 / 4 * 3

// Sink publishes to a CloudEvents HTTP address, as Knative's K_SINK, in binary mode
// (CloudEvents 1.0, HTTP protocol binding 3.1).
type Sink struct {
	URL    string
	Source string // the CloudEvents source: the function's name as a URI reference
	Client *http.Client
	Key    []byte // for Sign; none: events are not signed
}

// Publish succeeds once the sink accepted the event (any 2xx).
//
// Knative's broker answers 400 to what it cannot read as an event (knative.dev/eventing,
// pkg/broker/ingress); the others are of brokers and proxies that have limits.
func (s Sink) Publish(ctx context.Context, e Event) error {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, bytes.NewReader(e.Data))
	if err != nil {
		return fmt.Errorf("publish %s: %w", e.Type, err)
	}
	SetHeader(r.Header, e, s.Source)
	if len(s.Key) > 0 {
		Sign(r.Header, s.Key, e)
	}
	response, err := s.Client.Do(r)
	if err != nil {
		return fmt.Errorf("publish %s: %w", e.Type, err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	switch status := response.StatusCode; {
	case status/100 == 2:
		return nil
	case aboutTheEvent(status):
		return fmt.Errorf("publish %s: %w: the sink answered %s", e.Type, ErrRefused, response.Status)
	default:
		return fmt.Errorf("publish %s: the sink answered %s", e.Type, response.Status)
	}
}

// aboutTheEvent says whether a status is what the sink thinks of the event. Every other
// refusal would meet any event: of who sends it, of a broker that is not there yet, of load.
func aboutTheEvent(status int) bool {
	switch status {
	case http.StatusBadRequest, http.StatusRequestEntityTooLarge, http.StatusUnsupportedMediaType, http.StatusUnprocessableEntity, http.StatusRequestHeaderFieldsTooLarge:
		return true
	default:
		return false
	}
}

// SetHeader writes an event's attributes as headers of a binary-mode message.
func SetHeader(h http.Header, e Event, source string) {
	h.Set("Content-Type", "application/json")
	h.Set("ce-specversion", "1.0")
	h.Set("ce-id", e.ID)
	h.Set("ce-type", e.Type)
	h.Set("ce-source", source)
	h.Set("ce-subject", e.Subject)
	h.Set("ce-time", e.Time.UTC().Format(time.RFC3339Nano))
	if e.Trace != "" {
		h.Set("traceparent", e.Trace)
		h.Set("ce-traceparent", e.Trace) // CloudEvents' distributed tracing extension: it is what a broker keeps
	}
	if f := e.Failure; f != nil { // Knative's names, for the brokers of a laptop and of tests
		h.Set("ce-knativeerrordest", f.Sink)
		h.Set("ce-knativeerrorcode", strconv.Itoa(f.Status))
		h.Set("ce-knativeerrordata", base64.StdEncoding.EncodeToString([]byte(f.Answer[:min(len(f.Answer), AnswerMost)])))
	}
}
