package embedded_test

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/objects"
)

// BenchmarkUpload1GiB uploads 1 GiB in presigned parts over 127.0.0.1 to a store in a process of its own, and reads it
// back. It reports rates and the store's peak memory (VmHWM).
//
//	go test ./shared/objects/embedded -run '^$' -bench Upload1GiB -benchtime 1x
func BenchmarkUpload1GiB(b *testing.B) {
	const count = 128
	address, running := process(b, b.TempDir())
	store, err := objects.Open(objects.Config{Endpoint: address, Region: "KR1", AccessKey: "key", SecretKey: "secret", Bucket: "bench"})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	if err := store.EnsureBucket(ctx); err != nil {
		b.Fatal(err)
	}
	body := bytes.Repeat([]byte("madang 01234567\n"), int(objects.PartSize)/16)
	var up, complete, down time.Duration
	for b.Loop() {
		begin := time.Now()
		id, err := store.StartMultipart(ctx, "big", objects.Meta{})
		if err != nil {
			b.Fatal(err)
		}
		for n := range count {
			signed, _, err := store.SignPart(ctx, "big", id, n+1, objects.PartSize, time.Hour)
			if err != nil {
				b.Fatal(err)
			}
			r, err := http.NewRequestWithContext(ctx, http.MethodPut, signed, bytes.NewReader(body))
			if err != nil {
				b.Fatal(err)
			}
			answer, err := http.DefaultClient.Do(r)
			if err != nil {
				b.Fatal(err)
			}
			answer.Body.Close()
			if answer.StatusCode != http.StatusOK {
				b.Fatalf("status %d", answer.StatusCode)
			}
		}
		up += time.Since(begin)
		begin = time.Now()
		parts, err := store.Parts(ctx, "big", id)
		if err != nil {
			b.Fatal(err)
		}
		if err := store.CompleteMultipart(ctx, "big", id, parts); err != nil {
			b.Fatal(err)
		}
		complete += time.Since(begin)
		begin = time.Now()
		r, err := store.Open(ctx, "big", 0, -1)
		if err != nil {
			b.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, r); err != nil || n != count*objects.PartSize {
			b.Fatalf("%d bytes, %v", n, err)
		}
		r.Close()
		down += time.Since(begin)
	}
	total := float64(b.N * count * int(objects.PartSize>>20))
	b.ReportMetric(total/up.Seconds(), "MiB/s-up")
	b.ReportMetric(total/down.Seconds(), "MiB/s-down")
	b.ReportMetric(float64(complete.Milliseconds())/float64(b.N), "ms-complete")
	b.ReportMetric(peakMiB(b, running.Process.Pid), "MiB-peak")
}

func peakMiB(b *testing.B, pid int) float64 {
	b.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		b.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			var kib float64
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				b.Fatal(err)
			}
			return kib / 1024
		}
	}
	b.Fatal("no VmHWM")
	return 0
}
