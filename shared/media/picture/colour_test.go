package picture_test

import (
	"bytes"
	"compress/zlib"
	"context"
	_ "embed"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/jpeg"
	"slices"
	"testing"

	"github.com/madang-council/madang/shared/media/picture"
)

// inks is a JPEG of 16 by 16 pixels in CMYK, all cyan and nothing else, as ImageMagick 6.9 writes it:
// convert -size 16x16 xc:#00FFFF -colorspace CMYK -quality 90 -strip inks.jpg
//
//go:embed testdata/inks.jpg
var inks []byte

// profile puts an ICC profile together (ICC.1:2010, 7).
func profile(space, pcs string, tags ...[2]string) []byte {
	var head [128]byte
	head[8] = 2 // version
	copy(head[12:], "mntr"+space+pcs)
	copy(head[36:], "acsp")
	copy(head[68:], "\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d") // D50
	b := append([]byte{}, head[:]...)
	b = binary.BigEndian.AppendUint32(b, uint32(len(tags)))
	at := len(b) + 12*len(tags)
	var data []byte
	for _, tag := range tags {
		b = append(b, tag[0]...)
		b = binary.BigEndian.AppendUint32(b, uint32(at+len(data)))
		b = binary.BigEndian.AppendUint32(b, uint32(len(tag[1])))
		data = append(data, tag[1]...)
		data = append(data, make([]byte, (4-len(data)%4)%4)...)
	}
	b = append(b, data...)
	binary.BigEndian.PutUint32(b, uint32(len(b)))
	return b
}

// primaries is a profile of three lights, in XYZ for D50, and a gamma.
func primaries(gamma float64, r, g, b [3]float64) []byte {
	xyz := func(v [3]float64) string {
		out := []byte("XYZ \x00\x00\x00\x00")
		for _, one := range v {
			out = binary.BigEndian.AppendUint32(out, uint32(int32(one*65536)))
		}
		return string(out)
	}
	curve := string(binary.BigEndian.AppendUint16([]byte("curv\x00\x00\x00\x00\x00\x00\x00\x01"), uint16(gamma*256)))
	return profile("RGB ", "XYZ ", [2]string{"wtpt", xyz([3]float64{0.9642, 1, 0.8249})}, [2]string{"rXYZ", xyz(r)}, [2]string{"gXYZ", xyz(g)}, [2]string{"bXYZ", xyz(b)},
		[2]string{"rTRC", curve}, [2]string{"gTRC", curve}, [2]string{"bTRC", curve})
}

// pressed is a profile of inks, of which each colour of the corners is said in Lab: no ink is white, cyan alone a dark blue
// that no screen would take for cyan, and all others black.
func pressed() []byte {
	b := []byte("mft1\x00\x00\x00\x00\x04\x03\x02\x00")
	for i := range 9 {
		b = binary.BigEndian.AppendUint32(b, map[bool]uint32{true: 65536}[i%4 == 0])
	}
	line := make([]byte, 256)
	for i := range line {
		line[i] = byte(i)
	}
	b = append(b, bytes.Repeat(line, 4)...)
	for i := range 16 {
		switch i {
		case 0:
			b = append(b, 255, 128, 128)
		case 8:
			b = append(b, 77, 128+20, 128-60)
		default:
			b = append(b, 0, 128, 128)
		}
	}
	return profile("CMYK", "Lab ", [2]string{"wtpt", "XYZ \x00\x00\x00\x00\x00\x00\xf6\xd6\x00\x01\x00\x00\x00\x00\xd3\x2d"}, [2]string{"A2B0", string(append(b, bytes.Repeat(line, 3)...))})
}

func displayP3() []byte {
	return primaries(2.2, [3]float64{0.51512, 0.24120, -0.00105}, [3]float64{0.29198, 0.69225, 0.04189}, [3]float64{0.15710, 0.06657, 0.78407})
}

func adobeRGB() []byte {
	return primaries(2.19921875, [3]float64{0.60974, 0.31111, 0.01947}, [3]float64{0.20528, 0.62567, 0.06087}, [3]float64{0.14919, 0.06322, 0.74457})
}

// inJPEG puts a profile into a JPEG, in segments of at most n bytes.
func inJPEG(b, profile []byte, n int) []byte {
	pieces := slices.Collect(slices.Chunk(profile, n))
	out := bytes.Clone(b[:2])
	for i, piece := range pieces {
		out = binary.BigEndian.AppendUint16(append(out, 0xff, 0xe2), uint16(2+14+len(piece)))
		out = append(append(out, "ICC_PROFILE\x00"...), byte(i+1), byte(len(pieces)))
		out = append(out, piece...)
	}
	return append(out, b[2:]...)
}

func inPNG(b, profile []byte) []byte {
	var packed bytes.Buffer
	packed.WriteString("iCCPx\x00\x00")
	z := zlib.NewWriter(&packed)
	if _, err := z.Write(profile); err != nil {
		panic(err)
	}
	if err := z.Close(); err != nil {
		panic(err)
	}
	chunk := binary.BigEndian.AppendUint32(nil, uint32(packed.Len()-4))
	chunk = append(chunk, packed.Bytes()...)
	chunk = binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(packed.Bytes()))
	return slices.Concat(b[:33], chunk, b[33:])
}

func inWebP(encoded string, profile []byte) []byte {
	b := webp(encoded)
	chunk := func(name string, data []byte) []byte {
		out := binary.LittleEndian.AppendUint32([]byte(name), uint32(len(data)))
		return append(append(out, data...), make([]byte, len(data)%2)...)
	}
	body := slices.Concat([]byte("WEBP"), chunk("VP8X", []byte("\x20\x00\x00\x00\x0f\x00\x00\x0f\x00\x00")), chunk("ICCP", profile), b[12:])
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func plain(c color.Color) *image.NRGBA {
	m := image.NewNRGBA(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		m.Set(i%64, i/64, c)
	}
	return m
}

func deep(c color.Color) image.Image {
	m := image.NewNRGBA64(image.Rect(0, 0, 64, 64))
	for i := range 64 * 64 {
		m.Set(i%64, i/64, c)
	}
	return m
}

// Pictures in other colours arrive as they look. The values are those of Apple's ColorSync and of Adobe's specification.
func TestColours(t *testing.T) {
	p3Red, adobeGreen, grey := color.NRGBA{234, 51, 35, 255}, color.NRGBA{144, 255, 60, 255}, color.NRGBA{128, 128, 128, 255}
	red, green := [3]int{255, 0, 0}, [3]int{0, 255, 0}
	claims := func(at int, n uint32) []byte { // a profile that claims more than it has
		p := displayP3()
		binary.BigEndian.PutUint32(p[at:], n)
		return p
	}
	for name, row := range map[string]struct {
		file []byte
		want [3]int
	}{
		"P3.jpg":                           {inJPEG(asJPEG(plain(p3Red)), displayP3(), 60000), red},
		"P3, in pieces.jpg":                {inJPEG(asJPEG(plain(p3Red)), displayP3(), 100), red},
		"P3.png":                           {inPNG(asPNG(plain(p3Red)), displayP3()), red},
		"P3 of 16 bits.png":                {inPNG(asPNG(deep(p3Red)), displayP3()), red},
		"P3.webp":                          {inWebP(losslessRed, displayP3()), [3]int{220, 0, 0}},
		"Adobe RGB.jpg":                    {inJPEG(asJPEG(plain(adobeGreen)), adobeRGB(), 60000), green},
		"Adobe RGB.png":                    {inPNG(asPNG(plain(adobeGreen)), adobeRGB()), green},
		"grey in Adobe RGB.jpg":            {inJPEG(asJPEG(plain(grey)), adobeRGB(), 60000), [3]int{128, 128, 128}},
		"no profile.jpg":                   {asJPEG(plain(p3Red)), [3]int{234, 51, 35}},
		"16 bits, no profile.png":          {asPNG(deep(p3Red)), [3]int{234, 51, 35}},
		"4 billion tags.jpg":               {inJPEG(asJPEG(plain(p3Red)), claims(128, 1<<32-1), 60000), [3]int{234, 51, 35}},
		"a tag of 4 GB.jpg":                {inJPEG(asJPEG(plain(p3Red)), claims(132+8, 1<<32-1), 60000), [3]int{234, 51, 35}},
		"a tag behind the end.jpg":         {inJPEG(asJPEG(plain(p3Red)), claims(132+4, 1<<32-1), 60000), [3]int{234, 51, 35}},
		"a curve of 4 billion points.jpg":  {inJPEG(asJPEG(plain(p3Red)), claims(bytes.Index(displayP3(), []byte("curv"))+8, 1<<32-1), 60000), [3]int{234, 51, 35}},
		"a profile that is none.jpg":       {inJPEG(asJPEG(plain(p3Red)), []byte("not a profile"), 60000), [3]int{234, 51, 35}},
		"a profile that is cut off.png":    {inPNG(asPNG(plain(p3Red)), displayP3()[:200]), [3]int{234, 51, 35}},
		"a profile of inks, no inks.jpg":   {inJPEG(asJPEG(plain(p3Red)), pressed(), 60000), [3]int{234, 51, 35}},
		"inks, no profile.jpg":             {inks, [3]int{0, 255, 255}},
		"inks and their profile.jpg":       {inJPEG(inks, pressed(), 60000), [3]int{32, 64, 167}},
		"inks and a profile of lights.jpg": {inJPEG(inks, displayP3(), 60000), [3]int{0, 255, 255}},
		"a piece of a profile missing.jpg": {bytes.Replace(inJPEG(asJPEG(plain(p3Red)), displayP3(), 100), []byte("ICC_PROFILE\x00\x02"), []byte("ICC_PROFILE\x00\x77"), 1), [3]int{234, 51, 35}},
	} {
		var got color.Color
		err := picture.NewDecoder(0).Variants(context.Background(), bytes.NewReader(row.file), []int{32}, func(_ context.Context, v picture.Variant) error {
			m, err := jpeg.Decode(bytes.NewReader(v.Data))
			if err == nil {
				got = m.At(m.Bounds().Dx()/2, m.Bounds().Dy()/2)
			}
			return err
		})
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		r, g, b, _ := got.RGBA()
		for i, have := range []uint32{r, g, b} {
			if off := int(have>>8) - row.want[i]; off < -10 || off > 10 {
				t.Errorf("%s: %v, want %v", name, [3]uint32{r >> 8, g >> 8, b >> 8}, row.want)
				break
			}
		}
	}
}

// A profile comes from anywhere: a picture is shown whatever it holds.
func FuzzProfile(f *testing.F) {
	for _, p := range [][]byte{displayP3(), adobeRGB(), pressed(), nil} {
		f.Add(p)
	}
	small := asPNG(plain(color.White))
	f.Fuzz(func(t *testing.T, profile []byte) {
		for _, file := range [][]byte{inJPEG(inks, profile, 60000), inPNG(small, profile)} {
			if len(profile) > 100_000 {
				return
			}
			made := 0
			err := picture.NewDecoder(0).Variants(context.Background(), bytes.NewReader(file), []int{8}, func(context.Context, picture.Variant) error { made++; return nil })
			if err != nil || made != 1 {
				t.Fatalf("%d, %v", made, err)
			}
		}
	})
}
