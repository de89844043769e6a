package e2e

import (
	"errors"
	"io"
	"mime/quotedprintable"
	"net"
	"strings"
	"sync"

	"github.com/emersion/go-smtp"
)

// postOffice takes the mail of an environment that sends it to MADANG_SMTP; nil where the
// stories are told to a local host, which has a mailbox of its own.
var postOffice *office

type office struct {
	mu   sync.Mutex
	mail string // every message as "\nTo: address\ntext", newest first
}

func openPostOffice(address string) *office {
	o := &office{}
	server := smtp.NewServer(o)
	server.Domain, server.MaxMessageBytes, server.EnableSMTPUTF8 = "e2e", 1<<20, true
	listener, err := net.Listen("tcp", address)
	if err != nil {
		panic(err)
	}
	go func() {
		if err := server.Serve(listener); err != nil && !errors.Is(err, smtp.ErrServerClosed) {
			panic(err)
		}
	}()
	return o
}

func (o *office) text() string {
	if o == nil {
		return ""
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.mail
}

// NewSession begins a sender's session.
func (o *office) NewSession(*smtp.Conn) (smtp.Session, error) { return &envelope{office: o}, nil }

type envelope struct {
	office *office
	to     []string
}

func (e *envelope) Reset()                               { e.to = nil }
func (e *envelope) Logout() error                        { return nil }
func (e *envelope) Mail(string, *smtp.MailOptions) error { return nil }
func (e *envelope) Rcpt(to string, _ *smtp.RcptOptions) error {
	e.to = append(e.to, to)
	return nil
}

func (e *envelope) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	_, body, _ := strings.Cut(string(raw), "\r\n\r\n")
	if text, err := io.ReadAll(quotedprintable.NewReader(strings.NewReader(body))); err == nil {
		body = string(text)
	}
	e.office.mu.Lock()
	defer e.office.mu.Unlock()
	for _, to := range e.to {
		e.office.mail = "\nTo: " + to + "\n" + body + e.office.mail
	}
	return nil
}
