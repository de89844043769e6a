package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"slices"
	"strings"
	"time"

	corev1 "k8s.io/api/core/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

// cloud is the API of the provider below the cluster, OpenStack's as NHN Cloud has it
// (Network: Load Balancer, Floating IP; Block Storage). Kubernetes forgets what it asked for
// there; this does not.
type cloud struct {
	token, network, volume string
	client                 *http.Client
}

// Where the cloud is, and how it is asked.
const (
	cloudToken   = "OS_TOKEN"            // X-Auth-Token of the project
	cloudNetwork = "OS_NETWORK_ENDPOINT" // https://kr1-api-network-infrastructure.nhncloudservice.com
	cloudVolume  = "OS_VOLUME_ENDPOINT"  // https://kr1-api-block-storage-infrastructure.nhncloudservice.com/v2/<tenant>
)

// openCloud is nil where no token is given: the cloud is then not asked.
func openCloud() (*cloud, error) {
	c := &cloud{
		token: os.Getenv(cloudToken), network: strings.TrimSuffix(os.Getenv(cloudNetwork), "/"), volume: strings.TrimSuffix(os.Getenv(cloudVolume), "/"),
		client: &http.Client{Timeout: 30 * time.Second},
	}
	if c.token == "" {
		return nil, nil //nolint:nilnil // it is said where it matters
	}
	if c.network == "" || c.volume == "" {
		return nil, fmt.Errorf("%s is set: so must be %s and %s", cloudToken, cloudNetwork, cloudVolume)
	}
	return c, nil
}

// holdings are what an environment has of the cloud, as its cluster knew while it was there.
type holdings struct {
	volumes   []string // the cloud's ids
	addresses []string // that its load balancers were given, without those that were asked for by number
}

// holdings are asked before anything is removed. A volume of which nothing is there but its
// PersistentVolume counts as well.
func (c *cluster) holdings(ctx context.Context, namespace string) (h holdings, err error) {
	volumes, err := c.volumesOf(ctx, namespace)
	if err != nil {
		return h, err
	}
	for _, v := range volumes {
		if v.Spec.CSI != nil {
			h.volumes = append(h.volumes, v.Spec.CSI.VolumeHandle)
		}
	}
	services, err := c.kube.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{})
	if err != nil {
		return h, fmt.Errorf("services: %w", err)
	}
	for _, s := range services.Items {
		for _, at := range s.Status.LoadBalancer.Ingress {
			if at.IP != "" && at.IP != s.Spec.LoadBalancerIP { // the operator's own stays
				h.addresses = append(h.addresses, at.IP)
			}
		}
	}
	return h, nil
}

func (c *cluster) volumesOf(ctx context.Context, namespace string) ([]corev1.PersistentVolume, error) {
	all, err := c.kube.CoreV1().PersistentVolumes().List(ctx, metav1.ListOptions{})
	if err != nil {
		return nil, fmt.Errorf("volumes: %w", err)
	}
	return slices.DeleteFunc(all.Items, func(v corev1.PersistentVolume) bool {
		return v.Spec.ClaimRef == nil || v.Spec.ClaimRef.Namespace != namespace
	}), nil
}

// notRetained has the volumes of an environment go with their claims, whatever their class
// says: it is the class that outlives a council's mistakes, and an environment is none. Those
// that nobody provisioned are removed by their names. It says which.
func (c *cluster) notRetained(ctx context.Context, namespace string) (names []string, err error) {
	volumes, err := c.volumesOf(ctx, namespace)
	if err != nil {
		return nil, err
	}
	for _, v := range volumes {
		if v.Spec.PersistentVolumeReclaimPolicy != corev1.PersistentVolumeReclaimRetain {
			continue
		}
		names = append(names, v.Name)
		if v.Annotations["pv.kubernetes.io/provisioned-by"] == "" {
			err = c.kube.CoreV1().PersistentVolumes().Delete(ctx, v.Name, metav1.DeleteOptions{})
		} else {
			_, err = c.kube.CoreV1().PersistentVolumes().Patch(ctx, v.Name, types.MergePatchType, []byte(`{"spec":{"persistentVolumeReclaimPolicy":"Delete"}}`), metav1.PatchOptions{})
		}
		if err != nil && !apierrors.IsNotFound(err) {
			return names, fmt.Errorf("volume %s: %w", v.Name, err)
		}
	}
	return names, nil
}

// things are what the cloud has of three kinds.
var things = []struct{ what, list string }{
	{"load balancer", "loadbalancers"}, {"floating address", "floatingips"}, {"volume", "volumes"},
}

// left are the cloud's things that an environment had, or that name it.
func (c *cloud) left(ctx context.Context, namespace string, h holdings) ([]string, error) {
	if c == nil {
		return nil, nil
	}
	left := []string{}
	for _, kind := range things {
		path := c.network + "/v2.0/" + kind.list
		switch kind.list {
		case "loadbalancers":
			path = c.network + "/v2.0/lbaas/" + kind.list
		case "volumes":
			path = c.volume + "/volumes/detail"
		}
		all, err := c.list(ctx, path, kind.list)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", kind.list, err)
		}
		for _, one := range all {
			id, _ := one["id"].(string)
			address, _ := one["floating_ip_address"].(string)
			if slices.Contains(h.volumes, id) || address != "" && slices.Contains(h.addresses, address) || named(one, namespace) {
				name, _ := one["name"].(string)
				left = append(left, strings.Join(strings.Fields(fmt.Sprintf("%s %s %s %s of the cloud", kind.what, id, name, address)), " "))
			}
		}
	}
	return left, nil
}

// named says whether a thing of the cloud names an environment: Kubernetes' controllers write
// kube_service_<cluster>_<namespace>_<service>, sentences, and a volume's claim.
func named(v any, namespace string) bool {
	switch v := v.(type) {
	case string:
		return slices.Contains(strings.FieldsFunc(v, func(r rune) bool { return strings.ContainsRune("_/.:,\"'@ \n", r) }), namespace)
	case []any:
		return slices.ContainsFunc(v, func(e any) bool { return named(e, namespace) })
	case map[string]any:
		for _, e := range v {
			if named(e, namespace) {
				return true
			}
		}
	}
	return false
}

// list reads a list to its last page. Whatever is no list, a refusal above all, is an error:
// it says nothing about what there is.
func (c *cloud) list(ctx context.Context, address, name string) ([]map[string]any, error) {
	found := []map[string]any{}
	for range 1000 { // pages
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, address, http.NoBody)
		if err != nil {
			return nil, fmt.Errorf("cloud: %w", err)
		}
		r.Header.Set("X-Auth-Token", c.token)
		answer, err := c.client.Do(r)
		if err != nil {
			return nil, fmt.Errorf("cloud: %w", err)
		}
		body, err := io.ReadAll(io.LimitReader(answer.Body, 64<<20))
		_ = answer.Body.Close()
		if err == nil && answer.StatusCode != http.StatusOK {
			err = errors.New(answer.Status)
		}
		if err != nil {
			return nil, fmt.Errorf("cloud: %w", err)
		}
		page := map[string]json.RawMessage{}
		if err := json.Unmarshal(body, &page); err != nil {
			return nil, fmt.Errorf("cloud: %w", err)
		}
		if page[name] == nil {
			return nil, fmt.Errorf("cloud: no %s in the answer", name)
		}
		var some []map[string]any
		var links []struct{ Rel, Href string }
		if err := json.Unmarshal(page[name], &some); err != nil {
			return nil, fmt.Errorf("cloud: %w", err)
		}
		if more := page[name+"_links"]; more != nil {
			if err := json.Unmarshal(more, &links); err != nil {
				return nil, fmt.Errorf("cloud: %w", err)
			}
		}
		found = append(found, some...)
		address = ""
		for _, l := range links {
			if l.Rel == "next" {
				address = l.Href
			}
		}
		if address == "" {
			return found, nil
		}
	}
	return nil, errors.New("cloud: the list does not end")
}
