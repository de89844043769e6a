package minute

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/due"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// The events of minutes. Their data is Event.
const (
	Changed   = "kr.madang.minute.changed.v1"   // written, edited, published, extended, deleted or restored; drafts too
	Published = "kr.madang.minute.published.v1" // once for each step
)

// Event is the data of the events. The minutes themselves are read where they are kept.
type Event struct {
	ID      string `json:"id"`
	Version int64  `json:"version"`
	Step    Step   `json:"step,omitempty"` // of Published
}

// Edition is how an edit is meant.
type Edition struct {
	Version int64
	// Reason of a correction of what readers have seen; needed for that alone.
	Reason string
	// Draft says that it is saved by itself while it is written: it must not change what readers see.
	Draft bool
}

// taken is the answer to a round that there is.
func taken(id string) error {
	said := problem.New(problem.Conflict, "round-taken", "이 기구의 같은 회차 회의록이 이미 있습니다.", "There are minutes of this round already.")
	if id != "" {
		said = said.With(problem.Field{Name: "round", Code: "taken", Message: problem.Text{KO: "이미 있는 회의록: " + Path(id), EN: "The minutes that there are: " + Path(id)}})
	}
	return said
}

// holder are the minutes of a round, "" for none.
func (s Reader) holder(ctx context.Context, c Content, but string) (string, error) {
	if c.Round == 0 {
		return "", nil
	}
	list, err := database.All(ctx, s.db, database.Value[string], `SELECT id FROM minutes WHERE body = $1 AND year = $2 AND round = $3 AND id <> $4 AND deleted_at IS NULL`, c.Body, c.Year, c.Round, but)
	if err != nil || len(list) == 0 {
		return "", err
	}
	return list[0], nil
}

func roundOf(c Content) *int64 {
	if c.Round == 0 {
		return nil
	}
	return &c.Round
}

// Add keeps new minutes; nothing of them is published. It fails with round-taken.
func (s Writer) Add(ctx context.Context, c Content) (Minute, error) {
	body, err := s.BodyOf(ctx, c.Body)
	if problem.Find(err) != nil {
		err = problem.WrongField("body", "unknown", "없는 기구입니다.", "There is no such body.")
	}
	if err != nil {
		return Minute{}, err
	}
	if !Writes(ctx, body.Unit) {
		return Minute{}, problem.NotAllowed()
	}
	if c, err = c.inside(s.site).Check(body); err != nil {
		return Minute{}, err
	}
	if err = c.early(clock.Now(ctx)); err != nil {
		return Minute{}, err
	}
	c, withheld, err := c.hideAll(nil, 0)
	if err != nil {
		return Minute{}, err
	}
	id, err := check.NewID()
	if err != nil {
		return Minute{}, err
	}
	items, err := json.Marshal(c.Items)
	if err != nil {
		return Minute{}, fmt.Errorf("minute: items: %w", err)
	}
	now, end := clock.Millis(clock.Now(ctx)), clock.Millis(due.End(*c.HeldAt, body.PublishDays))
	n, err := s.db.Exec(ctx, `INSERT INTO minutes (id, body, unit, year, round, kind, held_at, place, chair, enrolled, present, attendees, text, items, publish_days, due_at, first_due_at, extend_reason, shown_version, version, created_at, updated_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $16, '', 1, 1, $17, $17) ON CONFLICT (body, year, round) WHERE deleted_at IS NULL DO NOTHING`,
		id, body.Slug, body.Unit, c.Year, roundOf(c), c.Kind, clock.Millis(*c.HeldAt), c.Place, c.Chair, c.Enrolled, c.Present, c.Attendees, c.Text, string(items), body.PublishDays, end, now)
	if err != nil {
		return Minute{}, err
	}
	if n == 0 {
		other, err := s.holder(ctx, c, "")
		if err != nil {
			return Minute{}, err
		}
		return Minute{}, taken(other)
	}
	return s.settle(ctx, id, c, withheld, false, Edition{})
}

// Edit makes c the content of the successor of a version. Of several edits of one version the
// first wins; the others are stale. What readers have seen of what was decided, is corrected with
// a reason; what is saved by itself changes nothing that they see (readers-would-see).
func (s Writer) Edit(ctx context.Context, id string, e Edition, c Content) (was, is Minute, err error) {
	if was, err = s.Writable(ctx, id); err != nil {
		return was, is, err
	}
	if was.Version != e.Version {
		return was, is, problem.Stale()
	}
	if c.Body != was.Body.Slug {
		return was, is, problem.WrongField("body", "not-changeable", "기구는 바꿀 수 없습니다. 새 회의록을 만드세요.", "The body stays as it was made.")
	}
	if c, err = c.inside(s.site).Check(was.Counted()); err != nil {
		return was, is, err
	}
	if err = c.early(clock.Now(ctx)); err != nil {
		return was, is, err
	}
	there, last, err := s.withheld(ctx, id)
	if err != nil {
		return was, is, err
	}
	c, fresh, err := c.hideAll(there, last)
	if err != nil {
		return was, is, err
	}
	again := slices.ContainsFunc(there, func(w Withheld) bool { return c.names(w.N) && !was.Content().names(w.N) })
	now := clock.Now(ctx)
	step := was.Step(now)
	seen := was.face(step) != was.with(c).face(step)
	if e, err = e.check(step, seen); err != nil {
		return was, is, err
	}
	items, err := json.Marshal(c.Items)
	if err != nil {
		return was, is, fmt.Errorf("minute: items: %w", err)
	}
	// The deadline follows the day of the meeting until readers have seen the day and it has come.
	end, first := was.Due.At, was.Due.First
	if !was.HeldAt.Equal(*c.HeldAt) && (step == Draft || was.HeldAt.After(now) && c.HeldAt.After(now)) && was.Due.Extended == nil {
		end = due.End(*c.HeldAt, was.PublishDays)
		first = end
	}
	if other, err := s.holder(ctx, c, id); err != nil {
		return was, is, err
	} else if other != "" {
		return was, is, taken(other)
	}
	n, err := s.db.Exec(ctx, `UPDATE minutes SET year = $1, round = $2, kind = $3, held_at = $4, place = $5, chair = $6, enrolled = $7, present = $8, attendees = $9, text = $10, items = $11,
		due_at = $12, first_due_at = $13, shown_version = CASE WHEN $14 = 1 THEN version + 1 ELSE shown_version END, version = version + 1, updated_at = $15
		WHERE id = $16 AND version = $17 AND deleted_at IS NULL`,
		c.Year, roundOf(c), c.Kind, clock.Millis(*c.HeldAt), c.Place, c.Chair, c.Enrolled, c.Present, c.Attendees, c.Text, string(items),
		clock.Millis(end), clock.Millis(first), flag(seen || step == Draft), clock.Millis(now), id, e.Version)
	switch {
	case database.IsUnique(err, "minutes", "body", "year", "round"):
		return was, is, taken("") // the other's was written meanwhile
	case err != nil:
		return was, is, err
	case n == 0:
		return was, is, problem.Stale()
	}
	is, err = s.settle(ctx, id, c, fresh, again, e)
	return was, is, err
}

// check is e for an edit that changes what readers of a step see, or does not.
func (e Edition) check(step Step, seen bool) (Edition, error) {
	var f check.Fields
	e.Reason = f.OptionalLine("reason", e.Reason, MostReason)
	plain(&f, "reason", e.Reason)
	if err := f.Err(); err != nil {
		return e, err
	}
	switch {
	case !seen:
		e.Reason = ""
	case e.Draft:
		return e, problem.New(problem.Conflict, "readers-would-see", "이미 공개한 내용이 바뀌므로 자동으로 저장하지 않았습니다. 저장을 눌러 주세요.", "It would change what readers see, and is saved only by hand.")
	case !step.Reached(Decisions):
		e.Reason = "" // an agenda that changes before the meeting is no correction
	case e.Reason == "":
		return e, problem.WrongField("reason", "required", "공개한 내용을 고칠 때는 정정 사유를 써야 합니다.", "A correction of what is published needs a reason.")
	}
	return e, nil
}

// settle saves what belongs to minutes whose row was written. Fresh are the blocks to be sealed; again says that one is withheld
// again.
func (s Writer) settle(ctx context.Context, id string, c Content, fresh []Withheld, again bool, e Edition) (Minute, error) {
	if err := s.uploads.Use(ctx, Kind, id, append([]string{}, c.Attachments...), "attachments"); err != nil {
		return Minute{}, err
	}
	if err := s.keepWithheld(ctx, id, fresh, again, e.Draft); err != nil {
		return Minute{}, err
	}
	m, err := s.find(ctx, id)
	if err != nil {
		return Minute{}, err
	}
	if err := s.revise(ctx, m, e); err != nil {
		return Minute{}, err
	}
	if err := s.outgrown(ctx, id, c, e.Draft); err != nil {
		return Minute{}, err
	}
	return s.put(ctx, id)
}

// put tells the index of minutes that were written, and records that they changed.
func (s Writer) put(ctx context.Context, id string) (Minute, error) {
	m, err := s.find(ctx, id)
	if err != nil {
		return Minute{}, err
	}
	if err := s.things.Put(ctx, m.thing()); err != nil {
		return Minute{}, err
	}
	return m, s.record(ctx, Changed, Event{ID: m.ID, Version: m.Version})
}

func (s Writer) record(ctx context.Context, kind string, data Event) error {
	e, err := event.New(ctx, kind, data.ID, data.Version, data)
	if err != nil {
		return fmt.Errorf("minute %s: %w", data.ID, err)
	}
	return s.outbox.Record(ctx, e)
}

// column is where the time of a step is kept.
func (s Step) column() string {
	switch s {
	case Announced:
		return "announced_at"
	case Decisions:
		return "decisions_at"
	case Full:
		return "full_at"
	default:
		return ""
	}
}

// Publish makes a step visible to readers from now on. It fails with step-backwards where that step
// or one behind it is published, and with not-held-yet for what was decided before the meeting was.
func (s Writer) Publish(ctx context.Context, id string, version int64, step Step) (Minute, error) {
	var f check.Fields
	f.OneOf("step", string(step), string(Announced), string(Decisions), string(Full))
	if err := f.Err(); err != nil {
		return Minute{}, err
	}
	m, err := s.Writable(ctx, id)
	now := clock.Now(ctx)
	switch {
	case err != nil:
		return Minute{}, err
	case m.Version != version:
		return Minute{}, problem.Stale()
	case m.Step(now).Reached(step):
		return Minute{}, problem.New(problem.Conflict, "step-backwards", "이미 공개한 단계입니다.", "That step is published already.")
	case step.Reached(Decisions) && m.HeldAt.After(now):
		return Minute{}, problem.New(problem.Conflict, "not-held-yet", "아직 열리지 않은 회의입니다.", "The meeting has not been held yet.")
	}
	n, err := s.db.Exec(ctx, `UPDATE minutes SET `+step.column()+` = $1, public_at = COALESCE(public_at, $1), version = version + 1, shown_version = version + 1, updated_at = $1
		WHERE id = $2 AND version = $3 AND deleted_at IS NULL`, clock.Millis(now), id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Minute{}, err
	}
	if m, err = s.put(ctx, id); err != nil {
		return Minute{}, err
	}
	return m, s.record(ctx, Published, Event{ID: id, Version: m.Version, Step: step})
}

// Extend gives minutes more days until they have to be published, once, with a reason that
// readers see. Moderators of the unit may.
func (s Writer) Extend(ctx context.Context, id string, version, days int64, reason string) (Minute, error) {
	m, err := s.find(ctx, id)
	now := clock.Now(ctx)
	switch {
	case err != nil:
		return Minute{}, err
	case !auth.From(ctx).May(auth.Moderate, m.Unit):
		if m.DeletedAt == nil && (m.Public(now) || Writes(ctx, m.Unit)) {
			return Minute{}, problem.NotAllowed()
		}
		return Minute{}, problem.Absent()
	case m.DeletedAt != nil:
		return Minute{}, problem.Absent()
	case m.Version != version:
		return Minute{}, problem.Stale()
	}
	var f check.Fields
	if plain(&f, "reason", reason); f.Err() != nil {
		return Minute{}, f.Err()
	}
	allowed, err := s.Policy(ctx)
	if err != nil {
		return Minute{}, err
	}
	longer, err := m.Due.Extend(now, m.FullAt, days, allowed.ExtendDays, reason)
	if err != nil {
		return Minute{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE minutes SET due_at = $1, extended_at = $2, extend_reason = $3, version = version + 1, shown_version = version + 1, updated_at = $2 WHERE id = $4 AND version = $5 AND deleted_at IS NULL`,
		clock.Millis(longer.At), clock.Millis(now), longer.Reason, id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Minute{}, err
	}
	if m, err = s.put(ctx, id); err != nil {
		return Minute{}, err
	}
	if !Writes(ctx, m.Unit) { // who extends sees no more by it
		m = m.Shown(m.Step(now))
	}
	return m, nil
}

// Delete hides minutes from everybody; an admin can restore them for 30 days. What was decided in
// public stays (published-stays), but for an admin of the unit.
func (s Writer) Delete(ctx context.Context, id string, version int64) error {
	m, err := s.Writable(ctx, id)
	now := clock.Now(ctx)
	switch {
	case err != nil:
		return err
	case m.Version != version:
		return problem.Stale()
	case m.Step(now).Reached(Decisions) && !auth.From(ctx).May(auth.Restore, m.Unit):
		return problem.New(problem.Conflict, "published-stays", "공개한 회의록은 지울 수 없습니다. 정정하거나 관리자에게 알리세요.", "Published minutes stay. Correct them, or ask an admin.")
	}
	n, err := s.db.Exec(ctx, `UPDATE minutes SET deleted_at = $1, updated_at = $1, version = version + 1, shown_version = version + 1 WHERE id = $2 AND version = $3 AND deleted_at IS NULL`, clock.Millis(now), id, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return err
	}
	if err := s.things.Drop(ctx, Ref(id)); err != nil {
		return err
	}
	return s.record(ctx, Changed, Event{ID: id, Version: version + 1})
}

// Undelete restores deleted minutes as they were. Only an admin of their unit may, for 30 days; to
// everybody else, and later, they are absent. It fails with round-taken.
func (s Writer) Undelete(ctx context.Context, id string, version int64) (Minute, error) {
	m, err := s.find(ctx, id)
	if err != nil {
		return Minute{}, err
	}
	now := clock.Now(ctx)
	if m.DeletedAt == nil || !m.DeletedAt.After(now.Add(-Kept)) || !auth.From(ctx).May(auth.Restore, m.Unit) {
		return Minute{}, problem.Absent()
	}
	if other, err := s.holder(ctx, m.Content(), id); err != nil {
		return Minute{}, err
	} else if other != "" {
		return Minute{}, taken(other)
	}
	n, err := s.db.Exec(ctx, `UPDATE minutes SET deleted_at = NULL, updated_at = $1, version = version + 1, shown_version = version + 1 WHERE id = $2 AND version = $3 AND deleted_at IS NOT NULL`, clock.Millis(now), id, version)
	switch {
	case database.IsUnique(err, "minutes", "body", "year", "round"):
		return Minute{}, taken("")
	case err != nil:
		return Minute{}, err
	case n == 0:
		return Minute{}, problem.Stale()
	}
	return s.put(ctx, id)
}

// Purge removes up to limit minutes that were deleted more than 30 days ago, with their revisions
// and what was withheld, and lets go of their files. It returns how many.
func (s Keeper) Purge(ctx context.Context, limit int) (int, error) {
	before := clock.Millis(clock.Now(ctx).Add(-Kept))
	ids, err := database.All(ctx, s.db, database.Value[string], `SELECT id FROM minutes WHERE deleted_at <= $1 ORDER BY deleted_at`+database.Limit(limit), before)
	if err != nil {
		return 0, err
	}
	return s.db.Each(ctx, ids, func(ctx context.Context, id string) (int64, error) {
		n, err := s.db.Exec(ctx, `DELETE FROM minutes WHERE id = $1 AND deleted_at <= $2`, id, before)
		if err != nil || n == 0 {
			return n, err // it was restored, or another sweep was faster
		}
		return n, s.uploads.Use(ctx, Kind, id, nil, "")
	})
}

// Keeper does what is due by itself.
type Keeper struct{ Reader }

// NewKeeper is for who does what is due.
func NewKeeper(db *database.DB) Keeper { return Keeper{NewReader(db)} }

// Chores are what is to be done about minutes by itself.
func (s Keeper) Chores() []chore.Chore {
	return []chore.Chore{{Name: "minutes-purged", Do: s.Purge}}
}

// Personal is what minutes keep of members.
func (s Reader) Personal() []person.Data {
	return []person.Data{{Columns: []person.Column{
		{Name: "minute_revisions.editor", Fate: person.Kept, Why: "who of the council wrote what; an id that leads to nobody once they have left"},
	}}}
}
