// Package filetype decides what an uploaded file really is, from its stored bytes, and refuses what is not exactly one
// of the allowed types: files that lie about their type, that are two types at once, that are cut off, and archives that
// would harm whoever opens them.
//
// Formats are read by their structure, not only by their first bytes, with bounded memory: at most 2 MiB, whatever the
// file claims.
package filetype

import (
	"fmt"
	"io"
	"mime"
	"path"
	"slices"
	"strings"

	"github.com/gabriel-vasile/mimetype"
)

// Type is what a file is.
type Type struct {
	MIME  string // the one name used for it here
	Ext   string // without the dot, as it is stored: "jpg", never "jpeg"
	Image bool   // whether smaller pictures can be made of it
}

// Codes of Refused.
const (
	NotAllowed    = "type-not-allowed" // a type that is not on the list
	Mismatch      = "type-mismatch"    // name, declared type and content do not agree
	Polyglot      = "polyglot"         // can be read as another type too
	ArchiveBomb   = "archive-bomb"     // unpacks to too much
	ArchiveUnsafe = "archive-unsafe"   // names, links, macros or structure that harm whoever unpacks it
	Truncated     = "truncated"        // empty, or ends before its end
)

// Refused says why a file is not taken. Code is one of the constants; Reason is English, for a log or a developer.
type Refused struct {
	Code   string
	Reason string
}

// Error is code and reason.
func (r *Refused) Error() string { return r.Code + ": " + r.Reason }

func refuse(code, format string, args ...any) error {
	return &Refused{Code: code, Reason: fmt.Sprintf(format, args...)}
}

// format is one allowed type: its names, and the other names that browsers declare for it.
type format struct {
	Type
	aliases []string
}

const (
	mimeDOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"
	mimeXLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
	mimePPTX = "application/vnd.openxmlformats-officedocument.presentationml.presentation"
)

// formatOf returns the allowed format of an extension.
func formatOf(ext string) (format, bool) {
	switch ext {
	case "jpg", "jpeg", "jpe", "jfif":
		return format{Type: Type{"image/jpeg", "jpg", true}, aliases: []string{"image/jpg", "image/pjpeg"}}, true
	case "png":
		return format{Type: Type{"image/png", "png", true}, aliases: []string{"image/x-png"}}, true
	case "webp":
		return format{Type: Type{"image/webp", "webp", true}}, true
	case "gif":
		return format{Type: Type{"image/gif", "gif", true}}, true
	case "pdf":
		return format{Type: Type{"application/pdf", "pdf", false}, aliases: []string{"application/x-pdf"}}, true
	case "hwp":
		return format{Type: Type{"application/x-hwp", "hwp", false}, aliases: []string{
			"application/haansofthwp", "application/vnd.hancom.hwp", "application/hwp"}}, true
	case "hwpx":
		return format{Type: Type{"application/hwp+zip", "hwpx", false}, aliases: []string{
			"application/haansofthwpx", "application/vnd.hancom.hwpx", "application/x-hwpx", "application/hwpx"}}, true
	case "docx":
		return format{Type: Type{mimeDOCX, "docx", false}}, true
	case "xlsx":
		return format{Type: Type{mimeXLSX, "xlsx", false}}, true
	case "pptx":
		return format{Type: Type{mimePPTX, "pptx", false}}, true
	case "zip":
		return format{Type: Type{"application/zip", "zip", false}, aliases: []string{
			"application/x-zip-compressed", "application/x-zip", "multipart/x-zip"}}, true
	}
	return format{}, false
}

// Names says which files may be taken, before their content is looked at: extensions, each
// with the media types that may be declared for it.
func Names(imagesOnly bool) map[string][]string {
	names := map[string][]string{}
	for _, ext := range []string{"jpg", "jpeg", "jpe", "jfif", "png", "webp", "gif", "pdf", "hwp", "hwpx", "docx", "xlsx", "pptx", "zip"} {
		if f, known := formatOf(ext); known && (f.Image || !imagesOnly) {
			names[ext] = append([]string{f.MIME}, f.aliases...)
		}
	}
	return names
}

// Detect reads the size bytes of r and returns their type. name is the file's name as the uploader gave it, declared the
// media type that came with it; both must agree with the content. An empty declared, or application/octet-stream, claims
// nothing: browsers send that for types which the computer does not know, .hwp most of all.
//
// The error is a *Refused when the file is at fault, and otherwise what r returned.
func Detect(r io.ReaderAt, size int64, name, declared string) (Type, error) {
	wanted, err := Named(name, declared)
	if err != nil {
		return Type{}, err
	}
	if size <= 0 {
		return Type{}, refuse(Truncated, "the file is empty")
	}
	watched := &source{r: r}
	ext, err := kindOf(watched, size)
	switch {
	case watched.broken != nil: // whatever the reading of a format made of it
		return Type{}, watched.broken
	case err != nil:
		return Type{}, err
	case ext != wanted.Ext:
		return Type{}, refuse(Mismatch, "the content is %s, the name says %s", ext, wanted.Ext)
	}
	return wanted, nil
}

// Named is the type that a file's name and declared media type stand for, as Detect wants them, before there is any
// content. The error is a *Refused.
func Named(name, declared string) (Type, error) {
	wanted, ok := formatOf(strings.ToLower(strings.TrimPrefix(path.Ext(name), ".")))
	if !ok {
		return Type{}, refuse(NotAllowed, "files named *%s are not taken", path.Ext(name))
	}
	if !agrees(wanted, declared) {
		return Type{}, refuse(Mismatch, "declared as %q, named *.%s", declared, wanted.Ext)
	}
	return wanted.Type, nil
}

// source remembers why it could not be read. Only io.EOF itself is an end: storage that breaks off says
// io.ErrUnexpectedEOF, by which readers of formats tell a file that is cut off.
type source struct {
	r      io.ReaderAt
	broken error
}

// ReadAt reads as io.ReaderAt demands.
func (s *source) ReadAt(p []byte, offset int64) (int, error) {
	n, err := s.r.ReadAt(p, offset)
	if err != nil && err != io.EOF {
		s.broken = fmt.Errorf("filetype: %w", err)
	}
	return n, err
}

func kindOf(r io.ReaderAt, size int64) (string, error) {
	f, err := open(r, size)
	if err != nil {
		return "", err
	}
	return f.kind()
}

func agrees(f format, declared string) bool {
	if strings.TrimSpace(declared) == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil {
		return false
	}
	return kind == "application/octet-stream" || kind == f.MIME || slices.Contains(f.aliases, kind)
}

// sniffed is how many bytes at the beginning decide what a browser or a PDF reader takes a file for.
const sniffed = 1024

// file is an upload with its beginning in memory.
type file struct {
	r    io.ReaderAt
	size int64
	head []byte
}

func open(r io.ReaderAt, size int64) (*file, error) {
	f := &file{r: r, size: size}
	var err error
	f.head, err = f.at(0, min(size, 3072)) // mimetype's own limit
	return f, err
}

// at reads n bytes from offset; what is not there is Truncated.
func (f *file) at(offset, n int64) ([]byte, error) {
	if offset < 0 || n < 0 || offset > f.size-n {
		return nil, refuse(Truncated, "%d bytes at %d are behind the end", n, offset)
	}
	b := make([]byte, n)
	got, err := f.r.ReadAt(b, offset)
	if int64(got) == n {
		return b, nil
	}
	if err == nil || err == io.EOF {
		return nil, refuse(Truncated, "the file has fewer bytes than its size says")
	}
	return nil, err
}

// kind returns the extension of the content's type.
func (f *file) kind() (string, error) {
	begins := func(magic string) bool { return strings.HasPrefix(string(f.head), magic) }
	var check func() (string, error)
	switch {
	case begins("\xff\xd8\xff"):
		check = f.jpeg
	case begins("\x89PNG\r\n\x1a\n"):
		check = f.png
	case begins("GIF87a"), begins("GIF89a"):
		check = f.gif
	case begins("RIFF") && len(f.head) >= 12 && string(f.head[8:12]) == "WEBP":
		check = f.webp
	case begins("%PDF-"):
		check = f.pdf
	case begins("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"):
		check = f.compound
	case begins("PK\x03\x04"):
		check = f.archive
	default:
		return "", f.unknown()
	}
	if err := f.onlyOne(begins("%PDF-")); err != nil {
		return "", err
	}
	if !begins("PK\x03\x04") {
		if err := f.noArchiveAtEnd(); err != nil {
			return "", err
		}
	}
	return check()
}

// unknown names what is not allowed, as far as mimetype knows it.
func (f *file) unknown() error {
	for _, magic := range []string{"%PDF-", "PK\x03\x04"} {
		if i := strings.Index(string(f.head[:min(len(f.head), sniffed)]), magic); i > 0 {
			return refuse(Polyglot, "%q at byte %d instead of 0", magic, i)
		}
	}
	return refuse(NotAllowed, "the content is %s", mimetype.Detect(f.head))
}
