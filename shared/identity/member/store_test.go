package member_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/persons"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
)

var start = time.Date(2026, 3, 1, 23, 59, 0, 0, clock.Seoul)

func at(d time.Duration) context.Context { return clock.With(context.Background(), start.Add(d)) }

func store(db *database.DB) member.Store {
	return member.Store{DB: db, LeaveGrace: 7 * 24 * time.Hour}
}

func join(t *testing.T, s member.Store, email string) string {
	t.Helper()
	id, made, err := s.SignUp(at(0), member.New{Profile: member.Profile{Name: "김마당"}, Email: email, Consent: member.Consent{Version: "1", Privacy: true}})
	if err != nil || !made {
		t.Fatal(made, err)
	}
	return id
}

// parallel runs f 50 times at once and returns how often it succeeded; every failure must
// be the expected one.
func parallel(t *testing.T, expected error, f func(i int) error) int64 {
	t.Helper()
	var won atomic.Int64
	var wait sync.WaitGroup
	for i := range 50 {
		wait.Go(func() {
			switch err := f(i); {
			case err == nil:
				won.Add(1)
			case !errors.Is(err, expected):
				t.Errorf("%d: %v", i, err)
			}
		})
	}
	wait.Wait()
	return won.Load()
}

func TestOneAccountPerStudent(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		list, err := s.ReadRoster(strings.NewReader("20260001,김마당,kim@madang.ac.kr\n"))
		if err != nil {
			t.Fatal(err)
		}
		if err := s.ReplaceRoster(at(0), list); err != nil {
			t.Fatal(err)
		}
		ids, codes := [50]string{}, [50]string{}
		for i := range ids {
			ids[i] = join(t, s, fmt.Sprintf("m%d@example.com", i))
			if codes[i], err = s.SendCode(at(0), ids[i], "kim@madang.ac.kr"); err != nil {
				t.Fatal(err)
			}
		}
		won := parallel(t, member.ErrStudentTaken(), func(i int) error {
			switch i % 3 {
			case 0:
				return s.VerifyByRoster(at(0), ids[i], "2026-0001", "김마당")
			case 1:
				return s.VerifyByAdmin(at(0), ids[i], "20260001")
			default:
				return s.ConfirmCode(at(0), ids[i], codes[i])
			}
		})
		if won != 1 {
			t.Errorf("%d accounts of one student", won)
		}
	})
}

func TestOneAccountPerAddress(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		taken := errors.New("taken")
		won := parallel(t, taken, func(int) error {
			_, made, err := s.SignUp(at(0), member.New{Profile: member.Profile{Name: "김"}, Email: "kim@example.com", Consent: member.Consent{Version: "1", Privacy: true}})
			if err == nil && !made {
				return taken
			}
			return err
		})
		if won != 1 {
			t.Errorf("%d accounts of one address", won)
		}
		if won = parallel(t, member.ErrEmailTaken(), func(int) error {
			_, err := s.SignUpBy(at(0), member.New{Profile: member.Profile{Name: "이"}, Email: "lee@example.com", Consent: member.Consent{Version: "1", Privacy: true}}, "https://issuer.example", "1")
			return err
		}); won != 1 {
			t.Errorf("%d accounts of one address of an issuer", won)
		}
		if won = parallel(t, member.ErrLinkTaken(), func(int) error {
			_, err := s.SignUpBy(at(0), member.New{Profile: member.Profile{Name: "박"}, Consent: member.Consent{Version: "1", Privacy: true}}, "https://issuer.example", "2")
			return err
		}); won != 1 {
			t.Errorf("%d accounts of one subject", won)
		}
	})
}

func TestLastAdminInParallel(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		ids := [50]string{}
		for i := range ids {
			ids[i] = join(t, s, fmt.Sprintf("m%d@example.com", i))
			if err := s.Grant(at(0), ids[i], auth.Grant{Role: auth.Admin}, ids[i]); err != nil {
				t.Fatal(err)
			}
		}
		won := parallel(t, member.ErrLastAdmin(), func(i int) error {
			switch i % 4 {
			case 0:
				return s.Withdraw(at(0), ids[i], auth.Admin, "")
			case 1:
				return s.Suspend(at(0), ids[i])
			case 2:
				_, err := s.Leave(at(0), ids[i])
				return err
			default:
				return s.Grant(at(0), ids[i], auth.Grant{Role: auth.Admin, Until: start.Add(time.Hour)}, ids[i])
			}
		})
		if won != 49 {
			t.Errorf("%d of 50 admins went, want 49", won)
		}
	})
}

func TestEnsureAdmin(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		squatter := join(t, s, "admin@example.com")
		sessions := session.Store{DB: db}
		tokens, err := sessions.Create(at(0), squatter, "", false)
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{true, false} {
			created, err := s.EnsureAdmin(at(0), "admin@example.com", "hash", "관리자")
			if err != nil || created != want {
				t.Fatalf("%d: created %v, %v", i, created, err)
			}
		}
		if created, err := s.EnsureAdmin(at(0), "second@example.com", "hash", "관리자"); err != nil || created {
			t.Fatalf("a second admin: %v, %v", created, err)
		}
		if _, err := sessions.Authenticate(at(0), tokens.Access); !session.IsEnded(err) {
			t.Errorf("whoever had the address before is still signed in: %v", err)
		}
	})
}

func TestAnonymise(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		id := join(t, s, "kim@example.com")
		if err := s.Grant(at(0), id, auth.Grant{Role: auth.Editor}, id); err != nil {
			t.Fatal(err)
		}
		if err := s.Link(at(0), id, "https://issuer.example", "1"); err != nil {
			t.Fatal(err)
		}
		if err := s.VerifyByAdmin(at(0), id, "20260001"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.SendCode(at(0), join(t, s, "stays@example.com"), "kim@madang.ac.kr"); err != nil {
			t.Fatal(err)
		}
		if _, err := s.Leave(at(0), id); err != nil {
			t.Fatal(err)
		}
		for _, step := range []struct {
			after time.Duration
			want  int
		}{{7*24*time.Hour - time.Millisecond, 0}, {7 * 24 * time.Hour, 1}, {7 * 24 * time.Hour, 0}, {30 * 24 * time.Hour, 0}} {
			if n, err := s.Anonymise(at(step.after), persons.All(db), 10); err != nil || n != step.want {
				t.Fatalf("after %s: %d, %v", step.after, n, err)
			}
		}
		for table, want := range map[string]int64{"member_roles": 0, "oidc_links": 0, "sessions": 0, "consents": 1} {
			n, err := database.One(at(0), db, database.Value[int64], `SELECT COUNT(*) FROM `+table+` WHERE member_id = $1`, id)
			if err != nil || n != want {
				t.Errorf("%s: %d rows, %v; want %d", table, n, err, want)
			}
		}
		// The student may come back as somebody new.
		again := join(t, s, "kim@example.com")
		if err := s.VerifyByAdmin(at(0), again, "20260001"); err != nil {
			t.Error(err)
		}
	})
}

func TestLargeRosters(t *testing.T) {
	line := func(n int) string { return fmt.Sprintf("%08d,김마당\n", n) }
	var b strings.Builder
	for n := range member.RosterLines + 2 {
		b.WriteString(line(n))
	}
	whole := b.String()
	if _, err := (member.Store{}).ReadRoster(strings.NewReader(whole)); problem.Find(err) == nil || problem.Find(err).Code != "roster-too-large" {
		t.Errorf("too many lines: %v", err)
	}
	if _, err := (member.Store{}).ReadRoster(strings.NewReader("1," + strings.Repeat("가", member.RosterBytes))); problem.Find(err) == nil {
		t.Errorf("too many bytes: %v", err)
	}
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		list, err := s.ReadRoster(strings.NewReader(whole[:len(line(0))*1001]))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second takes the first one's place
			if err := s.ReplaceRoster(at(0), list); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := database.One(at(0), db, database.Value[int64], `SELECT COUNT(*) FROM roster`); err != nil || n != 1001 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func FuzzReadRoster(f *testing.F) {
	for _, seed := range []string{"", "1,가\n", "\ufeff학번,이름\n1,가,a@b.kr\n", "\"1\n\",가", "1,가\r\n1,가", ",,,\n", "1,\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, csv string) {
		list, err := member.Store{}.ReadRoster(strings.NewReader(csv))
		if err != nil && list != nil {
			t.Error("both a roster and an error")
		}
	})
}
