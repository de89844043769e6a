package host_test

import (
	"context"
	"testing"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
)

// made is something at an address with Hangul in it.
type made struct {
	ID string `json:"id"`
}

func (m made) Location() string { return "/v1/things/" + m.ID }

// Whatever a handler leads to, its address is a header's: in ASCII.
func TestAddressesInHeadersAreASCII(t *testing.T) {
	away := func(to string) function.Operation {
		return function.Do(func(context.Context, *struct{}) (*function.Redirect, error) {
			return &function.Redirect{Status: 303, URL: to}, nil
		})
	}
	app := functiontest.New(t, function.Spec{
		Name: "away", Doc: "Leads away.", Needs: []function.Need{function.Database},
		New: func(function.Deps) function.Parts {
			return function.Parts{Routes: []function.Route{
				{Method: "GET", Path: "/v1/site", Doc: "Leads on.", Access: function.Anyone, Do: away("https://한글.kr/경로?가=나#끝")},
				{Method: "POST", Path: "/v1/site", Doc: "Leads on.", Access: function.Anyone, Do: away("/공지?tag=봄 축제")},
				{Method: "POST", Path: "/v1/things", Doc: "Makes.", Access: function.SignedIn, Status: 201, Do: function.Do(func(context.Context, *struct{}) (*made, error) { return &made{"가 나"}, nil })},
			}}
		},
	})
	for _, c := range []struct {
		method, path, as, key, want string
		status                      int
	}{
		{"GET", "/v1/site", "", "", "https://xn--bj0bj06e.kr/%EA%B2%BD%EB%A1%9C?%EA%B0%80=%EB%82%98#%EB%81%9D", 303},
		{"HEAD", "/v1/site", "", "", "https://xn--bj0bj06e.kr/%EA%B2%BD%EB%A1%9C?%EA%B0%80=%EB%82%98#%EB%81%9D", 303},
		{"POST", "/v1/site", "", "", "/%EA%B3%B5%EC%A7%80?tag=%EB%B4%84%20%EC%B6%95%EC%A0%9C", 303},
		{"POST", "/v1/things", app.Admin(), "a", "/v1/things/%EA%B0%80%20%EB%82%98", 201},
		{"POST", "/v1/things", app.Admin(), "a", "/v1/things/%EA%B0%80%20%EB%82%98", 201}, // from what is kept
	} {
		r := app.Do(functiontest.Request{Method: c.method, Path: c.path, As: c.as, Header: map[string]string{"Idempotency-Key": c.key}})
		if r.Status != c.status || r.Header.Get("Location") != c.want {
			t.Errorf("%s %s: %d %q, want %q", c.method, c.path, r.Status, r.Header.Get("Location"), c.want)
		}
	}
}
