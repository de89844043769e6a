package notice

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// Filter narrows a list; the zero value is every notice.
type Filter struct {
	Tag   string // whole, in any case
	Also  string // another one that a notice has, too (With)
	Unit  string
	Words string // that are looked for, as somebody typed them (thing.Find)
}

// Narrowed is the filter that somebody asked for; what is wrong with it is added to f.
func Narrowed(f *check.Fields, tag, unit, words string) Filter {
	return Filter{Tag: f.OptionalLine("tag", tag, MostTag), Unit: f.OptionalLine("unit", unit, 50), Words: f.OptionalLine("q", words, 100)}
}

// With narrows f to notices that have a tag, too. Of two tags neither comes first: the filter of both is one.
func (f Filter) With(tag string) Filter {
	if f.Tag == "" || text.Squeeze(f.Tag) == text.Squeeze(tag) {
		f.Tag = cmp.Or(f.Tag, tag)
		return f
	}
	f.Also = tag
	if f.Also != "" && f.Also < f.Tag {
		f.Tag, f.Also = f.Also, f.Tag
	}
	return f
}

// Without is f without one of its tags.
func (f Filter) Without(tag string) Filter {
	if f.Tag == tag {
		f.Tag = f.Also
	}
	f.Also = ""
	return f
}

// HasTags are the tags that f narrows to.
func (f Filter) HasTags() []string {
	return slices.DeleteFunc([]string{f.Tag, f.Also}, func(tag string) bool { return tag == "" })
}

// Position is the place of a notice in the list of published ones; zero is before the first.
type Position struct {
	Pinned    bool
	PublishAt int64 // milliseconds
	ID        string
}

// At is the position of a summary.
func (s Summary) At() Position {
	return Position{Pinned: s.Pinned, PublishAt: clock.Millis(s.PublishAt), ID: s.ID}
}

// where are the conditions of a list.
type where struct{ database.Where }

func (w *where) filter(f Filter) {
	for _, tag := range f.HasTags() {
		w.Add(`EXISTS (SELECT 1 FROM notice_tags t WHERE t.notice_id = notices.id AND t.tag = ?)`, text.Squeeze(tag))
	}
	if f.Unit != "" {
		w.Add(`unit = ?`, f.Unit)
	}
	if search := thing.Find(f.Words); len(search.Words()) > 0 {
		search.Where(&w.Where, "notices.id", Kind)
	}
}

// titles is filter for notices that are deleted: nothing but their titles is searched, since the index has them no more.
func (w *where) titles(f Filter) {
	for _, word := range thing.Find(f.Words).Words() {
		w.Add(`REPLACE(folded, ' ', '') LIKE ? ESCAPE '\'`, database.Part(word))
	}
	f.Words = ""
	w.filter(f)
}

// few is publish_at where another condition leaves few notices: as an expression no index fits
// it, so that they are found by the index of that condition and sorted.
const few = `publish_at + 0`

// published is the condition for being public at a time; at is publish_at, or few.
func (w *where) published(at string, now int64) {
	w.Add(`deleted_at IS NULL AND `+at+` <= ? AND (unpublish_at IS NULL OR unpublish_at > ?)`, now, now)
}

// List is what is published now: pinned first, then the newest publishAt, behind a
// position. A pin that ends between two pages can show its notice twice; nothing is left
// out by it.
func (s Reader) List(ctx context.Context, f Filter, after Position, limit int) ([]Summary, error) {
	list := []Notice{}
	for _, pinned := range []bool{true, false} {
		behind := after
		if after.Pinned != pinned && after.ID != "" {
			if pinned {
				continue
			}
			behind = Position{}
		}
		part, err := s.part(ctx, f, pinned, behind, limit-len(list))
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
		if len(list) == limit {
			break
		}
	}
	return s.summaries(ctx, list)
}

// before are the places of the notices of List that stand before what is behind a position, in their order; the first
// MostCounted of them. None where the position is zero.
func (s Reader) before(ctx context.Context, f Filter, after Position) ([]Position, error) {
	list := []Position{}
	for _, pinned := range []bool{true, false} {
		if after.ID == "" || after.Pinned && !pinned || len(list) == MostCounted {
			break
		}
		w, at := listed(f, clock.Millis(clock.Now(ctx)), pinned)
		if after.Pinned == pinned {
			w.Add(`(`+at+`, id) >= (?, ?)`, after.PublishAt, after.ID)
		}
		part, err := database.All(ctx, s.db, func(r database.Row) (Position, error) {
			p := Position{Pinned: pinned}
			err := r.Scan(&p.PublishAt, &p.ID)
			return p, err
		}, `SELECT publish_at, id FROM notices`+w.String()+` ORDER BY `+at+` DESC, id DESC`+database.Limit(MostCounted-len(list)), w.Args...)
		if err != nil {
			return nil, err
		}
		list = append(list, part...)
	}
	return list, nil
}

// part is List of either the pinned or the other notices: each follows an index.
func (s Reader) part(ctx context.Context, f Filter, pinned bool, behind Position, limit int) ([]Notice, error) {
	query, args := selectPart(f, clock.Millis(clock.Now(ctx)), pinned, behind, limit)
	return database.All(ctx, s.db, scanHead, query, args...)
}

func selectPart(f Filter, now int64, pinned bool, behind Position, limit int) (query string, args []any) {
	w, at := listed(f, now, pinned)
	if behind.ID != "" {
		w.Add(`(`+at+`, id) < (?, ?)`, behind.PublishAt, behind.ID)
	}
	query = `SELECT ` + columns + ` FROM notices` + w.String() + ` ORDER BY ` + at + ` DESC, id DESC` + database.Limit(limit)
	return query, w.Args
}

// listed are the conditions of either the pinned or the other notices, and what they are sorted by.
func listed(f Filter, now int64, pinned bool) (w where, at string) {
	at = `publish_at`
	if pinned {
		at = few
		w.Add(`pinned_until > ?`, now)
	} else {
		w.Add(`(pinned_until IS NULL OR pinned_until <= ?)`, now)
	}
	w.published(at, now)
	w.filter(f)
	return w, at
}

// MostCounted is how many of a list are counted for who reads it: more are many.
const MostCounted = 500

// Count is how many published notices a filter leaves, counted up to most.
func (s Reader) Count(ctx context.Context, f Filter, most int) (int, error) {
	var w where
	w.published(`publish_at`, clock.Millis(clock.Now(ctx)))
	w.filter(f)
	n, err := database.One(ctx, s.db, database.Value[int64], `SELECT COUNT(*) FROM (SELECT 1 AS one FROM notices`+w.String()+` ORDER BY publish_at DESC`+database.Limit(most)+`) AS counted`, w.Args...)
	return int(n), err
}

// Beside are the published notices before and after one by their publication; nil where there is
// none.
func (s Reader) Beside(ctx context.Context, n Notice) (older, newer *Summary, err error) {
	if n.PublishAt == nil {
		return nil, nil, nil
	}
	next := func(compare, order string) (*Summary, error) {
		var w where
		w.published(`publish_at`, clock.Millis(clock.Now(ctx)))
		w.Add(`(publish_at, id) `+compare+` (?, ?)`, clock.Millis(*n.PublishAt), n.ID)
		list, err := database.All(ctx, s.db, scanHead, `SELECT `+columns+` FROM notices`+w.String()+` ORDER BY publish_at `+order+`, id `+order+database.Limit(1), w.Args...)
		if err != nil || len(list) == 0 {
			return nil, err
		}
		found := list[0].summary(clock.Now(ctx))
		return &found, nil
	}
	if older, err = next("<", "DESC"); err == nil {
		newer, err = next(">", "ASC")
	}
	return older, newer, err
}

func (s Reader) summaries(ctx context.Context, list []Notice) ([]Summary, error) {
	list, err := s.attachAll(ctx, list)
	if err != nil {
		return nil, err
	}
	now := clock.Now(ctx)
	summaries := []Summary{}
	for _, n := range list {
		summaries = append(summaries, n.summary(now))
	}
	return summaries, nil
}

// Pinned are the newest of the notices that are pinned now.
func (s Reader) Pinned(ctx context.Context, limit int) ([]Summary, error) {
	list, err := s.part(ctx, Filter{}, true, Position{}, limit)
	if err != nil {
		return nil, err
	}
	return s.summaries(ctx, list)
}

// Newest are the newest of the published notices that are not pinned now.
func (s Reader) Newest(ctx context.Context, limit int) ([]Summary, error) {
	list, err := s.part(ctx, Filter{}, false, Position{}, limit)
	if err != nil {
		return nil, err
	}
	return s.summaries(ctx, list)
}

// mostUrgent bounds the urgent bar: with more, nothing is urgent.
const mostUrgent = 5

// Urgent are the newest of the notices that are urgent now, at most 5.
func (s Reader) Urgent(ctx context.Context) ([]Summary, error) {
	now := clock.Millis(clock.Now(ctx))
	var w where
	w.published(few, now)
	w.Add(`urgent_until > ?`, now)
	list, err := database.All(ctx, s.db, scanHead, `SELECT `+columns+` FROM notices`+w.String()+` ORDER BY `+few+` DESC, id DESC`+database.Limit(mostUrgent), w.Args...)
	if err != nil {
		return nil, err
	}
	return s.summaries(ctx, list)
}

// Deleted is the state of a notice that was deleted and can still be restored.
const Deleted State = "deleted"

// Managed are the notices that the caller writes for, in a state ("" for all that are
// not deleted), the latest made first, behind an id ("" for the start). Deleted ones are
// listed to who may restore them.
func (s Reader) Managed(ctx context.Context, f Filter, state State, after string, limit int) ([]Notice, error) {
	now := clock.Now(ctx)
	var w where
	doing, filter := auth.Write, w.filter
	if state == Deleted {
		doing, filter = auth.Restore, w.titles
		w.Add(`deleted_at > ?`, clock.Millis(now.Add(-Kept)))
	} else {
		w.Add(`deleted_at IS NULL`)
	}
	w.state(state, clock.Millis(now))
	w.units(auth.From(ctx), doing)
	filter(f)
	if after != "" {
		w.Add(`id < ?`, after)
	}
	list, err := database.All(ctx, s.db, scanHead, `SELECT `+columns+` FROM notices`+w.String()+` ORDER BY id DESC`+database.Limit(limit), w.Args...)
	if err != nil {
		return nil, err
	}
	return s.attachAll(ctx, list)
}

func (w *where) state(state State, now int64) {
	switch state {
	case Draft:
		w.Add(`publish_at IS NULL`)
	case Scheduled:
		w.Add(`publish_at > ?`, now)
	case Published:
		w.published(`publish_at`, now)
	case Archived:
		w.Add(`publish_at IS NOT NULL AND unpublish_at <= ?`, now)
	}
}

// units narrows to the units in which somebody may do something.
func (w *where) units(p auth.Principal, a auth.Action) {
	units, whole := p.MayIn(a)
	if whole {
		return
	}
	w.In(`unit`, units...)
}

// dueNow are notices whose publication was not announced yet.
func (s Reader) dueNow(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return database.All(ctx, s.db, database.Value[string], `SELECT id FROM notices
		WHERE due_at <= $1 AND deleted_at IS NULL AND (unpublish_at IS NULL OR unpublish_at > $1) ORDER BY due_at`+database.Limit(limit), clock.Millis(now))
}
