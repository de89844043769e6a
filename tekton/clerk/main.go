// Command clerk speaks for the pipeline to GitHub, SonarQube and Tekton: it says whether
// a commit is still wanted, how each stage ended and why, and the verdict. Its image is
// built from main, and it alone has the tokens: what a pull request changes cannot make
// it say something else.
//
//	clerk begin -pull 7 check tests …     goes on if the commit is the newest; all stages are pending
//	clerk announce -stage check           the stage is under way
//	clerk report -stage check -command check=FILE   how it ended, by the exit codes in files;
//	             with -release also what it did, by the files that task ship left
//	clerk gate -exit FILE -report FILE    the same for SonarQube's scanner
//	clerk newest -out FILE                writes by which commit main has gone on, if it has
//	clerk verdict check=Succeeded …       the one status that branch protection requires
//	clerk close -pull 7 -project key      ends what a closed pull request has
//	clerk tidy -keep 336h                 ends what runs left that were deleted
//
// COMMIT, RUN and the settings below come from the environment.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/caarlos0/env/v11"
	tekton "github.com/tektoncd/pipeline/pkg/client/clientset/versioned"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

// settings come from the environment of the step.
type settings struct {
	GitHubAPI   string `env:"GITHUB_API" envDefault:"https://api.github.com"`
	GitHubToken string `env:"GITHUB_TOKEN"`
	Repository  string `env:"REPOSITORY"` // owner/name
	Main        string `env:"MAIN" envDefault:"main"`
	SonarURL    string `env:"SONAR_HOST_URL"`
	SonarToken  string `env:"SONAR_TOKEN"`
	Namespace   string `env:"NAMESPACE"`
	Run         string `env:"RUN"`    // the PipelineRun's name
	Commit      string `env:"COMMIT"` // in full
	RunLink     string `env:"RUN_LINK"`
}

// clerk is the command with what it speaks to.
type clerk struct {
	settings
	github github
	sonar  sonarqube
	tekton tekton.Interface
	kube   kubernetes.Interface
	out    io.Writer
	pause  time.Duration // between two looks at what takes time
}

// errFailed is a stage's failure that GitHub has been told of.
var errFailed = errors.New("the stage failed")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "clerk:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	c := &clerk{out: out, pause: 2 * time.Second}
	if err := env.Parse(&c.settings); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	client := &http.Client{Timeout: 20 * time.Second}
	c.github = github{client: client, api: c.GitHubAPI, token: c.GitHubToken, repository: c.Repository, pause: c.pause}
	c.sonar = sonarqube{client: client, url: c.SonarURL, token: c.SonarToken}
	return c.command(ctx, args)
}

func (c *clerk) command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("begin, announce, report, gate, newest, verdict, close or tidy?")
	}
	f := flag.NewFlagSet("clerk "+args[0], flag.ContinueOnError)
	f.SetOutput(c.out)
	var do func(context.Context) error
	switch args[0] {
	case "begin":
		pull, result := pullFlag(f, "the pull request's number; empty: a commit of main"), f.String("result", "", "file for \"yes\", or why not")
		do = func(ctx context.Context) error { return c.begin(ctx, *pull, *result, f.Args()) }
	case "announce":
		stage, log := f.String("stage", "", "the stage"), f.String("log", "/workspace/log", "folder for the time")
		do = func(ctx context.Context) error { return c.announce(ctx, *stage, *log) }
	case "report":
		stage, log := f.String("stage", "", "the stage"), f.String("log", "/workspace/log", "folder with the commands' logs")
		released, commands := f.Bool("release", false, "what it did is in the folder, too: summary.json, or superseded"), pairs{}
		f.Var(&commands, "command", "command=file with its exit code; may be given several times")
		do = func(ctx context.Context) error { return c.report(ctx, *stage, *log, commands, *released) }
	case "gate":
		exit, report, log := f.String("exit", "", "file with the scanner's exit code"), f.String("report", "", "the scanner's report-task.txt"), f.String("log", "/workspace/log", "folder with the time")
		do = func(ctx context.Context) error { return c.gate(ctx, *exit, *report, *log) }
	case "newest":
		file := f.String("out", "", "file for what main has gone on to")
		do = func(ctx context.Context) error { return c.newest(ctx, *file) }
	case "verdict":
		note := f.String("note", "", "what is missing although all stages passed")
		do = func(ctx context.Context) error { return c.verdict(ctx, *note, f.Args()) }
	case "close":
		pull, project, result := pullFlag(f, "the pull request's number"), f.String("project", "", "its SonarQube project"), f.String("result", "", "file for \"yes\", or why not")
		do = func(ctx context.Context) error { return c.close(ctx, *pull, *project, *result) }
	case "tidy":
		keep := f.Duration("keep", 14*24*time.Hour, "how long finished runs are kept")
		do = func(ctx context.Context) error { return c.tidy(ctx, *keep) }
	default:
		return fmt.Errorf("%q: begin, announce, report, gate, newest, verdict, close or tidy?", args[0])
	}
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] == "begin" || args[0] == "close" || args[0] == "tidy" {
		if err := c.connect(); err != nil {
			return err
		}
	}
	return do(ctx)
}

// connect makes the clients of the cluster that this runs in, or that KUBECONFIG names.
func (c *clerk) connect() error {
	if c.tekton != nil {
		return nil
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil).ClientConfig()
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if c.tekton, err = tekton.NewForConfig(config); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	if c.kube, err = kubernetes.NewForConfig(config); err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return nil
}

// say writes a line to the step's log.
func (c *clerk) say(format string, args ...any) { _, _ = fmt.Fprintf(c.out, format+"\n", args...) }

// link is where a person reads this run.
func (c *clerk) link() string {
	return strings.NewReplacer("{namespace}", c.Namespace, "{run}", c.Run).Replace(c.RunLink)
}

// post writes a commit status of ours.
func (c *clerk) post(ctx context.Context, name, state, link, description string) error {
	description = shorten(description, 140)
	c.say("%s/%s: %s: %s", prefix, name, state, description)
	return c.github.post(ctx, c.Commit, status{Context: prefix + "/" + name, State: state, TargetURL: link, Description: description})
}

// prefix is before the name of each of our statuses.
const prefix = "madang"

// verdictName is the status that branch protection requires.
const verdictName = "verdict"

// shorten keeps a text within what GitHub takes, in characters.
func shorten(text string, most int) string {
	runes := []rune(text)
	if len(runes) <= most {
		return text
	}
	return string(runes[:most-1]) + "…"
}

// answer writes a Tekton result.
func answer(file, text string) error {
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		return fmt.Errorf("result: %w", err)
	}
	return nil
}

// pullFlag is a number, or nothing for 0: that is what Tekton makes of an absent one.
func pullFlag(f *flag.FlagSet, usage string) *int {
	n := new(int)
	f.Func("pull", usage, func(v string) (err error) {
		if v != "" {
			*n, err = strconv.Atoi(v)
		}
		return err
	})
	return n
}

// pairs is a flag of name=value that may be given several times.
type pairs []pair

type pair struct{ name, value string }

func (p *pairs) String() string { return fmt.Sprint(*p) }

func (p *pairs) Set(v string) error {
	one, err := parsePair(v)
	if err != nil {
		return err
	}
	*p = append(*p, one)
	return nil
}

func parsePair(v string) (pair, error) {
	name, value, ok := strings.Cut(v, "=")
	if !ok || name == "" || value == "" {
		return pair{}, fmt.Errorf("%q is not name=value", v)
	}
	return pair{name, value}, nil
}

// since is how long ago announce wrote the time into the folder; 0 where it did not.
func since(log string) time.Duration {
	info, err := os.Lstat(filepath.Join(log, begunFile))
	if err != nil {
		return 0
	}
	return time.Since(info.ModTime()).Round(time.Second)
}

const begunFile = "begun"
