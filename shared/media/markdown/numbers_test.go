package markdown_test

import (
	"testing"

	"github.com/madang-council/madang/shared/media/markdown"
)

// A number at the start of a line stays what was written: it counts in a list, or is text.
func TestNumbers(t *testing.T) {
	for _, c := range []struct{ name, src, plain, html string }{
		{"holidays", "3. 1. 삼일절\n5. 5. 어린이날\n6. 3. 지방선거", "3. 1. 삼일절\n5. 5. 어린이날\n6. 3. 지방선거", "<p>3. 1. 삼일절<br>\n5. 5. 어린이날<br>\n6. 3. 지방선거</p>\n"},
		{"dates with a year", "2026. 3. 2.(월) 개강\n2026. 3. 9.(월) 정정", "2026. 3. 2.(월) 개강\n2026. 3. 9.(월) 정정", ""},
		{"a date, and one without its year", "2026. 3. 2.(월) 개강\n3. 9. 정정", "2026. 3. 2.(월) 개강\n3. 9. 정정", ""},
		{"years one after the other", "2026. 3. 2. 개강\n2027. 3. 2. 개강", "2026. 3. 2. 개강\n2027. 3. 2. 개강", "<p>2026. 3. 2. 개강<br>\n2027. 3. 2. 개강</p>\n"},
		{"days of months one after the other", "4. 19 혁명\n5. 18 민주화운동\n6. 10 항쟁", "4. 19 혁명\n5. 18 민주화운동\n6. 10 항쟁", "<p>4. 19 혁명<br>\n5. 18 민주화운동<br>\n6. 10 항쟁</p>\n"},
		{"one date", "4. 19 혁명 기념식", "4. 19 혁명 기념식", "<p>4. 19 혁명 기념식</p>\n"},
		{"dates apart", "3. 1. 삼일절\n\n4. 5. 식목일", "3. 1. 삼일절\n4. 5. 식목일", "<p>3. 1. 삼일절</p>\n<p>4. 5. 식목일</p>\n"},
		{"in January", "1. 1. 신정\n3. 1. 삼일절", "1. 1. 신정\n3. 1. 삼일절", "<p>1. 1. 신정<br>\n3. 1. 삼일절</p>\n"},
		{"one in January", "1. 5. 시무식", "1. 5. 시무식", "<p>1. 5. 시무식</p>\n"},
		{"a year alone", "2026.\n", "2026.", "<p>2026.</p>\n"},
		{"with noughts", "01. 접수\n02. 제출", "01. 접수\n02. 제출", "<p>01. 접수<br>\n02. 제출</p>\n"},
		{"behind a text", "우리 기수는\n7. 기획\n8. 홍보", "우리 기수는\n7. 기획\n8. 홍보", "<p>우리 기수는<br>\n7. 기획<br>\n8. 홍보</p>\n"},
		{"a list", "1. 신청\n2. 지참", "1. 신청\n2. 지참", "<ol>\n<li>신청</li>\n<li>지참</li>\n</ol>\n"},
		{"a list behind a text", "방법\n1. 신청\n2. 지참", "방법\n1. 신청\n2. 지참", "<p>방법</p>\n<ol>\n<li>신청</li>\n<li>지참</li>\n</ol>\n"},
		{"a list of one", "1. 신청", "1. 신청", "<ol>\n<li>신청</li>\n</ol>\n"},
		{"a list of brackets", "1) 신청\n2) 지참", "1) 신청\n2) 지참", "<ol class=\"bracketed\">\n<li>신청</li>\n<li>지참</li>\n</ol>\n"},
		{"a loose list", "1. 신청\n\n2. 지참\n\n   둘째 문단", "1. 신청\n2. 지참\n둘째 문단", "<ol>\n<li>\n<p>신청</p>\n</li>\n<li>\n<p>지참</p>\n<p>둘째 문단</p>\n</li>\n</ol>\n"},
		{"a list from a number", "5. 다섯\n6. 여섯", "5. 다섯\n6. 여섯", "<ol start=\"5\">\n<li>다섯</li>\n<li>여섯</li>\n</ol>\n"},
		{"a list from nought", "0. 준비\n1. 신청", "0. 준비\n1. 신청", "<ol start=\"0\">\n<li>준비</li>\n<li>신청</li>\n</ol>\n"},
		{"a number alone", "5. 다섯", "5. 다섯", "<p>5. 다섯</p>\n"},
		{"always 1", "1. 하나\n1. 둘\n1. 셋", "1. 하나\n1. 둘\n1. 셋", "<p>1. 하나<br>\n1. 둘<br>\n1. 셋</p>\n"},
		{"always 1, apart", "1. 하나\n\n1. 둘\n\n1. 셋", "1. 하나\n1. 둘\n1. 셋", "<p>1. 하나</p>\n<p>1. 둘</p>\n<p>1. 셋</p>\n"},
		{"dates in a list", "1. 3. 2. 개강\n2. 3. 9. 정정\n3. 6. 19. 종강", "1. 3. 2. 개강\n2. 3. 9. 정정\n3. 6. 19. 종강", "<ol>\n<li>3. 2. 개강</li>\n<li>3. 9. 정정</li>\n<li>6. 19. 종강</li>\n</ol>\n"},
		{"dates among bullets", "- 3. 2. 개강\n- 3. 9. 정정", "3. 2. 개강\n3. 9. 정정", "<ul>\n<li>3. 2. 개강</li>\n<li>3. 9. 정정</li>\n</ul>\n"},
		{"dates under an item", "1. 일정\n   3. 2. 개강\n   3. 9. 정정\n2. 장소", "1. 일정\n3. 2. 개강\n3. 9. 정정\n2. 장소", "<ol>\n<li>일정<br>\n3. 2. 개강<br>\n3. 9. 정정</li>\n<li>장소</li>\n</ol>\n"},
		{"a date behind a list", "1. 신청\n2. 지참\n2026. 3. 2. 개강", "1. 신청\n2. 지참\n2026. 3. 2. 개강", "<ol>\n<li>신청</li>\n<li>지참</li>\n</ol>\n<p>2026. 3. 2. 개강</p>\n"},
		{"dates behind a list", "1. 신청\n2. 지참\n3. 2. 개강\n3. 9. 정정", "1. 신청\n2. 지참\n3. 2. 개강\n3. 9. 정정", ""},
		{"a gap", "1. 하나\n2. 둘\n4. 넷\n5. 다섯", "1. 하나\n2. 둘\n4. 넷\n5. 다섯", "<ol>\n<li>하나</li>\n<li>둘</li>\n</ol>\n<ol start=\"4\">\n<li>넷</li>\n<li>다섯</li>\n</ol>\n"},
		{"a number twice", "1. 하나\n2. 둘\n2. 둘\n3. 셋", "1. 하나\n2. 둘\n2. 둘\n3. 셋", ""},
		{"nested", "1. 하나\n   1. 하나의 하나\n   2. 하나의 둘\n2. 둘", "1. 하나\n1. 하나의 하나\n2. 하나의 둘\n2. 둘", "<ol>\n<li>하나\n<ol>\n<li>하나의 하나</li>\n<li>하나의 둘</li>\n</ol>\n</li>\n<li>둘</li>\n</ol>\n"},
		{"bullets in a list", "1. 하나\n   - 가\n   - 나\n2. 둘", "1. 하나\n가\n나\n2. 둘", ""},
		{"a list interrupted", "1. 하나\n\n문단\n\n2. 둘\n\n문단\n\n3. 셋", "1. 하나\n문단\n2. 둘\n문단\n3. 셋", "<ol>\n<li>하나</li>\n</ol>\n<p>문단</p>\n<ol start=\"2\">\n<li>둘</li>\n</ol>\n<p>문단</p>\n<ol start=\"3\">\n<li>셋</li>\n</ol>\n"},
		{"a list behind a table", "1. 하나\n2. 둘\n3. 셋\n\n|가|\n|-|\n|나|\n\n4. 넷", "1. 하나\n2. 둘\n3. 셋\n가\n나\n4. 넷", ""},
		{"in a quote", "> 1. 하나\n> 2. 둘\n> 2026. 3. 2. 개강", "1. 하나\n2. 둘\n2026. 3. 2. 개강", "<blockquote>\n<ol>\n<li>하나</li>\n<li>둘</li>\n</ol>\n<p>2026. 3. 2. 개강</p>\n</blockquote>\n"},
		{"dates in a quote", "> 3. 1. 삼일절\n> 5. 5. 어린이날", "3. 1. 삼일절\n5. 5. 어린이날", "<blockquote>\n<p>3. 1. 삼일절<br>\n5. 5. 어린이날</p>\n</blockquote>\n"},
		{"a list of two kinds", "1. 하나\n2) 둘", "1. 하나\n2) 둘", ""},
		{"in a heading", "# 3. 1. 삼일절\n\n## 2026. 3.", "3. 1. 삼일절\n2026. 3.", ""},
		{"an empty item", "1. 하나\n2.\n3. 셋", "1. 하나\n2.\n3. 셋", ""},
		{"wide gaps", "1. 하나\n\n\n2. 둘", "1. 하나\n2. 둘", ""},
		{"lazy lines", "1. 하나\n이어서\n2. 둘", "1. 하나\n이어서\n2. 둘", "<ol>\n<li>하나<br>\n이어서</li>\n<li>둘</li>\n</ol>\n"},
		{"with a tab", "1.\t하나\n2.\t둘", "1. 하나\n2. 둘", ""},
		{"indented", "  1. 하나\n  2. 둘", "1. 하나\n2. 둘", ""},
		{"a task", "1. [ ] 하나\n2. [x] 둘", "1. 하나\n2. 둘", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := markdown.Plain(c.src); got != c.plain {
				t.Errorf("Plain(%q)\n got %q\nwant %q\nof %s", c.src, got, c.plain, markdown.Render(c.src))
			}
			if got := markdown.Render(c.src); c.html != "" && got != c.html {
				t.Errorf("Render(%q)\n got %s\nwant %s", c.src, got, c.html)
			}
			checkDOM(t, c.src)
		})
	}
}
