package addresstest

import (
	"net"
	"testing"
)

// A port that a test was given is given to nobody else who listens at any or dials out,
// and can be listened at by whoever names it.
func TestAddressIsHeld(t *testing.T) {
	address := Address(t)
	for range 40_000 { // more than Linux has to give
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		if l.Addr().String() == address {
			t.Fatalf("%s was given twice", address)
		}
		_ = l.Close()
	}
	l, err := net.Listen("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	_ = l.Close()
}
