package host_test

import (
	"bytes"
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
)

// Who goes away before the answer is neither an error nor an answer: a release that watches
// the errors of a function does not see it.
func TestGoneAway(t *testing.T) {
	waits := function.Spec{Name: "waits", New: func(function.Deps) function.Parts {
		wait := func(ctx context.Context, _ *struct{}) (*function.None, error) {
			<-ctx.Done()
			return nil, ctx.Err()
		}
		return function.Parts{Routes: []function.Route{
			{Method: "GET", Path: "/v1/wait", Access: function.Anyone, Do: function.Do(wait)},
			{Method: "POST", Path: "/v1/wait", Access: function.Anyone, Do: function.Do(wait)},
		}}
	}}
	waits.Scale.Timeout = 50 * time.Millisecond
	app, metrics := functiontest.New(t, waits), host.NewMetrics()
	h := host.New(waits, host.Options{Deps: app.Deps, Redis: app.Redis, Now: app.Now, Metrics: metrics})
	counted := func(method string, ctx context.Context) (int, string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(method, "/v1/wait", http.NoBody).WithContext(ctx))
		var b bytes.Buffer
		metrics.Write(&b)
		return w.Code, b.String()
	}
	for _, method := range []string{"GET", "POST"} {
		ctx, cancel := context.WithCancel(context.Background())
		time.AfterFunc(10*time.Millisecond, cancel)
		status, text := counted(method, ctx)
		if status != 499 || strings.Contains(text, "/v1/wait") || strings.Contains(text, `code="`) && !strings.Contains(text, `code="none"`) {
			t.Errorf("%s: %d\n%s", method, status, text)
		}
	}
	if status, text := counted("GET", context.Background()); status != http.StatusServiceUnavailable || !strings.Contains(text, "/v1/wait") {
		t.Errorf("what takes too long: %d\n%s", status, text)
	}
}
