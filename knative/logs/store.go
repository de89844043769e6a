package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/objects"
)

// makeRoom waits until the storage has taken enough, and drops the oldest where it takes
// nothing. What is on its way is not dropped: it may have arrived.
func (b *book) makeRoom(ctx context.Context) {
	for b.spooled > b.limits.spool {
		if ctx.Err() != nil {
			return
		}
		if wait := b.progress.Add(b.limits.patient).Sub(b.now()); wait > 0 {
			room := b.room
			b.mu.Unlock()
			select {
			case <-room:
			case <-ctx.Done():
			case <-time.After(wait):
			}
			b.mu.Lock()
			continue
		}
		oldest := 0
		if b.sending {
			oldest = 1
		}
		if oldest >= len(b.spool) {
			return
		}
		o := b.spool[oldest]
		b.spool = append(b.spool[:oldest:oldest], b.spool[oldest+1:]...)
		b.spooled -= len(o.content)
		b.untold.lines += o.lines.lines
		b.untold.bytes += o.lines.bytes
		b.counted.away.lines += o.lines.lines
		b.counted.away.bytes += o.lines.bytes
	}
}

// closeOld closes what is old enough.
func (b *book) closeOld() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.open != nil && b.now().Sub(b.open.Begun) >= b.limits.age {
		b.close()
	}
}

// send stores what was closed, one after another, until ctx ends.
func (b *book) send(ctx context.Context) {
	ticker := time.NewTicker(max(b.limits.age/8, time.Millisecond))
	defer ticker.Stop()
	for failures := 0; ctx.Err() == nil; {
		b.closeOld()
		o, is := b.first()
		if !is {
			select {
			case <-ctx.Done():
			case <-b.ready:
			case <-ticker.C:
			}
			continue
		}
		if err := b.store(ctx, o); err != nil {
			failures++
			if ctx.Err() == nil {
				b.log.WarnContext(ctx, "logs wait for the storage", "tries", failures, "error", err)
			}
			b.sent(o, false)
			b.pause(ctx, failures)
			continue
		}
		failures = 0
		b.sent(o, true)
	}
}

// pause waits before another try, longer each time until the end is near. Objects are closed
// meanwhile.
func (b *book) pause(ctx context.Context, failures int) {
	wait, ending := min(b.limits.later, b.limits.again<<min(failures-1, 8)), b.ending
	select {
	case <-ending:
		wait, ending = b.limits.again, nil
	default:
	}
	end := time.NewTimer(wait)
	defer end.Stop()
	ticker := time.NewTicker(max(b.limits.age/8, time.Millisecond))
	defer ticker.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-end.C:
			return
		case <-ending:
			return
		case <-ticker.C:
			b.closeOld()
		}
	}
}

func (b *book) first() (closed, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if len(b.spool) == 0 {
		return closed{}, false
	}
	b.sending = true
	return b.spool[0], true
}

// store stores an object, in a bucket that is made where there is none.
func (b *book) store(ctx context.Context, o closed) error {
	within, cancel := context.WithTimeout(ctx, b.limits.put)
	defer cancel()
	err := b.vault.Put(within, o.key, o.content)
	if errors.Is(err, objects.ErrNotFound) {
		if err := b.storage.EnsureBucket(within); err != nil {
			return fmt.Errorf("bucket: %w", err)
		}
		err = b.vault.Put(within, o.key, o.content)
	}
	return err
}

// sent notes what became of the first that waits.
func (b *book) sent(o closed, stored bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.sending = false
	if !stored {
		b.counted.failures++
		return
	}
	b.spool[0] = closed{}
	b.spool = b.spool[1:]
	b.spooled -= len(o.content)
	b.progress = b.now()
	b.counted.stored = b.now()
	b.counted.objects++
	b.counted.objectBytes += int64(len(o.content))
	close(b.room)
	b.room = make(chan struct{})
}

// finish stores everything that was read. Nobody reads any more.
func (b *book) finish(ctx context.Context) error {
	b.mu.Lock()
	b.tell()
	b.close()
	close(b.ending)
	b.mu.Unlock()
	for {
		b.mu.Lock()
		left, room := len(b.spool), b.room
		b.mu.Unlock()
		if left == 0 {
			return nil
		}
		select {
		case <-room:
		case <-ctx.Done():
			return fmt.Errorf("%d objects of logs were not stored: %w", left, ctx.Err())
		}
	}
}

// tidyEvery is how often what is over is deleted.
const tidyEvery = time.Hour

// keepTidy deletes what is older than its retention, until ctx ends.
func (b *book) keepTidy(ctx context.Context, retention time.Duration) {
	for {
		n, err := b.vault.Tidy(ctx, b.now().Add(-retention))
		if err != nil && ctx.Err() == nil && !errors.Is(err, objects.ErrNotFound) {
			b.log.WarnContext(ctx, "logs whose time is over are still there", "error", err)
		}
		b.mu.Lock()
		b.counted.tidied += int64(n)
		b.mu.Unlock()
		select {
		case <-ctx.Done():
			return
		case <-time.After(tidyEvery):
		}
	}
}
