package picture

import (
	"bufio"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
)

// jpegHeader reads a JPEG's size from its first frame header, and how many bytes a pixel takes while it is decoded: a
// progressive picture is kept whole as coefficients of four bytes a sample before it becomes samples of one. Four
// components become CMYK beside their planes, and three that JFIF does not call YCbCr may become RGB, of four bytes each.
func jpegHeader(r *bufio.Reader) (w, h int, perPixel int64, err error) {
	if _, err := r.Discard(2); err != nil {
		return 0, 0, 0, err
	}
	jfif := false
	for {
		marker, length, err := nextSegment(r)
		if err != nil {
			return 0, 0, 0, err
		}
		frame := marker >= 0xc0 && marker <= 0xcf && marker != 0xc4 && marker != 0xc8 && marker != 0xcc
		switch {
		case !frame:
			if head, err := r.Peek(min(length, 5)); marker == 0xe0 && err == nil && string(head) == "JFIF\x00" {
				jfif = true
			}
			if _, err := r.Discard(length); err != nil {
				return 0, 0, 0, err
			}
			continue
		case marker > 0xc2 || length < 9:
			return 0, 0, 0, fmt.Errorf("frame header 0x%x of %d bytes", marker, length)
		}
		header := make([]byte, length)
		if _, err := io.ReadFull(r, header); err != nil {
			return 0, 0, 0, err
		}
		h, w = int(binary.BigEndian.Uint16(header[1:])), int(binary.BigEndian.Uint16(header[3:]))
		samples, largest := int64(0), int64(1)
		for c := header[6:]; len(c) >= 3; c = c[3:] {
			n := int64(c[1]>>4) * int64(c[1]&15)
			samples, largest = samples+n, max(largest, n)
		}
		if marker == 0xc2 {
			samples *= 5
		}
		perPixel = (samples + largest - 1) / largest
		if n := header[5]; n == 4 || n == 3 && !jfif {
			perPixel += 4
		}
		return w, h, perPixel, nil
	}
}

// nextSegment moves to the data of the next segment with a length.
func nextSegment(r *bufio.Reader) (marker byte, length int, err error) {
	for {
		b, err := r.ReadByte()
		if err != nil {
			return 0, 0, err
		}
		if b != 0xff {
			return 0, 0, errors.New("no marker where one must be")
		}
		for marker = 0xff; marker == 0xff; {
			if marker, err = r.ReadByte(); err != nil {
				return 0, 0, err
			}
		}
		if marker == 0x01 || marker >= 0xd0 && marker <= 0xd8 {
			continue // these have no data
		}
		if marker == 0xd9 || marker == 0xda {
			return 0, 0, errors.New("no frame header before the picture")
		}
		var size [2]byte
		if _, err := io.ReadFull(r, size[:]); err != nil {
			return 0, 0, err
		}
		if length = int(binary.BigEndian.Uint16(size[:])) - 2; length < 0 {
			return 0, 0, errors.New("a segment shorter than its own length")
		}
		return marker, length, nil
	}
}
