package minute

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// Kind is what others call minutes, and the tag of every page that lists some.
const Kind = "minute"

// Where minutes are read, and where the council works with them, in Korean.
const (
	ListPath = "/minutes"
	DeskPath = "/console/minutes"
)

// Path is the address of the page of one.
func Path(id string) string { return ListPath + "/" + id }

// Ref names one among the things.
func Ref(id string) thing.Ref { return thing.Ref{Kind: Kind, ID: id} }

// Reader reads minutes.
type Reader struct {
	db      *database.DB
	uploads upload.Store
}

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader { return Reader{db: db, uploads: upload.Store{DB: db}} }

// Writer changes minutes, and opens what is withheld for who may.
type Writer struct {
	Reader
	outbox *event.Outbox
	things thing.Store
	box    secret.Box
	site   string
}

// NewWriter is for who writes, on the site that begins with an origin. Box seals what is withheld.
func NewWriter(db *database.DB, outbox *event.Outbox, box secret.Box, site string) Writer {
	return Writer{Reader: NewReader(db), outbox: outbox, things: thing.Store{DB: db}, box: box, site: site}
}

// Purpose is that of the box that seals what is withheld (secret.Key.Box).
const Purpose = "withheld minutes"

const (
	columns = `m.id, m.unit, m.year, m.round, m.kind, m.held_at, m.place, m.chair, m.enrolled, m.present, m.attendees, m.text, m.items, m.public_at, m.announced_at, m.decisions_at, m.full_at,
		m.publish_days, m.due_at, m.first_due_at, m.extended_at, m.extend_reason, m.deleted_at, m.shown_version, m.version, m.created_at, m.updated_at,
		b.slug, b.name, b.name_en, b.unit, b.publish_days, b.numbered, b.per_year, b.names, b.ord, b.version`
	from = ` FROM minutes m JOIN minute_bodies b ON b.slug = m.body`
)

func scan(r database.Row) (Minute, error) {
	var m Minute
	var held, dueAt, first, created, updated int64
	var round, public, announced, decisions, full, extended, deleted *int64
	var items string
	var numbered, perYear, names int
	if err := r.Scan(&m.ID, &m.Unit, &m.Year, &round, &m.Kind, &held, &m.Place, &m.Chair, &m.Enrolled, &m.Present, &m.Attendees, &m.Text, &items, &public, &announced, &decisions, &full,
		&m.PublishDays, &dueAt, &first, &extended, &m.Due.Reason, &deleted, &m.ShownVersion, &m.Version, &created, &updated,
		&m.Body.Slug, &m.Body.Name, &m.Body.NameEn, &m.Body.Unit, &m.Body.PublishDays, &numbered, &perYear, &names, &m.Body.Order, &m.Body.Version); err != nil {
		return Minute{}, fmt.Errorf("minute: %w", err)
	}
	if round != nil {
		m.Round = *round
	}
	m.Body.Numbered, m.Body.PerYear, m.Body.Names = numbered == 1, perYear == 1, names == 1
	m.HeldAt, m.Due.At, m.Due.First = clock.FromMillis(held), clock.FromMillis(dueAt), clock.FromMillis(first)
	m.Due.Extended, m.DeletedAt, m.PublicAt = clock.FromMillisOf(extended), clock.FromMillisOf(deleted), clock.FromMillisOf(public)
	m.AnnouncedAt, m.DecisionsAt, m.FullAt = clock.FromMillisOf(announced), clock.FromMillisOf(decisions), clock.FromMillisOf(full)
	m.CreatedAt, m.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	if err := json.Unmarshal([]byte(items), &m.Items); err != nil {
		return Minute{}, fmt.Errorf("minute %s: items: %w", m.ID, err)
	}
	return m, nil
}

// find are minutes that exist, deleted ones included, with their files and corrections.
func (s Reader) find(ctx context.Context, id string) (Minute, error) {
	m, err := database.One(ctx, s.db, scan, `SELECT `+columns+from+` WHERE m.id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		return Minute{}, problem.Absent()
	}
	if err != nil {
		return Minute{}, err
	}
	files, err := s.uploads.Used(ctx, Kind, id)
	if err != nil {
		return Minute{}, err
	}
	m.Attachments = append([]upload.File{}, files[id]...)
	m.Corrections, err = database.All(ctx, s.db, func(r database.Row) (Correction, error) {
		var c Correction
		var at int64
		err := r.Scan(&at, &c.Reason)
		c.At = clock.FromMillis(at)
		return c, err
	}, `SELECT at, reason FROM minute_revisions WHERE minute_id = $1 AND reason <> '' ORDER BY version DESC`+database.Limit(mostCorrections), id)
	return m, err
}

// mostCorrections bounds how many are told of.
const mostCorrections = 100

// Writes says whether the caller may write for a unit.
func Writes(ctx context.Context, unit string) bool { return auth.From(ctx).May(auth.Write, unit) }

// Read are minutes as the caller sees them: what is published, or all of them for who writes for
// their unit. What readers see nothing of is absent to others.
func (s Reader) Read(ctx context.Context, id string) (Minute, error) {
	m, err := s.find(ctx, id)
	if err != nil {
		return Minute{}, err
	}
	writes, now := Writes(ctx, m.Unit), clock.Now(ctx)
	switch {
	case m.DeletedAt != nil, !writes && !m.Public(now):
		return Minute{}, problem.Absent()
	case writes:
		return m, nil
	default:
		return m.Shown(m.Step(now)), nil
	}
}

// Gone is err of Read, but where minutes of an id are absent that everybody could read of late (thing.Store.Gone).
func (s Reader) Gone(ctx context.Context, id string, err error) error {
	return thing.Store{DB: s.db}.Gone(ctx, Ref(id), err)
}

// Writable are minutes that the caller may change. What the caller may only read is refused,
// what the caller may not even see is absent.
func (s Reader) Writable(ctx context.Context, id string) (Minute, error) {
	m, err := s.Read(ctx, id)
	if err == nil && !Writes(ctx, m.Unit) {
		err = problem.NotAllowed()
	}
	if err != nil {
		return Minute{}, err
	}
	return m, nil
}

// Files are those of some ids that the caller may use, for a form that is not saved.
func (s Reader) Files(ctx context.Context, ids ...string) (map[string]upload.File, error) {
	return s.uploads.Seen(ctx, ids...)
}

// Policy are the numbers that are in force now.
func (s Reader) Policy(ctx context.Context) (Policy, error) { return policy.Read[Policy](ctx, s.db) }

// Version is the newest version of minutes that exist, deleted ones included.
func (s Reader) Version(ctx context.Context, id string) (int64, error) {
	v, err := database.One(ctx, s.db, database.Value[int64], `SELECT version FROM minutes WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return v, err
}

// Filter narrows a list; the zero value is all of it.
type Filter struct {
	Body string // slug
	Year int64  // of the meeting, in Seoul
	Step Step   // how far it is published
	Late bool   // not published in full, and overdue
	Owed bool   // not published in full

	From, Until time.Time // of the meeting: from then on and before; zero for no bound
}

// MostBetween is how many meetings of some weeks are read at once: more than all bodies of a council hold in them.
const MostBetween = 500

// Overdue is what a list is narrowed to by Filter.Late.
const Overdue = "overdue"

// Deleted is the state of minutes that were deleted and can still be restored.
const Deleted Step = "deleted"

// Narrowed is the filter that somebody asked for; what is wrong with it is added to f.
func Narrowed(f *check.Fields, body string, year *int64, state string, states ...string) Filter {
	n := Filter{Body: f.OptionalLine("body", body, 40)}
	if year != nil {
		n.Year = f.Number("year", *year, int64(check.Earliest.Year()), int64(check.Latest.Year()-1))
	}
	if state != "" {
		f.OneOf("state", state, append([]string{string(Announced), string(Decisions), string(Full), Overdue}, states...)...)
		if n.Late = state == Overdue; !n.Late {
			n.Step = Step(state)
		}
	}
	return n
}

// Key is f as one text.
func (f Filter) Key() string {
	return url.Values{"body": {f.Body}, "year": {fmt.Sprint(f.Year)}, "step": {string(f.Step)}, "late": {fmt.Sprint(f.Late)}}.Encode()
}

// where are the conditions of a list.
type where struct{ database.Where }

// year is the part of f that the on-time rate has too.
func (w *where) year(f Filter) {
	if f.Body != "" {
		w.Add(`m.body = ?`, f.Body)
	}
	if f.Year != 0 {
		first := time.Date(int(f.Year), 1, 1, 0, 0, 0, 0, clock.Seoul)
		w.Add(`m.held_at >= ? AND m.held_at < ?`, clock.Millis(first), clock.Millis(first.AddDate(1, 0, 0)))
	}
}

// filter narrows by f. A step that is reached counts from its time on.
func (w *where) filter(f Filter, now int64) {
	w.year(f)
	if !f.From.IsZero() {
		w.Add(`m.held_at >= ?`, clock.Millis(f.From))
	}
	if !f.Until.IsZero() {
		w.Add(`m.held_at < ?`, clock.Millis(f.Until))
	}
	none := func(column string) { w.Add(`(m.`+column+` IS NULL OR m.`+column+` > ?)`, now) }
	switch f.Step {
	case Draft:
		none("public_at")
	case Announced:
		w.Add(`m.announced_at <= ?`, now)
		none("decisions_at")
		none("full_at")
	case Decisions:
		w.Add(`m.decisions_at <= ?`, now)
		none("full_at")
	case Full:
		w.Add(`m.full_at <= ?`, now)
	case Deleted:
	}
	if f.Owed {
		none("full_at")
	}
	if f.Late {
		none("full_at")
		w.Add(`m.due_at <= ?`, now)
	}
}

// Position is the place of minutes in a list: the latest meeting is first.
func (m Minute) Position() cursor.Moment { return cursor.Moment{At: clock.Millis(m.HeldAt), ID: m.ID} }

func (s Reader) list(ctx context.Context, w where, behind cursor.Moment, limit int) ([]Minute, error) {
	if behind.ID != "" {
		w.Add(`(m.held_at, m.id) < (?, ?)`, behind.At, behind.ID)
	}
	return database.All(ctx, s.db, scan, `SELECT `+columns+from+w.String()+` ORDER BY m.held_at DESC, m.id DESC`+database.Limit(limit), w.Args...)
}

// List are minutes that readers see something of, as they see them, the latest meeting first,
// behind a position, without files and corrections.
func (s Reader) List(ctx context.Context, f Filter, behind cursor.Moment, limit int) ([]Minute, error) {
	now := clock.Now(ctx)
	var w where
	w.Add(`m.deleted_at IS NULL AND m.public_at <= ?`, clock.Millis(now))
	w.filter(f, clock.Millis(now))
	list, err := s.list(ctx, w, behind, limit)
	for i, m := range list {
		list[i] = m.Shown(m.Step(now))
	}
	return list, err
}

// Page is a page of List.
func (s Reader) Page(ctx context.Context, f Filter, c *cursor.Codec, token string, size int) (cursor.Page[Minute], error) {
	return cursor.Read(c, "minutes?"+f.Key(), token, size, func(behind cursor.Moment, limit int) ([]Minute, error) {
		return s.List(ctx, f, behind, limit)
	}, Minute.Position)
}

// Managed are the minutes that the caller writes for, the latest meeting first, behind a position.
// Deleted ones are listed to who may restore them.
func (s Reader) Managed(ctx context.Context, f Filter, behind cursor.Moment, limit int) ([]Minute, error) {
	now := clock.Now(ctx)
	var w where
	doing := auth.Write
	if f.Step == Deleted {
		doing = auth.Restore
		w.Add(`m.deleted_at > ?`, clock.Millis(now.Add(-Kept)))
	} else {
		w.Add(`m.deleted_at IS NULL`)
	}
	w.filter(f, clock.Millis(now))
	if units, whole := auth.From(ctx).MayIn(doing); !whole {
		w.In(`m.unit`, units...)
	}
	return s.list(ctx, w, behind, limit)
}

// Rate is how many meetings were due or published in full, and how many of these in time. It counts
// what readers see alone, so that everybody can count it again.
type Rate struct {
	Of     int `json:"of"`
	InTime int `json:"inTime"`
}

// Rate is that of a year, or of all time for 0, and of a body.
func (s Reader) Rate(ctx context.Context, f Filter) (Rate, error) {
	now := clock.Millis(clock.Now(ctx))
	var w where
	w.Add(`m.deleted_at IS NULL AND m.public_at <= ? AND (m.full_at <= ? OR m.due_at <= ?)`, now, now, now)
	w.year(Filter{Body: f.Body, Year: f.Year})
	return database.One(ctx, s.db, func(r database.Row) (Rate, error) {
		var rate Rate
		return rate, r.Scan(&rate.Of, &rate.InTime)
	}, `SELECT COUNT(*), COALESCE(SUM(CASE WHEN m.full_at < m.due_at THEN 1 ELSE 0 END), 0)`+from+w.String(), w.Args...)
}

// Overdue is how many meetings readers see that are past their deadline and not published in full.
func (s Reader) Overdue(ctx context.Context) (int, error) {
	now := clock.Millis(clock.Now(ctx))
	var w where
	w.Add(`m.deleted_at IS NULL AND m.public_at <= ?`, now)
	w.filter(Filter{Late: true}, now)
	return database.One(ctx, s.db, database.Value[int], `SELECT COUNT(*)`+from+w.String(), w.Args...)
}

// Things are where minutes are kept, for the chore of package thing.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
		list, err := database.All(ctx, s.db, scan, `SELECT `+columns+from+` WHERE m.deleted_at IS NULL AND m.id > $1 ORDER BY m.id`+database.Limit(limit), behind)
		things := []thing.Thing{}
		for _, m := range list {
			things = append(things, m.thing())
		}
		return things, err
	}}
}

// thing is what readers see of m as a thing. Steps are published at once, never for a time to come,
// so that the row says at every time what is published then.
func (m Minute) thing() thing.Thing {
	step := Draft
	for _, s := range Steps() {
		if m.at(s) != nil {
			step = s
		}
	}
	title := m.Title()
	t := thing.Thing{
		Ref: Ref(m.ID), Unit: m.Unit, Path: Path(m.ID), Title: title.KO, TitleEn: title.EN, Tags: []string{}, At: m.HeldAt, From: m.PublicAt, Readers: thing.Guests, Allows: []thing.Allow{thing.Follows}, Version: m.ShownVersion,
	}
	if step == Draft {
		return t
	}
	t.At = *m.at(step)
	shown := m.Shown(step)
	t.Line = shown.Line().KO
	t.Text = shown.searched()
	for _, item := range shown.Items {
		t.Links = append(t.Links, item.Refs...)
	}
	t.Dates = []thing.Date{{Label: "meeting", Starts: m.HeldAt}}
	return t
}

// unmarked are signs of Markdown that part no words.
var unmarked = strings.NewReplacer("*", "", "`", "", "#", "", "~", "", "|", " ", "_", " ", "\n", " ")

// searched is the text that search finds m by: what readers see of it.
func (m Minute) searched() string {
	words := []string{Word(m.Kind).KO, m.Place}
	add := func(src string) {
		for _, part := range Parts(src) {
			words = append(words, unmarked.Replace(part.Text))
		}
	}
	for _, item := range m.Items {
		words = append(words, item.Title)
		if item.Decision != "" {
			words = append(words, Word(item.Decision).KO)
		}
	}
	for _, item := range m.Items {
		add(item.Text)
	}
	add(m.Text)
	return strings.Join(strings.Fields(strings.Join(words, " ")), " ")
}

// Amendments are the versions of rules that a meeting decided, or that its minutes speak of, as far as readers see them, and
// when that changes by itself.
func (s Reader) Amendments(ctx context.Context, m Minute) ([]thing.Thing, *time.Time, error) {
	return thing.Store{DB: s.db}.Related(ctx, Ref(m.ID), "amendment")
}
