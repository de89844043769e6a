package rule

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
)

// Kind is the kind of articles as things, and the tag of every page that lists rulebooks.
const Kind = "rule"

// Tag is the tag of what shows a rulebook.
func Tag(slug string) string { return Kind + ":" + slug }

// Reader reads rules.
type Reader struct {
	db      *database.DB
	uploads upload.Store
	things  thing.Store
}

// NewReader is for who reads alone.
func NewReader(db *database.DB) Reader {
	return Reader{db: db, uploads: upload.Store{DB: db}, things: thing.Store{DB: db}}
}

// Keeper does what is due by itself.
type Keeper struct {
	Reader
	outbox *event.Outbox
}

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB, outbox *event.Outbox) Keeper {
	return Keeper{Reader: NewReader(db), outbox: outbox}
}

// Writer changes rules of a site.
type Writer struct {
	Keeper
	site string
}

// NewWriter is for who writes, on the site that begins with an origin.
func NewWriter(db *database.DB, outbox *event.Outbox, site string) Writer {
	return Writer{Keeper: NewKeeper(db, outbox), site: site}
}

const bookColumns = `id, slug, unit, title, body, parent, version, created_at, updated_at`

func scanBook(r database.Row) (Book, error) {
	var b Book
	var created, updated int64
	err := r.Scan(&b.ID, &b.Slug, &b.Unit, &b.Title, &b.Body, &b.Parent, &b.Version, &created, &updated)
	b.CreatedAt, b.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	return b, err
}

// Those of a list, and of a whole version.
const (
	headColumns  = `id, book_id, number, base, kind, amendment, decided_on, announced_at, effective_on, promulgated_on, sealed, sealed_at, meeting, version, created_at, updated_at`
	wholeColumns = headColumns + `, reason, source, moves, overrides`
)

func scanHead(r database.Row) (Version, error) { return scanVersion(r) }

func scanWhole(r database.Row) (Version, error) {
	var reason, source, moves, overrides string
	v, err := scanVersion(r, &reason, &source, &moves, &overrides)
	if err != nil {
		return v, err
	}
	v.Reason, v.Source = reason, source
	return v, errors.Join(json.Unmarshal([]byte(moves), &v.Moves), json.Unmarshal([]byte(overrides), &v.Overrides))
}

func scanVersion(r database.Row, more ...any) (Version, error) {
	var v Version
	var announced, order, sealed *int64
	var created, updated int64
	err := r.Scan(append([]any{
		&v.ID, &v.Book, &v.Number, &v.Base, &v.Kind, &v.Amendment, &v.DecidedOn, &announced, &v.EffectiveOn, &v.PromulgatedOn, &order, &sealed, &v.Meeting, &v.Version, &created, &updated,
	}, more...)...)
	v.AnnouncedAt, v.SealedAt = clock.FromMillisOf(announced), clock.FromMillisOf(sealed)
	if order != nil {
		v.Order = *order
	}
	v.CreatedAt, v.UpdatedAt = clock.FromMillis(created), clock.FromMillis(updated)
	return v, err
}

// Shelved is a rulebook with the versions that the caller may read, the last begun first.
type Shelved struct {
	Book
	Versions []Version
}

// Current is the version in force that began last; false where none is.
func (s Shelved) Current() (Version, bool) {
	i := slices.IndexFunc(s.Versions, func(v Version) bool { return v.last })
	if i < 0 {
		return Version{}, false
	}
	return s.Versions[i], true
}

// Repealed says whether a rulebook was repealed by now.
func (s Shelved) Repealed() bool {
	v, there := s.Current()
	return there && Act(v.Kind) == Repeal
}

// Waiting are versions that everybody may read and that have not begun, the next to begin first,
// behind them those without a day.
func (s Shelved) Waiting(now time.Time) []Version {
	list := slices.DeleteFunc(slices.Clone(s.Versions), func(v Version) bool { return !v.Public(now) || v.Begun(clock.Day(now)) || v.overtaken })
	slices.SortStableFunc(list, func(a, b Version) int {
		if (a.EffectiveOn == "") != (b.EffectiveOn == "") {
			return strings.Compare(b.EffectiveOn, a.EffectiveOn)
		}
		return strings.Compare(a.EffectiveOn, b.EffectiveOn)
	})
	return list
}

// Version is the one with a number.
func (s Shelved) Version(number int64) (Version, bool) {
	i := slices.IndexFunc(s.Versions, func(v Version) bool { return v.Number == number })
	if i < 0 {
		return Version{}, false
	}
	return s.Versions[i], true
}

// Changes are the times after now at which what is said of the versions changes by itself.
func (s Shelved) Changes(now time.Time) []*time.Time {
	list := []*time.Time{}
	for _, v := range s.Versions {
		if v.AnnouncedAt != nil && v.PromulgatedOn == "" && v.AnnouncedAt.After(now) {
			list = append(list, v.AnnouncedAt)
		}
		if day, ok := Day(v.EffectiveOn); ok && v.PromulgatedOn != "" && day.After(now) && !v.overtaken {
			list = append(list, &day)
		}
	}
	return list
}

// Writes says whether the caller may write rules of a unit.
func Writes(ctx context.Context, unit string) bool { return auth.From(ctx).May(auth.Write, unit) }

// shelved puts versions to their rulebooks. Drafts are for those who write for its unit, and a
// rulebook without anything else, too. What is announced later stays among the versions that
// Changes looks at, and is taken out by seen.
func shelved(ctx context.Context, books []Book, versions []Version) []Shelved {
	now, list := clock.Now(ctx), []Shelved{}
	for _, b := range books {
		s := Shelved{Book: b, Versions: []Version{}}
		for _, v := range versions {
			if v.Book == b.ID {
				s.Versions = append(s.Versions, v)
			}
		}
		slices.SortFunc(s.Versions, func(a, b Version) int { return int(b.Number - a.Number) })
		s.Versions = marked(s.Versions, now)
		list = append(list, s)
	}
	return list
}

// Seen is s as the caller may read it; false where it is absent to them.
func (s Shelved) Seen(ctx context.Context) (Shelved, bool) {
	if Writes(ctx, s.Unit) {
		return s, true
	}
	now := clock.Now(ctx)
	s.Versions = slices.DeleteFunc(slices.Clone(s.Versions), func(v Version) bool { return !v.Public(now) })
	return s, len(s.Versions) > 0
}

// Books are all rulebooks that the caller may read, those of the whole council first, and the
// times at which the list changes by itself.
func (s Reader) Books(ctx context.Context) ([]Shelved, []*time.Time, error) {
	books, err := database.All(ctx, s.db, scanBook, `SELECT `+bookColumns+` FROM rulebooks ORDER BY title, id`)
	if err != nil {
		return nil, nil, err
	}
	versions, err := database.All(ctx, s.db, scanHead, `SELECT `+headColumns+` FROM rule_versions`)
	if err != nil {
		return nil, nil, err
	}
	list, changes := []Shelved{}, []*time.Time{}
	for _, b := range shelved(ctx, books, versions) {
		changes = append(changes, b.Changes(clock.Now(ctx))...)
		if b, there := b.Seen(ctx); there {
			list = append(list, b)
		}
	}
	return list, changes, nil
}

// Shelf is a rulebook by its slug as the caller may read it, and the times at which what is said of
// it changes by itself.
func (s Reader) Shelf(ctx context.Context, slug string) (Shelved, []*time.Time, error) {
	book, err := s.book(ctx, slug)
	if err != nil {
		return Shelved{}, nil, err
	}
	versions, err := database.All(ctx, s.db, scanHead, `SELECT `+headColumns+` FROM rule_versions WHERE book_id = $1`, book.ID)
	if err != nil {
		return Shelved{}, nil, err
	}
	all := shelved(ctx, []Book{book}, versions)[0]
	seen, there := all.Seen(ctx)
	if !there {
		return Shelved{}, nil, problem.Absent()
	}
	return seen, all.Changes(clock.Now(ctx)), nil
}

func (s Reader) book(ctx context.Context, slug string) (Book, error) {
	if !Slug(slug) {
		return Book{}, problem.Absent()
	}
	b, err := database.One(ctx, s.db, scanBook, `SELECT `+bookColumns+` FROM rulebooks WHERE slug = $1`, slug)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return b, err
}

// Version is a version with its source, where the caller may read it.
func (s Reader) Version(ctx context.Context, slug string, number int64) (Shelved, Version, error) {
	shelf, _, err := s.Shelf(ctx, slug)
	if err != nil {
		return Shelved{}, Version{}, err
	}
	head, there := shelf.Version(number)
	if !there {
		return Shelved{}, Version{}, problem.Absent()
	}
	v, err := s.whole(ctx, head.ID)
	v.last, v.overtaken = head.last, head.overtaken
	return shelf, v, err
}

// Files are those of a version that the caller may read, in their order.
func (s Reader) Files(ctx context.Context, v Version) ([]upload.File, error) {
	files, err := s.uploads.Used(ctx, AmendmentKind, v.ID)
	return append([]upload.File{}, files[v.ID]...), err
}

// Meetings are the minutes of the meetings that decided a version, or speak of it, as far as readers see them, and when that
// changes by itself.
func (s Reader) Meetings(ctx context.Context, v Version) ([]thing.Thing, *time.Time, error) {
	return s.things.Related(ctx, AmendmentRef(v.ID), "minute")
}

// Notices are those that speak of a version, likewise.
func (s Reader) Notices(ctx context.Context, v Version) ([]thing.Thing, *time.Time, error) {
	return s.things.Related(ctx, AmendmentRef(v.ID), "notice")
}

func (s Reader) whole(ctx context.Context, id string) (Version, error) {
	list, err := s.wholes(ctx, `WHERE id = $1`, id)
	if err == nil && len(list) == 0 {
		err = problem.Absent()
	}
	if err != nil {
		return Version{}, err
	}
	return list[0], nil
}

// wholes are whole versions with the days on which they begin, by what follows the name of their table.
func (s Reader) wholes(ctx context.Context, which string, args ...any) ([]Version, error) {
	list, err := database.All(ctx, s.db, scanWhole, `SELECT `+wholeColumns+` FROM rule_versions `+which, args...)
	if err != nil || len(list) == 0 {
		return list, err
	}
	ids := []any{}
	for _, v := range list {
		ids = append(ids, v.ID)
	}
	type begins struct{ version, day string }
	days, err := database.All(ctx, s.db, func(r database.Row) (begins, error) {
		var b begins
		err := r.Scan(&b.version, &b.day)
		return b, err
	}, `SELECT version_id, effective_on FROM rule_days WHERE version_id IN (`+database.Marks(1, len(ids))+`) ORDER BY effective_on`, ids...)
	for i, v := range list {
		for _, d := range days {
			if d.version == v.ID {
				list[i].days = append(list[i].days, d.day)
			}
		}
	}
	return list, err
}

// outlined is where what is in a promulgated text, as it is stored.
type outlined struct {
	Heading *Heading `json:"heading,omitempty"`
	Number  string   `json:"number,omitempty"` // of an article
}

// content is what an article says, as it is stored.
type content struct {
	Text  string `json:"text,omitempty"`
	Items []Item `json:"items,omitempty"`
}

func outlineOf(t Text) []outlined {
	list := []outlined{}
	for _, n := range t.Nodes {
		if n.Heading != nil {
			list = append(list, outlined{Heading: n.Heading})
		} else {
			list = append(list, outlined{Number: n.Article.Number})
		}
	}
	return list
}

func scanArticle(r database.Row) (Article, error) {
	var a Article
	var said string
	if err := r.Scan(&a.Key, &a.Number, &a.Name, &said); err != nil {
		return a, err
	}
	var c content
	err := json.Unmarshal([]byte(said), &c)
	a.Text, a.Items = c.Text, c.Items
	return a, err
}

// sealedText is the text of a promulgated version.
func (s Reader) sealedText(ctx context.Context, id string) (Text, error) {
	articles, err := database.All(ctx, s.db, scanArticle, `SELECT key, number, name, content FROM rule_articles WHERE version_id = $1`, id)
	if err != nil {
		return Text{}, err
	}
	byNumber := map[string]Article{}
	for _, a := range articles {
		byNumber[a.Number] = a
	}
	return s.outlined(ctx, id, byNumber)
}

// outlined are articles by their numbers where a version has them.
func (s Reader) outlined(ctx context.Context, id string, byNumber map[string]Article) (Text, error) {
	stored, err := database.One(ctx, s.db, database.Value[string], `SELECT outline FROM rule_versions WHERE id = $1`, id)
	if err != nil {
		return Text{}, err
	}
	var list []outlined
	if err := json.Unmarshal([]byte(stored), &list); err != nil {
		return Text{}, fmt.Errorf("outline of %s: %w", id, err)
	}
	text := Text{}
	for _, n := range list {
		if n.Heading != nil {
			text.Nodes = append(text.Nodes, Node{Heading: n.Heading})
			continue
		}
		if a, there := byNumber[n.Number]; there {
			text.Nodes = append(text.Nodes, Node{Article: &a})
		}
	}
	return text.pathed(), nil
}

// Text is the whole text of a version of a rulebook, as it was written.
func (s Reader) Text(ctx context.Context, shelf Shelved, v Version) (Text, error) {
	if v.PromulgatedOn != "" {
		return s.sealedText(ctx, v.ID)
	}
	base, err := s.base(ctx, shelf, v.Base)
	if err != nil {
		return Text{}, err
	}
	if v.Source == "" {
		if v, err = s.whole(ctx, v.ID); err != nil {
			return Text{}, err
		}
	}
	return DraftText(base, v.Draft)
}

// base is the text of the promulgated version with a number, the empty one for 0.
func (s Reader) base(ctx context.Context, shelf Shelved, number int64) (Text, error) {
	v, there := shelf.Version(number)
	if !there || v.PromulgatedOn == "" {
		return Text{}, nil
	}
	return s.sealedText(ctx, v.ID)
}

// DraftText is the text of a draft that changes another one.
func DraftText(base Text, d Draft) (Text, error) {
	if Act(d.Kind) == Repeal {
		return Text{}, nil
	}
	text, _, wrong := Parse(d.Source)
	if wrong != nil {
		return Text{}, wrong.Problem()
	}
	n := 0
	return keyed(base, text, d.Moves, func() (string, error) {
		n++
		return fmt.Sprint("new ", n), nil
	})
}

// Reading is the text of a rulebook on a day.
type Reading struct {
	Text
	Day     string
	Version Version // the newest that has begun
	acts    []act
}

// errNotInForce refuses a day before the first version, or after a repeal.
func errNotInForce() *problem.Error {
	return problem.New(problem.NotFound, "not-in-force", "그날에는 시행하던 회칙이 없습니다.", "Nothing was in force on that day.")
}

func scanAct(r database.Row) (act, error) {
	var a act
	var ends int64
	err := r.Scan(&a.ID, &a.Version, &a.Key, &a.Number, &ends, &a.Day, &a.Rank)
	a.Ends = ends == 1
	return a, err
}

const actColumns = `id, version_id, key, number, ends, effective_on, rank`

// acts are those of a rulebook but for the overtaken ones.
func (s Reader) acts(ctx context.Context, book string) ([]act, error) {
	return database.All(ctx, s.db, scanAct, `SELECT `+actColumns+` FROM rule_acts WHERE book_id = $1 AND rank >= 0`, book)
}

// At is the text of a rulebook on a day. It fails with the code not-in-force where there is none.
func (s Reader) At(ctx context.Context, shelf Shelved, day string) (Reading, error) {
	acts, err := s.acts(ctx, shelf.ID)
	if err != nil {
		return Reading{}, err
	}
	r := Reading{Day: day, acts: acts}
	current, counting := map[string]Article{}, []act{}
	for _, a := range inForce(acts, day) {
		if !a.Ends {
			counting = append(counting, a)
		}
	}
	if len(counting) == 0 {
		return Reading{}, errNotInForce()
	}
	for part := range slices.Chunk(counting, database.Chunk) {
		args := []any{}
		for _, a := range part {
			args = append(args, a.ID)
		}
		list, err := database.All(ctx, s.db, scanArticle, `SELECT w.key, w.number, w.name, w.content FROM rule_acts a JOIN rule_articles w ON w.version_id = a.version_id AND w.key = a.key WHERE a.id IN (`+database.Marks(1, len(args))+`)`, args...)
		if err != nil {
			return Reading{}, err
		}
		for _, a := range list {
			current[a.Key] = a
		}
	}
	r.Version = newest(shelf.Versions, counting, day)
	keys, err := s.sealedKeys(ctx, r.Version.ID)
	if err != nil {
		return Reading{}, err
	}
	skeleton, err := s.outlined(ctx, r.Version.ID, keys)
	if err != nil {
		return Reading{}, err
	}
	r.Text = assembled(skeleton, current)
	return r, nil
}

// sealedKeys are the articles of a version with nothing but their numbers and keys.
func (s Reader) sealedKeys(ctx context.Context, id string) (map[string]Article, error) {
	list, err := database.All(ctx, s.db, func(r database.Row) (Article, error) {
		var a Article
		err := r.Scan(&a.Key, &a.Number)
		return a, err
	}, `SELECT key, number FROM rule_articles WHERE version_id = $1`, id)
	byNumber := map[string]Article{}
	for _, a := range list {
		byNumber[a.Number] = a
	}
	return byNumber, err
}

// newest is the version that began last up to a day; where none has begun as a whole, the last of
// which an article has.
func newest(versions []Version, acts []act, day string) Version {
	var found Version
	for _, v := range versions {
		begun := v.Begun(day)
		if v.PromulgatedOn == "" || Act(v.Kind) == Repeal || !begun && !slices.ContainsFunc(acts, func(a act) bool { return a.Version == v.ID }) {
			continue
		}
		if was := found.Begun(day); found.ID == "" || begun && !was || begun == was && (v.EffectiveOn > found.EffectiveOn || v.EffectiveOn == found.EffectiveOn && v.Order > found.Order) {
			found = v
		}
	}
	return found
}

// Next is the first day after that of r on which its text changes by itself, "" for none.
func (r Reading) Next() string {
	next := ""
	for _, a := range r.acts {
		if a.Day > r.Day && (next == "" || a.Day < next) {
			next = a.Day
		}
	}
	return next
}

// Step is an article as a version made it.
type Step struct {
	Version Version
	Day     string
	Number  string
	Ends    bool
}

// History are the steps of an article, the last to begin first.
func (r Reading) History(shelf Shelved, key string) []Step {
	acts := slices.DeleteFunc(slices.Clone(r.acts), func(a act) bool { return a.Key != key })
	slices.SortFunc(acts, func(a, b act) int {
		if a.after(b) {
			return -1
		}
		return 1
	})
	steps := []Step{}
	for _, a := range acts {
		i := slices.IndexFunc(shelf.Versions, func(v Version) bool { return v.ID == a.Version })
		if i >= 0 {
			steps = append(steps, Step{Version: shelf.Versions[i], Day: a.Day, Number: a.Number, Ends: a.Ends})
		}
	}
	return steps
}

// Began is the day from which an article of r reads as it does.
func (r Reading) Began(key string) string { return inForce(r.acts, r.Day)[key].Day }

// Changed is how often articles were changed up to the day of r, by their keys: 1 for what is as it was
// made.
func (r Reading) Changed() map[string]int {
	times := map[string]int{}
	for _, a := range r.acts {
		if a.Day <= r.Day {
			times[a.Key]++
		}
	}
	return times
}

// Bygone is the last article that had a number up to a day and has it no longer; key is under
// what it may be found. It fails with problem.Absent where there was none.
func (s Reader) Bygone(ctx context.Context, shelf Shelved, number, day string) (key, last string, err error) {
	acts, err := s.acts(ctx, shelf.ID)
	if err != nil {
		return "", "", err
	}
	found := act{}
	for _, a := range acts {
		if a.Number == number && !a.Ends && a.Day <= day && (found.ID == "" || a.after(found)) {
			found = a
		}
	}
	if found.ID == "" {
		return "", "", problem.Absent()
	}
	return found.Key, found.Day, nil
}

// pathed gives articles the headings that they stand under.
func (t Text) pathed() Text {
	path := []Heading{}
	for i, n := range t.Nodes {
		switch {
		case n.Heading != nil:
			path = append(slices.DeleteFunc(slices.Clone(path), func(above Heading) bool { return above.Level >= n.Heading.Level }), *n.Heading)
		case n.Article.Main():
			a := *n.Article
			a.Path = path
			t.Nodes[i].Article = &a
		}
	}
	return t
}

// Coming are the days to come on which articles change, the next first, with the numbers of those and
// the version that does it.
func (r Reading) Coming(versions []Version) []Coming {
	list := []Coming{}
	for _, a := range r.acts {
		if a.Day <= r.Day {
			continue
		}
		i := slices.IndexFunc(list, func(c Coming) bool { return c.Day == a.Day && c.Version.ID == a.Version })
		if i < 0 {
			v := slices.IndexFunc(versions, func(v Version) bool { return v.ID == a.Version })
			if v < 0 {
				continue
			}
			i = len(list)
			list = append(list, Coming{Day: a.Day, Version: versions[v]})
		}
		list[i].Numbers = append(list[i].Numbers, a.Number)
	}
	for _, c := range list {
		slices.SortFunc(c.Numbers, byNumber)
	}
	slices.SortFunc(list, func(a, b Coming) int { return strings.Compare(a.Day, b.Day) })
	return list
}

// Coming is what a version changes on a day to come.
type Coming struct {
	Day     string
	Numbers []string
	Version Version
}

// byNumber orders the numbers of articles as they stand in a text: the preamble, 조, 부칙, 별표, 별지.
func byNumber(a, b string) int {
	p, q := placeOf(a), placeOf(b)
	return cmp.Or(cmp.Compare(classOf(a), classOf(b)), cmp.Compare(p.n, q.n), cmp.Compare(p.sub, q.sub), strings.Compare(a, b))
}
