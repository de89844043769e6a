package delivery

import (
	"context"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/inbox"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

// Take makes what an event of a topic leads to: an entry in the list of each member who is to hear
// of it and has not left, and a row for each message that is to be sent. An event that was taken before leads to nothing.
func (q Queue) Take(ctx context.Context, e event.Event) error {
	t, known := topic.OfEvent(e.Type)
	if !known {
		return problem.Absent()
	}
	ref, news, wrong := t.About(e)
	kept, err := t.Row(e)
	if err != nil {
		return err
	}
	err = q.db.Atomic(ctx, func(ctx context.Context) error {
		n, err := q.db.Exec(ctx, `INSERT INTO delivery_events (id, taken_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING`, e.ID, clock.Millis(clock.Now(ctx)))
		if err != nil || n == 0 || !news {
			return err
		}
		p, err := policy.Read[Policy](ctx, q.db)
		if err != nil {
			return err
		}
		subscribers, channels, err := q.audience(ctx, t, ref, e)
		if err != nil {
			return err
		}
		named := []string{}
		for _, s := range subscribers {
			named = append(named, s.MemberID)
		}
		staying, err := q.members.Staying(ctx, named...)
		if err != nil {
			return err
		}
		subscribers = slices.DeleteFunc(subscribers, func(s topic.Subscriber) bool { return !staying[s.MemberID] })
		members := slices.DeleteFunc(named, func(id string) bool { return !staying[id] })
		rows := []row{}
		devices, err := q.devices.Of(ctx, members...)
		if err != nil {
			return err
		}
		add := func(r row) {
			r.id, r.topic, r.ref, r.event, r.next = hash(e.ID, r.channel, r.recipient+r.member), kept, ref, e.Time, r.due
			rows = append(rows, r)
		}
		for _, s := range subscribers {
			r := row{channel: Mail, member: s.MemberID, due: p.awake(e.Time)}
			switch {
			case t.Tomorrow:
				r.digest, r.due = true, p.evening(e.Time)
			case s.How == topic.Daily:
				r.digest, r.due = true, p.digest(e.Time)
			}
			add(r)
			for _, id := range devices[s.MemberID] {
				r.channel, r.recipient = Push, id
				add(r)
			}
		}
		for _, c := range channels {
			r := row{channel: c.Kind, recipient: c.ID, due: e.Time}
			switch {
			case t.Tomorrow:
				r.due = p.evening(e.Time)
			case c.Kind != Webhook:
				r.due = p.awake(e.Time)
			}
			add(r)
		}
		if err := (inbox.Store{DB: q.db}).Add(ctx, e.ID, t.Name, ref, e.Time, members...); err != nil {
			return err
		}
		if err := q.insert(ctx, rows); err != nil {
			return err
		}
		if !slices.ContainsFunc(rows, func(r row) bool { return !r.due.After(clock.Now(ctx)) }) {
			return nil
		}
		return q.Wake(ctx, hash(e.ID))
	})
	if err != nil {
		return err
	}
	return wrong
}

// audience is who is to hear of an event: who wants to, or for the council's work whom it names.
func (q Queue) audience(ctx context.Context, t topic.Topic, ref thing.Ref, e event.Event) (members []topic.Subscriber, channels []Channel, err error) {
	if t.Desk != "" {
		to, err := t.To(e)
		if err != nil {
			return nil, nil, err
		}
		members, err = q.topics.Told(ctx, t, to)
		return members, nil, err
	}
	if members, err = q.topics.Subscribers(ctx, t, ref); err != nil {
		return nil, nil, err
	}
	channels, err = q.channels.For(ctx, t.Name)
	return members, channels, err
}

// atOnce is how many rows a statement makes.
const atOnce = 50

func (q Queue) insert(ctx context.Context, rows []row) error {
	now := clock.Millis(clock.Now(ctx))
	for some := range slices.Chunk(rows, atOnce) {
		args, marks := []any{}, []string{}
		for _, r := range some {
			var member *string
			if r.member != "" {
				member = &r.member
			}
			digest := 0
			if r.digest {
				digest = 1
			}
			from := len(args) + 1
			args = append(args, r.id, r.topic, r.ref.Kind, r.ref.ID, r.channel, r.recipient, member, digest, string(Waiting), clock.Millis(r.event), clock.Millis(r.due), clock.Millis(r.next), now)
			marks = append(marks, `(`+database.Marks(from, len(args)-from+1)+`, '', 0, 0, '')`)
		}
		if _, err := q.db.Exec(ctx, `INSERT INTO deliveries (id, topic, kind, thing_id, channel, recipient, member_id, digest, state, event_at, due_at, next_at, made_at, batch, attempts, status, answer)
			VALUES `+strings.Join(marks, ", ")+` ON CONFLICT (id) DO NOTHING`, args...); err != nil {
			return err
		}
	}
	return nil
}

// Wake begins a chain of runs, since something waits, in the unit of work of ctx. One of a name is begun once.
func (k Keeper) Wake(ctx context.Context, chain string) error {
	return k.turn(ctx, MoreEvent{Chain: chain, Turn: 1})
}

// Next has the run behind one of a chain begin, in the unit of work of ctx.
func (k Keeper) Next(ctx context.Context, e MoreEvent) error {
	e.Turn++
	return k.turn(ctx, e)
}

func (k Keeper) turn(ctx context.Context, data MoreEvent) error {
	e, err := event.New(ctx, More, data.Chain, data.Turn, data)
	if err != nil {
		return err
	}
	return k.outbox.Record(ctx, e)
}

// slot is the part of the day in which sweep wakes once.
func slot(t time.Time) int64 { return t.Unix() / int64((4 * time.Minute).Seconds()) }
