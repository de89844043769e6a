package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

// node is one that a test may end: its name, and the commands that take it from the cluster
// at once, boot it again and drain it. It is given by MADANG_NODE, MADANG_NODE_KILL,
// MADANG_NODE_START and MADANG_NODE_DRAIN.
type node struct{ name, kill, start, drain string }

func openNode(t *testing.T) node {
	t.Helper()
	n := node{os.Getenv("MADANG_NODE"), os.Getenv("MADANG_NODE_KILL"), os.Getenv("MADANG_NODE_START"), os.Getenv("MADANG_NODE_DRAIN")}
	if n.name == "" {
		t.Skip("MADANG_NODE is not set: told on a cluster of two nodes, one of which may end (.ci/cluster CLUSTER nodes)")
	}
	if n.kill == "" || n.start == "" || n.drain == "" {
		t.Fatal("MADANG_NODE_KILL, MADANG_NODE_START and MADANG_NODE_DRAIN are not all set")
	}
	return n
}

func (n node) run(t *testing.T, command string) {
	t.Helper()
	if out, err := exec.Command("sh", "-c", command).CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", command, err, out)
	}
}

// balancer is where HAProxy runs: the words before its command, and the address at which it
// listens. A load balancer is no node; one that runs on a node is taken by kube-proxy for a
// pod of it, and led to all replicas, the dead ones too, whatever the Service's
// externalTrafficPolicy. MADANG_BALANCER ("ip netns exec balancer", "ssh elsewhere") and
// MADANG_BALANCER_ADDRESS give it.
func balancer(t testing.TB) (before []string, address string) {
	t.Helper()
	address = os.Getenv("MADANG_BALANCER_ADDRESS")
	if address == "" {
		t.Fatal("MADANG_BALANCER_ADDRESS is not set: where HAProxy listens, which is no node (.ci/cluster has one)")
	}
	return strings.Fields(os.Getenv("MADANG_BALANCER")), address
}

// balanced puts HAProxy before the edge, as Octavia (NHN's load balancer) runs it: members are
// the nodes, asked for /healthz every 5 s, out after two failures.
func (e *environment) balanced() *environment {
	e.Helper()
	service, err := e.kubernetes.CoreV1().Services(e.namespace).Get(context.Background(), "edge", metav1.GetOptions{})
	if err != nil {
		e.Fatal(err)
	}
	if service.Spec.Ports[0].NodePort == 0 {
		e.Fatal("the edge is not reached at a node: edge.service.type must be LoadBalancer or NodePort")
	}
	nodes, err := e.kubernetes.CoreV1().Nodes().List(context.Background(), metav1.ListOptions{})
	if err != nil {
		e.Fatal(err)
	}
	before, address := balancer(e)
	at := net.JoinHostPort(address, "8080")
	configuration := fmt.Sprintf(`global
  log stdout format raw local0 notice
defaults
  mode http
  log global
  retries 3
  option redispatch
  timeout connect 5s
  timeout client 50s
  timeout server 50s
frontend site
  bind %s
  default_backend members
backend members
  balance roundrobin
  option forwardfor if-none
  option httpchk GET /healthz
  default-server inter 5s fall 2 rise 2
`, at)
	for _, n := range nodes.Items {
		for _, a := range n.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				configuration += fmt.Sprintf("  server %s %s:%d check\n", n.Name, a.Address, service.Spec.Ports[0].NodePort)
			}
		}
	}
	path := filepath.Join(e.TempDir(), "haproxy.cfg")
	if err := os.WriteFile(path, []byte(configuration), 0o600); err != nil {
		e.Fatal(err)
	}
	words := append(before, "haproxy", "-db", "-f", path)
	command := exec.Command(words[0], words[1:]...)
	log, err := os.Create(filepath.Join(e.TempDir(), "haproxy.log"))
	if err != nil {
		e.Fatal(err)
	}
	command.Stdout, command.Stderr = log, log
	if err := command.Start(); err != nil {
		e.Fatal("HAProxy (Debian: haproxy) stands for the load balancer: ", err)
	}
	e.Cleanup(func() {
		_ = command.Process.Kill()
		_ = command.Wait()
		if e.Failed() {
			text, _ := os.ReadFile(log.Name())
			e.Logf("%s", text)
		}
	})
	c := *e
	own := *e.target
	own.address = "http://" + at
	c.target = &own
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if status, _, _, _ := c.get("/healthz", ""); status == http.StatusOK {
			return &c
		}
		if time.Now().After(deadline) {
			e.Fatal("the load balancer answers nobody")
		}
	}
}

var databases = schema.GroupVersionResource{Group: "postgresql.cnpg.io", Version: "v1", Resource: "clusters"}

// primary is the node of the database's primary, and how many instances are ready.
func (e *environment) primary() (pod, node string, ready int64) {
	e.Helper()
	client, err := dynamic.NewForConfig(e.config)
	if err != nil {
		e.Fatal(err)
	}
	c, err := client.Resource(databases).Namespace(e.namespace).Get(context.Background(), "postgres", metav1.GetOptions{})
	if err != nil {
		e.Fatal("the database is not CloudNativePG's: ", err)
	}
	status, _ := c.Object["status"].(map[string]any)
	pod, _ = status["currentPrimary"].(string)
	ready, _ = status["readyInstances"].(int64)
	p, err := e.kubernetes.CoreV1().Pods(e.namespace).Get(context.Background(), pod, metav1.GetOptions{})
	if err == nil {
		node = p.Spec.NodeName
	}
	return pod, node, ready
}

// primaryOn makes the database's primary one on a node, and waits until its standby follows.
func (e *environment) primaryOn(want string) {
	e.Helper()
	moved := time.Time{}
	for deadline := time.Now().Add(5 * time.Minute); time.Now().Before(deadline); time.Sleep(time.Second) {
		pod, on, ready := e.primary()
		switch {
		case ready == 2 && on == want:
			return
		case ready == 2 && time.Since(moved) > time.Minute:
			e.Logf("the primary %s is on %s: it has to move", pod, on)
			e.kill(e.namespace, pod)
			moved = time.Now()
		}
	}
	e.Fatalf("the database never had its primary on %s with a standby", want)
}

// write saves a draft of a notice and returns its id, or what refused it.
func (e *environment) write(token, title string) (id string, status int, retry string, err error) {
	body, _ := json.Marshal(map[string]any{"unit": "총학", "title": title, "publishAt": nil})
	r, err := http.NewRequest(http.MethodPost, e.target.address+"/v1/notices", strings.NewReader(string(body)))
	if err != nil {
		return "", 0, "", err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := e.client.Do(r)
	if err != nil {
		return "", 0, "", err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	var made struct {
		ID string `json:"id"`
	}
	_ = json.Unmarshal(text, &made)
	return made.ID, response.StatusCode, response.Header.Get("Retry-After"), err
}

// A node loses its power, with the database's primary, one of the edge's replicas and pods of
// functions on it: readers are all answered, members get their answer or 503 with Retry-After
// for a time that is printed, and whatever was answered as saved is there afterwards. What was
// asked before the node was gone may have been under way there: nobody can answer it any more,
// which is printed.
func TestNodeDies(t *testing.T) {
	n := openNode(t)
	e := openEnvironment(t).balanced()
	token := e.signIn()
	e.settled("/v1/main", "/")
	e.primaryOn(n.name)
	on, err := e.kubernetes.CoreV1().Pods(e.namespace).List(t.Context(), metav1.ListOptions{FieldSelector: fields.OneTermEqualSelector("spec.nodeName", n.name).String()})
	if err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, p := range on.Items {
		names = append(names, p.Name)
	}
	t.Logf("on %s: %s", n.name, strings.Join(names, ", "))
	if !strings.Contains(strings.Join(names, " "), "edge-") {
		t.Fatalf("no edge runs on %s: its death would say little", n.name)
	}
	if pods := e.functionPods(); len(pods) == 0 {
		t.Log("no function is awake")
	}
	saved := map[string]string{}
	stop, done := make(chan struct{}), make(chan struct{})
	refused, first, last := map[string]int{}, time.Time{}, time.Time{}
	var bad []failure
	go func() { // one writer, who tries again
		defer close(done)
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(1100 * time.Millisecond): // as fast as one may write
			}
			title := fmt.Sprintf("정전 중에 쓴 글 %d", i)
			asked := time.Now()
			id, status, retry, err := e.write(token, title)
			switch {
			case status == http.StatusCreated:
				saved[id] = title
				continue
			case status == http.StatusServiceUnavailable && retry != "":
			default:
				bad = append(bad, failure{asked, fmt.Sprintf("%d %q %v", status, retry, err)})
			}
			refused[fmt.Sprint(status)]++
			if first.IsZero() {
				first = time.Now()
			}
			last = time.Now()
		}
	}()
	visitors := e.load(20, "/", "", func(s int) bool { return s == http.StatusOK })
	time.Sleep(5 * time.Second)
	began := time.Now()
	n.run(t, n.kill)
	gone := time.Now()
	t.Logf("the node was gone after %v", gone.Sub(began).Round(time.Millisecond))
	time.Sleep(3 * time.Minute)
	total, counts, badVisitors := visitors.end()
	close(stop)
	<-done
	t.Logf("visitors %d %v; %d writes saved, refused %v; the first %v after the death, the last %v after it", total, counts, len(saved), refused,
		first.Sub(began).Round(time.Second), last.Sub(began).Round(time.Second))
	if lost := len(badVisitors) + len(bad); lost > 0 {
		t.Logf("%d were not answered: visitors %v, members %v", lost, badVisitors, bad)
	}
	if list := after(gone, badVisitors); len(list) > 0 {
		t.Errorf("visitors who asked after the death: %v %v", counts, list)
	}
	if list := after(gone, bad); len(list) > 0 {
		t.Errorf("members who asked after the death: %v", list)
	}
	if last.Sub(began) > 150*time.Second {
		t.Error("writes were still refused when the story ended")
	}
	for id, title := range saved {
		status, _, body, err := e.get("/v1/notices/"+id, token)
		if status != http.StatusOK || !strings.Contains(body, title) {
			t.Errorf("%s was answered as saved, and is %d %v", title, status, err)
		}
	}
	n.run(t, n.start)
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(time.Second) {
		if _, _, ready := e.primary(); ready == 2 {
			t.Logf("the database has its standby again %v after the death", time.Since(began).Round(time.Second))
			break
		}
		if time.Now().After(deadline) {
			t.Fatal("the old primary never came back as a standby")
		}
	}
}

// A node is drained, as before its upgrade: nobody notices.
func TestNodeDrained(t *testing.T) {
	n := openNode(t)
	e := openEnvironment(t).balanced()
	token := e.signIn()
	e.settled("/v1/main", "/")
	e.primaryOn(n.name)
	visitors := e.load(20, "/", "", func(s int) bool { return s == http.StatusOK })
	members := e.load(2, "/v1/members/me", token, func(s int) bool { return s == http.StatusOK || s == http.StatusServiceUnavailable })
	time.Sleep(2 * time.Second)
	began := time.Now()
	n.run(t, n.drain)
	t.Logf("drained in %v", time.Since(began).Round(time.Second))
	time.Sleep(20 * time.Second)
	total, counts, bad := visitors.end()
	ofMembers, memberCounts, badMembers := members.end()
	t.Logf("visitors %d %v, members %d %v", total, counts, ofMembers, memberCounts)
	if len(bad) > 0 {
		t.Errorf("visitors: %v %v", counts, bad)
	}
	if len(badMembers) > 0 {
		t.Errorf("members: %v %v", memberCounts, badMembers)
	}
}
