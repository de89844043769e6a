// Package icon draws a council's mark as what stands for the site in tabs, on telephones and in chats: the mark on the council's
// colour. Browsers draw SVG; telephones and chats want PNG, which is drawn here.
package icon

import (
	"bytes"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math"
	"strconv"

	"github.com/madang-council/madang/shared/face"
)

// gate is what a council without a mark has: the yard with its gate, as a mark.
const gate = `<path d="M15 25v8H6V6h28v27h-9v-8" fill="none" stroke="currentColor" stroke-width="4.5"></path>`

// share is how much of the icon's side the mark takes: what telephones cut off is the outer tenth on each side, in a circle.
const share = .6

func mark(f face.Face) string {
	if f.Mark == "" {
		return gate
	}
	return f.Mark
}

// SVG is the icon with round corners, for browsers.
func SVG(f face.Face) []byte {
	p := f.Brand.Light
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><rect width="40" height="40" rx="9" fill="%s"/><g transform="translate(6 6) scale(.7)" color="%s">%s</g></svg>`, p.Field, p.On, mark(f))
}

// PNG is the icon as a square of a side in pixels. A mark that would take too long is drawn as the gate.
func PNG(f face.Face, side int) ([]byte, error) {
	room := float64(side)
	place := matrix{room * share / 40, 0, 0, room * share / 40, room * (1 - share) / 2, room * (1 - share) / 2}
	c, err := draw(mark(f), place, side)
	if errors.Is(err, errTooMuch) {
		c, err = draw(gate, place, side)
	}
	if err != nil {
		return nil, err
	}
	from, err := parsed(f.Brand.Light.Field)
	if err != nil {
		return nil, err
	}
	to, err := parsed(f.Brand.Light.On)
	if err != nil {
		return nil, err
	}
	palette := make(color.Palette, 256)
	for i := range palette {
		palette[i] = between(from, to, float64(i)/255)
	}
	picture := image.NewPaletted(image.Rect(0, 0, side, side), palette)
	for i, covered := range c.covered {
		picture.Pix[i] = uint8(math.Round(float64(min(covered, 1)) * 255))
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, picture); err != nil {
		return nil, fmt.Errorf("icon: %w", err)
	}
	return out.Bytes(), nil
}

// parsed is a colour of a face, #rrggbb.
func parsed(hex string) (color.RGBA, error) {
	if len(hex) != 7 {
		return color.RGBA{}, fmt.Errorf("icon: %q is no colour", hex)
	}
	n, err := strconv.ParseUint(hex[1:], 16, 32)
	if err != nil {
		return color.RGBA{}, fmt.Errorf("icon: %w", err)
	}
	return color.RGBA{R: uint8(n >> 16), G: uint8(n >> 8), B: uint8(n), A: 255}, nil
}

func between(a, b color.RGBA, part float64) color.RGBA {
	mix := func(a, b uint8) uint8 { return uint8(math.Round(float64(a) + (float64(b)-float64(a))*part)) }
	return color.RGBA{R: mix(a.R, b.R), G: mix(a.G, b.G), B: mix(a.B, b.B), A: 255}
}
