package deadletters

import "context"

type readRequest struct {
	ID string `path:"id"`
}

func (h handlers) read(ctx context.Context, r *readRequest) (*entry, error) {
	l, err := h.letters.Letter(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	e := entryOf(l)
	e.Data, e.Answer, e.Trace = l.Event.Data, l.Event.Failure.Answer, l.Event.Trace
	return &e, nil
}
