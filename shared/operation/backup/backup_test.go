package backup_test

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"filippo.io/age"
	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/objects/embedded"
	"github.com/madang-council/madang/shared/objects/objectstest"
	"github.com/madang-council/madang/shared/operation/backup"
)

// each runs a test on the embedded storage, and on Swift where there is one.
func each(t *testing.T, test func(t *testing.T, store *objects.Store)) {
	t.Run("embedded", func(t *testing.T) {
		server, err := embedded.Open(t.TempDir(), embedded.Config{AccessKey: "key", SecretKey: "secret", Region: "KR1", Now: time.Now})
		if err != nil {
			t.Fatal(err)
		}
		listening := httptest.NewServer(server)
		t.Cleanup(func() { listening.Close(); _ = server.Close() })
		store, err := objects.Open(objects.Config{Endpoint: listening.URL, Region: "KR1", AccessKey: "key", SecretKey: "secret", Bucket: "copies"})
		if err != nil {
			t.Fatal(err)
		}
		made(t, store, test)
	})
	t.Run("swift", func(t *testing.T) { made(t, objectstest.Swift(t), test) })
}

func made(t *testing.T, store *objects.Store, test func(t *testing.T, store *objects.Store)) {
	t.Helper()
	if err := store.EnsureBucket(t.Context()); err != nil {
		t.Fatal(err)
	}
	defer func() {
		for o, err := range store.List(t.Context(), "") {
			if err = errors.Join(err, store.Delete(t.Context(), o.Key)); err != nil {
				t.Error(err)
			}
		}
	}()
	test(t, store)
}

func identity(t *testing.T) *age.X25519Identity {
	t.Helper()
	id, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	return id
}

func ended() error { return nil }

// then is a clock that has stopped.
func then(t time.Time) func() time.Time { return func() time.Time { return t } }

var day = time.Date(2026, 3, 2, 4, 30, 0, 0, clock.Seoul)

// What was saved is read again by its key alone, whatever its size: in one request, and in parts.
func TestSaveAndOpen(t *testing.T) {
	each(t, func(t *testing.T, store *objects.Store) {
		v, id := backup.Vault{Storage: store}, identity(t)
		for i, size := range []int{1, 64 << 10, int(objects.PartSize) + 4711} {
			dump := make([]byte, size)
			_, _ = rand.NewChaCha8([32]byte{byte(i)}).Read(dump)
			saved, err := v.Save(t.Context(), then(day.AddDate(0, 0, i)), bytes.NewReader(dump), ended, id.Recipient())
			if err != nil {
				t.Fatal(err)
			}
			found, err := v.At(t.Context(), day.AddDate(0, 0, i).Add(time.Hour))
			if err != nil || found != saved {
				t.Fatalf("%+v, saved was %+v: %v", found, saved, err)
			}
			plain, err := v.Open(t.Context(), found, id)
			if err != nil {
				t.Fatal(err)
			}
			got, err := io.ReadAll(plain)
			if err != nil || !bytes.Equal(got, dump) {
				t.Fatalf("%d bytes of %d: %v", len(got), size, err)
			}
			_ = plain.Close()
			if _, err := v.Open(t.Context(), found, identity(t)); err == nil {
				t.Error("another key reads it")
			}
			sealed, err := store.Open(t.Context(), found.Key, 0, found.Size)
			if err != nil {
				t.Fatal(err)
			}
			stored, _ := io.ReadAll(sealed)
			_ = sealed.Close()
			if size > 100 && bytes.Contains(stored, dump[:100]) {
				t.Error("it is stored in plain")
			}
		}
		if _, err := v.At(t.Context(), day.Add(-time.Hour)); !errors.Is(err, backup.ErrNone) {
			t.Errorf("before the first: %v", err)
		}
	})
}

// A dump that was cut off, that failed, or that is empty is no copy, and leaves nothing behind.
func TestNothingIsStoredOfWhatIsNotWhole(t *testing.T) {
	each(t, func(t *testing.T, store *objects.Store) {
		v, id := backup.Vault{Storage: store}, identity(t)
		broken := errors.New("broken")
		for name, c := range map[string]struct {
			dump  io.Reader
			whole error
			want  error
		}{
			"cut off":             {strings.NewReader("half"), broken, broken},
			"cut off in parts":    {bytes.NewReader(make([]byte, 2*objects.PartSize)), broken, broken},
			"unreadable":          {io.MultiReader(strings.NewReader("half"), iotest.ErrReader(broken)), nil, broken},
			"unreadable in parts": {io.MultiReader(bytes.NewReader(make([]byte, 2*objects.PartSize)), iotest.ErrReader(broken)), nil, broken},
			"empty":               {strings.NewReader(""), nil, backup.ErrEmpty},
		} {
			_, err := v.Save(t.Context(), then(day), c.dump, func() error { return c.whole }, id.Recipient())
			if !errors.Is(err, c.want) {
				t.Errorf("%s: %v", name, err)
			}
			for o := range store.List(t.Context(), "") {
				t.Errorf("%s: %s is there", name, o.Key)
			}
			for u := range store.ListMultiparts(t.Context(), "") {
				t.Errorf("%s: an upload of %s is there", name, u.Key)
			}
		}
	})
}

// A copy that somebody changed, or that lost its end, is not restored as if it were whole.
func TestChangedCopy(t *testing.T) {
	each(t, func(t *testing.T, store *objects.Store) {
		v, id := backup.Vault{Storage: store}, identity(t)
		saved, err := v.Save(t.Context(), then(day), bytes.NewReader(make([]byte, 200<<10)), ended, id.Recipient())
		if err != nil {
			t.Fatal(err)
		}
		sealed, err := store.Open(t.Context(), saved.Key, 0, saved.Size)
		if err != nil {
			t.Fatal(err)
		}
		whole, _ := io.ReadAll(sealed)
		_ = sealed.Close()
		flipped := bytes.Clone(whole)
		flipped[len(flipped)/2] ^= 1
		for name, content := range map[string][]byte{"cut": whole[:len(whole)-70<<10], "one bit": flipped} {
			c := backup.Copy{Key: "database/" + strings.ReplaceAll(name, " ", "-"), Size: int64(len(content))}
			if err := store.Put(t.Context(), c.Key, bytes.NewReader(content), c.Size, objects.Meta{}); err != nil {
				t.Fatal(err)
			}
			plain, err := v.Open(t.Context(), c, id)
			if err != nil {
				continue
			}
			if _, err = io.ReadAll(plain); err == nil {
				t.Errorf("%s: read to its end", name)
			}
			_ = plain.Close()
		}
	})
}

// late is a dump that begins to come some time after it is waited for.
type late struct {
	io.Reader
	now   *time.Time
	after time.Duration
}

func (l *late) Read(p []byte) (int, error) {
	*l.now = l.now.Add(l.after)
	l.after = 0
	return l.Reader.Read(p)
}

// A copy is as of when its dump begins to come, whenever it was waited for: no copy is given for a time from which it may have
// something that was written later.
func TestLateDump(t *testing.T) {
	each(t, func(t *testing.T, store *objects.Store) {
		v, id := backup.Vault{Storage: store}, identity(t)
		for _, after := range []time.Duration{3 * time.Minute, 300 * time.Millisecond} {
			waited := day
			now := waited
			saved, err := v.Save(t.Context(), func() time.Time { return now }, &late{strings.NewReader("dump"), &now, after}, ended, id.Recipient())
			if err != nil {
				t.Fatal(err)
			}
			for _, at := range []time.Time{waited, waited.Add(after - time.Millisecond)} {
				if c, err := v.At(t.Context(), at); !errors.Is(err, backup.ErrNone) {
					t.Errorf("%s after it was waited for, when it began after %s: %v %v", at.Sub(waited), after, c, err)
				}
			}
			if c, err := v.At(t.Context(), waited.Add(after+time.Second)); err != nil || c != saved {
				t.Errorf("a second after it began: %v %v", c, err)
			}
			if err := store.Delete(t.Context(), saved.Key); err != nil {
				t.Fatal(err)
			}
		}
	})
}

// What Keep leaves is the newest of each day, week and month, of as many as it says, and always the newest of all. Nothing else is
// older than these, however long nothing was saved. Tidying again, or day after day, comes to the same as once.
func TestKeep(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := backup.Keep{Days: rapid.IntRange(0, 10).Draw(t, "days"), Weeks: rapid.IntRange(0, 6).Draw(t, "weeks"), Months: rapid.IntRange(0, 5).Draw(t, "months")}
		copies, at := []backup.Copy{}, day
		for i := range rapid.IntRange(1, 120).Draw(t, "copies") {
			at = at.Add(time.Duration(rapid.SampledFrom([]int{1, 10, 24, 40, 60, 60, 3000}).Draw(t, "hours")) * time.Hour)
			copies = append(copies, backup.Copy{Key: fmt.Sprintf("database/%d", i), At: at})
		}
		now := at.Add(time.Duration(rapid.SampledFrom([]int{0, 5, 24, 200, 1000, 5000}).Draw(t, "since")) * time.Hour)
		left := without(copies, k.Over(copies, now))
		if n := len(left); n == 0 || n > k.Days+k.Weeks+k.Months+1 || left[len(left)-1] != copies[len(copies)-1] {
			t.Fatalf("%d of %d are left, of %+v", n, len(copies), k)
		}
		if again := without(left, k.Over(left, now)); !slices.Equal(again, left) {
			t.Fatalf("tidied twice: %d, then %d", len(left), len(again))
		}
		// Brute force: a copy stays when it is of one of the last n spans, counted by the calendar, and none of its span is newer.
		month := func(t time.Time) int { t = t.In(clock.Seoul); return t.Year()*12 + int(t.Month()) }
		date := func(t time.Time) int { return int(clock.Midnight(t).Sub(clock.Midnight(day)) / (24 * time.Hour)) }
		week := func(t time.Time) int { return date(t) / 7 } // day is a Monday
		for i, c := range copies {
			stays := i == len(copies)-1
			for _, r := range []struct {
				n  int
				of func(time.Time) int
			}{{k.Days, date}, {k.Weeks, week}, {k.Months, month}} {
				last := !slices.ContainsFunc(copies[i+1:], func(o backup.Copy) bool { return r.of(o.At) == r.of(c.At) })
				stays = stays || last && r.of(now)-r.of(c.At) < r.n
			}
			if stays != slices.Contains(left, c) {
				t.Fatalf("%s stays: %t, at %s", c.At, !stays, now)
			}
			if i < len(copies)-1 && stays && c.At.Before(now.AddDate(0, -k.Months, 0).Add(-time.Duration(max(k.Days, 7*k.Weeks, 3))*24*time.Hour)) {
				t.Fatalf("%s stays at %s", c.At, now)
			}
		}
		// Day after day: what a nightly run leaves has at the least what one run at the end leaves.
		kept := []backup.Copy{}
		for _, c := range copies {
			kept = append(kept, c)
			kept = without(kept, k.Over(kept, c.At))
		}
		for _, c := range left {
			if !slices.Contains(kept, c) {
				t.Fatalf("%s went on the way, and one run at the end keeps it", c.At)
			}
		}
	})
}

// After a pause what is from before it is over, and the last copy that there is never is.
func TestKeepAfterAPause(t *testing.T) {
	of := func(month time.Month) backup.Copy {
		return backup.Copy{Key: month.String(), At: time.Date(2026, month, 15, 4, 30, 0, 0, clock.Seoul)}
	}
	for _, c := range []struct {
		there []time.Month
		now   time.Month
		over  string
	}{
		{[]time.Month{time.January, time.February, time.August, time.September}, time.September, "February January"},
		{[]time.Month{time.January, time.February}, time.September, "January"},
		{[]time.Month{time.January}, time.September, ""},
		{[]time.Month{time.July, time.August, time.September}, time.September, ""},
		{[]time.Month{time.June, time.July, time.August, time.September}, time.September, "June"},
		{nil, time.September, ""},
	} {
		copies, over := []backup.Copy{}, []string{}
		for _, month := range c.there {
			copies = append(copies, of(month))
		}
		for _, gone := range (backup.Keep{Months: 3}).Over(copies, of(c.now).At) {
			over = append(over, gone.Key)
		}
		if got := strings.Join(over, " "); got != c.over {
			t.Errorf("%v in %s: %q is over, want %q", c.there, c.now, got, c.over)
		}
	}
}

func without(copies, over []backup.Copy) []backup.Copy {
	left := slices.DeleteFunc(slices.Clone(copies), func(c backup.Copy) bool { return slices.Contains(over, c) })
	slices.SortFunc(left, func(a, b backup.Copy) int { return cmp.Compare(a.At.Unix(), b.At.Unix()) })
	return left
}

// Tidy touches nothing but copies.
func TestTidy(t *testing.T) {
	each(t, func(t *testing.T, store *objects.Store) {
		v, id := backup.Vault{Storage: store}, identity(t)
		for i := range 4 {
			if _, err := v.Save(t.Context(), then(day.AddDate(0, 0, i)), strings.NewReader("dump"), ended, id.Recipient()); err != nil {
				t.Fatal(err)
			}
		}
		for _, other := range []string{"database/notes.txt", "photo.jpg", "database/20260302T000000Z.dump"} {
			if err := store.Put(t.Context(), other, strings.NewReader("x"), 1, objects.Meta{}); err != nil {
				t.Fatal(err)
			}
		}
		over, err := v.Tidy(t.Context(), backup.Keep{Days: 2}, day.AddDate(0, 0, 3))
		if err != nil || len(over) != 2 {
			t.Fatalf("%v: %v", over, err)
		}
		n := 0
		for range store.List(t.Context(), "") {
			n++
		}
		if n != 5 {
			t.Errorf("%d objects are left", n)
		}
	})
}

func TestRecipients(t *testing.T) {
	one, other := identity(t).Recipient().String(), identity(t).Recipient().String()
	for text, want := range map[string]int{one: 1, one + "," + other: 2, one + "\n" + other + "\n": 2, " " + one + " , ": 1, "": 0, "age1x": 0, one + ",age1x": 0} {
		got, err := backup.Recipients(text)
		if len(got) != want || (err == nil) != (want > 0) {
			t.Errorf("%q: %d, %v", text, len(got), err)
		}
	}
}

func TestIdentities(t *testing.T) {
	dir := t.TempDir()
	for name, c := range map[string]struct {
		content string
		good    bool
	}{"key": {"# for age1\n" + identity(t).String() + "\n", true}, "empty": {"", false}, "other": {"AGE-SECRET-KEY-1X", false}} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := backup.Identities(path); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := backup.Identities(filepath.Join(dir, "none")); err == nil {
		t.Error("a key that is not there")
	}
}

// A storage that ends in the midst ends the dump, too: nobody waits for ever.
func TestStorageThatGivesUp(t *testing.T) {
	v := backup.Vault{Storage: gone{}}
	_, err := v.Save(t.Context(), then(day), bytes.NewReader(make([]byte, 1<<20)), ended, identity(t).Recipient())
	if !errors.Is(err, objects.ErrUnavailable) {
		t.Error(err)
	}
}

type gone struct{ backup.Storage }

func (gone) PutUnknown(_ context.Context, _ string, r io.Reader, _ objects.Meta) (int64, error) {
	_, _ = io.CopyN(io.Discard, r, 100)
	return 0, objects.ErrUnavailable
}
