package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"slices"
	"strconv"

	corev1 "k8s.io/api/core/v1"

	"github.com/madang-council/madang/knative/kube"
)

// podList is the informer's copy of all pods.
type podList interface{ List() []any }

// target is what Prometheus' HTTP discovery reads: addresses and their labels.
type target struct {
	Targets []string          `json:"targets"`
	Labels  map[string]string `json:"labels"`
}

// Names of ports: the edge's for health, queue-proxy's for metrics (knative.dev/serving's
// v1.UserQueueMetricsPortName), and the one of Knative's own programs.
const (
	edgePort    = "health"
	queuePort   = "http-usermetric"
	knativePort = "metrics"
)

// writeTargets says whom Prometheus asks for a job. Prometheus would find pods by itself,
// with rights of its own and a copy of all pods in its memory; Debian's cannot.
func (w *watch) writeTargets(rw http.ResponseWriter, r *http.Request) {
	list, err := w.targets(r.Context(), r.PathValue("job"))
	if err != nil {
		http.Error(rw, err.Error(), http.StatusServiceUnavailable) // Prometheus goes on with what it knew
		return
	}
	slices.SortFunc(list, func(a, b target) int { return cmp.Compare(a.Targets[0], b.Targets[0]) })
	rw.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(rw).Encode(list)
}

func (w *watch) targets(ctx context.Context, job string) ([]target, error) {
	switch job {
	case "edge":
		return atPorts(w.known(), edgePort, func(p *corev1.Pod) bool { return p.Labels[kube.ComponentLabel] == "edge" }), nil
	case "queue-proxy":
		return atPorts(w.known(), queuePort, func(p *corev1.Pod) bool { return p.Labels[kube.ServiceLabel] != "" }), nil
	case "knative":
		if !w.plan.Knative {
			return []target{}, nil
		}
		pods, err := w.api.podsOf(ctx, "knative-serving")
		return atPorts(pods, knativePort, func(p *corev1.Pod) bool { return p.Labels["app"] == "activator" || p.Labels["app"] == "autoscaler" }), err
	case "nodes":
		if w.plan.NodesBy == "" {
			return []target{}, nil
		}
		nodes, err := w.api.nodes(ctx)
		return kubelets(nodes, w.plan.NodesBy == "apiserver"), err
	}
	return nil, fmt.Errorf("no job %q", job)
}

func (w *watch) known() []*corev1.Pod {
	w.mu.Lock()
	defer w.mu.Unlock()
	list := []*corev1.Pod{}
	if w.pods == nil {
		return list
	}
	for _, o := range w.pods.List() {
		if p, ok := o.(*corev1.Pod); ok {
			list = append(list, p)
		}
	}
	return list
}

// atPorts are the running pods that have a port of a name.
func atPorts(pods []*corev1.Pod, port string, wanted func(*corev1.Pod) bool) []target {
	list := []target{}
	for _, p := range pods {
		if p.Status.Phase != corev1.PodRunning || p.Status.PodIP == "" || !wanted(p) {
			continue
		}
		for _, c := range p.Spec.Containers {
			for _, n := range c.Ports {
				if n.Name == port {
					labels := map[string]string{"pod": p.Name}
					if f := p.Labels[kube.ServiceLabel]; f != "" {
						labels["function"] = f
					} else if app := p.Labels["app"]; app != "" {
						labels["part"] = app
					}
					list = append(list, target{[]string{net.JoinHostPort(p.Status.PodIP, strconv.Itoa(int(n.ContainerPort)))}, labels})
				}
			}
		}
	}
	return list
}

func (c *cluster) podsOf(ctx context.Context, namespace string) ([]*corev1.Pod, error) {
	var found corev1.PodList
	if err := c.core.Get().Namespace(namespace).Resource("pods").Do(ctx).Into(&found); err != nil {
		return nil, fmt.Errorf("pods of %s: %w", namespace, err)
	}
	list := []*corev1.Pod{}
	for i := range found.Items {
		list = append(list, &found.Items[i])
	}
	return list, nil
}

func (c *cluster) nodes(ctx context.Context) ([]corev1.Node, error) {
	var found corev1.NodeList
	if err := c.core.Get().Resource("nodes").Do(ctx).Into(&found); err != nil {
		return nil, fmt.Errorf("nodes: %w", err)
	}
	return found.Items, nil
}

// kubelets are asked themselves, or through the API server.
func kubelets(nodes []corev1.Node, throughAPI bool) []target {
	list := []target{}
	for _, n := range nodes {
		labels := map[string]string{"node": n.Name, "__metrics_path__": "/metrics/resource", "instance": n.Name}
		if throughAPI {
			labels["__metrics_path__"] = "/api/v1/nodes/" + n.Name + "/proxy/metrics/resource"
			list = append(list, target{[]string{"kubernetes.default.svc:443"}, labels})
			continue
		}
		for _, a := range n.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				list = append(list, target{[]string{net.JoinHostPort(a.Address, strconv.Itoa(int(n.Status.DaemonEndpoints.KubeletEndpoint.Port)))}, labels})
				break
			}
		}
	}
	return list
}
