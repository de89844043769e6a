package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/client-go/rest"

	"github.com/madang-council/madang/knative/kube"
)

// Sixty pods that write as much as they can while the storage hangs: memory stays below
// GOMEMLIMIT of the chart, and every line is counted.
func TestMemoryIsBounded(t *testing.T) {
	const pods, lines = 60, 8000
	random, once := make([]byte, 100), strings.Builder{}
	for i := range lines {
		_, _ = rand.Read(random)
		fmt.Fprintf(&once, "2026-11-30T07:00:00.%09dZ {\"n\":%d,\"requestId\":\"%x\"}\n", i, i, random)
	}
	log := []byte(once.String())
	list := corev1.PodList{TypeMeta: metav1.TypeMeta{APIVersion: "v1", Kind: "PodList"}, ListMeta: metav1.ListMeta{ResourceVersion: "1"}}
	for i := range pods {
		list.Items = append(list.Items, corev1.Pod{
			ObjectMeta: metav1.ObjectMeta{Name: fmt.Sprint("pod-", i), UID: types.UID(fmt.Sprint(i)), Labels: map[string]string{kube.ComponentLabel: "function"}},
			Status:     corev1.PodStatus{ContainerStatuses: []corev1.ContainerStatus{{Name: "function", State: corev1.ContainerState{Running: &corev1.ContainerStateRunning{}}}}},
		})
	}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.HasSuffix(r.URL.Path, "/log"):
			_, _ = w.Write(log)
			<-r.Context().Done()
		case r.URL.Query().Get("sendInitialEvents") != "":
			refuse(w, http.StatusUnprocessableEntity, metav1.StatusReasonInvalid)
		case r.URL.Query().Get("watch") != "":
			w.(http.Flusher).Flush()
			<-r.Context().Done()
		default:
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(list)
		}
	}))
	t.Cleanup(func() { server.CloseClientConnections(); server.Close() })
	there, err := newCluster(&rest.Config{Host: server.URL}, "madang")
	if err != nil {
		t.Fatal(err)
	}
	const limit = 80 << 20
	defer debug.SetMemoryLimit(debug.SetMemoryLimit(limit))
	var now runtime.MemStats
	m := newMemory()
	m.set("hangs")
	r := start(t, &api{cluster: there}, m, func(c *collector) {
		c.book.limits.spool, c.book.limits.size, c.book.limits.age = usual.spool, usual.size, usual.age
		c.minuteBytes = 1 << 20
	})
	peak := uint64(0)
	for end := time.Now().Add(2 * time.Minute); ; time.Sleep(20 * time.Millisecond) {
		runtime.ReadMemStats(&now)
		peak = max(peak, now.HeapInuse+now.StackInuse)
		n := r.book.counts()
		if n["madang_logs_spooled_bytes"] > float64(usual.spool+usual.size) {
			t.Fatalf("%v bytes wait", n["madang_logs_spooled_bytes"])
		}
		if n["madang_logs_lines_total"]+n[`madang_logs_dropped_lines_total{why="flood"}`] == pods*lines {
			break
		}
		if time.Now().After(end) {
			t.Fatalf("%v", n)
		}
	}
	if peak > limit {
		t.Errorf("%d MiB", peak>>20)
	}
	n := r.book.counts()
	if n[`madang_logs_dropped_lines_total{why="storage"}`] == 0 || n[`madang_logs_dropped_lines_total{why="flood"}`] == 0 {
		t.Errorf("nothing was dropped: %v", n)
	}
	t.Logf("at most %d MiB; %v", peak>>20, n)
}
