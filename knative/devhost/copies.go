package main

import (
	"sync"
	"time"

	"github.com/madang-council/madang/shared/page"
)

// copies are the edge's own pages: they save Redis' time while they are fresh, and are the last
// good ones while Redis or functions are away. They are bounded by their bytes: those that were
// used of late, and those before them, each no larger than half of most.
type copies struct {
	most   int
	mu     sync.Mutex
	late   map[string]copied
	before map[string]copied
	bytes  int // of late
}

// copied is a page as it was known at a time.
type copied struct {
	page  page.Page
	at    time.Time
	size  int
	got   *recorded // what the function said last, where this edge has asked it
	gotAt time.Time // when it was asked
}

func newCopies(most int) *copies {
	return &copies{most: most, late: map[string]copied{}, before: map[string]copied{}}
}

// of is the copy of a page, if there is one.
func (c *copies) of(key string) (copied, bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if p, ok := c.before[key]; ok {
		c.put(key, p)
	}
	p, ok := c.late[key]
	return p, ok
}

// keep makes a page a copy. What a function said of it stays known: somebody who wanted the
// page before the function was asked may come for it later than those who read the page since.
func (c *copies) keep(key string, p page.Page, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	last, ok := c.late[key]
	if !ok {
		last = c.before[key]
	}
	c.put(key, sized(key, copied{page: p, at: at, got: last.got, gotAt: last.gotAt}))
}

// answered makes a page a copy that a function made when it was asked at a time.
func (c *copies) answered(key string, got *recorded, p page.Page, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.put(key, sized(key, copied{page: p, at: at, got: got, gotAt: at}))
}

// sized is a copy with the bytes that it takes.
func sized(key string, p copied) copied {
	p.size = len(key) + 1000 // and headers
	for _, s := range p.page.Segments {
		p.size += len(s.Body) + 500
	}
	if p.got != nil {
		p.size += p.got.body.Len()
	}
	return p
}

func (c *copies) put(key string, p copied) {
	c.remove(key)
	if p.size > c.most/2 {
		return
	}
	if c.bytes+p.size > c.most/2 {
		c.late, c.before, c.bytes = map[string]copied{}, c.late, 0
	}
	c.late[key] = p
	c.bytes += p.size
}

func (c *copies) forget(key string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.remove(key)
}

func (c *copies) remove(key string) {
	c.bytes -= c.late[key].size
	delete(c.late, key)
	delete(c.before, key)
}
