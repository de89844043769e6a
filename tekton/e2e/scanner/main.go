// Command scanner has the command line of SonarQube's scanner: -Dkey=value beside
// sonar-project.properties, SONAR_HOST_URL and SONAR_TOKEN; it sends an analysis, awaits
// the quality gate, writes .scannerwork/report-task.txt and exits with 1 where the gate is
// not passed. The real one loads its engine from its server; this one measures coverage
// only, for the stories, where there is no such server.
package main

import (
	"bufio"
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/tekton/pipelinetest"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "ERROR", err)
		os.Exit(1)
	}
}

type server struct{ address, token string }

func run(arguments []string) error {
	properties, err := read("sonar-project.properties")
	if err != nil {
		return err
	}
	for _, a := range arguments {
		key, value, ok := strings.Cut(strings.TrimPrefix(a, "-D"), "=")
		if !ok || !strings.HasPrefix(a, "-D") {
			return fmt.Errorf("unrecognized option: %s", a)
		}
		properties[key] = value
	}
	project := properties["sonar.projectKey"]
	if project == "" {
		return errors.New("you must define the following mandatory properties: sonar.projectKey")
	}
	coverage, files, err := covered(properties["sonar.go.coverage.reportPaths"])
	if err != nil {
		return err
	}
	s := server{cmp.Or(os.Getenv("SONAR_HOST_URL"), properties["sonar.host.url"]), cmp.Or(os.Getenv("SONAR_TOKEN"), properties["sonar.token"])}
	task, err := s.submit(pipelinetest.Analysis{Project: project, Version: properties["sonar.projectVersion"], Coverage: coverage, Files: files})
	if err != nil {
		return err
	}
	if err := leave(project, s.address, task); err != nil {
		return err
	}
	if properties["sonar.qualitygate.wait"] != "true" {
		return nil
	}
	seconds, err := strconv.Atoi(cmp.Or(properties["sonar.qualitygate.timeout"], "300"))
	if err != nil {
		return fmt.Errorf("sonar.qualitygate.timeout: %w", err)
	}
	return s.wait(task, time.Duration(seconds)*time.Second)
}

// read reads key=value lines.
func read(file string) (map[string]string, error) {
	content, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	properties := map[string]string{}
	for line := range strings.Lines(string(content)) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok && !strings.HasPrefix(key, "#") {
			properties[key] = value
		}
	}
	return properties, nil
}

// covered is the share of statements, in percent, that Go's coverage profile says were
// run, and the number of files in it. A block that several tests met is there several times.
func covered(file string) (percent float64, files int, err error) {
	f, err := os.Open(file)
	if err != nil {
		return 0, 0, err
	}
	defer func() { _ = f.Close() }()
	type block struct {
		statements int
		run        bool
	}
	blocks, names := map[string]block{}, map[string]bool{}
	for lines := bufio.NewScanner(f); lines.Scan(); {
		fields := strings.Fields(lines.Text())
		if len(fields) != 3 {
			continue
		}
		n, err := strconv.Atoi(fields[1])
		if err != nil {
			return 0, 0, fmt.Errorf("%s: %q", file, lines.Text())
		}
		blocks[fields[0]] = block{n, blocks[fields[0]].run || fields[2] != "0"}
		name, _, _ := strings.Cut(fields[0], ":")
		names[name] = true
	}
	all, run := 0, 0
	for _, b := range blocks {
		all += b.statements
		if b.run {
			run += b.statements
		}
	}
	if all == 0 {
		return 0, 0, fmt.Errorf("%s: no coverage", file)
	}
	return 100 * float64(run) / float64(all), len(names), nil
}

func (s server) submit(a pipelinetest.Analysis) (string, error) {
	var body bytes.Buffer
	form := multipart.NewWriter(&body)
	part, err := form.CreateFormFile("report", "report.json")
	if err != nil {
		return "", err
	}
	if err := errors.Join(json.NewEncoder(part).Encode(a), form.Close()); err != nil {
		return "", err
	}
	var answer struct {
		TaskID string `json:"taskId"`
	}
	err = s.do(http.MethodPost, "/api/ce/submit", url.Values{"projectKey": {a.Project}}, form.FormDataContentType(), &body, &answer)
	return answer.TaskID, err
}

func (s server) wait(task string, within time.Duration) error {
	for deadline := time.Now().Add(within); time.Now().Before(deadline); time.Sleep(time.Second) {
		var t struct {
			Task struct{ Status, AnalysisID string } `json:"task"`
		}
		if err := s.do(http.MethodGet, "/api/ce/task", url.Values{"id": {task}}, "", http.NoBody, &t); err != nil {
			return err
		}
		if t.Task.Status != "SUCCESS" {
			continue
		}
		var g struct {
			ProjectStatus struct{ Status string } `json:"projectStatus"`
		}
		if err := s.do(http.MethodGet, "/api/qualitygates/project_status", url.Values{"analysisId": {t.Task.AnalysisID}}, "", http.NoBody, &g); err != nil {
			return err
		}
		if g.ProjectStatus.Status != "OK" {
			return errors.New("QUALITY GATE STATUS: FAILED")
		}
		fmt.Fprintln(os.Stderr, "QUALITY GATE STATUS: PASSED")
		return nil
	}
	return errors.New("quality gate check timeout exceeded")
}

func (s server) do(method, path string, query url.Values, contentType string, body io.Reader, out any) error {
	r, err := http.NewRequest(method, s.address+path+"?"+query.Encode(), body)
	if err != nil {
		return err
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	r.Header.Set("Content-Type", contentType)
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return err
	}
	defer func() { _ = response.Body.Close() }()
	content, err := io.ReadAll(response.Body)
	if err != nil {
		return err
	}
	if response.StatusCode != http.StatusOK {
		return fmt.Errorf("%s: %s: %s", path, response.Status, content)
	}
	return json.Unmarshal(content, out)
}

// leave writes what others read about the analysis.
func leave(project, address, task string) error {
	const dir = ".scannerwork"
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return err
	}
	text := fmt.Sprintf("projectKey=%s\nserverUrl=%s\ndashboardUrl=%s/dashboard?%s\nceTaskId=%s\nceTaskUrl=%s/api/ce/task?id=%s\n",
		project, address, address, url.Values{"id": {project}}.Encode(), task, address, task)
	return os.WriteFile(filepath.Join(dir, "report-task.txt"), []byte(text), 0o644)
}
