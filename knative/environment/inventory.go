package main

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"golang.org/x/sync/errgroup"
	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/discovery"
)

// inventory is all there is, by a name that says what and where: objects of every kind in
// every namespace, and buckets.
type inventory map[string]reference

// reference is how to read an object again.
type reference struct {
	Kind      schema.GroupVersionResource `json:"kind,omitzero"`
	Namespace string                      `json:"namespace,omitempty"`
	Name      string                      `json:"name"`
}

// fleeting are kinds that come and go by themselves and hold nothing: what is said or
// noted about an environment is not of it. A pipeline's runs are deleted in their time.
var fleeting = map[string]bool{"events": true, "leases": true, "podmetrics": true, "pipelineruns": true, "taskruns": true}

// inventory lists every kind that can be listed, with as many requests at once as the
// server is spared by. unseen are those that may not be, or whose server does not answer:
// nothing is known of them.
func (c *cluster) inventory(ctx context.Context, s storage) (inv inventory, unseen []schema.GroupResource, err error) {
	kinds, away, err := c.kinds()
	if err != nil {
		return nil, nil, err
	}
	found, forbidden := make([][]reference, len(kinds)), make([]bool, len(kinds))
	group, within := errgroup.WithContext(ctx)
	group.SetLimit(16)
	for i, kind := range kinds {
		group.Go(func() error {
			all, err := c.metadata.Resource(kind).List(within, metav1.ListOptions{})
			switch {
			case apierrors.IsForbidden(err):
				forbidden[i] = true
				return nil
			case apierrors.IsNotFound(err) || apierrors.IsMethodNotSupported(err):
				return nil // there is no such kind any more
			case err != nil:
				return fmt.Errorf("inventory of %s: %w", kind.Resource, err)
			}
			for _, o := range all.Items {
				found[i] = append(found[i], reference{Kind: kind, Namespace: o.Namespace, Name: o.Name})
			}
			return nil
		})
	}
	if err := group.Wait(); err != nil {
		return nil, nil, err
	}
	unseen = away
	for i, not := range forbidden {
		if not {
			unseen = append(unseen, kinds[i].GroupResource())
		}
	}
	inv = inventory{}
	for _, r := range slices.Concat(found...) {
		inv[r.String()] = r
	}
	buckets, err := s.buckets(ctx)
	if err != nil {
		return nil, nil, err
	}
	for _, b := range buckets {
		inv["bucket "+b] = reference{Name: b}
	}
	return inv, unseen, nil
}

// doubtful are the kinds that could not be seen and of which this account could have left
// something beyond the environment's namespace, which takes what is in it along: what it may
// make there it must be able to see.
func (c *cluster) doubtful(ctx context.Context, unseen []schema.GroupResource) ([]string, error) {
	left := []string{}
	for _, kind := range unseen {
		if kind.Resource == "*" { // a server that does not answer
			left = append(left, "whatever there is of "+kind.Group+": its server does not answer")
			continue
		}
		asked, err := c.kube.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Verb: "create", Group: kind.Group, Resource: kind.Resource}},
		}, metav1.CreateOptions{})
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind, err)
		}
		if asked.Status.Allowed {
			left = append(left, "whatever there is of "+kind.String()+": it may be made by this account and not be listed")
		}
	}
	return left, nil
}

func (r reference) String() string {
	where := ""
	if r.Namespace != "" {
		where = " in " + r.Namespace
	}
	return r.Kind.GroupResource().String() + " " + r.Name + where
}

// kinds are those of the cluster that can be listed and mean something; away are the groups
// whose server does not answer, each as "*". Metrics hold nothing.
func (c *cluster) kinds() (kinds []schema.GroupVersionResource, away []schema.GroupResource, err error) {
	lists, err := c.kube.Discovery().ServerPreferredResources()
	broken := (*discovery.ErrGroupDiscoveryFailed)(nil)
	if err != nil && !errors.As(err, &broken) {
		return nil, nil, fmt.Errorf("kinds: %w", err)
	}
	if broken != nil {
		for group := range broken.Groups {
			if group.Group != "metrics.k8s.io" && !strings.HasSuffix(group.Group, ".metrics.k8s.io") {
				away = append(away, schema.GroupResource{Group: group.Group, Resource: "*"})
			}
		}
	}
	for _, l := range lists {
		version, err := schema.ParseGroupVersion(l.GroupVersion)
		if err != nil {
			return nil, nil, fmt.Errorf("kinds: %w", err)
		}
		for _, r := range l.APIResources {
			if slices.Contains(r.Verbs, "list") && slices.Contains(r.Verbs, "delete") && !fleeting[r.Name] {
				kinds = append(kinds, version.WithResource(r.Name))
			}
		}
	}
	return kinds, away, nil
}

// left are the things that there were not before and that belong to an environment: they
// are in its namespace, or they name it. What others made meanwhile does not.
func (c *cluster) left(ctx context.Context, before, after inventory, namespace string) ([]string, error) {
	left := []string{}
	for _, name := range slices.Sorted(maps.Keys(after)) {
		r := after[name]
		if _, was := before[name]; was {
			continue
		}
		belongs := r.Namespace == namespace || r.Name == namespace
		if r.Kind.Empty() {
			belongs = mine(r.Name, namespace)
		} else if !belongs {
			o, err := c.dynamic.Resource(r.Kind).Namespace(r.Namespace).Get(ctx, r.Name, metav1.GetOptions{})
			if apierrors.IsNotFound(err) {
				continue
			}
			if err != nil {
				return nil, fmt.Errorf("%s: %w", name, err)
			}
			belongs = mentions(o.Object, namespace)
		}
		if belongs {
			left = append(left, name)
		}
	}
	return left, nil
}

// mentions says whether any text in an object is a name, or has it between its parts.
func mentions(v any, name string) bool {
	switch v := v.(type) {
	case string:
		return slices.Contains(strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("/.:,\"'@ \n", r) }), name)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return mentions(e, name) })
	case map[string]any:
		for k, e := range v {
			if k == name || mentions(e, name) {
				return true
			}
		}
	}
	return false
}

// notes is the ConfigMap of an environment in which create leaves what there was before.
const notes = "environment"

func (c *cluster) keepInventory(ctx context.Context, namespace string, inv inventory) error {
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed) // a ConfigMap takes 1 MiB
	if err := json.NewEncoder(w).Encode(slices.Sorted(maps.Keys(inv))); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	_, err := c.kube.CoreV1().ConfigMaps(namespace).Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: notes}, BinaryData: map[string][]byte{"before.json.gz": packed.Bytes()},
	}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("inventory: %w", err)
	}
	return nil
}

// keptInventory is what create noted. Without a note everything counts as new, and what
// belongs to the environment is found by its name alone.
func (c *cluster) keptInventory(ctx context.Context, namespace string) (inventory, error) {
	kept, err := c.kube.CoreV1().ConfigMaps(namespace).Get(ctx, notes, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return inventory{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	r, err := gzip.NewReader(bytes.NewReader(kept.BinaryData["before.json.gz"]))
	if err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	names := []string{}
	if err := json.NewDecoder(io.LimitReader(r, 64<<20)).Decode(&names); err != nil {
		return nil, fmt.Errorf("inventory: %w", err)
	}
	inv := inventory{}
	for _, n := range names {
		inv[n] = reference{}
	}
	return inv, nil
}
