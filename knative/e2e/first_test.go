package e2e

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/uuid"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// crowd is how many ask for a page at the same moment.
const crowd = 10_000

// Of 10 000 who ask at once for a page that nobody has, exactly one reaches a function,
// and none is refused. While Redis is slow or away the edge's replicas cannot agree, and
// each asks once.
func TestFirstRequests(t *testing.T) {
	e := openEnvironment(t)
	token := e.signIn()
	replicas := len(e.pods(e.namespace, "app.kubernetes.io/component=edge"))
	for _, row := range []struct {
		what string
		most int
		do   func(e *environment) (undo func())
	}{
		{"all is well", 1, func(*environment) func() { return func() {} }},
		{"Redis answers slowly", replicas, func(e *environment) func() {
			out, err := e.run(e.pods(e.namespace, "app.kubernetes.io/component=redis")[0], `redis-cli -a "$REDIS_PASSWORD" --no-auth-warning CLIENT PAUSE 20000 ALL`)
			if err != nil || strings.TrimSpace(out) != "OK" {
				e.Fatalf("%v: %s", err, out)
			}
			return func() {
				e.soon("Redis answers", func() bool { return e.fresh("/v1/main") })
			}
		}},
		{"Redis is away", replicas, func(e *environment) func() {
			e.scale("redis", 0)
			e.soon("Redis is away", func() bool { return len(e.pods(e.namespace, "app.kubernetes.io/component=redis")) == 0 })
			return func() {
				e.scale("redis", 1)
				e.soon("Redis answers", func() bool { return e.fresh("/v1/main") })
			}
		}},
	} {
		t.Run(row.what, func(t *testing.T) {
			e := e.with(t)
			if status, _, body, err := e.get("/v1/notices?q=깨우기", ""); status != http.StatusOK { // a pod is awake, so that its counter is there
				t.Fatalf("%d %s %v", status, body, err)
			}
			defer row.do(e)()
			// A tag that nobody has asked for yet: of one that no notice has, no page is kept.
			tag := fmt.Sprint("첫", time.Now().UnixNano())
			e.must(e.call(http.MethodPost, "/v1/notices", token, fmt.Sprintf(`{"unit":"총학","title":"처음 읽는 글","tags":[%q],"publishAt":%q}`, tag, time.Now().UTC().Format(time.RFC3339)), nil), http.StatusCreated)
			asleep := e.awake("/v1/notices/" + uuid.NewString()) // a pod that sleeps takes its counter along
			before := e.requests("notices", "/v1/notices")
			began := time.Now()
			counts := e.rush("/v1/notices?" + url.Values{"tag": {tag}}.Encode())
			took := time.Since(began)
			asleep()
			reached := more(e.requests("notices", "/v1/notices"), before)
			t.Logf("%d at once were answered in %v: %v; %d reached a function", crowd, took.Round(time.Millisecond), counts, reached)
			if counts["200"] != crowd {
				t.Errorf("not everybody was answered: %v", counts)
			}
			if reached < 1 || reached > row.most {
				t.Errorf("%d requests reached a function, want 1 to %d", reached, row.most)
			}
		})
	}
}

// rush has the crowd ask for one address at the same moment, each on a connection of its
// own, from 250 addresses, and counts what was answered.
func (e *environment) rush(path string) map[string]int {
	client := &http.Client{Timeout: time.Minute, Transport: &http.Transport{DisableKeepAlives: true, MaxConnsPerHost: 0}}
	counts := map[string]int{}
	var mu sync.Mutex
	var all sync.WaitGroup
	begin := make(chan struct{})
	for i := range crowd {
		all.Go(func() {
			r, err := http.NewRequest(http.MethodGet, e.target.address+path, http.NoBody)
			if err != nil {
				return
			}
			r.Header.Set("X-Forwarded-For", visitor(i))
			<-begin
			response, err := client.Do(r)
			var what string
			if err != nil {
				what = err.Error()
				if i := strings.LastIndex(what, ": "); i >= 0 { // without the address, so that equal ones are counted together
					what = what[i+2:]
				}
			} else {
				what = strconv.Itoa(response.StatusCode)
				_, _ = io.Copy(io.Discard, response.Body)
				_ = response.Body.Close()
			}
			mu.Lock()
			counts[what]++
			mu.Unlock()
		})
	}
	close(begin)
	all.Wait()
	return counts
}

// visitor is one of 250 addresses (TEST-NET-2, RFC 5737). It counts where the environment
// trusts this machine as its load balancer (edge.trustedProxies).
func visitor(i int) string { return "198.51.100." + strconv.Itoa(1+i%250) }

// awake asks a function for something every second until asleep is called.
func (e *environment) awake(path string) (asleep func()) {
	stop := make(chan struct{})
	var asking sync.WaitGroup
	asking.Go(func() {
		for {
			_, _, _, _ = e.get(path, "")
			select {
			case <-stop:
				return
			case <-time.After(time.Second):
			}
		}
	})
	return func() { close(stop); asking.Wait() }
}

// requests is how many requests each of a function's pods has counted for a route.
func (e *environment) requests(function, route string) map[string]int {
	e.Helper()
	counted := map[string]int{}
	for _, pod := range e.pods(e.namespace, "serving.knative.dev/service="+function) {
		text, err := e.kubernetes.CoreV1().Pods(e.namespace).ProxyGet("http", pod, "9095", "/metrics", nil).DoRaw(context.Background())
		if err != nil {
			e.Fatalf("metrics of %s: %v", pod, err)
		}
		for lines := bufio.NewScanner(bytes.NewReader(text)); lines.Scan(); {
			name, value, ok := strings.Cut(lines.Text(), "} ")
			if ok && strings.HasPrefix(name, "madang_requests_total{") && strings.Contains(name, `route="`+route+`"`) {
				count, err := strconv.Atoi(value)
				if err != nil {
					e.Fatalf("%q: %v", lines.Text(), err)
				}
				counted[pod] += count
			}
		}
	}
	return counted
}

// more is what pods have counted since.
func more(now, before map[string]int) (n int) {
	for pod, count := range now {
		n += count - before[pod]
	}
	return n
}

// fresh says whether a page comes from Redis.
func (e *environment) fresh(path string) bool {
	_, header, _, err := e.get(path, "")
	s := header.Get("Cache-Status")
	return err == nil && strings.HasPrefix(s, "madang; hit") && !strings.Contains(s, "detail=")
}

func (e *environment) scale(deployment string, replicas int32) {
	e.Helper()
	api := e.kubernetes.AppsV1().Deployments(e.namespace)
	s, err := api.GetScale(context.Background(), deployment, metav1.GetOptions{})
	if err != nil {
		e.Fatal(err)
	}
	s.Spec.Replicas = replicas
	if _, err := api.UpdateScale(context.Background(), deployment, s, metav1.UpdateOptions{}); err != nil {
		e.Fatal(err)
	}
}
