// Command vulnerabilities asks which known vulnerabilities are in what runs, and fails where
// there is one that the code calls. It fails too where it could not look: a database that
// does not answer, or that nobody has brought up to date, says nothing.
//
//	vulnerabilities [-db https://vuln.go.dev] [-npm folder]... [packages]
//
// Go modules and the standard library are looked at by govulncheck, from the functions that
// programs reach. What npm installs is asked for by its lock file with npm audit; what is
// only there for development is named and fails nothing.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// What a run ends with, beside nil.
var (
	errFound    = errors.New("vulnerable")
	errNotAsked = errors.New("could not look")
)

// order is what the caller wants.
type order struct {
	db       string        // govulncheck's, https://… or file:///…
	age      time.Duration // that it may have
	npm      []string      // folders with package-lock.json
	tools    string        // the tool file of govulncheck
	packages []string
	now      func() time.Time
}

func main() {
	o := order{now: time.Now}
	flag.StringVar(&o.db, "db", "https://vuln.go.dev", "a Go vulnerability database, or a mirror: https://… or file:///…")
	flag.DurationVar(&o.age, "age", 14*24*time.Hour, "how old the newest entry of the database may be")
	flag.StringVar(&o.tools, "tools", "tools.mod", "the tool file that names govulncheck")
	flag.Func("npm", "a folder with a package-lock.json; may be given several times", func(v string) error {
		o.npm = append(o.npm, v)
		return nil
	})
	flag.Parse()
	if o.packages = flag.Args(); len(o.packages) == 0 {
		o.packages = []string{"./..."}
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "vulnerabilities:", err)
		os.Exit(1)
	}
}

// run looks at everything before it says what it found.
func run(ctx context.Context, o order, out io.Writer) error {
	errs := []error{goModules(ctx, o, out)}
	for _, folder := range o.npm {
		errs = append(errs, npmPackages(ctx, folder, out))
	}
	found := []string{}
	for _, err := range errs {
		if err != nil {
			found = append(found, err.Error())
		}
	}
	if len(found) == 0 {
		return nil
	}
	// One line: it is what a commit's status says.
	return fmt.Errorf("%w", &joined{strings.Join(found, "; "), errs})
}

// joined is several errors on one line.
type joined struct {
	text string
	errs []error
}

func (j *joined) Error() string   { return j.text }
func (j *joined) Unwrap() []error { return j.errs }

// message is one of govulncheck's (golang.org/x/vuln/internal/govulncheck).
type message struct {
	Config *struct {
		DB           string     `json:"db"`
		LastModified *time.Time `json:"db_last_modified"`
	} `json:"config"`
	OSV *struct {
		ID      string `json:"id"`
		Summary string `json:"summary"`
	} `json:"osv"`
	Finding *finding `json:"finding"`
}

type finding struct {
	OSV   string `json:"osv"`
	Fixed string `json:"fixed_version"`
	Trace []struct {
		Module   string `json:"module"`
		Version  string `json:"version"`
		Package  string `json:"package"`
		Function string `json:"function"`
		Receiver string `json:"receiver"`
	} `json:"trace"` // from the vulnerable symbol to what calls it; without Function nothing does
}

// called is whether the program reaches the vulnerable function.
func (f finding) called() bool { return len(f.Trace) > 0 && f.Trace[0].Function != "" }

func (f finding) String() string {
	at, by := f.Trace[0], f.Trace[len(f.Trace)-1]
	fixed := "no fix"
	if f.Fixed != "" {
		fixed = "fixed in " + f.Fixed
	}
	text := fmt.Sprintf("%s in %s %s, %s", f.OSV, at.Module, at.Version, fixed)
	if f.called() {
		text += ", called by " + by.Package + "." + by.Function
	}
	return text
}

// goModules runs govulncheck.
func goModules(ctx context.Context, o order, out io.Writer) error {
	arguments := append([]string{"tool", "-modfile=" + o.tools, "govulncheck", "-db", o.db, "-format", "json"}, o.packages...)
	answer, err := output(ctx, "", "go", arguments...)
	if err != nil {
		return fmt.Errorf("modules of Go: %w: %w", errNotAsked, err)
	}
	findings, summaries := map[string]finding{}, map[string]string{}
	var modified *time.Time
	for decoder := json.NewDecoder(bytes.NewReader(answer)); ; {
		var m message
		err := decoder.Decode(&m)
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return fmt.Errorf("modules of Go: %w: govulncheck's answer: %w", errNotAsked, err)
		}
		if m.Config != nil {
			modified = m.Config.LastModified
		}
		if m.OSV != nil {
			summaries[m.OSV.ID] = m.OSV.Summary
		}
		if f := m.Finding; f != nil && len(f.Trace) > 0 && (f.called() || findings[f.OSV].OSV == "") {
			findings[f.OSV] = *f
		}
	}
	switch {
	case modified == nil:
		return fmt.Errorf("modules of Go: %w: %s does not say how old it is", errNotAsked, o.db)
	case o.now().Sub(*modified) > o.age:
		return fmt.Errorf("modules of Go: %w: the newest entry of %s is of %s", errNotAsked, o.db, modified.Format(time.DateOnly))
	}
	_, _ = fmt.Fprintf(out, "modules of Go by %s of %s:\n", o.db, modified.Format(time.DateOnly))
	bad := []string{}
	for _, id := range slices.Sorted(maps.Keys(findings)) {
		f := findings[id]
		mark := "  not called"
		if f.called() {
			mark = "  CALLED"
			bad = append(bad, f.String())
		}
		_, _ = fmt.Fprintf(out, "%s  %s  %s\n", mark, f, summaries[id])
	}
	return verdict("modules of Go", bad)
}

func verdict(what string, bad []string) error {
	if len(bad) == 0 {
		return nil
	}
	return fmt.Errorf("%s: %w: %s", what, errFound, strings.Join(bad, ", "))
}

// npmPackages runs npm audit over a lock file.
func npmPackages(ctx context.Context, folder string, out io.Writer) error {
	content, err := os.ReadFile(filepath.Join(folder, "package-lock.json"))
	if err != nil {
		return fmt.Errorf("%w: %w", errNotAsked, err)
	}
	var lock struct {
		Packages map[string]struct {
			Dev bool `json:"dev"`
		} `json:"packages"`
	}
	if err := json.Unmarshal(content, &lock); err != nil {
		return fmt.Errorf("%s: %w: its lock file: %w", folder, errNotAsked, err)
	}
	// It exits with 1 for what it found and for what it could not ask: the answer tells.
	answer, ran := output(ctx, folder, "npm", "audit", "--json", "--package-lock-only", "--offline=false", "--prefer-offline=false")
	var report struct {
		Version         int `json:"auditReportVersion"`
		Vulnerabilities map[string]struct {
			Severity string   `json:"severity"`
			Range    string   `json:"range"`
			Nodes    []string `json:"nodes"`
		} `json:"vulnerabilities"`
		Message string `json:"message"`
	}
	if err := json.Unmarshal(answer, &report); err != nil || report.Version == 0 || report.Vulnerabilities == nil {
		return fmt.Errorf("%s: %w: npm audit: %s", folder, errNotAsked, firstOf(report.Message, ran))
	}
	_, _ = fmt.Fprintf(out, "npm's packages of %s:\n", folder)
	bad := []string{}
	for _, name := range slices.Sorted(maps.Keys(report.Vulnerabilities)) {
		v := report.Vulnerabilities[name]
		mark := "  development"
		if slices.ContainsFunc(v.Nodes, func(n string) bool { return !lock.Packages[n].Dev }) || len(v.Nodes) == 0 {
			mark = "  SERVED"
			bad = append(bad, fmt.Sprintf("%s %s (%s)", name, v.Range, v.Severity))
		}
		_, _ = fmt.Fprintf(out, "%s  %s %s (%s)\n", mark, name, v.Range, v.Severity)
	}
	return verdict(folder, bad)
}

func firstOf(message string, err error) string {
	if message == "" && err != nil {
		return err.Error()
	}
	return message
}

// output runs a program and returns what it wrote, with its last words in the error.
func output(ctx context.Context, folder, name string, arguments ...string) ([]byte, error) {
	var answer, words bytes.Buffer
	c := exec.CommandContext(ctx, name, arguments...) //nolint:gosec // no shell reads them
	c.Dir, c.Stdout, c.Stderr = folder, &answer, &words
	if err := c.Run(); err != nil {
		lines := strings.Split(strings.TrimSpace(words.String()), "\n")
		said := slices.DeleteFunc(lines, func(l string) bool { return l == "" || strings.HasPrefix(l, "exit status") })
		if len(said) == 0 {
			return answer.Bytes(), fmt.Errorf("%s: %w", name, err)
		}
		return answer.Bytes(), fmt.Errorf("%s: %s", name, said[len(said)-1])
	}
	return answer.Bytes(), nil
}
