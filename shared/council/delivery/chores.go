package delivery

import (
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Chores are what is to be done about deliveries by itself: events that never came are told again, whoever sends is
// woken where something waits, and what is over is forgotten.
func (k Keeper) Chores() []chore.Chore {
	return []chore.Chore{
		{Name: "deliveries-asked", Do: k.ask},
		{Name: "tomorrow-told", Do: k.tomorrow},
		{Name: "deliveries-woken", Do: k.wake},
		{Name: "deliveries-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
			n, err := k.db.Exec(ctx, `DELETE FROM deliveries WHERE id IN (SELECT id FROM deliveries WHERE event_at <= $1 ORDER BY event_at`+database.Limit(limit*10)+`)`, clock.Millis(clock.Now(ctx).Add(-Kept)))
			return int(n), err
		}},
		{Name: "delivery-events-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
			n, err := k.db.Exec(ctx, `DELETE FROM delivery_events WHERE id IN (SELECT id FROM delivery_events WHERE taken_at <= $1 ORDER BY taken_at`+database.Limit(limit*10)+`)`, clock.Millis(clock.Now(ctx).Add(-Kept)))
			return int(n), err
		}},
	}
}

// The times of what never came.
const (
	// patience is how long after a broker accepted it an event that was not taken is told again: brokers try for minutes.
	patience = 10 * time.Minute
	// unseen is how long it may take until an event that was made is seen: a unit of work is younger than a request.
	unseen = time.Hour
)

// mark is the name of the time up to which all events were taken.
const mark = "events"

// ask has events told again that happened and were not taken. It looks at what was recorded with the
// things themselves, from the time on up to which all were taken.
func (k Keeper) ask(ctx context.Context, limit int) (int, error) {
	types := []string{}
	for _, t := range topic.All() {
		types = append(types, t.Event)
	}
	now := clock.Now(ctx)
	marks, err := database.All(ctx, k.db, database.Value[int64], `SELECT at FROM delivery_marks WHERE name = $1`, mark)
	if err != nil {
		return 0, err
	}
	from := now.Add(-Fresh) // the first time: what is older would not be sent
	if len(marks) > 0 {
		from = clock.FromMillis(marks[0])
	}
	events, err := k.outbox.Since(ctx, from, limit, types...)
	if err != nil || len(events) == 0 {
		return 0, err
	}
	ids := []string{}
	for _, e := range events {
		ids = append(ids, e.ID)
	}
	var w database.Where
	w.In(`id`, ids...)
	list, err := database.All(ctx, k.db, database.Value[string], `SELECT id FROM delivery_events`+w.String(), w.Args...)
	if err != nil {
		return 0, err
	}
	taken := map[string]bool{}
	for _, id := range list {
		taken[id] = true
	}
	upTo, told := now.Add(-unseen), 0
	if len(events) == limit && events[limit-1].Time.Before(upTo) {
		upTo = events[limit-1].Time
	}
	for _, e := range events {
		if taken[e.ID] {
			continue
		}
		if e.Time.Before(upTo) {
			upTo = e.Time
		}
		if e.SentAt == nil || now.Sub(*e.SentAt) < patience { // Republish has it, or the broker
			continue
		}
		if err := k.db.Atomic(ctx, func(ctx context.Context) error { return k.outbox.Repeat(ctx, e.Event) }); err != nil {
			return told, err
		}
		told++
	}
	_, err = k.db.Exec(ctx, `INSERT INTO delivery_marks (name, at) VALUES ($1, $2) ON CONFLICT (name) DO UPDATE SET at = excluded.at`, mark, clock.Millis(upTo))
	return told, err
}

// mostTomorrow is how many things of a day are told of on the day before: more are in the calendar, and in no letter that is read.
const mostTomorrow = 50

// tomorrow records an event for each thing that begins on the next day, from early before the hour of digests on. In quiet hours it is
// too late.
func (k Keeper) tomorrow(ctx context.Context, _ int) (told int, err error) {
	p, err := policy.Read[Policy](ctx, k.db)
	if err != nil {
		return 0, err
	}
	now := clock.Now(ctx)
	today := clock.Midnight(now)
	if now.Before(today.Add(time.Duration(p.DigestHour())*time.Hour-early)) || p.awake(now).After(now) {
		return 0, nil
	}
	from, day := today.AddDate(0, 0, 1), today.Unix()
	for _, t := range topic.All() {
		if !t.Tomorrow {
			continue
		}
		list, err := thing.Store{DB: k.db}.Starting(ctx, t.Kind, from, from.AddDate(0, 0, 1), mostTomorrow)
		if err != nil || len(list) == 0 {
			return told, err
		}
		known, err := k.outbox.Since(ctx, today, 2*mostTomorrow, t.Event)
		if err != nil {
			return told, err
		}
		for _, one := range list {
			e, err := event.New(ctx, t.Event, one.ID, day, neared{ID: one.ID})
			if err != nil {
				return told, err
			}
			if slices.ContainsFunc(known, func(r event.Recorded) bool { return r.ID == e.ID }) {
				continue
			}
			if err := k.db.Atomic(ctx, func(ctx context.Context) error { return k.outbox.Record(ctx, e) }); err != nil {
				return told, err
			}
			told++
		}
	}
	return told, nil
}

// neared is the data of an event of a topic of tomorrow.
type neared struct {
	ID string `json:"id"`
}

// wake wakes whoever sends, if something waits.
func (k Keeper) wake(ctx context.Context, _ int) (int, error) {
	due, err := k.due(ctx, "")
	if err != nil || !due {
		return 0, err
	}
	return 1, k.db.Atomic(ctx, func(ctx context.Context) error { return k.Wake(ctx, swept+strconv.FormatInt(slot(clock.Now(ctx)), 10)) })
}

type exported struct {
	Topic string    `json:"topic"`
	By    string    `json:"by"` // the channel
	Kind  string    `json:"kind"`
	ID    string    `json:"id"`
	State State     `json:"state"`
	At    time.Time `json:"at"`
}

type exportedPause struct {
	At     time.Time `json:"at"`
	Answer string    `json:"answer"`
}

type exportedMail struct {
	Sent   []exported      `json:"sent"`
	Paused []exportedPause `json:"paused"`
}

// Personal is what deliveries keep of members.
func (k Keeper) Personal() []person.Data {
	return []person.Data{{
		Name: "notificationMails",
		Notices: []person.Notice{
			{What: problem.Text{KO: "이메일과 기기로 보낸 알림: 어떤 글을 언제 보냈고 받았는지", EN: "Notifications by email and on devices: about what, when, and whether they were delivered"}, Why: problem.Text{KO: "같은 알림을 두 번 보내지 않기", EN: "Not sending anything twice"}, Until: problem.Text{KO: "90일, 또는 탈퇴할 때까지", EN: "90 days, or until you leave"},
				Whom: problem.Text{KO: "이메일로 보낸 것만, {mail}", EN: "What is sent by email alone, to {mail}"}},
			{What: problem.Text{KO: "이메일이 되돌아온 주소의 표시", EN: "That email to your address bounced"}, Why: problem.Text{KO: "없는 주소로 보내지 않기", EN: "Not sending to an address that does not work"}, Until: problem.Text{KO: "다시 받기로 하거나 탈퇴할 때까지", EN: "Until you ask for email again or leave"}},
		},
		Columns: []person.Column{
			{Name: "deliveries.member_id", Fate: person.Forgotten},
			{Name: "deliveries.topic", Fate: person.Exported},
			{Name: "deliveries.channel", Fate: person.Exported},
			{Name: "deliveries.recipient", Fate: person.Forgotten},
			{Name: "deliveries.kind", Fate: person.Exported},
			{Name: "deliveries.thing_id", Fate: person.Exported},
			{Name: "deliveries.state", Fate: person.Exported},
			{Name: "deliveries.answer", Fate: person.Forgotten},
			{Name: "delivery_pauses.member_id", Fate: person.Forgotten},
			{Name: "delivery_pauses.address", Fate: person.Forgotten},
			{Name: "delivery_pauses.answer", Fate: person.Exported},
		},
		Export: func(ctx context.Context, memberID string) (any, error) {
			kept := exportedMail{}
			var err error
			if kept.Sent, err = database.All(ctx, k.db, func(r database.Row) (exported, error) {
				var e exported
				var at int64
				err := r.Scan(&e.Topic, &e.By, &e.Kind, &e.ID, &e.State, &at)
				e.At = clock.FromMillis(at)
				return e, err
			}, `SELECT topic, channel, kind, thing_id, state, event_at FROM deliveries WHERE member_id = $1 ORDER BY event_at DESC, id`, memberID); err != nil {
				return nil, err
			}
			kept.Paused, err = database.All(ctx, k.db, func(r database.Row) (exportedPause, error) {
				var e exportedPause
				var at int64
				err := r.Scan(&at, &e.Answer)
				e.At = clock.FromMillis(at)
				return e, err
			}, `SELECT at, answer FROM delivery_pauses WHERE member_id = $1`, memberID)
			return kept, err
		},
		Forget: func(ctx context.Context, memberID string) error {
			if _, err := k.db.Exec(ctx, `DELETE FROM deliveries WHERE member_id = $1`, memberID); err != nil {
				return err
			}
			_, err := k.db.Exec(ctx, `DELETE FROM delivery_pauses WHERE member_id = $1`, memberID)
			return err
		},
	}}
}
