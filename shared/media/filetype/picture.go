package filetype

import (
	"bufio"
	"encoding/binary"
	"errors"
	"io"
)

// reading walks a file forward with a small buffer; what is skipped is not read.
type reading struct {
	*bufio.Reader
	file *file
	at   int64
}

func (f *file) from(offset int64) *reading {
	r := &reading{Reader: bufio.NewReaderSize(nil, 64<<10), file: f}
	r.move(offset)
	return r
}

func (r *reading) move(offset int64) {
	r.at = offset
	r.Reset(io.NewSectionReader(r.file.r, offset, r.file.size-offset))
}

func (r *reading) next(n int) ([]byte, error) {
	b, err := r.Peek(n)
	if err != nil {
		return nil, cut(err)
	}
	b = append([]byte(nil), b...)
	return b, r.skip(int64(n))
}

func (r *reading) skip(n int64) error {
	if n > r.file.size-r.at {
		return refuse(Truncated, "the file ends in the middle")
	}
	if n > int64(r.Buffered()) {
		r.move(r.at + n)
		return nil
	}
	done, err := r.Discard(int(n))
	r.at += int64(done)
	return err
}

func cut(err error) error {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return refuse(Truncated, "the file ends in the middle")
	}
	return err
}

// jpeg walks the segments to the end of the image. Telephones append more pictures, or the film of a moving photo, so
// what follows is judged, not refused.
func (f *file) jpeg() (string, error) {
	r := f.from(2)
	scanned := false
	for {
		marker, err := nextMarker(r)
		if err != nil {
			return "", err
		}
		switch {
		case marker == 0xd9:
			if !scanned {
				return "", refuse(Truncated, "a JPEG without a picture")
			}
			if r.at == f.size {
				return "jpg", nil
			}
			return "jpg", f.follows(r.at)
		case marker == 0xd8 || marker == 0x01 || marker >= 0xd0 && marker <= 0xd7:
			continue
		}
		length, err := r.next(2)
		if err != nil {
			return "", err
		}
		n := int64(binary.BigEndian.Uint16(length))
		if n < 2 {
			return "", refuse(Truncated, "a JPEG segment of %d bytes", n)
		}
		if err := r.skip(n - 2); err != nil {
			return "", err
		}
		scanned = scanned || marker == 0xda
	}
}

// nextMarker finds the next marker, over the coded bytes of a scan: 0xff and then neither 0 nor a fill byte.
func nextMarker(r *reading) (byte, error) {
	for {
		b, err := r.ReadByte()
		r.at++
		for err == nil && b == 0xff {
			b, err = r.ReadByte()
			r.at++
			if err == nil && b != 0xff && b != 0 {
				return b, nil
			}
		}
		if err != nil {
			return 0, cut(err)
		}
	}
}

// png walks the chunks; nothing may follow the last.
func (f *file) png() (string, error) {
	r := f.from(8)
	for first := true; ; first = false {
		head, err := r.next(8)
		if err != nil {
			return "", err
		}
		length, name := binary.BigEndian.Uint32(head), string(head[4:])
		if first != (name == "IHDR") || length > 1<<31-1 {
			return "", refuse(Truncated, "a PNG with chunk %q in the wrong place", name)
		}
		if err := r.skip(int64(length) + 4); err != nil {
			return "", err
		}
		if name == "IEND" {
			return "png", f.ends(r.at, "PNG")
		}
	}
}

// gif walks the blocks; nothing may follow the trailer.
func (f *file) gif() (string, error) {
	r := f.from(6)
	screen, err := r.next(7)
	if err != nil {
		return "", err
	}
	if err := r.skip(colors(screen[4])); err != nil {
		return "", err
	}
	pictures := 0
	for {
		kind, err := r.next(1)
		if err != nil {
			return "", err
		}
		switch kind[0] {
		case 0x21:
			err = r.skip(1)
		case 0x2c:
			var picture []byte
			if picture, err = r.next(9); err == nil {
				err = r.skip(colors(picture[8]) + 1)
			}
			pictures++
		case 0x3b:
			if pictures == 0 {
				return "", refuse(Truncated, "a GIF without a picture")
			}
			return "gif", f.ends(r.at, "GIF")
		default:
			return "", refuse(Truncated, "a GIF with block 0x%02x", kind[0])
		}
		for length := byte(1); err == nil && length > 0; {
			var b []byte
			if b, err = r.next(1); err == nil {
				length = b[0]
				err = r.skip(int64(length))
			}
		}
		if err != nil {
			return "", err
		}
	}
}

// colors is the size of a GIF's colour table in bytes, from its flags.
func colors(flags byte) int64 {
	if flags&0x80 == 0 {
		return 0
	}
	return 3 << (flags&7 + 1)
}

// webp walks the chunks of the RIFF container, whose size must be the file's.
func (f *file) webp() (string, error) {
	end := int64(binary.LittleEndian.Uint32(f.head[4:])) + 8
	switch {
	case end > f.size:
		return "", refuse(Truncated, "a WebP of %d bytes in a file of %d", end, f.size)
	case end < f.size:
		return "", refuse(Polyglot, "%d bytes behind the WebP's end", f.size-end)
	}
	r := f.from(12)
	pictures := 0
	for first := true; r.at < end; first = false {
		head, err := r.next(8)
		if err != nil {
			return "", err
		}
		name, length := string(head[:4]), int64(binary.LittleEndian.Uint32(head[4:]))
		if name == "VP8 " || name == "VP8L" || name == "ANMF" {
			pictures++
		} else if first && name != "VP8X" {
			return "", refuse(Truncated, "a WebP that begins with chunk %q", name)
		}
		if err := r.skip(length + length&1); err != nil {
			return "", err
		}
	}
	if pictures == 0 {
		return "", refuse(Truncated, "a WebP without a picture")
	}
	return "webp", nil
}

func (f *file) ends(at int64, name string) error {
	if at == f.size {
		return nil
	}
	return refuse(Polyglot, "%d bytes behind the %s's end", f.size-at, name)
}
