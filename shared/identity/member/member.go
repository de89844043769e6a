// Package member keeps the accounts: who they are, whether they are students, what they
// consented to, which roles they have, and how they leave. Passwords and codes are
// shared/identity/credential's, sessions shared/identity/session's.
package member

import (
	"slices"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
)

// The longest name and department, in characters. The longest Korean name on record has
// 17 syllables; names of foreign students need more.
const (
	NameLimit = 40
	UnitLimit = 40
)

// Gone is the name of an account that was anonymised, next to what it wrote.
const Gone = "탈퇴한 회원"

// The ways to have proved to be a student.
const (
	ByMail   = "mail"
	ByRoster = "roster"
	ByAdmin  = "admin"
)

// VerifiedLabel is how somebody was verified.
func VerifiedLabel(by string) problem.Text {
	switch by {
	case ByMail:
		return problem.Text{KO: "학교 이메일로", EN: "by school mail"}
	case ByRoster:
		return problem.Text{KO: "명부로", EN: "by the roster"}
	case ByAdmin:
		return problem.Text{KO: "관리자가", EN: "by an admin"}
	default:
		return problem.Text{KO: by, EN: by}
	}
}

// Member is an account as its owner and admins see it.
type Member struct {
	ID          string
	Email       string // "" where the issuer of an OIDC sign-in gave none
	Name        string
	Unit        string
	HasPassword bool
	VerifiedAt  *time.Time
	VerifiedBy  string
	ConfirmedAt *time.Time // when the address was known to be the member's
	SecondAt    *time.Time // since when there is a second factor
	SuspendedAt *time.Time
	LeavingAt   *time.Time
	Version     int64
	CreatedAt   time.Time
	UpdatedAt   time.Time
}

// Grant is a role with who gave it.
type Grant struct {
	auth.Grant
	By string
	At time.Time
}

// Profile is what a member says about themselves.
type Profile struct{ Name, Unit string }

// ReadProfile reads a profile. Departments limit the unit where there are any.
func ReadProfile(f *check.Fields, name, unit string, departments []string) Profile {
	p := Profile{Name: f.Line("name", name, NameLimit), Unit: f.OptionalLine("unit", unit, UnitLimit)}
	if p.Unit != "" && len(departments) > 0 {
		p.Unit = f.Named("unit", p.Unit, departments...)
	}
	return p
}

// ErrAlreadyVerified is the answer to proving twice.
func ErrAlreadyVerified() *problem.Error {
	return problem.New(problem.Conflict, "already-verified", "이미 재학생 인증을 마친 계정입니다.", "The account is verified already.")
}

// ErrStudentTaken is the answer to proving to be a student who has another account.
func ErrStudentTaken() *problem.Error {
	return problem.New(problem.Conflict, "student-already-verified", "이 학생은 다른 계정에서 이미 재학생 인증을 마쳤습니다.", "This student has verified another account.")
}

// ErrLastAdmin is the answer to what would leave the council without an admin for every
// unit and without an end.
func ErrLastAdmin() *problem.Error {
	return problem.New(problem.Conflict, "last-admin", "끝나는 날이 없는 관리자가 한 명은 남아야 합니다.", "One admin without an end of term must remain.")
}

// ErrOwnRole is the answer to who would change a role of their own.
func ErrOwnRole() *problem.Error {
	return problem.New(problem.Forbidden, "own-role", "자기 역할과 임기는 스스로 바꿀 수 없습니다.", "Nobody changes their own role or term.")
}

// ErrNotVerified is the answer to giving a role to who did not prove to be a student.
func ErrNotVerified() *problem.Error {
	return problem.New(problem.Conflict, "member-not-verified", "재학생 인증을 마친 회원에게만 역할을 줄 수 있습니다.", "Only a member who is verified as a student is given a role.")
}

// ErrNotConfirmed is the answer to giving a role to who did not confirm their mail address: whoever reads it could take the
// account over, with the role, by a forgotten password.
func ErrNotConfirmed() *problem.Error {
	return problem.New(problem.Conflict, "member-not-confirmed", "이메일 주소를 확인한 회원에게만 역할을 줄 수 있습니다.", "Only a member who has confirmed their mail address is given a role.")
}

// ErrBeyondTerm is the answer to giving a role for longer than the giver's own term, which
// ends then.
func ErrBeyondTerm(end time.Time) *problem.Error {
	day := end.In(clock.Seoul).Format("2006-01-02 15:04")
	return problem.WrongField("until", "beyond-own-term", "자기 임기("+day+")보다 긴 임기는 줄 수 없습니다.", "No longer than your own term, until "+day+".")
}

// holdsEnd says whether a role keeps the council in hands that do not run out.
func holdsEnd(g auth.Grant) bool {
	return g.Role == auth.Admin && g.Unit == "" && g.Until.IsZero()
}

// knownRole says whether a role can be granted.
func knownRole(r auth.Role) bool { return slices.Contains(auth.Roles(), r) }
