package release

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"
)

// watch asks the functions that were switched, by their usual address, until the time is
// over. The first wrong answer, restarted container or Revision that is not ready any
// more ends it: giving traffic back costs nothing, waiting for certainty costs visitors.
func (s *session) watch(ctx context.Context) error {
	if s.Watch == 0 {
		return nil
	}
	return s.step(ctx, "watch", func(ctx context.Context) error {
		addresses := map[string]string{}
		for _, c := range s.record.Changes {
			addresses[c.Function] = ""
			if u := s.services[c.Function].Status.URL; u != nil {
				addresses[c.Function] = u.String()
			}
		}
		// Of many, the first have gone to sleep while the last were made. All at once would
		// take the nodes from each other, and from the visitors of all.
		if err := s.ask(ctx, addresses); err != nil {
			return err
		}
		over, cancel := context.WithTimeout(ctx, s.Watch)
		defer cancel()
		all, inner := errgroup.WithContext(over)
		for name, address := range addresses {
			all.Go(func() error {
				return s.steadily(over, inner, cmp.Or(s.Every, 500*time.Millisecond), func(ctx context.Context) error {
					return s.ask(ctx, map[string]string{name: address})
				})
			})
		}
		all.Go(func() error {
			return s.steadily(over, inner, 2*time.Second, func(ctx context.Context) error {
				s.rouse(ctx) // blue may be needed at once
				return nil
			})
		})
		all.Go(func() error { return s.steadily(over, inner, time.Second, s.healthy) })
		if s.Metrics != nil {
			all.Go(func() error {
				return s.steadily(over, inner, 5*time.Second, func(ctx context.Context) error {
					err := s.Metrics.check(ctx, s.Client, s.Namespace, s.record.Changes, s.switched)
					if s.Metrics.Optional && err != nil && !errors.Is(err, errTooMany) {
						s.say("not seen: %v", err)
						return nil
					}
					return err
				})
			})
		}
		if err := all.Wait(); err != nil {
			return err
		}
		return context.Cause(ctx) // nil, unless the release was interrupted
	})
}

// steadily does something again and again until over ends, or inner because another
// found an error. What the end cuts off is no error.
func (s *session) steadily(over, inner context.Context, every time.Duration, do func(context.Context) error) error {
	for {
		if err := do(inner); err != nil && inner.Err() == nil {
			return err
		}
		select {
		case <-over.Done():
			return nil
		case <-inner.Done():
			return nil
		case <-time.After(every):
		}
	}
}

// healthy says that the green Revisions are ready and none of their containers ended by
// itself.
func (s *session) healthy(ctx context.Context) error {
	pods, err := s.podsOf(ctx, s.record.Changes)
	if err != nil {
		return err
	}
	for _, c := range s.record.Changes {
		revision, err := s.Serving.ServingV1().Revisions(s.Namespace).Get(ctx, c.To, metav1.GetOptions{})
		if err != nil {
			return fmt.Errorf("%s: %w", c.Function, err)
		}
		if err := s.failed(ctx, c, revision, pods[c.To]); err != nil {
			return err
		}
		for _, pod := range pods[c.To] {
			for _, container := range pod.Status.ContainerStatuses {
				if t := container.LastTerminationState.Terminated; container.RestartCount > 0 && t != nil && t.FinishedAt.After(s.started) {
					return fmt.Errorf("%s: container %s ended with %d (%s)", pod.Name, container.Name, t.ExitCode, t.Reason)
				}
			}
		}
	}
	return nil
}

// Metrics is a Prometheus that knows of visitors' requests.
type Metrics struct {
	Address string // "http://prometheus.monitoring"
	// Query gives the share of failed requests, 0 to 1; {namespace}, {functions} and
	// {revisions}, regular expressions, and {seconds} since the switch are filled in. ""
	// means FailedShare.
	Query string
	Most  float64 // the highest share that is right; 0 allows none
	// Optional: one that does not answer is said, and is no reason to go back.
	Optional bool
}

// FailedShare is the share of 5xx among what the edges answered for the functions that were
// switched, since they were. A visitor who goes away is no answer there, while queue-proxy
// counts a 502: it is not asked. Of a handful nothing is said: probes see whoever fails always.
const FailedShare = `(sum(increase(madang_edge_requests_total{function=~"{functions}",class="5xx"}[{seconds}s])) > 3) / ` +
	`sum(increase(madang_edge_requests_total{function=~"{functions}"}[{seconds}s]))`

var errTooMany = errors.New("too many")

// MostFailed is the share of failed requests that a release is given back for, where nobody
// says another: ten times what the objective allows in a month (docs/operating.md).
const MostFailed = 0.01

// WatchedBy has a release watched by the installation's Prometheus. Where there is none, or
// none can be reached, probes watch alone, and that is said. The caller ends it.
func (r *Rollout) WatchedBy(ctx context.Context, config *rest.Config, m Metrics) (done func()) {
	address, done, err := ReachPrometheus(ctx, config, r.Kube, r.Namespace)
	if err == nil && address == "" {
		err = errors.New("there is none")
	}
	if err != nil {
		if r.Out != nil {
			_, _ = fmt.Fprintln(r.Out, "watched by probes, and by no Prometheus:", err)
		}
		return func() {}
	}
	m.Address, m.Optional = address, true
	r.Metrics = &m
	return done
}

// check asks Prometheus once. One that is away is an error: a release that asked for it
// by name must not be blind.
func (m *Metrics) check(ctx context.Context, client *http.Client, namespace string, changes []Change, switched time.Time) error {
	revisions, functions := []string{}, []string{}
	for _, c := range changes {
		revisions, functions = append(revisions, c.To), append(functions, c.Function)
	}
	query := strings.NewReplacer(
		"{namespace}", namespace, "{functions}", strings.Join(functions, "|"), "{revisions}", strings.Join(revisions, "|"),
		"{seconds}", strconv.Itoa(max(1, int(time.Since(switched).Seconds()))),
	).Replace(cmp.Or(m.Query, FailedShare))
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, m.Address+"/api/v1/query?query="+url.QueryEscape(query), nil)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	answer, err := client.Do(request)
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("metrics: %w", err)
	}
	share, counted, err := parseShare(body)
	if err != nil {
		return fmt.Errorf("metrics: status %d: %w", answer.StatusCode, err)
	}
	if counted && share > m.Most {
		return fmt.Errorf("metrics: %w: %.2f %% of the requests failed, at most %.2f %% may", errTooMany, share*100, m.Most*100)
	}
	return nil
}

// parseShare reads an instant vector of at most one sample. No sample, and NaN, mean that
// nothing was counted.
func parseShare(body []byte) (share float64, counted bool, err error) {
	var answer struct {
		Status string `json:"status"`
		Error  string `json:"error"`
		Data   struct {
			Result []struct {
				Value [2]any `json:"value"`
			} `json:"result"`
		} `json:"data"`
	}
	if err := json.Unmarshal(body, &answer); err != nil {
		return 0, false, fmt.Errorf("not Prometheus: %w", err)
	}
	if answer.Status != "success" {
		return 0, false, errors.New(answer.Error)
	}
	if len(answer.Data.Result) == 0 {
		return 0, false, nil
	}
	text, _ := answer.Data.Result[0].Value[1].(string)
	share, err = strconv.ParseFloat(text, 64)
	if err != nil {
		return 0, false, fmt.Errorf("not a number: %q", text)
	}
	return share, !math.IsNaN(share), nil
}
