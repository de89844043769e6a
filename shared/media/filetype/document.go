package filetype

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// pdf wants the header at byte 0, a version, and the end mark in the last 1024 bytes (ISO 32000, annex H of the first
// edition: that is where readers look for it).
func (f *file) pdf() (string, error) {
	if len(f.head) < 8 || f.head[5] < '1' || f.head[5] > '2' || f.head[6] != '.' || f.head[7] < '0' || f.head[7] > '9' {
		return "", refuse(Truncated, "a PDF without a version")
	}
	tail, err := f.at(max(0, f.size-sniffed), min(f.size, sniffed))
	if err != nil {
		return "", err
	}
	end := bytes.LastIndex(tail, []byte("%%EOF"))
	if end < 0 {
		return "", refuse(Truncated, "a PDF without its end mark")
	}
	if pattern, found := hasMarkup(tail[end:]); found {
		return "", refuse(Polyglot, "%q behind the PDF's end", pattern)
	}
	return "pdf", nil
}

// hwpSignature begins the stream FileHeader of a HWP 5 document (Hancom, HWP Document File Formats 5.0, 3.2.1).
const hwpSignature = "HWP Document File"

// maxSectors bounds sector numbers: 128 MiB in sectors of 512 bytes is more than the largest upload. The table's marks
// for "end" and "free" lie above it.
const maxSectors = 1 << 18

// compound reads an OLE compound file ([MS-CFB]) as far as the stream FileHeader, which makes it a HWP document. Word,
// Excel, installers and encrypted Office files have none.
func (f *file) compound() (string, error) {
	if len(f.head) < 512 {
		return "", refuse(Truncated, "a compound file of %d bytes", f.size)
	}
	version, shift := binary.LittleEndian.Uint16(f.head[26:]), binary.LittleEndian.Uint16(f.head[30:])
	if binary.LittleEndian.Uint16(f.head[28:]) != 0xfffe || !(version == 3 && shift == 9 || version == 4 && shift == 12) ||
		binary.LittleEndian.Uint16(f.head[32:]) != 6 {
		return "", refuse(NotAllowed, "a compound file of version %d", version)
	}
	c := &compound{file: f, sector: 1 << shift}
	start, size, err := c.find("FileHeader")
	if err != nil {
		return "", err
	}
	if size < 256 || size > 4096 {
		return "", refuse(NotAllowed, "a compound file with a FileHeader of %d bytes", size)
	}
	content, err := c.small(start, int64(len(hwpSignature)))
	if err != nil {
		return "", err
	}
	if string(content) != hwpSignature {
		return "", refuse(NotAllowed, "a compound file that is not a HWP document")
	}
	return "hwp", nil
}

type compound struct {
	*file
	sector    int64
	miniStart uint32 // first sector of the root's stream, which holds the small streams
}

func (c *compound) read(sector uint32, offset, n int64) ([]byte, error) {
	return c.at((int64(sector)+1)*c.sector+offset, n)
}

// next follows the file allocation table by one sector.
func (c *compound) next(sector uint32) (uint32, error) {
	perSector := uint32(c.sector / 4)
	table, err := c.table(sector / perSector)
	if err != nil {
		return 0, err
	}
	return c.number(table, sector%perSector)
}

// table is the sector that holds part index of the allocation table. The header names the first 109; the others are
// named by a chain of sectors, each with the next one's number at its end.
func (c *compound) table(index uint32) (uint32, error) {
	const inHeader = 109
	if index < inHeader {
		return binary.LittleEndian.Uint32(c.head[76+4*index:]), nil
	}
	index -= inHeader
	named := uint32(c.sector/4) - 1
	sector := binary.LittleEndian.Uint32(c.head[68:])
	for ; index >= named && sector < maxSectors; index -= named {
		var err error
		if sector, err = c.number(sector, named); err != nil {
			return 0, err
		}
	}
	return c.number(sector, index)
}

// number reads the number at index of a sector that holds sector numbers.
func (c *compound) number(sector, index uint32) (uint32, error) {
	b, err := c.read(sector, int64(index)*4, 4)
	if err != nil {
		return 0, err
	}
	return binary.LittleEndian.Uint32(b), nil
}

// find looks for a stream in the directory, and remembers where the root's stream begins.
func (c *compound) find(name string) (start uint32, size uint64, err error) {
	sector := binary.LittleEndian.Uint32(c.head[48:])
	for range 256 { // directory sectors: at least 1024 entries, where a HWP document has some thirty
		if sector >= maxSectors {
			break
		}
		entries, err := c.read(sector, 0, c.sector)
		if err != nil {
			return 0, 0, err
		}
		for e := entries; len(e) >= 128; e = e[128:] {
			size := binary.LittleEndian.Uint64(e[120:])
			if c.sector == 512 {
				size &= 1<<32 - 1
			}
			switch start := binary.LittleEndian.Uint32(e[116:]); {
			case e[66] == 5:
				c.miniStart = start
			case e[66] == 2 && entryName(e) == name:
				return start, size, nil
			}
		}
		if sector, err = c.next(sector); err != nil {
			return 0, 0, err
		}
	}
	return 0, 0, refuse(NotAllowed, "a compound file without %s, which is no HWP document", name)
}

func entryName(entry []byte) string {
	length := int(binary.LittleEndian.Uint16(entry[64:]))
	if length < 2 || length > 64 {
		return ""
	}
	units := make([]uint16, length/2-1)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(entry[2*i:])
	}
	return string(utf16.Decode(units))
}

// small reads the beginning of a stream of less than 4096 bytes: those lie in sectors of 64 bytes in the root's stream.
func (c *compound) small(start uint32, n int64) ([]byte, error) {
	offset := int64(start) * 64
	sector := c.miniStart
	for range min(offset/c.sector, maxSectors) {
		var err error
		if sector >= maxSectors {
			break
		}
		if sector, err = c.next(sector); err != nil {
			return nil, err
		}
	}
	if sector >= maxSectors {
		return nil, refuse(Truncated, "a compound file whose FileHeader is not there")
	}
	return c.read(sector, offset%c.sector, n)
}
