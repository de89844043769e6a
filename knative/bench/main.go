// Command bench measures the functions' programs beside a bare Echo hello, in one run,
// and prints tables for docs/measurements.md. It needs DATABASE_URL (a PostgreSQL whose
// schema it brings up to date) and REDIS_URL: .ci/servers up prints them. It reports and
// never fails on a clock.
package main

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/database/migrate"
	"github.com/madang-council/madang/shared/database/postgres"
)

func main() {
	starts := flag.Int("starts", 200, "starts of each program")
	requests := flag.Int("requests", 30_000, "requests before the memory is read")
	beside := flag.Bool("peers", false, "instead, read notices beside PocketBase (knative/bench/pocketbase)")
	each := flag.Duration("each", 6*time.Second, "with -peers, how long each is asked")
	rounds := flag.Int("rounds", 3, "with -peers, how often")
	before := flag.String("before", "", "with -peers, a built program of the function notices, as of another commit, instead of PocketBase")
	flag.Parse()
	err := needed()
	switch {
	case err != nil:
	case *beside:
		err = peers(context.Background(), *each, *rounds, *before)
	default:
		err = run(*starts, *requests)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// program is a built program and an address that answers at once.
type program struct {
	name, path, probe string
	module            string // the folder of the module that path is of, where it is another one
	size, zipped      int64
}

func needed() error {
	if os.Getenv("DATABASE_URL") == "" || os.Getenv("REDIS_URL") == "" {
		return errors.New("DATABASE_URL and REDIS_URL are needed: eval \"$(sudo .ci/servers up)\"")
	}
	return nil
}

func run(starts, requests int) error {
	db, err := postgres.Open(os.Getenv("DATABASE_URL"))
	if err != nil {
		return err
	}
	if _, err := migrate.Up(context.Background(), db); err != nil {
		return err
	}
	_ = db.Close()
	dir, err := os.MkdirTemp("", "madang-bench-")
	if err != nil {
		return fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	programs := []program{{name: "hello (bare Echo)", path: "./knative/bench/hello", probe: "/hello"}}
	probes := map[string]string{"main": "/v1/main", "notices": "/v1/notices", "banners": "/v1/banners", "site": "/privacy"}
	for _, s := range functions.All() {
		probe := probes[s.Name]
		if probe == "" {
			probe = "/readyz"
		}
		programs = append(programs, program{name: s.Name, path: "./functions/cmd/" + s.Name, probe: probe})
	}
	for i := range programs {
		if err := programs[i].build(filepath.Join(dir, strconv.Itoa(i))); err != nil {
			return err
		}
	}
	if err := reportStarts(programs, starts); err != nil {
		return err
	}
	return reportLoad(programs, requests)
}

// build makes the program as it is shipped.
func (p *program) build(out string) error {
	command := exec.Command("go", "build", "-C", cmp.Or(p.module, "."), "-trimpath", "-buildvcs=false", "-ldflags=-s -w", "-o", out, p.path)
	command.Env = append(os.Environ(), "CGO_ENABLED=0")
	if text, err := command.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", p.name, err, text)
	}
	content, err := os.ReadFile(out)
	if err != nil {
		return fmt.Errorf("build %s: %w", p.name, err)
	}
	var zipped bytes.Buffer
	w := gzip.NewWriter(&zipped)
	if _, err := w.Write(content); err != nil {
		return fmt.Errorf("build %s: %w", p.name, err)
	}
	if err := w.Close(); err != nil {
		return fmt.Errorf("build %s: %w", p.name, err)
	}
	p.path, p.size, p.zipped = out, int64(len(content)), int64(zipped.Len())
	return nil
}

// reportStarts starts each program in turn, round by round, so that a busy machine is
// busy for all of them.
func reportStarts(programs []program, rounds int) error {
	took, first := make([][]time.Duration, len(programs)), make([][]time.Duration, len(programs))
	for range rounds {
		for i, p := range programs {
			for j, probe := range []string{"/readyz", p.probe} {
				r, d, err := start(p, probe, 0)
				if err != nil {
					return err
				}
				r.stop()
				if j == 0 {
					took[i] = append(took[i], d)
				} else {
					first[i] = append(first[i], d)
				}
			}
		}
	}
	fmt.Printf("\nExec to first answer, %d starts each, in turn\n\n| program | MiB | gzip MB | ready p50 | p99 | first real answer | p50 | p99 |\n|---|---|---|---|---|---|---|---|\n", rounds)
	for i, p := range programs {
		fmt.Printf("| %s | %.2f | %.2f | %s | %s | `%s` | %s | %s |\n", p.name, float64(p.size)/(1<<20), float64(p.zipped)/1e6,
			quantile(took[i], 0.50), quantile(took[i], 0.99), p.probe, quantile(first[i], 0.50), quantile(first[i], 0.99))
	}
	return nil
}

func quantile(list []time.Duration, q float64) string {
	sorted := slices.Sorted(slices.Values(list))
	at := min(len(sorted)-1, int(q*float64(len(sorted))))
	return fmt.Sprintf("%.1f ms", float64(sorted[at].Microseconds())/1000)
}

// reportLoad reads one page of each program again and again, with one core for the
// program, and then its memory.
func reportLoad(programs []program, requests int) error {
	fmt.Printf("\n%d requests by 16 clients, GOMAXPROCS=1, nothing cached\n\n| program | address | requests/s | of hello | RSS at first | RSS afterwards |\n|---|---|---|---|---|---|\n", requests)
	base := 0.0
	for _, p := range programs {
		r, _, err := start(p, p.probe, 1)
		if err != nil {
			return err
		}
		before := r.memory()
		began := time.Now()
		err = r.load(p.probe, requests)
		rate := float64(requests) / time.Since(began).Seconds()
		after := r.memory()
		r.stop()
		if err != nil {
			return err
		}
		if base == 0 {
			base = rate
		}
		fmt.Printf("| %s | `%s` | %.0f | %.0f %% | %.1f MiB | %.1f MiB |\n", p.name, p.probe, rate, 100*rate/base, before, after)
	}
	return nil
}

// running is a started program.
type running struct {
	command *exec.Cmd
	address string
	client  *http.Client
}

// start starts a program and says how long it took until an address answered 200.
func start(p program, probe string, cores int, more ...string) (*running, time.Duration, error) {
	port, err := freePort()
	if err != nil {
		return nil, 0, err
	}
	r := &running{address: "http://127.0.0.1:" + port, client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 16}, Timeout: 10 * time.Second}}
	r.command = exec.Command(p.path)
	if cores == 1 {
		r.command = pinned(0, p.path)
	}
	r.command.Env = append(os.Environ(), "PORT="+port, "METRICS_ADDR=127.0.0.1:0", "SECRET_KEY="+strings.Repeat("0123456789abcdef", 4), "ENVIRONMENT=bench",
		"S3_ENDPOINT=http://127.0.0.1:1", "S3_ACCESS_KEY=a", "S3_SECRET_KEY=b", "K_SINK=http://127.0.0.1:1", "SMTP_URL=smtp://127.0.0.1:1", "MAIL_FROM=bench@example.com", "TRUSTED_HOPS=1")
	if cores > 0 {
		r.command.Env = append(r.command.Env, "GOMAXPROCS="+strconv.Itoa(cores))
	}
	r.command.Env = append(r.command.Env, more...)
	began := time.Now()
	if err := r.command.Start(); err != nil {
		return nil, 0, fmt.Errorf("start %s: %w", p.name, err)
	}
	for time.Since(began) < 10*time.Second {
		if r.get(probe) == nil {
			return r, time.Since(began), nil
		}
		time.Sleep(200 * time.Microsecond)
	}
	r.stop()
	return nil, 0, fmt.Errorf("%s does not answer %s", p.name, probe)
}

func (r *running) get(path string) error { return r.getAs(path, "127.0.0.1") }

func (r *running) getAs(path, visitor string) error {
	request, err := http.NewRequest(http.MethodGet, r.address+path, http.NoBody)
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	request.Header.Set("X-Forwarded-For", visitor)
	response, err := r.client.Do(request)
	if err != nil {
		return fmt.Errorf("get: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("get %s: %s", path, response.Status)
	}
	return nil
}

// load sends requests by 16 clients, each request as another visitor: the functions' own
// limits hold for each visitor.
func (r *running) load(path string, requests int) error {
	var group sync.WaitGroup
	failed := make(chan error, 16)
	for c := range 16 {
		group.Go(func() {
			for i := range requests / 16 {
				if err := r.getAs(path, fmt.Sprintf("10.%d.%d.%d", c, i/250, i%250)); err != nil {
					failed <- fmt.Errorf("client %d: %w", c, err)
					return
				}
			}
		})
	}
	group.Wait()
	close(failed)
	return <-failed
}

// memory is the resident memory in MiB.
func (r *running) memory() float64 {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", r.command.Process.Pid))
	if err != nil {
		return 0
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, "VmRSS:"); ok {
			kib, _ := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024
		}
	}
	return 0
}

// processor is the time that processors spent for it, as Linux counts it: in hundredths of
// a second.
func (r *running) processor() time.Duration {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", r.command.Process.Pid))
	if err != nil {
		return 0
	}
	_, behind, _ := strings.Cut(string(stat), ") ") // the name, in parentheses, may have blanks
	fields := strings.Fields(behind)
	if len(fields) < 13 {
		return 0
	}
	user, _ := strconv.Atoi(fields[11]) // utime and stime, proc_pid_stat(5)
	system, _ := strconv.Atoi(fields[12])
	return time.Duration(user+system) * 10 * time.Millisecond
}

func (r *running) stop() {
	_ = r.command.Process.Kill()
	_ = r.command.Wait()
	r.client.CloseIdleConnections()
}

func freePort() (string, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	defer func() { _ = l.Close() }()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		return "", fmt.Errorf("bench: %w", err)
	}
	return port, nil
}
