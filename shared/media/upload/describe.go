package upload

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/touch"
)

// MostAlt is the longest text about a picture, in characters: screen readers read it whole.
const MostAlt = 200

// Describe says what a picture shows, for those who do not see it. Upload.MayDescribe
// says who may.
func (d Depot) Describe(ctx context.Context, id, alt string) (Upload, error) {
	u, err := d.Visible(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	units, err := d.UnitsOf(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	if !u.MayDescribe(auth.From(ctx), units[id]) {
		return Upload{}, problem.NotAllowed()
	}
	var f check.Fields
	alt = f.OptionalLine("alt", alt, MostAlt)
	if alt != "" && !IsImage(u.Type) {
		f.Add("alt", "not-an-image", "이미지에만 쓸 수 있습니다.", "Only a picture has one.")
	}
	if err := f.Err(); err != nil {
		return Upload{}, err
	}
	u.Alt = alt
	return u, d.DB.Atomic(ctx, func(ctx context.Context) error {
		n, err := d.DB.Exec(ctx, `UPDATE uploads SET alt = $1 WHERE id = $2 AND deleted_at IS NULL`, alt, id)
		if err != nil {
			return err
		}
		if n == 0 {
			return problem.Absent()
		}
		return touch.Tags(ctx, d.DB, Tag(id))
	})
}
