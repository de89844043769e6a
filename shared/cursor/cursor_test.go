package cursor_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"math"
	"net/url"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/shared/cursor"
)

func codec(t testing.TB) *cursor.Codec {
	t.Helper()
	return cursor.New([]byte("0123456789abcdef0123456789abcdef"))
}

func TestRoundTrip(t *testing.T) {
	c := codec(t)
	for _, n := range []int64{0, 1, -1, math.MaxInt64, math.MinInt64} {
		token := c.Encode("notices?tag=장학", "2026-03-01T00:00:00Z", n, "", "가나다")
		var at, empty, name string
		var id int64
		if err := c.Decode("notices?tag=장학", token, &at, &id, &empty, &name); err != nil {
			t.Fatal(err)
		}
		if at != "2026-03-01T00:00:00Z" || id != n || empty != "" || name != "가나다" {
			t.Fatalf("decoded %q %d %q %q", at, id, empty, name)
		}
		if url.QueryEscape(token) != token {
			t.Errorf("%q needs escaping in a query", token)
		}
	}
	if err := c.Decode("all", c.Encode("all")); err != nil {
		t.Errorf("a cursor without values: %v", err)
	}
}

func TestStable(t *testing.T) {
	// A cursor written by one release is read by the next.
	if got, want := codec(t).Encode("notices", "가", int64(7)), "AXMD6rCAaQ6C034S7xk1i6CuWqQVp6dj"; got != want {
		t.Errorf("Encode = %q, want %q", got, want)
	}
}

func TestForged(t *testing.T) {
	c := codec(t)
	token := c.Encode("notices", "a", int64(1))
	other := cursor.New([]byte("another key of more than 16 bytes"))
	for _, row := range []struct {
		name, kind, token string
	}{
		{"empty", "notices", ""},
		{"no base64", "notices", "%%%"},
		{"another list", "petitions", token},
		{"another filter", "notices?tag=x", token},
		{"another key", "notices", other.Encode("notices", "a", int64(1))},
		{"cut", "notices", token[:len(token)-1]},
		{"longer", "notices", token + "A"},
		{"padded", "notices", token + "="},
		{"padded behind whole bytes", "notices", c.Encode("notices", "abc", int64(1)) + "="}, // of 24 bytes
		{"a line break", "notices", token[:4] + "\n" + token[4:]},
		{"too long", "notices", strings.Repeat("A", 4096)},
		{"fewer values", "notices", c.Encode("notices", "a")},
		{"more values", "notices", c.Encode("notices", "a", int64(1), "b")},
		{"other types", "notices", c.Encode("notices", int64(1), "a")},
	} {
		t.Run(row.name, func(t *testing.T) {
			text, number := "before", int64(42)
			if err := c.Decode(row.kind, row.token, &text, &number); !errors.Is(err, cursor.ErrForged) {
				t.Fatalf("error %v, want ErrForged", err)
			}
			if text != "before" || number != 42 {
				t.Errorf("destinations were written: %q %d", text, number)
			}
		})
	}
}

// sealed is a token of values that are authenticated, whatever they are.
func sealed(kind string, body ...byte) string {
	h := hmac.New(sha256.New, []byte("0123456789abcdef0123456789abcdef"))
	h.Write(append(binary.AppendUvarint(nil, uint64(len(kind))), kind...))
	h.Write(body)
	return base64.RawURLEncoding.EncodeToString(append(slices.Clone(body), h.Sum(nil)[:16]...))
}

// What was authenticated by another release, or is cut in the middle of a value, is refused as
// everything else.
func TestMalformed(t *testing.T) {
	c := codec(t)
	if got, want := sealed("k", 1, 's', 1, 'a', 'i', 2), c.Encode("k", "a", int64(1)); got != want {
		t.Fatalf("%q is not made as %q", got, want)
	}
	long := bytes.Repeat([]byte{0xff}, 10)
	for _, row := range []struct {
		name string
		body []byte
		want string // of the types that decode it: t, n or b; empty for none
	}{
		{"nothing", nil, ""},
		{"another version", []byte{2, 's', 1, 'a'}, ""},
		{"no value", []byte{1}, ""},
		{"another tag", []byte{1, 'x', 0}, ""},
		{"a text", []byte{1, 's', 1, 'a'}, "t"},
		{"an empty text", []byte{1, 's', 0}, "t"},
		{"a text without length", []byte{1, 's'}, ""},
		{"a length that is cut", []byte{1, 's', 0x80}, ""},
		{"a length beyond 64 bits", append([]byte{1, 's'}, long...), ""},
		{"a text that is shorter by one", []byte{1, 's', 3, 'a', 'b'}, ""},
		{"a text that is shorter by two", []byte{1, 's', 4, 'a', 'b'}, ""},
		{"a text that is longer", []byte{1, 's', 1, 'a', 'b'}, ""},
		{"a number", []byte{1, 'i', 3}, "n"},
		{"a number that is a bool", []byte{1, 'i', 2}, "nb"},
		{"the least number", []byte{1, 'i', 0}, "nb"},
		{"no number", []byte{1, 'i'}, ""},
		{"a number that is cut", []byte{1, 'i', 0x80}, ""},
		{"a number beyond 64 bits", append([]byte{1, 'i'}, long...), ""},
	} {
		var text string
		var number int64
		var flag bool
		for letter, dest := range map[string]any{"t": &text, "n": &number, "b": &flag} {
			err := c.Decode("k", sealed("k", row.body...), dest)
			if decoded := strings.Contains(row.want, letter); decoded != (err == nil) || err != nil && !errors.Is(err, cursor.ErrForged) {
				t.Errorf("%s as %s: %v", row.name, letter, err)
			}
		}
	}
}

// A token is as long as its limit, and no longer.
func TestLongest(t *testing.T) {
	c := codec(t)
	fits := c.Encode("k", strings.Repeat("a", 1536-16-1-3)) // of 2,048 characters: version, tag and length beside it
	if len(fits) != 2048 {
		t.Fatalf("%d characters", len(fits))
	}
	var text string
	if err := c.Decode("k", fits, &text); err != nil || len(text) != 1516 {
		t.Errorf("%d bytes: %v", len(text), err)
	}
	if err := c.Decode("k", c.Encode("k", strings.Repeat("a", 1517)), &text); !errors.Is(err, cursor.ErrForged) {
		t.Errorf("a longer one: %v", err)
	}
}

// Whatever the values, they come back in their order.
func TestValues(t *testing.T) {
	c := codec(t)
	rapid.Check(t, func(r *rapid.T) {
		kind, text := rapid.String().Draw(r, "kind"), rapid.StringN(-1, -1, 300).Draw(r, "text")
		number, flag := rapid.Int64().Draw(r, "number"), rapid.Bool().Draw(r, "flag")
		token := c.Encode(kind, flag, text, number, !flag, text)
		var gotText, again string
		var gotNumber int64
		var gotFlag, not bool
		if err := c.Decode(kind, token, &gotFlag, &gotText, &gotNumber, &not, &again); err != nil || gotText != text || again != text || gotNumber != number || gotFlag != flag || not == flag {
			r.Fatalf("%t %q %d %t %q %v", gotFlag, gotText, gotNumber, not, again, err)
		}
	})
}

func TestEveryAlteredCharacter(t *testing.T) {
	c := codec(t)
	token := c.Encode("notices", "a", int64(1))
	for i := range token {
		for _, letter := range []byte("AQgw-_9") {
			altered := token[:i] + string(letter) + token[i+1:]
			var text string
			var number int64
			if err := c.Decode("notices", altered, &text, &number); (err == nil) != (altered == token) {
				t.Fatalf("%q for %q: %v", altered, token, err)
			}
		}
	}
}

func TestMistakesPanic(t *testing.T) {
	cursor.New([]byte("sixteen bytes it")) // is none
	for name, mistake := range map[string]func(){
		"short key":   func() { cursor.New([]byte("of 15 bytes now")) },
		"value":       func() { codec(t).Encode("notices", 1) },
		"destination": func() { _ = codec(t).Decode("notices", codec(t).Encode("notices"), new(int)) },
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("no panic")
				}
			}()
			mistake()
		})
	}
}

func FuzzDecode(f *testing.F) {
	c := codec(f)
	f.Add("notices", c.Encode("notices", "a", int64(1)))
	f.Add("notices", "")
	f.Add("", "AXMBYWkC")
	f.Fuzz(func(t *testing.T, kind, token string) {
		var text string
		var number int64
		if err := c.Decode(kind, token, &text, &number); err != nil {
			if !errors.Is(err, cursor.ErrForged) {
				t.Fatalf("untyped error %v", err)
			}
			return
		}
		if again := c.Encode(kind, text, number); again != token {
			t.Fatalf("%q decodes, but encodes to %q", token, again)
		}
	})
}

func FuzzRoundTrip(f *testing.F) {
	c := codec(f)
	f.Add("notices", "가", int64(-1))
	f.Fuzz(func(t *testing.T, kind, text string, number int64) {
		if len(text) > 1024 {
			t.Skip("longer than any sort key")
		}
		var gotText string
		var gotNumber int64
		token := c.Encode(kind, text, number)
		if err := c.Decode(kind, token, &gotText, &gotNumber); err != nil || gotText != text || gotNumber != number {
			t.Fatalf("%q %d became %q %d, %v", text, number, gotText, gotNumber, err)
		}
	})
}
