package thing

import (
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/text"
)

// mostWords is how many words of a search in one list are looked for; more find no less.
const mostWords = 10

// Search is what somebody looks for in the list of one kind: words, in any order, each of which is a part of the title, of a
// tag or of the text of a thing. Spacing, case, width and what cannot be seen do not count (text.Squeeze), signs part words. A
// word with initial consonants, such as ㅎㅇㄹ, may also be a part of those of the title or a tag. Query looks through all kinds.
type Search struct{ words []string }

// Find reads what somebody typed. Nothing but signs is looked for as it is; a blank text is no search.
func Find(typed string) Search {
	words := []string{}
	for _, word := range strings.FieldsFunc(text.Fold(typed), parts) {
		if word = text.Squeeze(word); word != "" && len(words) < mostWords && !slices.Contains(words, word) {
			words = append(words, word)
		}
	}
	if sign := text.Squeeze(typed); len(words) == 0 && sign != "" {
		words = append(words, sign)
	}
	return Search{words}
}

// parts says whether r stands between two words.
func parts(r rune) bool {
	return unicode.IsSpace(r) || !text.Blank(string(r)) && !unicode.IsLetter(r) && !unicode.IsMark(r) && !unicode.IsNumber(r)
}

// Words are what is looked for, squeezed; none where nothing is.
func (s Search) Words() []string { return s.words }

// Where adds to a statement that column is the id of one of the things of a kind that are found, with drafts and what
// is past: the owner of the kind says which of them the caller reads.
func (s Search) Where(w *database.Where, column, kind string) {
	b := builder{args: w.Args}
	of := `kind = ` + b.arg(kind)
	c := b.candidates(s.words)
	said := func(proved map[string]bool) string {
		conditions := ``
		for _, word := range s.words {
			if proved[word] {
				continue
			}
			if arg := b.arg(word); strings.ContainsFunc(word, initial) {
				conditions += ` AND (` + has(`t.folded`, arg) + ` OR ` + has(`t.initials`, arg) + `)`
			} else {
				conditions += ` AND ` + has(`t.folded`, arg)
			}
		}
		return conditions
	}
	condition := column + ` IN (WITH ` + c.with + `found AS (SELECT t.id FROM candidates c CROSS JOIN things t WHERE t.number = c.number AND t.` + of + ` AND ` + fresh + said(c.proved) +
		` UNION ALL SELECT t.id FROM late c CROSS JOIN things t WHERE t.number = c.number AND t.` + of + said(nil) + `) SELECT id FROM found)`
	w.Args = b.args
	w.Add(condition)
}

// fresh says whether the index says what follows from a row t.
const fresh = `substr(t.checksum, 1, 2) = '` + rules + `'`

// has is the condition that a text has another in it. LIKE takes twice as long in both databases, whose functions for it
// have different names.
func has(column, arg string) string { return `replace(` + column + `, ` + arg + `, '') <> ` + column }

// builder makes a statement with its arguments.
type builder struct{ args []any }

// arg adds an argument and is its placeholder.
func (b *builder) arg(v any) string {
	b.args = append(b.args, v)
	return "$" + strconv.Itoa(len(b.args))
}

// mostPairs bounds the pairs of characters by which candidates are found: rows say the rest. Six leave few things but those
// that have the words, and a query of 100 characters costs no more than one of ten.
const mostPairs = 6

// candidates are the things that have pairs of neighbouring characters of every word; the pair of a word of one character
// is that it is there.
type candidates struct {
	// with are tables of a statement: the candidates by the index, or all things where nothing is looked for, and late, the
	// things of which the index says nothing.
	with   string
	proved map[string]bool // words that are there wherever their one pair is
}

func (b *builder) candidates(words []string) candidates {
	type pair struct{ first, next string }
	chosen, others, proved := []pair{}, []pair{}, map[string]bool{}
	byRarity := func(a, b pair) int {
		return cmp.Or(cmp.Compare(commonness(a.first), commonness(b.first)), cmp.Compare(a.first, b.first), cmp.Compare(a.next, b.next))
	}
	for _, word := range words {
		runes, of := []rune(word), []pair{}
		for i := 1; i < len(runes); i++ {
			of = append(of, pair{string(runes[i-1]), string(runes[i])})
		}
		if len(runes) == 1 {
			of = append(of, pair{word, string(alone)})
		}
		slices.SortFunc(of, byRarity)
		if len(of) > 0 {
			chosen, others = append(chosen, of[0]), append(others, of[1:]...)
		}
		// Initials are pairs, too, of which the text may have none.
		if len(of) == 1 && !strings.ContainsFunc(word, func(r rune) bool { return initial(r) || unicode.In(r, unicode.Hangul) && (r < '가' || r > '힣') }) {
			proved[word] = true
		}
	}
	slices.SortFunc(others, byRarity)
	for _, p := range others {
		if len(chosen) < mostPairs {
			chosen = append(chosen, p)
		}
	}
	slices.SortFunc(chosen, byRarity)
	chosen = slices.Compact(chosen)
	from, where := []string{}, []string{}
	for i, p := range chosen {
		g := "g" + strconv.Itoa(i)
		from = append(from, `thing_letters `+g)
		if i > 0 {
			where = append(where, g+`.number = g0.number`)
		}
		where = append(where, g+`.letter = `+b.arg(p.first), has(g+`.nexts`, b.arg(p.next)))
	}
	all := `SELECT number FROM things`
	if len(chosen) > 0 {
		all = `SELECT g0.number FROM ` + strings.Join(from, " CROSS JOIN ") + ` WHERE ` + strings.Join(where, " AND ")
	}
	return candidates{with: `candidates AS MATERIALIZED (` + all + `), late AS MATERIALIZED (SELECT number FROM things WHERE ` + stale + `), `, proved: proved}
}

// common are characters that most Korean texts have, the commonest first: what begins with another is looked for before.
const common = "이다는의을에지기가고하사회학대니생인자시정안공원도합해일한로서부상보위수있를용관신전은년월들과어자.,0123456789"

// commonness is greater for a character that more things have, 0 for one that few have.
func commonness(letter string) int {
	if i := strings.Index(common, letter); i >= 0 {
		return len(common) - i
	}
	return 0
}

// initial says whether r is an initial consonant as a keyboard types it.
func initial(r rune) bool { return r >= 'ㄱ' && r <= 'ㅎ' }
