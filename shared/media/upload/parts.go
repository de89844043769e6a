package upload

import (
	"context"
	"errors"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// PageParts is how many addresses one answer carries.
const PageParts = 16

// Part is one piece of an upload.
type Part struct {
	Number int   // from 1
	Size   int64 // bytes
}

// SignedPart is where a part is sent.
type SignedPart struct {
	Part
	URL     string
	Headers map[string]string // to be sent with it as they are
}

// PartCount is how many parts an upload of size bytes has.
func PartCount(size int64) int { return int((size + objects.PartSize - 1) / objects.PartSize) }

// PartAt is a part of an upload of size bytes: all are PartSize long but the last.
func PartAt(size int64, number int) Part {
	offset := int64(number-1) * objects.PartSize
	return Part{Number: number, Size: min(objects.PartSize, size-offset)}
}

// Stored are the parts that the storage has, in full and of the right size. A completed
// upload has all.
func (d Depot) Stored(ctx context.Context, u Upload) ([]Part, error) {
	if u.CompletedAt != nil {
		list := []Part{}
		for n := range PartCount(u.Size) {
			list = append(list, PartAt(u.Size, n+1))
		}
		return list, nil
	}
	o, err := d.objects()
	if err != nil {
		return nil, err
	}
	found, err := o.Parts(ctx, u.Incoming(), u.Multipart)
	if err != nil {
		return nil, d.lost(ctx, u, err)
	}
	list := []Part{}
	for _, p := range found {
		if p.Number <= PartCount(u.Size) && p.Size == PartAt(u.Size, p.Number).Size {
			list = append(list, Part{p.Number, p.Size})
		}
	}
	return list, nil
}

// lost explains why the storage does not know an upload: meanwhile it was decided upon,
// or the storage lost it.
func (d Depot) lost(ctx context.Context, u Upload, err error) error {
	if !errors.Is(err, objects.ErrNotFound) {
		return away(err)
	}
	now, readErr := d.Read(ctx, u.ID)
	if readErr != nil {
		return readErr
	}
	if err := d.open(ctx, now); err != nil {
		return err
	}
	return startAgain().Because(err)
}

// startAgain is the answer about an upload that cannot be completed any more.
func startAgain() *problem.Error {
	return problem.New(problem.Conflict, "upload-lost", "저장소에 남아 있지 않은 업로드입니다. 처음부터 다시 올리세요.", "The storage no longer has this upload. Start again.")
}

// Sign is up to PageParts addresses from part number from on, without those in stored.
// They work for an hour, but never longer than the upload itself can be completed.
func (d Depot) Sign(ctx context.Context, u Upload, from int, stored []Part) ([]SignedPart, time.Time, error) {
	o, err := d.objects()
	if err != nil {
		return nil, time.Time{}, err
	}
	now := clock.Now(ctx)
	life := max(time.Second, min(linkLife, u.ExpiresAt.Sub(now)))
	have := map[int]bool{}
	for _, p := range stored {
		have[p.Number] = true
	}
	list := []SignedPart{}
	for n := from; n <= PartCount(u.Size) && len(list) < PageParts; n++ {
		if have[n] {
			continue
		}
		p := SignedPart{Part: PartAt(u.Size, n), Headers: map[string]string{}}
		url, header, err := o.SignPart(ctx, u.Incoming(), u.Multipart, n, p.Size, life)
		if err != nil {
			return nil, time.Time{}, err
		}
		p.URL = url
		for name := range header {
			p.Headers[name] = header.Get(name)
		}
		list = append(list, p)
	}
	return list, now.Add(life), nil
}
