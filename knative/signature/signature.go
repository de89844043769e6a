// Package signature says whether an image is signed by a key of the council's, as
// `cosign sign --key` of cosign 2 signs without a transparency log (task sign).
//
// Such a signature is an image of its own in the same repository, tagged
// sha256-<hex of the signed digest>.sig. Each of its layers is a payload, a small JSON that
// names repository and digest, and has in the annotation [Annotation] the base64 of an
// ECDSA signature in ASN.1 over the payload's SHA-256.
package signature

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// Formats of cosign's: github.com/sigstore/cosign/blob/main/specs/SIGNATURE_SPEC.md.
const (
	Annotation  = "dev.cosignproject.cosign/signature"
	MediaType   = "application/vnd.dev.cosign.simplesigning.v1+json"
	PayloadType = "cosign container image signature"
)

// ErrUnsigned is what every refusal is: the image has no signature that counts. A registry
// that did not answer is another error.
var ErrUnsigned = errors.New("not signed by a key of images.signedBy")

// Of one image: a payload is about 250 bytes, and each release of the same digest may add one.
const (
	payloadBytes = 16 << 10
	signatures   = 64
)

// Payload is what is signed.
type Payload struct {
	Critical struct {
		Identity struct {
			Reference string `json:"docker-reference"` // the repository, as registry.example/madang/notices
		} `json:"identity"`
		Image struct {
			Digest string `json:"docker-manifest-digest"` // sha256:…
		} `json:"image"`
		Type string `json:"type"` // PayloadType
	} `json:"critical"`
}

// Keys are public keys, of which one is enough: while a key is being replaced there are two.
type Keys []*ecdsa.PublicKey

// ParseKeys reads public keys in PEM, one below the other, as cosign.pub has one. Text
// without a key is an error, and so is one of another kind than ECDSA P-256.
func ParseKeys(text string) (Keys, error) {
	keys, rest := Keys{}, []byte(text)
	for {
		var block *pem.Block
		block, rest = pem.Decode(rest)
		if block == nil {
			break
		}
		parsed, err := x509.ParsePKIXPublicKey(block.Bytes)
		if err != nil {
			return nil, fmt.Errorf("public key: %w", err)
		}
		key, ok := parsed.(*ecdsa.PublicKey)
		if !ok || key.Curve != elliptic.P256() {
			return nil, fmt.Errorf("public key: %T is not ECDSA P-256, which cosign generate-key-pair makes", parsed)
		}
		keys = append(keys, key)
	}
	if len(keys) == 0 || strings.TrimSpace(string(rest)) != "" {
		return nil, errors.New("public key: PEM is wanted, -----BEGIN PUBLIC KEY-----")
	}
	return keys, nil
}

// Verify asks the image's registry, with the logins of docker login, for a signature of
// this digest in this repository by one of the keys. image is registry/repository@sha256:…
func (k Keys) Verify(ctx context.Context, image string) error {
	if err := k.verify(ctx, image); err != nil {
		return fmt.Errorf("%s: %w", image, err)
	}
	return nil
}

func (k Keys) verify(ctx context.Context, image string) error {
	digest, err := name.NewDigest(image)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnsigned, err)
	}
	tag := digest.Context().Tag(strings.Replace(digest.DigestStr(), ":", "-", 1) + ".sig")
	found, err := remote.Image(tag, remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain))
	if missing(err) {
		return fmt.Errorf("%w: there is no %s", ErrUnsigned, tag)
	}
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	manifest, err := found.Manifest()
	if err != nil {
		return fmt.Errorf("signature: %w", err)
	}
	reasons := ErrUnsigned
	for i, layer := range manifest.Layers {
		if i == signatures {
			return fmt.Errorf("%w; and more than %d signatures", reasons, signatures)
		}
		why, err := k.check(found, layer, digest)
		if why == "" || err != nil {
			return err
		}
		reasons = fmt.Errorf("%w: %s", reasons, why)
	}
	return reasons
}

// check says why a signature does not count, "" where it does.
func (k Keys) check(found v1.Image, layer v1.Descriptor, digest name.Digest) (why string, err error) {
	if layer.MediaType != MediaType || layer.Size > payloadBytes {
		return fmt.Sprintf("%s of %d bytes is no payload", layer.MediaType, layer.Size), nil
	}
	signed, err := base64.StdEncoding.DecodeString(layer.Annotations[Annotation])
	if err != nil {
		return "the signature is no base64", nil //nolint:nilerr // it is why the signature does not count
	}
	payload, err := read(found, layer)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(payload)
	mine := false
	for _, key := range k {
		mine = mine || ecdsa.VerifyASN1(key, sum[:], signed)
	}
	if !mine {
		return "signed by another key, or changed since", nil
	}
	var p Payload
	if err := json.Unmarshal(payload, &p); err != nil {
		return "the payload is no JSON", nil //nolint:nilerr // it is why the signature does not count
	}
	switch c := p.Critical; {
	case c.Type != PayloadType:
		return fmt.Sprintf("the payload is of type %q", c.Type), nil
	case c.Image.Digest != digest.DigestStr():
		return "the signature is of " + c.Image.Digest, nil
	case c.Identity.Reference != digest.Context().Name():
		return "the signature is of the repository " + c.Identity.Reference, nil
	}
	return "", nil
}

// read reads a payload; the registry's bytes are those of the layer's digest, or an error.
func read(found v1.Image, layer v1.Descriptor) ([]byte, error) {
	blob, err := found.LayerByDigest(layer.Digest)
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	content, err := blob.Compressed()
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	defer func() { _ = content.Close() }()
	payload, err := io.ReadAll(io.LimitReader(content, payloadBytes+1))
	if err != nil {
		return nil, fmt.Errorf("signature: %w", err)
	}
	return payload, nil
}

// missing says whether a registry answered that it does not have this.
func missing(err error) bool {
	var answer *transport.Error
	return errors.As(err, &answer) && answer.StatusCode == http.StatusNotFound
}
