package outside

import (
	"bytes"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"math"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
	"unicode"
	"unicode/utf8"
)

// Bounds of a call.
const (
	Most = 10 * time.Second // for all of it: name, connection, answer
	// MostAfter is the longest that the other side may have us wait, and Kept how much of an answer is kept, in bytes.
	MostAfter = 24 * time.Hour
	Kept      = 256
	naming    = 3 * time.Second // for the name, where it is only judged
	answers   = 4 << 10         // bytes of an answer that are read: Discord's of a limit take 200
	heads     = 16 << 10        // bytes of an answer's headers
	targets   = 16              // addresses of one name; large networks give out 8, one with more is refused
)

// Reason says why a call was not made or not answered.
type Reason string

// The reasons. They are stored and shown: their texts never change.
const (
	Malformed   Reason = "not-an-address"     // Parse could not read it
	NotPublic   Reason = "address-not-public" // it leads into this network
	NoPort      Reason = "port-not-allowed"   // neither 443 nor one that the operator allows
	NoName      Reason = "no-such-name"       // nobody knows the name
	TooSlow     Reason = "too-slow"           // not answered within Most
	Certificate Reason = "wrong-certificate"  // it is not who it says
	NoAnswer    Reason = "no-answer"          // the connection was refused or broken
)

// Error is a call that was not answered. It never holds more of the address than its host.
type Error struct {
	Reason Reason
	cause  error
}

// Error is for logs.
func (e *Error) Error() string {
	if e.cause != nil {
		return "outside: " + string(e.Reason) + ": " + e.cause.Error()
	}
	return "outside: " + string(e.Reason)
}

// Unwrap is the cause.
func (e *Error) Unwrap() error { return e.cause }

// Passing says whether the same call may be answered later.
func (e *Error) Passing() bool {
	return e.Reason == NoName || e.Reason == TooSlow || e.Reason == NoAnswer || e.Reason == Certificate
}

func because(r Reason, cause error) *Error { return &Error{Reason: r, cause: cause} }

// ReasonOf is the reason of a failed call, or "" of another error.
func ReasonOf(err error) Reason {
	var e *Error
	if errors.As(err, &e) {
		return e.Reason
	}
	return ""
}

// Options say what an operator allows beyond the public internet, and what tests put in the place
// of the network. The zero value is what runs.
type Options struct {
	Ports    []uint16       // beside 443
	Networks []netip.Prefix // that are called though they are not public, by http as well
	// Names finds the addresses of a name; nil asks the machine's resolver.
	Names func(ctx context.Context, host string) ([]netip.Addr, error)
	// Connect connects to an address that was judged; nil is a TCP connection that is judged
	// once more by the socket.
	Connect func(ctx context.Context, to netip.AddrPort) (net.Conn, error)
	Roots   *x509.CertPool // whose certificates are believed; nil: the machine's
}

// Client calls addresses.
type Client struct{ options Options }

// New makes a client. It does no I/O.
func New(o Options) *Client {
	c := &Client{options: o}
	if c.options.Names == nil {
		c.options.Names = names
	}
	if c.options.Connect == nil {
		c.options.Connect = c.connect
	}
	return c
}

// names asks the machine's resolver for a name as it is: with a dot behind it, none of the machine's
// search list is tried, by which a cluster finds its own Services. An IPv4 address that it gives in
// IPv6's form is judged as what it is.
func names(ctx context.Context, host string) ([]netip.Addr, error) {
	list, err := net.DefaultResolver.LookupNetIP(ctx, "ip", host+".")
	for i, a := range list {
		list[i] = a.Unmap()
	}
	return list, err
}

// Check says whether an address may be called now: what Call would refuse before it connects.
// It fails with an *Error.
func (c *Client) Check(ctx context.Context, a Address) error {
	ctx, cancel := context.WithTimeout(ctx, naming)
	defer cancel()
	_, err := c.judged(ctx, a)
	return err
}

// judged are the addresses of a host, all of which may be connected to.
func (c *Client) judged(ctx context.Context, a Address) ([]netip.Addr, error) {
	var list []netip.Addr
	if literal, err := netip.ParseAddr(a.host); err == nil {
		list = []netip.Addr{literal}
	} else if list, err = c.options.Names(ctx, a.host); err != nil {
		if ctx.Err() != nil {
			return nil, because(TooSlow, err)
		}
		return nil, because(NoName, err)
	}
	if len(list) == 0 {
		return nil, because(NoName, nil)
	}
	inside := 0
	for _, ip := range list {
		switch {
		case c.allowed(ip):
			inside++
		case !Public(ip):
			return nil, because(NotPublic, nil)
		}
	}
	switch {
	case len(list) > targets, a.scheme != "https" && inside < len(list):
		return nil, because(NotPublic, nil)
	case a.port != usual[a.scheme] && !slices.Contains(c.options.Ports, a.port):
		return nil, because(NoPort, nil)
	}
	return list, nil
}

// allowed says whether the operator opened the network of an address.
func (c *Client) allowed(ip netip.Addr) bool {
	return slices.ContainsFunc(c.options.Networks, func(n netip.Prefix) bool { return n.Contains(ip) })
}

// dial connects to the first address of the host that answers, after all were judged.
func (c *Client) dial(ctx context.Context, a Address) (net.Conn, error) {
	list, err := c.judged(ctx, a)
	if err != nil {
		return nil, err
	}
	for i, ip := range list {
		var conn net.Conn
		if conn, err = c.try(ctx, netip.AddrPortFrom(ip, a.port), len(list)-i); err == nil {
			return conn, nil
		}
	}
	return nil, err
}

// try connects to one of the addresses that are left, within its part of the time: one that does not answer
// leaves the others theirs, and the answer its own.
func (c *Client) try(ctx context.Context, to netip.AddrPort, left int) (net.Conn, error) {
	if end, bounded := ctx.Deadline(); bounded {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, time.Until(end)/time.Duration(left+1))
		defer cancel()
	}
	return c.options.Connect(ctx, to)
}

// connect is a TCP connection. The socket's own address is judged as well: it is the last word
// before the first packet.
func (c *Client) connect(ctx context.Context, to netip.AddrPort) (net.Conn, error) {
	dialer := net.Dialer{Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil || at.Port() != to.Port() || !c.allowed(at.Addr().Unmap()) && !Public(at.Addr()) {
			return because(NotPublic, nil)
		}
		return nil
	}}
	return dialer.DialContext(ctx, "tcp", to.String())
}

// Answer is what came back.
type Answer struct {
	Status int
	Header http.Header
	Body   []byte // its first 4 KiB
}

// Taken says whether it was taken: any 2xx.
func (a Answer) Taken() bool { return a.Status >= 200 && a.Status <= 299 }

// Passing says whether the same may be taken later.
func (a Answer) Passing() bool {
	return a.Status == http.StatusRequestTimeout || a.Status == http.StatusTooEarly || a.Status == http.StatusTooManyRequests || a.Status >= 500
}

// After is how long the other side wants us to wait by its Retry-After, in seconds or as a date (RFC 9110, 10.2.3): at most
// MostAfter, 0 where it says nothing.
func (a Answer) After(now time.Time) time.Duration {
	retry := strings.TrimSpace(a.Header.Get("Retry-After"))
	if at, err := time.Parse(time.RFC1123, retry); err == nil {
		return Seconds(at.Sub(now).Seconds())
	}
	n, err := strconv.ParseFloat(retry, 64)
	if err != nil {
		return 0
	}
	return Seconds(n)
}

// Seconds is a number of seconds that somebody else said, in whole milliseconds: from 0 to MostAfter, whatever it was.
func Seconds(n float64) time.Duration {
	if !(n > 0) {
		return 0
	}
	return min(time.Duration(min(math.Ceil(n*1000), float64(MostAfter.Milliseconds())))*time.Millisecond, MostAfter)
}

// Said is the beginning of the answer as one line of text, at most Kept bytes.
func (a Answer) Said() string {
	clean := strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.In(r, unicode.Zl, unicode.Zp) {
			return ' '
		}
		if unicode.Is(unicode.Cf, r) || r == utf8.RuneError {
			return -1
		}
		return r
	}, string(a.Body))
	clean = strings.Join(strings.Fields(clean), " ")
	for len(clean) > Kept {
		_, size := utf8.DecodeLastRuneInString(clean)
		clean = clean[:len(clean)-size]
	}
	return clean
}

// Post sends a body and is the answer, whatever its status: a redirect is an answer like others.
// It fails with an *Error.
func (c *Client) Post(ctx context.Context, a Address, header map[string]string, body []byte) (Answer, error) {
	ctx, cancel := context.WithTimeout(ctx, Most)
	defer cancel()
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, a.String(), bytes.NewReader(body))
	if err != nil {
		return Answer{}, because(Malformed, nil)
	}
	for name, value := range header {
		request.Header.Set(name, value)
	}
	response, err := c.transport(ctx, a).RoundTrip(request) // no redirects and no cookies: those are http.Client's
	if err != nil {
		return Answer{}, failure(ctx, err)
	}
	defer func() { _ = response.Body.Close() }()
	kept, _ := io.ReadAll(io.LimitReader(response.Body, answers)) // the status is said, however slowly the rest comes
	return Answer{Status: response.StatusCode, Header: response.Header, Body: kept}, nil
}

// transport is that of one call, so that no connection outlives what was judged for it.
func (c *Client) transport(ctx context.Context, a Address) *http.Transport {
	return &http.Transport{
		Proxy: nil, // whatever the environment says: a proxy would look the name up itself
		DialContext: func(context.Context, string, string) (net.Conn, error) {
			return c.dial(ctx, a) // the transport's own context does not end with the call
		},
		TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: c.options.Roots},
		DisableKeepAlives:      true,
		DisableCompression:     true,
		MaxResponseHeaderBytes: heads,
	}
}

// failure says why there was no answer.
func failure(ctx context.Context, err error) error {
	var known *Error
	var wrong *tls.CertificateVerificationError
	switch {
	case errors.As(err, &known):
		return known
	case errors.As(err, &wrong):
		return because(Certificate, err)
	case ctx.Err() != nil:
		return because(TooSlow, ctx.Err())
	}
	return because(NoAnswer, fmt.Errorf("connect: %w", err))
}
