package upload

import (
	"context"
	"errors"
	"io"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Receive takes a file of unknown size as a stream, in constant memory: its row first,
// then its bytes straight into the storage, then the same verification as for parts.
// Whatever ends it early leaves a row that nobody sees, from which sweep removes the rest.
func (d Depot) Receive(ctx context.Context, draft Draft, content io.Reader) (Upload, error) {
	draft.Size, draft.Key = 0, ""
	purpose, kind, err := d.check(ctx, &draft, true)
	if err != nil {
		return Upload{}, err
	}
	o, err := d.objects()
	if err != nil {
		return Upload{}, err
	}
	u, err := d.insert(ctx, draft, purpose, kind)
	if err != nil {
		return u, err
	}
	limited := &limited{r: content, left: purpose.Limit}
	size, err := o.PutUnknown(ctx, u.Incoming(), limited, objects.Meta{ContentType: arriving})
	switch {
	case err != nil:
		d.abandon(ctx, u)
		return u, limited.explain(err)
	case size == 0:
		return d.refuse(ctx, u, &refused{"truncated", "the file is empty"})
	}
	u.Size = size
	return d.finish(ctx, u) // nobody else writes there: there is no address for a part of it
}

// abandon marks an upload deleted whose bytes did not arrive; where even that fails, it
// expires.
func (d Depot) abandon(ctx context.Context, u Upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	_, err := d.DB.Exec(ctx, `UPDATE uploads SET deleted_at = $1 WHERE id = $2 AND completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL`, clock.Millis(clock.Now(ctx)), u.ID)
	if err != nil {
		d.outbox.Log.WarnContext(ctx, "an upload that broke off stays until it expires", "upload", u.ID, "error", err)
	}
}

// limited reads at most left bytes and remembers why it could not go on.
type limited struct {
	r    io.Reader
	left int64
	err  error
}

func (l *limited) Read(p []byte) (int, error) {
	if int64(len(p)) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		err = TooLarge()
	}
	if err != nil && err != io.EOF { //nolint:errorlint // only io.EOF itself is the end: a form that is cut off wraps it
		l.err = err
	}
	return n, err
}

// explain says whose fault it is that a file could not be stored.
func (l *limited) explain(err error) error {
	var p *problem.Error
	switch {
	case errors.As(l.err, &p):
		return p
	case l.err != nil:
		return problem.Unreadable("body-incomplete", "본문을 끝까지 읽지 못했습니다.", "The body could not be read to its end.").Because(l.err)
	default:
		return away(err)
	}
}
