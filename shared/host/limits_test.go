package host_test

import (
	"bufio"
	"context"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/limit"
	"github.com/madang-council/madang/shared/problem"
)

// guessing is a function with what signing in has: a route whose refusals are guesses.
var guessing = function.Spec{
	Name: "guessing", Doc: "A function of the tests.", Needs: []function.Need{function.Database},
	New: func(function.Deps) function.Parts {
		return function.Parts{Routes: []function.Route{
			{Method: "GET", Path: "/v1/open", Doc: "Reads.", Access: function.Anyone, Do: function.Do(func(context.Context, *struct{}) (*function.None, error) { return &function.None{}, nil })},
			{Method: "POST", Path: "/v1/guesses", Doc: "Guesses.", Access: function.Anyone, Limit: function.SigningIn, Do: function.Do(guess), Refuses: function.Refusals{problem.Forbidden: {"wrong"}}},
			{Method: "POST", Path: "/v1/messages", Doc: "Has mail sent.", Access: function.Anyone, Limit: function.Outward, Do: function.Do(guess), Refuses: function.Refusals{problem.Forbidden: {"wrong"}}},
			{Method: "POST", Path: "/v1/notes", Doc: "Writes.", Access: function.SignedIn, Do: function.Do(guess), Refuses: function.Refusals{problem.Forbidden: {"wrong"}}},
			{Method: "POST", Path: "/v1/streams", Doc: "Takes a stream.", Access: function.Anyone, Alone: true, Do: function.Do(func(_ context.Context, r *flow) (*function.None, error) {
				_, err := io.Copy(io.Discard, r.Body.Reader)
				return &function.None{}, err
			})},
		}}
	},
}

type flow struct {
	Body function.Body `body:"text/plain"`
}

type guessed struct {
	Word string `json:"word"`
}

func guess(_ context.Context, r *guessed) (*function.None, error) {
	if r.Word != "right" {
		return nil, problem.New(problem.Forbidden, "wrong", "틀렸습니다.", "Wrong.")
	}
	return &function.None{}, nil
}

// Whatever comes is counted by the address that it comes from before anything is looked up:
// what no route takes, what cannot be read, whom nobody knows.
func TestEverythingIsLimited(t *testing.T) {
	for what, r := range map[string]functiontest.Request{
		"a reading":                    {Method: "GET", Path: "/v1/open"},
		"an address that is not there": {Method: "GET", Path: "/v1/none"},
		"a method that is not there":   {Method: "DELETE", Path: "/v1/open"},
		"a malformed body":             {Method: "POST", Path: "/v1/guesses", Body: "{"},
		"a body of another kind":       {Method: "POST", Path: "/v1/guesses", Body: "a", Header: map[string]string{"Content-Type": "text/plain"}},
		"a token that is nobody's":     {Method: "POST", Path: "/v1/notes", As: "nobody", Body: `{"word":"right"}`},
		"another scheme":               {Method: "GET", Path: "/v1/open", Header: map[string]string{"Authorization": "Basic YTpi"}},
		"a cookie that is nobody's":    {Method: "GET", Path: "/v1/open", Cookies: map[string]string{auth.AccessCookie: "nobody"}},
		"nobody, where one must be":    {Method: "POST", Path: "/v1/notes", Body: `{"word":"right"}`},
	} {
		t.Run(what, func(t *testing.T) {
			app := functiontest.New(t, guessing)
			r.From = "2001:db8::1"
			if got := app.Do(r); got.Status == 429 {
				t.Fatalf("the first: %d %s", got.Status, got.Body)
			}
			// The database must not be asked: it is not there any more.
			if err := app.DB.Close(); err != nil {
				t.Fatal(err)
			}
			for _, from := range []string{"2001:db8::1", "2001:db8::ffff:2"} { // one household
				r.From = from
				got := emptied(t, app, r)
				if got.Status != 429 || got.Code() != "too-many-requests" || got.Header.Get("Retry-After") == "" {
					t.Errorf("from %s: %d %s", from, got.Status, got.Body)
				}
			}
			for _, from := range []string{"2001:db8:0:1::1", "203.0.113.7"} {
				r.From = from
				if got := app.Do(r); got.Status == 429 {
					t.Errorf("a neighbour, %s, is limited as well", from)
				}
			}
		})
	}
}

// Where pages are asked for, that refusal is a page too, in the language of the address, which
// is found out without anything being looked up.
func TestLimitedPages(t *testing.T) {
	app := functiontest.New(t, site)
	for path, says := range map[string]string{"/": "요청이 너무 많습니다", "/my": "요청이 너무 많습니다", "/en": "Too many requests", "/en/my": "Too many requests"} {
		got := emptied(t, app, functiontest.Request{Method: "GET", Path: path, From: "203.0.113.9"})
		if got.Status != 429 || !strings.HasPrefix(got.Header.Get("Content-Type"), "text/html") || !strings.Contains(string(got.Body), says) || got.Header.Get("Retry-After") == "" {
			t.Errorf("%s: %d %v %.300s", path, got.Status, got.Header, got.Body)
		}
	}
}

// emptied is the answer to a request whose address has nothing left. What comes into the bucket
// while a slow machine sends it, a request every 10 ms, is taken out again.
func emptied(t *testing.T, app *functiontest.App, r functiontest.Request) functiontest.Response {
	t.Helper()
	who := host.AddressBucket(app.Deps.Key, netip.MustParseAddr(r.From), app.Now())
	for range 50 {
		limit.New(app.Redis, "madang:test:").Charge(app.Context(), who, host.AddressRule(), host.AddressRule().Burst, app.Now())
		if got := app.Do(r); got.Status == 429 {
			return got
		}
	}
	return app.Do(r)
}

// A token that is nobody's costs its address as much as ten requests do: whoever tries tokens
// is stopped long before who reads, whichever way they are sent.
func TestWrongTokensCostMore(t *testing.T) {
	app := functiontest.New(t, guessing)
	token := app.Member(functiontest.Member{}).Token
	for what, row := range map[string]struct {
		send functiontest.Request
		cost float64
	}{
		"a guest":            {functiontest.Request{}, 1},
		"a bearer":           {functiontest.Request{As: token}, 1},
		"a cookie":           {functiontest.Request{Cookies: map[string]string{auth.AccessCookie: token}}, 1},
		"a wrong bearer":     {functiontest.Request{As: "nobody"}, 11},
		"one that shouts":    {functiontest.Request{Header: map[string]string{"Authorization": "BEARER nobody"}}, 11},
		"a wrong cookie":     {functiontest.Request{Cookies: map[string]string{auth.AccessCookie: "nobody"}}, 11},
		"what is no bearer":  {functiontest.Request{Header: map[string]string{"Authorization": "Basic YTpi"}}, 1}, // nothing is looked up
		"what is no address": {functiontest.Request{Path: "/v1/none", As: "nobody"}, 1},
	} {
		row.send.Method, row.send.From = "GET", "203.0.113.9"
		if row.send.Path == "" {
			row.send.Path = "/v1/open"
		}
		before := taken(t, app, row.send.From)
		app.Do(row.send)
		if got := taken(t, app, row.send.From) - before; got < row.cost-.5 || got > row.cost+.5 {
			t.Errorf("%s costs %.1f requests, want %.0f", what, got, row.cost)
		}
	}
}

// taken is how many requests of its bucket an address has taken, whatever comes into it
// meanwhile: for so long, in seconds, redis_rate keeps what has been taken under a key.
func taken(t *testing.T, app *functiontest.App, from string) float64 {
	t.Helper()
	who, rule := host.AddressBucket(app.Deps.Key, netip.MustParseAddr(from), app.Now()), host.AddressRule()
	key := "rate:madang:test:l:" + who
	if app.Redis.Exists(app.Context(), key).Val() == 0 {
		limit.New(app.Redis, "madang:test:").Charge(app.Context(), who, rule, rule.Burst/2, app.Now())
	}
	until, err := app.Redis.Get(app.Context(), key).Float64()
	if err != nil {
		t.Fatal(err)
	}
	return until / (rule.Per.Seconds() / float64(rule.Rate))
}

// RFC 9110, 11.1: the scheme is case-insensitive.
func TestSchemeInAnyCase(t *testing.T) {
	app := functiontest.New(t, guessing)
	token := app.Member(functiontest.Member{}).Token
	for _, scheme := range []string{"Bearer", "bearer", "BEARER", "bEaReR"} {
		app.Do(functiontest.Request{Method: "POST", Path: "/v1/notes", Body: `{"word":"right"}`, Header: map[string]string{"Authorization": scheme + " " + token}}).Want(204)
		app.Do(functiontest.Request{Method: "POST", Path: "/v1/notes", Body: `{"word":"right"}`, Header: map[string]string{"Authorization": scheme + "  " + token}}).Want(204)
	}
	for _, other := range []string{"Bearer", "Basic " + token, "Bearer" + token, token} {
		app.Do(functiontest.Request{Method: "POST", Path: "/v1/notes", Body: `{"word":"right"}`, Header: map[string]string{"Authorization": other}}).Problem(401, "session-ended")
	}
}

// At a route where secrets are guessed, it is failures that count; where mail is sent,
// everything does. A campus has a hundred times as much of either.
func TestFailuresCount(t *testing.T) {
	campus := functiontest.WithSettings(func(s *function.Settings) {
		s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("2001:db8:1::/48")}
	})
	for _, row := range []struct {
		path, word, from string
		most             int // that pass of 300; 0 for all
	}{
		{"/v1/guesses", "right", "203.0.113.1", 0},
		{"/v1/guesses", "wrong", "203.0.113.1", 22},
		{"/v1/guesses", "wrong", "198.51.100.1", 0},
		{"/v1/guesses", "wrong", "2001:db8:1:2::3", 0},
		{"/v1/messages", "right", "203.0.113.1", 22},
		{"/v1/messages", "right", "198.51.100.1", 0},
	} {
		app := functiontest.New(t, guessing, campus)
		passed, began := 0, time.Now()
		for range 300 {
			if r := app.Do(functiontest.Request{Method: "POST", Path: row.path, Body: `{"word":"` + row.word + `"}`, From: row.from}); r.Status != 429 {
				passed++
			}
		}
		if row.most > 0 {
			row.most += int(time.Since(began).Seconds()) // two come into the bucket every four seconds
		}
		if row.most == 0 && passed < 300 || row.most > 0 && (passed < 20 || passed > row.most) {
			t.Errorf("%s, %s from %s: %d of 300 passed", row.path, row.word, row.from, passed)
		}
	}
}

// A body that trickles ends with 408 while the pace is missed, whoever reads it or does not;
// one that keeps the pace is taken however long it is, and a stream has its function's time.
func TestSlowBodies(t *testing.T) {
	app := functiontest.New(t, guessing)
	h := host.New(guessing, host.Options{Deps: app.Deps, Redis: app.Redis, Now: app.Now, TrustedHops: 1, Pace: host.Pace{First: time.Second, BytesPerSecond: 50}})
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	for what, row := range map[string]struct {
		request string
		length  int
		pieces  []string
		pause   time.Duration
		want    string
	}{
		"nothing comes":      {"POST /v1/guesses", 20, nil, 0, "408 request-timeout"},
		"it begins and ends": {"POST /v1/guesses", 20, []string{`{"word":`}, 0, "408 request-timeout"},
		"a byte now and then": {"POST /v1/guesses", 1000, strings.Split(strings.Repeat(" ", 1000), ""), 50 * time.Millisecond,
			"408 request-timeout"},
		"what is not read":      {"GET /v1/open", 20, nil, 0, "204"},
		"what nobody takes":     {"POST /v1/none", 20, nil, 0, "404 not-found"},
		"slow, but fast enough": {"POST /v1/guesses", 160, []string{`{"word":"right"`, strings.Repeat(" ", 72), strings.Repeat(" ", 72), "}"}, 400 * time.Millisecond, "204"},
		"a stream":              {"POST /v1/streams", 3, []string{"a", "b", "c"}, 250 * time.Millisecond, "204"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			c, err := net.Dial("tcp", server.Listener.Addr().String())
			if err != nil {
				t.Fatal(err)
			}
			defer c.Close()
			kind := "application/json"
			if strings.HasSuffix(row.request, "streams") {
				kind = "text/plain"
			}
			_, _ = io.WriteString(c, row.request+" HTTP/1.1\r\nHost: a\r\nContent-Type: "+kind+"\r\nContent-Length: "+strconv.Itoa(row.length)+"\r\n\r\n")
			go func() {
				for _, piece := range row.pieces {
					if _, err := io.WriteString(c, piece); err != nil {
						return
					}
					time.Sleep(row.pause)
				}
			}()
			_ = c.SetReadDeadline(time.Now().Add(20 * time.Second)) // less than the function's whole time
			r, err := http.ReadResponse(bufio.NewReader(c), nil)
			if err != nil {
				t.Fatal(err)
			}
			body, _ := io.ReadAll(r.Body)
			status, code, _ := strings.Cut(row.want, " ")
			if strconv.Itoa(r.StatusCode) != status || !strings.Contains(string(body), code) {
				t.Errorf("%d %s, want %s", r.StatusCode, body, row.want)
			}
		})
	}
}
