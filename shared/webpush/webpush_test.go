package webpush_test

import (
	"bytes"
	"crypto/ecdh"
	"encoding/base64"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/webpush"
	"github.com/madang-council/madang/shared/webpush/webpushtest"
)

func raw(t testing.TB, text string) []byte {
	t.Helper()
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// The example of RFC 8291, section 5 and appendix A, to the byte.
func TestTheExample(t *testing.T) {
	const (
		plain  = "When I grow up, I want to be a watermelon"
		public = "BCVxsr7N_eNgVRqvHtD0zTZsEc6-VV-JvLexhqUzORcxaOzi6-AYWXvTBHm4bjyPjs7Vd8pZGH6SRpkNtoIAiw4"
		auth   = "BTBZMqHH6r4Tts7J_aSIgg"
		want   = "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27mlmlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPTpK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
	)
	sender, err := ecdh.P256().NewPrivateKey(raw(t, "yfWPiYE-n46HLnH0KqZOF1fJJU3MYrct3AELtAQ-oRw"))
	if err != nil {
		t.Fatal(err)
	}
	r, err := webpush.Parse(public, auth)
	if err != nil {
		t.Fatal(err)
	}
	got, err := r.Sealed([]byte(plain), 0, raw(t, "DGv6ra1nlYgDCS1FRnbzlw"), sender)
	if err != nil || base64.RawURLEncoding.EncodeToString(got) != want {
		t.Errorf("%v %s", err, base64.RawURLEncoding.EncodeToString(got))
	}
	private, err := ecdh.P256().NewPrivateKey(raw(t, "q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"))
	if err != nil {
		t.Fatal(err)
	}
	if read, err := (webpushtest.Browser{Private: private, Auth: raw(t, auth)}).Read(raw(t, want)); err != nil || string(read) != plain {
		t.Errorf("the test's own browser reads %q: %v", read, err)
	}
}

// Whatever a message says, its browser reads it, no other does, and what is seen of it says little of
// how long it is.
func TestEncrypt(t *testing.T) {
	b, other := webpushtest.Open(t), webpushtest.Open(t)
	r, err := webpush.Parse(b.Keys())
	if err != nil {
		t.Fatal(err)
	}
	sizes := map[int]bool{}
	for _, n := range []int{0, 1, 2, 100, 510, 511, 512, 513, 1023, 3000, webpush.Most - 1, webpush.Most} {
		plain := bytes.Repeat([]byte{0}, n) // which ends as its filling does
		body, err := r.Encrypt(plain)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := b.Read(body); err != nil || !bytes.Equal(got, plain) {
			t.Errorf("%d bytes: %v", n, err)
		}
		if _, err := other.Read(body); err == nil {
			t.Errorf("%d bytes: another browser reads it", n)
		}
		if again, _ := r.Encrypt(plain); bytes.Equal(again[:86], body[:86]) {
			t.Error("salt or key are used twice")
		}
		sizes[len(body)] = true
	}
	if len(sizes) != 4 { // up to 511, 1023, 3071 and all
		t.Errorf("lengths are told: %v", sizes)
	}
	if _, err := r.Encrypt(make([]byte, webpush.Most+1)); !errors.Is(err, webpush.ErrTooLong) {
		t.Error(err)
	}
}

// hostile are keys that are none.
func hostile(t testing.TB) map[string][2]string {
	p, a := webpushtest.Open(t).Keys()
	point := raw(t, p)
	encode := base64.RawURLEncoding.EncodeToString
	off := bytes.Clone(point)
	off[64] ^= 1
	compressed := append([]byte{2}, point[1:33]...)
	hybrid := append([]byte{6}, point[1:]...)
	return map[string][2]string{
		"nothing": {"", ""}, "no auth": {p, ""}, "no key": {"", a}, "padded": {p + "=", a}, "auth padded": {p, a + "=="}, "swapped": {a, p}, "not on the curve": {encode(off), a}, "compressed": {encode(compressed), a},
		"hybrid": {encode(hybrid), a}, "at infinity": {encode(make([]byte, 65)), a}, "long": {encode(append(point, 0)), a}, "auth of 15": {p, encode(make([]byte, 15))}, "auth of 17": {p, encode(make([]byte, 17))},
		"a line end": {p[:80] + "\n" + p[81:], a}, "another spelling": {p, a[:21] + string(a[21]+1)}, "base64": {base64.StdEncoding.EncodeToString(point), a}, "ones": {encode(append([]byte{4}, bytes.Repeat([]byte{255}, 64)...)), a},
	}
}

func TestHostileKeys(t *testing.T) {
	for name, k := range hostile(t) {
		if _, err := webpush.Parse(k[0], k[1]); err == nil || k[0] != "" && strings.Contains(err.Error(), k[0]) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// What is taken as keys can be encrypted for, and has one spelling.
func FuzzParse(f *testing.F) {
	p, a := webpushtest.Open(f).Keys()
	f.Add(p, a)
	for _, k := range hostile(f) {
		f.Add(k[0], k[1])
	}
	f.Fuzz(func(t *testing.T, p256dh, auth string) {
		r, err := webpush.Parse(p256dh, auth)
		if err != nil {
			return
		}
		if base64.RawURLEncoding.EncodeToString(raw(t, p256dh)) != p256dh || base64.RawURLEncoding.EncodeToString(raw(t, auth)) != auth {
			t.Errorf("%q %q is another spelling", p256dh, auth)
		}
		if body, err := r.Encrypt([]byte("소식")); err != nil || len(body) > 4096 {
			t.Errorf("%d bytes, %v", len(body), err)
		}
	})
}

// A key follows from its secret for ever, and from no other; what it signs is verified by somebody else's code.
func TestKey(t *testing.T) {
	seed := bytes.Repeat([]byte{7}, 32)
	key, err := webpush.NewKey(seed)
	if err != nil {
		t.Fatal(err)
	}
	const known = "BLZ0TV4nW7oZAVW40d_JVlHZMrO-CwEIjHidAqfjA_WW-Scrw7rbCu1f3qqooYUCOVQfxn9loTl05Q0sg5cfOzo" // browsers subscribed with it: it must not change
	if key.Public() != known {
		t.Errorf("another key: %s", key.Public())
	}
	other, err := webpush.NewKey(bytes.Repeat([]byte{8}, 32))
	if err != nil || other.Public() == key.Public() {
		t.Error(err)
	}
	if _, err := ecdh.P256().NewPublicKey(raw(t, key.Public())); err != nil {
		t.Error(err)
	}
	now := time.Date(2026, 12, 4, 9, 0, 0, 0, time.UTC)
	header, err := key.Authorization("https://web.push.apple.com", "https://council.madang.ac.kr", now)
	if err != nil {
		t.Fatal(err)
	}
	got, err := webpushtest.Verify(header)
	if err != nil || got.Public != key.Public() || got.Audience != "https://web.push.apple.com" || got.Subject != "https://council.madang.ac.kr" || !got.Expires.Equal(now.Add(12*time.Hour)) {
		t.Errorf("%+v %v", got, err)
	}
	for _, forged := range []string{strings.Replace(header, "vapid t=e", "vapid t=f", 1), strings.TrimSuffix(header, key.Public()) + other.Public(), "", "vapid t=a.b.c"} {
		if _, err := webpushtest.Verify(forged); err == nil {
			t.Errorf("%s is taken", forged)
		}
	}
}
