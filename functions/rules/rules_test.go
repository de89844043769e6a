package rules_test

import (
	"encoding/csv"
	"fmt"
	"html"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/madang-council/madang/functions/rules"
	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/page"
)

// desk is the function with those who write.
type desk struct {
	*functiontest.App
	t             *testing.T
	editor, admin string
}

func open(t *testing.T, options ...functiontest.Option) desk {
	t.Helper()
	app := functiontest.New(t, rules.Function, options...)
	return desk{App: app, t: t, editor: app.Holder(auth.Editor, "총학"), admin: app.Holder(auth.Admin, "총학")}
}

func (d desk) call(as, method, path string, body any, match ...string) functiontest.Response {
	d.t.Helper()
	header := map[string]string{}
	if len(match) > 0 {
		header["If-Match"] = match[0]
	}
	return d.Do(functiontest.Request{Method: method, Path: path, As: as, Body: body, Header: header})
}

// book adds a rulebook.
func (d desk) book(slug string) {
	d.t.Helper()
	d.call(d.editor, "POST", "/v1/rules", map[string]any{"slug": slug, "unit": "총학", "title": "총학생회칙", "body": "전학대회"}).Want(201)
}

// begin keeps a draft and gives its number.
func (d desk) begin(slug, kind, source, effective string, more map[string]any) int {
	d.t.Helper()
	body := map[string]any{"kind": kind, "source": source, "effectiveOn": effective}
	if kind == "amendment" || kind == "revision" {
		body["amendment"] = 1
	}
	for name, value := range more {
		body[name] = value
	}
	return functiontest.JSON[struct{ Number int }](d.call(d.editor, "POST", "/v1/rules/"+slug+"/versions", body).Want(201)).Number
}

func (d desk) promulgate(slug string, number int, on string) functiontest.Response {
	d.t.Helper()
	return d.call(d.admin, "POST", fmt.Sprintf("/v1/rules/%s/versions/%d/promulgate", slug, number), map[string]any{"promulgatedOn": on}, "*")
}

// law begins and promulgates.
func (d desk) law(slug, kind, source, on, effective string, more map[string]any) int {
	d.t.Helper()
	n := d.begin(slug, kind, source, effective, more)
	d.promulgate(slug, n, on).Want(200)
	return n
}

// says fails unless a page or answer says a text, or does not.
func (d desk) says(path, text string, want bool) {
	d.t.Helper()
	r := d.call("", "GET", path, nil).Want(200)
	if got := strings.Contains(html.UnescapeString(tags.ReplaceAllString(string(r.Body), "")), text); got != want {
		d.t.Errorf("%s says %q: %v, want %v:\n%s", path, text, got, want, r.Main())
	}
}

var tags = regexp.MustCompile(`</?[a-z][^>]*>`)

// article is the path of an article's page.
func article(slug, number string) string { return "/rules/" + slug + "/" + url.PathEscape(number) }

const (
	one   = "제1조(목적) 하나\n제2조(회원) 재학생으로 한다.\n제3조(회의) ① 공개한다.\n② 30일 안에 올린다."
	two   = "제1조(목적) 하나\n제2조(회원) 재학생으로 한다.\n제3조(회의) ① 공개한다.\n② 7일 안에 올린다.\n③ 먼저 알린다."
	three = "제1조(목적) 하나\n제2조(이름) 마당이라 한다.\n제3조(회원) 재학생으로 한다.\n제4조(회의) ① 공개한다.\n② 7일 안에 올린다.\n③ 먼저 알린다."
)

// A rulebook from its first draft to its repeal, as readers, editors and admins see it.
func TestLife(t *testing.T) {
	d := open(t)
	d.says("/rules", "등록된 회칙이 없어요", true)
	d.says("/en/rules", "There are no rules yet", true)
	d.book("hoechik")
	d.call(d.editor, "POST", "/v1/rules", map[string]any{"slug": "hoechik", "unit": "총학", "title": "또"}).Problem(409, "slug-taken")
	d.call(d.editor, "POST", "/v1/rules", map[string]any{"slug": "회칙", "unit": "총학", "title": " "}).Problem(422, "invalid-input")
	d.call(d.Holder(auth.Editor, "감사"), "POST", "/v1/rules", map[string]any{"slug": "x", "unit": "총학", "title": "또"}).Problem(403, "not-allowed")
	for _, path := range []string{"/rules/hoechik", "/v1/rules/hoechik", "/v1/rules/hoechik/versions", "/rules/hoechik/compare", "/rules/none", article("hoechik", "제1조")} {
		d.call("", "GET", path, nil).Problem(404, "not-found")
	}
	n := d.begin("hoechik", "enactment", one, "2026-03-10", nil)
	d.call("", "GET", "/v1/rules/hoechik/versions/1", nil).Problem(404, "not-found")
	d.call(d.editor, "GET", "/v1/rules/hoechik/versions/1", nil).Want(200).Says(`"state":"draft"`)
	d.call(d.editor, "POST", "/v1/rules/hoechik/versions/1/promulgate", map[string]any{"promulgatedOn": "2026-03-02"}, "*").Problem(403, "not-allowed")
	d.call(d.admin, "POST", "/v1/rules/hoechik/versions/1/promulgate", map[string]any{"promulgatedOn": "2026-03-02"}).Problem(428, "if-match-required")
	d.promulgate("hoechik", n, "2026-03-02").Want(200).Says(`"state":"promulgated"`)
	d.promulgate("hoechik", n, "2026-03-02").Problem(409, "promulgated")
	d.call(d.editor, "PUT", "/v1/rules/hoechik/versions/1", map[string]any{"kind": "enactment", "source": two}, "*").Problem(409, "promulgated")
	d.call(d.editor, "DELETE", "/v1/rules/hoechik/versions/1", nil, "*").Problem(409, "promulgated")
	d.call(d.editor, "DELETE", "/v1/rules/hoechik", nil, "*").Problem(409, "promulgated")
	d.call("", "GET", "/v1/rules/hoechik", nil).Problem(404, "not-in-force")
	d.says("/rules/hoechik", "아직 시행하지 않습니다", true)
	d.says("/v1/rules/hoechik?at=2026-03-10", "30일 안에", true)

	d.At(time.Date(2026, 3, 10, 0, 0, 0, 0, clock.Seoul))
	d.says("/rules/hoechik", "30일 안에", true)
	d.says("/rules", "2026. 3. 10. 시행", true)
	m := d.begin("hoechik", "amendment", two, "2026-04-01", nil)
	d.says("/rules/hoechik", "공고", false)
	d.call("", "GET", "/rules/hoechik/compare?from=1&to=2", nil).Problem(404, "not-found")
	d.call(d.editor, "PUT", "/v1/rules/hoechik/versions/2", map[string]any{"kind": "amendment", "amendment": 1, "effectiveOn": "2026-04-01", "source": two, "announceNow": true}, `"v1"`).Want(200)
	d.call(d.editor, "PUT", "/v1/rules/hoechik/versions/2", map[string]any{"kind": "amendment", "amendment": 1, "source": one}, `"v1"`).Problem(412, "version-stale")
	d.says("/rules/hoechik", "제1차 개정안을 공고하고 있습니다", true)
	d.says("/rules/hoechik/compare?from=1&to=2", "먼저 알린다", true)
	d.says("/v1/rules/hoechik", "7일 안에", false)
	d.promulgate("hoechik", m, "2026-03-10").Want(200)
	d.says("/rules/hoechik", "2026. 4. 1. 시행 제3조가 바뀝니다", true)
	d.says(article("hoechik", "제3조"), "30일 안에", true)

	d.At(time.Date(2026, 4, 1, 0, 0, 0, 0, clock.Seoul))
	d.says("/rules/hoechik", "7일 안에", true)
	d.says("/rules/hoechik?at=2026-03-31", "30일 안에", true)
	d.says("/rules/hoechik?at=2026-03-31", "2026. 3. 31.의 회칙입니다", true)
	d.says(article("hoechik", "제3조")+"?at=2026-03-10", "30일 안에", true)
	d.law("hoechik", "amendment", three, "2026-04-01", "2026-05-01", map[string]any{"amendment": 2, "moves": []map[string]any{{"from": "3", "to": "4"}, {"from": "제2조", "to": "3"}}})

	d.At(time.Date(2026, 5, 1, 0, 0, 0, 0, clock.Seoul))
	d.says(article("hoechik", "제4조"), "먼저 알린다", true)
	d.says("/v1/rules/hoechik/articles/4", `"number":"3","effectiveOn":"2026-03-10"`, true)
	d.says("/rules/hoechik/compare?from=2&to=3", "제3조 → 제4조(회의)", true)
	d.says("/rules/hoechik/compare?from=2&to=3", "마당이라 한다", true)
	last := d.law("hoechik", "repeal", "", "2026-05-01", "2026-06-01", nil)
	d.says("/rules/hoechik", "먼저 알린다", true)
	d.At(time.Date(2026, 6, 1, 0, 0, 0, 0, clock.Seoul))
	d.says("/rules/hoechik", "2026. 6. 1. 폐지했습니다", true)
	d.says("/rules", "폐지한 회칙", true)
	d.says(article("hoechik", "제4조"), "이제 없습니다", true)
	d.says("/rules/hoechik?at=2026-05-31", "먼저 알린다", true)
	d.call("", "GET", "/v1/rules/hoechik", nil).Problem(404, "not-in-force")
	if last != 4 {
		t.Errorf("the repeal is number %d", last)
	}
	if got := d.Events.Types(); !slices.Contains(got, "kr.madang.rule.promulgated.v1") || !slices.Contains(got, "kr.madang.rule.changed.v1") {
		t.Error(got)
	}
}

// What a rulebook's state does not let happen.
func TestRefusals(t *testing.T) {
	for name, options := range map[string][]functiontest.Option{"SQLite": nil, "PostgreSQL": {functiontest.OnPostgres}} {
		t.Run(name, func(t *testing.T) {
			d := open(t, options...)
			d.book("a")
			begin := func(body map[string]any) functiontest.Response {
				t.Helper()
				return d.call(d.editor, "POST", "/v1/rules/a/versions", body)
			}
			field := func(r functiontest.Response, want string) {
				t.Helper()
				if got := r.Problem(422, "invalid-input").Fields(); !slices.Contains(got, want) {
					t.Errorf("%v, want %s", got, want)
				}
			}
			begin(map[string]any{"kind": "enactment", "source": "제1조(가) ① 하나\n② 둘\n③ 셋\n③ 넷"}).Problem(422, "number-repeated").Says("4번째 줄")
			begin(map[string]any{"kind": "enactment", "source": "제1장 총칙"}).Problem(422, "no-articles")
			begin(map[string]any{"kind": "enactment", "source": "제1조(가) 글\n제1조(나) 글"}).Problem(422, "article-repeated")
			field(begin(map[string]any{"kind": "repeal"}), "kind:nothing-enacted")
			field(begin(map[string]any{"kind": "correction", "source": one}), "kind:nothing-enacted")
			field(begin(map[string]any{"kind": "other", "source": one}), "kind:not-one-of")
			field(begin(map[string]any{"kind": "amendment", "source": one}), "amendment:out-of-range")
			field(begin(map[string]any{"kind": "enactment", "source": one, "effectiveOn": "2026-3-1"}), "effectiveOn:not-a-day")
			field(begin(map[string]any{"kind": "enactment", "source": one, "announcedAt": "2026-01-01T00:00:00Z"}), "announcedAt:announced-at-in-the-past")
			field(begin(map[string]any{"kind": "enactment", "source": one, "moves": []map[string]any{{"from": "x", "to": "2"}}}), "moves[0].from:not-an-article")
			field(begin(map[string]any{"kind": "enactment", "source": strings.Repeat("가", 200_001)}), "source:too-long")
			n := d.begin("a", "enactment", one, "", nil)
			field(d.promulgate("a", n, "2026-03-02"), "effectiveOn:required")
			put := func(n int, body map[string]any) {
				t.Helper()
				d.call(d.editor, "PUT", fmt.Sprintf("/v1/rules/a/versions/%d", n), body, "*").Want(200)
			}
			put(n, map[string]any{"kind": "enactment", "source": one, "effectiveOn": "2026-03-01"})
			field(d.promulgate("a", n, "2026-03-02"), "effectiveOn:effective-before-promulgated")
			field(d.promulgate("a", n, "2026-03-03"), "promulgatedOn:promulgated-in-the-future")
			field(d.promulgate("a", n, "어제"), "promulgatedOn:not-a-day")
			put(n, map[string]any{"kind": "enactment", "source": one, "effectiveOn": "2026-03-02", "overrides": []map[string]any{{"article": "9", "effectiveOn": "2026-03-05"}}})
			field(d.promulgate("a", n, "2026-03-02"), "overrides[0].article:not-an-article")
			put(n, map[string]any{"kind": "enactment", "source": one, "effectiveOn": "2026-03-02"})
			// Two drafts of one base: the one that is promulgated later has to look at the first.
			d.promulgate("a", n, "2026-03-02").Want(200)
			field(begin(map[string]any{"kind": "enactment", "source": one}), "kind:enacted-already")
			first, second := d.begin("a", "amendment", two, "2026-04-01", nil), d.begin("a", "amendment", strings.Replace(one, "30일", "20일", 1), "2026-04-01", map[string]any{"amendment": 2})
			d.promulgate("a", first, "2026-03-02").Want(200)
			d.promulgate("a", second, "2026-03-02").Problem(409, "base-outdated")
			field(d.call(d.editor, "PUT", fmt.Sprintf("/v1/rules/a/versions/%d", second), map[string]any{"kind": "amendment", "amendment": 2, "base": 77, "source": two}, "*"), "base:not-the-latest")
			put(second, map[string]any{"kind": "amendment", "amendment": 2, "base": first, "effectiveOn": "2026-04-01", "source": strings.Replace(two, "7일", "5일", 1)})
			d.promulgate("a", second, "2026-03-02").Problem(409, "overlap").Says("제3조")
			// Another article from the same day on is no overlap, nor is the same from another day on.
			put(second, map[string]any{"kind": "amendment", "amendment": 2, "base": first, "effectiveOn": "2026-04-01", "source": strings.Replace(strings.Replace(two, "하나", "둘", 1), "7일", "5일", 1), "overrides": []map[string]any{{"article": "제3조", "effectiveOn": "2026-05-01"}}})
			d.promulgate("a", second, "2026-03-02").Want(200)
			d.says("/v1/rules/a?at=2026-04-30", "7일 안에", true)
			d.says("/v1/rules/a?at=2026-04-30", "하나", false)
			d.says("/v1/rules/a?at=2026-05-01", "5일 안에", true)
			// A correction begins with what it corrects, and counts rather than it.
			source := strings.Replace(strings.Replace(strings.Replace(two, "하나", "둘", 1), "7일", "5일", 1), "재학생으로", "학부 재학생으로", 1)
			c := d.begin("a", "correction", source, "2026-03-04", nil)
			field(d.promulgate("a", c, "2026-03-02"), "effectiveOn:corrects-nothing")
			put(c, map[string]any{"kind": "correction", "source": source, "effectiveOn": "2026-03-02"})
			d.promulgate("a", c, "2026-03-02").Want(200)
			d.says("/v1/rules/a?at=2026-03-02", "학부 재학생으로", true)
			for _, at := range []string{"2026-13-01", "20260301", "1", "2026-3-1", "오늘"} {
				d.call("", "GET", "/v1/rules/a?at="+url.QueryEscape(at), nil).Problem(422, "invalid-input")
				d.call("", "GET", "/rules/a?at="+url.QueryEscape(at), nil).Problem(422, "invalid-input")
			}
			d.call("", "GET", "/v1/rules/a?at=2026-03-01", nil).Problem(404, "not-in-force")
			d.call("", "GET", "/v1/rules/a/compare?from=x", nil).Problem(422, "invalid-input")
			d.call("", "GET", "/v1/rules/a/compare?from=99", nil).Problem(404, "not-found")
			d.call(d.editor, "PUT", "/v1/rules/a", map[string]any{"unit": "총학", "title": "회칙", "parent": "a"}, "*").Problem(422, "invalid-input")
			d.call(d.editor, "PUT", "/v1/rules/a", map[string]any{"unit": "총학", "title": "새 이름"}, `"v1"`).Want(200)
			d.call(d.editor, "PUT", "/v1/rules/a", map[string]any{"unit": "총학", "title": "또 이름"}, `"v1"`).Problem(412, "version-stale")
			d.says("/rules", "새 이름", true)
			d.call(d.Holder(auth.Editor, "감사"), "PUT", "/v1/rules/a", map[string]any{"unit": "감사", "title": "우리 것"}, "*").Problem(403, "not-allowed")
		})
	}
}

// A comparison is the same in the page, as CSV and by the API, in both languages.
func TestComparison(t *testing.T) {
	d := open(t)
	d.book("a")
	d.law("a", "enactment", one+"\n제4조(끝) =1+1\n부칙\n이 회칙은 공포한 날부터 시행한다.", "2026-03-02", "2026-03-02", nil)
	d.law("a", "amendment", two+"\n제5조(새) 새로 둔다.\n부칙\n이 회칙은 공포한 날부터 시행한다.", "2026-03-02", "2026-04-01", nil)
	read := func(path string) [][]string {
		t.Helper()
		r := d.call("", "GET", path, nil).Want(200)
		if got := r.Header.Get("Content-Type"); got != "text/csv; charset=utf-8" || !strings.HasPrefix(string(r.Body), "\ufeff") || strings.Count(string(r.Body), "\n") != strings.Count(string(r.Body), "\r\n") {
			t.Errorf("%s: %s", path, got)
		}
		rows, err := csv.NewReader(strings.NewReader(strings.TrimPrefix(string(r.Body), "\ufeff"))).ReadAll()
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	want := [][]string{
		{"구분", "조문", "제정", "제1차 개정"},
		{"고침", "제3조(회의)", "제3조(회의)", "제3조(회의)"},
		{"고침", "제3조(회의)", "① (생략)", "① (현행과 같음)"},
		{"고침", "제3조(회의)", "② 30일 안에 올린다.", "② 7일 안에 올린다."},
		{"고침", "제3조(회의)", "〈신설〉", "③ 먼저 알린다."},
		{"없앰", "제4조(끝)", "제4조(끝)", "〈삭제〉"},
		{"없앰", "제4조(끝)", "'=1+1", ""},
		{"신설", "제5조(새)", "〈신설〉", "제5조(새)"},
		{"신설", "제5조(새)", "", "새로 둔다."},
	}
	if got := read("/rules/a/compare.csv?from=1&to=2"); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("%q", got)
	}
	if got := read("/en/rules/a/compare.csv?from=1&to=2"); fmt.Sprint(got[2]) != fmt.Sprint([]string{"Changed", "제3조(회의)", "① (omitted)", "① (as before)"}) {
		t.Errorf("%q", got[2])
	}
	d.call("", "GET", "/rules/a/compare?from=1&to=2", nil).Want(200).Says(`② <del><span class="hidden" lang="ko">뺌: </span>30일</del> 안에 올린다.`, `② <ins><span class="hidden" lang="ko">넣음: </span>7일</ins> 안에 올린다.`, "고침 1개\u00a0· 신설 1개\u00a0· 없앰 1개", "<b class=\"side-name\">제정</b>")
	d.call("", "GET", "/en/rules/a/compare?from=1&to=2", nil).Want(200).Says(`<p lang="ko">② <ins><span class="hidden" lang="en">new: </span>7일</ins>`)
	answer := functiontest.JSON[struct {
		Changes []struct {
			Became string
			Rows   []struct {
				Same     bool
				Old, New *struct{ Text string }
			}
		}
	}](d.call("", "GET", "/v1/rules/a/compare?from=1&to=2", nil).Want(200))
	if len(answer.Changes) != 3 || answer.Changes[0].Became != "changed" || len(answer.Changes[0].Rows) != 4 || !answer.Changes[0].Rows[1].Same || answer.Changes[0].Rows[2].New.Text != "② 7일 안에 올린다." {
		t.Errorf("%+v", answer)
	}
	d.says("/rules/a/compare?from=2026-03-02&to=2026-04-01", "먼저 알린다", true)
	d.says("/rules/a/compare?from=2&to=2", "바뀐 조문이 없습니다", true)
	d.says("/rules/a/compare?from=2&to=1", "30일", true)
}

// The editor says what was read of a text, each kind by its name, with the particle that fits.
func TestWhatWasRead(t *testing.T) {
	d := open(t)
	d.book("hoechik")
	for source, said := range map[string][2]string{
		"제1조(목적) 글": {"조문 1개를 읽었습니다.", "Read 1 article."},
		"제1조(목적) 글\n제2조(이름) 글\n부칙 <2026. 3. 1.>\n제1조(시행일) 글":                {"조문 2개와 부칙을 읽었습니다.", "Read 2 articles and 1 supplementary provision."},
		"제1조(목적) 글\n부칙 <2026. 3. 1.>\n글\n부칙 <2026. 4. 1.>\n글\n[별표 1] 회비\n글": {"조문 1개와 부칙 2개와 별표를 읽었습니다.", "Read 1 article and 2 supplementary provisions and 1 schedule."},
	} {
		number := d.begin("hoechik", "enactment", source, "2026-03-01", nil)
		path := "/console/rules/hoechik/" + strconv.Itoa(number)
		for at, want := range map[string]string{path: said[0], "/en" + path: said[1]} {
			if page := string(d.call(d.editor, "GET", at, nil).Want(200).Body); !strings.Contains(page, ">"+want+"<") {
				t.Errorf("%q is not on the page of %q", want, source)
			}
		}
		d.call(d.editor, "DELETE", "/v1/rules/hoechik/versions/"+strconv.Itoa(number), nil, "*").Want(204)
	}
}

// At midnight a page changes that nobody rendered that night, and sweep says once that it did.
func TestMidnight(t *testing.T) {
	d := open(t, functiontest.Beside(sweep.Function))
	d.book("a")
	d.law("a", "enactment", one, "2026-03-02", "2026-03-02", nil)
	d.law("a", "amendment", two, "2026-03-02", "2026-03-03", nil)
	midnight := time.Date(2026, 3, 3, 0, 0, 0, 0, clock.Seoul)
	d.call("", "GET", "/rules/a", nil).Want(200) // at noon: too early to be rendered ahead, and known to be wrong then
	if p, kept, err := d.Pages.Load(d.Context(), "ko:/rules/a"); err != nil || !kept {
		t.Fatalf("%v %v", kept, err)
	} else if _, state := p.At(midnight); state != page.Wrong {
		t.Errorf("at midnight it is %d", state)
	}
	d.At(midnight.Add(-5 * time.Hour))
	d.Server.FlushAll()
	for _, path := range []string{"/rules/a", "/v1/rules/a", article("a", "제3조"), "/v1/rules/a/articles/3", "/rules"} {
		d.call("", "GET", path, nil).Want(200)
		key := "ko:" + path
		if decoded, err := url.PathUnescape(path); err == nil {
			key = "ko:" + decoded
		}
		p, kept, err := d.Pages.Load(d.Context(), key)
		if err != nil || !kept {
			t.Fatalf("%s is not kept: %v", key, err)
		}
		before, _ := p.At(midnight.Add(-time.Millisecond))
		after, state := p.At(midnight)
		if strings.Contains(path, "3") || strings.HasSuffix(path, "/a") || strings.Contains(path, "제3조") {
			if !strings.Contains(string(before.Body), "30일 안에") || strings.Contains(string(before.Body), "7일 안에") || !strings.Contains(string(after.Body), "7일 안에") || state != page.Fresh {
				t.Errorf("%s is before midnight\n%s\nand after it (%d)\n%s", path, before.Body, state, after.Body)
			}
		} else if !strings.Contains(string(after.Body), "제1차 개정") {
			t.Errorf("%s after midnight: %s", path, after.Body)
		}
	}
	count := func() int {
		d.call(d.Admin(), "POST", "/v1/admin/sweep", map[string]any{}).Want(200)
		n := 0
		for _, e := range d.Events.Types() {
			if e == "kr.madang.rule.enforced.v1" {
				n++
			}
		}
		return n
	}
	if n := count(); n != 1 {
		t.Errorf("%d events of the enactment", n)
	}
	d.At(midnight)
	for _, want := range []int{1, 0, 0} {
		if n := count(); n != want {
			t.Errorf("%d events, want %d", n, want)
		}
	}
}

// The rulebook of a real council's size, pasted whole, through its amendments.
func TestRealSize(t *testing.T) {
	d := open(t)
	d.book("hoechik")
	text, articles := large(0), regexp.MustCompile(`(?m)^제\d+조`)
	if n := len(articles.FindAllString(text, -1)); n != 90 || strings.Count(text, "\n제12장") != 1 {
		t.Fatalf("%d articles", n)
	}
	d.law("hoechik", "enactment", text, "2020-01-02", "2020-01-10", nil)
	days := []string{"2020-01-10"}
	for i := 1; i <= 5; i++ {
		day := fmt.Sprintf("202%d-03-01", i)
		d.law("hoechik", "amendment", large(i), fmt.Sprintf("202%d-02-01", i), day, map[string]any{"amendment": i})
		days = append(days, day)
	}
	for i, day := range days {
		d.says("/rules/hoechik?at="+day, fmt.Sprintf("%d번 고친 글", i), true)
		d.says("/v1/rules/hoechik?at="+day, fmt.Sprintf("%d번 고친 글", i), true)
		if i > 0 {
			before, _ := time.Parse(time.DateOnly, day)
			d.says("/v1/rules/hoechik?at="+before.AddDate(0, 0, -1).Format(time.DateOnly), fmt.Sprintf("%d번 고친 글", i-1), true)
		}
		for j := range days {
			path := fmt.Sprintf("/v1/rules/hoechik/compare?from=%d&to=%d", i+1, j+1)
			got := functiontest.JSON[struct{ Changes []struct{ Became string } }](d.call("", "GET", path, nil).Want(200))
			want := 0
			if i != j {
				want = 2 // the article that is written anew each time, and a 부칙 more or less
				want += max(i, j) - min(i, j) - 1
			}
			if len(got.Changes) != want {
				t.Errorf("%s: %d changes, want %d", path, len(got.Changes), want)
			}
		}
	}
}

// large is a rulebook of twelve chapters and ninety articles that was amended some times.
func large(times int) string {
	var b strings.Builder
	n := 0
	for chapter := 1; chapter <= 12; chapter++ {
		fmt.Fprintf(&b, "\n제%d장 %s\n\n", chapter, []string{"총칙", "회원", "총회", "대의원", "운영위원", "집행", "단과대학", "동아리", "선거", "재정", "감사", "보칙"}[chapter-1])
		for range []int{8, 7, 8, 7, 8, 7, 8, 7, 8, 7, 8, 7}[chapter-1] {
			n++
			said := fmt.Sprintf("%d번째 조문의 글로서, 회원이 알아야 할 것을 정한다.", n)
			if n == 45 {
				said = fmt.Sprintf("%d번 고친 글", times)
			}
			fmt.Fprintf(&b, "제%d조(%d번째 일) ① %s\n② 다음 일은 따로 정한다.\n1. 모이는 때\n가. 학기 중\n나. 방학 중\n2. 모이는 곳\n③ 그 밖의 일은 세칙으로\n정한다.\n\n", n, n, said)
		}
	}
	for i := 0; i <= times; i++ {
		fmt.Fprintf(&b, "부칙 <202%d. 2. 1.>\n이 회칙은 202%d년 3월 1일부터 시행한다.\n", i, i)
	}
	return b.String()
}

// Of editors who save one draft at once one wins, and of admins who promulgate it; two versions that change one article from one
// day on are never both in force.
func TestEditorsAtOnce(t *testing.T) {
	for engine, options := range map[string][]functiontest.Option{"SQLite": nil, "PostgreSQL": {functiontest.OnPostgres}} {
		t.Run(engine, func(t *testing.T) {
			d := open(t, options...)
			d.book("a")
			d.law("a", "enactment", one, "2026-03-01", "2026-03-01", nil)
			race := func(do func(n int) functiontest.Response, refused ...string) {
				t.Helper()
				answers := make([]functiontest.Response, 6)
				var group sync.WaitGroup
				for i := range answers {
					group.Go(func() { answers[i] = do(i) })
				}
				group.Wait()
				won := 0
				for _, a := range answers {
					if a.Status == 200 {
						won++
					} else if code := functiontest.JSON[struct{ Code string }](a).Code; !slices.Contains(refused, code) {
						t.Errorf("%d %s", a.Status, a.Body)
					}
				}
				if won != 1 {
					t.Errorf("%d have won", won)
				}
			}
			d.begin("a", "amendment", two, "2026-04-01", nil)
			race(func(n int) functiontest.Response {
				return d.call(d.editor, "PUT", "/v1/rules/a/versions/2", map[string]any{"kind": "amendment", "amendment": 1, "source": two + fmt.Sprintf("\n④ %d번째 편집자", n), "effectiveOn": "2026-04-01"}, `"v1"`)
			}, "version-stale")
			d.begin("a", "amendment", strings.ReplaceAll(two, "7일", "3일"), "2026-04-01", nil)
			race(func(n int) functiontest.Response { return d.promulgate("a", 2+n%2, "2026-03-02") }, "promulgated", "overlap", "base-outdated", "amendment-taken", "version-stale")
			d.call(d.editor, "PUT", "/v1/rules/a/versions/1", map[string]any{"kind": "enactment", "source": two}, `"v1"`).Problem(409, "promulgated") // whatever was read of it
			body := string(d.call("", "GET", "/rules/a?at=2026-04-01", nil).Want(200).Body)
			if strings.Contains(body, "편집자") == strings.Contains(body, "3일 안에") {
				t.Error("both are in force, or none")
			}
		})
	}
}

// Whatever stands under what, also where that makes no tree: each rulebook that may be shown is drawn, once, and below the one that
// it stands under where that is drawn and not below it.
func TestEachRulebookIsDrawn(t *testing.T) {
	d := open(t)
	slugs := []string{"a", "b", "c", "d", "e"}
	for _, slug := range slugs {
		d.book(slug)
		d.law(slug, "enactment", one, "2026-03-02", "2026-03-02", nil)
	}
	asked := 0
	rapid.Check(t, func(rt *rapid.T) {
		asked++
		parents := map[string]string{}
		for _, slug := range slugs {
			parents[slug] = rapid.SampledFrom(append([]string{"", "", "gone"}, slugs...)).Draw(rt, slug)
			if _, err := d.DB.Exec(d.Context(), `UPDATE rulebooks SET parent = $1 WHERE slug = $2`, parents[slug], slug); err != nil {
				rt.Fatal(err)
			}
		}
		drawn, below := map[string]int{}, []string{""} // and the rulebooks that the list is below
		last := ""
		above := map[string]string{}
		body := string(d.Do(functiontest.Request{Method: "GET", Path: "/rules", From: fmt.Sprintf("203.0.%d.%d", asked/200%200, asked%200)}).Want(200).Body) // nobody asks as often
		for _, tag := range regexp.MustCompile(`<ul class="rows books">|</ul>|<a href="/rules/([a-e])"`).FindAllStringSubmatch(body, -1) {
			switch tag[0] {
			case `<ul class="rows books">`:
				below = append(below, last)
			case "</ul>":
				if len(below) > 1 {
					last, below = below[len(below)-1], below[:len(below)-1]
				}
			default:
				last = tag[1]
				drawn[last]++
				above[last] = below[len(below)-1]
			}
		}
		ring := func(slug string) bool { // whether it stands, over others, under itself
			at := parents[slug]
			for range slugs {
				if at == slug {
					return true
				}
				at = parents[at]
			}
			return false
		}
		for _, slug := range slugs {
			if drawn[slug] != 1 {
				rt.Fatalf("%s is drawn %d times of %v", slug, drawn[slug], parents)
			}
			want := parents[slug]
			if want == "gone" || above[slug] == "" && ring(slug) {
				want = ""
			}
			if above[slug] != want {
				rt.Fatalf("%s stands under %q, and is drawn under %q, of %v", slug, parents[slug], above[slug], parents)
			}
		}
	})
}
