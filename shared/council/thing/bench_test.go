package thing_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/text"
)

// language makes Korean texts: words of two to four syllables, both distributed as in texts (Zipf), with particles.
type language struct {
	random    *rand.Rand
	syllables []rune
	words     []string
	sums      []float64
}

// usual are words that nearly every notice of a council has, the commonest first.
const usual = "공지 안내 학생회 학생 신청 총학생회 기간 대상 및 행사 결과 문의 일정 장소 참여 회의 모집 제출 방법 정기총회 예산 장학금 축제 간식 투표 회의록"

func newLanguage() *language {
	l := &language{random: rand.New(rand.NewPCG(1, 2))}
	l.syllables = []rune("이다는의을가에기지고하사회학대생인자시정안용해원도상보일위한수신부있합니로서를전제과년월금주구동장명문성조리관비모여경계")
	for r := '가'; len(l.syllables) < 1100; r += 10 {
		if !slices.Contains(l.syllables, r) {
			l.syllables = append(l.syllables, r)
		}
	}
	l.words = strings.Fields(usual)
	for len(l.words) < 8000 {
		word := ""
		for range 2 + l.random.IntN(3) {
			word += string(l.syllables[l.zipf(len(l.syllables))])
		}
		l.words = append(l.words, word)
	}
	sum := 0.0
	for i := range l.words {
		sum += 1 / math.Pow(float64(i+10), 0.9)
		l.sums = append(l.sums, sum)
	}
	return l
}

// zipf is a number below n, the smaller the likelier.
func (l *language) zipf(n int) int { return int(math.Pow(float64(n), l.random.Float64())) - 1 }

func (l *language) word() string {
	i, _ := slices.BinarySearch(l.sums, l.random.Float64()*l.sums[len(l.sums)-1])
	return l.words[min(i, len(l.words)-1)]
}

// text is one of about so many characters.
func (l *language) text(characters int) string {
	var b strings.Builder
	particles := []string{"", "", "은 ", "를 ", "에서 ", "의 ", "입니다. ", "합니다.\n"}
	for n := 0; n < characters; {
		word := l.word() + particles[l.random.IntN(len(particles))]
		if !strings.HasSuffix(word, " ") {
			word += " "
		}
		b.WriteString(word)
		n += len([]rune(word))
	}
	return b.String()
}

var engines = map[string]func(testing.TB) *database.DB{"sqlite": databasetest.SQLite, "postgres": databasetest.Postgres}

// sized says how large the index is: bytes for each pair of characters of a thing, as the index of docs/decisions/0050 had a
// row for each.
func sized(b *testing.B, db *database.DB) {
	b.Helper()
	size := `SELECT SUM(pgsize) FROM dbstat WHERE name IN ('thing_letters', 'thing_letters_number', 'sqlite_autoindex_thing_letters_1')`
	if db.Dialect() == database.Postgres {
		size = `SELECT pg_total_relation_size('thing_letters')`
	}
	bytes, err := database.One(b.Context(), db, database.Value[float64], size)
	if err != nil {
		b.Fatal(err)
	}
	pairs, err := database.One(b.Context(), db, database.Value[float64], `SELECT SUM(LENGTH(nexts)) FROM thing_letters`)
	if err != nil {
		b.Fatal(err)
	}
	b.ReportMetric(bytes/pairs, "B/pair")
	b.ReportMetric(pairs, "pairs")
	b.ReportMetric(bytes/1e6, "MB")
}

// seldom is a word that a title is about: not one of the usual, and each as likely as another.
func (l *language) seldom() string { return l.words[26+l.random.IntN(2000)] }

// BenchmarkEdit edits one paragraph of a text of 20 000 characters.
func BenchmarkEdit(b *testing.B) {
	for name, open := range engines {
		b.Run(name, func(b *testing.B) {
			db, l := open(b), newLanguage()
			s, ctx, version := thing.Store{DB: db}, at(noon, auth.Principal{}), int64(0)
			body := l.text(thing.MostText - 300)
			put := func(text string) {
				version++
				if err := s.Put(ctx, thing.Thing{Ref: thing.Ref{Kind: "notice", ID: "a"}, Unit: "총학", Path: "/notices/a", Title: "공지", Text: text, Version: version, At: noon, From: &noon, Readers: thing.Guests}); err != nil {
					b.Fatal(err)
				}
			}
			put(body)
			for b.Loop() {
				put(l.text(200) + body)
			}
		})
	}
}

// BenchmarkSearch searches 5 000 things of 300 to 3 000 characters for what people ask: the words of a title, parts of
// them, initials, and words that every thing has. It prints the median and the slowest of each.
func BenchmarkSearch(b *testing.B) {
	for name, open := range engines {
		b.Run(name, func(b *testing.B) {
			db, l := open(b), newLanguage()
			s, ctx := thing.Store{DB: db}, at(noon, auth.Principal{})
			titles := []string{}
			filling, unit := db.Begin(ctx)
			for i := range 5000 {
				title := l.seldom() + " " + l.seldom() + " 안내"
				titles = append(titles, title)
				length := 300 + l.random.IntN(900)
				if i%10 == 0 {
					length = 3000
				}
				when := noon.Add(-time.Duration(l.random.IntN(3000)) * 24 * time.Hour / 2)
				if err := s.Put(filling, thing.Thing{
					Ref: thing.Ref{Kind: "notice", ID: fmt.Sprintf("%05d", i)}, Unit: "총학", Path: "/notices/x", Title: title, Line: "공지", Text: "공지 " + l.text(length), Tags: []string{"행사"},
					Version: 1, At: when, From: &when, Readers: thing.Guests,
				}); err != nil {
					b.Fatal(err)
				}
			}
			if err := unit.Commit(ctx); err != nil {
				b.Fatal(err)
			}
			if db.Dialect() == database.Postgres { // as autovacuum does
				if _, err := db.Exec(ctx, `VACUUM ANALYZE things, thing_letters`); err != nil {
					b.Fatal(err)
				}
			}
			codec := cursor.New(make([]byte, 16))
			times := map[string][]time.Duration{}
			ask := func(sort, typed string) {
				var f check.Fields
				q := thing.Ask(&f, "q", typed)
				if err := f.Err(); err != nil {
					return // a part of a title is of one character
				}
				began := time.Now()
				found, err := s.Search(ctx, q, thing.Narrow{}, codec, "", 20)
				for _, h := range found.Page.Items {
					q.Pieces(h.Thing)
				}
				times[sort] = append(times[sort], time.Since(began))
				if err != nil {
					b.Fatal(typed, err)
				}
			}
			for i := 0; b.Loop(); i++ {
				title := titles[l.random.IntN(len(titles))]
				words := strings.Fields(title)
				ask("title", title)
				ask("word", words[0])
				ask("words", l.seldom()+" "+strings.Fields(usual)[i%26])
				ask("initials", text.Choseong(words[i%2]))
				ask("usual", strings.Fields(usual)[i%26])
				ask("everywhere", "공지")
				ask("nothing", "학생회의결과안내문")
				ask("longest", strings.Repeat("안내학생회의결과공지다는의이에가", 7)[:3*98])
			}
			b.StopTimer()
			all := []time.Duration{}
			for _, sort := range []string{"title", "word", "words", "initials", "usual", "everywhere", "nothing", "longest"} {
				list := times[sort]
				slices.Sort(list)
				if len(list) == 0 {
					continue
				}
				b.ReportMetric(float64(list[len(list)/2].Microseconds())/1000, sort+"-p50-ms")
				b.ReportMetric(float64(list[len(list)-1].Microseconds())/1000, sort+"-max-ms")
				if sort != "everywhere" {
					all = append(all, list...)
				}
			}
			slices.Sort(all)
			b.ReportMetric(float64(all[len(all)/2].Microseconds())/1000, "p50-ms")
			sized(b, db)
		})
	}
}
