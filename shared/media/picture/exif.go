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
		return tiffOrientation(chunkOf(in, 8, "eXIf", binary.BigEndian, false, maxExif))
	case "webp":
		return tiffOrientation(bytes.TrimPrefix(chunkOf(in, 12, "EXIF", binary.LittleEndian, true, maxExif), []byte("Exif\x00\x00")))
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
