// Package load asks a server on this machine by HTTP, as fast as it answers or at a fixed
// rate, and says how many requests it answered and how long they took. It costs little
// beside what it measures: requests are written as bytes, and of answers no more is read
// than where they end.
package load

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http/httputil"
	"slices"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

// Plan is what is asked.
type Plan struct {
	Address     string                // host:port
	Connections int                   // each has one request under way at most
	For         time.Duration         // no request begins later
	Rate        float64               // requests a second; 0 for as many as are answered
	Request     func(n int64) Request // the n-th, from 0
}

// Request is a GET.
type Request struct {
	Path   string
	Header []string // "Name: value"
}

// Result is what became of a plan.
type Result struct {
	Requests int64
	Bytes    int64   // of bodies
	Rate     float64 // answers a second
	sorted   []time.Duration
}

// Quantile is the time within which a part of the requests, between 0 and 1, was answered.
func (r Result) Quantile(q float64) time.Duration {
	if len(r.sorted) == 0 {
		return 0
	}
	return r.sorted[min(len(r.sorted)-1, int(q*float64(len(r.sorted))))]
}

// Run does a plan. Every answer must be 200: another one ends it with an error.
//
// At a fixed rate each request has its time. One whose time comes while all connections are
// busy counts from that time on, not from when it was sent: a server that stands still makes
// those late that it kept from being asked.
func Run(ctx context.Context, p Plan) (Result, error) {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var next atomic.Int64
	workers := make([]worker, p.Connections)
	began := time.Now()
	var group sync.WaitGroup
	for i := range workers {
		group.Go(func() {
			if err := workers[i].run(ctx, p, began, &next); err != nil {
				cancel(err)
			}
		})
	}
	group.Wait()
	took := time.Since(began)
	if err := context.Cause(ctx); err != nil {
		return Result{}, err
	}
	var r Result
	for i := range workers {
		r.Bytes += workers[i].bytes
		r.sorted = append(r.sorted, workers[i].times...)
	}
	slices.Sort(r.sorted)
	r.Requests = int64(len(r.sorted))
	r.Rate = float64(r.Requests) / took.Seconds()
	return r, nil
}

// worker is one connection.
type worker struct {
	times []time.Duration
	bytes int64
}

func (w *worker) run(ctx context.Context, p Plan, began time.Time, next *atomic.Int64) error {
	c, err := (&net.Dialer{}).DialContext(ctx, "tcp", p.Address)
	if err != nil {
		return fmt.Errorf("load: %w", err)
	}
	defer func() { _ = c.Close() }()
	in := bufio.NewReaderSize(c, 32<<10)
	line := []byte{}
	for ctx.Err() == nil {
		n := next.Add(1) - 1
		from := time.Now()
		if p.Rate > 0 {
			due := began.Add(time.Duration(float64(n) / p.Rate * float64(time.Second)))
			if wait := due.Sub(from); wait > 0 {
				time.Sleep(wait)
				from = time.Now() // that this machine woke late is not the server's
			} else {
				from = due
			}
		}
		if from.Sub(began) >= p.For {
			return nil
		}
		line = line[:0]
		r := p.Request(n)
		line = fmt.Appendf(line, "GET %s HTTP/1.1\r\nHost: %s\r\n", r.Path, p.Address)
		for _, h := range r.Header {
			line = append(append(line, h...), "\r\n"...)
		}
		if _, err := c.Write(append(line, "\r\n"...)); err != nil {
			return fmt.Errorf("load: %w", err)
		}
		size, err := answer(in)
		if err != nil {
			return fmt.Errorf("load: %s: %w", r.Path, err)
		}
		w.times = append(w.times, time.Since(from))
		w.bytes += size
	}
	return nil
}

// answer reads one answer and is the size of its body.
func answer(in *bufio.Reader) (int64, error) {
	status, err := in.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(status) < 12 || string(status[9:12]) != "200" {
		return 0, fmt.Errorf("answered %q", strings.TrimSpace(string(status)))
	}
	size, chunked := int64(-1), false
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return 0, err
		}
		if len(line) <= 2 {
			break
		}
		if name, value, _ := strings.Cut(string(line), ":"); len(name) == len("Content-Length") && strings.EqualFold(name, "Content-Length") {
			if size, err = strconv.ParseInt(strings.TrimSpace(value), 10, 64); err != nil {
				return 0, err
			}
		} else if strings.EqualFold(name, "Transfer-Encoding") {
			chunked = true
		}
	}
	if chunked {
		size, err := io.Copy(io.Discard, httputil.NewChunkedReader(in))
		if err != nil {
			return 0, err
		}
		_, err = in.ReadSlice('\n') // the empty line behind the last chunk
		return size, err
	}
	if size < 0 {
		return 0, errors.New("an answer that says no length")
	}
	_, err = in.Discard(int(size))
	return size, err
}
