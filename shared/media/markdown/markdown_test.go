package markdown_test

import (
	"strings"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/media/markdown"
	"github.com/madang-council/madang/shared/text"
)

const rel = ` rel="nofollow noopener noreferrer"`

func TestRender(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"nothing", "", ""},
		{"line breaks are kept", "첫째 줄\n둘째 줄", "<p>첫째 줄<br>\n둘째 줄</p>\n"},
		{"paragraphs", "하나\n\n둘", "<p>하나</p>\n<p>둘</p>\n"},
		{"headings start at h2", "# 개요\n###### 끝", "<h2 id=\"h-개요\">개요</h2>\n<h6 id=\"h-끝\">끝</h6>\n"},
		{"equal headings", "# A b\n# a-B\n# a b 1", "<h2 id=\"h-a-b\">A b</h2>\n<h2 id=\"h-a-b-1\">a-B</h2>\n<h2 id=\"h-a-b-1-1\">a b 1</h2>\n"},
		{"a heading of signs", "# !!", "<h2 id=\"h-section\">!!</h2>\n"},
		{"a link to a heading", "[위로](#개요)", "<p><a href=\"#h-%EA%B0%9C%EC%9A%94\">위로</a></p>\n"},
		{"a link to nowhere", "[위로](#) [가]()", "<p>[위로](#) [가]()</p>\n"},
		{"a link to the site", "[공지](/notices/1?a=1&b=2)", "<p><a href=\"/notices/1?a=1&amp;b=2\">공지</a></p>\n"},
		{"a link elsewhere", `[곳](https://madang.example/ "제목")`, "<p><a href=\"https://madang.example/\" title=\"제목\"" + rel + ">곳</a></p>\n"},
		{"a link without scheme", "[곳](//madang.example)", "<p><a href=\"//madang.example\"" + rel + ">곳</a></p>\n"},
		{"an address before a particle", "https://madang.example/a에서", "<p><a href=\"https://madang.example/a\"" + rel + ">https://madang.example/a</a>에서</p>\n"},
		{"a mail address", "<a@madang.example>", "<p><a href=\"mailto:a@madang.example\">a@madang.example</a></p>\n"},
		{"a refused scheme", "[전화](sms:010) <ftp://a.example>", "<p>[전화](sms:010) &lt;ftp://a.example&gt;</p>\n"},
		{"a telephone", "[전화](tel:02-123-4567)", "<p><a href=\"tel:02-123-4567\">전화</a></p>\n"},
		{"a refused login in an address", "[가](https://madang.example@evil.example)", "<p>[가](https://madang.example@evil.example)</p>\n"},
		{"a picture", `![현수막](/files/a/b.png "축제")`, "<p><img src=\"/files/a/b.png\" alt=\"현수막\" title=\"축제\" loading=\"lazy\"></p>\n"},
		{"a picture with parameters", "![가](/files/a.png?w=320&v=2)", "<p><img src=\"/files/a.png?w=320&amp;v=2\" alt=\"가\" loading=\"lazy\"></p>\n"},
		{"a picture without text", "![](/files/a.png)", "<p><img src=\"/files/a.png\" alt=\"이미지\" loading=\"lazy\"></p>\n"},
		{"a picture with a title only", `![](/files/a.png "축제 &amp; 밤")`, "<p><img src=\"/files/a.png\" alt=\"축제 &amp; 밤\" title=\"축제 &amp; 밤\" loading=\"lazy\"></p>\n"},
		{"a picture from elsewhere", "![가&lt;](https://e.example/a.png)", "<p><a href=\"https://e.example/a.png\"" + rel + ">가&lt;</a></p>\n"},
		{"a picture out of the folder", "![가](/files/../logout)", "<p><a href=\"/files/../logout\">가</a></p>\n"},
		{"a picture out of the folder, escaped", "![가](/files/%2e%2e/logout)", "<p><a href=\"/files/%2e%2e/logout\">가</a></p>\n"},
		{"a linked picture from elsewhere", "[![가](https://e.example/a.png)](/b)", "<p><a href=\"/b\">가</a></p>\n"},
		{"a linked picture", "[![가](/files/a.png)](/b)", "<p><a href=\"/b\"><img src=\"/files/a.png\" alt=\"가\" loading=\"lazy\"></a></p>\n"},
		{"HTML is text", "<b>굵게</b> <공지>", "<p>&lt;b&gt;굵게&lt;/b&gt; &lt;공지&gt;</p>\n"},
		{"an HTML block is text", "<div>\n가\n</div>", "<p>&lt;div&gt;<br>\n가<br>\n&lt;/div&gt;</p>\n"},
		{"code", "`<b>`\n\n```go\nx < y\n```", "<p><code>&lt;b&gt;</code></p>\n<pre><code class=\"language-go\">x &lt; y\n</code></pre>\n"},
		{"a fence that says more than a language", "~~~취소~~~\n가\n\n```학생회 공지\n나\n```", "<p>~~~취소~~~<br>\n가</p>\n<pre><code>학생회 공지\n나\n</code></pre>\n"},
		{"a fence of tildes", "~~~go\nx\n~~~", "<pre><code class=\"language-go\">x\n</code></pre>\n"},
		{"a task list", "- [x] 함\n- [ ] 안 함", "<ul>\n<li><input checked=\"\" disabled=\"\" type=\"checkbox\"> 함</li>\n<li><input disabled=\"\" type=\"checkbox\"> 안 함</li>\n</ul>\n"},
		{"a list from a number", "3. 셋\n4. 넷", "<ol start=\"3\">\n<li>셋</li>\n<li>넷</li>\n</ol>\n"},
		{"a table", "|가|나|\n|:-|-:|\n|1|2|", "<table>\n<thead>\n<tr>\n<th align=\"left\">가</th>\n<th align=\"right\">나</th>\n</tr>\n</thead>\n<tbody>\n<tr>\n<td align=\"left\">1</td>\n<td align=\"right\">2</td>\n</tr>\n</tbody>\n</table>\n"},
		{"references", "[가][1]\n\n[1]: https://a.example", "<p><a href=\"https://a.example\"" + rel + ">가</a></p>\n"},
		{"a broken byte", "가\xff", "<p>가\uFFFD</p>\n"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := markdown.Render(c.src); got != c.want {
				t.Errorf("Render(%q)\n got %s\nwant %s", c.src, got, c.want)
			}
			checkDOM(t, c.src)
		})
	}
}

func TestEmphasis(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{`**굵게**는`, `<strong>굵게</strong>는`},
		{`**"강조"**는`, `<strong>&#34;강조&#34;</strong>는`},
		{`**“강조”**라고`, `<strong>“강조”</strong>라고`},
		{`**공지(필독)**입니다`, `<strong>공지(필독)</strong>입니다`},
		{`**Madang(마당)**은`, `<strong>Madang(마당)</strong>은`},
		{`**100%**를`, `<strong>100%</strong>를`},
		{`매우**"강조"**됨`, `매우<strong>&#34;강조&#34;</strong>됨`},
		{"**`코드`**가", `<strong><code>코드</code></strong>가`},
		{`**[가](/b)**를`, `<strong><a href="/b">가</a></strong>를`},
		{`*「인용」*은`, `<em>「인용」</em>은`},
		{`***"둘 다"***는`, `<em><strong>&#34;둘 다&#34;</strong></em>는`},
		{`~~(취소)~~함`, `<del>(취소)</del>함`},
		{`가**나**다`, `가<strong>나</strong>다`},
		{`_기울임_ 가_나_다`, `<em>기울임</em> 가_나_다`},
		{`snake_case_name`, `snake_case_name`},
		{`10:00~12:00, 14:00~16:00`, `10:00~12:00, 14:00~16:00`},
		{`~한 번~ ~~두 번~~ ~~~세 번~~~`, `~한 번~ <del>두 번</del> ~~~세 번~~~`},
		{`이름*, 학번*은 필수`, `이름*, 학번*은 필수`},
		{`참가비**(선납)**, **.hwp**만`, `참가비<strong>(선납)</strong>, <strong>.hwp</strong>만`},
		{`3*4=12, 5*6=30, 2**10`, `3*4=12, 5*6=30, 2**10`},
		{`**2026**년 **3월**`, `<strong>2026</strong>년 <strong>3월</strong>`},
		{`2 * 3 * 4`, `2 * 3 * 4`},
		{`** 아님 **`, `** 아님 **`},
		// What CommonMark says of other scripts stays.
		{`**"foo"**bar`, `**&#34;foo&#34;**bar`},
		{`foo*(bar)*baz`, `foo*(bar)*baz`},
		{`*foo*bar`, `<em>foo</em>bar`},
		{`**foo*bar*baz**`, `<strong>foo<em>bar</em>baz</strong>`},
		{`*foo**bar**baz*`, `<em>foo<strong>bar</strong>baz</em>`},
	} {
		if got, want := markdown.Render(c.src), "<p>"+c.want+"</p>\n"; got != want {
			t.Errorf("Render(%q)\n got %s\nwant %s", c.src, got, want)
		}
	}
}

func TestPlain(t *testing.T) {
	for _, c := range []struct{ src, want string }{
		{"", ""},
		{"# 제목\n\n본문 **굵게**는\n둘째 줄", "제목\n본문 굵게는\n둘째 줄"},
		{"- 하나\n- [x] 둘\n  1. 셋", "하나\n둘\n1. 셋"},
		{"|가|나|\n|-|-|\n|1| |\n|3|4|", "가\t나\n1\n3\t4"},
		{"![현수막](/files/a.png) [곳](/b) https://a.example", "현수막 곳 https://a.example"},
		{"<b>x</b> &amp; \\*y\\*", "<b>x</b> & *y*"},
		{"```\n  x\n\n y\n```", "x\ny"},
		{"> 인용\n\n***\n끝", "인용\n끝"},
	} {
		if got := markdown.Plain(c.src); got != c.want {
			t.Errorf("Plain(%q) = %q, want %q", c.src, got, c.want)
		}
	}
}

func TestExcerpt(t *testing.T) {
	const src = "# 정기 총회\n\n**안건**은 다음과 같습니다."
	for _, c := range []struct {
		n    int
		want string
	}{
		{100, "정기 총회 · 안건은 다음과 같습니다."},
		{10, "정기 총회 · 안…"},
		{1, "…"},
		{0, ""},
	} {
		if got := markdown.Excerpt(src, c.n); got != c.want {
			t.Errorf("Excerpt(%d) = %q, want %q", c.n, got, c.want)
		}
	}
	for src, want := range map[string]string{
		"납부합니다.\n꼭!\n\n- 장소\n- 때":                              "납부합니다. 꼭! 장소 · 때",
		"| 구분 | 금액 |\n|---|---|\n| 신입생 | 10,000원 |\n\n모두 냅니다.": "모두 냅니다.",
		"| 구분 | 금액 |\n|---|---|\n| 신입생 | 10,000원 |":            "구분 금액 · 신입생 10,000원",
		"": "",
	} {
		if got := markdown.Excerpt(src, 100); got != want {
			t.Errorf("Excerpt(%q) = %q, want %q", src, got, want)
		}
	}
}

// TestBounds counts what is left of too much, so that the bounds hold however fast the machine is.
func TestBounds(t *testing.T) {
	for _, c := range []struct {
		name, src, tag string
		most           int
	}{
		{"links of a paragraph", strings.Repeat("[a](/b)", 2000), "<a ", 500},
		{"links of many paragraphs", strings.Repeat("[a](/b)\n\n", 2000), "<a ", 2000},
		{"emphases of a paragraph", strings.Repeat("**가**나 ", 2000), "<strong>", 500},
		{"nested emphases", strings.Repeat("*a **a ", 100) + strings.Repeat("b** b*", 100), "<em>", 4}, // and as many strong,
		{"nested quotes", strings.Repeat("> ", 100) + "a", "<blockquote>", 16},
		{"cells of a table", strings.Repeat("|a", 100) + "|\n" + strings.Repeat("|-", 100) + "|\n" + strings.Repeat("|\n", 50), "<td>", 5000},
		{"cells of a larger table", strings.Repeat("|a", 100) + "|\n" + strings.Repeat("|-", 100) + "|\n" + strings.Repeat("|\n", 100), "<td>", 0},
	} {
		if got := strings.Count(markdown.Render(c.src), c.tag); got != c.most {
			t.Errorf("%s: %d, want %d", c.name, got, c.most)
		}
		checkDOM(t, c.src)
	}
}

// TestHostileSources renders what is slow or grows in naive implementations. What the bounds of the package are for comes in
// 100 KB; the time allowed is for the race detector on a busy machine.
func TestHostileSources(t *testing.T) {
	for _, unit := range []string{
		"[", "]", "![", "](", "[a](b ", "[a]: /b\n", "![a](/files/b) ", "[![a](/b)](/c) ",
		"*", "_", "** a", "**a ", "a**b", "****a", "~~a ", "~~a~~",
		"`", "`a ``", "```\n", "<", "<a", "<!--", "<a@", "&", "&#", "&amp;", "\\", "\x00",
		"> ", "> - ", "- ", "- a\n  ", "1. a\n", "\t", "a\n", "\n", "# a\n", "a\n-\n",
		"|", "|a|\n|-|\n", "www.", "http://a.", "a@a.", "가", "\u0301",
	} {
		src := strings.Repeat(unit, 10_000/len(unit))
		checkCost(t, unit, src)
		checkDOM(t, src)
	}
	for _, unit := range []string{"[a](", "_a*", "*a_ ", "*a **a "} {
		checkCost(t, unit, strings.Repeat(unit, 100_000/len(unit)))
	}
	emphasis := strings.Repeat("*a **a ", 7000) + strings.Repeat("b** b*", 7000)
	checkCost(t, "nested emphasis", emphasis)
	checkDOM(t, emphasis)
	checkCost(t, "a wide table", strings.Repeat("|a", 200)+"|\n"+strings.Repeat("|-", 200)+"|\n"+strings.Repeat("|\n", 40_000))
	var list strings.Builder
	for depth := range 300 {
		list.WriteString(strings.Repeat(" ", 2*depth) + "- a\n")
	}
	checkCost(t, "a nested list", list.String())
	checkDOM(t, list.String())
}

func checkCost(t *testing.T, name, src string) {
	t.Helper()
	start := time.Now()
	out := markdown.Render(src)
	if took := time.Since(start); took > 30*time.Second {
		t.Errorf("%q took %v", name, took)
	}
	if len(out) > 30*len(src)+1000 {
		t.Errorf("%q: %d bytes became %d", name, len(src), len(out))
	}
}

func FuzzRender(f *testing.F) {
	for _, src := range attacks {
		f.Add(src)
	}
	f.Add("**\"강조\"**는 ~~(취소)~~함\n\n- [x] ![](/files/a)\n\n|가|\n|-|\n|나|")
	f.Fuzz(func(t *testing.T, src string) {
		checkDOM(t, src)
		if text.Count(markdown.Excerpt(src, 20)) > 20 {
			t.Errorf("Excerpt(%q) is too long", src)
		}
	})
}

func BenchmarkRender(b *testing.B) {
	src := strings.Repeat("안녕하세요 **굵게** 하고 [링크](https://a.example) 합니다.\n\n", 1300) // about 100 KB
	b.SetBytes(int64(len(src)))
	for b.Loop() {
		markdown.Render(src)
	}
}
