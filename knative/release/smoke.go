package release

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/madang-council/madang/shared/function"
)

// Check is a request that must be answered without an error of ours.
type Check struct {
	Path   string
	Status int  // the only right answer; 0: anything below 500
	HTML   bool // it is a page, and so are its refusals
}

// Ready is what every function answers.
func Ready() Check { return Check{Path: "/readyz", Status: http.StatusOK} }

// Checks are what anybody may ask of each function: its first public GET of the API and its
// first public page, rather those without parameters, and something that is not there, for
// its problem document.
func Checks(specs []function.Spec) map[string][]Check {
	checks := map[string][]Check{}
	for _, spec := range specs {
		list := []Check{{Path: "/v1/no-such-resource", Status: http.StatusNotFound}}
		for _, html := range []bool{false, true} {
			first := ""
			for _, r := range spec.Build(function.Deps{}).Routes {
				if r.HTML != html || r.Method != http.MethodGet || r.Internal || r.Access.String() != function.Anyone.String() {
					continue
				}
				if first == "" || strings.Contains(first, "{") && !strings.Contains(r.Path, "{") {
					first = r.Path
				}
			}
			if first != "" {
				list = append(list, Check{Path: filled(first), HTML: html})
			}
		}
		checks[spec.Name] = list
	}
	return checks
}

// filled is a path with an id of nothing in place of each parameter.
func filled(path string) string {
	parts := strings.Split(path, "/")
	for i, p := range parts {
		if strings.HasPrefix(p, "{") {
			parts[i] = "00000000-0000-7000-8000-000000000000"
		}
	}
	return strings.Join(parts, "/")
}

// smoke asks green.
func (s *session) smoke(ctx context.Context) error {
	addresses := map[string]string{}
	for _, c := range s.record.Changes {
		addresses[c.Function] = greenURL(s.services[c.Function], c.To)
	}
	if err := s.step(ctx, "smoke", func(ctx context.Context) error { return s.ask(ctx, addresses) }); err != nil || s.Smoke == nil {
		return err
	}
	return s.step(ctx, "smoke command", func(ctx context.Context) error { return s.Smoke(ctx, addresses) })
}

// ask runs the checks of functions at addresses, of a few functions at a time: whoever
// sleeps must start for it.
func (s *session) ask(ctx context.Context, addresses map[string]string) error {
	all, ctx := errgroup.WithContext(ctx)
	all.SetLimit(s.together())
	for name, address := range addresses {
		all.Go(func() error {
			for _, c := range append([]Check{Ready()}, s.Checks[name]...) {
				if err := s.introduced(ctx, address, c); err != nil {
					return fmt.Errorf("%s: %w", name, err)
				}
			}
			return nil
		})
	}
	return all.Wait()
}

// answerTime is within what a check must be answered, a start from zero included.
const answerTime = 15 * time.Second

// namedWithin is how long a new Service's name may be unknown: the cluster's DNS learns of it by itself, and keeps for half a
// minute that it did not know it.
const namedWithin = 45 * time.Second

// introduced is check at an address that may be new, again as long as nobody knows its name.
func (s *session) introduced(ctx context.Context, address string, c Check) error {
	for end := time.Now().Add(namedWithin); ; {
		err := s.check(ctx, address, c)
		var unknown *net.DNSError
		if !errors.As(err, &unknown) || !unknown.IsNotFound || time.Now().After(end) {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// check makes one request.
func (s *session) check(ctx context.Context, address string, c Check) error {
	ctx, cancel := context.WithTimeout(ctx, answerTime)
	defer cancel()
	target, err := url.Parse(address)
	if err != nil {
		return fmt.Errorf("%q: %w", address, err)
	}
	if target.Host == "" {
		return errors.New("it has no address")
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, cmp.Or(s.Address, target.Scheme+"://"+target.Host)+c.Path, nil)
	if err != nil {
		return fmt.Errorf("%s: %w", c.Path, err)
	}
	request.Host = target.Host
	request.Header.Set("User-Agent", FieldManager)
	answer, err := s.Client.Do(request)
	if err != nil {
		return fmt.Errorf("%s at %s: %w", c.Path, target.Host, err)
	}
	defer func() { _ = answer.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(answer.Body, 1<<20))
	if err != nil {
		return fmt.Errorf("%s at %s: %w", c.Path, target.Host, err)
	}
	if err := c.judge(answer.StatusCode, answer.Header.Get("Content-Type"), body); err != nil {
		return fmt.Errorf("%s at %s answered %d: %w", c.Path, target.Host, answer.StatusCode, err)
	}
	return nil
}

// said is how much of an answer is told: a problem of ours whole, since task trace wants its requestId.
const said = 1000

// judge says what is wrong with an answer.
func (c Check) judge(status int, contentType string, body []byte) error {
	begin := strings.TrimSpace(string(body[:min(len(body), said)]))
	if status >= 500 || c.Status != 0 && status != c.Status {
		return fmt.Errorf("%q", begin)
	}
	if status < 400 {
		return nil
	}
	media, _, err := mime.ParseMediaType(contentType)
	if c.HTML && err == nil && media == "text/html" {
		return nil
	}
	if err != nil || media != "application/problem+json" {
		return fmt.Errorf("not a problem document but %q: %q", contentType, begin)
	}
	var document struct {
		Type   string `json:"type"`
		Title  string `json:"title"`
		Status int    `json:"status"`
	}
	if err := json.Unmarshal(body, &document); err != nil {
		return fmt.Errorf("malformed problem document: %w: %q", err, begin)
	}
	if document.Type == "" || document.Title == "" || document.Status != status {
		return fmt.Errorf("incomplete problem document: %q", begin)
	}
	return nil
}
