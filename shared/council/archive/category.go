package archive

import (
	"context"
	"fmt"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// The limits of a plan.
const (
	MostCategories = 200
	MostSlots      = 5000
	MostLevels     = 3
	MostCategory   = 30 // characters of a name
)

// Slot is something that should be there.
type Slot struct {
	Unit   string
	Period Period
	DueOn  string // the last day in Seoul on which it is in time, "2026-04-30"
}

// Category is a kind of archives.
type Category struct {
	ID       string // in addresses; it never changes
	Parent   string // id, "" for none
	Name     string
	NameEn   string
	Audience Audience // of what is added to it, unless told; others do not see what it lacks
	Level    int      // 1 to 3
	Expected []Slot
}

// Plan is all categories in their order, each behind its parent, with what should be in them.
type Plan struct {
	Categories []Category
	Version    int64
}

func (p Plan) find(id string) (Category, bool) {
	i := slices.IndexFunc(p.Categories, func(c Category) bool { return c.ID == id })
	if i < 0 {
		return Category{}, false
	}
	return p.Categories[i], true
}

// Find is the category with an id.
func (p Plan) Find(id string) (Category, bool) { return p.find(id) }

// under are the ids of a category and of those below it.
func (p Plan) under(id string) []string {
	ids := []string{id}
	for _, c := range p.Categories { // parents come first
		if slices.Contains(ids, c.Parent) {
			ids = append(ids, c.ID)
		}
	}
	return ids
}

// Label is what a category is called.
func (c Category) Label() problem.Text { return problem.Text{KO: c.Name, EN: c.NameEn} }

var slugs = regexp.MustCompile(`^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$`)

// Check normalises a plan and refuses what breaks a rule. Units are those that exist; those that
// something is expected of already may stay.
func (p Plan) Check(units []string, was Plan) (Plan, error) {
	var f check.Fields
	if len(p.Categories) > MostCategories {
		f.Add("categories", "too-many", fmt.Sprintf("%d개까지 만들 수 있습니다.", MostCategories), fmt.Sprintf("At most %d.", MostCategories))
		return p, f.Err()
	}
	units = slices.Clone(units)
	for _, c := range was.Categories {
		for _, s := range c.Expected {
			units = append(units, s.Unit)
		}
	}
	checked, slots := Plan{Version: p.Version}, 0
	for i, c := range p.Categories {
		name := fmt.Sprintf("categories[%d]", i)
		_, repeated := checked.find(c.ID)
		switch {
		case !slugs.MatchString(c.ID):
			f.Add(name+".id", "not-a-name", "영어 소문자, 숫자, 붙임표로 40자까지 적습니다.", "At most 40 lower-case letters, digits and hyphens.")
		case repeated:
			f.Add(name+".id", "repeated", "같은 분류가 두 번 있습니다.", "The category is given twice.")
		}
		c.Name = f.Line(name+".name", c.Name, MostCategory)
		c.NameEn = f.OptionalLine(name+".nameEn", c.NameEn, 2*MostCategory)
		c.Audience = Audience(f.OneOf(name+".audience", string(c.Audience), string(Public), string(Students), string(Council)))
		c.Level = 1
		if c.Parent != "" {
			parent, known := checked.find(c.Parent)
			if c.Level = parent.Level + 1; !known {
				f.Add(name+".parent", "no-such-category", "위 분류가 목록에서 앞에 있어야 합니다.", "The parent must stand before it in the list.")
			} else if c.Level > MostLevels {
				f.Add(name+".parent", "too-deep", fmt.Sprintf("분류는 %d단계까지입니다.", MostLevels), fmt.Sprintf("At most %d levels.", MostLevels))
			}
		}
		c.Expected = checkSlots(&f, name+".expected", c.Expected, units)
		slots += len(c.Expected)
		checked.Categories = append(checked.Categories, c)
	}
	if slots > MostSlots {
		f.Add("categories", "too-many-slots", fmt.Sprintf("기다리는 자료는 모두 %d개까지입니다.", MostSlots), fmt.Sprintf("At most %d slots in all.", MostSlots))
	}
	return checked, f.Err()
}

func checkSlots(f *check.Fields, name string, slots []Slot, units []string) []Slot {
	type key struct {
		unit   string
		period Period
	}
	seen, list := map[key]bool{}, []Slot{}
	for i, s := range slots {
		at := fmt.Sprintf("%s[%d]", name, i)
		s.Unit = f.Named(at+".unit", s.Unit, units...)
		if !s.Period.Valid() {
			f.Add(at+".period", "not-a-period", "2026, 2026-H1(상반기), 2026-Q3(3분기)처럼 적습니다.", "As 2026, 2026-H1 or 2026-Q3.")
		}
		if day, err := time.Parse(time.DateOnly, s.DueOn); err != nil || day.Before(check.Earliest) || day.After(check.Latest) {
			f.Add(at+".dueOn", "not-a-day", "2026-04-30처럼 적습니다.", "As 2026-04-30.")
		}
		if seen[key{s.Unit, s.Period}] {
			f.Add(at, "repeated", "같은 단위와 기간이 두 번 있습니다.", "The same unit and period are given twice.")
		}
		seen[key{s.Unit, s.Period}] = true
		list = append(list, s)
	}
	return list
}

// Plan is all categories. Slots are those of a year, or of all with 0.
func (s Reader) Plan(ctx context.Context, year int) (Plan, error) {
	version, err := database.One(ctx, s.db, database.Value[int64], `SELECT COALESCE(MAX(version), 1) FROM archive_plans`)
	if err != nil {
		return Plan{}, err
	}
	list, err := database.All(ctx, s.db, func(r database.Row) (Category, error) {
		var c Category
		var parent *string
		err := r.Scan(&c.ID, &parent, &c.Level, &c.Name, &c.NameEn, &c.Audience)
		if parent != nil {
			c.Parent = *parent
		}
		return c, err
	}, `SELECT id, parent, level, name, name_en, audience FROM archive_categories ORDER BY ord`)
	if err != nil {
		return Plan{}, err
	}
	places := map[string]int{}
	for i, c := range list {
		places[c.ID], list[i].Expected = i, []Slot{}
	}
	var w database.Where
	if year != 0 {
		w.Add(`year = ?`, year)
	}
	_, err = database.All(ctx, s.db, func(r database.Row) (Slot, error) {
		var category string
		var slot Slot
		if err := r.Scan(&category, &slot.Unit, &slot.Period, &slot.DueOn); err != nil {
			return slot, fmt.Errorf("slot: %w", err)
		}
		if i, known := places[category]; known { // both are of one moment only inside of a unit of work
			list[i].Expected = append(list[i].Expected, slot)
		}
		return slot, nil
	}, `SELECT category_id, unit, period, due_on FROM archive_expected`+w.String()+` ORDER BY category_id, unit, period`, w.Args...)
	return Plan{Categories: list, Version: version}, err
}

// Years are those that something is expected or readable for by the caller, the latest first.
func (s Reader) Years(ctx context.Context) ([]int, error) {
	var w where
	w.published()
	w.audiences(ctx)
	there := w.String()
	audiences := []any{}
	for _, a := range audiencesOf(auth.From(ctx)) {
		audiences = append(audiences, string(a))
	}
	expected := `c.audience IN (` + database.Marks(len(w.Args)+1, len(audiences)) + `)`
	return database.All(ctx, s.db, database.Value[int], `SELECT DISTINCT year FROM (SELECT year FROM archives`+there+
		` UNION SELECT e.year FROM archive_expected e JOIN archive_categories c ON c.id = e.category_id WHERE `+expected+`) AS years ORDER BY year DESC`, append(w.Args, audiences...)...)
}

// Arrange replaces the plan. Of several changes of one version the first wins. A category that
// has archives stays.
func (s Writer) Arrange(ctx context.Context, version int64, p Plan, units []string) (Plan, error) {
	if !auth.From(ctx).May(auth.Operate, "") {
		return Plan{}, problem.NotAllowed()
	}
	was, err := s.Plan(ctx, 0)
	if err != nil {
		return Plan{}, err
	}
	if p, err = p.Check(units, was); err != nil {
		return Plan{}, err
	}
	if _, err := s.db.Exec(ctx, `INSERT INTO archive_plans (id, version) VALUES (1, 1) ON CONFLICT (id) DO NOTHING`); err != nil {
		return Plan{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE archive_plans SET version = version + 1 WHERE id = 1 AND version = $1`, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Plan{}, err
	}
	if _, err := s.db.Exec(ctx, `DELETE FROM archive_expected`); err != nil {
		return Plan{}, err
	}
	if err := s.saveCategories(ctx, was, p); err != nil {
		return Plan{}, err
	}
	for _, c := range p.Categories {
		if err := s.saveSlots(ctx, c); err != nil {
			return Plan{}, err
		}
	}
	if err := s.prune(ctx, 0); err != nil { // files in bundles are called by their categories
		return Plan{}, err
	}
	if err := touch.Tags(ctx, s.db, Kind); err != nil {
		return Plan{}, err
	}
	e, err := event.New(ctx, Changed, "categories", version+1, Event{ID: "categories", Version: version + 1})
	if err != nil {
		return Plan{}, fmt.Errorf("archive categories: %w", err)
	}
	if err := s.outbox.Record(ctx, e); err != nil {
		return Plan{}, err
	}
	return s.Plan(ctx, 0)
}

func (s Writer) saveCategories(ctx context.Context, was, is Plan) error {
	for i, c := range is.Categories { // parents first
		if _, err := s.db.Exec(ctx, `INSERT INTO archive_categories (id, parent, level, name, name_en, audience, ord) VALUES ($1, $2, $3, $4, $5, $6, $7)
			ON CONFLICT (id) DO UPDATE SET parent = excluded.parent, level = excluded.level, name = excluded.name, name_en = excluded.name_en, audience = excluded.audience, ord = excluded.ord`,
			c.ID, database.Null(c.Parent), c.Level, c.Name, c.NameEn, string(c.Audience), i); err != nil {
			return err
		}
	}
	for _, c := range slices.Backward(was.Categories) { // children first
		if _, stays := is.find(c.ID); stays {
			continue
		}
		// The statement itself finds no archive: one that is added meanwhile meets the foreign key.
		n, err := s.db.Exec(ctx, `DELETE FROM archive_categories WHERE id = $1 AND NOT EXISTS (SELECT 1 FROM archives WHERE category_id = $1)`, c.ID)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.New(problem.Conflict, "category-in-use", "자료가 있는 분류는 지울 수 없습니다: "+c.Name, "A category that has archives cannot be removed: "+c.Name)
		}
	}
	return nil
}

func (s Writer) saveSlots(ctx context.Context, c Category) error {
	for part := range slices.Chunk(c.Expected, 100) {
		args, values := []any{c.ID}, []string{}
		for _, slot := range part {
			n := len(args)
			args = append(args, slot.Unit, string(slot.Period), slot.Period.Year(), slot.DueOn)
			values = append(values, fmt.Sprintf("($1, $%d, $%d, $%d, $%d)", n+1, n+2, n+3, n+4))
		}
		if _, err := s.db.Exec(ctx, `INSERT INTO archive_expected (category_id, unit, period, year, due_on) VALUES `+strings.Join(values, ", "), args...); err != nil {
			return err
		}
	}
	return nil
}
