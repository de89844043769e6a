package main

import (
	"context"
	"slices"
	"strings"
	"sync"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/knative/kube"
)

// kept are the components whose logs are kept. PostgreSQL's is not: it shows statements with
// what members wrote; nor are those of Redis, Prometheus and Alertmanager, which know no
// requests and whose pods stay. This program's own would feed on itself.
var kept = []string{"function", "edge", "watch", "migrate", "backup"}

// queueProxy is Knative's container beside a function. Its lines say nothing of requests.
const queueProxy = "queue-proxy"

// collector follows the logs of all containers that are kept.
type collector struct {
	api         *cluster
	book        *book
	minuteBytes int64 // what a container may write in a minute
	times       times

	mu        sync.Mutex
	ctx       context.Context
	group     sync.WaitGroup
	followers map[string]*following // by pod's uid and container
	ready     bool                  // every pod that was there is followed
}

type following struct {
	*follower
	end  context.CancelFunc
	last *time.Timer // ends it some time after its pod
}

func newCollector(api *cluster, b *book, minuteBytes int64) *collector {
	return &collector{api: api, book: b, minuteBytes: minuteBytes, times: usualTimes, followers: map[string]*following{}}
}

// run follows until ctx ends.
func (c *collector) run(ctx context.Context, retention time.Duration) {
	c.book.goOn(ctx, retention)
	c.ctx = ctx
	store, controller := kube.Follow(c.api.core, c.api.namespace, kube.Handler{
		Is: func(p *corev1.Pod, _ bool) { c.is(p) }, Gone: c.gone,
	})
	c.group.Go(func() {
		for !controller.HasSynced() {
			select {
			case <-ctx.Done():
				return
			case <-time.After(100 * time.Millisecond):
			}
		}
		there := map[string]bool{}
		for _, o := range store.List() {
			if p, ok := o.(*corev1.Pod); ok {
				there[string(p.UID)] = true
			}
		}
		c.mu.Lock()
		c.ready = true
		c.mu.Unlock()
		c.book.forgetOthers(func(name string) bool { uid, _, _ := strings.Cut(name, "/"); return there[uid] })
	})
	controller.RunWithContext(ctx)
	c.group.Wait()
}

// is takes a pod as it is now, and follows those of its containers that have begun.
func (c *collector) is(p *corev1.Pod) {
	if !slices.Contains(kept, p.Labels[kube.ComponentLabel]) {
		return
	}
	for _, s := range slices.Concat(p.Status.InitContainerStatuses, p.Status.ContainerStatuses) {
		begun := s.State.Running != nil || s.State.Terminated != nil || s.LastTerminationState.Terminated != nil
		if begun && s.Name != queueProxy {
			c.follow(p, s.Name, state{ended: s.State.Running == nil, restarts: int(s.RestartCount)})
		}
	}
}

func (c *collector) follow(p *corev1.Pod, container string, s state) {
	c.mu.Lock()
	defer c.mu.Unlock()
	name := string(p.UID) + "/" + container
	if f, there := c.followers[name]; there {
		f.set(s)
		return
	}
	ctx, end := context.WithCancel(c.ctx)
	f := &following{end: end, follower: &follower{
		api: c.api, book: c.book, name: name, pod: p.Name, container: container, minuteBytes: c.minuteBytes, times: c.times, latest: s, changed: make(chan struct{}, 1),
	}}
	f.place, f.known = c.book.place(name)
	c.followers[name] = f
	c.group.Go(func() {
		defer end()
		if !f.run(ctx) && c.ctx.Err() == nil {
			c.book.unread(f.pod, f.container, context.Cause(ctx)) // the log of a pod that is gone had no end
		}
		if c.ctx.Err() == nil {
			c.forget(f)
		}
	})
}

// gone has the logs of a pod read to their ends, for some time.
func (c *collector) gone(p *corev1.Pod) {
	c.is(p) // it may have lived for less than what is told of it
	c.mu.Lock()
	defer c.mu.Unlock()
	for name, f := range c.followers {
		if uid, _, _ := strings.Cut(name, "/"); uid == string(p.UID) && f.last == nil {
			f.set(state{ended: true, restarts: f.state().restarts, gone: true})
			f.last = time.AfterFunc(c.times.grace, f.end)
		}
	}
}

func (c *collector) forget(f *following) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if f.last != nil {
		f.last.Stop()
	}
	delete(c.followers, f.name)
	c.book.forget(f.name)
}

// isReady says whether every pod that was there is followed: who did so before may end.
func (c *collector) isReady() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.ready
}

// streams is how many logs are followed.
func (c *collector) streams() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.followers)
}
