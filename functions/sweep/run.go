package sweep

import (
	"context"
	"log/slog"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/banner"
	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/identity/attempt"
	"github.com/madang-council/madang/shared/identity/member"
	"github.com/madang-council/madang/shared/identity/session"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/operation/deadletter"
)

type handlers struct {
	db       *database.DB
	outbox   *event.Outbox
	files    upload.Depot
	notices  notice.Store
	members  member.Store
	banners  banner.Store
	log      *slog.Logger
	count    function.Count
	auditAge time.Duration
}

type nowRequest struct {
	Everything bool `query:"everything"` // look through the whole storage instead of this run's part
}

type taskDone struct {
	Name   string `json:"name"`
	Done   int    `json:"done"`   // how many things it did something about
	Failed bool   `json:"failed"` // it will be tried again; the reason is in the log
}

type nowResponse struct {
	Tasks []taskDone `json:"tasks"`
}

func (h handlers) now(ctx context.Context, r *nowRequest) (*nowResponse, error) {
	prefix := h.files.Turn(ctx)
	if r.Everything {
		prefix = h.files.Everything()
	}
	return &nowResponse{Tasks: h.run(ctx, prefix)}, nil
}

// scheduled never fails: what a run could not do, the next one does in 5 minutes, and a
// repeated delivery would only add to the load of what is away.
func (h handlers) scheduled(ctx context.Context, _ event.Event) error {
	h.run(ctx, h.files.Turn(ctx))
	return nil
}

// batch is how much one task does in one run, and taskTime how long it may take: the
// rest is for the next run.
const (
	batch    = 500
	taskTime = 50 * time.Second
)

type task struct {
	name string
	do   func(context.Context) (int, error)
}

// run does every task. One that fails does not keep the others from their turn.
func (h handlers) run(ctx context.Context, prefix string) []taskDone {
	list := []taskDone{}
	for _, t := range h.tasks(prefix) {
		n, err := h.try(ctx, t)
		list = append(list, taskDone{Name: t.name, Done: n, Failed: err != nil})
		h.count.Add(t.name, "done", n)
		switch {
		case err != nil:
			h.count.Add(t.name, "failed", 1)
			h.log.WarnContext(ctx, "a task of sweep failed", "task", t.name, "done", n, "error", err)
		case n > 0:
			h.log.InfoContext(ctx, "swept", "task", t.name, "done", n)
		}
	}
	return list
}

func (h handlers) try(ctx context.Context, t task) (int, error) {
	ctx, cancel := context.WithTimeout(ctx, taskTime)
	defer cancel()
	return t.do(ctx)
}

// tasks are in an order in which one run does as much as possible: what expires is
// cleaned by the same run where nothing can be working on it.
func (h handlers) tasks(prefix string) []task {
	limited := func(f func(context.Context, int) (int, error)) func(context.Context) (int, error) {
		return func(ctx context.Context) (int, error) { return f(ctx, batch) }
	}
	return []task{
		{"notices-published", limited(h.notices.PublishDue)},
		{"notices-purged", limited(h.notices.Purge)},
		{"members-anonymised", limited(h.members.Anonymise)},
		{"events-published", limited(h.outbox.Republish)},
		{"events-forgotten", h.forgetEvents},
		{"uploads-expired", limited(h.files.Expire)},
		{"uploads-unstaged", limited(h.files.Unstaged)},
		{"uploads-cleaned", limited(h.files.Clean)},
		{"uploads-forgotten", limited(h.files.Forget)},
		{"uploads-unprocessed", limited(h.files.Unprocessed)},
		{"strays-removed", func(ctx context.Context) (int, error) { return h.files.Strays(ctx, prefix, batch) }},
		{"dead-letters-forgotten", h.forgetDeadLetters},
		{"answers-forgotten", h.forgetAnswers},
		{"audit-forgotten", h.forgetAudit},
		{"sessions-forgotten", h.forgetSessions},
		{"codes-forgotten", h.forgetCodes},
		{"attempts-forgotten", h.forgetAttempts},
		{"banner-visitors-forgotten", h.banners.ForgetVisitors},
	}
}

// How long things are kept that have served their purpose.
const (
	eventLife   = 7 * 24 * time.Hour
	answerLife  = 24 * time.Hour      // of an Idempotency-Key
	letterLife  = 30 * 24 * time.Hour // of a dead letter: by then what it would have done has been found from the state
	sessionLife = 30 * 24 * time.Hour // after a session's end, for a member who asks where they were signed in
)

func (h handlers) forgetEvents(ctx context.Context) (int, error) {
	n, err := h.outbox.Forget(ctx, clock.Now(ctx).Add(-eventLife))
	return int(n), err
}

func (h handlers) forgetDeadLetters(ctx context.Context) (int, error) {
	n, err := deadletter.Store{DB: h.db}.Forget(ctx, clock.Now(ctx).Add(-letterLife))
	return int(n), err
}

func (h handlers) forgetAnswers(ctx context.Context) (int, error) {
	n, err := h.db.Exec(ctx, `DELETE FROM idempotency WHERE id IN (SELECT id FROM idempotency WHERE created_at <= $1 ORDER BY created_at LIMIT $2) AND created_at <= $1`,
		clock.Millis(clock.Now(ctx).Add(-answerLife)), batch*10)
	return int(n), err
}

func (h handlers) forgetAudit(ctx context.Context) (int, error) {
	n, err := h.db.Exec(ctx, `DELETE FROM audit WHERE id IN (SELECT id FROM audit WHERE at < $1 ORDER BY at LIMIT $2)`,
		clock.Millis(clock.Now(ctx).Add(-h.auditAge)), batch*10)
	return int(n), err
}

func (h handlers) forgetSessions(ctx context.Context) (int, error) {
	n, err := session.Store{DB: h.db}.Forget(ctx, clock.Now(ctx).Add(-sessionLife))
	return int(n), err
}

// forgetCodes deletes codes and links that were sent by mail and are no longer good.
func (h handlers) forgetCodes(ctx context.Context) (int, error) {
	now := clock.Millis(clock.Now(ctx))
	codes, err := h.db.Exec(ctx, `DELETE FROM mail_codes WHERE until_at <= $1`, now)
	if err != nil {
		return 0, err
	}
	links, err := h.db.Exec(ctx, `DELETE FROM password_resets WHERE until_at <= $1`, now)
	return int(codes + links), err
}

func (h handlers) forgetAttempts(ctx context.Context) (int, error) {
	n, err := attempt.Store{DB: h.db}.Forget(ctx)
	return int(n), err
}
