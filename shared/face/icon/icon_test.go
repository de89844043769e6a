package icon_test

import (
	"bytes"
	"fmt"
	"image/color"
	"image/png"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/face/icon"
)

// of is a face with a mark, drawn black on white.
func of(mark string) face.Face {
	f := face.Default("솔뫼대학교 총학생회")
	f.Brand.Light.Field, f.Brand.Light.On, f.Mark = "#ffffff", "#000000", mark
	return f
}

// dark says how dark each point of a mark's 40 by 40 is, from 0 to 1.
func dark(t *testing.T, mark string) func(x, y float64) float64 {
	t.Helper()
	const side = 500
	content, err := icon.PNG(of(mark), side)
	if err != nil {
		t.Fatal(err)
	}
	picture, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	return func(x, y float64) float64 { // the mark takes six tenths
		c, _ := color.GrayModel.Convert(picture.At(int(100+x*7.5), int(100+y*7.5))).(color.Gray)
		return 1 - float64(c.Y)/255
	}
}

// area is how much of a mark is dark, in its units.
func area(at func(x, y float64) float64) float64 {
	sum := 0.
	for x := range 480 {
		for y := range 480 {
			sum += at((float64(x)+.5)/7.5-12, (float64(y)+.5)/7.5-12)
		}
	}
	return sum / 56.25
}

// What SVG says is where it says: areas that are known, and points inside and outside.
func TestShapes(t *testing.T) {
	for name, c := range map[string]struct {
		mark    string
		area    float64
		in, out [][2]float64
	}{
		"a box":                {`<rect x="5" y="10" width="20" height="10"></rect>`, 200, [][2]float64{{6, 11}, {24, 19}}, [][2]float64{{4, 15}, {15, 21}}},
		"a round box":          {`<rect width="20" height="20" rx="5"></rect>`, 400 - 25*(4-math.Pi), [][2]float64{{10, 1}, {2, 2}}, [][2]float64{{.5, .5}, {19.5, .5}}},
		"a circle":             {`<circle cx="20" cy="20" r="10"></circle>`, 100 * math.Pi, [][2]float64{{20, 11}, {27, 27}}, [][2]float64{{28, 28}}},
		"an ellipse, turned":   {`<ellipse cx="20" cy="20" rx="16" ry="4" transform="rotate(90 20 20)"></ellipse>`, 64 * math.Pi, [][2]float64{{20, 6}}, [][2]float64{{6, 20}}},
		"a polygon":            {`<polygon points="0,0 30,0 0,30"></polygon>`, 450, [][2]float64{{5, 5}}, [][2]float64{{20, 20}}},
		"a ring by winding":    {`<path d="M0 0h30v30H0zM10 10v10h10V10z"></path>`, 800, [][2]float64{{5, 15}}, [][2]float64{{15, 15}}},
		"not a ring":           {`<path d="M0 0h30v30H0zM10 10h10v10H10z"></path>`, 900, [][2]float64{{15, 15}}, nil},
		"a ring by even, odd":  {`<path fill-rule="evenodd" d="M0 0h30v30H0zM10 10h10v10H10z"></path>`, 800, nil, [][2]float64{{15, 15}}},
		"numbers that touch":   {`<path d="M.5.5l19 0 0 19-19 0z"></path>`, 361, [][2]float64{{1, 1}}, nil},
		"lines behind a move":  {`<path d="M0 0 30 0 30 10m-30 0 0 10 10 0z"></path>`, 200, [][2]float64{{25, 5}, {2, 18}}, [][2]float64{{5, 8}}},
		"half a disc by arcs":  {`<path d="M10 20A10 10 0 0130 20z"></path>`, 50 * math.Pi, [][2]float64{{20, 12}}, [][2]float64{{20, 28}}},
		"a disc by a long arc": {`<path d="M20 10a10 10 0 1 0 .01 0z"></path>`, 100 * math.Pi, [][2]float64{{20, 29}}, nil},
		"under a parabola":     {`<path d="M0 20Q15-10 30 20z"></path>`, 300, [][2]float64{{15, 6}}, [][2]float64{{15, 4}}},
		"mirrored curves":      {`<path d="M0 20Q5 10 10 20T20 20V40H0z"></path>`, 400, [][2]float64{{5, 16}}, [][2]float64{{15, 21}}},
		"cubics":               {`<path d="M0 20C0 10 10 10 10 20S20 30 20 20V40H0z"></path>`, 400, [][2]float64{{5, 14}}, [][2]float64{{15, 25}}},
		"a line":               {`<path d="M5 20h20" fill="none" stroke="currentColor" stroke-width="4"></path>`, 80, [][2]float64{{6, 19}, {6, 21.5}}, [][2]float64{{4.5, 20}, {6, 23}}},
		"round ends":           {`<path d="M5 20h20" fill="none" stroke="currentColor" stroke-width="4" stroke-linecap="round"></path>`, 80 + 4*math.Pi, [][2]float64{{3.5, 20}}, nil},
		"square ends":          {`<line x1="5" y1="20" x2="25" y2="20" stroke="currentColor" stroke-width="4" stroke-linecap="square"></line>`, 96, [][2]float64{{3.5, 18.5}}, nil},
		"a corner":             {`<polyline points="5,30 5,5 30,5" fill="none" stroke="currentColor" stroke-width="4"></polyline>`, 200, [][2]float64{{3.5, 3.5}}, nil},
		"a bevelled corner":    {`<polyline points="5,30 5,5 30,5" fill="none" stroke="currentColor" stroke-width="4" stroke-linejoin="bevel"></polyline>`, 198, nil, [][2]float64{{3.2, 3.2}}},
		"a round corner":       {`<polyline points="5,30 5,5 30,5" fill="none" stroke="currentColor" stroke-width="4" stroke-linejoin="round"></polyline>`, 196 + math.Pi, nil, [][2]float64{{3.1, 3.1}}},
		"too sharp for a tip":  {`<polyline points="0,20 30,20 0,22" fill="none" stroke="currentColor" stroke-width="4"></polyline>`, 0, nil, [][2]float64{{36, 21}}},
		"a frame":              {`<rect x="5" y="5" width="20" height="20" fill="none" stroke="currentColor" stroke-width="2"></rect>`, 160, [][2]float64{{4.5, 4.5}, {25.5, 15}}, [][2]float64{{15, 15}}},
		"groups":               {`<g transform="translate(10 10) scale(2)" fill="none"><g fill="currentColor"><rect width="5" height="5"></rect></g><rect width="9" height="9"></rect></g>`, 100, [][2]float64{{19, 19}}, [][2]float64{{9, 9}, {21, 21}}},
		"a matrix":             {`<rect width="10" height="10" transform="matrix(1 0 .5 1 5 5)"></rect>`, 100, [][2]float64{{6, 5.5}, {18.5, 14}}, [][2]float64{{6.5, 14.5}}},
		"two on each other":    {`<circle cx="15" cy="15" r="10"></circle><circle cx="15" cy="15" r="10"></circle>`, 100 * math.Pi, nil, nil},
		"what is wrong":        {`<path d="M0 0h10v10H0z m1"></path><path d="oops"></path><path></path>`, 100, nil, nil},
	} {
		at := dark(t, c.mark)
		if got := area(at); c.area != 0 && math.Abs(got-c.area) > .012*c.area+.3 {
			t.Errorf("%s: %.1f is dark, want %.1f", name, got, c.area)
		}
		for _, p := range c.in {
			if at(p[0], p[1]) < .9 {
				t.Errorf("%s: %v is not inside", name, p)
			}
		}
		for _, p := range c.out {
			if at(p[0], p[1]) > .1 {
				t.Errorf("%s: %v is not outside", name, p)
			}
		}
	}
}

// An icon is the mark on the council's colour; without a mark it is the gate.
func TestIcons(t *testing.T) {
	f := face.Default("솔뫼대학교 총학생회")
	f.Brand.Light.Field, f.Brand.Light.On = "#ffc61a", "#17140f"
	for _, side := range []int{180, 512} {
		content, err := icon.PNG(f, side)
		if err != nil {
			t.Fatal(err)
		}
		picture, err := png.Decode(bytes.NewReader(content))
		if err != nil || picture.Bounds().Dx() != side || picture.Bounds().Dy() != side || len(content) > 20_000 {
			t.Fatalf("%v %v %d bytes", err, picture.Bounds(), len(content))
		}
		found := map[color.Color]bool{}
		for y := range side {
			for x := range side {
				found[color.RGBAModel.Convert(picture.At(x, y))] = true
			}
		}
		if picture.At(0, 0) != (color.RGBA{255, 198, 26, 255}) || !found[color.RGBA{0x17, 0x14, 0x0f, 255}] {
			t.Errorf("%v in the corner", picture.At(0, 0))
		}
	}
	f.Mark = `<path d="M1 2"></path>`
	if got := string(icon.SVG(f)); !strings.Contains(got, f.Mark) || !strings.Contains(got, `fill="#ffc61a"`) || !strings.Contains(got, `color="#17140f"`) {
		t.Error(got)
	}
	if _, err := icon.PNG(face.Face{}, 180); err == nil {
		t.Error("no colour is a colour")
	}
}

// A mark that takes for ever is not drawn: the gate is.
func TestTooMuch(t *testing.T) {
	var d strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&d, "%d %d ", i%2*40, i%3*40)
	}
	for _, mark := range []string{
		`<path d="M0 0L` + d.String() + `"></path>`,
		`<path d="M0 0Q` + d.String() + `" fill="none" stroke="currentColor" stroke-width="30" stroke-linejoin="round"></path>`,
		`<g transform="scale(1e300) scale(1e300)"><path d="M0 0h9v9z"></path></g>`,
	} {
		from := time.Now()
		got, err := icon.PNG(of(mark), 512)
		if err != nil {
			t.Fatal(err)
		}
		if gate, _ := icon.PNG(of(""), 512); !bytes.Equal(got, gate) {
			t.Errorf("%.60s is drawn", mark)
		}
		if took := time.Since(from); took > 10*time.Second {
			t.Errorf("%.60s takes %v", mark, took)
		}
	}
}

// Whatever is a mark has icons.
func FuzzPNG(f *testing.F) {
	f.Add(`<svg viewBox="0 0 40 40"><path d="M1 2a3 4 5 0 1 6 7s8 9-1-2zT3 4" stroke="red" stroke-linecap="round"/></svg>`)
	f.Add(`<svg viewBox="0 0 9 9"><g transform="skewX(9) scale(0)" stroke="red"><polygon points="1 2 3 4 1 2"/><path d="M0 0h0v0M0 0Z"/><line x2="1e9"/></g></svg>`)
	f.Add(`<svg viewBox="0 0 9 9"><rect width="3" height="4" rx="9" stroke="red" stroke-width="-1"/><ellipse rx="3" ry="0"/><circle r="NaN"/></svg>`)
	f.Fuzz(func(t *testing.T, svg string) {
		mark, err := face.CleanMark(svg)
		if err != nil {
			return
		}
		if content, err := icon.PNG(of(mark), 64); err != nil || len(content) == 0 {
			t.Fatalf("%q: %v", mark, err)
		}
	})
}
