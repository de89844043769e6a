package notice

import "testing"

func TestPlain(t *testing.T) {
	for markup, want := range map[string]string{
		"<p><strong>귀중품</strong>을 챙겨</p><p>다음 <a href=\"/x\">글</a>에서</p>": "귀중품을 챙겨 다음 글에서",
		"<ol start=\"3\"><li>셋</li><li>넷</li></ol>":                       "3. 셋 4. 넷",
		"<ul><li>하나</li><li>둘</li></ul>":                                  "하나 둘",
		"<table><tr><td>가</td><td>나</td></tr></table>":                    "가 나",
		"<p>1 &lt; 2</p>": "1 < 2",
	} {
		if got := plain(markup); got != want {
			t.Errorf("%s: %q, want %q", markup, got, want)
		}
	}
}
