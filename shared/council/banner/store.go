package banner

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// DeskPath is where the council works with banners.
const DeskPath = "/console/banners"

// Changed is the event of every change to a banner, or to the order of all. Its data is Event.
const Changed = "kr.madang.banner.changed.v1"

// Event is the data of Changed.
type Event struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// Reader reads banners, and counts who follows them.
type Reader struct {
	db      *database.DB
	uploads upload.Store
}

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader { return Reader{db: db, uploads: upload.Store{DB: db}} }

// Writer changes banners.
type Writer struct {
	Reader
	outbox *event.Outbox
	things thing.Store
}

// NewWriter is for who writes.
func NewWriter(db *database.DB, outbox *event.Outbox) Writer {
	return Writer{Reader: NewReader(db), outbox: outbox, things: thing.Store{DB: db}}
}

// Kind is what others call a banner, as upload.Store.Use, and the tag of every page that
// shows some.
const Kind = "banner"

const columns = `id, unit, alt, link, focus_x, focus_y, from_at, until_at, place, version, created_at, updated_at`

func scan(r database.Row) (Stored, error) {
	var b Stored
	var from, until *int64
	var created, updated int64
	err := r.Scan(&b.ID, &b.Unit, &b.Alt, &b.Link, &b.Focus.X, &b.Focus.Y, &from, &until, &b.Place, &b.Version, &created, &updated)
	b.From, b.Until = clock.FromMillisOf(from), clock.FromMillisOf(until)
	b.CreatedAt, b.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	return b, err
}

// All are all banners in their order.
func (s Reader) All(ctx context.Context) ([]Stored, error) {
	list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM banners ORDER BY place, id`)
	if err != nil {
		return nil, err
	}
	return s.picture(ctx, list)
}

// Managed are the banners that the caller writes for, in their order.
func (s Reader) Managed(ctx context.Context) ([]Stored, error) {
	list, err := s.All(ctx)
	return slices.DeleteFunc(list, func(b Stored) bool { return !Writes(ctx, b.Unit) }), err
}

// Current are the banners in force now, in their order.
func (s Reader) Current(ctx context.Context) ([]Banner, error) {
	list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM banners
		WHERE (from_at IS NULL OR from_at <= $1) AND (until_at IS NULL OR until_at > $1) ORDER BY place, id`, clock.Millis(clock.Now(ctx)))
	if err != nil {
		return nil, err
	}
	if list, err = s.picture(ctx, list); err != nil {
		return nil, err
	}
	banners := []Banner{}
	for _, b := range list {
		banners = append(banners, b.Banner())
	}
	return banners, nil
}

// NextChange is the next time after now at which a banner begins or ends; nil for never.
func (s Reader) NextChange(ctx context.Context) (*time.Time, error) {
	next, err := database.One(ctx, s.db, database.Value[*int64], `SELECT MIN(at) FROM (
		SELECT MIN(from_at) AS at FROM banners WHERE from_at > $1
		UNION ALL SELECT MIN(until_at) FROM banners WHERE until_at > $1
	) AS changes`, clock.Millis(clock.Now(ctx)))
	return clock.FromMillisOf(next), err
}

// picture reads the images of banners.
func (s Reader) picture(ctx context.Context, list []Stored) ([]Stored, error) {
	ids := make([]string, len(list))
	for i, b := range list {
		ids[i] = b.ID
	}
	files, err := s.uploads.Used(ctx, Kind, ids...)
	if err != nil {
		return nil, err
	}
	for i, b := range list {
		list[i].Image = upload.File{Variants: []upload.Variant{}}
		if used := files[b.ID]; len(used) > 0 {
			list[i].Image = used[0]
		}
	}
	return list, nil
}

// Read is a banner, in force or not.
func (s Reader) Read(ctx context.Context, id string) (Stored, error) {
	b, err := database.One(ctx, s.db, scan, `SELECT `+columns+` FROM banners WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	if err != nil {
		return Stored{}, err
	}
	list, err := s.picture(ctx, []Stored{b})
	if err != nil {
		return Stored{}, err
	}
	return list[0], nil
}

// Writes says whether the caller may write for a unit.
func Writes(ctx context.Context, unit string) bool { return auth.From(ctx).May(auth.Write, unit) }

// Writable is a banner that the caller may change. One that everybody sees now is refused to
// others; one that is not in force is absent to them.
func (s Reader) Writable(ctx context.Context, id string) (Stored, error) {
	b, err := s.Read(ctx, id)
	if now := clock.Now(ctx); err == nil && !Writes(ctx, b.Unit) {
		err = problem.NotAllowed()
		if !b.Begun(now) || b.Ended(now) {
			err = problem.Absent()
		}
	}
	if err != nil {
		return Stored{}, err
	}
	return b, nil
}

// Add puts a new banner behind the others. Units are those that exist.
func (s Writer) Add(ctx context.Context, c Content, units []string) (Stored, error) {
	now := clock.Now(ctx)
	c, err := c.Check(now, nil, units)
	if err != nil {
		return Stored{}, err
	}
	if !Writes(ctx, c.Unit) {
		return Stored{}, problem.NotAllowed()
	}
	id, err := check.NewID()
	if err != nil {
		return Stored{}, err
	}
	var n int64
	err = s.db.Atomic(ctx, func(ctx context.Context) error {
		if err := s.db.Alone(ctx, Kind); err != nil {
			return err
		}
		n, err = s.db.Exec(ctx, `INSERT INTO banners (id, unit, alt, link, from_at, until_at, place, version, created_at, updated_at, focus_x, focus_y)
			SELECT $1, $2, $3, $4, CAST($5 AS BIGINT), CAST($6 AS BIGINT), COALESCE(MAX(place) + 1, 0), 1, CAST($7 AS BIGINT), CAST($7 AS BIGINT), CAST($9 AS INTEGER), CAST($10 AS INTEGER) FROM banners HAVING COUNT(*) < $8`,
			id, c.Unit, c.Alt, c.Link, clock.MillisOf(c.From), clock.MillisOf(c.Until), clock.Millis(now), Most, c.Focus.X, c.Focus.Y)
		return err
	})
	if err != nil {
		return Stored{}, err
	}
	if n == 0 {
		return Stored{}, errTooMany()
	}
	return s.settle(ctx, id, c)
}

// Edit makes c the content of version's successor and returns the banner before and
// after. Of several edits of one version the first wins; the others are stale.
func (s Writer) Edit(ctx context.Context, id string, version int64, c Content, units []string) (was, is Stored, err error) {
	if was, err = s.writable(ctx, id, version); err != nil {
		return was, is, err
	}
	now := clock.Now(ctx)
	if c, err = c.Check(now, &was, units); err != nil {
		return was, is, err
	}
	if !Writes(ctx, c.Unit) {
		return was, is, problem.NotAllowed()
	}
	n, err := s.db.Exec(ctx, `UPDATE banners SET unit = $1, alt = $2, link = $3, from_at = $4, until_at = $5, version = version + 1, updated_at = $6, focus_x = $9, focus_y = $10 WHERE id = $7 AND version = $8`,
		c.Unit, c.Alt, c.Link, clock.MillisOf(c.From), clock.MillisOf(c.Until), clock.Millis(now), id, version, c.Focus.X, c.Focus.Y)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return was, is, err
	}
	is, err = s.settle(ctx, id, c)
	return was, is, err
}

// writable is a banner that the caller may change, in the version that the caller read.
func (s Writer) writable(ctx context.Context, id string, version int64) (Stored, error) {
	b, err := s.Writable(ctx, id)
	if err == nil && b.Version != version {
		err = problem.Stale()
	}
	if err != nil {
		return Stored{}, err
	}
	return b, nil
}

// settle saves the image of a banner whose row was written, and that it changed.
func (s Writer) settle(ctx context.Context, id string, c Content) (Stored, error) {
	if err := s.uploads.Use(ctx, Kind, id, []string{c.Image}, "image"); err != nil {
		return Stored{}, err
	}
	b, err := s.Read(ctx, id)
	if err != nil {
		return Stored{}, err
	}
	if !strings.HasPrefix(b.Image.Type, "image/") {
		return Stored{}, errNotAnImage()
	}
	if err := s.things.Put(ctx, b.thing()); err != nil {
		return Stored{}, err
	}
	return b, s.record(ctx, b.ID, b.Version)
}

func (s Writer) record(ctx context.Context, id string, version int64) error {
	e, err := event.New(ctx, Changed, id, version, Event{ID: id, Version: version})
	if err != nil {
		return fmt.Errorf("banner %s: %w", id, err)
	}
	return s.outbox.Record(ctx, e)
}

// Delete removes a banner with its counts and returns it as it was.
func (s Writer) Delete(ctx context.Context, id string, version int64) (Stored, error) {
	was, err := s.writable(ctx, id, version)
	if err != nil {
		return Stored{}, err
	}
	n, err := s.db.Exec(ctx, `DELETE FROM banners WHERE id = $1 AND version = $2`, id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Stored{}, err
	}
	if err := s.uploads.Use(ctx, Kind, id, nil, "image"); err != nil {
		return Stored{}, err
	}
	if err := s.things.Drop(ctx, Ref(id)); err != nil {
		return Stored{}, err
	}
	return was, s.record(ctx, id, version+1)
}

// Arrange puts all banners in the order of ids, which names each of them once. The order
// is everybody's (auth.Arrange). Of two at the same time one order
// holds whole.
func (s Writer) Arrange(ctx context.Context, ids []string) error {
	if !auth.From(ctx).May(auth.Arrange, "") {
		return problem.NotAllowed()
	}
	if err := s.db.Alone(ctx, Kind); err != nil { // a row that stands where it should is not locked by being left there
		return err
	}
	sorted := slices.Sorted(slices.Values(ids))
	stored, err := database.All(ctx, s.db, database.Value[string], `SELECT id FROM banners ORDER BY id`)
	if err != nil {
		return err
	}
	slices.Sort(stored)
	if !slices.Equal(sorted, stored) {
		return errOthers()
	}
	moved := false
	for _, id := range sorted { // rows are locked in one order, whatever the banners' is
		version, err := database.All(ctx, s.db, database.Value[int64], `UPDATE banners SET place = $1, version = version + 1 WHERE id = $2 AND place <> $1 RETURNING version`, slices.Index(ids, id), id)
		if err != nil {
			return err
		}
		if len(version) == 0 {
			continue
		}
		b, err := s.Read(ctx, id)
		if err != nil {
			return err
		}
		if err := s.things.Put(ctx, b.thing()); err != nil {
			return err
		}
		if moved {
			continue
		}
		moved = true // one event says it of all
		if err := s.record(ctx, id, version[0]); err != nil {
			return err
		}
	}
	return nil
}

// Follow is the link of a banner that is or was in force; others are absent.
func (s Reader) Follow(ctx context.Context, id string) (string, error) {
	b, err := database.One(ctx, s.db, scan, `SELECT `+columns+` FROM banners WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) || err == nil && !b.Begun(clock.Now(ctx)) {
		err = problem.Absent()
	}
	return b.Link, err
}

// Count counts a visitor who followed a banner, once a day: visitor is a name that the
// same client has for a day, and that says nothing about who it is.
func (s Reader) Count(ctx context.Context, id, visitor string) error {
	day := clock.Day(clock.Now(ctx))
	return s.db.Atomic(ctx, func(ctx context.Context) error {
		n, err := s.db.Exec(ctx, `INSERT INTO banner_clicks (banner_id, day, visitor) VALUES ($1, $2, $3) ON CONFLICT (banner_id, day, visitor) DO NOTHING`, id, day, visitor)
		if err != nil || n == 0 {
			return err
		}
		_, err = s.db.Exec(ctx, `INSERT INTO banner_days (banner_id, day, clicks) VALUES ($1, $2, 1) ON CONFLICT (banner_id, day) DO UPDATE SET clicks = banner_days.clicks + 1`, id, day)
		return err
	})
}

// Keeper does what is due by itself.
type Keeper struct{ Reader }

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB) Keeper { return Keeper{NewReader(db)} }

// Chores are what is to be done about banners by itself: who followed one before yesterday
// is forgotten, since only the day's own count needs to know whom it has counted.
func (s Keeper) Chores() []chore.Chore {
	return []chore.Chore{{Name: "banner-visitors-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := s.db.Exec(ctx, `DELETE FROM banner_clicks WHERE (banner_id, day, visitor) IN (SELECT banner_id, day, visitor FROM banner_clicks WHERE day < $1 ORDER BY day`+database.Limit(limit*10)+`)`, clock.Day(clock.Now(ctx).AddDate(0, 0, -1)))
		return int(n), err
	}}}
}

// mostDays is how many days Clicks looks back: more than a term of the council.
const mostDays = 400

// Clicks are the days on which a banner was followed, the latest first.
func (s Reader) Clicks(ctx context.Context, id string) ([]Day, error) {
	return database.All(ctx, s.db, func(r database.Row) (Day, error) {
		var d Day
		err := r.Scan(&d.Day, &d.Clicks)
		return d, err
	}, `SELECT day, clicks FROM banner_days WHERE banner_id = $1 ORDER BY day DESC LIMIT $2`, id, mostDays)
}

// PageTags are the tags of the pictures of banners, whose sizes appear some seconds after them.
func PageTags(list []Banner) []string {
	tags := []string{}
	for _, b := range list {
		tags = append(tags, upload.Tag(b.Image.ID))
	}
	return tags
}
