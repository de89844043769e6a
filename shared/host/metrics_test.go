package host

import (
	"testing"
	"time"
)

// What counting costs each request.
func BenchmarkRequestMetrics(b *testing.B) {
	m := NewMetrics()
	b.ReportAllocs()
	for b.Loop() {
		m.request("notices", "GET", "/v1/notices/:id", 200, 3*time.Millisecond)
	}
}
