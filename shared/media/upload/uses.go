package upload

import (
	"context"
	"slices"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/database"
	"github.com/madang-council/madang/shared/problem"
)

// Store keeps uploads in the database.
type Store struct{ DB *database.DB }

// Use makes ids, in this order, the uploads that a thing uses; those that it used before
// and are not among them are let go, and deleted by sweep if nothing else uses them. It
// belongs into the unit of work that writes the thing.
//
// An upload that is unknown, incomplete, expired, refused or private is refused as a
// problem on field. So is one of another member, as unknown, unless the thing uses it
// already or the caller sees it (Readable); and so are more uploads of one
// purpose than that purpose allows.
func (s Store) Use(ctx context.Context, kind, id string, ids []string, field string) error {
	return s.use(ctx, kind, id, ids, field, false)
}

// UsePrivate is Use for things that are decided upon in private, as a proof of being a
// student: only uploads of a private purpose are accepted.
func (s Store) UsePrivate(ctx context.Context, kind, id string, ids []string, field string) error {
	return s.use(ctx, kind, id, ids, field, true)
}

func (s Store) use(ctx context.Context, kind, id string, ids []string, field string, private bool) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		before, err := database.All(ctx, s.DB, database.Value[string], `SELECT upload_id FROM upload_uses WHERE kind = $1 AND thing_id = $2`, kind, id)
		if err != nil {
			return err
		}
		if err := s.usable(ctx, ids, before, field, private); err != nil {
			return err
		}
		// One order for everybody, so that two things that exchange uploads never wait for each other.
		all := slices.Concat(before, ids)
		slices.Sort(all)
		for _, upload := range slices.Compact(all) {
			if err := s.place(ctx, kind, id, upload, slices.Index(ids, upload), field); err != nil {
				return err
			}
		}
		return nil
	})
}

// place gives an upload its position among those of a thing, or lets it go (-1). The
// counter in the upload's own row is what a deletion looks at: of a use and a deletion
// at the same time one waits for the other and then sees it.
func (s Store) place(ctx context.Context, kind, id, upload string, position int, field string) error {
	now := clock.Millis(clock.Now(ctx))
	if position < 0 {
		n, err := s.DB.Exec(ctx, `DELETE FROM upload_uses WHERE kind = $1 AND thing_id = $2 AND upload_id = $3`, kind, id, upload)
		if err != nil || n == 0 {
			return err
		}
		_, err = s.DB.Exec(ctx, `UPDATE uploads SET uses = uses - 1, unused_at = $1 WHERE id = $2`, now, upload)
		return err
	}
	n, err := s.DB.Exec(ctx, `INSERT INTO upload_uses (kind, thing_id, upload_id, position) VALUES ($1, $2, $3, $4) ON CONFLICT (kind, thing_id, upload_id) DO NOTHING`, kind, id, upload, position)
	if err != nil {
		return err
	}
	if n == 0 {
		_, err := s.DB.Exec(ctx, `UPDATE upload_uses SET position = $1 WHERE kind = $2 AND thing_id = $3 AND upload_id = $4`, position, kind, id, upload)
		return err
	}
	n, err = s.DB.Exec(ctx, `UPDATE uploads SET uses = uses + 1, unused_at = $1 WHERE id = $2 AND completed_at IS NOT NULL AND deleted_at IS NULL`, now, upload)
	if err == nil && n == 0 {
		err = problem.Wrong(refusal(field, "upload-unknown")) // deleted since it was looked at
	}
	return err
}

// usable refuses ids that may not be used by a thing that used others before.
func (s Store) usable(ctx context.Context, ids, before []string, field string, private bool) error {
	if len(ids) == 0 {
		return nil
	}
	if len(ids) > maxUses {
		return problem.Wrong(refusal(field, "too-many-uploads"))
	}
	list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM uploads WHERE id IN (`+database.Marks(1, len(ids))+`)`, anys(ids)...)
	if err != nil {
		return err
	}
	may, err := s.Readable(ctx, list...)
	if err != nil {
		return err
	}
	seen, count := map[string]bool{}, map[string]int{}
	for _, id := range ids {
		i := slices.IndexFunc(list, func(u Upload) bool { return u.ID == id })
		code := "upload-unknown"
		if i >= 0 {
			code = reason(ctx, list[i], slices.Contains(before, id) || may[id], private)
		}
		if seen[id] {
			code = "upload-repeated"
		}
		if code != "" {
			return problem.Wrong(refusal(field, code))
		}
		seen[id] = true
		count[list[i].Purpose]++
		if p, _ := PurposeOf(list[i].Purpose); count[p.Name] > p.Most {
			return problem.Wrong(refusal(field, "too-many-uploads"))
		}
	}
	return nil
}

// maxUses is more than every purpose allows together; a longer list is not looked up.
const maxUses = 100

// reason is the code for which u, which the caller may know or not, is not used now, or "".
func reason(ctx context.Context, u Upload, known, private bool) string {
	switch {
	case u.DeletedAt != nil, !known:
		return "upload-unknown"
	case u.RefusedAt != nil, u.RefusedCode != "":
		return "upload-refused"
	case u.CompletedAt == nil && !clock.Now(ctx).Before(u.ExpiresAt):
		return "upload-expired"
	case u.CompletedAt == nil:
		return "upload-incomplete"
	case u.Private() && !private:
		return "upload-private"
	case !u.Private() && private:
		return "upload-public"
	default:
		return ""
	}
}

// Used are the files of things of one kind, in their order, by the things' ids. A thing
// that uses nothing is not in the map. Whoever shows them on a page tags it with Tag of
// each file.
func (s Store) Used(ctx context.Context, kind string, ids ...string) (map[string][]File, error) {
	files := map[string][]File{}
	for part := range slices.Chunk(ids, database.Chunk) {
		if err := s.used(ctx, files, kind, part); err != nil {
			return nil, err
		}
	}
	return files, nil
}

func (s Store) used(ctx context.Context, files map[string][]File, kind string, ids []string) error {
	type use struct{ thing, upload string }
	args := append([]any{kind}, anys(ids)...)
	where := ` FROM upload_uses x JOIN uploads u ON u.id = x.upload_id WHERE x.kind = $1 AND x.thing_id IN (` + database.Marks(2, len(ids)) + `) AND u.completed_at IS NOT NULL AND u.deleted_at IS NULL`
	uses, err := database.All(ctx, s.DB, func(r database.Row) (use, error) {
		var v use
		err := r.Scan(&v.thing, &v.upload)
		return v, err
	}, `SELECT x.thing_id, x.upload_id`+where+` ORDER BY x.thing_id, x.position, x.upload_id`, args...)
	if err != nil || len(uses) == 0 {
		return err
	}
	uploads := []string{}
	for _, v := range uses {
		uploads = append(uploads, v.upload)
	}
	known, err := s.Files(ctx, uploads...)
	if err != nil {
		return err
	}
	for _, v := range uses {
		if f, ok := known[v.upload]; ok {
			files[v.thing] = append(files[v.thing], f)
		}
	}
	return nil
}

// Using are the uploads of things of one kind, in their order, by the things' ids: Used for who reads
// their bytes from the storage.
func (s Store) Using(ctx context.Context, kind string, ids ...string) (map[string][]Upload, error) {
	uploads := map[string][]Upload{}
	for part := range slices.Chunk(ids, database.Chunk) {
		_, err := database.All(ctx, s.DB, func(r database.Row) (string, error) {
			var thing string
			u, err := scan(prefixed{r, &thing})
			uploads[thing] = append(uploads[thing], u)
			return thing, err
		}, `SELECT x.thing_id, `+columns+` FROM upload_uses x JOIN uploads ON uploads.id = x.upload_id WHERE x.kind = $1 AND x.thing_id IN (`+database.Marks(2, len(part))+`)
			AND completed_at IS NOT NULL AND deleted_at IS NULL ORDER BY x.thing_id, x.position, x.upload_id`, append([]any{kind}, anys(part)...)...)
		if err != nil {
			return nil, err
		}
	}
	return uploads, nil
}

// prefixed is a row with a column before those that are scanned.
type prefixed struct {
	row   database.Row
	first any
}

func (p prefixed) Scan(dest ...any) error { return p.row.Scan(append([]any{p.first}, dest...)...) }

// Files are completed uploads as files, by their ids. It does not ask who may see them.
func (s Store) Files(ctx context.Context, ids ...string) (map[string]File, error) {
	return s.files(ctx, false, ids)
}

// Seen is Files of those that the caller may read.
func (s Store) Seen(ctx context.Context, ids ...string) (map[string]File, error) {
	return s.files(ctx, true, ids)
}

func (s Store) files(ctx context.Context, seen bool, ids []string) (map[string]File, error) {
	files := map[string]File{}
	for part := range slices.Chunk(ids, database.Chunk) {
		in := `(` + database.Marks(1, len(part)) + `)`
		list, err := database.All(ctx, s.DB, scan, `SELECT `+columns+` FROM uploads WHERE completed_at IS NOT NULL AND deleted_at IS NULL AND id IN `+in, anys(part)...)
		if err != nil {
			return nil, err
		}
		variants, err := database.All(ctx, s.DB, scanVariant, `SELECT upload_id, name, width, height, size FROM upload_variants WHERE upload_id IN `+in+` ORDER BY width`, anys(part)...)
		if err != nil {
			return nil, err
		}
		may := map[string]bool{}
		if seen {
			if may, err = s.Readable(ctx, list...); err != nil {
				return nil, err
			}
		}
		for _, u := range list {
			if !seen || may[u.ID] {
				files[u.ID] = u.File(variants)
			}
		}
	}
	return files, nil
}

// File is how u is shown, with those of the variants that are its own.
func (u Upload) File(variants []StoredVariant) File {
	f := File{ID: u.ID, Name: u.Name, Type: MediaType(u.Type), Size: u.Size, URL: u.URL(), Alt: u.Alt, Width: u.Width, Height: u.Height, Variants: []Variant{}, Moving: u.Moving()}
	if u.Share > 0 && !u.Private() {
		f.share = FilesPath + u.shareKey()
	}
	for _, v := range variants {
		if v.UploadID == u.ID && !u.Private() {
			f.Variants = append(f.Variants, Variant{Width: v.Width, Height: v.Height, URL: FilesPath + u.VariantKey(v.Name)})
		}
	}
	return f
}

// Release lets go of everything that a thing uses and marks it deleted unless something
// else uses it: for a proof, once it was decided upon. Its objects are removed by sweep.
func (s Store) Release(ctx context.Context, kind, id string) error {
	return s.DB.Atomic(ctx, func(ctx context.Context) error {
		before, err := database.All(ctx, s.DB, database.Value[string], `SELECT upload_id FROM upload_uses WHERE kind = $1 AND thing_id = $2 ORDER BY upload_id`, kind, id)
		if err != nil {
			return err
		}
		for _, upload := range before {
			if err := s.place(ctx, kind, id, upload, -1, ""); err != nil {
				return err
			}
			if _, err := s.Delete(ctx, upload); err != nil {
				return err
			}
		}
		return nil
	})
}

func anys(list []string) []any {
	out := make([]any, len(list))
	for i, v := range list {
		out[i] = v
	}
	return out
}
