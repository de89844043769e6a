package archive

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"iter"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// BundleRequested is the event that a bundle is to be made, or to be gone on with. Its subject is the
// bundle's id, its data BundleEvent.
const BundleRequested = "kr.madang.bundle.requested.v1"

// BundleEvent is the data of BundleRequested.
type BundleEvent struct {
	ID   string `json:"id"`
	Turn int64  `json:"turn"`
}

// Policy are the numbers of archives that the council decides.
type Policy struct{ ZIPMax int } // GiB of the files in one bundle

// Policies says what they are. Every store of objects takes 5 GiB as one object; a bundle of 8 MiB a part, of
// which there are a thousand, has room for 7.
func (p *Policy) Policies() policy.Domain {
	return policy.Domain{Name: "archives", Label: problem.Text{KO: "자료집", EN: "Archives"}, Items: []policy.Item{
		{
			Name: "zipMax", Value: policy.Number{To: &p.ZIPMax, Default: 5, Min: 1, Max: 7, Unit: problem.Text{KO: "GiB", EN: "GiB"}},
			Label: problem.Text{KO: "한 파일로 묶는 자료의 최대 크기", EN: "How large a year as one file may be"},
			Help:  problem.Text{KO: "이보다 크면 하나씩 내려받습니다.", EN: "What is larger is downloaded one by one."},
		},
	}}
}

const (
	// BundleLife is how long a bundle is kept after somebody asked for it.
	BundleLife = 24 * time.Hour
	// LinkLife is how long the address of a bundle works.
	LinkLife = 15 * time.Minute
	// settled is how long after it was given up nobody works on an object any more: longer than a
	// request can live (Knative allows 600 s).
	settled = 15 * time.Minute
	// silent is how long a bundle does not grow before its event is taken for lost: a part takes
	// seconds.
	silent = 2 * time.Minute
	// partsInTurn is how many parts one event makes: 256 MiB, and the next event goes on. At 1 MiB a
	// second that takes half of a request's time.
	partsInTurn = 32
	// mostAge is after how long a bundle that is never ready has failed.
	mostAge = 24 * time.Hour
	// forgotten is how long it is known of a bundle that it is gone.
	forgotten = 24 * time.Hour
)

// BundleState is where a bundle stands.
type BundleState string

// The states of bundles.
const (
	Making   BundleState = "making"
	Ready    BundleState = "ready"
	Outdated BundleState = "outdated" // what it held is not what is published now, or nobody asked for a day
	Failed   BundleState = "failed"
)

// Bundle is a year of archives as one ZIP.
type Bundle struct {
	ID        string // the hash of what it holds
	Year      int
	State     BundleState
	Done      int64 // bytes that are stored
	Size      int64 // bytes of the whole
	ExpiresAt time.Time

	audiences, object, multipart string
	parts                        []objects.Part
	turn                         int64
	asked, updated               time.Time
}

// Bucket is where objects are; objects.Store is one.
type Bucket interface {
	Open(ctx context.Context, key string, offset, length int64) (io.ReadCloser, error)
	Stat(ctx context.Context, key string) (objects.Info, error)
	Delete(ctx context.Context, keys ...string) error
	StartMultipart(ctx context.Context, key string, meta objects.Meta) (string, error)
	PutPart(ctx context.Context, key, uploadID string, number int, data []byte) (objects.Part, error)
	CompleteMultipart(ctx context.Context, key, uploadID string, parts []objects.Part) error
	AbortMultipart(ctx context.Context, key, uploadID string) error
	List(ctx context.Context, prefix string) iter.Seq2[objects.Object, error]
	ListMultiparts(ctx context.Context, prefix string) iter.Seq2[objects.Multipart, error]
	SignGet(ctx context.Context, key string, expires time.Duration, disposition string) (string, error)
}

// Bundles makes years of archives as one ZIP each. They are made through the storage: what is read of
// files goes on as parts of an upload, of which one is in memory. Which bytes are in which part
// follows from what the bundle holds, so that whoever goes on, or several at once, store the same;
// the row says how far they came.
type Bundles struct {
	Reader
	outbox      *event.Outbox
	open        func() (Bucket, error)
	bucket      Bucket // once it is open
	environment string
}

// NewBundles wires bundles to their storage. It does no I/O; a storage that cannot be opened is told by
// each call that needs it.
func NewBundles(db *database.DB, outbox *event.Outbox, open func() (Bucket, error), environment string) Bundles {
	return Bundles{Reader: NewReader(db), outbox: outbox, open: open, environment: environment}
}

// Storage opens the real one.
func Storage(c objects.Config) func() (Bucket, error) {
	return func() (Bucket, error) { return objects.Open(c) }
}

func (s Bundles) opened() (Bundles, error) {
	var err error
	if s.bucket, err = s.open(); err != nil {
		return s, problem.Away(fmt.Errorf("object storage: %w", err))
	}
	return s, nil
}

// prefix is that of all objects of bundles. No environment is called so, and uploads look for strays
// under that of the environment.
func (s Bundles) prefix() string { return s.environment + ".bundles/" }

const bundleColumns = `hash, year, audiences, state, object, multipart, parts, done, size, turn, asked_at, updated_at, expires_at`

func scanBundle(r database.Row) (Bundle, error) {
	var b Bundle
	var parts string
	var asked, updated, expires int64
	if err := r.Scan(&b.ID, &b.Year, &b.audiences, &b.State, &b.object, &b.multipart, &parts, &b.Done, &b.Size, &b.turn, &asked, &updated, &expires); err != nil {
		return b, fmt.Errorf("bundle: %w", err)
	}
	b.asked, b.updated, b.ExpiresAt = clock.FromMillis(asked), clock.FromMillis(updated), clock.FromMillis(expires)
	if err := json.Unmarshal([]byte(parts), &b.parts); err != nil {
		return b, fmt.Errorf("bundle %s: parts: %w", b.ID, err)
	}
	return b, nil
}

// find is the bundle with an id; ok is false where there is none.
func (s Reader) bundle(ctx context.Context, id string) (b Bundle, ok bool, err error) {
	b, err = database.One(ctx, s.db, scanBundle, `SELECT `+bundleColumns+` FROM archive_bundles WHERE hash = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		return Bundle{}, false, nil
	}
	return b, err == nil, err
}

// sets are all that anybody may belong to.
func sets() [][]Audience {
	return [][]Audience{{Public}, {Public, Students}, {Public, Council}, {Public, Students, Council}}
}

func joined(set []Audience) string {
	list := []string{}
	for _, a := range set {
		list = append(list, string(a))
	}
	return strings.Join(list, ",")
}

// own is what the caller's bundle of a year would hold now.
func (s Reader) own(ctx context.Context, year int) (m manifest, ok bool, err error) {
	list, err := s.manifests(ctx, year, audiencesOf(auth.From(ctx)))
	if err != nil || len(list) == 0 {
		return manifest{}, false, err
	}
	return list[0], true, nil
}

// Ask is the bundle of what the caller may read of a year, and has it made unless it is there or under
// way. Who may read the same is given the same.
func (s Bundles) Ask(ctx context.Context, year int) (Bundle, error) {
	var f check.Fields
	f.Number("year", int64(year), FirstYear, LastYear)
	if err := f.Err(); err != nil {
		return Bundle{}, err
	}
	m, ok, err := s.own(ctx, year)
	if err != nil {
		return Bundle{}, err
	}
	if !ok {
		return Bundle{}, problem.WrongField("year", "nothing-there", "이 해에는 내려받을 자료가 없습니다.", "There is nothing of this year.")
	}
	p, err := policy.Read[Policy](ctx, s.db)
	if err != nil {
		return Bundle{}, err
	}
	if m.content() > int64(p.ZIPMax)<<30 {
		return Bundle{}, problem.New(problem.TooLarge, "bundle-too-large", "자료가 너무 커서 한 파일로 묶을 수 없습니다. 하나씩 내려받으세요.", "There is too much for one file. Download them one by one.")
	}
	key, err := s.newKey(ctx)
	if err != nil {
		return Bundle{}, err
	}
	// Turns count on from when it was asked for: one that held the same may have ended a day ago, and an event with the id of
	// one of its turns would be taken for that one.
	id, now := m.hash(), clock.Now(ctx)
	expires := clock.Millis(now.Add(BundleLife))
	n, err := s.db.Exec(ctx, `INSERT INTO archive_bundles (hash, year, audiences, state, object, multipart, parts, done, size, turn, asked_at, updated_at, expires_at)
		VALUES ($1, $2, $3, 'making', $4, '', '[]', 0, 0, $5, $5, $5, $6)
		ON CONFLICT (hash) DO UPDATE SET audiences = excluded.audiences, state = 'making', object = excluded.object, multipart = '', parts = '[]', done = 0, size = 0,
			turn = CASE WHEN excluded.turn > archive_bundles.turn THEN excluded.turn ELSE archive_bundles.turn + 1 END, asked_at = excluded.asked_at, updated_at = excluded.updated_at, expires_at = excluded.expires_at
		WHERE archive_bundles.state IN ('outdated', 'failed')`,
		id, year, joined(audiencesOf(auth.From(ctx))), key, clock.Millis(now), expires)
	if err != nil {
		return Bundle{}, err
	}
	if n == 0 { // it is there, or under way
		if _, err := s.db.Exec(ctx, `UPDATE archive_bundles SET expires_at = $1 WHERE hash = $2 AND state = 'ready'`, expires, id); err != nil {
			return Bundle{}, err
		}
	}
	b, _, err := s.bundle(ctx, id)
	if err != nil || n == 0 {
		return b, err
	}
	return b, s.request(ctx, b)
}

// newKey is a key that is used once.
func (s Bundles) newKey(ctx context.Context) (string, error) {
	id, err := check.NewID()
	if err != nil {
		return "", err
	}
	return s.prefix() + clock.Now(ctx).Format("2006/01/") + id + ".zip", nil
}

// request records that somebody is to go on with b.
func (s Bundles) request(ctx context.Context, b Bundle) error {
	e, err := event.New(ctx, BundleRequested, b.ID, b.turn, BundleEvent{ID: b.ID, Turn: b.turn})
	if err != nil {
		return fmt.Errorf("bundle %s: %w", b.ID, err)
	}
	return s.outbox.Record(ctx, e)
}

// Bundle is one that holds what the caller may read now, no more and no less; to everybody else it is
// absent. One that held what an audience of the caller's could read is gone.
func (s Bundles) Bundle(ctx context.Context, id string) (Bundle, error) {
	b, ok, err := s.bundle(ctx, id)
	if err == nil && !ok {
		err = problem.Absent()
	}
	if err != nil {
		return Bundle{}, err
	}
	mine := audiencesOf(auth.From(ctx))
	m, ok, err := s.own(ctx, b.Year)
	switch {
	case err != nil:
		return Bundle{}, err
	case ok && m.hash() == id && b.State != Outdated && (b.State != Ready || b.ExpiresAt.After(clock.Now(ctx))):
		return b, nil
	case !slices.ContainsFunc(strings.Split(b.audiences, ","), func(a string) bool { return !slices.Contains(mine, Audience(a)) }):
		return Bundle{}, problem.New(problem.Gone, "bundle-outdated", "그사이 자료가 바뀌었거나 하루가 지났습니다. 다시 묶어 주세요.", "The archives have changed, or a day has passed. Ask for it again.")
	default:
		return Bundle{}, problem.Absent()
	}
}

// Link is where a ready bundle is read for 15 minutes.
func (s Bundles) Link(ctx context.Context, b Bundle) (string, error) {
	if b.State != Ready {
		return "", nil
	}
	s, err := s.opened()
	if err != nil {
		return "", err
	}
	link, err := s.bucket.SignGet(ctx, b.object, LinkLife, objects.Attachment(fmt.Sprintf("자료집 %d.zip", b.Year)))
	return link, away(err)
}

// away turns "the storage cannot answer now" into a problem that may be tried again.
func away(err error) error {
	if errors.Is(err, objects.ErrUnavailable) {
		return problem.Away(err)
	}
	return err
}

// current is the manifest of a bundle, if there is anybody who would get it now.
func (s Reader) current(ctx context.Context, year int, hash string) (m manifest, ok bool, err error) {
	list, err := s.manifests(ctx, year, sets()...)
	i := slices.IndexFunc(list, func(m manifest) bool { return m.hash() == hash })
	if i < 0 {
		return manifest{}, false, err
	}
	return list[i], true, nil
}

// prune outdates the bundles of a year, of all with 0, that nobody would get any more. It belongs into
// the unit of work that changes what is published.
func (s Reader) prune(ctx context.Context, year int) error {
	var w database.Where
	w.Add(`state IN ('making', 'ready')`)
	if year != 0 {
		w.Add(`year = ?`, year)
	}
	list, err := database.All(ctx, s.db, scanBundle, `SELECT `+bundleColumns+` FROM archive_bundles`+w.String()+` ORDER BY hash`, w.Args...)
	if err != nil {
		return err
	}
	for _, b := range list {
		_, ok, err := s.current(ctx, b.Year, b.ID)
		if err == nil && !ok {
			err = s.end(ctx, b, Outdated, never)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// never is a time that no bundle lives to, in milliseconds.
const never = 1 << 62

// end takes a bundle's object away from it, in one attempt of it and not in a later one, if it
// expires by a time.
func (s Reader) end(ctx context.Context, b Bundle, state BundleState, by int64) error {
	return s.db.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Now(ctx)
		n, err := s.db.Exec(ctx, `UPDATE archive_bundles SET state = $1, object = '', multipart = '', parts = '[]', done = 0, updated_at = $2 WHERE hash = $3 AND object = $4 AND state IN ('making', 'ready') AND expires_at <= $5`,
			string(state), clock.Millis(now), b.ID, b.object, by)
		if err != nil || n == 0 {
			return err
		}
		return s.leave(ctx, b, now)
	})
}

// leave has a bundle's object removed from the storage: at once where nobody works on it.
func (s Reader) leave(ctx context.Context, b Bundle, now time.Time) error {
	due, multipart := now, ""
	if b.State == Making {
		due, multipart = now.Add(settled), b.multipart
	}
	_, err := s.db.Exec(ctx, `INSERT INTO archive_leavings (object, multipart, due_at) VALUES ($1, $2, $3) ON CONFLICT (object) DO NOTHING`, b.object, multipart, clock.Millis(due))
	return err
}

// errPaused ends a turn whose parts are made; errOvertaken one that others go on with.
var (
	errPaused    = errors.New("archive: a turn of a bundle is over")
	errOvertaken = errors.New("archive: others go on with a bundle")
)

// Make goes on with a bundle, for one turn: the sums of its files, then its parts. It may be repeated,
// also at the same time and after it was killed anywhere. A bundle of what is no longer
// published is outdated; nobody gets it.
func (s Bundles) Make(ctx context.Context, id string) error {
	b, ok, err := s.bundle(ctx, id)
	if err != nil || !ok || b.State != Making {
		return err
	}
	m, ok, err := s.current(ctx, b.Year, id)
	if err != nil {
		return err
	}
	if !ok {
		return s.end(ctx, b, Outdated, never)
	}
	if s, err = s.opened(); err != nil {
		return err
	}
	err = s.advance(ctx, b, m)
	switch {
	case errors.Is(err, errOvertaken):
		return nil
	case errors.Is(err, errPaused):
		return s.goOn(ctx, b)
	case errors.Is(err, objects.ErrNotFound): // the upload is gone, or a file
		return s.again(ctx, b, m, err)
	case errors.Is(err, errShort):
		return errors.Join(s.end(ctx, b, Failed, never), err)
	default:
		return away(err)
	}
}

// advance makes what one turn makes.
func (s Bundles) advance(ctx context.Context, b Bundle, m manifest) error {
	budget := int64(partsInTurn) * objects.PartSize
	if err := s.sum(ctx, b, m, &budget); err != nil {
		return err
	}
	b, err := s.start(ctx, b)
	if err != nil {
		return err
	}
	size := &counted{w: io.Discard}
	if err := m.write(size, 1<<62, nil); err != nil {
		return err
	}
	p := &parting{ctx: ctx, bundles: s, bundle: &b, whole: size.n, budget: int(budget / objects.PartSize)}
	if err := m.write(p, b.Done, func(e entry, offset int64) (io.ReadCloser, error) {
		if e.table != nil {
			text, err := s.settlement(ctx, e)
			return io.NopCloser(strings.NewReader(text[min(offset, int64(len(text))):])), err
		}
		return s.bucket.Open(ctx, e.key, offset, e.Size-offset)
	}); err != nil {
		return err
	}
	if err := p.end(); err != nil {
		return err
	}
	return s.finish(ctx, b)
}

// goOn has the next turn begin.
func (s Bundles) goOn(ctx context.Context, b Bundle) error {
	return s.db.Atomic(ctx, func(ctx context.Context) error {
		turns, err := database.All(ctx, s.db, database.Value[int64], `UPDATE archive_bundles SET turn = turn + 1, updated_at = $1 WHERE hash = $2 AND object = $3 AND turn = $4 AND state = 'making' RETURNING turn`,
			clock.Millis(clock.Now(ctx)), b.ID, b.object, b.turn)
		if err != nil || len(turns) == 0 {
			return err
		}
		b.turn = turns[0]
		return s.request(ctx, b)
	})
}

// again begins anew after something was not found: under another key where it is the upload, never
// where it is a file, which does not come back.
func (s Bundles) again(ctx context.Context, b Bundle, m manifest, cause error) error {
	for _, e := range m.entries {
		if e.key == "" {
			continue
		}
		if _, err := s.bucket.Stat(ctx, e.key); errors.Is(err, objects.ErrNotFound) {
			return errors.Join(s.end(ctx, b, Failed, never), cause)
		} else if err != nil {
			return away(err)
		}
	}
	key, err := s.newKey(ctx)
	if err != nil {
		return err
	}
	return s.db.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Now(ctx)
		n, err := s.db.Exec(ctx, `UPDATE archive_bundles SET object = $1, multipart = '', parts = '[]', done = 0, updated_at = $2 WHERE hash = $3 AND object = $4 AND state = 'making'`,
			key, clock.Millis(now), b.ID, b.object)
		if err != nil || n == 0 {
			return err
		}
		if err := s.leave(ctx, b, now); err != nil {
			return err
		}
		b.object = key
		return s.goOn(ctx, b)
	})
}

// sum computes the CRC-32 that are not known yet, within the budget, in bytes.
func (s Bundles) sum(ctx context.Context, b Bundle, m manifest, budget *int64) error {
	for i := range m.entries {
		e := &m.entries[i]
		if e.crc != nil {
			continue
		}
		if *budget < objects.PartSize {
			return errPaused
		}
		crc, err := s.crcOf(ctx, *e)
		if err != nil {
			return err
		}
		*budget -= e.Size
		e.crc = &crc
		for _, at := range e.from {
			if _, err := s.db.Exec(ctx, `UPDATE archive_files SET crc32 = $1 WHERE archive_id = $2 AND upload_id = $3`, int64(crc), at.archive, at.upload); err != nil {
				return err
			}
		}
		n, err := s.db.Exec(ctx, `UPDATE archive_bundles SET updated_at = $1 WHERE hash = $2 AND object = $3 AND state = 'making'`, clock.Millis(clock.Now(ctx)), b.ID, b.object)
		if err == nil && n == 0 {
			err = errOvertaken
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func (s Bundles) crcOf(ctx context.Context, e entry) (uint32, error) {
	body, err := s.bucket.Open(ctx, e.key, 0, -1)
	if err != nil {
		return 0, err //nolint:wrapcheck // it names the key
	}
	defer func() { _ = body.Close() }()
	sum := crc32.NewIEEE()
	n, err := io.CopyBuffer(onlyWriter{sum}, body, make([]byte, copying))
	if err == nil && n != e.Size {
		err = fmt.Errorf("%s has %d bytes of %d: %w", e.key, n, e.Size, errShort)
	}
	return sum.Sum32(), err //nolint:wrapcheck // it names the key
}

// onlyWriter hides what else a writer can, so that the given buffer is used.
type onlyWriter struct{ io.Writer }

// start begins the upload in parts, unless that is done. Of two that begin one at the same time one is
// kept, and the other ended.
func (s Bundles) start(ctx context.Context, b Bundle) (Bundle, error) {
	if b.multipart != "" {
		return b, nil
	}
	meta := objects.Meta{ContentType: "application/zip", CacheControl: "private, no-store"}
	multipart, err := s.bucket.StartMultipart(ctx, b.object, meta)
	if err != nil {
		return b, err //nolint:wrapcheck // it names the key
	}
	n, err := s.db.Exec(ctx, `UPDATE archive_bundles SET multipart = $1, updated_at = $2 WHERE hash = $3 AND object = $4 AND multipart = '' AND state = 'making'`, multipart, clock.Millis(clock.Now(ctx)), b.ID, b.object)
	if err == nil && n == 1 {
		b.multipart = multipart
		return b, nil
	}
	if aborted := s.bucket.AbortMultipart(context.WithoutCancel(ctx), b.object, multipart); err != nil || aborted != nil {
		return b, errors.Join(err, aborted)
	}
	return b, errOvertaken
}

// parting stores what is written as parts, of which one is in memory. What is in the parts that are
// stored already passes by.
type parting struct {
	ctx     context.Context
	bundles Bundles
	bundle  *Bundle
	whole   int64 // bytes of the whole bundle
	budget  int   // parts of this turn
	at      int64 // bytes that were written
	buffer  []byte
}

func (p *parting) Write(data []byte) (int, error) {
	length := len(data)
	if passed := p.bundle.Done - p.at; passed > 0 {
		n := min(passed, int64(len(data)))
		p.at, data = p.at+n, data[n:]
	}
	for len(data) > 0 {
		if p.buffer == nil {
			p.buffer = make([]byte, 0, objects.PartSize)
		}
		n := min(len(data), cap(p.buffer)-len(p.buffer))
		p.buffer, data, p.at = append(p.buffer, data[:n]...), data[n:], p.at+int64(n)
		if len(p.buffer) == cap(p.buffer) {
			if err := p.store(); err != nil {
				return 0, err
			}
		}
	}
	return length, nil
}

// end stores what is left.
func (p *parting) end() error {
	if len(p.buffer) == 0 {
		return nil
	}
	return p.store()
}

// store stores a part and says so in the row. Who finds there that others were faster goes no further.
func (p *parting) store() error {
	if p.budget--; p.budget < 0 {
		return errPaused
	}
	s, b := p.bundles, p.bundle
	part, err := s.bucket.PutPart(p.ctx, b.object, b.multipart, len(b.parts)+1, p.buffer)
	if err != nil {
		return err //nolint:wrapcheck // it names the key
	}
	parts := append(slices.Clone(b.parts), part)
	list, err := json.Marshal(parts)
	if err != nil {
		return fmt.Errorf("bundle %s: parts: %w", b.ID, err)
	}
	done := b.Done + int64(len(p.buffer))
	n, err := s.db.Exec(p.ctx, `UPDATE archive_bundles SET parts = $1, done = $2, size = $3, updated_at = $4 WHERE hash = $5 AND object = $6 AND multipart = $7 AND done = $8 AND state = 'making'`,
		string(list), done, p.whole, clock.Millis(clock.Now(p.ctx)), b.ID, b.object, b.multipart, b.Done)
	if err == nil && n == 0 {
		err = errOvertaken
	}
	if err != nil {
		return err
	}
	b.parts, b.Done, b.Size, p.buffer = parts, done, p.whole, p.buffer[:0]
	if p.budget == 0 && done < p.whole {
		return errPaused
	}
	return nil
}

// finish makes the parts the object, and says that it is there unless it may not be read any more.
func (s Bundles) finish(ctx context.Context, b Bundle) error {
	if err := s.bucket.CompleteMultipart(ctx, b.object, b.multipart, b.parts); err != nil {
		return err //nolint:wrapcheck // it names the key
	}
	return s.db.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Now(ctx)
		if _, err := s.db.Exec(ctx, `UPDATE archive_bundles SET state = 'ready', updated_at = $1, expires_at = $2 WHERE hash = $3 AND object = $4 AND state = 'making'`,
			clock.Millis(now), clock.Millis(now.Add(BundleLife)), b.ID, b.object); err != nil {
			return err
		}
		_, ok, err := s.current(ctx, b.Year, b.ID)
		if err != nil || ok {
			return err
		}
		return s.end(ctx, b, Outdated, never)
	})
}

// Chores are what is to be done about bundles by itself.
func (s Bundles) Chores() []chore.Chore {
	return []chore.Chore{
		{Name: "bundles-gone-on", Do: s.GoOn},
		{Name: "bundles-ended", Do: s.End},
		{Name: "bundles-removed", Budget: chore.Outward, Do: s.Remove},
		{Name: "bundles-strays", Budget: chore.Outward, Do: s.Strays},
	}
}

// GoOn tells again of bundles that do not grow, and returns of how many.
func (s Bundles) GoOn(ctx context.Context, limit int) (int, error) {
	list, err := database.All(ctx, s.db, scanBundle, `SELECT `+bundleColumns+` FROM archive_bundles WHERE state = 'making' AND updated_at <= $1 ORDER BY updated_at`+database.Limit(limit),
		clock.Millis(clock.Now(ctx).Add(-silent)))
	for i, b := range list {
		if err := s.goOn(ctx, b); err != nil {
			return i, err
		}
	}
	return len(list), err
}

// End ends bundles that nobody asked for within a day, and those that are never ready, and forgets
// those that ended a day ago. It returns how many.
func (s Bundles) End(ctx context.Context, limit int) (int, error) {
	now := clock.Now(ctx)
	list, err := database.All(ctx, s.db, scanBundle, `SELECT `+bundleColumns+` FROM archive_bundles WHERE state = 'ready' AND expires_at <= $1 OR state = 'making' AND asked_at <= $2 ORDER BY hash`+database.Limit(limit),
		clock.Millis(now), clock.Millis(now.Add(-mostAge)))
	if err != nil {
		return 0, err
	}
	for i, b := range list {
		state, by := Failed, int64(never)
		if b.State == Ready {
			state, by = Outdated, clock.Millis(now)
		}
		if err := s.end(ctx, b, state, by); err != nil {
			return i, err
		}
	}
	gone, err := s.db.Exec(ctx, `DELETE FROM archive_bundles WHERE state IN ('outdated', 'failed') AND updated_at + 0 <= $1 AND hash IN (
		SELECT hash FROM archive_bundles WHERE state IN ('outdated', 'failed') AND updated_at <= $1 ORDER BY updated_at`+database.Limit(limit)+`)`, clock.Millis(now.Add(-forgotten)))
	return len(list) + int(gone), err
}

type leaving struct{ object, multipart string }

func scanLeaving(r database.Row) (leaving, error) {
	var l leaving
	err := r.Scan(&l.object, &l.multipart)
	return l, err
}

// Remove removes from the storage what no bundle needs any more, and returns how many objects.
func (s Bundles) Remove(ctx context.Context, limit int) (int, error) {
	s, err := s.opened()
	if err != nil {
		return 0, err
	}
	list, err := database.All(ctx, s.db, scanLeaving, `SELECT object, multipart FROM archive_leavings WHERE due_at <= $1 ORDER BY due_at`+database.Limit(limit), clock.Millis(clock.Now(ctx)))
	if err != nil {
		return 0, err
	}
	for i, l := range list {
		if l.multipart != "" {
			if err := s.bucket.AbortMultipart(ctx, l.object, l.multipart); err != nil {
				return i, err //nolint:wrapcheck // it names the key
			}
		}
		if err := s.bucket.Delete(ctx, l.object); err != nil {
			return i, err //nolint:wrapcheck // it names the key
		}
		if _, err := s.db.Exec(ctx, `DELETE FROM archive_leavings WHERE object = $1`, l.object); err != nil {
			return i, err
		}
	}
	return len(list), nil
}

// Strays removes objects and uploads that are older than a day and belong to no bundle: those of whom
// was killed before the row knew of it.
func (s Bundles) Strays(ctx context.Context, limit int) (int, error) {
	s, err := s.opened()
	if err != nil {
		return 0, err
	}
	old, removed := clock.Now(ctx).Add(-mostAge), 0
	known, err := database.All(ctx, s.db, scanLeaving, `SELECT object, multipart FROM archive_bundles WHERE object <> '' UNION ALL SELECT object, multipart FROM archive_leavings`)
	if err != nil {
		return 0, err
	}
	for m, err := range s.bucket.ListMultiparts(ctx, s.prefix()) {
		if err != nil {
			return removed, err
		}
		if m.Started.After(old) || slices.Contains(known, leaving{m.Key, m.UploadID}) {
			continue
		}
		if err := s.bucket.AbortMultipart(ctx, m.Key, m.UploadID); err != nil || removed == limit {
			return removed, err //nolint:wrapcheck // it names the key
		}
		removed++
	}
	for o, err := range s.bucket.List(ctx, s.prefix()) {
		if err != nil {
			return removed, err
		}
		if o.Modified.After(old) || slices.ContainsFunc(known, func(l leaving) bool { return l.object == o.Key }) {
			continue
		}
		if err := s.bucket.Delete(ctx, o.Key); err != nil || removed == limit {
			return removed, err //nolint:wrapcheck // it names the key
		}
		removed++
	}
	return removed, nil
}

// fileLife is how long the address of a file works.
const fileLife = 5 * time.Minute

// FileLink is where a file is read for 5 minutes. The caller has asked whether it may be.
func (s Bundles) FileLink(ctx context.Context, u upload.Upload) (string, error) {
	s, err := s.opened()
	if err != nil {
		return "", err
	}
	link, err := s.bucket.SignGet(ctx, u.Key(), fileLife, objects.Attachment(u.Name))
	return link, away(err)
}
