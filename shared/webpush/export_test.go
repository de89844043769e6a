package webpush

import "crypto/ecdh"

// Sealed is Encrypt with what it takes at random, and filled up to a size.
func (r Receiver) Sealed(plain []byte, size int, salt []byte, sender *ecdh.PrivateKey) ([]byte, error) {
	return r.encrypt(plain, size, salt, sender)
}
