// Package signaturetest is a registry in the process, and what cosign does to images in it.
package signaturetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"io"
	"log"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/static"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/madang-council/madang/knative/signature"
)

// Registry starts an empty one, and says its host.
func Registry(t testing.TB) string {
	t.Helper()
	server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
	t.Cleanup(server.Close)
	return strings.TrimPrefix(server.URL, "http://")
}

// Push puts a new image under a tag, host/repository:tag, and returns host/repository@sha256:….
func Push(t testing.TB, tag string) string {
	t.Helper()
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	reference, err := name.NewTag(tag)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(reference, image); err != nil {
		t.Fatal(err)
	}
	digest, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	return reference.Context().Digest(digest.String()).String()
}

// Key makes a pair; public is what cosign.pub would hold.
func Key(t testing.TB) (private *ecdsa.PrivateKey, public string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return private, Public(t, &private.PublicKey)
}

// Public is a public key in PEM.
func Public(t testing.TB, key any) string {
	t.Helper()
	der, err := x509.MarshalPKIXPublicKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "PUBLIC KEY", Bytes: der}))
}

// Of is the payload that cosign makes for an image.
func Of(t testing.TB, image string) signature.Payload {
	t.Helper()
	digest, err := name.NewDigest(image)
	if err != nil {
		t.Fatal(err)
	}
	var p signature.Payload
	p.Critical.Identity.Reference, p.Critical.Image.Digest, p.Critical.Type = digest.Context().Name(), digest.DigestStr(), signature.PayloadType
	return p
}

// Layer is a signature before it is pushed: tests spoil it.
type Layer struct {
	Payload   []byte
	Signature string // base64
	MediaType string
}

// Sign signs a payload.
func Sign(t testing.TB, key *ecdsa.PrivateKey, p signature.Payload) Layer {
	t.Helper()
	content, err := json.Marshal(p)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(content)
	signed, err := ecdsa.SignASN1(rand.Reader, key, sum[:])
	if err != nil {
		t.Fatal(err)
	}
	return Layer{Payload: content, Signature: base64.StdEncoding.EncodeToString(signed), MediaType: signature.MediaType}
}

// Attach pushes signatures where cosign looks for those of an image.
func Attach(t testing.TB, image string, layers ...Layer) {
	t.Helper()
	digest, err := name.NewDigest(image)
	if err != nil {
		t.Fatal(err)
	}
	signatures := empty.Image
	for _, l := range layers {
		signatures, err = mutate.Append(signatures, mutate.Addendum{
			Layer: static.NewLayer(l.Payload, types.MediaType(l.MediaType)), Annotations: map[string]string{signature.Annotation: l.Signature},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	tag := digest.Context().Tag(strings.Replace(digest.DigestStr(), ":", "-", 1) + ".sig")
	if err := remote.Write(tag, signatures); err != nil {
		t.Fatal(err)
	}
}

// Signed pushes a new image and signs it as task sign would.
func Signed(t testing.TB, tag string, key *ecdsa.PrivateKey) string {
	t.Helper()
	image := Push(t, tag)
	Attach(t, image, Sign(t, key, Of(t, image)))
	return image
}
