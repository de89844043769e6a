package upload

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/event"
	"github.com/madang-council/madang/shared/media/picture"
	"github.com/madang-council/madang/shared/objects"
	"github.com/madang-council/madang/shared/touch"
)

// Codes of refusal of pictures.
const (
	tooManyPixels = "too-many-pixels"
	unreadable    = "picture-unreadable"
)

// inspected is u with the measures that the picture's header tells.
func (u Upload) inspected(content io.ReaderAt) (Upload, error) {
	info, err := picture.Inspect(io.NewSectionReader(content, 0, u.Size))
	if code := pictureFault(err); code != "" {
		return u, &refused{code, err.Error()}
	}
	if err != nil {
		return u, err
	}
	u.Width, u.Height = info.Width, info.Height
	return u, nil
}

// pictureFault is the code for which a picture cannot be taken, or "".
func pictureFault(err error) string {
	var bad *picture.Unreadable
	switch {
	case errors.Is(err, picture.ErrTooManyPixels):
		return tooManyPixels
	case errors.As(err, &bad):
		return unreadable
	default:
		return ""
	}
}

// Process makes the variants of a completed image and tells of it. It says whether it
// changed something: for everything that needs none, or has them, it does nothing. Two at
// the same time make the same objects and one event. An image that turns out not to be
// readable keeps no variants, and the reason as its RefusedCode.
func (d Depot) Process(ctx context.Context, id string) (bool, error) {
	u, err := d.Read(ctx, id)
	if err != nil {
		return false, err
	}
	if u.CompletedAt == nil || u.DeletedAt != nil || u.ProcessedAt != nil {
		return false, nil
	}
	o, err := d.objects()
	if err != nil {
		return false, err
	}
	var variants []StoredVariant
	content := &sequential{ctx: ctx, store: o, key: u.Key(), size: u.Size}
	defer content.close()
	err = d.pictures.Variants(ctx, content, Widths(), func(ctx context.Context, v picture.Variant) error {
		if v.Ext != VariantExt {
			return fmt.Errorf("upload: a variant is %s, and the addresses of all variants end in %s", v.Ext, VariantExt)
		}
		made := StoredVariant{UploadID: u.ID, Name: variantName(variants, v.Width), Width: v.Width, Height: v.Height, Size: int64(len(v.Data))}
		variants = append(variants, made)
		if err := d.put(ctx, o, u.VariantKey(made.Name), v); err != nil || len(variants) > 1 || u.Private() {
			return err
		}
		share, err := v.Share()
		if err != nil {
			return err
		}
		u.Share = int64(len(share.Data))
		return d.put(ctx, o, u.shareKey(), share)
	})
	if err == nil && mayMove(u.Type) {
		u.Film, err = d.film(ctx, o, u, content)
	}
	code := pictureFault(err)
	switch {
	case errors.Is(err, objects.ErrNotFound):
		return false, fmt.Errorf("process %s: %w", u.ID, err) // deleted meanwhile, or stored too recently to be seen everywhere
	case err != nil && code == "":
		return false, away(err)
	case code != "":
		variants, u.Share = nil, 0
	}
	return d.saveVariants(ctx, u, variants, code)
}

// put stores what is made of an image.
func (Depot) put(ctx context.Context, o *objects.Store, key string, v picture.Variant) error {
	meta := objects.Meta{ContentType: v.MIME, Disposition: "inline", CacheControl: "public, max-age=31536000, immutable"}
	return o.Put(ctx, key, bytes.NewReader(v.Data), int64(len(v.Data)), meta)
}

// film stores what an image shows that moves, and says how it is shown.
func (d Depot) film(ctx context.Context, o *objects.Store, u Upload, content io.ReadSeeker) (Film, error) {
	if _, err := content.Seek(0, io.SeekStart); err != nil {
		return "", err
	}
	moving, err := picture.Film(content)
	switch {
	case errors.Is(err, picture.ErrStill):
		return Still, nil
	case err != nil || moving == nil:
		return "", err
	}
	meta := objects.Meta{ContentType: MediaType(u.Type), Disposition: "inline", CacheControl: "public, max-age=31536000, immutable"}
	return Moving, o.Put(ctx, u.movingKey(), bytes.NewReader(moving), int64(len(moving)), meta)
}

// variantName is the name of the next variant, of which the largest comes first: that
// one stands for the original, whatever its size; the others are called by the width that
// they fit in.
func variantName(before []StoredVariant, width int) string {
	widths := Widths()
	if len(before) == 0 {
		return strconv.Itoa(slices.Max(widths))
	}
	i := slices.IndexFunc(widths, func(w int) bool { return width <= w })
	return strconv.Itoa(widths[max(0, i)])
}

func (d Depot) saveVariants(ctx context.Context, u Upload, variants []StoredVariant, code string) (bool, error) {
	if len(variants) > 0 && (variants[0].Width > variants[0].Height) != (u.Width > u.Height) && variants[0].Width != variants[0].Height {
		u.Width, u.Height = u.Height, u.Width // turned upright
	}
	changed := false
	err := d.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := d.DB.Exec(ctx, `UPDATE uploads SET processed_at = $1, refused_code = $2, width = $3, height = $4, film = $5, share = $6 WHERE id = $7 AND completed_at IS NOT NULL AND processed_at IS NULL AND deleted_at IS NULL`,
			clock.Millis(clock.Now(ctx)), code, u.Width, u.Height, u.Film, u.Share, u.ID)
		if changed = err == nil && n == 1; !changed {
			return err
		}
		for _, v := range variants {
			if _, err := d.DB.Exec(ctx, `INSERT INTO upload_variants (upload_id, name, width, height, size) VALUES ($1, $2, $3, $4, $5)`, v.UploadID, v.Name, v.Width, v.Height, v.Size); err != nil {
				return err
			}
		}
		e, err := event.New(ctx, ProcessedType, u.ID, 1, Happened{u.ID, u.Purpose, MediaType(u.Type)})
		if err != nil {
			return err
		}
		if err := d.outbox.Record(ctx, e); err != nil {
			return err
		}
		return touch.Tags(ctx, d.DB, Tag(u.ID))
	})
	return changed, err
}

// sequential reads an object from its beginning on, and from anywhere after a Seek.
type sequential struct {
	ctx   context.Context
	store *objects.Store
	key   string
	size  int64
	at    int64
	body  io.ReadCloser
}

func (s *sequential) Read(p []byte) (int, error) {
	if s.at >= s.size {
		return 0, io.EOF
	}
	if s.body == nil {
		body, err := s.store.Open(s.ctx, s.key, s.at, -1)
		if err != nil {
			return 0, err
		}
		s.body = body
	}
	n, err := s.body.Read(p)
	s.at += int64(n)
	if errors.Is(err, io.EOF) && s.at < s.size {
		err = fmt.Errorf("read %s: %w: %w", s.key, objects.ErrUnavailable, io.ErrUnexpectedEOF)
	}
	return n, err
}

// Seek goes to an absolute place, or one from the current or the end, as io.Seeker demands.
func (s *sequential) Seek(offset int64, whence int) (int64, error) {
	switch whence {
	case io.SeekCurrent:
		offset += s.at
	case io.SeekEnd:
		offset += s.size
	}
	if offset < 0 {
		return s.at, fmt.Errorf("read %s: offset %d", s.key, offset)
	}
	if offset != s.at {
		s.close()
	}
	s.at = offset
	return offset, nil
}

func (s *sequential) close() {
	if s.body != nil {
		_ = s.body.Close()
		s.body = nil
	}
}
