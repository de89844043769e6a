package chart_test

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha1" //nolint:gosec // the signature that GitHub has given up is among what is refused
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"hash"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync/atomic"
	"testing"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	triggers "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	"github.com/tektoncd/triggers/pkg/interceptors/cel"
	"github.com/tektoncd/triggers/pkg/interceptors/github"
	"github.com/tektoncd/triggers/pkg/template"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"

	"github.com/madang-council/madang/knative/edge/nginxtest"
	"github.com/madang-council/madang/shared/addresstest"
)

// secretGetter reads Secrets out of the rendered chart, as the interceptors' own one does
// out of the cluster.
type secretGetter struct{ secrets map[string]*corev1.Secret }

func (g secretGetter) Get(_ context.Context, ns string, ref *triggers.SecretRef) ([]byte, error) {
	if s := g.secrets[ref.SecretName]; s != nil && ns == namespace {
		return []byte(s.StringData[ref.SecretKey]), nil
	}
	return nil, fmt.Errorf("no Secret %s in %q", ref.SecretName, ns)
}

// listener answers a webhook as the EventListener does: with the chart's triggers and the
// code of Tekton's interceptors, bindings and templates. Like Kubernetes it makes nothing
// of a name that there is already.
type listener struct {
	t        *testing.T
	rendered rendered
	runs     map[string]*v1.PipelineRun
}

func newListener(t *testing.T) *listener {
	return &listener{t: t, rendered: render(t, installations["production"]...), runs: map[string]*v1.PipelineRun{}}
}

// receive returns the names of the runs that a webhook makes.
func (l *listener) receive(header http.Header, body []byte) []string {
	l.t.Helper()
	made := []string{}
	secrets := secretGetter{of[corev1.Secret](l.rendered)}
	interceptors := map[string]triggers.InterceptorInterface{"github": github.NewInterceptor(secrets), "cel": cel.NewInterceptor(secrets)}
	for _, trigger := range of[triggers.EventListener](l.rendered)["github"].Spec.Triggers {
		request := &triggers.InterceptorRequest{
			Body: string(body), Header: header, Extensions: map[string]any{},
			Context: &triggers.TriggerContext{EventURL: "http://door/github", EventID: "1", TriggerID: "namespaces/" + namespace + "/triggers/" + trigger.Name},
		}
		passed := true
		for _, i := range trigger.Interceptors {
			request.InterceptorParams = map[string]any{}
			for _, p := range i.Params {
				var value any
				if err := json.Unmarshal(p.Value.Raw, &value); err != nil {
					l.t.Fatal(err)
				}
				request.InterceptorParams[p.Name] = value
			}
			response := interceptors[i.Ref.Name].Process(l.t.Context(), request)
			if strings.Contains(response.Status.Message, " check failed: ") || strings.Contains(response.Status.Message, "failed to parse expression") {
				l.t.Fatalf("trigger %s: %s", trigger.Name, response.Status.Message) // a mistake in the chart, not in the webhook
			}
			if !response.Continue {
				passed = false
				break
			}
			for k, v := range response.Extensions {
				request.Extensions[k] = v
			}
		}
		if passed {
			made = append(made, l.create(trigger, header, body, request.Extensions)...)
		}
	}
	return made
}

func (l *listener) create(trigger triggers.EventListenerTrigger, header http.Header, body []byte, extensions map[string]any) []string {
	l.t.Helper()
	resolved, err := template.ResolveTrigger(triggers.Trigger{Spec: triggers.TriggerSpec{Bindings: trigger.Bindings, Template: *trigger.Template}},
		func(name string) (*triggers.TriggerBinding, error) {
			return of[triggers.TriggerBinding](l.rendered)[name], nil
		},
		nil,
		func(name string) (*triggers.TriggerTemplate, error) {
			return of[triggers.TriggerTemplate](l.rendered)[name], nil
		})
	if err != nil {
		l.t.Fatal(err)
	}
	params, err := template.ResolveParams(resolved, body, header, extensions, template.NewTriggerContext("1"))
	if err != nil {
		l.t.Fatalf("trigger %s: %v", trigger.Name, err)
	}
	made := []string{}
	for _, raw := range template.ResolveResources(resolved.TriggerTemplate, params) {
		run := &v1.PipelineRun{}
		if err := yaml.UnmarshalStrict(raw, run); err != nil {
			l.t.Fatalf("trigger %s: %v\n%s", trigger.Name, err, raw)
		}
		run.SetDefaults(l.t.Context())
		if err := run.Validate(l.t.Context()); err != nil {
			l.t.Errorf("trigger %s: %v", trigger.Name, err)
		}
		if l.runs[run.Name] == nil {
			l.runs[run.Name] = run
			made = append(made, run.Name)
		}
	}
	return made
}

const commit = "0123456789abcdef0123456789abcdef01234567"

// event is a payload of GitHub's with what the pipeline reads, and some of what it does
// not (https://docs.github.com/en/webhooks/webhook-events-and-payloads).
type event map[string]any

func pullEvent(action, from string) event {
	return event{
		"action": action, "number": 7, "repository": event{"full_name": "madang-council/madang"},
		"pull_request": event{
			"number": 7, "title": "$(params.commit) \"; rm -rf / #", "updated_at": "2026-11-24T10:00:00Z", "closed_at": nil,
			"head": event{"ref": "a-branch", "sha": commit, "repo": event{"full_name": from}},
			"base": event{"ref": "main", "sha": strings.Repeat("f", 40), "repo": event{"full_name": "madang-council/madang"}},
		},
	}
}

func pushEvent(ref string) event {
	return event{"ref": ref, "before": strings.Repeat("e", 40), "after": commit, "deleted": false, "repository": event{"full_name": "madang-council/madang"}}
}

// absent takes a field away: with nil it is null.
const absent = "absent"

// with changes one field, by its path.
func (e event) with(path string, value any) event {
	var copied event
	content, _ := json.Marshal(e)
	_ = json.Unmarshal(content, &copied)
	at := map[string]any(copied)
	parts := strings.Split(path, ".")
	for _, p := range parts[:len(parts)-1] {
		at = at[p].(map[string]any)
	}
	if value == absent {
		delete(at, parts[len(parts)-1])
	} else {
		at[parts[len(parts)-1]] = value
	}
	return copied
}

func (e event) body() []byte {
	content, err := json.Marshal(e)
	if err != nil {
		panic(err)
	}
	return content
}

const (
	own  = "madang-council/madang"
	fork = "somebody/madang"
)

func sign(h func() hash.Hash, prefix, secret string, body []byte) string {
	m := hmac.New(h, []byte(secret))
	_, _ = m.Write(body)
	return prefix + hex.EncodeToString(m.Sum(nil))
}

func signed(kind string, body []byte) http.Header {
	h := http.Header{}
	h.Set("Content-Type", "application/json")
	h.Set("X-GitHub-Event", kind)
	h.Set("X-GitHub-Delivery", "72d3162e-cc78-11e3-81ab-4c9367dc0958")
	h.Set("X-Hub-Signature-256", sign(sha256.New, "sha256=", "installation-webhook", body))
	return h
}

// What GitHub says, and the run that it makes.
func TestWebhooks(t *testing.T) {
	closed := pullEvent("closed", own).with("pull_request.closed_at", "2026-11-24T11:22:33Z")
	for _, row := range []struct {
		name, kind string
		event      event
		want       string // the run's name; "" for none
		pipeline   string
	}{
		{"opened", "pull_request", pullEvent("opened", own), "pr-7-0123456789ab", "pull-request"},
		{"synchronised", "pull_request", pullEvent("synchronize", own), "pr-7-0123456789ab", "pull-request"},
		{"reopened", "pull_request", pullEvent("reopened", own), "pr-7-0123456789ab-20261124100000", "pull-request"},
		{"closed", "pull_request", closed, "closed-7-20261124112233", "closed"},
		{"a fork", "pull_request", pullEvent("opened", fork), "fork-7-0123456789ab", "fork"},
		{"a fork goes on", "pull_request", pullEvent("synchronize", fork), "fork-7-0123456789ab", "fork"},
		{"a fork that is gone", "pull_request", pullEvent("reopened", fork).with("pull_request.head.repo", nil), "fork-7-0123456789ab-20261124100000", "fork"},
		{"a fork closed", "pull_request", closed.with("pull_request.head.repo.full_name", fork), "closed-7-20261124112233", "closed"},
		{"main", "push", pushEvent("refs/heads/main"), "main-0123456789ab", "main"},
		{"another branch", "push", pushEvent("refs/heads/feature"), "", ""},
		{"a tag named main", "push", pushEvent("refs/tags/main"), "", ""},
		{"main deleted", "push", pushEvent("refs/heads/main").with("deleted", true).with("after", strings.Repeat("0", 40)), "", ""},
		{"labelled", "pull_request", pullEvent("labeled", own), "", ""},
		{"into another branch", "pull_request", pullEvent("opened", own).with("pull_request.base.ref", "release"), "", ""},
		{"of another repository", "pull_request", pullEvent("opened", own).with("repository.full_name", "other/madang"), "", ""},
	} {
		t.Run(row.name, func(t *testing.T) {
			l := newListener(t)
			body := row.event.body()
			made := l.receive(signed(row.kind, body), body)
			switch {
			case row.want == "" && len(made) > 0 || row.want != "" && (len(made) != 1 || made[0] != row.want):
				t.Fatalf("made %v, wanted %q", made, row.want)
			case row.want == "":
				return
			}
			run := l.runs[row.want]
			if run.Spec.PipelineRef.Name != row.pipeline || run.Namespace != namespace {
				t.Errorf("it runs %s in %s", run.Spec.PipelineRef.Name, run.Namespace)
			}
			for _, p := range run.Spec.Params {
				if want := map[string]string{"commit": commit, "pull": "7"}[p.Name]; p.Value.StringVal != want {
					t.Errorf("%s is %q", p.Name, p.Value.StringVal)
				}
			}
			if again := l.receive(signed(row.kind, body), body); len(again) > 0 {
				t.Errorf("the same webhook again made %v", again)
			}
		})
	}
}

// attack is a webhook that must make nothing.
type attack struct {
	name   string
	header http.Header
	body   []byte
}

// attacks are forged, altered and replayed webhooks. The originals are those of TestWebhooks
// that make a run.
func attacks() []attack {
	list := []attack{}
	add := func(name string, header http.Header, body []byte) {
		list = append(list, attack{name, header, body})
	}
	originals := map[string]event{
		"opened": pullEvent("opened", own), "fork": pullEvent("opened", fork), "main": pushEvent("refs/heads/main"),
		"closed": pullEvent("closed", own).with("pull_request.closed_at", "2026-11-24T11:22:33Z"),
	}
	for name, e := range originals {
		kind, body := "pull_request", e.body()
		if name == "main" {
			kind = "push"
		}
		right := signed(kind, body)
		signature := right.Get("X-Hub-Signature-256")
		for what, value := range map[string]string{
			"no signature": "", "only its name": "sha256=", "of nothing": sign(sha256.New, "sha256=", "installation-webhook", nil),
			"of another secret": sign(sha256.New, "sha256=", "guessed", body), "of an empty secret": sign(sha256.New, "sha256=", "", body),
			"cut": signature[:len(signature)-1], "longer": signature + "0", "its first byte": signature[:9], "zeros": "sha256=" + strings.Repeat("0", 64),
			"upper case of another": strings.ToUpper(sign(sha256.New, "sha256=", "guessed", body)), "no hexadecimal": "sha256=" + strings.Repeat("g", 64),
			"without name": strings.TrimPrefix(signature, "sha256="), "another name": "sha512=" + strings.TrimPrefix(signature, "sha256="),
			"twice": signature + "," + signature, "SHA-1 of another secret": sign(sha1.New, "sha1=", "guessed", body),
			"of the header": sign(sha256.New, "sha256=", "installation-webhook", []byte(kind)), "a newline": "sha256=\n" + signature[7:], "null": "null",
		} {
			h := right.Clone()
			h.Set("X-Hub-Signature-256", value)
			if value == "" {
				h.Del("X-Hub-Signature-256")
			}
			add(name+": signature "+what, h, body)
		}
		for i := range 16 { // one bit of the body is another
			altered := bytes.Clone(body)
			altered[(i+1)*len(body)/18] ^= 1 << (i % 7)
			add(fmt.Sprintf("%s: bit %d altered", name, i), right, altered)
		}
		for what, altered := range map[string][]byte{
			"nothing": {}, "a space more": append(bytes.Clone(body), ' '), "cut": body[:len(body)-1], "twice": append(bytes.Clone(body), body...),
			"another commit": bytes.ReplaceAll(body, []byte(commit), []byte(strings.Repeat("a", 40))), "another number": bytes.ReplaceAll(body, []byte(`"number":7`), []byte(`"number":8`)),
		} {
			if bytes.Equal(altered, body) { // a push has no number
				continue
			}
			add(name+": body "+what, right, altered)
		}
		for what, kind := range map[string]string{"none": "", "ping": "ping", "a comment": "issue_comment", "both": "pull_request,push", "upper case": strings.ToUpper(kind), "the other": map[string]string{"push": "pull_request", "pull_request": "push"}[kind]} {
			h := right.Clone()
			h.Set("X-GitHub-Event", kind)
			add(name+": event "+what, h, body)
		}
		h := right.Clone()
		h.Set("Content-Type", "application/x-www-form-urlencoded")
		add(name+": as a form", h, body)
	}
	// Signed rightly, and with a content that must not come through: what names, commits
	// and numbers would do in a name, a label or a command.
	for what, e := range map[string]event{
		"commit too short": pullEvent("opened", own).with("pull_request.head.sha", commit[:39]), "commit too long": pullEvent("opened", own).with("pull_request.head.sha", commit+"0"),
		"commit in capitals": pullEvent("opened", own).with("pull_request.head.sha", strings.ToUpper(commit)), "commit a command": pullEvent("opened", own).with("pull_request.head.sha", "$(rm -rf /)"),
		"commit a variable": pullEvent("opened", own).with("pull_request.head.sha", "$(params.run)"), "commit with a line": pullEvent("opened", own).with("pull_request.head.sha", commit+"\n"),
		"commit a number": pullEvent("opened", own).with("pull_request.head.sha", 7), "no commit": pullEvent("opened", own).with("pull_request.head.sha", absent), "commit null": pullEvent("opened", own).with("pull_request.head.sha", nil),
		"number zero": pullEvent("opened", own).with("number", 0), "number negative": pullEvent("opened", own).with("number", -7), "number a text": pullEvent("opened", own).with("number", "7"),
		"number too large": pullEvent("opened", own).with("number", 1e18), "no number": pullEvent("opened", own).with("number", absent), "number null": pullEvent("opened", own).with("number", nil),
		"no pull request": pullEvent("opened", own).with("pull_request", absent), "no action": pullEvent("opened", own).with("action", absent), "no head": pullEvent("opened", own).with("pull_request.head", nil), "action a list": pullEvent("opened", own).with("action", []string{"opened"}),
		"closed at no time": pullEvent("closed", own).with("pull_request.closed_at", "now"), "closed at nothing": pullEvent("closed", own).with("pull_request.closed_at", nil),
		"base of a fork": pullEvent("opened", own).with("pull_request.base.repo.full_name", fork), "repository a list": pullEvent("opened", own).with("repository", []string{own}),
	} {
		body := e.body()
		add("signed: "+what, signed("pull_request", body), body)
	}
	for what, e := range map[string]event{
		"after too short": pushEvent("refs/heads/main").with("after", "abc"), "after a command": pushEvent("refs/heads/main").with("after", "`id`"), "after nothing": pushEvent("refs/heads/main").with("after", nil),
		"after zeros": pushEvent("refs/heads/main").with("after", strings.Repeat("0", 40)), "of a fork": pushEvent("refs/heads/main").with("repository.full_name", fork),
		"ref main only": pushEvent("main"), "ref in capitals": pushEvent("refs/heads/MAIN"), "ref longer": pushEvent("refs/heads/main/x"), "ref a list": pushEvent("refs/heads/main").with("ref", []string{"refs/heads/main"}),
	} {
		body := e.body()
		add("signed: push "+what, signed("push", body), body)
	}
	for what, body := range map[string]string{"a list": "[]", "a text": `"x"`, "null": "null", "no JSON": "{", "deep": strings.Repeat("[", 20000) + strings.Repeat("]", 20000)} {
		add("signed: body "+what, signed("pull_request", []byte(body)), []byte(body))
	}
	return list
}

func TestForgedWebhooksMakeNothing(t *testing.T) {
	l := newListener(t)
	list := attacks()
	for _, a := range list {
		if made := l.receive(a.header, a.body); len(made) > 0 {
			t.Errorf("%s: made %v", a.name, made)
		}
	}
	if len(list) < 200 {
		t.Errorf("only %d variants", len(list))
	}
	t.Logf("%d variants", len(list))
}

// A webhook that is sent again, once or often, in any order, with another delivery id,
// makes no second run.
func TestReplayedWebhooksMakeNothingNew(t *testing.T) {
	l := newListener(t)
	events := []event{pullEvent("opened", own), pullEvent("synchronize", own), pullEvent("reopened", own), pullEvent("closed", own).with("pull_request.closed_at", "2026-11-24T11:22:33Z"), pullEvent("opened", fork)}
	for round := range 10 {
		for i, e := range events {
			body := e.body()
			h := signed("pull_request", body)
			h.Set("X-GitHub-Delivery", fmt.Sprintf("%d-%d", round, i))
			made := l.receive(h, body)
			if round > 0 && len(made) > 0 {
				t.Errorf("round %d: %v", round, made)
			}
		}
	}
	if len(l.runs) != 4 { // opened and synchronize of one commit are one run
		t.Errorf("%d runs", len(l.runs))
	}
}

// The door lets through what GitHub may send and nothing else; the EventListener behind
// it never sees the rest.
func TestDoor(t *testing.T) {
	nginxtest.Need(t)
	var passed atomic.Int64
	behind := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		passed.Add(1)
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusAccepted)
	}))
	defer behind.Close()
	address := openDoor(t, behind.URL)
	body := pullEvent("opened", own).body()
	large := func(n int) []byte { return append([]byte(`{"x":"`), append(bytes.Repeat([]byte("x"), n), `"}`...)...) }
	type row struct {
		name, method, path string
		header             http.Header
		body               io.Reader
		want               int
	}
	rows := []row{
		{"GitHub's", http.MethodPost, "/github", signed("push", body), bytes.NewReader(body), http.StatusAccepted},
		{"as large as it may be", http.MethodPost, "/github", signed("push", body), bytes.NewReader(large(2<<20 - 16)), http.StatusAccepted},
		{"another path", http.MethodPost, "/", signed("push", body), bytes.NewReader(body), http.StatusNotFound},
		{"below the path", http.MethodPost, "/github/x", signed("push", body), bytes.NewReader(body), http.StatusNotFound},
		{"the listener's own", http.MethodGet, "/live", http.Header{}, http.NoBody, http.StatusNotFound},
	}
	for _, method := range []string{http.MethodGet, http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodHead, http.MethodOptions} {
		rows = append(rows, row{method, method, "/github", signed("push", body), bytes.NewReader(body), http.StatusMethodNotAllowed})
	}
	for _, kind := range []string{"", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "xapplication/json"} {
		h := signed("push", body)
		h.Set("Content-Type", kind)
		rows = append(rows, row{"type " + kind, http.MethodPost, "/github", h, bytes.NewReader(body), http.StatusUnsupportedMediaType})
	}
	for _, signature := range []string{"", "sha256=", "sha1=" + strings.Repeat("0", 40), "sha256=" + strings.Repeat("0", 63), "sha256=" + strings.Repeat("0", 65), "sha256=" + strings.Repeat("G", 64), strings.Repeat("0", 64)} {
		h := signed("push", body)
		h.Set("X-Hub-Signature-256", signature)
		rows = append(rows, row{"signature " + signature, http.MethodPost, "/github", h, bytes.NewReader(body), http.StatusUnauthorized})
	}
	for _, n := range []int{2 << 20, 2<<20 + 1, 4 << 20, 25 << 20} {
		rows = append(rows,
			row{fmt.Sprintf("%d bytes", n), http.MethodPost, "/github", signed("push", body), bytes.NewReader(large(n)), http.StatusRequestEntityTooLarge},
			row{fmt.Sprintf("%d bytes in chunks", n), http.MethodPost, "/github", signed("push", body), io.MultiReader(bytes.NewReader(large(n))), http.StatusRequestEntityTooLarge})
	}
	for _, r := range rows {
		before := passed.Load()
		request, err := http.NewRequest(r.method, address+r.path, r.body)
		if err != nil {
			t.Fatal(err)
		}
		request.Header = r.header
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			if r.want == http.StatusRequestEntityTooLarge && errors.Is(err, io.ErrClosedPipe) || strings.Contains(err.Error(), "broken pipe") || strings.Contains(err.Error(), "reset") {
				continue // it hangs up while the rest is still sent
			}
			t.Errorf("%s: %v", r.name, err)
			continue
		}
		_ = response.Body.Close()
		if response.StatusCode != r.want {
			t.Errorf("%s: %d, wanted %d", r.name, response.StatusCode, r.want)
		}
		if through := passed.Load() - before; (through > 0) != (r.want == http.StatusAccepted) {
			t.Errorf("%s: %d requests came through", r.name, through)
		}
	}
	t.Logf("%d requests", len(rows))
}

// openDoor runs the chart's configuration with the addresses of a test in it.
func openDoor(t *testing.T, behind string) string {
	t.Helper()
	dir, address := t.TempDir(), addresstest.Address(t)
	configuration := of[corev1.ConfigMap](render(t, installations["production"]...))["door"].Data["nginx.conf"]
	for from, to := range map[string]string{
		"listen 8080;": "listen " + address + ";", "http://el-github." + namespace + ".svc.cluster.local:8080/": behind + "/", "/tmp/": dir + "/",
		"rate=5r/s": "rate=1000r/s",
	} {
		if !strings.Contains(configuration, from) {
			t.Fatalf("the door's configuration has no %q", from)
		}
		configuration = strings.ReplaceAll(configuration, from, to)
	}
	nginxtest.Start(t, dir, "http://"+address+"/healthz", map[string]string{"nginx.conf": "master_process off;\n" + configuration})
	return "http://" + address
}
