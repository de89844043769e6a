// Package totp is the second factor of sign-in: one-time passwords by time (RFC 6238) and recovery codes.
package totp

import (
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha1" //nolint:gosec // what authenticator apps implement; HMAC does not need collision resistance
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base32"
	"encoding/binary"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/text"
	"golang.org/x/text/unicode/norm"
)

// The parameters that every authenticator app knows; several ignore what the URI says and assume these.
const (
	Digits = 6                // decimal digits of a code
	Period = 30 * time.Second // how long a code is shown
	Window = 1                // steps before and after the present one that are accepted: clocks differ, people type slowly

	secretSize = 20 // bytes: RFC 4226, section 4, R6
	modulus    = 1_000_000
)

var (
	// ErrSecret says that a stored secret is not what NewSecret returns.
	ErrSecret = errors.New("totp: secret is not 20 bytes in base32")
	// ErrCode says that a code is not right now.
	ErrCode = errors.New("totp: wrong code")
)

// encoding is base32 without padding, as apps show and take it.
var encoding = base32.StdEncoding.WithPadding(base32.NoPadding)

// NewSecret returns 160 random bits as 32 characters of base32, to be stored sealed.
func NewSecret() string {
	return random(secretSize)
}

func random(size int) string {
	raw := make([]byte, size)
	_, _ = rand.Read(raw) // never fails: the program ends instead
	return encoding.EncodeToString(raw)
}

// URI returns the otpauth:// address that an app reads from a QR code. Issuer and account may be Korean; a colon in them,
// which would part the label elsewhere, becomes a space.
func URI(issuer, account, secret string) string {
	issuer, account = label(issuer), label(account)
	return fmt.Sprintf("otpauth://totp/%s:%s?secret=%s&issuer=%s&algorithm=SHA1&digits=%d&period=%d",
		issuer, account, label(secret), issuer, Digits, Period/time.Second)
}

// label escapes for a path and for a query alike: apps read "+" as itself, so that a space is %20 in both.
func label(s string) string {
	s = strings.ReplaceAll(norm.NFC.String(s), ":", " ")
	return strings.ReplaceAll(url.QueryEscape(s), "+", "%20")
}

// Code returns the code of secret at a time. The error is ErrSecret.
func Code(secret string, at time.Time) (string, error) {
	key, err := decode(secret)
	if err != nil {
		return "", err
	}
	return code(key, step(at)), nil
}

// Verify returns the time step whose code was given, inside the window around now; white space in code is ignored.
//
// The caller stores the step and refuses one that is not greater than the last, so that a code works once (RFC 6238, section
// 5.2). The error is ErrCode, or ErrSecret for a broken secret. Guessing is for the caller to limit: three of a million codes
// are right at any time.
func Verify(secret, given string, now time.Time) (matched int64, err error) {
	key, err := decode(secret)
	if err != nil {
		return 0, err
	}
	given = strings.Join(strings.Fields(given), "")
	found := 0
	for at := step(now) - Window; at <= step(now)+Window; at++ {
		// All are tried, the latest match wins: the time taken tells nothing, and the step stored covers the earlier ones.
		same := subtle.ConstantTimeCompare([]byte(given), []byte(code(key, at)))
		if same == 1 {
			matched = at
		}
		found |= same
	}
	if found == 0 {
		return 0, ErrCode
	}
	return matched, nil
}

// step counts periods since 1970, rounded down before it too.
func step(at time.Time) int64 {
	const seconds = int64(Period / time.Second)
	n := at.Unix()
	if n < 0 {
		n -= seconds - 1
	}
	return n / seconds
}

func decode(secret string) ([]byte, error) {
	key, err := encoding.DecodeString(secret)
	if err != nil || len(key) != secretSize || len(secret) != encoding.EncodedLen(secretSize) {
		return nil, ErrSecret
	}
	return key, nil
}

// code is HOTP of RFC 4226, section 5.3.
func code(key []byte, step int64) string {
	mac := hmac.New(sha1.New, key)
	mac.Write(binary.BigEndian.AppendUint64(nil, uint64(step)))
	sum := mac.Sum(nil)
	offset := sum[len(sum)-1] & 0x0f
	truncated := binary.BigEndian.Uint32(sum[offset:]) & 0x7fffffff
	return fmt.Sprintf("%0*d", Digits, truncated%modulus)
}

// Recovery codes stand in for a lost device, once each.
const (
	RecoveryCodes = 10 // codes of a set

	recoverySize  = 10 // bytes: 80 bits cannot be guessed even from the stolen hashes
	recoveryGroup = 4  // characters between hyphens
)

// NewRecoveryCodes returns a set of codes such as "abcd-efgh-ijkl-mnop", to be shown once, and their hashes in the same order,
// to be stored.
func NewRecoveryCodes() (codes []string, hashes [][]byte) {
	for range RecoveryCodes {
		letters := strings.ToLower(random(recoverySize))
		var groups []string
		for ; letters != ""; letters = letters[recoveryGroup:] {
			groups = append(groups, letters[:recoveryGroup])
		}
		code := strings.Join(groups, "-")
		codes = append(codes, code)
		hashes = append(hashes, HashRecoveryCode(code))
	}
	return codes, hashes
}

// HashRecoveryCode returns the SHA-256, 32 bytes, of a code as a person types it: in any case and width, with or without hyphens and
// spaces, with 0, 1 and 8, which no code has, for the letters that look like them.
func HashRecoveryCode(code string) []byte {
	letters := strings.Map(func(r rune) rune {
		switch r {
		case '0':
			return 'o'
		case '1':
			return 'i'
		case '8':
			return 'b'
		}
		return r
	}, text.Code(code))
	sum := sha256.Sum256([]byte(letters))
	return sum[:]
}
