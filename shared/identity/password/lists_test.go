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

// Every line of the breached passwords is refused, in whatever case, and nothing beside it is
// found there. That the list is long enough is ASVS 6.2.4: 3000 that the policy would take.
func TestBreached(t *testing.T) {
	lines := strings.Split(strings.TrimSuffix(breached, "\n"), "\n")
	if !slices.IsSorted(lines) || len(slices.Compact(slices.Clone(lines))) != len(lines) || len(lines) < 3000 {
		t.Fatalf("%d lines, not sorted, or with doubles", len(lines))
	}
	for _, line := range lines {
		if len(line) < MinLength || line != fold(line) {
			t.Errorf("%q can never match", line)
		}
		if !isBreached(line) {
			t.Errorf("%q is not found", line)
		}
		if Check(line) == nil || Check(strings.ToUpper(line)) == nil {
			t.Errorf("%q may be chosen", line)
		}
		for _, other := range []string{line + "\x00", line[1:], line + "zzzzzzzz"} {
			if _, there := slices.BinarySearch(lines, other); isBreached(other) != there {
				t.Errorf("%q: found is %t", other, !there)
			}
		}
	}
	for _, other := range []string{"", "\n", "zzzzzzzzzzzzzzzzz", "!"} {
		if _, there := slices.BinarySearch(lines, other); isBreached(other) != there {
			t.Errorf("%q: found is %t", other, !there)
		}
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
