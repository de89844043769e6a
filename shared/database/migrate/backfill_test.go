package migrate_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
)

// Lines of the log that were written before audit_members are found by whom they name: what the
// migration fills in is run again over lines as they were then.
func TestAuditMembersOfBefore(t *testing.T) {
	file, err := os.ReadFile("files/202612041100_audit.sql")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := strings.Cut(string(file), "INSERT INTO audit_members")
	statement, _, _ := strings.Cut(rest, ";")
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		exec := func(query string, args ...any) {
			t.Helper()
			if _, err := db.Exec(t.Context(), query, args...); err != nil {
				t.Fatal(err)
			}
		}
		id := func(n int) string { return fmt.Sprintf("01890000-0000-7000-8000-%012d", n) }
		all := []string{}
		for n := range 120 {
			exec(`INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at) VALUES ($1, $1, '김마당', '', '', '', '', 0, 1, 1, 1)`, id(n))
			all = append(all, id(n))
		}
		want := []string{}
		for line, ids := range map[string][]string{"nobody": {}, "one": {id(3)}, "two": {id(3), id(5)}, "gone": {id(999), id(7)}, "many": all} {
			named := []string{}
			for _, m := range ids {
				named = append(named, `"`+m+`"`)
				if m != id(999) {
					want = append(want, line+" "+m)
				}
			}
			exec(`INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail) VALUES ($1, 1, 'a', 'GET /v1/admin/members', '', '', '', $2)`, line, `{"members":[`+strings.Join(named, ",")+`]}`)
		}
		exec(`INSERT INTO audit (id, at, actor, action, subject, origin, request_id, detail) VALUES ('other', 1, 'a', 'x', '', '', '', $1)`, `{"role":"`+id(3)+`"}`)
		exec(`INSERT INTO audit_members` + statement)
		got, err := database.All(t.Context(), db, database.Value[string], `SELECT audit_id || ' ' || member_id FROM audit_members`)
		if err != nil {
			t.Fatal(err)
		}
		slices.Sort(got)
		slices.Sort(want)
		if !slices.Equal(got, want) {
			t.Errorf("%d lines are about members, want %d: %v", len(got), len(want), got[:min(5, len(got))])
		}
	})
}
