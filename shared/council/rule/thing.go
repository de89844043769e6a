package rule

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// AmendmentKind is the kind of versions as things.
const AmendmentKind = "amendment"

// Ref names what a version made of an article: while it is in force, readers see it. The next
// version's is another thing, which they see from the day on that the first ends.
func Ref(act string) thing.Ref { return thing.Ref{Kind: Kind, ID: act} }

// AmendmentRef names a version.
func AmendmentRef(version string) thing.Ref { return thing.Ref{Kind: AmendmentKind, ID: version} }

// indexed is an article as a version made it, with all that its thing says.
type indexed struct {
	act
	article     Article
	until       string // the day on which another act counts; "" for none yet
	slug, title string
	unit        string
}

// indexedColumns are of rule_acts a, rule_articles w and rulebooks b.
const indexedColumns = `a.id, a.key, a.number, a.effective_on, a.rank, w.name, w.content, b.slug, b.title, b.unit,
	(SELECT MIN(n.effective_on) FROM rule_acts n WHERE n.book_id = a.book_id AND n.key = a.key AND n.rank >= 0 AND (n.effective_on > a.effective_on OR n.effective_on = a.effective_on AND n.rank > a.rank))`

const indexedTables = ` FROM rule_acts a JOIN rule_articles w ON w.version_id = a.version_id AND w.key = a.key JOIN rulebooks b ON b.id = a.book_id`

func scanIndexed(r database.Row) (indexed, error) {
	var i indexed
	var said string
	var until *string
	if err := r.Scan(&i.ID, &i.Key, &i.Number, &i.Day, &i.Rank, &i.article.Name, &said, &i.slug, &i.title, &i.unit, &until); err != nil {
		return i, err
	}
	var c content
	if err := json.Unmarshal([]byte(said), &c); err != nil {
		return i, fmt.Errorf("article of act %s: %w", i.ID, err)
	}
	i.article.Number, i.article.Text, i.article.Items = i.Number, c.Text, c.Items
	if until != nil {
		i.until = *until
	}
	return i, nil
}

func (i indexed) thing() thing.Thing {
	from, _ := Day(i.Day)
	t := thing.Thing{
		Ref: Ref(i.ID), Unit: i.unit, Path: ArticlePath(i.slug, i.Number, ""), Title: i.title + " " + i.article.Title(), Line: i.article.Line(), Text: i.article.Plain(),
		Tags: []string{}, At: from, From: &from, Readers: thing.Guests, Version: 1 + i.Rank,
	}
	if until, ok := Day(i.until); ok {
		t.Until = &until
	}
	if i.overtaken() { // readers never see it
		t.Until, t.Version = &from, 2-i.Rank
	}
	return t
}

// index makes the index say what the acts of some articles of a rulebook say now; of all with
// all versions where keys is nil.
func (s Writer) index(ctx context.Context, b Book, keys []string) error {
	list, err := database.All(ctx, s.db, scanIndexed, `SELECT `+indexedColumns+indexedTables+` WHERE a.book_id = $1 AND a.ends = 0`, b.ID)
	if err != nil {
		return err
	}
	slices.SortFunc(list, func(a, b indexed) int { return strings.Compare(a.ID, b.ID) }) // in one order, whoever writes
	for _, i := range list {
		if keys == nil || slices.Contains(keys, i.Key) {
			if err := s.things.Put(ctx, i.thing()); err != nil {
				return err
			}
		}
	}
	if keys != nil {
		return nil
	}
	versions, err := s.wholes(ctx, `WHERE book_id = $1 ORDER BY id`, b.ID)
	if err != nil {
		return err
	}
	for _, v := range versions {
		if err := s.things.Put(ctx, v.thing(b)); err != nil {
			return err
		}
	}
	return nil
}

// Path is the address of a version's page: what it changed, or the text itself where it changed
// none.
func (v Version) Path(slug string) string {
	if v.Base == 0 {
		return textPath(slug, v.Number)
	}
	return ComparePath(slug, strconv.FormatInt(v.Base, 10), strconv.FormatInt(v.Number, 10))
}

// textPath is the address of a version as it was written.
func textPath(slug string, number int64) string {
	return Path(slug) + "/versions/" + strconv.FormatInt(number, 10)
}

// thing is v as a thing of the kind amendment, with the days on which it begins.
func (v Version) thing(b Book) thing.Thing {
	t := thing.Thing{
		Ref: AmendmentRef(v.ID), Unit: b.Unit, Path: v.Path(b.Slug), Title: b.Title + " " + v.Called().KO, Line: line(v.Reason), Text: v.Reason,
		Tags: []string{}, At: v.CreatedAt, From: v.AnnouncedAt, Readers: thing.Guests, Version: v.Version,
		Also: []string{textPath(b.Slug, v.Number), Path(b.Slug) + "/compare?to=" + strconv.FormatInt(v.Number, 10)},
	}
	if v.Meeting != "" {
		t.Links = []string{v.Meeting}
	}
	if v.SealedAt != nil && (t.From == nil || v.SealedAt.Before(*t.From)) {
		t.From = v.SealedAt
	}
	if t.From != nil {
		t.At = *t.From
	}
	for _, day := range v.days {
		if starts, ok := Day(day); ok {
			t.Dates = append(t.Dates, thing.Date{Label: "effective", Starts: starts, AllDay: true})
		}
	}
	return t
}

func line(s string) string {
	return text.Truncate(strings.Join(strings.Fields(s), " "), mostLine)
}

// Things are where articles and versions are kept, for the chore of package thing.
func (s Reader) Things() []thing.Source {
	return []thing.Source{
		{Kind: Kind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
			list, err := database.All(ctx, s.db, scanIndexed, `SELECT `+indexedColumns+indexedTables+` WHERE a.ends = 0 AND a.id > $1 ORDER BY a.id`+database.Limit(limit), behind)
			things := []thing.Thing{}
			for _, i := range list {
				things = append(things, i.thing())
			}
			return things, err
		}},
		{Kind: AmendmentKind, Next: func(ctx context.Context, behind string, limit int) ([]thing.Thing, error) {
			versions, err := s.wholes(ctx, `WHERE id > $1 ORDER BY id`+database.Limit(limit), behind)
			if err != nil {
				return nil, err
			}
			books, err := database.All(ctx, s.db, scanBook, `SELECT `+bookColumns+` FROM rulebooks`)
			if err != nil {
				return nil, err
			}
			things := []thing.Thing{}
			for _, v := range versions {
				if i := slices.IndexFunc(books, func(b Book) bool { return b.ID == v.Book }); i >= 0 {
					things = append(things, v.thing(books[i]))
				}
			}
			return things, nil
		}},
	}
}

// Desk is where an editor works with a thing of either kind: the rulebook and the version's number,
// 0 for none. It fails with problem.Absent.
func (s Reader) Desk(ctx context.Context, id string) (slug string, number int64, err error) {
	type place struct {
		slug   string
		number int64
	}
	list, err := database.All(ctx, s.db, func(r database.Row) (place, error) {
		var p place
		err := r.Scan(&p.slug, &p.number)
		return p, err
	}, `SELECT b.slug, v.number FROM rule_versions v JOIN rulebooks b ON b.id = v.book_id WHERE v.id = $1
		UNION ALL SELECT b.slug, v.number FROM rule_acts a JOIN rule_versions v ON v.id = a.version_id JOIN rulebooks b ON b.id = v.book_id WHERE a.id = $1`, id)
	if err == nil && len(list) == 0 {
		err = problem.Absent()
	}
	if err != nil {
		return "", 0, err
	}
	return list[0].slug, list[0].number, nil
}

// Midnight is the beginning of a day in Seoul, nil for what is none.
func Midnight(day string) *time.Time {
	t, ok := Day(day)
	if !ok {
		return nil
	}
	return &t
}

// Today is the day on which a caller asks.
func Today(ctx context.Context) string { return clock.Day(clock.Now(ctx)) }
