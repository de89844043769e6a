package filetype_test

import (
	"archive/zip"
	"bytes"
	"compress/zlib"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/filetype/filetypetest"
)

// Valid files of every type, made by code.

func must[T any](v T, err error) T {
	if err != nil {
		panic(err)
	}
	return v
}

func canvas() image.Image {
	m := image.NewPaletted(image.Rect(0, 0, 32, 24), color.Palette{color.Black, color.White, color.RGBA{200, 30, 30, 255}})
	for i := range m.Pix {
		m.Pix[i] = uint8(i*7%3) & 3
	}
	return m
}

func sampleJPEG() []byte {
	var b bytes.Buffer
	if err := jpeg.Encode(&b, canvas(), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func samplePNG() []byte {
	var b bytes.Buffer
	if err := png.Encode(&b, canvas()); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func sampleGIF() []byte {
	var b bytes.Buffer
	if err := gif.Encode(&b, canvas(), nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// sampleWebP is a lossless picture of one pixel.
func sampleWebP() []byte {
	return riff("VP8L", []byte{0x2f, 0, 0, 0, 0, 0x07, 0x10, 0x11, 0x11, 0x88, 0x88, 0x08})
}

func riff(chunks ...any) []byte {
	body := []byte("WEBP")
	for chunk := range slices.Chunk(chunks, 2) {
		data := chunk[1].([]byte)
		body = append(body, chunk[0].(string)...)
		body = binary.LittleEndian.AppendUint32(body, uint32(len(data)))
		body = append(body, data...)
		if len(data)%2 == 1 {
			body = append(body, 0)
		}
	}
	return append(binary.LittleEndian.AppendUint32([]byte("RIFF"), uint32(len(body))), body...)
}

func samplePDF() []byte {
	return []byte("%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n2 0 obj\n<< /Type /Pages /Kids [] " +
		"/Count 0 >>\nendobj\nxref\n0 3\n0000000000 65535 f \n0000000015 00000 n \n0000000064 00000 n \ntrailer\n<< /Size 3 " +
		"/Root 1 0 R >>\nstartxref\n116\n%%EOF\n")
}

// sampleHWP is a compound file whose streams are the given ones, each of less than 4096 bytes.
func sampleHWP() []byte { return filetypetest.HWP() }

func compound(name string, content []byte) []byte { return filetypetest.Compound(name, content) }

// farHWP is a HWP document of 9 MB whose directory has two sectors and lies at its end, so that the allocation table's
// part for it is named behind the header.
func farHWP() []byte {
	const sectors, sector = 18_000, 512
	le := binary.LittleEndian
	near := sampleHWP()
	b := make([]byte, (sectors+1)*sector)
	copy(b, near[:sector]) // the header
	at := func(n int) []byte { return b[(n+1)*sector : (n+2)*sector] }
	// Sector 0 names parts 109 and above of the table; part 140, for the sectors from 17 920, is sector 1.
	le.PutUint32(b[68:], 0)
	le.PutUint32(b[72:], 1)
	le.PutUint32(at(0)[4*(140-109):], 1)
	first, second := 17_920, 17_930
	le.PutUint32(at(1)[4*(first-17_920):], uint32(second))
	le.PutUint32(at(1)[4*(second-17_920):], 0xfffffffe)
	le.PutUint32(b[48:], uint32(first))
	directory := near[2*sector : 3*sector]
	copy(at(first), directory[:128])     // the root, then entries of no kind
	copy(at(second), directory[128:256]) // FileHeader
	le.PutUint32(at(first)[116:], 2)     // the small streams
	copy(at(2), near[4*sector:])
	return b
}

type entry struct {
	name    string
	content string
	store   bool
	change  func(*zip.FileHeader)
}

// old is an entry whose name is not UTF-8.
func old(name string) entry {
	return entry{name: name, content: name, change: func(h *zip.FileHeader) { h.NonUTF8 = true }}
}

// lying is an entry whose name says that it is UTF-8, and is not.
func lying(name string) entry {
	return entry{name: name, content: name, change: func(h *zip.FileHeader) { h.Flags |= 0x800 }}
}

func archive(entries ...entry) []byte { return archiveWith("", entries...) }

func archiveWith(comment string, entries ...entry) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, e := range entries {
		h := &zip.FileHeader{Name: e.name, Method: zip.Deflate}
		if e.store {
			h.Method = zip.Store
		}
		if e.change != nil {
			e.change(h)
		}
		f := must(w.CreateHeader(h))
		must(f.Write([]byte(e.content)))
	}
	if err := w.SetComment(comment); err != nil {
		panic(err)
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// rawEntry claims sizes that its content does not have.
func rawArchive(headers []zip.FileHeader, content []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i := range headers {
		h := headers[i]
		h.CRC32 = crc32.ChecksumIEEE(content)
		f := must(w.CreateRaw(&h))
		must(f.Write(content))
	}
	if err := w.Close(); err != nil {
		panic(err)
	}
	return b.Bytes()
}

func sampleZIP() []byte {
	return archive(entry{name: "축제/"}, entry{name: "축제/회계.txt", content: "수입과 지출"}, entry{name: "사진.jpg", content: "not looked at", store: true})
}

func officeTypes(part, main string) string {
	return `<?xml version="1.0"?><Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types">` +
		`<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>` +
		`<Override PartName="/` + part + `" ContentType="` + main + `"/></Types>`
}

// related is the relationships of a part.
func related(all ...string) string {
	return `<?xml version="1.0"?><Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships">` + strings.Join(all, "") + `</Relationships>`
}

// to is one relationship; mode is External, or "".
func to(kind, target, mode string) string {
	return `<Relationship Id="r" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/` + kind + `" Target="` + target + `" TargetMode="` + mode + `"/>`
}

const (
	officePrefix = "application/vnd.openxmlformats-officedocument."
	docxMain     = officePrefix + "wordprocessingml.document.main+xml"
	xlsxMain     = officePrefix + "spreadsheetml.sheet.main+xml"
	pptxMain     = officePrefix + "presentationml.presentation.main+xml"
)

func sampleOffice(main, document string, more ...entry) []byte {
	return archive(append([]entry{
		{name: "[Content_Types].xml", content: officeTypes(document, main)}, {name: "_rels/.rels", content: related(to("officeDocument", document, ""))},
		{name: document, content: "<document/>"},
	}, more...)...)
}

// relatedTo is a document whose main part has one more relationship.
func relatedTo(kind, target, mode string, more ...entry) []byte {
	return sampleOffice(docxMain, "word/document.xml", append(more, entry{name: "word/_rels/document.xml.rels", content: related(to(kind, target, mode))})...)
}

// packedPDF is a PDF whose objects are in an object stream.
func packedPDF(objects string) []byte {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	must(io.WriteString(z, "1 0 2 40 "+objects))
	if err := z.Close(); err != nil {
		panic(err)
	}
	return inPDF(fmt.Sprintf("9 0 obj\n<< /Type /ObjStm /N 2 /First 9 /Filter /FlateDecode /Length %d >>\nstream\r\n%s\nendstream\nendobj\n", b.Len(), b.String()))
}

// inPDF is a PDF with more in it.
func inPDF(more string) []byte {
	pdf := samplePDF()
	return insert(pdf, bytes.Index(pdf, []byte("xref")), more)
}

func sampleHWPX() []byte {
	return archive(entry{name: "mimetype", content: "application/hwp+zip", store: true}, entry{name: "version.xml", content: "<v/>"},
		entry{name: "Contents/section0.xml", content: "<sec/>"})
}

func samples() map[string][]byte {
	return map[string][]byte{
		"jpg": sampleJPEG(), "png": samplePNG(), "gif": sampleGIF(), "webp": sampleWebP(), "pdf": samplePDF(), "hwp": sampleHWP(),
		"hwpx": sampleHWPX(), "zip": sampleZIP(), "docx": sampleOffice(docxMain, "word/document.xml"),
		"xlsx": sampleOffice(xlsxMain, "xl/workbook.xml"), "pptx": sampleOffice(pptxMain, "ppt/presentation.xml"),
		"doc": filetypetest.Word("Normal.dot", 0), "xls": filetypetest.Sheets(nil), "ppt": filetypetest.Slides(nil), "hml": filetypetest.HWPML(""),
	}
}

func insert(b []byte, at int, text string) []byte {
	return bytes.Join([][]byte{b[:at], []byte(text), b[at:]}, nil)
}

func change(b []byte, f func([]byte)) []byte {
	b = bytes.Clone(b)
	f(b)
	return b
}

func pngChunk(name, content string) string {
	chunk := binary.BigEndian.AppendUint32(nil, uint32(len(content)))
	chunk = append(chunk, name+content...)
	return string(binary.BigEndian.AppendUint32(chunk, crc32.ChecksumIEEE(chunk[4:])))
}

func jpegSegment(marker byte, content string) string {
	return string(binary.BigEndian.AppendUint16([]byte{0xff, marker}, uint16(len(content)+2))) + content
}

func TestSamplesAreWhatTheySay(t *testing.T) {
	for ext, b := range map[string][]byte{"jpg": sampleJPEG(), "png": samplePNG(), "gif": sampleGIF()} {
		if _, kind, err := image.Decode(bytes.NewReader(b)); err != nil {
			t.Errorf("%s: %s, %v", ext, kind, err)
		}
	}
}
