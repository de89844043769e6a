package main

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/page"
)

// Whatever is kept, copies stay within their bytes, what was used last is there, and nothing is
// there that was forgotten.
func TestCopies(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const most = 100_000
		c, last := newCopies(most), map[string]int{}
		for i := range rapid.IntRange(1, 200).Draw(rt, "steps") {
			key := fmt.Sprint(rapid.IntRange(0, 30).Draw(rt, "key"))
			switch rapid.IntRange(0, 3).Draw(rt, "what") {
			case 0, 1:
				body := make([]byte, rapid.IntRange(0, 60_000).Draw(rt, "size"))
				c.keep(key, page.Page{Meta: page.Meta{Rendered: int64(i), Segments: []page.Segment{{Body: body}}}}, time.Unix(int64(i), 0))
				last[key] = i
				if p, ok := c.of(key); len(body) < most/2-2000 && (!ok || p.page.Rendered != int64(i)) {
					rt.Fatalf("what was kept is not there")
				}
			case 2:
				c.forget(key)
				delete(last, key)
			default:
				if p, ok := c.of(key); ok && p.page.Rendered != int64(last[key]) {
					rt.Fatalf("%s is what it was at %d, not at %d", key, p.page.Rendered, last[key])
				} else if _, known := last[key]; ok && !known {
					rt.Fatalf("%s was forgotten", key)
				}
			}
			late, all := 0, 0
			for _, p := range c.late {
				late += p.size
			}
			for _, p := range c.before {
				all += p.size
			}
			if all += late; late != c.bytes || all > most {
				rt.Fatalf("%d bytes, counted as %d", late, c.bytes)
			}
		}
	})
}

// A copy counts with its bodies and what is beside them; what fits is kept, to the byte.
func TestCopiesBytes(t *testing.T) {
	const most = 100_000
	of := func(bodies ...int) page.Page {
		p := page.Page{}
		for _, n := range bodies {
			p.Segments = append(p.Segments, page.Segment{Body: make([]byte, n)})
		}
		return p
	}
	keep := func(c *copies, key string, p page.Page) { c.keep(key, p, time.Unix(0, 0)) }
	there := func(c *copies, want ...string) {
		t.Helper()
		for _, key := range []string{"a", "b", "c"} {
			_, late := c.late[key]
			if slices.Contains(want, key) != late {
				t.Errorf("%s is among what was used of late: %t", key, late)
			}
		}
	}
	c := newCopies(most)
	keep(c, "a", of(10_000, 5_000))
	if want := 1 + 1000 + 10_000 + 500 + 5_000 + 500; c.bytes != want {
		t.Errorf("%d bytes, want %d", c.bytes, want)
	}
	keep(c, "b", of(most/2-c.bytes-1501))
	there(c, "a", "b")
	keep(c, "c", of())
	there(c, "c")
	c = newCopies(most)
	keep(c, "a", of(most/2-1501))
	there(c, "a")
	keep(c, "b", of(most/2-1500)) // too large for any
	there(c, "a")
}
