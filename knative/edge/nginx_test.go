package edge_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/knative/edge/edgetest"
)

// luaModules are where Debian's packages libnginx-mod-http-ndk and -lua put theirs.
var luaModules = []string{"/usr/lib/nginx/modules/ndk_http_module.so", "/usr/lib/nginx/modules/ngx_http_lua_module.so"}

// nginx is the path of an Nginx with Lua. Without one the test is skipped with the
// reason, or fails where CI=true.
func nginx(t testing.TB) string {
	t.Helper()
	path, err := exec.LookPath("nginx")
	for _, m := range luaModules {
		if _, missing := os.Stat(m); missing != nil {
			err = errors.Join(err, missing)
		}
	}
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must test the edge: %v", err)
		}
		t.Skipf("not tested on Nginx (Debian: nginx-light libnginx-mod-http-lua lua-nginx-redis lua-cjson): %v", err)
	}
	return path
}

// Nginx passes the table that the local host passes.
func TestNginx(t *testing.T) {
	program := nginx(t)
	edgetest.Run(t, func(t *testing.T, w edgetest.World) string { return startNginx(t, program, w) })
}

func startNginx(t testing.TB, program string, w edgetest.World) string {
	t.Helper()
	return startNginxWith(t, program, w, "")
}

// startNginxWith starts Nginx with locations of its own beside the edge's.
func startNginxWith(t testing.TB, program string, w edgetest.World, locations string) string {
	t.Helper()
	functions := httptest.NewServer(w.Functions)
	t.Cleanup(functions.Close)
	routes, err := json.Marshal(edge.Routes(edgetest.Specs()))
	if err != nil {
		t.Fatal(err)
	}
	dir, address := t.TempDir(), freeAddress(t)
	files := map[string]string{
		"routes.json":         string(routes),
		"site/modules.conf":   "load_module " + strings.Join(luaModules, ";\nload_module ") + ";\n",
		"site/process.conf":   "daemon off; master_process off; pid " + dir + "/pid; events { worker_connections 4096; }\n",
		"site/functions.conf": strings.ReplaceAll("upstream functions { server ADDRESS max_fails=0; server ADDRESS max_fails=0; keepalive 64; }\n", "ADDRESS", strings.TrimPrefix(functions.URL, "http://")),
		"site/listen.conf":    "listen " + address + ";\n",
		"site/locations.conf": locations,
		"site/visitor.conf":   `map "" $visitor { default ""; }`, // all rows come from one address: nobody is counted
	}
	for _, name := range []string{"nginx.conf", "proxy.conf", "files.conf", "edge.lua", "storage.lua", "problems.json"} {
		content, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		files[name] = string(content)
	}
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	host, port, _ := net.SplitHostPort(w.Redis.Options().Addr)
	log := &strings.Builder{}
	command := exec.Command(program, "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
	command.Env = append(os.Environ(), "REDIS_HOST="+host, "REDIS_PORT="+port, "PAGE_PREFIX="+w.Prefix, "FUNCTION_DOMAIN=.test.svc.cluster.local", "FUNCTIONS_ADDRESS="+strings.TrimPrefix(functions.URL, "http://"))
	command.Stdout, command.Stderr = io.Discard, log
	if err := command.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { _ = command.Wait(); close(ended) }()
	t.Cleanup(func() {
		_ = command.Process.Kill()
		<-ended
		if t.Failed() || strings.Contains(log.String(), "[error]") || strings.Contains(log.String(), "runtime error") {
			t.Logf("nginx: %s", log)
		}
	})
	for range 200 {
		r, err := http.Get("http://" + address + "/healthz")
		if err == nil {
			_ = r.Body.Close()
			return "http://" + address
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", log)
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("nginx does not answer: %s", log)
	return ""
}

func freeAddress(t testing.TB) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	return fmt.Sprint(l.Addr())
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
