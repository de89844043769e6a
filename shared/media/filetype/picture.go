package filetype

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"slices"
	"strings"
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

// jpeg walks the segments to the end of the image. Telephones append more pictures (MPO), or the film of a moving photo.
func (f *file) jpeg() (string, error) {
	r := f.from(2)
	scanned := false
	for {
		coded := r.at
		marker, err := nextMarker(r)
		if err != nil {
			return "", err
		}
		if scanned {
			f.isData(coded, r.at-2)
		}
		switch {
		case marker == 0xd9:
			if !scanned {
				return "", refuse(Truncated, "a JPEG without a picture")
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
		if err := f.jpegSegment(r, marker, n-2); err != nil {
			return "", err
		}
		scanned = scanned || marker == 0xda
	}
}

// Names by which segments of a JPEG say what they hold (ICC.1, annex B.4; EXIF 2.32, 4.7.2; CIPA DC-007).
const (
	jpegProfile  = "ICC_PROFILE\x00"
	jpegExif     = "Exif\x00\x00"
	jpegPictures = "MPF\x00"
)

// jpegSegment passes over a segment of n bytes, of which tables, a profile of colours and the small picture in EXIF are
// data.
func (f *file) jpegSegment(r *reading, marker byte, n int64) error {
	begin := r.at
	switch marker {
	case 0xdb, 0xc4, 0xcc, 0xc0, 0xc1, 0xc2, 0xda, 0xe0: // quantisation, Huffman, arithmetic; frames and scans; JFIF, with a small picture
		f.isData(begin, begin+n)
	case 0xe1, 0xe2:
		if begin >= sniffed {
			break
		}
		head, err := f.at(begin, min(n, f.size-begin))
		if err != nil {
			return err
		}
		switch name := string(head[:min(len(head), len(jpegProfile))]); {
		case name == jpegProfile, strings.HasPrefix(name, jpegPictures):
			f.isData(begin, begin+n)
		case strings.HasPrefix(name, jpegExif):
			f.exif(begin+int64(len(jpegExif)), head[len(jpegExif):])
		}
	}
	return r.skip(n)
}

// exif remembers that the small picture in an EXIF block at an offset is data: the second directory of the TIFF says where
// it lies (EXIF 2.32, 4.5.5: tags 0x0201 and 0x0202).
func (f *file) exif(at int64, tiff []byte) {
	var order binary.ByteOrder = binary.LittleEndian
	if bytes.HasPrefix(tiff, []byte("MM")) {
		order = binary.BigEndian
	}
	number := func(i, n int64) int64 { // of 2 or 4 bytes
		switch {
		case i < 0 || i+n > int64(len(tiff)):
			return 0
		case n == 2:
			return int64(order.Uint16(tiff[i:]))
		}
		return int64(order.Uint32(tiff[i:]))
	}
	first := number(4, 4)
	second := number(first+2+12*number(first, 2), 4)
	if first == 0 || second == 0 {
		return
	}
	var begin, length int64
	for i := range number(second, 2) {
		switch row := second + 2 + 12*i; number(row, 2) {
		case 0x0201:
			begin = number(row+8, 4)
		case 0x0202:
			length = number(row+8, 4)
		}
	}
	if begin > 0 && begin+length <= int64(len(tiff)) && bytes.HasPrefix(tiff[begin:], []byte("\xff\xd8\xff")) {
		f.isData(at+begin, at+begin+length)
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

// pngData are the chunks of a PNG that are no text (PNG 11.3): pixels, colours, profiles, packed texts, measures.
func pngData() []string {
	return []string{
		"IHDR", "PLTE", "IDAT", "tRNS", "fdAT", "fcTL", "acTL", "iCCP", "sPLT", "hIST", "bKGD", "gAMA", "cHRM", "sBIT", "sRGB", "pHYs", "tIME", "zTXt",
		"cICP", "mDCV", "cLLI", "CgBI", "iDOT",
	}
}

// png walks the chunks to the last.
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
		if slices.Contains(pngData(), name) {
			f.isData(r.at, r.at+int64(length)+4)
		}
		if err := r.skip(int64(length) + 4); err != nil {
			return "", err
		}
		if name == "IEND" {
			return "png", f.follows(r.at)
		}
	}
}

// gif walks the blocks to the trailer.
func (f *file) gif() (string, error) {
	r := f.from(6)
	screen, err := r.next(7)
	if err != nil {
		return "", err
	}
	f.isData(r.at, r.at+colors(screen[4]))
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
				f.isData(r.at, r.at+colors(picture[8])+1)
				err = r.skip(colors(picture[8]) + 1)
			}
			pictures++
		case 0x3b:
			if pictures == 0 {
				return "", refuse(Truncated, "a GIF without a picture")
			}
			return "gif", f.follows(r.at)
		default:
			return "", refuse(Truncated, "a GIF with block 0x%02x", kind[0])
		}
		for length := byte(1); err == nil && length > 0; {
			var b []byte
			if b, err = r.next(1); err == nil {
				if length = b[0]; kind[0] == 0x2c {
					f.isData(r.at, r.at+int64(length))
				}
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

// webp walks the chunks of the RIFF container.
func (f *file) webp() (string, error) {
	end := int64(binary.LittleEndian.Uint32(f.head[4:])) + 8
	if end > f.size {
		return "", refuse(Truncated, "a WebP of %d bytes in a file of %d", end, f.size)
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
		if slices.Contains([]string{"VP8 ", "VP8L", "VP8X", "ALPH", "ANIM", "ANMF", "ICCP"}, name) {
			f.isData(r.at, r.at+length)
		}
		if r.at+length != end { // some programs do not count the last byte of padding
			length += length & 1
		}
		if err := r.skip(length); err != nil {
			return "", err
		}
		if r.at > end {
			return "", refuse(Polyglot, "a WebP whose chunk %q goes over its end", name)
		}
	}
	if pictures == 0 {
		return "", refuse(Truncated, "a WebP without a picture")
	}
	return "webp", f.follows(end)
}
