package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"image"
	"image/draw"
	"io"

	"golang.org/x/image/webp"
)

// webpPicture is what a WebP's chunks say before its samples.
type webpPicture struct {
	canvas   image.Point // from VP8X, else the picture's own
	animated bool
	frame    image.Point // of the first picture
	first    string      // chunk of the first picture: VP8, VP8L, or ALPH, which a VP8 with alpha begins with
}

// perPixel is how many bytes a pixel of the canvas takes while it is decoded: two planes and a half for VP8, rounded up;
// pixels of four bytes for VP8L, twice where they are indices of colours; and both, and the alpha alone, for ALPH. A
// film's first picture that does not fill the canvas is laid on it.
func (p webpPicture) perPixel() int64 {
	n := int64(2)
	switch p.first {
	case "VP8L":
		n = 8
	case "ALPH":
		n = 11
	}
	if p.animated {
		n += 4
	}
	return n
}

// webpHeader walks the chunks to the first picture. A file may announce a small canvas and then hold a large picture, so
// both are read: the decoder believes the picture.
func webpHeader(r *bufio.Reader) (webpPicture, error) {
	var p webpPicture
	if _, err := r.Discard(12); err != nil {
		return p, err
	}
	for {
		head, err := r.Peek(8 + 24)
		if len(head) < 8 {
			return p, fmt.Errorf("no picture: %w", err)
		}
		name, data := string(head[:4]), head[8:]
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if name == "ANMF" && p.animated && len(data) >= 24 {
			// The frame's header is 16 bytes; its chunks follow.
			at := image.Pt(1+u24(data[6:]), 1+u24(data[9:]))
			if at.X > p.canvas.X || at.Y > p.canvas.Y {
				return p, errors.New("a frame larger than the canvas")
			}
			p.frame = at
			p.first = string(data[16:20])
			return p, nil
		}
		switch {
		case name == "ALPH":
			p.first = name
		case name == "VP8X" && len(data) >= 10:
			p.animated = data[0]&2 != 0
			p.canvas = image.Pt(1+u24(data[4:]), 1+u24(data[7:]))
		case name == "VP8 " || name == "VP8L":
			size, err := bitstreamSize(name, data)
			if err != nil {
				return p, err
			}
			if p.canvas == (image.Point{}) {
				p.canvas = size
			}
			if p.animated || size != p.canvas {
				return p, errors.New("a picture of another size than the canvas")
			}
			if p.frame = size; p.first == "" {
				p.first = name
			}
			return p, nil
		}
		if _, err := io.CopyN(io.Discard, r, 8+length+length&1); err != nil {
			return p, err
		}
	}
}

func u24(b []byte) int { return int(b[0]) | int(b[1])<<8 | int(b[2])<<16 }

func bitstreamSize(name string, b []byte) (image.Point, error) {
	switch {
	case name == "VP8L" && len(b) >= 5 && b[0] == 0x2f:
		bits := binary.LittleEndian.Uint32(b[1:])
		return image.Pt(1+int(bits&0x3fff), 1+int(bits>>14&0x3fff)), nil
	case name == "VP8 " && len(b) >= 10 && string(b[3:6]) == "\x9d\x01\x2a":
		return image.Pt(int(binary.LittleEndian.Uint16(b[6:])&0x3fff), int(binary.LittleEndian.Uint16(b[8:])&0x3fff)), nil
	}
	return image.Point{}, fmt.Errorf("chunk %q without a header", name)
}

// decodeWebP decodes a picture, or the first one of a film, which x/image/webp does not know: its chunks are given to
// the decoder as a file of their own.
func decodeWebP(r io.Reader) (image.Image, error) {
	in := bufio.NewReader(r)
	head, err := in.Peek(32)
	if err != nil || string(head[12:16]) != "VP8X" || head[20]&2 == 0 {
		return decodeStill(in)
	}
	canvas := image.Rect(0, 0, 1+u24(head[24:]), 1+u24(head[27:]))
	if _, err := in.Discard(12); err != nil {
		return nil, err
	}
	for {
		var head [8]byte
		if _, err := io.ReadFull(in, head[:]); err != nil {
			return nil, fmt.Errorf("no picture: %w", err)
		}
		length := int64(binary.LittleEndian.Uint32(head[4:]))
		if string(head[:4]) != "ANMF" {
			if _, err := io.CopyN(io.Discard, in, length+length&1); err != nil {
				return nil, err
			}
			continue
		}
		var frame bytes.Buffer
		if _, err := io.CopyN(&frame, in, length); err != nil || length < 24 {
			return nil, fmt.Errorf("frame of %d bytes: %w", length, errors.Join(err, io.ErrUnexpectedEOF))
		}
		alone, err := standalone(frame.Bytes())
		if err != nil {
			return nil, err
		}
		first, err := decodeStill(bytes.NewReader(alone))
		if err != nil {
			return nil, err
		}
		at := image.Pt(2*u24(frame.Bytes()), 2*u24(frame.Bytes()[3:]))
		where := first.Bounds().Add(at)
		if where == canvas {
			return first, nil
		}
		if !where.In(canvas) {
			return nil, errors.New("a frame outside the canvas")
		}
		whole := image.NewRGBA(canvas)
		draw.Draw(whole, where, first, first.Bounds().Min, draw.Src)
		return whole, nil
	}
}

// decodeStill decodes one picture, to the colours that image's own types mean: x/image/webp leaves the planes as they
// are stored, in video range.
func decodeStill(r io.Reader) (image.Image, error) {
	m, err := webp.Decode(r)
	switch m := m.(type) {
	case *image.YCbCr:
		expand(m.Y, m.Cb, m.Cr)
	case *image.NYCbCrA:
		expand(m.Y, m.Cb, m.Cr)
	}
	return m, err
}

// expand turns the video range of WebP's planes, luma 16 to 235 and chroma 16 to 240 (ITU-R BT.601), into the full range
// of JPEG's.
func expand(planes ...[]byte) {
	for i, plane := range planes {
		for j, v := range plane {
			if i == 0 {
				plane[j] = byte(min(max((int(v)-16)*255/219, 0), 255))
			} else {
				plane[j] = byte(min(max(128+(int(v)-128)*255/224, 0), 255))
			}
		}
	}
}

// standalone makes a file of a frame: RIFF, a VP8X chunk when it has alpha, and the frame's chunks.
func standalone(frame []byte) ([]byte, error) {
	body := []byte("WEBP")
	size, chunks := frame[6:12], frame[16:]
	picture := chunks
	if string(chunks[:4]) == "ALPH" {
		body = append(body, "VP8X\x0a\x00\x00\x00\x10\x00\x00\x00"...)
		body = append(body, size...)
		length := int64(binary.LittleEndian.Uint32(chunks[4:]))
		if 8+length+length&1 > int64(len(chunks)) {
			return nil, io.ErrUnexpectedEOF
		}
		picture = chunks[8+length+length&1:]
	}
	if len(picture) < 18 {
		return nil, io.ErrUnexpectedEOF
	}
	own, err := bitstreamSize(string(picture[:4]), picture[8:])
	if err != nil {
		return nil, err
	}
	if own != image.Pt(1+u24(size), 1+u24(size[3:])) {
		return nil, errors.New("a frame of two sizes")
	}
	body = append(body, chunks...)
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...), nil
}
