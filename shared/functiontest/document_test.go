package functiontest

import (
	"context"
	"net/http"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/problem"
)

// What an answer says that the document does not, the test of a function says with the line
// that mends it.
func TestAnswersAreHeldAgainstTheDocument(t *testing.T) {
	type request struct {
		ID   string `path:"id"`
		Name string `json:"name"`
		Note string `json:"note,omitempty"`
	}
	route := function.Route{
		Method: "PUT", Path: "/v1/things/{id}", Access: function.SignedIn, Refuses: function.Refusals{problem.Conflict: {"thing-lent"}},
		Do: function.Do(func(context.Context, *request) (*function.None, error) { return nil, nil }),
	}
	for code, status := range map[string]int{"thing-lent": 409, "not-found": 404, "invalid-input": 422, "sign-in-required": 401, "internal": 500, "body-missing": 400} {
		if said := unlisted("things", route, refusal(t, status, code)); said != "" {
			t.Errorf("%d %s: %s", status, code, said)
		}
	}
	for code, want := range map[string]string{
		"thing-gone": `add problem.Gone: {"thing-gone"} to Refuses of PUT /v1/things/{id} in functions/things`,
		"thing-lent": `add problem.Gone: {"thing-lent"}`, // listed, but as a conflict
	} {
		if said := unlisted("things", route, refusal(t, 410, code)); !strings.Contains(said, want) {
			t.Errorf("%s: %q", code, said)
		}
	}
	for sent, want := range map[string]string{`{"name":"a"}`: "", `{"note":"a"}`: `json:"name,omitempty"`, `{}`: `json:"name,omitempty"`, `[`: ""} {
		if said := leftOut("things", route, []byte(sent), http.StatusNoContent); want == "" && said != "" || !strings.Contains(said, want) {
			t.Errorf("%s: %q", sent, said)
		}
	}
	if said := leftOut("things", route, []byte(`{}`), http.StatusUnprocessableEntity); said != "" {
		t.Errorf("a refused body: %q", said)
	}
}

func refusal(t *testing.T, status int, code string) Response {
	t.Helper()
	return Response{Status: status, Header: http.Header{"Content-Type": {"application/problem+json"}}, Body: []byte(`{"code":"` + code + `"}`), t: t}
}

// Every kind of problem is called as its constant.
func TestKindNames(t *testing.T) {
	names := map[string]problem.Kind{}
	for _, k := range problem.Kinds() {
		name := kindName(host.StatusOf(k))
		if other, taken := names[name]; taken {
			t.Errorf("%s and %s are both %s", k, other, name)
		}
		names[name] = k
	}
	for name, want := range map[string]problem.Kind{"NotFound": problem.NotFound, "TooMany": problem.TooMany, "UnsupportedMedia": problem.UnsupportedMedia, "Internal": problem.Internal} {
		if names[name] != want {
			t.Errorf("%s is %q", name, names[name])
		}
	}
}
