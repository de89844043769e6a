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
	return d.finish(ctx, u)
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
	if !errors.Is(cause, objects.ErrNotFound) {
		return u, away(cause)
	}
	now, err := d.Read(ctx, u.ID)
	if err == nil && (now.CompletedAt == nil || now.DeletedAt != nil) {
		err = d.lost(ctx, u, cause)
	}
	return now, err
}

// finish verifies what is at Incoming and decides.
func (d Depot) finish(ctx context.Context, u Upload) (Upload, error) {
	verified, err := d.verify(ctx, u)
	var no *refused
	switch {
	case errors.As(err, &no):
		return d.refuse(ctx, u, no)
	case err != nil:
		return d.decided(ctx, u, err)
	}
	o, err := d.objects()
	if err != nil {
		return u, err
	}
	meta := objects.Meta{ContentType: MediaType(u.Type), Disposition: objects.Attachment(u.Name), CacheControl: "public, max-age=31536000, immutable"}
	if u.Private() {
		meta.CacheControl = "private, no-store"
	}
	if err := o.Copy(ctx, u.Incoming(), u.Key(), meta); err != nil {
		return d.decided(ctx, u, err)
	}
	// A copy of something that was replaced meanwhile ends early: the storage names parts by their checksums.
	if info, err := o.Stat(ctx, u.Key()); err != nil || info.Size != verified.Size {
		return u, problem.Away(errors.Join(errors.New("upload: the copy is not whole"), err))
	}
	return d.save(ctx, verified)
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
	if err := d.unstage(ctx, u); err != nil {
		d.outbox.Log.WarnContext(ctx, "what arrived was not removed; sweep will do it", "upload", u.ID, "error", err)
	}
}

// unstage removes what arrived of a completed upload and forgets its parts.
func (d Depot) unstage(ctx context.Context, u Upload) error {
	o, err := d.objects()
	if err != nil {
		return err
	}
	if err := o.Delete(ctx, u.Incoming()); err != nil {
		return away(err)
	}
	if u.Multipart != "" {
		if err := o.AbortMultipart(ctx, u.Incoming(), u.Multipart); err != nil {
			return away(err)
		}
	}
	_, err = d.DB.Exec(ctx, `UPDATE uploads SET staged = 0, multipart = '' WHERE id = $1 AND completed_at IS NOT NULL`, u.ID)
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
