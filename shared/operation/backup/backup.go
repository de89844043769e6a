// Package backup keeps encrypted copies of the database in an object storage.
//
// A copy is what pg_dump wrote in its custom format, encrypted for age recipients
// (filippo.io/age) while it is read: neither the process nor a disk holds it in plain, and
// what runs in the cluster cannot read it again. Copies are kept in a bucket of their own,
// at the best of an account of its own, so that who has the functions' keys has not the
// copies' too.
package backup

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"iter"
	"os"
	"slices"
	"strings"
	"time"

	"filippo.io/age"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/objects"
)

// prefix is where copies are; what else a bucket holds is left alone.
const prefix = "database/"

// layout is a copy's name: its time, in UTC, to the second.
const layout = "20060102T150405Z"

const suffix = ".dump.age"

// contentType says that a copy is nothing that a program should open.
const contentType = "application/octet-stream"

// ErrEmpty is a dump without a byte: pg_dump said that it is whole, and wrote nothing.
var ErrEmpty = errors.New("backup: the dump is empty")

// ErrNone is that there is no copy as it was asked for.
var ErrNone = errors.New("backup: no such copy")

// Storage is what a Vault needs of an object storage.
type Storage interface {
	PutUnknown(ctx context.Context, key string, r io.Reader, meta objects.Meta) (int64, error)
	Stat(ctx context.Context, key string) (objects.Info, error)
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error]
	Delete(ctx context.Context, keys ...string) error
}

// Vault is where copies are kept.
type Vault struct {
	Storage Storage
}

// Copy is one of the database.
type Copy struct {
	Key  string
	At   time.Time // when its dump had begun to come, in UTC, to the second after: it has nothing that was written later
	Size int64     // bytes, encrypted
}

// Recipients reads public keys, age1… as text with one in a line or between commas.
func Recipients(text string) ([]age.Recipient, error) {
	lines := strings.Join(strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == '\n' || r == ' ' }), "\n")
	if lines == "" {
		return nil, errors.New("backup: nobody could read the copy: no recipient")
	}
	recipients, err := age.ParseRecipients(strings.NewReader(lines))
	if err != nil {
		return nil, fmt.Errorf("backup: recipients: %w", err)
	}
	return recipients, nil
}

// Identities reads the file of a key, as backup key wrote it.
func Identities(path string) ([]age.Identity, error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("backup: key: %w", err)
	}
	defer func() { _ = file.Close() }()
	identities, err := age.ParseIdentities(file)
	if err != nil {
		return nil, fmt.Errorf("backup: key %s: %w", path, err)
	}
	return identities, nil
}

// Save stores what dump reads, encrypted for recipients, as of when its first byte is there: what writes it, which may begin long
// after it is waited for, has looked at the database by then. Whole is asked after dump's end,
// and says whether it was the end: a dump that was cut off reads like a shorter one. With an
// error of any of them nothing is stored.
func (v Vault) Save(ctx context.Context, now func() time.Time, dump io.Reader, whole func() error, recipients ...age.Recipient) (Copy, error) {
	begun := bufio.NewReader(dump)
	if _, err := begun.Peek(1); err != nil && !errors.Is(err, io.EOF) { // who has ended without a byte is asked why
		return Copy{}, fmt.Errorf("backup: read the dump: %w", err)
	}
	c := Copy{At: now().Add(time.Second - time.Nanosecond).UTC().Truncate(time.Second)}
	c.Key = prefix + c.At.Format(layout) + suffix
	r, w := io.Pipe()
	go func() { _ = w.CloseWithError(encrypt(w, begun, whole, recipients)) }() // nil is io.EOF
	size, err := v.Storage.PutUnknown(ctx, c.Key, r, objects.Meta{ContentType: contentType})
	_ = r.CloseWithError(errors.New("backup: the storage takes no more"))
	if err != nil {
		return Copy{}, fmt.Errorf("backup: %w", err)
	}
	there, err := v.Storage.Stat(ctx, c.Key)
	if err != nil {
		return Copy{}, fmt.Errorf("backup: %w", err)
	}
	if there.Size != size {
		return Copy{}, fmt.Errorf("backup: %s has %d bytes of %d", c.Key, there.Size, size)
	}
	c.Size = size
	return c, nil
}

func encrypt(w io.Writer, dump io.Reader, whole func() error, recipients []age.Recipient) error {
	sealed, err := age.Encrypt(w, recipients...)
	if err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	n, err := io.Copy(sealed, dump)
	if err != nil {
		return fmt.Errorf("read the dump: %w", err)
	}
	if err := whole(); err != nil {
		return err
	}
	if n == 0 {
		return ErrEmpty
	}
	if err := sealed.Close(); err != nil {
		return fmt.Errorf("encrypt: %w", err)
	}
	return nil
}

// List is all copies, the newest first. A listing may be late (package objects): the
// newest copy may be missing in it for seconds.
func (v Vault) List(ctx context.Context) ([]Copy, error) {
	copies := []Copy{}
	for o, err := range v.Storage.List(ctx, prefix) {
		if err != nil {
			return nil, fmt.Errorf("backup: %w", err)
		}
		at, err := time.Parse(layout, strings.TrimSuffix(strings.TrimPrefix(o.Key, prefix), suffix))
		if err != nil || !strings.HasSuffix(o.Key, suffix) {
			continue // not ours
		}
		copies = append(copies, Copy{Key: o.Key, At: at, Size: o.Size})
	}
	slices.SortFunc(copies, func(a, b Copy) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Key, a.Key)) })
	return copies, nil
}

// At is the newest copy that has nothing from after a time: ErrNone where there is none.
func (v Vault) At(ctx context.Context, at time.Time) (Copy, error) {
	copies, err := v.List(ctx)
	if err != nil {
		return Copy{}, err
	}
	i := slices.IndexFunc(copies, func(c Copy) bool { return !c.At.After(at) })
	if i < 0 {
		return Copy{}, fmt.Errorf("%w: of %s or before", ErrNone, at.UTC().Format(time.RFC3339))
	}
	return copies[i], nil
}

// Open reads a copy in plain, by one of the identities (AGE-SECRET-KEY-1…) that it was
// encrypted for. A copy that was changed or cut off fails while it is read.
func (v Vault) Open(ctx context.Context, c Copy, identities ...age.Identity) (io.ReadCloser, error) {
	sealed, err := v.Storage.Open(ctx, c.Key, 0, c.Size)
	if err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	plain, err := age.Decrypt(sealed, identities...)
	if err != nil {
		_ = sealed.Close()
		return nil, fmt.Errorf("backup: %s: %w", c.Key, err)
	}
	return struct {
		io.Reader
		io.Closer
	}{plain, sealed}, nil
}

// Keep says how many copies stay.
type Keep struct {
	Days, Weeks, Months int // the newest of each of so many, with the present one, in Seoul
}

// Over are the copies that Keep does not at a time: of each day, week (Monday first) and month the newest stays, of as many as Keep
// says, whether these have a copy or not. So nothing is older than they are, but the newest copy of all: it stays until there is
// another, since without it there would be none.
func (k Keep) Over(copies []Copy, now time.Time) []Copy {
	sorted := slices.SortedFunc(slices.Values(copies), func(a, b Copy) int { return cmp.Or(b.At.Compare(a.At), cmp.Compare(b.Key, a.Key)) })
	stays := map[string]bool{}
	if len(sorted) > 0 {
		stays[sorted[0].Key] = true
	}
	today := clock.Midnight(now)
	monday := today.AddDate(0, 0, -(int(today.Weekday())+6)%7)
	first := today.AddDate(0, 0, 1-today.Day())
	for _, rule := range []struct {
		n    int
		from time.Time
		of   func(time.Time) string
	}{
		{k.Days, today.AddDate(0, 0, 1-k.Days), func(t time.Time) string { return t.Format(time.DateOnly) }},
		{k.Weeks, monday.AddDate(0, 0, 7*(1-k.Weeks)), func(t time.Time) string { y, w := t.ISOWeek(); return fmt.Sprint(y, "-", w) }},
		{k.Months, first.AddDate(0, 1-k.Months, 0), func(t time.Time) string { return t.Format("2006-01") }},
	} {
		seen := map[string]bool{}
		for _, c := range sorted {
			if span := rule.of(c.At.In(clock.Seoul)); rule.n > 0 && !seen[span] && !c.At.Before(rule.from) {
				seen[span], stays[c.Key] = true, true
			}
		}
	}
	return slices.DeleteFunc(sorted, func(c Copy) bool { return stays[c.Key] })
}

// Tidy deletes what Keep does not at a time, and says what.
func (v Vault) Tidy(ctx context.Context, k Keep, now time.Time) ([]Copy, error) {
	copies, err := v.List(ctx)
	if err != nil {
		return nil, err
	}
	over := k.Over(copies, now)
	keys := []string{}
	for _, c := range over {
		keys = append(keys, c.Key)
	}
	if len(keys) == 0 {
		return nil, nil
	}
	if err := v.Storage.Delete(ctx, keys...); err != nil {
		return nil, fmt.Errorf("backup: %w", err)
	}
	return over, nil
}
