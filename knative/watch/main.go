// Command watch is the one process of an environment that is always awake so that the
// functions need not be. It adds up what functions counted before they went to sleep,
// follows their pods for the bill, looks at everything now and then, wakes functions
// ahead of a publication, and shows all of it to Prometheus and, by stored rows, to
// /v1/admin/cost and /v1/admin/health.
//
//	POST /counts   functions' counters (package counts)
//	GET  /metrics  everything, for Prometheus
//	GET  /targets/{job}  whom else Prometheus asks
//	GET  /healthz
package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"sync"
	"syscall"
	"time"

	"github.com/caarlos0/env/v11"

	"github.com/madang-council/madang/shared/cache"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/counts"
	"github.com/madang-council/madang/shared/database/postgres"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/operation/bill"
)

// settings come from the environment; what is decided in the chart's values is in the
// file that Plan names.
type settings struct {
	Addr        string `env:"ADDR" envDefault:":9096"`
	Namespace   string `env:"NAMESPACE,required"`
	DatabaseURL string `env:"DATABASE_URL,required"`
	RedisURL    string `env:"REDIS_URL,required"`
	Site        string `env:"SITE"`       // the edge as it is reached from here
	PublicURL   string `env:"SITE_URL"`   // as visitors type it, for its certificate
	Prometheus  string `env:"PROMETHEUS"` // asked for alerts; empty: there are none to show
	// Alertmanager is asked whether it is there; empty: there is none of its own.
	Alertmanager string `env:"ALERTMANAGER"`
	// Heartbeat is asked after each look at which everything that watches was well.
	Heartbeat string `env:"HEARTBEAT_URL"`
	Gateway   string `env:"FUNCTIONS_ADDRESS"`
	Domain    string `env:"FUNCTION_DOMAIN"` // of functions' host names, as .madang.svc.cluster.local
	Plan      string `env:"PLAN" envDefault:"/etc/watch/plan.json"`
}

// plan is what an operator decided.
type plan struct {
	Functions          []string   `json:"functions"`
	WindowSeconds      float64    `json:"windowSeconds"` // functions.window
	Price              bill.Price `json:"price"`
	DatabaseLimitBytes int64      `json:"databaseLimitBytes"`
	StorageLimitBytes  int64      `json:"storageLimitBytes"`
	BackupSeconds      float64    `json:"backupSeconds"` // how old the last one may be; 0: others save the database
	NodesBy            string     `json:"nodesBy"`       // how Prometheus gets at kubelets: kubelet, apiserver, or not at all
	Knative            bool       `json:"knative"`       // whether it may find Knative's own pods
	WarmUp             warmUpPlan `json:"warmUp"`
}

func readPlan(path string) (plan, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return plan{}, fmt.Errorf("PLAN: %w", err)
	}
	var p plan
	if err := json.Unmarshal(text, &p); err != nil {
		return plan{}, fmt.Errorf("PLAN %s: %w", path, err)
	}
	return p, nil
}

func main() {
	log := host.NewLog(os.Stderr, slog.LevelInfo)
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, log); err != nil {
		log.Error("stopped", "error", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, log *slog.Logger) error {
	var s settings
	if err := env.Parse(&s); err != nil {
		return fmt.Errorf("settings: %w", err)
	}
	p, err := readPlan(s.Plan)
	if err != nil {
		return err
	}
	api, err := openCluster(s.Namespace)
	if err != nil {
		return err
	}
	db, err := postgres.Open(s.DatabaseURL)
	if err != nil {
		return err
	}
	cache.Silence()
	redis, err := cache.Open(s.RedisURL)
	if err != nil {
		return err
	}
	w := newWatch(s, p, log, time.Now)
	w.store, w.redis = bill.Store{DB: db}, redis
	w.warm = newWarmUp(p.WarmUp, notice.NewReader(db), w.store, w.wake)
	w.api = api
	err = serve(ctx, w)
	return errors.Join(err, db.Close(), redis.Close())
}

// serve does everything until ctx ends, and then stores what was counted last.
func serve(ctx context.Context, w *watch) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", w.settings.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: w.routes(), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	var group sync.WaitGroup
	work, end := context.WithCancel(ctx)
	defer end()
	for _, do := range []func(context.Context){w.followPods, w.lookAround, w.warmAhead} {
		group.Go(func() { do(work) })
	}
	select {
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	// Functions that end now still want to say what they counted; the scrape that would
	// fetch it may yet come.
	finish, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	err = errors.Join(err, server.Shutdown(finish))
	end()
	group.Wait()
	return errors.Join(err, w.save(finish))
}

func (w *watch) routes() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("POST /counts", w.ledger)
	mux.HandleFunc("GET /metrics", w.writeMetrics)
	mux.HandleFunc("GET /targets/{job}", w.writeTargets)
	mux.HandleFunc("GET /healthz", func(rw http.ResponseWriter, _ *http.Request) { _, _ = rw.Write([]byte("ok\n")) })
	return mux
}

// newWatch is a watch that has seen nothing yet.
func newWatch(s settings, p plan, log *slog.Logger, now func() time.Time) *watch {
	w := &watch{
		settings: s, plan: p, log: log, now: now, client: &http.Client{Timeout: 10 * time.Second},
		forms:    map[string]float64{},
		ledger:   &counts.Ledger{Now: now},
		tally:    bill.NewTally(now(), time.Duration(p.WindowSeconds*float64(time.Second)), p.Functions...),
		restarts: map[string]map[string]int{}, restarted: map[string]int{},
	}
	w.health.Backup.Expected = p.BackupSeconds > 0
	w.health.Database.LimitBytes, w.health.Storage.LimitBytes = p.DatabaseLimitBytes, p.StorageLimitBytes
	return w
}
