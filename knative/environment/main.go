// Command environment makes and removes whole environments: a namespace with everything
// of the chart in it, and a bucket. It needs neither helm nor kubectl.
//
//	environment create  -name x -images images.yaml [-values f]... [-seed]
//	environment destroy -name x
//	environment install -namespace madang [-images images.yaml] -values production.yaml
//	environment drill   -name drill {-images images.yaml|-from madang} [-values f]... <dump
//	environment ship    -namespace madang -images images.yaml
//	environment chart   -namespace madang-pipeline -chart tekton/chart -images pipeline-images.yaml -values pipeline.yaml
//
// What ship did is a JSON summary on standard output, its progress is on standard error; it
// exits with 3 when another release is under way. KUBECONFIG names the cluster; S3_ENDPOINT, S3_PUBLIC_ENDPOINT, S3_REGION, S3_ACCESS_KEY
// and S3_SECRET_KEY the object storage.
package main

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net/netip"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/madang-council/madang/knative/preflight"
	"github.com/madang-council/madang/knative/release"
)

// list is a flag that may be given several times, or once with commas.
type list []string

func (l *list) String() string { return strings.Join(*l, ",") }

func (l *list) Set(v string) error {
	for _, s := range strings.Split(v, ",") {
		if s = strings.TrimSpace(s); s != "" {
			*l = append(*l, s)
		}
	}
	return nil
}

// order is what the caller wants.
type order struct {
	name      string // of the environment
	namespace string
	chart     string
	images    string
	from      string // create, drill: the namespace whose images it takes
	values    list
	set       list
	given     map[string]any // ship: the values of the installation
	rollout   release.Rollout
	most      float64 // ship: the highest share of failed requests
	url       string
	smtp      string
	receiver  receiver
	account   string // namespace/name
	login     string // file of docker login
	inside    bool   // asked through the API server alone
	unused    bool   // volumes may wait for a first pod: Helm would wait for them, too
	check     bool
	despite   list
	seed      bool
	replace   bool
	dump      string
	keep      bool
	timeout   time.Duration
	forget    func() // removes what was written for it
	out       io.Writer
}

// receiver is an address, 10.0.0.5:2580, that webhooks may lead to though it is not public.
type receiver struct{ netip.AddrPort }

// String is the address, or nothing.
func (r *receiver) String() string {
	if !r.IsValid() {
		return ""
	}
	return r.AddrPort.String()
}

// Set reads it.
func (r *receiver) Set(s string) (err error) {
	r.AddrPort, err = netip.ParseAddrPort(s)
	return err
}

// values are those of the chart that let webhooks through.
func (r *receiver) values(site map[string]any) {
	if !r.IsValid() {
		return
	}
	site["outsideNetworks"] = []any{netip.PrefixFrom(r.Addr(), r.Addr().BitLen()).String()}
	site["outsidePorts"] = []any{int64(r.Port())}
}

// namePattern leaves room for "madang-" and for a service's name in a DNS label.
var namePattern = regexp.MustCompile(`^[a-z][a-z0-9-]{0,29}[a-z0-9]$`)

// pipeline is what the pipeline's namespace is called behind "madang-", by default.
const pipeline = "pipeline"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "environment:", err)
		if errors.Is(err, release.ErrRefused) {
			os.Exit(3)
		}
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("create, destroy, drill, install, ship or chart?")
	}
	o := order{out: out, forget: func() {}}
	f := flag.NewFlagSet(args[0], flag.ContinueOnError)
	f.SetOutput(out)
	f.StringVar(&o.name, "name", "", "the environment's name: its namespace and bucket are madang-<name>")
	f.StringVar(&o.namespace, "namespace", "", "install: the namespace")
	f.StringVar(&o.chart, "chart", "knative/chart", "folder of the chart")
	f.StringVar(&o.images, "images", "", "the file that task publish wrote: images.yaml, and for install on an installation the images that run")
	f.StringVar(&o.from, "from", "", "create, drill: the namespace of an installation whose images it takes, in place of -images")
	f.Var(&o.values, "values", "a values file; later ones win")
	f.Var(&o.set, "set", "a value, as edge.replicas=3")
	f.StringVar(&o.url, "url", "", "create: the site's address; empty: the edge's own in the cluster")
	f.StringVar(&o.smtp, "smtp", "smtp://mail.invalid:25?tls=none", "create: where mail goes; by default nowhere")
	f.Var(&o.receiver, "receiver", "create: an address and port that webhooks may lead to though it is not public")
	f.StringVar(&o.account, "account", "", "create, destroy: a ServiceAccount as namespace/name that gets the ClusterRole "+environmentRole+" in the environment's namespace")
	f.StringVar(&o.login, "login", "", "create, drill: a file of docker login by which pods get their images")
	f.BoolVar(&o.check, "check", false, "install: only say whether it would work")
	f.Var(&o.despite, "despite", "install: checks that may fail, of "+strings.Join(preflight.Names(), ", ")+"; older: a checkout that is older than what is installed")
	f.BoolVar(&o.seed, "seed", true, "create: with a small council's pictures, notices and banners")
	f.BoolVar(&o.replace, "replace", false, "create: one of this name that is there is destroyed first")
	f.StringVar(&o.dump, "dump", "-", "drill: the dump to restore; - is standard input")
	f.BoolVar(&o.keep, "keep", false, "drill: leave the environment there")
	f.IntVar(&o.rollout.Together, "together", 3, "install, ship: how many functions may start at the same time")
	f.DurationVar(&o.rollout.Wait, "wait", 2*time.Minute, "install, ship: for each function to be ready, from when a node has its pod")
	f.DurationVar(&o.rollout.Watch, "watch", 30*time.Second, "install, ship: after the switch")
	f.Float64Var(&o.most, "metrics-most", release.MostFailed, "install, ship: highest share of failed requests after the switch")
	f.DurationVar(&o.timeout, "timeout", 10*time.Minute, "for the whole; install, ship: beside the release, which takes as long as each of its functions needs")
	if err := f.Parse(args[1:]); err != nil {
		return err
	}
	if args[0] != "install" && args[0] != "ship" {
		within, cancel := context.WithTimeout(ctx, o.timeout)
		defer cancel()
		ctx = within
	}
	anywhere := args[0] == "install" || args[0] == "ship" || args[0] == "chart"
	act := map[string]func(context.Context, order) error{"create": create, "destroy": destroy, "drill": drill, "install": install, "ship": ship, "chart": chart}[args[0]]
	switch {
	case act == nil:
		return fmt.Errorf("%q: create, destroy, drill, install, ship or chart?", args[0])
	case anywhere && (o.namespace == "" || o.name != ""):
		return fmt.Errorf("%s needs -namespace, and takes no -name", args[0])
	case args[0] == "ship" && len(o.values)+len(o.set) > 0:
		return errors.New("ship takes the installation's values: install changes them")
	case o.from != "" && (args[0] != "create" && args[0] != "drill" || o.images != ""):
		return errors.New("-from is of create and drill, and takes the place of -images")
	case !anywhere && !namePattern.MatchString(o.name):
		return fmt.Errorf("-name %q: 2 to 31 of a-z, 0-9 and -, a letter first", o.name)
	case !anywhere && slices.ContainsFunc(beside(""), func(suffix string) bool { return strings.HasSuffix("-"+o.name, suffix) }):
		return fmt.Errorf("-name %q: its bucket would be another environment's, or production's", o.name)
	case !anywhere && o.name == pipeline:
		return fmt.Errorf("-name %q: its namespace would be the pipeline's", o.name)
	case !anywhere:
		o.namespace = "madang-" + o.name
	}
	if err := o.takeFrom(); err != nil {
		return err
	}
	defer func() { o.forget() }()
	if args[0] != "install" {
		o.images = cmp.Or(o.images, publishedImages)
	}
	return act(ctx, o)
}

// publishedImages is where task publish writes which images there are.
const publishedImages = "images.yaml"

// steps prints what is done and how long it took.
type steps struct {
	out   io.Writer
	begun time.Time
	last  time.Time
}

func begin(out io.Writer) *steps {
	now := time.Now()
	return &steps{out: out, begun: now, last: now}
}

func (s *steps) done(format string, args ...any) {
	now := time.Now()
	_, _ = fmt.Fprintf(s.out, "%6.1fs  %s\n", now.Sub(s.last).Seconds(), fmt.Sprintf(format, args...))
	s.last = now
}

func (s *steps) end(format string, args ...any) {
	_, _ = fmt.Fprintf(s.out, "%6.1fs  %s\n", time.Since(s.begun).Seconds(), fmt.Sprintf(format, args...))
}
