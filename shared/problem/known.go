package problem

import "time"

// Absent is the answer for what is not there and for what the caller may not know to be there.
func Absent() *Error {
	return New(NotFound, "not-found", "찾을 수 없습니다.", "Not found.")
}

// NoMethod is the answer to a method that an address does not have.
func NoMethod() *Error {
	return New(MethodNotAllowed, "method-not-allowed", "이 주소에서 쓸 수 없는 메서드입니다.", "This address has no such method.")
}

// TooSlow is the answer to a request whose body does not come.
func TooSlow() *Error {
	return New(RequestTimeout, "request-timeout", "요청이 너무 오래 걸렸습니다.", "The request took too long.")
}

// TooOften is the answer to who asks too often; they may try again after a while.
func TooOften(after time.Duration) *Error {
	return New(TooMany, "too-many-requests", "요청이 너무 많습니다. 잠시 후 다시 시도하세요.", "Too many requests. Try again in a moment.").After(after)
}

// SignInFirst is the answer to a guest where an account is needed.
func SignInFirst() *Error {
	return New(Unauthenticated, "sign-in-required", "로그인이 필요합니다.", "Sign in first.")
}

// ProveFirst is the answer to a member who has not freshly proved who they are, where that is
// needed (auth.Principal.Proved).
func ProveFirst() *Error {
	return New(Forbidden, "proof-required", "본인인지 먼저 확인해 주세요. 10분 동안 유효합니다.", "Confirm first that it's you. That lasts for 10 minutes.")
}

// ConfirmFirst is the answer to a member whose mail address is not confirmed, where that is needed (auth.Principal.Confirmed).
// What says in Korean what is to wait for that, as a sentence.
func ConfirmFirst(what string) *Error {
	return New(Forbidden, "address-unconfirmed", what+" 내 정보에서 이메일로 받은 인증번호를 입력하세요.", "Confirm your mail address first: enter the code from the message on your page.")
}

// NotAllowed is the answer to a member without the role or unit that is needed.
func NotAllowed() *Error {
	return New(Forbidden, "not-allowed", "권한이 없습니다.", "You are not allowed to do this.")
}

// Foreign is the answer to a request that a browser sent with its cookies from another
// site's page.
func Foreign() *Error {
	return New(Forbidden, "cross-origin", "다른 사이트에서 온 요청입니다.", "The request comes from another site.")
}

// Stale is the answer to an edit of a version that is no longer the newest.
func Stale() *Error {
	return New(PreconditionFailed, "version-stale", "그사이 내용이 바뀌었습니다. 새로 고친 뒤 다시 시도하세요.", "It was changed meanwhile. Read it again and retry.")
}

// Unversioned is the answer to an edit without If-Match.
func Unversioned() *Error {
	return New(PreconditionRequired, "if-match-required", "If-Match 헤더에 읽은 버전을 보내야 합니다.", "Send the version that you read as If-Match.")
}

// Wrong is the answer to input that can be read but breaks rules; each broken rule is a field.
func Wrong(fields ...Field) *Error {
	return New(Invalid, "invalid-input", "입력한 값을 확인하세요.", "Check the input.").With(fields...)
}

// WrongField is Wrong with one field.
func WrongField(name, code, ko, en string) *Error {
	return Wrong(Field{Name: name, Code: code, Message: Text{KO: ko, EN: en}})
}

// Unreadable is the answer to a request that cannot be parsed.
func Unreadable(code, ko, en string) *Error { return New(Malformed, code, ko, en) }

// ReadOnly is the answer to every write while the council keeps the site as it is. Nobody knows
// until when; after 5 minutes it is worth looking again.
func ReadOnly() *Error {
	return New(Unavailable, "read-only", "지금은 점검 중이라 읽기만 할 수 있습니다. 조금 뒤에 다시 시도하세요.", "The site is under maintenance: it can only be read for now. Try again later.").After(5 * time.Minute)
}

// Away is the answer while something that the function needs cannot be reached. The
// caller may try again after 2 seconds, about the time that a restart of PostgreSQL or
// Redis takes.
func Away(cause error) *Error {
	return New(Unavailable, "temporarily-unavailable", "잠시 후 다시 시도하세요.", "Try again in a moment.").After(2 * time.Second).Because(cause)
}
