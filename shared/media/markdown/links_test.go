package markdown_test

import (
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/media/markdown"
	"golang.org/x/net/html"
)

// links are the addresses of a rendered document with the texts that lead there.
func links(t *testing.T, rendered string) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(rendered))
	if err != nil {
		t.Fatal(err)
	}
	found := []string{}
	for n := range doc.Descendants() {
		if n.Data != "a" || n.Type != html.ElementNode {
			continue
		}
		label := ""
		for inside := range n.Descendants() {
			if inside.Type == html.TextNode {
				label += inside.Data
			}
		}
		for _, a := range n.Attr {
			if a.Key == "href" && a.Val == label {
				found = append(found, label)
			} else if a.Key == "href" {
				found = append(found, label+" → "+a.Val)
			}
		}
	}
	return strings.Join(found, ", ")
}

// Addresses in the text are links wherever they begin, and end before what goes on with the sentence.
func TestAddressesInTheText(t *testing.T) {
	const form = "https://example.com/form"
	for _, c := range []struct{ src, want string }{
		{"신청:" + form + " 까지", form},
		{"신청" + form + "에서", form},
		{"👉" + form + " 로", form},
		{"「" + form + "」", form},
		{"(" + form + ")", form},
		{"(신청: " + form + ").", form},
		{"[" + form + "]", form},
		{"[신청: " + form + "] 에서", form},
		{"“" + form + "”", form},
		{"\"" + form + "\"이", form},
		{"'" + form + "'을", form},
		{"<신청 " + form + ">", form},
		{"<" + form + ">", form},
		{"＜" + form + "＞", form},
		{"→" + form + "←", form},
		{"**" + form + "**는", form},
		{"**신청:" + form + "**", form},
		{"~~" + form + "~~", form},
		{"_" + form + "_", form},
		{"|주소|\n|-|\n|" + form + "|", form},
		{form + "," + form + "/2", form + ", " + form + "/2"},
		{form + "까지", form},
		{form + ", " + form + ".", form + ", " + form},
		{form + "?a=1&b=2#c를", form + "?a=1&b=2#c"},
		{form + "?a=", form + "?a="},
		{form + "(참고)", form},
		{form + "/a_(b)", form + "/a_(b)"},
		{form + "!!! " + form + "?", form + ", " + form},
		{form + "👍", form},
		{"https://example.com에서", "https://example.com"},
		{"https://example.com:8443/a에서", "https://example.com:8443/a"},
		{"https://example.com/2026년", "https://example.com/2026"},
		{"https://example.com/a_b_c*d", "https://example.com/a_b_c"},
		{"https://example.com/~kim/", "https://example.com/~kim/"},
		{"https://www.youtube.com/@madang", "https://www.youtube.com/@madang"},
		{"http://192.168.0.1:8080/x", "http://192.168.0.1:8080/x"},
		{"HTTPS://EXAMPLE.COM/c", "HTTPS://EXAMPLE.COM/c → https://example.com/c"},
		{"신청:www.example.com/a에서", "www.example.com/a → http://www.example.com/a"},
		// What begins with Hangul belongs to the address, but for particles.
		{"https://ko.wikipedia.org/wiki/한국", "https://ko.wikipedia.org/wiki/한국 → https://ko.wikipedia.org/wiki/%ED%95%9C%EA%B5%AD"},
		{"https://ko.wikipedia.org/wiki/한국에서", "https://ko.wikipedia.org/wiki/한국 → https://ko.wikipedia.org/wiki/%ED%95%9C%EA%B5%AD"},
		{"https://example.com/?q=가나", "https://example.com/?q=가나 → https://example.com/?q=%EA%B0%80%EB%82%98"},
		{"https://example.com/%ED%95%9C에서", "https://example.com/%ED%95%9C"},
		{"https://한글.kr/경로」", "https://한글.kr/경로 → https://xn--bj0bj06e.kr/%EA%B2%BD%EB%A1%9C"},
		{"https://한글.kr에서", "https://한글.kr → https://xn--bj0bj06e.kr"},
		// Mail and telephone.
		{"문의:council@example.ac.kr로", "council@example.ac.kr → mailto:council@example.ac.kr"},
		{"메일(stu_dent.union-1@example.ac.kr).", "stu_dent.union-1@example.ac.kr → mailto:stu_dent.union-1@example.ac.kr"},
		{"mailto:a@example.com까지", "mailto:a@example.com"},
		{"전화tel:02-123-4567로", "tel:02-123-4567"},
		{"TEL:+82-2-123-4567.", "TEL:+82-2-123-4567 → tel:+82-2-123-4567"},
		// None of these is an address.
		{"https:// https://a https://.kr https://a. http://example", ""},
		{"xhttps://example.com git+https://example.com", ""},
		{"https://user@example.com https://user:pw@example.com", "user@example.com → mailto:user@example.com, pw@example.com → mailto:pw@example.com"},
		{"www. www.kr wwww.example.com", ""},
		{"a@b @example.com 가@example.com", ""},
		{"hotel:123 tel: tel:가", ""},
		{"`" + form + "`", ""},
		{"\\https\\://example.com/x", ""},
		// In the text of a link there is no other.
		{"[" + form + "](/x)", form + " → /x"},
		{"[**메일 a@example.com**](/x)", "메일 a@example.com → /x"},
	} {
		rendered := markdown.Render(c.src)
		if got := links(t, rendered); got != c.want {
			t.Errorf("%q\n got %s\nwant %s\nin %s", c.src, got, c.want, rendered)
		}
		checkDOM(t, c.src)
	}
}

// Brackets make a link only where there is an address; a definition vanishes only where it is used.
func TestLabels(t *testing.T) {
	for _, c := range []struct{ name, src, plain, links string }{
		{"labels", "[접수]: 온라인\n[문의처]: 02-123-4567 (평일 9시~18시)", "[접수]: 온라인\n[문의처]: 02-123-4567 (평일 9시~18시)", ""},
		{"a telephone", "[문의]: 010-1234-5678", "[문의]: 010-1234-5678", ""},
		{"a footnote", "자세한 것은 [^주]를 보세요.\n\n[^주]: 학칙", "자세한 것은 [^주]를 보세요.\n[^주]: 학칙", ""},
		{"a footnote of words", "자세한 것은 [^주]를 보세요.\n\n[^주]: 학칙 제3조", "자세한 것은 [^주]를 보세요.\n[^주]: 학칙 제3조", ""},
		{"a footnote with an address", "[^1]을 보세요.\n\n[^1]: https://example.com", "[^1]을 보세요.\n[^1]: https://example.com", "https://example.com"},
		{"an address that nobody uses", "[신청]: https://example.com/a", "[신청]: https://example.com/a", "https://example.com/a"},
		{"a label that stands elsewhere, too", "[접수]는 온라인으로\n\n[접수]: 온라인", "[접수]는 온라인으로\n[접수]: 온라인", ""},
		{"a definition", "[신청서][1]를 쓰고 [안내]를 보세요.\n\n[1]: https://example.com/a \"양식\"\n[안내]: /notices", "신청서를 쓰고 안내를 보세요.", "신청서 → https://example.com/a, 안내 → /notices"},
		{"used and unused", "[가]\n\n[가]: /a\n[나]: /b\n[다]: 다\n뒤", "가\n[나]: /b\n[다]: 다\n뒤", "가 → /a"},
		{"a definition given twice", "[가]\n\n[가]: /a\n\n[가]: /b", "가\n[가]: /b", "가 → /a"},
		{"used by what is no definition", "[가]: /a\n[나]: [가]", "[나]: 가", "가 → /a"},
		{"a picture by its label", "![가]\n\n[가]: /files/a.png", "가", ""},
		{"no address", "[필독](학생회관 게시판) [접수](온라인) [가]() [나](#)", "[필독](학생회관 게시판) [접수](온라인) [가]() [나](#)", ""},
		{"no address, in bold", "[**접수**](온라인)는", "[접수](온라인)는", ""},
		{"no address, on two lines", "[접수](온라인\n\"제목\")", "[접수](온라인\n\"제목\")", ""},
		{"no address of a picture", "![그림](현수막)", "![그림](현수막)", ""},
		{"a program", "[나가기](javascript:alert(1)) [가](JaVa&Tab;Script:x) ![나](data:text/html,x)", "나가기 가 나", ""},
		{"in brackets of another form", "<공지:중요> <b> <TIP:필독>", "<공지:중요> <b> <TIP:필독>", ""},
		{"spaces", "[양식](https://example.com/a b.hwp)을 [x](/notices?tag=봄 축제 \"제목\")", "양식을 x", "양식 → https://example.com/a%20b.hwp, x → /notices?tag=%EB%B4%84%20%EC%B6%95%EC%A0%9C"},
		{"spaces and brackets", "[양식](https://example.com/a (1).hwp) 끝", "양식 끝", "양식 → https://example.com/a%20(1).hwp"},
		{"spaces, and a label of the same name", "[가](/a b)\n\n[가]: /c", "가\n[가]: /c", "가 → /a%20b"},
		{"Hangul", "[x](https://한글.kr/경로) [y](<https://한글.kr/가 나>)", "x y", "x → https://xn--bj0bj06e.kr/%EA%B2%BD%EB%A1%9C, y → https://xn--bj0bj06e.kr/%EA%B0%80%20%EB%82%98"},
		{"without a scheme", "[x](www.example.com) [y](forms.example/a)", "x y", "x → https://www.example.com, y → https://forms.example/a"},
		{"mail and telephone", "[x](mailto:a@example.com) [y](tel:02-123-4567)", "x y", "x → mailto:a@example.com, y → tel:02-123-4567"},
	} {
		t.Run(c.name, func(t *testing.T) {
			rendered := markdown.Render(c.src)
			if got := markdown.Plain(c.src); got != c.plain {
				t.Errorf("Plain(%q)\n got %q\nwant %q\nof %s", c.src, got, c.plain, rendered)
			}
			if got := links(t, rendered); got != c.links {
				t.Errorf("%q\n got %s\nwant %s\nof %s", c.src, got, c.links, rendered)
			}
			checkDOM(t, c.src)
		})
	}
}
