package release

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/equality"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/serving"
	v1 "knative.dev/serving/pkg/apis/serving/v1"
)

type condition = apis.Condition

// plan is what a release has to do.
type plan struct {
	changes   []Change // become green
	unchanged []string // keep their Revision
	absent    []string // Services that the images do not name
	restore   []Change // serve what is wanted, but their template says something else
	routes    *Routes  // of the edges, where they change
}

// plan compares what is wanted with what serves.
func (s *session) plan(ctx context.Context, images Images) (p plan, err error) {
	if err := s.refresh(ctx); err != nil {
		return p, err
	}
	for name, svc := range s.services {
		wanted, named := images.Functions[name]
		if !named {
			p.absent = append(p.absent, name)
			continue
		}
		from, err := serves(svc)
		if err != nil {
			return p, err
		}
		revision, err := s.Serving.ServingV1().Revisions(s.Namespace).Get(ctx, from, metav1.GetOptions{})
		if err != nil {
			return p, fmt.Errorf("%s: %w", name, err)
		}
		c := Change{Function: name, From: from, FromImage: imageOf(revision.Spec), ToImage: wanted}
		template := svc.Spec.Template.DeepCopy()
		if len(template.Spec.Containers) > 0 {
			template.Spec.Containers[0].Image = wanted
		}
		switch {
		case !same(*template, revision):
			p.changes = append(p.changes, c)
		case imageOf(svc.Spec.Template.Spec) != wanted:
			p.restore = append(p.restore, c)
			fallthrough
		default:
			p.unchanged = append(p.unchanged, name)
		}
	}
	slices.SortFunc(p.changes, func(a, b Change) int { return cmp.Compare(a.Function, b.Function) })
	slices.Sort(p.unchanged)
	slices.Sort(p.absent)
	return p, nil
}

// known refuses images of functions that are not there.
func (s *session) known(images Images) error {
	for _, name := range slices.Sorted(maps.Keys(images.Functions)) {
		if s.services[name] == nil {
			return fmt.Errorf("%s: there is no such Service in %s; the chart makes new functions: task ship upgrades it", name, s.Namespace)
		}
	}
	return nil
}

// upgrade changes the chart. What is new then serves nobody yet: it must become ready, and
// answer, before the edges lead there.
func (s *session) upgrade(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	before := maps.Clone(s.services)
	if err := s.step(ctx, "before", s.Before); err != nil {
		return err
	}
	if err := s.refresh(ctx); err != nil {
		return err
	}
	fresh := []string{}
	for name := range s.services {
		if before[name] == nil || unborn(before[name]) {
			fresh = append(fresh, name)
		}
	}
	slices.Sort(fresh)
	if len(fresh) > 0 {
		if err := s.step(ctx, "new: "+strings.Join(fresh, ", "), func(ctx context.Context) error { return s.begun(ctx, fresh) }); err != nil {
			return err
		}
	}
	return s.pin(ctx, false)
}

// begun waits until new functions serve, and asks them. Each may take as long as a green.
func (s *session) begun(ctx context.Context, fresh []string) error {
	within, cancel := context.WithTimeoutCause(ctx, s.wait()*time.Duration(len(fresh)), errors.New("it is not ready in time"))
	defer cancel()
	if err := s.until(within, 500*time.Millisecond, func() (string, error) {
		if err := s.refresh(within); err != nil {
			return "", err
		}
		for _, name := range fresh {
			svc := s.services[name]
			if svc == nil {
				return "", fmt.Errorf("%s: the Service is gone", name)
			}
			if _, err := serves(svc); err == nil {
				continue
			}
			latest := svc.Status.LatestCreatedRevisionName
			if latest == "" {
				return name + ": Knative has not made its Revision yet", nil
			}
			if err := s.starts(within, svc, latest); err != nil {
				return "", err
			}
			return name + ": " + conditions(svc.Status.Conditions), nil
		}
		return "", nil
	}); err != nil {
		return err
	}
	addresses := map[string]string{}
	for _, name := range fresh {
		if u := s.services[name].Status.URL; u != nil {
			addresses[name] = u.String()
		}
	}
	return s.ask(ctx, addresses)
}

// starts says why the first Revision of a new function will never be ready, if that is certain. One of an earlier template says
// nothing of it.
func (s *session) starts(ctx context.Context, svc service, latest string) error {
	name := svc.Name
	revision, err := s.Serving.ServingV1().Revisions(s.Namespace).Get(ctx, latest, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("%s: %w", name, err)
	}
	if !same(svc.Spec.Template, revision) {
		return nil
	}
	c := Change{Function: name, To: latest}
	pods, err := s.podsOf(ctx, []Change{c})
	if err != nil {
		return err
	}
	return s.failed(ctx, c, revision, pods[latest])
}

// show says what will happen.
func (s *session) show(p plan) {
	for _, c := range p.changes {
		why := "another template"
		if c.FromImage != c.ToImage {
			why = short(c.FromImage) + " → " + short(c.ToImage)
		}
		s.say("%-10s changes: %s, serves %s", c.Function, why, c.From)
	}
	if len(p.unchanged) > 0 {
		s.say("unchanged: %s", strings.Join(p.unchanged, ", "))
	}
	if len(p.absent) > 0 {
		s.say("not in the images, left as they are: %s", strings.Join(p.absent, ", "))
	}
	if p.routes != nil {
		s.say("routes of the edges change: %s → %s", p.routes.From, p.routes.To)
	}
	s.summary.Changed, s.summary.Unchanged, s.summary.Absent, s.summary.Routes = p.changes, p.unchanged, p.absent, p.routes
}

// short is the beginning of an image's digest.
func short(image string) string {
	if _, d, ok := strings.Cut(image, "@sha256:"); ok && len(d) > 8 {
		return d[:8]
	}
	return image
}

// green makes the Revisions, a few at a time, and waits until each could take traffic.
func (s *session) green(ctx context.Context, p plan) error {
	changes := p.changes
	s.record = Record{ID: time.Now().UTC().Format("20060102-150405-") + strings.ToLower(rand.Text()[:4]), Changes: changes, Routes: p.routes}
	// Written first: whoever comes after a kill knows what to give back.
	if err := s.remember(ctx, Green); err != nil {
		return err
	}
	return s.step(ctx, fmt.Sprintf("green %d", len(changes)), func(ctx context.Context) error {
		var starts []start // of the first changes, in their order
		if err := s.until(ctx, 500*time.Millisecond, func() (string, error) {
			missing, err := s.notReady(ctx, s.record.Changes, starts)
			ready := 0
			for _, at := range starts {
				if at.ready {
					ready++
				}
			}
			asked, next := len(starts), min(len(changes), ready+s.together())
			if err != nil || next <= asked {
				return missing, err
			}
			_, err = s.steer(ctx, changes[asked:next], s.greenBeside)
			for range next - asked {
				starts = append(starts, start{since: time.Now()})
			}
			return "others are ready", err
		}); err != nil {
			return err
		}
		return s.remember(ctx, Green)
	})
}

// start is a green Revision on its way.
type start struct {
	ready  bool
	placed bool      // a node has taken one of its pods
	since  time.Time // from here on it has Wait
}

// greenBeside makes a new Revision of the wanted image, reachable at the green tag alone.
func (s *session) greenBeside(c Change) []operation {
	svc := s.services[c.Function]
	do := append(unless(svc), traffic(both(c.From, "", false)))
	if imageOf(svc.Spec.Template.Spec) != c.ToImage {
		do = append(do, image(c.ToImage))
	}
	return do
}

func (s *session) wait() time.Duration { return cmp.Or(s.Wait, 2*time.Minute) }

func (s *session) together() int { return cmp.Or(s.Together, 3) }

// notReady says what the greens that were started still lack. It fails as soon as one will
// never be ready, or has had its time. A green that a node has taken has Wait from then on,
// whatever the others do. One that no node has room for waits for others to be through:
// each that becomes ready gives it another Wait, so that all of them together end after one
// for each function and one more at the latest.
func (s *session) notReady(ctx context.Context, changes []Change, starts []start) (string, error) {
	if err := s.refresh(ctx); err != nil {
		return "", err
	}
	pods, err := s.podsOf(ctx, changes)
	if err != nil {
		return "", err
	}
	lacks, through := make([]string, len(starts)), false
	for i := range starts {
		if starts[i].ready {
			continue
		}
		c := &changes[i]
		if lacks[i], err = s.lacks(ctx, c, pods); err != nil {
			return "", err
		}
		if lacks[i] == "" {
			starts[i].ready, through = true, true
			s.say("%-10s %s is ready", c.Function, c.To)
		}
	}
	missing, now := "", time.Now()
	var overdue []error
	for i := range starts {
		c, at := changes[i], &starts[i]
		if at.ready {
			continue
		}
		placed := slices.ContainsFunc(pods[c.To], func(p corev1.Pod) bool { return p.Spec.NodeName != "" })
		if !at.placed && (placed || through) {
			at.placed, at.since = placed, now
		}
		missing = c.Function + ": " + lacks[i]
		if now.Sub(at.since) < s.wait() {
			continue
		}
		what := "no node has taken it"
		if at.placed {
			what = "it is not ready"
		}
		overdue = append(overdue, fmt.Errorf("%s: %s after %s: %s%s", c.Function, what, s.wait(), lacks[i], s.trouble(ctx, pods[c.To], false)))
	}
	return missing, errors.Join(overdue...)
}

// podsOf are the pods of the green Revisions, by Revision.
func (s *session) podsOf(ctx context.Context, changes []Change) (map[string][]corev1.Pod, error) {
	names := []string{}
	for _, c := range changes {
		if c.To != "" {
			names = append(names, c.To)
		}
	}
	found := map[string][]corev1.Pod{}
	if len(names) == 0 {
		return found, nil
	}
	list, err := s.Kube.CoreV1().Pods(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: serving.RevisionLabelKey + " in (" + strings.Join(names, ",") + ")"})
	if err != nil {
		return nil, fmt.Errorf("pods: %w", err)
	}
	for _, pod := range list.Items {
		revision := pod.Labels[serving.RevisionLabelKey]
		found[revision] = append(found[revision], pod)
	}
	return found, nil
}

// lacks says what one function's green lacks, and fills in its Revision.
func (s *session) lacks(ctx context.Context, c *Change, pods map[string][]corev1.Pod) (string, error) {
	svc := s.services[c.Function]
	if svc == nil {
		return "", fmt.Errorf("%s: the Service is gone", c.Function)
	}
	configuration, err := s.Serving.ServingV1().Configurations(s.Namespace).Get(ctx, c.Function, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.Function, err)
	}
	if configuration.Generation != configuration.Status.ObservedGeneration || !equality.Semantic.DeepEqual(configuration.Spec.Template, svc.Spec.Template) {
		return "Knative has not made its Revision yet", nil
	}
	c.To = configuration.Status.LatestCreatedRevisionName
	revision, err := s.Serving.ServingV1().Revisions(s.Namespace).Get(ctx, c.To, metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("%s: %w", c.Function, err)
	}
	if err := s.failed(ctx, *c, revision, pods[c.To]); err != nil {
		return "", err
	}
	if configuration.Status.LatestReadyRevisionName != c.To {
		return fmt.Sprintf("%s: %s", c.To, conditions(revision.Status.Conditions)), nil
	}
	if svc.Generation != svc.Status.ObservedGeneration || !svc.Status.GetCondition(v1.ServiceConditionRoutesReady).IsTrue() || greenURL(svc, c.To) == "" {
		return "its green address is not there yet: " + conditions(svc.Status.Conditions), nil
	}
	return "", nil
}

// greenURL is the address of a Revision's green tag; empty while there is none.
func greenURL(svc service, revision string) string { return tagged(svc, green, revision) }

func tagged(svc service, tag, revision string) string {
	for _, t := range svc.Status.Traffic {
		if t.Tag == tag && t.RevisionName == revision && t.URL != nil {
			return t.URL.String()
		}
	}
	return ""
}

// failed says why a Revision will never be ready, if that is certain. A pod for which no
// node has room gets one when another pod or a new node makes it, and one that the namespace's
// quota refuses is made when another is gone.
func (s *session) failed(ctx context.Context, c Change, revision *v1.Revision, pods []corev1.Pod) error {
	if ready := revision.Status.GetCondition(v1.RevisionConditionReady); ready.IsFalse() && ready.Reason != corev1.PodReasonUnschedulable && !overQuota(ready) {
		return fmt.Errorf("%s: %s failed: %s%s", c.Function, c.To, conditions(revision.Status.Conditions), s.trouble(ctx, pods, false))
	}
	if stuck := s.trouble(ctx, pods, true); stuck != "" {
		return fmt.Errorf("%s: %s cannot start%s", c.Function, c.To, stuck)
	}
	return nil
}

// overQuota says whether the quota of the namespace refuses a pod, in Kubernetes' words.
func overQuota(c *condition) bool {
	return c.Reason == "FailedCreate" && strings.Contains(c.Message, "exceeded quota")
}

// never are the reasons for which a container waits that time does not mend.
var never = []string{"InvalidImageName", "ErrImageNeverPull", "ImagePullBackOff", "CreateContainerConfigError", "CreateContainerError", "RunContainerError", "CrashLoopBackOff"}

// trouble says what keeps a Revision's containers from running: the nodes, the image, the
// configuration, the program or its probe. With certain it says only what time does not
// mend.
func (s *session) trouble(ctx context.Context, pods []corev1.Pod, certain bool) string {
	text := ""
	for _, pod := range pods {
		for _, c := range pod.Status.Conditions {
			if c.Type == corev1.PodScheduled && c.Status == corev1.ConditionFalse && !certain {
				text += fmt.Sprintf("; pod %s: %s: %s", pod.Name, c.Reason, c.Message)
			}
		}
		for _, c := range pod.Status.ContainerStatuses {
			if c.Ready {
				continue
			}
			if w := c.State.Waiting; w != nil && (!certain || slices.Contains(never, w.Reason)) {
				text += fmt.Sprintf("; container %s: %s: %s", c.Name, w.Reason, w.Message)
			}
			for _, t := range []*corev1.ContainerStateTerminated{c.State.Terminated, c.LastTerminationState.Terminated} {
				if t != nil && (!certain || text != "") {
					text += fmt.Sprintf("; container %s ended with %d: %s", c.Name, t.ExitCode, strings.TrimSpace(t.Message))
					break
				}
			}
			if c.State.Running != nil && !certain {
				text += fmt.Sprintf("; container %s runs but is not ready%s", c.Name, s.probe(ctx, pod.Name))
			}
		}
		// It is Knative's queue-proxy that asks the function; what is wrong says the function.
		if !certain && pod.Spec.NodeName != "" && len(pod.Spec.Containers) > 0 {
			if said := s.log(ctx, pod.Name, pod.Spec.Containers[0].Name, 3); said != "" {
				text += "; its log ends with: " + said
			}
		}
	}
	return text
}

// probe is what kubelet last said about a pod's probe.
func (s *session) probe(ctx context.Context, pod string) string {
	list, err := s.Kube.CoreV1().Events(s.Namespace).List(ctx, metav1.ListOptions{FieldSelector: "involvedObject.name=" + pod + ",type=Warning"})
	if err != nil || len(list.Items) == 0 {
		return ""
	}
	last := slices.MaxFunc(list.Items, func(a, b corev1.Event) int { return a.LastTimestamp.Compare(b.LastTimestamp.Time) })
	return ": " + strings.TrimSpace(last.Message)
}

// recall finds the green Revisions of a release that is held, and that nobody changed them.
func (s *session) recall(ctx context.Context) error {
	if err := s.refresh(ctx); err != nil {
		return err
	}
	for _, c := range s.record.Changes {
		svc := s.services[c.Function]
		if svc == nil {
			return fmt.Errorf("%s: the Service is gone", c.Function)
		}
		if greenURL(svc, c.To) == "" {
			return fmt.Errorf("%s: green is not %s any more; deploy again", c.Function, c.To)
		}
		if !slices.ContainsFunc(svc.Spec.Traffic, func(t v1.TrafficTarget) bool {
			return t.RevisionName == c.From && ptr.Deref(t.Percent, 0) == 100
		}) {
			return fmt.Errorf("%s: %s does not serve any more; deploy again", c.Function, c.From)
		}
	}
	return nil
}
