package release

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	discovery "k8s.io/api/discovery/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/portforward"
	"k8s.io/client-go/transport/spdy"
)

// edge is the Deployment of the chart that knows where all functions answer.
const edge = "edge"

// Reach finds a way from this process to where all functions of a namespace answer by
// host name, for Rollout.Address. Inside the cluster functions' own names resolve, and the
// address is empty. From outside it is the gateway that the edge uses too: through the API
// server to one of its pods, as kubectl port-forward does, or where its Service says
// that it is, when that selects no pods. The caller ends it with done.
func Reach(ctx context.Context, config *rest.Config, kube kubernetes.Interface, namespace string) (address string, done func(), err error) {
	if _, err := rest.InClusterConfig(); err == nil {
		return "", func() {}, nil
	}
	host, port, err := gateway(ctx, kube, namespace)
	if err != nil {
		return "", nil, err
	}
	name, rest, _ := strings.Cut(host, ".")
	where, _, _ := strings.Cut(rest, ".")
	service, err := kube.CoreV1().Services(where).Get(ctx, name, metav1.GetOptions{})
	if err != nil {
		return "", nil, fmt.Errorf("gateway %s: %w", host, err)
	}
	if len(service.Spec.Selector) == 0 {
		at, err := outside(ctx, kube, service, port)
		if err != nil {
			return "", nil, fmt.Errorf("gateway %s: %w", host, err)
		}
		return "http://" + at, func() {}, nil
	}
	pod, target, err := behind(ctx, kube, service, port)
	if err != nil {
		return "", nil, fmt.Errorf("gateway %s: %w", host, err)
	}
	return forward(ctx, config, kube, pod, target)
}

// prometheus is what the watch of an installation asks.
const prometheus = "PROMETHEUS"

// ReachPrometheus finds a way to the Prometheus of an installation, for Metrics.Address: its
// own through the API server, another one as the installation names it. The address is empty
// where there is none. The caller ends it with done.
func ReachPrometheus(ctx context.Context, config *rest.Config, kube kubernetes.Interface, namespace string) (address string, done func(), err error) {
	watch, err := kube.AppsV1().Deployments(namespace).Get(ctx, "watch", metav1.GetOptions{})
	if apierrors.IsNotFound(err) {
		return "", func() {}, nil
	}
	if err != nil {
		return "", nil, fmt.Errorf("prometheus: %w", err)
	}
	value := ""
	for _, c := range watch.Spec.Template.Spec.Containers {
		for _, v := range c.Env {
			if v.Name == prometheus {
				value = v.Value
			}
		}
	}
	at, err := url.Parse(value)
	if err != nil {
		return "", nil, fmt.Errorf("prometheus %q: %w", value, err)
	}
	if value == "" || strings.Contains(at.Hostname(), ".") {
		return strings.TrimSuffix(value, "/"), func() {}, nil
	}
	service, err := kube.CoreV1().Services(namespace).Get(ctx, at.Hostname(), metav1.GetOptions{})
	if err != nil {
		return "", nil, fmt.Errorf("prometheus: %w", err)
	}
	port, err := strconv.ParseInt(cmp.Or(at.Port(), "80"), 10, 32)
	if err != nil {
		return "", nil, fmt.Errorf("prometheus %q: %w", value, err)
	}
	pod, target, err := behind(ctx, kube, service, int32(port))
	if err != nil {
		return "", nil, fmt.Errorf("prometheus: %w", err)
	}
	return forward(ctx, config, kube, pod, target)
}

// edgeHealth is the port of an edge that visitors do not reach.
const edgeHealth = 8081

// AskEdge is for Rollout.Edge: it asks a pod of a namespace through the API server.
func AskEdge(config *rest.Config, kube kubernetes.Interface, namespace string) func(context.Context, string) (string, error) {
	return func(ctx context.Context, pod string) (string, error) {
		at, done, err := forward(ctx, config, kube, &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Namespace: namespace, Name: pod}}, edgeHealth)
		if err != nil {
			return "", err
		}
		defer done()
		return routesAt(ctx, at)
	}
}

// routesAt is what an edge says at an address.
func routesAt(ctx context.Context, address string) (string, error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address+"/routes", http.NoBody)
	if err != nil {
		return "", fmt.Errorf("edge: %w", err)
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return "", fmt.Errorf("edge: %w", err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1024))
	if err == nil && answer.StatusCode != http.StatusOK {
		err = errors.New(answer.Status)
	}
	if err != nil {
		return "", fmt.Errorf("edge: %w", err)
	}
	return strings.TrimSpace(string(body)), nil
}

// Client is for Rollout.Client: a redirect is an answer of its own.
func Client() *http.Client {
	return &http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// gateway is what the edge was told: host and port.
func gateway(ctx context.Context, kube kubernetes.Interface, namespace string) (string, int32, error) {
	deployment, err := kube.AppsV1().Deployments(namespace).Get(ctx, edge, metav1.GetOptions{})
	if err != nil {
		return "", 0, fmt.Errorf("where functions answer is asked of the edge: %w", err)
	}
	for _, c := range deployment.Spec.Template.Spec.Containers {
		for _, v := range c.Env {
			if v.Name != "FUNCTIONS_ADDRESS" {
				continue
			}
			host, text, err := net.SplitHostPort(v.Value)
			if err != nil {
				return "", 0, fmt.Errorf("the edge's gateway %q: %w", v.Value, err)
			}
			port, err := strconv.ParseInt(text, 10, 32)
			if err != nil {
				return "", 0, fmt.Errorf("the edge's gateway %q: %w", v.Value, err)
			}
			return host, int32(port), nil
		}
	}
	return "", 0, errors.New("the edge was not told where functions answer")
}

// outside is the address of a Service that selects no pods: its own, or that of its first
// endpoint.
func outside(ctx context.Context, kube kubernetes.Interface, service *corev1.Service, port int32) (string, error) {
	if ip := service.Spec.ClusterIP; ip != "" && ip != corev1.ClusterIPNone {
		return net.JoinHostPort(ip, strconv.Itoa(int(port))), nil
	}
	list, err := kube.DiscoveryV1().EndpointSlices(service.Namespace).List(ctx, metav1.ListOptions{LabelSelector: discovery.LabelServiceName + "=" + service.Name})
	if err != nil {
		return "", err
	}
	for _, slice := range list.Items {
		for _, p := range slice.Ports {
			if p.Port != nil && len(slice.Endpoints) > 0 && len(slice.Endpoints[0].Addresses) > 0 {
				return net.JoinHostPort(slice.Endpoints[0].Addresses[0], strconv.Itoa(int(*p.Port))), nil
			}
		}
	}
	return "", errors.New("it has neither pods, nor an address, nor endpoints")
}

// behind is a running pod of a Service and the number of the port that it listens at.
func behind(ctx context.Context, kube kubernetes.Interface, service *corev1.Service, port int32) (*corev1.Pod, int32, error) {
	list, err := kube.CoreV1().Pods(service.Namespace).List(ctx, metav1.ListOptions{LabelSelector: labels.SelectorFromSet(service.Spec.Selector).String()})
	if err != nil {
		return nil, 0, err
	}
	for _, p := range service.Spec.Ports {
		if p.Port != port {
			continue
		}
		for _, pod := range list.Items {
			if pod.Status.Phase != corev1.PodRunning || pod.DeletionTimestamp != nil {
				continue
			}
			if p.TargetPort.Type == intstr.Int && p.TargetPort.IntVal != 0 {
				return &pod, p.TargetPort.IntVal, nil
			}
			for _, c := range pod.Spec.Containers {
				for _, named := range c.Ports {
					if named.Name == p.TargetPort.StrVal {
						return &pod, named.ContainerPort, nil
					}
				}
			}
			return &pod, port, nil
		}
		return nil, 0, errors.New("none of its pods runs")
	}
	return nil, 0, fmt.Errorf("it has no port %d", port)
}

// Forward carries connections from this machine through the API server to a pod of a Service,
// as kubectl port-forward does. The caller ends it with done.
func Forward(ctx context.Context, config *rest.Config, kube kubernetes.Interface, namespace, service string, port int32) (address string, done func(), err error) {
	there, err := kube.CoreV1().Services(namespace).Get(ctx, service, metav1.GetOptions{})
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", service, err)
	}
	pod, target, err := behind(ctx, kube, there, port)
	if err != nil {
		return "", nil, fmt.Errorf("%s: %w", service, err)
	}
	return forward(ctx, config, kube, pod, target)
}

// forward listens on this machine and carries connections through the API server to a pod.
func forward(ctx context.Context, config *rest.Config, kube kubernetes.Interface, pod *corev1.Pod, port int32) (string, func(), error) {
	transport, upgrader, err := spdy.RoundTripperFor(config)
	if err != nil {
		return "", nil, fmt.Errorf("forward: %w", err)
	}
	to := kube.CoreV1().RESTClient().Post().Resource("pods").Namespace(pod.Namespace).Name(pod.Name).SubResource("portforward").URL()
	stop, ready := make(chan struct{}), make(chan struct{})
	f, err := portforward.NewOnAddresses(spdy.NewDialer(upgrader, &http.Client{Transport: transport}, http.MethodPost, to), []string{"127.0.0.1"},
		[]string{fmt.Sprintf("0:%d", port)}, stop, ready, io.Discard, io.Discard)
	if err != nil {
		return "", nil, fmt.Errorf("forward: %w", err)
	}
	failed := make(chan error, 1)
	go func() { failed <- f.ForwardPorts() }()
	select {
	case <-ready:
	case err := <-failed:
		return "", nil, fmt.Errorf("forward to %s in %s: %w", pod.Name, pod.Namespace, err)
	case <-ctx.Done():
		close(stop)
		return "", nil, fmt.Errorf("forward: %w", ctx.Err())
	case <-time.After(30 * time.Second):
		close(stop)
		return "", nil, fmt.Errorf("forward to %s in %s: no connection in 30 s", pod.Name, pod.Namespace)
	}
	ports, err := f.GetPorts()
	if err != nil {
		close(stop)
		return "", nil, fmt.Errorf("forward: %w", err)
	}
	return fmt.Sprintf("http://127.0.0.1:%d", ports[0].Local), func() { close(stop) }, nil
}
