// Package device keeps the browsers in which members get notifications while no page is open: what
// the browser's push service gave out for it, sealed, and whose it is.
//
// A device is of the session in which it was turned on. Who signs out there, or is signed out, is told
// nothing there from that moment on; a session that ends by itself leaves it on for Kept, since nobody
// said that it is to end.
package device

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/webpush"
)

// Limits.
const (
	// Most is how many devices a member has at most.
	Most = 20
	// MostName is how long a name is, in characters: a browser's own has up to 200 bytes.
	MostName = 200
	// Kept is how long a device stays on after its session ended by itself: longer than a vacation.
	Kept = 90 * 24 * time.Hour
	// MostSilent is how many calls in a row nobody answers before a device is forgotten, if they are spread over SilentFor: as many as
	// a message has tries. A push service that is away for an evening loses nobody.
	MostSilent = 6
	SilentFor  = 24 * time.Hour
)

// Device is a browser in which a member gets notifications.
type Device struct {
	ID        string
	Name      string // as the member named it, or its User-Agent
	Mark      string // by which its own pages know it: Mark of its endpoint; "" where that cannot be opened any more
	Here      bool   // it was turned on in the session that asks
	SeenAt    time.Time
	CreatedAt time.Time
}

// Mark is by what a page knows whether a device is its own browser's: the SHA-256 of the endpoint, in hexadecimal.
func Mark(endpoint string) string {
	sum := sha256.Sum256([]byte(endpoint))
	return hex.EncodeToString(sum[:])
}

// Content is what a browser says of itself.
type Content struct {
	Endpoint string
	P256dh   string
	Auth     string
	Name     string // as the member calls it; "" for Agent
	Agent    string // its User-Agent, as the host cut it
	Language string // of the page: ko or en
	// Replaces is the endpoint that its push service took back, of the caller's own device; "" for none.
	Replaces string
}

// Target is where a device's messages go, and whom they are encrypted for.
type Target struct {
	Address  outside.Address
	Receiver webpush.Receiver
	Language string // ko or en
}

// subscription is what is sealed of a device.
type subscription struct {
	Endpoint string `json:"endpoint"`
	P256dh   string `json:"p256dh"`
	Auth     string `json:"auth"`
}

// target reads what was given out, as it is stored.
func (s subscription) target() (Target, error) {
	address, err := outside.Parse(s.Endpoint)
	if err != nil {
		return Target{}, fmt.Errorf("device: %w", err)
	}
	receiver, err := webpush.Parse(s.P256dh, s.Auth)
	if err != nil {
		return Target{}, fmt.Errorf("device: %w", err)
	}
	return Target{Address: address, Receiver: receiver}, nil
}

// check reads what a browser says. Whether the address may be called is not asked yet.
func (c Content) check() (Content, subscription, outside.Address, error) {
	var f check.Fields
	c.Name = f.OptionalLine("name", c.Name, MostName)
	s := subscription{Endpoint: strings.TrimSpace(c.Endpoint), P256dh: c.P256dh, Auth: c.Auth}
	var address outside.Address
	if s.Endpoint == "" {
		f.Required("endpoint")
	} else {
		var err error
		if address, err = outside.Parse(s.Endpoint); err != nil {
			refused(&f, err)
		} else if !strings.HasPrefix(address.Origin(), "https://") {
			f.Add("endpoint", string(outside.Malformed), "https 주소가 아닙니다.", "It is no https address.")
		}
	}
	_, err := webpush.Parse(c.P256dh, c.Auth)
	switch {
	case errors.Is(err, webpush.ErrPublic):
		f.Add("keys.p256dh", "malformed", "브라우저가 준 공개키가 아닙니다.", "It is no public key of a browser: 65 bytes of a point of P-256 in base64url.")
	case err != nil:
		f.Add("keys.auth", "malformed", "브라우저가 준 인증값이 아닙니다.", "It is no secret of a browser: 16 bytes in base64url.")
	}
	return c, s, address, f.Err()
}

// refused says why an address is not taken.
func refused(f *check.Fields, err error) {
	switch outside.ReasonOf(err) {
	case outside.Malformed:
		f.Add("endpoint", string(outside.Malformed), "주소가 아닙니다.", "It is no address.")
	case outside.NoPort:
		f.Add("endpoint", string(outside.NoPort), "포트는 443만 쓸 수 있습니다.", "Only port 443 is called.")
	case outside.NotPublic:
		f.Add("endpoint", string(outside.NotPublic), "인터넷에 공개된 https 주소가 아닙니다.", "It is no https address of the public internet.")
	default:
		f.Add("endpoint", string(outside.NoName), "이런 이름의 서버를 찾을 수 없습니다.", "There is no server of this name.")
	}
}

func errTooMany() error {
	return problem.New(problem.Conflict, "too-many-devices", "기기는 20대까지입니다. 쓰지 않는 것을 지워 주세요.", "There can be 20 devices. Remove one that is not used.")
}

func errOthers() error {
	return problem.New(problem.Conflict, "device-of-another", "다른 사람이 알림을 받는 브라우저입니다.", "Somebody else gets notifications in this browser.")
}

// keys seal what is secret about devices.
type keys struct {
	box      secret.Box
	endpoint []byte
	proof    []byte
}

func newKeys(k secret.Key) keys {
	return keys{box: k.Box("device"), endpoint: k.Derive("device endpoint"), proof: k.Derive("device keys")}
}

// hash tells whether two devices have one endpoint, and nothing else about it.
func (k keys) hash(a outside.Address) string { return mac(k.endpoint, a.String()) }

// proves tells whether who says an endpoint is the browser that it was given to: no other knows its keys.
func (k keys) proves(a outside.Address, s subscription) string {
	return mac(k.proof, a.String(), s.P256dh, s.Auth)
}

func mac(key []byte, parts ...string) string {
	m := hmac.New(sha256.New, key)
	for _, p := range parts {
		_, _ = m.Write([]byte(p + "\n"))
	}
	return hex.EncodeToString(m.Sum(nil))
}

func (k keys) seal(id string, s subscription) (string, error) {
	raw, err := json.Marshal(s)
	if err != nil {
		return "", fmt.Errorf("device: %w", err)
	}
	return base64.RawStdEncoding.EncodeToString(k.box.Seal(raw, []byte("device/"+id))), nil
}

// open fails with secret.ErrSealed, as after SECRET_KEY was changed.
func (k keys) open(id, sealed string) (subscription, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return subscription{}, fmt.Errorf("device %s: %w", id, secret.ErrSealed)
	}
	plain, err := k.box.Open(raw, []byte("device/"+id))
	if err != nil {
		return subscription{}, fmt.Errorf("device %s: %w", id, err)
	}
	var s subscription
	if err := json.Unmarshal(plain, &s); err != nil {
		return subscription{}, fmt.Errorf("device %s: %w", id, secret.ErrSealed)
	}
	return s, nil
}
