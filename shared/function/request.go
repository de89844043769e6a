package function

import (
	"context"
	"encoding/json"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Request is what the host knows about the request under way and what the handler tells
// the host about its answer. It is not safe for concurrent use.
type Request struct {
	ID       string     // in logs, problem documents and audit records
	Client   netip.Addr // by the configured number of trusted hops; never stored as it is
	Language string     // "ko" or "en"
	Campus   bool       // Client is in one of Settings.CampusNetworks
	Origin   string     // Client as a hash that changes every day
	Cookies  map[string]string
	Device   string // User-Agent, cut to 200 bytes
	Head     bool   // HEAD: only the headers are asked for, as by programs that look whether a link is alive
	Address  string // path and query of a GET as it was asked for; "" for others and where a page is rendered for everybody
	Foreign  bool   // a browser sent it from another site's page, and it is not a safe method

	cookies []*http.Cookie
	header  http.Header
	subject string
	nobody  bool
	member  string
	refusal string
	detail  map[string]any
	about   []string
	flags   *flags
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

// SetHeader sends a header with the answer, unless the handler fails.
func SetHeader(ctx context.Context, name, value string) {
	r := RequestFrom(ctx)
	if r.header == nil {
		r.header = http.Header{}
	}
	r.header.Set(name, value)
}

// Header are the headers that the handler sends beside those of its answer.
func (r *Request) Header() http.Header { return r.header }

// ByMember names whose request it is, or who signs in by it, for the log.
func ByMember(ctx context.Context, id string) { RequestFrom(ctx).member = id }

// Member is whose request it is, or "".
func (r *Request) Member() string { return r.member }

// Refused says by which code a request was refused, for the log; a handler says it where its
// answer is none of a refusal, as where a browser is led on.
func Refused(ctx context.Context, code string) { RequestFrom(ctx).refusal = code }

// Refusal is the code by which the request was refused, or "".
func (r *Request) Refusal() string { return r.refusal }

// Subject names what an audit record is about, where the path does not say it.
func Subject(ctx context.Context, id string) { RequestFrom(ctx).subject = id }

// Subject is what the handler named, or "".
func (r *Request) Subject() string { return r.subject }

// ReadNobody says that a Personal route showed nobody's data this time: there is nothing to
// record.
func ReadNobody(ctx context.Context) { RequestFrom(ctx).nobody = true }

// ReadNobody says whether the handler called ReadNobody.
func (r *Request) ReadNobody() bool { return r.nobody }

// About says whom an audit record is about beside its subject: members who were shown in a list,
// or whose own file was read or deleted. The law asks whose data was read (개인정보의 안전성
// 확보조치 기준 8조), and each of them finds it in their export.
func About(ctx context.Context, memberIDs ...string) {
	r := RequestFrom(ctx)
	r.about = append(slices.Clip(r.about), memberIDs...)
	if r.about == nil {
		r.about = []string{} // nobody was found, which is said
	}
	slices.Sort(r.about)
	r.about = slices.Compact(r.about)
	Detail(ctx, "members", r.about)
}

// About are whom handlers named by About.
func (r *Request) About() []string { return r.about }

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

// unnamed is the weight of a language that Accept-Language does not name, which is less than any
// that can be named, and more than not acceptable.
const unnamed = 0.0001

// Language is "en" where the caller prefers it to Korean in Accept-Language, else "ko". The
// greater weight counts, of equal ones the first; a weight of 0 means not acceptable
// (RFC 9110, 12.4.2 and 12.5.4). The edge decides alike (language in edge.lua).
func Language(accept string) string {
	first := "ko"
	weight := map[string]float64{}
	for part := range strings.SplitSeq(accept, ",") {
		tag, parameters, _ := strings.Cut(strings.ToLower(part), ";")
		primary, _, _ := strings.Cut(strings.Trim(tag, " \t"), "-")
		if primary != "ko" && primary != "en" && primary != "*" {
			continue
		}
		if len(weight) == 0 && primary == "en" {
			first = "en"
		}
		weight[primary] = max(weight[primary], weightOf(parameters))
	}
	of := func(language string) float64 {
		if w, named := weight[language]; named {
			return w
		}
		if w, named := weight["*"]; named {
			return w
		}
		return unnamed
	}
	switch ko, en := of("ko"), of("en"); {
	case en > ko:
		return "en"
	case en == ko:
		return first
	}
	return "ko"
}

// weightOf is the weight among the parameters of a language; 1 where there is none, or none
// that can be read.
func weightOf(parameters string) float64 {
	name, value, _ := strings.Cut(parameters, "=")
	w, err := strconv.ParseFloat(strings.Trim(value, " \t"), 64)
	if strings.Trim(name, " \t") != "q" || err != nil || !(w >= 0 && w <= 1) {
		return 1
	}
	return w
}
