package filetype_test

import (
	"bytes"
	"errors"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/filetype"
	"github.com/madang-council/madang/shared/media/filetype/filetypetest"
)

// Documents of before 2007 and of Hangul before 5, and what of them is refused.
func TestOldDocuments(t *testing.T) {
	part := func(name string, content []byte) filetypetest.Part {
		return filetypetest.Part{Name: name, Content: content}
	}
	sheet := func(kind byte) filetypetest.Part { return part("\x85\x00", []byte{0, 0, 0, 0, 0, kind, 1, 0, 'a'}) }
	hangul3 := filetypetest.Hangul3()
	for name, row := range map[string]struct {
		file []byte
		code string // "" where it is taken
	}{
		"회의록.doc":                    {filetypetest.Word("Normal.dot", 0), ""},
		"own template.doc":           {filetypetest.Word(`C:\서식\보고서.dot`, 0), ""},
		"empty pool of objects.doc":  {filetypetest.Word("", 0, part("ObjectPool", nil)), ""},
		"template elsewhere.doc":     {filetypetest.Word("http://example.com/a.dot", 0), active},
		"template by SMB.doc":        {filetypetest.Word(`\\203.0.113.7\a.dot`, 0), active},
		"macros.doc":                 {filetypetest.Word("", 0, part("Macros", nil), part("VBA", nil), part("_VBA_PROJECT", []byte("x"))), active},
		"macros' storage.doc":        {filetypetest.Word("", 0, part("MACROS", nil)), active},
		"project.doc":                {filetypetest.Word("", 0, part("_VBA_PROJECT", []byte("x"))), active},
		"object.doc":                 {filetypetest.Word("", 0, part("ObjectPool", nil), part("_1234567890", nil)), active},
		"package.doc":                {filetypetest.Word("", 0, part("\x01Ole10Native", []byte("x"))), active},
		"password.doc":               {filetypetest.Word("", 1), locked},
		"short.doc":                  {filetypetest.Compound("WordDocument", []byte("\xec\xa5\xc1\x00")), notAllowed},
		"none.doc":                   {filetypetest.Compound("WordDocument", make([]byte, 2000)), notAllowed},
		"page.doc":                   {[]byte("<html><body>Word opens this too</body></html>"), notAllowed},
		"rich text.doc":              {[]byte("{\\rtf1\\ansi hello}"), notAllowed},
		"결산.xls":                     {filetypetest.Sheets([]filetypetest.Part{sheet(0), sheet(2)}), ""},
		"link to a book.xls":         {filetypetest.Sheets([]filetypetest.Part{part("\xae\x01", []byte("\x01\x00\x06\x00\x00\x01a.xls"))}), ""},
		"own names.xls":              {filetypetest.Sheets([]filetypetest.Part{part("\xae\x01", []byte("\x01\x00\x01\x04"))}), ""},
		"words of macros.xls":        {filetypetest.Sheets([]filetypetest.Part{part("\xfc\x00", []byte("\x85\x00\x00\x00\x00\x01 _VBA_PROJECT"))}), ""},
		"macros of Excel 4.xls":      {filetypetest.Sheets([]filetypetest.Part{sheet(0), sheet(1)}), active},
		"DDE.xls":                    {filetypetest.Sheets([]filetypetest.Part{part("\xae\x01", []byte("\x01\x00\x07\x00\x00cmd\x03/c "))}), active},
		"macros.xls":                 {filetypetest.Sheets(nil, part("_VBA_PROJECT_CUR", nil)), active},
		"object.xls":                 {filetypetest.Sheets(nil, part("MBD0018FD2A", nil)), active},
		"password.xls":               {filetypetest.Sheets([]filetypetest.Part{part("\x2f\x00", make([]byte, 54))}), locked},
		"발표.ppt":                     {filetypetest.Slides([]uint16{0x0fc9, 0x1772}), ""},
		"object.ppt":                 {filetypetest.Slides([]uint16{0x0fc9, 0x1011}), active},
		"password.ppt":               {filetypetest.Slides(nil, part("EncryptedSummary", []byte("x"))), locked},
		"of 1997.hwp":                {hangul3, ""},
		"of 1997, password.hwp":      {change(hangul3, func(b []byte) { b[30+96] = 1 }), locked},
		"of 1997, its beginning.hwp": {hangul3[:200], notAllowed},
		"회의록.hml":                    {filetypetest.HWPML(""), ""},
		"a mark.hml":                 {append([]byte("\ufeff"), filetypetest.HWPML("<!-- <?php > --><![CDATA[<x>]]>\n")...), ""},
		"own scripts.hml":            {filetypetest.HWPML(`<SCRIPTCODE Type="JScript"><SCRIPTHEADER>var a = 1 &lt; 2;</SCRIPTHEADER></SCRIPTCODE>`), ""},
		"a picture.hml":              {filetypetest.HWPML(`<BINDATALIST><BINITEM BinData="1" Format="png" Type="Embedding"/></BINDATALIST><BINDATA Id="1">` + strings.Repeat("QUJD", 100_000) + `</BINDATA>`), ""},
		"an end of line.hml":         {append(filetypetest.HWPML(""), "\r\n"...), ""},
		"PostScript.hml":             {filetypetest.HWPML(`<BINITEM BinData="1" Format="eps" Type="Embedding"/>`), active},
		"file elsewhere.hml":         {filetypetest.HWPML(`<BINITEM APath="\\203.0.113.7\a.png" Type="Link"/>`), active},
		"style sheet.hml":            {append([]byte(`<?xml version="1.0"?><?xml-stylesheet href="http://example.com/a.xsl"?>`), filetypetest.HWPML("")[54:]...), notAllowed},
		"style sheet inside.hml":     {filetypetest.HWPML(`<?xml-stylesheet href="a.xsl"?>`), active},
		"entities.hml":               {filetypetest.HWPML(`<!ENTITY a SYSTEM "file:///etc/passwd">`), active},
		"cut off.hml":                {filetypetest.HWPML("")[:200], truncated},
		"page behind.hml":            {append(filetypetest.HWPML(""), "<html><script>"...), polyglot},
		"words behind.hml":           {append(filetypetest.HWPML(""), "x<"...), polyglot},
		"endless tag.hml":            {filetypetest.HWPML("<P a='" + strings.Repeat("x", 70_000) + "'/>"), bomb},
		"another document.hml":       {[]byte(`<?xml version="1.0"?><svg onload="alert(1)"/>`), notAllowed},
		"iPhone.heic":                {[]byte("\x00\x00\x00\x18ftypheic\x00\x00\x00\x00mif1heic"), filetype.HEIF},
		"iPhone, renamed.jpg":        {[]byte("\x00\x00\x00\x18ftypmif1\x00\x00\x00\x00mif1heic"), filetype.HEIF},
	} {
		_, err := detect(row.file, name, "")
		var refused *filetype.Refused
		if errors.As(err, &refused) != (row.code != "") || refused != nil && refused.Code != row.code {
			t.Errorf("%s: %v, want %q", name, err, row.code)
		}
	}
}

// Parsers of old formats end, whatever they read.
func FuzzOldDocuments(f *testing.F) {
	for _, b := range [][]byte{filetypetest.Word("Normal.dot", 0), filetypetest.Sheets([]filetypetest.Part{{Name: "\x85\x00", Content: make([]byte, 9)}}), filetypetest.Slides([]uint16{0x0fc9}), filetypetest.Hangul3(), filetypetest.HWPML("<BINITEM APath='a'/>")} {
		f.Add(b)
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, ext := range []string{"doc", "xls", "ppt", "hwp", "hml"} {
			got, err := detect(b, "a."+ext, "")
			var refused *filetype.Refused
			if err != nil && !errors.As(err, &refused) {
				t.Fatalf("neither a type nor a refusal: %v", err)
			}
			if err == nil && ext == "hml" && (bytes.Contains(b, []byte("<!DOCTYPE")) && !bytes.Contains(b, []byte("<!--")) && !bytes.Contains(b, []byte("<![CDATA[")) && !bytes.Contains(b, []byte("'")) && !bytes.Contains(b, []byte("\""))) {
				t.Fatalf("%+v with entities", got)
			}
		}
	})
}
