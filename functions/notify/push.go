package notify

import (
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/delivery"
	"github.com/madang-council/madang/shared/council/device"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/webpush"
)

// pusher sends messages to devices.
type pusher struct {
	devices device.Store
	out     *outside.Client
	key     func() (webpush.Key, error) // made when it is first needed
	contact string                      // how operators of push services reach the council: https, whatever it is reached by on a laptop
	log     *slog.Logger
}

func openPusher(d function.Deps) pusher {
	out := outside.New(d.Settings.Outside)
	_, host, _ := strings.Cut(d.Settings.SiteURL, "://")
	return pusher{
		devices: device.NewStore(d.DB, d.Key, out), out: out, contact: "https://" + host, log: d.Log,
		key: sync.OnceValues(func() (webpush.Key, error) { return webpush.NewKey(d.Key.Derive("web push")) }),
	}
}

// answers is how long a push service may take: they answer in well under a second.
const answers = 5 * time.Second

// Of are the ids of members' devices, by member.
func (p pusher) Of(ctx context.Context, memberIDs ...string) (map[string][]string, error) {
	return p.devices.Of(ctx, memberIDs...)
}

// Push sends a message to a device. One that its push service does not know any more is forgotten, and one whose server has not
// answered for long.
func (p pusher) Push(ctx context.Context, n delivery.Note) (delivery.Outcome, error) {
	to, err := p.devices.Target(ctx, n.DeviceID, n.MemberID)
	if errors.Is(err, problem.Absent()) {
		return delivery.Outcome{Gone: true, Uncalled: true}, nil
	}
	if err != nil {
		return delivery.Outcome{}, err
	}
	host := to.Address.Host()
	if slices.Contains(n.Silent, host) {
		return delivery.Outcome{Host: host, Answer: string(outside.TooSlow), Again: true, Uncalled: true}, nil
	}
	header, body, err := p.request(ctx, to, n)
	if err != nil {
		return delivery.Outcome{}, err
	}
	calling, cancel := context.WithTimeout(ctx, answers)
	defer cancel()
	answer, err := p.out.Post(calling, to.Address, header, body)
	if err != nil {
		o := delivery.Outcome{Host: host, Answer: string(outside.NoAnswer), Again: true}
		var known *outside.Error
		if errors.As(err, &known) {
			o.Answer, o.Again, o.Uncalled = string(known.Reason), known.Passing(), !known.Passing()
		}
		if o.Uncalled || ctx.Err() != nil { // nobody was asked, or nobody waited
			return o, nil
		}
		return o, p.devices.Silent(ctx, n.DeviceID)
	}
	o := delivery.Outcome{Host: host, Status: answer.Status}
	if err := p.devices.Answered(context.WithoutCancel(ctx), n.DeviceID); err != nil {
		return o, err
	}
	if answer.Taken() {
		return o, nil
	}
	o.Answer = answer.Said()
	switch {
	case answer.Passing():
		o.Again, o.After = true, answer.After(clock.Now(ctx))
	case o.Status == http.StatusNotFound || o.Status == http.StatusGone:
		o.Gone = true
		return o, p.devices.Gone(context.WithoutCancel(ctx), n.DeviceID)
	default: // as 401 and 403, where who we say to be is not believed: an operator must see it
		p.log.WarnContext(ctx, "a push service does not take a message", "host", to.Address.Host(), "status", o.Status, "answer", o.Answer)
	}
	return o, nil
}

// note is what a message says, and all that it says.
type note struct {
	Title    string `json:"title"`
	Path     string `json:"path"`
	Language string `json:"lang"` // of the title
}

// request is what a push service is sent.
func (p pusher) request(ctx context.Context, to device.Target, n delivery.Note) (header map[string]string, body []byte, err error) {
	plain, err := json.Marshal(said(to.Language, n))
	if err != nil {
		return nil, nil, fmt.Errorf("message: %w", err)
	}
	if body, err = to.Receiver.Encrypt(plain); err != nil {
		return nil, nil, err
	}
	key, err := p.key()
	if err != nil {
		return nil, nil, err
	}
	now := clock.Now(ctx)
	who, err := key.Authorization(to.Address.Origin(), p.contact, now)
	if err != nil {
		return nil, nil, err
	}
	return map[string]string{
		"Authorization": who, "Content-Encoding": "aes128gcm", "Content-Type": "application/octet-stream", "User-Agent": "Madang (" + p.contact + ", 1)",
		"TTL": strconv.Itoa(max(0, int(n.Until.Sub(now).Seconds()))), "Urgency": urgency(n), "Topic": collapses(n),
	}, body, nil
}

// urgency is whether a telephone that saves power is woken (RFC 8030, 5.3): not for what comes once a day, but for
// what begins on the next.
func urgency(n delivery.Note) string {
	if n.Digest && !slices.ContainsFunc(n.Items, func(i delivery.Item) bool { return i.Topic.Tomorrow }) {
		return "low"
	}
	return "normal"
}

// collapses names what a message is about, for its device alone: of several that wait at the push service the last
// is shown (RFC 8030, 5.4; 32 characters), also where one was sent again.
func collapses(n delivery.Note) string {
	about := "digest"
	if len(n.Items) == 1 {
		about = n.Items[0].Thing.Ref.Kind + "\n" + n.Items[0].Thing.Ref.ID
	}
	sum := sha256.Sum256([]byte("push topic\n" + n.DeviceID + "\n" + about))
	return base64.RawURLEncoding.EncodeToString(sum[:24])
}

// said is a message in a language: in Korean where what it is about has no English title.
func said(language string, n delivery.Note) note {
	first := n.Items[0]
	local := func(path string) string {
		if language == "en" {
			return function.English(path)
		}
		return path
	}
	m := note{Language: "ko", Path: local(first.Thing.Path)}
	title, happened := first.Thing.Title, first.Topic.Said.KO
	if language == "en" && first.Thing.TitleEn != "" {
		m.Language, title, happened = "en", first.Thing.TitleEn, first.Topic.Said.EN
	}
	title = text.Truncate(title, mostTitle)
	if others := len(n.Items) - 1; others > 0 {
		m.Path = local(ui.NotificationsPath)
		m.Title = problem.Text{KO: title + " 외 " + strconv.Itoa(others) + "건", EN: title + " and " + strconv.Itoa(others) + " more"}.In(m.Language)
		return m
	}
	m.Title = happened + ": " + title
	return m
}
