package main

import (
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"

	"github.com/madang-council/madang/shared/objects"
)

// memory is an object storage that a test has fail.
type memory struct {
	mu      sync.Mutex
	objects map[string][]byte
	mode    string // "": it works; "fails", "hangs", "lies": it stores, and the answer is lost
	bucket  bool
	unread  map[string]bool
	why     []string
}

func newMemory() *memory {
	return &memory{objects: map[string][]byte{}, unread: map[string]bool{}, bucket: true}
}

func (m *memory) set(mode string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.mode = mode
}

var errAway = errors.New("the storage is away")

func (m *memory) Put(ctx context.Context, key string, r io.Reader, size int64, _ objects.Meta) error {
	content, err := io.ReadAll(r)
	if err != nil || int64(len(content)) != size {
		return errors.New("another size")
	}
	m.mu.Lock()
	mode := m.mode
	if !m.bucket {
		m.mu.Unlock()
		return objects.ErrNotFound
	}
	if mode == "" || mode == "lies" {
		m.objects[key] = content
	}
	m.mu.Unlock()
	switch mode {
	case "hangs":
		<-ctx.Done()
		return ctx.Err()
	case "":
		return nil
	}
	return errAway
}

func (m *memory) EnsureBucket(context.Context) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.bucket = true
	return nil
}

func (m *memory) Open(_ context.Context, key string, _, _ int64) (io.ReadCloser, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	content, there := m.objects[key]
	if !there {
		return nil, objects.ErrNotFound
	}
	return io.NopCloser(bytes.NewReader(content)), nil
}

func (m *memory) keys() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Sorted(maps.Keys(m.objects))
}

func (m *memory) List(_ context.Context, prefix string) iter.Seq2[objects.Object, error] {
	keys := m.keys()
	return func(yield func(objects.Object, error) bool) {
		for _, k := range keys {
			if strings.HasPrefix(k, prefix) && !yield(objects.Object{Key: k, Size: 1}, nil) {
				return
			}
		}
	}
}

func (m *memory) Delete(_ context.Context, keys ...string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, k := range keys {
		delete(m.objects, k)
	}
	return nil
}

// only is one object of a storage.
type only struct {
	*memory
	key string
}

func (o only) List(context.Context, string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) { yield(objects.Object{Key: o.key}, nil) }
}
