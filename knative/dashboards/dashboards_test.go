package dashboards_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/knative/dashboards"
)

// file is what must be in a dashboard's file for Grafana to show it.
type file struct {
	UID           string `json:"uid"`
	Title         string `json:"title"`
	SchemaVersion int    `json:"schemaVersion"`
	Templating    struct {
		List []struct{ Name, Type, Query string }
	}
	Panels []struct {
		ID                       int
		Type, Title, Description string
		Datasource               struct{ Type, UID string }
		GridPos                  struct{ X, Y, W, H int }
		FieldConfig              struct{ Defaults struct{ Unit string } }
		Targets                  []struct {
			RefID, Expr string
			Datasource  struct{ Type, UID string }
		}
	}
}

var kinds = map[string]bool{"timeseries": true, "stat": true, "bargauge": true, "table": true}

// The files themselves, as Grafana's sidecar gets them.
func TestFiles(t *testing.T) {
	paths, err := filepath.Glob("../chart/files/dashboards/*.json")
	if err != nil || len(paths) != len(dashboards.All()) {
		t.Fatalf("%d files for %d dashboards: %v", len(paths), len(dashboards.All()), err)
	}
	uids := map[string]string{}
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		var d file
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatalf("%s: %v", path, err)
		}
		if d.UID == "" || len(d.UID) > 40 || d.Title == "" || d.SchemaVersion < 36 {
			t.Errorf("%s: uid %q, title %q, schema %d", path, d.UID, d.Title, d.SchemaVersion)
		}
		if other, twice := uids[d.UID]; twice {
			t.Errorf("%s and %s have one uid", path, other)
		}
		uids[d.UID] = path
		if len(d.Templating.List) != 1 || d.Templating.List[0].Name != "datasource" || d.Templating.List[0].Type != "datasource" || d.Templating.List[0].Query != "prometheus" {
			t.Errorf("%s: which Prometheus? %+v", path, d.Templating.List)
		}
		if len(text) > 900<<10 {
			t.Errorf("%s is too large for a ConfigMap", path)
		}
		checkPanels(t, path, d)
	}
}

// counter is a series that only grows, and whether it is asked over a time.
var counter = regexp.MustCompile(`\b\w+_(?:bucket|total|sum|count)\b(?:\{[^}]*\})?(\[)?`)

// series counts how many there are, whatever they say.
var series = regexp.MustCompile(`\bcount\(\w+\)`)

// What only grows says something over a time alone: at one moment it is an average of
// everything since a process began.
func checkCounters(t *testing.T, name, query string) {
	t.Helper()
	for _, found := range counter.FindAllStringSubmatch(series.ReplaceAllString(query, ""), -1) {
		if found[1] == "" {
			t.Errorf("%s: %s without rate() or increase(): %s", name, found[0], query)
		}
	}
}

func checkPanels(t *testing.T, path string, d file) {
	t.Helper()
	ids, taken := map[int]bool{}, map[[2]int]string{}
	for _, p := range d.Panels {
		name := path + ": " + p.Title
		if ids[p.ID] || p.ID == 0 {
			t.Errorf("%s: id %d", name, p.ID)
		}
		ids[p.ID] = true
		if p.Title == "" || p.Description == "" || p.FieldConfig.Defaults.Unit == "" || !kinds[p.Type] || len(p.Targets) == 0 {
			t.Errorf("%s: description %q, unit %q, type %q, %d queries", name, p.Description, p.FieldConfig.Defaults.Unit, p.Type, len(p.Targets))
		}
		if p.Datasource.UID != "${datasource}" || p.Datasource.Type != "prometheus" {
			t.Errorf("%s asks %+v", name, p.Datasource)
		}
		refs := map[string]bool{}
		for _, q := range p.Targets {
			if q.Expr == "" || refs[q.RefID] || q.Datasource.UID != "${datasource}" {
				t.Errorf("%s: query %+v", name, q)
			}
			refs[q.RefID] = true
			checkCounters(t, name, q.Expr)
		}
		if p.GridPos.W < 1 || p.GridPos.X+p.GridPos.W > 24 || p.GridPos.H < 1 {
			t.Errorf("%s is at %+v", name, p.GridPos)
		}
		for x := p.GridPos.X; x < p.GridPos.X+p.GridPos.W; x++ {
			for y := p.GridPos.Y; y < p.GridPos.Y+p.GridPos.H; y++ {
				if other, there := taken[[2]int{x, y}]; there {
					t.Fatalf("%s lies on %s", name, other)
				}
				taken[[2]int{x, y}] = p.Title
			}
		}
	}
}

// Every query is PromQL, by Prometheus' own parser.
func TestQueries(t *testing.T) {
	promtool, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must parse the queries: %v", err)
		}
		t.Skipf("queries are not parsed (Debian: prometheus): %v", err)
	}
	type rule struct {
		Record string `json:"record"`
		Expr   string `json:"expr"`
	}
	type group struct {
		Name  string `json:"name"`
		Rules []rule `json:"rules"`
	}
	groups := []group{}
	for _, d := range dashboards.All() {
		g := group{Name: d.Name}
		for _, p := range d.Panels {
			for _, q := range p.Queries {
				g.Rules = append(g.Rules, rule{"x", dashboards.Fill(q.Expr, "5m", "1h")})
			}
		}
		groups = append(groups, g)
	}
	check := func(groups []group) (string, error) {
		text, err := yaml.Marshal(map[string]any{"groups": groups})
		if err != nil {
			t.Fatal(err)
		}
		path := filepath.Join(t.TempDir(), "queries.yaml")
		if err := os.WriteFile(path, text, 0o600); err != nil {
			t.Fatal(err)
		}
		out, err := exec.Command(promtool, "check", "rules", "--lint=none", path).CombinedOutput()
		return string(out), err
	}
	if out, err := check(groups); err != nil {
		t.Errorf("%v\n%s", err, out)
	}
	if out, err := check([]group{{"wrong", []rule{{"x", "sum by function (rate(a[5m])"}}}}); err == nil {
		t.Errorf("the parser takes anything: %s", out)
	}
}

// A query names only metrics that something of ours, or Knative, writes.
func TestMetricsExist(t *testing.T) {
	written := map[string]bool{}
	names := regexp.MustCompile(`\b(?:madang|kn|container|machine|process|prometheus)_[a-z_]+`)
	for _, pattern := range []string{"../../shared/host/metrics.go", "../watch/*.go", "../logs/*.go", "../chart/files/edge/metrics.lua"} {
		paths, err := filepath.Glob(pattern)
		if err != nil || len(paths) == 0 {
			t.Fatalf("%s: %v", pattern, err)
		}
		for _, path := range paths {
			text, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for _, n := range names.FindAllString(string(text), -1) {
				written[n] = true
			}
		}
	}
	for _, d := range dashboards.All() {
		for _, p := range d.Panels {
			for _, q := range p.Queries {
				for _, n := range names.FindAllString(q.Expr, -1) {
					if !strings.HasPrefix(n, "madang_") || strings.HasPrefix(n, "madang_database_") || strings.HasPrefix(n, "madang_redis_") {
						continue // written by others, or under names that are put together; the stories see that they are there
					}
					base := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(n, "_bucket"), "_sum"), "_count")
					if !written[n] && !written[base] {
						t.Errorf("%s, %s: nobody writes %s", d.Name, p.Title, n)
					}
				}
			}
		}
	}
}
