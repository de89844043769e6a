package uploads_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/picture"
)

// ordinary are files as programs write them every day, which testdata/ordinary/make makes anew. HEIF is the one that is
// refused, and says what to do.
var ordinary = []struct{ file, program string }{
	{"7zip-lzma.zip", "7-Zip 26.02"}, {"7zip.zip", "7-Zip 26.02"},
	{"info-zip-stored.zip", "Info-ZIP 3.0"}, {"info-zip-streamed.zip", "Info-ZIP 3.0"}, {"info-zip.zip", "Info-ZIP 3.0"},
	{"jszip.zip", "JSZip 3.10.2"}, {"windows-explorer.zip", "names as Korean Windows writes them, by Python 3.11"},
	{"imagemagick.jpg", "ImageMagick 6.9.11"}, {"imagemagick-progressive.jpg", "ImageMagick 6.9.11"}, {"imagemagick-cmyk.jpg", "ImageMagick 6.9.11"},
	{"imagemagick-16-bit.png", "ImageMagick 6.9.11"}, {"imagemagick-palette.png", "ImageMagick 6.9.11"}, {"line-end.png", "ImageMagick 6.9.11, and echo"},
	{"imagemagick-animated.gif", "ImageMagick 6.9.11"}, {"libwebp-animated.webp", "libwebp 1.2.4"},
	{"libwebp.webp", "libwebp 1.2.4"}, {"libwebp-lossless.webp", "libwebp 1.2.4"}, {"libheif.heic", "libheif 1.15.1"},
	{"libreoffice.docx", "LibreOffice 7.4"}, {"libreoffice.doc", "LibreOffice 7.4"}, {"libreoffice.pdf", "LibreOffice 7.4"},
	{"libreoffice.xlsx", "LibreOffice 7.4"}, {"libreoffice.xls", "LibreOffice 7.4"}, {"libreoffice.ppt.gz", "LibreOffice 7.4"},
	{"sheetjs.xlsx", "SheetJS 0.18.5"}, {"sheetjs.xls", "SheetJS 0.18.5"}, {"exceljs.xlsx", "ExcelJS 4.4.0"},
	{"docx.docx", "docx 9"}, {"pptxgenjs.pptx", "PptxGenJS 4"}, {"pdf-lib.pdf", "pdf-lib 1.17.1"}, {"pdf-lib-plain.pdf", "pdf-lib 1.17.1"},
}

// What ordinary programs write goes up, and comes down as it was.
func TestOrdinaryFiles(t *testing.T) {
	const folder = "testdata/ordinary"
	listed := map[string]bool{"make": true}
	eachStorage(t, func(t *testing.T, storage function.StorageConfig) {
		app := functiontest.New(t, uploads.Function, functiontest.WithStorage(storage))
		w := world{App: app, t: t, me: app.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Editor}}}).Token}
		for _, one := range ordinary {
			listed[one.file] = true
			content, name := unpacked(t, filepath.Join(folder, one.file)), strings.TrimSuffix(one.file, ".gz")
			start := w.call("POST", "/v1/uploads", w.me, draft("archive", "한글 "+name, "", content))
			if strings.HasSuffix(name, ".heic") {
				if p := start.Problem(422, "invalid-input"); !bytes.Contains(start.Body, []byte("heif-picture")) || !bytes.Contains(start.Body, []byte("JPEG")) {
					t.Errorf("%s: %+v", name, p)
				}
				continue
			}
			a := functiontest.JSON[answer](start.Want(201))
			send(t, a.Parts, content)
			r := w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`)
			if r.Status != 200 {
				t.Errorf("%s of %s: %d %s", name, one.program, r.Status, r.Body)
				continue
			}
			kept := w.kept(a.ID)
			if !bytes.Equal(kept, bytes.TrimSuffix(content, []byte("\n"))) && !bytes.Equal(kept, content) {
				t.Errorf("%s of %s: %d bytes came down, %d went up", name, one.program, len(kept), len(content))
			}
			if done := functiontest.JSON[answer](r); strings.HasPrefix(done.Type, "image/") {
				made := 0
				err := picture.NewDecoder(0).Variants(context.Background(), bytes.NewReader(kept), []int{320, 960}, func(context.Context, picture.Variant) error { made++; return nil })
				if err != nil || made != 1 {
					t.Errorf("%s of %s: %d variants, %v", name, one.program, made, err)
				}
			}
		}
	})
	files, err := os.ReadDir(folder)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		if !listed[f.Name()] {
			t.Errorf("%s is in no list", f.Name())
		}
	}
}

// unpacked is a file, of which a large one is kept packed.
func unpacked(t *testing.T, path string) []byte {
	t.Helper()
	content, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasSuffix(path, ".gz") {
		return content
	}
	z, err := gzip.NewReader(bytes.NewReader(content))
	if err == nil {
		content, err = io.ReadAll(z)
	}
	if err != nil {
		t.Fatal(err)
	}
	return content
}
