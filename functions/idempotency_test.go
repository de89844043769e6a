package functions_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/problem"
)

// answers are those that a route's handler may give: what it says, and where it is of the
// site, where to go on and a page.
func answers(ctx context.Context, route function.Route) map[string]any {
	if !route.HTML {
		return map[string]any{"its own": reflect.New(reflect.TypeOf(route.Do.Response)).Interface()}
	}
	return map[string]any{
		"a redirect": &function.Redirect{Status: http.StatusSeeOther, URL: "/가?a=b"},
		"a page":     route.Refuse(ctx, problem.Absent(), http.StatusOK),
	}
}

// One Idempotency-Key is one answer and one effect, whatever form the answer has, and the
// cookies that go with it are nobody's but the first caller's. Routes that ignore the key do
// so both times.
func TestOneKeyIsOneAnswer(t *testing.T) {
	shared := functiontest.New(t, functions.All()[0])
	tested := 0
	for f, spec := range functions.All() {
		var calls int
		var which string
		watched := spec
		watched.New = func(d function.Deps) function.Parts {
			parts := spec.New(d)
			for i := range parts.Routes {
				route := &parts.Routes[i]
				route.Access, route.Proof = function.Anyone, false
				plain := *route
				route.Do.Call = func(ctx context.Context, _ func(any) error) (any, error) {
					calls++
					function.SetCookie(ctx, &http.Cookie{Name: "c", Value: "a-secret", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode})
					return answers(ctx, plain)[which], nil
				}
			}
			return parts
		}
		app := functiontest.New(t, watched, functiontest.WithDB(shared.DB), functiontest.WithRedis(shared))
		h := app.Host()
		for n, route := range spec.Build(app.Deps).Routes {
			if route.Method != http.MethodPost {
				continue
			}
			tested++
			for name := range answers(app.Context(), route) {
				what := fmt.Sprintf("%s %s of functions/%s with %s", route.Method, route.Path, spec.Name, name)
				calls, which = 0, name
				send := func() *httptest.ResponseRecorder {
					r := httptest.NewRequest(route.Method, strings.NewReplacer("{", "", "}", "").Replace(route.Path), http.NoBody)
					r.Header.Set("Idempotency-Key", name)
					r.Header.Set("X-Forwarded-For", fmt.Sprintf("203.0.%d.%d", f, n)) // nobody is too often
					w := httptest.NewRecorder()
					h.ServeHTTP(w, r)
					return w
				}
				first, second := send(), send()
				if first.Code >= 500 || second.Code != first.Code || second.Header().Get("Location") != first.Header().Get("Location") || second.Header().Get("Content-Type") != first.Header().Get("Content-Type") {
					t.Errorf("%s: first %d %v %.60s, then %d %v %.60s", what, first.Code, first.Header(), first.Body, second.Code, second.Header(), second.Body)
				}
				if !host.Idempotent(route) {
					if calls != 2 {
						t.Errorf("%s ignores the key and is called %d times", what, calls)
					}
					continue
				}
				if calls != 1 || second.Body.String() != first.Body.String() || second.Header().Get("Idempotent-Replayed") != "true" || first.Header().Get("Set-Cookie") == "" || second.Header().Get("Set-Cookie") != "" {
					t.Errorf("%s: done %d times, then %v", what, calls, second.Header())
				}
			}
		}
	}
	if tested < 50 {
		t.Errorf("only %d routes were tested", tested)
	}
	if n, err := database.One(shared.Context(), shared.DB, database.Value[int], `SELECT count(*) FROM idempotency WHERE status = 0 OR header LIKE '%a-secret%' OR body LIKE '%a-secret%'`); err != nil || n != 0 {
		t.Errorf("%d kept answers are none, or hold a cookie: %v", n, err)
	}
}

// What the handlers themselves say to an admin who sends nothing much, twice with one key, is
// never a failure.
func TestOneKeyTwiceNeverFails(t *testing.T) {
	shared := functiontest.New(t, functions.All()[0])
	admin, nobody := shared.Admin(), "00000000-0000-4000-8000-000000000000"
	for _, spec := range functions.All() {
		app := functiontest.New(t, spec, functiontest.WithDB(shared.DB), functiontest.WithRedis(shared))
		for _, route := range spec.Build(function.Deps{}).Routes {
			if route.Method != http.MethodPost {
				continue
			}
			r := functiontest.Request{Method: route.Method, Path: param.ReplaceAllString(route.Path, nobody), As: admin, Body: "{}", Header: map[string]string{"Idempotency-Key": "k"}}
			if route.Do.Takes(function.InForm) || route.HTML {
				r.Body, r.Header["Content-Type"] = "", "application/x-www-form-urlencoded"
			}
			app.Wait(time.Minute) // nobody is too often
			for range 2 {
				if got := app.Do(r); got.Status >= 500 {
					t.Errorf("%s %s of functions/%s: %d %s", route.Method, route.Path, spec.Name, got.Status, got.Code())
				}
			}
		}
	}
}
