package thing

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// The limits of a query.
const (
	MostQuery = 100 // characters
	MostAsked = 5   // words
	leastWord = 2   // characters of a word
)

// MostCounted is up to which number things that are found are counted exactly; more are MostCounted + 1.
const MostCounted = 1000

// halfLife is how far away in time a thing is worth half as much to who searches: a semester.
const halfLife = 180 * 24 * time.Hour

// Query is what somebody looks for in things of all kinds: words, parted by white space, all of which a thing has in its
// title, its title in English, a tag or its text, each as a part of it. Signs are characters as others. A word of nothing but initial consonants,
// such as ㅎㅇㄹ, is looked for in those of titles and tags alone.
type Query struct{ words []word }

type word struct {
	typed, folded string
	initials      bool
}

// Ask reads what somebody typed into a field; what is wrong with it is added to f.
func Ask(f *check.Fields, field, typed string) Query {
	var q Query
	if typed = f.Line(field, typed, MostQuery); typed == "" || text.Count(typed) > MostQuery {
		return q
	}
	for _, part := range strings.Fields(typed) {
		w := wordOf(part)
		if w.folded == "" || slices.ContainsFunc(q.words, func(other word) bool { return other.folded == w.folded }) {
			continue
		}
		if text.Count(w.folded) < leastWord {
			f.Add(field, "too-short", fmt.Sprintf("‘%s’: 낱말은 %d글자부터 찾을 수 있습니다.", w.typed, leastWord), fmt.Sprintf("“%s”: a word has at least %d characters.", w.typed, leastWord))
		}
		q.words = append(q.words, w)
	}
	if len(q.words) > MostAsked {
		f.Add(field, "too-many-words", fmt.Sprintf("낱말은 %d개까지 찾을 수 있습니다.", MostAsked), fmt.Sprintf("At most %d words.", MostAsked))
	}
	return q
}

// wordOf is what somebody typed between white space.
func wordOf(typed string) word {
	w := word{typed: text.NFC(typed), folded: text.Squeeze(typed)}
	if initials := text.Choseong(w.folded); !strings.ContainsFunc(initials, func(r rune) bool { return !initial(r) }) && !strings.ContainsFunc(w.folded, syllable) {
		w.folded, w.initials = initials, true // typed one by one they may be conjoining letters
	}
	return w
}

func syllable(r rune) bool { return r >= '가' && r <= '힣' }

// String is the query as it was typed, with single spaces.
func (q Query) String() string {
	typed := []string{}
	for _, w := range q.words {
		typed = append(typed, w.typed)
	}
	return strings.Join(typed, " ")
}

// Key is the same for queries that find the same.
func (q Query) Key() string {
	folded := []string{}
	for _, w := range q.words {
		folded = append(folded, w.folded)
	}
	slices.Sort(folded)
	return strings.Join(folded, " ")
}

// Shorter are queries that may find something where q finds nothing, those that say more first: q without one of its words
// and each of them, at most ten, or of a single word its beginnings and ends.
func (q Query) Shorter() []Query {
	list := []Query{}
	if len(q.words) > 1 {
		for i := range q.words {
			list = append(list, Query{slices.Delete(slices.Clone(q.words), i, i+1)})
		}
		for _, w := range q.words {
			if len(q.words) > 2 {
				list = append(list, Query{[]word{w}})
			}
		}
		return list
	}
	for _, w := range q.words {
		runes := []rune(text.Visible(w.typed))
		if w.initials {
			runes = []rune(w.folded)
		}
		for n := len(runes) - 1; n >= leastWord; n-- {
			for _, part := range []string{string(runes[:n]), string(runes[len(runes)-n:])} {
				if part := wordOf(part); text.Count(part.folded) >= leastWord {
					list = append(list, Query{[]word{part}})
				}
			}
		}
	}
	return list
}

// Narrow leaves some of what is found; the zero value all.
type Narrow struct {
	Kind, Unit string
	From, To   *time.Time // of At: from on, and before
	// Closed are kinds that nobody finds, as those of functions that are switched off.
	Closed []string
}

// Chosen says whether somebody has chosen to find less than there is.
func (n Narrow) Chosen() bool { return n.Kind != "" || n.Unit != "" || n.From != nil || n.To != nil }

// Place is where something that is found stands in the list. Now is when the list was first read: what is worth how much
// by then stays so while somebody turns its pages.
type Place struct{ Now, Hits, Score, At, Number int64 }

// Hit is something that is found, with its text.
type Hit struct {
	Thing
	Place Place
}

// Found are things that were found.
type Found struct {
	Page   cursor.Page[Hit]
	Counts map[string]int // by kind, whatever kind the page is narrowed to; MostCounted + 1 for more
}

// Count is how many were found of all kinds.
func (f Found) Count() int {
	sum := 0
	for _, n := range f.Counts {
		sum += n
	}
	return min(sum, MostCounted+1)
}

// Search finds what the caller may read now and that is visible: for editors too, drafts and what is scheduled or hidden are
// in the console alone. Things without a page are not found. The page is that behind a token of codec, "" for the first;
// counts and page are of one moment.
//
// Before come those with more of the words in the title, then by the words' places (title 4, tag 3, initials 2, text 1) and
// the time, by which a thing is worth half as much 180 days before its day or after it unless its kind is ageless, then the
// newest. So of what is to come the next is before the last.
func (s Store) Search(ctx context.Context, q Query, n Narrow, codec *cursor.Codec, token string, size int) (Found, error) {
	counts := map[string]int{}
	name := fmt.Sprintf("search?%q", []string{q.Key(), n.Kind, n.Unit, instant(n.From), instant(n.To)})
	now := clock.Millis(clock.Now(ctx))
	page, err := cursor.Read(codec, name, token, size, func(behind Place, limit int) ([]Hit, error) {
		if behind.Now == 0 {
			behind.Now = now
		}
		b := builder{}
		found := b.found(ctx, q, n, behind.Now, false)
		where := ` WHERE kind <> ''`
		if n.Kind != "" {
			where = ` WHERE kind = ` + b.arg(n.Kind)
		}
		if behind.Number != 0 {
			where += ` AND (hits, score, at, number) < (` + b.arg(behind.Hits) + `, ` + b.arg(behind.Score) + `, ` + b.arg(behind.At) + `, ` + b.arg(behind.Number) + `)`
		}
		return s.hits(ctx, counts, behind.Now, found+hitsOf(where, limit)+` UNION ALL SELECT kind, '', '', '', '', '', '', '', '[]', 0, 0, 0, 0, COUNT(*) FROM found GROUP BY kind`, b.args)
	}, func(h Hit) Place { return h.Place })
	return Found{Page: page, Counts: counts}, err
}

func instant(t *time.Time) string {
	if t == nil {
		return ""
	}
	return strconv.FormatInt(clock.Millis(*t), 10)
}

// Suggest are titles that have every word of a query, at most limit: those that begin with it first, then as Search has
// them. Of words of initials, a tag's count as a title's.
func (s Store) Suggest(ctx context.Context, q Query, n Narrow, limit int) ([]Thing, error) {
	now := clock.Millis(clock.Now(ctx))
	b := builder{}
	found := b.found(ctx, q, n, now, true)
	list, err := s.hits(ctx, nil, now, found+hitsOf(``, limit), b.args)
	things := []Thing{}
	for _, h := range list {
		things = append(things, h.Thing)
	}
	return things, err
}

// Count is how many things Search finds: MostCounted + 1 for more.
func (s Store) Count(ctx context.Context, q Query, n Narrow) (int, error) {
	b := builder{}
	query := b.found(ctx, q, n, 0, false) + ` SELECT COUNT(*) FROM found`
	if n.Kind != "" {
		query += ` WHERE kind = ` + b.arg(n.Kind)
	}
	count, err := database.One(ctx, s.DB, database.Value[int64], query, b.args...)
	return min(int(count), MostCounted+1), err
}

// hitsOf reads the first of what is found.
func hitsOf(where string, limit int) string {
	return ` SELECT t.kind, t.id, t.unit, t.path, t.title, t.title_en, t.line, t.text, t.tags, p.number, p.hits, p.score, p.at, 0
		FROM (SELECT * FROM found` + where + ` ORDER BY hits DESC, score DESC, at DESC, number DESC` + database.Limit(limit) + `) p JOIN things t ON t.number = p.number`
}

func (s Store) hits(ctx context.Context, counts map[string]int, now int64, query string, args []any) ([]Hit, error) {
	list, err := database.All(ctx, s.DB, func(r database.Row) (Hit, error) {
		var h Hit
		var tags string
		var n int
		if err := r.Scan(&h.Kind, &h.ID, &h.Unit, &h.Path, &h.Title, &h.TitleEn, &h.Line, &h.Text, &tags, &h.Place.Number, &h.Place.Hits, &h.Place.Score, &h.Place.At, &n); err != nil {
			return Hit{}, fmt.Errorf("thing: %w", err)
		}
		if n > 0 {
			counts[h.Kind] = min(n, MostCounted+1)
			return Hit{}, nil
		}
		if err := json.Unmarshal([]byte(tags), &h.Tags); err != nil {
			return Hit{}, fmt.Errorf("%s: tags: %w", h.Tag(), err)
		}
		h.At, h.Place.Now = clock.FromMillis(h.Place.At), now
		return h, nil
	}, query, args...)
	if err != nil {
		return nil, err
	}
	list = slices.DeleteFunc(list, func(h Hit) bool { return h.Kind == "" })
	slices.SortFunc(list, func(a, b Hit) int { return b.Place.compare(a.Place) })
	return list, nil
}

func (p Place) compare(q Place) int {
	return slices.Compare([]int64{p.Hits, p.Score, p.At, p.Number}, []int64{q.Hits, q.Score, q.At, q.Number})
}

// found is the beginning of a statement: the things that are found with what they are ordered by.
func (b *builder) found(ctx context.Context, q Query, n Narrow, since int64, titles bool) string {
	shown := b.shown(ctx) + b.narrowed(n)
	folded, args := []string{}, map[string]string{}
	for _, w := range q.words {
		folded = append(folded, w.folded)
		args[w.folded] = b.arg(w.folded)
	}
	c := b.candidates(folded)
	// The text is read of what all else is true of.
	said := func(proved map[string]bool) string {
		conditions, text := ``, ``
		for _, w := range q.words {
			switch arg := args[w.folded]; {
			case w.initials:
				text += ` AND ` + has(`b.initials`, arg)
			case titles:
				conditions += ` AND ` + has(`t.heading`, arg)
			case !proved[w.folded]:
				text += ` AND ` + has(`b.folded`, arg)
			}
		}
		if text != `` {
			conditions += ` AND EXISTS (SELECT 1 FROM things b WHERE b.number = t.number` + text + `)`
		}
		return conditions
	}
	// Hits are hundreds, and what is over is the weight: in one number each title is looked through once.
	places, hit := `0`, `104`
	if titles && len(q.words) > 0 {
		begins := strings.TrimPrefix(database.Part(q.words[0].folded), "%")
		places = `CASE WHEN t.heading LIKE ` + b.arg(begins) + ` ESCAPE '\' OR t.heading LIKE ` + b.arg("%\n"+begins) + ` ESCAPE '\' THEN 100 ELSE 0 END`
		hit = `4`
	}
	for _, w := range q.words {
		switch arg := args[w.folded]; {
		case w.initials:
			places += ` + 2`
		default:
			places += ` + CASE WHEN ` + has(`t.heading`, arg) + ` THEN ` + hit + ` WHEN ` + has(`t.labels`, arg) + ` THEN 3 ELSE 1 END`
		}
	}
	columns := `SELECT t.number, t.kind, t.at, ` + places + ` AS places FROM `
	return `WITH ` + c.with + `matches AS MATERIALIZED (` +
		columns + `candidates c CROSS JOIN things t WHERE t.number = c.number AND ` + fresh + ` AND ` + shown + said(c.proved) +
		` UNION ALL ` + columns + `late c CROSS JOIN things t WHERE t.number = c.number AND t.path <> '' AND ` + shown + said(nil) +
		`), found AS MATERIALIZED (SELECT number, kind, at, places / 100 AS hits, ` + b.score(len(q.words), since) + ` AS score FROM matches)`
}

// score is a weight times what is left of it after a time, as a logarithm in milliseconds of half-lives: whole numbers, which
// both databases compare alike.
func (b *builder) score(words int, since int64) string {
	worth := `CASE places % 100`
	for w := 1; w <= 4*max(1, words); w++ {
		worth += ` WHEN ` + strconv.Itoa(w) + ` THEN ` + strconv.FormatInt(int64(math.Round(math.Log2(float64(w))*float64(halfLife.Milliseconds()))), 10)
	}
	now := b.arg(since)
	ageless := []string{`''`} // no kind
	for _, k := range Kinds() {
		if k.Ageless {
			ageless = append(ageless, b.arg(k.Name))
		}
	}
	return worth + ` ELSE 0 END + CASE WHEN kind IN (` + strings.Join(ageless, ", ") + `) THEN 0 WHEN at > ` + now + ` THEN ` + now + ` - at ELSE at - ` + now + ` END`
}

// shown is the condition that the caller may read a thing now, and all its readers may.
func (b *builder) shown(ctx context.Context) string {
	who, now := auth.From(ctx), b.arg(clock.Millis(clock.Now(ctx)))
	kinds := []string{}
	for _, k := range Kinds() { // a newer release may have others
		kinds = append(kinds, b.arg(k.Name))
	}
	visible := `t.kind IN (` + strings.Join(kinds, ", ") + `) AND t.hidden_at IS NULL AND t.visible_from <= ` + now + ` AND (t.visible_until IS NULL OR t.visible_until > ` + now + `)`
	units, whole := who.MayIn(auth.Write)
	if whole {
		return visible
	}
	open := []string{}
	for _, r := range []Readers{Guests, Members, Students, Council} {
		if r.include(who, "") {
			open = append(open, b.arg(string(r)))
		}
	}
	readers := `t.readers IN (` + strings.Join(open, ", ") + `)`
	if who.SignedIn() {
		readers += ` OR t.readers = ` + b.arg(string(Own)) + ` AND t.author_id = ` + b.arg(who.MemberID)
	}
	for _, unit := range units {
		readers += ` OR t.unit = ` + b.arg(unit)
	}
	return visible + ` AND (` + readers + `)`
}

func (b *builder) narrowed(n Narrow) string {
	conditions := ``
	for _, kind := range n.Closed {
		conditions += ` AND t.kind <> ` + b.arg(kind)
	}
	if n.Unit != "" {
		conditions += ` AND t.unit = ` + b.arg(n.Unit)
	}
	if n.From != nil {
		conditions += ` AND t.at >= ` + b.arg(clock.Millis(*n.From))
	}
	if n.To != nil {
		conditions += ` AND t.at < ` + b.arg(clock.Millis(*n.To))
	}
	return conditions
}
