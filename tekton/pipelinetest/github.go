// Package pipelinetest has what the pipeline's tests speak to in place of GitHub and
// SonarQube: servers that keep to the public documentation of those and refuse what it
// does not allow.
package pipelinetest

import (
	"bytes"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"
	"unicode/utf8"
)

// Status is a commit status, https://docs.github.com/en/rest/commits/statuses.
type Status struct {
	Context     string    `json:"context"`
	State       string    `json:"state"`
	TargetURL   string    `json:"target_url"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"created_at"`
}

// GitHub is one repository of GitHub's REST API, as far as the pipeline uses it.
type GitHub struct {
	Repository, Token, WebhookSecret string

	mu       sync.Mutex
	statuses map[string][]Status // by commit, oldest first
	comments map[string][]string
	pulls    map[int]Pull
	branches map[string]string
	failing  int // requests that are to be answered by 502
}

// Pull is a pull request.
type Pull struct {
	Number    int
	State     string // open or closed
	Head      string // the commit
	From      string // the repository; empty: GitHub's own one
	UpdatedAt time.Time
}

// NewGitHub is a repository without anything in it.
func NewGitHub(repository, token, webhookSecret string) *GitHub {
	return &GitHub{
		Repository: repository, Token: token, WebhookSecret: webhookSecret,
		statuses: map[string][]Status{}, comments: map[string][]string{}, pulls: map[int]Pull{}, branches: map[string]string{},
	}
}

// SetPull makes or changes a pull request.
func (g *GitHub) SetPull(p Pull) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.pulls[p.Number] = p
}

// SetBranch moves a branch.
func (g *GitHub) SetBranch(name, commit string) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.branches[name] = commit
}

// Fail answers the next n requests by 502.
func (g *GitHub) Fail(n int) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.failing = n
}

// Statuses are all statuses that a commit was given, oldest first.
func (g *GitHub) Statuses(commit string) []Status {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.statuses[commit])
}

// Status is the newest status of a commit with a context.
func (g *GitHub) Status(commit, context string) Status {
	for _, s := range slices.Backward(g.Statuses(commit)) {
		if s.Context == context {
			return s
		}
	}
	return Status{}
}

// Comments are those of a commit.
func (g *GitHub) Comments(commit string) []string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return slices.Clone(g.comments[commit])
}

var (
	sha    = regexp.MustCompile(`^[0-9a-f]{40}$`)
	states = []string{"error", "failure", "pending", "success"}
)

// Handler serves the API.
func (g *GitHub) Handler() http.Handler {
	mux := http.NewServeMux()
	at := "/repos/" + g.Repository
	mux.HandleFunc("POST "+at+"/statuses/{sha}", g.postStatus)
	mux.HandleFunc("GET "+at+"/commits/{sha}/status", g.getStatus)
	mux.HandleFunc("POST "+at+"/commits/{sha}/comments", g.postComment)
	mux.HandleFunc("GET "+at+"/pulls/{number}", g.getPull)
	mux.HandleFunc("GET "+at+"/branches/{branch}", g.getBranch)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		g.mu.Lock()
		defer g.mu.Unlock()
		switch {
		case g.failing > 0:
			g.failing--
			answer(w, http.StatusBadGateway, map[string]any{"message": "Server Error"})
		case r.Header.Get("Authorization") != "Bearer "+g.Token:
			answer(w, http.StatusUnauthorized, map[string]any{"message": "Bad credentials"})
		default:
			mux.ServeHTTP(w, r)
		}
	})
}

func (g *GitHub) postStatus(w http.ResponseWriter, r *http.Request) {
	var s Status
	d := json.NewDecoder(r.Body)
	d.DisallowUnknownFields()
	commit := r.PathValue("sha")
	switch err := d.Decode(&s); {
	case err != nil:
		answer(w, http.StatusBadRequest, map[string]any{"message": err.Error()})
	case !sha.MatchString(commit):
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "No commit found for SHA: " + commit})
	case !slices.Contains(states, s.State) || s.Context == "" || utf8.RuneCountInString(s.Description) > 140:
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed", "errors": []any{s}})
	default:
		s.CreatedAt = time.Now().UTC().Truncate(time.Second)
		g.statuses[commit] = append(g.statuses[commit], s)
		answer(w, http.StatusCreated, s)
	}
}

// getStatus is the combined status: the newest of each context.
func (g *GitHub) getStatus(w http.ResponseWriter, r *http.Request) {
	newest := map[string]Status{}
	for _, s := range g.statuses[r.PathValue("sha")] {
		newest[s.Context] = s
	}
	list := []Status{}
	for _, s := range newest {
		list = append(list, s)
	}
	answer(w, http.StatusOK, map[string]any{"state": "pending", "statuses": list, "total_count": len(list)})
}

func (g *GitHub) postComment(w http.ResponseWriter, r *http.Request) {
	var c struct {
		Body string `json:"body"`
	}
	if err := json.NewDecoder(r.Body).Decode(&c); err != nil || c.Body == "" {
		answer(w, http.StatusUnprocessableEntity, map[string]any{"message": "Validation Failed"})
		return
	}
	commit := r.PathValue("sha")
	g.comments[commit] = append(g.comments[commit], c.Body)
	answer(w, http.StatusCreated, map[string]any{"body": c.Body, "commit_id": commit})
}

func (g *GitHub) getPull(w http.ResponseWriter, r *http.Request) {
	number, err := strconv.Atoi(r.PathValue("number"))
	p, there := g.pulls[number]
	if err != nil || !there {
		answer(w, http.StatusNotFound, map[string]any{"message": "Not Found"})
		return
	}
	answer(w, http.StatusOK, g.pullRequest(p))
}

func (g *GitHub) getBranch(w http.ResponseWriter, r *http.Request) {
	commit, there := g.branches[r.PathValue("branch")]
	if !there {
		answer(w, http.StatusNotFound, map[string]any{"message": "Branch not found"})
		return
	}
	answer(w, http.StatusOK, map[string]any{"name": r.PathValue("branch"), "commit": map[string]any{"sha": commit}})
}

func (g *GitHub) pullRequest(p Pull) map[string]any {
	from := p.From
	if from == "" {
		from = g.Repository
	}
	var closed any
	if p.State == "closed" {
		closed = p.UpdatedAt.UTC().Format(time.RFC3339)
	}
	return map[string]any{
		"number": p.Number, "state": p.State, "updated_at": p.UpdatedAt.UTC().Format(time.RFC3339), "closed_at": closed,
		"head": map[string]any{"sha": p.Head, "repo": map[string]any{"full_name": from}},
		"base": map[string]any{"ref": "main", "repo": map[string]any{"full_name": g.Repository}},
	}
}

// PullEvent is the webhook "pull_request" with an action about a pull request.
func (g *GitHub) PullEvent(action string, p Pull) []byte {
	return marshal(map[string]any{"action": action, "number": p.Number, "pull_request": g.pullRequest(p), "repository": map[string]any{"full_name": g.Repository}})
}

// PushEvent is the webhook "push" to main.
func (g *GitHub) PushEvent(commit string) []byte {
	return marshal(map[string]any{"ref": "refs/heads/main", "after": commit, "deleted": false, "repository": map[string]any{"full_name": g.Repository}})
}

// Deliver sends a webhook as GitHub does, and returns the status of the answer.
func (g *GitHub) Deliver(ctx context.Context, address, kind string, body []byte) (int, error) {
	m := hmac.New(sha256.New, []byte(g.WebhookSecret))
	_, _ = m.Write(body)
	return Send(ctx, address, http.Header{
		"Content-Type": {"application/json"}, "User-Agent": {"GitHub-Hookshot/044aadd"}, "X-GitHub-Event": {kind},
		"X-GitHub-Delivery": {fmt.Sprintf("%08x-cc78-11e3-81ab-4c9367dc0958", len(body))}, "X-Hub-Signature-256": {"sha256=" + hex.EncodeToString(m.Sum(nil))},
	}, body)
}

// Send posts what somebody says is a webhook.
func Send(ctx context.Context, address string, header http.Header, body []byte) (int, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address, bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	r.Header = header
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		return 0, err
	}
	return response.StatusCode, response.Body.Close()
}

func marshal(v any) []byte {
	content, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of texts
	}
	return content
}

func answer(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	_, _ = w.Write(marshal(v))
}

// Describe is statuses for a person.
func Describe(list []Status) string {
	var b strings.Builder
	for _, s := range list {
		_, _ = fmt.Fprintf(&b, "  %s %-22s %-8s %s (%s)\n", s.CreatedAt.Format(time.TimeOnly), s.Context, s.State, s.Description, s.TargetURL)
	}
	return b.String()
}
