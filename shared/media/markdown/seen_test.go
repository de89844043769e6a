package markdown_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode"

	"github.com/madang-council/madang/shared/media/markdown"
	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
	"pgregory.net/rapid"
)

// seen is what a reader sees of a rendered document: its texts, with the numbers that a browser puts before items.
func seen(t *rapid.T, rendered string) string {
	doc, err := html.Parse(strings.NewReader(rendered))
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	for n := range doc.Descendants() {
		switch {
		case n.Type == html.TextNode:
			out.WriteString(n.Data)
		case n.DataAtom == atom.Li && n.Parent.DataAtom == atom.Ol:
			number, point := 1, "."
			for _, a := range n.Parent.Attr {
				switch a.Key {
				case "start":
					number, _ = strconv.Atoi(a.Val)
				case "class":
					point = ")"
				}
			}
			for before := n.PrevSibling; before != nil; before = before.PrevSibling {
				if before.DataAtom == atom.Li {
					number++
				}
			}
			out.WriteString(strconv.Itoa(number) + point)
		}
	}
	return out.String()
}

// written is a piece of a notice, and what of it a reader is to see.
type written struct{ source, shown string }

func same(s string) written { return written{s, s} }

// piece draws what stands in a line.
func piece(t *rapid.T) written {
	number := func(name string) int { return rapid.IntRange(1, 31).Draw(t, name) }
	word := rapid.SampledFrom([]string{"신청", "총학생회", "장학금", "안내", "3월", "9:00~18:00", "3~5월", "A동", "(필독)", "“인용”", "'가'", "※", "→", "100%", "₩5,000", "1,000원", "#공지", "@마당", "&", "·", "~", "🎉", "+82", "2+3=5", "3*4", "이름*,", "~~~취소~~~"}).Draw(t, "word")
	particle := rapid.SampledFrom([]string{"", "는", "에서", "까지", "을", ".", "!"}).Draw(t, "particle")
	switch rapid.IntRange(0, 10).Draw(t, "kind") {
	case 0:
		return same(fmt.Sprintf("%d. %d.(월)", number("month"), number("day")))
	case 1:
		return same(fmt.Sprintf("2026. %d. %d.", number("month"), number("day")))
	case 2:
		return same(fmt.Sprintf("%d. %s", number("item"), word))
	case 3:
		return same(fmt.Sprintf("%d) %s", number("item"), word))
	case 4:
		return same("[문의 " + word + "]: " + rapid.SampledFrom([]string{"온라인", "02-123-4567", "02-123-4567 (평일)", "https://example.com/a", "/notices"}).Draw(t, "value"))
	case 5:
		return same("[" + word + "](" + rapid.SampledFrom([]string{"온라인", "학생회관 3층", "", "평일 9시~18시"}).Draw(t, "value") + ")")
	case 6:
		return same(rapid.SampledFrom([]string{"", ":", "👉", "「", "("}).Draw(t, "before") + rapid.SampledFrom([]string{"https://example.com/a?b=c", "HTTPS://EXAMPLE.COM", "https://한글.kr/가", "a_b@example.com", "tel:02-123-4567", "www.example.com"}).Draw(t, "address") + particle)
	case 7:
		sign := rapid.SampledFrom([]string{"**", "~~"}).Draw(t, "sign")
		return written{sign + "“" + "굵게" + "”" + sign + particle, "“굵게”" + particle}
	case 8:
		return written{"[" + "안내" + "](https://example.com/" + rapid.SampledFrom([]string{"a", "a b", "가"}).Draw(t, "path") + ")" + particle, "안내" + particle}
	case 9:
		return same("[^" + word + "]" + rapid.SampledFrom([]string{"", ": 학칙", ": 학칙 제3조"}).Draw(t, "note"))
	default:
		return same(word + particle)
	}
}

// line draws a line, in whatever stands before it.
func line(t *rapid.T) written {
	w := written{}
	for range rapid.IntRange(1, 3).Draw(t, "pieces") {
		p := piece(t)
		w.source, w.shown = w.source+p.source+" ", w.shown+p.shown+" "
	}
	switch rapid.IntRange(0, 7).Draw(t, "block") {
	case 0:
		return written{"- " + w.source, w.shown}
	case 1:
		return written{"> " + w.source, w.shown}
	case 2:
		return written{"## " + w.source, w.shown}
	case 3:
		return written{"   " + w.source, w.shown}
	case 4:
		cell := strings.ReplaceAll(strings.TrimSpace(w.source), "|", "")
		extra := rapid.SampledFrom([]string{"", "", "덤|"}).Draw(t, "cell")
		return written{"\n|항목|값|\n|--|--|\n|" + cell + "|둘|" + extra + "\n", "항목값" + w.shown + "둘" + strings.Trim(extra, "|")}
	default:
		return w
	}
}

// visible are the characters of s but white space and the signs of tables, which a reader misses nothing in.
func visible(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsSpace(r) || r == '|' {
			return -1
		}
		return r
	}, s)
}

// Whatever an editor writes, a reader sees: nothing that is no markup is lost, and no number becomes another.
func TestNothingWrittenIsLost(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		source, shown := []string{}, []string{}
		for range rapid.IntRange(1, 7).Draw(t, "lines") {
			w := line(t)
			source, shown = append(source, w.source), append(shown, w.shown)
			if rapid.Bool().Draw(t, "blank") {
				source = append(source, "")
			}
		}
		src, want := strings.Join(source, "\n"), visible(strings.Join(shown, ""))
		rendered := markdown.Render(src)
		got := visible(seen(t, rendered))
		// A table that is none shows its second line, too.
		if without := strings.ReplaceAll(got, "----", ""); got != want && without != want {
			t.Fatalf("%q\n got %s\nwant %s\nin %s", src, got, want, rendered)
		}
		// The plain text has the same, line by line.
		if plain := strings.ReplaceAll(visible(markdown.Plain(src)), "----", ""); plain != want {
			t.Fatalf("Plain(%q)\n got %s\nwant %s", src, plain, want)
		}
	})
}

// What a list shows is what was written, whatever numbers it has and whatever is between them.
func TestNumbersOfListsAreThoseWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var src, want strings.Builder
		for i := range rapid.IntRange(1, 8).Draw(t, "items") {
			number := rapid.OneOf(rapid.Just(i+1), rapid.IntRange(0, 5), rapid.SampledFrom([]int{2026, 19, 999999999})).Draw(t, "number")
			point := rapid.SampledFrom([]string{".", ".", ".", ")"}).Draw(t, "point")
			content := rapid.SampledFrom([]string{"가", "나", "3. 2. 개강", "1. 다", "19 혁명", "", "- 라"}).Draw(t, "content")
			before := rapid.SampledFrom([]string{"", "", "", "  ", "   ", "- ", "> ", "1. "}).Draw(t, "before")
			between := rapid.SampledFrom([]string{"\n", "\n", "\n", "\n\n", "\n이어서\n", "\n\n문단\n\n", "\n   - 안\n"}).Draw(t, "between")
			fmt.Fprintf(&src, "%s%d%s %s%s", before, number, point, content, between)
			want.WriteString(before + strconv.Itoa(number) + point + content + between)
		}
		// Dashes and quotes are signs of blocks here, unless they stand in the text.
		letters := func(s string) string { return strings.NewReplacer("-", "", ">", "").Replace(visible(s)) }
		rendered := markdown.Render(src.String())
		if got := letters(seen(t, rendered)); got != letters(want.String()) {
			t.Fatalf("%q\n got %s\nwant %s\nin %s", src.String(), got, letters(want.String()), rendered)
		}
		if got := letters(markdown.Plain(src.String())); got != letters(want.String()) {
			t.Fatalf("Plain(%q)\n got %s\nwant %s", src.String(), got, letters(want.String()))
		}
	})
}

// The shown texts of rows are told apart from the source: a control for the tests above.
func TestSeen(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		if got := seen(t, `<ol start="3"><li>가</li><li>나</li></ol><ol class="bracketed"><li>다</li></ol>`); got != "3.가4.나1)다" {
			t.Fatal(got)
		}
		if !slices.Equal([]rune(visible("가 |\t나\n")), []rune("가나")) {
			t.Fatal("visible")
		}
	})
}
