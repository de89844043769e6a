// Command devhost runs the whole of Madang in one process on a laptop, with nothing
// installed: the same functions and host as deployed, SQLite, an embedded Redis, an
// object store that is as strict as NHN's, a broker, and the edge's routing and pages.
//
// DATABASE_URL, REDIS_URL and S3_ENDPOINT (with S3_ACCESS_KEY, S3_SECRET_KEY, S3_REGION,
// S3_BUCKET) replace the embedded ones with real ones.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/host"
)

func main() {
	var f flags
	flag.StringVar(&f.addr, "addr", "localhost:8080", "where to listen")
	flag.StringVar(&f.data, "data", "madang-data", "folder of the database, the files and the keys")
	flag.BoolVar(&f.reset, "reset", false, "delete the data first")
	flag.BoolVar(&f.cold, "cold", false, "build a function anew for every request, as after a scale to zero")
	flag.BoolVar(&f.twice, "twice", false, "deliver every event twice")
	flag.BoolVar(&f.quiet, "quiet", false, "log warnings and errors only")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	if err := run(ctx, f); err != nil {
		fmt.Fprintln(os.Stderr, "devhost:", err)
		os.Exit(1)
	}
}

type flags struct {
	addr, data                string
	reset, cold, twice, quiet bool
}

// marker is a file that says that a folder is devhost's own, so that -reset deletes no other.
const marker = "madang-devhost"

func run(ctx context.Context, f flags) error {
	level := slog.LevelInfo
	if f.quiet {
		level = slog.LevelWarn
	}
	log := host.NewLog(os.Stderr, level)
	if err := prepare(f); err != nil {
		return err
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr)
	if err != nil {
		return fmt.Errorf("listen: %w", err)
	}
	address := addressOf(f.addr, listener.Addr())
	backends, err := openBackends(ctx, f.data, address, log)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer backends.close()
	site := newSite(functions.All(), backends, f, log)
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	go site.broker.run(background)
	if err := backends.ready(ctx); err != nil {
		return err
	}
	first, err := welcome(ctx, backends, address, f.data)
	if err != nil {
		return err
	}
	go site.schedule(background)
	go site.ops.run(background)
	site.print(os.Stdout, address, f.data, first)
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	finish, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	if err := server.Shutdown(finish); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	return nil
}

// addressOf is the URL under which what listens is reached: the host as it was given, or
// this computer where none was; the port that was found where 0 was asked for.
func addressOf(given string, listening net.Addr) string {
	host, port, err := net.SplitHostPort(given)
	if err != nil {
		return "http://" + given
	}
	if host == "" || host == "0.0.0.0" || host == "::" {
		host = "localhost"
	}
	if t, ok := listening.(*net.TCPAddr); ok && port == "0" {
		port = strconv.Itoa(t.Port)
	}
	return "http://" + net.JoinHostPort(host, port)
}

// prepare makes the data folder, or empties it.
func prepare(f flags) error {
	own := filepath.Join(f.data, marker)
	if f.reset {
		if _, err := os.Stat(own); err == nil {
			if err := os.RemoveAll(f.data); err != nil {
				return fmt.Errorf("reset: %w", err)
			}
		} else if entries, _ := os.ReadDir(f.data); len(entries) > 0 {
			return fmt.Errorf("reset: %s was not made by devhost; delete it yourself", f.data)
		}
	}
	if err := os.MkdirAll(f.data, 0o700); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	if err := os.WriteFile(own, []byte("This folder belongs to go run ./knative/devhost; -reset deletes it.\n"), 0o600); err != nil {
		return fmt.Errorf("data: %w", err)
	}
	return nil
}
