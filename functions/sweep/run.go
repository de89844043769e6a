package sweep

import (
	"context"
	"log/slog"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
)

type handlers struct {
	chores     []chore.Chore // of every run
	everything []chore.Chore // of a run that looks through the whole storage
	log        *slog.Logger
	count      function.Count
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
	chores := h.chores
	if r.Everything {
		chores = h.everything
	}
	return &nowResponse{Tasks: h.run(ctx, chores)}, nil
}

// scheduled never fails: what a run could not do, the next one does in 5 minutes, and a
// repeated delivery would only add to the load of what is away.
func (h handlers) scheduled(ctx context.Context, _ event.Event) error {
	h.run(ctx, h.chores)
	return nil
}

// run does every chore, each within its budget. One that fails does not keep the others
// from their turn.
func (h handlers) run(ctx context.Context, chores []chore.Chore) []taskDone {
	list := []taskDone{}
	for _, c := range chores {
		n, err := c.Run(ctx)
		list = append(list, taskDone{Name: c.Name, Done: n, Failed: err != nil})
		h.count.Add(c.Name, "done", n)
		switch {
		case err != nil:
			h.count.Add(c.Name, "failed", 1)
			h.log.WarnContext(ctx, "a task of sweep failed", "task", c.Name, "done", n, "error", err)
		case n > 0:
			h.log.InfoContext(ctx, "swept", "task", c.Name, "done", n)
		}
	}
	return list
}
