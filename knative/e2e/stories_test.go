// Package e2e tells stories: what people do with the council's homepage, as requests from
// outside. The stories are files in stories/, readable without knowing Go; the same ones
// are told to the local host and to whatever environment MADANG_URL names.
package e2e

import (
	"bufio"
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// target is what the stories are told to.
type target struct {
	address, email, password string
	restart                  func() // kills the process in the midst of what it does and starts it again; nil where there is none
}

func TestStories(t *testing.T) {
	stories, err := filepath.Glob("stories/*.txtar")
	if err != nil || len(stories) == 0 {
		t.Fatalf("no stories: %v", err)
	}
	for _, story := range stories {
		t.Run(strings.TrimSuffix(filepath.Base(story), ".txtar"), func(t *testing.T) {
			teller := newTeller(startTarget(t))
			testscript.Run(t, testscript.Params{
				Files: []string{story}, Cmds: commands, RequireExplicitExec: true,
				Setup: func(e *testscript.Env) error {
					e.Values[tellerKey{}] = teller
					return nil
				},
			})
		})
	}
}

// program is the local host, built once.
var program string

func TestMain(m *testing.M) {
	if os.Getenv("MADANG_URL") != "" {
		if listen := os.Getenv("MADANG_SMTP"); listen != "" {
			postOffice = openPostOffice(listen)
		}
		os.Exit(m.Run())
	}
	dir, err := os.MkdirTemp("", "madang e2e ") // with spaces, as some folders have
	if err != nil {
		panic(err)
	}
	program = filepath.Join(dir, "devhost")
	for _, folder := range []string{"../../functions", "../../shared", "../../knative", "../../go.mod"} {
		_, _ = os.Stat(folder) // what the program is made of: the go command keeps no result when it has changed (tekton/README.md)
	}
	if out, err := exec.Command("go", "build", "-o", program, "../devhost").CombinedOutput(); err != nil {
		panic(string(out))
	}
	code := m.Run()
	_ = os.RemoveAll(dir)
	os.Exit(code)
}

// startTarget is the environment of MADANG_URL with the admin of MADANG_ADMIN
// ("mail password"), or a local host of the story's own.
func startTarget(t testing.TB) *target {
	t.Helper()
	if address := os.Getenv("MADANG_URL"); address != "" {
		email, password, _ := strings.Cut(os.Getenv("MADANG_ADMIN"), " ")
		return &target{address: strings.TrimSuffix(address, "/"), email: email, password: password}
	}
	h := &localHost{t: t, data: filepath.Join(t.TempDir(), "data of a story")}
	h.start("127.0.0.1:0")
	t.Cleanup(h.kill)
	return &target{address: h.address, email: h.email, password: h.password, restart: func() {
		h.kill()
		h.start(strings.TrimPrefix(h.address, "http://"))
	}}
}

type localHost struct {
	t                              testing.TB
	data, address, email, password string
	command                        *exec.Cmd
	log                            bytes.Buffer
}

// start starts the process and reads from its greeting where it is and who the admin is.
func (h *localHost) start(addr string) {
	h.t.Helper()
	h.command = exec.Command(program, "-addr", addr, "-data", h.data, "-quiet")
	for _, v := range os.Environ() { // the story's own embedded backends, also where real ones are tested beside it
		if name, _, _ := strings.Cut(v, "="); name != "DATABASE_URL" && name != "REDIS_URL" && !strings.HasPrefix(name, "S3_") {
			h.command.Env = append(h.command.Env, v)
		}
	}
	h.command.Env = append(h.command.Env, "ORPHAN_AGE=1h")
	h.command.Stderr = &h.log
	out, err := h.command.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	if err := h.command.Start(); err != nil {
		h.t.Fatal(err)
	}
	greeted := make(chan bool, 1)
	go func() {
		lines := bufio.NewScanner(out)
		for lines.Scan() {
			fields := strings.Fields(lines.Text())
			switch {
			case len(fields) == 3 && fields[0] == "Madang":
				h.address = fields[2]
			case len(fields) == 5 && fields[0] == "first" && fields[1] == "sign-in":
				h.email, h.password = fields[2], fields[4]
				greeted <- true
			}
		}
		greeted <- false
	}()
	select {
	case ok := <-greeted:
		if !ok {
			_ = h.command.Wait()
			h.t.Fatalf("the local host ended: %s", h.log.String())
		}
	case <-time.After(time.Minute):
		h.t.Fatal("the local host does not greet")
	}
}

// kill ends the process as kill -9 does.
func (h *localHost) kill() {
	_ = h.command.Process.Kill()
	_ = h.command.Wait()
}
