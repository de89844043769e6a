package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/knative/kube"
)

// api is a stand-in for Kubernetes' API and the kubelets behind it: pods, and their logs.
type api struct {
	t *testing.T
	*cluster

	mu      sync.Mutex
	changed chan struct{} // closed at each change
	pods    map[string]*pod
	events  []metav1.WatchEvent
	clock   time.Time
	broken  int // streams that began before this number break
	began   int
	streams map[int]stream // that follow
	away    bool
	asked   []string // the queries of logs
}

// stream is the log of which restart of which pod is followed.
type stream struct {
	pod     string
	restart int
}

type pod struct {
	object     *corev1.Pod
	containers map[string]*container
}

type container struct {
	logs     [][]string // of each restart: lines with their times and ends
	gone     int        // logs that the kubelet has thrown away
	running  bool
	restarts int
}

func newAPI(t *testing.T) *api {
	t.Helper()
	a := &api{t: t, changed: make(chan struct{}), pods: map[string]*pod{}, streams: map[int]stream{}, clock: time.Date(2026, 11, 30, 7, 0, 0, 0, time.UTC)}
	server := httptest.NewServer(a)
	t.Cleanup(func() { a.breakStreams(); server.CloseClientConnections(); server.Close() })
	c, err := newCluster(&rest.Config{Host: server.URL}, "madang")
	if err != nil {
		t.Fatal(err)
	}
	a.cluster = c
	return a
}

// change changes something and tells everybody.
func (a *api) change(do func()) {
	a.mu.Lock()
	defer a.mu.Unlock()
	do()
	close(a.changed)
	a.changed = make(chan struct{})
}

func (a *api) tell(kind string, p *pod) {
	o := p.object
	o.TypeMeta = metav1.TypeMeta{APIVersion: "v1", Kind: "Pod"}
	o.ResourceVersion = strconv.Itoa(len(a.events) + 1)
	o.Status.ContainerStatuses = nil
	for name, c := range p.containers {
		s := corev1.ContainerStatus{Name: name, RestartCount: int32(c.restarts)}
		switch {
		case c.running:
			s.State.Running = &corev1.ContainerStateRunning{}
		case len(c.logs) > 0:
			s.State.Terminated = &corev1.ContainerStateTerminated{}
		default:
			s.State.Waiting = &corev1.ContainerStateWaiting{Reason: "ContainerCreating"}
		}
		o.Status.ContainerStatuses = append(o.Status.ContainerStatuses, s)
	}
	raw, err := json.Marshal(o)
	if err != nil {
		a.t.Error(err)
	}
	e := metav1.WatchEvent{Type: kind}
	e.Object.Raw = raw
	a.events = append(a.events, e)
}

// begin begins a pod of a component whose containers run.
func (a *api) begin(name, component string, containers ...string) {
	a.change(func() {
		p := &pod{containers: map[string]*container{}, object: &corev1.Pod{ObjectMeta: metav1.ObjectMeta{
			Namespace: "madang", Name: name, UID: types.UID("uid-" + name), Labels: map[string]string{kube.ComponentLabel: component},
		}}}
		for _, c := range containers {
			p.containers[c] = &container{}
		}
		a.pods[name] = p
		a.tell("ADDED", p)
		for _, c := range p.containers {
			c.running, c.logs = true, [][]string{nil}
		}
		a.tell("MODIFIED", p)
	})
}

// write has a container write lines, each at a time of its own.
func (a *api) write(name, container string, texts ...string) {
	a.change(func() {
		for _, text := range texts {
			a.clock = a.clock.Add(1234567 * time.Nanosecond)
			a.append(name, container, a.clock, text+"\n")
		}
	})
}

func (a *api) append(name, container string, at time.Time, text string) {
	c := a.pods[name].containers[container]
	n := len(c.logs) - 1
	c.logs[n] = append(c.logs[n], at.Format(time.RFC3339Nano)+" "+text)
}

// stop ends a container, restart begins it again, remove takes its pod away.
func (a *api) stop(name, container string) {
	a.change(func() { a.pods[name].containers[container].running = false; a.tell("MODIFIED", a.pods[name]) })
}

func (a *api) restart(name, container string) {
	a.change(func() {
		c := a.pods[name].containers[container]
		c.restarts++
		a.clock = a.clock.Add(time.Nanosecond) // no process begins when another one writes
		c.running, c.logs = true, append(c.logs, nil)
		a.tell("MODIFIED", a.pods[name])
	})
}

func (a *api) remove(name string) {
	a.change(func() {
		p := a.pods[name]
		for _, c := range p.containers {
			c.running = false
		}
		a.tell("DELETED", p)
		delete(a.pods, name)
	})
}

// breakStreams breaks all logs that are read now, as a network does.
func (a *api) breakStreams() { a.change(func() { a.broken = a.began }) }

// queries are those by which logs were asked for.
func (a *api) queries() []string {
	a.mu.Lock()
	defer a.mu.Unlock()
	return slices.Clone(a.asked)
}

// following says whether somebody reads what a pod's only container writes now.
func (a *api) following(name string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	for id, s := range a.streams {
		if p := a.pods[name]; p != nil && id > a.broken && s.pod == name && s.restart == p.containers["function"].restarts {
			return true
		}
	}
	return false
}

func (a *api) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Proto != "HTTP/1.1" {
		a.t.Errorf("asked by %s: what is not read yet would be kept here", r.Proto)
	}
	path := strings.Split(strings.TrimPrefix(r.URL.Path, "/api/v1/namespaces/madang/pods"), "/")
	a.mu.Lock()
	away := a.away
	a.mu.Unlock()
	switch {
	case away:
		refuse(w, http.StatusServiceUnavailable, metav1.StatusReasonServiceUnavailable)
	case len(path) == 3 && path[2] == "log":
		a.log(w, r, path[1])
	case r.URL.Query().Get("sendInitialEvents") != "": // an API that knows no streamed lists
		refuse(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
	case r.URL.Query().Get("watch") != "":
		a.watch(w, r)
	default:
		a.mu.Lock()
		defer a.mu.Unlock()
		list := corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{ResourceVersion: strconv.Itoa(len(a.events))}}
		for _, p := range a.pods {
			list.Items = append(list.Items, *p.object)
		}
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(list)
	}
}

func refuse(w http.ResponseWriter, status int, reason metav1.StatusReason) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(metav1.Status{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "Status"}, Status: "Failure", Code: int32(status), Reason: reason})
}

func (a *api) watch(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	for sent, _ := strconv.Atoi(r.URL.Query().Get("resourceVersion")); ; {
		a.mu.Lock()
		events, changed := a.events[sent:], a.changed
		a.mu.Unlock()
		for _, e := range events {
			_ = json.NewEncoder(w).Encode(e)
			sent++
		}
		w.(http.Flusher).Flush()
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
	}
}

// log serves a log as the kubelet does: the whole lines from sinceTime on, which it knows to
// the second, and while the container runs what comes. A pod that is gone has none, but who
// reads it already reads it to its end.
func (a *api) log(w http.ResponseWriter, r *http.Request, name string) {
	q := r.URL.Query()
	a.mu.Lock()
	a.asked = append(a.asked, r.URL.RawQuery)
	p := a.pods[name]
	if p == nil {
		a.mu.Unlock()
		refuse(w, http.StatusNotFound, metav1.StatusReasonNotFound)
		return
	}
	c := p.containers[q.Get("container")]
	n := len(c.logs) - 1
	if q.Get("previous") != "" {
		n--
	}
	if n < c.gone {
		a.mu.Unlock()
		refuse(w, http.StatusBadRequest, metav1.StatusReasonBadRequest)
		return
	}
	a.began++
	id := a.began
	follow := q.Get("follow") != ""
	if follow {
		a.streams[id] = stream{name, n}
		defer func() { a.mu.Lock(); delete(a.streams, id); a.mu.Unlock() }()
	}
	a.mu.Unlock()
	var since time.Time
	if text := q.Get("sinceTime"); text != "" {
		since, _ = time.Parse(time.RFC3339, text)
		since = since.Truncate(time.Second)
	}
	if q.Get("timestamps") != "true" {
		a.t.Error("a log is asked for without times")
	}
	for sent := 0; ; {
		a.mu.Lock()
		lines, changed, broken := c.logs[n][sent:], a.changed, id <= a.broken
		more := follow && c.running && n == len(c.logs)-1
		a.mu.Unlock()
		if broken {
			panic(http.ErrAbortHandler)
		}
		for _, l := range lines {
			if at, _, _ := strings.Cut(l, " "); !since.IsZero() {
				if t, _ := time.Parse(time.RFC3339Nano, at); t.Before(since) {
					sent++
					continue
				}
			}
			_, _ = fmt.Fprint(w, l)
			sent++
		}
		w.(http.Flusher).Flush()
		if !more {
			return
		}
		select {
		case <-r.Context().Done():
			return
		case <-changed:
		}
	}
}
