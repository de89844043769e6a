package e2e

import (
	"context"
	"fmt"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"k8s.io/client-go/dynamic"

	"github.com/madang-council/madang/shared/event"
)

// Whoever reaches the broker may publish, and the broker passes it on to everybody who asked for its type: each drops what this
// council has not signed, and nobody tries it again or keeps it as a dead letter.
func TestForgedEvents(t *testing.T) {
	e := openEnvironment(t)
	const kind = "kr.madang.notice.changed.v1"
	client, err := dynamic.NewForConfig(e.config)
	if err != nil {
		t.Fatal(err)
	}
	list, err := client.Resource(triggers).Namespace(e.namespace).List(t.Context(), metav1.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	asked := 0
	for _, trigger := range list.Items {
		if of, _, _ := unstructured.NestedString(trigger.Object, "spec", "filter", "attributes", "type"); of == kind {
			asked++
		}
	}
	if asked == 0 {
		t.Fatal("nobody asks for " + kind)
	}
	const dropped, others = `sum(madang_events_total{type="unsigned",outcome="dropped"})`, `sum(madang_events_total{type="` + kind + `"})`
	e.asleep()
	scraped()
	before, handled := e.sum(dropped), e.sum(others)
	sent := 0
	for _, signature := range []string{"", "AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", "가"} {
		r := e.kubernetes.CoreV1().RESTClient().Post().Namespace("knative-eventing").Resource("services").Name("broker-ingress:80").SubResource("proxy").
			Suffix(e.namespace, "madang").SetHeader("Content-Type", "application/json").
			SetHeader("Ce-Specversion", "1.0").SetHeader("Ce-Id", fmt.Sprint("forged-", time.Now().UnixNano())).SetHeader("Ce-Source", "/notices").
			SetHeader("Ce-Type", kind).SetHeader("Ce-Subject", "00000000-0000-7000-8000-000000000000").SetHeader("Ce-Time", time.Now().Format(time.RFC3339Nano)).
			Body([]byte(`{"id":"00000000-0000-7000-8000-000000000000","version":1}`))
		if signature != "" {
			r.SetHeader("Ce-"+event.SignatureExtension, signature)
		}
		status := 0
		if err := r.Do(context.Background()).StatusCode(&status).Error(); err != nil || status != 202 {
			t.Fatalf("the broker took nothing: %d %v", status, err)
		}
		sent++
	}
	e.soon("every consumer has dropped each", func() bool { return e.sum(dropped)-before >= float64(sent*asked) })
	if now := e.sum(dropped) - before; now > float64(sent*asked) {
		t.Errorf("%d forged events to %d consumers were dropped %v times: they are tried again", sent, asked, now)
	}
	if now := e.sum(others); now != handled {
		t.Errorf("%v events of %s were taken", now-handled, kind)
	}
}
