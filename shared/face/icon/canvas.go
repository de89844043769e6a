package icon

import (
	"cmp"
	"errors"
	"math"
	"slices"
)

// errTooMuch is of a mark that takes longer to draw than any that was drawn by hand.
var errTooMuch = errors.New("icon: the mark is too large to be drawn")

// rows is into how many rows a pixel is cut.
const rows = 4

// mostCrossings is how many edges one shape may have, and how often they may cross its rows, and mostOfAll that of all of them:
// a mark of a hundred shapes of the icon's height has half a million.
const (
	mostCrossings = 1 << 20
	mostOfAll     = 1 << 22
)

// farthest is how far away from the icon, in pixels, a mark may go on: beyond it numbers lose what is behind their point.
const farthest = 1e9

// canvas is how much of each pixel is covered, from 0 to 1.
type canvas struct {
	side    int
	covered []float32
	rows    [][]crossing // of the shape that is being drawn
	crossed int          // of this shape
	before  int          // of those before
	top     int          // the first of its rows,
	bottom  int          // and the one behind the last
}

// crossing is where an edge crosses a row, downwards (1) or upwards (-1).
type crossing struct {
	x       float64
	winding int
}

func newCanvas(side int) *canvas {
	return &canvas{side: side, covered: make([]float32, side*side), top: side * rows, rows: make([][]crossing, side*rows)}
}

// shape draws lines as a style has them painted: filled, then drawn along.
func (c *canvas) shape(list []line, s style) error {
	if len(list) == 0 {
		return nil
	}
	if s.fill {
		for _, l := range list {
			if err := c.outline(l.points, s.at); err != nil {
				return err
			}
		}
		c.paint(s.evenOdd)
	}
	if !s.stroke || !(s.width > 0) {
		return nil
	}
	st := stroker{canvas: c, style: s, half: s.width / 2}
	for _, l := range list {
		st.line(l)
	}
	if st.err != nil {
		return st.err
	}
	c.paint(false)
	return nil
}

// outline adds the edges of an area.
func (c *canvas) outline(points []point, at matrix) error {
	for i, p := range points {
		from, to := p.inside(at), points[(i+1)%len(points)].inside(at)
		winding := 1
		if from.y > to.y {
			from, to, winding = to, from, -1
		}
		if !(max(math.Abs(from.x), math.Abs(from.y), math.Abs(to.x), math.Abs(to.y)) < farthest) { // NaN is none
			return errTooMuch
		}
		first, last := c.row(from.y), c.row(to.y)
		if c.crossed += 1 + last - first; c.crossed > mostCrossings || c.before+c.crossed > mostOfAll {
			return errTooMuch
		}
		c.top, c.bottom = min(c.top, first), max(c.bottom, last)
		for row := first; row < last; row++ {
			y := (float64(row) + .5) / rows
			c.rows[row] = append(c.rows[row], crossing{from.x + (to.x-from.x)*(y-from.y)/(to.y-from.y), winding})
		}
	}
	return nil
}

// row is the first row whose middle is not above y.
func (c *canvas) row(y float64) int {
	return int(min(max(math.Ceil(y*rows-.5), 0), float64(len(c.rows))))
}

// paint covers what is inside of the edges, and forgets them.
func (c *canvas) paint(evenOdd bool) {
	cover := make([]float32, c.side)
	for y := c.top / rows; y*rows < c.bottom; y++ {
		clear(cover)
		for row := y * rows; row < (y+1)*rows; row++ {
			list := c.rows[row]
			slices.SortFunc(list, func(a, b crossing) int { return cmp.Compare(a.x, b.x) })
			winding := 0
			for i := 0; i+1 < len(list); i++ {
				if winding += list[i].winding; winding != 0 && (!evenOdd || i%2 == 0) {
					span(cover, list[i].x, list[i+1].x)
				}
			}
			c.rows[row] = list[:0]
		}
		for x, more := range cover {
			at := &c.covered[y*c.side+x]
			*at += (1 - *at) * min(more, 1)
		}
	}
	c.before += c.crossed
	c.crossed, c.top, c.bottom = 0, len(c.rows), 0
}

// span covers a row from one place to another.
func span(cover []float32, from, to float64) {
	from, to = max(from, 0), min(to, float64(len(cover)))
	for x := int(from); float64(x) < to; x++ {
		cover[x] += float32((min(to, float64(x)+1) - max(from, float64(x))) / rows)
	}
}

// stroker draws along lines: a box for each straight piece, and what joins them. All of them are drawn the same way round, so
// that none cuts out another.
type stroker struct {
	*canvas
	style
	half float64
	err  error
}

func (s *stroker) line(l line) {
	points := slices.CompactFunc(slices.Clone(l.points), func(a, b point) bool { return a == b })
	if l.closed && len(points) > 1 && points[0] == points[len(points)-1] {
		points = points[:len(points)-1]
	}
	if len(points) == 1 {
		if s.lineCap != "butt" { // a dot
			s.end(points[0], point{-1, 0})
			s.end(points[0], point{1, 0})
		}
		return
	}
	count := len(points) - 1
	if l.closed {
		count++
	}
	for i := 0; i < count && s.err == nil; i++ {
		from, to := points[i], points[(i+1)%len(points)]
		aside := to.minus(from).across().times(s.half / to.minus(from).length())
		s.area(from.add(aside), to.add(aside), to.minus(aside), from.minus(aside))
		if i+1 < count || l.closed {
			s.join(from, to, points[(i+2)%len(points)])
		}
	}
	if !l.closed {
		s.end(points[0], unit(points[0].minus(points[1])))
		s.end(points[count], unit(points[count].minus(points[count-1])))
	}
}

func unit(p point) point { return p.times(1 / p.length()) }

// join fills the outer side of a corner.
func (s *stroker) join(from, at, to point) {
	in, out := unit(at.minus(from)), unit(to.minus(at))
	turn := in.cross(out)
	if s.joining == "round" {
		s.round(at)
		return
	}
	side := s.half
	if turn > 0 {
		side = -side
	}
	a, b := at.add(in.across().times(side)), at.add(out.across().times(side))
	s.area(at, a, b)
	cos := in.dot(out) // 1 where it goes straight on
	if s.joining != "bevel" && cos > -1 && math.Sqrt(2/(1+cos)) <= s.miter {
		half := in.across().add(out.across()).times(side)
		s.area(a, at.add(half.times(1/(1+cos))), b)
	}
}

// end is what stands beyond the end of a line, in a direction of length 1.
func (s *stroker) end(at, beyond point) {
	switch s.lineCap {
	case "round":
		s.round(at)
	case "square":
		aside, beyond := beyond.across().times(s.half), beyond.times(s.half)
		s.area(at.add(aside), at.add(aside).add(beyond), at.minus(aside).add(beyond), at.minus(aside))
	}
}

func (s *stroker) round(at point) {
	p := pen{fine: s.at.stretch()}
	p.ellipse(at.x, at.y, s.half, s.half)
	s.area(p.lines[0].points...)
}

// area fills a convex area whichever way round its corners are.
func (s *stroker) area(corners ...point) {
	sum := 0.
	for i, p := range corners {
		sum += p.cross(corners[(i+1)%len(corners)])
	}
	if sum < 0 {
		slices.Reverse(corners)
	}
	if s.err == nil {
		s.err = s.outline(corners, s.style.at)
	}
}
