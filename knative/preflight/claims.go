package preflight

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
)

// Patience is how long a claim may wait for its volume before somebody is told.
const Patience = time.Minute

// Unbound says of each claim that has waited for longer than Patience why, by the newest
// event of it and of the pods that wait for it. A claim that no pod wants is not among them,
// nor one whose pod waits for a node that the cluster's autoscaler is making.
func Unbound(claims []corev1.PersistentVolumeClaim, pods []corev1.Pod, events []corev1.Event, now time.Time) []string {
	newest := func(kind, name string) (e corev1.Event, there bool) {
		for _, each := range events {
			if each.InvolvedObject.Kind == kind && each.InvolvedObject.Name == name && (!there || !at(each).Before(at(e))) {
				e, there = each, true
			}
		}
		return e, there
	}
	told := []string{}
	for _, c := range claims {
		if c.Status.Phase != corev1.ClaimPending || now.Sub(c.CreationTimestamp.Time) < Patience {
			continue
		}
		reasons, wanted, coming := []string{}, false, false
		if e, there := newest("PersistentVolumeClaim", c.Name); there {
			reasons = append(reasons, e.Reason+": "+e.Message)
		}
		for _, p := range pods {
			uses := slices.ContainsFunc(p.Spec.Volumes, func(v corev1.Volume) bool {
				return v.PersistentVolumeClaim != nil && v.PersistentVolumeClaim.ClaimName == c.Name
			})
			if !uses {
				continue
			}
			wanted = true
			if e, there := newest("Pod", p.Name); there {
				reasons = append(reasons, p.Name+" "+e.Reason+": "+e.Message)
				coming = coming || e.Reason == "TriggeredScaleUp"
			}
		}
		if coming || !wanted {
			continue
		}
		class := "the cluster's default"
		if c.Spec.StorageClassName != nil {
			class = *c.Spec.StorageClassName
		}
		told = append(told, fmt.Sprintf("%s (class %s) has no volume after %s: %s", c.Name, class, now.Sub(c.CreationTimestamp.Time).Round(time.Second), strings.Join(reasons, "; ")))
	}
	return told
}

// at is when an event was seen last.
func at(e corev1.Event) time.Time {
	if e.Series != nil {
		return e.Series.LastObservedTime.Time
	}
	if !e.LastTimestamp.IsZero() {
		return e.LastTimestamp.Time
	}
	if !e.EventTime.IsZero() {
		return e.EventTime.Time
	}
	return e.CreationTimestamp.Time
}
