package preflight

import (
	"context"
	"crypto/x509"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/minio/minio-go/v7"
	"github.com/minio/minio-go/v7/pkg/credentials"
	appsv1 "k8s.io/api/apps/v1"
	autoscalingv2 "k8s.io/api/autoscaling/v2"
	corev1 "k8s.io/api/core/v1"
	policyv1 "k8s.io/api/policy/v1"
	storagev1 "k8s.io/api/storage/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
)

// Facts are what a cluster and the registries say.
type Facts struct {
	Now           time.Time
	Denied        map[string]error // what could not be asked, by what it is: "nodes"
	Kubernetes    string           // v1.35.5
	Groups        []string         // of the API
	Namespace     *corev1.Namespace
	Classes       []storagev1.StorageClass
	StatefulSets  []appsv1.StatefulSet // of the installation's namespace
	Secrets       map[string]Secret    // of the plan, by name
	Database      string               // that the installation has: host:port/name
	Deployments   []appsv1.Deployment  // of the platform's namespaces
	Scalers       []autoscalingv2.HorizontalPodAutoscaler
	Budgets       []policyv1.PodDisruptionBudget
	Services      []corev1.Service
	ConfigNetwork map[string]string // knative-serving's
	Agents        []string          // DaemonSets of the whole cluster
	Nodes         []corev1.Node
	Pods          []corev1.Pod
	Platforms     map[string]Image // by image
	Files         *Stored          // nil: not asked
}

// Stored is what the object storage says.
type Stored struct {
	Err       error  // it does not answer
	Refused   string // why it does not take the keys
	Bucket    bool   // is there
	Origin    string // from which browsers may PUT
	OriginErr error
}

// Secret is what a check needs of one.
type Secret struct {
	Type  corev1.SecretType
	Names []string  // of the certificate
	Ends  time.Time // of the certificate
}

// Image is what a registry says of one.
type Image struct {
	Platforms []string // linux/amd64
	Err       error
}

// What Facts.Denied speaks of.
const (
	askedVersion     = "Kubernetes' version"
	askedNamespace   = "the namespace"
	askedClasses     = "storage classes"
	askedSets        = "StatefulSets"
	askedSecrets     = "Secrets"
	askedDeployments = "deployments of the platform"
	askedScalers     = "HorizontalPodAutoscalers"
	askedBudgets     = "PodDisruptionBudgets"
	askedServices    = "Services of the platform"
	askedNetwork     = "ConfigMap config-network"
	askedAgents      = "DaemonSets"
	askedNodes       = "nodes"
	askedPods        = "pods"
)

// Where Knative, its network layer and cert-manager are.
const (
	nsServing     = "knative-serving"
	nsEventing    = "knative-eventing"
	nsCertManager = "cert-manager"
)

// platform are the namespaces of what Madang stands on.
func (p Plan) platform() []string {
	all := []string{nsServing, nsEventing, nsCertManager}
	for _, n := range p.Namespaces {
		if n != nsServing {
			all = append(all, n)
		}
	}
	return all
}

// Gather asks the cluster. Only where outside is true images are asked of their registries, with
// the logins of docker login, and the object storage whether it is as the chart needs it.
func Gather(ctx context.Context, kube kubernetes.Interface, p Plan, outside bool) Facts {
	f := Facts{Now: time.Now(), Denied: map[string]error{}, Secrets: map[string]Secret{}}
	denied := func(what string, err error) bool {
		if err != nil && !apierrors.IsNotFound(err) {
			f.Denied[what] = err
		}
		return err != nil
	}
	if version, err := kube.Discovery().ServerVersion(); !denied(askedVersion, err) {
		f.Kubernetes = version.GitVersion
	}
	if groups, err := kube.Discovery().ServerGroups(); !denied(askedVersion, err) {
		for _, g := range groups.Groups {
			f.Groups = append(f.Groups, g.Name)
		}
	}
	if namespace, err := kube.CoreV1().Namespaces().Get(ctx, p.Namespace, metav1.GetOptions{}); !denied(askedNamespace, err) {
		f.Namespace = namespace
	}
	if list, err := kube.StorageV1().StorageClasses().List(ctx, metav1.ListOptions{}); !denied(askedClasses, err) {
		f.Classes = list.Items
	}
	if list, err := kube.AppsV1().StatefulSets(p.Namespace).List(ctx, metav1.ListOptions{}); !denied(askedSets, err) {
		f.StatefulSets = list.Items
	}
	for _, name := range append([]string{p.TLSSecret}, p.PullSecrets...) {
		if secret, err := kube.CoreV1().Secrets(p.Namespace).Get(ctx, name, metav1.GetOptions{}); !denied(askedSecrets, err) {
			f.Secrets[name] = read(secret)
		}
	}
	if secret, err := kube.CoreV1().Secrets(p.Namespace).Get(ctx, ownSecret, metav1.GetOptions{}); !denied(askedSecrets, err) {
		f.Database = serverOf(string(secret.Data[databaseURL]))
	}
	for _, namespace := range p.platform() {
		if list, err := kube.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{}); !denied(askedDeployments, err) {
			f.Deployments = append(f.Deployments, list.Items...)
		}
		if list, err := kube.AutoscalingV2().HorizontalPodAutoscalers(namespace).List(ctx, metav1.ListOptions{}); !denied(askedScalers, err) {
			f.Scalers = append(f.Scalers, list.Items...)
		}
		if list, err := kube.PolicyV1().PodDisruptionBudgets(namespace).List(ctx, metav1.ListOptions{}); !denied(askedBudgets, err) {
			f.Budgets = append(f.Budgets, list.Items...)
		}
		if list, err := kube.CoreV1().Services(namespace).List(ctx, metav1.ListOptions{}); !denied(askedServices, err) {
			f.Services = append(f.Services, list.Items...)
		}
	}
	if config, err := kube.CoreV1().ConfigMaps(nsServing).Get(ctx, "config-network", metav1.GetOptions{}); !denied(askedNetwork, err) {
		f.ConfigNetwork = config.Data
	}
	if list, err := kube.AppsV1().DaemonSets(metav1.NamespaceAll).List(ctx, metav1.ListOptions{}); !denied(askedAgents, err) {
		for _, d := range list.Items {
			f.Agents = append(f.Agents, d.Name)
		}
	}
	if list, err := kube.CoreV1().Nodes().List(ctx, metav1.ListOptions{}); !denied(askedNodes, err) {
		f.Nodes = list.Items
	}
	if list, err := kube.CoreV1().Pods(metav1.NamespaceAll).List(ctx, metav1.ListOptions{}); !denied(askedPods, err) {
		f.Pods = list.Items
	}
	if outside {
		f.Platforms, f.Files = platforms(ctx, p.Images), stored(ctx, p.Files)
	}
	return f
}

// stored asks the object storage for the bucket with the chart's keys, and as a browser would ask
// before it sends a file.
func stored(ctx context.Context, at Files) *Stored {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	said := &Stored{}
	u, err := url.Parse(at.Endpoint)
	if err != nil {
		said.Err = err
		return said
	}
	if at.AccessKey != "" {
		client, err := minio.New(u.Host, &minio.Options{
			Creds: credentials.NewStaticV4(at.AccessKey, at.SecretKey, ""), Secure: u.Scheme == "https", Region: at.Region, BucketLookup: minio.BucketLookupPath, MaxRetries: 2,
		})
		if err != nil {
			said.Err = err
			return said
		}
		said.Bucket, err = client.BucketExists(ctx, at.Bucket)
		var refused minio.ErrorResponse
		switch {
		case errors.As(err, &refused) && refused.StatusCode >= 400 && refused.StatusCode < 500:
			said.Refused = refused.Code
		case err != nil:
			said.Err = err
			return said
		}
	}
	said.Origin, said.OriginErr = allowed(ctx, at)
	return said
}

// allowed is the origin from which browsers may PUT, as the storage answers them; "" is none.
func allowed(ctx context.Context, at Files) (string, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodOptions, at.Public+"/"+at.Bucket+"/x", http.NoBody)
	if err != nil {
		return "", err
	}
	r.Header.Set("Origin", at.Origin)
	r.Header.Set("Access-Control-Request-Method", http.MethodPut)
	r.Header.Set("Access-Control-Request-Headers", "content-type")
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		return "", err
	}
	if err := answer.Body.Close(); err != nil {
		return "", err
	}
	if answer.StatusCode >= 300 {
		return "", nil
	}
	return answer.Header.Get("Access-Control-Allow-Origin"), nil
}

// read reads what a certificate says; of another Secret only its type.
func read(s *corev1.Secret) Secret {
	found := Secret{Type: s.Type}
	block, _ := pem.Decode(s.Data[corev1.TLSCertKey])
	if block == nil {
		return found
	}
	if c, err := x509.ParseCertificate(block.Bytes); err == nil {
		found.Names, found.Ends = c.DNSNames, c.NotAfter
	}
	return found
}

// platforms asks eight registries at once.
func platforms(ctx context.Context, images []string) map[string]Image {
	found, mu, group, slots := map[string]Image{}, sync.Mutex{}, sync.WaitGroup{}, make(chan struct{}, 8)
	for _, image := range images {
		group.Go(func() {
			slots <- struct{}{}
			defer func() { <-slots }()
			said := platform(ctx, image)
			mu.Lock()
			defer mu.Unlock()
			found[image] = said
		})
	}
	group.Wait()
	return found
}

func platform(ctx context.Context, image string) Image {
	ctx, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	reference, err := name.ParseReference(image)
	if err != nil {
		return Image{Err: err}
	}
	described, err := remote.Get(reference, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if err != nil {
		return Image{Err: err}
	}
	if described.MediaType.IsIndex() {
		index, err := described.ImageIndex()
		if err != nil {
			return Image{Err: err}
		}
		manifest, err := index.IndexManifest()
		if err != nil {
			return Image{Err: err}
		}
		all := Image{}
		for _, m := range manifest.Manifests {
			if m.Platform != nil {
				all.Platforms = append(all.Platforms, m.Platform.OS+"/"+m.Platform.Architecture)
			}
		}
		return all
	}
	one, err := described.Image()
	if err != nil {
		return Image{Err: err}
	}
	config, err := one.ConfigFile()
	if err != nil {
		return Image{Err: fmt.Errorf("configuration: %w", err)}
	}
	if config.OS == "" || config.Architecture == "" {
		return Image{Err: errors.New("is not an image that can run: it names no platform")}
	}
	return Image{Platforms: []string{config.OS + "/" + config.Architecture}}
}
