package picture_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/picture"
)

// WebP files of 16 by 16 pixels, as libwebp writes them; there is no encoder among the dependencies.
const (
	lossyWhite    = "UklGRioAAABXRUJQVlA4IB4AAACQAQCdASoQABAAAMASJaQAAzoO0gAA/v/+JwoMAAA="
	losslessRed   = "UklGRh4AAABXRUJQVlA4TBEAAAAvD8ADAAdQjyLXo/+BiOh/AAA="
	alphaRed      = "UklGRnAAAABXRUJQVlA4WAoAAAAQAAAADwAADwAAQUxQSBIAAAABDzD/ERFCLJjkL707g4j+RyZWUDggOAAAALABAJ0BKhAAEAAAwBIloAADXxQWlwAA/vyllB//9NI//ppH/9NI+Yt//+6BP/+6BP/+6BP/c2gA"
	animated      = "UklGRtQAAABXRUJQVlA4WAoAAAACAAAADwAADwAAQU5JTQYAAAD/////AABBTk1GUAAAAAAAAAAAAA8AAA8AAGQAAAJWUDggOAAAALABAJ0BKhAAEAAAwBIloAADXxQWlwAA/vyllB//9NI//ppH/9NI+Yt//+6BP/+6BP/+6BP/c2gAQU5NRlAAAAAAAAAAAAAPAAAPAABkAAAAVlA4IDgAAACUAQCdASoQABAAAAASJaAAA18Q5CAA/v/CV/Qv//+tHP//V0X//V0X/rRz//5Sv/r9/1+6nAAAAA=="
	animatedAlpha = "UklGRtQAAABXRUJQVlA4WAoAAAACAAAADwAADwAAQU5JTQYAAAD/////AABBTk1GUAAAAAQAAAAAAAcAAA8AAGQAAAJWUDggOAAAALABAJ0BKggAEAAAwBIloAADXxQWlwAA/vyllB//9NI//ppH/9NI+Yt//+6BP/+6BP/+6BP/c2gAQU5NRlAAAAAAAAAAAAAPAAAPAABkAAAAVlA4IDgAAACUAQCdASoQABAAAAASJaAAA18Q5CAA/v/CV/Qv//+tHP//V0X//V0X/rRz//5Sv/r9/1+6nAAAAA=="
)

func webp(encoded string) []byte {
	b, err := base64.StdEncoding.DecodeString(encoded)
	if err != nil {
		panic(err)
	}
	return b
}

// quadrants is red, green, blue and yellow, from the top left row by row.
func quadrants(w, h int) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.SetNRGBA(x, y, corner(2*x/w+2*(2*y/h)))
		}
	}
	return m
}

func corner(i int) color.NRGBA {
	return [4]color.NRGBA{{220, 20, 20, 255}, {20, 180, 20, 255}, {20, 20, 220, 255}, {220, 220, 20, 255}}[i]
}

func asJPEG(m image.Image) []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 95}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func asPNG(m image.Image) []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func asGIF(pictures ...*image.Paletted) []byte {
	var b bytes.Buffer
	if err := gif.EncodeAll(&b, &gif.GIF{Image: pictures, Delay: make([]int, len(pictures))}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func flat(w, h int, c color.Color) *image.Paletted {
	return image.NewPaletted(image.Rect(0, 0, w, h), color.Palette{c})
}

// exif is an EXIF block with an orientation and a place.
func exif(order binary.AppendByteOrder, orientation uint16) []byte {
	b := []byte("II")
	if order.String() == "BigEndian" {
		b = []byte("MM")
	}
	b = order.AppendUint32(order.AppendUint16(b, 42), 8)
	b = order.AppendUint16(b, 2)
	b = order.AppendUint16(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x0112), 3), 1), orientation)
	b = order.AppendUint16(b, 0)
	b = order.AppendUint32(order.AppendUint32(order.AppendUint16(order.AppendUint16(b, 0x8825), 4), 1), 38)
	b = order.AppendUint32(b, 0)
	return append(b, "GPSLatitude 37.5665 GPSLongitude 126.9780"...)
}

func checksum(b []byte) uint32 { return crc32.ChecksumIEEE(b) }

func withSegment(b []byte, marker byte, content string) []byte {
	head := binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2))
	return slices.Concat(b[:2], head, []byte(content), b[2:])
}

func withChunk(b []byte, name string, content []byte) []byte {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	chunk = append(append(chunk, name...), content...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:]))
	return slices.Concat(b[:33], chunk, b[33:])
}

func variants(t testing.TB, b []byte, widths ...int) []picture.Variant {
	t.Helper()
	var got []picture.Variant
	err := picture.NewDecoder(0).Variants(t.Context(), bytes.NewReader(b), widths, func(_ context.Context, v picture.Variant) error {
		got = append(got, v)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func shows(t testing.TB, v picture.Variant) image.Image {
	t.Helper()
	m, err := jpeg.Decode(bytes.NewReader(v.Data))
	if err != nil {
		t.Fatal(err)
	}
	if m.Bounds().Size() != image.Pt(v.Width, v.Height) || v.MIME != "image/jpeg" || v.Ext != "jpg" {
		t.Errorf("%d by %d (%s, %s) is stored as %s", v.Width, v.Height, v.MIME, v.Ext, m.Bounds())
	}
	return m
}

func near(t testing.TB, what string, got color.Color, want color.NRGBA) {
	t.Helper()
	r, g, b, _ := got.RGBA()
	for i, v := range [3]uint32{r >> 8, g >> 8, b >> 8} {
		if d := int(v) - int([3]uint8{want.R, want.G, want.B}[i]); d < -14 || d > 14 {
			t.Errorf("%s: colour %v, want %v", what, got, want)
			return
		}
	}
}

func TestSizes(t *testing.T) {
	for _, c := range []struct {
		w, h   int
		widths []int
		want   string
	}{
		{2000, 1000, []int{320, 960, 1600}, "1600x800 960x480 320x160"},
		{1600, 900, []int{320, 960, 1600}, "1600x900 960x540 320x180"},
		{1000, 500, []int{320, 960, 1600}, "1000x500 960x480 320x160"},
		{960, 10, []int{1600, 960, 320}, "960x10 320x3"},
		{500, 400, []int{320, 960, 1600}, "500x400 320x256"},
		{100, 50, []int{320, 960, 1600}, "100x50"},
		{1, 1, []int{320, 960, 1600}, "1x1"},
		{3, 1000, []int{320}, "3x1000"},
		{1000, 1, []int{320}, "320x1"},
		{20, 20000, []int{320}, "16x16383"},
		{100, 100, []int{0, -5, 10}, "10x10"},
		{100, 100, nil, ""},
	} {
		var got []string
		for _, v := range variants(t, asPNG(image.NewGray(image.Rect(0, 0, c.w, c.h))), c.widths...) {
			shows(t, v)
			got = append(got, fmt.Sprintf("%dx%d", v.Width, v.Height))
		}
		if strings.Join(got, " ") != c.want {
			t.Errorf("%d by %d: %q, want %q", c.w, c.h, got, c.want)
		}
	}
}

func TestOrientation(t *testing.T) {
	// Which stored quadrant is seen at the top left, top right, bottom left and bottom right (EXIF 2.32, tag 0x0112).
	seen := map[int][4]int{
		0: {0, 1, 2, 3}, 1: {0, 1, 2, 3}, 2: {1, 0, 3, 2}, 3: {3, 2, 1, 0}, 4: {2, 3, 0, 1}, 5: {0, 2, 1, 3}, 6: {2, 0, 3, 1},
		7: {3, 1, 2, 0}, 8: {1, 3, 0, 2}, 9: {0, 1, 2, 3},
	}
	stored := quadrants(120, 80)
	for orientation, want := range seen {
		for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
			block := exif(order, uint16(orientation))
			for format, b := range map[string][]byte{
				"jpeg":            withSegment(asJPEG(stored), 0xe1, "Exif\x00\x00"+string(block)),
				"jpeg, XMP first": withSegment(withSegment(asJPEG(stored), 0xe1, "Exif\x00\x00"+string(block)), 0xe1, "http://ns.adobe.com/xap/1.0/\x00<x/>"),
				"png":             withChunk(asPNG(stored), "eXIf", block),
			} {
				for _, v := range variants(t, b, 60, 1600) {
					m := shows(t, v)
					if sideways := orientation >= 5 && orientation <= 8; sideways != (v.Height > v.Width) {
						t.Errorf("%s, orientation %d: %d by %d", format, orientation, v.Width, v.Height)
					}
					for i, q := range want {
						at := image.Pt(v.Width/4+i%2*v.Width/2, v.Height/4+i/2*v.Height/2)
						near(t, fmt.Sprintf("%s %s, orientation %d, quadrant %d", format, order, orientation, i), m.At(at.X, at.Y), corner(q))
					}
				}
			}
		}
	}
}

func TestDamagedExifIsIgnored(t *testing.T) {
	good := exif(binary.LittleEndian, 6)
	for name, block := range map[string][]byte{
		"empty": {}, "cut": good[:9], "no rows": good[:10], "half a row": good[:15],
		"directory nowhere": slices.Concat(good[:4], []byte{255, 255, 255, 255}, good[8:]),
		"directory at 0":    slices.Concat(good[:4], []byte{0, 0, 0, 0}, good[8:]),
		"another number":    slices.Concat(good[:2], []byte{43, 0}, good[4:]),
		"65535 rows":        slices.Concat(good[:8], []byte{255, 255, 0, 0, 0, 0}),
	} {
		v := variants(t, withSegment(asJPEG(quadrants(40, 20)), 0xe1, "Exif\x00\x00"+string(block)), 40)
		if len(v) != 1 || v[0].Width != 40 || v[0].Height != 20 {
			t.Errorf("%s: %+v", name, v)
		}
	}
}

func TestNoMetadataLeft(t *testing.T) {
	b := asJPEG(quadrants(400, 300))
	b = withSegment(b, 0xfe, "COMMENT by Hong Gildong")
	b = withSegment(b, 0xe1, "http://ns.adobe.com/xap/1.0/\x00<x:xmpmeta>XMP of Hong Gildong</x:xmpmeta>")
	b = withSegment(b, 0xed, "Photoshop 3.0\x00IPTC of Hong Gildong")
	b = withSegment(b, 0xe2, "ICC_PROFILE\x00\x01\x01made by Hong Gildong")
	b = withSegment(b, 0xe1, "Exif\x00\x00"+string(exif(binary.LittleEndian, 1)))
	b = append(b, "trailer of Hong Gildong"...)
	p := withChunk(asPNG(quadrants(400, 300)), "tEXt", []byte("Author\x00Hong Gildong"))
	for name, source := range map[string][]byte{"jpeg": b, "png": p} {
		for _, v := range variants(t, source, 320, 960) {
			for _, trace := range []string{"Exif", "GPS", "Gildong", "xmp", "ICC", "37.5665", "Photoshop"} {
				if bytes.Contains(v.Data, []byte(trace)) {
					t.Errorf("%s: %q is left", name, trace)
				}
			}
			for at := 2; v.Data[at+1] != 0xda; at += 2 + int(binary.BigEndian.Uint16(v.Data[at+2:])) {
				if marker := v.Data[at+1]; marker >= 0xe0 && marker <= 0xef || marker == 0xfe {
					t.Errorf("%s: segment 0x%x is left", name, marker)
				}
			}
		}
	}
}

func TestEveryFormat(t *testing.T) {
	red, white, blue := color.NRGBA{200, 30, 30, 255}, color.NRGBA{255, 255, 255, 255}, color.NRGBA{0, 0, 255, 255}
	clear := image.NewNRGBA(image.Rect(0, 0, 16, 16))
	pale := image.NewNRGBA64(image.Rect(0, 0, 16, 16))
	cmyk := image.NewCMYK(image.Rect(0, 0, 16, 16))
	for i := range pale.Pix {
		pale.Pix[i] = []byte{200, 200, 30, 30, 30, 30, 255, 255}[i%8]
	}
	for i := range cmyk.Pix {
		cmyk.Pix[i] = []byte{55, 225, 225, 0}[i%4]
	}
	for name, c := range map[string]struct {
		b      []byte
		format string
		want   color.NRGBA
	}{
		"gif":           {asGIF(flat(16, 16, red)), "gif", red},
		"film gif":      {asGIF(flat(16, 16, red), flat(16, 16, blue)), "gif", red},
		"clear gif":     {asGIF(flat(16, 16, color.Transparent)), "gif", white},
		"png":           {asPNG(flat(16, 16, red)), "png", red},
		"16 bit png":    {asPNG(pale), "png", red},
		"clear png":     {asPNG(clear), "png", white},
		"jpeg":          {asJPEG(flat(16, 16, red)), "jpeg", red},
		"grey jpeg":     {asJPEG(&image.Gray{Pix: bytes.Repeat([]byte{90}, 256), Stride: 16, Rect: image.Rect(0, 0, 16, 16)}), "jpeg", color.NRGBA{90, 90, 90, 255}},
		"jpeg of CMYK":  {asJPEG(cmyk), "jpeg", red},
		"webp":          {webp(lossyWhite), "webp", white},
		"lossless webp": {webp(losslessRed), "webp", red},
		"film webp":     {webp(animated), "webp", red},
	} {
		info, err := picture.Inspect(bytes.NewReader(c.b))
		if err != nil || info.Format != c.format || info.Width != 16 || info.Height != 16 || info.Decoded < 16*16 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
		v := variants(t, c.b, 8)
		if len(v) != 1 || v[0].Width != 8 {
			t.Fatalf("%s: %d variants", name, len(v))
		}
		near(t, name, shows(t, v[0]).At(4, 4), c.want)
	}
	for name, b := range map[string][]byte{"webp": webp(alphaRed), "film webp": webp(animatedAlpha)} {
		m := shows(t, variants(t, b, 16)[0])
		near(t, "clear half of "+name, m.At(2, 8), white)
		near(t, "red half of "+name, m.At(13, 8), red)
	}
}

// Every way to store chroma gives the same picture.
func TestChroma(t *testing.T) {
	for _, ratio := range []image.YCbCrSubsampleRatio{image.YCbCrSubsampleRatio444, image.YCbCrSubsampleRatio422, image.YCbCrSubsampleRatio420} {
		for _, size := range []image.Point{{120, 80}, {121, 81}, {119, 79}, {7, 5}} {
			m := image.NewYCbCr(image.Rectangle{Max: size}, ratio)
			for y := range size.Y {
				for x := range size.X {
					c := corner(2*x/size.X + 2*(2*y/size.Y))
					m.Y[m.YOffset(x, y)], m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)] = color.RGBToYCbCr(c.R, c.G, c.B)
				}
			}
			for _, v := range variants(t, asJPEG(m), 60, 3) {
				if v.Width < 50 {
					continue
				}
				got := shows(t, v)
				for i := range 4 {
					near(t, fmt.Sprint(ratio, size, i), got.At(v.Width/4+i%2*v.Width/2, v.Height/4+i/2*v.Height/2), corner(i))
				}
			}
		}
	}
}
