// Package password hashes and checks passwords: argon2id in the PHC string format, and the rules for a new password.
package password

import (
	"context"
	"crypto/rand"
	"crypto/subtle"
	"encoding/base64"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/crypto/argon2"
	"golang.org/x/text/unicode/norm"
)

// ErrEncoding says that a stored hash is not one that this package can read.
var ErrEncoding = errors.New("password: not an argon2id hash in PHC string format")

// The parameters of new hashes: OWASP's Password Storage Cheat Sheet, argon2id with 19 MiB, two passes, one lane. A hash
// takes about 30 ms of one core, and a pod of 128 MiB has room for two at a time.
const (
	memory   = 19 * 1024 // KiB
	passes   = 2
	lanes    = 1
	saltSize = 16 // bytes; RFC 9106, section 3.1
	hashSize = 32 // bytes
)

// The largest parameters that are read, so that a tampered row cannot take a process down.
const (
	maxMemory = 64 * 1024 // KiB
	maxPasses = 10
	maxLanes  = 4
	maxSalt   = 64 // bytes
	maxHash   = 64 // bytes
	minHash   = 16 // bytes
	minSalt   = 8  // bytes; RFC 9106, section 3.1
)

// Hasher makes and verifies hashes, a limited number at a time. It is safe for concurrent use, and one is shared by
// everything in a process that hashes.
type Hasher struct {
	slots          chan struct{}
	memory, passes uint32 // of new hashes
}

// NewHasher returns a hasher that runs at most concurrent hashes at once, 19 MiB each; the others wait. Below 1 counts as 1.
func NewHasher(concurrent int) *Hasher {
	return &Hasher{slots: make(chan struct{}, max(concurrent, 1)), memory: memory, passes: passes}
}

// Trial has the hasher, if it is one of a test (function.Deps.Trial), make hashes by the least work that argon2id takes: they
// protect nothing.
func (h *Hasher) Trial(is bool) *Hasher {
	if is {
		h.memory, h.passes = 8*lanes, 1
	}
	return h
}

// Hash returns the hash of password under a new salt, as it is stored. The error is that of ctx, when it ends before a turn.
func (h *Hasher) Hash(ctx context.Context, password string) (string, error) {
	p := parameters{memory: h.memory, passes: h.passes, lanes: lanes, salt: make([]byte, saltSize)}
	_, _ = rand.Read(p.salt) // never fails: the program ends instead
	hash, err := h.derive(ctx, password, p, hashSize)
	if err != nil {
		return "", err
	}
	p.hash = hash
	return p.String(), nil
}

// Verify says whether encoded is the hash of password. The error is ErrEncoding, or that of ctx when it ends before a turn.
func (h *Hasher) Verify(ctx context.Context, encoded, password string) (bool, error) {
	p, err := parse(encoded)
	if err != nil {
		return false, err
	}
	hash, err := h.derive(ctx, password, p, uint32(len(p.hash)))
	if err != nil {
		return false, err
	}
	return subtle.ConstantTimeCompare(hash, p.hash) == 1, nil
}

// Dummy does the work of Verify for an account that does not exist, so that the time of an answer does not tell which names
// do. The error is that of ctx when it ends before a turn.
func (h *Hasher) Dummy(ctx context.Context, password string) error {
	p := parameters{memory: h.memory, passes: h.passes, lanes: lanes, salt: make([]byte, saltSize)}
	_, err := h.derive(ctx, password, p, hashSize)
	return err
}

// derive hashes password when it is its turn. A hash cannot be interrupted once it runs.
func (h *Hasher) derive(ctx context.Context, password string, p parameters, size uint32) ([]byte, error) {
	if err := ctx.Err(); err != nil {
		return nil, err // select would choose at random
	}
	select {
	case h.slots <- struct{}{}:
		defer func() { <-h.slots }()
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	return argon2.IDKey([]byte(prepare(password)), p.salt, p.passes, p.memory, p.lanes, size), nil
}

// NeedsRehash says whether encoded was made with other parameters than new hashes are, or cannot be read. After a successful
// Verify the caller then stores a new Hash.
func (h *Hasher) NeedsRehash(encoded string) bool {
	p, err := parse(encoded)
	return err != nil || p.memory != h.memory || p.passes != h.passes || p.lanes != lanes ||
		len(p.salt) != saltSize || len(p.hash) != hashSize
}

// prepare brings a password into one form whatever it was typed on, as the OpaqueString profile of RFC 8265 does: every kind
// of space becomes U+0020, then NFC. Case and width stay.
func prepare(password string) string {
	return norm.NFC.String(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Zs, r) {
			return ' '
		}
		return r
	}, password))
}

// parameters are the fields of a PHC string.
type parameters struct {
	memory uint32 // KiB
	passes uint32
	lanes  uint8
	salt   []byte
	hash   []byte
}

// String writes the PHC string format: $argon2id$v=19$m=19456,t=2,p=1$salt$hash, base64 without padding.
func (p parameters) String() string {
	return fmt.Sprintf("$argon2id$v=%d$m=%d,t=%d,p=%d$%s$%s", argon2.Version, p.memory, p.passes, p.lanes,
		base64.RawStdEncoding.EncodeToString(p.salt), base64.RawStdEncoding.EncodeToString(p.hash))
}

// parse reads a PHC string, the parameters in their one order and inside the limits. The error is ErrEncoding.
func parse(encoded string) (parameters, error) {
	var p parameters
	fields := strings.Split(encoded, "$")
	if len(fields) != 6 || fields[0] != "" || fields[1] != "argon2id" || fields[2] != "v="+strconv.Itoa(argon2.Version) {
		return p, ErrEncoding
	}
	costs := strings.Split(fields[3], ",")
	if len(costs) != 3 {
		return p, ErrEncoding
	}
	m, okM := number(costs[0], "m=", maxMemory)
	t, okT := number(costs[1], "t=", maxPasses)
	l, okL := number(costs[2], "p=", maxLanes)
	salt, okSalt := decode(fields[4], minSalt, maxSalt)
	hash, okHash := decode(fields[5], minHash, maxHash)
	if !okM || !okT || !okL || !okSalt || !okHash || m < 8*l { // 8 blocks per lane: RFC 9106, section 3.1
		return p, ErrEncoding
	}
	return parameters{memory: m, passes: t, lanes: uint8(l), salt: salt, hash: hash}, nil
}

// number reads a decimal number from 1 to limit behind prefix, written without sign or leading zero.
func number(s, prefix string, limit uint32) (uint32, bool) {
	digits, ok := strings.CutPrefix(s, prefix)
	n, err := strconv.ParseUint(digits, 10, 32)
	return uint32(n), ok && err == nil && n >= 1 && n <= uint64(limit) && strconv.FormatUint(n, 10) == digits
}

// decode reads base64 of least to most bytes. Line breaks, which the decoder skips, are refused.
func decode(s string, least, most int) ([]byte, bool) {
	raw, err := base64.RawStdEncoding.Strict().DecodeString(s)
	return raw, err == nil && len(raw) >= least && len(raw) <= most && !strings.ContainsAny(s, "\r\n")
}
