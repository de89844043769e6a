package delivery

import (
	"context"
	"errors"
	"log/slog"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/problem"
)

// Ran is what a run did.
type Ran struct {
	Done map[State]int // messages by where they stand now
	More bool          // others wait that can be sent
	// Pause is how long the next run waits, so that no channel gets more than its part in a minute.
	Pause time.Duration
}

// idle says whether nothing became of any message.
func (r Ran) idle() bool {
	for _, n := range r.Done {
		if n > 0 {
			return false
		}
	}
	return true
}

// Run sends what is due: on each channel to at most perRun recipients, and to no more in a minute than
// the council allows, whoever else runs. It begins nothing once ctx has ended; what it has begun it ends, and writes what was answered, for which it
// takes at most Most more. What is left is for the next run. It asks for the present before each message, since
// it takes minutes. It belongs in no unit of work.
func (q Queue) Run(ctx context.Context, log *slog.Logger) (Ran, error) {
	ran := Ran{Done: map[State]int{}}
	p, err := policy.Read[Policy](ctx, q.db)
	if err != nil {
		return ran, err
	}
	var failed error
	for _, kind := range kinds {
		if err := q.channel(ctx, kind, p, &ran); err != nil {
			log.WarnContext(ctx, "a channel of notifications is left for a later run", "channel", kind, "error", err)
			failed = errors.Join(failed, err)
		}
	}
	return ran, failed
}

// Rest puts off what is due.
func (q Queue) Rest(ctx context.Context, until time.Time) error {
	for _, kind := range kinds {
		if err := q.postpone(ctx, kind, until); err != nil {
			return err
		}
	}
	return nil
}

func (q Queue) postpone(ctx context.Context, kind string, until time.Time) error {
	_, err := q.db.Exec(ctx, `UPDATE deliveries SET next_at = $1 WHERE state = 'waiting' AND channel = $2 AND next_at <= $3`, clock.Millis(until), kind, clock.Millis(clock.Now(ctx)))
	return err
}

// channel sends what is due on one channel.
func (q Queue) channel(ctx context.Context, kind string, p Policy, ran *Ran) error {
	left, silent, asleep := p.PerMinute, map[string]int{}, []string{}
	for n := 0; n < perRun && left > 0 && ctx.Err() == nil; {
		m, err := q.one(ctx, kind, p, asleep, ran)
		if err != nil || m.nothing {
			return err
		}
		left = m.left
		if !m.asked {
			continue
		}
		n++
		if silent[m.host]++; m.answered {
			silent[m.host] = 0
		}
		switch {
		case silent[m.host] < silence:
		case m.host == "": // all have the same: sweep comes back to it
			return nil
		default:
			asleep = append(asleep, m.host)
		}
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), writing)
	defer cancel()
	more, err := q.due(clock.Current(ctx), kind)
	if err != nil || !more {
		return err
	}
	if ran.More = true; left < min(perRun, p.PerMinute) {
		ran.Pause = window
	}
	return nil
}

// message is what became of one of a channel.
type message struct {
	nothing  bool // none is due
	asked    bool // somebody was called
	answered bool
	host     string // the server that was asked, where recipients have different ones
	left     int    // how many more the minute has room for
}

// one sends what is due first on a channel, now. Asleep are servers that are asked no more. Whatever becomes of the run, it has
// the time that it takes.
func (q Queue) one(ctx context.Context, kind string, p Policy, asleep []string, ran *Ran) (message, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(clock.Current(ctx)), calling)
	defer cancel()
	if awake := p.awake(clock.Now(ctx)); kind != Webhook && awake.After(clock.Now(ctx)) {
		return message{nothing: true}, q.postpone(ctx, kind, awake)
	}
	c, left, err := q.claim(ctx, kind, p)
	if err != nil || c == nil {
		return message{nothing: left > 0, left: left}, err
	}
	c.silent = asleep
	o, asked, err := q.deliver(ctx, c, p, ran)
	return message{asked: asked, answered: o.Status != 0, host: o.Host, left: left}, err
}

// due says whether something is to be sent now, on one channel or with "" on any.
func (k Keeper) due(ctx context.Context, kind string) (bool, error) {
	var w database.Where
	w.Add(`state = 'waiting'`)
	w.Add(`next_at <= ?`, clock.Millis(clock.Now(ctx)))
	if kind == "" {
		w.In(`channel`, kinds...)
	} else {
		w.Add(`channel = ?`, kind)
	}
	list, err := database.All(ctx, k.db, database.Value[int], `SELECT 1 FROM deliveries`+w.String()+database.Limit(1), w.Args...)
	return len(list) > 0, err
}

// claim is what is sent as one, and until when nobody else tries.
type claim struct {
	batch string
	rows  []row
	until time.Time

	silent []string // servers that are asked no more
}

// errTaken says that somebody else was faster.
var errTaken = errors.New("delivery: taken")

// claim makes what is due first the caller's, who has a place of the minute for it then; nil for nothing. Left is how many places there
// are behind it.
func (q Queue) claim(ctx context.Context, kind string, p Policy) (c *claim, left int, err error) {
	for range perRun {
		err = q.db.Atomic(ctx, func(ctx context.Context) error {
			if err := q.db.Alone(ctx, "deliveries/"+kind); err != nil { // places are counted before one is taken
				return err
			}
			tried, err := database.One(ctx, q.db, database.Value[int], `SELECT COUNT(DISTINCT batch) FROM deliveries WHERE channel = $1 AND tried_at > $2`, kind, clock.Millis(clock.Now(ctx).Add(-window)))
			if left = p.PerMinute - tried; err != nil || left <= 0 {
				c = nil
				return err
			}
			c, err = q.claimed(ctx, kind)
			return err
		})
		if c != nil && err == nil {
			left--
		}
		if !errors.Is(err, errTaken) {
			return c, left, err
		}
	}
	return nil, 1, nil // others send it all
}

func (q Queue) claimed(ctx context.Context, kind string) (*claim, error) {
	now := clock.Now(ctx)
	read := func(w database.Where, rest string) ([]row, error) {
		return database.All(ctx, q.db, scan, `SELECT `+columns+` FROM deliveries`+w.String()+rest, w.Args...)
	}
	var w database.Where
	w.Add(`state = 'waiting'`)
	w.Add(`channel = ?`, kind)
	w.Add(`next_at <= ?`, clock.Millis(now))
	rows, err := read(w, ` ORDER BY next_at, id`+database.Limit(1))
	if err != nil || len(rows) == 0 {
		return nil, err
	}
	c := &claim{batch: rows[0].batch, rows: rows, until: now.Add(lease)}
	switch first := rows[0]; {
	case first.batch != "": // what was sent together stays together
		var same database.Where
		same.Add(`state = 'waiting'`)
		same.Add(`batch = ?`, first.batch)
		c.rows, err = read(same, ` ORDER BY event_at, id`)
	case first.digest:
		w.Add(`member_id = ?`, first.member)
		w.Add(`recipient = ?`, first.recipient)
		w.Add(`digest = 1`)
		w.Add(`batch = ''`)
		c.rows, err = read(w, ` ORDER BY event_at, id`)
	}
	if err != nil {
		return nil, err
	}
	ids := []string{}
	for _, r := range c.rows {
		ids = append(ids, r.id)
	}
	if c.batch == "" {
		c.batch = ids[0]
		if c.rows[0].digest {
			c.batch = hash(ids...)
		}
	}
	u := database.Where{Args: []any{c.batch, clock.Millis(c.until), clock.Millis(now)}}
	u.In(`id`, ids...)
	u.Add(`state = 'waiting' AND next_at <= ?`, clock.Millis(now))
	n, err := q.db.Exec(ctx, `UPDATE deliveries SET batch = $1, next_at = $2, tried_at = $3`+u.String(), u.Args...)
	if err == nil && int(n) != len(ids) {
		err = errTaken
	}
	return c, err
}

// deliver sends what was claimed, and writes what became of it. It says whether anybody was asked to take it.
func (q Queue) deliver(ctx context.Context, c *claim, p Policy, ran *Ran) (o Outcome, asked bool, err error) {
	fresh := slices.DeleteFunc(slices.Clone(c.rows), func(r row) bool { return clock.Now(ctx).Sub(r.due) > Fresh })
	if err := q.end(ctx, c, without(c.rows, fresh), Late, ran); err != nil || len(fresh) == 0 {
		return o, false, err
	}
	send := q.toChannel
	var who, whole auth.Principal
	if first := c.rows[0]; first.member != "" {
		m, state, err := q.reached(ctx, first.member)
		if state == "" && err == nil && first.channel == Mail {
			state, err = q.mailed(ctx, m)
		}
		if err != nil {
			return o, false, err
		}
		if state != "" {
			return o, false, q.end(ctx, c, fresh, state, ran)
		}
		who, whole, send = m.principal, m.whole, q.toDevice
		if first.channel == Mail {
			send = func(ctx context.Context, c *claim, rest []row, items []Item) (Outcome, error) {
				return q.toMember(ctx, c, m, rest, items)
			}
		}
	}
	items, rest, err := q.items(auth.With(ctx, who), whole, c, fresh, ran)
	if err != nil || len(rest) == 0 {
		return o, false, err
	}
	o, err = send(ctx, c, rest, items)
	if err != nil && o.Status == 0 {
		o.Again = true
	}
	return o, !o.Uncalled, errors.Join(q.settle(ctx, c, rest, o, p, ran), err)
}

// without are the rows of all that are not in some.
func without(all, some []row) []row {
	return slices.DeleteFunc(slices.Clone(all), func(r row) bool { return slices.ContainsFunc(some, func(s row) bool { return s.id == r.id }) })
}

// unnamed is a thing as who may not read it by mail or on a device is told of it.
func unnamed(t thing.Thing) thing.Thing {
	k, _ := thing.KindOf(t.Kind)
	t.Title, t.TitleEn, t.Line = k.Label.KO+" (제목은 로그인하면 보입니다)", k.Label.EN+" (sign in to see its title)", ""
	return t
}

// told are things of rows as the caller may be told of them now, by the rows' ids. Of the council's work somebody hears whose roles
// rest in mails, too: that there is something, not what it is called.
func (q Queue) told(ctx context.Context, whole auth.Principal, rows []row) (map[string]thing.Thing, error) {
	told, unshown := map[string]thing.Thing{}, []row{}
	things, err := q.things.Readable(ctx, refs(rows)...)
	if err != nil {
		return nil, err
	}
	for _, r := range rows {
		about, known := topic.OfRow(r.topic)
		if t, may := things[r.ref]; may && known && topic.Shows(ctx, r.topic, t) {
			told[r.id] = t
		} else if about.Desk != "" {
			unshown = append(unshown, r)
		}
	}
	if len(unshown) == 0 {
		return told, nil
	}
	ctx = auth.With(ctx, whole)
	things, err = q.things.Readable(ctx, refs(unshown)...)
	for _, r := range unshown {
		if t, may := things[r.ref]; may && topic.Shows(ctx, r.topic, t) {
			told[r.id] = unnamed(t)
		}
	}
	return told, err
}

// next are those of the things that rows tell of on the day before that still begin on the next one.
func (q Queue) next(ctx context.Context, rows []row) (map[thing.Ref]bool, error) {
	nearing := slices.DeleteFunc(slices.Clone(rows), func(r row) bool {
		about, _ := topic.OfRow(r.topic)
		return !about.Tomorrow
	})
	from := clock.Tomorrow(ctx)
	return q.things.Begin(ctx, from, from.AddDate(0, 0, 1), refs(nearing)...)
}

// refs are the things of rows.
func refs(rows []row) []thing.Ref {
	list := []thing.Ref{}
	for _, r := range rows {
		list = append(list, r.ref)
	}
	return list
}

// items are what rows tell the caller, who may read it now: the latest of a thing once. What they may not read, or do not want any more,
// ends. Whole is the caller with all roles.
func (q Queue) items(ctx context.Context, whole auth.Principal, c *claim, rows []row, ran *Ran) (items []Item, rest []row, err error) {
	told, err := q.told(ctx, whole, rows)
	if err != nil {
		return nil, nil, err
	}
	next, err := q.next(ctx, rows)
	if err != nil {
		return nil, nil, err
	}
	closed := q.closed(ctx)
	for _, r := range rows {
		t, may := told[r.id]
		about, _ := topic.OfRow(r.topic)
		t.Path = topic.Place(r.topic, r.ref, t.Path)
		state, why := State(""), topic.Setting{}
		switch {
		case !may || t.Path == "" || slices.Contains(closed, t.Kind):
			state = Withheld
		case about.Scheduled && r.event.Sub(*t.From) > Fresh: // its event was made long after
			state = Late
		case about.Tomorrow && !next[r.ref]: // it was moved or cancelled, or the day is over
			state = Late
		case r.member != "":
			if why, err = q.topics.Why(ctx, r.member, about, r.ref); err != nil {
				return nil, nil, err
			}
			if why.How == topic.Off {
				state = Unwanted
			}
		}
		if state != "" {
			if err := q.end(ctx, c, []row{r}, state, ran); err != nil {
				return nil, nil, err
			}
			continue
		}
		rest = append(rest, r)
		item := Item{Topic: about, Thing: t, URL: q.site + t.Path, At: r.event, why: why}
		if i := slices.IndexFunc(items, func(i Item) bool { return i.Thing.Ref == t.Ref && i.Topic.Name == about.Name }); i >= 0 {
			items[i] = item
		} else {
			items = append(items, item)
		}
	}
	return items, rest, nil
}

// reader is a member who is to be sent something.
type reader struct {
	member.Member

	principal auth.Principal // as a mail or a message shows it: what needs a second factor rests
	whole     auth.Principal // with all roles
}

// reached is a member with what they may read, or why nothing is sent to them.
func (q Queue) reached(ctx context.Context, memberID string) (reader, State, error) {
	m, err := q.members.Member(ctx, memberID)
	if errors.Is(err, problem.Absent()) {
		return reader{}, Unwanted, nil
	}
	if err != nil {
		return reader{}, "", err
	}
	if m.SuspendedAt != nil || m.LeavingAt != nil {
		return reader{}, Unwanted, nil
	}
	grants, err := q.members.Grants(ctx, m.ID)
	if err != nil {
		return reader{}, "", err
	}
	r := reader{Member: m, principal: auth.Principal{MemberID: m.ID, Name: m.Name, Unit: m.Unit, Verified: m.VerifiedAt != nil, Confirmed: m.ConfirmedAt != nil}}
	for _, g := range grants {
		r.principal.Grants = append(r.principal.Grants, g.Grant)
	}
	r.whole, r.principal = r.principal, r.principal.Rest(auth.Admin) // neither a mail nor a message proves a second factor
	return r, "", nil
}

// mailed is why no mail is sent to a member; "" where it is.
func (q Queue) mailed(ctx context.Context, m reader) (State, error) {
	if m.Email == "" || m.ConfirmedAt == nil {
		return Unreachable, nil
	}
	paused, err := q.Paused(ctx, m.ID, m.Email)
	if err == nil && paused != nil {
		return Unreachable, nil
	}
	return "", err
}

// toMember sends a letter.
func (q Queue) toMember(ctx context.Context, c *claim, m reader, rest []row, items []Item) (Outcome, error) {
	settings := []topic.Setting{}
	for _, i := range items {
		settings = append(settings, i.why)
	}
	why := topic.Ending(settings)
	l := Letter{ID: c.batch, To: m.Email, Items: items, Digest: rest[0].digest, Why: why, Ends: q.topics.Token(m.ID, why...)}
	o, err := q.mailer.Mail(ctx, l)
	o.Answer = strings.ReplaceAll(o.Answer, m.Email, "…")
	if o.Gone && err == nil {
		err = q.pause(context.WithoutCancel(ctx), m.ID, m.Email, o)
	}
	return o, err
}

// toDevice sends a message to a device of a member. What is told on the day before is no news on the day.
func (q Queue) toDevice(ctx context.Context, c *claim, rest []row, items []Item) (Outcome, error) {
	until := time.Time{}
	for _, r := range rest {
		end := r.due.Add(Fresh)
		if about, _ := topic.OfRow(r.topic); about.Tomorrow {
			end = clock.Tomorrow(ctx)
		}
		if end.After(until) {
			until = end
		}
	}
	first := rest[0]
	return q.devices.Push(ctx, Note{ID: c.batch, DeviceID: first.recipient, MemberID: first.member, Items: items, Digest: first.digest, Until: until, Silent: c.silent})
}

// toChannel sends a message to one of the council's channels.
func (q Queue) toChannel(ctx context.Context, c *claim, rest []row, items []Item) (Outcome, error) {
	i := items[0]
	return q.channels.Send(ctx, rest[0].recipient, Message{ID: c.batch, Topic: i.Topic.Name, Kind: i.Thing.Kind, Title: i.Thing.Title, Line: i.Thing.Line, URL: i.URL, At: i.At})
}

// What was answered is written at last, also where the time of the sending is over: a row that does not say so has its message
// sent again. A database that fails over is back within seconds.
const (
	writings = 5               // how often it is tried
	writing  = 4 * time.Second // how long one try may take
	recovery = 4 * time.Second // between two
)

// settle writes what was answered.
func (q Queue) settle(ctx context.Context, c *claim, rows []row, o Outcome, p Policy, ran *Ran) error {
	ctx = context.WithoutCancel(clock.Current(ctx))
	err := q.settled(ctx, c, rows, o, p, ran)
	for n := 1; err != nil && n < writings; n++ {
		if waited := q.wait(ctx, recovery); waited != nil {
			return errors.Join(err, waited)
		}
		err = q.settled(ctx, c, rows, o, p, ran)
	}
	return err
}

func (q Queue) settled(ctx context.Context, c *claim, rows []row, o Outcome, p Policy, ran *Ran) error {
	ctx, cancel := context.WithTimeout(ctx, writing)
	defer cancel()
	state, next, now := Sent, clock.Now(ctx), clock.Now(ctx)
	set := `UPDATE deliveries SET state = $1, next_at = $2, status = $3, answer = $4, attempts = attempts + 1`
	if o.Uncalled {
		set = `UPDATE deliveries SET state = $1, next_at = $2, status = $3, answer = $4, tried_at = NULL`
	}
	switch tried := rows[0].attempts; {
	case o.Uncalled && o.Again: // until it is Late
		state, next = Waiting, now.Add(putOff)
	case o.Uncalled && o.Gone:
		state = Unreachable
	case o.Status/100 == 2:
	case o.Again && tried < len(gaps):
		state, next = Waiting, now.Add(max(gaps[tried], o.After))
		if rows[0].channel != Webhook {
			next = p.awake(next)
		}
	default:
		state = Failed
	}
	w := database.Where{Args: []any{string(state), clock.Millis(next), o.Status, strings.ToValidUTF8(o.Answer[:min(len(o.Answer), mostAnswer)], "")}}
	return q.write(ctx, c, rows, state, ran, w, set)
}

// end writes that rows are not sent, for which nobody was called.
func (q Queue) end(ctx context.Context, c *claim, rows []row, state State, ran *Ran) error {
	return q.write(ctx, c, rows, state, ran, database.Where{Args: []any{string(state)}}, `UPDATE deliveries SET state = $1, tried_at = NULL`)
}

// write changes rows that are still the caller's.
func (q Queue) write(ctx context.Context, c *claim, rows []row, state State, ran *Ran, w database.Where, statement string) error {
	if len(rows) == 0 {
		return nil
	}
	ids := []string{}
	for _, r := range rows {
		ids = append(ids, r.id)
	}
	w.In(`id`, ids...)
	w.Add(`state = 'waiting' AND next_at = ?`, clock.Millis(c.until))
	n, err := q.db.Exec(ctx, statement+w.String(), w.Args...)
	ran.Done[state] += int(n)
	return err
}
