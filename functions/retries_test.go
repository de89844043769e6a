package functions_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/problem"
)

// lost is how PostgreSQL says that a unit of work lost against another one.
type lost struct{}

func (lost) Error() string    { return "could not serialize access" }
func (lost) SQLState() string { return "40001" }

// What is retried was not streamed: every handler whose unit of work is tried again is given
// the same body, whatever form it has.
func TestRetriesSeeTheSameBody(t *testing.T) {
	shared := functiontest.New(t, functions.All()[0])
	retried := 0
	for _, spec := range functions.All() {
		seen := []string{}
		watched := spec
		watched.New = func(d function.Deps) function.Parts {
			parts := spec.New(d)
			for i := range parts.Routes {
				route := &parts.Routes[i]
				route.Access, route.Proof = function.Anyone, false
				route.Do.Call = watch(route.Do, &seen)
			}
			return parts
		}
		app := functiontest.New(t, watched, functiontest.WithDB(shared.DB), functiontest.WithRedis(shared))
		h := app.Host()
		for n, route := range spec.Build(app.Deps).Routes {
			if route.Method == http.MethodGet || route.Alone || route.ReadOnly {
				continue
			}
			retried++
			seen = seen[:0]
			body, media := `{"unknown":1}`, "application/json"
			if route.Do.Takes(function.InForm) {
				body, media = "unknown=1", "application/x-www-form-urlencoded"
			}
			r := httptest.NewRequest(route.Method, strings.NewReplacer("{", "", "}", "").Replace(route.Path), strings.NewReader(body))
			r.Header.Set("Content-Type", media)
			r.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.113.%d", n)) // nobody is too often
			h.ServeHTTP(httptest.NewRecorder(), r)
			if len(seen) != 2 || seen[0] != seen[1] || seen[0] == "" {
				t.Errorf("%s %s of functions/%s: its tries were given %q: what is retried is read whole before (host.buffer)", route.Method, route.Path, spec.Name, seen)
			}
		}
	}
	if retried < 30 {
		t.Errorf("only %d routes were tried again", retried)
	}
}

// watch is an operation's Call that notes what it was given, loses its first try, and
// changes nothing.
func watch(o function.Operation, seen *[]string) func(context.Context, func(any) error) (any, error) {
	return func(_ context.Context, bind func(any) error) (any, error) {
		request := reflect.New(reflect.TypeOf(o.Request))
		given := fmt.Sprint(bind(request.Interface()))
		for _, f := range o.Inputs {
			if f.In != function.Stream {
				continue
			}
			body, _ := reflect.TypeAssert[function.Body](request.Elem().FieldByIndex(f.Index))
			content, err := io.ReadAll(body.Reader)
			given += fmt.Sprintf(" %q %v", content, err)
		}
		*seen = append(*seen, given)
		if len(*seen) == 1 {
			return nil, lost{}
		}
		return nil, problem.Absent()
	}
}
