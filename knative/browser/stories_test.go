package browser

import (
	"regexp"
	"strings"
	"testing"
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
			p.fill("제목에서 찾기", "간식")
			p.leave(enter())
			p.sees("제목에 ‘간식’이(가) 들어간 공지입니다.")
			p.press("중간고사 간식 행사")
			p.sees("학생증을 꼭 가져오세요.")
			p.press("#행사")
			p.sees("‘행사’ 태그가 붙은 공지입니다.")
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
			p.press("2026학년도 총학생회비 납부 안내")
			p.shot("table")
			p.press("Privacy")
			p.sees("What is kept of members")
			p.shot("privacy")
			p.press("한국어")
			p.sees("회원에게서 모으는 것")
			p.open("/none")
			p.sees(map[string]string{"ko-KR": "찾는 쪽이 없습니다", "en-US": "There is no such page"}[d.language])
			p.shot("none")
			p.open("/notices/none")
			p.sees("찾는 쪽이 없습니다")
			p.shot("notice-none")
			p.open("/")
			if others := eval[[]string](p, `performance.getEntriesByType('resource').map(e => e.name).filter(n => !n.startsWith(location.origin))`); len(others) > 0 {
				t.Errorf("others are asked: %v", others)
			}
			if shift := eval[float64](p, `new Promise(done => { let sum = 0; new PerformanceObserver(l => l.getEntries().forEach(e => sum += e.value)).observe({ type: 'layout-shift', buffered: true }); setTimeout(() => done(sum), 300); })`, awaited); shift > 0.01 {
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
			p.fill("전자우편", me)
			p.fill("비밀번호", "12345678")
			p.fill("이름", "이소리")
			p.tick("개인정보 수집과 이용에 동의합니다")
			p.tick("만 14세 이상입니다")
			p.press("가입하기")
			p.sees("누구나 먼저 넣어 볼 만한 비밀번호입니다.")
			p.shot("sign-up-refused")
			p.fill("비밀번호", secretWord)
			p.press("가입하기")
			p.sees("가입을 받았습니다.")
			p.fill("전자우편", me)
			p.fill("비밀번호", "틀린 비밀번호")
			p.press("로그인")
			p.sees("전자우편, 비밀번호 또는 인증 번호가 맞지 않습니다.")
			p.shot("sign-in-refused")
			p.fill("비밀번호", secretWord)
			p.leave(enter())
			p.at("/my")
			p.shot("my")

			p.press("학교 메일로 확인하기")
			p.shot("verification")
			p.fill("학교 메일", school)
			p.press("번호 받기")
			p.fill("인증 번호", sixDigits.FindString(h.mail(school)))
			p.shot("code")
			p.press("확인")
			p.sees("학생 확인을 마쳤습니다.")

			p.fill("이름", "이 소리")
			p.press("저장")
			p.sees("프로필을 바꿨습니다.")
			p.press("로그인한 기기")
			p.sees("지금 이 기기")
			p.shot("sessions")
			p.press("내 정보")
			p.press("동의")
			p.tick("행사와 소식을 메일로 받겠습니다")
			p.press("저장")
			p.sees("동의한 내용을 저장했습니다.")
			p.shot("consents")
			p.open("/my/password")
			p.fill("지금 비밀번호", secretWord)
			p.fill("새 비밀번호", "노란 별 아래 여덟 마리")
			p.press("바꾸기")
			p.sees("비밀번호를 바꾸고 다른 기기에서는 로그아웃했습니다.")

			p.press("탈퇴")
			p.shot("leave")
			p.fill("지금 비밀번호", "노란 별 아래 여덟 마리")
			p.press("탈퇴하기")
			p.sees("까지 되돌릴 수 있습니다.")
			p.shot("left")
			p.press("탈퇴 취소하기")
			p.fill("전자우편", me)
			p.fill("비밀번호", "노란 별 아래 여덟 마리")
			p.press("탈퇴 취소하기")
			p.sees("탈퇴를 취소했습니다.")

			p.press("비밀번호를 잊었어요")
			p.fill("전자우편", me)
			p.press("링크 받기")
			p.sees("메일을 보냈습니다.")
			_, token, _ := strings.Cut(h.mail(me), "/password#")
			p.open("/password#" + strings.Fields(token)[0])
			p.shot("reset")
			p.fill("새 비밀번호", "하얀 구름 아래 아홉 마리")
			p.press("비밀번호 정하기")
			p.fill("전자우편", me)
			p.fill("비밀번호", "하얀 구름 아래 아홉 마리")
			p.press("로그인")
			p.sees("이 소리님, 안녕하세요.")
			p.shot("home-member")
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
	p.sees("총학생회 관리자님, 안녕하세요.")
	p.sees("콘솔")
}

// Without scripts everything can be done too: the link that sets a new password is pasted.
func TestWithoutScripts(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, phone)
	p.withoutScripts()
	p.open("/password")
	p.sees("메일의 링크에서 # 뒤를 붙여 넣으세요.")
}
