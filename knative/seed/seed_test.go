package seed_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/madang-council/madang/knative/seed"
	"github.com/madang-council/madang/shared/function"
)

// A council that is still beginning answers 503 now and then: what is sown comes again, as the
// same call, and is there once. What is refused otherwise, or for ever, is told.
func TestComesAgain(t *testing.T) {
	for _, row := range []struct {
		away    int    // how many calls to /v1/things are answered 503
		retry   string // when to come again
		written int
		fails   string
	}{
		{0, "0", 1, ""},
		{2, "1", 1, ""},
		{6, "1", 1, ""},
		{1, "121", 0, "503"}, // longer than anybody waits
		{1, "", 0, "503"},
	} {
		keys, written := map[string]bool{}, 0
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/v1/things":
				keys[r.Header.Get("Idempotency-Key")] = true
				if row.away > 0 {
					row.away--
					if row.retry != "" {
						w.Header().Set("Retry-After", row.retry)
					}
					w.WriteHeader(http.StatusServiceUnavailable)
					return
				}
				written++
			case "/v1/auth/sessions":
				_, _ = fmt.Fprint(w, `{"accessToken":"t"}`)
				return
			}
			w.WriteHeader(http.StatusCreated)
			_, _ = fmt.Fprint(w, `{"id":"1"}`)
		}))
		specs := []function.Spec{{Name: "things", Seed: func(function.Ground) []function.Seed {
			return []function.Seed{{Path: "/v1/things", Body: map[string]any{}}}
		}}}
		err := seed.Council(t.Context(), specs, server.URL, "a@b.kr", "x")
		if (err == nil) != (row.fails == "") || err != nil && !strings.Contains(err.Error(), row.fails) {
			t.Errorf("%+v: %v", row, err)
		}
		if written != row.written || len(keys) != 1 || keys[""] {
			t.Errorf("%+v: written %d times, by the keys %v", row, written, keys)
		}
		server.Close()
	}
}
