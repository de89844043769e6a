package chart_test

import (
	"slices"
	"testing"

	batchv1 "k8s.io/api/batch/v1"
)

// The night in which nothing is saved, since nobody could read it, still ends the time of the copies that there are.
func TestCopiesEndWithoutRecipients(t *testing.T) {
	for recipients, want := range map[string]struct {
		does       string
		containers int
	}{"": {"tidy", 1}, "age1x": {"save", 2}} {
		list := []any{}
		if recipients != "" {
			list = append(list, recipients)
		}
		job := of[batchv1.CronJob](mustRender(t, production, set("backup.recipients", list), set("backup.keep.months", 2)))["CronJob/backup"]
		if job == nil || job.Spec.Suspend != nil {
			t.Fatalf("%q: it is suspended, or not there", recipients)
		}
		pod := job.Spec.JobTemplate.Spec.Template.Spec
		args := pod.Containers[len(pod.Containers)-1].Args
		if len(pod.Containers) != want.containers || args[0] != want.does || !slices.Contains(args, "-months=2") {
			t.Errorf("%q: %d containers, and the last has %v", recipients, len(pod.Containers), args)
		}
	}
}
