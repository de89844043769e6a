package function_test

import (
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/function"
)

// Whatever Accept-Language says, the answer is in one of the two, and what is said of others changes nothing.
func FuzzLanguage(f *testing.F) {
	for _, s := range []string{"", "en", "ko-KR,ko;q=0.9,en-US;q=0.8", "en;q=0,*", "*;q=0.5, en;q=1e999", "en;q=NaN", "EN-gb ; q = 0.3", ",,;;q", strings.Repeat("en,", 1000), "ko;q=-1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, accept string) {
		language := function.Language(accept)
		if language != "ko" && language != "en" {
			t.Fatalf("%q", language)
		}
		if got := function.Language(accept + ",xx;q=1"); got != language {
			t.Fatalf("%q, and with a language that nobody has %q", language, got)
		}
	})
}
