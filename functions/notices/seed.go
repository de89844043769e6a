package notices

import (
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

// seed is notices of every state.
func seed(ground function.Ground) []function.Seed {
	now, pictures := ground.Now, ground.Pictures
	in := func(d time.Duration) time.Time { return now.Add(d) }
	list := []function.Seed{}
	day := 24 * time.Hour
	tomorrow := clock.Midnight(now).Add(day + 9*time.Hour)
	for _, n := range []map[string]any{
		{"unit": "총학", "title": "2026학년도 총학생회비 납부 안내", "tags": []string{"학생회비"}, "publishAt": now,
			"body":    "총학생회비 납부 기간을 알립니다.\n\n| 구분 | 내용 |\n|---|---|\n| 금액 | 10,000원 |\n| 기간 | 등록금 납부 기간과 같음 |\n\n자세한 것은 **학생회관 301호**에 물어봐 주세요.",
			"titleEn": "Student council fee for 2026", "bodyEn": "The fee can be paid at the same time as tuition.\n\n| What | Details |\n|---|---|\n| Amount | 10,000 won |\n| When | the tuition payment period |\n\nQuestions? Come to **room 301 of the student union**."},
		{"unit": "감사", "title": "2026년 1분기 감사 결과 공고", "tags": []string{"감사", "공고"}, "publishAt": now,
			"body": "감사시행세칙에 따라 1분기 감사 결과를 공고합니다.\n\n1. 총학생회: 적합\n2. 동아리연합회: 적합\n3. 단과대학 학생회: 개선 권고 2건"},
		{"unit": "동연", "title": "동아리방 정기 소독 안내", "tags": []string{"동아리"}, "publishAt": now,
			"body": "학생회관 3층과 4층 동아리방을 소독합니다. 소독하는 동안 출입할 수 없으니 **귀중품**을 챙겨 주세요."},
		{"unit": "총학", "title": "중간고사 간식 행사", "tags": []string{"행사", "간식"}, "publishAt": now, "attachments": []string{pictures[1]},
			"body": "시험 기간에 간식을 나눕니다.\n\n- 장소: 중앙도서관 앞\n- 시간: 오후 6시부터 다 떨어질 때까지\n- 학생증을 꼭 가져오세요."},
		{"unit": "총학", "title": "봄 대동제 '마당' 개최", "tags": []string{"행사", "축제"}, "publishAt": now, "pinnedUntil": in(30 * day), "attachments": []string{pictures[0]},
			"body":    "## 봄 대동제\n\n사흘 동안 운동장과 학생회관 앞마당에서 열립니다. 주점 신청은 학과 학생회를 통해 받습니다.",
			"titleEn": "Spring festival “Madang”", "bodyEn": "## Spring festival\n\nThree days on the sports field and in front of the student union. Departments apply for food stalls through their own council."},
		{"unit": "총학", "title": "학생회관 단수 안내 (오늘 22시~24시)", "tags": []string{"긴급"}, "publishAt": now, "urgentUntil": in(12 * time.Hour),
			"body":    "배관 공사로 오늘 22시부터 24시까지 학생회관에 물이 나오지 않습니다.",
			"titleEn": "No water in the student union tonight, 22:00 to 24:00", "bodyEn": "There is no water in the student union from 22:00 to 24:00 today because of work on the pipes."},
		{"unit": "총학", "title": "새내기 환영회 참가 신청", "tags": []string{"행사", "새내기"}, "publishAt": tomorrow, "attachments": []string{pictures[2]},
			"body": "내일 아침 9시부터 신청을 받습니다. 이 글은 그때 자동으로 공개됩니다."},
		{"unit": "총학", "title": "(초안) 2학기 공약 이행 점검", "tags": []string{"공약"}, "body": "아직 쓰는 중입니다."},
	} {
		list = append(list, function.Seed{Path: "/v1/notices", Body: n})
	}
	return list
}
