package main

import (
	"crypto/rand"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"strings"
	"time"

	routes "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

// site is everything behind one address: the edge, the functions, files, the object
// store's own address and the mailbox.
type site struct {
	specs  []function.Spec
	edge   *edge
	broker *broker
	back   *backends
	log    *slog.Logger
	hosts  map[string]*host.Host // by function; nil when each request gets its own
	build  func(function.Spec) *host.Host
	ops    *operations
}

func newSite(specs []function.Spec, b *backends, f flags, log *slog.Logger) *site {
	s := &site{specs: specs, back: b, log: log, hosts: map[string]*host.Host{}, ops: newOperations(specs, b, log)}
	s.broker = newBroker(specs, s.serve, f.twice, log)
	outbox := &event.Outbox{DB: b.db, Bus: s.broker, Log: log}
	client := &http.Client{Timeout: 10 * time.Second}
	metrics := host.NewMetrics()
	catalogue := function.Catalogued(specs...)
	s.build = func(spec function.Spec) *host.Host {
		return host.New(spec, host.Options{
			Deps:  function.Deps{DB: b.db, Storage: b.storage, Outbox: outbox, Mail: b.mail, Key: b.key, Settings: b.settings, Client: client, Log: log, Catalogue: catalogue},
			Redis: b.redis, Now: time.Now, TrustedHops: 1, Metrics: metrics,
		})
	}
	for _, spec := range specs {
		if !f.cold {
			s.hosts[spec.Name] = s.build(spec)
		}
	}
	s.edge = newEdge(specs, &page.Store{Redis: b.redis, Prefix: "madang:" + b.settings.Environment + ":"}, s.serve, time.Now)
	return s
}

// serve gives a request to a function.
func (s *site) serve(name string, w http.ResponseWriter, r *http.Request) {
	defer s.ops.serves(name)()
	if h := s.hosts[name]; h != nil {
		h.ServeHTTP(w, r)
		return
	}
	for _, spec := range s.specs {
		if spec.Name == name {
			s.build(spec).ServeHTTP(w, r)
			return
		}
	}
	notFound(w, r)
}

// ServeHTTP is the whole address space of the laptop's site.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.HasPrefix(s.back.settings.SiteURL, "https://") { // somebody before this host ends TLS
		w.Header().Set("Strict-Transport-Security", ui.TransportSecurity)
	}
	bucket := "/" + s.back.storage.Bucket
	switch path := r.URL.Path; {
	case path == "/_dev/mail":
		s.back.mail.ServeHTTP(w, r)
	case strings.HasPrefix(path, "/files/"):
		s.file(w, r, strings.TrimPrefix(path, "/files/"))
	case s.back.server != nil && (path == bucket || strings.HasPrefix(path, bucket+"/") || path == "/" && r.Header.Get("Authorization") != ""):
		s.back.server.ServeHTTP(w, r)
	case s.edge.answer(w, r):
	default:
		notFound(w, r)
	}
}

// notFound is how the edge itself answers what nobody has: a page to browsers, and a
// problem document to all others.
func notFound(w http.ResponseWriter, r *http.Request) {
	p := problem.Absent()
	w.Header().Set("Vary", "Accept")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if strings.Contains(r.Header.Get("Accept"), "text/html") {
		language := function.LanguageOf(r.URL.Path)
		if language == "ko" {
			language = function.Language(r.Header.Get("Accept-Language"))
		}
		answer := routes.ProblemPages()[language][strconv.Itoa(http.StatusNotFound)]
		for name, value := range answer.Header {
			w.Header().Set(name, value)
		}
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		w.WriteHeader(http.StatusNotFound)
		_, _ = io.WriteString(w, strings.ReplaceAll(answer.Body, ui.RequestID, rand.Text()))
		return
	}
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(http.StatusNotFound)
	_ = json.NewEncoder(w).Encode(host.Document{Type: "about:blank", Title: "Not Found", Status: http.StatusNotFound, Detail: p.Text.KO, Code: p.Code})
}

// print greets: what runs, where, and how to sign in first.
func (s *site) print(w io.Writer, address, data string, first firstSignIn) {
	_, _ = fmt.Fprintf(w, "\nMadang 마당  %s\n\n  data      %s\n", address, data)
	for _, name := range s.back.names {
		_, _ = fmt.Fprintf(w, "  %s\n", name)
	}
	_, _ = fmt.Fprintf(w, "  mail      %s/_dev/mail\n\n", address)
	for _, spec := range s.specs {
		_, _ = fmt.Fprintf(w, "%s  %s\n", spec.Name, spec.Doc)
		for _, r := range spec.Build(function.Deps{}).Routes {
			if !r.Internal {
				_, _ = fmt.Fprintf(w, "  %-6s %-52s %s\n", r.Method, r.Path, r.Access)
			}
		}
	}
	_, _ = fmt.Fprintf(w, "\n  first sign-in   %s  /  %s\n\n", first.Email, first.Password)
}
