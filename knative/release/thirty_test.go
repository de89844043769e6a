package release_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/knative/release"
)

// thirty are the functions of a council that has grown.
func thirty() (names []string, images release.Images) {
	images.Functions = map[string]string{}
	for i := range 30 {
		name := fmt.Sprintf("f%02d", i+1)
		names = append(names, name)
		images.Functions[name] = imageOf("two")
	}
	return names, images
}

// serves checks which Revisions have all traffic, and that nothing else is left of a release.
func (k *knative) serves(revision string, names ...string) {
	k.t.Helper()
	for _, name := range names {
		if got, want := k.traffic(name), name+"-"+revision+"=100"; !strings.HasPrefix(got, want) || strings.Contains(got, "green") {
			k.t.Errorf("traffic %s, want %s", got, want)
		}
	}
}

// Thirty functions of which three start at the same time, each in 40 seconds, take longer
// than any one may; who is asked for and who has a node makes no difference.
func TestThirty(t *testing.T) {
	for _, row := range []struct{ together, room, most int }{{3, 30, 3}, {30, 3, 3}} {
		t.Run(fmt.Sprintf("%d asked for, %d started", row.together, row.room), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				names, wanted := thirty()
				k := newKnative(t, names...)
				k.room, k.takes = row.room, 40*time.Second
				r := k.rollout()
				r.Together = row.together
				sum, err := r.Deploy(t.Context(), wanted)
				if err != nil || sum.Outcome != release.Released || k.most != row.most {
					t.Errorf("%s %v, %d started at the same time", sum.Outcome, err, k.most)
				}
				k.serves("00002", names...)
			})
		})
	}
}

// Knative that moves the traffic of one function after another, each in twenty seconds, needs longer for thirty than any
// one may, there and back; one that never moves ends the switch when no other has moved for as long as one may, and all go back.
func TestThirtySwitchedSlowly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names, wanted := thirty()
		k := newKnative(t, names...)
		k.moves = 20 * time.Second
		sum, err := k.rollout().Deploy(t.Context(), wanted)
		if err != nil || sum.Outcome != release.Released {
			t.Fatalf("%s %v", sum.Outcome, err)
		}
		k.serves("00002", names...)
		if sum, err = k.rollout().Rollback(t.Context()); err != nil || sum.Outcome != release.RolledBack {
			t.Fatalf("%s %v", sum.Outcome, err)
		}
		k.serves("00001", names...)
	})
	synctest.Test(t, func(t *testing.T) {
		names, wanted := thirty()
		k := newKnative(t, names...)
		k.moves, k.stuck = 20*time.Second, "f05"
		start := time.Now()
		sum, err := k.rollout().Deploy(t.Context(), wanted)
		if !errors.Is(err, release.ErrRolledBack) || !strings.Contains(sum.Reason, "f05") || strings.Contains(sum.Reason, "f06") {
			t.Errorf("%s %v", sum.Outcome, err)
		}
		if took, most := time.Since(start), 2*30*20*time.Second+2*2*time.Minute+time.Minute; took > most {
			t.Errorf("it took %v, longer than %v", took, most)
		}
		k.serves("00001", names...)
	})
}

// One of thirty that never becomes ready ends the release in a bounded time, and is the
// only one that the error names.
func TestOneNeverReady(t *testing.T) {
	waits := func(reason, message string) func(*corev1.Pod) {
		return func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "function", State: corev1.ContainerState{Waiting: &corev1.ContainerStateWaiting{Reason: reason, Message: message}}}}
		}
	}
	for _, row := range []struct {
		name     string
		together int
		trouble  func(*corev1.Pod)
		failure  []string      // parts of the error
		within   time.Duration // of when it is asked for
	}{
		{"the image", 3, waits("ImagePullBackOff", "not found"), []string{"f05-00002 cannot start", "ImagePullBackOff: not found"}, time.Second},
		{"the program", 3, waits("CrashLoopBackOff", "back-off"), []string{"f05-00002 cannot start", "CrashLoopBackOff: back-off"}, time.Second},
		{"the configuration", 3, waits("CreateContainerConfigError", "no Secret"), []string{"f05-00002 cannot start", "no Secret"}, time.Second},
		{"slow", 3, func(p *corev1.Pod) {
			p.Status.ContainerStatuses = []corev1.ContainerStatus{{Name: "function", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}
		}, []string{"it is not ready after 2m0s", "container function runs but is not ready"}, 2*time.Minute + time.Second},
		{"no node", 3, nil, []string{"no node has taken it after 2m0s", "Unschedulable: 0/2 nodes are available"}, 29*40*time.Second/2 + 2*time.Minute},
		{"no node, all at once", 30, nil, []string{"no node has taken it after 2m0s", "Unschedulable: 0/2 nodes are available"}, 29*40*time.Second/2 + 2*time.Minute},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				names, wanted := thirty()
				k := newKnative(t, names...)
				k.room, k.takes = 3, 40*time.Second
				k.trouble = map[string]func(*corev1.Pod){"f05": row.trouble}
				r := k.rollout()
				r.Together = row.together
				var asked time.Time
				k.patching = func(_ context.Context, name string) error {
					if name == "f05" && k.phase() == release.Green && asked.IsZero() {
						asked = time.Now()
					}
					return nil
				}
				var ended time.Time
				r.Out = lines(func(line string) {
					if strings.Contains(line, "green 30 failed") {
						ended = time.Now()
					}
				})
				sum, err := r.Deploy(t.Context(), wanted)
				if err == nil || sum.Outcome != release.Failed {
					t.Fatalf("%s %v", sum.Outcome, err)
				}
				for _, part := range append(row.failure, "f05: ") {
					if !strings.Contains(sum.Reason, part) {
						t.Errorf("%q does not say %q", sum.Reason, part)
					}
				}
				for _, name := range names {
					if name != "f05" && strings.Contains(sum.Reason, name) {
						t.Errorf("%q names %s", sum.Reason, name)
					}
				}
				if took := ended.Sub(asked); took > row.within {
					t.Errorf("given up after %v", took)
				}
				k.serves("00001", names...)
			})
		})
	}
}

// lines are told of what a release says.
type lines func(string)

func (l lines) Write(p []byte) (int, error) { l(string(p)); return len(p), nil }

// together holds every patch back until many are under way at the same time, and checks what
// is recorded by then.
func (k *knative) together(many int, phase release.Phase) func(context.Context, string) error {
	var sent atomic.Int64
	all := make(chan struct{})
	return func(ctx context.Context, name string) error {
		n := sent.Add(1)
		if n > int64(many) {
			return nil // of a later step
		}
		if got := k.phase(); got != phase {
			k.t.Errorf("%s is patched while the record says %q", name, got)
		}
		if n == int64(many) {
			close(all)
		}
		select {
		case <-all:
			return nil
		case <-ctx.Done():
			return fmt.Errorf("%d of %d patches were sent: %w", sent.Load(), many, ctx.Err())
		}
	}
}

// Neither the switch nor a rollback waits for one function before it asks for the next.
func TestAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names, wanted := thirty()
		k := newKnative(t, names...)
		r := k.rollout()
		r.Smoke = func(context.Context, map[string]string) error {
			k.patching = k.together(30, release.Switching)
			return nil
		}
		if sum, err := r.Deploy(t.Context(), wanted); err != nil || sum.Outcome != release.Released {
			t.Fatalf("%s %v", sum.Outcome, err)
		}
		k.serves("00002", names...)
		k.patching = k.together(30, release.Switching)
		if sum, err := k.rollout().Rollback(t.Context()); err != nil || sum.Outcome != release.RolledBack || k.phase() != release.RolledBack {
			t.Fatalf("%s %v", sum.Outcome, err)
		}
		k.serves("00001", names...)
	})
}

// Where one function refuses to go back all others do, the error names the one, and the next
// command goes on where this one ended.
func TestOneRefuses(t *testing.T) {
	for _, row := range []struct {
		name, next string
		refusal    error
	}{
		{"again", "rollback", errors.New("the webhook says no")},
		{"before the next release", "deploy", errors.New("the webhook says no")},
		{"cut off", "rollback", fmt.Errorf("the webhook says nothing: %w", context.DeadlineExceeded)},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				names, wanted := thirty()
				k := newKnative(t, names...)
				if _, err := k.rollout().Deploy(t.Context(), wanted); err != nil {
					t.Fatal(err)
				}
				var mu sync.Mutex
				tried := map[string]bool{}
				k.patching = func(_ context.Context, name string) error {
					mu.Lock()
					defer mu.Unlock()
					tried[name] = true
					if name == "f07" {
						return row.refusal
					}
					return nil
				}
				sum, err := k.rollout().Rollback(t.Context())
				if err == nil || sum.Outcome != release.Failed || !strings.Contains(sum.Reason, "f07: the webhook says no") || strings.Contains(sum.Reason, "f08") || k.phase() != release.Switching {
					t.Errorf("%s %v", sum.Outcome, err)
				}
				if !slices.Equal(slices.Sorted(maps.Keys(tried)), names) {
					t.Errorf("tried %v", tried)
				}
				k.serves("00002", "f07")
				k.serves("00001", slices.DeleteFunc(slices.Clone(names), func(n string) bool { return n == "f07" })...)
				k.patching = nil
				if row.next == "rollback" {
					if sum, err := k.rollout().Rollback(t.Context()); err != nil || sum.Outcome != release.RolledBack {
						t.Errorf("again: %s %v", sum.Outcome, err)
					}
				}
				for _, name := range names {
					wanted.Functions[name] = imageOf("one")
				}
				if sum, err := k.rollout().Deploy(t.Context(), wanted); err != nil || sum.Outcome != release.Unchanged || k.phase() != release.RolledBack {
					t.Errorf("afterwards: %s %v", sum.Outcome, err)
				}
				k.serves("00001", names...)
			})
		})
	}
}

// Where one function refuses to be switched, all that were go back.
func TestOneIsNotSwitched(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names, wanted := thirty()
		k := newKnative(t, names...)
		r := k.rollout()
		r.Smoke = func(context.Context, map[string]string) error {
			var refused atomic.Bool
			k.patching = func(_ context.Context, name string) error {
				if name == "f07" && refused.CompareAndSwap(false, true) {
					return errors.New("the webhook says no")
				}
				return nil
			}
			return nil
		}
		sum, err := r.Deploy(t.Context(), wanted)
		if !errors.Is(err, release.ErrRolledBack) || sum.Outcome != release.RolledBack || !strings.Contains(sum.Reason, "f07: the webhook says no") {
			t.Errorf("%s %v", sum.Outcome, err)
		}
		k.serves("00001", names...)
	})
}

// A green that is not ready any more can be left, though Knative moves no traffic of a Route
// that names it.
func TestGreenBreaks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k := newKnative(t, "alpha", "beta")
		r := k.rollout()
		r.Watch = time.Minute
		time.AfterFunc(30*time.Second, func() {
			k.mu.Lock()
			defer k.mu.Unlock()
			k.becomes("alpha-00002", corev1.ConditionFalse)
		})
		sum, err := r.Deploy(t.Context(), images("alpha", "two", "beta", "two"))
		if !errors.Is(err, release.ErrRolledBack) || sum.Outcome != release.RolledBack || !strings.Contains(sum.Reason, "its probe fails") {
			t.Errorf("%s %v", sum.Outcome, err)
		}
		k.serves("00001", "alpha", "beta")
		if sum.Seconds > 60 {
			t.Errorf("%v", sum.Steps)
		}
	})
}
