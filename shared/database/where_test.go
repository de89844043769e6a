package database_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/madang-council/madang/shared/database"
)

func TestWhere(t *testing.T) {
	var w database.Where
	if got := w.String(); got != "" {
		t.Errorf("nothing: %q", got)
	}
	w.Add("deleted_at IS NULL")
	w.Add("(at, id) < (?, ?)", int64(1), "x")
	w.Add("unit = ?", "총학")
	if got, want := w.String()+database.Limit(20), " WHERE deleted_at IS NULL AND (at, id) < ($1, $2) AND unit = $3 LIMIT 20"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	if diff := cmp.Diff([]any{int64(1), "x", "총학"}, w.Args); diff != "" {
		t.Error(diff)
	}
}

func TestMarks(t *testing.T) {
	for want, got := range map[string]string{"": database.Marks(1, 0), "$1": database.Marks(1, 1), "$2, $3, $4": database.Marks(2, 3)} {
		if got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
