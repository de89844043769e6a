package functiontest

import (
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/openapi"
)

// document is a function's API document, against which every answer is checked.
type document struct{ api *openapi3.T }

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
	raw, err := openapi.Document([]function.Spec{spec})
	if err != nil {
		t.Fatal(err)
	}
	api, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("the API document cannot be loaded: %v\n%s", err, raw)
	}
	documents[spec.Name] = &document{api: api}
	return documents[spec.Name]
}

// check compares an answer with what the document says about its operation.
func (d *document) check(t testing.TB, r *http.Request, response Response) {
	t.Helper()
	operation := d.operation(r.Method, r.URL.Path)
	if operation == nil || r.Method == http.MethodHead || len(response.Body) == 0 || response.Status == http.StatusNotModified {
		return
	}
	ref := operation.Responses.Status(response.Status)
	if ref == nil {
		ref = operation.Responses.Default()
	}
	if response.Status >= 400 {
		ref = operation.Responses.Default()
	}
	media := ref.Value.Content.Get(response.Header.Get("Content-Type"))
	if media == nil {
		if strings.HasPrefix(response.Header.Get("Content-Type"), "application/") {
			t.Errorf("%s %s: the API document has no %s for status %d", r.Method, r.URL.Path, response.Header.Get("Content-Type"), response.Status)
		}
		return
	}
	var value any
	if err := json.Unmarshal(response.Body, &value); err != nil {
		t.Errorf("%s %s: %v\n%s", r.Method, r.URL.Path, err, response.Body)
		return
	}
	if err := media.Schema.Value.VisitJSON(value); err != nil {
		t.Errorf("%s %s: the answer is not what the API document says: %v\n%s", r.Method, r.URL.Path, err, response.Body)
	}
}

func (d *document) operation(method, path string) *openapi3.Operation {
	if method == http.MethodHead {
		method = http.MethodGet
	}
	var found *openapi3.Operation
	best := -1
	for template, item := range d.api.Paths.Map() {
		if score := match(template, path); score > best && item.GetOperation(method) != nil {
			found, best = item.GetOperation(method), score
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
