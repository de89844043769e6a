package secret_test

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/secret"
)

const master = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"

func key(t testing.TB) secret.Key {
	t.Helper()
	k, err := secret.Parse(master)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func TestParse(t *testing.T) {
	raw, err := hex.DecodeString(master)
	if err != nil {
		t.Fatal(err)
	}
	raw[0], raw[1] = 0xfb, 0xff // "+" and "/" in base64
	for _, s := range []string{
		hex.EncodeToString(raw),
		strings.ToUpper(hex.EncodeToString(raw)),
		base64.StdEncoding.EncodeToString(raw),
		base64.RawStdEncoding.EncodeToString(raw),
		base64.URLEncoding.EncodeToString(raw),
		base64.RawURLEncoding.EncodeToString(raw),
		" " + hex.EncodeToString(raw) + "\n",
	} {
		if k, err := secret.Parse(s); err != nil || !bytes.Equal(k[:], raw) {
			t.Errorf("Parse(%q): %v", s, err)
		}
	}
	for name, s := range map[string]string{
		"empty":         "",
		"short":         master[2:],
		"long":          master + "00",
		"no digits":     strings.Repeat("g", 64),
		"zeros":         strings.Repeat("0", 64),
		"one byte":      strings.Repeat("ff", 32),
		"short base64":  base64.StdEncoding.EncodeToString(raw[1:]),
		"not a key":     "changeme",
		"mixed base64s": base64.RawStdEncoding.EncodeToString(raw)[:42] + "_",
	} {
		if _, err := secret.Parse(s); !errors.Is(err, secret.ErrKey) {
			t.Errorf("%s: error %v, want ErrKey", name, err)
		}
	}
}

func TestKeyIsNeverShown(t *testing.T) {
	k := key(t)
	var logged bytes.Buffer
	slog.New(slog.NewJSONHandler(&logged, nil)).Info("starting", "key", k, "settings", struct{ Key secret.Key }{k})
	marshalled, err := json.Marshal(map[string]any{"key": k})
	if err != nil {
		t.Fatal(err)
	}
	shown := logged.String() + string(marshalled)
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d", "%b"} {
		shown += fmt.Sprintf(verb, k) + fmt.Sprintf(verb, struct{ K secret.Key }{k}) + fmt.Sprintf(verb, &k)
	}
	for _, part := range []string{"0a0b0c", "0A0B0C", "10 11 12", "10,11,12", "0xa, 0xb", base64.StdEncoding.EncodeToString(k[:])} {
		if strings.Contains(shown, part) {
			t.Errorf("the key is shown: %s", shown)
		}
	}
}

func TestUnmarshalText(t *testing.T) {
	var k secret.Key
	if err := k.UnmarshalText([]byte(master)); err != nil || k != key(t) {
		t.Errorf("UnmarshalText: %v", err)
	}
	if err := k.UnmarshalText([]byte("changeme")); !errors.Is(err, secret.ErrKey) || k != key(t) {
		t.Errorf("UnmarshalText of a bad key: %v", err)
	}
}

func TestDerive(t *testing.T) {
	k := key(t)
	// What was sealed or signed by one release is read by the next: computed apart, by RFC 5869.
	if got, want := hex.EncodeToString(k.Derive("cursor")), "1a09d175a5f09cbd529ba34902bd8e6627b26af9cf10bd56e800b61a65ebc9d9"; got != want {
		t.Errorf("Derive = %s, want %s", got, want)
	}
	if bytes.Equal(k.Derive("cursor"), k.Derive("session")) {
		t.Error("two purposes share a key")
	}
	other := k
	other[31]++
	if bytes.Equal(k.Derive("cursor"), other.Derive("cursor")) {
		t.Error("two masters share a key")
	}
}

func TestToken(t *testing.T) {
	plain, hash := secret.Token()
	again, _ := secret.Token()
	if plain == again || len(plain) != 43 || strings.Trim(plain, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_") != "" {
		t.Errorf("tokens %q, %q", plain, again)
	}
	if !bytes.Equal(hash, secret.Hash(plain)) {
		t.Error("the hash is not that of the token")
	}
	if got, want := hex.EncodeToString(secret.Hash("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"; got != want {
		t.Errorf("Hash(abc) = %s", got)
	}
}

func TestClients(t *testing.T) {
	k := key(t)
	hash := func(ip, day string) string {
		return hex.EncodeToString(k.Clients(day).Hash(netip.MustParseAddr(ip)))
	}
	base := hash("203.0.113.7", "2026-03-01")
	if len(base) != 32 {
		t.Errorf("%d hexadecimal digits, want 32", len(base))
	}
	for _, c := range []struct {
		name string
		a, b string
		same bool
	}{
		{"the same client", base, hash("203.0.113.7", "2026-03-01"), true},
		{"IPv4 in IPv6", base, hash("::ffff:203.0.113.7", "2026-03-01"), true},
		{"another client", base, hash("203.0.113.8", "2026-03-01"), false},
		{"another day", base, hash("203.0.113.7", "2026-03-02"), false},
		{"one IPv6 household", hash("2001:db8::1", "d"), hash("2001:db8::ffff:1", "d"), true},
		{"a zone", hash("fe80::1%eth0", "d"), hash("fe80::1", "d"), true},
		{"two IPv6 households", hash("2001:db8:0:1::1", "d"), hash("2001:db8:0:2::1", "d"), false},
	} {
		if (c.a == c.b) != c.same {
			t.Errorf("%s: %s and %s", c.name, c.a, c.b)
		}
	}
	if len(k.Clients("d").Hash(netip.Addr{})) != 16 {
		t.Error("an invalid address has no hash")
	}
}

func TestSigner(t *testing.T) {
	signer := key(t).Signer("preview")
	now := time.Date(2026, 3, 1, 9, 0, 0, 0, time.UTC)
	token := signer.Sign("notice/42", now.Add(time.Hour))
	for _, c := range []struct {
		name  string
		token string
		by    secret.Signer
		now   time.Time
		want  error
	}{
		{"at once", token, signer, now, nil},
		{"just in time", token, signer, now.Add(time.Hour - time.Nanosecond), nil},
		{"at the end", token, signer, now.Add(time.Hour), secret.ErrExpired},
		{"later", token, signer, now.AddDate(1, 0, 0), secret.ErrExpired},
		{"another purpose", token, key(t).Signer("unsubscribe"), now, secret.ErrForged},
		{"empty", "", signer, now, secret.ErrForged},
		{"cut", token[:len(token)-1], signer, now, secret.ErrForged},
		{"a line break", token[:5] + "\n" + token[5:], signer, now, secret.ErrForged},
		{"padded", token + "=", signer, now, secret.ErrForged},
		{"forged and expired", token[:len(token)-5] + "AAAAA", signer, now.AddDate(1, 0, 0), secret.ErrForged},
		{"no base64", "한글", signer, now, secret.ErrForged},
	} {
		payload, err := c.by.Verify(c.token, c.now)
		if !errors.Is(err, c.want) || (err == nil) != (payload == "notice/42") {
			t.Errorf("%s: %q, %v, want %v", c.name, payload, err, c.want)
		}
	}
}

func TestBox(t *testing.T) {
	box := key(t).Box("member")
	plain, record := []byte("010-1234-5678"), []byte("member/42/phone")
	sealed := box.Seal(plain, record)
	if len(sealed) != len(plain)+29 || bytes.Contains(sealed, plain) {
		t.Fatalf("sealed: %x", sealed)
	}
	if bytes.Equal(sealed, box.Seal(plain, record)) {
		t.Error("two seals are equal")
	}
	if got, err := box.Open(sealed, record); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("Open = %q, %v", got, err)
	}
	if _, err := box.Open(sealed, []byte("member/43/phone")); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another record: %v", err)
	}
	if _, err := key(t).Box("report").Open(sealed, record); !errors.Is(err, secret.ErrSealed) {
		t.Errorf("another purpose: %v", err)
	}
	for i := range sealed {
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		if _, err := box.Open(altered, record); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("byte %d altered: %v", i, err)
		}
		if _, err := box.Open(sealed[:i], record); !errors.Is(err, secret.ErrSealed) {
			t.Errorf("cut to %d bytes: %v", i, err)
		}
	}
	if got, err := box.Open(box.Seal(nil, nil), nil); err != nil || len(got) != 0 {
		t.Errorf("nothing sealed: %q, %v", got, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(master)
	f.Add("AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=")
	f.Fuzz(func(t *testing.T, s string) {
		k, err := secret.Parse(s)
		if err != nil {
			if !errors.Is(err, secret.ErrKey) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if again, err := secret.Parse(hex.EncodeToString(k[:])); err != nil || again != k {
			t.Fatalf("%q is read as a key that cannot be written: %v", s, err)
		}
	})
}

func FuzzVerify(f *testing.F) {
	signer := key(f).Signer("preview")
	f.Add(signer.Sign("notice/42", time.Unix(1e9, 0)), int64(0))
	f.Add("", int64(0))
	f.Fuzz(func(t *testing.T, token string, now int64) {
		payload, err := signer.Verify(token, time.Unix(now, 0))
		if err != nil && !errors.Is(err, secret.ErrForged) && !errors.Is(err, secret.ErrExpired) {
			t.Fatalf("untyped error %v", err)
		}
		if err == nil && payload != "notice/42" {
			t.Fatalf("forged: %q", payload)
		}
	})
}

func FuzzOpen(f *testing.F) {
	box := key(f).Box("member")
	f.Add([]byte{1}, []byte("a"))
	f.Add([]byte{}, []byte{})
	f.Fuzz(func(t *testing.T, field, associated []byte) {
		if _, err := box.Open(field, associated); err != nil && !errors.Is(err, secret.ErrSealed) {
			t.Fatalf("untyped error %v", err)
		}
		if plain, err := box.Open(box.Seal(field, associated), associated); err != nil || !bytes.Equal(plain, field) {
			t.Fatalf("sealed %x, opened %x, %v", field, plain, err)
		}
	})
}
