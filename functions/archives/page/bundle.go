package page

import (
	"context"
	"encoding/hex"
	"strconv"

	g "maragu.dev/gomponents"
	el "maragu.dev/gomponents/html"

	"github.com/madang-council/madang/shared/council/archive"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui"
)

type askRequest struct {
	Year string `form:"year"`
}

// ask leads to the bundle that was asked for.
func (h handlers) ask(ctx context.Context, r *askRequest) (*function.Redirect, error) {
	year, err := strconv.Atoi(r.Year)
	if err != nil {
		year = 0 // which the store refuses
	}
	b, err := h.bundles.Ask(ctx, year)
	if err != nil {
		return nil, err
	}
	function.Subject(ctx, b.ID)
	return &function.Redirect{Status: 303, URL: ui.Local(ctx, bundlesPath+"/"+b.ID)}, nil
}

type bundleRequest struct {
	ID string `path:"id"`
}

// bundle says how far a bundle is. Without scripts who waits asks again.
func (h handlers) bundle(ctx context.Context, r *bundleRequest) (*ui.Answer, error) {
	if b, err := hex.DecodeString(r.ID); err != nil || len(b) != 32 {
		return nil, problem.Absent()
	}
	b, err := h.bundles.Bundle(ctx, r.ID)
	if err != nil {
		return nil, err
	}
	link, err := h.bundles.Link(ctx, b)
	if err != nil {
		return nil, err
	}
	year := strconv.Itoa(b.Year)
	title := ui.T(ctx, year+"년 자료 한 파일", year+" as one file")
	return h.frame.Page(ctx, ui.View{
		Title: title, Path: bundlesPath + "/" + b.ID, Section: archive.ListPath, Class: "reading", Styles: []string{"site.css"}, Hidden: true,
		Main: []g.Node{
			el.Header(el.Class("head"), el.P(el.Class("back"), el.A(el.Href(ui.Query(ui.Local(ctx, archive.ListPath), "year", year)), g.Text(ui.T(ctx, "자료집", "Archives")))), el.H1(g.Text(title))),
			progress(ctx, b, link),
		},
	}), nil
}

func progress(ctx context.Context, b archive.Bundle, link string) g.Node {
	again := func(ko, en string) g.Node {
		return el.P(el.A(el.Class("button"), el.Href(ui.Local(ctx, bundlesPath+"/"+b.ID)), g.Text(ui.T(ctx, ko, en))))
	}
	switch b.State {
	case archive.Ready:
		return g.Group{
			el.P(ui.State(ui.Done, ui.T(ctx, "다 묶음", "Ready")), g.Text(" "+ui.Size(b.Size))),
			el.P(el.A(el.Class("button"), el.Href(link), el.Rel("nofollow"), g.Text(ui.T(ctx, "내려받기", "Download")))),
			el.P(el.Class("hint"), g.Text(ui.T(ctx, "버튼은 15분 동안 쓸 수 있어요. 그 뒤에는 이 페이지를 새로 고쳐 주세요. 하루 뒤에는 다시 묶어야 해요.", "The button works for 15 minutes; load this page again after that. After a day it is to be made again."))),
		}
	case archive.Making:
		done := ui.T(ctx, "순서를 기다리고 있어요.", "It waits for its turn.")
		if b.Size > 0 {
			percent := strconv.FormatInt(100*b.Done/b.Size, 10)
			done = ui.T(ctx, percent+"% 묶었어요.", percent+"% are done.")
		}
		return g.Group{el.P(ui.State(ui.Half, ui.T(ctx, "묶는 중", "Under way")), g.Text(" "+done)), again("얼마나 되었는지 보기", "See how far it is")}
	default:
		return g.Group{
			el.P(ui.State(ui.Late, ui.T(ctx, "묶지 못함", "It failed")), g.Text(" "+ui.T(ctx, "파일 하나를 읽지 못했어요. 다시 묶어 주세요.", "A file could not be read. Ask for it again."))),
			el.Form(el.Method("post"), el.Action(ui.Local(ctx, bundlesPath)), el.Input(el.Type("hidden"), el.Name("year"), el.Value(strconv.Itoa(b.Year))), ui.Button(ui.T(ctx, "다시 묶기", "Try again"))),
		}
	}
}
