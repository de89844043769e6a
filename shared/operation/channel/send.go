package channel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/operation/audit"
	"github.com/madang-council/madang/shared/outside"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// PausedItself is the action of the log where a channel is paused for its failures.
const PausedItself = "pause a channel"

// Held is the Answer of a channel that is paused.
const Held = "paused"

// Outcome is what became of a message.
type Outcome struct {
	Status int           // of HTTP; 0 where nothing was answered
	Answer string        // at most outside.Kept bytes of what was answered; where there was no answer an outside.Reason, or Held; "" where it was taken
	Again  bool          // it may be taken later
	After  time.Duration // not before; 0 where the receiver said nothing
	// Uncalled says that nobody was asked: the channel is paused or lost, or its address is refused before a connection.
	Uncalled bool
}

// Taken says whether the message arrived.
func (o Outcome) Taken() bool { return o.Status >= 200 && o.Status <= 299 }

// gone says whether the address answers that it will never take anything again: 410 of anybody,
// and 404 of Discord and Slack, whose addresses are made by them.
func (o Outcome) gone(kind string) bool {
	return o.Status == 410 || o.Status == 404 && kind != Webhook
}

// Words are what became of it, for people.
func (o Outcome) Words() problem.Text {
	status := strconv.Itoa(o.Status)
	switch {
	case o.Taken():
		return problem.Text{KO: "보냈습니다. 상대가 " + status + text.Particle(status, "로") + " 답했습니다.", EN: "Sent: it answered " + status + "."}
	case o.Answer == Held:
		return problem.Text{KO: "멈춘 채널이라 보내지 않았습니다.", EN: "Not sent: the channel is paused."}
	case o.Status == 0:
		return Said(o.Answer)
	case o.Status == 429:
		return problem.Text{KO: "상대가 너무 자주 보낸다며 미뤘습니다(429). 조금 뒤에 다시 보냅니다.", EN: "It asked to be told less often (429). It is sent again in a while."}
	case o.Status == 401 || o.Status == 403:
		return problem.Text{KO: "상대가 거절했습니다(" + status + "). 주소를 새로 복사해 바꿔 주세요.", EN: "It refused (" + status + "). Copy the address anew."}
	case o.Status == 404 || o.Status == 410:
		return problem.Text{KO: "없어진 주소입니다(" + status + "). 상대 쪽에서 웹후크를 지운 듯합니다.", EN: "The address is gone (" + status + "): the webhook seems to have been deleted there."}
	case o.Status >= 300 && o.Status <= 399:
		return problem.Text{KO: "다른 주소로 가라고 답했습니다(" + status + "). 옮겨 간 주소를 직접 등록해 주세요.", EN: "It answered with another address (" + status + "), which is not followed: save that one."}
	case o.Status >= 500:
		return problem.Text{KO: "상대 서버가 고장 난 듯합니다(" + status + ").", EN: "Its server seems to be broken (" + status + ")."}
	}
	return problem.Text{KO: "상대가 받지 않았습니다(" + status + ").", EN: "It was not taken (" + status + ")."}
}

// Sender calls channels. It must be used outside of units of work: a call takes up to outside.Most.
type Sender struct {
	store  Store
	log    audit.Store
	sender sender
}

// NewSender sends for a site: its address without a slash at the end, and the council's name.
func NewSender(s Store, site, council string) Sender {
	return Sender{store: s, log: audit.Store{DB: s.db}, sender: sender{site: site, council: council}}
}

// Send tells a channel a message. It fails with problem.Absent where there is no such channel, and
// otherwise for what is our own fault; whatever the receiver does is an Outcome. A paused channel
// is not called, and may be later. Tries failures in a row pause it, which the log says.
func (s Sender) Send(ctx context.Context, channelID string, m Message) (Outcome, error) {
	c, err := s.store.row(ctx, channelID)
	if err != nil {
		return Outcome{}, err
	}
	if c.Paused() {
		return Outcome{Answer: Held, Again: true, Uncalled: true}, nil
	}
	return s.send(ctx, c, m)
}

// Try tells a channel, paused or not, that this is a test, and is what became of it.
func (s Sender) Try(ctx context.Context, channelID string) (Channel, Outcome, error) {
	if err := operates(ctx); err != nil {
		return Channel{}, Outcome{}, err
	}
	c, err := s.store.row(ctx, channelID)
	if err != nil {
		return Channel{}, Outcome{}, err
	}
	id, err := check.NewID()
	if err != nil {
		return Channel{}, Outcome{}, err
	}
	o, err := s.send(ctx, c, Message{
		ID: "test_" + id, Topic: "test", Kind: "시험", Title: "시험 메시지입니다", Line: "‘" + c.Name + "’ 채널이 이어졌습니다. 앞으로 새 소식을 여기로 보냅니다.", URL: "/", At: clock.Now(ctx),
	})
	return c.Channel, o, err
}

func (s Sender) send(ctx context.Context, c row, m Message) (Outcome, error) {
	if c.Lost() {
		return Outcome{Answer: Lost, Uncalled: true}, nil
	}
	body, header, err := s.request(ctx, c, m)
	if err != nil {
		return Outcome{}, err
	}
	address := c.address
	if c.Kind == Discord {
		address = address.With("wait", "true") // without it Discord answers before it has looked at the message
	}
	o := s.outcome(ctx, address, header, body)
	if o.Taken() {
		return o, s.store.taken(ctx, c, o)
	}
	return o, s.store.db.Atomic(ctx, func(ctx context.Context) error {
		paused, err := s.store.missed(ctx, c, o, o.Status != 429)
		if err != nil || !paused {
			return err
		}
		detail, err := json.Marshal(map[string]any{"status": o.Status, "answer": o.Answer})
		if err != nil {
			return fmt.Errorf("channel %s: %w", c.ID, err)
		}
		return s.log.Add(ctx, audit.Record{Action: PausedItself, Subject: c.ID, SubjectName: c.Name, Detail: string(detail)})
	})
}

// idForm is that of ids that can be signed: a dot would part them elsewhere.
var idForm = regexp.MustCompile(`^[A-Za-z0-9_-]{1,200}$`)

// errID says that a message has no id that can be signed.
var errID = errors.New("channel: the id of a message is 1 to 200 letters, digits, - and _")

// request is what a channel of its kind is sent.
func (s Sender) request(ctx context.Context, c row, m Message) (body []byte, header map[string]string, err error) {
	if !idForm.MatchString(m.ID) {
		return nil, nil, errID
	}
	header = map[string]string{"Content-Type": "application/json", "User-Agent": "Madang (" + s.sender.site + ", 1)"}
	switch c.Kind {
	case Discord:
		body, err = s.sender.discord(m)
	case Slack:
		body, err = s.sender.slack(m)
	default:
		if body, err = s.sender.webhook(m); err != nil {
			return nil, nil, err
		}
		now := clock.Now(ctx)
		header["webhook-id"], header["webhook-timestamp"] = m.ID, strconv.FormatInt(now.Unix(), 10)
		header["webhook-signature"], err = signatures(c.secrets, m.ID, now, body)
	}
	return body, header, err
}

// outcome calls an address.
func (s Sender) outcome(ctx context.Context, to outside.Address, header map[string]string, body []byte) Outcome {
	answer, err := s.store.out.Post(ctx, to, header, body)
	if err != nil {
		var known *outside.Error
		if errors.As(err, &known) {
			return Outcome{Answer: string(known.Reason), Again: known.Passing(), Uncalled: !known.Passing()}
		}
		return Outcome{Answer: string(outside.NoAnswer), Again: true}
	}
	o := Outcome{Status: answer.Status}
	if o.Taken() {
		return o
	}
	o.Answer, o.Again = answer.Said(), answer.Passing()
	if o.Again {
		o.After = after(clock.Now(ctx), answer)
	}
	return o
}

// after is how long a receiver wants us to wait: the longer of its Retry-After and of the retry_after of
// Discord's JSON, in seconds with a fraction.
func after(now time.Time, answer outside.Answer) time.Duration {
	var discord struct {
		RetryAfter float64 `json:"retry_after"`
	}
	if json.Unmarshal(answer.Body, &discord) != nil {
		discord.RetryAfter = 0
	}
	return max(answer.After(now), outside.Seconds(discord.RetryAfter))
}
