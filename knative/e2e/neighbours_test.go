package e2e

import (
	"bytes"
	"context"
	"net/http"
	"os"
	"strings"
	"testing"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
)

// Two environments beside each other do not see each other: neither content nor accounts
// nor secrets. MADANG_NEIGHBOUR is the other one: address, namespace, mail and password of
// its admin, apart by spaces.
func TestNeighbours(t *testing.T) {
	e := openEnvironment(t)
	words := strings.Fields(os.Getenv("MADANG_NEIGHBOUR"))
	if len(words) != 4 {
		t.Fatal("MADANG_NEIGHBOUR is not set: address, namespace, mail and password of another environment")
	}
	other := e.with(t)
	other.target, other.namespace = &target{address: words[0], email: words[2], password: words[3]}, words[1]
	mine, theirs := e.signIn(), other.signIn()

	for _, row := range []struct {
		at    *environment
		token string
		want  int
	}{{e, mine, 200}, {other, theirs, 200}, {e, theirs, 401}, {other, mine, 401}} {
		if got := row.at.call(http.MethodGet, "/v1/members/me", row.token, "", nil); got != row.want {
			t.Errorf("at %s: %d, want %d", row.at.target.address, got, row.want)
		}
	}
	var notice struct{ ID string }
	e.must(e.call(http.MethodPost, "/v1/notices", mine, `{"unit":"총학","title":"이웃은 못 보는 알림"}`, &notice), http.StatusCreated)
	e.must(e.call(http.MethodGet, "/v1/notices/"+notice.ID, mine, "", nil), http.StatusOK)
	e.must(other.call(http.MethodGet, "/v1/notices/"+notice.ID, theirs, "", nil), http.StatusNotFound)

	secrets := func(at *environment) map[string][]byte {
		s, err := at.kubernetes.CoreV1().Secrets(at.namespace).Get(context.Background(), "madang", metav1.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		return s.Data
	}
	a, b := secrets(e), secrets(other)
	for _, key := range []string{"secret-key", "admin-password", "postgres-password", "redis-password"} {
		if len(a[key]) == 0 || bytes.Equal(a[key], b[key]) {
			t.Errorf("%s is the same in both, or in neither", key)
		}
	}
}
