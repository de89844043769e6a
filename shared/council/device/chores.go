package device

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Chores are what is to be done about devices by itself. Those that somebody signed out of go with
// their session; sessions that ended by themselves wait for their devices.
func (k Keeper) Chores() []chore.Chore {
	return []chore.Chore{{Name: "devices-forgotten", Do: func(ctx context.Context, limit int) (int, error) {
		n, err := k.db.Exec(ctx, `DELETE FROM devices WHERE session_id IN (SELECT s.id FROM sessions s WHERE s.until_at < $1 AND EXISTS (SELECT 1 FROM devices d WHERE d.session_id = s.id) ORDER BY s.until_at`+database.Limit(limit)+`)
			AND EXISTS (SELECT 1 FROM sessions s WHERE s.id = devices.session_id AND s.until_at < $1)`, clock.Millis(clock.Now(ctx).Add(-Kept)))
		return int(n), err
	}}}
}

type exported struct {
	Name      string    `json:"name"`
	Language  string    `json:"language"`
	SeenAt    time.Time `json:"seenAt"`
	CreatedAt time.Time `json:"createdAt"`
}

// Personal is what devices keep of members.
func (k Keeper) Personal() []person.Data {
	return []person.Data{{
		Name: "devices",
		Notices: []person.Notice{{
			What:  problem.Text{KO: "알림을 받기로 한 기기: 이름, 브라우저 회사가 준 주소와 열쇠(암호화하여 보관), 켠 시각", EN: "Devices on which you get notifications: name, address and keys that the browser's maker gave (kept encrypted), and when you turned it on"},
			Why:   problem.Text{KO: "그 기기에 알림 보내기. 내용은 브라우저 회사가 읽을 수 없게 암호화해 보냅니다", EN: "Bringing notifications there, encrypted so that the browser's maker cannot read them"},
			Whom:  problem.Text{KO: "브라우저 회사. 알림이 온 때만 알고 내용은 모름", EN: "The browser's maker, who learns when a notification comes, not what it says"},
			Until: problem.Text{KO: "끌 때까지. 로그아웃하면 보내기를 바로 멈추고 30일 뒤에, 로그인이 자동으로 끝나면 90일 뒤에 지움", EN: "Until you turn it off; 30 days after you sign out there, which ends it at once, and 90 days after a session that ends by itself"},
		}},
		Columns: []person.Column{
			{Name: "devices.member_id", Fate: person.Forgotten},
			{Name: "devices.session_id", Fate: person.Forgotten},
			{Name: "devices.endpoint_hash", Fate: person.Forgotten},
			{Name: "devices.keys_hash", Fate: person.Forgotten},
			{Name: "devices.sealed", Fate: person.Forgotten},
			{Name: "devices.name", Fate: person.Exported},
			{Name: "devices.language", Fate: person.Exported},
		},
		Export: func(ctx context.Context, memberID string) (any, error) {
			return database.All(ctx, k.db, func(r database.Row) (exported, error) {
				var e exported
				var seen, created int64
				err := r.Scan(&e.Name, &e.Language, &seen, &created)
				e.SeenAt, e.CreatedAt = clock.FromMillis(seen), clock.FromMillis(created)
				return e, err
			}, `SELECT name, language, seen_at, created_at FROM devices WHERE member_id = $1 ORDER BY created_at DESC, id`, memberID)
		},
		Forget: func(ctx context.Context, memberID string) error {
			_, err := k.db.Exec(ctx, `DELETE FROM devices WHERE member_id = $1`, memberID)
			return err
		},
	}}
}
