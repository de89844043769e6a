package touch_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"strings"
	"testing"

	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/database/databasetest"
	"github.com/madang-council/madang/shared/touch"
)

var errAway = errors.New("away")

// told is what pages hear, one line for each call: "+" for what is announced, "-" for what is
// settled. Writes are numbered as they come.
type told struct {
	list          []string
	names         map[string]int
	refuse        string // the sign that is answered by errAway
	before, after func(ctx context.Context)
}

func (p *told) hear(ctx context.Context, sign, write string, tags []string) error {
	if _, limited := ctx.Deadline(); write != "" && !limited {
		return errors.New("a write waits for as long as Redis likes")
	}
	number := 0
	if write != "" {
		if p.names == nil {
			p.names = map[string]int{}
		}
		if p.names[write] == 0 {
			p.names[write] = len(p.names) + 1
		}
		number = p.names[write]
	}
	p.list = append(p.list, fmt.Sprintf("%s%d%v", sign, number, tags))
	if p.refuse == sign {
		return errAway
	}
	return nil
}

func (p *told) Announce(ctx context.Context, write string, tags []string) error {
	if p.before != nil {
		p.before(ctx)
	}
	return p.hear(ctx, "+", write, tags)
}

func (p *told) Settle(ctx context.Context, write string, tags []string) error {
	if p.after != nil {
		p.after(ctx)
	}
	return p.hear(ctx, "-", write, tags)
}

// world is a store with who is told, and a request's set.
type world struct {
	*testing.T
	db    *database.DB
	pages *told
	store touch.Store
	set   *touch.Set
	log   *strings.Builder
	owed  int
}

func each(t *testing.T, do func(w *world)) {
	t.Helper()
	databasetest.Each(t, func(t *testing.T, db *database.DB) {
		w := &world{T: t, db: db, pages: &told{}, log: &strings.Builder{}}
		w.store = touch.Store{DB: db, Pages: w.pages}
		w.set = &touch.Set{Store: w.store, Log: slog.New(slog.NewTextHandler(w.log, nil)), Owed: func() { w.owed++ }}
		do(w)
	})
}

func (w *world) ctx() context.Context { return touch.With(context.Background(), w.set) }

// write touches tags in one unit of work, one call for each list.
func (w *world) write(lists ...string) error {
	return w.db.Atomic(w.ctx(), func(ctx context.Context) error {
		for _, list := range lists {
			if err := touch.Tags(ctx, w.db, strings.Fields(list)...); err != nil {
				return err
			}
		}
		return nil
	})
}

func (w *world) rows() int {
	w.Helper()
	n := 0
	if err := w.db.Pool().QueryRow(`SELECT count(*) FROM touches`).Scan(&n); err != nil {
		w.Fatal(err)
	}
	return n
}

// is checks what pages heard, what is owed, what was logged, how many rows wait.
func (w *world) is(step string, heard []string, owed, logged, rows int) {
	w.Helper()
	if !slices.Equal(w.pages.list, heard) {
		w.Errorf("%s: the pages heard %q, want %q", step, w.pages.list, heard)
	}
	if lines := strings.Count(w.log.String(), "\n"); w.owed != owed || lines != logged || w.rows() != rows {
		w.Errorf("%s: owed %d, logged %d, %d rows; want %d, %d, %d\n%s", step, w.owed, lines, w.rows(), owed, logged, rows, w.log)
	}
	w.pages.list, w.owed = nil, 0
	w.log.Reset()
}

// A write is announced before its commit and settled after it, by one name, with every tag
// once; then nothing of it waits. The next write of the same request is another one.
func TestWrite(t *testing.T) {
	each(t, func(w *world) {
		w.pages.before = func(context.Context) {
			if n := w.rows(); n != 0 {
				w.Errorf("announced with %d rows committed", n)
			}
		}
		w.pages.after = func(context.Context) {
			if n := w.rows(); n == 0 {
				w.Error("settled before anything was committed")
			}
		}
		if err := w.write("b a", "c a"); err != nil {
			w.Fatal(err)
		}
		w.is("one", []string{"+1[a b c]", "-1[a b c]"}, 0, 0, 0)
		if err := w.write("z a"); err != nil {
			w.Fatal(err)
		}
		w.is("another", []string{"+2[a z]", "-2[a z]"}, 0, 0, 0)
		touch.Also(w.ctx(), "z", "y")
		if got := touch.From(w.ctx()); !slices.Equal(got, []string{"a", "b", "c", "y", "z"}) {
			w.Errorf("touched in the request: %v", got)
		}
		w.is("another function's change", nil, 0, 0, 0)
	})
}

func TestOutsideOfAUnit(t *testing.T) {
	each(t, func(w *world) {
		if err := touch.Tags(w.ctx(), w.db, "a"); err == nil {
			w.Error("a touch that nothing is saved with")
		}
		w.is("refused", nil, 0, 0, 0)
		if got := touch.From(w.ctx()); len(got) != 0 {
			w.Errorf("touched: %v", got)
		}
	})
}

// Without a request there is nobody to ask what was touched; the rows wait for who comes next.
func TestWithoutSet(t *testing.T) {
	each(t, func(w *world) {
		ctx := context.Background()
		touch.Also(ctx, "a")
		if err := w.db.Atomic(ctx, func(ctx context.Context) error { return touch.Tags(ctx, w.db, "a", "b") }); err != nil {
			w.Fatal(err)
		}
		if got := touch.From(ctx); got != nil {
			w.Errorf("touched: %v", got)
		}
		w.is("saved", nil, 0, 0, 2)
		if n, err := w.store.Settle(ctx); n != 2 || err != nil {
			w.Errorf("%d, %v", n, err)
		}
		w.is("settled", []string{"-0[a b]"}, 0, 0, 0)
		if n, err := w.store.Settle(ctx); n != 0 || err != nil {
			w.Errorf("nothing is left: %d, %v", n, err)
		}
		w.is("settled again", []string{"-0[]"}, 0, 0, 0)
	})
}

// A set without pages has nobody to tell: what it is for is From.
func TestWithoutPages(t *testing.T) {
	each(t, func(w *world) {
		w.set.Store.Pages = nil
		if err := w.write("a"); err != nil {
			w.Fatal(err)
		}
		w.is("saved", nil, 0, 0, 1)
		if got := touch.From(w.ctx()); !slices.Equal(got, []string{"a"}) {
			w.Errorf("touched: %v", got)
		}
	})
}

func TestRolledBack(t *testing.T) {
	each(t, func(w *world) {
		no := errors.New("no")
		err := w.db.Atomic(w.ctx(), func(ctx context.Context) error {
			return errors.Join(touch.Tags(ctx, w.db, "a"), no)
		})
		if !errors.Is(err, no) {
			w.Fatal(err)
		}
		w.is("rolled back", nil, 0, 0, 0)
	})
}

// Where a commit fails, the write has ended all the same: its pages are told, and only of it.
func TestCommitFails(t *testing.T) {
	each(t, func(w *world) {
		if err := w.db.Atomic(context.Background(), func(ctx context.Context) error { return touch.Tags(ctx, w.db, "left") }); err != nil {
			w.Fatal(err)
		}
		for _, refuse := range []string{"", "-"} {
			ctx, cancel := context.WithCancel(w.ctx())
			w.pages.before, w.pages.refuse = func(context.Context) { cancel() }, refuse
			inner, unit := w.db.Begin(ctx)
			if err := touch.Tags(inner, w.db, "a"); err != nil {
				w.Fatal(err)
			}
			if err := unit.Commit(inner); err == nil {
				w.Fatal("committed after its context had ended")
			}
			unit.Rollback()
			w.is("failed", []string{fmt.Sprintf("+%d[a]", len(w.pages.names)), fmt.Sprintf("-%d[a]", len(w.pages.names))}, 0, len(refuse), 1)
		}
	})
}

// While Redis is away writes go on; what pages were not told of waits, and is told with the
// next write.
func TestPagesAway(t *testing.T) {
	each(t, func(w *world) {
		w.pages.refuse = "+"
		if err := w.write("a"); err != nil {
			w.Fatal(err)
		}
		w.is("not announced", []string{"+1[a]", "-1[a]"}, 0, 1, 0)
		w.pages.refuse = "-"
		if err := w.write("a b"); err != nil {
			w.Fatal(err)
		}
		w.is("not settled", []string{"+2[a b]", "-2[a b]"}, 1, 1, 2)
		if n, err := w.store.Settle(context.Background()); n != 0 || !errors.Is(err, errAway) {
			w.Errorf("%d, %v", n, err)
		}
		w.is("still away", []string{"-0[a b]"}, 0, 0, 2)
		w.set.Owed = nil
		if err := w.write("c"); err != nil {
			w.Fatal(err)
		}
		w.is("nobody to owe it to", []string{"+3[c]", "-3[a b c]"}, 0, 1, 3)
		w.pages.refuse = ""
		if err := w.write("d"); err != nil {
			w.Fatal(err)
		}
		w.is("back", []string{"+4[d]", "-4[a b c d]"}, 0, 0, 0)
	})
}

// While the table cannot be read, the pages are told of what is known.
func TestTableAway(t *testing.T) {
	each(t, func(w *world) {
		rename := func(from, to string) {
			if _, err := w.db.Pool().Exec(`ALTER TABLE ` + from + ` RENAME TO ` + to); err != nil {
				w.Fatal(err)
			}
		}
		w.pages.after = func(context.Context) {} // told below
		w.pages.refuse = "-"
		if err := w.write("a"); err != nil {
			w.Fatal(err)
		}
		w.is("one waits", []string{"+1[a]", "-1[a]"}, 1, 1, 1)
		rename("touches", "elsewhere")
		if n, err := w.store.Settle(context.Background()); n != 0 || err == nil || !errors.Is(err, errAway) {
			w.Errorf("neither is there: %d, %v", n, err)
		}
		w.pages.refuse = ""
		if n, err := w.store.Settle(context.Background()); n != 0 || err == nil {
			w.Errorf("the table is not there: %d, %v", n, err)
		}
		if err := w.write("b"); err == nil {
			w.Error("a touch was not saved, and its write was")
		}
		rename("elsewhere", "touches")
		w.is("away", []string{"-0[]", "-0[]"}, 0, 0, 1)
		w.pages.after = func(context.Context) { rename("touches", "elsewhere") } // before its rows go
		if n, err := w.store.Settle(context.Background()); err == nil {
			w.Errorf("%d rows were not deleted", n)
		}
		rename("elsewhere", "touches")
		w.is("not deleted", []string{"-0[a]"}, 0, 0, 1)
	})
}

// However many wait, they are told by parts, the first ones first, none twice.
func TestManyWait(t *testing.T) {
	each(t, func(w *world) {
		if err := w.db.Atomic(context.Background(), func(ctx context.Context) error {
			for i := range 501 {
				if _, err := w.db.Exec(ctx, `INSERT INTO touches (id, tag) VALUES ($1, $2)`, fmt.Sprintf("%03d", i), fmt.Sprint("t", min(i, 500)/250)); err != nil {
					return err
				}
			}
			return nil
		}); err != nil {
			w.Fatal(err)
		}
		for _, want := range []struct {
			n     int
			heard string
		}{{500, "-0[t0 t1]"}, {1, "-0[t2]"}, {0, "-0[]"}} {
			if n, err := w.store.Settle(context.Background()); n != want.n || err != nil || !slices.Equal(w.pages.list, []string{want.heard}) {
				w.Errorf("%d, %v, %v", n, err, w.pages.list)
			}
			w.pages.list = nil
		}
	})
}
