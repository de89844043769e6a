// Package desk is where the council uploads files, and sees where they are used.
package desk

import (
	"context"

	"github.com/madang-council/madang/shared/auth"
	"github.com/madang-council/madang/shared/council/thing"
	"github.com/madang-council/madang/shared/cursor"
	"github.com/madang-council/madang/shared/function"
	"github.com/madang-council/madang/shared/media/upload"
	"github.com/madang-council/madang/shared/problem"
	"github.com/madang-council/madang/shared/ui/desk"
)

// handlers are the pages and what they need.
type handlers struct {
	desk    desk.Desk
	uploads upload.Store
	things  thing.Store
	cursors *cursor.Codec
	limits  upload.Limits
}

// Entries are those of the console's menu.
func Entries() []function.Entry {
	return []function.Entry{
		{Label: problem.Text{KO: "올리기", EN: "Upload"}, Path: upload.DeskPath, Order: 30, Action: auth.Write, Group: function.Council},
		{Label: problem.Text{KO: "파일", EN: "Files"}, Path: upload.ShelfPath, Order: 40, Action: auth.Write, Group: function.Council},
	}
}

// Routes are the console's pages of files.
func Routes(d function.Deps) []function.Route {
	h := handlers{
		desk: desk.New(d), uploads: upload.Store{DB: d.DB}, things: thing.Store{DB: d.DB},
		cursors: cursor.New(d.Key.Derive("cursor")), limits: upload.Limits(d.Settings.Uploads),
	}
	write := function.May(auth.Write)
	return h.desk.Pages(
		function.Route{Method: "GET", Path: upload.DeskPath, Access: write, Do: function.Do(h.upload), Doc: "Sends files, also interrupted ones."},
		function.Route{Method: "GET", Path: upload.ShelfPath, Words: problem.Text{KO: "회원이 올린 파일의 목록을 봄", EN: "Looked through members' files"}, Access: write, Personal: true, Do: function.Do(h.media), Doc: "The files, what they show and where they are used."},
	)
}

// AboutOwners notes whose own files somebody else handles, and says whether there are any.
func AboutOwners(ctx context.Context, list ...upload.Upload) bool {
	owners := []string{}
	for _, u := range list {
		if u.Reads(auth.From(ctx)) {
			owners = append(owners, u.MemberID)
		}
	}
	if len(owners) > 0 {
		function.About(ctx, owners...)
	}
	return len(owners) > 0
}

// ReadOwners is AboutOwners for a Personal route that shows the names of files: what is one's own, or the council's, is
// no reading of anybody.
func ReadOwners(ctx context.Context, list ...upload.Upload) {
	if !AboutOwners(ctx, list...) {
		function.ReadNobody(ctx)
	}
}
