package member

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

// Search is what an admin looks for; empty fields do not limit.
type Search struct {
	Email string // the whole address, lower case
	Name  string // a part of the name, however it is spaced and whatever its capitals
	After string // id of the last member of the page before
}

// Allowed refuses a search that the caller may not make: who appoints in a unit finds those
// whose address is known to them; only who supervises pages through the members.
func (q Search) Allowed(ctx context.Context) error {
	who := auth.From(ctx)
	if who.May(auth.Supervise, "") || q.Email != "" && who.MaySomewhere(auth.Appoint) {
		return nil
	}
	return problem.NotAllowed()
}

// Parts are what a name is found by: it from each of its characters on, squeezed (text.Squeeze). A part of the name is how
// one of them begins.
func Parts(name string) []string {
	squeezed, list := text.Squeeze(name), []string{}
	for i := range squeezed { // by characters
		list = append(list, squeezed[i:])
	}
	return list
}

// Find lists members who have not gone, by id, which is the order in which they joined; those whose name has a part, by the
// name from that part on.
func (s Store) Find(ctx context.Context, q Search, limit int) ([]Member, error) {
	if q.Name != "" {
		return s.findNamed(ctx, q, limit)
	}
	var w database.Where
	w.Add(`anonymised_at IS NULL AND (leaving_at IS NULL OR leaving_at > ?)`, s.goneBefore(ctx))
	if q.Email != "" {
		w.Add(`email = ?`, q.Email)
	}
	if q.After != "" {
		w.Add(`id > ?`, q.After)
	}
	return database.All(ctx, s.DB, scanMember, memberColumns+w.String()+` ORDER BY id`+database.Limit(limit), w.Args...)
}

// findNamed walks the parts that begin so, which are a range of an index. A name that has the part twice is found by the part that
// comes first.
func (s Store) findNamed(ctx context.Context, q Search, limit int) ([]Member, error) {
	least := text.Squeeze(q.Name)
	if least == "" {
		return []Member{}, nil
	}
	var w database.Where
	w.Add(`n.part >= ? AND n.part < ?`, least, least+string(utf8.MaxRune))
	w.Add(`NOT EXISTS (SELECT 1 FROM member_names b WHERE b.member_id = n.member_id AND b.part >= ? AND b.part < n.part)`, least)
	w.Add(`m.anonymised_at IS NULL AND (m.leaving_at IS NULL OR m.leaving_at > ?)`, s.goneBefore(ctx))
	if q.Email != "" {
		w.Add(`m.email = ?`, q.Email)
	}
	if q.After != "" { // names are no part of a cursor
		w.Add(`(n.part, n.member_id) > ((SELECT MIN(part) FROM member_names WHERE member_id = ? AND part >= ?), ?)`, q.After, least, q.After)
	}
	ids, err := database.All(ctx, s.DB, database.Value[string], `SELECT n.member_id FROM member_names n JOIN members m ON m.id = n.member_id`+w.String()+` ORDER BY n.part, n.member_id`+database.Limit(limit), w.Args...)
	if err != nil || len(ids) == 0 {
		return []Member{}, err
	}
	var found database.Where
	found.In(`id`, ids...)
	list, err := database.All(ctx, s.DB, scanMember, memberColumns+found.String(), found.Args...)
	slices.SortFunc(list, func(a, b Member) int { return slices.Index(ids, a.ID) - slices.Index(ids, b.ID) })
	return list, err
}

// name writes what a member is found by, in the unit of work that names them.
func (s Store) name(ctx context.Context, id, name string) error {
	if _, err := s.DB.Exec(ctx, `DELETE FROM member_names WHERE member_id = $1`, id); err != nil {
		return err
	}
	rows, args := []string{}, []any{id}
	for _, part := range Parts(name) {
		args = append(args, part)
		rows = append(rows, fmt.Sprintf("($%d, $1)", len(args)))
	}
	if len(rows) > 0 {
		if _, err := s.DB.Exec(ctx, `INSERT INTO member_names (part, member_id) VALUES `+strings.Join(rows, ", "), args...); err != nil {
			return err
		}
	}
	_, err := s.DB.Exec(ctx, `UPDATE members SET named = $1 WHERE id = $2`, name, id)
	return err
}

// renew writes anew what members are found by whose name is another than when it was written, as by a release that does not.
func (s Store) renew(ctx context.Context, limit int) (int, error) {
	type named struct {
		id, name string
		gone     bool
	}
	list, err := database.All(ctx, s.DB, func(r database.Row) (named, error) {
		var m named
		err := r.Scan(&m.id, &m.name, &m.gone)
		return m, err
	}, `SELECT id, name, anonymised_at IS NOT NULL FROM members WHERE named <> name ORDER BY id`+database.Limit(limit))
	for _, m := range list {
		if err := s.DB.Atomic(ctx, func(ctx context.Context) error {
			// Locks the row: who changes the name at the same time comes before or after.
			n, err := s.DB.Exec(ctx, `UPDATE members SET named = name WHERE id = $1 AND name = $2`, m.id, m.name)
			switch {
			case err != nil || n == 0:
				return err
			case m.gone:
				_, err := s.DB.Exec(ctx, `DELETE FROM member_names WHERE member_id = $1`, m.id)
				return err
			default:
				return s.name(ctx, m.id, m.name)
			}
		}); err != nil {
			return 0, err
		}
	}
	return len(list), err
}
