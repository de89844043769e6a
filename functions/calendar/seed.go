package calendar

import (
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
)

// seed is a festival of three days, dates of the school, a series, a deadline and what was cancelled.
func seed(ground function.Ground) []function.Seed {
	today := clock.Midnight(ground.Now)
	day := func(days int) string { return today.AddDate(0, 0, days).Format(time.DateOnly) }
	at := func(days, hour int) string {
		return today.AddDate(0, 0, days).Add(time.Duration(hour) * time.Hour).Format(time.RFC3339)
	}
	list := []function.Seed{}
	for _, e := range []map[string]any{
		{"title": "봄 축제 대동제", "titleEn": "Spring festival", "category": "총학생회", "allDay": true, "starts": day(9), "ends": day(11), "place": "잔디광장", "text": "낮에는 부스, 밤에는 공연이 있어요.\n비가 오면 체육관으로 옮깁니다."},
		{"title": "기말고사", "titleEn": "Final examinations", "category": "학사", "allDay": true, "starts": day(16), "ends": day(20)},
		{"title": "사물함 신청 마감", "titleEn": "Lockers: last day", "category": "마감", "starts": at(4, 18)},
		{"title": "간식 나눔", "titleEn": "Free snacks", "category": "총학생회", "starts": at(1, 17), "ends": at(1, 19), "place": "학생회관 앞", "mapUrl": "https://map.example.org/plaza"},
		{"title": "상담 창구", "titleEn": "Office hours", "category": "총학생회", "starts": at(2, 12), "ends": at(2, 14), "place": "학생회관 201호", "repeat": map[string]any{"every": "week", "until": day(40)}},
		{"title": "개교기념일", "titleEn": "Foundation day", "category": "공휴일", "allDay": true, "starts": day(6)},
		{"unit": "동연", "title": "동아리 공연", "titleEn": "Concert of the clubs", "category": "동아리", "starts": at(5, 19), "ends": at(5, 21), "place": "소극장", "cancelled": true},
	} {
		if e["unit"] == nil {
			e["unit"] = "총학"
		}
		list = append(list, function.Seed{Path: "/v1/calendar", Body: e})
	}
	return list
}
