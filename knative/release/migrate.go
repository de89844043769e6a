package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	batch "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// migration is the name of the chart's CronJob, suspended, or Job that brings the schema
// up to date.
const migration = "migrate"

// migrateFirst does so before anything else changes: functions whose image comes are asked.
func (s *session) migrateFirst(ctx context.Context, images Images) error {
	p, err := s.plan(ctx, images)
	if err != nil {
		return err
	}
	if s.Before == nil { // nobody will make what is not there
		if err := s.known(images); err != nil {
			return err
		}
	}
	return s.migrate(ctx, p, images)
}

// migrate brings the schema up to date and asks those that serve whether they can live
// with it: from here until the switch, and again after a rollback, both do.
func (s *session) migrate(ctx context.Context, p plan, images Images) error {
	if err := s.step(ctx, migration, func(ctx context.Context) error { return s.runMigration(ctx, images.Migrate) }); err != nil {
		return err
	}
	return s.step(ctx, "ask blue", func(ctx context.Context) error {
		addresses := map[string]string{}
		for _, c := range p.changes {
			if u := s.services[c.Function].Status.URL; u != nil {
				addresses[c.Function] = u.String()
			}
		}
		return s.ask(ctx, addresses)
	})
}

// runMigration makes a Job of the chart's and waits for its end.
func (s *session) runMigration(ctx context.Context, image string) error {
	template, err := s.migrationTemplate(ctx)
	if err != nil {
		return err
	}
	jobs := s.Kube.BatchV1().Jobs(s.Namespace)
	job := &batch.Job{
		ObjectMeta: metav1.ObjectMeta{
			Name:      fmt.Sprintf("%s-%d", migration, time.Now().Unix()),
			Namespace: s.Namespace,
			Labels:    template.Labels,
		},
		Spec: template.Spec,
	}
	job.Spec.TTLSecondsAfterFinished = ptr.To(int32(3600)) // one that failed can be read so long
	if image != "" {
		job.Spec.Template.Spec.Containers[0].Image = image
	}
	if _, err := jobs.Create(ctx, job, metav1.CreateOptions{FieldManager: FieldManager}); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	if err := s.until(ctx, 250*time.Millisecond, func() (string, error) {
		now, err := jobs.Get(ctx, job.Name, metav1.GetOptions{})
		if err != nil {
			return "", fmt.Errorf("job: %w", err)
		}
		for _, c := range now.Status.Conditions {
			switch {
			case c.Status != corev1.ConditionTrue:
			case c.Type == batch.JobFailed:
				return "", fmt.Errorf("%s: %s: %s%s", job.Name, c.Reason, c.Message, s.lastWords(ctx, job.Name))
			case c.Type == batch.JobComplete:
				return "", nil
			}
		}
		return job.Name + " has not ended", nil
	}); err != nil {
		return err
	}
	s.say("migration:%s", s.lastWords(ctx, job.Name))
	if err := jobs.Delete(ctx, job.Name, metav1.DeleteOptions{PropagationPolicy: ptr.To(metav1.DeletePropagationBackground)}); err != nil {
		return fmt.Errorf("job: %w", err)
	}
	return nil
}

// migrationTemplate is the chart's.
func (s *session) migrationTemplate(ctx context.Context) (batch.JobTemplateSpec, error) {
	cron, err := s.Kube.BatchV1().CronJobs(s.Namespace).Get(ctx, migration, metav1.GetOptions{})
	if err == nil {
		return cron.Spec.JobTemplate, nil
	}
	if !apierrors.IsNotFound(err) {
		return batch.JobTemplateSpec{}, fmt.Errorf("cronjob: %w", err)
	}
	job, err := s.Kube.BatchV1().Jobs(s.Namespace).Get(ctx, migration, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return batch.JobTemplateSpec{}, errors.New("there is neither a CronJob nor a Job named migrate")
	}
	if err != nil {
		return batch.JobTemplateSpec{}, fmt.Errorf("job: %w", err)
	}
	template := batch.JobTemplateSpec{ObjectMeta: metav1.ObjectMeta{Labels: job.Labels}, Spec: *job.Spec.DeepCopy()}
	// What the Job's controller wrote belongs to that Job alone.
	template.Spec.Selector, template.Spec.ManualSelector = nil, nil
	for key := range template.Spec.Template.Labels {
		if strings.Contains(key, "controller-uid") || strings.Contains(key, "job-name") {
			delete(template.Spec.Template.Labels, key)
		}
	}
	return template, nil
}

// lastWords are the last lines of a Job's log.
func (s *session) lastWords(ctx context.Context, job string) string {
	pods, err := s.Kube.CoreV1().Pods(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: batch.JobNameLabel + "=" + job})
	if err != nil || len(pods.Items) == 0 {
		return ""
	}
	last := slices.MaxFunc(pods.Items, func(a, b corev1.Pod) int { return a.CreationTimestamp.Compare(b.CreationTimestamp.Time) })
	return " " + s.log(ctx, last.Name, "", 10)
}

// log are the last lines of a container's log, in one; of a pod's only container without
// name.
func (s *session) log(ctx context.Context, pod, container string, lines int64) string {
	options := &corev1.PodLogOptions{Container: container, TailLines: &lines}
	log, err := s.Kube.CoreV1().Pods(s.Namespace).GetLogs(pod, options).Stream(ctx)
	if err != nil {
		return ""
	}
	defer func() { _ = log.Close() }()
	text, err := io.ReadAll(io.LimitReader(log, 4096))
	if err != nil {
		return ""
	}
	return strings.Join(strings.Split(strings.TrimSpace(string(text)), "\n"), " | ")
}
