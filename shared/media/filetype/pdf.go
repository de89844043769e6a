package filetype

import (
	"bufio"
	"bytes"
	"compress/zlib"
	"errors"
	"io"
	"slices"
)

// Bounds of looking through a PDF. Files of 100 MiB that programs write stay far below each.
const (
	pdfDepth    = 128       // arrays and dictionaries in each other
	pdfName     = 127       // bytes of a name that are kept, the longest of ISO 32000-1 (annex C)
	pdfObject   = 16 << 20  // bytes of one object without its stream
	pdfInflated = 128 << 20 // bytes of all object streams together, unpacked
	pdfChunk    = 128 << 10 // bytes that are searched at a time
)

// pdfActions are the kinds of actions (the value of S in an action's dictionary) that run something or open what is no
// page of a document: ISO 32000-2, 12.6.4. What leads to a page or to an address is not among them.
func pdfActions() []string { return []string{"JavaScript", "Launch", "ImportData", "GoToE"} }

// pdfKeys are keys of what a PDF carries beside its pages: embedded files, forms with programs (XFA), programs of
// three-dimensional pictures, and Flash.
func pdfKeys() []string { return []string{"EF", "XFA", "OnInstantiate", "RichMediaContent"} }

// harmlessPDF refuses a PDF that runs something, or carries a file, when it is opened.
//
// A reader finds an object where the file's tables, or a search of its own, say that "obj" stands; so every place where
// that word stands is read as one, wherever it is, and nothing else is: what a page shows, and pixels, are no objects.
// Object streams, in which objects are packed, are unpacked. Where they are encrypted there is nothing to judge by, and
// the file is refused.
func (f *file) harmlessPDF() error {
	p := &pdfReader{file: f, budget: 8*f.size + pdfObject}
	for begin := int64(0); begin < f.size; begin += pdfChunk {
		// A word may lie across two chunks.
		from := max(0, begin-16)
		chunk, err := f.at(from, min(f.size, begin+pdfChunk)-from)
		if err != nil {
			return err
		}
		for _, word := range []string{"obj", "trailer"} {
			for at := 0; ; {
				next := bytes.Index(chunk[at:], []byte(word))
				if next < 0 {
					break
				}
				at += next + len(word)
				before := at - len(word) - 1
				if from+int64(at) <= begin || word == "obj" && before >= 0 && !pdfSpace(chunk[before]) && !pdfDigit(chunk[before]) {
					continue // seen in the chunk before, or the end of another word
				}
				if err := p.object(from + int64(at)); err != nil {
					return err
				}
			}
		}
	}
	if p.encrypted && p.packed {
		return refuse(Encrypted, "a PDF whose object streams are encrypted")
	}
	return nil
}

// pdfReader reads single objects of a PDF. Its budget bounds what all of them take together: where objects lie in each
// other, as nobody writes them, some bytes are read many times.
type pdfReader struct {
	*file
	buffer            bufio.Reader
	budget            int64 // bytes
	inflated          int64
	encrypted, packed bool // there is an encryption dictionary; there are object streams
}

// errNoPDF says that bytes are no object. Then no reader takes them for one either.
var errNoPDF = errors.New("filetype: no PDF object")

// object judges what stands at an offset, if it is an object.
func (p *pdfReader) object(offset int64) error {
	section := io.NewSectionReader(p.r, offset, p.size-offset)
	if p.buffer.Size() == 0 {
		p.buffer = *bufio.NewReaderSize(section, 4<<10)
	}
	p.buffer.Reset(section)
	t := &pdfTokens{r: &p.buffer, left: pdfObject}
	top, err := t.value(0)
	if p.budget -= pdfObject - t.left; p.budget < 0 {
		return refuse(ActiveContent, "a PDF whose objects lie in each other")
	}
	p.encrypted = p.encrypted || t.encrypted
	switch {
	case errors.Is(err, errNoPDF), errors.Is(err, io.EOF):
		return nil
	case err != nil || !top.packs() || !t.stream():
		return err
	}
	p.packed = true
	return p.unpack(top)
}

// unpack judges the objects of an object stream.
func (p *pdfReader) unpack(d pdfValue) error {
	var r io.Reader = &p.buffer
	switch {
	case d.unclear || len(d.filters) > 1 || len(d.filters) == 1 && d.filters[0] != "FlateDecode" && d.filters[0] != "Fl":
		return refuse(ActiveContent, "a PDF with an object stream that is packed by %q", d.filters)
	case len(d.filters) == 1:
		z, err := zlib.NewReader(r)
		if err != nil {
			return nil // encrypted, of which the dictionary may come later; else no reader makes anything of it
		}
		r = z
	}
	t := &pdfTokens{r: bufio.NewReaderSize(r, 4<<10), left: pdfInflated - p.inflated, packed: true}
	before := t.left
	defer func() { p.inflated += before - t.left }()
	for {
		_, err := t.value(0)
		var refused *Refused
		switch {
		case errors.As(err, &refused):
			return err
		case err != nil && !errors.Is(err, errNoPDF):
			return nil // its end, or where it breaks off: readers see no more either
		}
	}
}

// pdfValue is what matters of a value.
type pdfValue struct {
	name     string // of a name
	kind     byte   // '/' of a name, '[' of an array, 0 of anything else
	n, first bool   // the dictionary has these keys, as one of an object stream has
	objects  bool   // its Type is ObjStm
	filters  []string
	unclear  bool // its filters are elsewhere in the file, or have parameters
}

// packs says whether a dictionary is one of an object stream. Readers find those by number, not by their type.
func (v pdfValue) packs() bool { return v.objects || v.n && v.first }

// pdfTokens reads values from bytes.
type pdfTokens struct {
	r         *bufio.Reader
	left      int64 // bytes that may be read
	encrypted bool
	packed    bool // reads an object stream
}

func (t *pdfTokens) next() (byte, error) {
	switch {
	case t.left > 0:
		t.left--
		return t.r.ReadByte()
	case t.packed:
		return 0, refuse(ArchiveBomb, "a PDF with object streams of more than %d bytes", pdfInflated)
	default:
		return 0, refuse(ActiveContent, "a PDF with an object of more than %d bytes", pdfObject)
	}
}

func (t *pdfTokens) back() {
	if t.r.UnreadByte() == nil {
		t.left++
	}
}

// token begins a token: its first byte, behind white space and comments.
func (t *pdfTokens) token() (byte, error) {
	for comment := false; ; {
		b, err := t.next()
		switch {
		case err != nil:
			return 0, err
		case b == '%':
			comment = true
		case b == '\n' || b == '\r':
			comment = false
		case !comment && !pdfSpace(b):
			return b, nil
		}
	}
}

// value reads one value and refuses what runs.
func (t *pdfTokens) value(depth int) (pdfValue, error) {
	b, err := t.token()
	if err != nil {
		return pdfValue{}, err
	}
	return t.begun(b, depth)
}

func (t *pdfTokens) begun(b byte, depth int) (pdfValue, error) {
	if depth > pdfDepth {
		return pdfValue{}, refuse(ActiveContent, "a PDF with values more than %d deep", pdfDepth)
	}
	switch b {
	case '/':
		name, err := t.name()
		if err == nil && depth == 0 && slices.Contains(pdfActions(), name) { // to which an action refers
			err = refuse(ActiveContent, "a PDF with %s", name)
		}
		return pdfValue{name: name, kind: '/'}, err
	case '(':
		return pdfValue{}, t.text()
	case '[':
		return t.array(depth)
	case '<':
		second, err := t.next()
		if err != nil {
			return pdfValue{}, err
		}
		if second == '<' {
			return t.dictionary(depth)
		}
		t.back()
		return pdfValue{}, t.hexadecimal()
	case ')', ']', '>', '{', '}':
		return pdfValue{}, errNoPDF
	}
	return pdfValue{}, t.word(b)
}

// word passes over a number or a keyword; a reference is three of them.
func (t *pdfTokens) word(b byte) error {
	for range 64 {
		if b < 0x21 || b > 0x7e {
			return errNoPDF
		}
		var err error
		if b, err = t.next(); err != nil {
			return err
		}
		if pdfSpace(b) || pdfDelimiter(b) {
			t.back()
			return nil
		}
	}
	return errNoPDF
}

func (t *pdfTokens) name() (string, error) {
	name := []byte{}
	for {
		b, err := t.next()
		switch {
		case errors.Is(err, io.EOF):
			return string(name), nil
		case err != nil:
			return "", err
		case pdfSpace(b) || pdfDelimiter(b):
			t.back()
			return string(name), nil
		}
		if b == '#' { // two hexadecimal digits stand for any byte
			digits, _ := t.r.Peek(2)
			if len(digits) == 2 && pdfHex(digits[0]) >= 0 && pdfHex(digits[1]) >= 0 {
				b = byte(pdfHex(digits[0])<<4 | pdfHex(digits[1]))
				if _, err := t.r.Discard(2); err != nil {
					return "", err
				}
				t.left -= 2
			}
		}
		if len(name) <= pdfName {
			name = append(name, b)
		}
	}
}

// text passes over a string in parentheses, which may hold balanced ones.
func (t *pdfTokens) text() error {
	for depth := 1; depth > 0; {
		b, err := t.next()
		if err != nil {
			return err
		}
		switch b {
		case '\\':
			if _, err := t.next(); err != nil {
				return err
			}
		case '(':
			depth++
		case ')':
			depth--
		}
	}
	return nil
}

func (t *pdfTokens) hexadecimal() error {
	for {
		b, err := t.next()
		switch {
		case err != nil:
			return err
		case b == '>':
			return nil
		case !pdfSpace(b) && pdfHex(b) < 0:
			return errNoPDF
		}
	}
}

// array reads to "]"; the names in it are told, for a list of filters.
func (t *pdfTokens) array(depth int) (pdfValue, error) {
	all := pdfValue{kind: '['}
	for {
		b, err := t.token()
		if err != nil || b == ']' {
			return all, err
		}
		v, err := t.begun(b, depth+1)
		if err != nil {
			return all, err
		}
		if v.kind == '/' && len(all.filters) < 8 {
			all.filters = append(all.filters, v.name)
		}
		all.unclear = all.unclear || v.kind != '/'
	}
}

func (t *pdfTokens) dictionary(depth int) (pdfValue, error) {
	d, key := pdfValue{}, ""
	for {
		b, err := t.token()
		if err != nil {
			return d, err
		}
		if b == '>' {
			if b, err = t.next(); err == nil && b != '>' {
				err = errNoPDF
			}
			return d, err
		}
		v, err := t.begun(b, depth+1)
		switch {
		case err != nil:
			return d, err
		case key != "":
			if err := d.entry(t, key, v); err != nil {
				return d, err
			}
			key = ""
		case v.kind == '/': // what is no name here is the rest of a reference
			key = v.name
		}
	}
}

// entry takes one entry of a dictionary; of a reference, value is its first number. Where a key is given twice, readers
// differ in which they take, so each counts.
func (v *pdfValue) entry(t *pdfTokens, key string, value pdfValue) error {
	switch {
	case slices.Contains(pdfKeys(), key):
		return refuse(ActiveContent, "a PDF with %s", key)
	case key == "S" && slices.Contains(pdfActions(), value.name), key == "Subtype" && value.name == "FileAttachment":
		return refuse(ActiveContent, "a PDF with %s", value.name)
	}
	switch key {
	case "Type":
		v.objects = v.objects || value.name == "ObjStm"
	case "N":
		v.n = true
	case "First":
		v.first = true
	case "Filter", "F":
		if value.kind == '/' {
			v.filters = append(v.filters, value.name)
		}
		v.filters = append(v.filters, value.filters...)
		v.unclear = v.unclear || value.kind == 0 || value.unclear
	case "DecodeParms", "DP":
		v.unclear = true
	case "Encrypt":
		t.encrypted = true
	}
	return nil
}

// stream says whether a stream follows, and goes to its first byte.
func (t *pdfTokens) stream() bool {
	b, err := t.token()
	for _, want := range []byte("stream") {
		if err != nil || b != want {
			return false
		}
		b, err = t.next()
	}
	for err == nil && b != '\n' && pdfSpace(b) {
		b, err = t.next()
	}
	if err == nil && b != '\n' {
		t.back()
	}
	return err == nil
}

func pdfSpace(b byte) bool {
	return b == 0 || b == '\t' || b == '\n' || b == '\f' || b == '\r' || b == ' '
}

func pdfDigit(b byte) bool { return b >= '0' && b <= '9' }

func pdfDelimiter(b byte) bool { return bytes.IndexByte([]byte("()<>[]{}/%"), b) >= 0 }

func pdfHex(b byte) int {
	switch {
	case pdfDigit(b):
		return int(b - '0')
	case b >= 'a' && b <= 'f':
		return int(b-'a') + 10
	case b >= 'A' && b <= 'F':
		return int(b-'A') + 10
	}
	return -1
}
