package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/madang-council/madang/knative/dashboards"
	"github.com/madang-council/madang/shared/operation/bill"
)

// series is what a query answers for one set of labels.
type series struct {
	Metric map[string]string
	Value  [2]any   // time and value
	Values [][2]any // of a range
}

func (s series) number() float64 {
	text, _ := s.Value[1].(string)
	v, _ := strconv.ParseFloat(text, 64)
	return v
}

// prometheus asks the environment's Prometheus, through Kubernetes' API.
func (e *environment) prometheus(path string, parameters map[string]string) ([]series, error) {
	e.Helper()
	raw, err := e.kubernetes.CoreV1().Services(e.namespace).ProxyGet("http", "prometheus", "9090", path, parameters).DoRaw(context.Background())
	if err != nil {
		return nil, fmt.Errorf("prometheus: %w: %.300s", err, raw)
	}
	var answer struct{ Data struct{ Result []series } }
	if err := json.Unmarshal(raw, &answer); err != nil {
		return nil, fmt.Errorf("prometheus: %w: %.300s", err, raw)
	}
	return answer.Data.Result, nil
}

// sum is a query's only value, or 0.
func (e *environment) sum(query string) float64 {
	e.Helper()
	result, err := e.prometheus("/api/v1/query", map[string]string{"query": query})
	if err != nil {
		e.Fatal(err)
	}
	if len(result) == 0 {
		return 0
	}
	return result[0].number()
}

// scraped waits until Prometheus has asked for everything that has happened: twice, since
// what is new is shown at zero first.
func scraped() { time.Sleep(45 * time.Second) }

// Every request is counted although the pods that counted them are gone: also by increase,
// which sees only what changes between two scrapes.
func TestNothingCountedIsLost(t *testing.T) {
	e := openEnvironment(t)
	token := e.signIn()
	const query = `sum(madang_requests_total{function="members",route="/v1/members/me",status="200"})`
	e.sleeping("members")
	scraped()
	before, began := e.sum(query), time.Now()
	sent := 0
	for range 3 { // each time by a pod of its own, that is gone before long
		for range 17 {
			if status, _, body, err := e.get("/v1/members/me", token); status != http.StatusOK {
				t.Fatalf("%d %v %s", status, err, body)
			}
			sent++
		}
		e.sleeping("members")
	}
	scraped()
	if after := e.sum(query); after-before != float64(sent) {
		t.Errorf("%d requests were answered by pods that are gone, %v of them are counted", sent, after-before)
	}
	window := fmt.Sprintf("%ds", int(time.Since(began).Seconds())+30)
	grown := e.sum(`sum(increase(madang_requests_total{function="members",route="/v1/members/me",status="200"}[` + window + `]))`)
	if grown < 0.97*float64(sent) { // it may be more: increase extrapolates to the window's ends
		t.Errorf("increase over %s misses some: %v of %d", window, grown, sent)
	}
	t.Logf("%d requests, three generations of pods, none lost; increase says %.1f", sent, grown)
}

func (e *environment) bill(token string) bill.Bill {
	e.Helper()
	status, _, body, err := e.get("/v1/admin/cost", token)
	var b bill.Bill
	if status != http.StatusOK || json.Unmarshal([]byte(body), &b) != nil {
		e.Fatalf("the bill: %d %v %.300s", status, err, body)
	}
	return b
}

func lineOf(b bill.Bill, function string) bill.Line {
	for _, l := range b.Functions {
		if l.Function == function {
			return l
		}
	}
	return bill.Line{}
}

// The page of the bill agrees with a count of pods that is made here, by looking at the
// pods themselves four times a second.
func TestBillAgrees(t *testing.T) {
	e := openEnvironment(t)
	token := e.signIn()
	e.sleeping("uploads", "banners")
	time.Sleep(20 * time.Second) // what was counted is stored every 15 seconds
	before := e.bill(token)
	const counting = "serving.knative.dev/service in (uploads, banners)"
	counted := map[string]float64{}
	pods := map[string]bool{}
	requests := map[string]float64{} // CPUs and MiB of a pod
	stop, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(ended)
		last := time.Now()
		for {
			list, err := e.kubernetes.CoreV1().Pods(e.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: counting})
			took := time.Since(last).Seconds()
			last = last.Add(time.Duration(took * float64(time.Second)))
			if err != nil {
				t.Errorf("pods: %v", err)
				return
			}
			for _, p := range list.Items {
				if p.Status.Phase == corev1.PodSucceeded || p.Status.Phase == corev1.PodFailed {
					continue
				}
				name := p.Labels["serving.knative.dev/service"]
				counted[name] += took
				pods[name+" "+p.Name] = true
				cpu, memory := 0.0, 0.0
				for _, c := range p.Spec.Containers {
					cpu += c.Resources.Requests.Cpu().AsApproximateFloat64()
					memory += c.Resources.Requests.Memory().AsApproximateFloat64() / (1 << 20)
				}
				requests[name+" cpu"], requests[name+" memory"] = cpu, memory
			}
			select {
			case <-stop:
				return
			case <-time.After(250 * time.Millisecond):
			}
		}
	}()
	for range 2 {
		for _, path := range []string{"/v1/uploads", "/v1/admin/banners"} {
			if status, _, body, err := e.get(path, token); status != http.StatusOK {
				t.Errorf("%s: %d %v %s", path, status, err, body)
			}
		}
		e.sleeping("uploads", "banners")
		e.soon("the end of their pods", func() bool {
			list, err := e.kubernetes.CoreV1().Pods(e.namespace).List(context.Background(), metav1.ListOptions{LabelSelector: counting})
			return err == nil && len(list.Items) == 0
		})
	}
	close(stop)
	<-ended
	time.Sleep(20 * time.Second)
	after := e.bill(token)
	for _, name := range []string{"uploads", "banners"} {
		was, is := lineOf(before, name), lineOf(after, name)
		billed := is.PodSeconds - was.PodSeconds
		own := 0
		for p := range pods {
			if strings.HasPrefix(p, name+" ") {
				own++
			}
		}
		if tolerance := 2*float64(own) + 0.03*counted[name]; math.Abs(billed-counted[name]) > tolerance || counted[name] < 30 {
			t.Errorf("%s: billed %.1f pod seconds, counted %.1f", name, billed, counted[name])
		}
		if starts := is.Starts - was.Starts; int(starts) != own {
			t.Errorf("%s: billed %d starts, saw %d pods", name, starts, own)
		}
		price := after.Price.WonPerHour * max(requests[name+" cpu"]/after.Price.CPUs, requests[name+" memory"]/after.Price.MemoryMiB)
		if won := is.Won - was.Won; math.Abs(won-billed*price/3600) > 0.001 {
			t.Errorf("%s: %.4f won for %.1f s at %.4f won an hour", name, won, billed, price)
		}
		t.Logf("%s: %d pods, billed %.2f s, counted %.2f s, %.4f won", name, own, billed, counted[name], is.Won-was.Won)
	}
}

// sleeping waits until some functions have no pod.
func (e *environment) sleeping(functions ...string) {
	e.Helper()
	selector := "serving.knative.dev/service in (" + strings.Join(functions, ",") + ")"
	e.soon("sleep of "+strings.Join(functions, " and "), func() bool { return len(e.pods(e.namespace, selector)) == 0 })
}

// In a quiet time functions cost nothing. What runs by a schedule is left out: sweep looks
// every five minutes, and its part is on the bill.
func TestQuietCostsNothing(t *testing.T) {
	e := openEnvironment(t)
	quiet := 2 * time.Minute
	if s := os.Getenv("MADANG_QUIET"); s != "" {
		d, err := time.ParseDuration(s)
		if err != nil {
			t.Fatal(err)
		}
		quiet = d
	}
	e.settled("/v1/main")
	e.sleeping("auth", "banners", "main", "media", "members", "notices", "operations", "uploads")
	scraped()
	const won = `sum(madang_won_total{function!="sweep"})`
	before := e.sum(won)
	for end := time.Now().Add(quiet); time.Now().Before(end); time.Sleep(time.Second) {
		if status, header, _, err := e.get("/v1/main", ""); status != http.StatusOK || !strings.HasPrefix(header.Get("Cache-Status"), "madang; hit") {
			t.Fatalf("%d %v %v", status, header, err)
		}
	}
	time.Sleep(20 * time.Second)
	if after := e.sum(won); after != before {
		t.Errorf("in %v without a member, with visitors, functions cost %v won", quiet, after-before)
	}
	if pods := e.sum(`max_over_time(sum(madang_pods{function!="sweep"})[` + fmt.Sprintf("%ds", int(quiet.Seconds())) + `:15s])`); pods != 0 {
		t.Errorf("%v pods", pods)
	}
	t.Logf("%v: no pod, 0 won; with sweep %.5f won an hour", quiet, e.sum(fmt.Sprintf(`sum(increase(madang_won_total[%ds]))`, int(quiet.Seconds())))/quiet.Hours())
}

// Every query of every panel has data, once the stories have run. With MADANG_PLOTS, a
// folder, it draws what it got, to be looked at without a Grafana.
func TestPanels(t *testing.T) {
	e := openEnvironment(t)
	e.must(e.call("GET", "/v1/admin/notices", e.signIn(), "", nil), http.StatusOK)
	if status := e.call("POST", "/v1/uploads", e.signIn(), "{}", nil); status/100 != 4 { // a refusal, for its panel
		t.Errorf("an upload of nothing: %d", status)
	}
	scraped()
	end := time.Now()
	drawn := map[string][]dashboards.Drawn{}
	for _, d := range dashboards.All() {
		for _, p := range d.Panels {
			plot := dashboards.Drawn{Panel: p}
			for _, q := range p.Queries {
				result, err := e.prometheus("/api/v1/query_range", map[string]string{
					"query": dashboards.Fill(q.Expr, "1m", "30m"), "start": fmt.Sprint(end.Add(-30 * time.Minute).Unix()), "end": fmt.Sprint(end.Unix()), "step": "15",
				})
				if err != nil {
					t.Errorf("%s, %s: %v", d.Title, p.Title, err)
					continue
				}
				if len(result) == 0 {
					t.Errorf("%s, %s: no data for %s", d.Title, p.Title, q.Expr)
				}
				for _, s := range result {
					plot.Add(q.Legend, s.Metric, s.Values)
				}
			}
			drawn[d.Name] = append(drawn[d.Name], plot)
		}
	}
	folder := os.Getenv("MADANG_PLOTS")
	if folder == "" {
		return
	}
	for _, d := range dashboards.All() {
		if err := os.WriteFile(filepath.Join(folder, d.Name+".html"), dashboards.Draw(d, drawn[d.Name], end.Add(-30*time.Minute), end), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// Everything is well, and the page for admins says so.
func TestHealth(t *testing.T) {
	e := openEnvironment(t)
	var h bill.Health
	e.must(e.call("GET", "/v1/admin/health", e.signIn(), "", &h), http.StatusOK)
	if h.Stale || !h.Site.Reachable || !h.Database.Reachable || !h.Pages.Reachable || h.Database.Bytes == 0 || h.Storage.Files == 0 || len(h.Functions) < 9 {
		t.Errorf("%+v", h)
	}
	for _, f := range h.Functions {
		if !f.Ready {
			t.Errorf("%s is not ready: %s", f.Name, f.Reason)
		}
	}
}

// A request is followed from the edge to its function and to who consumed its event.
func TestTrace(t *testing.T) {
	e := openEnvironment(t)
	token := e.signIn()
	const trace = "0af7651916cd43dd8448eb211c80319c"
	r, err := http.NewRequest(http.MethodPost, e.target.address+"/v1/notices", strings.NewReader(`{"unit":"총학","title":"따라가기","body":"본문","publishAt":"`+time.Now().Add(-time.Second).UTC().Format(time.RFC3339)+`"}`))
	if err != nil {
		t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+token)
	r.Header.Set("Content-Type", "application/json")
	r.Header.Set("traceparent", "00-"+trace+"-b7ad6b7169203331-01")
	response, err := e.client.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	_ = response.Body.Close()
	if response.StatusCode != http.StatusCreated {
		t.Fatal(response.Status)
	}
	var text string
	e.soon("the consumer's line", func() bool {
		out, err := exec.Command("go", "run", "../trace", "-namespace", e.namespace, response.Header.Get("X-Request-Id")).CombinedOutput()
		text = string(out)
		return err == nil && strings.Contains(text, "  main ") && strings.Contains(text, "route=/events")
	})
	for _, who := range []string{"  edge ", "  notices ", "  main "} {
		if !strings.Contains(text, who) {
			t.Errorf("nothing of%s:\n%s", who, text)
		}
	}
	t.Logf("\n%s", text)
}

// A request is found by its id after its function has gone to sleep: the function's line in what
// is kept, the edge's there and in its pod, and once.
func TestLogsAreKept(t *testing.T) {
	e := openEnvironment(t)
	status, header, body, err := e.get("/v1/members/me", e.signIn())
	id := header.Get("X-Request-Id")
	if err != nil || status != http.StatusOK || id == "" {
		t.Fatalf("%d %q %v %.300s", status, id, err, body)
	}
	trace := func(arguments ...string) (string, error) {
		out, err := exec.Command("go", append(append([]string{"run", "../trace", "-namespace", e.namespace}, arguments...), id)...).CombinedOutput()
		return string(out), err
	}
	at := time.Now().Format(time.RFC3339)
	e.sleeping("members")
	text := ""
	e.soon("what is kept", func() bool {
		text, err = trace()
		return err == nil && strings.Contains(text, "  members ") && strings.Contains(text, "  edge ")
	})
	if n := strings.Count(text, "\n"); n != 2 {
		t.Errorf("%d lines, want the edge's and the function's:\n%s", n, text)
	}
	if of, err := trace("-at", at); err != nil || of != text {
		t.Errorf("of its hour: %v\n%s", err, of)
	}
	t.Logf("\n%s", text)
	id = "0123456789abcdef0123456789abcdef"
	if out, err := trace(); err == nil || !strings.Contains(out, "in what is kept from") {
		t.Errorf("nothing, but not where it was looked: %v %s", err, out)
	}
}

// Before a notice with a publication time its functions are awake, without anybody asking,
// and asleep again some minutes after.
func TestWarmUp(t *testing.T) {
	e := openEnvironment(t)
	plan, err := e.kubernetes.CoreV1().ConfigMaps(e.namespace).Get(context.Background(), "watch", metav1.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	var p struct {
		WarmUp struct {
			Functions                 []string
			LeadSeconds, AfterSeconds float64
		}
	}
	if err := json.Unmarshal([]byte(plan.Data["plan.json"]), &p); err != nil || len(p.WarmUp.Functions) == 0 {
		t.Fatalf("no warm-up: %v %s", err, plan.Data["plan.json"])
	}
	token := e.signIn()
	lead := time.Duration(p.WarmUp.LeadSeconds) * time.Second
	at := time.Now().Add(lead + 150*time.Second).Truncate(time.Second)
	e.must(e.call("POST", "/v1/notices", token, `{"unit":"총학","title":"예고한 공지","body":"본문","publishAt":"`+at.UTC().Format(time.RFC3339)+`"}`, nil), http.StatusCreated)
	e.sleeping(p.WarmUp.Functions...)
	if !time.Now().Before(at.Add(-lead)) {
		t.Fatal("functions slept too late for this story")
	}
	used := e.sum(`sum(madang_warmup_seconds_total)`)
	time.Sleep(time.Until(at.Add(-lead / 2)))
	e.soon("functions that are awake ahead", func() bool {
		for _, f := range p.WarmUp.Functions {
			if len(e.pods(e.namespace, "serving.knative.dev/service="+f)) == 0 {
				return false
			}
		}
		return true
	})
	early := time.Until(at)
	if early <= 0 {
		t.Error("the functions woke after the publication")
	}
	time.Sleep(time.Until(at))
	began := time.Now()
	if status, _, body, err := e.get("/v1/main", token); status != http.StatusOK {
		t.Errorf("%d %v %s", status, err, body)
	}
	answered := time.Since(began)
	time.Sleep(time.Until(at.Add(time.Duration(p.WarmUp.AfterSeconds) * time.Second)))
	e.sleeping(p.WarmUp.Functions...)
	scraped()
	if more := e.sum(`sum(madang_warmup_seconds_total)`) - used; more <= 0 {
		t.Errorf("it took %v pod seconds", more)
	} else {
		t.Logf("awake %v ahead, a member was answered in %v, it took %v pod seconds", early.Round(time.Second), answered, more)
	}
}

// The chart's alerts are loaded, and none of them is broken on this cluster.
func TestRulesAreHealthy(t *testing.T) {
	e := openEnvironment(t)
	raw, err := e.kubernetes.CoreV1().Services(e.namespace).ProxyGet("http", "prometheus", "9090", "/api/v1/rules", nil).DoRaw(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	var answer struct {
		Data struct {
			Groups []struct {
				Rules []struct{ Name, Health, LastError, State string }
			}
		}
	}
	if err := json.Unmarshal(raw, &answer); err != nil {
		t.Fatal(err)
	}
	names := []string{}
	for _, g := range answer.Data.Groups {
		for _, r := range g.Rules {
			names = append(names, r.Name+" "+r.State)
			if r.Health != "ok" {
				t.Errorf("%s: %s %s", r.Name, r.Health, r.LastError)
			}
		}
	}
	slices.Sort(names)
	if len(names) < 15 {
		t.Errorf("rules: %v", names)
	}
	t.Log(strings.Join(names, ", "))
}
