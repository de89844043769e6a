// Package edgetest is what an edge does, as a table that Nginx and the local host both
// pass: the same requests, the same stand-in for functions, the same answers.
package edgetest

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
)

// Specs are the functions of the table.
func Specs() []function.Spec {
	none := function.Do(func(context.Context, *struct{}) (*function.None, error) { return &function.None{}, nil })
	spec := func(name string, routes ...function.Route) function.Spec {
		return function.Spec{Name: name, New: func(function.Deps) function.Parts { return function.Parts{Routes: routes} }}
	}
	get := func(path string, p *function.Page) function.Route {
		return function.Route{Method: "GET", Path: path, Access: function.Anyone, Do: none, Page: p}
	}
	post := function.Route{Method: "POST", Path: "/v1/notices", Access: function.SignedIn, Do: none}
	site := func(path string) function.Route {
		r := get(path, &function.Page{})
		r.HTML = true
		return r
	}
	assets := site("/assets/{hash}/{name}")
	assets.Page = &function.Page{ForAll: true}
	lost := func(path string) function.Route {
		r := site(path)
		r.Page = &function.Page{Lost: true}
		return r
	}
	waking := get("/v1/form", &function.Page{})
	waking.Wakes = []string{"notices", "site"}
	hidden := get("/v1/hidden", nil)
	hidden.Internal = true
	return []function.Spec{
		spec("site", site("/"), site("/en"), site("/posts/{id}"), site("/en/posts/{id}"), assets, lost("/not-found")),
		spec("main", get("/v1/main", &function.Page{Tags: []string{"main"}}), waking),
		spec("notices", get("/v1/notices", &function.Page{Query: []string{"tag", "q"}, Bypass: []string{"find"}}), post, get("/v1/notices/{id}", &function.Page{}), get("/v1/notices/mine", nil), get("/v1/notices/{id}/revisions/{number}", nil), hidden),
	}
}

// Functions stands in for every function: it counts, behaves as told, and stores pages as
// the host does.
type Functions struct {
	Store *page.Store
	mu    sync.Mutex
	seen  []Seen
	rule  Rule
	n     atomic.Int64
}

// Seen is a request that reached a function.
type Seen struct {
	Function, Method, URI string
	Header                http.Header
}

// Rule says how functions answer from now on.
type Rule struct {
	Status  int             // 0 means 200
	Delay   time.Duration   // before the answer
	Body    string          // "" means a text that is different each time
	Lasts   []time.Duration // how long each segment of the page lasts; none means one hour
	Changes bool            // the page is known to be wrong after its last segment
	NoStore bool
	Header  map[string]string // further headers, kept with the page
	Times   int               // how many requests are answered with Status, before all others are with 200; 0 means all
	Wrong   time.Duration     // after which the page is known to be wrong; 0: at the end of the last segment where Changes is set
}

// Set changes the rule and forgets what was seen.
func (f *Functions) Set(r Rule) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.rule, f.seen = r, nil
}

// Seen are the requests since Set.
func (f *Functions) Seen() []Seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.seen)
}

// ServeHTTP answers as the function that Host names.
func (f *Functions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	name, _, _ := strings.Cut(r.Host, ".")
	_, _ = io.Copy(io.Discard, r.Body)
	f.mu.Lock()
	rule := f.rule
	if rule.Times > 0 && len(f.seen) >= rule.Times {
		rule.Status = 0
	}
	f.seen = append(f.seen, Seen{Function: name, Method: r.Method, URI: r.URL.RequestURI(), Header: r.Header.Clone()})
	f.mu.Unlock()
	time.Sleep(rule.Delay)
	n := f.n.Add(1)
	body := rule.Body
	if body == "" {
		body = fmt.Sprintf(`{"render":%d}`, n)
	}
	route, _ := edge.Find(edge.Routes(Specs()), r.URL.Path)
	w.Header().Set("Content-Type", "application/json")
	for name, value := range rule.Header {
		w.Header().Set(name, value)
	}
	if r.URL.Path == "/readyz" {
		return
	}
	if rule.Status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(rule.Status)
		_, _ = io.WriteString(w, `{"code":"from-function"}`)
		return
	}
	if !route.Page || r.URL.Query().Get("find") != "" || r.Method != http.MethodGet || r.Header.Get("Authorization") != "" || r.Header.Get("Cookie") != "" {
		w.Header().Set("Cache-Control", "private, no-store")
		_, _ = io.WriteString(w, body)
		return
	}
	language := function.Language(r.Header.Get("Accept-Language"))
	if route.HTML {
		language = function.LanguageOf(r.URL.Path)
	}
	key := page.Key(r.URL.Path, r.URL.Query(), route.Query, language)
	p := f.page(key, name, body, rule)
	if !rule.NoStore {
		if g, err := f.Store.Begin(r.Context(), p.Key, p.Tags); err == nil {
			_, _ = f.Store.Save(r.Context(), p, g)
		}
	}
	w.Header().Set("ETag", p.Segments[0].ETag)
	if rule.Header["Cache-Control"] == "" {
		w.Header().Set("Cache-Control", page.CacheControl)
	}
	_, _ = w.Write(p.Segments[0].Body)
}

func (f *Functions) page(key, name, body string, rule Rule) page.Page {
	now := f.Store.Now()
	p := page.Page{Key: key, Tags: []string{"all"}, Meta: page.Meta{Function: name, Rendered: now.UnixMilli()}}
	lasts := rule.Lasts
	if len(lasts) == 0 {
		lasts = []time.Duration{time.Hour}
	}
	from := now
	for i, d := range lasts {
		text := body
		if i > 0 {
			text = fmt.Sprintf("%s+%d", body, i)
		}
		p.Segments = append(p.Segments, page.Segment{From: from.UnixMilli(), Until: from.Add(d).UnixMilli(), ETag: page.Etag([]byte(text)), ContentType: "application/json", Body: []byte(text), Header: rule.Header})
		from = from.Add(d)
	}
	if rule.Changes {
		p.Wrong = from.UnixMilli()
	}
	if rule.Wrong > 0 {
		p.Wrong = now.Add(rule.Wrong).UnixMilli()
	}
	return p
}

// World is what an edge under test is connected to.
type World struct {
	Functions  *Functions
	Redis      *redis.Client
	Prefix     string
	StopRedis  func()
	StartRedis func(empty bool) // again, without anything in it or with what it had
}

// Rules are edge.Fixed's, but that nothing is waited for longer than a test may take.
func Rules() edge.Rules {
	r := edge.Fixed()
	r.Limits.RenewEvery, r.Limits.RenewAhead = 1, 2
	r.Limits.CopyAway, r.Limits.CopyPatience = 2, 1
	return r
}

// Start starts an edge for a world, with Specs and Rules, and returns its address, as
// http://127.0.0.1:1234.
type Start func(t *testing.T, w World) string

type fixture struct {
	*testing.T
	World
	base string
}

type answer struct {
	status int
	body   string
	header http.Header
}

func (f *fixture) do(method, path string, header ...string) answer {
	f.Helper()
	r, err := http.NewRequestWithContext(f.Context(), method, f.base+path, http.NoBody)
	if err != nil {
		f.Fatal(err)
	}
	for i := 0; i+1 < len(header); i += 2 {
		r.Header.Add(header[i], header[i+1])
	}
	response, err := client.Do(r)
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		f.Fatal(err)
	}
	return answer{response.StatusCode, string(body), response.Header}
}

var client = &http.Client{
	Transport:     &http.Transport{MaxIdleConnsPerHost: 200, DisableCompression: true},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	Timeout:       time.Minute,
}

func (a answer) cache() string { return a.header.Get("Cache-Status") }

func (f *fixture) get(path string, header ...string) answer {
	f.Helper()
	return f.do(http.MethodGet, path, header...)
}

// until waits at most 5 s for something to become true.
func (f *fixture) until(what string, ok func() bool) {
	f.Helper()
	for range 500 {
		if ok() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	f.Fatalf("never: %s", what)
}
