package signature_test

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"encoding/base64"
	"errors"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/registry"

	"github.com/madang-council/madang/knative/signature"
	"github.com/madang-council/madang/knative/signature/signaturetest"
)

// What is signed by a key that is asked for passes, and nothing else.
func TestVerify(t *testing.T) {
	host := signaturetest.Registry(t)
	key, public := signaturetest.Key(t)
	next, nextPublic := signaturetest.Key(t)
	foreign, _ := signaturetest.Key(t)
	sign := signaturetest.Sign
	of := signaturetest.Of
	other := signaturetest.Push(t, host+"/madang/notices:other")
	for _, row := range []struct {
		name   string
		keys   string
		layers func(image string) []signaturetest.Layer // nil: no signature at all
		why    string                                   // part of the refusal; "": verified
	}{
		{"signed", public, func(i string) []signaturetest.Layer { return []signaturetest.Layer{sign(t, key, of(t, i))} }, ""},
		{"signed by the next key", public + nextPublic, func(i string) []signaturetest.Layer { return []signaturetest.Layer{sign(t, next, of(t, i))} }, ""},
		{"signed by somebody else, too", public, func(i string) []signaturetest.Layer {
			return []signaturetest.Layer{sign(t, foreign, of(t, i)), sign(t, key, of(t, i))}
		}, ""},
		{"unsigned", public, nil, "there is no"},
		{"a signature without layers", public, func(string) []signaturetest.Layer { return []signaturetest.Layer{} }, "not signed"},
		{"another key", public, func(i string) []signaturetest.Layer { return []signaturetest.Layer{sign(t, foreign, of(t, i))} }, "another key"},
		{"the key that was replaced", nextPublic, func(i string) []signaturetest.Layer { return []signaturetest.Layer{sign(t, key, of(t, i))} }, "another key"},
		{"of another digest", public, func(string) []signaturetest.Layer { return []signaturetest.Layer{sign(t, key, of(t, other))} }, "the signature is of sha256:"},
		{"of another repository", public, func(i string) []signaturetest.Layer {
			p := of(t, i)
			p.Critical.Identity.Reference = host + "/madang-pr/notices"
			return []signaturetest.Layer{sign(t, key, p)}
		}, "the signature is of the repository " + host + "/madang-pr/notices"},
		{"of another kind of payload", public, func(i string) []signaturetest.Layer {
			p := of(t, i)
			p.Critical.Type = "atomic container signature"
			return []signaturetest.Layer{sign(t, key, p)}
		}, "of type"},
		{"a payload that was changed", public, func(i string) []signaturetest.Layer {
			l := sign(t, key, of(t, other))
			_, mine, _ := strings.Cut(i, "@")
			_, its, _ := strings.Cut(other, "@")
			l.Payload = bytes.ReplaceAll(l.Payload, []byte(its), []byte(mine))
			return []signaturetest.Layer{l}
		}, "changed since"},
		{"a signature that was changed", public, func(i string) []signaturetest.Layer {
			l := sign(t, key, of(t, i))
			raw, _ := base64.StdEncoding.DecodeString(l.Signature)
			raw[len(raw)-1] ^= 1
			l.Signature = base64.StdEncoding.EncodeToString(raw)
			return []signaturetest.Layer{l}
		}, "changed since"},
		{"a signature that is none", public, func(i string) []signaturetest.Layer {
			l := sign(t, key, of(t, i))
			l.Signature = "?"
			return []signaturetest.Layer{l}
		}, "no base64"},
		{"an empty signature", public, func(i string) []signaturetest.Layer {
			l := sign(t, key, of(t, i))
			l.Signature = ""
			return []signaturetest.Layer{l}
		}, "changed since"},
		{"another media type", public, func(i string) []signaturetest.Layer {
			l := sign(t, key, of(t, i))
			l.MediaType = "application/octet-stream"
			return []signaturetest.Layer{l}
		}, "no payload"},
		{"a payload of any size", public, func(i string) []signaturetest.Layer {
			l := sign(t, key, of(t, i))
			l.Payload = append(l.Payload, bytes.Repeat([]byte(" "), 1<<20)...)
			return []signaturetest.Layer{l}
		}, "no payload"},
		{"signatures without end", public, func(i string) []signaturetest.Layer {
			layers := []signaturetest.Layer{}
			for range 65 {
				layers = append(layers, sign(t, foreign, of(t, i)))
			}
			return append(layers, sign(t, key, of(t, i)))
		}, "more than 64"},
	} {
		t.Run(row.name, func(t *testing.T) {
			keys, err := signature.ParseKeys(row.keys)
			if err != nil {
				t.Fatal(err)
			}
			image := signaturetest.Push(t, host+"/madang/notices:latest")
			if row.layers != nil {
				signaturetest.Attach(t, image, row.layers(image)...)
			}
			err = keys.Verify(t.Context(), image)
			switch {
			case row.why == "" && err != nil:
				t.Error(err)
			case row.why != "" && (!errors.Is(err, signature.ErrUnsigned) || !strings.Contains(err.Error(), row.why)):
				t.Errorf("%v, want a refusal with %q", err, row.why)
			}
		})
	}
}

// An image that was copied with its signature to where another is asked for is not that one.
func TestCopied(t *testing.T) {
	host := signaturetest.Registry(t)
	key, public := signaturetest.Key(t)
	keys, err := signature.ParseKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	image := signaturetest.Signed(t, host+"/madang/notices:latest", key)
	copied := strings.Replace(image, "/notices@", "/auth@", 1)
	signaturetest.Attach(t, copied, signaturetest.Sign(t, key, signaturetest.Of(t, image)))
	if err := keys.Verify(t.Context(), copied); !errors.Is(err, signature.ErrUnsigned) {
		t.Errorf("%v", err)
	}
	for _, tag := range []string{host + "/madang/notices:latest", host + "/madang/notices", ""} {
		if err := keys.Verify(t.Context(), tag); !errors.Is(err, signature.ErrUnsigned) {
			t.Errorf("%q has no digest: %v", tag, err)
		}
	}
}

// A registry that does not answer, or answers with other bytes, verifies nothing, and is
// not taken for one that has no signature.
func TestRegistryFails(t *testing.T) {
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	fail := func(http.ResponseWriter, *http.Request) bool { return false }
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !fail(w, r) {
			inner.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	key, public := signaturetest.Key(t)
	keys, err := signature.ParseKeys(public)
	if err != nil {
		t.Fatal(err)
	}
	image := signaturetest.Signed(t, strings.TrimPrefix(server.URL, "http://")+"/madang/notices:latest", key)
	if err := keys.Verify(t.Context(), image); err != nil {
		t.Fatal(err)
	}
	for name, f := range map[string]func(http.ResponseWriter, *http.Request) bool{
		"forbidden": func(w http.ResponseWriter, r *http.Request) bool {
			if strings.HasSuffix(r.URL.Path, ".sig") {
				w.WriteHeader(http.StatusForbidden)
			}
			return strings.HasSuffix(r.URL.Path, ".sig")
		},
		"other bytes": func(w http.ResponseWriter, r *http.Request) bool {
			if strings.Contains(r.URL.Path, "/blobs/") {
				_, _ = io.WriteString(w, "{}")
			}
			return strings.Contains(r.URL.Path, "/blobs/")
		},
	} {
		fail = f
		if err := keys.Verify(t.Context(), image); err == nil || errors.Is(err, signature.ErrUnsigned) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestParseKeys(t *testing.T) {
	_, public := signaturetest.Key(t)
	p384, err := ecdsa.GenerateKey(elliptic.P384(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	edwards, _, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{
		"nothing": "", "no PEM": "cosign.pub", "a word after it": public + "x", "no key": "-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
		"P-384": signaturetest.Public(t, &p384.PublicKey), "Ed25519": public + signaturetest.Public(t, edwards),
	} {
		if keys, err := signature.ParseKeys(text); err == nil {
			t.Errorf("%s: %v", name, keys)
		}
	}
	if keys, err := signature.ParseKeys("\n" + public + "\n" + public); err != nil || len(keys) != 2 {
		t.Errorf("%v %v", keys, err)
	}
}
