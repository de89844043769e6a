package member_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
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
	"github.com/madang-council/madang/shared/identity/account"
	"github.com/madang-council/madang/shared/identity/credential"
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

// Names are found by any part of them, page by page, on either engine and whatever the characters mean elsewhere, however
// they are spaced and composed; and by the name of now alone, whoever wrote it.
func TestFindByName(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		for i, name := range []string{"김마당", "김", "김가", "긴다", "깁", "Kim", "kim", "김마당", "김%", "김_", "힣", "a%b", "axb"} {
			id := join(t, s, fmt.Sprintf("m%d@x.kr", i))
			if _, err := db.Exec(at(0), `UPDATE members SET name = $1 WHERE id = $2`, name, id); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := s.Chores(nil)[1].Run(at(0)); err != nil || n == 0 {
			t.Fatalf("%d names are renewed: %v", n, err)
		}
		for prefix, want := range map[string]string{
			"김": "김 김% 김_ 김가 김마당 김마당", "김마": "김마당 김마당", "마당": "김마당 김마당", "당": "김마당 김마당", "K": "Kim kim", "IM": "Kim kim", "a%": "a%b", "힣": "힣", "%": "김% a%b", "없": "",
			" 김 마 ": "김마당 김마당", "\u1100\u1175\u11b7\u1106\u1161": "김마당 김마당", "\u200b": "",
		} {
			names, q := []string{}, member.Search{Name: prefix}
			for {
				page, err := s.Find(at(0), q, 2)
				if err != nil {
					t.Fatal(err)
				}
				for _, m := range page {
					names = append(names, m.Name)
				}
				if len(page) < 2 {
					break
				}
				q.After = page[1].ID
			}
			if got := strings.Join(names, " "); got != want {
				t.Errorf("%q: %q, want %q", prefix, got, want)
			}
		}
		twice := join(t, s, "twice@x.kr")
		for version, name := range []string{"마당 마당이", "이마당"} {
			if _, err := s.Edit(at(0), twice, int64(version+1), member.Profile{Name: name}); err != nil {
				t.Fatal(err)
			}
			for part, want := range map[string]bool{"당마": version == 0, "당": true, "이마": version == 1} {
				found, err := s.Find(at(0), member.Search{Name: part}, 20)
				times := 0
				for _, m := range found {
					if m.ID == twice {
						times++
					}
				}
				if err != nil || times != map[bool]int{true: 1}[want] {
					t.Errorf("%s finds %s %d times: %v", part, name, times, err)
				}
			}
		}
		// Who was anonymised by a release that does not know the parts leaves none behind.
		if _, err := db.Exec(at(0), `UPDATE members SET name = 'x', anonymised_at = 1 WHERE id = $1`, twice); err != nil {
			t.Fatal(err)
		}
		if n, err := s.Chores(nil)[1].Run(at(0)); err != nil || n != 1 {
			t.Errorf("%d names are renewed: %v", n, err)
		}
		if n, err := database.One(at(0), db, database.Value[int], `SELECT COUNT(*) FROM member_names WHERE member_id = $1`, twice); err != nil || n != 0 {
			t.Errorf("%d parts of a name are left: %v", n, err)
		}
		if page, err := s.Find(at(0), member.Search{Email: "m3@x.kr"}, 2); err != nil || len(page) != 1 || page[0].Name != "긴다" {
			t.Errorf("%+v %v", page, err)
		}
	})
}

func TestOneAccountPerStudent(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		list, err := s.ReadRoster(strings.NewReader("20260001,김마당,kim@madang.ac.kr\n"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReplaceRoster(at(0), list.Students, ""); err != nil {
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
				return s.VerifyByRoster(at(0), ids[i], member.Student{Number: "2026-0001", Name: "김마당"})
			case 1:
				return s.VerifyByAdmin(at(0), ids[i], "20260001")
			default:
				return s.ConfirmCode(at(0), ids[i], codes[i], member.Student{})
			}
		})
		if won != 1 {
			t.Errorf("%d accounts of one student", won)
		}
	})
}

// Whichever way a member is verified, the proofs that they have handed in are gone with it, and nobody else's.
func TestProofsEndWithTheDecision(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		list, err := s.ReadRoster(strings.NewReader("20260002,이마당,\n20260003,박마당,park@madang.ac.kr"))
		if err != nil {
			t.Fatal(err)
		}
		if _, err := s.ReplaceRoster(at(0), list.Students, ""); err != nil {
			t.Fatal(err)
		}
		for i, way := range []func(id, code string) error{
			func(id, _ string) error { return s.VerifyByAdmin(at(0), id, "20260001") },
			func(id, _ string) error {
				return s.VerifyByRoster(at(0), id, member.Student{Number: "20260002", Name: "이마당"})
			},
			func(id, code string) error { return s.ConfirmCode(at(0), id, code, member.Student{}) },
		} {
			id, other := join(t, s, fmt.Sprintf("m%d@example.com", i)), join(t, s, fmt.Sprintf("o%d@example.com", i))
			code, err := s.SendCode(at(0), id, "park@madang.ac.kr")
			if err != nil {
				t.Fatal(err)
			}
			for n, row := range [][2]string{{id, "proof"}, {id, "proof"}, {id, "profile"}, {other, "proof"}} {
				if _, err := db.Exec(at(0), `INSERT INTO uploads (id, member_id, purpose, name, type, size, sha256, folder, multipart, staged, width, height, uses, unused_at, created_at, expires_at, completed_at, refused_code)
					VALUES ($1, $2, $3, '학생증.jpg', 'jpg', 3, '', '', '', 0, 0, 0, 0, 1, 1, 1, 1, '')`, fmt.Sprintf("%d-%d", i, n), row[0], row[1]); err != nil {
					t.Fatal(err)
				}
			}
			if err := way(id, code); err != nil {
				t.Fatal(err)
			}
			left, err := database.All(at(0), db, database.Value[string], `SELECT id FROM uploads WHERE id LIKE $1 AND deleted_at IS NULL ORDER BY id`, fmt.Sprintf("%d-%%", i))
			if want := []string{fmt.Sprintf("%d-2", i), fmt.Sprintf("%d-3", i)}; err != nil || !slices.Equal(left, want) {
				t.Errorf("way %d leaves %v, want %v: %v", i, left, want, err)
			}
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

// as is a caller with some roles.
func as(id string, grants ...auth.Grant) context.Context {
	return auth.With(at(0), auth.Principal{MemberID: id, Verified: true, Grants: grants})
}

func verify(t *testing.T, s member.Store, id string) {
	t.Helper()
	if err := s.VerifyByAdmin(at(0), id, id); err != nil {
		t.Fatal(err)
	}
}

func confirm(t *testing.T, s member.Store, id string) {
	t.Helper()
	m, err := s.Member(at(0), id)
	if err != nil {
		t.Fatal(err)
	}
	code, err := s.SendAddressCode(at(0), id, m.Email)
	if err != nil {
		t.Fatal(err)
	}
	if err := s.ConfirmAddress(at(0), id, code, func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
}

// Who gives which role to whom, and takes which away.
func TestWhoAppoints(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		june, july := start.AddDate(0, 4, 0), start.AddDate(0, 5, 0)
		giver, stranger := join(t, s, "giver@example.com"), join(t, s, "stranger@example.com")
		operator := as(join(t, s, "operator@example.com"), auth.Grant{Role: auth.Admin})
		verify(t, s, giver)
		admin := func(unit string, until time.Time) auth.Grant {
			return auth.Grant{Role: auth.Admin, Unit: unit, Until: until}
		}
		editor := func(unit string, until time.Time) auth.Grant {
			return auth.Grant{Role: auth.Editor, Unit: unit, Until: until}
		}
		never := time.Time{}
		code := func(err error) string {
			switch p := problem.Find(err); {
			case err == nil:
				return ""
			case p == nil:
				return err.Error()
			case len(p.Fields) > 0:
				return p.Fields[0].Code
			default:
				return p.Code
			}
		}
		for i, c := range []struct {
			giver      []auth.Grant
			had        []auth.Grant // what the member has already
			given      auth.Grant
			give, take string
		}{
			{nil, nil, editor("학과", june), "not-allowed", "not-allowed"},
			{[]auth.Grant{editor("", never)}, nil, editor("학과", june), "not-allowed", "not-allowed"},
			{[]auth.Grant{admin("학과", never)}, nil, editor("학과", never), "", ""},
			{[]auth.Grant{admin("학과", never)}, nil, admin("학과", never), "", ""},
			{[]auth.Grant{admin("학과", never)}, nil, editor("동연", june), "not-allowed", "not-allowed"},
			{[]auth.Grant{admin("학과", never)}, nil, editor("", june), "not-allowed", "not-allowed"},
			{[]auth.Grant{admin("학과", june)}, nil, editor("학과", june), "", ""},
			{[]auth.Grant{admin("학과", june)}, nil, editor("학과", july), "beyond-own-term", "not-found"},
			{[]auth.Grant{admin("학과", june)}, nil, admin("학과", never), "beyond-own-term", "not-found"},
			{[]auth.Grant{admin("학과", june), admin("동연", never)}, nil, editor("학과", july), "beyond-own-term", "not-found"},
			{[]auth.Grant{admin("학과", june), admin("", july)}, nil, editor("학과", july), "", ""},
			{[]auth.Grant{admin("", june)}, nil, admin("", never), "beyond-own-term", "not-found"},
			{[]auth.Grant{admin("학과", june)}, []auth.Grant{editor("학과", never)}, editor("학과", june), "", ""},
			{[]auth.Grant{admin("학과", june)}, []auth.Grant{admin("학과", july)}, admin("학과", june), "not-allowed", "not-allowed"},
			{[]auth.Grant{admin("학과", july)}, []auth.Grant{admin("학과", june)}, admin("학과", july), "", ""},
			{[]auth.Grant{admin("", june)}, []auth.Grant{admin("", never)}, admin("", june), "not-allowed", "not-allowed"},
		} {
			who, got := as(giver, c.giver...), join(t, s, fmt.Sprintf("m%d@example.com", i))
			what := fmt.Sprintf("%v gives %v", c.giver, c.given)
			if err := s.Grant(operator, got, c.given); code(err) != "member-not-verified" {
				t.Errorf("%s, who is not verified: %v", what, err)
			}
			verify(t, s, got)
			if err := s.Grant(operator, got, c.given); code(err) != "member-not-confirmed" {
				t.Errorf("%s, whose address is not confirmed: %v", what, err)
			}
			confirm(t, s, got)
			for _, g := range c.had {
				if err := s.Grant(operator, got, g); err != nil {
					t.Fatal(err)
				}
			}
			if err := s.Grant(who, got, c.given); code(err) != c.give {
				t.Errorf("%s: %v, want %q", what, err, c.give)
			}
			if err := s.Withdraw(who, got, c.given.Role, c.given.Unit); code(err) != c.take {
				t.Errorf("%s and takes it: %v, want %q", what, err, c.take)
			}
			if c.give == "" { // and nobody to themselves, nor from themselves
				if err := s.Grant(who, giver, c.given); code(err) != "own-role" {
					t.Errorf("%s to themselves: %v", what, err)
				}
				if err := s.Withdraw(who, giver, c.given.Role, c.given.Unit); code(err) != "own-role" {
					t.Errorf("%s and takes it from themselves: %v", what, err)
				}
				if err := s.Grant(who, stranger, c.given); code(err) != "member-not-verified" {
					t.Errorf("%s to a stranger: %v", what, err)
				}
			}
		}
	})
}

func TestLastAdminInParallel(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		giver := as(join(t, s, "giver@example.com"), auth.Grant{Role: auth.Admin})
		ids := [50]string{}
		for i := range ids {
			ids[i] = join(t, s, fmt.Sprintf("m%d@example.com", i))
			verify(t, s, ids[i])
			confirm(t, s, ids[i])
			if err := s.Grant(giver, ids[i], auth.Grant{Role: auth.Admin}); err != nil {
				t.Fatal(err)
			}
		}
		won := parallel(t, member.ErrLastAdmin(), func(i int) error {
			switch i % 4 {
			case 0:
				return s.Withdraw(giver, ids[i], auth.Admin, "")
			case 1:
				return s.Suspend(giver, ids[i])
			case 2:
				_, err := s.Leave(at(0), ids[i])
				return err
			default:
				return s.Grant(giver, ids[i], auth.Grant{Role: auth.Admin, Until: start.Add(time.Hour)})
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
		accounts := account.Accounts{Members: s, Credentials: credential.Store{DB: db}}
		squatter := join(t, s, "admin@example.com")
		if err := s.Link(at(0), squatter, "https://issuer.example", "1"); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(at(0), `UPDATE members SET totp_at = 1, totp_secret = 'x' WHERE id = $1`, squatter); err != nil {
			t.Fatal(err)
		}
		sessions := session.Store{DB: db}
		tokens, err := sessions.Create(at(0), squatter, "", session.Given{})
		if err != nil {
			t.Fatal(err)
		}
		for i, want := range []bool{true, false} {
			created, err := accounts.EnsureAdmin(at(0), "admin@example.com", "hash", "관리자")
			if err != nil || created != want {
				t.Fatalf("%d: created %v, %v", i, created, err)
			}
		}
		if created, err := accounts.EnsureAdmin(at(0), "second@example.com", "hash", "관리자"); err != nil || created {
			t.Fatalf("a second admin: %v, %v", created, err)
		}
		if _, err := sessions.Authenticate(at(0), tokens.Access); !session.IsEnded(err) {
			t.Errorf("whoever had the address before is still signed in: %v", err)
		}
		if list, err := s.Issuers(at(0), squatter); err != nil || len(list) > 0 {
			t.Errorf("whoever had the address before signs in by %v, %v", list, err)
		}
		if m, err := s.Member(at(0), squatter); err != nil || m.SecondAt != nil {
			t.Errorf("the second factor of whoever had the address before is asked for: %v", err)
		}
	})
}

func TestAnonymise(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		id := join(t, s, "kim@example.com")
		if err := s.Link(at(0), id, "https://issuer.example", "1"); err != nil {
			t.Fatal(err)
		}
		confirm(t, s, id)
		if err := s.VerifyByAdmin(at(0), id, "20260001"); err != nil {
			t.Fatal(err)
		}
		if err := s.Grant(as(join(t, s, "giver@example.com"), auth.Grant{Role: auth.Admin}), id, auth.Grant{Role: auth.Editor}); err != nil {
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
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		s := store(db)
		list, err := s.ReadRoster(strings.NewReader(whole[:len(line(0))*1001]))
		if err != nil {
			t.Fatal(err)
		}
		for range 2 { // the second takes the first one's place
			if _, err := s.ReplaceRoster(at(0), list.Students, ""); err != nil {
				t.Fatal(err)
			}
		}
		if n, err := database.One(at(0), db, database.Value[int64], `SELECT COUNT(*) FROM roster`); err != nil || n != 1001 {
			t.Errorf("%d rows, %v", n, err)
		}
	})
}

func FuzzReadRoster(f *testing.F) {
	for _, seed := range []string{"2.026E+07,가", "=\"2026\",가", "'1,가", "\xff\xfe1\x00,\x00\x00\xac", "\xc7\xd0,\xc0\xcc", "1;가\n2\t나", "", "1,가\n", "\ufeff학번,이름\n1,가,a@b.kr\n", "\"1\n\",가", "1,가\r\n1,가", ",,,\n", "1,\xff"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, csv string) {
		list, err := member.Store{}.ReadRoster(strings.NewReader(csv))
		if err != nil && list.Students != nil {
			t.Error("both a roster and an error")
		}
		if err == nil && (len(list.Students) == 0 || list.Encoding == "") {
			t.Error("a roster of nobody")
		}
	})
}
