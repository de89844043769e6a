package functions_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/shared/sourcetest"
)

const module = "github.com/madang-council/madang/"

type pkg struct {
	ImportPath   string
	Imports      []string
	Deps         []string
	TestImports  []string
	XTestImports []string
}

// graph is the real import graph of the project, as the go command sees it.
var graph = sync.OnceValues(func() (map[string]pkg, error) {
	if err := sources(); err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "list", "-C", "..", "-json=ImportPath,Imports,Deps,TestImports,XTestImports", "./...").Output() // Dir would look at the topmost folder
	if err != nil {
		return nil, err
	}
	packages := map[string]pkg{}
	for d := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := d.Decode(&p); errors.Is(err, io.EOF) {
			return packages, nil
		} else if err != nil {
			return nil, err
		}
		packages[strings.TrimPrefix(p.ImportPath, module)] = p
	}
})

// sources looks at what the go command and git read for these tests.
func sources() error {
	return sourcetest.Look("../functions", "../shared", "../knative", "../tekton", "../go.mod")
}

// door is where a folder may go inside the project. Longer prefixes come first.
type door struct {
	from    string
	may     []string // prefixes inside the project
	mustNot []string // prefixes outside of it
}

// domain is where rules and stores may go, and noWeb what they know nothing of.
var (
	domain = []string{
		"shared/council/", "shared/identity/", "shared/media/", "shared/operation/", "shared/problem", "shared/database", "shared/event", "shared/clock",
		"shared/auth", "shared/check", "shared/cursor", "shared/secret", "shared/text", "shared/objects", "shared/mail", "shared/touch",
	}
	noWeb = []string{"github.com/labstack/echo", "github.com/redis/", "knative.dev/", "os/exec"}
)

var doors = []door{
	{from: "functions/cmd/", may: []string{"functions/", "functions/catalogue", "shared/host"}},
	{from: "functions/catalogue", may: []string{"shared/function", "shared/problem"}},
	{from: "functions/", may: []string{
		"shared/council/", "shared/identity/", "shared/media/", "shared/operation/", "shared/touch", "shared/function", "shared/problem", "shared/auth", "shared/event", "shared/check", "shared/clock", "shared/cursor",
		"shared/secret", "shared/text", "shared/database", "shared/mail", "shared/cloudevent", "shared/objects", "shared/ui", "shared/cookie",
	}, mustNot: []string{"github.com/labstack/echo", "github.com/redis/", "os/exec", "html/template", "text/template"}},
	{from: "shared/ui", may: []string{"shared/function", "shared/problem", "shared/auth", "shared/clock"}, mustNot: []string{"html/template", "text/template"}},
	{from: "shared/council/", may: domain, mustNot: noWeb},
	{from: "shared/identity/", may: domain, mustNot: noWeb},
	{from: "shared/media/", may: domain, mustNot: noWeb},
	{from: "shared/operation/", may: domain, mustNot: noWeb},
	{from: "shared/functiontest", may: []string{"shared/"}},
	{from: "shared/openapi", may: []string{"shared/"}},
	{from: "shared/host", may: []string{"shared/"}, mustNot: []string{"knative.dev/", "modernc.org/"}},
	{from: "shared/", may: []string{"shared/"}, mustNot: []string{"github.com/labstack/echo", "knative.dev/"}},
}

// rooms are the folders of the domain.
var rooms = []string{"shared/council/", "shared/identity/", "shared/media/", "shared/operation/"}

// webless are folders of the domain that need net/http all the same, each with its reason.
var webless = map[string]string{
	"shared/identity/oidc": "an OpenID Connect issuer is asked over HTTP",
}

func TestDoors(t *testing.T) {
	packages, err := graph()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range packages {
		i := slices.IndexFunc(doors, func(d door) bool { return strings.HasPrefix(name+"/", d.from) || strings.HasPrefix(name, d.from) })
		if i < 0 || name == "functions" || strings.HasSuffix(name, "test") {
			continue
		}
		d := doors[i]
		for _, imported := range p.Imports {
			inside, ours := strings.CutPrefix(imported, module)
			switch {
			case ours && !slices.ContainsFunc(d.may, func(m string) bool { return inside == m || strings.HasPrefix(inside, strings.TrimSuffix(m, "/")+"/") }):
				t.Errorf("%s must not import %s: move what both need to a package that %s may import, or, with a reason, add %q to the door of %q in functions/imports_test.go", name, inside, d.from, inside, d.from)
			case ours && d.from == "functions/" && strings.HasSuffix(inside, "test"):
				t.Errorf("%s links test code: import %s in its _test.go files alone", name, inside)
			case !ours && slices.ContainsFunc(d.mustNot, func(m string) bool { return strings.HasPrefix(imported, m) }):
				t.Errorf("%s must not import %s: the door of %q in functions/imports_test.go keeps it out; what needs it belongs in shared/host or a package of its own", name, imported, d.from)
			case imported == "net/http" && slices.ContainsFunc(rooms, func(room string) bool { return strings.HasPrefix(name, room) }):
				if _, excused := webless[name]; !excused {
					t.Errorf("%s must not import net/http: the domain knows no HTTP; answer with a *problem.Error, or, with a reason, add it to webless in functions/imports_test.go", name)
				}
			}
		}
	}
	for name := range webless {
		if p, there := packages[name]; !there || !slices.Contains(p.Imports, "net/http") {
			t.Errorf("%s does not import net/http: delete its line from webless in functions/imports_test.go", name)
		}
	}
}

// forbidden must not be in any function's binary, each for its reason.
var forbidden = map[string]string{
	"k8s.io/":                             "13 MiB of types; only tools talk to Kubernetes",
	"knative.dev/":                        "13 MiB of types; only tools talk to Knative",
	"helm.sh/":                            "only tools install",
	"modernc.org/sqlite":                  "SQLite is the laptop's",
	"github.com/alicebob/miniredis":       "the embedded Redis is the laptop's",
	"github.com/johannesboyne/gofakes3":   "the embedded object store is the laptop's",
	"github.com/rclone/gofakes3":          "the embedded object store is the laptop's",
	module + "shared/objects/embedded":    "the embedded object store is the laptop's",
	"github.com/pressly/goose":            "migrations run in their own job",
	"github.com/swaggest/":                "the API document is generated before",
	"github.com/getkin/kin-openapi":       "answers are checked in tests",
	"github.com/prometheus/client_golang": "with the CloudEvents SDK it keeps every method alive (10 MiB); VictoriaMetrics/metrics serves the same",
	"testing":                             "test code",
}

func TestBinaries(t *testing.T) {
	packages, err := graph()
	if err != nil {
		t.Fatal(err)
	}
	programs := 0
	for name, p := range packages {
		if !strings.HasPrefix(name, "functions/cmd/") {
			continue
		}
		programs++
		for _, dep := range p.Deps {
			for prefix, reason := range forbidden {
				if dep == prefix || strings.HasPrefix(dep, strings.TrimSuffix(prefix, "/")+"/") {
					t.Errorf("%s links %s: %s; `go mod why %s` and `go list -deps ./%s` say through what: cut that import", name, dep, reason, dep, name)
				}
			}
		}
	}
	if programs == 0 {
		t.Error("no programs were found: run task generate")
	}
}

// only names who may read the machine's clock and environment or end the process.
func TestAmbient(t *testing.T) {
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "-C", "..", "grep", "-nE", `\b(time\.Now\(|os\.Getenv\(|os\.LookupEnv\(|os\.Exit\(|log\.Fatal)`, "--", "functions/*.go", "shared/*.go", ":!*_test.go", ":!shared/host/", ":(exclude,glob)shared/**/*test/**").Output()
	var exit *exec.ExitError
	if errors.As(err, &exit) && exit.ExitCode() == 1 {
		return // nothing found
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Errorf("only shared/host and knative read the clock, the environment or end the process: take clock.Now(ctx), a field of function.Settings, or return an error:\n%s", out)
}
