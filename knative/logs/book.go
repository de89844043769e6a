package main

import (
	"context"
	"encoding/json"
	"log/slog"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/clock"
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
	unasked  map[string]bool // of places of the book before this one: nobody has gone on there yet
	written  int             // objects that were closed
	last     time.Time       // when the last was
	untold   dropped         // of what the storage did not take
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
		ready: make(chan struct{}, 1), ending: make(chan struct{}), room: make(chan struct{}), places: map[string]logs.Place{}, unasked: map[string]bool{},
	}
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
