package uploads

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/problem"
)

// A file's name is what the sender's computer calls it, in whatever encoding that is.
func TestFileNames(t *testing.T) {
	for disposition, want := range map[string]string{
		`filename="증빙.pdf"`:                                   "증빙.pdf",
		"filename=\"\xc1\xf5\xba\xf9.pdf\"":                   "증빙.pdf",
		"filename=\"C:\\\\\xb9\xae\xbc\xad\\\\\xc1\xf5.hwp\"": `C:\문서\증.hwp`,
		`filename*=UTF-8''%EC%A6%9D%EB%B9%99.pdf`:             "증빙.pdf",
		`filename="a.pdf"; filename*=UTF-8''%EC%A6%9D`:        "증",
		`filename*=EUC-KR''%C1%F5%BA%F9.pdf`:                  "증빙.pdf",
		`filename="a"; filename*=cp949'ko'%C1%F5.pdf`:         "증.pdf",
		`filename="=?UTF-8?B?7Kad67mZLnBkZg==?="`:             "증빙.pdf",
		`filename="=?EUC-KR?B?wfW6+S5wZGY=?="`:                "증빙.pdf",
		"filename=\"\xc1\xf5\xff.pdf\"":                       "\ufffd.pdf",
		`filename="a; filename*=EUC-KR''%C1.pdf"`:             "a; filename*=EUC-KR''%C1.pdf",
	} {
		body := "--b\r\nContent-Disposition: form-data; name=\"file\"; " + disposition + "\r\n\r\nx\r\n--b--\r\n"
		draft, _, err := fields(multipart.NewReader(strings.NewReader(body), "b"))
		if err != nil || draft.Name != want {
			t.Errorf("%q: %q, %v; want %q", disposition, draft.Name, err, want)
		}
	}
}

// A form is read up to its file, whose bytes are its part's to the form's end; anything else is a problem of the sender's.
func FuzzForm(f *testing.F) {
	const whole = "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\npost\r\n--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"사진.jpg\"\r\nContent-Type: image/jpeg\r\n\r\nbytes\r\n--b--\r\n"
	for _, body := range []string{whole, whole[:len(whole)-6], whole + whole, strings.ReplaceAll(whole, "\r\n", "\n"), strings.Replace(whole, "purpose", "file", 1), strings.Replace(whole, "post", strings.Repeat("x", 300), 1),
		strings.Replace(whole, "filename=", "filename*=utf-8''%ff; filename=", 1), strings.Repeat("--b\r\n\r\n", 50), "", "--b--"} {
		f.Add([]byte(body), "multipart/form-data; boundary=b")
	}
	f.Add([]byte(whole), "multipart/form-data; boundary=\"\"")
	f.Add([]byte(whole), "multipart/mixed; boundary=b; boundary=c")
	f.Fuzz(func(t *testing.T, body []byte, media string) {
		_, params, err := mime.ParseMediaType(media)
		if err != nil || params["boundary"] == "" {
			return
		}
		draft, content, err := fields(multipart.NewReader(bytes.NewReader(body), params["boundary"]))
		var p *problem.Error
		switch {
		case err != nil && !errors.As(err, &p):
			t.Fatalf("neither a file nor a problem: %v", err)
		case err == nil: // what breaks off while it is read is told by upload.Depot.Receive
			if read, err := io.ReadAll(content); err == nil && !bytes.Contains(body, read) {
				t.Fatalf("%q is not in the form", read)
			}
		}
		if len(draft.Purpose) > fieldBytes || len(draft.SHA256) > fieldBytes {
			t.Fatalf("%d and %d bytes of fields", len(draft.Purpose), len(draft.SHA256))
		}
	})
}
