package member

import (
	"context"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/person"
	"github.com/madang-council/madang/shared/problem"
)

// Personal is what accounts keep of members.
func (s Store) Personal() []person.Data {
	return []person.Data{
		{Name: "profile", Notices: []person.Notice{
			{What: problem.Text{KO: "이메일, 이름, 비밀번호(되돌릴 수 없는 값으로)", EN: "Email address, name, password (stored as a hash)"}, Why: problem.Text{KO: "가입과 로그인, 계정에 관한 알림", EN: "Creating your account, signing in, and messages about it"}, Until: problem.Text{KO: "탈퇴하고 {leave} 뒤 지움", EN: "Deleted {leave} after leaving"},
				Whom: problem.Text{KO: "이메일 주소만, {mail}", EN: "The email address alone, to {mail}"}},
			{What: problem.Text{KO: "학과(선택)", EN: "Department (optional)"}, Why: problem.Text{KO: "통계와 이용 대상 확인", EN: "Statistics, and deciding which services you may use"}, Until: problem.Text{KO: "탈퇴하고 {leave} 뒤 지움", EN: "Deleted {leave} after leaving"}},
			{What: problem.Text{KO: "학번, 학교 이메일 주소(되돌릴 수 없는 값으로만)", EN: "Student number and school email address (stored only as hashes)"}, Why: problem.Text{KO: "재학생인지 확인, 한 사람이 한 계정만", EN: "Confirming that you are a student, with one account each"}, Until: problem.Text{KO: "탈퇴하고 {leave} 뒤 지움", EN: "Deleted {leave} after leaving"}},
			{What: problem.Text{KO: "총학생회에서 맡은 역할과 임기", EN: "Roles in the council, and their terms"}, Why: problem.Text{KO: "권한 확인", EN: "Deciding what you may do"}, Until: problem.Text{KO: "탈퇴하고 {leave} 뒤 지움", EN: "Deleted {leave} after leaving"}},
		}, Export: s.exportProfile, Forget: s.forget, Columns: []person.Column{
			{Name: "members.id", Fate: person.Shown, Why: "it is the name of who wrote what stays, and leads to nobody"},
			{Name: "members.email", Fate: person.Exported},
			{Name: "members.name", Fate: person.Exported},
			{Name: "members.named", Fate: person.Forgotten},
			{Name: "member_names.part", Fate: person.Forgotten},
			{Name: "member_names.member_id", Fate: person.Forgotten},
			{Name: "members.unit", Fate: person.Exported},
			{Name: "members.password", Fate: person.Forgotten},
			{Name: "members.verified_by", Fate: person.Exported},
			{Name: "members.student_key", Fate: person.Forgotten},
			{Name: "members.student_mail", Fate: person.Forgotten},
			{Name: "members.totp_secret", Fate: person.Forgotten},
			{Name: "member_roles.member_id", Fate: person.Forgotten},
			{Name: "member_roles.role", Fate: person.Exported},
			{Name: "member_roles.unit", Fate: person.Exported},
			{Name: "member_roles.granted_by", Fate: person.Kept, Why: "others have their roles from them"},
			{Name: "mail_codes.member_id", Fate: person.Forgotten},
			{Name: "mail_codes.student_key", Fate: person.Forgotten},
			{Name: "mail_codes.code_hash", Fate: person.Forgotten},
			{Name: "address_codes.member_id", Fate: person.Forgotten},
			{Name: "address_codes.email", Fate: person.Forgotten},
			{Name: "address_codes.code_hash", Fate: person.Forgotten},
		}},
		{Name: "consents", Notices: []person.Notice{
			{What: problem.Text{KO: "동의한 내용과 버전, 시각", EN: "What you consented to, in which version and when"}, Why: problem.Text{KO: "동의의 증거", EN: "Proof of agreement"}, Until: problem.Text{KO: "계정이 있는 동안. 그 뒤에는 누구의 것인지 알 수 없음", EN: "As long as you have an account; afterwards nobody can tell whose it was"}},
		}, Export: s.exportConsents, Columns: []person.Column{
			{Name: "consents.member_id", Fate: person.Kept, Why: "the proof that there was a consent; it names nothing but an id that leads to nobody"},
			{Name: "consents.kind", Fate: person.Shown, Why: "the proof"},
			{Name: "consents.version", Fate: person.Shown, Why: "the proof"},
		}},
		{Name: "issuers", Notices: []person.Notice{
			{What: problem.Text{KO: "연결한 다른 서비스의 계정 번호(연결한 사람만)", EN: "The ID of an account elsewhere that you link (only if you link one)"}, Why: problem.Text{KO: "그 계정으로 로그인", EN: "Signing in with it"}, Until: problem.Text{KO: "연결을 끊거나 탈퇴할 때", EN: "Until you unlink it or leave"}},
		}, Export: func(ctx context.Context, id string) (any, error) { return s.Issuers(ctx, id) }, Forget: s.unlinkAll, Columns: []person.Column{
			{Name: "oidc_links.member_id", Fate: person.Forgotten},
			{Name: "oidc_links.issuer", Fate: person.Exported},
			{Name: "oidc_links.subject", Fate: person.Forgotten},
		}},
	}
}

type exportedRole struct {
	Role  string     `json:"role"`
	Unit  string     `json:"unit"`
	Until *time.Time `json:"until,omitempty"`
}

type exportedProfile struct {
	ID           string         `json:"id"`
	Email        string         `json:"email"`
	Name         string         `json:"name"`
	Unit         string         `json:"unit"`
	Verified     bool           `json:"verified"`
	VerifiedBy   string         `json:"verifiedBy"`
	HasPassword  bool           `json:"hasPassword"`
	SecondFactor bool           `json:"secondFactor"`
	Suspended    bool           `json:"suspended"`
	LeavingAt    *time.Time     `json:"leavingAt,omitempty"`
	Roles        []exportedRole `json:"roles"`
	CreatedAt    time.Time      `json:"createdAt"`
	UpdatedAt    time.Time      `json:"updatedAt"`
}

func (s Store) exportProfile(ctx context.Context, id string) (any, error) {
	m, err := s.Member(ctx, id)
	if err != nil {
		return nil, err
	}
	grants, err := s.Grants(ctx, id)
	if err != nil {
		return nil, err
	}
	p := exportedProfile{
		ID: m.ID, Email: m.Email, Name: m.Name, Unit: m.Unit, Verified: m.VerifiedAt != nil, VerifiedBy: m.VerifiedBy,
		HasPassword: m.HasPassword, SecondFactor: m.SecondAt != nil, Suspended: m.SuspendedAt != nil, LeavingAt: m.LeavingAt,
		Roles: []exportedRole{}, CreatedAt: m.CreatedAt, UpdatedAt: m.UpdatedAt,
	}
	for _, g := range grants {
		r := exportedRole{Role: string(g.Role), Unit: g.Unit}
		if !g.Until.IsZero() {
			r.Until = &g.Until
		}
		p.Roles = append(p.Roles, r)
	}
	return p, nil
}

type exportedConsent struct {
	Kind    string    `json:"kind"`
	Version string    `json:"version"`
	Given   bool      `json:"given"`
	At      time.Time `json:"at"`
}

func (s Store) exportConsents(ctx context.Context, id string) (any, error) {
	history, err := s.Consents(ctx, id)
	list := []exportedConsent{}
	for _, c := range history {
		list = append(list, exportedConsent(c))
	}
	return list, err
}

// unlinkAll lets nobody sign in by an issuer any more.
func (s Store) unlinkAll(ctx context.Context, id string) error {
	_, err := s.DB.Exec(ctx, `DELETE FROM oidc_links WHERE member_id = $1`, id)
	return err
}

// forget takes everything personal from an account's own rows. What the member wrote stays,
// under the name Gone.
func (s Store) forget(ctx context.Context, id string) error {
	nobody, err := check.NewID()
	if err != nil {
		return err
	}
	if _, err := s.DB.Exec(ctx, `UPDATE members SET email = $1, name = $2, named = $2, unit = '', password = '', verified_at = NULL, verified_by = '', student_key = NULL, student_mail = NULL, email_confirmed_at = NULL,
		totp_secret = '', totp_at = NULL, totp_step = 0, version = version + 1, updated_at = $3 WHERE id = $4`,
		nobody+noAddress, Gone, clock.Millis(clock.Now(ctx)), id); err != nil {
		return err
	}
	for _, statement := range []string{
		`DELETE FROM member_roles WHERE member_id = $1`,
		`DELETE FROM member_names WHERE member_id = $1`,
	} {
		if _, err := s.DB.Exec(ctx, statement, id); err != nil {
			return err
		}
	}
	return s.endCodes(ctx, id)
}
