// Package cloudevent reads CloudEvents from requests. Only functions that consume events
// link it, and with it the CloudEvents SDK.
package cloudevent

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	cehttp "github.com/cloudevents/sdk-go/v2/protocol/http"

	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
)

// Consume makes a function's consumer of its subscriptions.
func Consume(on ...function.Subscription) function.Consumer {
	return function.Consumer{Decode: Decode, On: on}
}

var errNameless = errors.New("cloudevent: an attribute without a name")

// Decode reads an event in binary or structured mode.
func Decode(r *http.Request) (event.Event, error) {
	if _, nameless := r.Header["Ce-"]; nameless { // the SDK cuts the name off without looking
		return event.Event{}, errNameless
	}
	e, err := cehttp.NewEventFromHTTPRequest(r)
	if err != nil {
		return event.Event{}, fmt.Errorf("cloudevent: %w", err)
	}
	if err := e.Validate(); err != nil {
		return event.Event{}, fmt.Errorf("cloudevent: %w", err)
	}
	data := json.RawMessage(e.Data())
	if len(data) > 0 && !json.Valid(data) {
		return event.Event{}, fmt.Errorf("cloudevent %s: the data is not JSON", e.ID())
	}
	signature, _ := e.Extensions()[event.SignatureExtension].(string)
	return event.Event{
		ID: e.ID(), Type: e.Type(), Subject: e.Subject(), Time: e.Time(), Data: data,
		Trace: trace(r, e.Extensions()), Failure: failure(e.Extensions()), Signature: signature,
	}, nil
}

// trace is that of the request that made the event. A broker keeps extensions; the header
// of the delivery may already be of a span of its own, or of nothing.
func trace(r *http.Request, extensions map[string]any) string {
	if t, ok := extensions["traceparent"].(string); ok && t != "" {
		return t
	}
	return r.Header.Get("traceparent")
}

// failure reads the extensions that Knative adds to a dead letter.
func failure(extensions map[string]any) *event.Failure {
	sink, dead := extensions["knativeerrordest"].(string)
	if !dead {
		return nil
	}
	f := &event.Failure{Sink: sink}
	f.Status, _ = strconv.Atoi(fmt.Sprint(extensions["knativeerrorcode"]))
	encoded, _ := extensions["knativeerrordata"].(string)
	encoded = encoded[:len(encoded)/4*4] // Knative cuts what it has encoded
	if answer, err := base64.StdEncoding.DecodeString(encoded); err == nil {
		f.Answer = strings.ToValidUTF8(string(answer), "")
	}
	return f
}
