package picture

// shrinker averages rows of interleaved 8-bit samples down to a smaller picture. Every source sample counts with the
// area that it covers, in whole numbers, so nothing is lost between and nothing rings. It holds one row.
//
// A kernel of x/image/draw holds 32 bytes for each pixel of the target's width times the source's height: 150 MB for a
// photograph of 12 megapixels.
type shrinker struct {
	sw, sh, dw, dh, n int
	columns           []column
	row               []uint32 // the source row, averaged horizontally, times sw
	sum               []uint64 // the target row so far, times sw*sh
	room              int      // how much of the target row is not yet covered, of sh
	out               []byte
}

// column is what one target sample covers: the source samples from first to last, those at the ends in part.
type column struct {
	first, last             int
	firstWeight, lastWeight uint32 // of dw
}

func newShrinker(sw, sh, dw, dh, n int) *shrinker {
	s := &shrinker{
		sw: sw, sh: sh, dw: dw, dh: dh, n: n, room: sh,
		columns: make([]column, dw), row: make([]uint32, dw*n), sum: make([]uint64, dw*n), out: make([]byte, 0, dw*dh*n),
	}
	for d := range s.columns {
		// In units of 1/dw of a source sample, target sample d covers [d*sw, (d+1)*sw).
		begin, end := d*sw, (d+1)*sw
		c := column{first: begin / dw, last: (end - 1) / dw}
		c.firstWeight = uint32(min(end, (c.first+1)*dw) - begin)
		if c.last > c.first {
			c.lastWeight = uint32(end - c.last*dw)
		}
		s.columns[d] = c
	}
	return s
}

// add takes the next source row.
func (s *shrinker) add(row []byte) {
	if s.n == 1 {
		s.narrow1(row)
	} else {
		s.narrow(row)
	}
	// In units of 1/dh of a source row, this row brings dh units, and a target row takes sh.
	for units := s.dh; units > 0; {
		take := min(units, s.room)
		for i, v := range s.row {
			s.sum[i] += uint64(v) * uint64(take)
		}
		units -= take
		if s.room -= take; s.room == 0 {
			s.emit()
		}
	}
}

func (s *shrinker) narrow1(row []byte) {
	row = row[:s.sw]
	full := uint32(s.dw)
	for d, c := range s.columns {
		sum := uint32(row[c.first]) * c.firstWeight
		if c.last > c.first {
			inner := uint32(0)
			for _, v := range row[c.first+1 : c.last] {
				inner += uint32(v)
			}
			sum += inner*full + uint32(row[c.last])*c.lastWeight
		}
		s.row[d] = sum
	}
}

func (s *shrinker) narrow(row []byte) {
	full := uint32(s.dw)
	for d, c := range s.columns {
		for k := range s.n {
			sum := uint32(row[c.first*s.n+k]) * c.firstWeight
			if c.last > c.first {
				inner := uint32(0)
				for i := (c.first+1)*s.n + k; i < c.last*s.n; i += s.n {
					inner += uint32(row[i])
				}
				sum += inner*full + uint32(row[c.last*s.n+k])*c.lastWeight
			}
			s.row[d*s.n+k] = sum
		}
	}
}

func (s *shrinker) emit() {
	whole := uint64(s.sw) * uint64(s.sh)
	for i, v := range s.sum {
		s.out = append(s.out, byte((v+whole/2)/whole))
		s.sum[i] = 0
	}
	s.room = s.sh
}
