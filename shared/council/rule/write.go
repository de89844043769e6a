package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// The events. Their data is Event.
const (
	ChangedEvent     = "kr.madang.rule.changed.v1"     // a rulebook or one of its versions was written, announced or deleted
	PromulgatedEvent = "kr.madang.rule.promulgated.v1" // a version can no longer be changed
	EnforcedEvent    = "kr.madang.rule.enforced.v1"    // a version, or a part of it, has begun; once for each of its days
)

// Event is the data of the events. Number is that of a version, 0 where the event is of the
// rulebook.
type Event struct {
	ID          string `json:"id"` // of the rulebook
	Slug        string `json:"slug"`
	Number      int64  `json:"number,omitempty"`
	EffectiveOn string `json:"effectiveOn,omitempty"`
	ThingID     string `json:"thingId,omitempty"` // of the version as a thing (AmendmentRef), where the event is of one
}

// errTaken, errPromulgated and the others are what the state of a rulebook refuses.
func errTaken() *problem.Error {
	return problem.New(problem.Conflict, "slug-taken", "이미 쓰고 있는 주소입니다.", "The address is taken.")
}

func errPromulgated() *problem.Error {
	return problem.New(problem.Conflict, "promulgated", "공포한 회칙은 고치거나 지울 수 없습니다. 잘못 적은 곳은 정정으로 고칩니다.", "What was promulgated cannot be changed or deleted. A correction mends a mistake.")
}

func errOverlap(number string) *problem.Error {
	return problem.New(problem.Conflict, "overlap", "같은 날에 "+with("를", Called(number))+" 달리 정한 개정이 이미 있습니다.", "Another version says something else of "+Called(number)+" from the same day on.")
}

func errOutdated() *problem.Error {
	return problem.New(problem.Conflict, "base-outdated", "그사이 다른 개정이 공포되었습니다. 대비표를 보고, 그 글을 바탕으로 다시 저장하세요.", "Another version was promulgated meanwhile. Look at the comparison, and save it as a change of that.")
}

func errTooMany(ko, en string) *problem.Error {
	return problem.New(problem.Conflict, "too-many", ko, en)
}

// lock lets no other writer change a rulebook until the end of the unit of work, and counts the
// change.
func (s Writer) lock(ctx context.Context, slug string) (Book, int64, error) {
	changes, err := database.All(ctx, s.db, database.Value[int64], `UPDATE rulebooks SET changes = changes + 1 WHERE slug = $1 RETURNING changes`, slug)
	if err != nil {
		return Book{}, 0, err
	}
	if len(changes) == 0 {
		return Book{}, 0, problem.Absent()
	}
	b, err := s.book(ctx, slug)
	return b, changes[0], err
}

// may refuses who may not do something with a rulebook: absent where they may not even read it.
func (s Writer) may(ctx context.Context, slug string, a auth.Action) error {
	shelf, _, err := s.Shelf(ctx, slug)
	if err == nil && !auth.From(ctx).May(a, shelf.Unit) {
		err = problem.NotAllowed()
	}
	return err
}

func (s Writer) record(ctx context.Context, kind string, b Book, changes int64, e Event) error {
	e.ID, e.Slug = b.ID, b.Slug
	made, err := event.New(ctx, kind, b.ID, changes, e)
	if err != nil {
		return fmt.Errorf("rule %s: %w", b.Slug, err)
	}
	return s.outbox.Record(ctx, made)
}

// alone lets nobody else change what stands under what until the end of the unit of work: what parented finds then stays so. It
// holds the oldest rulebook, and comes before any other is held, so that two never wait for each other.
func (s Writer) alone(ctx context.Context) error {
	for {
		n, err := s.db.Exec(ctx, `UPDATE rulebooks SET changes = changes WHERE id = (SELECT MIN(id) FROM rulebooks)`)
		if err != nil || n > 0 {
			return err
		}
		// It was deleted while it was waited for: the next is the oldest.
		left, err := database.One(ctx, s.db, database.Value[int64], `SELECT COUNT(*) FROM rulebooks`)
		if err != nil || left == 0 {
			return err
		}
	}
}

// parented checks that a rulebook stands under one that there is, and not under itself.
func (s Writer) parented(ctx context.Context, slug, parent string) error {
	wrong := func(ko, en string) error { return problem.WrongField("parent", "not-a-rulebook", ko, en) }
	for at, depth := parent, 0; at != ""; depth++ {
		if at == slug || depth == MostBooks {
			return wrong("자기 자신이나 아래 회칙 밑에 둘 수 없습니다.", "It cannot stand under itself.")
		}
		b, err := s.book(ctx, at)
		if problem.Find(err) != nil && problem.Find(err).Kind == problem.NotFound {
			return wrong("그런 회칙이 없습니다.", "There is no such rulebook.")
		}
		if err != nil {
			return err
		}
		at = b.Parent
	}
	return nil
}

// Add keeps a new rulebook. Units are those that exist.
func (s Writer) Add(ctx context.Context, slug string, c Content, units []string) (Book, error) {
	c, err := c.Check("", units)
	if !Slug(slug) {
		var f check.Fields
		f.Add("slug", "not-a-slug", fmt.Sprintf("영어 소문자와 숫자, 붙임표로 %d자까지 씁니다. 예: hoechik", mostSlug), fmt.Sprintf("Lower-case letters, digits and hyphens, at most %d, as hoechik.", mostSlug))
		if wrong := problem.Find(f.Err()); problem.Find(err) != nil {
			err = problem.Find(err).With(wrong.Fields...)
		} else {
			err = wrong
		}
	}
	if err != nil {
		return Book{}, err
	}
	if !Writes(ctx, c.Unit) {
		return Book{}, problem.NotAllowed()
	}
	if err := s.alone(ctx); err != nil {
		return Book{}, err
	}
	if err := s.parented(ctx, slug, c.Parent); err != nil {
		return Book{}, err
	}
	id, err := check.NewID()
	if err != nil {
		return Book{}, err
	}
	var n int64
	err = s.db.Atomic(ctx, func(ctx context.Context) error {
		if err := s.db.Alone(ctx, "rulebooks"); err != nil {
			return err
		}
		n, err = s.db.Exec(ctx, `INSERT INTO rulebooks (id, slug, unit, title, body, parent, begun, changes, version, created_at, updated_at)
			SELECT $1, $2, $3, $4, $5, $6, 0, 1, 1, CAST($7 AS BIGINT), CAST($7 AS BIGINT) WHERE (SELECT COUNT(*) FROM rulebooks) < $8`,
			id, slug, c.Unit, c.Title, c.Body, c.Parent, clock.Millis(clock.Now(ctx)), MostBooks)
		return err
	})
	switch {
	case database.IsUnique(err, "rulebooks", "slug"):
		return Book{}, errTaken()
	case err != nil:
		return Book{}, err
	case n == 0:
		return Book{}, errTooMany(fmt.Sprintf("회칙은 %d개까지입니다.", MostBooks), fmt.Sprintf("At most %d rulebooks.", MostBooks))
	}
	b, err := s.book(ctx, slug)
	if err != nil {
		return Book{}, err
	}
	return b, s.record(ctx, ChangedEvent, b, 1, Event{})
}

// Edit makes c the content of version's successor. Of several edits of one version the first wins;
// the others are stale.
func (s Writer) Edit(ctx context.Context, slug string, version int64, c Content, units []string) (Book, error) {
	if err := s.may(ctx, slug, auth.Write); err != nil {
		return Book{}, err
	}
	if err := s.alone(ctx); err != nil {
		return Book{}, err
	}
	was, changes, err := s.lock(ctx, slug)
	if err != nil {
		return Book{}, err
	}
	if was.Version != version {
		return Book{}, problem.Stale()
	}
	if c, err = c.Check(was.Unit, units); err != nil {
		return Book{}, err
	}
	if !Writes(ctx, was.Unit) || !Writes(ctx, c.Unit) {
		return Book{}, problem.NotAllowed()
	}
	if err := s.parented(ctx, slug, c.Parent); err != nil {
		return Book{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE rulebooks SET unit = $1, title = $2, body = $3, parent = $4, version = version + 1, updated_at = $5 WHERE id = $6 AND version = $7`,
		c.Unit, c.Title, c.Body, c.Parent, clock.Millis(clock.Now(ctx)), was.ID, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Book{}, err
	}
	is, err := s.book(ctx, slug)
	if err != nil {
		return Book{}, err
	}
	if err := s.index(ctx, is, nil); err != nil {
		return Book{}, err
	}
	if err := touch.Tags(ctx, s.db, Kind, Tag(slug)); err != nil {
		return Book{}, err
	}
	return is, s.record(ctx, ChangedEvent, is, changes, Event{})
}

// Delete removes a rulebook of which nothing was promulgated, with its drafts.
func (s Writer) Delete(ctx context.Context, slug string, version int64) error {
	if err := s.may(ctx, slug, auth.Write); err != nil {
		return err
	}
	if err := s.alone(ctx); err != nil {
		return err
	}
	was, changes, err := s.lock(ctx, slug)
	if err != nil {
		return err
	}
	if was.Version != version {
		return problem.Stale()
	}
	versions, err := database.All(ctx, s.db, scanHead, `SELECT `+headColumns+` FROM rule_versions WHERE book_id = $1`, was.ID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if v.PromulgatedOn != "" {
			return errPromulgated()
		}
		if err := s.drop(ctx, v); err != nil {
			return err
		}
	}
	if _, err := s.db.Exec(ctx, `UPDATE rulebooks SET parent = '', version = version + 1 WHERE parent = $1`, slug); err != nil {
		return err
	}
	if _, err := s.db.Exec(ctx, `DELETE FROM rulebooks WHERE id = $1`, was.ID); err != nil {
		return err
	}
	if err := touch.Tags(ctx, s.db, Kind, Tag(slug)); err != nil {
		return err
	}
	return s.record(ctx, ChangedEvent, was, changes, Event{})
}

// drop deletes a draft.
func (s Writer) drop(ctx context.Context, v Version) error {
	n, err := s.db.Exec(ctx, `DELETE FROM rule_versions WHERE id = $1 AND version = $2 AND sealed IS NULL`, v.ID, v.Version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return err
	}
	if err := s.uploads.Use(ctx, AmendmentKind, v.ID, nil, ""); err != nil {
		return err
	}
	return s.things.Drop(ctx, AmendmentRef(v.ID))
}

// latest is the version of a rulebook that was promulgated last; false for none.
func latest(versions []Version) (Version, bool) {
	found := Version{}
	for _, v := range versions {
		if v.Order > found.Order {
			found = v
		}
	}
	return found, found.Order > 0
}

// fits refuses a kind of version that a rulebook has no place for.
func fits(kind Act, base Version, based bool) error {
	alive := based && Act(base.Kind) != Repeal
	switch {
	case kind == Enactment && alive:
		return problem.WrongField("kind", "enacted-already", "이미 제정한 회칙입니다.", "It was enacted already.")
	case (kind == Repeal || kind == Correction) && !alive:
		return problem.WrongField("kind", "nothing-enacted", "시행하던 회칙이 없습니다.", "Nothing was promulgated yet.")
	}
	return nil
}

// Begin keeps a new draft of a version. Base is the number of the version that it changes; 0 for the
// one promulgated last.
func (s Writer) Begin(ctx context.Context, slug string, base int64, d Draft) (Version, error) {
	if err := s.may(ctx, slug, auth.Write); err != nil {
		return Version{}, err
	}
	book, changes, err := s.lock(ctx, slug)
	if err != nil {
		return Version{}, err
	}
	if !Writes(ctx, book.Unit) {
		return Version{}, problem.NotAllowed()
	}
	d, _, err = d.Check(clock.Now(ctx), nil)
	if err != nil {
		return Version{}, err
	}
	shelf, _, err := s.Shelf(ctx, slug)
	if err != nil {
		return Version{}, err
	}
	if base, err = based(shelf, base, 0, Act(d.Kind)); err != nil {
		return Version{}, err
	}
	id, err := check.NewID()
	if err != nil {
		return Version{}, err
	}
	numbers, err := database.All(ctx, s.db, database.Value[int64], `UPDATE rulebooks SET begun = begun + 1 WHERE id = $1 AND begun < $2 RETURNING begun`, book.ID, MostVersions)
	if err != nil {
		return Version{}, err
	}
	if len(numbers) == 0 {
		return Version{}, errTooMany(fmt.Sprintf("한 회칙의 버전은 %d개까지입니다.", MostVersions), fmt.Sprintf("At most %d versions of a rulebook.", MostVersions))
	}
	moves, overrides, err := stored(d)
	if err != nil {
		return Version{}, err
	}
	if _, err := s.db.Exec(ctx, `INSERT INTO rule_versions (id, book_id, number, base, kind, amendment, reason, decided_on, announced_at, effective_on, source, moves, overrides, promulgated_on, outline, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, '', '', 1, $14, $14)`,
		id, book.ID, numbers[0], base, d.Kind, d.Amendment, d.Reason, d.DecidedOn, clock.MillisOf(d.AnnouncedAt), d.EffectiveOn, d.Source, moves, overrides, clock.Millis(clock.Now(ctx))); err != nil {
		return Version{}, err
	}
	return s.settle(ctx, book, id, changes, d.AnnouncedAt != nil)
}

// based is the version that a draft changes: the one that was asked for, if that may be, else the
// one that it had, or the one promulgated last.
func based(shelf Shelved, asked, had int64, kind Act) (int64, error) {
	last, there := latest(shelf.Versions)
	if err := fits(kind, last, there); err != nil {
		return 0, err
	}
	switch {
	case asked != 0 && asked != had && asked != last.Number:
		return 0, problem.WrongField("base", "not-the-latest", "마지막으로 공포한 버전만 고칠 수 있습니다.", "Only the version that was promulgated last can be changed.")
	case asked != 0:
		return asked, nil
	case had != 0:
		return had, nil
	default:
		return last.Number, nil
	}
}

func stored(d Draft) (moves, overrides string, err error) {
	m, err := json.Marshal(d.Moves)
	if err != nil {
		return "", "", fmt.Errorf("moves: %w", err)
	}
	o, err := json.Marshal(d.Overrides)
	if err != nil {
		return "", "", fmt.Errorf("overrides: %w", err)
	}
	return string(m), string(o), nil
}

// settle saves what belongs to a version that was written: its thing, and that it changed.
func (s Writer) settle(ctx context.Context, b Book, id string, changes int64, public bool) (Version, error) {
	v, err := s.whole(ctx, id)
	if err != nil {
		return Version{}, err
	}
	if err := s.things.Put(ctx, v.thing(b)); err != nil {
		return Version{}, err
	}
	if public {
		if err := touch.Tags(ctx, s.db, Kind, Tag(b.Slug)); err != nil {
			return Version{}, err
		}
	}
	return v, s.record(ctx, ChangedEvent, b, changes, Event{Number: v.Number})
}

// draft is writable, of what was not promulgated: who has read it before is told that it was.
func (s Writer) draft(ctx context.Context, slug string, number, version int64) (Book, Version, int64, error) {
	book, v, changes, err := s.writable(ctx, slug, number, version)
	if v.PromulgatedOn != "" {
		err = errPromulgated()
	}
	return book, v, changes, err
}

// writable is a version that the caller may change, as the caller read it, and locked. With problem.Stale comes what it is now.
func (s Writer) writable(ctx context.Context, slug string, number, version int64) (Book, Version, int64, error) {
	if err := s.may(ctx, slug, auth.Write); err != nil {
		return Book{}, Version{}, 0, err
	}
	book, changes, err := s.lock(ctx, slug)
	if err != nil {
		return Book{}, Version{}, 0, err
	}
	_, v, err := s.Version(ctx, slug, number)
	switch {
	case err != nil:
		return Book{}, Version{}, 0, err
	case !Writes(ctx, book.Unit):
		return Book{}, Version{}, 0, problem.NotAllowed()
	case v.Version != version:
		return book, v, 0, problem.Stale()
	}
	return book, v, changes, nil
}

// Rewrite makes d the content of a draft. Of several of one version the first wins; the others are
// stale.
func (s Writer) Rewrite(ctx context.Context, slug string, number, version, base int64, d Draft) (Version, error) {
	book, was, changes, err := s.draft(ctx, slug, number, version)
	if err != nil {
		return Version{}, err
	}
	now := clock.Now(ctx)
	if d, _, err = d.Check(now, &was); err != nil {
		return Version{}, err
	}
	shelf, _, err := s.Shelf(ctx, slug)
	if err != nil {
		return Version{}, err
	}
	if base, err = based(shelf, base, was.Base, Act(d.Kind)); err != nil {
		return Version{}, err
	}
	moves, overrides, err := stored(d)
	if err != nil {
		return Version{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE rule_versions SET base = $1, kind = $2, amendment = $3, reason = $4, decided_on = $5, announced_at = $6, effective_on = $7, source = $8, moves = $9, overrides = $10, version = version + 1, updated_at = $11
		WHERE id = $12 AND version = $13 AND sealed IS NULL`,
		base, d.Kind, d.Amendment, d.Reason, d.DecidedOn, clock.MillisOf(d.AnnouncedAt), d.EffectiveOn, d.Source, moves, overrides, clock.Millis(now), was.ID, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Version{}, err
	}
	return s.settle(ctx, book, was.ID, changes, was.AnnouncedAt != nil || d.AnnouncedAt != nil)
}

// Discard deletes a draft. Its number is never another version's.
func (s Writer) Discard(ctx context.Context, slug string, number, version int64) error {
	book, was, changes, err := s.draft(ctx, slug, number, version)
	if err != nil {
		return err
	}
	if err := s.drop(ctx, was); err != nil {
		return err
	}
	if was.AnnouncedAt != nil {
		if err := touch.Tags(ctx, s.db, Kind, Tag(slug)); err != nil {
			return err
		}
	}
	return s.record(ctx, ChangedEvent, book, changes, Event{Number: number})
}

// Promulgate makes the text and the days of a draft final, as of a day up to today. From then on files are added to it alone, and
// the meeting that decided it is named (Keep); what is wrong is put right by a version of its own, a correction.
func (s Writer) Promulgate(ctx context.Context, slug string, number, version int64, on string) (Version, error) {
	if err := s.may(ctx, slug, auth.Enact); err != nil {
		return Version{}, err
	}
	book, v, changes, err := s.draft(ctx, slug, number, version)
	if err != nil {
		return Version{}, err
	}
	if !auth.From(ctx).May(auth.Enact, book.Unit) {
		return Version{}, problem.NotAllowed()
	}
	shelf, _, err := s.Shelf(ctx, slug)
	if err != nil {
		return Version{}, err
	}
	last, there := latest(shelf.Versions)
	if err := fits(Act(v.Kind), last, there); err != nil {
		return Version{}, err
	}
	if v.Base != last.Number {
		return Version{}, errOutdated()
	}
	base, err := s.base(ctx, shelf, v.Base)
	if err != nil {
		return Version{}, err
	}
	text, err := s.final(base, v)
	if err != nil {
		return Version{}, err
	}
	if err := dates(v, shelf, base, text, on, clock.Day(clock.Now(ctx))); err != nil {
		return Version{}, err
	}
	v.PromulgatedOn, v.Order = on, last.Order+1
	if err := s.seal(ctx, v, text); err != nil {
		return Version{}, err
	}
	acts := actsOf(v, base, text)
	if Act(v.Kind).whole() {
		if acts, err = s.ending(ctx, book, v, acts); err != nil {
			return Version{}, err
		}
	}
	if err := s.act(ctx, book, v, acts); err != nil {
		return Version{}, err
	}
	forgot, err := s.forget(ctx, book)
	if err != nil {
		return Version{}, err
	}
	keys := []string{}
	for _, a := range acts {
		keys = append(keys, a.Key)
	}
	if forgot || Act(v.Kind).whole() { // the things of other versions say something else, too
		keys = nil
	}
	if err := s.index(ctx, book, keys); err != nil {
		return Version{}, err
	}
	is, err := s.settle(ctx, book, v.ID, changes, true)
	if err != nil {
		return Version{}, err
	}
	return is, s.record(ctx, PromulgatedEvent, book, changes, Event{Number: number, EffectiveOn: v.EffectiveOn, ThingID: v.ID})
}

// final is the text of a draft with keys that stay.
func (s Writer) final(base Text, v Version) (Text, error) {
	if Act(v.Kind) == Repeal {
		return Text{}, nil
	}
	text, _, wrong := Parse(v.Source)
	if wrong != nil {
		return Text{}, wrong.Problem()
	}
	return keyed(base, text, v.Moves, check.NewID)
}

// dates checks the days of a version against each other.
func dates(v Version, shelf Shelved, base, text Text, on, today string) error {
	var f check.Fields
	early := func(field string) {
		f.Add(field, "effective-before-promulgated", "공포하는 날보다 앞설 수 없습니다.", "It cannot be before the day of promulgation.")
	}
	if _, ok := Day(on); !ok {
		f.Add("promulgatedOn", "not-a-day", "날짜는 2026-03-01처럼 씁니다.", "A day, as 2026-03-01.")
		return f.Err()
	}
	if on > today {
		f.Add("promulgatedOn", "promulgated-in-the-future", "공포하는 날은 오늘이거나 지난 날입니다.", "It is today, or a day that has passed.")
	}
	correction := Act(v.Kind) == Correction
	switch {
	case v.EffectiveOn == "":
		f.Required("effectiveOn")
	case correction && !slices.ContainsFunc(shelf.Versions, func(o Version) bool { return o.PromulgatedOn != "" && o.EffectiveOn == v.EffectiveOn }):
		f.Add("effectiveOn", "corrects-nothing", "그날 시행하는 버전이 없습니다. 정정은 고치는 버전의 시행일을 그대로 씁니다.", "No version begins on that day. A correction begins with what it corrects.")
	case !correction && v.EffectiveOn < on:
		early("effectiveOn")
	}
	last, _ := latest(shelf.Versions)
	repealed := func(field, day string) {
		if Act(v.Kind) == Enactment && Act(last.Kind) == Repeal && day != "" && day < last.EffectiveOn {
			f.Add(field, "effective-before-repealed", "폐지하는 날보다 앞설 수 없습니다.", "It cannot be before the day of the repeal.")
		}
	}
	repealed("effectiveOn", v.EffectiveOn)
	for i, o := range v.Overrides {
		repealed(fmt.Sprintf("overrides[%d].effectiveOn", i), o.EffectiveOn)
		_, is := text.Article(o.Article)
		_, was := base.Article(o.Article)
		if !is && !was {
			f.Add(fmt.Sprintf("overrides[%d].article", i), "not-an-article", with("가", Called(o.Article))+" 없습니다.", "There is no "+Called(o.Article)+".")
		}
		if !correction && o.EffectiveOn < on {
			early(fmt.Sprintf("overrides[%d].effectiveOn", i))
		}
	}
	return f.Err()
}

// seal writes that a version is final, its articles and its days.
func (s Writer) seal(ctx context.Context, v Version, text Text) error {
	outline, err := json.Marshal(outlineOf(text))
	if err != nil {
		return fmt.Errorf("outline: %w", err)
	}
	now := clock.Millis(clock.Now(ctx))
	n, err := s.db.Exec(ctx, `UPDATE rule_versions SET promulgated_on = $1, sealed = $2, sealed_at = $3, outline = $4, version = version + 1, updated_at = $3 WHERE id = $5 AND version = $6 AND sealed IS NULL`,
		v.PromulgatedOn, v.Order, now, string(outline), v.ID, v.Version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return err
	}
	for part := range slices.Chunk(text.Articles(), 50) {
		args := []any{}
		for _, a := range part {
			said, err := json.Marshal(content{a.Text, a.Items})
			if err != nil {
				return fmt.Errorf("article %s: %w", a.Number, err)
			}
			args = append(args, v.ID, a.Key, a.Number, a.Name, string(said))
		}
		if _, err := s.db.Exec(ctx, `INSERT INTO rule_articles (version_id, key, number, name, content) VALUES `+marks(5, len(part)), args...); err != nil {
			return err
		}
	}
	days := []string{v.EffectiveOn}
	for _, o := range v.Overrides {
		days = append(days, o.EffectiveOn)
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		if _, err := s.db.Exec(ctx, `INSERT INTO rule_days (version_id, effective_on) VALUES ($1, $2)`, v.ID, day); err != nil {
			return err
		}
	}
	return nil
}

// marks are the placeholders of rows of a statement's VALUES.
func marks(columns, rows int) string {
	list := []string{}
	for i := range rows {
		list = append(list, "("+database.Marks(i*columns+1, columns)+")")
	}
	return strings.Join(list, ", ")
}

// overtake makes acts of a rulebook overtaken ones, each with a rank of its own.
const overtake = `UPDATE rule_acts SET rank = -(SELECT o.sealed FROM rule_versions o WHERE o.id = rule_acts.version_id) WHERE book_id = $1 AND rank >= 0`

// ending adds to the acts of a version of the whole text the ends of what is in force on its day and not in the text that it changes, since
// another version ends it later.
func (s Writer) ending(ctx context.Context, b Book, v Version, acts []act) ([]act, error) {
	before, err := s.acts(ctx, b.ID)
	if err != nil {
		return nil, err
	}
	said := map[string]bool{}
	for _, a := range acts {
		said[a.Key] = true
	}
	for key, a := range inForce(before, v.EffectiveOn) {
		if !a.Ends && !said[key] {
			acts = append(acts, act{Key: key, Version: v.ID, Number: a.Number, Ends: true, Day: v.EffectiveOn})
		}
	}
	return acts, nil
}

// act writes what a version does, and that it overtakes what earlier ones would have done to the same articles later: but for a
// correction, which says what they were to say. Two versions that say something of one article from one day on
// are refused by the database, and two articles of one number by a look at each day to come.
func (s Writer) act(ctx context.Context, b Book, v Version, acts []act) error {
	for _, a := range acts {
		id, err := check.NewID()
		if err != nil {
			return err
		}
		ends := 0
		if a.Ends {
			ends = 1
		}
		_, err = s.db.Exec(ctx, `INSERT INTO rule_acts (id, book_id, version_id, key, number, ends, effective_on, rank) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`,
			id, b.ID, a.Version, a.Key, a.Number, ends, a.Day, a.Rank)
		if database.IsUnique(err, "rule_acts", "book_id", "key", "effective_on", "rank") {
			return errOverlap(a.Number)
		}
		if err != nil {
			return err
		}
		if Act(v.Kind) == Correction {
			continue
		}
		if _, err := s.db.Exec(ctx, overtake+` AND effective_on > $2 AND key = $3`, b.ID, a.Day, a.Key); err != nil {
			return err
		}
	}
	if Act(v.Kind).whole() { // what was to begin later and is not in its text
		if _, err := s.db.Exec(ctx, overtake+` AND effective_on > $2 AND key NOT IN (SELECT a.key FROM rule_acts a WHERE a.version_id = $3)`, b.ID, v.EffectiveOn, v.ID); err != nil {
			return err
		}
	}
	all, err := s.acts(ctx, b.ID)
	if err != nil {
		return err
	}
	days := []string{}
	for _, a := range all {
		days = append(days, a.Day)
	}
	slices.Sort(days)
	for _, day := range slices.Compact(days) {
		if number := twice(all, day); number != "" {
			return errOverlap(number)
		}
	}
	return nil
}

// forget takes out of the days of versions those on which nothing of them begins any more, since all of it was overtaken: nobody is
// told of them, and no calendar has them once the versions are indexed anew. It says whether there were any.
func (s Writer) forget(ctx context.Context, b Book) (bool, error) {
	n, err := s.db.Exec(ctx, `DELETE FROM rule_days WHERE version_id IN (SELECT id FROM rule_versions WHERE book_id = $1) AND told_at IS NULL
		AND EXISTS (SELECT 1 FROM rule_acts a WHERE a.version_id = rule_days.version_id AND a.effective_on = rule_days.effective_on AND a.rank < 0)
		AND NOT EXISTS (SELECT 1 FROM rule_acts a WHERE a.version_id = rule_days.version_id AND a.effective_on = rule_days.effective_on AND a.rank >= 0)`, b.ID)
	return n > 0, err
}

// Chores are what is to be done about rules by itself: that a version has begun is told.
func (s Keeper) Chores() []chore.Chore {
	return []chore.Chore{{Name: "rules-in-force", Do: func(ctx context.Context, limit int) (int, error) {
		now := clock.Now(ctx)
		type begun struct {
			version, day, book, slug string
			number                   int64
		}
		due, err := database.All(ctx, s.db, func(r database.Row) (begun, error) {
			var b begun
			err := r.Scan(&b.version, &b.day, &b.book, &b.slug, &b.number)
			return b, err
		}, `SELECT d.version_id, d.effective_on, b.id, b.slug, v.number FROM rule_days d JOIN rule_versions v ON v.id = d.version_id JOIN rulebooks b ON b.id = v.book_id
			WHERE d.told_at IS NULL AND d.effective_on <= $1 ORDER BY d.effective_on`+database.Limit(limit), clock.Day(now))
		if err != nil {
			return 0, err
		}
		told := 0
		for _, b := range due {
			first := false
			err := s.db.Atomic(ctx, func(ctx context.Context) error {
				n, err := s.db.Exec(ctx, `UPDATE rule_days SET told_at = $1 WHERE version_id = $2 AND effective_on = $3 AND told_at IS NULL`, clock.Millis(now), b.version, b.day)
				if first = n > 0; err != nil || !first {
					return err
				}
				day, _ := Day(b.day)
				e, err := event.New(ctx, EnforcedEvent, b.version, clock.Millis(day), Event{ID: b.book, Slug: b.slug, Number: b.number, EffectiveOn: b.day})
				if err != nil {
					return fmt.Errorf("rule %s: %w", b.slug, err)
				}
				return s.outbox.Record(ctx, e)
			})
			if err != nil {
				return told, err
			}
			if first {
				told++
			}
		}
		return told, nil
	}}}
}
