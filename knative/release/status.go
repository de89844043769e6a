package release

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/utils/ptr"
)

// Status is what serves, and what is remembered.
type Status struct {
	Last      Record          `json:"last"` // Phase is empty when nothing was released yet
	Holder    string          `json:"holder,omitempty"`
	Functions []FunctionState `json:"functions"`
}

// FunctionState is one function's Service.
type FunctionState struct {
	Function string `json:"function"`
	Serves   string `json:"serves"` // the Revision
	Image    string `json:"image"`
	Pinned   bool   `json:"pinned"`           // traffic names the Revision
	Green    string `json:"green,omitempty"`  // the Revision at the green address
	Latest   string `json:"latest,omitempty"` // where it differs from what serves
	Ready    string `json:"ready"`            // the Service's condition, in words
}

// Status reads without the lock.
func (r *Rollout) Status(ctx context.Context) (Status, error) {
	status := Status{}
	lease, err := r.Kube.CoordinationV1().Leases(r.Namespace).Get(ctx, leaseName, metav1.GetOptions{})
	switch {
	case err == nil:
		if status.Last, err = recordOf(lease); err != nil {
			return status, err
		}
		if lease.Spec.RenewTime != nil && time.Since(lease.Spec.RenewTime.Time) < leaseLife {
			status.Holder = ptr.Deref(lease.Spec.HolderIdentity, "")
		}
	case !apierrors.IsNotFound(err):
		return status, fmt.Errorf("lock: %w", err)
	}
	s := &session{Rollout: r, services: map[string]service{}}
	if err := s.refresh(ctx); err != nil {
		return status, err
	}
	for name, svc := range s.services {
		f := FunctionState{Function: name, Image: imageOf(svc.Spec.Template.Spec), Pinned: pinned(svc), Ready: conditions(svc.Status.Conditions)}
		if f.Serves, err = serves(svc); err == nil {
			revision, err := r.Serving.ServingV1().Revisions(r.Namespace).Get(ctx, f.Serves, metav1.GetOptions{})
			if err != nil {
				return status, fmt.Errorf("%s: %w", name, err)
			}
			f.Image = imageOf(revision.Spec)
		}
		for _, t := range svc.Status.Traffic {
			if t.Tag == green {
				f.Green = t.RevisionName
			}
		}
		if latest := svc.Status.LatestCreatedRevisionName; latest != f.Serves {
			f.Latest = latest
		}
		status.Functions = append(status.Functions, f)
	}
	slices.SortFunc(status.Functions, func(a, b FunctionState) int { return cmp.Compare(a.Function, b.Function) })
	return status, nil
}
