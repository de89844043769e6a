package release

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"time"

	"golang.org/x/sync/errgroup"
	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/util/retry"
)

// Which function answers at which path is the edges'. The chart writes the routes that come
// into the ConfigMap "edge" and never those that serve; the release keeps these in a
// ConfigMap of its own, beside those before them, and every edge reads that one while it
// runs (knative/chart/files/edge/edge.lua).
const (
	comingRoutes  = "edge"
	servingRoutes = "edge-routes"
	routesKey     = "routes.json"
	beforeKey     = "before.json"
	// routesAnnotation is of the edges' pods: kubelet looks at a pod's ConfigMaps when the pod
	// changes, and else once in a minute or two.
	routesAnnotation = "madang.kr/routes"
)

// EdgeSelector finds the edges' pods by the chart's labels.
const EdgeSelector = "app.kubernetes.io/name=edge,app.kubernetes.io/component=edge"

// Routes are checksums of the edges' routes before and after a release.
type Routes struct {
	From string `json:"from"`
	To   string `json:"to"`
}

// checksum is CRC-32 in hexadecimal, as an edge says it at /routes.
func checksum(routes string) string { return fmt.Sprintf("%08x", crc32.ChecksumIEEE([]byte(routes))) }

// pinRoutes keeps the routes that serve, so that no upgrade of the chart moves them. Where
// there is no edge there is nothing to keep.
func (s *session) pinRoutes(ctx context.Context) error {
	configs := s.Kube.CoreV1().ConfigMaps(s.Namespace)
	_, err := configs.Get(ctx, servingRoutes, metav1.GetOptions{})
	if !apierrors.IsNotFound(err) {
		return wrapped("routes", err)
	}
	coming, err := configs.Get(ctx, comingRoutes, metav1.GetOptions{})
	if apierrors.IsNotFound(err) || err == nil && coming.Data[routesKey] == "" {
		return nil
	}
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	_, err = configs.Create(ctx, &corev1.ConfigMap{
		ObjectMeta: metav1.ObjectMeta{Name: servingRoutes, Namespace: s.Namespace},
		Data:       map[string]string{routesKey: coming.Data[routesKey]},
	}, metav1.CreateOptions{FieldManager: FieldManager})
	return wrapped("routes", err)
}

// otherRoutes says how the routes that come differ from those that serve; nil: not at all.
func (s *session) otherRoutes(ctx context.Context) (*Routes, error) {
	configs := s.Kube.CoreV1().ConfigMaps(s.Namespace)
	serving, err := configs.Get(ctx, servingRoutes, metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return nil, nil //nolint:nilnil // there is no edge
	}
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	coming, err := configs.Get(ctx, comingRoutes, metav1.GetOptions{})
	if err != nil {
		return nil, fmt.Errorf("routes: %w", err)
	}
	found := Routes{From: checksum(serving.Data[routesKey]), To: checksum(coming.Data[routesKey])}
	if coming.Data[routesKey] == "" || found.From == found.To {
		return nil, nil //nolint:nilnil // nothing changes
	}
	return &found, nil
}

// routesToGreen has the edges go by the routes that came, and waits until all do.
func (s *session) routesToGreen(ctx context.Context) error {
	to := s.record.Routes
	if to == nil {
		return nil
	}
	coming, err := s.Kube.CoreV1().ConfigMaps(s.Namespace).Get(ctx, comingRoutes, metav1.GetOptions{})
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	next := coming.Data[routesKey]
	if checksum(next) != to.To {
		return errors.New("routes: the chart was upgraded meanwhile; deploy again")
	}
	return errors.Join(s.moveRoutes(ctx, to.To, func(data map[string]string) error {
		switch checksum(data[routesKey]) {
		case to.To:
		case to.From:
			data[beforeKey], data[routesKey] = data[routesKey], next
		default:
			return errors.New("somebody else changed them")
		}
		return nil
	}), s.followed(ctx, to.To))
}

// routesBack has the edges go by the routes before the release again. Whatever they go by
// now, and however often it is asked, it ends the same way.
func (s *session) routesBack(ctx context.Context) error {
	from := s.record.Routes
	if from == nil {
		return nil
	}
	return s.moveRoutes(ctx, from.From, func(data map[string]string) error {
		switch {
		case checksum(data[routesKey]) == from.From: // it never came to the switch
		case checksum(data[beforeKey]) == from.From:
			data[routesKey] = data[beforeKey]
		default:
			return errors.New("those before the release are not kept any more")
		}
		return nil
	})
}

// moveRoutes changes what serves, and has the edges look.
func (s *session) moveRoutes(ctx context.Context, to string, change func(map[string]string) error) error {
	configs := s.Kube.CoreV1().ConfigMaps(s.Namespace)
	err := retry.RetryOnConflict(retry.DefaultRetry, func() error {
		serving, err := configs.Get(ctx, servingRoutes, metav1.GetOptions{})
		if err != nil {
			return err
		}
		before := serving.Data[routesKey]
		if err := change(serving.Data); err != nil || serving.Data[routesKey] == before {
			return err
		}
		_, err = configs.Update(ctx, serving, metav1.UpdateOptions{FieldManager: FieldManager})
		return err
	})
	if err != nil {
		return fmt.Errorf("routes: %w", err)
	}
	pods, err := s.edges(ctx)
	if err != nil {
		return err
	}
	patch := fmt.Sprintf(`{"metadata":{"annotations":{%q:%q}}}`, routesAnnotation, to)
	var all errgroup.Group
	for _, pod := range pods {
		all.Go(func() error {
			if _, err := s.Kube.CoreV1().Pods(s.Namespace).Patch(ctx, pod, types.MergePatchType, []byte(patch), metav1.PatchOptions{FieldManager: FieldManager}); err != nil && !apierrors.IsNotFound(err) {
				s.say("%s looks by itself: %v", pod, err)
			}
			return nil
		})
	}
	return all.Wait()
}

// edges are the pods of the edge that are there to stay.
func (s *session) edges(ctx context.Context) ([]string, error) {
	list, err := s.Kube.CoreV1().Pods(s.Namespace).List(ctx, metav1.ListOptions{LabelSelector: EdgeSelector})
	if err != nil {
		return nil, fmt.Errorf("edges: %w", err)
	}
	names := []string{}
	for _, p := range list.Items {
		if p.Status.Phase == corev1.PodRunning && p.DeletionTimestamp == nil {
			names = append(names, p.Name)
		}
	}
	return names, nil
}

// followed waits until every edge says that it goes by these routes.
func (s *session) followed(ctx context.Context, routes string) error {
	if s.Edge == nil {
		return nil
	}
	return s.until(ctx, 200*time.Millisecond, func() (string, error) {
		pods, err := s.edges(ctx)
		if err != nil {
			return "", err
		}
		for _, pod := range pods {
			switch said, err := s.Edge(ctx, pod); {
			case err != nil:
				return fmt.Sprintf("edge %s does not say by which routes it goes: %v", pod, err), nil
			case said != routes:
				return fmt.Sprintf("edge %s goes by the routes %s, not by %s", pod, said, routes), nil
			}
		}
		return "", nil
	})
}

// wrapped says what an error is about, where there is one.
func wrapped(what string, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}
