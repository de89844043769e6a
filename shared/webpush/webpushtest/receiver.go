// Package webpushtest is a browser and what a push service checks, written by RFC 8188, 8291 and
// 8292 with nothing of what it looks at.
package webpushtest

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"math/big"
	"strings"
	"testing"
	"time"
)

// Browser is one that has subscribed.
type Browser struct {
	Private *ecdh.PrivateKey
	Auth    []byte
}

// Open is a browser with keys of its own.
func Open(t testing.TB) Browser {
	t.Helper()
	private, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	auth := make([]byte, 16)
	_, _ = rand.Read(auth)
	return Browser{private, auth}
}

// Keys are p256dh and auth as its PushSubscription says them.
func (b Browser) Keys() (p256dh, auth string) {
	return base64.RawURLEncoding.EncodeToString(b.Private.PublicKey().Bytes()), base64.RawURLEncoding.EncodeToString(b.Auth)
}

// expand is HKDF with SHA-256 (RFC 5869) for at most 32 bytes, of its two steps.
func expand(salt, secret, info []byte, size int) []byte {
	extract := hmac.New(sha256.New, salt)
	_, _ = extract.Write(secret)
	once := hmac.New(sha256.New, extract.Sum(nil))
	_, _ = once.Write(append(info, 1))
	return once.Sum(nil)[:size]
}

// Read is what a body says, which must be one record of at most 4096 bytes.
func (b Browser) Read(body []byte) ([]byte, error) {
	if len(body) > 4096 {
		return nil, fmt.Errorf("%d bytes, more than every push service takes", len(body))
	}
	if len(body) < 21+65+17 {
		return nil, errors.New("it is too short")
	}
	salt, size, named := body[:16], binary.BigEndian.Uint32(body[16:20]), int(body[20])
	if named != 65 {
		return nil, fmt.Errorf("a key of %d bytes", named)
	}
	key, text := body[21:21+named], body[21+named:]
	if int(size) < len(text) {
		return nil, fmt.Errorf("a text of %d bytes in a record of %d", len(text), size)
	}
	sender, err := ecdh.P256().NewPublicKey(key)
	if err != nil {
		return nil, fmt.Errorf("the sender's key: %w", err)
	}
	shared, err := b.Private.ECDH(sender)
	if err != nil {
		return nil, fmt.Errorf("the sender's key: %w", err)
	}
	info := append([]byte("WebPush: info\x00"), b.Private.PublicKey().Bytes()...)
	ikm := expand(b.Auth, shared, append(info, key...), 32)
	block, err := aes.NewCipher(expand(salt, ikm, []byte("Content-Encoding: aes128gcm\x00"), 16))
	if err != nil {
		return nil, err
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, err
	}
	plain, err := aead.Open(nil, expand(salt, ikm, []byte("Content-Encoding: nonce\x00"), 12), text, nil)
	if err != nil {
		return nil, err
	}
	end := len(plain) - 1
	for end >= 0 && plain[end] == 0 {
		end--
	}
	if end < 0 || plain[end] != 2 {
		return nil, errors.New("it does not end as the last record does")
	}
	return plain[:end], nil
}

// Sender is who an Authorization is of.
type Sender struct {
	Public            string // in base64url
	Audience, Subject string
	Expires           time.Time
}

// Verify is whose an Authorization header is, as a push service looks at it.
func Verify(header string) (Sender, error) {
	token, key, found := strings.Cut(strings.TrimPrefix(header, "vapid t="), ", k=")
	parts := strings.Split(token, ".")
	if !found || !strings.HasPrefix(header, "vapid t=") || len(parts) != 3 {
		return Sender{}, fmt.Errorf("no authorization: %s", header)
	}
	raw := [][]byte{}
	for _, text := range append(parts, key) {
		one, err := base64.RawURLEncoding.Strict().DecodeString(text)
		if err != nil {
			return Sender{}, err
		}
		raw = append(raw, one)
	}
	var head struct{ Typ, Alg string }
	var said struct {
		Aud, Sub string
		Exp      int64
	}
	if err := errors.Join(json.Unmarshal(raw[0], &head), json.Unmarshal(raw[1], &said)); err != nil {
		return Sender{}, err
	}
	public, err := ecdsa.ParseUncompressedPublicKey(elliptic.P256(), raw[3])
	if err != nil {
		return Sender{}, err
	}
	sum := sha256.Sum256([]byte(parts[0] + "." + parts[1]))
	if head.Alg != "ES256" || head.Typ != "JWT" || len(raw[2]) != 64 || !ecdsa.Verify(public, sum[:], new(big.Int).SetBytes(raw[2][:32]), new(big.Int).SetBytes(raw[2][32:])) {
		return Sender{}, errors.New("the signature is not by the key")
	}
	return Sender{Public: key, Audience: said.Aud, Subject: said.Sub, Expires: time.Unix(said.Exp, 0)}, nil
}
