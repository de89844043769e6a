package archive_test

import (
	"archive/zip"
	"bytes"
	"context"
	"crypto/md5" //nolint:gosec // it is what storage calls the sum of a part
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"math/rand/v2"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// memory is a bucket whose files are made as they are read, and that keeps of parts what is asked for. It fails
// as a network does, and dies with whoever uses it.
type memory struct {
	random  *rand.Rand
	rate    float64 // of calls that fail, before or after they took effect
	kill    int     // the call after which nothing answers; -1 for never
	discard bool    // parts are not kept
	calls   int
	sizes   map[string]int64 // of files, by their keys
	uploads map[string]map[int][]byte
	objects map[string][]byte
	meddle  func(call int)
}

var errNetwork = errors.New("the network is away")

func newMemory() *memory {
	return &memory{random: rand.New(rand.NewPCG(1, 1)), kill: -1, sizes: map[string]int64{}, uploads: map[string]map[int][]byte{}, objects: map[string][]byte{}}
}

// fails does something, unless the network fails before; it may fail afterwards, too.
func (m *memory) fails(do func() error) error {
	m.calls++
	if m.meddle != nil {
		m.meddle(m.calls)
	}
	dead := m.kill >= 0 && m.calls > m.kill
	if dead || m.random.Float64() < m.rate {
		if dead && m.calls > m.kill+1 || m.random.IntN(2) == 0 {
			return fmt.Errorf("%w: %w", objects.ErrUnavailable, errNetwork)
		}
		if err := do(); err != nil {
			return err
		}
		return fmt.Errorf("%w: %w", objects.ErrUnavailable, errNetwork)
	}
	return do()
}

// noise is what files are made of: each begins elsewhere in it, and nothing comes twice in a part.
var noise = func() []byte {
	b := make([]byte, 1<<20-3)
	_, _ = rand.NewChaCha8([32]byte{}).Read(b)
	return b
}()

// pattern is the content of a file, from an offset.
type pattern struct {
	key  string
	at   int64
	left int64
	cut  int64 // fails after so many bytes; -1 for never
}

func (p *pattern) Read(b []byte) (int, error) {
	if p.left == 0 {
		return 0, io.EOF
	}
	n := int(min(int64(len(b)), p.left))
	start := int64(crc32.ChecksumIEEE([]byte(p.key))) + p.at
	for done := 0; done < n; {
		done += copy(b[done:n], noise[(start+int64(done))%int64(len(noise)):])
	}
	if p.cut >= 0 && p.cut < int64(n) {
		return int(p.cut), errNetwork
	}
	p.at, p.left, p.cut = p.at+int64(n), p.left-int64(n), p.cut-int64(n)
	return n, nil
}

func (*pattern) Close() error { return nil }

func (m *memory) Open(_ context.Context, key string, offset, length int64) (body io.ReadCloser, err error) {
	err = m.fails(func() error {
		size, there := m.sizes[key]
		if !there {
			return objects.ErrNotFound
		}
		if length < 0 {
			length = size - offset
		}
		p := &pattern{key: key, at: offset, left: length, cut: -1}
		if m.random.Float64() < m.rate {
			p.cut = m.random.Int64N(length + 1)
		}
		body = p
		return nil
	})
	return body, err
}

func (m *memory) Stat(_ context.Context, key string) (info objects.Info, err error) {
	return info, m.fails(func() error {
		if _, there := m.sizes[key]; !there {
			return objects.ErrNotFound
		}
		return nil
	})
}

func (m *memory) Delete(_ context.Context, keys ...string) error {
	return m.fails(func() error {
		for _, key := range keys {
			delete(m.objects, key)
		}
		return nil
	})
}

func (m *memory) StartMultipart(_ context.Context, key string, _ objects.Meta) (id string, err error) {
	id = fmt.Sprintf("%s#%d", key, len(m.uploads))
	return id, m.fails(func() error { m.uploads[id] = map[int][]byte{}; return nil })
}

func (m *memory) PutPart(_ context.Context, _, id string, number int, data []byte) (part objects.Part, err error) {
	sum := md5.Sum(data) //nolint:gosec // it is what storage calls the sum of a part
	part = objects.Part{Number: number, Size: int64(len(data)), ETag: hex.EncodeToString(sum[:])}
	return part, m.fails(func() error {
		parts, there := m.uploads[id]
		if !there {
			return objects.ErrNotFound
		}
		if !m.discard {
			parts[number] = bytes.Clone(data)
		}
		return nil
	})
}

func (m *memory) CompleteMultipart(_ context.Context, key, id string, parts []objects.Part) error {
	return m.fails(func() error {
		stored, there := m.uploads[id]
		if !there {
			return objects.ErrNotFound
		}
		whole := []byte{}
		for i, p := range parts {
			if p.Number != i+1 {
				return errors.New("parts are not in order")
			}
			if sum := md5.Sum(stored[p.Number]); !m.discard && hex.EncodeToString(sum[:]) != p.ETag { //nolint:gosec // it is what storage calls the sum of a part
				return objects.ErrBroken
			}
			if i < len(parts)-1 && p.Size < 5<<20 {
				return errors.New("a part is too small")
			}
			whole = append(whole, stored[p.Number]...)
		}
		m.objects[key] = whole
		return nil
	})
}

func (m *memory) AbortMultipart(_ context.Context, _, id string) error {
	return m.fails(func() error { delete(m.uploads, id); return nil })
}

func (m *memory) List(context.Context, string) iter.Seq2[objects.Object, error] {
	return func(yield func(objects.Object, error) bool) {
		for key := range m.objects {
			if !yield(objects.Object{Key: key}, nil) {
				return
			}
		}
	}
}

func (m *memory) ListMultiparts(context.Context, string) iter.Seq2[objects.Multipart, error] {
	return func(yield func(objects.Multipart, error) bool) {
		for id := range m.uploads {
			key, _, _ := strings.Cut(id, "#")
			if !yield(objects.Multipart{Key: key, UploadID: id}, nil) {
				return
			}
		}
	}
}

func (m *memory) SignGet(_ context.Context, key string, _ time.Duration, _ string) (string, error) {
	return "signed:" + key, nil
}

// record is a file whose content the bucket makes.
func (m *memory) record(f fixture, name string, size int64) string {
	sum := sha256.New()
	id := f.file(name, size, "")
	key := "test/record/2026/05/" + id + "/original.pdf"
	m.sizes[key] = size
	_, _ = io.Copy(sum, &pattern{key: key, left: size, cut: -1})
	f.exec(`UPDATE uploads SET sha256 = $1 WHERE id = $2`, hex.EncodeToString(sum.Sum(nil)), id)
	return id
}

func (f fixture) bundles(m *memory) archive.Bundles {
	return archive.NewBundles(f.db, f.outbox, func() (archive.Bucket, error) { return m, nil }, "test")
}

func (f fixture) ask(b archive.Bundles, who string, now time.Time) archive.Bundle {
	f.t.Helper()
	var made archive.Bundle
	if err := f.db.Atomic(f.as(who, now), func(ctx context.Context) (err error) {
		made, err = b.Ask(ctx, 2026)
		return err
	}); err != nil {
		f.t.Fatal(err)
	}
	return made
}

// deliver makes what was requested, as the broker has it done: what fails is delivered again, up to a number
// of times.
func (f fixture) deliver(b archive.Bundles, now time.Time, times int) {
	for range times {
		requested := 0
		for _, e := range f.bus.Take() {
			if e.Type != archive.BundleRequested {
				continue
			}
			requested++
			for range 20 {
				if err := b.Make(f.as("guest", now), e.Subject); err == nil {
					break
				}
			}
		}
		if requested == 0 {
			return
		}
	}
}

// unpacked are the names and contents of a ZIP, which is read strictly.
func unpacked(t *testing.T, content []byte) map[string]string {
	t.Helper()
	r, err := zip.NewReader(bytes.NewReader(content), int64(len(content)))
	if err != nil {
		t.Fatal(err)
	}
	files := map[string]string{}
	for _, f := range r.File {
		body, err := f.Open()
		if err != nil {
			t.Fatal(err)
		}
		b, err := io.ReadAll(body) // which looks at the sum
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		if _, twice := files[f.Name]; twice || f.NonUTF8 || f.Flags&0x800 == 0 || f.Flags&8 != 0 || f.Method != zip.Store || text.NFC(f.Name) != f.Name {
			t.Errorf("%q: flags %x, method %d, twice %v", f.Name, f.Flags, f.Method, twice)
		}
		files[f.Name] = string(b)
	}
	return files
}

// corpus is archives of each audience, with names that are equal, and a file of more than a part.
func corpus(f fixture, m *memory) {
	content := func(title string, a archive.Audience, files ...string) archive.Content {
		return archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: title, Audience: a, Files: files, Publish: true}
	}
	f.add(noon, content("결산/서: 1", archive.Public, m.record(f, "결산.pdf", 9<<20), m.record(f, "결산.PDF", 100), m.record(f, "결산.pdf", 0)))
	f.add(noon, content("결산/서: 1", archive.Public, m.record(f, "a.pdf", 12<<20)))
	f.add(noon, content("재학생", archive.Students, m.record(f, "b.pdf", 5)))
	withTable := content("증빙", archive.Council, m.record(f, "c.pdf", 7))
	withTable.Table, withTable.Summary = settlement, "설명"
	f.add(noon, withTable)
	draft := content("초안", archive.Public, m.record(f, "d.pdf", 7))
	draft.Publish = false
	f.add(noon, draft)
}

// A year is one ZIP of exactly what its asker reads, with names of one form that no two share; who may read the same
// gets the same, and the same content is the same bytes, made anew or twice at once.
func TestBundles(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		m := newMemory()
		b := f.bundles(m)
		corpus(f, m)
		public := []string{"총학/결산/2026년 1분기 결산_서_ 1/결산.pdf", "총학/결산/2026년 1분기 결산_서_ 1/결산 (2).PDF", "총학/결산/2026년 1분기 결산_서_ 1/결산 (3).pdf", "총학/결산/2026년 1분기 결산_서_ 1 (2)/a.pdf"}
		wants := map[string][]string{
			"guest": public, "member": public, "student": append([]string{"총학/결산/2026년 1분기 재학생/b.pdf"}, public...),
			"other editor": append([]string{"총학/결산/2026년 1분기 증빙/표.csv", "총학/결산/2026년 1분기 증빙/설명.txt", "총학/결산/2026년 1분기 증빙/c.pdf"}, public...),
		}
		first := map[string][]byte{}
		for round := range 2 {
			for who, want := range wants {
				made := f.ask(b, who, noon)
				if twice := f.ask(b, who, noon); twice.ID != made.ID {
					t.Errorf("%s: %s and %s", who, made.ID, twice.ID)
				}
				for _, other := range []string{"guest", "student"} {
					if _, err := b.Bundle(f.as(other, noon), made.ID); err == nil && !slices.Equal(wants[other], want) {
						t.Errorf("%s gets the bundle of %s", other, who)
					}
				}
				f.deliver(b, noon, 10)
				made, err := b.Bundle(f.as(who, noon), made.ID)
				if err != nil || made.State != archive.Ready {
					t.Fatalf("%s: %+v, %v", who, made, err)
				}
				link, err := b.Link(f.as(who, noon), made)
				if err != nil {
					t.Fatal(err)
				}
				content := m.objects[strings.TrimPrefix(link, "signed:")]
				if int64(len(content)) != made.Size {
					t.Errorf("%s: %d bytes, and it says %d", who, len(content), made.Size)
				}
				names := []string{}
				for name := range unpacked(t, content) {
					names = append(names, name)
				}
				slices.Sort(names)
				slices.Sort(want)
				if !slices.Equal(names, want) {
					t.Errorf("%s: %q, want %q", who, names, want)
				}
				if round == 1 && !bytes.Equal(first[who], content) {
					t.Errorf("%s: other bytes the second time", who)
				}
				first[who] = content
			}
			f.exec(`DELETE FROM archive_bundles`) // and all is made anew
			f.exec(`DELETE FROM outbox`)
		}
		if n := f.count(`SELECT COUNT(*) FROM archive_bundles`); n != 0 {
			t.Errorf("%d bundles", n)
		}
	})
}

// Whatever fails, whoever is killed at which call, however often an event comes, and whatever is withdrawn meanwhile: a
// ready bundle is whole and holds what its asker reads now, and nothing is left in the storage at the end.
func TestBundlesSurvive(t *testing.T) {
	db := databasetest.SQLite(t)
	f := newFixture(t, db)
	rapid.Check(t, func(rt *rapid.T) {
		f.clear()
		m := newMemory()
		m.random = rand.New(rand.NewPCG(rapid.Uint64().Draw(rt, "seed"), 0))
		b := f.bundles(m)
		now := noon
		v := f.add(now, archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: "하나", Audience: archive.Public, Files: []string{m.record(f, "a.pdf", 9<<20), m.record(f, "b.pdf", 3)}, Publish: true})
		f.add(now, archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q2", Title: "둘", Audience: archive.Public, Files: []string{m.record(f, "c.pdf", 8<<20)}, Publish: true})
		first := f.ask(b, "guest", now)
		withdrawn := rapid.IntRange(0, 25).Draw(rt, "withdrawn at")
		m.meddle = func(call int) {
			if call != withdrawn {
				return
			}
			if err := db.Atomic(f.as("admin", now), func(ctx context.Context) error { return f.store.Delete(ctx, v.ID, v.Version) }); err != nil {
				rt.Fatal(err)
			}
		}
		m.rate = rapid.SampledFrom([]float64{0, 0.1, 0.4}).Draw(rt, "rate")
		for range rapid.IntRange(0, 4).Draw(rt, "kills") {
			m.kill = m.calls + rapid.IntRange(0, 8).Draw(rt, "kill")
			f.bus.Take()
			_ = b.Make(f.as("guest", now), first.ID) // and the event is lost with it
			m.kill = -1
		}
		m.rate = 0
		made := first
		for round := range 6 {
			now = now.Add(3 * time.Minute)
			if _, err := b.GoOn(f.as("guest", now), 10); err != nil {
				rt.Fatal(err)
			}
			f.deliver(b, now, 20)
			var err error
			made, err = b.Bundle(f.as("guest", now), made.ID)
			if err == nil && made.State == archive.Ready {
				break
			}
			if p := problem.Find(err); err != nil && (p == nil || p.Code != "bundle-outdated") {
				rt.Fatalf("round %d: %v", round, err)
			}
			made = f.ask(b, "guest", now)
		}
		deleted := f.count(`SELECT COUNT(*) FROM archives WHERE deleted_at IS NOT NULL`) == 1
		link, _ := b.Link(f.as("guest", now), made)
		content, there := m.objects[strings.TrimPrefix(link, "signed:")]
		if made.State != archive.Ready || !there {
			rt.Fatalf("it is never ready: %+v", made)
		}
		if deleted == (made.ID == first.ID) {
			rt.Fatalf("withdrawn %v, and the bundle is the first: %v", deleted, made.ID == first.ID)
		}
		files := unpacked(t, content)
		want := 3
		if deleted {
			want = 1
		}
		if len(files) != want {
			rt.Fatalf("%d files of %d", len(files), want)
		}
		// A day later nobody needs it.
		for range 4 {
			now = now.Add(13 * time.Hour)
			ctx := f.as("guest", now)
			for _, c := range b.Chores() {
				if _, err := c.Run(ctx); err != nil {
					rt.Fatal(c.Name, err)
				}
			}
			f.bus.Take()
		}
		if len(m.objects) != 0 || f.count(`SELECT COUNT(*) FROM archive_leavings`)+f.count(`SELECT COUNT(*) FROM archive_bundles`) != 0 {
			rt.Fatalf("left: %d objects, %d leavings, %d bundles", len(m.objects), f.count(`SELECT COUNT(*) FROM archive_leavings`), f.count(`SELECT COUNT(*) FROM archive_bundles`))
		}
		// Whoever asks then gets the same anew, though the outbox knows the events of the one before.
		m.meddle = nil
		again := f.ask(b, "guest", now)
		f.deliver(b, now, 20)
		if got, err := b.Bundle(f.as("guest", now), again.ID); err != nil || got.State != archive.Ready {
			rt.Fatalf("asked for again: %+v %v", got, err)
		}
	})
}

// What a bundle takes of memory is a part and a buffer, whatever its size: ten times as large, it has not more of them
// made.
func TestBundlesAreBounded(t *testing.T) {
	f := newFixture(t, databasetest.SQLite(t))
	spent := func(megabytes int64) uint64 {
		f.clear()
		m := newMemory()
		m.discard = true
		b := f.bundles(m)
		files := []string{}
		for i := range 3 {
			files = append(files, m.record(f, fmt.Sprintf("%d.pdf", i), megabytes<<20/3))
		}
		f.add(noon, archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: "하나", Audience: archive.Public, Files: files, Publish: true})
		made := f.ask(b, "guest", noon)
		f.bus.Take()
		most := uint64(0)
		for range 100 {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			if err := b.Make(f.as("guest", noon), made.ID); err != nil {
				t.Fatal(err)
			}
			runtime.ReadMemStats(&after)
			most = max(most, after.TotalAlloc-before.TotalAlloc)
			if is, err := b.Bundle(f.as("guest", noon), made.ID); err != nil || is.State == archive.Ready {
				if err != nil || is.Size < megabytes<<20-3 {
					t.Fatalf("%+v %v", is, err)
				}
				return most
			}
		}
		t.Fatal("it is never ready")
		return 0
	}
	small, large := spent(30), spent(300)
	if bound := uint64(objects.PartSize) + 4<<20; small > bound || large > bound {
		t.Errorf("one turn has %d and %d bytes made, more than %d", small, large, bound)
	}
}

// Too much for one file is refused, and a year of which there is nothing; an id that nobody made is absent.
func TestBundlesRefused(t *testing.T) {
	each(t, func(t *testing.T, f fixture) {
		m := newMemory()
		b := f.bundles(m)
		ask := func() string {
			_, err := b.Ask(f.as("guest", noon), 2026)
			if p := problem.Find(err); p != nil {
				return p.Code
			}
			return fmt.Sprint(err)
		}
		if got := ask(); got != "invalid-input" {
			t.Errorf("nothing: %s", got)
		}
		large := f.file("a.pdf", 5<<30, "a")
		f.add(noon, archive.Content{Unit: "총학", Category: "settlement", Period: "2026", Title: "가", Audience: archive.Public, Files: []string{large}, Publish: true})
		if got := ask(); got != "<nil>" {
			t.Errorf("what fits: %s", got)
		}
		f.add(noon, archive.Content{Unit: "총학", Category: "settlement", Period: "2026", Title: "나", Audience: archive.Public, Files: []string{m.record(f, "b.pdf", 1)}, Publish: true})
		if got := ask(); got != "bundle-too-large" {
			t.Errorf("a byte more: %s", got)
		}
		if _, err := b.Bundle(f.as("admin", noon), strings.Repeat("0", 64)); !errors.Is(err, problem.Absent()) {
			t.Errorf("an id that nobody made: %v", err)
		}
	})
}

// On the embedded store and on Swift the same is made, and read by its address.
func TestBundlesInStorage(t *testing.T) {
	for name, open := range map[string]func(testing.TB) *objects.Store{
		"embedded": func(t testing.TB) *objects.Store { return functiontest.OpenObjects(t, functiontest.Embedded(t)) },
		"swift":    func(t testing.TB) *objects.Store { return functiontest.OpenObjects(t, functiontest.Swift(t)) },
	} {
		t.Run(name, func(t *testing.T) {
			f := newFixture(t, databasetest.SQLite(t))
			store, ctx := open(t), t.Context()
			m := newMemory()
			files := []string{m.record(f, "가.pdf", 11<<20), m.record(f, "나.pdf", 70_000), m.record(f, "다.pdf", 8<<20)}
			for key, size := range m.sizes {
				if err := store.Put(ctx, key, &pattern{key: key, left: size, cut: -1}, size, objects.Meta{}); err != nil {
					t.Fatal(err)
				}
			}
			f.add(noon, archive.Content{Unit: "총학", Category: "settlement", Period: "2026-Q1", Title: "하나", Audience: archive.Public, Files: files, Publish: true})
			made := func(bucket archive.Bucket) ([]byte, archive.Bundles) {
				f.exec(`DELETE FROM archive_bundles`)
				f.exec(`DELETE FROM outbox`)
				b := archive.NewBundles(f.db, f.outbox, func() (archive.Bucket, error) { return bucket, nil }, "test")
				asked := f.ask(b, "guest", noon)
				f.deliver(b, noon, 10)
				is, err := b.Bundle(f.as("guest", noon), asked.ID)
				if err != nil || is.State != archive.Ready {
					t.Fatalf("%+v, %v", is, err)
				}
				if bucket != archive.Bucket(store) {
					link, _ := b.Link(f.as("guest", noon), is)
					return m.objects[strings.TrimPrefix(link, "signed:")], b
				}
				key, err := database.One(ctx, f.db, database.Value[string], `SELECT object FROM archive_bundles`)
				if err != nil {
					t.Fatal(err)
				}
				body, err := store.Open(ctx, key, 0, -1)
				if err != nil {
					t.Fatal(err)
				}
				defer func() { _ = body.Close() }()
				content, err := io.ReadAll(body)
				if err != nil {
					t.Fatal(err)
				}
				return content, b
			}
			want, _ := made(m)
			got, b := made(store)
			if !bytes.Equal(got, want) {
				t.Errorf("%d bytes in the storage, %d in memory, and not the same", len(got), len(want))
			}
			if n := len(unpacked(t, got)); n != 3 {
				t.Errorf("%d files", n)
			}
			later := f.as("guest", noon.Add(25*time.Hour))
			for _, c := range b.Chores() {
				if _, err := c.Run(later); err != nil {
					t.Fatal(c.Name, err)
				}
			}
			left := 0
			for o, err := range store.List(ctx, "test.bundles/") {
				if err != nil {
					t.Fatal(err)
				}
				if _, err := store.Stat(ctx, o.Key); err == nil {
					left++
				}
			}
			if left != 0 || f.count(`SELECT COUNT(*) FROM archive_leavings`) != 0 {
				t.Errorf("%d objects are left, %d rows", left, f.count(`SELECT COUNT(*) FROM archive_leavings`))
			}
		})
	}
}
