package notice

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/madang-council/madang/shared/clock"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/secret"
)

// PreviewLife is how long a preview link works.
const PreviewLife = time.Hour

// PreviewPath is where the page of a preview is, before its token.
const PreviewPath = ListPath + "/previews/"

// Previews are links by which anybody reads one notice in its newest version, whatever its state, for PreviewLife.
type Previews struct {
	notices Reader
	links   secret.Signer
}

// NewPreviews are links that a key signs.
func NewPreviews(notices Reader, key secret.Key) Previews {
	return Previews{notices, key.Signer("notice preview")}
}

// Token makes the link of a notice that the caller may write, and says until when it works.
func (p Previews) Token(ctx context.Context, n Notice) (token string, until time.Time) {
	until = clock.Now(ctx).Add(PreviewLife).Truncate(time.Second) // links count in seconds
	return p.links.Sign(n.ID+"/"+n.Unit, until), until
}

// Read is the notice of a link, and until when the link works. It fails with problem.Absent, also where the notice has
// left the unit that made the link, and with preview-expired.
func (p Previews) Read(ctx context.Context, token string) (n Notice, until time.Time, err error) {
	signed, until, err := p.links.Open(token, clock.Now(ctx))
	switch {
	case errors.Is(err, secret.ErrExpired):
		return Notice{}, until, problem.New(problem.Gone, "preview-expired", "미리보기 링크의 시간이 지났습니다. 링크를 준 사람에게 새로 받으세요.", "The preview link has expired. Ask whoever gave it to you for another.")
	case err != nil:
		return Notice{}, until, problem.Absent().Because(err)
	}
	id, unit, _ := strings.Cut(signed, "/")
	if n, err = p.notices.Current(ctx, id); err != nil {
		return Notice{}, until, err
	}
	if n.Unit != unit { // what another unit makes of it is not the first one's to show
		return Notice{}, until, problem.Absent()
	}
	return n, until, nil
}
