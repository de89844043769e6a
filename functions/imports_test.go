package functions_test

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"path"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/shared/sourcetest"
)

const module = "github.com/madang-council/madang/"

type pkg struct {
	ImportPath string
	Imports    []string
	Deps       []string
}

// helps says that a package is what only tests import. A function whose name ends so (contest) is none.
func helps(folder string) bool {
	return strings.HasSuffix(folder, "test") && !strings.HasPrefix(folder, "functions/")
}

// graph is the real import graph of the project, as the go command sees it.
var graph = sync.OnceValues(func() (map[string]pkg, error) {
	if err := sources(); err != nil {
		return nil, err
	}
	out, err := exec.Command("go", "list", "-C", "..", "-json=ImportPath,Imports,Deps", "./...").Output() // Dir would look at the topmost folder
	if err != nil {
		return nil, err
	}
	packages := map[string]pkg{} // by their path in the project
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
	may     []string // prefixes inside the project; "=" before one names it alone, without what is below it
	mustNot []string // prefixes outside of it
	why     string   // where what is refused belongs instead
}

// What doors have in common.
var (
	domain = []string{
		"shared/council/thing", "shared/council/policy", "shared/media/", "shared/problem", "shared/database", "shared/event", "shared/clock", "shared/text",
		"shared/check", "shared/cursor", "shared/auth", "shared/secret", "shared/objects", "shared/mail", "shared/touch", "shared/chore", "shared/person", "shared/weblink", "shared/outside", "shared/webpush",
	}
	noWeb    = []string{"github.com/labstack/echo", "github.com/redis/", "knative.dev/", "os/exec", "maragu.dev/gomponents"}
	noMarkup = []string{"html/template", "text/template"} // they keep every method of a program alive
)

var doors = []door{
	{from: "functions/cmd/", may: []string{"functions/", "shared/host"}, why: "a program is generated: run task generate"},
	{from: "functions/catalogue", may: []string{"shared/function", "shared/person", "shared/problem"}, why: "the catalogue is generated: run task generate"},
	{from: "functions/", may: []string{
		"shared/council/", "shared/identity/", "shared/media/", "shared/operation/", "shared/touch", "shared/chore", "shared/person", "shared/function", "shared/problem", "shared/auth",
		"shared/event", "shared/check", "shared/clock", "shared/cursor", "shared/secret", "shared/text", "shared/database", "shared/mail", "shared/cloudevent", "shared/objects",
		"shared/ui", "shared/cookie", "shared/face", "shared/outside", "shared/webpush",
	}, mustNot: append([]string{"github.com/labstack/echo", "github.com/redis/", "os/exec"}, noMarkup...), why: "a function knows its own page and desk and what is shared; what two functions need belongs in shared"},
	{from: "shared/ui/desk", may: []string{"=shared/ui", "shared/function", "shared/problem", "shared/auth", "shared/text", "shared/clock"}, mustNot: noMarkup, why: "widgets know no domain: let the page give them plain values"},
	{from: "shared/ui", may: []string{"=shared/face", "shared/function", "shared/problem", "shared/auth", "shared/text", "shared/clock"}, mustNot: noMarkup, why: "widgets know no domain: let the page give them plain values"},
	{from: "shared/council/persons", may: append([]string{"shared/council/", "shared/identity/", "shared/media/", "shared/operation/", "=shared/function"}, domain...), mustNot: noWeb, why: "the list of what is kept about members asks every store, and nothing else; with it the catalogue of functions says what people are told"},
	{from: "shared/council/policies", may: append([]string{"shared/council/", "=shared/function"}, domain...), mustNot: noWeb, why: "the list of what the council decides asks every domain, and nothing else"},
	{from: "shared/council/", may: domain, mustNot: noWeb, why: "another domain needs a line with its reason in crossings"},
	{from: "shared/identity/", may: domain, mustNot: noWeb, why: "another domain needs a line with its reason in crossings"},
	{from: "shared/media/", may: domain, mustNot: noWeb, why: "another domain needs a line with its reason in crossings"},
	{from: "shared/operation/", may: domain, mustNot: noWeb, why: "another domain needs a line with its reason in crossings"},
	{from: "shared/face/colour", may: []string{"=shared/face"}, mustNot: noWeb, why: "colours are derived when they are saved: only settings links it"},
	{from: "shared/face/icon", may: []string{"=shared/face"}, mustNot: noWeb, why: "icons are drawn when they are asked for: only site links it"},
	{from: "shared/face", may: []string{"shared/problem", "shared/database", "shared/clock", "shared/check", "shared/touch"}, mustNot: append(noWeb, "github.com/lucasb-eyer/go-colorful"), why: "every page reads a face: colours are derived in shared/face/colour"},
	{from: "shared/functiontest", may: []string{"shared/"}},
	{from: "shared/openapi", may: []string{"shared/"}},
	{from: "shared/host", may: []string{"shared/"}, mustNot: []string{"knative.dev/", "modernc.org/"}},
	{from: "shared/", may: []string{"shared/"}, mustNot: []string{"github.com/labstack/echo", "knative.dev/"}, why: "shared knows no function and nothing of Knative"},
	{from: "knative/", may: []string{"=functions", "knative/", "shared/"}, why: "knative runs what functions.All lists: no function by name"},
	{from: "tekton/", may: []string{"tekton/", "knative/"}, why: "the pipeline names no function and no domain"},
}

// crossings are the ways from one package of the domain to another that a rule needs, each
// with it. What is in shared/media, the index of things and the council's numbers are open to all.
var crossings = map[string]map[string]string{
	"shared/council/delivery": {
		"shared/council/inbox":   "what is sent is in the list on the site, too",
		"shared/council/topic":   "deliveries follow from topics, and who wants to hear of them",
		"shared/identity/member": "mail goes to a member's address, and says what they may read",
	},
	"shared/council/inbox": {
		"shared/council/topic": "what is told of the council's work leads to its desk, and is seen by who does that work",
	},
	"shared/council/minute": {
		"shared/council/due": "minutes are to be published within days, and say so",
	},
	"shared/operation/channel": {
		"shared/operation/audit": "a channel that is paused for its failures is in the log",
	},
	"shared/identity/account": {
		"shared/identity/attempt":    "tries of codes and passwords are counted where accounts are asked for them",
		"shared/identity/credential": "signing up makes a member and their password at once",
		"shared/identity/member":     "signing up makes a member and their password at once",
		"shared/identity/session":    "a session gets other tokens when how its member signs in changes, and the others end",
	},
	"shared/identity/member": {
		"shared/identity/session": "who leaves or is suspended is signed out at once",
	},
	"shared/identity/credential": {
		"shared/operation/audit":   "signing in of the council is in the log",
		"shared/identity/attempt":  "who guesses waits longer each time",
		"shared/identity/password": "a password is one way to sign in",
		"shared/identity/session":  "a proof begins a session, and changing one ends the others",
		"shared/identity/totp":     "a second factor is one way to sign in",
	},
}

// rooms are the folders of the domain.
var rooms = []string{"shared/council/", "shared/identity/", "shared/media/", "shared/operation/"}

func inRooms(name string) bool {
	return slices.ContainsFunc(rooms, func(room string) bool { return strings.HasPrefix(name, room) })
}

// webless are folders of the domain that need net/http all the same, each with its reason.
var webless = map[string]string{
	"shared/identity/oidc": "an OpenID Connect issuer is asked over HTTP",
}

// allows says whether a package may import another one of the project.
func (d door) allows(name, imported string) bool {
	if d.from == "functions/" {
		if parts := strings.Split(name, "/"); strings.HasPrefix(imported, strings.Join(parts[:2], "/")+"/") {
			return len(parts) == 2 // its own page and desk, but not one the other
		}
	}
	if _, crosses := crossings[name][imported]; crosses {
		return true
	}
	return slices.ContainsFunc(d.may, func(m string) bool {
		if alone, ok := strings.CutPrefix(m, "="); ok {
			return imported == alone
		}
		return imported == m || strings.HasPrefix(imported, strings.TrimSuffix(m, "/")+"/")
	})
}

func TestDoors(t *testing.T) {
	packages, err := graph()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range packages {
		i := slices.IndexFunc(doors, func(d door) bool { return strings.HasPrefix(name+"/", d.from) || strings.HasPrefix(name, d.from) })
		if name == "functions" { // the list of all
			continue
		}
		if i < 0 {
			t.Errorf("%s belongs to no room: put it below functions, shared, knative or tekton, or give it a door in functions/imports_test.go", name)
			continue
		}
		if helps(name) {
			continue
		}
		d := doors[i]
		for _, imported := range p.Imports {
			inside, ours := strings.CutPrefix(imported, module)
			switch {
			case ours && !d.allows(name, inside):
				t.Errorf("%s must not import %s: %s (functions/imports_test.go)", name, inside, d.why)
			case ours && helps(inside) && !strings.HasPrefix(name, "shared/functiontest") && !strings.HasPrefix(name, "knative/") && !strings.HasPrefix(name, "tekton/"):
				t.Errorf("%s links test code: move what it needs of %s out of there", name, inside)
			case !ours && slices.ContainsFunc(d.mustNot, func(m string) bool { return strings.HasPrefix(imported, m) }):
				t.Errorf("%s must not import %s: %s (functions/imports_test.go)", name, imported, d.why)
			case imported == "net/http" && inRooms(name):
				if _, excused := webless[name]; !excused {
					t.Errorf("%s must not import net/http: the domain knows no HTTP; let the function turn it into plain values", name)
				}
			}
		}
	}
	for name := range webless {
		if p, there := packages[name]; !there || !slices.Contains(p.Imports, "net/http") {
			t.Errorf("the exception for %s in webless is stale: delete it", name)
		}
	}
	for name, to := range crossings {
		for other := range to {
			if !slices.Contains(packages[name].Imports, module+other) {
				t.Errorf("%s does not import %s any more: delete the line in crossings", name, other)
			}
		}
	}
}

// A program links the domains that its function's folder names, and what those need; a
// menu, a log or a widget brings in no other.
func TestProgramsLinkTheirDomainsAlone(t *testing.T) {
	packages, err := graph()
	if err != nil {
		t.Fatal(err)
	}
	for name, p := range packages {
		function, program := strings.CutPrefix(name, "functions/cmd/")
		if !program {
			continue
		}
		named := map[string]bool{}
		for domain := range hosted {
			named[domain] = true
		}
		for other, q := range packages {
			if other != "functions/"+function && !strings.HasPrefix(other, "functions/"+function+"/") {
				continue
			}
			for _, imported := range q.Imports {
				inside, _ := strings.CutPrefix(imported, module)
				named[inside] = true
				for _, dep := range packages[inside].Deps {
					if inRooms(inside) { // what a domain needs follows it
						inside, _ := strings.CutPrefix(dep, module)
						named[inside] = true
					}
				}
			}
		}
		for _, dep := range p.Deps {
			inside, ours := strings.CutPrefix(dep, module)
			if ours && inRooms(inside) && !named[inside] {
				t.Errorf("%s links %s, which nothing in functions/%s names: `go list -deps` says through what; cut that import", name, inside, function)
			}
			if function == "site" && ours && inRooms(inside) && hosted[inside] == "" && !strings.HasPrefix(inside, "shared/identity/") {
				t.Errorf("%s links %s: accounts and the frame of all pages need no other domain than the members'; that page belongs to the function whose domain it is", name, inside)
			}
		}
	}
}

// hosted are the domains that every program links, because the host answers for them.
var hosted = map[string]string{
	"shared/identity/session":      "who asks",
	"shared/operation/audit":       "what was done is written down",
	"shared/operation/idempotency": "answers are kept for their key",
	"shared/council/thing":         "what is urgent is on every page",
	"shared/council/policy":        "switches",
	"shared/council/inbox":         "the bell is on every page",
	"shared/council/topic":         "what the bell counts was chosen",
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

// What makes tests fast and a council unsafe is used by tests alone: passwords hashed by the least work, a database that
// waits for no disk.
func TestTestsAlone(t *testing.T) {
	if err := sources(); err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("git", "-C", "..", "grep", "-nE", `\bTrial(:|\(true\)| =)|sqlite\.Fleeting\(`, "--", "*.go").Output()
	if err != nil {
		t.Fatalf("nothing uses them any more? %v", err)
	}
	for line := range strings.Lines(string(out)) {
		file, _, _ := strings.Cut(line, ":")
		if !strings.HasSuffix(file, "_test.go") && !strings.HasSuffix(path.Dir(file), "test") {
			t.Errorf("only tests may: %s", line)
		}
	}
}
