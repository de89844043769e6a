package browser

import (
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/media/filetype/filetypetest"
)

// An editor uploads a settlement with a file; it stands in the grid on a desk and on a telephone, and a visitor takes the
// year home as one file.
func TestArchives(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/archives")
	p.signsIn()
	p.at("/console/archives")
	p.shot("console-archives")
	p.open("/console/archives/new?category=settlement&unit=%EB%8F%99%EC%97%B0&period=" + thisYear() + "-Q2")
	pdf := filepath.Join(t.TempDir(), "동연 결산서.hwp")
	if err := os.WriteFile(pdf, filetypetest.HWP(), 0o600); err != nil {
		t.Fatal(err)
	}
	p.fill("제목", "동연 2분기 결산서")
	p.do(chromedp.SendKeys(chromedp.CSS("#field-table"), "항목,예산,집행,잔액\n새내기 행사,300000,250000,60000\n"))
	p.does("표 확인하기")
	p.sees("합이 맞지 않습니다.")
	p.do(chromedp.SetValue(chromedp.CSS("#field-table"), "항목,예산,집행,잔액\n새내기 행사,300000,250000,50000\n"))
	p.does("표 확인하기")
	p.sees("합이 맞습니다.")
	p.chooses(pdf)
	p.until("the file", `document.querySelectorAll('#attachments > li').length === 1 && document.querySelectorAll('#transfers > li').length === 0`)
	p.does("저장")
	p.until("what is asked", `document.querySelector('#field-masked').getAttribute('aria-invalid') === 'true'`)
	p.shot("console-archive-refused")
	p.do(chromedp.Click(chromedp.CSS("#field-masked")))
	p.press("저장")
	p.sees("자료를 저장했습니다.")

	for name, d := range map[string]device{"desk": desk, "phone": phone} {
		reader := newPerson(t, h, d)
		reader.open("/archives")
		reader.sees("미제출")
		reader.fits()
		reader.shot("archives-" + name)
		reader.press("동연 2분기 결산서")
		reader.sees("새내기 행사")
		reader.sees("83.3%")
		reader.sees("동연 결산서.hwp")
		reader.fits()
		reader.shot("archive-" + name)
		if name == "phone" {
			reader.open("/archives")
			reader.press(thisYear() + "년 자료 모두 내려받기 (ZIP)")
			reader.sees("년 자료 한 파일")
			for range 100 {
				if reader.text(); eval[bool](reader, `document.body.innerText.includes('다 묶음')`) {
					break
				}
				reader.press("얼마나 되었는지 보기")
			}
			reader.sees("내려받기")
			reader.fits()
			reader.shot("archive-bundle")
		}
	}
}

// thisYear is the year that the host lives in.
func thisYear() string { return time.Now().In(clock.Seoul).Format("2006") }
