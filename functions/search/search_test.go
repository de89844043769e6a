package search_test

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/search"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	misses "github.com/madang-council/madang/shared/council/search"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/functiontest"
)

// desk is the function with things that nobody had to write.
type desk struct{ *functiontest.App }

func open(t *testing.T, options ...functiontest.Option) desk {
	return desk{functiontest.New(t, search.Function, options...)}
}

// each opens it on both databases.
func each(t *testing.T, test func(t *testing.T, d desk)) {
	t.Run("sqlite", func(t *testing.T) { test(t, open(t)) })
	t.Run("postgres", func(t *testing.T) { test(t, open(t, functiontest.OnPostgres)) })
}

func (d desk) put(t testing.TB, id, title, text string, change func(*thing.Thing), tags ...string) thing.Ref {
	t.Helper()
	now := d.Now()
	one := thing.Thing{
		Ref: thing.Ref{Kind: "notice", ID: id}, Unit: "총학", Path: "/notices/" + id, Title: title, Line: "한 줄", Text: text, Tags: tags, At: now, From: &now, Readers: thing.Guests, Version: 1,
	}
	if change != nil {
		change(&one)
	}
	if err := (thing.Store{DB: d.DB}).Put(d.Context(), one); err != nil {
		t.Fatal(err)
	}
	return one.Ref
}

type answer struct {
	Items []struct {
		ID, Title, Path string
		Highlights      []struct {
			In, Text string
			Marks    [][2]int
		}
	}
	Counts     map[string]int
	NextCursor string
}

func (d desk) ask(as, query string) functiontest.Response {
	return d.Do(functiontest.Request{Method: "GET", Path: "/v1/search?" + query, As: as})
}

func (d desk) find(as, q string) answer {
	return functiontest.JSON[answer](d.ask(as, url.Values{"q": {q}}.Encode()).Want(200))
}

func (a answer) ids() string {
	ids := []string{}
	for _, i := range a.Items {
		ids = append(ids, i.ID)
	}
	return strings.Join(ids, " ")
}

func TestFind(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.put(t, "minutes", "제3차 정기 총회 회의록", "예산 50%를 심의했다. a_b 'x' \"y\"", nil, "회의 자료")
		d.put(t, "snack", "중간고사 간식", "정기총회 뒤에 나눕니다.", nil, "행사")
		d.put(t, "banner", "정기총회 배너", "", func(t *thing.Thing) { t.Kind, t.Path = "banner", "" })
		for q, want := range map[string]string{
			"정기 총회": "minutes snack", "정기총회": "minutes snack", "총회 정기": "minutes snack", "ㅎㅇㄹ": "minutes", "\u1112\u110b\u1105": "minutes", "ㄱㅅ": "snack",
			"\u110c\u1165\u11bc\u1100\u1175\u110e\u1169\u11bc": "minutes snack", "５０％": "minutes", "50%": "minutes", "0%를": "minutes", "a_b": "minutes", "%%": "", "__": "", "a%b": "", "'x'": "minutes", "\"y\"": "minutes",
			"행사": "snack", "없는말": "", "정기\u00a0총회": "minutes snack", "정\u3164기": "minutes snack",
		} {
			got := d.find("", q)
			if got.ids() != want || got.Counts["notice"] != len(strings.Fields(want)) {
				t.Errorf("%q finds %q, counts %v; want %q", q, got.ids(), got.Counts, want)
			}
			d.Wait(10 * time.Second)
		}
		got := d.find("", "정기 총회").Items[0].Highlights
		if len(got) != 1 || got[0].In != "title" || fmt.Sprint(got[0].Marks) != "[[4 6] [7 9]]" {
			t.Errorf("%+v", got)
		}
	})
}

func TestRefused(t *testing.T) {
	d := open(t)
	for query, want := range map[string]string{
		"": "q:required", "q=%20": "q:required", "q=" + url.QueryEscape("가"): "q:too-short", "q=" + url.QueryEscape("정기 총"): "q:too-short", "q=" + url.QueryEscape("가나 다라 마바 사아 자차 카타"): "q:too-many-words",
		"q=" + strings.Repeat("ab", 51): "q:too-long", "q=ab&kind=x": "kind:not-one-of", "q=ab&from=x": "from:not-a-time", "q=ab&cursor=x": "cursor:forged", "q=ab%00": "q:control-character",
	} {
		if got := d.ask("", query).Problem(422, "invalid-input").Fields(); strings.Join(got, " ") != want {
			t.Errorf("%s: %v, want %s", query, got, want)
		}
	}
	if got := d.ask("", "q="+url.QueryEscape("정기 총")).Body; !strings.Contains(string(got), "총") {
		t.Errorf("it does not say which word: %s", got)
	}
}

// What is scheduled is found at its second and not before, what is hidden or ended at no time, and drafts by nobody.
func TestTimes(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		six := d.Now().Add(time.Hour).Truncate(time.Second)
		end := six.Add(time.Hour)
		ref := d.put(t, "a", "축제 안내", "", func(t *thing.Thing) { t.From, t.Until = &six, &end })
		d.put(t, "draft", "축제 초안", "", func(t *thing.Thing) { t.From = nil })
		editor := d.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Editor, Unit: "총학"}}}).Token
		for at, want := range map[time.Time]string{six.Add(-time.Millisecond): "", six: "a", end.Add(-time.Millisecond): "a", end: ""} {
			d.At(at)
			for _, as := range []string{"", editor} {
				if got := d.find(as, "축제").ids(); got != want {
					t.Errorf("at %s: %q, want %q", at, got, want)
				}
			}
		}
		d.At(six)
		if err := (thing.Store{DB: d.DB}).Hide(d.Context(), ref, true); err != nil {
			t.Fatal(err)
		}
		if got := d.find(editor, "축제"); got.ids() != "" || len(got.Counts) != 0 {
			t.Errorf("what is hidden is found: %+v", got)
		}
	})
}

// The pages of a list are stable: whatever comes meanwhile, nothing is shown twice or left out, and no cursor is of another list.
func TestPages(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		for i := range 25 {
			d.put(t, fmt.Sprintf("%02d", i), "축제 공지", "", func(t *thing.Thing) { t.At = t.At.Add(-time.Duration(i) * time.Hour) })
		}
		q := "q=" + url.QueryEscape("축제") + "&size=10"
		seen, next := []string{}, ""
		for page := range 3 {
			got := functiontest.JSON[answer](d.ask("", q+"&cursor="+next).Want(200))
			seen, next = append(seen, strings.Fields(got.ids())...), got.NextCursor
			d.put(t, fmt.Sprint("new", page), "축제 공지", "", nil)
			d.Wait(time.Hour)
		}
		if len(seen) != 25 || seen[0] != "00" || seen[24] != "24" || next != "" {
			t.Errorf("%v %q", seen, next)
		}
		first := functiontest.JSON[answer](d.ask("", q).Want(200))
		d.ask("", "q="+url.QueryEscape("공지")+"&size=10&cursor="+first.NextCursor).Problem(422, "invalid-input")
	})
}

// A title comes first, then the weight of the places by the age, of which half a year takes half.
func TestOrder(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		aged := func(days int) func(*thing.Thing) {
			return func(t *thing.Thing) { t.At = t.At.AddDate(0, 0, -days) }
		}
		d.put(t, "title", "축제", "", aged(3000))
		d.put(t, "tag", "가", "", aged(285), "축제") // log2(3) half-lives are 285.3 days
		d.put(t, "text", "나", "축제", aged(0))
		d.put(t, "older", "다", "", aged(286), "축제")
		if got := d.find("", "축제").ids(); got != "title tag text older" {
			t.Error(got)
		}
	})
}

func TestSuggest(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.put(t, "a", "봄 대동제 축제", "", nil)
		d.put(t, "b", "축제 준비", "", nil)
		d.put(t, "c", "다른 것", "축제", nil)
		d.put(t, "e", "축제 초안", "", func(t *thing.Thing) { t.From = nil })
		got := d.Do(functiontest.Request{Method: "GET", Path: "/v1/search/suggest?q=" + url.QueryEscape("축제")}).Want(200)
		list := functiontest.JSON[struct{ Items []struct{ Title string } }](got)
		if fmt.Sprint(list) != "{[{축제 준비} {봄 대동제 축제}]}" {
			t.Error(list)
		}
	})
}

// What nobody found is kept without who asked, once it was asked often enough, and never where it may be about a person.
func TestMissing(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		admin := d.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Admin}}}).Token
		missing := func() string {
			return fmt.Sprint(functiontest.JSON[struct {
				Items []struct {
					Week, Words string
					Times       int
				}
			}](d.Do(functiontest.Request{Method: "GET", Path: "/v1/admin/search/missing", As: admin}).Want(200)).Items)
		}
		d.put(t, "a", "축제", "", nil)
		for i := range 4 {
			if got := missing(); got != "[]" {
				t.Errorf("after %d: %s", i, got)
			}
			for _, q := range []string{"기숙사 우산", "우산  기숙사", "010-1234-5678", "a@b.kr", "축제"}[min(i, 1):] {
				d.find("", q)
				d.Wait(15 * time.Second)
			}
		}
		week := clock.Day(d.Now().AddDate(0, 0, -(int(d.Now().In(clock.Seoul).Weekday())+6)%7))
		if got := missing(); got != "[{"+week+" 우산 기숙사 5}]" {
			t.Errorf("%s", got)
		}
		monday, err := time.ParseInLocation(time.DateOnly, week, clock.Seoul)
		if err != nil {
			t.Fatal(err)
		}
		d.Do(functiontest.Request{Method: "GET", Path: "/console/search", As: admin}).Want(200).Says("한 주에 5번 이상", ">횟수<", ">"+monday.Format("2006. 1. 2.")+"<")
		var kept []string
		rows, err := d.DB.Pool().Query(`SELECT words FROM search_misses`)
		if err != nil {
			t.Fatal(err)
		}
		defer func() { _ = rows.Close() }()
		for rows.Next() {
			var words string
			if err := rows.Scan(&words); err != nil {
				t.Fatal(err)
			}
			kept = append(kept, words)
		}
		if len(kept) != 1 || rows.Err() != nil {
			t.Errorf("kept: %q", kept)
		}
	})
}

// A number or an address is about a person however it is typed.
func TestMissingOfNobody(t *testing.T) {
	d := open(t)
	for _, q := range []string{"２０２６１２３４", "2026 12 34", "20-26-12", "학번 ②⓪②⑥①②", "⑳⑳⑳ 번호", "٢٠٢٦١٢", "hong＠example", "hong﹫example", "정기 2026\u200b12"} {
		d.Server.FlushAll() // nobody is limited
		for range misses.Enough {
			d.find("", q)
		}
	}
	if n, err := database.One(d.Context(), d.DB, database.Value[int], `SELECT COUNT(*) FROM search_misses`); err != nil || n > 0 {
		t.Errorf("%d are counted, %v", n, err)
	}
}

// Days are those of Seoul: from its first to its last millisecond.
func TestBorders(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		day := time.Date(2026, 3, 2, 0, 0, 0, 0, clock.Seoul)
		for id, at := range map[string]time.Time{"before": day.Add(-time.Millisecond), "first": day, "last": day.AddDate(0, 0, 1).Add(-time.Millisecond), "after": day.AddDate(0, 0, 1)} {
			d.put(t, id, "축제", "", func(t *thing.Thing) { t.At = at })
		}
		for query, want := range map[string]string{
			"from=2026-03-02&to=2026-03-02": "last first", "from=2026-03-03": "after", "to=2026-03-01": "before", "from=2026-03-02T00:00:00%2B09:00&to=2026-03-02T15:00:00Z": "last first",
			"from=2026-03-01T15:00:00.000Z&to=2026-03-01T15:00:00.001Z": "first", "from=2026-03-03&to=2026-03-02": "", "kind=notice&unit=%EC%B4%9D%ED%95%99&to=2026-03-01": "before", "unit=x": "",
		} {
			if got := functiontest.JSON[answer](d.ask("", "q="+url.QueryEscape("축제")+"&"+query).Want(200)).ids(); got != want {
				t.Errorf("%s: %q, want %q", query, got, want)
			}
		}
	})
}

// An English title is found and marked, on pages of both languages and as a suggestion.
func TestEnglishTitle(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.put(t, "a", "정기총회", "", func(t *thing.Thing) { t.TitleEn = "General meeting <b>" }, "행사")
		got := d.find("", "GENERAL").Items
		if len(got) != 1 || len(got[0].Highlights) != 1 || got[0].Highlights[0].In != "titleEn" || fmt.Sprint(got[0].Highlights[0].Marks) != "[[0 7]]" {
			t.Errorf("%+v", got)
		}
		for path, want := range map[string]string{
			"/en/search?q=general": "<mark>General</mark> meeting &lt;b&gt;", "/search?q=general": `<p lang="en"><mark>General</mark> meeting`, "/en/search?q=" + url.QueryEscape("총회"): "정기<mark>총회</mark>",
			"/v1/search/suggest?q=gen": `"title":"정기총회"`,
		} {
			if body := string(d.Do(functiontest.Request{Method: "GET", Path: path}).Want(200).Body); !strings.Contains(body, want) {
				t.Errorf("%s lacks %s:\n%s", path, want, body)
			}
		}
	})
}

// Indexing anew changes nothing of what is found, before the chore has done it and after.
func TestReindex(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		d.put(t, "a", "축제 안내", "정기총회", nil)
		admin := d.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Admin}}}).Token
		r := d.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/search/reindex", As: admin, Body: map[string]any{}}).Want(200)
		if got := string(r.Body); !strings.Contains(got, `"waiting":1`) {
			t.Error(got)
		}
		for _, q := range []string{"축제", "정기총회", "ㅊㅈ"} {
			if got := d.find("", q).ids(); got != "a" {
				t.Errorf("%s: %q", q, got)
			}
		}
		source := thing.Source{Kind: "notice", Next: func(context.Context, string, int) ([]thing.Thing, error) {
			now := d.Now()
			return []thing.Thing{{Ref: thing.Ref{Kind: "notice", ID: "a"}, Unit: "총학", Path: "/notices/a", Title: "축제 안내", Text: "정기총회", At: now, From: &now, Readers: thing.Guests, Version: 1}}, nil
		}}
		if n, err := (thing.Store{DB: d.DB}).Chores(source)[0].Run(d.Context()); n != 1 || err != nil {
			t.Errorf("renewed %d: %v", n, err)
		}
		for _, q := range []string{"축제", "정기총회", "ㅊㅈ"} {
			if got := d.find("", q).ids(); got != "a" {
				t.Errorf("renewed, %s: %q", q, got)
			}
		}
	})
}

func TestPageOfSearch(t *testing.T) {
	d := open(t)
	d.put(t, "a", "정기총회 안내", "정기 총회를 <엽니다>.", func(t *thing.Thing) { t.TitleEn = "General meeting" })
	page := func(path string, status int, parts ...string) {
		t.Helper()
		r := d.Do(functiontest.Request{Method: "GET", Path: path}).Want(status)
		for _, part := range parts {
			if !strings.Contains(string(r.Body), part) {
				t.Errorf("%s lacks %s:\n%s", path, part, r.Body)
			}
		}
		if got := r.Header.Get("Cache-Control"); strings.Contains(path, "/search") && strings.Contains(got, "public") {
			t.Errorf("%s is kept: %s", path, got)
		}
	}
	page("/search", 200, "무엇을 찾으세요?")
	page("/search?q="+url.QueryEscape("정기총회"), 200, "<mark>정기총회</mark> 안내", "<mark>정기 총회</mark>를 &lt;엽니다&gt;", `aria-current="page"`)
	page("/en/search?q="+url.QueryEscape("정기총회"), 200, "General meeting", `lang="ko"`)
	page("/search?q="+url.QueryEscape("정기총회결과"), 200, "‘정기총회결과’ 대신", "q=%EC%A0%95%EA%B8%B0%EC%B4%9D%ED%9A%8C\"", "1건")
	page("/search?q="+url.QueryEscape("정기총회 없는말"), 200, "‘정기총회 없는말’ 대신")
	page("/search?q=a", 422, `aria-invalid="true"`)
	page("/search?q=ab&cursor=x", 404)
	page("/opensearch.xml", 200, `template="http`, "/search?q={searchTerms}")
	page("/en/opensearch.xml", 200, "/en/search?q={searchTerms}")
	if kind := d.Do(functiontest.Request{Method: "GET", Path: "/opensearch.xml"}).Header.Get("Content-Type"); !strings.HasPrefix(kind, "application/opensearchdescription+xml") {
		t.Error(kind)
	}
}

// Nobody searches faster than one reads what was found, whatever else one reads.
func TestLimit(t *testing.T) {
	d := open(t)
	for range 30 {
		d.ask("", "q=ab").Want(200)
	}
	d.ask("", "q=ab").Problem(429, "too-many-requests")
}

// Signs that mean something to databases are signs: a hundred of them are found where they stand, and nowhere else.
func TestSigns(t *testing.T) {
	each(t, func(t *testing.T, d desk) {
		signs := strings.Repeat(`%_"'`, 25)
		d.put(t, "signs", "부호 모음", "앞 "+signs+" 뒤", nil)
		d.put(t, "others", "부호 없음", strings.Repeat(`abcd`, 25)+strings.Repeat(`\%\_`, 30), nil)
		for q, want := range map[string]string{signs: "signs", strings.Repeat(`_%"'`, 25): "", strings.Repeat("%", 100): "", strings.Repeat(`\%`, 50): "", `%_"'`: "signs", `\%\_`: "others", strings.Repeat(`'`, 100): "", `%_"' '' OR 1=1`: ""} {
			got := d.find("", q)
			if got.ids() != want {
				t.Errorf("%q finds %q, want %q", q, got.ids(), want)
			}
			for _, path := range []string{"/search?", "/v1/search/suggest?"} {
				d.Do(functiontest.Request{Method: "GET", Path: path + url.Values{"q": {q}}.Encode()}).Want(200)
			}
			d.Wait(30 * time.Second)
		}
	})
}
