package icon

import (
	"math"
	"strconv"
	"strings"
)

type point struct{ x, y float64 }

func (p point) add(o point) point       { return point{p.x + o.x, p.y + o.y} }
func (p point) minus(o point) point     { return point{p.x - o.x, p.y - o.y} }
func (p point) times(n float64) point   { return point{p.x * n, p.y * n} }
func (p point) length() float64         { return math.Hypot(p.x, p.y) }
func (p point) across() point           { return point{-p.y, p.x} }
func (p point) cross(o point) float64   { return p.x*o.y - p.y*o.x }
func (p point) dot(o point) float64     { return p.x*o.x + p.y*o.y }
func (p point) mirrored(at point) point { return at.times(2).minus(p) }
func mid(a, b point, at float64) point  { return a.add(b.minus(a).times(at)) }
func (p point) inside(m matrix) point {
	return point{m[0]*p.x + m[2]*p.y + m[4], m[1]*p.x + m[3]*p.y + m[5]}
}
func (m matrix) stretch() float64 { return math.Sqrt(math.Abs(m[0]*m[3] - m[1]*m[2])) }

// matrix is a transformation as SVG's matrix(a b c d e f).
type matrix [6]float64

// then is what is drawn by o inside of m.
func (m matrix) then(o matrix) matrix {
	return matrix{
		m[0]*o[0] + m[2]*o[1], m[1]*o[0] + m[3]*o[1], m[0]*o[2] + m[2]*o[3], m[1]*o[2] + m[3]*o[3],
		m[0]*o[4] + m[2]*o[5] + m[4], m[1]*o[4] + m[3]*o[5] + m[5],
	}
}

// line is a line of straight pieces.
type line struct {
	points []point
	closed bool
}

// pen draws lines; curves become straight pieces of about two pixels.
type pen struct {
	lines []line
	fine  float64 // pixels of a unit
	at    point
}

func (p *pen) move(to point) {
	p.lines = append(p.lines, line{points: []point{to}})
	p.at = to
}

func (p *pen) to(to point) {
	if len(p.lines) == 0 || p.lines[len(p.lines)-1].closed { // what goes on behind a closed one begins where that began
		p.move(p.at)
	}
	last := &p.lines[len(p.lines)-1]
	last.points = append(last.points, to)
	p.at = to
}

func (p *pen) close() {
	if len(p.lines) == 0 {
		return
	}
	last := &p.lines[len(p.lines)-1]
	last.closed = true
	p.at = last.points[0]
}

// pieces is into how many a curve of a length is cut.
func (p *pen) pieces(length float64) int {
	n := length * p.fine / 2
	if !(n > 4) {
		return 4
	}
	return int(min(n, 64))
}

func (p *pen) cubic(b, c, d point) {
	a := p.at
	n := p.pieces(b.minus(a).length() + c.minus(b).length() + d.minus(c).length())
	for i := 1; i < n; i++ {
		t := float64(i) / float64(n)
		ab, bc, cd := mid(a, b, t), mid(b, c, t), mid(c, d, t)
		p.to(mid(mid(ab, bc, t), mid(bc, cd, t), t))
	}
	p.to(d)
}

func (p *pen) quadratic(b, c point) { p.cubic(mid(p.at, b, 2./3), mid(c, b, 2./3), c) }

// arc is SVG's elliptical arc (SVG 2, B.2.4).
func (p *pen) arc(rx, ry, degrees float64, large, sweep bool, to point) {
	from := p.at
	rx, ry = math.Abs(rx), math.Abs(ry)
	if rx == 0 || ry == 0 || from == to {
		p.to(to)
		return
	}
	sin, cos := math.Sincos(degrees * math.Pi / 180)
	half := from.minus(to).times(.5)
	x, y := cos*half.x+sin*half.y, -sin*half.x+cos*half.y
	if over := x*x/(rx*rx) + y*y/(ry*ry); over > 1 {
		rx, ry = rx*math.Sqrt(over), ry*math.Sqrt(over)
	}
	under := rx*rx*y*y + ry*ry*x*x
	away := math.Sqrt(max(0, (rx*rx*ry*ry-under)/under))
	if large == sweep {
		away = -away
	}
	cx, cy := away*rx*y/ry, -away*ry*x/rx
	centre := point{cos*cx - sin*cy, sin*cx + cos*cy}.add(mid(from, to, .5))
	start := math.Atan2((y-cy)/ry, (x-cx)/rx)
	turn := math.Atan2((-y-cy)/ry, (-x-cx)/rx) - start
	if sweep && turn < 0 {
		turn += 2 * math.Pi
	} else if !sweep && turn > 0 {
		turn -= 2 * math.Pi
	}
	n := p.pieces(math.Abs(turn) * max(rx, ry))
	for i := 1; i < n; i++ {
		s, c := math.Sincos(start + turn*float64(i)/float64(n))
		p.to(point{cos*rx*c - sin*ry*s, sin*rx*c + cos*ry*s}.add(centre))
	}
	p.to(to)
}

// counts are how many numbers each command of a path takes.
var counts = map[byte]int{'M': 2, 'L': 2, 'H': 1, 'V': 1, 'C': 6, 'S': 4, 'Q': 4, 'T': 2, 'A': 7, 'Z': 0}

// path draws what a d attribute says, up to where it is wrong.
func (p *pen) path(d string) {
	s := scanner{text: d}
	var control point // of the curve before
	before := byte(0)
	for {
		command, there := s.command()
		if !there {
			return
		}
		upper := command &^ 0x20
		count, known := counts[upper]
		if !known {
			return
		}
		for first := true; first || s.more(); first = false {
			var v [7]float64
			for i := range count {
				read := s.number
				if upper == 'A' && (i == 3 || i == 4) {
					read = s.flag
				}
				n, ok := read()
				if !ok {
					return
				}
				v[i] = n
			}
			from := point{}
			if command&0x20 != 0 { // a small letter
				from = p.at
			}
			if upper == 'M' && !first {
				upper = 'L'
			}
			control = p.follow(upper, v, from, control, before)
			before = upper
			if count == 0 {
				break
			}
		}
	}
}

// follow is one command, whose numbers are from a point on; it is the control point that the next curve may mirror.
func (p *pen) follow(command byte, v [7]float64, from, control point, before byte) point {
	at := func(i int) point { return point{v[i], v[i+1]}.add(from) }
	mirrored := func(of string) point {
		if strings.IndexByte(of, before) < 0 {
			return p.at
		}
		return control.mirrored(p.at)
	}
	switch command {
	case 'M':
		p.move(at(0))
	case 'L':
		p.to(at(0))
	case 'H':
		p.to(point{v[0] + from.x, p.at.y})
	case 'V':
		p.to(point{p.at.x, v[0] + from.y})
	case 'C':
		p.cubic(at(0), at(2), at(4))
		return at(2)
	case 'S':
		p.cubic(mirrored("CS"), at(0), at(2))
		return at(0)
	case 'Q':
		p.quadratic(at(0), at(2))
		return at(0)
	case 'T':
		control = mirrored("QT")
		p.quadratic(control, at(0))
		return control
	case 'A':
		p.arc(v[0], v[1], v[2], v[3] != 0, v[4] != 0, at(5))
	case 'Z':
		p.close()
	}
	return point{}
}

// scanner reads the numbers of an attribute.
type scanner struct{ text string }

func (s *scanner) skip() { s.text = strings.TrimLeft(s.text, " ,\t\r\n\f") }

// command is the letter that is next.
func (s *scanner) command() (byte, bool) {
	s.skip()
	if s.text == "" {
		return 0, false
	}
	c := s.text[0]
	s.text = s.text[1:]
	return c, true
}

// more says whether a number is next.
func (s *scanner) more() bool {
	s.skip()
	return s.text != "" && strings.IndexByte("+-.0123456789", s.text[0]) >= 0
}

// number is the number that is next: they may touch, as in 1-2.5.5.
func (s *scanner) number() (float64, bool) {
	if !s.more() {
		return 0, false
	}
	end, point, exponent := 0, false, false
	for ; end < len(s.text); end++ {
		c := s.text[end]
		switch {
		case c >= '0' && c <= '9':
		case c == '.' && !point && !exponent:
			point = true
		case (c == 'e' || c == 'E') && !exponent && end > 0:
			exponent = true
		case (c == '-' || c == '+') && (end == 0 || s.text[end-1]|0x20 == 'e'):
		default:
			c = 0
		}
		if c == 0 {
			break
		}
	}
	n, err := strconv.ParseFloat(s.text[:end], 64)
	s.text = s.text[end:]
	return n, err == nil && !math.IsInf(n, 0)
}

// flag is a 0 or 1, behind which the next number may stand at once.
func (s *scanner) flag() (float64, bool) {
	if !s.more() || s.text[0] != '0' && s.text[0] != '1' {
		return 0, false
	}
	n := float64(s.text[0] - '0')
	s.text = s.text[1:]
	return n, true
}
