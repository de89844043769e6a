package release_test

import (
	"testing"

	batch "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
	v1 "knative.dev/serving/pkg/apis/serving/v1"
)

type service = v1.Service

// cron is the chart's migration, as a CronJob that never runs by itself.
func (c *cluster) cron(t *testing.T) {
	t.Helper()
	_, err := c.kube.BatchV1().CronJobs(c.namespace).Create(c.ctx, &batch.CronJob{
		ObjectMeta: metav1.ObjectMeta{Name: "migrate"},
		Spec: batch.CronJobSpec{
			Suspend: ptr.To(true), Schedule: "0 0 1 1 *",
			JobTemplate: batch.JobTemplateSpec{Spec: batch.JobSpec{
				BackoffLimit: ptr.To[int32](0),
				Template: corev1.PodTemplateSpec{Spec: corev1.PodSpec{
					RestartPolicy: corev1.RestartPolicyNever,
					Containers:    []corev1.Container{{Name: "migrate", Image: "replaced.invalid/by:release", Args: []string{"migrate"}}},
				}},
			}},
		},
	}, metav1.CreateOptions{})
	if err != nil {
		t.Fatal(err)
	}
}
