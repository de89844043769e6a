// Command release brings new images to visitors without one of them noticing.
//
//	release deploy   -n madang -images images.yaml   green, smoke tests, switch, watch
//	release promote  -n madang                       after deploy -hold
//	release rollback -n madang                       to what served before the last release
//	release pin      -n madang                       after the first installation of the chart
//	release status   -n madang
//
// It says on standard error what it does, line by line, and ends with a JSON summary on
// standard output. It exits with 1 when the release failed or was rolled back, 2 when it
// was called wrongly, 3 when another release is under way. Images must be signed by whom
// the installation names (the chart's images.signedBy). KUBECONFIG names the cluster;
// without it, it is the cluster that this runs in. From outside of the cluster functions
// are asked through the API server, unless -address says where else.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	serving "knative.dev/serving/pkg/client/clientset/versioned"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/knative/release"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	os.Exit(run(ctx, os.Args[1:], os.Stdout, os.Stderr))
}

// settings are the flags.
type settings struct {
	rollout release.Rollout
	images  string
	before  string
	smoke   string
	metrics release.Metrics
	json    bool
}

func run(ctx context.Context, args []string, out, progress io.Writer) int {
	if len(args) == 0 {
		_, _ = fmt.Fprintln(progress, "release: deploy, promote, rollback, pin or status?")
		return 2
	}
	o := settings{}
	if err := o.flags(args[0], progress).Parse(args[1:]); err != nil {
		return 2
	}
	config, err := o.connect(progress)
	if err != nil {
		_, _ = fmt.Fprintln(progress, "release:", err)
		return 2
	}
	if asks := args[0] == "deploy" || args[0] == "promote" || args[0] == "rollback"; asks && o.rollout.Address == "" {
		address, done, err := release.Reach(ctx, config, o.rollout.Kube, o.rollout.Namespace)
		if err != nil {
			_, _ = fmt.Fprintln(progress, "release:", err)
			return 1
		}
		defer done()
		o.rollout.Address = address
	}
	if args[0] == "deploy" || args[0] == "promote" || args[0] == "rollback" {
		o.rollout.Edge = release.AskEdge(config, o.rollout.Kube, o.rollout.Namespace)
	}
	if (args[0] == "deploy" || args[0] == "promote") && o.metrics.Address == "" {
		defer o.rollout.WatchedBy(ctx, config, o.metrics)()
	}
	if args[0] == "deploy" || args[0] == "promote" {
		if o.rollout.Verify, err = release.SignedBy(ctx, o.rollout.Kube, o.rollout.Namespace); err != nil {
			_, _ = fmt.Fprintln(progress, "release:", err)
			return 1
		}
	}
	var summary release.Summary
	switch args[0] {
	case "deploy":
		summary, err = o.deploy(ctx)
	case "promote":
		summary, err = o.rollout.Promote(ctx)
	case "rollback":
		summary, err = o.rollout.Rollback(ctx)
	case "pin":
		summary, err = o.rollout.Pin(ctx)
	case "status":
		err = o.status(ctx, out)
	default:
		err = fmt.Errorf("%q: deploy, promote, rollback, pin or status?", args[0])
	}
	if summary.Outcome != "" {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		_ = encoder.Encode(summary)
	}
	switch {
	case errors.Is(err, release.ErrRefused):
		return 3
	case err != nil:
		_, _ = fmt.Fprintln(progress, "release:", err)
		return 1
	}
	return 0
}

func (o *settings) flags(command string, progress io.Writer) *flag.FlagSet {
	f := flag.NewFlagSet("release "+command, flag.ContinueOnError)
	f.SetOutput(progress)
	r := &o.rollout
	f.StringVar(&r.Namespace, "n", "", "namespace")
	f.StringVar(&r.Selector, "selector", release.FunctionSelector, "labels of the functions' Services")
	if command == "status" {
		f.BoolVar(&o.json, "json", false, "as JSON")
		return f
	}
	f.StringVar(&r.Address, "address", "", "where all functions answer by host, as http://127.0.0.1:8000; empty: their own addresses inside the cluster, through the API server from outside")
	if command != "deploy" && command != "promote" {
		return f
	}
	f.IntVar(&r.Together, "together", 3, "how many functions may start at the same time")
	f.DurationVar(&r.Wait, "wait", 2*time.Minute, "for each function to be ready, from when a node has its pod")
	f.DurationVar(&r.Watch, "watch", 30*time.Second, "after the switch")
	f.DurationVar(&r.Every, "every", 500*time.Millisecond, "between two probes of a function while watching")
	f.StringVar(&o.smoke, "smoke", "", "shell command after the own checks; GREEN_<FUNCTION> and ADDRESS are set")
	f.StringVar(&o.metrics.Address, "metrics", "", "address of a Prometheus to watch; empty: the installation's")
	f.StringVar(&o.metrics.Query, "metrics-query", "", "share of failed requests, 0 to 1, of {namespace} and {revisions}")
	f.Float64Var(&o.metrics.Most, "metrics-most", release.MostFailed, "highest share of failed requests")
	if command == "deploy" {
		f.StringVar(&o.images, "images", "images.yaml", "the file that task publish wrote")
		f.BoolVar(&r.Hold, "hold", false, "end before the switch; promote goes on")
		f.BoolVar(&r.Migrate, "migrate", false, "run the chart's migration before green starts")
		f.StringVar(&o.before, "before", "", "shell command under the lock, before anything is compared: the chart's upgrade")
	}
	return f
}

// connect makes the clients.
func (o *settings) connect(progress io.Writer) (*rest.Config, error) {
	if o.rollout.Namespace == "" {
		return nil, errors.New("-n is missing")
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	config.QPS, config.Burst = 100, 200 // all functions are switched at once
	config.WarningHandler = rest.NoWarnings{}
	if o.rollout.Serving, err = serving.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if o.rollout.Kube, err = kubernetes.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	o.rollout.Client = release.Client()
	o.rollout.Checks = release.Checks(functions.All())
	o.rollout.Out = progress
	if o.metrics.Address != "" {
		o.rollout.Metrics = &o.metrics
	}
	if o.before != "" {
		o.rollout.Before = func(ctx context.Context) error { return shell(ctx, o.before, progress, nil) }
	}
	if o.smoke != "" {
		o.rollout.Smoke = func(ctx context.Context, green map[string]string) error {
			environment := []string{"ADDRESS=" + o.rollout.Address}
			for name, address := range green {
				environment = append(environment, "GREEN_"+strings.ToUpper(strings.ReplaceAll(name, "-", "_"))+"="+address)
			}
			return shell(ctx, o.smoke, progress, environment)
		}
	}
	return config, nil
}

func (o *settings) deploy(ctx context.Context) (release.Summary, error) {
	file, err := os.ReadFile(o.images)
	if err != nil {
		return release.Summary{}, fmt.Errorf("images: %w", err)
	}
	images, err := release.ParseImages(file)
	if err != nil {
		return release.Summary{}, err
	}
	return o.rollout.Deploy(ctx, images)
}

// shell runs the operator's own command.
func shell(ctx context.Context, command string, out io.Writer, environment []string) error {
	c := exec.CommandContext(ctx, "sh", "-c", command) //nolint:gosec // it is the operator who gives it
	c.Env = append(os.Environ(), environment...)
	c.Stdout, c.Stderr = out, out
	if err := c.Run(); err != nil {
		return fmt.Errorf("%s: %w", command, err)
	}
	return nil
}

func (o *settings) status(ctx context.Context, out io.Writer) error {
	status, err := o.rollout.Status(ctx)
	if err != nil {
		return err
	}
	if o.json {
		encoder := json.NewEncoder(out)
		encoder.SetIndent("", "  ")
		return encoder.Encode(status)
	}
	switch {
	case status.Holder != "":
		_, _ = fmt.Fprintf(out, "under way: %s, %s, by %s\n\n", status.Last.ID, status.Last.Phase, status.Holder)
	case status.Last.Phase != "":
		_, _ = fmt.Fprintf(out, "last release: %s, %s at %s\n\n", status.Last.ID, status.Last.Phase, status.Last.At.Local().Format(time.DateTime))
	default:
		_, _ = fmt.Fprint(out, "nothing released yet\n\n")
	}
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	_, _ = fmt.Fprintln(table, "FUNCTION\tSERVES\tPINNED\tGREEN\tLATEST\tIMAGE\tREADY")
	for _, f := range status.Functions {
		_, digest, _ := strings.Cut(f.Image, "@sha256:")
		_, _ = fmt.Fprintf(table, "%s\t%s\t%t\t%s\t%s\t%.12s\t%s\n", f.Function, f.Serves, f.Pinned, f.Green, f.Latest, digest, f.Ready)
	}
	return table.Flush()
}
