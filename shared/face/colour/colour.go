// Package colour derives all colours of a council's site from one. Hue is kept and lightness is
// solved for the contrast, in OKLCH: a colour is never refused, it is made legible. Contrasts are
// those of WCAG 2.2 (1.4.3, 1.4.11), of the eight-bit colours that browsers get.
package colour

import (
	"fmt"
	"math"
	"strings"

	"github.com/lucasb-eyer/go-colorful"

	"github.com/madang-council/madang/shared/face"
)

// What stands fixed beside a council's colour, as in ui.css.
const (
	ink, white                         = "#1b1a17", "#ffffff"
	paper, sunken                      = "#faf8f3", "#f1eee5"
	darkInk, darkPaper, darkSunken     = "#fbf8f1", "#151412", "#0e0d0c"
	text, accent, strong, bar, darkBar = 4.5, 5.2, 8.0, 3.0, 3.1
	darkAccent, darkStrong             = 7.0, 9.0
	step                               = 0.002 // of lightness: less than eight bits tell apart
)

// lch is a colour of OKLCH.
type lch struct{ l, c, h float64 }

// hex is the colour as browsers get it; one that no screen shows loses chroma until one does.
func (v lch) hex() string {
	v.l = min(max(v.l, 0), 1)
	c := colorful.OkLch(v.l, v.c, v.h)
	if c.IsValid() {
		return c.Hex()
	}
	shown, least, most := colorful.OkLch(v.l, 0, v.h), 0.0, v.c
	for range 9 {
		middle := (least + most) / 2
		if c := colorful.OkLch(v.l, middle, v.h); c.IsValid() {
			shown, least = c, middle
		} else {
			most = middle
		}
	}
	return shown.Clamped().Hex()
}

func (v lch) at(l, most float64) lch { return lch{l, min(v.c, most), v.h} }

func parse(hex string) (lch, error) {
	c, err := colorful.Hex(hex)
	if err != nil || len(hex) != 7 {
		return lch{}, fmt.Errorf("colour: %q is none", hex)
	}
	l, chroma, h := c.OkLch()
	if math.IsNaN(h) {
		h = 0
	}
	return lch{l, chroma, h}, nil
}

// Contrast of two colours, from 1 to 21. Of what is no colour it is 1.
func Contrast(a, b string) float64 {
	x, y := luminance(a), luminance(b)
	return (max(x, y) + 0.05) / (min(x, y) + 0.05)
}

func luminance(hex string) float64 {
	c, err := colorful.Hex(hex)
	if err != nil {
		return 0
	}
	r, g, b := c.LinearRgb()
	return 0.2126*r + 0.7152*g + 0.0722*b
}

// reaches says whether a colour has a contrast on each ground.
func reaches(hex string, least float64, grounds ...string) bool {
	for _, ground := range grounds {
		if Contrast(hex, ground) < least {
			return false
		}
	}
	return true
}

// solve moves a colour's lightness by steps of one sign until it has a contrast on each ground.
func solve(v lch, by, least float64, grounds ...string) string {
	for ; v.l > 0 && v.l < 1; v.l += by {
		if hex := v.hex(); reaches(hex, least, grounds...) {
			return hex
		}
	}
	return v.hex()
}

// Brand is what follows from a colour, #rrggbb. Fails for what is none.
func Brand(hex string) (face.Brand, error) {
	given, err := parse(hex)
	if err != nil {
		return face.Brand{}, err
	}
	return face.Brand{Light: light(hex, given), Dark: dark(given)}, nil
}

func light(hex string, given lch) face.Palette {
	field := given
	p := face.Palette{Field: strings.ToLower(hex), On: white}
	if !legible(p.Field) {
		field = moved(given)
		p.Field = field.hex()
	}
	away, wall := -0.06, 0.07
	if Contrast(p.Field, white) < text {
		p.On, away, wall = ink, 0.05, -0.07
	}
	p.Field2 = solve(field.at(field.l+away, field.c), math.Copysign(step, away), text, p.On)
	p.Wall = field.at(field.l+wall, field.c).hex()
	p.Tint, p.Tint2 = given.at(.957, .02).hex(), given.at(.90, .042).hex()
	p.Accent = solve(given.at(min(given.l, .95), .14), -step, accent, paper, sunken, p.Tint)
	p.Accent2 = solve(given.at(min(given.l, .95)-.03, .14), -step, strong, p.Tint)
	p.Bar = solve(given.at(min(given.l, .95), .14), -step, bar, paper, p.Tint2)
	return p
}

// legible says whether white or ink can be read on a colour.
func legible(hex string) bool { return Contrast(hex, white) >= text || Contrast(hex, ink) >= text }

// moved is the nearest colour that is legible, by its lightness.
func moved(given lch) lch {
	for by := step; by < 1; by += step {
		for _, l := range []float64{given.l - by, given.l + by} {
			if v := given.at(l, given.c); legible(v.hex()) {
				return v
			}
		}
	}
	return given
}

func dark(given lch) face.Palette {
	field := lch{min(max(given.l-.15, .29), .335), given.c * .62, given.h} // a bright colour stays a little brighter
	p := face.Palette{Field: field.hex(), On: darkInk, Field2: field.at(.24, field.c).hex(), Wall: field.at(.40, field.c).hex()}
	p.Tint, p.Tint2 = given.at(.265, .034).hex(), given.at(.34, .05).hex()
	p.Accent = solve(given.at(max(given.l, .05), .14), step, darkAccent, darkPaper, darkSunken, p.Tint)
	p.Accent2 = solve(given.at(max(given.l, .05), .14), step, darkStrong, p.Tint)
	p.Bar = solve(given.at(max(given.l, .05), .14), step, darkBar, darkPaper, p.Tint2)
	return p
}

// Ratio is one of the contrasts that the council is shown.
type Ratio struct{ Light, Dark float64 }

// Shown are the contrasts of a brand: of what stands on the field, of links and buttons on paper,
// and of bars; moved says that the field is not quite the colour as it was given.
func Shown(hex string, b face.Brand) (on, link, meter Ratio, moved bool) {
	return Ratio{Contrast(b.Light.On, b.Light.Field), Contrast(b.Dark.On, b.Dark.Field)},
		Ratio{Contrast(b.Light.Accent, paper), Contrast(b.Dark.Accent, darkPaper)},
		Ratio{Contrast(b.Light.Bar, paper), Contrast(b.Dark.Bar, darkPaper)},
		b.Light.Field != strings.ToLower(hex)
}
