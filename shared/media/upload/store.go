package upload

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/text"
)

const columns = `id, member_id, purpose, name, type, size, sha256, folder, multipart, width, height, uses, completions, alt, film, share, created_at, expires_at, completed_at, processed_at, refused_at, refused_code, deleted_at`

func scan(r database.Row) (Upload, error) {
	var u Upload
	var created, expires int64
	var completed, processed, refused, deleted *int64
	err := r.Scan(&u.ID, &u.MemberID, &u.Purpose, &u.Name, &u.Type, &u.Size, &u.SHA256, &u.Folder, &u.Multipart, &u.Width, &u.Height, &u.Uses, &u.Completions, &u.Alt, &u.Film, &u.Share,
		&created, &expires, &completed, &processed, &refused, &u.RefusedCode, &deleted)
	u.CreatedAt, u.ExpiresAt = clock.FromMillis(created), clock.FromMillis(expires)
	u.CompletedAt, u.ProcessedAt = clock.FromMillisOf(completed), clock.FromMillisOf(processed)
	u.RefusedAt, u.DeletedAt = clock.FromMillisOf(refused), clock.FromMillisOf(deleted)
	return u, err
}

// StoredVariant is a row of a variant.
type StoredVariant struct {
	UploadID string
	Name     string // the width that it fits in, as "960"
	Width    int
	Height   int
	Size     int64 // bytes
}

func scanVariant(r database.Row) (StoredVariant, error) {
	var v StoredVariant
	err := r.Scan(&v.UploadID, &v.Name, &v.Width, &v.Height, &v.Size)
	return v, err
}

// Read is the upload with an id, whatever became of it; absent when there is none.
func (s Store) Read(ctx context.Context, id string) (Upload, error) {
	u, err := database.One(ctx, s.DB, scan, `SELECT `+columns+` FROM uploads WHERE id = $1`, id)
	if errors.Is(err, database.ErrNoRow) {
		return Upload{}, problem.Absent()
	}
	return u, err
}

// Delete marks an upload deleted unless something uses it, and says whether it did. From
// then on nobody sees it; its objects are removed afterwards, by the caller or by sweep.
func (s Store) Delete(ctx context.Context, id string) (bool, error) {
	n, err := s.DB.Exec(ctx, `UPDATE uploads SET deleted_at = $1, request = NULL WHERE id = $2 AND deleted_at IS NULL AND uses = 0`, clock.Millis(clock.Now(ctx)), id)
	return n == 1, err
}

// Filter narrows List.
type Filter struct {
	Member  string // whose; "" for everybody's
	Private bool   // those for private purposes too, as far as the caller sees them; a member's own always come with them
	Before  string // id behind which the list goes on, or ""
	Name    string // part of the name, in any case; "" for all
	Kind    Kind   // "" for all
	Unused  bool   // only those that nothing uses
}

// Kind tells pictures from other files.
type Kind string

// The kinds of files.
const (
	Images    Kind = "image"
	Documents Kind = "document"
)

// List is up to limit uploads that are not deleted, newest first.
func (s Store) List(ctx context.Context, f Filter, limit int) ([]Upload, error) {
	var w database.Where
	w.Add(`deleted_at IS NULL`)
	if f.Member != "" {
		w.Add(`member_id = ?`, f.Member)
	}
	if f.Before != "" {
		w.Add(`id < ?`, f.Before)
	}
	if f.Name != "" {
		part := strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(text.Fold(f.Name))
		w.Add(`lower(name) LIKE ? ESCAPE '\'`, "%"+part+"%")
	}
	switch f.Kind {
	case Images:
		w.Add(`type IN ('jpg', 'png', 'webp', 'gif')`) // as IsImage says
	case Documents:
		w.Add(`type NOT IN ('jpg', 'png', 'webp', 'gif')`)
	}
	if f.Unused {
		w.Add(`uses = 0`)
	}
	for _, p := range Purposes() {
		if f.Member == "" && (p.Private && !f.Private || !p.Follows && !p.shows(auth.From(ctx))) {
			w.Add(`purpose <> ?`, p.Name)
		} else if f.Member == "" && p.Follows {
			w.Add(`(purpose <> ? OR member_id = ?)`, p.Name, auth.From(ctx).MemberID)
		}
	}
	return database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM uploads`+w.String()+` ORDER BY id DESC`+database.Limit(limit), w.Args...)
}

// State is where an upload stands: uploading, complete, refused or expired.
func (u Upload) State(ctx context.Context) string {
	switch {
	case u.RefusedAt != nil:
		return "refused"
	case u.CompletedAt != nil:
		return "complete"
	case !clock.Now(ctx).Before(u.ExpiresAt):
		return "expired"
	default:
		return "uploading"
	}
}

// Use is a thing that uses an upload.
type Use struct {
	Kind string // what its package calls it, as notice or banner
	ID   string // of the thing; behind a slash, what of it uses the upload, as "<id>/2" for an earlier state
}

// Thing is what uses the upload, as the index of things knows it.
func (u Use) Thing() thing.Ref {
	id, _, _ := strings.Cut(u.ID, "/")
	return thing.Ref{Kind: u.Kind, ID: id}
}

// UsesOf are the things that use uploads, by the uploads' ids.
func (s Store) UsesOf(ctx context.Context, ids ...string) (map[string][]Use, error) {
	uses := map[string][]Use{}
	for part := range slices.Chunk(ids, database.Chunk) {
		_, err := database.All(ctx, s.DB, func(r database.Row) (Use, error) {
			var id string
			var u Use
			err := r.Scan(&id, &u.Kind, &u.ID)
			uses[id] = append(uses[id], u)
			return u, err
		}, `SELECT upload_id, kind, thing_id FROM upload_uses WHERE upload_id IN (`+database.Marks(1, len(part))+`) ORDER BY kind, thing_id`, anys(part)...)
		if err != nil {
			return nil, err
		}
	}
	return uses, nil
}
