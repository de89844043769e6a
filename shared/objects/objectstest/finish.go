package objectstest

import (
	"errors"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/objects"
)

func completeTwice(s *suite) {
	u := s.start("twice", objects.Meta{})
	content := noise(100, 30)
	u.send(1, content)
	parts := u.parts()
	var completing sync.WaitGroup
	for range 4 {
		completing.Go(func() {
			if err := u.complete(parts); err != nil {
				s.Error(err)
			}
		})
	}
	completing.Wait()
	s.must(u.complete(parts))
	s.reads(u.name, content)
	if left := s.unfinished(); len(left) > 0 {
		s.Errorf("uploads left: %+v", left)
	}
	other := slices.Clone(parts)
	other[0].ETag = strings.Repeat("0", 32)
	if u.complete(other) == nil {
		s.Error("completed once more with another part")
	}
	s.must(s.store.AbortMultipart(s.Context(), u.name, u.id))
	s.reads(u.name, content)
	s.must(s.store.Delete(s.Context(), u.name))
	s.absent(u.name)
	s.is(u.complete(parts), objects.ErrNotFound)
}

func completeRefused(s *suite) {
	u := s.start("refused", objects.Meta{})
	u.send(1, noise(small, 31))
	u.send(2, noise(100, 32))
	u.send(3, noise(100, 33))
	p := u.parts()
	forged := p[1]
	forged.ETag = strings.Repeat("a", 32)
	for name, parts := range map[string][]objects.Part{
		"none":        nil,
		"wrong order": {p[1], p[0]},
		"twice":       {p[0], p[0]},
		"too small":   {p[0], p[1], p[2]},
		"other bytes": {p[0], forged},
		"not there":   {p[0], {Number: 9, Size: 100, ETag: p[1].ETag}},
		"not an MD5":  {p[0], {Number: 2, Size: 100, ETag: "nonsense"}},
		"no ETag":     {p[0], {Number: 2, Size: 100}},
	} {
		if err := u.complete(parts); err == nil {
			s.Errorf("%s: completed", name)
		} else if errors.Is(err, objects.ErrUnavailable) || errors.Is(err, objects.ErrNotFound) {
			s.Errorf("%s: %v", name, err)
		}
		s.absent(u.name)
	}
	s.is(s.store.CompleteMultipart(s.Context(), u.name, "nothing", p), objects.ErrNotFound)
	s.is(s.store.CompleteMultipart(s.Context(), s.key("elsewhere"), u.id, p), objects.ErrNotFound)
	_, err := s.store.Parts(s.Context(), u.name, "nothing")
	s.is(err, objects.ErrNotFound)
	// Nothing of that ended the upload.
	s.must(u.complete(p[:2]))
}

func aborting(s *suite) {
	u := s.start("abort", objects.Meta{})
	u.send(1, noise(100, 34))
	parts, late := u.parts(), u.sign(2, 10)
	for range 2 {
		s.must(s.store.AbortMultipart(s.Context(), u.name, u.id))
	}
	_, err := s.store.Parts(s.Context(), u.name, u.id)
	s.is(err, objects.ErrNotFound)
	s.is(u.complete(parts), objects.ErrNotFound)
	if status := request(s, http.MethodPut, late, noise(10, 35)); status != http.StatusNotFound {
		s.Errorf("a part after the abort: status %d", status)
	}
	s.absent(u.name)
	if left := s.unfinished(); len(left) > 0 {
		s.Errorf("uploads left: %+v", left)
	}
	// What was there before an upload is there after its abort.
	s.put(u.name, "before")
	again := s.start("abort", objects.Meta{})
	again.send(1, noise(100, 36))
	s.must(s.store.AbortMultipart(s.Context(), again.name, again.id))
	s.reads(u.name, []byte("before"))
}

func unfinishedListed(s *suite) {
	begin := time.Now().Add(-2 * time.Second) // storage keeps whole seconds
	a, b, c := s.start("가/1", objects.Meta{}), s.start("가/2 +", objects.Meta{}), s.start("나/3", objects.Meta{})
	a.send(1, noise(10, 37))
	listed := func(prefix string, want ...started) {
		s.Helper()
		var got, expected []string
		for end := time.Now().Add(10 * time.Second); ; {
			got, expected = nil, nil
			for u, err := range s.store.ListMultiparts(s.Context(), s.key(prefix)) {
				s.must(err)
				got = append(got, u.Key+" "+u.UploadID)
				if u.Started.Before(begin) || u.Started.After(time.Now().Add(2*time.Second)) {
					s.Errorf("%s started at %s", u.Key, u.Started)
				}
			}
			for _, u := range want {
				expected = append(expected, u.name+" "+u.id)
			}
			slices.Sort(got)
			slices.Sort(expected)
			if slices.Equal(got, expected) {
				return
			}
			if time.Now().After(end) {
				s.Errorf("prefix %q: %q, want %q", prefix, got, expected)
				return
			}
		}
	}
	listed("", a, b, c)
	listed("가/", a, b)
	listed("다/")
	s.must(a.complete(a.parts()))
	s.must(s.store.AbortMultipart(s.Context(), b.name, b.id))
	listed("", c)
}

// latePart shows why the file of an upload is another object: until it is deleted, its URLs still reach the object.
func latePart(s *suite) {
	u := s.start("late", objects.Meta{})
	content, final := noise(100, 38), s.key("final")
	u.send(1, content)
	s.must(u.complete(u.parts()))
	s.must(s.store.Copy(s.Context(), u.name, final, objects.Meta{ContentType: "image/png"}))
	replaced := func(want bool) {
		if got, err := s.store.Replaced(s.Context(), u.name, u.id); err != nil || got != want {
			s.Errorf("a part was replaced: %v, %v", got, err)
		}
	}
	replaced(false)
	send := func(part []byte) {
		if status := request(s, http.MethodPut, u.sign(1, 100), part); status != http.StatusOK {
			s.Errorf("a part after the completion: status %d", status)
		}
	}
	send(noise(100, 39))
	replaced(true)
	if r, err := s.store.Open(s.Context(), u.name, 0, -1); err == nil {
		got, err := io.ReadAll(r)
		r.Close()
		if err == nil {
			s.Errorf("a damaged object gave %d bytes", len(got))
		}
	}
	// The same part once more mends it; a completion of what came late makes it anew.
	send(content)
	replaced(false)
	s.reads(u.name, content)
	other := noise(100, 41)
	send(other)
	replaced(true)
	s.must(u.complete(u.parts()))
	replaced(false)
	s.reads(u.name, other)
	s.must(s.store.Delete(s.Context(), u.name))
	if status := request(s, http.MethodPut, u.sign(1, 100), noise(100, 40)); status != http.StatusNotFound {
		s.Errorf("a part after the deletion: status %d", status)
	}
	s.absent(u.name)
	s.reads(final, content)
}

func signedGet(s *suite) {
	key := s.key("증빙 자료.pdf")
	s.must(s.store.Put(s.Context(), key, strings.NewReader("secret"), 6, objects.Meta{Disposition: objects.Inline("stored.pdf")}))
	asked := objects.Attachment("증빙 자료.pdf")
	signed, err := s.store.SignGet(s.Context(), key, time.Minute, asked)
	s.must(err)
	answer, err := http.Get(signed)
	s.must(err)
	body, err := io.ReadAll(answer.Body)
	s.must(err)
	answer.Body.Close()
	if answer.StatusCode != http.StatusOK || string(body) != "secret" || answer.Header.Get("Content-Disposition") != asked {
		s.Errorf("status %d, %q, %v", answer.StatusCode, body, answer.Header)
	}
	plain, err := s.store.SignGet(s.Context(), key, time.Second, "")
	s.must(err)
	time.Sleep(2100 * time.Millisecond)
	altered := strings.Replace(signed, url.QueryEscape("attachment"), "inline", 1)
	for name, address := range map[string]string{
		"expired":           plain,
		"unsigned":          strings.SplitN(signed, "?", 2)[0],
		"other disposition": altered,
		"other object":      strings.Replace(signed, ".pdf?", ".txt?", 1),
		"other signature":   signed[:len(signed)-4] + "0000",
	} {
		if status := request(s, http.MethodGet, address, nil); status < 400 || status >= 500 {
			s.Errorf("%s: status %d", name, status)
		}
	}
	for _, method := range []string{http.MethodPut, http.MethodDelete} {
		if status := request(s, method, signed, []byte("forged")); status < 400 || status >= 500 {
			s.Errorf("%s with a URL for GET: status %d", method, status)
		}
	}
	s.reads(key, []byte("secret"))
}
