package load_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/bench/load"
)

// Both ways in which a server says where an answer ends are read to that end: otherwise the
// next answer on the connection could not be.
func TestAnswersAreReadWhole(t *testing.T) {
	var asked atomic.Int64
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("X-Who") == "" {
			w.WriteHeader(http.StatusBadRequest)
		}
		fmt.Fprint(w, strings.Repeat("a", 100))
		if r.URL.Path == "/chunks" {
			w.(http.Flusher).Flush()
			fmt.Fprint(w, strings.Repeat("b", 9_000))
		}
	}))
	defer server.Close()
	for path, size := range map[string]int64{"/short": 100, "/chunks": 9_100} {
		asked.Store(0)
		r, err := load.Run(context.Background(), load.Plan{
			Address: server.Listener.Addr().String(), Connections: 3, For: 100 * time.Millisecond, Rate: 200,
			Request: func(int64) load.Request { return load.Request{Path: path, Header: []string{"X-Who: me"}} },
		})
		if err != nil {
			t.Fatal(err)
		}
		if r.Requests == 0 || r.Requests != asked.Load() || r.Bytes != size*r.Requests || r.Quantile(1) < r.Quantile(0.5) || r.Quantile(0) <= 0 {
			t.Errorf("%s: %d answers with %d bytes to %d requests, %v to %v", path, r.Requests, r.Bytes, asked.Load(), r.Quantile(0), r.Quantile(1))
		}
	}
}

func TestRefusalsEndIt(t *testing.T) {
	server := httptest.NewServer(http.NotFoundHandler())
	defer server.Close()
	_, err := load.Run(context.Background(), load.Plan{
		Address: server.Listener.Addr().String(), Connections: 2, For: time.Minute,
		Request: func(int64) load.Request { return load.Request{Path: "/"} },
	})
	if err == nil || !strings.Contains(err.Error(), "404") {
		t.Fatalf("error %v", err)
	}
}
