package edge_test

import (
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/knative/bench/load"
	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/knative/edge/nginxtest"
)

// BenchmarkPage compares the main page from Redis with a static file of the same size from
// the same Nginx process, both without compression, and both asked by wrk (Debian's
// package) for two seconds in turn, three times. wrk has the other core.
//
// Then it asks for each in turn, three times, at half of the lesser rate, and says
// within which time 99 of 100 were answered. wrk knows no rate, and fewer connections are
// none: each asks again as soon as it is answered. So a client of our own (knative/bench/load)
// has a time for each request, and counts from then on what has to wait.
func BenchmarkPage(b *testing.B) {
	nginxtest.Need(b)
	wrk, err := exec.LookPath("wrk")
	if err != nil {
		b.Skipf("Debian's wrk is needed: %v", err)
	}
	body := `{"main":"` + strings.Repeat("가나다라 ", 800) + `"}` // 10 KB, as of a main page with twenty notices
	w := world(b)
	w.Functions.Set(edgetest.Rule{Body: body})
	dir := b.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "static.json"), []byte(body), 0o644); err != nil {
		b.Fatal(err)
	}
	address, _ := instance{locations: "location = /static.json { access_log /dev/stdout json; root " + dir + "; }\n"}.start(b, w)
	for _, path := range []string{"/v1/main", "/v1/main", "/static.json"} { // rendered, kept, there
		r, err := http.Get(address + path)
		if err != nil || r.StatusCode != http.StatusOK {
			b.Fatalf("%s: %v %v", path, err, r)
		}
		_ = r.Body.Close()
	}
	for b.Loop() {
		rates := map[string]float64{}
		for range 3 {
			for _, path := range []string{"/v1/main", "/static.json"} {
				rate, latency := ask(b, wrk, address+path, 64)
				b.Logf("%-12s %8.0f requests/s, p99 %s", path, rate, latency)
				rates[path] += rate / 3
			}
		}
		half := min(rates["/v1/main"], rates["/static.json"]) / 2
		late := map[string][]float64{}
		for range 3 {
			for _, path := range []string{"/v1/main", "/static.json"} {
				r, err := load.Run(b.Context(), load.Plan{
					Address: strings.TrimPrefix(address, "http://"), Connections: 64, For: 3 * time.Second, Rate: half,
					Request: func(int64) load.Request { return load.Request{Path: path} },
				})
				if err != nil {
					b.Fatal(err)
				}
				b.Logf("%-12s at %.0f requests/s: %.0f answered, p50 %v, p99 %v", path, half, r.Rate, r.Quantile(0.50), r.Quantile(0.99))
				late[path] = append(late[path], float64(r.Quantile(0.99).Microseconds())/1000)
			}
		}
		for path, unit := range map[string]string{"/v1/main": "page-p99-ms", "/static.json": "file-p99-ms"} {
			slices.Sort(late[path])
			b.ReportMetric(late[path][1], unit)
		}
		b.ReportMetric(rates["/v1/main"], "pages/s")
		b.ReportMetric(rates["/static.json"], "files/s")
		b.ReportMetric(100*rates["/v1/main"]/rates["/static.json"], "%")
	}
}

var (
	wrkRate    = regexp.MustCompile(`Requests/sec:\s+([0-9.]+)`)
	wrkLatency = regexp.MustCompile(`99%\s+(\S+)`)
	wrkErrors  = regexp.MustCompile(`Non-2xx|Socket errors`)
)

// ask runs wrk for two seconds and is the rate and the 99th percentile.
func ask(b *testing.B, wrk, address string, connections int) (rate float64, latency string) {
	b.Helper()
	out, err := exec.Command(wrk, "-t1", fmt.Sprintf("-c%d", connections), "-d2s", "--latency", address).CombinedOutput()
	found, late := wrkRate.FindSubmatch(out), wrkLatency.FindSubmatch(out)
	if err != nil || found == nil || late == nil || wrkErrors.Match(out) {
		b.Fatalf("wrk: %v\n%s", err, out)
	}
	rate, err = strconv.ParseFloat(string(found[1]), 64)
	if err != nil {
		b.Fatal(err)
	}
	return rate, string(late[1])
}
