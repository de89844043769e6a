package host

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"slices"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/madang-council/madang/shared/cache"
	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/spans"
)

// grace is how long requests in flight may take after SIGTERM: less than Kubernetes'
// 30 seconds, so that the process ends by itself.
const grace = 25 * time.Second

// How the server treats connections. They come from Knative's queue-proxy.
const (
	headerTime   = 10 * time.Second // a header takes milliseconds; whoever is slower ties up a connection
	idleTime     = 2 * time.Minute  // longer than Go's clients keep one that they do not use (90 s), so that it is never closed under a request
	headerLimit  = 32 << 10         // bytes: two of the longest lines that the edge takes (large_client_header_buffers)
	outwardTime  = 10 * time.Second // for a call to the broker or an issuer: a third of what a request may take
	scrapeHeader = 5 * time.Second  // as headerTime, on the port for metrics: Prometheus gives up after 10 s
)

// Run is a deployed function's whole program: it serves until SIGTERM, finishes what is
// in flight and exits. It waits for nothing before it is ready: that PostgreSQL or Redis is away
// is found out by who needs them.
//
// What there is beside it is said by the catalogue (functions/catalogue).
func Run(spec function.Spec, catalogue function.Catalogue) {
	log := NewLog(os.Stderr, slog.LevelInfo)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, spec, catalogue, log); err != nil {
		log.Error("stopped", "function", spec.Name, "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, spec function.Spec, catalogue function.Catalogue, log *slog.Logger) error {
	settings, err := ReadSettings(nil)
	if err != nil {
		return err
	}
	options, err := deployed(spec, settings, log)
	if err != nil {
		return err
	}
	options.Deps.Catalogue = catalogue
	h := New(spec, options)
	go connect(ctx, spec, options)
	server := &http.Server{
		Addr: ":" + strconv.Itoa(settings.Port), Handler: h,
		ReadHeaderTimeout: headerTime, IdleTimeout: idleTime, MaxHeaderBytes: headerLimit,
	}
	go serveMetrics(ctx, settings.MetricsAddr, options.Metrics, log)
	told := tell(spec, settings.MetricsSink, options.Metrics)
	traced := options.Spans.Begin()
	failed := make(chan error, 1)
	go func() { failed <- server.ListenAndServe() }()
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	h.Drain()
	finish, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	err = server.Shutdown(finish)
	if lost := told(); lost != nil {
		log.Warn("what was counted last is lost", "function", spec.Name, "error", lost)
	}
	if lost := traced(); lost != nil {
		log.Warn("spans are lost", "function", spec.Name, "error", lost)
	}
	return errors.Join(err, options.Deps.DB.Close(), options.Redis.Close())
}

// connect opens the first connections to PostgreSQL and Redis beside each other, while the pod
// becomes ready, so that the first request need not wait for one after the other. Whether it
// succeeds makes no difference but that.
func connect(ctx context.Context, spec function.Spec, o Options) {
	ctx, cancel := context.WithTimeout(ctx, outwardTime)
	defer cancel()
	var both sync.WaitGroup
	both.Go(func() { _ = o.Redis.Ping(ctx).Err() })
	if slices.Contains(spec.Needs, function.Database) {
		both.Go(func() { _ = o.Deps.DB.Ping(ctx) })
	}
	both.Wait()
}

// mostStatement is the longest that a statement of a request takes: a hundred times as long as the slowest that the
// measurements know (docs/measurements.md), so that none holds one of four connections for the whole time of a request.
const mostStatement = 10 * time.Second

// statementTime is how long a statement of a function may take: those of chores, as long as their turn.
func statementTime(spec function.Spec) time.Duration {
	if spec.Scale.Schedule != "" {
		return spec.Scale.Filled().Timeout
	}
	return mostStatement
}

// deployed wires a function to what its environment names.
func deployed(spec function.Spec, s Settings, log *slog.Logger) (Options, error) {
	key, err := s.Key()
	if err != nil {
		return Options{}, err
	}
	settings, err := s.Function()
	if err != nil {
		return Options{}, err
	}
	db, err := postgres.Within(s.DatabaseURL, statementTime(spec))
	if err != nil {
		return Options{}, err
	}
	cache.Silence()
	redis, err := cache.Open(s.RedisURL)
	if err != nil {
		return Options{}, err
	}
	client := &http.Client{Timeout: outwardTime}
	deps := function.Deps{
		DB: db, Storage: s.Storage(), Key: key, Settings: settings, Client: client, Log: log,
		Outbox: &event.Outbox{DB: db, Log: log, Bus: event.Sink{URL: s.Sink, Source: "/functions/" + spec.Name, Client: client, Key: key.Derive(event.KeyPurpose)}},
	}
	if spec.Mail != nil {
		if deps.Mail, err = spec.Mail(s.SMTPURL, s.MailFrom); err != nil {
			return Options{}, err
		}
	}
	o := Options{Deps: deps, Redis: redis, Now: time.Now, TrustedHops: s.TrustedHops, Metrics: NewMetrics()}
	if s.Collector != "" {
		o.Spans = &spans.Exporter{URL: s.Collector, Service: spec.Name, Client: client}
	}
	return o, nil
}

// tell begins to send what is counted to who adds it up (package counts). What it returns
// ends that, and sends what is left: it must be called after the last request.
func tell(spec function.Spec, sink string, m *Metrics) (end func() error) {
	if sink == "" {
		return func() error { return nil }
	}
	name, _ := os.Hostname() // the pod's; without one the random part is enough
	sender := counts.Sender{
		URL: sink, Name: spec.Name + "/" + name + "/" + randomHex(8), Count: m.Write,
		Client: &http.Client{Timeout: counts.Last},
	}
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- sender.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

// serveMetrics answers Prometheus on a port of its own: a scrape of the serving port
// would keep the function awake.
func serveMetrics(ctx context.Context, address string, m *Metrics, log *slog.Logger) {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		log.Warn("no metrics", "error", err)
		return
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) { m.Write(w) })
	server := &http.Server{Handler: mux, ReadHeaderTimeout: scrapeHeader}
	log.Warn("metrics ended", "error", server.Serve(listener))
}
