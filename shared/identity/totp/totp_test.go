package totp_test

import (
	"bytes"
	"encoding/base32"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/identity/totp"
)

// rfcSecret is the key of RFC 6238, appendix B, for SHA-1: "12345678901234567890".
const rfcSecret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"

func TestRFC6238(t *testing.T) {
	for _, c := range []struct {
		seconds int64
		want    string // the last six of the RFC's eight digits
	}{
		{59, "287082"},
		{1111111109, "081804"},
		{1111111111, "050471"},
		{1234567890, "005924"},
		{2000000000, "279037"},
		{20000000000, "353130"},
	} {
		at := time.Unix(c.seconds, 0)
		if got, err := totp.Code(rfcSecret, at); err != nil || got != c.want {
			t.Errorf("Code at %d = %s, %v, want %s", c.seconds, got, err, c.want)
		}
		if step, err := totp.Verify(rfcSecret, c.want, at); err != nil || step != c.seconds/30 {
			t.Errorf("Verify at %d = %d, %v", c.seconds, step, err)
		}
	}
}

// RFC 4226, appendix D: the codes of counters 0 to 9 for the same key.
func TestRFC4226(t *testing.T) {
	for counter, want := range []string{
		"755224", "287082", "359152", "969429", "338314", "254676", "287922", "162583", "399871", "520489",
	} {
		if got, err := totp.Code(rfcSecret, time.Unix(int64(counter)*30, 0)); err != nil || got != want {
			t.Errorf("counter %d: %s, %v, want %s", counter, got, err, want)
		}
	}
}

func TestVerify(t *testing.T) {
	now := time.Unix(1111111111, 0) // one second into its step, 37037037
	for _, c := range []struct {
		name  string
		given string
		now   time.Time
		step  int64
		err   error
	}{
		{"now", "050471", now, 37037037, nil},
		{"one step early", "050471", now.Add(-totp.Period), 37037037, nil},
		{"one step late", "050471", now.Add(totp.Period), 37037037, nil},
		{"two steps early", "050471", now.Add(-2 * totp.Period), 0, totp.ErrCode},
		{"two steps late", "050471", now.Add(2 * totp.Period), 0, totp.ErrCode},
		{"as apps show it", " 050 471 ", now, 37037037, nil},
		{"without its zero", "50471", now, 0, totp.ErrCode},
		{"eight digits", "14050471", now, 0, totp.ErrCode},
		{"empty", "", now, 0, totp.ErrCode},
		{"other digits", "０５０４７１", now, 0, totp.ErrCode},
		{"wrong", "050472", now, 0, totp.ErrCode},
	} {
		if step, err := totp.Verify(rfcSecret, c.given, c.now); step != c.step || !errors.Is(err, c.err) {
			t.Errorf("%s: %d, %v, want %d, %v", c.name, step, err, c.step, c.err)
		}
	}
}

func TestBrokenSecret(t *testing.T) {
	for _, secret := range []string{"", "A", "한글", rfcSecret[:16], rfcSecret + "GEZDGNBV", strings.ToLower(rfcSecret), rfcSecret + "\n"} {
		if _, err := totp.Verify(secret, "050471", time.Unix(0, 0)); !errors.Is(err, totp.ErrSecret) {
			t.Errorf("Verify with %q: %v", secret, err)
		}
		if _, err := totp.Code(secret, time.Unix(0, 0)); !errors.Is(err, totp.ErrSecret) {
			t.Errorf("Code with %q: %v", secret, err)
		}
	}
}

func TestNewSecret(t *testing.T) {
	secret := totp.NewSecret()
	if raw, err := base32.StdEncoding.DecodeString(secret); err != nil || len(raw) != 20 || secret == totp.NewSecret() {
		t.Errorf("secret %q: %v", secret, err)
	}
}

func TestURI(t *testing.T) {
	for _, c := range []struct{ issuer, account, label, parameter string }{
		{"마당", "garam@madang.ac.kr", "마당:garam@madang.ac.kr", "마당"},
		{"총학생회 마당", "홍 가람", "총학생회 마당:홍 가람", "총학생회 마당"},
		{"a:b&secret=x", "c/d?e#f+g%", "a b&secret=x:c/d?e#f+g%", "a b&secret=x"},
	} {
		got := totp.URI(c.issuer, c.account, rfcSecret)
		u, err := url.Parse(got)
		if err != nil {
			t.Fatalf("%s: %v", got, err)
		}
		if strings.Contains(got, "+") || strings.Contains(got, " ") {
			t.Errorf("%s has a space that apps misread", got)
		}
		if u.Scheme != "otpauth" || u.Host != "totp" || u.Path != "/"+c.label {
			t.Errorf("%s: label %q", got, u.Path)
		}
		want := url.Values{"secret": {rfcSecret}, "issuer": {c.parameter}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
		if u.Query().Encode() != want.Encode() {
			t.Errorf("%s: parameters %v", got, u.Query())
		}
	}
}

func TestRecoveryCodes(t *testing.T) {
	codes, hashes := totp.NewRecoveryCodes()
	if len(codes) != 10 || len(hashes) != 10 {
		t.Fatalf("%d codes, %d hashes", len(codes), len(hashes))
	}
	seen := map[string]bool{}
	for i, code := range codes {
		if len(code) != 19 || strings.Count(code, "-") != 3 || seen[code] {
			t.Errorf("code %q", code)
		}
		seen[code] = true
		if !bytes.Equal(totp.HashRecoveryCode(code), hashes[i]) {
			t.Errorf("the hash of %q is another", code)
		}
	}
}

func TestHashRecoveryCode(t *testing.T) {
	want := totp.HashRecoveryCode("obic-defg-2345-67ab")
	for _, c := range []struct {
		code string
		same bool
	}{
		{"OBIC-DEFG-2345-67AB", true},
		{"obicdefg234567ab", true},
		{" 0b1c defg 2345 67a8\n", true},
		{"ＯＢＩＣ－ＤＥＦＧ－２３４５－６７ＡＢ", true},
		{"obic\u00a0defg\u200b2345\u00ad67ab", true},
		{"obic-defg-2345-67ac", false},
		{"obic-defg-2345-67a", false},
		{"", false},
	} {
		if bytes.Equal(totp.HashRecoveryCode(c.code), want) != c.same {
			t.Errorf("%q: the same hash is %t, want %t", c.code, !c.same, c.same)
		}
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(rfcSecret, "050471", int64(1111111111))
	f.Add("", "", int64(-1))
	f.Fuzz(func(t *testing.T, secret, given string, seconds int64) {
		now := time.Unix(seconds, 0)
		step, err := totp.Verify(secret, given, now)
		if err != nil {
			if !errors.Is(err, totp.ErrCode) && !errors.Is(err, totp.ErrSecret) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if code, err := totp.Code(secret, time.Unix(step*30, 0)); err != nil || code != strings.Join(strings.Fields(given), "") {
			t.Fatalf("%q matched step %d, whose code is %s, %v", given, step, code, err)
		}
	})
}

// TestDraw reads a code back by what every QR code of a version has in common: its size,
// its margin and the three finder patterns (ISO/IEC 18004, 6.3).
func TestDraw(t *testing.T) {
	drawn, err := totp.Draw(totp.URI("마당대학교 총학생회", "admin@madang.ac.kr", totp.NewSecret()))
	if err != nil {
		t.Fatal(err)
	}
	if modules := drawn.Size - 8; modules < 21 || (modules-17)%4 != 0 {
		t.Errorf("%d modules", modules)
	}
	far := drawn.Size - 4 - 7
	for _, corner := range []string{"M4 4h7v1h-7z", fmt.Sprintf("M%d 4h7v1h-7z", far), fmt.Sprintf("M4 %dh7v1h-7z", far), "M6 6h3v1h-3z"} {
		if !strings.Contains(drawn.Path, corner) {
			t.Errorf("no finder pattern at %s", corner)
		}
	}
	if _, err := totp.Draw(strings.Repeat("가", 3000)); err == nil {
		t.Error("more than a QR code holds was drawn")
	}
}
