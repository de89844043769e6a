package notice

import (
	"context"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
)

// What every visitor's page is made of is found by indexes, however many notices there are.
func TestPlans(t *testing.T) {
	db := databasetest.SQLite(t)
	plan := func(query string, args ...any) string {
		t.Helper()
		steps, err := database.All(context.Background(), db, func(r database.Row) (string, error) {
			var id, parent, unused int
			var detail string
			err := r.Scan(&id, &parent, &unused, &detail)
			return detail, err
		}, `EXPLAIN QUERY PLAN `+query, args...)
		if err != nil {
			t.Fatal(err)
		}
		return strings.Join(steps, "\n")
	}
	behind := Position{PublishAt: 1, ID: "x"}
	for _, at := range []Position{{}, behind} {
		for _, pinned := range []bool{false, true} {
			query, args := selectPart(Filter{}, 1, pinned, at, 20)
			if got := plan(query, args...); strings.Contains(got, "SCAN notices") || !pinned && strings.Contains(got, "TEMP B-TREE") {
				t.Errorf("pinned %v, behind %v:\n%s", pinned, at, got)
			}
		}
	}
	if got := plan(nextChange, 1); strings.Contains(got, "SCAN notices") || strings.Count(got, "SEARCH notices USING INDEX") != 4 {
		t.Errorf("next change:\n%s", got)
	}
}
