package uploads_test

import (
	"context"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/madang-council/madang/functions/sweep"
	"github.com/madang-council/madang/functions/uploads"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/functiontest"
	"github.com/madang-council/madang/shared/host"
	"github.com/madang-council/madang/shared/media/upload"
)

// eachStorage runs a test on the embedded storage and on Swift.
func eachStorage(t *testing.T, test func(*testing.T, function.StorageConfig)) {
	t.Run("embedded", func(t *testing.T) { test(t, functiontest.Embedded(t)) })
	t.Run("swift", func(t *testing.T) { test(t, functiontest.Swift(t)) })
}

// sender is a member with one file, whose completions go through a network that others can
// meddle in.
type sender struct {
	world
	n       *network
	storage function.StorageConfig
	content []byte
	id      string
	parts   []part
}

func newSender(t *testing.T, n *network, storage function.StorageConfig, content []byte) *sender {
	app := functiontest.New(t, uploads.Function, functiontest.WithStorage(storage), functiontest.WithRedis(n.app))
	app.At(time.Now()) // objects have the machine's clock
	s := &sender{world: world{app, t, app.Member(functiontest.Member{Grants: []auth.Grant{{Role: auth.Editor}}}).Token}, n: n, storage: storage, content: content}
	a := functiontest.JSON[answer](s.call("POST", "/v1/uploads", s.me, draft("post", "자료.zip", "", content)).Want(201))
	s.id, s.parts = a.ID, a.Parts
	send(t, s.parts, content)
	return s
}

// complete asks for the completion; before each call to the storage somebody meddles.
func (s *sender) complete(meddle func(call int)) int {
	l := s.n.line(rand.New(rand.NewPCG(1, 1)), 0, -1, nil)
	defer l.close()
	l.meddle = meddle
	deps := s.Deps
	deps.Storage.Endpoint, deps.Storage.PublicEndpoint = l.address, s.storage.Endpoint
	h := host.New(uploads.Function, host.Options{Deps: deps, Now: s.Now, TrustedHops: 1})
	r := httptest.NewRequestWithContext(context.Background(), http.MethodPost, "/v1/uploads/"+s.id+"/complete", http.NoBody)
	r.Header.Set("Authorization", "Bearer "+s.me)
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code >= 500 && w.Code != http.StatusServiceUnavailable {
		s.t.Errorf("complete: %d %s", w.Code, s.Log)
	}
	return w.Code
}

// again sends the first part once more, with other bytes or its own. The storage may refuse it.
func (s *sender) again(other bool) {
	content := slices.Clone(s.content[:s.parts[0].Size])
	if other {
		content[len(content)/2] ^= 1
	}
	put(s.t, s.parts[0], content)
}

// goOn is what an honest sender does until it is told that the file is there, or to begin
// anew: it returns the last status.
func (s *sender) goOn() int {
	status := 0
	for range 6 {
		if status = s.complete(nil); status != http.StatusServiceUnavailable && status != http.StatusConflict {
			return status
		}
		r := s.call("GET", "/v1/uploads/"+s.id+"/parts", s.me, nil)
		if r.Status != http.StatusOK {
			return r.Status
		}
		send(s.t, functiontest.JSON[answer](r).Missing, s.content)
	}
	return status
}

// check demands that a completed upload is there whole, and that another is nowhere.
func (s *sender) check(what string) {
	u, err := database.One(s.Context(), s.DB, func(r database.Row) (upload.Upload, error) {
		var u upload.Upload
		var completed, deleted *int64
		err := r.Scan(&u.Folder, &u.Type, &completed, &deleted)
		if completed != nil && deleted == nil {
			u.CompletedAt = &time.Time{}
		}
		return u, err
	}, `SELECT folder, type, completed_at, deleted_at FROM uploads WHERE id = $1`, s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	r, err := s.Objects().Open(s.Context(), u.Key(), 0, -1)
	if err != nil {
		if u.CompletedAt != nil {
			s.t.Errorf("%s: a completed file is not there: %v", what, err)
		}
		return
	}
	defer func() { _ = r.Close() }()
	content, err := io.ReadAll(r)
	if u.CompletedAt != nil && (err != nil || sum(content) != sum(s.content)) {
		s.t.Errorf("%s: a completed file has %d bytes that are not its own: %v", what, len(content), err)
	}
}

// swept is what is stored of the upload after a sweep, when no request can be at it any more.
func (s *sender) swept() []string {
	app := functiontest.New(s.t, sweep.Function, functiontest.WithStorage(s.storage), functiontest.WithDB(s.DB), functiontest.WithRedis(s.n.app))
	app.At(s.Now().Add(upload.Settle + time.Minute))
	app.Do(functiontest.Request{Method: "POST", Path: "/v1/admin/sweep", As: app.Admin()}).Want(200)
	folder, err := database.One(s.Context(), s.DB, database.Value[string], `SELECT folder FROM uploads WHERE id = $1`, s.id)
	if err != nil {
		s.t.Fatal(err)
	}
	names := []string{}
	for o, err := range s.Objects().List(s.Context(), folder+"/") {
		if err != nil {
			s.t.Fatal(err)
		}
		names = append(names, path.Base(o.Key))
	}
	return names
}

// ends demands how it ends for a sender who goes on, and that what is complete is whole all
// the time, and nothing else is left.
func (s *sender) ends(what string, statuses ...int) {
	s.check(what)
	if got := s.goOn(); !slices.Contains(statuses, got) {
		s.t.Errorf("%s: ends with %d, want one of %v", what, got, statuses)
	}
	s.check(what + ", in the end")
	if got := s.swept(); len(got) > 1 || len(got) == 1 && got[0] != "original.zip" {
		s.t.Errorf("%s: left are %v", what, got)
	}
	s.check(what + ", after a sweep")
}

// Whatever somebody does between two steps of a completion, the sender can go on or is told
// to begin anew, and what is complete is whole and stays so.
func TestInterleavedCompletions(t *testing.T) {
	content := archive(t, 100_000)
	meddlings := []struct {
		name string
		do   func(*sender)
		ends []int // how it may end for a sender who goes on
		slow bool  // on Swift too
	}{
		{"the part sent again", func(s *sender) { s.again(false) }, []int{200}, false},
		{"another part in its place", func(s *sender) { s.again(true) }, []int{200, 422}, true},
		{"another part, and completed", func(s *sender) { s.again(true); s.complete(nil) }, []int{200, 422}, true},
		{"completed", func(s *sender) { s.complete(nil) }, []int{200}, false},
		{"completed twice at once", func(s *sender) {
			var group sync.WaitGroup
			for range 2 {
				group.Go(func() { s.complete(nil) })
			}
			group.Wait()
		}, []int{200}, true},
		{"deleted", func(s *sender) { s.call("DELETE", "/v1/uploads/"+s.id, s.me, nil) }, []int{404}, false},
	}
	eachStorage(t, func(t *testing.T, storage function.StorageConfig) {
		n := newNetwork(t, storage.Endpoint)
		n.app = functiontest.New(t, uploads.Function, functiontest.WithStorage(storage))
		for _, m := range meddlings {
			t.Run(m.name, func(t *testing.T) {
				step := 1
				if storage.Endpoint == os.Getenv("S3_ENDPOINT") { // Swift takes its time; the store of a laptop is asked at every step
					if step = 2; !m.slow {
						return
					}
				}
				t.Parallel()
				for at := 0; ; at += step {
					s, reached := newSender(t, n, storage, content), false
					s.complete(func(call int) {
						if call == at && !reached {
							reached = true
							m.do(s)
						}
					})
					if !reached {
						break
					}
					s.ends(fmt.Sprintf("%s before call %d", m.name, at), m.ends...)
				}
			})
		}
	})
}

// The same where all happens at once, within the storage's own steps too.
func TestCompletionsAtOnce(t *testing.T) {
	content := archive(t, 9<<20) // two parts
	eachStorage(t, func(t *testing.T, storage function.StorageConfig) {
		n := newNetwork(t, storage.Endpoint)
		n.app = functiontest.New(t, uploads.Function, functiontest.WithStorage(storage))
		for round := range 2 {
			s, other := newSender(t, n, storage, content), round%2 == 1
			var group sync.WaitGroup
			for i := range 3 {
				group.Go(func() {
					time.Sleep(time.Duration(i) * 10 * time.Millisecond)
					s.complete(nil)
				})
			}
			group.Go(func() {
				time.Sleep(time.Duration(round+1) * 20 * time.Millisecond)
				s.again(other)
			})
			group.Wait()
			statuses := []int{200}
			if other {
				statuses = append(statuses, 422)
			}
			s.ends(fmt.Sprintf("round %d", round), statuses...)
		}
	})
}
