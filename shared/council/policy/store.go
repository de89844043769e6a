package policy

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// DeskPath is where the council changes its numbers.
const DeskPath = "/console/policies"

// AllTag is the tag of pages that show numbers of many domains.
const AllTag = "policies"

// Tag is the tag of pages that show numbers of a domain.
func Tag(domain string) string { return AllTag + ":" + domain }

const (
	// Ahead is how far ahead a change may be set, in days: the next council sets its own.
	Ahead = 366
	// Scheduled is how many changes of one domain may be ahead: each is a line that everybody
	// who changes something looks at.
	Scheduled = 50
)

// declared is a struct of a domain that says what its fields are.
type declared[T any] interface {
	*T
	Policies() Domain
}

// Of is what the struct T says of itself, for the list of all domains.
func Of[T any, P declared[T]]() Domain { return P(new(T)).Policies() }

// Read is what is in force now, by the time of ctx.
func Read[T any, P declared[T]](ctx context.Context, db *database.DB) (T, error) {
	v, _, err := ReadUntil[T, P](ctx, db)
	return v, err
}

// ReadUntil is what is in force now, and when that changes by itself next, as far as is set; nil
// for never. Where it fails, the value has the defaults.
func ReadUntil[T any, P declared[T]](ctx context.Context, db *database.DB) (value T, changes *time.Time, err error) {
	d := P(&value).Policies()
	for _, i := range d.Items {
		i.Value.reset()
	}
	rows, err := standing(ctx, db, d.Name)
	if err != nil {
		return value, nil, err
	}
	now := clock.Now(ctx)
	for _, r := range rows {
		i, known := d.Item(r.Name)
		switch {
		case !known:
		case !r.From.After(now):
			if _, _, err := i.stored(r.Value); err != nil {
				i.Value.reset()
			}
		case changes == nil || r.From.Before(*changes):
			from := r.From
			changes = &from
		}
	}
	return value, changes, nil
}

// Row is a value as somebody set it.
type Row struct {
	Name  string
	From  time.Time
	Value json.RawMessage
	By    string // a member's id; "" for one who has left
	At    time.Time
}

const columns = `name, from_at, value, COALESCE(set_by, ''), set_at`

func scan(r database.Row) (Row, error) {
	var v Row
	var from, at int64
	var value string
	if err := r.Scan(&v.Name, &from, &value, &v.By, &at); err != nil {
		return Row{}, fmt.Errorf("policy: %w", err)
	}
	v.From, v.At, v.Value = clock.FromMillis(from), clock.FromMillis(at), json.RawMessage(value)
	return v, nil
}

// standing are what is in force of a domain and what is ahead, by name and beginning.
func standing(ctx context.Context, db *database.DB, domain string) ([]Row, error) {
	return database.All(ctx, db, scan, `SELECT `+columns+` FROM policies p
		WHERE domain = $1 AND (from_at > $2 OR from_at = (SELECT MAX(q.from_at) FROM policies q WHERE q.domain = p.domain AND q.name = p.name AND q.from_at <= $2))
		ORDER BY name, from_at`, domain, clock.Millis(clock.Now(ctx)))
}

// Store is where the council's decisions are kept.
type Store struct{ DB *database.DB }

// Standing is how an item stands.
type Standing struct {
	Item    Item
	Default json.RawMessage
	Value   json.RawMessage // in force
	Set     *Row            // by which it is in force; nil for the default that nobody has set
	Unfit   bool            // what is set no longer fits, and the default is in force
	Lost    []string        // names in what is set that there no longer are
	Ahead   []Row           // what begins later, the first first
}

// First is the version of a domain of which nobody has set anything.
const First = 1

// State is how a domain stands, and its version for Set.
func (s Store) State(ctx context.Context, d Domain) (list []Standing, version int64, err error) {
	version, err = s.Version(ctx, d) // first: what is changed meanwhile is then stale
	if err != nil {
		return nil, 0, err
	}
	rows, err := standing(ctx, s.DB, d.Name)
	if err != nil {
		return nil, 0, err
	}
	now := clock.Now(ctx)
	for _, i := range d.Items {
		st := Standing{Item: i, Default: i.Default()}
		st.Value = st.Default
		for _, r := range rows {
			switch {
			case r.Name != i.Name:
			case r.From.After(now):
				st.Ahead = append(st.Ahead, r)
			default:
				row := r
				st.Set = &row
				value, lost, err := i.stored(r.Value)
				if st.Lost, st.Unfit = lost, err != nil; err == nil {
					st.Value = value
				}
			}
		}
		list = append(list, st)
	}
	return list, version, nil
}

// Version is that of a domain, as State has it.
func (s Store) Version(ctx context.Context, d Domain) (int64, error) {
	v, err := database.One(ctx, s.DB, database.Value[int64], `SELECT version FROM policy_domains WHERE domain = $1`, d.Name)
	if errors.Is(err, database.ErrNoRow) {
		return First, nil
	}
	return v, err
}

// Place is where a row stands in the history of its domain.
type Place struct {
	From int64 // milliseconds
	Name string
}

// Place is that of r.
func (r Row) Place() Place { return Place{From: clock.Millis(r.From), Name: r.Name} }

// History is all that was set of a domain and not taken back, what begins last first, behind a
// place (its zero value for the start).
func (s Store) History(ctx context.Context, domain string, behind Place, limit int) ([]Row, error) {
	var w database.Where
	w.Add(`domain = ?`, domain)
	if behind != (Place{}) {
		w.Add(`(from_at < ? OR from_at = ? AND name > ?)`, behind.From, behind.From, behind.Name)
	}
	return database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM policies`+w.String()+` ORDER BY from_at DESC, name`+database.Limit(limit), w.Args...)
}

// Change is what is to be set of a domain. What it does not name stays as it is.
type Change struct {
	From   *time.Time // nil: at once
	Values map[string]json.RawMessage
}

// Set makes a change the successor of a version of its domain, and returns what it wrote, by
// name. Of several successors of one version the first wins; the others fail with problem.Stale.
// A value that would be in force anyway is not written, and where one was to begin at that time,
// it is taken back. Fails with problem.Invalid by field, as from and values.extendDays, and with
// the problem too-many-changes.
func (s Store) Set(ctx context.Context, d Domain, version int64, c Change) (written []Row, err error) {
	if c.From != nil {
		from := c.From.In(clock.Seoul).Truncate(time.Millisecond)
		c.From = &from
	}
	values, err := d.fit(c, clock.Now(ctx))
	if err != nil {
		return nil, err
	}
	err = s.succeed(ctx, d.Name, version, func(ctx context.Context) error {
		written = nil
		at := clock.Now(ctx)
		if c.From != nil {
			at = *c.From
		}
		for _, name := range slices.Sorted(maps.Keys(values)) {
			row := Row{Name: name, From: at, Value: values[name], By: auth.From(ctx).MemberID, At: clock.Now(ctx)}
			wrote, err := s.put(ctx, d, row)
			if err != nil {
				return err
			}
			if wrote {
				written = append(written, row)
			}
		}
		return s.few(ctx, d.Name)
	})
	return written, err
}

// Cancel takes back a change that has not begun, as Set does otherwise. It fails with
// problem.Absent where there is none.
func (s Store) Cancel(ctx context.Context, d Domain, version int64, name string, from time.Time) error {
	return s.succeed(ctx, d.Name, version, func(ctx context.Context) error {
		n, err := s.DB.Exec(ctx, `DELETE FROM policies WHERE domain = $1 AND name = $2 AND from_at = $3 AND from_at > $4`,
			d.Name, name, clock.Millis(from), clock.Millis(clock.Now(ctx)))
		if err == nil && n == 0 {
			err = problem.Absent()
		}
		return err
	})
}

// succeed writes in one unit of work what succeeds a version, and touches what shows it.
func (s Store) succeed(ctx context.Context, domain string, version int64, write func(context.Context) error) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		query, args := `UPDATE policy_domains SET version = version + 1 WHERE domain = $1 AND version = $2`, []any{domain, version}
		if version == First {
			query, args = `INSERT INTO policy_domains (domain, version) VALUES ($1, $2) ON CONFLICT (domain) DO NOTHING`, []any{domain, First + 1}
		}
		n, err := s.DB.Exec(ctx, query, args...)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Stale()
		}
		if err := write(ctx); err != nil {
			return err
		}
		return touch.Tags(ctx, s.DB, AllTag, Tag(domain))
	})
}

// put writes a row, or takes back one that begins when it does where it would change nothing, and
// says whether it did either.
func (s Store) put(ctx context.Context, d Domain, r Row) (bool, error) {
	if r.From.Equal(r.At) { // of two decisions the later is in force, though another machine's clock was ahead
		if _, err := s.DB.Exec(ctx, `DELETE FROM policies WHERE domain = $1 AND name = $2 AND from_at > $3 AND from_at = set_at`, d.Name, r.Name, clock.Millis(r.At)); err != nil {
			return false, err
		}
	}
	rows, err := standing(clock.With(ctx, r.From.Add(-time.Millisecond)), s.DB, d.Name)
	if err != nil {
		return false, err
	}
	before, is := inForce(d, rows, r.Name, r.From)
	same := bytes.Equal(before, r.Value)
	switch {
	case same && is:
		_, err = s.DB.Exec(ctx, `DELETE FROM policies WHERE domain = $1 AND name = $2 AND from_at = $3`, d.Name, r.Name, clock.Millis(r.From))
	case !same:
		_, err = s.DB.Exec(ctx, `INSERT INTO policies (domain, name, from_at, value, set_by, set_at) VALUES ($1, $2, $3, $4, $5, $6)
			ON CONFLICT (domain, name, from_at) DO UPDATE SET value = excluded.value, set_by = excluded.set_by, set_at = excluded.set_at`,
			d.Name, r.Name, clock.Millis(r.From), string(r.Value), by(r.By), clock.Millis(r.At))
	}
	return is || !same, err
}

// inForce is what an item would be at a time without a row that begins then, nil where what is
// set does not fit; and whether there is such a row.
func inForce(d Domain, rows []Row, name string, at time.Time) (before json.RawMessage, is bool) {
	i, _ := d.Item(name)
	before = i.Default()
	for _, r := range rows {
		switch {
		case r.Name != name || r.From.After(at):
		case r.From.Equal(at):
			is = true
		default:
			if before = r.Value; !fits(i, r.Value) {
				before = nil
			}
		}
	}
	return before, is
}

// fits says whether a value is as i would write it.
func fits(i Item, value json.RawMessage) bool {
	is, err := i.Read(value)
	return err == nil && bytes.Equal(is, value)
}

// few refuses more changes ahead than anybody looks at.
func (s Store) few(ctx context.Context, domain string) error {
	n, err := database.One(ctx, s.DB, database.Value[int], `SELECT COUNT(*) FROM policies WHERE domain = $1 AND from_at > $2`, domain, clock.Millis(clock.Now(ctx)))
	if err == nil && n > Scheduled {
		err = problem.New(problem.Conflict, "too-many-changes", fmt.Sprintf("예약한 변경은 %d개까지입니다. 필요 없는 것을 먼저 취소하세요.", Scheduled), fmt.Sprintf("At most %d changes may be scheduled. Cancel some first.", Scheduled))
	}
	return err
}

func by(id string) *string {
	if id == "" {
		return nil
	}
	return &id
}

// fit is what a change sets, as its items write it.
func (d Domain) fit(c Change, now time.Time) (map[string]json.RawMessage, error) {
	wrong, values := []problem.Field{}, map[string]json.RawMessage{}
	if c.From != nil {
		var f check.Fields
		switch {
		case !c.From.After(now):
			f.Add("from", "too-early", "지금보다 뒤의 시각이어야 합니다.", "It must be later than now.")
		case c.From.After(now.AddDate(0, 0, Ahead)):
			f.Add("from", "too-late", fmt.Sprintf("%d일 안의 시각이어야 합니다.", Ahead), fmt.Sprintf("It must be within %d days.", Ahead))
		}
		if p := problem.Find(f.Err()); p != nil {
			wrong = append(wrong, p.Fields...)
		}
	}
	if len(c.Values) == 0 {
		wrong = append(wrong, problem.Field{Name: "values", Code: "required", Message: problem.Text{KO: "바꿀 것을 적어 주세요.", EN: "Say what to change."}})
	}
	for _, name := range slices.Sorted(maps.Keys(c.Values)) {
		i, known := d.Item(name)
		if !known {
			wrong = append(wrong, problem.Field{Name: "values." + name, Code: "unknown", Message: problem.Text{KO: "없는 이름입니다.", EN: "There is nothing of this name."}})
			continue
		}
		value, err := i.Read(c.Values[name])
		if p := problem.Find(err); p != nil {
			for _, f := range p.Fields {
				f.Name = "values." + f.Name
				wrong = append(wrong, f)
			}
		}
		values[name] = value
	}
	if len(wrong) > 0 {
		return nil, problem.Wrong(wrong...)
	}
	return values, nil
}
