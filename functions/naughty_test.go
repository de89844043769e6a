package functions_test

import (
	"bytes"
	"encoding/json"
	"flag"
	"fmt"
	"hash/fnv"
	"io"
	"math/rand/v2"
	"mime/multipart"
	"net/http"
	"net/textproto"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/html"
	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/functions"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/cookie"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/oidc/oidctest"
)

var times = flag.Int("naughty", 1, "how many times as many strings TestNaughtyStrings sends; with 100 every field gets every one from everybody, which takes hours")

// naughty are strings that programs trip over, shortest kinds first. What would be markup, a header or a script if nobody
// looked says "naughty", by which it is found again.
func naughty() []string {
	list := []string{
		"", " ", "\t", "\n", "\r\n", "\x00", "a\x00b", "\x01", "\x1b[31m", "\x7f", "\u0085", "\u00a0", "\u200b", "\ufeff", "\u2028", "\u3000", "\u3164", "\u115f",
		"\xff", "\xc0\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80", "가\xea\xb0", "\ufffd", "\ufffe", "\U0001ffff", "\ufdd0", "\ue000", "\U000f0000",
		"사진\u202egpj.exe", "\u2066a\u2069", "\u200f\u061c가", "\u202a\u202a\u202a", "مرحبا עברית",
		norm.NFD.String("회의록"), "e\u0301", "Z" + strings.Repeat("\u0335\u0489", 60), "👨\u200d👩\u200d👧\u200d👦", "🏴\U000e0067\U000e0062\U000e007f", "🇰🇷", "ﷺ", "ᄒ\u1161", "ＡＢ", "ﬁ", "İ", "ß", "\u1112\u116c\u11ab\u11ab",
		"0", "-0", "00", "1", "-1", "1e999", "NaN", "Infinity", "0x10", "1_000", "٣", "9223372036854775807", "9223372036854775808", "-9223372036854775809", "99999999999999999999999999", "1.5", "1,5", "2147483648",
		"true", "false", "null", "undefined", "nil", "[]", "{}", `"`, `\`, "'", "`",
		"%", "_", `\%`, "%_%", "' OR '1'='1", "'; DROP TABLE members; --", "$1", "?", ":name", "/* */", "\\x27",
		`<naughty-x onnaughty=1>`, `"><naughty-x>`, `' onnaughty='1`, `" onnaughty="1`, `<script>naughty()</script>`, `</title><naughty-x>`, `<!--`, `]]>`, `&lt;`, `&#0;`, "javascript:naughty()", "data:text/html,<naughty-x>",
		"{{.}}", "{{7*7}}", "${7*7}", "#{7*7}", "%s%n%d", "%!s(naughty)", "<%= naughty %>",
		"a\r\nX-Naughty: 1", "a\nSet-Cookie: naughty=1", "%0d%0aX-Naughty:%201",
		"../../etc/passwd", `..\..\x`, "/etc/passwd", "//evil.example", `/\evil.example`, "https://evil.example@x/", "file:///etc/passwd", ".", "..", "CON", "a/b", "%00", "%2e%2e%2f", "%ff", "%", "%zz", "a;b", "a&b=c", "a=b", "a,b", "#", "*", `W/"1"`, `"1"`, `"1", "2"`, "00000000-0000-0000-0000-000000000000", "00000000-0000-4000-8000-00000000000G", "0191E0A0-0000-7000-8000-000000000000",
		"2026-02-30T00:00:00Z", "0000-00-00T00:00:00Z", "9999-12-31T23:59:60Z", "10000-01-01T00:00:00Z", "2026-01-01", "-1-01-01T00:00:00Z", "2026-01-01T00:00:00+99:99",
		"a@b", "a@b.c", "\"a b\"@example.com", "a@@example.com", "@", "가@한글.kr", "a@[127.0.0.1]", "a@example.com\r\nBcc: naughty@example.com",
		"en;q=2", "*;q=0", "bytes=0-", "bytes=-1,0-0,99999999999999999999-",
	}
	return append(list, strings.Repeat("a", 10_000), strings.Repeat("가", 10_000), strings.Repeat("*_`[(", 2_000), strings.Repeat("> ", 5_000), strings.Repeat("\u0301", 5_000), strings.Repeat("a", 100_000), strings.Repeat("👨\u200d👩\u200d👧", 8_000))
}

// naughtyJSON are values of other types than a field's, and those that JSON can spell and Go cannot.
func naughtyJSON() []string {
	return []string{
		`null`, `[]`, `{}`, `[null]`, `[[]]`, `{"a":1}`, `true`, `0`, `-0`, `1e400`, `1E-400`, `-1`, `1.5`, `9223372036854775808`, `-9223372036854775809`, `123456789012345678901234567890`, `"\ud800"`, `"\udc00\ud800"`, `"\u0000"`, `"\uFFFF"`, `""`,
		strings.Repeat("[", 9_000) + strings.Repeat("]", 9_000), strings.Repeat(`{"a":`, 9_000) + "1" + strings.Repeat("}", 9_000), `[` + strings.TrimSuffix(strings.Repeat(`"a",`, 5_000), ",") + `]`, strings.Repeat("9", 5_000),
	}
}

// naughtyHeaders are those that something here reads, beside those that routes name.
func naughtyHeaders() []string {
	return []string{
		"Accept", "Accept-Encoding", "Accept-Language", "Authorization", "Content-Type", "Cookie", "Forwarded", "Idempotency-Key", "If-Match", "If-Modified-Since", "If-None-Match", "Origin", "Range", "Referer", "Sec-Fetch-Site",
		"Traceparent", "Tracestate", "User-Agent", "X-Forwarded-For", "X-Forwarded-Proto", "X-Request-Id", "Cookie " + auth.AccessCookie, "Cookie " + auth.RefreshCookie, "Cookie " + cookie.Flow,
	}
}

// ordinary are values that fields of these names take, so that what is beside the naughty one is no reason to refuse.
func ordinary(name string, ids map[string]string) string {
	if id, known := ids[name]; known {
		return id
	}
	return map[string]string{
		"email": "sori@example.com", "password": "푸른 나무 아래 일곱 마리", "new": "붉은 바위 위의 여덟 마리", "old": "푸른 나무 아래 일곱 마리", "name": "이소리", "title": "봄 축제", "body": "**곧** 시작합니다.", "unit": "총학", "alt": "그림", "link": "/notices",
		"purpose": "post", "type": "image/jpeg", "sha256": strings.Repeat("0a", 32), "policyVersion": "2026-03-01", "version": "2026-03-01", "role": "editor", "code": "123456", "studentNumber": "20261234", "privacy": "true", "age": "true", "kind": "image",
		"size": "20", "order": "0", "If-Match": "*", "number": "1", "tag": "장학", "state": "open", "Idempotency-Key": "a key",
	}[name]
}

// asker is who asks, and what they send that is not naughty.
type asker struct {
	token string
	usual sending
}

// asking makes the requests of one route.
type asking struct {
	t       *testing.T
	app     *functiontest.App
	council *council // has one of whatever there is
	route   function.Route
	asks    question          // how the table of rights asks it: about what there is, and with a body that is taken
	usual   sending           // that, for who asks now
	ids     map[string]string // what exists and bodies name
	stale   bool              // what there is may have changed
	ready   map[string]asker  // who asks, until then
	sent    int
}

// text is what an input has that is not naughty.
func (a *asking) text(f function.Input) string {
	if f.In == function.InQuery {
		_, query, _ := strings.Cut(a.usual.query, "?")
		values, err := url.ParseQuery(query)
		if err == nil && (values.Has(f.Name) || len(a.usual.params) > 0) { // what is added to the address of one thing may lead to another
			return values.Get(f.Name)
		}
	}
	if f.In == function.InForm {
		values, is := a.usual.body.(url.Values)
		if text, written := a.usual.body.(string); !is && written {
			values, _ = url.ParseQuery(text)
		}
		if values.Get(f.Name) != "" {
			return values.Get(f.Name)
		}
	}
	return ordinary(f.Name, a.ids)
}

// value is what a field of JSON has that is not naughty, "" where the table of rights says nothing of it.
func (a *asking) value(name string) string {
	raw, err := json.Marshal(a.usual.body)
	var object map[string]json.RawMessage
	if err != nil || json.Unmarshal(raw, &object) != nil || string(object[name]) == `""` {
		return ""
	}
	return string(object[name])
}

// address is the path of the route about what there is.
func (a *asking) address(naughty, value string) string {
	path := a.route.Path
	for _, param := range a.usual.params {
		before, rest, _ := strings.Cut(path, "{")
		name, after, _ := strings.Cut(rest, "}")
		if name == naughty {
			param = value
		}
		path = before + param + after
	}
	return path
}

// with is a request of the route with one of its inputs naughty; its name is of a field, of a header, or "" for none. It is
// false where no client could send it.
func (a *asking) with(in function.Source, name, value string, rawJSON bool) (functiontest.Request, bool) {
	if in == function.InPath && (value == "" || value == "." || value == "..") { // another address, which the edge cleans
		return functiontest.Request{}, false
	}
	at := ""
	if in == function.InPath {
		at = name
	}
	r := functiontest.Request{Method: a.route.Method, Path: a.address(at, url.PathEscape(value)), Header: map[string]string{"Sec-Fetch-Site": "same-origin"}}
	query, form, object := url.Values{}, url.Values{}, []string{}
	for _, f := range a.route.Do.Inputs {
		is := f.In == in && f.Name == name
		text := a.text(f)
		if is && !rawJSON {
			text = value
		}
		switch f.In {
		case function.InQuery:
			if text != "" || is {
				query.Set(f.Name, text)
			}
		case function.InHeader:
			r.Header[f.Name] = text
		case function.InForm:
			if text != "" || is {
				form.Set(f.Name, text)
			}
		case function.InJSON:
			raw, usual := value, a.value(f.Name)
			switch {
			case !is && usual != "":
				raw = usual
			case !is || !rawJSON:
				raw = jsonOf(f.Type, f.Name, text, is)
			}
			if is || !f.Optional || usual != "" || a.usual.body == nil && text != "" {
				object = append(object, quoted(f.Name)+":"+raw)
			}
		case function.Stream:
			r.Body, r.Header["Content-Type"] = streamOf(f.Name, name, value, in == function.Stream)
			if whole, is := a.usual.body.(string); is && in != function.Stream {
				r.Body, r.Header["Content-Type"] = whole, a.usual.media
			}
		}
	}
	if len(query) > 0 {
		r.Path += "?" + query.Encode()
	}
	switch {
	case a.route.Do.Takes(function.InForm):
		r.Body = form
	case a.route.Do.Takes(function.InJSON):
		r.Body = "{" + strings.Join(object, ",") + "}"
	}
	if in == function.InHeader {
		if cookieName, is := strings.CutPrefix(name, "Cookie "); is {
			name, value = "Cookie", cookieName+"="+value
		}
		r.Header[name] = value
	}
	for _, v := range r.Header {
		if len(v) > 16<<10 || strings.ContainsFunc(v, func(c rune) bool { return c < ' ' && c != '\t' || c == 0x7f }) {
			return r, false // the server refuses the request before anything here sees it
		}
	}
	return r, len(r.Path) < 16<<10
}

// quoted is a text as JSON, with whatever bytes it has.
func quoted(s string) string {
	if b, err := json.Marshal(s); err == nil && utf8.ValidString(s) {
		return string(b)
	}
	return `"` + s + `"`
}

// jsonOf is a text as a value of a type, in each text that a value of it has.
func jsonOf(t reflect.Type, name, text string, naughty bool) string {
	switch t.Kind() {
	case reflect.Pointer:
		return jsonOf(t.Elem(), name, text, naughty)
	case reflect.Slice:
		if text == "" && !naughty {
			return "[]"
		}
		return "[" + jsonOf(t.Elem(), name, text, naughty) + "]"
	case reflect.Struct:
		if t == reflect.TypeFor[time.Time]() && !naughty {
			return `"2026-12-01T09:00:00+09:00"`
		}
		fields := []string{}
		for i := range t.NumField() {
			tag, _, _ := strings.Cut(t.Field(i).Tag.Get("json"), ",")
			if tag == "" || tag == "-" {
				continue
			}
			inner := text
			if !naughty {
				inner = ordinary(tag, nil)
			}
			fields = append(fields, quoted(tag)+":"+jsonOf(t.Field(i).Type, tag, inner, naughty))
		}
		if len(fields) > 0 {
			return "{" + strings.Join(fields, ",") + "}"
		}
	case reflect.Bool, reflect.Int, reflect.Int64:
		if !naughty && text == "" {
			return map[bool]string{true: "true", false: "1"}[t.Kind() == reflect.Bool]
		}
		if !naughty {
			return text
		}
	}
	return quoted(text)
}

// streamOf is a body that a route reads itself, and its media type.
func streamOf(media, name, value string, naughty bool) (any, string) {
	if !strings.HasPrefix(media, "multipart/") {
		if !naughty {
			value = "20261234,이소리\n"
		}
		return value, media
	}
	var b bytes.Buffer
	form := multipart.NewWriter(&b)
	given := map[string]string{"purpose": "post", "file": "사진.jpg", "content": "\xff\xd8\xff\xd9"}
	if naughty {
		given[name] = value
	}
	_ = form.WriteField("purpose", given["purpose"])
	if s, is := given["sha256"]; is {
		_ = form.WriteField("sha256", s)
	}
	if s, is := given["field"]; is {
		_ = form.WriteField(s, s)
	}
	part, _ := form.CreatePart(textproto.MIMEHeader{"Content-Disposition": {`form-data; name="file"; filename="` + given["file"] + `"`}, "Content-Type": {given["type"]}})
	_, _ = io.WriteString(part, given["content"])
	_ = form.Close()
	return b.String(), form.FormDataContentType()
}

// target is one input of a route.
type target struct {
	in   function.Source
	name string
}

func (a *asking) targets() (fields, headers []target) {
	for _, f := range a.route.Do.Inputs {
		switch {
		case f.In != function.Stream:
			fields = append(fields, target{f.In, f.Name})
		case strings.HasPrefix(f.Name, "multipart/"):
			for _, name := range []string{"purpose", "sha256", "field", "file", "type", "content"} {
				fields = append(fields, target{f.In, name})
			}
		default:
			fields = append(fields, target{f.In, "content"})
		}
	}
	for _, name := range naughtyHeaders() {
		headers = append(headers, target{function.InHeader, name})
	}
	return fields, headers
}

// send sends one request and says what is wrong with the answer, "" for nothing.
func (a *asking) send(r functiontest.Request) (functiontest.Response, string) {
	a.sent++
	a.app.Wait(3 * time.Second) // nobody is too often, neither in the database
	a.app.Refill()              // nor in Redis
	answer := a.app.Do(r)
	return answer, wrong(a.route, answer)
}

// wrong says what is wrong with an answer, whatever was asked.
func wrong(route function.Route, r functiontest.Response) string {
	switch {
	case r.Status >= 500:
		return "it failed"
	case !utf8.Valid(r.Body) && !slices.ContainsFunc([]string{"image/", "font/", "application/zip"}, func(binary string) bool { return strings.HasPrefix(r.Header.Get("Content-Type"), binary) }):
		return "the answer is no UTF-8"
	case r.Status >= 400 && r.Code() == "" && len(r.Body) > 0:
		return "a refusal that is no problem"
	case strings.HasPrefix(r.Header.Get("Content-Type"), "application/") && strings.HasSuffix(r.Header.Get("Content-Type"), "json") && !json.Valid(r.Body):
		return "the answer is no JSON"
	case route.HTML && r.Header.Get("Content-Type") == "text/html; charset=utf-8" && marked(r.Body):
		return "what was sent is markup of the page"
	}
	if bytes.ContainsFunc(r.Body, func(c rune) bool { return unicode.Is(unicode.Bidi_Control, c) && c > '\u200f' }) {
		return "the answer reorders text"
	}
	for name, values := range r.Header {
		if strings.Contains(strings.ToLower(name), "naughty") {
			return "what was sent is a header"
		}
		for _, v := range values {
			if strings.ContainsFunc(v, func(c rune) bool { return c < ' ' || c > '~' }) {
				return fmt.Sprintf("the header %s is %q", name, v)
			}
			if name == "Set-Cookie" && strings.Contains(v, "naughty") {
				return "what was sent is a cookie"
			}
		}
	}
	return ""
}

// marked says whether a page has an element, an attribute or a script of which only the naughty strings speak.
func marked(page []byte) bool {
	if !bytes.Contains(page, []byte("naughty")) {
		return false
	}
	z := html.NewTokenizer(bytes.NewReader(page))
	for script := false; ; {
		kind := z.Next()
		if kind == html.ErrorToken {
			return false
		}
		token := z.Token()
		if kind == html.TextToken && script && strings.Contains(token.Data, "naughty") {
			return true
		}
		script = kind == html.StartTagToken && token.Data == "script"
		if kind != html.StartTagToken && kind != html.SelfClosingTagToken {
			continue
		}
		if strings.HasPrefix(token.Data, "naughty") {
			return true
		}
		for _, attribute := range token.Attr {
			link := attribute.Key == "href" || attribute.Key == "src" || attribute.Key == "action"
			if attribute.Key == "onnaughty" || link && (strings.HasPrefix(attribute.Val, "javascript:") || strings.HasPrefix(attribute.Val, "data:text")) {
				return true
			}
		}
	}
}

// Whatever stands in any field of any operation, or in a header, and whoever sends it: the answer is one that the API
// document lists (functiontest compares each), never a failure, and nothing that was sent is a header, markup, or text that
// reorders others'. What an operation is about is there, and the other fields are as it takes them (questions of the table of
// rights): an operation that an admin does not find fails. Each field gets a sample of the strings, which follows from the
// route's name, so that a failure is found again; together they get each string some hundred times. -naughty sends more.
func TestNaughtyStrings(t *testing.T) {
	storage := functiontest.Embedded(t)
	routes, sent := 0, atomic.Int64{}
	questions := allQuestions()
	for _, spec := range functions.All() {
		all := spec.Build(function.Deps{}).Routes
		routes += len(all)
		t.Run(spec.Name, func(t *testing.T) {
			t.Parallel() // each function has a database of its own
			shared := functiontest.New(t, spec, functiontest.WithStorage(storage))
			c := &council{}
			settings := func(*function.Settings) {}
			if slices.ContainsFunc(all, func(r function.Route) bool { return strings.Contains(r.Path, "{issuer}") }) {
				issuer := oidctest.New(t, func() time.Time { return c.Now() })
				c.issuer = issuer.URL
				settings = func(s *function.Settings) {
					s.Issuers = []function.Issuer{{Name: "away", URL: issuer.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret}}
				}
			}
			for _, route := range all {
				t.Run(route.Method+" "+strings.NewReplacer("/", ".", "{", "", "}", "").Replace(route.Path), func(t *testing.T) {
					c.App = functiontest.New(t, spec, functiontest.Beside(functions.All()...), functiontest.WithDB(shared.DB), functiontest.WithRedis(shared), functiontest.WithStorage(storage), functiontest.WithSettings(settings))
					list, known := questions[route.Action()]
					if !known {
						list = usual(spec, route)
					}
					a := &asking{t: t, app: c.App, council: c, route: route}
					a.reaches(list)
					a.everybody()
					sent.Add(int64(a.sent))
				})
			}
		})
	}
	t.Cleanup(func() {
		if routes < 150 {
			t.Errorf("only %d routes were asked", routes)
		}
		t.Logf("%d requests to %d routes", sent.Load(), routes)
	})
}

// reaches finds the question by which an admin who sends nothing naughty finds what the operation is about, and fails where none
// is: what is refused before it is read tells nothing of its fields.
func (a *asking) reaches(list []question) {
	if len(list) == 0 {
		list = []question{{}}
	}
	at := ""
	for _, q := range list {
		a.asks, a.ready = q, map[string]asker{}
		as := a.prepare("admin")
		r, _ := a.with("", "", "", false)
		r.As, at = as, r.Path
		answer, wrong := a.send(r)
		a.stale = a.changes()
		if wrong != "" {
			a.t.Errorf("%s: %s: %d %.600s", at, wrong, answer.Status, answer.Body)
		}
		if answer.Status != http.StatusNotFound || !strings.Contains(a.route.Path, "{") || slices.Contains(strings.Fields(q.passes), "not-found") {
			return
		}
	}
	a.t.Errorf("%s at %s is not found: let a question in functions/rights_test.go, or beside it, be about what there is", a.route.Action(), at)
}

// everybody asks the route as each of the four.
func (a *asking) everybody() {
	name := fnv.New64a()
	_, _ = name.Write([]byte(a.route.Method + a.route.Path))
	chance := rand.New(rand.NewPCG(name.Sum64(), 0))
	fields, headers := a.targets()
	for i, who := range []string{"admin", "editor", "student", "guest"} {
		for _, on := range fields {
			n := []int{9, 1, 1, 2}[i] // the admin comes farthest, the guest is whom everybody is
			strs, raws := sample(chance, naughty(), n), []string{}
			if on.in == function.InJSON {
				raws = sample(chance, naughtyJSON(), (n+3)/4)
			}
			if !a.field(who, on, strs, raws) {
				return
			}
		}
		for _, on := range headers {
			if chance.IntN(4) == i || *times > 1 {
				if !a.field(who, on, sample(chance, naughty(), 1), nil) {
					return
				}
			}
		}
	}
}

func sample(chance *rand.Rand, list []string, n int) []string {
	chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	return list[:min(n**times, len(list))]
}

// field sends strings, and values of JSON, in one input; false at the first answer that is wrong.
func (a *asking) field(who string, on target, strs, raws []string) bool {
	as := a.prepare(who)
	for i, value := range slices.Concat(strs, raws) {
		if a.stale { // what succeeded may have changed, or ended, who asked and what there is
			as = a.prepare(who)
		}
		r, possible := a.with(on.in, on.name, value, i >= len(strs))
		if !possible {
			continue
		}
		if r.Header["Authorization"] == "" && r.Header["Cookie"] == "" {
			r.As = as
		}
		before := a.t.Failed()
		answer, wrong := a.send(r)
		if wrong != "" || !before && a.t.Failed() {
			a.t.Errorf("%s, as %s, with %s %s = %.80q: %s: %d %v\n%.600s", a.route.Path, who, on.in, on.name, value, wrong, answer.Status, answer.Header, answer.Body)
			return false
		}
		if made := answer.Header.Get("Location"); answer.Status == http.StatusCreated && strings.HasPrefix(made, "/v1/") { // there is room for few of some things
			a.app.Do(functiontest.Request{Method: http.MethodDelete, Path: made, As: a.app.Admin(), Header: map[string]string{"If-Match": "*"}})
		}
		a.stale = a.stale || answer.Status < 400 && a.changes()
	}
	return true
}

// changes says whether what is asked may change what there is, or who asks.
func (a *asking) changes() bool { return a.route.Method != http.MethodGet && !a.route.ReadOnly }

// scarce are the tables of what there may be few of, and where it is deleted.
var scarce = map[string]string{"banners": "/v1/banners/", "channels": "/v1/admin/channels/"}

// prepare makes who asks, and one of each thing that can be asked for, where what was there may have changed.
func (a *asking) prepare(who string) string {
	a.app.Refill()
	c := a.council
	if a.ids == nil || a.stale {
		c.made, c.again, a.ready = map[string]string{}, map[string]functiontest.Account{}, map[string]asker{}
		c.boss = c.account(a.t, principal{name: "boss", member: &functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}}, second: true})
		a.thin()
		image := c.picture(c.boss.ID)
		a.ids, a.stale = map[string]string{"image": image, "upload": image}, false
	}
	if ready, there := a.ready[who]; there {
		a.usual = ready.usual
		return ready.token
	}
	as := functiontest.Account{}
	switch who {
	case "admin":
		as = a.app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Admin}}})
	case "editor":
		as = a.app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}})
	case "student":
		as = a.app.Member(functiontest.Member{Verified: true})
	}
	a.usual = sending{}
	if a.asks.send != nil {
		a.usual = a.asks.send(c, as)
	}
	a.ready[who] = asker{as.Token, a.usual}
	return as.Token
}

// thin deletes of what there may be few of, so that there is room for what is made now.
func (a *asking) thin() {
	for table, collection := range scarce {
		if !strings.Contains(a.route.Path, "/"+table) {
			continue
		}
		ids, err := database.All(a.app.Context(), a.app.DB, database.Value[string], `SELECT id FROM `+table)
		if err != nil {
			a.t.Fatal(err)
		}
		for _, id := range ids {
			a.app.Do(functiontest.Request{Method: http.MethodDelete, Path: collection + id, As: a.council.boss.Token, Header: map[string]string{"If-Match": "*"}})
			a.app.Refill()
		}
	}
}
