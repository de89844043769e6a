package picture_test

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"image/color"
	"io"
	"slices"
	"testing"
	"testing/iotest"

	"github.com/madang-council/madang/shared/media/picture"
)

func nothing(context.Context, picture.Variant) error { return nil }

// floods are small files that announce huge pictures.
func floods() map[string][]byte {
	jpeg := asJPEG(quadrants(16, 16))
	frame := bytes.Index(jpeg, []byte{0xff, 0xc0})
	huge := func(marker byte, h, w uint16, sampling byte) []byte {
		b := bytes.Clone(jpeg)
		b[frame+1] = marker
		binary.BigEndian.PutUint16(b[frame+5:], h)
		binary.BigEndian.PutUint16(b[frame+7:], w)
		b[frame+11] = sampling
		return b
	}
	png := asPNG(quadrants(16, 16))
	wide := bytes.Clone(png)
	binary.BigEndian.PutUint32(wide[16:], 40_001)
	binary.BigEndian.PutUint32(wide[20:], 1_000)
	fixCheck(wide)
	gif := bytes.Clone(asGIF(flat(1, 1, color.Black)))
	copy(gif[6:], "\xff\xff\xff\xff")
	frameOf := []byte("VP8 \x0a\x00\x00\x00\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f")
	return map[string][]byte{
		"65535 squared.jpg":                huge(0xc0, 65535, 65535, 0x22),
		"41 megapixels.jpg":                huge(0xc0, 6400, 6410, 0x22),
		"progressive with full chroma.jpg": huge(0xc2, 6000, 6000, 0x11),
		"40 001 by 1000.png":               wide,
		"65535 squared.gif":                gif,
		"picture of 16383 squared.webp":    slices.Concat([]byte("RIFF\x2e\x00\x00\x00WEBP"), frameOf, make([]byte, 32)),
	}
}

func fixCheck(png []byte) {
	binary.BigEndian.PutUint32(png[29:], checksum(png[12:29]))
}

func TestPixelFloods(t *testing.T) {
	for name, b := range floods() {
		if _, err := picture.Inspect(bytes.NewReader(b)); !errors.Is(err, picture.ErrTooManyPixels) {
			t.Errorf("%s, inspect: %v", name, err)
		}
		if err := picture.NewDecoder(0).Variants(t.Context(), bytes.NewReader(b), []int{320}, nothing); !errors.Is(err, picture.ErrTooManyPixels) {
			t.Errorf("%s, variants: %v", name, err)
		}
	}
	// A small canvas does not hide a large picture.
	small := []byte("RIFF\x40\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00\x0f\x00\x00\x0f\x00\x00" +
		"VP8 \x0a\x00\x00\x00\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f")
	var unreadable *picture.Unreadable
	if _, err := picture.Inspect(bytes.NewReader(append(small, make([]byte, 40)...))); !errors.As(err, &unreadable) {
		t.Errorf("small canvas: %v", err)
	}
}

func TestUnreadable(t *testing.T) {
	cases := map[string][]byte{
		"empty": {}, "text": []byte("this is not a picture at all"), "svg": []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"),
		"header only.jpg": []byte("\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"),
		"header only.png": []byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x00\x00\x00\x00\x00"),
		"no size.gif":     []byte("GIF89a\x00\x00\x00\x00\x00\x00\x00;;;;;"),
		"no chunks.webp":  []byte("RIFF\x04\x00\x00\x00WEBP    "),
		"PDF":             []byte("%PDF-1.7\n1 0 obj\n<<>>\nendobj"),
	}
	most := bytes.Clone(asPNG(quadrants(16, 16)))
	binary.BigEndian.PutUint32(most[16:], 1<<31-1)
	binary.BigEndian.PutUint32(most[20:], 1<<31-1)
	fixCheck(most)
	cases["2 147 483 647 squared.png"] = most
	cases["canvas of 16 777 216 squared.webp"] = slices.Concat([]byte("RIFF\x36\x00\x00\x00WEBPVP8X\x0a\x00\x00\x00\x00\x00\x00\x00"),
		bytes.Repeat([]byte{255}, 6), []byte("VP8 \x0a\x00\x00\x00\x10\x00\x00\x9d\x01\x2a\xff\x3f\xff\x3f"), make([]byte, 32))
	for name, b := range map[string][]byte{
		"jpg": asJPEG(quadrants(300, 200)), "png": asPNG(quadrants(300, 200)), "gif": asGIF(flat(300, 200, color.Black)),
		"webp": webp(lossyWhite), "lossless webp": webp(losslessRed), "film webp": webp(animated),
	} {
		cases["a quarter of "+name] = b[:len(b)/4]
		cases["half of "+name] = b[:len(b)/2]
	}
	broken := bytes.Clone(asPNG(quadrants(300, 200)))
	broken[60] ^= 0xff
	cases["a wrong byte.png"] = broken
	for name, b := range cases {
		err := picture.NewDecoder(0).Variants(t.Context(), bytes.NewReader(b), []int{320}, nothing)
		var unreadable *picture.Unreadable
		if !errors.As(err, &unreadable) || errors.Is(err, picture.ErrTooManyPixels) || errors.Unwrap(unreadable) == nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// brokenAfter is storage that fails once n bytes are read.
type brokenAfter struct {
	io.ReadSeeker
	n   int
	err error
}

func (b *brokenAfter) Read(p []byte) (int, error) {
	if b.n <= 0 {
		return 0, b.err
	}
	n, err := b.ReadSeeker.Read(p[:min(len(p), b.n)])
	b.n -= n
	return n, err
}

func TestBrokenStorageIsNoBrokenPicture(t *testing.T) {
	broken := errors.New("broken on purpose")
	b := asJPEG(quadrants(2000, 1000))
	var unreadable *picture.Unreadable
	for _, n := range []int{0, 10, 5000, len(b), len(b) + 2000} {
		err := picture.NewDecoder(0).Variants(t.Context(), &brokenAfter{bytes.NewReader(b), n, broken}, []int{320}, nothing)
		if !errors.Is(err, broken) || errors.As(err, &unreadable) {
			t.Errorf("after %d bytes: %v", n, err)
		}
	}
	if _, err := picture.Inspect(iotest.ErrReader(broken)); !errors.Is(err, broken) || errors.As(err, &unreadable) {
		t.Error(err)
	}
}

func TestPutAndContextEndTheWork(t *testing.T) {
	full, b := errors.New("full"), asPNG(quadrants(100, 100))
	calls := 0
	err := picture.NewDecoder(0).Variants(t.Context(), bytes.NewReader(b), []int{10, 20, 30}, func(context.Context, picture.Variant) error {
		calls++
		return full
	})
	if !errors.Is(err, full) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
	ctx, cancel := context.WithCancel(t.Context())
	calls = 0
	err = picture.NewDecoder(0).Variants(ctx, bytes.NewReader(b), []int{10, 20, 30}, func(context.Context, picture.Variant) error {
		calls++
		cancel()
		return nil
	})
	if !errors.Is(err, context.Canceled) || calls != 1 {
		t.Errorf("%v after %d calls", err, calls)
	}
}

func FuzzVariants(f *testing.F) {
	for _, b := range [][]byte{
		asJPEG(quadrants(40, 30)), asPNG(quadrants(40, 30)), asGIF(flat(40, 30, color.Black)), webp(lossyWhite), webp(losslessRed),
		webp(alphaRed), webp(animated), webp(animatedAlpha), withSegment(asJPEG(quadrants(40, 30)), 0xe1, "Exif\x00\x00"+string(exif(binary.BigEndian, 6))),
		withChunk(asPNG(quadrants(8, 8)), "eXIf", exif(binary.LittleEndian, 5)),
	} {
		f.Add(b)
	}
	for _, b := range floods() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := picture.Inspect(bytes.NewReader(b))
		if err == nil && info.Width*info.Height > 1_000_000 {
			t.Skip("large pictures only make this slow")
		}
		count := 0
		made := picture.NewDecoder(0).Variants(t.Context(), bytes.NewReader(b), []int{32, 8}, func(_ context.Context, v picture.Variant) error {
			count++
			if v.Width < 1 || v.Height < 1 || v.Width > 32 || len(v.Data) == 0 {
				t.Fatalf("%d by %d, %d bytes", v.Width, v.Height, len(v.Data))
			}
			return nil
		})
		var unreadable *picture.Unreadable
		for _, err := range []error{err, made} {
			if err != nil && !errors.As(err, &unreadable) && !errors.Is(err, picture.ErrTooManyPixels) {
				t.Fatal(err)
			}
		}
		if err != nil && made == nil || made == nil && count == 0 {
			t.Fatalf("%d variants of what inspection calls %v", count, err)
		}
	})
}

// What a header says is asked before anything is decoded: its measures are those of a picture that is taken, or it is refused.
func FuzzInspect(f *testing.F) {
	for _, b := range [][]byte{asJPEG(quadrants(8, 8)), asPNG(quadrants(8, 8)), asGIF(flat(8, 8, color.Black)), webp(lossyWhite), webp(losslessRed), webp(animatedAlpha)} {
		f.Add(b)
	}
	for _, b := range floods() {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		info, err := picture.Inspect(bytes.NewReader(b))
		var unreadable *picture.Unreadable
		switch {
		case err == nil && (info.Width < 1 || info.Height < 1 || info.Width*info.Height > 40_000_000 || info.Decoded < int64(info.Width)*int64(info.Height)):
			t.Fatalf("%+v", info)
		case err != nil && !errors.As(err, &unreadable) && !errors.Is(err, picture.ErrTooManyPixels):
			t.Fatal(err)
		}
	})
}
