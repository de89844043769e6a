package member_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/identity/member"
)

// typings are ways in which people type six digits that they were given.
func typings(code string) []string {
	wide := strings.Map(func(r rune) rune { return r - '0' + '０' }, code)
	return []string{code, " " + code + "\n", code[:3] + " " + code[3:], code[:3] + "-" + code[3:], wide, wide[:9] + "－" + wide[9:], code[:3] + "\u00a0" + code[3:], "\u200b" + code, code[:2] + "\u3164" + code[2:]}
}

// A code is taken as people type it, and a student is found as people write one.
func TestTyped(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		for i := range typings("123456") {
			id := join(t, s, fmt.Sprintf("a%d@example.com", i))
			code, err := s.SendAddressCode(at(0), id, fmt.Sprintf("b%d@example.com", i))
			if err != nil {
				t.Fatal(err)
			}
			if err := s.ConfirmAddress(at(0), id, typings(code)[i], func(context.Context) error { return nil }); err != nil {
				t.Errorf("an address by %q: %v", typings(code)[i], err)
			}
			if code, err = s.SendCode(at(0), id, fmt.Sprintf("s%d@madang.ac.kr", i)); err != nil {
				t.Fatal(err)
			}
			if err := s.ConfirmCode(at(0), id, typings(code)[i], member.Student{}); err != nil {
				t.Errorf("a school address by %q: %v", typings(code)[i], err)
			}
		}
		list, err := s.ReadRoster(strings.NewReader("20261234,이\u00a0소리\u200b\n２０２６-1235,남궁\u3164마당\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReplaceRoster(at(0), list.Students, ""); err != nil {
			t.Fatal(err)
		}
		for i, who := range []member.Student{{Number: "2026 1234", Name: "이소리"}, {Number: "２０２６１２３５", Name: "남궁 \u2060마당\ufe0f"}} {
			if err := s.VerifyByRoster(at(0), join(t, s, fmt.Sprintf("r%d@example.com", i)), who); err != nil {
				t.Errorf("%+v: %v", who, err)
			}
		}
	})
}
