// Package mail is what the product says by mail; package smtp sends it.
package mail

import "context"

// Message is a mail in plain text.
type Message struct {
	To      string
	Subject string
	Text    string
}

// Sender sends a message or says that it could not; problem.Unavailable when the server
// cannot be reached.
type Sender interface {
	Send(ctx context.Context, m Message) error
}
