package upload

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/chore"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/objects"
)

// Chores are what is to be done about uploads by itself, in an order in which one run does
// as much as possible: what expires is cleaned by the same run where nothing can be working
// on it. Strays are looked for under the prefix that turn gives: Turn or Everything.
func (d Depot) Chores(turn func(context.Context) string) []chore.Chore {
	return []chore.Chore{
		{Name: "uploads-expired", Do: d.Expire},
		{Name: "uploads-unstaged", Budget: chore.Outward, Do: d.Unstaged},
		{Name: "uploads-cleaned", Budget: chore.Outward, Do: d.Clean},
		{Name: "uploads-forgotten", Budget: chore.Outward, Do: d.Forget},
		{Name: "uploads-unprocessed", Do: d.Unprocessed},
		{Name: "strays-removed", Budget: chore.Outward, Do: func(ctx context.Context, limit int) (int, error) { return d.Strays(ctx, turn(ctx), limit) }},
	}
}

// ProofDays is for how many days a proof of being a student waits for who decides on it: longer than a week in which
// nobody of the council is there. The decision itself deletes it (member.Store), as does its owner.
const ProofDays = 14

// Expire marks deleted what was not completed in time, what nothing has used for OrphanAge, and
// proofs that nobody has decided on for ProofDays. It returns how many it marked.
func (d Depot) Expire(ctx context.Context, limit int) (int, error) {
	now := clock.Now(ctx)
	// The conditions stand twice: the outer ones are checked again on a row that another
	// transaction changed meanwhile, the inner ones are not.
	late, err := d.DB.Exec(ctx, `UPDATE uploads SET deleted_at = $1, request = NULL WHERE completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL AND id IN (
		SELECT id FROM uploads WHERE completed_at IS NULL AND refused_at IS NULL AND deleted_at IS NULL AND uses = 0 AND expires_at <= $1 ORDER BY expires_at`+database.Limit(limit)+`)`,
		clock.Millis(now))
	if err != nil {
		return 0, err
	}
	unused, err := d.DB.Exec(ctx, `UPDATE uploads SET deleted_at = $1, request = NULL WHERE uses = 0 AND unused_at <= $2 AND deleted_at IS NULL AND id IN (
		SELECT id FROM uploads WHERE uses = 0 AND unused_at <= $2 AND (purpose <> 'proof' OR unused_at <= $3) AND completed_at IS NOT NULL AND refused_at IS NULL AND deleted_at IS NULL ORDER BY unused_at`+database.Limit(limit)+`)`,
		clock.Millis(now), clock.Millis(now.Add(-d.OrphanAge)), clock.Millis(now.AddDate(0, 0, -ProofDays)))
	return int(late + unused), err
}

// Clean removes from the storage what was deleted or refused, once no request can be
// working on it any more, and returns how many uploads it proved to be gone.
func (d Depot) Clean(ctx context.Context, limit int) (int, error) {
	settled := clock.Millis(clock.Now(ctx).Add(-Settle))
	return d.each(ctx, func(ctx context.Context, u Upload) error {
		if err := d.clean(ctx, u); err != nil {
			return err
		}
		_, err := d.DB.Exec(ctx, `UPDATE uploads SET cleaned_at = $1, multipart = '', staged = 0 WHERE id = $2`, clock.Millis(clock.Now(ctx)), u.ID)
		return err
	}, `SELECT `+columns+` FROM uploads WHERE cleaned_at IS NULL AND (deleted_at IS NOT NULL OR refused_at IS NOT NULL)
		AND (COALESCE(deleted_at, refused_at) <= $1 OR completed_at IS NULL AND expires_at <= $1) ORDER BY id`+database.Limit(limit), settled)
}

// forgetAfter is how long the row of something that is gone still answers a repeated
// request for it.
const forgetAfter = 24 * time.Hour

// Forget deletes the rows of what was proven gone a day ago, after another look: a
// storage that lags may have brought something back.
func (d Depot) Forget(ctx context.Context, limit int) (int, error) {
	return d.each(ctx, func(ctx context.Context, u Upload) error {
		if err := d.clean(ctx, u); err != nil {
			return err
		}
		return d.DB.Atomic(ctx, func(ctx context.Context) error {
			if _, err := d.DB.Exec(ctx, `DELETE FROM upload_variants WHERE upload_id = $1`, u.ID); err != nil {
				return err
			}
			_, err := d.DB.Exec(ctx, `DELETE FROM uploads WHERE id = $1`, u.ID)
			return err
		})
	}, `SELECT `+columns+` FROM uploads WHERE cleaned_at <= $1 ORDER BY cleaned_at`+database.Limit(limit), clock.Millis(clock.Now(ctx).Add(-forgetAfter)))
}

// Unstaged removes what arrived of completed uploads, where the request that completed
// them could not, or several were at it; none can be any more.
func (d Depot) Unstaged(ctx context.Context, limit int) (int, error) {
	return d.each(ctx, d.unstage, `SELECT `+columns+` FROM uploads WHERE staged = 1 AND completed_at <= $1 AND deleted_at IS NULL ORDER BY completed_at`+database.Limit(limit),
		clock.Millis(clock.Now(ctx).Add(-Settle)))
}

// each does a step for every upload of a query and returns how often it succeeded. One
// that fails does not keep the others from their turn, unless the storage is away.
func (d Depot) each(ctx context.Context, step func(context.Context, Upload) error, query string, args ...any) (int, error) {
	list, err := database.All(ctx, d.DB, scan, query, args...)
	if err != nil {
		return 0, err
	}
	done := 0
	var failed []error
	for _, u := range list {
		err := step(ctx, u)
		if err == nil {
			done++
			continue
		}
		failed = append(failed, fmt.Errorf("upload %s: %w", u.ID, err))
		if errors.Is(err, objects.ErrUnavailable) || ctx.Err() != nil {
			break
		}
	}
	return done, errors.Join(failed...)
}

// eventLate is after how long a completed image without variants is one whose event was
// lost: it takes seconds.
const eventLate = 2 * time.Minute

// Unprocessed tells again of completed images that have no variants, and returns how many
// it told of. It does so every 5 minutes in the first hour, then every hour, and gives up
// after a week, so that an image that kills whoever opens it does not do so for ever.
func (d Depot) Unprocessed(ctx context.Context, limit int) (int, error) {
	now := clock.Now(ctx)
	return d.each(ctx, func(ctx context.Context, u Upload) error {
		pause := 5 * time.Minute
		if now.Sub(*u.CompletedAt) > time.Hour {
			pause = time.Hour
		}
		// Several sweeps at once, and those within one pause, make the same event.
		e, err := event.New(ctx, CompletedType, u.ID, now.Unix()/int64(pause.Seconds()), Happened{u.ID, u.Purpose, MediaType(u.Type)})
		if err != nil {
			return err
		}
		return d.outbox.Record(ctx, e)
	}, `SELECT `+columns+` FROM uploads WHERE processed_at IS NULL AND completed_at <= $1 AND completed_at > $2 AND deleted_at IS NULL ORDER BY completed_at`+database.Limit(limit),
		clock.Millis(now.Add(-eventLate)), clock.Millis(now.AddDate(0, 0, -7)))
}

// strayMonths is how far back Strays looks in its turns. Nothing of the program's own
// makes a stray; a database restored from a backup does, and that is noticed sooner.
const strayMonths = 12

// Turn is the prefix of the keys that Strays looks through in this run: one purpose and
// month after the other, a step every 5 minutes, so that no run lists the whole storage.
func (d Depot) Turn(ctx context.Context) string {
	now := clock.Now(ctx)
	purposes := PurposeNames()
	turn := int(now.Unix()/300) % (len(purposes) * strayMonths)
	first := time.Date(now.Year(), now.Month(), 1, 12, 0, 0, 0, clock.Seoul)
	month := first.AddDate(0, -(turn / len(purposes)), 0)
	return strings.TrimSuffix(Folder(d.Environment, purposes[turn%len(purposes)], "", month), "/")
}

// Everything is the prefix of all keys, for a sweep that is asked to look at all of them.
func (d Depot) Everything(context.Context) string { return d.Environment }

// Strays removes objects and unfinished uploads under a prefix that belong to no row, or
// to none that still needs them, and are older than OrphanAge. A listing may name what is
// gone already, which does no harm; what it does not name yet has its turn later.
func (d Depot) Strays(ctx context.Context, prefix string, limit int) (int, error) {
	o, err := d.objects()
	if err != nil {
		return 0, err
	}
	removed := 0
	old := clock.Now(ctx).Add(-d.OrphanAge)
	var keys []string
	flush := func() error {
		stray, err := d.strays(ctx, keys)
		if err == nil {
			err = o.Delete(ctx, stray...)
		}
		removed, keys = removed+len(stray), keys[:0]
		return err
	}
	for found, err := range o.List(ctx, prefix+"/") {
		if err != nil {
			return removed, err
		}
		if found.Modified.After(old) {
			continue
		}
		if keys = append(keys, found.Key); len(keys) < 500 {
			continue
		}
		if err := flush(); err != nil || removed >= limit {
			return removed, err
		}
	}
	if err := flush(); err != nil {
		return removed, err
	}
	ended, err := d.strayMultiparts(ctx, o, prefix, old)
	return removed + ended, err
}

// strays are those of keys that no row needs.
func (d Depot) strays(ctx context.Context, keys []string) ([]string, error) {
	rows, err := d.byFolder(ctx, keys)
	if err != nil {
		return nil, err
	}
	stray := []string{}
	for _, key := range keys {
		u, known := rows[folderOf(key)]
		if !known || !slices.Contains(u.needs(), key) {
			stray = append(stray, key)
		}
	}
	return stray, nil
}

// needs are the keys that an upload may have now. What is deleted or refused keeps them
// here: Clean removes them, and proves it.
func (u Upload) needs() []string {
	if u.CompletedAt != nil && u.DeletedAt == nil {
		return u.files()
	}
	return u.Keys()
}

func (d Depot) strayMultiparts(ctx context.Context, o *objects.Store, prefix string, old time.Time) (int, error) {
	ended := 0
	for m, err := range o.ListMultiparts(ctx, prefix+"/") {
		if err != nil {
			return ended, err
		}
		if m.Started.After(old) {
			continue
		}
		rows, err := d.byFolder(ctx, []string{m.Key})
		if err != nil {
			return ended, err
		}
		if u, known := rows[folderOf(m.Key)]; known && u.CompletedAt == nil && (u.Multipart == m.UploadID || u.Multipart == "") {
			continue // under way, or for Expire and Clean
		}
		if err := o.AbortMultipart(ctx, m.Key, m.UploadID); err != nil {
			return ended, err
		}
		ended++
	}
	return ended, nil
}

func folderOf(key string) string { return key[:max(0, strings.LastIndexByte(key, '/'))] }

// byFolder are the rows to whose folders keys belong.
func (d Depot) byFolder(ctx context.Context, keys []string) (map[string]Upload, error) {
	ids := []string{}
	for _, key := range keys {
		folder := folderOf(key)
		if id := folder[strings.LastIndexByte(folder, '/')+1:]; check.ID(id) && !slices.Contains(ids, id) {
			ids = append(ids, id)
		}
	}
	rows := map[string]Upload{}
	if len(ids) == 0 {
		return rows, nil
	}
	list, err := database.All(ctx, d.DB, scan, `SELECT `+columns+` FROM uploads WHERE id IN (`+database.Marks(1, len(ids))+`)`, anys(ids)...)
	for _, u := range list {
		rows[u.Folder] = u
	}
	return rows, err
}
