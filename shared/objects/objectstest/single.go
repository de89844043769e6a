package objectstest

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"mime"
	"slices"
	"strings"
	"testing/iotest"
	"time"

	"github.com/madang-council/madang/shared/objects"
)

func roundTrip(s *suite) {
	for _, size := range []int{0, 1, 4096, 1 << 20} {
		key, content := s.key(fmt.Sprint(size)), noise(size, 1)
		meta := objects.Meta{ContentType: "image/png", Disposition: objects.Attachment("사진.png"), CacheControl: "private, max-age=60"}
		s.absent(key)
		s.must(s.store.Put(s.Context(), key, strings.NewReader(string(content)), int64(size), meta))
		s.reads(key, content)
		info, err := s.store.Stat(s.Context(), key)
		s.must(err)
		sum := md5.Sum(content)
		if info.Size != int64(size) || info.ETag != hex.EncodeToString(sum[:]) || info.Modified.IsZero() {
			s.Errorf("size %d: stat %+v", size, info)
		}
		if info.ContentType != meta.ContentType || info.Disposition != meta.Disposition || info.CacheControl != meta.CacheControl {
			s.Errorf("size %d: %+v was stored, %+v came back", size, meta, info)
		}
		s.put(key, "another")
		s.reads(key, []byte("another"))
	}
}

func ranges(s *suite) {
	key, content := s.key("range"), noise(1000, 2)
	s.must(s.store.Put(s.Context(), key, strings.NewReader(string(content)), 1000, objects.Meta{}))
	for _, c := range []struct{ offset, length, want int64 }{
		{0, -1, 1000}, {0, 1000, 1000}, {0, 5000, 1000}, {0, 1, 1}, {999, -1, 1}, {999, 1, 1}, {500, 100, 100},
		{990, 100, 10}, {0, 0, 0}, {500, 0, 0},
	} {
		r, err := s.store.Open(s.Context(), key, c.offset, c.length)
		s.must(err)
		got, err := io.ReadAll(r)
		s.must(err)
		s.must(r.Close())
		if string(got) != string(content[c.offset:c.offset+c.want]) {
			s.Errorf("offset %d, length %d: %d bytes", c.offset, c.length, len(got))
		}
	}
	for _, offset := range []int64{1000, 5000, -1} {
		if r, err := s.store.Open(s.Context(), key, offset, -1); err == nil {
			r.Close()
			s.Errorf("offset %d was read", offset)
		} else if errors.Is(err, objects.ErrNotFound) || errors.Is(err, objects.ErrUnavailable) {
			s.Errorf("offset %d: %v", offset, err)
		}
	}
	_, err := s.store.Open(s.Context(), s.key("none"), 0, 0)
	s.is(err, objects.ErrNotFound)
}

func brokenReaders(s *suite) {
	broken := errors.New("broken on purpose")
	for name, c := range map[string]struct {
		r    io.Reader
		want error
	}{
		"short":       {io.MultiReader(strings.NewReader("abc")), io.ErrUnexpectedEOF},
		"short, seek": {strings.NewReader("abc"), io.ErrUnexpectedEOF},
		"failing":     {io.MultiReader(strings.NewReader("abc"), iotest.ErrReader(broken)), broken},
	} {
		err := s.store.Put(s.Context(), s.key(name), c.r, 100_000, objects.Meta{})
		s.is(err, c.want)
		if errors.Is(err, objects.ErrUnavailable) {
			s.Errorf("%s: blamed on storage: %v", name, err)
		}
		s.absent(s.key(name))
	}
	// Only size bytes are read, from where the reader stands.
	long := strings.NewReader("skip taken left")
	_, err := long.Seek(5, io.SeekStart)
	s.must(err)
	s.must(s.store.Put(s.Context(), s.key("long"), long, 5, objects.Meta{}))
	s.reads(s.key("long"), []byte("taken"))
}

func deleting(s *suite) {
	var keys []string
	for i := range 5 {
		keys = append(keys, s.key(fmt.Sprintf("한글 %d+&.txt", i)))
		s.put(keys[i], "x")
	}
	s.must(s.store.Delete(s.Context()))
	s.must(s.store.Delete(s.Context(), keys[0]))
	s.absent(keys[0])
	s.must(s.store.Delete(s.Context(), keys[0]))
	s.must(s.store.Delete(s.Context(), append(keys, s.key("never"))...))
	for _, key := range keys {
		s.absent(key)
	}
}

func copying(s *suite) {
	from, to := s.key("원본 +%.txt"), s.key("사본.txt")
	s.put(from, "내용")
	meta := objects.Meta{ContentType: "application/pdf", Disposition: objects.Inline("사본.pdf"), CacheControl: "no-store"}
	s.must(s.store.Copy(s.Context(), from, to, meta))
	s.reads(to, []byte("내용"))
	info, err := s.store.Stat(s.Context(), to)
	s.must(err)
	if info.ContentType != meta.ContentType || info.Disposition != meta.Disposition || info.CacheControl != meta.CacheControl {
		s.Errorf("%+v was asked for, %+v came back", meta, info)
	}
	s.must(s.store.Delete(s.Context(), from))
	s.reads(to, []byte("내용"))
	s.is(s.store.Copy(s.Context(), from, to, meta), objects.ErrNotFound)
	s.reads(to, []byte("내용"))
}

func koreanListing(s *suite) {
	names := []string{"나/1", "가/1", "가/2", "가나/1", "a b+c", "가/3&<>\"'"}
	for _, name := range names {
		s.put(s.key(name), name)
	}
	for prefix, want := range map[string][]string{
		"":   {"a b+c", "가/1", "가/2", "가/3&<>\"'", "가나/1", "나/1"},
		"가":  {"가/1", "가/2", "가/3&<>\"'", "가나/1"},
		"가/": {"가/1", "가/2", "가/3&<>\"'"},
		"다":  nil,
	} {
		var got []string
		for end := time.Now().Add(10 * time.Second); time.Now().Before(end) && !slices.Equal(got, want); {
			got = nil
			for o, err := range s.store.List(s.Context(), s.key(prefix)) {
				s.must(err)
				got = append(got, strings.TrimPrefix(o.Key, s.prefix))
				if o.Size != int64(len(got[len(got)-1])) || o.Modified.IsZero() {
					s.Errorf("%+v", o)
				}
			}
			if len(want) == 0 {
				break
			}
		}
		if !slices.Equal(got, want) {
			s.Errorf("prefix %q: %q, want %q", prefix, got, want)
		}
	}
	for range s.store.List(s.Context(), s.prefix) {
		break // a caller that has seen enough must not hang or leak
	}
}

func dispositions(s *suite) {
	for _, name := range []string{
		"2026 가을 축제 회계.pdf", "따옴표\"와 역\\슬래시.txt", "100% (최종)*.hwp", "émoji 🎉.png", "plain.txt", "a;b=c.txt",
	} {
		key := s.key("d")
		s.must(s.store.Put(s.Context(), key, strings.NewReader("x"), 1, objects.Meta{Disposition: objects.Attachment(name)}))
		info, err := s.store.Stat(s.Context(), key)
		s.must(err)
		kind, params, err := mime.ParseMediaType(info.Disposition)
		want := name
		if i := strings.LastIndex(name, `\`); i >= 0 {
			want = name[i+1:]
		}
		if err != nil || kind != "attachment" || params["filename"] != want {
			s.Errorf("%q came back as %q (%v)", name, info.Disposition, err)
		}
	}
}

func refusedKeys(s *suite) {
	for _, key := range []string{"", "/a", "a/", "a//b", "a/../b", "./a", "a\x00b", "a\xff", strings.Repeat("a", 1025)} {
		if err := s.store.Put(s.Context(), key, strings.NewReader("x"), 1, objects.Meta{}); err == nil {
			s.Errorf("key %q was stored", key)
		}
		if _, err := s.store.SignGet(s.Context(), key, time.Minute, ""); err == nil {
			s.Errorf("key %q was signed", key)
		}
		if err := s.store.Delete(s.Context(), key); err == nil {
			s.Errorf("key %q was deleted", key)
		}
	}
}

func goneCaller(s *suite) {
	ctx, cancel := context.WithCancel(s.Context())
	cancel()
	_, err := s.store.Stat(ctx, s.key("x"))
	s.is(err, context.Canceled)
	if errors.Is(err, objects.ErrUnavailable) {
		s.Errorf("a caller that has gone away is blamed on storage: %v", err)
	}
}

func unknownSize(s *suite) {
	const part = int(objects.PartSize)
	for _, size := range []int{0, 1, 256<<10 - 1, 256 << 10, 256<<10 + 1, part - 1, part, part + 1, 2 * part, 2*part + part/2} {
		key, content := s.key(fmt.Sprint(size)), noise(size, 3)
		meta := objects.Meta{ContentType: "application/zip", Disposition: objects.Attachment("자료.zip")}
		got, err := s.store.PutUnknown(s.Context(), key, iotest.DataErrReader(bytes.NewReader(content)), meta)
		s.must(err)
		info, err := s.store.Stat(s.Context(), key)
		s.must(err)
		if got != int64(size) || info.Size != int64(size) || info.ContentType != meta.ContentType || info.Disposition != meta.Disposition {
			s.Errorf("size %d: returned %d, stat %+v", size, got, info)
		}
		s.reads(key, content)
	}
	if left := s.unfinished(); len(left) > 0 {
		s.Errorf("uploads left: %+v", left)
	}
}

func unknownSizeFailing(s *suite) {
	// The latter two are how net/http and mime/multipart tell a body that was cut off.
	for i, broken := range []error{errors.New("broken on purpose"), io.ErrUnexpectedEOF, fmt.Errorf("cut off: %w", io.EOF)} {
		for _, size := range []int{0, 100, 256 << 10, int(objects.PartSize), int(objects.PartSize) + 100, 2*int(objects.PartSize) + 1} {
			key := s.key(fmt.Sprint(i, size))
			r := io.MultiReader(bytes.NewReader(noise(size, 4)), iotest.ErrReader(broken))
			_, err := s.store.PutUnknown(s.Context(), key, r, objects.Meta{})
			s.is(err, broken)
			s.absent(key)
		}
	}
	if left := s.unfinished(); len(left) > 0 {
		s.Errorf("uploads left: %+v", left)
	}
}
