package browser

import (
	"net/url"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// joins signs somebody up, who confirms their address.
func (p *person) joins(email, name string) {
	p.t.Helper()
	p.open("/sign-up")
	p.fill("이메일", email)
	p.fill("비밀번호", secretWord)
	p.fill("이름", name)
	p.tick("개인정보 수집과 이용에 동의합니다")
	p.tick("만 14세 이상입니다")
	p.press("가입하기")
	p.press("이메일 인증하기")
	p.fill("인증번호", sixDigits.FindString(p.host.mail(email)))
	p.press("확인")
	p.sees("이메일 주소를 확인했습니다.")
}

// appointed is joins, of who is then verified and made an editor of a unit.
func (p *person) appointed(email, name, unit string) {
	p.t.Helper()
	p.joins(email, name)
	session := p.host.signIn()
	id := p.host.first("/v1/admin/members?email="+url.QueryEscape(email), session)
	p.host.write("POST", "/v1/admin/members/"+id+"/verification", session, map[string]any{"studentNumber": id[24:]}, 204)
	p.host.write("PUT", "/v1/admin/members/"+id+"/roles/editor", session, map[string]any{"unit": unit}, 200)
}

// The council lets nothing come out without approval. An editor on a telephone writes a notice and asks for a review; a colleague at
// a desk is told, comments and asks for changes; the editor edits; the colleague, without scripts, approves; the editor publishes.
// Each sees at any moment how it stands.
func TestReview(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	h.write("PUT", "/v1/admin/policies/notices", h.signIn(), map[string]any{"values": map[string]any{"review": true}}, 200)
	editor, colleague := newPerson(t, h, phone), newPerson(t, h, desk)
	editor.appointed("sori@example.com", "이소리", "총학")
	colleague.open("/console")
	colleague.signsIn()

	editor.open("/console/notices/new")
	editor.fill("제목", "가을 체육대회")
	editor.sets("내용", "10월 12일 운동장에서 만나요.\n\n- 참가비: 없음")
	editor.until("what publishing needs", `document.querySelector('#will').textContent === '동료가 승인하면 게시할 수 있음' && document.querySelector('#publish').hidden`)
	editor.does("저장")
	editor.sees("초안으로 저장했습니다.")
	notice := editor.address()
	editor.shot("review-none")
	editor.press("검토 요청하기")
	editor.at(notice + "/review")
	editor.shot("review-ask")
	editor.sets("덧붙일 말", "날짜와 장소를 봐 주세요.")
	editor.press("검토 요청")
	editor.sees("검토를 요청했습니다.")
	editor.sees("이소리 님이 요청")
	editor.shot("review-asked")

	colleague.open("/my/notifications")
	colleague.comesToSee("검토 요청")
	colleague.shot("review-told")
	colleague.open("/console")
	colleague.sees("내 검토를 기다리는 공지")
	colleague.shot("review-home")
	colleague.press("가을 체육대회")
	colleague.sees("날짜와 장소를 봐 주세요.")
	colleague.shot("review-answer")
	colleague.press("수정 요청")
	colleague.sees("입력한 값을 확인하세요.")
	colleague.sets("의견", "비가 오면 어떻게 하나요?")
	colleague.press("의견 남기기")
	colleague.sees("의견을 남겼습니다.")
	colleague.sets("의견", "시각도 적어 주세요.\n\n10시가 맞지요?")
	colleague.press("수정 요청")
	colleague.sees("수정을 요청했습니다.")
	colleague.shot("review-changes")

	editor.open("/console")
	editor.sees("내가 검토를 요청한 공지")
	editor.shot("review-home")
	editor.open(notice)
	editor.sees("시각도 적어 주세요.")
	editor.until("how it stands, in sight", `(b => b.textContent === '수정 요청' && b.getBoundingClientRect().bottom <= innerHeight && b.getBoundingClientRect().top >= 0)(document.querySelector('#review-now'))`)
	editor.shot("review-editor-changes")
	editor.sets("내용", "10월 12일 10시에 운동장에서 만나요.\n\n- 참가비: 없음\n- 비가 오면: 체육관")
	editor.does("저장")
	editor.sees("초안으로 저장했습니다.")
	editor.until("that it waits again", `document.querySelector('#review-now').textContent === '고친 뒤 검토 대기'`)

	colleague.withoutScripts()
	colleague.open("/console")
	colleague.press("가을 체육대회")
	colleague.sees("고친 뒤 검토 대기")
	colleague.press("그 뒤 고친 것 보기")
	colleague.sees("비가 오면: 체육관")
	colleague.open(notice + "/review")
	colleague.press("승인")
	colleague.sees("승인했습니다.")
	colleague.shot("review-approved")

	editor.open(notice)
	editor.sees("총학생회 관리자 님이 2번째 버전을 승인")
	editor.until("that it can be published", `document.querySelector('#review-now').textContent === '승인됨' && !document.querySelector('#publish').hidden`)
	editor.shot("review-editor-approved")
	editor.sets("제목", "가을 체육대회!")
	editor.until("that it cannot as it is typed now", `document.querySelector('#publish').hidden`)
	editor.sets("제목", "가을 체육대회")
	editor.does("지금 게시")
	editor.sees("게시했습니다.")
	editor.sets("내용", "거짓말")
	editor.until("that readers' text is not edited", `document.querySelector('#will').textContent.startsWith('저장할 수 없음')`)
	editor.does("저장")
	editor.sees("게시한 글은 승인 없이 고칠 수 없습니다.")

	colleague.open("/console/audit")
	for _, done := range []string{"이소리 님이 공지의 검토를 요청했습니다", "공지의 검토에 의견을 썼습니다", "공지의 검토를 결정했습니다"} {
		if !strings.Contains(colleague.text(), done) {
			t.Errorf("the log has no %q", done)
		}
	}
	for _, d := range []device{phone, deskDark, nightly} {
		reader := newPerson(t, h, d)
		reader.open(notice + "/review")
		reader.signsIn()
		reader.shot("review-over")
		reader.open(notice)
		reader.sees("동료의 검토")
		reader.do(chromedp.ScrollIntoView(chromedp.CSS("#review")))
		reader.shot("review-editor-over")
	}
}
