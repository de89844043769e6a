// Command trace follows one request through the logs of everything that it met: the edge,
// the functions, and those that consumed its events.
//
//	trace -namespace madang <id>          the logs of all pods that are there, and what is kept of others
//	trace -namespace madang -at TIME <id> of an hour before and after it
//	trace <id> < collected.log            or of a log that somebody collected
//
// The id is an X-Request-Id or a W3C trace id. KUBECONFIG names the cluster; where logs are
// kept follows from what is installed in it.
package main

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/signal"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"github.com/madang-council/madang/shared/clock"
)

// order is what is wanted.
type order struct {
	namespace string // the environment; without one the log is standard input
	id        string
	since     time.Duration
	at        string
	endpoint  string // of the storage as it is reached from here; empty: as from the cluster
	now       time.Time
}

func main() {
	o := order{now: time.Now()}
	flag.StringVar(&o.namespace, "namespace", "", "the environment; without one the log is standard input")
	flag.DurationVar(&o.since, "since", 14*24*time.Hour, "how far back it is looked for")
	flag.StringVar(&o.at, "at", "", "an hour before and after this time alone, 2026-03-02T04:30:00+09:00")
	flag.StringVar(&o.endpoint, "storage", "", "the object storage's address, where it is another one here than in the cluster")
	flag.Parse()
	o.id = flag.Arg(0)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, o, os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "trace:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, o order, in io.Reader, out io.Writer) error {
	if o.id == "" {
		return errors.New("which request? give an X-Request-Id or a trace id")
	}
	if o.namespace == "" {
		all, err := read(in, "")
		if err != nil {
			return err
		}
		found := follow(all, o.id)
		if len(found) == 0 {
			return fmt.Errorf("nothing of %s in %d lines", o.id, len(all))
		}
		return show(out, found)
	}
	from, until, err := o.window()
	if err != nil {
		return err
	}
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil).ClientConfig()
	if err != nil {
		return fmt.Errorf("KUBECONFIG: %w", err)
	}
	config.QPS, config.Burst = 50, 100
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return fmt.Errorf("cluster: %w", err)
	}
	return search{api: api, order: o, from: from, until: until}.run(ctx, out)
}

// around is how much before and after a time is looked at; late how much later what was read
// then may have been stored.
const (
	around = time.Hour
	late   = 30 * time.Minute
)

// window is the time in which what is looked for was stored.
func (o order) window() (from, until time.Time, err error) {
	if o.at == "" {
		return o.now.Add(-o.since), o.now.Add(around), nil
	}
	at, err := time.Parse(time.RFC3339, o.at)
	if err != nil {
		return from, until, fmt.Errorf("-at: %w", err)
	}
	return at.Add(-around), at.Add(around + late), nil
}

// line is one line of a log.
type line struct {
	pod     string
	at      time.Time
	request string
	trace   string
	fields  map[string]any
}

// read reads JSON lines; what is none is nobody's request.
func read(r io.Reader, pod string) ([]line, error) {
	all := []line{}
	lines := bufio.NewReader(r)
	for {
		text, err := lines.ReadBytes('\n')
		if start := strings.IndexByte(string(text), '{'); start >= 0 { // a collector may put something in front
			if l, ok := parse(text[start:], pod, time.Time{}); ok {
				all = append(all, l)
			}
		}
		if errors.Is(err, io.EOF) {
			return all, nil
		}
		if err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
	}
}

// idOf finds the ids of a line whose middle was too long to be kept.
var idOf = regexp.MustCompile(`"(requestId|traceId)":"([^"]+)"`)

// parse reads a line that was written at a time, if it does not say so itself.
func parse(text []byte, pod string, written time.Time) (line, bool) {
	l := line{pod: pod, at: written, fields: map[string]any{}}
	if json.Unmarshal(text, &l.fields) != nil {
		ids := idOf.FindAllSubmatch(text, -1)
		if len(ids) == 0 {
			return line{}, false
		}
		l.fields = map[string]any{"msg": string(text)}
		for _, found := range ids {
			l.fields[string(found[1])] = string(found[2])
		}
	}
	of := func(name string) string { s, _ := l.fields[name].(string); return s }
	l.request, l.trace = of("requestId"), of("traceId")
	if at, err := time.Parse(time.RFC3339Nano, of("time")); err == nil {
		l.at = at
	}
	l.at = l.at.In(clock.Seoul)
	return l, true
}

// traces are those of the request with the id.
func traces(all []line, id string) map[string]bool {
	of := map[string]bool{}
	for _, l := range all {
		if (l.request == id || l.trace == id) && l.trace != "" {
			of[l.trace] = true
		}
	}
	return of
}

// follow is what has the id, and everything of the same trace: an event's consumers have
// requests of their own under the trace of who made it.
func follow(all []line, id string) []line {
	of := traces(all, id)
	found := slices.DeleteFunc(slices.Clone(all), func(l line) bool { return l.request != id && !of[l.trace] })
	slices.SortStableFunc(found, func(a, b line) int { return cmp.Or(a.at.Compare(b.at), cmp.Compare(a.pod, b.pod)) })
	return found
}

// show writes a line for each line: when, who, what, and the rest by name.
func show(out io.Writer, found []line) error {
	for _, l := range found {
		who := l.pod
		for _, name := range []string{"function", "from"} {
			if s, _ := l.fields[name].(string); s != "" {
				who = s // the edge names the function that it asked; "from" names the edge itself
			}
		}
		rest := []string{}
		for name, v := range l.fields {
			switch name {
			case "time", "msg", "level", "from", "traceId":
			default:
				if s := fmt.Sprint(v); s != "" {
					rest = append(rest, name+"="+s)
				}
			}
		}
		slices.Sort(rest)
		level := l.fields["level"]
		if level == nil {
			level = ""
		}
		if _, err := fmt.Fprintf(out, "%s  %-12s %-5v %v  %s\n", l.at.Format("2006-01-02T15:04:05.000"), who, level, l.fields["msg"], strings.Join(rest, " ")); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}
