package host_test

import (
	"os"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/host"
)

// A list of settings is read as it is meant, with spaces and a comma behind its last entry.
func TestListsOfSettings(t *testing.T) {
	plain := map[string]string{"CAMPUS_NETWORKS": "203.0.113.0/24,2001:db8::/32", "OUTSIDE_NETWORKS": "10.20.0.0/16"}
	for f := range reflect.TypeFor[host.Settings]().Fields() {
		name := f.Tag.Get("env")
		if f.Type.Kind() != reflect.Slice {
			continue
		}
		if plain[name] == "" {
			plain[name] = "1,2"
		}
		want, err := host.ReadSettings(map[string]string{name: plain[name]})
		if err != nil {
			t.Fatal(err)
		}
		for _, written := range []string{plain[name] + ",", ", " + strings.ReplaceAll(plain[name], ",", " , ,\n") + " ,,"} {
			if got, err := host.ReadSettings(map[string]string{name: written}); err != nil || !reflect.DeepEqual(got, want) {
				t.Errorf("%s=%q is %v, %v", name, written, reflect.ValueOf(got).FieldByIndex(f.Index), err)
			}
		}
		empty, err := host.ReadSettings(map[string]string{name: ""})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := host.ReadSettings(map[string]string{name: " , "}); err != nil || !reflect.DeepEqual(got, empty) {
			t.Errorf("%s without an entry is %v, %v", name, reflect.ValueOf(got).FieldByIndex(f.Index), err)
		}
	}
}

// A setting is in the table of the README and given by the chart, and neither names one that
// there is not.
func TestSettingsAreToldAndGiven(t *testing.T) {
	known := []string{}
	for f := range reflect.TypeFor[host.Settings]().Fields() {
		if name := f.Tag.Get("env"); name != "" {
			known = append(known, name)
		}
	}
	read := func(path string) string {
		content, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		return string(content)
	}
	_, table, _ := strings.Cut(read("../../README.md"), "\n## Settings\n")
	table, _, _ = strings.Cut(table, "\nThe local host takes flags")
	compare := func(where, text string, pattern *regexp.Regexp, other ...string) {
		named := []string{}
		for _, m := range pattern.FindAllStringSubmatch(text, -1) {
			named = append(named, m[1])
		}
		for _, name := range known {
			if !slices.Contains(named, name) && !slices.Contains(other, name) {
				t.Errorf("%s does not have %s of host.Settings", where, name)
			}
		}
		for _, name := range named {
			if !slices.Contains(known, name) && !slices.Contains(other, name) {
				t.Errorf("%s has %s, which is none of host.Settings", where, name)
			}
		}
	}
	rows := []string{}
	for line := range strings.Lines(table) {
		if cells := strings.Split(line, "|"); len(cells) > 2 {
			rows = append(rows, cells[1])
		}
	}
	compare("README.md, Settings,", strings.Join(rows, "\n"), regexp.MustCompile("`([A-Z][A-Z0-9_]+)`"))
	// Knative gives PORT itself; METRICS_ADDR is everywhere the same, and GOMEMLIMIT is Go's.
	compare("knative/chart/templates/functions.yaml", read("../../knative/chart/templates/functions.yaml"), regexp.MustCompile(`name: ([A-Z][A-Z0-9_]+)\b`), "PORT", "METRICS_ADDR", "GOMEMLIMIT")
}
