package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// database writes a Go vulnerability database (https://go.dev/doc/security/vuln/database)
// with one entry: symbols of a package, vulnerable in every version.
func database(t *testing.T, modified time.Time, module, path string, symbols ...string) string {
	t.Helper()
	folder := t.TempDir()
	write := func(name string, v any) {
		content, err := json.Marshal(v)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o755)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), content, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	type object = map[string]any
	write("index/db.json", object{"modified": modified})
	write("index/modules.json", []object{{"path": module, "vulns": []object{{"id": "GO-2026-9001", "modified": modified}}}})
	write("index/vulns.json", []object{{"id": "GO-2026-9001", "modified": modified}})
	write("ID/GO-2026-9001.json", object{
		"schema_version": "1.3.1", "id": "GO-2026-9001", "modified": modified, "published": modified, "summary": "Made up", "details": "Made up.",
		"affected": []object{{
			"package": object{"name": module, "ecosystem": "Go"}, "ranges": []object{{"type": "SEMVER", "events": []object{{"introduced": "0"}}}},
			"ecosystem_specific": object{"imports": []object{{"path": path, "symbols": symbols}}},
		}},
	})
	return "file://" + folder
}

// What the code calls fails; what it only links, or does not have, does not; and what could
// not be looked at never passes.
func TestGoModules(t *testing.T) {
	const module, path = "golang.org/x/text", "golang.org/x/text/unicode/norm"
	now := time.Now().UTC().Truncate(time.Second)
	for name, row := range map[string]struct {
		db   string
		err  error
		said string
	}{
		"called":           {database(t, now, module, path, "Form.String"), errFound, "GO-2026-9001 in golang.org/x/text"},
		"imported":         {database(t, now, module, path, "Iter.Seek"), nil, "not called"},
		"not used":         {database(t, now, "example.com/unused", "example.com/unused", "Parse"), nil, "modules of Go by file://"},
		"of long ago":      {database(t, now.AddDate(0, 0, -15), "example.com/unused", "example.com/unused", "Parse"), errNotAsked, "the newest entry"},
		"no database":      {"file://" + t.TempDir(), errNotAsked, "the newest entry"},
		"nobody answers":   {"http://127.0.0.1:1", errNotAsked, "vulndb"},
		"another protocol": {"ftp://vuln.example", errNotAsked, "ftp"},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			o := order{db: row.db, age: 14 * 24 * time.Hour, tools: "../../tools.mod", packages: []string{"../../shared/text"}, now: time.Now}
			err := run(t.Context(), o, &out)
			said := out.String()
			if err != nil {
				said += err.Error()
			}
			if !errors.Is(err, row.err) || (err == nil) != (row.err == nil) || !strings.Contains(said, row.said) {
				t.Errorf("%v, want %v and %q; it said:\n%s", err, row.err, row.said, said)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %q", err)
			}
		})
	}
}

// npm's registry knows of vulnerabilities: of what is served they fail, of what is only for
// development they are named.
func TestNPM(t *testing.T) {
	if _, err := exec.LookPath("npm"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal("npm is missing")
		}
		t.Skip("needs npm")
	}
	folder := t.TempDir()
	write := func(name, content string) {
		if err := os.WriteFile(filepath.Join(folder, name), []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	write("package.json", `{"name": "x", "version": "1.0.0", "dependencies": {"served": "1.0.0"}, "devDependencies": {"tool": "1.0.0"}}`)
	write("package-lock.json", `{"name": "x", "version": "1.0.0", "lockfileVersion": 3, "packages": {
		"": {"name": "x", "version": "1.0.0", "dependencies": {"served": "1.0.0"}, "devDependencies": {"tool": "1.0.0"}},
		"node_modules/served": {"version": "1.0.0"}, "node_modules/tool": {"version": "1.0.0", "dev": true}}}`)
	t.Setenv("npm_config_cache", t.TempDir())
	t.Setenv("npm_config_fetch_retries", "0")
	t.Setenv("npm_config_offline", "true") // does not make it pass
	for name, row := range map[string]struct {
		status int
		answer string
		err    error
		said   string
	}{
		"none":     {http.StatusOK, `{}`, nil, "npm's packages"},
		"served":   {http.StatusOK, advisory("served"), errFound, "served"},
		"tool":     {http.StatusOK, advisory("tool"), nil, "development  tool"},
		"refused":  {http.StatusMethodNotAllowed, ``, errNotAsked, "405"},
		"an error": {http.StatusInternalServerError, `{}`, errNotAsked, "npm audit"},
	} {
		t.Run(name, func(t *testing.T) {
			registry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Content-Type", "application/json")
				switch {
				case r.Method == http.MethodPost: // an older npm asks elsewhere, too, when it is refused
					w.WriteHeader(row.status)
					_, _ = w.Write([]byte(row.answer))
				case r.Method == http.MethodGet:
					name := strings.TrimPrefix(r.URL.Path, "/")
					_ = json.NewEncoder(w).Encode(map[string]any{"name": name, "dist-tags": map[string]string{"latest": "1.0.0"}, "versions": map[string]any{"1.0.0": map[string]any{"name": name, "version": "1.0.0"}}})
				default:
					w.WriteHeader(http.StatusNotFound)
				}
			}))
			t.Cleanup(registry.Close)
			t.Setenv("npm_config_registry", registry.URL)
			var out bytes.Buffer
			err := npmPackages(t.Context(), folder, &out)
			said := out.String()
			if err != nil {
				said += err.Error()
			}
			if !errors.Is(err, row.err) || (err == nil) != (row.err == nil) || !strings.Contains(said, row.said) {
				t.Errorf("%v, want %v and %q; it said:\n%s", err, row.err, row.said, said)
			}
		})
	}
	if err := npmPackages(t.Context(), t.TempDir(), &bytes.Buffer{}); !errors.Is(err, errNotAsked) {
		t.Errorf("without a lock file: %v", err)
	}
}

func advisory(name string) string {
	return `{"` + name + `": [{"id": 1, "url": "https://example", "title": "Made up", "severity": "high", "vulnerable_versions": "<2.0.0", "cwe": [], "cvss": {"score": 0}}]}`
}
