package picture_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/jpeg"
	"math/rand/v2"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/picture"
	xdraw "golang.org/x/image/draw"
)

// photograph is a baseline 4:2:0 JPEG with the detail of a real one: about 3 bits a pixel at this quality.
func photograph(w, h int) []byte {
	m := image.NewYCbCr(image.Rect(0, 0, w, h), image.YCbCrSubsampleRatio420)
	source := rand.New(rand.NewPCG(1, 2))
	for y := range h {
		for x := range w {
			m.Y[y*m.YStride+x] = uint8(128 + (x/16^y/16)&63 + source.IntN(24) - y*60/h)
		}
	}
	for i := range m.Cb {
		m.Cb[i], m.Cr[i] = uint8(100+i%m.CStride*60/m.CStride), uint8(150-i/m.CStride*40/(h/2))
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, &jpeg.Options{Quality: 88}); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// BenchmarkVariants makes the three variants of a photograph of 12 megapixels, and measures the parts of the way: the
// decoding alone, and what x/image/draw needs for the first step. The peak is that of a process that does nothing else,
// with GOGC as given.
//
//	go test ./shared/media/picture -run '^$' -bench Variants
func BenchmarkVariants(b *testing.B) {
	photo := photograph(4000, 3000)
	b.Logf("%d bytes", len(photo))
	b.Run("all", func(b *testing.B) {
		for b.Loop() {
			err := picture.NewDecoder(0).Variants(b.Context(), bytes.NewReader(photo), []int{320, 960, 1600}, func(context.Context, picture.Variant) error { return nil })
			if err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("decode only", func(b *testing.B) {
		for b.Loop() {
			if _, err := jpeg.Decode(bytes.NewReader(photo)); err != nil {
				b.Fatal(err)
			}
		}
	})
	decoded, err := jpeg.Decode(bytes.NewReader(photo))
	if err != nil {
		b.Fatal(err)
	}
	for name, scaler := range map[string]xdraw.Scaler{"x-image ApproxBiLinear to 1600": xdraw.ApproxBiLinear, "x-image CatmullRom to 1600": xdraw.CatmullRom} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				scaler.Scale(image.NewRGBA(image.Rect(0, 0, 1600, 1200)), image.Rect(0, 0, 1600, 1200), decoded, decoded.Bounds(), xdraw.Src, nil)
			}
		})
	}
	for _, gogc := range []string{"100", "25"} {
		b.Run("peak GOGC="+gogc, func(b *testing.B) {
			for b.Loop() {
				command := exec.Command(os.Args[0], "-test.run=^TestPeak$")
				command.Env = append(os.Environ(), "PICTURE_PEAK=1", "GOGC="+gogc)
				out, err := command.CombinedOutput()
				if err != nil {
					b.Fatalf("%v: %s", err, out)
				}
				var kib float64
				for line := range strings.Lines(string(out)) {
					if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
						_, err = fmt.Sscan(rest, &kib)
					}
				}
				if err != nil || kib == 0 {
					b.Fatalf("%s", out)
				}
				b.ReportMetric(kib/1024, "MiB-peak")
			}
		})
	}
}

// TestPeak is the process that the benchmark measures.
func TestPeak(t *testing.T) {
	if os.Getenv("PICTURE_PEAK") == "" {
		t.Skip("runs for BenchmarkVariants only")
	}
	file := t.TempDir() + "/photo.jpg"
	if err := os.WriteFile(file, photograph(4000, 3000), 0o600); err != nil {
		t.Fatal(err)
	}
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	debug.FreeOSMemory()
	if err := os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o600); err != nil {
		t.Fatal(err)
	}
	err = picture.NewDecoder(0).Variants(t.Context(), f, []int{320, 960, 1600}, func(context.Context, picture.Variant) error { return nil })
	if err != nil {
		t.Fatal(err)
	}
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println(string(status))
}
