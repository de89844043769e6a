package about

import "github.com/madang-council/madang/shared/function"

// seed is a council with its chart, five pledges and three councils before it.
func seed(function.Ground) []function.Seed {
	return []function.Seed{{Method: "PUT", Path: "/v1/about", Body: map[string]any{
		"body": "총학생회는 **재학생 모두**의 모임입니다. 학생총회와 전체학생대표자회의가 정한 일을 합니다.\n\n## 하는 일\n\n- 학생의 권리를 지키고 학교와 협의합니다.\n- 축제와 체육대회를 엽니다.\n- 학생회비를 쓰고, 쓴 곳을 분기마다 밝힙니다.",
		"offices": []map[string]any{
			{"depth": 0, "name": "총학생회장", "nameEn": "President", "holder": "김나란", "contact": "president@madang.ac.kr"},
			{"depth": 1, "name": "부총학생회장", "nameEn": "Vice President", "holder": "이소리"},
			{"depth": 1, "name": "집행위원회", "nameEn": "Executive Committee", "holder": "박바다", "work": "결정한 일을 합니다."},
			{"depth": 2, "name": "기획국", "nameEn": "Planning", "holder": "최여울", "work": "축제와 행사"},
			{"depth": 2, "name": "복지국", "nameEn": "Welfare", "holder": "정가람", "work": "사물함, 대여, 제휴"},
			{"depth": 2, "name": "사무국", "nameEn": "Office", "work": "문의와 회계", "contact": "031-555-0138"},
			{"depth": 1, "name": "중앙감사위원회", "nameEn": "Audit Committee", "holder": "한마루"},
		},
		"pledges": []map[string]any{
			{"area": "복지", "title": "시험 기간에 중앙도서관을 24시간 엽니다", "titleEn": "The library is open all night during exams", "state": "kept", "note": "4월 시험부터 열고 있습니다."},
			{"area": "복지", "title": "사물함 100칸을 더 놓습니다", "titleEn": "A hundred more lockers", "state": "going", "percent": 60, "note": "60칸을 놓았습니다. 나머지는 2학기에 들어옵니다."},
			{"area": "복지", "title": "셔틀버스 막차를 23시로 늦춥니다", "titleEn": "The last shuttle leaves at 23:00", "state": "dropped", "note": "학교와 합의하지 못했습니다. 대신 막차 시간에 학교 택시를 둡니다."},
			{"area": "소통", "title": "회의록을 7일 안에 공개합니다", "titleEn": "Minutes within seven days", "state": "kept", "link": "/minutes"},
			{"area": "소통", "title": "단과대마다 한 달에 한 번 찾아갑니다", "titleEn": "A visit to each college every month", "state": "planned"},
		},
		"councils": []map[string]any{
			{"number": 38, "name": "나란히", "term": "2026", "heads": "김나란, 이소리"},
			{"number": 37, "name": "마중", "term": "2025", "heads": "오하늘, 서다솜", "note": "회의록을 처음으로 모두 공개했습니다."},
			{"number": 36, "name": "물결", "term": "2024", "heads": "윤별, 강산"},
		},
	}}}
}
