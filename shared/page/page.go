// Package page keeps rendered answers to guests in Redis, where the edge reads them
// without waking a function.
//
// A page is a chain of segments: what it says now, and what it will say after the time
// at which it changes by itself (a notice's publishAt, a pin that ends). The edge serves
// the segment whose time it is, so a page is right to the second although nobody is
// awake. A page also has tags; a write touches tags, and pages with them are rendered
// again or dropped.
//
// In Redis, under a prefix for the environment:
//
//	<prefix>p:<key>  hash: "meta" is JSON (Meta), "body0", "body1", ... the segments' bodies,
//	                 "touched" once a tag was touched
//	<prefix>t:<tag>  set: keys of pages with the tag
//	<prefix>g:<tag>  counter: how often the tag was touched; a render that began before a
//	                 touch is not stored after it
package page

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"
)

// Keep is how long Redis keeps a page that nobody renders again: the last good copy for
// the time in which functions are away. A week is longer than a holiday on which nobody looks.
const Keep = 7 * 24 * time.Hour

// FreshFor is the longest that a page is served without a look at the database. It is
// the backstop for a touch that was lost because Redis was away at that moment.
const FreshFor = 6 * time.Hour

// CacheControl is what a page without a Cache-Control of its own says: anybody may keep it but
// must ask whether it is still the same.
const CacheControl = "public, no-cache"

// Meta describes a stored page to the edge.
type Meta struct {
	Function string    `json:"function"`
	Rendered int64     `json:"rendered"` // milliseconds since 1970
	Tags     []string  `json:"tags"`
	Segments []Segment `json:"segments"`
}

// Segment is what the page says from one time until another.
type Segment struct {
	From        int64  `json:"from"`  // milliseconds since 1970
	Until       int64  `json:"until"` // exclusive; the last segment's is From of the page + FreshFor at most
	ETag        string `json:"etag"`
	ContentType string `json:"contentType"`
	// Header are further headers of the answer, such as Content-Security-Policy; CacheControl
	// stands for a missing Cache-Control.
	Header map[string]string `json:"header,omitempty"`
	Body   []byte            `json:"-"`
}

// Page is a stored page.
type Page struct {
	Meta
	Key     string
	Touched bool // a tag was touched since it was rendered
}

// At is the segment of a time, and whether it may be served as fresh. After the end of
// the last segment that one is the last good copy.
func (p Page) At(now time.Time) (s Segment, fresh bool) {
	ms := now.UnixMilli()
	for _, s := range p.Segments {
		if ms < s.Until {
			return s, !p.Touched
		}
	}
	return p.Segments[len(p.Segments)-1], false
}

// Etag is the entity tag of a body.
func Etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// Key is the address of a page: its path, the query parameters that belong to it in
// sorted order, and the language.
func Key(path string, query url.Values, names []string, language string) string {
	kept := url.Values{}
	for _, n := range names {
		if v := query.Get(n); v != "" {
			kept.Set(n, v)
		}
	}
	key := language + ":" + path
	if len(kept) > 0 {
		key += "?" + kept.Encode()
	}
	return key
}

// Address is the path, query and language of a key.
func Address(key string) (path string, query url.Values, language string) {
	language, rest, _ := strings.Cut(key, ":")
	path, raw, _ := strings.Cut(rest, "?")
	query, err := url.ParseQuery(raw)
	if err != nil {
		query = url.Values{}
	}
	return path, query, language
}

// Store keeps pages in Redis.
type Store struct {
	Redis  *redis.Client
	Prefix string // of the environment, as "madang:prod:"
}

func (s *Store) page(key string) string { return s.Prefix + "p:" + key }

// Load reads a page; ok is false where there is none.
func (s *Store) Load(ctx context.Context, key string) (p Page, ok bool, err error) {
	fields, err := s.Redis.HGetAll(ctx, s.page(key)).Result()
	if err != nil {
		return Page{}, false, fmt.Errorf("page: %w", err)
	}
	if fields["meta"] == "" {
		return Page{}, false, nil
	}
	p.Key, p.Touched = key, fields["touched"] != ""
	readable := json.Unmarshal([]byte(fields["meta"]), &p.Meta) == nil
	if !readable || len(p.Segments) == 0 {
		return Page{}, false, nil // written by another release: as if absent
	}
	for i := range p.Segments {
		p.Segments[i].Body = []byte(fields["body"+strconv.Itoa(i)])
	}
	return p, true, nil
}

// Generations are how often tags were touched so far. Read them before rendering.
type Generations map[string]string

// Generations reads the counters of tags.
func (s *Store) Generations(ctx context.Context, tags []string) (Generations, error) {
	g := Generations{}
	if len(tags) == 0 {
		return g, nil
	}
	keys := make([]string, len(tags))
	for i, t := range tags {
		keys[i] = s.Prefix + "g:" + t
	}
	values, err := s.Redis.MGet(ctx, keys...).Result()
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	for i, v := range values {
		g[tags[i]], _ = v.(string)
	}
	return g, nil
}

// save stores a page unless one of its tags was touched since ARGV's generations.
// KEYS: page, then for each tag its counter and its set. ARGV: keep in seconds, key of
// the page, number of tags, generations, then fields and values.
var save = redis.NewScript(`
local n = tonumber(ARGV[3])
for i = 1, n do
  if (redis.call('GET', KEYS[2*i]) or '') ~= ARGV[3+i] then return 0 end
end
redis.call('DEL', KEYS[1])
for i = 4 + n, #ARGV, 2 do redis.call('HSET', KEYS[1], ARGV[i], ARGV[i+1]) end
redis.call('EXPIRE', KEYS[1], ARGV[1])
for i = 1, n do
  redis.call('SADD', KEYS[2*i+1], ARGV[2])
  redis.call('EXPIRE', KEYS[2*i+1], ARGV[1])
end
return 1`)

// Save stores a page that was rendered after generations were read, and says whether it
// was: not where a tag was touched meanwhile. A tag without a generation counts as one
// that must never have been touched.
func (s *Store) Save(ctx context.Context, p Page, g Generations) (bool, error) {
	meta, err := json.Marshal(p.Meta)
	if err != nil {
		return false, fmt.Errorf("page: %w", err)
	}
	keys := []string{s.page(p.Key)}
	args := []any{int(Keep.Seconds()), p.Key, len(p.Tags)}
	for _, t := range p.Tags {
		keys = append(keys, s.Prefix+"g:"+t, s.Prefix+"t:"+t)
		args = append(args, g[t])
	}
	args = append(args, "meta", meta)
	for i, segment := range p.Segments {
		args = append(args, "body"+strconv.Itoa(i), segment.Body)
	}
	stored, err := save.Run(ctx, s.Redis, keys, args...).Int()
	if err != nil {
		return false, fmt.Errorf("page: %w", err)
	}
	return stored == 1, nil
}

// touch counts up each tag and returns the keys of pages with one of them.
// KEYS: for each tag its counter and its set. ARGV: prefix of pages. The pages' own keys
// are not in KEYS: this needs one Redis, not a cluster of shards.
var touch = redis.NewScript(`
local pages = {}
for i = 1, #KEYS, 2 do
  redis.call('INCR', KEYS[i])
  for _, key in ipairs(redis.call('SMEMBERS', KEYS[i+1])) do
    if redis.call('EXISTS', ARGV[1] .. key) == 1 then
      redis.call('HSET', ARGV[1] .. key, 'touched', '1')
      pages[#pages+1] = key
    else
      redis.call('SREM', KEYS[i+1], key)
    end
  end
end
return pages`)

// Touch says that what is under the tags changed. From now on no render that began
// before is stored. It returns the keys of the pages to render again or to drop.
func (s *Store) Touch(ctx context.Context, tags []string) ([]string, error) {
	if len(tags) == 0 {
		return nil, nil
	}
	keys := make([]string, 0, 2*len(tags))
	for _, t := range tags {
		keys = append(keys, s.Prefix+"g:"+t, s.Prefix+"t:"+t)
	}
	pages, err := touch.Run(ctx, s.Redis, keys, s.Prefix+"p:").StringSlice()
	if err != nil {
		return nil, fmt.Errorf("page: %w", err)
	}
	slices.Sort(pages)
	return slices.Compact(pages), nil
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
