package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// github is the part of GitHub's REST API (version 2022-11-28) that the clerk needs:
// https://docs.github.com/en/rest/commits/statuses, .../pulls/pulls, .../branches/branches,
// .../commits/comments.
type github struct {
	client                 *http.Client
	api, token, repository string
	pause                  time.Duration // before the second try, twice as long before each further one
}

// status is a commit status. GitHub knows the states error, failure, pending and success.
type status struct {
	Context     string    `json:"context"`
	State       string    `json:"state"`
	TargetURL   string    `json:"target_url,omitempty"`
	Description string    `json:"description"`
	CreatedAt   time.Time `json:"created_at,omitzero"`
}

const (
	success = "success"
	failure = "failure"
	broken  = "error" // nothing is known about the commit
	pending = "pending"
)

func (g github) post(ctx context.Context, commit string, s status) error {
	return g.do(ctx, http.MethodPost, "/statuses/"+commit, s, nil)
}

// statuses are the newest ones of a commit, by context.
func (g github) statuses(ctx context.Context, commit string) (map[string]status, error) {
	var combined struct {
		Statuses []status `json:"statuses"`
	}
	if err := g.do(ctx, http.MethodGet, "/commits/"+commit+"/status?per_page=100", nil, &combined); err != nil {
		return nil, err
	}
	found := map[string]status{}
	for _, s := range combined.Statuses {
		found[s.Context] = s
	}
	return found, nil
}

// pull is what a pull request is now.
type pull struct {
	State string `json:"state"` // open or closed
	Head  struct {
		SHA string `json:"sha"`
	} `json:"head"`
}

func (g github) pull(ctx context.Context, number int) (p pull, err error) {
	return p, g.do(ctx, http.MethodGet, fmt.Sprintf("/pulls/%d", number), nil, &p)
}

// head is the newest commit of a branch.
func (g github) head(ctx context.Context, branch string) (string, error) {
	var b struct {
		Commit struct {
			SHA string `json:"sha"`
		} `json:"commit"`
	}
	err := g.do(ctx, http.MethodGet, "/branches/"+url.PathEscape(branch), nil, &b)
	return b.Commit.SHA, err
}

// comment writes Markdown below a commit.
func (g github) comment(ctx context.Context, commit, text string) error {
	return g.do(ctx, http.MethodPost, "/commits/"+commit+"/comments", map[string]string{"body": text}, nil)
}

// tries is how often a request is made that meets a server's error: half a minute of
// trouble at GitHub must not fail a pull request.
const tries = 5

func (g github) do(ctx context.Context, method, path string, in, out any) error {
	pause := g.pause
	for n := 1; ; n++ {
		again, err := g.once(ctx, method, path, in, out)
		if err == nil || !again || n == tries {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
		pause *= 2
	}
}

// once makes one request; again says that another try may succeed.
func (g github) once(ctx context.Context, method, path string, in, out any) (again bool, err error) {
	content, err := json.Marshal(in)
	if err != nil {
		return false, fmt.Errorf("github: %w", err)
	}
	body := io.Reader(http.NoBody)
	if in != nil {
		body = bytes.NewReader(content)
	}
	r, err := http.NewRequestWithContext(ctx, method, strings.TrimSuffix(g.api, "/")+"/repos/"+g.repository+path, body)
	if err != nil {
		return false, fmt.Errorf("github: %w", err)
	}
	r.Header.Set("Accept", "application/vnd.github+json")
	r.Header.Set("X-GitHub-Api-Version", "2022-11-28")
	r.Header.Set("Authorization", "Bearer "+g.token)
	response, err := g.client.Do(r)
	if err != nil {
		return true, fmt.Errorf("github: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	answer, err := io.ReadAll(io.LimitReader(response.Body, 4<<20))
	if err != nil {
		return true, fmt.Errorf("github: %s %s: %w", method, path, err)
	}
	if response.StatusCode >= 300 {
		again = response.StatusCode >= 500 || response.StatusCode == http.StatusTooManyRequests
		return again, fmt.Errorf("github: %s %s: %s: %s", method, path, response.Status, shorten(string(answer), 300))
	}
	if out != nil {
		if err := json.Unmarshal(answer, out); err != nil {
			return false, fmt.Errorf("github: %s %s: %w", method, path, err)
		}
	}
	return false, nil
}

func sleep(ctx context.Context, d time.Duration) error {
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-time.After(d):
		return nil
	}
}
