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

// Describe says what a picture shows, for those who do not see it. Its owner may, and
// editors, who answer for the pages that it is on.
func (d Depot) Describe(ctx context.Context, id, alt string) (Upload, error) {
	u, err := d.Visible(ctx, id)
	if err != nil {
		return Upload{}, err
	}
	var f check.Fields
	alt = f.OptionalLine("alt", alt, MostAlt)
	if alt != "" && !IsImage(u.Type) {
		f.Add("alt", "not-an-image", "이미지에만 쓸 수 있습니다.", "Only a picture has one.")
	}
	if err := f.Err(); err != nil {
		return Upload{}, err
	}
	if who := auth.From(ctx); u.MemberID != who.MemberID && !who.Has(auth.Editor) {
		return Upload{}, problem.NotAllowed()
	}
	n, err := d.DB.Exec(ctx, `UPDATE uploads SET alt = $1 WHERE id = $2 AND deleted_at IS NULL`, alt, id)
	if err == nil && n == 0 {
		err = problem.Absent()
	}
	u.Alt = alt
	touch.Tags(ctx, Tag(id))
	return u, err
}
