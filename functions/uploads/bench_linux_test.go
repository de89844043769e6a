package uploads_test

import (
	"archive/zip"
	"io"
	"mime/multipart"
	"net/textproto"
	"os"
	"runtime/debug"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
)

// BenchmarkForm1GiB sends 1 GiB through the streamed form and reports by how much the
// process grew, client and embedded storage included. It needs 3 GiB below TMPDIR.
//
//	go test ./functions/uploads -run '^$' -bench Form1GiB -benchtime 1x
func BenchmarkForm1GiB(b *testing.B) {
	w := world{App: functiontest.New(b, uploads.Function, functiontest.WithSettings(func(s *function.Settings) { s.Uploads.LimitMiB = 1100 })), t: b}
	editor := w.Editor()
	b.SetBytes(1 << 30)
	for b.Loop() {
		debug.FreeOSMemory()
		before, peak, stop := resident(b), &atomic.Int64{}, make(chan struct{})
		go func() {
			for {
				select {
				case <-stop:
					return
				case <-time.After(20 * time.Millisecond):
					peak.Store(max(peak.Load(), resident(b)))
				}
			}
		}()
		body, media := gibibyte()
		w.Do(functiontest.Request{Method: "POST", Path: "/v1/uploads/form", As: editor, Body: body, Header: map[string]string{"Content-Type": media}}).Want(201)
		close(stop)
		b.ReportMetric(float64(peak.Load()-before)/upload.MiB, "MiB-more")
	}
}

// gibibyte is a form with an archive of 1 GiB, made while it is read.
func gibibyte() (io.Reader, string) {
	r, w := io.Pipe()
	form := multipart.NewWriter(w)
	go func() {
		_ = form.WriteField("purpose", "archive")
		part, _ := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="a.zip"`}})
		z := zip.NewWriter(part)
		entry, _ := z.CreateHeader(&zip.FileHeader{Name: "a.bin", Method: zip.Store})
		block := make([]byte, upload.MiB)
		for i := range 1024 {
			block[i] = byte(i)
			if _, err := entry.Write(block); err != nil {
				_ = w.CloseWithError(err)
				return
			}
		}
		_ = z.Close()
		_ = form.Close()
		_ = w.Close()
	}()
	return r, form.FormDataContentType()
}

// resident is how much memory the process holds, in bytes (proc(5), statm).
func resident(b *testing.B) int64 {
	statm, err := os.ReadFile("/proc/self/statm")
	if err != nil {
		b.Fatal(err)
	}
	pages, err := strconv.ParseInt(strings.Fields(string(statm))[1], 10, 64)
	if err != nil {
		b.Fatal(err)
	}
	return pages * int64(os.Getpagesize())
}
