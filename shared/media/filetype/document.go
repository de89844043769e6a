package filetype

import (
	"bytes"
	"encoding/binary"
	"path"
	"slices"
	"strings"
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
	return "pdf", f.harmlessPDF()
}

// hwpSignature begins the stream FileHeader of a HWP 5 document (Hancom, HWP Document File Formats 5.0, 3.2.1).
const hwpSignature = "HWP Document File"

// maxSectors bounds sector numbers: 512 MiB in sectors of 512 bytes is more than the largest upload. The table's marks
// for "end" and "free" lie above it.
const maxSectors = 1 << 20

// compoundMagic begins an OLE compound file ([MS-CFB] 2.2).
const compoundMagic = "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"

// compound reads an OLE compound file ([MS-CFB]) as far as the streams that say what it is: a HWP document, or one of Word,
// Excel or PowerPoint before 2007. Installers and encrypted Office files have none of them.
func (f *file) compound() (string, error) {
	if len(f.head) < 512 {
		return "", refuse(Truncated, "a compound file of %d bytes", f.size)
	}
	version, shift := binary.LittleEndian.Uint16(f.head[26:]), binary.LittleEndian.Uint16(f.head[30:])
	if binary.LittleEndian.Uint16(f.head[28:]) != 0xfffe || !(version == 3 && shift == 9 || version == 4 && shift == 12) ||
		binary.LittleEndian.Uint16(f.head[32:]) != 6 {
		return "", refuse(NotAllowed, "a compound file of version %d", version)
	}
	c := &compound{file: f, sector: 1 << shift, streams: map[string]stream{}}
	if err := c.directory(); err != nil {
		return "", err
	}
	kind, err := c.kind()
	if err != nil {
		return "", err
	}
	return kind, c.harmless(kind)
}

// kind is the type of the document that a compound file is.
func (c *compound) kind() (string, error) {
	for _, one := range []struct {
		name, ext string
		least     int64  // bytes of the stream
		magic     string // that it begins with
	}{
		{"FileHeader", "hwp", 256, hwpSignature},
		{"WordDocument", "doc", wordHeader, "\xec\xa5"}, // [MS-DOC] 2.5.2
		{"Workbook", "xls", 20, "\x09\x08"},             // BIFF8: [MS-XLS] 2.4.21
		{"Book", "xls", 12, "\x09\x08"},                 // BIFF5
		{"PowerPoint Document", "ppt", 8, ""},           // [MS-PPT] 2.1.2
	} {
		s, found := c.streams[one.name]
		if !found {
			continue
		}
		if s.size < one.least {
			return "", refuse(NotAllowed, "a compound file with a %s of %d bytes", one.name, s.size)
		}
		head, err := c.content(s, 0, int64(len(one.magic)))
		if err != nil {
			return "", err
		}
		if string(head) != one.magic {
			return "", refuse(NotAllowed, "a compound file whose %s is none", one.name)
		}
		return one.ext, nil
	}
	return "", refuse(NotAllowed, "a compound file that is no document")
}

type compound struct {
	*file
	sector   int64
	root     stream // which holds the small streams
	streams  map[string]stream
	storages []string // their names
	// What of a chain of sectors was followed last: streams are read forward.
	chain, sectorOf uint32
	walked          int64
}

// stream is where one begins, and how many bytes it has.
type stream struct {
	start uint32
	size  int64
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

// directory reads the names of streams and storages; the first of a name counts. It refuses PostScript: that is a program,
// by which HWP documents have been made to run others.
func (c *compound) directory() error {
	sector := binary.LittleEndian.Uint32(c.head[48:])
	for range 4096 { // directory sectors: at least 16 384 entries, where a HWP document has some thirty and its pictures
		if sector >= maxSectors {
			return nil
		}
		entries, err := c.read(sector, 0, c.sector)
		if err != nil {
			return err
		}
		for e := entries; len(e) >= 128; e = e[128:] {
			size := binary.LittleEndian.Uint64(e[120:])
			if c.sector == 512 {
				size &= 1<<32 - 1
			}
			own, s := entryName(e), stream{binary.LittleEndian.Uint32(e[116:]), int64(min(size, 1<<40))}
			switch e[66] {
			case 5:
				c.root = s
			case 1:
				c.storages = append(c.storages, own)
			case 2:
				if postScript(own) {
					return refuse(ActiveContent, "a HWP document with PostScript: %q", own)
				}
				if _, known := c.streams[own]; !known {
					c.streams[own] = s
				}
			}
		}
		if sector, err = c.next(sector); err != nil {
			return err
		}
	}
	return nil
}

func postScript(name string) bool {
	return slices.Contains([]string{".eps", ".ps"}, strings.ToLower(path.Ext(name)))
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

// content reads n bytes of a stream. Those of less than 4096 bytes lie in pieces of 64 bytes in the root's stream, of which
// the table of the small sectors says the order.
func (c *compound) content(s stream, offset, n int64) ([]byte, error) {
	if offset < 0 || n < 0 || offset+n > s.size || s.size > c.size {
		return nil, refuse(Truncated, "a stream of %d bytes ends before %d", s.size, offset+n)
	}
	b := make([]byte, 0, n)
	for int64(len(b)) < n {
		at := offset + int64(len(b))
		var piece []byte
		var err error
		if s.size < 4096 {
			piece, err = c.small(s.start, at, min(n-int64(len(b)), 64-at%64))
		} else {
			piece, err = c.large(s.start, at, min(n-int64(len(b)), c.sector-at%c.sector))
		}
		if err != nil {
			return nil, err
		}
		b = append(b, piece...)
	}
	return b, nil
}

// large reads n bytes, of one sector, of the chain of sectors that begins at start.
func (c *compound) large(start uint32, offset, n int64) ([]byte, error) {
	steps := offset / c.sector
	if c.chain != start || c.walked > steps {
		c.chain, c.sectorOf, c.walked = start, start, 0
	}
	for ; c.walked < steps && c.sectorOf < maxSectors; c.walked++ {
		next, err := c.next(c.sectorOf)
		if err != nil {
			return nil, err
		}
		c.sectorOf = next
	}
	if c.sectorOf >= maxSectors {
		return nil, refuse(Truncated, "a compound file whose stream is not there")
	}
	return c.read(c.sectorOf, offset%c.sector, n)
}

// small reads n bytes, of one small sector, of the chain that begins at start.
func (c *compound) small(start uint32, offset, n int64) ([]byte, error) {
	table := binary.LittleEndian.Uint32(c.head[60:])
	for range offset / 64 { // at most 64 steps
		b, err := c.large(table, int64(start)*4, 4)
		if err != nil {
			return nil, err
		}
		start = binary.LittleEndian.Uint32(b)
	}
	if start >= maxSectors*8 {
		return nil, refuse(Truncated, "a compound file whose small stream is not there")
	}
	return c.large(c.root.start, int64(start)*64+offset%64, n)
}
