// Package credential is how a member proves who they are: password, one-time codes,
// recovery codes, and what happens when one is forgotten.
//
// Every secret is guessed at through shared/identity/attempt, whose counts belong to no
// unit of work. Its callers therefore run alone (function.Route.Alone) and every method
// here that writes makes a unit of its own.
package credential

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/password"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
	"github.com/madang-council/madang/shared/text"
)

// Store checks and changes credentials.
type Store struct {
	DB         *database.DB
	Key        secret.Key
	Hasher     *password.Hasher // one for the whole process
	LeaveGrace time.Duration    // in which a member who left can come back
}

func (s Store) attempts() attempt.Store { return attempt.Store{DB: s.DB, Key: s.Key} }
func (s Store) sessions() session.Store { return session.Store{DB: s.DB, Key: s.Key} }

// ErrFailed is the one answer to an unknown address, a wrong password and a wrong code.
func ErrFailed() *problem.Error {
	return problem.New(problem.Unauthenticated, "sign-in-failed", "이메일이나 비밀번호가 맞지 않습니다.", "The address or the password is wrong.")
}

// failed is ErrFailed that speaks of a code where one was given.
func failed(t Try) *problem.Error {
	if t.Code == "" {
		return ErrFailed()
	}
	return problem.New(problem.Unauthenticated, ErrFailed().Code, "이메일, 비밀번호 또는 인증번호가 맞지 않습니다.", "The address, the password or the code is wrong.")
}

// ErrCodeRequired is the answer to a right password of a member who has a second factor.
func ErrCodeRequired() *problem.Error {
	return problem.New(problem.Unauthenticated, "second-factor-code-required", "인증 앱의 여섯 자리 번호나 복구 코드가 필요합니다.", "A code from the authenticator app, or a recovery code, is required.")
}

// ErrSuspended is the answer to a suspended member who gave the right password.
func ErrSuspended() *problem.Error {
	return problem.New(problem.Forbidden, "member-suspended", "이용이 정지된 계정입니다. 총학생회에 문의하세요.", "The account is suspended. Ask the student council.")
}

// ErrLeaving is the answer to a member who left and can still come back.
func ErrLeaving() *problem.Error {
	return problem.New(problem.Conflict, "member-leaving", "탈퇴한 계정입니다. 되돌리려면 탈퇴를 취소하세요.", "The account is being deleted. Undo that to come back.")
}

// ErrPassword is the answer to a wrong password of a member who is signed in.
func ErrPassword() *problem.Error {
	return problem.New(problem.Forbidden, "password-wrong", "비밀번호가 맞지 않습니다.", "The password is wrong.")
}

// ErrCode is the answer to a wrong code of a member who is signed in.
func ErrCode() *problem.Error {
	return problem.New(problem.Forbidden, "code-wrong", "인증번호가 맞지 않습니다.", "The code is wrong.")
}

// ErrSignInAgain is the answer to a member who has neither password nor second factor to
// prove by, and must sign in with the issuer again.
func ErrSignInAgain() *problem.Error {
	return problem.New(problem.Forbidden, "sign-in-again", "안전을 위해 다시 로그인한 뒤 시도하세요.", "Sign in again first, to be safe.")
}

// Address is a mail address as it is stored and compared.
func Address(s string) string { return strings.ToLower(text.Visible(s)) }

// longest is how much of a password is read at all, in bytes: any more than the policy's
// 128 characters cannot be right.
const longest = 1024

// ReadPassword reads a password that is only compared: no rule of the policy holds.
func ReadPassword(f *check.Fields, name, value string) string {
	switch {
	case value == "":
		f.Required(name)
	case len(value) > longest:
		f.Add(name, "too-long", "너무 깁니다.", "It is too long.")
	}
	return value
}

// ReadNewPassword reads a password that is chosen, by password.Check.
func ReadNewPassword(f *check.Fields, name, value string, personal ...string) string {
	var weak *password.Weak
	if err := password.Check(value, personal...); errors.As(err, &weak) {
		t := weakness(weak.Code)
		f.Add(name, weak.Code, t.KO, t.EN)
	}
	return value
}

func weakness(code string) problem.Text {
	switch code {
	case password.TooShort:
		return problem.Text{KO: "8자 이상이어야 합니다.", EN: "At least 8 characters."}
	case password.TooLong:
		return problem.Text{KO: "128자까지 쓸 수 있습니다.", EN: "At most 128 characters."}
	case password.BadCharacter:
		return problem.Text{KO: "쓸 수 없는 문자가 있습니다.", EN: "It has characters that are not allowed."}
	case password.Personal:
		return problem.Text{KO: "이름이나 이메일 주소와 비슷합니다.", EN: "It is too much like your name or address."}
	default:
		return problem.Text{KO: "너무 흔한 비밀번호예요.", EN: "This password is too common."}
	}
}

// account is what a member's credentials are stored as.
type account struct {
	id, email, name, password string
	sealed                    string // TOTP secret
	totpAt, suspended, leaves *int64
	version                   int64
}

const accountColumns = `SELECT id, email, name, password, totp_secret, totp_at, suspended_at, leaving_at, version FROM members `

func scanAccount(r database.Row) (account, error) {
	var a account
	err := r.Scan(&a.id, &a.email, &a.name, &a.password, &a.sealed, &a.totpAt, &a.suspended, &a.leaves, &a.version)
	return a, err
}

// byEmail finds an account that has not gone: one whose days to come back are over has,
// even if nothing has swept it yet.
func (s Store) byEmail(ctx context.Context, email string) (account, error) {
	return database.One(ctx, s.DB, scanAccount, accountColumns+`WHERE email = $1 AND anonymised_at IS NULL AND (leaving_at IS NULL OR leaving_at > $2)`,
		email, clock.Millis(clock.Now(ctx).Add(-s.LeaveGrace)))
}

func (s Store) byID(ctx context.Context, id string) (account, error) {
	return database.One(ctx, s.DB, scanAccount, accountColumns+`WHERE id = $1 AND anonymised_at IS NULL`, id)
}
