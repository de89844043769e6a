package policy

import (
	"context"
	"encoding/json"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

type exported struct {
	By     string          `json:"by"`
	Domain string          `json:"domain"`
	Name   string          `json:"name"`
	Value  json.RawMessage `json:"value"`
	From   time.Time       `json:"from"`
	At     time.Time       `json:"at"`
}

// Personal is what is kept of members who have set something.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		Name: "policies",
		Notices: []person.Notice{{
			What:  problem.Text{KO: "운영 기준을 바꾼 사람(총학생회에서 일하는 사람만)", EN: "Who changed the council's policies (council staff only)"},
			Why:   problem.Text{KO: "누가 정했는지 남기기", EN: "A record of who decided"},
			Until: problem.Text{KO: "기준은 남고, 탈퇴하면 바꾼 사람을 알 수 없음", EN: "The policy stays; who set it is removed when you leave"},
		}},
		Columns: []person.Column{{Name: "policies.set_by", Fate: person.Exported}},
		Export: func(ctx context.Context, memberID string) (any, error) {
			return database.All(ctx, s.DB, func(r database.Row) (exported, error) {
				var e exported
				var from, at int64
				var value string
				err := r.Scan(&e.By, &e.Domain, &e.Name, &value, &from, &at)
				e.Value, e.From, e.At = json.RawMessage(value), clock.FromMillis(from), clock.FromMillis(at)
				return e, err //nolint:wrapcheck // the database says where it failed
			}, `SELECT set_by, domain, name, value, from_at, set_at FROM policies WHERE set_by = $1 ORDER BY set_at, name`, memberID)
		},
		Forget: func(ctx context.Context, memberID string) error {
			_, err := s.DB.Exec(ctx, `UPDATE policies SET set_by = NULL WHERE set_by = $1`, memberID)
			return err
		},
	}}
}
