package counts_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/counts"
)

func TestRead(t *testing.T) {
	good := "# TYPE a counter\na 1\n\nb{x=\"1\"} 2.5\nc:d_e{x=\"a b\",y=\"\\\"\\\\\\n\",z=\"{}\"} 0\n"
	got, err := counts.Read(strings.NewReader(good))
	want := counts.Counts{"a": 1, `b{x="1"}`: 2.5, `c:d_e{x="a b",y="\"\\\n",z="{}"}`: 0}
	if err != nil || !cmp.Equal(want, got) {
		t.Errorf("%v %v", err, cmp.Diff(want, got))
	}
	for _, bad := range []string{
		"a", "a b", "a -1", "a NaN", "a +Inf", "a 1e15", "1a 1", "a{ 1", "a{} 1", `a{x="1" 1`, `a{x="1}  1`, `a{x=1} 1`, `a{x="1"y="2"} 1`, `a{x="\q"} 1`,
		`a{x="1"}b 1`, `{x="1"} 1`, "가 1", "a\n b 1 2 3", strings.Repeat("a", 2000) + " 1",
	} {
		if got, err := counts.Read(strings.NewReader(bad)); err == nil {
			t.Errorf("%.50q is read as %v", bad, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	f.Add("a 1\nb{x=\"1\"} 2\n")
	f.Fuzz(func(t *testing.T, text string) {
		c, err := counts.Read(strings.NewReader(text))
		if err != nil {
			return
		}
		var b strings.Builder
		if err := c.Write(&b); err != nil {
			t.Fatal(err)
		}
		again, err := counts.Read(strings.NewReader(b.String()))
		if err != nil || !cmp.Equal(c, again) {
			t.Errorf("%q: %v %s", text, err, cmp.Diff(c, again))
		}
	})
}

type world struct {
	now      time.Time
	ledger   *counts.Ledger
	lose     func(*http.Request) bool // the message arrives, its answer does not
	refuse   bool
	messages int
	client   *http.Client
}

// RoundTrip is the way to the receiver and back.
func (w *world) RoundTrip(r *http.Request) (*http.Response, error) {
	w.messages++
	answer := httptest.NewRecorder()
	if w.refuse {
		answer.WriteHeader(http.StatusServiceUnavailable)
		return answer.Result(), nil
	}
	w.ledger.ServeHTTP(answer, r)
	if w.lose != nil && w.lose(r) {
		return nil, io.ErrUnexpectedEOF
	}
	return answer.Result(), nil
}

func newWorld() *world {
	w := &world{now: time.Date(2026, 3, 2, 12, 0, 0, 0, time.UTC)}
	w.ledger = &counts.Ledger{Now: func() time.Time { return w.now }}
	w.client = &http.Client{Transport: w}
	return w
}

// process counts n by itself.
type process struct {
	n int
	counts.Sender
}

func (w *world) process(name string) *process {
	p := &process{}
	p.Sender = counts.Sender{URL: "http://watch.invalid/counts", Name: name, Client: w.client, Count: func(out io.Writer) { _, _ = fmt.Fprintf(out, "n %d\nempty 0\n", p.n) }}
	return p
}

func (w *world) grown() counts.Counts {
	w.now = w.now.Add(counts.Birth)
	return w.ledger.Totals()
}

func TestEveryCountArrivesOnce(t *testing.T) {
	w := newWorld()
	ctx := context.Background()
	send := func(p *process, wantErr bool) {
		t.Helper()
		if err := p.Send(ctx); (err != nil) != wantErr {
			t.Fatalf("%v", err)
		}
	}
	a, b := w.process("a"), w.process("b")
	a.n = 3
	send(a, false)
	send(a, false) // nothing new: no message
	if w.messages != 1 {
		t.Errorf("%d messages", w.messages)
	}
	b.n = 2
	w.lose = func(*http.Request) bool { return true }
	send(b, true)
	w.lose, b.n = nil, 7
	send(b, false) // the same message again: it was counted
	send(b, false) // and the rest
	w.refuse, a.n = true, 10
	send(a, true)
	w.refuse, a.n = false, 11
	send(a, false)
	send(a, false)
	if diff := cmp.Diff(counts.Counts{"n": 18, "empty": 0}, w.grown()); diff != "" {
		t.Error(diff)
	}
	// A receiver that began anew counts only what it is told from then on.
	w.ledger = &counts.Ledger{Now: w.ledger.Now}
	a.n = 13
	send(a, false)
	if got := w.grown()["n"]; got != 2 {
		t.Errorf("after a new beginning: %v", got)
	}
}

// What was counted until the last moment is sent when the process ends.
func TestEndOfAProcess(t *testing.T) {
	w := newWorld()
	p := w.process("a")
	ctx, end := context.WithCancel(context.Background())
	p.n = 5
	w.lose = func(*http.Request) bool { return w.messages == 1 }
	if err := p.Send(ctx); err == nil {
		t.Fatal("an answer that was lost is an answer")
	}
	p.n = 9
	end()
	if err := p.Run(ctx); err != nil {
		t.Fatal(err)
	}
	if got := w.grown()["n"]; got != 9 {
		t.Errorf("counted 9, received %v", got)
	}
	w.refuse, p.n = true, 10
	if err := p.Run(ctx); err == nil {
		t.Error("what was lost at the end is not said")
	}
}

// Prometheus sees every new series at zero first.
func TestNewSeriesBeginAtZero(t *testing.T) {
	w := newWorld()
	w.ledger.Add("a", 1, counts.Counts{"n": 5})
	if got := w.ledger.Totals()["n"]; got != 0 {
		t.Errorf("a new series begins at %v", got)
	}
	w.now = w.now.Add(counts.Birth - time.Millisecond)
	w.ledger.Add("a", 2, counts.Counts{"n": 1, "m": 1})
	if got := w.ledger.Totals(); got["n"] != 0 || got["m"] != 0 {
		t.Errorf("%v", got)
	}
	w.now = w.now.Add(time.Millisecond)
	if got := w.ledger.Totals(); got["n"] != 6 || got["m"] != 0 {
		t.Errorf("%v", got)
	}
}

func TestReceiverRefuses(t *testing.T) {
	l := &counts.Ledger{Now: time.Now}
	for name, request := range map[string]struct{ sender, sequence, body string }{
		"nobody":      {"", "1", "a 1"},
		"no sequence": {"a", "", "a 1"},
		"zero":        {"a", "0", "a 1"},
		"long name":   {strings.Repeat("a", 201), "1", "a 1"},
		"no counts":   {"a", "1", "<html>"},
		"negative":    {"a", "1", "a -1"},
	} {
		r := httptest.NewRequest(http.MethodPost, "/counts", strings.NewReader(request.body))
		r.Header.Set("Madang-Sender", request.sender)
		r.Header.Set("Madang-Sequence", request.sequence)
		w := httptest.NewRecorder()
		l.ServeHTTP(w, r)
		if w.Code != http.StatusBadRequest {
			t.Errorf("%s: %d", name, w.Code)
		}
	}
	many := counts.Counts{}
	for i := range 30000 {
		many[fmt.Sprintf("a%d", i)] = 1
	}
	l.Add("a", 1, many)
	if n := len(l.Totals()); n != 20000 {
		t.Errorf("%d series are kept", n)
	}
}
