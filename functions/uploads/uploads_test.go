package uploads_test

import (
	"archive/zip"
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"image"
	"image/color"
	"image/jpeg"
	"io"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/operation/audit"
)

type part struct {
	Number  int
	Size    int64
	URL     string
	Headers map[string]string
}

type answer struct {
	ID, Owner, Purpose, State, Refusal, Name, Type, SHA256, URL string
	Size                                                        int64
	Width, Height, PartCount                                    int
	PartSize                                                    int64
	Parts, Missing                                              []part
	Stored                                                      []struct{ Number int }
	NextFrom                                                    int
	InUse                                                       bool
	ExpiresAt, CompletedAt, ProcessedAt                         *time.Time
}

// photo is a JPEG of some size.
func photo(t testing.TB, w, h int) []byte {
	t.Helper()
	m := image.NewRGBA(image.Rect(0, 0, w, h))
	for y := range h {
		for x := range w {
			m.Set(x, y, color.RGBA{uint8(x), uint8(y), uint8(x ^ y), 255})
		}
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, m, nil); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

// archive is a ZIP of about size bytes, which does not compress.
func archive(t testing.TB, size int) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	w, err := z.CreateHeader(&zip.FileHeader{Name: "자료.bin", Method: zip.Store})
	if err != nil {
		t.Fatal(err)
	}
	content := make([]byte, size)
	x := uint32(size) + 1
	for i := range content {
		x = x*1664525 + 1013904223
		content[i] = byte(x >> 24)
	}
	if _, err := w.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func sum(b []byte) string {
	s := sha256.Sum256(b)
	return hex.EncodeToString(s[:])
}

func draft(purpose, name, media string, content []byte) map[string]any {
	return map[string]any{"purpose": purpose, "name": name, "type": media, "size": len(content), "sha256": sum(content)}
}

func put(t testing.TB, p part, content []byte) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPut, p.URL, bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	for name, value := range p.Headers {
		r.Header.Set(name, value)
	}
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	_, _ = io.Copy(io.Discard, response.Body)
	return response.StatusCode
}

// send puts the parts of content to their addresses.
func send(t testing.TB, parts []part, content []byte) {
	t.Helper()
	for _, p := range parts {
		from := int64(p.Number-1) * objects.PartSize
		if got := put(t, p, content[from:from+p.Size]); got != 200 {
			t.Fatalf("part %d: %d", p.Number, got)
		}
	}
}

type world struct {
	*functiontest.App
	t  testing.TB
	me string
}

func newWorld(t testing.TB, options ...functiontest.Option) world {
	app := functiontest.New(t, uploads.Function, options...)
	return world{app, t, app.Member(functiontest.Member{Verified: true}).Token}
}

func (w world) call(method, path, as string, body any) functiontest.Response {
	w.t.Helper()
	return w.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body})
}

func (w world) start(as string, body any) answer {
	w.t.Helper()
	return functiontest.JSON[answer](w.call("POST", "/v1/uploads", as, body).Want(201))
}

// uploaded is an upload that went all the way.
func (w world) uploaded(as, purpose, name string, content []byte) answer {
	w.t.Helper()
	a := w.start(as, draft(purpose, name, "", content))
	send(w.t, a.Parts, content)
	return functiontest.JSON[answer](w.call("POST", "/v1/uploads/"+a.ID+"/complete", as, `{}`).Want(200))
}

// keys are what is stored, as the last segments of the keys.
func (w world) keys() []string {
	w.t.Helper()
	list := []string{}
	for o, err := range w.Objects().List(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, o.Key[strings.LastIndexByte(o.Key, '/')+1:])
	}
	for m, err := range w.Objects().ListMultiparts(w.t.Context(), "") {
		if err != nil {
			w.t.Fatal(err)
		}
		list = append(list, "multipart:"+m.Key[strings.LastIndexByte(m.Key, '/')+1:])
	}
	return list
}

func TestParts(t *testing.T) {
	for name, option := range map[string]functiontest.Option{"embedded": func(*functiontest.App) {}, "swift": functiontest.OnSwift} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, option)
			editor := w.Editor()
			content := archive(t, int(objects.PartSize)+1000)
			a := w.start(editor, draft("archive", `C:\Users\김마당\2026 결산.zip`, "application/x-zip-compressed", content))
			if a.State != "uploading" || a.Name != "2026 결산.zip" || a.Type != "application/zip" || a.PartCount != 2 || len(a.Parts) != 2 || a.URL != "" {
				t.Fatalf("started: %+v", a)
			}
			path := "/v1/uploads/" + a.ID
			w.call("POST", path+"/complete", editor, `{}`).Problem(409, "parts-missing")
			send(t, a.Parts[1:], content)
			if got := put(t, a.Parts[0], content[:100]); got < 400 {
				t.Errorf("a short part is taken: %d", got)
			}
			resumed := functiontest.JSON[answer](w.call("GET", path+"/parts", editor, nil).Want(200))
			if len(resumed.Stored) != 1 || resumed.Stored[0].Number != 2 || len(resumed.Missing) != 1 || resumed.Missing[0].Number != 1 || resumed.NextFrom != 0 {
				t.Fatalf("resumed: %+v", resumed)
			}
			w.call("POST", path+"/complete", editor, `{}`).Problem(409, "parts-missing")
			w.call("GET", path+"/file", editor, nil).Problem(409, "upload-incomplete")
			send(t, resumed.Missing, content)
			first := w.call("POST", path+"/complete", editor, `{}`).Want(200)
			again := w.call("POST", path+"/complete", editor, `{}`).Want(200)
			if !bytes.Equal(first.Body, again.Body) {
				t.Errorf("not the same answer:\n%s%s", first.Body, again.Body)
			}
			done := functiontest.JSON[answer](first)
			if done.State != "complete" || !upload.IsPublic(done.URL) || !strings.HasSuffix(done.URL, "/original.zip") || done.ProcessedAt == nil {
				t.Errorf("completed: %+v", done)
			}
			if got := w.Events.Types(); !slices.Equal(got, []string{upload.CompletedType}) {
				t.Errorf("events: %v", got)
			}
			if got := w.keys(); !slices.Equal(got, []string{"original.zip"}) {
				t.Errorf("stored: %v", got)
			}
			if got := put(t, a.Parts[0], bytes.Repeat([]byte("x"), int(a.Parts[0].Size))); got != 404 {
				t.Errorf("a part after the completion: %d", got)
			}
			key := strings.TrimPrefix(done.URL, "/files/")
			info, err := w.Objects().Stat(t.Context(), key)
			if err != nil || info.Size != int64(len(content)) || info.ContentType != "application/zip" || !strings.Contains(info.Disposition, "filename*=UTF-8''2026%20%EA%B2%B0%EC%82%B0.zip") {
				t.Errorf("object: %+v %v", info, err)
			}
			if to := w.call("GET", path+"/file", editor, nil).Want(302).Header.Get("Location"); to != done.URL {
				t.Errorf("file leads to %s", to)
			}
			w.call("DELETE", path, editor, nil).Want(204)
			w.call("DELETE", path, editor, nil).Problem(404, "not-found")
			if got := w.keys(); len(got) != 0 {
				t.Errorf("stored after the deletion: %v", got)
			}
		})
	}
}

func TestStartRefuses(t *testing.T) {
	w := newWorld(t)
	editor := w.Editor()
	good := func(change func(map[string]any)) map[string]any {
		d := draft("profile", "나.jpg", "image/jpeg", []byte("0123456789"))
		change(d)
		return d
	}
	set := func(name string, value any) map[string]any {
		return good(func(d map[string]any) { d[name] = value })
	}
	w.call("POST", "/v1/uploads", "", good(func(map[string]any) {})).Problem(401, "sign-in-required")
	for _, c := range []struct {
		body any
		as   string
		want string
	}{
		{set("purpose", "post"), w.me, "403 not-allowed"},
		{set("purpose", "archive"), w.me, "403 not-allowed"},
		{set("size", 5<<20+1), editor, "413 upload-too-large"},
		{set("size", 0), editor, "422 size:out-of-range"},
		{set("size", -1), editor, "422 size:out-of-range"},
		{set("size", "10"), editor, "422 size:wrong-type"},
		{set("sha256", "ff"), editor, "422 sha256:not-a-sha256"},
		{set("sha256", ""), editor, "422 sha256:not-a-sha256"},
		{set("sha256", strings.Repeat("zz", 32)), editor, "422 sha256:not-a-sha256"},
		{set("name", ""), editor, "422 name:required"},
		{set("name", "../"), editor, "422 name:required"},
		{set("name", "나"), editor, "422 name:type-not-allowed"},
		{set("name", "나.svg"), editor, "422 name:type-not-allowed"},
		{set("name", "나.html"), editor, "422 name:type-not-allowed"},
		{set("name", "나.jpg.exe"), editor, "422 name:type-not-allowed"},
		{good(func(d map[string]any) { d["name"], d["type"] = "나.pdf", "" }), editor, "422 name:type-not-allowed"}, // a profile is an image
		{set("type", "text/html"), editor, "422 type:type-mismatch"},
		{set("type", "image/png"), editor, "422 type:type-mismatch"},
		{set("purpose", "other"), editor, "422 purpose:not-one-of"},
		{set("key", "x"), editor, "422 key:unknown-field"},
		{`{}`, editor, "422 purpose:not-one-of,sha256:not-a-sha256,size:out-of-range,name:required"},
		{`{`, editor, "400 malformed-json"},
	} {
		r := w.call("POST", "/v1/uploads", c.as, c.body)
		got := fmt.Sprintf("%d %s", r.Status, r.Code())
		if fields := r.Fields(); len(fields) > 0 {
			got = fmt.Sprintf("%d %s", r.Status, strings.Join(fields, ","))
		}
		if got != c.want {
			t.Errorf("%v: %s, want %s", c.body, got, c.want)
		}
	}
	if got := w.keys(); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
}

func TestCompletionRefuses(t *testing.T) {
	w := newWorld(t)
	editor := w.Editor()
	jpg, zipped := photo(t, 40, 30), archive(t, 100)
	for name, c := range map[string]struct {
		name           string
		declared, sent []byte
		code           string
	}{
		"other bytes":      {"a.jpg", jpg, append([]byte{0xff, 0xd8, 0xff, 0}, jpg[4:]...), "checksum-mismatch"},
		"another type":     {"a.pdf", jpg, jpg, "type-mismatch"},
		"a page":           {"a.jpg", []byte("<html><script>alert(1)</script>"), []byte("<html><script>alert(1)</script>"), "type-not-allowed"},
		"a drawing":        {"a.png", []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), []byte("<svg xmlns='http://www.w3.org/2000/svg'/>"), "type-not-allowed"},
		"cut off":          {"a.zip", zipped[:len(zipped)-10], zipped[:len(zipped)-10], ""},
		"picture then ZIP": {"a.jpg", append(slices.Clone(jpg), zipped...), append(slices.Clone(jpg), zipped...), "polyglot"},
		"flood":            {"a.gif", []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00;"), []byte("GIF89a\xff\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02\x44\x01\x00;"), ""},
	} {
		a := w.start(editor, draft("post", c.name, "", c.declared))
		send(t, a.Parts, c.sent)
		r := w.call("POST", "/v1/uploads/"+a.ID+"/complete", editor, `{}`)
		if r.Status != 422 || c.code != "" && r.Code() != c.code {
			t.Errorf("%s: %d %s", name, r.Status, r.Body)
		}
		again := w.call("POST", "/v1/uploads/"+a.ID+"/complete", editor, `{}`)
		if again.Status != r.Status || again.Code() != r.Code() {
			t.Errorf("%s again: %d %s", name, again.Status, again.Body)
		}
		if got := functiontest.JSON[answer](w.call("GET", "/v1/uploads/"+a.ID, editor, nil).Want(200)); got.State != "refused" || got.Refusal != r.Code() {
			t.Errorf("%s: %+v", name, got)
		}
	}
	if got := w.keys(); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
	if got := w.Events.Types(); len(got) != 0 {
		t.Errorf("events: %v", got)
	}
}

func TestAccess(t *testing.T) {
	w := newWorld(t)
	editor, moderator, admin, other := w.Editor(), w.Holder(auth.Moderator, ""), w.Admin(), w.Member(functiontest.Member{}).Token
	local := w.Holder(auth.Admin, "총학")
	proof := w.uploaded(w.me, "proof", "재학증명서.jpg", photo(t, 30, 20))
	public := w.uploaded(w.me, "profile", "나.jpg", photo(t, 30, 20))
	for _, c := range []struct {
		as, path string
		want     int
	}{
		{"", proof.ID, 401}, {w.me, proof.ID, 200}, {other, proof.ID, 404}, {editor, proof.ID, 404}, {moderator, proof.ID, 404}, {local, proof.ID, 404}, {admin, proof.ID, 200},
		{w.me, proof.ID + "/file", 302}, {editor, proof.ID + "/file", 404}, {moderator, proof.ID + "/file", 404}, {local, proof.ID + "/file", 404}, {admin, proof.ID + "/file", 302},
		{w.me, public.ID, 200}, {other, public.ID, 404}, {editor, public.ID, 200}, {editor, public.ID + "/file", 302},
		{editor, public.ID + "/parts", 404}, {w.me, public.ID + "/parts", 200},
		{w.me, "x", 404}, {w.me, "x/parts", 404}, {w.me, "x/file", 404}, {w.me, strings.ToUpper(public.ID), 404},
	} {
		w.call("GET", "/v1/uploads/"+c.path, c.as, nil).Want(c.want)
	}
	w.call("POST", "/v1/uploads/"+public.ID+"/complete", admin, `{}`).Problem(404, "not-found")
	if got := w.Audited(); !slices.Contains(got, "GET /v1/uploads/{id}/file") {
		t.Errorf("audit: %v", got)
	}
	link := w.call("GET", "/v1/uploads/"+proof.ID+"/file", admin, nil).Want(302).Header.Get("Location")
	if !strings.Contains(link, "X-Amz-Expires=300") || !strings.Contains(link, "response-content-disposition=attachment") {
		t.Errorf("link: %s", link)
	}
	if upload.IsPublic("/files/" + strings.SplitN(strings.SplitN(link, "/test/", 2)[1], "?", 2)[0]) {
		t.Error("the edge serves a proof")
	}
	request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, link, http.NoBody)
	if err != nil {
		t.Fatal(err)
	}
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = response.Body.Close() }()
	if response.StatusCode != http.StatusOK || response.Header.Get("Content-Type") != "image/jpeg" {
		t.Errorf("the link: %v", response)
	}
	w.call("DELETE", "/v1/uploads/"+public.ID, other, nil).Problem(404, "not-found")
	w.call("DELETE", "/v1/uploads/"+public.ID, editor, nil).Problem(403, "not-allowed")
	w.call("DELETE", "/v1/uploads/"+public.ID, local, nil).Problem(403, "not-allowed")
	for _, as := range []string{other, moderator, local, editor} {
		w.call("DELETE", "/v1/uploads/"+proof.ID, as, nil).Problem(404, "not-found")
	}
	w.call("DELETE", "/v1/uploads/"+proof.ID, admin, nil).Want(204)
	store := upload.Store{DB: w.DB}
	mine := auth.With(w.Context(), auth.Principal{MemberID: public.Owner})
	if err := store.Use(mine, "member", public.Owner, []string{public.ID}, "picture"); err != nil {
		t.Fatal(err)
	}
	w.call("DELETE", "/v1/uploads/"+public.ID, w.me, nil).Problem(409, "upload-in-use")
	if err := store.Use(mine, "member", public.Owner, nil, "picture"); err != nil {
		t.Fatal(err)
	}
	w.call("DELETE", "/v1/uploads/"+public.ID, admin, nil).Want(204)
	w.call("GET", "/v1/uploads/"+public.ID, w.me, nil).Problem(404, "not-found")
	about, err := audit.Store{DB: w.DB}.AboutMember(w.Context(), public.Owner)
	if err != nil {
		t.Fatal(err)
	}
	read := map[string]int{}
	for _, v := range about {
		read[v.Action]++
	}
	if read["GET /v1/uploads/{id}"] != 2 || read["GET /v1/uploads/{id}/file"] != 3 || read["DELETE /v1/uploads/{id}"] != 2 || len(read) != 3 { // by others
		t.Errorf("what was done with the owner's files: %v", read)
	}
}

func TestList(t *testing.T) {
	w := newWorld(t)
	editor, moderator, admin := w.Editor(), w.Holder(auth.Moderator, ""), w.Admin()
	jpg := photo(t, 4, 4)
	for range 3 {
		w.start(w.me, draft("profile", "나.jpg", "", jpg))
	}
	w.start(w.me, draft("proof", "증명.jpg", "", jpg))
	w.start(editor, draft("post", "글.jpg", "", jpg))
	count := func(as, query string) int {
		t.Helper()
		total := 0
		for next := ""; ; {
			r := functiontest.JSON[struct {
				Items      []answer
				NextCursor string
			}](w.call("GET", "/v1/uploads?size=2"+query+"&cursor="+next, as, nil).Want(200))
			if total += len(r.Items); r.NextCursor == "" {
				return total
			}
			next = r.NextCursor
		}
	}
	for _, c := range []struct {
		as, query string
		want      int
	}{{w.me, "", 4}, {editor, "", 1}, {editor, "&all=true", 4}, {moderator, "&all=true", 4}, {w.Holder(auth.Admin, "총학"), "&all=true", 4}, {admin, "&all=true", 5},
		{w.me, "&q=%EB%82%98", 3}, {w.me, "&q=JPG&kind=image", 4}, {w.me, "&kind=document", 0}, {w.me, "&q=%25", 0}, {w.me, "&unused=true", 4}} {
		if got := count(c.as, c.query); got != c.want {
			t.Errorf("%q: %d, want %d", c.query, got, c.want)
		}
	}
	w.call("GET", "/v1/uploads?all=true", w.me, nil).Problem(403, "not-allowed")
	w.call("GET", "/v1/uploads?size=0", w.me, nil).Problem(422, "invalid-input")
	w.call("GET", "/v1/uploads?size=101", w.me, nil).Problem(422, "invalid-input")
	w.call("GET", "/v1/uploads?cursor=x", w.me, nil).Problem(422, "invalid-input")
	next := functiontest.JSON[struct{ NextCursor string }](w.call("GET", "/v1/uploads?size=1", w.me, nil)).NextCursor
	w.call("GET", "/v1/uploads?cursor="+next, editor, nil).Problem(422, "invalid-input")
	w.call("GET", "/v1/uploads?kind=image&cursor="+next, w.me, nil).Problem(422, "invalid-input")
	w.call("GET", "/v1/uploads?kind=film", w.me, nil).Problem(422, "invalid-input")
}

func TestDescribe(t *testing.T) {
	w := newWorld(t)
	editor, moderator, other := w.Editor(), w.Holder(auth.Moderator, ""), w.Member(functiontest.Member{}).Token
	picture := w.uploaded(editor, "post", "봄.jpg", photo(t, 4, 4))
	file := w.uploaded(editor, "post", "자료.zip", archive(t, 100))
	own := w.uploaded(w.me, "profile", "나.jpg", photo(t, 4, 4))
	describe := func(as, id, alt string) functiontest.Response {
		t.Helper()
		return w.call("PATCH", "/v1/uploads/"+id, as, map[string]string{"alt": alt})
	}
	for _, c := range []struct{ as, id string }{{editor, picture.ID}, {w.me, own.ID}, {editor, own.ID}} {
		got := functiontest.JSON[struct{ Alt string }](describe(c.as, c.id, " 벚꽃이 핀 본관 앞 ").Want(200)).Alt
		if got != "벚꽃이 핀 본관 앞" {
			t.Errorf("%q", got)
		}
	}
	if got := functiontest.JSON[struct{ Alt string }](w.call("GET", "/v1/uploads/"+picture.ID, moderator, nil).Want(200)).Alt; got != "벚꽃이 핀 본관 앞" {
		t.Errorf("read: %q", got)
	}
	describe(editor, picture.ID, "").Want(200)
	describe(editor, picture.ID, strings.Repeat("가", 201)).Problem(422, "invalid-input")
	describe(editor, file.ID, "글").Problem(422, "invalid-input")
	describe(moderator, picture.ID, "글").Problem(403, "not-allowed")
	describe(other, picture.ID, "글").Problem(404, "not-found")
	proof := w.uploaded(w.me, "proof", "증명.jpg", photo(t, 4, 4))
	describe(editor, proof.ID, "글").Problem(404, "not-found")
	describe(editor, "x", "글").Problem(404, "not-found")
	describe("", picture.ID, "글").Problem(401, "sign-in-required")
}

func TestIdempotencyKey(t *testing.T) {
	w := newWorld(t)
	jpg := photo(t, 4, 4)
	post := func(key string, body any) functiontest.Response {
		return w.Do(functiontest.Request{Method: "POST", Path: "/v1/uploads", As: w.me, Body: body, Header: map[string]string{"Idempotency-Key": key}})
	}
	body := draft("profile", "나.jpg", "", jpg)
	var wg sync.WaitGroup
	ids := make([]string, 8)
	for i := range ids {
		wg.Go(func() { ids[i] = functiontest.JSON[answer](post("k", body).Want(201)).ID })
	}
	wg.Wait()
	slices.Sort(ids)
	if len(slices.Compact(ids)) != 1 {
		t.Errorf("one key began several uploads: %v", ids)
	}
	if got := w.keys(); !slices.Equal(got, []string{"multipart:incoming"}) {
		t.Errorf("stored: %v", got)
	}
	other := draft("profile", "너.jpg", "", jpg)
	post("k", other).Problem(422, "idempotency-key-reused")
	w.Wait(24 * time.Hour)
	if got := functiontest.JSON[answer](post("k", other).Want(201)); got.ID == ids[0] {
		t.Error("the key lives longer than 24 h")
	}
}

func TestExpiry(t *testing.T) {
	w := newWorld(t)
	jpg := photo(t, 4, 4)
	a := w.start(w.me, draft("profile", "나.jpg", "", jpg))
	send(t, a.Parts, jpg)
	w.Wait(24*time.Hour - time.Millisecond)
	w.call("GET", "/v1/uploads/"+a.ID+"/parts", w.me, nil).Want(200)
	w.Wait(time.Millisecond)
	w.call("GET", "/v1/uploads/"+a.ID+"/parts", w.me, nil).Problem(410, "upload-expired")
	w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`).Problem(410, "upload-expired")
	if got := functiontest.JSON[answer](w.call("GET", "/v1/uploads/"+a.ID, w.me, nil)); got.State != "expired" {
		t.Errorf("%+v", got)
	}
}

func TestPartsAreGivenIn16s(t *testing.T) {
	w := newWorld(t)
	body := draft("archive", "큰.zip", "", nil)
	body["size"] = 100 << 20
	if a := w.start(w.Editor(), body); len(a.Parts) != 13 || a.Parts[12].Size != 100<<20-12*objects.PartSize {
		t.Errorf("%d parts", len(a.Parts))
	}
	w.Deps.Settings.Uploads.LimitMiB = 200
	body["size"] = 200 << 20
	editor := w.Editor()
	a := w.start(editor, body)
	if len(a.Parts) != 16 || a.PartCount != 25 {
		t.Errorf("%d of %d parts", len(a.Parts), a.PartCount)
	}
	got := functiontest.JSON[answer](w.call("GET", "/v1/uploads/"+a.ID+"/parts", editor, nil).Want(200))
	if len(got.Missing) != 16 || got.NextFrom != 17 {
		t.Errorf("first page: %d, next from %d", len(got.Missing), got.NextFrom)
	}
	got = functiontest.JSON[answer](w.call("GET", "/v1/uploads/"+a.ID+"/parts?from=17", editor, nil).Want(200))
	if len(got.Missing) != 9 || got.NextFrom != 0 || got.Missing[0].Number != 17 {
		t.Errorf("second page: %+v", got)
	}
	w.call("GET", "/v1/uploads/"+a.ID+"/parts?from=x", editor, nil).Problem(422, "invalid-input")
	w.call("GET", "/v1/uploads/"+a.ID+"/parts?from=-1", editor, nil).Problem(422, "invalid-input")
}

// Whatever many completions at once do, there is one upload and one event.
func TestCompleteAtOnce(t *testing.T) {
	for name, options := range map[string][]functiontest.Option{"sqlite": nil, "postgres": {functiontest.OnPostgres}} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, options...)
			jpg := photo(t, 100, 50)
			for range 3 {
				a := w.start(w.me, draft("profile", "나.jpg", "", jpg))
				send(t, a.Parts, jpg)
				bodies := make([]string, 10)
				var wg sync.WaitGroup
				for i := range bodies {
					wg.Go(func() {
						r := w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`)
						if r.Status == 503 {
							r = w.call("POST", "/v1/uploads/"+a.ID+"/complete", w.me, `{}`)
						}
						bodies[i] = string(r.Want(200).Body)
					})
				}
				wg.Wait()
				if slices.Sort(bodies); len(slices.Compact(bodies)) != 1 {
					t.Errorf("different answers: %v", bodies)
				}
				if got := w.Events.Types(); len(got) != 1 {
					t.Errorf("events: %v", got)
				}
			}
		})
	}
}

func TestStorageAway(t *testing.T) {
	w := newWorld(t)
	jpg := photo(t, 4, 4)
	a := w.start(w.me, draft("profile", "나.jpg", "", jpg))
	send(t, a.Parts, jpg)
	there := w.Deps.Storage
	w.Deps.Storage.Endpoint = "http://127.0.0.1:1"
	path := "/v1/uploads/" + a.ID
	for _, r := range []functiontest.Response{
		w.call("POST", "/v1/uploads", w.me, draft("profile", "나.jpg", "", jpg)),
		w.call("GET", path+"/parts", w.me, nil),
		w.call("POST", path+"/complete", w.me, `{}`),
		w.form(w.me, "profile", "나.jpg", "", jpg),
	} {
		if r.Status != 503 || r.Header.Get("Retry-After") == "" {
			t.Errorf("%d %v %s", r.Status, r.Header, r.Body)
		}
	}
	w.Deps.Storage = there
	w.call("POST", path+"/complete", w.me, `{}`).Want(200)
}

// form sends a file as a form.
func (w world) form(as, purpose, name, checksum string, content []byte) functiontest.Response {
	w.t.Helper()
	body, media := formOf(w.t, [][2]string{{"purpose", purpose}, {"sha256", checksum}}, name, content)
	return w.Do(functiontest.Request{Method: "POST", Path: "/v1/uploads/form", As: as, Body: body, Header: map[string]string{"Content-Type": media}})
}

func formOf(t testing.TB, fields [][2]string, name string, content []byte) ([]byte, string) {
	t.Helper()
	var b bytes.Buffer
	m := multipart.NewWriter(&b)
	for _, f := range fields {
		if f[1] != "" {
			if err := m.WriteField(f[0], f[1]); err != nil {
				t.Fatal(err)
			}
		}
	}
	if content != nil {
		p, err := m.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + name + `"`}})
		if err != nil {
			t.Fatal(err)
		}
		_, _ = p.Write(content)
	}
	if err := m.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes(), m.FormDataContentType()
}

func TestForm(t *testing.T) {
	for name, option := range map[string]functiontest.Option{"embedded": func(*functiontest.App) {}, "swift": functiontest.OnSwift} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t, option)
			jpg := photo(t, 60, 40)
			got := functiontest.JSON[answer](w.form(w.me, "profile", "나.jpg", sum(jpg), jpg).Want(201))
			if got.State != "complete" || got.Size != int64(len(jpg)) || got.SHA256 != sum(jpg) || got.Width != 60 || got.Height != 40 || got.Name != "나.jpg" || !strings.HasSuffix(got.URL, "/1600.jpg") {
				t.Errorf("%+v", got)
			}
			big := archive(t, int(objects.PartSize)+5)
			if got := functiontest.JSON[answer](w.form(w.Editor(), "archive", "큰.zip", "", big).Want(201)); got.SHA256 != sum(big) {
				t.Errorf("%+v", got)
			}
			w.form(w.me, "profile", "나.jpg", sum([]byte("x")), jpg).Problem(422, "checksum-mismatch")
			w.form(w.me, "profile", "나.jpg", "", make([]byte, 5<<20+1)).Problem(413, "upload-too-large")
			w.form(w.me, "profile", "나.jpg", "", []byte{}).Problem(422, "truncated")
			w.form(w.me, "profile", "나.jpg", "", nil).Problem(422, "invalid-input")
			w.form(w.me, "profile", "나.svg", "", jpg).Problem(422, "invalid-input")
			w.form(w.me, "profile", "나.png", "", jpg).Problem(422, "type-mismatch")
			w.form(w.me, "archive", "나.jpg", "", jpg).Problem(403, "not-allowed")
			w.form("", "profile", "나.jpg", "", jpg).Problem(401, "sign-in-required")
			if got := w.keys(); !slices.Equal(got, []string{"original.zip", "original.jpg"}) && !slices.Equal(got, []string{"original.jpg", "original.zip"}) {
				t.Errorf("stored: %v", got)
			}
		})
	}
}

func TestMalformedForms(t *testing.T) {
	w := newWorld(t)
	jpg := photo(t, 60, 40)
	whole, media := formOf(t, [][2]string{{"purpose", "profile"}}, "나.jpg", jpg)
	late, lateMedia := formOf(t, nil, "나.jpg", jpg)
	extra, extraMedia := formOf(t, [][2]string{{"purpose", "profile"}, {"x", "y"}}, "나.jpg", jpg)
	long, longMedia := formOf(t, [][2]string{{"purpose", strings.Repeat("x", 300)}}, "나.jpg", jpg)
	twice, twiceMedia := formOf(t, [][2]string{{"purpose", "profile"}, {"purpose", "proof"}}, "나.jpg", jpg)
	boundary := strings.TrimPrefix(media, "multipart/form-data; boundary=")
	after := append(bytes.TrimSuffix(slices.Clone(whole), []byte("--\r\n")), []byte("\r\nContent-Disposition: form-data; name=\"late\"\r\n\r\nx\r\n--"+boundary+"--\r\n")...)
	for name, c := range map[string]struct {
		body  []byte
		media string
		want  string
	}{
		"JSON":              {[]byte(`{}`), "application/json", "415 unsupported-media-type"},
		"no boundary":       {whole, "multipart/form-data", "415 unsupported-media-type"},
		"nothing":           {nil, media, "4"},
		"cut in a header":   {whole[:30], media, "400 malformed-form"},
		"cut in the file":   {whole[:len(whole)/2], media, "400 body-incomplete"},
		"cut before end":    {whole[:len(whole)-6], media, "400 "},
		"file first":        {late, lateMedia, "422 invalid-input"},
		"unknown field":     {extra, extraMedia, "422 invalid-input"},
		"long field":        {long, longMedia, "422 invalid-input"},
		"field twice":       {twice, twiceMedia, "422 invalid-input"},
		"field behind":      {after, media, "400 malformed-form"},
		"wrong boundary":    {whole, "multipart/form-data; boundary=x", "4"},
		"boundary too long": {whole, "multipart/form-data; boundary=" + strings.Repeat("x", 5000), "4"},
	} {
		r := w.Do(functiontest.Request{Method: "POST", Path: "/v1/uploads/form", As: w.me, Body: c.body, Header: map[string]string{"Content-Type": c.media}})
		if got := fmt.Sprintf("%d %s", r.Status, r.Code()); !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: %s, want %s: %s", name, got, c.want, r.Body)
		}
	}
	if got := w.keys(); len(got) != 0 {
		t.Errorf("stored: %v", got)
	}
	if got := functiontest.JSON[struct{ Items []answer }](w.call("GET", "/v1/uploads", w.me, nil)); len(got.Items) != 0 {
		t.Errorf("listed: %+v", got.Items)
	}
}

// Who is not verified uploads what verification needs, within a quota of their own and of all of them, which the day gives
// back; who is verified, or of the council, is not counted.
func TestProofsOfTheUnverified(t *testing.T) {
	w := newWorld(t)
	jpg := photo(t, 4, 4)
	start := func(as, purpose string, size int64) functiontest.Response {
		d := draft(purpose, "증명.jpg", "", jpg)
		d["size"] = size
		return w.call("POST", "/v1/uploads", as, d)
	}
	stranger := w.Member(functiontest.Member{Unconfirmed: true, Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}}).Token
	for _, purpose := range upload.Purposes() { // whatever they are beside
		start(stranger, purpose.Name, 10).Problem(403, "address-unconfirmed")
		w.form(stranger, purpose.Name, "증명.jpg", "", jpg).Problem(403, "address-unconfirmed")
	}
	none := w.Member(functiontest.Member{}).Token
	for _, purpose := range upload.Purposes() {
		switch r := start(none, purpose.Name, 10); {
		case purpose.Proves:
			r.Want(201)
		case purpose.Council:
			r.Problem(403, "not-allowed")
		default:
			r.Problem(403, "verification-required")
		}
		if !purpose.Proves {
			w.form(none, purpose.Name, "증명.jpg", "", jpg).Want(403)
		}
	}
	w.form(none, "proof", "증명.jpg", "", jpg).Want(201)
	for range 8 {
		id := functiontest.JSON[answer](start(none, "proof", 10).Want(201)).ID
		w.call("DELETE", "/v1/uploads/"+id, none, nil).Want(204) // gives no place back
	}
	tenth := w.Member(functiontest.Member{}).Token
	again := func() string {
		return functiontest.JSON[answer](w.Do(functiontest.Request{Method: "POST", Path: "/v1/uploads", As: tenth, Body: draft("proof", "증명.jpg", "", jpg), Header: map[string]string{"Idempotency-Key": "k"}}).Want(201)).ID
	}
	for range 9 {
		start(tenth, "proof", 10).Want(201)
	}
	if id := again(); id != again() { // its answer was lost: it is asked for again, though there is no place now
		t.Error("the same request began two uploads")
	}
	if after := start(none, "proof", 10).Problem(429, "too-many-proofs").Header.Get("Retry-After"); after != "86400" {
		t.Errorf("Retry-After is %q", after)
	}
	w.form(none, "proof", "증명.jpg", "", jpg).Problem(429, "too-many-proofs")
	start(w.me, "proof", 10).Want(201)

	bytes := w.Member(functiontest.Member{}).Token
	for range 6 {
		start(bytes, "proof", 5<<20).Want(201)
	}
	start(bytes, "proof", 1).Problem(429, "too-many-proofs")
	w.Wait(24*time.Hour + time.Second)
	start(bytes, "proof", 5<<20).Want(201)

	if _, err := w.DB.Exec(w.Context(), `UPDATE uploads SET size = $1 WHERE purpose = 'proof'`, int64(4<<30)); err != nil {
		t.Fatal(err)
	}
	start(w.Member(functiontest.Member{}).Token, "proof", 1).Problem(429, "too-many-proofs")
	start(w.me, "proof", 1).Want(201)
	w.Wait(24 * time.Hour)
	start(w.Member(functiontest.Member{}).Token, "proof", 1).Want(201)
}
