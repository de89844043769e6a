package session

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/person"
)

type exported struct {
	Device      string    `json:"device"`
	CreatedAt   time.Time `json:"createdAt"`
	RefreshedAt time.Time `json:"refreshedAt"`
}

// Personal is what sessions keep of members.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		Name: "sessions",
		Columns: []person.Column{
			{Name: "sessions.member_id", Fate: person.Forgotten},
			{Name: "sessions.access_hash", Fate: person.Forgotten},
			{Name: "sessions.device", Fate: person.Exported},
			{Name: "refresh_tokens.session_id", Fate: person.Forgotten}, // with the session
		},
		Export: func(ctx context.Context, memberID string) (any, error) {
			sessions, err := s.List(ctx, memberID)
			list := []exported{}
			for _, v := range sessions {
				list = append(list, exported{Device: v.Device, CreatedAt: v.CreatedAt, RefreshedAt: v.RefreshedAt})
			}
			return list, err
		},
		Forget: func(ctx context.Context, memberID string) error {
			_, err := s.DB.Exec(ctx, `DELETE FROM sessions WHERE member_id = $1`, memberID)
			return err
		},
	}}
}
