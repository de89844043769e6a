package pipelinetest

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// SonarQube is a server's Web API, as far as its scanner and the pipeline use it
// (https://next.sonarqube.com/sonarqube/web_api). A project's quality gate has one
// condition, on the coverage of all code.
type SonarQube struct {
	URL, Token string

	mu       sync.Mutex
	least    map[string]float64 // by project: the coverage that its gate wants
	projects map[string]analysis
	tasks    map[string]string // project of each task
	deleted  []string
}

// Analysis is what a scanner submits to the stand-in in place of its own format.
type Analysis struct {
	Project  string  `json:"project"`
	Version  string  `json:"version"`
	Coverage float64 `json:"coverage"` // percent of statements
	Files    int     `json:"files"`
}

type analysis struct {
	Analysis
	task string
}

// NewSonarQube is a server without projects. Its address is needed for links.
func NewSonarQube(address, token string) *SonarQube {
	return &SonarQube{URL: address, Token: token, least: map[string]float64{}, projects: map[string]analysis{}, tasks: map[string]string{}}
}

// Want gives a project's quality gate the least coverage in percent.
func (s *SonarQube) Want(project string, coverage float64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.least[project] = coverage
}

// Project is the last analysis of a project.
func (s *SonarQube) Project(name string) (Analysis, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	a, there := s.projects[name]
	return a.Analysis, there
}

// Deleted says whether a project was deleted.
func (s *SonarQube) Deleted(project string) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Contains(s.deleted, project)
}

// Handler serves the API.
func (s *SonarQube) Handler() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /api/ce/submit", s.submit)
	mux.HandleFunc("GET /api/ce/task", s.task)
	mux.HandleFunc("GET /api/qualitygates/project_status", s.status)
	mux.HandleFunc("POST /api/projects/delete", s.remove)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer "+s.Token {
			w.WriteHeader(http.StatusUnauthorized) // without a body, as the server does
			return
		}
		s.mu.Lock()
		defer s.mu.Unlock()
		mux.ServeHTTP(w, r)
	})
}

func refuse(w http.ResponseWriter, status int, format string, args ...any) {
	answer(w, status, map[string]any{"errors": []any{map[string]any{"msg": fmt.Sprintf(format, args...)}}})
}

func (s *SonarQube) submit(w http.ResponseWriter, r *http.Request) {
	project := r.URL.Query().Get("projectKey")
	file, _, err := r.FormFile("report")
	if err != nil || project == "" {
		refuse(w, http.StatusBadRequest, "The 'projectKey' and 'report' parameters are missing: %v", err)
		return
	}
	defer func() { _ = file.Close() }()
	var a Analysis
	if err := json.NewDecoder(file).Decode(&a); err != nil || a.Project != project {
		refuse(w, http.StatusBadRequest, "the report of %q is broken: %v", a.Project, err)
		return
	}
	task := "task-" + strconv.Itoa(len(s.tasks)+1)
	s.tasks[task], s.projects[project] = project, analysis{a, task}
	answer(w, http.StatusOK, map[string]any{"taskId": task, "projectId": project})
}

func (s *SonarQube) task(w http.ResponseWriter, r *http.Request) {
	id := r.URL.Query().Get("id")
	project, there := s.tasks[id]
	if !there {
		refuse(w, http.StatusNotFound, "No activity found for task '%s'", id)
		return
	}
	answer(w, http.StatusOK, map[string]any{"task": map[string]any{"id": id, "type": "REPORT", "componentKey": project, "status": "SUCCESS", "analysisId": "analysis-of-" + id}})
}

func (s *SonarQube) status(w http.ResponseWriter, r *http.Request) {
	project := r.URL.Query().Get("projectKey")
	if id, ok := strings.CutPrefix(r.URL.Query().Get("analysisId"), "analysis-of-"); ok {
		project = s.tasks[id]
	}
	a, there := s.projects[project]
	if !there {
		refuse(w, http.StatusNotFound, "Project '%s' not found", project)
		return
	}
	status := "OK"
	if a.Coverage < s.least[project] {
		status = "ERROR"
	}
	answer(w, http.StatusOK, map[string]any{"projectStatus": map[string]any{"status": status, "conditions": []any{map[string]any{
		"status": status, "metricKey": "coverage", "comparator": "LT", "errorThreshold": strconv.FormatFloat(s.least[project], 'f', -1, 64), "actualValue": strconv.FormatFloat(a.Coverage, 'f', 1, 64),
	}}}})
}

func (s *SonarQube) remove(w http.ResponseWriter, r *http.Request) {
	project := r.URL.Query().Get("project")
	if _, there := s.projects[project]; !there {
		refuse(w, http.StatusNotFound, "Project '%s' not found", project)
		return
	}
	delete(s.projects, project)
	s.deleted = append(s.deleted, project)
	w.WriteHeader(http.StatusNoContent)
}

// Dashboard is where a person looks at a project.
func (s *SonarQube) Dashboard(project string) string {
	return s.URL + "/dashboard?" + url.Values{"id": {project}}.Encode()
}
