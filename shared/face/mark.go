package face

import (
	"encoding/xml"
	"errors"
	"fmt"
	"html"
	"io"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// MarkLimit is the largest SVG that is read as a mark, in bytes: one drawn by hand has two or
// three thousand.
const MarkLimit = 32 << 10

// Errors of CleanMark.
var (
	ErrMarkSize  = fmt.Errorf("face: the mark is larger than %d bytes", MarkLimit)
	ErrMarkSVG   = errors.New("face: the mark is no SVG with a size")
	ErrMarkEmpty = errors.New("face: the mark draws nothing")
)

// What is kept of an SVG: shapes, and what says where they are and how thick.
var (
	shapes     = []string{"g", "path", "circle", "ellipse", "rect", "line", "polyline", "polygon"}
	attributes = []string{
		"d", "cx", "cy", "r", "rx", "ry", "x", "y", "width", "height", "x1", "y1", "x2", "y2", "points", "transform",
		"stroke-width", "stroke-linecap", "stroke-linejoin", "stroke-miterlimit", "stroke-dasharray", "fill-rule", "clip-rule",
	}
	paints   = []string{"fill", "stroke"}
	harmless = regexp.MustCompile(`^[0-9a-zA-Z.,\s()+-]*$`)
)

// CleanMark is the inside of an SVG with viewBox 0 0 40 40 that draws what another SVG draws, in
// the colour of the text around it: shapes alone, without styles, scripts, texts, pictures, names
// and addresses.
func CleanMark(svg string) (string, error) {
	if len(svg) > MarkLimit {
		return "", ErrMarkSize
	}
	d := xml.NewDecoder(strings.NewReader(svg))
	var out strings.Builder
	var ends []string // what closes each open element; "" for what is left out
	drawn, hidden := false, 0
	for {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return "", ErrMarkSVG
		}
		switch e := token.(type) {
		case xml.StartElement:
			name := e.Name.Local
			switch {
			case len(ends) == 0:
				scale, ok := fit(e)
				if name != "svg" || !ok {
					return "", ErrMarkSVG
				}
				paint := painted(e) + drawnBy(e)
				if !strings.Contains(paint, "fill=") {
					paint = ` fill="currentColor"` + paint
				}
				out.WriteString(`<g transform="` + scale + `"` + paint + ">")
				ends = append(ends, "</g>")
			case hidden > 0 || !slices.Contains(shapes, name):
				hidden++
				ends = append(ends, "")
			default:
				out.WriteString("<" + name + placed(e) + painted(e) + ">")
				ends = append(ends, "</"+name+">")
				drawn = drawn || name != "g"
			}
		case xml.EndElement:
			last := ends[len(ends)-1]
			ends = ends[:len(ends)-1]
			out.WriteString(last)
			if last == "" {
				hidden--
			}
		}
	}
	if !drawn {
		return "", ErrMarkEmpty
	}
	if out.Len() > MarkLimit-len(wrapped("")) { // what is kept can be saved again
		return "", ErrMarkSize
	}
	return out.String(), nil
}

// wrapped is the inside of an SVG with viewBox 0 0 40 40 as an SVG.
func wrapped(inside string) string { return `<svg viewBox="0 0 40 40">` + inside + `</svg>` }

// fit is the transformation of an SVG's own room into 40 by 40.
func fit(svg xml.StartElement) (string, bool) {
	var box [4]float64
	for _, a := range svg.Attr {
		switch a.Name.Local {
		case "viewBox":
			fields := strings.FieldsFunc(a.Value, func(r rune) bool { return r == ',' || r == ' ' })
			if len(fields) != 4 {
				return "", false
			}
			for i, f := range fields {
				n, err := strconv.ParseFloat(f, 64)
				if err != nil {
					return "", false
				}
				box[i] = n
			}
		case "width", "height":
			n, err := strconv.ParseFloat(strings.TrimSuffix(a.Value, "px"), 64)
			if i := map[string]int{"width": 2, "height": 3}[a.Name.Local]; err == nil && box[i] == 0 {
				box[i] = n
			}
		}
	}
	if !(box[2] > 0 && box[3] > 0 && box[2] < 1e6 && box[3] < 1e6 && box[0] > -1e6 && box[0] < 1e6 && box[1] > -1e6 && box[1] < 1e6) {
		return "", false
	}
	scale := 40 / max(box[2], box[3])
	number := func(n float64) string { return strconv.FormatFloat(n, 'f', 4, 64) }
	return fmt.Sprintf("translate(%s %s) scale(%s)", number((40-box[2]*scale)/2-box[0]*scale), number((40-box[3]*scale)/2-box[1]*scale), number(scale)), true
}

// drawnBy are what an SVG says of how all of its lines are drawn: where it is says fit.
func drawnBy(svg xml.StartElement) string {
	svg.Attr = slices.DeleteFunc(slices.Clone(svg.Attr), func(a xml.Attr) bool {
		return !strings.HasPrefix(a.Name.Local, "stroke-") && !strings.HasSuffix(a.Name.Local, "-rule")
	})
	return placed(svg)
}

// placed are the attributes that say where a shape is and how its lines are drawn.
func placed(e xml.StartElement) string {
	var out strings.Builder
	for _, a := range e.Attr {
		if a.Name.Space == "" && slices.Contains(attributes, a.Name.Local) && harmless.MatchString(a.Value) {
			out.WriteString(" " + a.Name.Local + `="` + html.EscapeString(a.Value) + `"`)
		}
	}
	return out.String()
}

// painted are what is filled and drawn, in one colour, whether attributes or a style say so.
func painted(e xml.StartElement) string {
	paint := map[string]string{}
	for _, a := range e.Attr {
		if a.Name.Space != "" {
			continue
		}
		if slices.Contains(paints, a.Name.Local) {
			paint[a.Name.Local] = a.Value
		}
		if a.Name.Local != "style" {
			continue
		}
		for rule := range strings.SplitSeq(a.Value, ";") {
			name, value, _ := strings.Cut(rule, ":")
			if name = strings.TrimSpace(name); slices.Contains(paints, name) {
				paint[name] = strings.TrimSpace(value)
			}
		}
	}
	out := ""
	for _, name := range paints {
		if value, ok := paint[name]; ok {
			if value != "none" {
				value = "currentColor"
			}
			out += " " + name + `="` + value + `"`
		}
	}
	return out
}
