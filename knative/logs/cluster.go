package main

import (
	"context"
	"fmt"
	"io"
	"net"
	"time"

	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/knative/kube"
	"github.com/madang-council/madang/shared/operation/logs"
)

// cluster is Kubernetes' API as far as logs need it.
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

// received is how much of a log the kernel holds that was not read yet, in bytes.
const received = 64 << 10

// newCluster speaks HTTP/1.1: each log is then a connection of its own that waits while it is
// not read, where HTTP/2 takes in 4 MiB of each.
func newCluster(config *rest.Config, namespace string) (*cluster, error) {
	c := rest.CopyConfig(config)
	c.QPS, c.Burst = 50, 200
	c.NextProtos = []string{"http/1.1"}
	dialer := net.Dialer{Timeout: 10 * time.Second}
	c.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dialer.DialContext(ctx, network, address)
		if tcp, is := connection.(*net.TCPConn); is {
			_ = tcp.SetReadBuffer(received) // only makes it smaller
		}
		return connection, err
	}
	core, err := kube.Client(c)
	if err != nil {
		return nil, err
	}
	return &cluster{core: core, namespace: namespace}, nil
}

// which log of a container.
type which struct {
	follow   bool // until the container ends
	previous bool // of the one before the last restart
}

// log opens a container's log, with times, from the second of a place on: Kubernetes knows no
// smaller step.
func (c *cluster) log(ctx context.Context, pod, container string, from logs.Place, w which) (io.ReadCloser, error) {
	r := c.core.Get().Namespace(c.namespace).Resource("pods").Name(pod).SubResource("log").Param("container", container).Param("timestamps", "true")
	if w.follow {
		r = r.Param("follow", "true")
	}
	if w.previous {
		r = r.Param("previous", "true")
	}
	if !from.At.IsZero() {
		r = r.Param("sinceTime", from.At.UTC().Truncate(time.Second).Format(time.RFC3339))
	}
	stream, err := r.Stream(ctx)
	if err != nil {
		return nil, fmt.Errorf("log of %s in %s: %w", container, pod, err)
	}
	return stream, nil
}
