package thing

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// rules counts up whenever what is searched follows otherwise from the same thing: what was indexed by older rules is
// searched by its text (stale), until the chore indexes it anew.
const rules = "4:"

// stale is the condition for rows of other rules than these. It is that of the index things_stale_4: whoever counts rules up
// makes another index.
const stale = `substr(checksum, 1, 2) <> '` + rules + `'`

// row is a thing as it is stored. Heading holds a line for each title, labels for each tag, initials for the title and each tag;
// folded all lines of heading and labels and the text at the end. Squeezed parts have no line breaks.
type row struct {
	Thing
	tags, heading, labels, folded, initials, allows, checksum string
}

// letters say of each character of a thing which characters follow it somewhere: in the title, a tag, the text, or the
// initials of title and tags; and alone stands behind each, so that a word of one character is a pair too. Initials of bodies
// would find everything. What has no page has none: it is not searched.
func (r row) letters() map[string]string {
	if r.Path == "" {
		return nil
	}
	type pair [2]rune
	pairs := make([]pair, 0, 2*(len(r.folded)/3+len(r.initials)/3))
	for _, part := range []string{r.folded, r.initials} {
		last := alone
		for _, next := range part {
			if last != alone && next != alone {
				pairs = append(pairs, pair{last, next})
			}
			if next != alone {
				pairs = append(pairs, pair{next, alone})
			}
			last = next
		}
	}
	slices.SortFunc(pairs, func(a, b pair) int { return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1])) })
	pairs = slices.Compact(pairs)
	letters := map[string]string{}
	for i := 0; i < len(pairs); {
		var nexts strings.Builder
		letter := pairs[i][0]
		for ; i < len(pairs) && pairs[i][0] == letter; i++ {
			nexts.WriteRune(pairs[i][1])
		}
		letters[string(letter)] = nexts.String()
	}
	return letters
}

// alone is what stands behind every character of a thing once, as if it followed: no text that is searched has it but
// between its lines.
const alone = '\n'

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
	tags, err := json.Marshal(r.Tags)
	if err != nil {
		return row{}, fmt.Errorf("%s: tags: %w", t.Tag(), err)
	}
	r.tags = string(tags)
	titles, labels, initials := []string{text.Squeeze(t.Title)}, []string{}, []string{text.Choseong(text.Squeeze(t.Title))}
	if en := text.Squeeze(t.TitleEn); en != "" {
		titles = append(titles, en)
	}
	for _, tag := range r.Tags {
		labels, initials = append(labels, text.Squeeze(tag)), append(initials, text.Choseong(text.Squeeze(tag)))
	}
	r.heading, r.labels, r.initials = strings.Join(titles, "\n"), strings.Join(labels, "\n"), strings.Join(initials, "\n")
	r.folded = strings.Join(append(slices.Concat(titles, labels), text.Squeeze(r.Text)), "\n")
	// What is searched is part of it: the chore finds what was indexed with less.
	sum := sha256.Sum256(slices.Concat(all, []byte(r.heading)))
	r.checksum = rules + hex.EncodeToString(sum[:16])
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

// save writes a row and the difference of its letters. It does nothing where the index has a
// newer version of the thing, and says so. What it says was edited at a time; nil where nobody
// edited it, and the index alone is put right.
func (s Store) save(ctx context.Context, r row, was *row, at *time.Time) (bool, error) {
	n, err := s.DB.Exec(ctx, `INSERT INTO things (number, kind, id, unit, path, title, line, text, tags, folded, initials, at, visible_from, visible_until, readers, author_id, allows, closed_because, urgent_until, title_en, version, checksum, heading, labels)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24)
		ON CONFLICT (number) DO UPDATE SET unit = excluded.unit, path = excluded.path, title = excluded.title, line = excluded.line, text = excluded.text, tags = excluded.tags,
			folded = excluded.folded, initials = excluded.initials, at = excluded.at, visible_from = excluded.visible_from, visible_until = excluded.visible_until, readers = excluded.readers,
			author_id = excluded.author_id, allows = excluded.allows, closed_because = excluded.closed_because, urgent_until = excluded.urgent_until, title_en = excluded.title_en, version = excluded.version, checksum = excluded.checksum, heading = excluded.heading, labels = excluded.labels,
			edited_at = CASE WHEN things.visible_from <= $25 AND (things.title <> excluded.title OR things.title_en <> excluded.title_en OR things.line <> excluded.line OR things.text <> excluded.text) THEN $25 ELSE things.edited_at END
		WHERE things.kind = excluded.kind AND things.id = excluded.id AND things.version <= excluded.version`,
		r.number(), r.Kind, r.ID, r.Unit, r.Path, r.Title, r.Line, r.Text, r.tags, r.folded, r.initials, clock.Millis(r.At), clock.MillisOf(r.From), clock.MillisOf(r.Until),
		string(r.Readers), database.Null(r.Author), r.allows, r.ClosedBecause, clock.MillisOf(r.UrgentUntil), r.TitleEn, r.Version, r.checksum, r.heading, r.labels, clock.MillisOf(at))
	if err != nil || n == 0 {
		return false, err
	}
	is := r
	if was != nil {
		is.HiddenAt = was.HiddenAt
	}
	if err := s.saveGone(ctx, r.Ref, was, &is, clock.Now(ctx)); err != nil {
		return false, err
	}
	if err := s.saveLetters(ctx, r, was); err != nil {
		return false, err
	}
	if err := s.saveLinks(ctx, r); err != nil {
		return false, err
	}
	return true, s.saveDates(ctx, r, at)
}

func (s Store) saveLetters(ctx context.Context, r row, was *row) error {
	before, after := map[string]string{}, r.letters()
	switch {
	case was == nil: // an older release drops things and not their letters
		if _, err := s.DB.Exec(ctx, `DELETE FROM thing_letters WHERE number = $1`, r.number()); err != nil {
			return err
		}
	case strings.HasPrefix(was.checksum, rules):
		// What the index holds follows from the row: 20 000 characters need not be read.
		before = was.letters()
	default:
		if _, err := database.All(ctx, s.DB, func(r database.Row) (letter string, err error) {
			var nexts string
			err = r.Scan(&letter, &nexts)
			before[letter] += nexts
			return letter, err
		}, `SELECT letter, nexts FROM thing_letters WHERE number = $1 ORDER BY letter, nexts`, r.number()); err != nil {
			return err
		}
	}
	gone, fresh := []string{}, []string{} // rows of gone are deleted, of fresh made; of what changed both
	for letter := range before {
		if _, stays := after[letter]; !stays {
			gone = append(gone, letter)
		}
	}
	for letter, nexts := range after {
		if was, there := before[letter]; was != nexts {
			fresh = append(fresh, letter)
			if there {
				gone = append(gone, letter)
			}
		}
	}
	// In one order, so that two writers of one thing never wait for each other.
	slices.Sort(gone)
	slices.Sort(fresh)
	number := r.number()
	if err := halves(gone, func(part []string) error {
		args := []any{number}
		for _, letter := range part {
			args = append(args, letter)
		}
		_, err := s.DB.Exec(ctx, `DELETE FROM thing_letters WHERE number = $1 AND letter IN (`+database.Marks(2, len(part))+`)`, args...)
		return err
	}); err != nil {
		return err
	}
	type entry struct{ letter, nexts string }
	entries := []entry{}
	for _, letter := range fresh {
		for part := range slices.Chunk([]rune(after[letter]), mostNexts) {
			entries = append(entries, entry{letter, string(part)})
		}
	}
	return halves(entries, func(part []entry) error {
		args, values := []any{number}, []string{}
		for _, e := range part {
			args = append(args, e.letter, e.nexts)
			values = append(values, fmt.Sprintf("($%d, $1, $%d)", len(args)-1, len(args)))
		}
		_, err := s.DB.Exec(ctx, `INSERT INTO thing_letters (letter, number, nexts) VALUES `+strings.Join(values, ", "), args...)
		return err
	})
}

// mostNexts bounds a row of thing_letters, in characters: an entry of an index of PostgreSQL has at most 2 704 bytes.
const mostNexts = 200

// halves calls do with parts of 512, 256, 128 and so on: few texts of statements, so that
// the database keeps their plans.
func halves[T any](list []T, do func([]T) error) error {
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

// saveDates writes the dates of a thing, which changed at a time where they are others than before. Nil says that the
// index alone is put right.
func (s Store) saveDates(ctx context.Context, r row, at *time.Time) error {
	before, err := database.All(ctx, s.DB, scanDate, `SELECT `+dateColumns+` FROM thing_dates d WHERE d.kind = $1 AND d.id = $2`, r.Kind, r.ID)
	if err != nil {
		return err
	}
	if _, err := s.DB.Exec(ctx, `DELETE FROM thing_dates WHERE kind = $1 AND id = $2`, r.Kind, r.ID); err != nil {
		return err
	}
	for _, d := range r.Dates {
		changed := at
		if len(before) == 0 && r.Version <= 1 {
			changed = nil
		}
		if i := slices.IndexFunc(before, d.same); i >= 0 {
			changed = before[i].Changed
		}
		allDay := 0
		if d.AllDay {
			allDay = 1
		}
		if _, err := s.DB.Exec(ctx, `INSERT INTO thing_dates (kind, id, label, starts, ends, all_day, changed_at) VALUES ($1, $2, $3, $4, $5, $6, $7)`,
			r.Kind, r.ID, d.Label, clock.Millis(d.Starts), clock.MillisOf(d.Ends), allDay, clock.MillisOf(changed)); err != nil {
			return err
		}
	}
	return nil
}

// same says whether two dates are the same moments of the same.
func (d Date) same(o Date) bool {
	ends := d.Ends == o.Ends || d.Ends != nil && o.Ends != nil && clock.Millis(*d.Ends) == clock.Millis(*o.Ends)
	return d.Label == o.Label && d.AllDay == o.AllDay && clock.Millis(d.Starts) == clock.Millis(o.Starts) && ends
}

// dateColumns are those that scanDate reads.
const dateColumns = `d.label, d.starts, d.ends, d.all_day, d.changed_at`

func scanDate(r database.Row) (Date, error) {
	var d dateRow
	if err := r.Scan(d.fields()...); err != nil {
		return Date{}, fmt.Errorf("date: %w", err)
	}
	return d.date(), nil
}

// dateRow is a date as it is stored.
type dateRow struct {
	label         string
	starts        int64
	ends, changed *int64
	allDay        int
}

func (d *dateRow) fields() []any { return []any{&d.label, &d.starts, &d.ends, &d.allDay, &d.changed} }

func (d *dateRow) date() Date {
	return Date{Label: d.label, Starts: clock.FromMillis(d.starts), Ends: clock.FromMillisOf(d.ends), AllDay: d.allDay == 1, Changed: clock.FromMillisOf(d.changed)}
}

// remove deletes the row of a thing in one version, with its letters, links and dates.
func (s Store) remove(ctx context.Context, was row) error {
	n, err := s.DB.Exec(ctx, `DELETE FROM things WHERE number = $1 AND version = $2`, was.number(), was.Version)
	if err != nil || n == 0 {
		return err
	}
	if err := s.saveGone(ctx, was.Ref, &was, nil, clock.Now(ctx)); err != nil {
		return err
	}
	if _, err := s.DB.Exec(ctx, `DELETE FROM thing_letters WHERE number = $1`, was.number()); err != nil {
		return err
	}
	if err := s.removeLinks(ctx, was.number()); err != nil {
		return err
	}
	_, err = s.DB.Exec(ctx, `DELETE FROM thing_dates WHERE kind = $1 AND id = $2`, was.Kind, was.ID)
	return err
}

// columns are those that scan reads; what the letters follow from comes behind them where it
// is needed.
const columns = `kind, id, unit, path, title, line, tags, at, visible_from, visible_until, readers, author_id, allows, closed_because, urgent_until, title_en, hidden_at, edited_at, version, checksum`

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
	var from, until, urgent, hidden, edited *int64
	var author *string
	dest := append([]any{&v.Kind, &v.ID, &v.Unit, &v.Path, &v.Title, &v.Line, &v.tags, &at, &from, &until, &v.Readers, &author, &v.allows, &v.ClosedBecause, &urgent, &v.TitleEn, &hidden, &edited, &v.Version, &v.checksum}, more...)
	if err := r.Scan(dest...); err != nil {
		return row{}, fmt.Errorf("thing: %w", err)
	}
	if err := json.Unmarshal([]byte(v.tags), &v.Tags); err != nil {
		return row{}, fmt.Errorf("%s: tags: %w", v.Tag(), err)
	}
	v.At, v.From, v.Until, v.HiddenAt = clock.FromMillis(at), clock.FromMillisOf(from), clock.FromMillisOf(until), clock.FromMillisOf(hidden)
	v.UrgentUntil, v.Edited = clock.FromMillisOf(urgent), clock.FromMillisOf(edited)
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
