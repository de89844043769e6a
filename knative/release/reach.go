package release

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"strconv"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
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
// server to one of its pods, as kubectl port-forward does, or at its cluster address where
// its Service selects no pods. The caller ends it with done.
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
		return "http://" + net.JoinHostPort(service.Spec.ClusterIP, strconv.Itoa(int(port))), func() {}, nil
	}
	pod, target, err := behind(ctx, kube, service, port)
	if err != nil {
		return "", nil, fmt.Errorf("gateway %s: %w", host, err)
	}
	return forward(ctx, config, kube, pod, target)
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
