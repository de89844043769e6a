package host

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/labstack/echo/v4"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/page"
	"github.com/madang-council/madang/shared/problem"
)

// answer is a response before it is written.
type answer struct {
	status int
	header http.Header
	body   []byte
	writer function.Writer // writes itself instead of status and body
}

// encode turns what a handler returned into an answer.
func encode(route function.Route, response any) (answer, error) {
	a := answer{status: route.Status, header: http.Header{}}
	if v, ok := response.(function.Versioned); ok {
		a.header.Set("ETag", function.Tagged(v.ETag()))
	}
	if l, ok := response.(function.Located); ok {
		a.header.Set("Location", l.Location())
	}
	if w, ok := response.(function.Writer); ok {
		a.writer = w
		return a, nil
	}
	if _, none := response.(*function.None); none {
		if a.status == 0 {
			a.status = http.StatusNoContent
		}
		return a, nil
	}
	if a.status == 0 {
		a.status = http.StatusOK
	}
	body, err := json.Marshal(response)
	if err != nil {
		return answer{}, fmt.Errorf("encode the answer: %w", err)
	}
	a.body = append(body, '\n')
	a.header.Set("Content-Type", "application/json")
	return a, nil
}

// answer writes an answer; a page whose entity tag the caller has is 304. Other answers
// are always whole: a version says what was edited, not what became of it by time.
func (h *Host) answer(c echo.Context, a answer) error {
	header := c.Response().Header()
	for name, values := range a.header {
		header[name] = values
	}
	request := function.RequestFrom(c.Request().Context())
	for name, values := range request.Header() {
		header[name] = values
	}
	for _, cookie := range request.Sent() {
		http.SetCookie(c.Response(), cookie)
	}
	if header.Get("Cache-Control") == "no-store" {
		header.Set("Cache-Control", "private, no-store")
	}
	if a.writer != nil {
		if err := a.writer.WriteResponse(c.Response(), c.Request()); err != nil {
			return fmt.Errorf("write the answer: %w", err)
		}
		return nil
	}
	if isSafe(c.Request().Method) && a.status == http.StatusOK && header.Get("Cache-Control") != "private, no-store" && hasTag(c.Request().Header.Get("If-None-Match"), header.Get("ETag")) {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	return write(c.Response(), a.status, a.body)
}

func write(w http.ResponseWriter, status int, body []byte) error {
	if body != nil {
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
	}
	w.WriteHeader(status)
	if _, err := w.Write(body); err != nil && !errors.Is(err, http.ErrBodyNotAllowed) {
		return fmt.Errorf("write the answer: %w", err)
	}
	return nil
}

// hasTag says whether If-None-Match names an entity tag (weak comparison, RFC 9110 13.1.2).
func hasTag(list, tag string) bool {
	if list == "" || tag == "" {
		return false
	}
	for _, t := range strings.Split(list, ",") {
		if t = strings.TrimSpace(t); t == "*" || strings.TrimPrefix(t, "W/") == tag {
			return true
		}
	}
	return false
}

// StatusOf is the HTTP status of a kind of problem.
func StatusOf(k problem.Kind) int {
	switch k {
	case problem.Malformed:
		return http.StatusBadRequest
	case problem.Unauthenticated:
		return http.StatusUnauthorized
	case problem.Forbidden:
		return http.StatusForbidden
	case problem.NotFound:
		return http.StatusNotFound
	case problem.MethodNotAllowed:
		return http.StatusMethodNotAllowed
	case problem.RequestTimeout:
		return http.StatusRequestTimeout
	case problem.Conflict:
		return http.StatusConflict
	case problem.Gone:
		return http.StatusGone
	case problem.PreconditionFailed:
		return http.StatusPreconditionFailed
	case problem.TooLarge:
		return http.StatusRequestEntityTooLarge
	case problem.UnsupportedMedia:
		return http.StatusUnsupportedMediaType
	case problem.Invalid:
		return http.StatusUnprocessableEntity
	case problem.PreconditionRequired:
		return http.StatusPreconditionRequired
	case problem.TooMany:
		return http.StatusTooManyRequests
	case problem.Unavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusInternalServerError
	}
}

// Document is a problem as RFC 9457 writes it.
type Document struct {
	Type      string          `json:"type"` // about:blank: code says which problem it is
	Title     string          `json:"title"`
	Status    int             `json:"status"`
	Detail    string          `json:"detail"`
	Code      string          `json:"code"`
	RequestID string          `json:"requestId"`
	Errors    []DocumentField `json:"errors,omitempty"`
}

// DocumentField is one wrong field of a problem document.
type DocumentField struct {
	Field   string `json:"field"`
	Code    string `json:"code"`
	Message string `json:"message"`
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *problem.Error, request *function.Request) error {
	status := StatusOf(p.Kind)
	d := Document{
		Type: "about:blank", Title: http.StatusText(status), Status: status,
		Detail: p.Text.In(request.Language), Code: p.Code, RequestID: request.ID,
	}
	for _, f := range p.Fields {
		d.Errors = append(d.Errors, DocumentField{Field: f.Name, Code: f.Code, Message: f.Message.In(request.Language)})
	}
	body, err := json.Marshal(d)
	if err != nil {
		return fmt.Errorf("encode a problem: %w", err)
	}
	header := w.Header()
	header.Set("Content-Type", "application/problem+json")
	header.Set("Content-Language", request.Language)
	header.Set("Cache-Control", "no-store")
	header.Del("ETag")
	if status == http.StatusUnauthorized {
		header.Set("WWW-Authenticate", `Bearer realm="madang"`)
	}
	retryAfter(header, p, status)
	if r.Method == http.MethodHead {
		w.WriteHeader(status)
		return nil
	}
	return write(w, status, append(bytes.TrimSpace(body), '\n'))
}

// retryAfter says when trying again makes sense, in whole seconds.
func retryAfter(header http.Header, p *problem.Error, status int) {
	if p.RetryAfter > 0 || status == http.StatusServiceUnavailable || status == http.StatusTooManyRequests {
		header.Set("Retry-After", strconv.Itoa(max(1, int(math.Ceil(p.RetryAfter.Seconds())))))
	}
}

func asHTTPError(err error, target **echo.HTTPError) bool { return errors.As(err, target) }

// pageETag is the entity tag of a rendered body.
func pageETag(body []byte) string { return page.Etag(body) }
