package filetype

import (
	"bytes"
	"encoding/binary"
	"strings"
)

// markup is what makes a browser, or a server that runs scripts, take bytes for a document: the patterns of the WHATWG
// MIME Sniffing Standard and those of the scripts that have been hidden in pictures.
func markup() []string {
	return []string{
		"<!doctype", "<html", "<head", "<script", "<iframe", "<body", "<svg", "<style", "<title", "<table", "<object",
		"<embed", "<meta", "<link", "<form", "<img ", "<a href", "<base", "<?php", "<%@", "<jsp:", "<!entity", "javascript:",
		"<xsl:", "#!/",
	}
}

// foreign is the beginning of types that run or unpack.
func foreign() []string {
	return []string{"PK\x03\x04", "PK\x05\x06", "MZ\x90\x00", "\x7fELF", "Rar!\x1a\x07", "7z\xbc\xaf\x27\x1c",
		"\xca\xfe\xba\xbe", "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}
}

// hasMarkup looks for the beginning of a document in b.
func hasMarkup(b []byte) (string, bool) {
	lower := strings.ToLower(string(b))
	for _, pattern := range markup() {
		if strings.Contains(lower, pattern) {
			return pattern, true
		}
	}
	return "", false
}

// onlyOne refuses a file whose beginning, of at most 1024 bytes, is a page or a PDF to those who look for one.
func (f *file) onlyOne(head []byte, pdf bool) error {
	head = head[:min(len(head), sniffed)]
	if pattern, found := hasMarkup(head); found {
		return refuse(Polyglot, "%q in the first %d bytes", pattern, sniffed)
	}
	if at := bytes.LastIndex(head, []byte("%PDF-")); at >= 0 && (at > 0 || !pdf) {
		return refuse(Polyglot, "a PDF begins at byte %d", at)
	}
	return nil
}

// structured says whether a file begins as one whose parts say what they are, so that its words are looked for where
// somebody chose them, and nowhere else: a picture or an archive.
func (f *file) structured() bool {
	for _, magic := range []string{"\xff\xd8\xff", "\x89PNG", "GIF8", "RIFF", "PK\x03\x04"} {
		if bytes.HasPrefix(f.head, []byte(magic)) {
			return true
		}
	}
	return false
}

// telling is of the beginning of a file, whose structure is sound, what somebody chose: all but what code remembered as
// data, which may spell anything.
func (f *file) telling() []byte {
	head := bytes.Clone(f.head[:min(len(f.head), sniffed)])
	for _, e := range f.data {
		clear(head[min(e.begin, int64(len(head))):min(e.end, int64(len(head)))])
	}
	return head
}

// isData remembers that bytes are pixels, colours, profiles of them or what an archive packs, as far as the beginning is
// concerned.
func (f *file) isData(begin, end int64) {
	if begin < sniffed {
		f.data = append(f.data, extent{begin, end})
	}
}

const (
	endRecord   = "PK\x05\x06"
	endSize     = 22              // bytes of a ZIP's end record without its comment
	endDistance = endSize + 65535 // how far from the end of a file it may begin
)

// noArchiveAtEnd refuses a file that a ZIP program opens: those read from the end, whatever comes before.
func (f *file) noArchiveAtEnd() error {
	tail, err := f.at(max(0, f.size-endDistance), min(f.size, endDistance))
	if err != nil {
		return err
	}
	for rest := tail; ; rest = rest[1:] {
		at := bytes.Index(rest, []byte(endRecord))
		if at < 0 {
			return nil
		}
		if rest = rest[at:]; len(rest) < endSize {
			return nil
		}
		// Readers differ in how much may follow the record, and in where they look for the directory: before the record, or
		// where it says. Where there is none, pixels spell it.
		le := binary.LittleEndian
		entries, comment := le.Uint16(rest[10:]), int(le.Uint16(rest[20:]))
		if entries == 0 || comment > len(rest)-endSize {
			continue
		}
		for _, begin := range []int64{f.size - int64(len(rest)) - int64(le.Uint32(rest[12:])), int64(le.Uint32(rest[16:]))} {
			if row, err := f.at(max(0, begin), 4); err == nil && string(row) == "PK\x01\x02" {
				return refuse(Polyglot, "a ZIP ends in the last %d bytes", len(rest))
			}
		}
	}
}

// follows judges the bytes behind a picture's own end, which are not kept: padding, the end of a line, what a program
// remembers of its own, a telephone's film.
func (f *file) follows(end int64) error {
	f.end = end
	if end == f.size {
		return nil
	}
	next, err := f.at(end, min(f.size-end, sniffed))
	if err != nil {
		return err
	}
	if pattern, found := hasMarkup(next); found {
		return refuse(Polyglot, "%q behind the picture's end", pattern)
	}
	for _, magic := range append(foreign(), "%PDF-") {
		if bytes.Contains(next, []byte(magic)) {
			return refuse(Polyglot, "%q behind the picture's end", magic)
		}
	}
	return nil
}
