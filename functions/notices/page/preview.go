package page

import (
	"context"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/notice"
	"github.com/madang-council/madang/shared/ui"
)

type previewRequest struct {
	Token string `path:"token"`
}

// preview is what readers would see of a notice in its newest version. Nobody keeps the page, and no search engine
// lists it.
func (h handlers) preview(ctx context.Context, r *previewRequest) (*ui.Answer, error) {
	n, until, err := h.previews.Read(ctx, r.Token)
	if err != nil {
		return nil, err
	}
	told := el.Div(el.Class("notice-box"), el.Role("note"),
		el.P(el.B(g.Text(ui.T(ctx, "미리보기입니다. ", "This is a preview. "))), g.Text(ui.T(ctx, "지금 저장된 글이 게시되면 이렇게 보입니다. 이 링크는 "+ui.Moment(ctx, until)+"까지 열립니다.", "So the notice would look as it is saved now. The link works until "+ui.Moment(ctx, until)+"."))))
	view := h.view(ctx, n, told, nil)
	view.Path, view.Hidden = notice.PreviewPath+r.Token, true // the other language and signing in lead back to the preview: the notice may be nobody's to read
	return h.frame.Page(ctx, view), nil
}
