// Package e2e tells stories: what people do with the council's homepage, as requests from
// outside. The stories are files in stories/, readable without knowing Go; the same ones
// are told to the local host and to whatever environment MADANG_URL names.
package e2e

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"github.com/madang-council/madang/knative/devhost/devhosttest"
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
			if os.Getenv("MADANG_URL") != "" {
				teller.environment = openEnvironment(t)
			}
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

func TestMain(m *testing.M) {
	if os.Getenv("MADANG_URL") != "" {
		if listen := os.Getenv("MADANG_SMTP"); listen != "" {
			postOffice = openPostOffice(listen)
		}
		if listen := os.Getenv("MADANG_HOOKS"); listen != "" {
			receivers = openReceivers(listen)
		}
		os.Exit(m.Run())
	}
	receivers = openReceivers("127.0.0.1:0")
	os.Exit(devhosttest.Main(m))
}

// startTarget is the environment of MADANG_URL with the admin of MADANG_ADMIN
// ("mail password"), or a local host of the story's own.
func startTarget(t testing.TB) *target {
	t.Helper()
	if address := os.Getenv("MADANG_URL"); address != "" {
		email, password, _ := strings.Cut(os.Getenv("MADANG_ADMIN"), " ")
		return &target{address: strings.TrimSuffix(address, "/"), email: email, password: password}
	}
	data := filepath.Join(t.TempDir(), "data of a story")
	settings := []string{"ORPHAN_AGE=1h", "OUTSIDE_NETWORKS=127.0.0.1/32", fmt.Sprint("OUTSIDE_PORTS=", receivers.at.Port)}
	h := devhosttest.Start(t, "127.0.0.1:0", data, settings...)
	return &target{address: h.Address, email: h.Email, password: h.Password, restart: func() {
		h.Kill()
		h = devhosttest.Start(t, strings.TrimPrefix(h.Address, "http://"), data, settings...)
	}}
}
