package calendar

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
)

// Kind is the kind of things that events are, and the tag of every page that lists some.
const Kind = "event"

// Changed happens when an event was written, edited, cancelled, deleted or restored. Its data is Happened.
const Changed = "kr.madang.calendar.changed.v1"

// Happened is the data of Changed.
type Happened struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// Ref names one among the things.
func Ref(id string) thing.Ref { return thing.Ref{Kind: Kind, ID: id} }

// Reader reads events.
type Reader struct{ db *database.DB }

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader { return Reader{db: db} }

// Writer changes events.
type Writer struct {
	Reader
	outbox *event.Outbox
	things thing.Store
	host   string // of the site, for UIDs
}

// NewWriter is for who writes. Site is the address of the site, which UIDs of new events end with.
func NewWriter(db *database.DB, outbox *event.Outbox, site string) Writer {
	return Writer{Reader: NewReader(db), outbox: outbox, things: thing.Store{DB: db}, host: hostOf(site)}
}

// hostOf is the name of a site.
func hostOf(site string) string {
	u, err := url.Parse(site)
	if err != nil || u.Hostname() == "" {
		return "madang.invalid"
	}
	return u.Hostname()
}

const columns = `id, series, unit, category, title, title_en, text, place, map_url, url, all_day, starts, ends, uid, origin, missing, cancelled_at, deleted_at, version, created_at, updated_at`

func scan(r database.Row) (Event, error) {
	var e Event
	var series, origin *string
	var allDay, missing int
	var starts, ends, created, updated int64
	var cancelled, deleted *int64
	if err := r.Scan(&e.ID, &series, &e.Unit, &e.Category, &e.Title, &e.TitleEn, &e.Text, &e.Place, &e.MapURL, &e.URL, &allDay, &starts, &ends, &e.UID, &origin, &missing, &cancelled, &deleted, &e.Version, &created, &updated); err != nil {
		return Event{}, fmt.Errorf("event: %w", err)
	}
	if series != nil {
		e.Series = *series
	}
	if origin != nil {
		e.Origin = *origin
	}
	e.Span = Span{allDay == 1, clock.FromMillis(starts), clock.FromMillis(ends)}
	e.Missing, e.Cancelled = missing == 1, cancelled != nil
	e.CancelledAt, e.DeletedAt, e.CreatedAt, e.UpdatedAt = clock.FromMillisOf(cancelled), clock.FromMillisOf(deleted), clock.FromMillis(created), clock.FromMillis(updated)
	return e, nil
}

// Filter narrows what is shown; the zero value is everything.
type Filter struct {
	Category string // a category of events, or a kind of other things
	Unit     string
}

// MostBetween is how many events are read at once: more than a council has in a year, several times over.
const MostBetween = 5000

// Between are the events of which any part is from a time on and before another, by their start. Deleted ones are not
// among them. It fails where there are more than MostBetween.
func (s Reader) Between(ctx context.Context, from, until time.Time, f Filter) ([]Event, error) {
	var w database.Where
	w.Add(`deleted_at IS NULL`)
	list, err := s.between(ctx, &w, from, until, f)
	if err == nil && len(list) > MostBetween {
		err = problem.New(problem.Invalid, "too-many-events", fmt.Sprintf("일정이 %d개보다 많습니다. 기간을 줄이세요.", MostBetween), fmt.Sprintf("There are more than %d events: ask for fewer days.", MostBetween))
	}
	return list, err
}

func (s Reader) between(ctx context.Context, w *database.Where, from, until time.Time, f Filter) ([]Event, error) {
	// None is longer than MostDays.
	w.Add(`starts < ? AND starts >= ? AND (ends > ? OR starts >= ?)`, clock.Millis(until), clock.Millis(from.AddDate(0, 0, -MostDays-1)), clock.Millis(from), clock.Millis(from))
	if f.Category != "" {
		w.Add(`category = ?`, f.Category)
	}
	if f.Unit != "" {
		w.Add(`unit = ?`, f.Unit)
	}
	return database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events`+w.String()+` ORDER BY starts, id`+database.Limit(MostBetween+1), w.Args...)
}

// Told are the events that a subscribed calendar is told of: those between two times, and of those that were cancelled or
// deleted the ones of the last 30 days. There are MostBetween at most, the first ones.
func (s Reader) Told(ctx context.Context, from, until time.Time, f Filter) ([]Event, error) {
	var w database.Where
	since := clock.Millis(clock.Now(ctx).Add(-Kept))
	w.Add(`(deleted_at IS NULL OR deleted_at > ?) AND (cancelled_at IS NULL OR cancelled_at > ?)`, since, since)
	list, err := s.between(ctx, &w, from, until, f)
	return list[:min(len(list), MostBetween)], err
}

// Managed is a page of the events that the caller writes for, the latest first: those that there are, or those that were
// deleted and that the caller may restore.
func (s Reader) Managed(ctx context.Context, deleted bool, c *cursor.Codec, token string, size int) (cursor.Page[Event], error) {
	name := "admin/calendar"
	if deleted {
		name += "/deleted"
	}
	return cursor.Read(c, name, token, size, func(behind cursor.Moment, limit int) ([]Event, error) {
		var w database.Where
		doing := auth.Write
		if deleted {
			doing = auth.Restore
			w.Add(`deleted_at > ?`, clock.Millis(clock.Now(ctx).Add(-Kept)))
		} else {
			w.Add(`deleted_at IS NULL`)
		}
		if units, whole := auth.From(ctx).MayIn(doing); !whole {
			w.In(`unit`, units...)
		}
		if behind.ID != "" {
			w.Add(`(starts, id) < (?, ?)`, behind.At, behind.ID)
		}
		return database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events`+w.String()+` ORDER BY starts DESC, id DESC`+database.Limit(limit), w.Args...)
	}, func(e Event) cursor.Moment { return cursor.Moment{At: clock.Millis(e.Span.Starts), ID: e.ID} })
}

// find is an event that there is, deleted ones included.
func (s Reader) find(ctx context.Context, id string) (Event, error) {
	e, err := database.One(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return e, err
}

// Version is the newest version of an event that there is, deleted ones included.
func (s Reader) Version(ctx context.Context, id string) (int64, error) {
	v, err := database.One(ctx, s.db, database.Value[int64], `SELECT version FROM calendar_events WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return v, err
}

// Read is an event that is not deleted.
func (s Reader) Read(ctx context.Context, id string) (Event, error) {
	e, err := s.find(ctx, id)
	if err == nil && e.DeletedAt != nil {
		err = problem.Absent()
	}
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

// Gone is err of Read, but where an event of an id is absent that everybody could read of late (thing.Store.Gone).
func (s Reader) Gone(ctx context.Context, id string, err error) error {
	return thing.Store{DB: s.db}.Gone(ctx, Ref(id), err)
}

// Writable is an event that the caller may change.
func (s Reader) Writable(ctx context.Context, id string) (Event, error) {
	e, err := s.Read(ctx, id)
	if err == nil {
		err = writable(auth.From(ctx), e.Unit)
	}
	if err != nil {
		return Event{}, err
	}
	return e, nil
}

// Policy are the kinds of events, and when they change by themselves.
func (s Reader) Policy(ctx context.Context) (Policy, *time.Time, error) {
	return policy.ReadUntil[Policy](ctx, s.db)
}

// Add writes an event, or a series of them. It returns the first, and how many there are.
func (s Writer) Add(ctx context.Context, c Content, r *Repeat, units []string) (Event, int, error) {
	p, err := policy.Read[Policy](ctx, s.db)
	if err != nil {
		return Event{}, 0, err
	}
	var f check.Fields
	c = c.Check(&f, units, p.Words(), nil)
	spans, series := []Span{c.Span}, ""
	if r != nil && f.Err() == nil {
		spans = r.dates(&f, c.Span)
	}
	if err := f.Err(); err != nil {
		return Event{}, 0, err
	}
	if err := writable(auth.From(ctx), c.Unit); err != nil {
		return Event{}, 0, err
	}
	if r != nil {
		if series, err = check.NewID(); err != nil {
			return Event{}, 0, err
		}
	}
	first := Event{}
	for i, span := range spans {
		c.Span = span
		e, err := s.insert(ctx, Event{Content: c, Series: series})
		if err != nil {
			return Event{}, 0, err
		}
		if i == 0 {
			first = e
		}
	}
	return first, len(spans), nil
}

// insert keeps a new event. Without a UID it gets its own.
func (s Writer) insert(ctx context.Context, e Event) (Event, error) {
	id, err := check.NewID()
	if err != nil {
		return Event{}, err
	}
	now := clock.Now(ctx)
	if e.ID = id; e.UID == "" {
		e.UID = id + "@" + s.host
	}
	if e.Cancelled {
		e.CancelledAt = &now
	}
	n, err := s.db.Exec(ctx, `INSERT INTO calendar_events (`+columns+`) VALUES (`+database.Marks(1, 21)+`) ON CONFLICT (uid) DO NOTHING`,
		e.ID, database.Null(e.Series), e.Unit, e.Category, e.Title, e.TitleEn, e.Text, e.Place, e.MapURL, e.URL, number(e.Span.AllDay), clock.Millis(e.Span.Starts), clock.Millis(e.Span.Ends),
		e.UID, database.Null(e.Origin), 0, clock.MillisOf(e.CancelledAt), nil, 1, clock.Millis(now), clock.Millis(now))
	if err == nil && n == 0 {
		err = problem.Stale() // another import was faster
	}
	if err != nil {
		return Event{}, err
	}
	return s.settled(ctx, id)
}

// Edit replaces what an event says. With Later those of its series that start later say the same from then on, and move
// as it moves: by as many days, to the same time of day. Of several changes of one version the first wins.
func (s Writer) Edit(ctx context.Context, id string, version int64, c Content, reach Reach, units []string) (Event, error) {
	was, err := s.Writable(ctx, id)
	if err != nil {
		return Event{}, err
	}
	p, err := policy.Read[Policy](ctx, s.db)
	if err != nil {
		return Event{}, err
	}
	var f check.Fields
	f.OneOf("reach", string(reach), string(One), string(Later))
	c = c.Check(&f, units, p.Words(), &was)
	if err := f.Err(); err != nil {
		return Event{}, err
	}
	if err := writable(auth.From(ctx), c.Unit); err != nil {
		return Event{}, err
	}
	if was.Version != version {
		return Event{}, problem.Stale()
	}
	later, err := s.later(ctx, was, reach)
	if err != nil {
		return Event{}, err
	}
	is, err := s.replace(ctx, was, c)
	if err != nil {
		return Event{}, err
	}
	for _, e := range later {
		if err := writable(auth.From(ctx), e.Unit); err != nil {
			return Event{}, err
		}
		own := c
		own.Span = c.Span.days(clock.Days(was.Span.Starts, e.Span.Starts))
		if own.Span.check(&f); f.Err() != nil {
			return Event{}, f.Err()
		}
		if _, err := s.replace(ctx, e, own); err != nil {
			return Event{}, err
		}
	}
	return is, nil
}

// later are the others of a series that a change is of: those that start later and are not deleted.
func (s Reader) later(ctx context.Context, e Event, reach Reach) ([]Event, error) {
	if reach != Later || e.Series == "" {
		return nil, nil
	}
	return database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events WHERE series = $1 AND starts > $2 AND deleted_at IS NULL ORDER BY starts, id`, e.Series, clock.Millis(e.Span.Starts))
}

// replace saves what an event says now.
func (s Writer) replace(ctx context.Context, was Event, c Content) (Event, error) {
	now := clock.Now(ctx)
	cancelled := was.CancelledAt
	switch {
	case !c.Cancelled:
		cancelled = nil
	case cancelled == nil:
		cancelled = &now
	}
	n, err := s.db.Exec(ctx, `UPDATE calendar_events SET unit = $1, category = $2, title = $3, title_en = $4, text = $5, place = $6, map_url = $7, url = $8, all_day = $9, starts = $10, ends = $11,
		cancelled_at = $12, deleted_at = NULL, missing = 0, updated_at = $13, version = version + 1 WHERE id = $14 AND version = $15`,
		c.Unit, c.Category, c.Title, c.TitleEn, c.Text, c.Place, c.MapURL, c.URL, number(c.Span.AllDay), clock.Millis(c.Span.Starts), clock.Millis(c.Span.Ends),
		clock.MillisOf(cancelled), clock.Millis(now), was.ID, was.Version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Event{}, err
	}
	return s.settled(ctx, was.ID)
}

// settled does what follows from a change: the thing and the event.
func (s Writer) settled(ctx context.Context, id string) (Event, error) {
	e, err := s.find(ctx, id)
	if err != nil {
		return Event{}, err
	}
	if e.DeletedAt != nil {
		err = s.things.Drop(ctx, Ref(id))
	} else {
		err = s.things.Put(ctx, e.thing())
	}
	if err != nil {
		return Event{}, err
	}
	happened, err := event.New(ctx, Changed, e.ID, e.Version, Happened{ID: e.ID, Version: e.Version})
	if err != nil {
		return Event{}, fmt.Errorf("event %s: %w", e.ID, err)
	}
	return e, s.outbox.Record(ctx, happened)
}

// Delete hides an event from everybody, with Later also those of its series that start later. It returns how many. An
// admin of its unit can restore each for 30 days.
func (s Writer) Delete(ctx context.Context, id string, version int64, reach Reach) (int, error) {
	was, err := s.Writable(ctx, id)
	if err != nil {
		return 0, err
	}
	var f check.Fields
	f.OneOf("reach", string(reach), string(One), string(Later))
	if err := f.Err(); err != nil {
		return 0, err
	}
	if was.Version != version {
		return 0, problem.Stale()
	}
	later, err := s.later(ctx, was, reach)
	if err != nil {
		return 0, err
	}
	all := append([]Event{was}, later...)
	for _, e := range all {
		if err := writable(auth.From(ctx), e.Unit); err != nil {
			return 0, err
		}
		if err := s.remove(ctx, e, false); err != nil {
			return 0, err
		}
	}
	return len(all), nil
}

// remove deletes an event that an editor or, missing, a file does without.
func (s Writer) remove(ctx context.Context, e Event, missing bool) error {
	n, err := s.db.Exec(ctx, `UPDATE calendar_events SET deleted_at = $1, updated_at = $1, missing = $2, version = version + 1 WHERE id = $3 AND version = $4 AND deleted_at IS NULL`,
		clock.Millis(clock.Now(ctx)), number(missing), e.ID, e.Version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return err
	}
	_, err = s.settled(ctx, e.ID)
	return err
}

// Restore brings a deleted event back as it was. Only an admin of its unit may, for 30 days; to everybody else, and
// later, it is absent.
func (s Writer) Restore(ctx context.Context, id string, version int64) (Event, error) {
	was, err := s.find(ctx, id)
	if err != nil {
		return Event{}, err
	}
	if was.DeletedAt == nil || !was.DeletedAt.After(clock.Now(ctx).Add(-Kept)) || !auth.From(ctx).May(auth.Restore, was.Unit) {
		return Event{}, problem.Absent()
	}
	n, err := s.db.Exec(ctx, `UPDATE calendar_events SET deleted_at = NULL, missing = 0, updated_at = $1, version = version + 1 WHERE id = $2 AND version = $3 AND deleted_at IS NOT NULL`,
		clock.Millis(clock.Now(ctx)), id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Event{}, err
	}
	return s.settled(ctx, id)
}

// thing is e as a thing. One that is cancelled is found, and in no agenda.
func (e Event) thing() thing.Thing {
	t := thing.Thing{
		Ref: Ref(e.ID), Unit: e.Unit, Path: Path(e.ID), Title: e.Title, TitleEn: e.TitleEn, Line: e.Line(), Text: strings.TrimSpace(e.Place + "\n" + e.Text), Tags: []string{e.Category},
		At: e.Span.Starts, From: &e.CreatedAt, Readers: thing.Guests, Version: e.Version,
	}
	if e.Cancelled {
		t.Line = "취소된 일정 · " + t.Line
		return t
	}
	t.Dates = []thing.Date{{Label: Kind, Starts: e.Span.Starts, AllDay: e.Span.AllDay}}
	if e.Span.Ends.After(e.Span.Starts) {
		t.Dates[0].Ends = &e.Span.Ends
	}
	return t
}

// Things are all of them, for the index.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
		list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events WHERE deleted_at IS NULL AND id > $1 ORDER BY id`+database.Limit(limit), behind)
		things := []thing.Thing{}
		for _, e := range list {
			things = append(things, e.thing())
		}
		return things, err
	}}
}

// Purge removes up to limit events that were deleted more than 30 days ago. It returns how many. Of what an editor deleted and a
// file may bring again a hash of its UID stays, so that an import knows for ever that it is not wanted.
func (s Keeper) Purge(ctx context.Context, limit int) (purged int, err error) {
	until := clock.Millis(clock.Now(ctx).Add(-Kept))
	err = s.db.Atomic(ctx, func(ctx context.Context) error {
		list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM calendar_events WHERE deleted_at <= $1 ORDER BY deleted_at`+database.Limit(limit), until)
		if err != nil || len(list) == 0 {
			return err
		}
		ids := []string{}
		for _, e := range list {
			ids = append(ids, e.ID)
			if e.Origin == "" || e.Missing {
				continue
			}
			if _, err := s.db.Exec(ctx, `INSERT INTO calendar_unwanted (uid_hash, unit) SELECT $1, unit FROM calendar_events WHERE id = $2 AND deleted_at <= $3 ON CONFLICT (uid_hash) DO UPDATE SET unit = excluded.unit`,
				hashed(e.UID), e.ID, until); err != nil {
				return err
			}
		}
		w := database.Where{Args: []any{until}}
		w.In(`id`, ids...)
		w.Add(`deleted_at <= $1`)
		n, err := s.db.Exec(ctx, `DELETE FROM calendar_events`+w.String(), w.Args...)
		purged = int(n)
		return err
	})
	return purged, err
}

// hashed is a UID as it is kept of what is gone: others may write addresses of people into theirs.
func hashed(uid string) string {
	sum := sha256.Sum256([]byte(uid))
	return hex.EncodeToString(sum[:])
}

// Keeper does what is due by itself.
type Keeper struct{ Reader }

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB) Keeper { return Keeper{NewReader(db)} }

// Chores are what is to be done about events by itself.
func (s Keeper) Chores() []chore.Chore {
	return []chore.Chore{{Name: "events-purged", Do: s.Purge}}
}

// IsCategory says whether a word is a category: one of the policy, or one that an event still has.
func (s Reader) IsCategory(ctx context.Context, p Policy, word string) (bool, error) {
	if slices.Contains(p.Words(), word) {
		return true, nil
	}
	var w database.Where
	w.Add(`deleted_at IS NULL`)
	w.Add(`category = ?`, word)
	used, err := database.All(ctx, s.db, database.Value[int], `SELECT 1 FROM calendar_events`+w.String()+database.Limit(1), w.Args...)
	return len(used) > 0, err
}

func number(yes bool) int {
	if yes {
		return 1
	}
	return 0
}
