// Package oidc asks other issuers who somebody is: OpenID Connect Core 1.0, the code flow
// with PKCE (RFC 7636, S256), a state and a nonce.
//
// Between the two halves of the flow nothing is stored: what must be remembered goes,
// sealed, into a cookie of the browser that began it. So an answer counts only in that
// browser, and only for ten minutes.
package oidc

import (
	"context"
	"crypto/hmac"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Life is how long somebody may take at the issuer.
const Life = 10 * time.Minute

// Issuer is an OpenID Connect provider.
type Issuer struct {
	Name         string // in addresses, as "kakao"
	URL          string // the issuer identifier, under which discovery finds the rest
	ClientID     string
	ClientSecret string
	Scopes       []string // besides openid
}

// What a flow is for.
const (
	SignIn  = "sign-in"
	Link    = "link"    // to the account of a member who is signed in
	Second  = "second"  // signed in at the issuer; the second factor is still to come
	Joining = "joining" // signed in at the issuer; a consent is still to come, which makes an account
	Leaving = "leaving" // signed in at the issuer; whether to come back is still to come
)

// Flow is what is remembered while somebody is at the issuer.
type Flow struct {
	Purpose  string `json:"p"`
	Return   string `json:"r"`           // path of the site to go on at
	MemberID string `json:"m,omitempty"` // whose account is linked, or awaits its second factor
	Mark     string `json:"k,omitempty"` // of the credentials then, of one who awaits the second factor
	// EndOthers says, of Link, that the member's other sessions end with it.
	EndOthers bool `json:"o,omitempty"`
	// ComesBack says, of one who awaits the second factor, that it undoes leaving.
	ComesBack bool `json:"b,omitempty"`
	// Who is, of Joining and Leaving, whom the issuer identified.
	Who Identity `json:"w,omitzero"`
}

// sealed is a flow with what only its two halves know.
type sealed struct {
	Flow
	Issuer   string `json:"i"`
	State    string `json:"s"`
	Nonce    string `json:"n"`
	Verifier string `json:"v"`
	Until    int64  `json:"u"` // ms
}

// Identity is what an issuer says about somebody. Issuer and Subject together name them
// for ever; nothing else does.
type Identity struct {
	Issuer  string `json:"i"`
	Subject string `json:"s"`
	Email   string `json:"e,omitempty"` // "" unless the issuer has verified it
	Name    string `json:"n,omitempty"` // may be empty
}

// ErrFlow is the answer to a flow that did not begin in this browser, or too long ago.
func ErrFlow() *problem.Error {
	return problem.New(problem.Malformed, "oidc-flow-ended", "로그인을 처음부터 다시 시작하세요.", "Begin to sign in again.")
}

// ErrRefused is the answer where somebody did not agree at the issuer.
func ErrRefused() *problem.Error {
	return problem.New(problem.Unauthenticated, "oidc-refused", "로그인을 취소했습니다.", "Signing in was cancelled.")
}

// ErrFailed is the answer to a code or token that is not good.
func ErrFailed() *problem.Error {
	return problem.New(problem.Unauthenticated, "oidc-failed", "다른 계정으로 로그인하지 못했습니다.", "Signing in with the other account failed.")
}

// Client speaks to issuers. It does no I/O until somebody signs in; what discovery finds
// is kept for the life of the process.
type Client struct {
	http    *http.Client
	box     secret.Box
	site    string
	issuers []Issuer

	mu    sync.Mutex
	found map[string]*oidc.Provider
}

// answerLimit is how much of an issuer's answer is read, in bytes: discovery and keys of
// the largest take some 20 KiB. go-oidc itself reads as much as is sent.
const answerLimit = 256 << 10

// New makes a client for the site at an address without a slash at its end.
func New(client *http.Client, key secret.Key, site string, issuers []Issuer) *Client {
	if client != nil { // none where only the routes are asked for
		bounded := *client
		bounded.Transport = limited{client.Transport}
		bounded.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse } // an issuer speaks for itself
		client = &bounded
	}
	return &Client{http: client, box: key.Box("oidc flow"), site: site, issuers: issuers, found: map[string]*oidc.Provider{}}
}

// limited fails answers that are larger than answerLimit.
type limited struct{ next http.RoundTripper }

// RoundTrip asks as http.RoundTripper demands.
func (l limited) RoundTrip(r *http.Request) (*http.Response, error) {
	next := l.next
	if next == nil {
		next = http.DefaultTransport
	}
	answer, err := next.RoundTrip(r)
	if err == nil {
		answer.Body = http.MaxBytesReader(nil, answer.Body, answerLimit)
	}
	return answer, err
}

// Names are the names of the issuers, in the operator's order.
func (c *Client) Names() []string {
	names := []string{}
	for _, i := range c.issuers {
		names = append(names, i.Name)
	}
	return names
}

// Issuer finds an issuer by its name. It fails with problem.Absent.
func (c *Client) Issuer(name string) (Issuer, error) {
	at := slices.IndexFunc(c.issuers, func(i Issuer) bool { return i.Name == name })
	if at < 0 {
		return Issuer{}, problem.Absent()
	}
	return c.issuers[at], nil
}

// Begin returns the issuer's address to send the browser to, and the cookie to set. It
// fails with problem.Absent and, where the issuer does not answer, problem.Unavailable.
func (c *Client) Begin(ctx context.Context, name string, f Flow) (address, cookie string, err error) {
	issuer, provider, err := c.provider(ctx, name)
	if err != nil {
		return "", "", err
	}
	s := sealed{Flow: f, Issuer: name, Verifier: oauth2.GenerateVerifier(), Until: clock.Millis(clock.Now(ctx).Add(Life))}
	s.State, _ = secret.Token()
	s.Nonce, _ = secret.Token()
	if cookie, err = c.seal(s); err != nil {
		return "", "", err
	}
	config := c.config(issuer, provider)
	return config.AuthCodeURL(s.State, oidc.Nonce(s.Nonce), oauth2.S256ChallengeOption(s.Verifier)), cookie, nil
}

// Answer is what the browser brings back from the issuer.
type Answer struct{ Cookie, State, Code, Error string }

// Finish checks an answer and returns what the flow was for and who somebody is. Without a
// flow that began in this browser it fails with ErrFlow and an empty Flow; otherwise the
// flow is given with every error: ErrRefused, ErrFailed, problem.Unavailable.
func (c *Client) Finish(ctx context.Context, name string, a Answer) (Flow, Identity, error) {
	s, err := c.open(ctx, a.Cookie)
	if err != nil || s.Issuer != name || s.State == "" || !hmac.Equal([]byte(s.State), []byte(a.State)) {
		return Flow{}, Identity{}, ErrFlow()
	}
	if a.Error != "" || a.Code == "" {
		return s.Flow, Identity{}, ErrRefused()
	}
	issuer, provider, err := c.provider(ctx, name)
	if err != nil {
		return s.Flow, Identity{}, err
	}
	raw, err := c.exchange(ctx, issuer, provider, a.Code, s.Verifier)
	if err != nil {
		return s.Flow, Identity{}, err
	}
	who, err := c.verify(ctx, issuer, provider, raw, s.Nonce)
	return s.Flow, who, err
}

// Remember seals a flow that goes on at the site itself.
func (c *Client) Remember(ctx context.Context, f Flow) (cookie string, err error) {
	return c.seal(sealed{Flow: f, Until: clock.Millis(clock.Now(ctx).Add(Life))})
}

// Recall opens what Remember sealed. It fails with ErrFlow.
func (c *Client) Recall(ctx context.Context, cookie, purpose string) (Flow, error) {
	s, err := c.open(ctx, cookie)
	if err != nil || s.Purpose != purpose || s.State != "" {
		return Flow{}, ErrFlow()
	}
	return s.Flow, nil
}

func (c *Client) seal(s sealed) (string, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("oidc flow: %w", err)
	}
	return base64.RawURLEncoding.EncodeToString(c.box.Seal(raw, nil)), nil
}

func (c *Client) open(ctx context.Context, cookie string) (sealed, error) {
	var s sealed
	raw, err := base64.RawURLEncoding.Strict().DecodeString(cookie)
	if err != nil || strings.ContainsAny(cookie, "\r\n") { // skipped by the decoder
		return s, ErrFlow()
	}
	plain, err := c.box.Open(raw, nil)
	if err != nil {
		return s, ErrFlow()
	}
	if err := json.Unmarshal(plain, &s); err != nil || clock.Millis(clock.Now(ctx)) >= s.Until {
		return sealed{}, ErrFlow()
	}
	return s, nil
}

func (c *Client) provider(ctx context.Context, name string) (Issuer, *oidc.Provider, error) {
	issuer, err := c.Issuer(name)
	if err != nil {
		return Issuer{}, nil, err
	}
	c.mu.Lock()
	provider := c.found[name]
	c.mu.Unlock()
	if provider != nil {
		return issuer, provider, nil
	}
	// Outside of the lock: a slow issuer must not hold up the others.
	provider, err = oidc.NewProvider(oidc.ClientContext(ctx, c.http), issuer.URL)
	if err != nil {
		return Issuer{}, nil, problem.Away(fmt.Errorf("issuer %s: %w", name, err))
	}
	c.mu.Lock()
	c.found[name] = provider
	c.mu.Unlock()
	return issuer, provider, nil
}

func (c *Client) config(i Issuer, p *oidc.Provider) *oauth2.Config {
	return &oauth2.Config{
		ClientID: i.ClientID, ClientSecret: i.ClientSecret, Endpoint: p.Endpoint(),
		RedirectURL: c.site + "/v1/auth/oidc/" + i.Name + "/callback",
		Scopes:      append([]string{oidc.ScopeOpenID}, i.Scopes...),
	}
}

// exchange trades the code for an id token.
func (c *Client) exchange(ctx context.Context, i Issuer, p *oidc.Provider, code, verifier string) (string, error) {
	token, err := c.config(i, p).Exchange(oidc.ClientContext(ctx, c.http), code, oauth2.VerifierOption(verifier))
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused) && refused.Response.StatusCode < 500:
		return "", ErrFailed().Because(err)
	case err != nil:
		return "", problem.Away(fmt.Errorf("issuer %s: %w", i.Name, err))
	}
	raw, ok := token.Extra("id_token").(string)
	if !ok {
		return "", ErrFailed()
	}
	return raw, nil
}

// claims are what is read of an id token beside what the verifier checks.
type claims struct {
	AuthorizedParty string          `json:"azp"`
	Email           string          `json:"email"`
	EmailVerified   json.RawMessage `json:"email_verified"` // some issuers write "true"
	Name            string          `json:"name"`
	Nickname        string          `json:"nickname"` // Kakao's name
}

// verify checks signature, issuer, audience, expiry and nonce (Core 1.0, 3.1.3.7).
func (c *Client) verify(ctx context.Context, i Issuer, p *oidc.Provider, raw, nonce string) (Identity, error) {
	now := clock.Now(ctx)
	token, err := p.Verifier(&oidc.Config{ClientID: i.ClientID, Now: func() time.Time { return now }}).Verify(oidc.ClientContext(ctx, c.http), raw)
	if err != nil {
		return Identity{}, ErrFailed().Because(err)
	}
	var v claims
	if err := token.Claims(&v); err != nil {
		return Identity{}, ErrFailed().Because(err)
	}
	if !hmac.Equal([]byte(token.Nonce), []byte(nonce)) || token.Subject == "" || len(token.Subject) > 255 || v.AuthorizedParty != "" && v.AuthorizedParty != i.ClientID {
		return Identity{}, ErrFailed()
	}
	who := Identity{Issuer: i.URL, Subject: token.Subject, Name: v.Name}
	if strings.Trim(string(v.EmailVerified), `"`) == "true" {
		who.Email = v.Email
	}
	if who.Name == "" {
		who.Name = v.Nickname
	}
	return who, nil
}
