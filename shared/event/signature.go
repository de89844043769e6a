package event

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"net/http"
	"time"
)

// KeyPurpose is what the key of signatures is derived for (secret.Key.Derive).
const KeyPurpose = "event"

// signatureHeader is a CloudEvents extension, which a broker keeps with its event.
const signatureHeader = "ce-" + SignatureExtension

// SignatureExtension is the extension's name.
const SignatureExtension = "madangsignature"

// Sign writes who made an event beside it: whoever knows the key. A broker that others
// publish to as well then brings consumers nothing but the council's own.
func Sign(h http.Header, key []byte, e Event) { h.Set(signatureHeader, signature(key, e)) }

// Signed says whether an event that came was made by who knows the key.
func Signed(key []byte, e Event) bool {
	return hmac.Equal([]byte(e.Signature), []byte(signature(key, e)))
}

// signature is HMAC-SHA256 over what an event says, each part behind its length, so that no
// two events have the same.
func signature(key []byte, e Event) string {
	mac := hmac.New(sha256.New, key)
	for _, part := range []string{e.ID, e.Type, e.Subject, e.Time.UTC().Format(time.RFC3339Nano), string(e.Data)} {
		_, _ = mac.Write(binary.BigEndian.AppendUint64(nil, uint64(len(part)))) // a hash takes everything
		_, _ = mac.Write([]byte(part))
	}
	return base64.RawURLEncoding.EncodeToString(mac.Sum(nil))
}
