package filetype_test

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/filetype"
)

// spelling are bytes that look like a script, a page, a PDF or an archive to who looks for words.
func spelling() []string {
	return []string{"<?php ", "<script", "<html>", "#!/bin", "%PDF-1", "<%@pag", "PK\x03\x04ab", "PK\x05\x06\x00\x00\x00\x00\x01\x00\x01\x00", "MZ\x90\x00ab"}
}

// Where a picture has pixels, colours and tables for them, it may spell anything.
func TestPixelsSpellAnything(t *testing.T) {
	for _, word := range spelling() {
		profile := "ICC_PROFILE\x00\x01\x01" + word
		thumbnail := "Exif\x00\x00MM\x00*\x00\x00\x00\x08" + "\x00\x00" + "\x00\x00\x00\x0e" +
			"\x00\x02" + "\x02\x01\x00\x04\x00\x00\x00\x01\x00\x00\x00\x2c" + "\x02\x02\x00\x04\x00\x00\x00\x01" + string(binary.BigEndian.AppendUint32(nil, uint32(3+len(word)))) + "\x00\x00\x00\x00" + "\xff\xd8\xff" + word
		for name, file := range map[string][]byte{
			"palette.png":      palette("png", word+word+word),
			"palette.gif":      palette("gif", word+word+word),
			"transparency.png": insert(palette("png", "abcdefghi"), 33+21, pngChunk("tRNS", word[:3])),
			"profile.png":      insert(samplePNG(), 33, pngChunk("iCCP", "x\x00\x00"+word)),
			"suggested.png":    insert(samplePNG(), 33, pngChunk("sPLT", "x\x00\x08"+word)),
			"packed text.png":  insert(samplePNG(), 33, pngChunk("zTXt", "Comment\x00\x00"+word)),
			"quantisation.jpg": insert(sampleJPEG(), 2, jpegSegment(0xdb, word)),
			"JFIF.jpg":         insert(sampleJPEG(), 2, jpegSegment(0xe0, "JFXX\x00\x13"+word)),
			"profile.jpg":      insert(sampleJPEG(), 2, jpegSegment(0xe2, profile)),
			"thumbnail.jpg":    insert(sampleJPEG(), 2, jpegSegment(0xe1, thumbnail)),
			"pictures.jpg":     insert(sampleJPEG(), 2, jpegSegment(0xe2, "MPF\x00"+word)),
			"alpha.webp":       riff("VP8X", make([]byte, 10), "ALPH", []byte(word), "VP8 ", []byte(word)),
			"profile.webp":     riff("VP8X", make([]byte, 10), "ICCP", []byte(word), "VP8 ", []byte("x")),
			"film.webp":        riff("VP8X", make([]byte, 10), "ANIM", make([]byte, 6), "ANMF", []byte(word)),
		} {
			if _, err := detect(file, name, ""); err != nil {
				t.Errorf("%s that spells %q: %v", name, word, err)
			}
		}
	}
}

// What follows a picture's end is not kept.
func TestWhatFollowsAPicture(t *testing.T) {
	for ext, picture := range map[string][]byte{"png": samplePNG(), "gif": sampleGIF(), "webp": sampleWebP(), "jpg": sampleJPEG()} {
		for _, more := range []string{"", "\n", "\r\n", "\n\n", " ", "\x1a", "\x00", strings.Repeat("\x00", 4096), "made by a program", string(picture)} {
			got, err := detect(append(bytes.Clone(picture), more...), "a."+ext, "")
			if err != nil || got.End != int64(len(picture)) {
				t.Errorf("%s and %.10q: %+v, %v; want it to end at %d", ext, more, got, err, len(picture))
			}
		}
	}
	odd := riff("VP8X", make([]byte, 10), "VP8 ", []byte("odd"))
	binary.LittleEndian.PutUint32(odd[4:], uint32(len(odd)-8-1))
	for name, file := range map[string][]byte{"padding that is not counted.webp": odd, "padding that is not there.webp": odd[:len(odd)-1]} {
		if got, err := detect(file, name, ""); err != nil || got.End != int64(len(odd)-1) {
			t.Errorf("%s: %+v, %v", name, got, err)
		}
	}
}

// Archives as programs of every age and system write them.
func TestOrdinaryArchives(t *testing.T) {
	page := "<!DOCTYPE html><html><script>alert(1)</script></html>"
	for name, file := range map[string][]byte{
		"CP949":                                archive(old("\xb3\xaa\xb0\xa1\xb6\xf7.txt"), old("\xb8\xb6\xb0\xa1\xb6\xf7.txt"), old("\xba\xb8\xb8\xae.txt"), old("\xbb\xe7\xc0\xda.txt")),
		"CP949, second bytes that are letters": archive(old("\x81A.txt"), old("\x81a.txt")),
		"CP949 in folders":                     archive(old("\xb8\xb6\xb4\xe7/\xb3\xaa.txt"), old("\xb8\xb6\xb4\xe7/\xb4\xd9.txt")),
		"Shift_JIS with a backslash in it":     archive(old("\x83\x5c\x83t\x83g.txt")),
		"UTF-8 that is broken":                 archive(lying("\xeb\xa7\x88\xeb\x8b.txt"), lying("\xeb\xa7\x88\xeb\x8c.txt")),
		"CP949 that says it is UTF-8":          archive(lying("\xb8\xb6.txt"), lying("\xb3\xaa.txt")),
		"backslashes":                          archive(entry{name: `축제\`}, entry{name: `축제\회계\a.txt`, content: "x"}),
		"all below a dot":                      archive(entry{name: "./"}, entry{name: "./a.txt"}, entry{name: "./b/./c.txt"}, entry{name: "d//e.txt"}),
		"PDF stored first":                     archive(entry{name: "예산.pdf", content: string(samplePDF()), store: true}),
		"page stored first":                    archive(entry{name: "화면.html", content: page, store: true}, entry{name: "a.svg", content: "<svg onload=x>", store: true}),
		"PHP stored first":                     archive(entry{name: "index.php", content: "<?php phpinfo();", store: true}),
		"all of it stored":                     archive(entry{name: "a.txt", content: "<script>", store: true}, entry{name: "b.jpg", content: string(sampleJPEG()), store: true}, entry{name: "c.pdf", content: string(samplePDF()), store: true}),
		"ZIP stored first":                     archive(entry{name: "a.zip", content: string(sampleZIP()), store: true}, entry{name: "b.html", content: page, store: true}),
	} {
		if _, err := detect(file, name+".zip", ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	_, err := detect(archive(old("\xbc\xb3\xc4\xa1.exe")), "a.zip", "")
	if err == nil || !strings.Contains(err.Error(), "설치.exe") {
		t.Errorf("a name in CP949 is not shown as it reads: %v", err)
	}
}

// Office documents as other programs than Office write them.
func TestOrdinaryOffice(t *testing.T) {
	types := func(more string) entry {
		return entry{name: "[Content_Types].xml", content: strings.Replace(officeTypes("xl/workbook.xml", xlsxMain), "<Override", more+"<Override", 1)}
	}
	root := func(target string) entry {
		return entry{name: "_rels/.rels", content: related(to("officeDocument", target, ""))}
	}
	book := entry{name: "xl/workbook.xml", content: "<workbook/>"}
	macro := func(is string) string { return `<Default Extension="bin" ContentType="` + is + `"/>` }
	for name, file := range map[string][]byte{
		"macros by default, no part":              archive(types(macro("application/vnd.ms-excel.sheet.binary.macroEnabled.main")), root("xl/workbook.xml"), book),
		"VBA by default, no part":                 archive(types(macro("application/vnd.ms-office.vbaProject")), root("xl/workbook.xml"), book),
		"macros by default, settings of printers": archive(types(macro("application/vnd.ms-excel.sheet.binary.macroEnabled.main")), root("xl/workbook.xml"), book, entry{name: "xl/printerSettings/printerSettings1.bin", content: "D\x00E\x00V\x00"}),
		"a template's type by default, no part":   archive(types(`<Default Extension="xlsm" ContentType="application/vnd.ms-excel.sheet.macroEnabled.main+xml"/>`), root("xl/workbook.xml"), book),
		"an absolute target":                      archive(types(""), root("/xl/workbook.xml"), book),
		"a target by Windows":                     archive(types(""), root(`xl\workbook.xml`), book),
		"a target in capitals":                    archive(types(""), root("XL/Workbook.xml"), book),
		"a target with a dot":                     archive(types(""), root("./xl/workbook.xml"), book),
		"said twice":                              archive(types(""), entry{name: "_rels/.rels", content: related(to("officeDocument", "xl/workbook.xml", ""), to("officeDocument", "/xl/workbook.xml", ""))}, book),
		"the main part elsewhere":                 sampleOffice(xlsxMain, "xl/workbook7.xml"),
		"the main part at the top":                sampleOffice(xlsxMain, "workbook.xml"),
		"strict":                                  archive(types(""), entry{name: "_rels/.rels", content: strings.ReplaceAll(related(to("officeDocument", "xl/workbook.xml", "")), "http://schemas.openxmlformats.org/officeDocument/2006", "http://purl.oclc.org/ooxml/officeDocument")}, book),
		"the main part's type by default":         archive(entry{name: "[Content_Types].xml", content: `<Types><Default Extension="xml" ContentType="` + xlsxMain + `"/></Types>`}, root("xl/workbook.xml"), book),
		"names of parts by Windows":               archive(types(""), root("xl/workbook.xml"), entry{name: `xl\workbook.xml`}),
	} {
		if _, err := detect(file, name+".xlsx", ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, file := range map[string][]byte{
		"a project by default":            archive(types(macro("application/vnd.ms-office.vbaProject")), root("xl/workbook.xml"), book, entry{name: "xl/data.bin", content: "\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"}),
		"a project by its name":           archive(types(macro("application/vnd.ms-office.vbaProject")), root("xl/workbook.xml"), book, entry{name: "xl/vbaProject.bin", content: "x"}),
		"a project by a relationship":     archive(types(""), root("xl/workbook.xml"), book, entry{name: "xl/data.bin"}, entry{name: "xl/_rels/workbook.xml.rels", content: related(to("vbaProject", "data.bin", ""))}),
		"a project by the list":           archive(types(`<Override PartName="/xl/data.bin" ContentType="application/vnd.ms-office.vbaProject"/>`), root("xl/workbook.xml"), book, entry{name: "xl/data.bin"}),
		"a sheet of macros by the list":   archive(types(`<Override PartName="/xl/macrosheets/sheet1.xml" ContentType="application/vnd.ms-excel.macrosheet+xml"/>`), root("xl/workbook.xml"), book, entry{name: "xl/macrosheets/sheet1.xml"}),
		"a sheet of macros by default":    archive(types(`<Default Extension="mac" ContentType="application/vnd.ms-excel.macrosheet+xml"/>`), root("xl/workbook.xml"), book, entry{name: "xl/macrosheets/sheet1.mac"}),
		"a project under a Windows' path": archive(types(""), root("xl/workbook.xml"), book, entry{name: `xl\vbaProject.bin`}),
	} {
		if _, err := detect(file, name+".xlsx", ""); err == nil || !strings.HasPrefix(err.Error(), filetype.ActiveContent) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A file of another encoding has names as many as it likes; each is compared and shown.
func FuzzNamesOfEntries(f *testing.F) {
	f.Add("a.txt", "b.txt")
	f.Add("\xb8\xb6", "\xb8\xb7")
	f.Add(`a\b`, "./a/b")
	f.Fuzz(func(t *testing.T, a, b string) {
		if len(a) > 2000 || len(b) > 2000 {
			return
		}
		var buffer bytes.Buffer
		w := zip.NewWriter(&buffer)
		for _, name := range []string{a, b} {
			if _, err := w.CreateHeader(&zip.FileHeader{Name: name, NonUTF8: true}); err != nil {
				return
			}
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		_, err := detect(buffer.Bytes(), "a.zip", "")
		if err == nil && (a == b || strings.Contains("/"+strings.ReplaceAll(a, `\`, "/")+"/", "/../")) {
			t.Fatalf("%q and %q were taken", a, b)
		}
		if err != nil && fmt.Sprint(err) != strings.ToValidUTF8(fmt.Sprint(err), "?") {
			t.Fatalf("%q", err)
		}
	})
}
