package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"io"
	"maps"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/functions"
	rules "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/council/calendar"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database/sqlite"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/operation/bill"
)

// The first start of all says where everything is, in a dozen lines, and nothing else; what
// it says is so.
func TestGreeting(t *testing.T) {
	for _, name := range []string{"DATABASE_URL", "REDIS_URL", "S3_ENDPOINT", "SITE_URL"} {
		t.Setenv(name, "") // embedded, also where real servers are tested
	}
	data := filepath.Join(t.TempDir(), "data")
	ctx, stop := context.WithCancel(t.Context())
	read, out := io.Pipe()
	var log bytes.Buffer
	ended := make(chan error, 1)
	go func() {
		err := run(ctx, flags{addr: "localhost:0", data: data}, out, &log)
		_ = out.Close()
		ended <- err
	}()
	greeting := make([]byte, 10_000)
	n, err := read.Read(greeting)
	stop()
	if failed := <-ended; err != nil || failed != nil {
		t.Fatal(err, failed)
	}
	text := string(greeting[:n])
	if lines := strings.Count(text, "\n"); lines > 12 {
		t.Errorf("%d lines", lines)
	}
	secret, err := os.ReadFile(filepath.Join(data, "first-sign-in.json"))
	if err != nil {
		t.Fatal(err)
	}
	var first firstSignIn
	if err := yaml.Unmarshal(secret, &first); err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"마당  http://localhost:", "/sign-in  as  " + first.Email + " / " + first.Password, "/_dev/mail", data, "SQLite", "/console/notices/new", "README.md", "-routes", "-log"} {
		if !strings.Contains(text, want) {
			t.Errorf("no %q", want)
		}
	}
	routes := rules.Routes(functions.All())
	for _, path := range regexp.MustCompile(`http://localhost:\d+(/\S+)`).FindAllStringSubmatch(text, -1) {
		if _, ok := rules.Find(routes, path[1]); !ok && path[1] != "/_dev/mail" {
			t.Errorf("%s is nowhere", path[1])
		}
	}
	for line := range strings.Lines(log.String()) {
		// A busy machine may be too slow for a page or a part of one: it is rendered again when it is read.
		if !strings.Contains(line, `msg="page not stored"`) && !strings.Contains(line, "context deadline exceeded") {
			t.Errorf("logged: %s", line)
		}
	}
	if t.Failed() {
		t.Log(text)
	}
}

// The README has every flag, with the words of -h.
func TestReadmeHasFlags(t *testing.T) {
	readme, err := os.ReadFile("../../README.md")
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	set := flag.NewFlagSet("devhost", flag.ContinueOnError)
	new(flags).define(set)
	set.VisitAll(func(f *flag.Flag) {
		standard := ""
		if f.DefValue != "false" {
			standard = "`" + f.DefValue + "`"
		}
		want = append(want, strings.Join(strings.Fields(fmt.Sprintf("| `-%s` | %s | %s |", f.Name, f.Usage, standard)), " "))
	})
	var got []string
	for line := range strings.Lines(string(readme)) {
		if strings.HasPrefix(line, "| `-") {
			got = append(got, strings.TrimSpace(line))
		}
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("README.md has\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// -routes lists what there is and starts nothing.
func TestRoutes(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	var out bytes.Buffer
	if err := run(t.Context(), flags{routes: true, data: data}, &out, io.Discard); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(data); err == nil || !strings.Contains(out.String(), "  GET    /v1/notices/{id} ") {
		t.Errorf("%v: %s", err, &out)
	}
}

// Nothing is written into a folder with somebody's files, and such a folder is never deleted.
func TestPrepare(t *testing.T) {
	data := filepath.Join(t.TempDir(), "data")
	photos := filepath.Join(data, "photos")
	if err := os.MkdirAll(photos, 0o700); err != nil {
		t.Fatal(err)
	}
	for _, reset := range []bool{false, true, true} {
		if err := prepare(flags{data: data, reset: reset}); err == nil {
			t.Errorf("reset %v: somebody's folder was taken", reset)
		}
	}
	if err := os.Remove(photos); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(data, "madang.db")
	for _, reset := range []bool{false, false, true} {
		if err := prepare(flags{data: data, reset: reset}); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(kept); reset && err == nil {
			t.Error("reset has left something")
		}
		if err := os.WriteFile(kept, nil, 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

// Data from before a migration was changed is not served: the refusal says what to do.
func TestChangedMigration(t *testing.T) {
	applied := filepath.Join(t.TempDir(), "migrations.json")
	now := map[string]string{"20261201_minutes.sql": "new", "20261202_seats.sql": "new"}
	if err := unchanged(applied, now); err != nil {
		t.Error("nothing was applied:", err)
	}
	for was, want := range map[string]string{
		`{"20261201_minutes.sql":"new","20261203_gone.sql":"old"}`: "",
		`{"20261201_minutes.sql":"old"}`:                           "20261201_minutes.sql was changed after it was applied",
	} {
		if err := os.WriteFile(applied, []byte(was), 0o600); err != nil {
			t.Fatal(err)
		}
		err := unchanged(applied, now)
		if want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "-reset")) {
			t.Errorf("%s: %v, want %q", was, err, want)
		}
	}
}

// What a migration cannot be applied to is not served either.
func TestMigrationFails(t *testing.T) {
	t.Setenv("DATABASE_URL", "")
	f := flags{addr: "localhost:0", data: filepath.Join(t.TempDir(), "data")}
	if err := prepare(f); err != nil {
		t.Fatal(err)
	}
	db, err := sqlite.Open(filepath.Join(f.data, "madang.db"))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Exec(t.Context(), "CREATE TABLE members (id TEXT)"); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), f, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "begin anew by -reset") {
		t.Errorf("%v", err)
	}
}

// A second local host says which flag lets it listen elsewhere, and leaves the first its data.
func TestAddressInUse(t *testing.T) {
	taken, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "localhost:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	f := flags{addr: taken.Addr().String(), data: filepath.Join(t.TempDir(), "data"), reset: true}
	if err := prepare(f); err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(f.data, "madang.db")
	if err := os.WriteFile(kept, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := run(t.Context(), f, io.Discard, io.Discard); err == nil || !strings.Contains(err.Error(), "-addr") {
		t.Errorf("%v", err)
	}
	if _, err := os.Stat(kept); err != nil {
		t.Error(err)
	}
}

// A warning is one line that can be read.
func TestTerminalLog(t *testing.T) {
	var out bytes.Buffer
	log := terminalLog(&out)
	log.Info("request")
	log.With("function", "main").Warn("page not stored", "error", "redis is away")
	if got := out.String(); !regexp.MustCompile(`^time=\d\d:\d\d:\d\d level=WARN msg="page not stored" function=main error="redis is away"\n$`).MatchString(got) {
		t.Errorf("%q", got)
	}
}

// A laptop's pods cost what the chart's cost.
func TestPodsAreTheCharts(t *testing.T) {
	text, err := os.ReadFile("../chart/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		Functions struct {
			Window, CPU string
			Proxy       struct{ CPU, Memory string }
		}
		Bill struct {
			Node struct {
				Type             string
				WonPerHour, CPUs float64
				MemoryMiB        float64
			}
		}
	}
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	f, node := values.Functions, values.Bill.Node
	if lasts, err := time.ParseDuration(f.Window); err != nil || lasts != window {
		t.Errorf("window %s (%v)", f.Window, err)
	}
	var own, proxy int
	if _, err := fmt.Sscanf(f.CPU+" "+f.Proxy.CPU, "%dm %dm", &own, &proxy); err != nil || own+proxy != podCPUs*1000 {
		t.Errorf("CPU %s and %s (%v)", f.CPU, f.Proxy.CPU, err)
	}
	if f.Proxy.Memory != fmt.Sprintf("%dMi", proxyMiB) {
		t.Errorf("queue-proxy's memory %s", f.Proxy.Memory)
	}
	want := bill.Price{
		Node: node.Type, WonPerHour: node.WonPerHour, CPUs: node.CPUs, MemoryMiB: node.MemoryMiB,
		Source: laptopPrice.Source, SourceKO: laptopPrice.SourceKO,
	}
	if diff := cmp.Diff(want, laptopPrice); diff != "" {
		t.Error(diff)
	}
}

// What a council begins with has an English name, whether it runs on a laptop or by the chart.
func TestNames(t *testing.T) {
	t.Setenv("UNITS_EN", "")
	t.Setenv("TAGS_EN", "")
	settings, err := host.ReadSettings(nil)
	if err != nil {
		t.Fatal(err)
	}
	of, err := settings.Function()
	if err != nil {
		t.Fatal(err)
	}
	text, err := os.ReadFile("../chart/values.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var values struct {
		Site struct {
			Units           []string
			UnitsEn, TagsEn map[string]string
		}
	}
	if err := yaml.Unmarshal(text, &values); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(values.Site.Units, of.Units) || !maps.Equal(values.Site.UnitsEn, of.Names.Units) || !maps.Equal(values.Site.TagsEn, of.Names.Tags) {
		t.Errorf("the chart's names are %v, this program's are %v (shared/host/settings.go) and %v", values.Site, of.Units, of.Names)
	}
	for _, unit := range of.Units {
		if of.Names.Unit(unit).EN == "" {
			t.Errorf("the unit %s has no English name", unit)
		}
	}
	var kinds calendar.Policy
	kinds.Categories = kinds.Policies().Items[0].Value.(policy.Line).Default
	tags := kinds.Words()
	for _, template := range notice.BegunTemplates() {
		tags = append(tags, template.Tags...)
	}
	for _, spec := range functions.All() {
		if spec.Seed == nil {
			continue
		}
		for _, sown := range spec.Seed(function.Ground{Now: time.Now(), Pictures: make([]string, 3)}) {
			if list, ok := sown.Body["tags"].([]string); ok {
				tags = append(tags, list...)
			}
		}
	}
	for _, tag := range tags {
		if of.Names.Tag(tag).EN == "" {
			t.Errorf("the tag %s has no English name (shared/host/settings.go)", tag)
		}
	}
}
