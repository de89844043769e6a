package picture_test

import (
	"bytes"
	"compress/zlib"
	"context"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"io"
	"maps"
	"os"
	"os/exec"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/madang-council/madang/shared/media/picture"
)

// blankPNG is a PNG of zeros, of some kilobytes whatever its size.
func blankPNG(w, h int, depth, colour, interlace byte) []byte {
	channels := map[byte]int{0: 1, 2: 3, 3: 1, 4: 2, 6: 4}[colour]
	rows := func(w, h int) int64 {
		if w == 0 || h == 0 {
			return 0
		}
		return int64(h) * int64(1+(w*channels*int(depth)+7)/8)
	}
	n := rows(w, h)
	if interlace != 0 {
		n = 0
		for _, p := range [][4]int{{0, 0, 8, 8}, {4, 0, 8, 8}, {0, 4, 4, 8}, {2, 0, 4, 4}, {0, 2, 2, 4}, {1, 0, 2, 2}, {0, 1, 1, 2}} {
			n += rows((w-p[0]+p[2]-1)/p[2], (h-p[1]+p[3]-1)/p[3])
		}
	}
	out := []byte("\x89PNG\r\n\x1a\n")
	chunk := func(name string, data []byte) {
		out = binary.BigEndian.AppendUint32(out, uint32(len(data)))
		body := append([]byte(name), data...)
		out = binary.BigEndian.AppendUint32(append(out, body...), crc32.ChecksumIEEE(body))
	}
	header := binary.BigEndian.AppendUint32(binary.BigEndian.AppendUint32(nil, uint32(w)), uint32(h))
	chunk("IHDR", append(header, depth, colour, 0, 0, interlace))
	switch colour {
	case 0:
		chunk("tRNS", []byte{0, 0}) // a shade that is transparent
	case 3:
		chunk("PLTE", []byte{1, 2, 3})
	}
	var packed bytes.Buffer
	z, _ := zlib.NewWriterLevel(&packed, zlib.BestSpeed)
	_, _ = io.CopyN(z, zeros{}, n)
	_ = z.Close()
	chunk("IDAT", packed.Bytes())
	chunk("IEND", nil)
	return out
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) {
	clear(p)
	return len(p), nil
}

// blankWebP is a lossless WebP of one colour, which takes no bits for a pixel.
func blankWebP(w, h int) []byte {
	b, err := base64.StdEncoding.DecodeString(losslessRed)
	if err != nil {
		panic(err)
	}
	at := bytes.Index(b, []byte("VP8L")) + 9
	binary.LittleEndian.PutUint32(b[at:], binary.LittleEndian.Uint32(b[at:])&^(1<<28-1)|uint32(w-1)|uint32(h-1)<<14)
	return b
}

func blankJPEG(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func blankGIF(w, h int) []byte {
	var b bytes.Buffer
	if err := gif.Encode(&b, image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{color.Black, color.White}), nil); err != nil {
		panic(err)
	}
	at := bytes.IndexByte(b.Bytes(), 0x2c)
	b.Bytes()[at+9] |= 0x40 // interlaced
	return b.Bytes()
}

// costly are pictures of 6 megapixels by what they are made of.
func costly() map[string]func() []byte {
	const w, h = 2450, 2450
	files := map[string]func() []byte{
		"baseline 4:2:0.jpg": func() []byte { return blankJPEG(image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)) },
		"grey.jpg":           func() []byte { return blankJPEG(image.NewGray(image.Rect(0, 0, w, h))) },
		"interlaced.gif":     func() []byte { return blankGIF(w, h) },
		"lossless.webp":      func() []byte { return blankWebP(w, h) },
	}
	for name, kind := range map[string][2]byte{
		"1 bit grey": {1, 0}, "16 bit grey": {16, 0}, "RGB": {8, 2}, "palette": {8, 3}, "16 bit RGBA": {16, 6},
	} {
		files[name+".png"] = func() []byte { return blankPNG(w, h, kind[0], kind[1], 0) }
		files[name+", interlaced.png"] = func() []byte { return blankPNG(w, h, kind[0], kind[1], 1) }
	}
	return files
}

// slack is what a process takes beside the pictures: the runtime, the decoders' buffers, what is not yet collected of
// them, and the largest variant with its encoder, in bytes.
const slack = 20 << 20

// Whatever a picture is made of, decoding it takes no more than was said from its header.
func TestMemory(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(costly())) {
		content := costly()[name]()
		info, err := picture.Inspect(bytes.NewReader(content))
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		got := peak(t, content, 1, 0)
		t.Logf("%s: %d of %d MiB", name, got>>20, info.Decoded>>20)
		if got > info.Decoded+slack {
			t.Errorf("%s of %d bytes took %d MiB, and its header was taken to say %d", name, len(content), got>>20, info.Decoded>>20)
		}
	}
}

// However many pictures come at once, together they take no more than the budget; a small file is not a small picture.
func TestMemoryTogether(t *testing.T) {
	const budget = 160 << 20
	if got := peak(t, blankPNG(2000, 2000, 16, 6, 1), 8, budget); got > budget+slack { // 61 MiB each
		t.Errorf("eight took %d MiB", got>>20)
	}
}

// The picture that took most for the least: 38 megapixels of 16 bits, interlaced.
func TestCostlyPicturesAreRefused(t *testing.T) {
	for name, content := range map[string][]byte{
		"16 bit RGBA, interlaced": blankPNG(6200, 6200, 16, 6, 1), "16 bit RGB, interlaced": blankPNG(6200, 6200, 16, 2, 1),
	} {
		if _, err := picture.Inspect(bytes.NewReader(content)); !errors.Is(err, picture.ErrTooManyPixels) {
			t.Errorf("%s in %d bytes: %v", name, len(content), err)
		}
	}
}

// Who waits for room and gives up is not decoded.
func TestWaitingEnds(t *testing.T) {
	d := picture.NewDecoder(1 << 20)
	content := blankPNG(1000, 1000, 8, 6, 0)
	ctx, cancel := context.WithCancel(t.Context())
	err := d.Variants(t.Context(), bytes.NewReader(content), []int{320}, func(context.Context, picture.Variant) error {
		cancel()
		return d.Variants(ctx, bytes.NewReader(content), []int{320}, nothing) // there is no room while this one is at work
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if err := d.Variants(t.Context(), bytes.NewReader(content), []int{320}, nothing); err != nil {
		t.Errorf("the room was not given back: %v", err)
	}
}

// peak is the most memory, in bytes, that a process of its own takes to make the variants of times copies of a picture
// at once, beside what it took before; 0 is the usual budget.
func peak(t *testing.T, content []byte, times int, budget int64) int64 {
	t.Helper()
	file := t.TempDir() + "/picture"
	if err := os.WriteFile(file, content, 0o600); err != nil {
		t.Fatal(err)
	}
	command := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestPeakOf$", "-test.count=1")
	command.Env = append(os.Environ(), "PICTURE_FILE="+file, "PICTURE_TIMES="+strconv.Itoa(times), "PICTURE_BUDGET="+strconv.FormatInt(budget, 10), "GOGC=100", "GOMEMLIMIT=off")
	out, err := command.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	_, rest, found := strings.Cut(string(out), "peak: ")
	line, _, _ := strings.Cut(rest, "\n")
	n, err := strconv.ParseInt(line, 10, 64)
	if !found || err != nil {
		t.Fatalf("%s", out)
	}
	return n
}

// TestPeakOf is that process.
func TestPeakOf(t *testing.T) {
	name := os.Getenv("PICTURE_FILE")
	if name == "" {
		t.Skip("runs for TestMemory and TestMemoryTogether only")
	}
	content, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	times, _ := strconv.Atoi(os.Getenv("PICTURE_TIMES"))
	budget, _ := strconv.ParseInt(os.Getenv("PICTURE_BUDGET"), 10, 64)
	d := picture.NewDecoder(budget)
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		t.Fatal(err)
	}
	before := resident(t, "VmRSS:")
	var all sync.WaitGroup
	for range times {
		all.Go(func() {
			if err := d.Variants(t.Context(), bytes.NewReader(content), []int{320, 960}, nothing); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	fmt.Printf("peak: %d\n", resident(t, "VmHWM:")-before)
}

// resident is a line of /proc/self/status, in bytes.
func resident(t *testing.T, name string) int64 {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(status)) {
		if rest, ok := strings.CutPrefix(line, name); ok {
			var kib int64
			if _, err := fmt.Sscan(rest, &kib); err != nil {
				t.Fatal(err)
			}
			return kib << 10
		}
	}
	t.Fatalf("no %s", name)
	return 0
}
