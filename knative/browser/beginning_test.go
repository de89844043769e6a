package browser

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/madang-council/madang/knative/devhost/devhosttest"
	"github.com/madang-council/madang/shared/clock"
)

// A new council begins with nothing, on a telephone: two meetings, a rulebook with an amendment, three settlements. Each is
// found by search, and nothing but what the pages say was read.
func TestBeginning(t *testing.T) {
	t.Parallel()
	started := devhosttest.StartEmpty(t, "localhost:0", filepath.Join(t.TempDir(), "data"))
	h := &localHost{t: t, address: started.Address, email: started.Email, password: started.Password, data: started.Data}
	p := newPerson(t, h, phone)
	today := time.Now().In(clock.Seoul)

	p.open("/console/minutes/new")
	p.signsIn()
	p.sees("먼저 회의 기구를 추가해 주세요.")
	p.press("회의 기구")
	p.fill("주소", "assembly")
	p.fill("이름", "전체학생대표자회의")
	p.leave(chromedp.Click(p.find("the button", "#main button, main button", `words(e.innerText) === '추가'`)))
	p.sees("전체학생대표자회의")
	for i, title := range []string{"셔틀버스 증편", "회칙 개정안 의결"} {
		p.open("/console/minutes/new")
		p.fill("회차", string(rune('1'+i)))
		p.sets("회의 시각(한국 시각)", today.Add(-time.Duration(2-i)*time.Hour).Format("2006-01-02T15:04"))
		p.press("만들고 안건 쓰기")
		p.fill("안건 이름", title)
		p.press("저장")
		p.press("전문 공개")
		p.sees("전문 공개")
	}

	p.open("/console/rules")
	p.fill("이름", "총학생회칙")
	p.fill("주소", "hoechik")
	p.leave(chromedp.Click(p.find("the button", "main button", `words(e.innerText) === '등록'`)))
	day := today.Format("2006-01-02")
	for n, text := range []string{"제1조(목적) 이 회칙은 총학생회를 정한다.\n제2조(회비) 회비는 만 원으로 한다.\n부칙\n공포한 날부터 시행한다.", "제1조(목적) 이 회칙은 총학생회를 정한다.\n제2조(회비) 회비는 이만 원으로 한다.\n제3조(감사) 감사위원회를 둔다.\n부칙\n공포한 날부터 시행한다."} {
		p.open("/console/rules/hoechik/new")
		eval[bool](p, `(() => { const box = document.querySelector('#field-source'); box.value = `+"`"+text+"`"+`; box.dispatchEvent(new Event('input', { bubbles: true })); return true })()`)
		on := []string{"2025-03-01", day}[n] // two texts of one article on one day are refused
		p.sets("시행하는 날", on)
		p.leave(chromedp.Click(chromedp.CSS("#save")))
		if n == 1 {
			p.shot("beginning-amendment")
			p.selects("의결한 회의", today.Format("2006")+"년 제2차")
			p.leave(chromedp.Click(chromedp.CSS("#keep")))
			p.sees("파일과 회의록을 저장했습니다.")
		}
		p.sets("공포한 날", on)
		p.do(chromedp.Click(chromedp.CSS("#promulgate button")))
		p.answers("공포하기")
		p.until("it is promulgated", `location.pathname === '/console/rules/hoechik' && document.body.innerText.includes('공포했습니다')`)
	}

	p.open("/console/archives/new")
	p.sees("아직 분류가 없습니다.")
	p.press("분류와 낼 자료")
	p.fill("주소에 쓸 이름", "settlement")
	p.fill("이름", "결산")
	p.leave(chromedp.Click(p.find("the button", "main button", `words(e.innerText) === '저장'`)))
	for _, quarter := range []string{"1", "2", "3"} {
		p.open("/console/archives/new")
		p.fill("제목", quarter+"분기 결산서")
		p.fill("기간", today.Format("2006")+"-Q"+quarter)
		p.do(chromedp.SendKeys(chromedp.CSS("#field-table"), "항목,예산,집행,잔액\n간식 "+strings.Repeat("가", len(quarter))+",300000,250000,50000\n"))
		p.press("저장")
		p.sees("자료를 저장했습니다.")
	}

	reader := newPerson(t, h, phone)
	for words, want := range map[string]string{
		"셔틀 버스": "제1차 전체학생대표자회의", "개정안의결": "제2차 전체학생대표자회의", "감사 위원회": "총학생회칙 제3조(감사)", "ㅎㅂ": "총학생회칙 제2조(회비)", "1차 개정": "총학생회칙 제1차 개정",
		"1분기 결산": "1분기 결산서", "2분기": "2분기 결산서", "3분기결산서": "3분기 결산서",
	} {
		reader.open("/")
		reader.do(chromedp.SetValue(chromedp.CSS("input[type=search]"), words))
		eval[bool](reader, `(document.querySelector('input[type=search]').focus(), true)`)
		reader.leave(enter())
		reader.sees(want)
		reader.fits()
	}
	reader.shot("beginning-search")
	reader.open("/rules/hoechik/compare?from=1&to=2")
	reader.sees("이만 원으로")
	reader.shot("beginning-compare")
	reader.press(today.Format("2006") + "년 제2차 전체학생대표자회의")
	reader.comesToSee("이 회의와 관련된 회칙 개정")
	reader.press("총학생회칙 제1차 개정")
	reader.sees("이만 원으로")
}
