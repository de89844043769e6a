// Package kube is Kubernetes' API as far as programs of an environment need it: pods of its
// namespace, by a REST client and the core types. The typed clients would be 20 MiB of types
// in a process that is always there.
package kube

import (
	"fmt"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
)

// Labels of pods: Knative's for functions, the chart's for all.
const (
	ServiceLabel   = "serving.knative.dev/service"
	ComponentLabel = "app.kubernetes.io/component"
)

// Client asks the core API.
func Client(config *rest.Config) (rest.Interface, error) {
	scheme := runtime.NewScheme()
	if err := corev1.AddToScheme(scheme); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	c := rest.CopyConfig(config)
	c.APIPath, c.GroupVersion = "/api", &corev1.SchemeGroupVersion
	c.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	c.ContentType = runtime.ContentTypeJSON
	core, err := rest.RESTClientFor(c)
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return core, nil
}

// Handler is told of pods: first says whether one was there when following began.
type Handler struct {
	Is   func(p *corev1.Pod, first bool)
	Gone func(p *corev1.Pod)
}

// Follow tells a handler of every pod of a namespace. What it is given runs until its
// context ends; the store has the pods as they are known.
func Follow(core rest.Interface, namespace string, h Handler) (cache.Store, cache.Controller) {
	is := func(o any, first bool) {
		if p, ok := o.(*corev1.Pod); ok {
			h.Is(p, first)
		}
	}
	return cache.NewInformerWithOptions(cache.InformerOptions{
		ListerWatcher: cache.NewListWatchFromClient(core, "pods", namespace, fields.Everything()),
		ObjectType:    &corev1.Pod{},
		Transform: func(o any) (any, error) { // what is not looked at would be most of the memory
			if p, ok := o.(*corev1.Pod); ok {
				p.ManagedFields, p.Annotations, p.Spec.Volumes = nil, nil, nil
			}
			return o, nil
		},
		Handler: cache.ResourceEventHandlerDetailedFuncs{
			AddFunc:    is,
			UpdateFunc: func(_, o any) { is(o, false) },
			DeleteFunc: func(o any) {
				if gone, ok := o.(cache.DeletedFinalStateUnknown); ok {
					o = gone.Obj
				}
				if p, ok := o.(*corev1.Pod); ok {
					h.Gone(p)
				}
			},
		},
	})
}
