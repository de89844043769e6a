package audit

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
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
		Notices: []person.Notice{
			{What: problem.Text{KO: "총학생회가 회원의 개인정보를 보거나 바꾼 기록: 누가, 언제, 무엇을", EN: "Which member data the council viewed or changed: who, when and what"}, Why: problem.Text{KO: "개인정보의 안전성 확보조치 기준 8조", EN: "Required by law (개인정보의 안전성 확보조치 기준, article 8)"}, Until: problem.Text{KO: "{log}", EN: "{log}"}},
		},
		Columns: []person.Column{
			{Name: "audit.actor", Fate: person.Kept, Why: law},
			{Name: "audit.subject", Fate: person.Kept, Why: law},
			{Name: "audit.action", Fate: person.Shown, Why: law},
			{Name: "audit.actor_name", Fate: person.Kept, Why: law},
			{Name: "audit.subject_name", Fate: person.Kept, Why: law},
			{Name: "audit.origin", Fate: person.Kept, Why: law},
			{Name: "audit.detail", Fate: person.Kept, Why: law},
			{Name: "audit_members.audit_id", Fate: person.Kept, Why: law},
			{Name: "audit_members.member_id", Fate: person.Kept, Why: law},
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
