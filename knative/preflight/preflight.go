// Package preflight says, before anything of an installation is made, what would keep it
// from working: each check compares what the chart asks for with what the cluster says.
//
// A check is a function of a [Plan] and of [Facts] alone; [Gather] asks the cluster and the
// registries. What may not be asked is not passed and not failed: it is Unknown.
package preflight

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// Level is how a check ended.
type Level string

// The levels, from the best to the worst.
const (
	Passed  Level = "ok"
	Unknown Level = "unknown" // could not be asked
	Warned  Level = "warning" // it works, and somebody will be sorry
	Failed  Level = "failed"  // it would not work
)

// Finding is what a check found: one line for a person.
type Finding struct {
	Check string
	Level Level
	Text  string
}

// check is one of the checks, by the name that -despite takes.
type check struct {
	name string
	see  func(Plan, Facts) []Finding
}

var checks = []check{
	{"kinds", kinds}, {"versions", versions}, {"storage", storage}, {"database", database}, {"pods", podSecurity}, {"network", network},
	{"disruptions", disruptions}, {"tls", tls}, {"files", files}, {"images", images}, {"room", room},
}

// Names are the names of all checks, in their order.
func Names() []string {
	names := []string{}
	for _, c := range checks {
		names = append(names, c.name)
	}
	return names
}

// Run makes the checks of these names, all of them where there is none.
func Run(p Plan, f Facts, names ...string) []Finding {
	found := []Finding{}
	for _, c := range checks {
		if len(names) > 0 && !slices.Contains(names, c.name) {
			continue
		}
		for _, each := range c.see(p, f) {
			each.Check = c.name
			found = append(found, each)
		}
	}
	return found
}

// Print writes findings, one a line, those of Passed only where all is true.
func Print(w io.Writer, found []Finding, all bool) {
	for _, f := range found {
		if all || f.Level != Passed {
			_, _ = fmt.Fprintf(w, "%-8s %-12s %s\n", f.Level, f.Check, f.Text)
		}
	}
}

// Err is the error of findings that Failed, but for those of checks in despite; nil where
// there are none.
func Err(found []Finding, despite []string) error {
	failed := []string{}
	for _, f := range found {
		if f.Level == Failed && !slices.Contains(despite, f.Check) && !slices.Contains(failed, f.Check) {
			failed = append(failed, f.Check)
		}
	}
	if len(failed) == 0 {
		return nil
	}
	return fmt.Errorf("it would not work, so nothing was made: %s, as said above (-despite %s goes on)", strings.Join(failed, ", "), strings.Join(failed, ","))
}

func passed(format string, a ...any) []Finding { return one(Passed, format, a...) }
func warned(format string, a ...any) []Finding { return one(Warned, format, a...) }
func failed(format string, a ...any) []Finding { return one(Failed, format, a...) }

func one(level Level, format string, a ...any) []Finding {
	return []Finding{{Level: level, Text: fmt.Sprintf(format, a...)}}
}

// orPassed is what was found, or that nothing was.
func orPassed(found []Finding, format string, a ...any) []Finding {
	if len(found) == 0 {
		return passed(format, a...)
	}
	return found
}

// unknown is a finding for each of what could not be asked.
func (f Facts) unknown(asked ...string) []Finding {
	found := []Finding{}
	for _, what := range asked {
		if err := f.Denied[what]; err != nil {
			found = append(found, one(Unknown, "%s: %v", what, err)...)
		}
	}
	return found
}
