package delivery

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Keeper does what is due by itself.
type Keeper struct {
	db     *database.DB
	outbox *event.Outbox
}

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB, outbox *event.Outbox) Keeper { return Keeper{db, outbox} }

// Queue makes deliveries and sends them.
type Queue struct {
	Keeper
	topics   topic.Store
	things   thing.Store
	members  member.Store
	channels Channels
	devices  Devices
	mailer   Mailer
	wait     func(context.Context, time.Duration) error
	key      secret.Key
	site     string
	closed   func(context.Context) []string
}

// Wiring is what a Queue needs.
type Wiring struct {
	DB       *database.DB
	Outbox   *event.Outbox
	Key      secret.Key
	Members  member.Store
	Channels Channels
	Devices  Devices
	Mailer   Mailer
	Wait     func(context.Context, time.Duration) error // lets time pass
	SiteURL  string                                     // without a slash at the end
	Closed   func(context.Context) []string             // kinds of things whose functions are switched off
}

// NewQueue is for who makes and sends.
func NewQueue(w Wiring) Queue {
	return Queue{
		Keeper: NewKeeper(w.DB, w.Outbox), topics: topic.Store{DB: w.DB, Key: w.Key}, things: thing.Store{DB: w.DB}, members: w.Members,
		channels: w.Channels, devices: w.Devices, mailer: w.Mailer, wait: w.Wait, key: w.Key, site: w.SiteURL, closed: w.Closed,
	}
}

// row is a delivery as it is stored.
type row struct {
	id, topic, channel, recipient, member, batch string
	ref                                          thing.Ref
	digest                                       bool
	attempts                                     int
	event, due, next                             time.Time
}

const columns = `id, topic, kind, thing_id, channel, recipient, COALESCE(member_id, ''), digest, batch, attempts, event_at, due_at, next_at`

func scan(r database.Row) (row, error) {
	var v row
	var digest int
	var event, due, next int64
	err := r.Scan(&v.id, &v.topic, &v.ref.Kind, &v.ref.ID, &v.channel, &v.recipient, &v.member, &digest, &v.batch, &v.attempts, &event, &due, &next)
	v.digest, v.event, v.due, v.next = digest == 1, clock.FromMillis(event), clock.FromMillis(due), clock.FromMillis(next)
	return v, err
}

// Delivery is what the council sees of a message to one of its channels.
type Delivery struct {
	ID       string
	Topic    string
	Ref      thing.Ref
	State    State
	Attempts int
	Status   int    // of the last answer; 0 for none
	Answer   string // its text
	At       time.Time
	NextAt   *time.Time // when it is tried again; nil where it is not
}

// Moment is where d stands in the log of its channel.
func (d Delivery) Moment() cursor.Moment { return cursor.Moment{At: clock.Millis(d.At), ID: d.ID} }

// Log are the deliveries to a channel, the newest first, behind a place.
func (k Keeper) Log(ctx context.Context, channelID string, behind cursor.Moment, limit int) ([]Delivery, error) {
	var w database.Where
	w.Add(`recipient = ?`, channelID)
	w.Add(`recipient <> ''`)
	if behind.ID != "" {
		w.Add(`(event_at, id) < (?, ?)`, behind.At, behind.ID)
	}
	return database.All(ctx, k.db, func(r database.Row) (Delivery, error) {
		var d Delivery
		var at, next int64
		err := r.Scan(&d.ID, &d.Topic, &d.Ref.Kind, &d.Ref.ID, &d.State, &d.Attempts, &d.Status, &d.Answer, &at, &next)
		d.At = clock.FromMillis(at)
		if d.State == Waiting {
			d.NextAt = clock.FromMillisOf(&next)
		}
		return d, err
	}, `SELECT id, topic, kind, thing_id, state, attempts, status, answer, event_at, next_at FROM deliveries`+w.String()+` ORDER BY event_at DESC, id DESC`+database.Limit(limit), w.Args...)
}

// Retry has a message to a channel that was given up tried again now, as if it were new; what had come out long before its
// event was made stays late. It fails with
// problem.Absent, and with not-failed where it was not given up.
func (k Keeper) Retry(ctx context.Context, channelID, id string) error {
	return k.db.Atomic(ctx, func(ctx context.Context) error {
		state, err := database.One(ctx, k.db, database.Value[string], `SELECT state FROM deliveries WHERE id = $1 AND recipient = $2 AND recipient <> ''`, id, channelID)
		if errors.Is(err, database.ErrNoRow) {
			return problem.Absent()
		}
		if err != nil {
			return err
		}
		now := clock.Millis(clock.Now(ctx))
		n, err := k.db.Exec(ctx, `UPDATE deliveries SET state = $1, attempts = 0, due_at = $2, next_at = $2 WHERE id = $3 AND state IN ($4, $5)`, string(Waiting), now, id, string(Failed), string(Late))
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.New(problem.Conflict, "not-failed", "실패한 알림이 아닙니다.", "It has not failed: "+state+".")
		}
		return k.Wake(ctx, "retry-"+id+"-"+strconv.FormatInt(now, 10))
	})
}

// Pause is why a member gets no mail.
type Pause struct {
	At     time.Time
	Status int    // of the answer
	Answer string // what the server of the address said
}

// addressed is the hash by which it is known that an address is still the same.
func (q Queue) addressed(address string) string {
	mac := hmac.New(sha256.New, q.key.Derive("paused address"))
	_, _ = mac.Write([]byte(strings.ToLower(address)))
	return hex.EncodeToString(mac.Sum(nil)[:16])
}

// Paused is why a member's present address gets no mail; nil where it does.
func (q Queue) Paused(ctx context.Context, memberID, address string) (*Pause, error) {
	p, err := database.One(ctx, q.db, func(r database.Row) (Pause, error) {
		var p Pause
		var at int64
		err := r.Scan(&at, &p.Status, &p.Answer)
		p.At = clock.FromMillis(at)
		return p, err
	}, `SELECT at, status, answer FROM delivery_pauses WHERE member_id = $1 AND address = $2`, memberID, q.addressed(address))
	if errors.Is(err, database.ErrNoRow) {
		return nil, nil //nolint:nilnil // it is not paused
	}
	return &p, err
}

// Resume sends mail to a member's address again.
func (q Queue) Resume(ctx context.Context, memberID string) error {
	_, err := q.db.Exec(ctx, `DELETE FROM delivery_pauses WHERE member_id = $1`, memberID)
	return err
}

func (q Queue) pause(ctx context.Context, memberID, address string, o Outcome) error {
	_, err := q.db.Exec(ctx, `INSERT INTO delivery_pauses (member_id, address, at, status, answer) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (member_id) DO UPDATE SET address = excluded.address, at = excluded.at, status = excluded.status, answer = excluded.answer`,
		memberID, q.addressed(address), clock.Millis(clock.Now(ctx)), o.Status, o.Answer)
	return err
}

// Reason says in words why a message was not taken.
func (d Delivery) Reason() problem.Text {
	code := ""
	if d.Status > 0 {
		code = " (" + strconv.Itoa(d.Status) + ")"
	}
	switch d.State {
	case Waiting:
		if d.Attempts == 0 && d.Answer != "" {
			return problem.Text{KO: "채널이 멈춰 있어 기다립니다.", EN: "It waits: the channel is paused."}
		}
		if d.Attempts == 0 {
			return problem.Text{KO: "곧 보냅니다.", EN: "It is about to be sent."}
		}
		return problem.Text{KO: "받지 않아 다시 보냅니다" + code + ".", EN: "It was not taken, and is sent again" + code + "."}
	case Sent:
		return problem.Text{KO: "보냈습니다.", EN: "It was sent."}
	case Late:
		return problem.Text{KO: "48시간이 지나 보내지 않았습니다.", EN: "It was older than 48 hours, and was not sent."}
	case Withheld:
		return problem.Text{KO: "보낼 때 공개된 글이 아니어서 보내지 않았습니다.", EN: "It was not public when it was to be sent."}
	case Failed:
		return problem.Text{KO: "끝내 받지 않았습니다" + code + ".", EN: "It was never taken" + code + "."}
	default:
		return problem.Text{KO: "받는 곳이 없어 보내지 않았습니다.", EN: "There was nobody to send it to."}
	}
}
