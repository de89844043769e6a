package minute

import (
	"context"
	"errors"
	"fmt"
	"regexp"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// Body is a body of the council that meets, as 중앙운영위원회.
type Body struct {
	Slug        string `json:"slug"`
	Name        string `json:"name"`
	NameEn      string `json:"nameEn,omitempty"`
	Unit        string `json:"unit" description:"Whose editors write its minutes."`
	PublishDays int    `json:"publishDays" description:"Within how many days of a meeting its minutes are to be published, 0 to 60."`
	Numbered    bool   `json:"numbered" description:"Whether its meetings have rounds."`
	PerYear     bool   `json:"perYear" description:"Whether rounds begin again each year."`
	Names       bool   `json:"names" description:"Whether its rule has who was there named."`
	Order       int    `json:"order" description:"Its place among the others."`
	Version     int64  `json:"version"`
}

// PublishDays is what a body begins with, in days.
const PublishDays = 7

// MostPublishDays bounds them: the rules of councils demand 3 to 14.
const MostPublishDays = 60

// mostBodies bounds how many are read at once.
const mostBodies = 200

// BodiesTag is the tag of every page that names a body.
const BodiesTag = "minute-bodies"

var slug = regexp.MustCompile(`^[a-z][a-z0-9-]{0,39}$`)

// check normalises what an admin wrote.
func (b Body) check(units []string) (Body, error) {
	var f check.Fields
	if !slug.MatchString(b.Slug) {
		f.Add("slug", "malformed", "영어 소문자로 시작하고 소문자, 숫자, -만 40자까지 쓸 수 있습니다.", "It begins with a small letter, and has small letters, digits and -; at most 40.")
	}
	b.Name, b.NameEn = f.Line("name", b.Name, 60), f.OptionalLine("nameEn", b.NameEn, 80)
	b.Unit = f.Named("unit", b.Unit, units...)
	f.Number("publishDays", int64(b.PublishDays), 0, MostPublishDays)
	f.Number("order", int64(b.Order), 0, 1000)
	return b, f.Err()
}

const bodyColumns = `slug, name, name_en, unit, publish_days, numbered, per_year, names, ord, version`

func scanBody(r database.Row) (Body, error) {
	var b Body
	var numbered, perYear, names int
	if err := r.Scan(&b.Slug, &b.Name, &b.NameEn, &b.Unit, &b.PublishDays, &numbered, &perYear, &names, &b.Order, &b.Version); err != nil {
		return Body{}, fmt.Errorf("body: %w", err)
	}
	b.Numbered, b.PerYear, b.Names = numbered == 1, perYear == 1, names == 1
	return b, nil
}

// Bodies are all bodies, in their order.
func (s Reader) Bodies(ctx context.Context) ([]Body, error) {
	return database.All(ctx, s.db, scanBody, `SELECT `+bodyColumns+` FROM minute_bodies ORDER BY ord, slug`+database.Limit(mostBodies))
}

// BodyOf is the body of a slug.
func (s Reader) BodyOf(ctx context.Context, slug string) (Body, error) {
	b, err := database.One(ctx, s.db, scanBody, `SELECT `+bodyColumns+` FROM minute_bodies WHERE slug = $1`, slug)
	if errors.Is(err, database.ErrNoRow) {
		err = problem.Absent()
	}
	return b, err
}

func flag(b bool) int {
	if b {
		return 1
	}
	return 0
}

// AddBody keeps a new body. It fails with slug-taken.
func (s Writer) AddBody(ctx context.Context, b Body, units []string) (Body, error) {
	b, err := b.check(units)
	if err != nil {
		return Body{}, err
	}
	if !auth.From(ctx).May(auth.Operate, "") {
		return Body{}, problem.NotAllowed()
	}
	n, err := s.db.Exec(ctx, `INSERT INTO minute_bodies (`+bodyColumns+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 1) ON CONFLICT (slug) DO NOTHING`,
		b.Slug, b.Name, b.NameEn, b.Unit, b.PublishDays, flag(b.Numbered), flag(b.PerYear), flag(b.Names), b.Order)
	if err == nil && n == 0 {
		err = problem.New(problem.Conflict, "slug-taken", "이미 있는 주소입니다.", "There is a body of this slug.")
	}
	if err != nil {
		return Body{}, err
	}
	b.Version = 1
	return b, touch.Tags(ctx, s.db, Kind, BodiesTag)
}

// EditBody replaces what is said of a body. Meetings that there are keep their unit, their
// deadlines and their numbers.
func (s Writer) EditBody(ctx context.Context, version int64, b Body, units []string) (Body, error) {
	if !auth.From(ctx).May(auth.Operate, "") {
		return Body{}, problem.NotAllowed()
	}
	if _, err := s.BodyOf(ctx, b.Slug); err != nil {
		return Body{}, err
	}
	b, err := b.check(units)
	if err != nil {
		return Body{}, err
	}
	n, err := s.db.Exec(ctx, `UPDATE minute_bodies SET name = $1, name_en = $2, unit = $3, publish_days = $4, numbered = $5, per_year = $6, names = $7, ord = $8, version = version + 1 WHERE slug = $9 AND version = $10`,
		b.Name, b.NameEn, b.Unit, b.PublishDays, flag(b.Numbered), flag(b.PerYear), flag(b.Names), b.Order, b.Slug, version)
	if err == nil && n == 0 {
		err = problem.Stale()
	}
	if err != nil {
		return Body{}, err
	}
	b.Version = version + 1
	list, err := database.All(ctx, s.db, scan, `SELECT `+columns+from+` WHERE m.body = $1 AND m.deleted_at IS NULL ORDER BY m.id`, b.Slug)
	if err != nil {
		return Body{}, err
	}
	for _, m := range list { // they are called by its name
		if err := s.things.Put(ctx, m.thing()); err != nil {
			return Body{}, err
		}
	}
	return b, touch.Tags(ctx, s.db, Kind, BodiesTag)
}
