package password_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/identity/password"
)

func TestHashAndVerify(t *testing.T) {
	hasher := password.NewHasher(2)
	ctx := context.Background()
	encoded, err := hasher.Hash(ctx, "마당에서 만나요 2026")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.HasPrefix(encoded, "$argon2id$v=19$m=19456,t=2,p=1$") || hasher.NeedsRehash(encoded) {
		t.Errorf("encoded as %s", encoded)
	}
	for _, c := range []struct {
		name, password string
		want           bool
	}{
		{"the same", "마당에서 만나요 2026", true},
		{"typed as letters", "\u1106\u1161\u1103\u1161\u11BC\u110B\u1166\u1109\u1165 만나요 2026", true},
		{"another space", "마당에서\u3000만나요\u00A02026", true},
		{"another", "마당에서 만나요 2027", false},
		{"empty", "", false},
		{"trailing space", "마당에서 만나요 2026 ", false},
	} {
		if ok, err := hasher.Verify(ctx, encoded, c.password); err != nil || ok != c.want {
			t.Errorf("%s: %t, %v", c.name, ok, err)
		}
	}
	again, err := hasher.Hash(ctx, "마당에서 만나요 2026")
	if err != nil || again == encoded {
		t.Errorf("two hashes share a salt: %s, %v", again, err)
	}
}

func TestVerifyKnownHashes(t *testing.T) {
	hasher := password.NewHasher(1)
	for _, c := range []struct{ encoded, password string }{
		// From the test vectors of the reference implementation (P-H-C/phc-winner-argon2, test.c, version 0x13).
		{"$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password"},
		{"$argon2id$v=19$m=256,t=2,p=2$c29tZXNhbHQ$bQk8UB/VmZZF4Oo79iDXuL5/0ttZwg2f/5U52iv1cDc", "password"},
		{"$argon2id$v=19$m=65536,t=2,p=1$c29tZXNhbHQ$CTFhFdXPJO1aFaMaO6Mm5c8y7cJHAph8ArZWb2GRPPc", "password"},
	} {
		if ok, err := hasher.Verify(context.Background(), c.encoded, c.password); err != nil || !ok {
			t.Errorf("%s: %t, %v", c.encoded, ok, err)
		}
		if !hasher.NeedsRehash(c.encoded) {
			t.Errorf("%s needs no rehash", c.encoded)
		}
	}
}

func TestEncoding(t *testing.T) {
	hasher := password.NewHasher(1)
	const salt, hash = "c29tZXNhbHRzb21lc2FsdA", "nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"
	for name, encoded := range map[string]string{
		"empty":           "",
		"bcrypt":          "$2b$12$abcdefghijklmnopqrstuv",
		"argon2i":         "$argon2i$v=19$m=19456,t=2,p=1$" + salt + "$" + hash,
		"old version":     "$argon2id$v=16$m=19456,t=2,p=1$" + salt + "$" + hash,
		"no version":      "$argon2id$m=19456,t=2,p=1$" + salt + "$" + hash,
		"too much memory": "$argon2id$v=19$m=4194304,t=2,p=1$" + salt + "$" + hash,
		"too many passes": "$argon2id$v=19$m=19456,t=4294967295,p=1$" + salt + "$" + hash,
		"too many lanes":  "$argon2id$v=19$m=19456,t=2,p=255$" + salt + "$" + hash,
		"little memory":   "$argon2id$v=19$m=7,t=2,p=1$" + salt + "$" + hash,
		"zero":            "$argon2id$v=19$m=19456,t=0,p=1$" + salt + "$" + hash,
		"leading zero":    "$argon2id$v=19$m=019456,t=2,p=1$" + salt + "$" + hash,
		"sign":            "$argon2id$v=19$m=+19456,t=2,p=1$" + salt + "$" + hash,
		"other order":     "$argon2id$v=19$t=2,m=19456,p=1$" + salt + "$" + hash,
		"missing cost":    "$argon2id$v=19$m=19456,t=2$" + salt + "$" + hash,
		"no salt":         "$argon2id$v=19$m=19456,t=2,p=1$$" + hash,
		"no hash":         "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$",
		"short hash":      "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$AAAA",
		"long hash":       "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + strings.Repeat("AAAA", 100),
		"padding":         "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "==$" + hash,
		"line break":      "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "\n$" + hash,
		"one field more":  "$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + hash + "$",
	} {
		if _, err := hasher.Verify(context.Background(), encoded, "x"); !errors.Is(err, password.ErrEncoding) {
			t.Errorf("%s: %v, want ErrEncoding", name, err)
		}
		if !hasher.NeedsRehash(encoded) {
			t.Errorf("%s needs no rehash", name)
		}
	}
	if hasher.NeedsRehash("$argon2id$v=19$m=19456,t=2,p=1$" + salt + "$" + hash) {
		t.Error("the current parameters need a rehash")
	}
}

func TestCanceled(t *testing.T) {
	hasher := password.NewHasher(1)
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := hasher.Hash(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Hash: %v", err)
	}
	if err := hasher.Dummy(ctx, "x"); !errors.Is(err, context.Canceled) {
		t.Errorf("Dummy: %v", err)
	}
}

func TestWaitingEndsWithTheContext(t *testing.T) {
	hasher := password.NewHasher(1)
	running, stop := context.WithCancel(context.Background())
	defer stop()
	var all sync.WaitGroup
	for range 4 { // enough hashes that one is always running
		all.Go(func() {
			for running.Err() == nil {
				_ = hasher.Dummy(running, "x")
			}
		})
	}
	ctx, cancel := context.WithTimeout(context.Background(), time.Millisecond)
	defer cancel()
	<-ctx.Done()
	if _, err := hasher.Hash(ctx, "x"); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Hash: %v", err)
	}
	stop()
	all.Wait()
}

func BenchmarkVerify(b *testing.B) {
	hasher := password.NewHasher(1)
	encoded, err := hasher.Hash(context.Background(), "x")
	if err != nil {
		b.Fatal(err)
	}
	for name, verify := range map[string]func() error{
		"known":   func() error { _, err := hasher.Verify(context.Background(), encoded, "y"); return err },
		"unknown": func() error { return hasher.Dummy(context.Background(), "y") },
	} {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if err := verify(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func FuzzVerify(f *testing.F) {
	hasher := password.NewHasher(2)
	f.Add("$argon2id$v=19$m=8,t=1,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4", "password")
	f.Add("", "")
	f.Fuzz(func(t *testing.T, encoded, plain string) {
		ok, err := hasher.Verify(context.Background(), encoded, plain)
		if err != nil && (ok || !errors.Is(err, password.ErrEncoding)) {
			t.Fatalf("%t, %v", ok, err)
		}
	})
}
