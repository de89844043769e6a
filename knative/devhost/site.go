package main

import (
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	rules "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/page"
)

// site is everything behind one address: the edge, the functions, files, the object
// store's own address and the mailbox.
type site struct {
	specs  []function.Spec
	edge   *edge
	broker *broker
	back   *backends
	log    *slog.Logger
	hosts  map[string]*host.Host // by function; none when each request gets its own
	build  func(function.Spec) *host.Host
	ops    *operations
	work   sync.WaitGroup // what goes on beside requests
}

func newSite(specs []function.Spec, b *backends, f flags, log *slog.Logger) *site {
	s := &site{specs: specs, back: b, log: log, hosts: map[string]*host.Host{}, ops: newOperations(specs, b, log)}
	s.broker = newBroker(specs, s.serve, f.twice, b.key.Derive(event.KeyPurpose), log)
	outbox := &event.Outbox{DB: b.db, Bus: s.broker, Log: log}
	client := &http.Client{Timeout: 10 * time.Second}
	metrics := host.NewMetrics()
	catalogue := persons.Catalogue(specs...)
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
	s.edge = newEdge(specs, rules.Fixed(), &page.Store{Redis: b.redis, Prefix: "madang:" + b.settings.Environment + ":", Now: time.Now}, s.serve, time.Now)
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
	s.edge.refuse(w, r, http.StatusNotFound)
}

// ServeHTTP is the whole address space of the laptop's site.
func (s *site) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	said := s.edge.rules.Headers
	for name, value := range said.Unsaid { // who answers may say otherwise
		w.Header().Set(name, value)
	}
	if strings.HasPrefix(s.back.settings.SiteURL, "https://") { // somebody before this host ends TLS
		w.Header().Set("Strict-Transport-Security", said.TransportSecurity)
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
		s.edge.refuse(w, r, http.StatusNotFound)
	}
}
