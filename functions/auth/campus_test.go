package auth_test

import (
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/password"
)

// Tickets open at 18:00. From one address of the campus 500 students sign in within that
// minute, eight at a time, most with browsers that their accounts have never seen, some after
// a mistake; and one who guesses at other people's passwords. Nobody is refused but the guesser,
// whose victims get in all the same.
func TestEveningOfTheTickets(t *testing.T) {
	const students, guesses = 500, 30
	app := functiontest.New(t, fn.Function, functiontest.WithSettings(func(s *function.Settings) {
		s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/28")}
	}))
	address := func(i int) string { return fmt.Sprintf("s%d@example.com", i) }
	hash, err := password.NewHasher(2).Hash(t.Context(), secretWord)
	if err != nil {
		t.Fatal(err)
	}
	for i := range students {
		signedUp(t, app, address(i), hash)
	}
	crowd := client{app: app, from: "198.51.100.7"}
	// The victim uses a browser that the account knows.
	known := client{app: app, from: "198.51.100.7", cookies: map[string]string{}}
	known.keep(known.signIn(address(0), secretWord, "delivery", "cookie").Want(201))

	var refusedGuesses atomic.Int64
	queue := make(chan func())
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for do := range queue {
				do()
			}
		})
	}
	for i := 1; i < students; i++ {
		queue <- func() {
			if i%10 == 0 {
				if r := crowd.signIn(address(i), "아차 이게 아닌데"); r.Status != 401 {
					t.Errorf("student %d errs: %d %s", i, r.Status, r.Body)
				}
			}
			if r := crowd.signIn(address(i), secretWord); r.Status != 201 {
				t.Errorf("student %d: %d %s", i, r.Status, r.Body)
			}
		}
		if i%(students/guesses) == 0 {
			app.Wait(time.Second)
			queue <- func() {
				if crowd.signIn(address(0), fmt.Sprintf("열려라 참깨 %d번", i)).Status == 429 {
					refusedGuesses.Add(1)
				}
			}
		}
	}
	close(queue)
	all.Wait()
	if n := refusedGuesses.Load(); n < guesses-10 {
		t.Errorf("%d of %d guesses were refused", n, guesses)
	}
	known.signIn(address(0), secretWord).Want(201)
}
