package archive

import (
	"archive/zip"
	"hash/crc32"
	"io"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/text"
)

// tail keeps what is written behind a place.
type tail struct {
	at, from int64
	kept     []byte
}

func (w *tail) Write(p []byte) (int, error) {
	if end := w.at + int64(len(p)); end > w.from {
		w.kept = append(w.kept, p[max(0, w.from-w.at):]...)
	}
	w.at += int64(len(p))
	return len(p), nil
}

func (w *tail) ReadAt(p []byte, at int64) (int, error) {
	for i := range p {
		if p[i] = 0; at+int64(i) >= w.from && at+int64(i) < w.at {
			p[i] = w.kept[at+int64(i)-w.from]
		}
	}
	if at+int64(len(p)) > w.at {
		return int(max(0, w.at-at)), io.EOF
	}
	return len(p), nil
}

// Behind 4 GiB places need 64 bits: the last of the files is found there.
func TestBeyondFourGiB(t *testing.T) {
	const size = 100 << 20
	m, crc := manifest{year: 2026}, uint32(7)
	for i := range 50 {
		m.entries = append(m.entries, entry{Name: "파일/" + strings.Repeat("가", i+1), Size: size, key: "x", crc: &crc})
	}
	last := written("끝")
	last.Name = "끝.txt"
	m.entries = append(m.entries, last)
	w := &tail{from: 50*size + 1000}
	if err := m.write(w, 50*size, func(entry, int64) (io.ReadCloser, error) {
		return io.NopCloser(zeros{}), nil
	}); err != nil {
		t.Fatal(err)
	}
	r, err := zip.NewReader(w, w.at)
	if err != nil {
		t.Fatal(err)
	}
	if len(r.File) != 51 || r.File[49].UncompressedSize64 != size {
		t.Fatalf("%d files", len(r.File))
	}
	body, err := r.File[50].Open()
	if err != nil {
		t.Fatal(err)
	}
	if b, err := io.ReadAll(body); string(b) != "끝" || err != nil {
		t.Errorf("%q %v", b, err)
	}
	if place, err := r.File[49].DataOffset(); err == nil && place < 4<<30 {
		t.Errorf("it is at %d", place)
	}
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

// A file whose bytes are not those of its sum ends the bundle.
func TestOtherBytes(t *testing.T) {
	crc := crc32.ChecksumIEEE([]byte("abc"))
	m := manifest{entries: []entry{{Name: "a", Size: 3, key: "a", crc: &crc}}}
	for content, wrong := range map[string]bool{"abc": false, "abd": true, "ab": true} {
		err := m.write(io.Discard, 0, func(entry, int64) (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(content)), nil })
		if (err != nil) != wrong {
			t.Errorf("%s: %v", content, err)
		}
	}
}

// Whatever a file is called, its name in a bundle is one part of a path on every system, in NFC and not too long, and
// two names of a folder differ in more than their case.
func FuzzSafe(f *testing.F) {
	for _, s := range []string{"결산.pdf", "../../etc", "", "...", "a/b\\c:d*e?f", "가나.hwp", "  ", "CON", strings.Repeat("가", 300) + ".pdf", "a.\u202epdf", "\xff"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		name := safe(s)
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\:*?\"<>|\x00\n") || text.Count(name) > mostSegment+8 || strings.HasSuffix(name, ".") {
			t.Errorf("%q becomes %q", s, name)
		}
		if text.NFC(name) != name {
			t.Errorf("%q is not NFC", name)
		}
		n := names{}
		if a, b := n.free("", name, ""), n.free("", name, ""); text.Fold(a) == text.Fold(b) {
			t.Errorf("%q twice", a)
		}
	})
}
