package rules_test

import (
	"slices"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/media/upload"
)

const annexed = "제1조(목적) 하나\n부칙\n글\n[별표 1] 수당 기준(제1조 관련)\n구분\t금액\n위원장\t10만 원\n한 달에 한 번 준다.\n[별지 제1호서식] 신청서\n이름:\n\n  전화:        (인)"

// Annexes are parts of their own: in the text, at an address, in what changes, and found by search.
func TestAnnexes(t *testing.T) {
	d := open(t)
	d.book("hoechik")
	d.law("hoechik", "enactment", annexed, "2026-03-01", "2026-03-01", nil)
	d.says("/rules/hoechik", "[별표 1] 수당 기준(제1조 관련)", true)
	d.call("", "GET", "/rules/hoechik", nil).Want(200).Says(`<th scope="col">구분</th>`).Says(`<td>10만 원</td>`)
	d.says(article("hoechik", "별표1"), "한 달에 한 번 준다", true)
	d.says(article("hoechik", "별지제1호서식"), "이름:\n\n  전화:        (인)", true)
	d.says("/v1/rules/hoechik/articles/별표%201", `"number":"별표1","title":"[별표 1] 수당 기준(제1조 관련)"`, true)
	latest, err := (thing.Store{DB: d.DB}).Public(d.Context(), "rule", 0, 100)
	if err != nil || !slices.ContainsFunc(latest, func(v thing.Thing) bool {
		return v.Title == "총학생회칙 [별지 제1호서식] 신청서" && v.Path == article("hoechik", "별지제1호서식")
	}) {
		t.Error(latest, err)
	}
	d.law("hoechik", "amendment", annexed+"\n[별표 2] 회비\n학기마다 만 원", "2026-03-01", "2026-03-02", nil)
	d.says("/rules/hoechik/compare?from=1&to=2", "[별표 2] 회비", true)
	d.says("/rules/hoechik/compare?from=1&to=2", "신설 1개", true)
	d.law("hoechik", "amendment", "제1조(목적) 하나\n부칙\n글\n[별표 1] 삭제 <2026. 3. 2.>", "2026-03-01", "2026-03-02", map[string]any{"amendment": 2, "overrides": []map[string]any{{"article": "별표 2", "effectiveOn": "2026-04-01"}}})
	d.says("/rules/hoechik", "만 원", true)
	d.says("/rules/hoechik?at=2026-04-01", "만 원", false)
	d.call(d.editor, "POST", "/v1/rules/hoechik/versions", map[string]any{"kind": "amendment", "amendment": 3, "source": "제1조(가)\n[별표 1]\n글\n제2조(나) 글"}).Problem(422, "heading-misplaced").Says("4번째 줄")
}

// Files and the meeting that decided a version: for editors of its unit; after the promulgation files are added alone.
func TestPapers(t *testing.T) {
	for name, options := range map[string][]functiontest.Option{"SQLite": nil, "PostgreSQL": {functiontest.OnPostgres}} {
		t.Run(name, func(t *testing.T) {
			d := open(t, options...)
			d.book("a")
			n := d.begin("a", "enactment", one, "2026-03-02", nil)
			keep := func(as string, match string, files []string, meeting string) functiontest.Response {
				t.Helper()
				return d.call(as, "PUT", "/v1/rules/a/versions/1/papers", map[string]any{"files": files, "meeting": meeting}, match)
			}
			first, second := d.Upload(functiontest.Upload{Name: "원문.pdf", Type: "pdf"}), d.Upload(functiontest.Upload{Name: "원문.hwp", Type: "hwp"})
			const minutes = "/minutes/01961111-1111-7111-8111-111111111111"
			put := func(from *time.Time, version int64) {
				t.Helper()
				if err := (thing.Store{DB: d.DB}).Put(d.Context(), thing.Thing{
					Ref: thing.Ref{Kind: "minute", ID: minutes[len("/minutes/"):]}, Unit: "총학", Path: minutes, Title: "제3차 전학대회", TitleEn: "Meeting 3", Tags: []string{}, At: clock.Now(d.Context()), From: from, Readers: thing.Guests, Version: version,
				}); err != nil {
					t.Fatal(err)
				}
			}
			if got := keep(d.editor, `"v1"`, nil, minutes).Problem(422, "invalid-input").Fields(); got[0] != "meeting:no-minutes" {
				t.Error(got)
			}
			put(nil, 1)
			keep(d.Holder(auth.Editor, "감사"), `"v1"`, nil, minutes).Problem(404, "not-found")
			keep(d.editor, `"v1"`, []string{first}, "/en"+minutes+"#item-2").Want(200).Says(`"meeting":"` + minutes + `"`).Says("원문.pdf")
			keep(d.editor, `"v1"`, nil, "").Problem(412, "version-stale")
			keep(d.editor, `"v2"`, []string{second, first}, minutes).Want(200)
			d.promulgate("a", n, "2026-03-02").Want(200)
			keep(d.editor, "*", []string{second}, minutes).Problem(409, "files-stay")
			third := d.Upload(functiontest.Upload{Name: "공포문.pdf", Type: "pdf"})
			keep(d.editor, "*", []string{second, first, third}, minutes).Want(200).Says("공포문.pdf")
			for _, path := range []string{"/rules/a/versions/1", "/rules/a/compare?from=0&to=1", "/v1/rules/a/versions/1"} {
				d.says(path, "공포문.pdf", true)
				d.says(path, "제3차 전학대회", false) // a draft
			}
			now := clock.Now(d.Context())
			put(&now, 2)
			for _, path := range []string{"/rules/a/versions/1", "/rules/a/compare?from=0&to=1", "/v1/rules/a/versions/1"} {
				d.says(path, "제3차 전학대회", true)
			}
			d.says("/en/rules/a/versions/1", "Meeting 3", true)
			if err := (thing.Store{DB: d.DB}).Put(d.Context(), thing.Thing{
				Ref: thing.Ref{Kind: "notice", ID: "a"}, Unit: "총학", Path: "/notices/a", Title: "회칙을 공포합니다", Tags: []string{}, At: now, From: &now, Readers: thing.Guests, Version: 1, Links: []string{"/en/rules/a/versions/1?utm_source=x"},
			}); err != nil {
				t.Fatal(err)
			}
			for _, path := range []string{"/rules/a/versions/1", "/rules/a/compare?from=0&to=1", "/v1/rules/a/versions/1"} {
				d.says(path, "회칙을 공포합니다", true)
			}
			keep(d.editor, "*", []string{second, first, third}, "https://council.madang.ac.kr"+minutes+"?x=y").Want(200).Says(`"meeting":"` + minutes + `"`)
			if err := (thing.Store{DB: d.DB}).Drop(d.Context(), thing.Ref{Kind: "minute", ID: minutes[len("/minutes/"):]}); err != nil {
				t.Fatal(err)
			}
			d.says("/rules/a/versions/1", "제3차 전학대회", false)
			keep(d.editor, "*", []string{second, first, third}, minutes).Want(200) // what it was may stay

			m := d.begin("a", "amendment", two, "", nil)
			if m != 2 {
				t.Fatal(m)
			}
			fourth := d.Upload(functiontest.Upload{Name: "안.pdf", Type: "pdf"})
			d.call(d.editor, "PUT", "/v1/rules/a/versions/2/papers", map[string]any{"files": []string{fourth}}, "*").Want(200)
			d.call("", "GET", "/v1/rules/a/versions/2", nil).Problem(404, "not-found")
			d.call(d.editor, "DELETE", "/v1/rules/a/versions/2", nil, "*").Want(204)
			if used, err := (upload.Store{DB: d.DB}).UsesOf(d.Context(), fourth); err != nil || len(used) != 0 {
				t.Error("a draft that was deleted keeps its files", used, err)
			}
		})
	}
}
