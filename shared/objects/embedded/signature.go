package embedded

import (
	"cmp"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
)

const (
	algorithm       = "AWS4-HMAC-SHA256"
	unsignedPayload = "UNSIGNED-PAYLOAD"
	amzTime         = "20060102T150405Z"
	maxSkew         = 15 * time.Minute // Swift's allowable_clock_skew
	maxExpires      = 7 * 24 * 60 * 60 // seconds
)

// claim is what a request says about its own signature.
type claim struct {
	accessKey string
	scope     []string // date, region, service, terminal
	headers   []string
	signature string
	signed    time.Time
	payload   string
}

// verify checks a request's AWS Signature Version 4, in the Authorization header or presigned in the query, as Swift
// does: rclone's verifier keeps its clock in a package variable, so two servers in one test could not have two times.
func (s *Server) verify(r *http.Request, query url.Values) error {
	c, err := s.claimOf(r, query)
	if err != nil {
		return err
	}
	if c.accessKey != s.config.AccessKey {
		return faultUnknownAccessKey
	}
	want := []string{c.signed.Format("20060102"), s.config.Region, "s3", "aws4_request"}
	if !slices.Equal(c.scope, want) {
		return faultAccessDenied
	}
	canonical, err := canonicalRequest(r, query, c)
	if err != nil {
		return err
	}
	digest := sha256.Sum256([]byte(canonical))
	toSign := strings.Join([]string{algorithm, c.signed.Format(amzTime), strings.Join(c.scope, "/"), hex.EncodeToString(digest[:])}, "\n")
	key := []byte("AWS4" + s.config.SecretKey)
	for _, piece := range c.scope {
		key = mac(key, piece)
	}
	if !hmac.Equal([]byte(c.signature), []byte(hex.EncodeToString(mac(key, toSign)))) {
		return faultSignature
	}
	return nil
}

func mac(key []byte, text string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(text))
	return h.Sum(nil)
}

func (s *Server) claimOf(r *http.Request, query url.Values) (claim, error) {
	header := r.Header.Get("Authorization")
	switch {
	case query.Has("X-Amz-Credential"):
		return s.presigned(query)
	case strings.HasPrefix(header, algorithm+" "):
		return s.signedHeader(r, strings.TrimPrefix(header, algorithm+" "))
	}
	return claim{}, faultAccessDenied
}

func (s *Server) presigned(query url.Values) (claim, error) {
	c, err := newClaim(query.Get("X-Amz-Credential"), query.Get("X-Amz-SignedHeaders"), query.Get("X-Amz-Signature"), query.Get("X-Amz-Date"))
	if err != nil {
		return claim{}, err
	}
	expires, err := strconv.Atoi(query.Get("X-Amz-Expires"))
	if err != nil || expires < 0 || expires > maxExpires || query.Get("X-Amz-Algorithm") != algorithm {
		return claim{}, faultInvalidArgument
	}
	now := s.config.Now()
	if c.signed.Sub(now) > maxSkew || now.After(c.signed.Add(time.Duration(expires)*time.Second)) {
		return claim{}, faultAccessDenied
	}
	c.payload = unsignedPayload
	return c, nil
}

func (s *Server) signedHeader(r *http.Request, header string) (claim, error) {
	fields := map[string]string{}
	for field := range strings.SplitSeq(header, ",") {
		name, value, _ := strings.Cut(strings.TrimSpace(field), "=")
		fields[name] = value
	}
	c, err := newClaim(fields["Credential"], fields["SignedHeaders"], fields["Signature"], r.Header.Get("X-Amz-Date"))
	if err != nil {
		return claim{}, err
	}
	if skew := s.config.Now().Sub(c.signed); skew > maxSkew || skew < -maxSkew {
		return claim{}, faultTimeSkewed
	}
	if c.payload = r.Header.Get("X-Amz-Content-Sha256"); c.payload == "" {
		return claim{}, faultInvalidRequest
	}
	return c, nil
}

func newClaim(credential, headers, signature, date string) (claim, error) {
	signed, err := time.Parse(amzTime, date)
	if err != nil {
		return claim{}, faultAccessDenied
	}
	// An access key may hold a slash, the four pieces of the scope may not.
	pieces := strings.Split(credential, "/")
	if len(pieces) < 5 || headers == "" || signature == "" {
		return claim{}, faultAccessDenied
	}
	at := len(pieces) - 4
	return claim{
		accessKey: strings.Join(pieces[:at], "/"),
		scope:     pieces[at:],
		headers:   strings.Split(headers, ";"),
		signature: signature,
		signed:    signed,
	}, nil
}

func canonicalRequest(r *http.Request, query url.Values, c claim) (string, error) {
	for name := range r.Header {
		name = strings.ToLower(name)
		for _, prefix := range []string{"x-amz-copy", "x-amz-acl", "x-amz-grant", "x-amz-meta"} {
			if strings.HasPrefix(name, prefix) && !slices.Contains(c.headers, name) {
				return "", faultAccessDenied // else a presigned PUT could be turned into a copy of any object
			}
		}
	}
	var b strings.Builder
	b.WriteString(r.Method + "\n" + escape(r.URL.Path, true) + "\n" + canonicalQuery(query) + "\n")
	slices.Sort(c.headers)
	for _, name := range c.headers {
		values := r.Header.Values(name)
		if name == "host" {
			values = []string{r.Host}
		}
		if len(values) == 0 {
			return "", faultSignature
		}
		trimmed := make([]string, len(values))
		for i, value := range values {
			trimmed[i] = strings.Join(strings.Fields(value), " ")
		}
		b.WriteString(name + ":" + strings.Join(trimmed, ",") + "\n")
	}
	b.WriteString("\n" + strings.Join(c.headers, ";") + "\n" + c.payload)
	return b.String(), nil
}

func canonicalQuery(query url.Values) string {
	type pair struct{ name, value string }
	var pairs []pair
	for name, values := range query {
		if name == "X-Amz-Signature" {
			continue
		}
		for _, value := range values {
			pairs = append(pairs, pair{escape(name, false), escape(value, false)})
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int {
		return cmp.Or(cmp.Compare(a.name, b.name), cmp.Compare(a.value, b.value))
	})
	var b strings.Builder
	for i, p := range pairs {
		if i > 0 {
			b.WriteByte('&')
		}
		b.WriteString(p.name + "=" + p.value)
	}
	return b.String()
}

// escape is AWS's URI encoding: every byte but the unreserved ones, and the slash of a path.
func escape(s string, path bool) string {
	const digits = "0123456789ABCDEF"
	var b strings.Builder
	for _, c := range []byte(s) {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9',
			c == '-', c == '_', c == '.', c == '~', path && c == '/':
			b.WriteByte(c)
		default:
			b.Write([]byte{'%', digits[c>>4], digits[c&15]})
		}
	}
	return b.String()
}
