// Package cursor writes and reads the opaque tokens by which a list is paged.
//
// A cursor holds the sort key of the last row of a page, so that the next page starts behind it whatever was added or deleted
// meanwhile. It is authenticated, so that a caller cannot read from a place in the list that no page ended at, and it is bound
// to its list and filter, so that a cursor of one list is refused by another.
package cursor

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// ErrForged says that a cursor was not made by this codec for this list: altered, cut, of another list, filter or version.
var ErrForged = errors.New("cursor: forged or of another list")

const (
	version  = 1
	macSize  = 16   // bytes of HMAC-SHA256 kept; a forgery succeeds once in 2^128 tries
	minKey   = 16   // bytes
	maxToken = 2048 // characters; a sort key takes some dozens

	textTag   = 's'
	numberTag = 'i'
)

// Codec writes and reads cursors under one key. It is safe for concurrent use.
type Codec struct {
	key []byte
}

// New returns a codec for key, a secret of at least 16 bytes that all replicas share. It panics for a shorter key, which is a
// mistake in the program and would let anybody forge cursors.
func New(key []byte) *Codec {
	if len(key) < minKey {
		panic(fmt.Sprintf("cursor: key of %d bytes, want at least %d", len(key), minKey))
	}
	return &Codec{key: slices.Clone(key)}
}

// Encode returns the cursor for values, each a string, an int64 or a bool, in URL-safe base64 without padding.
//
// Kind names the list, its order and its filter, such as "notices?tag=장학"; only Decode with the same kind accepts the token.
// The values are readable by whoever holds the token, and together stay under 1 KiB, since Decode refuses tokens of more than
// 2,048 characters. Encode panics for a value of another type.
func (c *Codec) Encode(kind string, values ...any) string {
	token := []byte{version}
	for _, value := range values {
		switch value := value.(type) {
		case string:
			token = binary.AppendUvarint(append(token, textTag), uint64(len(value)))
			token = append(token, value...)
		case int64:
			token = binary.AppendVarint(append(token, numberTag), value)
		case bool:
			number := int64(0)
			if value {
				number = 1
			}
			token = binary.AppendVarint(append(token, numberTag), number)
		default:
			panic(fmt.Sprintf("cursor: value of type %T, want string, int64 or bool", value))
		}
	}
	return base64.RawURLEncoding.EncodeToString(append(token, c.mac(kind, token)...))
}

// Decode reads token into dest, each a *string, an *int64 or a *bool, in the order and number in which Encode got the values.
//
// The error is ErrForged whatever is wrong with the token, and dest is then untouched. Decode panics for a destination of
// another type.
func (c *Codec) Decode(kind, token string, dest ...any) error {
	body, ok := c.open(kind, token)
	if !ok {
		return ErrForged
	}
	assign := make([]func(), len(dest))
	for i, target := range dest {
		switch target := target.(type) {
		case *string:
			var value string
			value, body, ok = readText(body)
			assign[i] = func() { *target = value }
		case *int64:
			var value int64
			value, body, ok = readNumber(body)
			assign[i] = func() { *target = value }
		case *bool:
			var value int64
			value, body, ok = readNumber(body)
			ok = ok && (value == 0 || value == 1)
			assign[i] = func() { *target = value == 1 }
		default:
			panic(fmt.Sprintf("cursor: destination of type %T, want *string, *int64 or *bool", target))
		}
		if !ok {
			return ErrForged
		}
	}
	if len(body) > 0 {
		return ErrForged
	}
	for _, set := range assign {
		set()
	}
	return nil
}

// open returns the authenticated values of token, still encoded.
func (c *Codec) open(kind, token string) ([]byte, bool) {
	// The decoder skips line breaks, so that without this check one cursor would have many spellings.
	if len(token) > maxToken || strings.ContainsAny(token, "\r\n") {
		return nil, false
	}
	raw, err := base64.RawURLEncoding.Strict().DecodeString(token)
	if err != nil || len(raw) < 1+macSize {
		return nil, false
	}
	body, mac := raw[:len(raw)-macSize], raw[len(raw)-macSize:]
	if !hmac.Equal(mac, c.mac(kind, body)) || body[0] != version {
		return nil, false
	}
	return body[1:], true
}

// mac authenticates body for kind. The length of kind comes first, so that no byte can move from one to the other.
func (c *Codec) mac(kind string, body []byte) []byte {
	h := hmac.New(sha256.New, c.key)
	h.Write(binary.AppendUvarint(nil, uint64(len(kind))))
	h.Write([]byte(kind))
	h.Write(body)
	return h.Sum(nil)[:macSize]
}

func readText(body []byte) (value string, rest []byte, ok bool) {
	if len(body) == 0 || body[0] != textTag {
		return "", nil, false
	}
	length, n := binary.Uvarint(body[1:])
	if n <= 0 || length > uint64(len(body)-1-n) {
		return "", nil, false
	}
	start := 1 + n
	end := start + int(length)
	return string(body[start:end]), body[end:], true
}

func readNumber(body []byte) (value int64, rest []byte, ok bool) {
	if len(body) == 0 || body[0] != numberTag {
		return 0, nil, false
	}
	value, n := binary.Varint(body[1:])
	if n <= 0 {
		return 0, nil, false
	}
	return value, body[1+n:], true
}
