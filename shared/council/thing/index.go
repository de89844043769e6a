package thing

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// rules counts up whenever other grams follow from the same thing: what was indexed by
// older rules is indexed anew by the chore.
const rules = "1:"

// Weights of grams, by the best place that they are in.
const (
	inTitle    = 4
	inTags     = 3
	inInitials = 2
	inText     = 1
)

// row is a thing as it is stored. Folded and initials hold a line for each part: the title,
// each tag, and folded the text at the end. Squeezed parts have no line breaks.
type row struct {
	Thing
	tags, folded, initials, allows, checksum string
}

// grams are the grams of a thing with their weights. Initials are those of titles and tags
// alone: of bodies they would find everything.
func (r row) grams() map[string]int {
	all := map[string]int{}
	add := func(parts []string, weight int) {
		for _, part := range parts {
			for _, gram := range text.Pairs(part) {
				all[gram] = max(all[gram], weight)
			}
		}
	}
	parts := strings.Split(r.folded, "\n")
	last := len(parts) - 1
	add(parts[last:], inText)
	add(strings.Split(r.initials, "\n"), inInitials)
	add(parts[min(1, last):last], inTags)
	add(parts[:1], inTitle)
	return all
}

func (t Thing) row() (row, error) {
	r := row{Thing: t}
	r.Text = cut(t.Text)
	r.HiddenAt = nil // not its owner's to say
	if r.Tags == nil {
		r.Tags = []string{}
	}
	all, err := json.Marshal(r.Thing)
	if err != nil {
		return row{}, fmt.Errorf("%s: %w", t.Tag(), err)
	}
	sum := sha256.Sum256(all)
	r.checksum = rules + hex.EncodeToString(sum[:16])
	tags, err := json.Marshal(r.Tags)
	if err != nil {
		return row{}, fmt.Errorf("%s: tags: %w", t.Tag(), err)
	}
	r.tags = string(tags)
	folded, initials := []string{text.Squeeze(t.Title)}, []string{text.Squeeze(text.Choseong(t.Title))}
	for _, tag := range r.Tags {
		folded, initials = append(folded, text.Squeeze(tag)), append(initials, text.Squeeze(text.Choseong(tag)))
	}
	r.folded = strings.Join(append(folded, text.Squeeze(r.Text)), "\n")
	r.initials = strings.Join(initials, "\n")
	allows := []string{}
	for _, a := range t.Allows {
		allows = append(allows, string(a))
	}
	r.allows = strings.Join(allows, " ")
	return r, nil
}

// cut is s without what search does not look at.
func cut(s string) string {
	if len(s) <= MostText {
		return s
	}
	count := 0
	for i := range s {
		if count == MostText {
			return s[:i]
		}
		count++
	}
	return s
}

// save writes a row and the difference of its grams. It does nothing where the index has a
// newer version of the thing, and says so.
func (s Store) save(ctx context.Context, r row, was *row) (bool, error) {
	n, err := s.DB.Exec(ctx, `INSERT INTO things (number, kind, id, unit, path, title, line, text, tags, folded, initials, at, visible_from, visible_until, readers, author_id, allows, closed_because, version, checksum)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20)
		ON CONFLICT (number) DO UPDATE SET unit = excluded.unit, path = excluded.path, title = excluded.title, line = excluded.line, text = excluded.text, tags = excluded.tags,
			folded = excluded.folded, initials = excluded.initials, at = excluded.at, visible_from = excluded.visible_from, visible_until = excluded.visible_until, readers = excluded.readers,
			author_id = excluded.author_id, allows = excluded.allows, closed_because = excluded.closed_because, version = excluded.version, checksum = excluded.checksum
		WHERE things.kind = excluded.kind AND things.id = excluded.id AND things.version <= excluded.version`,
		r.number(), r.Kind, r.ID, r.Unit, r.Path, r.Title, r.Line, r.Text, r.tags, r.folded, r.initials, clock.Millis(r.At), clock.MillisOf(r.From), clock.MillisOf(r.Until),
		string(r.Readers), null(r.Author), r.allows, r.ClosedBecause, r.Version, r.checksum)
	if err != nil || n == 0 {
		return false, err
	}
	if err := s.saveGrams(ctx, r, was); err != nil {
		return false, err
	}
	return true, s.saveDates(ctx, r)
}

func null(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}

func (s Store) saveGrams(ctx context.Context, r row, was *row) error {
	before := map[string]int{}
	switch {
	case was != nil && strings.HasPrefix(was.checksum, rules):
		// What the index holds follows from the row: 20 000 characters need not be read.
		before = was.grams()
	default:
		list, err := database.All(ctx, s.DB, database.Value[string], `SELECT gram FROM thing_grams WHERE number = $1`, r.number())
		if err != nil {
			return err
		}
		for _, gram := range list {
			before[gram] = 0
		}
	}
	after := r.grams()
	gone, fresh := []string{}, []string{}
	for gram := range before {
		if _, stays := after[gram]; !stays {
			gone = append(gone, gram)
		}
	}
	for gram, weight := range after {
		if w, there := before[gram]; !there || w != weight {
			fresh = append(fresh, gram)
		}
	}
	// In one order, so that two writers of one thing never wait for each other.
	slices.Sort(gone)
	slices.Sort(fresh)
	number := r.number()
	if err := halves(gone, func(part []string) error {
		args := []any{number}
		for _, gram := range part {
			args = append(args, gram)
		}
		_, err := s.DB.Exec(ctx, `DELETE FROM thing_grams WHERE number = $1 AND gram IN (`+marks(2, len(part))+`)`, args...)
		return err
	}); err != nil {
		return err
	}
	return halves(fresh, func(part []string) error {
		args, values := []any{number}, []string{}
		for _, gram := range part {
			args = append(args, gram, after[gram])
			values = append(values, fmt.Sprintf("($%d, $1, $%d)", len(args)-1, len(args)))
		}
		_, err := s.DB.Exec(ctx, `INSERT INTO thing_grams (gram, number, weight) VALUES `+strings.Join(values, ", ")+` ON CONFLICT (gram, number) DO UPDATE SET weight = excluded.weight`, args...)
		return err
	})
}

// halves calls do with parts of 512, 256, 128 and so on: few texts of statements, so that
// the database keeps their plans.
func halves(list []string, do func([]string) error) error {
	for size := 512; len(list) > 0; {
		if len(list) < size {
			size /= 2
			continue
		}
		if err := do(list[:size]); err != nil {
			return err
		}
		list = list[size:]
	}
	return nil
}

// marks are n placeholders from a number on.
func marks(from, n int) string {
	list := []string{}
	for i := range n {
		list = append(list, fmt.Sprintf("$%d", from+i))
	}
	return strings.Join(list, ", ")
}

func (s Store) saveDates(ctx context.Context, r row) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM thing_dates WHERE kind = $1 AND id = $2`, r.Kind, r.ID); err != nil {
		return err
	}
	for _, d := range r.Dates {
		allDay := 0
		if d.AllDay {
			allDay = 1
		}
		if _, err := s.DB.Exec(ctx, `INSERT INTO thing_dates (kind, id, label, starts, ends, all_day) VALUES ($1, $2, $3, $4, $5, $6)`,
			r.Kind, r.ID, d.Label, clock.Millis(d.Starts), clock.MillisOf(d.Ends), allDay); err != nil {
			return err
		}
	}
	return nil
}

// remove deletes the row of a thing in one version, with its grams and dates.
func (s Store) remove(ctx context.Context, was row) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM things WHERE number = $1 AND version = $2`, was.number(), was.Version)
	if err != nil || n == 0 {
		return err
	}
	if _, err := s.DB.Exec(ctx, `DELETE FROM thing_grams WHERE number = $1`, was.number()); err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `DELETE FROM thing_dates WHERE kind = $1 AND id = $2`, was.Kind, was.ID)
	return err
}

// columns are those that scan reads; what the grams follow from comes behind them where it
// is needed.
const columns = `kind, id, unit, path, title, line, tags, at, visible_from, visible_until, readers, author_id, allows, closed_because, hidden_at, version, checksum`

func scan(r database.Row) (row, error) { return scanWith(r) }

func scanFolded(r database.Row) (row, error) {
	var folded, initials string
	v, err := scanWith(r, &folded, &initials)
	v.folded, v.initials = folded, initials
	return v, err
}

func scanWith(r database.Row, more ...any) (row, error) {
	var v row
	var at int64
	var from, until, hidden *int64
	var author *string
	dest := append([]any{&v.Kind, &v.ID, &v.Unit, &v.Path, &v.Title, &v.Line, &v.tags, &at, &from, &until, &v.Readers, &author, &v.allows, &v.ClosedBecause, &hidden, &v.Version, &v.checksum}, more...)
	if err := r.Scan(dest...); err != nil {
		return row{}, fmt.Errorf("thing: %w", err)
	}
	if err := json.Unmarshal([]byte(v.tags), &v.Tags); err != nil {
		return row{}, fmt.Errorf("%s: tags: %w", v.Tag(), err)
	}
	v.At, v.From, v.Until, v.HiddenAt = clock.FromMillis(at), clock.FromMillisOf(from), clock.FromMillisOf(until), clock.FromMillisOf(hidden)
	if author != nil {
		v.Author = *author
	}
	for _, a := range strings.Fields(v.allows) {
		v.Allows = append(v.Allows, Allow(a))
	}
	return v, nil
}

// compare says which of some things, by their ids, the index has otherwise than their owner.
func compare(list []row, owned map[string]row) (differ []row, gone []row) {
	there := map[string]row{}
	for _, r := range list {
		there[r.ID] = r
		if _, is := owned[r.ID]; !is {
			gone = append(gone, r)
		}
	}
	for _, id := range slices.Sorted(maps.Keys(owned)) {
		if there[id].checksum != owned[id].checksum {
			differ = append(differ, owned[id])
		}
	}
	return differ, gone
}
