package topic_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/council/topic"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/problem"
)

// A member follows so many things and no more, however many they follow at once; what they follow already is one of these.
func TestMostFollows(t *testing.T) {
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		ctx := clock.With(context.Background(), time.Date(2026, 3, 2, 12, 0, 0, 0, clock.Seoul))
		store := topic.Store{DB: db}
		if _, err := db.Exec(ctx, `INSERT INTO members (id, email, name, unit, password, verified_by, totp_secret, totp_step, version, created_at, updated_at) VALUES ('a', 'a', '', '', '', '', '', 0, 1, 0, 0)`); err != nil {
			t.Fatal(err)
		}
		minute := func(n int) thing.Ref { return thing.Ref{Kind: "minute", ID: fmt.Sprint(n)} }
		free := func() {
			if _, err := db.Exec(ctx, `DELETE FROM topic_follows WHERE thing_id = (SELECT MIN(thing_id) FROM topic_follows WHERE thing_id <> '0')`); err != nil {
				t.Fatal(err)
			}
		}
		for n := range topic.MostFollows {
			if err := store.Follow(ctx, "a", minute(n)); err != nil {
				t.Fatal(err)
			}
		}
		tooMany := func(err error) bool { return problem.Find(err) != nil && problem.Find(err).Code == "too-many-follows" }
		if err := store.Follow(ctx, "a", minute(topic.MostFollows)); !tooMany(err) {
			t.Errorf("one more: %v", err)
		}
		if err := store.Follow(ctx, "a", minute(0)); err != nil {
			t.Errorf("what is followed already: %v", err)
		}
		free()
		databasetest.LastPlace(t, func(n int) (bool, error) {
			err := store.Follow(ctx, "a", minute(topic.MostFollows+1+n))
			if tooMany(err) {
				return false, nil
			}
			return err == nil, err
		}, free)
	})
}
