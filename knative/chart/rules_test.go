package chart_test

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// promtool is Prometheus' own tool. Without it the tests are skipped with the reason, or
// fail where CI=true.
func promtool(t *testing.T, arguments ...string) (string, error) {
	t.Helper()
	program, err := exec.LookPath("promtool")
	if err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("CI must test the alerts: %v", err)
		}
		t.Skipf("not tested with Prometheus (Debian: prometheus): %v", err)
	}
	out, err := exec.Command(program, arguments...).CombinedOutput()
	return string(out), err
}

func write(t *testing.T, path string, content any) string {
	t.Helper()
	text, isText := content.(string)
	if !isText {
		raw, err := yaml.Marshal(content)
		if err != nil {
			t.Fatal(err)
		}
		text = string(raw)
	}
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// Prometheus takes the configuration that the chart makes.
func TestPrometheusAccepts(t *testing.T) {
	for name, files := range map[string][]string{"production": production, "test": test} {
		r := mustRender(t, files, set("monitoring.prometheus.alertmanagers", []any{"alertmanager.monitoring:9093"}))
		configuration := of[corev1.ConfigMap](r)["ConfigMap/prometheus"].Data["prometheus.yml"]
		if out, err := promtool(t, "check", "config", "--syntax-only", write(t, filepath.Join(t.TempDir(), "prometheus.yml"), configuration)); err != nil {
			t.Errorf("%s: %v\n%s", name, err, out)
		}
		for _, port := range []string{"user-port", "queue-port", "8012", "8080"} {
			if strings.Contains(configuration, port) {
				t.Errorf("%s: a function's serving port is asked (%s): it would never sleep", name, port)
			}
		}
	}
}

type alertRule struct {
	Alert       string            `json:"alert"`
	Expr        string            `json:"expr"`
	Labels      map[string]string `json:"labels"`
	Annotations map[string]string `json:"annotations"`
}

func alertRules(t *testing.T) map[string]alertRule {
	t.Helper()
	text, err := os.ReadFile("files/rules/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var file struct {
		Groups []struct {
			Name  string      `json:"name"`
			Rules []alertRule `json:"rules"`
		} `json:"groups"`
	}
	if err := yaml.Unmarshal(text, &file); err != nil {
		t.Fatal(err)
	}
	all := map[string]alertRule{}
	for _, g := range file.Groups {
		for _, r := range g.Rules {
			if r.Alert != "" { // what is only counted
				all[r.Alert] = r
			}
		}
	}
	return all
}

// scenario is what an alert is about, and when it must fire, must not yet, and no more.
type scenario struct {
	series              map[string]string // in promtool's notation, a value a minute
	quiet, firing, over string
	labels              map[string]string // beside severity
}

// For each alert: well until minute 10 or so, then not, then well again.
var scenarios = map[string]scenario{
	"SiteDown":  {map[string]string{"madang_site_up": "1+0x9 0+0x9 1+0x10"}, "10m", "12m", "21m", nil},
	"WatchDown": {map[string]string{`up{job="watch"}`: "1+0x9 0+0x9 1+0x20", "madang_looked_timestamp_seconds": "0+60x60"}, "12m", "14m", "21m", nil},
	"ReadsFail": {map[string]string{
		`madang_edge_answers_total{objective="reads",good="false",pod="a"}`: "0+0x59 0+600x30 18000+0x60",
		`madang_edge_answers_total{objective="reads",good="true",pod="a"}`:  "0+600x150",
	}, "59m", "80m", "130m", map[string]string{"objective": "reads"}},
	"WritesFail": {map[string]string{
		`madang_edge_answers_total{objective="writes",good="false",pod="a"}`: "0+0x59 0+600x30 18000+0x60",
		`madang_edge_answers_total{objective="writes",good="true",pod="a"}`:  "0+600x150",
	}, "59m", "80m", "130m", map[string]string{"objective": "writes"}},
	"FailsSlowly": {map[string]string{ // eight in a thousand, which is not fast; then none
		`madang_edge_answers_total{objective="writes",good="false",pod="a"}`: "0+0x59 0+4x420 1680+0x240",
		`madang_edge_answers_total{objective="writes",good="true",pod="a"}`:  "0+500x720",
	}, "59m", "480m", "700m", map[string]string{"objective": "writes"}},
	"SlowAnswers": {map[string]string{
		`madang_request_seconds_bucket{function="main",route="/v1/main",le="1"}`:    "0+60x9 600+0x29 600+60x40",
		`madang_request_seconds_bucket{function="main",route="/v1/main",le="5"}`:    "0+60x80",
		`madang_request_seconds_bucket{function="main",route="/v1/main",le="+Inf"}`: "0+60x80",
		`madang_request_seconds_count{function="main",route="/v1/main"}`:            "0+60x80",
	}, "9m", "35m", "60m", map[string]string{"function": "main"}},
	"CertificateEnds": {map[string]string{"madang_certificate_ends_timestamp_seconds": "1213200+0x150 7776000+0x60"}, "110m", "130m", "155m", nil}, // ends 14 days and an hour after the beginning, then renewed
	"SlowStarts": {map[string]string{
		`madang_start_seconds_bucket{function="main",stage="visitor",le="5"}`:    "0+0x200",
		`madang_start_seconds_bucket{function="main",stage="visitor",le="10"}`:   "0+0x9 0+1x30 30+0x200",
		`madang_start_seconds_bucket{function="main",stage="visitor",le="+Inf"}`: "0+0x9 0+1x30 30+0x200",
		`madang_start_seconds_count{function="main",stage="visitor"}`:            "0+0x9 0+1x30 30+0x200",
	}, "12m", "40m", "120m", nil},
	"NeverSleeps": {map[string]string{
		`madang_awake_for_seconds{function="media"}`:                                          "0+60x240 0+0x60",
		`madang_awake_for_seconds{function="main"}`:                                           "0+60x300", // with a visitor each second
		`madang_requests_total{function="main",method="GET",route="/v1/main",status="200"}`:   "0+60x300",
		`madang_requests_total{function="media",method="GET",route="/v1/media",status="200"}`: "0+0x300",
	}, "185m", "230m", "245m", map[string]string{"function": "media"}},
	"ReleaseFailing":     {map[string]string{`madang_function_ready{function="main"}`: "1+0x9 0+0x20 1+0x20"}, "15m", "25m", "32m", map[string]string{"function": "main"}},
	"KeepsRestarting":    {map[string]string{`madang_container_restarts_total{part="redis"}`: "0+0x9 0+1x9 10+0x60"}, "9m", "20m", "60m", map[string]string{"part": "redis"}},
	"WarmUpBudgetUsedUp": {map[string]string{"madang_warmup_refused_total": "0+0x9 1+1x5 7+0x120"}, "8m", "15m", "90m", nil},
	"DatabaseDown":       {map[string]string{"madang_database_up": "1+0x9 0+0x9 1+0x10"}, "10m", "12m", "21m", nil},
	"RedisDown":          {map[string]string{"madang_redis_up": "1+0x9 0+0x9 1+0x10"}, "12m", "17m", "21m", nil},
	"DatabaseNearlyFull": {map[string]string{"madang_database_bytes": "50+0x9 90+0x30 50+0x20", "madang_database_limit_bytes": "100+0x60"}, "20m", "30m", "42m", nil},
	"ConnectionsNearlyUsedUp": {map[string]string{"madang_database_connections": "5+0x9 180+0x15 5+0x20", "madang_database_max_connections": "200+0x60"},
		"12m", "20m", "27m", nil},
	"StorageNearlyFull": {map[string]string{"madang_storage_bytes": "50+0x9 90+0x30 50+0x20", "madang_storage_limit_bytes": "100+0x60"}, "20m", "30m", "42m", nil},
	"BackupTooOld":      {map[string]string{"madang_backup_timestamp_seconds": "0+0x200 12060+0x60", "madang_backup_limit_seconds": "3600+0x300"}, "100m", "130m", "205m", nil},
	"LogsNotKept": {map[string]string{ // where two other reasons never come
		`madang_logs_dropped_lines_total{why="flood"}`:   "0+0x9 0+5x9 45+0x60",
		`madang_logs_dropped_lines_total{why="storage"}`: "0+0x100", `up{job="logs"}`: "1+0x30 0+0x10 1+0x60", "madang_logs_waiting_seconds": "0+30x29 0+0x70",
	}, "12m", "20m", "50m", nil},
	"EventsStuck": {map[string]string{"madang_events_unsent_seconds": "0+0x9 0+60x30 0+0x20"}, "20m", "35m", "42m", nil},
	"DeadLetters": {map[string]string{"madang_dead_letters": "0+0x9 2+0x15 0+0x20"}, "12m", "20m", "27m", nil},
}

// Every alert fires when it should and is over when it should be, by Prometheus' own rule tests.
func TestAlerts(t *testing.T) {
	rules := alertRules(t)
	path, err := filepath.Abs("files/rules/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, rule := range rules {
		s, told := scenarios[name]
		if !told {
			t.Errorf("%s has no scenario: add one to scenarios in knative/chart/rules_test.go, with series that make it fire and others that do not", name)
			continue
		}
		t.Run(name, func(t *testing.T) {
			labels := map[string]string{"severity": rule.Labels["severity"]}
			annotations := map[string]string{}
			for k, v := range rule.Annotations {
				annotations[k] = v
			}
			for k, v := range s.labels {
				labels[k] = v
				annotations["summary"] = strings.ReplaceAll(annotations["summary"], "{{ $labels."+k+" }}", v)
			}
			type sample struct {
				Series string `json:"series"`
				Values string `json:"values"`
			}
			input := []sample{}
			for series, values := range s.series {
				input = append(input, sample{series, values})
			}
			fires := []map[string]any{{"exp_labels": labels, "exp_annotations": annotations}}
			file := map[string]any{"rule_files": []string{path}, "evaluation_interval": "1m", "tests": []map[string]any{{
				"interval": "1m", "input_series": input, "alert_rule_test": []map[string]any{
					{"alertname": name, "eval_time": s.quiet, "exp_alerts": []any{}},
					{"alertname": name, "eval_time": s.firing, "exp_alerts": fires},
					{"alertname": name, "eval_time": s.over, "exp_alerts": []any{}},
				},
			}}}
			if out, err := promtool(t, "test", "rules", write(t, filepath.Join(t.TempDir(), "test.yaml"), file)); err != nil {
				t.Errorf("%v\n%s", err, out)
			}
		})
	}
	for name := range scenarios {
		if _, there := rules[name]; !there {
			t.Errorf("there is no alert %s any more: delete its scenario from knative/chart/rules_test.go", name)
		}
	}
}

// Logs that are not kept are told for each reason: a storage that is away, and a collector that is.
func TestLogsNotKept(t *testing.T) {
	path, err := filepath.Abs("files/rules/alerts.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for series, values := range map[string]string{"madang_logs_waiting_seconds": "0+60x40 0+0x20", `up{job="logs"}`: "1+0x9 0+0x30 1+0x20"} {
		rule := alertRules(t)["LogsNotKept"]
		file := map[string]any{"rule_files": []string{path}, "evaluation_interval": "1m", "tests": []map[string]any{{
			"interval": "1m", "input_series": []map[string]string{{"series": series, "values": values}}, "alert_rule_test": []map[string]any{
				{"alertname": "LogsNotKept", "eval_time": "10m", "exp_alerts": []any{}},
				{"alertname": "LogsNotKept", "eval_time": "35m", "exp_alerts": []map[string]any{{"exp_labels": map[string]string{"severity": "ticket"}, "exp_annotations": rule.Annotations}}},
				{"alertname": "LogsNotKept", "eval_time": "50m", "exp_alerts": []any{}},
			},
		}}}
		if out, err := promtool(t, "test", "rules", write(t, filepath.Join(t.TempDir(), "test.yaml"), file)); err != nil {
			t.Errorf("%s: %v\n%s", series, err, out)
		}
	}
}

// Every alert says in Korean what is wrong, how urgent it is, and where it stands what to do.
func TestRunbooks(t *testing.T) {
	book, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	korean := regexp.MustCompile(`[가-힣]`)
	for name, rule := range alertRules(t) {
		if s := rule.Labels["severity"]; s != "page" && s != "ticket" {
			t.Errorf("%s: severity %q: write page or ticket in knative/chart/files/rules/alerts.yaml", name, s)
		}
		if !korean.MatchString(rule.Annotations["summary"]) {
			t.Errorf("%s: %q: write its summary in Korean in knative/chart/files/rules/alerts.yaml", name, rule.Annotations["summary"])
		}
		if rule.Annotations["runbook"] != "docs/operating.md#"+strings.ToLower(name) || !strings.Contains(string(book), "\n#### "+name+"\n") {
			t.Errorf("%s has no section in docs/operating.md: write one under the heading that %q names", name, rule.Annotations["runbook"])
		}
	}
}
