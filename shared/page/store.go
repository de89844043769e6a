package page

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// tagLife is how long a generation is kept that nobody renders under or touches: longer than
// every page that holds it.
const tagLife = Keep + 24*time.Hour

// Store keeps pages in Redis.
type Store struct {
	Redis  *redis.Client
	Prefix string // of the environment, as "madang:prod:"
	// Now is the time at which something is announced, settled or saved: not that of the
	// request, which may have begun minutes ago.
	Now func() time.Time
}

var readScript, beginScript, touchScript, saveScript, endingScript = redis.NewScript(Read), redis.NewScript(begin), redis.NewScript(touch), redis.NewScript(save), redis.NewScript(Ending)

func (s *Store) page(key string) string { return s.Prefix + "p:" + key }
func (s *Store) tag() string            { return s.Prefix + "g:" }
func (s *Store) ends() string           { return s.Prefix + "ends" }
func (s *Store) memory() string         { return s.Prefix + "memory" }

func (s *Store) now() int64 { return s.Now().UnixMilli() }

// Load reads a page; where there is none ok is false, and Memory all that is known. Its Tags are
// not read.
func (s *Store) Load(ctx context.Context, key string) (p Page, ok bool, err error) {
	list, err := readScript.Run(ctx, s.Redis, []string{s.page(key)}, s.tag(), s.memory(), rand.Text()).StringSlice()
	if err != nil {
		return Page{}, false, fmt.Errorf("page: %w", err)
	}
	fields := map[string]string{}
	for i := 0; i+1 < len(list); i += 2 {
		fields[list[i]] = list[i+1]
	}
	p.Memory = fields["memory"]
	if fields["meta"] == "" {
		return p, false, nil
	}
	p.Key = key
	p.Since, err = strconv.ParseInt(fields["since"], 10, 64)
	if err != nil || json.Unmarshal([]byte(fields["meta"]), &p.Meta) != nil || len(p.Segments) == 0 {
		return Page{Memory: p.Memory}, false, nil //nolint:nilerr // written by another release: as if absent
	}
	for i := range p.Segments {
		p.Segments[i].Body = []byte(fields["body"+strconv.Itoa(i)])
	}
	return p, true, nil
}

// Generations are the generations of tags at a time.
type Generations struct {
	At time.Time // before they were read; a page that is rendered under them has its Rendered from here
	Of map[string]string
}

// Has says whether there is a generation of each tag.
func (g Generations) Has(tags []string) bool {
	return !slices.ContainsFunc(tags, func(t string) bool { return g.Of[t] == "" })
}

// Begin reads the generations of tags and of those that the page with a key has, if one is
// stored. A page that is rendered afterwards is saved under them.
func (s *Store) Begin(ctx context.Context, key string, tags []string) (Generations, error) {
	g := Generations{At: s.Now(), Of: map[string]string{}}
	args := []any{s.tag(), int(tagLife.Seconds()), g.At.UnixMilli(), rand.Text()}
	for _, t := range tags {
		args = append(args, t)
	}
	list, err := beginScript.Run(ctx, s.Redis, []string{s.page(key)}, args...).StringSlice()
	if err != nil {
		return g, fmt.Errorf("page: %w", err)
	}
	for i := 0; i+1 < len(list); i += 2 {
		g.Of[list[i]] = list[i+1]
	}
	return g, nil
}

// Outcome is what became of a page that was to be saved.
type Outcome int

// The outcomes of Save.
const (
	Stored   Outcome = 1
	Touched  Outcome = 0  // something changed since it was begun: it is to be rendered again
	UnderWay Outcome = -1 // something is being changed: it is right to show but not to keep
)

// Save stores a page that was rendered after its generations were read, unless one of its
// tags was touched since, or is about to be. A tag without a generation counts as touched.
func (s *Store) Save(ctx context.Context, p Page, g Generations) (Outcome, error) {
	meta, err := json.Marshal(p.Meta)
	if err != nil {
		return Touched, fmt.Errorf("page: %w", err)
	}
	wrong := ""
	if p.Wrong != 0 {
		wrong = strconv.FormatInt(p.Wrong, 10)
	}
	args := []any{s.tag(), int(Keep.Seconds()), s.now(), Patience.Milliseconds(), wrong, p.Function + " " + p.Key, len(p.Tags)}
	for _, t := range p.Tags {
		args = append(args, t, g.Of[t])
	}
	args = append(args, "meta", meta, "rendered", p.Rendered)
	for i, segment := range p.Segments {
		args = append(args, "body"+strconv.Itoa(i), segment.Body)
	}
	outcome, err := saveScript.Run(ctx, s.Redis, []string{s.page(p.Key), s.ends()}, args...).Int()
	if err != nil {
		return Touched, fmt.Errorf("page: %w", err)
	}
	return Outcome(outcome), nil
}

// Announce says that a write is about to change what is under the tags. From now on the pages
// with them count as changed, and none is stored until Settle, or Patience has passed.
func (s *Store) Announce(ctx context.Context, write string, tags []string) error {
	return s.touch(ctx, "+", write, tags)
}

// Settle says that what is under the tags has changed, and that a write, if one was
// announced, has ended.
func (s *Store) Settle(ctx context.Context, write string, tags []string) error {
	return s.touch(ctx, "-", write, tags)
}

func (s *Store) touch(ctx context.Context, sign, write string, tags []string) error {
	if len(tags) == 0 {
		return nil
	}
	args := []any{s.tag(), int(tagLife.Seconds()), s.now(), rand.Text(), Grace.Milliseconds(), Patience.Milliseconds(), sign, write}
	for _, t := range tags {
		args = append(args, t)
	}
	if err := touchScript.Run(ctx, s.Redis, nil, args...).Err(); err != nil && err != redis.Nil { //nolint:errorlint // go-redis gives it as it is
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// Drop removes pages.
func (s *Store) Drop(ctx context.Context, keys ...string) error {
	if len(keys) == 0 {
		return nil
	}
	names := make([]string, len(keys))
	for i, k := range keys {
		names[i] = s.page(k)
	}
	if err := s.Redis.Unlink(ctx, names...).Err(); err != nil {
		return fmt.Errorf("page: %w", err)
	}
	return nil
}

// Ending are the pages, by their functions, that will be wrong before a time: at most limit,
// the first ones first in each function.
func (s *Store) Ending(ctx context.Context, before time.Time, limit int) (map[string][]string, error) {
	list, err := endingScript.Run(ctx, s.Redis, []string{s.ends()}, s.Prefix+"p:", before.UnixMilli(), limit, s.now()).StringSlice()
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	ending := map[string][]string{}
	for _, name := range list {
		function, key, _ := strings.Cut(name, " ")
		ending[function] = append(ending[function], key)
	}
	return ending, nil
}
