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

// onlyOne refuses a file whose first 1024 bytes are a page or a PDF to those who look for one.
func (f *file) onlyOne(pdf bool) error {
	head := f.head[:min(len(f.head), sniffed)]
	if pattern, found := hasMarkup(head); found {
		return refuse(Polyglot, "%q in the first %d bytes", pattern, sniffed)
	}
	if at := bytes.LastIndex(head, []byte("%PDF-")); at >= 0 && (at > 0 || !pdf) {
		return refuse(Polyglot, "a PDF begins at byte %d", at)
	}
	return nil
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
		// Readers differ in how much may follow the record, so a plausible one is enough.
		entries, comment := binary.LittleEndian.Uint16(rest[10:]), int(binary.LittleEndian.Uint16(rest[20:]))
		if entries > 0 && comment <= len(rest)-endSize {
			return refuse(Polyglot, "a ZIP ends in the last %d bytes", len(rest))
		}
	}
}

// follows judges the bytes behind a picture's own end.
func (f *file) follows(end int64) error {
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
