// Package release brings new images of the functions to visitors: blue is what serves,
// green what comes. All changed functions become green at 0 %, are asked at their green
// addresses, get all traffic at once, are watched, and give it back when something is
// wrong.
//
// # Who writes a Service
//
// Two write the same Knative Service, each its own fields. The chart (Helm) writes
// metadata and spec.template and never spec.traffic. The release, as field manager
// "madang-release", writes spec.traffic and the first container's image. Helm sends a
// patch of what differs between its last manifest and the new one, so it leaves traffic
// alone as long as the chart never names it. That holds only once traffic names a
// Revision: a Service fresh from the chart sends everything to its latest Revision, and
// then an upgrade would move traffic. Pin ends that, and Deploy pins before anything
// else; after it an upgrade only makes a Revision without traffic, which the next Deploy
// takes for green. A change of the template by the chart is therefore released like a
// new image, and an unchanged function keeps its Revision.
//
// The edges' routes are written by two in the same way: the chart has those that come, the
// release those that serve (routes.go). They switch with traffic and go back with it.
//
// # What is remembered
//
// A Lease named "madang-release" is the lock, and its annotation the record of the last
// release: which Revision served each changed function before and after. The lock is
// taken and the record written by resourceVersion, so of two releases at once one is
// refused. A release that was killed leaves traffic where it was, or, killed between
// switch and end, where it put it; whoever gets the lock next gives unproven traffic
// back and removes the tags first. The same holds for a rollback that was killed or that a
// function refused: it is over only when all traffic is back.
package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync"
	"time"

	"k8s.io/client-go/kubernetes"
	serving "knative.dev/serving/pkg/client/clientset/versioned"
)

// FieldManager is who the API server is told to have written traffic and images.
const FieldManager = "madang-release"

// FunctionSelector finds the functions' Services by the chart's labels.
const FunctionSelector = "app.kubernetes.io/component=function"

// Errors that a caller may tell apart.
var (
	ErrRefused    = errors.New("another release is under way")
	ErrRolledBack = errors.New("rolled back")
)

// Rollout releases the functions of one namespace. Serving, Kube, Namespace and Client
// must be set; the zero value of the others is said beside them.
type Rollout struct {
	Serving   serving.Interface
	Kube      kubernetes.Interface
	Namespace string
	Selector  string // of the Services; "" means FunctionSelector

	// How functions are asked: at Address by their host name, or where it is empty at
	// the host itself, which only resolves inside the cluster.
	Client  *http.Client
	Address string             // "http://127.0.0.1:8000"
	Checks  map[string][]Check // by function, beside /readyz

	// Together is how many functions may start at the same time: a release shares its
	// nodes with visitors, and an environment of little money has few. 0 means 3.
	Together int

	// Wait is how long one function may take to become ready from when a node has taken its
	// pod, and how long no function may get anywhere while a pod has no node; also for
	// traffic to arrive. 0 means 2 minutes.
	Wait  time.Duration
	Watch time.Duration // after the switch; 0 means not at all
	Every time.Duration // between two probes of a function; 0 means 500 ms
	Hold  bool          // Deploy ends before the switch; Promote goes on

	// Verify refuses an image, by digest, that is not signed (SignedBy); it is asked before
	// anything is made of the image. nil: none is asked for. A rollback asks nobody: what
	// it goes back to was asked for when it came.
	Verify func(context.Context, string) error
	// Before runs under the lock when traffic is pinned and the schema is migrated, before
	// anything is compared: the upgrade of the chart, which moves nothing that visitors see.
	// What it makes anew must become ready and is asked before anybody is led there.
	Before func(context.Context) error
	// Restore takes back what Before did, when the release ends without green and traffic and
	// routes are at blue. Where green has them, as when the end of a release or the way back
	// from it is refused, it is not called, and not after Hold.
	Restore func(context.Context) error
	// Migrate runs the chart's migration, with the image that comes, before anything else
	// changes, and asks blue whether it can live with it.
	Migrate bool
	// Edge asks a pod of the edge by which routes it goes (AskEdge); nil: none is asked, and
	// what the edges are told counts as done.
	Edge func(ctx context.Context, pod string) (string, error)
	// Smoke runs after the own checks with the green addresses by function.
	Smoke   func(context.Context, map[string]string) error
	Metrics *Metrics // nil: errors are seen by probes alone

	Out io.Writer // a line for each step; nil: none
}

// Deploy releases images, by function. What is not in images is left as it is.
func (r *Rollout) Deploy(ctx context.Context, images Images) (Summary, error) {
	return r.run(ctx, func(ctx context.Context, s *session) error {
		if err := s.tidy(ctx); err != nil {
			return err
		}
		if err := s.signed(ctx, images.all()); err != nil {
			return err
		}
		if err := s.pin(ctx, r.Before != nil); err != nil {
			return err
		}
		if r.Migrate {
			if err := s.migrateFirst(ctx, images); err != nil {
				return err
			}
		}
		if r.Before == nil {
			return s.deploy(ctx, images)
		}
		err := s.upgrade(ctx)
		if err == nil {
			err = s.deploy(ctx, images)
		}
		if err == nil || r.Restore == nil || s.moved() {
			return err
		}
		late, cancel := s.late(ctx)
		defer cancel()
		return errors.Join(err, s.step(late, "restore", r.Restore))
	})
}

// moved says whether visitors may be at what comes: this release switched, and did not go back.
func (s *session) moved() bool { return !s.switched.IsZero() && s.record.Phase != RolledBack }

// deploy is everything from the comparison on.
func (s *session) deploy(ctx context.Context, images Images) error {
	p, err := s.plan(ctx, images)
	if err != nil {
		return err
	}
	if err := s.known(images); err != nil {
		return err
	}
	if p.routes, err = s.otherRoutes(ctx); err != nil {
		return err
	}
	s.show(p)
	if _, err := s.steer(ctx, p.restore, s.restored); err != nil {
		return err
	}
	if len(p.changes) == 0 && p.routes == nil {
		s.summary.Outcome = Unchanged
		return nil
	}
	if err := s.green(ctx, p); err != nil {
		return s.discard(ctx, err)
	}
	if err := s.smoke(ctx); err != nil {
		return s.discard(ctx, err)
	}
	if s.Hold {
		s.summary.Outcome = Held
		return s.remember(ctx, Held)
	}
	return s.promote(ctx)
}

// Promote switches to the green Revisions at which a Deploy with Hold stopped.
func (r *Rollout) Promote(ctx context.Context) (Summary, error) {
	return r.run(ctx, func(ctx context.Context, s *session) error {
		if s.record.Phase != Held {
			return fmt.Errorf("nothing is held: the last release is %q", s.record.Phase)
		}
		s.summary.Changed = s.record.Changes
		if err := s.recall(ctx); err != nil {
			return err
		}
		// Hours may have passed: a key may have been taken back, the database and the other
		// functions are others now.
		if err := s.signed(ctx, coming(s.record.Changes)); err != nil {
			return s.discard(ctx, err)
		}
		if err := s.smoke(ctx); err != nil {
			return s.discard(ctx, err)
		}
		return s.promote(ctx)
	})
}

// Rollback gives traffic back to the Revisions that served before the last release, or
// gives up what is held.
func (r *Rollout) Rollback(ctx context.Context) (Summary, error) {
	return r.run(ctx, func(ctx context.Context, s *session) error {
		switch s.record.Phase {
		case "":
			return errors.New("no release is recorded")
		case RolledBack:
			return fmt.Errorf("release %s is rolled back already", s.record.ID)
		}
		s.summary.Changed = s.record.Changes
		return s.rollback(ctx, "asked for")
	})
}

// Pin makes traffic name the Revision that serves, so that a change of the template
// moves nothing. It belongs behind the first installation of the chart.
func (r *Rollout) Pin(ctx context.Context) (Summary, error) {
	return r.run(ctx, func(ctx context.Context, s *session) error {
		if err := s.pin(ctx, false); err != nil {
			return err
		}
		s.summary.Outcome = Pinned
		return nil
	})
}

// run does work under the lock.
func (r *Rollout) run(ctx context.Context, work func(context.Context, *session) error) (Summary, error) {
	s := &session{Rollout: r, started: time.Now(), services: map[string]service{}}
	s.summary = Summary{Namespace: r.Namespace, Started: s.started.UTC().Truncate(time.Millisecond)}
	lock, record, err := acquire(ctx, r.Kube, r.Namespace)
	if err != nil {
		return s.done(err), err
	}
	s.lock, s.record = lock, record
	ctx, stop := lock.keep(ctx)
	err = work(ctx, s)
	if cause := context.Cause(ctx); err != nil && cause != nil && !errors.Is(err, cause) {
		err = fmt.Errorf("%w: %w", err, cause)
	}
	stop()
	if freed := lock.free(context.WithoutCancel(ctx)); err == nil {
		err = freed
	}
	return s.done(err), err
}

// session is one command while it has the lock.
type session struct {
	*Rollout
	lock     *lock
	record   Record
	services map[string]service
	switched time.Time // when green was given traffic
	summary  Summary
	started  time.Time
	saying   sync.Mutex // lines of functions that are asked at once
}

// promote is everything from the switch on.
func (s *session) promote(ctx context.Context) error {
	err := s.toGreen(ctx)
	if err == nil {
		err = s.watch(ctx)
	}
	if err != nil {
		if back := s.rollback(ctx, err.Error()); back != nil {
			return errors.Join(err, back)
		}
		return fmt.Errorf("%w: %w", ErrRolledBack, err)
	}
	if err := s.finish(ctx); err != nil {
		return err
	}
	s.summary.Outcome = Released
	return nil
}

// cleanupTime is how long a release that was interrupted may take to give back traffic.
const cleanupTime = 30 * time.Second

// late is a context for what must happen although the release is or will be interrupted;
// it ends when the lock is lost, for then somebody else decides.
func (s *session) late(ctx context.Context) (context.Context, context.CancelFunc) {
	inner, cancel := context.WithTimeout(context.WithoutCancel(ctx), max(s.wait()*time.Duration(len(s.record.Changes)), cleanupTime))
	stopLost := context.AfterFunc(s.lock.lost, cancel)
	stopInterrupted := context.AfterFunc(ctx, func() {
		select {
		case <-inner.Done():
		case <-time.After(cleanupTime):
			cancel()
		}
	})
	return inner, func() { stopLost(); stopInterrupted(); cancel() }
}
