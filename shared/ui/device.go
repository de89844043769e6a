package ui

import (
	"context"
	"slices"
	"strings"
)

// The marks by which browsers and systems are told in a User-Agent. Many name others too,
// so the first that is found counts.
var (
	browserMarks = [][2]string{{"KAKAOTALK", "카카오톡"}, {"Whale/", "네이버 웨일"}, {"NAVER(", "네이버"}, {"SamsungBrowser/", "삼성 인터넷"}, {"Edg", "Edge"}, {"OPR/", "Opera"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"}, {"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}}
	systemMarks  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "Mac"}, {"CrOS", "Chromebook"}, {"Linux", "Linux"}}
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
	for _, marks := range [][][2]string{browserMarks, systemMarks} {
		if i := slices.IndexFunc(marks, func(m [2]string) bool { return strings.Contains(device, m[0]) }); i >= 0 {
			parts = append(parts, marks[i][1])
		}
	}
	if len(parts) == 0 {
		return T(ctx, "알 수 없는 브라우저", "Unknown browser")
	}
	return strings.Join(parts, " · ")
}
