package rule_test

import (
	"reflect"
	"strings"
	"testing"

	"golang.org/x/text/unicode/norm"

	"github.com/madang-council/madang/shared/council/rule"
)

// outline is a text as one line for each of its parts, so that a table can say what is meant.
func outline(t rule.Text) string {
	lines := []string{}
	for _, n := range t.Nodes {
		if n.Heading != nil {
			lines = append(lines, n.Heading.String())
			continue
		}
		lines = append(lines, "#"+n.Article.Number+"|"+n.Article.Name+"|"+n.Article.Text)
		for _, i := range n.Article.Items {
			lines = append(lines, strings.Repeat(" ", int(i.Rank))+i.Mark+"|"+i.Text)
		}
	}
	return strings.ReplaceAll(strings.Join(lines, "\n"), "\\n", "\n")
}

func TestParse(t *testing.T) {
	for source, want := range map[string]string{
		"제1조(목적) 이 회칙은":                  "#1|목적|이 회칙은",
		"제1장.\u00a0총칙\n제2장\u2003회원\n제1조": "제1장 총칙\n제2장 회원\n#1||",
		"제1편 총칙\n제1장 목적\n제1절 가\n제1관 나\n제1조(목적)\n제2장의2\n특칙\n제2조(이름) 글":                               "제1편 총칙\n제1장 목적\n제1절 가\n제1관 나\n#1|목적|\n제2장의2 특칙\n#2|이름|글",
		"제1조(목적)이 회칙은\n제12조의2 (명칭) ① 하나\n② 둘":                                                       "#1|목적|이 회칙은\n#12의2|명칭|\n  ①|하나\n  ②|둘",
		"제 3 조 ( 뜻 ) １. 하나\n가. 갑\n나. 을\n2. 둘":                                                       "#3|뜻|\n   1.|하나\n    가.|갑\n    나.|을\n   2.|둘",
		"제1조 본회는\n제2조 회원은\n제3조 및 제4조는\n제3조 임원은":                                                     "#1||본회는\n#2||회원은 제3조 및 제4조는\n#3||임원은",
		"제12조 삭제 <2025. 3. 2.>\n제13조(삭제)":                                                           "#12||삭제 <2025. 3. 2.>\n#13|삭제|",
		"제1조[목적] 글\n제2조【뜻(가)】 글":                                                                    "#1|목적|글\n#2|뜻(가)|글",
		"제1조(목적) 이 회칙은\n제5조(회원)에 따라\n정한다.\n\n다음 문단\n이어서":                                            "#1|목적|이 회칙은 제5조(회원)에 따라 정한다.\n다음 문단 이어서",
		"제1조(회비) 1항 금액은\n2항 기한은 2026.\n3. 1.부터\n1.5배로 한다. 다.\n다. 다만":                                "#1|회비|\n  ①|금액은\n  ②|기한은 2026. 3. 1.부터 1.5배로 한다. 다. 다. 다만",
		"전문\n우리는\n제1조(목적) 글\n부 칙 <2026. 3. 1.>\n제1조(시행일) 이 회칙은\n제2조 이 회칙에\n부칙(제14호, 2027.1.2)\n① 이": "#전문||우리는\n#1|목적|글\n#부칙20260301|2026. 3. 1.|\n 제1조(시행일)|이 회칙은\n 제2조|이 회칙에\n#부칙20270102|제14호, 2027.1.2|\n  ①|이",
		"제1조(목적) 회원은\n제2조(임원) 및 제3조에\n제2조(뜻)의 규정에\n제2조(가) 글":                                        "#1|목적|회원은 제2조(임원) 및 제3조에 제2조(뜻)의 규정에\n#2|가|글",
		"제 1 장. 총칙\n제1조(목적) 글\n제2장: 회원\n제3장 - 임원\n제2조(가) 글":                                         "제1장 총칙\n#1|목적|글\n제2장 회원\n제3장 임원\n#2|가|글",
		"제1조(목적) 다음\n○ 하나\n이어서\n(1) 둘\n가) 셋\n[본조신설 2024. 1. 1.]":                                    "#1|목적|다음\n○ 하나 이어서\n(1) 둘\n가) 셋\n[본조신설 2024. 1. 1.]",
		"\ufeff제1조(목적) 글\n제2조(명칭)\n① 하나\n\u200b② 둘\n제3조(회\u00ad원) 글":                                "#1|목적|글\n#2|명칭|\n  ①|하나\n  ②|둘\n#3|회원|글",
		"제1조(목적) [별표 1]에 따라\n[별표 1]과 같다.\n[별표 1] 및 [별표 2]\n부칙\n글\n[별표 1] 수당 기준\n구분\t금액\n\t만 원\n\n제1조(가) 글\n1. 하나\n[ 별표 1의2 ]\n글\n별표 2\n셋\n【별지 제1호 서식】 신청서\n이름:\n\n전화:\n별지 제1호의 2 서식": "#1|목적|[별표 1]에 따라\n[별표 1]과 같다.\n[별표 1] 및 [별표 2]\n#부칙||글\n#별표1|수당 기준|구분\t금액\n\t만 원\n\n제1조(가) 글\n1. 하나\n#별표1의2||글\n#별표2||셋\n#별지1|신청서|이름:\n\n전화:\n#별지1의2||",
		"제1조(가) 글\n[별표]\n표\n부칙 <2026. 3. 1.>\n① 글\n[별표 2] 삭제 <2026. 3. 1.>": "#1|가|글\n#별표||표\n#부칙20260301|2026. 3. 1.|\n  ①|글\n#별표2|삭제 <2026. 3. 1.>|",
		"제1조(목적) ㉑ 글\n1의2. 둘": "#1|목적|\n  ㉑|글\n   1의2.|둘",
	} {
		written := []string{source, norm.NFD.String(source)}
		if !strings.Contains(source, "별표") { // whose lines are as they are
			written = append(written, strings.ReplaceAll(source, "\n", " \t\n　"))
		}
		for _, source := range written {
			got, _, wrong := rule.Parse(source)
			if wrong != nil || outline(got) != want {
				t.Errorf("%q:\n%s\n%v\nwant\n%s", source, outline(got), wrong, want)
				continue
			}
			again, _, wrong := rule.Parse(got.String())
			if wrong != nil || !reflect.DeepEqual(again, got) {
				t.Errorf("%q is written as\n%s\nand read as\n%s\n%v", source, got.String(), outline(again), wrong)
			}
		}
	}
}

// What cannot be read says why, and in which line.
func TestRefusals(t *testing.T) {
	for source, want := range map[string]struct {
		line int
		code string
	}{
		"":           {1, "no-articles"},
		"제1장 총칙\n\n": {3, "no-articles"},
		"마당대학교 회칙\n제1조(목적) 글":                    {1, "nothing-before"},
		"제1장 총칙\n① 글":                            {2, "nothing-before"},
		"제1장 총칙\n1. 글":                           {2, "nothing-before"},
		"부칙\n제1조(시행일) 글":                         {1, "nothing-before"},
		"[별표 1] 수당\n글":                           {1, "nothing-before"},
		"제1조(가)\n[별표 1]\n글\n[별표 제1호] 나":          {4, "article-repeated"},
		"제1조(가)\n[별표 1]\n글\n제2조(나) 글":            {4, "heading-misplaced"},
		"제1조(목적) 글\n\n제1조(목적) 글":                 {3, "article-repeated"},
		"제1조(가)\n부칙\n제1조(나)\n부칙":                 {4, "article-repeated"},
		"제1조(가)\n부칙\n제1조(나)\n제1조(다)":             {4, "number-repeated"},
		"제1조(목적) ① 하나\n② 둘\n③ 셋\n③ 넷":            {4, "number-repeated"},
		"제1조(목적) ① 하나\n③ 셋\n② 둘":                 {3, "number-repeated"},
		"제1조(목적)\n1. 하나\n가. 갑\n가. 을":             {4, "number-repeated"},
		"제1조(목적)\n1. 하나\n2. 둘\n1. 하나":            {4, "number-repeated"},
		"제1장 가\n제1조(나)\n제1장 다":                   {3, "number-repeated"},
		"제1조(가)\n제12조의\n2(나)":                    {2, "number-broken"},
		"제1조()":                                  {1, "heading-unclosed"},
		"제1조(목적\n글":                              {1, "heading-unclosed"},
		"제1조(가)\n부칙 <2026. 3. 1.\n글":             {2, "heading-unclosed"},
		"제1조(가)\n부칙\n제2장 나":                      {3, "heading-misplaced"},
		"제1조(가)\n" + strings.Repeat("나", 20_001): {2, "article-too-long"},
		"제1조(" + strings.Repeat("가", 101) + ")":  {1, "article-too-long"},
	} {
		_, _, wrong := rule.Parse(source)
		if wrong == nil || wrong.Line != want.line || wrong.Code != want.code {
			t.Errorf("%.60q: %+v, want %+v", source, wrong, want)
		}
	}
	many := strings.Builder{}
	for i := range 1001 {
		many.WriteString("제" + strings.TrimPrefix(rule.Called(itoa(i+1)), "제") + "(가)\n")
	}
	if _, _, wrong := rule.Parse(many.String()); wrong == nil || wrong.Line != 1001 || wrong.Code != "too-many-articles" {
		t.Errorf("%+v", wrong)
	}
}

// Gaps and what is out of order are taken, and told with their lines.
func TestWarnings(t *testing.T) {
	_, warnings, wrong := rule.Parse("제1조(가) ① 하나\n③ 셋\n제5조(나)\n제3조(다)\n1. 하나\n3. 셋")
	lines := []int{}
	for _, w := range warnings {
		lines = append(lines, w.Line)
	}
	if want := []int{2, 3, 4, 6}; wrong != nil || !reflect.DeepEqual(lines, want) {
		t.Errorf("%+v %v, want lines %v", warnings, wrong, want)
	}
}

// No line that looks as if it opened a part is taken into another one in silence.
func TestNothingIsSwallowed(t *testing.T) {
	for _, line := range []string{"제2장회원", "제1-2조(회원) 글", "제1조-2(명칭) 글", "제1의2조(임원) 글", "제02조(명칭) 글", "제2조「이름」 글", "제2條(目的) 글", "第2章 總則", "제9조부터 제11조까지 삭제", "제12조(회의)에 따라", "[별표 1 수당표", "별지 제2호 서식", "제２조：회원"} {
		text, warnings, wrong := rule.Parse("제1조(목적) 글\n" + line)
		if wrong == nil && len(text.Articles()) == 1 && (len(warnings) != 1 || warnings[0].Line != 2) {
			t.Errorf("%s: %+v", line, warnings)
		}
	}
	_, _, wrong := rule.Parse("제1조(목적) 글\n부칙\n글\n부칙\n글")
	if wrong == nil || !strings.HasPrefix(wrong.Text.KO, "부칙이 2번째 줄에 이미 있습니다. 부칙이 여럿이면") {
		t.Errorf("%+v", wrong)
	}
}

// hostile are lines that a parser could trip over.
var hostile = []string{
	"제1조", "제1조(목적) 글", "제2조(가)에 따라", "제3조 삭제", "제3조 삭제 <2025", "3. 2.>", "제4조[가(나]", "제5조()", "제 6 조의 2 (다)", "제99999조(라)", "제0조", "제１２조（마）", "①", "① 글", "② ", "㊿ 글", "1항 글", "2항", "51항 글",
	"1. 글", "2.", "3. 1.부터", "1.5배", "1의2. 글", "999. 글", "1000. 글", "가. 글", "나.", "다. 다만", "제1편", "제1장 총칙", "제1장 및", "제2절", "및 제3조", "제4관의2 이름", "부칙", "부 칙 <2026. 3. 1.>", "부칙 <a> b", "c>", "부칙(a>b)", "부칙 <", "전문", "글", "", " ",
	"제2조(가) 및", "제2조(가)의 글", "제3장. 이름", "제4장: - 의", "○ 글", "(1) 글", "[별표 1]", "제5장이름", "제6조-2(가)", "글\v제7조(바) 글\f\ufeff", "\u200b제8조(사)", "제8조(아)\r및 글", "  앞뒤에 빈칸  ", "칸\t\t", "\t\t", "[별표 2] 이름", "별표", "별표 1", "【별지 제1호 서식】", "별지 제2호서식", "\t칸\t칸", "[별표 1]과", "<별표 3> 및", "[별지 1", "[별표 1의2] 삭제 <2025. 3. 2.>", "[별표 0]", "ⅰ. 글", "- 1 -",
	"제", "부", "제12조의", "제1", "제7조 및 제8조", "제7조 제1항", "제8조 회원은", "제2조 회원은", "\u1112\u116c", "제1조(" + "\u200b)", "(", ")", "<", "제1조\u00a0(바)", "제1조(사)\u2028① 글",
}

// Whatever is pasted: no panic, a refusal has a line of the text and a code that is known, and
// what can be read is written so that it is read as the same.
func FuzzParse(f *testing.F) {
	for i := range hostile {
		f.Add(strings.Join(hostile[i:], "\n"))
		f.Add("제1조(목적)\n" + strings.Join(hostile[:i], "\n"))
	}
	f.Fuzz(holds)
}

func holds(t *testing.T, source string) {
	t.Helper()
	if !norm.NFC.IsNormalString(source) || strings.ContainsRune(source, '\ufffd') || len(source) > 1<<20 {
		return
	}
	got, _, wrong := rule.Parse(source)
	if wrong != nil {
		if wrong.Line < 1 || wrong.Line > strings.Count(source, "\n")+1 || wrong.Text.KO == "" || wrong.Text.EN == "" || !contains(rule.Codes(), wrong.Code) {
			t.Fatalf("%q: %+v", source, wrong)
		}
		return
	}
	written := got.String()
	again, _, wrong := rule.Parse(written)
	if wrong != nil || !reflect.DeepEqual(again, got) {
		t.Fatalf("%q is read as\n%s\nwritten as\n%s\nand read as\n%s\n%+v", source, outline(got), written, outline(again), wrong)
	}
}
