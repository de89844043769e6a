package auth_test

import (
	"encoding/hex"
	"fmt"
	"net/netip"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	fn "github.com/madang-council/madang/functions/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/password"
)

// address is that of one of the students of campus.
func address(i int) string { return fmt.Sprintf("s%d@example.com", i) }

// campus has a network of its own, 198.51.100.0/28, and students with accounts.
func campus(t *testing.T, students int) *functiontest.App {
	t.Helper()
	app := functiontest.New(t, fn.Function, functiontest.WithSettings(func(s *function.Settings) {
		s.CampusNetworks = []netip.Prefix{netip.MustParsePrefix("198.51.100.0/28")}
	}))
	hash, err := password.NewHasher(2).Trial(true).Hash(t.Context(), secretWord)
	if err != nil {
		t.Fatal(err)
	}
	for i := range students {
		signedUp(t, app, address(i), hash)
	}
	return app
}

// Tickets open at 18:00. From one address of the campus 500 students sign in within that
// minute, eight at a time, most with browsers that their accounts have never seen, some after
// a mistake; and one who guesses at other people's passwords. Nobody is refused but the guesser,
// whose victims get in all the same.
func TestEveningOfTheTickets(t *testing.T) {
	const students, guesses = 500, 30
	app := campus(t, students)
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

// However often somebody behind an address fails there, at whichever accounts, whoever else is behind it and types the
// password right comes in, by a browser that nobody knows; who errs waits for half a minute. The guesser
// has one try at each account.
func TestOneGuesserAmongMany(t *testing.T) {
	const students = 20
	for name, c := range map[string]struct {
		from string
		kind attempt.Kind
	}{
		"a dormitory": {"203.0.113.7", attempt.Visitor},
		"a campus":    {"198.51.100.7", attempt.Campus()},
	} {
		t.Run(name, func(t *testing.T) {
			app := campus(t, students)
			origin := hex.EncodeToString(app.Deps.Key.Clients(clock.Day(app.Now())).Hash(netip.MustParseAddr(c.from)))
			if _, err := (attempt.Store{DB: app.DB, Key: app.Deps.Key}).Count(app.Context(), c.kind, origin); err != nil {
				t.Fatal(err)
			}
			if _, err := app.DB.Exec(app.Context(), `UPDATE attempts SET tries = $1`, c.kind.Free); err != nil {
				t.Fatal(err)
			}
			behind := client{app: app, from: c.from}
			guess := func(email string, want int) {
				t.Helper()
				app.Wait(2 * time.Second)
				app.Refill() // the host's buckets are another test's
				if r := behind.signIn(email, "열려라 참깨"); r.Status != want {
					t.Errorf("a guess at %s: %d %s, want %d", email, r.Status, r.Body, want)
				}
			}
			for i := range students {
				guess(fmt.Sprintf("nobody%d@example.com", i), 401)
				guess(fmt.Sprintf("nobody%d@example.com", i), 429)
				if r := behind.signIn(address(i), secretWord); r.Status != 201 {
					t.Errorf("student %d: %d %s", i, r.Status, r.Body)
				}
			}
			guess(address(0), 401) // or its owner, who errs
			behind.signIn(address(0), secretWord).Problem(429, "too-many-failures")
			client{app: app, from: "192.0.2.1"}.signIn(address(0), secretWord).Want(201)
			app.Wait(30 * time.Second)
			behind.signIn(address(0), secretWord).Want(201)
		})
	}
}
