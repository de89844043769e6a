package main

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/operation/logs"
)

// goOn goes on where the book before this one ended. With a storage that is away it begins
// after half a minute: what pods write meanwhile counts for more than what is stored twice,
// which is found once all the same.
func (b *book) goOn(ctx context.Context, retention time.Duration) {
	within, cancel := context.WithTimeout(ctx, 30*time.Second)
	defer cancel()
	for {
		places, err := b.vault.Places(within, b.now(), retention)
		if err == nil || errors.Is(err, objects.ErrNotFound) { // no bucket: it is made with the first object
			b.mu.Lock()
			defer b.mu.Unlock()
			maps.Copy(b.places, places)
			for name := range places {
				b.unasked[name] = true
			}
			return
		}
		if within.Err() != nil {
			b.log.WarnContext(ctx, "how far logs were read before is not known", "error", err)
			return
		}
		select {
		case <-within.Done():
		case <-time.After(b.limits.again):
		}
	}
}

// place is how far a log was read; known says that it was read at all.
func (b *book) place(name string) (at logs.Place, known bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.unasked, name)
	at, known = b.places[name]
	return at, known
}

// forget forgets the place of a log that is gone.
func (b *book) forget(name string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	delete(b.places, name)
}

// forgetOthers forgets places of pods that went while nobody read.
func (b *book) forgetOthers(there func(name string) bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for name := range b.unasked {
		if !there(name) {
			delete(b.places, name)
			delete(b.unasked, name)
			b.counted.unread++
		}
	}
}

// passOver notes that a line was read that is not kept.
func (b *book) passOver(name string, at logs.Place, size int) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.places[name] = at
	b.counted.flood.lines++
	b.counted.flood.bytes += int64(size)
}
