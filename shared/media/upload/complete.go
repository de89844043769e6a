package upload

import (
	"context"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Complete makes an upload of its parts: it puts them together, verifies the stored
// bytes and completes or refuses the upload, once and for good. It may be repeated, also
// at the same time and after it was killed anywhere: each step finds what an earlier
// attempt did, and one conditional statement decides.
//
// What was put together can still change, or go: its parts can be sent again, and another
// completion removes it once it has decided. So the file is made of the very bytes that were
// verified, as they pass, and appears with the last of them or not at all: what is complete
// was read whole, and stays.
func (d Depot) Complete(ctx context.Context, id string) (Upload, error) {
	u, err := d.Own(ctx, id)
	if err != nil {
		return u, err
	}
	if err := d.open(ctx, u); err != nil || u.CompletedAt != nil {
		return u, err
	}
	if u.Multipart == "" {
		return u, missingParts()
	}
	if err := d.join(ctx, u); err != nil {
		return d.decided(ctx, u, err)
	}
	return d.take(ctx, u)
}

// The bounds of repeated completions.
const (
	completionsMost = 100 // of one upload: who asks so often has a file that never arrives
	tearsMost       = 3   // after so many completions a part that was replaced is the sender's fault, not a moment's
)

// take makes the upload of what was put together.
func (d Depot) take(ctx context.Context, u Upload) (Upload, error) {
	u, err := d.begun(ctx, u)
	if err != nil || u.CompletedAt != nil {
		return u, err
	}
	return d.finish(ctx, u)
}

// begun counts one more completion. An upload that is completed meanwhile is returned as it
// is.
func (d Depot) begun(ctx context.Context, u Upload) (Upload, error) {
	numbers, err := database.All(ctx, d.DB, database.Value[int], `UPDATE uploads SET completions = completions + 1
		WHERE id = $1 AND completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL AND completions < $2 RETURNING completions`, u.ID, completionsMost)
	if err != nil {
		return u, err
	}
	if len(numbers) == 1 {
		u.Completions = numbers[0]
		return u, nil
	}
	now, err := d.Read(ctx, u.ID)
	if err != nil {
		return u, err
	}
	if err := d.open(ctx, now); err != nil || now.CompletedAt != nil {
		return now, err
	}
	return now, startAgain()
}

func missingParts() *problem.Error {
	return problem.New(problem.Conflict, "parts-missing", "아직 올라오지 않은 조각이 있습니다.", "Some parts have not arrived yet.")
}

// join puts the parts together at Incoming, where nobody but the verification reads them.
func (d Depot) join(ctx context.Context, u Upload) error {
	o, err := d.objects()
	if err != nil {
		return err
	}
	parts, err := o.Parts(ctx, u.Incoming(), u.Multipart)
	if err != nil {
		return err
	}
	if len(parts) != PartCount(u.Size) {
		return missingParts()
	}
	for i, p := range parts {
		if want := PartAt(u.Size, i+1); p.Number != want.Number || p.Size != want.Size {
			return missingParts()
		}
	}
	err = o.CompleteMultipart(ctx, u.Incoming(), u.Multipart, parts)
	if err != nil && !errors.Is(err, objects.ErrNotFound) {
		return problem.Away(err) // also where a part was sent again meanwhile: the next attempt lists them anew
	}
	return err
}

// decided is the upload as it is now, where an attempt failed because another one had
// completed it before; else why it failed.
func (d Depot) decided(ctx context.Context, u Upload, cause error) (Upload, error) {
	broken := errors.Is(cause, objects.ErrBroken)
	if !broken && !errors.Is(cause, objects.ErrNotFound) {
		return u, away(cause)
	}
	now, err := d.Read(ctx, u.ID)
	if err != nil {
		return now, err
	}
	if err := d.open(ctx, now); err != nil || now.CompletedAt != nil {
		return now, err
	}
	switch {
	case !broken:
		return now, startAgain().Because(cause)
	case u.Completions < tearsMost:
		return now, problem.Away(cause) // the next attempt puts the parts together anew
	default:
		return d.refuse(ctx, u, &refused{checksumMismatch, "a part was replaced after all had arrived"})
	}
}

// finish verifies what arrived, makes the file of it, and decides.
func (d Depot) finish(ctx context.Context, u Upload) (Upload, error) {
	verified, err := d.verify(ctx, u)
	var no *refused
	switch {
	case errors.As(err, &no):
		return d.refuse(ctx, u, no)
	case err != nil:
		return d.decided(ctx, u, d.torn(ctx, u, err))
	}
	return d.save(ctx, verified)
}

// torn is objects.ErrBroken where a failure to read what was put together is due to a part that was sent again since, which
// only the parts' own sums tell: storage ends in the middle then, as a connection does that breaks.
func (d Depot) torn(ctx context.Context, u Upload, cause error) error {
	if u.Multipart == "" || errors.Is(cause, objects.ErrBroken) || errors.Is(cause, objects.ErrNotFound) || ctx.Err() != nil {
		return cause
	}
	o, err := d.objects()
	if err != nil {
		return cause
	}
	if replaced, err := o.Replaced(ctx, u.Incoming(), u.Multipart); err == nil && replaced {
		return errors.Join(objects.ErrBroken, cause)
	}
	return cause
}

// save completes the row, and tells of it, if nobody decided otherwise before.
func (d Depot) save(ctx context.Context, u Upload) (Upload, error) {
	err := d.DB.Atomic(ctx, func(ctx context.Context) error {
		now := clock.Millis(clock.Now(ctx))
		var processed *int64
		if u.Private() || !IsImage(u.Type) {
			processed = &now // nothing is made of it
		}
		n, err := d.DB.Exec(ctx, `UPDATE uploads SET completed_at = $1, unused_at = $1, processed_at = $2, size = $3, sha256 = $4, width = $5, height = $6
			WHERE id = $7 AND completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL`,
			now, processed, u.Size, u.SHA256, u.Width, u.Height, u.ID)
		if err != nil || n == 0 {
			return err
		}
		e, err := event.New(ctx, CompletedType, u.ID, 1, Happened{u.ID, u.Purpose, MediaType(u.Type)})
		if err != nil {
			return err
		}
		if err := d.outbox.Record(ctx, e); err != nil {
			return err
		}
		database.AfterCommit(ctx, func(ctx context.Context) { d.tidy(ctx, u) })
		return nil
	})
	if err != nil {
		return u, err
	}
	now, err := d.Read(ctx, u.ID)
	if err != nil {
		return u, err
	}
	return now, d.open(ctx, now)
}

// tidyTime is how long a request waits for the storage to remove what is not needed any
// more; what is not removed by then, sweep removes.
const tidyTime = 5 * time.Second

// tidy removes what arrived once the verified copy is the file. It cannot fail the
// request: Unstaged, which sweep calls, repeats it.
func (d Depot) tidy(ctx context.Context, u Upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	if err := d.tidied(ctx, u); err != nil {
		d.outbox.Log.WarnContext(ctx, "what arrived was not removed; sweep will do it", "upload", u.ID, "error", err)
	}
}

// tidied removes what the completion that decided leaves. Where several began, another may
// still be putting the parts together.
func (d Depot) tidied(ctx context.Context, u Upload) error {
	if u.Completions <= 1 {
		return d.unstage(ctx, u)
	}
	o, err := d.objects()
	if err != nil {
		return err
	}
	return away(o.Delete(ctx, u.Incoming()))
}

// unstage removes all that arrived of a completed upload and forgets its parts, unless
// another completion began meanwhile.
func (d Depot) unstage(ctx context.Context, u Upload) error {
	o, err := d.objects()
	if err != nil {
		return err
	}
	if err := o.Delete(ctx, u.arrivals()...); err != nil {
		return away(err)
	}
	if u.Multipart != "" {
		if err := o.AbortMultipart(ctx, u.Incoming(), u.Multipart); err != nil {
			return away(err)
		}
	}
	_, err = d.DB.Exec(ctx, `UPDATE uploads SET staged = 0, multipart = '' WHERE id = $1 AND completed_at IS NOT NULL AND completions = $2`, u.ID, u.Completions)
	return err
}

// refuse ends an upload for good: the row first, then what is stored.
func (d Depot) refuse(ctx context.Context, u Upload, no *refused) (Upload, error) {
	_, err := d.DB.Exec(ctx, `UPDATE uploads SET refused_at = $1, refused_code = $2 WHERE id = $3 AND completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL`,
		clock.Millis(clock.Now(ctx)), no.code, u.ID)
	if err != nil {
		return u, err
	}
	now, err := d.Read(ctx, u.ID)
	if err != nil {
		return u, err
	}
	if now.RefusedAt != nil {
		d.tidyRefused(ctx, now)
	}
	if err := d.open(ctx, now); err != nil {
		if p := problem.Find(err); p != nil {
			return now, p.Because(no)
		}
		return now, err
	}
	return now, nil
}

func (d Depot) tidyRefused(ctx context.Context, u Upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	o, err := d.objects()
	if err == nil {
		err = o.Delete(ctx, u.Incoming())
	}
	if err != nil {
		d.outbox.Log.WarnContext(ctx, "what was refused was not removed; sweep will do it", "upload", u.ID, "error", err)
	}
}
