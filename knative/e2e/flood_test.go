package e2e

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/madang-council/madang/knative/dashboards"
)

// many asks again and again, each after a pause, and is watched second by second: how many
// pods are ready, how long answers take, what they are.
type many struct {
	*environment
	selector string // of the pods that are counted
	each     func(i int) (path, token, address string)
	pause    time.Duration
	mu       sync.Mutex
	took     []time.Duration // of the second that is under way
	statuses map[int]int
	failures []string
	seconds  []second
}

// second is what was seen in one.
type second struct {
	at              time.Time
	ready           int
	answers, others int // others: neither 200 nor a refusal that says when to come again
	refusals        int
	p50, p99        time.Duration
}

// run has n of them ask for some time, and watches on until ends says that it is over.
func (m *many) run(n int, during time.Duration, ends func(ready int) bool, patience time.Duration) {
	m.Helper()
	m.statuses = map[int]int{}
	asking, stop := context.WithTimeout(context.Background(), during)
	defer stop()
	var all sync.WaitGroup
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{MaxIdleConnsPerHost: n}}
	for i := range n {
		all.Go(func() {
			for asking.Err() == nil {
				m.ask(client, i)
				time.Sleep(m.pause)
			}
		})
	}
	began := time.Now()
	for ; ; time.Sleep(time.Second) {
		s := second{at: time.Now(), ready: m.ready()}
		m.mu.Lock()
		s.answers, s.p50, s.p99 = len(m.took), quantile(m.took, 0.5), quantile(m.took, 0.99)
		s.refusals, s.others = m.statuses[http.StatusServiceUnavailable]+m.statuses[http.StatusTooManyRequests], len(m.failures)
		m.took = nil
		m.mu.Unlock()
		m.seconds = append(m.seconds, s)
		if asking.Err() != nil && ends(s.ready) {
			break
		}
		if time.Since(began) > during+patience {
			m.Errorf("%v after the last request %d pods are ready", patience, s.ready)
			break
		}
	}
	all.Wait()
}

func (m *many) ask(client *http.Client, i int) {
	path, token, address := m.each(i)
	r, err := http.NewRequest(http.MethodGet, m.target.address+path, http.NoBody)
	if err != nil {
		m.Error(err)
		return
	}
	r.Header.Set("X-Forwarded-For", address)
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	began := time.Now()
	response, err := client.Do(r)
	if err == nil {
		_, err = io.Copy(io.Discard, response.Body)
		_ = response.Body.Close()
	}
	took := time.Since(began)
	m.mu.Lock()
	defer m.mu.Unlock()
	m.took = append(m.took, took)
	if err != nil {
		m.failures = append(m.failures, err.Error())
		return
	}
	m.statuses[response.StatusCode]++
	later := response.StatusCode == http.StatusServiceUnavailable || response.StatusCode == http.StatusTooManyRequests
	if response.StatusCode != http.StatusOK && !(later && response.Header.Get("Retry-After") != "") {
		m.failures = append(m.failures, response.Status)
	}
}

// ready are the pods that take requests.
func (m *many) ready() int {
	list, err := m.kubernetes.CoreV1().Pods(m.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: m.selector})
	if err != nil {
		return -1
	}
	n := 0
	for _, p := range list.Items {
		if slices.ContainsFunc(p.Status.Conditions, func(c corev1.PodCondition) bool {
			return c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue
		}) && p.DeletionTimestamp == nil {
			n++
		}
	}
	return n
}

// most is the largest number of pods that was seen.
func (m *many) most() int {
	return slices.MaxFunc(m.seconds, func(a, b second) int { return a.ready - b.ready }).ready
}

// told prints what was seen, and draws it into MADANG_PLOTS where that is a folder.
func (m *many) told(name, title string) {
	m.Helper()
	total := 0
	for _, s := range m.seconds {
		total += s.answers
	}
	m.Logf("%d requests: %v; %d pods at most", total, m.statuses, m.most())
	first := m.seconds[0].at
	for i, s := range m.seconds {
		if i == 0 || s.ready != m.seconds[i-1].ready {
			m.Logf("after %3.0f s %d pods are ready; p50 %v, p99 %v, %d answers in that second", s.at.Sub(first).Seconds(), s.ready, s.p50.Round(time.Millisecond), s.p99.Round(time.Millisecond), s.answers)
		}
	}
	folder := os.Getenv("MADANG_PLOTS")
	if folder == "" {
		return
	}
	panel := func(title, unit string, lines map[string]func(second) float64) dashboards.Drawn {
		d := dashboards.Drawn{Panel: dashboards.Panel{Title: title, Unit: unit}}
		for name, of := range lines {
			values := [][2]any{}
			for _, s := range m.seconds {
				values = append(values, [2]any{float64(s.at.UnixMilli()) / 1000, fmt.Sprint(of(s))})
			}
			d.Add(name, nil, values)
		}
		return d
	}
	drawn := []dashboards.Drawn{
		panel("Pods that are ready", "short", map[string]func(second) float64{"pods": func(s second) float64 { return float64(s.ready) }}),
		panel("Answers a second", "reqps", map[string]func(second) float64{"answers": func(s second) float64 { return float64(s.answers) }}),
		panel("How long an answer takes", "s", map[string]func(second) float64{
			"p50": func(s second) float64 { return s.p50.Seconds() }, "p99": func(s second) float64 { return s.p99.Seconds() },
		}),
		panel("Refused so far: come again later / anything else", "short", map[string]func(second) float64{
			"503 and 429 with Retry-After": func(s second) float64 { return float64(s.refusals) }, "errors": func(s second) float64 { return float64(s.others) },
		}),
	}
	page := dashboards.Draw(dashboards.Dashboard{Title: title}, drawn, first, m.seconds[len(m.seconds)-1].at)
	if err := os.WriteFile(filepath.Join(folder, name+".html"), page, 0o644); err != nil {
		m.Error(err)
	}
}

// A flood of readers brings more replicas of the edge, by their use of CPU, and they go again
// when it is over; everybody is answered.
func TestFloodOfReaders(t *testing.T) {
	e := openEnvironment(t)
	if os.Getenv("MADANG_METRICS") == "" {
		t.Skip("MADANG_METRICS is not set: told where pods are measured (.ci/cluster CLUSTER nodes)")
	}
	hpa, err := e.kubernetes.AutoscalingV2().HorizontalPodAutoscalers(e.namespace).Get(t.Context(), "edge", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	least := int(*hpa.Spec.MinReplicas)
	e.settled("/")
	m := &many{environment: e, selector: "app.kubernetes.io/component=edge", each: func(i int) (string, string, string) { return "/", "", visitor(i) }}
	m.run(40, 90*time.Second, func(ready int) bool { return ready == least }, 15*time.Minute)
	m.told("flood-of-readers", "A flood of readers: 40 at once for 90 s, without a pause")
	if m.most() <= least {
		t.Errorf("no replica came: %d", m.most())
	}
	if len(m.failures) > 0 {
		t.Errorf("%d readers saw %v", len(m.failures), m.failures[:min(5, len(m.failures))])
	}
}

// 400 pages of members that are open at once bring pods by concurrency, which sleep when they
// are closed; each is answered, or told when to come again.
func TestMembersAtOnce(t *testing.T) {
	e := openEnvironment(t)
	const pages, accounts = 400, 40
	tokens := make([]string, accounts)
	for i := range tokens {
		mail := fmt.Sprintf("crowd-%d-%d@example.com", i, time.Now().UnixNano())
		from := []string{"X-Forwarded-For", visitor(i)}
		e.must(e.call(http.MethodPost, "/v1/members", "", fmt.Sprintf(
			`{"email":%q,"password":"dolbegae-mudang-37","name":"김마당","consent":{"policyVersion":"2026-03-01","privacy":true,"age":true}}`, mail), nil, from...), http.StatusCreated)
		var session struct{ AccessToken string }
		e.must(e.call(http.MethodPost, "/v1/auth/sessions", "", fmt.Sprintf(`{"email":%q,"password":"dolbegae-mudang-37"}`, mail), &session, from...), http.StatusCreated)
		tokens[i] = session.AccessToken
	}
	e.asleep()
	m := &many{environment: e, selector: "serving.knative.dev/service=members", pause: time.Second, each: func(i int) (string, string, string) {
		return "/v1/members/me", tokens[i%accounts], visitor(i)
	}}
	m.run(pages, time.Minute, func(ready int) bool { return ready == 0 }, 5*time.Minute)
	m.told("members-at-once", "400 pages of 40 members at once for a minute, a second between two requests of each, with all asleep before")
	if m.most() < 2 {
		t.Errorf("concurrency brought no second pod: %d", m.most())
	}
	if len(m.failures) > 0 {
		t.Errorf("%d members saw %v", len(m.failures), m.failures[:min(5, len(m.failures))])
	}
	if m.statuses[http.StatusOK] == 0 {
		t.Error("nobody was answered")
	}
}
