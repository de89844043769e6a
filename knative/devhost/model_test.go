package main

import (
	"context"
	"flag"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/redis/go-redis/v9"

	rules "github.com/madang-council/madang/knative/edge"
	"github.com/madang-council/madang/knative/edge/edgetest"
	"github.com/madang-council/madang/shared/cache/cachetest"
	"github.com/madang-council/madang/shared/page"
)

var (
	histories = flag.Int("histories", 300, "how many histories the model test tells on each Redis")
	firstSeed = flag.Uint64("seed", 1, "the first of them; one that failed is told again by its seed")
)

// laptop is the local host's edge in a history.
type laptop struct {
	*edge
	cut func(away bool)
}

func (l laptop) Get(path string) (status int, cacheStatus string, body []byte) {
	w := httptest.NewRecorder()
	l.answer(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
	l.beside.Wait()
	return w.Code, w.Header().Get("Cache-Status"), w.Body.Bytes()
}

func (l laptop) Renew() {
	l.renew(context.Background())
	l.beside.Wait()
}

func (l laptop) Cut(away bool) { l.cut(away) }

func (l laptop) Forget() { *l.copies = *newCopies(l.rules.Limits.CopiesBytes) }

// No history makes a guest of the local host's edge, of which there are two, read what is not so.
func TestPagesAreNeverWrong(t *testing.T) {
	cachetest.Each(t, func(t *testing.T, client *redis.Client) {
		m := edgetest.NewModel(t, client)
		for range 2 {
			redis, cut := m.Cuttable()
			m.Add(laptop{newEdge(m.Specs(), rules.Fixed(), &page.Store{Redis: redis, Prefix: m.Prefix(), Now: m.Time}, m.Serve, m.Time), cut})
		}
		n := uint64(*histories)
		for seed := *firstSeed; seed < *firstSeed+n; seed++ {
			if !m.Tell(seed) {
				t.Fatalf("seed %d (go test ./knative/devhost -run %s -seed %d -histories 1):\n%s", seed, t.Name(), seed, strings.Join(m.Told, "\n"))
			}
		}
		t.Logf("%d histories, %d reads, %d of them of pages that were there", n, m.Reads, m.Hits)
	})
}
