// Package mail is what the product says by mail; package smtp sends it.
package mail

import (
	"context"
	"strconv"
	"strings"
)

// Message is a mail in plain text.
type Message struct {
	To      string
	Subject string
	Text    string
	HTML    string // the same for who can show it; "" for none
	// ID is what the message is known by, "id@host": the same whenever it is sent again. "" for a new one.
	ID string
	// Unsubscribe is the https address that ends such messages by a POST (RFC 8058); "" for what somebody
	// asked for just now. Who reads mail by a program then offers that.
	Unsubscribe string
}

// Sender sends a message or says that it could not; problem.Unavailable when the server
// cannot be reached or does not take it. What it answered is a Refused in the error.
type Sender interface {
	Send(ctx context.Context, m Message) error
}

// Refused is what a server answered instead of taking a message.
type Refused struct {
	Status   int    // 4xx for now, 5xx for good
	Enhanced string // as "5.1.1" (RFC 3463); "" where it said none
	Answer   string
	// Recipient says that it was said of the recipient's address, not of the message or the sender.
	Recipient bool
}

// Error is the answer.
func (r *Refused) Error() string {
	return "the server answered " + strconv.Itoa(r.Status) + ": " + r.Answer
}

// Again says whether the message may be taken later.
func (r *Refused) Again() bool { return r.Status/100 == 4 }

// Gone says whether nobody gets mail at the address, now or later: bad, unknown, moved or disabled (RFC 3463, X.1 and
// X.2.1), or where the server says no more, refused for good (RFC 5321, 550, 551, 553). A full mailbox, and what is
// refused by policy, is not.
func (r *Refused) Gone() bool {
	if !r.Recipient || r.Status/100 != 5 {
		return false
	}
	switch {
	case strings.HasPrefix(r.Enhanced, "5.1."), r.Enhanced == "5.2.1":
		return r.Enhanced != "5.1.7" && r.Enhanced != "5.1.8" // of the sender's address
	case r.Enhanced == "" || r.Enhanced == "5.0.0":
		return r.Status == 550 || r.Status == 551 || r.Status == 553
	default:
		return false
	}
}
