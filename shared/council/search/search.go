// Package search finds things of all kinds, and keeps what nobody found: words alone, of nobody, and only
// once they were looked for often enough in a week, be it by one.
package search

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"log/slog"
	"slices"
	"strings"
	"time"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/secret"
)

// Enough is how often the same must be looked for in a week, and not found, until its words are kept and shown.
const Enough = 5

// Kept is how long it is known what was not found: a semester.
const Kept = 26 * 7 * 24 * time.Hour

// mostMissed bounds how many different searches of a week are counted, so that nobody can fill the table; more are not,
// but for one or two that came at the same moment: readers do not wait for each other here.
const mostMissed = 10_000

// DeskPath is where the console shows what was not found, in Korean.
const DeskPath = "/console/search"

// Path is the page of search, in Korean.
const Path = "/search"

// Store finds things and keeps what was not found.
type Store struct {
	DB  *database.DB
	Key secret.Key
}

func (s Store) things() thing.Store { return thing.Store{DB: s.DB} }

// Find is thing.Store.Search.
func (s Store) Find(ctx context.Context, q thing.Query, n thing.Narrow, codec *cursor.Codec, token string, size int) (thing.Found, error) {
	return s.things().Search(ctx, q, n, codec, token, size)
}

// Instead is a query that finds something in the place of one that finds nothing.
type Instead struct {
	Query thing.Query
	Count int // up to thing.MostCounted + 1
}

// mostInstead and mostTried bound what is offered in place of a query, and how many queries are made for it.
const (
	mostInstead = 3
	mostTried   = 10
)

// Instead are shorter queries that find something, at most three, those that say most first.
func (s Store) Instead(ctx context.Context, q thing.Query, n thing.Narrow) ([]Instead, error) {
	list := []Instead{}
	shorter := q.Shorter()
	for _, one := range shorter[max(0, len(shorter)-mostTried):] { // of a long word the shortest parts: they find the most
		if slices.ContainsFunc(list, func(i Instead) bool { return strings.Contains(i.Query.Key(), one.Key()) }) {
			continue
		}
		count, err := s.things().Count(ctx, one, n)
		if err != nil {
			return nil, err
		}
		if count > 0 {
			if list = append(list, Instead{one, count}); len(list) == mostInstead {
				break
			}
		}
	}
	return list, nil
}

// Suggest is thing.Store.Suggest.
func (s Store) Suggest(ctx context.Context, q thing.Query, n thing.Narrow, limit int) ([]thing.Thing, error) {
	return s.things().Suggest(ctx, q, n, limit)
}

// Renew is thing.Store.Renew.
func (s Store) Renew(ctx context.Context) (int, error) { return s.things().Renew(ctx) }

// Waiting is how many things wait to be indexed anew.
func (s Store) Waiting(ctx context.Context) (int, error) { return s.things().Stale(ctx) }

// Narrowed is what the results are narrowed to: kind and unit, and times as Moment reads them. What is wrong is added to f.
func Narrowed(f *check.Fields, kind, unit, from, to string) thing.Narrow {
	if kind != "" {
		names := []string{}
		for _, k := range thing.Kinds() {
			names = append(names, k.Name)
		}
		kind = f.OneOf("kind", kind, names...)
	}
	return thing.Narrow{Kind: kind, Unit: f.OptionalLine("unit", unit, 50), From: moment(f, "from", from, 0), To: moment(f, "to", to, 1)}
}

// moment reads a time, or a day in Seoul with the days behind it that count, too; nil for "".
func moment(f *check.Fields, name, value string, days int) *time.Time {
	if value == "" {
		return nil
	}
	t, err := time.Parse(time.RFC3339, value)
	if err != nil {
		if t, err = time.ParseInLocation(time.DateOnly, value, clock.Seoul); err != nil {
			f.Add(name, "not-a-time", "시각이나 날짜가 아닙니다.", "Neither a time nor a day.")
			return nil
		}
		t = t.AddDate(0, 0, days)
	}
	return f.Time(name, &t)
}

// counting is how long a reader waits for what was not found being counted.
const counting = time.Second

// Note is Missed for who answers a reader: where it fails, the log says so.
func (s Store) Note(ctx context.Context, q thing.Query, log *slog.Logger) {
	waiting, cancel := context.WithTimeout(ctx, counting)
	defer cancel()
	if err := s.Missed(waiting, q); err != nil {
		log.WarnContext(ctx, "a search that found nothing is not counted", "error", err)
	}
}

// Missed counts a query that found nothing. Its words are kept once as many asked for them as are Enough, and never where
// they may be about a person: what holds an @, or six digits.
func (s Store) Missed(ctx context.Context, q thing.Query) error {
	if personal(q.String()) {
		return nil
	}
	mac := hmac.New(sha256.New, s.Key.Derive("search misses"))
	_, _ = mac.Write([]byte(q.Key()))
	now := clock.Now(ctx)
	week, key := Week(now), hex.EncodeToString(mac.Sum(nil))
	_, err := s.DB.Exec(ctx, `INSERT INTO search_misses (week, key, times, words, last_at) SELECT $1, $2, 1, '', CAST($3 AS BIGINT)
		WHERE (SELECT COUNT(*) FROM (SELECT 1 FROM search_misses WHERE week = $1`+database.Limit(mostMissed)+`) AS kept) < $4 OR EXISTS (SELECT 1 FROM search_misses WHERE week = $1 AND key = $2)
		ON CONFLICT (week, key) DO UPDATE SET times = search_misses.times + 1, last_at = excluded.last_at, words = CASE WHEN search_misses.times + 1 >= $5 THEN $6 ELSE '' END`,
		week, key, clock.Millis(now), mostMissed, Enough, q.String())
	return err
}

// personal says whether a query may be about a person: an address, or a number as those of students and telephones.
func personal(typed string) bool {
	digits := 0
	plain := norm.NFKC.String(typed) // whatever the digits and the sign look like: ２, ②, ⑳, ＠, ﹫
	for _, r := range plain {
		if unicode.IsNumber(r) {
			digits++
		}
	}
	return digits >= 6 || strings.Contains(plain, "@")
}

// Week is the Monday of the week of a time, in Seoul: 2026-12-07.
func Week(t time.Time) string {
	t = t.In(clock.Seoul)
	return clock.Day(t.AddDate(0, 0, -(int(t.Weekday())+6)%7))
}

// Miss is what was looked for often in a week and not found.
type Miss struct {
	Week  string `json:"week" description:"Its Monday in Seoul."`
	Words string `json:"words"`
	Times int64  `json:"times"`
	Key   string `json:"-"`
}

// Place is where a miss stands in the list.
type Place struct {
	Week  string
	Times int64
	Key   string
}

// Place is where m stands in the list.
func (m Miss) Place() Place { return Place{m.Week, m.Times, m.Key} }

// Misses are the searches that found nothing at least as often as is Enough in a week: the latest week first, in it what was
// asked most, behind a place.
func (s Store) Misses(ctx context.Context, behind Place, limit int) ([]Miss, error) {
	var w database.Where
	w.Add(`times >= ?`, Enough)
	if behind.Week != "" {
		w.Add(`(week, times, key) < (?, ?, ?)`, behind.Week, behind.Times, behind.Key)
	}
	return database.All(ctx, s.DB, func(r database.Row) (Miss, error) {
		var m Miss
		err := r.Scan(&m.Week, &m.Words, &m.Times, &m.Key)
		return m, err
	}, `SELECT week, words, times, key FROM search_misses`+w.String()+` ORDER BY week DESC, times DESC, key DESC`+database.Limit(limit), w.Args...)
}

// Chores forget what was not found long ago.
func (s Store) Chores() []chore.Chore {
	return []chore.Chore{{Name: "search-misses-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := s.DB.Exec(ctx, `DELETE FROM search_misses WHERE (week, key) IN (SELECT week, key FROM search_misses WHERE week < $1 ORDER BY week`+database.Limit(limit)+`)`,
			Week(clock.Now(ctx).Add(-Kept)))
		return int(n), err
	}}}
}
