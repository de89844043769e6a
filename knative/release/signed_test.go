package release_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	kubefake "k8s.io/client-go/kubernetes/fake"

	"github.com/madang-council/madang/knative/release"
	"github.com/madang-council/madang/knative/signature"
	"github.com/madang-council/madang/knative/signature/signaturetest"
)

// only accepts images of these kinds.
func only(kinds ...string) func(context.Context, string) error {
	return func(_ context.Context, image string) error {
		if !slices.ContainsFunc(kinds, func(k string) bool { return imageOf(k) == image }) {
			return signature.ErrUnsigned
		}
		return nil
	}
}

// Of what is not signed nothing is made: no Revision, no migration, no upgrade of the chart.
func TestUnsignedIsRefused(t *testing.T) {
	for name, row := range map[string]struct {
		signed  []string
		images  release.Images
		refused bool
	}{
		"signed":                  {[]string{"one", "two"}, images("alpha", "two", "beta", "one"), false},
		"one of two":              {[]string{"one"}, images("alpha", "two", "beta", "one"), true},
		"what serves already":     {[]string{"two"}, images("alpha", "two", "beta", "one"), true},
		"the migration":           {[]string{"one", "two"}, release.Images{Functions: images("alpha", "two").Functions, Migrate: imageOf("turns")}, true},
		"nothing that is changed": {nil, images("alpha", "one"), true},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				k := newKnative(t, "alpha", "beta")
				r := k.rollout()
				r.Verify, r.Migrate = only(row.signed...), row.refused
				upgraded := false
				r.Before = func(context.Context) error { upgraded = true; return nil }
				sum, err := r.Deploy(t.Context(), row.images)
				if errors.Is(err, signature.ErrUnsigned) != row.refused || upgraded == row.refused {
					t.Fatalf("%s %v, upgraded %t", sum.Outcome, err, upgraded)
				}
				if !row.refused {
					return
				}
				if sum.Outcome != release.Failed || !strings.Contains(sum.Reason, "not signed") {
					t.Errorf("%s: %s", sum.Outcome, sum.Reason)
				}
				revisions, err := k.serving.ServingV1().Revisions(namespace).List(t.Context(), metav1.ListOptions{})
				if err != nil || len(revisions.Items) != 2 || k.answers("alpha") != "one" {
					t.Errorf("%d Revisions, %s answers (%v)", len(revisions.Items), k.answers("alpha"), err)
				}
			})
		})
	}
}

// What is held is asked again: meanwhile a key may have been taken back. A rollback is not.
func TestUnsignedIsNotPromoted(t *testing.T) { synctest.Test(t, testUnsignedIsNotPromoted) }

func testUnsignedIsNotPromoted(t *testing.T) {
	k := newKnative(t, "alpha")
	r := k.rollout()
	r.Hold, r.Verify = true, only("one", "two")
	if sum, err := r.Deploy(t.Context(), images("alpha", "two")); err != nil || sum.Outcome != release.Held {
		t.Fatal(sum.Outcome, err)
	}
	r.Verify = only("one")
	if _, err := r.Promote(t.Context()); !errors.Is(err, signature.ErrUnsigned) || k.answers("alpha") != "one" || k.phase() != release.RolledBack {
		t.Errorf("%v, %s answers, %s", err, k.answers("alpha"), k.phase())
	}
	r.Hold, r.Verify = false, nil
	if sum, err := r.Deploy(t.Context(), images("alpha", "two")); err != nil || sum.Outcome != release.Released {
		t.Fatal(sum.Outcome, err)
	}
	r.Verify = only()
	if sum, err := r.Rollback(t.Context()); err != nil || k.answers("alpha") != "one" {
		t.Errorf("%s %v, %s answers", sum.Outcome, err, k.answers("alpha"))
	}
}

// An installation says whose signatures count; one that says nothing is not taken for one
// that asks for none.
func TestSignedBy(t *testing.T) {
	host := signaturetest.Registry(t)
	key, public := signaturetest.Key(t)
	foreign, _ := signaturetest.Key(t)
	signed, other := signaturetest.Signed(t, host+"/madang/notices:1", key), signaturetest.Signed(t, host+"/madang/notices:2", foreign)
	with := func(data map[string]string) *kubefake.Clientset {
		return kubefake.NewClientset(&corev1.ConfigMap{ObjectMeta: metav1.ObjectMeta{Name: "signatures", Namespace: namespace}, Data: data})
	}
	verify, err := release.SignedBy(t.Context(), with(map[string]string{"cosign.pub": public}), namespace)
	if err != nil {
		t.Fatal(err)
	}
	if err := release.Verify(t.Context(), verify, []string{signed, signed}); err != nil {
		t.Error(err)
	}
	if err := release.Verify(t.Context(), verify, []string{signed, other}); !errors.Is(err, signature.ErrUnsigned) || !strings.Contains(err.Error(), other) || strings.Contains(err.Error(), signed) {
		t.Errorf("%v", err)
	}
	if verify, err := release.SignedBy(t.Context(), with(map[string]string{"cosign.pub": ""}), namespace); err != nil || verify != nil {
		t.Errorf("images.unsigned: %v", err)
	}
	for name, kube := range map[string]*kubefake.Clientset{
		"none": kubefake.NewClientset(), "without a key": with(nil), "no key": with(map[string]string{"cosign.pub": "cosign"}),
	} {
		if verify, err := release.SignedBy(t.Context(), kube, namespace); err == nil || verify != nil {
			t.Errorf("%s: accepted", name)
		}
	}
}
