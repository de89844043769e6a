// Package problem has the errors that are meant for the caller of a function.
//
// A *problem.Error says what kind of refusal it is, under a code that never changes, in
// Korean and English. Every other error is meant for us: it is logged and answered as
// "internal". Nothing here knows HTTP; shared/host turns a problem into an RFC 9457
// document and is the only place that does.
package problem

import (
	"cmp"
	"errors"
	"time"
)

// Kind is the family of a problem. It decides the HTTP status.
type Kind string

// The kinds, with the status that each is answered with.
const (
	Malformed            Kind = "malformed"             // 400: cannot be read
	Unauthenticated      Kind = "unauthenticated"       // 401: not signed in
	Forbidden            Kind = "forbidden"             // 403: signed in, not allowed
	NotFound             Kind = "not-found"             // 404: absent, or hidden from the caller
	MethodNotAllowed     Kind = "method-not-allowed"    // 405
	RequestTimeout       Kind = "request-timeout"       // 408: the body came too slowly
	Conflict             Kind = "conflict"              // 409: contradicts what is stored
	Gone                 Kind = "gone"                  // 410: was here
	PreconditionFailed   Kind = "precondition-failed"   // 412: If-Match names an older version
	TooLarge             Kind = "too-large"             // 413
	UnsupportedMedia     Kind = "unsupported-media"     // 415
	Invalid              Kind = "invalid"               // 422: readable, but wrong
	PreconditionRequired Kind = "precondition-required" // 428: If-Match is missing
	TooMany              Kind = "too-many"              // 429, with Retry-After
	Internal             Kind = "internal"              // 500: our fault
	Unavailable          Kind = "unavailable"           // 503, with Retry-After
)

// Kinds are all kinds.
func Kinds() []Kind {
	return []Kind{
		Malformed, Unauthenticated, Forbidden, NotFound, MethodNotAllowed, RequestTimeout, Conflict, Gone, PreconditionFailed, TooLarge, UnsupportedMedia,
		Invalid, PreconditionRequired, TooMany, Internal, Unavailable,
	}
}

// Text is one sentence in the two languages of the product.
type Text struct {
	KO string // Korean, the default
	EN string // English, by Accept-Language
}

// In is the text in a language, "en" or anything else for Korean.
func (t Text) In(language string) string {
	if language == "en" {
		return t.EN
	}
	return t.KO
}

// Name is what something is called in a language, or in Korean where it has no name in it.
func (t Text) Name(language string) string { return cmp.Or(t.In(language), t.KO) }

// Field says what is wrong with one field of the input.
type Field struct {
	Name    string // path in the input, as "title" or "tags[2]"
	Code    string // frozen kebab-case, as "too-long"
	Message Text
}

// Error is a refusal meant for the caller.
type Error struct {
	Kind       Kind
	Code       string        // frozen kebab-case; equal codes are the same error to errors.Is
	Text       Text          // what happened, for a person
	Fields     []Field       // what is wrong where, for kind Invalid
	RetryAfter time.Duration // when trying again makes sense, for TooMany and Unavailable
	cause      error
}

// New makes a problem of a kind under a frozen code.
func New(kind Kind, code, ko, en string) *Error {
	return &Error{Kind: kind, Code: code, Text: Text{KO: ko, EN: en}}
}

// Error is for logs; callers get Text.
func (e *Error) Error() string {
	s := e.Code + ": " + e.Text.EN
	for _, f := range e.Fields {
		s += " [" + f.Name + ": " + f.Code + "]"
	}
	if e.cause != nil {
		s += ": " + e.cause.Error()
	}
	return s
}

// Unwrap is the cause, which callers never see.
func (e *Error) Unwrap() error { return e.cause }

// Is makes errors.Is compare problems by code.
func (e *Error) Is(target error) bool {
	t, ok := target.(*Error)
	return ok && t.Code == e.Code
}

// Because is a copy of e with a cause for the log.
func (e *Error) Because(cause error) *Error {
	c := *e
	c.cause = cause
	return &c
}

// After is a copy of e that says when to try again.
func (e *Error) After(d time.Duration) *Error {
	c := *e
	c.RetryAfter = d
	return &c
}

// With is a copy of e that also names fields.
func (e *Error) With(fields ...Field) *Error {
	c := *e
	c.Fields = append(append([]Field(nil), e.Fields...), fields...)
	return &c
}

// Find is the problem in an error's chain, or nil.
func Find(err error) *Error {
	var e *Error
	if errors.As(err, &e) {
		return e
	}
	return nil
}
