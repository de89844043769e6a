package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// What restores a dump is one script, whoever runs the database: nothing that serves is touched
// before the whole dump is in a database of its own, so that a broken one changes nothing, and what
// a newer release made since is not left among what is restored.
func TestRestoreTouchesNothingBefore(t *testing.T) {
	script, err := os.ReadFile(filepath.Join("files", "postgres", "restore.sh"))
	if err != nil {
		t.Fatal(err)
	}
	if own := of[corev1.ConfigMap](mustRender(t, production))["ConfigMap/postgres"].Data["restore.sh"]; strings.TrimSpace(own) != strings.TrimSpace(string(script)) {
		t.Errorf("the chart's own server has another one:\n%s", own)
	}
	for broken, want := range map[string][]string{
		"":  {"DROP DATABASE IF EXISTS restored CREATE DATABASE restored OWNER madang", "restored", "ALTER DATABASE madang RENAME", "ALTER DATABASE restored RENAME TO madang"},
		"1": {"DROP DATABASE IF EXISTS restored CREATE DATABASE restored OWNER madang", "restored"},
	} {
		bin := t.TempDir()
		log := filepath.Join(bin, "log")
		for name, text := range map[string]string{
			"postgres":   "",
			"psql":       `while [ $# -gt 0 ]; do [ "$1" != -c ] || { shift; printf '%s ' "$1"; }; last=$1; shift; done >>"$LOG"; [ "$last" != postgres ] || cat >>"$LOG" </dev/stdin; echo >>"$LOG"`,
			"pg_restore": `while [ $# -gt 1 ]; do shift; done; echo "$1" >>"$LOG"; cat >/dev/null; exit ${BROKEN:-0}`,
		} {
			if err := os.WriteFile(filepath.Join(bin, name), []byte("#!/bin/sh\n"+text+"\n"), 0o755); err != nil {
				t.Fatal(err)
			}
		}
		run := exec.Command("sh", "-c", string(script))
		run.Env = []string{"PATH=" + bin + ":" + os.Getenv("PATH"), "LOG=" + log, "BROKEN=" + broken}
		said, err := run.CombinedOutput()
		if (err != nil) != (broken != "") {
			t.Errorf("broken %q: %v\n%s", broken, err, said)
		}
		did, err := os.ReadFile(log)
		if err != nil {
			t.Fatal(err)
		}
		steps := strings.Split(strings.TrimSpace(string(did)), "\n")
		for i, line := range steps {
			line = strings.TrimSpace(line)
			if until, _, is := strings.Cut(line, " TO madang_until_"); is {
				line = until
			}
			steps[i] = strings.TrimSuffix(line, ";")
		}
		steps = slices.DeleteFunc(steps, func(s string) bool {
			return !slices.Contains(want, s) && !strings.HasPrefix(s, "ALTER DATABASE madang RENAME")
		})
		if !slices.Equal(steps, want) {
			t.Errorf("broken %q: %q, of\n%s", broken, steps, did)
		}
	}
}
