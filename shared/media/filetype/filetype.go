// Package filetype decides what an uploaded file really is, from its stored bytes, and refuses what is not exactly one
// of the allowed types: files that lie about their type, that are two types at once, that are cut off, and archives that
// would harm whoever opens them.
//
// Formats are read by their structure, not only by their first bytes, with bounded memory: at most 2 MiB, whatever the
// file claims.
package filetype

import (
	"cmp"
	"errors"
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
	End   int64  // bytes of a picture up to its own end, as Detect found it: what follows is not kept. Else 0
}

// Codes of Refused.
const (
	NotAllowed    = "type-not-allowed" // a type that is not on the list
	Mismatch      = "type-mismatch"    // name, declared type and content do not agree
	Polyglot      = "polyglot"         // can be read as another type too
	ArchiveBomb   = "archive-bomb"     // unpacks to too much
	ArchiveUnsafe = "archive-unsafe"   // names, links or structure that harm whoever unpacks it
	Truncated     = "truncated"        // empty, or ends before its end
	ActiveContent = "active-content"   // a document that runs or fetches something when it is opened, or carries files
	Program       = "contains-program" // an archive with a file that runs when it is opened
	Encrypted     = "encrypted"        // needs a password, so that nobody can say what is in it
	HEIF          = "heif-picture"     // a picture as iPhones keep it, which browsers do not show
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

// What a browser declares is what the computer's list of extensions says, into which Hancom Office, old Windows and other
// programs write names of their own. All of them are known here, and none decides anything: the content does.

// unnamed are names for "something", which claim nothing.
func unnamed() []string {
	return []string{
		"application/octet-stream", "binary/octet-stream", "application/binary", "application/unknown", "application/x-unknown", "unknown/unknown",
		"application/x-unknown-content-type", "application/download", "application/x-download", "application/force-download", "application/x-force-download",
		"application/save", "application/haansoft", "application/x-octet-stream",
	}
}

// zipped are names of a ZIP, which what is made of one is declared as too.
func zipped() []string {
	return []string{"application/zip", "application/x-zip-compressed", "application/x-zip", "application/zip-compressed", "application/x-compressed", "application/x-compress", "multipart/x-zip", "application/vnd.openxmlformats-officedocument", "application/x-tika-ooxml"}
}

// compounded are names of an OLE compound file, which what is made of one is declared as too.
func compounded() []string {
	return []string{"application/x-ole-storage", "application/cdfv2", "application/x-cdf", "application/x-tika-msoffice", "application/vnd.ms-office", "application/msoffice"}
}

// hancom are the names that Hancom Office gives a format of another vendor.
func hancom(ext string) []string {
	return []string{"application/haansoft" + ext, "application/x-haansoft" + ext, "application/vnd.hancom." + ext}
}

// formatOf returns the allowed format of an extension.
func formatOf(ext string) (format, bool) {
	is := func(mime string, image bool, ext string, aliases ...[]string) (format, bool) {
		return format{Type: Type{MIME: mime, Ext: ext, Image: image}, aliases: slices.Concat(aliases...)}, true
	}
	switch ext {
	case "jpg", "jpeg", "jpe", "jfif", "mpo":
		return is("image/jpeg", true, "jpg", []string{"image/jpg", "image/pjpeg", "image/jfif", "image/mpo", "image/x-mpo", "image/vnd.mpo"})
	case "png":
		return is("image/png", true, "png", []string{"image/x-png", "image/apng", "image/vnd.mozilla.apng"})
	case "webp":
		return is("image/webp", true, "webp", []string{"image/x-webp"})
	case "gif":
		return is("image/gif", true, "gif")
	case "pdf":
		return is("application/pdf", false, "pdf", []string{"application/x-pdf", "application/acrobat", "application/vnd.pdf", "text/pdf", "text/x-pdf"}, hancom("pdf"))
	case "hwp":
		return is("application/x-hwp", false, "hwp", []string{"application/hwp", "application/vnd.hancom.hwp", "application/x-hwp-v5", "application/x-hwp-v3", "application/hanword", "application/x-hanword"}, hancom("hwp"), compounded())
	case "hml":
		return is("application/vnd.hancom.hml", false, "hml", []string{"application/x-hml", "application/x-hwpml", "application/hwpml", "application/xml", "text/xml"}, hancom("hml"), hancom("hwpml"))
	case "hwpx":
		return is("application/hwp+zip", false, "hwpx", []string{"application/x-hwpx", "application/hwpx", "application/x-hwp+zip", "application/owpml"}, hancom("hwpx"), hancom("hwp"), zipped())
	case "doc":
		return is("application/msword", false, "doc", []string{"application/vnd.ms-word", "application/x-msword", "application/x-doc", "application/vnd.msword", "application/word"}, hancom("doc"), compounded())
	case "xls":
		return is("application/vnd.ms-excel", false, "xls", []string{"application/msexcel", "application/x-msexcel", "application/x-excel", "application/excel", "application/x-xls", "application/x-dos_ms_excel"}, hancom("xls"), hancom("cell"), compounded())
	case "ppt":
		return is("application/vnd.ms-powerpoint", false, "ppt", []string{"application/mspowerpoint", "application/x-mspowerpoint", "application/powerpoint", "application/x-ppt"}, hancom("ppt"), hancom("show"), compounded())
	case "docx":
		return is(mimeDOCX, false, "docx", []string{"application/msword", "application/vnd.ms-word", "application/docx", "application/x-docx"}, hancom("docx"), zipped())
	case "xlsx":
		return is(mimeXLSX, false, "xlsx", []string{"application/vnd.ms-excel", "application/msexcel", "application/xlsx", "application/x-xlsx"}, hancom("xlsx"), hancom("cell"), zipped())
	case "pptx":
		return is(mimePPTX, false, "pptx", []string{"application/vnd.ms-powerpoint", "application/mspowerpoint", "application/pptx", "application/x-pptx"}, hancom("pptx"), hancom("show"), zipped())
	case "zip":
		return is("application/zip", false, "zip", zipped(), hancom("zip"))
	}
	return format{}, false
}

// extensions are those of the allowed types, as files are named by them.
func extensions() []string {
	return []string{"jpg", "jpeg", "jpe", "jfif", "mpo", "png", "webp", "gif", "pdf", "hwp", "hwpx", "hml", "doc", "docx", "xls", "xlsx", "ppt", "pptx", "zip"}
}

// Names says which files may be taken, before their content is looked at: extensions, each
// with the media types that may be declared for it.
func Names(imagesOnly bool) map[string][]string {
	names := map[string][]string{}
	for _, ext := range extensions() {
		if f, known := formatOf(ext); known && (f.Image || !imagesOnly) {
			names[ext] = slices.Concat([]string{f.MIME}, f.aliases, unnamed())
		}
	}
	return names
}

// Detect reads the size bytes of r and returns their type. name is the file's name as the uploader gave it, declared the
// media type that came with it; both must agree with the content. An empty declared, or application/octet-stream, claims
// nothing: browsers send that for types which the computer does not know, .hwp most of all. The names that Hancom Office and
// Windows have for a type are known beside its own.
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
	ext, end, err := kindOf(watched, size)
	switch {
	case watched.broken != nil: // whatever the reading of a format made of it
		return Type{}, watched.broken
	case err != nil:
		return Type{}, err
	case ext != wanted.Ext:
		return Type{}, refuse(Mismatch, "the content is %s, the name says %s", ext, wanted.Ext)
	}
	wanted.End = end
	return wanted, nil
}

// Named is the type that a file's name and declared media type stand for, as Detect wants them, before there is any
// content. The error is a *Refused.
func Named(name, declared string) (Type, error) {
	ext := strings.ToLower(strings.TrimPrefix(path.Ext(name), "."))
	wanted, ok := formatOf(ext)
	if slices.Contains([]string{"heic", "heif", "hif", "heics", "heifs"}, ext) {
		return Type{}, refuse(HEIF, "files named *%s are not taken", path.Ext(name))
	}
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

func kindOf(r io.ReaderAt, size int64) (ext string, end int64, err error) {
	f, err := open(r, size)
	if err != nil {
		return "", 0, err
	}
	ext, err = f.kind()
	return ext, f.end, err
}

func agrees(f format, declared string) bool {
	if strings.TrimSpace(declared) == "" {
		return true
	}
	kind, _, err := mime.ParseMediaType(declared)
	if err != nil {
		return false
	}
	return kind == f.MIME || slices.Contains(f.aliases, kind) || slices.Contains(unnamed(), kind)
}

// sniffed is how many bytes at the beginning decide what a browser or a PDF reader takes a file for.
const sniffed = 1024

// file is an upload with its beginning in memory.
type file struct {
	r    io.ReaderAt
	size int64
	head []byte
	data []extent // what of the beginning may spell anything
	end  int64    // where a picture ends, if that is before the end of the file
}

// extent is from one byte to before another.
type extent struct{ begin, end int64 }

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
	case begins(compoundMagic):
		check = f.compound
	case begins("PK\x03\x04"):
		check = f.archive
	case begins("HWP Document File V3"):
		check = f.hwp3
	case isHWPML(f.head):
		check = f.hwpml
	case isHEIF(f.head):
		return "", refuse(HEIF, "the content is HEIF")
	default:
		return "", f.unknown()
	}
	if !f.structured() && !isHWPML(f.head) { // which has a <HEAD>
		if err := f.onlyOne(f.head, begins("%PDF-")); err != nil {
			return "", err
		}
	}
	if !begins("PK\x03\x04") {
		if err := f.noArchiveAtEnd(); err != nil {
			return "", err
		}
	}
	ext, err := check()
	var broken *Refused
	switch {
	case err == nil && f.structured():
		err = f.onlyOne(f.telling(), false)
	case errors.As(err, &broken) && broken.Code == Truncated && f.structured():
		err = cmp.Or(f.onlyOne(f.head, false), err) // no picture: whatever its words say is all that there is
	}
	if err != nil {
		return "", err
	}
	return ext, nil
}

// isHEIF says whether a file begins as a picture of HEIF (ISO/IEC 23008-12, 10.2: brands).
func isHEIF(head []byte) bool {
	return len(head) >= 12 && string(head[4:8]) == "ftyp" && slices.Contains([]string{"heic", "heix", "heim", "heis", "hevc", "hevx", "hevm", "hevs", "mif1", "mif2", "msf1"}, string(head[8:12]))
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
