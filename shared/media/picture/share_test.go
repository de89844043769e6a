package picture_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/draw"
	"image/jpeg"
	"testing"

	"github.com/madang-council/madang/shared/media/picture"
)

// shared is what chats show of a picture.
func shared(t testing.TB, file []byte) image.Image {
	t.Helper()
	var made picture.Variant
	err := picture.NewDecoder(0).Variants(context.Background(), bytes.NewReader(file), []int{320, 1600}, func(_ context.Context, v picture.Variant) error {
		if made.Data != nil {
			return nil
		}
		var err error
		made, err = v.Share()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	m, err := jpeg.Decode(bytes.NewReader(made.Data))
	if err != nil {
		t.Fatal(err)
	}
	if got := m.Bounds().Size(); got != image.Pt(800, 400) || made.Width != 800 || made.Height != 400 {
		t.Fatalf("%v, told as %d by %d", got, made.Width, made.Height)
	}
	return m
}

func alike(a, b color.Color) bool {
	ar, ag, ab, _ := a.RGBA()
	br, bg, bb, _ := b.RGBA()
	for _, d := range []int{int(ar>>8) - int(br>>8), int(ag>>8) - int(bg>>8), int(ab>>8) - int(bb>>8)} {
		if d < -24 || d > 24 {
			return false
		}
	}
	return true
}

// A picture of any shape is seen whole: its four quarters are where they were, in the middle of 800 by 400.
func TestShare(t *testing.T) {
	t.Parallel()
	for _, size := range []image.Point{{90, 90}, {300, 600}, {600, 300}, {800, 400}, {801, 400}, {800, 401}, {1599, 1601}, {2400, 700}, {500, 2000}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			m := shared(t, asJPEG(quadrants(size.X, size.Y)))
			scale := min(1, 800/float64(size.X), 400/float64(size.Y))
			for i := range 4 {
				at := image.Pt(400+int(float64((2*(i%2)-1)*size.X)*scale/4), 200+int(float64((2*(i/2)-1)*size.Y)*scale/4))
				if !alike(m.At(at.X, at.Y), corner(i)) {
					t.Errorf("quarter %d at %v is %v, want %v", i, at, m.At(at.X, at.Y), corner(i))
				}
			}
		})
	}
}

// What room there is beside it has the colour of its edges.
func TestShareOnItsOwnColour(t *testing.T) {
	t.Parallel()
	blue, white := color.NRGBA{30, 60, 120, 255}, color.NRGBA{250, 250, 250, 255}
	for _, size := range []image.Point{{300, 600}, {600, 900}, {1600, 500}, {100, 100}} {
		t.Run(fmt.Sprint(size), func(t *testing.T) {
			t.Parallel()
			poster := image.NewNRGBA(image.Rectangle{Max: size})
			draw.Draw(poster, poster.Rect, image.NewUniform(blue), image.Point{}, draw.Src)
			draw.Draw(poster, poster.Rect.Inset(30), image.NewUniform(white), image.Point{}, draw.Src)
			m := shared(t, asPNG(poster))
			for _, corner := range []image.Point{{2, 2}, {797, 2}, {2, 397}, {797, 397}} {
				if !alike(m.At(corner.X, corner.Y), blue) {
					t.Errorf("%v is %v", corner, m.At(corner.X, corner.Y))
				}
			}
			if !alike(m.At(400, 200), white) {
				t.Errorf("the middle is %v", m.At(400, 200))
			}
		})
	}
}
