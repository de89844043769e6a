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
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"sync"
	"syscall"
	"time"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/host"
)

func main() {
	var f flags
	f.define(flag.CommandLine)
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, os.Interrupt)
	defer stop()
	context.AfterFunc(ctx, stop) // asked twice, it ends at once
	if err := run(ctx, f, os.Stdout, os.Stderr); err != nil {
		fmt.Fprintln(os.Stderr, "devhost:", err)
		os.Exit(1)
	}
}

type flags struct {
	addr, data                      string
	reset, cold, twice, log, routes bool
	empty                           bool
}

// define says what flags there are; the README's table has the same words.
func (f *flags) define(set *flag.FlagSet) {
	set.StringVar(&f.addr, "addr", "localhost:8080", "where to listen")
	set.StringVar(&f.data, "data", "madang-data", "the folder of the database, the files and the keys")
	set.BoolVar(&f.reset, "reset", false, "delete the data folder first")
	set.BoolVar(&f.empty, "empty", false, "begin with an admin alone, as a new council does, and without what a laptop is shown")
	set.BoolVar(&f.cold, "cold", false, "build a function anew for every request, as after a scale to zero")
	set.BoolVar(&f.twice, "twice", false, "deliver every event twice")
	set.BoolVar(&f.log, "log", false, "write what happens as JSON, as functions on a cluster do; without it, warnings and errors in words")
	set.BoolVar(&f.routes, "routes", false, "list every address and who may call it, and end")
}

// marker is a file that says that a folder is devhost's own: it writes into no other, and
// -reset deletes no other.
const marker = "madang-devhost"

// run serves until ctx ends. out gets the greeting, log what is logged.
func run(ctx context.Context, f flags, out, log io.Writer) error {
	if f.routes {
		return list(out, functions.All())
	}
	var level slog.LevelVar
	level.Set(slog.LevelWarn)
	logger := terminalLog(log)
	if f.log {
		logger = host.NewLog(log, &level)
	}
	listener, err := (&net.ListenConfig{}).Listen(ctx, "tcp", f.addr)
	if err != nil {
		if errors.Is(err, syscall.EADDRINUSE) {
			err = fmt.Errorf("%w: end what listens there, or name another address, as -addr localhost:8081", err)
		}
		return fmt.Errorf("listen: %w", err)
	}
	if err := prepare(f); err != nil { // only now: another one that listens there may use the folder
		return errors.Join(err, listener.Close())
	}
	address := addressOf(f.addr, listener.Addr())
	backends, err := openBackends(ctx, f.data, address)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer backends.close()
	if err := backends.migrate(ctx, f.data); err != nil {
		return errors.Join(err, listener.Close())
	}
	site := newSite(functions.All(), backends, f, logger)
	server := &http.Server{Handler: site, ReadHeaderTimeout: 10 * time.Second, MaxHeaderBytes: 32 << 10, BaseContext: func(net.Listener) context.Context { return context.WithoutCancel(ctx) }}
	failed := make(chan error, 1)
	go func() { failed <- server.Serve(listener) }()
	background, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	site.work.Go(func() { site.broker.run(background) })
	site.work.Go(func() { site.edge.run(background) })
	if err := backends.ready(ctx); err != nil {
		return err
	}
	first, err := welcome(ctx, backends, address, f)
	if err != nil {
		return err
	}
	if err := greet(out, address, f.data, backends.names, first); err != nil {
		return err
	}
	level.Set(slog.LevelInfo) // what the first council was made of is nobody's news
	site.schedule(background)
	site.work.Go(func() { site.ops.run(background) })
	select {
	case err := <-failed:
		return fmt.Errorf("serve: %w", err)
	case <-ctx.Done():
	}
	finish, done := context.WithTimeout(context.Background(), 10*time.Second)
	defer done()
	cancel()
	wait(finish, &site.work) // before the server ends: through it, they reach the embedded store
	if err := server.Shutdown(finish); err != nil {
		return fmt.Errorf("stop: %w", err)
	}
	wait(finish, &site.edge.beside)
	return nil
}

// wait waits for a group, but not longer than ctx.
func wait(ctx context.Context, group *sync.WaitGroup) {
	ended := make(chan struct{})
	go func() { group.Wait(); close(ended) }()
	select {
	case <-ended:
	case <-ctx.Done():
	}
}

// terminalLog is the log for who looks at a terminal: warnings and errors, a line each.
func terminalLog(w io.Writer) *slog.Logger {
	return host.LogTo(slog.NewTextHandler(w, &slog.HandlerOptions{Level: slog.LevelWarn, ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if len(groups) == 0 && a.Key == slog.TimeKey {
			return slog.String(a.Key, a.Value.Time().Format(time.TimeOnly))
		}
		return a
	}}))
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
	if entries, _ := os.ReadDir(f.data); len(entries) > 0 {
		if _, err := os.Stat(own); err != nil {
			return fmt.Errorf("data: %s has files that are not devhost's; name another folder by -data", f.data)
		}
	}
	if f.reset {
		if err := os.RemoveAll(f.data); err != nil {
			return fmt.Errorf("reset: %w", err)
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
