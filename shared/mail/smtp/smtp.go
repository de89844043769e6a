// Package smtp sends mail through a server. Only functions that send mail link it.
package smtp

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/madang-council/madang/shared/mail"
	"github.com/madang-council/madang/shared/problem"
)

// sender sends through a server.
type sender struct {
	client func() (*gomail.Client, error)
	from   string
}

// Open takes smtp://user:password@host:587 (STARTTLS), smtps://…:465, or
// smtp://host:25?tls=none for a server on the same machine. It does no I/O.
func Open(address, from string) (mail.Sender, error) {
	u, err := url.Parse(address)
	if err != nil || u.Host == "" || u.Scheme != "smtp" && u.Scheme != "smtps" {
		return nil, fmt.Errorf("SMTP_URL: not smtp://host:port or smtps://host:port")
	}
	options := []gomail.Option{gomail.WithTimeout(10 * time.Second), gomail.WithTLSPolicy(gomail.TLSMandatory)}
	if u.Scheme == "smtps" {
		options = append(options, gomail.WithSSL())
	} else if u.Query().Get("tls") == "none" {
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	}
	if p := u.Port(); p != "" {
		port, err := strconv.Atoi(p)
		if err != nil {
			return nil, fmt.Errorf("SMTP_URL: %w", err)
		}
		options = append(options, gomail.WithPort(port))
	}
	if u.User != nil {
		password, _ := u.User.Password()
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(u.User.Username()), gomail.WithPassword(password))
	}
	host := u.Hostname()
	return &sender{from: from, client: func() (*gomail.Client, error) { return gomail.NewClient(host, options...) }}, nil
}

// Send connects, sends one message and hangs up.
func (s *sender) Send(ctx context.Context, m mail.Message) error {
	message := gomail.NewMsg()
	if err := message.From(s.from); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if err := message.To(m.To); err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	message.Subject(m.Subject)
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	if m.ID != "" {
		message.SetMessageIDWithValue(m.ID)
	}
	if m.Unsubscribe != "" {
		message.SetBulk()
		message.SetGenHeader(gomail.Header("Auto-Submitted"), "auto-generated")   // RFC 3834
		if err := message.SetListUnsubscribeOneClick(m.Unsubscribe); err != nil { // a laptop has no https
			message.SetListUnsubscribe("<" + m.Unsubscribe + ">")
		}
	}
	client, err := s.client()
	if err != nil {
		return fmt.Errorf("mail: %w", err)
	}
	if err := client.DialAndSendWithContext(ctx, message); err != nil {
		return problem.Away(fmt.Errorf("mail: %w", refused(err)))
	}
	return nil
}

// said is an answer of a server.
var said = regexp.MustCompile(`[45][0-9]{2}[ -][^\r\n]*`)

// refused is the server's answer where err has one.
func refused(err error) error {
	var sending *gomail.SendError
	if !errors.As(err, &sending) || sending.ErrorCode() == 0 {
		return err
	}
	answer, _, _ := strings.Cut(said.FindString(sending.Error()), ", affected recipient")
	return &mail.Refused{
		Status: sending.ErrorCode(), Enhanced: sending.EnhancedStatusCode(), Answer: answer, Recipient: sending.Reason == gomail.ErrSMTPRcptTo,
	}
}
