// Package touch collects what a write changed, by the tags of the pages that show it. The
// store that writes says it, so that no handler can forget; who runs the write (the host, a
// consumer, sweep) reads it after the commit.
package touch

import (
	"context"
	"slices"
	"sync"
)

// Set is what was touched so far.
type Set struct {
	mu   sync.Mutex
	tags []string
}

type setKey struct{}

// With is a context in which what is touched goes to set.
func With(ctx context.Context, set *Set) context.Context {
	return context.WithValue(ctx, setKey{}, set)
}

// Tags says that what pages with these tags show has changed. A unit of work that is tried
// again may say it twice, and one that is rolled back for nothing: either only has a page
// rendered once more than needed.
func Tags(ctx context.Context, tags ...string) {
	set, ok := ctx.Value(setKey{}).(*Set)
	if !ok {
		return
	}
	set.mu.Lock()
	defer set.mu.Unlock()
	set.tags = append(set.tags, tags...)
}

// From are the tags that were touched in ctx, each once, in order.
func From(ctx context.Context) []string {
	set, ok := ctx.Value(setKey{}).(*Set)
	if !ok {
		return nil
	}
	return set.List()
}

// List are the tags, each once, in order.
func (s *Set) List() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	list := slices.Clone(s.tags)
	slices.Sort(list)
	return slices.Compact(list)
}
