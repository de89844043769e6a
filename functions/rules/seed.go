package rules

import (
	_ "embed"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

// The rules of a university that there is not.
var (
	//go:embed seed/first.txt
	first string
	//go:embed seed/second.txt
	second string
	//go:embed seed/third.txt
	third string
)

// seed is a rulebook with one amendment in force and one announced, and one below it.
func seed(ground function.Ground) []function.Seed {
	today := clock.Day(ground.Now)
	return []function.Seed{
		{Path: "/v1/rules", Body: map[string]any{"slug": "hoechik", "unit": "총학", "title": "마당대학교 총학생회 회칙", "body": "전체학생대표자회의"}},
		{Path: "/v1/rules/hoechik/versions", Body: map[string]any{"kind": "enactment", "decidedOn": "2019-03-20", "effectiveOn": "2019-04-01", "source": first}},
		{Path: "/v1/rules/hoechik/versions/1/promulgate", Body: map[string]any{"promulgatedOn": "2019-03-25"}},
		{Path: "/v1/rules/hoechik/versions", Body: map[string]any{
			"kind": "amendment", "amendment": 1, "decidedOn": "2025-02-20", "effectiveOn": "2025-03-01", "source": second,
			"reason": "회의록이 늦게 나와 결정한 일을 제때 알 수 없었습니다. 공개 기한을 줄이고, 회원이 청원할 수 있게 합니다.",
			"moves":  []map[string]any{{"from": "11", "to": "12"}},
		}},
		{Path: "/v1/rules/hoechik/versions/2/promulgate", Body: map[string]any{"promulgatedOn": "2025-02-25"}},
		{Path: "/v1/rules/hoechik/versions", Body: map[string]any{
			"kind": "amendment", "amendment": 2, "announceNow": true, "source": third, "reason": "총학생회비를 어디에 썼는지 분기마다 알립니다.",
		}},
		{Path: "/v1/rules", Body: map[string]any{"slug": "seonggeo", "unit": "총학", "title": "선거시행세칙", "body": "중앙운영위원회", "parent": "hoechik"}},
		{Path: "/v1/rules/seonggeo/versions", Body: map[string]any{"kind": "enactment", "decidedOn": today, "effectiveOn": today, "source": "제1조(목적) 이 세칙은 총학생회 회칙에 따라 선거에 필요한 사항을 정한다.\n제2조(선거관리위원회) ① 선거관리위원회는 위원 7명으로 한다.\n② 위원은 어느 후보의 선거운동도 할 수 없다.\n제3조(선거운동 기간) 선거운동은 투표 전날까지 7일 동안 할 수 있다.\n부칙\n이 세칙은 공포한 날부터 시행한다."}},
		{Path: "/v1/rules/seonggeo/versions/1/promulgate", Body: map[string]any{"promulgatedOn": today}},
	}
}
