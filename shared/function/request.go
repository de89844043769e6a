package function

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/problem"
)

// Request is what the host knows about the request under way and what the handler tells
// the host about its answer. It is not safe for concurrent use.
type Request struct {
	ID       string     // in logs, problem documents and audit records
	Client   netip.Addr // by the configured number of trusted hops; never stored as it is
	Language string     // "ko" or "en"
	Origin   string     // Client as a hash that changes every day
	Cookies  map[string]string
	Device   string // User-Agent, cut to 200 bytes
	Head     bool   // HEAD: only the headers are asked for, as by programs that look whether a link is alive
	Foreign  bool   // a browser sent it from another site's page, and it is not a safe method

	cookies []*http.Cookie
	subject string
	detail  map[string]any
}

type requestKey struct{}

// WithRequest is a context of a request; the host makes one for each.
func WithRequest(ctx context.Context, r *Request) context.Context {
	return context.WithValue(ctx, requestKey{}, r)
}

// RequestFrom is the request of ctx; an empty one outside of requests.
func RequestFrom(ctx context.Context) *Request {
	if r, ok := ctx.Value(requestKey{}).(*Request); ok {
		return r
	}
	return &Request{}
}

// SetCookie sends a cookie with the answer, unless the handler fails. Of two with one name
// the later counts.
func SetCookie(ctx context.Context, cookie *http.Cookie) {
	r := RequestFrom(ctx)
	r.cookies = slices.DeleteFunc(r.cookies, func(c *http.Cookie) bool { return c.Name == cookie.Name })
	r.cookies = append(r.cookies, cookie)
}

// Sent are the cookies that go with the answer.
func (r *Request) Sent() []*http.Cookie { return r.cookies }

// Subject names what an audit record is about, where the path does not say it.
func Subject(ctx context.Context, id string) { RequestFrom(ctx).subject = id }

// Subject is what the handler named, or "".
func (r *Request) Subject() string { return r.subject }

// Detail adds to the audit record; never personal data.
func Detail(ctx context.Context, name string, value any) {
	r := RequestFrom(ctx)
	if r.detail == nil {
		r.detail = map[string]any{}
	}
	r.detail[name] = value
}

// Detail is the detail as JSON.
func (r *Request) Detail() string {
	if r.detail == nil {
		return "{}"
	}
	b, err := json.Marshal(r.detail)
	if err != nil {
		return "{}"
	}
	return string(b)
}

// Match reads the version from If-Match: "*" is refused, since the point is to have read
// what one changes.
func Match(header string) (int64, error) {
	if header == "" {
		return 0, problem.Unversioned()
	}
	tag, ok := strings.CutPrefix(strings.TrimPrefix(header, "W/"), `"`)
	if ok {
		tag, ok = strings.CutSuffix(tag, `"`)
	}
	version, err := strconv.ParseInt(strings.TrimPrefix(tag, "v"), 10, 64)
	if !ok || err != nil {
		return 0, problem.Stale()
	}
	return version, nil
}

// Tagged is a version as an ETag.
func Tagged(version int64) string { return `"v` + strconv.FormatInt(version, 10) + `"` }

// Language is "en" where the caller prefers it to Korean in Accept-Language, else "ko".
func Language(accept string) string {
	for _, part := range strings.Split(accept, ",") {
		tag, _, _ := strings.Cut(strings.TrimSpace(part), ";")
		switch primary, _, _ := strings.Cut(strings.ToLower(tag), "-"); primary {
		case "ko", "*":
			return "ko"
		case "en":
			return "en"
		}
	}
	return "ko"
}
