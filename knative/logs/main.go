// Command logs keeps what an environment's containers write: Kubernetes deletes a pod's log
// with the pod, a minute after a function's last request. It follows the logs of functions, the
// edge, the watch and of jobs through Kubernetes' API and stores them, in gzip, in a bucket of
// their own (package logs), where command trace finds them.
//
//	GET /metrics  what was kept and what not, for Prometheus
//	GET /healthz, GET /readyz (it follows every pod that is there)
//
// It ends with what it has stored; who comes after it goes on where it was.
package main

import (
	"context"
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

	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/objects"
)

// settings come from the environment.
type settings struct {
	Addr      string        `env:"ADDR" envDefault:":9097"`
	Namespace string        `env:"NAMESPACE,required"`
	Name      string        `env:"HOSTNAME,required"` // of this pod, in keys
	Retention time.Duration `env:"RETENTION,required"`
	MinuteMiB int64         `env:"MINUTE_MIB" envDefault:"8"` // what a container may write in a minute
	Endpoint  string        `env:"S3_ENDPOINT,required"`
	Region    string        `env:"S3_REGION,required"`
	AccessKey string        `env:"S3_ACCESS_KEY,required"`
	SecretKey string        `env:"S3_SECRET_KEY,required"`
	Bucket    string        `env:"LOGS_BUCKET,required"`
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
	store, err := objects.Open(objects.Config{Endpoint: s.Endpoint, Region: s.Region, Bucket: s.Bucket, AccessKey: s.AccessKey, SecretKey: s.SecretKey})
	if err != nil {
		return err
	}
	api, err := openCluster(s.Namespace)
	if err != nil {
		return err
	}
	return serve(ctx, s, newCollector(api, newBook(store, s.Name, log), s.MinuteMiB<<20))
}

// finish is how long what was read may take to be stored at the end: less than the pod is given.
const finish = 20 * time.Second

// serve does everything until ctx ends, and then stores what was read last.
func serve(ctx context.Context, s settings, c *collector) error {
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", s.Addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	server := &http.Server{Handler: routes(c), ReadHeaderTimeout: 5 * time.Second, ReadTimeout: 30 * time.Second}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	work, end := context.WithCancel(ctx)
	defer end()
	var reading, storing sync.WaitGroup
	storage, close := context.WithCancel(context.WithoutCancel(ctx))
	defer close()
	storing.Go(func() { c.book.send(storage) })
	reading.Go(func() { c.run(work, s.Retention) })
	reading.Go(func() { c.book.keepTidy(work, s.Retention) })
	select {
	case err = <-failed:
		err = fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	end()
	reading.Wait()
	within, cancel := context.WithTimeout(context.WithoutCancel(ctx), finish)
	defer cancel()
	err = errors.Join(err, c.book.finish(within))
	close()
	storing.Wait()
	return errors.Join(err, server.Close())
}

func routes(c *collector) http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("GET /metrics", c.writeMetrics)
	mux.HandleFunc("GET /healthz", func(w http.ResponseWriter, _ *http.Request) { _, _ = w.Write([]byte("ok\n")) })
	mux.HandleFunc("GET /readyz", func(w http.ResponseWriter, _ *http.Request) {
		if !c.isReady() {
			http.Error(w, "pods are not known yet", http.StatusServiceUnavailable)
		}
	})
	return mux
}
