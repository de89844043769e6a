package filetype

import (
	"bufio"
	"bytes"
	"encoding/xml"
	"errors"
	"io"
	"path"
	"strings"
)

// hwp3Signature begins a document of Hangul 3 (Hancom, HWP Document File Formats 3.0, 1.1); information of 128 bytes and a
// summary of 1008 follow.
const hwp3Signature = "HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05"

// hwp3 reads the header of a document of Hangul 3, which has neither scripts nor links to run.
func (f *file) hwp3() (string, error) {
	header, err := f.at(0, min(f.size, int64(len(hwp3Signature))+128+1008))
	if err != nil {
		return "", err
	}
	if int64(len(header)) == f.size || !bytes.HasPrefix(header, []byte(hwp3Signature)) {
		return "", refuse(NotAllowed, "a document of Hangul 3 without its header")
	}
	if info := header[len(hwp3Signature):]; info[96] != 0 || info[97] != 0 {
		return "", refuse(Encrypted, "a document of Hangul 3")
	}
	return "hwp", nil
}

// maxTag is how many bytes of a tag are read: attributes of a HWPML document are numbers and names of fonts.
const maxTag = 64 << 10

// isHWPML says whether a file begins as a HWPML document (Hancom, HWP Document File Formats: HWPML): XML whose first element
// is HWPML.
func isHWPML(head []byte) bool {
	for head = bytes.TrimPrefix(head, []byte("\ufeff")); ; head = bytes.TrimLeft(head, " \t\r\n") {
		var end string
		switch {
		case bytes.HasPrefix(head, []byte("<?xml ")):
			end = "?>"
		case bytes.HasPrefix(head, []byte("<!--")):
			end = "-->"
		default:
			return bytes.HasPrefix(head, []byte("<HWPML ")) || bytes.HasPrefix(head, []byte("<HWPML>"))
		}
		at := bytes.Index(head, []byte(end))
		if at < 0 {
			return false
		}
		head = head[at+len(end):]
	}
}

// hwpml walks the tags of a HWPML document to the end of its first element. What its text and pictures hold, which may be
// most of the file in one piece, is passed over.
func (f *file) hwpml() (string, error) {
	r := bufio.NewReaderSize(io.NewSectionReader(f.r, 0, f.size), 64<<10)
	depth, ended := 0, false
	for {
		text, err := skipTo(r, '<')
		switch {
		case errors.Is(err, io.EOF) && ended && text == 0:
			return "hml", nil
		case err != nil:
			return "", cut(err)
		case text > 0 && depth == 0 && ended:
			return "", refuse(Polyglot, "bytes behind the document's end")
		}
		tag, err := readTag(r)
		if err != nil {
			return "", err
		}
		switch {
		case strings.HasPrefix(tag, "!--"), strings.HasPrefix(tag, "![CDATA[") && depth > 0, strings.HasPrefix(tag, "?xml ") && depth == 0 && !ended:
		case strings.HasPrefix(tag, "!"), strings.HasPrefix(tag, "?"):
			return "", refuse(ActiveContent, "a HWPML document with %.20q", tag)
		case strings.HasPrefix(tag, "/"):
			depth--
			ended = depth == 0
		default:
			if ended || depth < 0 {
				return "", refuse(Polyglot, "another element behind the document's end")
			}
			if err := harmlessHWPML(tag); err != nil {
				return "", err
			}
			if !strings.HasSuffix(tag, "/") {
				depth++
			}
		}
		if depth < 0 {
			return "", refuse(Truncated, "an element that ends before it begins")
		}
	}
}

// skipTo reads to a byte, and is how many other bytes than spaces came before it.
func skipTo(r *bufio.Reader, end byte) (int64, error) {
	for n := int64(0); ; {
		piece, err := r.ReadSlice(end)
		n += int64(len(bytes.TrimSpace(bytes.TrimSuffix(piece, []byte{end}))))
		if bytes.HasPrefix(piece, []byte("\ufeff")) {
			n -= 3
		}
		if !errors.Is(err, bufio.ErrBufferFull) {
			return n, err
		}
	}
}

// readTag reads what follows "<" to its end. Of a comment and of CDATA, which may be long, it is the beginning.
func readTag(r *bufio.Reader) (string, error) {
	for _, long := range []struct{ begin, end string }{{"!--", "-->"}, {"![CDATA[", "]]>"}} {
		head, err := r.Peek(len(long.begin))
		if err != nil || string(head) != long.begin {
			continue
		}
		if _, err := r.Discard(len(long.begin)); err != nil {
			return "", cut(err)
		}
		for last := []byte{}; !bytes.HasSuffix(last, []byte(long.end)); {
			b, err := r.ReadByte()
			if err != nil {
				return "", cut(err)
			}
			if last = append(last, b); len(last) > 64 {
				last = append(last[:0], last[len(last)-3:]...)
			}
		}
		return long.begin, nil
	}
	tag, quote := []byte{}, byte(0)
	for len(tag) < maxTag {
		b, err := r.ReadByte()
		switch {
		case err != nil:
			return "", cut(err)
		case quote == 0 && b == '>':
			return string(tag), nil
		case quote == 0 && (b == '"' || b == '\''):
			quote = b
		case b == quote:
			quote = 0
		}
		tag = append(tag, b)
	}
	return "", refuse(ArchiveBomb, "a tag of more than %d bytes", maxTag)
}

// harmlessHWPML refuses an element that brings PostScript, or a file from another computer.
func harmlessHWPML(tag string) error {
	if !strings.HasPrefix(tag, "BINITEM") {
		return nil
	}
	token, err := xml.NewDecoder(strings.NewReader("<" + strings.TrimSuffix(tag, "/") + ">")).RawToken()
	e, start := token.(xml.StartElement)
	if err != nil || !start {
		return refuse(Truncated, "an element that cannot be read: %v", err)
	}
	target := attribute(e, "APath")
	switch {
	case postScript("." + attribute(e, "Format")), postScript(strings.ReplaceAll(target, `\`, "/")), postScript(path.Base(attribute(e, "RPath"))):
		return refuse(ActiveContent, "a HWPML document with PostScript")
	case target != "" && !local(target) && !web(target):
		return refuse(ActiveContent, "a HWPML document with a file elsewhere: %q", target)
	}
	return nil
}
