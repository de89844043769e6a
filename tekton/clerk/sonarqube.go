package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// sonarqube is the part of SonarQube's Web API that the clerk needs (web_api/api/qualitygates
// and web_api/api/projects of every server).
type sonarqube struct {
	client     *http.Client
	url, token string
}

// gateStatus is the answer of api/qualitygates/project_status.
type gateStatus struct {
	Status     string      `json:"status"` // OK, ERROR or NONE
	Conditions []condition `json:"conditions"`
}

type condition struct {
	Status     string `json:"status"`
	Metric     string `json:"metricKey"`
	Comparator string `json:"comparator"` // LT: an error below the threshold; GT: above
	Threshold  string `json:"errorThreshold"`
	Actual     string `json:"actualValue"`
}

func (s sonarqube) gate(ctx context.Context, project string) (gateStatus, error) {
	var a struct {
		ProjectStatus gateStatus `json:"projectStatus"`
	}
	answer, err := s.do(ctx, http.MethodGet, "/api/qualitygates/project_status", url.Values{"projectKey": {project}})
	if err != nil {
		return gateStatus{}, err
	}
	if err := json.Unmarshal(answer, &a); err != nil {
		return gateStatus{}, fmt.Errorf("sonarqube: %w", err)
	}
	return a.ProjectStatus, nil
}

// remove deletes a project; one that is not there is no error.
func (s sonarqube) remove(ctx context.Context, project string) error {
	_, err := s.do(ctx, http.MethodPost, "/api/projects/delete", url.Values{"project": {project}})
	return err
}

func (s sonarqube) do(ctx context.Context, method, path string, query url.Values) ([]byte, error) {
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(s.url, "/")+path+"?"+query.Encode(), http.NoBody)
	if err != nil {
		return nil, fmt.Errorf("sonarqube: %w", err)
	}
	r.Header.Set("Authorization", "Bearer "+s.token)
	response, err := s.client.Do(r)
	if err != nil {
		return nil, fmt.Errorf("sonarqube: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return nil, fmt.Errorf("sonarqube: %w", err)
	}
	if response.StatusCode >= 300 && !(method == http.MethodPost && response.StatusCode == http.StatusNotFound) {
		return nil, fmt.Errorf("sonarqube: %s %s: %s: %s", method, path, response.Status, shorten(string(answer), 300))
	}
	return answer, nil
}

// why says which conditions of a gate are not met.
func (g gateStatus) why() string {
	parts := []string{}
	for _, c := range g.Conditions {
		if c.Status == "ERROR" {
			than := map[string]string{"LT": "below", "GT": "above"}[c.Comparator]
			parts = append(parts, fmt.Sprintf("%s %s is %s %s", strings.ReplaceAll(c.Metric, "_", " "), c.Actual, than, c.Threshold))
		}
	}
	if len(parts) == 0 {
		return "quality gate: " + g.Status
	}
	return "quality gate: " + strings.Join(parts, ", ")
}

// readReport reads the scanner's report-task.txt: key=value, the value may hold "=".
func readReport(file string) (map[string]string, error) {
	content, err := readEnd(file)
	if err != nil {
		return nil, fmt.Errorf("the scanner's report: %w", err)
	}
	report := map[string]string{}
	for line := range strings.Lines(content) {
		if key, value, ok := strings.Cut(strings.TrimSpace(line), "="); ok {
			report[key] = value
		}
	}
	return report, nil
}
