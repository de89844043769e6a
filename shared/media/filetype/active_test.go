package filetype_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/filetype/filetypetest"
)

// running are files that run or fetch something when they are opened, or carry what does.
func running() []hostile {
	cases := []hostile{}
	for label, object := range map[string]string{
		"JavaScript":                "<< /S /JavaScript /JS (app.alert\\(1\\)) >>",
		"escaped name":              "<</S/J#61vaScri#70t/JS 7 0 R>>",
		"on opening":                "<< /Type /Catalog /OpenAction << /S /JavaScript /JS 8 0 R >> >>",
		"on a page's opening":       "<< /Type /Page /AA << /O << /S/Launch/F(calc.exe)>> >> >>",
		"launch":                    "<< /Type /Action /S /Launch /Win << /F (cmd.exe) >> >>",
		"twice, the harmless last":  "<< /S /JavaScript /S /GoTo /D [1 0 R /Fit] >>",
		"name elsewhere":            "/JavaScript",
		"behind a comment":          "% a comment ( \n<< /S % another\n /JavaScript >>",
		"behind strings":            "<< /A (\\() /B (a(b)c) /C <28> /S /JavaScript >>",
		"in an array":               "[ 1 0 R << /S /ImportData >> ]",
		"file in a file":            "<< /Type /Filespec /F (a.exe) /EF << /F 8 0 R >> >>",
		"attached":                  "<< /Type /Annot /Subtype /FileAttachment /FS 8 0 R >>",
		"another document in it":    "<< /S /GoToE /D [0 /Fit] >>",
		"XFA":                       "<< /Fields [] /XFA 8 0 R >>",
		"Flash":                     "<< /Subtype /RichMedia /RichMediaContent 8 0 R >>",
		"three-dimensional":         "<< /Type /3D /OnInstantiate 8 0 R >>",
		"deeper than anybody reads": strings.Repeat("[", 200),
	} {
		cases = append(cases,
			hostile{label + ".pdf", "", inPDF("9 0 obj\n" + object + "\nendobj\n"), []string{active}},
			hostile{label + ", packed.pdf", "", packedPDF("<< /Type /Catalog >> " + object), []string{active}},
			hostile{label + ", in a stream to which a table may point.pdf", "", inPDF("9 0 obj << /Length 500 >> stream\n8 0 obj " + object + " endobj\nendstream endobj\n"), []string{active}})
	}
	cases = append(cases,
		hostile{"string without an end before.pdf", "", inPDF("8 0 obj << /A ( >>\nendobj\n9 0 obj << /S /JavaScript >> endobj\n"), []string{active}},
		hostile{"across two chunks.pdf", "", inPDF("8 0 obj (" + strings.Repeat("x", 128<<10-99) + ") endobj " + strings.Repeat(" 9 0 obj << >> endobj", 20) + " 9 0 obj<</S/JavaScript>>endobj\n"), []string{active}},
		hostile{"objects in each other.pdf", "", inPDF(strings.Repeat("0 obj (", 40_000)), []string{active}},
		hostile{"packed twice.pdf", "", bytes.Replace(packedPDF(""), []byte("/Filter /FlateDecode"), []byte("/Filter [/ASCIIHexDecode /FlateDecode]"), 1), []string{active}},
		hostile{"packed in a way told elsewhere.pdf", "", bytes.Replace(packedPDF(""), []byte("/Filter /FlateDecode"), []byte("/Filter 7 0 R"), 1), []string{active}},
		hostile{"packed, without its type.pdf", "", bytes.Replace(packedPDF("<</S/JavaScript>>"), []byte("/Type /ObjStm"), nil, 1), []string{active}},
		hostile{"encrypted.pdf", "", bytes.Replace(packedPDF(""), []byte("trailer\n<<"), []byte("trailer\n<< /Encrypt 5 0 R"), 1), []string{locked}},
		hostile{"PostScript.hwp", "", filetypetest.Compound("BIN0001.EPS", make([]byte, 300)), []string{active}},
	)
	for _, remote := range []string{"http://example.com/a.dotm", "HTTPS://example.com/a", `\\203.0.113.7\share\a.dotm`, "//203.0.113.7/a", "file://203.0.113.7/share/a.dotm", `file:///\\203.0.113.7\a`, "file:////203.0.113.7/a", "ftp://example.com/a", "mhtml:http://example.com/a!x", "%5C%5C203.0.113.7%5Ca"} {
		for _, kind := range []string{"attachedTemplate", "oleObject", "frame", "subDocument", "aFChunk", "slide", "externalObject"} {
			cases = append(cases, hostile{kind + " at " + remote + ".docx", "", relatedTo(kind, remote, "External"), []string{active}})
		}
	}
	cases = append(cases,
		hostile{"remote template of the settings.docx", "", sampleOffice(docxMain, "word/document.xml", entry{name: "word/_rels/settings.xml.rels", content: related(to("attachedTemplate", "http://example.com/x", "external"))}), []string{active}},
		hostile{"picture on another computer.docx", "", relatedTo("image", `file:///\\203.0.113.7\a.png`, "External"), []string{active}},
		hostile{"embedded object.docx", "", relatedTo("oleObject", "embeddings/oleObject1.bin", ""), []string{active}},
		hostile{"control.docx", "", relatedTo("control", "activeX/activeX1.xml", ""), []string{active}},
		hostile{"import.docx", "", relatedTo("aFChunk", "a.rtf", ""), []string{active}},
		hostile{"link to a program.docx", "", relatedTo("hyperlink", `file:///C:\Windows\System32\cmd.exe`, "External"), []string{active}},
		hostile{"sheet with macros in it.docx", "", relatedTo("package", "embeddings/a.xlsm", "", entry{name: "word/embeddings/a.xlsm"}), []string{active}},
		hostile{"relationships nobody can read.docx", "", sampleOffice(docxMain, "word/document.xml", entry{name: "word/_rels/a.xml.rels", content: "\xff\xfe<\x00R\x00"}), []string{truncated}},
		hostile{"old macros.xlsx", "", sampleOffice(xlsxMain, "xl/workbook.xml", entry{name: "xl/_rels/workbook.xml.rels", content: related(`<Relationship Type="http://schemas.microsoft.com/office/2006/relationships/xlMacrosheet" Target="macrosheets/sheet1.xml"/>`)}), []string{active}},
		hostile{"DDE.xlsx", "", sampleOffice(xlsxMain, "xl/workbook.xml", entry{name: "xl/externalLinks/externalLink1.xml", content: `<x:externalLink xmlns:x="x"><x:ddeLink ddeService="cmd" ddeTopic="/c calc"/></x:externalLink>`}), []string{active}},
		hostile{"encrypted.zip", "", encrypted(sampleZIP()), []string{locked}},
	)
	for _, name := range []string{"a.exe", "설치.EXE", "사진.jpg.exe", "a.scr. .", "a.bat ", "b.cmd\u00a0", "folder/deep/er/x.vbs", "x.js", "x.ps1", "x.lnk", "x.hta", "x.msi", "x.jar", "x.apk", "x.com", "x.dll", "x.iso", "x.exe:Zone.Identifier", "x.xlsm", "\xbc\xb3\xc4\xa1.exe"} {
		cases = append(cases,
			hostile{"program " + name + ".zip", "", archive(entry{name: "a.txt", content: "x"}, entry{name: name, content: "x"}), []string{program}},
			hostile{"program " + name + " in an archive in it.zip", "", archive(entry{name: "a.zip", content: string(archive(entry{name: "b.txt", content: strings.Repeat("x", 200_000), store: true}, entry{name: name, content: "x"}))}), []string{program}})
	}
	for label, head := range map[string]string{"Windows": "MZ\x90\x00\x03\x00\x00\x00", "Linux": "\x7fELF\x02\x01\x01\x00", "macOS": "\xcf\xfa\xed\xfe\x07\x00\x00\x01", "Java": "\xca\xfe\xba\xbe\x00\x00\x00\x34", "Android": "dex\n035\x00", "shortcut": "L\x00\x00\x00\x01\x14\x02\x00"} {
		for _, store := range []bool{true, false} {
			cases = append(cases, hostile{fmt.Sprintf("%s by its content, %v.zip", label, store), "", archive(entry{name: "a.txt"}, entry{name: "사진.jpg", content: head + strings.Repeat("x", 2000), store: store}), []string{program, polyglot}})
		}
	}
	return append(cases,
		hostile{"name that reads backwards.zip", "", archive(entry{name: "사진\u202egpj.txt", content: "x"}), []string{unsafe}},
		hostile{"name that reads backwards and runs.zip", "", archive(entry{name: "사진\u202egpj.exe", content: "x"}), []string{unsafe, program}},
		hostile{"program of macOS.zip", "", archive(entry{name: "a.app/Contents/MacOS/a", content: "\xcf\xfa\xed\xfe"}), []string{program}},
	)
}

// palette is a picture whose colours are bytes of one's own.
func palette(format, bytesOf string) []byte {
	colors := color.Palette{}
	for i := 0; i+3 <= len(bytesOf); i += 3 {
		colors = append(colors, color.RGBA{bytesOf[i], bytesOf[i+1], bytesOf[i+2], 255})
	}
	var b bytes.Buffer
	m := image.NewPaletted(image.Rect(0, 0, 3, 3), colors)
	if format == "png" {
		if err := png.Encode(&b, m); err != nil {
			panic(err)
		}
	} else if err := gif.Encode(&b, m, nil); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// huge are files of many bytes, unpacked or not.
func huge() []hostile {
	return []hostile{
		{"object that never ends.pdf", "", inPDF("8 0 obj (" + strings.Repeat("x", 17<<20) + "\n"), []string{active}},
		{"object streams of 129 MiB.pdf", "", packedPDF(strings.Repeat(" ", 129<<20)), []string{bomb}},
	}
}

// What people make every day has links, forms, fonts and words like these, and runs nothing.
func TestHarmless(t *testing.T) {
	for name, file := range map[string][]byte{
		"words on a page.pdf":              inPDF("9 0 obj << /Length 60 >> stream\nBT (/S /JavaScript /Launch << /EF >> 7 0 obj) Tj ET\nendstream endobj\n"),
		"opens at a page.pdf":              inPDF("9 0 obj << /Type /Catalog /OpenAction [1 0 R /FitH 0] /AA << /WC << /S /GoTo /D (a) >> >> >> endobj\n"),
		"links.pdf":                        inPDF("9 0 obj << /S /URI /URI (https://example.com/JavaScript) >> endobj 8 0 obj << /Title (JavaScript /S /JavaScript) >> endobj\n"),
		"form that is sent.pdf":            inPDF("9 0 obj << /S /SubmitForm /F << /FS /URL /F (https://example.com) >> >> endobj\n"),
		"packed.pdf":                       packedPDF("<< /Type /Catalog /Names << /Dests 3 0 R >> >> << /S /GoTo >>"),
		"packed, cut off.pdf":              bytes.Replace(packedPDF("<< /A /B >>"), []byte("\nendstream"), []byte("endstream"), 1),
		"encrypted, to be read by all.pdf": bytes.Replace(samplePDF(), []byte("trailer\n<<"), []byte("trailer\n<< /Encrypt 5 0 R"), 1),
		"profile of colours.pdf":           inPDF("9 0 obj << /N 3 /Filter [/ASCIIHexDecode /FlateDecode] >> stream\nx endstream endobj\n"),
		"bytes like an object.pdf":         inPDF("9 0 obj << /Filter /DCTDecode >> stream\n\x00\x01 obj(\xff\xd8 5obj<<\xff>> endstream endobj\n"),

		"link.docx":                        relatedTo("hyperlink", "https://example.com/setup.exe", "External"),
		"link to a mail address.docx":      relatedTo("hyperlink", "mailto:council@example.com?subject=x", "External"),
		"link to a neighbour.docx":         relatedTo("hyperlink", `..\예산\2026.xlsx`, "External"),
		"own template.docx":                relatedTo("attachedTemplate", `file:///C:\Users\kim\AppData\Roaming\Microsoft\Templates\보고서.dotx`, "External"),
		"template of a Mac.docx":           relatedTo("attachedTemplate", "file://localhost/Users/kim/Library/a.dotx", "External"),
		"template by its name.docx":        relatedTo("attachedTemplate", "Normal.dotm", "External"),
		"picture of the web.docx":          relatedTo("image", "https://example.com/a.png", "External"),
		"chart with its sheet.docx":        relatedTo("package", "embeddings/Microsoft_Excel_Sheet1.xlsx", "", entry{name: "word/embeddings/Microsoft_Excel_Sheet1.xlsx", content: "PK"}),
		"page to import.docx":              relatedTo("aFChunk", "afchunk.mht", ""),
		"default of macros, no macro.xlsx": archive(entry{name: "[Content_Types].xml", content: strings.Replace(officeTypes("xl/workbook.xml", xlsxMain), "<Override", `<Default Extension="bin" ContentType="application/vnd.ms-office.vbaProject"/><Override`, 1)}, entry{name: "_rels/.rels", content: related(to("officeDocument", "xl/workbook.xml", ""))}, entry{name: "xl/workbook.xml"}),
		"main part with a number.docx":     archive(entry{name: "[Content_Types].xml", content: officeTypes("word/document2.xml", docxMain)}, entry{name: "_rels/.rels", content: related(to("officeDocument", "/word/document2.xml", ""))}, entry{name: "word/document2.xml"}),
		"link to another sheet.xlsx":       sampleOffice(xlsxMain, "xl/workbook.xml", entry{name: "xl/externalLinks/externalLink1.xml", content: `<externalLink><externalBook/></externalLink>`}, entry{name: "xl/externalLinks/_rels/externalLink1.xml.rels", content: related(to("externalLinkPath", `https://d.docs.live.net/1/예산.xlsx`, "External"))}),

		"colours that spell.png":            palette("png", "<?php<script%PDF-1"),
		"colours that spell.gif":            palette("gif", "<?php<script%PDF-1"),
		"tables that spell.jpg":             insert(sampleJPEG(), 2, jpegSegment(0xdb, "<html><?php")),
		"end of a line.png":                 append(samplePNG(), "\r\n"...),
		"end of a line.gif":                 append(sampleGIF(), '\n'),
		"a page, not the first.zip":         archive(entry{name: "a.txt", content: "x", store: true}, entry{name: "b.pdf", content: string(samplePDF()), store: true}, entry{name: "c.html", content: "<!doctype html><script>", store: true}),
		"own scripts.hwpx":                  archive(entry{name: "mimetype", content: "application/hwp+zip", store: true}, entry{name: "Scripts/headerScripts.js", content: "var Documents"}),
		"text that begins as a program.zip": archive(entry{name: "메모.txt", content: "MZ세대의 생각을 물었습니다. 응답은 모두 스물세 명이 하였습니다. 결과는 다음과 같습니다."}),
		"names in CP949.zip":                archive(entry{name: "\xb8\xb6\xb0\xa1.txt", change: func(h *zip.FileHeader) { h.NonUTF8 = true }}, entry{name: "\xb8\xb6\xb0\xc1.txt", change: func(h *zip.FileHeader) { h.NonUTF8 = true }}),
		"code.zip":                          archive(entry{name: "src/main.py", content: "print(1)"}, entry{name: "run.sh", content: "#!/bin/sh\n"}),
		"archive in an archive.zip":         archive(entry{name: "사진.zip", content: string(sampleZIP())}, entry{name: "PK.txt", content: "PK"}),
		"empty file.zip":                    archive(entry{name: "a.txt"}, entry{name: "네이버.com/"}),
	} {
		if _, err := detect(file, name, ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
