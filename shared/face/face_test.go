package face_test

import (
	"encoding/xml"
	"errors"
	"io"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/face"
)

func TestCleanMark(t *testing.T) {
	for name, c := range map[string]struct{ svg, want string }{
		"a path": {
			`<?xml version="1.0"?><!DOCTYPE svg><svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 40 40"><path d="M1 2"/></svg>`,
			`<g transform="translate(0.0000 0.0000) scale(1.0000)" fill="currentColor"><path d="M1 2"></path></g>`,
		},
		"another room": {
			`<svg viewBox="-10,0,20 10"><circle r="3"/></svg>`,
			`<g transform="translate(20.0000 10.0000) scale(2.0000)" fill="currentColor"><circle r="3"></circle></g>`,
		},
		"by width and height": {
			`<svg width="80px" height="80"><rect width="8" height="8"/></svg>`,
			`<g transform="translate(0.0000 0.0000) scale(0.5000)" fill="currentColor"><rect width="8" height="8"></rect></g>`,
		},
		"one colour": {
			`<svg viewBox="0 0 40 40" fill="none" stroke="red"><g style="fill:#123; stroke : none"><path d="M1" fill="url(#x)" stroke-width="2"/></g></svg>`,
			`<g transform="translate(0.0000 0.0000) scale(1.0000)" fill="none" stroke="currentColor"><g fill="currentColor" stroke="none"><path d="M1" stroke-width="2" fill="currentColor"></path></g></g>`,
		},
		"how lines are drawn": {
			`<svg width="40" height="40" x="9" stroke-width="3" stroke="red" fill-rule="evenodd" stroke-foo="1"><path d="M1"/></svg>`,
			`<g transform="translate(0.0000 0.0000) scale(1.0000)" fill="currentColor" stroke="currentColor" stroke-width="3" fill-rule="evenodd"><path d="M1"></path></g>`,
		},
		"nothing that runs, loads or says": {
			`<svg viewBox="0 0 40 40" onload="x()"><script>alert(1)</script><style>@import "x"</style><a href="javascript:x"><path d="M0"/></a><image href="x"/><text>x</text><use href="#a"/>
			<foreignObject><p>x</p></foreignObject><defs><path d="M9"/></defs><path id="a" class="b" onclick="x" d="M1" transform="rotate(3) &quot;" xlink:href="x"/></svg>`,
			`<g transform="translate(0.0000 0.0000) scale(1.0000)" fill="currentColor"><path d="M1"></path></g>`,
		},
	} {
		got, err := face.CleanMark(c.svg)
		if err != nil || got != c.want {
			t.Errorf("%s: %v\n%s\nwant\n%s", name, err, got, c.want)
		}
	}
}

func TestMarksThatAreNone(t *testing.T) {
	for svg, want := range map[string]error{
		"":                                     face.ErrMarkEmpty,
		"no":                                   face.ErrMarkEmpty,
		"<p/>":                                 face.ErrMarkSVG,
		"<svg/>":                               face.ErrMarkSVG,
		`<svg viewBox="0 0 0 40"/>`:            face.ErrMarkSVG,
		`<svg viewBox="0 0 NaN 40"/>`:          face.ErrMarkSVG,
		`<svg viewBox="0 0 40"/>`:              face.ErrMarkSVG,
		`<svg viewBox="0 0 40 40">`:            face.ErrMarkSVG,
		`<svg viewBox="0 0 40 40"/>`:           face.ErrMarkEmpty,
		`<svg viewBox="0 0 1 1"></g>`:          face.ErrMarkSVG,
		`<svg viewBox="0 0 9 9">&x;`:           face.ErrMarkSVG,
		strings.Repeat(" ", 32<<10) + "<svg/>": face.ErrMarkSize,
	} {
		if got, err := face.CleanMark(svg); !errors.Is(err, want) {
			t.Errorf("%.40q: %q %v, want %v", svg, got, err, want)
		}
	}
}

// Whatever is read as a mark, what stands in pages is well-formed and of known shapes.
func FuzzCleanMark(f *testing.F) {
	f.Add(`<svg viewBox="0 0 40 40"><path d="M1 2"/></svg>`)
	f.Add(`<svg viewBox="0 0 40 40" fill="none"><g style="fill:red"><a><path d="M1"/></a></g></svg>`)
	f.Add(`<svg viewBox="0 0 40 40">` + strings.Repeat(`<path fill=""/>`, 1500) + `</svg>`)
	f.Add(`<svg width="9" height="8"><rect x="&#34;&gt;"/></svg>`)
	f.Fuzz(func(t *testing.T, svg string) {
		got, err := face.CleanMark(svg)
		if err != nil {
			return
		}
		if again, err := face.Check(face.Face{Name: "이름", Colour: "#0b5f49", Pattern: "dol", Mark: got}, func(string) (face.Brand, error) { return face.Brand{}, nil }); err != nil || again.Mark != got {
			t.Fatalf("saved again, %q is %q: %v", got, again.Mark, err)
		}
		for d := xml.NewDecoder(strings.NewReader(got)); ; {
			token, err := d.Token()
			if errors.Is(err, io.EOF) {
				return
			}
			if err != nil {
				t.Fatalf("%q: %v", got, err)
			}
			if e, ok := token.(xml.StartElement); ok {
				switch e.Name.Local {
				case "g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon":
				default:
					t.Fatalf("%q", got)
				}
				for _, a := range e.Attr {
					if strings.HasPrefix(a.Name.Local, "on") || strings.Contains(a.Value, ":") || strings.Contains(a.Name.Local, "href") {
						t.Fatalf("%q", got)
					}
				}
			}
		}
	})
}

func TestSheet(t *testing.T) {
	f := face.Default("솔뫼대학교 총학생회")
	if f.Hash() != "" {
		t.Errorf("the default face has a sheet of its own: %q", f.Hash())
	}
	g := f
	g.Pattern = "mul"
	h := f
	h.Brand.Dark.Bar = "#123456"
	if g.Hash() == "" || h.Hash() == "" || g.Hash() == h.Hash() || !strings.Contains(h.Sheet(), "--bar:#123456") {
		t.Errorf("%q %q\n%s", g.Hash(), h.Hash(), h.Sheet())
	}
	m := f
	m.Mark = `<path d="M1 2"></path>`
	if f.IconHash() != "" || g.IconHash() != "" || m.IconHash() == "" {
		t.Errorf("icons follow from the mark and the colour alone: %q %q %q", f.IconHash(), g.IconHash(), m.IconHash())
	}
	for _, c := range face.PatternChoices() {
		if face.Patterns()[c.Value] == "" {
			t.Errorf("no pattern is called %s", c.Value)
		}
	}
	if len(face.PatternChoices()) != len(face.Patterns()) {
		t.Error("a pattern has no name")
	}
}
