package password_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/identity/password"
)

func TestCheckAccepts(t *testing.T) {
	for _, s := range []string{
		"correct horse battery staple",
		"마당에서 열리는 총회",
		"마당에서만나는총회",
		"x9Kf!m2Q",
		"zR4#vLq8wT",
		"파란 우산 세 개",
		"820417593062", // twelve digits are no date and no telephone number
		strings.Repeat("가나", 30) + "다라마바",
		"👍🏽 좋아요 마당집",
		"love of the yard",
		"tuesday-lantern-38",
		strings.Repeat("긴 비밀 문장 ", 16), // 128 characters
	} {
		if err := password.Check(s, "홍가람", "garam.hong@madang.ac.kr", "20261234"); err != nil {
			t.Errorf("Check(%q): %v", s, err)
		}
	}
}

func TestCheckRefuses(t *testing.T) {
	for _, c := range []struct {
		password, code string
	}{
		{"", password.TooShort},
		{"x9Kf!m2", password.TooShort},
		{"\u1112\u116C\u110B\u1174\u1105\u1169\u11A8", password.TooShort}, // three syllables in seven letters
		{"일곱글자입니다", password.TooShort},
		{strings.Repeat("가나다라", 32) + "마", password.TooLong},
		{"x9Kf!m2Q\x00", password.BadCharacter},
		{"x9Kf\tm2Qz", password.BadCharacter},
		{"x9Kf!m2Q\xff", password.BadCharacter},

		{"password", password.Common},
		{"Password", password.Common},
		{"PASSWORD1!", password.Common},
		{"p@ssw0rd", password.Common},
		{"P@ssw0rd2026!", password.Common},
		{"ｐａｓｓｗｏｒｄ", password.Common},
		{"12345678", password.Common},
		{"87654321", password.Common},
		{"00000000", password.Common},
		{"20040301", password.Common},
		{"01012345678", password.Common},
		{"abcdefgh", password.Common},
		{"가나다라마바사아", password.Common},
		{"qwertyuiop", password.Common},
		{"qwer1234", password.Common},
		{"qwer1234!", password.Common},
		{"1234qwer", password.Common},
		{"1q2w3e4r", password.Common},
		{"1q2w3e4r!!", password.Common},
		{"asdfasdf", password.Common},
		{"abababab", password.Common},
		{"iloveyou2", password.Common},

		{"dkssud1234", password.Common},
		{"dkssudgktpdy", password.Common},
		{"tkfkdgo1!", password.Common},
		{"tkfkdtkfkd", password.Common},
		{"사랑해요1234", password.Common},
		{"대한민국대한민국", password.Common},
		{"eogksalsrnr1", password.Common},   // 대한민국
		{"chdgkrtodghl12", password.Common}, // 총학생회
		{"qlalfqjsgh123!", password.Common}, // 비밀번호
		{"EOGKSALSRNR1!", password.Common},
		{"rlaalstn1004", password.Common}, // 김민수

		{"garam2026!", password.Personal},
		{"2026-GARAM", password.Personal},
		{"홍가람입니다123", password.Personal},
		{"ghdrkfka2026", password.Personal}, // 홍가람
		{"garam.hong9", password.Personal},
		{"garamgaram", password.Personal},
		{"20261234!!aB", password.Personal},
	} {
		err := password.Check(c.password, "홍가람", "garam.hong@madang.ac.kr", "20261234")
		var weak *password.Weak
		if !errors.As(err, &weak) || weak.Code != c.code {
			t.Errorf("Check(%q): %v, want %s", c.password, err, c.code)
		}
	}
}

func TestCheckKeepsWhatIsLong(t *testing.T) {
	if err := password.Check("garam walks past the yard", "garam@madang.ac.kr"); err != nil {
		t.Errorf("a long password with a name in it: %v", err)
	}
	if err := password.Check("x9Kf!m2Q", "", "x", "김", "!!"); err != nil {
		t.Errorf("personal parts that say little: %v", err)
	}
}

func FuzzCheck(f *testing.F) {
	f.Add("qwer1234", "홍가람")
	f.Add("P@ssw0rd2026!", "a@b")
	f.Add("ㅁㄴㅇㄹ\u11A8", "")
	f.Fuzz(func(t *testing.T, plain, personal string) {
		err := password.Check(plain, personal)
		var weak *password.Weak
		if err != nil && !errors.As(err, &weak) {
			t.Fatalf("untyped error %v", err)
		}
	})
}
