package notice

import (
	"context"

	"github.com/madang-council/madang/shared/council/policy"
	"github.com/madang-council/madang/shared/problem"
)

// Policy is what the council decides of notices.
type Policy struct {
	Review bool // what comes out needs a colleague's approval
}

// Policies says what it is.
func (p *Policy) Policies() policy.Domain {
	return policy.Domain{
		Name: "notices", Label: problem.Text{KO: "공지", EN: "Notices"},
		Help: problem.Text{KO: "켜면 그 뒤에 게시하거나 예약하는 공지부터 적용됩니다. 이미 게시했거나 예약한 공지는 그대로입니다.", EN: "It holds for what is published or scheduled afterwards. What is published or scheduled already stays."},
		Items: []policy.Item{{
			Name: "review", Value: policy.Switch{To: &p.Review},
			Label: problem.Text{KO: "승인받아야 게시하기", EN: "Publish after approval alone"},
			Help: problem.Text{
				KO: "공지를 게시하거나 예약하려면 그 글을 쓰거나 고치지 않은 동료가 승인해야 합니다. 게시한 글을 고치려면 초안으로 내려 다시 승인받습니다. 전체 관리자는 긴급 공지를 승인 없이 게시할 수 있고, 그 일은 기록에 남습니다. 켜 둔 동안은 옛 공지를 옮겨 올 수 없습니다.",
				EN: "To publish or schedule a notice, a colleague who neither wrote nor edited it has to approve it. To edit what is published, take it back to a draft and have it approved again. An admin of the whole council may publish what is urgent without, which the log says. Nothing can be imported meanwhile.",
			},
		}},
	}
}

// ReviewRequired says whether the council lets nothing come out now that no colleague approved.
func (s Reader) ReviewRequired(ctx context.Context) (bool, error) {
	p, err := policy.Read[Policy](ctx, s.db)
	return p.Review, err
}
