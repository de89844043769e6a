package main

import (
	"context"
	"fmt"
	"html"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/mail"
)

// mailbox keeps the mail that the functions send and shows it at /_dev/mail.
type mailbox struct {
	mu   sync.Mutex
	list []received
}

type received struct {
	mail.Message
	at time.Time
}

// kept is how many messages the page shows.
const kept = 200

// Send keeps a message.
func (m *mailbox) Send(ctx context.Context, message mail.Message) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.list = append(m.list, received{message, clock.Now(ctx)})
	if len(m.list) > kept {
		m.list = m.list[1:]
	}
	return nil
}

// ServeHTTP shows the messages, newest first: as text to curl, as a page to a browser.
func (m *mailbox) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	list := slices.Clone(m.list)
	m.mu.Unlock()
	slices.Reverse(list)
	page := r.Header.Get("Accept") != "*/*" && r.Header.Get("Accept") != ""
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	if !page {
		w.Header().Set("Content-Type", "text/plain; charset=utf-8")
		for _, l := range list {
			_, _ = fmt.Fprintf(w, "%s\nTo: %s\nSubject: %s\n\n%s\n\n", l.at.Format(time.RFC3339), l.To, l.Subject, l.Text)
		}
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.Header().Set("Content-Security-Policy", "default-src 'none'")
	_, _ = fmt.Fprint(w, `<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>우편함</title><h1>우편함</h1><p>이 컴퓨터에서 마당이 보낸 편지입니다. 밖으로는 나가지 않습니다.</p>`)
	if len(list) == 0 {
		_, _ = fmt.Fprint(w, `<p>아직 없습니다.</p>`)
	}
	for _, l := range list {
		_, _ = fmt.Fprintf(w, `<article><h2>%s</h2><p>%s · %s</p><pre>%s</pre></article><hr>`, html.EscapeString(l.Subject), l.at.Format(time.DateTime), html.EscapeString(l.To), html.EscapeString(l.Text))
	}
}
