package host

import (
	"errors"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/problem"
)

// Pace is the slowest that a body may come: First for whatever is sent at once, and from then
// on BytesPerSecond on average.
type Pace struct {
	First          time.Duration
	BytesPerSecond int
}

// usualPace is Apache's (mod_reqtimeout: 20 s, then 500 bytes a second), twice as strict: the
// edge collects a body before it asks a function, so that only what is slow inside the cluster,
// or comes around the edge, is slow here.
var usualPace = Pace{First: 10 * time.Second, BytesPerSecond: 1 << 10}

// due is when the byte after n must have come of a body that began at began.
func (p Pace) due(began time.Time, n int64) time.Time {
	return began.Add(p.First + time.Duration(float64(n)/float64(p.BytesPerSecond)*float64(time.Second)))
}

// paced is a body whose connection has a deadline that moves on with what has come. A body
// that nobody reads is bounded as well: the server discards it before it answers.
type paced struct {
	io.ReadCloser
	connection *http.ResponseController
	due        func(n int64) time.Time
	n          int64
}

// pace bounds how slowly the body of a request may come.
func (h *Host) pace(c echo.Context) *paced {
	r := c.Request()
	if r.Body == nil || r.Body == http.NoBody {
		return nil
	}
	began := time.Now() // the machine's: the connection knows no other
	b := &paced{
		ReadCloser: r.Body, connection: http.NewResponseController(c.Response()),
		due: func(n int64) time.Time { return h.slowest.due(began, n) },
	}
	b.wait()
	r.Body = b
	return b
}

// whole gives a stream as long as its function may take.
func (b *paced) whole(d time.Duration) {
	end := time.Now().Add(d)
	b.due = func(int64) time.Time { return end }
	b.wait()
}

func (b *paced) wait() {
	_ = b.connection.SetReadDeadline(b.due(b.n)) // not where there is no connection, as in tests
}

// Read waits for as long as the pace allows. Once the body has ended there is no deadline: the
// server goes on reading, to learn that the caller has gone.
func (b *paced) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	b.n += int64(n)
	switch {
	case errors.Is(err, os.ErrDeadlineExceeded):
		return n, problem.TooSlow().Because(err)
	case err != nil:
		_ = b.connection.SetReadDeadline(time.Time{})
	default:
		b.wait()
	}
	return n, err
}
