package filetype_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/filetype"
)

func detect(b []byte, name, declared string) (filetype.Type, error) {
	return filetype.Detect(bytes.NewReader(b), int64(len(b)), name, declared)
}

func TestAllowed(t *testing.T) {
	for ext, b := range samples() {
		for _, name := range []string{"a." + ext, "한글 이름." + strings.ToUpper(ext), "a.b.c." + ext, "." + ext} {
			got, err := detect(b, name, "")
			if err != nil || got.Ext != ext || got.Image != slices.Contains([]string{"jpg", "png", "gif", "webp"}, ext) {
				t.Errorf("%s: %+v, %v", name, got, err)
			}
			for _, declared := range []string{got.MIME, got.MIME + "; charset=binary", strings.ToUpper(got.MIME), "application/octet-stream"} {
				if again, err := detect(b, name, declared); err != nil || again != got {
					t.Errorf("%s declared as %s: %+v, %v", name, declared, again, err)
				}
			}
		}
	}
	for name, c := range map[string]struct {
		file     []byte
		declared string
	}{
		"a.jpeg":                                 {sampleJPEG(), "image/pjpeg"},
		"b.JPE":                                  {sampleJPEG(), "image/jpg"},
		"c.hwp":                                  {sampleHWP(), "application/haansofthwp"},
		"large, directory at the end.hwp":        {farHWP(), ""},
		"d.hwpx":                                 {sampleHWPX(), "application/vnd.hancom.hwpx"},
		"e.zip":                                  {sampleZIP(), "application/x-zip-compressed"},
		"moving photo, whose film follows.jpg":   {append(sampleJPEG(), "\x00\x00\x00\x18ftypmp42 and so on"...), "image/jpeg"},
		"second picture of a telephone.jpg":      {append(sampleJPEG(), sampleJPEG()...), "image/jpeg"},
		"XMP.jpg":                                {insert(sampleJPEG(), 2, jpegSegment(0xe1, "http://ns.adobe.com/xap/1.0/\x00<?xpacket begin=''?><x:xmpmeta/>")), "image/jpeg"},
		"comment.zip":                            {archiveWith("다섯 장", entry{name: "a", content: "b"}), ""},
		"CP949 name.zip":                         {archive(entry{name: "\xc7\xd1\xb1\xdb.txt", content: "x", change: func(h *zip.FileHeader) { h.NonUTF8 = true }}), ""},
		"a document in an archive.zip":           {archive(entry{name: "word/document.xml", content: "x"}), ""},
		"compresses well, as tables of zero.zip": {archive(entry{name: "a.csv", content: strings.Repeat("0,", 4<<20)}), ""},
	} {
		if _, err := detect(c.file, name, c.declared); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

type hostile struct {
	name, declared string
	file           []byte
	codes          []string // one of them
}

func TestHostile(t *testing.T) {
	cases := slices.Concat(wrongNames(), cutAndGlued(), pictures(), documents(), archives(), running(), huge())
	t.Logf("%d hostile files", len(cases))
	if len(cases) < 150 {
		t.Error("fewer than 150")
	}
	for _, c := range cases {
		got, err := detect(c.file, c.name, c.declared)
		var refused *filetype.Refused
		if !errors.As(err, &refused) || !slices.Contains(c.codes, refused.Code) {
			t.Errorf("%s (%q): %+v, %v; want %v", c.name, c.declared, got, err, c.codes)
		} else if refused.Reason == "" || got != (filetype.Type{}) {
			t.Errorf("%s: %+v, %+v", c.name, got, refused)
		}
	}
}

const (
	notAllowed, mismatch, polyglot = filetype.NotAllowed, filetype.Mismatch, filetype.Polyglot
	bomb, unsafe, truncated        = filetype.ArchiveBomb, filetype.ArchiveUnsafe, filetype.Truncated
	active, program, locked        = filetype.ActiveContent, filetype.Program, filetype.Encrypted
)

// wrongNames are good files under another name or declaration, and bad ones under a good name.
func wrongNames() []hostile {
	var cases []hostile
	for ext, b := range samples() {
		for other := range samples() {
			if other != ext {
				cases = append(cases, hostile{ext + "." + other, "", b, []string{mismatch}})
			}
		}
		for _, declared := range []string{"text/html", "image/svg+xml", "application/x-msdownload", "no type", "image/png; a=b; a=c"} {
			if !(ext == "png" && strings.HasPrefix(declared, "image/png")) || strings.Contains(declared, "a=c") {
				cases = append(cases, hostile{"a." + ext, declared, b, []string{mismatch}})
			}
		}
		for _, name := range []string{"a.html", "a.svg", "a.exe", "a", "", "a." + ext + ".exe", "a." + ext + " ", "a." + ext + "\x00", "a.hwpml", "a.docm"} {
			cases = append(cases, hostile{name, "", b, []string{notAllowed}})
		}
		for label, content := range map[string]string{
			"html": "<!DOCTYPE html><html><script>alert(1)</script></html>", "svg": `<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`,
			"exe": "MZ\x90\x00\x03\x00\x00\x00PE\x00\x00", "elf": "\x7fELF\x02\x01\x01", "php": "<?php system($_GET['c']); ?>", "text": "hello",
			"xml": "<?xml version='1.0'?><a/>", "rar": "Rar!\x1a\x07\x00", "7z": "7z\xbc\xaf\x27\x1c", "script": "#!/bin/sh\nrm -rf /\n",
			"mp4": "\x00\x00\x00\x18ftypmp42", "bmp": "BM\x00\x00\x00\x00", "tiff": "II*\x00", "avi": "RIFF\x00\x00\x00\x00AVI ", "zeros": "\x00\x00\x00\x00",
		} {
			cases = append(cases, hostile{label + "." + ext, "", []byte(content), []string{notAllowed}})
		}
	}
	return cases
}

// isCompound says whether what lies behind the last sector in use is nothing to readers of a type.
func isCompound(ext string) bool { return slices.Contains([]string{"hwp", "doc", "xls", "ppt"}, ext) }

// cutAndGlued cuts every sample short, and glues other files before and behind it.
func cutAndGlued() []hostile {
	var cases []hostile
	for ext, b := range samples() {
		for _, n := range []int{0, 1, 4, 8, 12, len(b) / 4, len(b) / 2, len(b) - 1} {
			if ext == "pdf" && n == len(b)-1 {
				continue // only a newline
			}
			if isCompound(ext) && n == len(b)-1 {
				continue // the rest of its last sector
			}
			cases = append(cases, hostile{fmt.Sprintf("%d.%s", n, ext), "", b[:n], []string{truncated, notAllowed, polyglot, mismatch}})
		}
		for _, before := range []string{"<html>", "\n", "MZ\x90\x00", "GIF8", strings.Repeat("x", 500)} {
			cases = append(cases, hostile{"before." + ext, "", append([]byte(before), b...), []string{notAllowed, polyglot, truncated}})
		}
		cases = append(cases, hostile{"zip behind." + ext, "", append(bytes.Clone(b), sampleZIP()...), []string{polyglot, bomb, truncated}},
			hostile{"jar behind, then a comment." + ext, "", append(bytes.Clone(b), archiveWith("x", entry{name: "META-INF/MANIFEST.MF"})...), []string{polyglot, bomb, truncated}})
		if !isCompound(ext) {
			cases = append(cases, hostile{"page behind." + ext, "", append(bytes.Clone(b), "<html><script>alert(1)</script>"...), []string{polyglot}})
		}
	}
	return cases
}

func pictures() []hostile {
	jpg, png, gif := sampleJPEG(), samplePNG(), sampleGIF()
	return []hostile{
		{"comment.jpg", "", insert(jpg, 2, jpegSegment(0xfe, "<script>alert(1)</script>")), []string{polyglot}},
		{"php.jpg", "", insert(jpg, 2, jpegSegment(0xfe, "<?php eval($_POST[1]); ?>")), []string{polyglot}},
		{"PDF inside.jpg", "", insert(jpg, 2, jpegSegment(0xfe, "%PDF-1.4 1 0 obj")), []string{polyglot}},
		{"program behind.jpg", "", append(bytes.Clone(jpg), "\x7fELF\x02\x01"...), []string{polyglot}},
		{"PDF behind.jpg", "", append(bytes.Clone(jpg), samplePDF()...), []string{polyglot}},
		{"no picture.jpg", "", []byte("\xff\xd8\xff\xd9"), []string{truncated}},
		{"segment of no size.jpg", "", []byte("\xff\xd8\xff\xe0\x00\x00\xff\xd9"), []string{truncated}},
		{"segment behind the end.jpg", "", []byte("\xff\xd8\xff\xe0\xff\xff\xff\xd9"), []string{truncated}},
		{"fill bytes only.jpg", "", append([]byte("\xff\xd8"), bytes.Repeat([]byte{0xff}, 5000)...), []string{truncated}},
		{"text.png", "", insert(png, 33, pngChunk("tEXt", "Comment\x00<ScRiPt>alert(1)</sCrIpT>")), []string{polyglot}},
		{"svg in a chunk.png", "", insert(png, 33, pngChunk("tEXt", "x\x00<svg onload=alert(1)>")), []string{polyglot}},
		{"no header chunk.png", "", insert(png, 8, pngChunk("tEXt", "x")), []string{truncated}},
		{"two header chunks.png", "", insert(png, 33, pngChunk("IHDR", strings.Repeat("\x00", 13))), []string{truncated}},
		{"chunk of 4 GiB.png", "", change(png, func(b []byte) { binary.BigEndian.PutUint32(b[33:], 1<<32-1) }), []string{truncated}},
		{"chunk of 2 GiB.png", "", change(png, func(b []byte) { binary.BigEndian.PutUint32(b[33:], 1<<31-1) }), []string{truncated}},
		{"program behind.png", "", append(bytes.Clone(png), "\x00\x00\x00MZ\x90\x00"...), []string{polyglot}},
		{"comment.gif", "", insert(gif, len(gif)-1, "\x21\xfe\x09<script>a\x00"), []string{polyglot}},
		{"javascript.gif", "", append([]byte("GIF89a/*\x00\x00\x00\x00"), "*/=1;alert(1);<!DOCTYPE"...), []string{polyglot}},
		{"no picture.gif", "", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;"), []string{truncated}},
		{"unknown block.gif", "", []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00\x99"), []string{truncated}},
		{"program behind.gif", "", append(bytes.Clone(gif), "MZ\x90\x00"...), []string{polyglot}},
		{"too long.webp", "", change(sampleWebP(), func(b []byte) { b[4] += 2 }), []string{truncated}},
		{"too short.webp", "", change(sampleWebP(), func(b []byte) { b[4] -= 2 }), []string{polyglot}},
		{"no picture.webp", "", riff("VP8X", make([]byte, 10)), []string{truncated}},
		{"unknown first.webp", "", riff("ABCD", make([]byte, 10)), []string{truncated}},
		{"chunk behind the end.webp", "", change(sampleWebP(), func(b []byte) { b[16] = 0xff }), []string{truncated}},
		{"page in XMP.webp", "", riff("VP8X", make([]byte, 10), "XMP ", []byte("<html><body onload=x>")), []string{polyglot}},
		{"negative size.webp", "", change(sampleWebP(), func(b []byte) { copy(b[4:], "\xff\xff\xff\xff") }), []string{truncated}},
	}
}

func documents() []hostile {
	pdf, hwp := samplePDF(), sampleHWP()
	cases := []hostile{
		{"late.pdf", "", append([]byte("\n\n\n"), pdf...), []string{polyglot}},
		{"late, as readers still take.pdf", "", append(bytes.Repeat([]byte{' '}, 1000), pdf...), []string{polyglot}},
		{"two.pdf", "", append(bytes.Clone(pdf), pdf...), []string{polyglot}},
		{"page.pdf", "", insert(pdf, 9, "%<html><script>alert(1)</script>\n"), []string{polyglot}},
		{"php.pdf", "", insert(pdf, 9, "%<?php phpinfo(); ?>\n"), []string{polyglot}},
		{"no end.pdf", "", bytes.ReplaceAll(pdf, []byte("%%EOF"), nil), []string{truncated}},
		{"early end.pdf", "", append(bytes.Clone(pdf), bytes.Repeat([]byte{'\n'}, 2000)...), []string{truncated}},
		{"no version.pdf", "", bytes.Replace(pdf, []byte("1.7"), []byte("abc"), 1), []string{truncated}},
		{"version 3.pdf", "", bytes.Replace(pdf, []byte("1.7"), []byte("3.0"), 1), []string{truncated}},
		{"header only.pdf", "", []byte("%PDF-"), []string{truncated}},
		{"word document.hwp", "", compound("WordDocument", make([]byte, 300)), []string{notAllowed}},
		{"sheet.hwp", "", compound("Workbook", make([]byte, 300)), []string{notAllowed}},
		{"encrypted Office.hwp", "", compound("EncryptedPackage", make([]byte, 300)), []string{notAllowed}},
		{"installer.hwp", "", compound("\u4840\u3f7f", make([]byte, 300)), []string{notAllowed}},
		{"another signature.hwp", "", compound("FileHeader", append([]byte("not a document"), make([]byte, 300)...)), []string{notAllowed}},
		{"short FileHeader.hwp", "", compound("FileHeader", []byte("HWP Document File")), []string{notAllowed}},
		{"page.hwp", "", change(hwp, func(b []byte) { copy(b[600:], "<html><script>") }), []string{polyglot}},
		{"directory in a loop.hwp", "", change(compound("Other", make([]byte, 300)), func(b []byte) { binary.LittleEndian.PutUint32(b[512+4:], 1) }), []string{notAllowed}},
		{"directory nowhere.hwp", "", change(hwp, func(b []byte) { binary.LittleEndian.PutUint32(b[48:], 1<<20) }), []string{notAllowed}},
		{"directory behind the end.hwp", "", change(hwp, func(b []byte) { binary.LittleEndian.PutUint32(b[48:], 1000) }), []string{truncated}},
		{"stream nowhere.hwp", "", change(hwp, func(b []byte) { binary.LittleEndian.PutUint32(b[1024+128+116:], 1<<31) }), []string{truncated, notAllowed}},
		{"root nowhere.hwp", "", change(hwp, func(b []byte) { binary.LittleEndian.PutUint32(b[1024+116:], 1<<31) }), []string{truncated}},
		{"big endian.hwp", "", change(hwp, func(b []byte) { b[28], b[29] = 0xff, 0xfe }), []string{notAllowed}},
		{"sectors of 2 GiB.hwp", "", change(hwp, func(b []byte) { b[30] = 31 }), []string{notAllowed}},
		{"version 9.hwp", "", change(hwp, func(b []byte) { b[26] = 9 }), []string{notAllowed}},
		{"HWP 3.hwp", "", []byte("HWP Document File V3.00 \x1a\x01\x02\x03\x04\x05"), []string{notAllowed}},
	}
	return cases
}

func archives() []hostile {
	good := sampleZIP()
	end := len(good) - 22
	le := binary.LittleEndian
	var cases []hostile
	for _, name := range []string{
		"../evil", "a/../../evil", "/etc/passwd", `..\evil`, `a\..\..\evil`, `\evil`, `\\host\share`, `C:\x`, "./../a", "C:/Windows/x", "c:evil", "a\x00b", "a\nb", "..", "a/..",
		strings.Repeat("n", 1025), "\x7f", ".", `./.`, `.\.`, // a file where the folder is
	} {
		cases = append(cases, hostile{"name.zip", "", archive(entry{name: "ok"}, entry{name: name, content: "x"}), []string{unsafe}})
	}
	for label, mode := range map[string]fs.FileMode{"link": fs.ModeSymlink, "device": fs.ModeDevice, "pipe": fs.ModeNamedPipe, "socket": fs.ModeSocket} {
		cases = append(cases, hostile{label + ".zip", "", archive(entry{name: "x", content: "/etc/passwd",
			change: func(h *zip.FileHeader) { h.SetMode(mode | 0o777) }}), []string{unsafe}})
	}
	for i, c := range []struct {
		at    int
		value uint16
		codes []string
	}{
		{4, 1, []string{unsafe}}, {6, 1, []string{unsafe}}, {8, 2, []string{unsafe}}, {20, 9, []string{polyglot}},
		{12, 1, []string{polyglot}}, {16, 3, []string{polyglot}}, {16, 0xffff, []string{truncated}},
	} {
		cases = append(cases, hostile{fmt.Sprintf("end record %d.zip", i), "", change(good, func(b []byte) { le.PutUint16(b[end+c.at:], c.value) }), c.codes})
	}
	many := make([]entry, 10_001)
	for i := range many {
		many[i] = entry{name: fmt.Sprint(i), store: true}
	}
	wide := make([]entry, 2200)
	for i := range wide {
		wide[i] = entry{name: fmt.Sprintf("%01000d", i), store: true}
	}
	claim := func(method uint16, packed, unpacked uint64) []byte {
		return rawArchive([]zip.FileHeader{{Name: "x", Method: method, CompressedSize64: packed, UncompressedSize64: unpacked}}, make([]byte, packed))
	}
	nested := archive(entry{name: "zeros", content: strings.Repeat("\x00", 40<<20)})
	two := archive(entry{name: "a", content: "aaaa", store: true}, entry{name: "b", content: "bbbb", store: true})
	directory := int(le.Uint32(two[len(two)-22+16:]))
	second := directory + 46 + 1
	cases = append(cases,
		hostile{"the folder twice.zip", "", archive(entry{name: "./"}, entry{name: ".//"}, entry{name: "a"}), []string{unsafe}},
		hostile{"10 001 entries.zip", "", archive(many...), []string{bomb}},
		hostile{"wide directory.zip", "", archive(wide...), []string{bomb}},
		hostile{"zeros.zip", "", nested, []string{bomb}},
		hostile{"claims 1 GiB and more.zip", "", claim(zip.Deflate, 100, 1<<30+1), []string{bomb}},
		hostile{"claims 20 MiB of 100 bytes.zip", "", claim(zip.Deflate, 100, 20<<20), []string{bomb}},
		hostile{"claims something of nothing.zip", "", claim(zip.Deflate, 0, 17<<20), []string{bomb}},
		hostile{"claims more than 4 GiB.zip", "", claim(zip.Deflate, 100, 1<<33), []string{bomb}},
		hostile{"stored with two sizes.zip", "", claim(zip.Store, 100, 200), []string{unsafe}},
		hostile{"same data twice.zip", "", change(two, func(b []byte) { le.PutUint32(b[second+42:], 0) }), []string{bomb}},
		hostile{"entry over the directory.zip", "", change(two, func(b []byte) { le.PutUint32(b[second+20:], 500); le.PutUint32(b[second+24:], 500) }), []string{bomb}},
		hostile{"first entry not at 0.zip", "", change(two, func(b []byte) { le.PutUint32(b[directory+42:], 5) }), []string{polyglot, bomb}},
		hostile{"two of one name.zip", "", archive(entry{name: "a"}, entry{name: "a"}), []string{unsafe}},
		hostile{"two that differ in case.zip", "", archive(entry{name: "A.txt"}, entry{name: "a.TXT"}), []string{unsafe}},
		hostile{"empty.zip", "", archive(), []string{notAllowed, unsafe}},
		hostile{"archive in the comment.zip", "", archiveWith(string(good), entry{name: "a"}), []string{polyglot}},
		hostile{"page as first name.zip", "", archive(entry{name: "<html><script>x"}), []string{polyglot}},
		hostile{"PDF as first name.zip", "", archive(entry{name: "%PDF-1.7"}), []string{polyglot}},
		hostile{"page in the first entry's extra field.zip", "", archive(entry{name: "x", content: "y", change: func(h *zip.FileHeader) { h.Extra = []byte("\x01\x99\x08\x00<script>") }}), []string{polyglot}},
		hostile{"two of one path.zip", "", archive(entry{name: "a/b"}, entry{name: "./a//b"}), []string{unsafe}},
		hostile{"two of one path by Windows.zip", "", archive(entry{name: "a/b"}, entry{name: `A\B`}), []string{unsafe}},
		hostile{"two of one name in CP949.zip", "", archive(old("\xb8\xb6\xb0\xa1.txt"), old("\xb8\xb6\xb0\xa1.txt")), []string{unsafe}},
		hostile{"no directory.zip", "", good[:end-50], []string{truncated}},
		hostile{"rows that are none.zip", "", change(good, func(b []byte) { copy(b[le.Uint32(b[end+16:]):], "XX") }), []string{polyglot}},
		hostile{"fewer rows.zip", "", change(good, func(b []byte) { b[end+8]--; b[end+10]-- }), []string{polyglot}},
		hostile{"more rows.zip", "", change(good, func(b []byte) { b[end+8]++; b[end+10]++ }), []string{polyglot}},
		hostile{"room between.zip", "", roomBetween(), []string{polyglot}},
		hostile{"program.zip", "", archive(entry{name: "META-INF/MANIFEST.MF"}, entry{name: "A.class"}), []string{program}},
		hostile{"android.zip", "", archive(entry{name: "AndroidManifest.xml"}, entry{name: "classes.dex"}), []string{program}},
		hostile{"book.zip", "", archive(entry{name: "mimetype", content: "application/epub+zip", store: true}), []string{notAllowed}},
		hostile{"open document.docx", "", archive(entry{name: "mimetype", content: "application/vnd.oasis.opendocument.text", store: true}), []string{notAllowed}},
		hostile{"long mimetype.hwpx", "", archive(entry{name: "mimetype", content: strings.Repeat("x", 129)}), []string{unsafe}},
		hostile{"encrypted mimetype.hwpx", "", encrypted(sampleHWPX()), []string{unsafe}},
		hostile{"encrypted.docx", "", encrypted(samples()["docx"]), []string{locked}},
		hostile{"macros.docx", "", sampleOffice(docxMain, "word/document.xml", entry{name: "word/vbaProject.bin"}), []string{active}},
		hostile{"macros, hidden.xlsx", "", sampleOffice(xlsxMain, "xl/workbook.xml", entry{name: "x/VBAPROJECT.BIN"}), []string{active}},
		hostile{"signed macros.pptx", "", sampleOffice(pptxMain, "ppt/presentation.xml", entry{name: "ppt/vbaProjectSignature.bin"}), []string{active}},
		hostile{"macro.zip", "", archive(entry{name: "vbaProject.bin"}), []string{active}},
		hostile{"macro type.docx", "", sampleOffice("application/vnd.ms-word.document.macroEnabled.main+xml", "word/document.xml"), []string{notAllowed}},
		hostile{"macro type.xlsx", "", sampleOffice("application/vnd.ms-excel.sheet.macroEnabled.main+xml", "xl/workbook.xml"), []string{notAllowed}},
		hostile{"macros by another name.docx", "", sampleOffice(docxMain+`"/><Override PartName="/word/data.bin" ContentType="application/vnd.ms-office.vbaProject`, "word/document.xml", entry{name: "word/data.bin"}), []string{active}},
		hostile{"binary sheet.xlsx", "", sampleOffice("application/vnd.ms-excel.sheet.binary.main", "xl/workbook.bin"), []string{notAllowed}},
		hostile{"template.docx", "", sampleOffice(officePrefix+"wordprocessingml.template.main+xml", "word/document.xml"), []string{notAllowed}},
		hostile{"no document.docx", "", archive(entry{name: "[Content_Types].xml", content: officeTypes("word/document.xml", docxMain)}, entry{name: "_rels/.rels", content: related(to("officeDocument", "word/document.xml", ""))}), []string{notAllowed}},
		hostile{"two documents.docx", "", archive(entry{name: "[Content_Types].xml", content: officeTypes("a.xml", docxMain)}, entry{name: "a.xml"}, entry{name: "b.xml"}, entry{name: "_rels/.rels", content: related(to("officeDocument", "a.xml", ""), to("officeDocument", "b.xml", ""))}), []string{polyglot}},
		hostile{"renamed.docx", "", good, []string{mismatch}},
	)
	return cases
}

// encrypted sets the flag of encryption in every row of the directory.
func encrypted(b []byte) []byte {
	return change(b, func(b []byte) {
		for at := 0; ; at += 4 {
			next := bytes.Index(b[at:], []byte("PK\x01\x02"))
			if next < 0 {
				return
			}
			at += next
			b[at+8] |= 1
		}
	})
}

// roomBetween has an executable between its entries and its directory.
func roomBetween() []byte {
	b := sampleZIP()
	end := len(b) - 22
	at := int(binary.LittleEndian.Uint32(b[end+16:]))
	b = insert(b, at, "MZ\x90\x00"+strings.Repeat("x", 5000))
	binary.LittleEndian.PutUint32(b[len(b)-22+16:], uint32(at+5004))
	return b
}

// failing is storage that breaks in the middle.
type failing struct {
	content []byte
	healthy int // reads that succeed
	err     error
}

func (f *failing) ReadAt(p []byte, offset int64) (int, error) {
	if f.healthy--; f.healthy < 0 {
		return 0, f.err
	}
	return bytes.NewReader(f.content).ReadAt(p, offset)
}

func TestStorageFailureIsNoRefusal(t *testing.T) {
	for _, broken := range []error{errors.New("broken on purpose"), io.ErrUnexpectedEOF, fmt.Errorf("connection: %w", io.ErrUnexpectedEOF), fmt.Errorf("form: %w", io.EOF)} {
		for ext, b := range samples() {
			for healthy := range 6 {
				_, err := filetype.Detect(&failing{b, healthy, broken}, int64(len(b)), "a."+ext, "")
				var refused *filetype.Refused
				if healthy == 0 && err == nil || err != nil && (!errors.Is(err, broken) || errors.As(err, &refused)) {
					t.Errorf("%s, %v after %d reads: %v", ext, broken, healthy, err)
				}
			}
		}
	}
}

func TestNamed(t *testing.T) {
	for _, row := range []struct{ name, declared, mime, code string }{
		{"사진.JPEG", "image/jpg", "image/jpeg", ""},
		{"회칙.hwp", "application/octet-stream", "application/x-hwp", ""},
		{"회칙.hwp", "", "application/x-hwp", ""},
		{"a.png", "image/jpeg", "", mismatch},
		{"a.png", "image/", "", mismatch},
		{"a.svg", "image/svg+xml", "", notAllowed},
		{"a", "", "", notAllowed},
	} {
		got, err := filetype.Named(row.name, row.declared)
		var refused *filetype.Refused
		if errors.As(err, &refused) != (row.code != "") || refused != nil && refused.Code != row.code || got.MIME != row.mime {
			t.Errorf("%s as %q: %+v %v", row.name, row.declared, got, err)
		}
	}
}

func TestSizeThatLies(t *testing.T) {
	for ext, b := range samples() {
		_, err := filetype.Detect(bytes.NewReader(b), int64(len(b))+100_000, "a."+ext, "")
		var refused *filetype.Refused
		if !errors.As(err, &refused) {
			t.Errorf("%s: %v", ext, err)
		}
	}
}

// TestNames: whoever asks Names before sending a file is told what Named says afterwards.
func TestNames(t *testing.T) {
	all, pictures := filetype.Names(false), filetype.Names(true)
	for ext := range samples() {
		if len(all[ext]) == 0 {
			t.Errorf("%s is taken and not named", ext)
		}
	}
	for ext, types := range all {
		for _, declared := range types {
			got, err := filetype.Named("a."+ext, declared)
			if err != nil || got.Image != (len(pictures[ext]) > 0) {
				t.Errorf("%s as %s: %+v %v", ext, declared, got, err)
			}
		}
	}
}

func FuzzDetect(f *testing.F) {
	for ext, b := range samples() {
		f.Add(b, "a."+ext, "")
	}
	for _, c := range slices.Concat(pictures(), documents(), running()) {
		if len(c.file) < 64<<10 { // what is longer is changed too rarely
			f.Add(c.file, c.name, c.declared)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, name, declared string) {
		got, err := detect(b, name, declared)
		var refused *filetype.Refused
		if err != nil && !errors.As(err, &refused) {
			t.Fatalf("neither a type nor a refusal: %v", err)
		}
		if err == nil && (got.MIME == "" || !strings.Contains("jpg png webp gif pdf hwp hwpx hml doc xls ppt docx xlsx pptx zip", got.Ext)) {
			t.Fatalf("%+v", got)
		}
		if err == nil && (bytes.HasPrefix(b, []byte("<")) && got.Ext != "hml" || (got.Ext == "pdf" || got.Ext == "hwp") && bytes.Contains(bytes.ToLower(b[:min(len(b), 1024)]), []byte("<script"))) {
			t.Fatalf("a page was taken for %s", got.Ext)
		}
	})
}
