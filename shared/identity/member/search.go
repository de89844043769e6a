package member

import (
	"context"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// Search is what an admin looks for; empty fields do not limit.
type Search struct {
	Email  string // the whole address, lower case
	Prefix string // how the name begins
	After  string // id of the last member of the page before
}

// WholeCouncil refuses admins of a single unit what concerns every member.
func WholeCouncil(ctx context.Context) error {
	if !auth.From(ctx).May(auth.Admin, "") {
		return problem.NotAllowed()
	}
	return nil
}

// Allowed refuses a search that the caller may not make: an admin of one unit finds those
// whose address is known to them; only one of the whole council pages through the members.
func (q Search) Allowed(ctx context.Context) error {
	if q.Email != "" && auth.From(ctx).Has(auth.Admin) {
		return nil
	}
	return WholeCouncil(ctx)
}

// Find lists members who have not gone, by id, which is the order in which they joined.
func (s Store) Find(ctx context.Context, q Search, limit int) ([]Member, error) {
	return database.All(ctx, s.DB, scanMember, memberColumns+`WHERE anonymised_at IS NULL AND (leaving_at IS NULL OR leaving_at > $1)
		AND ($2 = '' OR email = $2) AND ($3 = '' OR name LIKE $3 ESCAPE '\') AND id > $4 ORDER BY id LIMIT $5`,
		s.goneBefore(ctx), q.Email, prefixPattern(q.Prefix), q.After, limit)
}

// prefixPattern takes the meaning from LIKE's own characters.
func prefixPattern(prefix string) string {
	if prefix == "" {
		return ""
	}
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(prefix) + "%"
}
