package preflight

import (
	"fmt"
	"math"
	"os"
	"regexp"
	"slices"
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

// taken is what docs/costs.md says, in the row that begins so, is taken of two nodes, in millicores and MiB.
func taken(t *testing.T, row string) (cpu, memory int) {
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
	return int(math.Round(cores * 1000)), mebibytes
}

// left is the room of two documented nodes of which rows of docs/costs.md take a half each.
func left(t *testing.T, namespace string, rows ...string) []space {
	t.Helper()
	nodes, pods := []corev1.Node{}, []corev1.Pod{}
	for _, n := range []string{"one", "two"} {
		nodes = append(nodes, node(n, fmt.Sprint(nodeCPU, "m"), fmt.Sprint(nodeMemory, "Mi")))
		for i, row := range rows {
			cpu, memory := taken(t, row)
			pods = append(pods, pod("others", fmt.Sprint(n, "-", i), n, fmt.Sprint(cpu/2, "m"), fmt.Sprint(memory/2, "Mi")))
		}
	}
	return rooms(nodes, pods, namespace)
}

// beside are pods of one row of docs/costs.md, which is so many of them.
func beside(t *testing.T, row string, count int) Pods {
	t.Helper()
	cpu, memory := taken(t, row)
	return Pods{Name: row, Count: count, CPU: int64(cpu / count), Memory: int64(memory/count) << 20}
}

// docs/costs.md says how many function pods fit on the documented nodes beside everything
// that is always on, with Knative as knative/install has it and as its files have it.
func TestCostsSayHowManyFunctionsFit(t *testing.T) {
	text, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	one := plan(t)
	two, err := renderedWith(map[string]any{"operator": "cloudnative-pg", "runAsUser": 26, "instances": 2})
	if err != nil {
		t.Fatal(err)
	}
	asks := func(p Plan) (cpu, memory int) {
		for _, pods := range p.Always {
			cpu, memory = cpu+pods.Count*int(pods.CPU), memory+pods.Count*int(pods.Memory>>20)
		}
		return cpu, memory
	}
	cpu, memory := asks(one)
	cpu2, memory2 := asks(two)
	if saidCPU, saidMemory := taken(t, "a second instance of the database"); cpu2-cpu != saidCPU || memory2-memory != saidMemory {
		t.Errorf("a second instance of the database asks for %dm and %d MiB", cpu2-cpu, memory2-memory)
	}
	const kept, network, settings, own = "what Kubernetes keeps", "the network layer", "Knative, by `knative/install`", "Knative, by its own files"
	operator, tekton := beside(t, "CloudNativePG's operator", 1), beside(t, "Tekton's own pods", 2)
	for _, row := range []struct {
		name, knative string
		always        []Pods
		functions     []Pods
	}{
		{"knative/install has it, with the database in one pod", settings, one.Always, one.Functions},
		{"knative/install has it, with CloudNativePG", settings, append(slices.Clone(two.Always), operator), two.Functions},
		{"knative/install has it, with CloudNativePG and the pipeline's own pods", settings, append(slices.Clone(two.Always), operator, tekton), two.Functions},
		{"its own files have it, with the database in one pod", own, one.Always, one.Functions},
	} {
		free := left(t, one.Namespace, kept, network, row.knative)
		if without := place(free, row.always); len(without) > 0 {
			t.Errorf("%s: no room for %v", row.name, without)
		}
		if want := fmt.Sprintf("| %s | %d |", row.name, functionsThatFit(free, row.functions)); !strings.Contains(string(text), want) {
			t.Errorf("docs/costs.md does not say %q", want)
		}
	}
	if want := fmt.Sprintf("There are %d functions", len(one.Functions)); !strings.Contains(string(text), want) {
		t.Errorf("docs/costs.md does not say %q", want)
	}
	// Several sites on the same nodes, each with its own of everything but Knative and the operator.
	free, sites := left(t, one.Namespace, kept, network, settings), 0
	said := regexp.MustCompile(`hold the always-on parts of (\d+) sites \(a database in one pod each\) beside (\d+) function pods`).FindSubmatch(text)
	if said == nil {
		t.Fatal("docs/costs.md does not say how many sites two nodes hold")
	}
	for ; fmt.Sprint(sites) != string(said[1]) && sites < 10; sites++ {
		for i := range free {
			free[i].has = map[string]bool{} // another site's may be beside it
		}
		if without := place(free, one.Always); len(without) > 0 {
			t.Fatalf("site %d: no room for %v", sites+1, without)
		}
	}
	if fit := functionsThatFit(free, one.Functions); fmt.Sprint(fit) != string(said[2]) {
		t.Errorf("beside %d sites %d function pods fit, and docs/costs.md says %s", sites, fit, said[2])
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
