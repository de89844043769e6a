// Package webpush makes messages that browsers show while no page is open: it encrypts them so that
// the browser's maker, who brings them there, cannot read them (RFC 8291), and says who sends them
// (RFC 8292, VAPID). It sends nothing.
package webpush

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/ecdh"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
)

// What a browser gives out, in bytes (RFC 8291, 3.1 and 3.2).
const (
	publicSize = 65 // of a point of P-256, uncompressed
	secretSize = 16
)

// Receiver is what a browser gave out so that messages can be encrypted for it alone.
type Receiver struct {
	public *ecdh.PublicKey
	secret []byte
}

// The errors of Parse. None of them holds a key.
var (
	ErrPublic = errors.New("webpush: p256dh is no point of P-256")
	ErrSecret = errors.New("webpush: auth is not 16 bytes")
)

// Parse reads the keys of a PushSubscription as its toJSON writes them: base64url without padding,
// in their one spelling.
func Parse(p256dh, auth string) (Receiver, error) {
	point, err := decode(p256dh, publicSize)
	if err != nil {
		return Receiver{}, ErrPublic
	}
	public, err := ecdh.P256().NewPublicKey(point) // on the curve, and not at infinity
	if err != nil {
		return Receiver{}, ErrPublic
	}
	secret, err := decode(auth, secretSize)
	if err != nil {
		return Receiver{}, ErrSecret
	}
	return Receiver{public, secret}, nil
}

// errForm says that a text is not so many bytes in base64url.
var errForm = errors.New("webpush: another length")

func decode(text string, size int) ([]byte, error) {
	if len(text) != base64.RawURLEncoding.EncodedLen(size) {
		return nil, errForm
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(raw) != size { // line ends are skipped by the decoder
		return nil, errForm
	}
	return raw, nil
}

const (
	// Most is how long a message may be, in bytes: push services take 4096 encrypted (RFC 8030, 7.2).
	Most = 4096 - overhead
	// step is to whose multiple messages are filled up, so that their length tells the push service little.
	step = 512
	// overhead is what encrypting adds: salt, size of the record, length and key of the sender, the end of
	// the text, and the tag (RFC 8188, 2.1).
	overhead = saltSize + 4 + 1 + publicSize + 1 + tagSize
	saltSize = 16
	tagSize  = 16
)

// ErrTooLong says that a message is longer than Most.
var ErrTooLong = errors.New("webpush: the message is too long")

// Encrypt is a message as the body of a request with Content-Encoding: aes128gcm. Each call has another result.
func (r Receiver) Encrypt(plain []byte) ([]byte, error) {
	sender, err := ecdh.P256().GenerateKey(rand.Reader)
	if err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	salt := make([]byte, saltSize)
	_, _ = rand.Read(salt) // never fails: the program ends instead
	filled := (len(plain) + step) / step * step
	return r.encrypt(plain, min(filled, Most), salt, sender)
}

// encrypt is one record (RFC 8188) of a text and zeros behind it up to a size, of a sender's key that
// is used for nothing else.
func (r Receiver) encrypt(plain []byte, size int, salt []byte, sender *ecdh.PrivateKey) ([]byte, error) {
	if len(plain) > Most {
		return nil, ErrTooLong
	}
	shared, err := sender.ECDH(r.public)
	if err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	own := sender.PublicKey().Bytes()
	derive := func(secret, salt []byte, info string, size int) []byte {
		if err == nil {
			var key []byte
			key, err = hkdf.Key(sha256.New, secret, salt, info, size)
			return key
		}
		return nil
	}
	ikm := derive(shared, r.secret, "WebPush: info\x00"+string(r.public.Bytes())+string(own), sha256.Size)
	key := derive(ikm, salt, "Content-Encoding: aes128gcm\x00", 16)
	nonce := derive(ikm, salt, "Content-Encoding: nonce\x00", 12)
	if err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	aead, err := cipher.NewGCM(block)
	if err != nil {
		return nil, fmt.Errorf("webpush: %w", err)
	}
	const last = 2 // of the records (RFC 8188, 2)
	text := append(slices.Clone(plain), last)
	text = append(text, make([]byte, max(0, size-len(plain)))...)
	header := append(binary.BigEndian.AppendUint32(slices.Clone(salt), 4096), byte(len(own)))
	return aead.Seal(append(header, own...), nonce, text, nil), nil
}
