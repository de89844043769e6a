package browser

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/google/go-cmp/cmp"
)

// An admin pastes an amendment, is shown the line where it fails, mends it, sees its tree and what
// changes, promulgates it, and readers compare it with what was before.
func TestRules(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/rules/seonggeo/new")
	p.signsIn()
	p.at("/console/rules/seonggeo/new")
	write := func(text string) {
		t.Helper()
		eval[bool](p, `(() => { const box = document.querySelector('#field-source'); box.value = `+"`"+text+"`"+`; box.dispatchEvent(new Event('input', { bubbles: true })); return true })()`)
	}
	write("제1조(목적) 이 세칙은 선거를 정한다.\n제2조(위원회) ① 위원은 9명이다.\n② 호선한다.\n② 다시")
	p.until("the failing line", `document.querySelector('#failing')?.dataset.line === '4' && document.querySelector('.failing .here')?.innerText.includes('② 다시')`)
	p.shot("rules-failing")
	write("제1조(목적) 이 세칙은 총학생회 회칙에 따라 선거에 필요한 사항을 정한다.\n제2조(선거관리위원회) ① 선거관리위원회는 위원 9명으로 한다.\n② 위원은 어느 후보의 선거운동도 할 수 없다.\n제3조(선거운동 기간) 선거운동은 투표 전날까지 7일 동안 할 수 있다.\n부칙\n이 세칙은 공포한 날부터 시행한다.")
	p.until("the tree", `document.querySelectorAll('.tree li b').length === 4 && document.querySelector('.changes summary')?.innerText.includes('바뀌는 조문 1개')`)
	p.do(chromedp.Click(chromedp.CSS(".changes summary")))
	p.shot("rules-editor")
	eval[bool](p, `(() => { const day = new Date(Date.now() + 33 * 3600e3).toISOString().slice(0, 10); document.querySelector('#field-effectiveOn').value = day; return true })()`)
	p.leave(chromedp.Click(chromedp.CSS("#save")))
	p.at("/console/rules/seonggeo/2")
	p.sees("공포하면 글과 날짜를 고칠 수 없고")
	p.shot("rules-draft")
	p.do(chromedp.Click(chromedp.CSS("#promulgate button")))
	p.answers("공포하기")
	p.until("it is promulgated", `location.pathname === '/console/rules/seonggeo' && document.body.innerText.includes('공포했습니다')`)
	for _, d := range []device{desk, phone, deskDark, narrow, paper} {
		t.Run(d.name, func(t *testing.T) {
			reader := newPerson(t, h, d)
			reader.open("/rules")
			reader.shot("rules")
			reader.open("/rules/hoechik")
			reader.shot("rules-text")
			reader.open("/rules/hoechik/compare?from=1&to=2")
			reader.sees("〈신설〉")
			reader.shot("rules-compare")
			reader.open("/rules/hoechik/%EC%A0%9C9%EC%A1%B0")
			reader.shot("rules-article")
			reader.open("/rules/seonggeo/compare?from=1&to=2")
			reader.sees("9명으로")
			reader.fits()
		})
	}
}

// A comparison taken along as CSV says, as npm's Papa Parse reads it, what the page says: article by article, each side line by
// line, in both languages.
func TestComparisonIsASheet(t *testing.T) {
	t.Parallel()
	needed(t, "testdata/checkers/node_modules/papaparse/package.json", npmPackages)
	h := startHost(t)
	p := newPerson(t, h, desk)
	type asked struct {
		CSV string `json:"csv"`
	}
	type answered struct {
		Rows   [][]string
		Errors []string
	}
	type article struct {
		Title, Word string
		Was, Is     []string
	}
	for _, language := range []string{"", "/en"} {
		for _, query := range []string{"?from=1&to=2", "?from=0&to=1", "?from=2&to=1"} {
			file, response := h.read(language+"/rules/hoechik/compare.csv"+query, "")
			if response.StatusCode != http.StatusOK {
				t.Fatal(response.Status)
			}
			sheet := answers[answered](t, nil, []asked{{file}}, "sheets.mjs")[0]
			if len(sheet.Errors) > 0 || len(sheet.Rows) < 2 {
				t.Fatalf("%q: %q", sheet.Errors, sheet.Rows)
			}
			written := []article{}
			for _, row := range sheet.Rows[1:] {
				if n := len(written); n == 0 || written[n-1].Title != row[1] || written[n-1].Word != row[0] {
					written = append(written, article{Title: row[1], Word: row[0]})
				}
				last := &written[len(written)-1]
				for side, said := range row[2:] {
					if said = strings.TrimPrefix(said, "'"); said != "" {
						list := []*[]string{&last.Was, &last.Is}[side]
						*list = append(*list, said)
					}
				}
			}
			p.open(language + "/rules/hoechik/compare" + query)
			shown := eval[[]article](p, `[...document.querySelectorAll('section.art')].map((art) => {
				const said = (e) => { const copy = e.cloneNode(true); copy.querySelectorAll('.hidden').forEach((h) => h.remove()); return copy.textContent; };
				const side = (name) => [...art.querySelectorAll('.cmp > .' + name + ' > p')].map(said);
				return { Title: said(art.querySelector('h3 > span')), Word: said(art.querySelector('h3 .st')), Was: side('was'), Is: side('is') };
			})`)
			for i := range shown { // none are null in one and empty in the other
				shown[i].Was, shown[i].Is = append([]string(nil), shown[i].Was...), append([]string(nil), shown[i].Is...)
			}
			if diff := cmp.Diff(shown, written); diff != "" {
				t.Errorf("%s%s: the page (-) and the sheet (+): %s", language, query, diff)
			}
			if got := eval[[]string](p, `[...document.querySelectorAll('.cmp-head > span')].map((e) => e.textContent)`); !slices.Equal(got, sheet.Rows[0][2:]) {
				t.Errorf("%q, and the sheet %q", got, sheet.Rows[0])
			}
		}
	}
}
