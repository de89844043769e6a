package uploads_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
)

// lanes is how many parts are sent at once, as browsers do (parallel in
// shared/ui/desk/assets/transfer.js).
const lanes = 2

// BenchmarkRclone uploads 95 MB to Swift in turns: by the function's presigned parts, from
// the start to the completion's answer, and by rclone (Debian's package) with the same size
// of parts and as many at once. Neither keeps connections from one round to the next. It
// reports medians, and ours as a part of rclone's rate; rclone's time is less what its
// program takes to begin and end.
//
//	go test ./functions/uploads -run '^$' -bench Rclone -benchtime 1x
func BenchmarkRclone(b *testing.B) {
	rclone, err := exec.LookPath("rclone")
	if err != nil {
		b.Skipf("Debian's rclone is needed: %v", err)
	}
	w := world{App: functiontest.New(b, uploads.Function, functiontest.OnSwift), t: b}
	editor, content := w.Editor(), archive(b, 95_000_000)
	file := filepath.Join(b.TempDir(), "95.zip")
	if err := os.WriteFile(file, content, 0o600); err != nil {
		b.Fatal(err)
	}
	c := w.Deps.Storage
	run := func(args ...string) time.Duration {
		command := exec.Command(rclone, args...)
		command.Env = append(slices.DeleteFunc(os.Environ(), func(v string) bool { return strings.HasPrefix(v, "AWS_") }), "RCLONE_CONFIG=/dev/null", "RCLONE_CONFIG_SWIFT_TYPE=s3", "RCLONE_CONFIG_SWIFT_PROVIDER=Other",
			"RCLONE_CONFIG_SWIFT_ENDPOINT="+c.Endpoint, "RCLONE_CONFIG_SWIFT_REGION="+c.Region,
			"RCLONE_CONFIG_SWIFT_ACCESS_KEY_ID="+c.AccessKey, "RCLONE_CONFIG_SWIFT_SECRET_ACCESS_KEY="+c.SecretKey)
		began := time.Now()
		if out, err := command.CombinedOutput(); err != nil {
			b.Fatalf("rclone %v: %v\n%s", args, err, out)
		}
		return time.Since(began)
	}
	const rounds = 3
	var ours, parts, theirs []time.Duration
	for b.Loop() {
		for range rounds {
			sent, all := w.transfer(editor, content)
			ours, parts = append(ours, all), append(parts, sent)
			begins := run("version")
			took := run("copyto", file, "swift:"+c.Bucket+"/rclone.zip", "--s3-chunk-size", strconv.FormatInt(objects.PartSize/upload.MiB, 10)+"Mi",
				"--s3-upload-concurrency", strconv.Itoa(lanes), "--s3-upload-cutoff", "0", "--s3-no-check-bucket", "--ignore-times", "--retries", "1")
			theirs = append(theirs, took-begins)
			b.Logf("parts %v, with start and completion %v; rclone %v and %v to begin", sent, all, took-begins, begins)
		}
	}
	rate := func(list []time.Duration) float64 {
		slices.Sort(list)
		return float64(len(content)) / 1e6 / list[len(list)/2].Seconds()
	}
	b.ReportMetric(rate(ours), "MB/s")
	b.ReportMetric(rate(parts), "parts-MB/s")
	b.ReportMetric(rate(theirs), "rclone-MB/s")
	b.ReportMetric(100*rate(ours)/rate(theirs), "%-of-rclone")
}

// transfer uploads content and is how long it took until its parts were there, and until it
// was complete.
func (w world) transfer(as string, content []byte) (sent, all time.Duration) {
	w.t.Helper()
	body := draft("archive", "95.zip", "", content) // the sum is the browser's, made beside the transfer
	began := time.Now()
	a := w.start(as, body)
	left := make(chan part, a.PartCount)
	for _, p := range a.Parts {
		left <- p
	}
	close(left)
	if len(a.Parts) != a.PartCount {
		w.t.Fatalf("%d of %d parts were signed", len(a.Parts), a.PartCount)
	}
	var group sync.WaitGroup
	for range lanes {
		group.Go(func() {
			for p := range left {
				from := int64(p.Number-1) * objects.PartSize
				if got := put(w.t, p, content[from:from+p.Size]); got != 200 {
					w.t.Errorf("part %d: %d", p.Number, got)
				}
			}
		})
	}
	group.Wait()
	sent = time.Since(began)
	w.call("POST", "/v1/uploads/"+a.ID+"/complete", as, `{}`).Want(200)
	return sent, time.Since(began)
}
