package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"time"

	"github.com/madang-council/madang/knative/release"
)

// announce says that a stage is under way.
func (c *clerk) announce(ctx context.Context, stage, log string) error {
	begun, err := os.OpenFile(filepath.Join(log, begunFile), os.O_WRONLY|os.O_CREATE|os.O_TRUNC|syscall.O_NOFOLLOW, 0o600)
	if err == nil {
		err = begun.Close()
	}
	if err != nil {
		return fmt.Errorf("announce: %w", err)
	}
	return c.post(ctx, stage, pending, c.link(), "under way")
}

// report says how a stage ended, by the exit codes of its commands, and fails as they did.
// Of a release it also says that it was superseded, or what it did: any other stage runs
// code that could write so into the folder.
func (c *clerk) report(ctx context.Context, stage, log string, commands pairs, released bool) error {
	if released {
		if superseded, err := readEnd(filepath.Join(log, "superseded")); err == nil && superseded != "" {
			return c.post(ctx, stage, success, c.link(), strings.TrimSpace(superseded))
		}
	}
	summarize := func() error {
		if !released {
			return nil
		}
		return c.summarize(ctx, log)
	}
	for _, command := range commands {
		ok, err := succeeded(command.value)
		if err != nil {
			return err
		}
		if !ok {
			why := "failed, and left no log that can be read"
			if text, err := readEnd(filepath.Join(log, command.name+".log")); err == nil {
				why = strings.TrimPrefix(reason(text), stage+": ") // the command's name is the stage's: the status says it
			}
			return errors.Join(c.post(ctx, stage, failure, c.link(), why), summarize(), errFailed)
		}
	}
	if err := c.post(ctx, stage, success, c.link(), fmt.Sprintf("passed in %v", since(log))); err != nil {
		return err
	}
	return summarize()
}

// most is how much of a file is read, from its end.
const most = 64 << 10

// readEnd reads the end of a file that a step left which ran the commit's code: a file, and
// nothing that leads elsewhere or never ends. A link would name what this process alone has.
func readEnd(path string) (string, error) {
	file, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0)
	if err != nil {
		return "", err
	}
	defer func() { _ = file.Close() }()
	info, err := file.Stat()
	if err != nil {
		return "", err
	}
	if !info.Mode().IsRegular() {
		return "", fmt.Errorf("%s is no file", path)
	}
	content, err := io.ReadAll(io.NewSectionReader(file, max(0, info.Size()-most), most))
	if err != nil {
		return "", err
	}
	return strings.ToValidUTF8(string(content), "\uFFFD"), nil
}

// succeeded reads the file in which Tekton leaves a step's exit code.
func succeeded(file string) (bool, error) {
	code, err := os.ReadFile(file)
	if err != nil {
		return false, fmt.Errorf("exit code: %w", err)
	}
	return strings.TrimSpace(string(code)) == "0", nil
}

var (
	failedTest    = regexp.MustCompile(`(?m)^\s*--- FAIL: (\S+)`)
	failedPackage = regexp.MustCompile(`(?m)^FAIL\s+(\S+/\S+)`)
	noReason      = regexp.MustCompile(`^(task: |exit status |FAIL$|make: )`) // what wrappers add
)

// reason finds in a log why a command failed: the first failed test and its package, or
// the last line of the command itself.
func reason(log string) string {
	if test := failedTest.FindStringSubmatch(log); test != nil {
		where := ""
		if in := failedPackage.FindStringSubmatch(log); in != nil {
			where = " in " + strings.TrimPrefix(in[1], "github.com/madang-council/madang/")
		}
		return test[1] + " fails" + where
	}
	if in := failedPackage.FindStringSubmatch(log); in != nil {
		return "tests fail in " + strings.TrimPrefix(in[1], "github.com/madang-council/madang/")
	}
	lines := strings.Split(strings.TrimSpace(log), "\n")
	for i := len(lines) - 1; i >= 0; i-- {
		if line := strings.TrimSpace(lines[i]); line != "" && !noReason.MatchString(line) {
			return line
		}
	}
	return "failed without a word"
}

// summarize writes below the commit what a release did, where there was one.
func (c *clerk) summarize(ctx context.Context, log string) error {
	content, err := readEnd(filepath.Join(log, "summary.json"))
	if errors.Is(err, os.ErrNotExist) || err == nil && content == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	var s release.Summary
	if err := json.Unmarshal([]byte(content), &s); err != nil {
		return fmt.Errorf("summary: %w", err)
	}
	return c.github.comment(ctx, c.Commit, markdown(s, c.link()))
}

// markdown is a release for people: what changed, from which image to which, and how
// long each step took.
func markdown(s release.Summary, link string) string {
	var b strings.Builder
	_, _ = fmt.Fprintf(&b, "**%s** in `%s` after %.1f s ([log](%s))\n", s.Outcome, s.Namespace, s.Seconds, link)
	if s.Reason != "" {
		_, _ = fmt.Fprintf(&b, "\n> %s\n", strings.ReplaceAll(s.Reason, "\n", "\n> "))
	}
	if len(s.Changed) > 0 {
		b.WriteString("\n| function | from | to |\n|---|---|---|\n")
		for _, change := range s.Changed {
			_, _ = fmt.Fprintf(&b, "| `%s` | `%s` | `%s` |\n", change.Function, digest(change.FromImage), digest(change.ToImage))
		}
	}
	if len(s.Unchanged) > 0 {
		_, _ = fmt.Fprintf(&b, "\nunchanged: %s\n", strings.Join(s.Unchanged, ", "))
	}
	if len(s.Steps) > 0 {
		b.WriteString("\n| step | seconds |\n|---|---|\n")
		for _, step := range s.Steps {
			_, _ = fmt.Fprintf(&b, "| %s | %.1f |\n", step.Name, step.Seconds)
		}
	}
	return b.String()
}

func digest(image string) string {
	_, d, ok := strings.Cut(image, "@")
	if !ok {
		return image
	}
	return shorten(d, len("sha256:")+13)
}

// gate says how SonarQube's analysis ended: by its quality gate, or why there is none.
func (c *clerk) gate(ctx context.Context, exit, file, log string) error {
	passed, err := succeeded(exit)
	if err != nil {
		return err
	}
	report, err := readReport(file)
	if err != nil { // the scanner did not come so far as to send its analysis
		return errors.Join(c.post(ctx, "quality", failure, c.link(), "the scanner failed: its log says why"), errFailed)
	}
	g, err := c.sonar.gate(ctx, report["projectKey"])
	if err != nil {
		return errors.Join(c.post(ctx, "quality", broken, c.link(), "SonarQube does not say how its gate is"), err)
	}
	if g.Status != "OK" || !passed {
		return errors.Join(c.post(ctx, "quality", failure, report["dashboardUrl"], g.why()), errFailed)
	}
	return c.post(ctx, "quality", success, report["dashboardUrl"], fmt.Sprintf("quality gate passed in %v", since(log)))
}

// verdict writes the status that branch protection requires, and first those of stages
// that could not speak for themselves: killed, timed out, never started.
func (c *clerk) verdict(ctx context.Context, note string, arguments []string) error {
	known, err := c.github.statuses(ctx, c.Commit)
	if err != nil {
		return err
	}
	why := ""
	for _, argument := range arguments {
		stage, err := parsePair(argument)
		if err != nil {
			return err
		}
		if stage.value == "Succeeded" {
			if s := known[prefix+"/"+stage.name]; s.State == pending { // a stage without a step of ours: a fork's
				if err := c.post(ctx, stage.name, success, c.link(), "passed"); err != nil {
					return err
				}
			}
			continue
		}
		s := known[prefix+"/"+stage.name]
		if s.State == pending || s.State == "" {
			s = status{State: failure, Description: "ended without a result: its log says why"}
			if stage.value == "None" {
				s = status{State: broken, Description: "did not run"}
			}
			if err := c.post(ctx, stage.name, s.State, c.link(), s.Description); err != nil {
				return err
			}
		}
		if why == "" || strings.HasSuffix(why, "did not run") {
			why = stage.name + ": " + s.Description
		}
	}
	switch {
	case why != "":
		return c.post(ctx, verdictName, failure, c.link(), why)
	case note != "":
		return c.post(ctx, verdictName, pending, c.link(), note)
	}
	took := ""
	if begun := known[prefix+"/"+verdictName].CreatedAt; !begun.IsZero() {
		took = fmt.Sprintf(" in %v", time.Since(begun).Round(time.Second))
	}
	return c.post(ctx, verdictName, success, c.link(), fmt.Sprintf("all %d stages passed%s", len(arguments), took))
}
