package release

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/wait"
	"k8s.io/client-go/util/retry"
	"k8s.io/utils/ptr"
	v1 "knative.dev/serving/pkg/apis/serving/v1"
)

// Tags of the two Revisions while a release is under way. Both are there before the
// switch, so that it changes percents and nothing else, which is what Knative does
// fastest; and blue's pods stay as reachable as they were, for a rollback.
const (
	blue  = "blue"
	green = "green"
)

// service is a Knative Service as it was last seen.
type service = *v1.Service

// refresh reads all Services at once.
func (s *session) refresh(ctx context.Context) error {
	list, err := s.Serving.ServingV1().Services(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: s.selector()})
	if err != nil {
		return fmt.Errorf("services: %w", err)
	}
	clear(s.services)
	for i := range list.Items {
		s.services[list.Items[i].Name] = &list.Items[i]
	}
	return nil
}

func (s *session) selector() string {
	if s.Selector == "" {
		return FunctionSelector
	}
	return s.Selector
}

// serves is the Revision that has all traffic of a Service.
func serves(svc service) (string, error) {
	for _, t := range svc.Spec.Traffic {
		if ptr.Deref(t.Percent, 0) == 100 && t.RevisionName != "" {
			return t.RevisionName, nil
		}
	}
	for _, t := range svc.Status.Traffic {
		if ptr.Deref(t.Percent, 0) == 100 && t.RevisionName != "" {
			return t.RevisionName, nil
		}
	}
	return "", fmt.Errorf("%s: no Revision has all traffic: %s", svc.Name, conditions(svc.Status.Conditions))
}

// pinned says that traffic names Revisions only and that one has all of it.
func pinned(svc service) bool {
	all := false
	for _, t := range svc.Spec.Traffic {
		if t.RevisionName == "" {
			return false
		}
		all = all || ptr.Deref(t.Percent, 0) == 100
	}
	return all
}

// only is all traffic to one Revision.
func only(revision string) []v1.TrafficTarget {
	return []v1.TrafficTarget{{RevisionName: revision, LatestRevision: ptr.To(false), Percent: ptr.To[int64](100)}}
}

// onlyWith is all traffic to one Revision, with another at the blue address: one that
// Knative keeps and that can be woken before it gets traffic again.
func onlyWith(revision, before string) []v1.TrafficTarget {
	return append(only(revision), v1.TrafficTarget{Tag: blue, RevisionName: before, LatestRevision: ptr.To(false), Percent: ptr.To[int64](0)})
}

// again is all traffic to the Revision at the blue address, as fast as Knative does it. Green
// must not be named, not even with 0 %: while one Revision of a Route is not ready, Knative
// changes nothing of it. Blue keeps its address, because Knative makes and removes addresses
// before it moves traffic.
func again(revision string) []v1.TrafficTarget {
	targets := only(revision)
	targets[0].Tag = blue
	return targets
}

// both is all traffic to from, with green beside it; to is empty for the latest Revision.
func both(from, to string, toGreen bool) []v1.TrafficTarget {
	b := v1.TrafficTarget{Tag: blue, RevisionName: from, LatestRevision: ptr.To(false), Percent: ptr.To[int64](100)}
	g := v1.TrafficTarget{Tag: green, RevisionName: to, LatestRevision: ptr.To(to == ""), Percent: ptr.To[int64](0)}
	if toGreen {
		b.Percent, g.Percent = g.Percent, b.Percent
	}
	return []v1.TrafficTarget{b, g}
}

// operation is one of a JSON patch (RFC 6902).
type operation struct {
	Op    string `json:"op"`
	Path  string `json:"path"`
	Value any    `json:"value"`
}

// unless refuses a patch when traffic is not as it was seen.
func unless(svc service) []operation {
	if len(svc.Spec.Traffic) == 0 {
		return nil
	}
	return []operation{{Op: "test", Path: "/spec/traffic", Value: svc.Spec.Traffic}}
}

func traffic(targets []v1.TrafficTarget) operation {
	return operation{Op: "add", Path: "/spec/traffic", Value: targets}
}

func image(i string) operation {
	return operation{Op: "replace", Path: "/spec/template/spec/containers/0/image", Value: i}
}

// patch writes a Service, again when the API server or Knative's webhook was only busy.
func (s *session) patch(ctx context.Context, name string, operations ...operation) (service, error) {
	body, err := json.Marshal(operations)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	var saved service
	busy := wait.Backoff{Steps: 4, Duration: 50 * time.Millisecond, Factor: 3}
	// What retry gives back is not looked at: it takes a patch that its deadline cut off for
	// one of its own waits, and forgets the error.
	_ = retry.OnError(busy, func(err error) bool {
		return ctx.Err() == nil && (apierrors.IsConflict(err) || apierrors.IsInternalError(err) || apierrors.IsServerTimeout(err) || apierrors.IsTooManyRequests(err))
	}, func() error {
		saved, err = s.Serving.ServingV1().Services(s.Namespace).Patch(ctx, name, types.JSONPatchType, body, metav1.PatchOptions{FieldManager: FieldManager})
		return err
	})
	if apierrors.IsInvalid(err) && operations[0].Op == "test" {
		return nil, fmt.Errorf("%s: somebody else changed its traffic: %w", name, err)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", name, err)
	}
	return saved, nil
}

// atOnce is how many patches may be under way: those of every function of a council, and
// few enough for the API server to take them from one client.
const atOnce = 64

// steer patches all Services at once. Where one refuses, the others are patched all the
// same, for half a rollback is worse than one with an error: the error names those that
// refused, done are the others.
func (s *session) steer(ctx context.Context, changes []Change, operations func(Change) []operation) (done []Change, err error) {
	saved := make([]service, len(changes))
	errs := make([]error, len(changes))
	var all errgroup.Group
	all.SetLimit(atOnce)
	for i, c := range changes {
		all.Go(func() error {
			saved[i], errs[i] = s.patch(ctx, c.Function, operations(c)...)
			return nil
		})
	}
	_ = all.Wait()
	for i, svc := range saved {
		if svc != nil {
			s.services[changes[i].Function] = svc
			done = append(done, changes[i])
		}
	}
	return done, errors.Join(errs...)
}

// errStill is why a wait for traffic ends.
var errStill = errors.New("no function's traffic was moved in the time that one has")

// arrived waits until Knative says that the Services' traffic is as revision says. The time that one function has
// begins again with each that has arrived: Knative moves them one after another where it is busy.
func (s *session) arrived(ctx context.Context, changes []Change, revision func(Change) string) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	still := time.AfterFunc(s.wait(), func() { cancel(errStill) })
	defer still.Stop()
	there := 0
	return s.until(ctx, 200*time.Millisecond, func() (string, error) {
		if err := s.refresh(ctx); err != nil {
			return "", err
		}
		missing, before := "", there
		there = 0
		for _, c := range changes {
			svc := s.services[c.Function]
			switch {
			case svc == nil:
				return "", fmt.Errorf("%s: the Service is gone", c.Function)
			case routed(svc, revision(c)):
				there++
			case missing == "":
				missing = fmt.Sprintf("%s: traffic is not at %s: %s", c.Function, revision(c), conditions(svc.Status.Conditions))
			}
		}
		if there > before {
			still.Reset(s.wait())
		}
		return missing, nil
	})
}

// routed says that the gateway sends all traffic to a Revision.
func routed(svc service, revision string) bool {
	if svc.Generation != svc.Status.ObservedGeneration || !svc.Status.GetCondition(v1.ServiceConditionRoutesReady).IsTrue() || len(svc.Status.Traffic) != len(svc.Spec.Traffic) {
		return false
	}
	return slices.ContainsFunc(svc.Status.Traffic, func(t v1.TrafficTarget) bool {
		return t.RevisionName == revision && ptr.Deref(t.Percent, 0) == 100
	})
}

// until asks again and again until there is nothing more to wait for; at the end of ctx
// the error says what was missing.
func (s *session) until(ctx context.Context, every time.Duration, missing func() (string, error)) error {
	last := ""
	for {
		what, err := missing()
		switch {
		case ctx.Err() != nil:
			if what == "" {
				what = last
			}
			return fmt.Errorf("%s: %w", what, context.Cause(ctx))
		case err != nil:
			return err
		case what == "":
			return nil
		}
		last = what
		select {
		case <-ctx.Done():
		case <-time.After(every):
		}
	}
}

// unborn says that a Service never served anybody: an earlier release made it and was killed
// before it was ready.
func unborn(svc service) bool {
	_, err := serves(svc)
	return err != nil && !pinned(svc) && svc.Status.LatestReadyRevisionName == ""
}

// pin makes traffic name the Revision that serves where it follows the latest, and keeps the
// routes that serve. It fails where a Service serves nobody, unless spare says that those which
// never did are to be left as they are.
func (s *session) pin(ctx context.Context, spare bool) error {
	if err := s.pinRoutes(ctx); err != nil {
		return err
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	loose := []Change{}
	for name, svc := range s.services {
		if pinned(svc) || spare && unborn(svc) {
			continue
		}
		from, err := serves(svc)
		if err != nil {
			return err
		}
		loose = append(loose, Change{Function: name, From: from})
	}
	if len(loose) == 0 {
		return nil
	}
	return s.step(ctx, fmt.Sprintf("pin %d", len(loose)), func(ctx context.Context) error {
		_, err := s.steer(ctx, loose, func(c Change) []operation {
			return append(unless(s.services[c.Function]), traffic(only(c.From)))
		})
		return err
	})
}

// tidy gives back what a killed release left, and gives up what another one held.
func (s *session) tidy(ctx context.Context) error {
	if !s.record.unfinished() && s.record.Phase != Held {
		return nil
	}
	left := s.record
	return s.step(ctx, fmt.Sprintf("tidy after release %s, which ended as %q", left.ID, left.Phase), func(ctx context.Context) error {
		if err := s.refresh(ctx); err != nil {
			return err
		}
		there := slices.DeleteFunc(slices.Clone(left.Changes), func(c Change) bool { return s.services[c.Function] == nil })
		// The image stays in the template: if it is wanted again, its Revision is there.
		_, err := s.steer(ctx, there, func(c Change) []operation { return []operation{traffic(only(c.From))} })
		if err := errors.Join(err, s.routesBack(ctx)); err != nil {
			return err
		}
		return s.remember(ctx, RolledBack)
	})
}

// remember writes the phase of the release down.
func (s *session) remember(ctx context.Context, p Phase) error {
	next := s.record
	next.Phase = p
	if err := s.lock.write(ctx, next); err != nil {
		return err
	}
	s.record = next
	s.summary.Changed = next.Changes
	return nil
}

// toGreen gives green all traffic.
func (s *session) toGreen(ctx context.Context) error {
	if err := s.remember(ctx, Switching); err != nil {
		return err
	}
	return s.step(ctx, fmt.Sprintf("switch %d", len(s.record.Changes)), func(ctx context.Context) error {
		s.switched = time.Now()
		routes := s.beside(func() error {
			ctx, cancel := context.WithTimeoutCause(ctx, s.wait(), errors.New("the edge has not followed in time"))
			defer cancel()
			return s.routesToGreen(ctx)
		})
		if _, err := s.steer(ctx, s.record.Changes, func(c Change) []operation {
			return append(unless(s.services[c.Function]), traffic(both(c.From, c.To, true)))
		}); err != nil {
			return errors.Join(err, routes())
		}
		s.say("asked for in %.2f s", seconds(s.switched))
		return errors.Join(s.arrived(ctx, s.record.Changes, func(c Change) string { return c.To }), routes())
	})
}

// beside does something at the same time; what it returns waits for the end of it.
func (s *session) beside(do func() error) (ended func() error) {
	var group errgroup.Group
	group.Go(do)
	return group.Wait
}

// finish leaves green with all traffic, and blue to go back to.
func (s *session) finish(ctx context.Context) error {
	return s.step(ctx, "finish", func(ctx context.Context) error {
		if err := s.remember(ctx, Released); err != nil {
			return err
		}
		_, err := s.steer(ctx, s.record.Changes, func(c Change) []operation {
			return append(unless(s.services[c.Function]), traffic(onlyWith(c.To, c.From)))
		})
		return err
	})
}

// rollback gives blue all traffic again, with one patch of each function, then puts blue's
// image back into the templates. Blue may be asleep when the release was long ago: then visitors wake it, as any
// function, because pods that start keep Knative from moving traffic. Where a function refuses, all others go back; the release
// stays recorded as one that nobody has ended, so that another rollback tries it again and
// the next release does so before anything else.
func (s *session) rollback(ctx context.Context, reason string) error {
	ctx, cancel := s.late(ctx)
	defer cancel()
	s.say("rolling back: %s", reason)
	if s.record.Phase != Switching {
		switch err := s.remember(ctx, Switching); {
		case errors.Is(err, errLost):
			return err
		case err != nil:
			s.say("visitors come before the record: %v", err)
		}
	}
	var back []Change
	err := s.step(ctx, fmt.Sprintf("rollback %d", len(s.record.Changes)), func(ctx context.Context) error {
		var refused error
		routes := s.beside(func() error {
			if err := s.routesBack(ctx); err != nil || s.record.Routes == nil {
				return err
			}
			return s.followed(ctx, s.record.Routes.From)
		})
		// Whatever traffic is now, it is not good: no test, unlike every other patch.
		back, refused = s.steer(ctx, s.record.Changes, func(c Change) []operation { return []operation{traffic(again(c.From))} })
		if err := errors.Join(refused, s.arrived(ctx, back, func(c Change) string { return c.From }), routes()); err != nil {
			return err
		}
		return s.remember(ctx, RolledBack)
	})
	if err == nil {
		s.summary.Outcome = RolledBack
	}
	if ctx.Err() == nil {
		_, left := s.steer(ctx, back, s.settled)
		err = errors.Join(err, left)
	}
	return err
}

// rouse asks blue at its own address, a few functions at a time, so that it is awake. Who does not answer is woken by
// visitors.
func (s *session) rouse(ctx context.Context) {
	var all errgroup.Group
	all.SetLimit(s.together())
	for _, c := range s.record.Changes {
		if svc := s.services[c.Function]; svc != nil {
			all.Go(func() error {
				_ = s.check(ctx, tagged(svc, blue, c.From), Ready())
				return nil
			})
		}
	}
	_ = all.Wait()
}

// discard removes green, which never had traffic. It gives back the error that led here.
func (s *session) discard(ctx context.Context, reason error) error {
	return errors.Join(reason, func() error {
		ctx, cancel := s.late(ctx)
		defer cancel()
		return s.step(ctx, "discard green", func(ctx context.Context) error {
			if _, err := s.steer(ctx, s.record.Changes, s.settled); err != nil {
				return err
			}
			if err := s.remove(ctx, s.record.Changes); err != nil {
				return err
			}
			return s.remember(ctx, RolledBack)
		})
	}())
}

// remove deletes the Revisions of green whose image is no template's any more: a program
// that does not start would be started again and again, for nobody. Knative makes the
// newest Revision again where it is gone, so it has to have made another one first.
func (s *session) remove(ctx context.Context, changes []Change) error {
	for _, c := range changes {
		if c.To == "" || c.To == c.From || c.ToImage == c.FromImage {
			continue
		}
		if err := s.until(ctx, 200*time.Millisecond, func() (string, error) {
			configuration, err := s.Serving.ServingV1().Configurations(s.Namespace).Get(ctx, c.Function, metav1.GetOptions{})
			if err != nil {
				return "", fmt.Errorf("%s: %w", c.Function, err)
			}
			if configuration.Status.LatestCreatedRevisionName == c.To {
				return c.To + " is still the newest Revision", nil
			}
			return "", nil
		}); err != nil {
			return err
		}
		if err := s.Serving.ServingV1().Revisions(s.Namespace).Delete(ctx, c.To, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
			return fmt.Errorf("%s: %w", c.To, err)
		}
	}
	return nil
}

// settled is all traffic at blue, and its image back in the template. Knative makes a
// Revision of it that gets no traffic; without it the Service would stay "not ready" for the
// sake of a Revision that nobody wants, and the same image could not be tried again.
func (s *session) settled(c Change) []operation {
	return append([]operation{traffic(only(c.From))}, s.restored(c)...)
}

// restored puts the image that serves back into the template, where it says something else.
func (s *session) restored(c Change) []operation {
	if svc := s.services[c.Function]; svc != nil && imageOf(svc.Spec.Template.Spec) == c.FromImage {
		return nil
	}
	return []operation{image(c.FromImage)}
}

func imageOf(spec v1.RevisionSpec) string {
	if len(spec.Containers) == 0 {
		return ""
	}
	return spec.Containers[0].Image
}

// same says that a Revision was made from a template like this.
func same(template v1.RevisionTemplateSpec, revision *v1.Revision) bool {
	within := func(some, all map[string]string) bool {
		for k, v := range some {
			if all[k] != v {
				return false
			}
		}
		return true
	}
	return equality.Semantic.DeepEqual(template.Spec, revision.Spec) &&
		within(template.Annotations, revision.Annotations) && within(template.Labels, revision.Labels)
}

// conditions are those that are not true, in words.
func conditions(all []condition) string {
	text := ""
	for _, c := range all {
		if c.Status != corev1.ConditionTrue && c.Severity == "" {
			text += fmt.Sprintf("%s %s (%s: %s); ", c.Type, c.Status, c.Reason, c.Message)
		}
	}
	if text == "" {
		return "all conditions are true"
	}
	return text[:len(text)-2]
}
