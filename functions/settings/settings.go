// Package settings is what the council changes of its site without an operator.
package settings

import (
	"slices"

	"github.com/madang-council/madang/functions/settings/desk"
	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/face"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/problem"
)

// handlers are the operations and what they need.
type handlers struct{ faces face.Store }

// Function shows and sets how the site is the council's own.
var Function = function.Spec{
	Name:  "settings",
	Doc:   "The council's face: name, mark, one colour from which all others follow, wall pattern, slogan, foot, privacy officer.",
	Needs: []function.Need{function.Database},
	Desk:  desk.Entries(),
	New: func(d function.Deps) function.Parts {
		h := handlers{faces: face.Store{DB: d.DB, Name: d.Settings.CouncilName}}
		operate := function.May(auth.Operate)
		return function.Parts{Routes: slices.Concat([]function.Route{
			{Method: "GET", Path: "/v1/admin/face", Access: operate, Do: function.Do(h.read), Doc: "The council's face, with its version and its contrasts."},
			{Method: "PUT", Path: "/v1/admin/face", Words: problem.Text{KO: "홈페이지 꾸미기(이름, 색, 무늬)를 바꿈", EN: "Changed the site's face"}, Access: operate, Do: function.Do(h.write), Doc: "Replaces the council's face whole: what is left out is emptied."},
			{Method: "GET", Path: "/v1/admin/face/colours", Access: operate, Do: function.Do(h.colours), Doc: "What would follow from a colour."},
			{Method: "POST", Path: "/v1/admin/face/mark", Access: operate, ReadOnly: true, Do: function.Do(h.mark), Doc: "How an SVG would look as the council's mark."},
		}, desk.Routes(d))}
	},
}
