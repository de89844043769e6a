package oidc_test

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/identity/oidc"
	"github.com/madang-council/madang/shared/identity/oidc/oidctest"
	"github.com/madang-council/madang/shared/secret"
)

var start = time.Date(2026, 3, 1, 23, 59, 0, 0, clock.Seoul)

func at(d time.Duration) context.Context { return clock.With(context.Background(), start.Add(d)) }

func client(issuers ...oidc.Issuer) *oidc.Client {
	return oidc.New(http.DefaultClient, secret.Key{7}, "https://council.example.ac.kr", issuers)
}

func TestFlowsDoNotMix(t *testing.T) {
	issuer := oidctest.New(t, func() time.Time { return start })
	i := oidc.Issuer{Name: "a", URL: issuer.URL, ClientID: oidctest.ClientID, ClientSecret: oidctest.ClientSecret}
	j := i
	j.Name = "b"
	c := client(i, j)
	address, cookie, err := c.Begin(at(0), "a", oidc.Flow{Purpose: oidc.SignIn, Return: "/"})
	if err != nil {
		t.Fatal(err)
	}
	q := issuer.Agree(t, address)
	answer := oidc.Answer{Cookie: cookie, State: q.Get("state"), Code: q.Get("code")}
	if flow, _, err := c.Finish(at(0), "b", answer); err == nil || flow.Purpose != "" {
		t.Error("an answer of one issuer counts for another")
	}
	if _, err := c.Recall(at(0), cookie, oidc.SignIn); err == nil {
		t.Error("a flow that has not ended is recalled")
	}
	kept, err := c.Remember(at(0), oidc.Flow{Purpose: oidc.Second, MemberID: "m"})
	if err != nil {
		t.Fatal(err)
	}
	if flow, _, err := c.Finish(at(0), "a", oidc.Answer{Cookie: kept}); err == nil || flow.Purpose != "" {
		t.Error("what was remembered counts as an answer of an issuer")
	}
	if flow, err := c.Recall(at(oidc.Life-time.Millisecond), kept, oidc.Second); err != nil || flow.MemberID != "m" {
		t.Errorf("%+v %v", flow, err)
	}
	if _, err := c.Recall(at(oidc.Life), kept, oidc.Second); err == nil {
		t.Error("a flow lives for ever")
	}
	asked := issuer.Asked()
	if _, who, err := c.Finish(at(0), "a", answer); err == nil || who.Subject != "" {
		t.Error("a token without a subject is somebody")
	}
	if n := issuer.Asked() - asked; n != 2 { // token and keys; discovery is kept
		t.Errorf("%d requests to the issuer", n)
	}
}

func FuzzRecall(f *testing.F) {
	c := client()
	kept, err := c.Remember(at(0), oidc.Flow{Purpose: oidc.Second, MemberID: "m"})
	if err != nil {
		f.Fatal(err)
	}
	for _, seed := range []string{"", "e30", kept, kept[1:]} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, cookie string) {
		if flow, err := c.Recall(at(0), cookie, oidc.Second); err == nil && flow.MemberID != "m" {
			t.Errorf("forged: %s", cookie)
		}
	})
}

func TestAnswersAreLimited(t *testing.T) {
	for _, endless := range []string{"/.well-known/openid-configuration", "/keys"} {
		sent := atomic.Int64{}
		var address string
		server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			if r.URL.Path == endless {
				for filler := bytes.Repeat([]byte(" "), 64<<10); sent.Load() < 64<<20; {
					n, err := w.Write(filler)
					if sent.Add(int64(n)); err != nil {
						return
					}
				}
				return
			}
			switch r.URL.Path {
			case "/token":
				_, _ = io.WriteString(w, `{"access_token":"a","token_type":"Bearer","id_token":"eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiIifQ.AAAA"}`)
			default:
				_ = json.NewEncoder(w).Encode(map[string]any{"issuer": address, "authorization_endpoint": address + "/auth", "token_endpoint": address + "/token", "jwks_uri": address + "/keys", "id_token_signing_alg_values_supported": []string{"RS256"}})
			}
		}))
		t.Cleanup(server.Close)
		address = server.URL
		c := client(oidc.Issuer{Name: "a", URL: address, ClientID: "id"})
		at := at(0)
		authorize, cookie, err := c.Begin(at, "a", oidc.Flow{Purpose: oidc.SignIn})
		if endless == "/keys" {
			u, _ := url.Parse(authorize)
			_, _, err = c.Finish(at, "a", oidc.Answer{Cookie: cookie, State: u.Query().Get("state"), Code: "code"})
		}
		if err == nil || sent.Load() > 16<<20 { // what the connection's buffers hold goes out all the same
			t.Errorf("%s: %d bytes were sent, %v", endless, sent.Load(), err)
		}
	}
}

// An issuer speaks for itself: what it says of another issuer is not believed, and nobody else
// is asked whom it redirects to.
func TestIssuersSpeakForThemselves(t *testing.T) {
	asked := atomic.Int64{}
	other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked.Add(1)
		w.WriteHeader(http.StatusNoContent)
	}))
	t.Cleanup(other.Close)
	for what, answer := range map[string]http.HandlerFunc{
		"another issuer's name": func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(map[string]any{"issuer": other.URL, "authorization_endpoint": other.URL + "/auth", "token_endpoint": other.URL + "/token", "jwks_uri": other.URL + "/keys"})
		},
		"a way to somebody else": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, other.URL, http.StatusTemporaryRedirect)
		},
	} {
		server := httptest.NewServer(answer)
		t.Cleanup(server.Close)
		address, cookie, err := client(oidc.Issuer{Name: "a", URL: server.URL, ClientID: "id"}).Begin(at(0), "a", oidc.Flow{Purpose: oidc.SignIn})
		if err == nil || address != "" || cookie != "" || asked.Load() != 0 {
			t.Errorf("%s: %q, %v, somebody else was asked %d times", what, address, err, asked.Load())
		}
	}
}
