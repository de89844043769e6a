// Command trace follows one request through the logs of everything that it met: the edge,
// the functions, and those that consumed its events.
//
//	trace -namespace madang <id>        the logs of all pods that are there
//	trace <id> < collected.log          or of a log that somebody collected
//
// The id is an X-Request-Id or a W3C trace id. KUBECONFIG names the cluster.
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
	"slices"
	"strings"
	"sync"
	"syscall"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"
)

func main() {
	namespace := flag.String("namespace", "", "the environment; without one the log is standard input")
	since := flag.Duration("since", 6*time.Hour, "how far back pods' logs are read")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, *namespace, *since, flag.Arg(0), os.Stdin, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "trace:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, namespace string, since time.Duration, id string, in io.Reader, out io.Writer) error {
	if id == "" {
		return errors.New("which request? give an X-Request-Id or a trace id")
	}
	var all []line
	var err error
	if namespace == "" {
		all, err = read(in, "")
	} else {
		all, err = readPods(ctx, namespace, since)
	}
	if err != nil {
		return err
	}
	found := follow(all, id)
	if len(found) == 0 {
		return fmt.Errorf("nothing of %s: a pod's log goes with the pod, a minute after a function's last request; ask the log collector for older ones", id)
	}
	return show(out, found)
}

// line is one line of a log.
type line struct {
	pod     string
	at      time.Time
	request string
	trace   string
	fields  map[string]any
}

// readPods reads the logs of all containers that write our lines.
func readPods(ctx context.Context, namespace string, since time.Duration) ([]line, error) {
	config, err := clientcmd.NewNonInteractiveDeferredLoadingClientConfig(clientcmd.NewDefaultClientConfigLoadingRules(), nil).ClientConfig()
	if err != nil {
		return nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	config.QPS, config.Burst = 50, 100
	api, err := kubernetes.NewForConfig(config)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	pods, err := api.CoreV1().Pods(namespace).List(ctx, metav1.ListOptions{LabelSelector: "app.kubernetes.io/component in (edge, function, watch)"})
	if err != nil {
		return nil, fmt.Errorf("pods: %w", err)
	}
	var mu sync.Mutex
	all := []line{}
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(8)
	for _, p := range pods.Items {
		for _, c := range p.Spec.Containers {
			if c.Name == "queue-proxy" { // Knative's own lines say nothing of requests
				continue
			}
			group.Go(func() error {
				lines, err := readLog(within, api, &p, c.Name, since)
				mu.Lock()
				defer mu.Unlock()
				all = append(all, lines...)
				return err
			})
		}
	}
	return all, group.Wait()
}

// readLog reads a container's log. One that has not begun, or is gone meanwhile, has none.
func readLog(ctx context.Context, api kubernetes.Interface, p *corev1.Pod, container string, since time.Duration) ([]line, error) {
	seconds := int64(since.Seconds())
	stream, err := api.CoreV1().Pods(p.Namespace).GetLogs(p.Name, &corev1.PodLogOptions{Container: container, SinceSeconds: &seconds}).Stream(ctx)
	if err != nil {
		return nil, ctx.Err()
	}
	defer func() { _ = stream.Close() }()
	return read(stream, p.Name)
}

// read reads JSON lines; what is none is nobody's request.
func read(r io.Reader, pod string) ([]line, error) {
	all := []line{}
	lines := bufio.NewReader(r)
	for {
		text, err := lines.ReadBytes('\n')
		if start := strings.IndexByte(string(text), '{'); start >= 0 { // a collector may put something in front
			fields := map[string]any{}
			if json.Unmarshal(text[start:], &fields) == nil {
				all = append(all, parse(fields, pod))
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

func parse(fields map[string]any, pod string) line {
	text := func(name string) string { s, _ := fields[name].(string); return s }
	l := line{pod: pod, request: text("requestId"), trace: text("traceId"), fields: fields}
	l.at, _ = time.Parse(time.RFC3339Nano, text("time"))
	return l
}

// follow is what has the id, and everything of the same trace: an event's consumers have
// requests of their own under the trace of who made it.
func follow(all []line, id string) []line {
	traces := map[string]bool{}
	for _, l := range all {
		if (l.request == id || l.trace == id) && l.trace != "" {
			traces[l.trace] = true
		}
	}
	found := slices.DeleteFunc(slices.Clone(all), func(l line) bool { return l.request != id && !traces[l.trace] })
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
		if _, err := fmt.Fprintf(out, "%s  %-12s %-5v %v  %s\n", l.at.Format("15:04:05.000"), who, l.fields["level"], l.fields["msg"], strings.Join(rest, " ")); err != nil {
			return fmt.Errorf("write: %w", err)
		}
	}
	return nil
}
