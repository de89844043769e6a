package browser

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

const secretWord = "푸른 나무 아래 일곱 마리"

var sixDigits = regexp.MustCompile(`\b[0-9]{6}\b`)

// A visitor reads, looks for something and goes over to English, and nobody else is asked
// for anything on the way.
func TestVisitor(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	for _, d := range []device{desk, phone, deskDark, nightly} {
		t.Run(d.name, func(t *testing.T) {
			t.Parallel()
			p := newPerson(t, h, d)
			p.open("/")
			p.sees("학생회관 단수 안내")
			p.shot("home")
			p.press("공지 모두 보기")
			p.at("/notices")
			p.shot("notices")
			p.fill("공지 찾기", "간식")
			p.leave(enter())
			p.sees("‘간식’ 검색 결과")
			p.press("중간고사 간식 행사")
			p.sees("학생증을 꼭 가져오세요.")
			p.press("#행사")
			p.sees("공지 #행사")
			p.press("봄 대동제 '마당' 개최")
			p.sees("주점 신청은 학과 학생회를 통해 받습니다.")
			p.shot("notice")
			p.press("English")
			if a := p.address(); !strings.HasPrefix(a, "/en/notices/") {
				t.Errorf("English is at %s", a)
			}
			p.shot("notice-english")
			// A picture that does not come is as wide as its place, not as it would have been.
			eval[bool](p, `document.querySelectorAll('.gallery img').forEach(i => { i.removeAttribute('srcset'); i.loading = 'eager'; i.src = '/files/none.jpg' }) || true`)
			p.until("the picture is given up", `[...document.querySelectorAll('.gallery img')].every(i => i.complete && i.naturalWidth === 0)`)
			p.fits()
			p.press("Notices")
			p.press("Student council fee for 2026")
			p.shot("table")
			p.press("Privacy")
			p.sees("What is kept, why, and until when")
			p.shot("privacy")
			p.press("한국어")
			p.sees("모으는 항목, 목적, 보유 기간")
			p.open("/none")
			p.sees(map[string]string{"ko-KR": "페이지를 찾을 수 없습니다", "en-US": "Page not found"}[d.language])
			p.shot("none")
			p.open("/notices/none")
			p.sees("페이지를 찾을 수 없습니다")
			p.shot("notice-none")
			p.open("/")
			if others := eval[[]string](p, `performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin))`); len(others) > 0 {
				t.Errorf("others are asked: %v", others)
			}
			if shift := eval[float64](p, `new Promise(done => { let sum = 0; new PerformanceObserver(l => l.getEntries().forEach(e => sum += e.value)).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 300); })`, awaited); shift > 0.05 { // half of what people notice (web.dev, CLS)
				t.Errorf("the page jumps by %v", shift)
			}
		})
	}
}

// A student signs up, proves to be one and looks after the account, at a desk and on a
// telephone.
func TestStudent(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	for _, d := range []device{desk, phone, deskDark} {
		t.Run(d.name, func(t *testing.T) {
			p := newPerson(t, h, d)
			me, school := "sori."+d.name+"@example.com", "2026."+d.name+"@madang.ac.kr"
			p.open("/my")
			p.at("/sign-in?next=%2Fmy")
			p.shot("sign-in")
			p.press("가입하기")
			p.fill("이메일", me)
			p.fill("비밀번호", "12345678")
			p.fill("이름", "이소리")
			p.tick("개인정보 수집과 이용에 동의합니다")
			p.tick("만 14세 이상입니다")
			p.press("가입하기")
			p.sees("너무 흔한 비밀번호예요.")
			p.shot("sign-up-refused")
			p.fill("비밀번호", secretWord)
			p.does("비밀번호 표시")
			if got := eval[string](p, `document.querySelector('#field-password').type`); got != "text" {
				t.Errorf("the password is shown as %s", got)
			}
			p.press("가입하기")
			p.at("/my?done=joined")
			p.sees("가입했습니다.")
			p.press("로그아웃")
			p.open("/sign-in?next=%2Fmy")
			p.fill("이메일", me)
			p.fill("비밀번호", "틀린 비밀번호")
			p.press("로그인")
			p.sees("이메일이나 비밀번호가 맞지 않습니다.")
			p.shot("sign-in-refused")
			p.fill("비밀번호", secretWord)
			p.leave(enter())
			p.at("/my")
			p.shot("my")

			p.press("이메일 인증하기")
			p.shot("address")
			p.fill("인증번호", sixDigits.FindString(h.mail(me)))
			p.press("확인")
			p.sees("이메일 주소를 확인했습니다.")
			p.open("/my/proof?next=/my")
			p.shot("proof")
			p.fill("비밀번호", secretWord)
			p.press("계속")
			p.at("/my")

			p.press("학교 이메일로 인증하기")
			p.shot("verification")
			p.fill("학교 이메일", school)
			p.press("인증번호 받기")
			p.fill("인증번호", sixDigits.FindString(h.mail(school)))
			p.shot("code")
			p.press("확인")
			p.sees("재학생 인증을 마쳤습니다.")

			p.fill("이름", "이 소리")
			p.press("저장")
			p.sees("프로필을 바꿨습니다.")
			p.press("로그인한 기기")
			p.sees("지금 이 기기")
			p.shot("sessions")
			p.press("내 정보")
			p.press("동의")
			p.sees("개인정보 수집과 이용에 동의했습니다")
			p.shot("consents")
			p.open("/my/password")
			p.fill("새 비밀번호", "노란 별 아래 여덟 마리")
			p.press("바꾸기")
			p.sees("비밀번호를 바꾸고 다른 기기에서는 로그아웃했습니다.")

			p.press("탈퇴")
			p.shot("leave")
			p.press("탈퇴하기")
			p.sees("까지 되돌릴 수 있습니다.")
			p.shot("left")
			p.press("탈퇴 취소하기")
			p.fill("이메일", me)
			p.fill("비밀번호", "노란 별 아래 여덟 마리")
			p.press("탈퇴 취소하기")
			p.sees("탈퇴를 취소했습니다.")

			p.press("비밀번호를 잊었어요")
			p.fill("이메일", me)
			p.press("링크 받기")
			p.sees("이메일을 보냈습니다.")
			_, token, _ := strings.Cut(h.mail(me), "/password#")
			p.open("/password#" + strings.Fields(token)[0])
			p.shot("reset")
			p.fill("새 비밀번호", "하얀 구름 아래 아홉 마리")
			p.press("비밀번호 정하기")
			p.fill("이메일", me)
			p.fill("비밀번호", "하얀 구름 아래 아홉 마리")
			p.press("로그인")
			p.at("/")
			p.shot("home-member")
			if d.width < 1024 { // there the account is on the menu's page
				p.press("메뉴")
			}
			p.press("내 정보")
			p.press("로그아웃")
			p.sees("로그아웃했습니다.")
			p.open("/my")
			p.at("/sign-in?next=%2Fmy")
		})
	}
}

// Whoever uses no pointer reaches the text first, and signs in by keys alone.
func TestKeyboard(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/sign-in")
	p.keys("\t")
	if got := eval[string](p, `document.activeElement.innerText`); got != "본문으로 건너뛰기" {
		t.Fatalf("the first is %q", got)
	}
	p.keys("\r")
	p.keys("\t")
	if got := eval[string](p, `document.activeElement.name`); got != "email" {
		t.Fatalf("behind it is %q", got)
	}
	p.keys(h.email + "\t" + h.password)
	p.leave(enter())
	p.at("/")
	p.sees("내 정보")
	p.sees("콘솔")
}

// The key / leads to the search field of a page, and is a letter in a box; Escape closes a menu and is back at its name, and
// whoever goes on leaves none open.
func TestHeaderKeys(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/notices")
	at := func(want string) {
		t.Helper()
		p.until("the field "+want, `document.activeElement.id === '`+want+`'`)
	}
	p.until("the script", `document.readyState === 'complete'`)
	const opened = `document.querySelectorAll('.groups details[open]').length`
	p.do(chromedp.Click(".groups summary"))
	p.until("a menu is open", opened+` === 1`)
	p.keys(kb.Escape)
	p.until("it is closed, and its name has the focus", opened+` === 0 && document.activeElement.matches('.groups summary')`)
	p.keys(kb.Enter)
	p.until("it is open again", opened+` === 1`)
	p.do(chromedp.Focus("main a"))
	p.until("who goes on leaves none open", opened+` === 0`)
	p.keys("/")
	at("find")
	p.keys("a/")
	p.until("a letter in the box", `document.querySelector('#find').value.endsWith('a/')`)
	at("find")
	p.do(chromedp.SetValue(chromedp.CSS("#find"), "정기 소독"))
	p.leave(enter())
	p.sees("동아리방 정기 소독 안내")
	p.shot("search")
	p.open("/search?q=ㄷㅇㄹ")
	p.sees("동아리방")
	p.open("/search?q=정기소독")
	p.sees("동아리방 정기 소독 안내")
	if got := eval[string](p, `document.querySelector('main mark').innerText`); got != "정기 소독" {
		t.Errorf("marked %q", got)
	}
	p.open("/search?q=소")
	p.shot("search-refused")
}

// Without scripts everything can be done too: the link that sets a new password is pasted.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, phone)
	p.withoutScripts()
	p.open("/password")
	p.sees("이메일의 링크에서 # 뒤를 붙여 넣으세요.")
}
