package session

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
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
		Notices: []person.Notice{
			{What: problem.Text{KO: "로그인한 기기의 이름과 시각", EN: "Name of your device, and when you signed in"}, Why: problem.Text{KO: "로그인 유지, 어디에서 로그인했는지 보여 주기", EN: "Keeping you signed in, and showing you where you are"}, Until: problem.Text{KO: "로그인이 끝나고 30일. 자동으로 끝났고 그 기기에서 알림을 받으면 90일", EN: "30 days after the session; 90 where it ended by itself and you get notifications there"}},
		},
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
