package function

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"reflect"
)

// Operation is a typed handler: what it reads, what it answers, and the call itself.
type Operation struct {
	Request  any     // zero value of the request type, for the API document
	Response any     // zero value of the response type
	Inputs   []Input // the fields of the request, for the host and the API document
	// Call makes a request value, lets bind fill it and runs the handler.
	Call func(ctx context.Context, bind func(request any) error) (response any, err error)
}

// None is the response of an operation that answers 204 without a body.
type None struct{}

// Do makes an operation of a handler. A request is a struct whose fields are tagged
// `path:"id"`, `query:"size"`, `header:"If-Match"`, or for the body `json:"title"`, or
// `form:"title"` where an HTML form sends it; a field of type Body takes the body unread.
// What several requests have in common is a struct that they embed. Do panics for a type
// that cannot be bound (see Inputs): a mistake in the program.
func Do[Request, Response any](handle func(context.Context, *Request) (*Response, error)) Operation {
	fields, err := Inputs(reflect.TypeFor[Request]())
	if err != nil {
		panic(fmt.Sprintf("function: request %s: %v", reflect.TypeFor[Request](), err))
	}
	return Operation{
		Request:  *new(Request),
		Response: *new(Response),
		Inputs:   fields,
		Call: func(ctx context.Context, bind func(any) error) (any, error) {
			request := new(Request)
			if err := bind(request); err != nil {
				return nil, err
			}
			response, err := handle(ctx, request)
			if err != nil {
				return nil, err
			}
			return response, nil
		},
	}
}

// Body is a request body that the handler reads itself. Where its route is Alone it is a
// stream that the handler limits; else it was read whole, up to Route.Largest, so that the
// handler gets the same bytes when its unit of work is tried again. Its field's tag says the
// media type, as `body:"text/csv"`, for the API document: the handler checks what it needs.
type Body struct {
	Reader      io.Reader
	ContentType string
	Size        int64 // -1 where the client did not say
}

// Validated is implemented by requests that can be refused before the handler runs.
type Validated interface{ Validate() error }

// Formed is implemented by requests whose stream is a form: its fields, by their json tags,
// for the API document.
type Formed interface{ Form() any }

// File stands in a Form for a file.
type File struct{}

// Versioned is implemented by responses that have an ETag: the version as a number.
type Versioned interface{ ETag() int64 }

// Takes says whether the request has a field from a source.
func (o Operation) Takes(in Source) bool { return has(o.Inputs, in) }

// Located is implemented by responses that name the address of what was made.
type Located interface{ Location() string }

// Writer is implemented by responses that are not JSON: redirects, files, pages.
type Writer interface {
	WriteResponse(w http.ResponseWriter, r *http.Request) error
}

// OfOneType is implemented by Writers of the API whose answer is always of one media type.
type OfOneType interface {
	Writer
	MediaType() string // as "application/zip"
}

// Shown is an error that brings its own answer: a form with what is wrong in it. The unit
// of work is undone as by any other error.
type Shown struct {
	Err    error
	Answer Writer
}

// Error is that of the error.
func (s *Shown) Error() string { return s.Err.Error() }

// Unwrap is the error.
func (s *Shown) Unwrap() error { return s.Err }

// Redirect answers with another address. It is not cached by anybody.
type Redirect struct {
	Status int // 302, 303 or 307
	URL    string
}

// WriteResponse writes the Location.
func (d Redirect) WriteResponse(w http.ResponseWriter, _ *http.Request) error {
	w.Header().Set("Location", d.URL)
	w.Header().Set("Cache-Control", "no-store")
	w.WriteHeader(d.Status)
	return nil
}
