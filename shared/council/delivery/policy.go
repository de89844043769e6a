package delivery

import (
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/problem"
)

// Policy are the numbers of notifications that the council decides. Hours are Seoul's.
type Policy struct{ QuietFrom, QuietUntil, DigestAt, PerMinute int }

// Policies says what they are.
func (p *Policy) Policies() policy.Domain {
	hour := problem.Text{KO: "시", EN: "o'clock"}
	return policy.Domain{
		Name: "notify", Label: problem.Text{KO: "알림", EN: "Notifications"},
		Help: problem.Text{KO: "바꾸면 그 뒤에 보내는 알림부터 적용됩니다.", EN: "A change holds for what is sent afterwards."},
		Items: []policy.Item{
			{
				Name: "quietFrom", Value: policy.Number{To: &p.QuietFrom, Default: 22, Min: 0, Max: 23, Unit: hour},
				Label: problem.Text{KO: "조용한 시간의 시작", EN: "Quiet hours from"},
				Help:  problem.Text{KO: "조용한 시간에는 이메일, 기기, 채팅방으로 보내지 않고 모아 두었다가 끝날 때 보냅니다. 시작과 끝이 같으면 조용한 시간이 없습니다.", EN: "In quiet hours nothing is sent to people; it goes out at their end. There are none where both are the same."},
			},
			{
				Name: "quietUntil", Value: policy.Number{To: &p.QuietUntil, Default: 8, Min: 0, Max: 23, Unit: hour},
				Label: problem.Text{KO: "조용한 시간의 끝", EN: "Quiet hours until"},
			},
			{
				Name: "digestAt", Value: policy.Number{To: &p.DigestAt, Default: 18, Min: 0, Max: 23, Unit: hour},
				Label: problem.Text{KO: "모아서 보내는 시각", EN: "When digests are sent"},
				Help:  problem.Text{KO: "조용한 시간 안이면 그 시간이 끝날 때 보냅니다.", EN: "Within quiet hours they are sent at their end."},
			},
			{
				Name: "perMinute", Value: policy.Number{To: &p.PerMinute, Default: 60, Min: 1, Max: 600, Unit: problem.Text{KO: "건", EN: "messages"}},
				Label: problem.Text{KO: "1분에 보내는 최대 수", EN: "Most messages in a minute"},
				Help:  problem.Text{KO: "이메일, 기기, 디스코드, 슬랙, 웹훅마다 따로 셉니다. 이메일 서버의 한도보다 작게 정하세요.", EN: "Counted for mail, devices, Discord, Slack and webhooks apart. Stay below what the mail server allows."},
			},
		},
	}
}

// awake is the first time from t on that is in no quiet hours.
func (p Policy) awake(t time.Time) time.Time {
	t = t.In(clock.Seoul)
	if p.QuietFrom == p.QuietUntil {
		return t
	}
	hour := t.Hour()
	until := clock.Midnight(t).Add(time.Duration(p.QuietUntil) * time.Hour)
	switch {
	case p.QuietFrom < p.QuietUntil && hour >= p.QuietFrom && hour < p.QuietUntil:
		return until
	case p.QuietFrom > p.QuietUntil && hour >= p.QuietFrom:
		return until.AddDate(0, 0, 1)
	case p.QuietFrom > p.QuietUntil && hour < p.QuietUntil:
		return until
	default:
		return t
	}
}

// digest is the first time of a digest behind t. Each day has one: the first moment from DigestAt on that is in no quiet hours,
// which may be on the day after.
func (p Policy) digest(t time.Time) time.Time {
	for day := clock.Midnight(t).AddDate(0, 0, -1); ; day = day.AddDate(0, 0, 1) {
		if at := p.awake(day.Add(time.Duration(p.DigestAt) * time.Hour)); at.After(t) {
			return at
		}
	}
}

// What is told together is recorded early before the hour of digests, and goes with them. What is recorded later waits for gather,
// so that all of it is there.
const (
	early  = 10 * time.Minute // two runs of sweep
	gather = 2 * time.Minute
)

// evening is when what is on the next day is told that is recorded at t.
func (p Policy) evening(t time.Time) time.Time {
	if at := p.digest(t); clock.Midnight(at).Equal(clock.Midnight(t)) {
		return at
	}
	return p.awake(t.Add(gather))
}

// DigestHour is the hour in Seoul at which digests are sent.
func (p Policy) DigestHour() int { return p.digest(time.Time{}).In(clock.Seoul).Hour() }
