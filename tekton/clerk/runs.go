package main

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"time"

	"github.com/tektoncd/pipeline/pkg/apis/pipeline/pod"
	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/utils/ptr"
)

// Labels of a PipelineRun, as the chart's TriggerTemplates write them.
const (
	kindLabel = "madang.kr/kind"
	pullLabel = "madang.kr/pull"
	partLabel = "app.kubernetes.io/part-of"
	part      = "madang-pipeline"

	// environmentLabel is of namespaces that environment create made.
	environmentLabel = "madang.kr/environment"
)

// begin goes on if the commit is the newest of its pull request, which must be open, or
// of main. Older runs of the pull request are cancelled, and it waits until they have
// cleaned up: the environment has the same name.
func (c *clerk) begin(ctx context.Context, number int, result string, stages []string) error {
	why, err := c.unwanted(ctx, number)
	if err != nil {
		return err
	}
	if why != "" {
		c.say("nothing to do: %s", why)
		return answer(result, why)
	}
	for _, s := range append([]string{verdictName}, stages...) {
		if err := c.post(ctx, s, pending, c.link(), "waits"); err != nil {
			return err
		}
	}
	if number > 0 {
		if err := c.end(ctx, number); err != nil {
			return err
		}
	}
	return answer(result, "yes")
}

// unwanted says why nobody wants to know about the commit any more.
func (c *clerk) unwanted(ctx context.Context, number int) (string, error) {
	newest := ""
	for range 3 { // GitHub's API may be a moment behind its webhooks
		if number == 0 {
			head, err := c.github.head(ctx, c.Main)
			if err != nil {
				return "", err
			}
			newest = head
		} else {
			p, err := c.github.pull(ctx, number)
			if err != nil {
				return "", err
			}
			if p.State != "open" {
				return fmt.Sprintf("pull request %d is %s", number, p.State), nil
			}
			newest = p.Head.SHA
		}
		if newest == c.Commit {
			return "", nil
		}
		if err := sleep(ctx, c.pause); err != nil {
			return "", err
		}
	}
	return fmt.Sprintf("superseded by %.12s", newest), nil
}

// newest writes by what main has gone on, and nothing where it has not.
func (c *clerk) newest(ctx context.Context, file string) error {
	why, err := c.unwanted(ctx, 0)
	if err != nil {
		return err
	}
	if why != "" {
		why += ", which ships both"
	}
	return answer(file, why)
}

// end cancels the runs of a pull request that are older than this one, and waits until
// all of them, those that clean up too, have ended. Only older ones: so no two runs wait
// for each other, and one that was closed never ends one that was opened again.
func (c *clerk) end(ctx context.Context, number int) error {
	runs := c.tekton.TektonV1().PipelineRuns(c.Namespace)
	own, err := runs.Get(ctx, c.Run, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("run: %w", err)
	}
	for {
		found, err := runs.List(ctx, metav1.ListOptions{LabelSelector: fmt.Sprintf("%s=%d", pullLabel, number)})
		if err != nil {
			return fmt.Errorf("runs of %d: %w", number, err)
		}
		under := 0
		for _, r := range found.Items {
			if r.IsDone() || !older(r, *own) {
				continue
			}
			under++
			if kind := r.Labels[kindLabel]; r.Spec.Status != "" || kind != "pull-request" && kind != "fork" {
				continue
			}
			c.say("cancelling %s", r.Name)
			cancel := fmt.Appendf(nil, `{"spec":{"status":%q}}`, v1.PipelineRunSpecStatusCancelledRunFinally)
			if _, err := runs.Patch(ctx, r.Name, types.MergePatchType, cancel, metav1.PatchOptions{}); err != nil && !apierrors.IsNotFound(err) {
				return fmt.Errorf("cancel %s: %w", r.Name, err)
			}
		}
		if under == 0 {
			return nil
		}
		if err := sleep(ctx, c.pause); err != nil {
			return fmt.Errorf("%d runs of %d have not ended: %w", under, number, err)
		}
	}
}

// older orders runs by their creation, which Kubernetes knows to the second, and by name.
func older(a, b v1.PipelineRun) bool {
	if !a.CreationTimestamp.Equal(&b.CreationTimestamp) {
		return a.CreationTimestamp.Before(&b.CreationTimestamp)
	}
	return a.Name < b.Name
}

// close ends what a closed pull request has: runs and SonarQube's project. Its
// environment is the next task's. One that GitHub calls open is left alone.
func (c *clerk) close(ctx context.Context, number int, project, result string) error {
	p, err := c.github.pull(ctx, number)
	if err != nil {
		return err
	}
	if p.State != "closed" {
		c.say("nothing to do: pull request %d is %s", number, p.State)
		return answer(result, "it is "+p.State)
	}
	if err := c.end(ctx, number); err != nil {
		return err
	}
	if err := c.sonar.remove(ctx, project); err != nil {
		return err
	}
	c.say("SonarQube's project %s is deleted", project)
	return answer(result, "yes")
}

var pullEnvironment = regexp.MustCompile(`^pr-([1-9][0-9]*)$`)

// tidy starts a run that cleans for each environment of a pull request that no run
// looks after, and deletes runs that ended longer ago than keep.
func (c *clerk) tidy(ctx context.Context, keep time.Duration) error {
	runs := c.tekton.TektonV1().PipelineRuns(c.Namespace)
	namespaces, err := c.kube.CoreV1().Namespaces().List(ctx, metav1.ListOptions{LabelSelector: environmentLabel})
	if err != nil {
		return fmt.Errorf("environments: %w", err)
	}
	found, err := runs.List(ctx, metav1.ListOptions{LabelSelector: partLabel + "=" + part}) // after the namespaces: a run is there before its environment
	if err != nil {
		return fmt.Errorf("runs: %w", err)
	}
	for _, r := range found.Items {
		if done := r.Status.CompletionTime; r.IsDone() && done != nil && time.Since(done.Time) > keep {
			c.say("deleting %s", r.Name)
			if err := runs.Delete(ctx, r.Name, metav1.DeleteOptions{}); err != nil && !apierrors.IsNotFound(err) {
				return fmt.Errorf("delete %s: %w", r.Name, err)
			}
		}
	}
	for _, n := range namespaces.Items {
		name := n.Labels[environmentLabel]
		match := pullEnvironment.FindStringSubmatch(name)
		if match == nil { // a developer's
			continue
		}
		number, err := strconv.Atoi(match[1])
		if err != nil {
			return fmt.Errorf("environment %s: %w", name, err)
		}
		if slices.ContainsFunc(found.Items, func(r v1.PipelineRun) bool {
			return !r.IsDone() && r.Labels[pullLabel] == strconv.Itoa(number)
		}) {
			continue
		}
		c.say("nobody looks after %s: cleaning", name)
		if _, err := runs.Create(ctx, cleaning(name, number), metav1.CreateOptions{}); err != nil {
			return fmt.Errorf("clean %s: %w", name, err)
		}
	}
	return nil
}

// cleaning is a run that removes an environment.
func cleaning(environment string, number int) *v1.PipelineRun {
	user := ptr.To(int64(65532))
	return &v1.PipelineRun{
		ObjectMeta: metav1.ObjectMeta{
			GenerateName: "clean-" + environment + "-",
			Labels:       map[string]string{partLabel: part, kindLabel: "clean", pullLabel: strconv.Itoa(number)},
		},
		Spec: v1.PipelineRunSpec{
			PipelineRef: &v1.PipelineRef{Name: "clean"},
			Params:      v1.Params{{Name: "environment", Value: *v1.NewStructuredValues(environment)}},
			TaskRunTemplate: v1.PipelineTaskRunTemplate{
				ServiceAccountName: "environment",
				PodTemplate: &pod.PodTemplate{SecurityContext: &corev1.PodSecurityContext{
					RunAsNonRoot: ptr.To(true), RunAsUser: user, RunAsGroup: user, FSGroup: user,
					SeccompProfile: &corev1.SeccompProfile{Type: corev1.SeccompProfileTypeRuntimeDefault},
				}},
			},
		},
	}
}
