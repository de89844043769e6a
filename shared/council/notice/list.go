package notice

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// Filter narrows a list; the zero value is every notice.
type Filter struct {
	Tag   string // whole, in any case
	Unit  string
	Title string // part of the title, in any case
}

// Narrowed is the filter that somebody asked for; what is wrong with it is added to f.
func Narrowed(f *check.Fields, tag, unit, title string) Filter {
	return Filter{Tag: f.OptionalLine("tag", tag, MostTag), Unit: f.OptionalLine("unit", unit, 50), Title: f.OptionalLine("q", title, 100)}
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

// where collects conditions; "?" stands for the next argument.
type where struct {
	text []string
	args []any
}

func (w *where) add(condition string, args ...any) {
	for _, a := range args {
		w.args = append(w.args, a)
		condition = strings.Replace(condition, "?", fmt.Sprintf("$%d", len(w.args)), 1)
	}
	w.text = append(w.text, condition)
}

func (w *where) limit(n int) string {
	w.args = append(w.args, n)
	return fmt.Sprintf(" LIMIT $%d", len(w.args))
}

func (w *where) String() string { return strings.Join(w.text, " AND ") }

func (w *where) filter(f Filter) {
	if f.Tag != "" {
		w.add(`EXISTS (SELECT 1 FROM notice_tags t WHERE t.notice_id = notices.id AND t.tag = ?)`, text.Fold(f.Tag))
	}
	if f.Unit != "" {
		w.add(`unit = ?`, f.Unit)
	}
	if f.Title != "" {
		part := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text.Fold(f.Title))
		w.add(`folded LIKE ? ESCAPE '\'`, "%"+part+"%")
	}
}

// published is the condition for being public at a time.
func (w *where) published(now int64) {
	w.add(`deleted_at IS NULL AND publish_at <= ? AND (unpublish_at IS NULL OR unpublish_at > ?)`, now, now)
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

// part is List of either the pinned or the other notices: each follows an index.
func (s Reader) part(ctx context.Context, f Filter, pinned bool, behind Position, limit int) ([]Notice, error) {
	query, args := selectPart(f, clock.Millis(clock.Now(ctx)), pinned, behind, limit)
	return database.All(ctx, s.db, scanHead, query, args...)
}

func selectPart(f Filter, now int64, pinned bool, behind Position, limit int) (query string, args []any) {
	var w where
	w.published(now)
	if pinned {
		w.add(`pinned_until > ?`, now)
	} else {
		w.add(`(pinned_until IS NULL OR pinned_until <= ?)`, now)
	}
	w.filter(f)
	if behind.ID != "" {
		w.add(`(publish_at, id) < (?, ?)`, behind.PublishAt, behind.ID)
	}
	query = `SELECT ` + columns + ` FROM notices WHERE ` + w.String() + ` ORDER BY publish_at DESC, id DESC` + w.limit(limit)
	return query, w.args
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
	w.published(now)
	w.add(`urgent_until > ?`, now)
	list, err := database.All(ctx, s.db, scanHead, `SELECT `+columns+` FROM notices WHERE `+w.String()+` ORDER BY publish_at DESC, id DESC`+w.limit(mostUrgent), w.args...)
	if err != nil {
		return nil, err
	}
	return s.summaries(ctx, list)
}

// Deleted is the state of a notice that was deleted and can still be restored.
const Deleted State = "deleted"

// Managed are the notices that the caller writes for, in a state ("" for all that are
// not deleted), the latest made first, behind an id ("" for the start). Deleted ones are
// listed to admins only.
func (s Reader) Managed(ctx context.Context, f Filter, state State, after string, limit int) ([]Notice, error) {
	now := clock.Now(ctx)
	var w where
	role := auth.Editor
	if state == Deleted {
		role = auth.Admin
		w.add(`deleted_at > ?`, clock.Millis(now.Add(-Kept)))
	} else {
		w.add(`deleted_at IS NULL`)
	}
	w.state(state, clock.Millis(now))
	w.units(auth.From(ctx), role)
	w.filter(f)
	if after != "" {
		w.add(`id < ?`, after)
	}
	list, err := database.All(ctx, s.db, scanHead, `SELECT `+columns+` FROM notices WHERE `+w.String()+` ORDER BY id DESC`+w.limit(limit), w.args...)
	if err != nil {
		return nil, err
	}
	return s.attachAll(ctx, list)
}

func (w *where) state(state State, now int64) {
	switch state {
	case Draft:
		w.add(`publish_at IS NULL`)
	case Scheduled:
		w.add(`publish_at > ?`, now)
	case Published:
		w.published(now)
	case Archived:
		w.add(`publish_at IS NOT NULL AND unpublish_at <= ?`, now)
	}
}

// units narrows to the units for which somebody has a role.
func (w *where) units(p auth.Principal, role auth.Role) {
	if p.May(role, "") {
		return
	}
	marks := []string{"''"} // no notice is of no unit
	for _, g := range p.Grants {
		if g.Role == role || g.Role == auth.Admin {
			w.args = append(w.args, g.Unit)
			marks = append(marks, fmt.Sprintf("$%d", len(w.args)))
		}
	}
	w.text = append(w.text, `unit IN (`+strings.Join(marks, ", ")+`)`)
}

// dueNow are notices whose publication was not announced yet.
func (s Reader) dueNow(ctx context.Context, now time.Time, limit int) ([]string, error) {
	return database.All(ctx, s.db, database.Value[string], `SELECT id FROM notices
		WHERE due_at <= $1 AND deleted_at IS NULL AND (unpublish_at IS NULL OR unpublish_at > $1) ORDER BY due_at LIMIT $2`, clock.Millis(now), limit)
}
