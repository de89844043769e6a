package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// Reader reads notices.
type Reader struct {
	db      *database.DB
	uploads upload.Store
	html    func(body string) string // nil where none but stored HTML is shown
}

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader { return Reader{db: db, uploads: upload.Store{DB: db}} }

// Keeper does what is due by itself.
type Keeper struct {
	Reader
	outbox *event.Outbox
}

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB, outbox *event.Outbox) Keeper {
	return Keeper{Reader: NewReader(db), outbox: outbox}
}

// Markup makes what readers see of a body. It is given to a writer (package markdown has
// both), so that functions that only read notices do not link it: its libraries take
// milliseconds of every start.
type Markup struct {
	HTML    func(body string) string
	Excerpt func(body string, characters int) string
	// Pictures are the ids of the uploads that stand in a body.
	Pictures func(body string) []string
}

// Writer changes notices.
type Writer struct {
	Keeper
	things thing.Store
	markup Markup
}

// NewWriter is for who writes. HTML that older rules made, a writer makes again when it
// reads it.
func NewWriter(db *database.DB, outbox *event.Outbox, markup Markup) Writer {
	w := Writer{Keeper: NewKeeper(db, outbox), things: thing.Store{DB: db}, markup: markup}
	w.html = markup.HTML
	return w
}

// Kind is what others call a notice, as upload.Store.Use, and the tag of every page that
// lists some.
const Kind = "notice"

// Tag is the tag of what shows one notice whole.
func Tag(id string) string { return Ref(id).Tag() }

// Where notices are read, and where the council works with them, in Korean.
const (
	ListPath = "/notices"
	DeskPath = "/console/notices"
)

// Path is the address of a notice's page.
func Path(id string) string { return ListPath + "/" + id }

// columns are what lists read; those of a whole notice follow them. Who only reads gets no bodies,
// as long as the HTML need not be made of them again.
const (
	columns = `id, unit, title, excerpt, title_en, excerpt_en, tags, publish_at, unpublish_at, pinned_until, urgent_until, deleted_at, version, created_at, updated_at, imported_at`
	whole   = columns + `, rendering, html, body, html_en, body_en`
	shown   = columns + `, rendering, html, CASE WHEN rendering = $2 THEN '' ELSE body END, html_en, CASE WHEN rendering = $2 THEN '' ELSE body_en END`
)

func scanHead(r database.Row) (Notice, error) { return scan(r) }

func (s Reader) scanWhole(r database.Row) (Notice, error) {
	var made int
	var html, body, htmlEn, bodyEn string
	n, err := scan(r, &made, &html, &body, &htmlEn, &bodyEn)
	if made != rendering && s.html != nil && err == nil {
		html, htmlEn = s.html(body), s.html(bodyEn)
	}
	n.HTML, n.Body, n.HTMLEn, n.BodyEn = html, body, htmlEn, bodyEn
	n.made.html, n.made.english = html, htmlEn
	return n, err
}

func scan(r database.Row, more ...any) (Notice, error) {
	var n Notice
	var tags string
	var publish, unpublish, pinned, urgent, deleted, imported *int64
	var created, updated int64
	dest := append([]any{
		&n.ID, &n.Unit, &n.Title, &n.Excerpt, &n.TitleEn, &n.ExcerptEn, &tags, &publish, &unpublish, &pinned, &urgent, &deleted, &n.Version, &created, &updated, &imported,
	}, more...)
	if err := r.Scan(dest...); err != nil {
		return Notice{}, fmt.Errorf("notice: %w", err)
	}
	n.PublishAt, n.UnpublishAt = clock.FromMillisOf(publish), clock.FromMillisOf(unpublish)
	n.PinnedUntil, n.UrgentUntil = clock.FromMillisOf(pinned), clock.FromMillisOf(urgent)
	n.DeletedAt, n.ImportedAt = clock.FromMillisOf(deleted), clock.FromMillisOf(imported)
	n.CreatedAt, n.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	if err := json.Unmarshal([]byte(tags), &n.Tags); err != nil {
		return Notice{}, fmt.Errorf("notice %s: tags: %w", n.ID, err)
	}
	return n, nil
}

// find is a notice that exists, deleted ones included.
func (s Reader) find(ctx context.Context, id string) (Notice, error) {
	n, err := database.One(ctx, s.db, s.scanWhole, `SELECT `+whole+` FROM notices WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		return Notice{}, problem.Absent()
	}
	return n, err
}

// findShown is find for who reads: the bodies are empty.
func (s Reader) findShown(ctx context.Context, id string) (Notice, error) {
	n, err := database.One(ctx, s.db, s.scanWhole, `SELECT `+shown+` FROM notices WHERE id = $1`, id, rendering)
	if errors.Is(err, database.ErrNoRow) {
		return Notice{}, problem.Absent()
	}
	n.Body, n.BodyEn = "", ""
	return n, err
}

// Version is the newest version of a notice that exists, deleted ones included.
func (s Reader) Version(ctx context.Context, id string) (int64, error) {
	v, err := database.One(ctx, s.db, database.Value[int64], `SELECT version FROM notices WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return v, err
}

// Read is a notice that the caller may see: a published one, or one of any state of a
// unit that the caller writes for. Everything else is absent. Who writes for no unit gets no
// bodies.
func (s Reader) Read(ctx context.Context, id string) (Notice, error) {
	find := s.findShown
	if auth.From(ctx).MaySomewhere(auth.Write) {
		find = s.find
	}
	n, err := find(ctx, id)
	if err != nil {
		return Notice{}, err
	}
	if !n.Public(clock.Now(ctx)) && (n.DeletedAt != nil || !Writes(ctx, n.Unit)) {
		return Notice{}, problem.Absent()
	}
	return s.attach(ctx, n)
}

// Current is a notice in its newest version, whatever its state; a deleted one is absent.
// It does not ask who may see it: for previews, whose link says so.
func (s Reader) Current(ctx context.Context, id string) (Notice, error) {
	n, err := s.find(ctx, id)
	if err == nil && n.DeletedAt != nil {
		err = problem.Absent()
	}
	if err != nil {
		return Notice{}, err
	}
	return s.attach(ctx, n)
}

// Writes says whether the caller may write for a unit.
func Writes(ctx context.Context, unit string) bool { return auth.From(ctx).May(auth.Write, unit) }

// Gone is err of Read, but where a notice of an id is absent that everybody could read of late (thing.Store.Gone).
func (s Reader) Gone(ctx context.Context, id string, err error) error {
	return thing.Store{DB: s.db}.Gone(ctx, Ref(id), err)
}

// Writable is a notice that the caller may change. One that the caller may only read is
// refused, one that the caller may not even see is absent.
func (s Reader) Writable(ctx context.Context, id string) (Notice, error) {
	n, err := s.Read(ctx, id)
	if err == nil && !Writes(ctx, n.Unit) {
		err = problem.NotAllowed()
	}
	if err != nil {
		return Notice{}, err
	}
	return n, nil
}

// attach reads the attachments of one notice, and gives the pictures in its text their sizes.
func (s Reader) attach(ctx context.Context, n Notice) (Notice, error) {
	list, err := s.attachAll(ctx, []Notice{n})
	if err != nil {
		return Notice{}, err
	}
	n = list[0]
	var english []string
	n.HTML, n.InText = upload.Place(n.HTML, n.Attachments)
	n.HTMLEn, english = upload.Place(n.HTMLEn, n.Attachments)
	n.InText = append(n.InText, english...)
	return n, nil
}

func (s Reader) attachAll(ctx context.Context, list []Notice) ([]Notice, error) {
	ids := make([]string, len(list))
	for i, n := range list {
		ids[i] = n.ID
	}
	files, err := s.uploads.Used(ctx, Kind, ids...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Attachments = append([]upload.File{}, files[list[i].ID]...)
	}
	return list, nil
}

// nextChange finds each part at one end of an index.
const nextChange = `SELECT MIN(at) FROM (
	SELECT MIN(publish_at) AS at FROM notices WHERE publish_at > $1 AND deleted_at IS NULL
	UNION ALL SELECT MIN(unpublish_at) FROM notices WHERE unpublish_at > $1 AND publish_at < unpublish_at AND deleted_at IS NULL
	UNION ALL SELECT MIN(pinned_until) FROM notices WHERE pinned_until > $1 AND publish_at < pinned_until AND (unpublish_at IS NULL OR pinned_until < unpublish_at) AND deleted_at IS NULL
	UNION ALL SELECT MIN(urgent_until) FROM notices WHERE urgent_until > $1 AND publish_at < urgent_until AND (unpublish_at IS NULL OR urgent_until < unpublish_at) AND deleted_at IS NULL
) AS changes`

// NextChange is the next time after now at which any list of published notices changes
// by itself: a publication, its end, the end of a pin or of an urgency; nil for never.
func (s Reader) NextChange(ctx context.Context) (*time.Time, error) {
	next, err := database.One(ctx, s.db, database.Value[*int64], nextChange, clock.Millis(clock.Now(ctx)))
	return clock.FromMillisOf(next), err
}

// NextPublication is the first time after from and until until at which a notice is
// published, whether it was already or will be; nil for none.
func (s Reader) NextPublication(ctx context.Context, from, until time.Time) (*time.Time, error) {
	next, err := database.One(ctx, s.db, database.Value[*int64], `SELECT MIN(publish_at) FROM notices WHERE publish_at > $1 AND publish_at <= $2 AND created_at < publish_at AND deleted_at IS NULL`,
		clock.Millis(from), clock.Millis(until))
	return clock.FromMillisOf(next), err
}
