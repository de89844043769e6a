package uploads_test

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"encoding/binary"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/png"
	"io"
	"slices"
	"strings"
	"testing"

	"golang.org/x/text/encoding/korean"
	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
)

// innocent are small files that are what they say.
func innocent(t *testing.T) map[string][]byte {
	t.Helper()
	m := image.NewPaletted(image.Rect(0, 0, 4, 4), color.Palette{color.Black, color.White})
	var p, g bytes.Buffer
	if err := png.Encode(&p, m); err != nil {
		t.Fatal(err)
	}
	if err := gif.Encode(&g, m, nil); err != nil {
		t.Fatal(err)
	}
	return map[string][]byte{"jpg": photo(t, 8, 8), "png": p.Bytes(), "gif": g.Bytes(), "zip": archive(t, 64)}
}

// flood is a PNG whose header promises w by h pixels, of which it has none.
func flood(w, h uint32) []byte {
	head := []byte("IHDR")
	head = binary.BigEndian.AppendUint32(head, w)
	head = binary.BigEndian.AppendUint32(head, h)
	head = append(head, 8, 6, 0, 0, 0)
	out := append([]byte("\x89PNG\r\n\x1a\n\x00\x00\x00\x0d"), head...)
	out = binary.BigEndian.AppendUint32(out, crc32.ChecksumIEEE(head))
	return append(out, "\x00\x00\x00\x00IEND\xaeB`\x82"...)
}

// bomb is a ZIP of so many MiB of zeros.
func bomb(t *testing.T, mib int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) { return flate.NewWriter(w, flate.BestSpeed) })
	w, err := z.Create("zeros")
	if err != nil {
		t.Fatal(err)
	}
	zeros := make([]byte, upload.MiB)
	for range mib {
		if _, err := w.Write(zeros); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// inside is a ZIP with one entry of some name.
func inside(t *testing.T, name, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(w, content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// Every hostile file is refused, under every allowed name, and leaves nothing.
func TestHostileFiles(t *testing.T) {
	w := newWorld(t)
	var editor string
	taken := 0
	good := innocent(t)
	kinds := []string{"jpg", "png", "webp", "gif", "pdf", "hwp", "hwpx", "hml", "doc", "xls", "ppt", "docx", "xlsx", "pptx", "zip"}
	const page = "<!DOCTYPE html><script>alert(document.domain)</script>"
	files := map[string][]byte{
		"a page":            []byte(page),
		"a page, spaced":    []byte("\n\t  " + page),
		"a page in UTF-16":  []byte("\xff\xfe<\x00h\x00t\x00m\x00l\x00>\x00"),
		"a drawing":         []byte(`<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>`),
		"a script":          []byte("#!/bin/sh\nrm -rf /\n"),
		"PHP":               []byte("<?php system($_GET['x']); ?>"),
		"a program":         []byte("MZ\x90\x00\x03\x00\x00\x00\x04\x00\x00\x00\xff\xff"),
		"an ELF program":    []byte("\x7fELF\x02\x01\x01\x00"),
		"a class":           []byte("\xca\xfe\xba\xbe\x00\x00\x00\x34"),
		"text":              []byte("안녕하세요"),
		"zeros":             make([]byte, 5000),
		"one byte":          {0xff},
		"a JPEG's mark":     []byte("\xff\xd8\xff"),
		"a PNG's mark":      []byte("\x89PNG\r\n\x1a\n"),
		"a PDF's mark":      []byte("%PDF-"),
		"a ZIP's mark":      []byte("PK\x03\x04"),
		"a HWP's mark":      []byte("\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"),
		"a flood":           flood(65000, 65000),
		"the widest":        flood(1<<31-1, 1),
		"41 megapixels":     flood(6500, 6400),
		"a bomb":            bomb(t, 600),
		"out of the folder": inside(t, "../../etc/cron.d/x", "x"),
		"an absolute entry": inside(t, "/etc/cron.d/x", "x"),
		"a Windows entry":   inside(t, `..\..\x`, "x"),
		"an installer":      inside(t, "사진.jpg.exe", "x"),
		"a hidden program":  inside(t, "사진.jpg", "MZ\x90\x00\x03\x00\x00\x00"),
	}
	for name, content := range good {
		for other, more := range map[string][]byte{"page": []byte(page), "ZIP": good["zip"], "PDF": []byte("%PDF-1.7\n%%EOF")} {
			if name != strings.ToLower(other) {
				files[name+" then "+other] = append(slices.Clone(content), more...)
				files[other+" then "+name] = append(slices.Clone(more), content...)
			}
		}
		files[name+", half"] = content[:len(content)/2]
	}
	for what, content := range files {
		editor = w.Editor() // each has a limit of requests
		for _, kind := range kinds {
			r := w.form(editor, "post", "파일."+kind, "", content)
			if r.Status == 201 && kind == "pdf" && strings.HasPrefix(what, "PDF then ") {
				taken++ // a PDF with bytes behind its end is a PDF to everybody who opens it
				continue
			}
			if r.Status != 422 {
				t.Errorf("%s as %s: %d %s", what, kind, r.Status, r.Body)
			}
		}
	}
	for kind, content := range good {
		editor = w.Editor()
		for _, other := range kinds {
			if r := w.form(editor, "post", "파일."+other, "", content); kind != other && r.Status != 422 {
				t.Errorf("%s as %s: %d", kind, other, r.Status)
			}
		}
	}
	if got := len(w.keys()); got != len(good)+taken {
		t.Errorf("%d objects, want %d: %v", got, len(good)+taken, w.keys())
	}
}

// Names in every encoding come back readable, or not at all, and never as a header of
// their own.
func TestHostileNames(t *testing.T) {
	w := newWorld(t)
	jpg := photo(t, 4, 4)
	legacy, err := korean.EUCKR.NewEncoder().String("회의록.jpg")
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		"회의록.jpg":                        "회의록.jpg",
		norm.NFD.String("회의록.jpg"):       "회의록.jpg",
		"%ED%9A%8C.jpg":                  "%ED%9A%8C.jpg",
		"../../../etc/나.jpg":             "나.jpg",
		`..\\..\\나.jpg`:                  "나.jpg",
		"나\u202egpj.jpg":                 "나gpj.jpg",
		"CON.jpg":                        "_CON.jpg",
		"나.svg.jpg":                      "나.svg.jpg",
		"나;x=1.jpg":                      "나;x=1.jpg",
		"=?utf-8?B?7ZqM?=.jpg":           "=_utf-8_B_7ZqM_=.jpg",
		strings.Repeat("나", 90) + ".jpg": strings.Repeat("나", 83) + ".jpg",
		legacy:                           "*",
	} {
		r := w.form(w.me, "profile", name, "", jpg)
		if r.Status >= 500 {
			t.Fatalf("%q: %d %s", name, r.Status, r.Body)
		}
		if r.Status != 201 {
			if want != "*" {
				t.Errorf("%q: %d %s", name, r.Status, r.Body)
			}
			continue
		}
		got := functiontest.JSON[answer](r)
		if got.Name != want && want != "*" {
			t.Errorf("%q: %q, want %q", name, got.Name, want)
		}
		if strings.ContainsAny(got.Name, "/\\\r\n\x00") {
			t.Errorf("%q: %q", name, got.Name)
		}
	}
	for o, err := range w.Objects().List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		info, err := w.Objects().Stat(t.Context(), o.Key)
		if err != nil || !strings.HasPrefix(info.Disposition, "attachment; filename=\"") || strings.ContainsFunc(info.Disposition, func(r rune) bool { return r < ' ' || r > '~' }) {
			t.Errorf("%s: %q %v", o.Key, info.Disposition, err)
		}
		if strings.Contains(o.Key, "나") || !strings.HasSuffix(o.Key, "/original.jpg") {
			t.Errorf("the name is in the key: %s", o.Key)
		}
	}
}
