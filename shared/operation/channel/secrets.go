package channel

import (
	"context"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/secret"
)

// secretPrefix is how secrets of Standard Webhooks begin, and secretSize how many random bytes are
// in one: it asks for 24 to 64 (standardwebhooks.com, Signature scheme).
const (
	secretPrefix = "whsec_"
	secretSize   = 32
)

// signing is a secret that messages are signed with.
type signing struct {
	Secret string `json:"secret"`          // with its prefix
	Until  int64  `json:"until,omitempty"` // ms; 0 for the newest, which has no end
}

func newSecret() string {
	random := make([]byte, secretSize)
	_, _ = rand.Read(random) // never fails: the program ends instead
	return secretPrefix + base64.StdEncoding.EncodeToString(random)
}

// rotated are the secrets after another was made: that one, and the newest of before for a while.
// More than two are never signed with.
func rotated(was []signing, made string, now time.Time) []signing {
	next := []signing{{Secret: made}}
	if len(was) > 0 {
		next = append(next, signing{Secret: was[0].Secret, Until: clock.Millis(now.Add(Overlap))})
	}
	return next
}

// signatures are those of a message by the secrets in force, as the header webhook-signature has
// them: HMAC-SHA-256 of id.timestamp.body, under v1, the newest secret's first.
func signatures(list []signing, id string, at time.Time, body []byte) (string, error) {
	out := []string{}
	for _, s := range list {
		if s.Until != 0 && clock.Millis(at) >= s.Until {
			continue
		}
		key, err := base64.StdEncoding.DecodeString(strings.TrimPrefix(s.Secret, secretPrefix))
		if err != nil {
			return "", fmt.Errorf("a secret of a webhook: %w", secret.ErrSealed)
		}
		mac := hmac.New(sha256.New, key)
		_, _ = mac.Write([]byte(id + "." + strconv.FormatInt(at.Unix(), 10) + "."))
		_, _ = mac.Write(body)
		out = append(out, "v1,"+base64.StdEncoding.EncodeToString(mac.Sum(nil)))
	}
	return strings.Join(out, " "), nil
}

// keys seal what is secret about channels.
type keys struct {
	box secret.Box
	tag []byte
}

func newKeys(k secret.Key) keys {
	return keys{box: k.Box("channel"), tag: k.Derive("channel address")}
}

// hash tells whether two channels have one address, and nothing else about it.
func (k keys) hash(a outside.Address) string {
	mac := hmac.New(sha256.New, k.tag)
	_, _ = mac.Write([]byte(a.String()))
	return hex.EncodeToString(mac.Sum(nil))
}

func (k keys) seal(id, column, text string) string {
	return base64.RawStdEncoding.EncodeToString(k.box.Seal([]byte(text), []byte("channel/"+id+"/"+column)))
}

func (k keys) open(id, column, sealed string) (string, error) {
	raw, err := base64.RawStdEncoding.DecodeString(sealed)
	if err != nil {
		return "", fmt.Errorf("channel %s: %w", id, secret.ErrSealed)
	}
	plain, err := k.box.Open(raw, []byte("channel/"+id+"/"+column))
	if err != nil {
		return "", fmt.Errorf("channel %s: %w", id, err)
	}
	return string(plain), nil
}

func (k keys) sealSecrets(id string, list []signing) (string, error) {
	if len(list) == 0 {
		return "", nil
	}
	raw, err := json.Marshal(list) //nolint:gosec // it is sealed at once
	if err != nil {
		return "", fmt.Errorf("secrets of channel %s: %w", id, err)
	}
	return k.seal(id, "secrets", string(raw)), nil
}

func (k keys) openSecrets(id, sealed string) ([]signing, error) {
	if sealed == "" {
		return nil, nil
	}
	raw, err := k.open(id, "secrets", sealed)
	if err != nil {
		return nil, err
	}
	list := []signing{}
	if err := json.Unmarshal([]byte(raw), &list); err != nil {
		return nil, fmt.Errorf("secrets of channel %s: %w", id, secret.ErrSealed)
	}
	return list, nil
}

// changing is until when the secret before is signed with as well.
func changing(ctx context.Context, list []signing) *time.Time {
	for _, s := range list {
		if s.Until > clock.Millis(clock.Now(ctx)) {
			until := clock.FromMillis(s.Until)
			return &until
		}
	}
	return nil
}
