package host

import (
	"context"
	"encoding/base64"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/addresstest"
	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// A function that is told to end has sent everything that it counted, the answer under
// way included, before its process is gone.
func TestNothingCountedIsLostAtTheEnd(t *testing.T) {
	now := time.Now()
	ledger := &counts.Ledger{Now: func() time.Time { return now }}
	sink := httptest.NewServer(ledger)
	defer sink.Close()
	address := addresstest.Address(t)
	for name, value := range map[string]string{
		"PORT": strings.TrimPrefix(address, "127.0.0.1:"), "METRICS_ADDR": "127.0.0.1:0", "METRICS_SINK": sink.URL, "DATABASE_URL": "postgres://nobody@127.0.0.1:1/none",
		"REDIS_URL": "redis://127.0.0.1:1/0", "SECRET_KEY": base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrstuv")),
	} {
		t.Setenv(name, value)
	}
	under, finish := make(chan struct{}), make(chan struct{})
	do := func(context.Context, *struct{}) (*function.None, error) { return &function.None{}, nil }
	slow := func(context.Context, *struct{}) (*function.None, error) {
		close(under)
		<-finish
		return nil, problem.Absent()
	}
	spec := function.Spec{Name: "sample", New: func(d function.Deps) function.Parts {
		d.Count.Add("repaired", "done", 3)
		return function.Parts{Routes: []function.Route{
			{Method: "GET", Path: "/v1/quick", Access: function.Anyone, Do: function.Do(do)},
			{Method: "GET", Path: "/v1/slow", Access: function.Anyone, Do: function.Do(slow)},
		}}
	}}
	ctx, end := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- run(ctx, spec, function.Catalogue{}, slog.New(slog.DiscardHandler)) }()
	get := func(path string) int {
		r, _ := http.NewRequest(http.MethodGet, "http://"+address+path, http.NoBody)
		r.Header.Set("X-Request-Start", fmt.Sprintf("%.3f", float64(begun.Add(-time.Second).UnixMilli())/1000))
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			return 0
		}
		_ = response.Body.Close()
		return response.StatusCode
	}
	for get("/readyz") != http.StatusOK {
		select {
		case err := <-ended:
			t.Fatal(err)
		case <-time.After(10 * time.Millisecond):
		}
	}
	for range 7 {
		if status := get("/v1/quick"); status != http.StatusNoContent {
			t.Fatalf("%d", status)
		}
	}
	slowly := make(chan int, 1)
	go func() { slowly <- get("/v1/slow") }()
	<-under
	end()
	close(finish)
	if status := <-slowly; status != http.StatusNotFound {
		t.Errorf("the request under way: %d", status)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
	now = now.Add(counts.Birth)
	got := ledger.Totals()
	for series, want := range map[string]float64{
		`madang_requests_total{function="sample",method="GET",route="/v1/quick",status="204"}`: 7,
		`madang_requests_total{function="sample",method="GET",route="/v1/slow",status="404"}`:  1,
		`madang_request_seconds_count{function="sample",route="/v1/quick"}`:                    7,
		`madang_request_seconds_bucket{function="sample",route="/v1/quick",le="+Inf"}`:         7,
		`madang_problems_total{function="sample",code="not-found"}`:                            1,
		`madang_work_total{function="sample",what="repaired",outcome="done"}`:                  3,
		`madang_start_seconds_count{function="sample",stage="ready"}`:                          1,
		`madang_start_seconds_count{function="sample",stage="answer"}`:                         1,
		`madang_start_seconds_count{function="sample",stage="visitor"}`:                        1,
		`madang_start_seconds_bucket{function="sample",stage="visitor",le="0.8"}`:              0,
		`madang_start_seconds_bucket{function="sample",stage="visitor",le="30"}`:               1,
		`madang_limits_in_process_total{function="sample"}`:                                    8, // there is no Redis
	} {
		if v, there := got[series]; !there || v != want {
			t.Errorf("%s: %v, want %v", series, v, want)
		}
	}
	if t.Failed() {
		var text strings.Builder
		_ = ledger.Write(&text)
		t.Log(text.String())
	}
}

// A deployed function's statements end after some seconds, also where its requests may take minutes; those of chores have
// the time of their turn.
func TestStatementsOfDeployedFunctions(t *testing.T) {
	if os.Getenv("DATABASE_URL") == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("DATABASE_URL is not set: CI must test PostgreSQL")
		}
		t.Skip("DATABASE_URL is not set: not tested on PostgreSQL")
	}
	s := Settings{DatabaseURL: os.Getenv("DATABASE_URL"), RedisURL: "redis://127.0.0.1:1/0", SecretKey: base64.StdEncoding.EncodeToString([]byte("0123456789abcdefghijklmnopqrstuv"))}
	for what, row := range map[string]struct {
		scale function.Scale
		want  string
	}{
		"reads":  {function.Scale{}, "10s"},
		"stores": {function.Scale{Timeout: 10 * time.Minute}, "10s"},
		"sweeps": {function.Scale{Timeout: 10 * time.Minute, Schedule: "*/5 * * * *"}, "10min"},
	} {
		o, err := deployed(function.Spec{Name: what, Scale: row.scale}, s, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		got, err := database.One(t.Context(), o.Deps.DB, database.Value[string], `SHOW statement_timeout`)
		if err != nil || got != row.want {
			t.Errorf("%s: %q %v, want %s", what, got, err, row.want)
		}
		if err := o.Deps.DB.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestSinceEdge(t *testing.T) {
	now := time.UnixMilli(1_800_000_000_250)
	for header, want := range map[string]time.Duration{"1800000000.000": 250 * time.Millisecond, "1800000000.25": 0, "1799999999.25": time.Second} {
		if got, ok := sinceEdge(header, now); !ok || got.Round(time.Millisecond) != want {
			t.Errorf("%s: %v %v", header, got, ok)
		}
	}
	for _, header := range []string{"", "t=1", "1800000001", "1799990000", "NaN", "-1", "1e300"} {
		if got, ok := sinceEdge(header, now); ok {
			t.Errorf("%s: %v", header, got)
		}
	}
}
