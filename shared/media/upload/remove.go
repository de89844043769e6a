package upload

import (
	"context"
	"errors"
	"fmt"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// Remove deletes an upload for who may (Upload.MayRemove), unless something uses it. The row
// is marked first, so that it is gone for everybody even where the storage is away. It returns
// what it deleted.
func (d Depot) Remove(ctx context.Context, id string) (Upload, error) {
	u, err := d.Visible(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	if !u.MayRemove(auth.From(ctx)) {
		return Upload{}, problem.NotAllowed()
	}
	done := false
	err = d.DB.Atomic(ctx, func(ctx context.Context) error {
		if done, err = d.Delete(ctx, id); err != nil || !done {
			return err
		}
		return touch.Tags(ctx, d.DB, Tag(id))
	})
	if err != nil {
		return Upload{}, err
	}
	if !done {
		if u, err = d.Read(ctx, id); err == nil && u.DeletedAt != nil {
			err = problem.Absent()
		}
		if err == nil {
			err = problem.New(problem.Conflict, "upload-in-use", "쓰이고 있는 파일은 지울 수 없습니다.", "The file is in use and cannot be deleted.")
		}
		return Upload{}, err
	}
	if u.CompletedAt != nil { // else a completion may be under way, and sweep waits for its end
		database.AfterCommit(ctx, func(ctx context.Context) { d.tidyRemoved(ctx, u) })
	}
	return u, nil
}

func (d Depot) tidyRemoved(ctx context.Context, u Upload) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), tidyTime)
	defer cancel()
	o, err := d.objects()
	if err == nil {
		err = o.Delete(ctx, u.Keys()...)
	}
	if err != nil {
		d.outbox.Log.WarnContext(ctx, "what was deleted is still stored; sweep will remove it", "upload", u.ID, "error", err)
	}
}

// clean removes everything of an upload from the storage and returns nil only once the
// storage was asked for each object and had none. Nothing may work on the upload any more.
func (d Depot) clean(ctx context.Context, u Upload) error {
	o, err := d.objects()
	if err != nil {
		return err
	}
	if u.Multipart != "" {
		if err := o.AbortMultipart(ctx, u.Incoming(), u.Multipart); err != nil {
			return err
		}
	}
	// Those whose id was never saved can only be found by asking for them.
	for m, err := range o.ListMultiparts(ctx, u.Folder+"/") {
		if err == nil {
			err = o.AbortMultipart(ctx, m.Key, m.UploadID)
		}
		if err != nil {
			return err
		}
	}
	if err := o.Delete(ctx, u.Keys()...); err != nil {
		return err
	}
	for _, key := range u.Keys() {
		if _, err := o.Stat(ctx, key); !errors.Is(err, objects.ErrNotFound) {
			return errors.Join(fmt.Errorf("upload: %s is still stored", key), err)
		}
	}
	return nil
}
