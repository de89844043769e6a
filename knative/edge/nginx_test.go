package edge_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/addresstest"
	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
)

// Nginx passes the table that the local host passes.
func TestNginx(t *testing.T) {
	nginxtest.Need(t)
	edgetest.Run(t, func(t *testing.T, w edgetest.World) string {
		address, _ := instance{}.start(t, w)
		return address
	})
}

// instance is an Nginx with the edge's files and what differs between environments.
type instance struct {
	locations   string          // beside the edge's own
	http        string          // directives beside the upstream
	environment []string        // beside what says where Redis and functions are
	dir         string          // "" for one of its own
	specs       []function.Spec // nil for those of the table
	rules       *edge.Rules     // nil for those of the table
	redis       string          // its address; "" for the world's
	functions   string          // their address; "" for the world's
}

// start returns the visitors' address and the one that Prometheus asks.
func (i instance) start(t testing.TB, w edgetest.World) (address, metrics string) {
	t.Helper()
	if i.functions == "" {
		functions := httptest.NewServer(w.Functions)
		t.Cleanup(functions.Close)
		i.functions = functions.URL
	}
	if i.redis == "" {
		i.redis = w.Redis.Options().Addr
	}
	if i.specs == nil {
		i.specs = edgetest.Specs()
	}
	if i.rules == nil {
		fixed := edgetest.Rules()
		i.rules = &fixed
	}
	dir := i.dir
	if dir == "" {
		dir = t.TempDir()
	}
	address, metrics = addresstest.Address(t), addresstest.Address(t)
	files := edgeFiles(t)
	routes, err := json.Marshal(edge.Routes(i.specs))
	if err != nil {
		t.Fatal(err)
	}
	rules, err := json.Marshal(i.rules)
	if err != nil {
		t.Fatal(err)
	}
	for name, content := range map[string]string{
		"routes.json":       string(routes),
		"edge.json":         string(rules),
		"site/modules.conf": nginxtest.LoadLua(),
		"site/process.conf": "daemon off; master_process off; pid " + dir + "/pid; events { worker_connections 4096; }\n",
		"site/functions.conf": nginxtest.Temporary(dir) + "map $scheme $spoken { default $scheme; }\n" + strings.ReplaceAll("upstream functions { server ADDRESS max_fails=0; server ADDRESS max_fails=0; keepalive 64; }\n", "ADDRESS", strings.TrimPrefix(i.functions, "http://")) +
			"server { listen " + metrics + "; location = /metrics { content_by_lua_block { metrics.write() } } location = /routes { content_by_lua_block { ngx.say(edge.version()) } } }\n" + i.http,
		"site/listen.conf":    "listen " + address + ";\n",
		"site/locations.conf": i.locations,
		"site/visitor.conf":   `map "" $address { default ""; } map "" $campus { default 0; }`, // all rows come from one address: nobody is counted
	} {
		files[name] = content
	}
	host, port, _ := net.SplitHostPort(i.redis)
	nginxtest.Start(t, dir, "http://"+address+"/healthz", files, append([]string{
		"REDIS_HOST=" + host, "REDIS_PORT=" + port, "PAGE_PREFIX=" + w.Prefix, "FUNCTION_DOMAIN=.test.svc.cluster.local", "FUNCTIONS_ADDRESS=" + strings.TrimPrefix(i.functions, "http://"),
	}, i.environment...)...)
	return "http://" + address, "http://" + metrics
}

// edgeFiles are the files that the chart gives Nginx.
func edgeFiles(t testing.TB) map[string]string {
	t.Helper()
	const folder = "../chart/files/edge"
	entries, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, e := range entries {
		content, err := os.ReadFile(filepath.Join(folder, e.Name()))
		if err != nil {
			t.Fatal(err)
		}
		files[e.Name()] = string(content)
	}
	return files
}

// world is a Redis and functions of a test's own.
func world(t testing.TB) edgetest.World {
	t.Helper()
	server, client := cachetest.Embedded(t)
	w := edgetest.World{Redis: client, Prefix: "madang:own:", StopRedis: server.Close}
	w.Functions = &edgetest.Functions{Store: &page.Store{Redis: client, Prefix: w.Prefix, Now: time.Now}}
	return w
}

// What visitors were told is what Prometheus is told, and nothing but routes makes series.
func TestMetrics(t *testing.T) {
	nginxtest.Need(t)
	w := world(t)
	address, metrics := instance{}.start(t, w)
	get := func(url string, header ...string) string {
		r, err := http.NewRequest(http.MethodGet, url, http.NoBody)
		if err != nil {
			t.Fatal(err)
		}
		if len(header) > 0 {
			r.Header.Set(header[0], header[1])
		}
		response, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = response.Body.Close() }()
		body, _ := io.ReadAll(response.Body)
		return string(body)
	}
	read := func() counts.Counts {
		c, err := counts.Read(strings.NewReader(get(metrics + "/metrics")))
		if err != nil {
			t.Fatal(err)
		}
		return c
	}
	before := read()
	for series, n := range before {
		if n != 0 && series != "madang_edge_connections" {
			t.Errorf("%s begins at %v", series, n)
		}
	}
	for range 3 { // a miss, then hits
		get(address + "/v1/main")
	}
	get(address+"/v1/notices/mine", "Authorization", "Bearer x")
	get(address+"/v1/notices", "Authorization", "Bearer x") // a page's address, but nobody's page
	w.Functions.Set(edgetest.Rule{Status: http.StatusTooManyRequests})
	get(address + "/v1/notices/7")
	for i := range 50 {
		get(address + fmt.Sprintf("/nowhere/%d", i))
	}
	after := read()
	if len(after) != len(before) {
		t.Errorf("%d series became %d", len(before), len(after))
	}
	for series, want := range map[string]float64{
		`madang_edge_pages_total{route="/v1/main",outcome="miss"}`:                            1,
		`madang_edge_pages_total{route="/v1/main",outcome="hit"}`:                             2,
		`madang_edge_requests_total{function="main",route="/v1/main",class="2xx"}`:            3,
		`madang_edge_requests_total{function="notices",route="/v1/notices/mine",class="2xx"}`: 1,
		`madang_edge_requests_total{function="notices",route="/v1/notices",class="2xx"}`:      1,
		`madang_edge_pages_total{route="/v1/notices",outcome="hit"}`:                          0,
		`madang_edge_requests_total{function="notices",route="/v1/notices/{id}",class="4xx"}`: 1,
		`madang_edge_requests_total{function="",route="none",class="4xx"}`:                    50,
		`madang_edge_answers_total{objective="reads",good="true"}`:                            float64(56),
		`madang_edge_answers_total{objective="reads",good="false"}`:                           0,
		`madang_edge_answers_total{objective="writes",good="true"}`:                           0,
		`madang_edge_request_seconds_count{kind="none"}`:                                      50,
		`madang_edge_request_seconds_count{kind="page"}`:                                      4,
		`madang_edge_request_seconds_bucket{kind="function",le="+Inf"}`:                       2,
	} {
		if v, there := after[series]; !there || v != want {
			t.Errorf("%s: %v, want %v", series, v, want)
		}
	}
}

func TestRoutesPutLiteralsFirst(t *testing.T) {
	routes := edge.Routes(edgetest.Specs())
	for path, want := range map[string]string{"/v1/notices/mine": "/v1/notices/mine", "/v1/notices/1": "/v1/notices/{id}", "/v1/notices/mine/revisions/1": "/v1/notices/{id}/revisions/{number}"} {
		if r, ok := edge.Find(routes, path); !ok || r.Path != want {
			t.Errorf("%s: %+v %v", path, r, ok)
		}
	}
	for _, path := range []string{"", "/en/", "/v1/notices/", "/v1/notices//revisions/1", "/v1/hidden"} {
		if r, ok := edge.Find(routes, path); ok {
			t.Errorf("%q: %+v", path, r)
		}
	}
}
