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
