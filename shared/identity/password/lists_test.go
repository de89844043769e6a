package password

import (
	"slices"
	"strings"
	"testing"
)

func TestLists(t *testing.T) {
	total := 0
	for name, list := range map[string]string{"common.txt": latin, "korean.txt": korean} {
		words := strings.Split(strings.TrimSuffix(list, "\n"), "\n")
		total += len(words)
		for _, word := range words {
			if word != fold(word) || len(strings.Fields(word)) != 1 {
				t.Errorf("%s: %q can never match", name, word)
			}
		}
		if !slices.IsSorted(words) || len(slices.Compact(words)) != len(words) {
			t.Errorf("%s is not sorted or has doubles", name)
		}
	}
	if total < 1000 {
		t.Errorf("%d words, want at least 1000", total)
	}
}

func TestKeys(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{"안녕", "dkssud"},
		{"사랑", "tkfkd"},
		{"대한민국", "eogksalsrnr"},
		{"총학생회", "chdgkrtodghl"},
		{"까치", "rkcl"},
		{"값", "rkqt"},
		{"의자", "dmlwk"},
		{"ㅋㅋㅎㅎ", "zzgg"},
		{"ㄳㅢ", "rtml"},
		{"가A1", "rkA1"},
		{"힣", "glg"},
		{"abc", "abc"},
	} {
		if got := keys(c.in); got != c.want {
			t.Errorf("keys(%q) = %q, want %q", c.in, got, c.want)
		}
	}
	for r := firstSyllable; r <= lastSyllable; r++ {
		if strings.Trim(keys(string(r)), "abcdefghijklmnopqrstuvwxyz") != "" {
			t.Fatalf("keys(%q) = %q", r, keys(string(r)))
		}
	}
}
