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

// Compound is a file of Microsoft's Compound File Binary format with one stream, no longer
// than 4 KiB.
func Compound(name string, content []byte) []byte {
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
	le.PutUint32(head[60:], 2) // mini table
	le.PutUint32(head[64:], 1)
	le.PutUint32(head[68:], end)
	for i := range 109 {
		le.PutUint32(head[76+4*i:], free)
	}
	le.PutUint32(head[76:], 0)
	mini := make([]byte, (len(content)+sector-1)/sector*sector)
	copy(mini, content)
	table := bytes.Repeat([]byte{0xff}, sector)
	le.PutUint32(table[0:], fat)
	le.PutUint32(table[4:], end)
	le.PutUint32(table[8:], end)
	for i := range len(mini) / sector {
		next := uint32(4 + i)
		if i == len(mini)/sector-1 {
			next = end
		}
		le.PutUint32(table[12+4*i:], next)
	}
	miniTable := bytes.Repeat([]byte{0xff}, sector)
	for i := range (len(content) + 63) / 64 {
		next := uint32(i + 1)
		if i == (len(content)+63)/64-1 {
			next = end
		}
		le.PutUint32(miniTable[4*i:], next)
	}
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
	directory := append(entry("Root Entry", 5, 3, len(mini)), entry(name, 2, 0, len(content))...)
	directory = append(directory, make([]byte, sector-len(directory))...)
	return bytes.Join([][]byte{head, table, directory, miniTable, mini}, nil)
}
