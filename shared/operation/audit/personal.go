package audit

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/person"
)

type exported struct {
	At     time.Time `json:"at"`
	Action string    `json:"action"`
}

// Personal is what the log keeps of members.
func (s Store) Personal() []person.Data {
	const law = "the log of who handled personal data stays whole until the end of its retention"
	return []person.Data{{
		Name: "accesses",
		Columns: []person.Column{
			{Name: "audit.actor", Fate: person.Kept, Why: law},
			{Name: "audit.subject", Fate: person.Kept, Why: law},
			{Name: "audit.action", Fate: person.Shown, Why: law},
			{Name: "audit.origin", Fate: person.Kept, Why: law},
		},
		Export: func(ctx context.Context, memberID string) (any, error) {
			accesses, err := s.AboutMember(ctx, memberID)
			list := []exported{}
			for _, a := range accesses {
				list = append(list, exported{At: a.At, Action: a.Action})
			}
			return list, err
		},
	}}
}
