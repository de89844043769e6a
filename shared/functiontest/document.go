package functiontest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"unicode"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/openapi"
	"github.com/madang-council/madang/shared/problem"
)

// document is a function's API document, against which every answer is checked.
type document struct {
	name   string // of the function
	api    *openapi3.T
	routes []function.Route // those that the document has
}

var (
	documents   = map[string]*document{}
	documentsMu sync.Mutex
)

func describe(t testing.TB, spec function.Spec) *document {
	t.Helper()
	documentsMu.Lock()
	defer documentsMu.Unlock()
	if d, made := documents[spec.Name]; made {
		return d
	}
	d := &document{name: spec.Name, routes: openapi.Routes(spec)}
	if len(d.routes) > 0 {
		raw, err := openapi.Document(spec)
		if err != nil {
			t.Fatal(err)
		}
		if d.api, err = openapi3.NewLoader().LoadFromData(raw); err != nil {
			t.Fatalf("the API document cannot be loaded: %v\n%s", err, raw)
		}
	}
	documents[spec.Name] = d
	return d
}

// check compares an answer with what the document says about its operation, and what was
// sent for it.
func (d *document) check(t testing.TB, r *http.Request, sent []byte, response Response) {
	t.Helper()
	route := d.route(r.Method, r.URL.Path)
	if route == nil || r.Method == http.MethodHead || response.Status == http.StatusNotModified {
		return
	}
	if missing := unlisted(d.name, *route, response); missing != "" {
		t.Error(missing)
		return
	}
	if optional := leftOut(d.name, *route, sent, response.Status); optional != "" {
		t.Error(optional)
	}
	if len(response.Body) == 0 {
		return
	}
	what := r.Method + " " + r.URL.Path
	ref := d.api.Paths.Value(route.Path).GetOperation(route.Method).Responses.Status(response.Status)
	if ref == nil {
		t.Errorf("%s: the API document has no status %d: set Status of its route in functions/%s", what, response.Status, d.name)
		return
	}
	media := ref.Value.Content.Get(response.Header.Get("Content-Type"))
	if media == nil {
		if strings.HasPrefix(response.Header.Get("Content-Type"), "application/") {
			t.Errorf("%s: the API document has no %s for status %d: answer with a struct, or without a body", what, response.Header.Get("Content-Type"), response.Status)
		}
		return
	}
	if media.Schema.Value.Format == "binary" {
		return
	}
	var value any
	if err := json.Unmarshal(response.Body, &value); err != nil {
		t.Errorf("%s: %v\n%s", what, err, response.Body)
		return
	}
	if err := media.Schema.Value.VisitJSON(value); err != nil {
		t.Errorf("%s: the answer is not what the API document says of its type: mend the tags of %T, or the answer: %v\n%s", what, route.Do.Response, err, response.Body)
	}
}

// unlisted says what to do about a problem that the route does not list.
func unlisted(name string, route function.Route, response Response) string {
	code := response.Code()
	if code == "" || response.Status < http.StatusBadRequest {
		return ""
	}
	for kind, codes := range host.Refusals(route) {
		if host.StatusOf(kind) == response.Status && slices.Contains(codes, code) {
			return ""
		}
	}
	return fmt.Sprintf("answered %d %s, which the API document does not say: add problem.%s: {%q} to Refuses of %s %s in functions/%s", response.Status, code, kindName(response.Status), code, route.Method, route.Path, name)
}

// leftOut says what to do about a property that the document calls required, but that was
// left out of a request that succeeded.
func leftOut(name string, route function.Route, sent []byte, status int) string {
	if status >= http.StatusBadRequest || !route.Do.Takes(function.InJSON) {
		return ""
	}
	var properties map[string]json.RawMessage
	if json.Unmarshal(sent, &properties) != nil {
		return ""
	}
	for _, f := range route.Do.Inputs {
		if _, given := properties[f.Name]; f.In == function.InJSON && !f.Optional && !given {
			return fmt.Sprintf("%s %s took a body without %q, which the API document calls required: write json:\"%s,omitempty\" in %T of functions/%s, or refuse it", route.Method, route.Path, f.Name, f.Name, route.Do.Request, name)
		}
	}
	return ""
}

// kindName is the constant of package problem for a status.
func kindName(status int) string {
	for _, k := range problem.Kinds() {
		if host.StatusOf(k) == status {
			b, up := strings.Builder{}, true
			for _, r := range string(k) {
				if up {
					r = unicode.ToUpper(r)
				}
				if up = r == '-'; !up {
					b.WriteRune(r)
				}
			}
			return b.String()
		}
	}
	return "Internal"
}

// route is the one of the document that answers a path, nil for none.
func (d *document) route(method, path string) *function.Route {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var found *function.Route
	best := -1
	for i, r := range d.routes {
		if score := match(r.Path, path); r.Method == method && score > best {
			found, best = &d.routes[i], score
		}
	}
	return found
}

// match is how many literal segments of a template a path shares; -1 if it does not match.
func match(template, path string) int {
	a, b := strings.Split(template, "/"), strings.Split(path, "/")
	if len(a) != len(b) {
		return -1
	}
	score := 0
	for i := range a {
		switch {
		case a[i] == b[i]:
			score++
		case !strings.HasPrefix(a[i], "{"):
			return -1
		}
	}
	return score
}
