package member

import (
	"context"
	"slices"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// The kinds of consent, both of which an account needs (개인정보 보호법 15조). Which news members
// want by mail is no consent of theirs: they choose it among their notifications.
const (
	Privacy = "privacy" // collection and use of personal data
	Age     = "age"     // is 14 or older (22조의2)
)

// ConsentLabel is what a kind of consent is to.
func ConsentLabel(kind string) problem.Text {
	switch kind {
	case Privacy:
		return problem.Text{KO: "개인정보 수집과 이용", EN: "Collection and use of personal data"}
	case Age:
		return problem.Text{KO: "만 14세 이상", EN: "Being 14 or older"}
	default:
		return problem.Text{KO: kind, EN: kind}
	}
}

// Consent is what a member agrees to, of one version of the policy. Nil means that it
// was not asked.
type Consent struct {
	Version string
	Privacy bool
	Age     *bool
}

// Consented is one consent or its withdrawal, as stored.
type Consented struct {
	Kind    string
	Version string
	Given   bool
	At      time.Time
}

// Consents is the whole history of a member's consents, the oldest first.
func (s Store) Consents(ctx context.Context, memberID string) ([]Consented, error) {
	return database.All(ctx, s.DB, func(r database.Row) (Consented, error) {
		var c Consented
		var given, at int64
		err := r.Scan(&c.Kind, &c.Version, &given, &at)
		c.Given, c.At = given == 1, clock.FromMillis(at)
		return c, err
	}, `SELECT kind, version, given, at FROM consents WHERE member_id = $1 ORDER BY at, kind`, memberID)
}

// Current is the last word about each kind that is asked for. Of one that no longer is, as that to
// mail of no purpose, the history alone tells.
func Current(history []Consented) []Consented {
	last := []Consented{}
	for _, c := range history {
		if c.Kind != Privacy && c.Kind != Age {
			continue
		}
		last = slices.DeleteFunc(last, func(o Consented) bool { return o.Kind == c.Kind })
		last = append(last, c)
	}
	slices.SortFunc(last, func(a, b Consented) int {
		if a.Kind < b.Kind {
			return -1
		}
		return 1
	})
	return last
}

// Consent adds to the history what changed.
func (s Store) Consent(ctx context.Context, memberID string, c Consent) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error { return s.consent(ctx, memberID, c, false) })
}

func (s Store) consent(ctx context.Context, memberID string, c Consent, first bool) error {
	current := []Consented{}
	if !first {
		history, err := s.Consents(ctx, memberID)
		if err != nil {
			return err
		}
		current = Current(history)
	}
	for kind, given := range map[string]*bool{Privacy: &c.Privacy, Age: c.Age} {
		same := func(o Consented) bool {
			return o.Kind == kind && o.Given == *given && (o.Version == c.Version || !o.Given)
		}
		if given == nil || slices.ContainsFunc(current, same) {
			continue
		}
		number := 0
		if *given {
			number = 1
		}
		if _, err := s.DB.Exec(ctx, `INSERT INTO consents (member_id, kind, version, given, at) VALUES ($1, $2, $3, $4, $5)
			ON CONFLICT (member_id, kind, at) DO UPDATE SET version = excluded.version, given = excluded.given`,
			memberID, kind, c.Version, number, clock.Millis(clock.Now(ctx))); err != nil {
			return err
		}
	}
	return nil
}
