package archive

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Kind is the kind of things, and the tag of every page that lists some.
const Kind = "archive"

// The events of archives. The data of the first two is Event.
const (
	Changed   = "kr.madang.archive.changed.v1"   // written, edited, deleted or restored; drafts too; the subject of a changed plan is "categories"
	Announced = "kr.madang.archive.published.v1" // each time it is published
)

// Event is the data of Changed and Announced.
type Event struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
}

// Ref names one among the things.
func Ref(id string) thing.Ref { return thing.Ref{Kind: Kind, ID: id} }

// Reader reads archives.
type Reader struct {
	db      *database.DB
	uploads upload.Store
}

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader { return Reader{db: db, uploads: upload.Store{DB: db}} }

// Writer changes archives.
type Writer struct {
	Reader
	outbox *event.Outbox
	things thing.Store
}

// NewWriter is for who writes.
func NewWriter(db *database.DB, outbox *event.Outbox) Writer {
	return Writer{Reader: NewReader(db), outbox: outbox, things: thing.Store{DB: db}}
}

const columns = `id, category_id, unit, period, title, summary, audience, table_csv, note, masked_by, masked_at, published_at, first_at, deleted_at, version, created_at, updated_at`

// light are the columns of what is only named and counted: without summaries and settlements, of which a year has
// more than fits the memory of a function.
const light = `id, category_id, unit, period, title, '', audience, '', '', masked_by, masked_at, published_at, first_at, deleted_at, version, created_at, updated_at`

func scan(r database.Row) (Archive, error) {
	var v Archive
	var csv string
	var by *string
	var masked, published, first, deleted *int64
	var created, updated int64
	if err := r.Scan(&v.ID, &v.Category, &v.Unit, &v.Period, &v.Title, &v.Summary, &v.Audience, &csv, &v.Note, &by, &masked, &published, &first, &deleted, &v.Version, &created, &updated); err != nil {
		return Archive{}, fmt.Errorf("archive: %w", err)
	}
	if by != nil {
		v.MaskedBy = *by
	}
	v.MaskedAt, v.PublishedAt, v.FirstAt, v.DeletedAt = clock.FromMillisOf(masked), clock.FromMillisOf(published), clock.FromMillisOf(first), clock.FromMillisOf(deleted)
	v.CreatedAt, v.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	var err error
	v.Table, err = stored(csv)
	return v, err
}

// stored reads a settlement as it is kept.
func stored(csv string) (Table, error) {
	if csv == "" {
		return nil, nil
	}
	t, _, err := ReadTable(csv)
	if err != nil {
		return nil, fmt.Errorf("a stored settlement: %w", err)
	}
	return t, nil
}

// where are the conditions of a list.
type where struct{ database.Where }

func (w *where) published() { w.Add(`deleted_at IS NULL AND published_at IS NOT NULL`) }

// audiences narrows to what the caller may read of what is published.
func (w *where) audiences(ctx context.Context) {
	who := auth.From(ctx)
	units, whole := who.MayIn(auth.Write)
	if whole {
		return
	}
	audience, args := database.In(`audience`, audiencesOf(who))
	own, more := database.In(`unit`, units)
	w.Add(`(`+audience+` OR `+own+`)`, append(args, more...)...)
}

// Filter narrows a list; the zero value is everything.
type Filter struct {
	Category string // and those below it
	Unit     string
	Period   string // a period, or a year with all in it
	Words    string // that are looked for, as somebody typed them (thing.Find)
}

// Narrowed is the filter that somebody asked for; what is wrong with it is added to f.
func Narrowed(f *check.Fields, category, unit, period, words string) Filter {
	n := Filter{Category: f.OptionalLine("category", category, 40), Unit: f.OptionalLine("unit", unit, 50), Period: f.OptionalLine("period", period, 7), Words: f.OptionalLine("q", words, 100)}
	if n.Period != "" && !Period(n.Period).Valid() {
		f.Add("period", "not-a-period", "2026, 2026-H1(상반기), 2026-Q3(3분기)처럼 적습니다.", "As 2026, 2026-H1 or 2026-Q3.")
	}
	return n
}

// Key is f as one text.
func (f Filter) Key() string {
	return url.Values{"category": {f.Category}, "unit": {f.Unit}, "period": {f.Period}, "q": {f.Words}}.Encode()
}

func (w *where) filter(f Filter, plan Plan) {
	if f.Category != "" {
		w.In(`category_id`, plan.under(f.Category)...)
	}
	if f.Unit != "" {
		w.Add(`unit = ?`, f.Unit)
	}
	if p := Period(f.Period); p != "" {
		if _, half, quarter, _ := p.parse(); half+quarter > 0 {
			w.Add(`period = ?`, string(p))
		} else {
			w.Add(`year = ?`, p.Year())
		}
	}
	if search := thing.Find(f.Words); len(search.Words()) > 0 {
		search.Where(&w.Where, "archives.id", Kind)
	}
}

// Page is a page of what is published and what the caller may read of it, the latest first.
func (s Reader) Page(ctx context.Context, f Filter, c *cursor.Codec, token string, size int) (cursor.Page[Archive], error) {
	plan, err := s.Plan(ctx, 0)
	if err != nil {
		return cursor.Page[Archive]{}, err
	}
	page, err := cursor.Read(c, "archives?"+f.Key(), token, size, func(behind cursor.Moment, limit int) ([]Archive, error) {
		var w where
		w.published()
		w.audiences(ctx)
		w.filter(f, plan)
		if behind.ID != "" {
			w.Add(`(published_at, id) < (?, ?)`, behind.At, behind.ID)
		}
		return database.All(ctx, s.db, scan, `SELECT `+columns+` FROM archives`+w.String()+` ORDER BY published_at DESC, id DESC`+database.Limit(limit), w.Args...)
	}, func(v Archive) cursor.Moment { return cursor.Moment{At: clock.Millis(*v.PublishedAt), ID: v.ID} })
	if err != nil {
		return page, err
	}
	page.Items, err = s.attach(ctx, page.Items)
	return page, err
}

// Managed is a page of those that the caller writes for, in a state ("" for all but deleted ones), the
// latest made first. Deleted ones are listed to who may restore them.
func (s Reader) Managed(ctx context.Context, f Filter, state State, c *cursor.Codec, token string, size int) (cursor.Page[Archive], error) {
	plan, err := s.Plan(ctx, 0)
	if err != nil {
		return cursor.Page[Archive]{}, err
	}
	page, err := cursor.Read(c, "admin/archives/"+string(state)+"?"+f.Key(), token, size, func(behind string, limit int) ([]Archive, error) {
		var w where
		doing := auth.Write
		switch state {
		case Deleted:
			doing = auth.Restore
			w.Add(`deleted_at > ?`, clock.Millis(clock.Now(ctx).Add(-Kept)))
			f.Words = "" // the index has them no more
		case Draft:
			w.Add(`deleted_at IS NULL AND published_at IS NULL`)
		case Published:
			w.published()
		default:
			w.Add(`deleted_at IS NULL`)
		}
		if units, whole := auth.From(ctx).MayIn(doing); !whole {
			w.In(`unit`, units...)
		}
		w.filter(f, plan)
		if behind != "" {
			w.Add(`id < ?`, behind)
		}
		return database.All(ctx, s.db, scan, `SELECT `+columns+` FROM archives`+w.String()+` ORDER BY id DESC`+database.Limit(limit), w.Args...)
	}, func(v Archive) string { return v.ID })
	if err != nil {
		return page, err
	}
	page.Items, err = s.attach(ctx, page.Items)
	return page, err
}

// attach reads the files of archives.
func (s Reader) attach(ctx context.Context, list []Archive) ([]Archive, error) {
	ids := make([]string, len(list))
	for i, v := range list {
		ids[i] = v.ID
	}
	files, err := s.uploads.Used(ctx, Kind, ids...)
	if err != nil {
		return nil, err
	}
	for i := range list {
		list[i].Files = append([]upload.File{}, files[list[i].ID]...)
	}
	return list, nil
}

// find is an archive that there is, deleted ones included.
func (s Reader) find(ctx context.Context, id string) (Archive, error) {
	v, err := database.One(ctx, s.db, scan, `SELECT `+columns+` FROM archives WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	if err != nil {
		return Archive{}, err
	}
	list, err := s.attach(ctx, []Archive{v})
	if err != nil {
		return Archive{}, err
	}
	return list[0], nil
}

// Version is the newest version of an archive that there is, deleted ones included.
func (s Reader) Version(ctx context.Context, id string) (int64, error) {
	v, err := database.One(ctx, s.db, database.Value[int64], `SELECT version FROM archives WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return v, err
}

// Read is an archive that the caller may read: of what is published, what is for an audience that the
// caller belongs to; of their own units, all. Everything else is absent.
func (s Reader) Read(ctx context.Context, id string) (Archive, error) {
	v, err := s.find(ctx, id)
	if err == nil && !v.readable(auth.From(ctx)) {
		err = problem.Absent()
	}
	if err != nil {
		return Archive{}, err
	}
	return v, nil
}

// Gone is err of Read, but where an archive of an id is absent that everybody could read of late (thing.Store.Gone).
func (s Reader) Gone(ctx context.Context, id string, err error) error {
	return thing.Store{DB: s.db}.Gone(ctx, Ref(id), err)
}

// Writable is an archive that the caller may change. One that the caller may only read is refused,
// one that the caller may not even see is absent.
func (s Reader) Writable(ctx context.Context, id string) (Archive, error) {
	v, err := s.Read(ctx, id)
	if err == nil && !auth.From(ctx).May(auth.Write, v.Unit) {
		err = problem.NotAllowed()
	}
	if err != nil {
		return Archive{}, err
	}
	return v, nil
}

// Corrections are what an archive held before it was corrected, the latest first. The caller has asked
// whether it may be read.
func (s Reader) Corrections(ctx context.Context, id string) ([]Correction, error) {
	all, err := s.correctionsOf(ctx, id)
	return all[id], err
}

func (s Reader) correctionsOf(ctx context.Context, ids ...string) (map[string][]Correction, error) {
	all, uses := map[string][]Correction{}, []string{}
	for part := range slices.Chunk(ids, database.Chunk) {
		args := []any{}
		for _, id := range part {
			args = append(args, id)
		}
		_, err := database.All(ctx, s.db, func(r database.Row) (Correction, error) {
			var c Correction
			var id, csv string
			var at int64
			if err := r.Scan(&id, &c.N, &at, &c.Reason, &csv, &c.Note); err != nil {
				return c, fmt.Errorf("correction: %w", err)
			}
			var err error
			c.At = clock.FromMillis(at)
			c.Table, err = stored(csv)
			all[id] = append(all[id], c)
			uses = append(uses, useOf(id, c.N))
			return c, err
		}, `SELECT archive_id, n, at, reason, table_csv, note FROM archive_corrections WHERE archive_id IN (`+database.Marks(1, len(args))+`) ORDER BY archive_id, n DESC`, args...)
		if err != nil {
			return nil, err
		}
	}
	files, err := s.uploads.Used(ctx, Kind, uses...)
	for id, list := range all {
		for i, c := range list {
			list[i].Files = append([]upload.File{}, files[useOf(id, c.N)]...)
		}
	}
	return all, err
}

// useOf is what uploads call what an archive had before it was corrected: a part of it, as upload.Use says.
func useOf(id string, n int64) string { return id + "/" + strconv.FormatInt(n, 10) }

// Add keeps a new archive. Units are those that exist.
func (s Writer) Add(ctx context.Context, c Content, a Assent, units []string) (Archive, error) {
	plan, err := s.Plan(ctx, 0)
	if err != nil {
		return Archive{}, err
	}
	if c, err = c.Check(Archive{}, a, units, plan); err != nil {
		return Archive{}, err
	}
	if !auth.From(ctx).May(auth.Write, c.Unit) {
		return Archive{}, problem.NotAllowed()
	}
	id, err := check.NewID()
	if err != nil {
		return Archive{}, err
	}
	now := clock.Millis(clock.Now(ctx))
	if _, err := s.db.Exec(ctx, `INSERT INTO archives (id, category_id, unit, period, year, title, summary, audience, table_csv, note, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $11)`,
		id, c.Category, c.Unit, string(c.Period), c.Period.Year(), c.Title, c.Summary, string(c.Audience), c.Table, c.Note, now); err != nil {
		return Archive{}, err
	}
	return s.settle(ctx, Archive{ID: id}, c, a)
}

// Edit makes c the content of version's successor. Of several edits of one version the first wins;
// the others are stale. What was published once and has other files or another settlement now is
// a correction: it needs a reason, and what was there stays beside it.
func (s Writer) Edit(ctx context.Context, id string, version int64, c Content, a Assent, units []string) (Archive, error) {
	was, err := s.Writable(ctx, id)
	if err != nil {
		return Archive{}, err
	}
	if was.Version != version {
		return Archive{}, problem.Stale()
	}
	if was.Earlier, err = s.earlier(ctx, id); err != nil {
		return Archive{}, err
	}
	plan, err := s.Plan(ctx, 0)
	if err != nil {
		return Archive{}, err
	}
	if c, err = c.Check(was, a, units, plan); err != nil {
		return Archive{}, err
	}
	if !auth.From(ctx).May(auth.Write, c.Unit) {
		return Archive{}, problem.NotAllowed()
	}
	n, err := s.db.Exec(ctx, `UPDATE archives SET category_id = $1, unit = $2, period = $3, year = $4, title = $5, summary = $6, audience = $7, table_csv = $8, note = $9, version = version + 1, updated_at = $10
		WHERE id = $11 AND version = $12 AND deleted_at IS NULL`,
		c.Category, c.Unit, string(c.Period), c.Period.Year(), c.Title, c.Summary, string(c.Audience), c.Table, c.Note, clock.Millis(clock.Now(ctx)), id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Archive{}, err
	}
	if err := s.correct(ctx, was, c, a.Reason); err != nil {
		return Archive{}, err
	}
	return s.settle(ctx, was, c, a)
}

// correct keeps what was published and is replaced.
func (s Writer) correct(ctx context.Context, was Archive, c Content, reason string) error {
	if was.FirstAt == nil || slices.Equal(was.fileIDs(), c.Files) && WriteTable(was.Table) == c.Table {
		return nil
	}
	var f check.Fields
	if reason = f.Line("reason", reason, MostReason); f.Err() != nil {
		return f.Err()
	}
	n, err := database.One(ctx, s.db, database.Value[int64], `INSERT INTO archive_corrections (archive_id, n, at, reason, table_csv, note)
		SELECT $1, COALESCE(MAX(n), 0) + 1, $2, $3, $4, $5 FROM archive_corrections WHERE archive_id = $1 RETURNING n`,
		was.ID, clock.Millis(clock.Now(ctx)), reason, WriteTable(was.Table), was.Note)
	if err != nil {
		return err
	}
	return s.uploads.UsePrivate(ctx, Kind, useOf(was.ID, n), was.fileIDs(), "files")
}

// settle saves what belongs to a row that was written: its files, whether it is published, what was
// said of its files, its thing, and what happened.
func (s Writer) settle(ctx context.Context, was Archive, c Content, a Assent) (Archive, error) {
	id, now := was.ID, clock.Millis(clock.Now(ctx))
	if err := s.uploads.UsePrivate(ctx, Kind, id, c.Files, "files"); err != nil {
		return Archive{}, err
	}
	for _, file := range c.Files {
		if _, err := s.db.Exec(ctx, `INSERT INTO archive_files (archive_id, upload_id, downloads) VALUES ($1, $2, 0) ON CONFLICT (archive_id, upload_id) DO NOTHING`, id, file); err != nil {
			return Archive{}, err
		}
	}
	switch {
	case a.Masked:
		if _, err := s.db.Exec(ctx, `UPDATE archives SET masked_by = $1, masked_at = $2 WHERE id = $3`, database.Null(auth.From(ctx).MemberID), now, id); err != nil {
			return Archive{}, err
		}
	case c.unsaid(was):
		if _, err := s.db.Exec(ctx, `UPDATE archives SET masked_by = NULL, masked_at = NULL WHERE id = $1`, id); err != nil {
			return Archive{}, err
		}
	}
	appears := c.Publish && was.PublishedAt == nil
	switch {
	case appears:
		if _, err := s.db.Exec(ctx, `UPDATE archives SET published_at = $1, first_at = COALESCE(first_at, $1) WHERE id = $2`, now, id); err != nil {
			return Archive{}, err
		}
	case !c.Publish:
		if _, err := s.db.Exec(ctx, `UPDATE archives SET published_at = NULL WHERE id = $1`, id); err != nil {
			return Archive{}, err
		}
	}
	v, err := s.find(ctx, id)
	if err != nil {
		return Archive{}, err
	}
	if v.Earlier, err = s.earlier(ctx, id); err != nil {
		return Archive{}, err
	}
	if err := v.pictures(); err != nil {
		return Archive{}, err
	}
	if err := s.happened(ctx, Changed, v, was.Period.Year()); err != nil {
		return Archive{}, err
	}
	if appears {
		return v, s.record(ctx, Announced, v)
	}
	return v, nil
}

// pictures refuses pictures whose originals many could read: they may say where they were taken.
func (v Archive) pictures() error {
	var f check.Fields
	if v.Audience != Council && slices.ContainsFunc(v.Earlier, pictured) {
		f.Add("audience", "picture-for-many", "정정하기 전 파일에 사진이 있어 총학생회만 볼 수 있습니다. 사진에는 찍은 곳이 들어 있을 수 있습니다. 모두에게 보이려면 새 자료로 올리세요.",
			"A file from before a correction is a picture, which may say where it was taken: the council alone can read it. Add a new archive for others.")
	}
	for i, file := range v.Files {
		if v.Audience != Council && pictured(file) {
			f.Add(fmt.Sprintf("files[%d]", i), "picture-for-many", "사진에는 찍은 곳이 들어 있을 수 있어 총학생회만 보는 자료에만 붙일 수 있습니다. PDF로 바꾸어 올리세요.",
				"A picture may say where it was taken: only what the council alone reads can have one. Upload it as a PDF.")
		}
	}
	return f.Err()
}

func pictured(f upload.File) bool { return strings.HasPrefix(f.Type, "image/") }

// earlier are the files of the corrections of an archive.
func (s Reader) earlier(ctx context.Context, id string) ([]upload.File, error) {
	corrections, err := s.Corrections(ctx, id)
	files := []upload.File{}
	for _, c := range corrections {
		files = append(files, c.Files...)
	}
	return files, err
}

// happened saves what follows from a change: the thing, bundles that are no longer right, the event.
func (s Writer) happened(ctx context.Context, kind string, v Archive, years ...int) error {
	if err := s.things.Put(ctx, v.thing()); err != nil {
		return err
	}
	for _, year := range append(years, v.Period.Year()) {
		if year == 0 {
			continue
		}
		if err := s.prune(ctx, year); err != nil {
			return err
		}
	}
	return s.record(ctx, kind, v)
}

// Delete hides an archive from everybody. An admin of its unit can restore it for 30 days.
func (s Writer) Delete(ctx context.Context, id string, version int64) error {
	was, err := s.Writable(ctx, id)
	if err != nil {
		return err
	}
	if was.Version != version {
		return problem.Stale()
	}
	n, err := s.db.Exec(ctx, `UPDATE archives SET deleted_at = $1, updated_at = $1, version = version + 1 WHERE id = $2 AND version = $3 AND deleted_at IS NULL`, clock.Millis(clock.Now(ctx)), id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return err
	}
	if err := s.things.Drop(ctx, Ref(id)); err != nil {
		return err
	}
	if err := s.prune(ctx, was.Period.Year()); err != nil {
		return err
	}
	was.Version++
	return s.record(ctx, Changed, was)
}

// Restore brings a deleted archive back as it was. Only an admin of its unit may, for 30 days; to
// everybody else, and later, it is absent.
func (s Writer) Restore(ctx context.Context, id string, version int64) (Archive, error) {
	was, err := s.find(ctx, id)
	if err != nil {
		return Archive{}, err
	}
	now := clock.Now(ctx)
	if was.DeletedAt == nil || !was.DeletedAt.After(now.Add(-Kept)) || !auth.From(ctx).May(auth.Restore, was.Unit) {
		return Archive{}, problem.Absent()
	}
	n, err := s.db.Exec(ctx, `UPDATE archives SET deleted_at = NULL, updated_at = $1, version = version + 1 WHERE id = $2 AND version = $3 AND deleted_at IS NOT NULL`, clock.Millis(now), id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Archive{}, err
	}
	v, err := s.find(ctx, id)
	if err != nil {
		return Archive{}, err
	}
	return v, s.happened(ctx, Changed, v)
}

func (s Writer) record(ctx context.Context, kind string, v Archive) error {
	e, err := event.New(ctx, kind, v.ID, v.Version, Event{ID: v.ID, Version: v.Version})
	if err != nil {
		return fmt.Errorf("archive %s: %w", v.ID, err)
	}
	return s.outbox.Record(ctx, e)
}

// Downloadable is a file of an archive that the caller may read, one that it has or had before a
// correction, and the archive.
func (s Reader) Downloadable(ctx context.Context, id, file string) (upload.Upload, Archive, error) {
	v, err := s.Read(ctx, id)
	if err != nil {
		return upload.Upload{}, Archive{}, err
	}
	ids := v.fileIDs()
	earlier, err := s.earlier(ctx, id)
	if err != nil {
		return upload.Upload{}, Archive{}, err
	}
	for _, f := range earlier {
		ids = append(ids, f.ID)
	}
	if !slices.Contains(ids, file) {
		return upload.Upload{}, Archive{}, problem.Absent()
	}
	u, err := s.uploads.Read(ctx, file)
	if err == nil && (u.CompletedAt == nil || u.DeletedAt != nil) {
		err = problem.Absent()
	}
	return u, v, err
}

// CountDownload counts that somebody, nobody knows who, downloaded a file.
func (s Reader) CountDownload(ctx context.Context, id, file string) error {
	_, err := s.db.Exec(ctx, `UPDATE archive_files SET downloads = downloads + 1 WHERE archive_id = $1 AND upload_id = $2`, id, file)
	return err
}

// Downloads are how often the files of an archive were downloaded, by their ids.
func (s Reader) Downloads(ctx context.Context, id string) (map[string]int64, error) {
	counts := map[string]int64{}
	_, err := database.All(ctx, s.db, func(r database.Row) (string, error) {
		var file string
		var n int64
		err := r.Scan(&file, &n)
		counts[file] = n
		return file, err
	}, `SELECT upload_id, downloads FROM archive_files WHERE archive_id = $1`, id)
	return counts, err
}

// Things are all of them, for the index.
func (s Reader) Things() thing.Source {
	return thing.Source{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
		list, err := database.All(ctx, s.db, scan, `SELECT `+columns+` FROM archives WHERE deleted_at IS NULL AND id > $1 ORDER BY id`+database.Limit(limit), behind)
		things := []thing.Thing{}
		for _, v := range list {
			things = append(things, v.thing())
		}
		return things, err
	}}
}

// thing is v as a thing: found by what it says and by the items of its settlement.
func (v Archive) thing() thing.Thing {
	said := []string{v.Summary, v.Period.Name().KO}
	for _, l := range v.Table {
		said = append(said, l.Name)
	}
	t := thing.Thing{
		Ref: Ref(v.ID), Unit: v.Unit, Path: Path(v.ID), Title: v.Title, Line: v.Line(), Text: strings.TrimSpace(strings.Join(said, " ")), Tags: []string{}, At: v.CreatedAt, From: v.PublishedAt,
		Readers: v.Audience.readers(), Version: v.Version,
	}
	if v.PublishedAt != nil {
		t.At = *v.PublishedAt
	}
	return t
}

// Purge removes up to limit archives that were deleted more than 30 days ago, and lets go of their
// files. It returns how many.
func (s Keeper) Purge(ctx context.Context, limit int) (int, error) {
	before := clock.Millis(clock.Now(ctx).Add(-Kept))
	ids, err := database.All(ctx, s.db, database.Value[string], `SELECT id FROM archives WHERE deleted_at <= $1 ORDER BY deleted_at`+database.Limit(limit), before)
	if err != nil {
		return 0, err
	}
	return s.db.Each(ctx, ids, func(ctx context.Context, id string) (int64, error) {
		corrections, err := s.Corrections(ctx, id)
		if err != nil {
			return 0, err
		}
		n, err := s.db.Exec(ctx, `DELETE FROM archives WHERE id = $1 AND deleted_at <= $2`, id, before)
		if err != nil || n == 0 {
			return n, err // it was restored, or another sweep was faster
		}
		for _, c := range corrections {
			if err := s.uploads.UsePrivate(ctx, Kind, useOf(id, c.N), nil, ""); err != nil {
				return n, err
			}
		}
		return n, s.uploads.UsePrivate(ctx, Kind, id, nil, "")
	})
}

// Keeper does what is due by itself.
type Keeper struct{ Reader }

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB) Keeper { return Keeper{NewReader(db)} }

// Chores are what is to be done about archives by itself; those of Bundles are apart.
func (s Keeper) Chores() []chore.Chore {
	return []chore.Chore{{Name: "archives-purged", Do: s.Purge}}
}

// Personal is what archives keep of members.
func (s Reader) Personal() []person.Data {
	return []person.Data{{Notices: []person.Notice{
		{What: problem.Text{KO: "자료에서 개인정보를 가렸다고 표시한 사람(총학생회에서 일하는 사람만)", EN: "Who confirmed that personal data in a document was masked (council staff only)"}, Why: problem.Text{KO: "공개한 자료에 책임지기", EN: "Accountability for what is published"}, Until: problem.Text{KO: "자료가 있는 동안, 탈퇴하면 누구인지 알 수 없음", EN: "As long as the document exists; the name is removed when you leave"}},
	}, Columns: []person.Column{
		{Name: "archives.masked_by", Fate: person.Kept, Why: "who of the council answers for what was published; an id that leads to nobody once they have left"},
	}}}
}
