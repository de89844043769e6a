package counts

import (
	"io"
	"net/http"
	"strconv"
	"sync"
	"time"
)

// Ledger adds up what senders counted. Its zero value is empty and ready.
type Ledger struct {
	Now func() time.Time

	mu      sync.Mutex
	totals  Counts
	born    map[string]time.Time // when a series was first counted
	senders map[string]heard
}

type heard struct {
	sequence int64
	at       time.Time
}

const (
	// Birth is how long a new series is shown at zero. Prometheus counts from the first
	// value that it sees: a series that began at 5 would be 5 too few. It must be longer
	// than the time between two scrapes.
	Birth = 20 * time.Second
	// forget is when a sender that said nothing is taken to be gone.
	forget = time.Hour
	// maxTotals bounds the memory that senders can take.
	maxTotals = 20000
)

// Add adds what a sender counted. A message that was added already, and is sent again
// because its answer was lost, changes nothing.
func (l *Ledger) Add(sender string, sequence int64, moved Counts) {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.Now()
	if l.totals == nil {
		l.totals, l.born, l.senders = Counts{}, map[string]time.Time{}, map[string]heard{}
	}
	if last, known := l.senders[sender]; known && sequence <= last.sequence {
		return
	}
	for name, s := range l.senders {
		if now.Sub(s.at) > forget {
			delete(l.senders, name)
		}
	}
	l.senders[sender] = heard{sequence, now}
	for series, n := range moved {
		if _, known := l.born[series]; !known {
			if len(l.totals) >= maxTotals {
				continue
			}
			l.born[series] = now
		}
		l.totals[series] += n
	}
}

// Totals are all counters, those that are new at zero.
func (l *Ledger) Totals() Counts {
	l.mu.Lock()
	defer l.mu.Unlock()
	c := Counts{}
	now := l.Now()
	for series, n := range l.totals {
		if now.Sub(l.born[series]) < Birth {
			n = 0
		}
		c[series] = n
	}
	return c
}

// Write writes the totals in Prometheus' text format.
func (l *Ledger) Write(w io.Writer) error { return l.Totals().Write(w) }

// ServeHTTP takes a Sender's message.
func (l *Ledger) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	sender := r.Header.Get(senderHeader)
	sequence, err := strconv.ParseInt(r.Header.Get(sequenceHeader), 10, 64)
	if err != nil || sequence < 1 || sender == "" || len(sender) > 200 {
		http.Error(w, "who counted?", http.StatusBadRequest)
		return
	}
	moved, err := Read(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	l.Add(sender, sequence, moved)
	w.WriteHeader(http.StatusNoContent)
}
