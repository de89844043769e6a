package picture_test

import (
	"bytes"
	"encoding/binary"
	"errors"
	"image"
	"image/color"
	"image/gif"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/picture"
)

// secret is what nobody may read in public.
const secret = "GPSLatitude 37.5665 by Hong Gildong"

// inGIF puts an extension before the last block of a GIF.
func inGIF(b []byte, label byte, blocks ...string) []byte {
	extension := []byte{0x21, label}
	for _, block := range blocks {
		extension = append(append(extension, byte(len(block))), block...)
	}
	return slices.Concat(b[:len(b)-1], extension, []byte{0, 0x3b})
}

// chunkInWebP puts a chunk at an offset of a WebP, or at its end (-1), and says in VP8X that all kinds of chunks are there.
func chunkInWebP(b []byte, at int, name, content string) []byte {
	if at < 0 {
		at = len(b)
	}
	chunk := append(binary.LittleEndian.AppendUint32([]byte(name), uint32(len(content))), content...)
	chunk = append(chunk, make([]byte, len(content)&1)...)
	b = slices.Insert(bytes.Clone(b), at, chunk...)
	binary.LittleEndian.PutUint32(b[4:], uint32(len(b)-8))
	b[20] |= 0x2c // ICC, EXIF, XMP
	return b
}

// noise is a film whose pictures cannot be packed.
func noise(w, h, pictures int) []byte {
	all := []*image.Paletted{}
	palette := color.Palette{}
	for i := range 256 {
		palette = append(palette, color.Gray{uint8(i)})
	}
	random := rand.New(rand.NewPCG(1, 2))
	for range pictures {
		m := image.NewPaletted(image.Rect(0, 0, w, h), palette)
		for i := range m.Pix {
			m.Pix[i] = byte(random.Uint32())
		}
		all = append(all, m)
	}
	return asGIF(all...)
}

func ordinaryFilm(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("../../../functions/uploads/testdata/ordinary", name))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func TestFilm(t *testing.T) {
	black, white := flat(40, 30, color.Black), flat(40, 30, color.White)
	small := flat(8, 8, color.White)
	two := asGIF(black, white)
	const first = 30 // where a WebP's chunks begin behind VP8X
	unreadable := new(picture.Unreadable)
	for name, c := range map[string]struct {
		content []byte
		moves   bool
		err     error
	}{
		"still gif":                {asGIF(black), false, nil},
		"still gif, comment":       {inGIF(asGIF(black), 0xfe, secret), false, nil},
		"animated gif":             {two, true, nil},
		"comment":                  {inGIF(two, 0xfe, secret), true, nil},
		"comment of blocks":        {inGIF(two, 0xfe, strings.Repeat("x", 255), secret), true, nil},
		"xmp in gif":               {inGIF(two, 0xff, "XMP DataXMP", secret), true, nil},
		"profile in gif":           {inGIF(two, 0xff, "ICCRGBG1012", secret), true, nil},
		"a text in gif":            {inGIF(two, 0x01, strings.Repeat("\x00", 12), secret), true, nil},
		"behind the repeats":       {inGIF(two, 0xff, "NETSCAPE2.0", "\x01\x05\x00", secret), true, nil},
		"in the repeats":           {inGIF(two, 0xff, "NETSCAPE2.0", "\x01\x05\x00"+secret), true, nil},
		"smaller later pictures":   {asGIF(black, small), true, nil},
		"ImageMagick's":            {ordinaryFilm(t, "imagemagick-animated.gif"), true, nil},
		"too wide":                 {asGIF(flat(1601, 1, color.Black), flat(1601, 1, color.White)), false, picture.ErrStill},
		"too high":                 {asGIF(flat(1, 1601, color.Black), flat(1, 1601, color.White)), false, picture.ErrStill},
		"as large as may be":       {asGIF(flat(1600, 1600, color.Black), flat(1, 1, color.White)), true, nil},
		"too many bytes":           {noise(1600, 1600, 3), false, picture.ErrStill},
		"many bytes, one picture":  {inGIF(noise(1600, 1600, 1), 0xfe, secret), false, nil},
		"a wide still":             {asGIF(flat(1601, 1, color.Black)), false, nil},
		"outside of the canvas":    {outside(two), false, picture.ErrStill},
		"cut gif":                  {two[:len(two)-5], false, unreadable},
		"a gif's block":            {append(two[:len(two)-1:len(two)-1], 0x99), false, unreadable},
		"still webp":               {webp(lossyWhite), false, nil},
		"still webp with alpha":    {webp(alphaRed), false, nil},
		"animated webp":            {webp(animated), true, nil},
		"animated webp, alpha":     {webp(animatedAlpha), true, nil},
		"libwebp's":                {ordinaryFilm(t, "libwebp-animated.webp"), true, nil},
		"exif":                     {chunkInWebP(webp(animated), -1, "EXIF", secret), true, nil},
		"xmp":                      {chunkInWebP(webp(animated), -1, "XMP ", secret), true, nil},
		"profile":                  {chunkInWebP(webp(animated), first, "ICCP", secret), true, nil},
		"an unknown chunk":         {chunkInWebP(webp(animated), first, "abcd", secret), true, nil},
		"within a picture":         {withinFrame(webp(animated)), true, nil},
		"turned":                   {chunkInWebP(webp(animated), -1, "EXIF", string(exif(binary.LittleEndian, 6))), false, picture.ErrStill},
		"not turned":               {chunkInWebP(webp(animated), -1, "EXIF", string(exif(binary.LittleEndian, 1))), true, nil},
		"a webp of one, that long": {chunkInWebP(webp(animated), -1, "ANMF", strings.Repeat("x", picture.FilmBytes+1)), false, picture.ErrStill},
		"cut webp":                 {webp(animated)[:150], false, unreadable},
		"a photograph":             {asJPEG(quadrants(40, 30)), false, nil},
		"nothing":                  {nil, false, unreadable},
	} {
		t.Run(name, func(t *testing.T) {
			film, err := picture.Film(bytes.NewReader(c.content))
			damaged := errors.As(err, new(*picture.Unreadable))
			switch {
			case damaged != errors.Is(c.err, unreadable), !damaged && !errors.Is(err, c.err):
				t.Errorf("%v", err)
			case (film != nil) != c.moves || len(film) > picture.FilmBytes:
				t.Errorf("%d bytes", len(film))
			case !c.moves:
				return
			}
			for _, part := range []string{"GPS", "Gildong", "XMP", "EXIF", "ICC", "abcd", "37.5665"} {
				if bytes.Contains(film, []byte(part)) {
					t.Errorf("%q is in what is public", part)
				}
			}
			samePictures(t, c.content, film)
			if again, err := picture.Film(bytes.NewReader(film)); err != nil || !bytes.Equal(again, film) {
				t.Errorf("again: %d bytes instead of %d, %v", len(again), len(film), err)
			}
		})
	}
}

// outside moves the first picture of a GIF to the right.
func outside(b []byte) []byte {
	b = bytes.Clone(b)
	b[bytes.Index(b, []byte{0x2c, 0, 0, 0, 0, 40, 0, 30, 0})+1] = 1
	return b
}

// withinFrame puts a chunk behind the samples of the last picture of a WebP.
func withinFrame(b []byte) []byte {
	at := bytes.LastIndex(b, []byte("ANMF")) + 4
	length := binary.LittleEndian.Uint32(b[at:])
	b = chunkInWebP(b, -1, "abcd", secret)
	binary.LittleEndian.PutUint32(b[at:], length+8+uint32(len(secret)+len(secret)&1))
	return b
}

// samePictures compares what two films show: those of GIF by image/gif, those of WebP by their chunks.
func samePictures(t *testing.T, want, got []byte) {
	t.Helper()
	if !bytes.HasPrefix(got, []byte("GIF89a")) {
		sameWebP(t, want, got)
		return
	}
	a, err := gif.DecodeAll(bytes.NewReader(want))
	if err != nil {
		t.Fatal(err)
	}
	b, err := gif.DecodeAll(bytes.NewReader(got))
	if err != nil {
		t.Fatal(err)
	}
	if len(a.Image) != len(b.Image) || !slices.Equal(a.Delay, b.Delay) || !slices.Equal(a.Disposal, b.Disposal) || a.LoopCount != b.LoopCount {
		t.Errorf("%d pictures for %v, %d times, instead of %d for %v, %d times", len(b.Image), b.Delay, b.LoopCount, len(a.Image), a.Delay, a.LoopCount)
	}
	for i := range min(len(a.Image), len(b.Image)) {
		if a.Image[i].Rect != b.Image[i].Rect || !bytes.Equal(a.Image[i].Pix, b.Image[i].Pix) || !slices.Equal(a.Image[i].Palette, b.Image[i].Palette) {
			t.Errorf("picture %d is another", i)
		}
	}
}

func sameWebP(t *testing.T, want, got []byte) {
	t.Helper()
	if int(binary.LittleEndian.Uint32(got[4:])) != len(got)-8 || got[20]&^0x12 != 0 {
		t.Errorf("%d bytes with the header % x", len(got), got[:30])
	}
	for _, name := range []string{"ANIM", "ANMF", "VP8 ", "VP8L", "ALPH"} {
		if a, b := bytes.Count(want, []byte(name)), bytes.Count(got, []byte(name)); a != b {
			t.Errorf("%d of %q instead of %d", b, name, a)
		}
	}
	if a, b := variants(t, want, 8)[0], variants(t, got, 8)[0]; !bytes.Equal(a.Data, b.Data) {
		t.Error("the first picture is another")
	}
}

// A reader that breaks is no film that is damaged.
func TestFilmOfBrokenReader(t *testing.T) {
	_, err := picture.Film(&tearing{bytes.NewReader(webp(animated)), 60})
	if !errors.Is(err, errTorn) || errors.As(err, new(*picture.Unreadable)) {
		t.Errorf("%v", err)
	}
}

var errTorn = errors.New("torn")

type tearing struct {
	*bytes.Reader
	left int
}

func (r *tearing) Read(p []byte) (int, error) {
	if r.left == 0 {
		return 0, errTorn
	}
	n, err := r.Reader.Read(p[:min(len(p), r.left)])
	r.left -= n
	return n, err
}

func FuzzFilm(f *testing.F) {
	for _, b := range [][]byte{asGIF(flat(4, 3, color.Black), flat(4, 3, color.White)), webp(lossyWhite), webp(animated), webp(animatedAlpha), chunkInWebP(webp(animated), -1, "EXIF", secret)} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		film, err := picture.Film(bytes.NewReader(b))
		switch {
		case err != nil && !errors.Is(err, picture.ErrStill) && !errors.As(err, new(*picture.Unreadable)):
			t.Fatal(err)
		case film == nil:
			return
		}
		if again, err := picture.Film(bytes.NewReader(film)); err != nil || !bytes.Equal(again, film) {
			t.Fatalf("a film of %d bytes, then %d: %v", len(film), len(again), err)
		}
	})
}
