package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/operation/logs"
)

// storage is what a book needs of an object storage.
type storage interface {
	logs.Storage
	EnsureBucket(ctx context.Context) error
}

// limits of a book.
type limits struct {
	age     time.Duration // an object is closed when its first line was read so long ago
	size    int           // or has so many bytes, compressed
	plain   int64         // or so many, before that
	spool   int           // bytes of objects that wait for the storage
	patient time.Duration // how long reading waits for a storage that takes nothing, before what is oldest is dropped
	put     time.Duration // how long it may take to store one
	again   time.Duration // how long it waits before it tries again, at least
	later   time.Duration // and at most
}

var usual = limits{
	age: time.Minute, size: 1 << 20, plain: 32 << 20, spool: 16 << 20, patient: 10 * time.Second,
	put: 30 * time.Second, again: time.Second, later: 30 * time.Second,
}

// book takes lines, makes objects of them and stores these one after another. Whoever reads
// the newest of them knows how far everything was read, and that what comes before it was
// stored or is counted as dropped.
type book struct {
	storage storage
	vault   logs.Vault
	writer  string
	log     *slog.Logger
	now     func() time.Time
	limits  limits
	ready   chan struct{} // something is to be stored
	ending  chan struct{} // closed: nobody reads any more

	mu       sync.Mutex
	open     *logs.Writer // nil: nothing was read since the last was closed
	spool    []closed     // what waits, the oldest first
	spooled  int          // bytes of it
	sending  bool         // the first of it is on its way
	progress time.Time    // when the storage took something, or had nothing to take
	room     chan struct{}
	places   map[string]logs.Place
	written  int       // objects that were closed
	last     time.Time // when the last was
	untold   dropped   // of what the storage did not take
	counted  counted
}

// closed is an object that waits.
type closed struct {
	key     string
	content []byte
	begun   time.Time
	lines   dropped // if it comes to that
}

// counted is what Prometheus is told.
type counted struct {
	lines, bytes         int64 // that were taken
	flood, away          dropped
	unread, odd          int64
	objects, objectBytes int64 // that were stored
	failures, tidied     int64
	stored               time.Time // when the storage took the last
}

func newBook(s storage, writer string, log *slog.Logger) *book {
	return &book{
		storage: s, vault: logs.Vault{Storage: s}, writer: writer, log: log, now: time.Now, limits: usual,
		ready: make(chan struct{}, 1), ending: make(chan struct{}), room: make(chan struct{}), places: map[string]logs.Place{},
	}
}

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
	for name := range b.places {
		if !there(name) {
			delete(b.places, name)
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

// unread notes that a log, or its end, could not be read.
func (b *book) unread(pod, container string, why error) {
	b.mu.Lock()
	b.counted.unread++
	b.mu.Unlock()
	b.log.Warn("a log was not read to its end", "pod", pod, "container", container, "error", why)
}

// odd notes a line that has no time: a word of the kubelet's.
func (b *book) odd() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counted.odd++
}

// add keeps a line. It waits while too much waits for the storage, unless that takes nothing.
func (b *book) add(ctx context.Context, name string, at logs.Place, l logs.Line) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.makeRoom(ctx)
	b.tell()
	b.put(l)
	b.places[name] = at
	b.counted.lines++
	b.counted.bytes += int64(len(l.Text))
	if b.open.Size() >= b.limits.size || b.open.Bytes >= b.limits.plain {
		b.close()
	}
}

// note says in the stream of a container that lines of it were not kept.
func (b *book) note(pod, container, why string, d dropped) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.put(b.lost(pod, container, why, d))
}

func (b *book) lost(pod, container, why string, d dropped) logs.Line {
	now := b.now()
	text, _ := json.Marshal(struct { // cannot fail
		Time  time.Time `json:"time"`
		Level string    `json:"level"`
		Msg   string    `json:"msg"`
		From  string    `json:"from"`
		Why   string    `json:"why"`
		Lines int64     `json:"lines"`
		Bytes int64     `json:"bytes"`
	}{now.In(clock.Seoul), "WARN", logs.NotKept, "logs", why, d.lines, d.bytes})
	return logs.Line{At: now, Pod: pod, Container: container, Text: text}
}

// tell says what was dropped because the storage did not take it.
func (b *book) tell() {
	if b.untold.lines > 0 {
		b.put(b.lost(b.writer, "logs", "the storage was away", b.untold))
		b.untold = dropped{}
	}
}

func (b *book) put(l logs.Line) {
	if b.open == nil {
		b.open = logs.NewWriter(b.now())
	}
	b.open.Add(l)
}

// close has what was read so far wait for the storage.
func (b *book) close() {
	if b.open == nil {
		return
	}
	w := b.open
	b.open = nil
	content, err := w.Close(b.places)
	if err != nil { // of a buffer: it cannot be
		b.log.Error("an object was not closed", "error", err)
		return
	}
	b.written++
	if at := b.now(); at.After(b.last) { // keys sort, also when the clock is put back
		b.last = at
	}
	if len(b.spool) == 0 {
		b.progress = b.now()
	}
	b.spool = append(b.spool, closed{
		key: logs.Key(b.last, b.writer, b.written), content: content, begun: w.Begun, lines: dropped{int64(w.Lines), w.Bytes},
	})
	b.spooled += len(content)
	b.hurry()
}

func (b *book) hurry() {
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

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
