package filetype

import (
	"bytes"
	"encoding/binary"
	"regexp"
	"slices"
	"strings"
	"unicode/utf16"
)

// Bounds of reading a document of Word, Excel or PowerPoint before 2007.
const (
	wordHeader = 0x1a2     // bytes of a Word document's header that are read: up to where its names are ([MS-DOC] 2.5.6, fcSttbfAssoc)
	maxRecords = 1_000_000 // of a sheet's or a presentation's stream: a presentation of 500 slides has some 200 000
	maxString  = 64 << 10  // bytes of a record that is read whole
)

// embedded are names that programs give to the storage of an object in a document: Word's are numbers in "ObjectPool",
// Excel's begin with MBD.
var embedded = regexp.MustCompile(`^(?:_[0-9]{6,}|MBD[0-9A-Fa-f]{8})$`)

// harmless refuses a document that runs something or fetches it when it is opened: what is refused of the newer formats
// too. Objects and scripts of a HWP document are not refused: Hancom Office asks first.
func (c *compound) harmless(kind string) error {
	if kind == "hwp" {
		return nil
	}
	for name := range c.streams {
		if slices.Contains([]string{"_vba_project", "\x01ole10native"}, strings.ToLower(name)) {
			return refuse(ActiveContent, "a document with %q", name)
		}
	}
	for _, name := range c.storages {
		switch folded := strings.ToLower(name); {
		case slices.Contains([]string{"macros", "vba", "_vba_project_cur", "_vba_project"}, folded):
			return refuse(ActiveContent, "a document with macros: %q", name)
		case embedded.MatchString(name):
			return refuse(ActiveContent, "a document with an embedded object: %q", name)
		}
	}
	switch kind {
	case "doc":
		return c.harmlessWord()
	case "xls":
		book, found := c.streams["Workbook"]
		if !found {
			book = c.streams["Book"]
		}
		return c.harmlessSheets(book)
	}
	return c.harmlessSlides()
}

// harmlessWord looks at the header for encryption, and at the names beside the text for a template that lies elsewhere.
func (c *compound) harmlessWord() error {
	le := binary.LittleEndian
	header, err := c.content(c.streams["WordDocument"], 0, wordHeader)
	if err != nil {
		return err
	}
	flags := le.Uint16(header[10:])
	if flags&0x0100 != 0 {
		return refuse(Encrypted, "a Word document")
	}
	if le.Uint16(header[2:]) < 0xc1 {
		return nil // before Word 97, whose names are elsewhere and never of another computer
	}
	table := "0Table"
	if flags&0x0200 != 0 {
		table = "1Table"
	}
	at, n := int64(le.Uint32(header[0x19a:])), int64(le.Uint32(header[0x19e:]))
	if n == 0 {
		return nil
	}
	names, err := c.content(c.streams[table], at, min(n, maxString))
	if err != nil {
		return err
	}
	for i, name := range associated(names) {
		if i == 1 && name != "" && !local(name) { // [MS-DOC] 2.2.2
			return refuse(ActiveContent, "a Word document with its template elsewhere: %q", name)
		}
	}
	return nil
}

// associated are the strings of a table of Word's ([MS-DOC] 2.2.4), in UTF-16.
func associated(b []byte) []string {
	list := []string{}
	if len(b) < 6 || b[0] != 0xff || b[1] != 0xff {
		return list
	}
	extra := int(binary.LittleEndian.Uint16(b[4:]))
	for b = b[6:]; len(b) >= 2; {
		n := 2 * int(binary.LittleEndian.Uint16(b))
		if b = b[2:]; n > len(b) {
			break
		}
		list = append(list, wide(b[:n]))
		b = b[min(n+extra, len(b)):]
	}
	return list
}

func wide(b []byte) string {
	units := make([]uint16, len(b)/2)
	for i := range units {
		units[i] = binary.LittleEndian.Uint16(b[2*i:])
	}
	return string(utf16.Decode(units))
}

// harmlessSheets walks the records of a workbook for encryption, sheets of Excel 4's macros, and links that start a program
// and ask it (DDE).
func (c *compound) harmlessSheets(book stream) error {
	le := binary.LittleEndian
	for at, count := int64(0), 0; at+4 <= book.size; count++ {
		if count > maxRecords {
			return refuse(ArchiveBomb, "a workbook of more than %d records", maxRecords)
		}
		head, err := c.content(book, at, 4)
		if err != nil {
			return err
		}
		kind, n := le.Uint16(head), int64(le.Uint16(head[2:]))
		at += 4
		switch kind {
		case 0x2f, 0x85, 0x1ae:
		case 0x0a: // the end of what is of the whole book: sheets follow
			return nil
		default:
			at += n
			continue
		}
		b, err := c.content(book, at, min(n, book.size-at))
		if err != nil {
			return err
		}
		at += n
		switch {
		case kind == 0x2f: // FILEPASS, [MS-XLS] 2.4.117
			return refuse(Encrypted, "a workbook")
		case kind == 0x85 && len(b) >= 6 && b[5] == 1: // BOUNDSHEET8, 2.4.28
			return refuse(ActiveContent, "a workbook with a sheet of macros")
		case kind == 0x1ae && len(b) > 5 && le.Uint16(b[2:]) <= 0xff && bytes.IndexByte(b[5:], 3) >= 0: // SUPBOOK, 2.4.271: "program\x03topic"
			return refuse(ActiveContent, "a workbook with a DDE link")
		}
	}
	return nil
}

// harmlessSlides walks the records of a presentation for embedded objects, controls and macros, which are all of one kind,
// and its streams for encryption.
func (c *compound) harmlessSlides() error {
	if _, encrypted := c.streams["EncryptedSummary"]; encrypted {
		return refuse(Encrypted, "a presentation")
	}
	le := binary.LittleEndian
	slides := c.streams["PowerPoint Document"]
	for at, count := int64(0), 0; at+8 <= slides.size; count++ {
		if count > maxRecords {
			return refuse(ArchiveBomb, "a presentation of more than %d records", maxRecords)
		}
		head, err := c.content(slides, at, 8)
		if err != nil {
			return err
		}
		switch le.Uint16(head[2:]) {
		case 0x1011: // RT_ExternalOleObjectStg, [MS-PPT] 2.13.24
			return refuse(ActiveContent, "a presentation with an embedded object, a control or macros")
		case 0x2f14: // RT_CryptSession10Container
			return refuse(Encrypted, "a presentation")
		}
		at += 8 + int64(le.Uint32(head[4:]))
	}
	return nil
}
