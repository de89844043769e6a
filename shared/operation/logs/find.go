package logs

import (
	"bufio"
	"bytes"
	"cmp"
	"compress/gzip"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/madang-council/madang/shared/objects"
)

// atOnce is how many objects are read at the same time: what they wait for is the storage.
const atOnce = 32

// longest is the longest line of an object, in bytes: one whose every byte was escaped, or
// the places of all containers of a namespace.
const longest = 1 << 20

// Found is what was found, and where it was looked for.
type Found struct {
	Lines   []Line // by their time; each once, though it was stored twice
	Objects int    // that were read
	Bytes   int64  // of them, compressed
}

// Find looks for lines that contain one of the ids, in what was closed from a time until
// another one. With an error it is what could be read.
func (v Vault) Find(ctx context.Context, from, until time.Time, ids ...string) (Found, error) {
	list, err := v.List(ctx, from, until)
	if err != nil {
		return Found{}, err
	}
	wanted := [][]byte{}
	for _, id := range ids {
		wanted = append(wanted, []byte(id))
	}
	var mu sync.Mutex
	var found Found
	var failed []error
	group := errgroup.Group{}
	group.SetLimit(atOnce)
	for _, o := range list {
		group.Go(func() error {
			lines := []Line{}
			err := v.read(ctx, o.Key, func(text []byte) {
				if !slices.ContainsFunc(wanted, func(id []byte) bool { return bytes.Contains(text, id) }) {
					return
				}
				if l, ok := parse(text); ok {
					lines = append(lines, l)
				}
			})
			mu.Lock()
			defer mu.Unlock()
			switch {
			case errors.Is(err, objects.ErrNotFound): // its time was over meanwhile
			case err != nil:
				failed = append(failed, err)
			default:
				found.Objects++
				found.Bytes += o.Size
			}
			found.Lines = append(found.Lines, lines...)
			return nil
		})
	}
	_ = group.Wait()
	found.Lines = once(found.Lines)
	return found, errors.Join(failed...)
}

// once are lines by their time, each once.
func once(lines []Line) []Line {
	seen := map[id]bool{}
	lines = slices.DeleteFunc(lines, func(l Line) bool {
		twice := seen[l.id()]
		seen[l.id()] = true
		return twice
	})
	slices.SortFunc(lines, func(a, b Line) int {
		return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Pod, b.Pod), cmp.Compare(a.Container, b.Container), cmp.Compare(a.Again, b.Again))
	})
	return lines
}

// Once are lines of several sources by their time, each once.
func Once(sources ...[]Line) []Line { return once(slices.Concat(sources...)) }

// read has each line of an object looked at.
func (v Vault) read(ctx context.Context, key string, look func(text []byte)) error {
	body, err := v.Storage.Open(ctx, key, 0, -1)
	if err != nil {
		return fmt.Errorf("logs: %w", err)
	}
	defer func() { _ = body.Close() }()
	plain, err := gzip.NewReader(body)
	if err != nil {
		return fmt.Errorf("logs: %s: %w", key, err)
	}
	lines := bufio.NewScanner(plain)
	lines.Buffer(make([]byte, 0, 64<<10), longest)
	for lines.Scan() {
		look(lines.Bytes())
	}
	if err := lines.Err(); err != nil {
		return fmt.Errorf("logs: %s: %w", key, err)
	}
	return nil
}
