package preflight

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
)

// The nodes of docs/operating.md, m2.c2m4; what is left of each for pods, docs/costs.md says.
const (
	nodeCPU    = 2000 // millicores
	nodeMemory = 4096 // MiB
)

// taken is what docs/costs.md says, in the row that begins so, is taken of one of two nodes.
func taken(t *testing.T, row string) (cpu, memory string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	m := regexp.MustCompile(`(?m)^\| ` + regexp.QuoteMeta(row) + `[^|]*\| ([0-9.]+) \| ([0-9 ]+) \|$`).FindSubmatch(text)
	if m == nil {
		t.Fatalf("docs/costs.md has no row of %s", row)
	}
	cores, err := strconv.ParseFloat(string(m[1]), 64)
	if err != nil {
		t.Fatal(err)
	}
	mebibytes, err := strconv.Atoi(strings.ReplaceAll(string(m[2]), " ", ""))
	if err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(int(math.Round(cores*500)), "m"), fmt.Sprint(mebibytes/2, "Mi")
}

// docs/costs.md says how many function pods fit on the documented nodes beside everything
// that is always on, with Knative as knative/install has it and as its files have it.
func TestCostsSayHowManyFunctionsFit(t *testing.T) {
	text, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	keptCPU, keptMemory := taken(t, "what Kubernetes keeps")
	systemCPU, systemMemory := taken(t, "the network layer")
	for name, knative := range map[string]struct{ cpu, memory string }{
		"knative/install": {"228m", "568Mi"},  // a half of 455m and 1136 MiB (TestSettings)
		"its own":         {"1000m", "700Mi"}, // a half of 2 cores and 1.4 GiB
	} {
		p := plan(t)
		nodes, pods := []corev1.Node{}, []corev1.Pod{}
		for _, n := range []string{"one", "two"} {
			nodes = append(nodes, node(n, fmt.Sprint(nodeCPU, "m"), fmt.Sprint(nodeMemory, "Mi")))
			pods = append(pods, pod("kube-system", "kept-"+n, n, keptCPU, keptMemory), pod("kube-system", "system-"+n, n, systemCPU, systemMemory), pod("knative-serving", "knative-"+n, n, knative.cpu, knative.memory))
		}
		free := rooms(nodes, pods, p.Namespace)
		if left := place(free, p.Always); len(left) > 0 {
			t.Errorf("%s: no room for %v", name, left)
		}
		want := fmt.Sprintf("| %d |", functionsThatFit(free, p.Functions))
		found := false
		for _, line := range strings.Split(string(text), "\n") {
			found = found || strings.Contains(line, name) && strings.Contains(line, want)
		}
		if !found {
			t.Errorf("docs/costs.md has no row of %s that says %s", name, want)
		}
	}
}

// wonPerMonth is what a node costs at the price of the chart's values, in the month of
// docs/operating.md.
const wonPerMonth = 93 * 730.5

// thousands is a number as the documents write it.
func thousands(n float64) string {
	text := strconv.Itoa(int(math.Round(n)))
	if len(text) > 3 {
		text = text[:len(text)-3] + " " + text[len(text)-3:]
	}
	return text
}

// What docs/operating.md and docs/costs.md say of what is always on is what the chart asks for,
// all of it.
func TestBillRows(t *testing.T) {
	text, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	costs, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	_, bill, _ := strings.Cut(string(text), "### The monthly bill")
	row := func(begins string) (part, won string) {
		t.Helper()
		m := regexp.MustCompile(`(?m)^\| (?:\*\*)?` + regexp.QuoteMeta(begins) + `[^|]*\| (?:\*\*)?([^|*]*?)(?:\*\*)? \| (?:\*\*)?([^|*]*?)(?:\*\*)? \|$`).FindStringSubmatch(bill)
		if m == nil {
			t.Errorf("the bill has no row of %s", begins)
			return "", ""
		}
		return m[1], m[2]
	}
	_, sizing, _ := strings.Cut(string(text), "## Sizing")
	p := plan(t)
	cpu, memory, all, rows := int64(0), int64(0), 0.0, 0
	for _, pods := range p.Always {
		cpu, memory = cpu+int64(pods.Count)*pods.CPU, memory+int64(pods.Count)*pods.Memory>>20
		part := max(float64(pods.CPU)/nodeCPU, float64(pods.Memory>>20)/nodeMemory)
		all, rows = all+part*float64(pods.Count), rows+1
		gotPart, gotWon := row(pods.Name + ",")
		said := strings.TrimPrefix(gotPart, fmt.Sprint(pods.Count, " × "))
		percent, err := strconv.ParseFloat(strings.TrimSuffix(said, " %"), 64)
		if want := part * 100; err != nil || math.Abs(percent-want) > 0.006 {
			t.Errorf("%s: %q, and it is %.2f %% of a node", pods.Name, gotPart, want)
		}
		if want := thousands(part * float64(pods.Count) * wonPerMonth); gotWon != want {
			t.Errorf("%s: %q won, and it is %s", pods.Name, gotWon, want)
		}
		if !regexp.MustCompile(`(?m)^\| ` + pods.Name + `[ ,].*\| ` + fmt.Sprint(pods.Memory>>20) + ` MiB \|$`).MatchString(sizing) {
			t.Errorf("Sizing has no row of %s that requests %d MiB", pods.Name, pods.Memory>>20)
		}
	}
	if part, won := row("always on, together"); part != fmt.Sprintf("%.1f %%", all*100) || won != thousands(all*wonPerMonth) {
		t.Errorf("together %s and %s won: it is %.1f %% and %s", part, won, all*100, thousands(all*wonPerMonth))
	}
	function := max(float64(p.Functions[0].CPU)/nodeCPU, float64(104)/nodeMemory)
	const works, sleeps = 10, 6 // seconds: of sweep (docs/operating.md, Sizing), and functions.scheduledWindow
	if _, won := row("`sweep`, awake for about " + fmt.Sprint(works+sleeps) + " s of every 300"); won != thousands(function*wonPerMonth*(works+sleeps)/300) {
		t.Errorf("sweep: %s won, and it is %s", won, thousands(function*wonPerMonth*(works+sleeps)/300))
	}
	if _, won := row("a function that somebody uses for an hour a day"); won != thousands(function*wonPerMonth/24) {
		t.Errorf("a function: %s won", won)
	}
	if want := fmt.Sprintf("(`TestBillRows`) | %g | %d |", float64(cpu)/1000, memory); !strings.Contains(string(costs), want) || !strings.Contains(string(costs), fmt.Sprintf("adds %g cores and %d MiB", float64(cpu)/1000, memory)) {
		t.Errorf("docs/costs.md does not say %q", want)
	}
	if rows < 7 {
		t.Errorf("only %d kinds of pods are always on", rows)
	}
}
