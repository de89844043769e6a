// Command echo is a function to release in tests. KIND says how it behaves.
package main

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/signal"
	"strings"
	"sync/atomic"
	"syscall"
	"time"
)

func main() {
	kind := os.Getenv("KIND")
	if len(os.Args) > 1 { // the migration of the tests
		fmt.Println("echo", strings.Join(os.Args[1:], " "), kind)
		return
	}
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	server := &http.Server{Addr: ":" + os.Getenv("PORT"), Handler: handler(kind), ReadHeaderTimeout: 5 * time.Second}
	go func() {
		<-ctx.Done()
		late, cancel := context.WithTimeout(context.Background(), 20*time.Second)
		defer cancel()
		_ = server.Shutdown(late)
	}()
	if err := server.ListenAndServe(); err != http.ErrServerClosed {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	time.Sleep(100 * time.Millisecond) // Shutdown has returned to its caller
}

func handler(kind string) http.Handler {
	var visitors atomic.Int64
	mux := http.NewServeMux()
	mux.HandleFunc("/readyz", func(w http.ResponseWriter, _ *http.Request) {
		if kind == "unready" {
			fmt.Println("relation notices does not exist")
			http.Error(w, "the database has no table of that name", http.StatusServiceUnavailable)
			return
		}
		fmt.Fprintln(w, "ok")
	})
	mux.HandleFunc("/hello", func(w http.ResponseWriter, _ *http.Request) {
		visitors.Add(1)
		fmt.Fprint(w, kind)
	})
	mux.HandleFunc("/v1/deep", func(w http.ResponseWriter, r *http.Request) {
		tested := strings.HasPrefix(r.Host, "green-")
		if kind == "broken" || kind == "turns" && !tested && visitors.Load() > 200 {
			problem(w, http.StatusInternalServerError)
			return
		}
		fmt.Fprintln(w, "{}")
	})
	mux.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) { problem(w, http.StatusNotFound) })
	return mux
}

func problem(w http.ResponseWriter, status int) {
	w.Header().Set("Content-Type", "application/problem+json")
	w.WriteHeader(status)
	fmt.Fprintf(w, `{"type":"about:blank","title":%q,"status":%d}`, http.StatusText(status), status)
}
