// Package filetypetest makes files of types that no library writes, for tests.
package filetypetest

import (
	"bytes"
	"encoding/binary"
	"unicode/utf16"
)

// HWP is a Hangul document (HWP 5) of the least that makes one.
func HWP() []byte {
	header := make([]byte, 256)
	copy(header, "HWP Document File")
	return Compound("FileHeader", header)
}

// Part is a stream of a compound file, or a storage where it has no content.
type Part struct {
	Name    string
	Content []byte
}

// Word is a Word document of before 2007 with more parts; template is what it was made of.
func Word(template string, flags byte, more ...Part) []byte {
	header := make([]byte, 0x800)
	copy(header, "\xec\xa5\xc1\x00")
	header[11] = 2 | flags // 1Table
	table := []byte("\xff\xff\x02\x00\x00\x00\x00\x00")
	table = binary.LittleEndian.AppendUint16(table, uint16(len(utf16.Encode([]rune(template)))))
	for _, u := range utf16.Encode([]rune(template)) {
		table = binary.LittleEndian.AppendUint16(table, u)
	}
	binary.LittleEndian.PutUint32(header[0x19e:], uint32(len(table)))
	return Compounds(append([]Part{{"WordDocument", header}, {"1Table", table}}, more...)...)
}

// Sheets is an Excel workbook of before 2007 with more records of the whole book, each a number and its data, and parts.
func Sheets(records []Part, more ...Part) []byte {
	book := []byte("\x09\x08\x10\x00\x00\x06\x05\x00" + "\xbb\x0d\xcc\x07\x00\x00\x00\x00\x06\x00\x00\x00")
	for _, r := range records {
		book = append(book, r.Name[0], r.Name[1])
		book = binary.LittleEndian.AppendUint16(book, uint16(len(r.Content)))
		book = append(book, r.Content...)
	}
	return Compounds(append([]Part{{"Workbook", append(book, 0x0a, 0, 0, 0)}}, more...)...)
}

// Slides is a PowerPoint presentation of before 2007 with records of these kinds, and parts.
func Slides(kinds []uint16, more ...Part) []byte {
	slides := []byte("\x0f\x00\xe8\x03\x04\x00\x00\x00text")
	for _, kind := range kinds {
		slides = binary.LittleEndian.AppendUint16(append(slides, 0x0f, 0), kind)
		slides = append(slides, 2, 0, 0, 0, 'x', 'x')
	}
	return Compounds(append([]Part{{"PowerPoint Document", slides}}, more...)...)
}

// Hangul3 is a document of Hangul 3 of the least that makes one.
func Hangul3() []byte {
	return append([]byte("HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05"), make([]byte, 128+1008+100)...)
}

// HWPML is a document in XML with more in its tail.
func HWPML(more string) []byte {
	return []byte(`<?xml version="1.0" encoding="UTF-8" standalone="no" ?><HWPML Style="embed" SubVersion="8.0.0.0" Version="2.8"><HEAD SecCnt="1">` +
		`<DOCSUMMARY><TITLE>회의록</TITLE></DOCSUMMARY></HEAD><BODY><SECTION Id="0"><P><TEXT><CHAR>&lt;script&gt; 안건</CHAR></TEXT></P></SECTION></BODY><TAIL>` + more + `</TAIL></HWPML>`)
}

// Compound is a file of Microsoft's Compound File Binary format with one stream, no longer
// than 4 KiB.
func Compound(name string, content []byte) []byte { return Compounds(Part{name, content}) }

// Compounds is one with several parts, each no longer than 4 KiB, together no longer than 16.
func Compounds(parts ...Part) []byte {
	const sector, end, fat, free = 512, 0xfffffffe, 0xfffffffd, 0xffffffff
	le := binary.LittleEndian
	head := make([]byte, sector)
	copy(head, "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1")
	le.PutUint16(head[24:], 0x3e)
	le.PutUint16(head[26:], 3)
	le.PutUint16(head[28:], 0xfffe)
	le.PutUint16(head[30:], 9)
	le.PutUint16(head[32:], 6)
	le.PutUint32(head[44:], 1) // sectors of the table
	le.PutUint32(head[48:], 1) // directory
	le.PutUint32(head[56:], 4096)
	le.PutUint32(head[68:], end)
	for i := range 109 {
		le.PutUint32(head[76+4*i:], free)
	}
	le.PutUint32(head[76:], 0)
	var mini []byte
	for _, p := range parts {
		mini = append(mini, p.Content...)
		mini = append(mini, make([]byte, (64-len(mini)%64)%64)...)
	}
	mini = append(mini, make([]byte, (sector-len(mini)%sector)%sector)...)
	directories := (1 + len(parts) + 3) / 4 // sectors
	table := bytes.Repeat([]byte{0xff}, sector)
	chain := func(table []byte, begin, length int) {
		for i := range length {
			next := uint32(begin + i + 1)
			if i == length-1 {
				next = end
			}
			le.PutUint32(table[4*(begin+i):], next)
		}
	}
	le.PutUint32(table[0:], fat)
	chain(table, 1, directories)
	le.PutUint32(head[60:], uint32(1+directories)) // mini table
	miniSectors := (len(mini)/64*4 + sector - 1) / sector
	le.PutUint32(head[64:], uint32(miniSectors))
	chain(table, 1+directories, miniSectors)
	chain(table, 1+directories+miniSectors, len(mini)/sector)
	miniTable := bytes.Repeat([]byte{0xff}, miniSectors*sector)
	entry := func(name string, kind byte, start uint32, size int) []byte {
		e := make([]byte, 128)
		for i, u := range utf16.Encode([]rune(name)) {
			le.PutUint16(e[2*i:], u)
		}
		le.PutUint16(e[64:], uint16(2*len(name)+2))
		e[66] = kind
		le.PutUint32(e[116:], start)
		le.PutUint64(e[120:], uint64(size))
		return e
	}
	directory := entry("Root Entry", 5, uint32(1+directories+miniSectors), len(mini))
	begin := 0
	for _, p := range parts {
		if p.Content == nil {
			directory = append(directory, entry(p.Name, 1, 0, 0)...)
			continue
		}
		directory = append(directory, entry(p.Name, 2, uint32(begin), len(p.Content))...)
		chain(miniTable, begin, (len(p.Content)+63)/64)
		begin += (len(p.Content) + 63) / 64
	}
	directory = append(directory, make([]byte, directories*sector-len(directory))...)
	return bytes.Join([][]byte{head, table, directory, miniTable, mini}, nil)
}
