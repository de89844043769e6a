package credential

import (
	"context"

	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Personal is what credentials keep of members: hashes, which say nothing to them. Password
// and second factor are columns of the account, which forgets them.
func (s Store) Personal() []person.Data {
	return []person.Data{{
		Notices: []person.Notice{
			{What: problem.Text{KO: "로그인에 실패한 횟수(접속 주소는 하루마다 바뀌는 값으로만)", EN: "Number of failed sign-ins (network addresses only as a hash that changes daily)"}, Why: problem.Text{KO: "비밀번호 추측 막기", EN: "Stopping people who guess passwords"}, Until: problem.Text{KO: "24시간", EN: "24 hours"}},
			{What: problem.Text{KO: "2단계 인증 키와 복구 코드(켠 사람만, 암호화)", EN: "Second factor and recovery codes (encrypted; only if you turn it on)"}, Why: problem.Text{KO: "계정 보호", EN: "Protecting the account"}, Until: problem.Text{KO: "끄거나 탈퇴할 때", EN: "Until you turn it off or leave"}},
		},
		Columns: []person.Column{
			{Name: "recovery_codes.member_id", Fate: person.Forgotten},
			{Name: "recovery_codes.hash", Fate: person.Forgotten},
			{Name: "password_resets.member_id", Fate: person.Forgotten},
			{Name: "password_resets.hash", Fate: person.Forgotten},
		},
		Forget: func(ctx context.Context, memberID string) error {
			if _, err := s.DB.Exec(ctx, `DELETE FROM recovery_codes WHERE member_id = $1`, memberID); err != nil {
				return err
			}
			_, err := s.DB.Exec(ctx, `DELETE FROM password_resets WHERE member_id = $1`, memberID)
			return err
		},
	}}
}
