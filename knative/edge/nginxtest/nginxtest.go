// Package nginxtest starts Debian's Nginx for tests of configurations.
package nginxtest

import (
	"errors"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// LuaModules are where Debian's packages libnginx-mod-http-ndk and -lua put theirs.
var LuaModules = []string{"/usr/lib/nginx/modules/ndk_http_module.so", "/usr/lib/nginx/modules/ngx_http_lua_module.so"}

// LoadLua are the lines of a configuration that load LuaModules.
func LoadLua() string { return "load_module " + strings.Join(LuaModules, ";\nload_module ") + ";\n" }

// Temporary are the lines of a configuration that keep temporary files in dir: Debian's own
// place for them is root's.
func Temporary(dir string) string {
	var lines strings.Builder
	for _, what := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		lines.WriteString(what + "_temp_path " + filepath.Join(dir, what) + ";\n")
	}
	return lines.String()
}

// Need skips the test, with the reason, where there is no Nginx with its Lua modules, and
// fails it where CI=true.
func Need(t testing.TB) {
	t.Helper()
	_, err := exec.LookPath("nginx")
	for _, m := range LuaModules {
		if _, missing := os.Stat(m); missing != nil {
			err = errors.Join(err, missing)
		}
	}
	if err == nil {
		return
	}
	if os.Getenv("CI") == "true" {
		t.Fatalf("CI must test on Nginx: %v", err)
	}
	t.Skipf("not tested on Nginx (Debian: nginx-light libnginx-mod-http-lua lua-nginx-redis lua-cjson): %v", err)
}

// Start writes files, by path below dir and with nginx.conf among them, and runs Nginx
// until the test ends. It returns when health, an address to GET, answers. env is beside
// the test's own environment.
func Start(t testing.TB, dir, health string, files map[string]string, env ...string) {
	t.Helper()
	Need(t)
	for name, content := range files {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	log := &strings.Builder{}
	command := exec.Command("nginx", "-p", dir, "-c", filepath.Join(dir, "nginx.conf"), "-e", "stderr")
	command.Env = append(os.Environ(), env...)
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
	for range 500 {
		if r, err := http.Get(health); err == nil {
			_ = r.Body.Close()
			return
		}
		select {
		case <-ended:
			t.Fatalf("nginx ended: %s", log)
		case <-time.After(20 * time.Millisecond):
		}
	}
	t.Fatalf("nginx does not answer: %s", log)
}
