package host_test

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/problem"
)

// votes is a function with a vote, private or not.
func votes(private bool) function.Spec {
	return function.Spec{Name: "votes", Doc: "A function of the tests.", Needs: []function.Need{function.Database}, New: func(function.Deps) function.Parts {
		vote := function.Do(func(ctx context.Context, r *struct {
			ID     string `path:"id"`
			Choice string `json:"choice"`
		}) (*function.None, error) {
			function.Subject(ctx, r.ID)
			function.Detail(ctx, "choice", r.Choice)
			if r.Choice == "none" {
				return nil, problem.Absent()
			}
			return &function.None{}, nil
		})
		words := problem.Text{KO: "투표함", EN: "Voted"}
		return function.Parts{Routes: []function.Route{
			{Method: "POST", Path: "/v1/polls/{id}/votes", Doc: "Votes.", Words: words, Access: function.Student, Private: private, Do: vote},
			{Method: "PUT", Path: "/v1/polls/{id}/votes", Doc: "Votes again.", Words: words, Access: function.Student, Private: private, Do: vote},
		}}
	}}
}

// What a member of the council does as a person is in no log, and nothing is kept of what
// they sent; the same route without Private leaves all of it.
func TestPrivateActs(t *testing.T) {
	const poll, choice = "chosen-poll", "chosen-option"
	for _, private := range []bool{true, false} {
		app := functiontest.New(t, votes(private))
		editor := app.Member(functiontest.Member{Verified: true, Grants: []auth.Grant{{Role: auth.Editor}}})
		vote := func(method, what string) functiontest.Response {
			return app.Do(functiontest.Request{Method: method, Path: "/v1/polls/" + poll + "/votes", As: editor.Token, Body: map[string]string{"choice": what}, Header: map[string]string{"Idempotency-Key": "one"}})
		}
		vote("POST", choice).Want(204)
		second := vote("POST", choice).Want(204)
		vote("PUT", choice).Want(204)
		vote("PUT", "none").Problem(404, "not-found")
		kept, err := database.One(app.Context(), app.DB, database.Value[int], `SELECT count(*) FROM idempotency`)
		if err != nil {
			t.Fatal(err)
		}
		if replayed := second.Header.Get("Idempotent-Replayed") != ""; replayed == private || kept > 0 == private || len(app.Audited()) > 0 == private {
			t.Errorf("private %v: %d answers are kept, replayed %v, audit %v", private, kept, replayed, app.Audited())
		}
		for _, secret := range []string{editor.ID, editor.Session, editor.Email, poll, choice, `"origin"`} {
			if private && strings.Contains(app.Log.String(), secret) {
				t.Errorf("the log has %q: %s", secret, app.Log)
			}
		}
		if !strings.Contains(app.Log.String(), `"route":"/v1/polls/:id/votes"`) {
			t.Errorf("the log lacks the request: %s", app.Log)
		}
		for _, r := range votes(private).New(function.Deps{}).Routes {
			if host.Idempotent(r) != (!private && r.Method == http.MethodPost) {
				t.Errorf("%s, private %v, heeds Idempotency-Key: %v", r.Method, private, host.Idempotent(r))
			}
		}
	}
}
