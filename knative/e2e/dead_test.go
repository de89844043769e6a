package e2e

import (
	"context"
	"encoding/json"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/dynamic"
)

var triggers = schema.GroupVersionResource{Group: "eventing.knative.dev", Version: "v1", Resource: "triggers"}

// letter is a dead letter as the API shows it.
type letter struct {
	ID, EventID, Subject, Consumer string
	Status, Times                  int
}

// A consumer that refuses an event leaves a dead letter; replayed, it comes back as long as
// the consumer refuses it, and not once the consumer is mended.
func TestDeadLetters(t *testing.T) {
	e := openEnvironment(t)
	client, err := dynamic.NewForConfig(e.config)
	if err != nil {
		t.Fatal(err)
	}
	const name = "story-refuses"
	trigger := func(subscriber map[string]any) *unstructured.Unstructured {
		return &unstructured.Unstructured{Object: map[string]any{
			"apiVersion": "eventing.knative.dev/v1", "kind": "Trigger", "metadata": map[string]any{"name": name},
			"spec": map[string]any{
				"broker": "madang", "filter": map[string]any{"attributes": map[string]any{"type": "kr.madang.notice.changed.v1"}}, "subscriber": subscriber,
			},
		}}
	}
	api := client.Resource(triggers).Namespace(e.namespace)
	subscribe := func(subscriber map[string]any) {
		t.Helper()
		if err := api.Delete(context.Background(), name, metav1.DeleteOptions{}); err == nil {
			e.soon("the trigger is gone", func() bool {
				_, err := api.Get(context.Background(), name, metav1.GetOptions{})
				return err != nil
			})
		}
		if _, err := api.Create(context.Background(), trigger(subscriber), metav1.CreateOptions{}); err != nil {
			t.Fatal(err)
		}
		e.soon("the trigger is ready", func() bool {
			o, err := api.Get(context.Background(), name, metav1.GetOptions{})
			return err == nil && isReady(o)
		})
	}
	t.Cleanup(func() { _ = api.Delete(context.Background(), name, metav1.DeleteOptions{}) })
	service := func(name, path string) map[string]any {
		return map[string]any{"ref": map[string]any{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "name": name}, "uri": path}
	}
	subscribe(service("main", "/v1/main")) // answers a POST with 405, which no broker tries again

	admin := e.signIn()
	var notice struct{ ID string }
	e.must(e.call(http.MethodPost, "/v1/notices", admin, `{"unit":"총학","title":"받지 않는 알림"}`, &notice), http.StatusCreated)
	find := func() (found letter, ok bool) {
		var list struct{ Items []letter }
		e.must(e.call(http.MethodGet, "/v1/admin/dead-letters?size=100", admin, "", &list), http.StatusOK)
		for _, l := range list.Items {
			if l.Consumer == "main" && l.Subject == notice.ID {
				return l, true
			}
		}
		return letter{}, false
	}
	var first letter
	e.soon("the event is a dead letter", func() (ok bool) { first, ok = find(); return ok })
	if first.Status != http.StatusMethodNotAllowed || !strings.Contains(first.EventID, notice.ID) {
		t.Errorf("%+v", first)
	}
	e.must(e.call(http.MethodPost, "/v1/admin/dead-letters/"+first.ID+"/replay", admin, "", nil), http.StatusNoContent)
	var second letter
	e.soon("it comes back", func() (ok bool) { second, ok = find(); return ok && second.ID != first.ID })

	subscribe(service("sweep", "/events")) // takes what it does not know
	e.must(e.call(http.MethodPost, "/v1/admin/dead-letters/"+second.ID+"/replay", admin, "", nil), http.StatusNoContent)
	time.Sleep(5 * time.Second)
	if l, back := find(); back {
		t.Errorf("a mended consumer did not take it: %+v", l)
	}
}

func isReady(o *unstructured.Unstructured) bool {
	conditions, _, _ := unstructured.NestedSlice(o.Object, "status", "conditions")
	for _, each := range conditions {
		if c, _ := each.(map[string]any); c["type"] == "Ready" {
			return c["status"] == "True"
		}
	}
	return false
}

// call makes one request with a JSON body, and headers as names and values in turn, and reads
// the answer into a value.
func (e *environment) call(method, path, token, body string, into any, header ...string) int {
	e.Helper()
	r, err := http.NewRequest(method, e.target.address+path, strings.NewReader(body))
	if err != nil {
		e.Fatal(err)
	}
	if body != "" {
		r.Header.Set("Content-Type", "application/json")
	}
	if token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Set(header[i], header[i+1])
	}
	response, err := e.client.Do(r)
	if err != nil {
		e.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(response.Body)
	if err != nil {
		e.Fatal(err)
	}
	if response.StatusCode/100 != 2 {
		e.Logf("%s %s: %s %.300s", method, path, response.Status, answer)
	} else if into != nil {
		if err := json.Unmarshal(answer, into); err != nil {
			e.Fatalf("%s %s: %v: %.300s", method, path, err, answer)
		}
	}
	return response.StatusCode
}

func (e *environment) must(got, want int) {
	e.Helper()
	if got != want {
		e.Fatalf("status %d, want %d", got, want)
	}
}

// soon waits at most two minutes for something.
func (e *environment) soon(what string, ok func() bool) {
	e.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !ok(); time.Sleep(500 * time.Millisecond) {
		if time.Now().After(deadline) {
			e.Fatalf("never: %s", what)
		}
	}
}
