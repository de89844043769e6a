package browser

import (
	"strings"
	"testing"
	"time"
)

// The council switches something off and writes the line above every page; admins see what is set, and everybody the line.
func TestPolicies(t *testing.T) {
	t.Parallel()
	h := startHost(t)
	p := newPerson(t, h, desk)
	p.open("/console/policies")
	p.signsIn()
	p.at("/console/policies")
	p.shot("policies")
	p.open("/console/policies/site?change=banner")
	p.fill("모든 페이지 위의 한 줄", "오늘 밤 11시부터 10분 동안 점검합니다.")
	p.leave(enter())
	p.at("/console/policies/site")
	p.sees("오늘 밤 11시부터")
	p.open("/console/policies/site?change=off")
	p.shot("policies-choices")
	p.tick("배너")
	p.press("저장")
	p.at("/console/policies/site")
	p.open("/console/policies/site?change=readOnly")
	p.tick("켜기")
	p.press("저장")
	p.at("/console/policies/site")
	p.sees("읽기만 하기: 켜짐")
	p.shot("policies-set")
	for range 50 { // whoever comes within a second of a touch may get the page of before, and has it renewed
		if body, _ := h.read("/", ""); strings.Contains(body, "오늘 밤 11시부터") {
			break
		}
		time.Sleep(100 * time.Millisecond)
	}
	for _, d := range []device{desk, phone, deskDark} {
		t.Run(d.name, func(t *testing.T) {
			reader := newPerson(t, h, d)
			reader.open("/")
			reader.sees("오늘 밤 11시부터")
			reader.sees("읽기만 할 수 있어요")
			reader.shot("bulletin")
			reader.open("/en/notices")
			reader.shot("bulletin-english")
		})
	}
}
