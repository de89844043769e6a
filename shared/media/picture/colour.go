package picture

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/color"
	"io"

	"github.com/kovidgoyal/imaging/prism/meta/icc"
)

// maxProfile is the largest profile of colours that is read, in bytes: those of presses have one or two MB.
const maxProfile = 4 << 20

// profileOf is the profile (ICC.1) that a picture carries, or nil.
func profileOf(r io.Reader, format string) []byte {
	in := bufio.NewReader(io.LimitReader(r, maxHeader))
	switch format {
	case "jpeg":
		return jpegProfile(in)
	case "png":
		chunk := chunkOf(in, 8, "iCCP", binary.BigEndian, false, maxProfile)
		_, packed, found := bytes.Cut(chunk, []byte{0}) // a name, then how it is packed, of which there is one way
		if !found || len(packed) < 2 {
			return nil
		}
		z, err := zlib.NewReader(bytes.NewReader(packed[1:]))
		if err != nil {
			return nil
		}
		profile, err := io.ReadAll(io.LimitReader(z, maxProfile+1))
		if err != nil || len(profile) > maxProfile {
			return nil
		}
		return profile
	case "webp":
		return chunkOf(in, 12, "ICCP", binary.LittleEndian, true, maxProfile)
	}
	return nil
}

// jpegProfile puts a profile together that lies in one segment or several, each with its number and how many there are
// (ICC.1, annex B.4).
func jpegProfile(r *bufio.Reader) []byte {
	const name, head = "ICC_PROFILE\x00", 14
	if _, err := r.Discard(2); err != nil {
		return nil
	}
	pieces := map[byte][]byte{}
	for {
		marker, length, err := nextSegment(r)
		if err != nil { // also where the picture begins
			break
		}
		if marker != 0xe2 || length < head {
			if _, err := r.Discard(length); err != nil {
				break
			}
			continue
		}
		block := make([]byte, length)
		if _, err := io.ReadFull(r, block); err != nil {
			break
		}
		if bytes.HasPrefix(block, []byte(name)) {
			pieces[block[12]] = block[head:]
		}
	}
	var profile []byte
	for i := 1; i <= len(pieces); i++ {
		piece, there := pieces[byte(i)]
		if !there || len(profile)+len(piece) > maxProfile {
			return nil
		}
		profile = append(profile, piece...)
	}
	return profile
}

// lattice turns colours of a profile into sRGB: the profile is asked at some points of each channel, and what lies between
// is interpolated. The error is below what eight bits tell.
type lattice struct {
	channels int // 3 for RGB, 4 for CMYK
	points   int // of each channel
	table    []float32
}

// maxTags is how many tags a profile may have; those of presses have some twenty.
const maxTags = 100

// soundProfile says whether a profile's tags lie in it (ICC.1, 7.3), and its curves (10.6): its reader makes room for as much
// as they claim.
func soundProfile(b []byte) bool {
	if len(b) < 132 {
		return false
	}
	be := binary.BigEndian
	count := int64(be.Uint32(b[128:]))
	data := 132 + 12*count
	if count > maxTags || data > int64(len(b)) {
		return false
	}
	for row := b[132:data]; len(row) > 0; row = row[12:] {
		if begin, n := int64(be.Uint32(row[4:])), int64(be.Uint32(row[8:])); begin < data || begin+n > int64(len(b)) {
			return false
		}
	}
	for rest := b; ; rest = rest[4:] {
		at := bytes.Index(rest, []byte("curv"))
		if at < 0 || len(rest)-at < 12 {
			return true
		}
		if rest = rest[at:]; int64(be.Uint32(rest[8:])) > int64(len(rest)-12)/2 {
			return false
		}
	}
}

// newLattice makes the lattice of a profile. It is nil where there is nothing to do or the profile cannot be used: a
// picture without one is sRGB, and is shown as that. A profile comes from anywhere, and its reader may not have expected it.
func newLattice(profile []byte) (l *lattice) {
	if !soundProfile(profile) {
		return nil
	}
	defer func() {
		if recover() != nil {
			l = nil
		}
	}()
	p, err := icc.DecodeProfile(bytes.NewReader(profile))
	if err != nil {
		return nil
	}
	l = &lattice{channels: 3, points: 33}
	switch p.Header.DataColorSpace {
	case icc.ColorSpaceRGB:
		if p.IsSRGB() {
			return nil
		}
	case icc.ColorSpaceCMYK:
		l.channels, l.points = 4, 17
	default:
		return nil
	}
	way, err := p.CreateTransformerToSRGB(p.Header.RenderingIntent, true, l.channels, true, false, true)
	if err != nil {
		return nil
	}
	all := 1
	for range l.channels {
		all *= l.points
	}
	l.table = make([]float32, 0, 3*all)
	in, out := make([]float64, 4), make([]float64, 4)
	for i := range all {
		for c, rest := l.channels-1, i; c >= 0; c, rest = c-1, rest/l.points {
			in[c] = float64(rest%l.points) / float64(l.points-1)
		}
		if l.channels == 3 {
			out[0], out[1], out[2] = way.Transform(in[0], in[1], in[2])
		} else {
			way.TransformGeneral(out, in)
		}
		for _, v := range out[:3] {
			l.table = append(l.table, float32(255*min(max(v, 0), 1)))
		}
	}
	return l
}

// at is the sRGB of a colour of as many bytes as there are channels.
func (l *lattice) at(in []byte) (r, g, b byte) {
	var cell [4]int
	var part [4]float32
	for c := range l.channels {
		v := int(in[c]) * (l.points - 1)
		cell[c] = min(v/255, l.points-2)
		part[c] = float32(v-255*cell[c]) / 255
	}
	var sum [3]float32
	for corner := range 1 << l.channels {
		weight, index := float32(1), 0
		for c := range l.channels {
			high := corner >> c & 1
			index = index*l.points + cell[c] + high
			if high == 1 {
				weight *= part[c]
			} else {
				weight *= 1 - part[c]
			}
		}
		if weight == 0 {
			continue
		}
		for k := range sum {
			sum[k] += weight * l.table[3*index+k]
		}
	}
	return byte(sum[0] + 0.5), byte(sum[1] + 0.5), byte(sum[2] + 0.5)
}

// inColours is a raster in sRGB.
func (r *raster) inColours(l *lattice) *raster {
	switch {
	case r.cmyk && (l == nil || l.channels != 4):
		for i := 0; i < len(r.rgba); i += 4 {
			c := r.rgba[i : i+4]
			c[0], c[1], c[2] = color.CMYKToRGB(c[0], c[1], c[2], c[3])
			c[3] = 0xff
		}
		r.cmyk = false
		return r
	case l == nil || l.channels == 4 && !r.cmyk:
		return r
	}
	out := r
	if r.rgba == nil {
		out = &raster{w: r.w, h: r.h, rgba: make([]byte, 0, 4*r.w*r.h)}
		m, planes := r.image().(*image.YCbCr)
		if !planes {
			return r
		}
		for y := range r.h {
			for x := range r.w {
				red, green, blue := color.YCbCrToRGB(m.Y[m.YOffset(x, y)], m.Cb[m.COffset(x, y)], m.Cr[m.COffset(x, y)])
				out.rgba = append(out.rgba, red, green, blue, 0xff)
			}
		}
	}
	for i := 0; i < len(out.rgba); i += 4 {
		c := out.rgba[i : i+4]
		c[0], c[1], c[2] = l.at(c)
		c[3] = 0xff
	}
	out.cmyk = false
	return out
}

// chunkOf looks through the chunks of a PNG (length, name, data, check) or a WebP (name, length, data, padding) for one of
// at most most bytes; it is nil where there is none.
func chunkOf(r *bufio.Reader, begin int, name string, order binary.ByteOrder, nameFirst bool, most int64) []byte {
	if _, err := r.Discard(begin); err != nil {
		return nil
	}
	for {
		block, err := nextChunk(r, name, order, nameFirst, most)
		if block != nil || err != nil {
			return block
		}
	}
}

func nextChunk(r *bufio.Reader, name string, order binary.ByteOrder, nameFirst bool, most int64) ([]byte, error) {
	head, err := r.Peek(8)
	if err != nil {
		return nil, fmt.Errorf("chunk: %w", err)
	}
	found, length, rest := string(head[4:]), int64(order.Uint32(head)), int64(4)
	if nameFirst {
		found, length = string(head[:4]), int64(order.Uint32(head[4:]))
		rest = length & 1
	}
	if _, err := r.Discard(8); err != nil {
		return nil, fmt.Errorf("chunk: %w", err)
	}
	if found != name || length > most {
		_, err := io.CopyN(io.Discard, r, length+rest)
		return nil, err
	}
	block := make([]byte, length)
	if _, err := io.ReadFull(r, block); err != nil {
		return nil, errors.Join(io.ErrUnexpectedEOF, err)
	}
	return block, nil
}
