package preflight

import (
	"cmp"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"

	"helm.sh/helm/v3/pkg/chart"
	"helm.sh/helm/v3/pkg/chartutil"
	"helm.sh/helm/v3/pkg/engine"
	appsv1 "k8s.io/api/apps/v1"
	batchv1 "k8s.io/api/batch/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"
)

// Plan is what is going to be installed.
type Plan struct {
	Namespace   string
	Site        string   // host name of site.url
	Groups      []string // of the API, that the chart's objects belong to and Kubernetes has not by itself
	Class       string   // StorageClass of all claims; "" is the cluster's default
	Claims      []string
	Sizes       map[string]resource.Quantity // of claims that a StatefulSet makes
	Database    string                       // host:port/name; "" where a Secret of the operator's says it
	Gateway     string                       // host:port of Knative's
	Namespaces  []string
	TLS         string // edge.tls.mode
	TLSSecret   string
	ServiceType corev1.ServiceType
	Proxied     bool // edge.proxyProtocol
	PullSecrets []string
	Files       Files
	Images      []string
	Always      []Pods // what is always on
	Functions   []Pods // what is there while it is asked
}

// Files is the object storage, and the origin from which browsers send files to it.
type Files struct {
	Endpoint, Public, Region, Bucket, Origin string
	AccessKey, SecretKey                     string // "" where a Secret of the operator's has them
}

// Pods are alike: how many, and what each asks of its node.
type Pods struct {
	Name    string
	Count   int
	CPU     int64 // millicores
	Memory  int64 // bytes
	OwnNode bool  // no two on one node
}

// values are those of the chart that checks look at.
type values struct {
	Site struct {
		URL string `json:"url"`
	} `json:"site"`
	StorageClass string `json:"storageClass"`
	Knative      struct {
		Gateway    string   `json:"gateway"`
		Namespaces []string `json:"namespaces"`
	} `json:"knative"`
	Edge struct {
		ProxyProtocol bool `json:"proxyProtocol"`
		TLS           struct {
			Mode       string `json:"mode"`
			SecretName string `json:"secretName"`
		} `json:"tls"`
		Service struct {
			Type corev1.ServiceType `json:"type"`
		} `json:"service"`
	} `json:"edge"`
	Images struct {
		PullSecrets []string `json:"pullSecrets"`
	} `json:"images"`
	Storage struct {
		Endpoint       string `json:"endpoint"`
		PublicEndpoint string `json:"publicEndpoint"`
		Region         string `json:"region"`
		Bucket         string `json:"bucket"`
	} `json:"storage"`
	Secrets struct {
		StorageAccessKey string `json:"storageAccessKey"`
		StorageSecretKey string `json:"storageSecretKey"`
	} `json:"secrets"`
}

// NewPlan renders the chart with values, which the chart's schema must accept.
func NewPlan(c *chart.Chart, given map[string]any, namespace string) (Plan, error) {
	all, err := chartutil.ToRenderValues(c, given, chartutil.ReleaseOptions{Name: "madang", Namespace: namespace, IsInstall: true, Revision: 1}, nil)
	if err != nil {
		return Plan{}, fmt.Errorf("values: %w", err)
	}
	out, err := engine.Engine{Strict: true}.Render(c, all)
	if err != nil {
		return Plan{}, fmt.Errorf("chart: %w", err)
	}
	text, err := yaml.Marshal(all["Values"])
	if err != nil {
		return Plan{}, fmt.Errorf("values: %w", err)
	}
	var v values
	if err := yaml.Unmarshal(text, &v); err != nil {
		return Plan{}, fmt.Errorf("values: %w", err)
	}
	host, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(v.Site.URL, "https://"), "http://"), ":")
	p := Plan{
		Namespace: namespace, Site: host, Class: v.StorageClass, Gateway: v.Knative.Gateway, Namespaces: v.Knative.Namespaces,
		Sizes: map[string]resource.Quantity{}, TLS: v.Edge.TLS.Mode, TLSSecret: v.Edge.TLS.SecretName, ServiceType: v.Edge.Service.Type, Proxied: v.Edge.ProxyProtocol, PullSecrets: v.Images.PullSecrets,
		Files: Files{
			Endpoint: v.Storage.Endpoint, Public: cmp.Or(v.Storage.PublicEndpoint, v.Storage.Endpoint), Region: v.Storage.Region, Bucket: v.Storage.Bucket, Origin: v.Site.URL,
			AccessKey: v.Secrets.StorageAccessKey, SecretKey: v.Secrets.StorageSecretKey,
		},
	}
	for _, path := range slices.Sorted(maps.Keys(out)) {
		for _, text := range strings.Split("\n"+out[path], "\n---") {
			if err := p.add(text); err != nil {
				return Plan{}, fmt.Errorf("%s: %w", path, err)
			}
		}
	}
	slices.Sort(p.Images)
	p.Images = slices.Compact(p.Images)
	slices.Sort(p.Groups)
	p.Groups = slices.Compact(p.Groups)
	return p, nil
}

// add counts what an object asks for.
func (p *Plan) add(text string) error {
	var head metav1.TypeMeta
	if err := yaml.Unmarshal([]byte(text), &head); err != nil {
		return err
	}
	if group, _, named := strings.Cut(head.APIVersion, "/"); named && strings.Contains(group, ".") && !strings.HasSuffix(group, ".k8s.io") {
		p.Groups = append(p.Groups, group)
	}
	switch head.APIVersion + " " + head.Kind {
	case "apps/v1 Deployment":
		var d appsv1.Deployment
		if err := yaml.Unmarshal([]byte(text), &d); err != nil {
			return err
		}
		p.always(d.Name, d.Spec.Replicas, d.Spec.Template.Spec)
	case "apps/v1 StatefulSet":
		var s appsv1.StatefulSet
		if err := yaml.Unmarshal([]byte(text), &s); err != nil {
			return err
		}
		p.always(s.Name, s.Spec.Replicas, s.Spec.Template.Spec)
		for _, c := range s.Spec.VolumeClaimTemplates {
			p.Claims = append(p.Claims, c.Name+"-"+s.Name+"-0")
			p.Sizes[c.Name+"-"+s.Name+"-0"] = *c.Spec.Resources.Requests.Storage()
		}
	case "v1 Secret":
		var s corev1.Secret
		if err := yaml.Unmarshal([]byte(text), &s); err != nil {
			return err
		}
		if s.Name == ownSecret {
			p.Database = serverOf(s.StringData[databaseURL])
		}
	case "v1 PersistentVolumeClaim":
		var c corev1.PersistentVolumeClaim
		if err := yaml.Unmarshal([]byte(text), &c); err != nil {
			return err
		}
		p.Claims = append(p.Claims, c.Name)
	case "batch/v1 Job":
		var j struct {
			Spec struct {
				Template corev1.PodTemplateSpec `json:"template"`
			} `json:"spec"`
		}
		if err := yaml.Unmarshal([]byte(text), &j); err != nil {
			return err
		}
		p.look(j.Spec.Template.Spec)
	case "batch/v1 CronJob":
		var j batchv1.CronJob
		if err := yaml.Unmarshal([]byte(text), &j); err != nil {
			return err
		}
		p.look(j.Spec.JobTemplate.Spec.Template.Spec)
	case "postgresql.cnpg.io/v1 Cluster":
		var c struct {
			Metadata metav1.ObjectMeta `json:"metadata"`
			Spec     struct {
				Instances int                         `json:"instances"`
				ImageName string                      `json:"imageName"`
				Resources corev1.ResourceRequirements `json:"resources"`
			} `json:"spec"`
		}
		if err := yaml.Unmarshal([]byte(text), &c); err != nil {
			return err
		}
		p.Always = append(p.Always, Pods{Name: c.Metadata.Name, Count: c.Spec.Instances, CPU: c.Spec.Resources.Requests.Cpu().MilliValue(), Memory: c.Spec.Resources.Requests.Memory().Value(), OwnNode: true})
		p.Images = append(p.Images, c.Spec.ImageName)
		for i := range c.Spec.Instances {
			p.Claims = append(p.Claims, fmt.Sprintf("%s-%d", c.Metadata.Name, i+1))
		}
	case "serving.knative.dev/v1 Service":
		var s servingv1.Service
		if err := yaml.Unmarshal([]byte(text), &s); err != nil {
			return err
		}
		cpu, memory := requests(s.Spec.Template.Spec.PodSpec)
		const proxy = "queue.sidecar.serving.knative.dev/"
		cpu += quantity(s.Spec.Template.Annotations[proxy+"cpu-resource-request"]).MilliValue()
		memory += quantity(s.Spec.Template.Annotations[proxy+"memory-resource-request"]).Value()
		p.Functions = append(p.Functions, Pods{Name: s.Name, Count: 1, CPU: cpu, Memory: memory})
		p.look(s.Spec.Template.Spec.PodSpec)
	}
	return nil
}

func (p *Plan) always(name string, replicas *int32, spec corev1.PodSpec) {
	each := Pods{Name: name, Count: 1}
	if replicas != nil {
		each.Count = int(*replicas)
	}
	each.CPU, each.Memory = requests(spec)
	for _, c := range spec.TopologySpreadConstraints {
		if c.TopologyKey == corev1.LabelHostname && c.WhenUnsatisfiable == corev1.DoNotSchedule && c.MinDomains != nil && each.Count <= int(*c.MinDomains) {
			each.OwnNode = true
		}
	}
	p.Always = append(p.Always, each)
	p.look(spec)
}

func (p *Plan) look(spec corev1.PodSpec) {
	for _, c := range spec.Containers {
		p.Images = append(p.Images, c.Image)
	}
}

// The Secret that the chart makes, and its key for the database's address.
const (
	ownSecret   = "madang"
	databaseURL = "database-url"
)

// serverOf is where an address leads, without the name and the password in it.
func serverOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Host + u.Path
}

// quantity is 0 for what is none.
func quantity(text string) *resource.Quantity {
	q, err := resource.ParseQuantity(text)
	if err != nil {
		return &resource.Quantity{}
	}
	return &q
}

// requests are what Kubernetes reserves for a pod: the sum of its containers and of those
// that stay beside them, or the greatest of those that run before, if that is more.
func requests(spec corev1.PodSpec) (cpu, memory int64) {
	sum := func(kind corev1.ResourceName, value func(resource.Quantity) int64) int64 {
		total, beside, before := int64(0), int64(0), int64(0)
		for _, c := range spec.InitContainers {
			asked := value(c.Resources.Requests[kind])
			if c.RestartPolicy != nil && *c.RestartPolicy == corev1.ContainerRestartPolicyAlways {
				beside += asked
				before = max(before, beside)
				continue
			}
			before = max(before, beside+asked)
		}
		for _, c := range spec.Containers {
			total += value(c.Resources.Requests[kind])
		}
		return max(total+beside, before) + value(spec.Overhead[kind])
	}
	return sum(corev1.ResourceCPU, func(q resource.Quantity) int64 { return q.MilliValue() }),
		sum(corev1.ResourceMemory, func(q resource.Quantity) int64 { return q.Value() })
}
