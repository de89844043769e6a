package webpush

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/hkdf"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

// life is how long a push service may take an authorization for good: RFC 8292 allows 24 h, clocks differ.
const life = 12 * time.Hour

// Key is who sends: browsers that subscribed with its public part take messages of nobody else.
type Key struct {
	private *ecdsa.PrivateKey
	public  string
}

// NewKey is the key that follows from a secret of 32 bytes, for ever the same.
func NewKey(seed []byte) (Key, error) {
	for n := 0; ; n++ {
		raw, err := hkdf.Key(sha256.New, seed, nil, "P-256 "+strconv.Itoa(n), 32)
		if err != nil {
			return Key{}, fmt.Errorf("webpush: %w", err)
		}
		private, err := ecdsa.ParseRawPrivateKey(elliptic.P256(), raw)
		if err != nil {
			continue // one in 2^32 is no number below the order of the curve
		}
		public, err := private.PublicKey.Bytes()
		if err != nil {
			return Key{}, fmt.Errorf("webpush: %w", err)
		}
		return Key{private: private, public: base64.RawURLEncoding.EncodeToString(public)}, nil
	}
}

// Public is what browsers subscribe with (applicationServerKey): 65 bytes in base64url.
func (k Key) Public() string { return k.public }

// Authorization is the header of that name of a request to a push service: its origin, and how its
// operators reach the sender, as https: or mailto: (Apple answers BadJwtToken to anything else).
func (k Key) Authorization(origin, contact string, now time.Time) (string, error) {
	claims, err := json.Marshal(struct {
		Audience string `json:"aud"`
		Expires  int64  `json:"exp"`
		Subject  string `json:"sub"`
	}{origin, now.Add(life).Unix(), contact})
	if err != nil {
		return "", fmt.Errorf("webpush: %w", err)
	}
	encode := base64.RawURLEncoding.EncodeToString
	said := encode([]byte(`{"typ":"JWT","alg":"ES256"}`)) + "." + encode(claims)
	sum := sha256.Sum256([]byte(said))
	r, s, err := ecdsa.Sign(rand.Reader, k.private, sum[:])
	if err != nil {
		return "", fmt.Errorf("webpush: %w", err)
	}
	signature := make([]byte, 64)
	r.FillBytes(signature[:32])
	s.FillBytes(signature[32:])
	return "vapid t=" + said + "." + encode(signature) + ", k=" + k.public, nil
}
