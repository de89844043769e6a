package desk

import (
	"context"
	"fmt"
	"net/url"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/check"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/ui"
	"github.com/madang-council/madang/shared/ui/desk"
)

type uploadRequest struct{}

type uploadTold struct {
	Member   string         `json:"member"`
	Purposes []upload.Offer `json:"purposes"`
}

func (h handlers) upload(ctx context.Context, _ *uploadRequest) (*ui.Answer, error) {
	f := ui.NewForm(ctx)
	purposes := upload.Offers(auth.From(ctx), h.limits, false, "post", "archive", "event")
	choices := []ui.Choice{}
	for _, p := range purposes {
		choices = append(choices, ui.Choice{Value: p.Name, Label: purposeText(ctx, p.Name) + " (" + fmt.Sprintf(ui.T(ctx, "%d MB까지", "up to %d MB"), p.Limit/upload.MiB) + ")"})
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "파일 올리기", "Upload files"), Section: upload.DeskPath, Class: "reading", Scripts: []string{"uploads.js"}, Main: []g.Node{
		desk.Heading(ui.T(ctx, "파일 올리기", "Upload files"), desk.Link(desk.At(ctx, upload.ShelfPath), ui.T(ctx, "올린 파일 보기", "See the files"), "button small quiet")),
		el.Div(el.ID("uploads"), el.Class("form"), desk.Told(uploadTold{Member: auth.From(ctx).MemberID, Purposes: purposes}),
			f.Select(ui.Field{Name: "purpose", Label: ui.T(ctx, "쓰임", "Purpose"), Value: "post"}, choices...),
			desk.DropBox(ctx, true),
			el.Ul(el.ID("transfers"), el.Class("transfers"), el.Aria("label", ui.T(ctx, "올리는 파일", "Files being uploaded"))),
			el.Ul(el.Class("hint bullets"),
				el.Li(g.Text(ui.T(ctx, "이 페이지를 떠나거나 연결이 끊겨도 괜찮습니다. 돌아오면 남은 것부터 이어서 올립니다.", "You may leave this page, or lose the connection: what is missing is sent when you come back."))),
				el.Li(g.Text(ui.T(ctx, "하루 안에 공지나 배너에 쓰지 않은 파일은 자동으로 지워집니다.", "Files that nothing uses within a day are deleted."))),
				el.Li(g.Text(ui.T(ctx, "움직이는 gif와 webp는 5 MB, 한 변 1600픽셀까지 움직이고, 더 크면 첫 장면만 보입니다.", "Animated gif and webp play up to 5 MB and 1600 pixels a side; larger ones are shown as a still image."))),
				el.Li(g.Text(ui.T(ctx, "이미지(jpg, png, gif, webp), PDF, 한글(hwp, hwpx, hml), 오피스 문서(docx, xlsx, pptx, doc, xls, ppt), zip을 받습니다. 매크로가 있는 문서는 받지 않습니다.", "Pictures (jpg, png, gif, webp), PDF, Hangul (hwp, hwpx, hml), Office documents (docx, xlsx, pptx, doc, xls, ppt) and zip are accepted; documents with macros are not."))),
			),
		),
	}}), nil
}

func purposeText(ctx context.Context, name string) string {
	label := upload.PurposeLabel(name)
	return ui.T(ctx, label.KO, label.EN)
}

type mediaRequest struct {
	Q      string `query:"q"`
	Kind   string `query:"kind"`
	Unused bool   `query:"unused"`
	Cursor string `query:"cursor"`
}

// mediaOnPage is how many files a page of the library shows: rows of two, three and four.
const mediaOnPage = 24

func (h handlers) media(ctx context.Context, r *mediaRequest) (*ui.Answer, error) {
	var f check.Fields
	filter := upload.Filter{Name: f.OptionalLine("q", r.Q, 100), Unused: r.Unused}
	if r.Kind != "" {
		filter.Kind = upload.Kind(f.OneOf("kind", r.Kind, string(upload.Images), string(upload.Documents)))
	}
	if err := f.Err(); err != nil {
		return nil, err
	}
	kind := "console/media?" + url.Values{"q": {r.Q}, "kind": {r.Kind}, "unused": {strconv.FormatBool(r.Unused)}}.Encode()
	page, err := cursor.Read(h.cursors, kind, r.Cursor, mediaOnPage, func(before string, limit int) ([]upload.Upload, error) {
		filter.Before = before
		return h.uploads.List(ctx, filter, limit)
	}, func(u upload.Upload) string { return u.ID })
	if err != nil {
		return nil, err
	}
	list, unused := page.Items, ""
	ReadOwners(ctx, list...)
	if r.Unused {
		unused = "true"
	}
	shelf, err := h.shelve(ctx, list)
	if err != nil {
		return nil, err
	}
	return h.desk.Page(ctx, ui.View{Title: ui.T(ctx, "파일", "Files"), Section: upload.ShelfPath, Main: []g.Node{
		desk.Heading(ui.T(ctx, "파일", "Files"), desk.Link(desk.At(ctx, upload.DeskPath), ui.T(ctx, "파일 올리기", "Upload files"), "button")),
		mediaFilters(ctx, r),
		g.Iff(len(list) == 0, func() g.Node {
			return desk.Empty(ui.T(ctx, "조건에 맞는 파일이 없습니다.", "No files were found."))
		}),
		g.Iff(len(list) > 0, func() g.Node {
			return el.Ul(el.Class("media"), g.Map(list, func(u upload.Upload) g.Node { return shelf.card(ctx, u) }))
		}),
		desk.Pager(ctx, page.NextCursor, upload.ShelfPath, "q", r.Q, "kind", r.Kind, "unused", unused),
	}}), nil
}

func mediaFilters(ctx context.Context, r *mediaRequest) g.Node {
	f := ui.NewForm(ctx)
	return el.Form(el.Class("filters"), el.Method("get"), el.Action(desk.At(ctx, upload.ShelfPath)), el.Role("search"),
		f.Input(ui.Field{Name: "q", Label: ui.T(ctx, "파일 이름", "File name"), Value: r.Q, Type: "search", Limit: 100, Optional: true}),
		f.Select(ui.Field{Name: "kind", Label: ui.T(ctx, "종류", "Kind"), Value: r.Kind, Optional: true},
			ui.Choice{Label: ui.T(ctx, "모든 파일", "Every file")}, ui.Choice{Value: string(upload.Images), Label: ui.T(ctx, "이미지", "Pictures")}, ui.Choice{Value: string(upload.Documents), Label: ui.T(ctx, "문서", "Documents")}),
		el.Div(el.Class("field check"), el.Input(el.ID("field-unused"), el.Name("unused"), el.Type("checkbox"), el.Value("true"), g.If(r.Unused, el.Checked())),
			el.Label(el.For("field-unused"), g.Text(ui.T(ctx, "쓰지 않는 것만", "Unused only")))),
		ui.Button(ui.T(ctx, "찾기", "Find")),
	)
}

// shelf is what the cards of files say beside the files.
type shelf struct {
	files map[string]upload.File
	uses  map[string][]upload.Use
	users map[thing.Ref]thing.Thing // what uses them, as far as the caller may know
	units map[string][]string       // in which they are used
}

func (h handlers) shelve(ctx context.Context, list []upload.Upload) (shelf, error) {
	ids := []string{}
	for _, u := range list {
		ids = append(ids, u.ID)
	}
	var s shelf
	var err error
	if s.files, err = h.uploads.Files(ctx, ids...); err != nil {
		return s, err
	}
	if s.uses, err = h.uploads.UsesOf(ctx, ids...); err != nil {
		return s, err
	}
	if s.units, err = h.uploads.UnitsOf(ctx, ids...); err != nil {
		return s, err
	}
	refs := []thing.Ref{}
	for _, uses := range s.uses {
		for _, u := range uses {
			refs = append(refs, u.Thing())
		}
	}
	s.users, err = h.things.Readable(ctx, refs...)
	return s, err
}

// card is a file in the library.
func (s shelf) card(ctx context.Context, u upload.Upload) g.Node {
	file, complete := s.files[u.ID]
	if !complete {
		file = upload.File{Name: u.Name, Size: u.Size}
	}
	who := auth.From(ctx)
	name := el.Span(el.Class("card-name"), g.Text(u.Name))
	if complete {
		name = desk.Link(file.URL, u.Name, "card-name")
	}
	return el.Li(el.Class("card"),
		desk.Thumbnail(file.Name, file.Variants, "card-picture"),
		el.Div(el.Class("card-body"),
			name,
			el.P(el.Class("meta"), el.Span(g.Text(ui.Size(u.Size))), desk.Short(ctx, u.CreatedAt), el.Span(g.Text(purposeText(ctx, u.Purpose)))),
			s.usedBy(ctx, u, complete),
			g.Iff(u.Film == upload.Still, func() g.Node {
				return el.P(el.Class("meta"), g.Text(ui.T(ctx, "움직이지 않고 첫 장면만 보입니다. 5 MB, 한 변 1600픽셀까지 움직입니다.", "Shown as a still image: animations play up to 5 MB and 1600 pixels a side.")))
			}),
			g.Iff(complete && upload.IsImage(u.Type) && u.MayDescribe(who, s.units[u.ID]), func() g.Node { return altForm(ctx, u) }),
			g.Iff(u.Uses == 0 && u.MayRemove(who), func() g.Node {
				return el.Form(desk.Action("DELETE", "/v1/uploads/"+u.ID, 0), el.Data("confirm", ui.T(ctx, ui.Joined(u.Name, "를")+" 지울까요? 되돌릴 수 없습니다.", "Delete "+u.Name+"? This cannot be undone.")), desk.Said(ui.T(ctx, "파일을 지웠습니다.", "The file was deleted.")),
					el.Button(el.Type("submit"), el.Class("button small danger"), el.Aria("label", ui.T(ctx, u.Name+" 지우기", "Delete "+u.Name)), g.Text(ui.T(ctx, "지우기", "Delete"))))
			}),
		),
	)
}

func altForm(ctx context.Context, u upload.Upload) g.Node {
	return el.Form(el.Class("inline"), desk.Action("PATCH", "/v1/uploads/"+u.ID, 0), desk.Said(ui.T(ctx, "대체 텍스트를 저장했습니다.", "The alternative text is saved.")),
		el.Input(el.Type("text"), el.Name("alt"), el.Value(u.Alt), el.MaxLength(strconv.Itoa(upload.MostAlt)), el.Placeholder(ui.T(ctx, "대체 텍스트", "Alternative text")), el.Aria("label", ui.T(ctx, u.Name+" 대체 텍스트", "Alternative text of "+u.Name))),
		el.Button(el.Type("submit"), el.Class("button small quiet"), el.Aria("label", ui.T(ctx, u.Name+" 대체 텍스트 저장", "Save the alternative text of "+u.Name)), g.Text(ui.T(ctx, "저장", "Save"))))
}

// usedBy says where a file is used, as far as the caller may know.
func (s shelf) usedBy(ctx context.Context, u upload.Upload, complete bool) g.Node {
	if !complete {
		return el.P(el.Class("meta"), el.Span(el.Class("badge"), g.Text(stateOfUpload(ctx, u))))
	}
	if len(s.uses[u.ID]) == 0 {
		return el.P(el.Class("meta"), g.Text(ui.T(ctx, "아직 쓰지 않음", "Not used yet")))
	}
	return el.Ul(el.Class("uses"), g.Map(s.uses[u.ID], func(use upload.Use) g.Node {
		user, readable := s.users[use.Thing()]
		if !readable {
			return el.Li(g.Text(ui.T(ctx, "다른 곳에서 쓰는 중", "Used elsewhere")))
		}
		kind, _ := thing.KindOf(use.Kind)
		return el.Li(g.Text(ui.T(ctx, kind.Label.KO, kind.Label.EN)+": "),
			g.If(user.Writes(ctx), desk.Link(desk.At(ctx, user.Desk()), user.Title, "")),
			g.If(!user.Writes(ctx), g.Text(user.Title)))
	}))
}

func stateOfUpload(ctx context.Context, u upload.Upload) string {
	switch u.State(ctx) {
	case "refused":
		return ui.T(ctx, "거부됨", "Refused")
	case "expired":
		return ui.T(ctx, "다 올리지 않음", "Not completed")
	default:
		return ui.T(ctx, "올리는 중", "Being uploaded")
	}
}
