package icon

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

// style is what a shape inherits: how it is painted and where it is. A dashed line is drawn whole.
type style struct {
	fill, stroke     bool
	evenOdd          bool
	width, miter     float64
	lineCap, joining string
	at               matrix
}

// draw is a mark, as face.CleanMark makes it, on a canvas of a side in pixels.
func draw(mark string, at matrix, side int) (*canvas, error) {
	c := newCanvas(side)
	styles := []style{{fill: true, width: 1, miter: 4, lineCap: "butt", joining: "miter", at: at}}
	for d := xml.NewDecoder(strings.NewReader("<g>" + mark + "</g>")); ; {
		token, err := d.Token()
		if errors.Is(err, io.EOF) {
			return c, nil
		}
		if err != nil {
			return nil, fmt.Errorf("icon: %w", err)
		}
		switch e := token.(type) {
		case xml.StartElement:
			own := styles[len(styles)-1]
			attributes := map[string]string{}
			for _, a := range e.Attr {
				attributes[a.Name.Local] = strings.TrimSpace(a.Value)
			}
			own.take(attributes)
			styles = append(styles, own)
			if err := c.shape(lines(e.Name.Local, attributes, own.at), own); err != nil {
				return nil, err
			}
		case xml.EndElement:
			styles = styles[:len(styles)-1]
		}
	}
}

// take is what an element's attributes change.
func (s *style) take(attributes map[string]string) {
	for _, name := range slices.Sorted(maps.Keys(attributes)) {
		value := attributes[name]
		switch name {
		case "fill":
			s.fill = value != "none"
		case "stroke":
			s.stroke = value != "none"
		case "fill-rule":
			s.evenOdd = value == "evenodd"
		case "stroke-width":
			s.width = number(value, s.width)
		case "stroke-miterlimit":
			s.miter = number(value, s.miter)
		case "stroke-linecap":
			s.lineCap = value
		case "stroke-linejoin":
			s.joining = value
		case "transform":
			s.at = s.at.then(transformation(value))
		}
	}
}

// number is a length without unit, or in px; otherwise it is what it was.
func number(text string, otherwise float64) float64 {
	n, err := strconv.ParseFloat(strings.TrimSuffix(text, "px"), 64)
	if err != nil || math.IsNaN(n) || math.IsInf(n, 0) {
		return otherwise
	}
	return n
}

// lines are the lines of an element in its own room; none for one that is no shape.
func lines(name string, attributes map[string]string, at matrix) []line {
	n := func(attribute string) float64 { return number(attributes[attribute], 0) }
	p := pen{fine: at.stretch()}
	switch name {
	case "path":
		p.path(attributes["d"])
	case "rect":
		p.rect(n("x"), n("y"), n("width"), n("height"), attributes)
	case "circle":
		p.ellipse(n("cx"), n("cy"), n("r"), n("r"))
	case "ellipse":
		p.ellipse(n("cx"), n("cy"), n("rx"), n("ry"))
	case "line":
		p.move(point{n("x1"), n("y1")})
		p.to(point{n("x2"), n("y2")})
	case "polyline", "polygon":
		s := scanner{text: attributes["points"]}
		for first := true; ; first = false {
			x, there := s.number()
			y, whole := s.number()
			if !there || !whole {
				break
			}
			if first {
				p.move(point{x, y})
			} else {
				p.to(point{x, y})
			}
		}
		if name == "polygon" {
			p.close()
		}
	}
	return p.lines
}

// rect is a rectangle, whose corners are round where rx or ry say so.
func (p *pen) rect(x, y, w, h float64, attributes map[string]string) {
	if w <= 0 || h <= 0 {
		return
	}
	rx, ry := number(attributes["rx"], -1), number(attributes["ry"], -1)
	if rx < 0 {
		rx = ry
	}
	if ry < 0 {
		ry = rx
	}
	rx, ry = min(max(rx, 0), w/2), min(max(ry, 0), h/2)
	p.move(point{x + rx, y})
	for _, corner := range [][2]point{
		{{x + w - rx, y}, {x + w, y + ry}}, {{x + w, y + h - ry}, {x + w - rx, y + h}}, {{x + rx, y + h}, {x, y + h - ry}}, {{x, y + ry}, {x + rx, y}},
	} {
		p.to(corner[0])
		if rx > 0 && ry > 0 {
			p.arc(rx, ry, 0, false, true, corner[1])
		}
	}
	p.close()
}

func (p *pen) ellipse(cx, cy, rx, ry float64) {
	if rx <= 0 || ry <= 0 {
		return
	}
	p.move(point{cx - rx, cy})
	p.arc(rx, ry, 0, false, true, point{cx + rx, cy})
	p.arc(rx, ry, 0, false, true, point{cx - rx, cy})
	p.close()
}

// transformation is what a transform attribute says, from the outermost on.
func transformation(text string) matrix {
	m := matrix{1, 0, 0, 1, 0, 0}
	for text != "" {
		name, rest, open := strings.Cut(text, "(")
		inside, behind, closed := strings.Cut(rest, ")")
		if !open || !closed {
			return m
		}
		text = behind
		var v [6]float64
		count := 0
		for s := (scanner{text: inside}); count < len(v); count++ {
			n, there := s.number()
			if !there {
				break
			}
			v[count] = n
		}
		m = m.then(step(strings.Trim(name, " ,\t\r\n"), v, count))
	}
	return m
}

func step(name string, v [6]float64, count int) matrix {
	radians := v[0] * math.Pi / 180
	switch name {
	case "matrix":
		return matrix(v)
	case "translate":
		return matrix{1, 0, 0, 1, v[0], v[1]}
	case "scale":
		if count == 1 {
			v[1] = v[0]
		}
		return matrix{v[0], 0, 0, v[1], 0, 0}
	case "rotate":
		sin, cos := math.Sincos(radians)
		return matrix{1, 0, 0, 1, v[1], v[2]}.then(matrix{cos, sin, -sin, cos, 0, 0}).then(matrix{1, 0, 0, 1, -v[1], -v[2]})
	case "skewX":
		return matrix{1, 0, math.Tan(radians), 1, 0, 0}
	case "skewY":
		return matrix{1, math.Tan(radians), 0, 1, 0, 0}
	default:
		return matrix{1, 0, 0, 1, 0, 0}
	}
}
