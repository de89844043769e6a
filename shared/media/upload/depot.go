package upload

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/picture"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/problem"
)

// Depot moves files between members and the object storage. Rows come first: before
// anything is stored there is a committed row that says where, and a row goes only when
// nothing is left of it. Whatever is cut off in between, sweep finds it from the rows.
//
// Bytes arrive at Upload.Incoming. A completion reads them there, and writes what it has
// read to Upload.Key, where they appear with the last one, when all are verified. Then the row
// is completed, and what arrived is removed: neither an address that was given to a member nor
// another completion can ever change, or bring back, a completed file.
type Depot struct {
	Store
	Rules
	outbox   *event.Outbox
	bucket   *objects.Store
	pictures *picture.Decoder
	unwired  error // why there is no bucket
}

// Rules are what an operator decides about uploads.
type Rules struct {
	Environment string        // first part of every key
	OrphanAge   time.Duration // how long an upload may stay unfinished, or unused
	Limits
}

// Limits are how large files may be.
type Limits struct {
	LimitMiB   int // raises the limits of all purposes; 0 for none
	ArchiveMiB int // how large files of purpose archive of who supervises may be; 0 for no more than those of others
}

// NewDepot wires a depot to its storage. It does no I/O; a configuration that cannot work is
// told by each call that needs the storage.
func NewDepot(db *database.DB, outbox *event.Outbox, c objects.Config, r Rules) Depot {
	d := Depot{Store: Store{DB: db}, Rules: r, outbox: outbox, pictures: picture.NewDecoder(0)}
	d.bucket, d.unwired = objects.Open(c)
	return d
}

// Settle is how long after a row's end its objects are left alone: longer than any
// request that still works on them can live (Knative allows 600 s).
const Settle = 15 * time.Minute

// linkLife is how long the address of a part works: 16 parts of 8 MiB at 64 KiB a second
// take 35 minutes.
const linkLife = time.Hour

// readLife is how long the address of a private file works.
const readLife = 5 * time.Minute

// CompletedType and ProcessedType are the types of the events about uploads; Subject is
// the upload's id.
const (
	CompletedType = "kr.madang.upload.completed.v1"
	ProcessedType = "kr.madang.upload.processed.v1"
)

// Happened is the data of the events about uploads.
type Happened struct {
	ID      string `json:"id"`
	Purpose string `json:"purpose"`
	Type    string `json:"type"` // media type
}

func (d Depot) objects() (*objects.Store, error) {
	if d.unwired != nil {
		return nil, problem.Away(fmt.Errorf("object storage: %w", d.unwired))
	}
	return d.bucket, nil
}

// away turns "the storage cannot answer now" into a problem that the caller may retry.
func away(err error) error {
	if errors.Is(err, objects.ErrUnavailable) {
		return problem.Away(err)
	}
	return err
}

// Visible is the upload with an id if the caller may see it (Store.Readable); to everybody
// else it is absent.
func (d Depot) Visible(ctx context.Context, id string) (Upload, error) {
	u, err := d.Read(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	may, err := d.Readable(ctx, u)
	if err != nil {
		return Upload{}, err
	}
	if u.DeletedAt != nil || !may[u.ID] {
		return Upload{}, problem.Absent()
	}
	return u, nil
}

// Own is the upload with an id if it is the caller's own; else it is absent.
func (d Depot) Own(ctx context.Context, id string) (Upload, error) {
	u, err := d.Read(ctx, id)
	if err == nil && (u.DeletedAt != nil || u.MemberID != auth.From(ctx).MemberID) {
		err = problem.Absent()
	}
	return u, err
}

// open is u if bytes may still arrive for it; what was refused or came too late is a
// problem, with the code of the refusal.
func (d Depot) open(ctx context.Context, u Upload) error {
	switch {
	case u.DeletedAt != nil:
		return problem.Absent()
	case u.RefusedAt != nil:
		return refusedFor(u.RefusedCode)
	case u.CompletedAt == nil && !clock.Now(ctx).Before(u.ExpiresAt):
		return problem.New(problem.Gone, "upload-expired", "올릴 수 있는 시간이 지났습니다. 처음부터 다시 올리세요.", "The time for this upload is over. Start again.")
	default:
		return nil
	}
}

// Link is where a completed file is read: its public address, or a link to the storage that works for 5 minutes.
func (d Depot) Link(ctx context.Context, u Upload) (string, error) {
	if u.CompletedAt == nil {
		return "", problem.New(problem.Conflict, "upload-incomplete", "아직 다 올라오지 않은 파일입니다.", "The upload is not complete.")
	}
	if !u.Private() {
		return u.URL(), nil
	}
	o, err := d.objects()
	if err != nil {
		return "", err
	}
	return o.SignGet(ctx, u.Key(), readLife, objects.Attachment(u.Name))
}
