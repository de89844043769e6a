package edge_test

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/crc32"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/function"
)

// An edge goes by the routes that a release says serve, and not by those that came with the
// chart: other ones need no other Nginx, what cannot be read changes nothing, and they go
// back as they came.
func TestRoutesAreSwitched(t *testing.T) {
	nginxtest.Need(t)
	w := world(t)
	w.Functions.Set(edgetest.Rule{NoStore: true})
	blue := edgetest.Specs()
	dir := t.TempDir()
	address, metrics := instance{dir: dir, specs: blue}.start(t, w)

	// The release that comes: a function more, and one route that another function has now.
	none := function.Do(func(context.Context, *struct{}) (*function.None, error) { return &function.None{}, nil })
	route := func(path string) function.Route {
		return function.Route{Method: "GET", Path: path, Access: function.Anyone, Do: none}
	}
	green := slices.DeleteFunc(edgetest.Specs(), func(s function.Spec) bool { return s.Name == "notices" })
	green = append(green, function.Spec{Name: "umbrellas", New: func(function.Deps) function.Parts {
		return function.Parts{Routes: []function.Route{route("/v1/umbrellas"), route("/v1/notices/mine")}}
	}})
	get := func(address, path string) string {
		t.Helper()
		answer, err := http.Get(address + path)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = answer.Body.Close() }()
		body, err := io.ReadAll(answer.Body)
		if err != nil {
			t.Fatal(err)
		}
		if path == "/routes" || path == "/metrics" {
			return strings.TrimSpace(string(body))
		}
		return fmt.Sprint(answer.StatusCode)
	}
	asked := func(path string) string {
		t.Helper()
		w.Functions.Set(edgetest.Rule{NoStore: true})
		status := get(address, path)
		for _, s := range w.Functions.Seen() {
			return status + " " + s.Function
		}
		return status
	}
	serve := func(content []byte) { // as kubelet does: at once
		t.Helper()
		if err := os.MkdirAll(filepath.Join(dir, "serving"), 0o755); err != nil {
			t.Fatal(err)
		}
		next := filepath.Join(dir, "serving", "next")
		if err := os.WriteFile(next, content, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Rename(next, filepath.Join(dir, "serving", "routes.json")); err != nil {
			t.Fatal(err)
		}
	}
	until := func(content []byte) {
		t.Helper()
		want := fmt.Sprintf("%08x", crc32.ChecksumIEEE(content))
		for range 1000 {
			if get(metrics, "/routes") == want {
				return
			}
			time.Sleep(20 * time.Millisecond)
		}
		t.Fatalf("the edge goes by %s, not by %s", get(metrics, "/routes"), want)
	}
	encoded := func(specs []function.Spec) []byte {
		t.Helper()
		content, err := json.Marshal(edge.Routes(specs))
		if err != nil {
			t.Fatal(err)
		}
		return content
	}
	expect := func(when, mine, umbrellas string) {
		t.Helper()
		if got := [2]string{asked("/v1/notices/mine"), asked("/v1/umbrellas")}; got != [2]string{mine, umbrellas} {
			t.Errorf("%s: %v, want %s and %s", when, got, mine, umbrellas)
		}
	}
	until(encoded(blue))
	expect("as the chart has it", "200 notices", "404")
	serve(encoded(green))
	until(encoded(green))
	expect("after the switch", "200 umbrellas", "200 umbrellas")
	if !strings.Contains(get(metrics, "/metrics"), `madang_edge_requests_total{function="umbrellas",route="/v1/umbrellas",class="5xx"} 0`) {
		t.Error("a route that came is not counted from zero")
	}
	serve([]byte("{ half a fi"))
	time.Sleep(3 * time.Second) // three looks
	expect("what cannot be read", "200 umbrellas", "200 umbrellas")
	serve(encoded(blue))
	until(encoded(blue))
	expect("gone back", "200 notices", "404")
}
