package main

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"time"

	authorizationv1 "k8s.io/api/authorization/v1"
	corev1 "k8s.io/api/core/v1"
	rbacv1 "k8s.io/api/rbac/v1"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/cli-runtime/pkg/genericclioptions"
	"k8s.io/client-go/dynamic"
	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/metadata"
	"k8s.io/client-go/rest"
	serving "knative.dev/serving/pkg/client/clientset/versioned"

	"github.com/madang-council/madang/knative/preflight"
	"github.com/madang-council/madang/knative/release"
)

// cluster is the one that KUBECONFIG names.
type cluster struct {
	flags    *genericclioptions.ConfigFlags
	config   *rest.Config
	serving  serving.Interface
	kube     kubernetes.Interface
	dynamic  dynamic.Interface
	metadata metadata.Interface
}

func openCluster(namespace string) (*cluster, error) {
	flags := genericclioptions.NewConfigFlags(true)
	flags.Namespace = &namespace
	flags.WrapConfigFn = func(c *rest.Config) *rest.Config {
		c.QPS, c.Burst = 100, 300 // an inventory asks for every kind there is
		c.WarningHandler = rest.NoWarnings{}
		return c
	}
	config, err := flags.ToRESTConfig()
	if err != nil {
		return nil, fmt.Errorf("KUBECONFIG: %w", err)
	}
	c := &cluster{flags: flags, config: config}
	if c.serving, err = serving.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if c.kube, err = kubernetes.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if c.dynamic, err = dynamic.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	if c.metadata, err = metadata.NewForConfig(config); err != nil {
		return nil, fmt.Errorf("cluster: %w", err)
	}
	return c, nil
}

// label marks the namespaces that create made: destroy touches no other.
const label = "madang.kr/environment"

// makeNamespace makes a namespace whose pods may do nothing special (Kubernetes'
// Pod Security Standard "restricted").
func (c *cluster) makeNamespace(ctx context.Context, name string, labels map[string]string) error {
	all := map[string]string{preflight.SecurityLabel: preflight.SecurityLevel}
	for k, v := range labels {
		all[k] = v
	}
	_, err := c.kube.CoreV1().Namespaces().Create(ctx, &corev1.Namespace{ObjectMeta: metav1.ObjectMeta{Name: name, Labels: all}}, metav1.CreateOptions{})
	if err != nil {
		return fmt.Errorf("namespace %s: %w", name, err)
	}
	return nil
}

// restrict has a namespace admit restricted pods alone, whoever made it; where there is
// none, it is made.
func (c *cluster) restrict(ctx context.Context, name string) error {
	there, err := c.kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{})
	switch {
	case apierrors.IsNotFound(err):
		return c.makeNamespace(ctx, name, nil)
	case err != nil:
		return fmt.Errorf("namespace %s: %w", name, err)
	case there.Labels[preflight.SecurityLabel] == preflight.SecurityLevel:
		return nil
	}
	change := fmt.Sprintf(`{"metadata":{"labels":{%q:%q}}}`, preflight.SecurityLabel, preflight.SecurityLevel)
	if _, err := c.kube.CoreV1().Namespaces().Patch(ctx, name, types.MergePatchType, []byte(change), metav1.PatchOptions{}); err != nil {
		return fmt.Errorf("namespace %s: %w", name, err)
	}
	return nil
}

// environmentRole says what the account of a pipeline may do in an environment that it
// made (tekton/chart). Anywhere else it may not.
const environmentRole = "madang-environment"

// grant gives an account, as namespace/name, that role in a namespace, and waits until
// the API server knows. An operator has it everywhere, and names no account.
func (c *cluster) grant(ctx context.Context, namespace, account string) error {
	if account == "" {
		return nil
	}
	from, name, ok := strings.Cut(account, "/")
	if !ok {
		return fmt.Errorf("-account %q: namespace/name", account)
	}
	_, err := c.kube.RbacV1().RoleBindings(namespace).Create(ctx, &rbacv1.RoleBinding{
		ObjectMeta: metav1.ObjectMeta{Name: environmentRole},
		RoleRef:    rbacv1.RoleRef{APIGroup: rbacv1.GroupName, Kind: "ClusterRole", Name: environmentRole},
		Subjects:   []rbacv1.Subject{{Kind: rbacv1.ServiceAccountKind, Namespace: from, Name: name}},
	}, metav1.CreateOptions{})
	if err != nil && !apierrors.IsAlreadyExists(err) {
		return fmt.Errorf("role in %s: %w", namespace, err)
	}
	for {
		asked, err := c.kube.AuthorizationV1().SelfSubjectAccessReviews().Create(ctx, &authorizationv1.SelfSubjectAccessReview{
			Spec: authorizationv1.SelfSubjectAccessReviewSpec{ResourceAttributes: &authorizationv1.ResourceAttributes{Namespace: namespace, Verb: "create", Resource: "secrets"}},
		}, metav1.CreateOptions{})
		if err != nil || asked.Status.Allowed {
			return err
		}
		if err := sleep(ctx, 100*time.Millisecond); err != nil {
			return fmt.Errorf("role in %s: %w", namespace, err)
		}
	}
}

// knative are the kinds whose Ready condition an environment waits for.
var knative = []schema.GroupVersionResource{
	{Group: "serving.knative.dev", Version: "v1", Resource: "services"},
	{Group: "eventing.knative.dev", Version: "v1", Resource: "brokers"},
	{Group: "eventing.knative.dev", Version: "v1", Resource: "triggers"},
	{Group: "sources.knative.dev", Version: "v1", Resource: "pingsources"},
}

// ready waits until everything of Knative's in a namespace says that it is ready.
func (c *cluster) ready(ctx context.Context, namespace string) error {
	for {
		waiting := []string{}
		for _, kind := range knative {
			found, err := c.dynamic.Resource(kind).Namespace(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return fmt.Errorf("%s: %w", kind.Resource, err)
			}
			for _, o := range found.Items {
				if is, why := readyCondition(o); !is {
					waiting = append(waiting, kind.Resource+"/"+o.GetName()+" "+why)
				}
			}
		}
		if len(waiting) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("not ready: %s", strings.Join(waiting, "; "))
		case <-time.After(500 * time.Millisecond):
		}
	}
}

func readyCondition(o unstructured.Unstructured) (is bool, why string) {
	observed, _, _ := unstructured.NestedInt64(o.Object, "status", "observedGeneration")
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, each := range conditions {
		condition, _ := each.(map[string]any)
		if condition["type"] == "Ready" {
			reason, _ := condition["reason"].(string)
			message, _ := condition["message"].(string)
			return condition["status"] == "True" && observed == o.GetGeneration(), strings.TrimSpace(reason + " " + message)
		}
	}
	return false, ""
}

// deployed waits until every Deployment of a namespace has its newest pods.
func (c *cluster) deployed(ctx context.Context, namespace string) error {
	for {
		found, err := c.kube.AppsV1().Deployments(namespace).List(ctx, metav1.ListOptions{})
		if err != nil {
			return fmt.Errorf("deployments: %w", err)
		}
		waiting := []string{}
		for _, d := range found.Items {
			if s := d.Status; s.ObservedGeneration != d.Generation || d.Spec.Replicas == nil || s.UpdatedReplicas < *d.Spec.Replicas || s.AvailableReplicas < *d.Spec.Replicas {
				waiting = append(waiting, d.Name)
			}
		}
		if len(waiting) == 0 {
			return nil
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return fmt.Errorf("%w: waited for %s", err, strings.Join(waiting, ", "))
		}
	}
}

// address is where the edge answers from here: the load balancer's, or inside of the cluster.
func (c *cluster) address(ctx context.Context, namespace string) (string, error) {
	edge, err := c.kube.CoreV1().Services(namespace).Get(ctx, "edge", metav1.GetOptions{})
	if err != nil {
		return "", fmt.Errorf("edge: %w", err)
	}
	scheme := "http://"
	if slices.ContainsFunc(edge.Spec.Ports, func(p corev1.ServicePort) bool { return p.TargetPort.StrVal == "https" }) {
		scheme = "https://" // the edge itself ends TLS
	}
	if at := edge.Status.LoadBalancer.Ingress; len(at) > 0 {
		return scheme + cmp.Or(at[0].IP, at[0].Hostname), nil
	}
	return scheme + edge.Spec.ClusterIP, nil
}

// reach is where the edge answers who gave the order. The caller ends it with done.
func (c *cluster) reach(ctx context.Context, o order) (address string, done func(), err error) {
	if o.inside {
		return release.Forward(ctx, c.config, c.kube, o.namespace, "edge", 80)
	}
	address, err = c.address(ctx, o.namespace)
	return address, func() {}, err
}

// loginSecret is by what an environment's pods get their images, where create was given a login.
const loginSecret = "registry"

// keepLogin makes that Secret of a file of docker login.
func (c *cluster) keepLogin(ctx context.Context, namespace, file string) error {
	if file == "" {
		return nil
	}
	content, err := os.ReadFile(file)
	if err != nil {
		return fmt.Errorf("login: %w", err)
	}
	var logins struct {
		Auths map[string]any `json:"auths"`
	}
	if err := json.Unmarshal(content, &logins); err != nil {
		return fmt.Errorf("login: %s: %w", file, err)
	}
	if len(logins.Auths) == 0 {
		return errors.New("login: " + file + " has none that a cluster could use")
	}
	if _, err := c.kube.CoreV1().Secrets(namespace).Create(ctx, &corev1.Secret{
		ObjectMeta: metav1.ObjectMeta{Name: loginSecret}, Type: corev1.SecretTypeDockerConfigJson, Data: map[string][]byte{corev1.DockerConfigJsonKey: content},
	}, metav1.CreateOptions{}); err != nil {
		return fmt.Errorf("login: %w", err)
	}
	return nil
}

// functionPods are those whose queue-proxy waits for 30 seconds before it ends.
const functionPods = "serving.knative.dev/service"

// drain waits until what makes pods is gone, and ends the pods within a second each:
// nobody waits for their answers. A namespace that is deleted with pods in it waits for
// half of the longest time that one of them may take to end, which are minutes.
func (c *cluster) drain(ctx context.Context, namespace string) error {
	pods := schema.GroupVersionResource{Version: "v1", Resource: "pods"}
	makers := []schema.GroupVersionResource{ // the garbage collector would come to them one after another
		{Group: "serving.knative.dev", Version: "v1", Resource: "revisions"},
		{Group: "apps", Version: "v1", Resource: "deployments"},
		{Group: "apps", Version: "v1", Resource: "statefulsets"},
	}
	none, second := int64(0), int64(1)
	for {
		left := []string{}
		for _, kind := range slices.Concat(knative, makers, []schema.GroupVersionResource{pods}) {
			found, err := c.metadata.Resource(kind).Namespace(namespace).List(ctx, metav1.ListOptions{})
			if err != nil {
				return fmt.Errorf("%s: %w", kind.Resource, err)
			}
			for _, o := range found.Items {
				left = append(left, kind.Resource+"/"+o.Name)
			}
		}
		if len(left) == 0 {
			return nil
		}
		for _, kind := range makers {
			if err := c.metadata.Resource(kind).Namespace(namespace).DeleteCollection(ctx, metav1.DeleteOptions{}, metav1.ListOptions{}); err != nil {
				return fmt.Errorf("%s: %w", kind.Resource, err)
			}
		}
		for selector, grace := range map[string]*int64{functionPods: &none, "!serving.knative.dev/service": &second} {
			if err := c.metadata.Resource(pods).Namespace(namespace).DeleteCollection(ctx, metav1.DeleteOptions{GracePeriodSeconds: grace}, metav1.ListOptions{LabelSelector: selector}); err != nil {
				return fmt.Errorf("pods: %w", err)
			}
		}
		if err := sleep(ctx, 500*time.Millisecond); err != nil {
			return fmt.Errorf("%w: %s", err, strings.Join(left, ", "))
		}
	}
}

// removeNamespace deletes a namespace and waits until it is gone.
func (c *cluster) removeNamespace(ctx context.Context, name string) error {
	err := c.kube.CoreV1().Namespaces().Delete(ctx, name, metav1.DeleteOptions{})
	for ; err == nil; err = sleep(ctx, 250*time.Millisecond) {
		if _, missing := c.kube.CoreV1().Namespaces().Get(ctx, name, metav1.GetOptions{}); apierrors.IsNotFound(missing) {
			return nil
		}
	}
	if apierrors.IsNotFound(err) {
		return nil
	}
	return fmt.Errorf("namespace %s: %w", name, err)
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
