package e2e

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/madang-council/madang/knative/devhost/devhosttest"
)

// The README's lines work as they stand there; only their minute is shortened.
func TestReadme(t *testing.T) {
	if os.Getenv("MADANG_URL") != "" {
		t.Skip("the README's lines are for the local host")
	}
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, ok := strings.Cut(string(readme), "## Try it\n")
	_, rest, opened := strings.Cut(rest, "```sh\n")
	script, _, closed := strings.Cut(rest, "```\n")
	if !ok || !opened || !closed {
		t.Fatal("the README has no lines to try")
	}
	h := devhosttest.Start(t, "127.0.0.1:0", filepath.Join(t.TempDir(), "madang data"))
	for from, to := range map[string]string{"http://localhost:8080": h.Address, "DATA=madang-data": `DATA="` + h.Data + `"`, "+1 minute": "+6 seconds", "sleep 60": "sleep 7"} {
		if !strings.Contains(script, from) {
			t.Fatalf("the README's lines have no %q", from)
		}
		script = strings.ReplaceAll(script, from, to)
	}
	command := exec.Command("bash", "-c", script)
	command.Dir = t.TempDir()
	out, err := command.CombinedOutput()
	if err != nil {
		t.Errorf("%v", err)
	}
	text := string(out)
	for _, want := range []string{"cut off\n", `"state":"complete"`, `"state":"scheduled"`, "\n0\n", "Cache-Status: madang; hit; ttl=", "\n한 글자씩 봄\n", `"verified":true`} {
		if !strings.Contains(text, want) {
			t.Errorf("the README's lines did not print %q", want)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}
