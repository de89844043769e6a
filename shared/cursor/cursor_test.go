package cursor_test

import (
	"errors"
	"math"
	"net/url"
	"strings"
	"testing"

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
	for name, mistake := range map[string]func(){
		"short key":   func() { cursor.New([]byte("short")) },
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
