package chart_test

import (
	"maps"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	v1 "github.com/tektoncd/pipeline/pkg/apis/pipeline/v1"
	triggers "github.com/tektoncd/triggers/pkg/apis/triggers/v1beta1"
	corev1 "k8s.io/api/core/v1"
)

// A node of the pipeline, m2.c4m8; what is taken of each node docs/costs.md says, of two.
const (
	wholeCPU    = 4000 // millicores
	wholeMemory = 8192 // MiB
)

// node is what is left of it for runs.
func node(t *testing.T) (cpu, memory int64) {
	t.Helper()
	text, err := os.ReadFile("../../docs/costs.md")
	if err != nil {
		t.Fatal(err)
	}
	cpu, memory = wholeCPU, wholeMemory
	for _, row := range []string{"what Kubernetes keeps", "the network layer"} {
		m := regexp.MustCompile(`(?m)^\| ` + row + `[^|]*\| ([0-9.]+) \| ([0-9 ]+) \|$`).FindSubmatch(text)
		if m == nil {
			t.Fatalf("docs/costs.md has no row of %s", row)
		}
		cores, err := strconv.ParseFloat(string(m[1]), 64)
		if err != nil {
			t.Fatal(err)
		}
		mebibytes, err := strconv.ParseInt(strings.ReplaceAll(string(m[2]), " ", ""), 10, 64)
		if err != nil {
			t.Fatal(err)
		}
		cpu, memory = cpu-int64(cores*500), memory-mebibytes/2
	}
	return cpu, memory
}

// asked is what Kubernetes reserves for a task: the sum of its steps and of what runs beside
// them.
func asked(task *v1.Task) (cpu, memory int64, steps int) {
	for _, s := range task.Spec.Steps {
		if !s.ComputeResources.Requests.Cpu().IsZero() {
			steps++
		}
		cpu, memory = cpu+s.ComputeResources.Requests.Cpu().MilliValue(), memory+s.ComputeResources.Requests.Memory().Value()>>20
	}
	for _, s := range task.Spec.Sidecars {
		cpu, memory = cpu+s.ComputeResources.Requests.Cpu().MilliValue(), memory+s.ComputeResources.Requests.Memory().Value()>>20
	}
	return cpu, memory, steps
}

// A task asks once, by whichever of its steps, and the stages that run at the same time fit
// on the one node that has their cache.
func TestTasksAskOnce(t *testing.T) {
	r := render(t, installations["production"]...)
	tasks := of[v1.Task](r)
	nodeCPU, nodeMemory := node(t)
	for _, name := range slices.Sorted(maps.Keys(tasks)) {
		if cpu, memory, steps := asked(tasks[name]); steps != 1 || memory == 0 {
			t.Errorf("%s: %d steps ask for %dm and %d MiB", name, steps, cpu, memory)
		}
	}
	for name, p := range of[v1.Pipeline](r) {
		cpu, memory := int64(0), int64(0)
		for _, task := range p.Spec.Tasks { // a task that waits for none but "begin" runs beside the others of the kind
			if task.TaskRef.Name == "begin" || len(task.RunAfter) > 0 {
				continue
			}
			c, m, _ := asked(tasks[task.TaskRef.Name])
			cpu, memory = cpu+c, memory+m
		}
		if cpu > nodeCPU || memory > nodeMemory {
			t.Errorf("%s: at once %dm and %d MiB are asked for, and a node has %dm and %d MiB", name, cpu, memory, nodeCPU, nodeMemory)
		}
	}
}

// Runs, and nothing else, go to the nodes that are kept for them.
func TestRunsHaveNodesOfTheirOwn(t *testing.T) {
	r := render(t, "testdata/installation.yaml", "testdata/nodes.yaml")
	runs := 0
	for name, template := range of[triggers.TriggerTemplate](r) {
		runs++
		pod := templateRun(t, name, template).Spec.TaskRunTemplate.PodTemplate
		if pod == nil || pod.NodeSelector["madang.kr/pipeline"] != "true" || len(pod.Tolerations) != 1 || pod.Tolerations[0].Effect != corev1.TaintEffectNoSchedule {
			t.Errorf("%s: %+v", name, pod)
		}
	}
	if got := strings.Count(r.text, "nodeSelector:"); got != runs || runs == 0 {
		t.Errorf("%d of %d runs, and of nothing else, have nodes of their own", got, runs)
	}
	for name, template := range of[triggers.TriggerTemplate](render(t, installations["production"]...)) {
		if pod := templateRun(t, name, template).Spec.TaskRunTemplate.PodTemplate; pod.NodeSelector != nil || pod.Tolerations != nil {
			t.Errorf("%s: %+v", name, pod)
		}
	}
}
