package e2e

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/rogpeppe/go-internal/testscript"
)

// teller tells one story: it remembers who acts and what was answered last.
type teller struct {
	target      *target
	environment *environment // nil for a local host
	tokens      map[string]string
	passwords   map[string]string
	actor       string
	last        reply
	client      *http.Client
}

type reply struct {
	status int
	header http.Header
	body   []byte
}

// String is the answer for a person: nothing of a picture.
func (r reply) String() string {
	if !utf8.Valid(r.body) {
		return fmt.Sprintf("%d, %d bytes of %s", r.status, len(r.body), r.header.Get("Content-Type"))
	}
	return fmt.Sprintf("%d %s", r.status, r.body)
}

type tellerKey struct{}

func newTeller(target *target) *teller {
	return &teller{target: target, tokens: map[string]string{}, passwords: map[string]string{}, client: &http.Client{
		Timeout:       time.Minute,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// commands are the words of the stories.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	// admin, or somebody who signed in with "signin": who acts from now on.
	"as": func(ts *testscript.TestScript, _ bool, args []string) { of(ts).as(ts, args[0]) },
	// signin NAME MAIL PASSWORD: NAME is signed in and acts.
	"signin": func(ts *testscript.TestScript, _ bool, args []string) {
		of(ts).signIn(ts, args[0], args[1], args[2])
	},
	// call METHOD PATH [JSON] [Header=value ...]
	"call": func(ts *testscript.TestScript, _ bool, args []string) { of(ts).call(ts, args) },
	// status 201
	"status": func(ts *testscript.TestScript, _ bool, args []string) {
		if s := of(ts); strconv.Itoa(s.last.status) != args[0] {
			ts.Fatalf("want %s: %s", args[0], s.last)
		}
	},
	// field PATH VALUE: a field of the answer, as .items.0.title; "!" for another value
	"field": func(ts *testscript.TestScript, neg bool, args []string) {
		got := of(ts).field(ts, args[0])
		if (got == args[1]) == neg {
			ts.Fatalf("%s is %q\n%s", args[0], got, of(ts).last.body)
		}
	},
	// says TEXT: the answer has this text; "!" for has not
	"says": func(ts *testscript.TestScript, neg bool, args []string) {
		if s := of(ts); strings.Contains(string(s.last.body), args[0]) == neg {
			ts.Fatalf("%s", s.last)
		}
	},
	// header NAME REGEXP
	"header": func(ts *testscript.TestScript, neg bool, args []string) {
		got := of(ts).last.header.Get(args[0])
		if regexp.MustCompile(args[1]).MatchString(got) == neg {
			ts.Fatalf("%s: %q", args[0], got)
		}
	},
	// keep NAME PATH: a field of the answer becomes $NAME
	"keep": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], of(ts).field(ts, args[1]))
	},
	// keepheader NAME HEADER
	"keepheader": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], of(ts).last.header.Get(args[1]))
	},
	// moment NAME DURATION [DURATION]: a time from now becomes $NAME, as 5s or 72h; the second one on a cluster, which is slower
	"moment": func(ts *testscript.TestScript, _ bool, args []string) {
		from := args[1]
		if len(args) > 2 && of(ts).environment != nil {
			from = args[2]
		}
		d, err := time.ParseDuration(from)
		ts.Check(err)
		ts.Setenv(args[0], time.Now().Add(d).Format(time.RFC3339Nano))
	},
	// until TIME: waits for a moment
	"until": func(ts *testscript.TestScript, _ bool, args []string) {
		at, err := time.Parse(time.RFC3339Nano, args[0])
		ts.Check(err)
		time.Sleep(time.Until(at))
	},
	// soon DURATION PATH TEXT: reads PATH until its answer is 200 and has TEXT, or "!" has not
	"soon": func(ts *testscript.TestScript, neg bool, args []string) { of(ts).soon(ts, neg, args) },
	// gone DURATION PATH: reads PATH until it is 404
	"gone": func(ts *testscript.TestScript, _ bool, args []string) {
		of(ts).read(ts, args[0], args[1], func(r reply) bool { return r.status == http.StatusNotFound })
	},
	// mailcode NAME ADDRESS: the six digits of the newest mail to ADDRESS become $NAME
	"mailcode": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], of(ts).mailCode(ts, args[1]))
	},
	// prove: who acts gives the password again
	"prove": func(ts *testscript.TestScript, _ bool, _ []string) { of(ts).prove(ts) },
	// form PATH BODY: a form is sent
	"form": func(ts *testscript.TestScript, _ bool, args []string) {
		of(ts).send(ts, http.MethodPost, args[0], "application/x-www-form-urlencoded", []byte(args[1]), nil)
	},
	// asleep: waits until no function has a pod, on a cluster
	"asleep": func(ts *testscript.TestScript, _ bool, _ []string) {
		if s := of(ts); s.environment != nil {
			s.environment.asleep()
		}
	},
	// receiver NAME PATH: where a webhook may be sent becomes $NAME
	"receiver": func(ts *testscript.TestScript, _ bool, args []string) {
		if receivers == nil {
			ts.Fatalf("MADANG_HOOKS is not set: an address of this machine that the environment may call (env:create -receiver)")
		}
		ts.Setenv(args[0], "http://"+receivers.at.String()+args[1])
	},
	// told PATH TEXT SECRET: a receiver got one message with this text, signed with this secret
	"told": func(ts *testscript.TestScript, _ bool, args []string) {
		of(ts).tells(ts, args[0], args[1], args[2])
	},
	// mailed NAME ADDRESS TEXT: one mail with this text came; where a click ends such mails
	// becomes $NAME
	"mailed": func(ts *testscript.TestScript, _ bool, args []string) {
		ts.Setenv(args[0], of(ts).mailed(ts, args[1], args[2]))
	},
	// unmailed ADDRESS TEXT: no mail with this text has come
	"unmailed": func(ts *testscript.TestScript, _ bool, args []string) {
		if got := of(ts).letters(ts, args[0], args[1]); len(got) > 0 {
			ts.Fatalf("%s got %s", args[0], got)
		}
	},
	// photo NAME SIZE: a picture of at least SIZE bytes in the story's folder
	"photo": func(ts *testscript.TestScript, _ bool, args []string) { of(ts).photo(ts, args) },
	// upload NAME PURPOSE FILE [interrupted]: by presigned parts; the upload's id becomes $NAME
	"upload": func(ts *testscript.TestScript, _ bool, args []string) { of(ts).upload(ts, args) },
	// crash: the process is killed and started again; a cluster's stories kill pods instead
	"crash": func(ts *testscript.TestScript, _ bool, _ []string) {
		if s := of(ts); s.target.restart != nil {
			s.target.restart()
		}
	},
}

func of(ts *testscript.TestScript) *teller {
	s, ok := ts.Value(tellerKey{}).(*teller)
	if !ok {
		ts.Fatalf("no story is being told")
	}
	return s
}

func (s *teller) as(ts *testscript.TestScript, name string) {
	if name == "admin" && s.tokens["admin"] == "" {
		s.signIn(ts, "admin", s.target.email, s.target.password)
	}
	if name != "guest" && s.tokens[name] == "" {
		ts.Fatalf("%s has not signed in", name)
	}
	s.actor = name
}

func (s *teller) signIn(ts *testscript.TestScript, name, email, password string) {
	s.actor = "guest"
	body, err := json.Marshal(map[string]string{"email": email, "password": password})
	ts.Check(err)
	s.send(ts, http.MethodPost, "/v1/auth/sessions", "application/json", body, nil)
	if s.last.status == http.StatusCreated {
		s.tokens[name], s.passwords[name] = s.field(ts, ".accessToken"), password
		s.actor = name
	}
}

// prove gives the password again, which renews the session's token.
func (s *teller) prove(ts *testscript.TestScript) {
	body, err := json.Marshal(map[string]string{"password": s.passwords[s.actor]})
	ts.Check(err)
	s.send(ts, http.MethodPost, "/v1/auth/proof", "application/json", body, nil)
	if s.last.status != http.StatusOK {
		ts.Fatalf("%s", s.last)
	}
	s.tokens[s.actor] = s.field(ts, ".session.accessToken")
}

func (s *teller) call(ts *testscript.TestScript, args []string) {
	if len(args) < 2 {
		ts.Fatalf("call METHOD PATH [JSON] [Header=value ...]")
	}
	var body []byte
	header := http.Header{}
	for _, a := range args[2:] {
		if name, value, ok := strings.Cut(a, "="); ok && !strings.HasPrefix(a, "{") {
			header.Set(name, value)
			continue
		}
		body = []byte(a)
	}
	s.send(ts, args[0], args[1], "application/json", body, header)
}

func (s *teller) send(ts *testscript.TestScript, method, path, media string, body []byte, header http.Header) {
	address := path
	if strings.HasPrefix(path, "/") {
		address = s.target.address + path
	}
	r, err := http.NewRequest(method, address, bytes.NewReader(body))
	ts.Check(err)
	if len(body) > 0 {
		r.Header.Set("Content-Type", media)
	}
	for name, values := range header {
		r.Header[name] = values
	}
	if token := s.tokens[s.actor]; token != "" {
		r.Header.Set("Authorization", "Bearer "+token)
	}
	response, err := s.client.Do(r)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	s.last = reply{status: response.StatusCode, header: response.Header}
	s.last.body, err = io.ReadAll(response.Body)
	ts.Check(err)
	ts.Logf("%s %s %s: %.300s", s.actor, method, path, s.last)
}

// field is a field of the last answer as text; "" where it is absent.
func (s *teller) field(ts *testscript.TestScript, path string) string {
	var v any
	d := json.NewDecoder(bytes.NewReader(s.last.body))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		ts.Fatalf("%v\n%d %s", err, s.last.status, s.last.body)
	}
	for _, name := range strings.Split(strings.TrimPrefix(path, "."), ".") {
		switch at := v.(type) {
		case map[string]any:
			v = at[name]
		case []any:
			i, err := strconv.Atoi(name)
			if name == "length" {
				return strconv.Itoa(len(at))
			}
			if err != nil || i >= len(at) {
				return ""
			}
			v = at[i]
		default:
			return ""
		}
	}
	switch at := v.(type) {
	case nil:
		return ""
	case string:
		return at
	default:
		return fmt.Sprint(at)
	}
}

func (s *teller) soon(ts *testscript.TestScript, neg bool, args []string) {
	s.read(ts, args[0], args[1], func(r reply) bool {
		return r.status == http.StatusOK && strings.Contains(string(r.body), args[2]) != neg
	})
}

// read reads a path until its answer is as wanted, for at most a time.
func (s *teller) read(ts *testscript.TestScript, limit, path string, wanted func(reply) bool) {
	d, err := time.ParseDuration(limit)
	ts.Check(err)
	for deadline := time.Now().Add(d); ; time.Sleep(100 * time.Millisecond) {
		s.send(ts, http.MethodGet, path, "", nil, nil)
		if wanted(s.last) {
			return
		}
		if time.Now().After(deadline) {
			ts.Fatalf("after %s, %s: %s", limit, path, s.last)
		}
	}
}

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// mailCode reads the newest code that was mailed to an address: from the local host's
// mailbox, or from the server that MADANG_SMTP had this process run.
func (s *teller) mailCode(ts *testscript.TestScript, address string) string {
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); time.Sleep(100 * time.Millisecond) {
		mail := postOffice.text()
		if postOffice == nil {
			s.send(ts, http.MethodGet, "/_dev/mail", "", nil, http.Header{"Accept": {"*/*"}})
			mail = string(s.last.body)
		}
		for _, message := range strings.Split(mail, "\nTo: ")[1:] {
			to, text, _ := strings.Cut(message, "\n")
			if code := sixDigits.FindString(text); strings.Trim(strings.TrimSpace(to), "<>") == address && code != "" {
				return code
			}
		}
	}
	ts.Fatalf("no mail to %s", address)
	return ""
}

// photo writes a JPEG with noise, so that it is as large as wanted.
func (s *teller) photo(ts *testscript.TestScript, args []string) {
	size, err := strconv.Atoi(args[1])
	ts.Check(err)
	random := rand.New(rand.NewPCG(1, uint64(size)))
	for side := 400; ; side += 400 {
		img := image.NewRGBA(image.Rect(0, 0, side, side*3/4))
		for i := range img.Pix {
			img.Pix[i] = uint8(random.UintN(256))
		}
		img.Set(0, 0, color.White)
		var b bytes.Buffer
		ts.Check(jpeg.Encode(&b, img, &jpeg.Options{Quality: 95}))
		if b.Len() >= size {
			ts.Setenv("PHOTO_SIZE", strconv.Itoa(b.Len()))
			ts.Check(os.WriteFile(ts.MkAbs(args[0]), b.Bytes(), 0o600))
			return
		}
	}
}

// upload sends a file as a browser does; interrupted, its connection is cut in the middle
// of a part and the upload goes on with what storage says is missing.
func (s *teller) upload(ts *testscript.TestScript, args []string) {
	content := []byte(ts.ReadFile(args[2]))
	interrupted := len(args) > 3 && args[3] == "interrupted"
	sum := sha256.Sum256(content)
	body, err := json.Marshal(map[string]any{"purpose": args[1], "name": args[2], "size": len(content), "type": "", "sha256": hex.EncodeToString(sum[:])})
	ts.Check(err)
	s.send(ts, http.MethodPost, "/v1/uploads", "application/json", body, nil)
	if s.last.status != http.StatusCreated {
		ts.Fatalf("start: %d %s", s.last.status, s.last.body)
	}
	var started struct {
		ID       string `json:"id"`
		PartSize int64  `json:"partSize"`
		Parts    []part `json:"parts"`
	}
	ts.Check(json.Unmarshal(s.last.body, &started))
	parts := started.Parts
	if interrupted {
		s.cut(ts, parts[0], content)
		if len(parts) > 1 {
			s.put(ts, parts[1], content, started.PartSize)
		}
		var resumed struct {
			Missing []part `json:"missing"`
		}
		s.send(ts, http.MethodGet, "/v1/uploads/"+started.ID+"/parts", "", nil, nil)
		ts.Check(json.Unmarshal(s.last.body, &resumed))
		if len(resumed.Missing) != max(1, len(parts)-1) || resumed.Missing[0].Number != 1 {
			ts.Fatalf("missing: %s", s.last.body)
		}
		parts = resumed.Missing
	}
	for _, p := range parts {
		s.put(ts, p, content, started.PartSize)
	}
	s.send(ts, http.MethodPost, "/v1/uploads/"+started.ID+"/complete", "application/json", []byte(`{}`), nil)
	ts.Setenv(args[0], started.ID)
}

type part struct {
	Number  int               `json:"number"`
	Size    int64             `json:"size"`
	URL     string            `json:"url"`
	Headers map[string]string `json:"headers"`
}

func (s *teller) put(ts *testscript.TestScript, p part, content []byte, partSize int64) {
	from := int64(p.Number-1) * partSize
	r, err := http.NewRequest(http.MethodPut, p.URL, bytes.NewReader(content[from:from+p.Size]))
	ts.Check(err)
	for name, value := range p.Headers {
		if !strings.EqualFold(name, "Content-Length") {
			r.Header.Set(name, value)
		}
	}
	response, err := s.client.Do(r)
	ts.Check(err)
	defer func() { _ = response.Body.Close() }()
	if answer, _ := io.ReadAll(response.Body); response.StatusCode != http.StatusOK {
		ts.Fatalf("part %d: %s %s", p.Number, response.Status, answer)
	}
}

// cut sends half of a part and breaks the connection.
func (s *teller) cut(ts *testscript.TestScript, p part, content []byte) {
	half := io.MultiReader(bytes.NewReader(content[:p.Size/2]), broken{})
	r, err := http.NewRequest(http.MethodPut, p.URL, half)
	ts.Check(err)
	r.ContentLength = p.Size
	if response, err := s.client.Do(r); err == nil {
		_ = response.Body.Close()
		if response.StatusCode == http.StatusOK {
			ts.Fatalf("storage took half a part")
		}
	}
}

type broken struct{}

func (broken) Read([]byte) (int, error) { return 0, &url.Error{Op: "read", Err: io.ErrUnexpectedEOF} }
