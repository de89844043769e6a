package objectstest

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/objects"
)

const small = 5 << 20 // the smallest part that is not the last, in bytes

// started is an upload of one case.
type started struct {
	*suite
	name, id string
}

func (s *suite) start(name string, meta objects.Meta) started {
	s.Helper()
	id, err := s.store.StartMultipart(s.Context(), s.key(name), meta)
	s.must(err)
	return started{s, s.key(name), id}
}

func (u started) sign(number int, size int) string {
	u.Helper()
	signed, header, err := u.store.SignPart(u.Context(), u.name, u.id, number, int64(size), time.Minute)
	u.must(err)
	if header.Get("Content-Length") != fmt.Sprint(size) {
		u.Errorf("header %v for %d bytes", header, size)
	}
	return signed
}

// send PUTs a part as a browser does.
func (u started) send(number int, body []byte) {
	u.Helper()
	if status := request(u.suite, http.MethodPut, u.sign(number, len(body)), body); status != http.StatusOK {
		u.Fatalf("part %d: status %d", number, status)
	}
}

func (u started) parts() []objects.Part {
	u.Helper()
	parts, err := u.store.Parts(u.Context(), u.name, u.id)
	u.must(err)
	return parts
}

func (u started) numbers() []int {
	u.Helper()
	var numbers []int
	for _, p := range u.parts() {
		numbers = append(numbers, p.Number)
	}
	return numbers
}

func (u started) complete(parts []objects.Part) error {
	return u.store.CompleteMultipart(u.Context(), u.name, u.id, parts)
}

func request(s *suite, method, address string, body []byte) int {
	s.Helper()
	r, err := http.NewRequestWithContext(s.Context(), method, address, bytes.NewReader(body))
	s.must(err)
	answer, err := http.DefaultClient.Do(r)
	s.must(err)
	defer answer.Body.Close()
	_, err = io.Copy(io.Discard, answer.Body)
	s.must(err)
	return answer.StatusCode
}

// raw sends bytes as they are and closes; it returns the status, or 0 when there was no answer.
func raw(s *suite, signed, headers, body string, wait bool) int {
	s.Helper()
	u, err := url.Parse(signed)
	s.must(err)
	c, err := net.DialTimeout("tcp", u.Host, 5*time.Second)
	s.must(err)
	defer c.Close()
	s.must(c.SetDeadline(time.Now().Add(20 * time.Second)))
	if _, err := fmt.Fprintf(c, "PUT %s HTTP/1.1\r\nHost: %s\r\n%s\r\n%s", u.RequestURI(), u.Host, headers, body); err != nil || !wait {
		return 0
	}
	answer, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		return 0
	}
	answer.Body.Close()
	return answer.StatusCode
}

func signedPart(s *suite) {
	meta := objects.Meta{ContentType: "application/pdf", Disposition: objects.Attachment("회칙 개정안.pdf"), CacheControl: "private"}
	u := s.start("파일.pdf", meta)
	first, last := noise(small, 5), noise(1234, 6)
	u.send(1, first)
	u.send(2, last)
	s.absent(u.name)
	s.must(u.complete(u.parts()))
	s.reads(u.name, slices.Concat(first, last))
	info, err := s.store.Stat(s.Context(), u.name)
	s.must(err)
	if info.Size != small+1234 || info.ContentType != meta.ContentType || info.Disposition != meta.Disposition ||
		info.CacheControl != meta.CacheControl || !strings.HasSuffix(info.ETag, "-2") {
		s.Errorf("stat %+v", info)
	}
	r, err := s.store.Open(s.Context(), u.name, small-2, 4)
	s.must(err)
	defer r.Close()
	if got, err := io.ReadAll(r); err != nil || !bytes.Equal(got, slices.Concat(first[small-2:], last[:2])) {
		s.Errorf("range over the seam: %x, %v", got, err)
	}
}

func signedPartSize(s *suite) {
	u := s.start("size", objects.Meta{})
	for _, length := range []int{0, 1, 99, 101, 100_000} {
		if status := request(s, http.MethodPut, u.sign(1, 100), noise(length, 7)); status < 400 || status >= 500 {
			s.Errorf("%d bytes for a URL of 100: status %d", length, status)
		}
	}
	if status := raw(s, u.sign(1, 100), "Transfer-Encoding: chunked\r\n", "5\r\nabcde\r\n0\r\n\r\n", true); status < 400 {
		s.Errorf("a chunked body for a URL of 100: status %d", status)
	}
	if got := u.numbers(); got != nil {
		s.Fatalf("parts %v were stored", got)
	}
	// A hostile client may claim one length and send another in chunks. Swift stores that; the listing tells the truth.
	raw(s, u.sign(1, 5), "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n", "a\r\n0123456789\r\n0\r\n\r\n", true)
	for _, p := range u.parts() {
		if p.Size != 10 {
			s.Errorf("part of 10 bytes listed as %+v", p)
		}
	}
}

func signedPartForged(s *suite) {
	u := s.start("forged", objects.Meta{})
	other := s.start("other", objects.Meta{})
	good := u.sign(1, 100)
	body := noise(100, 8)
	change := func(name, value string) string {
		address, err := url.Parse(good)
		s.must(err)
		query := address.Query()
		if value == "" {
			query.Del(name)
		} else {
			query.Set(name, value)
		}
		address.RawQuery = query.Encode()
		return address.String()
	}
	brief, _, err := s.store.SignPart(s.Context(), u.name, u.id, 1, 100, time.Second)
	s.must(err)
	time.Sleep(2100 * time.Millisecond)
	for name, address := range map[string]string{
		"other part":        change("partNumber", "2"),
		"other upload":      change("uploadId", other.id),
		"other object":      strings.Replace(good, "/forged", "/other", 1),
		"no part":           change("partNumber", ""),
		"longer life":       change("X-Amz-Expires", "86400"),
		"other headers":     change("X-Amz-SignedHeaders", "host"),
		"other signature":   change("X-Amz-Signature", strings.Repeat("0", 64)),
		"no signature":      change("X-Amz-Signature", ""),
		"other key":         change("X-Amz-Credential", "nobody/20260101/KR1/s3/aws4_request"),
		"expired":           brief,
		"unsigned":          strings.SplitN(good, "?", 2)[0],
		"unsigned to parts": strings.SplitN(good, "?", 2)[0] + "?partNumber=1&uploadId=" + u.id,
	} {
		if status := request(s, http.MethodPut, address, body); status < 400 || status >= 500 {
			s.Errorf("%s: status %d", name, status)
		}
	}
	for _, method := range []string{http.MethodGet, http.MethodDelete, http.MethodPost} {
		if status := request(s, method, good, nil); status < 400 || status >= 500 {
			s.Errorf("%s with a URL for PUT: status %d", method, status)
		}
	}
	if got := append(u.numbers(), other.numbers()...); got != nil {
		s.Errorf("parts %v were stored", got)
	}
	s.absent(u.name)
	if status := request(s, http.MethodPut, good, body); status != http.StatusOK {
		s.Errorf("the URL itself: status %d", status)
	}
	for _, c := range []struct {
		number int
		size   int64
		expiry time.Duration
	}{{0, 1, time.Minute}, {objects.MaxParts + 1, 1, time.Minute}, {1, 0, time.Minute}, {1, -1, time.Minute},
		{1, 5<<30 + 1, time.Minute}, {1, 1, 0}, {1, 1, 8 * 24 * time.Hour}} {
		if _, _, err := s.store.SignPart(s.Context(), u.name, u.id, c.number, c.size, c.expiry); err == nil {
			s.Errorf("%+v was signed", c)
		}
	}
}

func cutConnection(s *suite) {
	u := s.start("cut", objects.Meta{})
	whole := string(noise(small, 9))
	for _, sent := range []int{0, 1, 70_000, small - 1} {
		raw(s, u.sign(1, small), fmt.Sprintf("Content-Length: %d\r\n", small), whole[:sent], false)
	}
	time.Sleep(300 * time.Millisecond)
	if got := u.numbers(); got != nil {
		s.Errorf("parts %v were stored", got)
	}
	s.absent(u.name)
	u.send(1, []byte(whole))
	raw(s, u.sign(1, small), fmt.Sprintf("Content-Length: %d\r\n", small), "not the same", false)
	time.Sleep(300 * time.Millisecond)
	s.must(u.complete(u.parts()))
	s.reads(u.name, []byte(whole))
}

func resume(s *suite) {
	u := s.start("resume", objects.Meta{})
	pieces := [][]byte{noise(small, 10), noise(small, 11), noise(small, 12), noise(77, 13)}
	u.send(1, pieces[0])
	u.send(4, pieces[3])
	u.send(3, pieces[2])
	have := map[int]int64{}
	for _, p := range u.parts() {
		have[p.Number] = p.Size
	}
	if len(have) != 3 || have[1] != small || have[3] != small || have[4] != 77 {
		s.Fatalf("parts %v", have)
	}
	for i, piece := range pieces {
		if _, ok := have[i+1]; !ok {
			u.send(i+1, piece)
		}
	}
	s.must(u.complete(u.parts()))
	s.reads(u.name, slices.Concat(pieces...))
}

func repeatedAndReordered(s *suite) {
	u := s.start("again", objects.Meta{})
	a, b, c := noise(small, 14), noise(small, 15), noise(small, 16)
	for _, sent := range []struct {
		number int
		body   []byte
	}{{3, c}, {1, b}, {2, a}, {1, a}, {2, b}, {3, c}, {1, a}} {
		u.send(sent.number, sent.body)
	}
	if got := u.numbers(); !slices.Equal(got, []int{1, 2, 3}) {
		s.Fatalf("parts %v", got)
	}
	s.must(u.complete(u.parts()))
	s.reads(u.name, slices.Concat(a, b, c))
}

func parallelParts(s *suite) {
	u := s.start("parallel", objects.Meta{})
	const count = 6
	pieces := make([][]byte, count)
	var sending sync.WaitGroup
	for i := range pieces {
		pieces[i] = noise(small, byte(20+i))
		address := u.sign(i+1, small)
		sending.Go(func() {
			if status := request(s, http.MethodPut, address, pieces[i]); status != http.StatusOK {
				s.Errorf("part %d: status %d", i+1, status)
			}
		})
	}
	sending.Wait()
	s.must(u.complete(u.parts()))
	s.reads(u.name, slices.Concat(pieces...))
}
