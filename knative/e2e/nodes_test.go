package e2e

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/fields"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"

	"github.com/madang-council/madang/shared/objects"
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

// balanced puts HAProxy before the edge, as Octavia (NHN's load balancer) runs it: members are the nodes, asked every
// 5 s, out after two failures. MADANG_BALANCER_MODE says what the edge speaks: "proxy" (and without it), as
// docs/operating.md has production, is connections passed on with the PROXY protocol (edge.proxyProtocol), of which the
// balancer asks no more than that they open; "http" is requests, by X-Forwarded-For, and GET /healthz.
//
// Each request of "proxy" has a connection of its own, and comes from an address of its own: visitors who have not asked
// before. Who had a connection to a node that is dead waits for it until his browser gives it up, with any such balancer.
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
	c := *e
	own := *e.target
	own.address = "http://" + at
	c.target = &own
	configuration := ""
	switch mode := os.Getenv("MADANG_BALANCER_MODE"); mode {
	case "", "proxy":
		configuration = fmt.Sprintf(balancing, "tcp", at+" accept-proxy", " send-proxy") // accept-proxy is the test's alone: its client says who the visitor is
		c.client = visitors()
	case "http":
		configuration = fmt.Sprintf(balancing, "http", at, "") + "  option forwardfor if-none\n  option httpchk GET /healthz\n"
	default:
		e.Fatalf("MADANG_BALANCER_MODE is %q: proxy or http", mode)
	}
	for _, n := range nodes.Items {
		for _, a := range n.Status.Addresses {
			if a.Type == corev1.NodeInternalIP {
				configuration += fmt.Sprintf("  server %s %s:%d check\n", n.Name, a.Address, service.Spec.Ports[0].NodePort)
			}
		}
	}
	e.serve(configuration, before)
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(200 * time.Millisecond) {
		if status, _, _, _ := c.get("/healthz", ""); status == http.StatusOK {
			return &c
		}
		if time.Now().After(deadline) {
			e.Fatal("the load balancer answers nobody: does the edge speak what MADANG_BALANCER_MODE says?")
		}
	}
}

// balancing is what HAProxy is told, as Octavia's templates tell it: mode, and where it listens; what a mode has besides follows.
const balancing = `global
  log stdout format raw local0 notice
defaults
  mode %s
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
  default-server inter 5s fall 2 rise 2%s
`

// serve runs HAProxy until the test ends.
func (e *environment) serve(configuration string, before []string) {
	e.Helper()
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
}

// visitors asks from another address each time, which it says by the PROXY protocol.
func visitors() *http.Client {
	var dialed atomic.Int64
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := (&net.Dialer{}).DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		host, port, err := net.SplitHostPort(address)
		if err == nil {
			_, err = fmt.Fprintf(c, "PROXY TCP4 %s %s 40000 %s\r\n", visitor(int(dialed.Add(1))), host, port)
		}
		if err != nil {
			_ = c.Close()
			return nil, err
		}
		return c, nil
	}
	return &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{DialContext: dial, DisableKeepAlives: true}}
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

// ask makes one request, with a JSON body where there is one, and reads the answer into a value where it is 2xx.
func (e *environment) ask(method, path, token string, body, into any) (status int, header http.Header, err error) {
	var content io.Reader = http.NoBody
	if body != nil {
		text, err := json.Marshal(body)
		if err != nil {
			return 0, nil, err
		}
		content = bytes.NewReader(text)
	}
	r, err := http.NewRequest(method, e.target.address+path, content)
	if err != nil {
		return 0, nil, err
	}
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("Authorization", "Bearer "+token)
	response, err := e.client.Do(r)
	if err != nil {
		return 0, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	text, err := io.ReadAll(response.Body)
	if err == nil && response.StatusCode/100 == 2 {
		err = json.Unmarshal(text, into)
	}
	return response.StatusCode, response.Header, err
}

// write saves a draft of a notice and returns its id, or what refused it.
func (e *environment) write(token, title string) (id string, status int, header http.Header, err error) {
	var made struct {
		ID string `json:"id"`
	}
	status, header, err = e.ask(http.MethodPost, "/v1/notices", token, map[string]any{"unit": "총학", "title": title, "publishAt": nil}, &made)
	return made.ID, status, header, err
}

// later notes what was not answered at once, and which of it should have been.
type later struct {
	refused     map[string]int
	first, last time.Time
	bad         failures
}

// refuses notes an answer, and says whether it was one that has to be asked for again.
func (l *later) refuses(asked time.Time, status int, header http.Header, err error) bool {
	if err == nil && status/100 == 2 {
		return false
	}
	if l.refused == nil {
		l.refused = map[string]int{}
	}
	retry := header.Get("Retry-After")
	if status != http.StatusServiceUnavailable || retry == "" {
		l.bad = append(l.bad, failure{asked, fmt.Sprintf("%d %q %v", status, retry, err)})
	}
	l.refused[fmt.Sprint(status)]++
	l.last = time.Now()
	if l.first.IsZero() {
		l.first = l.last
	}
	return true
}

// said is that, for who reads it: when the first and the last was, after a time.
func (l *later) said(since time.Time) string {
	if l.first.IsZero() {
		return "none refused"
	}
	return fmt.Sprintf("refused %v, the first %v after it, the last %v", l.refused, l.first.Sub(since).Round(time.Second), l.last.Sub(since).Round(time.Second))
}

// upload is a file that somebody sends in parts, who asks what is missing before each of them.
type upload struct {
	later
	id       string
	content  []byte
	partSize int64
	parts    int       // sent
	done     time.Time // when it was answered that all of it is there
}

// begin starts an upload of so many parts.
func (e *environment) begin(token string, parts int) *upload {
	e.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "자료.bin", Method: zip.Store})
	if err != nil {
		e.Fatal(err)
	}
	noise := make([]byte, int64(parts)*objects.PartSize-4096) // what a ZIP adds is less
	_, _ = rand.NewChaCha8([32]byte{19}).Read(noise)
	if _, err := w.Write(noise); err != nil {
		e.Fatal(err)
	}
	if err := z.Close(); err != nil {
		e.Fatal(err)
	}
	u := &upload{content: b.Bytes()}
	var started struct {
		ID       string `json:"id"`
		PartSize int64  `json:"partSize"`
	}
	sum := sha256.Sum256(u.content)
	status, _, err := e.ask(http.MethodPost, "/v1/uploads", token, map[string]any{"purpose": "archive", "name": "정전.zip", "size": len(u.content), "type": "application/zip", "sha256": hex.EncodeToString(sum[:])}, &started)
	if status != http.StatusCreated || err != nil {
		e.Fatalf("an upload does not begin: %d %v", status, err)
	}
	u.id, u.partSize = started.ID, started.PartSize
	return u
}

// send sends part after part until all are there, with a pause before each, and tries again what is refused; stop ends it.
func (e *environment) send(u *upload, token string, pause time.Duration, stop <-chan struct{}) {
	for u.done.IsZero() {
		select {
		case <-stop:
			return
		case <-time.After(pause):
		}
		asked := time.Now()
		var all struct {
			Missing []part `json:"missing"`
		}
		if status, header, err := e.ask(http.MethodGet, "/v1/uploads/"+u.id+"/parts", token, nil, &all); u.refuses(asked, status, header, err) {
			continue
		}
		if len(all.Missing) > 0 {
			if err := u.put(all.Missing[0]); err != nil { // the storage is on no node that dies
				u.bad = append(u.bad, failure{asked, err.Error()})
			}
			continue
		}
		asked = time.Now()
		var is struct {
			State string `json:"state"`
		}
		status, header, err := e.ask(http.MethodPost, "/v1/uploads/"+u.id+"/complete", token, map[string]any{}, &is)
		if u.refuses(asked, status, header, err) {
			continue
		}
		if is.State != "complete" {
			u.bad = append(u.bad, failure{asked, "the upload is " + is.State})
		}
		u.done = time.Now()
	}
}

// put sends a part to the storage, which has given its address for it.
func (u *upload) put(p part) error {
	from := int64(p.Number-1) * u.partSize
	r, err := http.NewRequest(http.MethodPut, p.URL, bytes.NewReader(u.content[from:from+p.Size]))
	if err != nil {
		return err
	}
	for name, value := range p.Headers {
		if !strings.EqualFold(name, "Content-Length") {
			r.Header.Set(name, value)
		}
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("part %d: %s", p.Number, response.Status)
	}
	u.parts++
	return nil
}

// A node loses its power, with the database's primary, one of the edge's replicas and pods of
// functions on it: readers are all answered, members get their answer or 503 with Retry-After
// for a time that is printed, whatever was answered as saved is there afterwards, and an upload that was under way gets to
// its end. What was asked before the node was gone may have been under way there: nobody can answer it any more,
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
	const parts = 6
	file := e.begin(token, parts)
	saved, writes := map[string]string{}, later{}
	stop := make(chan struct{})
	var members sync.WaitGroup
	members.Go(func() { e.send(file, token, 4*time.Second, stop) }) // some parts before the death, and some after it
	members.Go(func() {                                             // one writer, who tries again
		for i := 0; ; i++ {
			select {
			case <-stop:
				return
			case <-time.After(1100 * time.Millisecond): // as fast as one may write
			}
			title, asked := fmt.Sprintf("정전 중에 쓴 글 %d", i), time.Now()
			id, status, header, err := e.write(token, title)
			if !writes.refuses(asked, status, header, err) {
				saved[id] = title
			}
		}
	})
	readers := e.load(20, "/", "", answered)
	time.Sleep(10 * time.Second)
	began := time.Now()
	n.run(t, n.kill)
	gone := time.Now()
	t.Logf("the node was gone after %v", gone.Sub(began).Round(time.Millisecond))
	time.Sleep(3 * time.Minute)
	total, counts, bad := readers.end()
	close(stop)
	members.Wait()
	t.Logf("readers %d %v", total, counts)
	t.Logf("%d writes saved, %s", len(saved), writes.said(began))
	t.Logf("an upload of %d parts, %d of them sent, %s", parts, file.parts, file.said(began))
	for who, list := range map[string]failures{"readers": bad, "writers": writes.bad, "the upload": file.bad} {
		if len(list) > 0 {
			t.Logf("%s: %d were not answered: %v", who, len(list), list)
		}
		if list := list.after(gone); len(list) > 0 {
			t.Errorf("%s who asked after the death: %d were not answered: %v", who, len(list), list)
		}
	}
	switch {
	case file.done.IsZero():
		t.Error("the upload was not done when the story ended")
	case file.done.Before(gone):
		t.Error("the upload was done before the node was gone: it says nothing")
	default:
		t.Logf("the upload was done %v after the death", file.done.Sub(began).Round(time.Second))
	}
	if writes.last.Sub(began) > 150*time.Second {
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

// A node is drained, as before its upgrade, with the database's primary on it: no reader notices, and a member at most by
// waiting.
func TestNodeDrained(t *testing.T) {
	n := openNode(t)
	e := openEnvironment(t).balanced()
	token := e.signIn()
	e.settled("/v1/main", "/")
	e.primaryOn(n.name)
	readers := e.load(20, "/", "", answered)
	members := e.load(2, "/v1/members/me", token, answered)
	time.Sleep(2 * time.Second)
	began := time.Now()
	n.run(t, n.drain)
	t.Logf("drained in %v", time.Since(began).Round(time.Second))
	time.Sleep(20 * time.Second)
	total, counts, bad := readers.end()
	ofMembers, memberCounts, badMembers := members.end()
	t.Logf("readers %d %v, members %d %v", total, counts, ofMembers, memberCounts)
	if len(bad) > 0 {
		t.Errorf("readers: %d %v", len(bad), bad)
	}
	if len(badMembers) > 0 {
		t.Errorf("members: %d %v", len(badMembers), badMembers)
	}
}
