package counts

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"time"
)

// The headers that say who counted and which message it is.
const (
	senderHeader   = "Madang-Sender"
	sequenceHeader = "Madang-Sequence"
)

// Sender tells a receiver what was counted. It is used by one goroutine.
type Sender struct {
	URL    string // of the receiver
	Name   string // of this process, that no other ever had
	Client *http.Client
	Count  func(io.Writer) // writes all counters as they are now

	heard    Counts // what the receiver has
	pending  Counts // what it was sent without an answer: sent again as it was, or it could count twice
	sequence int64
}

// Send sends what was counted since the receiver last answered.
func (s *Sender) Send(ctx context.Context) error {
	if s.pending == nil {
		var text bytes.Buffer
		s.Count(&text)
		now, err := Read(&text)
		if err != nil {
			return err
		}
		moved := now.since(s.heard)
		if len(moved) == 0 {
			return nil
		}
		s.pending, s.sequence = moved, s.sequence+1
	}
	if err := s.post(ctx); err != nil {
		return err
	}
	if s.heard == nil {
		s.heard = Counts{}
	}
	for series, n := range s.pending {
		s.heard[series] += n
	}
	s.pending = nil
	return nil
}

func (s *Sender) post(ctx context.Context) error {
	var body bytes.Buffer
	if err := s.pending.Write(&body); err != nil {
		return err
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, s.URL, &body)
	if err != nil {
		return fmt.Errorf("send counts: %w", err)
	}
	r.Header.Set("Content-Type", "text/plain; version=0.0.4")
	r.Header.Set(senderHeader, s.Name)
	r.Header.Set(sequenceHeader, strconv.FormatInt(s.sequence, 10))
	response, err := s.Client.Do(r)
	if err != nil {
		return fmt.Errorf("send counts: %w", err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, io.LimitReader(response.Body, 1<<16))
	if response.StatusCode/100 != 2 {
		return fmt.Errorf("send counts: the receiver answered %s", response.Status)
	}
	return nil
}

// Every and Last are how often a process sends while it counts, and how long it may try
// at its end.
const (
	Every = 10 * time.Second
	Last  = 3 * time.Second
)

// Run sends until ctx ends, and then what is left: first what had no answer yet, then
// what was counted since. It returns what went wrong at the end; before, the next turn
// makes up for it.
func (s *Sender) Run(ctx context.Context) error {
	ticker := time.NewTicker(Every)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			within, cancel := context.WithTimeout(ctx, Last)
			_ = s.Send(within)
			cancel()
		case <-ctx.Done():
			within, cancel := context.WithTimeout(context.WithoutCancel(ctx), Last)
			defer cancel()
			for s.pending != nil {
				if err := s.Send(within); err != nil {
					return err
				}
			}
			return s.Send(within)
		}
	}
}
