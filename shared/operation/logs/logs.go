// Package logs keeps lines of containers' logs in an object storage, in the order in which
// they were read, and finds them again by an id that they contain.
//
// Lines are JSON, one a line, in gzip. An object is what was read in a minute or less; its key
// says when it was closed, in UTC, and by whom: logs/2026-11-30/07/0412.345-<writer>-000012.ndjson.gz.
// Its last line says how far each container had been read when it was closed (Place), so that
// who reads on after a restart needs nothing but the newest object.
package logs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/objects"
)

// prefix is where objects are; what else a bucket holds is left alone.
const prefix = "logs/"

// layout is the part of a key that says when an object was closed.
const layout = "2006-01-02/15/0405.000"

const suffix = ".ndjson.gz"

// contentType says that an object is compressed, and nothing that a browser should open.
const contentType = "application/gzip"

// Storage is what a Vault needs of an object storage.
type Storage interface {
	Put(ctx context.Context, key string, r io.Reader, size int64, meta objects.Meta) error
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error]
	Delete(ctx context.Context, keys ...string) error
}

// Vault is where lines are kept.
type Vault struct {
	Storage Storage
}

// Key is that of the n-th object of a writer, closed at a time. Keys sort by that time.
func Key(closed time.Time, writer string, n int) string {
	return fmt.Sprintf("%s%s-%s-%06d%s", prefix, closed.UTC().Format(layout), writer, n, suffix)
}

// closed is when the object of a key was closed; false: the key is not ours.
func closed(key string) (time.Time, bool) {
	rest, ours := strings.CutPrefix(key, prefix)
	if !ours || !strings.HasSuffix(key, suffix) || len(rest) < len(layout) {
		return time.Time{}, false
	}
	at, err := time.Parse(layout, rest[:len(layout)])
	return at, err == nil
}

// Put stores what a Writer closed.
func (v Vault) Put(ctx context.Context, key string, content []byte) error {
	if err := v.Storage.Put(ctx, key, bytes.NewReader(content), int64(len(content)), objects.Meta{ContentType: contentType}); err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	return nil
}

// Object is one of a Vault.
type Object struct {
	Key    string
	Closed time.Time // in UTC
	Size   int64     // bytes, compressed
}

// List is what was closed from a time until another one, the oldest first. A listing may be
// late (package objects): the newest object may be missing in it for seconds.
func (v Vault) List(ctx context.Context, from, until time.Time) ([]Object, error) {
	found := []Object{}
	for o, err := range v.Storage.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("logs: %w", err)
		}
		if at, ours := closed(o.Key); ours && !at.Before(from) && !at.After(until) {
			found = append(found, Object{Key: o.Key, Closed: at, Size: o.Size})
		}
	}
	return found, nil
}

// Places is how far each container was read when the newest object was closed, by what its
// writer calls them: none where there is no object that was closed in the time before now.
func (v Vault) Places(ctx context.Context, now time.Time, within time.Duration) (map[string]Place, error) {
	const day = 24 * time.Hour
	for of := now.UTC().Add(day).Truncate(day); of.After(now.Add(-within - day)); of = of.Add(-day) { // from tomorrow: clocks differ
		newest := ""
		for o, err := range v.Storage.List(ctx, prefix+of.Format(time.DateOnly)+"/") {
			if err != nil {
				return nil, fmt.Errorf("logs: %w", err)
			}
			if _, ours := closed(o.Key); ours {
				newest = o.Key
			}
		}
		if newest == "" {
			continue
		}
		places := map[string]Place{}
		err := v.read(ctx, newest, func(text []byte) {
			if p := parsePlaces(text); p != nil {
				places = p
			}
		})
		return places, err
	}
	return map[string]Place{}, nil
}

// Tidy deletes what was closed before a time, and says how many objects these were.
func (v Vault) Tidy(ctx context.Context, before time.Time) (int, error) {
	keys := []string{}
	for o, err := range v.Storage.List(ctx, prefix) {
		if err != nil {
			return 0, fmt.Errorf("logs: %w", err)
		}
		at, ours := closed(o.Key)
		if ours && !at.Before(before) {
			break // they are listed by their time
		}
		if ours {
			keys = append(keys, o.Key)
		}
	}
	if len(keys) == 0 {
		return 0, nil
	}
	if err := v.Storage.Delete(ctx, keys...); err != nil && !errors.Is(err, objects.ErrNotFound) {
		return 0, fmt.Errorf("logs: %w", err)
	}
	return len(keys), nil
}
