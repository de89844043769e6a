package preflight

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	appsv1 "k8s.io/api/apps/v1"
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/version"
)

// What is needed of each, as docs/operating.md installs it.
var (
	leastKubernetes = version.MustParseGeneric("1.34.0")
	leastKnative    = version.MustParseGeneric("1.23.0")
)

const versionLabel = "app.kubernetes.io/version"

// programs are what brings a group of the API, and the value of the chart that asks for it.
var programs = map[string]string{
	"serving.knative.dev": "Knative Serving", "eventing.knative.dev": "Knative Eventing", "sources.knative.dev": "Knative Eventing",
	"cert-manager.io": "cert-manager (edge.tls.mode acme)", "postgresql.cnpg.io": "CloudNativePG (postgres.operator, postgres.beside)", "kyverno.io": "Kyverno (images.admission)",
	"tekton.dev": "Tekton Pipelines", "triggers.tekton.dev": "Tekton Triggers",
}

// kinds: every kind of object that the chart makes is known to the API. Helm would find out
// about one in the midst of an installation.
func kinds(p Plan, f Facts) []Finding {
	if found := f.unknown(askedVersion); len(found) > 0 {
		return found
	}
	found := []Finding{}
	for _, group := range p.Groups {
		if !slices.Contains(f.Groups, group) {
			found = append(found, failed("%s is not installed: the API has no %s", cmp.Or(programs[group], "what makes it"), group)...)
		}
	}
	return orPassed(found, "%s", strings.Join(p.Groups, ", "))
}

// versions: Kubernetes and both halves of Knative are new enough.
func versions(_ Plan, f Facts) []Finding {
	found := f.unknown(askedVersion, askedDeployments)
	if f.Kubernetes != "" {
		found = append(found, atLeast("Kubernetes", f.Kubernetes, leastKubernetes)...)
	}
	for _, part := range []struct{ name, group, namespace, deployment string }{
		{"Knative Serving", "serving.knative.dev", nsServing, "controller"},
		{"Knative Eventing", "eventing.knative.dev", nsEventing, "eventing-controller"},
	} {
		if f.Denied[askedVersion] == nil && !slices.Contains(f.Groups, part.group) {
			continue // as kinds says
		}
		i := slices.IndexFunc(f.Deployments, func(d appsv1.Deployment) bool {
			return d.Namespace == part.namespace && d.Name == part.deployment
		})
		switch {
		case f.Denied[askedDeployments] != nil:
		case i < 0:
			found = append(found, warned("%s: no deployment %s in %s says its version", part.name, part.deployment, part.namespace)...)
		case f.Deployments[i].Labels[versionLabel] == "":
			found = append(found, warned("%s: the deployment %s has no label %s", part.name, part.deployment, versionLabel)...)
		default:
			found = append(found, atLeast(part.name, f.Deployments[i].Labels[versionLabel], leastKnative)...)
		}
	}
	return found
}

func atLeast(what, text string, least *version.Version) []Finding {
	v, err := version.ParseGeneric(text)
	switch {
	case err != nil:
		return one(Unknown, "%s: %q is no version", what, text)
	case v.LessThan(least):
		return failed("%s is %s, and %s is needed", what, text, least)
	}
	return passed("%s %s", what, text)
}

const defaultClass = "storageclass.kubernetes.io/is-default-class"

// storage: the one StorageClass is there, and is that of what is installed already, which
// cannot be changed.
func storage(p Plan, f Facts) []Finding {
	if len(p.Claims) == 0 {
		return passed("nothing has a volume")
	}
	if found := f.unknown(askedClasses); len(found) > 0 {
		return found
	}
	class, names := p.Class, []string{}
	for _, c := range f.Classes {
		names = append(names, c.Name)
		if p.Class == "" && c.Annotations[defaultClass] == "true" {
			if class != "" {
				return failed("storageClass is empty, and both %s and %s are the cluster's default", class, c.Name)
			}
			class = c.Name
		}
	}
	there := "there is none: docs/operating.md makes one"
	if len(names) > 0 {
		there = "there is " + strings.Join(names, ", ")
	}
	if class == "" {
		return failed("storageClass is empty, and the cluster has no default; %s", there)
	}
	i := slices.Index(names, class)
	if i < 0 {
		return failed("storageClass %s does not exist; %s", class, there)
	}
	found := []Finding{}
	for _, s := range f.StatefulSets {
		for _, c := range s.Spec.VolumeClaimTemplates {
			was := ""
			if c.Spec.StorageClassName != nil {
				was = *c.Spec.StorageClassName
			}
			if slices.Contains(p.Claims, c.Name+"-"+s.Name+"-0") && was != p.Class {
				found = append(found, failed("%s was installed with the class %q, which cannot be changed to %q: keep it, or move what is on the volume", s.Name, was, p.Class)...)
			}
			size, is := p.Sizes[c.Name+"-"+s.Name+"-0"]
			if old := c.Spec.Resources.Requests.Storage(); is && size.Cmp(*old) != 0 {
				found = append(found, failed("%[1]s was installed with volumes of %[2]s, and Kubernetes changes them to %[3]s in no StatefulSet: kubectl -n %[4]s delete statefulset %[1]s --cascade=orphan first, which leaves its pod and its volume (the claim is made larger by itself: docs/operating.md, DatabaseNearlyFull)", s.Name, old, &size, p.Namespace)...)
			}
		}
	}
	c := f.Classes[i]
	if strings.HasSuffix(c.Provisioner, "/no-provisioner") {
		found = append(found, warned("%s makes no volumes: one for each of %s must be there", class, strings.Join(p.Claims, ", "))...)
	}
	if c.ReclaimPolicy == nil || *c.ReclaimPolicy == corev1.PersistentVolumeReclaimDelete {
		found = append(found, warned("%s deletes the database's volume with its claim: reclaimPolicy Retain keeps it", class)...)
	}
	if c.VolumeBindingMode == nil || *c.VolumeBindingMode == "Immediate" {
		found = append(found, warned("%s makes volumes before it is known in which zone their pods are: volumeBindingMode WaitForFirstConsumer", class)...)
	}
	return orPassed(found, "%s for %s", class, strings.Join(p.Claims, ", "))
}

// database: functions go on with the database that they have. Another one is empty, or holds
// what was brought there by hand.
func database(p Plan, f Facts) []Finding {
	if found := f.unknown(askedSecrets); len(found) > 0 {
		return found
	}
	switch {
	case p.Database == "":
		return passed("a Secret of yours says where it is")
	case f.Database == "" || f.Database == p.Database:
		return passed("%s", p.Database)
	}
	return failed("what is in %s stays there, and functions would go on with %s: docs/operating.md moves it (From one database to another), and goes on with this when it is there", f.Database, p.Database)
}

// What Pod Security admission reads from a namespace, and what ours have.
const (
	SecurityLabel = "pod-security.kubernetes.io/enforce"
	SecurityLevel = "restricted"
)

// podSecurity: the namespace admits restricted pods alone. Install sets it.
func podSecurity(p Plan, f Facts) []Finding {
	if found := f.unknown(askedNamespace); len(found) > 0 {
		return found
	}
	switch {
	case f.Namespace == nil:
		return passed("%s will be made, for pods of the level %s", p.Namespace, SecurityLevel)
	case f.Namespace.Status.Phase == corev1.NamespaceTerminating:
		return failed("%s is being deleted", p.Namespace)
	case f.Namespace.Labels[SecurityLabel] != SecurityLevel:
		return warned("%s admits pods of the level %q: task install sets %s", p.Namespace, f.Namespace.Labels[SecurityLabel], SecurityLevel)
	}
	return passed("%s admits pods of the level %s alone", p.Namespace, SecurityLevel)
}

// enforcers are DaemonSets of network layers that hold NetworkPolicies.
var enforcers = []string{"calico-node", "canal", "cilium", "antrea-agent", "kube-router", "weave-net", "ovnkube-node"}

// network: functions are reached where the values say, private, by a network layer that is
// chosen; and somebody holds the policies.
func network(p Plan, f Facts) []Finding {
	found := f.unknown(askedServices, askedNetwork, askedAgents)
	host, port, _ := strings.Cut(p.Gateway, ":")
	parts := strings.Split(host, ".")
	switch {
	case f.Denied[askedServices] != nil:
	case len(parts) < 3 || parts[2] != "svc":
		found = append(found, one(Unknown, "knative.gateway %s is no Service of the cluster", p.Gateway)...)
	case !slices.ContainsFunc(f.Services, func(s corev1.Service) bool {
		return s.Name == parts[0] && s.Namespace == parts[1] && slices.ContainsFunc(s.Spec.Ports, func(sp corev1.ServicePort) bool {
			return fmt.Sprint(sp.Port) == port
		})
	}):
		found = append(found, failed("knative.gateway %s: there is no such Service and port in %s", p.Gateway, strings.Join(p.Namespaces, ", "))...)
	}
	for _, s := range f.Services {
		if slices.Contains(p.Namespaces, s.Namespace) && s.Spec.Type == corev1.ServiceTypeLoadBalancer {
			found = append(found, warned("%s/%s has a load balancer, which costs money and is a second way in: knative/install makes it private", s.Namespace, s.Name)...)
		}
	}
	if class := cmp.Or(f.ConfigNetwork["ingress-class"], f.ConfigNetwork["ingress.class"]); class == "" && f.Denied[askedNetwork] == nil {
		found = append(found, failed("config-network of %s names no ingress-class: functions would never be ready", nsServing)...)
	}
	if f.Denied[askedAgents] == nil && !slices.ContainsFunc(f.Agents, func(a string) bool { return slices.Contains(enforcers, a) }) {
		found = append(found, warned("no network layer is known here that holds NetworkPolicies (%s): without one everybody may speak to everybody", strings.Join(enforcers, ", "))...)
	}
	return orPassed(found, "functions at %s", p.Gateway)
}

// disruptions: a node can be emptied, and what is in the way of every cold start is there
// twice.
func disruptions(_ Plan, f Facts) []Finding {
	found := f.unknown(askedBudgets, askedScalers, askedDeployments)
	for _, b := range f.Budgets {
		if b.Status.ExpectedPods > 0 && b.Status.DisruptionsAllowed == 0 && b.Status.CurrentHealthy >= b.Status.ExpectedPods {
			found = append(found, warned("PodDisruptionBudget %s/%s lets no pod go: no node that has one can be emptied, and its upgrade fails", b.Namespace, b.Name)...)
		}
	}
	for _, s := range f.Scalers {
		if least := s.Spec.MinReplicas; least == nil || *least < 2 {
			found = append(found, warned("HorizontalPodAutoscaler %s/%s goes down to one: minReplicas 2", s.Namespace, s.Name)...)
		}
	}
	for _, d := range f.Deployments {
		if d.Name != "activator" && !strings.HasSuffix(d.Name, "kourier-gateway") {
			continue
		}
		if d.Spec.Replicas == nil || *d.Spec.Replicas < 2 {
			found = append(found, warned("%s/%s has one replica, and every request of a sleeping function needs it", d.Namespace, d.Name)...)
		}
	}
	return orPassed(found, "nodes can be emptied one after another")
}

// soon is when CertificateEnds fires.
const soon = 14 * 24 * time.Hour

// tls: there will be a certificate of the site's name, and visitors keep their addresses.
func tls(p Plan, f Facts) []Finding {
	found := f.unknown(askedSecrets)
	secret, there := f.Secrets[p.TLSSecret]
	if p.TLS == "secret" {
		switch {
		case f.Denied[askedSecrets] != nil:
		case !there:
			found = append(found, failed("edge.tls.secretName: there is no Secret %s in %s", p.TLSSecret, p.Namespace)...)
		case secret.Type != corev1.SecretTypeTLS || secret.Ends.IsZero():
			found = append(found, failed("Secret %s is of type %q and not a certificate of type %s", p.TLSSecret, secret.Type, corev1.SecretTypeTLS)...)
		case !slices.ContainsFunc(secret.Names, func(n string) bool { return covers(n, p.Site) }):
			found = append(found, failed("the certificate of %s is of %s, and the site is %s", p.TLSSecret, strings.Join(secret.Names, ", "), p.Site)...)
		case !secret.Ends.After(f.Now):
			found = append(found, failed("the certificate of %s ended on %s", p.TLSSecret, secret.Ends.Format(time.DateOnly))...)
		case secret.Ends.Before(f.Now.Add(soon)):
			found = append(found, warned("the certificate of %s ends on %s", p.TLSSecret, secret.Ends.Format(time.DateOnly))...)
		}
	}
	if (p.TLS == "acme" || p.TLS == "secret") && p.ServiceType == corev1.ServiceTypeLoadBalancer && !p.Proxied {
		found = append(found, warned("edge.proxyProtocol is false: behind a load balancer of TCP listeners all visitors have its address, and share one limit")...)
	}
	return orPassed(found, "%s for %s", p.TLS, p.Site)
}

// files: the object storage takes the keys, has the bucket, and lets browsers send files to it
// from the site.
func files(p Plan, f Facts) []Finding {
	if f.Files == nil {
		return passed("not asked for")
	}
	found := []Finding{}
	switch said := f.Files; {
	case said.Err != nil: // the cluster may reach what this machine does not
		found = append(found, one(Unknown, "%s: %v", p.Files.Endpoint, said.Err)...)
	case p.Files.AccessKey == "":
		found = append(found, one(Unknown, "%s: its keys are in a Secret of yours", p.Files.Endpoint)...)
	case said.Refused != "":
		found = append(found, failed("%s does not take secrets.storageAccessKey and storageSecretKey for %s: %s", p.Files.Endpoint, p.Files.Bucket, said.Refused)...)
	case !said.Bucket:
		found = append(found, failed("%s has no bucket %s: docs/operating.md, Object storage", p.Files.Endpoint, p.Files.Bucket)...)
	}
	switch origin := f.Files.Origin; {
	case f.Files.OriginErr != nil:
		found = append(found, one(Unknown, "%s: %v", p.Files.Public, f.Files.OriginErr)...)
	case f.Files.Err == nil && origin != "*" && origin != p.Files.Origin:
		found = append(found, warned("browsers may send no files to %s from %s (CORS lets %q): docs/operating.md, Object storage", p.Files.Public, p.Files.Origin, origin)...)
	}
	return orPassed(found, "%s has the bucket %s, and browsers may send files to it", p.Files.Endpoint, p.Files.Bucket)
}

// covers says whether a name of a certificate is a host's, as RFC 6125 reads a wildcard.
func covers(name, host string) bool {
	if rest, wild := strings.CutPrefix(name, "*."); wild {
		_, domain, _ := strings.Cut(host, ".")
		return strings.EqualFold(rest, domain)
	}
	return strings.EqualFold(name, host)
}

// images: every image is where the values say, for the processors of the nodes, and the
// nodes have the logins to get it.
func images(p Plan, f Facts) []Finding {
	found := f.unknown(askedNodes)
	if len(p.PullSecrets) > 0 {
		found = append(found, f.unknown(askedSecrets)...)
	}
	for _, name := range p.PullSecrets {
		if secret, there := f.Secrets[name]; f.Denied[askedSecrets] == nil && (!there || secret.Type != corev1.SecretTypeDockerConfigJson) {
			found = append(found, failed("images.pullSecrets: %s has no Secret %s of type %s", p.Namespace, name, corev1.SecretTypeDockerConfigJson)...)
		}
	}
	if f.Platforms == nil {
		return orPassed(found, "not asked for")
	}
	kinds := map[string]bool{}
	for _, n := range f.Nodes {
		if usable(n) {
			kinds["linux/"+cmp.Or(n.Labels[corev1.LabelArchStable], n.Status.NodeInfo.Architecture)] = true
		}
	}
	for _, image := range p.Images {
		said, asked := f.Platforms[image]
		switch {
		case !asked:
			found = append(found, one(Unknown, "%s was not asked for", image)...)
		case said.Err != nil:
			found = append(found, failed("%s: %v", image, said.Err)...)
		default:
			for _, kind := range slices.Sorted(maps.Keys(kinds)) {
				if !slices.Contains(said.Platforms, kind) {
					found = append(found, failed("%s is for %s, and nodes are %s", image, strings.Join(said.Platforms, ", "), kind)...)
				}
			}
		}
	}
	return orPassed(found, "%d images for %s", len(p.Images), strings.Join(slices.Sorted(maps.Keys(kinds)), ", "))
}

// Fewer function pods than these make releases wait for each other: three functions are
// released at a time, each beside the one that serves.
const fewFunctions = 6

// room: what is always on fits on the nodes, and some functions beside it.
func room(p Plan, f Facts) []Finding {
	if found := f.unknown(askedNodes, askedPods); len(found) > 0 {
		return found
	}
	free := rooms(f.Nodes, f.Pods, p.Namespace)
	if len(free) == 0 {
		return failed("no node takes pods")
	}
	if left := place(free, p.Always); len(left) > 0 {
		return failed("no room for %s on %s: larger nodes, or one more", strings.Join(left, ", "), describe(free))
	}
	fit := functionsThatFit(free, p.Functions)
	switch {
	case len(p.Functions) == 0:
	case fit == 0:
		return failed("beside what is always on there is no room for a function: %s", describe(free))
	case fit < fewFunctions:
		return warned("beside what is always on %d function pods fit at once: %s", fit, describe(free))
	}
	return passed("what is always on fits, and %d function pods at once beside it", fit)
}

// space is what a node has left.
type space struct {
	name        string
	cpu, memory int64
	has         map[string]bool // of pods that want a node of their own
}

// usable says whether a node takes pods that tolerate nothing.
func usable(n corev1.Node) bool {
	ready := slices.ContainsFunc(n.Status.Conditions, func(c corev1.NodeCondition) bool {
		return c.Type == corev1.NodeReady && c.Status == corev1.ConditionTrue
	})
	return ready && !n.Spec.Unschedulable && !slices.ContainsFunc(n.Spec.Taints, func(t corev1.Taint) bool { return t.Effect != corev1.TaintEffectPreferNoSchedule })
}

// rooms are the nodes that take pods, without what others ask of them. What the namespace
// has already is going to be replaced.
func rooms(nodes []corev1.Node, pods []corev1.Pod, namespace string) []space {
	free := []space{}
	for _, n := range nodes {
		if !usable(n) {
			continue
		}
		s := space{name: n.Name, cpu: n.Status.Allocatable.Cpu().MilliValue(), memory: n.Status.Allocatable.Memory().Value(), has: map[string]bool{}}
		for _, pod := range pods {
			if pod.Spec.NodeName != n.Name || pod.Namespace == namespace || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed {
				continue
			}
			cpu, memory := requests(pod.Spec)
			s.cpu, s.memory = s.cpu-cpu, s.memory-memory
		}
		free = append(free, s)
	}
	return free
}

// place puts pods onto nodes, the greatest first, each where most is left, as the scheduler
// does; it says which it could not.
func place(free []space, asked []Pods) (left []string) {
	asked = slices.Clone(asked)
	slices.SortStableFunc(asked, func(a, b Pods) int {
		return cmp.Or(-cmp.Compare(a.Memory, b.Memory), -cmp.Compare(a.CPU, b.CPU), cmp.Compare(a.Name, b.Name))
	})
	for _, pods := range asked {
		for range pods.Count {
			best := -1
			for i, s := range free {
				if s.cpu < pods.CPU || s.memory < pods.Memory || pods.OwnNode && s.has[pods.Name] {
					continue
				}
				if best < 0 || s.memory > free[best].memory {
					best = i
				}
			}
			if best < 0 {
				left = append(left, fmt.Sprintf("%s (%dm, %d MiB)", pods.Name, pods.CPU, pods.Memory>>20))
				continue
			}
			free[best].cpu, free[best].memory = free[best].cpu-pods.CPU, free[best].memory-pods.Memory
			free[best].has[pods.Name] = true
		}
	}
	return left
}

// functionsThatFit counts pods of functions in turn, the greatest first, until one has no room.
func functionsThatFit(free []space, functions []Pods) (n int) {
	trial := slices.Clone(free)
	functions = slices.Clone(functions)
	slices.SortStableFunc(functions, func(a, b Pods) int { return -cmp.Compare(a.Memory, b.Memory) })
	for len(functions) > 0 {
		for _, f := range functions {
			i := slices.IndexFunc(trial, func(s space) bool { return s.cpu >= f.CPU && s.memory >= f.Memory })
			if i < 0 || f.CPU+f.Memory == 0 {
				return n
			}
			trial[i].cpu, trial[i].memory = trial[i].cpu-f.CPU, trial[i].memory-f.Memory
			n++
		}
	}
	return n
}

func describe(free []space) string {
	all := []string{}
	for _, s := range free {
		all = append(all, fmt.Sprintf("%s has %dm and %d MiB left", s.name, s.cpu, s.memory>>20))
	}
	return strings.Join(all, ", ")
}
