// Package devhosttest runs the local host as a process of its own, for tests that use it as
// a person does.
package devhosttest

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/sourcetest"
)

// program is the local host, built once for a package's tests.
var program string

// Main builds the local host and runs the tests of a package below knative/.
func Main(m *testing.M) int {
	dir, err := os.MkdirTemp("", "madang host ") // with spaces, as some folders have
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	program = filepath.Join(dir, "devhost")
	if out, err := exec.Command("go", "build", "-o", program, "../devhost").CombinedOutput(); err != nil {
		panic(string(out))
	}
	return m.Run()
}

// Host is a running local host, with a seeded council unless it was started empty.
type Host struct {
	Address         string // "http://localhost:8080"
	Email, Password string // of its first admin
	Data            string // its folder
	command         *exec.Cmd
	log             bytes.Buffer
}

// Start starts a host at an address, as "localhost:0", with its data in a folder, and
// reads from its greeting where it is. Its backends are embedded, also where real ones are
// tested beside it; env are further settings. It ends with the test.
func Start(t testing.TB, address, data string, env ...string) *Host {
	t.Helper()
	look(t)
	return start(t, program, data, []string{"-addr", address, "-data", data}, env...)
}

// StartEmpty is Start with an admin and nothing else, as a new council begins.
func StartEmpty(t testing.TB, address, data string, env ...string) *Host {
	t.Helper()
	look(t)
	return start(t, program, data, []string{"-addr", address, "-data", data, "-empty"}, env...)
}

// StartBuilt is StartEmpty of a local host that was built by somebody else.
func StartBuilt(t testing.TB, program, data string) *Host {
	t.Helper()
	return start(t, program, data, []string{"-addr", "localhost:0", "-data", data, "-empty"})
}

// look looks at what the program is made of.
func look(t testing.TB) {
	t.Helper()
	if err := sourcetest.Look("../../functions", "../../shared", "../../knative", "../../go.mod"); err != nil {
		t.Fatal(err)
	}
}

func start(t testing.TB, program, data string, args []string, env ...string) *Host {
	t.Helper()
	h := &Host{Data: data, command: exec.Command(program, args...)}
	for _, v := range os.Environ() {
		if name, _, _ := strings.Cut(v, "="); name != "DATABASE_URL" && name != "REDIS_URL" && !strings.HasPrefix(name, "S3_") {
			h.command.Env = append(h.command.Env, v)
		}
	}
	h.command.Env = append(h.command.Env, env...)
	h.command.Stderr = &h.log
	out, err := h.command.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := h.command.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		h.Kill()
		if t.Failed() {
			t.Logf("the local host: %s", h.log.String())
		}
	})
	greeted := make(chan bool, 1)
	go func() {
		for lines := bufio.NewScanner(out); lines.Scan(); {
			what, rest, _ := strings.Cut(strings.TrimSpace(lines.Text()), "  ")
			switch what {
			case "Madang 마당":
				h.Address = strings.TrimSpace(rest)
			case "sign in":
				_, who, _ := strings.Cut(rest, "  as  ")
				h.Email, h.Password, _ = strings.Cut(who, " / ")
				greeted <- true
			}
		}
		greeted <- false
	}()
	select {
	case ok := <-greeted:
		if !ok {
			t.Fatal("the local host ended")
		}
	case <-time.After(2 * time.Minute):
		t.Fatal("the local host does not greet")
	}
	return h
}

// End ends the process as Ctrl+C does: what it is doing is done first.
func (h *Host) End() {
	_ = h.command.Process.Signal(os.Interrupt)
	_ = h.command.Wait()
}

// Kill ends the process as kill -9 does.
func (h *Host) Kill() {
	_ = h.command.Process.Kill()
	_ = h.command.Wait()
}
