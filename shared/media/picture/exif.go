package picture

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"io"
)

// maxExif is the longest EXIF block that is looked at, in bytes; a JPEG's cannot be longer.
const maxExif = 64 << 10

// orientation is how the stored picture is to be turned, 1 to 8 (EXIF 2.32, tag 0x0112), and 1 when r does not say or
// cannot be read: the decoder tells then.
func orientation(r io.Reader, format string) int {
	in := bufio.NewReader(io.LimitReader(r, maxHeader))
	switch format {
	case "jpeg":
		return jpegOrientation(in)
	case "png":
		return chunkOrientation(in, 8, "eXIf", binary.BigEndian, false)
	case "webp":
		return chunkOrientation(in, 12, "EXIF", binary.LittleEndian, true)
	}
	return 1
}

func jpegOrientation(r *bufio.Reader) int {
	if _, err := r.Discard(2); err != nil {
		return 1
	}
	for {
		marker, length, err := nextSegment(r)
		if err != nil {
			return 1
		}
		block := make([]byte, length)
		if _, err := io.ReadFull(r, block); err != nil {
			return 1
		}
		if tiff, ok := bytes.CutPrefix(block, []byte("Exif\x00\x00")); ok && marker == 0xe1 {
			return tiffOrientation(tiff)
		}
	}
}

// chunkOrientation looks through the chunks of a PNG (length, name, data, check) or a WebP (name, length, data, padding).
func chunkOrientation(r *bufio.Reader, begin int, name string, order binary.ByteOrder, nameFirst bool) int {
	if _, err := r.Discard(begin); err != nil {
		return 1
	}
	for {
		head, err := r.Peek(8)
		if err != nil {
			return 1
		}
		found, length, rest := string(head[4:]), int64(order.Uint32(head)), int64(4)
		if nameFirst {
			found, length = string(head[:4]), int64(order.Uint32(head[4:]))
			rest = length & 1
		}
		if _, err := r.Discard(8); err != nil {
			return 1
		}
		if found == name && length <= maxExif {
			block := make([]byte, length)
			if _, err := io.ReadFull(r, block); err != nil {
				return 1
			}
			return tiffOrientation(bytes.TrimPrefix(block, []byte("Exif\x00\x00")))
		}
		if _, err := io.CopyN(io.Discard, r, length+rest); err != nil {
			return 1
		}
	}
}

// tiffOrientation reads the tag from the first directory of a TIFF block.
func tiffOrientation(b []byte) int {
	if len(b) < 8 {
		return 1
	}
	var order binary.ByteOrder = binary.LittleEndian
	if b[0] == 'M' {
		order = binary.BigEndian
	}
	at := int64(order.Uint32(b[4:]))
	if order.Uint16(b[2:]) != 42 || at < 8 || at+2 > int64(len(b)) {
		return 1
	}
	count := int(order.Uint16(b[at:]))
	for row := b[at+2:]; count > 0 && len(row) >= 12; count, row = count-1, row[12:] {
		if order.Uint16(row) == 0x0112 && order.Uint16(row[2:]) == 3 {
			if v := order.Uint16(row[8:]); v >= 1 && v <= 8 {
				return int(v)
			}
			return 1
		}
	}
	return 1
}
