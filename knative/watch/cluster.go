package main

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/knative/kube"
	"github.com/madang-council/madang/shared/operation/bill"
)

// cluster is Kubernetes' API as far as the watch needs it: pods, and Knative's Services
// by their conditions alone.
type cluster struct {
	core      rest.Interface
	namespace string
}

func openCluster(namespace string) (*cluster, error) {
	config, err := rest.InClusterConfig()
	if err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return newCluster(config, namespace)
}

func newCluster(config *rest.Config, namespace string) (*cluster, error) {
	core, err := kube.Client(config)
	if err != nil {
		return nil, err
	}
	return &cluster{core: core, namespace: namespace}, nil
}

// followPods tells the tally about every function's pod until ctx ends.
func (w *watch) followPods(ctx context.Context) {
	store, controller := kube.Follow(w.api.core, w.api.namespace, kube.Handler{
		Is:   func(p *corev1.Pod, first bool) { w.pod(p, !first) },
		Gone: w.podGone,
	})
	w.mu.Lock()
	w.pods = store
	w.mu.Unlock()
	controller.RunWithContext(ctx)
}

// pod takes a pod as it is now. One that has ended costs nothing any more, even while its
// object is still there.
func (w *watch) pod(p *corev1.Pod, start bool) {
	if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
		w.podGone(p)
		return
	}
	w.countRestarts(p)
	function := p.Labels[kube.ServiceLabel]
	if function == "" {
		return
	}
	name := string(p.UID)
	cpus, mib := requested(p)
	w.tally.Began(name, function, w.plan.Price.Pod(cpus, mib), w.now(), start)
	for _, c := range p.Status.Conditions {
		if c.Type == corev1.PodReady && c.Status == corev1.ConditionTrue {
			w.tally.Ready(name, w.now())
		}
	}
}

func (w *watch) podGone(p *corev1.Pod) {
	w.tally.Ended(string(p.UID), w.now())
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.restarts, p.Name)
}

// requested is what a pod takes from its node.
func requested(p *corev1.Pod) (cpus, mib float64) {
	for _, c := range p.Spec.Containers {
		cpus += c.Resources.Requests.Cpu().AsApproximateFloat64()
		mib += c.Resources.Requests.Memory().AsApproximateFloat64() / (1 << 20)
	}
	return cpus, mib
}

// alwaysOn is the price of an hour of what is there whether anybody visits or not, by what its pods ask for: all pods of
// the namespace but functions' and those that end by themselves.
func (w *watch) alwaysOn() float64 {
	won := 0.0
	for _, p := range w.known() {
		own := metav1.GetControllerOf(p)
		if p.Labels[kube.ServiceLabel] != "" || p.Status.Phase != corev1.PodRunning || own != nil && own.Kind == "Job" {
			continue
		}
		won += w.plan.Price.Pod(requested(p))
	}
	return math.Round(won*1e4) / 1e4 // pods come in any order, and so do the last digits of their sum
}

// what names a pod's part of the product: its function, or what is always on.
func what(p *corev1.Pod) string {
	if function := p.Labels[kube.ServiceLabel]; function != "" {
		return function
	}
	return p.Labels[kube.ComponentLabel]
}

// countRestarts counts those of containers by what they are part of: pods come and go,
// and a count by pod would be gone with it.
func (w *watch) countRestarts(p *corev1.Pod) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.restarts[p.Name] == nil {
		w.restarts[p.Name] = map[string]int{}
	}
	part := what(p)
	if _, known := w.restarted[part]; !known {
		w.restarted[part] = 0
	}
	for _, c := range p.Status.ContainerStatuses {
		was, seen := w.restarts[p.Name][c.Name]
		now := int(c.RestartCount)
		if seen && now > was {
			w.restarted[part] += now - was
		}
		w.restarts[p.Name][c.Name] = now
	}
}

// services are Knative's Services by their conditions.
type services struct {
	Items []struct {
		Metadata struct {
			Name       string `json:"name"`
			Generation int64  `json:"generation"`
		} `json:"metadata"`
		Status struct {
			Observed   int64  `json:"observedGeneration"`
			Created    string `json:"latestCreatedRevisionName"`
			Ready      string `json:"latestReadyRevisionName"`
			Conditions []struct {
				Type    string `json:"type"`
				Status  string `json:"status"`
				Reason  string `json:"reason"`
				Message string `json:"message"`
			} `json:"conditions"`
		} `json:"status"`
	} `json:"items"`
}

// functions asks how each function's release is.
func (c *cluster) functions(ctx context.Context) ([]bill.FunctionHealth, error) {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	raw, err := c.core.Get().AbsPath("/apis/serving.knative.dev/v1/namespaces/" + c.namespace + "/services").DoRaw(ctx)
	if err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	var all services
	if err := json.Unmarshal(raw, &all); err != nil {
		return nil, fmt.Errorf("services: %w", err)
	}
	list := []bill.FunctionHealth{}
	for _, s := range all.Items {
		f := bill.FunctionHealth{Name: s.Metadata.Name}
		for _, c := range s.Status.Conditions {
			if c.Type != "Ready" {
				continue
			}
			f.Ready = c.Status == "True" && s.Status.Observed == s.Metadata.Generation && s.Status.Created == s.Status.Ready
			if !f.Ready {
				f.Reason = firstOf(c.Reason, c.Message, "the newest Revision is not ready")
			}
		}
		list = append(list, f)
	}
	return list, nil
}

func firstOf(texts ...string) string {
	for _, t := range texts {
		if t != "" {
			return t
		}
	}
	return ""
}
