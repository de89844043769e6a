package release

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"

	"github.com/madang-council/madang/knative/signature"
)

// Where the chart writes whose signatures count (templates/signatures.yaml).
const (
	signaturesConfig = "signatures"
	signaturesKey    = "cosign.pub"
)

// SignedBy reads from an installation whose signatures its images need, as the chart wrote
// it from images.signedBy. nil means that it asks for none (images.unsigned). Where
// nothing says either, that is an error: what is not asked for is not taken for granted.
func SignedBy(ctx context.Context, kube kubernetes.Interface, namespace string) (func(context.Context, string) error, error) {
	config, err := kube.CoreV1().ConfigMaps(namespace).Get(ctx, signaturesConfig, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, fmt.Errorf("signatures: nothing in %s says whose count; task install writes it from images.signedBy", namespace)
	}
	if err != nil {
		return nil, fmt.Errorf("signatures: %w", err)
	}
	keys, there := config.Data[signaturesKey]
	if !there {
		return nil, fmt.Errorf("signatures: the ConfigMap %s has no %s", signaturesConfig, signaturesKey)
	}
	return Verifier(keys)
}

// Verifier is what asks for signatures by keys in PEM; nil where there are none.
func Verifier(keys string) (func(context.Context, string) error, error) {
	if strings.TrimSpace(keys) == "" {
		return nil, nil //nolint:nilnil // none is asked for
	}
	parsed, err := signature.ParseKeys(keys)
	if err != nil {
		return nil, fmt.Errorf("images.signedBy: %w", err)
	}
	return parsed.Verify, nil
}

// Verify asks for each image, once, and says of all of them which are not signed.
func Verify(ctx context.Context, verify func(context.Context, string) error, images []string) error {
	if verify == nil {
		return nil
	}
	refused := []error{}
	for _, image := range slices.Compact(slices.Sorted(slices.Values(images))) {
		if err := verify(ctx, image); err != nil {
			refused = append(refused, err)
		}
	}
	return errors.Join(refused...)
}

// signed refuses images that are not signed, before anything is made of them.
func (s *session) signed(ctx context.Context, images []string) error {
	if s.Rollout.Verify == nil {
		s.say("signatures are not asked for: images.signedBy is empty")
		return nil
	}
	return s.step(ctx, "verify signatures", func(ctx context.Context) error { return Verify(ctx, s.Rollout.Verify, images) })
}

// all are the images of a release.
func (i Images) all() []string {
	all := slices.Collect(maps.Values(i.Functions))
	if i.Migrate != "" {
		all = append(all, i.Migrate)
	}
	return all
}

// coming are the images that changes bring.
func coming(changes []Change) []string {
	images := []string{}
	for _, c := range changes {
		images = append(images, c.ToImage)
	}
	return images
}
