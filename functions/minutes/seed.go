package minutes

import (
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/minute"
	"github.com/madang-council/madang/shared/function"
)

// seed is three bodies and meetings of every state: one published in time, one late, one whose
// decisions are out, one that is overdue, one of next week, one that nobody sees yet.
func seed(ground function.Ground) []function.Seed {
	day := func(days, hour int) time.Time {
		return clock.Midnight(ground.Now).AddDate(0, 0, days).Add(time.Duration(hour) * time.Hour)
	}
	list := []function.Seed{}
	for i, b := range []map[string]any{
		{"slug": "assembly", "name": "전체학생대표자회의", "nameEn": "General Assembly of Representatives", "unit": "총학", "numbered": true, "perYear": true},
		{"slug": "steering", "name": "중앙운영위원회", "nameEn": "Central Steering Committee", "unit": "총학", "numbered": true, "perYear": true},
		{"slug": "clubs", "name": "동아리대표자회의", "nameEn": "Assembly of Clubs", "unit": "동연", "numbered": true, "publishDays": 14, "names": true},
	} {
		b["order"] = i
		list = append(list, function.Seed{Path: "/v1/admin/minutes/bodies", Body: b})
	}
	item := func(title, kind, decision string, votes [3]int64, text string) map[string]any {
		i := map[string]any{"title": title, "kind": kind, "text": text}
		if decision != "" {
			i["decision"] = decision
		}
		if votes != [3]int64{} {
			i["yes"], i["no"], i["abstain"] = votes[0], votes[1], votes[2]
		}
		return i
	}
	none := [3]int64{}
	for _, m := range []map[string]any{
		{
			"body": "steering", "round": 11, "kind": minute.Regular, "heldAt": day(-16, 19), "place": "학생회관 301호", "chair": "총학생회장", "enrolled": 18, "present": 13, "publish": "full",
			"items": []any{
				item("2학기 사업 보고", minute.Report, "", none, "집행위원회가 2학기 사업의 진행 상황을 보고했습니다."),
				item("학생회비 추가 배분", minute.Motion, minute.Passed, [3]int64{11, 1, 1}, "인문대학과 공과대학에 **각 120만 원**을 더 나누기로 했습니다."),
				item("축제 예비비 사용", minute.Motion, minute.Rejected, [3]int64{4, 8, 1}, "근거 자료가 부족하다는 의견이 많았습니다."),
			},
			"text": "다음 회의는 2주 뒤에 엽니다.",
		},
		{
			"body": "steering", "round": 12, "kind": minute.Regular, "heldAt": day(-6, 19), "place": "학생회관 301호", "chair": "총학생회장", "enrolled": 18, "present": 15, "publish": "full",
			"items": []any{
				item("학내 셔틀버스 증편 요구안", minute.Motion, minute.Passed, [3]int64{15, 0, 0}, "등교 시간 배차를 10분에서 7분으로 줄이도록 본부에 요구합니다.\n\n- 요구서는 이번 주 안에 보냅니다.\n- 답변은 홈페이지에 싣습니다."),
				item("시험 기간 간식 행사", minute.Motion, minute.Amended, [3]int64{12, 2, 1}, "예산을 300만 원에서 250만 원으로 줄여 의결했습니다."),
				item("학생 고충 처리", minute.Discussion, minute.Deferred, none, "접수된 고충 두 건을 논의했습니다.\n\n[비공개: 개인 신상에 관한 내용]\n첫 번째 건은 신청자의 학과와 학번이 드러나 비공개로 다루었다.\n두 번째 건은 상담센터와 함께 처리하기로 했다.\n[비공개 끝]\n\n처리 결과는 다음 회의에서 보고합니다."),
			},
		},
		{
			"body": "steering", "round": 13, "kind": minute.Extraordinary, "heldAt": day(-1, 20), "place": "온라인 회의", "chair": "부총학생회장", "enrolled": 18, "present": 14, "publish": "decisions",
			"items": []any{
				item("등록금심의위원회 학생위원 추천", minute.Motion, minute.Passed, [3]int64{13, 0, 1}, "학생위원 세 사람을 추천했습니다."),
				item("도서관 24시간 개방 요구", minute.Motion, minute.Passed, none, "만장일치로 의결했습니다."),
			},
		},
		{
			"body": "clubs", "round": 41, "kind": minute.Regular, "heldAt": day(-20, 18), "place": "학생회관 대회의실", "chair": "동아리연합회장", "enrolled": 62, "present": 48, "publish": "decisions",
			"items": []any{item("동아리방 배정 기준 개정", minute.Motion, minute.Amended, [3]int64{31, 12, 5}, ""), item("신규 동아리 등록 심사", minute.Motion, minute.Passed, [3]int64{44, 1, 3}, "")},
		},
		{
			"body": "assembly", "round": 2, "kind": minute.Regular, "heldAt": day(7, 18), "place": "대강당", "publish": "announced",
			"items": []any{item("2026년 결산 보고", minute.Report, "", none, ""), item("총학생회칙 일부개정안", minute.Motion, "", none, ""), item("학생총회 소집", minute.Motion, "", none, "")},
		},
		{
			"body": "steering", "round": 14, "kind": minute.Regular, "heldAt": day(13, 19), "place": "학생회관 301호",
			"items": []any{item("겨울방학 학생회관 운영", minute.Discussion, "", none, "")},
		},
	} {
		list = append(list, function.Seed{Path: "/v1/minutes", Body: m})
	}
	return list
}
