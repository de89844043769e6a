package preflight

import (
	"fmt"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	storagev1 "k8s.io/api/storage/v1"
)

// Patience is how long a claim may wait for its volume before somebody is told.
const Patience = time.Minute

// provisioningFailed is the reason of Kubernetes' own event of a claim for which no volume could
// be made, its class not being there among the causes.
const provisioningFailed = "ProvisioningFailed"

// AtOnce are the claims that wait for a volume which their class makes without a pod that wants it.
func AtOnce(claims []corev1.PersistentVolumeClaim, classes []storagev1.StorageClass) []corev1.PersistentVolumeClaim {
	waiting := []corev1.PersistentVolumeClaim{}
	for _, c := range claims {
		if c.Status.Phase == corev1.ClaimPending && slices.ContainsFunc(classes, func(class storagev1.StorageClass) bool {
			is := class.Annotations[defaultClass] == "true"
			if c.Spec.StorageClassName != nil {
				is = class.Name == *c.Spec.StorageClassName
			}
			return is && (class.VolumeBindingMode == nil || *class.VolumeBindingMode == storagev1.VolumeBindingImmediate)
		}) {
			waiting = append(waiting, c)
		}
	}
	return waiting
}

// Unbound says of each claim that has waited for longer than Patience why, by the newest
// event of it and of the pods that wait for it. A claim that no pod wants is among them only
// where its class makes volumes at once, or says that it failed: another one waits for its first
// pod. One whose pod waits for a node that the cluster's autoscaler is making is not among them.
func Unbound(claims []corev1.PersistentVolumeClaim, classes []storagev1.StorageClass, pods []corev1.Pod, events []corev1.Event, now time.Time) []string {
	atOnce := AtOnce(claims, classes)
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
		reasons, coming := []string{}, false
		wanted := slices.ContainsFunc(atOnce, func(each corev1.PersistentVolumeClaim) bool { return each.Name == c.Name })
		if e, there := newest("PersistentVolumeClaim", c.Name); there {
			reasons = append(reasons, e.Reason+": "+e.Message)
			wanted = wanted || e.Reason == provisioningFailed
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
