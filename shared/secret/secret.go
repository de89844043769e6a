// Package secret derives every key of the program from one master key, and does with them what the program needs: random
// tokens, signed links, salted addresses and sealed fields.
//
// A purpose is a constant text such as "cursor" or "rights-report"; two purposes have keys that tell nothing about each
// other, so that what is signed for one use is refused by another.
package secret

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"time"
)

// KeySize is the length of a key in bytes.
const KeySize = 32

// The errors of this package. None of them holds the secret or the token.
var (
	// ErrKey says that a master key is not 32 bytes in hexadecimal or base64, or is one byte repeated.
	ErrKey = errors.New("secret: want 32 random bytes in hexadecimal or base64")
	// ErrForged says that a token was altered, or was made under another key or for another purpose.
	ErrForged = errors.New("secret: forged token")
	// ErrExpired says that a token is genuine and too late.
	ErrExpired = errors.New("secret: expired token")
	// ErrSealed says that a sealed field was altered, or belongs to another key, purpose or record.
	ErrSealed = errors.New("secret: cannot open the sealed field")
)

// redacted stands for a key wherever one is printed.
const redacted = "secret.Key(redacted)"

// Key is the master key. Printing, logging or marshalling one shows a placeholder.
type Key [KeySize]byte

// Parse reads a master key of 32 bytes written in hexadecimal or in any common base64, white space around it ignored. The
// error is ErrKey.
func Parse(s string) (Key, error) {
	s = strings.TrimSpace(s)
	for _, decode := range []func(string) ([]byte, error){
		hex.DecodeString,
		base64.StdEncoding.DecodeString,
		base64.RawStdEncoding.DecodeString,
		base64.URLEncoding.DecodeString,
		base64.RawURLEncoding.DecodeString,
	} {
		// No text is 32 bytes in two of these: 64 hexadecimal digits are 48 bytes of base64.
		if raw, err := decode(s); err == nil && len(raw) == KeySize {
			key := Key(raw)
			if key == Key([]byte(strings.Repeat(string(raw[:1]), KeySize))) {
				return Key{}, ErrKey
			}
			return key, nil
		}
	}
	return Key{}, ErrKey
}

// UnmarshalText is Parse, for a field of the settings.
func (k *Key) UnmarshalText(text []byte) error {
	key, err := Parse(string(text))
	if err != nil {
		return err
	}
	*k = key
	return nil
}

// MarshalText returns a placeholder, so that no document can hold the key.
func (k Key) MarshalText() ([]byte, error) { return []byte(redacted), nil }

// Format writes a placeholder for every verb.
func (k Key) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(redacted)) }

// LogValue returns a placeholder.
func (k Key) LogValue() slog.Value { return slog.StringValue(redacted) }

// Derive returns the key of 32 bytes for purpose, by HKDF-SHA256 (RFC 5869) without salt.
func (k Key) Derive(purpose string) []byte {
	key, err := hkdf.Key(sha256.New, k[:], nil, "madang "+purpose, KeySize)
	if err != nil {
		panic(err) // only for more than 255 hashes of output
	}
	return key
}

// Token returns 256 random bits as 43 URL-safe characters, to be given away once, and their Hash, to be stored.
func Token() (plain string, hash []byte) {
	random := make([]byte, KeySize)
	_, _ = rand.Read(random) // never fails: the program ends instead
	plain = base64.RawURLEncoding.EncodeToString(random)
	return plain, Hash(plain)
}

// Hash returns the SHA-256 of token, 32 bytes. A plain hash is enough only because a token cannot be guessed; passwords have
// their own package.
func Hash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// DaySalt returns the 32 bytes with which client addresses are hashed on day, a date such as 2026-03-01 in Asia/Seoul.
func (k Key) DaySalt(day string) []byte {
	return k.Derive("client address " + day)
}

// Clients hashes clients' addresses on one day. To make it takes longer than to use it.
type Clients struct{ salt []byte }

// Clients hashes addresses on day.
func (k Key) Clients(day string) Clients { return Clients{salt: k.DaySalt(day)} }

// Hash is what is stored instead of a client's address: 16 bytes of HMAC-SHA256 under the salt of the day.
//
// The same client has another hash on another day, and nobody without the master key can try out addresses. An IPv4 address
// counts whole, an IPv6 address by its first 64 bits, which is what one household or phone is given and can vary freely
// within. An invalid address has a hash too, the same for all.
func (c Clients) Hash(ip netip.Addr) []byte {
	ip = ip.Unmap().WithZone("")
	if ip.Is6() {
		ip = netip.PrefixFrom(ip, 64).Masked().Addr()
	}
	mac := hmac.New(sha256.New, c.salt)
	mac.Write(ip.AsSlice())
	return mac.Sum(nil)[:16]
}

const (
	signatureVersion = 1
	signatureHeader  = 1 + 8 // version, then seconds since 1970
)

// Signer signs what is given away and comes back, such as the link of a preview. Everybody can read what it signs.
type Signer struct {
	key []byte
}

// Signer returns the signer for purpose.
func (k Key) Signer(purpose string) Signer {
	return Signer{key: k.Derive("sign " + purpose)}
}

// Sign returns payload and its end as a URL-safe token. Expires counts in whole seconds, rounded down.
func (s Signer) Sign(payload string, expires time.Time) string {
	token := binary.BigEndian.AppendUint64([]byte{signatureVersion}, uint64(expires.Unix()))
	token = append(token, payload...)
	return base64.RawURLEncoding.EncodeToString(append(token, s.mac(token)...))
}

// Verify returns the payload of token. The error is ErrForged, or ErrExpired from the second at which it expires.
func (s Signer) Verify(token string, now time.Time) (payload string, err error) {
	payload, _, err = s.Open(token, now)
	return payload, err
}

// Open is Verify that says, too, when the token expires, or did.
func (s Signer) Open(token string, now time.Time) (payload string, expires time.Time, err error) {
	if strings.ContainsAny(token, "\r\n") { // skipped by the decoder
		return "", time.Time{}, ErrForged
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < signatureHeader+sha256.Size {
		return "", time.Time{}, ErrForged
	}
	body, mac := raw[:len(raw)-sha256.Size], raw[len(raw)-sha256.Size:]
	if !hmac.Equal(mac, s.mac(body)) || body[0] != signatureVersion {
		return "", time.Time{}, ErrForged
	}
	expires = time.Unix(int64(binary.BigEndian.Uint64(body[1:signatureHeader])), 0).UTC()
	if now.Unix() >= expires.Unix() {
		return "", expires, ErrExpired
	}
	return string(body[signatureHeader:]), expires, nil
}

func (s Signer) mac(body []byte) []byte {
	mac := hmac.New(sha256.New, s.key)
	mac.Write(body)
	return mac.Sum(nil)
}

const sealVersion = 1

// Box encrypts small personal fields, such as a phone number, with AES-256-GCM.
//
// Nonces are random, which is safe for 2^32 fields under one purpose. A box hides what a field says, not how long it is.
type Box struct {
	aead cipher.AEAD
}

// Box returns the box for purpose.
func (k Key) Box(purpose string) Box {
	block, err := aes.NewCipher(k.Derive("seal " + purpose))
	if err != nil {
		panic(err) // only for a key of another length
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		panic(err) // only for a block of another size
	}
	return Box{aead: aead}
}

// Seal returns plain encrypted: 29 bytes longer, a version, a nonce and a tag. Associated names the record and the column,
// such as "member/42/phone", so that a field copied to another record does not open there.
func (b Box) Seal(plain, associated []byte) []byte {
	return b.aead.Seal([]byte{sealVersion}, nil, plain, associated) //nolint:gosec // G407: this AEAD makes a random nonce itself and refuses one
}

// Open returns what Seal encrypted with the same associated data. The error is ErrSealed.
func (b Box) Open(sealed, associated []byte) ([]byte, error) {
	if len(sealed) == 0 || sealed[0] != sealVersion {
		return nil, ErrSealed
	}
	plain, err := b.aead.Open(nil, nil, sealed[1:], associated)
	if err != nil {
		return nil, ErrSealed
	}
	return plain, nil
}
