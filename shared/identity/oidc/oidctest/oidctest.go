// Package oidctest is an OpenID Connect issuer for tests, which can be told to lie.
package oidctest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strconv"
	"sync"
	"testing"
	"time"
)

// ClientID and ClientSecret are the client's at every issuer of the tests.
const (
	ClientID     = "madang"
	ClientSecret = "비밀"
)

// Issuer signs id tokens for whoever it is told to.
type Issuer struct {
	URL string
	Now func() time.Time

	// Claims are added to the next tokens; sub, email and name of somebody, or lies such
	// as another nonce.
	Claims map[string]any
	// Algorithm is RS256, ES256, none, or HS256 with the client's secret as the key.
	Algorithm string
	// Down makes every endpoint answer 503.
	Down bool

	server *httptest.Server
	rsa    *rsa.PrivateKey
	ecdsa  *ecdsa.PrivateKey
	mu     sync.Mutex
	codes  map[string]authorization
	asked  int
}

type authorization struct{ nonce, challenge, redirect string }

// rsaKey is that of every issuer of a test process: making one takes a fifth of a second.
var rsaKey = sync.OnceValues(func() (*rsa.PrivateKey, error) { return rsa.GenerateKey(rand.Reader, 2048) })

// New starts an issuer for the length of a test.
func New(t testing.TB, now func() time.Time) *Issuer {
	t.Helper()
	i := &Issuer{Now: now, Algorithm: "RS256", Claims: map[string]any{}, codes: map[string]authorization{}}
	var err error
	if i.rsa, err = rsaKey(); err != nil {
		t.Fatal(err)
	}
	if i.ecdsa, err = ecdsa.GenerateKey(elliptic.P256(), rand.Reader); err != nil {
		t.Fatal(err)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /.well-known/openid-configuration", i.discover)
	mux.HandleFunc("GET /keys", i.keys)
	mux.HandleFunc("POST /token", i.token)
	i.server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		i.mu.Lock()
		i.asked++
		i.mu.Unlock()
		if i.Down {
			w.WriteHeader(http.StatusServiceUnavailable)
			return
		}
		mux.ServeHTTP(w, r)
	}))
	t.Cleanup(i.server.Close)
	i.URL = i.server.URL
	return i
}

// Asked is how many requests there were.
func (i *Issuer) Asked() int {
	i.mu.Lock()
	defer i.mu.Unlock()
	return i.asked
}

// Agree does what somebody does at the issuer's page: it returns the query with which the
// browser comes back to the client.
func (i *Issuer) Agree(t testing.TB, address string) url.Values {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	q := u.Query()
	if q.Get("response_type") != "code" || q.Get("client_id") != ClientID || q.Get("code_challenge_method") != "S256" || q.Get("nonce") == "" || q.Get("state") == "" {
		t.Fatalf("not a request for a code with PKCE, nonce and state: %s", address)
	}
	code := rand.Text()
	i.mu.Lock()
	defer i.mu.Unlock()
	i.codes[code] = authorization{nonce: q.Get("nonce"), challenge: q.Get("code_challenge"), redirect: q.Get("redirect_uri")}
	return url.Values{"code": {code}, "state": {q.Get("state")}}
}

func (i *Issuer) discover(w http.ResponseWriter, _ *http.Request) {
	write(w, http.StatusOK, map[string]any{
		"issuer": i.URL, "authorization_endpoint": i.URL + "/authorize", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/keys",
		"id_token_signing_alg_values_supported": []string{"RS256", "ES256", "none", "HS256"},
	})
}

func (i *Issuer) keys(w http.ResponseWriter, _ *http.Request) {
	point, err := i.ecdsa.PublicKey.Bytes()
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, map[string]any{"keys": []map[string]string{
		{"kty": "RSA", "kid": "RS256", "alg": "RS256", "use": "sig", "n": encode(i.rsa.N.Bytes()), "e": encode(big.NewInt(int64(i.rsa.E)).Bytes())},
		{"kty": "EC", "kid": "ES256", "alg": "ES256", "use": "sig", "crv": "P-256", "x": encode(point[1:33]), "y": encode(point[33:])},
	}})
}

func (i *Issuer) token(w http.ResponseWriter, r *http.Request) {
	i.mu.Lock()
	a, known := i.codes[r.FormValue("code")]
	delete(i.codes, r.FormValue("code"))
	i.mu.Unlock()
	id, secret, _ := r.BasicAuth()
	if id == "" {
		id, secret = r.FormValue("client_id"), r.FormValue("client_secret")
	} else {
		secret, _ = url.QueryUnescape(secret)
	}
	challenge := sha256.Sum256([]byte(r.FormValue("code_verifier")))
	if !known || id != ClientID || secret != ClientSecret || a.redirect != r.FormValue("redirect_uri") || a.challenge != encode(challenge[:]) {
		write(w, http.StatusBadRequest, map[string]string{"error": "invalid_grant"})
		return
	}
	signed, err := i.sign(a.nonce)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	write(w, http.StatusOK, map[string]any{"access_token": rand.Text(), "token_type": "Bearer", "expires_in": 60, "id_token": signed})
}

func (i *Issuer) sign(nonce string) (string, error) {
	claims := map[string]any{"iss": i.URL, "aud": ClientID, "iat": i.Now().Unix(), "exp": i.Now().Add(time.Minute).Unix(), "nonce": nonce}
	for name, value := range i.Claims {
		claims[name] = value
	}
	payload, err := json.Marshal(claims)
	if err != nil {
		return "", err
	}
	text := encode([]byte(`{"alg":`+strconv.Quote(i.Algorithm)+`,"kid":`+strconv.Quote(i.Algorithm)+`}`)) + "." + encode(payload)
	digest := sha256.Sum256([]byte(text))
	var signature []byte
	switch i.Algorithm {
	case "RS256":
		signature, err = rsa.SignPKCS1v15(rand.Reader, i.rsa, crypto.SHA256, digest[:])
	case "ES256":
		r, s, failed := ecdsa.Sign(rand.Reader, i.ecdsa, digest[:])
		if err = failed; err == nil {
			signature = append(r.FillBytes(make([]byte, 32)), s.FillBytes(make([]byte, 32))...)
		}
	case "HS256":
		signature = digest[:]
	}
	return text + "." + encode(signature), err
}

func write(w http.ResponseWriter, status int, v any) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_ = json.NewEncoder(w).Encode(v)
}

func encode(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }
