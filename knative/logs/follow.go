package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"
	"time"

	apierrors "k8s.io/apimachinery/pkg/api/errors"

	"github.com/madang-council/madang/shared/operation/logs"
)

// state is what the API says of a container.
type state struct {
	ended    bool // it does not run; it may again
	restarts int
	gone     bool // its pod is
}

// follower reads one container's log, across its restarts, until its pod is gone.
type follower struct {
	api            *cluster
	book           *book
	name           string // in places
	pod, container string
	minuteBytes    int64
	times          times

	place   logs.Place
	known   bool      // something of it was read, by this process or by one before it
	whole   bool      // the log of this restart was read to its end
	clean   bool      // it ended by itself when it was read last
	rest    []byte    // what then had no end of line, and may have one the next time
	opened  []opened  // of late
	minute  time.Time // in which lines were written
	used    int64     // bytes of that minute
	dropped dropped   // of that minute

	mu      sync.Mutex
	latest  state
	changed chan struct{}
	end     context.CancelFunc // of what is read
}

// opened is when a log was opened, and from where on it was read. The API is late to tell of
// a restart: what was read since then may be of the restart after the one that is known.
type opened struct {
	at   time.Time
	from logs.Place
}

// dropped are lines that were not kept.
type dropped struct {
	lines, bytes int64
}

// times of a follower.
type times struct {
	again time.Duration // how long it waits before it asks once more, at least
	later time.Duration // and at most
	grace time.Duration // what is left of the log of a pod that is gone may take so long
	late  time.Duration // how late the API may be
}

var usualTimes = times{again: time.Second, later: 10 * time.Second, grace: 30 * time.Second, late: 10 * time.Second}

// set tells of a new state. A restart ends what is read: it may be the log of the restart, and
// the one before it is read first.
func (f *follower) set(s state) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.latest.gone { // nobody comes back
		return
	}
	if s.restarts > f.latest.restarts && f.end != nil {
		f.end()
	}
	f.latest = s
	select {
	case f.changed <- struct{}{}:
	default:
	}
}

func (f *follower) state() state {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.latest
}

// wait waits for another state, for at most so long; 0: without an end.
func (f *follower) wait(ctx context.Context, most time.Duration) {
	var end <-chan time.Time
	if most > 0 {
		timer := time.NewTimer(most)
		defer timer.Stop()
		end = timer.C
	}
	select {
	case <-ctx.Done():
	case <-f.changed:
	case <-end:
	}
}

// run reads until the pod is gone or ctx ends; gone says that it was the pod.
func (f *follower) run(ctx context.Context) (gone bool) {
	for failures := 0; ctx.Err() == nil; {
		s := f.state()
		if f.whole && s.restarts <= f.place.Restarts {
			if s.gone {
				return true
			}
			f.wait(ctx, 0)
			continue
		}
		err := f.turn(ctx, s)
		switch {
		case ctx.Err() != nil:
			return false
		case err == nil:
			failures = 0
			if s.gone {
				return true
			}
			if !f.whole {
				f.wait(ctx, f.times.again) // the API says in a moment that the container has ended, or that it goes on
			}
		case s.gone: // most pods go when their containers have ended
			if !f.clean || s.restarts > f.place.Restarts {
				f.book.unread(f.pod, f.container, err)
			}
			if at, text, ok := stamped(f.rest); ok {
				f.take(ctx, logs.Place{At: at, Lines: 1}, text, len(f.rest))
			}
			return true
		case apierrors.IsNotFound(err): // which it will be told
			f.wait(ctx, f.times.later)
		default:
			failures++
			f.wait(ctx, min(f.times.later, f.times.again<<min(failures-1, 8)))
		}
	}
	return false
}

// ofLate are the last times that the log was opened.
func (f *follower) ofLate() []opened {
	before := f.book.now().Add(-f.times.late)
	return slices.DeleteFunc(f.opened, func(o opened) bool { return o.at.Before(before) })
}

// turn reads what there is of the log, and while the container runs what comes. A log is whole
// that was read to its end after it was known that the container had ended. After a restart the
// log before it is read first; what may have been read of the new one instead is read once
// more then, and found once.
func (f *follower) turn(ctx context.Context, s state) error {
	if s.restarts > f.place.Restarts {
		if of := f.ofLate(); len(of) > 0 {
			f.place, f.opened = of[0].from, nil
		}
		known, clean := f.known, f.clean
		err := f.read(ctx, which{previous: true}, true)
		none := apierrors.IsNotFound(err) || apierrors.IsBadRequest(err) // the kubelet has thrown it away, or the pod is gone
		switch {
		case err != nil && !none:
			return err
		case known && (none && !clean || s.restarts > f.place.Restarts+1):
			f.book.unread(f.pod, f.container, fmt.Errorf("of restart %d only the last log is there", s.restarts))
		}
		f.place.Restarts, f.whole, f.clean, f.opened = s.restarts, false, false, nil
	}
	ended := s.ended || s.gone
	ctx, end := context.WithCancel(ctx)
	defer end()
	f.mu.Lock()
	if f.end = end; f.latest.restarts > s.restarts {
		end()
	}
	f.mu.Unlock()
	if err := f.read(ctx, which{follow: !ended}, ended); err != nil {
		return err
	}
	f.whole = ended
	return nil
}

// read reads a log from the place on. What the place says was read is passed over; behind it
// everything counts, also what a clock that was put back has made older. What has no end of
// line is a line when nothing will come behind it.
func (f *follower) read(ctx context.Context, w which, ended bool) error {
	stream, err := f.api.log(ctx, f.pod, f.container, f.place, w)
	if err != nil {
		return err
	}
	defer func() { _ = stream.Close() }()
	f.known, f.clean, f.rest = true, false, nil
	f.opened = append(f.ofLate(), opened{f.book.now(), f.place})
	defer f.tell()
	from := f.place
	behind := from.At.IsZero()
	here := logs.Place{}
	for lines := newLines(stream); ; {
		text, size, whole, err := lines.next()
		if err != nil && !errors.Is(err, io.EOF) {
			return fmt.Errorf("log of %s in %s: %w", f.container, f.pod, err)
		}
		if size > 0 && (whole || ended) {
			at, written, ok := stamped(text)
			if !ok { // the kubelet's own word
				f.book.odd()
			} else {
				if !at.Equal(here.At) {
					here = logs.Place{At: at}
				}
				here.Lines++
				if !behind && (at.Before(from.At) || at.Equal(from.At) && here.Lines <= from.Lines) {
					behind = at.Equal(from.At) && here.Lines == from.Lines
				} else {
					behind = true
					f.take(ctx, here, written, size)
				}
			}
		}
		if err != nil {
			f.clean = true
			if !whole && !ended {
				f.rest = bytes.Clone(text)
			}
			return nil
		}
	}
}

// take keeps a line, unless its container has written too much in that minute.
func (f *follower) take(ctx context.Context, at logs.Place, text []byte, size int) {
	if minute := at.At.Truncate(time.Minute); !minute.Equal(f.minute) {
		f.tell()
		f.minute, f.used = minute, 0
	}
	f.used += int64(size)
	at.Restarts = f.place.Restarts
	f.place = at
	if f.used > f.minuteBytes {
		f.dropped.lines++
		f.dropped.bytes += int64(size)
		f.book.passOver(f.name, at, size)
		return
	}
	f.book.add(ctx, f.name, at, logs.Line{At: at.At, Again: at.Lines - 1, Pod: f.pod, Container: f.container, Text: logs.Fit(text)})
}

// tell says in the stream what was not kept of it.
func (f *follower) tell() {
	if f.dropped.lines == 0 {
		return
	}
	f.book.note(f.pod, f.container, "too many in a minute", f.dropped)
	f.dropped = dropped{}
}
