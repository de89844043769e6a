package functions_test

import (
	"context"
	"maps"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/openapi"
	"github.com/madang-council/madang/shared/problem"
)

var (
	code  = regexp.MustCompile(`^[a-z0-9]+(-[a-z0-9]+)*$`)
	param = regexp.MustCompile(`\{([^}]*)\}`)
)

// What a route says that its handler refuses is new beside what its shape says, and one
// code is one kind of problem everywhere: callers know it by the code.
func TestRefusals(t *testing.T) {
	kinds := map[string]problem.Kind{}
	for _, spec := range functions.All() {
		for _, r := range spec.New(function.Deps{}).Routes {
			what := r.Method + " " + r.Path + " in functions/" + spec.Name
			if r.Refuses != nil && (r.HTML || r.Internal) {
				t.Errorf("%s is in no API document: take its Refuses away", what)
			}
			bare := r
			bare.Refuses = nil
			shape := host.Refusals(bare)
			for kind, codes := range host.Refusals(r) {
				for _, c := range codes {
					if before, known := kinds[c]; known && before != kind {
						t.Errorf("%s: %s is problem.%s here and %s elsewhere: give one of them another code", what, c, kind, before)
					}
					kinds[c] = kind
				}
			}
			for kind, codes := range r.Refuses {
				if !slices.Contains(problem.Kinds(), kind) {
					t.Errorf("%s: %q is no kind: use a constant of package problem", what, kind)
				}
				for i, c := range codes {
					switch {
					case !code.MatchString(c):
						t.Errorf("%s: %q is no code: write lower-case words with hyphens", what, c)
					case slices.Contains(shape[kind], c):
						t.Errorf("%s: %s follows from the route's shape (host.Refusals): take it from Refuses", what, c)
					case slices.Contains(codes[:i], c):
						t.Errorf("%s: %s stands twice in Refuses: take one away", what, c)
					}
				}
			}
		}
	}
}

// The documents are OpenAPI, one for each function and all of them as one, and describe what
// the host binds.
func TestDocuments(t *testing.T) {
	joined, err := openapi.Joined(functions.All())
	if err != nil {
		t.Fatal(err)
	}
	whole := parsed(t, joined)
	operations, ids := 0, map[string]string{}
	for _, spec := range functions.All() {
		raw, err := openapi.Document(spec)
		if err != nil {
			t.Fatal(err)
		}
		routes := openapi.Routes(spec)
		if raw == nil {
			if len(routes) > 0 {
				t.Errorf("%s has routes but no document: run task generate", spec.Name)
			}
			continue
		}
		own := parsed(t, raw)
		for _, r := range routes {
			operations++
			what := r.Method + " " + r.Path
			o, also := operation(own, r), operation(whole, r)
			if o == nil || also == nil {
				t.Errorf("%s is in neither its function's document nor the joined one", what)
				continue
			}
			if other, taken := ids[o.OperationID]; taken {
				t.Errorf("%s and %s are both called %s: one of the paths needs another word", what, other, o.OperationID)
			}
			ids[o.OperationID] = what
			if got, want := described(o), bound(r); !slices.Equal(got, want) {
				t.Errorf("%s: the document has %v, the host binds %v: mend shared/openapi", what, got, want)
			}
			if got := params(r.Path); !slices.Equal(got, named(o, "path")) {
				t.Errorf("%s: the request in functions/%s binds path %v: give each of %v a field with its path tag", what, spec.Name, named(o, "path"), got)
			}
			for kind, codes := range host.Refusals(r) {
				answer := o.Responses.Status(host.StatusOf(kind))
				for _, c := range codes {
					if answer == nil || !strings.Contains(*answer.Value.Description, c) {
						t.Errorf("%s: the document lacks %s: mend shared/openapi", what, c)
					}
				}
			}
		}
	}
	if count := len(ids); count != operations || count < 50 {
		t.Errorf("%d operations have %d names: one of two paths needs another word", operations, count)
	}
}

func parsed(t *testing.T, raw []byte) *openapi3.T {
	t.Helper()
	api, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatalf("%v\n%s", err, raw)
	}
	if err := api.Validate(context.Background()); err != nil {
		t.Fatalf("not OpenAPI: %v", err)
	}
	return api
}

func operation(api *openapi3.T, r function.Route) *openapi3.Operation {
	if item := api.Paths.Value(r.Path); item != nil {
		return item.GetOperation(r.Method)
	}
	return nil
}

func params(path string) []string {
	list := []string{}
	for _, m := range param.FindAllStringSubmatch(path, -1) {
		list = append(list, m[1])
	}
	slices.Sort(list)
	return list
}

func named(o *openapi3.Operation, in string) []string {
	list := []string{}
	for _, p := range o.Parameters {
		if p.Value.In == in {
			list = append(list, p.Value.Name)
		}
	}
	slices.Sort(list)
	return list
}

// described are the inputs of an operation in the document, and bound those that the host
// binds: each as "json title required".
func described(o *openapi3.Operation) []string {
	list := []string{}
	for _, p := range o.Parameters {
		if p.Value.Name == "Idempotency-Key" {
			continue // the host's own
		}
		list = append(list, p.Value.In+" "+p.Value.Name+required(p.Value.Required))
	}
	if o.RequestBody != nil {
		for media, content := range o.RequestBody.Value.Content {
			if media != "application/json" {
				list = append(list, "body "+media+required(o.RequestBody.Value.Required))
				continue
			}
			for _, name := range slices.Sorted(maps.Keys(content.Schema.Value.Properties)) {
				list = append(list, "json "+name+required(slices.Contains(content.Schema.Value.Required, name)))
			}
		}
	}
	slices.Sort(list)
	return list
}

func bound(r function.Route) []string {
	list := []string{}
	for _, f := range r.Do.Inputs {
		if f.Name == "Idempotency-Key" {
			continue
		}
		always := f.In == function.InPath || f.In == function.InJSON && !f.Optional || f.In == function.Stream || f.Name == "If-Match"
		list = append(list, string(f.In)+" "+f.Name+required(always))
	}
	slices.Sort(list)
	return list
}

func required(is bool) string {
	if is {
		return " required"
	}
	return ""
}
