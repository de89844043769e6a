// Package page keeps rendered answers to guests in Redis, where the edge reads them
// without waking a function.
//
// A page is a chain of segments: what it says now, and what it will say after the times
// at which it changes by itself (a notice's publishAt, a pin that ends). The edge serves
// the segment whose time it is, so a page is right to the second although nobody is
// awake.
//
// A page also has tags, and each tag a generation: a value that is never used twice, and
// another one after each write that touches the tag. A page holds the generations that
// were read before it was rendered, and whoever reads the page compares them. So nothing
// has to find the pages that a write changes, a touch costs the same whatever their
// number, and where a generation is lost from Redis its pages count as changed.
//
// A write announces its touch before it commits and settles it afterwards. What is rendered
// in between is not stored, so that a writer who dies between the two leaves no page that
// says what was before (Patience), unless Redis has lost the announcement too: then the rows of
// package touch are what is left of it.
//
// In Redis, under a prefix for the environment:
//
//	<prefix>p:<key>  hash: "meta" is JSON (Meta), "body0", "body1", ... the segments' bodies,
//	                 "rendered" milliseconds, "g:<tag>" the generation of each tag
//	<prefix>g:<tag>  the generation: "<last>.<first>.<before>.<name>" and "|<write>:<when>"
//	                 for each write under way, as generation in scripts.go explains
//	<prefix>ends     sorted set: "<function> <key>" of pages that will be wrong, by when
package page

import (
	"crypto/sha256"
	"encoding/base64"
	"net/url"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Keep is how long Redis keeps a page that nobody renders again: the last good copy for
// the time in which functions are away. A week is longer than a holiday on which nobody looks.
const Keep = 7 * 24 * time.Hour

// FreshFor is how long a page is served without a look at the database where nothing is
// known to change it: the backstop for what no touch can tell, as a Redis that came back with
// the data of an hour ago. It is served while it is rendered anew, so that nobody waits.
const FreshFor = 6 * time.Hour

// Grace is how long after a touch a page may still be served as it was, while it is rendered
// anew. Later readers wait.
const Grace = 10 * time.Second

// Patience is how long a write may take from its announcement to the end of its commit.
// Nothing that was rendered meanwhile is stored; what was announced longer ago has ended, or
// will be settled.
const Patience = time.Minute

// CacheControl is what a page without a Cache-Control of its own says: anybody may keep it but
// must ask whether it is still the same.
const CacheControl = "public, no-cache"

// Meta describes a stored page to the edge.
type Meta struct {
	Function string    `json:"function"`
	Rendered int64     `json:"rendered"` // when it was begun, in milliseconds since 1970
	Segments []Segment `json:"segments"`
	// Wrong is from when on the page is known to be wrong, in milliseconds: the first change
	// by time that no segment shows. 0 where none is known.
	Wrong int64 `json:"wrong,omitempty"`
}

// Segment is what the page says from one time until another.
type Segment struct {
	From        int64  `json:"from"`  // milliseconds since 1970
	Until       int64  `json:"until"` // exclusive
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
	Key  string
	Tags []string
	// Memory is of the Redis that was asked, which keeps it as long as it is not emptied.
	Memory string
	// Since is from when on something that the page shows may have changed, in milliseconds:
	// at or before the first touch since it was rendered. 0 where nothing was touched.
	Since int64
}

// State says what a reader may get of a page.
type State int

// The states of a page at a time.
const (
	Fresh State = iota // it is right
	Old                // it may be served while it is rendered anew
	Wrong              // it may be served only where nothing better can be had
)

// At is the segment of a time, and what the page is then. After the end of the last segment
// that one is the last good copy.
func (p Page) At(now time.Time) (Segment, State) {
	ms, state := now.UnixMilli(), Fresh
	if p.Since != 0 {
		state = Old
		if ms-p.Since >= Grace.Milliseconds() {
			state = Wrong
		}
	}
	for _, s := range p.Segments {
		if ms < s.Until {
			return s, state
		}
	}
	if p.Wrong != 0 && ms >= p.Wrong {
		state = Wrong
	}
	return p.Segments[len(p.Segments)-1], max(state, Old)
}

// MovesOn says whether the page should be rendered anew at a time at which it is still right:
// it has come to its last segment, and is known to be wrong after it.
func (p Page) MovesOn(now time.Time) bool {
	last := p.Segments[len(p.Segments)-1]
	return p.Wrong != 0 && len(p.Segments) > 1 && now.UnixMilli() >= last.From
}

// Etag is the entity tag of a body.
func Etag(body []byte) string {
	sum := sha256.Sum256(body)
	return `"` + base64.RawURLEncoding.EncodeToString(sum[:12]) + `"`
}

// pathLimit is the longest path of a page, in bytes: the longest that the site makes has an
// id and a word or two.
const pathLimit = 512

// Path says whether a path, as it was decoded from an address, can be one of a page: what
// would be read as more than a path, or as another one, is none.
func Path(path string) bool {
	return len(path) <= pathLimit && utf8.ValidString(path) && !strings.ContainsFunc(path, func(r rune) bool { return r == '?' || unicode.IsControl(r) })
}

// Hidden says whether an address hides a "/", a "?" or a control character in a segment of its
// path: it is one of nothing, since decoded it looks like another.
func Hidden(u *url.URL) bool {
	raw := strings.ToLower(u.EscapedPath())
	return strings.Contains(raw, "%2f") || strings.Contains(raw, "%3f") || strings.ContainsFunc(u.Path, func(r rune) bool { return r < ' ' || r == 0x7f })
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
