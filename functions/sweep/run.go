package sweep

import (
	"context"
	"log/slog"

	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/function"
)

type handlers struct {
	served     chore.Store
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
	Left   bool   `json:"left"`   // the run had no time for it; it is among the first of the next
}

type nowResponse struct {
	Tasks []taskDone `json:"tasks"` // in the order of their turns
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

// run gives every chore its turn, and says what became of it.
func (h handlers) run(ctx context.Context, chores []chore.Chore) []taskDone {
	results, err := h.served.Run(ctx, chores)
	if err != nil {
		h.log.WarnContext(ctx, "which tasks of sweep were served is not known", "error", err)
	}
	list := []taskDone{}
	for _, r := range results {
		list = append(list, taskDone{Name: r.Name, Done: r.Done, Failed: r.Err != nil, Left: r.Left})
		h.count.Add(r.Name, "done", r.Done)
		switch {
		case r.Left:
			h.count.Add(r.Name, "left", 1)
			h.log.WarnContext(ctx, "a task of sweep is left for the next run", "task", r.Name)
		case r.Err != nil:
			h.count.Add(r.Name, "failed", 1)
			h.log.WarnContext(ctx, "a task of sweep failed", "task", r.Name, "done", r.Done, "error", r.Err)
		case r.Done > 0:
			h.log.InfoContext(ctx, "swept", "task", r.Name, "done", r.Done)
		}
	}
	return list
}
