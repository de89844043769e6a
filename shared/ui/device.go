package ui

import (
	"context"
	"slices"
	"strings"
)

// The marks by which browsers and systems are told in a User-Agent. Many name others too,
// so the first that is found counts. Behind each stands what it is called in Korean and in English.
var (
	browserMarks = [][3]string{{"KAKAOTALK", "카카오톡", "KakaoTalk"}, {"Whale/", "네이버 웨일", "Naver Whale"}, {"NAVER(", "네이버", "Naver"}, {"SamsungBrowser/", "삼성 인터넷", "Samsung Internet"}, {"Edg", "Edge", "Edge"}, {"OPR/", "Opera", "Opera"}, {"Firefox/", "Firefox", "Firefox"}, {"FxiOS/", "Firefox", "Firefox"}, {"CriOS/", "Chrome", "Chrome"}, {"Chrome/", "Chrome", "Chrome"}, {"Safari/", "Safari", "Safari"}}
	systemMarks  = [][3]string{{"iPhone", "iPhone", "iPhone"}, {"iPad", "iPad", "iPad"}, {"Android", "Android", "Android"}, {"Windows", "Windows", "Windows"}, {"Mac OS X", "Mac", "Mac"}, {"CrOS", "Chromebook", "Chromebook"}, {"Linux", "Linux", "Linux"}}
)

// DeviceName is what a browser is called: as the member named it, or browser and system.
func DeviceName(ctx context.Context, device string) string {
	switch {
	case device == "":
		return T(ctx, "이름 없는 기기", "Unnamed")
	case !strings.HasPrefix(device, "Mozilla/"):
		return device
	}
	parts := []string{}
	for _, marks := range [][][3]string{browserMarks, systemMarks} {
		if i := slices.IndexFunc(marks, func(m [3]string) bool { return strings.Contains(device, m[0]) }); i >= 0 {
			parts = append(parts, T(ctx, marks[i][1], marks[i][2]))
		}
	}
	if len(parts) == 0 {
		return T(ctx, "알 수 없는 브라우저", "Unknown browser")
	}
	return strings.Join(parts, " · ")
}
